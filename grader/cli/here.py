"""What every command begins with: the course, the workspace and the chapters that are meant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from grader.course.model import Chapter, Course, find_course, load_course

if TYPE_CHECKING:
    from grader.student.workspace import Workspace


def course_here() -> Course:
    return load_course(find_course(Path.cwd()))


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
