"""The journal keeps reports under everything they depend on, and is only appended to."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from grader.classroom.journal import Entry, Journal, JournalError, key_of
from grader.course.versions import Versions
from grader.judge.assignment import Run
from grader.report.model import (
    CallShown,
    ChapterReport,
    CheckReport,
    Counterexample,
    ExerciseReport,
    MistakeShown,
)
from grader.submission.reading import Submission

SUBMISSION = Submission(Path("ch4.py"), "ch04", {"ch04": "def softmax(z): ..."})
KEY = key_of("alice", SUBMISSION, "version", "bubblewrap", Run())


def report(score=1.5):
    call = CallShown("softmax", {"z": "[1, 2]"}, "nan", "what it does", "hello")
    shown = Counterexample((call,), "[0.2, 0.8]", "nan", "2 of 2 differ")
    check = CheckReport("ch4.softmax.a", "sums to one", "failed", score, 3.0, shown, True)
    mistake = MistakeShown("no-shift", "subtract the maximum")
    exercise = ExerciseReport("ch4.softmax", "failed", score, 10.0, mistake, "see", (check,))
    return ChapterReport("course", "ch4", "Softmax", "bubblewrap", 0, (exercise,), ("a note",))


def test_what_was_appended_is_found_by_another_process(tmp_path):
    with Journal(tmp_path / "journal.db") as journal:
        assert journal.find(KEY) is None
        journal.append(KEY, report())
        with Journal(tmp_path / "journal.db") as other:
            assert other.find(KEY) == report()


@pytest.mark.parametrize(
    "change",
    [
        {"student": "bob"},
        {"chapter": "ch3"},
        {"submission": "x"},
        {"version": "y"},
        {"isolation": "process"},
        {"seed": 1},
        {"examples": 10},
    ],
)
def test_every_part_of_the_key_counts(tmp_path, change):
    with Journal(tmp_path / "journal.db") as journal:
        journal.append(KEY, report())
        assert journal.find(replace(KEY, **change)) is None


def test_the_newest_entry_counts(tmp_path):
    with Journal(tmp_path / "journal.db") as journal:
        journal.append(KEY, report(1.0))
        journal.append(KEY, report(2.0))
        assert journal.find(KEY) == report(2.0)


@pytest.mark.parametrize("change", ["UPDATE entries SET report = '{}'", "DELETE FROM entries"])
def test_entries_cannot_be_changed(tmp_path, change):
    with Journal(tmp_path / "journal.db") as journal:
        journal.append(KEY, report())
    database = sqlite3.connect(tmp_path / "journal.db")
    with pytest.raises(sqlite3.IntegrityError, match="only appended to"):
        database.execute(change)
    database.close()


def test_a_file_that_is_no_journal_is_one_line(tmp_path):
    path = tmp_path / "journal.db"
    path.write_text("not a database, but long enough to be looked at as if it were one" * 20)
    with pytest.raises(JournalError, match="move it away"):
        Journal(path)


def test_the_submission_is_all_of_its_files():
    other = replace(SUBMISSION, files={**SUBMISSION.files, "helper": "x = 1"})
    assert key_of("alice", other, "version", "bubblewrap", Run()) != KEY
    assert key_of("alice", replace(SUBMISSION), "version", "bubblewrap", Run()) == KEY


def test_another_version_is_found_with_the_versions_of_its_exercises(tmp_path):
    with Journal(tmp_path / "journal.db") as journal:
        journal.append_versions(Versions("old", {"softmax": "1"}))
        journal.append_versions(Versions("old", {"softmax": "1"}))
        journal.append(KEY, report(9.0))
        assert journal.find_other(KEY) is None
        journal.append(replace(KEY, version="older"), report(1.0))
        assert journal.find_other(KEY) == Entry(report(1.0), {})
        journal.append(replace(KEY, version="old"), report(2.0))
        journal.append(replace(KEY, version="old", student="bob"), report(3.0))
        assert journal.find_other(KEY) == Entry(report(2.0), {"softmax": "1"})


def test_a_failure_is_no_report(tmp_path):
    with Journal(tmp_path / "journal.db") as journal:
        journal.append_failure(KEY, "the sandbox does not start")
        assert journal.find(KEY) is None
