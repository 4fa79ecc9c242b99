"""`@check` and `@given`: declare that a function is a check of one exercise, and its inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis.strategies import SearchStrategy

from grader.course.forms import slug

T = TypeVar("T", bound=Callable[..., object])

VALUE_WEIGHT = 4.0


@dataclass(frozen=True)
class Check:
    """One hidden property-based test of one exercise.

    A value check compares answers with the reference and pays by itself.  Any other check states
    a property that a wrong answer may have too (zeros are shift invariant), so it pays only in a
    submission that passes a value check of the same exercise.  `first` are inputs by parameter,
    which are tried before others are drawn, whatever the seed and the number of examples.
    """

    exercise: str
    title: str
    practice: bool
    value: bool
    weight: float
    examples: int | None
    test: Callable[..., object]
    strategies: dict[str, SearchStrategy[Any]] = field(default_factory=dict)
    first: tuple[dict[str, Any], ...] = ()

    @property
    def slug(self) -> str:
        return slug(self.title)

    @property
    def line(self) -> int:
        """The line of the check file where it stands."""
        line: int = getattr(self.test, "declared_at", self.test.__code__.co_firstlineno)
        return line


def check(
    exercise: str,
    title: str,
    *,
    practice: bool = False,
    value: bool = False,
    weight: float | None = None,
    examples: int | None = None,
    first: Iterable[dict[str, Any]] = (),
) -> Callable[[T], T]:
    """Declare a check.

    `title` says what a right answer does: "each row sums to one".  `practice` checks are shipped
    to students and must not use the reference.  `value` checks compare with the reference.
    `weight` is the check's share of the exercise's points beside its siblings' (a value check 4,
    another 1).  `examples` caps the number of drawn inputs; a value check draws them all.
    `first` are fixed inputs by parameter, tried before any is drawn: sizes that tell axes apart,
    coincidences that hide a mistake.
    """
    if weight is None:
        weight = VALUE_WEIGHT if value else 1.0
    if examples is None and not value:
        examples = 15

    def declare(test: T) -> T:
        drawn = getattr(test, "strategies", {})
        declared = Check(
            exercise, title, practice, value, weight, examples, test, drawn, tuple(first)
        )
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
