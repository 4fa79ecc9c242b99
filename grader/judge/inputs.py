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
    """Fresh copies of what was drawn for that check, if it was drawn before."""
    known = _seen.get(test, {}).get((seed, examples))
    return None if known is None else copy.deepcopy(known)


def keep(
    test: Callable[..., object], seed: int, examples: int, inputs: list[dict[str, Any]]
) -> None:
    """Remember what was drawn in a run in which every example passed."""
    _seen.setdefault(test, {})[seed, examples] = tuple(inputs)
