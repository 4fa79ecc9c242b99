"""`@check` and `@given`: declare that a function is a check of one exercise, and its inputs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis.strategies import SearchStrategy

T = TypeVar("T", bound=Callable[..., object])

VALUE_WEIGHT = 4.0


@dataclass(frozen=True)
class Check:
    """One hidden property-based test of one exercise.

    A value check compares answers with the reference and pays by itself.  Any other check states
    a property that a wrong answer may have too (zeros are shift invariant), so it pays only in a
    submission that passes a value check of the same exercise.
    """

    exercise: str
    title: str
    practice: bool
    value: bool
    weight: float
    examples: int | None
    test: Callable[..., object]
    strategies: dict[str, SearchStrategy[Any]] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        words = re.findall(r"[a-z0-9]+", self.title.lower())
        return "-".join(word for word in words if word not in ("a", "an", "the"))


def check(
    exercise: str,
    title: str,
    *,
    practice: bool = False,
    value: bool = False,
    weight: float | None = None,
    examples: int | None = None,
) -> Callable[[T], T]:
    """Declare a check.

    `title` says what a right answer does: "each row sums to one".  `practice` checks are shipped
    to students and must not use the reference.  `value` checks compare with the reference.
    `weight` is the check's share of the exercise's points beside its siblings' (a value check 4,
    another 1).  `examples` caps the number of drawn inputs; a value check draws them all.
    """
    if weight is None:
        weight = VALUE_WEIGHT if value else 1.0
    if examples is None and not value:
        examples = 15

    def declare(test: T) -> T:
        drawn = getattr(test, "strategies", {})
        declared = Check(exercise, title, practice, value, weight, examples, test, drawn)
        test.check = declared  # type: ignore[attr-defined]
        return test

    return declare


def given(**strategies: SearchStrategy[Any]) -> Callable[[T], T]:
    """Say what Hypothesis draws for each named parameter of the check below.

    Stands between `@check` and the function.  Parameters `submission` and `reference` come from
    the judge; a check without `@given` is a single example.
    """

    def declare(test: T) -> T:
        test.strategies = strategies  # type: ignore[attr-defined]
        return test

    return declare
