"""A busy machine costs nobody a point, and changes no byte of a report."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.report.as_json import to_json

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "benchmarks"))

from loaded import busy, slow_submission  # noqa: E402


@contextmanager
def a_busy_process_a_core() -> Iterator[None]:
    with busy(len(os.sched_getaffinity(0))):
        yield


def test_a_right_torch_chapter_keeps_its_marks(grade, course, bubblewrap):
    solution = course.solution(course.chapter("ch8"))
    quiet = grade("ch8", solution, bubblewrap)
    with a_busy_process_a_core():
        loaded = grade("ch8", solution, bubblewrap)
    assert quiet.passed
    assert to_json([loaded]) == to_json([quiet])


def test_calls_near_the_limit_keep_their_marks(grade, bubblewrap, tmp_path):
    submission = slow_submission(tmp_path)
    with a_busy_process_a_core():
        loaded = grade("ch4", submission, bubblewrap)
    assert loaded.passed
    assert to_json([loaded]) == to_json([grade("ch4", submission, bubblewrap)])


def test_calls_over_the_limit_do_not(grade, bubblewrap, tmp_path):
    path = slow_submission(tmp_path)
    path.write_text(path.read_text().replace("else 1.5)", "else 2.5)"))
    report = grade("ch4.softmax", path, bubblewrap)
    assert report.exercises[0].status == "timeout"
