"""What a judge asks a worker, as one of two requests."""

from __future__ import annotations

from typing import Any

from grader.wall.tokens import Function

Request = dict[str, Any]


def to_call(name: str, arguments: list[Any], keywords: dict[str, Any]) -> Request:
    """Call a function of the submission."""
    return {"name": name, "arguments": arguments, "keywords": keywords}


def to_probe(probe: Function, arguments: list[Any]) -> Request:
    """Run a small function of the course beside the submission."""
    return {"name": probe.name, "source": probe.source, "arguments": arguments}
