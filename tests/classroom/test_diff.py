"""A changed course: only what the change touches is judged again, and every changed mark shown."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from grader.classroom.bench import Bench
from grader.classroom.roster import read_roster
from grader.classroom.run import judge_class
from grader.course.reading import load_course, load_module
from grader.judge.assignment import Assignment, Run
from grader.wall.isolation import detect

small = load_module(Path(__file__).with_name("small_class.py"), "small_class_texts")
STRICTER = """

@check("relu", "is never above its input's size", weight=4)
def test_relu_size(submission):
    expect_close(submission.relu(np.array([-1.0])), np.array([0.0]))
"""
CLASS = {
    "amy": small.RIGHT,
    "ben": small.WRONG_RELU,
    "cleo": small.WRONG_DOUBLE,
    "dan": small.STUB,
    "eve": small.RIGHT + "\nraise RuntimeError('noted')\n",
    "gil": small.RIGHT.replace("return FACTOR * x", "while True: pass"),
}


@pytest.fixture(scope="module")
def graded_once(tmp_path_factory, bubblewrap):
    classroom = small.Classroom(small.written(tmp_path_factory.mktemp("graded") / "course"))
    for student, text in CLASS.items():
        classroom.hand_in(student, text)
    assert classroom.grade()[0] == 1
    return classroom


@pytest.fixture
def graded(graded_once, tmp_path):
    """A class that was graded, in a copy that a test may change."""
    shutil.copytree(graded_once.root, tmp_path / "course")
    return small.Classroom(tmp_path / "course")


def judged_exercises(classroom):
    """What is judged when the class is graded now: the exercises of each student."""
    course = load_course(classroom.root)
    chapter = course.chapter("ch1")
    bench = Bench(course, chapter, Run(), detect(), classroom.journal)
    asked: dict[str, list[str]] = {}
    roster = read_roster(classroom.submissions, course, chapter)
    students = {one.submission.source: one.student for one in roster.students}

    def judges(assignments: list[Assignment]):
        for one in assignments:
            asked[students[one.submission.source]] = [entry.name for entry in one.exercises]
        yield from bench.judge_each(assignments)

    list(judge_class(bench, roster.students, judges))
    return asked


def fresh(classroom, folder: Path):
    """The reports of a full run with an empty journal."""
    shutil.copytree(classroom.root, folder, ignore=shutil.ignore_patterns("journal.db*"))
    other = small.Classroom(folder)
    other.grade()
    return other.reports()


ALL = ["double", "relu", "fourfold"]
CHANGES = {
    "a check": (
        "tests/checks/test_ch01_small.py",
        lambda text: text + STRICTER,
        ["relu"],
    ),
    "a mistake": (
        "tests/mistakes/ch01_small.py",
        lambda text: text.replace("absolute-value", "magnitude"),
        ["relu"],
    ),
    "the reference": (
        "solutions/ch01_small.py",
        lambda text: text.replace("FACTOR = 2.0", "FACTOR = 3.0"),
        ["double", "fourfold"],
    ),
    "what checks share": (
        "tests/checks/test_ch01_small.py",
        lambda text: text.replace("expect_close(getattr", "assert name\n    expect_close(getattr"),
        ALL,
    ),
    "points": (
        "exercises/course.toml",
        lambda text: text.replace("points = 30", "points = 40").replace(
            "points = 20", "points = 10"
        ),
        ["relu", "fourfold"],
    ),
    "the title": (
        "exercises/course.toml",
        lambda text: text.replace("A small chapter", "A renamed chapter"),
        [],
    ),
    "the limits": (
        "exercises/course.toml",
        lambda text: text.replace("call_seconds = 1.0", "call_seconds = 1.5"),
        ALL,
    ),
    "another chapter": (
        "exercises/course.toml",
        lambda text: text.replace("Another chapter", "Yet another"),
        None,
    ),
    "a comment": (
        "tests/checks/test_ch01_small.py",
        lambda text: text + "\n# a comment\n",
        None,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_only_what_a_change_touches_is_judged_again(graded, change, tmp_path):
    name, edit, exercises = CHANGES[change]
    path = graded.root / name
    before = path.read_text()
    path.write_text(edit(before))
    assert path.read_text() != before
    asked = judged_exercises(graded)
    if exercises is None:
        assert asked == {}
    else:
        expected = dict.fromkeys(CLASS, exercises) if exercises else {}
        # A report in which a time limit was met, or that has notes, says less about a part of it.
        expected |= {"eve": ALL, "gil": ALL}
        assert asked == expected
    assert graded.reports() == fresh(graded, tmp_path / "fresh")


def test_every_changed_mark_is_shown_and_no_other(graded):
    graded.checks.write_text(
        graded.checks.read_text().replace("value=True, examples=10", "value=True", 1)
    )
    path = graded.root / "solutions" / "ch01_small.py"
    path.write_text(path.read_text().replace("np.maximum(x, 0.0)", "np.abs(x)"))
    code, out, err = graded.grade("--diff")
    assert (code, err) == (1, "")
    marks = {student: json.loads(text)["score"] for student, text in graded.reports().items()}
    assert (marks["amy"], marks["ben"]) == (70, 100)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines == [
        "ch1 · A small chapter 6 students",
        "",
        "student exercise before after",
        "amy ch1.relu 30 → 0",
        "amy total 100 → 70",
        "ben ch1.relu 0 → 30",
        "ben total 70 → 100",
        "cleo ch1.relu 30 → 0",
        "cleo total 30 → 0",
        "eve ch1.relu 30 → 0",
        "eve total 100 → 70",
        "gil ch1.relu 30 → 0",
        "gil total 30 → 0",
        "",
        "5 of 6 students have changed marks.",
    ]
    assert graded.grade("--diff") == (code, out, err)


def test_without_another_version_there_is_nothing_to_compare(graded):
    out = graded.grade("--diff")[1]
    assert "No other version of the course graded these submissions here." in out
