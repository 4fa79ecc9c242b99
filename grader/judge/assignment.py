"""What is to be graded, and the sandboxes for it.  Imports little: sandboxes start first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from grader.course.forms import TITLES
from grader.course.model import Chapter, Course, CourseError, Exercise
from grader.report.model import ChapterReport
from grader.submission.reading import Submission
from grader.wall.ancestor import start_for_two
from grader.wall.errors import SandboxError
from grader.wall.isolation import Isolation
from grader.wall.sandbox import AnySandbox, start_sandbox

HEAVY = "torch"
"""Chapters that need it are judged last: by then the judge has imported it, too."""


DEFAULT_EXAMPLES = 50


@dataclass(frozen=True)
class Run:
    """What an instructor may choose: the seed of the inputs, and how many of them."""

    seed: int = 0
    examples: int = DEFAULT_EXAMPLES


@dataclass(frozen=True)
class Assignment:
    """A submission to grade, and the exercises of its chapter to look at."""

    chapter: Chapter
    submission: Submission
    exercises: tuple[Exercise, ...]

    def count_checks(self, course: Course) -> int:
        """How many checks there are for these exercises, read from their file, not imported."""
        path = course.checks(self.chapter)
        if not path.is_file():
            raise CourseError(f"{path}: the file is missing")
        text = path.read_text(encoding="utf-8")
        forms = "|".join(("@check", *TITLES))
        declared = Counter(re.findall(rf'^(?:{forms})\(\s*"(\w+)"', text, re.MULTILINE))
        return sum(declared[exercise.name] for exercise in self.exercises)


@dataclass(frozen=True)
class Wave:
    """Assignments, by number, that are judged together in one sandbox."""

    numbers: tuple[int, ...]
    libraries: tuple[str, ...]
    sandbox: AnySandbox


@contextmanager
def started(
    assignments: list[Assignment], isolation: Isolation, heirs: bool = True
) -> Iterator[list[Wave]]:
    """Start the sandboxes: they load their libraries while the judge imports its own.

    Where `heirs` may judge, what is heavy is imported once for both.
    """
    needs = [HEAVY in one.chapter.imports for one in assignments]
    with ExitStack() as stack:
        waves = []
        for heavy in (False, True):
            numbers = tuple(number for number, need in enumerate(needs) if need is heavy)
            if numbers:
                chapters = [assignments[number].chapter for number in numbers]
                libraries = tuple(sorted({name for one in chapters for name in one.imports}))
                late = tuple(dict.fromkeys(name for one in chapters for name in one.preload))
                start = start_for_two if heavy and heirs else start_sandbox
                sandbox = start(isolation, libraries, chapters[0].limits, late)
                waves.append(Wave(numbers, libraries, stack.enter_context(sandbox)))
        yield waves


class JudgeError(Exception):
    """The grader itself is at fault; no mark may be given."""


Finished = tuple[int, ChapterReport | JudgeError | SandboxError]
"""The number of an assignment, and its report or why there is none."""
