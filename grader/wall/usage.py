"""What a worker and all that it started use, as the kernel tells from outside (Linux: /proc).

proc_pid_stat(5), proc_pid_schedstat(5) and proc_pid_smaps(5) say what stands in the files.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

PROC = "/proc"
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
STATE, PARENT, TIMES, BIRTH = 0, 1, slice(11, 15), 19
"""Where these stand in `stat`, counted from after the name."""


@dataclass(frozen=True)
class Usage:
    """Of all processes together since they began; `clock` is when it was read.

    processor: seconds on a core, of those too that have ended and were waited for.
    queued: seconds in which a thread could have run and had no core.
    runnable: whether a thread runs or waits for a core now.
    resident: bytes in memory, at most; what processes share is counted for each.
    """

    clock: float
    processor: float = 0.0
    queued: float = 0.0
    runnable: bool = False
    resident: int = 0


class ProcessTree:
    """A process and its descendants.

    A worker adopts whom its children leave alone (PR_SET_CHILD_SUBREAPER): nobody leaves the tree
    before the worker ends, and then all are killed.
    """

    def __init__(self, root: int) -> None:
        self.root = root
        self.birth = self._birth()

    def read(self) -> Usage | None:
        """None where the system does not tell, and when the process has ended."""
        if self.birth is None or self._birth() != self.birth:
            return None
        clock = time.monotonic()
        processor = queued = 0.0
        runnable, resident = False, 0
        for process in self._processes():
            with contextlib.suppress(OSError, ValueError, IndexError):  # it may end meanwhile
                fields = _stat(process)
                own, ended = sum(map(int, fields[TIMES][:2])), sum(map(int, fields[TIMES][2:]))
                ran = 0
                for thread in os.listdir(f"{PROC}/{process}/task"):
                    place = f"{PROC}/{process}/task/{thread}"
                    runnable |= _stat_of(place)[STATE] == b"R"
                    with contextlib.suppress(FileNotFoundError):  # a kernel without SCHED_INFO
                        on_core, in_queue, _ = map(int, _bytes(f"{place}/schedstat").split())
                        ran += on_core
                        queued += in_queue / 1e9
                # `stat` counts threads that have ended too, but only in hundredths of a second.
                processor += max(own / TICKS, ran / 1e9) + ended / TICKS
                resident += int(_bytes(f"{PROC}/{process}/statm").split()[1]) * PAGE
        return Usage(clock, processor, queued, runnable, resident)

    def memory(self) -> int:
        """Bytes in memory, what processes share divided among them (PSS) where we may look."""
        total = 0
        for process in self._processes():
            with contextlib.suppress(OSError, ValueError, IndexError):
                total += _proportional(process)
        return total

    def _processes(self) -> Iterator[int]:
        pending = [self.root]
        while pending:
            process = pending.pop()
            yield process
            with contextlib.suppress(OSError):
                for thread in os.listdir(f"{PROC}/{process}/task"):
                    children = _bytes(f"{PROC}/{process}/task/{thread}/children")
                    pending.extend(map(int, children.split()))

    def _birth(self) -> bytes | None:
        """When the process began: another one may get its number later."""
        try:
            return _stat(self.root)[BIRTH]
        except (OSError, IndexError):
            return None


def tells() -> bool:
    """Whether this system tells what processes use."""
    return ProcessTree(os.getpid()).read() is not None


def _proportional(process: int) -> int:
    """PSS; where that is not ours to read, what is resident but for pages of files."""
    try:
        text = _bytes(f"{PROC}/{process}/smaps_rollup")
    except PermissionError:
        fields = dict(
            line.split(b":", 1) for line in _bytes(f"{PROC}/{process}/status").splitlines()
        )
        return sum(int(fields[name].split()[0]) * 1024 for name in (b"RssAnon", b"RssShmem"))
    line = next(line for line in text.splitlines() if line.startswith(b"Pss:"))
    return int(line.split()[1]) * 1024


def _stat(process: int) -> list[bytes]:
    return _stat_of(f"{PROC}/{process}")


def _stat_of(place: str) -> list[bytes]:
    return _bytes(f"{place}/stat").rpartition(b")")[2].split()


def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
