"""`grade show`, which `grader/cli.py` puts on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.course import NoCourse, UnknownName
from grader.student_cli import course_here, workspace_here

if TYPE_CHECKING:
    from grader.show.asking import Shown

NOTHING_MISSING, SOMETHING_MISSING = 0, 1


def register(app: typer.Typer) -> None:
    app.command()(show)


def show(
    chapter: Annotated[str, typer.Argument(help="for example ch1")],
    submission: Annotated[
        Path | None, typer.Option(help="file, folder or notebook (default: the exercises folder)")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE.svg|FILE.html", help="write the pictures here")
    ] = None,
) -> None:
    """Show pictures of what your own code does."""
    from grader.show.asking import asked
    from grader.submission import read_submission

    course = course_here()
    chosen = course.chapter(chapter)
    if output and output.suffix not in (".svg", ".html"):
        raise UnknownName(f"{output}: pictures are written to a file.svg or a file.html")
    place = submission or workspace_here(course).folder
    found = []
    for shown in asked(course, chosen, read_submission(place, chosen)):
        found.append(shown)
        if output is None:
            _print(shown)
    if output:
        _write(output, f"{chosen.id} · {chosen.title}", found)
    missing = any(one.drawing is None for one in found)
    raise typer.Exit(SOMETHING_MISSING if missing else NOTHING_MISSING)


def _print(shown: Shown) -> None:
    from rich.console import Console
    from rich.text import Text

    from grader.show.terminal import drawn

    console = Console(highlight=False, width=80)
    console.print(Text(shown.title, "bold"))
    console.print(drawn(shown.drawing) if shown.drawing else Text(f"  {shown.why}\n"))


def _write(output: Path, title: str, shown: list[Shown]) -> None:
    from grader.show.svg import page, sheet

    text = page(title, shown) if output.suffix == ".html" else sheet(shown)
    try:
        output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise NoCourse(f"{output} cannot be written: {error.strerror}") from None
    typer.echo(output)
