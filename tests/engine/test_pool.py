"""The pool: the marks are those of judging one by one, whatever the neighbours do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.model import CourseError
from grader.judge.assignment import Assignment, JudgeError, Run
from grader.judge.exercise import cores
from grader.judge.side_by_side import judge_side_by_side
from grader.report.as_json import to_json
from grader.submission.reading import Submission, read_submission
from grader.wall.isolation import PROCESS, Isolation

BELIEVABLE = Path(__file__).resolve().parent.parent / "believable"


def of_text(course, chapter, source: str) -> Assignment:
    submission = Submission(Path("handed_in.py"), chapter.module, {chapter.module: source})
    return Assignment(chapter, submission, chapter.exercises)


def test_reports_are_those_of_judging_one_by_one(course, grade, bubblewrap):
    chapter = course.chapter("ch4")
    wrong = BELIEVABLE / f"{chapter.module}.py"
    paths = [course.solution(chapter), wrong, course.solution(chapter), wrong]
    assignments = [
        Assignment(chapter, read_submission(path, chapter), chapter.exercises) for path in paths
    ]
    reports = dict(judge_side_by_side(course, chapter, Run(), bubblewrap, assignments))
    alone = [to_json([grade("ch4", path, bubblewrap)]) for path in paths[:2]]
    assert [to_json([reports[number]]) for number in range(4)] == alone * 2
    assert not reports[1].passed


def test_without_bubblewrap_each_has_a_sandbox_of_its_own(course, bubblewrap):
    chapter = course.chapter("ch4")
    weak = Isolation(PROCESS, "chosen by a test")
    exercises = (course.select("ch4.sigmoid")[1],)
    submission = read_submission(course.solution(chapter), chapter)
    assignments = [Assignment(chapter, submission, exercises)] * 2
    for _, report in judge_side_by_side(course, chapter, Run(), weak, assignments):
        assert report.passed
        assert report.isolation == PROCESS


def test_a_broken_course_is_nobody_s_mark(course, bubblewrap, tmp_path):
    chapter = course.chapter("ch4")
    broken = replace(course, root=tmp_path)
    assignments = [of_text(course, chapter, "")]
    with pytest.raises((CourseError, JudgeError)):
        list(judge_side_by_side(broken, chapter, Run(), bubblewrap, assignments))


def test_who_waits_lends_the_core_to_another(course, bubblewrap):
    chapter = course.chapter("ch4")
    patience = replace(chapter.limits, call_idle_seconds=2.0, chapter_idle_seconds=4.0)
    chapter = replace(chapter, limits=patience)
    exercises = (course.select("ch4.sigmoid")[1],)
    sleeper = of_text(course, chapter, "import time\ndef sigmoid(z):\n    time.sleep(60)\n")
    right = Assignment(chapter, read_submission(course.root / "solutions", chapter), exercises)
    sleepers = 2 * len(cores())
    assignments = [replace(sleeper, exercises=exercises)] * sleepers + [right] * 3
    judged = list(judge_side_by_side(course, chapter, Run(), bubblewrap, assignments))
    assert {number for number, _ in judged[:3]} == {sleepers, sleepers + 1, sleepers + 2}
    reports = dict(judged)
    assert all(reports[number].passed == (number >= sleepers) for number in reports)
    assert {reports[number].exercises[0].status for number in range(sleepers)} == {"timeout"}


def test_who_works_lends_nothing(course, bubblewrap):
    chapter = course.chapter("ch4")
    exercises = (course.select("ch4.sigmoid")[1],)
    loop = of_text(course, chapter, "def sigmoid(z):\n    while True:\n        pass\n")
    right = Assignment(chapter, read_submission(course.root / "solutions", chapter), exercises)
    loops = len(cores())
    assignments = [replace(loop, exercises=exercises)] * loops + [right]
    (first, _), *_ = judge_side_by_side(course, chapter, Run(), bubblewrap, assignments)
    assert first < loops
