"""The first process inside a sandbox: loads the libraries once, then forks a worker on demand.

Started as `python -I -S -c BOOTSTRAP`, see `isolation.py`.  The judge sends two descriptors for
each worker: the socket to serve, and a leash.  When the judge lets go of the leash the worker and
all that it started are killed.  Where many submissions are judged it first asks for a cell: a
zygote like this one, as the first process of fresh namespaces, with the same libraries loaded.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
from dataclasses import dataclass, field
from typing import Any

from grader.wall.inside.confinement import adopt_orphans, collapse, hide_the_engine, limit
from grader.wall.inside.files import close_proc
from grader.wall.inside.guard import Guard
from grader.wall.inside.namespaces import furnish, leave
from grader.wall.inside.outwards import become_judge, may_become_judge
from grader.wall.inside.system_calls import install
from grader.wall.inside.worker import detach_standard_streams, serve
from grader.wall.protocol.channel import Channel
from grader.wall.protocol.libraries import load, preload
from grader.wall.protocol.requests import DIVISIBLE, GUARD, JUDGE, LENGTH, READY, WORKER

PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38

DESCRIPTORS = 4096
"""More than a zygote ever has open."""


@dataclass
class Settings:
    """What a zygote is told on its command line, as JSON."""

    control: int
    libraries: list[str]
    preload: list[str]
    frame: int
    limits: dict[str, int]
    user: int | None = None
    refuse_calls: bool = False
    ancestor: bool = False


def main() -> None:
    settings = Settings(**json.loads(sys.argv[1]))
    zygote = Zygote(settings, socket.socket(fileno=settings.control))
    if settings.ancestor:
        zygote.beget_judge()
    else:
        _become_nobody(settings.user)
        load(settings.libraries)
        hide_the_engine()
    preload(settings.preload)
    if settings.refuse_calls:
        install()
    if not settings.ancestor:  # it serves one submission: that would cost more than its forks do
        collapse()
    gc.freeze()  # the collector of a fork would copy every page it looks at
    _protect()
    zygote.control.sendall(READY)
    zygote.run()


@dataclass
class Zygote:
    """Forks workers and holds each on its leash."""

    settings: Settings
    control: socket.socket
    leashes: dict[int, int | None] = field(default_factory=dict)
    guard: Guard | None = None

    def beget_judge(self) -> None:
        """Import libraries for two: fork the judge, and lose privileges that only it may keep.

        Nothing of a submission has come this far, and the judge's way out is sent to it alone.
        """
        if not self.divisible():
            sys.exit("namespaces may not be nested here")
        self.control.sendall(DIVISIBLE)
        gc.disable()  # what is loaded is no garbage, and looking for some in it takes long
        load(self.settings.libraries)
        hide_the_engine()
        gc.freeze()
        gc.enable()
        self.start()
        _become_nobody(self.settings.user)

    def divisible(self) -> bool:
        """Try what a cell and a judge will need, in a process that then ends."""
        child = os.fork()
        if child == 0:
            try:
                may_become_judge()
                _become_nobody(self.settings.user)
                leave()
                first = os.fork()
                if first == 0:
                    furnish(self.settings.limits["RLIMIT_FSIZE"])
                    os._exit(0)
                os._exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]))
            finally:
                os._exit(1)
        return os.waitpid(child, 0)[1] == 0

    def run(self) -> None:
        wake, signalled = os.pipe()
        os.set_blocking(signalled, False)
        signal.set_wakeup_fd(signalled, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        while True:
            waiting: list[Any] = [self.control, wake, *self.leashes]
            ready, _, _ = select.select(waiting, [], [])
            for leash in ready:
                if leash in self.leashes:
                    self.end(leash)
            if wake in ready:
                os.read(wake, 4096)
                self.reap()
            if self.control in ready and not self.start():
                for leash in list(self.leashes):
                    self.end(leash)
                return

    def start(self) -> bool:
        """Fork what is asked for with a pair of descriptors; False when the judge has gone."""
        wanted, descriptors, _, _ = socket.recv_fds(self.control, 1, 2)
        if not wanted:
            return False
        if wanted == GUARD:
            self.guard = Guard(json.loads(self._told()))
            return True
        end, leash = descriptors
        child = os.fork()
        if child == 0:
            try:
                self.become_child(end)
                {WORKER: self.become_worker, JUDGE: become_judge}.get(wanted, self.become_cell)(end)
            finally:
                os._exit(0)
        os.close(end)
        self.leashes[leash] = child
        return True

    def _told(self) -> bytes:
        """What follows a request, whole."""
        (length,) = LENGTH.unpack(self.control.recv(LENGTH.size, socket.MSG_WAITALL))
        return self.control.recv(length, socket.MSG_WAITALL)

    def become_child(self, end: int) -> None:
        """Let go of all that is the zygote's own: a descriptor would be a way to others."""
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self.control.detach()
        os.closerange(3, end)
        os.closerange(end + 1, DESCRIPTORS)

    def become_worker(self, end: int) -> None:
        detach_standard_streams()
        limit(self.settings.limits)
        adopt_orphans()
        close_proc()
        judge = socket.socket(fileno=end)
        judge.sendall(READY)
        serve(Channel(judge, self.settings.frame), self.guard)

    def become_cell(self, end: int) -> None:
        """Start a zygote in fresh namespaces, and stay to be killed with it."""
        leave()
        first = os.fork()
        if first == 0:
            furnish(self.settings.limits["RLIMIT_FSIZE"])
            install()
            _protect()
            control = socket.socket(fileno=end)
            control.sendall(READY)
            Cell(self.settings, control).run()
        else:
            os.close(end)
            os.waitpid(first, 0)

    def end(self, leash: int) -> None:
        """Kill a worker and whatever it started."""
        worker = self.leashes.pop(leash)
        os.close(leash)
        if worker is not None:
            _kill_group(worker)
            os.waitpid(worker, 0)
        self.sweep()

    def reap(self) -> None:
        """Bury workers that ended by themselves, and kill the orphans they left."""
        for leash, worker in self.leashes.items():
            if worker is not None and os.waitpid(worker, os.WNOHANG)[0]:
                self.leashes[leash] = None
        self.sweep()

    def sweep(self) -> None:
        """Kill every child that is no worker: orphans of workers end up as our children."""
        for _ in range(1000):
            orphans = _children() - set(self.leashes.values())
            if not orphans:
                return
            for orphan in orphans:
                _kill_group(orphan)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(orphan, 0)


class Cell(Zygote):
    """The first process of a submission's own namespaces: whoever is left alone comes to it."""

    def sweep(self) -> None:
        """Kill all others in these namespaces, unless a worker is still at work."""
        if any(self.leashes.values()):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)


def _children() -> set[int]:
    """Our child processes, as far as the system tells."""
    found = set()
    for entry in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if entry.isdigit():
            with contextlib.suppress(OSError):
                with open(f"/proc/{entry}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
                if int(fields[1]) == os.getpid():
                    found.add(int(entry))
    return found


def _kill_group(process: int) -> None:
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(process, signal.SIGKILL)


def _become_nobody(user: int | None) -> None:
    """Leave root for a user of our own: root is above the limit on processes."""
    if user is not None:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)


def _protect() -> None:
    """Adopt orphans, and let no worker trace this process (Linux)."""
    adopt_orphans()
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
