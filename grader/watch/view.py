"""What `grade watch` says, part by part; `screen.py` puts it on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.course.model import Chapter, Exercise
from grader.report.failure import failure
from grader.report.model import WAITS, ChapterReport, ExerciseReport
from grader.report.terminal import earned, other_notes
from grader.report.text import harmless
from grader.student.workspace import Standing

KEYS = ("h hint", "n next", "l list", "r run again", "c check all", "q quit")
BAR = 24
SHORT = 2.0
"""Seconds of checking that are not worth a word."""

QUIET = ("passed", "not started", WAITS)


@dataclass(frozen=True)
class Picture:
    """Everything on the screen."""

    title: str
    headline: RenderableType
    body: Sequence[RenderableType]
    standings: Sequence[Standing]


def checking(chapter: Chapter, names: Sequence[str]) -> Text:
    """What is being graded now."""
    what = f"{chapter.id}.{names[0]}" if len(names) == 1 else f"{len(names)} exercises"
    return Text(f"checking {what}…", "bold yellow")


def lasting(checking: Text, seconds: float) -> Text:
    """The same with its seconds, once there are some: a loop without end shows as one."""
    return checking if seconds < SHORT else checking.copy().append(f" {int(seconds)} s")


def checking_users(names: Sequence[str]) -> Text:
    """Which exercises follow, because they use what has just been graded."""
    use = "which uses it" if len(names) == 1 else "which use it"
    return Text(f"\nchecking {', '.join(names)}, {use}…", "yellow")


def headline(report: ChapterReport) -> Text:
    """The verdict in one line."""
    points = earned(report)
    passed = sum(one.passed for one in report.exercises)
    if len(report.exercises) > 1:
        what = f"{passed} of {len(report.exercises)} exercises passed"
        style = "bold green" if report.passed else "bold"
        return Text(f"{what}, {points}", style)
    (one,) = report.exercises
    if one.passed:
        return Text(f"✓ {one.id} passed, {points}", "bold green")
    if one.status in QUIET:
        return Text(f"· {one.id} {one.standing}", "bold")
    return Text(f"✗ {one.id} {one.status}, {points}", "bold red")


def verdict(report: ChapterReport, advice: str | None) -> list[RenderableType]:
    """A report on a few exercises: what failed in full, what passed in a line."""
    failed = [one for one in report.exercises if one.status not in QUIET]
    notes = other_notes(report, failed)
    parts: list[RenderableType] = [Text(f"! {note}\n", "yellow") for note in notes]
    parts += [failure(one) for one in failed]
    parts += [Text(f"as Python: grade {one.id} --repro\n", "dim") for one in failed if one.repro]
    parts += [_line(one) for one in report.exercises if one not in failed]
    return [*parts, Text(f"\n{advice}", "dim")] if advice else parts


def users(used: ChapterReport, report: ChapterReport) -> list[RenderableType]:
    """A line for each exercise that uses what was graded; its failure only if it is its own."""
    parts: list[RenderableType] = [Text("\nwhat uses it", "dim")]
    parts += [_line(one) for one in report.exercises]
    failed = [one for one in report.exercises if one.status not in QUIET]
    if used.passed and failed:
        parts += [Text(""), *(failure(one) for one in failed)]
    return parts


def trouble(
    problem: str, syntax_error: str | None, last: RenderableType
) -> tuple[RenderableType, list[RenderableType]]:
    """Headline and body where there is nothing to grade."""
    before = [Text(""), Text("before that:", "dim"), last] if str(last) else []
    if syntax_error is None:
        return Text(harmless(problem), "bold yellow"), before
    waiting = Text("It is checked as soon as it is Python again.", "dim")
    head = Text("saved, but this is not Python yet", "bold yellow")
    return head, [Text(harmless(syntax_error)), Text(""), waiting, *before]


def to_do(place: str, what: Sequence[str]) -> tuple[RenderableType, list[RenderableType]]:
    """Headline and body: where to work now, why there, and what is asked for."""
    body = [*map(Text, what), Text("Write it and save: it is checked at once.", "dim")]
    return Text(f"next: {place}", "bold"), list(body)


def hint(exercise: Exercise, text: str) -> RenderableType:
    line = Text(f"hint for {exercise.name}  ", "cyan").append(text, "default")
    return Padding(line, (0, 0, 1, 0), expand=False)


def progress_line(standings: Sequence[Standing]) -> Text:
    """How much of the chapter is done, as last checked."""
    done = sum(one.state == "done" for one in standings)
    filled = round(BAR * done / len(standings))
    bar = Text("█" * filled, "green").append("░" * (BAR - filled), "dim")
    bar.append(f" {done} of {len(standings)} done")
    if any(one.exercise.hidden is not None for one in standings):
        return bar
    points = sum(one.last.score for one in standings if one.last)
    return bar.append(f", {points:g} / 100 points")


def keys() -> Text:
    """The keys that do something."""
    line = Text()
    for number, key in enumerate(KEYS):
        line.append("  " if number else "").append(key[0], "bold").append(key[1:], "dim")
    return line


def _line(report: ExerciseReport) -> Text:
    if report.passed:
        line = Text("✓ ", "green").append(report.id, "bold")
        return line.append(f"   all {len(report.checks)} checks", "dim")
    mark, style = ("·", "dim") if report.status in QUIET else ("✗", "red")
    line = Text(f"{mark} ", style).append(report.id, "bold")
    return line.append(f"   {report.standing}", style)
