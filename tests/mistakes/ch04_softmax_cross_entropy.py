"""What people get wrong in logistic and softmax regression."""

import numpy as np

from grader.bank import mistake


@mistake(
    "softmax", "no-max-shift", "exp overflows above about 709: subtract each row's maximum first."
)
def softmax(z, axis=-1):
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)


@mistake("softmax", "global-sum", "Every row must sum to one by itself, not the whole matrix.")
def softmax(z, axis=-1):
    e = np.exp(z - z.max())
    return e / e.sum()
