"""A submission's clocks: they count its own time, however busy the machine is.

One counts processor time.  The other stands behind it for those who sleep: it counts the time in
which no process of the submission runs or waits for a core.
"""

from __future__ import annotations

import copy
import mmap
import time

from grader.wall.limits import MB, Limits
from grader.wall.usage import ProcessTree, Usage

TICK = 0.1
"""Seconds between looks at a worker that does not answer."""


class OverLimit(Exception):
    """A worker has used more than it may; `status` is what that is to the check."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


class Account:
    """Seconds that all workers of a submission have used together.

    Judges that are forked with it see the sum; each adds to a part of its own, see `of_judge`.
    """

    def __init__(self, judges: int = 1) -> None:
        self._seconds = memoryview(mmap.mmap(-1, 16 * judges)).cast("d")
        self._own = 0

    def of_judge(self, number: int) -> Account:
        """The same account, for one of the judges to add to."""
        account = copy.copy(self)
        account._own = 2 * number
        return account

    def add(self, processor: float, idle: float) -> None:
        self._seconds[self._own] += processor
        self._seconds[self._own + 1] += idle

    @property
    def processor(self) -> float:
        return sum(self._seconds[::2])

    @property
    def idle(self) -> float:
        return sum(self._seconds[1::2])


class Watch:
    """Holds a worker to its limits while it is asked something."""

    def __init__(self, tree: ProcessTree | None, limits: Limits, account: Account) -> None:
        self.tree, self.limits, self.account = tree, limits, account
        self.began = time.monotonic()
        self.most, self.longest_rest = limits.call_seconds, limits.call_idle_seconds
        self.processor = self.idle = 0.0
        self.last = self._read() or Usage(self.began)

    def begin(self, most: float, idle: float) -> None:
        """A call begins, which may take so many seconds on both clocks.  Raises OverLimit."""
        if time.monotonic() - self.last.clock > TICK:
            self._account()
        self.began, self.most, self.longest_rest = time.monotonic(), most, idle
        self.processor = self.idle = 0.0
        self._check_chapter()

    def tick(self) -> None:
        """Look what the worker has used.  Raises OverLimit."""
        self._account()
        limits = self.limits
        if self.processor > self.most:
            raise OverLimit("timeout", f"no answer within {self.most:g} s of processor time")
        if self.idle > self.longest_rest:
            message = f"no answer within {self.longest_rest:g} s in which nothing ran"
            raise OverLimit("timeout", message)
        self._check_chapter()
        if self.last.resident > limits.memory and self.tree and self.tree.memory() > limits.memory:
            raise OverLimit("crashed", f"out of memory: more than {limits.memory // MB} MB")

    def end(self) -> None:
        """Account for what was used since the last look."""
        self._account()

    def _account(self) -> None:
        before, now = self.last, self._read()
        if now is None:  # it has ended, or the system does not tell: then all time is idle
            now = Usage(time.monotonic(), before.processor, before.queued)
        passed = now.clock - before.clock
        processor = now.processor - before.processor
        if processor < 0:  # somebody has ended whom nobody waited for: nothing tells for how much
            processor, now = passed, _later(before, now)
        idle = passed - processor - max(0.0, now.queued - before.queued)
        idle = 0.0 if now.runnable else max(0.0, idle)
        of_call = now.clock - max(self.began, before.clock)  # the call may have begun since
        self.processor += processor if of_call == passed else min(processor, of_call)
        self.idle += min(idle, of_call)
        self.account.add(processor, idle)
        self.last = now

    def _read(self) -> Usage | None:
        return None if self.tree is None else self.tree.read()

    def _check_chapter(self) -> None:
        limits = self.limits
        if self.account.processor > limits.chapter_seconds:
            spent = f"{limits.chapter_seconds:g} s of processor time"
        elif self.account.idle > limits.chapter_idle_seconds:
            spent = f"{limits.chapter_idle_seconds:g} s in which nothing ran"
        else:
            return
        raise OverLimit("timeout", f"the chapter's {spent} are over")


def _later(before: Usage, now: Usage) -> Usage:
    """What was used once stays used: the same seconds shall not be counted again."""
    return Usage(now.clock, before.processor, now.queued, now.runnable, now.resident)
