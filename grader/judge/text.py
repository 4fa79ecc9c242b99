"""What the text of a submission decides about an exercise, whatever a call of it would answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from grader.course.model import Exercise
from grader.judge.chapter import LoadedChapter
from grader.judge.grading import Verdict
from grader.judge.run import Outcome
from grader.python.toplevel import Statement, definition_of
from grader.report.model import DOES_NOT_PARSE, WAITS
from grader.submission.dependencies import is_written, unwritten_below
from grader.submission.near import near_name
from grader.submission.reading import Submission
from grader.submission.shortcuts import find_shortcuts
from grader.wall.errors import SubmissionError
from grader.wall.replies import Problem
from grader.wall.session import Session


def decided_by_text(
    loaded: LoadedChapter, submission: Submission, exercise: Exercise
) -> Verdict | None:
    """The verdict on an exercise that is not called: it does not parse, or uses a shortcut."""
    definition = definition_of(submission.source, exercise.name)
    if definition is not None and definition.broken is not None:
        return _no_python(loaded, exercise, _problem(definition, submission))
    return shortcut(loaded, submission, exercise)


@dataclass(frozen=True)
class Raised:
    """What the lines of a submission tell of the errors that it raises in an exercise."""

    loaded: LoadedChapter
    submission: Submission
    exercise: Exercise

    def elsewhere(self, error: SubmissionError) -> bool:
        """Whether the error arose in the lines of another exercise."""
        file, number = error.lines[-1] if error.lines else ("", 0)
        text = self.submission.text(file) if number else ""
        others = [one.name for one in self.loaded.chapter.exercises if one != self.exercise]
        found = [definition_of(text, name) for name in others] if text else []
        return any(one is not None and one.first <= number <= one.last for one in found)

    def on_purpose(self, error: SubmissionError) -> bool:
        """Whether it was raised by a `raise` that the student wrote."""
        file, number = error.lines[-1] if error.lines else ("", 0)
        return self.submission.line(number, file).startswith("raise ")


def absent_from_text(
    loaded: LoadedChapter, submission: Submission, exercise: Exercise
) -> Verdict | None:
    """The verdict on an exercise whose name stands nowhere in what was handed in.

    No worker need load the file to find that out: it may be a large one.
    """
    if any(exercise.name in text for text in submission.files.values()):
        return None
    message = f"{exercise.name} is not defined"
    checks = loaded.checks[exercise.name]
    verdict = Verdict(exercise, tuple(Outcome(check, "missing", message) for check in checks))
    return _with_near_name(loaded, verdict, submission)


def _with_near_name(loaded: LoadedChapter, verdict: Verdict, submission: Submission) -> Verdict:
    taken = [one.name for one in loaded.chapter.exercises]
    near = near_name(submission.source, verdict.exercise.name, taken)
    return replace(verdict, near=near)


def shortcut(loaded: LoadedChapter, submission: Submission, exercise: Exercise) -> Verdict | None:
    """The verdict on an exercise that uses a refused function by name."""
    found = find_shortcuts(submission.source, loaded.chapter.refused).get(exercise.name)
    if found is None:
        return None
    place = submission.place(found.line)
    message = f"{place}: {found.refused.name} may not be used here: {found.refused.why}"
    checks = loaded.checks[exercise.name]
    return Verdict(exercise, tuple(Outcome(check, "refused", message) for check in checks))


def explained_by_text(
    loaded: LoadedChapter, verdict: Verdict, session: Session, submission: Submission
) -> Verdict:
    """The verdict, where the text says more than the answers: it is no Python, or it waits."""
    name = verdict.exercise.name
    if verdict.status == "missing" and name in session.uncompiled:
        return _no_python(loaded, verdict.exercise, session.uncompiled[name])
    if verdict.status == "missing":
        return _with_near_name(loaded, verdict, submission)
    if verdict.status != "not started":
        return verdict
    waits_for = _waits_for(loaded, verdict, submission)
    if not waits_for:
        return verdict
    outcomes = tuple(
        replace(one, status=WAITS) if one.status == "not started" else one
        for one in verdict.outcomes
    )
    return replace(verdict, outcomes=outcomes, waits_for=waits_for)


def _waits_for(loaded: LoadedChapter, verdict: Verdict, submission: Submission) -> tuple[str, ...]:
    """The ids of the stubs that an exercise calls which is written itself."""
    names = [one.name for one in loaded.chapter.exercises]
    own = verdict.exercise.name
    found = unwritten_below(submission.source, own, names)
    errors = [one.error for one in verdict.outcomes if one.status == "not started"]
    if not found and is_written(submission.source, own) and errors[0] and errors[0].lines:
        file, line = errors[0].lines[-1]
        if file == f"{submission.module}.py":
            found = [name for name in names if name != own and _holds(submission, name, line)]
    return tuple(f"{loaded.chapter.id}.{name}" for name in found)


def _holds(submission: Submission, name: str, line: int) -> bool:
    definition = definition_of(submission.source, name)
    return definition is not None and definition.first <= line <= definition.last


def _no_python(loaded: LoadedChapter, exercise: Exercise, problem: Problem) -> Verdict:
    error = SubmissionError(DOES_NOT_PARSE, (problem.error,), problem.text, problem.lines)
    return Verdict(
        exercise,
        tuple(
            Outcome(check, DOES_NOT_PARSE, str(error), error=error)
            for check in loaded.checks[exercise.name]
        ),
    )


def _problem(definition: Statement, submission: Submission) -> Problem:
    broken = definition.broken
    assert broken is not None
    return Problem((broken.error,), broken.message, ((f"{submission.module}.py", broken.line),))
