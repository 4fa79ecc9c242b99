"""Running a submission's source, statement by statement, so that a bad line costs only itself."""

from __future__ import annotations

import _thread
import ast
import builtins
import importlib.abc
import importlib.machinery
import itertools
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from types import FrameType, ModuleType
from typing import Any

TEXT = 1000
"""Characters of an error's message that are kept."""

FRAMES = 6
SHORTEST = 0.01
BLOCK = re.compile(r"def |class |import |from |@|\w+ *=")
LONGEST_BLOCK = 200
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


class StillRunning(BaseException):
    """Interrupts a statement that takes too long while the module is loaded."""


class Loader:
    """Runs one module of a submission and keeps its problems."""

    def __init__(self, name: str, files: dict[str, str], seconds: float) -> None:
        self.name, self.files = name, files
        self.deadline = time.monotonic() + seconds
        self.problems: list[dict[str, Any]] = []
        self.module = ModuleType(name)
        sys.modules.update({"grader": stand_in(), name: self.module})
        sys.meta_path.append(_Siblings(files))

    def run(self) -> ModuleType:
        """Run every statement in order; one that fails is noted and the next one runs."""
        path = f"{self.name}.py"
        self.module.__file__ = path
        for statement in self._statements(self.files[self.name], path):
            code = compile(ast.Module([statement], []), path, "exec", dont_inherit=True)
            self._run(code)
        return self.module

    def _statements(self, source: str, path: str) -> Iterator[ast.stmt]:
        try:
            tree = ast.parse(source, path)
        except UNPARSABLE as error:
            self.problems.append(described(error, {path}))
            yield from _parsable(source, path)
        else:
            yield from tree.body

    def _run(self, code: Any) -> None:
        """A statement may take half of the time that is left: the next ones shall run too."""
        left = max(self.deadline - time.monotonic(), SHORTEST)
        try:
            with _Alarm(left / 2):
                exec(code, self.module.__dict__)
        except BaseException as error:
            self.problems.append(described(error, {code.co_filename}))


def described(error: BaseException, own_files: set[str]) -> dict[str, Any]:
    """An error as plain data: its types, its text, the submission's own lines it went through."""
    types = [kind.__name__[:80] for kind in type(error).__mro__ if kind is not object]
    lines = [
        [frame.f_code.co_filename, number]
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename in own_files
    ]
    if isinstance(error, SyntaxError) and error.filename in own_files:
        lines.append([error.filename, error.lineno or 1])
        text = str(error.msg)
    else:
        text = _text(error)
    return {"types": types[:16], "text": text[:TEXT], "lines": lines[-FRAMES:]}


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as second:
        return f"(its message cannot be shown: {type(second).__name__})"


def _parsable(source: str, path: str) -> Iterator[ast.stmt]:
    """What does parse of a file that as a whole does not: of each block its longest beginning."""
    lines = source.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if BLOCK.match(line)]
    decorated = {number + 1 for number in starts if lines[number].startswith("@")}
    starts = [number for number in starts if number not in decorated]
    for start, end in itertools.pairwise([*starts, len(lines)]):
        for stop in range(min(end, start + LONGEST_BLOCK), start, -1):
            try:
                tree = ast.parse("\n" * start + "".join(lines[start:stop]), path)
            except UNPARSABLE:
                continue
            yield from tree.body
            break


class _Alarm:
    """Raises StillRunning in the main thread after some seconds.

    Where the system has no alarms a thread sends an interrupt, which does not reach code that
    waits outside of Python.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.timer: threading.Timer | None = None

    def __enter__(self) -> None:
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, self._ring)
            signal.setitimer(signal.ITIMER_REAL, self.seconds)
        else:
            signal.signal(signal.SIGINT, self._ring)
            self.timer = threading.Timer(self.seconds, _thread.interrupt_main)
            self.timer.start()

    def __exit__(self, *_: object) -> None:
        if self.timer is not None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            self.timer.cancel()
        else:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _ring(self, number: int, frame: FrameType | None) -> None:
        raise StillRunning("interrupted: loading the file takes too long")


class _Siblings(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports other files of the submission's folder from memory."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def find_spec(
        self, name: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in self.files:
            return None
        return importlib.machinery.ModuleSpec(name, self)

    def exec_module(self, module: ModuleType) -> None:
        source = self.files[module.__name__]
        code = builtins.compile(source, f"{module.__name__}.py", "exec", dont_inherit=True)
        exec(code, module.__dict__)


def stand_in() -> ModuleType:
    """A module with the functions that a notebook or file calls to practise."""
    module = ModuleType("grader", __doc__)
    vars(module).update(check=_silent, check_practice=_silent, practice=_undecorated)
    return module


def _silent(*_: Any, **__: Any) -> None:
    pass


def _undecorated(*_: Any) -> Any:
    return lambda what: what
