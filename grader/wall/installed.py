"""Installed libraries: which files a process needs to import them and nothing else."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

WORKERS = ("msgpack", "numpy")
"""What a worker itself imports, whatever its chapter does: messages may hold arrays."""


def library_folders(libraries: tuple[str, ...]) -> list[str]:
    """The folders in which the libraries are installed."""
    return sorted({str(path.parent) for path in library_files(libraries)})


@cache
def library_files(libraries: tuple[str, ...]) -> list[Path]:
    """The installed files and folders of the distributions and all that they require."""
    return sorted(set(_library_files(libraries)))


def _library_files(libraries: Iterable[str]) -> Iterator[Path]:
    pending, seen = list(libraries), set[str]()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        pending.extend(_requirements(distribution))
        for part in _top_level(distribution, name):
            path = Path(str(distribution.locate_file(part)))
            if path.exists():
                yield path


def _requirements(distribution: importlib.metadata.Distribution) -> Iterator[str]:
    for line in distribution.requires or ():
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name


def _top_level(distribution: importlib.metadata.Distribution, name: str) -> set[str]:
    """The first parts of the paths that the distribution installed."""
    record = distribution.read_text("RECORD")
    if record is None:
        listed = distribution.read_text("top_level.txt")
        return set((listed or name.replace("-", "_")).split())
    parts = {line.split(",")[0].split("/")[0] for line in record.splitlines()}
    return parts - {"..", "__pycache__", ""}
