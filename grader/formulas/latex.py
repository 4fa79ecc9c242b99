"""Formulas of a docstring, written in Unicode, as displayed LaTeX.

A solution's docstring is read in an editor, in a terminal, in a notebook and on a web page.  It
is written for the first two; here it is set for the others.  What is indented and states
something is a formula; `notation.py` sets its lines.
"""

from __future__ import annotations

import re

from grader.formulas.notation import can_be_set, to_latex

STATES = re.compile(r"[=←<>≤~+⊙·]")
GAP = re.compile(r"\s{2,}(?![\s=←+·⊙])")
RELATION = re.compile(r" (=|\\leftarrow|\\sim|\\le) ")


def is_formula(lines: list[str]) -> bool:
    """Whether a block states something, or goes on deeper indented, in what LaTeX can set."""
    margin = _indent(lines[0])
    return all(can_be_set(line.strip()) for line in lines) and all(
        STATES.search(line) or _indent(line) > margin for line in lines
    )


def formula(lines: list[str]) -> str:
    """A displayed formula with its statements below each other, or in columns as they stand."""
    rows = _table(lines) or [
        _aligned(statement, goes_on=number == 0 and _indent(line) > _indent(lines[0]))
        for line in lines
        for number, statement in enumerate(_statements(line))
    ]
    if len(rows) == 1:
        return f"$$\n{rows[0].replace('& ', '').replace(' &', ' ')}\n$$"
    return "$$\n\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}\n$$"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _statements(line: str) -> list[str]:
    """The parts of a line that a comma and a gap divide."""
    return re.split(r",\s{2,}", line.strip())


def _cells(line: str) -> list[str]:
    return GAP.split(line.strip())


def _table(lines: list[str]) -> list[str]:
    """The rows if all lines have several cells, which begin below each other; else none."""
    begins = [[line.index(cell) for cell in _cells(line)] for line in lines]
    if len(lines) < 2 or len(begins[0]) < 2 or any(row != begins[0] for row in begins):
        return []
    return [" && ".join(map(to_latex, _cells(line))).join(("& ", "")) for line in lines]


def _aligned(statement: str, *, goes_on: bool) -> str:
    """One row, aligned at what it states; a line that goes on stands to the right of that."""
    latex = r" \qquad ".join(map(to_latex, _cells(statement)))
    found = RELATION.search(latex)
    left = latex[: found.start()] if found else ""
    if goes_on or not left or r"\; " in left or left.count("(") != left.count(")"):
        return r"& \qquad " * goes_on + "& " * (not goes_on) + latex
    return f"{left} &{latex[found.start() :]}" if found else latex
