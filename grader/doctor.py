"""`grade doctor`: what grades here, in which versions, and what is missing."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterator

from grader.wall.isolation import PROCESS, USER, detect

LIBRARIES = ("numpy", "torch", "hypothesis", "msgpack", "rich", "typer")
WEAK = {
    PROCESS: (
        "  good enough to practise: a separate process with limits on time and memory\n"
        "  not for marks: it can read files and use the network"
    ),
    USER: (
        "  good enough for a container that serves one submission: a user of its own, who\n"
        "  cannot read what only root may read; it can read other files and use the network"
    ),
}


def findings() -> Iterator[str]:
    """A line for each thing worth knowing."""
    isolation = detect()
    yield f"isolation   {isolation.name}: {isolation.why}"
    if not isolation.strong:
        yield WEAK[isolation.name]
    yield f"python      {platform.python_version()} on {platform.system()}"
    for name in LIBRARIES:
        try:
            yield f"{name:<11} {importlib.metadata.version(name)}"
        except importlib.metadata.PackageNotFoundError:
            yield f"{name:<11} missing: pip install gradschool"
