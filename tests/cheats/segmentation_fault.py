"""Reads address zero.

Must: crashed
"""

import ctypes


def softmax(z, axis=-1):
    return ctypes.string_at(0)
