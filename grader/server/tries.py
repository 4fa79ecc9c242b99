"""Tries: a token bucket for each student and chapter, computed from what was accepted.

Nothing is stored beside the submissions themselves, so nothing can disagree with them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from grader.server.settings import Tries


@dataclass(frozen=True)
class Left:
    """How many tries there are now, None for no limit, and when there is the next if none."""

    tries: int | None
    next: datetime | None = None


def left(tries: Tries, accepted: Iterable[datetime], now: datetime) -> Left:
    """What is left in the bucket, which begins full and fills at an even rate."""
    if tries.most is None:
        return Left(None)
    rate = tries.most / tries.seconds
    level, before = float(tries.most), None
    for moment in (*sorted(accepted), now):
        if before is not None:
            passed = max(0.0, (moment - before).total_seconds())
            level = min(float(tries.most), level + passed * rate)
        if moment is not now:
            level -= 1.0
        before = moment
    whole = math.floor(level + 1e-9)
    if whole >= 1:
        return Left(whole)
    return Left(0, now + timedelta(seconds=(1.0 - level) / rate))
