"""One HTML page a student, under a file name that is safe whatever the student is called."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from jinja2 import Environment, PackageLoader, Template

from grader.classroom.results import ClassResults, Result
from grader.report.as_page import page_html
from grader.report.disclosure import Disclosure
from grader.report.text import harmless

LONGEST = 60
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
"""Names that Windows keeps for devices."""

DIGITS = 8
NAME = 200


def file_names(students: Iterable[str]) -> dict[str, str]:
    """A file name for each student: plain ASCII, and never two alike, in any case.

    A harmless name stays as it is; any other is simplified and told apart by a hash.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for student in students:
        name = next(name for name in _candidates(student) if name.casefold() not in taken)
        taken.add(name.casefold())
        names[student] = f"{name}.html"
    return names


def student_page(
    result: Result, results: ClassResults, disclosure: Disclosure, *, secret: bool = False
) -> str:
    """The whole page of one student, with no more than may be disclosed."""
    student = harmless(result.student, NAME)
    if result.report is not None:
        report = replace(result.report, seed=None) if secret else result.report
        return page_html([report], disclosure, f"{results.chapter.id} · {student}")
    return _no_mark().render(
        student=student,
        course=results.course,
        chapter=results.chapter,
        # What kept the grader from working is not the student's concern, an unreadable file is.
        problem=harmless(result.problem) if result.submission is None else "",
    )


def _candidates(student: str) -> Iterable[str]:
    ascii_only = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode()
    simple = re.sub(r"[^A-Za-z0-9_-]+", "-", ascii_only)[:LONGEST].strip("-") or "student"
    if simple == student and not RESERVED.match(simple):
        yield simple
    whole = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()
    for digits in range(DIGITS, len(whole) + 1):
        yield f"{simple}-{whole[:digits]}"


@cache
def _no_mark() -> Template:
    return environment().get_template("no_mark.html.j2")


def environment() -> Environment:
    """The templates of this package; every value is escaped."""
    return Environment(
        loader=PackageLoader("grader.classroom"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
