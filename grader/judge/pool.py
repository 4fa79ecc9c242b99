"""The pool: a judge forked for each submission of a chapter, on every core, from a warm parent.

The parent loads libraries, checks and reference once and draws the inputs once; a warm sandbox does
the same on the other side of the wall.  A judge lives for one submission, in a cell of its own:
nothing passes from one submission to another, on either side.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from grader.course.model import Chapter, Course, CourseError
from grader.judge.arrivals import Arrivals
from grader.judge.assignment import Assignment, Finished, JudgeError, Run
from grader.judge.attempt import DIED, Attempt
from grader.judge.chapter import LoadedChapter, load_chapter
from grader.judge.drawing import draw
from grader.judge.exercise import Place, cores, joined, judged, settle, spare_the_collector
from grader.judge.forks import (
    LOOK,
    SILENT,
    Died,
    Fork,
    Progress,
    forked,
    growth_of,
    heard,
    stalled,
)
from grader.judge.grading import ALONE
from grader.report.model import ChapterReport
from grader.wall.clocks import Account
from grader.wall.errors import SandboxError, SubmissionLost
from grader.wall.isolation import Isolation
from grader.wall.protocol.libraries import load
from grader.wall.protocol.line import forks
from grader.wall.sandbox import AnySandbox, Cell, Sandbox, start_sandbox

CRASHED, STALLED = SubmissionLost("crashed", DIED), SubmissionLost("timeout", SILENT)

REST = 0.5
"""Seconds between looks whether a submission only waits, while others wait for a core."""

BEYOND = 8
"""Judges more than cores, at most, because what is judged waits for something."""

Lost = dict[tuple[int, int], SubmissionLost]
"""How earlier judges of a submission ended, by exercise and check."""


@dataclass
class _Task:
    """A submission, and the checks that earlier judges of it did not survive."""

    number: int
    assignment: Assignment
    lost: Lost = field(default_factory=dict)


@dataclass
class _Judge:
    """The parent's end of a judge, and which submission it has."""

    task: _Task
    core: int
    fork: Fork
    account: Account
    idle: float = 0.0
    looked: float = field(default_factory=time.monotonic)
    lends: bool = False
    """Whether another judge has its core, too: what is judged here waited."""

    seen: tuple[int, int] = (-1, -1)
    since: float = field(default_factory=time.monotonic)

    def result(self) -> ChapterReport | JudgeError | SandboxError | None:
        """The report, or why there is none; None if the judge died in a check."""
        result: ChapterReport | JudgeError | SandboxError | None
        try:
            result = self.fork.receive()
        except Died as died:
            result = JudgeError("the judge was killed") if died.killed else self._lost(CRASHED)
        except (JudgeError, SandboxError) as error:
            result = error
        except CourseError as error:
            result = JudgeError(str(error))
        self.fork.end()
        return result

    def rests(self) -> bool:
        """Whether nothing of the submission ran for most of the time since the last look."""
        passed = time.monotonic() - self.looked
        if passed < REST:
            return False
        rested = self.account.idle - self.idle
        self.looked += passed
        self.idle += rested
        return rested > passed / 2

    def stalls(self) -> bool:
        """Whether it has been at one check for longer than any check takes."""
        place = self.fork.progress.place
        if place != self.seen:
            self.seen, self.since = place, time.monotonic()
        return stalled(self.since)

    def stopped(self) -> JudgeError | None:
        """Ended because it stalls."""
        result = self._lost(STALLED)
        self.fork.end()
        return result

    def _lost(self, lost: SubmissionLost) -> JudgeError | None:
        place = self.fork.progress.place
        if place in self.task.lost:
            return JudgeError("the judge ended unexpectedly")
        self.task.lost[place] = lost
        return None


@dataclass
class Pool:
    """Judges submissions of one chapter."""

    course: Course
    chapter: Chapter
    run: Run
    isolation: Isolation
    warm: Sandbox | None

    def judge_each(self, assignments: Sequence[Assignment] | Arrivals) -> Iterator[Finished]:
        """Yields the number of each and its report, or why there is none, as they are done.

        It goes on for as long as there may be arrivals, and drops its work when there are no more.
        """
        load(self.chapter.imports)
        loaded = load_chapter(self.course, self.chapter)
        if self.warm is not None and not self.warm.divisible():
            self.warm = None
        spare_the_collector()
        draw(loaded, self.run)
        if forks():
            yield from self._side_by_side(assignments, loaded)
        else:
            yield from self._one_by_one(assignments, loaded)

    def _side_by_side(
        self, assignments: Sequence[Assignment] | Arrivals, loaded: LoadedChapter
    ) -> Iterator[Finished]:
        """A judge on every core; who waits lends the core to another."""
        arrivals = assignments if isinstance(assignments, Arrivals) else None
        known = () if isinstance(assignments, Arrivals) else assignments
        pending = deque(_Task(number, one) for number, one in enumerate(known))
        door: list[Any] = [arrivals.connection] if arrivals else []
        numbers = itertools.count()
        idle = cores()
        busy: dict[Any, _Judge] = {}

        def occupy() -> None:
            while idle and pending:
                judge = self._start(pending.popleft(), idle.pop(), loaded)
                busy[judge.fork.connection] = judge

        def lend() -> None:
            lending = sum(judge.lends for judge in busy.values())
            for judge in busy.values():
                if judge.rests() and not judge.lends and lending < BEYOND:
                    judge.lends, lending = True, lending + 1
                    idle.append(judge.core)

        try:
            occupy()
            while busy or arrivals:
                ready = heard([*busy, *door], REST if pending else LOOK)
                if arrivals and arrivals.connection in ready:
                    arrived = arrivals.next()
                    if arrived is None:
                        return
                    pending.append(_Task(next(numbers), arrived))
                done = [busy.pop(end) for end in ready if end in busy]
                ended = [(judge, judge.result()) for judge in done]
                stalling = [end for end, judge in busy.items() if judge.stalls()]
                ended += [((judge := busy.pop(end)), judge.stopped()) for end in stalling]
                idle += [judge.core for judge, _ in ended if not judge.lends]
                lend()
                pending.extendleft(judge.task for judge, result in ended if result is None)
                occupy()  # first: no core waits for what the caller does with a report
                yield from (
                    (judge.task.number, result) for judge, result in ended if result is not None
                )
        finally:
            for judge in busy.values():
                judge.fork.end()

    def _one_by_one(
        self, assignments: Iterable[Assignment], loaded: LoadedChapter
    ) -> Iterator[Finished]:
        """In this process, where no other can be forked with everything loaded."""
        for number, assignment in enumerate(assignments):
            try:
                yield number, self.judge(assignment, None, Account(), loaded)
            except (JudgeError, SandboxError) as error:
                yield number, error

    def _start(self, task: _Task, core: int, loaded: LoadedChapter) -> _Judge:
        if self.warm is not None and not self.warm.alive():
            self.warm.restart()
            self.warm.wait()
        growth, account = growth_of(self.chapter.imports), Account()
        fork = forked(_judge_process, self, task, core, account, loaded, growth=growth)
        return _Judge(task, core, fork, account)

    def judge(
        self,
        assignment: Assignment,
        core: int | None,
        account: Account,
        loaded: LoadedChapter,
        attempts: Callable[[int], Attempt] = lambda exercise: ALONE,
    ) -> ChapterReport:
        """Judge one submission in this process.  Raises JudgeError or SandboxError."""
        with self._place() as zygote:
            place = Place(zygote, core, account)
            results = [
                judged(self.run, loaded, assignment, exercise, place, attempt=attempts(number))
                for number, exercise in enumerate(assignment.exercises)
            ]
        return joined(self.course, assignment, results, self.isolation, self.run)

    def _place(self) -> AbstractContextManager[Cell | AnySandbox]:
        if self.warm is not None:
            cell = Cell(self.warm)
            cell.guard(self.chapter.refusals)
            return cell
        chapter = self.chapter
        return start_sandbox(self.isolation, chapter.imports, chapter.limits, chapter.preload)


def _judge_process(
    connection: Connection,
    progress: Progress,
    pool: Pool,
    task: _Task,
    core: int,
    account: Account,
    loaded: LoadedChapter,
) -> None:
    """Judge one submission and report."""
    settle(core)

    def attempt(exercise: int) -> Attempt:
        lost = {check: how for (number, check), how in task.lost.items() if number == exercise}
        return Attempt(lost, given_away, partial(progress.at, exercise))

    given_away = loaded.recorded.giving_away()
    connection.send(pool.judge(task.assignment, core, account, loaded, attempt))
