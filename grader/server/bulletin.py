"""What changes, told to browsers and clients as server-sent events.

However many listen, the database is asked by one task of this process: what became of the
submissions that somebody waits for, and how far the chapters are that somebody looks at.
"""

from __future__ import annotations

import asyncio
import bisect
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from grader.server.database import Database
from grader.server.tables import DONE, FAILED, FIRST, WAITING, Judgement, Submission

LOOK = 0.15
"""Seconds between looks."""

CHAPTERS = 8
"""So many looks for one at whole chapters."""

BREATH = 15.0
"""Seconds after which a line without meaning keeps the connection open."""

LONGEST = 600.0
"""Seconds of one stream; browsers and clients come again."""

MOST_STREAMS = 8
"""Streams of one account at the same time."""

Event = dict[str, Any]
Topic = tuple[str, str]


class TooMany(Exception):
    """The account listens already, often enough."""


@dataclass
class Bulletin:
    """Tells listeners what changed; a listener has a topic: a submission, or a chapter."""

    database: Database
    _listeners: dict[Topic, set[asyncio.Queue[Event]]] = field(default_factory=dict)
    _streams: Counter[int] = field(default_factory=Counter)
    _known: dict[Topic, Event] = field(default_factory=dict)
    _task: asyncio.Task[None] | None = None

    def submission(self, account: int, number: int) -> AsyncIterator[str]:
        """The states of a submission until it is decided.  Raises TooMany."""
        return self._stream(account, ("submission", str(number)))

    def chapter(self, account: int, name: str) -> AsyncIterator[str]:
        """A line whenever something of the chapter changes.  Raises TooMany."""
        return self._stream(account, ("chapter", name))

    def _stream(self, account: int, topic: Topic) -> AsyncIterator[str]:
        if self._streams[account] >= MOST_STREAMS:
            raise TooMany
        return self._lines(account, topic)

    async def _lines(self, account: int, topic: Topic) -> AsyncIterator[str]:
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self._streams[account] += 1
        self._listeners.setdefault(topic, set()).add(queue)
        self._known.pop(topic, None)  # the newcomer is told how things are now
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())
        end = asyncio.get_running_loop().time() + LONGEST
        try:
            while asyncio.get_running_loop().time() < end:
                try:
                    event = await asyncio.wait_for(queue.get(), BREATH)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                yield f"data: {json.dumps(event)}\n\n"
                if event.get("state") in (DONE, FAILED):
                    return
        finally:
            self._streams[account] -= 1
            self._listeners[topic].discard(queue)
            if not self._listeners[topic]:
                del self._listeners[topic]

    async def _watch(self) -> None:
        """Look for as long as anybody listens."""
        turn = 0
        while self._listeners:
            numbers = [int(name) for kind, name in self._listeners if kind == "submission"]
            names = [name for kind, name in self._listeners if kind == "chapter"]
            try:
                found = await run_in_threadpool(
                    self._look, numbers, names if turn % CHAPTERS == 0 else []
                )
            except SQLAlchemyError:  # it is away: what changed is told when it is back
                found = {}
            for topic, event in found.items():
                if self._known.get(topic) != event:
                    self._known[topic] = event
                    for queue in self._listeners.get(topic, ()):
                        queue.put_nowait(event)
            for topic in set(self._known) - set(self._listeners):
                del self._known[topic]
            turn += 1
            await asyncio.sleep(LOOK)

    def _look(self, numbers: list[int], names: list[str]) -> dict[Topic, Event]:
        found: dict[Topic, Event] = {}
        with self.database.reading() as session:
            if numbers:
                waiting = list(
                    session.scalars(
                        select(Judgement.id)
                        .where(Judgement.state == WAITING, Judgement.round == FIRST)
                        .order_by(Judgement.id)
                    )
                )
                rows = session.execute(
                    select(Judgement.submission_id, Judgement.id, Judgement.state).where(
                        Judgement.submission_id.in_(numbers), Judgement.round == FIRST
                    )
                )
                for number, judgement, state in rows:
                    event: Event = {"state": state}
                    if state == WAITING:
                        event["ahead"] = bisect.bisect_left(waiting, judgement)
                    found["submission", str(number)] = event
            for name in names:
                states = session.execute(
                    select(Judgement.state, func.count())
                    .join(Submission)
                    .where(Submission.chapter == name)
                    .group_by(Judgement.state)
                )
                found["chapter", name] = {"counts": {state: count for state, count in states}}
        return found
