"""The commands of whoever writes a course."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.cli import completion as complete
from grader.cli.codes import Code
from grader.cli.here import authors_course_here


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(audit)
    app.command()(stubs)
    app.command()(notebooks)
    app.command()(docs)


def audit(
    chapters: Annotated[
        list[str] | None,
        typer.Argument(help="only these chapters", autocompletion=complete.chapters),
    ] = None,
) -> None:
    """Let the course examine itself: references, mistakes, alternates, oracles, trivial answers."""
    from grader.authoring.audit import audit_chapter

    course = authors_course_here().whole()
    chosen = [course.chapter(name) for name in chapters or ()] or list(course.chapters)
    found = 0
    for chapter in chosen:
        before = found
        for line in audit_chapter(course, chapter):
            typer.echo(line)
            found += 1
        typer.echo(f"{chapter.id}: {found - before} findings", err=True)
    raise typer.Exit(Code.POINTS_LOST if found else Code.FULL_MARKS)


def stubs() -> None:
    """Write exercises/ from solutions/ (for authors of a course)."""
    from grader.course.stubs import write_stubs

    for path in write_stubs(authors_course_here().whole()):
        typer.echo(f"wrote {path}")


def notebooks() -> None:
    """Write assignments/source/ from solutions/ (for authors of a course)."""
    from grader.authoring.notebooks import write_config, write_notebooks

    course = authors_course_here().whole()
    for path in (*write_notebooks(course), write_config(course)):
        if path:
            typer.echo(f"wrote {path}")


def docs(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="where to write the site")],
) -> None:
    """Write the statements of all chapters as a static site."""
    from grader.authoring.site import build_site

    typer.echo(build_site(authors_course_here(), folder))
