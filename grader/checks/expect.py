"""Comparisons by the one tolerance rule.  They run in the judge, on plain data only."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from grader.checks.arrays import as_array, float_bytes, is_numbers, kind_of, numbers_of
from grader.checks.containers import Comparison
from grader.checks.mismatch import Mismatch, indefinite, joined
from grader.checks.tolerance import is_single, within
from grader.wall.protocol.tokens import Function, Generator


def expect(condition: Any, message: str, *, expected: Any = None, got: Any = None) -> None:
    """Raise Mismatch with `message` unless the condition holds."""
    if not condition:
        raise Mismatch(message, expected, got)


def expect_close(
    got: Any,
    expected: Any,
    message: str = "",
    *,
    names: Sequence[str] = (),
    scale: float | None = None,
    digits: int | None = None,
) -> None:
    """Raise Mismatch unless `got` equals `expected` up to rounding.

    Numbers, arrays and tensors agree when they have the same shape and differ nowhere by more
    than r * (|expected| + scale), where r is 1e-6 for float64 and 1e-4 for float32, and `scale`
    is the largest magnitude in `expected` unless it is given (give that of the input where a
    right answer may be the small difference of large numbers).  A pair may be a tuple or a list,
    a list of numbers also an array; `names` are the parts' names, for the message.
    With `digits`, `expected` is rounded to that many decimals, and so may differ by half of the
    last one.

    Where float64 is due, what float32 arithmetic costs is accepted as well: the float32 tolerance
    holds for an answer that it has evidently led to (`grader.checks.tolerance`).  That costs one
    property, `double_precision`, and not each check its points.  Tensors keep their dtype.
    """
    comparison = Comparison(message, is_numbers, kind_of)
    for mine, due, where in comparison.parts(got, expected, names):
        if type(mine) is type(due) is int and mine == due:
            continue
        if _exactly(mine, due):
            _same(mine, due, where)
        elif isinstance(due, list):
            sequence = list(mine) if isinstance(mine, tuple) else mine
            array = np.asarray(sequence) if is_numbers(sequence) else sequence
            _close_arrays(array, np.asarray(due), where, scale, digits)
        else:
            _close_arrays(mine, due, where, scale, digits)


SINGLE = (
    "these numbers have about 7 digits, as float32 has; float64, which NumPy takes unless told "
    "otherwise, has 16: leave out what asks for float32"
)


def expect_double(got: Any, expected: Any, message: str = "", *, names: Sequence[str] = ()) -> None:
    """Raise Mismatch if float32 arithmetic led to a part of `got`; whether it is right is open."""
    for mine, due, where in Comparison(message, is_numbers, kind_of).parts(got, expected, names):
        actual, wanted = as_array(mine)[0], as_array(due)[0]
        if actual is None or wanted is None or actual.shape != wanted.shape:
            continue
        if kind_of(mine) != "tensor" and is_single(actual, wanted):
            raise Mismatch(joined(where, SINGLE), due, mine)


def expect_equal(got: Any, expected: Any, message: str = "", *, names: Sequence[str] = ()) -> None:
    """Raise Mismatch unless `got` equals `expected` exactly.

    That is for integers of any size, booleans (True is not 1), text, bytes, None, arrays of such,
    and for lists, tuples and dicts of them at any depth: the message says where the first
    difference is, "at left.right.threshold".  A pair may be a tuple or a list, and `names` are the
    parts' names.  A set is no answer to compare with: sort it into a list.
    """
    for mine, due, where in Comparison(message, _never, kind_of).parts(got, expected, names):
        if _exactly(mine, due) or type(mine) is type(due) is int:
            _same(mine, due, where)
            continue
        actual, wanted = numbers_of(mine, due, where)
        same = (actual == wanted) | ((actual != actual) & (wanted != wanted))
        if not same.all():
            raise Mismatch(joined(where, _first_difference(~same)), due, mine)


def expect_error(type_name: str, call: Callable[..., Any], *arguments: Any, **named: Any) -> str:
    """Raise Mismatch unless the call raises an error of that type; returns the error's message."""
    try:
        got = call(*arguments, **named)
    except Exception as error:
        raised = getattr(error, "type_names", None)
        if raised is None:
            raised = [kind.__name__ for kind in type(error).__mro__]
        if type_name in raised:
            return str(getattr(error, "text", error))
        raise
    raise Mismatch(f"no {type_name} was raised", expected=f"{type_name}", got=got)


def _call_and_return_inputs(submission: Any, name: str, arguments: Any) -> Any:
    """call the function and look at its arguments afterwards"""
    getattr(submission, name)(*arguments)
    # Functions and generators are no data, and do not come back.
    return [None if callable(it) or hasattr(it, "bit_generator") else it for it in arguments]


def _call_with_keywords_and_return_inputs(
    submission: Any, name: str, arguments: Any, keywords: Any
) -> Any:
    """call the function and look at its arguments afterwards"""
    getattr(submission, name)(*arguments, **keywords)
    after = [*arguments, *keywords.values()]
    return [None if callable(it) or hasattr(it, "bit_generator") else it for it in after]


INSIDE_OUT = (_call_and_return_inputs.__name__, _call_with_keywords_and_return_inputs.__name__)
"""The probes that look at what becomes of the arguments of a call."""


def expect_untouched(submission: Any, name: str, *arguments: Any, **keywords: Any) -> None:
    """Raise Mismatch if the call changes one of its (plain data) arguments."""
    before = copy.deepcopy([*arguments, *keywords.values()])
    if keywords:
        probe = _call_with_keywords_and_return_inputs
        after = submission.probe(probe, name, list(arguments), keywords)
    else:
        after = submission.probe(_call_and_return_inputs, name, list(arguments))
    if not isinstance(after, list) or len(after) != len(before):
        raise Mismatch("the arguments could not be looked at after the call", before, after)
    for was, now in zip(before, after, strict=True):
        expect_same(now, was)


def expect_same(now: Any, was: Any) -> None:
    """Raise Mismatch if an argument is not what it was; functions and generators do not matter."""
    message = "an input was changed by the call"
    for mine, due, where in Comparison(message, _never, kind_of).parts(now, was):
        if not isinstance(due, (Function, Generator)):
            expect_equal(mine, due, where)


def as_parts(answer: Any, names: Sequence[str]) -> Sequence[Any]:
    """An answer of several values, to be unpacked.  Raises Mismatch if it is none."""
    due = f"{len(names)} values are due ({', '.join(names)})"
    if not isinstance(answer, (tuple, list)):
        raise Mismatch(f"{due}, not {indefinite(kind_of(answer))}", got=answer)
    if len(answer) != len(names):
        raise Mismatch(f"{due}, not {len(answer)}", got=answer)
    return answer


WORDS = {str: "text", bytes: "bytes", bool: "True or False", int: "a number"}
NEARBY = 12
"""Characters shown on either side of the first difference of two texts."""


def _exactly(got: Any, expected: Any) -> bool:
    """Whether the two are compared as they are, because one of them is no number."""
    kinds = (str, bytes, bool, type(None))
    return type(expected) in kinds or (type(got) in kinds and not isinstance(expected, np.ndarray))


def _same(got: Any, expected: Any, message: str) -> None:
    """Raise Mismatch unless they are equal and of one kind: True is not 1, and "1" is not b"1"."""
    due, given = _plain_kind(expected), _plain_kind(got)
    if due is not given or (due is None and kind_of(expected) != kind_of(got)):
        what = WORDS[due] if due else indefinite(kind_of(expected))
        text = f"{what} is due, not {_named(got)}"
        raise Mismatch(joined(message, text), expected, got)
    if due in (str, bytes) and got != expected:
        raise Mismatch(joined(message, _about_text(got, expected)), expected, got)
    if got != expected:
        raise Mismatch(joined(message, "a different number"), expected, got)


def _plain_kind(value: Any) -> type | None:
    """str, bytes, bool or int, whether or not NumPy has it in an array without axes."""
    if isinstance(value, (np.ndarray, np.generic)) and not value.ndim and value.dtype.kind in "biu":
        return bool if value.dtype.kind == "b" else int
    return type(value) if type(value) in WORDS else None


def _named(value: Any) -> str:
    """What a value is, with an article; True and False by name."""
    return str(value) if type(value) is bool else indefinite(kind_of(value))


def _about_text(got: Any, expected: Any) -> str:
    """Where two texts differ first, with what stands there in both."""
    pairs = enumerate(zip(got, expected, strict=False))
    shorter = min(len(got), len(expected))
    first = next((i for i, (one, other) in pairs if one != other), shorter)
    what = "byte" if isinstance(expected, bytes) else "character"
    begin = max(0, first - NEARBY)
    one, other = (value[begin : first + NEARBY] for value in (expected, got))
    if max(len(got), len(expected)) <= 2 * NEARBY:
        return f"they differ from {what} {first} on"
    return f"they differ from {what} {first} on, where {one!r} is due, not {other!r}"


def _never(value: Any) -> bool:
    return False


def _close_arrays(
    got: Any, expected: Any, message: str, scale: float | None, digits: int | None
) -> None:
    actual, wanted = numbers_of(got, expected, message)
    due, given, kind = float_bytes(expected), float_bytes(got), kind_of(got)
    if given < due and (given != 4 or kind == "tensor"):
        text = f"float{8 * due} values are due, not float{8 * given}"
        raise Mismatch(joined(message, text), expected, got)
    rounding = 0.0 if digits is None else 0.5 * 10.0**-digits
    close = within(actual, wanted, due, scale=scale, rounding=rounding)
    if not close.all() and kind != "tensor" and is_single(actual, wanted):
        close = within(actual, wanted, 4, scale=scale, rounding=rounding)
    if not close.all():
        raise Mismatch(joined(message, _first_difference(~close)), expected, got)


def _first_difference(wrong: np.ndarray) -> str:
    if not wrong.ndim:
        return "a different number"
    index = ", ".join(str(int(i)) for i in np.argwhere(wrong)[0])
    return f"{int(wrong.sum())} of {wrong.size} entries differ, the first at [{index}]"
