"""Who uses whom among statements, followed in time linear in what they mention."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol


class Binding(Protocol):
    """What binds names, and uses others for it."""

    @property
    def binds(self) -> Collection[str]: ...

    @property
    def uses(self) -> Collection[str]: ...


def needed(statements: Sequence[Binding], names: Iterable[str]) -> set[str]:
    """The names, and all that the statements that bind one of them use, by way of others too."""
    binders: dict[str, list[int]] = {}
    for number, one in enumerate(statements):
        for name in one.binds:
            binders.setdefault(name, []).append(number)
    found, pending, seen = set[str](), deque(names), set[int]()
    while pending:
        name = pending.popleft()
        if name in found:
            continue
        found.add(name)
        for number in binders.get(name, ()):
            if number not in seen:
                seen.add(number)
                pending.extend(sorted(statements[number].uses))
    return found


def affected(
    statements: Sequence[Binding], names: Iterable[str], *, once: bool = False
) -> dict[str, str]:
    """The names and all that is bound by use of one, by way of others too; each with its cause.

    A cause is one of `names`.  Of statements that bind one name only the last one counts, unless
    a name is affected if it `once` was.
    """
    last = {name: number for number, one in enumerate(statements) for name in one.binds}
    users: dict[str, list[int]] = {}
    for number, one in enumerate(statements):
        for name in one.uses:
            users.setdefault(name, []).append(number)
    cause = {name: name for name in names}
    pending, seen = deque(cause), set[int]()
    while pending:
        name = pending.popleft()
        for number in users.get(name, ()):
            if number in seen:
                continue
            seen.add(number)
            for other in sorted(statements[number].binds):
                if (once or last[other] == number) and other not in cause:
                    cause[other] = cause[name]
                    pending.append(other)
    return cause
