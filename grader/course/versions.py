"""Versions: hashes of all that decides about marks, but for the submission.

An exercise has a version of its own, so that a changed check is judged again in its exercise and
nowhere else.  What a version covers is found in the syntax of the course's files; where that does
not show whose a statement is, it is everybody's.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.course.model import SHIPPED, Chapter, Course, Exercise
from grader.course.statements import Clause, concerning, statements

LIBRARIES = ("numpy", "torch", "hypothesis")


@dataclass(frozen=True)
class Versions:
    """The version of a chapter as a whole, and of each exercise by its name."""

    chapter: str
    exercises: dict[str, str]


def versions_of(course: Course, chapter: Chapter) -> Versions:
    """The versions that judge here and now.  Raises CourseError."""
    files = _Files(
        solution=statements(course.solution(chapter)),
        checks=statements(course.checks(chapter)),
        mistakes=statements(course.mistakes(chapter)),
    )
    common = (chapter.id, chapter.module, chapter.imports, chapter.refused, chapter.limits)
    exercises = {}
    for exercise in chapter.exercises:
        own = files.concerning(exercise)
        texts = [one.text for one in own] + _other_solutions(course, chapter, own)
        parts = [engine_version(), repr(common), exercise.name, str(exercise.points), *texts]
        exercises[exercise.name] = digest(parts)
    whole = [course.name, repr(common), chapter.title]
    whole += [part for item in exercises.items() for part in item]
    return Versions(digest(whole), exercises)


@cache
def engine_version() -> str:
    """A hash of the engine, the interpreter's version and those of the libraries that judge."""
    engine = Path(__file__).resolve().parent.parent
    parts = [platform.python_version(), *(f"{name} {_installed(name)}" for name in LIBRARIES)]
    files = {path.relative_to(engine).as_posix(): path for path in engine.rglob("*.py")}
    for name in sorted(files):
        if not name.startswith(f"{SHIPPED}/"):
            parts += [name, files[name].read_text(encoding="utf-8")]
    return digest(parts)


def digest(parts: Iterable[str]) -> str:
    """A hash of texts; their lengths go in, so that texts cannot run into each other."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()


@dataclass(frozen=True)
class _Files:
    """The statements of a chapter's three files."""

    solution: tuple[Clause, ...]
    checks: tuple[Clause, ...]
    mistakes: tuple[Clause, ...]

    def concerning(self, exercise: Exercise) -> list[Clause]:
        """What the exercise depends on: its checks, its mistakes, the reference that they use."""
        own = [*concerning(self.checks, exercise.name), *concerning(self.mistakes, exercise.name)]
        used = {name for one in own for name in one.mentions}
        return [*own, *concerning(self.solution, exercise.name, {exercise.name, *used})]


def _other_solutions(course: Course, chapter: Chapter, own: list[Clause]) -> list[str]:
    """The text of other chapters' solutions that are imported, and of those that they import."""
    folder = course.root / "solutions"
    paths = {path.stem: path for path in folder.glob("*.py") if path.stem != chapter.module}
    used = {name for one in own for name in one.mentions} & set(paths)
    while True:
        texts = {name: paths[name].read_text(encoding="utf-8") for name in sorted(used)}
        more = {stem for stem in paths if any(stem in text for text in texts.values())}
        if more <= used:
            return [part for item in texts.items() for part in item]
        used |= more


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "missing"
