"""Takes away from our modules what Windows and macOS do not have, in child processes too.

    python tests/engine/poorer.py grade ch4          as `grade ch4` would run there

Only the engine sees a poorer system: the libraries that it uses adapt themselves, but to the
system on which they were installed.
"""

from __future__ import annotations

import builtins
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

SOURCE = Path(__file__).read_text(encoding="utf-8")
POSIX = ("fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty")
MISSING = {
    "os": "fork forkpty geteuid getuid getgid killpg setpgid setsid setuid setgid setgroups "
    "sched_getaffinity sched_setaffinity WNOHANG",
    "signal": "SIGALRM SIGCHLD SIGHUP SIGKILL SIGTSTP SIGWINCH SIGCONT setitimer set_wakeup_fd",
    "socket": "send_fds recv_fds MSG_DONTWAIT AF_UNIX SO_RCVTIMEO SO_SNDTIMEO",
}


class Poorer(ModuleType):
    """A module of the standard library without some of its names."""

    def __init__(self, whole: ModuleType, missing: str) -> None:
        super().__init__(whole.__name__)
        self.__dict__.update(whole=whole, missing=missing.split())

    def __getattr__(self, name: str) -> Any:
        if name in self.missing:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return getattr(self.whole, name)


def become_poorer() -> None:
    """Take everything away from the engine's modules in this process and in those it starts."""
    imported = builtins.__import__
    poor: dict[str, ModuleType] = {
        name: Poorer(imported(name), missing) for name, missing in MISSING.items()
    }
    poor["select"] = Poorer(imported("select"), "poll epoll")
    poor["select"].__dict__["select"] = sockets_only
    poor["msvcrt"] = ModuleType("msvcrt")
    poor["msvcrt"].__dict__["getwch"] = getwch

    def refuse(name: str, scope: Any = None, *arguments: Any, **keywords: Any) -> Any:
        if str((scope or {}).get("__name__", "")).split(".")[0] == "grader":
            if name.split(".")[0] in POSIX:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            if name in poor:
                return poor[name]
        return imported(name, scope, *arguments, **keywords)

    builtins.__import__ = refuse
    _no_descriptors_to_children()


def sockets_only(*lists: Any) -> Any:
    """`select.select` as on Windows."""
    import select

    for end in (end for ends in lists[:3] for end in ends):
        if not isinstance(end, socket.socket):
            raise OSError(10038, "an operation on something that is not a socket")
    return select.select(*lists)


def _no_descriptors_to_children() -> None:
    """No inherited descriptors, and whatever Python we start is as poor as we are."""
    started = subprocess.Popen.__init__

    def start(self: Any, command: Any, *arguments: Any, **keywords: Any) -> None:
        assert not keywords.get("pass_fds"), "descriptors are not inherited here"
        if isinstance(command, list) and "-c" in command:
            place = command.index("-c") + 1
            scope = {"__name__": "poorer", "__file__": __file__}
            program = f"exec(compile({SOURCE!r}, 'poorer', 'exec'), {scope!r}); {command[place]}"
            command = [*command[:place], program, *command[place + 1 :]]
        started(self, command, *arguments, **keywords)

    subprocess.Popen.__init__ = start  # type: ignore[method-assign]


def getwch() -> str:
    """`msvcrt.getwch`, on a terminal that has been told to hand over keys at once."""
    import os
    import termios
    import tty

    tty.setcbreak(0, termios.TCSANOW)
    return os.read(0, 1).decode("latin-1")


if __name__ in ("__main__", "poorer"):
    become_poorer()
if __name__ == "__main__":
    from grader.cli.app import main

    main(sys.argv[2:])
