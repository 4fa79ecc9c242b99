"""Marks in a gradebook exported from Canvas: one column is filled in, every other byte stays."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grader.classroom.grades_csv import points
from grader.classroom.raw_csv import Line, delimiter_of, lines_of, quoted
from grader.classroom.results import ClassResults, Result
from grader.course.model import Chapter
from grader.report.text import harmless
from grader.submission.errors import UnreadableSubmission

BOM = "\ufeff"
IDENTITIES = ("sis login id", "sis user id", "id")
OWN = ("student", *IDENTITIES, "integration id", "root account", "section")
"""Columns of Canvas's own that are no assignment."""

POSSIBLE, READ_ONLY, EXCUSED = "points possible", "(read only)", "EX"
NUMBER = re.compile(r"\s*\((\d+)\)\s*$")
"""What Canvas puts behind the name of an assignment that it knows."""

SHOWN = 20


class CanvasError(UnreadableSubmission):
    """The export and the class cannot be put together; the message says what to do."""


@dataclass(frozen=True)
class Merged:
    """The export with marks in it, and what the instructor should know about it."""

    data: bytes
    notes: tuple[str, ...]


class Gradebook:
    """An export from Canvas.  Raises CanvasError if it is none."""

    def __init__(self, data: bytes) -> None:
        # Whatever the encoding, the bytes that are not ours come out as they went in.
        text = data.decode("utf-8", "surrogateescape")
        self._bom = BOM if text.startswith(BOM) else ""
        text = text.removeprefix(BOM)
        self._delimiter = delimiter_of(text)
        self._records = list(lines_of(text, self._delimiter))
        self._header = self._records[0]
        self._columns = [self._header.value(i) for i in range(len(self._header.fields))]
        self._own = {name.casefold(): i for i, name in reversed(list(enumerate(self._columns)))}
        if "student" not in self._own or "id" not in self._own:
            raise CanvasError(
                "the gradebook has no columns Student and ID in its first line: "
                "export it in Canvas with Grades, Export"
            )
        name = self._own["student"]
        rows = [record for record in self._records[1:] if record.value(name)]
        self._possible = next((r for r in rows if r.value(name).casefold() == POSSIBLE), None)
        self._students = [record for record in rows if record is not self._possible]

    def merged(self, results: ClassResults, column: str | None = None) -> Merged:
        """The export with the class's marks, in points of the column.

        Without `column`, a header or the number behind it, it is the one named like the chapter;
        if there is none, one is added.  Students who have no mark keep the field they had.
        Raises CanvasError where a column or a student could mean two.
        """
        rows = self._rows(results.results)
        found = self._find(results.chapter, column)
        marks, notes = self._marks(rows, found, results)
        place = self._add(results) if found is None else found
        for number, mark in marks.items():
            record = self._students[number]
            record.fields += [""] * (place + 1 - len(record.fields))
            record.fields[place] = mark
        text = "".join(self._delimiter.join(one.fields) + one.end for one in self._records)
        data = (self._bom + text).encode("utf-8", "surrogateescape")
        return Merged(data, (*self._unmatched(rows, results.results), *notes))

    def _rows(self, results: Iterable[Result]) -> dict[str, int]:
        """The row of each student who has one.  Raises CanvasError if it could be two."""
        by_key: dict[str, set[int]] = {}
        for number, record in enumerate(self._students):
            for key in self._keys(record):
                by_key.setdefault(key, set()).add(number)
        rows: dict[str, int] = {}
        owners: dict[int, str] = {}
        for student in (result.student for result in results):
            keys = (_exact(student), _name(student))
            found = set().union(*(by_key.get(key, ()) for key in keys))
            if len(found) > 1:
                names = [self._student(number) for number in sorted(found)]
                raise CanvasError(
                    f"{_clean(student)} could be {_listed(names)} of the gradebook: "
                    "name submissions by SIS Login ID"
                )
            for number in found:
                if number in owners:
                    raise CanvasError(
                        f"{_clean(owners[number])} and {_clean(student)} are both "
                        f"{self._student(number)} of the gradebook: which one counts?"
                    )
                owners[number] = student
                rows[student] = number
        return rows

    def _keys(self, record: Line) -> set[str]:
        """All that a student may be called; names and identities do not meet by chance."""
        identities = (self._own[name] for name in IDENTITIES if name in self._own)
        keys = {_exact(record.value(column)) for column in identities}
        number = record.value(self._own["id"])
        last, comma, first = record.value(self._own["student"]).partition(",")
        names = {f"{last}{first}", f"{first}{last}"} if comma else {last}
        keys |= {_name(name) for name in names} | {_name(f"{last}{first}{number}")}
        return keys - {_exact(""), _name("")}

    def _student(self, row: int) -> str:
        record = self._students[row]
        name, number = record.value(self._own["student"]), record.value(self._own["id"])
        return _clean(f"{name} ({number})")

    def _find(self, chapter: Chapter, wanted: str | None) -> int | None:
        columns = [i for i in range(len(self._columns)) if self._is_assignment(i)]
        if wanted is not None:
            found = [i for i in columns if wanted.casefold() in _titles(self._columns[i])]
            if not found:
                there = _listed(self._columns[i] for i in columns)
                raise CanvasError(f"the gradebook has no column {_clean(wanted)}: it has {there}")
        else:
            names = {chapter.id.casefold(), f"{chapter.id} · {chapter.title}".casefold()}
            begins = re.compile(rf"{re.escape(chapter.id)}\b", re.IGNORECASE)
            found = [i for i in columns if names & _titles(self._columns[i])]
            found = found or [i for i in columns if begins.match(self._columns[i])]
        if len(found) > 1:
            there = _listed(self._columns[i] for i in found)
            raise CanvasError(f"{there} could all be the column: choose one by its number")
        return found[0] if found else None

    def _is_assignment(self, column: int) -> bool:
        name = self._columns[column].casefold()
        locked = self._possible is not None and (
            self._possible.value(column).casefold() == READ_ONLY
        )
        return bool(name) and name not in OWN and not locked

    def _add(self, results: ClassResults) -> int:
        """A new column at the end of every line."""
        place = len(self._header.fields)
        for record in self._records:
            if record is self._header or any(record.fields):
                record.fields += [""] * (place + 1 - len(record.fields))
        title = f"{results.chapter.id} · {results.chapter.title}"
        self._header.fields[place] = quoted(title, self._delimiter)
        if self._possible is not None:
            self._possible.fields[place] = points(_most(results.chapter))
        return place

    def _marks(
        self, rows: dict[str, int], column: int | None, results: ClassResults
    ) -> tuple[dict[int, str], list[str]]:
        """What to write, by row; excused students and those without a mark are left alone."""
        scale, comma = self._scale(column, results.chapter)
        marks: dict[int, str] = {}
        excused, without = [], []
        for result in results.results:
            row = rows.get(result.student)
            if row is None:
                continue
            if result.mark is None:
                without.append(result.student)
            elif column is not None and self._students[row].value(column).upper() == EXCUSED:
                excused.append(result.student)
            else:
                mark = points(result.mark * scale)
                marks[row] = mark.replace(".", ",") if comma else mark
        notes = []
        if excused:
            notes.append(f"excused in the gradebook, left so: {_listed(excused)}")
        if without:
            notes.append(f"no mark, the field is left as it was: {_listed(without)}")
        return marks, notes

    def _scale(self, column: int | None, chapter: Chapter) -> tuple[float, bool]:
        """What a point is worth in the column, and whether decimals have a comma there."""
        if column is None or self._possible is None:
            return 1.0, False
        text = self._possible.value(column)
        comma = self._delimiter == ";" and bool(re.fullmatch(r"\d+,\d+", text))
        try:
            most = float(text.replace(",", "." if comma else ""))
        except ValueError:
            return 1.0, False
        return (most / _most(chapter) if most > 0 else 1.0), comma

    def _unmatched(self, rows: dict[str, int], results: Iterable[Result]) -> Iterator[str]:
        only_class = [one.student for one in results if one.student not in rows]
        matched = set(rows.values())
        others = [i for i in range(len(self._students)) if i not in matched]
        if only_class:
            yield f"in the class, but not in the gradebook: {_listed(only_class)}"
        if others:
            names = [self._student(number) for number in others]
            yield f"in the gradebook, but not in the class: {_listed(names)}"


def _titles(header: str) -> set[str]:
    """All that names a column: the header, the name in it, its number."""
    number = NUMBER.search(header)
    names = {header, NUMBER.sub("", header), number[1] if number else header}
    return {name.casefold() for name in names}


def _exact(text: str) -> str:
    return f"id {unicodedata.normalize('NFC', text).strip().casefold()}"


def _name(text: str) -> str:
    """A name as Canvas writes it before a submission's file: letters and digits only."""
    plain = unicodedata.normalize("NFC", text)
    return "name " + re.sub(r"[\W_]+", "", plain).casefold()


def _most(chapter: Chapter) -> float:
    return float(sum(exercise.points for exercise in chapter.exercises))


def _clean(text: str) -> str:
    return harmless(text, 80).replace("\n", " ")


def _listed(names: Iterable[str]) -> str:
    shown = [_clean(name) for name in names]
    more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    return ", ".join(shown[:SHOWN]) + more
