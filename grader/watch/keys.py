"""Single keys from the terminal, without Enter, and everything else that wakes the watcher."""

from __future__ import annotations

import os
import re
import select
import signal
import threading
import time
from collections.abc import Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

SAVED, RESIZED = b"s", b"r"
SEQUENCE = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z~]|O[A-Z])?")
"""What a terminal sends for arrows and the like."""

GROUPING = 15
"""Milliseconds without a further change after which a save is taken for complete."""

LONGEST_GROUPING = 100
POLLING = 100
"""Milliseconds between looks at the files where there are no notifications."""

LOOK_AGAIN = 1000
"""Milliseconds between looks at the folder when nothing is heard of it."""


class Keyboard:
    """The terminal's keys one by one while the context lasts; it is as before afterwards."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __enter__(self) -> Keyboard:
        import termios
        import tty

        self.before = termios.tcgetattr(self.descriptor)
        tty.setcbreak(self.descriptor)
        return self

    def __exit__(self, *_: object) -> None:
        import termios

        termios.tcsetattr(self.descriptor, termios.TCSADRAIN, self.before)

    def pressed(self) -> str:
        """The keys that wait; arrows and the like count as none, a closed terminal as `q`."""
        try:
            typed = os.read(self.descriptor, 64)
        except OSError:
            return "q"
        return SEQUENCE.sub(b"", typed).decode("latin-1") if typed else "q"


class Signals:
    """Saves in a folder and changes of the window's size, as bytes in a pipe."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.awake, self.wake = os.pipe()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Signals:
        self.before = signal.signal(signal.SIGWINCH, self._resized)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        signal.signal(signal.SIGWINCH, self.before)

    def heard(self) -> bytes:
        return os.read(self.awake, 4096)

    def _resized(self, number: int, frame: FrameType | None) -> None:
        os.write(self.wake, RESIZED)

    def _watch(self) -> None:
        """Report every change, also of a folder that goes away and comes back."""
        polling = False
        while not self.stop.is_set():
            if not self.folder.is_dir():
                time.sleep(LOOK_AGAIN / 1000)
                continue
            try:
                self._until_gone(polling)
            except (OSError, RuntimeError):
                # The system's notifications are used up or do not work on this file system.
                polling = True

    def _until_gone(self, polling: bool) -> None:
        from watchfiles import watch

        for _ in watch(
            self.folder,
            watch_filter=None,
            debounce=LONGEST_GROUPING,
            step=GROUPING,
            stop_event=self.stop,
            rust_timeout=LOOK_AGAIN,
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=polling or None,
            poll_delay_ms=POLLING,
            recursive=False,
        ):
            # Also without a change: one may have come before notifications were set up.
            os.write(self.wake, SAVED)
            if not self.folder.is_dir():
                return


def ready(ends: Iterable[int | Connection], seconds: float | None) -> list[Any]:
    """Those ends that have something to read; none when the time is over."""
    return select.select(list(ends), [], [], seconds)[0]
