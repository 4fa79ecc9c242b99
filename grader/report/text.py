"""Values and untrusted text as short, harmless text."""

from __future__ import annotations

import re
import sys
from typing import Any

import numpy as np

from grader.wall.protocol.tokens import Function, Generator, Opaque

SMALL = 36
"""Entries of an array that is shown whole."""

WIDE = 56
"""Characters of a dictionary that stands on one line."""

LONGEST = 2000
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def harmless(text: str, most: int = LONGEST) -> str:
    """Text of a submission without control characters and direction marks, capped."""
    plain = CONTROL.sub(
        "\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\t", "    ")
    )
    plain = plain.encode("utf-8", "replace").decode("utf-8")
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def show(value: Any) -> str:
    """A value as a reader would write it: small arrays whole, large ones by shape."""
    torch = sys.modules.get("torch")
    if isinstance(value, np.ndarray):
        return _array(value)
    if torch is not None and isinstance(value, torch.Tensor):
        plain = value.detach()
        return _array((plain.float() if plain.dtype == torch.bfloat16 else plain).numpy())
    if isinstance(value, Opaque):
        return f"<{harmless(value.type_name, 80)} object>"
    if isinstance(value, Generator):
        return f"np.random.default_rng({value.seed})"
    if isinstance(value, Function):
        bound = ", ".join(f"{name}={show(item)}" for name, item in value.bound.items())
        return f"{value.name}({bound})" if bound else value.name
    if isinstance(value, float):
        return f"{value:.7g}" if value != int_or_self(value) else f"{value:.1f}"
    if isinstance(value, str):
        return harmless(repr(value), 200)
    if isinstance(value, (tuple, list)):
        return _sequence(value)
    if isinstance(value, dict):
        return _dictionary(value)
    return harmless(repr(value), 200)


def int_or_self(value: float) -> float:
    """The nearest whole number of modest size, else something unequal."""
    return float(round(value)) if abs(value) < 1e6 else float("nan")


def _sequence(value: tuple[Any, ...] | list[Any]) -> str:
    left, right = ("(", ")") if isinstance(value, tuple) else ("[", "]")
    shown = [show(item) for item in value[:SMALL]]
    if len(value) > SMALL:
        shown.append(f"… {len(value)} in all")
    if any("\n" in text for text in shown):
        inner = ",\n".join(shown).replace("\n", "\n ")
    else:
        inner = ", ".join(shown)
    comma = "," if isinstance(value, tuple) and len(value) == 1 else ""
    return harmless(f"{left}{inner}{comma}{right}")


def _dictionary(value: dict[Any, Any]) -> str:
    """What fits on a line stands on it; a matrix has lines of its own, below its key."""
    parts = []
    for key, item in value.items():
        head = f"{harmless(repr(key), 60)}: "
        parts.append(head + show(item).replace("\n", "\n" + " " * (len(head) + 1)))
    tall = any("\n" in part for part in parts) or sum(map(len, parts)) > WIDE
    return harmless("{" + (",\n " if tall else ", ").join(parts) + "}")


def _array(array: np.ndarray) -> str:
    if array.size > SMALL:
        first = ", ".join(_entry(value) for value in array.reshape(-1)[:4])
        return f"{array.dtype} array of shape {array.shape}, first entries {first}"
    if array.size == 0:
        return f"empty array of shape {array.shape}"
    if _is_identity(array):
        return f"identity matrix {array.shape}"
    width = max(len(_entry(value)) for value in array.reshape(-1))
    entries: Any = {"all": lambda value: _entry(value).rjust(width)}
    text = np.array2string(array, separator=", ", max_line_width=72, formatter=entries)
    return text.replace("\n\n", "\n")


def _is_identity(array: np.ndarray) -> bool:
    square = array.ndim == 2 and array.shape[0] == array.shape[1] > 2
    return square and bool((array == np.eye(len(array))).all())


def _entry(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, np.floating) else str(value)
