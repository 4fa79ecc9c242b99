"""A socket between us and a process that we start, on systems of every kind.

Where descriptors are inherited it is one of a pair.  Elsewhere the process calls a port of this
machine and says a secret word that it was given on its standard input.
"""

from __future__ import annotations

import hmac
import os
import secrets
import socket
import subprocess
import sys
import time

HERE = "127.0.0.1"
WORD = 32
"""Bytes of the word, in hexadecimal."""

PATIENCE = 0.1
"""Seconds between looks whether the process that shall call still lives."""


class Line:
    """Our end of the line; `way` tells the process how to come to its own, see `take_up`."""

    def __init__(self) -> None:
        self.theirs: socket.socket | None = None
        if passes_descriptors():
            self.ours, self.theirs = socket.socketpair()
            self.way = f"descriptor {self.theirs.fileno()}"
        else:
            self.word = secrets.token_hex(WORD // 2).encode()
            self.ours = socket.create_server((HERE, 0))
            self.way = f"port {self.ours.getsockname()[1]}"

    def start(
        self, command: list[str], env: dict[str, str] | None = None, **places: object
    ) -> subprocess.Popen[bytes]:
        """Start the process; `places` are its `cwd` and `stderr`, as Popen has them."""
        options: dict[str, object] = {"stdin": subprocess.PIPE}
        if self.theirs is not None:
            options = {"stdin": subprocess.DEVNULL, "pass_fds": [self.theirs.fileno()]}
        process: subprocess.Popen[bytes] = subprocess.Popen(
            command,
            env=env,
            stdout=subprocess.DEVNULL,
            # Ctrl-C is for the process at the terminal alone, which then ends the others.
            start_new_session=True,
            **options,  # type: ignore[call-overload]
            **places,
        )
        if self.theirs is not None:
            self.theirs.close()
        else:
            assert process.stdin is not None
            process.stdin.write(self.word + b"\n")
            process.stdin.flush()
        return process

    def connected(self, process: subprocess.Popen[bytes], seconds: float) -> socket.socket | None:
        """Our end once the process has called; None if it ends or the seconds pass before."""
        if self.theirs is not None:
            return self.ours
        end = time.monotonic() + seconds
        self.ours.settimeout(PATIENCE)
        with self.ours:
            while process.poll() is None and time.monotonic() < end:
                try:
                    caller, _ = self.ours.accept()
                except TimeoutError:
                    continue
                if _says(caller, self.word):
                    return caller
                caller.close()
        return None


def take_up(way: str) -> socket.socket:
    """In the process that was started: its end of the line."""
    kind, _, number = way.partition(" ")
    if kind == "descriptor":
        return socket.socket(fileno=int(number))
    word = sys.stdin.buffer.readline().strip()
    end = socket.create_connection((HERE, int(number)))
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    end.sendall(word)
    return end


def _says(caller: socket.socket, word: bytes) -> bool:
    """Whether whoever calls knows the word: any process of this machine may call."""
    caller.settimeout(1.0)
    heard = b""
    try:
        while len(heard) < len(word) and (part := caller.recv(len(word) - len(heard))):
            heard += part
    except OSError:
        return False
    caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    caller.settimeout(None)
    return hmac.compare_digest(heard, word)


def passes_descriptors() -> bool:
    """Whether a process may be given an end of a socket that is open already (not on Windows)."""
    return hasattr(socket, "send_fds")


def forks() -> bool:
    """Whether a process with libraries loaded may be forked.

    Windows cannot; on macOS the system's own libraries do not survive it reliably.
    """
    return passes_descriptors() and hasattr(os, "fork") and sys.platform != "darwin"
