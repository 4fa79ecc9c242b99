"""`grade class`: from the command line to a class's results, with a bar on the way."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from grader.classroom.bench import Bench
from grader.classroom.results import ClassResults, Likeness, Result
from grader.classroom.roster import Roster, read_roster
from grader.classroom.run import Judges, count_known, judge_class
from grader.course.model import Course
from grader.judge.assignment import Run
from grader.submission.errors import UnreadableSubmission
from grader.wall.isolation import BUBBLEWRAP, PROCESS, Isolation, detect


class WeakIsolation(UnreadableSubmission):
    """A class is not graded without bubblewrap unless that is asked for."""


class Interrupted(Exception):
    """Somebody pressed Ctrl-C; the message says how far it got."""


@dataclass(frozen=True)
class Choice:
    """What to grade, and how; with `scheduler`, an address, on a Dask cluster."""

    submissions: Path
    chapter: str
    journal: Path
    run: Run
    weak_isolation: bool = False
    scheduler: str | None = None


@dataclass(frozen=True)
class Graded:
    """A class's results, and what somebody should know about the folder."""

    results: ClassResults
    ignored: tuple[str, ...]


def grade_class(course: Course, choice: Choice) -> Graded:
    """Grade a class.

    Raises UnknownName, UnreadableSubmission, CourseError, JudgeError, SandboxError, Interrupted.
    """
    chapter = course.chapter(choice.chapter)
    isolation = _isolation(choice)
    if not choice.journal.absolute().parent.is_dir():
        raise UnreadableSubmission(f"{choice.journal}: there is no such folder to keep it in")
    bench = Bench(course, chapter, choice.run, isolation, choice.journal)
    roster = read_roster(choice.submissions, course, chapter)
    notes = {one.student: one.note for one in roster.students}
    results = sorted(
        (replace(one, note=notes[one.student]) for one in _results(bench, roster, choice)),
        key=lambda result: result.student,
    )
    class_results = ClassResults(course.name, chapter, choice.run.seed, tuple(results))
    return Graded(class_results, roster.ignored)


def _isolation(choice: Choice) -> Isolation:
    """The isolation of every submission.  Raises WeakIsolation."""
    if choice.scheduler is not None:
        name = PROCESS if choice.weak_isolation else BUBBLEWRAP
        return Isolation(name, "asked of every worker of the cluster")
    found = detect()
    if not found.strong and not choice.weak_isolation:
        raise WeakIsolation(
            f"a class is not graded without bubblewrap: {found.why}; "
            "add --weak-isolation to trust your students instead"
        )
    return found


def _results(bench: Bench, roster: Roster, choice: Choice) -> list[Result]:
    results, likeness = list[Result](), Likeness()
    progress = _progress(len(roster.students))
    try:
        with _ctrl_c() as look, _judges(bench, choice) as judges, progress as observe:
            for result in judge_class(bench, roster.students, judges):
                results.append(likeness.of(result))
                observe(result)
                look()
    except KeyboardInterrupt:
        done = count_known(bench, roster.students)
        raise Interrupted(
            f"stopped: {done} of {len(roster.students)} are graded and kept in {bench.journal}; "
            "the same command goes on from there"
        ) from None
    return results


@contextmanager
def _ctrl_c() -> Iterator[Callable[[], None]]:
    """Gives what raises KeyboardInterrupt if somebody pressed Ctrl-C and nobody noticed.

    Python drops the exception where the signal comes in the middle of a fork.
    """
    owner, pressed = os.getpid(), False

    def press(number: int, frame: object) -> None:
        nonlocal pressed
        if os.getpid() == owner:  # a judge that has just been forked leaves it to us
            pressed = True
            raise KeyboardInterrupt

    def look() -> None:
        if pressed:
            raise KeyboardInterrupt

    def unraisable(dropped: sys.UnraisableHookArgs) -> None:
        if not isinstance(dropped.exc_value, KeyboardInterrupt):
            hook(dropped)

    hook, sys.unraisablehook = sys.unraisablehook, unraisable
    handler = signal.signal(signal.SIGINT, press)
    try:
        yield look
    finally:
        signal.signal(signal.SIGINT, handler)
        sys.unraisablehook = hook


@contextmanager
def _judges(bench: Bench, choice: Choice) -> Iterator[Judges]:
    """Whoever judges: the cores here, or a cluster's."""
    if choice.scheduler is None:
        yield bench.judge_each
        return
    from grader.classroom.scheduler import connected

    with connected(bench, choice.scheduler) as judges:
        yield judges


@contextmanager
def _progress(students: int) -> Iterator[Callable[[Result], None]]:
    """A bar on a terminal; what to call when a result is there."""
    if not sys.stderr.isatty():
        yield lambda result: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """Submissions a minute."""

        def render(self, task: Task) -> Text:
            return Text(f"{60 * task.speed:.0f} a minute" if task.speed else "")

    failed = TextColumn("{task.fields[failed]}", style="red")
    columns = (BarColumn(), MofNCompleteColumn(), failed, Rate(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("grading", total=students, failed="")
    failures = 0

    def observe(result: Result) -> None:
        nonlocal failures
        failures += result.failed
        bar.update(task, advance=1, failed=f"{failures} failed to run" if failures else "")

    with bar:
        yield observe
