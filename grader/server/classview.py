"""A class's results in a chapter out of the database, as `grade class` has them out of a folder."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy.orm import Session

from grader.classroom.results import ClassResults, Likeness, Result
from grader.report.model import ChapterReport
from grader.server.claims import report_in, unpacked
from grader.server.history import (
    Entry,
    content_of,
    counting_by_student,
    entries,
    reports_of,
    students,
)
from grader.server.office import Office
from grader.server.settings import Opening

MOST_KEPT = 4_000
NOTHING = "nothing was handed in"


@dataclass
class Reports:
    """Reports that were read before, in little memory: what they have in common is kept once."""

    _kept: OrderedDict[int, ChapterReport] = field(default_factory=OrderedDict)
    _likeness: Likeness = field(default_factory=Likeness)
    _read: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, session: Session, judgements: Sequence[int]) -> dict[int, ChapterReport]:
        """The reports of judgements, by their numbers."""
        with self._lock:
            missing = [number for number in judgements if number not in self._kept]
            self._read += len(missing)
            if self._read > MOST_KEPT:  # what it has seen may be nobody's any more
                self._likeness, self._read = Likeness(), len(missing)
            for number, content in reports_of(session, missing).items():
                result = self._likeness.of(Result("", None, report_in(content)))
                assert result.report is not None
                self._kept[number] = result.report
            found = {one: self._kept[one] for one in judgements if one in self._kept}
            for number in found:
                self._kept.move_to_end(number)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return found


@dataclass(frozen=True)
class Day:
    """What came on one day, and how much of it had full marks."""

    day: date
    submissions: int
    full: int


@dataclass(frozen=True)
class ClassView:
    """A chapter of the class: results of those who began, who did not, what waits, day by day."""

    results: ClassResults
    begun: tuple[str, ...]
    not_begun: tuple[str, ...]
    pending: int
    failed: tuple[Entry, ...]
    submissions: int
    days: tuple[Day, ...]
    numbers: dict[str, int]
    """The account's number of each student."""


def class_view(session: Session, office: Office, name: str, reports: Reports) -> ClassView:
    """Everything about a chapter now.  Raises UnknownName."""
    settings = office.settings
    chapter = office.course.chapter(name)
    people = {one.id: one for one in students(session)}
    found = [
        one
        for one in entries(session, settings, chapter=name)
        if one.submission.account_id in people
    ]
    chosen = counting_by_student(found, settings.chapters.get(name, Opening()).counts)
    read = reports.of(session, [one.judgement.id for one in chosen.values()])
    results = [
        result_of(people[account].name, entry, read[entry.judgement.id])
        for account, entry in chosen.items()
        if entry.judgement.id in read
    ]
    begun = {one.submission.account_id for one in found}
    results.sort(key=lambda one: one.student)
    return ClassView(
        results=ClassResults(settings.name, chapter, settings.seed, tuple(results)),
        begun=tuple(one.name for one in people.values() if one.id in begun),
        not_begun=tuple(one.name for one in people.values() if one.id not in begun),
        pending=sum(one.pending for one in found),
        failed=tuple(one for one in found if one.judgement.state == "failed"),
        submissions=len(found),
        days=_days(found, office),
        numbers={one.name: one.id for one in people.values()},
    )


def export_results(session: Session, office: Office, name: str, reports: Reports) -> ClassResults:
    """Everybody's results with what they handed in, for the files that `grade class` writes."""
    settings = office.settings
    chapter = office.course.chapter(name)
    found = entries(session, settings, chapter=name)
    chosen = counting_by_student(found, settings.chapters.get(name, Opening()).counts)
    read = reports.of(session, [one.judgement.id for one in chosen.values()])
    results = []
    for account in students(session):
        entry = chosen.get(account.id)
        if entry is None or entry.judgement.id not in read:
            results.append(Result(account.name, None, None, NOTHING))
            continue
        row = content_of(session, entry.submission.id)
        result = result_of(account.name, entry, read[entry.judgement.id])
        results.append(replace(result, submission=unpacked(row.content) if row else None))
    results.sort(key=lambda one: one.student)
    return ClassResults(settings.name, chapter, settings.seed, tuple(results))


def result_of(student: str, entry: Entry, report: ChapterReport) -> Result:
    """One student's result, with what being late costs."""
    late = entry.lateness
    days = f"{late.days} day{'' if late.days == 1 else 's'} late"
    note = f"{days}: {late.percent:g} % less" if late.late else ""
    return Result(student, None, report, note=note, late=late)


def _days(found: Sequence[Entry], office: Office) -> tuple[Day, ...]:
    zone = office.settings.zone
    came, full = Counter[date](), Counter[date]()
    for one in found:
        day = one.submission.received.astimezone(zone).date()
        came[day] += 1
        full[day] += one.judgement.score is not None and one.judgement.score == one.judgement.most
    return tuple(Day(day, came[day], full[day]) for day in sorted(came))
