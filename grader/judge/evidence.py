"""What a submission answered, beside what was due: the evidence for a diagnosis."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.checks.answers import Backend, Call
from grader.checks.expect import INSIDE_OUT
from grader.judge.likeness import Likeness, is_odd
from grader.judge.run import Outcome
from grader.wall.errors import SubmissionError

MOST = 120
"""Calls to replay: those of the counterexamples first, then others that the checks made."""


NUMERIC = frozenset(
    {"ArithmeticError", "AssertionError", "FloatingPointError", "LinAlgError", "OverflowError"}
)
"""Errors by which a number that is too large, or none, comes out: elsewhere it is inf or nan."""

BY_TEXT = ("math domain error", "math range error")


@dataclass(frozen=True)
class Answer:
    """What became of a call: a value, or the names of an error's class and its bases.

    It is `numeric` where the error says that a number is not as it must be.
    """

    value: Any = None
    error: tuple[str, ...] | None = None
    numeric: bool = False

    @classmethod
    def of(cls, backend: Backend, call: Call) -> Answer:
        """What someone answers to the same call."""
        try:
            return cls(call.ask(backend))
        except SubmissionError as error:
            return cls.failed(error)

    @classmethod
    def strictly(cls, backend: Backend, call: Call) -> Answer:
        """The same where NumPy raises what it otherwise warns of, as the math module does."""
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            return cls.of(backend, call)

    @classmethod
    def failed(cls, error: SubmissionError) -> Answer:
        numeric = bool(NUMERIC & set(error.type_names)) or error.text in BY_TEXT
        return cls(error=error.type_names or (error.status,), numeric=numeric)


@dataclass(frozen=True)
class Item:
    """One call of a submission, its answer, and the reference's."""

    call: Call
    got: Answer
    due: Answer

    @property
    def tells(self) -> bool:
        """Whether the answer shows that something is wrong, and what."""
        return self._gives_up(self.got)

    def same(self, other: Answer, how: Likeness) -> bool:
        """Whether that is the submission's answer."""
        if self.got.error is None and other.error is None:
            return how.same(self.got.value, other.value, self.due.value)
        if not how.loose:
            return self.got.error is not None and self.got.error[:1] == (other.error or ())[:1]
        if self.got.error is not None and other.error is not None:
            return True
        return all(self._gives_up(one) for one in (self.got, other))

    def _gives_up(self, answer: Answer) -> bool:
        """Whether a number is not as it must be, be it that an error says so."""
        return answer.numeric if answer.error else is_odd(answer.value, self.due.value)


def evidence(outcomes: Sequence[Outcome], reference: Backend) -> list[Item]:
    """The calls of these checks that were answered, those of counterexamples first."""
    failing = [call for outcome in outcomes for call in outcome.calls]
    in_turns = itertools.zip_longest(*(outcome.transcript for outcome in outcomes))
    others = [call for turn in in_turns for call in turn if call is not None]
    answered = [call for call in failing + others if call.done or _raised(call)]
    return [Item(call, _got(call), Answer.of(reference, call)) for call in answered[:MOST]]


def changed_inputs(item: Item) -> frozenset[int]:
    """Which arguments an answer shows changed, for a call that was made to look at them."""
    return _changed(item.got, item.due)


def also_changes(item: Item, other: Answer) -> frozenset[int]:
    """Which of these someone else changes too."""
    return changed_inputs(item) & _changed(other, item.due)


def looks_at_inputs(call: Call) -> bool:
    """Whether the call was made to see what becomes of its arguments."""
    return call.probe is not None and call.probe.function.name in INSIDE_OUT


def _changed(answer: Answer, due: Answer) -> frozenset[int]:
    if not isinstance(answer.value, list) or not isinstance(due.value, list):
        return frozenset()
    pairs = enumerate(zip(answer.value, due.value, strict=False))
    return frozenset(number for number, (now, was) in pairs if is_odd(now, was))


def _raised(call: Call) -> bool:
    return call.error is not None and call.error.status == "error"


def _got(call: Call) -> Answer:
    if call.error is not None:
        return Answer.failed(call.error)
    return Answer(call.returned)
