"""`grade audit`: the course examines itself.

Everything here runs in one process, on trusted code only: the checks judge the reference, every
mistake, every alternate, every oracle and the trivial answers.  What only has to be decided is not
looked at for a small counterexample; a mistake is judged as a student's answer is, since its name
depends on the counterexample.
"""

from __future__ import annotations

import doctest
import inspect
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from grader.authoring.single import computes_in_double, in_single
from grader.authoring.trivial import trivial_answers
from grader.bank import Alternate, Mistake, load_alternates
from grader.checks.answers import Local
from grader.course.forms import TITLES
from grader.course.model import Chapter, Course, Exercise
from grader.judge.assignment import HEAVY, Run
from grader.judge.attempt import Attempt
from grader.judge.chapter import LoadedChapter, load_chapter
from grader.judge.grading import Verdict, judge_exercise, with_diagnosis

MISTAKES = 4
ALTERNATES = 2
ORACLES = 1
PRACTICE = 2
DOUBLE = TITLES["double_precision"]


def audit_chapter(course: Course, chapter: Chapter) -> Iterator[str]:
    """Yield a line for everything that is not as a chapter must be; nothing if all is well."""
    audit = Audit.of(course, chapter)
    yield from audit.strangers()
    for exercise in chapter.exercises:
        yield from audit.exercise(exercise)


@dataclass(frozen=True)
class Audit:
    """A chapter with its banks, to be examined exercise by exercise."""

    loaded: LoadedChapter
    alternates: Sequence[Alternate]
    oracles: Sequence[Alternate]

    @classmethod
    def of(cls, course: Course, chapter: Chapter) -> Audit:
        """Raises CourseError."""
        return cls(
            load_chapter(course, chapter),
            load_alternates(course.alternates(chapter)),
            load_alternates(course.oracles(chapter)),
        )

    def strangers(self) -> Iterator[str]:
        """Entries of the banks that belong to no exercise."""
        chapter = self.loaded.chapter
        names = {exercise.name for exercise in chapter.exercises}
        entries: list[Mistake | Alternate] = [*self.loaded.mistakes]
        for entry in (*entries, *self.alternates, *self.oracles):
            if entry.exercise not in names:
                what = type(entry).__name__.lower()
                yield f"{chapter.id}: {what} of no exercise: {entry.exercise}"

    def exercise(self, exercise: Exercise) -> Iterator[str]:
        """What is not as it must be in one exercise."""
        loaded, name = self.loaded, exercise.name
        if name not in loaded.namespace:
            yield f"{exercise.id}: the solution does not define it"
            return
        mistakes = [entry for entry in loaded.mistakes if entry.exercise == name]
        right = [entry for entry in self.alternates if entry.exercise == name]
        independent = [entry for entry in self.oracles if entry.exercise == name]
        yield from _docstring(loaded, exercise)
        yield from _counts(loaded, exercise, mistakes, right, independent)
        yield from _reference(loaded, exercise)
        yield from _mistakes(loaded, exercise, mistakes)
        yield from _fair(loaded, exercise, "alternate", right)
        yield from _fair(loaded, exercise, "oracle", independent)
        yield from _trivial(loaded, exercise)
        yield from _single(loaded, exercise)


def _docstring(loaded: LoadedChapter, exercise: Exercise) -> Iterator[str]:
    finder = doctest.DocTestFinder(exclude_empty=False)
    runner = doctest.DocTestRunner(verbose=False)
    names = dict(loaded.namespace)
    tests = finder.find(loaded.namespace[exercise.name], exercise.name, globs=names)
    if not any(test.examples for test in tests):
        yield f"{exercise.id}: the docstring has no worked example"
    for test in tests:
        said: list[str] = []
        if runner.run(test, out=said.append).failed:
            yield f"{exercise.id}: a docstring example is wrong\n{''.join(said)}"


def _counts(
    loaded: LoadedChapter,
    exercise: Exercise,
    mistakes: list[Mistake],
    alternates: list[Alternate],
    oracles: list[Alternate],
) -> Iterator[str]:
    practice = [check for check in loaded.checks[exercise.name] if check.practice]
    for what, have, least in (
        ("mistakes", mistakes, MISTAKES),
        ("alternates", alternates, ALTERNATES),
        ("oracles", oracles, ORACLES),
        ("practice checks", practice, PRACTICE),
    ):
        if len(have) < least:
            yield f"{exercise.id}: {len(have)} {what}, at least {least} are due"
    names = Counter(entry.name for entry in mistakes)
    yield from (f"{exercise.id}: mistake {name} stands twice" for name in names if names[name] > 1)


def _reference(loaded: LoadedChapter, exercise: Exercise) -> Iterator[str]:
    attempt = Attempt(recorded=loaded.recorded.recording())
    verdict = judge_exercise(loaded, exercise, loaded.reference, Run(), attempt=attempt)
    if verdict.score != exercise.points:
        yield f"{exercise.id}: the reference fails {_failures(verdict)}"
    declared = {check.title for check in loaded.checks[exercise.name]}
    if DOUBLE not in declared and _is_numpy(loaded) and computes_in_double(verdict.outcomes):
        yield (
            f"{exercise.id}: nothing asks for double precision, and its answers have numbers that "
            f'no float32 holds: write double_precision("{exercise.name}", cases) with its checks'
        )


def _mistakes(loaded: LoadedChapter, exercise: Exercise, mistakes: list[Mistake]) -> Iterator[str]:
    useful = set()
    for entry in mistakes:
        verdict = with_diagnosis(loaded, _judged(loaded, exercise, entry.implementation))
        useful |= {outcome.check.slug for outcome in verdict.outcomes if not outcome.passed}
        if verdict.score >= exercise.points:
            yield f"{exercise.id}: mistake {entry.name} is accepted"
        elif [one.name for one in verdict.mistakes] != [entry.name]:
            named = " and ".join(one.name for one in verdict.mistakes) or "nothing"
            yield f"{exercise.id}: mistake {entry.name} is named {named}"
    for check in loaded.checks[exercise.name]:
        if check.slug not in useful and (check.title != DOUBLE or _is_class(loaded, exercise)):
            yield f"{exercise.id}: check {check.slug} is idle: it catches no mistake"


def _fair(
    loaded: LoadedChapter, exercise: Exercise, what: str, entries: list[Alternate]
) -> Iterator[str]:
    for entry in entries:
        verdict = _decided(loaded, exercise, entry.implementation)
        if verdict.score != exercise.points:
            yield f"{exercise.id}: {what} '{entry.style}' fails {_failures(verdict)}"


def _trivial(loaded: LoadedChapter, exercise: Exercise) -> Iterator[str]:
    for what, answer in trivial_answers(loaded.namespace[exercise.name]):
        verdict = _decided(loaded, exercise, answer)
        if verdict.score:
            passed = [outcome.check.slug for outcome in verdict.outcomes if outcome.passed]
            yield f"{exercise.id}: answering {what} earns {verdict.score}: {', '.join(passed)}"


def _single(loaded: LoadedChapter, exercise: Exercise) -> Iterator[str]:
    """The reference's answers rounded to float32 fail the property that is about them, no more."""
    checks = loaded.checks[exercise.name]
    if _is_class(loaded, exercise) or all(check.title != DOUBLE for check in checks):
        return
    verdict = _decided(loaded, exercise, in_single(loaded.namespace[exercise.name]))
    failed = [outcome.check.title for outcome in verdict.outcomes if not outcome.passed]
    if failed != [DOUBLE]:
        failures = _failures(verdict) if failed else "nothing"
        yield f"{exercise.id}: in single precision the reference fails {failures}"


def _is_class(loaded: LoadedChapter, exercise: Exercise) -> bool:
    return inspect.isclass(loaded.namespace[exercise.name])


def _is_numpy(loaded: LoadedChapter) -> bool:
    """Whether a chapter computes with NumPy; tensors keep the precision of what is given."""
    return "numpy" in loaded.chapter.imports and HEAVY not in loaded.chapter.imports


def _judged(loaded: LoadedChapter, exercise: Exercise, implementation: Any) -> Verdict:
    """The verdict on what a student might hand in, with its counterexamples."""
    return judge_exercise(loaded, exercise, _backend(loaded, exercise, implementation), Run())


def _decided(loaded: LoadedChapter, exercise: Exercise, implementation: Any) -> Verdict:
    """The verdict; a counterexample is the first input that fails, however large."""
    backend = _backend(loaded, exercise, implementation)
    return judge_exercise(loaded, exercise, backend, Run(), attempt=Attempt(only_decides=True))


def _backend(loaded: LoadedChapter, exercise: Exercise, implementation: Any) -> Local:
    return Local({**loaded.namespace, exercise.name: implementation})


def _failures(verdict: Verdict) -> str:
    """The checks that did not pass, each with what was wrong, for the author of a chapter."""
    lines = []
    for outcome in verdict.outcomes:
        if not outcome.passed:
            lines.append(f"{outcome.check.slug}: {outcome.status}: {outcome.message}")
            for call in outcome.calls[-1:]:
                lines.append(f"    {call.name}{tuple(call.arguments)} {call.keywords or ''}")
            lines.append(f"    expected {outcome.expected}, got {outcome.got}")
    return inspect.cleandoc("\n".join(lines))
