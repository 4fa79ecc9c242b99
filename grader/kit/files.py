"""Every file of a student kit, put together in memory and written only when all is well.

A kit carries its course where a wheel does, in `grader/shipped`; around it lies what a student
works on.  So every command finds course and exercises as it does after `pip install`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import grader
from grader.authoring.notebooks import released_notebook_of
from grader.course.model import SHIPPED, Chapter, Course, NoCourse
from grader.course.stubs import stub_of
from grader.judge.chapter import load_chapter
from grader.kit.course_file import course_file
from grader.kit.practice_part import practice_part
from grader.kit.texts import pyproject, readme

ENGINE = Path(grader.__file__).parent
COURSE = PurePosixPath("grader", SHIPPED)

Files = dict[PurePosixPath, bytes]


def kit_files(course: Course, chapters: tuple[Chapter, ...]) -> Files:
    """The kit's files by their places.  Raises NoCourse in a kit, CourseError."""
    texts: dict[PurePosixPath, str] = {}
    hidden: dict[str, int] = {}
    for chapter in chapters:
        texts |= dict(_chapter(course.whole(), chapter, hidden))
    texts[COURSE / "exercises" / "course.toml"] = course_file(course, chapters, hidden)
    texts[PurePosixPath("README.md")] = readme(course, chapters, sum(hidden.values()))
    files = {path: text.encode() for path, text in texts.items()} | _engine()
    packages = sorted({".".join(path.parts[:-1]) for path in files if path.parts[0] == "grader"})
    files[PurePosixPath("pyproject.toml")] = pyproject(course, chapters, packages).encode()
    licence = course.root / "LICENSE"
    if licence.is_file():
        files[PurePosixPath("LICENSE")] = licence.read_bytes()
    return files


def write_kit(folder: Path, files: Files) -> None:
    """Write the kit into a new or empty folder.  Raises NoCourse if that cannot be."""
    try:
        if folder.exists() and any(folder.iterdir()):
            raise NoCourse(f"{folder} is not empty: name a new folder")
        for place, content in sorted(files.items()):
            path = folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise NoCourse(f"{folder} cannot be written: {error.strerror}") from None


def _chapter(
    course: Course, chapter: Chapter, hidden: dict[str, int]
) -> Iterator[tuple[PurePosixPath, str]]:
    """The chapter's files; notes in `hidden` how many checks of each exercise stay behind."""
    tests = []
    for name, checks in load_chapter(course, chapter).checks.items():
        practice = [check.test.__name__ for check in checks if check.practice]
        hidden[f"{chapter.id}.{name}"] = len(checks) - len(practice)
        tests += practice
    stub = stub_of(course.solution(chapter), chapter)
    solutions = [one.module for one in course.chapters]
    path = course.checks(chapter)
    for folder in (PurePosixPath(), COURSE):
        yield folder / "exercises" / f"{chapter.module}.py", stub
    yield PurePosixPath("notebooks", f"{chapter.id}.ipynb"), released_notebook_of(course, chapter)
    yield COURSE / "tests" / "checks" / path.name, practice_part(path, tests, solutions)
    pictures = course.pictures(chapter)
    if pictures.is_file():
        yield COURSE / "pictures" / pictures.name, pictures.read_text(encoding="utf-8")


def _engine() -> Files:
    """The engine as it is, but for its notes to authors and the course that a wheel carries."""
    files = {}
    for path in sorted(ENGINE.rglob("*")):
        place = path.relative_to(ENGINE)
        hidden = any(part == "__pycache__" or part.startswith(".") for part in place.parts)
        if path.is_file() and not hidden and place.parts[0] != SHIPPED and path.suffix != ".md":
            files[PurePosixPath("grader", *place.parts)] = path.read_bytes()
    return files
