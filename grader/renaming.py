"""`--map my_softmax=softmax`: grade a function that has another name than its exercise."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from grader.blocks import blocks
from grader.course import Chapter, Course, Exercise
from grader.submission import Submission, UnreadableSubmission


@dataclass(frozen=True)
class Renaming:
    """The submission's own name for an exercise."""

    mine: str
    exercise: Exercise


def renamings(words: Iterable[str], course: Course) -> tuple[Renaming, ...]:
    """Read `my_softmax=softmax` or `my_softmax=ch4.softmax`.

    Raises UnreadableSubmission for another form, UnknownName for an unknown exercise.
    """
    found = []
    for word in words:
        mine, equals, theirs = word.partition("=")
        _, exercise = course.select(theirs) if equals and theirs else (None, None)
        if exercise is None or not mine.isidentifier():
            raise UnreadableSubmission(f"--map {word}: write it like --map my_softmax=softmax")
        found.append(Renaming(mine, exercise))
    return tuple(found)


def renamed(submission: Submission, chapter: Chapter, given: Iterable[Renaming]) -> Submission:
    """The submission with a line at its end for each name that belongs to the chapter.

    Raises UnreadableSubmission if it does not define the name.
    """
    own = [one for one in given if one.exercise.chapter == chapter.id]
    if not own:
        return submission
    defined = blocks(submission.source)
    for one in own:
        if one.mine not in defined:
            near = difflib.get_close_matches(one.mine, defined, n=1)
            meant = f": did you mean {near[0]}?" if near else ""
            raise UnreadableSubmission(f"{submission.path} defines no {one.mine}{meant}")
    lines = [f"{one.exercise.name} = {one.mine}" for one in own]
    text = "\n".join([submission.source, "", *lines, ""])
    return replace(submission, files={**submission.files, submission.module: text})
