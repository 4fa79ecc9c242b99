"""Reading a course: its `exercises/course.toml` as data, and its Python files as modules."""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.course.model import Chapter, Course, CourseError, CoursePath, Exercise, Refused
from grader.wall.limits import Limits

POINTS = 100
HINTS = 3

CHAPTER_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
"""What can be typed before the dot of `ch3.layer_norm`, and names a file and a notebook's cell."""


def load_course(root: Path) -> Course:
    """Read `exercises/course.toml` under `root`.  Raises CourseError."""
    path = root / "exercises" / "course.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CourseError(f"{path}: {error.strerror}") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise CourseError.at(path, int(found[1]) if found else 1, str(error)) from None
    reader = _Reader(path, text)
    chapters = tuple(reader.chapter(entry) for entry in data.get("chapter", ()))
    if not chapters:
        raise CourseError.at(path, 1, "no [[chapter]] in the course")
    paths = tuple(reader.course_path(entry, chapters) for entry in data.get("path", ()))
    name, about = str(data.get("name", root.name)), str(data.get("about", ""))
    return Course(name, root, chapters, about, paths)


class _Reader:
    """Turns TOML tables into data classes, with errors that name the line."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.lines = path, text.splitlines()

    def error(self, near: str, message: str) -> CourseError:
        pattern = re.compile(rf'=\s*"{re.escape(near)}"')
        numbers = (n for n, line in enumerate(self.lines, 1) if pattern.search(line))
        return CourseError.at(self.path, next(numbers, 1), message)

    def chapter(self, entry: dict[str, Any]) -> Chapter:
        name = str(entry.get("id", ""))
        for key in ("id", "module", "title"):
            if not isinstance(entry.get(key), str):
                raise self.error(name, f"chapter {name or '?'} needs a {key}")
        if not CHAPTER_ID.fullmatch(name):
            raise self.error(name, f"{name!r} is no id of a chapter: letters, digits, _ and -")
        exercises = tuple(self.exercise(name, item) for item in entry.get("exercise", ()))
        names = [exercise.name for exercise in exercises]
        for exercise in exercises:
            if names.count(exercise.name) > 1:
                raise self.error(exercise.name, f"exercise {exercise.id} stands twice")
        total = sum(exercise.points for exercise in exercises)
        if total != POINTS:
            raise self.error(name, f"points of {name} sum to {total}, not {POINTS}")
        return Chapter(
            id=name,
            module=entry["module"],
            title=entry["title"],
            imports=self.names(name, entry, "imports", ("numpy",)),
            preload=self.names(name, entry, "preload", ()),
            refused=tuple(self.refused(name, entry)),
            exercises=exercises,
            limits=self.limits(name, entry.get("limits", {})),
        )

    def course_path(self, entry: dict[str, Any], chapters: tuple[Chapter, ...]) -> CoursePath:
        name, title, along = (entry.get(key) for key in ("name", "title", "chapters"))
        known = [chapter.id for chapter in chapters]
        if not isinstance(name, str) or not isinstance(title, str):
            raise self.error(str(name), f"path {name or '?'} needs a name and a title")
        if any(name in chapter.names for chapter in chapters):
            raise self.error(name, f"path {name} is called like a chapter")
        if not isinstance(along, list) or not along:
            raise self.error(name, f"path {name} needs chapters, a list of their ids")
        for one in along:
            if one not in known:
                raise self.error(name, f"path {name} leads to {one}, which is no chapter")
        return CoursePath(name, title, tuple(along))

    def exercise(self, chapter: str, entry: dict[str, Any]) -> Exercise:
        name, points, hints = entry.get("name"), entry.get("points"), entry.get("hints")
        if not isinstance(name, str):
            raise self.error(chapter, f"an exercise of {chapter} needs a name")
        if type(points) is not int or points <= 0:
            raise self.error(name, f"exercise {chapter}.{name} needs points, a positive integer")
        if not isinstance(hints, list) or len(hints) != HINTS:
            raise self.error(name, f"exercise {chapter}.{name} needs {HINTS} hints")
        hidden = entry.get("hidden")
        if hidden is not None and (type(hidden) is not int or hidden < 0):
            raise self.error(name, f"exercise {chapter}.{name}: hidden is a number of checks")
        return Exercise(chapter, name, points, tuple(str(hint) for hint in hints), hidden)

    def names(
        self, chapter: str, entry: dict[str, Any], key: str, default: tuple[str, ...]
    ) -> tuple[str, ...]:
        names = entry.get(key, default)
        if not isinstance(names, (list, tuple)) or not all(isinstance(one, str) for one in names):
            raise self.error(chapter, f"{key} of {chapter} is a list of module names")
        return tuple(names)

    def refused(self, chapter: str, entry: dict[str, Any]) -> Iterator[Refused]:
        for table in entry.get("refused", ()):
            names = table.get("names")
            if not isinstance(names, list) or not isinstance(table.get("why"), str):
                raise self.error(chapter, f"refused shortcuts of {chapter} need names and why")
            yield from (Refused(str(name), table["why"]) for name in names)

    def limits(self, chapter: str, entry: dict[str, Any]) -> Limits:
        try:
            return Limits(**entry)
        except TypeError:
            unknown = ", ".join(sorted(set(entry) - set(Limits.__dataclass_fields__)))
            raise self.error(chapter, f"unknown limits in {chapter}: {unknown}") from None


def load_module(path: Path, name: str) -> ModuleType:
    """Run the file as module `name`, afresh on every call."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
