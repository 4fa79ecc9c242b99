"""Setting the items of a formula side by side: spaces as LaTeX needs them, slashes as fractions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from grader.formulas.symbols import CONNECTIVES

COMMAND = re.compile(r"\\[A-Za-z]+$")


class Kind(Enum):
    """What an item is to its neighbours."""

    ATOM = auto()
    TEXT = auto()
    GROUP = auto()
    FUNCTION = auto()
    PREFIX = auto()
    OPERATOR = auto()
    RELATION = auto()
    SLASH = auto()
    MARK = auto()


OPERANDS = {Kind.ATOM, Kind.TEXT, Kind.GROUP, Kind.FUNCTION, Kind.PREFIX}


@dataclass(frozen=True)
class Item:
    """A piece of the line in LaTeX; `inner` is a group's content without its parentheses."""

    latex: str
    kind: Kind
    spaced: bool
    inner: str = ""

    def raised(self, script: str) -> Item:
        """The item with an index or exponent, which a text in upright type keeps to itself."""
        return Item(self.latex + script, Kind.ATOM if self.inner else self.kind, self.spaced)


def with_fractions(items: list[Item]) -> list[Item]:
    """Every slash between two operands becomes a fraction."""
    items = list(items)
    while (slash := next((n for n, i in enumerate(items) if i.kind is Kind.SLASH), 0)) > 0:
        first, end = _numerator(items, slash), _denominator(items, slash)
        above, below = items[first:slash], items[slash + 1 : end]
        latex = rf"\frac{{{_bare(above)}}}{{{_bare(below)}}}"
        items[first:end] = [Item(latex, Kind.ATOM, above[0].spaced)]
    return items


def _numerator(items: list[Item], slash: int) -> int:
    """Where it begins: what stands together before the slash, and single letters beside it."""
    first = slash - 1
    while first > 0 and items[first - 1].kind in OPERANDS:
        letters = {items[first].kind, items[first - 1].kind} == {Kind.ATOM}
        if items[first].spaced and not letters and items[first - 1].kind is not Kind.PREFIX:
            break
        first -= 1
    return first


def _denominator(items: list[Item], slash: int) -> int:
    """Where it ends: a sum or product takes all that is multiplied behind it."""
    is_sum = items[slash + 1].latex.startswith((r"\sum", r"\prod"))
    end = slash + 2
    while end < len(items) and items[end].kind in OPERANDS:
        if items[end].spaced and not is_sum:
            break
        end += 1
    return end


def _bare(items: list[Item]) -> str:
    """The operand; parentheses around all of it are not needed any more."""
    return items[0].inner if len(items) == 1 and items[0].inner else side_by_side(items)


def side_by_side(items: list[Item]) -> str:
    """The items side by side, with the space that LaTeX leaves out."""
    latex, last = "", None
    for item in _with_joined_words(items):
        text = item.latex
        alone = item.inner.startswith(r"\frac{") and _is_one_fraction(item.inner)
        if alone and not (last and last.kind in OPERANDS and not item.spaced):
            text = item.inner
        latex += _space(last, item) + text
        last = item
    return latex


def _is_one_fraction(latex: str) -> bool:
    depth, closed = 0, 0
    for place, char in enumerate(latex):
        depth += {"{": 1, "}": -1}.get(char, 0)
        closed += char == "}" and depth == 0
        if closed == 2:
            return place == len(latex) - 1
    return False


def _with_joined_words(items: list[Item]) -> Iterator[Item]:
    """Words that follow each other make one text."""
    last: Item | None = None
    plain = re.compile(r"\\text\{([^}]*)\}")
    for item in items:
        words = [plain.fullmatch(one.latex) for one in (last, item) if one]
        if last and item.latex == ":" and not item.spaced and plain.fullmatch(last.latex):
            last = Item(last.latex[:-1] + ":}", Kind.TEXT, last.spaced)
        elif last and item.spaced and len(words) == 2 and all(words):
            joined = " ".join(word[1] for word in words if word)
            last = Item(rf"\text{{{joined}}}", Kind.TEXT, last.spaced)
        else:
            if last:
                yield last
            last = item
    if last:
        yield last


def _space(before: Item | None, item: Item) -> str:
    if before is None or item.latex in (",", ";", "."):
        return ""
    prose = item.kind is Kind.TEXT and (" " in item.latex or item.latex in CONNECTIVES)
    if not item.spaced:
        return " " if COMMAND.search(before.latex) and item.latex[0].isalpha() else ""
    if {before.kind, item.kind} & {Kind.OPERATOR, Kind.RELATION, Kind.PREFIX}:
        return " "
    if before.kind is Kind.MARK:
        return r"\; " if prose else " "
    if before.kind is Kind.FUNCTION:
        return r"\, " if item.kind is Kind.TEXT else " "
    return r"\; " if Kind.TEXT in (before.kind, item.kind) else r"\, "
