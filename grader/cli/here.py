"""What every command begins with: the course, the workspace and the chapters that are meant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from grader.course.model import Chapter, Course, NoCourse, find_course, find_own_course
from grader.course.reading import load_course

if TYPE_CHECKING:
    from grader.student.workspace import Workspace


PACKAGE = Path(__file__).resolve().parent.parent


def course_here() -> Course:
    return load_course(find_course(Path.cwd()))


def authors_course_here() -> Course:
    """The course whose author is at work: the one that the folder is in, never the installed one.

    Raises NoCourse.
    """
    try:
        root = find_own_course(Path.cwd())
    except NoCourse:
        course_here().whole()  # in a student kit it says what that is
        raise
    if root.is_relative_to(PACKAGE):
        raise NoCourse(f"{root} belongs to the installed package: run this in a course folder")
    return load_course(root)


def workspace_here(course: Course) -> Workspace:
    from grader.student.workspace import find_workspace

    return find_workspace(Path.cwd(), course)


def named_chapters(course: Course, names: list[str] | None) -> tuple[Chapter, ...]:
    """The chapters named, in the order of the course; all of them if none is."""
    named = [course.chapter(name) for name in names or ()]
    return tuple(one for one in course.chapters if one in named or not named)


def say(note: str | None) -> None:
    """A note that no result depends on."""
    if note:
        typer.echo(f"grade: {note}", err=True)
