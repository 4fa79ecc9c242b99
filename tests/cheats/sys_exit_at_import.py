"""Calls sys.exit while it is loaded; what is defined is graded.

Must: failed
"""

import sys

import numpy as np


def softmax(z, axis=-1):
    return np.zeros_like(z)


sys.exit(0)
