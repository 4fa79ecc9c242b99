"""What a run over a class comes to: every table, page and export is drawn from this one thing."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from grader.classroom.lateness import ON_TIME, Lateness
from grader.course.model import Chapter
from grader.report.model import ChapterReport, CheckReport, ExerciseReport
from grader.submission.reading import Submission


@dataclass(frozen=True)
class HandedIn:
    """What one student handed in; without a submission `problem` says why in one line.

    `note` is what an instructor should know all the same: attempts that do not count.
    """

    student: str
    submission: Submission | None
    problem: str = ""
    note: str = ""


@dataclass(frozen=True)
class Result:
    """One student's submission of one chapter, and what became of it.

    Without a report there is no mark, and `problem` says why in one line: the submission cannot
    be read, or the grader failed.  `before` is the last report of another version of the course,
    `late` what the mark loses.
    """

    student: str
    submission: Submission | None
    report: ChapterReport | None
    problem: str = ""
    known: bool = False
    before: ChapterReport | None = None
    note: str = ""
    late: Lateness = ON_TIME

    @property
    def mark(self) -> float | None:
        """The points that count: the report's, less what being late costs."""
        return self.late.mark(self.report.score) if self.report else None

    @property
    def failed(self) -> bool:
        """Whether there is no mark because of us."""
        return self.submission is not None and self.report is None


Part = TypeVar("Part", ExerciseReport, CheckReport)


class Likeness:
    """Finds what reports have in common, and keeps it once: right answers are all alike."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}

    def of(self, result: Result) -> Result:
        """The same result, in less memory."""
        if result.report is None:
            return result
        exercises = tuple(self._once(self._exercise(one)) for one in result.report.exercises)
        return replace(result, report=replace(result.report, exercises=exercises))

    def _exercise(self, report: ExerciseReport) -> ExerciseReport:
        return replace(report, checks=tuple(map(self._once, report.checks)))

    def _once(self, part: Part) -> Part:
        try:
            known: Part = self._known.setdefault(part, part)
        except TypeError:  # it has a counterexample, which is nobody else's
            return part
        return known


@dataclass(frozen=True)
class ClassResults:
    """A class's results in a chapter, by the students' names in order."""

    course: str
    chapter: Chapter
    seed: int
    results: tuple[Result, ...]
