"""A judge's attempt at an exercise: where it is, what earlier attempts were lost in, and its clock.

What a submission answers may be made to trip the judge itself.  Then that check is lost and no
other: the judge notices it, or it dies and the next attempt leaves that check out.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from grader.judge.recorded import Recorded
from grader.wall.errors import SubmissionLost

TOO_LARGE = "protocol error: comparing the answer takes more memory than the judge has"
DIED = "protocol error: the judge did not survive the answer"


def _nowhere(check: int) -> None:
    """Nobody asks where a judge is that works alone."""


@dataclass(frozen=True)
class Attempt:
    """`lost` says how earlier attempts ended, by number of the check; `at` hears where we are.

    The number behind the last check stands for what comes after the checks: naming the mistake.
    `recorded` are the inputs to use, those of the loaded chapter where nothing is said.  Who
    `only_decides` asks which checks pass: the first input that fails is not made smaller.
    """

    lost: Mapping[int, SubmissionLost] = field(default_factory=dict)
    recorded: Recorded | None = None
    at: Callable[[int], None] = _nowhere
    only_decides: bool = False


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raise SubmissionLost when the judge has worked for so long by itself, waiting not counted.

    It counts the judge's own processor time, so that a busy machine makes no difference.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not (in_main_thread and hasattr(signal, "setitimer")):
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise SubmissionLost("timeout", f"comparing the answer took the judge over {seconds:g} s")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
