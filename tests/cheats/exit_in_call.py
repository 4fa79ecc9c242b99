"""Leaves with success in the middle of a call.

Must: crashed
"""

import os


def softmax(z, axis=-1):
    os._exit(0)
