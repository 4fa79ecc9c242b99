"""Answers with a list nested a hundred thousand deep.

Must: failed
"""


def softmax(z, axis=-1):
    answer = []
    for _ in range(100_000):
        answer = [answer]
    return answer
