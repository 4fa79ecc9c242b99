"""The judge's reading of what a worker says: only as far as it has the form that is due.

A worker shares its process with a submission, so every part of a reply is untrusted: its types are
asked, never taken for granted, and everything is capped before anything is built of it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, TypeGuard

MOST_PROBLEMS = 24
MOST_NAMES = 20_000
MOST_UNCOMPILED = 200
MOST_TYPES = 16
MOST_LINES = 6
TEXT = 1000
NAME = 80


class Malformed(Exception):
    """A reply has no known form."""


@dataclass(frozen=True)
class Problem:
    """An error of the submission: its types, its text, and the own lines it went through."""

    types: tuple[str, ...]
    text: str
    lines: tuple[tuple[str, int], ...]

    @property
    def error(self) -> str:
        return self.types[0]


@dataclass(frozen=True)
class Loaded:
    """What a worker says when it has loaded a file: names defined, and what failed meanwhile.

    `more` counts the problems that are not told; `uncompiled` are definitions that are no Python.
    """

    defined: frozenset[str]
    problems: tuple[Problem, ...]
    more: int
    uncompiled: dict[str, Problem]
    printed: str


def is_answer_to(reply: Any, number: int) -> TypeGuard[dict[str, Any]]:
    """Whether the reply bears the number of the question."""
    return type(reply) is dict and type(reply.get("id")) is int and reply["id"] == number


def loaded(reply: dict[str, Any], most_printed: int) -> Loaded:
    """Raises Malformed."""
    defined, problems = _list(reply, "defined"), _list(reply, "problems")
    names = frozenset(name[:NAME] for name in defined[:MOST_NAMES] if type(name) is str)
    more, uncompiled = reply.get("more"), reply.get("uncompiled")
    if type(more) is not int or type(uncompiled) is not dict:
        raise Malformed("no count of problems")
    told = itertools.islice(uncompiled.items(), MOST_UNCOMPILED)
    return Loaded(
        names,
        tuple(map(problem, problems[:MOST_PROBLEMS])),
        more,
        {name[:NAME]: problem(data) for name, data in told if type(name) is str},
        printed(reply, most_printed),
    )


def printed(reply: dict[str, Any], most: int) -> str:
    """What the submission printed meanwhile, if it is text."""
    text = reply.get("printed")
    return text[:most] if type(text) is str else ""


def problem(data: Any) -> Problem:
    """Raises Malformed."""
    types, lines = _list(data, "types"), _list(data, "lines")
    named = tuple(name[:NAME] for name in types[:MOST_TYPES] if type(name) is str)
    text = data.get("text")
    if not named or type(text) is not str:
        raise Malformed("an error without a name")
    return Problem(named, text[:TEXT], tuple(map(_line, lines[-MOST_LINES:])))


def _line(data: Any) -> tuple[str, int]:
    if type(data) is not list or [type(part) for part in data] != [str, int]:
        raise Malformed("a line without a number")
    return data[0][:TEXT], data[1]


def _list(data: Any, name: str) -> list[Any]:
    value = data.get(name) if type(data) is dict else None
    if type(value) is not list:
        raise Malformed(f"no list of {name}")
    return value
