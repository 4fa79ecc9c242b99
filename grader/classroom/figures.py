"""What a class's results come to in numbers: marks, pass rates, mistakes, who needs a human."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.classroom.look_alikes import LookAlikes, groups
from grader.classroom.results import ClassResults, Result
from grader.report.model import UNTOUCHED, ChapterReport, ExerciseReport

BINS = 10

URGENT = ("refused", "crashed", "timeout")
"""Statuses of a check that somebody should look at, besides a mark that is missing."""

UNEXPLAINED = ("failed", "error")


@dataclass(frozen=True)
class Rate:
    """How many of how many."""

    count: int
    of: int

    @property
    def percent(self) -> int:
        """Rounded, but 0 only for none and 100 only for all."""
        if self.count in (0, self.of):
            return 100 if self.count else 0
        return min(99, max(1, round(100 * self.count / self.of)))


@dataclass(frozen=True)
class Marks:
    """The marks given, in points; `bins` counts them in ten equal parts, full marks in the last."""

    count: int
    full: int
    mean: float
    median: float
    most: float
    bins: tuple[int, ...]


@dataclass(frozen=True)
class CheckFigures:
    """Who passed one check."""

    title: str
    passed: Rate


@dataclass(frozen=True)
class ExerciseFigures:
    """Who passed one exercise and each of its checks, the mean of its points, who left it."""

    id: str
    passed: Rate
    mean: float
    most: float
    untouched: int
    checks: tuple[CheckFigures, ...]


@dataclass(frozen=True)
class Made:
    """A mistake and who made it; without a name, answers are wrong as no known mistake is."""

    exercise: str
    name: str
    hint: str
    students: tuple[str, ...]

    def part_of(self, everybody: int) -> Rate:
        return Rate(len(self.students), everybody)


@dataclass(frozen=True)
class Concern:
    """Something about one student that a human should look at, and where or why."""

    student: str
    about: str


@dataclass(frozen=True)
class Alike:
    """Students whose submissions look alike, and the similarity of the pairs, in percent."""

    students: tuple[str, ...]
    least: int
    most: int


@dataclass(frozen=True)
class Figures:
    """All that the class report shows, but for names of files.  Without a mark `marks` is None."""

    marks: Marks | None
    exercises: tuple[ExerciseFigures, ...]
    mistakes: tuple[Made, ...]
    concerns: dict[str, tuple[Concern, ...]]
    alike: tuple[Alike, ...]
    changed: tuple[Result, ...]

    @property
    def for_a_human(self) -> int:
        """How many students somebody should look at."""
        names = {one.student for concerns in self.concerns.values() for one in concerns}
        return len(names.union(*(group.students for group in self.alike)))


def figures_of(results: ClassResults, look_alikes: LookAlikes) -> Figures:
    """Count everything once."""
    graded = [(one.student, one.report) for one in results.results if one.report is not None]
    reports = [report for _, report in graded]
    return Figures(
        marks=_marks(reports) if reports else None,
        exercises=tuple(_exercises(reports)),
        mistakes=tuple(_mistakes(graded)),
        concerns=_concerns(results.results),
        alike=tuple(_alike(look_alikes)),
        changed=tuple(one for one in results.results if _changed(one)),
    )


def _marks(reports: Sequence[ChapterReport]) -> Marks:
    scores = [report.score for report in reports]
    most = max(report.max_score for report in reports)
    bins = [0] * BINS
    for score in scores:
        bins[min(BINS - 1, int(BINS * score / most))] += 1
    return Marks(
        count=len(scores),
        full=sum(report.passed for report in reports),
        mean=statistics.fmean(scores),
        median=statistics.median(scores),
        most=most,
        bins=tuple(bins),
    )


def _exercises(reports: Sequence[ChapterReport]) -> Iterator[ExerciseFigures]:
    by_id: dict[str, list[ExerciseReport]] = {}
    for report in reports:
        for exercise in report.exercises:
            by_id.setdefault(exercise.id, []).append(exercise)
    for name, each in by_id.items():
        yield ExerciseFigures(
            id=name,
            passed=Rate(sum(one.passed for one in each), len(each)),
            mean=statistics.fmean(one.score for one in each),
            most=max(one.max_score for one in each),
            untouched=sum(one.status in UNTOUCHED for one in each),
            checks=tuple(_checks(each)),
        )


def _checks(exercises: Sequence[ExerciseReport]) -> Iterator[CheckFigures]:
    outcomes: dict[str, list[bool]] = {}
    titles: dict[str, str] = {}
    for check in (check for exercise in exercises for check in exercise.checks):
        outcomes.setdefault(check.id, []).append(check.status == "passed")
        titles[check.id] = check.title
    for name, passed in outcomes.items():
        yield CheckFigures(titles[name], Rate(sum(passed), len(passed)))


def _mistakes(graded: Sequence[tuple[str, ChapterReport]]) -> list[Made]:
    """The most common first; what no mistake explains stands last."""
    students: dict[tuple[str, str, str], list[str]] = {}
    for student, report in graded:
        for exercise in report.exercises:
            keys = [(exercise.id, one.name, one.hint) for one in exercise.mistakes]
            if not keys and exercise.status in UNEXPLAINED:
                keys = [(exercise.id, "", "")]
            for key in keys:
                students.setdefault(key, []).append(student)
    made = [Made(*key, tuple(names)) for key, names in students.items()]
    return sorted(
        made, key=lambda one: (not one.name, -len(one.students), one.exercise, one.name, one.hint)
    )


def _concerns(results: Sequence[Result]) -> dict[str, tuple[Concern, ...]]:
    """By kind, the missing marks first; kinds that nobody has are left out."""
    found: dict[str, list[Concern]] = {"no mark": [], **{status: [] for status in URGENT}}
    for result in results:
        if result.report is None:
            found["no mark"].append(Concern(result.student, result.problem))
            continue
        for status in URGENT:
            where = [one.id for one in result.report.exercises if _has(one, status)]
            if where:
                found[status].append(Concern(result.student, ", ".join(where)))
    return {kind: tuple(concerns) for kind, concerns in found.items() if concerns}


def _has(exercise: ExerciseReport, status: str) -> bool:
    return any(check.status == status for check in exercise.checks)


def _alike(look_alikes: LookAlikes) -> Iterator[Alike]:
    for students in groups(look_alikes.pairs):
        inside = [one.similarity for one in look_alikes.pairs if one.first in students]
        yield Alike(students, round(100 * min(inside)), round(100 * max(inside)))


def _changed(result: Result) -> bool:
    before, now = result.before, result.report
    return before is not None and now is not None and before.score != now.score
