"""Practice: the practice checks on objects of this very process.  No mark comes of it."""

from __future__ import annotations

import contextlib
import inspect
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from rich.console import Console, Group, RenderableType
from rich.text import Text

from grader.checks.answers import Local
from grader.checks.check import Check
from grader.course.model import (
    Chapter,
    Course,
    CourseError,
    Exercise,
    NoCourse,
    UnknownName,
    find_course,
)
from grader.course.reading import load_course, load_module
from grader.judge.grading import Verdict
from grader.judge.reporting import exercise_report
from grader.judge.run import Outcome, run_check
from grader.practising.manners import in_some_manner
from grader.practising.naming import named
from grader.practising.onwards import command_for
from grader.practising.own_lines import LIVING, own_lines
from grader.report.failure import WIDTH, WITHOUT_A_CHECK, failure, plain
from grader.report.model import ChapterReport, ExerciseReport
from grader.report.terminal import hidden_checks
from grader.wall.errors import SubmissionError
from grader.wall.protocol.tokens import Function

ISOLATION = "in-process"
SEED = 0
EXAMPLES = 50
PRINTED = 2000
"""Characters printed during one call that a report keeps."""


@dataclass(frozen=True)
class PracticeReport:
    """What the practice checks found.

    A REPL and a notebook show it by themselves; `print(report)` does elsewhere.  `absent` are
    exercises of the chapter that the module or dictionary does not define.  `command` runs the
    hidden checks too; it is empty in a student kit, where they await at submission.
    """

    report: ChapterReport
    absent: tuple[str, ...] = ()
    command: str = ""

    @property
    def hidden(self) -> int:
        """How many checks more await at submission."""
        return self.report.hidden or 0

    @property
    def passed(self) -> bool:
        """Whether every practice check of every exercise that was looked at passed."""
        return self.report.passed

    @property
    def converted(self) -> bool:
        """Whether it passes only because its answers or arguments were converted."""
        return any(exercise.note for exercise in self.report.exercises)

    @property
    def summary(self) -> str:
        """How many checks passed, and how many there are besides."""
        checks = [check for exercise in self.report.exercises for check in exercise.checks]
        passed = sum(check.status == "passed" for check in checks)
        line = f"{passed} of {len(checks)} practice checks passed"
        if not self.hidden:
            return line
        where = f":\n  {self.command}" if self.command else " at submission"
        return f"{line}; {hidden_checks(self.hidden)}{where}"

    def __rich__(self) -> RenderableType:
        parts: list[RenderableType] = []
        for exercise in self.report.exercises:
            if exercise.status in WITHOUT_A_CHECK:
                parts.append(Text(f"· {exercise.id}: {WITHOUT_A_CHECK[exercise.status]}", "dim"))
            elif not exercise.passed:
                parts.append(failure(exercise))
            elif exercise.note:
                parts.append(Text(f"✓ {exercise.id}: {exercise.note}", "yellow"))
        if self.absent:
            parts.append(Text(f"· not defined here: {', '.join(self.absent)}", "dim"))
        done = self.passed and not self.hidden
        style = "green" if done else "bold"
        parts.append(Text(self.summary, style, no_wrap=True, overflow="ignore"))
        return Group(*parts)

    def __repr__(self) -> str:
        """Plain text, so that a REPL shows the report itself."""
        return plain(self)

    def _repr_html_(self) -> str:
        from grader.report.as_html import practice_html

        return practice_html(self.report, self.summary)


class PracticeFailed(AssertionError):
    """A practice check did not pass; the message is the report with its counterexample."""

    def __init__(self, report: PracticeReport) -> None:
        super().__init__(repr(report))
        self.report = report

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the report, and no lines of the grader's own."""
        return str(self).splitlines()


def practise(what: Any, target: str) -> PracticeReport:
    """Run the practice checks of `target` on `what`.  Raises UnknownName and TypeError."""
    if not isinstance(target, str):
        raise TypeError('what is checked comes first: grader.check(softmax, "ch4.softmax")')
    course = load_course(find_course(Path.cwd()))
    chapter, exercise = course.select(target)
    namespace = _namespace(what, exercise, target)
    held = tuple(one for one in chapter.exercises if one.name in namespace)
    chosen = (exercise,) if exercise else held or chapter.exercises
    checks, hidden = checks_of(course, chapter)
    reports = tuple(
        replace(
            _practised(course, chapter, one, checks[one.name], namespace), hidden=hidden[one.name]
        )
        for one in chosen
    )
    report = ChapterReport(course.name, chapter.id, chapter.title, ISOLATION, SEED, reports)
    absent = () if exercise else tuple(one.name for one in chapter.exercises if one not in chosen)
    command = "" if course.is_kit else command_for(what, chapter, exercise)
    return PracticeReport(report, absent, command)


T = TypeVar("T")


def practised(what: T, target: str) -> T:
    """Practise on a function or class as it is defined: shows the report, and gives it back.

    A name that the course does not know is said in one line on stderr, and changes nothing else.
    """
    try:
        with _bound(what):
            report = practise(what, target)
    except (UnknownName, NoCourse, CourseError) as error:
        print(f"grade: {error}", file=sys.stderr)
    else:
        _show(report)
    return what


@contextlib.contextmanager
def _bound(what: Any) -> Iterator[None]:
    """Let its own name stand for it meanwhile: a decorator runs before the name is bound."""
    around, name = _around(what), getattr(what, "__name__", "")
    before = around.get(name, around)
    around[name] = what
    try:
        yield
    finally:
        if before is around:
            del around[name]
        else:
            around[name] = before


def _show(report: PracticeReport) -> None:
    """Print the report: as HTML in a notebook, else on stdout, in colour on a terminal."""
    interactive = sys.modules.get("IPython")
    if interactive is not None and interactive.get_ipython() is not None:
        interactive.display.display(report)
    elif sys.stdout.isatty():
        console = Console(highlight=False)
        console.print(report, width=min(WIDTH, console.width), crop=False)
    else:
        print(repr(report))


class InProcess(Local):
    """Answers from a student's own objects; what they print goes into the report."""

    def call(self, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        with self._listening(), _saying_where():
            return super().call(name, arguments, keywords)

    def probe(self, probe: Function, arguments: list[Any]) -> Any:
        with self._listening(), _saying_where():
            return super().probe(probe, arguments)

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        heard = io.StringIO()
        try:
            with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
                yield
        finally:
            self.printed = heard.getvalue()[:PRINTED]


@contextlib.contextmanager
def _saying_where() -> Iterator[None]:
    """Give an error of the student's code the lines that it went through."""
    try:
        yield
    except SubmissionError as error:
        lines = own_lines(error.__cause__)
        raise SubmissionError(error.status, error.type_names, error.text, lines) from None


def _namespace(what: Any, exercise: Exercise | None, target: str) -> dict[str, Any]:
    if isinstance(what, ModuleType):
        return dict(vars(what))
    if isinstance(what, dict):
        return dict(what)
    if not callable(what):
        raise TypeError(
            f"give a function, a class, a module or globals() to check, not {type(what).__name__}"
        )
    if exercise is None:
        raise UnknownName(
            f'{target} is a chapter: name an exercise, or give globals() with "{target}"'
        )
    return {**_around(what), exercise.name: what}


def _around(what: Any) -> dict[str, Any]:
    """The global names that a function or class sees: the very dictionary, not a copy."""
    module = inspect.getmodule(what)
    around: dict[str, Any] = getattr(what, "__globals__", None) or (vars(module) if module else {})
    return around


def _practised(
    course: Course,
    chapter: Chapter,
    exercise: Exercise,
    checks: tuple[Check, ...],
    namespace: dict[str, Any],
) -> ExerciseReport:
    found = [
        in_some_manner(chapter, namespace, exercise.name, partial(_judged, check))
        for check in checks
    ]
    outcomes = tuple(outcome for outcome, _ in found)
    note = next((note for _, note in found if note), None)
    verdict = named(course, chapter, Verdict(exercise, outcomes))
    return exercise_report(verdict, namespace, LIVING, note)


def _judged(check: Check, namespace: dict[str, Any]) -> Outcome:
    return run_check(check, InProcess(namespace), None, seed=SEED, examples=EXAMPLES)


def checks_of(
    course: Course, chapter: Chapter
) -> tuple[dict[str, tuple[Check, ...]], dict[str, int]]:
    """An exercise's practice checks, and how many other checks it has."""
    path = course.checks(chapter)
    practice: dict[str, list[Check]] = {exercise.name: [] for exercise in chapter.exercises}
    hidden = {exercise.name: exercise.hidden or 0 for exercise in chapter.exercises}
    for check in _declared(path, path.stat().st_mtime_ns):
        if check.practice:
            practice[check.exercise].append(check)
        else:
            hidden[check.exercise] += 1
    return {name: tuple(own) for name, own in practice.items()}, hidden


@cache
def _declared(path: Path, changed: int) -> tuple[Check, ...]:
    """The checks of a file, read again when it `changed`."""
    module = load_module(path, f"practice_{path.stem}")
    found = (getattr(test, "check", None) for test in vars(module).values())
    return tuple(check for check in found if isinstance(check, Check))
