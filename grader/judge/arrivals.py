"""Assignments that come while others are judged, for a pool that stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection

from grader.judge.assignment import Assignment


@dataclass(frozen=True)
class Arrivals:
    """What comes through the connection, until its other end is closed.

    Assignments are numbered from 0 in the order in which they come.
    """

    connection: Connection

    def next(self) -> Assignment | None:
        """Wait for the next one; None if no more will come, and nobody waits for an answer."""
        try:
            assignment = self.connection.recv()
        except (EOFError, OSError):
            return None
        assert isinstance(assignment, Assignment)
        return assignment

    def __iter__(self) -> Iterator[Assignment]:
        while (assignment := self.next()) is not None:
            yield assignment
