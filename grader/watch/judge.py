"""The watcher's end of warm judges: one process a chapter, the chapters used last."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection

from grader.course.model import Chapter
from grader.student.workspace import Workspace
from grader.wall.protocol.line import Line
from grader.watch.events import Event, Events
from grader.watch.server import Answer, Farewell, Request

BOOTSTRAP = "from grader.watch.server import main; main()"
MOST = 3
"""Judges kept warm; one of a torch chapter takes some 500 MB with its sandbox."""

STARTING = 30.0
"""Seconds that a judge may take until it calls."""


@dataclass(frozen=True)
class Heard(Event):
    """A judge has answered."""

    judge: Judge
    answer: Answer


class Judge:
    """A warm judge of one chapter, in a process of its own; it never makes the watcher wait.

    Its answers come as events.
    """

    def __init__(self, workspace: Workspace, chapter: Chapter, events: Events) -> None:
        self.chapter, self.events = chapter, events
        self.number = 0
        self.ended = False
        self.line = Line()
        arguments = [self.line.way, workspace.course.root, chapter.id, workspace.folder]
        self.process = self.line.start(
            [sys.executable, "-P", "-c", BOOTSTRAP, *map(str, arguments)],
            stderr=subprocess.DEVNULL,
        )
        self.lock = threading.Lock()
        self.connection: Connection | None = None
        self.waiting: Request | Farewell | None = None
        threading.Thread(target=self._listen, daemon=True).start()

    def ask(self, exercises: tuple[str, ...]) -> None:
        """Ask for a report; the answers to earlier requests do not count any more."""
        self.number += 1
        with self.lock:
            self.waiting = Request(self.number, exercises)
            self._send()

    def answers(self, heard: Heard) -> bool:
        """Whether that is the answer to the newest request, or the end of this judge."""
        return heard.judge is self and heard.answer.number in (0, self.number)

    def forget(self) -> None:
        """What was asked for is not wanted any more."""
        self.number += 1

    def hang_up(self) -> None:
        """Have the process end what it runs, and itself."""
        self.ended = True
        with self.lock:
            self.waiting = Farewell()
            self._send()

    def wait(self) -> None:
        """Wait until it has ended, or end it."""
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _send(self) -> None:
        if self.connection is not None and self.waiting is not None:
            with contextlib.suppress(OSError):  # a judge that has ended is noticed by `_listen`
                self.connection.send(self.waiting)
            self.waiting = None

    def _listen(self) -> None:
        """Runs in a thread: everything the judge says becomes an event."""
        end = self.line.connected(self.process, STARTING)
        if end is None:
            self._lost()
            return
        with self.lock:
            connection = self.connection = Connection(end.detach())
            self._send()
        while not self.ended:
            try:
                answer = connection.recv()
            except (EOFError, OSError):
                self._lost()
                return
            assert isinstance(answer, Answer)
            self.ended = answer.number == 0
            self.events.put(Heard(self, answer))

    def _lost(self) -> None:
        if not self.ended:
            self.ended = True
            problem = "the judge ended unexpectedly: press r to try again"
            self.events.put(Heard(self, Answer(0, None, problem)))


class Judges:
    """Warm judges by chapter; when there are too many, the one not used for longest leaves."""

    def __init__(self, workspace: Workspace, events: Events) -> None:
        self.workspace, self.events = workspace, events
        self.warm: dict[str, Judge] = {}
        self.leaving: list[Judge] = []

    def of(self, chapter: Chapter) -> Judge:
        """The chapter's judge, started if there is none."""
        judge = self.warm.pop(chapter.id, None)
        if judge is not None and judge.ended:
            self._dismiss(judge)
            judge = None
        self.warm[chapter.id] = judge or Judge(self.workspace, chapter, self.events)
        while len(self.warm) > MOST:
            self._dismiss(self.warm.pop(next(iter(self.warm))))
        return self.warm[chapter.id]

    def close(self) -> None:
        """End them all."""
        for judge in self.warm.values():
            self._dismiss(judge)
        for judge in self.leaving:
            judge.wait()

    def _dismiss(self, judge: Judge) -> None:
        judge.hang_up()
        self.leaving = [one for one in (*self.leaving, judge) if one.process.poll() is None]
