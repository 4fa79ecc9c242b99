"""Raises an error whose message cannot be made.

Must: error
"""


class Broken(Exception):
    def __str__(self):
        raise self


def softmax(z, axis=-1):
    raise Broken
