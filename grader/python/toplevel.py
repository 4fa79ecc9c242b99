"""The statements at the margin of a file: the one reader of Python's top level."""

from __future__ import annotations

import ast
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from grader.python.division import UNPARSABLE, Broken, Piece, divided
from grader.python.lines import lines_of

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
NAMED = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)|^(\w+)\s*[:=]", re.MULTILINE)
"""What a piece that does not parse would bind."""

WORD = re.compile(r"[^\W\d]\w*")

REMEMBERED = 4
"""Files whose statements are kept: a report asks for those of one file many times."""


@dataclass(frozen=True)
class Statement:
    """A statement with its decorators, or text that does not parse.

    Lines are counted from 1.  `node` is None exactly where `broken` says why.
    """

    first: int
    last: int
    node: ast.stmt | None
    broken: Broken | None
    lines: Sequence[str] = field(repr=False, compare=False)
    alone: bool = True

    @property
    def text(self) -> str:
        """Its lines, comments and all; of a line that it shares with others, its own part."""
        if not self.alone and self.node is not None and self.first == self.last:
            line = self.lines[self.first - 1]
            if line.isascii():  # otherwise columns count bytes: a whole line does no harm
                return line[self.node.col_offset : self.node.end_col_offset]
        return "\n".join(self.lines[self.first - 1 : self.last])

    @property
    def digest(self) -> str:
        """Short and the same for the same text, whatever the space around it."""
        return hashlib.sha256(self.text.strip().encode("utf-8", "replace")).hexdigest()[:16]

    @property
    def is_definition(self) -> bool:
        return isinstance(self.node, DEFINITIONS)

    @property
    def is_text(self) -> bool:
        """Whether it is a constant that stands by itself: a docstring, or words between."""
        return isinstance(self.node, ast.Expr) and isinstance(self.node.value, ast.Constant)

    @property
    def is_import(self) -> bool:
        return isinstance(self.node, IMPORTS)

    @cached_property
    def binds(self) -> frozenset[str]:
        """The names that it binds at the margin; of broken text, what it seems to define."""
        if self.node is not None:
            return frozenset(_bound(self.node))
        named = NAMED.search(self.text)
        return frozenset({named[1] or named[2]} if named else ())

    @cached_property
    def uses(self) -> frozenset[str]:
        """Every name in it, bound or looked up, but for attributes; of broken text, every word."""
        if self.node is None:
            return frozenset(WORD.findall(self.text))
        return frozenset(one.id for one in ast.walk(self.node) if isinstance(one, ast.Name))


@lru_cache(maxsize=REMEMBERED)
def top_level(source: str) -> tuple[Statement, ...]:
    """The statements of a file in order; what does not parse of it costs only itself."""
    lines = lines_of(source)
    try:
        pieces = [Piece(1, len(lines), tuple(ast.parse(source).body))]
    except UNPARSABLE:
        pieces = divided(lines)
    return tuple(_statements(pieces, lines))


@lru_cache(maxsize=REMEMBERED)
def bindings(source: str) -> dict[str, Statement]:
    """Every name that is bound at the margin with its statement, the last one if there are more."""
    return {name: one for one in top_level(source) for name in sorted(one.binds)}


def definition_of(source: str, name: str) -> Statement | None:
    """The statement that binds `name`, the last one if there are more."""
    return bindings(source).get(name)


def _statements(pieces: Sequence[Piece], lines: Sequence[str]) -> Iterator[Statement]:
    for piece in pieces:
        if piece.broken is not None:
            last = piece.last
            while last > piece.first and not lines[last - 1].strip():
                last -= 1
            yield Statement(piece.first, last, None, piece.broken, lines)
        spans = [(_first_line(node), node.end_lineno or node.lineno) for node in piece.nodes]
        starts, ends = Counter(first for first, _ in spans), Counter(last for _, last in spans)
        for node, (first, last) in zip(piece.nodes, spans, strict=True):
            alone = starts[first] == ends[last] == 1 and (first == last or not ends[first])
            yield Statement(first, last, node, None, lines, alone)


def _first_line(node: ast.stmt) -> int:
    decorators: Sequence[ast.expr] = getattr(node, "decorator_list", ())
    return min([node.lineno, *(one.lineno for one in decorators)])


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, DEFINITIONS):
        yield node.name
    elif isinstance(node, IMPORTS):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    else:
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                yield part.id
