"""What a shell offers after `grade` and Tab: chapters and exercises of the course at hand."""

from __future__ import annotations

from pathlib import Path

from grader.course.model import Course, CourseError, NoCourse, find_course
from grader.course.reading import load_course


def chapters(incomplete: str) -> list[str]:
    """Chapters that begin so."""
    course = _course()
    return _beginning(incomplete, [one.id for one in course.chapters]) if course else []


def paths(incomplete: str) -> list[str]:
    """Chapters and paths through the course that begin so."""
    course = _course()
    names = [path.name for path in course.paths] if course else []
    return [*chapters(incomplete), *_beginning(incomplete, names)]


def exercises(incomplete: str) -> list[str]:
    """Exercises that begin so, with or without their chapter."""
    course = _course()
    if course is None:
        return []
    names = [one.name for one in course.exercises.values()] if incomplete else []
    return _beginning(incomplete, [*course.exercises, *names])


def targets(incomplete: str) -> list[str]:
    """Chapters that begin so; their exercises only once it can be a single chapter's."""
    found = chapters(incomplete)
    return found if len(found) > 1 else [*found, *exercises(incomplete)]


def _course() -> Course | None:
    """A shell that completes wants no complaints: without a course there is nothing to offer."""
    try:
        return load_course(find_course(Path.cwd()))
    except (NoCourse, CourseError):
        return None


def _beginning(incomplete: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
