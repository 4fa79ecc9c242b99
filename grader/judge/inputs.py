"""Inputs drawn before: the same check and seed mean the same inputs for every submission.

Nine parts of ten of a passing check's time are Hypothesis's own.  So a judge keeps what was drawn
while one submission passed, and gives it to the next one as it is, with what it was asked: the next
one can be asked ahead.  Only where that fails does Hypothesis draw and shrink: reports are those of
a judge that has seen nothing before.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from grader.checks.draws import within
from grader.wall.protocol.arrays import NAMES
from grader.wall.protocol.tokens import Function
from grader.wall.protocol.wire import pack, unpack_question


@dataclass
class Drawn:
    """The inputs of a check's examples, and the requests that they led to."""

    inputs: list[dict[str, Any]] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)


Kept = dict[tuple[int, int], Drawn]
"""What was drawn for a check, by seed and number of examples."""

_seen: WeakKeyDictionary[Callable[..., object], Kept] = WeakKeyDictionary()
_remembering: ContextVar[bool] = ContextVar("remembering", default=False)
_copied: ContextVar[bool] = ContextVar("copied", default=True)


def handed_over() -> AbstractContextManager[None]:
    """Within this context what was drawn is given away: for a process that judges once and ends."""
    return within(_copied, False)


def remembered() -> AbstractContextManager[None]:
    """Within this context what is drawn is kept: worth its copies where many are judged."""
    return within(_remembering, True)


def remembering() -> bool:
    return _remembering.get()


def kept(test: Callable[..., object]) -> Kept:
    """All that is kept for a check: what is put there is kept, too."""
    return _seen.setdefault(test, {})


def seen(test: Callable[..., object], seed: int, examples: int) -> Drawn | None:
    """What was drawn for that check, if it was drawn before; the caller may change it."""
    known = kept(test)
    if not _copied.get():
        return known.pop((seed, examples), None)
    drawn = known.get((seed, examples))
    return None if drawn is None else Drawn(fresh(drawn.inputs), drawn.requests)


def is_plain_array(value: Any) -> bool:
    """Whether packing keeps it as it is, its layout included."""
    return isinstance(value, np.ndarray) and value.dtype in NAMES


def fresh(value: Any) -> Any:
    """A deep copy in which arrays keep their layout: some mistakes show in one layout only."""
    if isinstance(value, Function) or is_plain_array(value):
        return unpack_question(pack(value))
    if isinstance(value, tuple) and hasattr(value, "_make"):
        return value._make(map(fresh, value))
    if isinstance(value, (list, tuple)):
        return type(value)(map(fresh, value))
    if isinstance(value, dict):
        return {key: fresh(item) for key, item in value.items()}
    return copy.deepcopy(value)
