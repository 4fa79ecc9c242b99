"""Leaves a busy thread behind in every call.

Must: failed crashed timeout
"""

import threading

import numpy as np


def busy():
    while True:
        continue


def softmax(z, axis=-1):
    threading.Thread(target=busy).start()
    return np.zeros_like(z)
