"""The late policy: what a mark is worth that was handed in after the deadline.

A day late is a day on the wall clock of the class: what is due on Sunday at 23:59 is one day late
until Monday at 23:59, also in the night in which clocks are changed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Lateness:
    """How late something is, and what it loses: `days` begun, `percent` of the points reached."""

    days: int
    percent: float

    @property
    def late(self) -> bool:
        return self.days > 0

    def mark(self, points: float) -> float:
        """The points that remain, never fewer than none."""
        return round(points * max(0.0, 100.0 - self.percent) / 100.0, 2)


ON_TIME = Lateness(0, 0.0)


@dataclass(frozen=True)
class LatePolicy:
    """What a class grants: so much `grace` is not late, then `percent` a day for `days` days.

    With no days, nothing is accepted after the grace.
    """

    grace: timedelta = timedelta()
    percent: float = 0.0
    days: int = 0

    def closes(self, due: datetime) -> datetime:
        """The last moment at which something is accepted; `due` carries the class's time zone."""
        return max(self._grace(due), due + timedelta(days=self.days), key=datetime.timestamp)

    def of(self, due: datetime | None, received: datetime) -> Lateness | None:
        """How late `received` is, None if it is not accepted any more.

        Both carry a time zone; days are those of `due`'s.
        """
        if due is None:
            return ON_TIME
        # Moments are compared, never wall clocks: an hour that comes twice is two hours.
        if received.timestamp() <= self._grace(due).timestamp():
            return ON_TIME
        if received.timestamp() > self.closes(due).timestamp():
            return None
        local = received.astimezone(due.tzinfo).replace(tzinfo=None)
        over = local - due.replace(tzinfo=None)
        days = min(self.days, max(1, math.ceil(over / timedelta(days=1))))
        return Lateness(days, min(100.0, self.percent * days))

    def _grace(self, due: datetime) -> datetime:
        """The end of the grace, which is a span of time and no matter of wall clocks."""
        return (due.astimezone(UTC) + self.grace).astimezone(due.tzinfo)
