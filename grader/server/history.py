"""What was handed in, and which of it counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, contains_eager, undefer

from grader.classroom.lateness import Lateness
from grader.report.model import ChapterReport
from grader.server import windows
from grader.server.accounts import now
from grader.server.claims import report_in
from grader.server.office import Office
from grader.server.settings import LAST, Opening, Settings
from grader.server.tables import (
    DONE,
    JUDGING,
    WAITING,
    Account,
    Extension,
    Judgement,
    Submission,
)
from grader.server.windows import Window, window


@dataclass(frozen=True)
class Entry:
    """A submission with the judgement that stands; its mark is what lateness leaves of it."""

    submission: Submission
    judgement: Judgement
    window: Window

    @property
    def lateness(self) -> Lateness:
        return self.window.lateness(self.submission.received)

    @property
    def mark(self) -> float | None:
        score = self.judgement.score
        return None if score is None else self.lateness.mark(score)

    @property
    def pending(self) -> bool:
        return self.judgement.state in (WAITING, JUDGING)


def window_for(session: Session, settings: Settings, account_id: int, chapter: str) -> Window:
    """One student's window of a chapter."""
    due = session.scalar(
        select(Extension.due).where(
            Extension.account_id == account_id, Extension.chapter == chapter
        )
    )
    return window(settings.chapters.get(chapter, Opening()), due)


def entries(
    session: Session,
    settings: Settings,
    *,
    account_id: int | None = None,
    chapter: str | None = None,
    submission_id: int | None = None,
    most: int | None = None,
) -> list[Entry]:
    """Submissions, the newest first, of an account, a chapter, or one alone."""
    query = (
        select(Submission, Judgement, Extension.due)
        .join(Submission.account)
        .join(
            Judgement,
            and_(Judgement.submission_id == Submission.id, Judgement.round == Submission.round),
        )
        .outerjoin(
            Extension,
            and_(
                Extension.account_id == Submission.account_id,
                Extension.chapter == Submission.chapter,
            ),
        )
        .options(contains_eager(Submission.account))
        .order_by(Submission.id.desc())
    )
    if account_id is not None:
        query = query.where(Submission.account_id == account_id)
    if chapter is not None:
        query = query.where(Submission.chapter == chapter)
    if submission_id is not None:
        query = query.where(Submission.id == submission_id)
    if most is not None:
        query = query.limit(most)
    return [
        Entry(submission, judgement, _window(settings, submission.chapter, due))
        for submission, judgement, due in session.execute(query)
    ]


def counting(found: Iterable[Entry], counts: str) -> Entry | None:
    """The one of a student's submissions of a chapter that counts: the best, or the last one.

    Of equally good ones the first counts.  What has no verdict yet, or never will, does not.
    """
    judged = [one for one in found if one.judgement.state == DONE]
    if not judged:
        return None
    if counts == LAST:
        return max(judged, key=lambda one: one.submission.id)
    return max(judged, key=lambda one: (one.mark or 0.0, -one.submission.id))


def counting_by_student(found: Iterable[Entry], counts: str) -> dict[int, Entry]:
    """What counts of each student who has a mark, by the account's number."""
    each: dict[int, list[Entry]] = {}
    for one in found:
        each.setdefault(one.submission.account_id, []).append(one)
    chosen = {account: counting(own, counts) for account, own in each.items()}
    return {account: one for account, one in chosen.items() if one is not None}


def report_of(session: Session, judgement_id: int) -> ChapterReport | None:
    """The report of a judgement, if it is there."""
    found = session.scalar(select(Judgement.report).where(Judgement.id == judgement_id))
    return report_in(found) if found else None


def reports_of(session: Session, judgement_ids: list[int]) -> dict[int, bytes]:
    """Several reports as they are kept."""
    found = session.execute(
        select(Judgement.id, Judgement.report).where(Judgement.id.in_(judgement_ids))
    )
    return {number: content for number, content in found if content}


def ahead(session: Session, judgement: Judgement) -> int:
    """How many judgements come before this one."""
    before = (Judgement.state == WAITING, Judgement.round == 0, Judgement.id < judgement.id)
    return session.scalar(select(func.count()).select_from(Judgement).where(*before)) or 0


def students(session: Session) -> list[Account]:
    """Everybody who is no staff, by name."""
    return list(
        session.scalars(select(Account).where(Account.staff.is_(False)).order_by(Account.name))
    )


def content_of(session: Session, submission_id: int) -> Submission | None:
    return session.scalar(
        select(Submission)
        .where(Submission.id == submission_id)
        .options(undefer(Submission.content))
    )


def received_of(session: Session, account_id: int, chapter: str) -> list[datetime]:
    """When what used up a try was received; the grader's failures cost nobody one."""
    return list(
        session.scalars(
            select(Submission.received)
            .join(Judgement, Judgement.submission_id == Submission.id)
            .where(
                Submission.account_id == account_id,
                Submission.chapter == chapter,
                Judgement.round == 0,
                Judgement.state != "failed",
            )
        )
    )


def likely(office: Office) -> list[str]:
    """The chapters open now, the likeliest first: handed in for last, else due soonest."""
    settings, moment = office.settings, now()
    with office.database.reading() as session:
        rows = session.execute(
            select(Submission.chapter, func.max(Submission.id)).group_by(Submission.chapter)
        )
        last = {name: number for name, number in rows}
    open_now = [
        name
        for name, opening in settings.chapters.items()
        if window(opening, None).state(moment) in (windows.OPEN, windows.LATE)
    ]
    end = moment + timedelta(days=3650)
    return sorted(
        open_now, key=lambda name: (-last.get(name, 0), settings.chapters[name].due or end)
    )


def _window(settings: Settings, chapter: str, due: datetime | None) -> Window:
    return window(settings.chapters.get(chapter, Opening()), due)
