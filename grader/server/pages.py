"""The pages of a student: logging in, handing in, watching it being judged, reading the report."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, HTTPException, Request, UploadFile
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from grader.course.model import Chapter, UnknownName
from grader.report.as_page import sections_html
from grader.server.accepting import of_file
from grader.server.accounts import begin_visit, end_visit, note, now
from grader.server.api import Number, streamed, taken
from grader.server.drawings import has_pictures
from grader.server.history import Entry, ahead, counting, entries, received_of, window_for
from grader.server.identity import (
    COOKIE,
    GATE,
    ByForm,
    ByVisit,
    Here,
    Visitor,
    Within,
    address,
    checked,
    open_gate,
    set_visit,
    through_gate,
)
from grader.server.office import Office
from grader.server.reading import readable, shown
from grader.server.settings import BEST
from grader.server.tries import Left, left
from grader.server.views import render
from grader.server.windows import LATE, OPEN, Window
from grader.submission.errors import UnreadableSubmission

router = APIRouter(tags=["pages"], default_response_class=HTMLResponse)

WHICH = "by its name"
"""What a form says where the file's name shall say which chapter it is for."""

Csrf = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True)
class Standing:
    """A chapter on the page of one student."""

    chapter: Chapter
    window: Window
    state: str
    tries: Left
    best: Entry | None

    @property
    def may(self) -> bool:
        return self.state in (OPEN, LATE)

    @property
    def most(self) -> float:
        return float(sum(exercise.points for exercise in self.chapter.exercises))

    @property
    def share(self) -> int:
        mark = self.best.mark if self.best else None
        return round(100 * mark / self.most) if mark else 0


@router.get("/login")
def log_in_page(request: Request, office: Here) -> HTMLResponse:
    """The form that a token is pasted into."""
    return _log_in(request, office)


@router.post("/login")
def log_in(
    request: Request,
    office: Here,
    bounds: Within,
    token: Annotated[str, Form(max_length=200)] = "",
    csrf: Csrf = "",
) -> Response:
    """Log in with a token."""
    if not through_gate(request, office, csrf):
        return _log_in(request, office, "This form has expired: paste the token once more.", 403)
    if not bounds.failures.left(address(request)):
        return _log_in(request, office, "Too many wrong tokens: wait a minute.", 429)
    found = checked(office, token.strip())
    if found is None:
        bounds.failures.take(address(request))
        why = "This token is not valid. Copy all of it from your newest invitation."
        return _log_in(request, office, why, 401)
    with office.database.writing() as session:
        secret = begin_visit(session, found)
        if found.account.staff:
            note(session, found.account.name, "logged in", address(request))
    response = RedirectResponse("/", 303)
    set_visit(response, office, secret)
    response.delete_cookie(GATE)
    return response


@router.post("/logout")
def log_out(visitor: ByForm, office: Here) -> Response:
    """End this browser's visit."""
    with office.database.writing() as session:
        end_visit(session, visitor.secret)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response


@router.get("/")
def home(visitor: ByVisit, office: Here) -> Response:
    """A student's chapters and submissions; the staff is sent to the class."""
    if visitor.account.staff:
        return RedirectResponse("/class", 303)
    return home_page(office, visitor)


@router.post("/submissions")
async def hand_in(
    visitor: ByForm,
    office: Here,
    bounds: Within,
    file: Annotated[UploadFile, File()],
    chapter: Annotated[str, Form(max_length=120)] = WHICH,
    key: Annotated[str, Form(pattern=r"^[A-Za-z0-9_-]{8,64}$")] = "",
) -> Response:
    """Hand in a file."""
    data, name = await file.read(), file.filename or ""

    def work() -> Response:
        try:
            target = None if chapter == WHICH else chapter
            # Whoever goes back in her browser and takes another file has the same form again.
            own = sha256(
                f"{key or secrets.token_hex()} {name} ".encode("utf-8", "replace") + data
            ).hexdigest()
            found = of_file(office.course, target, name, data, own)
            number = taken(office, bounds, visitor.account, found)
        except (UnreadableSubmission, UnknownName) as error:
            return home_page(office, visitor, str(error), 422)
        except HTTPException as error:
            return home_page(office, visitor, str(error.detail), error.status_code)
        return RedirectResponse(f"/submissions/{number}", 303)

    return await run_in_threadpool(work)


@router.get("/submissions/{number}")
def submission(number: Number, visitor: ByVisit, office: Here) -> HTMLResponse:
    """A submission: its place in the queue, or its report."""
    account = visitor.account
    with office.database.reading() as session:
        entry = readable(session, office.settings, account, number)
        if entry is None:
            raise HTTPException(404, f"You have no submission {number}.")
        found = shown(session, account, entry)
        own = entries(
            session,
            office.settings,
            account_id=entry.submission.account_id,
            chapter=entry.submission.chapter,
        )
        counts = counting(own, entry.window.opening.counts)
        before = ahead(session, entry.judgement) if entry.pending else 0
    chapter = office.course.chapter(entry.submission.chapter)
    sections = sections_html([found.report]) if found.report else ""
    page = render_for(
        office,
        visitor,
        "submission.html.j2",
        entry=entry,
        chapter=chapter,
        found=found,
        ahead=before,
        sections=Markup(sections),
        counting=counts,
        now=now(),
        pictures=has_pictures(office.course, chapter),
    )
    return HTMLResponse(page)


@router.get("/submissions/{number}/events", response_class=StreamingResponse)
def events(number: Number, visitor: ByVisit, office: Here, request: Request) -> StreamingResponse:
    """The states of a submission as server-sent events."""
    with office.database.reading() as session:
        if readable(session, office.settings, visitor.account, number) is None:
            raise HTTPException(404, f"You have no submission {number}.")
    return streamed(request, visitor.account, number)


def home_page(
    office: Office, visitor: Visitor, complaint: str = "", status: int = 200
) -> HTMLResponse:
    """A student's page, with what was wrong with what she just sent."""
    settings, account = office.settings, visitor.account
    with office.database.reading() as session:
        own = entries(session, settings, account_id=account.id)
        standings = []
        for name, opening in settings.chapters.items():
            window = window_for(session, settings, account.id, name)
            tries = left(opening.tries, received_of(session, account.id, name), now())
            best = counting((one for one in own if one.submission.chapter == name), opening.counts)
            chapter = office.course.chapter(name)
            standings.append(Standing(chapter, window, window.state(now()), tries, best))
    page = render_for(
        office,
        visitor,
        "home.html.j2",
        standings=standings,
        own=own[:100],
        counting={one.best.submission.id for one in standings if one.best},
        complaint=complaint,
        key=secrets.token_urlsafe(12),
        which=WHICH,
        best=BEST,
    )
    return HTMLResponse(page, status)


def render_for(office: Office, visitor: Visitor, template: str, **values: Any) -> str:
    return render(
        template, settings=office.settings, account=visitor.account, csrf=visitor.csrf, **values
    )


def _log_in(
    request: Request, office: Office, complaint: str = "", status: int = 200
) -> HTMLResponse:
    response = HTMLResponse(status_code=status)
    csrf = open_gate(response, office)
    page = render(
        "login.html.j2",
        settings=office.settings,
        csrf=csrf,
        complaint=complaint,
        url=office.settings.url or str(request.base_url).rstrip("/"),
    )
    response.body = page.encode()
    response.headers["content-length"] = str(len(response.body))
    return response
