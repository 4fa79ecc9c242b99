"""What a picture is: numbers with names, declared by a course and free of any drawing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from grader.report.text import harmless, show

MOST = 10_000
"""Numbers in one series or matrix."""

LARGEST = 1e150
"""What is larger is left out like an infinity: differences must not overflow."""


class Undrawable(ValueError):
    """What the submission returned is no series or matrix of numbers."""


@dataclass(frozen=True)
class Curves:
    """Named lines through points: `lines[name]` is a series, or a pair (across, up) of them."""

    lines: Mapping[str, Any]
    across: str
    up: str

    def points(self) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """The points of each line that are finite.  Raises Undrawable."""
        found = {}
        for name, line in self.lines.items():
            pair = line if isinstance(line, tuple) else (np.arange(len(numbers(line, 1))), line)
            across, up = (numbers(series, 1) for series in pair)
            if len(across) != len(up):
                raise Undrawable(f"{len(across)} numbers across and {len(up)} up")
            finite = (np.abs(across) < LARGEST) & (np.abs(up) < LARGEST)
            found[name] = (across[finite], up[finite])
        if not any(len(across) for across, _ in found.values()):
            raise Undrawable("no finite number in it")
        return found


@dataclass(frozen=True)
class Heatmap:
    """A matrix, shaded from its least entry to its largest; rows and columns may have names.

    `marks` are the entries, as pairs (row, column), that get a ring.
    """

    values: Any
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    marks: Sequence[tuple[int, int]] = ()

    def matrix(self) -> NDArray[np.float64]:
        """The entries; NaN stands for what is not finite.  Raises Undrawable."""
        matrix = numbers(self.values, 2)
        for names, size in zip((self.rows, self.columns), matrix.shape, strict=True):
            if names and len(names) != size:
                raise Undrawable(f"a matrix of shape {matrix.shape}, with {len(names)} names")
        drawable = np.where(np.abs(matrix) < LARGEST, matrix, np.nan)
        if np.isnan(drawable).all():
            raise Undrawable("no finite number in it")
        return drawable


@dataclass(frozen=True)
class Passages:
    """Named texts that are cut into pieces: `texts[name]` holds the pieces in order."""

    texts: Mapping[str, Sequence[str]]

    def pieces(self) -> dict[str, list[str]]:
        """The pieces, each on one line, with line breaks and tabs as signs.  Raises Undrawable."""
        for piece in itertools.chain(*self.texts.values()):
            if not isinstance(piece, str):
                raise Undrawable(f"no text: {show(piece)}")
        if sum(map(len, itertools.chain(*self.texts.values()))) > MOST:
            raise Undrawable(f"texts of more than {MOST} characters")
        return {name: list(map(_visible, cut)) for name, cut in self.texts.items()}

    def lines(self, width: int, gap: int) -> dict[str, list[list[tuple[int, str]]]]:
        """Lines of (which piece, its text) for each name, `gap` columns behind each piece.

        A line takes at most `width` columns; a piece that is longer is continued on the next.
        """
        return {name: _lines(cut, width, gap) for name, cut in self.pieces().items()}


Drawing = Curves | Heatmap | Passages


@dataclass(frozen=True)
class Picture:
    """A title and the function that asks a submission for what is to be drawn."""

    title: str
    of: Callable[[Any], Drawing]


T = TypeVar("T", bound=Callable[[Any], Drawing])


def picture(title: str) -> Callable[[T], T]:
    """Declare the function below, which takes `submission` and returns a Drawing."""

    def declare(function: T) -> T:
        function.picture = Picture(title, function)  # type: ignore[attr-defined]
        return function

    return declare


def numbers(value: Any, rank: int) -> NDArray[np.float64]:
    """An answer as an array of that rank.  Raises Undrawable."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, RuntimeError):
        raise Undrawable(f"not made of numbers: {show(value)}") from None
    if array.ndim != rank or not 0 < array.size <= MOST:
        raise Undrawable(f"an array of shape {array.shape} is no {('series', 'matrix')[rank - 1]}")
    return array


def _visible(piece: str) -> str:
    return harmless(piece.replace("\r", "").replace("\n", "↵").replace("\t", "⇥"))


def _lines(pieces: Sequence[str], width: int, gap: int) -> list[list[tuple[int, str]]]:
    lines: list[list[tuple[int, str]]] = [[]]
    left = width
    for number, piece in enumerate(pieces):
        if cell_len(piece) + gap > left and lines[-1]:
            lines.append([])
            left = width
        while cell_len(piece) + gap > left:
            most = max(1, (left - gap) // 2)  # No character takes more than two columns.
            lines[-1].append((number, piece[:most]))
            lines.append([])
            piece, left = piece[most:], width
        lines[-1].append((number, piece))
        left -= cell_len(piece) + gap
    return lines
