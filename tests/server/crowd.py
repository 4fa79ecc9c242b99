"""A server in processes of its own, what can be killed of it, and a crowd that hands in."""

from __future__ import annotations

import csv
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from sqlalchemy import func, select

from grader.client.connection import Server, ServerError
from grader.client.credentials import Credentials
from grader.server.database import Database
from grader.server.tables import DONE, Account, Judgement, Submission

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE = 90.0


@dataclass
class Serving:
    """`grade serve` of a course, and its class."""

    course: Path
    data: Path
    port: int
    database: str | None = None
    process: subprocess.Popen[bytes] | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])
        more = {"GRADSCHOOL_DATABASE": self.database} if self.database else {}
        return {**os.environ, "PYTHONPATH": path, **more}

    def grade(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "grader", *map(str, arguments)],
            cwd=self.course,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def invite(self, names: Sequence[str], *options: str) -> None:
        roster = self.data.parent / f"roster-{secrets.token_hex(4)}.csv"
        roster.write_text("student\n" + "".join(f"{name}\n" for name in names))
        out = roster.with_suffix(".out")
        options = (*options, "--data", str(self.data), "--output", str(out))
        done = self.grade("serve", "invite", roster, *options)
        assert done.returncode == 0, done.stderr
        self.tokens |= {row["student"]: row["token"] for row in csv.DictReader(out.open())}

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "grader",
                "serve",
                "--data",
                self.data,
                "--port",
                f"{self.port}",
            ],
            cwd=self.course,
            env=self.environment,
            start_new_session=True,
        )
        some = next(iter(self.tokens.values()))
        until(lambda: self._answers(some), "the server never answered")

    def stop(self) -> None:
        """End it as Ctrl-C does, and see that nothing is left of its family."""
        assert self.process is not None
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        until(lambda: not any(alive(one) for one in family), "something outlived the server")

    def kill_server(self) -> None:
        """The web server alone; what it had started must end by itself."""
        assert self.process is not None
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        self.process.wait()
        until(lambda: not any(alive(one) for one in family), "something outlived the server")
        self.start()

    def kill_dispatcher(self) -> None:
        self._kill("grader.server.judging")

    def kill_judges(self) -> None:
        """Everything that judges, the judges that stay and those that were forked."""
        self._kill("grader.classroom.standing")

    def client(self, name: str) -> Server:
        return Server(Credentials(self.url, self.tokens[name]))

    def _kill(self, what: str) -> None:
        assert self.process is not None
        for one in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if what in one.cmdline():
                    one.kill()
            except psutil.NoSuchProcess:
                continue

    def _answers(self, token: str) -> bool:
        import urllib.error
        import urllib.request

        assert self.process is not None
        assert self.process.poll() is None, "the server ended"
        request = urllib.request.Request(
            f"{self.url}/api/me", headers={"Authorization": f"Bearer {token}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False


@dataclass
class Crowd:
    """Students who each hand in once, within a time; who is answered counts as accepted."""

    serving: Serving
    texts: dict[str, str]
    seconds: float
    accepted: dict[str, int] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    target: str = "ch1"
    module: str = "ch01_small"

    def hand_in(self) -> list[threading.Thread]:
        """Begin; the threads end when everybody has been answered."""
        step = self.seconds / len(self.texts)
        threads = [
            threading.Thread(target=self._one, args=[name, number * step], daemon=True)
            for number, name in enumerate(self.texts)
        ]
        for thread in threads:
            thread.start()
        return threads

    def _one(self, name: str, delay: float) -> None:
        time.sleep(delay)
        key = secrets.token_urlsafe(12)
        body = {
            "target": self.target,
            "file": f"{self.target}.py",
            "files": {self.module: self.texts[name]},
            "key": key,
        }
        # A student tries again, with the same key, until somebody answers.
        for _ in range(20):
            begun = time.monotonic()
            try:
                answer = self.serving.client(name).post("/submissions", body)
            except ServerError as error:
                self.refused.append(str(error))
                continue
            self.took.append(time.monotonic() - begun)
            self.accepted[name] = answer["id"]
            return


def verdicts(database: Database) -> dict[str, list[str]]:
    """All reports of every student, as text."""
    found: dict[str, list[str]] = {}
    with database.reading() as session:
        rows = session.execute(
            select(Account.name, Judgement.report)
            .join(Submission, Submission.account_id == Account.id)
            .join(Judgement, Judgement.submission_id == Submission.id)
            .where(Judgement.state == DONE)
        )
        for name, content in rows:
            found.setdefault(name, []).append(zlib.decompress(content).decode())
    return found


def unfinished(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).where(Judgement.state != DONE)) or 0


def class_reports(journal: Path) -> dict[str, str]:
    """The reports of `grade class`, by student, as they stand in its journal."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(journal)) as opened:
        return dict(opened.execute("SELECT student, report FROM entries ORDER BY number"))


def reports_match(ours: dict[str, list[str]], theirs: dict[str, str]) -> list[str]:
    """What is wrong: students without one verdict, or with another than `grade class` gives."""
    wrong = []
    for name in sorted({*ours, *theirs}):
        own = ours.get(name, [])
        if len(own) != 1:
            wrong.append(f"{name}: {len(own)} verdicts")
        elif own[0] != theirs.get(name):
            score = json.loads(own[0])["score"]
            wrong.append(f"{name}: {score}, another report than grade class gives")
    return wrong


def until(condition: Callable[[], object], otherwise: str, seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, otherwise
        time.sleep(0.05)


def alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
