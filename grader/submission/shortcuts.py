"""Finding shortcuts: library functions that are an exercise's answer itself, by reading source.

The text is parsed, never run.  The same functions are replaced inside the sandbox, so that what
reading misses (names put together at run time) is refused when it is called.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from grader.course.model import Refused
from grader.python.graph import affected
from grader.python.toplevel import Statement, top_level

DEEPEST = 20
"""Names behind one another; no library's function lies deeper."""


@dataclass(frozen=True)
class Shortcut:
    """A refused function, and the line that uses it."""

    refused: Refused
    line: int


@lru_cache(2)  # asked again for each exercise of a submission
def find_shortcuts(source: str, refused: tuple[Refused, ...]) -> dict[str, Shortcut]:
    """Which top-level names use a refused function, themselves or through other names.

    What does not parse is left out: it is not run either, and the sandbox still refuses.
    """
    statements = [one for one in top_level(source) if one.node is not None]
    aliases = _aliases([one.node for one in statements if one.node is not None])
    by_name = {entry.name: entry for entry in refused}
    found: dict[str, Shortcut] = {}
    for one in statements:
        for name, shortcut in _own_shortcuts(one, aliases, by_name):
            found.setdefault(name, shortcut)
    return {
        name: found[cause] for name, cause in affected(statements, list(found), once=True).items()
    }


def _own_shortcuts(
    one: Statement, aliases: dict[str, str], refused: dict[str, Refused]
) -> Iterator[tuple[str, Shortcut]]:
    """The names that a statement binds with a refused function in its own text."""
    assert one.node is not None
    if one.is_import:
        for name in sorted(one.binds):
            if aliases.get(name) in refused:
                yield name, Shortcut(refused[aliases[name]], one.first)
        return
    for part in ast.walk(one.node):
        for name in _dotted(part, aliases):
            if name in refused:
                shortcut = Shortcut(refused[name], getattr(part, "lineno", one.first))
                yield from ((bound, shortcut) for bound in sorted(one.binds))
                return


def _aliases(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Local names of imported modules and of what is imported from them."""
    names: dict[str, str] = {}
    for node in itertools.chain.from_iterable(map(ast.walk, nodes)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _dotted(node: ast.AST, aliases: dict[str, str]) -> Iterator[str]:
    """The full names that an expression may stand for, `getattr` and `import_module` included."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute) and len(attributes) < DEEPEST:
        attributes.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name) and node.id in aliases:
        yield ".".join([aliases[node.id], *reversed(attributes)])
    elif isinstance(node, ast.Call):
        yield from (".".join([one, *reversed(attributes)]) for one in _called(node, aliases))


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
