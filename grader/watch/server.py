"""The warm judge: a process that has libraries, checks and sandbox ready, and forks for each save.

It is started as `python -P -c BOOTSTRAP` with one end of a line; both ends are ours, so data
classes travel between them as they are.  While there is nothing else to do it draws the inputs of
the checks ahead, which is most of the time that a right answer takes.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING

from grader.course.model import Chapter, Course, CourseError
from grader.course.reading import load_course
from grader.judge.assignment import Assignment, Wave
from grader.judge.forks import Died, Fork, Progress, forked
from grader.report.model import ChapterReport
from grader.submission.errors import UnreadableSubmission
from grader.submission.reading import read_submission
from grader.wall.errors import SandboxError
from grader.wall.isolation import detect
from grader.wall.protocol.libraries import load
from grader.wall.protocol.line import forks, take_up
from grader.wall.sandbox import AnySandbox, start_sandbox
from grader.wall.zygote import Zygote

if TYPE_CHECKING:
    from grader.course.model import Exercise
    from grader.judge.chapter import LoadedChapter

Observe = Callable[["Exercise", bool], None]


class _Dropped(BaseException):
    """A newer request has come; not an Exception, which would be a fault of ours."""


@dataclass(frozen=True)
class Request:
    """Grade these exercises of the file as it is now; whatever was going on is dropped."""

    number: int
    exercises: tuple[str, ...]


@dataclass(frozen=True)
class Farewell:
    """Leave."""


@dataclass(frozen=True)
class Answer:
    """The report on a request, or why there is none."""

    number: int
    report: ChapterReport | None
    problem: str = ""


def main() -> None:
    """Serve until the other end says farewell or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    way, root, chapter, folder = sys.argv[1:]
    connection = Connection(take_up(way).detach())
    course = load_course(Path(root))
    try:
        with WarmJudge(course, course.chapter(chapter), Path(folder)) as judge:
            judge.serve(connection)
    except (CourseError, SandboxError) as error:
        connection.send(Answer(0, None, str(error)))
    except (EOFError, ConnectionError):
        sys.exit()


@dataclass(frozen=True)
class _Child:
    """A fork that grades.  It has a pipe of its own: it may be killed in the middle of a word."""

    fork: Fork
    number: int

    def answer(self) -> Answer:
        try:
            answer = self.fork.receive()
        except Died:
            return Answer(self.number, None, "the judge ended unexpectedly: press r to try again")
        assert isinstance(answer, Answer)
        return answer


class WarmJudge:
    """Everything about a chapter that does not depend on what the student writes."""

    def __init__(self, course: Course, chapter: Chapter, folder: Path) -> None:
        self.course, self.chapter, self.folder = course, chapter, folder
        self.sandbox = self._sandbox()
        self.child: _Child | None = None
        self.loaded: LoadedChapter | None = None

    def __enter__(self) -> WarmJudge:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.sandbox.close()

    def serve(self, connection: Connection) -> None:
        """Answer requests, only ever the newest, until the other end says farewell.

        Raises EOFError or ConnectionError where it leaves without.
        """
        loaded = self.load()
        ahead = self.ahead
        while True:
            if ahead.pending and self.child is None and not connection.poll():
                ahead.draw()
                continue
            ends = [connection, *([self.child.fork.connection] if self.child else [])]
            ready = wait(ends)
            if self.child and self.child.fork.connection in ready:
                answer = self.child.answer()
                self.stop()
                connection.send(answer)
            if connection in ready:
                request = connection.recv()
                if isinstance(request, Farewell):
                    return
                self.stop()
                self._revive()
                ahead.prefer(request.exercises)
                if forks():
                    self._fork(request, loaded)
                else:
                    self._grade_here(request, loaded, connection)

    def load(self) -> LoadedChapter:
        """Import libraries and checks, once, while the sandbox does the same on its side."""
        if self.loaded is None:
            from grader.judge.chapter import load_chapter

            load(self.chapter.imports)
            self.loaded = load_chapter(self.course, self.chapter)
            self.ahead = Ahead(self.loaded)
            self.sandbox.wait()
            if isinstance(self.sandbox, Zygote):
                self.sandbox.guard(self.chapter.refusals)
        return self.loaded

    def _sandbox(self) -> AnySandbox:
        chapter = self.chapter
        return start_sandbox(detect(), chapter.imports, chapter.limits, chapter.preload)

    def _revive(self) -> None:
        """A submission may have brought the sandbox down; here a fork could not replace it."""
        if not self.sandbox.alive():
            self.sandbox.close()
            self.sandbox = self._sandbox()
            self.sandbox.wait()

    def _fork(self, request: Request, loaded: LoadedChapter) -> None:
        self.child = _Child(forked(self._grade, request, loaded, leads=True), request.number)

    def stop(self) -> None:
        """End a run with all the judges it started; their workers hang on leashes and follow."""
        if self.child is not None:
            self.child.fork.end()
            self.child = None

    def _grade(
        self, result: Connection, progress: Progress, request: Request, loaded: LoadedChapter
    ) -> None:
        """Runs in the fork."""
        result.send(self._answer(request, loaded, lambda exercise, passed: None))

    def _grade_here(self, request: Request, loaded: LoadedChapter, connection: Connection) -> None:
        """Without a fork a newer request is noticed between two checks."""

        def observe(exercise: Exercise, passed: bool) -> None:
            if connection.poll():
                raise _Dropped

        with contextlib.suppress(_Dropped):
            connection.send(self._answer(request, loaded, observe))

    def _answer(self, request: Request, loaded: LoadedChapter, observe: Observe) -> Answer:
        from grader.judge.assignment import JudgeError, Run
        from grader.judge.judging import Judging

        chapter = self.chapter
        chosen = tuple(one for one in chapter.exercises if one.name in request.exercises)
        try:
            submission = read_submission(self.folder, chapter)
            assignment = Assignment(chapter, submission, chosen)
            judging = Judging(self.course, [assignment], Run(), detect(), observe)
            judging.loaded[chapter.id] = loaded
            (report,) = judging.reports([Wave((0,), chapter.imports, self.sandbox)])
        except (UnreadableSubmission, CourseError, SandboxError, JudgeError) as error:
            return Answer(request.number, None, str(error))
        except Exception as error:
            return Answer(request.number, None, f"{type(error).__name__}: {error}")
        return Answer(request.number, report)


class Ahead:
    """The inputs of a chapter's checks, drawn in idle moments and kept: they are the same later."""

    def __init__(self, loaded: LoadedChapter) -> None:
        self.loaded = loaded
        self.pending = [check for checks in loaded.checks.values() for check in checks]

    def prefer(self, exercises: Collection[str]) -> None:
        """What a student is at work on is drawn first."""
        self.pending.sort(key=lambda check: check.exercise not in exercises)

    def draw(self) -> None:
        """Draw what the next check needs."""
        from grader.judge.assignment import JudgeError, Run
        from grader.judge.run import run_check

        check, run = self.pending.pop(0), Run()
        reference, recorded = self.loaded.reference, self.loaded.recorded.recording()
        with contextlib.suppress(JudgeError):
            run_check(
                check,
                reference,
                reference,
                seed=run.seed,
                examples=run.examples,
                recorded=recorded,
            )
