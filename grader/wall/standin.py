"""What `import grader` gives a submission: where marks are made, practice says nothing."""

from __future__ import annotations

from types import ModuleType
from typing import Any


def stand_in() -> ModuleType:
    """A module with the functions that a notebook or file calls to practise."""
    module = ModuleType("grader", __doc__)
    vars(module).update(check=_silent, check_practice=_silent, practice=_undecorated)
    return module


def _silent(*_: Any, **__: Any) -> None:
    pass


def _undecorated(*_: Any) -> Any:
    return lambda what: what
