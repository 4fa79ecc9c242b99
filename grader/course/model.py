"""The course model: chapters and exercises as plain data, and where their files stand."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader.wall.limits import Limits

SHIPPED = "shipped"
"""The folder of the installed package that a wheel carries the course in."""


class OneLine(Exception):
    """An error whose message says it all."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the message, and no lines of the grader's own."""
        return [f"grade: {self}"]


class CourseError(OneLine):
    """Something in the course's own files is wrong; the message names the file and line."""

    @classmethod
    def at(cls, path: Path, line: int, message: str) -> CourseError:
        return cls(f"{path}:{line}: {message}")


class NoCourse(OneLine):
    """There is no course where grade was run."""


class UnknownName(OneLine):
    """No chapter or exercise has that name; the message suggests the nearest."""


@dataclass(frozen=True)
class Refused:
    """A library function that is an exercise's answer itself, and why it may not be used."""

    name: str
    why: str


@dataclass(frozen=True)
class Exercise:
    """One function or class that a student writes.

    In a student kit `hidden` counts the checks that await at submission; elsewhere it is None.
    """

    chapter: str
    name: str
    points: int
    hints: tuple[str, ...]
    hidden: int | None = None

    @property
    def id(self) -> str:
        return f"{self.chapter}.{self.name}"


@dataclass(frozen=True)
class Chapter:
    """One topic: a module of exercises, its allowed imports and its limits."""

    id: str
    module: str
    title: str
    imports: tuple[str, ...]
    preload: tuple[str, ...]
    refused: tuple[Refused, ...]
    exercises: tuple[Exercise, ...]
    limits: Limits

    @property
    def number(self) -> int | None:
        """The number in its id; a chapter may be called `kmeans` and have none."""
        found = re.search(r"\d+", self.id)
        return int(found[0]) if found else None

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called on a command line: `ch3`, its module's name, `3`, `ch03`."""
        short = () if self.number is None else (str(self.number), f"ch{self.number:02}")
        return (self.id, self.module, *short)

    @property
    def refusals(self) -> dict[str, str]:
        """The library functions that are refused, by name, and why."""
        return {entry.name: entry.why for entry in self.refused}

    def exercise(self, name: str) -> Exercise:
        """Raises UnknownName."""
        for exercise in self.exercises:
            if exercise.name == name:
                return exercise
        raise _unknown(f"{self.id}.{name}", [exercise.id for exercise in self.exercises])


@dataclass(frozen=True)
class CoursePath:
    """A path through a course: some chapters in the order to take them.  It locks nothing."""

    name: str
    title: str
    chapters: tuple[str, ...]


@dataclass(frozen=True)
class Course:
    """A folder of chapters."""

    name: str
    root: Path
    chapters: tuple[Chapter, ...]
    about: str = ""
    """What the course is, in Markdown, for its start page."""
    paths: tuple[CoursePath, ...] = ()

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        return {entry.id: entry for chapter in self.chapters for entry in chapter.exercises}

    @property
    def is_kit(self) -> bool:
        """Whether it is a student kit: practice checks and stubs, no references, no mistakes."""
        return any(entry.hidden is not None for entry in self.exercises.values())

    def whole(self) -> Course:
        """This course, for what needs its references.  Raises NoCourse in a student kit."""
        if self.is_kit:
            raise NoCourse("this is a student kit: only the course it was made of can do that")
        return self

    def chapter(self, name: str) -> Chapter:
        """The chapter called `ch3`, `3`, `ch03` or by its module's name.  Raises UnknownName."""
        for chapter in self.chapters:
            if name in chapter.names:
                return chapter
        raise _unknown(name, [chapter.id for chapter in self.chapters])

    def along(self, name: str) -> tuple[Chapter, ...]:
        """The chapters of the path of that name, or the chapter.  Raises UnknownName."""
        for path in self.paths:
            if path.name == name:
                return tuple(self.chapter(one) for one in path.chapters)
        return (self.chapter(name),)

    def select(self, target: str) -> tuple[Chapter, Exercise | None]:
        """The chapter and exercise that `ch3` or `ch3.layer_norm` means.  Raises UnknownName."""
        name, _, exercise = target.partition(".")
        if not exercise and target not in {chapter.id for chapter in self.chapters}:
            for chapter in self.chapters:
                for entry in chapter.exercises:
                    if entry.name == target:
                        return chapter, entry
            known = {entry.name: entry.id for entry in self.exercises.values()}
            near = difflib.get_close_matches(target, known, n=1, cutoff=0.75)
            if near and not name.startswith("ch"):
                raise UnknownName(f"there is no {target}: did you mean {known[near[0]]}?")
        chapter = self.chapter(name)
        return chapter, chapter.exercise(exercise) if exercise else None

    def solution(self, chapter: Chapter) -> Path:
        return self.root / "solutions" / f"{chapter.module}.py"

    def stub(self, chapter: Chapter) -> Path:
        return self.root / "exercises" / f"{chapter.module}.py"

    def checks(self, chapter: Chapter) -> Path:
        return self.root / "tests" / "checks" / f"test_{chapter.module}.py"

    def pictures(self, chapter: Chapter) -> Path:
        return self.root / "pictures" / f"{chapter.module}.py"

    def mistakes(self, chapter: Chapter) -> Path:
        return self.root / "tests" / "mistakes" / f"{chapter.module}.py"

    def alternates(self, chapter: Chapter) -> Path:
        return self.root / "tests" / "alternates" / f"{chapter.module}.py"

    def oracles(self, chapter: Chapter) -> Path:
        return self.root / "tests" / "oracles" / f"{chapter.module}.py"


def find_own_course(start: Path) -> Path:
    """The nearest folder at or above `start` that holds a course.  Raises NoCourse."""
    for folder in (start, *start.parents):
        if (folder / "exercises" / "course.toml").is_file():
            return folder
    raise NoCourse(f"no exercises/course.toml in {start} or above: run this in a course folder")


def find_course(start: Path) -> Path:
    """The nearest folder at or above `start` that holds a course, else the one we came with.

    Raises NoCourse if there is none.
    """
    engine = Path(__file__).resolve().parent.parent
    for folder in (start, *start.parents, engine.parent, engine / SHIPPED):
        if (folder / "exercises" / "course.toml").is_file():
            return folder
    raise NoCourse(f"no exercises/course.toml in {start} or above: run grade in a course folder")


def _unknown(name: str, known: list[str]) -> UnknownName:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        return UnknownName(f"there is no {name}: did you mean {near[0]}?")
    return UnknownName(f"there is no {name}: `grade list` shows what there is")
