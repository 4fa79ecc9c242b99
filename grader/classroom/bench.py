"""The bench: judges submissions of one chapter; what the journal knows is not judged again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader.assignment import Assignment, Wave, started
from grader.course import Chapter, Course
from grader.journal import Journal, Key, course_version, key_of
from grader.judge import inputs
from grader.judge.chapter import LoadedChapter, load_chapter
from grader.judge.grading import Run, judge_exercise
from grader.judge.judging import Judging, load_library
from grader.judge.run import JudgeError
from grader.report.model import ChapterReport
from grader.submission import Submission
from grader.wall.isolation import Isolation
from grader.wall.sandbox import SandboxError

Failure = JudgeError | SandboxError


@dataclass(frozen=True)
class Bench:
    """Judges submissions of one chapter; what the journal knows is not judged again."""

    course: Course
    chapter: Chapter
    run: Run
    isolation: Isolation
    journal: Path

    @cached_property
    def version(self) -> str:
        """The version of the course that judges."""
        return course_version(self.course, self.chapter)

    def key(self, student: str, submission: Submission) -> Key:
        """Where the journal has the report, if it has."""
        return key_of(student, submission, self.version, self.isolation.name, self.run)

    def judge_each(
        self, assignments: Sequence[Assignment]
    ) -> Iterator[tuple[int, ChapterReport | Failure]]:
        """Judge each in a sandbox of its own, on every core; yields numbers and reports.

        They come in the order in which they are done.

        No student's code ever runs beside another's.  The next sandbox loads its libraries
        while the submission before is judged; checks and inputs are made once for all.
        """
        loaded = self._loaded()
        ahead = self._started(assignments[0]) if assignments else None
        for number, assignment in enumerate(assignments):
            stack, waves = ahead or self._started(assignment)
            following = assignments[number + 1 : number + 2]
            with stack:
                ahead = self._started(following[0]) if following else None
                judging = Judging(
                    self.course, [assignment], self.run, self.isolation, loaded=loaded
                )
                try:
                    report: ChapterReport | Failure = judging.reports(waves)[0]
                except (JudgeError, SandboxError) as error:
                    report = error
            yield number, report

    def _started(self, assignment: Assignment) -> tuple[ExitStack, list[Wave]]:
        stack = ExitStack()
        return stack, stack.enter_context(started([assignment], self.isolation))

    def _loaded(self) -> dict[str, LoadedChapter]:
        """The chapter, with the inputs of its checks drawn: judges are forked with both."""
        for library in self.chapter.imports:
            load_library(library)
        loaded = load_chapter(self.course, self.chapter)
        with inputs.remembered():
            for exercise in self.chapter.exercises:
                judge_exercise(loaded, exercise, loaded.reference, self.run)
        return {self.chapter.id: loaded}

    def report(self, student: str, submission: Submission) -> ChapterReport:
        """Look the report up, or judge and enter it."""
        with Journal(self.journal) as journal:
            key = self.key(student, submission)
            known = journal.find(key)
            if known is not None:
                return known
            assignment = Assignment(self.chapter, submission, self.chapter.exercises)
            (report,) = Judging(self.course, [assignment], self.run, self.isolation).reports()
            journal.append(key, report)
            return report
