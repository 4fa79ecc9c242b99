"""Takes most of the allowed time in every call.

Must: failed timeout
"""

import time

import numpy as np


def softmax(z, axis=-1):
    time.sleep(1.5)
    return np.zeros_like(z)
