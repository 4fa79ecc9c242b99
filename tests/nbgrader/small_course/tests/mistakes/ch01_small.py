"""Mistakes of the small chapter."""

import numpy as np

from grader.bank import mistake


@mistake("relu", "absolute-value", "Negative entries become zero, not positive.")
def relu(x):
    return np.abs(x)
