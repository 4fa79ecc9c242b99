"""`grade docs`, which `grader/cli.py` puts on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.student_cli import course_here


def register(app: typer.Typer) -> None:
    app.command()(docs)


def docs(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="where to write the site")],
) -> None:
    """Write the statements of all chapters as a static site."""
    from grader.docs.build import build_site

    typer.echo(build_site(course_here(), folder))
