"""Loading what the judge trusts of a chapter: its checks and its reference."""

from __future__ import annotations

import sys
import traceback
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.bank import Mistake, load_mistakes
from grader.checks.answers import Once
from grader.checks.check import Check
from grader.course.model import Chapter, Course, CourseError
from grader.course.reading import load_module
from grader.judge.recorded import Recorded


@dataclass(frozen=True)
class LoadedChapter:
    """A chapter with its checks, in the order of the exercises, and its reference.

    `namespace` holds the reference's functions; in a student kit the stubs, for their parameters.
    `recorded` are inputs that were drawn before.
    """

    course: Course
    chapter: Chapter
    checks: dict[str, tuple[Check, ...]]
    namespace: dict[str, Any]
    recorded: Recorded = field(default_factory=Recorded)

    @cached_property
    def reference(self) -> Once:
        """Raises NoCourse in a student kit."""
        self.course.whole()
        return Once(self.namespace)

    @cached_property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The chapter's bank, none in a student kit; run when it is needed.  Raises CourseError."""
        return tuple(load_mistakes(self.course.mistakes(self.chapter)))


def load_chapter(course: Course, chapter: Chapter) -> LoadedChapter:
    """Import reference and checks.  Raises CourseError with file and line."""
    source = course.stub(chapter) if course.is_kit else course.solution(chapter)
    folder = str(source.parent)
    if folder not in sys.path:
        sys.path.append(folder)
    module = _imported(source, chapter.module)
    path = course.checks(chapter)
    found = _imported(path, f"checks_{chapter.module}")
    checks: dict[str, list[Check]] = {exercise.name: [] for exercise in chapter.exercises}
    for test in vars(found).values():
        check = getattr(test, "check", None)
        if isinstance(check, Check):
            _place(check, checks, path)
    for name, own in checks.items():
        if not course.is_kit and not any(check.value for check in own):
            raise CourseError.at(path, 1, f"exercise {chapter.id}.{name} has no value check")
    frozen = {name: tuple(own) for name, own in checks.items()}
    return LoadedChapter(course, chapter, frozen, vars(module))


def _imported(path: Path, name: str) -> ModuleType:
    if not path.is_file():
        raise CourseError(f"{path}: the file is missing")
    try:
        return load_module(path, name)
    except CourseError:
        raise
    except Exception as error:
        frames = traceback.walk_tb(error.__traceback__)
        lines = [line for frame, line in frames if frame.f_code.co_filename == str(path)]
        line = lines[-1] if lines else getattr(error, "lineno", 1)
        raise CourseError.at(path, line, f"{type(error).__name__}: {error}") from error


def _place(check: Check, checks: dict[str, list[Check]], path: Path) -> None:
    if check.exercise not in checks:
        raise CourseError.at(path, check.line, f"a check for an unknown exercise, {check.exercise}")
    if check.practice and "reference" in check.test.__code__.co_varnames:
        raise CourseError.at(path, check.line, f"practice check {check.slug} uses the reference")
    if any(check.slug == other.slug for other in checks[check.exercise]):
        raise CourseError.at(path, check.line, f"two checks of {check.exercise} are titled alike")
    checks[check.exercise].append(check)
