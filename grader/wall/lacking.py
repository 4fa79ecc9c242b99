"""What the isolation on this system cannot do, for whoever relies on it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from grader.wall.isolation import Isolation
from grader.wall.system import forks


def lacking(isolation: Isolation) -> Iterator[str]:
    """A line, of at most 63 characters, for each thing that it does not keep a submission from."""
    if isolation.strong:
        return
    if not _has_limits():
        yield "neither its memory nor its processes and files are limited"
    elif sys.platform == "darwin":
        yield "its memory is not limited: macOS ignores such a limit"
    if not hasattr(os, "killpg"):
        yield "a program that it starts may outlive it"
    elif not os.path.isdir("/proc"):
        yield "a program that it starts may outlive it in a group of its own"
    if not forks():
        yield "each exercise gets a fresh process, one after another: slower"


def _has_limits() -> bool:
    try:
        import resource
    except ImportError:
        return False
    return hasattr(resource, "RLIMIT_AS")
