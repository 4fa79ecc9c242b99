"""Asking a submission, behind the wall, for all that the pictures of its chapter need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grader.checks.answers import Answers, Call
from grader.course.model import Chapter, Course, CourseError, UnknownName
from grader.course.reading import load_module
from grader.judge.reporting import problem_note
from grader.report.text import harmless
from grader.show.picture import Curves, Drawing, Heatmap, Picture, Undrawable
from grader.submission.reading import Submission
from grader.wall.clocks import Account
from grader.wall.errors import SubmissionError, SubmissionLost
from grader.wall.isolation import detect
from grader.wall.sandbox import Sandbox
from grader.wall.session import Session, Sources

LONGEST = 200
"""Characters of an error that are shown."""


@dataclass(frozen=True)
class Shown:
    """A picture with its numbers, or why there are none."""

    title: str
    drawing: Drawing | None
    why: str = ""


def declared(course: Course, chapter: Chapter) -> list[Picture]:
    """The pictures of a chapter.  Raises UnknownName where it has none, and CourseError."""
    path = course.pictures(chapter)
    if not path.is_file():
        having = [one.id for one in course.chapters if course.pictures(one).is_file()]
        raise UnknownName(
            f"{chapter.id} has no pictures; these have: {', '.join(having) or 'none'}"
        )
    try:
        module = load_module(path, f"pictures_{chapter.module}")
    except Exception as error:
        raise CourseError(f"{path}: {type(error).__name__}: {error}") from error
    found = (getattr(value, "picture", None) for value in vars(module).values())
    return [one for one in found if isinstance(one, Picture)]


def asked(course: Course, chapter: Chapter, submission: Submission) -> Iterator[Shown]:
    """Each picture as soon as its numbers are there.  Raises SandboxError."""
    sources = Sources(
        submission.module, submission.files, chapter.refusals, notebook=submission.is_notebook
    )
    with Sandbox(detect(), chapter.imports, chapter.limits, chapter.preload) as sandbox:
        pictures = declared(course, chapter)
        sandbox.wait()
        account = Account()
        for picture in pictures:
            session = Session(sandbox, sources, chapter.limits, account)
            try:
                yield _asked(picture, session, submission)
            finally:
                session.close()


def _asked(picture: Picture, session: Session, submission: Submission) -> Shown:
    """The drawing; whatever a wrong answer leads to is said in a sentence."""
    answers = Answers(session)
    try:
        drawing = picture.of(answers)
        # Now, while it can still be said which answer has the wrong shape.
        _look_at(drawing)
        return Shown(picture.title, drawing)
    except SubmissionError as error:
        why = _raised(answers._calls[-1], error, session, submission)
    except SubmissionLost as lost:
        why = f"your code did not answer: {lost}"
    except Undrawable as error:
        why = f"what your code returned cannot be drawn: {error}"
    except (TypeError, ValueError, IndexError, AttributeError, RuntimeError) as error:
        why = f"what your code returned has not the form that the statement asks for: {error}"
    return Shown(picture.title, None, harmless(why, LONGEST).replace("\n", " "))


def _look_at(drawing: Drawing) -> None:
    """Make sure that it can be drawn.  Raises Undrawable."""
    if isinstance(drawing, Curves):
        drawing.points()
    elif isinstance(drawing, Heatmap):
        drawing.matrix()
    else:
        drawing.pieces()


def _raised(call: Call, error: SubmissionError, session: Session, submission: Submission) -> str:
    if call.probe is None and not session.defines(call.name):
        # A statement that failed while the file was loaded may be why the name is missing.
        notes = [problem_note(problem, submission) for problem in session.problems]
        return "; ".join([f"your file has no {call.name} yet", *notes[:1]])
    if error.status == "not started":
        return f"your {call.name} is not started yet"
    return f"your {call.name} raised {error}"
