"""Kills every process it may signal, the sandbox's first one included.

Must: crashed error
"""

import os
import signal


def softmax(z, axis=-1):
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(-1, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
