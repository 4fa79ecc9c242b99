"""The command line: `grade`, `grade ch3`, `grade ch3.layer_norm`, and the commands beside them."""

from __future__ import annotations

import difflib
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from grader.course import CourseError, NoCourse, UnknownName
from grader.help_screen import OneScreen
from grader.student_cli import course_here, register, say, workspace_here
from grader.submission import UnreadableSubmission

GENERAL = ("--help", "--install-completion", "--show-completion")

FULL_MARKS, POINTS_LOST, BAD_INPUT, GRADER_FAILED = range(4)


class Format(StrEnum):
    """How a report is written."""

    terminal = "terminal"
    json = "json"


app = typer.Typer(
    cls=OneScreen, add_completion=True, rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.command(hidden=True)
def run(
    targets: Annotated[list[str] | None, typer.Argument(help="ch3 or ch3.layer_norm")] = None,
    submission: Annotated[
        Path | None, typer.Option(help="file, folder or notebook (default: the exercises folder)")
    ] = None,
    format: Annotated[Format, typer.Option(help="how to write the report")] = Format.terminal,
    output: Annotated[Path | None, typer.Option(help="write the report here")] = None,
    seed: Annotated[int, typer.Option(help="another seed draws other inputs")] = 0,
    examples: Annotated[int, typer.Option(min=1, help="inputs drawn for a value check")] = 50,
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
    grade_command.write(reports, format.value, output, detailed=bool(targets))
    passed = all(report.passed for report in reports)
    raise typer.Exit(FULL_MARKS if passed else POINTS_LOST)


register(app)


@app.command()
def doctor() -> None:
    """Say which isolation grades here and why, the versions, and what is missing."""
    from grader.doctor import findings

    for line in findings():
        typer.echo(line)


@app.command()
def audit(
    chapters: Annotated[list[str] | None, typer.Argument(help="only these chapters")] = None,
) -> None:
    """Let the course examine itself: references, mistakes, alternates, oracles, trivial answers."""
    from grader.audit import audit_chapter

    course = course_here()
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

    for path in write_stubs(course_here()):
        typer.echo(f"wrote {path}")


@app.command()
def notebooks() -> None:
    """Write assignments/source/ from solutions/ (for authors of a course)."""
    from grader.notebooks import write_notebooks

    for path in write_notebooks(course_here()):
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

    def observe(entry: class_of.Entry) -> None:
        mark = f"{entry.report.score:g} / {entry.report.max_score:g}" if entry.report else "failed"
        typer.echo(f"{entry.student}  {mark}")

    failures = [entry for entry in class_of.prejudge(chapter, observe) if entry.failure]
    for entry in failures:
        typer.echo(f"grade: no mark for {entry.student}: {entry.failure}", err=True)
    raise typer.Exit(GRADER_FAILED if failures else FULL_MARKS)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every failure is one line on stderr and a documented exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(args=_with_command(words), prog_name="grade")
    except UnknownName as error:
        _fail(_misspelt_command(words) or str(error), BAD_INPUT)
    except (NoCourse, UnreadableSubmission) as error:
        _fail(str(error), BAD_INPUT)
    except CourseError as error:
        _fail(str(error), GRADER_FAILED)
    except Exception as error:
        _fail(f"the grader failed, no mark is given: {_named(error)}", GRADER_FAILED)


def _with_command(words: list[str]) -> list[str]:
    """`grade ch3` means `grade run ch3`: what names no command is something to grade."""
    if words and (words[0] in _commands() or words[0] in GENERAL):
        return words
    return ["run", *words]


def _commands() -> list[str]:
    return [
        str(command.name or getattr(command.callback, "__name__", ""))
        for command in app.registered_commands
    ]


def _misspelt_command(words: list[str]) -> str | None:
    """`grade lst` names no chapter, and probably means `grade list`."""
    if not words or words[0].startswith("-") or words[0] in _commands():
        return None
    near = difflib.get_close_matches(words[0], _commands(), n=1, cutoff=0.7)
    return f"there is no {words[0]}: did you mean grade {near[0]}?" if near else None


def _named(error: Exception) -> str:
    from grader.judge.errors import JudgeError
    from grader.wall.sandbox import SandboxError

    known = isinstance(error, (JudgeError, SandboxError))
    return str(error) if known else f"{type(error).__name__}: {error}"


def _fail(message: str, code: int) -> Any:
    print(f"grade: {message}", file=sys.stderr)
    sys.exit(code)
