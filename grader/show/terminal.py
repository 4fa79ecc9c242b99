"""Pictures in the terminal: dots of Braille for curves, blocks for matrices, 80 columns.

Pieces of a text have bars between them, and two colours in turn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rich.text import Text

from grader.show.picture import Curves, Drawing, Heatmap, Passages

WIDTH, HEIGHT = 64, 16
"""Of the field of a chart, in characters; each has 2 × 4 dots."""

MARGIN = 10
COLUMNS = 78
"""Of a line of text that is cut into pieces."""

LARGEST = 64
"""Characters across that a matrix may take."""

STYLES = ("bright_blue", "yellow", "green", "magenta")
SHADES = " ░▒▓█"
RING = "o"
DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
BRAILLE = 0x2800


def drawn(drawing: Drawing) -> Text:
    """The picture as lines of at most 80 columns."""
    if isinstance(drawing, Passages):
        return _passages(drawing)
    return _curves(drawing) if isinstance(drawing, Curves) else _heatmap(drawing)


def _curves(curves: Curves) -> Text:
    lines = curves.points()
    left, right = span([across for across, _ in lines.values()])
    bottom, top = span([up for _, up in lines.values()])
    cells = np.zeros((HEIGHT, WIDTH), dtype=int)
    owner = np.full((HEIGHT, WIDTH), -1)
    names: dict[tuple[int, int], str] = {}
    for number, (across, up) in enumerate(lines.values()):
        columns = _steps(across, left, right, 2 * WIDTH)
        rows = 4 * HEIGHT - 1 - _steps(up, bottom, top, 4 * HEIGHT)
        for row, column in _joined(rows, columns):
            cells[row // 4, column // 2] |= DOTS[row % 4, column % 2]
            owner[row // 4, column // 2] = number
        if len(rows):
            # A letter at its end tells a line from the others where there are no colours.
            names[rows[-1] // 4, columns[-1] // 2] = _letter(number)
    text = Text(f"{curves.up}\n", "dim")
    for row in range(HEIGHT):
        edge = {0: f"{top:.3g}", HEIGHT - 1: f"{bottom:.3g}"}.get(row, "")
        text.append(f"{edge:>{MARGIN - 2}} │", "dim")
        for column in range(WIDTH):
            shown = names.get((row, column)) or chr(BRAILLE + cells[row, column])
            style = STYLES[owner[row, column] % len(STYLES)] if owner[row, column] >= 0 else ""
            text.append(shown if cells[row, column] else " ", style)
        text.append("\n")
    text.append(" " * (MARGIN - 1) + "└" + "─" * WIDTH + "\n", "dim")
    ends = f"{left:.3g}{curves.across:^{WIDTH - 16}}{right:.3g}"
    text.append(" " * MARGIN + ends + "\n", "dim")
    for number, name in enumerate(lines):
        text.append(f"{' ' * MARGIN}{_letter(number)}  {name}\n", STYLES[number % len(STYLES)])
    return text


def _heatmap(heatmap: Heatmap) -> Text:
    matrix = heatmap.matrix()
    least, most = span([matrix.ravel()])
    margin = max((len(name) for name in heatmap.rows), default=0) + 2
    longest = max((len(name) for name in heatmap.columns), default=1)
    cell = max(1, min(max(longest + 1, 2), LARGEST // matrix.shape[1]))
    text = Text()
    if heatmap.columns:
        names = "".join(f"{name[: cell - 1]:<{cell}}" for name in heatmap.columns)
        text.append(" " * margin + names.rstrip() + "\n", "dim")
    for number, row in enumerate(matrix[:, : LARGEST // cell]):
        name = heatmap.rows[number] if heatmap.rows else ""
        text.append(f"{name:<{margin}}", "dim")
        for column, value in enumerate(row):
            shade = _shade(value, least, most)
            ringed = (number, column) in heatmap.marks
            text.append(f"{RING:{shade}^{cell}}" if ringed else shade * cell)
        text.append("\n")
    steps = "  ".join(
        f"{shade} {_rounded(least + (most - least) * number / (len(SHADES) - 1), most - least)}"
        for number, shade in enumerate(SHADES)
    )
    return text.append(f"{' ' * margin}{steps}\n", "dim")


def _passages(passages: Passages) -> Text:
    text = Text()
    for name, lines in passages.lines(COLUMNS, gap=1).items():
        text.append(f"{name}\n", "dim")
        for line in lines:
            for number, piece in line:
                text.append(piece, STYLES[number % 2])
                text.append("│", "dim")
            text.append("\n")
    return text


def span(series: list[NDArray[np.float64]]) -> tuple[float, float]:
    """From the least finite number to the largest, and never empty."""
    values = np.concatenate(series)
    values = values[np.isfinite(values)]
    least, most = float(values.min()), float(values.max())
    return (least, most) if most > least else (least - 0.5, least + 0.5)


def _steps(values: NDArray[np.float64], low: float, high: float, count: int) -> NDArray[np.int_]:
    scaled: NDArray[np.int_] = np.rint((values - low) / (high - low) * (count - 1)).astype(int)
    return scaled


def _joined(rows: NDArray[np.int_], columns: NDArray[np.int_]) -> list[tuple[int, int]]:
    """The dots on the straight ways from point to point."""
    dots = [(int(row), int(column)) for row, column in zip(rows[:1], columns[:1], strict=True)]
    for place in range(1, len(rows)):
        down, right = rows[place] - rows[place - 1], columns[place] - columns[place - 1]
        count = max(abs(down), abs(right), 1)
        for step in range(1, count + 1):
            row = rows[place - 1] + round(down * step / count)
            dots.append((int(row), int(columns[place - 1] + round(right * step / count))))
    return dots


def _rounded(value: float, scale: float) -> str:
    """Two digits, and a plain 0 for what is next to nothing on that scale."""
    return f"{value if abs(value) > scale / 1000 else 0:.2g}"


def _letter(number: int) -> str:
    return chr(ord("a") + number)


def _shade(value: float, least: float, most: float) -> str:
    if not np.isfinite(value):
        return "?"
    return SHADES[round((value - least) / (most - least) * (len(SHADES) - 1))]
