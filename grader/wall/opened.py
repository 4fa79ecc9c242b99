"""A worker as the judge holds it."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.wall.cgroups import Group, grouped
from grader.wall.limits import Limits
from grader.wall.usage import ProcessTree

if TYPE_CHECKING:
    from grader.wall.protocol.channel import Channel


@dataclass(frozen=True)
class Opened:
    """A worker's channel; its leash, a descriptor to close for its end; its number, where known.

    `group` holds it to its memory, where there are control groups.
    """

    channel: Channel
    leash: int
    process: int | None
    group: Group | None = None

    def tree(self) -> ProcessTree | None:
        """Its processes, where the system tells about them."""
        return None if self.process is None else ProcessTree(self.process)

    def close(self) -> None:
        """Let go of it: it is killed, and all that it started."""
        self.channel.close()
        os.close(self.leash)
        if self.group is not None:
            self.group.remove()

    def overflowed(self) -> bool:
        """Whether the system has ended it for its memory."""
        return self.group is not None and self.group.overflowed()


def opened(end: socket.socket, limits: Limits, leash: int, process: int | None) -> Opened:
    """A worker at the other end of a socket, held to its limits."""
    # Here, because it imports NumPy: a sandbox starts before the judge has paid for that.
    from grader.wall.protocol.channel import Channel

    return Opened(Channel(end, limits.frame), leash, process, grouped(process, limits))
