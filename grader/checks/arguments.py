"""Arguments that are not plain data: they cross the wall as a seed or as source."""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.wall.wire import Function, Generator


def generator(seed: int) -> Generator:
    """A fresh `numpy.random.default_rng(seed)` on whichever side the call happens."""
    return Generator(seed)


def function(definition: Callable[..., Any], **bound: Any) -> Function:
    """A function of the check file to pass as an argument, some keyword arguments fixed.

    It must stand on its own: it may use `np` (and `torch` in a torch chapter) and nothing else
    from the file around it.
    """
    return Function(definition.__name__, source_of(definition), bound)


@functools.cache
def source_of(definition: Callable[..., Any]) -> str:
    """The source of a top-level function, to be run on the other side of the wall."""
    return textwrap.dedent(inspect.getsource(definition))


def materialise(value: Any, namespace: dict[str, Any]) -> Any:
    """Turn seeds and sources into generators and functions; `namespace` holds what they may use."""
    if isinstance(value, Generator):
        return np.random.default_rng(value.seed)
    if isinstance(value, Function):
        scope = dict(namespace)
        exec(compile(value.source, f"<{value.name}>", "exec"), scope)
        bound = materialise(value.bound, namespace)
        return functools.partial(scope[value.name], **bound) if bound else scope[value.name]
    if isinstance(value, (list, tuple)):
        return type(value)(materialise(item, namespace) for item in value)
    if isinstance(value, dict):
        return {key: materialise(item, namespace) for key, item in value.items()}
    return value
