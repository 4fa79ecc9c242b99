"""Naming the mistake: replay the submission's calls on every known mistake of the exercise.

What is looked for, in this order, until something is found: one mistake that answers every call
as the submission did; one that answers so wherever the value checks got an answer; two slips at
once; one mistake but for its form (container, single precision, rounding, how it fails), and two;
and what explains single value checks.  Silence is better than a wrong name: where more than one
fits, none is named, unless they have one in common.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from grader.bank import Mistake
from grader.checks.answers import Local
from grader.judge.bounded import TooLong, bounded
from grader.judge.chapter import LoadedChapter
from grader.judge.evidence import (
    Answer,
    Item,
    also_changes,
    changed_inputs,
    evidence,
    looks_at_inputs,
)
from grader.judge.finding import Finding, other_part
from grader.judge.likeness import LOOSE, STRICT, Likeness, rounded_to
from grader.judge.run import Outcome
from grader.wall.errors import SubmissionError

PAIRS = 300
"""Pairs of slips that are tried, in the order of the bank: some 0.2 s."""

FAILING = ("failed", "error")
TELLING = 3
"""Answers that must show what is wrong, before others may differ in form."""

PURE = 24
"""Calls over which a mistake that changes an argument answers as is due."""

ROUNDED = (
    "The answer is rounded to {digits} decimals: return it as it is, and round what you print."
)

Names = tuple[Mistake, ...]


Elsewhere = Callable[[SubmissionError], bool]


def diagnose(
    loaded: LoadedChapter,
    mistakes: Iterable[Mistake],
    outcomes: Iterable[Outcome],
    elsewhere: Elsewhere = lambda error: False,
) -> tuple[Finding, ...]:
    """The mistake behind a submission's answers, or the two that are; none where it is not sure.

    `elsewhere` tells errors that another exercise raised: they say nothing about this one.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search = _Search(loaded, tuple(mistakes), tuple(outcomes), elsewhere)
        found = search.names()
        return tuple(search.finding(one, found) for one in found)


@dataclass(frozen=True)
class _Suspect:
    """What is tried as an explanation: a mistake, or two at once."""

    names: Names
    implementation: Any
    files: frozenset[str] = frozenset()


@dataclass
class _Search:
    """The search for what explains one submission's answers to one exercise."""

    loaded: LoadedChapter
    mistakes: tuple[Mistake, ...]
    outcomes: tuple[Outcome, ...]
    elsewhere: Elsewhere
    answers: dict[tuple[int, bytes], Answer | None] = field(default_factory=dict)

    def names(self) -> Names:
        found = self._explained(self._evidence(self.outcomes))
        if found is None:
            found = self._explained(self._but_for_inputs)
        if found is None:
            found = self._check_by_check()
        return (*found, *self._changes(found))

    def finding(self, mistake: Mistake, found: Names) -> Finding:
        """A mistake with the first check whose counterexample it explains, alone if it does."""
        failing = [one for one in self.outcomes if one.status in FAILING]
        alone = next((one for one in self.singles if one.names[0] is mistake), None)
        together = next((one for one in self.pairs if set(one.names) == set(found)), None)
        for suspect in (alone, together if len(found) > 1 else None):
            for outcome in failing:
                items = self._evidence([replace(outcome, transcript=[])])
                if suspect and self._shows(suspect, items):
                    part = other_part(outcome, self._answered(alone, items)) if alone else None
                    return Finding(mistake, outcome.check, part)
        return Finding(mistake, failing[0].check)

    def _answered(self, suspect: _Suspect, items: list[Item]) -> list[tuple[Item, Answer]]:
        answers = ((item, self._answer(suspect, item)) for item in items)
        return [(item, answer) for item, answer in answers if answer is not None]

    def _shows(self, suspect: _Suspect, items: list[Item]) -> bool:
        """Whether the suspect answers these calls as the submission did, and not as is due."""
        differs = False
        for item in items:
            answer = self._answer(suspect, item)
            if answer is None:
                return False
            if looks_at_inputs(item.call):
                changed = changed_inputs(item)
                if changed - also_changes(item, answer):
                    return False
                differs |= bool(changed)
            elif not (item.same(answer, STRICT) or item.same(answer, LOOSE)):
                return False
            else:
                differs |= not Item(item.call, answer, item.due).same(item.due, STRICT)
        return differs

    @cached_property
    def _but_for_inputs(self) -> list[Item]:
        """All calls but those that were made to look at their arguments."""
        return [one for one in self._evidence(self.outcomes) if not looks_at_inputs(one.call)]

    @cached_property
    def failing(self) -> list[Outcome]:
        """The value checks that fail."""
        return [one for one in self.outcomes if one.check.value and one.status in FAILING]

    @cached_property
    def singles(self) -> list[_Suspect]:
        return [_Suspect((one,), one.implementation) for one in self.mistakes]

    @cached_property
    def pairs(self) -> list[_Suspect]:
        return list(itertools.islice(self._pairs(), PAIRS))

    def _pairs(self) -> Iterator[_Suspect]:
        for one, other in itertools.combinations(self.mistakes, 2):
            both = one.slip.made_with(other.slip) if one.slip and other.slip else None
            if both is not None and one.slip is not None:
                yield _Suspect((one, other), both, one.slip.definition.files)

    def _explained(self, items: list[Item]) -> Names | None:
        """What explains all of these answers; nothing if several things do, None if none does."""
        if not items:
            return None
        rounded = _digits((item, item.got) for item in items)
        forms = [LOOSE] if rounded is None else [Likeness(True, rounded), LOOSE]
        for suspects, form in [
            (self.singles, STRICT),
            (self.pairs, STRICT),
            *itertools.product((self.singles, self.pairs), forms),
        ]:
            found = self._matching(suspects, items, form)
            if found:
                extra = () if form.digits is None else (self._rounded(form.digits),)
                return (*_common(found), *extra) if _common(found) else ()
        if rounded is not None and self._explains(REFERENCE, items, forms[0]):
            return (self._rounded(rounded),)
        return None

    def _check_by_check(self) -> Names:
        """What explains single value checks, each by itself: at most two mistakes."""
        found: dict[str, Mistake] = {}
        for outcome in self.failing:
            items = self._evidence([outcome])
            for form in (STRICT, LOOSE):
                names = self._sure(self.singles, items, form)
                if names:
                    found |= {one.name: one for one in names}
                    break
        return tuple(found.values()) if len(found) <= 2 else ()

    def _changes(self, found: Names) -> Names:
        """The mistake that changes an argument, where nothing else says that one is changed."""
        items = [
            item
            for item in self._evidence([one for one in self.outcomes if one.status in FAILING])
            if looks_at_inputs(item.call) and changed_inputs(item)
        ]
        if not items or any(self._also_changes(one, items) for one in found):
            return ()
        careless = [one for one in self.mistakes if self._also_changes(one, items)]
        values = self._evidence([one for one in self.outcomes if one.check.value])
        pure = [
            one
            for one in careless
            if all(
                STRICT.same(answer.value, item.due.value, item.due.value)
                for item in values[:PURE]
                if (answer := self._answer(self._suspect(one), item)) is not None
            )
        ]
        return tuple(pure) if len(pure) == 1 else ()

    def _also_changes(self, mistake: Mistake, items: Sequence[Item]) -> bool:
        answers = ((item, self._answer(self._suspect(mistake), item)) for item in items)
        return all(answer is not None and also_changes(item, answer) for item, answer in answers)

    def _suspect(self, mistake: Mistake) -> _Suspect:
        return next(one for one in self.singles if one.names[0] is mistake)

    def _sure(self, suspects: list[_Suspect], items: list[Item], how: Likeness) -> Names:
        found = self._matching(suspects, items, how)
        return found[0].names if len(found) == 1 else ()

    def _matching(
        self, suspects: list[_Suspect], items: list[Item], how: Likeness
    ) -> list[_Suspect]:
        if not items or self._explains(REFERENCE, items, how):
            return []
        if how.loose and sum(item.tells for item in items) < TELLING:
            return []
        found = [one for one in suspects if self._explains(one, items, how)]
        return (
            found
            if how.digits is None
            else [one for one in found if self._is_fine(one, items, how)]
        )

    def _is_fine(self, suspect: _Suspect, items: list[Item], how: Likeness) -> bool:
        """Whether its own answers have more decimals than those that look rounded."""
        return _digits((item, self._answer(suspect, item)) for item in items) != how.digits

    def _explains(self, suspect: _Suspect, items: list[Item], how: Likeness) -> bool:
        for item in items:
            answer = item.due if suspect is REFERENCE else self._answer(suspect, item)
            if answer is None or not item.same(answer, how):
                return False
        return True

    def _answer(self, suspect: _Suspect, item: Item) -> Answer | None:
        """What the suspect answers; None if it does not come to an end."""
        key = id(suspect), item.call.packed()
        if key not in self.answers:
            self.answers[key] = self._asked(suspect, item)
        return self.answers[key]

    def _asked(self, suspect: _Suspect, item: Item) -> Answer | None:
        """The reference with one function replaced; the reference's own calls stay right."""
        exercise = suspect.names[0].exercise
        backend = Local({**self.loaded.namespace, exercise: suspect.implementation})
        if not suspect.files:
            return Answer.of(backend, item.call)
        try:
            return bounded(lambda: Answer.of(backend, item.call), suspect.files)
        except TooLong:
            return None

    def _evidence(self, outcomes: Sequence[Outcome]) -> list[Item]:
        items = evidence(outcomes, self.loaded.reference)
        return [
            one for one in items if one.call.error is None or not self.elsewhere(one.call.error)
        ]

    def _rounded(self, digits: int) -> Mistake:
        exercise = self.mistakes[0].exercise
        return Mistake(exercise, "rounded", ROUNDED.format(digits=digits))


REFERENCE = _Suspect((), None)


def _digits(answers: Iterable[tuple[Item, Answer | None]]) -> int | None:
    """To how many decimals the answers are rounded; the arguments looked at are no answer."""
    return rounded_to(
        [
            one.value
            for item, one in answers
            if one is not None and one.error is None and not looks_at_inputs(item.call)
        ]
    )


def _common(found: list[_Suspect]) -> Names:
    """The names of what fits; where several do, the one mistake that all of them have."""
    if len(found) == 1:
        return found[0].names
    shared = [one for one in found[0].names if all(one in other.names for other in found)]
    return tuple(shared) if len(found[0].names) > 1 else ()
