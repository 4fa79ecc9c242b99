"""The options of bubblewrap: namespaces, a filter of system calls, and few files to see."""

from __future__ import annotations

import os
import platform
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.wall.inside.system_calls import program
from grader.wall.limits import Limits

ENGINE = Path(__file__).resolve().parent.parent
INSIDE = ("__init__.py", "python", "wall/__init__.py", "wall/inside", "wall/protocol")
"""All of the engine that a sandbox holds: this list is the trust boundary."""

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


def namespaces(warm: bool) -> list[str]:
    shared = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    own_user = [] if os.geteuid() == 0 else ["--unshare-user"]
    if own_user and not warm:
        own_user.append("--disable-userns")
    if not warm:  # where not, each cell has its own, and a judge may share ours
        shared.append("--unshare-cgroup-try")
    return [*own_user, *shared, "--die-with-parent", "--new-session"]


def file_system(libraries: list[Path]) -> list[str]:
    """An empty file system but for the interpreter, its libraries and the worker."""
    system = _system_libraries()
    own = [path for path in (*system, *_interpreter()) if path.exists()]
    links = [path for path in system if path.is_symlink()]
    binds = {path: path for path in sorted(set(own) - set(links))}
    binds |= {path: Path("/libraries", path.name) for path in libraries}
    binds |= {ENGINE / part: Path("/engine/grader", part) for part in INSIDE}
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


def filtered(calls: tuple[int, ...]) -> list[str]:
    return [word for descriptor in calls for word in ("--seccomp", str(descriptor))]
