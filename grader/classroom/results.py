"""What a run over a class comes to: every table, page and export is drawn from this one thing."""

from __future__ import annotations

from dataclasses import dataclass

from grader.course import Chapter
from grader.report.model import ChapterReport
from grader.submission import Submission


@dataclass(frozen=True)
class HandedIn:
    """What one student handed in; without a submission `problem` says why in one line."""

    student: str
    submission: Submission | None
    problem: str = ""


@dataclass(frozen=True)
class Result:
    """One student's submission of one chapter, and what became of it.

    Without a report there is no mark, and `problem` says why in one line: the submission cannot
    be read, or the grader failed.  `before` is the last report of another version of the course.
    """

    student: str
    submission: Submission | None
    report: ChapterReport | None
    problem: str = ""
    known: bool = False
    before: ChapterReport | None = None

    @property
    def failed(self) -> bool:
        """Whether there is no mark because of us."""
        return self.submission is not None and self.report is None


@dataclass(frozen=True)
class ClassResults:
    """A class's results in a chapter, by the students' names in order."""

    course: str
    chapter: Chapter
    seed: int
    results: tuple[Result, ...]
