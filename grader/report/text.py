"""Values and untrusted text as short, harmless text."""

from __future__ import annotations

import re
import sys
import unicodedata
from typing import Any

import numpy as np

from grader.wall.protocol.tokens import Function, Generator, Opaque

SMALL = 36
"""Entries of an array that is shown whole."""

WIDE = 56
"""Characters of a dictionary that stands on one line."""

LONGEST = 2000
OVERLONG = 4
"""A text is cut to so many times what is shown before it is looked at."""

VISIBLE = re.compile(r"[^ -~]+")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of Unicode: control, format, surrogate, private and unassigned; line separators."""

INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Default-ignorable characters of other categories, and blanks that are no space."""

MARKS = frozenset({"Mn", "Me"})
MOST_MARKS = 4
"""Combining marks on one character; the most that a language writes is three."""


def harmless(text: str, most: int = LONGEST) -> str:
    """Text of a submission as what it looks like, capped; everything that is shown goes through it.

    Control and format characters, by Unicode's own tables (directions, tags and zero widths among
    them), and halves of surrogate pairs show as one replacement character a run.  What is drawn
    as nothing (fillers, variation selectors) and marks piled upon marks are dropped: they carry
    text that nobody sees to a terminal, a page, or whatever reads reports next.
    """
    plain = text[: OVERLONG * most + OVERLONG].replace("\r\n", "\n").replace("\t", "    ")
    if not (plain.isascii() and plain.isprintable()):
        plain = VISIBLE.sub(lambda found: _harmless_part(found[0]), plain)
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def _harmless_part(text: str) -> str:
    kept, marks = list[str](), 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in MARKS else 0
        if character == "\n":
            kept.append(character)
        elif character in INVISIBLE or marks > MOST_MARKS or _selects_a_variant(character):
            continue
        elif category not in UNSEEN:
            kept.append(character)
        elif kept[-1:] != [REPLACEMENT]:
            kept.append(REPLACEMENT)
    return "".join(kept)


def _selects_a_variant(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


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
        return harmless(f"np.random.default_rng({value.seed})", 80)
    if isinstance(value, Function) and value.shown:
        return harmless(value.shown)
    if isinstance(value, Function):
        bound = ", ".join(f"{name}={show(item)}" for name, item in value.bound.items())
        return harmless(f"{value.name}({bound})" if bound else value.name)
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
