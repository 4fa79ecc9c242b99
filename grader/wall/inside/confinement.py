"""What a process of the sandbox does to itself before it runs a submission."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from typing import Any


def hide_the_engine() -> None:
    """Take this package off the path and out of sys.modules: a submission cannot import it."""
    sys.path.pop(0)
    forget_the_engine()


def forget_the_engine() -> None:
    """Whoever imports it from now on gets it anew, if it is there."""
    for name in [name for name in sys.modules if name.split(".")[0] == "grader"]:
        del sys.modules[name]


def limit(limits: dict[str, int]) -> None:
    """Set those of the limits that the system knows, by their names in the `resource` module."""
    try:
        import resource
    except ImportError:  # Windows has none; `lacking.py` says so
        return
    for name, value in limits.items():
        kind: Any = getattr(resource, name, None)
        if kind is not None:
            _, hard = resource.getrlimit(kind)
            most = value if hard == resource.RLIM_INFINITY else min(value, hard)
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (most, most))


def adopt_orphans() -> None:
    """Become the parent of whom our children leave alone when they end (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


PR_SET_CHILD_SUBREAPER = 36
HUGE = 2 << 20
MADV_COLLAPSE = 25
"""Linux 6.1: make a huge page of small ones at once (madvise(2))."""


def collapse() -> None:
    """Gather this process's private memory into huge pages, as far as the system has them.

    A fork copies an entry for every page, and its end gives every one back: with a library like
    torch loaded that is most of what a fork costs.
    """
    if sys.platform != "linux":
        return
    advise = ctypes.CDLL(None).madvise
    for start, end in _private_memory():
        for page in range(-(-start // HUGE) * HUGE, end - HUGE + 1, HUGE):
            advise(ctypes.c_void_p(page), ctypes.c_size_t(HUGE), MADV_COLLAPSE)


def _private_memory() -> list[tuple[int, int]]:
    """Where memory lies that belongs to no file and may be written."""
    found = []
    with open("/proc/self/maps") as maps:
        for line in maps:
            span, rights, _, _, inode, *name = line.split()
            if rights == "rw-p" and inode == "0" and name in ([], ["[heap]"]):
                start, end = (int(bound, 16) for bound in span.split("-"))
                found.append((start, end))
    return found
