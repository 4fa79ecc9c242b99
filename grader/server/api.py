"""The API, which `grade submit` speaks; its OpenAPI document is at /api/openapi.json."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import IntegrityError
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from grader import __version__
from grader.course.model import UnknownName
from grader.report.as_json import chapter as as_json
from grader.report.as_text import to_text
from grader.report.formats import drawn
from grader.server.accepting import HandIn, Refused, accept, of_text
from grader.server.accounts import now
from grader.server.bulletin import Bulletin, TooMany
from grader.server.history import (
    Entry,
    ahead,
    counting,
    entries,
    received_of,
    window_for,
)
from grader.server.identity import Bounds, ByToken, Here, Within
from grader.server.office import Office
from grader.server.reading import readable, shown
from grader.server.settings import Opening
from grader.server.tables import Account
from grader.server.tries import left
from grader.submission.errors import UnreadableSubmission

router = APIRouter(prefix="/api", tags=["api"])

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="the number of a submission")]
Formats = Annotated[str, Query(pattern="^(json|junit|gradescope|html|text)$")]
TYPES = {"json": "application/json", "junit": "application/xml", "html": "text/html"}
MOST_LISTED = 500


class Me(BaseModel):
    """Who the token belongs to, and in which class."""

    name: str
    shown: str
    staff: bool
    course: str
    version: str


class ChapterOut(BaseModel):
    """A chapter as it stands for whoever asks; moments are in UTC."""

    id: str
    title: str
    state: str
    opens: datetime | None
    due: datetime | None
    closes: datetime | None
    extended: bool
    tries_left: int | None
    next_try: datetime | None
    counts: str
    disclosure: str
    mark: float | None
    most: float
    submission: int | None


class HandInBody(BaseModel):
    """What `grade` would read: the chapter's text under its module's name, helpers under theirs.

    `key` is the sender's own: what is sent again with the same one is the same submission.
    """

    model_config = ConfigDict(extra="forbid")

    target: str = Field(min_length=1, max_length=120, examples=["ch3", "ch3.layer_norm"])
    file: str = Field(max_length=400)
    files: dict[Annotated[str, Field(max_length=200)], str] = Field(min_length=1, max_length=60)
    cells: list[Annotated[int, Field(ge=1, le=10**7)]] = Field(default=[], max_length=10_000)
    key: str = Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")


class SubmissionOut(BaseModel):
    """A submission: `score` is what it earned, `mark` what is left of it if it is late."""

    id: int
    chapter: str
    target: str
    file: str
    received: datetime
    state: str
    ahead: int | None
    score: float | None
    mark: float | None
    most: float | None
    days_late: int
    counts: bool


class ReportOut(SubmissionOut):
    """A submission with as much of its report as may be seen."""

    disclosure: str
    report: dict[str, Any] | None


@router.get("/me")
def me(account: ByToken, office: Here) -> Me:
    """Whose token this is."""
    return Me(
        name=account.name,
        shown=account.shown,
        staff=account.staff,
        course=office.settings.name,
        version=__version__,
    )


@router.get("/chapters")
def chapters(account: ByToken, office: Here) -> list[ChapterOut]:
    """The chapters of this class: deadlines, tries, marks."""
    settings = office.settings
    with office.database.reading() as session:
        own = entries(session, settings, account_id=account.id)
        found = []
        for name, opening in settings.chapters.items():
            chapter = office.course.chapter(name)
            window = window_for(session, settings, account.id, name)
            received = received_of(session, account.id, name)
            tries = left(opening.tries, received, now())
            best = counting((e for e in own if e.submission.chapter == name), opening.counts)
            found.append(
                ChapterOut(
                    id=name,
                    title=chapter.title,
                    state=window.state(now()),
                    opens=opening.opens,
                    due=window.due,
                    closes=window.closes,
                    extended=window.extended,
                    tries_left=tries.tries,
                    next_try=tries.next,
                    counts=opening.counts,
                    disclosure=window.disclosure(now()),
                    mark=best.mark if best else None,
                    most=float(sum(exercise.points for exercise in chapter.exercises)),
                    submission=best.submission.id if best else None,
                )
            )
        return found


@router.post("/submissions", status_code=202)
def hand_in(body: HandInBody, account: ByToken, office: Here, bounds: Within) -> SubmissionOut:
    """Hand in.  What was answered with 202 is on the disk and will be judged."""
    try:
        found = of_text(office.course, body.target, body.file, body.files, body.cells, body.key)
    except (UnreadableSubmission, UnknownName) as error:
        raise HTTPException(422, str(error)) from None
    number = taken(office, bounds, account, found)
    return _out(office, account, number)


@router.get("/submissions")
def submissions(
    account: ByToken,
    office: Here,
    chapter: Annotated[str | None, Query(max_length=40, pattern=r"^\w+$")] = None,
) -> list[SubmissionOut]:
    """What you handed in, the newest first."""
    settings = office.settings
    with office.database.reading() as session:
        own = entries(session, settings, account_id=account.id)
        counts = _counting(own, settings.chapters)
        wanted = [one for one in own if chapter is None or one.submission.chapter == chapter]
        return [_of(one, counts) for one in wanted[:MOST_LISTED]]


@router.get("/submissions/{number}")
def submission(number: Number, account: ByToken, office: Here) -> ReportOut:
    """A submission, and as much of its report as may be seen."""
    with office.database.reading() as session:
        entry = readable(session, office.settings, account, number)
        if entry is None:
            raise HTTPException(404, f"you have no submission {number}")
        found = shown(session, account, entry)
        report = as_json(found.report) if found.report else None
        out = _out(office, account, number)
        return ReportOut(**out.model_dump(), disclosure=found.disclosure, report=report)


@router.get("/submissions/{number}/report", response_class=PlainTextResponse)
def report(number: Number, account: ByToken, office: Here, format: Formats = "json") -> Response:
    """The report in another format."""
    with office.database.reading() as session:
        entry = readable(session, office.settings, account, number)
        if entry is None:
            raise HTTPException(404, f"you have no submission {number}")
        found = shown(session, account, entry)
    if found.report is None:
        raise HTTPException(404, f"submission {number} has no report yet")
    if format == "text":
        return PlainTextResponse(to_text(found.report))
    text = drawn([found.report], format, {})
    return Response(text, media_type=TYPES.get(format, "application/json"))


@router.get("/submissions/{number}/events", response_class=StreamingResponse)
def events(number: Number, account: ByToken, office: Here, request: Request) -> StreamingResponse:
    """The states of a submission as server-sent events, until it is decided."""
    with office.database.reading() as session:
        if readable(session, office.settings, account, number) is None:
            raise HTTPException(404, f"you have no submission {number}")
    return streamed(request, account, number)


def streamed(request: Request, account: Account, number: int) -> StreamingResponse:
    """A stream of a submission's states.  Raises 429."""
    bulletin: Bulletin = request.app.state.bulletin
    try:
        lines = bulletin.submission(account.id, number)
    except TooMany:
        raise HTTPException(429, "too many windows watch already: close some") from None
    return StreamingResponse(lines, media_type="text/event-stream")


def taken(office: Office, bounds: Bounds, account: Account, found: HandIn) -> int:
    """Accept it; returns its number.  Raises 409 where it is not the time, and 429."""
    if not bounds.submissions.take(str(account.id)):
        raise HTTPException(429, "too many submissions: wait a minute", {"retry-after": "60"})
    for _ in range(2):
        try:
            with office.database.writing() as session:
                return accept(session, office, account, found).id
        except Refused as error:
            headers = None
            if error.again:
                seconds = max(1, round((error.again - now()).total_seconds()))
                headers = {"retry-after": str(seconds)}
            raise HTTPException(429 if headers else 409, str(error), headers) from None
        except IntegrityError:  # the same key came twice at once: the other one is there now
            continue
    raise HTTPException(503, "nothing was accepted: try again in a moment")


def _out(office: Office, account: Account, number: int) -> SubmissionOut:
    settings = office.settings
    with office.database.reading() as session:
        entry = readable(session, settings, account, number)
        assert entry is not None
        owner = entry.submission.account_id
        own = entries(session, settings, account_id=owner, chapter=entry.submission.chapter)
        before = ahead(session, entry.judgement) if entry.pending else None
        return _of(entry, _counting(own, settings.chapters), before)


def _counting(own: list[Entry], openings: dict[str, Opening]) -> set[int]:
    """The numbers of the submissions that count."""
    chosen = set()
    for name in {one.submission.chapter for one in own}:
        counts = openings.get(name, Opening()).counts
        best = counting((one for one in own if one.submission.chapter == name), counts)
        if best is not None:
            chosen.add(best.submission.id)
    return chosen


def _of(entry: Entry, counts: set[int], before: int | None = None) -> SubmissionOut:
    row, judgement = entry.submission, entry.judgement
    return SubmissionOut(
        id=row.id,
        chapter=row.chapter,
        target=row.target,
        file=row.file,
        received=row.received,
        state=judgement.state,
        ahead=before,
        score=judgement.score,
        mark=entry.mark,
        most=judgement.most,
        days_late=entry.lateness.days,
        counts=row.id in counts,
    )
