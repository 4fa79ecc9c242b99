"""One line of mathematics as an editor shows it, in Unicode, as LaTeX.

The line is read into items, each with what it is and whether a space stood before it: spaces say
what belongs together, `1/n · Σ_i r_i` as well as `softmax(Q Kᵀ / √d_k) V`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from grader.formulas.symbols import (
    ACCENTS,
    BARS,
    BRACKETS,
    CLOSING,
    CONNECTIVES,
    FUNCTIONS,
    GIVEN,
    GREEK,
    LOWERED,
    OPERATORS,
    PREFIXES,
    RAISED,
    RELATIONS,
    SYMBOLS,
)

COMMAND = re.compile(r"\\[A-Za-z]+$")
TOKEN = re.compile(
    r"(?P<name>d(?=[A-Za-z][\u0302\u0304])|[A-Za-zα-ω][\u0302\u0304]?(?:[A-Za-z0-9]|-(?=[A-Za-z])|\.(?=[A-Za-z])"
    r"|_(?=[A-Za-z0-9]))*)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<index>_\{[^}]*\}|_[A-Za-z0-9]+|[₀-₉₋₊ᵢⱼₖₙₜ]+)"
    r"|(?P<other>\.\.\.|\^\{|.)",
    re.DOTALL,
)


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


def to_latex(line: str) -> str:
    """One line of Unicode mathematics as LaTeX, with what is divided above what divides."""
    return _set(_Reader(line).items())


def can_be_set(line: str) -> bool:
    """Whether every character of the line has a meaning here."""
    known = {*OPERATORS, *RELATIONS, *SYMBOLS, *PREFIXES, *RAISED, *CLOSING, *CLOSING.values()}
    known |= {*GREEK, *ACCENTS, *"/√^_ .,:;₀₁₂₃₄₅₆₇₈₉₋₊ᵢⱼₖₙₜ"}
    return all(char in known or (char.isascii() and char.isalnum()) for char in _decomposed(line))


def _decomposed(line: str) -> str:
    return line.replace("ŷ", "y\u0302").replace("ȳ", "y\u0304")


class _Reader:
    """Reads a line from left to right; `linear` keeps the slash, for exponents and indices."""

    def __init__(self, line: str, *, linear: bool = False) -> None:
        self.tokens = list(_tokens(_decomposed(line)))
        self.place = 0
        self.linear = linear

    def items(self, closing: str = "") -> list[Item]:
        """The items up to the bracket that closes, which is taken too."""
        found: list[Item] = []
        while self.place < len(self.tokens):
            kind, text, spaced = self.next()
            if closing and text == closing:
                break
            if kind == "index" or text in RAISED or text in ("^", "^{"):
                script = self.script(kind, text)
                last = found.pop() if found else Item("{}", Kind.ATOM, spaced)
                found.append(last.raised(script))
            else:
                found.append(self.item(kind, text, spaced))
        return found if self.linear else _with_fractions(found)

    def next(self) -> tuple[str, str, bool]:
        """The next token; an empty one behind the last."""
        self.place += 1
        return self.tokens[self.place - 1] if self.place <= len(self.tokens) else ("", "", False)

    def space_follows(self) -> bool:
        """Whether the next token stands apart from this one."""
        return any(spaced for _, _, spaced in self.tokens[self.place : self.place + 1])

    def script(self, kind: str, text: str) -> str:
        if kind == "index":
            inner = text.removeprefix("_").strip("{}").translate(LOWERED)
            return f"_{{{_set(_Reader(inner, linear=True).items())}}}"
        if text in RAISED:
            return RAISED[text]
        outer, self.linear = self.linear, True
        if text == "^{":
            inner = _set(self.items("}"))
        else:
            _, first, _ = self.next()
            inner = _set(self.items(")")) if first == "(" else first
        self.linear = outer
        return f"^{{{inner}}}"

    def item(self, kind: str, text: str, spaced: bool) -> Item:
        if kind == "name":
            return _named(text, spaced)
        if kind == "prose":
            return Item(rf"\text{{{text}}}", Kind.TEXT, spaced)
        if kind == "number":
            return Item(text, Kind.ATOM, spaced)
        if text == GIVEN and spaced and self.space_follows():
            return Item(r"\mid", Kind.RELATION, spaced)
        if text in CLOSING:
            return self.group(text, spaced)
        if text == "√":
            return self.root(spaced)
        for table, is_a in (
            (OPERATORS, Kind.OPERATOR),
            (RELATIONS, Kind.RELATION),
            (PREFIXES, Kind.PREFIX),
            (SYMBOLS, Kind.ATOM),
        ):
            if text in table:
                return Item(table[text], is_a, spaced)
        if text == ":" and self.tokens[self.place : self.place + 1]:
            _, after, _ = self.tokens[self.place]
            if after in ("]", ","):  # a slice
                return Item(r"\text{:}", Kind.MARK, spaced)
            return Item(text, Kind.RELATION if spaced else Kind.MARK, spaced)
        return Item(text, Kind.SLASH if text == "/" else Kind.MARK, spaced)

    def group(self, text: str, spaced: bool) -> Item:
        inner = _set(self.items(CLOSING[text]))
        left, right = BARS.get(text) or BRACKETS[text]
        if r"\frac" in inner and text not in BARS:
            left, right = rf"\left{left}", rf"\right{right}"
        space = " " if left[-1].isalpha() else ""
        latex = f"{left}{space}{inner}{' ' if right[0] == chr(92) else ''}{right}"
        return Item(latex, Kind.GROUP, spaced, inner if text == "(" else "")

    def root(self, spaced: bool) -> Item:
        kind, text, _ = self.next()
        inner = _set(self.items(")")) if text == "(" else self.item(kind, text, False).latex
        return Item(rf"\sqrt{{{inner}}}", Kind.ATOM, spaced)


def _tokens(line: str) -> Iterator[tuple[str, str, bool]]:
    """Kind, text and whether a space stood before; an article among words is prose."""
    found = [(match.lastgroup or "", match[0], match.start()) for match in TOKEN.finditer(line)]
    spaced = False
    for number, (kind, text, start) in enumerate(found):
        if text.isspace():
            spaced = True
            continue
        if text in ("a", "A") and _is_article(line, start):
            kind = "prose"
        yield kind, text, spaced and number > 0
        spaced = False


def _is_article(line: str, start: int) -> bool:
    """Whether the letter stands before a word, and behind another one."""
    after = re.match(r". ([A-Za-z]{2,})(?![A-Za-z0-9_(])", line[start:])
    before = re.search(r"([a-z]{2,}) $", line[:start])
    return bool(after and before and not {after[1], before[1]} & FUNCTIONS)


def _named(name: str, spaced: bool) -> Item:
    """A letter with its index, the name of a function, or a name in upright type."""
    base, _, index = name.partition("_")
    letter = base[0]
    symbol = GREEK.get(letter, letter)
    if base[1:] in ACCENTS:
        symbol = f"{ACCENTS[base[1:]]}{{{symbol}}}"
    elif len(base) > 1:
        symbol = ""
    if base in FUNCTIONS and not index:
        return Item(rf"\{base}", Kind.FUNCTION, spaced)
    if not index:
        return Item(symbol or _upright(base), Kind.ATOM if symbol else Kind.TEXT, spaced)
    if symbol or len(index) == 1 or (len(index) == 2 and len(base) == 2):
        below = index if len(index) <= 2 else _upright(index)
        return Item(f"{symbol or _upright(base)}_{{{below}}}", Kind.ATOM, spaced)
    return Item(_upright(name), Kind.TEXT, spaced)


def _upright(word: str) -> str:
    return rf"\text{{{word.replace('_', chr(92) + '_')}}}"


def _with_fractions(items: list[Item]) -> list[Item]:
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
    return items[0].inner if len(items) == 1 and items[0].inner else _set(items)


def _set(items: list[Item]) -> str:
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
