"""When a student may hand in a chapter, and how much of a report she may see when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from grader.classroom.lateness import Lateness
from grader.report.disclosure import Disclosure, disclosed_chapter
from grader.report.model import ChapterReport
from grader.server.settings import Opening

AHEAD, OPEN, LATE, CLOSED = "ahead", "open", "late", "closed"


@dataclass(frozen=True)
class Window:
    """What holds for one student in one chapter; an extension is another deadline."""

    opening: Opening
    due: datetime | None
    extended: bool

    @property
    def closes(self) -> datetime | None:
        """The last moment at which something is accepted."""
        return self.opening.late.closes(self.due) if self.due else None

    def state(self, now: datetime) -> str:
        if self.opening.opens and now < self.opening.opens:
            return AHEAD
        lateness = self.opening.late.of(self.due, now)
        if lateness is None:
            return CLOSED
        return LATE if lateness.late else OPEN

    def lateness(self, received: datetime) -> Lateness:
        """How late something is that was accepted, also where the deadline was moved since."""
        late = self.opening.late
        found = late.of(self.due, received)
        if found is None:
            return Lateness(late.days, min(100.0, late.percent * late.days))
        return found

    def disclosure(self, now: datetime) -> Disclosure:
        """`after` begins when the student can hand in no more."""
        closed = self.closes is not None and now > self.closes
        return self.opening.after if closed else self.opening.before


def window(opening: Opening, extension: datetime | None) -> Window:
    """A student's window; an extension is a moment in the time zone of the class or in UTC."""
    if extension is None or opening.due is None:
        return Window(opening, opening.due, False)
    return Window(opening, extension.astimezone(opening.due.tzinfo), True)


def seen(report: ChapterReport, disclosure: Disclosure) -> ChapterReport:
    """A report as its student may see it: without the seed, which is the class's secret."""
    return replace(disclosed_chapter(report, disclosure), seed=None)
