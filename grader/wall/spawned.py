"""A sandbox for systems on which a process with libraries loaded cannot be forked.

Every worker is a process of its own that imports them again; the next one does so while the one
before is at work.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from typing import IO

from grader.wall.errors import SandboxError
from grader.wall.isolation import Isolation, environment, python_command, resource_limits
from grader.wall.limits import Limits
from grader.wall.opened import Opened, opened
from grader.wall.protocol.line import Line
from grader.wall.protocol.requests import READY


class SpawnedSandbox:
    """One plain process a worker; `open` hands over the one that was started ahead."""

    def __init__(
        self,
        isolation: Isolation,
        libraries: tuple[str, ...],
        limits: Limits,
        preload: tuple[str, ...] = (),
    ) -> None:
        self.isolation, self.libraries, self.limits = isolation, libraries, limits
        self.preload = preload
        self.folder = tempfile.mkdtemp(prefix="gradschool-")
        self.working: set[Spawned] = set()
        self.ahead = self._start()

    def wait(self) -> None:
        """Wait until a worker can be opened.  Raises SandboxError."""
        if not self.ahead.greeted(self.limits.start_seconds):
            raise SandboxError(f"the sandbox does not start: {self.ahead.last_words()}")

    def open(self) -> Opened:
        """Hand over the worker that was started ahead.  Raises SandboxError."""
        if not self.alive():
            self.ahead.end()
            self.ahead = self._start()
        self.wait()
        worker, self.ahead = self.ahead, self._start()
        self.working.add(worker)
        held, leash = os.pipe()
        threading.Thread(target=self._hold, args=(worker, held), daemon=True).start()
        return opened(worker.socket(), self.limits, leash, worker.process.pid)

    def alive(self) -> bool:
        return self.ahead.process.poll() is None

    def close(self) -> None:
        """End every worker and what it started."""
        for worker in (*self.working, self.ahead):
            worker.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _hold(self, worker: Spawned, held: int) -> None:
        """Runs in a thread: end the worker when the judge lets go of its leash."""
        os.read(held, 1)
        os.close(held)
        worker.end()
        self.working.discard(worker)

    def _start(self) -> Spawned:
        line = Line()
        settings = {
            "control": line.way,
            "libraries": list(self.libraries),
            "preload": list(self.preload),
            "frame": self.limits.frame,
            "limits": resource_limits(self.isolation, self.limits),
        }
        errors = tempfile.TemporaryFile()  # noqa: SIM115, closed with the worker
        command = python_command(
            self.isolation,
            self.libraries,
            [json.dumps(settings)],
            entry="grader.wall.inside.single",
        )
        process = line.start(
            command, environment(self.isolation, self.folder), cwd=self.folder, stderr=errors
        )
        return Spawned(line, process, errors)

    def __enter__(self) -> SpawnedSandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Spawned:
    """A process that loads libraries, says so, and then serves one submission."""

    def __init__(self, line: Line, process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
        self.line, self.process, self.errors = line, process, errors
        self.end_of_line: socket.socket | None = None

    def greeted(self, seconds: float) -> bool:
        """Wait until the libraries are loaded."""
        if self.end_of_line is None:
            self.end_of_line = self.line.connected(self.process, seconds)
            if self.end_of_line is None:
                return False
            self.end_of_line.settimeout(seconds)
            try:
                return self.end_of_line.recv(1) == READY
            except OSError:
                return False
        return True

    def socket(self) -> socket.socket:
        assert self.end_of_line is not None, "nobody has waited for it"
        return self.end_of_line

    def last_words(self) -> str:
        """Why it did not start, in a line."""
        self.kill()
        self.errors.seek(0)
        said = self.errors.read().decode(errors="replace").strip().splitlines()
        return said[-1] if said else "no reason given"

    def kill(self) -> None:
        """Kill it and, as far as the system allows, what it started."""
        if sys.platform == "win32":
            tree = ["taskkill", "/F", "/T", "/PID", str(self.process.pid)]
            subprocess.run(tree, capture_output=True, check=False)
        elif hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """Kill it and let go of all that belongs to it."""
        self.kill()
        self.errors.close()
        if self.process.stdin is not None:
            self.process.stdin.close()
