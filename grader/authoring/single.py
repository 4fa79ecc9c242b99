"""Single precision: what a reference answers in it, and whether that is another answer at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from grader.judge.run import Outcome


def in_single(reference: Callable[..., Any]) -> Callable[..., Any]:
    """A function that answers as the reference does, its answers rounded to float32."""

    def answer(*args: Any, **kwargs: Any) -> Any:
        return _rounded(reference(*args, **kwargs))

    return answer


def _rounded(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(_rounded(item) for item in value)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (np.ndarray, np.float64)) and value.dtype == np.float64:
        return value.astype(np.float32)
    return float(np.float32(value)) if type(value) is float else value


def computes_in_double(outcomes: Iterable[Outcome]) -> bool:
    """Whether the value checks compare arrays of numbers that float32 arithmetic would miss.

    These are float64 numbers which no float32 holds and which no argument brings: what is copied
    from an argument, counted or chosen is the same in any precision.
    """
    calls = (call for one in outcomes if one.check.value for call in (*one.calls, *one.transcript))
    return any(
        np.setdiff1d(_telling(call.returned), _all(call.arguments, call.keywords)).size
        for call in calls
    )


def _telling(value: Any) -> np.ndarray:
    """The finite numbers in float64 arrays that no float32 holds."""
    numbers = _all(value)
    with np.errstate(all="ignore"):
        fine = np.isfinite(numbers) & (numbers.astype(np.float32) != numbers)
    return np.asarray(numbers[fine])


def _all(*values: Any) -> np.ndarray:
    """The numbers of all float64 arrays in a value."""
    return np.concatenate([np.empty(0), *(array.ravel() for array in _arrays(values))])


def _arrays(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray) and value.dtype == np.float64 and value.ndim:
        yield value
    items = value.values() if isinstance(value, dict) else value
    if isinstance(items, (list, tuple)) or isinstance(value, dict):
        for item in items:
            yield from _arrays(item)
