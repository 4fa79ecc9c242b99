"""How a sandbox's first process is started: in bubblewrap where it works, else as a plain process.

Root in a container that forbids namespaces starts it as a user of its own, who can neither read
what is root's nor touch root's processes.

Nothing POSIX-only is imported here; what a system lacks is said, not assumed.
"""

from __future__ import annotations

import importlib.metadata
import itertools
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from grader.wall.inside.system_calls import program
from grader.wall.limits import Limits
from grader.wall.protocol.line import forks

BUBBLEWRAP, USER, PROCESS = "bubblewrap", "user", "process"

ENGINE = Path(__file__).resolve().parent
INSIDE = ("__init__.py", "python", "wall/__init__.py", "wall/inside", "wall/protocol")
"""All of the engine that a sandbox holds: this list is the trust boundary."""

BOOTSTRAP = (
    "import sys; sys.path[:0] = [{engine!r}]; sys.path += {libraries!r}; "
    "from {entry} import main; main()"
)
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    # A compiler would take longer than a call may: what `torch.compile` decorates runs as it is.
    "TORCHDYNAMO_DISABLE": "1",
}
WORKERS = ("msgpack", "numpy")
"""What a worker itself imports, whatever its chapter does: messages may hold arrays."""

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
            ["bwrap", *_namespaces(warm=False), *_filtered(calls), "--ro-bind", "/", "/", "true"],
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
    trial = TRIAL.format(engine=str(ENGINE.parent.parent), libraries=_folders(WORKERS))
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


@contextmanager
def call_filter() -> Iterator[tuple[int, ...]]:
    """A descriptor with the filter of system calls for bubblewrap; none for other machines."""
    text = program(platform.machine())
    if text is None:
        yield ()
        return
    with tempfile.TemporaryFile() as file:
        file.write(text)
        file.seek(0)
        yield (file.fileno(),)


def _filtered(calls: tuple[int, ...]) -> list[str]:
    return [word for descriptor in calls for word in ("--seccomp", str(descriptor))]


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
        options = [*_namespaces(isolation.warm), *_filtered(calls), *_file_system(binds)]
        prefix = ["bwrap", *options, "--"]
    else:
        folders = _folders((*libraries, *WORKERS))
        engine = str(ENGINE.parent.parent)
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


def _folders(libraries: tuple[str, ...]) -> list[str]:
    """The folders in which the libraries are installed."""
    return sorted({str(path.parent) for path in library_files(libraries)})


@cache
def library_files(libraries: tuple[str, ...]) -> list[Path]:
    """The installed files and folders of the distributions and all that they require."""
    return sorted(set(_library_files(libraries)))


def _library_files(libraries: Iterable[str]) -> Iterator[Path]:
    pending, seen = list(libraries), set[str]()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        pending.extend(_requirements(distribution))
        for part in _top_level(distribution, name):
            path = Path(str(distribution.locate_file(part)))
            if path.exists():
                yield path


def _requirements(distribution: importlib.metadata.Distribution) -> Iterator[str]:
    for line in distribution.requires or ():
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name


def _top_level(distribution: importlib.metadata.Distribution, name: str) -> set[str]:
    """The first parts of the paths that the distribution installed."""
    record = distribution.read_text("RECORD")
    if record is None:
        listed = distribution.read_text("top_level.txt")
        return set((listed or name.replace("-", "_")).split())
    parts = {line.split(",")[0].split("/")[0] for line in record.splitlines()}
    return parts - {"..", "__pycache__", ""}


def _namespaces(warm: bool) -> list[str]:
    shared = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    own_user = [] if os.geteuid() == 0 else ["--unshare-user"]
    if own_user and not warm:
        own_user.append("--disable-userns")
    if not warm:  # where not, each cell has its own, and a judge may share ours
        shared.append("--unshare-cgroup-try")
    return [*own_user, *shared, "--die-with-parent", "--new-session"]


def _file_system(libraries: list[Path]) -> list[str]:
    """An empty file system but for the interpreter, its libraries and the worker."""
    system = _system_libraries()
    own = [path for path in (*system, *_interpreter()) if path.exists()]
    links = [path for path in system if path.is_symlink()]
    binds = {path: path for path in sorted(set(own) - set(links))}
    binds |= {path: Path("/libraries", path.name) for path in libraries}
    binds |= {ENGINE.parent / part: Path("/engine/grader", part) for part in INSIDE}
    options = ["--clearenv"]
    for name, value in ENVIRONMENT.items():
        options += ["--setenv", name, value]
    for path in links:
        options += ["--symlink", os.readlink(path), str(path)]
    for folder in sorted({parent for place in binds.values() for parent in place.parents}):
        options += ["--perms", "0755", "--dir", str(folder)]
    for path, place in binds.items():
        options += ["--ro-bind", str(path), str(place)]
    for path in _other_packages(binds):
        options += ["--tmpfs", str(path), "--remount-ro", str(path)]
    options += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    options += ["--perms", "1777", "--size", str(Limits().file_size), "--tmpfs", "/tmp"]
    return [*options, "--chdir", "/tmp", "--remount-ro", "/"]


def _system_libraries() -> list[Path]:
    """Where the loader looks; on Debian and its like not the whole of /usr/lib."""
    usual = [Path("/lib"), Path("/lib64"), Path("/usr/lib64"), Path("/etc/ld.so.cache")]
    own = Path("/usr/lib", str(sysconfig.get_config_var("MULTIARCH")))
    folders = [own if (own / "libc.so.6").exists() else Path("/usr/lib"), *usual]
    return [path for path in folders if os.path.lexists(path)]


def _interpreter() -> Iterator[Path]:
    """Python itself, its standard library, and libpython where that is a library of its own."""
    yield Path(os.path.realpath(sys.executable))
    for name in ("stdlib", "platstdlib"):
        path, own = Path(sysconfig.get_path(name)), Path(sys.prefix)
        yield Path(sys.base_prefix, path.relative_to(own)) if path.is_relative_to(own) else path
    folder, name = sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("INSTSONAME")
    if folder and name:
        yield Path(folder, name)


def _other_packages(bound: Iterable[Path]) -> list[Path]:
    """Folders of installed packages inside what is bound: they may hold a course."""
    return sorted(
        folder
        for path in bound
        if path.is_dir() and not path.is_symlink()
        for pattern in ("site-packages", "dist-packages", "python3*/*-packages")
        for folder in path.glob(pattern)
        if folder.is_dir()
    )


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
