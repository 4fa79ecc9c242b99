"""A run over a class: what the journal knows is looked up, the rest is judged and entered.

Every report is on the disk before the next one is looked at, so a run may be killed at any moment
and the same run goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from grader.classroom.bench import Bench
from grader.classroom.journal import Entry, Journal, Key
from grader.classroom.results import HandedIn, Result
from grader.course.model import Exercise
from grader.judge.assignment import Assignment, Finished, JudgeError
from grader.report.model import DOES_NOT_PARSE, WAITS, ChapterReport, ExerciseReport
from grader.submission.dependencies import with_notes
from grader.submission.reading import Submission

Judges = Callable[[Sequence[Assignment]], Generator[Finished]]
"""Whoever judges assignments: they come back as they are done."""

TRIES = 2
"""How often a submission is judged until a failure of the grader's is accepted."""

SETTLED = (
    "passed",
    "failed",
    "error",
    "not started",
    WAITS,
    DOES_NOT_PARSE,
    "missing",
    "refused",
)
"""What becomes of a check whatever else is judged; a time limit is shared by all of them."""


def judge_class(bench: Bench, students: Sequence[HandedIn], judges: Judges) -> Iterator[Result]:
    """Yields a result a student, in no order; each is in the journal by then.

    A failure of the grader's is entered as such, tried once more, and never a mark.  Raises
    JournalError, CourseError, and JudgeError or SandboxError where nothing can be judged.
    """
    with Journal(bench.journal) as journal:
        journal.append_versions(bench.versions)
        waiting = []
        for one in students:
            if one.submission is None:
                yield Result(one.student, None, None, one.problem)
                continue
            task = _look_up(bench, journal, one.student, one.submission)
            if task.exercises:
                waiting.append(task)
            else:
                yield task.known_result(bench, journal)
        yield from _judged(bench, journal, waiting, judges)


def count_known(bench: Bench, students: Sequence[HandedIn]) -> int:
    """How many of them the journal has a report of.  Raises JournalError."""
    with Journal(bench.journal) as journal:
        keys = (bench.key(one.student, one.submission) for one in students if one.submission)
        return sum(journal.find(key) is not None for key in keys)


def report_of(bench: Bench, student: str, submission: Submission) -> ChapterReport:
    """One student's report, looked up or judged.  Raises JudgeError, SandboxError, CourseError."""
    (result,) = judge_class(bench, [HandedIn(student, submission)], bench.judge_alone)
    if result.report is None:
        raise JudgeError(result.problem)
    return result.report


@dataclass(frozen=True)
class _Task:
    """A submission and the exercises that are still to be judged.

    `known` is its report; `before` is the last one of another version of the course, of which the
    other exercises are taken.
    """

    student: str
    submission: Submission
    key: Key
    exercises: tuple[Exercise, ...]
    known: ChapterReport | None
    before: Entry | None

    def result(self, report: ChapterReport, *, known: bool = False) -> Result:
        before = self.before.report if self.before else None
        return Result(self.student, self.submission, report, known=known, before=before)

    def known_result(self, bench: Bench, journal: Journal) -> Result:
        """The result of a task with nothing to judge."""
        if self.known is not None:
            return self.result(self.known, known=True)
        report = self.joined(bench, ())
        journal.append(self.key, report)
        return self.result(report, known=True)

    def joined(self, bench: Bench, judged: Sequence[ExerciseReport]) -> ChapterReport:
        """A chapter's report out of the exercises judged now and those of the report before."""
        assert self.before is not None
        reports = {one.id: one for one in (*self.before.report.exercises, *judged)}
        chosen = [reports[exercise.id] for exercise in bench.chapter.exercises]
        return replace(
            self.before.report,
            course=bench.course.name,
            title=bench.chapter.title,
            exercises=with_notes(chosen, self.submission.source),
        )


def _look_up(bench: Bench, journal: Journal, student: str, submission: Submission) -> _Task:
    key = bench.key(student, submission)
    known, before = journal.find(key), journal.find_other(key)
    if known is not None:
        exercises: tuple[Exercise, ...] = ()
    elif before is None or not _can_be_joined(before.report):
        exercises = bench.chapter.exercises
    else:
        versions, judged = bench.versions.exercises, {one.id for one in before.report.exercises}
        exercises = tuple(
            one
            for one in bench.chapter.exercises
            if before.versions.get(one.name) != versions[one.name] or one.id not in judged
        )
    return _Task(student, submission, key, exercises, known, before)


def _can_be_joined(report: ChapterReport) -> bool:
    """Whether each exercise's report would be the same without the others.

    Not so where time ran out or the process was lost, nor where the file did not load in peace.
    """
    checks = (check for exercise in report.exercises for check in exercise.checks)
    return not report.notes and all(check.status in SETTLED for check in checks)


def _judged(
    bench: Bench, journal: Journal, waiting: Sequence[_Task], judges: Judges
) -> Iterator[Result]:
    for attempt in range(1, TRIES + 1):
        failed = []
        assignments = [Assignment(bench.chapter, one.submission, one.exercises) for one in waiting]
        with closing(judges(assignments)) as judging:
            for number, report in judging:
                task = waiting[number]
                if isinstance(report, ChapterReport):
                    yield _entered(bench, journal, task, report)
                    continue
                journal.append_failure(task.key, str(report))
                failed.append(task)
                if attempt == TRIES:
                    problem = f"the grader failed: {report}"
                    yield Result(task.student, task.submission, None, problem)
        waiting = failed


def _entered(bench: Bench, journal: Journal, task: _Task, report: ChapterReport) -> Result:
    whole = len(task.exercises) == len(bench.chapter.exercises)
    final = report if whole else task.joined(bench, report.exercises)
    journal.append(task.key, final)
    return task.result(final)
