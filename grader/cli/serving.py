"""`grade serve` and its commands: a class's own server, its accounts and deadlines."""

from __future__ import annotations

import importlib.util
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.here import course_here, say
from grader.course.model import NoCourse
from grader.submission.errors import UnreadableSubmission

if TYPE_CHECKING:
    from grader.server.office import Office
    from grader.server.tables import Account

DATA = Path("class")
DATABASE = "GRADSCHOOL_DATABASE"
WHO = "at the server's terminal"
"""Who the audit log says did what a command did."""

Data = Annotated[Path, typer.Option(help="the folder with class.toml and all that is kept")]
Database = Annotated[
    str | None,
    typer.Option(envvar=DATABASE, show_envvar=True, help="postgresql://name@host/database"),
]
Name = Annotated[str, typer.Argument(help="as in the column student of the roster")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    server = typer.Typer(
        invoke_without_command=True, rich_markup_mode=None, callback=serve, name="serve"
    )
    server.command()(invite)
    server.command()(extend)
    server.command()(revoke)
    app.add_typer(server, name="serve")


def serve(
    context: typer.Context,
    data: Data = DATA,
    host: Annotated[str, typer.Option(help="the address to listen at")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="and the port")] = 8000,
    database: Database = None,
    only: Annotated[
        str, typer.Option(metavar="pages|judges", help="one part, where machines share the work")
    ] = "all",
) -> None:
    """Serve hidden verdicts to a class, until Ctrl-C.

    \b
      grade serve invite roster.csv    accounts, and invitations to mail
      grade serve                      pages and API at http://127.0.0.1:8000
      grade serve extend ada ch3 "2026-10-20 23:59"
      grade serve revoke ada           her tokens; invite makes a new one

    What the class may do stands in class.toml in the folder.  More than one machine: --database
    with PostgreSQL, --only pages on one, --only judges on the others.
    """
    if context.invoked_subcommand is not None:
        return
    _installed()
    from grader.server.serving import Choice, Part, serve

    if only not in set(Part):
        raise UnreadableSubmission(f"--only {only}: it is pages or judges")
    serve(course_here().whole(), Choice(data, host, port, database, Part(only)), say)


def invite(
    roster: Annotated[Path, typer.Argument(help="a CSV: student, and if you like name, email")],
    output: Annotated[Path, typer.Option(help="the invitations, a line a person")] = Path(
        "invitations.csv"
    ),
    staff: Annotated[bool, typer.Option("--staff", help="these people teach the class")] = False,
    data: Data = DATA,
    database: Database = None,
) -> None:
    """Make accounts, and a CSV of invitations to mail."""
    office = _office(data, database)
    from grader.server.invitations import invitations_csv, invited, read_roster

    people = read_roster(roster)
    url = office.settings.url or "http://127.0.0.1:8000"
    try:
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UnreadableSubmission(
            f"{output} is there already, and its tokens are nowhere else: move it, or use --output"
        ) from None
    except OSError as error:
        raise UnreadableSubmission(f"{output} cannot be written: {error.strerror}") from None
    with (
        os.fdopen(handle, "w", encoding="utf-8", newline="") as file,
        office.database.writing() as session,
    ):
        invitations = invited(session, people, WHO, staff=staff)
        file.write(invitations_csv(invitations, url))
    known = len(people) - len(invitations)
    typer.echo(f"wrote {len(invitations)} invitations to {output}")
    if known:
        say(f"{known} were invited before: revoke NAME first to invite somebody anew")
    say("whoever reads the file can log in as anybody in it: mail it line by line, and delete it")


def extend(
    name: Name,
    chapter: Annotated[str, typer.Argument(help="for example ch3")],
    due: Annotated[str, typer.Argument(help='on the class\'s clock: "2026-10-20 23:59", or none')],
    data: Data = DATA,
    database: Database = None,
) -> None:
    """Give one student another deadline in one chapter."""
    office = _office(data, database)
    from grader.server.accounts import note
    from grader.server.people import set_extension
    from grader.server.views import clock

    found = office.course.chapter(chapter).id
    opening = office.settings.chapters.get(found)
    if opening is None or opening.due is None:
        raise UnreadableSubmission(f"{found} has no deadline in class.toml")
    zone = office.settings.zone
    try:
        moment = None if due == "none" else datetime.fromisoformat(due).replace(tzinfo=zone)
    except ValueError:
        raise UnreadableSubmission(f'{due} is no time: it is like "2026-10-20 23:59"') from None
    with office.database.writing() as session:
        account = _account(office, session, name)
        set_extension(session, account, found, moment)
        said = clock(moment, zone) if moment else "as for everybody"
        note(session, WHO, "extension", f"{account.name}, {found}: {said}")
    typer.echo(f"{account.name}, {found}: {said}")


def revoke(name: Name, data: Data = DATA, database: Database = None) -> None:
    """Revoke somebody's tokens and end her visits; prints a new token."""
    office = _office(data, database)
    from grader.server import accounts

    with office.database.writing() as session:
        account = _account(office, session, name)
        count = accounts.revoke(session, account)
        secret = accounts.invite(session, account)
        accounts.note(session, WHO, "new token", account.name)
    typer.echo(f"{account.name}: {count} revoked; the new token is {secret}")


def _account(office: Office, session: object, name: str) -> Account:
    from sqlalchemy.orm import Session

    from grader.server.accounts import account_named

    assert isinstance(session, Session)
    found = account_named(session, name)
    if found is None:
        raise UnreadableSubmission(f"nobody in {office.settings.name} is called {name}")
    return found


def _office(data: Path, database: str | None) -> Office:
    _installed()
    from grader.server.office import opened

    return opened(data.absolute(), course_here().whole(), database)


def _installed() -> None:
    """Raises NoCourse where the extra is missing."""
    for name in ("alembic", "fastapi", "python_multipart", "sqlalchemy", "uvicorn"):
        if importlib.util.find_spec(name) is None:
            raise NoCourse(f"{name} is missing: pip install 'gradschool[server]'")
