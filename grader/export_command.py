"""`grade export`: what an instructor takes to Gradescope or GitHub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.report.disclosure import Disclosure
from grader.student_cli import course_here, say

Seed = Annotated[int, typer.Option(help="another seed draws other inputs")]
Shown = Annotated[Disclosure, typer.Option(help="what students see of a failed check")]
Named = Annotated[str, typer.Argument(help="for example ch3")]


def register(app: typer.Typer) -> None:
    """Add `grade export` with its two commands."""
    export = typer.Typer(
        help="Write an autograder for Gradescope, or a workflow for GitHub.", rich_markup_mode=None
    )
    export.command()(gradescope)
    export.command()(github)
    app.add_typer(export, name="export")


def gradescope(
    chapter: Named,
    out: Annotated[Path, typer.Argument(metavar="OUT.zip", help="the zip to upload")],
    seed: Seed = 0,
    examples: Annotated[int, typer.Option(min=1, help="inputs drawn for a value check")] = 50,
    disclosure: Shown = Disclosure.full,
    weak_isolation: Annotated[
        bool, typer.Option("--weak-isolation", help="mark even where checks could be read")
    ] = False,
) -> None:
    """Write an autograder for Gradescope: setup, course and engine in a zip."""
    from grader.exports.gradescope import Autograder

    course = course_here()
    found = course.chapter(chapter)
    Autograder(found, seed, examples, disclosure, weak_isolation).write(course, out)
    typer.echo(f"wrote {out}")
    say("the zip holds solutions and hidden checks: upload it, and show it to nobody")


def github(
    chapter: Named,
    out: Annotated[
        Path | None,
        typer.Argument(metavar="[OUT.yml]", help="default: .github/workflows/classroom.yml"),
    ] = None,
    course: Annotated[
        str | None,
        typer.Option(metavar="OWNER/NAME@COMMIT", help="a private repository with the course"),
    ] = None,
    package: Annotated[
        str | None,
        typer.Option(help="what pip installs: gradschool==1.2.3, a wheel's address, git+https://…"),
    ] = None,
    folder: Annotated[str, typer.Option(help="where the submission stands")] = "exercises",
    seed: Seed = 0,
    disclosure: Shown = Disclosure.full,
) -> None:
    """Write a workflow that grades every push, for GitHub Classroom or any repository."""
    from grader.exports.github import WORKFLOW, Workflow

    found = course_here().chapter(chapter)
    path = out or WORKFLOW
    Workflow(found, package, course, folder, seed, disclosure).write(path)
    typer.echo(f"wrote {path}")
