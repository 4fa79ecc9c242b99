"""Entries of the banks, how they are declared, and how a bank file is loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from grader.bank.definition import Definition, Edit
from grader.course.model import CourseError
from grader.course.reading import load_module

T = TypeVar("T")

HINTS = {
    "in-place": "An in-place operator changes the caller's array: make a new one.",
}
"""Hints of mistakes that are made in every subject; a bank adds its own."""


@dataclass(frozen=True)
class Slip:
    """A small change of the reference's definition, and where the bank declares it."""

    definition: Definition
    edits: tuple[Edit, ...]
    path: Path
    line: int

    def made(self) -> Any:
        """The function or class with the change.  Raises CourseError if that is no Python."""
        try:
            return self.definition.edited(self.edits)
        except SyntaxError as error:
            what = f"with this slip {self.definition.name} is no Python"
            text = (error.text or "").strip()
            raise CourseError.at(self.path, self.line, f"{what}: {text}") from None

    def made_with(self, other: Slip) -> Any | None:
        """What makes both slips; None where their texts overlap or do not go together."""
        if self.definition != other.definition:
            return None
        if any(one.overlaps(edit) for one in self.edits for edit in other.edits):
            return None
        try:
            return self.definition.edited((*self.edits, *other.edits))
        except SyntaxError:
            return None


@dataclass(frozen=True)
class Mistake:
    """A wrong implementation that people really write, its name and what to tell them.

    It is `written` out, or a slip of the reference.
    """

    exercise: str
    name: str
    hint: str
    written: Any = None
    slip: Slip | None = None

    @cached_property
    def implementation(self) -> Any:
        """The wrong function or class.  Raises CourseError for a slip that is no Python."""
        return self.written if self.slip is None else self.slip.made()


@dataclass(frozen=True)
class Alternate:
    """A right implementation in another style than the reference's, or by other means."""

    exercise: str
    style: str
    implementation: Any


def mistake(exercise: str, name: str, hint: str | None = None) -> Callable[[T], T]:
    """Declare the function or class below as a mistake of `exercise`.

    `hint` is one sentence that helps without giving the line of code away.  It may be left out
    where the name is a common one.  What is a small change of the reference is better a slip.
    """
    sentence = HINTS[name] if hint is None else hint
    return lambda wrong: _collect(wrong, Mistake(exercise, name, sentence, wrong))


def alternate(exercise: str, style: str) -> Callable[[T], T]:
    """Declare the function or class below as another right implementation of `exercise`.

    In `tests/alternates/` it shows that checks are fair to a style; in `tests/oracles/` it
    computes the answer by independent means (torch, autograd, SciPy, finite differences) and
    shows that the reference is right.
    """
    return lambda right: _collect(right, Alternate(exercise, style, right))


def load_mistakes(path: Path) -> list[Mistake]:
    """Run a bank file afresh and return its mistakes in order.  Raises CourseError."""
    return [entry for entry in _load(path) if isinstance(entry, Mistake)]


def load_alternates(path: Path) -> list[Alternate]:
    """Run a bank file afresh and return its alternates in order."""
    return [entry for entry in _load(path) if isinstance(entry, Alternate)]


def enter(names: dict[str, Any], entry: Mistake | Alternate) -> None:
    """Put an entry into the bank of the module with those names."""
    names.setdefault("_bank", []).append(entry)


def _collect(implementation: T, entry: Mistake | Alternate) -> T:
    enter(sys.modules[implementation.__module__].__dict__, entry)
    return implementation


def _load(path: Path) -> list[Mistake | Alternate]:
    if not path.exists():
        return []
    module = load_module(path, f"{path.parent.name}_{path.stem}")
    return list(getattr(module, "_bank", []))
