"""Returns an array of records.

Must: failed
"""

import numpy as np


def softmax(z, axis=-1):
    return np.zeros(z.shape, [("value", "f8"), ("object", "O")])
