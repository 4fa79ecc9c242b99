"""What `grade watch` draws: a title, a body that is cut to the window, and the footer below it."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.report.model import ChapterReport, ExerciseReport
from grader.report.terminal import WIDTH, earned, failure
from grader.workspace import Standing

KEYS = ("h hint", "n next", "l list", "r run again", "c check all", "q quit")
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
HOME, END_OF_LINE, BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
BAR = 24
SHORTEST = 4
"""Lines of a body below which nothing sensible can be left out of it."""


@dataclass(frozen=True)
class Picture:
    """Everything on the screen."""

    title: str
    headline: RenderableType
    body: Sequence[RenderableType]
    standings: Sequence[Standing]


class Screen:
    """The terminal's second page, drawn whole when it changes; leaves the first as it was."""

    def __init__(self) -> None:
        self.drawn = ""

    def __enter__(self) -> Screen:
        self._write(ENTER)
        return self

    def __exit__(self, *_: object) -> None:
        self._write(LEAVE)

    def draw(self, picture: Picture) -> None:
        """Draw for the window as large as it is now."""
        columns, rows = _size()
        width = max(20, min(WIDTH, columns))
        top = [*_lines(Group(Text(picture.title, "bold"), picture.headline), width), ""]
        bottom = _lines(Group(progress_line(picture.standings), _keys()), width)
        room = max(0, rows - len(top) - len(bottom) - 1)
        body = _fitted([_lines(part, width) for part in picture.body], room)
        filling = [""] * (room - len(body) + 1)
        lines = [*top, *body[:room], *filling, *bottom][:rows]
        text = HOME + f"{END_OF_LINE}\r\n".join(lines) + END_OF_LINE + BELOW
        if text != self.drawn:
            self._write(text)
            self.drawn = text

    def forget(self) -> None:
        """Draw next time in any case: another size may have cut what was there."""
        self.drawn = ""

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


def _fitted(parts: list[list[str]], room: int) -> list[str]:
    """As many lines as there is room for; of a long first part, its beginning and its end.

    A failure begins with the call and ends with what was expected and what helps: what can be
    missed is in the middle.
    """
    body = [line for part in parts for line in part]
    if len(body) <= room:
        return body
    kept = max(0, room - 1)
    note = f"… {len(body) - kept} more lines: make the window taller"
    if len(parts[0]) <= room or kept < SHORTEST:
        return [*body[:kept], note]
    begin = kept // 3
    return [*parts[0][:begin], note, *parts[0][begin - kept :]]


def _size() -> tuple[int, int]:
    """The window's size now; COLUMNS and LINES would be its size at the start."""
    columns, rows = os.get_terminal_size(sys.stdout.fileno())
    return columns or WIDTH, rows or 24


def verdict(report: ChapterReport) -> list[RenderableType]:
    """A report on a few exercises: what failed in full, what passed in a line."""
    parts: list[RenderableType] = [Text(f"! {note}\n", "yellow") for note in report.notes]
    failed = [one for one in report.exercises if one.status not in ("passed", "not started")]
    parts += [failure(one) for one in failed]
    return [*parts, *(_line(one) for one in report.exercises if one not in failed)]


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
    if one.status == "not started":
        return Text(f"· {one.id} not started", "bold")
    return Text(f"✗ {one.id} {one.status}, {points}", "bold red")


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


def _line(report: ExerciseReport) -> Text:
    if report.passed:
        line = Text("✓ ", "green").append(report.id, "bold")
        return line.append(f"   all {len(report.checks)} checks", "dim")
    return Text(f"· {report.id}   not started", "dim")


def _keys() -> RenderableType:
    keys = Text()
    for key in KEYS:
        keys.append(key[0], "bold").append(f"{key[1:]}   ", "dim")
    return Padding(keys, 0, expand=False)


def _lines(part: RenderableType, width: int) -> list[str]:
    """The part as lines with colours, none longer than the width."""
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=True,
        highlight=False,
        no_color=bool(os.environ.get("NO_COLOR")),
    )
    with console.capture() as drawn:
        console.print(part)
    return drawn.get().rstrip("\n").split("\n")
