"""Leaves a daemon behind that would outlive the grading.

Must: failed
"""

import os
import time

import numpy as np


def softmax(z, axis=-1):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 64)
            time.sleep(1000)
        os._exit(0)
    return np.zeros_like(z)
