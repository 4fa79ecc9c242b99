"""The bench: what judges submissions of one chapter, and how."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader.classroom.journal import Key, key_of
from grader.course.model import Chapter, Course
from grader.course.versions import Versions, versions_of
from grader.judge.arrivals import Arrivals
from grader.judge.assignment import Assignment, Finished, JudgeError, Run
from grader.judge.side_by_side import judge_side_by_side
from grader.submission.reading import Submission
from grader.wall.errors import SandboxError
from grader.wall.isolation import Isolation


@dataclass(frozen=True)
class Bench:
    """What judges submissions of one chapter, and the journal that remembers."""

    course: Course
    chapter: Chapter
    run: Run
    isolation: Isolation
    journal: Path

    @cached_property
    def versions(self) -> Versions:
        """The versions of the course that judge.  Raises CourseError."""
        return versions_of(self.course, self.chapter)

    def key(self, student: str, submission: Submission) -> Key:
        """Where the journal has the report, if it has."""
        return key_of(student, submission, self.versions.chapter, self.isolation.name, self.run)

    def judge_each(self, assignments: Sequence[Assignment]) -> Generator[Finished]:
        """Judge them side by side; yields the number of each and its report, as they are done."""
        yield from judge_side_by_side(
            self.course, self.chapter, self.run, self.isolation, assignments
        )

    def judge_arriving(self, arrivals: Arrivals) -> Generator[Finished]:
        """Judge what comes, for as long as anything may come."""
        yield from judge_side_by_side(self.course, self.chapter, self.run, self.isolation, arrivals)

    def judge_alone(self, assignments: Sequence[Assignment]) -> Generator[Finished]:
        """Judge them one after another, the exercises of each side by side."""
        if not assignments:
            return
        # Only now: looking a report up needs neither NumPy nor Hypothesis.
        from grader.judge.judging import Judging

        for number, assignment in enumerate(assignments):
            judging = Judging(self.course, [assignment], self.run, self.isolation)
            try:
                yield number, judging.reports()[0]
            except (JudgeError, SandboxError) as error:
                yield number, error
