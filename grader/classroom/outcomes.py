"""All files that a run over a class leaves behind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from grader.classroom.canvas import Gradebook
from grader.classroom.class_report import class_report
from grader.classroom.grades_csv import grades_csv
from grader.classroom.look_alikes import find_look_alikes
from grader.classroom.pages import file_names, student_page
from grader.classroom.results import ClassResults
from grader.report.as_json import chapter as as_json
from grader.report.disclosure import Disclosure

GRADES, REPORTS, REPORT, CANVAS = "grades.csv", "reports.jsonl", "report.html", "canvas.csv"
STUDENTS = "students"


@dataclass(frozen=True)
class CanvasExport:
    """A gradebook exported from Canvas, and the column that is meant, where it must be said."""

    data: bytes
    column: str | None = None


@dataclass(frozen=True)
class Written:
    """The files, in the order in which they were written, and what somebody should know."""

    paths: tuple[Path, ...]
    notes: tuple[str, ...]


def reports_jsonl(results: ClassResults) -> str:
    """A line a student: the whole report, or null and the problem."""
    lines = (
        {
            "student": one.student,
            "problem": one.problem or one.note,
            "report": as_json(one.report) if one.report else None,
        }
        for one in results.results
    )
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def write_results(
    results: ClassResults,
    folder: Path,
    disclosure: Disclosure,
    released: str,
    canvas: CanvasExport | None = None,
    *,
    secret: bool = False,
) -> Written:
    """Write everything into a folder: tables, reports, a page a student, the class report.

    `disclosure` is what students may see on their pages; the other files are the instructor's.
    `released` is the text of the stub, which no two submissions have from each other.  A `secret`
    seed does not stand on the students' pages.  Raises
    CanvasError if the gradebook and the class cannot be put together; all else is there then.
    """
    pages = file_names(one.student for one in results.results)
    (folder / STUDENTS).mkdir(parents=True, exist_ok=True)
    paths = [
        _write(folder / GRADES, grades_csv(results)),
        _write(folder / REPORTS, reports_jsonl(results)),
    ]
    for one in results.results:
        page = student_page(one, results, disclosure, secret=secret)
        paths.append(_write(folder / STUDENTS / pages[one.student], page))
    links = {student: f"{STUDENTS}/{page}" for student, page in pages.items()}
    look_alikes = find_look_alikes(results.results, released)
    files = [GRADES, REPORTS] + ([CANVAS] if canvas else [])
    report = class_report(results, look_alikes, links, files)
    paths.append(_write(folder / REPORT, report))
    notes = [look_alikes.note] if look_alikes.note else []
    if canvas is not None:
        merged = Gradebook(canvas.data).merged(results, canvas.column)
        (folder / CANVAS).write_bytes(merged.data)
        paths.append(folder / CANVAS)
        notes += merged.notes
    return Written(tuple(paths), tuple(notes))


def _write(path: Path, text: str) -> Path:
    """UTF-8 with plain line ends on every system; half a character becomes its escape."""
    path.write_bytes(text.encode("utf-8", "backslashreplace"))
    return path
