"""The two objects a check talks to, `submission` and `reference`, and what a call left behind."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, runtime_checkable

from grader.checks.arguments import source_of
from grader.wall.errors import SubmissionError
from grader.wall.protocol.tokens import Function, materialise, to_call, to_probe
from grader.wall.protocol.wire import pack, pack_question, unpack, unpack_question


class Backend(Protocol):
    """Whoever computes answers: a namespace in this process, or a worker behind the wall."""

    @property
    def printed(self) -> str:
        """What the submission printed during its last answer."""

    def defines(self, name: str) -> bool:
        """Whether the submission offers a function or class of that name."""

    def call(self, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Call a function of the submission; returns plain data or raises SubmissionError."""

    def probe(self, probe: Function, arguments: list[Any]) -> Any:
        """Run a small function beside the submission; returns plain data."""


@runtime_checkable
class AskedAhead(Protocol):
    """A backend that answers faster when it knows what will be asked."""

    def foresee(self, requests: Sequence[bytes]) -> None:
        """Take notice of what will probably be asked, packed, in that order; () ends that."""


@dataclass(frozen=True)
class Probe:
    """A small function of the course that runs beside the submission, which is its first argument.

    `parameters` are the names of the others, and `about` says in a line what it does.
    """

    function: Function
    parameters: tuple[str, ...]
    about: str | None = None

    @classmethod
    @functools.cache
    def of(cls, definition: Callable[..., Any]) -> Probe:
        """A function of the check file as a probe."""
        _, *parameters = inspect.signature(definition).parameters
        about = (inspect.getdoc(definition) or "").partition("\n")[0] or None
        function = Function(definition.__name__, source_of(definition), {})
        return cls(function, tuple(parameters), about)


@dataclass
class Call:
    """One request of a check and its outcome, kept for the counterexample and the diagnosis."""

    name: str
    arguments: list[Any]
    keywords: dict[str, Any]
    probe: Probe | None = None
    returned: Any = None
    error: SubmissionError | None = None
    done: bool = False
    printed: str = ""

    def ask(self, backend: Backend) -> Any:
        """Make this call again, of anyone."""
        if self.probe is None:
            return backend.call(self.name, self.arguments, self.keywords)
        return backend.probe(self.probe.function, self.arguments)

    def packed(self) -> bytes:
        """The request that this call is to a worker."""
        if self.probe is None:
            return pack(to_call(self.name, self.arguments, self.keywords))
        return pack(to_probe(self.probe.function, self.arguments))


class Answers:
    """Looks like the submission's module to a check; every answer is plain data."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._calls: list[Call] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *arguments, **keywords: self._ask(Call(name, list(arguments), keywords))

    def probe(self, probe: Callable[..., Any] | Probe, *arguments: Any) -> Any:
        """Run `probe(module, *arguments)` beside the submission and return its data."""
        known = probe if isinstance(probe, Probe) else Probe.of(probe)
        return self._ask(Call(known.function.name, list(arguments), {}, known))

    def _ask(self, call: Call) -> Any:
        self._calls.append(call)
        try:
            call.returned = call.ask(self._backend)
        except SubmissionError as error:
            call.error = error
            raise
        finally:
            call.printed = self._backend.printed
        call.done = True
        return call.returned


class Local:
    """Answers from a trusted namespace in this process, through the same plain data."""

    printed = ""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace

    def defines(self, name: str) -> bool:
        return name in self.namespace

    def call(self, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        if name not in self.namespace:
            raise SubmissionError("missing", text=f"{name} is not defined")
        asked = pack_question((arguments, keywords))
        return unpack(self.answer(name, asked, lambda: self.namespace[name]))

    def probe(self, probe: Function, arguments: list[Any]) -> Any:
        asked = pack_question((arguments, {}))
        module = Namespace(self.namespace)
        return unpack(self.answer(probe.source, asked, lambda: partial(probe.define(), module)))

    def answer(self, name: str, asked: bytes, function: Callable[[], Callable[..., Any]]) -> bytes:
        """The answer as it would come over a wall: nothing of the question can be changed."""
        given, named = materialise(unpack_question(asked))
        try:
            return pack(function()(*given, **named))
        except Exception as error:
            names = tuple(kind.__name__ for kind in inspect.getmro(type(error)))
            status = "not started" if "NotImplementedError" in names else "error"
            raise SubmissionError(status, names, str(error)) from error


class Once(Local):
    """A namespace that is asked once: functions of the course answer the same again."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__(namespace)
        self.known: dict[tuple[str, bytes], bytes] = {}

    def answer(self, name: str, asked: bytes, function: Callable[[], Callable[..., Any]]) -> bytes:
        known = self.known.get((name, asked))
        if known is None:
            known = self.known[name, asked] = super().answer(name, asked, function)
        return known


class Namespace:
    """A namespace with attributes: what a probe sees as the submission's module."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.__dict__.update(namespace)
