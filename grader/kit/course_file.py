"""The `course.toml` of a student kit: titles, points, hints, and counts of what is not in it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from grader.course.model import Chapter, Course, Exercise
from grader.wall.limits import Limits


def course_file(course: Course, chapters: tuple[Chapter, ...], hidden: dict[str, int]) -> str:
    """The file's text; `hidden` counts the hidden checks of each exercise, by its id."""
    tables = [f"name = {_toml(course.name)}\n"]
    tables += _paths(course, {chapter.id for chapter in chapters})
    for chapter in chapters:
        tables += _chapter(chapter, hidden)
    return "\n".join(tables)


def _paths(course: Course, given: set[str]) -> Iterator[str]:
    """The paths through the course, as far as the kit has their chapters."""
    for path in course.paths:
        chapters = [one for one in path.chapters if one in given]
        if chapters:
            own = {"name": path.name, "title": path.title, "chapters": chapters}
            yield _table("[[path]]", own)


def _chapter(chapter: Chapter, hidden: dict[str, int]) -> Iterator[str]:
    head = ("id", "module", "title", "imports", *(["preload"] if chapter.preload else []))
    yield _table("[[chapter]]", {key: getattr(chapter, key) for key in head})
    default = asdict(Limits())
    limits = {key: own for key, own in asdict(chapter.limits).items() if own != default[key]}
    if limits:
        yield _table("[chapter.limits]", limits)
    for why, entries in itertools.groupby(chapter.refused, key=lambda entry: entry.why):
        names = [entry.name for entry in entries]
        yield _table("[[chapter.refused]]", {"names": names, "why": why})
    for exercise in chapter.exercises:
        yield _exercise(exercise, hidden[exercise.id])


def _exercise(exercise: Exercise, hidden: int) -> str:
    own = {key: getattr(exercise, key) for key in ("name", "points", "hints")}
    return _table("[[chapter.exercise]]", {**own, "hidden": hidden})


def _table(head: str, values: Mapping[str, object]) -> str:
    return "\n".join([head, *(f"{key} = {_toml(value)}" for key, value in values.items()), ""])


def _toml(value: object) -> str:
    """Text, numbers and lists of them are written alike in JSON and in TOML."""
    return json.dumps(value, ensure_ascii=False)
