"""`grade release`: the student kit, on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader import completion as complete
from grader.student_cli import course_here, named_chapters


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(release)


def release(
    out: Annotated[Path, typer.Argument(help="a new folder")],
    chapter: Annotated[
        list[str] | None, typer.Option(help="only this chapter", autocompletion=complete.chapters)
    ] = None,
) -> None:
    """Write the student kit: stubs, notebooks, practice checks and the engine.

    No solution, no hidden check and no mistake is in it.
    """
    from grader.kit.files import kit_files, write_kit

    course = course_here()
    chosen = named_chapters(course, chapter)
    files = kit_files(course, chosen)
    write_kit(out, files)
    typer.echo(f"wrote {len(files)} files to {out}")
    typer.echo(f"next: cd {out} && pip install -e . && grade next", err=True)
