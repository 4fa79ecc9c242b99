"""Turns the direction of the text around.

Must: error
"""


def softmax(z, axis=-1):
    raise ValueError("\u202e001 / 001\u202c\u2066\u200b")
