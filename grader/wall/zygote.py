"""The judge's end of a zygote: it forks the workers and cells it is asked for."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct

from grader.wall.errors import SandboxError
from grader.wall.limits import Limits
from grader.wall.opened import Opened, opened
from grader.wall.protocol.requests import GUARD, LENGTH, READY, WORKER

CREDENTIALS = struct.Struct("@iII")
"""Process, user and group of a sender: `struct ucred`, unix(7)."""


class Zygote:
    """A process behind the wall that forks workers, at the other end of a control socket."""

    def __init__(self, control: socket.socket, limits: Limits) -> None:
        self.control, self.limits = control, limits

    def open(self) -> Opened:
        """Fork a worker.  Raises SandboxError."""
        ours, leash = self.ask(WORKER)
        return opened(ours, self.limits, leash, _greeting(ours, self.limits.start_seconds))

    def guard(self, refused: dict[str, str]) -> None:
        """Have these functions refused before workers are forked; each would do so by itself.

        For one that has no worker yet, and when it is known that all will refuse the same.
        """
        told = json.dumps(refused).encode()
        with contextlib.suppress(OSError):  # who asks for a worker will hear that it has ended
            self.control.sendall(GUARD + LENGTH.pack(len(told)) + told)

    def ask(self, wanted: bytes) -> tuple[socket.socket, int]:
        """Ask for a worker or a cell; returns a socket to it, and its leash."""
        ours, theirs = socket.socketpair()
        if wanted == WORKER and hasattr(socket, "SO_PASSCRED"):
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        held, leash = os.pipe()
        try:
            socket.send_fds(self.control, [wanted], [theirs.fileno(), held])
        except OSError as error:
            ours.close()
            os.close(leash)
            raise SandboxError(f"the sandbox has ended: {error}") from None
        finally:
            theirs.close()
            os.close(held)
        return ours, leash

    def alive(self) -> bool:
        """Whether the zygote still holds its end of the control socket."""
        self.control.setblocking(False)
        try:
            return bool(self.control.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return True
        except OSError:
            return False

    def greeted(self) -> bool:
        """Wait for the one byte with which a zygote says that it is ready."""
        self.control.settimeout(self.limits.start_seconds)
        try:
            return self.control.recv(1) == READY
        except OSError:
            return False


def _greeting(end: socket.socket, seconds: float) -> int | None:
    """Wait for a new worker's first byte; which process here sent it, as the kernel says.

    None if there is no worker (its channel says so to whoever asks it) or the kernel does not tell.
    """
    if not hasattr(socket, "SO_PASSCRED"):
        return None
    end.settimeout(seconds)
    try:
        _, about, _, _ = end.recvmsg(1, socket.CMSG_SPACE(CREDENTIALS.size))
        end.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
    except OSError:
        return None
    for _, kind, data in about:
        if kind == socket.SCM_CREDENTIALS:
            process, _, _ = CREDENTIALS.unpack(data)
            return int(process) or None
    return None
