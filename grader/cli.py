"""The command line: `grade`, `grade ch3`, `grade ch3.layer_norm`, and the commands beside them."""

from __future__ import annotations

import difflib
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grader.course import Course, CourseError, NoCourse, UnknownName, find_course, load_course
from grader.submission import UnreadableSubmission

if TYPE_CHECKING:
    from grader.course import Chapter
    from grader.workspace import Workspace

GENERAL = ("--help", "--install-completion", "--show-completion")

FULL_MARKS, POINTS_LOST, BAD_INPUT, GRADER_FAILED = range(4)


class Format(StrEnum):
    """How a report is written."""

    terminal = "terminal"
    json = "json"


app = typer.Typer(
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="""Grade exercises in machine learning from scratch.

\b
  grade                       all chapters, a line each
  grade ch3                   one chapter
  grade ch3.layer_norm        one exercise
  grade ch3 --submission FILE another file, folder or notebook
  grade watch ch3             grade on every save
  grade next                  what to do now, and why
  grade hint ch3.layer_norm   a step towards the answer
""",
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

    course = _course()
    place = submission or _workspace(course).folder
    choice = grade_command.Choice(
        targets=tuple(targets or ()),
        submission=place,
        seed=seed,
        examples=examples,
        renamed=renamings(map or (), course),
    )
    reports = grade_command.graded(course, choice)
    if submission is None:
        _say(Workspace(course, place).remember(reports).note)
    grade_command.write(reports, format.value, output, detailed=bool(targets))
    passed = all(report.passed for report in reports)
    raise typer.Exit(FULL_MARKS if passed else POINTS_LOST)


@app.command("list")
def list_exercises(
    chapter: Annotated[str | None, typer.Argument(help="only this chapter")] = None,
) -> None:
    """List exercises: their points, and which are done, started or not started."""
    from grader.progress import load_progress
    from grader.student_commands import chapter_list

    course = _course()
    chosen = (course.chapter(chapter),) if chapter else course.chapters
    workspace = _workspace(course)
    progress = load_progress(workspace.folder)
    _say(progress.note)
    for one in chosen:
        for line in chapter_list(workspace, one, progress):
            typer.echo(line)


@app.command("next")
def next_exercise(
    chapter: Annotated[str | None, typer.Argument(help="only in this chapter")] = None,
) -> None:
    """Say what to do now, and why."""
    from grader.progress import load_progress
    from grader.student_commands import next_step, what_to_do

    course = _course()
    chosen = (course.chapter(chapter),) if chapter else course.chapters
    workspace = _workspace(course)
    progress = load_progress(workspace.folder)
    _say(progress.note)
    step = next_step(workspace, progress, chosen)
    for line in what_to_do(workspace, step) if step else ["Everything here is done."]:
        typer.echo(line)


@app.command()
def hint(
    exercise: Annotated[str, typer.Argument(help="for example ch3.layer_norm")],
    step: Annotated[
        int | None, typer.Argument(min=1, max=3, help="1 the idea, 2 shapes, 3 outline")
    ] = None,
) -> None:
    """Show a hint, one step more each time: the idea, the shapes, the outline."""
    from grader import student_commands
    from grader.progress import load_progress

    course = _course()
    _, found = student_commands.named_exercise(course, exercise)
    try:
        progress = load_progress(_workspace(course).folder)
    except NoCourse:
        progress = None
    text = student_commands.next_hint(found, step, progress)
    if progress:
        _say(progress.note)
        _say(progress.save())
    typer.echo(student_commands.wrapped(text))
    typer.echo(student_commands.after_hint(found, text), err=True)


@app.command()
def reset(
    exercise: Annotated[str, typer.Argument(help="for example ch3.layer_norm")],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Put an exercise back to its stub; a backup of the file is kept."""
    from grader import student_commands

    course = _course()
    chapter, found = student_commands.named_exercise(course, exercise)
    workspace = _workspace(course)
    shown = workspace.shown(workspace.file(chapter))
    if not yes and not _agreed(f"Put {found.id} in {shown} back to its stub?"):
        typer.echo("Nothing was changed.")
        return
    backup = student_commands.reset(workspace, chapter, found)
    typer.echo(f"{found.id} is a stub again.  Your file as it was:")
    typer.echo(f"  {workspace.shown(backup)}")


@app.command()
def solution(
    exercise: Annotated[str, typer.Argument(help="for example ch3.layer_norm")],
    spoil: Annotated[bool, typer.Option("--spoil", help="even before it passes")] = False,
) -> None:
    """Show the reference solution of an exercise that passes."""
    from grader import student_commands
    from grader.progress import load_progress

    course = _course()
    chapter, found = student_commands.named_exercise(course, exercise)
    text = student_commands.solution(course, chapter, found)
    if not spoil:
        last = load_progress(_workspace(course).folder).verdicts.get(found.id)
        if last is None or not last.passed:
            raise UnknownName(f"{found.id} has not passed yet: add --spoil to see it all the same")
    student_commands.show_code(text)


@app.command()
def watch(
    target: Annotated[str | None, typer.Argument(help="ch3 or ch3.layer_norm")] = None,
) -> None:
    """Grade what changed on every save; keys for hints, the next exercise and more."""
    from grader.watch.command import watch_here

    course = _course()
    chosen = course.select(target) if target else None
    watch_here(_workspace(course), chosen)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="where to work (default: here)")] = Path("."),
    chapter: Annotated[list[str] | None, typer.Option(help="only this chapter")] = None,
) -> None:
    """Write the exercises into a folder of your own; nothing there is overwritten."""
    from grader.init_command import initialise

    course = _course()
    chosen = _chapters(course, chapter)
    for line in initialise(course, folder.resolve(), chosen):
        typer.echo(line)
    enter = "" if folder.resolve() == Path.cwd() else f"cd {folder} && "
    typer.echo(f"next: {enter}grade next", err=True)


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

    course = _course()
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

    for path in write_stubs(_course()):
        typer.echo(f"wrote {path}")


def _course() -> Course:
    return load_course(find_course(Path.cwd()))


def _workspace(course: Course) -> Workspace:
    from grader.workspace import find_workspace

    return find_workspace(Path.cwd(), course)


def _chapters(course: Course, names: list[str] | None) -> tuple[Chapter, ...]:
    """The chapters named, in the order of the course; all of them if none is."""
    named = [course.chapter(name) for name in names or ()]
    return tuple(one for one in course.chapters if one in named or not named)


def _say(note: str | None) -> None:
    """A note that no result depends on."""
    if note:
        typer.echo(f"grade: {note}", err=True)


def _agreed(question: str) -> bool:
    """Ask on the terminal.  Raises UnreadableSubmission where nobody can answer."""
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        raise UnreadableSubmission("nobody answers here: add --yes to reset all the same") from None


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
    if not words or words[0] in _commands():
        return None
    near = difflib.get_close_matches(words[0], _commands(), n=1, cutoff=0.7)
    return f"there is no {words[0]}: did you mean grade {near[0]}?" if near else None


def _named(error: Exception) -> str:
    from grader.judge.run import JudgeError
    from grader.wall.sandbox import SandboxError

    known = isinstance(error, (JudgeError, SandboxError))
    return str(error) if known else f"{type(error).__name__}: {error}"


def _fail(message: str, code: int) -> Any:
    print(f"grade: {message}", file=sys.stderr)
    sys.exit(code)
