"""How a comparison fails, and the words that its message is put together of."""

from __future__ import annotations

from typing import Any

LAZY = frozenset(f"{name} object" for name in ("generator", "map", "filter", "zip", "range"))
"""Kinds of answers that would give their items one by one, and are no list of them."""


class Mismatch(AssertionError):
    """An answer is not what a check expects.

    `expected` and `got` are the values to show; `message` says in words what is wrong.
    """

    def __init__(self, message: str, expected: Any = None, got: Any = None) -> None:
        super().__init__(message)
        self.message, self.expected, self.got = message, expected, got


def joined(message: str, detail: str) -> str:
    """What is compared, and what is wrong with it."""
    return f"{message}: {detail}" if message and detail else message or detail


def indefinite(kind: str) -> str:
    """The kind of a thing with its article; None has an explanation instead."""
    if kind == "None":
        return "None: is a `return` missing?"
    if kind in LAZY:
        return f"{named(kind)}: list(...) makes a list of it"
    return named(kind)


def named(kind: str) -> str:
    """The kind of a thing with its article, without what to do about it."""
    kind = kind.removesuffix(" object") if kind in LAZY else kind
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
