"""The dispatcher: takes judgements that wait, has them judged, and writes the verdicts.

It is a process of its own, and may be killed at any moment: what it had is claimed again, and the
journal knows what had been judged by then.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from grader.classroom.results import HandedIn, Result
from grader.classroom.run import judge_class
from grader.classroom.standing import JudgesLost
from grader.course.model import CourseError, UnknownName
from grader.judge.assignment import JudgeError
from grader.judge.exercise import cores
from grader.judge.pool import BEYOND
from grader.server.benches import WARM, Benches
from grader.server.claims import Claimed, claim, enter, give_back, keep, release
from grader.server.history import likely
from grader.server.office import Office
from grader.wall.errors import SandboxError
from grader.wall.isolation import Isolation

LOOK = 0.1
"""Seconds between looks for work while there is none."""

HEARTBEAT = 10.0
TROUBLE = 3.0
"""Seconds to wait when the course or the database cannot be used."""

NICENESS = 3
"""Pages and acceptance go first: verdicts take seconds anyhow."""

LOCK = "judging.lock"
log = logging.getLogger("grader.server")


@dataclass
class Dispatcher:
    """Judges on every core of this machine until `ended` is set."""

    office: Office
    isolation: Isolation
    ended: threading.Event = field(default_factory=threading.Event)
    problem: str = ""

    def __post_init__(self) -> None:
        self._benches = Benches(self.office, self.isolation)
        self._claims: set[int] = set()
        self._broken: dict[str, float] = {}
        """Chapters that cannot be judged, and until when they are left alone."""

        self._looking = threading.Lock()

    def run(self) -> None:
        """Judge until ended."""
        self._insist(lambda: release(self.office.database, self.office.place))
        # More than cores: one waits while a verdict is written, and a sleeper lends its core.
        count = len(cores()) + BEYOND
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(count)]
        threads.append(threading.Thread(target=self._warm_up, daemon=True))
        for thread in threads:
            thread.start()
        while True:
            self._tried(self._keep)
            if self.ended.wait(HEARTBEAT):
                break
        self._benches.close()

    def close(self) -> None:
        """End at once; what is being judged is judged again."""
        self.ended.set()
        self._benches.close()

    def _work(self) -> None:
        """Runs in several threads."""
        while not self.ended.is_set():
            claimed = self._next()
            if claimed is None:
                self.ended.wait(LOOK)
                continue
            self._claims.add(claimed.id)
            try:
                self._judge(claimed)
            finally:
                self._claims.discard(claimed.id)

    def _judge(self, claimed: Claimed) -> None:
        database, place = self.office.database, self.office.place
        try:
            result, version = self._result(claimed)
        except (CourseError, UnknownName, JudgeError, SandboxError) as error:
            # Nobody's submission is at fault: it waits until the course or the machine is mended.
            self._complain(f"{claimed.chapter} cannot be judged: {error}")
            self._broken[claimed.chapter] = time.monotonic() + TROUBLE
            self._insist(lambda: give_back(database, place, claimed))
            return
        except JudgesLost as lost:
            why = str(lost)
            self._insist(lambda: give_back(database, place, claimed, loss=why))
            return
        self.problem = ""
        report = result.report
        if report is None:
            self._insist(lambda: give_back(database, place, claimed, loss=result.problem))
        else:
            self._insist(lambda: enter(database, place, claimed, report, version))

    def _result(self, claimed: Claimed) -> tuple[Result, str]:
        """The verdict as `grade class` comes to it, and the version of the course."""
        with self._benches.of(claimed.chapter) as standing:
            handed_in = HandedIn(claimed.student, claimed.submission)
            (result,) = judge_class(standing.bench, [handed_in], standing.judge_each)
            return result, standing.bench.versions.chapter

    def _warm_up(self) -> None:
        """Load what the next submissions will be for, so that nobody waits for it."""
        names: list[str] = []
        self._tried(lambda: names.extend(likely(self.office)))
        for name in names[:WARM]:
            try:
                with self._benches.of(name):
                    continue
            except (CourseError, UnknownName) as error:
                self._complain(f"{name} cannot be judged: {error}")

    def _next(self) -> Claimed | None:
        try:
            with self._looking:
                now = time.monotonic()
                but = [one for one, until in self._broken.copy().items() if until > now]
                return claim(self.office.database, self.office.place, but)
        except SQLAlchemyError as error:
            self._away(error)
            return None

    def _keep(self) -> None:
        claims = sorted(self._claims.copy())
        keep(self.office.database, self.office.place, claims, self.problem)

    def _insist(self, work: Callable[[], object]) -> None:
        """Do it, however long the database is away: a verdict is not thrown away."""
        while not self._tried(work) and not self.ended.wait(TROUBLE):
            continue

    def _tried(self, work: Callable[[], object]) -> bool:
        try:
            work()
        except SQLAlchemyError as error:
            self._away(error)
            return False
        return True

    def _away(self, error: SQLAlchemyError) -> None:
        reason = str(getattr(error, "orig", None) or error).split("\n")[0]
        self._complain(f"the database cannot be used: {reason}")

    def _complain(self, problem: str) -> None:
        if problem != self.problem:
            log.error("%s", problem)
        self.problem = problem


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Wait until no other dispatcher of the folder lives: claims of its place are ours then."""
    import fcntl  # POSIX only, as judging for a class is

    with (data / LOCK).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def judge_while_needed(office: Office, isolation: Isolation) -> None:
    """Run a dispatcher until standard input ends, as it does when whoever started it dies."""
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    with alone(office.data):
        dispatcher = Dispatcher(office, isolation)

        def listen() -> None:
            while os.read(sys.stdin.fileno(), 1 << 10):
                continue
            dispatcher.close()
            os._exit(0)

        threading.Thread(target=listen, daemon=True).start()
        dispatcher.run()
