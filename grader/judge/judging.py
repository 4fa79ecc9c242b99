"""Judging side by side: one judge process a core, one exercise at a time, one report a chapter."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection

from grader.course.model import Course, Exercise
from grader.judge.assignment import Assignment, JudgeError, Run, Wave, started
from grader.judge.attempt import DIED, Attempt
from grader.judge.chapter import LoadedChapter, load_chapter
from grader.judge.exercise import Judged, Place, cores, joined, judged, settle
from grader.judge.forks import (
    FAREWELL,
    SILENT,
    Died,
    Fork,
    Progress,
    forked,
    growth_of,
    heard,
    stalled,
)
from grader.report.model import ChapterReport
from grader.wall.clocks import Account
from grader.wall.errors import SubmissionLost
from grader.wall.isolation import Isolation
from grader.wall.protocol.libraries import load
from grader.wall.protocol.line import forks
from grader.wall.sandbox import AnySandbox


@dataclass
class _Task:
    """An exercise of an assignment; `lost` are the checks that earlier judges did not survive."""

    assignment: int
    exercise: Exercise
    lost: dict[int, SubmissionLost] = field(default_factory=dict)


@dataclass
class _Judge:
    """The parent's end of one judge process."""

    number: int
    fork: Fork
    task: _Task | None = None
    heard: float = field(default_factory=time.monotonic)


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
    accounts: list[Account] = field(default_factory=list)

    def reports(self, waves: list[Wave] | None = None) -> list[ChapterReport]:
        """A report an assignment, in order; `waves` are sandboxes that were started before.

        Raises JudgeError, SandboxError or CourseError.
        """
        if waves is None:
            with started(self.assignments, self.isolation, heirs=False) as own:
                return self.reports(own)
        self.accounts = [Account(len(cores())) for _ in self.assignments]
        for wave in waves:
            load(wave.libraries)
            wave.sandbox.wait()
            if forks():
                self._share_out(wave)
            else:
                self._one_by_one(wave)
        return [self._report(number, one) for number, one in enumerate(self.assignments)]

    def _report(self, number: int, assignment: Assignment) -> ChapterReport:
        judged = [self.results[number, exercise.name] for exercise in assignment.exercises]
        return joined(self.course, assignment, judged, self.isolation, self.run)

    def _share_out(self, wave: Wave) -> None:
        """Hand each exercise to the next idle judge."""
        tasks = self._tasks(wave)
        count = min(len(tasks), len(cores()))
        judges = [self._start(number, wave.sandbox) for number in range(count)]
        pending = iter(tasks)
        try:
            for judge in judges:
                self._give(judge, pending)
            while any(judge.task for judge in judges):
                busy = {judge.fork.connection: judge for judge in judges if judge.task}
                for ready in heard(busy):
                    self._hear(busy[ready], wave.sandbox, pending)
                for judge in busy.values():
                    if judge.task and stalled(judge.heard):
                        self._replace(judge, wave.sandbox, SubmissionLost("timeout", SILENT))
        finally:
            for judge in judges:
                judge.fork.end(FAREWELL)

    def _one_by_one(self, wave: Wave) -> None:
        """Judge in this process, where no other can be forked with everything loaded."""
        for task in self._tasks(wave):
            assignment, exercise = self.assignments[task.assignment], task.exercise
            chapter = assignment.chapter
            if chapter.id not in self.loaded:
                self.loaded[chapter.id] = load_chapter(self.course, chapter)
            self.results[task.assignment, exercise.name] = judged(
                self.run,
                self.loaded[chapter.id],
                assignment,
                exercise,
                Place(wave.sandbox, None, self.accounts[task.assignment]),
                partial(self.observe, exercise),
            )

    def _tasks(self, wave: Wave) -> list[_Task]:
        """The large ones first: at the end no judge shall wait long for another."""
        tasks = [
            _Task(number, exercise)
            for number in wave.numbers
            for exercise in self.assignments[number].exercises
        ]
        return sorted(tasks, key=lambda task: -task.exercise.points)

    def _start(self, number: int, sandbox: AnySandbox) -> _Judge:
        return _Judge(number, self._forked(number, sandbox))

    def _forked(self, number: int, sandbox: AnySandbox) -> Fork:
        return forked(_judge_process, self, sandbox, number, growth=growth_of(self._libraries()))

    def _libraries(self) -> tuple[str, ...]:
        return tuple(name for one in self.assignments for name in one.chapter.imports)

    def _replace(self, judge: _Judge, sandbox: AnySandbox, lost: SubmissionLost) -> None:
        """Let another judge go on with the exercise, but not with the check that was lost."""
        assert judge.task is not None
        _, check = judge.fork.progress.place
        judge.fork.end()
        if check in judge.task.lost:
            raise JudgeError(f"the judge of {judge.task.exercise.id} ended unexpectedly")
        judge.task.lost[check] = lost
        judge.fork, judge.heard = self._forked(judge.number, sandbox), time.monotonic()
        judge.fork.send(judge.task)

    def _give(self, judge: _Judge, pending: Iterator[_Task]) -> None:
        judge.task = next(pending, None)
        judge.heard = time.monotonic()
        judge.fork.send(judge.task)

    def _hear(self, judge: _Judge, sandbox: AnySandbox, pending: Iterator[_Task]) -> None:
        assert judge.task is not None
        try:
            message = judge.fork.receive()
        except Died as died:
            if died.killed:
                raise JudgeError(f"the judge of {judge.task.exercise.id} was killed") from None
            self._replace(judge, sandbox, SubmissionLost("crashed", DIED))
            return
        judge.heard = time.monotonic()
        if isinstance(message, bool):
            self.observe(judge.task.exercise, message)
            return
        self.results[judge.task.assignment, judge.task.exercise.name] = message
        self._give(judge, pending)


def _judge_process(
    connection: Connection, progress: Progress, judging: Judging, sandbox: AnySandbox, number: int
) -> None:
    """Judge exercises until there are no more."""
    core = cores()[number]
    settle(core)
    loaded = dict(judging.loaded)
    while (task := connection.recv()) is not None:
        assignment = judging.assignments[task.assignment]
        if assignment.chapter.id not in loaded:
            loaded[assignment.chapter.id] = load_chapter(judging.course, assignment.chapter)
        chapter = loaded[assignment.chapter.id]
        place = Place(sandbox, core, judging.accounts[task.assignment].of_judge(number))
        attempt = Attempt(task.lost, at=partial(progress.at, 0))
        connection.send(
            judged(judging.run, chapter, assignment, task.exercise, place, connection.send, attempt)
        )
