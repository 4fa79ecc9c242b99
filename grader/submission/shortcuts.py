"""Finding shortcuts: library functions that are an exercise's answer itself, by reading source.

The text is parsed, never run.  The same functions are replaced inside the sandbox, so that what
reading misses (names put together at run time) is refused when it is called.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from grader.course.model import Refused


@dataclass
class _Statement:
    """A top-level statement: what it defines, what it mentions, the shortcut it uses."""

    defines: set[str] = field(default_factory=set)
    mentions: set[str] = field(default_factory=set)
    shortcut: tuple[Refused, int] | None = None


@dataclass(frozen=True)
class Shortcut:
    """A refused function, and the line that uses it."""

    refused: Refused
    line: int


@lru_cache(2)  # asked again for each exercise of a submission
def find_shortcuts(source: str, refused: tuple[Refused, ...]) -> dict[str, Shortcut]:
    """Which top-level names use a refused function, themselves or through other names.

    Empty for a source that does not parse: the sandbox still refuses.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    by_name = {entry.name: entry for entry in refused}
    aliases = _aliases(tree)
    statements = [_read(node, aliases, by_name) for node in tree.body]
    found: dict[str, Shortcut] = {}
    for _ in statements:
        before = len(found)
        for statement in statements:
            _spread(statement, found)
        if len(found) == before:
            break
    return found


def _spread(statement: _Statement, found: dict[str, Shortcut]) -> None:
    """A name that mentions a tainted name is tainted too."""
    reasons = [found[name] for name in sorted(statement.mentions) if name in found]
    if statement.shortcut:
        reasons.insert(0, Shortcut(*statement.shortcut))
    if reasons:
        for name in statement.defines:
            found.setdefault(name, reasons[0])


def _aliases(tree: ast.Module) -> dict[str, str]:
    """Local names of imported modules and of what is imported from them."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _read(node: ast.stmt, aliases: dict[str, str], refused: dict[str, Refused]) -> _Statement:
    statement = _Statement(defines=set(_defined(node)))
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return _read_import(node, statement, aliases, refused)
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            statement.mentions.add(part.id)
        for name in _dotted(part, aliases):
            if name in refused and statement.shortcut is None:
                statement.shortcut = (refused[name], getattr(part, "lineno", node.lineno))
    statement.mentions -= statement.defines
    return statement


def _read_import(
    node: ast.Import | ast.ImportFrom,
    statement: _Statement,
    aliases: dict[str, str],
    refused: dict[str, Refused],
) -> _Statement:
    for name in statement.defines:
        if aliases.get(name) in refused:
            statement.shortcut = (refused[aliases[name]], node.lineno)
            statement.defines = {name}
    return statement


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0]
    else:
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                yield part.id


def _dotted(node: ast.AST, aliases: dict[str, str]) -> Iterator[str]:
    """The full names that an expression may stand for, `getattr` and `import_module` included."""
    if isinstance(node, ast.Attribute):
        for owner in _dotted(node.value, aliases):
            yield f"{owner}.{node.attr}"
    elif isinstance(node, ast.Name) and node.id in aliases:
        yield aliases[node.id]
    elif isinstance(node, ast.Call):
        yield from _called(node, aliases)


def _called(node: ast.Call, aliases: dict[str, str]) -> Iterator[str]:
    words = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
    texts = [word for word in words if isinstance(word, str)]
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "getattr" and texts and node.args:
        for owner in _dotted(node.args[0], aliases):
            yield f"{owner}.{texts[0]}"
    elif name in ("import_module", "__import__") and texts:
        yield texts[0]
        yield texts[0].partition(".")[0]
