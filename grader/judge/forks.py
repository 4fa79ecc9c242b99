"""Forking: children of a process that has everything loaded, each with a pipe and its limits.

A child that trips over what a submission answered must cost that check and nothing else.  So it may
grow by so much memory and no more, and it notes in shared memory which check it is at: when it
dies, or says nothing for too long, its parent knows what to leave out the next time.
"""

from __future__ import annotations

import contextlib
import mmap
import multiprocessing
import os
import signal
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from grader.course.model import CourseError
from grader.judge.assignment import HEAVY, JudgeError
from grader.wall.errors import SandboxError
from grader.wall.growth import grow_by
from grader.wall.limits import MB

KNOWN = (JudgeError, SandboxError, CourseError)
FAREWELL = 2.0
"""Seconds in which a child that has closed its pipe is gone."""

LOOK = 5.0
"""Seconds after which a parent that hears nothing looks whether a child has stalled."""

SILENCE = 300.0
"""Seconds in which a judge decides a check, however busy the machine; it has clocks of its own."""

SILENT = f"no word from the judge within {SILENCE:g} s"

PLACE = struct.Struct("@qq")


class Died(Exception):
    """A child ended without an answer; one that is `killed` was ended by somebody else."""

    def __init__(self, killed: bool = False) -> None:
        super().__init__("killed" if killed else "died")
        self.killed = killed


class Progress:
    """Which exercise and which check a child is at, in memory that it shares with its parent."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, PLACE.size)

    def at(self, exercise: int, check: int) -> None:
        PLACE.pack_into(self._shared, 0, exercise, check)

    @property
    def place(self) -> tuple[int, int]:
        exercise, check = PLACE.unpack_from(self._shared)
        return exercise, check

    def close(self) -> None:
        self._shared.close()


@dataclass
class Fork:
    """The parent's end of a child."""

    process: Any
    connection: Connection
    progress: Progress
    leads: bool = False

    def send(self, message: object) -> None:
        """Raises Died."""
        try:
            self.connection.send(message)
        except OSError:
            raise Died from None

    def receive(self) -> Any:
        """What the child says.  Raises Died, and what it raised itself if that is known."""
        try:
            message = self.connection.recv()
        except (EOFError, OSError):
            self.process.join(FAREWELL)
            raise Died(self.process.exitcode == -signal.SIGKILL) from None
        if isinstance(message, KNOWN):
            raise message
        return message

    def end(self, patience: float = 0.0) -> None:
        """End the child, and its group if it leads one; with patience it may tidy up before."""
        self.connection.close()
        self.process.join(patience)
        if self.leads:
            # It may have ended just now, or not yet have a group of its own.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.join()
        self.progress.close()


def forked(
    work: Callable[..., None], *arguments: Any, growth: int | None = None, leads: bool = False
) -> Fork:
    """Run `work(connection, progress, *arguments)` in a child, which may grow by so many bytes.

    One that `leads` is the first of a group: children that it forks itself end with it.
    """
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    progress = Progress()
    process = context.Process(
        target=_child,
        args=(work, theirs, progress, growth, leads, arguments),
        daemon=not leads,
    )
    process.start()
    theirs.close()
    return Fork(process, ours, progress, leads)


def heard(connections: Iterable[Connection], seconds: float = LOOK) -> list[Any]:
    """Those of the connections on which a child has something to say, or has ended; maybe none."""
    return wait(list(connections), seconds)


def stalled(since: float) -> bool:
    """Whether a child has been at one check since then, and for longer than any check takes."""
    return time.monotonic() - since > SILENCE


def growth_of(libraries: tuple[str, ...]) -> int:
    """Bytes by which a judge may grow: answers are small, and torch computes with more."""
    return (448 if HEAVY in libraries else 192) * MB


def _child(
    work: Callable[..., None],
    connection: Connection,
    progress: Progress,
    growth: int | None,
    leads: bool,
    arguments: tuple[Any, ...],
) -> None:
    if leads:
        os.setpgid(0, 0)
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C is for the parent, which ends its children
    if growth is not None:
        grow_by(growth)
    try:
        work(connection, progress, *arguments)
    except EOFError:  # the parent has no more to say
        return
    except KNOWN as error:
        connection.send(error)
    except Exception as error:
        connection.send(JudgeError(f"{type(error).__name__}: {error}"))
