"""Arguments that are not plain data: they cross the wall as a seed or as source."""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from grader.wall.protocol.tokens import Function, Generator


def generator(seed: int) -> Generator:
    """A fresh `numpy.random.default_rng(seed)` on whichever side the call happens."""
    return Generator(seed)


def function(definition: Callable[..., Any], **bound: Any) -> Function:
    """A function of the check file to pass as an argument, some keyword arguments fixed.

    It must stand on its own: it may use `np` (and `torch` in a torch chapter) and nothing else
    from the file around it.
    """
    return Function(definition.__name__, source_of(definition), bound)


def shown(definition: Callable[..., Any], text: str, **bound: Any) -> Function:
    """The same, where a report shows `text` in its place: a model as PyTorch prints it."""
    return Function(definition.__name__, source_of(definition), bound, text)


@functools.cache
def source_of(definition: Callable[..., Any]) -> str:
    """The source of a top-level function, to be run on the other side of the wall."""
    return textwrap.dedent(inspect.getsource(definition))
