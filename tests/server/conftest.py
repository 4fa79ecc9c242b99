"""A class's server on SQLite and on PostgreSQL, which is started here as Debian installs it."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select, text
from starlette.testclient import TestClient

from grader.course.model import Course
from grader.course.reading import load_course, load_module
from grader.report.model import (
    CallShown,
    ChapterReport,
    CheckReport,
    Counterexample,
    ExerciseReport,
    MistakeShown,
)
from grader.server.accepting import accept, of_text
from grader.server.accounts import account_named, add_account, invite
from grader.server.claims import claim, enter
from grader.server.database import Database
from grader.server.dispatcher import Dispatcher
from grader.server.identity import bounds
from grader.server.office import Office, opened
from grader.server.tables import JUDGING, WAITING, Account, Judgement
from grader.server.web import application
from grader.wall.isolation import Isolation

HERE = Path(__file__).resolve().parent
SQLITE, POSTGRESQL = "sqlite", "postgresql"
SEED = 424242424242
"""The secret seed of the class; no student may ever see it."""

MARKERS = ("secret-input", "secret-expected", "secret-mistake", "secret-hint", "secret-repro")
"""What a report holds that only full disclosure shows."""

PROPERTY = "a hidden property"


# --- PostgreSQL -----------------------------------------------------------------------------------


def _program(name: str) -> str | None:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: int(one.parent.name))
    return shutil.which(
        name, path=os.pathsep.join([*map(str, reversed(places)), os.environ["PATH"]])
    )


@dataclass
class Postgres:
    """A cluster of its own, in a temporary folder; as root it belongs to nobody else's user."""

    folder: Path
    port: int

    def __post_init__(self) -> None:
        user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        self.user = user if os.geteuid() == 0 else []

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def make(self) -> None:
        self.folder.mkdir(parents=True)
        if self.user:
            os.chown(self.folder, 65534, 65534)
        self._run("initdb", "-D", self.data, "-U", "grader", "-A", "trust", "-E", "UTF8", "-N")

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        log = self.folder / "log"
        self._run("pg_ctl", "-D", self.data, "-w", "-l", log, "-o", options, "start")

    def kill(self) -> None:
        """As a machine that loses its power: SIGKILL to all of it."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        import psutil

        family = psutil.Process(pid).children(recursive=True)
        for one in (psutil.Process(pid), *family):
            one.kill()
        psutil.wait_procs(family, 10)
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "stop", check=False)

    def database(self) -> str:
        """The address of a new, empty database."""
        name = f"test_{secrets.token_hex(6)}"
        server = f"postgresql+psycopg://grader@127.0.0.1:{self.port}"
        engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return f"postgresql://grader@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: object, check: bool = True) -> None:
        command = [*self.user, str(_program(program)), *map(str, arguments)]
        subprocess.run(
            command, check=check, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """PostgreSQL, running; skipped where it is not installed, and never in CI."""
    if not (_program("initdb") and _program("pg_ctl")):
        required = os.environ.get("GRADSCHOOL_REQUIRE_POSTGRES")
        (pytest.fail if required else pytest.skip)("PostgreSQL is not installed")
    import tempfile

    # Not below pytest's own folder, which is this user's alone.
    place = Path(tempfile.mkdtemp(prefix="gradschool-pg-"))
    place.chmod(0o755)
    cluster = Postgres(place / "cluster", free_port())
    cluster.make()
    cluster.start()
    yield cluster
    cluster.stop()
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """The address of an empty database; None is SQLite in the server's own folder."""
    if request.param == SQLITE:
        return None
    cluster: Postgres = request.getfixturevalue("postgres")
    return cluster.database()


# --- a class --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def small() -> ModuleType:
    """The texts of a small course."""
    return load_module(HERE.parent / "classroom" / "small_class.py", "small_class_for_a_server")


@pytest.fixture
def small_course(small: ModuleType, tmp_path: Path) -> Course:
    return load_course(small.written(tmp_path / "course"))


CLASS = f"""
name = "A small class"
timezone = "Europe/Berlin"
seed = {SEED}
tries = "unlimited"
before = "property"
after = "full"
"""


@dataclass
class Person:
    """Somebody of the class, with a browser and a token."""

    name: str
    id: int
    token: str
    browser: TestClient

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def api(self, method: str, path: str, **more: Any) -> Any:
        return self.browser.request(method, f"/api{path}", headers=self.bearer, **more)

    def log_in(self) -> None:
        page = self.browser.get("/login").text
        form = {"token": self.token, "csrf": hidden(page, "csrf")}
        assert self.browser.post("/login", data=form, follow_redirects=False).status_code == 303

    def form(self, path: str, page: str | None = None, **data: str) -> Any:
        """Send a form of that page as a browser would."""
        csrf = hidden(self.browser.get(page or path).text, "csrf")
        return self.browser.post(path, data={"csrf": csrf, **data}, follow_redirects=False)


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    return page.split(f'name="{name}" value="')[1].split('"')[0]


@dataclass
class Room:
    """A server with its class."""

    office: Office
    small: ModuleType

    def __post_init__(self) -> None:
        self.app = application(self.office, bounds())

    def person(self, name: str, *, staff: bool = False) -> Person:
        with self.office.database.writing() as session:
            account = account_named(session, name) or add_account(session, name, staff=staff)
            token = invite(session, account)
            number = account.id
        browser = TestClient(self.app, base_url="http://testserver")
        return Person(name, number, token, browser)

    def set(self, text: str) -> None:
        """Another class.toml."""
        (self.office.data / "class.toml").write_text(text)

    def hand_in(self, name: str, source: str | None = None, chapter: str = "ch1") -> int:
        """Accept a submission, and say its number."""
        module = self.office.course.chapter(chapter).module
        key = secrets.token_urlsafe(12)
        files = {module: source or self.small.RIGHT}
        found = of_text(self.office.course, chapter, f"{chapter}.py", files, [], key)
        with self.office.database.writing() as session:
            account = account_named(session, name)
            assert account is not None
            return accept(session, self.office, account, found).id

    def decide(self, score: float = 30.0) -> None:
        """A verdict for everything that waits, with a report that is full of secrets."""
        while (claimed := claim(self.office.database, "tests")) is not None:
            report = revealing(score)
            assert enter(self.office.database, "tests", claimed, report, "v1")

    def waiting(self) -> int:
        with self.office.database.reading() as session:
            open_ones = Judgement.state.in_((WAITING, JUDGING))
            return session.scalar(select(func.count()).where(open_ones)) or 0

    def judge(self, isolation: Isolation, seconds: float = 90.0) -> None:
        """Run a real dispatcher until nothing waits."""
        dispatcher = Dispatcher(self.office, isolation)
        thread = threading.Thread(target=dispatcher.run, daemon=True)
        thread.start()
        end = time.monotonic() + seconds
        try:
            while self.waiting():
                assert time.monotonic() < end, dispatcher.problem or "it was never judged"
                time.sleep(0.05)
        finally:
            dispatcher.close()
            thread.join(20)

    def accounts(self) -> list[Account]:
        with self.office.database.reading() as session:
            return list(session.scalars(select(Account)))


def revealing(score: float) -> ChapterReport:
    """A report with a counterexample and a mistake, all of them recognisable."""
    call = CallShown("double", {"x": MARKERS[0]}, "returned")
    shown = Counterexample((call,), MARKERS[1], "got", "message", MARKERS[4])
    check = CheckReport("ch1.double.c", PROPERTY, "failed", 0.0, 100.0, shown, False)
    mistake = MistakeShown(MARKERS[2], MARKERS[3])
    exercise = ExerciseReport(
        "ch1.double", "failed", score, 100.0, mistake, "a secret-note", (check,)
    )
    return ChapterReport("small", "ch1", "A small chapter", "bubblewrap", SEED, (exercise,))


MakeRoom = Callable[..., Room]


@pytest.fixture
def room(small: ModuleType, small_course: Course, tmp_path: Path, database_url: str | None) -> Room:
    """A server of the small course, on each database."""
    return _room(small, small_course, tmp_path, database_url)


@pytest.fixture
def sqlite_room(small: ModuleType, small_course: Course, tmp_path: Path) -> Room:
    """The same on SQLite alone, where a database makes no difference."""
    return _room(small, small_course, tmp_path, None)


def _room(small: ModuleType, course: Course, place: Path, url: str | None) -> Room:
    data = place / "class"
    data.mkdir(mode=0o700)
    (data / "class.toml").write_text(CLASS)
    return Room(opened(data, course, url), small)


@pytest.fixture
def fresh_database(database_url: str | None, tmp_path: Path) -> Database:
    database = Database(database_url or f"sqlite:///{tmp_path / 'fresh.db'}")
    database.upgrade()
    return database
