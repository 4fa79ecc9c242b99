"""Naming the mistake: replay the submission's calls on every known mistake of the exercise."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterable
from typing import Any

from grader.bank import Mistake
from grader.checks.answers import Backend, Call, Local
from grader.checks.expect import expect_close
from grader.checks.mismatch import Mismatch
from grader.judge.chapter import LoadedChapter
from grader.judge.run import Outcome
from grader.wall.errors import SubmissionError

EVIDENCE = 120
"""Calls to replay: those of the counterexamples first, then others that the checks made."""


def diagnose(
    loaded: LoadedChapter, mistakes: Iterable[Mistake], outcomes: Iterable[Outcome]
) -> Mistake | None:
    """The one mistake that answers every call as the submission did, and not as the reference.

    Where none does, the one that answers so wherever the value checks got an answer: the values
    come from this mistake, and something else is wrong besides, say an input that is changed.
    None when no mistake does, or more than one: silence is better than a wrong name.
    """
    known, everything = list(mistakes), list(outcomes)
    values = [one for one in everything if one.check.value and one.status == "failed"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for part in (everything, values):
            matching = _matching(loaded, known, _evidence(part))
            if matching:
                return matching[0] if len(matching) == 1 else None
    return None


def _matching(
    loaded: LoadedChapter, mistakes: list[Mistake], evidence: list[Call]
) -> list[Mistake]:
    if not evidence or _agrees(loaded.reference, evidence):
        return []
    return [entry for entry in mistakes if _agrees(_mistaken(loaded, entry), evidence)]


def _evidence(outcomes: list[Outcome]) -> list[Call]:
    failing = [call for outcome in outcomes for call in outcome.calls]
    in_turns = itertools.zip_longest(*(outcome.transcript for outcome in outcomes))
    others = [call for turn in in_turns for call in turn if call is not None]
    answered = [call for call in failing + others if call.done or _raised(call)]
    return answered[:EVIDENCE]


def _raised(call: Call) -> bool:
    return call.error is not None and call.error.status == "error"


def _mistaken(loaded: LoadedChapter, entry: Mistake) -> Local:
    """The reference with one function replaced; the reference's own calls stay right."""
    return Local({**loaded.namespace, entry.exercise: entry.implementation})


def _agrees(backend: Backend, evidence: list[Call]) -> bool:
    return all(_same_answer(call, backend) for call in evidence)


def _same_answer(call: Call, backend: Backend) -> bool:
    try:
        answer = call.ask(backend)
    except SubmissionError as error:
        return call.error is not None and call.error.type_names[:1] == error.type_names[:1]
    return call.done and _alike(call.returned, answer)


def _alike(one: Any, other: Any) -> bool:
    try:
        expect_close(one, other)
    except Mismatch:
        return False
    return True
