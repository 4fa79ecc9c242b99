"""Practice: the practice checks on objects of this very process.  No mark comes of it."""

from __future__ import annotations

import contextlib
import inspect
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from grader.checks.answers import Local
from grader.checks.check import Check
from grader.course import Chapter, Course, Exercise, UnknownName, find_course, load_course
from grader.judge.grading import Verdict
from grader.judge.reporting import exercise_report
from grader.judge.run import run_check
from grader.modules import load_module
from grader.own_lines import LIVING, own_lines
from grader.report.model import ChapterReport, ExerciseReport
from grader.report.terminal import WITHOUT_A_CHECK, failure, plain
from grader.wall.errors import SubmissionError
from grader.wall.tokens import Function

ISOLATION = "in-process"
SEED = 0
EXAMPLES = 50
PRINTED = 2000
"""Characters printed during one call that a report keeps."""


@dataclass(frozen=True)
class PracticeReport:
    """What the practice checks found; `hidden` checks more await at submission.

    A REPL and a notebook show it by themselves; `print(report)` does elsewhere.  `absent` are
    exercises of the chapter that the module or dictionary does not define.
    """

    report: ChapterReport
    hidden: int
    absent: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every practice check of every exercise that was looked at passed."""
        return self.report.passed

    @property
    def summary(self) -> str:
        """How many checks passed, and how many there are besides."""
        checks = [check for exercise in self.report.exercises for check in exercise.checks]
        passed = sum(check.status == "passed" for check in checks)
        line = f"{passed} of {len(checks)} practice checks passed"
        awaiting = "hidden check awaits" if self.hidden == 1 else "hidden checks await"
        return f"{line}; {self.hidden} {awaiting} at submission" if self.hidden else line

    def __rich__(self) -> RenderableType:
        parts: list[RenderableType] = []
        for exercise in self.report.exercises:
            if exercise.status in WITHOUT_A_CHECK:
                parts.append(Text(f"· {exercise.id}: {WITHOUT_A_CHECK[exercise.status]}", "dim"))
            elif not exercise.passed:
                parts.append(failure(exercise))
        if self.absent:
            parts.append(Text(f"· not defined here: {', '.join(self.absent)}", "dim"))
        parts.append(Text(self.summary, "green" if self.passed else "bold"))
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
    checks, hidden = _checks(course, chapter)
    backend = InProcess(namespace)
    reports = tuple(_practised(one, checks[one.name], backend) for one in chosen)
    report = ChapterReport(course.name, chapter.id, chapter.title, ISOLATION, SEED, reports)
    absent = () if exercise else tuple(one.name for one in chapter.exercises if one not in chosen)
    return PracticeReport(report, sum(hidden[one.name] for one in chosen), absent)


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
    module = inspect.getmodule(what)
    around = getattr(what, "__globals__", None) or (vars(module) if module else {})
    return {**around, exercise.name: what}


def _practised(exercise: Exercise, checks: tuple[Check, ...], backend: InProcess) -> ExerciseReport:
    outcomes = tuple(
        run_check(check, backend, None, seed=SEED, examples=EXAMPLES) for check in checks
    )
    return exercise_report(Verdict(exercise, outcomes), backend.namespace, LIVING)


def _checks(
    course: Course, chapter: Chapter
) -> tuple[dict[str, tuple[Check, ...]], dict[str, int]]:
    """An exercise's practice checks, and how many other checks it has."""
    path = course.checks(chapter)
    practice: dict[str, list[Check]] = {exercise.name: [] for exercise in chapter.exercises}
    hidden = dict.fromkeys(practice, 0)
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
