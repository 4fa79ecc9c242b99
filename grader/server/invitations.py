"""From a roster to accounts, and a CSV of invitations to mail."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from grader.classroom.grades_csv import cell
from grader.server.accounts import account_named, add_account, invite, note, tokens_of
from grader.submission.errors import UnreadableSubmission
from grader.submission.text import decoded

KEYS = ("student", "login", "login id", "sis login id", "username", "user", "id")
SHOWN = ("name", "full name", "student name")
EMAIL = ("email", "e-mail", "mail", "email address")
LONGEST = 200
LARGEST = 4_000_000


@dataclass(frozen=True)
class Invited:
    """One line of a roster."""

    name: str
    shown: str
    email: str


@dataclass(frozen=True)
class Invitation:
    """An invitation to mail; the token is shown this once."""

    to: Invited
    token: str


def read_roster(path: Path) -> list[Invited]:
    """The people in a CSV with a header; the column `student` is what marks are entered under.

    Raises UnreadableSubmission.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableSubmission(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > LARGEST:
        raise UnreadableSubmission(f"{path} is too large for a roster")
    text = decoded(data)
    first = text.split("\n", 1)[0]
    rows = list(csv.reader(io.StringIO(text), delimiter=";" if first.count(";") else ","))
    header = [one.strip().casefold() for one in rows[0]] if rows else []
    key = _column(header, KEYS)
    if key is None:
        raise UnreadableSubmission(
            f"{path} has no column called student: its first line is like student,name,email"
        )
    shown, email = _column(header, SHOWN), _column(header, EMAIL)
    people = [Invited(_at(row, key), _at(row, shown), _at(row, email)) for row in rows[1:] if row]
    seen = set[str]()
    for number, one in enumerate(people, start=2):
        wrong = (
            "nobody is named"
            if not one.name
            else f"{one.name} comes twice"
            if one.name.casefold() in seen
            else "a name is one line of at most 200 characters"
            if not all(len(text) <= LONGEST and text.isprintable() for text in vars(one).values())
            else ""
        )
        if wrong:
            raise UnreadableSubmission(f"{path}, line {number}: {wrong}")
        seen.add(one.name.casefold())
    return people


def invited(
    session: Session, people: list[Invited], who: str, *, staff: bool = False
) -> list[Invitation]:
    """Make accounts for those who have none, and a token for those who never had one."""
    invitations = []
    for one in people:
        account = account_named(session, one.name)
        if account is None:
            account = add_account(session, one.name, shown=one.shown, email=one.email, staff=staff)
            note(session, who, "invited staff" if staff else "invited", one.name)
        if not tokens_of(session, account):
            invitations.append(Invitation(one, invite(session, account)))
    return invitations


def invitations_csv(invitations: list[Invitation], url: str) -> str:
    """A line a person: name, address, token, and where to bring it."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["student", "name", "email", "token", "command", "page"])
    for one in invitations:
        to = one.to
        row = [cell(to.name), cell(to.shown), cell(to.email), one.token]
        rows.writerow([*row, f"grade login {url}", f"{url}/login"])
    return out.getvalue()


def _column(header: list[str], names: tuple[str, ...]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _at(row: list[str], column: int | None) -> str:
    return row[column].strip() if column is not None and column < len(row) else ""
