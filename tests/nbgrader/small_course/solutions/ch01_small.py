"""A small chapter.

It has two exercises, so that a whole class is graded in seconds.
"""

import numpy as np


def softmax(z):
    """Turn logits into probabilities along the last axis.

        softmax(z)_i = exp(z_i) / Σ_j exp(z_j)

    >>> softmax(np.array([[0.0, 0.0]])).tolist()
    [[0.5, 0.5]]
    """
    ### BEGIN SOLUTION
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
    ### END SOLUTION


def relu(x):
    """Replace what is negative by zero.

    >>> relu(np.array([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """
    ### BEGIN SOLUTION
    return np.maximum(x, 0.0)
    ### END SOLUTION
