"""The nbgrader course: a notebook for each chapter, generated from its solution.

The same solution gives the same bytes: cell ids are names, nothing is dated or counted.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.authoring.markdown import markdown, prose
from grader.course.model import Chapter, Course, CourseError, Exercise
from grader.course.stubs import stub_of

SCHEMA = 3
"""Version of nbgrader's cell metadata."""

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
UNJUDGED = """\
### BEGIN HIDDEN TESTS
raise RuntimeError(
    "There is no mark: a mark is never made in a kernel, where a notebook could forge it.  "
    "This nbgrader course does not send notebooks to the grader: run `grade doctor` in its folder."
)
### END HIDDEN TESTS
"""
"""Stands first in a graded cell: who grades by running the notebook gives no points.

It is never run where notebooks are judged, and is not in what students get.
"""

EXPERIMENTS = "# A free cell: try things out here. Nothing in it is graded.\n"


@dataclass(frozen=True)
class Part:
    """An exercise's own lines of a solution module, and its statement."""

    source: str
    statement: str


def notebook_path(course: Course, chapter: Chapter) -> Path:
    return course.root / "assignments" / "source" / chapter.id / f"{chapter.id}.ipynb"


def write_notebooks(course: Course) -> list[Path]:
    """Write the notebook of every chapter; returns the files that changed."""
    changed = []
    for chapter in course.chapters:
        path, text = notebook_path(course, chapter), notebook_of(course, chapter)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(path)
    return changed


CONFIG = Path(__file__).parent.parent / "nbgrader" / "nbgrader_config.txt"
COURSE_ID = 'course_id = "gradschool"'


def write_config(course: Course) -> Path | None:
    """Write nbgrader's configuration beside the notebooks; None where there is one already."""
    path = course.root / "assignments" / f"{CONFIG.stem}.py"
    if path.exists():
        return None
    name = re.sub(r"\W+", "-", course.name)
    text = CONFIG.read_text(encoding="utf-8").replace(COURSE_ID, f'course_id = "{name}"')
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def notebook_of(course: Course, chapter: Chapter) -> str:
    """The source version of a chapter's notebook, as JSON.  Raises CourseError."""
    path = course.solution(chapter)
    return _notebook(path, path.read_text(encoding="utf-8"), chapter, UNJUDGED)


def released_notebook_of(course: Course, chapter: Chapter) -> str:
    """The notebook without the solutions.  Raises CourseError."""
    path = course.solution(chapter)
    return _notebook(path, stub_of(path, chapter), chapter, "")


def _notebook(path: Path, source: str, chapter: Chapter, hidden: str) -> str:
    notebook = {
        "cells": list(_cells(path, source, chapter, hidden)),
        "metadata": METADATA,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def solution_id(exercise: Exercise) -> str:
    """The grade id of the cell a student fills in."""
    return f"{exercise.chapter}-{exercise.name}"


def checks_id(exercise: Exercise) -> str:
    """The grade id of the cell that carries the exercise's points."""
    return f"{exercise.chapter}-{exercise.name}-checks"


def _cells(path: Path, source: str, chapter: Chapter, hidden: str) -> Iterator[dict[str, Any]]:
    introduction, setup, parts = parts_of(path, source, chapter)
    opened = f"# {chapter.title}\n\n{opening(introduction, chapter)}"
    yield _markdown(f"{chapter.id}-introduction", opened)
    yield _code(f"{chapter.id}-setup", f"{setup}\n\nimport grader".lstrip(), locked=True)
    for exercise in chapter.exercises:
        part, name = parts[exercise.name], exercise.name
        heading = f"## {name} · {exercise.points} points\n\n{markdown(part.statement)}"
        yield _markdown(f"{solution_id(exercise)}-statement", heading)
        yield _code(solution_id(exercise), part.source, solution=True)
        shown = f'grader.check_practice({name}, "{exercise.id}")'
        yield _code(checks_id(exercise), hidden + shown, locked=True, points=exercise.points)
    free = f"{chapter.id}-experiments"
    yield {**_cell(free, EXPERIMENTS, {}), "execution_count": None, "outputs": []}


def opening(introduction: str, chapter: Chapter) -> str:
    """A chapter's introduction below its title, which it need not say again."""
    head, _, rest = introduction.partition("\n\n")
    said = head.rstrip(".") == chapter.title
    return markdown(rest) if said else f"{prose(head)}\n\n{markdown(rest)}"


def parts_of(path: Path, source: str, chapter: Chapter) -> tuple[str, str, dict[str, Part]]:
    """The introduction, what stands before the first exercise, and the exercises.

    What stands between exercises belongs to the next one, and what follows the last to the last.
    Raises CourseError where an exercise is missing.
    """
    lines, tree = source.splitlines(), ast.parse(source, str(path))
    names = {exercise.name for exercise in chapter.exercises}
    found = [
        node
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in names
    ]
    missing = names - {node.name for node in found}
    if missing:
        raise CourseError(f"{path}: {', '.join(sorted(missing))} not defined at the top level")
    begin = tree.body[0].end_lineno or 0 if ast.get_docstring(tree) else 0
    first = _first_line(found[0])
    parts, start = {}, first
    for node in found:
        end = _end(node, lines) if node is not found[-1] else len(lines)
        statement = ast.get_docstring(node) or ""
        own = _with_summary(node, lines, start, end)
        parts[node.name] = Part(own.strip("\n"), statement)
        start = end
    return ast.get_docstring(tree) or "", "\n".join(lines[begin:first]).strip(), parts


def _first_line(node: ast.FunctionDef | ast.ClassDef) -> int:
    """How many lines stand before the definition and its decorators."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1


def _end(node: ast.FunctionDef | ast.ClassDef, lines: list[str]) -> int:
    """The number of the definition's last line; indented comments below it are part of it."""
    end = node.end_lineno or 0
    while end < len(lines) and lines[end][:1].isspace() and lines[end].strip():
        end += 1
    return end


def _with_summary(
    node: ast.FunctionDef | ast.ClassDef, lines: list[str], start: int, end: int
) -> str:
    """The lines from start to end, the docstring cut to its first: the rest is the statement."""
    docstring = ast.get_docstring(node)
    if docstring is None:
        return "\n".join(lines[start:end])
    expression = node.body[0]
    summary = docstring.split("\n\n")[0]
    indent = " " * expression.col_offset
    kept = f'{indent}"""{summary}"""'.replace("\n", f"\n{indent}")
    before, after = lines[start : expression.lineno - 1], lines[expression.end_lineno : end]
    return "\n".join([*before, kept, *after])


def _markdown(name: str, source: str) -> dict[str, Any]:
    return {
        **_cell(name, source, _metadata(name, "markdown", locked=True)),
        "cell_type": "markdown",
    }


def _code(
    name: str, source: str, *, solution: bool = False, locked: bool = False, points: int = 0
) -> dict[str, Any]:
    metadata = _metadata(name, "code", solution=solution, locked=locked, points=points)
    return {**_cell(name, source, metadata), "execution_count": None, "outputs": []}


def _cell(name: str, source: str, metadata: dict[str, Any]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": name,
        "metadata": metadata,
        "source": source.strip("\n").splitlines(keepends=True),
    }


def _metadata(
    name: str, kind: str, *, solution: bool = False, locked: bool = False, points: int = 0
) -> dict[str, Any]:
    own = {
        "cell_type": kind,
        "grade": bool(points),
        "grade_id": name,
        "locked": locked,
        "schema_version": SCHEMA,
        "solution": solution,
        "task": False,
    }
    return {"nbgrader": {**own, "points": points} if points else own}
