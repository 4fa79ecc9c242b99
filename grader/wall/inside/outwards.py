"""How a judge that was forked from a sandbox's first process comes out of the sandbox (Linux).

Libraries are imported once, where nothing of a course is, and then there are two processes that
have them: one stays and forks cells, the other becomes the judge.  The way out is a descriptor of
the host's root, which the judge is sent on a socket of its own when both exist: who stays never
holds it.  The judge keeps the sandbox's numbers of processes; cells have namespaces of their own,
from which it can be neither seen nor named.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import socket
import sys
from dataclasses import dataclass
from typing import Any

from grader.wall.inside.confinement import forget_the_engine
from grader.wall.inside.namespaces import USERS, drop_capabilities, unshare

PR_SET_DUMPABLE = 4
LIBRARIES = "/libraries"
"""Where a sandbox has them, each under its own name."""


@dataclass(frozen=True)
class Order:
    """What makes a process the judge's: where it is at home, and `main` of which module it runs.

    `libraries` says where each file or folder of `LIBRARIES` lies on the host.
    """

    engine: str
    path: list[str]
    environment: dict[str, str]
    folder: str
    libraries: dict[str, str]
    entry: str


DESCRIPTORS = 2
"""The host's root and the zygote's control socket."""


def may_become_judge() -> None:
    """Raises OSError where the way out is not open."""
    if os.geteuid() != 0:
        unshare(USERS)
    os.chroot("/")


def become_judge(end: int) -> None:
    """Leave the sandbox's file system and run the judge, whose commands come from that socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from multiprocessing.connection import Connection

    line = socket.socket(fileno=end)
    _, descriptors, _, _ = socket.recv_fds(line, 1, DESCRIPTORS)
    root, control = descriptors
    commands = Connection(line.detach())
    order = Order(**json.loads(commands.recv_bytes()))
    processes = os.open("/proc", os.O_PATH | os.O_CLOEXEC)
    _walk_out(root, order.folder)
    _feel_at_home(order)
    entry: Any = importlib.import_module(order.entry)
    entry.main(commands, socket.socket(fileno=control), f"/proc/self/fd/{processes}")


def _walk_out(root: int, folder: str) -> None:
    """Make the host's root ours.  Privileges for it, where we have none, last no longer."""
    libc = ctypes.CDLL(None, use_errno=True)
    privileged = os.geteuid() == 0
    if not privileged:
        unshare(USERS)
    os.fchdir(root)
    os.chroot(".")
    os.close(root)
    os.chdir(folder)
    if not privileged:
        drop_capabilities(libc)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _feel_at_home(order: Order) -> None:
    """Let imports, and environment, be those of the process that grades."""
    os.environ.clear()
    os.environ.update(order.environment)
    forget_the_engine()
    sys.path[:] = [order.engine]
    sys.path_importer_cache.clear()
    importlib.import_module("grader")  # from now on it is found by the place it was found at
    sys.path[:] = order.path
    for module in list(sys.modules.values()):
        own = vars(module)
        for name in ("__file__", "__path__"):
            if isinstance(own.get(name), str):
                own[name] = _on_host(own[name], order)
            elif isinstance(own.get(name), list):
                own[name][:] = [_on_host(place, order) for place in own[name]]


def _on_host(place: str, order: Order) -> str:
    """Where a file or folder of the sandbox's libraries lies on the host."""
    if not place.startswith(f"{LIBRARIES}/"):
        return place
    name, slash, rest = place.removeprefix(f"{LIBRARIES}/").partition("/")
    return f"{order.libraries.get(name, name)}{slash}{rest}"
