"""Pictures as SVG: in a file of its own, or side by side on a page.  No script, nothing loaded."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from html import escape

import numpy as np
from rich.cells import cell_len

from grader.show.asking import Shown
from grader.show.picture import Curves, Heatmap, Passages
from grader.show.terminal import span

WIDTH, HEIGHT = 560, 260
LEFT, TOP, RIGHT, BOTTOM = 60, 40, 16, 40
LINE = 18
COLUMN = 8
COLUMNS = (WIDTH - 2 * RIGHT) // COLUMN
"""Of a line of text that is cut into pieces."""
MARK = 7
"""Radius of the ring around a marked entry."""

COLOURS = ("#3b7dd8", "#d98e04", "#2e9e5b", "#b04fc0")
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font-family: system-ui, sans-serif; margin: 1rem; }}
svg {{ max-width: 100%; height: auto; display: block; margin-bottom: 1rem; }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


def page(title: str, shown: Sequence[Shown]) -> str:
    """An HTML page of its own with all the pictures."""
    body = "\n".join(_framed(_height(one), _inner(one)) for one in shown)
    return PAGE.format(title=escape(title), body=body)


def sheet(shown: Sequence[Shown]) -> str:
    """One SVG with all the pictures below each other."""
    parts, top = [], 0
    for one in shown:
        parts += [f'<g transform="translate(0 {top})">', *_inner(one), "</g>"]
        top += _height(one)
    return _framed(top, parts) + "\n"


def _framed(height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" font-family="sans-serif" font-size="12" fill="currentColor">'
        + "\n".join(parts)
        + "</svg>"
    )


def _height(shown: Shown) -> int:
    if isinstance(shown.drawing, Curves):
        return TOP + HEIGHT + BOTTOM + LINE * len(shown.drawing.lines)
    if isinstance(shown.drawing, Passages):
        lines = shown.drawing.lines(COLUMNS, gap=0).values()
        return TOP + LINE * sum(len(one) + 2 for one in lines)
    return TOP + HEIGHT + BOTTOM if shown.drawing else TOP + LINE * len(_wrapped(shown))


def _inner(shown: Shown) -> list[str]:
    title = f'<text x="{RIGHT}" y="20" font-weight="bold">{escape(shown.title)}</text>'
    if isinstance(shown.drawing, Curves):
        return [title, *_curves(shown.drawing)]
    if isinstance(shown.drawing, Heatmap):
        return [title, *_heatmap(shown.drawing)]
    if isinstance(shown.drawing, Passages):
        return [title, *_passages(shown.drawing)]
    said = enumerate(_wrapped(shown))
    return [title, *(_text(RIGHT, TOP + LINE * number, escape(line)) for number, line in said)]


def _wrapped(shown: Shown) -> list[str]:
    return textwrap.wrap(shown.why, 80)


def _curves(curves: Curves) -> list[str]:
    lines = curves.points()
    left, right = span([across for across, _ in lines.values()])
    low, high = span([up for _, up in lines.values()])
    wide, bottom = WIDTH - LEFT - RIGHT, TOP + HEIGHT
    parts = [
        f'<path d="M{LEFT} {TOP}V{bottom}H{WIDTH - RIGHT}" fill="none" stroke="currentColor"/>',
        _text(LEFT - 6, TOP + 10, f"{high:.3g}", "end"),
        _text(LEFT - 6, bottom, f"{low:.3g}", "end"),
        _text(LEFT - 6, (TOP + bottom) / 2, escape(curves.up), "end"),
        _text(LEFT, bottom + LINE, f"{left:.3g}"),
        _text(WIDTH - RIGHT, bottom + LINE, f"{right:.3g}", "end"),
        _text(LEFT + wide / 2, bottom + LINE, escape(curves.across), "middle"),
    ]
    for number, (name, (across, up)) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        xs = LEFT + (across - left) / (right - left) * wide
        ys = bottom - (up - low) / (high - low) * HEIGHT
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        place = bottom + LINE * (number + 2)
        parts.append(f'<rect x="{LEFT}" y="{place - 8}" width="14" height="4" fill="{colour}"/>')
        parts.append(_text(LEFT + 20, place, escape(name)))
    return parts


def _heatmap(heatmap: Heatmap) -> list[str]:
    matrix = heatmap.matrix()
    least, most = span([matrix.ravel()])
    down, across = matrix.shape
    margin = max([LEFT, *(7 * len(name) + 12 for name in heatmap.rows)])
    wide, high = (WIDTH - margin - RIGHT) / across, HEIGHT / down
    parts = []
    for (row, column), value in np.ndenumerate(matrix):
        x, y = margin + column * wide, TOP + row * high
        opacity = (value - least) / (most - least) if np.isfinite(value) else 0.0
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" '
            f'fill="{COLOURS[0]}" fill-opacity="{opacity:.3f}"><title>{value:.4g}</title></rect>'
        )
    for row, column in heatmap.marks:
        x, y = margin + (column + 0.5) * wide, TOP + (row + 0.5) * high
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{MARK}" fill="none" stroke="{COLOURS[1]}" '
            'stroke-width="2"/>'
        )
    for row, name in enumerate(heatmap.rows):
        parts.append(_text(margin - 6, TOP + (row + 0.5) * high + 4, escape(name), "end"))
    for column, name in enumerate(heatmap.columns):
        x = margin + (column + 0.5) * wide
        parts.append(_text(x, TOP + HEIGHT + LINE, escape(name), "middle"))
    scale = f"from {least:.3g} (faint) to {most:.3g} (full)"
    return [*parts, _text(margin, TOP + HEIGHT + 2 * LINE, scale)]


def _passages(passages: Passages) -> list[str]:
    parts, y = [], TOP
    for name, lines in passages.lines(COLUMNS, gap=0).items():
        parts.append(_text(RIGHT, y, escape(name)))
        for line in lines:
            x, y = RIGHT, y + LINE
            for number, piece in line:
                wide = COLUMN * cell_len(piece)
                parts.append(
                    f'<rect x="{x}" y="{y - 13}" width="{wide}" height="{LINE - 1}" '
                    f'fill="{COLOURS[number % 2]}" fill-opacity="0.35"/>'
                )
                # The length is given: fonts differ, and the next piece must begin where this ends.
                parts.append(
                    f'<text x="{x}" y="{y}" font-family="monospace" textLength="{wide}" '
                    f'lengthAdjust="spacingAndGlyphs" xml:space="preserve">{escape(piece)}</text>'
                )
                x += wide
        y += 2 * LINE
    return parts


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'
