"""Accounts, tokens and invitations: secrets are kept as digests, and can be taken back."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from grader.server import accounts
from grader.server.invitations import invitations_csv, invited, read_roster
from grader.server.tables import Audit, Token, Visit
from grader.submission.errors import UnreadableSubmission


def test_nothing_in_the_database_is_a_token(sqlite_room):
    ada = sqlite_room.person("ada")
    ada.log_in()
    cookie = ada.browser.cookies["gradschool"]
    for path in sqlite_room.office.data.glob("class.db*"):
        content = path.read_bytes()
        assert ada.token.encode() not in content
        assert cookie.split(".")[0].encode() not in content


def test_tokens_differ_and_are_long(room):
    tokens = {room.person("ada").token for _ in range(50)}
    assert len(tokens) == 50
    assert all(len(one) >= 32 for one in tokens)


def test_revoking_ends_tokens_and_visits(room):
    ada = room.person("ada")
    ada.log_in()
    assert ada.api("GET", "/me").status_code == 200
    assert ada.browser.get("/", follow_redirects=False).status_code == 200
    with room.office.database.writing() as session:
        account = accounts.account_named(session, "ada")
        assert accounts.revoke(session, account) == 1
    assert ada.api("GET", "/me").status_code == 401
    assert ada.browser.get("/", follow_redirects=False).status_code == 303


def test_a_visit_ends_by_itself_and_by_logging_out(room):
    ada = room.person("ada")
    ada.log_in()
    with room.office.database.writing() as session:
        session.execute(update(Visit).values(expires=accounts.now() - timedelta(seconds=1)))
    assert ada.browser.get("/", follow_redirects=False).headers["location"] == "/login"
    ada.log_in()
    stolen = dict(ada.browser.cookies)
    assert ada.form("/logout", "/").status_code == 303
    ada.browser.cookies.update(stolen)
    assert ada.browser.get("/", follow_redirects=False).status_code == 303


def test_a_roster_becomes_accounts_and_invitations_once(room, tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text("Name;Login;E-Mail\nAda L.;ada;a@x.org\n=cmd();ben;\n", "utf-8-sig")
    people = read_roster(roster)
    with room.office.database.writing() as session:
        first = invited(session, people, "tests")
    rows = list(csv.DictReader(io.StringIO(invitations_csv(first, "https://x.org"))))
    assert [row["student"] for row in rows] == ["ada", "ben"]
    assert rows[1]["name"] == "'=cmd()"
    assert rows[0]["command"] == "grade login https://x.org"
    with room.office.database.writing() as session:
        assert invited(session, people, "tests") == []
        token = accounts.holder(session, rows[0]["token"])
        assert token is not None
        assert token.account.email == "a@x.org"
        assert session.scalars(select(Token.digest)).first() not in rows[0]["token"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column called student"),
        ("first,last\na,b\n", "no column called student"),
        ("student\nada\nADA\n", "line 3: ADA comes twice"),
        ("student,name\n,x\n", "line 2: nobody is named"),
        ("student\na\x07b\n", "line 2: a name is one line"),
        (f"student\n{'x' * 201}\n", "line 2: a name is one line"),
    ],
)
def test_a_roster_that_is_wrong_is_said_in_a_line(tmp_path, text, said):
    roster = tmp_path / "roster.csv"
    roster.write_text(text)
    with pytest.raises(UnreadableSubmission) as error:
        read_roster(roster)
    assert said in str(error.value)


def test_the_audit_log_is_only_appended_to(room):
    with room.office.database.writing() as session:
        accounts.note(session, "ada", "did", "something")
    for change in (update(Audit).values(who="bob"), Audit.__table__.delete()):
        with pytest.raises(DBAPIError), room.office.database.writing() as session:
            session.execute(change)
    with room.office.database.reading() as session:
        assert session.scalars(select(Audit.who)).all() == ["ada"]
