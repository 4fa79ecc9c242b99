"""Single keys from the terminal, without Enter."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
from typing import Any

from grader.watch.events import Events, Pressed

SEQUENCE = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z~]|O[A-Z])?")
"""What a terminal sends for arrows and the like."""

INTERRUPT = "\x03"
"""Ctrl-C, where it arrives as a key."""


class Keyboard:
    """The terminal's keys one by one while the context lasts; it is as before afterwards."""

    def __init__(self, events: Events) -> None:
        self.events = events
        self.thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Keyboard:
        self.begin()
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def begin(self) -> None:
        """Have keys come at once."""

    def end(self) -> None:
        """Leave the terminal as it was found."""

    def pressed(self) -> str:
        """Wait for keys; a closed terminal counts as `q`."""
        raise NotImplementedError

    def _read(self) -> None:
        keys = ""
        while "q" not in keys:
            keys = self.pressed()
            self.events.put(Pressed(keys))


class PosixKeyboard(Keyboard):
    """A terminal that is told to hand over keys at once."""

    def begin(self) -> None:
        import termios
        import tty

        self.descriptor = sys.stdin.fileno()
        self.before = termios.tcgetattr(self.descriptor)
        tty.setcbreak(self.descriptor)

    def end(self) -> None:
        import termios

        with contextlib.suppress(termios.error):  # the terminal has gone
            termios.tcsetattr(self.descriptor, termios.TCSADRAIN, self.before)

    def pressed(self) -> str:
        try:
            typed = os.read(self.descriptor, 64)
        except OSError:
            return "q"
        return SEQUENCE.sub(b"", typed).decode("latin-1") if typed else "q"


class WindowsKeyboard(Keyboard):
    """The console, read key by key."""

    def pressed(self) -> str:
        import msvcrt

        console: Any = msvcrt
        key = str(console.getwch())
        if key in ("\x00", "\xe0"):  # an arrow or the like: a second code says which
            console.getwch()
            return ""
        return "q" if key == INTERRUPT else key


def keyboard(events: Events) -> Keyboard | None:
    """The keyboard of this system; None where single keys cannot be read."""
    with contextlib.suppress(ImportError):
        import termios

        return PosixKeyboard(events) if termios else None
    with contextlib.suppress(ImportError):
        import msvcrt

        return WindowsKeyboard(events) if msvcrt else None
    return None
