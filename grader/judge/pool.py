"""The pool: a judge forked for each submission of a chapter, on every core, from a warm parent.

The parent loads libraries, checks and reference once and draws the inputs once; a warm sandbox does
the same on the other side of the wall.  A judge lives for one submission, in a cell of its own:
nothing passes from one submission to another, on either side.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from grader.course.model import Chapter, Course, CourseError
from grader.judge import inputs
from grader.judge.assignment import Assignment, JudgeError, Run
from grader.judge.chapter import LoadedChapter, load_chapter
from grader.judge.drawing import draw
from grader.judge.exercise import Place, cores, joined, judged, settle, spare_the_collector
from grader.judge.side_by_side import Judged
from grader.report.model import ChapterReport
from grader.wall.clocks import Account
from grader.wall.errors import SandboxError
from grader.wall.isolation import Isolation
from grader.wall.protocol.libraries import load
from grader.wall.protocol.line import forks
from grader.wall.sandbox import AnySandbox, Cell, Sandbox, start_sandbox


@dataclass
class _Judge:
    """The parent's end of a judge, and which submission it has."""

    number: int
    core: int
    process: Any
    connection: Connection

    def result(self) -> ChapterReport | JudgeError | SandboxError:
        try:
            result = self.connection.recv()
        except EOFError:
            result = JudgeError("the judge ended unexpectedly")
        self.end()
        assert isinstance(result, (ChapterReport, JudgeError, SandboxError))
        return result

    def end(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.join()


@dataclass
class Pool:
    """Judges submissions of one chapter."""

    course: Course
    chapter: Chapter
    run: Run
    isolation: Isolation
    warm: Sandbox | None

    def judge_each(self, assignments: Sequence[Assignment]) -> Iterator[Judged]:
        """Yields the number of each and its report, or why there is none, as they are done."""
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
        self, assignments: Sequence[Assignment], loaded: LoadedChapter
    ) -> Iterator[Judged]:
        """A judge on every core."""
        pending = deque(enumerate(assignments))
        idle = cores()
        busy: dict[Any, _Judge] = {}

        def occupy() -> None:
            while idle and pending:
                judge = self._start(*pending.popleft(), idle.pop(), loaded)
                busy[judge.connection] = judge

        try:
            occupy()
            while busy:
                done = [busy.pop(ready) for ready in wait(list(busy))]
                results = [(judge.number, judge.result()) for judge in done]
                idle += [judge.core for judge in done]
                occupy()  # first: no core waits for what the caller does with a report
                yield from results
        finally:
            for judge in busy.values():
                judge.end()

    def _one_by_one(
        self, assignments: Sequence[Assignment], loaded: LoadedChapter
    ) -> Iterator[Judged]:
        """In this process, where no other can be forked with everything loaded."""
        for number, assignment in enumerate(assignments):
            try:
                yield number, self.judge(assignment, None, loaded)
            except (JudgeError, SandboxError) as error:
                yield number, error

    def _start(
        self, number: int, assignment: Assignment, core: int, loaded: LoadedChapter
    ) -> _Judge:
        if self.warm is not None and not self.warm.alive():
            self.warm.restart()
            self.warm.wait()
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe(duplex=False)
        arguments = (self, assignment, core, loaded, theirs)
        process = context.Process(target=_judge_process, args=arguments, daemon=True)
        process.start()
        theirs.close()
        return _Judge(number, core, process, ours)

    def judge(
        self, assignment: Assignment, core: int | None, loaded: LoadedChapter
    ) -> ChapterReport:
        """Judge one submission in this process.  Raises JudgeError or SandboxError."""
        with self._place() as zygote:
            place = Place(zygote, core, Account())
            results = [
                judged(self.run, loaded, assignment, exercise, place)
                for exercise in assignment.exercises
            ]
        return joined(self.course, assignment, results, self.isolation, self.run)

    def _place(self) -> AbstractContextManager[Cell | AnySandbox]:
        if self.warm is not None:
            return Cell(self.warm)
        chapter = self.chapter
        return start_sandbox(self.isolation, chapter.imports, chapter.limits, chapter.preload)


def _judge_process(
    pool: Pool, assignment: Assignment, core: int, loaded: LoadedChapter, connection: Connection
) -> None:
    """Judge one submission and report; errors of ours go to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its judges
    settle(core)
    result: ChapterReport | JudgeError | SandboxError
    try:
        with inputs.handed_over():
            result = pool.judge(assignment, core, loaded)
    except (JudgeError, SandboxError) as error:
        result = error
    except CourseError as error:
        result = JudgeError(str(error))
    except Exception as error:
        result = JudgeError(f"{type(error).__name__}: {error}")
    connection.send(result)
