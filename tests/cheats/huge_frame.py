"""Answers with more data than a frame may hold.

Must: crashed error
"""

import numpy as np


def softmax(z, axis=-1):
    return np.zeros(10_000_000)
