"""The report: what became of one submission of one chapter.  Every format is drawn from it."""

from __future__ import annotations

from dataclasses import dataclass

SCHEMA = 1

WAITS = "waits"
"""Status of what is written and calls exercises that are not."""

DOES_NOT_PARSE = "does not parse"
"""Status of what is no Python: it is not called."""

UNTOUCHED = ("not started", "missing", WAITS)
"""Statuses that say nothing about what was written for the exercise itself."""


@dataclass(frozen=True, slots=True)
class CallShown:
    """One call of a counterexample, in words.

    `about` says what a probe does, `printed` what the submission printed meanwhile, `warned`
    what Python and its libraries warned of.
    """

    function: str
    arguments: dict[str, str]
    returned: str
    about: str | None = None
    printed: str | None = None
    warned: str | None = None


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The smallest input found that shows a check failing.

    `repro` is a program that makes the calls again, beside the submission's file.
    """

    calls: tuple[CallShown, ...]
    expected: str | None
    got: str | None
    message: str
    repro: str = ""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The outcome of one check, with its share of the points."""

    id: str
    title: str
    status: str
    score: float
    max_score: float
    counterexample: Counterexample | None
    practice: bool


@dataclass(frozen=True, slots=True)
class MistakeShown:
    """The mistake whose answers equal the submission's.

    `check` is the id of the check whose counterexample shows it.  Where that tells of another part
    of the answer, `message`, `expected` and `got` tell of the part that shows the mistake.
    """

    name: str
    hint: str
    check: str = ""
    message: str = ""
    expected: str | None = None
    got: str | None = None


@dataclass(frozen=True, slots=True)
class ExerciseReport:
    """The outcome of one exercise; `note` says what a reader should know beside the checks.

    After practice `hidden` counts the checks that await at submission; no points are given.
    `waits_for` are the ids of exercises that are not written and that this one calls.  `near` is a
    name that the file defines and that may be meant where the exercise's own is missing.  `others`
    are the mistakes that explain the answers together with the first.
    """

    id: str
    status: str
    score: float
    max_score: float
    mistake: MistakeShown | None
    note: str | None
    checks: tuple[CheckReport, ...]
    hidden: int | None = None
    waits_for: tuple[str, ...] = ()
    near: str = ""
    others: tuple[MistakeShown, ...] = ()

    @property
    def mistakes(self) -> tuple[MistakeShown, ...]:
        """The mistakes that explain the answers together: none, one, or two at once."""
        return (self.mistake, *self.others) if self.mistake else ()

    @property
    def passed(self) -> bool:
        return self.status == "passed"

    @property
    def shown(self) -> tuple[CheckReport, ...]:
        """The failing checks that mistakes explain; the first that fails where none does."""
        failing = [one for one in self.checks if one.status != "passed"]
        told = {one.check for one in self.mistakes}
        return tuple(one for one in failing if one.id in told) or tuple(failing[:1])

    def mistakes_at(self, check: CheckReport) -> tuple[MistakeShown, ...]:
        """The mistakes that belong beside the counterexample of a check."""
        first, *others = self.shown or (None,)
        told = {one.id for one in others if one}
        return tuple(
            one
            for one in self.mistakes
            if one.check == check.id or (check == first and one.check not in told)
        )

    @property
    def repro(self) -> str:
        """The program that makes the calls of the check that is shown; empty if there is none."""
        programs = [one.counterexample.repro for one in self.shown if one.counterexample]
        return next(filter(None, programs), "")

    @property
    def standing(self) -> str:
        """The status in words, with what it waits for."""
        if self.status == WAITS and self.waits_for:
            return f"waits for {', '.join(self.waits_for)}"
        return self.status

    @property
    def renaming(self) -> str:
        """The option by which `near` is graded in place of what is missing; empty for none."""
        return f"--map {self.near}={self.id.partition('.')[2]}" if self.near else ""


@dataclass(frozen=True, slots=True)
class ChapterReport:
    """The outcome of one submission of one chapter; `notes` concern the file as a whole.

    The seed is None where whoever reads it may not draw the same inputs.
    """

    course: str
    chapter: str
    title: str
    isolation: str
    seed: int | None
    exercises: tuple[ExerciseReport, ...]
    notes: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        return round(sum(exercise.score for exercise in self.exercises), 2)

    @property
    def max_score(self) -> float:
        return round(sum(exercise.max_score for exercise in self.exercises), 2)

    @property
    def passed(self) -> bool:
        return all(exercise.passed for exercise in self.exercises)

    @property
    def hidden(self) -> int | None:
        """How many checks await at submission; None unless this was practice."""
        counts = [one.hidden for one in self.exercises if one.hidden is not None]
        return sum(counts) if counts else None
