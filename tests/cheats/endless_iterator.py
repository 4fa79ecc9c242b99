"""Answers with an iterator that never ends.

Must: failed
"""

import itertools


def softmax(z, axis=-1):
    return itertools.count()
