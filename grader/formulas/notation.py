"""One line of mathematics as an editor shows it, in Unicode, as LaTeX.

The line is read into items, each with what it is and whether a space stood before it: spaces say
what belongs together, `1/n · Σ_i r_i` as well as `softmax(Q Kᵀ / √d_k) V`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.formulas.setting import Item, Kind, side_by_side, with_fractions
from grader.formulas.symbols import (
    ACCENTS,
    BARS,
    BRACKETS,
    CLOSING,
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

TOKEN = re.compile(
    r"(?P<name>d(?=[A-Za-z][\u0302\u0304])|[A-Za-zα-ω][\u0302\u0304]?(?:[A-Za-z0-9]|-(?=[A-Za-z])|\.(?=[A-Za-z])"
    r"|_(?=[A-Za-z0-9]))*)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<index>_\{[^}]*\}|_[A-Za-z0-9]+|[₀-₉₋₊ᵢⱼₖₙₜ]+)"
    r"|(?P<other>\.\.\.|\^\{|.)",
    re.DOTALL,
)

DECOMPOSED = str.maketrans(
    {"ŷ": "y\u0302", "ȳ": "y\u0304", "Â": "A\u0302", "Ā": "A\u0304"},
)
"""Letters that have a character of their own with their accent."""


def to_latex(line: str) -> str:
    """One line of Unicode mathematics as LaTeX, with what is divided above what divides."""
    return side_by_side(_Reader(line).items())


def can_be_set(line: str) -> bool:
    """Whether every character of the line has a meaning here."""
    known = {*OPERATORS, *RELATIONS, *SYMBOLS, *PREFIXES, *RAISED, *CLOSING, *CLOSING.values()}
    known |= {*GREEK, *ACCENTS, *"/√^_ .,:;₀₁₂₃₄₅₆₇₈₉₋₊ᵢⱼₖₙₜ"}
    return all(char in known or (char.isascii() and char.isalnum()) for char in _decomposed(line))


def _decomposed(line: str) -> str:
    return line.translate(DECOMPOSED)


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
        return found if self.linear else with_fractions(found)

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
            return f"_{{{side_by_side(_Reader(inner, linear=True).items())}}}"
        if text in RAISED:
            return RAISED[text]
        outer, self.linear = self.linear, True
        if text == "^{":
            inner = side_by_side(self.items("}"))
        else:
            _, first, _ = self.next()
            inner = side_by_side(self.items(")")) if first == "(" else first
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
        inner = side_by_side(self.items(CLOSING[text]))
        left, right = BARS.get(text) or BRACKETS[text]
        if r"\frac" in inner and text not in BARS:
            left, right = rf"\left{left}", rf"\right{right}"
        space = " " if left[-1].isalpha() else ""
        latex = f"{left}{space}{inner}{' ' if right[0] == chr(92) else ''}{right}"
        return Item(latex, Kind.GROUP, spaced, inner if text == "(" else "")

    def root(self, spaced: bool) -> Item:
        kind, text, _ = self.next()
        inner = side_by_side(self.items(")")) if text == "(" else self.item(kind, text, False).latex
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
