"""`grade serve`: the web server, and beside it the dispatcher that judges."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import uvicorn
from sqlalchemy import func, select

from grader.course.model import Course
from grader.server import judging
from grader.server.office import Office, opened
from grader.server.tables import Account
from grader.server.web import application
from grader.submission.errors import UnreadableSubmission
from grader.wall.isolation import detect

LOCAL = ("127.0.0.1", "::1", "localhost")
PAUSE = 1.0
"""Seconds until a dispatcher that ended is started again."""

FAREWELL = 5.0


class Part(StrEnum):
    """What a process does, where there is more than one: pages or judging."""

    all = "all"
    pages = "pages"
    judges = "judges"


@dataclass(frozen=True)
class Choice:
    """Where to serve, and what."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    database: str | None = None
    part: Part = Part.all


def serve(course: Course, choice: Choice, say: Callable[[str], None]) -> None:
    """Serve until interrupted.

    Raises UnreadableSubmission where isolation is weak, the address is taken, or the folder or
    the database cannot be used.
    """
    isolation = detect()
    if choice.part is not Part.pages and not isolation.strong:
        raise UnreadableSubmission(
            f"a server judges behind bubblewrap only, and it does not work here: {isolation.why}; "
            "grade doctor says what mends it"
        )
    data = choice.data.absolute()
    office = opened(data, course, choice.database)
    if choice.part is Part.judges:
        say(f"judging for {office.database.shown}")
        _judge(data, course, choice.database)
        return
    with _bound(choice) as listener:
        address = office.settings.url or f"http://{choice.host}:{choice.port}"
        say(f"{office.settings.name}: {address}, with everything kept in {data}")
        for note in _notes(office, choice):
            say(note)
        if choice.part is Part.pages:
            _run(office, listener)
            return
        with dispatcher(data, course, choice.database):
            _run(office, listener)


@contextmanager
def dispatcher(data: Path, course: Course, database: str | None) -> Iterator[None]:
    """A dispatcher beside the block, started again whenever it ends."""
    ended = threading.Event()
    current: list[subprocess.Popen[bytes]] = []

    def insist() -> None:
        while not ended.is_set():
            process = _started(data, course, database)
            current[:] = [process]
            if ended.is_set():
                break
            process.wait()
            ended.wait(PAUSE)

    thread = threading.Thread(target=insist, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        for process in current:
            _end(process)


def _started(data: Path, course: Course, database: str | None) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", judging.__name__],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the server, which then ends the dispatcher
    )
    assert process.stdin is not None
    process.stdin.write(judging.order(data, course.root, database))
    process.stdin.flush()
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    """The end of its input is its end."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(FAREWELL)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _judge(data: Path, course: Course, database: str | None) -> None:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: stopped.set())
    with dispatcher(data, course, database):
        stopped.wait()


def _run(office: Office, listener: socket.socket) -> None:
    config = uvicorn.Config(
        application(office),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=list(LOCAL[:2]),
        timeout_graceful_shutdown=2,
        h11_max_incomplete_event_size=32 * 1024,
    )
    uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def _bound(choice: Choice) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in choice.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((choice.host, choice.port))
            listener.listen(2048)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or error
            raise UnreadableSubmission(
                f"{choice.host}:{choice.port} cannot be used: {why}; choose another --port"
            ) from None
        yield listener


def _notes(office: Office, choice: Choice) -> Iterator[str]:
    """What an instructor should know before the class comes."""
    if choice.host not in LOCAL and not office.settings.url.startswith("https:"):
        yield "tokens travel readable: put a proxy with TLS before it (deploy/README.md)"
    with office.database.reading() as session:
        if not session.scalar(select(func.count()).select_from(Account)):
            yield "nobody is invited yet: grade serve invite roster.csv"
