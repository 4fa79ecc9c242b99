"""The same answers by independent means."""

import scipy.special

from grader.bank import alternate


@alternate("softmax", "scipy.special.softmax")
def softmax(z, axis=-1):
    return scipy.special.softmax(z, axis=axis)
