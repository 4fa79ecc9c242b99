"""Marks in the gradebook and text in the feedback, for every kind of submission."""

from __future__ import annotations

import csv
import re
import sqlite3
from contextlib import closing
from html.parser import HTMLParser

import pytest

from grader.course.reading import load_module


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
    if kind.softmax is None:
        assert float(rows[kind.name]["score"]) == 0
        return
    assert float(rows[kind.name]["score"]) == kind.softmax + kind.relu
    assert float(rows[kind.name]["max_score"]) == 100


def test_feedback_agrees_with_the_gradebook_and_hides_the_checks(graded, kind):
    if kind.softmax is None:
        assert not (graded.assignments / "feedback" / kind.name).exists()
        return
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
    assert entries == len(readable(kinds)) + 1


def test_prejudging_again_judges_nothing(graded, kinds):
    done = graded.run("grade", "prejudge", "ch1", fails=True)
    assert done.returncode == 1
    lines = dict(line.split("  ") for line in done.stdout.splitlines())
    expected = {kind.name: f"{kind.softmax + kind.relu} / 100" for kind in readable(kinds)}
    assert lines == {**expected, "empty": "no mark", "conflict": "no mark"}
    assert "no mark for empty: ch1.ipynb is not a notebook: the file is empty" in done.stderr
    assert "no mark for conflict: ch1.ipynb is not a notebook: line 1 is a conflict" in done.stderr


def readable(kinds):
    return [kind for kind in kinds.KINDS if kind.softmax is not None]


def test_markup_of_a_student_is_text_in_the_feedback(graded):
    page = graded.feedback("markup")
    parser = Markup()
    parser.feed(page)
    assert not parser.active
    assert "PWNED" in parser.preformatted
    assert "window" in parser.preformatted


class Markup(HTMLParser):
    """What of a page names PWNED outside of text, and the text of its <pre>."""

    def __init__(self):
        super().__init__()
        self.active, self.preformatted, self.inside = [], "", []

    def handle_starttag(self, tag, attributes):
        self.inside.append(tag)
        self.active += [(tag, name) for name, value in attributes if value and "PWNED" in value]

    def handle_endtag(self, tag):
        if tag in self.inside:
            del self.inside[len(self.inside) - 1 - self.inside[::-1].index(tag) :]

    def handle_data(self, data):
        if "PWNED" in data and "script" in self.inside:
            self.active.append(("script", data))
        if "pre" in self.inside:
            self.preformatted += data
