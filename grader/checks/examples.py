"""The worked example of a statement: its doctest, read so that a check can run and compare it.

A doctest compares text; a check compares answers.  So what only makes an answer printable
(`.tolist()`, `.round(4)`, `float(...)`) is taken off the expression, and kept as a `Leaf`: what
kind of thing is due there, and to how many digits it is printed.
"""

from __future__ import annotations

import ast
import doctest
import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

from grader.checks.positional import Positional
from grader.checks.travelling import Plain, Tokens
from grader.course.model import CourseError

NUMPY_DIGITS = 8
"""Digits that NumPy prints; fewer are all there are."""

SHOW, PAIR = "_show", "_parts"
"""Names that a step's code uses beside those of the example."""


@dataclass(frozen=True)
class Leaf:
    """An answer that is compared as a whole.

    `array` means that its text is a list but an array or tensor is due; `digits` are the decimals
    that it is rounded to, None if it is printed exactly; `label` is how the example calls it.
    """

    label: str = ""
    array: bool = False
    digits: int | None = None


@dataclass(frozen=True)
class Each:
    """A list whose items are all compared in one way."""

    item: Template


@dataclass(frozen=True)
class Parts:
    """A pair or list whose parts are compared each in its own way."""

    parts: tuple[Template, ...]


Template = Leaf | Each | Parts


@dataclass(frozen=True)
class Due:
    """What an example shows: its text, and how that is compared; or the error that it raises."""

    template: Template
    text: str
    error: str = ""


@dataclass(frozen=True)
class Step:
    """A statement of an example, which calls `_show` with each value that is due."""

    code: str
    due: tuple[Due, ...] = ()


@dataclass(frozen=True)
class Example:
    """The example of one exercise.

    `imports` are the file's own, as far as the example uses them.  `direct` says whether every
    call of a function of the chapter gets and gives plain data, so that the judge can make it;
    `tensors` whether a list that it prints stands for a tensor, not for an array.
    """

    steps: tuple[Step, ...]
    imports: tuple[str, ...]
    functions: tuple[str, ...]
    direct: bool
    tensors: bool

    @cached_property
    def due(self) -> tuple[Due, ...]:
        """All that is due, in order."""
        return tuple(due for step in self.steps for due in step.due)


def example_of(path: Path, exercise: str, *, probe: bool = False) -> Example:
    """The example of an exercise in the file of its statement (the solution, or the stub in a kit).

    With `probe` it is never direct.  Raises CourseError if there is none, or one that cannot be
    compared.
    """
    tree = _parsed(path, path.stat().st_mtime_ns)
    found = [node for node in tree.body if getattr(node, "name", None) == exercise]
    if not found or not isinstance(found[0], (ast.FunctionDef, ast.ClassDef)):
        raise CourseError(f"{path}: {exercise} is not defined")
    node = found[0]
    examples = doctest.DocTestParser().get_examples(ast.get_docstring(node) or "")
    if not any(one.want for one in examples):
        raise CourseError.at(path, node.lineno, f"the statement of {exercise} shows no example")
    return _Reader(path, node.lineno, tree).read(examples, probe)


@lru_cache(8)
def _parsed(path: Path, changed: int) -> ast.Module:
    """The syntax of a file, read again when it `changed`."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


class _Reader:
    """Reads doctests of one file."""

    def __init__(self, path: Path, line: int, tree: ast.Module) -> None:
        self.path, self.line = path, line
        imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
        self.imports = {
            alias.asname or alias.name.partition(".")[0]: _one_import(node, alias)
            for node in imports
            for alias in node.names
        }
        self.functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        self.positional = Positional(tree)
        self.bare = _Bare(frozenset(self.functions), "torch" in self.imports)
        self.classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}

    def read(self, examples: list[doctest.Example], probe: bool) -> Example:
        statements = [self._parse(one) for one in examples]
        used = {
            part.id
            for statement in statements
            for part in ast.walk(statement)
            if isinstance(part, ast.Name)
        }
        direct = not probe and Plain(self.functions, self.classes).all(statements)
        pairs = zip(examples, statements, strict=True)
        steps = tuple(self._step(one, statement, direct) for one, statement in pairs)
        return Example(
            steps,
            tuple(text for name, text in self.imports.items() if name in used),
            tuple(sorted(used & (self.functions | self.classes))),
            direct,
            self.bare.tensors,
        )

    def _parse(self, one: doctest.Example) -> ast.stmt:
        body = ast.parse(one.source).body
        if len(body) != 1:
            raise self._error(one, "a statement a line, please")
        statement: ast.stmt = self.positional.visit(body[0])
        return statement

    def _error(self, one: doctest.Example, why: str) -> CourseError:
        return CourseError.at(self.path, self.line + one.lineno + 1, f"worked example: {why}")

    def _step(self, one: doctest.Example, statement: ast.stmt, direct: bool) -> Step:
        if direct:
            statement = Tokens(self.functions).visit(statement)
        if one.exc_msg is not None:
            error = one.exc_msg.strip().splitlines()[-1].partition(":")[0].rpartition(".")[2]
            return Step(ast.unparse(statement), (Due(Leaf(), "", error),))
        if not one.want:
            return Step(
                ast.unparse(_with_parts(statement, self.functions) if direct else statement)
            )
        if isinstance(statement, ast.Expr):
            template, bare = self.bare.value(statement.value)
            due = (Due(_printed(template, one.want), one.want),)
            return Step(f"{SHOW}({ast.unparse(bare)})", due)
        return self._printing(one, statement)

    def _printing(self, one: doctest.Example, statement: ast.stmt) -> Step:
        """A statement that prints one value a line."""
        printing = _Printing(self.bare)
        changed = ast.unparse(printing.visit(statement))
        if len(printing.templates) != 1:
            raise self._error(one, "one print(value) in a statement can be compared")
        template = printing.templates[0]
        lines = one.want.splitlines()
        return Step(changed, tuple(Due(_printed(template, line), line) for line in lines))


@dataclass(frozen=True)
class _Bare:
    """Takes off expressions what only makes them printable.

    `functions` are the chapter's own; with `tensors`, `float(...)` stays: it makes a number of a
    tensor, which may or may not be due there.
    """

    functions: frozenset[str]
    tensors: bool

    def value(self, expression: ast.expr) -> tuple[Template, ast.expr]:
        """How the value of an expression is compared, and the expression without its printing."""
        if isinstance(expression, (ast.Tuple, ast.List)) and expression.elts:
            pairs = [self.value(part) for part in expression.elts]
            parts = Parts(tuple(one for one, _ in pairs))
            return parts, type(expression)([bare for _, bare in pairs], ast.Load())
        if isinstance(expression, ast.ListComp):
            template, bare = self.value(expression.elt)
            return Each(template), ast.ListComp(bare, expression.generators)
        leaf, bare = self._leaf(expression)
        label = "" if isinstance(bare, ast.Call) else ast.unparse(bare)
        return replace(leaf, label=label), bare

    def _leaf(self, expression: ast.expr) -> tuple[Leaf, ast.expr]:
        """Take off `.tolist()`, `.detach()`, `float(...)` and roundings, from the outside in."""
        match expression:
            case ast.Call(ast.Attribute(inner, "tolist"), [], []):
                leaf, bare = self._leaf(inner)
                return replace(leaf, array=True), bare
            case ast.Call(ast.Attribute(inner, "detach"), [], []):
                return self._leaf(inner)
            case (
                ast.Call(ast.Attribute(inner, "round"), [ast.Constant(int(digits))], [])
                | ast.Call(
                    ast.Attribute(inner, "round"),
                    [],
                    [ast.keyword("decimals", ast.Constant(int(digits)))],
                )
                | ast.Call(ast.Name("round"), [inner, ast.Constant(int(digits))], [])
            ):
                leaf, bare = self._leaf(inner)
                return replace(leaf, digits=digits), bare
            case ast.Call(ast.Name("float"), [inner], []) if self._is_answer(inner):
                return self._leaf(inner)
        return Leaf(), expression

    def _is_answer(self, expression: ast.expr) -> bool:
        """Whether it is what a function of the chapter gave, and not computed from that."""
        if isinstance(expression, ast.Call):
            called = expression.func
            return isinstance(called, ast.Name) and called.id in self.functions and not self.tensors
        return isinstance(expression, (ast.Name, ast.Subscript)) and not self.tensors


def _printed(template: Template, text: str) -> Template:
    """The template with the digits that the text of a tensor or array is printed to."""
    if not isinstance(template, Leaf) or template.digits is not None:
        return template
    decimals = max((len(found) for found in re.findall(r"\.(\d+)", text)), default=0)
    tensor, array = text.startswith("tensor("), text.startswith("array(")
    if decimals and (tensor or (array and decimals >= NUMPY_DIGITS)):
        return replace(template, digits=decimals)
    return template


def _one_import(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    head = f"from {node.module} " if isinstance(node, ast.ImportFrom) else ""
    return f"{head}import {ast.unparse(alias)}"


def _with_parts(statement: ast.stmt, functions: set[str]) -> ast.stmt:
    """`dw, db = f(x)` with the number of values looked at, so that a wrong one is said in words."""
    match statement:
        case ast.Assign([ast.Tuple(names)], ast.Call(ast.Name(called)) as value) if (
            called in functions and all(isinstance(name, ast.Name) for name in names)
        ):
            known = ast.Tuple([ast.Constant(ast.unparse(name)) for name in names], ast.Load())
            paired = ast.Call(ast.Name(PAIR, ast.Load()), [value, known], [])
            return ast.fix_missing_locations(ast.Assign(statement.targets, paired, lineno=1))
    return statement


class _Printing(ast.NodeTransformer):
    """Makes `print(x.tolist())` a `_show(x)`."""

    def __init__(self, bare: _Bare) -> None:
        self.bare = bare
        self.templates: list[Template] = []

    def visit_Call(self, node: ast.Call) -> ast.Call:
        if not isinstance(node.func, ast.Name) or node.func.id != "print" or len(node.args) != 1:
            return node
        template, bare = self.bare.value(node.args[0])
        self.templates.append(template)
        return ast.Call(ast.Name(SHOW, ast.Load()), [bare], [])
