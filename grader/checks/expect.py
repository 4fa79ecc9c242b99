"""Comparisons, and the one tolerance rule.  They run in the judge, on plain data only."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from grader.wall.protocol.tokens import Function, Generator, Opaque

RELATIVE = {2: 1e-2, 4: 1e-4, 8: 1e-6}
"""Relative tolerance by bytes of a float: float16, float32, float64."""

SMALLEST_SCALE = {2: 1.0, 4: 1e-2, 8: 1e-6}
"""Rounding of intermediate results leaves this much even where the exact answer is 0."""


class Mismatch(AssertionError):
    """An answer is not what a check expects.

    `expected` and `got` are the values to show; `message` says in words what is wrong.
    """

    def __init__(self, message: str, expected: Any = None, got: Any = None) -> None:
        super().__init__(message)
        self.message, self.expected, self.got = message, expected, got


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
) -> None:
    """Raise Mismatch unless `got` equals `expected` up to rounding.

    Numbers, arrays and tensors agree when they have the same shape and differ nowhere by more
    than r * (|expected| + scale), where r is 1e-6 for float64 and 1e-4 for float32, and `scale`
    is the largest magnitude in `expected` unless it is given (give that of the input where a
    right answer may be the small difference of large numbers).  A pair may be a tuple or a list,
    a list of numbers also an array; `names` are the parts' names, for the message.
    """
    if isinstance(expected, list) and expected and _all_numbers(expected):
        sequence = list(got) if isinstance(got, tuple) else got
        got_array = np.asarray(sequence) if _is_numbers(sequence) else sequence
        _close_arrays(got_array, np.asarray(expected), message, scale)
    elif isinstance(expected, (tuple, list)):
        for mine, due, name in _parts(got, expected, message, names):
            expect_close(mine, due, _joined(message, name), scale=scale)
    elif isinstance(expected, dict):
        _same_keys(got, expected, message)
        for key in expected:
            expect_close(got[key], expected[key], _joined(message, str(key)), scale=scale)
    elif isinstance(expected, (str, type(None))):
        expect_equal(got, expected, message)
    else:
        _close_arrays(got, expected, message, scale)


def expect_equal(got: Any, expected: Any, message: str = "", *, names: Sequence[str] = ()) -> None:
    """Raise Mismatch unless `got` equals `expected` exactly: integers, booleans, text."""
    if isinstance(expected, (tuple, list)):
        for mine, due, name in _parts(got, expected, message, names):
            expect_equal(mine, due, _joined(message, name))
    elif isinstance(expected, (str, type(None))):
        if type(got) is not type(expected) or got != expected:
            raise Mismatch(_joined(message, "a different answer"), expected, got)
    else:
        actual, wanted = _numbers(got, expected, message)
        same = (actual == wanted) | ((actual != actual) & (wanted != wanted))
        if not same.all():
            raise Mismatch(_joined(message, _first_difference(~same)), expected, got)


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


def expect_untouched(submission: Any, name: str, *arguments: Any) -> None:
    """Raise Mismatch if the call changes one of its (plain data) arguments."""
    before = copy.deepcopy(list(arguments))
    after = submission.probe(_call_and_return_inputs, name, list(arguments))
    if not isinstance(after, list) or len(after) != len(before):
        raise Mismatch("the arguments could not be looked at after the call", before, after)
    for was, now in zip(before, after, strict=True):
        if not isinstance(was, (Function, Generator)):
            expect_equal(now, was, "an input was changed by the call")


def _parts(
    got: Any, expected: Any, message: str, names: Sequence[str]
) -> list[tuple[Any, Any, str]]:
    due = f"{len(expected)} values are due"
    if len(names) == len(expected):
        due += f" ({', '.join(names)})"
    if not isinstance(got, (tuple, list)):
        text = f"{due}, not {_a(as_array(got)[1])}"
        raise Mismatch(_joined(message, text), expected, got)
    if len(got) != len(expected):
        raise Mismatch(_joined(message, f"{due}, not {len(got)}"))
    named = list(names) if len(names) == len(expected) else [f"[{i}]" for i in range(len(expected))]
    return list(zip(got, expected, named, strict=True))


def _all_numbers(values: Any) -> bool:
    return all(type(value) in (int, float) for value in values)


def _is_numbers(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and _all_numbers(value)


def _same_keys(got: Any, expected: dict[Any, Any], message: str) -> None:
    if not isinstance(got, dict) or set(got) != set(expected):
        raise Mismatch(_joined(message, _about_keys(got, expected)), expected, got)


def _about_keys(got: Any, expected: dict[Any, Any]) -> str:
    if not isinstance(got, dict):
        return f"a dict is due, not {_a(as_array(got)[1])}"
    missing = [str(key) for key in expected if key not in got]
    if missing:
        return f"{', '.join(missing)} is missing"
    return f"{len(got) - len(expected)} more than is due"


def _close_arrays(got: Any, expected: Any, message: str, scale: float | None) -> None:
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
        close = np.abs(actual - wanted) <= RELATIVE[precision] * (np.abs(wanted) + scale)
    close &= np.isfinite(actual) & np.isfinite(wanted)
    close |= same | (np.isnan(actual) & np.isnan(wanted))
    if not close.all():
        raise Mismatch(_joined(message, _first_difference(~close)), expected, got)


def _numbers(got: Any, expected: Any, message: str) -> tuple[np.ndarray, np.ndarray]:
    """Both as plain arrays of one shape and one kind."""
    wanted, kind = as_array(expected)
    actual, given = as_array(got)
    if given == "list" and kind == "array":
        text = "an array is due, not a list: np.array makes one of it"
        raise Mismatch(_joined(message, text), expected, got)
    if actual is None or wanted is None:
        raise Mismatch(_joined(message, f"{_a(kind)} is due, not {_a(given)}"), expected, got)
    if kind == "tensor" != given and wanted.ndim:
        raise Mismatch(_joined(message, f"a tensor is due, not {_a(given)}"), expected, got)
    if given == "tensor" != kind:
        text = f"{_a(kind)} is due, not a tensor" + (
            ": .numpy() makes one of it" if kind == "array" else ""
        )
        raise Mismatch(_joined(message, text), expected, got)
    if actual.shape != wanted.shape:
        text = f"shape {_shape(wanted)} is due, not {_shape(actual)}"
        raise Mismatch(_joined(message, text), expected, got)
    return actual, wanted


def as_array(value: Any) -> tuple[Any, str]:
    """A value as a plain array, None if it is no numbers; and what kind of thing it is."""
    torch = sys.modules.get("torch")
    if isinstance(value, np.ndarray):
        return value, "array"
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


def _precision(got: Any, expected: Any, message: str) -> int:
    """Bytes of a float in the comparison; an answer in a lower precision than due is wrong."""
    due, given = _float_bytes(expected), _float_bytes(got)
    if given < due:
        text = f"float{8 * due} values are due, not float{8 * given}"
        raise Mismatch(_joined(message, text), expected, got)
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


def _a(kind: str) -> str:
    if kind == "None":
        return "None: is a `return` missing?"
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _joined(message: str, detail: str) -> str:
    return f"{message}: {detail}" if message else detail
