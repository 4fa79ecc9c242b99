"""How a wrong answer relates to the right one, in words: half of it, its transpose, negated."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.checks.arrays import as_array
from grader.checks.expect import expect_close
from grader.checks.mismatch import Mismatch

FEWEST = 3
"""Entries below which any two answers are multiples of each other by chance."""


def relation(expected: Any, got: Any) -> str | None:
    """One sentence that is true of these two answers and explains the second; None if none is."""
    if isinstance(expected, (tuple, list)) and isinstance(got, (tuple, list)):
        return _of_parts(list(expected), list(got))
    due, given = as_array(expected)[0], as_array(got)[0]
    if due is None or given is None or not due.size or due.dtype.kind not in "iuf":
        return None
    with np.errstate(all="ignore"):
        return _of_shapes(due, given) if due.shape != given.shape else _of_values(due, given)


def _of_parts(expected: list[Any], got: list[Any]) -> str | None:
    if len(expected) == len(got) > 1 and _close(got[::-1], expected):
        return "These are the right values, in reverse order."
    return None


def _of_shapes(due: np.ndarray, given: np.ndarray) -> str | None:
    if given.ndim >= 2 and due.shape == given.T.shape and _close(given.T, due):
        return "It is the transpose of what is due."
    if due.size == given.size > 1 and _close(given.reshape(due.shape), due):
        return "The entries are right, only the shape is not."
    if due.ndim == 0 and given.size > 1:
        return _of_total(due, given)
    return None


def _of_total(due: np.ndarray, given: np.ndarray) -> str | None:
    if _close(given.sum(), due):
        return "Its sum is what is due."
    return "Its mean is what is due." if _close(given.mean(), due) else None


def _of_values(due: np.ndarray, given: np.ndarray) -> str | None:
    if _close(given, due):
        return None
    if given.dtype.kind in "iub" and (due != np.round(due)).any():
        return f"It holds {given.dtype} values, which cannot have a fraction."
    if due.ndim >= 2 and due.shape == given.T.shape and _close(given.T, due):
        return "It is the transpose of what is due."
    if given.dtype.kind not in "iuf" or due.size < FEWEST:
        return None
    return _factor(due, given) or _offset(due, given) or _reversed(due, given)


def _factor(due: np.ndarray, given: np.ndarray) -> str | None:
    """Whether every entry is the same multiple of what is due, which two of them must show."""
    telling = due[due != 0]
    if np.unique(np.abs(telling)).size < 2:
        return None
    factor = float((given[due != 0] / telling).flat[0])
    if not np.isfinite(factor) or not factor or not _close(due * factor, given):
        return None
    if abs(factor + 1) < 1e-6:
        return "Every entry has the wrong sign."
    times = f"{factor:.4g}"
    return f"Every entry is {times} times what is due." if times != "1" else None


def _offset(due: np.ndarray, given: np.ndarray) -> str | None:
    offset = float(given.flat[0] - due.flat[0])
    if np.unique(due).size < 2 or not np.isfinite(offset) or not _close(due + offset, given):
        return None
    size = "large" if offset > 0 else "small"
    return f"Every entry is {abs(offset):.4g} too {size}."


def _reversed(due: np.ndarray, given: np.ndarray) -> str | None:
    for axis in range(due.ndim):
        if _close(np.flip(given, axis), due):
            return "The entries are right, in reverse order."
    return None


def _close(one: Any, other: Any) -> bool:
    try:
        expect_close(one, other)
    except Mismatch:
        return False
    return True
