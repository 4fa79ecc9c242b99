"""The watcher's end of a warm judge."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from multiprocessing.connection import Connection

from grader.course import Chapter
from grader.watch.server import Answer, Request
from grader.workspace import Workspace

BOOTSTRAP = "from grader.watch.server import main; main()"


class Judge:
    """A warm judge of one chapter, in a process of its own; it never makes the watcher wait."""

    def __init__(self, workspace: Workspace, chapter: Chapter) -> None:
        self.chapter = chapter
        self.number = 0
        self.ended = False
        ours, theirs = socket.socketpair()
        arguments = [theirs.fileno(), workspace.course.root, chapter.id, workspace.folder]
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", BOOTSTRAP, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            # Ctrl-C is for the watcher alone, which then ends its judge in order.
            start_new_session=True,
        )
        theirs.close()
        self.connection = Connection(ours.detach())

    def ask(self, exercises: tuple[str, ...]) -> None:
        """Ask for a report; the answers to earlier requests will not be heard any more."""
        self.number += 1
        with contextlib.suppress(OSError):  # a judge that has ended is noticed by `hear`
            self.connection.send(Request(self.number, exercises))

    def hear(self) -> Answer | None:
        """The answer that has arrived, if it is to the newest request."""
        try:
            answer = self.connection.recv()
        except (EOFError, OSError):
            self.ended = True
            return Answer(0, None, "the judge ended unexpectedly: press r to try again")
        assert isinstance(answer, Answer)
        self.ended = answer.number == 0
        return answer if answer.number in (0, self.number) else None

    def close(self) -> None:
        """Hang up: the process ends what it runs, and itself."""
        self.connection.close()
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
