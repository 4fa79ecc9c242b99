"""The journal: what was judged is kept, and not judged again.

An SQLite file that is only ever appended to.  A run may be killed at any moment and goes on where
it was; several runs may write at once.  Keys name everything that a report depends on, so what
changes is judged again and what an entry says stays true.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import astuple, dataclass
from pathlib import Path
from types import TracebackType

from grader.course.versions import Versions, digest
from grader.judge.assignment import JudgeError, Run
from grader.report.as_json import chapter as as_json
from grader.report.from_json import UnknownSchema, chapter_from
from grader.report.model import ChapterReport
from grader.submission.reading import Submission

LAYOUT = 2
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
CREATE TABLE IF NOT EXISTS versions (version TEXT PRIMARY KEY, exercises TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS failures (
    number INTEGER PRIMARY KEY,
    student TEXT NOT NULL, chapter TEXT NOT NULL, submission TEXT NOT NULL,
    version TEXT NOT NULL, isolation TEXT NOT NULL, seed INTEGER NOT NULL,
    examples INTEGER NOT NULL,
    message TEXT NOT NULL
);
"""
ONLY_APPENDED = """
CREATE TRIGGER IF NOT EXISTS {table}_never_changed BEFORE UPDATE ON {table}
    BEGIN SELECT RAISE(ABORT, 'the journal is only appended to'); END;
CREATE TRIGGER IF NOT EXISTS {table}_never_deleted BEFORE DELETE ON {table}
    BEGIN SELECT RAISE(ABORT, 'the journal is only appended to'); END;
"""


SCRIPT = "\n".join(
    (
        "BEGIN IMMEDIATE;",
        CREATE,
        *(ONLY_APPENDED.format(table=table) for table in ("entries", "versions", "failures")),
        f"PRAGMA user_version = {LAYOUT};",
        "COMMIT;",
    )
)
"""A new journal, whole or not at all."""


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


@dataclass(frozen=True)
class Entry:
    """A report, and the versions of the exercises by their names as far as they are known."""

    report: ChapterReport
    versions: dict[str, str]


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
            if layout != LAYOUT:  # to write where nothing changes would wait for other writers
                self._database.executescript(SCRIPT)
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
        rows = self._rows(query, astuple(key))
        return self._report(rows[0][0]) if rows else None

    def find_other(self, key: Key) -> Entry | None:
        """The newest report under that key but for the version, if there is one."""
        wanted = " AND ".join(
            f"{name} {'<>' if name == 'version' else '='} ?" for name in COLUMNS.split(", ")
        )
        query = f"""
            SELECT report, exercises FROM entries LEFT JOIN versions USING (version)
            WHERE {wanted} ORDER BY number DESC LIMIT 1
        """
        for report, exercises in self._rows(query, astuple(key)):
            return Entry(self._report(report), json.loads(exercises or "{}"))
        return None

    def append(self, key: Key, report: ChapterReport) -> None:
        """Add a report; it is on the disk when this returns."""
        text = json.dumps(as_json(report), ensure_ascii=False)
        self._insert(f"INTO entries ({COLUMNS}, report)", (*astuple(key), text))

    def append_failure(self, key: Key, message: str) -> None:
        """Note that the grader failed, so that there is no report."""
        self._insert(f"INTO failures ({COLUMNS}, message)", (*astuple(key), message))

    def append_versions(self, versions: Versions) -> None:
        """Note what the version of a chapter says about its exercises, if that is not known."""
        values = (versions.chapter, json.dumps(versions.exercises))
        self._insert("OR IGNORE INTO versions (version, exercises)", values)

    def _insert(self, what: str, values: tuple[str | int, ...]) -> None:
        self._rows(f"INSERT {what} VALUES ({', '.join('?' * len(values))})", values)

    def _rows(self, query: str, values: tuple[str | int, ...]) -> list[tuple[str, ...]]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._broken(str(error)) from None

    def _report(self, text: str) -> ChapterReport:
        try:
            return chapter_from(json.loads(text))
        except (ValueError, KeyError, TypeError, UnknownSchema) as error:
            raise self._broken(str(error)) from None

    def _broken(self, why: str) -> JournalError:
        return JournalError(f"{self.path}: {why}: move it away, and what it held is judged again")


def key_of(student: str, submission: Submission, version: str, isolation: str, run: Run) -> Key:
    """The key of one student's submission."""
    content = digest(part for item in sorted(submission.files.items()) for part in item)
    chapter = submission.module
    return Key(student, chapter, content, version, isolation, run.seed, run.examples)
