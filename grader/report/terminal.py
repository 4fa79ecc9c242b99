"""`--format terminal`: a table of exercises, then what failed: the first ones a screen each."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.report.failure import clipped, failure, name_of, unmet
from grader.report.model import (
    DOES_NOT_PARSE,
    UNTOUCHED,
    WAITS,
    ChapterReport,
    ExerciseReport,
)
from grader.report.text import harmless

MARKS = {"passed": ("✓", "green"), "not started": ("·", "dim"), WAITS: ("·", "dim")}
FAILED = ("✗", "red")

DETAILED = 3
"""Failed exercises that are shown in full; who mends these has seen enough for now."""

MOST_NOTES, LONGEST_NOTE = 5, 320
"""Notes on the file that a screen has room for, and characters of each."""


def print_reports(
    console: Console, reports: list[ChapterReport], detailed: bool, again: str = ""
) -> None:
    """Print what a student needs: an overview of many chapters, or one in detail.

    `again` is what a command needs to grade the same submission, say ` --submission mine.py`.
    """
    widest = max((len(report.chapter) for report in reports), default=0)
    for report in reports:
        console.print(chapter(report, again) if detailed else overview(report, widest))
    awaiting = [report.hidden for report in reports if report.hidden is not None]
    if awaiting:
        console.print(Text(f"Practice: {hidden_checks(sum(awaiting))} at submission.", "dim"))
    console.print(_next_step(reports, again))


def earned(report: ChapterReport) -> str:
    """The points of a report in words; after practice, what awaits instead."""
    if report.hidden is not None:
        return f"{hidden_checks(report.hidden)} at submission"
    return f"{_number(report.score)} / {_number(report.max_score)} points"


def hidden_checks(count: int) -> str:
    """How many checks a practice report is silent about."""
    return f"{count} hidden {'check awaits' if count == 1 else 'checks await'}"


def overview(report: ChapterReport, widest: int = 3) -> RenderableType:
    """One chapter on one line, beside others whose ids have at most `widest` characters."""
    reached, most = _reached(report)
    mark, style = _mark("passed" if report.passed else "failed" if reached else "not started")
    line = Table.grid(padding=(0, 1))
    ids = min(widest, 12)
    for width in (1, ids, 41 - ids, 15, 14):
        line.add_column(width=width, no_wrap=True, overflow="ellipsis")
    filled = round(14 * reached / most)
    bar = Text("█" * filled, style).append("░" * (14 - filled), "dim")
    points = f"{_number(reached):>6} / {_number(most)}"
    line.add_row(Text(mark, style), report.chapter, report.title, points, bar)
    return line


def chapter(report: ChapterReport, again: str = "") -> RenderableType:
    """A chapter: its table, what was noticed about the file, its failures."""
    title = Text(f"{report.chapter} · {report.title}", "bold")
    reached, most = _reached(report)
    practised = "" if report.hidden is None else " exercises pass"
    title.append(f"   {_number(reached)} / {_number(most)}{practised}", "bold")
    parts: list[RenderableType] = [title, Padding(_table(report), (1, 0), expand=False)]
    quiet = ("passed", *UNTOUCHED)
    failed = [one for one in report.exercises if one.status not in quiet and one.checks]
    parts += [failure(one) for one in failed[:DETAILED]]
    if failed[DETAILED:]:
        parts.append(_in_brief(failed[DETAILED:], again))
    parts += [_note(note) for note in other_notes(report, failed[:DETAILED])]
    missing = [name_of(one) for one in report.exercises if one.status == "missing"]
    if missing and (report.notes or len(missing) < len(report.exercises)):
        parts.append(_note(f"not defined in the file: {', '.join(missing)}"))
    elif missing:
        parts.append(_note("nothing that was asked for is defined here: is it the right file?"))
    near = [one for one in report.exercises if one.near]
    parts += [_note(f"{name_of(one)}: do you mean your {one.near}? {one.renaming}") for one in near]
    return Group(*parts)


def _reached(report: ChapterReport) -> tuple[float, float]:
    """Points of so many; after practice, which gives none, exercises."""
    if report.hidden is None:
        return report.score, report.max_score
    return sum(one.passed for one in report.exercises), len(report.exercises)


def _in_brief(failed: list[ExerciseReport], again: str) -> RenderableType:
    """A line or two for each of the other failures."""
    rows: list[RenderableType] = []
    for report in failed:
        check = report.shown[0]
        line = Text("✗ ", "red").append(name_of(report), "bold").append(f" — {unmet(check)}")
        if report.mistakes:
            names = " and ".join(mistake.name for mistake in report.mistakes)
            line.append(f": {names}", "magenta")
        rows.append(line)
    rows.append(Text(f"  in full: grade {failed[0].id}{again}", "dim"))
    return Padding(Group(*rows), (0, 0, 1, 0), expand=False)


def _table(report: ChapterReport) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    table.add_column("exercise", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("checks", justify="right")
    table.add_column("points" if report.hidden is None else "at submission", justify="right")
    for exercise in report.exercises:
        mark, style = _mark(exercise.status)
        passed = sum(check.status == "passed" for check in exercise.checks)
        checks = f"{passed}/{len(exercise.checks)}" if exercise.checks else ""
        points = f"{_number(exercise.score)} / {_number(exercise.max_score)}"
        table.add_row(
            Text(mark, style),
            name_of(exercise),
            Text(exercise.standing, style),
            checks,
            points if exercise.hidden is None else f"{exercise.hidden} more",
        )
    return table


def _note(note: str) -> RenderableType:
    return Padding(Text("! ", "yellow").append(clipped(note)), (0, 0, 1, 0), expand=False)


def _next_step(reports: list[ChapterReport], again: str) -> Text:
    """The one command to run next."""
    unfinished = [one for report in reports for one in report.exercises if not one.passed]
    if not unfinished:
        practice = any(report.hidden is not None for report in reports)
        return Text(f"All {'practice ' if practice else ''}checks passed.", "bold green")
    wrong = [one for one in unfinished if one.status not in UNTOUCHED]
    if wrong and wrong[0].status == DOES_NOT_PARSE:
        return (
            Text("next: ", "dim")
            .append("make it Python, then run ")
            .append(f"grade {wrong[0].id}{again}", "bold")
        )
    if wrong:
        return Text("next: ", "dim").append(f"grade hint {wrong[0].id}", "bold")
    if len(reports) > 1 and not any(report.score for report in reports):
        return Text("next: ", "dim").append("grade next", "bold").append("   where to begin", "dim")
    renamed = [one for one in unfinished if one.renaming]
    if renamed:
        command = f"grade {renamed[0].id}{again} {renamed[0].renaming}"
        return Text("next: ", "dim").append(command, "bold")
    first = _to_write(unfinished)
    start = Text("next: ", "dim").append(f"write {first}, then run ")
    return start.append(f"grade {first}{again}", "bold")


def _to_write(unfinished: list[ExerciseReport]) -> str:
    """The first exercise that is not written, in place of one that waits for it."""
    fresh = [one.id for one in unfinished if one.status != WAITS]
    return fresh[0] if fresh else (*unfinished[0].waits_for, unfinished[0].id)[0]


def other_notes(report: ChapterReport, shown: Sequence[ExerciseReport]) -> list[str]:
    """The notes on the file that the exercises shown do not say themselves."""
    said = {_said(one) for one in shown}
    others = [note for note in report.notes if note not in said]
    listed = [harmless(note, LONGEST_NOTE) for note in others[:MOST_NOTES]]
    more = len(others) - MOST_NOTES
    return (
        listed if more <= 0 else [*listed, f"{more} more notes on the file: --format json has all"]
    )


def _said(report: ExerciseReport) -> str:
    """What the report of an exercise that does not parse says about the file."""
    shown = next(check for check in report.checks if check.status != "passed").counterexample
    return shown.message if report.status == DOES_NOT_PARSE and shown else ""


def _mark(status: str) -> tuple[str, str]:
    return MARKS.get(status, FAILED)


def _number(value: float) -> str:
    return f"{value:g}"
