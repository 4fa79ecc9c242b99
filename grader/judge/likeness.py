"""Whether a mistake answers as a submission did: to the digit, or but for its form.

A learner's version of a mistake may be in single precision, rounded, a list where the bank has an
array, or raise where the bank's goes on with nan.  Such a difference is allowed only where the
reference, allowed as much, still answers otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.checks.arrays import as_array
from grader.checks.expect import expect_close
from grader.checks.mismatch import Mismatch

MOST_DIGITS = 6
"""Decimals of a rounded answer; with more, rounding is no longer what is wrong with it."""

SINGLE = 1e-4
"""What single precision may cost, relative to the terms."""

SMALLEST = 1e-9
FEWEST = 8
"""Different numbers below which they may be round by chance."""


@dataclass(frozen=True)
class Likeness:
    """How much two answers may differ.

    Without `loose`, by rounding of the last digits only; with it by container and single precision;
    with `digits` also by rounding to so many decimals.
    """

    loose: bool = False
    digits: int | None = None

    def same(self, got: Any, other: Any, due: Any) -> bool:
        """Whether the two are one answer; `due` is the reference's, for the scale of its parts."""
        if self.loose:
            return self._same_form(_formless(got), _formless(other), _formless(due))
        if isinstance(other, (list, tuple)) and not _is_numbers(other):
            if not isinstance(got, (list, tuple)) or len(got) != len(other):
                return False
            return all(map(self.same, got, other, _parts(due, len(other))))
        try:
            expect_close(got, other, scale=_scale(other, due))
        except Mismatch:
            return False
        return True

    def _same_form(self, got: Any, other: Any, due: Any) -> bool:
        if isinstance(got, list) != isinstance(other, list):  # rows in a list, rows of an array
            got, other, due = map(_rows, (got, other, due))
        if isinstance(other, list):
            if not isinstance(got, list) or len(got) != len(other):
                return False
            return all(map(self._same_form, got, other, _parts(due, len(other))))
        if isinstance(other, dict):
            if not isinstance(got, dict) or got.keys() != other.keys():
                return False
            dues = due if isinstance(due, dict) else {}
            return all(self._same_form(got[key], other[key], dues.get(key)) for key in other)
        if isinstance(other, np.ndarray) and isinstance(got, np.ndarray):
            return self._same_numbers(got, other, due)
        return type(got) is type(other) and bool(got == other)

    def _same_numbers(self, got: np.ndarray, other: np.ndarray, due: Any) -> bool:
        if got.shape != other.shape:
            return False
        terms = np.abs(other) + (_scale(other, due) or 0.0)
        allowed = SINGLE * terms
        if self.digits is not None:
            allowed = SMALLEST * terms + 0.5 * 10.0**-self.digits * (1 + SMALLEST)
        with np.errstate(all="ignore"):
            near = np.abs(got - other) <= allowed
        near |= (got == other) | (np.isnan(got) & np.isnan(other))
        return bool(near.all())


STRICT, LOOSE = Likeness(), Likeness(loose=True)


def rounded_to(answers: list[Any]) -> int | None:
    """To how many decimals all numbers are rounded; None if they are not, or are whole."""
    numbers = [number for answer in answers for number in _numbers(_formless(answer))]
    values = np.concatenate(numbers) if numbers else np.zeros(0)
    values = values[np.isfinite(values)]
    if np.unique(values).size < FEWEST:
        return None
    for digits in range(MOST_DIGITS + 1):
        stretched = values * 10.0**digits
        if (np.abs(stretched - np.round(stretched)) <= SMALLEST * (1 + np.abs(stretched))).all():
            return digits or None
    return None


def is_odd(answer: Any, due: Any) -> bool:
    """Whether an answer could not be gone on with: it is not the one that is due."""
    return not LOOSE.same(answer, due, due)


def _formless(value: Any) -> Any:
    """Numbers as double-precision arrays, whatever holds them; tuples as lists."""
    if isinstance(value, (list, tuple)):
        array = _nested(value)
        return [_formless(item) for item in value] if array is None else array
    if isinstance(value, dict):
        return {key: _formless(item) for key, item in value.items()}
    array = as_array(value)[0]
    if array is None or array.dtype.kind not in "biuf":
        return value
    return array.astype(np.float64)


def _nested(value: Any) -> np.ndarray | None:
    """Lists of lists of numbers as an array; None if that is not all there is."""
    if not _all_numbers(value):
        return None
    try:
        return np.array(value, dtype=np.float64)
    except (ValueError, OverflowError):  # rows of unequal length, integers beyond floats
        return None


def _rows(value: Any) -> Any:
    """The rows of an array as a list; of anything else, what it is."""
    return list(value) if isinstance(value, np.ndarray) and value.ndim else value


def _all_numbers(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return bool(value) and all(map(_all_numbers, value))
    return isinstance(value, (bool, int, float))


def _numbers(value: Any) -> list[np.ndarray]:
    if isinstance(value, (list, dict)):
        inner = value.values() if isinstance(value, dict) else value
        return [number for item in inner for number in _numbers(item)]
    return [value.reshape(-1)] if isinstance(value, np.ndarray) else []


def _parts(due: Any, count: int) -> list[Any]:
    fits = isinstance(due, (list, tuple)) and len(due) == count
    return list(due) if fits else [None] * count


def _is_numbers(value: Any) -> bool:
    return isinstance(value, list) and as_array(value)[0] is not None


def _scale(other: Any, due: Any) -> float | None:
    """The size that a difference is measured by: a mistake may blow up single entries."""
    sizes = [_size(other), _size(due)]
    known = [size for size in sizes if size is not None]
    return min(known) if known else None


def _size(value: Any) -> float | None:
    array = as_array(value)[0]
    if array is None or array.dtype.kind not in "biuf":
        return None
    finite = np.abs(array[np.isfinite(array)].astype(np.float64))
    return float(finite.max()) if finite.size else None
