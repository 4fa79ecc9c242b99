"""A worker that is a process of its own from the start; see `spawned.py`."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass

from grader.wall.inside.confinement import adopt_orphans, hide_the_engine, limit
from grader.wall.inside.files import close_proc
from grader.wall.inside.system_calls import install
from grader.wall.inside.worker import detach_standard_streams, serve
from grader.wall.protocol.channel import Channel
from grader.wall.protocol.libraries import load, preload
from grader.wall.protocol.line import take_up
from grader.wall.protocol.requests import READY


@dataclass
class Settings:
    """What a worker is told on its command line, as JSON."""

    control: str
    libraries: list[str]
    preload: list[str]
    frame: int
    limits: dict[str, int]


def main() -> None:
    """Load the libraries, say so, and serve one submission."""
    settings = Settings(**json.loads(sys.argv[1]))
    end = take_up(settings.control)
    load(settings.libraries)
    preload(settings.preload)
    hide_the_engine()
    detach_standard_streams()
    limit(settings.limits)
    adopt_orphans()
    install()
    close_proc()
    end.sendall(READY)
    serve(Channel(end, settings.frame))
