"""The bench: judges submissions of one chapter; what the journal knows is not judged again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader.assignment import Assignment, Run
from grader.course import Chapter, Course
from grader.journal import Journal, Key, course_version, key_of
from grader.judge.errors import JudgeError
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
        """Judge them side by side; yields the number of each and its report, as they are done."""
        from grader.judge.pool import Pool

        return Pool(self.course, self.chapter, self.run, self.isolation).judge_each(assignments)

    def report(self, student: str, submission: Submission) -> ChapterReport:
        """Look the report up, or judge and enter it."""
        with Journal(self.journal) as journal:
            key = self.key(student, submission)
            known = journal.find(key)
            if known is not None:
                return known
            # Only now: looking a report up needs neither NumPy nor Hypothesis.
            from grader.judge.judging import Judging

            assignment = Assignment(self.chapter, submission, self.chapter.exercises)
            (report,) = Judging(self.course, [assignment], self.run, self.isolation).reports()
            journal.append(key, report)
            return report
