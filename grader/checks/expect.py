"""Comparisons, and the one tolerance rule.  They run in the judge, on plain data only."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from grader.checks.containers import Comparison
from grader.checks.mismatch import Mismatch, indefinite, joined
from grader.wall.protocol.tokens import Function, Generator, Opaque

RELATIVE = {2: 1e-2, 4: 1e-4, 8: 1e-6}
"""Relative tolerance by bytes of a float: float16, float32, float64."""

SMALLEST_SCALE = {2: 1.0, 4: 1e-2, 8: 1e-6}
"""Rounding of intermediate results leaves this much even where the exact answer is 0."""


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
    """
    comparison = Comparison(message, _is_numbers, _kind)
    for mine, due, where in comparison.parts(got, expected, names):
        if type(mine) is type(due) is int and mine == due:
            continue
        if _exactly(mine, due):
            _same(mine, due, where)
        elif isinstance(due, list):
            sequence = list(mine) if isinstance(mine, tuple) else mine
            array = np.asarray(sequence) if _is_numbers(sequence) else sequence
            _close_arrays(array, np.asarray(due), where, scale, digits)
        else:
            _close_arrays(mine, due, where, scale, digits)


def expect_equal(got: Any, expected: Any, message: str = "", *, names: Sequence[str] = ()) -> None:
    """Raise Mismatch unless `got` equals `expected` exactly.

    That is for integers of any size, booleans (True is not 1), text, bytes, None, arrays of such,
    and for lists, tuples and dicts of them at any depth: the message says where the first
    difference is, "at left.right.threshold".  A pair may be a tuple or a list, and `names` are the
    parts' names.  A set is no answer to compare with: sort it into a list.
    """
    for mine, due, where in Comparison(message, _never, _kind).parts(got, expected, names):
        if _exactly(mine, due) or type(mine) is type(due) is int:
            _same(mine, due, where)
            continue
        actual, wanted = _numbers(mine, due, where)
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
    return arguments


def _call_with_keywords_and_return_inputs(
    submission: Any, name: str, arguments: Any, keywords: Any
) -> Any:
    """call the function and look at its arguments afterwards"""
    getattr(submission, name)(*arguments, **keywords)
    return [*arguments, *keywords.values()]


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
    for mine, due, where in Comparison(message, _never, _kind).parts(now, was):
        if not isinstance(due, (Function, Generator)):
            expect_equal(mine, due, where)


def as_parts(answer: Any, names: Sequence[str]) -> Sequence[Any]:
    """An answer of several values, to be unpacked.  Raises Mismatch if it is none."""
    due = f"{len(names)} values are due ({', '.join(names)})"
    if not isinstance(answer, (tuple, list)):
        raise Mismatch(f"{due}, not {indefinite(_kind(answer))}", got=answer)
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


def _fits(value: int) -> bool:
    return -(2**63) <= value < 2**63


def _same(got: Any, expected: Any, message: str) -> None:
    """Raise Mismatch unless they are equal and of one kind: True is not 1, and "1" is not b"1"."""
    due, given = _plain_kind(expected), _plain_kind(got)
    if due is not given or (due is None and _kind(expected) != _kind(got)):
        what = WORDS[due] if due else indefinite(_kind(expected))
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
    return str(value) if type(value) is bool else indefinite(_kind(value))


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


def _is_numbers(value: Any) -> bool:
    """Whether it is a list of numbers that an array can hold."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(type(item) is float or (type(item) is int and _fits(item)) for item in value)
    )


def _kind(value: Any) -> str:
    return as_array(value)[1]


def _close_arrays(
    got: Any, expected: Any, message: str, scale: float | None, digits: int | None
) -> None:
    actual, wanted = _numbers(got, expected, message)
    precision = _precision(got, expected, message)
    same = actual == wanted
    if same.all():
        return
    actual, wanted = actual.astype(np.complex128), wanted.astype(np.complex128)
    finite = wanted[np.isfinite(wanted)]
    if scale is None:
        scale = float(np.abs(finite).max()) if finite.size else 0.0
    scale = max(scale, SMALLEST_SCALE[precision])
    with np.errstate(all="ignore"):
        rounding = 0.0 if digits is None else 0.5 * 10.0**-digits
        allowed = rounding + RELATIVE[precision] * (np.abs(wanted) + scale)
        close = np.abs(actual - wanted) <= allowed
    close &= np.isfinite(actual) & np.isfinite(wanted)
    close |= same | (np.isnan(actual) & np.isnan(wanted))
    if not close.all():
        raise Mismatch(joined(message, _first_difference(~close)), expected, got)


def _numbers(got: Any, expected: Any, message: str) -> tuple[np.ndarray, np.ndarray]:
    """Both as plain arrays of one shape and one kind."""
    wanted, kind = as_array(expected)
    actual, given = as_array(got)
    if given == "list" and kind == "array":
        text = "an array is due, not a list: np.array makes one of it"
        raise Mismatch(joined(message, text), expected, got)
    if actual is None or wanted is None:
        raise Mismatch(
            joined(message, f"{indefinite(kind)} is due, not {indefinite(given)}"), expected, got
        )
    if kind == "tensor" != given and wanted.ndim:
        text = f"a tensor is due, not {indefinite(given)}"
        raise Mismatch(joined(message, text), expected, got)
    if given == "tensor" != kind:
        text = f"{indefinite(kind)} is due, not a tensor" + (
            ": .numpy() makes one of it" if kind == "array" else ""
        )
        raise Mismatch(joined(message, text), expected, got)
    if actual.shape != wanted.shape:
        text = f"shape {_shape(wanted)} is due, not {_shape(actual)}"
        raise Mismatch(joined(message, text), expected, got)
    return actual, wanted


def as_array(value: Any) -> tuple[Any, str]:
    """A value as a plain array, None if it is no numbers; and what kind of thing it is."""
    torch = sys.modules.get("torch")
    if isinstance(value, np.ndarray):
        return value, "array"
    if type(value) is int and not _fits(value):
        return _of_large(value), "number"
    if isinstance(value, (bool, int, float, np.generic)):
        return np.asarray(value), "number"
    if torch is not None and isinstance(value, torch.Tensor):
        plain = value.detach()
        return (plain.float() if plain.dtype == torch.bfloat16 else plain).numpy(), "tensor"
    if _is_numbers(value):
        return np.asarray(value), "list"
    if isinstance(value, Opaque):
        return None, f"{value.type_name} object"
    return None, "None" if value is None else type(value).__name__


def _of_large(value: int) -> np.ndarray | None:
    """An integer beyond 64 bits as the nearest float; None if it is beyond floats too."""
    try:
        return np.asarray(float(value))
    except OverflowError:
        return None


def _precision(got: Any, expected: Any, message: str) -> int:
    """Bytes of a float in the comparison; an answer in a lower precision than due is wrong."""
    due, given = _float_bytes(expected), _float_bytes(got)
    if given < due:
        text = f"float{8 * due} values are due, not float{8 * given}"
        raise Mismatch(joined(message, text), expected, got)
    return due


def _float_bytes(value: Any) -> int:
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return int(value.dtype.itemsize) if value.dtype.is_floating_point else 8
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
        return min(int(value.dtype.itemsize), 8)
    return 8


def _first_difference(wrong: np.ndarray) -> str:
    if not wrong.ndim:
        return "a different number"
    index = ", ".join(str(int(i)) for i in np.argwhere(wrong)[0])
    return f"{int(wrong.sum())} of {wrong.size} entries differ, the first at [{index}]"


def _shape(array: np.ndarray) -> str:
    return f"({', '.join(map(str, array.shape))}{',' if array.ndim == 1 else ''})"
