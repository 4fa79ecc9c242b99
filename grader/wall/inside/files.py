"""Which files a worker may read (Linux: Landlock, landlock(7)): of /proc next to nothing.

/proc tells of the host, whose paths stand in the table of mounts, and of other processes.  It is
closed in the worker itself, because the zygote needs it and no mount of ours can hide it from one
and not from the other.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
READ_FILE, BELOW, VERSION = 1 << 2, 1, 1
HANDLED, RULE = struct.Struct("=Q"), struct.Struct("=Qi")
PR_SET_NO_NEW_PRIVS = 38
OF_PROC = ("cpuinfo", "meminfo")
"""What libraries look at to choose their kernels."""


def close_proc() -> bool:
    """Let this process and all that it will start read no file of /proc but `OF_PROC`.

    Whether the system can: Linux 5.13 with Landlock.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None)
    handled = HANDLED.pack(READ_FILE)
    rules = libc.syscall(CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0)
    if rules < 0:
        return False
    places = [f"/{name}" for name in os.listdir("/") if name != "proc"]
    for place in (*places, *(f"/proc/{name}" for name in OF_PROC)):
        _allow(libc, rules, place)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    failed = libc.syscall(RESTRICT_SELF, rules, 0)
    os.close(rules)
    return not failed


def _allow(libc: ctypes.CDLL, rules: int, place: str) -> None:
    try:
        below = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    libc.syscall(ADD_RULE, rules, BELOW, RULE.pack(READ_FILE, below), 0)
    os.close(below)
