"""The commands of a student's day beside grading."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import completion as complete
from grader.cli.here import course_here, named_chapters, say, workspace_here
from grader.course.model import Chapter, Exercise, NoCourse, UnknownName
from grader.submission.errors import UnreadableSubmission

if TYPE_CHECKING:
    from grader.show.asking import Shown
    from grader.student.progress import Progress
    from grader.student.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the commands, in the order in which a student meets them."""
    app.command()(init)
    app.command("next")(next_exercise)
    app.command()(watch)
    app.command()(stop)
    app.command("list")(list_exercises)
    app.command()(hint)
    app.command()(reset)
    app.command()(solution)
    app.command()(show)
    app.command()(doctor)


def stop() -> None:
    """End the judges that stay for the next run."""
    from grader.watch.staying import dismiss, staying

    judges = staying()
    for judge in judges:
        dismiss(judge)
    say(f"{len(judges)} warm judges have left" if judges else "no judge stays here")


def list_exercises(
    chapter: Annotated[
        str | None, typer.Argument(help="only this chapter", autocompletion=complete.chapters)
    ] = None,
) -> None:
    """List exercises: points, and which are done or started."""
    from grader.student.commands import chapter_list

    chosen, workspace, progress = _standing(chapter)
    for one in chosen:
        for line in chapter_list(workspace, one, progress):
            typer.echo(line)
    if len(chosen) > 1:
        typer.echo(f"one chapter: grade list {chosen[0].id}     what now: grade next", err=True)


def next_exercise(
    chapter: Annotated[
        str | None,
        typer.Argument(
            help="only in this chapter, or along this path through the course",
            autocompletion=complete.paths,
        ),
    ] = None,
) -> None:
    """Say what to do now, and why."""
    from grader.student.commands import next_step, paths_through, what_to_do

    chosen, workspace, progress = _standing(chapter)
    step = next_step(workspace, progress, chosen)
    for line in what_to_do(workspace, step) if step else ["Everything here is done."]:
        typer.echo(line)
    for line in paths_through(workspace.course) if chapter is None else ():
        typer.echo(line, err=True)


def hint(
    exercise: Annotated[
        str | None,
        typer.Argument(
            help="for example ch3.layer_norm (default: the one at hand)",
            autocompletion=complete.exercises,
        ),
    ] = None,
    step: Annotated[
        int | None, typer.Argument(min=1, max=3, help="1 the idea, 2 shapes, 3 outline")
    ] = None,
) -> None:
    """Show a hint, one step more each time."""
    from grader.student import commands
    from grader.student.progress import load_progress

    course = course_here()
    found = commands.named_exercise(course, exercise)[1] if exercise else _at_hand()
    try:
        progress = load_progress(workspace_here(course).folder)
    except NoCourse:
        progress = None
    text = commands.next_hint(found, step, progress)
    if progress:
        say(progress.note)
        say(progress.save())
    typer.echo(commands.wrapped(text))
    typer.echo(commands.after_hint(found, text), err=True)


def reset(
    exercise: Annotated[
        str, typer.Argument(help="for example ch3.layer_norm", autocompletion=complete.exercises)
    ],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Put an exercise back to its stub; a backup of the file is kept."""
    from grader.student import commands

    course = course_here()
    chapter, found = commands.named_exercise(course, exercise)
    workspace = workspace_here(course)
    shown = workspace.shown(workspace.file(chapter))
    if not yes and not _agreed(f"Put {found.id} in {shown} back to its stub?"):
        typer.echo("Nothing was changed.")
        return
    backup = commands.reset(workspace, chapter, found)
    typer.echo(f"{found.id} is a stub again.  Your file as it was:")
    typer.echo(f"  {workspace.shown(backup)}")


def solution(
    exercise: Annotated[
        str, typer.Argument(help="for example ch3.layer_norm", autocompletion=complete.exercises)
    ],
    spoil: Annotated[bool, typer.Option("--spoil", help="even before it passes")] = False,
) -> None:
    """Show the reference solution of an exercise that passes."""
    from grader.student import commands
    from grader.student.progress import load_progress

    course = course_here()
    chapter, found = commands.named_exercise(course, exercise)
    text = commands.solution(course, chapter, found)
    if not spoil:
        last = load_progress(workspace_here(course).folder).verdicts.get(found.id)
        if last is None or not last.passed:
            raise UnknownName(f"{found.id} has not passed yet: add --spoil to see it all the same")
    commands.show_code(text)


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
    from grader.student.init import initialise

    course = course_here()
    chosen = named_chapters(course, chapter)
    for line in initialise(course, folder.resolve(), chosen):
        typer.echo(line)
    enter = "" if folder.resolve() == Path.cwd() else f"cd {folder} && "
    typer.echo(f"next: {enter}grade next", err=True)


def _at_hand() -> Exercise:
    """The exercise to work on now.  Raises UnknownName where all are done."""
    from grader.student.commands import next_step

    chosen, workspace, progress = _standing(None)
    step = next_step(workspace, progress, chosen)
    if step is None:
        raise UnknownName("everything here is done: name an exercise, such as ch3.layer_norm")
    return step.exercise


def _standing(name: str | None) -> tuple[tuple[Chapter, ...], Workspace, Progress]:
    """The chapter or path of that name, or all chapters, and what a student has done here."""
    from grader.student.progress import load_progress

    course = course_here()
    chosen = course.along(name) if name else course.chapters
    workspace = workspace_here(course)
    progress = load_progress(workspace.folder)
    say(progress.note)
    return chosen, workspace, progress


def _agreed(question: str) -> bool:
    """Ask on the terminal.  Raises UnreadableSubmission where nobody can answer."""
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        raise UnreadableSubmission("nobody answers here: add --yes to reset all the same") from None


NOTHING_MISSING, SOMETHING_MISSING = 0, 1


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
    from grader.submission.reading import read_submission

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


def doctor() -> None:
    """Name what is missing here, and the command that mends it."""
    from grader.cli.doctor import findings

    for finding in findings():
        for line in finding.lines():
            typer.echo(line)
