"""The judge is guarded as well: what an answer does to it costs the check that asked alone."""

from __future__ import annotations

import os
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from grader.checks import check
from grader.checks.answers import Local
from grader.checks.expect import expect
from grader.judge import forks
from grader.judge.assignment import Assignment, Run
from grader.judge.attempt import bounded
from grader.judge.chapter import load_chapter
from grader.judge.forks import Died, forked
from grader.judge.judging import Judging
from grader.judge.keeping import LARGE, kept
from grader.judge.run import run_check
from grader.judge.side_by_side import judge_side_by_side
from grader.submission.reading import Submission
from grader.wall.errors import SubmissionLost
from grader.wall.protocol.tokens import Opaque

SENTINEL = 12345.0
"""An answer at which the course's check below trips: it stands for every answer that could."""

CHECKS = """
import os
import time

import numpy as np

from grader.checks import check, expect_close


@check("double", "gives twice the number", value=True)
def test_double(submission, reference):
    expect_close(submission.double(3.0), reference.double(3.0))


@check("double", "{title}")
def test_trips(submission, reference):
    if submission.double(4.0) == 12345.0:
        {trap}


@check("double", "of zero is zero", practice=True)
def test_of_zero(submission):
    expect_close(submission.double(0.0), 0.0)
"""
TRAPS = {
    "dies": "os._exit(1)",
    "aborts": "os.abort()",
    "takes all memory": "np.ones((60_000, 60_000))",
    "computes without an end": "sum(1 for _ in iter(int, 1))",
}
WRONG = "def double(x):\n    return 12345.0 if x == 4.0 else 2 * x\n"
RIGHT = "def double(x):\n    return 2 * x\n"


@pytest.fixture
def trap(tmp_path):
    """`trap("os._exit(1)")` is a course whose second check does that to its judge."""
    from grader.course.reading import load_course

    def make(action: str):
        root = tmp_path / "course"
        for folder in ("exercises", "solutions", "tests/checks", "tests/mistakes"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / "exercises" / "course.toml").write_text(
            textwrap.dedent(
                """
                name = "trap"

                [[chapter]]
                id = "ch1"
                module = "ch01_double"
                title = "Doubling"
                imports = ["numpy"]
                limits = { judge_seconds = 0.5 }

                [[chapter.exercise]]
                name = "double"
                points = 100
                hints = ["a", "b", "c"]
                """
            )
        )
        (root / "solutions" / "ch01_double.py").write_text(RIGHT)
        text = CHECKS.format(trap=action, title="trips over one answer")
        (root / "tests" / "checks" / "test_ch01_double.py").write_text(text)
        return load_course(root)

    return make


def judged_in(course, source: str, isolation, side_by_side: bool):
    chapter = course.chapter("ch1")
    submission = Submission(Path("mine.py"), chapter.module, {chapter.module: source})
    assignment = Assignment(chapter, submission, chapter.exercises)
    if side_by_side:
        ((_, report),) = judge_side_by_side(course, chapter, Run(), isolation, [assignment])
    else:
        (report,) = Judging(course, [assignment], Run(), isolation).reports()
    return report


@pytest.mark.parametrize("side_by_side", [False, True], ids=["grade", "class"])
@pytest.mark.parametrize("name", TRAPS)
def test_a_judge_that_trips_costs_one_check(trap, bubblewrap, name, side_by_side):
    course = trap(TRAPS[name])
    report = judged_in(course, WRONG, bubblewrap, side_by_side)
    (exercise,) = report.exercises
    statuses = [one.status for one in exercise.checks]
    ending = "timeout" if "end" in name else "crashed"
    assert statuses == ["passed", ending, "passed"]
    message = exercise.checks[1].counterexample.message
    assert "protocol error" in message or "took the judge over 0.5 s" in message
    assert exercise.checks[0].score > 0
    assert judged_in(course, WRONG, bubblewrap, side_by_side) == report
    assert judged_in(course, RIGHT, bubblewrap, side_by_side).passed


@pytest.mark.parametrize("side_by_side", [False, True], ids=["grade", "class"])
def test_a_judge_that_says_nothing_is_replaced(trap, bubblewrap, monkeypatch, side_by_side):
    monkeypatch.setattr(forks, "SILENCE", 1.0)
    monkeypatch.setattr(forks, "LOOK", 0.2)
    course = trap("time.sleep(3600)")
    report = judged_in(course, WRONG, bubblewrap, side_by_side)
    assert [one.status for one in report.exercises[0].checks] == ["passed", "timeout", "passed"]


def test_a_large_answer_is_kept_as_its_description():
    small, large = np.zeros(10), np.zeros(2 * LARGE)
    assert kept(small) is small
    assert kept(large) == Opaque(
        "float64 array of shape (2097152,), first entries 0, 0, 0, 0, 16 MB"
    )
    assert isinstance(kept([["x" * LARGE]]), Opaque)


def test_checks_keep_no_large_answers(course):
    loaded = load_chapter(course, course.chapter("ch4"))
    large = Local({**loaded.namespace, "sigmoid": lambda z: np.zeros(LARGE)})
    one = next(one for one in loaded.checks["sigmoid"] if one.value)
    outcome = run_check(one, large, loaded.reference, seed=0, examples=20)
    assert outcome.status == "failed"
    assert all(isinstance(call.returned, Opaque) for call in outcome.calls + outcome.transcript)


def test_memory_that_a_comparison_lacks_is_the_answer_s_fault(course):
    @check("sigmoid", "compares with too much")
    def test_compares(submission, reference):
        got = submission.sigmoid(np.zeros(3))
        if got.size > 3:
            raise MemoryError
        expect(got.size == 3, "three")

    loaded = load_chapter(course, course.chapter("ch4"))
    large = Local({**loaded.namespace, "sigmoid": lambda z: np.zeros(5)})
    outcome = run_check(test_compares.check, large, loaded.reference, seed=0, examples=5)
    assert outcome.status == "crashed"
    assert "protocol error" in outcome.message
    assert run_check(
        test_compares.check, loaded.reference, loaded.reference, seed=0, examples=5
    ).passed


def test_the_judge_s_clock_counts_its_own_work_only():
    with bounded(0.2):
        time.sleep(0.5)
    with pytest.raises(SubmissionLost, match=r"over 0\.2 s"), bounded(0.2):
        sum(1 for _ in iter(int, 1))


def test_a_child_may_grow_by_so_much_and_others_are_not_limited():
    def work(connection, progress):
        progress.at(3, 4)
        try:
            grown = bytearray(256 << 20)
        except MemoryError:
            connection.send("no more")
        else:
            connection.send(len(grown))

    fork = forked(work, growth=64 << 20)
    assert fork.receive() == "no more"
    assert fork.progress.place == (3, 4)
    fork.end()
    free = forked(work)
    assert free.receive() == 256 << 20
    free.end()


def test_a_child_that_dies_is_noticed():
    fork = forked(lambda connection, progress: os._exit(3))
    with pytest.raises(Died):
        fork.receive()
    fork.end()


def test_a_report_stays_small_whatever_is_answered(course, grade, bubblewrap, tmp_path):
    chapter = course.chapter("ch4")
    text = chapter_of_large_answers(chapter)
    path = tmp_path / "large.py"
    path.write_text(text)
    report = grade("ch4", path, bubblewrap)
    assert report.score == 0
    assert len(repr(report)) < 200_000


def chapter_of_large_answers(chapter) -> str:
    names = " = ".join(exercise.name for exercise in chapter.exercises)
    return f"import numpy as np\nbig = np.zeros(500_000)\n{names} = lambda *a, **k: big\n"
