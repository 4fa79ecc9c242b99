"""Right answers in other styles."""

import numpy as np

from grader.bank import alternate


@alternate("softmax", "one row at a time")
def softmax(z, axis=-1):
    def along(row):
        e = [np.exp(value - max(row)) for value in row]
        return np.array(e) / sum(e)

    return np.apply_along_axis(along, axis, z)
