"""`%submit`: what was run in a notebook is handed in, cell by cell, as it was run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.client import submitting
from grader.client.connection import Server
from grader.client.credentials import load
from grader.course.model import find_course
from grader.course.reading import load_course
from grader.report.as_html import chapter_html
from grader.report.as_text import to_text
from grader.report.model import ChapterReport
from grader.submission.reading import of_cells

OURS = ("%submit", "%grade", "%load_ext grader")
NAME = "notebook.ipynb"


@dataclass(frozen=True)
class Verdict:
    """The report as a notebook shows it, and elsewhere as `grade` prints it."""

    report: ChapterReport
    summary: str

    def _repr_html_(self) -> str:
        return chapter_html(self.report) + f"<div>{self.summary}</div>"

    def __repr__(self) -> str:
        return f"{to_text(self.report)}{self.summary}"


def handed_in(target: str, history: Sequence[str]) -> Verdict:
    """Hand in the cells of this session, and wait for the verdict.

    Raises UnknownName, NoCourse, CourseError, UnreadableSubmission.
    """
    course = load_course(find_course(Path.cwd()))
    chapter, exercise = course.select(target)
    server = Server(load())
    submission = of_cells(Path(NAME), chapter, as_run(history))
    accepted = submitting.hand_in(server, submitting.target_of(chapter, exercise), submission)
    verdict = submitting.followed(server, accepted["id"], lambda standing: None)
    counts = "this one counts" if verdict.counts else "another one counts"
    summary = f"submission {verdict.number}, {counts}"
    return Verdict(submitting.narrowed(verdict.report, exercise), summary)


def as_run(history: Sequence[str]) -> list[str]:
    """The cells in the order in which they were run; of equal ones the last run stays."""
    cells = [cell for cell in history if cell.strip() and not cell.lstrip().startswith(OURS)]
    last = {cell: number for number, cell in enumerate(cells)}
    return [cell for number, cell in enumerate(cells) if last[cell] == number]
