"""The text of a reference's function or class, and what becomes of it with small changes."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from grader.course.reading import load_module

MARKER = re.compile(r"^ *### (BEGIN|END) SOLUTION\n", re.MULTILINE)


@dataclass(frozen=True)
class Edit:
    """Characters of a definition's text, from `start` to `end`, and what stands there instead."""

    start: int
    end: int
    new: str

    def overlaps(self, other: Edit) -> bool:
        """Whether both change the same text, or write at the same place."""
        return (self.start < other.end and other.start < self.end) or self.start == other.start


@dataclass(frozen=True)
class Definition:
    """A function or class of the reference; its `text` has no docstrings and no markers."""

    path: Path
    name: str
    text: str

    @property
    def files(self) -> frozenset[str]:
        """The names under which its code runs, with a slip and without."""
        return frozenset({self._file, str(self.path)})

    @property
    def _file(self) -> str:
        return f"<{self.name} with a slip>"

    def edited(self, edits: Sequence[Edit]) -> Any:
        """The function or class with those changes, in the reference's own namespace.

        Raises SyntaxError if that is no Python.
        """
        text = self.text
        for edit in sorted(edits, key=lambda one: one.start, reverse=True):
            text = text[: edit.start] + edit.new + text[edit.end :]
        namespace = dict(_namespace(self.path))
        exec(compile(text, self._file, "exec"), namespace)
        return namespace[self.name]

    def span(self, method: str) -> tuple[int, int]:
        """Where the text of a method begins and ends; that of everything for the empty name.

        Raises KeyError if there is none.
        """
        if not method:
            return 0, len(self.text)
        for node in ast.walk(ast.parse(self.text)):
            if isinstance(node, ast.FunctionDef) and node.name == method:
                starts = list(_starts(self.text))
                return starts[node.lineno - 1], starts[node.end_lineno or node.lineno]
        raise KeyError(method)


@lru_cache(64)
def definition_of(path: Path, changed: int, name: str) -> Definition | None:
    """The definition of that name in a file, read again when the file `changed`."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    tree = _parsed(path, changed)
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            text = "".join(lines[first - 1 : node.end_lineno])
            return Definition(path, name, MARKER.sub("", _without_docstrings(text)))
    return None


@lru_cache(2)
def _parsed(path: Path, changed: int) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _without_docstrings(text: str) -> str:
    """A definition's text without its own docstring and those of its methods."""
    lines = text.splitlines(keepends=True)
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or not ast.get_docstring(node):
            continue
        first, last = node.body[0].lineno, node.body[0].end_lineno or 0
        lines[first - 1 : last] = [""] * (last - first + 1)
        if len(node.body) == 1:
            lines[first - 1] = " " * node.body[0].col_offset + "pass\n"
    return "".join(lines)


def _starts(text: str) -> Iterator[int]:
    """The offset of every line, and that of the end."""
    yield 0
    yield from (found.end() for found in re.finditer("\n", text))
    yield len(text)


def _namespace(path: Path) -> dict[str, Any]:
    """The names of the reference: of the module that is loaded, if it is that one."""
    module = sys.modules.get(path.stem)
    if module is None or Path(str(module.__file__)).resolve() != path:
        module = load_module(path, f"reference_{path.stem}")
    return vars(module)
