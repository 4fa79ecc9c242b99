"""What is wrong with an answer over which a check tripped before it could compare."""

from __future__ import annotations

from collections.abc import Sequence

from grader.checks.answers import Backend, Call
from grader.checks.arrays import kind_of
from grader.checks.expect import expect_close
from grader.checks.mismatch import LAZY, Mismatch, indefinite
from grader.wall.errors import SubmissionError

WORDLESS = "the answer has the wrong type or shape"


def tripped(calls: Sequence[Call], reference: Backend | None) -> Mismatch:
    """The first answer that is not what is due, in words; of the last one, if all seem right."""
    answered = [call for call in calls if call.done]
    for call in answered:
        found = _in_words(call) if reference is None else _compared(call, reference)
        if found is not None:
            return found
    return Mismatch(WORDLESS, got=answered[-1].returned if answered else None)


def _in_words(call: Call) -> Mismatch | None:
    """Where no reference is at hand: kinds of answers that nothing asks for."""
    kind = kind_of(call.returned)
    if kind != "None" and kind not in LAZY:
        return None
    return Mismatch(f"the answer is {indefinite(kind)}", got=call.returned)


def _compared(call: Call, reference: Backend) -> Mismatch | None:
    try:
        expect_close(call.returned, call.ask(reference))
    except Mismatch as mismatch:
        if isinstance(mismatch.expected, (tuple, list)):  # how many parts are due is in words
            return Mismatch(mismatch.message, got=mismatch.got)
        return mismatch
    except (SubmissionError, TypeError, ValueError):  # nothing is due, or no numbers are
        return _in_words(call)
    return None
