"""Answers as plain arrays: what kind of thing an answer is, its shape, its precision."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from grader.checks.mismatch import Mismatch, indefinite, joined
from grader.wall.protocol.tokens import Opaque


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
    if is_numbers(value):
        return np.asarray(value), "list"
    if isinstance(value, Opaque):
        return None, f"{value.type_name} object"
    return None, "None" if value is None else type(value).__name__


def kind_of(value: Any) -> str:
    return as_array(value)[1]


def is_numbers(value: Any) -> bool:
    """Whether it is a list of numbers that an array can hold."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(type(item) is float or (type(item) is int and _fits(item)) for item in value)
    )


def numbers_of(got: Any, expected: Any, message: str) -> tuple[np.ndarray, np.ndarray]:
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
        text = f"shape {shape_of(wanted.shape)} is due, not {shape_of(actual.shape)}"
        raise Mismatch(joined(message, text), expected, got)
    return actual, wanted


def shaped(answer: Any, shape: Sequence[int], name: str, *, tensor: bool = False) -> Any:
    """The answer, to compute with, if it is numbers of that shape; of a list or tuple an array.

    With `tensor` nothing but a tensor will do.  Raises Mismatch, which says what is due for `name`:
    "losses: shape (3,) is due, not (2,)".
    """
    shape = tuple(shape)
    actual, kind = as_array(list(answer) if isinstance(answer, tuple) else answer)
    numbers = actual is not None and actual.dtype.kind in "biufc"
    if not numbers or (tensor and kind != "tensor"):
        what = "tensor" if tensor else "array"
        due = f"{indefinite(what)} of shape {shape_of(shape)}" if shape or tensor else "a number"
        given = "a list that holds no numbers" if kind == "list" and not numbers else None
        text = f"{due} is due, not {given or indefinite(kind)}"
        raise Mismatch(joined(name, text), got=answer)
    if actual.shape != shape:
        text = f"shape {shape_of(shape)} is due, not {shape_of(actual.shape)}"
        raise Mismatch(joined(name, text), got=answer)
    return actual if kind == "list" else answer


def float_bytes(value: Any) -> int:
    """Bytes of a float of the answer; whatever holds none is taken for float64."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return int(value.dtype.itemsize) if value.dtype.is_floating_point else 8
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
        return min(int(value.dtype.itemsize), 8)
    return 8


def shape_of(shape: tuple[int, ...]) -> str:
    """A shape as NumPy prints it."""
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def _fits(value: int) -> bool:
    return -(2**63) <= value < 2**63


def _of_large(value: int) -> np.ndarray | None:
    """An integer beyond 64 bits as the nearest float; None if it is beyond floats too."""
    try:
        return np.asarray(float(value))
    except OverflowError:
        return None
