"""Rate limits, in the memory of one server process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_KEYS = 10_000


@dataclass
class Limiter:
    """A bucket for each key: so `many` at once, and as many again in so many `seconds`."""

    many: int
    seconds: float
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def left(self, key: str) -> bool:
        """Whether the bucket of that key holds one more."""
        with self._lock:
            return self._level(key) >= 1.0

    def take(self, key: str) -> bool:
        """Take one out; False if there is none."""
        with self._lock:
            level = self._level(key)
            if level < 1.0:
                return False
            self._buckets.pop(key, None)
            self._buckets[key] = level - 1.0, self.clock()
            if len(self._buckets) > MOST_KEYS:  # who was quiet longest is forgotten first
                del self._buckets[next(iter(self._buckets))]
            return True

    def _level(self, key: str) -> float:
        level, since = self._buckets.get(key, (float(self.many), self.clock()))
        return min(float(self.many), level + (self.clock() - since) * self.many / self.seconds)
