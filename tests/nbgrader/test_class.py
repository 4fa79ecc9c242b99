"""Marks in the gradebook and text in the feedback, for every kind of submission."""

from __future__ import annotations

import csv
import re
import sqlite3
from contextlib import closing

import pytest

from grader.course.model import load_module


def pytest_generate_tests(metafunc):
    """One test a kind of submission."""
    if "kind" in metafunc.fixturenames:
        found = load_module(metafunc.definition.path.with_name("kinds.py"), "nbgrader_kinds")
        metafunc.parametrize("kind", found.KINDS, ids=[kind.name for kind in found.KINDS])


def test_the_mark_is_what_the_work_deserves(graded, kind):
    assert graded.marks(kind.name) == {"softmax": kind.softmax, "relu": kind.relu}


def test_export_holds_every_mark(graded, kind):
    with (graded.assignments / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert float(rows[kind.name]["score"]) == kind.softmax + kind.relu
    assert float(rows[kind.name]["max_score"]) == 100


def test_feedback_agrees_with_the_gradebook_and_hides_the_checks(graded, kind):
    page = graded.feedback(kind.name)
    total = kind.softmax + kind.relu
    assert re.search(rf"Score: {float(total)} / 100.0", page)
    assert f"A small chapter: {total:g} / 100" in page
    for hidden in ("hidden_detail", "expect_close", "Traceback (most", "test_relu_matches"):
        assert hidden not in page


def test_feedback_names_property_counterexample_mistake_and_hint(graded):
    page = graded.feedback("half-right")
    assert "matches the reference" in page
    assert "expected" in page
    assert "absolute-value" in page
    assert "Negative entries become zero, not positive." in page


@pytest.mark.parametrize(
    ("student", "text"),
    [
        ("stub", "not started"),
        ("endless", "timeout"),
        ("exit", "crashed"),
        ("empty", "This file could not be read, so nothing in it was graded"),
        ("notebook-things", "ZeroDivisionError"),
    ],
)
def test_feedback_says_what_happened(graded, student, text):
    assert text in graded.feedback(student)


def test_instructors_cells_come_back(graded):
    import nbformat

    path = graded.assignments / "autograded" / "no-checks" / "ch1" / "ch1.ipynb"
    sources = [cell.source for cell in nbformat.read(path, as_version=4).cells]
    assert 'grader.check_practice(relu, "ch1.relu")' in sources


def test_autograding_only_looked_up_what_was_prejudged(graded, kinds):
    """Whatever is judged is entered: once each, and once the reference."""
    with closing(sqlite3.connect(graded.assignments / "journal.db")) as journal:
        (entries,) = journal.execute("SELECT count(*) FROM entries").fetchone()
    assert entries == len(kinds.KINDS) + 1


def test_prejudging_again_judges_nothing(graded, kinds):
    done = graded.run("grade", "prejudge", "ch1")
    lines = dict(line.split("  ") for line in done.stdout.splitlines())
    expected = {kind.name: f"{kind.softmax + kind.relu} / 100" for kind in kinds.KINDS}
    assert lines == expected
