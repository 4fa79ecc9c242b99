"""What the tests of the engine share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

# Before torch is loaded: tests run side by side, and its threads would wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# What a test starts shall not stay.
os.environ.setdefault("GRADE_COLD", "1")

from grader.course.model import Course
from grader.course.reading import load_course
from grader.judge.assignment import Assignment, Run
from grader.judge.heir import reports
from grader.report.model import ChapterReport
from grader.submission.reading import read_submission
from grader.wall.isolation import Isolation, detect

ROOT = Path(__file__).resolve().parent.parent

Grade = Callable[..., ChapterReport]


@pytest.fixture(scope="session")
def course() -> Course:
    return load_course(ROOT)


@pytest.fixture(scope="session")
def bubblewrap() -> Isolation:
    """The strong isolation; without it a test is skipped, and CI forbids that."""
    found = detect()
    if not found.strong:
        if os.environ.get("GRADSCHOOL_REQUIRE_BUBBLEWRAP"):
            pytest.fail(found.why)
        pytest.skip(found.why)
    return found


@pytest.fixture
def grade(course: Course) -> Grade:
    """Grade a file, or source given as text, behind the wall: `grade("ch4.softmax", source)`."""

    def grade(
        target: str,
        submission: Path,
        isolation: Isolation | None = None,
        run: Run | None = None,
        of: Course = course,
    ) -> ChapterReport:
        chapter, exercise = of.select(target)
        exercises = (exercise,) if exercise else chapter.exercises
        assignment = Assignment(chapter, read_submission(submission, chapter), exercises)
        return reports(of, [assignment], run or Run(), isolation or detect())[0]

    return grade
