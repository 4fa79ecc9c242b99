"""Frames over a socket: four bytes of length, then the payload; both sides use it."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from grader.wall.protocol.arrays import LENGTH, WireError
from grader.wall.protocol.wire import pack, unpack

FOREVER = 1e6
"""Seconds: the worker's patience with the judge."""

CHUNK = 1 << 16
BY_KERNEL = hasattr(socket, "MSG_DONTWAIT")
"""Whether the kernel's own time limits are known to work; Windows counts them otherwise."""

PEEK = int(socket.MSG_PEEK | socket.MSG_DONTWAIT) if BY_KERNEL else int(socket.MSG_PEEK)
LATE = (BlockingIOError, TimeoutError)


class ChannelClosed(Exception):
    """The other side has gone away."""


class ChannelTimeout(Exception):
    """The other side took longer than it may."""


Late = Callable[[], None]


def give_up() -> None:
    """Raises ChannelTimeout."""
    raise ChannelTimeout


class Channel:
    """One end of a pair of sockets.

    Time limits are the kernel's (SO_RCVTIMEO), where it has them: a round trip then costs two
    system calls a side.
    """

    def __init__(self, end: socket.socket, limit: int) -> None:
        self.end, self.limit = end, limit
        self.patience = 0.0
        self.buffer = b""
        end.setblocking(True)

    def send(self, *messages: Any, seconds: float = FOREVER, late: Late = give_up) -> None:
        """Send a frame each.  Raises ChannelClosed, or WireError if one is too big.

        More than one fits `capacity`, or both sides might wait for the other to read.  `late` is
        asked every so many seconds, and raises ChannelTimeout or what else shall end the waiting.
        """
        rest = memoryview(b"".join(map(self._frame, messages)))
        self._be_patient(seconds)
        while rest:
            try:
                rest = rest[self.end.send(rest) :]
            except LATE:
                late()
            except OSError:
                raise ChannelClosed from None

    def receive(self, seconds: float = FOREVER, late: Late = give_up) -> Any:
        """Wait for one frame; `late` as in `send`.  Raises ChannelClosed or WireError."""
        self._be_patient(seconds)
        (length,) = LENGTH.unpack(self._exactly(LENGTH.size, seconds, late))
        if length > self.limit:
            raise WireError(f"a frame of {length} bytes, more than {self.limit}")
        return unpack(self._exactly(length, seconds, late))

    @property
    def capacity(self) -> int:
        """Bytes that can surely be sent to someone who does not read yet."""
        return self.end.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) // 4

    def silent(self) -> bool:
        """Whether nothing waits to be read: a frame that nobody asked for is a violation."""
        if self.buffer:
            return False
        try:
            if not BY_KERNEL:
                self.patience = 0.0
                self.end.setblocking(False)
            return not self.end.recv(1, PEEK)
        except OSError:
            return True

    def close(self) -> None:
        self.end.close()

    def _frame(self, message: Any) -> bytes:
        payload = pack(message)
        if len(payload) > self.limit:
            raise WireError(f"a frame of {len(payload)} bytes, more than {self.limit}")
        return LENGTH.pack(len(payload)) + payload

    def _exactly(self, count: int, seconds: float, late: Late) -> bytes:
        parts, have = [self.buffer], len(self.buffer)
        deadline = time.monotonic() + seconds
        while have < count:
            try:
                part = self.end.recv(max(count - have, CHUNK))
            except LATE:
                late()
                continue
            except OSError:
                raise ChannelClosed from None
            if not part:
                raise ChannelClosed
            if time.monotonic() > deadline:  # it comes in pieces, each of them in time
                late()
                deadline = time.monotonic() + seconds
            parts.append(part)
            have += len(part)
        whole = b"".join(parts)
        self.buffer = whole[count:]
        return whole[:count]

    def _be_patient(self, seconds: float) -> None:
        """Give every single system call that long; the deadline bounds their sum."""
        if seconds == self.patience:
            return
        self.patience = seconds
        if not BY_KERNEL:
            self.end.settimeout(seconds)
            return
        whole = int(min(seconds, FOREVER))
        limit = struct.pack("@ll", whole, int((min(seconds, FOREVER) - whole) * 1e6) or 1)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self.end.setsockopt(socket.SOL_SOCKET, option, limit)
