"""Saves in a folder, whatever an editor does to make them."""

from __future__ import annotations

import threading
from pathlib import Path

from grader.watch.events import Events, Touched

GROUPING = 15
"""Milliseconds without a further change after which a save is taken for complete."""

LONGEST_GROUPING = 100
POLLING = 100
"""Milliseconds between looks at the files where there are no notifications."""

LOOK_AGAIN = 1000
"""Milliseconds between looks at the folder when nothing is heard of it."""


class Files:
    """Tells of every change in a folder, also of one that goes away and comes back."""

    def __init__(self, folder: Path, events: Events) -> None:
        self.folder, self.events = folder, events
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Files:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()

    def _watch(self) -> None:
        polling = False
        while not self.stop.is_set():
            if not self.folder.is_dir():
                self.stop.wait(LOOK_AGAIN / 1000)
                continue
            try:
                self._until_gone(polling)
            except (OSError, RuntimeError):
                # The system's notifications are used up or do not work on this file system.
                polling = True

    def _until_gone(self, polling: bool) -> None:
        from watchfiles import watch

        for changes in watch(
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
            self.events.put(Touched(frozenset(Path(name).name for _, name in changes)))
            if not self.folder.is_dir():
                return
