"""Everything that wakes the watcher, in one queue: threads and signal handlers put it there."""

from __future__ import annotations

from dataclasses import dataclass
from queue import Empty, SimpleQueue

FOREVER = 3600.0
"""Seconds; a wait without an end could not be interrupted on every system."""


class Event:
    """Something has happened.  A judge's answer, `Heard`, stands beside the judges."""


@dataclass(frozen=True)
class Pressed(Event):
    """Keys, as typed."""

    keys: str


@dataclass(frozen=True)
class Touched(Event):
    """Files of these names were written, made, renamed or deleted; none where nobody can say."""

    names: frozenset[str]


@dataclass(frozen=True)
class Resized(Event):
    """The window has another size, or must be drawn afresh for another reason."""


class Events:
    """The queue.  `put` may be called anywhere, also in a signal handler."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[Event] = SimpleQueue()

    def put(self, event: Event) -> None:
        self.queue.put(event)

    def next(self, seconds: float | None = None) -> Event | None:
        """Wait for the next event; None when the seconds are over."""
        try:
            return self.queue.get(timeout=FOREVER if seconds is None else seconds)
        except Empty:
            return None
