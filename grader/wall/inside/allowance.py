"""How much time loading a file may take, in processor time: a busy machine changes nothing.

Definitions and imports have an account of their own, so that no demonstration below or above them
costs an exercise.  Importing a library is never interrupted, and charged to nobody: what is left
of a library that was cut in two would fail in every call that follows.
"""

from __future__ import annotations

import _thread
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

TICK = 0.02
"""Seconds of processor time between looks at what has been used."""

PULSE = 0.1
"""Seconds by the clock between looks at whether anything happens at all."""

SHARE = 0.75
"""The part of an account that one statement may take: those that follow need some, too."""

SHORTEST = 0.05
"""Seconds that every statement has, whatever others took before."""

IMPORTING = "<frozen importlib"


class StillRunning(BaseException):
    """Interrupts a statement that takes too long while the module is loaded."""


class Account:
    """Seconds of processor time for one kind of statement."""

    def __init__(self, what: str, seconds: float) -> None:
        self.what, self.seconds, self.left = what, seconds, seconds

    def share(self) -> float:
        return max(SHARE * self.left, SHORTEST)

    def used_up(self) -> StillRunning:
        return StillRunning(
            f"interrupted: {self.what} may take {self.seconds:g} s of processor time"
        )


class Allowance:
    """Two accounts, and who is charged now; `idle` seconds may pass in which nothing happens."""

    def __init__(self, definitions: float, others: float, idle: float) -> None:
        self.definitions = Account("definitions and imports", definitions)
        self.others = Account("what stands outside of functions", others)
        self.idle = idle
        self.own_files: Collection[str] = ()
        self.account: Account | None = None
        self.share = self.waited = 0.0
        self.last = _Reading()

    @contextmanager
    def running(self) -> Iterator[None]:
        """While it lasts the clock ticks; before and after nothing is interrupted."""
        with _ticking(self._tick):
            yield

    def spend(self, account: Account, function: Callable[[Any], None], argument: Any) -> None:
        """Call the function; raises StillRunning in what takes more than its share.

        Time is looked at with every tick and not here: a file may have ten thousand statements.
        """
        self.share, self.waited = account.share(), 0.0
        self.account = account
        try:
            function(argument)
        finally:
            self.account = None

    def _tick(self, number: int, frame: FrameType | None) -> None:
        spent, waited = self._look()
        account = self.account
        if account is None or not self._interruptible(frame):
            return
        account.left -= spent
        self.share -= spent
        self.waited += waited
        if self.share <= 0:
            raise account.used_up()
        if self.waited > self.idle:
            raise StillRunning(f"interrupted: it waits for more than {self.idle:g} s")

    def _interruptible(self, frame: FrameType | None) -> bool:
        """Whether code of the submission runs, and neither a library's import nor the loader."""
        while frame is not None:
            name = frame.f_code.co_filename
            if name in self.own_files or frame.f_code is Allowance.spend.__code__:
                return True
            if name.startswith(IMPORTING):
                return False
            frame = frame.f_back
        return False

    def _look(self) -> tuple[float, float]:
        """Seconds of processor time, and seconds in which nothing happened, since the last look."""
        before, self.last = self.last, _Reading()
        spent = self.last.processor - before.processor
        busy = spent + self.last.queued - before.queued
        return spent, max(0.0, self.last.clock - before.clock - busy)


class _Reading:
    """The clock, the time at work, and the time spent waiting for a core."""

    def __init__(self) -> None:
        self.clock, self.processor = time.monotonic(), time.process_time()
        self.queued = _queued()


def _queued() -> float:
    """Seconds in which this thread could have run and had no core (Linux: schedstat)."""
    try:
        with open("/proc/self/schedstat", "rb") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


@contextmanager
def _ticking(tick: Any) -> Iterator[None]:
    """Call `tick` in the main thread every so often, at work and while waiting."""
    if not hasattr(signal, "setitimer"):
        yield from _interrupting(tick)
        return
    timers = {
        signal.SIGPROF: (signal.ITIMER_PROF, TICK),
        signal.SIGALRM: (signal.ITIMER_REAL, PULSE),
    }
    for number, (timer, seconds) in timers.items():
        signal.signal(number, tick)
        signal.setitimer(timer, seconds, seconds)
    try:
        yield
    finally:
        for number, (timer, _) in timers.items():
            signal.setitimer(timer, 0)
            signal.signal(number, signal.SIG_IGN)


def _interrupting(tick: Any) -> Iterator[None]:
    """The same where a system has no timers: it does not reach code that waits outside Python."""
    over = threading.Event()
    signal.signal(signal.SIGINT, tick)
    threading.Thread(target=_interrupt, args=(over,), daemon=True).start()
    try:
        yield
    finally:
        over.set()
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _interrupt(over: threading.Event) -> None:
    while not over.wait(PULSE):
        _thread.interrupt_main()
