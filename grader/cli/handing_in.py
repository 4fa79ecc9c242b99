"""The commands of a student whose class has a server: login, submit, submissions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grader.cli import completion as complete
from grader.cli.codes import Code
from grader.cli.here import course_here, say, workspace_here
from grader.submission.errors import UnreadableSubmission

if TYPE_CHECKING:
    from grader.client.submitting import Verdict


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(login)
    app.command()(submit)
    app.command()(submissions)


def login(
    url: Annotated[str, typer.Argument(help="for example https://grade.example.edu")],
) -> None:
    """Log in to your class's server, with the token of your invitation."""
    from grader.client.connection import Server
    from grader.client.credentials import Credentials, checked_url, save

    address = checked_url(url)
    token = _token()
    credentials = Credentials(address, token)
    me = Server(credentials).get("/me")
    path = save(credentials)
    typer.echo(f"logged in to {me['course']} as {me['shown']}")
    say(f"the token is kept in {path}, which only you can read")


def submit(
    target: Annotated[
        str, typer.Argument(help="ch3 or ch3.layer_norm", autocompletion=complete.targets)
    ],
    submission: Annotated[
        Path | None, typer.Option(help="file, folder or notebook (default: the exercises folder)")
    ] = None,
    map: Annotated[
        list[str] | None,
        typer.Option(metavar="MINE=THEIRS", help="my_softmax=softmax: other names"),
    ] = None,
    wait: Annotated[bool, typer.Option(help="wait for the verdict")] = True,
) -> None:
    """Hand in to your class's server, and show the verdict of the hidden checks.

    The chapter's file is handed in as a whole; with an exercise, that one's report is shown.
    """
    from grader.client.connection import Server
    from grader.client.credentials import load
    from grader.client.submitting import followed, hand_in, narrowed, target_of
    from grader.submission.reading import read_submission, renamed, renamings

    course = course_here()
    chapter, exercise = course.select(target)
    server = Server(load())
    place = submission or workspace_here(course).folder
    if not place.exists():
        raise UnreadableSubmission(f"{place} does not exist")
    found = renamed(read_submission(place, chapter), chapter, renamings(map or (), course))
    accepted = hand_in(server, target_of(chapter, exercise), found)
    number = accepted["id"]
    if not wait:
        typer.echo(f"submission {number} of {chapter.id} is accepted: grade submissions")
        return
    with _progress(number) as observe:
        verdict = followed(server, number, observe)
    _print(narrowed(verdict.report, exercise))
    say(_summary(verdict))
    raise typer.Exit(Code.FULL_MARKS if verdict.report.passed else Code.POINTS_LOST)


def submissions(
    chapter: Annotated[
        str | None, typer.Argument(help="only this chapter", autocompletion=complete.chapters)
    ] = None,
    number: Annotated[
        int | None, typer.Option("--show", min=1, help="show the report of this one again")
    ] = None,
) -> None:
    """List what you handed in: when, with which mark, and what counts."""
    from grader.client.connection import Server
    from grader.client.credentials import load
    from grader.client.submitting import followed

    server = Server(load())
    if number is not None:
        verdict = followed(server, number, lambda standing: None)
        _print(verdict.report)
        say(_summary(verdict))
        return
    rows = server.get("/submissions")
    names = {course_here().chapter(chapter).id} if chapter else {row["chapter"] for row in rows}
    shown = [row for row in rows if row["chapter"] in names]
    if not shown:
        typer.echo("Nothing was handed in yet.")
    for row in reversed(shown):
        typer.echo(_line(row))
    for one in server.get("/chapters"):
        if chapter is None or one["id"] in names:
            say(_standing(one))


def _token() -> str:
    """The token as it is pasted, or as it comes through a pipe."""
    if sys.stdin.isatty():
        import getpass

        token = getpass.getpass("token of your invitation (it does not show): ").strip()
    else:
        token = sys.stdin.readline().strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise UnreadableSubmission("no token was given: paste the one of your invitation")
    return token


@contextmanager
def _progress(number: int) -> Iterator[Callable[[str], None]]:
    """Where the submission stands, on a line that is drawn anew."""
    if not sys.stderr.isatty():
        yield lambda standing: None
        return
    from rich.console import Console

    with Console(stderr=True).status(f"submission {number}: accepted") as status:
        yield lambda standing: status.update(f"submission {number}: {standing}")


def _print(report: Any) -> None:
    from rich.console import Console

    from grader.report.failure import WIDTH
    from grader.report.terminal import print_reports

    console = Console(highlight=False)
    width = min(WIDTH, console.width) if console.is_terminal else WIDTH
    print_reports(Console(highlight=False, width=width), [report], True, "")


def _summary(verdict: Verdict) -> str:
    late = f", {verdict.days_late} days late: {verdict.mark:g}" if verdict.days_late else ""
    counts = ", this one counts" if verdict.counts else ", another one counts"
    more = {
        "property": "; counterexamples are not shown now",
        "none": "; only points are shown now",
    }.get(verdict.disclosure, "")
    return f"submission {verdict.number}{late}{counts}{more}"


def _line(row: dict[str, Any]) -> str:
    received = datetime.fromisoformat(row["received"]).astimezone()
    mark = f"{row['mark']:g} / {row['most']:g}" if row["mark"] is not None else row["state"]
    late = f"  {row['days_late']} days late" if row["days_late"] else ""
    counts = "  counts" if row["counts"] else ""
    return f"{row['id']:>6}  {row['chapter']:<5} {received:%d %b %H:%M}  {mark:>12}{late}{counts}"


def _standing(one: dict[str, Any]) -> str:
    due = one["due"] and datetime.fromisoformat(one["due"]).astimezone()
    parts = [f"{one['id']} is {one['state']}"]
    if due:
        parts.append(f"due {due:%a %d %b %H:%M}")
    if one["tries_left"] is not None:
        parts.append(f"{one['tries_left']} tries left")
    return ", ".join(parts)
