"""Regrading: after a check was changed, every changed mark is shown before it counts."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from grader.classroom.results import ClassResults, Result
from grader.classroom.table import ChangedMark, changed_marks
from grader.server.accounts import note, now
from grader.server.classview import Reports
from grader.server.office import Office
from grader.server.tables import (
    ACCEPTED,
    DONE,
    FAILED,
    OPEN,
    REJECTED,
    WAITING,
    Account,
    Judgement,
    Regrade,
    Submission,
)


class NotNow(Exception):
    """It cannot be done now; the message says why."""


@dataclass(frozen=True)
class Progress:
    """How far a regrade is, and the marks that it would change, by student and submission."""

    done: int
    failed: int
    total: int
    changes: tuple[tuple[int, ChangedMark], ...]

    @property
    def complete(self) -> bool:
        return self.done + self.failed == self.total


def begin(session: Session, office: Office, chapter: str, who: str) -> Regrade:
    """Have everything of a chapter judged again.  Raises NotNow."""
    if session.scalar(select(Regrade.id).where(Regrade.chapter == chapter, Regrade.state == OPEN)):
        raise NotNow(f"a regrade of {chapter} is open already: accept or reject it first")
    numbers = list(session.scalars(select(Submission.id).where(Submission.chapter == chapter)))
    if not numbers:
        raise NotNow(f"nothing was handed in for {chapter}")
    regrade = Regrade(chapter=chapter, begun=now(), begun_by=who, state=OPEN)
    session.add(regrade)
    session.flush()
    session.add_all(
        Judgement(submission_id=number, round=regrade.id, state=WAITING, losses=0)
        for number in numbers
    )
    note(
        session, who, "regrade begun", f"{chapter}, number {regrade.id}, {len(numbers)} submissions"
    )
    return regrade


def progress(session: Session, office: Office, regrade: Regrade, reports: Reports) -> Progress:
    """What has been judged so far, and what changes."""
    rows = session.execute(
        select(Judgement.state, func.count())
        .where(Judgement.round == regrade.id)
        .group_by(Judgement.state)
    )
    states = {state: count for state, count in rows}
    changes = _changes(session, office, regrade, reports)
    return Progress(states.get(DONE, 0), states.get(FAILED, 0), sum(states.values()), changes)


def decide(session: Session, regrade: Regrade, accepted: bool, who: str) -> None:
    """Let the new marks count, or drop them.  Raises NotNow."""
    state = session.scalar(select(Regrade.state).where(Regrade.id == regrade.id).with_for_update())
    if state != OPEN:
        raise NotNow("this regrade was decided already")
    open_ones = select(func.count()).where(
        Judgement.round == regrade.id, Judgement.state.not_in((DONE, FAILED))
    )
    if accepted and session.scalar(open_ones):
        raise NotNow("it is not complete: wait until everything is judged")
    if accepted:
        judged = select(Judgement.submission_id).where(
            Judgement.round == regrade.id, Judgement.state == DONE
        )
        session.execute(
            update(Submission)
            .where(Submission.id.in_(judged))
            .values(round=regrade.id)
            .execution_options(synchronize_session=False)
        )
    else:  # what was not judged yet need not be
        session.execute(
            delete(Judgement).where(Judgement.round == regrade.id, Judgement.state == WAITING)
        )
    session.execute(
        update(Regrade)
        .where(Regrade.id == regrade.id)
        .values(state=ACCEPTED if accepted else REJECTED, decided=now(), decided_by=who)
    )
    verb = "regrade accepted" if accepted else "regrade rejected"
    note(session, who, verb, f"{regrade.chapter}, number {regrade.id}")


def _changes(
    session: Session, office: Office, regrade: Regrade, reports: Reports
) -> tuple[tuple[int, ChangedMark], ...]:
    """Every mark that the regrade changes, of every submission, next to the one that stands.

    Of a regrade that was decided, next to the first verdict.
    """
    new, old = Judgement.__table__.alias("new"), Judgement.__table__.alias("old")
    stands = Submission.round if regrade.state == OPEN else 0
    rows = session.execute(
        select(Submission.id, Account.name, new.c.id, old.c.id)
        .join(Account, Account.id == Submission.account_id)
        .join(new, (new.c.submission_id == Submission.id) & (new.c.round == regrade.id))
        .join(old, (old.c.submission_id == Submission.id) & (old.c.round == stands))
        .where(new.c.state == DONE, old.c.state == DONE, new.c.report != old.c.report)
        .order_by(Account.name, Submission.id)
    ).all()
    read = reports.of(session, [number for row in rows for number in row[2:]])
    chapter = office.course.chapter(regrade.chapter)
    found = []
    for number, student, after, before in rows:
        result = Result(student, None, read[after], before=read[before])
        results = ClassResults(office.settings.name, chapter, office.settings.seed, (result,))
        found += [(number, change) for change in changed_marks(results)]
    return tuple(found)
