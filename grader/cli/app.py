"""The command line: `grade`, `grade ch3`, `grade ch3.layer_norm`, and the commands beside them."""

from __future__ import annotations

import os
import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from grader.cli import authors, handing_in, serving, students, teachers
from grader.cli import completion as complete
from grader.cli.codes import Code
from grader.cli.group import CommandGroup, UsageError, misspelt_command, spelt_apart, usage
from grader.cli.here import course_here, say, workspace_here
from grader.cli.streams import accept_all_text
from grader.course.model import CourseError, NoCourse, UnknownName
from grader.report.disclosure import Disclosure
from grader.submission.errors import UnreadableSubmission

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
    repro: Annotated[
        bool, typer.Option("--repro", help="print the counterexample as Python to play with")
    ] = False,
    cold: Annotated[
        bool,
        typer.Option(
            "--cold", envvar="GRADE_COLD", help="let no judge stay, and ask none that did"
        ),
    ] = False,
) -> None:
    """Grade everything, or the chapters and exercises named."""
    from grader.cli import grading
    from grader.judge.assignment import Run
    from grader.student.workspace import Workspace
    from grader.submission.reading import renamings

    course = course_here()
    place = submission or workspace_here(course).folder
    usual = submission is None and not map and Run(seed, examples) == Run()
    choice = grading.Choice(
        targets=tuple(targets or ()),
        submission=place,
        seed=seed,
        examples=examples,
        renamed=renamings(map or (), course),
        warm=usual and not cold and "CI" not in os.environ,
    )
    reports = grading.graded(course, choice)
    if submission is None:
        say(Workspace(course, place).remember(reports).note)
    again = f" --submission {shlex.quote(str(submission))}" if submission else ""
    drawing = grading.Drawing(format.value, output, disclosure, bool(targets), again)
    places = grading.places(course, choice) if format is Format.github else {}
    if repro:
        grading.write_programs(reports, output)
    else:
        grading.write(reports, drawing, places)
    passed = all(report.passed for report in reports)
    raise typer.Exit(Code.FULL_MARKS if passed else Code.POINTS_LOST)


students.register(app)
handing_in.register(app)
teachers.register(app)
serving.register(app)
authors.register(app)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every failure is one line on stderr and a documented exit code."""
    accept_all_text()
    os.environ.setdefault("HYPOTHESIS_NO_PLUGINS", "1")  # they cost time, and belong to no verdict
    words = spelt_apart(list(sys.argv[1:] if arguments is None else arguments))
    group: Any = typer.main.get_command(app)
    try:
        code = group.main(words, prog_name="grade", standalone_mode=False)
    except UsageError as error:
        _fail(usage(error), Code.BAD_INPUT)
    except UnknownName as error:
        _fail(misspelt_command(words, list(group.commands)) or str(error), Code.BAD_INPUT)
    except UnreadableSubmission as error:
        _fail(" ".join(str(error).split()), Code.BAD_INPUT)  # a student may have named the file
    except NoCourse as error:
        _fail(str(error), Code.BAD_INPUT)
    except CourseError as error:
        _fail(str(error), Code.GRADER_FAILED)
    except typer.Abort:
        sys.exit(Code.INTERRUPTED)
    except Exception as error:
        if COMPLETING in os.environ:
            sys.exit(Code.GRADER_FAILED)
        _fail(f"the grader failed, no mark is given: {_named(error)}", Code.GRADER_FAILED)
    sys.exit(code or Code.FULL_MARKS)


def _named(error: Exception) -> str:
    from grader.judge.assignment import JudgeError
    from grader.wall.errors import SandboxError

    known = isinstance(error, (JudgeError, SandboxError))
    return str(error) if known else f"{type(error).__name__}: {error}"


def _fail(message: str, code: int) -> Any:
    print(f"grade: {message}", file=sys.stderr)
    sys.exit(code)
