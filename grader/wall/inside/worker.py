"""The untrusted side: runs a submission in a process of its own and answers with plain data.

Nothing here decides anything.  Whatever a submission does to this process, the judge believes
none of it: it compares the data that comes back.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable
from typing import Any

from grader.wall.inside.allowance import Allowance
from grader.wall.inside.guard import Guard
from grader.wall.inside.loading import Loader
from grader.wall.inside.problems import described
from grader.wall.protocol.arrays import WireError
from grader.wall.protocol.channel import Channel, ChannelClosed
from grader.wall.protocol.tokens import Function, materialise
from grader.wall.protocol.wire import unpack_question

PRINTED = 2000
"""Characters of printed output that travel with an answer."""


class Printed(io.TextIOBase):
    """Collects what is printed, up to a limit; the rest is dropped."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size, self.parts = limit, 0, list[str]()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        kept = text[: max(0, self.limit - self.size)]
        if kept:
            self.parts.append(kept)
            self.size += len(kept)
        return len(text)

    def take(self) -> str:
        """What was printed since the last time."""
        text = "".join(self.parts)
        self.parts, self.size = [], 0
        return text[:PRINTED]


def serve(channel: Channel, guard: Guard | None = None) -> None:
    """Answer the judge's requests until it hangs up; `guard` may refuse what is to be refused."""
    with contextlib.suppress(ChannelClosed):
        first = channel.receive()
        worker = Worker(unpack_question(first["request"]), guard)
        channel.send({"id": first["id"], **worker.loaded})
        while True:
            message = channel.receive()
            answer = worker.answer(unpack_question(message["request"]))
            try:
                channel.send({"id": message["id"], **answer})
            except WireError as error:
                raised = {"types": ["WireError"], "text": str(error), "lines": []}
                channel.send({"id": message["id"], "raised": raised, "printed": ""})


class Worker:
    """A loaded submission."""

    def __init__(self, order: dict[str, Any], guard: Guard | None = None) -> None:
        self.printed = Printed(order["printed"])
        sys.stdout = sys.stderr = self.printed
        if order["core"] is not None and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {order["core"]})
        known = guard is not None and guard.refused == order["refused"]
        self.guard = guard if guard is not None and known else Guard(order["refused"])
        allowance = Allowance(*order["seconds"])
        loader = Loader(order["module"], order["files"], allowance, order["notebook"])
        self.own_files = loader.own_files
        self.module = loader.run()
        self.probes: dict[tuple[str, str], Callable[..., Any]] = {}
        defined = [name for name, value in vars(self.module).items() if callable(value)]
        self.loaded = {
            "defined": defined,
            "problems": loader.problems.told,
            "more": loader.problems.more,
            "uncompiled": loader.problems.uncompiled,
            "printed": self.printed.take(),
        }

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The outcome of one call or probe, as data."""
        self.guard.forget()
        try:
            value = self._run(request)
        except BaseException as error:
            raised = described(self.guard.cause_of(error), self.own_files)
            return {"raised": raised, "printed": self.printed.take()}
        return {"value": value, "printed": self.printed.take()}

    def _run(self, request: dict[str, Any]) -> Any:
        arguments = materialise(request["arguments"])
        if "source" in request:
            return self._probe(request["name"], request["source"])(self.module, *arguments)
        function = getattr(self.module, request["name"])
        return function(*arguments, **materialise(request["keywords"]))

    def _probe(self, name: str, source: str) -> Callable[..., Any]:
        if (name, source) not in self.probes:
            self.probes[name, source] = Function(name, source, {}).define()
        return self.probes[name, source]


def detach_standard_streams() -> None:
    """Point descriptors 0, 1 and 2 at nothing: a submission's output is not the judge's."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
