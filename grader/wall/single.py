"""A worker that is a process of its own from the start; see `spawned.py`."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

from grader.wall.channel import Channel
from grader.wall.confinement import hide_the_engine, limit
from grader.wall.libraries import load
from grader.wall.line import take_up
from grader.wall.signs import READY
from grader.wall.worker import detach_standard_streams, serve


@dataclass
class Settings:
    """What a worker is told on its command line, as JSON."""

    control: str
    libraries: list[str]
    frame: int
    limits: dict[str, int]


def main() -> None:
    """Load the libraries, say so, and serve one submission."""
    settings = Settings(**json.loads(sys.argv[1]))
    end = take_up(settings.control)
    load(settings.libraries)
    hide_the_engine()
    detach_standard_streams()
    limit(settings.limits)
    end.sendall(READY)
    serve(Channel(end, settings.frame))
