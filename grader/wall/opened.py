"""A worker as the judge holds it."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.wall.usage import ProcessTree

if TYPE_CHECKING:
    from grader.wall.protocol.channel import Channel


@dataclass(frozen=True)
class Opened:
    """A worker's channel; its leash, a descriptor to close for its end; its number, where known."""

    channel: Channel
    leash: int
    process: int | None

    def tree(self) -> ProcessTree | None:
        """Its processes, where the system tells about them."""
        return None if self.process is None else ProcessTree(self.process)

    def close(self) -> None:
        """Let go of it: it is killed, and all that it started."""
        self.channel.close()
        os.close(self.leash)


def opened(end: socket.socket, frame: int, leash: int, process: int | None) -> Opened:
    """A worker at the other end of a socket, with frames of at most so many bytes."""
    # Here, because it imports NumPy: a sandbox starts before the judge has paid for that.
    from grader.wall.protocol.channel import Channel

    return Opened(Channel(end, frame), leash, process)
