"""The commands of whoever teaches: a class, a kit for students, autograders for other systems."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import completion as complete
from grader.cli.codes import Code
from grader.cli.here import course_here, named_chapters, say
from grader.course.model import NoCourse
from grader.report.disclosure import Disclosure
from grader.submission.errors import UnreadableSubmission

if TYPE_CHECKING:
    from grader.classroom.outcomes import CanvasExport
    from grader.classroom.results import ClassResults
    from grader.course.model import Course


def register(app: typer.Typer) -> None:
    """Add the commands of whoever teaches a class."""
    app.command("class")(class_)
    app.command()(prejudge)
    app.command()(release)
    export = typer.Typer(
        help="Write an autograder for Gradescope, or a workflow for GitHub.", rich_markup_mode=None
    )
    export.command()(gradescope)
    export.command()(github)
    app.add_typer(export, name="export")


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
    from grader.classroom.command import Choice, Interrupted, grade_class
    from grader.judge.assignment import Run

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
    from grader.report.failure import WIDTH

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    (print_changes if diff else print_class)(console, results)


def _code(results: ClassResults) -> Code:
    if any(result.failed for result in results.results):
        return Code.GRADER_FAILED
    passed = all(result.report and result.report.passed for result in results.results)
    return Code.FULL_MARKS if passed else Code.POINTS_LOST


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


Seed = Annotated[int, typer.Option(help="another seed draws other inputs")]
Shown = Annotated[Disclosure, typer.Option(help="what students see of a failed check")]
Named = Annotated[str, typer.Argument(help="for example ch3")]


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


def prejudge(
    chapter: Annotated[str, typer.Argument(help="for example ch3")],
) -> None:
    """Judge all notebooks submitted to the nbgrader course here, on every core."""
    # Where jsonschema finds this it compiles grammars for a second, of addresses no notebook holds.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    try:
        from grader.nbgrader import prejudge as class_of
    except ImportError:
        raise NoCourse("nbgrader is missing: pip install 'gradschool[nbgrader]'") from None
    from grader.classroom.results import Result

    def observe(result: Result) -> None:
        report = result.report
        mark = f"{report.score:g} / {report.max_score:g}" if report else "no mark"
        typer.echo(f"{result.student}  {mark}")

    without = [one for one in class_of.prejudge(chapter, observe) if one.report is None]
    for one in without:
        typer.echo(f"grade: no mark for {one.student}: {one.problem}", err=True)
    if any(one.failed for one in without):
        raise typer.Exit(Code.GRADER_FAILED)
    raise typer.Exit(Code.POINTS_LOST if without else Code.FULL_MARKS)
