"""`grade class SUBMISSIONS ch3` on the command line."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.report.disclosure import Disclosure
from grader.student_cli import course_here, say
from grader.submission import UnreadableSubmission

if TYPE_CHECKING:
    from grader.classroom.outcomes import CanvasExport
    from grader.classroom.results import ClassResults
    from grader.course import Course


class Code(IntEnum):
    """Exit codes of a run over a class; bad input is 2 as everywhere."""

    FULL_MARKS = 0
    POINTS_LOST = 1
    GRADER_FAILED = 3
    INTERRUPTED = 130


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("class")(class_)


def class_(
    submissions: Annotated[
        Path,
        typer.Argument(help="a folder with an entry a student, or a zip of an LMS"),
    ],
    chapter: Annotated[str, typer.Argument(help="for example ch3")],
    output: Annotated[
        Path | None, typer.Option(help="write tables, pages and the class report here")
    ] = None,
    journal: Annotated[
        Path, typer.Option(help="where reports are kept; a run goes on from there")
    ] = Path("journal.db"),
    seed: Annotated[int, typer.Option(help="another seed draws other inputs")] = 0,
    examples: Annotated[int, typer.Option(min=1, help="inputs drawn for a value check")] = 50,
    diff: Annotated[
        bool, typer.Option("--diff", help="show the marks that a change to the course changed")
    ] = False,
    weak_isolation: Annotated[
        bool, typer.Option("--weak-isolation", help="grade even without bubblewrap")
    ] = False,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="judge on this Dask cluster")
    ] = None,
    disclosure: Annotated[
        Disclosure, typer.Option(help="what students' pages show")
    ] = Disclosure.full,
    canvas: Annotated[
        Path | None, typer.Option(help="a gradebook exported from Canvas, to fill in")
    ] = None,
    column: Annotated[
        str | None, typer.Option(help="its column, if it is not named like the chapter")
    ] = None,
) -> None:
    """Grade a whole class.

    \b
    SUBMISSIONS holds one of these for each student:
      alice/          with a .py, a notebook or a zip
      alice.py        or alice.ipynb
      submitted/alice/ch3/ch3.ipynb          an nbgrader course
      doejane_12345_67890_ch3.py             as Canvas names it
      Jane Doe_12345_assignsubmission_file_  as Moodle does

    What was graded is in the journal: a run that was stopped or killed goes on where it was, and
    after a change to the course only the exercises that it touches are judged again.

    \b
    Exit codes:
      0    all have full marks
      1    points were lost, or something could not be read
      2    bad input, nothing was graded
      3    somebody has no mark because the grader failed; run it again
      130  stopped by Ctrl-C; the same command goes on
    """
    from grader.assignment import Run
    from grader.classroom.command import Choice, Interrupted, grade_class

    course = course_here().whole()
    gradebook = _gradebook(canvas, column, output)
    choice = Choice(submissions, chapter, journal, Run(seed, examples), weak_isolation, scheduler)
    try:
        graded = grade_class(course, choice)
    except Interrupted as stopped:
        say(str(stopped))
        raise typer.Exit(Code.INTERRUPTED) from None
    if graded.ignored:
        say(f"nobody's, so not graded: {', '.join(graded.ignored)}")
    _show(graded.results, diff)
    if output is not None:
        _write(course, graded.results, output, disclosure, gradebook)
    raise typer.Exit(_code(graded.results))


def _gradebook(canvas: Path | None, column: str | None, output: Path | None) -> CanvasExport | None:
    """The gradebook to fill in, read before anything is graded.  Raises UnreadableSubmission."""
    if canvas is None:
        return None
    from grader.classroom.outcomes import CanvasExport

    if output is None:
        raise UnreadableSubmission("--canvas needs --output FOLDER, where to write it")
    try:
        return CanvasExport(canvas.read_bytes(), column)
    except OSError as error:
        raise UnreadableSubmission(f"{canvas}: {error.strerror}") from None


def _write(
    course: Course,
    results: ClassResults,
    folder: Path,
    disclosure: Disclosure,
    gradebook: CanvasExport | None,
) -> None:
    """Write tables, pages and the class report.  Raises UnreadableSubmission."""
    from grader.classroom.outcomes import write_results

    stub = course.stub(results.chapter)
    released = stub.read_text(encoding="utf-8") if stub.is_file() else ""
    try:
        written = write_results(results, folder, disclosure, released, gradebook)
    except OSError as error:
        raise UnreadableSubmission(f"{folder} cannot be written: {error.strerror}") from None
    for note in written.notes:
        say(note)
    say(f"wrote {len(written.paths)} files into {folder}")


def _show(results: ClassResults, diff: bool) -> None:
    from rich.console import Console

    from grader.classroom.table import print_changes, print_class
    from grader.report.terminal import WIDTH

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    (print_changes if diff else print_class)(console, results)


def _code(results: ClassResults) -> Code:
    if any(result.failed for result in results.results):
        return Code.GRADER_FAILED
    passed = all(result.report and result.report.passed for result in results.results)
    return Code.FULL_MARKS if passed else Code.POINTS_LOST
