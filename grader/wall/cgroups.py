"""Control groups of Linux (version 2): the kernel itself keeps a sandbox to its memory.

One may be made where some ancestor of our own group is ours to write and hands on the controllers
`memory` and `pids`: as root, or where systemd has delegated it (cgroups(7); the kernel's
cgroup-v2.rst).  Elsewhere `clocks.Watch` adds up what is resident.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.wall.limits import Limits

NEEDED = {"memory", "pids"}
PATIENCE, PAUSE = 1.0, 0.01
"""Seconds in which a killed group is empty, and between looks."""


@dataclass(frozen=True)
class Group:
    """A group of processes that share limits."""

    place: Path

    def add(self, process: int) -> None:
        """Take in a process and all that it starts from now on.  Raises OSError."""
        _write(self.place / "cgroup.procs", str(process))

    def overflowed(self) -> bool:
        """Whether the kernel has ended it for its memory."""
        events = dict(line.split() for line in _lines(self.place / "memory.events"))
        return int(events.get("oom_kill", "0")) > 0

    def remove(self) -> None:
        """End all that is in it, and the group."""
        with contextlib.suppress(OSError):  # Linux before 5.14 has no such file
            _write(self.place / "cgroup.kill", "1")
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                self.place.rmdir()
            except FileNotFoundError:
                return
            except OSError:  # its last process is still on its way out
                time.sleep(PAUSE)
            else:
                return


@cache
def home() -> Path | None:
    """The folder in which this process may make groups, looked for once."""
    return parent_of_groups()


def grouped(process: int | None, limits: Limits) -> Group | None:
    """A new group with that process in it; None where there can be none."""
    parent = home()
    if parent is None or process is None:
        return None
    try:
        group = make_group(parent, limits)
    except OSError:
        return None
    try:
        group.add(process)
    except OSError:  # it has ended, or belongs to somebody else
        group.remove()
        return None
    return group


def parent_of_groups(proc: Path = Path("/proc/self")) -> Path | None:
    """The folder in which we may make groups with limits; None if there is none."""
    root, own = _mounted(proc), _own(proc)
    if root is None or own is None:
        return None
    place = root / own.lstrip("/")
    for folder in (place, *place.parents):
        if not folder.is_relative_to(root):
            return None
        handed_on = set(" ".join(_lines(folder / "cgroup.subtree_control")).split())
        writable = os.access(folder, os.W_OK) and os.access(folder / "cgroup.procs", os.W_OK)
        if writable and handed_on >= NEEDED:
            return folder
    return None


def make_group(parent: Path, limits: Limits) -> Group:
    """A new, empty group with the limits of a sandbox.  Raises OSError."""
    # Not our number: judges in namespaces of processes have the same ones.
    place = parent / f"gradschool-{secrets.token_hex(8)}"
    place.mkdir()
    group = Group(place)
    try:
        _write(place / "memory.max", str(limits.memory))
        _write(place / "pids.max", str(limits.processes))
        for name, text in (("memory.swap.max", "0"), ("memory.oom.group", "1")):
            with contextlib.suppress(OSError):  # not every kernel has them
                _write(place / name, text)
    except OSError:
        group.remove()
        raise
    return group


def _mounted(proc: Path) -> Path | None:
    """Where the hierarchy of version 2 is mounted."""
    for line in _lines(proc / "mounts"):
        _, place, kind, *_ = line.split()
        if kind == "cgroup2":
            return Path(place)
    return None


def _own(proc: Path) -> str | None:
    """Our own group, as a path below that."""
    for line in _lines(proc / "cgroup"):
        if line.startswith("0::"):
            return line.removeprefix("0::")
    return None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _write(path: Path, text: str) -> None:
    """To a file that is there: the kernel makes those of a group."""
    with open(path, "r+", encoding="ascii") as file:
        file.write(text)
