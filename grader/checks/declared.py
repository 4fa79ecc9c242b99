"""Checks as declarations: the forms that most exercises have, in a line each.

    example("softmax")
    matches("softmax", softmax_inputs())
    untouched("softmax", softmax_inputs())
    double_precision("softmax", softmax_inputs())

Each binds a test in the file that declares it, named after exercise and title, as if it stood
there.  A *case* is what one call is made with: a tuple of arguments, a dictionary of keyword
arguments, `case(z, axis=0)` for both at once, or any other value as the only argument.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis.strategies import SearchStrategy

from grader.checks.answers import Answers
from grader.checks.check import check
from grader.checks.examples import example_of
from grader.checks.expect import (
    as_parts,
    expect_close,
    expect_double,
    expect_equal,
    expect_same,
    expect_untouched,
)
from grader.checks.worked import compare, probe_of, run_directly
from grader.course.forms import TITLES, test_name
from grader.course.model import CourseError

FEW = 10
"""Inputs over which a submission must leave its arguments alone."""

STATEMENTS = ("solutions", "exercises")
"""The folders of a course where statements stand; a student kit has the second one only."""


class Case(NamedTuple):
    """What one call is made with."""

    positional: tuple[Any, ...]
    keywords: dict[str, Any]

    @classmethod
    def of(cls, drawn: Any) -> Case:
        """What a drawn value stands for."""
        if isinstance(drawn, Case):
            return drawn
        if isinstance(drawn, dict):
            return cls((), drawn)
        return cls(drawn if isinstance(drawn, tuple) else (drawn,), {})

    def call(self, function: Callable[..., Any]) -> Any:
        return function(*self.positional, **self.keywords)


def case(*positional: Any, **keywords: Any) -> Case:
    """A case with keyword arguments beside others: `case(z, axis=0)`."""
    return Case(positional, keywords)


def example(exercise: str, *, probe: bool = False) -> None:
    """Declare "the worked example", a practice check: what the statement's doctest shows is true.

    Answers are compared, not their text: where the doctest ends in `.tolist()`, an array or tensor
    is due, up to rounding or to the digits of a `.round(4)`.  The judge makes the example's calls
    where they take and give plain data, and shows the one that went wrong; an example with classes,
    modules or functions of its own runs beside the submission, as any does with `probe`.
    """
    place = _Place.of_caller()
    worked = example_of(place.statements, exercise, probe=probe)
    if worked.direct:

        def test(submission: Answers) -> None:
            run_directly(worked, submission)

    else:
        asked = probe_of(worked)

        def test(submission: Answers) -> None:
            compare(worked.due, submission.probe(asked), worked.tensors)

    place.declare(check(exercise, TITLES["example"], practice=True), test, exercise)


def matches(
    exercise: str,
    cases: SearchStrategy[Any],
    *,
    title: str = TITLES["matches"],
    names: Sequence[str] = (),
    only: Sequence[str] = (),
    scale: float | Callable[..., float] | None = None,
    exact: bool = False,
    compare: Callable[..., None] | None = None,
    first: Iterable[Any] = (),
    probe: Callable[..., Any] | None = None,
    value: bool = True,
    weight: float | None = None,
    examples: int | None = None,
) -> None:
    """Declare a value check: the same call gives the submission and the reference the same answer.

    `names` are those of the answer's parts, for the message; `only` those that this check looks at,
    one by itself or a list of several.  `scale` is that of `expect_close`, or a function of the
    arguments that gives it; with `exact` answers are compared by `expect_equal`.  Any other
    comparison is `compare(got, expected, *arguments)`.  `first` are cases that are tried before any
    is drawn, whatever the seed and the number of examples: sizes that tell axes apart, and the
    coincidences (square, batch = time) that hide a mistake.  `probe(submission, *arguments)` makes
    the answer where it takes more than a call of the exercise.  Without `value` the check is a
    property: what it looks at holds for wrong answers too, such as a dtype or a gradient.
    """
    place = _Place.of_caller()
    unknown = [name for name in only if name not in names]
    if unknown:
        raise place.error(f"only {unknown[0]}: it is none of the names {', '.join(names)}")

    message = only[0] if len(only) == 1 else ""

    def test(submission: Answers, reference: Answers, case: Any) -> None:
        made = Case.of(case)
        got, expected = (_answer(who, exercise, probe, made) for who in (submission, reference))
        if only:
            got, expected = (_chosen(answer, names, only) for answer in (got, expected))
        if compare is not None:
            compare(got, expected, *made.positional, **made.keywords)
        elif exact:
            expect_equal(got, expected, message, names=only or names)
        else:
            size = made.call(scale) if callable(scale) else scale
            expect_close(got, expected, message, names=only or names, scale=size)

    declared = check(
        exercise,
        title,
        value=value,
        weight=weight,
        examples=examples,
        first=_by_name(first),
    )
    place.declare(declared, test, exercise, cases)


def untouched(
    exercise: str,
    cases: SearchStrategy[Any],
    *,
    title: str = TITLES["untouched"],
    probe: Callable[..., Any] | None = None,
    first: Iterable[Any] = (),
    weight: float | None = None,
    examples: int = FEW,
) -> None:
    """Declare a check that the call changes none of its arguments: lists, dicts, arrays, tensors.

    Arguments that are no data (a module) are made by `probe(submission, *arguments)`, which makes
    the call beside the submission and returns a pair: the arguments as data before and after it.
    """
    place = _Place.of_caller()

    def test(submission: Answers, case: Any) -> None:
        made = Case.of(case)
        if probe is None:
            made.call(functools.partial(expect_untouched, submission, exercise))
            return
        before, after = as_parts(submission.probe(probe, *made.positional), ("before", "after"))
        expect_same(after, before)

    declared = check(exercise, title, weight=weight, examples=examples, first=_by_name(first))
    place.declare(declared, test, exercise, cases)


def double_precision(
    exercise: str,
    cases: SearchStrategy[Any],
    *,
    names: Sequence[str] = (),
    first: Iterable[Any] = (),
    examples: int = FEW,
    probe: Callable[..., Any] | None = None,
) -> None:
    """Declare the one check that single precision fails, of weight 1: the others accept it.

    `probe(submission, *arguments)` makes the answer where it takes more than a call of the
    exercise.  Draw numbers that no float32 holds: a sum of small integers has no precision.
    """
    place = _Place.of_caller()

    def test(submission: Answers, reference: Answers, case: Any) -> None:
        made = Case.of(case)
        got, expected = (_answer(who, exercise, probe, made) for who in (submission, reference))
        expect_double(got, expected, names=names)

    title = TITLES["double_precision"]
    declared = check(exercise, title, examples=examples, first=_by_name(first))
    place.declare(declared, test, exercise, cases)


@dataclass(frozen=True)
class _Place:
    """Where a declaration stands: its file, its line, and the names of that file."""

    path: Path
    line: int
    names: dict[str, Any]

    @classmethod
    def of_caller(cls) -> _Place:
        """The place of whoever calls the form that calls this."""
        frame = sys._getframe(2)
        return cls(Path(frame.f_code.co_filename), frame.f_lineno, frame.f_globals)

    @property
    def statements(self) -> Path:
        """The file of the chapter's statements.  Raises CourseError."""
        root, name = self.path.resolve().parents[2], self.path.name.removeprefix("test_")
        for folder in STATEMENTS:
            if (root / folder / name).is_file():
                return root / folder / name
        raise self.error(f"there is no {STATEMENTS[0]}/{name} with the statements")

    def error(self, message: str) -> CourseError:
        return CourseError.at(self.path, self.line, message)

    def declare(
        self,
        declare: Callable[[Any], Any],
        test: Callable[..., None],
        exercise: str,
        cases: SearchStrategy[Any] | None = None,
    ) -> None:
        """Bind the test as if it were defined there.  Raises CourseError if its name is taken."""
        if cases is not None:
            test.strategies = {"case": cases}  # type: ignore[attr-defined]
        test.declared_at = self.line  # type: ignore[attr-defined]
        test.declared_in = self.path  # type: ignore[attr-defined]
        name = test_name(exercise, declare(test).check.title)
        if name in self.names:
            raise self.error(f"two checks of {exercise} are titled alike")
        test.__name__ = name
        self.names[name] = test


def _by_name(first: Iterable[Any]) -> list[dict[str, Any]]:
    return [{"case": case} for case in first]


def _answer(who: Answers, exercise: str, probe: Callable[..., Any] | None, made: Case) -> Any:
    """What the submission or the reference answers to the case, or to the probe about it."""
    asked = getattr(who, exercise) if probe is None else functools.partial(who.probe, probe)
    return made.call(asked)


def _chosen(answer: Any, names: Sequence[str], only: Sequence[str]) -> Any:
    """The part of an answer that a check looks at, or the parts."""
    parts = as_parts(answer, names)
    chosen = [parts[names.index(name)] for name in only]
    return chosen[0] if len(chosen) == 1 else chosen
