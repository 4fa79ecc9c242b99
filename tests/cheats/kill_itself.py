"""Kills its own process.

Must: crashed
"""

import os
import signal


def softmax(z, axis=-1):
    os.kill(os.getpid(), signal.SIGKILL)
