"""One failed exercise on a terminal: which check, its counterexample, the likely mistake."""

from __future__ import annotations

import io

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.report.model import (
    DOES_NOT_PARSE,
    CallShown,
    CheckReport,
    ExerciseReport,
    MistakeShown,
)

WIDTH = 80
WITHOUT_A_CHECK = {
    "refused": "refused",
    "missing": "not defined",
    "not started": "not started",
    DOES_NOT_PARSE: DOES_NOT_PARSE,
}
"""Statuses that have nothing to do with which check met them, in words."""

CALLS = 2
LINES = 14
"""Lines of one value that are shown; the JSON has all."""


def plain(part: RenderableType) -> str:
    """A part of a report as plain text, for those who print it themselves."""
    buffer = io.StringIO()
    # In a notebook rich would show it at once instead of writing it.
    console = Console(
        file=buffer, width=WIDTH, highlight=False, color_system=None, force_jupyter=False
    )
    console.print(part, crop=False)  # a command that is wider is still one
    return "\n".join(line.rstrip() for line in buffer.getvalue().rstrip().splitlines())


def failure(report: ExerciseReport) -> RenderableType:
    """The failing check of an exercise that says most, its counterexample, the likely mistake.

    Two mistakes that different checks show stand each beside its own.  The exercise has checks:
    where none may be seen, there is nothing to say.
    """
    parts: list[RenderableType] = []
    for check in report.shown:
        parts.append(Text("✗ ", "red").append(name_of(report), "bold").append(f" — {unmet(check)}"))
        parts += map(_indented, _counterexample(check))
        if report.note and check is report.shown[0]:
            parts.append(_indented(Text(report.note, "yellow")))
        parts += [_indented(_mistake(mistake)) for mistake in report.mistakes_at(check)]
    return Padding(Group(*parts), (0, 0, 1, 0), expand=False)


def _counterexample(check: CheckReport) -> list[RenderableType]:
    shown = check.counterexample
    if shown is None:
        return []
    parts = [_call(call) for call in shown.calls[-CALLS:]]
    return [*parts, *_compared(shown.expected, shown.got, shown.message)]


def _compared(expected: str | None, got: str | None, message: str) -> list[RenderableType]:
    parts: list[RenderableType] = [] if got is None else [_values(expected, got)]
    return [*parts, Text(clipped(message), "yellow")] if message else parts


def _mistake(mistake: MistakeShown) -> RenderableType:
    """Its name and hint, below the numbers that show it if these do not stand there already."""
    named = Text("likely mistake  ", "bold magenta").append(mistake.name, "magenta")
    numbers = _compared(mistake.expected, mistake.got, mistake.message)
    return Group(*numbers, named, Text(mistake.hint))


def unmet(check: CheckReport) -> str:
    if check.status == "failed":
        return check.title
    if check.status in WITHOUT_A_CHECK:
        return WITHOUT_A_CHECK[check.status]
    return f"{check.status} in: {check.title}"


def _call(call: CallShown) -> RenderableType:
    """`softmax(z, axis)` with the arguments below it, matrices on lines of their own."""
    head = Text(f"{call.function}(", "cyan").append(", ".join(call.arguments)).append(")", "cyan")
    if call.about:
        head.append(f"   {call.about}", "dim")
    rows = Table.grid(padding=(0, 1))
    rows.add_column(no_wrap=True)
    rows.add_column()
    for name, value in call.arguments.items():
        rows.add_row(Text(f"  {name} =", "dim"), Text(clipped(value)))
    parts: list[RenderableType] = [head, rows]
    if call.warned:
        parts.append(Text("  warning: ", "dim").append(clipped(call.warned)))
    if call.printed:
        parts.append(Text("  printed: ", "dim").append(clipped(call.printed)))
    return Group(*parts)


def _values(expected: str | None, got: str) -> Table:
    rows = Table.grid(padding=(0, 1))
    rows.add_column(no_wrap=True)
    rows.add_column()
    if expected is not None:
        rows.add_row(Text("expected", "green"), Text(clipped(expected)))
    rows.add_row(Text("got", "red"), Text(clipped(got)))
    return rows


def name_of(report: ExerciseReport) -> str:
    return report.id.partition(".")[2]


def _indented(part: RenderableType) -> RenderableType:
    return Padding(part, (0, 0, 0, 4), expand=False)


def clipped(text: str) -> str:
    lines = text.rstrip().splitlines()
    if len(lines) <= LINES:
        return "\n".join(lines)
    return "\n".join([*lines[:LINES], f"… {len(lines) - LINES} more lines"])
