"""Pictures of what a submission does: drawn when somebody looks, behind the wall, one at a time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from grader.course.model import Chapter, Course, CourseError
from grader.server.api import Number
from grader.server.claims import unpacked
from grader.server.history import content_of
from grader.server.identity import ByVisit, Here, Within
from grader.server.reading import readable
from grader.submission.reading import Submission
from grader.wall.errors import SandboxError
from grader.wall.isolation import detect

router = APIRouter(tags=["pages"])

MOST_KEPT = 200
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A drawing holds its own style and nothing that runs."""

BUSY = 20.0
"""Seconds to wait for pictures that others have drawn."""


@dataclass
class Drawings:
    """Drawings by submission, which never change."""

    _kept: OrderedDict[int, str] = field(default_factory=OrderedDict)
    _drawing: threading.Lock = field(default_factory=threading.Lock)

    def known(self, number: int) -> str | None:
        return self._kept.get(number)

    def draw(self, number: int, course: Course, chapter: Chapter, found: Submission) -> str | None:
        """The drawings as one SVG; None while others are drawn.  Raises SandboxError."""
        # Only now: these import NumPy and what draws.
        from grader.show.asking import asked
        from grader.show.svg import sheet

        if not self._drawing.acquire(timeout=BUSY):
            return None
        try:
            svg = self._kept.get(number) or sheet(list(asked(course, chapter, found)))
            self._kept[number] = svg
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return svg
        finally:
            self._drawing.release()


def has_pictures(course: Course, chapter: Chapter) -> bool:
    """Whether there are pictures of a chapter, and a wall to draw them behind."""
    return course.pictures(chapter).is_file() and detect().strong


@router.get("/submissions/{number}/pictures.svg")
def pictures(
    number: Number, visitor: ByVisit, office: Here, bounds: Within, request: Request
) -> Response:
    """What the submission's own code does, drawn; nothing of the checks is in it."""
    with office.database.reading() as session:
        entry = readable(session, office.settings, visitor.account, number)
        row = content_of(session, number) if entry else None
    if entry is None or row is None:
        raise HTTPException(404, f"You have no submission {number}.")
    chapter = office.course.chapter(row.chapter)
    if not has_pictures(office.course, chapter):
        raise HTTPException(404, f"There are no pictures of {chapter.id}.")
    drawings: Drawings = request.app.state.drawings
    svg = drawings.known(number)
    if svg is None:
        if not bounds.pictures.take(str(visitor.account.id)):
            raise HTTPException(429, "Too many pictures: wait a minute.", {"retry-after": "60"})
        try:
            svg = drawings.draw(number, office.course, chapter, unpacked(row.content))
        except (CourseError, SandboxError) as error:
            raise HTTPException(503, f"The pictures cannot be drawn now: {error}") from None
    if svg is None:
        raise HTTPException(503, "Other pictures are being drawn: try again in a moment.")
    headers = {"content-security-policy": POLICY, "cache-control": "private, max-age=3600"}
    return Response(svg, media_type="image/svg+xml", headers=headers)
