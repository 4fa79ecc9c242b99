"""`grade list`, `next`, `hint`, `reset` and `solution`: what a student asks in between."""

from __future__ import annotations

import re
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.course.model import Chapter, Course, Exercise, UnknownName
from grader.course.stubs import BEGIN, END
from grader.report.model import WAITS
from grader.student.progress import Progress
from grader.student.workspace import Standing, Workspace
from grader.submission.blocks import blocks, replaced
from grader.submission.dependencies import broken_below
from grader.submission.errors import UnreadableSubmission

WIDTH = 80
STATEMENT = re.compile(r'"""\s*([^"\n]+)')
"""The first line of an exercise's docstring."""

MARKS = {"done": "✓", "started": "~", "not started": "·", WAITS: "~"}
BACKUPS = ".backups"


@dataclass(frozen=True)
class Step:
    """The exercise to work on now, and why it is this one."""

    standing: Standing
    why: str

    @property
    def exercise(self) -> Exercise:
        return self.standing.exercise


def chapter_list(workspace: Workspace, chapter: Chapter, progress: Progress) -> Iterator[str]:
    """A chapter's exercises, a line each: points, state and what the last check gave."""
    standings = workspace.standings(chapter, progress)
    done = sum(one.state == "done" for one in standings)
    yield f"{chapter.id}  {chapter.title}   {done} of {len(standings)} done"
    if workspace.source(chapter) is None:
        yield f"     {_init(workspace, chapter)} writes its file"
    for one in standings:
        line = f"  {MARKS[one.state]} {one.exercise.points:>3}  {one.exercise.id:<34} {one.shown}"
        yield (line + _last(one)).rstrip()


def named_exercise(course: Course, name: str) -> tuple[Chapter, Exercise]:
    """The exercise of that name.  Raises UnknownName, also for a chapter."""
    chapter, found = course.select(name)
    if found is None:
        first = chapter.exercises[0].id
        raise UnknownName(f"{name} is a chapter: name an exercise, such as {first}")
    return chapter, found


def next_step(
    workspace: Workspace, progress: Progress, chapters: tuple[Chapter, ...]
) -> Step | None:
    """What to do now: first what is begun, then what comes next; None when all is done.

    Raises UnreadableSubmission if there is no file of these chapters.
    """
    if all(workspace.source(chapter) is None for chapter in chapters):
        file = workspace.shown(workspace.file(chapters[0]))
        raise UnreadableSubmission(f"no {file}: {_init(workspace, chapters[0])} writes it")
    fresh: Step | None = None
    for chapter in chapters:
        source = workspace.source(chapter)
        if source is None:
            continue
        standings = workspace.standings(chapter, progress)
        for one in standings:
            if one.state == "started":
                return _underneath(one, standings, source)
        fresh = fresh or _first_to_write(standings)
    return fresh


def _first_to_write(standings: list[Standing]) -> Step | None:
    """What something written waits for, or else the first that is not begun."""
    for one in standings:
        for other in standings if one.waits_for else ():
            if other.exercise.id in one.waits_for:
                return Step(other, f"{one.exercise.id} is written and waits for it.")
    fresh = next((one for one in standings if one.state == "not started"), None)
    if fresh is None:
        return None
    return Step(fresh, f"It is the first that you have not begun, {_points(fresh.exercise)}.")


def what_to_do(workspace: Workspace, step: Step) -> list[str]:
    """The step in a few lines: where, why, what it asks for and the commands to run."""
    chapter, entry = workspace.course.select(step.exercise.id)
    assert entry is not None
    block = step.standing.block
    place = f"{workspace.shown(workspace.file(chapter))}:{block.first if block else 1}"
    asked = STATEMENT.search(block.text) if block else None
    commands = f"then: grade {entry.id}     stuck? grade hint {entry.id}"
    return [
        f"{entry.id}   {place}",
        step.why,
        *([textwrap.fill(asked[1], WIDTH)] if asked else []),
        commands if len(commands) <= WIDTH else commands.replace("     ", "\n"),
    ]


def paths_through(course: Course) -> Iterator[str]:
    """The paths that a course offers, a line each."""
    if course.paths:
        yield "paths through the course; none of them locks anything:"
    for path in course.paths:
        yield f"  grade next {path.name:<10} {path.title}"


def next_hint(exercise: Exercise, step: int | None, progress: Progress | None) -> str:
    """The hint asked for, or the one after the last shown; remembers it in `progress`."""
    seen = progress.hints.get(exercise.id, 0) if progress else 0
    chosen = step or min(seen + 1, len(exercise.hints))
    if progress:
        progress.hints[exercise.id] = max(seen, chosen)
    return f"{chosen}/{len(exercise.hints)}  {exercise.hints[chosen - 1]}"


def after_hint(exercise: Exercise, shown: str) -> str:
    """What there is beyond a hint."""
    step = int(shown[0])
    if step < len(exercise.hints):
        return f"More: grade hint {exercise.id} {step + 1}"
    if exercise.hidden is not None:
        return "That was the last."
    return f"That was the last: grade solution {exercise.id} --spoil"


def reset(workspace: Workspace, chapter: Chapter, exercise: Exercise) -> Path:
    """Put the stub back in place of one exercise; returns the backup of the whole file."""
    path = workspace.file(chapter)
    stub = workspace.stub(chapter)
    if stub is None:
        raise UnreadableSubmission(
            f"this course came without stubs to go back to: copy {chapter.module}.py afresh"
        )
    if path.suffix == ".ipynb":
        raise UnreadableSubmission(f"{path.name} is a notebook: empty the cell by hand")
    if not path.is_file():
        raise UnreadableSubmission(f"there is no {path}: {_init(workspace, chapter)} writes it")
    before = path.read_bytes()
    text = before.decode("utf-8", "surrogateescape")
    backup = _backup(path, before)
    pristine = blocks(stub)[exercise.name].text
    if "\r\n" in text:
        pristine = pristine.replace("\n", "\r\n")
    path.write_bytes(replaced(text, exercise.name, pristine).encode("utf-8", "surrogateescape"))
    return backup


def solution(course: Course, chapter: Chapter, exercise: Exercise) -> str:
    """The reference's text of one exercise.  Raises UnknownName if the course has none."""
    path = course.solution(chapter)
    found = blocks(path.read_text(encoding="utf-8")).get(exercise.name) if path.is_file() else None
    if found is None:
        raise UnknownName("this course comes without solutions: ask whoever gave it to you")
    return "\n".join(line for line in found.text.split("\n") if line.strip() not in (BEGIN, END))


def show_code(text: str) -> None:
    """Python on stdout, in colour on a terminal."""
    if not sys.stdout.isatty():
        print(text)
        return
    from rich.console import Console

    from grader.report.code import code

    Console().print(code(text))


def wrapped(text: str) -> str:
    """A paragraph at most 80 columns wide."""
    return textwrap.fill(text, WIDTH, subsequent_indent="     ")


def _underneath(one: Standing, standings: list[Standing], source: str) -> Step:
    """The exercise itself, or the unfinished one that it is built on."""
    unfinished = {other.exercise.name: other for other in standings if other.state != "done"}
    below = broken_below(source, one.exercise.name, unfinished)
    if below and one.last is not None:
        return Step(unfinished[below[0]], f"{one.exercise.id} uses it and cannot pass before it.")
    if one.last is None or one.last.status == WAITS:
        return Step(one, f"You have begun it and not had it checked, {_points(one.exercise)}.")
    if one.last.passed:
        return Step(one, "It passed, and you have changed it since.")
    return Step(one, f"You have begun it; the last check said{_last(one)}.")


def _last(one: Standing) -> str:
    if one.last is None or one.last.status == WAITS or one.state != "started":
        return ""
    if one.last.passed:
        return ", changed since it passed"
    if one.exercise.hidden is not None:
        return f": {one.last.status}"
    return f": {one.last.status}, {one.last.score:g} of {one.exercise.points} points"


def _init(workspace: Workspace, chapter: Chapter) -> str:
    return f"grade init {workspace.shown(workspace.folder.parent)} --chapter {chapter.id}"


def _points(exercise: Exercise) -> str:
    return f"{exercise.points} points"


def _backup(path: Path, content: bytes) -> Path:
    """A copy under a name that is not taken, in a folder that no submission imports from."""
    folder = path.parent / BACKUPS
    folder.mkdir(exist_ok=True)
    stem = f"{path.stem}-{time.strftime('%Y%m%d-%H%M%S')}"
    names = (f"{stem}{suffix}" for suffix in ("", *(f"-{n}" for n in range(2, 1000))))
    for name in names:
        backup = folder / f"{name}{path.suffix}"
        try:
            with backup.open("xb") as file:
                file.write(content)
        except FileExistsError:
            continue
        return backup
    raise UnreadableSubmission(f"{folder} is full of backups: delete the old ones")
