"""Sends thousands of answers that nobody asked for.

Must: crashed
"""

import os

import msgpack
import numpy as np

for descriptor in range(3, 64):
    try:
        for number in range(2000):
            payload = msgpack.packb({"id": number, "value": 1.0, "printed": ""})
            os.write(descriptor, len(payload).to_bytes(4, "big") + payload)
    except OSError:
        continue


def softmax(z, axis=-1):
    return np.zeros_like(z)
