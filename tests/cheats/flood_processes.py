"""Forks until it is stopped.

Must: failed error crashed timeout
"""

import os
import time

import numpy as np


def softmax(z, axis=-1):
    try:
        while True:
            if os.fork() == 0:
                time.sleep(1000)
    except OSError:
        return np.zeros_like(z)
