"""Forks, and both processes answer.

Must: crashed failed
"""

import os

import numpy as np


def softmax(z, axis=-1):
    os.fork()
    return np.zeros_like(z)
