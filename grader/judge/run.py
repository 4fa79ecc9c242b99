"""Running one check: Hypothesis draws, the submission answers, the check compares."""

from __future__ import annotations

import contextlib
import hashlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import given as hypothesis_given
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st
from hypothesis.errors import Flaky, UnsatisfiedAssumption

from grader.checks.answers import Answers, AskedAhead, Backend, Call
from grader.checks.check import Check
from grader.checks.draws import Manner
from grader.checks.hypothesis_internals import without_database_key
from grader.checks.mismatch import Mismatch
from grader.judge.assignment import DEFAULT_EXAMPLES, JudgeError
from grader.judge.attempt import TOO_LARGE
from grader.judge.keeping import kept, lighten
from grader.judge.recorded import Drawn, Recorded, fresh
from grader.judge.tripped import tripped
from grader.wall.errors import SubmissionError, SubmissionLost

PLAIN_PART = 4
"""One in so many examples is drawn plainly, before the others."""

SHRINKING = 120
"""Examples spent on making a counterexample smaller: enough for a handful of small draws."""

TRANSCRIPT = 24
"""Calls of a check that are kept for the diagnosis, beside those of the counterexample."""


CHANGING = "the same call gives different answers when it is made again"


class _ShrunkEnough(BaseException):
    """Leaves Hypothesis early; not an Exception, which it would take for a failing example."""


@dataclass
class Outcome:
    """What one check found out about one submission."""

    check: Check
    status: str
    message: str = ""
    expected: Any = None
    got: Any = None
    error: SubmissionError | None = None
    calls: list[Call] = field(default_factory=list)
    transcript: list[Call] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return self.status == "passed"


def run_check(
    check: Check,
    submission: Backend,
    reference: Backend | None,
    *,
    seed: int,
    examples: int,
    recorded: Recorded | None = None,
    only_decide: bool = False,
) -> Outcome:
    """Judge one check.  Only a practice check does without a reference.

    Inputs that were recorded are not drawn again; where it is only to be decided whether the check
    passes, not even for a counterexample that is small.

    Raises JudgeError if the check fails for a reason that the reference has in common with the
    submission.
    """
    fixed = _attempt(_Run(check, submission, reference), _Run.fixed_examples)
    if fixed.status not in ("passed", "failed", "error") or (only_decide and not fixed.passed):
        return fixed
    known = recorded or Recorded()
    drawn = _attempt(
        _Run(check, submission, reference, fixed.transcript, only_decide),
        lambda run: _examples(run, seed, examples, known),
    )
    return fixed if drawn.passed and not fixed.passed else drawn


def _attempt(run: _Run, act: Callable[[_Run], None]) -> Outcome:
    """What comes of a run's examples."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            act(run)
    except (Mismatch, SubmissionError, _ShrunkEnough):
        return run.outcome
    except SubmissionLost as lost:
        transcript = run.outcome.transcript
        return Outcome(run.check, lost.status, str(lost), calls=run.calls, transcript=transcript)
    except Flaky:
        run.outcome.message = CHANGING
        return run.outcome
    return Outcome(run.check, "passed", transcript=run.outcome.transcript)


def _examples(run: _Run, seed: int, examples: int, recorded: Recorded) -> None:
    """The examples that are drawn, plain ones first; one, where there is nothing to draw."""
    check = run.check
    if not check.strategies:
        return run.example({})
    count = _count(check, examples)
    plain = -(-count // PLAIN_PART)
    _draw(run, _seed(check, seed), plain, Manner.PLAINLY, recorded)
    _draw(run, _seed(check, seed) + 1, count - plain, Manner.AT_EVERY_SCALE, recorded)


def _seed(check: Check, seed: int) -> int:
    text = f"{seed} {check.exercise} {check.slug}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _count(check: Check, examples: int) -> int:
    if check.examples is None:
        return examples
    return max(1, round(check.examples * examples / DEFAULT_EXAMPLES))


def _draw(run: _Run, seed: int, examples: int, manner: Manner, recorded: Recorded) -> None:
    if not examples:
        return
    known = recorded.find(run.check, seed, examples)
    if known is not None and run.passes(known):
        return
    drawn_here = Drawn()

    @without_database_key
    @hypothesis_seed(seed)
    @settings(
        max_examples=examples,
        database=None,
        derandomize=False,  # the seed is ours; where CI is set Hypothesis would make another
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @hypothesis_given(drawn=st.tuples(*run.check.strategies.values()))
    def every_example(manner: Manner, drawn: tuple[Any, ...]) -> None:
        # Hypothesis calls the first parameter, which it does not draw, the runner; `fills` asks it.
        named = dict(zip(run.check.strategies, drawn, strict=True))
        if not recorded.records:
            return run.example(named)
        drawn_here.inputs.append(fresh(named))
        try:
            run.example(named)
        finally:
            drawn_here.requests.extend(call.packed() for call in run.calls)

    every_example(manner)
    if known is not None:
        run.changes()
    recorded.keep(run.check, seed, examples, drawn_here)


@contextlib.contextmanager
def _foreseen(submission: Backend, requests: Sequence[bytes]) -> Iterator[None]:
    """Have the submission asked ahead, if it can be."""
    if not isinstance(submission, AskedAhead):
        yield
        return
    submission.foresee(requests)
    try:
        yield
    finally:
        submission.foresee(())


class _Run:
    """The examples of one check, and the smallest failure so far."""

    def __init__(
        self,
        check: Check,
        submission: Backend,
        reference: Backend | None,
        transcript: Sequence[Call] = (),
        only_decides: bool = False,
    ) -> None:
        self.check, self.submission, self.reference = check, submission, reference
        self.only_decides = only_decides
        self.outcome = Outcome(check, "passed", transcript=list(transcript))
        self.calls: list[Call] = []
        self.since_failure = 0

    def fixed_examples(self) -> None:
        """Run the check on the inputs that its author names."""
        for case in self.check.first:
            self.example(fresh(case))

    def example(self, drawn: dict[str, Any]) -> None:
        """Run the check on one drawn input; remember how it failed and raise."""
        if not self.outcome.passed:
            self.since_failure += 1
            if self.since_failure > SHRINKING:
                raise _ShrunkEnough
        answers = Answers(self.submission)
        self.calls = answers._calls
        try:
            self._compare(answers, drawn)
        except Mismatch as error:
            self._failed("failed", error.message, error.expected, error.got)
            raise
        except SubmissionError as error:
            self._failed(error.status, str(error))
            self.outcome.error = error
            if error.status != "error":
                raise _ShrunkEnough from None
            raise
        finally:
            if len(self.outcome.transcript) < TRANSCRIPT:
                lighten(answers._calls)
                self.outcome.transcript.extend(answers._calls)

    def passes(self, known: Drawn) -> bool:
        """Whether inputs drawn before pass; if not, nothing is left of the attempt."""
        before = list(self.outcome.transcript)
        try:
            with _foreseen(self.submission, known.requests):
                for drawn in known.inputs:
                    with contextlib.suppress(UnsatisfiedAssumption):
                        self.example(drawn)
        except (Mismatch, SubmissionError, _ShrunkEnough):
            if self.only_decides:
                raise
            self.outcome = Outcome(self.check, "passed", transcript=before)
            self.calls, self.since_failure = [], 0
            return False
        return True

    def changes(self) -> None:
        """Fail a submission that passes now with inputs that it failed with a moment ago."""
        self._failed("failed", CHANGING)
        raise Mismatch(CHANGING)

    def _compare(self, answers: Answers, drawn: dict[str, Any]) -> None:
        try:
            self._test(answers, drawn)
        except (Mismatch, SubmissionError, UnsatisfiedAssumption):
            raise
        except MemoryError:
            raise SubmissionLost("crashed", TOO_LARGE) from None
        except AssertionError as error:
            raise Mismatch(str(error)) from error
        except Exception as error:
            self._blame(error, drawn)
            raise tripped(answers._calls, self.reference) from error

    def _blame(self, error: Exception, drawn: dict[str, Any]) -> None:
        """A check that trips over an answer is right to, unless it trips over the reference too."""
        if self.reference is None:
            return
        try:
            self._test(Answers(self.reference), drawn)
        except Exception as again:
            what = f"{type(again).__name__}: {again}"
            raise JudgeError(f"check {self.check.exercise}.{self.check.slug}: {what}") from error

    def _test(self, answers: Answers, drawn: dict[str, Any]) -> None:
        known = {"submission": answers, **drawn}
        if self.reference is not None:
            known["reference"] = Answers(self.reference)
        code = self.check.test.__code__
        wanted = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        self.check.test(**{name: known[name] for name in wanted if name in known})

    def _failed(self, status: str, message: str, expected: Any = None, got: Any = None) -> None:
        transcript = self.outcome.transcript
        lighten(self.calls)
        self.outcome = Outcome(
            self.check, status, message, expected, kept(got), None, self.calls, transcript
        )
