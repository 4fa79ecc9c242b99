"""A mistake that was found, and where on the screen it belongs: beside the numbers that show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grader.bank import Mistake
from grader.checks.arrays import is_numbers, kind_of
from grader.checks.check import Check
from grader.checks.containers import Comparison
from grader.checks.expect import expect_close
from grader.checks.mismatch import Mismatch
from grader.judge.evidence import Answer, Item
from grader.judge.likeness import STRICT
from grader.judge.run import Outcome


@dataclass(frozen=True)
class Finding:
    """A mistake that explains answers, and the check whose counterexample shows it.

    `difference` is the part of the answer that shows it, where the check tells of another part.
    """

    mistake: Mistake
    check: Check
    difference: Mismatch | None = None

    @property
    def name(self) -> str:
        return self.mistake.name

    @property
    def hint(self) -> str:
        return self.mistake.hint


def other_part(outcome: Outcome, answered: Sequence[tuple[Item, Answer]]) -> Mismatch | None:
    """The part of a call that shows a mistake, if the counterexample tells of another one.

    With each call of the counterexample comes what the mistake alone answers.
    """
    if outcome.expected is None:
        return None
    differing: list[Mismatch] = []
    told = False
    for item, answer in answered:
        try:
            parts = _parts(item, answer)
        except Mismatch:
            return None
        for due, mistaken, got, where in parts:
            is_told = _is(outcome.got, got)  # the example's numbers that are due are rounded
            told |= is_told
            if not _is(mistaken, due):
                if is_told:
                    return None
                differing += _mismatch(got, due, where)
    return differing[0] if told and differing else None


def _parts(item: Item, answer: Answer) -> list[tuple[Any, Any, Any, str]]:
    """What is due, what the mistake answers, what came, and where.  Raises Mismatch."""
    compared = Comparison("", is_numbers, kind_of)
    theirs = compared.parts(answer.value, item.due.value)
    own = compared.parts(item.got.value, item.due.value)
    return [
        (due, mistaken, got, where)
        for (mistaken, due, where), (got, _, _) in zip(theirs, own, strict=True)
    ]


def _is(one: Any, other: Any) -> bool:
    return STRICT.same(one, other, other)


def _mismatch(got: Any, due: Any, where: str) -> list[Mismatch]:
    try:
        expect_close(got, due, where)
    except Mismatch as mismatch:
        return [mismatch]
    return []
