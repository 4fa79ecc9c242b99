"""The course examines itself, and the examination finds what is planted."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path

import pytest

from grader.authoring.audit import Audit, audit_chapter
from grader.course.reading import load_course

ROOT = Path(__file__).resolve().parents[2]
COURSE = load_course(ROOT)
CHAPTERS = [chapter.id for chapter in COURSE.chapters]


@functools.cache
def audit_of(chapter: str) -> Audit:
    """A chapter is loaded once in a process, whichever exercises its tests are about."""
    return Audit.of(COURSE, COURSE.chapter(chapter))


@pytest.mark.parametrize("name", COURSE.exercises)
def test_an_exercise_is_as_it_must_be(name):
    exercise = COURSE.exercises[name]
    assert list(audit_of(exercise.chapter).exercise(exercise)) == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_banks_of_a_chapter_are_about_its_exercises(name):
    assert list(audit_of(name).strangers()) == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_behind_the_wall_the_reference_gets_full_marks(course, grade, name):
    report = grade(name, course.solution(course.chapter(name)))
    checks = [check for exercise in report.exercises for check in exercise.checks]
    assert [check for check in checks if check.status != "passed"] == []
    assert report.notes == ()


@pytest.mark.parametrize("name", CHAPTERS)
def test_behind_the_wall_stubs_are_not_started(course, grade, name):
    report = grade(name, course.stub(course.chapter(name)))
    assert report.score == 0
    assert {exercise.status for exercise in report.exercises} == {"not started"}


CHECKS = """
import numpy as np
from grader.checks import check, double_precision, expect_close, fills, given, sizes, st

double_precision("double", st.builds(lambda n, fill: fill(n), sizes(), fills()))

@check("double", "the worked example", practice=True)
def test_example(submission):
    expect_close(submission.double(np.array([1.0, 2.0])), np.array([2.0, 4.0]))

@check("double", "matches the reference", value=True)
@given(n=sizes(), fill=fills())
def test_value(submission, reference, n, fill):
    x = fill(n)
    expect_close(submission.double(x), reference.double(x))

@check("double", "keeps the length", practice=True)
@given(n=sizes(), fill=fills())
def test_length(submission, n, fill):
    assert submission.double(fill(n)).shape == (n,)
"""
MISTAKES = """
from grader.bank import mistake

@mistake("double", "triples", "Once more than enough.")
def double(x):
    return 3 * x

@mistake("double", "squares", "Twice x is not x times x.")
def double(x):
    return x * x

@mistake("double", "drops-sign", "The sign matters.")
def double(x):
    return abs(2 * x)

@mistake("double", "doubles-length", "The length stays.")
def double(x):
    return [*x, *x]
"""
RIGHT = """
from grader.bank import alternate

@alternate("double", "sum")
def double(x):
    return x + x

@alternate("double", "shift")
def double(x):
    return x / 0.5
"""
SOLUTION = '''
"""Tiny."""


def double(x):
    """Twice x.

    >>> double(1.5)
    3.0
    """
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
'''
TOML = """
[[chapter]]
id = "ch1"
module = "ch01_tiny"
title = "Tiny"

[[chapter.exercise]]
name = "double"
points = 100
hints = ["a", "b", "c"]
"""
FILES = {
    "exercises/course.toml": TOML,
    "solutions/ch01_tiny.py": SOLUTION,
    "tests/checks/test_ch01_tiny.py": CHECKS,
    "tests/mistakes/ch01_tiny.py": MISTAKES,
    "tests/alternates/ch01_tiny.py": RIGHT,
    "tests/oracles/ch01_tiny.py": RIGHT,
}


@pytest.fixture
def findings(tmp_path):
    """What the audit says of the tiny course with one file changed."""

    def findings(file: str = "", old: str = "", new: str = "") -> list[str]:
        shutil.rmtree(tmp_path, ignore_errors=True)
        for name, text in FILES.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name == file:
                assert old in text
                text = text.replace(old, new)
            path.write_text(text)
        course = load_course(tmp_path)
        return list(audit_chapter(course, course.chapters[0]))

    return findings


def test_the_tiny_course_is_sound_but_for_an_idle_check(findings):
    assert findings() == []


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("solutions/ch01_tiny.py", "3.0\n", "4.0\n", "docstring example is wrong"),
        ("solutions/ch01_tiny.py", ">>> double(1.5)\n    3.0", "", "has no worked example"),
        ("solutions/ch01_tiny.py", "return 2 * x", "return 2.01 * x", "the reference fails"),
        ("tests/mistakes/ch01_tiny.py", "return 3 * x", "return 2 * x", "triples is accepted"),
        ("tests/mistakes/ch01_tiny.py", "return 3 * x", "return x * x", "is named nothing"),
        ("tests/mistakes/ch01_tiny.py", "return [*x, *x]", "return 4 * x", "length is idle"),
        ("tests/mistakes/ch01_tiny.py", "double", "triple", "mistake of no exercise: triple"),
        ("tests/alternates/ch01_tiny.py", "x / 0.5", "x / 0.4", "alternate 'shift' fails"),
        ("tests/oracles/ch01_tiny.py", "x / 0.5", "x / 0.4", "oracle 'shift' fails"),
        ("tests/alternates/ch01_tiny.py", '@alternate("double", "sum")', "", "1 alternates"),
        ("tests/checks/test_ch01_tiny.py", ".shape == (n,)", " is not None", "idle"),
        (
            "tests/checks/test_ch01_tiny.py",
            ".shape == (n,)",
            ".dtype == float",
            "in single precision the reference fails computed-in-double",
        ),
        (
            "tests/checks/test_ch01_tiny.py",
            'double_precision("double", st.builds(lambda n, fill: fill(n), sizes(), fills()))',
            "",
            'write double_precision("double", cases)',
        ),
        ("solutions/ch01_tiny.py", "def double(", "def twice(", "does not define it"),
    ],
)
def test_what_is_planted_is_found(findings, file, old, new, words):
    assert any(words in line for line in findings(file, old, new))


def test_a_check_that_pays_for_nothing_is_found(findings):
    lenient = "expect_close(submission.double(x), reference.double(x), scale=1e9)"
    found = findings(
        "tests/checks/test_ch01_tiny.py",
        "expect_close(submission.double(x), reference.double(x))",
        lenient,
    )
    assert any("answering zeros earns" in line for line in found)
