"""`grade init`: a folder to work in, written from the course that came with the installation."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from grader.course.model import Chapter, Course, NoCourse
from grader.student.workspace import FOLDER, Workspace

PROJECT = """\
# Settings for editors and language servers; grade itself needs none of them.
[tool.pyright]
include = ["exercises"]
extraPaths = ["exercises"]
typeCheckingMode = "basic"

[tool.ruff]
line-length = 100

[tool.ruff.lint.per-file-ignores]
"exercises/*" = ["F401", "E741"]
"""


def initialise(course: Course, folder: Path, chapters: tuple[Chapter, ...]) -> Iterator[str]:
    """Write what is missing, never over what is there; yields a line for each file.

    Raises NoCourse where the folder is a course of its own.
    """
    if (folder / FOLDER / "course.toml").is_file():
        raise NoCourse(f"{folder} is a course already: grade next says where to begin")
    for path, text in _files(course, folder, chapters):
        yield _written(folder, path, text)


def _files(
    course: Course, folder: Path, chapters: tuple[Chapter, ...]
) -> Iterator[tuple[Path, str]]:
    workspace = Workspace(course, folder / FOLDER)
    for chapter in chapters:
        stub = workspace.stub(chapter)
        if stub is not None:
            yield workspace.file(chapter), stub
    yield folder / "pyproject.toml", PROJECT
    yield folder / ".vscode" / "settings.json", _json(_settings())
    yield folder / ".vscode" / "tasks.json", _json(_tasks())


def _written(folder: Path, path: Path, text: str) -> str:
    shown = path.relative_to(folder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        return f"kept  {shown}"
    except OSError as error:
        raise NoCourse(f"{path} cannot be written: {error.strerror}") from None
    return f"wrote {shown}"


def _settings() -> dict[str, object]:
    """The interpreter that has the course's libraries, so that completion works at once."""
    return {
        "python.defaultInterpreterPath": sys.executable,
        "python.analysis.extraPaths": ["exercises"],
        "files.exclude": {"**/__pycache__": True, "exercises/.backups": True},
    }


def _tasks() -> dict[str, object]:
    watch = {
        "label": "grade watch",
        "type": "shell",
        "command": f'"{sys.executable}" -m grader watch',
        "isBackground": True,
        "problemMatcher": [],
        "presentation": {"reveal": "always", "panel": "dedicated"},
    }
    return {"version": "2.0.0", "tasks": [watch]}


def _json(data: dict[str, object]) -> str:
    return json.dumps(data, indent=2) + "\n"
