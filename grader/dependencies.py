"""Which exercises of a submission use which others: the first to fix is the one underneath."""

from __future__ import annotations

import ast
from collections.abc import Iterable


def broken_below(source: str, name: str, broken: Iterable[str]) -> list[str]:
    """Those of the `broken` exercises that `name` uses in that source, in order of use."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    wanted = set(broken) - {name}
    used = [
        part.id
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and part.id in wanted
    ]
    return list(dict.fromkeys(used))
