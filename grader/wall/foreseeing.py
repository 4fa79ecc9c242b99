"""Asking ahead: many questions travel together, and each answer is that of asking one by one.

A worker that finds its next question waiting need not be woken for it, which takes longer than most
answers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from grader.wall.errors import SubmissionLost
from grader.wall.protocol.tokens import Function, to_call, to_probe
from grader.wall.protocol.wire import pack_question
from grader.wall.session import Session

FRAME = 64
"""Bytes of a frame beside its request, and more."""


class Foreseeing:
    """A session that is told what it will be asked.

    If another question comes than was foreseen, a new worker answers it: the old one has seen
    questions that a submission may count or remember.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.foreseen: deque[bytes] = deque()
        self.asked: deque[bytes] = deque()

    @property
    def printed(self) -> str:
        return self.session.printed

    def defines(self, name: str) -> bool:
        return self.session.defines(name)

    def call(self, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        return self._answer(pack_question(to_call(name, arguments, keywords)))

    def probe(self, probe: Function, arguments: list[Any]) -> Any:
        return self._answer(pack_question(to_probe(probe, arguments)))

    def foresee(self, requests: Sequence[bytes]) -> None:
        """Take notice of what will be asked next, packed and in this order, and of nothing else."""
        if self.asked:
            self.close()
        self.foreseen = deque(requests)

    def close(self) -> None:
        """End the worker; a further question gets a new one."""
        self.asked.clear()
        self.session.close()

    def _answer(self, question: bytes) -> Any:
        if self.asked and self.asked[0] != question:
            self.foresee(())
        try:
            batch = [] if self.asked else self._batch(question)
            self.asked.extend(batch)
            self.asked.popleft()
            return self.session.answer(*batch)
        except SubmissionLost:
            self.close()
            raise

    def _batch(self, question: bytes) -> list[bytes]:
        """The question, and as many of those foreseen after it as fit on the way."""
        if not self.foreseen or self.foreseen[0] != question:
            self.foreseen.clear()
            return [question]
        batch, room = [self.foreseen.popleft()], self.session.capacity() - len(question)
        while self.foreseen and (room := room - len(self.foreseen[0]) - FRAME) > 0:
            batch.append(self.foreseen.popleft())
        return batch
