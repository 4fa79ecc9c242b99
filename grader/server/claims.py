"""Whose turn it is to judge what: claiming a judgement, keeping the claim, writing the verdict.

A judgement is claimed by a place, one machine's folder, until a moment that the place puts off
while it lives.  What is claimed by nobody alive is claimed again, and a verdict is only written by
whoever holds the claim: nothing is lost, and nothing counts twice.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Select, and_, or_, select, update
from sqlalchemy.orm import joinedload, undefer

from grader.report.as_json import chapter as as_json
from grader.report.from_json import chapter_from
from grader.report.model import ChapterReport
from grader.server import tables
from grader.server.accounts import now
from grader.server.database import Database
from grader.server.tables import DONE, FAILED, JUDGING, WAITING, Judgement, Place
from grader.submission.reading import Submission

LEASE = timedelta(seconds=60)
MOST_LOSSES = 6
"""How often a judgement comes to nothing until a human has to look at it."""


@dataclass(frozen=True)
class Claimed:
    """A submission to judge."""

    id: int
    submission_id: int
    student: str
    chapter: str
    submission: Submission


def packed(submission: Submission) -> bytes:
    """A submission as it is kept."""
    data = {
        "path": str(submission.path),
        "module": submission.module,
        "files": submission.files,
        "cells": submission.cells,
    }
    return zlib.compress(json.dumps(data).encode("ascii"))


def unpacked(content: bytes) -> Submission:
    data = json.loads(zlib.decompress(content))
    return Submission(Path(data["path"]), data["module"], data["files"], tuple(data["cells"]))


def text_of(report: ChapterReport) -> str:
    """A report as the journal and `reports.jsonl` have it."""
    return json.dumps(as_json(report), ensure_ascii=False)


def report_in(content: bytes) -> ChapterReport:
    return chapter_from(json.loads(zlib.decompress(content)))


def claim(database: Database, place: str, but: Collection[str] = ()) -> Claimed | None:
    """The next judgement that nobody has, `but` of these chapters none.

    First verdicts come before regrades.
    """
    free = or_(
        Judgement.state == WAITING, and_(Judgement.state == JUDGING, Judgement.until < now())
    )
    query = select(Judgement).where(free).order_by(Judgement.round > 0, Judgement.id).limit(1)
    if but:
        others = select(tables.Submission.id).where(tables.Submission.chapter.not_in(but))
        query = query.where(Judgement.submission_id.in_(others))
    with database.reading() as session:  # most looks find nothing, and should keep nobody waiting
        if session.scalar(query.with_only_columns(Judgement.id)) is None:
            return None
    with database.writing() as session:
        found = session.scalar(database.locked(query, skip=True))
        if found is None:
            return None
        found.state, found.place, found.until = JUDGING, place, now() + LEASE
        whole = session.scalar(
            select(tables.Submission)
            .where(tables.Submission.id == found.submission_id)
            .options(joinedload(tables.Submission.account), undefer(tables.Submission.content))
        )
        assert whole is not None
        submission = unpacked(whole.content)
        return Claimed(found.id, whole.id, whole.account.name, whole.chapter, submission)


def keep(database: Database, place: str, claims: list[int], problem: str) -> None:
    """Put the end of these claims off, and say that the place is alive."""
    with database.writing() as session:
        if claims:
            mine = (Judgement.id.in_(claims), Judgement.place == place, Judgement.state == JUDGING)
            session.execute(update(Judgement).where(*mine).values(until=now() + LEASE))
        session.merge(Place(name=place, seen=now(), problem=problem or None))


def release(database: Database, place: str) -> None:
    """Give back what the place had claimed before it was ended."""
    with database.writing() as session:
        mine = (Judgement.place == place, Judgement.state == JUDGING)
        session.execute(
            update(Judgement).where(*mine).values(state=WAITING, place=None, until=None)
        )


def give_back(database: Database, place: str, claimed: Claimed, *, loss: str = "") -> None:
    """Have it judged later; too many losses, and it waits for a human."""
    with database.writing() as session:
        found = session.scalar(database.locked(_held(claimed, place)))
        if found is None:
            return
        found.losses += bool(loss)
        failed = found.losses >= MOST_LOSSES
        found.state, found.place, found.until = FAILED if failed else WAITING, None, None
        found.problem = loss or None
        found.finished = now() if failed else None


def enter(
    database: Database, place: str, claimed: Claimed, report: ChapterReport, version: str
) -> bool:
    """Write the verdict; False if somebody else has the claim by now."""
    with database.writing() as session:
        found = session.scalar(database.locked(_held(claimed, place)))
        if found is None:
            return False
        found.state, found.finished, found.version = DONE, now(), version
        found.score, found.most = report.score, report.max_score
        found.report = zlib.compress(text_of(report).encode("utf-8"))
        found.place, found.until, found.problem = None, None, None
        return True


def _held(claimed: Claimed, place: str) -> Select[Any]:
    return select(Judgement).where(
        Judgement.id == claimed.id, Judgement.place == place, Judgement.state == JUDGING
    )
