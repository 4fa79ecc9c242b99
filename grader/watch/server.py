"""The warm judge: a process that has libraries, checks and sandbox ready, and forks for each save.

It is started as `python -P -c BOOTSTRAP` with one end of a socket pair; both ends are ours, so
data classes travel between them as they are.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.assignment import Assignment, Wave
from grader.course import Chapter, Course, CourseError, load_course
from grader.report.model import ChapterReport
from grader.submission import UnreadableSubmission, read_submission
from grader.wall.isolation import detect
from grader.wall.sandbox import Sandbox, SandboxError

if TYPE_CHECKING:
    from grader.judge.chapter import LoadedChapter


@dataclass(frozen=True)
class Request:
    """Grade these exercises of the file as it is now; whatever was going on is dropped."""

    number: int
    exercises: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """The report on a request, or why there is none."""

    number: int
    report: ChapterReport | None
    problem: str = ""


def main() -> None:
    """Serve until the other end hangs up.  Arguments: descriptor, course, chapter, exercises."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    descriptor, root, chapter, folder = sys.argv[1:]
    connection = Connection(int(descriptor))
    course = load_course(Path(root))
    try:
        with WarmJudge(course, course.chapter(chapter), Path(folder)) as judge:
            judge.serve(connection)
    except (CourseError, SandboxError) as error:
        connection.send(Answer(0, None, str(error)))
    except (EOFError, BrokenPipeError):
        sys.exit()


@dataclass(frozen=True)
class _Child:
    """A fork that grades.  It has a pipe of its own: it may be killed in the middle of a word."""

    process: Any
    result: Connection
    number: int

    def answer(self) -> Answer:
        try:
            answer = self.result.recv()
        except EOFError:
            return Answer(self.number, None, "the judge ended unexpectedly: press r to try again")
        assert isinstance(answer, Answer)
        return answer

    def end(self) -> None:
        if self.process.is_alive():
            for kill in (os.killpg, os.kill):
                # It may have ended just now, or not yet have a group of its own.
                with contextlib.suppress(ProcessLookupError):
                    kill(self.process.pid, signal.SIGKILL)
        self.process.join()
        self.result.close()


class WarmJudge:
    """Everything about a chapter that does not depend on what the student writes."""

    def __init__(self, course: Course, chapter: Chapter, folder: Path) -> None:
        self.course, self.chapter, self.folder = course, chapter, folder
        self.sandbox = self._sandbox()
        self.child: _Child | None = None

    def __enter__(self) -> WarmJudge:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self.sandbox.close()

    def serve(self, connection: Connection) -> None:
        """Load what there is to load, then answer requests, only ever the newest."""
        loaded = self._load()
        while True:
            ends = [connection, *([self.child.result] if self.child else [])]
            ready = wait(ends)
            if self.child and self.child.result in ready:
                answer = self.child.answer()
                self._stop()
                connection.send(answer)
            if connection in ready:
                request = connection.recv()
                self._stop()
                self._revive()
                self._fork(request, loaded)

    def _load(self) -> LoadedChapter:
        """Import libraries and checks while the sandbox does the same on its side."""
        from grader.judge.chapter import load_chapter
        from grader.judge.exercise import load_library

        for library in self.chapter.imports:
            load_library(library)
        loaded = load_chapter(self.course, self.chapter)
        self.sandbox.wait()
        return loaded

    def _sandbox(self) -> Sandbox:
        return Sandbox(detect(), self.chapter.imports, self.chapter.limits)

    def _revive(self) -> None:
        """A submission may have brought the sandbox down; here a fork could not replace it."""
        if not self.sandbox.alive():
            self.sandbox.close()
            self.sandbox = self._sandbox()
            self.sandbox.wait()

    def _fork(self, request: Request, loaded: LoadedChapter) -> None:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=self._grade, args=(theirs, request, loaded))
        process.start()
        theirs.close()
        self.child = _Child(process, ours, request.number)

    def _stop(self) -> None:
        """End a run with all the judges it started; their workers hang on leashes and follow."""
        if self.child is not None:
            self.child.end()
            self.child = None

    def _grade(self, result: Connection, request: Request, loaded: LoadedChapter) -> None:
        """Runs in the fork."""
        os.setpgid(0, 0)
        result.send(self._answer(request, loaded))

    def _answer(self, request: Request, loaded: LoadedChapter) -> Answer:
        from grader.assignment import Run
        from grader.judge.errors import JudgeError
        from grader.judge.judging import Judging

        chapter = self.chapter
        chosen = tuple(one for one in chapter.exercises if one.name in request.exercises)
        try:
            submission = read_submission(self.folder, chapter)
            assignment = Assignment(chapter, submission, chosen)
            judging = Judging(self.course, [assignment], Run(), detect())
            judging.loaded[chapter.id] = loaded
            (report,) = judging.reports([Wave((0,), chapter.imports, self.sandbox)])
        except (UnreadableSubmission, CourseError, SandboxError, JudgeError) as error:
            return Answer(request.number, None, str(error))
        except Exception as error:
            return Answer(request.number, None, f"{type(error).__name__}: {error}")
        return Answer(request.number, report)
