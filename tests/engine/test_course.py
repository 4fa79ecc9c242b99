"""A broken course is described in one line with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.model import CourseError, UnknownName
from grader.course.reading import load_course
from grader.course.stubs import stub_of
from grader.judge.chapter import load_chapter

TOML = """\
name = "tiny"

[[chapter]]
id = "ch1"
module = "ch01_tiny"
title = "Tiny"

[[chapter.exercise]]
name = "double"
points = 100
hints = ["idea", "shapes", "outline"]
"""
PATH = """
[[path]]
name = "short"
title = "all there is"
chapters = ["ch1"]
"""
SOLUTION = '''\
"""Tiny."""


def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
'''
CHECKS = """\
from grader.checks import check, expect_close, fills, given


@check("double", "matches the reference", value=True)
@given(fill=fills())
def test_value(submission, reference, fill):
    x = fill(3)
    expect_close(submission.double(x), reference.double(x))
"""


@pytest.fixture
def tiny(tmp_path: Path):
    """Writes a course of one exercise, with parts replaced."""

    def write(toml: str = TOML, solution: str = SOLUTION, checks: str = CHECKS) -> Path:
        for name, text in [
            ("exercises/course.toml", toml),
            ("solutions/ch01_tiny.py", solution),
            ("tests/checks/test_ch01_tiny.py", checks),
        ]:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


def test_a_sound_course_loads(tiny):
    course = load_course(tiny())
    loaded = load_chapter(course, course.chapter("ch1"))
    assert [check.slug for check in loaded.checks["double"]] == ["matches-reference"]


def test_a_path_is_some_chapters_in_its_own_order(tiny):
    course = load_course(tiny(toml=TOML + PATH))
    assert course.along("short") == course.chapters == course.along("ch1")
    with pytest.raises(UnknownName):
        course.along("long")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("points = 100", "points = 90", r"course.toml:4: points of ch1 sum to 90, not 100"),
        ("points = 100", "points = -1", r"course.toml:9: exercise ch1.double needs points"),
        ('"idea", ', "", r"course.toml:9: exercise ch1.double needs 3 hints"),
        ('title = "Tiny"', "", r"course.toml:4: chapter ch1 needs a title"),
        ('name = "double"', "", r"course.toml:4: an exercise of ch1 needs a name"),
        ("points = 100", "points =", r"course.toml:\d+: "),
        ("points = 100", "points = 100\nhidden = -1", r"ch1.double: hidden is a number of checks"),
        ("[[chapter.exercise]]", "limits = {cals = 1}\n[[chapter.exercise]]", "unknown limits"),
        ('title = "Tiny"', 'title = "Tiny"\npreload = "x"', "preload of ch1 is a list of module"),
        (TOML, 'name = "empty"', r"course.toml:1: no \[\[chapter\]\]"),
        (TOML, TOML + TOML[TOML.index("[[chapter.exercise]]") :], "double stands twice"),
        (TOML, TOML + PATH.replace('"ch1"', '"ch2"'), r"course.toml:14: path short leads to ch2"),
        (TOML, TOML + PATH.replace("title =", "titel ="), "path short needs a name and a title"),
        (TOML, TOML + PATH.replace('"short"', '"ch1"'), "path ch1 is called like a chapter"),
        (TOML, TOML + PATH.replace('["ch1"]', "[]"), "path short needs chapters"),
    ],
)
def test_errors_in_the_course_file(tiny, old, new, words):
    with pytest.raises(CourseError, match=words) as caught:
        load_course(tiny(toml=TOML.replace(old, new)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"double", "matches', '"triple", "matches', r"test_ch01_tiny.py:\d+: .* triple"),
        (", value=True", "", "has no value check"),
        ("from grader", "1 / 0\nfrom grader", r"test_ch01_tiny.py:1: ZeroDivisionError"),
        ("x = fill(3)", "x = = 3", r"test_ch01_tiny.py:\d+: SyntaxError"),
        (", value=True", ", value=True, practice=True", "uses the reference"),
    ],
)
def test_errors_in_the_checks(tiny, old, new, words):
    course = load_course(tiny(checks=CHECKS.replace(old, new)))
    with pytest.raises(CourseError, match=words):
        load_chapter(course, course.chapter("ch1"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    ### END SOLUTION\n", "", r"ch01_tiny.py:6: ### BEGIN SOLUTION without"),
        ("    ### BEGIN SOLUTION\n", "", r"ch01_tiny.py:7: ### END SOLUTION without"),
        ("def double", "def single", "ch1.double is not defined"),
        ("### BEGIN SOLUTION", "### BEGIN", "without ### BEGIN SOLUTION"),
    ],
)
def test_errors_in_the_markers(tiny, old, new, words):
    course = load_course(tiny(solution=SOLUTION.replace(old, new)))
    chapter = course.chapter("ch1")
    with pytest.raises(CourseError, match=words):
        stub_of(course.solution(chapter), chapter)


def test_a_signature_may_take_several_lines(tiny):
    course = load_course(tiny(solution=SOLUTION.replace("(x):", "(\n    x,\n):")))
    chapter = course.chapter("ch1")
    assert "    x,\n):\n" in stub_of(course.solution(chapter), chapter)
    unmarked = SOLUTION.replace("(x):", "(\n    x,\n):").replace("    ### BEGIN SOLUTION\n", "")
    course = load_course(tiny(solution=unmarked.replace("    ### END SOLUTION\n", "")))
    with pytest.raises(CourseError, match="has no ### BEGIN"):
        stub_of(course.solution(chapter), chapter)


def test_names_are_found_and_suggested(course):
    assert course.chapter("4").id == course.chapter("ch04").id == "ch4"
    assert course.select("softmax")[1].id == "ch4.softmax"
    with pytest.raises(UnknownName, match=r"did you mean ch4.softmax\?"):
        course.select("ch4.softmaxx")


def test_stubs_are_not_stale(course):
    for chapter in course.chapters:
        text = course.stub(chapter).read_text(encoding="utf-8")
        assert text == stub_of(course.solution(chapter), chapter), "run: grade stubs"
