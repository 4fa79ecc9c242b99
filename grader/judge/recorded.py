"""Inputs drawn before: the same check and seed mean the same inputs for every submission.

Nine parts of ten of a passing check's time are Hypothesis's own.  So a judge records what was drawn
while the reference passed, and gives it to each submission as it is, with what it led to ask: a
submission can be asked ahead.  Only where that fails does Hypothesis draw and shrink: reports are
those of a judge that has recorded nothing.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from grader.checks.check import Check
from grader.wall.protocol.arrays import NAMES
from grader.wall.protocol.tokens import Function
from grader.wall.protocol.wire import pack, unpack_question


@dataclass
class Drawn:
    """The inputs of a check's examples, and the requests that they led to."""

    inputs: list[dict[str, Any]] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)


Key = tuple[str, str, int, int]
"""A check by its exercise and slug, the seed, and the number of examples."""


@dataclass(frozen=True)
class Recorded:
    """What was drawn for the checks of a chapter; it belongs to the loaded chapter.

    Only where it `records` is what is drawn kept: that costs copies.  Where it `gives_away`, inputs
    are handed over instead of copied, for a process that judges once and ends.
    """

    drawn: dict[Key, Drawn] = field(default_factory=dict)
    records: bool = False
    gives_away: bool = False

    def recording(self) -> Recorded:
        """The same inputs, to which what is drawn is added."""
        return replace(self, records=True)

    def giving_away(self) -> Recorded:
        """The same inputs, each to be used once."""
        return replace(self, gives_away=True)

    def find(self, check: Check, seed: int, examples: int) -> Drawn | None:
        """What was drawn for that check, if it was drawn before; the caller may change it."""
        key = (check.exercise, check.slug, seed, examples)
        if self.gives_away:
            return self.drawn.pop(key, None)
        known = self.drawn.get(key)
        return None if known is None else Drawn(fresh(known.inputs), known.requests)

    def keep(self, check: Check, seed: int, examples: int, drawn: Drawn) -> None:
        if self.records:
            self.drawn[check.exercise, check.slug, seed, examples] = drawn


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
