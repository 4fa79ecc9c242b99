"""Leaves with success while it is loaded.

Must: crashed
"""

import os

os._exit(0)


def softmax(z, axis=-1):
    return z
