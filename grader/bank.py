"""The banks: named mistakes, which checks must reject, and alternates, which they must accept."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from grader.course.model import load_module

T = TypeVar("T")


@dataclass(frozen=True)
class Mistake:
    """A wrong implementation that people really write, its name and what to tell them."""

    exercise: str
    name: str
    hint: str
    implementation: Any


@dataclass(frozen=True)
class Alternate:
    """A right implementation in another style than the reference's, or by other means."""

    exercise: str
    style: str
    implementation: Any


def mistake(exercise: str, name: str, hint: str) -> Callable[[T], T]:
    """Declare the function or class below as a mistake of `exercise`.

    `hint` is one sentence that helps without giving the line of code away.
    """
    return lambda wrong: _collect(wrong, Mistake(exercise, name, hint, wrong))


def alternate(exercise: str, style: str) -> Callable[[T], T]:
    """Declare the function or class below as another right implementation of `exercise`.

    In `tests/alternates/` it shows that checks are fair to a style; in `tests/oracles/` it
    computes the answer by independent means (torch, autograd, SciPy, finite differences) and
    shows that the reference is right.
    """
    return lambda right: _collect(right, Alternate(exercise, style, right))


def load_mistakes(path: Path) -> list[Mistake]:
    """Run a bank file afresh and return its mistakes in order."""
    return [entry for entry in _load(path) if isinstance(entry, Mistake)]


def load_alternates(path: Path) -> list[Alternate]:
    """Run a bank file afresh and return its alternates in order."""
    return [entry for entry in _load(path) if isinstance(entry, Alternate)]


def _collect(implementation: T, entry: Mistake | Alternate) -> T:
    module = sys.modules[implementation.__module__]
    module.__dict__.setdefault("_bank", []).append(entry)
    return implementation


def _load(path: Path) -> list[Mistake | Alternate]:
    if not path.exists():
        return []
    module = load_module(path, f"{path.parent.name}_{path.stem}")
    return list(getattr(module, "_bank", []))
