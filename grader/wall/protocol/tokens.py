"""Stand-ins for what is not plain data: they cross the wall as a seed, as source, or as a name."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

LIBRARIES = {"np": "numpy", "torch": "torch"}


@dataclass(frozen=True)
class Opaque:
    """Stands for a value that is not plain data; equal to nothing that a check expects."""

    type_name: str


@dataclass(frozen=True)
class Generator:
    """A `numpy.random.Generator` that travels as its seed."""

    seed: int


@dataclass(frozen=True)
class Function:
    """A function that travels as source; `bound` are its keyword arguments fixed beforehand.

    `shown` is what a report shows in its place; it stays on the judge's side of the wall.
    """

    name: str
    source: str
    bound: dict[str, Any]
    shown: str = ""

    def define(self) -> Any:
        """Run the source, with np (and torch where it is loaded) in scope; the function."""
        scope: dict[str, Any] = {
            name: sys.modules[lib] for name, lib in LIBRARIES.items() if lib in sys.modules
        }
        exec(_compiled(self.source, self.name), scope)
        bound = materialise(self.bound)
        return functools.partial(scope[self.name], **bound) if bound else scope[self.name]


@functools.cache
def _compiled(source: str, name: str) -> Any:
    return compile(source, f"<{name}>", "exec")


def materialise(value: Any) -> Any:
    """Turn the seeds and sources in a structure into generators and functions."""
    if isinstance(value, Generator):
        return np.random.default_rng(value.seed)
    if isinstance(value, Function):
        return value.define()
    if isinstance(value, (list, tuple)):
        return type(value)(materialise(item) for item in value)
    if isinstance(value, dict):
        return {key: materialise(item) for key, item in value.items()}
    return value


Request = dict[str, Any]


def to_call(name: str, arguments: list[Any], keywords: dict[str, Any]) -> Request:
    """Call a function of the submission."""
    return {"name": name, "arguments": arguments, "keywords": keywords}


def to_probe(probe: Function, arguments: list[Any]) -> Request:
    """Run a small function of the course beside the submission."""
    return {"name": probe.name, "source": probe.source, "arguments": arguments}
