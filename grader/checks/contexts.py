"""Settings that hold within a context."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Value = TypeVar("Value")


@contextmanager
def within(variable: ContextVar[Value], value: Value) -> Iterator[None]:
    """Within this context the variable has that value."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)
