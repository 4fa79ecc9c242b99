"""The top-level statements of a trusted file: what each binds, what it mentions, whose it is."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.course.forms import TITLES
from grader.course.model import CourseError
from grader.python import toplevel
from grader.python.toplevel import DEFINITIONS, top_level

FORMS = frozenset({*TITLES, "slips"})
DECLARING = frozenset({"check", "mistake", *FORMS})
HARMLESS = frozenset(
    {"cache", "composite", "contextmanager", "dataclass", "given", "lru_cache", "total_ordering"}
)
"""Decorators that leave no trace but in what they decorate."""


@dataclass(frozen=True)
class Clause:
    """A statement at the margin, or one name of an import: what an exercise may depend on.

    `text` is the same for the same code, whatever its comments and spaces; `declares` is the
    exercise of which it is a check or a mistake.  One that binds nothing, or may do more than
    bind, concerns every exercise.
    """

    text: str
    binds: frozenset[str]
    names: frozenset[str]
    attributes: frozenset[str]
    declares: str = ""
    concerns_all: bool = False

    @property
    def mentions(self) -> frozenset[str]:
        """Every identifier in it, behind a dot or not."""
        return self.names | self.attributes


def statements(path: Path) -> tuple[Clause, ...]:
    """The statements of a file in order; none if there is no file.  Raises CourseError."""
    if not path.is_file():
        return ()
    read = top_level(path.read_text(encoding="utf-8"))
    for one in read:
        if one.broken is not None:
            words = f"{one.broken.error}: {one.broken.message}"
            raise CourseError.at(path, one.broken.line, words)
    found = [statement for one in read for statement in _statements(one)]
    return tuple(_with_indirect(found))


def concerning(
    found: tuple[Clause, ...], exercise: str, roots: Iterable[str] = ()
) -> tuple[Clause, ...]:
    """The statements that the exercise depends on, with all that these use, in order.

    They are what is declared for it, what binds one of the `roots`, and what concerns all.
    """
    wanted = frozenset(roots)
    chosen = {
        number
        for number, one in enumerate(found)
        if one.concerns_all or one.declares == exercise or one.binds & wanted
    }
    while True:
        used = frozenset[str]().union(*(found[number].names for number in chosen))
        more = {number for number, one in enumerate(found) if one.binds & used}
        if more <= chosen:
            return tuple(found[number] for number in sorted(chosen))
        chosen |= more


def _statements(one: toplevel.Statement) -> Iterator[Clause]:
    if isinstance(one.node, (ast.Import, ast.ImportFrom)):
        for alias in one.node.names:
            yield _import(one.node, alias)
    elif one.node is not None and not one.is_text:
        yield _statement(one.node)


def _import(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> Clause:
    module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    bound = alias.asname or alias.name.partition(".")[0]
    return Clause(
        text=f"{type(node).__name__} {module} {ast.dump(alias)}",
        binds=frozenset({bound}),
        names=frozenset(),
        attributes=frozenset({*module.split("."), *alias.name.split(".")}),
        concerns_all=alias.name == "*",
    )


def _statement(node: ast.stmt) -> Clause:
    binds = frozenset(_bound(node))
    names, attributes = set[str](), set[str]()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            names.add(part.id)
        elif isinstance(part, ast.Attribute):
            attributes.add(part.attr)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            names.update([part.value] if part.value.isidentifier() else [])
        elif isinstance(part, (ast.Import, ast.ImportFrom)):
            module = getattr(part, "module", None) or ""
            attributes.update(module.split("."), *(one.name.split(".") for one in part.names))
    return Clause(
        text=ast.dump(node),
        binds=binds,
        names=frozenset(names),
        attributes=frozenset(attributes),
        declares=_declares(node),
        concerns_all=not (binds or _declares(node)) or not _only_binds(node),
    )


def _bound(node: ast.stmt) -> Iterator[str]:
    """The names that a definition or plain assignment binds; nothing for anything else."""
    if isinstance(node, DEFINITIONS):
        yield node.name
        return
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        for target in targets:
            parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
            if not all(isinstance(part, ast.Name) for part in parts):
                return
            yield from (part.id for part in parts if isinstance(part, ast.Name))


def _only_binds(node: ast.stmt) -> bool:
    """Whether nothing but a name comes of it: no decorator files it elsewhere."""
    known = HARMLESS | (DECLARING if _declares(node) else frozenset())
    return all(_decorator(one) in known for one in getattr(node, "decorator_list", ()))


def _declares(node: ast.stmt) -> str:
    """The exercise of which this is a check or a mistake, if that is written plainly."""
    for one in (*_form(node), *getattr(node, "decorator_list", ())):
        plain = isinstance(one, ast.Call) and one.args and isinstance(one.args[0], ast.Constant)
        if plain and _decorator(one) in DECLARING:
            return str(one.args[0].value)
    return ""


def _form(node: ast.stmt) -> tuple[ast.expr, ...]:
    """The call of a declared form, `slips("softmax", ...)`, if the statement is one."""
    call = node.value if isinstance(node, ast.Expr) else None
    return (call,) if isinstance(call, ast.Call) and _decorator(call) in FORMS else ()


def _decorator(node: ast.expr) -> str:
    called = node.func if isinstance(node, ast.Call) else node
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _with_indirect(found: list[Clause]) -> Iterator[Clause]:
    """What declares checks or mistakes by way of a loop or helper may do so for any exercise."""
    marks = set(DECLARING)
    while True:
        indirect = [one for one in found if not one.declares and one.names & marks]
        more = {name for one in indirect for name in one.binds}
        if more <= marks:
            break
        marks |= more
    for one in found:
        yield _for_all(one) if one in indirect else one


def _for_all(one: Clause) -> Clause:
    return Clause(one.text, one.binds, one.names, one.attributes, concerns_all=True)
