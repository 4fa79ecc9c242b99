"""Answers with a list of millions of empty lists.

Must: crashed timeout
"""


def softmax(z, axis=-1):
    return [[] for _ in range(3_000_000)]
