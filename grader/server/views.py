"""The templates: every value is escaped."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from grader.classroom.grades_csv import points
from grader.classroom.pages import NAME
from grader.report.text import harmless
from grader.server.accounts import now


def render(template: str, **values: Any) -> str:
    """A page as text."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("grader.server"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"points": _points, "name": _name, "clock": clock, "span": span}
    return environment


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """A moment on the class's clock: `Thu 15 Oct 2026, 23:59 CEST`."""
    return f"{moment.astimezone(zone):%a %d %b %Y, %H:%M %Z}"


def span(moment: datetime) -> str:
    """How far a moment is away, roughly: `in 3 days`, `2 hours ago`."""
    distance = moment - now()
    seconds = abs(distance.total_seconds())
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count = int(seconds // size)
        if count >= (2 if size in (86400, 3600) else 1) or size == 1:
            words = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"in {words}" if distance > timedelta() else f"{words} ago"
    return "now"


def _points(value: float | None) -> str:
    return "–" if value is None else points(value)


def _name(text: str) -> str:
    return harmless(text, NAME).replace("\n", " ") or "(no name)"
