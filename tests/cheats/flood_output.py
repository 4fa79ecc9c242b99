"""Prints a gigabyte.

Must: failed timeout
"""

import numpy as np


def softmax(z, axis=-1):
    for _ in range(1000):
        print("x" * 1_000_000)
    return np.zeros_like(z)
