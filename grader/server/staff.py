"""The pages of the staff: the class live, the queue, regrades, exports, the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, File, Form, HTTPException, Path, Request, UploadFile
from markupsafe import Markup
from sqlalchemy import func, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from grader.classroom.class_report import report_sections
from grader.classroom.look_alikes import LookAlikes
from grader.course.model import Chapter, UnknownName
from grader.server.accounts import note, now
from grader.server.bulletin import Bulletin, TooMany
from grader.server.classview import Reports, class_view
from grader.server.exporting import export_zip
from grader.server.history import students
from grader.server.identity import Here, Staff, StaffForm, Within
from grader.server.office import Office
from grader.server.pages import render_for
from grader.server.regrading import NotNow, begin, decide, progress
from grader.server.tables import (
    FAILED,
    JUDGING,
    WAITING,
    Account,
    Audit,
    Judgement,
    Place,
    Regrade,
    Submission,
)
from grader.submission.errors import UnreadableSubmission

router = APIRouter(tags=["staff"], default_response_class=HTMLResponse)

ChapterName = Annotated[str, Path(max_length=40, pattern=r"^\w+$")]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
MOST_LISTED = 200
ZIP = "application/zip"


@router.get("/class")
def overview(visitor: Staff, office: Here) -> HTMLResponse:
    """All chapters of the class, a line each."""
    with office.database.reading() as session:
        rows = session.execute(
            select(
                Submission.chapter,
                func.count(Submission.id),
                func.count(Submission.account_id.distinct()),
                func.max(Submission.received),
            ).group_by(Submission.chapter)
        )
        counts = {name: tuple(rest) for name, *rest in rows}
        everybody = len(students(session))
        waiting = session.scalar(
            select(func.count()).where(Judgement.state.in_((WAITING, JUDGING)))
        )
        problems = _problems(office, session.scalars(select(Place)).all())
    chapters = [office.course.chapter(name) for name in office.settings.chapters]
    page = render_for(
        office,
        visitor,
        "class.html.j2",
        chapters=chapters,
        counts=counts,
        everybody=everybody,
        waiting=waiting,
        problems=problems,
    )
    return HTMLResponse(page)


@router.get("/class/{name}")
def chapter_page(name: ChapterName, visitor: Staff, office: Here, request: Request) -> HTMLResponse:
    """The class report of a chapter, as it is now."""
    chapter = _chapter(office, name)
    reports: Reports = request.app.state.reports
    with office.database.reading() as session:
        view = class_view(session, office, chapter.id, reports)
        regrade = session.scalar(
            select(Regrade).where(Regrade.chapter == chapter.id).order_by(Regrade.id.desc())
        )
    links = {student: f"/students/{number}" for student, number in view.numbers.items()}
    hint = "look-alikes are in the export: searching them takes a while"
    sections = report_sections(view.results, LookAlikes((), hint), links, [])
    page = render_for(
        office,
        visitor,
        "chapter.html.j2",
        chapter=chapter,
        opening=office.settings.chapters.get(chapter.id),
        view=view,
        links=links,
        sections=Markup(sections),
        regrade=regrade,
        busiest=max((day.submissions for day in view.days), default=1),
    )
    return HTMLResponse(page)


@router.get("/class/{name}/events", response_class=StreamingResponse)
def chapter_events(
    name: ChapterName, visitor: Staff, office: Here, request: Request
) -> StreamingResponse:
    """A server-sent event whenever something of the chapter changes."""
    bulletin: Bulletin = request.app.state.bulletin
    try:
        lines = bulletin.chapter(visitor.account.id, _chapter(office, name).id)
    except TooMany:
        raise HTTPException(429, "Too many windows watch already: close some.") from None
    return StreamingResponse(lines, media_type="text/event-stream")


@router.post("/class/{name}/export")
async def export(
    name: ChapterName,
    visitor: StaffForm,
    office: Here,
    bounds: Within,
    request: Request,
    gradebook: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """All files of `grade class` as a zip; with a gradebook of Canvas, that filled in."""
    chapter = _chapter(office, name)
    if not bounds.writes.take(str(visitor.account.id)):
        raise HTTPException(429, "Too many exports: wait a minute.")
    data = await gradebook.read() if gradebook and gradebook.filename else None
    reports: Reports = request.app.state.reports

    def work() -> bytes:
        with office.database.reading() as session:
            try:
                return export_zip(session, office, chapter.id, reports, data)
            except UnreadableSubmission as error:
                raise HTTPException(422, str(error)) from None

    content = await run_in_threadpool(work)
    with office.database.writing() as session:
        note(session, visitor.account.name, "exported", chapter.id)
    headers = {"content-disposition": f'attachment; filename="{chapter.id}-results.zip"'}
    return Response(content, media_type=ZIP, headers=headers)


@router.post("/class/{name}/regrades")
def regrade(name: ChapterName, visitor: StaffForm, office: Here) -> Response:
    """Have everything of a chapter judged again by the course as it is now."""
    chapter = _chapter(office, name)
    with office.database.writing() as session:
        try:
            number = begin(session, office, chapter.id, visitor.account.name).id
        except NotNow as error:
            raise HTTPException(409, str(error)) from None
    return RedirectResponse(f"/regrades/{number}", 303)


@router.get("/regrades/{number}")
def regrade_page(number: Number, visitor: Staff, office: Here, request: Request) -> HTMLResponse:
    """Every mark that a regrade changes."""
    with office.database.reading() as session:
        found = session.get(Regrade, number)
        if found is None:
            raise HTTPException(404, f"There is no regrade {number}.")
        how_far = progress(session, office, found, request.app.state.reports)
    page = render_for(
        office,
        visitor,
        "regrade.html.j2",
        regrade=found,
        chapter=_chapter(office, found.chapter),
        progress=how_far,
        students={change.student for _, change in how_far.changes},
    )
    return HTMLResponse(page)


@router.post("/regrades/{number}/decision")
def decision(
    number: Number,
    visitor: StaffForm,
    office: Here,
    verdict: Annotated[str, Form(pattern="^(accept|reject)$")],
) -> Response:
    """Let the marks of a regrade count, or drop them."""
    with office.database.writing() as session:
        found = session.get(Regrade, number)
        if found is None:
            raise HTTPException(404, f"There is no regrade {number}.")
        try:
            decide(session, found, verdict == "accept", visitor.account.name)
        except NotNow as error:
            raise HTTPException(409, str(error)) from None
    return RedirectResponse(f"/regrades/{number}", 303)


@router.get("/queue")
def queue(visitor: Staff, office: Here) -> HTMLResponse:
    """What is being judged, what waits, what failed; and who judges."""
    with office.database.reading() as session:
        rows = session.execute(
            select(Judgement, Submission, Account.name)
            .join(Submission, Submission.id == Judgement.submission_id)
            .join(Account, Account.id == Submission.account_id)
            .where(Judgement.state.in_((WAITING, JUDGING, FAILED)))
            .order_by(Judgement.state != JUDGING, Judgement.state, Judgement.id)
            .limit(MOST_LISTED)
        ).all()
        states = session.execute(
            select(Judgement.state, func.count()).group_by(Judgement.state)
        ).all()
        places = session.scalars(select(Place).order_by(Place.name)).all()
    page = render_for(
        office,
        visitor,
        "queue.html.j2",
        rows=rows,
        states={state: count for state, count in states},
        places=places,
        problems=_problems(office, places),
        now=now(),
        most=MOST_LISTED,
    )
    return HTMLResponse(page)


@router.post("/queue/{number}")
def again(number: Number, visitor: StaffForm, office: Here) -> Response:
    """Have something judged again that the grader failed at."""
    with office.database.writing() as session:
        found = session.get(Judgement, number)
        if found is None or found.state != FAILED:
            raise HTTPException(404, "There is nothing to be judged again.")
        found.state, found.losses, found.problem, found.finished = WAITING, 0, None, None
        note(session, visitor.account.name, "judged again", f"submission {found.submission_id}")
    return RedirectResponse("/queue", 303)


@router.get("/audit")
def audit(visitor: Staff, office: Here) -> HTMLResponse:
    """Who did what, the newest first."""
    with office.database.reading() as session:
        lines = session.scalars(select(Audit).order_by(Audit.id.desc()).limit(MOST_LISTED)).all()
    return HTMLResponse(render_for(office, visitor, "audit.html.j2", lines=lines))


def _chapter(office: Office, name: str) -> Chapter:
    try:
        return office.course.chapter(name)
    except UnknownName as error:
        raise HTTPException(404, str(error)) from None


def _problems(office: Office, places: Iterable[Place]) -> list[str]:
    """What keeps the class from being judged, each in a sentence."""
    found = [office.complaint] if office.complaint else []
    alive = False
    for place in places:
        fresh = (now() - place.seen).total_seconds() < 60
        alive = alive or fresh
        if fresh and place.problem:
            found.append(place.problem)
    if not alive:
        found.append("nobody judges at the moment: is grade serve running?")
    return found
