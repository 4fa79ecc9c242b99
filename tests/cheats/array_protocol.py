"""Returns an object that becomes another array each time it is converted.

Must: failed
"""

import numpy as np


class Chameleon:
    def __init__(self, shape):
        self.asked, self.shape = 0, shape

    def __array__(self, *args, **kwargs):
        self.asked += 1
        return np.full(self.shape, 1.0 / self.asked)


def softmax(z, axis=-1):
    return Chameleon(z.shape)
