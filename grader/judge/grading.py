"""Grading one exercise: run its checks, share out its points, name the mistake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from grader.checks.answers import Backend
from grader.checks.check import Check
from grader.course.model import Exercise
from grader.judge.assignment import Run
from grader.judge.attempt import TOO_LARGE, Attempt, bounded
from grader.judge.chapter import LoadedChapter
from grader.judge.diagnosis import Whence, diagnose
from grader.judge.finding import Finding
from grader.judge.run import Outcome, run_check
from grader.report.model import DOES_NOT_PARSE
from grader.wall.errors import SubmissionLost

ALONE = Attempt()

WHOLE = ("not started", "missing", "refused", DOES_NOT_PARSE)
"""Statuses that hold for every check of an exercise as soon as one check meets them."""


@dataclass(frozen=True)
class Verdict:
    """The outcomes of one exercise and what they are worth.

    `waits_for` are ids of stubs that it calls; `near` is what the file may call it.
    """

    exercise: Exercise
    outcomes: tuple[Outcome, ...]
    mistakes: tuple[Finding, ...] = ()
    waits_for: tuple[str, ...] = ()
    near: str = ""

    @property
    def status(self) -> str:
        """`passed`, or the status of the first check that did not."""
        return next((one.status for one in self.outcomes if not one.passed), "passed")

    @property
    def shares(self) -> list[float]:
        """What each check can earn: its weight's part of the points, in hundredths that add up."""
        weights = [outcome.check.weight for outcome in self.outcomes]
        ends = [
            round(100 * self.exercise.points * sum(weights[: i + 1]) / sum(weights))
            for i in range(len(weights))
        ]
        return [(end - start) / 100 for start, end in zip([0, *ends], ends, strict=False)]

    @property
    def scores(self) -> list[float]:
        """What each check earns: a property is worth nothing unless a value check passed."""
        proven = any(outcome.passed and outcome.check.value for outcome in self.outcomes)
        return [
            share if outcome.passed and proven else 0.0
            for share, outcome in zip(self.shares, self.outcomes, strict=True)
        ]

    @property
    def score(self) -> float:
        return round(sum(self.scores), 2)


def judge_exercise(
    loaded: LoadedChapter,
    exercise: Exercise,
    submission: Backend,
    run: Run,
    observe: Callable[[Outcome], None] = lambda outcome: None,
    attempt: Attempt = ALONE,
) -> Verdict:
    """Run every check of the exercise.  Raises JudgeError."""
    outcomes: list[Outcome] = []
    for number, check in enumerate(loaded.checks[exercise.name]):
        attempt.at(number)
        lost = attempt.lost.get(number)
        if lost is not None:
            outcomes.append(Outcome(check, lost.status, str(lost)))
        elif outcomes and outcomes[0].status in WHOLE:
            outcomes.append(replace(outcomes[0], check=check))
        else:
            outcomes.append(judge_check(loaded, check, submission, run, attempt))
        observe(outcomes[-1])
    attempt.at(len(outcomes))
    return Verdict(exercise, tuple(outcomes))


def with_diagnosis(
    loaded: LoadedChapter, verdict: Verdict, whence: Whence | None = None
) -> Verdict:
    """The verdict with the mistake behind it, or two at once, where that is sure."""
    if verdict.status not in ("failed", "error"):
        return verdict
    own = [entry for entry in loaded.mistakes if entry.exercise == verdict.exercise.name]
    if not own:
        return verdict
    try:
        with bounded(loaded.chapter.limits.judge_seconds):
            return replace(verdict, mistakes=diagnose(loaded, own, verdict.outcomes, whence))
    except (MemoryError, SubmissionLost):  # no name is better than no report
        return verdict


def judge_check(
    loaded: LoadedChapter,
    check: Check,
    submission: Backend,
    run: Run,
    attempt: Attempt = ALONE,
) -> Outcome:
    """Run one check.  Raises JudgeError."""
    try:
        if not submission.defines(check.exercise):
            return Outcome(check, "missing", f"{check.exercise} is not defined")
    except SubmissionLost as lost:
        return Outcome(check, lost.status, str(lost))
    reference = None if loaded.course.is_kit else loaded.reference
    try:
        with bounded(loaded.chapter.limits.judge_seconds):
            return run_check(
                check,
                submission,
                reference,
                seed=run.seed,
                examples=run.examples,
                recorded=attempt.recorded or loaded.recorded,
                only_decide=attempt.only_decides,
            )
    except MemoryError:
        return Outcome(check, "crashed", TOO_LARGE)
    except SubmissionLost as lost:
        return Outcome(check, lost.status, str(lost))
