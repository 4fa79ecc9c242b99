"""The reference in single precision: right, and yet not what is due."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


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
