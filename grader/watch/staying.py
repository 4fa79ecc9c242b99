"""A warm judge that stays for a while: the second `grade ch8` need not load anything again.

It is the judge of `grade watch` behind a socket that only its user can reach.  The socket's name
says what the judge has loaded: whoever has another course, engine or library does not find it.
Whatever does not go well, a run of `grade` then does by itself what it would have asked for.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from grader.course.model import Chapter, Course, CourseError
from grader.course.reading import load_course
from grader.report.model import ChapterReport
from grader.wall.errors import SandboxError
from grader.wall.protocol.line import forks
from grader.watch.server import Answer, Farewell, Request, WarmJudge

BOOTSTRAP = "from grader.watch.staying import main; main()"
ENGINE = Path(__file__).resolve().parent.parent
STAYS = 600.0
"""Seconds without work after which it leaves."""

MOST = 3
"""Judges that stay at a time; one of a torch chapter takes some 500 MB with its sandbox."""

AT_ONCE = 0.25
"""Seconds in which a judge that has nothing else to do says so."""

FAREWELL = 2.0
"""Seconds in which a judge that has nothing else to do has left."""

FREE = b"F"


@dataclass(frozen=True)
class Stay:
    """Whose judge it is, and what it has to have loaded, as it is on disk now."""

    course: Course
    chapter: Chapter
    folder: Path

    @property
    def own(self) -> str:
        """The beginning of the names of all its judges, whatever they have loaded."""
        parts = [str(self.course.root), str(self.folder.resolve()), sys.prefix]
        return f"{self.chapter.id}-{_digest(parts)}-"

    def socket(self, room: Path) -> Path:
        """Where the judge listens that has loaded what is on disk."""
        course = [
            self.course.solution(self.chapter),
            self.course.stub(self.chapter),
            self.course.checks(self.chapter),
            self.course.mistakes(self.chapter),
        ]
        folders = {path.parent for path in course} | {self.course.root / "exercises"}
        files = [path for folder in folders for path in folder.glob("*.*")]
        parts = [_state(path) for path in sorted((*files, *ENGINE.rglob("*.py")))]
        for name in ("hypothesis", *self.chapter.imports):
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                parts.append(f"{name} {importlib.metadata.version(name)}")
        return room / f"{self.own}{_digest(parts)}"


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _state(path: Path) -> str:
    """What changes when a file does."""
    try:
        now = path.stat()
    except OSError:
        return f"{path} is not there"
    return f"{path} {now.st_ino} {now.st_size} {now.st_mtime_ns}"


def room() -> Path | None:
    """A folder that is ours alone, for sockets; None where there can be none."""
    if not forks():
        return None
    given = os.environ.get("XDG_RUNTIME_DIR")
    place = Path(given or tempfile.gettempdir(), f"gradschool-{os.geteuid()}")
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        found = place.lstat()
    except OSError:
        return None
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return place if ours and not found.st_mode & 0o077 else None


def asked(
    stay: Stay, exercises: tuple[str, ...], meanwhile: Callable[[], object] = lambda: None
) -> ChapterReport | None:
    """The report of a judge that stayed; None if there is none, or it is busy or in trouble."""
    place = room()
    if place is None:
        return None
    path = stay.socket(place)
    try:
        with _called(path) as judge:
            if not judge.poll(AT_ONCE) or judge.recv_bytes() != FREE:
                return None
            judge.send(Request(1, exercises))
            meanwhile()
            answer = judge.recv()
        os.utime(path)
    except (OSError, EOFError):
        return None
    assert isinstance(answer, Answer)
    return answer.report


def leave_behind(stay: Stay) -> None:
    """Have a judge load what this run had loaded; this does not wait for it."""
    place = room()
    if place is None:
        return
    path = stay.socket(place)
    if path.exists():
        return
    others = sorted(staying(), key=lambda one: one.lstat().st_mtime)
    outdated = [one for one in others if one.name.startswith(stay.own)]
    rest = [one for one in others if one not in outdated]
    for one in (*outdated, *rest[: len(rest) - MOST + 1]):
        dismiss(one)
    own = (stay.course.root.resolve(), stay.chapter.id, stay.folder.resolve())
    arguments = [path, *own]
    subprocess.Popen(
        [sys.executable, "-P", "-c", BOOTSTRAP, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=os.sep,
        start_new_session=True,
    )


def staying() -> list[Path]:
    """The sockets of judges that stay."""
    place = room()
    return [] if place is None else sorted(place.glob("[!.]*"))


def dismiss(path: Path) -> None:
    """Have a judge leave; a socket at which nobody listens is taken away."""
    try:
        with _called(path) as judge:
            judge.send(Farewell())
            with contextlib.suppress(EOFError, OSError):  # it says that it is free, and hangs up
                while judge.poll(FAREWELL):
                    judge.recv_bytes()
    except OSError:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _called(path: Path) -> Iterator[Connection]:
    end = socket.socket(socket.AF_UNIX)
    try:
        end.connect(str(path))
    except OSError:
        end.close()
        raise
    with Connection(end.detach()) as connection:
        yield connection


def main() -> None:
    """Runs in the judge that stays, until nobody has asked for some time."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    path, root, chapter, folder = sys.argv[1:]
    with contextlib.suppress(CourseError, SandboxError, OSError):
        course = load_course(Path(root))
        with WarmJudge(course, course.chapter(chapter), Path(folder)) as judge:
            judge.load()
            with _listening(Path(path)) as listener:
                _receive(listener, judge)


def _receive(listener: socket.socket, judge: WarmJudge) -> None:
    """Serve one visitor after another; who comes while it is busy does not wait."""
    while judge.ahead.pending and not select.select([listener], [], [], 0)[0]:
        judge.ahead.draw()
    while select.select([listener], [], [], STAYS)[0]:
        end, _ = listener.accept()
        with Connection(end.detach()) as visitor:
            try:
                with contextlib.suppress(ConnectionError):  # who has gone may have said farewell
                    visitor.send_bytes(FREE)
                judge.serve(visitor)
            except (EOFError, ConnectionError):
                judge.stop()
            else:
                return


@contextlib.contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    """A socket of that name, which only we may use, and which is there when it listens."""
    hidden = path.with_name(f".{os.getpid()}")  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(hidden))
        hidden.chmod(0o600)
        listener.listen()
        hidden.rename(path)
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)
