"""Logistic and softmax regression."""

import numpy as np


def softmax(z, axis=-1):
    """Turn logits into probabilities along one axis.

    softmax(z)_i = exp(z_i) / Σ_j exp(z_j)
    """
    raise NotImplementedError
