"""Practice on functions of another make: written with torch where arrays are due, or with lists.

What counts here is whether they compute the right numbers.  A note says what was converted, since
a submission has to answer in the kind that the chapter works with.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np

from grader.course.model import Chapter
from grader.judge.assignment import HEAVY
from grader.judge.run import Outcome

ABOUT_KINDS = re.compile(r"Tensor|ndarray|'(keep)?dim'|'axis'|'keepdims'")
"""What errors say when a function of one library is given what belongs to the other."""

NUMBERS = (bool, int, float, np.generic)

Namespace = dict[str, Any]
Converter = Callable[[Any], Any]


@dataclass(frozen=True)
class Manner:
    """A way to talk to a function: what becomes of its arguments and of its answers."""

    note: str
    given: Converter
    answered: Converter

    def of(self, namespace: Namespace, name: str) -> Namespace:
        """The namespace with that function talked to in this manner; classes stay as they are."""
        function = namespace.get(name)
        if not isinstance(function, FunctionType):
            return namespace

        @functools.wraps(function)
        def adapted(*arguments: Any, **named: Any) -> Any:
            named = {key: self.given(value) for key, value in named.items()}
            return self.answered(function(*map(self.given, arguments), **named))

        return {**namespace, name: adapted}


def in_some_manner(
    chapter: Chapter, namespace: Namespace, name: str, judge: Callable[[Namespace], Outcome]
) -> tuple[Outcome, str | None]:
    """The outcome in the first manner that gets at the numbers, and what to say about it."""
    plain = judge(namespace)
    manner = _helpful(plain, HEAVY in chapter.imports)
    if manner is None:
        return plain, None
    outcome = judge(manner.of(namespace, name))
    if outcome.status == "error":
        return plain, None
    return outcome, manner.note


def _helpful(outcome: Outcome, tensors: bool) -> Manner | None:
    """The manner to try after an outcome that is about kinds of data, not about numbers."""
    to_due, to_other = (to_tensors, to_arrays) if tensors else (to_arrays, to_tensors)
    due = "tensors" if tensors else "arrays or plain numbers"
    foreign = np.ndarray if tensors else getattr(sys.modules.get(HEAVY), "Tensor", list)
    if outcome.status == "failed" and _holds(outcome.got, (list, foreign), outcome.expected):
        note = f"Its answers were converted to be compared: a submission has to return {due}."
        return Manner(note, _same, to_due)
    if outcome.status == "error" and HEAVY in sys.modules and ABOUT_KINDS.search(outcome.message):
        note = f"It was given what it works on: a submission is given, and returns, {due}."
        return Manner(note, to_other, to_due)
    return None


def _holds(got: Any, foreign: tuple[type, ...], expected: Any) -> bool:
    if isinstance(got, tuple):
        return any(_holds(part, foreign, None) for part in got)
    return isinstance(got, foreign) and type(got) is not type(expected)


def to_arrays(value: Any) -> Any:
    """Tensors and lists of numbers as arrays, wherever they are in the value."""
    torch = sys.modules.get(HEAVY)
    if torch is not None and isinstance(value, torch.Tensor):
        return value.item() if value.ndim == 0 else value.detach().cpu().numpy()
    return _inside(value, to_arrays, np.asarray)


def to_tensors(value: Any) -> Any:
    """Arrays and lists of numbers as tensors, wherever they are in the value."""
    torch = sys.modules[HEAVY]
    if isinstance(value, np.ndarray):
        return torch.from_numpy(np.array(value))
    return _inside(value, to_tensors, torch.tensor)


def _inside(value: Any, convert: Converter, of_numbers: Converter) -> Any:
    if isinstance(value, tuple):
        return tuple(convert(part) for part in value)
    if isinstance(value, dict):
        return {key: convert(part) for key, part in value.items()}
    if isinstance(value, list):
        return of_numbers(value) if _rectangular(value) else [convert(part) for part in value]
    return value


def _rectangular(value: list[Any]) -> bool:
    """Whether lists in lists hold numbers only, as many in each."""
    if not value or not all(type(part) is type(value[0]) for part in value):
        return bool(value) and all(isinstance(part, NUMBERS) for part in value)
    if isinstance(value[0], list):
        same = all(len(part) == len(value[0]) for part in value)
        return same and all(_rectangular(part) for part in value)
    return isinstance(value[0], NUMBERS)


def _same(value: Any) -> Any:
    return value
