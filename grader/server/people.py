"""The staff's pages about people: who is in the class, what they did, what they may."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Path
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from grader.server.accounts import invite, note, revoke, tokens_of
from grader.server.history import Entry, counting, entries, students
from grader.server.identity import Here, Staff, StaffForm, Visitor, Within
from grader.server.office import Office
from grader.server.pages import render_for
from grader.server.settings import Opening
from grader.server.tables import Account, Extension
from grader.server.views import clock
from grader.server.windows import window

router = APIRouter(tags=["staff"], default_response_class=HTMLResponse)

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/students")
def everybody(visitor: Staff, office: Here) -> HTMLResponse:
    """Everybody, with the marks that count."""
    settings = office.settings
    with office.database.reading() as session:
        people = students(session)
        found = entries(session, settings)
    marks: dict[int, dict[str, float | None]] = {}
    own: dict[tuple[int, str], list[Entry]] = {}
    for one in found:
        own.setdefault((one.submission.account_id, one.submission.chapter), []).append(one)
    for (account, chapter), each in own.items():
        counts = settings.chapters.get(chapter, Opening()).counts
        best = counting(each, counts)
        marks.setdefault(account, {})[chapter] = best.mark if best else None
    page = render_for(
        office,
        visitor,
        "students.html.j2",
        people=people,
        marks=marks,
        begun={chapter for _, chapter in own},
    )
    return HTMLResponse(page)


@router.get("/students/{number}")
def person(number: Number, visitor: Staff, office: Here) -> HTMLResponse:
    """One student's history, deadlines and tokens."""
    return _page(office, visitor, number)


@router.post("/students/{number}/extension")
def extend(
    number: Number,
    visitor: StaffForm,
    office: Here,
    chapter: Annotated[str, Form(max_length=40)],
    due: Annotated[str, Form(max_length=30)] = "",
) -> Response:
    """Another deadline for one student, on the class's clock; an empty one takes it back."""
    settings = office.settings
    opening = settings.chapters.get(chapter)
    if opening is None or opening.due is None:
        raise HTTPException(422, "This chapter has no deadline that could be put off.")
    try:
        moment = datetime.fromisoformat(due).replace(tzinfo=settings.zone) if due else None
    except ValueError:
        raise HTTPException(422, f"{due} is no time: it is like 2026-10-20 23:59.") from None
    with office.database.writing() as session:
        account = _account(session, number)
        set_extension(session, account, chapter, moment)
        about = f"{account.name}, {chapter}: {clock(moment, settings.zone) if moment else 'none'}"
        note(session, visitor.account.name, "extension", about)
    return RedirectResponse(f"/students/{number}", 303)


@router.post("/students/{number}/token")
def renew(
    number: Number,
    visitor: StaffForm,
    office: Here,
    bounds: Within,
    what: Annotated[str, Form(pattern="^(revoke|renew)$")],
) -> HTMLResponse:
    """Revoke all tokens of an account, and show it a new one if that is asked for."""
    if not bounds.writes.take(str(visitor.account.id)):
        raise HTTPException(429, "Too many changes: wait a minute.")
    with office.database.writing() as session:
        account = _account(session, number)
        if account.staff and account.id != visitor.account.id:
            raise HTTPException(403, "Tokens of the staff are revoked with grade serve revoke.")
        revoke(session, account)
        secret = invite(session, account) if what == "renew" else ""
        verb = "new token" if secret else "tokens revoked"
        note(session, visitor.account.name, verb, account.name)
    return _page(office, visitor, number, secret)


def set_extension(session: Session, account: Account, chapter: str, due: datetime | None) -> None:
    """Give the student that deadline, or the class's again."""
    own = (Extension.account_id == account.id, Extension.chapter == chapter)
    session.execute(delete(Extension).where(*own))
    if due is not None:
        session.add(Extension(account_id=account.id, chapter=chapter, due=due))


def _page(office: Office, visitor: Visitor, number: int, secret: str = "") -> HTMLResponse:
    settings = office.settings
    with office.database.reading() as session:
        account = _account(session, number)
        found = entries(session, settings, account_id=account.id)
        extensions = {
            one.chapter: one.due
            for one in session.scalars(select(Extension).where(Extension.account_id == account.id))
        }
        tokens = tokens_of(session, account)
    counts = set()
    for name, opening in settings.chapters.items():
        best = counting((one for one in found if one.submission.chapter == name), opening.counts)
        if best is not None:
            counts.add(best.submission.id)
    windows = {
        name: window(opening, extensions.get(name)) for name, opening in settings.chapters.items()
    }
    page = render_for(
        office,
        visitor,
        "student.html.j2",
        person=account,
        own=found,
        counting=counts,
        windows={name: one for name, one in windows.items() if one.due is not None},
        tokens=tokens,
        secret=secret,
    )
    return HTMLResponse(page)


def _account(session: Session, number: int) -> Account:
    found = session.get(Account, number)
    if found is None:
        raise HTTPException(404, f"There is no account {number}.")
    return found
