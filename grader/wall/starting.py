"""The one place that chooses between the two kinds of sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from grader.wall.isolation import Isolation
from grader.wall.limits import Limits
from grader.wall.sandbox import Sandbox
from grader.wall.spawned import SpawnedSandbox
from grader.wall.system import forks

if TYPE_CHECKING:
    from grader.wall.channel import Channel


class Workers(Protocol):
    """Where a session gets its workers."""

    def open(self) -> tuple[Channel, int]:
        """A worker's channel and its leash, a descriptor to close for its end.

        Raises SandboxError.
        """


class AnySandbox(Workers, Protocol):
    """What both kinds of sandbox offer."""

    def wait(self) -> None:
        """Wait until a worker can be opened.  Raises SandboxError."""

    def alive(self) -> bool: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def start_sandbox(isolation: Isolation, libraries: tuple[str, ...], limits: Limits) -> AnySandbox:
    """Start a sandbox of the kind that this system can have."""
    kind = Sandbox if forks() else SpawnedSandbox
    return kind(isolation, libraries, limits)
