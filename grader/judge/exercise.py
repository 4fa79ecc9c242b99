"""One exercise of one submission: judged behind the wall, and joined into the chapter's report."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grader.course.model import Course, Exercise
from grader.judge.assignment import Assignment, Run
from grader.judge.attempt import Attempt
from grader.judge.chapter import LoadedChapter
from grader.judge.grading import ALONE, judge_exercise, with_diagnosis
from grader.judge.reporting import exercise_report, problem_notes
from grader.judge.text import (
    Raised,
    absent_from_text,
    decided_by_text,
    explained_by_text,
)
from grader.report.model import ChapterReport, ExerciseReport
from grader.submission.dependencies import with_notes
from grader.wall.clocks import Account
from grader.wall.foreseeing import Foreseeing
from grader.wall.isolation import Isolation
from grader.wall.sandbox import Workers
from grader.wall.session import Session, Sources

GARBAGE = 50_000
"""Allocations between collections: a judge lives for seconds and leaves little garbage."""


@dataclass(frozen=True)
class Judged:
    """One exercise's report, and what was noticed about the file on the way."""

    report: ExerciseReport
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where a submission runs: who starts its workers, on which core, on whose account."""

    workers: Workers
    core: int | None
    account: Account


def cores() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def spare_the_collector() -> None:
    """What is loaded is no garbage; looking at it would take long, and copy it in a fork."""
    gc.freeze()
    gc.set_threshold(GARBAGE)


def settle(core: int) -> None:
    """Make a fork a judge, which shares a core with its workers: one of them waits for the other.

    An answer does not interrupt a worker that has more to answer (SCHED_BATCH).
    """
    spare_the_collector()
    with contextlib.suppress(AttributeError, OSError):  # as far as the system schedules so
        os.sched_setaffinity(0, {core})  # halves a round trip
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def judged(
    run: Run,
    loaded: LoadedChapter,
    assignment: Assignment,
    exercise: Exercise,
    place: Place,
    observe: Callable[[bool], None] = lambda passed: None,
    attempt: Attempt = ALONE,
) -> Judged:
    """Judge one exercise; `observe` hears of every check whether it passed.  Raises JudgeError."""
    submission, chapter = assignment.submission, assignment.chapter
    sources = Sources(
        submission.module, submission.files, chapter.refusals, place.core, submission.is_notebook
    )
    session = Session(place.workers, sources, chapter.limits, place.account)
    try:
        verdict = decided_by_text(loaded, submission, exercise)
        if exercise != assignment.exercises[0]:  # one loads the file, to tell what fails in it
            verdict = verdict or absent_from_text(loaded, submission, exercise)
        if verdict is None:
            verdict = judge_exercise(
                loaded,
                exercise,
                Foreseeing(session),
                run,
                lambda outcome: observe(outcome.passed),
                attempt,
            )
            verdict = explained_by_text(loaded, verdict, session, submission)
            session.close()  # nothing of it goes on while we look for a name for its mistake
            if len(verdict.outcomes) not in attempt.lost:
                whence = Raised(loaded, submission, exercise)
                verdict = with_diagnosis(loaded, verdict, whence)
        report = exercise_report(verdict, loaded.namespace, submission)
        return Judged(report, tuple(problem_notes(verdict, session, submission)))
    finally:
        session.close()


def joined(
    course: Course,
    assignment: Assignment,
    judged: Sequence[Judged],
    isolation: Isolation,
    run: Run,
) -> ChapterReport:
    """The report on a chapter, made of its exercises'."""
    notes = dict.fromkeys(note for one in judged for note in one.notes)
    return ChapterReport(
        course=course.name,
        chapter=assignment.chapter.id,
        title=assignment.chapter.title,
        isolation=isolation.name,
        seed=run.seed,
        exercises=with_notes([one.report for one in judged], assignment.submission.source),
        notes=tuple(notes),
    )
