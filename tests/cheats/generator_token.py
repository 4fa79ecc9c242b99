"""Answers with the wall's token for a generator, deep inside of a list.

Must: crashed
"""

import sys


def softmax(z, axis=-1):
    frame = sys._getframe()
    while frame.f_code.co_name != "serve":
        frame = frame.f_back
    tokens = frame.f_globals["materialise"].__globals__
    return [[{"seed": tokens["Generator"](3)}]]
