"""The practice part of a check file: the practice checks, and just what they use."""

from __future__ import annotations

import ast
import itertools
import symtable
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.course.forms import declared_by
from grader.course.model import CourseError
from grader.python.graph import needed
from grader.python.lines import lines_of
from grader.python.toplevel import DEFINITIONS, IMPORTS, top_level

WIDTH = 100


@dataclass(frozen=True)
class _Statement:
    """A top-level statement, with the string below it that documents it."""

    node: ast.stmt
    text: str
    binds: frozenset[str]
    uses: frozenset[str]

    @property
    def is_definition(self) -> bool:
        return isinstance(self.node, DEFINITIONS)


def practice_part(path: Path, tests: Collection[str], forbidden: Iterable[str]) -> str:
    """The text of a check file with the `tests` named, what these use, and nothing else.

    Raises CourseError if that needs a `forbidden` module (a solution), or if a statement binds
    no name, so that nobody can tell who needs it.
    """
    source = path.read_text(encoding="utf-8")
    statements = list(_statements(path, source))
    wanted = needed(statements, tests)
    kept = [one for one in statements if one.binds & wanted]
    for one in kept:
        if isinstance(one.node, IMPORTS) and _modules(one.node) & set(forbidden):
            raise CourseError.at(path, one.node.lineno, "a practice check uses the solution")
    parts = [_trimmed(one.node, wanted) or one.text for one in kept]
    text = '"""Practice checks; those that await at submission are not among them."""\n'
    for before, one, part in zip([None, *kept], kept, parts, strict=False):
        text += _gap(before, one) + part
    return text + "\n"


def _statements(path: Path, source: str) -> Iterator[_Statement]:
    statements, lines = top_level(source), lines_of(source)
    if statements and statements[0].is_text:
        statements = statements[1:]
    for one, following in itertools.zip_longest(statements, statements[1:]):
        if one.broken is not None:
            raise CourseError.at(path, one.broken.line, f"SyntaxError: {one.broken.message}")
        if one.node is None or one.is_text:
            continue
        declared = declared_by(one.node)
        binds = frozenset([declared.test_name]) if declared else one.binds
        if not binds:
            raise CourseError.at(path, one.first, "who needs a statement that binds no name?")
        last = following if following is not None and following.is_text else one
        text = "\n".join(lines[one.first - 1 : last.last])
        yield _Statement(one.node, text, binds, frozenset(_uses(text)))


def _uses(text: str) -> Iterator[str]:
    """The names that a statement looks up outside of itself; its local ones are not among them."""
    tables = [symtable.symtable(text, "<check>", "exec")]
    for table in tables:
        tables += table.get_children()
        found = (one for one in table.get_symbols() if one.is_global() and one.is_referenced())
        yield from (one.get_name() for one in found)


def _modules(node: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").partition(".")[0]}
    return {alias.name.partition(".")[0] for alias in node.names}


def _trimmed(node: ast.stmt, wanted: set[str]) -> str | None:
    """An import of what is wanted only; None for other statements."""
    if not isinstance(node, IMPORTS):
        return None
    aliases = [one for one in node.names if (one.asname or one.name.partition(".")[0]) in wanted]
    names = [ast.unparse(one) for one in aliases]
    head = f"from {node.module} " if isinstance(node, ast.ImportFrom) else ""
    line = f"{head}import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    return f"{head}import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def _gap(before: _Statement | None, one: _Statement) -> str:
    """What stands between two statements: blank lines as a formatter would have them."""
    if before is None:
        return "\n"
    if before.is_definition or one.is_definition:
        return "\n\n\n"
    end = before.node.lineno + before.text.count("\n")
    close = one.node.lineno - end <= 1 and '"""' not in before.text
    return "\n" if close else "\n\n"
