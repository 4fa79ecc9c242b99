"""Running two slips at once: nobody has tried them together, and they may never end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

LINES = 20_000
"""Lines that a call may run: a count, so that a diagnosis is the same on a busy machine."""

T = TypeVar("T")


class TooLong(BaseException):
    """More lines than a call may run; not an Exception, which the code that runs might catch."""


def bounded(call: Callable[[], T], files: frozenset[str]) -> T:
    """Make the call.  Raises TooLong after so many lines of these files."""
    left = LINES

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise TooLong
        return count

    def enter(frame: FrameType, event: str, argument: Any) -> Any:
        return count if frame.f_code.co_filename in files else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        return call()
    finally:
        sys.settrace(before)
