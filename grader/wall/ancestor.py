"""A sandbox whose first process forks the judge too: libraries like torch are imported once.

The ancestor is a warm sandbox as a class has it: in bubblewrap, with the libraries and nothing of a
course.  When it has imported them it forks once; `wall/inside/outwards.py` has the judge come out.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection

from grader.wall.bubblewrap import ENGINE
from grader.wall.errors import SandboxError
from grader.wall.installed import WORKERS, library_files
from grader.wall.isolation import Isolation
from grader.wall.limits import Limits
from grader.wall.protocol.line import forks
from grader.wall.protocol.requests import DIVISIBLE, JUDGE
from grader.wall.sandbox import AnySandbox, Sandbox, start_sandbox

ENTRY = "grader.judge.heir"


class Ancestor(Sandbox):
    """Libraries that are being imported once, for a judge and for a submission."""

    ancestor = True

    def __init__(
        self,
        isolation: Isolation,
        libraries: tuple[str, ...],
        limits: Limits,
        preload: tuple[str, ...] = (),
    ) -> None:
        super().__init__(replace(isolation, warm=True), libraries, limits, preload)

    def divisible(self) -> bool:
        """Whether it can be what it is to be; it tells before it imports anything."""
        self.control.settimeout(self.limits.start_seconds)
        try:
            return self.control.recv(1) == DIVISIBLE
        except OSError:
            return False
        finally:
            self.control.setblocking(True)

    @contextlib.contextmanager
    def judge(self) -> Iterator[Connection]:
        """The judge, who is forked when the libraries are there, and ends when this does.

        Raises SandboxError.
        """
        try:
            line, leash = self.ask(JUDGE)
        except SandboxError:  # its last words say more
            raise self.failure() from None
        root = os.open(os.sep, os.O_PATH | os.O_CLOEXEC)
        try:
            socket.send_fds(line, [JUDGE], [root, self.control.fileno()])
            with Connection(line.detach()) as connection:
                connection.send_bytes(json.dumps(self._order()).encode())
                yield connection
        finally:
            os.close(root)
            os.close(leash)

    def _order(self) -> dict[str, object]:
        """See `outwards.Order`."""
        found = library_files((*self.libraries, *WORKERS))
        return {
            "engine": str(ENGINE.parent),
            "path": [place for place in sys.path if place],
            "environment": dict(os.environ),
            "folder": os.getcwd(),
            "libraries": {path.name: str(path) for path in found},
            "entry": ENTRY,
        }


def start_for_two(
    isolation: Isolation,
    libraries: tuple[str, ...],
    limits: Limits,
    preload: tuple[str, ...] = (),
) -> AnySandbox:
    """An ancestor where there can be one, else a sandbox beside which the judge imports its own."""
    if isolation.strong and forks():
        ancestor = Ancestor(isolation, libraries, limits, preload)
        if ancestor.divisible():
            return ancestor
        ancestor.close()
    return start_sandbox(isolation, libraries, limits, preload)
