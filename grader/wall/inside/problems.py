"""Errors of a submission as plain data, and not too many of them."""

from __future__ import annotations

import traceback
from collections.abc import Collection
from typing import Any

from grader.python.division import Broken

TEXT = 1000
"""Characters of an error's message that are kept."""

FRAMES = 6
MOST = 20
"""Problems of one file that are told; of the others only how many there are."""

MOST_NAMES = 200
"""Definitions that do not compile and are told by name."""


class Problems:
    """What went wrong while a file was loaded.

    `told` are the first ones, `more` counts the others; `uncompiled` holds the definitions that are
    no Python by their names.
    """

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.uncompiled: dict[str, dict[str, Any]] = {}
        self.more = 0

    @property
    def full(self) -> bool:
        """Whether another problem is only counted."""
        return len(self.told) >= MOST

    def add(self, problem: dict[str, Any], names: Collection[str] = ()) -> None:
        """Take note of a problem; `names` are those that a statement which is no Python defines."""
        for name in names if len(self.uncompiled) < MOST_NAMES else ():
            self.uncompiled[name[:TEXT]] = problem
        if self.full:
            self.more += 1
        elif problem not in self.told:
            self.told.append(problem)


def described(error: BaseException, own_files: Collection[str]) -> dict[str, Any]:
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
        if isinstance(error, ImportError) and error.path:  # of the grader's machine
            text = text.removesuffix(f" ({error.path})")
    return {"types": types[:16], "text": text[:TEXT], "lines": lines[-FRAMES:]}


def no_python(broken: Broken, file: str) -> dict[str, Any]:
    """Text that does not parse, as plain data."""
    return {"types": [broken.error], "text": broken.message[:TEXT], "lines": [[file, broken.line]]}


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as second:
        return f"(its message cannot be shown: {type(second).__name__})"
