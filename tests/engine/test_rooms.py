"""The picture of the rooms in `grader/README.md` is true: imports go downwards, in no circle."""

from __future__ import annotations

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[2] / "grader"
LONGEST = 300
"""Lines of a file of the engine: what is longer has two concerns."""

OUTSIDE = ("shipped",)
"""The course that a wheel carries: no room of the engine."""


def files() -> list[Path]:
    return [
        path
        for path in sorted(ENGINE.rglob("*.py"))
        if path.relative_to(ENGINE).parts[0] not in OUTSIDE
    ]


def name_of(path: Path) -> str:
    parts = ("grader", *path.relative_to(ENGINE).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in files()}


def imports(name: str) -> set[str]:
    """The modules of the engine that one imports, also on demand and for types only."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (inside & MODULES.keys()) or {node.module}
    return (found & MODULES.keys()) - {name}


IMPORTS = {name: imports(name) for name in MODULES}


def picture() -> dict[str, int]:
    """The floor of each room, counted from above."""
    text = (ENGINE / "README.md").read_text(encoding="utf-8")
    drawn = text.partition("## The rooms")[2].split("```")[1]
    return {
        f"wall/{room}" if room in ("inside", "protocol") else room: floor
        for floor, line in enumerate(drawn.splitlines())
        for room in re.findall(r"(\w+)/", line)
    }


def room_of(name: str) -> str:
    """The room of a module; empty for what stands in the hall: `grader` itself and `__main__`."""
    *folders, _ = MODULES[name].relative_to(ENGINE).parts
    return "/".join(folders)


UNDRAWN = {"", "exports/templates", "server/migrations", "server/migrations/versions"}
"""The hall, and folders of what is written out or run by others."""


def test_the_picture_shows_every_room_and_no_other():
    rooms = {room_of(name) for name in MODULES} - UNDRAWN
    assert rooms == set(picture())


def test_imports_go_downwards():
    floors = picture()
    upwards = [
        (name, other)
        for name, others in IMPORTS.items()
        for other in others
        if floors.get(room_of(other), len(floors)) < floors.get(room_of(name), -1)
    ]
    assert upwards == []


def test_there_is_no_circle():
    rooms: dict[str, set[str]] = {}
    for name, others in IMPORTS.items():
        if room_of(name):
            own = rooms.setdefault(room_of(name), set())
            own |= {room_of(other) for other in others} - {room_of(name), ""}
    for graph in (IMPORTS, rooms):
        TopologicalSorter(graph).prepare()  # raises CycleError


def test_no_file_has_two_concerns():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files()}
    assert [path for path, length in lengths.items() if length > LONGEST] == []


def test_a_planted_circle_would_be_found():
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"c"}, "c": {"a"}}).prepare()
