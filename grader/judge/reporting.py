"""From the judge's outcomes to the report: values become text, untrusted text becomes harmless."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from grader.checks.answers import Call
from grader.judge.finding import Finding
from grader.judge.grading import Verdict
from grader.judge.repro import repro
from grader.judge.run import Outcome
from grader.judge.warned import without_warnings
from grader.python.toplevel import definition_of
from grader.report.explain import explained
from grader.report.model import (
    DOES_NOT_PARSE,
    UNTOUCHED,
    CallShown,
    CheckReport,
    Counterexample,
    ExerciseReport,
    MistakeShown,
)
from grader.report.relation import relation
from grader.report.text import harmless, show
from grader.submission.reading import Submission
from grader.wall.errors import SubmissionError
from grader.wall.replies import Problem
from grader.wall.session import Session

NUMBERED = re.compile(r"\bline (\d+)\b(?=\)?$)")
"""A line of the whole file at the end of what Python says about a syntax error."""

UNDEFINED = re.compile(r"NameError: name '(\w+)' is not defined")

MOST_CALLS = 4
MESSAGE = 600


def exercise_report(
    verdict: Verdict, namespace: dict[str, Any], submission: Submission, note: str | None = None
) -> ExerciseReport:
    """The report of one exercise; `namespace` holds the functions, for the arguments' names."""
    chapter = verdict.exercise.chapter
    # A program for what is shown: a report of many failing checks stays small.
    told = {finding.check.slug for finding in verdict.mistakes}
    if not told:
        told = set([one.check.slug for one in verdict.outcomes if not one.passed][:1])
    checks = tuple(
        CheckReport(
            id=f"{verdict.exercise.id}.{outcome.check.slug}",
            title=outcome.check.title,
            status=outcome.status,
            score=score,
            max_score=share,
            counterexample=_shown(
                outcome, namespace, submission, chapter, outcome.check.slug in told
            ),
            practice=outcome.check.practice,
        )
        for outcome, score, share in zip(
            verdict.outcomes, verdict.scores, verdict.shares, strict=True
        )
    )
    mistakes = tuple(_mistake(one, verdict.exercise.id) for one in verdict.mistakes)
    return ExerciseReport(
        id=verdict.exercise.id,
        status=verdict.status,
        score=verdict.score,
        max_score=float(verdict.exercise.points),
        mistake=mistakes[0] if mistakes else None,
        others=mistakes[1:],
        note=note,
        checks=checks,
        hidden=verdict.exercise.hidden,
        waits_for=verdict.waits_for,
        near=verdict.near,
    )


def _mistake(finding: Finding, exercise: str) -> MistakeShown:
    """A mistake in words, with the part of the answer that shows it where the check has another."""
    part = finding.difference
    return MistakeShown(
        finding.name,
        finding.hint,
        check=f"{exercise}.{finding.check.slug}",
        message=harmless(part.message, MESSAGE) if part else "",
        expected=show(part.expected) if part else None,
        got=show(part.got) if part else None,
    )


def problem_notes(verdict: Verdict, session: Session, submission: Submission) -> Iterator[str]:
    """A line or two about each statement that failed or is no Python, for the first of them."""
    chapter = verdict.exercise.chapter
    error = verdict.outcomes[0].error if verdict.outcomes else None
    if verdict.status == DOES_NOT_PARSE and error is not None:
        own = Problem(error.type_names, error.text, error.lines)
        yield problem_note(own, submission, chapter)
    for problem in session.problems:
        yield problem_note(problem, submission, chapter)
    if session.more_problems > 0:
        yield f"and {session.more_problems:,} more"


def problem_note(problem: Problem, submission: Submission, chapter: str = "") -> str:
    """A line or two about a statement that failed while the file was loaded, or is no Python."""
    error = f"{problem.error}: {problem.text}"
    return harmless(_said_at(problem.lines, submission, error, chapter), MESSAGE)


def _shown(
    outcome: Outcome,
    namespace: dict[str, Any],
    submission: Submission,
    chapter: str,
    playable: bool,
) -> Counterexample | None:
    """The counterexample; an answer that cannot be shown costs its check and no other."""
    try:
        return _counterexample(outcome, namespace, submission, chapter, playable)
    except Exception as error:
        message = f"protocol error: the answer cannot be shown ({type(error).__name__})"
        return Counterexample(calls=(), expected=None, got=None, message=message)


def _counterexample(
    outcome: Outcome,
    namespace: dict[str, Any],
    submission: Submission,
    chapter: str,
    playable: bool,
) -> Counterexample | None:
    if outcome.passed or outcome.status in UNTOUCHED:
        return None
    message = _message(outcome)
    if outcome.error is not None:
        message = _said_at(outcome.error.lines, submission, outcome.message, chapter)
    compared = outcome.expected is not None
    return Counterexample(
        calls=tuple(_call(call, namespace, submission) for call in outcome.calls[-MOST_CALLS:]),
        expected=show(outcome.expected) if compared else None,
        got=show(outcome.got) if compared or outcome.got is not None else None,
        message=harmless(message, MESSAGE),
        repro=_program(outcome, namespace, submission) if playable else "",
    )


def _program(outcome: Outcome, namespace: dict[str, Any], submission: Submission) -> str:
    """The calls as Python to play with."""
    named = [(call, _parameters_of(call, namespace)) for call in outcome.calls[-MOST_CALLS:]]
    return repro(named, submission, outcome.check.exercise)


def _message(outcome: Outcome) -> str:
    """What is wrong, and how the answer relates to what is due."""
    related = relation(outcome.expected, outcome.got) if outcome.got is not None else None
    return f"{outcome.message}\n{related}" if related else outcome.message


def _said_at(
    lines: Sequence[tuple[str, int]], submission: Submission, error: str, chapter: str
) -> str:
    """The submission's own line that was running, the error, and what it usually means."""
    file, number = lines[-1] if lines else ("", 0)
    text = submission.line(number, file)
    if submission.is_notebook:
        error = NUMBERED.sub(lambda found: submission.place(int(found[1]), file), error)
    place = f"{submission.place(number, file)}: {text}\n" if text else ""
    advice = _failed_import(error, submission, file) or explained(error, text, chapter)
    return f"{place}{error}\n{advice}" if advice else f"{place}{error}"


def _failed_import(error: str, submission: Submission, file: str) -> str:
    """What to say of a name that the file does import: why not stands in a note of its own."""
    named = UNDEFINED.match(error)
    found = definition_of(submission.text(file), named[1]) if named else None
    if found is None or not found.is_import:
        return ""
    place = submission.place(found.first, file)
    return f"The import of it in {place} fails: the note on that says why."


def _call(call: Call, namespace: dict[str, Any], submission: Submission) -> CallShown:
    named = _named(_parameters_of(call, namespace), call)
    printed, warned = without_warnings(call.printed, submission)
    return CallShown(
        function=call.name.lstrip("_"),
        arguments={name: show(value) for name, value in named.items()},
        returned=show(call.returned) if call.done else _no_answer(call.error),
        about=call.probe.about if call.probe else None,
        printed=harmless(printed, MESSAGE) or None,
        warned=harmless(warned, MESSAGE).rstrip() or None,
    )


def _parameters_of(call: Call, namespace: dict[str, Any]) -> tuple[str, ...]:
    return call.probe.parameters if call.probe else _parameters(namespace.get(call.name))


def _parameters(function: Callable[..., Any] | None) -> tuple[str, ...]:
    """The names of a function's parameters, as far as these can be told."""
    try:
        return tuple(inspect.signature(function).parameters) if function else ()
    except (TypeError, ValueError):
        return ()


def _named(parameters: Sequence[str], call: Call) -> dict[str, Any]:
    """The arguments by the names of the parameters, or by their numbers."""
    names = list(parameters[: len(call.arguments)])
    names += [f"argument {i + 1}" for i in range(len(names), len(call.arguments))]
    return {**dict(zip(names, call.arguments, strict=True)), **call.keywords}


def _no_answer(error: SubmissionError | None) -> str:
    return harmless(f"raised {error}", MESSAGE) if error else "no answer"
