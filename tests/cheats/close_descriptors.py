"""Closes every descriptor.

Must: crashed
"""

import os

import numpy as np


def softmax(z, axis=-1):
    os.closerange(0, 256)
    return np.zeros_like(z)
