"""Calls sys.exit in a call.

Must: error
"""

import sys


def softmax(z, axis=-1):
    sys.exit(0)
