"""What a judge keeps of answers, by bytes: a submission decides how large each of them is."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from grader.checks.answers import Call
from grader.report.text import show
from grader.wall.protocol.tokens import Opaque

LARGE = 1 << 20
"""Bytes of an answer that is kept as it is; of a larger one its description is."""


def size_of(value: Any) -> int:
    """Roughly how many bytes a plain value takes."""
    torch = sys.modules.get("torch")
    if isinstance(value, np.ndarray):
        return value.nbytes
    if torch is not None and isinstance(value, torch.Tensor):
        return int(value.nbytes)
    if isinstance(value, (list, tuple)):
        return sum(map(size_of, value)) + 8 * len(value)
    if isinstance(value, dict):
        return sum(size_of(key) + size_of(item) for key, item in value.items())
    return sys.getsizeof(value)


def kept(value: Any) -> Any:
    """The value, or a description of one that is too large to keep."""
    size = size_of(value)
    return value if size <= LARGE else Opaque(f"{show(value)[:60]}, {size >> 20} MB")


def lighten(calls: list[Call]) -> None:
    """Keep descriptions of what is too large among the answers."""
    for call in calls:
        call.returned = kept(call.returned)
