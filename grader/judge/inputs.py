"""Inputs drawn before: the same check and seed mean the same inputs for every submission.

Nine parts of ten of a passing check's time are Hypothesis's own.  So a judge keeps what was drawn
while one submission passed, and gives it to the next one as it is.  Only where that fails does
Hypothesis draw and shrink: reports are those of a judge that has seen nothing before.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

Inputs = tuple[dict[str, Any], ...]

_seen: WeakKeyDictionary[Callable[..., object], dict[tuple[int, int], Inputs]]
_seen = WeakKeyDictionary()
_remembering: ContextVar[bool] = ContextVar("remembering", default=False)
_copied: ContextVar[bool] = ContextVar("copied", default=True)


@contextmanager
def handed_over() -> Iterator[None]:
    """Within this context what was drawn is given away: for a process that judges once and ends."""
    token = _copied.set(False)
    try:
        yield
    finally:
        _copied.reset(token)


@contextmanager
def remembered() -> Iterator[None]:
    """Within this context what is drawn is kept: worth its copies where many are judged."""
    token = _remembering.set(True)
    try:
        yield
    finally:
        _remembering.reset(token)


def remembering() -> bool:
    return _remembering.get()


def seen(test: Callable[..., object], seed: int, examples: int) -> Inputs | None:
    """What was drawn for that check, if it was drawn before; the caller may change it."""
    drawn = _seen.get(test, {})
    if not _copied.get():
        return drawn.pop((seed, examples), None)
    return copy.deepcopy(drawn.get((seed, examples)))


def keep(
    test: Callable[..., object], seed: int, examples: int, inputs: list[dict[str, Any]]
) -> None:
    """Remember what was drawn in a run in which every example passed."""
    _seen.setdefault(test, {})[seed, examples] = tuple(inputs)
