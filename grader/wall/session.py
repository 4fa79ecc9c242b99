"""One submission behind the wall, as the judge's checks see it."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.wall import replies
from grader.wall.clocks import TICK, Account, OverLimit, Watch
from grader.wall.errors import SubmissionError, SubmissionLost
from grader.wall.limits import MB, Limits
from grader.wall.opened import Opened
from grader.wall.protocol.arrays import WireError
from grader.wall.protocol.channel import ChannelClosed
from grader.wall.protocol.tokens import Function, to_call, to_probe
from grader.wall.protocol.wire import pack, pack_question
from grader.wall.sandbox import Workers


@dataclass(frozen=True)
class Sources:
    """The text of a submission: its files by module name, and which of them is graded.

    `refused` are library functions and why they may not be used; `core` is the processor that
    the worker shares with its judge; in a notebook `await` may stand at the margin.
    """

    module: str
    files: dict[str, str]
    refused: dict[str, str] = field(default_factory=dict)
    core: int | None = None
    notebook: bool = False


class Session:
    """A worker with the submission loaded; replaced by a new one when it is lost."""

    def __init__(
        self, sandbox: Workers, sources: Sources, limits: Limits, account: Account
    ) -> None:
        self.sandbox, self.sources, self.limits, self.account = sandbox, sources, limits, account
        self.worker: Opened | None = None
        self.watch = Watch(None, limits, account)
        self.unloadable: SubmissionLost | None = None
        self.defined: frozenset[str] = frozenset()
        self.problems: tuple[replies.Problem, ...] = ()
        self.more_problems = 0
        self.uncompiled: dict[str, replies.Problem] = {}
        self.printed = ""
        self.due: deque[int] = deque()
        """The numbers that the answers to what is on its way must bear, in this order."""

    def defines(self, name: str) -> bool:
        self._worker()
        return name in self.defined

    def call(self, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        return self.answer(pack_question(to_call(name, arguments, keywords)))

    def probe(self, probe: Function, arguments: list[Any]) -> Any:
        return self.answer(pack_question(to_probe(probe, arguments)))

    def answer(self, *questions: bytes) -> Any:
        """Send packed questions; return the answer to the first that has none.

        Raises SubmissionError, and SubmissionLost when the worker is gone with all questions.
        """
        self._worker()
        answer = self._exchange(questions)
        self.printed = replies.printed(answer, self.limits.printed)
        if "value" in answer:
            return answer["value"]
        try:
            raised = replies.problem(answer.get("raised"))
        except replies.Malformed:
            raise self._lost("crashed", "protocol error: an answer of no known form") from None
        if "MemoryError" in raised.types:
            most = self.limits.address_space // MB
            raise self._lost("crashed", f"out of memory: more than {most} MB")
        raise SubmissionError(_status(raised.types), raised.types, raised.text, raised.lines)

    def capacity(self) -> int:
        """Bytes that the way to the worker holds while the worker is busy."""
        return self._worker().channel.capacity

    def close(self) -> None:
        """Let go of the leash: the worker and all that it started are killed."""
        if self.worker is not None:
            self.watch.end()
            self.worker.close()
            self.worker = None
            self.due.clear()

    def _worker(self) -> Opened:
        """A worker with the submission loaded."""
        if self.unloadable is not None:
            raise self.unloadable
        if self.worker is None:
            self.worker = self.sandbox.open()
            self.watch = Watch(self.worker.tree(), self.limits, self.account)
            try:
                self._load()
            except SubmissionLost as lost:
                self.unloadable = SubmissionLost(lost.status, f"while the file was loaded: {lost}")
                raise self.unloadable from None
        return self.worker

    def _load(self) -> None:
        order = pack(
            {
                "module": self.sources.module,
                "files": self.sources.files,
                "refused": self.sources.refused,
                "core": self.sources.core,
                "notebook": self.sources.notebook,
                "seconds": [
                    self.limits.definitions_seconds,
                    self.limits.outside_seconds,
                    self.limits.idle_seconds,
                ],
                "printed": self.limits.printed,
            }
        )
        answer = self._exchange([order], loading=True)
        try:
            loaded = replies.loaded(answer, self.limits.printed)
        except replies.Malformed:
            raise self._lost("crashed", "protocol error: not an account of a loaded file") from None
        self.defined, self.problems = loaded.defined, loaded.problems
        self.more_problems, self.uncompiled = loaded.more, loaded.uncompiled
        self.printed = loaded.printed

    def _exchange(self, requests: Sequence[bytes], loading: bool = False) -> dict[str, Any]:
        """Send requests; wait for the answer to the first that has none, and to nothing else."""
        assert self.worker is not None
        try:
            if loading:
                self.watch.begin(self.limits.load_seconds, self.limits.chapter_idle_seconds)
            else:
                self.watch.begin(self.limits.call_seconds, self.limits.call_idle_seconds)
            if requests:
                self._send(requests)
            expected = self.due.popleft()
            answer = self.worker.channel.receive(TICK, self.watch.tick)
        except OverLimit as over:
            raise self._lost(over.status, str(over)) from None
        except ChannelClosed:
            raise self._lost("crashed", self._reason_of_its_end()) from None
        except WireError as error:
            raise self._lost("crashed", f"protocol error: {error}") from None
        if not replies.is_answer_to(answer, expected):
            raise self._lost("crashed", "protocol error: an answer that nobody asked for")
        return answer

    def _send(self, requests: Sequence[bytes]) -> None:
        assert self.worker is not None
        if not self.worker.channel.silent():
            raise WireError("a frame that nobody asked for")
        numbers = [secrets.randbits(62) for _ in requests]
        numbered = zip(numbers, requests, strict=True)
        messages = [{"id": number, "request": request} for number, request in numbered]
        self.worker.channel.send(*messages, seconds=TICK, late=self.watch.tick)
        self.due.extend(numbers)

    def _reason_of_its_end(self) -> str:
        assert self.worker is not None
        if self.worker.overflowed():
            return f"out of memory: more than {self.limits.memory // MB} MB"
        return "the process ended in the middle of the call"

    def _lost(self, status: str, message: str) -> SubmissionLost:
        self.close()
        return SubmissionLost(status, message)


def _status(types: tuple[str, ...]) -> str:
    if "NotImplementedError" in types:
        return "not started"
    return "refused" if types[:1] == ("ShortcutRefused",) else "error"
