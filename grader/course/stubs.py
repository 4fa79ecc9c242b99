"""Stubs: what students fill in, generated from the solutions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from grader.course.model import Chapter, Course, CourseError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
TODO = "raise NotImplementedError"


def stub_of(path: Path, chapter: Chapter) -> str:
    """The solution's text with every marked block replaced.

    Raises CourseError if markers do not pair up, or an exercise has none.
    """
    source = path.read_text(encoding="utf-8")
    text = "\n".join(_lines(path, source.splitlines())) + "\n"
    for exercise in chapter.exercises:
        block = re.search(
            rf"^(def|class) {exercise.name}\b.*?(?=^[^\s)]|\Z)", text, re.MULTILINE | re.DOTALL
        )
        if block is None:
            raise CourseError(f"{path}: {exercise.id} is not defined at the top level")
        if TODO not in block[0]:
            line = text[: block.start()].count("\n") + 1
            raise CourseError.at(path, line, f"{exercise.id} has no {BEGIN} … {END}")
    return re.sub(r"\n{4,}", "\n\n\n", text)


def write_stubs(course: Course) -> list[Path]:
    """Write the stub of every chapter; returns the files that changed."""
    changed = []
    for chapter in course.chapters:
        path, text = course.stub(chapter), stub_of(course.solution(chapter), chapter)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(path)
    return changed


def _lines(path: Path, lines: list[str]) -> Iterator[str]:
    begun = 0
    for number, line in enumerate(lines, 1):
        marker = line.strip()
        if marker == BEGIN:
            if begun:
                raise CourseError.at(path, number, f"{BEGIN} twice without {END}")
            begun = number
            indent = line[: len(line) - len(line.lstrip())]
            if indent:
                yield indent + TODO
        elif marker == END:
            if not begun:
                raise CourseError.at(path, number, f"{END} without {BEGIN}")
            begun = 0
        elif not begun:
            yield line
    if begun:
        raise CourseError.at(path, begun, f"{BEGIN} without {END}")
