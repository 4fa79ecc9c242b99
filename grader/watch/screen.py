"""The terminal's second page: a picture on it, cut to the window."""

from __future__ import annotations

import io
import os
import sys

from rich.console import Console, Group, RenderableType
from rich.text import Text

from grader.report.failure import WIDTH
from grader.watch.view import Picture, keys, progress_line

ENTER, LEAVE = "\x1b[?1049h\x1b[?25l\x1b[?7l", "\x1b[?7h\x1b[?25h\x1b[?1049l"
"""The second page, no cursor, no wrapping of lines; and everything back."""

BEGIN, END = "\x1b[?2026h\x1b[H", "\x1b[?2026l"
"""Around a picture: a terminal that can shows it whole, from the upper left corner on."""

ERASE = "\x1b[K"
NARROWEST = 20
SHORTEST = 4
"""Lines of a body below which nothing sensible can be left out of it."""


class Screen:
    """Draws the page whole when it changes; leaves the first page as it was."""

    def __init__(self) -> None:
        self.drawn = ""

    def __enter__(self) -> Screen:
        self.enter()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def enter(self) -> None:
        if sys.platform == "win32":
            os.system("")  # whereupon the console understands escape sequences
        self._write(ENTER)

    def leave(self) -> None:
        self._write(LEAVE)

    def draw(self, picture: Picture) -> None:
        """Draw for the window as large as it is now."""
        columns, rows = _size()
        # Erased before it is written: after a full line that would take its last character.
        lines = (ERASE + line for line in page(picture, columns, rows))
        text = BEGIN + "\r\n".join(lines) + END
        if text != self.drawn:
            self._write(text)
            self.drawn = text

    def forget(self) -> None:
        """Draw next time in any case: another size may have cut what was there."""
        self.drawn = ""

    def _write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError:
            # The terminal has gone; the keyboard notices, too, and ends the program.
            self.drawn = ""


def page(picture: Picture, columns: int, rows: int) -> list[str]:
    """The picture as lines with colours: as many as there are rows, none wider than the window."""
    width = max(NARROWEST, min(WIDTH, columns))
    top = [*_lines(Group(Text(picture.title, "bold"), picture.headline), width), ""]
    bottom = _lines(Group(progress_line(picture.standings), keys()), width)
    room = max(0, rows - len(top) - len(bottom) - 1)
    body = _fitted([_lines(part, width) for part in picture.body], room)
    filling = [""] * (room - len(body) + 1)
    return [*top, *body[:room], *filling, *bottom][:rows]


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
    try:
        columns, rows = os.get_terminal_size(sys.stdout.fileno())
    except OSError:
        return WIDTH, 24
    return columns or WIDTH, rows or 24


def _lines(part: RenderableType, width: int) -> list[str]:
    """The part as lines with colours, none longer than the width."""
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=True,
        highlight=False,
        color_system="standard",
        no_color=bool(os.environ.get("NO_COLOR")),
    )
    with console.capture() as drawn:
        console.print(part)
    return drawn.get().rstrip("\n").split("\n")
