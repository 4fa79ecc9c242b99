"""Judging side by side: one judge process a core, one exercise at a time, one report a chapter."""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from multiprocessing.connection import Connection, wait
from typing import Any

from grader.assignment import HEAVY, Assignment, Wave, started
from grader.course import Course, Exercise
from grader.dependencies import broken_below
from grader.judge.chapter import LoadedChapter, load_chapter
from grader.judge.grading import Run, Verdict, judge_exercise, with_diagnosis
from grader.judge.reporting import exercise_report, problem_note
from grader.judge.run import JudgeError, Outcome
from grader.report.model import ChapterReport, ExerciseReport
from grader.shortcuts import find_shortcuts
from grader.wall.isolation import Isolation
from grader.wall.sandbox import Sandbox, SandboxError
from grader.wall.session import Session, Sources

GARBAGE = 50_000
"""Allocations between collections: a judge lives for seconds and leaves little garbage."""


@dataclass(frozen=True)
class Judged:
    """One exercise's report, and what was noticed about the file on the way."""

    report: ExerciseReport
    notes: tuple[str, ...]


@dataclass
class _Task:
    assignment: int
    exercise: Exercise
    deadline: float = 0.0


@dataclass
class _Judge:
    """The parent's end of one judge process."""

    process: Any
    connection: Connection
    task: _Task | None = None


@dataclass
class Judging:
    """Grades assignments; `observe` hears the title of every check as it is decided.

    `loaded` are chapters that were loaded before: the judges are forked with them.
    """

    course: Course
    assignments: list[Assignment]
    run: Run
    isolation: Isolation
    observe: Callable[[Exercise, bool], None] = lambda exercise, passed: None
    results: dict[tuple[int, str], Judged] = field(default_factory=dict)
    loaded: dict[str, LoadedChapter] = field(default_factory=dict)

    def reports(self, waves: list[Wave] | None = None) -> list[ChapterReport]:
        """A report an assignment, in order; `waves` are sandboxes that were started before.

        Raises JudgeError, SandboxError or CourseError.
        """
        if waves is None:
            with started(self.assignments, self.isolation) as own:
                return self.reports(own)
        for wave in waves:
            for library in wave.libraries:
                load_library(library)
            wave.sandbox.wait()
            self._share_out(wave)
        return [self._report(number, one) for number, one in enumerate(self.assignments)]

    def _share_out(self, wave: Wave) -> None:
        """Hand each exercise to the next idle judge."""
        tasks = self._tasks(wave)
        count = min(len(tasks), len(_cores()))
        judges = [self._start(number, wave.sandbox) for number in range(count)]
        pending = iter(tasks)
        deadlines: dict[int, float] = {}
        try:
            for judge in judges:
                self._give(judge, pending, deadlines)
            while any(judge.task for judge in judges):
                busy = {judge.connection: judge for judge in judges if judge.task}
                for ready in wait(list(busy)):
                    self._hear(busy[ready], pending, deadlines)  # type: ignore[index]
        finally:
            for judge in judges:
                judge.connection.close()
                judge.process.join(2)
                judge.process.kill()

    def _tasks(self, wave: Wave) -> list[_Task]:
        return [
            _Task(number, exercise)
            for number in wave.numbers
            for exercise in self.assignments[number].exercises
        ]

    def _start(self, number: int, sandbox: Sandbox) -> _Judge:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_judge_process, args=(self, theirs, sandbox, number), daemon=True
        )
        process.start()
        theirs.close()
        return _Judge(process, ours)

    def _give(self, judge: _Judge, pending: Iterator[_Task], deadlines: dict[int, float]) -> None:
        judge.task = next(pending, None)
        if judge.task is not None:
            limits = self.assignments[judge.task.assignment].chapter.limits
            end = time.monotonic() + limits.chapter_seconds
            judge.task.deadline = deadlines.setdefault(judge.task.assignment, end)
        judge.connection.send(judge.task)

    def _hear(self, judge: _Judge, pending: Iterator[_Task], deadlines: dict[int, float]) -> None:
        assert judge.task is not None
        try:
            message = judge.connection.recv()
        except EOFError:
            raise JudgeError(f"the judge of {judge.task.exercise.id} ended unexpectedly") from None
        if isinstance(message, BaseException):
            raise message
        if isinstance(message, bool):
            self.observe(judge.task.exercise, message)
            return
        self.results[judge.task.assignment, judge.task.exercise.name] = message
        self._give(judge, pending, deadlines)

    def _report(self, number: int, assignment: Assignment) -> ChapterReport:
        judged = [self.results[number, exercise.name] for exercise in assignment.exercises]
        notes = dict.fromkeys(note for one in judged for note in one.notes)
        return ChapterReport(
            course=self.course.name,
            chapter=assignment.chapter.id,
            title=assignment.chapter.title,
            isolation=self.isolation.name,
            seed=self.run.seed,
            exercises=tuple(_with_note(one.report, judged, assignment) for one in judged),
            notes=tuple(notes),
        )


def _with_note(
    report: ExerciseReport, judged: list[Judged], assignment: Assignment
) -> ExerciseReport:
    """Say so when a failing exercise uses another one that fails."""
    if report.status not in ("failed", "error"):
        return report
    broken = [one.report.id.partition(".")[2] for one in judged if not one.report.passed]
    name = report.id.partition(".")[2]
    below = broken_below(assignment.submission.source, name, broken)
    if not below:
        return report
    return replace(report, note=f"It uses your {', '.join(below)}, still wrong: start there.")


@cache
def load_library(library: str) -> None:
    """Import a library before the judges are forked, and keep it to one thread."""
    module = importlib.import_module(library)
    if library == HEAVY:
        module.set_num_threads(1)


def _cores() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _judge_process(judging: Judging, connection: Connection, sandbox: Sandbox, number: int) -> None:
    """Judge exercises until there are no more; errors of ours go to the parent."""
    core = _cores()[number]
    if hasattr(os, "sched_setaffinity"):
        # Judge and worker never run at the same time: sharing a core halves a round trip.
        os.sched_setaffinity(0, {core})
    gc.freeze()
    gc.set_threshold(GARBAGE)
    loaded = dict(judging.loaded)
    try:
        while (task := connection.recv()) is not None:
            assignment = judging.assignments[task.assignment]
            if assignment.chapter.id not in loaded:
                loaded[assignment.chapter.id] = load_chapter(judging.course, assignment.chapter)
            chapter = loaded[assignment.chapter.id]
            connection.send(
                _judged(judging.run, chapter, assignment, task, sandbox, core, connection)
            )
    except (EOFError, KeyboardInterrupt):
        return
    except Exception as error:
        known = (
            isinstance(error, (JudgeError, SandboxError)) or type(error).__name__ == "CourseError"
        )
        connection.send(error if known else JudgeError(f"{type(error).__name__}: {error}"))


def _judged(
    run: Run,
    loaded: LoadedChapter,
    assignment: Assignment,
    task: _Task,
    sandbox: Sandbox,
    core: int,
    connection: Connection,
) -> Judged:
    submission, chapter = assignment.submission, assignment.chapter
    refused = {entry.name: entry.why for entry in chapter.refused}
    sources = Sources(submission.module, submission.files, refused, core)
    session = Session(sandbox, sources, chapter.limits, task.deadline)

    def observe(outcome: Outcome) -> None:
        connection.send(outcome.passed)

    try:
        verdict = _shortcut(loaded, assignment, task.exercise)
        if verdict is None:
            verdict = judge_exercise(loaded, task.exercise, session, run, observe)
            verdict = with_diagnosis(loaded, verdict)
        notes = tuple(problem_note(problem, submission) for problem in session.problems)
        return Judged(exercise_report(verdict, loaded.namespace, submission), notes)
    finally:
        session.close()


def _shortcut(loaded: LoadedChapter, assignment: Assignment, exercise: Exercise) -> Verdict | None:
    """The verdict on an exercise that uses a refused function by name."""
    submission = assignment.submission
    found = find_shortcuts(submission.source, assignment.chapter.refused).get(exercise.name)
    if found is None:
        return None
    place = submission.place(found.line)
    message = f"{place}: {found.refused.name} may not be used here: {found.refused.why}"
    checks = loaded.checks[exercise.name]
    return Verdict(exercise, tuple(Outcome(check, "refused", message) for check in checks))
