"""How much a judge may grow: answers come from submissions, and what is made of them takes memory.

The limit is one of address space, counted from what is loaded, so that the same answer meets it at
the same place on every machine: as a MemoryError in the check that asked.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import resource
except ImportError:  # Windows has no such limits
    LIMITED = False
else:
    LIMITED = True

STATM = Path("/proc/self/statm")


def grow_by(most: int) -> None:
    """Let this process take up so many bytes more than now; where a system cannot, nothing."""
    if not LIMITED or not STATM.exists():
        return
    now = int(STATM.read_text(encoding="ascii").split()[0]) * mmap.PAGESIZE
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = now + most if hard == resource.RLIM_INFINITY else min(now + most, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


@contextmanager
def not_inherited() -> Iterator[None]:
    """Start a process that has limits of its own: the judge's would be too small for it."""
    if not LIMITED:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
