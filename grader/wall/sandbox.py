"""Sandboxes to start and end, and cells in them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Protocol, Self

from grader.wall.bubblewrap import call_filter
from grader.wall.errors import SandboxError
from grader.wall.growth import not_inherited
from grader.wall.isolation import (
    Isolation,
    environment,
    python_command,
    resource_limits,
    unprivileged_user,
)
from grader.wall.limits import Limits
from grader.wall.opened import Opened
from grader.wall.protocol.line import forks
from grader.wall.protocol.requests import CELL
from grader.wall.spawned import SpawnedSandbox
from grader.wall.zygote import Zygote


class Sandbox(Zygote):
    """An isolated process with libraries loaded; `open` forks a worker from it.

    It may be started before a fork of the judge and used by both: every worker has a socket of
    its own.
    """

    ancestor = False
    """Whether its first process also forks the judge, see `ancestor.py`."""

    def __init__(
        self,
        isolation: Isolation,
        libraries: tuple[str, ...],
        limits: Limits,
        preload: tuple[str, ...] = (),
    ) -> None:
        self.isolation, self.libraries, self.limits = isolation, libraries, limits
        self.preload = preload
        self.owner = os.getpid()
        self._start()

    def _start(self) -> None:
        strong = self.isolation.strong
        self.folder = os.sep if strong else tempfile.mkdtemp(prefix="gradschool-")
        user = unprivileged_user(self.isolation)
        if user is not None and not strong:
            os.chown(self.folder, user, user)
        self.control, theirs = socket.socketpair()
        settings = {
            "control": theirs.fileno(),
            "libraries": list(self.libraries),
            "preload": list(self.preload),
            "frame": self.limits.frame,
            "limits": resource_limits(self.isolation, self.limits),
            "user": user,
            "refuse_calls": not strong,
            "ancestor": self.ancestor,
        }
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115, closed with the sandbox
        # A warm one makes cells, which need the calls; each then installs the filter itself.
        filtered = call_filter() if strong and not self.isolation.warm else nullcontext(())
        with not_inherited(), filtered as calls:
            self.process = subprocess.Popen(
                python_command(self.isolation, self.libraries, [json.dumps(settings)], calls=calls),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self.errors,
                env=environment(self.isolation, self.folder),
                cwd=self.folder,
                pass_fds=[theirs.fileno(), *calls],
                start_new_session=True,
            )
        theirs.close()
        self.ready = False

    def wait(self) -> None:
        """Wait until workers can be opened.  Raises SandboxError."""
        if self.ready:
            return
        self.ready = self.greeted()
        if not self.ready:
            raise self.failure()

    def failure(self) -> SandboxError:
        """Why it does not start, in its last words; it is ended."""
        self.process.kill()
        self.process.wait()
        self.errors.seek(0)
        said = self.errors.read().decode(errors="replace").strip().splitlines()
        return SandboxError(
            f"the sandbox does not start: {said[-1] if said else 'no reason given'}"
        )

    def divisible(self) -> bool:
        """Whether namespaces may be nested here.  Raises SandboxError."""
        self.wait()
        try:
            Cell(self).close()
        except SandboxError:
            return False
        return True

    def open(self) -> Opened:
        """Fork a worker, in a new zygote if a submission has killed the last one."""
        if not self.alive():
            self.restart()
        self.wait()
        return super().open()

    def restart(self) -> None:
        """Replace a zygote that has ended."""
        self.close()
        self.owner = os.getpid()
        self._start()

    def close(self) -> None:
        """End the sandbox and everything in it, if this process started it."""
        self.control.close()
        self.errors.close()
        if self.owner != os.getpid():
            return
        self._await_end()
        if not self.isolation.strong:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _await_end(self) -> None:
        """Bubblewrap's end ends all in it; a plain zygote first kills its workers, then leaves."""
        if not self.isolation.strong:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(1.0)
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Cell(Zygote):
    """Namespaces for one submission in a warm sandbox, and a zygote in them.

    Nothing passes from one cell to another or to a later one.  Raises SandboxError where the
    system does not allow namespaces within namespaces.
    """

    def __init__(self, warm: Zygote) -> None:
        self.limits = warm.limits
        self.control, self.leash = warm.ask(CELL)
        if not self.greeted():
            self.close()
            raise SandboxError("the sandbox cannot be divided: namespaces may not be nested here")
        self.control.setblocking(True)

    def close(self) -> None:
        """End everything in it."""
        self.control.close()
        os.close(self.leash)

    def __enter__(self) -> Cell:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Chamber:
    """A cell for the submissions of one judge, and another one if something has ended it."""

    def __init__(self, warm: Zygote, refused: dict[str, str] | None = None) -> None:
        self.warm, self.refused = warm, refused
        self.cell: Cell | None = None

    def wait(self) -> None:
        """Raises SandboxError."""
        if self.cell is None:
            self.cell = Cell(self.warm)
            if self.refused is not None:
                self.cell.guard(self.refused)

    def open(self) -> Opened:
        """Fork a worker.  Raises SandboxError."""
        if not self.alive():
            self.close()
        self.wait()
        assert self.cell is not None
        return self.cell.open()

    def alive(self) -> bool:
        return self.cell is not None and self.cell.alive()

    def close(self) -> None:
        if self.cell is not None:
            self.cell.close()
            self.cell = None

    def __enter__(self) -> Chamber:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextlib.contextmanager
def warm_sandbox(
    isolation: Isolation,
    libraries: tuple[str, ...],
    limits: Limits,
    preload: tuple[str, ...] = (),
) -> Iterator[Sandbox | None]:
    """A sandbox for cells, which may still be loading; nothing where there are no namespaces."""
    if not isolation.strong:
        yield None
        return
    with Sandbox(replace(isolation, warm=True), libraries, limits, preload) as sandbox:
        yield sandbox


class Workers(Protocol):
    """Where a session gets its workers."""

    def open(self) -> Opened:
        """Start a worker.  Raises SandboxError."""


class AnySandbox(Workers, Protocol):
    """What both kinds of sandbox offer."""

    def wait(self) -> None:
        """Wait until a worker can be opened.  Raises SandboxError."""

    def alive(self) -> bool: ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def start_sandbox(
    isolation: Isolation,
    libraries: tuple[str, ...],
    limits: Limits,
    preload: tuple[str, ...] = (),
) -> AnySandbox:
    """Start a sandbox of the kind that this system can have."""
    kind = Sandbox if forks() else SpawnedSandbox
    return kind(isolation, libraries, limits, preload)
