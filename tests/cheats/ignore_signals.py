"""Ignores every signal and never answers.

Must: timeout
"""

import signal

for number in signal.valid_signals():
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        continue


def softmax(z, axis=-1):
    while True:
        continue
