"""Whether the calls of an example can be made from here, and what travels with them."""

from __future__ import annotations

import ast
import builtins
from typing import Any

NUMBERS, LAMBDA = "_generator", "_function"
"""Names by which an example's code makes generators and functions that can travel."""


def _is_generator(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).endswith("random.default_rng")


class Tokens(ast.NodeTransformer):
    """Makes a generator or lambda that is passed to the chapter's functions one that can travel."""

    def __init__(self, functions: set[str]) -> None:
        self.functions = functions

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in self.functions:
            node.args = [_token(one) for one in node.args]
            for word in node.keywords:
                word.value = _token(word.value)
        return node


def _token(argument: ast.expr) -> ast.expr:
    if _is_generator(argument):
        assert isinstance(argument, ast.Call)
        return ast.Call(ast.Name(NUMBERS, ast.Load()), argument.args, argument.keywords)
    if isinstance(argument, ast.Lambda):
        source = f"def f({ast.unparse(argument.args)}):\n    return {ast.unparse(argument.body)}\n"
        return ast.Call(ast.Name(LAMBDA, ast.Load()), [ast.Constant(source)], [])
    return argument


class Plain(ast.NodeVisitor):
    """Whether the judge can make an example's calls: whether they take and give plain data."""

    OBJECTS = frozenset({"nn", "optim", "Generator"})
    DEFINITIONS = (ast.FunctionDef, ast.ClassDef, ast.With, ast.Try)

    def __init__(self, functions: set[str], classes: set[str]) -> None:
        self.functions, self.classes = functions, classes
        self.plain = True

    def all(self, statements: list[ast.stmt]) -> bool:
        """Whether all statements are of that kind."""
        for statement in statements:
            self.visit(statement)
        return self.plain

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, self.DEFINITIONS) or _names(node) & (self.OBJECTS | self.classes):
            self.plain = False
        if isinstance(node, ast.Call) and _names(node.func) & self.functions:
            self._travelling(node)
        elif isinstance(node, ast.Attribute) and _is_generator(node.value):
            pass  # np.random.default_rng(0).permutation(5): the judge asks it itself
        elif isinstance(node, ast.Lambda) or _is_generator(node) or _names(node) & self.functions:
            self.plain = False
        else:
            self.generic_visit(node)

    def _travelling(self, call: ast.Call) -> None:
        for argument in (*call.args, *(word.value for word in call.keywords)):
            if isinstance(argument, ast.Lambda):
                self.plain &= not _free_names(argument)
            elif not _is_generator(argument):
                self.visit(argument)


def _names(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Name):
        return {node.id}
    return {node.attr} if isinstance(node, ast.Attribute) else set()


def _free_names(function: ast.Lambda) -> set[str]:
    """The names of the example that a lambda uses: they would not travel with it."""
    own = {one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)}
    used = {part.id for part in ast.walk(function.body) if isinstance(part, ast.Name)}
    return used - own - {"np", "torch"} - set(dir(builtins))
