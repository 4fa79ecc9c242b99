"""What somebody may read: a submission of her own, as much of its report as is disclosed now."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from grader.report.disclosure import Disclosure
from grader.report.model import ChapterReport
from grader.server.accounts import now
from grader.server.history import Entry, entries, report_of
from grader.server.settings import Settings
from grader.server.tables import Account
from grader.server.windows import seen


@dataclass(frozen=True)
class Shown:
    """A submission, and what may be seen of its report; None while there is none."""

    entry: Entry
    disclosure: Disclosure
    report: ChapterReport | None


def readable(session: Session, settings: Settings, account: Account, number: int) -> Entry | None:
    """The submission, if it is the account's own or the account is staff's."""
    found = entries(session, settings, submission_id=number)
    if not found or not (account.staff or found[0].submission.account_id == account.id):
        return None
    return found[0]


def shown(session: Session, account: Account, entry: Entry) -> Shown:
    """This is the only way from a report in the database to whoever asks."""
    report = report_of(session, entry.judgement.id)
    if account.staff:
        return Shown(entry, Disclosure.full, report)
    disclosure = entry.window.disclosure(now())
    return Shown(entry, disclosure, seen(report, disclosure) if report else None)
