"""How a sandbox's first process is started: in bubblewrap where it works, else as a plain process.

Root in a container that forbids namespaces starts it as a user of its own, who can neither read
what is root's nor touch root's processes.

Nothing POSIX-only is imported here; what a system lacks is said, not assumed.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.wall.bubblewrap import (
    ENGINE,
    ENVIRONMENT,
    call_filter,
    file_system,
    filtered,
    namespaces,
)
from grader.wall.installed import WORKERS, library_files, library_folders
from grader.wall.limits import Limits
from grader.wall.protocol.line import forks

BUBBLEWRAP, USER, PROCESS = "bubblewrap", "user", "process"

BOOTSTRAP = (
    "import sys; sys.path[:0] = [{engine!r}]; sys.path += {libraries!r}; "
    "from {entry} import main; main()"
)
TRIAL = (
    "import sys; sys.path[:0] = [{engine!r}]; sys.path += {libraries!r}; "
    "import grader.wall.inside.zygote"
)
_users = itertools.count()


@dataclass(frozen=True)
class Isolation:
    """A kind of isolation, and why it is this one.

    In a `warm` one namespaces may be made inside, for many submissions one after another.
    """

    name: str
    why: str
    warm: bool = False

    @property
    def strong(self) -> bool:
        return self.name == BUBBLEWRAP


@cache
def detect() -> Isolation:
    """The strongest isolation that works here, tried out."""
    if sys.platform != "linux":
        return Isolation(PROCESS, f"bubblewrap needs Linux, this is {sys.platform}")
    if not forks():
        return Isolation(PROCESS, "bubblewrap needs a system that can fork")
    if shutil.which("bwrap") is None:
        return _weaker("bwrap is not installed: `apt install bubblewrap` or the like")
    with call_filter() as calls:
        tried = subprocess.run(
            ["bwrap", *namespaces(warm=False), *filtered(calls), "--ro-bind", "/", "/", "true"],
            capture_output=True,
            text=True,
            check=False,
            pass_fds=calls,
        )
    if tried.returncode:
        return _weaker(f"bwrap does not work here: {tried.stderr.strip()}")
    return Isolation(BUBBLEWRAP, "bwrap is installed and works")


def _weaker(why: str) -> Isolation:
    """Another user where we are root and that user could run the engine, else a plain process."""
    if os.geteuid() != 0:
        return Isolation(PROCESS, why)
    trial = TRIAL.format(engine=str(ENGINE.parent), libraries=library_folders(WORKERS))
    user = _next_user()
    try:
        tried = subprocess.run(
            [sys.executable, "-I", "-S", "-c", trial],
            capture_output=True,
            check=False,
            cwd=os.sep,
            env=ENVIRONMENT,
            user=user,
            group=user,
            extra_groups=[],
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return Isolation(PROCESS, why)
    return Isolation(PROCESS if tried.returncode else USER, why)


def python_command(
    isolation: Isolation,
    libraries: Iterable[str],
    arguments: list[str],
    entry: str = "grader.wall.inside.zygote",
    calls: tuple[int, ...] = (),
) -> list[str]:
    """The command line of a process that may import `libraries` and nothing else installed.

    It runs `main` of the module `entry`; `calls` is the descriptor of a filter of system calls.
    """
    binds = library_files((*libraries, *WORKERS))
    if isolation.strong:
        bootstrap = BOOTSTRAP.format(engine="/engine", libraries=["/libraries"], entry=entry)
        options = [*namespaces(isolation.warm), *filtered(calls), *file_system(binds)]
        prefix = ["bwrap", *options, "--"]
    else:
        folders = library_folders((*libraries, *WORKERS))
        engine = str(ENGINE.parent)
        bootstrap = BOOTSTRAP.format(engine=engine, libraries=folders, entry=entry)
        prefix = []
    python = os.path.realpath(sys.executable) if isolation.strong else sys.executable
    return [*prefix, python, "-I", "-S", "-X", "utf8", "-c", bootstrap, *arguments]


def environment(isolation: Isolation, folder: str) -> dict[str, str]:
    """The whole environment of a sandbox; `folder` is its scratch space outside bubblewrap."""
    if isolation.strong:
        return {**ENVIRONMENT, "PATH": os.environ.get("PATH", os.defpath)}
    needed = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    own = dict.fromkeys(("HOME", "TMPDIR", "TMP", "TEMP"), folder)
    return {**ENVIRONMENT, **own, **needed}


def unprivileged_user(isolation: Isolation) -> int | None:
    """A user id for a sandbox started by root: root would be above the limit on processes."""
    if isolation.name == PROCESS or os.geteuid() != 0:
        return None
    return _next_user()


def _next_user() -> int:
    return 1_000_000 + (os.getpid() * 16 + next(_users) % 16) % 1_000_000


def resource_limits(isolation: Isolation, limits: Limits) -> dict[str, int]:
    """Limits by their names in the `resource` module."""
    chosen = {
        "RLIMIT_AS": limits.address_space,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_FSIZE": limits.file_size,
        "RLIMIT_CORE": 0,
    }
    if isolation.name != PROCESS:
        chosen["RLIMIT_NPROC"] = limits.processes
    elif sys.platform == "linux" and hasattr(os, "geteuid"):
        chosen["RLIMIT_NPROC"] = limits.processes + _processes_of_this_user()
    return chosen


def _processes_of_this_user() -> int:
    count = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                count += entry.stat().st_uid == os.geteuid()
            except OSError:
                continue
    return count


def lacking(isolation: Isolation) -> Iterator[str]:
    """A line, of at most 63 characters, for each thing that it does not keep a submission from."""
    if isolation.strong:
        return
    if not _has_limits():
        yield "neither its memory nor its processes and files are limited"
    elif sys.platform == "darwin":
        yield "its memory is not limited: macOS ignores such a limit"
    if not hasattr(os, "killpg"):
        yield "a program that it starts may outlive it"
    elif not os.path.isdir("/proc"):
        yield "a program that it starts may outlive it in a group of its own"
    if not forks():
        yield "each exercise gets a fresh process, one after another: slower"


def _has_limits() -> bool:
    try:
        import resource
    except ImportError:
        return False
    return hasattr(resource, "RLIMIT_AS")
