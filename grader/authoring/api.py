"""The page on what a course may import, made of the docstrings."""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import textwrap
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from grader.authoring.markdown import plain

MODULES = ("grader.checks", "grader.bank", "grader")

POLICY = """\
A course imports from `grader.checks`, `grader.bank` and `grader` alone, and only the names in their
`__all__`. Those names, the keys of `course.toml`, the command line, the exit codes and the JSON
(schema 1) follow semantic versioning: what goes or changes its meaning raises the major version,
what is added the minor one. Before version 1.0 it is the minor version that says so. Everything
else in `grader` may change at any time."""

WIDTH = 88
"""Characters of a line of code that a page shows without scrolling."""

BORROWED = {
    "assume": "Hypothesis's own: leave this input out unless the condition holds.",
    "st": "Hypothesis's strategies, `hypothesis.strategies`.",
}
"""Names that a course imports from us and that have their documentation elsewhere."""


def api_page() -> str:
    """The Markdown of the page."""
    blocks = ["# What a course may import", f"Version {_version()}.", POLICY]
    for name in MODULES:
        module = importlib.import_module(name)
        blocks += [f"## {name}", *_docstring(module)]
        for public in sorted(module.__all__, key=str.casefold):
            blocks += _entry(module, public)
    return "\n\n".join(blocks) + "\n"


def _version() -> str:
    return str(importlib.import_module("grader").__version__)


def _entry(module: ModuleType, name: str) -> Iterator[str]:
    """A name with how it is called and what it is for."""
    value = getattr(module, name)
    yield f"### {plain(name)}"
    if name in BORROWED:
        yield BORROWED[name]
    elif inspect.isclass(value):
        yield _code(f"class {name}")
        yield from _docstring(value)
        for method, function in vars(value).items():
            if inspect.isfunction(function) and _is_told(method) and function.__doc__:
                yield _code(_signature(method, function))
                yield from _docstring(function)
    elif callable(value):
        yield _code(_signature(name, value))
        yield from _docstring(value)
    else:
        yield _code(f"{name} = {value!r}")
        yield from _about_constant(module, name)


class _Annotation(str):
    """An annotation as it is written, without the quotes of a string."""

    __slots__ = ()
    __repr__ = str.__str__


def _signature(name: str, function: Callable[..., Any]) -> str:
    """How it is called: in one line, or a parameter a line."""
    found = inspect.signature(function)
    written = found.replace(
        parameters=[
            one.replace(annotation=_Annotation(one.annotation))
            if isinstance(one.annotation, str)
            else one
            for one in found.parameters.values()
            if one.name != "self"
        ],
        return_annotation=_Annotation(found.return_annotation),
    )
    line = f"{name}{written}"
    if len(line) <= WIDTH:
        return line
    parts: list[str] = []
    kind = None
    for one in written.parameters.values():
        if one.kind is one.KEYWORD_ONLY and kind not in (one.KEYWORD_ONLY, one.VAR_POSITIONAL):
            parts.append("*")
        kind = one.kind
        parts.append(str(one))
    inside = "".join(f"    {part},\n" for part in parts)
    return f"{name}(\n{inside}) -> {found.return_annotation}"


def _is_told(method: str) -> bool:
    return method == "__call__" or not method.startswith("_")


def _about_constant(module: ModuleType, name: str) -> Iterator[str]:
    """The string below a constant, in the module that the package has it from."""
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
            yield from _about_constant(importlib.import_module(str(node.module)), name)
    body = ast.parse(inspect.getsource(module)).body
    for node, below in itertools.pairwise(body):
        targets = node.targets if isinstance(node, ast.Assign) else []
        is_text = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
        if is_text and any(isinstance(one, ast.Name) and one.id == name for one in targets):
            yield plain(str(ast.literal_eval(below.value)))  # type: ignore[attr-defined]


def _docstring(of: Any) -> Iterator[str]:
    """A docstring's paragraphs; what is indented is code."""
    code: list[str] = []
    for block in (inspect.getdoc(of) or "").split("\n\n"):
        if block.startswith("    "):
            code.append(block)
            continue
        if code:
            yield _code(textwrap.dedent("\n\n".join(code)))
            code = []
        yield plain(block)
    if code:
        yield _code(textwrap.dedent("\n\n".join(code)))


def _code(text: str) -> str:
    return f"```python\n{text}\n```"
