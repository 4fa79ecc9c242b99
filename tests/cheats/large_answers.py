"""Answers every question with eight megabytes that lie apart: the judge would keep hundreds.

Must: failed
"""

import numpy as np

LARGE = np.zeros((1_000_000, 2))[:, 0]


def softmax(z, axis=-1):
    return LARGE
