"""Handing in, following what becomes of it, and showing the report as `grade` shows one."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from grader.client.connection import Server, ServerError
from grader.course.model import Chapter, Exercise
from grader.report.from_json import UnknownSchema, chapter_from
from grader.report.model import ChapterReport
from grader.submission.reading import Submission
from grader.submission.siblings import LARGEST
from grader.wall.inside.importing import UNREAD
from grader.wall.limits import MB

DONE, FAILED, WAITING = "done", "failed", "waiting"
PAUSE = 1.0
LARGEST_BODY = 2_000_000


@dataclass(frozen=True)
class Verdict:
    """What became of a submission: as much of the report as is disclosed."""

    number: int
    report: ChapterReport
    disclosure: str
    mark: float
    days_late: int
    counts: bool


def hand_in(server: Server, target: str, submission: Submission) -> dict[str, Any]:
    """Send what `grade` would read.  Raises ServerError."""
    files = {
        name: text
        for name, text in submission.files.items()
        if not text.startswith(UNREAD)  # the server finds itself that it is missing
    }
    if sum(len(text) for text in files.values()) > LARGEST_BODY - 100_000:
        raise ServerError(f"more than {LARGEST // MB} MB of source: is it the right file?")
    body = {
        "target": target,
        "file": submission.path.name,
        "files": files,
        "cells": list(submission.cells),
        "key": secrets.token_urlsafe(18),
    }
    answer: dict[str, Any] = server.post("/submissions", body)
    return answer


def followed(server: Server, number: int, say: Callable[[str], None]) -> Verdict:
    """Wait for the verdict; `say` hears where it stands meanwhile.  Raises ServerError."""
    while True:
        found = server.get(f"/submissions/{number}")
        if found["state"] == FAILED:
            raise ServerError(
                f"the grader failed at submission {number}: it costs no try, and whoever teaches "
                "the class sees it"
            )
        if found["state"] == DONE:
            return _verdict(found)
        for event in server.events(f"/submissions/{number}/events"):
            say(_standing(event))
            if event.get("state") in (DONE, FAILED):
                break
        else:
            time.sleep(PAUSE)


def narrowed(report: ChapterReport, exercise: Exercise | None) -> ChapterReport:
    """The report of the exercise alone that was asked about."""
    if exercise is None:
        return report
    chosen = tuple(one for one in report.exercises if one.id == exercise.id)
    return replace(report, exercises=chosen or report.exercises)


def target_of(chapter: Chapter, exercise: Exercise | None) -> str:
    return exercise.id if exercise else chapter.id


def _verdict(found: dict[str, Any]) -> Verdict:
    try:
        report = chapter_from(found["report"])
    except (UnknownSchema, KeyError, TypeError) as error:
        raise ServerError(
            f"the server speaks another version ({error}): update gradschool"
        ) from None
    return Verdict(
        number=found["id"],
        report=report,
        disclosure=found["disclosure"],
        mark=found["mark"],
        days_late=found["days_late"],
        counts=found["counts"],
    )


def _standing(event: dict[str, Any]) -> str:
    if event.get("state") == WAITING:
        ahead = int(event.get("ahead", 0))
        return f"waiting, {ahead} before it" if ahead else "waiting, it is next"
    return "being judged"
