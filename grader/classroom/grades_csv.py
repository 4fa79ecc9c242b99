"""`grades.csv`: a line a student, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io

from grader.classroom.results import ClassResults, Result
from grader.course.model import Chapter
from grader.report.text import harmless

FORMULA = tuple("=+-@＝＋－＠")
"""What a spreadsheet takes for the start of a formula, in either width."""

COLUMNS = ("student", "chapter", "score", "max_score", "status", "problem")
CELL = 300
NO_MARK = "no mark"


def grades_csv(results: ClassResults) -> str:
    """Student, chapter, points, status and problem, then the points of each exercise.

    The status is `passed` (full marks), `failed` or `no mark`; without a mark every points
    field is empty, never 0.  Beside a mark the problem says which attempts do not count, and what
    being late cost; the exercises' points are those that were reached.
    """
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow([*COLUMNS, *(exercise.id for exercise in results.chapter.exercises)])
    rows.writerows(_row(result, results.chapter) for result in results.results)
    return out.getvalue()


def points(value: float) -> str:
    """Points as a number for a machine to read: `62.5`, `100`."""
    return f"{round(value, 2):.2f}".rstrip("0").rstrip(".")


def cell(text: str) -> str:
    """Untrusted text on one line; an apostrophe keeps a spreadsheet from running it."""
    plain = " ".join(harmless(text, CELL).split("\n"))
    return f"'{plain}" if plain.lstrip().startswith(FORMULA) else plain


def _row(result: Result, chapter: Chapter) -> list[str]:
    report = result.report
    if report is None:
        each = [""] * len(chapter.exercises)
        marks = ["", points(sum(exercise.points for exercise in chapter.exercises)), NO_MARK]
    else:
        by_id = {exercise.id: points(exercise.score) for exercise in report.exercises}
        each = [by_id.get(exercise.id, "") for exercise in chapter.exercises]
        status = "passed" if report.passed else "failed"
        marks = [points(result.mark or 0.0), points(report.max_score), status]
    return [cell(result.student), chapter.id, *marks, cell(result.problem or result.note), *each]
