"""The commands of a student's day beside grading; `cli.py` puts them on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader import completion as complete
from grader.course import Chapter, Course, NoCourse, UnknownName, find_course, load_course
from grader.submission import UnreadableSubmission

if TYPE_CHECKING:
    from grader.progress import Progress
    from grader.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the commands, in the order in which a student meets them."""
    app.command()(init)
    app.command("next")(next_exercise)
    app.command()(watch)
    app.command("list")(list_exercises)
    app.command()(hint)
    app.command()(reset)
    app.command()(solution)


def list_exercises(
    chapter: Annotated[
        str | None, typer.Argument(help="only this chapter", autocompletion=complete.chapters)
    ] = None,
) -> None:
    """List exercises: points, and which are done or started."""
    from grader.student_commands import chapter_list

    chosen, workspace, progress = _standing(chapter)
    for one in chosen:
        for line in chapter_list(workspace, one, progress):
            typer.echo(line)
    if len(chosen) > 1:
        typer.echo(f"one chapter: grade list {chosen[0].id}     what now: grade next", err=True)


def next_exercise(
    chapter: Annotated[
        str | None, typer.Argument(help="only in this chapter", autocompletion=complete.chapters)
    ] = None,
) -> None:
    """Say what to do now, and why."""
    from grader.student_commands import next_step, what_to_do

    chosen, workspace, progress = _standing(chapter)
    step = next_step(workspace, progress, chosen)
    for line in what_to_do(workspace, step) if step else ["Everything here is done."]:
        typer.echo(line)


def hint(
    exercise: Annotated[
        str, typer.Argument(help="for example ch3.layer_norm", autocompletion=complete.exercises)
    ],
    step: Annotated[
        int | None, typer.Argument(min=1, max=3, help="1 the idea, 2 shapes, 3 outline")
    ] = None,
) -> None:
    """Show a hint, one step more each time."""
    from grader import student_commands
    from grader.progress import load_progress

    course = course_here()
    _, found = student_commands.named_exercise(course, exercise)
    try:
        progress = load_progress(workspace_here(course).folder)
    except NoCourse:
        progress = None
    text = student_commands.next_hint(found, step, progress)
    if progress:
        say(progress.note)
        say(progress.save())
    typer.echo(student_commands.wrapped(text))
    typer.echo(student_commands.after_hint(found, text), err=True)


def reset(
    exercise: Annotated[
        str, typer.Argument(help="for example ch3.layer_norm", autocompletion=complete.exercises)
    ],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Put an exercise back to its stub; a backup of the file is kept."""
    from grader import student_commands

    course = course_here()
    chapter, found = student_commands.named_exercise(course, exercise)
    workspace = workspace_here(course)
    shown = workspace.shown(workspace.file(chapter))
    if not yes and not _agreed(f"Put {found.id} in {shown} back to its stub?"):
        typer.echo("Nothing was changed.")
        return
    backup = student_commands.reset(workspace, chapter, found)
    typer.echo(f"{found.id} is a stub again.  Your file as it was:")
    typer.echo(f"  {workspace.shown(backup)}")


def solution(
    exercise: Annotated[
        str, typer.Argument(help="for example ch3.layer_norm", autocompletion=complete.exercises)
    ],
    spoil: Annotated[bool, typer.Option("--spoil", help="even before it passes")] = False,
) -> None:
    """Show the reference solution of an exercise that passes."""
    from grader import student_commands
    from grader.progress import load_progress

    course = course_here()
    chapter, found = student_commands.named_exercise(course, exercise)
    text = student_commands.solution(course, chapter, found)
    if not spoil:
        last = load_progress(workspace_here(course).folder).verdicts.get(found.id)
        if last is None or not last.passed:
            raise UnknownName(f"{found.id} has not passed yet: add --spoil to see it all the same")
    student_commands.show_code(text)


def watch(
    target: Annotated[
        str | None, typer.Argument(help="ch3 or ch3.layer_norm", autocompletion=complete.targets)
    ] = None,
) -> None:
    """Grade on every save, with keys for hints and more."""
    from grader.watch.command import watch_here

    course = course_here()
    chosen = course.select(target) if target else None
    watch_here(workspace_here(course), chosen)


def init(
    folder: Annotated[Path, typer.Argument(help="where to work (default: here)")] = Path("."),
    chapter: Annotated[
        list[str] | None, typer.Option(help="only this chapter", autocompletion=complete.chapters)
    ] = None,
) -> None:
    """Write the exercises into a folder of your own.

    Nothing that is there is overwritten.
    """
    from grader.init_command import initialise

    course = course_here()
    chosen = named_chapters(course, chapter)
    for line in initialise(course, folder.resolve(), chosen):
        typer.echo(line)
    enter = "" if folder.resolve() == Path.cwd() else f"cd {folder} && "
    typer.echo(f"next: {enter}grade next", err=True)


def _standing(name: str | None) -> tuple[tuple[Chapter, ...], Workspace, Progress]:
    """The chapter of that name, or all of them, and what a student has done here."""
    from grader.progress import load_progress

    course = course_here()
    chosen = (course.chapter(name),) if name else course.chapters
    workspace = workspace_here(course)
    progress = load_progress(workspace.folder)
    say(progress.note)
    return chosen, workspace, progress


def course_here() -> Course:
    return load_course(find_course(Path.cwd()))


def workspace_here(course: Course) -> Workspace:
    from grader.workspace import find_workspace

    return find_workspace(Path.cwd(), course)


def named_chapters(course: Course, names: list[str] | None) -> tuple[Chapter, ...]:
    """The chapters named, in the order of the course; all of them if none is."""
    named = [course.chapter(name) for name in names or ()]
    return tuple(one for one in course.chapters if one in named or not named)


def say(note: str | None) -> None:
    """A note that no result depends on."""
    if note:
        typer.echo(f"grade: {note}", err=True)


def _agreed(question: str) -> bool:
    """Ask on the terminal.  Raises UnreadableSubmission where nobody can answer."""
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        raise UnreadableSubmission("nobody answers here: add --yes to reset all the same") from None
