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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from grader.bank import Mistake
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
from grader.judge.replays import REFERENCE, Names, Replays, Suspect
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


class Whence(Protocol):
    """What the lines of a submission tell of the errors that it raised."""

    def elsewhere(self, error: SubmissionError) -> bool:
        """Whether another exercise raised it: it says nothing about this one."""

    def on_purpose(self, error: SubmissionError) -> bool:
        """Whether a `raise` of the submission's own did."""


def diagnose(
    loaded: LoadedChapter,
    mistakes: Iterable[Mistake],
    outcomes: Iterable[Outcome],
    whence: Whence | None = None,
) -> tuple[Finding, ...]:
    """The mistake behind a submission's answers, or the two that are; none where it is not sure."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        replays = Replays(loaded.namespace)
        search = _Search(loaded, tuple(mistakes), tuple(outcomes), whence, replays)
        found = search.names()
        return tuple(search.finding(one, found) for one in found)


@dataclass
class _Search:
    """The search for what explains one submission's answers to one exercise."""

    loaded: LoadedChapter
    mistakes: tuple[Mistake, ...]
    outcomes: tuple[Outcome, ...]
    whence: Whence | None
    replays: Replays

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
                if suspect and self.replays.show(suspect, items):
                    part = (
                        other_part(outcome, self.replays.answered(alone, items)) if alone else None
                    )
                    return Finding(mistake, outcome.check, part)
        return Finding(mistake, failing[0].check)

    @cached_property
    def _but_for_inputs(self) -> list[Item]:
        """All calls but those that were made to look at their arguments."""
        return [one for one in self._evidence(self.outcomes) if not looks_at_inputs(one.call)]

    @cached_property
    def failing(self) -> list[Outcome]:
        """The value checks that fail."""
        return [one for one in self.outcomes if one.check.value and one.status in FAILING]

    @cached_property
    def singles(self) -> list[Suspect]:
        return [Suspect((one,), one.implementation) for one in self.mistakes]

    @cached_property
    def pairs(self) -> list[Suspect]:
        return list(itertools.islice(self._pairs(), PAIRS))

    def _pairs(self) -> Iterator[Suspect]:
        for one, other in itertools.combinations(self.mistakes, 2):
            both = one.slip.made_with(other.slip) if one.slip and other.slip else None
            if both is not None and one.slip is not None:
                yield Suspect((one, other), both, one.slip.definition.files)

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
        if rounded is not None and self.replays.explain(REFERENCE, items, forms[0]):
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
                if (answer := self.replays.answer(self._suspect(one), item)) is not None
            )
        ]
        return tuple(pure) if len(pure) == 1 else ()

    def _also_changes(self, mistake: Mistake, items: Sequence[Item]) -> bool:
        answers = ((item, self.replays.answer(self._suspect(mistake), item)) for item in items)
        return all(answer is not None and also_changes(item, answer) for item, answer in answers)

    def _suspect(self, mistake: Mistake) -> Suspect:
        return next(one for one in self.singles if one.names[0] is mistake)

    def _sure(self, suspects: list[Suspect], items: list[Item], how: Likeness) -> Names:
        found = self._matching(suspects, items, how)
        return found[0].names if len(found) == 1 else ()

    def _matching(self, suspects: list[Suspect], items: list[Item], how: Likeness) -> list[Suspect]:
        if not items or self.replays.explain(REFERENCE, items, how):
            return []
        if how.loose and sum(item.tells for item in items) < TELLING:
            return []
        found = [one for one in suspects if self.replays.explain(one, items, how)]
        return (
            found
            if how.digits is None
            else [one for one in found if self._is_fine(one, items, how)]
        )

    def _is_fine(self, suspect: Suspect, items: list[Item], how: Likeness) -> bool:
        """Whether its own answers have more decimals than those that look rounded."""
        return _digits((item, self.replays.answer(suspect, item)) for item in items) != how.digits

    def _evidence(self, outcomes: Sequence[Outcome]) -> list[Item]:
        items = evidence(outcomes, self.loaded.reference)
        return [item for one in items if (item := self._understood(one)) is not None]

    def _understood(self, item: Item) -> Item | None:
        """The call with what its error means; None if that says nothing about this exercise."""
        error = item.call.error
        if error is None or self.whence is None:
            return item
        if self.whence.elsewhere(error):
            return None
        if self.whence.on_purpose(error):  # whoever checks his own numbers gives up as well
            return replace(item, got=replace(item.got, numeric=True))
        return item

    def _rounded(self, digits: int) -> Mistake:
        exercise = self.mistakes[0].exercise
        return Mistake(exercise, "rounded", ROUNDED.format(digits=digits))


def _digits(answers: Iterable[tuple[Item, Answer | None]]) -> int | None:
    """To how many decimals the answers are rounded; the arguments looked at are no answer."""
    return rounded_to(
        [
            one.value
            for item, one in answers
            if one is not None and one.error is None and not looks_at_inputs(item.call)
        ]
    )


def _common(found: list[Suspect]) -> Names:
    """The names of what fits; where several do, the one mistake that all of them have."""
    if len(found) == 1:
        return found[0].names
    shared = [one for one in found[0].names if all(one in other.names for other in found)]
    return tuple(shared) if len(found[0].names) > 1 else ()
