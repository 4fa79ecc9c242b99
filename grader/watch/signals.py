"""What the system tells a program on a terminal: another size, stop, go on, end."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Any

from grader.watch.events import Events, Resized
from grader.watch.keys import Keyboard
from grader.watch.screen import Screen

ENDED_BY_SIGNAL = 128
"""A shell's exit code for a program that a signal ended is this and the signal's number."""


class Signals:
    """Handles them while the context lasts: whatever comes, the terminal is left as it was."""

    def __init__(self, events: Events, keyboard: Keyboard, screen: Screen) -> None:
        self.events, self.keyboard, self.screen = events, keyboard, screen
        wanted: dict[str, Any] = {
            "SIGWINCH": self._redraw,
            "SIGCONT": self._redraw,
            "SIGTSTP": self._suspend,
            "SIGINT": signal.default_int_handler,  # also where whoever started us ignores it
            "SIGTERM": _end,
            "SIGHUP": _end,
        }
        self.handlers = {
            getattr(signal, name): handler
            for name, handler in wanted.items()
            if hasattr(signal, name)
        }

    def __enter__(self) -> Signals:
        self.before = {number: signal.getsignal(number) for number in self.handlers}
        for number, handler in self.handlers.items():
            signal.signal(number, handler)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _redraw(self, number: int, frame: FrameType | None) -> None:
        self.events.put(Resized())

    def _suspend(self, number: int, frame: FrameType | None) -> None:
        """Ctrl-Z: give the terminal back, stop, and take it again when we go on."""
        self.screen.leave()
        self.keyboard.end()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.signal(number, self._suspend)
        self.keyboard.begin()
        self.screen.enter()
        self.events.put(Resized())


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(ENDED_BY_SIGNAL + number)
