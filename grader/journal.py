"""The journal: what was judged is kept, and not judged again.

An SQLite file that is only ever appended to.  A run may be killed at any moment and goes on where
it was; several runs may write at once.  Keys name everything that a report depends on, so what
changes is judged again and what an entry says stays true.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import sqlite3
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from types import TracebackType

from grader.assignment import Run
from grader.course import Chapter, Course
from grader.judge.errors import JudgeError
from grader.report.as_json import chapter as as_json
from grader.report.from_json import UnknownSchema, chapter_from
from grader.report.model import ChapterReport
from grader.submission import Submission

LAYOUT = 1
PATIENCE = 30.0
"""Seconds to wait for another process that writes."""

COLUMNS = "student, chapter, submission, version, isolation, seed, examples"
CREATE = f"""
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY,
    student TEXT NOT NULL, chapter TEXT NOT NULL, submission TEXT NOT NULL,
    version TEXT NOT NULL, isolation TEXT NOT NULL, seed INTEGER NOT NULL,
    examples INTEGER NOT NULL,
    report TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS entries_by_key ON entries ({COLUMNS});
CREATE TRIGGER IF NOT EXISTS never_changed BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'the journal is only appended to'); END;
CREATE TRIGGER IF NOT EXISTS never_deleted BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'the journal is only appended to'); END;
PRAGMA user_version = {LAYOUT};
"""
LIBRARIES = ("numpy", "torch", "hypothesis")


class JournalError(JudgeError):
    """The journal cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Key:
    """Everything that a report depends on."""

    student: str
    chapter: str
    submission: str
    version: str
    isolation: str
    seed: int
    examples: int


class Journal:
    """Reports by key.  Use it in a `with` statement."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._database = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
            (layout,) = self._database.execute("PRAGMA user_version").fetchone()
            if layout not in (0, LAYOUT):
                raise self._broken(f"it has layout {layout}")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.executescript(CREATE)
        except sqlite3.Error as error:
            raise self._broken(str(error)) from None

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._database.close()

    def find(self, key: Key) -> ChapterReport | None:
        """The newest report under that key, if there is one."""
        wanted = " AND ".join(f"{name} = ?" for name in COLUMNS.split(", "))
        query = f"SELECT report FROM entries WHERE {wanted} ORDER BY number DESC LIMIT 1"
        try:
            row = self._database.execute(query, astuple(key)).fetchone()
            return chapter_from(json.loads(row[0])) if row else None
        except (sqlite3.Error, ValueError, KeyError, TypeError, UnknownSchema) as error:
            raise self._broken(str(error)) from None

    def append(self, key: Key, report: ChapterReport) -> None:
        """Add a report; it is on the disk when this returns."""
        values = (*astuple(key), json.dumps(as_json(report), ensure_ascii=False))
        marks = ", ".join("?" * len(values))
        try:
            self._database.execute(
                f"INSERT INTO entries ({COLUMNS}, report) VALUES ({marks})", values
            )
        except sqlite3.Error as error:
            raise self._broken(str(error)) from None

    def _broken(self, why: str) -> JournalError:
        return JournalError(f"{self.path}: {why}: move it away, and what it held is judged again")


def key_of(student: str, submission: Submission, version: str, isolation: str, run: Run) -> Key:
    """The key of one student's submission."""
    content = _digest(part for item in sorted(submission.files.items()) for part in item)
    chapter = submission.module
    return Key(student, chapter, content, version, isolation, run.seed, run.examples)


def course_version(course: Course, chapter: Chapter) -> str:
    """A hash of all that decides about marks in a chapter, but for the submission.

    The chapter's files, its block in `course.toml`, the engine, and the libraries in use.
    """
    own = [course.solution(chapter), course.checks(chapter), course.mistakes(chapter)]
    texts = [path.read_text(encoding="utf-8") for path in own if path.exists()]
    others = sorted((course.root / "solutions").glob("*.py"))
    used = [path for path in others if path not in own and any(path.stem in text for text in texts)]
    engine = Path(__file__).resolve().parent
    files = [*own, *used, *sorted(engine.rglob("*.py"))]
    parts = [repr(chapter), platform.python_version()]
    parts += [f"{name} {_installed(name)}" for name in LIBRARIES]
    parts += [path.read_text(encoding="utf-8") if path.exists() else "" for path in files]
    return _digest(parts)


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def _digest(parts: Iterable[str]) -> str:
    """A hash of texts; their lengths go in, so that texts cannot run into each other."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()
