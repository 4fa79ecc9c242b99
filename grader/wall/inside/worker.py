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
from types import ModuleType
from typing import Any

from grader.wall.inside.loading import Loader, described
from grader.wall.protocol.channel import Channel, ChannelClosed
from grader.wall.protocol.tokens import Function, materialise
from grader.wall.protocol.wire import WireError, unpack

PRINTED = 2000
"""Characters of printed output that travel with an answer."""


class ShortcutRefused(Exception):
    """The submission called a library function that is the exercise itself."""


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


def serve(channel: Channel) -> None:
    """Answer the judge's requests until it hangs up."""
    with contextlib.suppress(ChannelClosed):
        first = channel.receive()
        worker = Worker(unpack(first["request"]))
        channel.send({"id": first["id"], **worker.loaded})
        while True:
            message = channel.receive()
            answer = worker.answer(unpack(message["request"]))
            try:
                channel.send({"id": message["id"], **answer})
            except WireError as error:
                raised = {"types": ["WireError"], "text": str(error), "lines": []}
                channel.send({"id": message["id"], "raised": raised, "printed": ""})


class Worker:
    """A loaded submission."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.printed = Printed(order["printed"])
        sys.stdout = sys.stderr = self.printed
        if order["core"] is not None and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {order["core"]})
        for name, why in order["refused"].items():
            _guard(name, why)
        loader = Loader(order["module"], order["files"], order["seconds"])
        self.own_files = {f"{name}.py" for name in order["files"]}
        self.module = loader.run()
        self.probes: dict[tuple[str, str], Callable[..., Any]] = {}
        defined = [name for name, value in vars(self.module).items() if callable(value)]
        self.loaded = {
            "defined": defined,
            "problems": loader.problems,
            "printed": self.printed.take(),
        }

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The outcome of one call or probe, as data."""
        try:
            value = self._run(request)
        except BaseException as error:
            raised = described(error, self.own_files)
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


def _guard(name: str, why: str) -> None:
    """Replace a library's function by one that refuses, if the library is loaded."""
    path, _, last = name.rpartition(".")
    owner: Any = sys.modules.get(path) or _resolve(path)
    if owner is None or not hasattr(owner, last):
        return

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise ShortcutRefused(f"{name} may not be used here: {why}")

    with contextlib.suppress(AttributeError, TypeError):
        setattr(owner, last, refuse)


def _resolve(path: str) -> Any:
    first, *rest = path.split(".")
    owner: ModuleType | None = sys.modules.get(first)
    for name in rest:
        owner = getattr(owner, name, None)
    return owner


def detach_standard_streams() -> None:
    """Point descriptors 0, 1 and 2 at nothing: a submission's output is not the judge's."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
