"""Two nested answers taken apart into pairs of parts, each with the place where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from grader.checks.mismatch import LAZY, Mismatch, indefinite, joined, named

NAMED = 3
"""Missing keys of a dictionary that are named; more are counted."""


@dataclass(frozen=True)
class Comparison:
    """Takes expected answers apart, and answers along with them.

    `message` says what is compared; `whole` tells parts that are compared as they are, although
    they are lists; `kind_of` names the kind of an answer that has the wrong one.
    """

    message: str
    whole: Callable[[Any], bool]
    kind_of: Callable[[Any], str]

    def parts(
        self, got: Any, expected: Any, names: Sequence[str] = (), path: tuple[Any, ...] = ()
    ) -> Iterator[tuple[Any, Any, str]]:
        """Each part of `got`, the one that is due, and the message that says where it stands.

        A pair may be a tuple or a list.  Raises Mismatch where the parts are not the same ones,
        and TypeError for a set, which has no order to compare by.
        """
        if isinstance(expected, (set, frozenset)):
            raise TypeError("a set is no answer to compare with: sort it into a list")
        if isinstance(expected, dict):
            self._same_keys(got, expected, path)
            for key in expected:
                yield from self.parts(got[key], expected[key], (), (*path, key))
        elif isinstance(expected, (tuple, list)) and not self.whole(expected):
            self._same_length(got, expected, names, path)
            numbers = range(len(expected))
            steps = (
                [names[i] for i in numbers] if len(names) == len(expected) else map(_At, numbers)
            )
            for mine, due, step in zip(got, expected, steps, strict=True):
                yield from self.parts(mine, due, (), (*path, step))
        else:
            yield got, expected, self._where(path)

    def _where(self, path: tuple[Any, ...]) -> str:
        return joined(self.message, place(path))

    def _same_keys(self, got: Any, expected: dict[Any, Any], path: tuple[Any, ...]) -> None:
        where = self._where(path)
        if not isinstance(got, dict):
            text = f"a dict is due, not {indefinite(self.kind_of(got))}"
            raise Mismatch(joined(where, text), expected, got)
        given, due = set(map(_exact, got)), set(map(_exact, expected))
        missing = [_word(key) for key in expected if _exact(key) not in given]
        more = [_word(key) for key in got if _exact(key) not in due]
        if missing:
            text = f"{', '.join(missing[:NAMED])} is missing"
            if len(missing) > NAMED:
                text = f"{len(missing)} keys are missing, the first is {missing[0]}"
            raise Mismatch(joined(where, text), expected, got)
        if more:
            text = f"{len(more)} more than is due, the first is {more[0]}"
            raise Mismatch(joined(where, text), expected, got)

    def _same_length(
        self, got: Any, expected: Sequence[Any], names: Sequence[str], path: tuple[Any, ...]
    ) -> None:
        due = f"{len(expected)} values are due"
        if len(names) == len(expected):
            due += f" ({', '.join(names)})"
        if (kind := self.kind_of(got)) in LAZY:
            text = f"{named(kind)}: return a list, which list(...) makes of it"
            raise Mismatch(joined(self._where(path), text), expected, got)
        if not isinstance(got, (tuple, list)):
            text = f"{due}, not {indefinite(self.kind_of(got))}"
            raise Mismatch(joined(self._where(path), text), expected, got)
        if len(got) != len(expected):
            text = f"{due}, not {len(got)}"
            raise Mismatch(joined(self._where(path), text), expected, got)


@dataclass(frozen=True)
class _At:
    """A step of a path into a list: the number of the item."""

    number: int

    def __repr__(self) -> str:
        return f"[{self.number}]"


def place(path: tuple[Any, ...]) -> str:
    """A path as text: `dw`, `[2]`, or `at left.right[0].threshold` where it is a longer one."""
    if len(path) < 2:
        return "".join(map(_word, path))
    steps = "".join(
        _word(step) if isinstance(step, _At) or not before else f".{_word(step)}"
        for before, step in enumerate(path)
    )
    return f"at {steps}"


def _word(key: Any) -> str:
    return key if isinstance(key, str) else repr(key)


def _exact(key: Any) -> tuple[bool, Any]:
    """Tells True from 1, which are equal as keys."""
    return type(key) is bool, key
