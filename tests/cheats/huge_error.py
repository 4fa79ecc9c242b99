"""Raises an error with a message of 50 MB.

Must: error
"""


def softmax(z, axis=-1):
    raise ValueError("x" * 50_000_000)
