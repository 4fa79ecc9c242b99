"""The command line: `grade`, `grade ch3`, `grade ch3.layer_norm`, and the commands beside them."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from grader import completion as complete
from grader import export_command, release_cli
from grader.classroom import class_cli
from grader.command_group import CommandGroup, UsageError, misspelt_command, usage
from grader.course import CourseError, NoCourse, UnknownName
from grader.docs import cli as docs_cli
from grader.report.disclosure import Disclosure
from grader.show import cli as show_cli
from grader.streams import accept_all_text
from grader.student_cli import course_here, register, say, workspace_here
from grader.submission import UnreadableSubmission

FULL_MARKS, POINTS_LOST, BAD_INPUT, GRADER_FAILED = range(4)
INTERRUPTED = 130

COMPLETING = "_GRADE_COMPLETE"
"""Set by a shell that asks for completions, and has no use for complaints."""


class Format(StrEnum):
    """How a report is written."""

    terminal = "terminal"
    json = "json"
    junit = "junit"
    gradescope = "gradescope"
    github = "github"
    html = "html"


app = typer.Typer(
    cls=CommandGroup,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command(hidden=True)
def run(
    targets: Annotated[
        list[str] | None,
        typer.Argument(help="ch3 or ch3.layer_norm", autocompletion=complete.targets),
    ] = None,
    submission: Annotated[
        Path | None, typer.Option(help="file, folder or notebook (default: the exercises folder)")
    ] = None,
    format: Annotated[Format, typer.Option(help="how to write the report")] = Format.terminal,
    output: Annotated[Path | None, typer.Option(help="write the report here")] = None,
    seed: Annotated[int, typer.Option(help="another seed draws other inputs")] = 0,
    examples: Annotated[int, typer.Option(min=1, help="inputs drawn for a value check")] = 50,
    disclosure: Annotated[
        Disclosure, typer.Option(help="counterexamples and all, which checks failed, or points")
    ] = Disclosure.full,
    map: Annotated[
        list[str] | None,
        typer.Option(metavar="MINE=THEIRS", help="my_softmax=softmax: other names"),
    ] = None,
) -> None:
    """Grade everything, or the chapters and exercises named."""
    from grader import grade_command
    from grader.renaming import renamings
    from grader.workspace import Workspace

    course = course_here()
    place = submission or workspace_here(course).folder
    choice = grade_command.Choice(
        targets=tuple(targets or ()),
        submission=place,
        seed=seed,
        examples=examples,
        renamed=renamings(map or (), course),
    )
    reports = grade_command.graded(course, choice)
    if submission is None:
        say(Workspace(course, place).remember(reports).note)
    drawing = grade_command.Drawing(format.value, output, disclosure, detailed=bool(targets))
    places = grade_command.places(course, choice) if format is Format.github else {}
    grade_command.write(reports, drawing, places)
    passed = all(report.passed for report in reports)
    raise typer.Exit(FULL_MARKS if passed else POINTS_LOST)


register(app)
export_command.register(app)
release_cli.register(app)
docs_cli.register(app)
show_cli.register(app)
class_cli.register(app)


@app.command()
def doctor() -> None:
    """Name what is missing here, and the command that mends it."""
    from grader.doctor import findings

    for finding in findings():
        for line in finding.lines():
            typer.echo(line)


@app.command()
def audit(
    chapters: Annotated[
        list[str] | None,
        typer.Argument(help="only these chapters", autocompletion=complete.chapters),
    ] = None,
) -> None:
    """Let the course examine itself: references, mistakes, alternates, oracles, trivial answers."""
    from grader.audit import audit_chapter

    course = course_here().whole()
    chosen = [course.chapter(name) for name in chapters or ()] or list(course.chapters)
    found = 0
    for chapter in chosen:
        before = found
        for line in audit_chapter(course, chapter):
            typer.echo(line)
            found += 1
        typer.echo(f"{chapter.id}: {found - before} findings", err=True)
    raise typer.Exit(POINTS_LOST if found else FULL_MARKS)


@app.command()
def stubs() -> None:
    """Write exercises/ from solutions/ (for authors of a course)."""
    from grader.stubs import write_stubs

    for path in write_stubs(course_here().whole()):
        typer.echo(f"wrote {path}")


@app.command()
def notebooks() -> None:
    """Write assignments/source/ from solutions/ (for authors of a course)."""
    from grader.notebooks import write_notebooks

    for path in write_notebooks(course_here().whole()):
        typer.echo(f"wrote {path}")


@app.command()
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
        mark = f"{report.score:g} / {report.max_score:g}" if report else "failed"
        typer.echo(f"{result.student}  {mark}")

    failures = [one for one in class_of.prejudge(chapter, observe) if one.report is None]
    for one in failures:
        typer.echo(f"grade: no mark for {one.student}: {one.problem}", err=True)
    raise typer.Exit(GRADER_FAILED if failures else FULL_MARKS)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every failure is one line on stderr and a documented exit code."""
    accept_all_text()
    os.environ.setdefault("HYPOTHESIS_NO_PLUGINS", "1")  # they cost time, and belong to no verdict
    words = list(sys.argv[1:] if arguments is None else arguments)
    group: Any = typer.main.get_command(app)
    try:
        code = group.main(words, prog_name="grade", standalone_mode=False)
    except UsageError as error:
        _fail(usage(error), BAD_INPUT)
    except UnknownName as error:
        _fail(misspelt_command(words, list(group.commands)) or str(error), BAD_INPUT)
    except UnreadableSubmission as error:
        _fail(" ".join(str(error).split()), BAD_INPUT)  # a student may have named the file
    except NoCourse as error:
        _fail(str(error), BAD_INPUT)
    except CourseError as error:
        _fail(str(error), GRADER_FAILED)
    except typer.Abort:
        sys.exit(INTERRUPTED)
    except Exception as error:
        if COMPLETING in os.environ:
            sys.exit(GRADER_FAILED)
        _fail(f"the grader failed, no mark is given: {_named(error)}", GRADER_FAILED)
    sys.exit(code or FULL_MARKS)


def _named(error: Exception) -> str:
    from grader.judge.errors import JudgeError
    from grader.wall.sandbox import SandboxError

    known = isinstance(error, (JudgeError, SandboxError))
    return str(error) if known else f"{type(error).__name__}: {error}"


def _fail(message: str, code: int) -> Any:
    print(f"grade: {message}", file=sys.stderr)
    sys.exit(code)
