"""What `grade class` prints: a line a student, or a line a mark that changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.classroom.results import ClassResults, Result
from grader.report.model import ChapterReport

FOR_A_HUMAN = ("crashed", "refused")
"""Statuses that somebody should look at."""

TOTAL = "total"


@dataclass(frozen=True)
class ChangedMark:
    """A mark that another version of the course changed; None where there was or is none."""

    student: str
    exercise: str
    before: float | None
    after: float | None


def changed_marks(results: ClassResults) -> list[ChangedMark]:
    """Every mark that differs from the last version's, and the totals of those students."""
    return [
        change
        for result in results.results
        if result.before is not None and result.report is not None
        for change in _changes(result.student, result.before, result.report)
    ]


def print_class(console: Console, results: ClassResults) -> None:
    """Print a line a student, and what it comes to."""
    table = _table("", "student", "points", "")
    for result in results.results:
        table.add_row(*_row(result))
    console.print(Group(_title(results), Text(), table, Text(), _summary(results)))


def print_changes(console: Console, results: ClassResults) -> None:
    """Print every mark that changed since the last version of the course."""
    changes = changed_marks(results)
    if not any(result.before for result in results.results):
        said = "No other version of the course graded these submissions here."
    else:
        students = len({change.student for change in changes})
        said = f"{students} of {len(results.results)} students have changed marks."
    table = _table("student", "exercise", "before", "", "after")
    for change in changes:
        style = "bold" if change.exercise == TOTAL else ""
        marks = (_number(change.before), "→", _number(change.after))
        table.add_row(*(Text(cell, style) for cell in (change.student, change.exercise, *marks)))
    listed: list[RenderableType] = [table, Text()] if changes else []
    console.print(Group(_title(results), Text(), *listed, Text(said)))


def remark(result: Result) -> str:
    """Why somebody should look at a result; empty if nobody need."""
    if result.report is None:
        return f"no mark: {result.problem}"
    found = [
        f"{one.id.partition('.')[2]} {one.status}"
        for one in result.report.exercises
        if one.status in FOR_A_HUMAN
    ]
    return ", ".join(found)


def _changes(student: str, before: ChapterReport, after: ChapterReport) -> Iterator[ChangedMark]:
    old = {one.id: (one.score, one.max_score) for one in before.exercises}
    new = {one.id: (one.score, one.max_score) for one in after.exercises}
    changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    for name in changed:
        score, _ = old.get(name, (None, None))
        now, _ = new.get(name, (None, None))
        yield ChangedMark(student, name, score, now)
    if changed:
        yield ChangedMark(student, TOTAL, before.score, after.score)


def _title(results: ClassResults) -> Text:
    chapter = results.chapter
    return Text(f"{chapter.id} · {chapter.title}   {len(results.results)} students", "bold")


def _row(result: Result) -> tuple[Text, ...]:
    report = result.report
    mark, style = ("✓", "green") if report and report.passed else ("✗", "red")
    points = f"{_number(report.score)} / {_number(report.max_score)}" if report else ""
    said = remark(result)
    if said:
        mark, style = "!", "yellow"
    return Text(mark, style), Text(result.student), Text(points), Text(said, "yellow")


def _summary(results: ClassResults) -> Text:
    scores = [result.report.score for result in results.results if result.report]
    said = [f"{len(scores)} graded"]
    if scores:
        said.append(f"{fmean(scores):.1f} points on average")
    without = len(results.results) - len(scores)
    if without:
        said.append(f"{without} without a mark")
    human = sum(bool(result.report and remark(result)) for result in results.results)
    if human:
        said.append(f"{human} to look at")
    return Text(", ".join(said) + ".")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in columns:
        table.add_column(
            name,
            justify="right" if name in ("points", "before", "after") else "left",
            no_wrap=name in ("points", "before", "after"),
            overflow="fold",
        )
    return table


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
