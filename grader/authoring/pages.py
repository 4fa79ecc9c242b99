"""The pages of the site in Markdown: what a student reads before writing anything.

They are made of the docstrings, as the notebooks are, and of the stubs: the text between the
markers of a solution never comes near a page, nor does anything of a hidden check.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from grader.authoring.api import api_page
from grader.authoring.markdown import markdown, plain
from grader.authoring.notebooks import Part, opening, parts_of
from grader.course.model import Chapter, Course, Exercise
from grader.course.stubs import stub_of
from grader.practising.practice import checks_of

STEPS = ("the idea", "the shapes", "an outline")
"""What the hints of an exercise give away, one after the other."""

API = "what-a-course-may-import"

EMPTY = re.compile(r":\n +\.\.\.$", re.MULTILINE)

START = """\
## The way through

Install the package, make a folder of your own, and leave `watch` running beside your editor: every
save is graded at once.

```console
grade init mycourse && cd mycourse
grade watch {first}
```

Each exercise is a function or a class that you fill in. Its page here says what it has to do, with
a worked example; `grade hint` goes one step towards the answer whenever you ask. Practice checks
come with the course, and hidden ones try many more inputs: empty, huge, oddly shaped. Where one
fails you see the smallest input that shows it, what was expected there, and often the name of the
mistake.

```console
grade next            # what to do now, and why
grade {exercise}
grade hint {exercise}
```

## Chapters
"""


def pages(course: Course) -> Iterator[tuple[str, str]]:
    """Name and Markdown of every page, the start page first.  Raises CourseError."""
    yield "index", _start(course)
    following = [*course.chapters[1:], None]
    for chapter, after in zip(course.chapters, following, strict=True):
        yield chapter.id, _chapter(course, chapter, after)
    yield API, api_page()


def _start(course: Course) -> str:
    first = course.chapters[0]
    start = START.format(first=first.id, exercise=first.exercises[0].id)
    rows = [
        f"| {chapter.number or ''} | [{plain(chapter.title)}]({chapter.id}.md) "
        f"| {len(chapter.exercises)} exercises |"
        for chapter in course.chapters
    ]
    table = "\n".join(["| | | |", "|---:|---|---|", *rows])
    names = "\n".join(chapter.id for chapter in course.chapters)
    parts = (("Chapters", names), ("For whoever writes a course", API))
    contents = [f"```{{toctree}}\n:hidden:\n:caption: {part}\n\n{of}\n```" for part, of in parts]
    return "\n\n".join([f"# {plain(course.name)}", course.about.strip(), start, table, *contents])


def _chapter(course: Course, chapter: Chapter, after: Chapter | None) -> str:
    path = course.solution(chapter)
    introduction, _, parts = parts_of(path, path.read_text(encoding="utf-8"), chapter)
    signatures = _signatures(course, chapter)
    practice, hidden = checks_of(course, chapter)
    blocks = [
        f"# {_numbered(chapter)}",
        f"`{chapter.id}` · {len(chapter.exercises)} exercises in `{chapter.module}.py`",
        opening(introduction, chapter),
        *_shortcuts(chapter),
    ]
    names = [exercise.name for exercise in chapter.exercises]
    for exercise, following in zip(chapter.exercises, [*names[1:], ""], strict=True):
        titles = [check.title for check in practice[exercise.name]]
        blocks += _exercise(exercise, parts[exercise.name], signatures[exercise.name])
        blocks += _checks(titles, hidden[exercise.name])
        blocks += _hints(exercise)
        if following:
            blocks.append(f"[Next: {plain(following)}](#{chapter.id}-{following})")
    if after:
        blocks.append(f"[Next chapter: {plain(after.title)}]({after.id}.md)")
    return "\n\n".join(blocks) + "\n"


def _numbered(chapter: Chapter) -> str:
    title = plain(chapter.title)
    return title if chapter.number is None else f"{chapter.number}. {title}"


def _exercise(exercise: Exercise, part: Part, signature: str) -> Iterator[str]:
    yield f"({exercise.chapter}-{exercise.name})="
    yield f"## {plain(exercise.name)}"
    yield f"{exercise.points} points"
    yield f"```python\n{signature}\n```"
    yield markdown(part.statement)


def _checks(titles: list[str], hidden: int) -> Iterator[str]:
    awaiting = "1 hidden check" if hidden == 1 else f"{hidden} hidden checks"
    yield f"**Practice checks**, beside {awaiting}:"
    yield "\n".join(f"- {plain(title)}" for title in titles)


def _hints(exercise: Exercise) -> Iterator[str]:
    for number, (step, hint) in enumerate(zip(STEPS, exercise.hints, strict=True), 1):
        yield f"<details>\n<summary>Hint {number}: {step}</summary>"
        yield plain(hint)
        yield "</details>"


def _shortcuts(chapter: Chapter) -> Iterator[str]:
    """What the exercises may import, and which library functions are the answer itself."""
    imports = ", ".join(f"`{name}`" for name in chapter.imports)
    allowed = f"{imports} and Python's standard library" if imports else "Python's standard library"
    yield f"Exercises may import {allowed}."
    reasons = dict.fromkeys(refused.why for refused in chapter.refused)
    if reasons:
        yield "<details>\n<summary>Library functions that are refused</summary>"
    for why in reasons:
        names = ", ".join(f"`{one.name}`" for one in chapter.refused if one.why == why)
        yield f"{names}: {plain(why)}."
    if reasons:
        yield "</details>"


def _signatures(course: Course, chapter: Chapter) -> dict[str, str]:
    """How each exercise is called; of a class also its methods with their docstrings."""
    stub = ast.parse(stub_of(course.solution(chapter), chapter))
    return {
        node.name: EMPTY.sub(": ...", ast.unparse(_bare(node, documented=False)))
        for node in stub.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }


def _bare(node: ast.stmt, *, documented: bool) -> ast.stmt:
    """A definition without what it does."""
    if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return node
    has_docstring = ast.get_docstring(node) is not None
    kept: list[ast.stmt] = node.body[:1] if documented and has_docstring else []
    if isinstance(node, ast.ClassDef):
        kept += [_bare(one, documented=True) for one in node.body[has_docstring:]]
    node.body = kept or [ast.Expr(ast.Constant(...))]
    return node
