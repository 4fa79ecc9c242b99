"""The class judged side by side while nbgrader converts one notebook after another.

`nbgrader autograde ch3` comes to the first notebook that the journal does not know: then a fork of
it judges all that were submitted, on every core, and nbgrader finds their reports as it goes on.
"""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing
import time
from functools import cache

from nbgrader.coursedir import CourseDirectory

from grader.classroom.bench import Bench
from grader.classroom.journal import Journal, Key
from grader.classroom.run import judge_class
from grader.nbgrader.submitted import submitted
from grader.report.model import ChapterReport
from grader.submission.reading import Submission
from grader.wall.protocol.line import forks

EVERYBODY = "*"
"""nbgrader's student id when it was asked for the whole class."""

PAUSE = 0.1
"""Seconds between looks into the journal."""


def judged_ahead(
    bench: Bench, coursedir: CourseDirectory, student: str, submission: Submission
) -> ChapterReport | None:
    """The report from the journal, waited for if the class is judged; None if it does not come."""
    key = bench.key(student, submission)
    known = _find(bench, key)
    if known is not None or coursedir.student_id != EVERYBODY or not forks():
        return known
    others = _judging(bench, coursedir)  # no journal may be open: SQLite does not survive a fork
    while others.is_alive():
        known = _find(bench, key)
        if known is not None:
            return known
        time.sleep(PAUSE)
    return _find(bench, key)


def _find(bench: Bench, key: Key) -> ChapterReport | None:
    with Journal(bench.journal) as journal:
        return journal.find(key)


@cache
def _judging(bench: Bench, coursedir: CourseDirectory) -> multiprocessing.context.ForkProcess:
    """The fork that judges the class, started once; it ends with nbgrader."""
    process = multiprocessing.get_context("fork").Process(
        target=_judge_class, args=(bench, coursedir)
    )
    process.start()
    atexit.register(process.kill)
    return process


def _judge_class(bench: Bench, coursedir: CourseDirectory) -> None:
    # Whatever fails here, nbgrader then judges by itself, and says what is wrong.
    with contextlib.suppress(Exception):
        for _ in judge_class(bench, list(submitted(coursedir, bench)), bench.judge_each):
            continue
