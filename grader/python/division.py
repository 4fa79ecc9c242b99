"""Dividing a file that does not parse: what stands at the margin parses by itself, or it does not.

The work is linear in the file: pieces are tried many at a time, twice as many after a success, half
as many after a failure.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.python.openings import Opening, opening_after

UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What `ast.parse` and `compile` raise for text that is no Python."""

GOES_ON = re.compile(r"[)\]}#]|(?:else|elif|except|finally)\b")
"""A line at the margin that does not begin a statement."""

DECORATED = re.compile(r"@|def\b|class\b|async\b")
STRONG = re.compile(r"(?:async +def|def|class|import|from) +\w")
"""What never stands inside of brackets: where it does, one was not closed."""

CONFLICT_BEGINS, CONFLICT_ENDS = re.compile(r"<{7}(?: |$)"), re.compile(r">{7}(?: |$)")
CONFLICT = re.compile(r"(?:<{7}|\|{7}|={7}|>{7})(?: |$)")
CONFLICT_MESSAGE = "conflict marker"

NUMBER = re.compile(r"(?<=\b(?:on|at) line )\d+")
"""A line that an error's words name, such as where a bracket was opened."""

JOINED = 2
"""How many times the length of the file may be parsed again for pieces that seem cut in two."""


@dataclass(frozen=True)
class Broken:
    """Why text is no Python: the error's name and words, and the line that it names."""

    error: str
    message: str
    line: int


@dataclass(frozen=True)
class Piece:
    """Lines that stand by themselves, counted from 1, with their statements or what is wrong."""

    first: int
    last: int
    nodes: tuple[ast.stmt, ...] = ()
    broken: Broken | None = None


def why_broken(error: BaseException, offset: int = 0, first: int = 1) -> Broken:
    """An error of `ast.parse` in text whose line 1 is `offset` lines down the file.

    `first` is the line that is named where the error names none.
    """
    if isinstance(error, SyntaxError) and error.lineno:
        message = NUMBER.sub(lambda found: str(int(found[0]) + offset), error.msg or "")
        return Broken(type(error).__name__, message, error.lineno + offset)
    if isinstance(error, (SyntaxError, ValueError)):
        return Broken("SyntaxError", "null bytes: this is no text", first)
    return Broken("SyntaxError", "brackets or operators are nested too deeply", first)


def divided(lines: Sequence[str]) -> list[Piece]:
    """The pieces of a file that as a whole does not parse."""
    return list(_Division(lines).pieces())


class _Division:
    """Where statements may begin, and how much may still be parsed a second time."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.conflicts = _conflicts(lines)
        self.starts = [*_starts(lines, self.conflicts), len(lines)]
        self.budget = JOINED * sum(map(len, lines)) + 1000

    def pieces(self) -> Iterator[Piece]:
        number, count = 0, 1
        while number < len(self.starts) - 1:
            count = min(count, len(self.starts) - 1 - number)
            piece = self._parsed(number, number + count)
            if piece.broken is None:
                yield piece
                number, count = number + count, 2 * count
            elif count > 1:
                count = -(-count // 2)
            else:
                whole, number = self._joined(number, piece)
                yield whole

    def _parsed(self, begin: int, end: int) -> Piece:
        """The pieces from one start to another, parsed as one."""
        first, last = self.starts[begin], self.starts[end]
        text = "\n".join(self.lines[first:last])
        # Python counts empty lines faster than we can correct the line of every node.
        ahead = first if first < len(text) else 0
        try:
            nodes = tuple(ast.parse("\n" * ahead + text).body)
        except UNPARSABLE as error:
            return Piece(first + 1, last, broken=why_broken(error, first - ahead, first + 1))
        if not ahead:
            for node in nodes:
                ast.increment_lineno(node, first)
        torn = self._torn(first, last)
        if torn is not None and any(isinstance(one, ast.stmt) and _defines(one) for one in nodes):
            return Piece(first + 1, last, broken=torn)
        return Piece(first + 1, last, nodes)

    def _torn(self, first: int, last: int) -> Broken | None:
        """The conflict in whose middle these lines stand: nobody can say which version counts."""
        for begin, end in self.conflicts:
            if begin < last and first <= end:
                return Broken("SyntaxError", CONFLICT_MESSAGE, begin + 1)
        return None

    def _joined(self, number: int, alone: Piece) -> tuple[Piece, int]:
        """A piece that fails by itself with those after it that its string or bracket holds.

        Returns the piece as it is, and the start that follows, if that is no Python either.
        """
        torn = self._torn(self.starts[number], self.starts[number + 1])
        if torn is not None:
            return Piece(alone.first, alone.last, broken=torn), number + 1
        end, opening = number + 1, Opening()
        opening = opening_after(self._text(number, end), opening)
        decorates = self.lines[self.starts[number]].startswith("@")
        while (opening or decorates) and end < len(self.starts) - 1 and self.budget > 0:
            text = self._text(end, end + 1)
            if opening.brackets and not opening.quote and STRONG.match(text):
                break
            self.budget -= len(text)
            opening = opening_after(text, opening)
            end += 1
            if not opening:
                self.budget -= sum(map(len, self.lines[self.starts[number] : self.starts[end]]))
                whole = self._parsed(number, end)
                if whole.broken is None:
                    return whole, end
                decorates = decorates and not STRONG.match(text)
        return alone, number + 1

    def _text(self, begin: int, end: int) -> str:
        return "\n".join(self.lines[self.starts[begin] : self.starts[end]])


def _defines(node: ast.stmt) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


def _starts(lines: Sequence[str], conflicts: Sequence[tuple[int, int]]) -> Iterator[int]:
    """The lines, from 0, at which a statement may begin; the first line is one of them."""
    markers = {number for span in conflicts for number in range(span[0], span[1] + 1)}
    markers = {number for number in markers if CONFLICT.match(lines[number])}
    decorating = False
    for number, line in enumerate(lines):
        if number in markers:
            follows = number + 1 < len(lines) and at_margin(lines[number + 1])
        else:
            follows = at_margin(line) and not GOES_ON.match(line)
            follows = follows and not (number and lines[number - 1].endswith("\\"))
        joins = decorating and DECORATED.match(line) is not None
        if follows or not number:
            decorating = line.startswith("@")
        if (follows and not joins) or not number:
            yield number


def at_margin(line: str) -> bool:
    """Whether text begins in the first column: spaces of every kind and what is unseen indent."""
    line = line.removeprefix("\f")
    return bool(line) and not line[0].isspace() and unicodedata.category(line[0]) != "Cf"


def _conflicts(lines: Sequence[str]) -> list[tuple[int, int]]:
    """From and to which line, counted from 0, two versions stand one below the other."""
    found: list[tuple[int, int]] = []
    begin = None
    for number, line in enumerate(lines):
        if CONFLICT_BEGINS.match(line):
            begin = number
        elif begin is not None and CONFLICT_ENDS.match(line):
            found.append((begin, number))
            begin = None
    if begin is not None:
        found.append((begin, begin))
    return found
