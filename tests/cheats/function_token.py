"""Answers with the wall's own token for a function, whose text the judge might run.

Must: crashed
"""

import sys


def worker():
    frame = sys._getframe()
    while frame.f_code.co_name != "serve":
        frame = frame.f_back
    return frame


def softmax(z, axis=-1):
    Function = worker().f_globals["Function"]
    return Function("\x1b]0;title\x07\u202e<script>", "raise SystemExit", {"z": [1]})
