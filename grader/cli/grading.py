"""`grade`: from names on the command line to reports, with a progress bar on the way."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli.here import say
from grader.course.model import Chapter, Course, Exercise, NoCourse
from grader.judge.assignment import Assignment, Run, started
from grader.judge.heir import reports
from grader.report.disclosure import Disclosure, disclosed_chapter
from grader.report.model import ChapterReport
from grader.submission.blocks import blocks
from grader.submission.errors import UnreadableSubmission
from grader.submission.reading import Renaming, Submission, chapter_file, read_submission, renamed
from grader.wall.isolation import detect

if TYPE_CHECKING:
    from grader.report.as_github import Place


Chosen = tuple[Chapter, tuple[Exercise, ...]]
"""A chapter, and those of its exercises that were named."""


@dataclass(frozen=True)
class Choice:
    """What to grade, and how."""

    targets: tuple[str, ...]
    submission: Path
    seed: int
    examples: int
    renamed: tuple[Renaming, ...] = ()
    warm: bool = False
    """Whether a judge may be asked that stayed, and one be left behind."""


def graded(course: Course, choice: Choice) -> list[ChapterReport]:
    """Grade what was chosen.  Raises UnknownName, UnreadableSubmission, CourseError, JudgeError."""
    if not choice.submission.exists():
        raise UnreadableSubmission(f"{choice.submission} does not exist")
    chosen = _chosen(course, choice)
    if not choice.warm or len(chosen) != 1:
        return _graded_cold(course, choice, chosen)
    from grader.watch.staying import Stay, asked, leave_behind

    ((chapter, exercises),) = chosen
    stay = Stay(course, chapter, choice.submission)
    report = asked(stay, tuple(one.name for one in exercises), _prepare_to_draw)
    if report is not None:
        return [report]
    graded_now = _graded_cold(course, choice, chosen)
    leave_behind(stay)
    return graded_now


def _graded_cold(course: Course, choice: Choice, chosen: list[Chosen]) -> list[ChapterReport]:
    """Graded by judges that are started for it."""
    assignments = [
        Assignment(chapter, _submission(choice, chapter), exercises)
        for chapter, exercises in chosen
    ]
    with started(assignments, detect()) as waves:
        _prepare_to_draw()
        run = Run(choice.seed, choice.examples)
        with _progress(course, assignments) as observe:
            return reports(course, assignments, run, detect(), observe, waves)


def _prepare_to_draw() -> None:
    """Import what will draw the reports, while others import libraries or judge."""
    importlib.import_module("grader.report.terminal")


def _submission(choice: Choice, chapter: Chapter) -> Submission:
    return renamed(read_submission(choice.submission, chapter), chapter, choice.renamed)


@contextmanager
def _progress(
    course: Course, assignments: list[Assignment]
) -> Iterator[Callable[[Exercise, bool], None]]:
    """A bar over the checks on a terminal; what to call when one is decided."""
    if not sys.stderr.isatty():
        yield lambda exercise, passed: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description:<32}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("checking", total=sum(one.count_checks(course) for one in assignments))
    with bar:
        yield lambda exercise, passed: bar.update(task, advance=1, description=exercise.id)


@dataclass(frozen=True)
class Drawing:
    """How reports are shown, and where; `detailed` tells a chapter from a line about it.

    `again` is what a command needs to grade the same submission.
    """

    format: str
    output: Path | None
    disclosure: Disclosure
    detailed: bool
    again: str = ""


def write(reports: list[ChapterReport], drawing: Drawing, places: dict[str, Place]) -> None:
    """Write the reports to stdout or to a file.  Raises NoCourse where that cannot be written."""
    shown = [disclosed_chapter(report, drawing.disclosure) for report in reports]
    with _writing():
        if drawing.format == "terminal":
            _print(shown, drawing)
            return
        from grader.report.formats import drawn

        _put(drawn(shown, drawing.format, places), drawing.output)
        if drawing.format == "github":
            from grader.report.as_github import tell_runner

            tell_runner(shown, os.environ)


def write_programs(reports: list[ChapterReport], output: Path | None) -> None:
    """Write the counterexample of every failed exercise as Python.  Raises NoCourse."""
    failed = [one for report in reports for one in report.exercises if not one.passed]
    programs = [f"# {one.id}: {one.status}\n{one.repro}" for one in failed if one.repro]
    for one in failed:
        if not one.repro:
            say(f"{one.id} is {one.standing}: there is no counterexample to print")
    if not failed:
        say("all checks pass: there is no counterexample to print")
    with _writing():
        _put("\n".join(programs), output)


def _put(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def _writing() -> Iterator[None]:
    """What cannot be written is said in a line.  Raises NoCourse."""
    try:
        yield
    except OSError as error:
        place = error.filename or "standard output"
        raise NoCourse(f"{place} cannot be written: {error.strerror}") from None


def _print(reports: list[ChapterReport], drawing: Drawing) -> None:
    from rich.console import Console

    from grader.report.failure import WIDTH
    from grader.report.terminal import print_reports

    if drawing.output is None:
        console = Console(highlight=False)
        width = min(WIDTH, console.width) if console.is_terminal else WIDTH
        print_reports(
            Console(highlight=False, width=width), reports, drawing.detailed, drawing.again
        )
        return
    with drawing.output.open("w", encoding="utf-8", newline="\n") as file:
        console = Console(file=file, width=WIDTH, highlight=False)
        print_reports(console, reports, drawing.detailed, drawing.again)


def places(course: Course, choice: Choice) -> dict[str, Place]:
    """Where the exercises stand, as paths from the repository's root if a runner names one."""
    from grader.report.as_github import Place

    root = Path(os.environ.get("GITHUB_WORKSPACE", ".")).resolve()
    found = {}
    for chapter, exercises in _chosen(course, choice):
        submission = read_submission(choice.submission, chapter)
        path = submission.path.resolve()
        file = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        lines = {} if submission.cells else blocks(submission.source)
        for exercise in exercises:
            block = lines.get(exercise.name)
            found[exercise.id] = Place(file, block.first if block else None)
    return found


def _chosen(course: Course, choice: Choice) -> list[Chosen]:
    """Chapters in the order of the course, each with the exercises that were named."""
    if not choice.targets:
        return [(chapter, chapter.exercises) for chapter in _handed_in(course, choice.submission)]
    named: dict[str, set[Exercise]] = {}
    for target in choice.targets:
        chapter, exercise = course.select(target)
        named.setdefault(chapter.id, set()).update([exercise] if exercise else chapter.exercises)
    return [
        (chapter, tuple(one for one in chapter.exercises if one in named[chapter.id]))
        for chapter in course.chapters
        if chapter.id in named
    ]


def _handed_in(course: Course, path: Path) -> list[Chapter]:
    """The chapters that a file or folder is about, by its names."""
    if path.is_dir():
        found = [chapter for chapter in course.chapters if chapter_file(path, chapter)]
        missing = f"{path} holds no chapter: files are named like {course.chapters[0].module}.py"
    else:
        found = [one for one in course.chapters if path.stem in (one.id, one.module)]
        missing = f"which chapter is {path.name}? Run: grade ch4 --submission {path}"
    if not found:
        raise UnreadableSubmission(missing)
    return found
