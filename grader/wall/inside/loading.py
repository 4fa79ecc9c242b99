"""Running a submission's source, statement by statement, so that a bad line costs only itself."""

from __future__ import annotations
import __future__

import ast
import inspect
import linecache
import sys
from types import CodeType, ModuleType
from typing import Any

from grader.python.division import UNPARSABLE
from grader.python.lines import lines_of
from grader.python.toplevel import Statement, top_level
from grader.wall.inside.allowance import Allowance
from grader.wall.inside.importing import FOLDER, Helpers, add_to_notebooks, label
from grader.wall.inside.problems import Problems, described, no_python

HINTS = __future__.annotations.compiler_flag
"""Hints are text and are not evaluated: one that names an absent library costs nothing."""


class Loader:
    """Runs one module of a submission and keeps its problems.

    In a notebook `await` may stand at the margin.
    """

    def __init__(
        self, name: str, files: dict[str, str], allowance: Allowance, notebook: bool = False
    ) -> None:
        self.name, self.files, self.allowance = name, files, allowance
        self.path = label(name)
        self.flags = HINTS | (ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if notebook else 0)
        self.own_files = allowance.own_files = frozenset(map(label, files))
        self.problems = Problems()
        self.events: Any = None
        self.module = ModuleType(name)
        self.module.__package__ = FOLDER
        sys.modules.update({"grader": stand_in(), name: self.module})
        sys.meta_path.append(Helpers(files, self._run_helper))
        add_to_notebooks(self.module.__dict__)

    def run(self) -> ModuleType:
        """Run every statement in order; one that fails is noted and the next one runs."""
        self.module.__file__ = self.path
        remember_lines(self.path, self.files[self.name])
        with self.allowance.running():
            for statement in top_level(self.files[self.name]):
                if statement.broken is not None:
                    self.problems.add(no_python(statement.broken, self.path), statement.binds)
                else:
                    self._run(statement)
        top_level.cache_clear()  # a worker has no use for the tree of a large file any more
        return self.module

    def _run(self, statement: Statement) -> None:
        node = statement.node
        assert node is not None
        try:
            code = compile(ast.Module([node], []), self.path, "exec", self.flags, dont_inherit=True)
        except UNPARSABLE as error:
            names = statement.binds if statement.is_definition else ()
            self.problems.add(described(error, self.own_files), names)
            return
        defining = statement.is_definition or statement.is_import
        account = self.allowance.definitions if defining else self.allowance.others
        try:
            self.allowance.spend(account, self._execute, code)
        except BaseException as error:
            if self.problems.full:
                self.problems.more += 1
                return
            problem = described(error, self.own_files)
            problem["lines"] = problem["lines"] or [[self.path, node.lineno]]
            self.problems.add(problem)
            return
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            self.flags |= _future_flags(node)

    def _run_helper(self, module: ModuleType, key: str) -> None:
        """Another file of the folder, as Python imports it: an error in it is the import's."""
        remember_lines(label(key), self.files[key])
        code = compile(self.files[key], label(key), "exec", HINTS, dont_inherit=True)
        exec(code, module.__dict__)

    def _execute(self, code: CodeType) -> None:
        if not code.co_flags & inspect.CO_COROUTINE:
            exec(code, self.module.__dict__)
            return
        import asyncio

        if self.events is None:
            self.events = asyncio.new_event_loop()
            asyncio.set_event_loop(self.events)
        self.events.run_until_complete(eval(code, self.module.__dict__))


def remember_lines(path: str, source: str) -> None:
    """Let `inspect` and tracebacks find the text of a file that lies on no disk."""
    lines = [f"{line}\n" for line in lines_of(source)]
    linecache.cache[path] = (len(source), None, lines, path)


def _future_flags(node: ast.ImportFrom) -> int:
    """What the rest of the file is compiled with after this statement, in later cells too."""
    flags = 0
    for alias in node.names:
        flags |= getattr(__future__, alias.name).compiler_flag
    return flags


def stand_in() -> ModuleType:
    """A module with the functions that a notebook or file calls to practise."""
    module = ModuleType("grader", __doc__)
    vars(module).update(check=_silent, check_practice=_silent, practice=_undecorated)
    return module


def _silent(*_: Any, **__: Any) -> None:
    pass


def _undecorated(*_: Any) -> Any:
    return lambda what: what
