"""Where a student works: an exercises folder, and how far each exercise in it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from grader.course.model import Chapter, Course, Exercise, NoCourse
from grader.course.stubs import TODO, stub_of
from grader.python.toplevel import Statement
from grader.report.model import WAITS, ChapterReport
from grader.student.progress import Last, Progress, load_progress
from grader.submission.blocks import blocks
from grader.submission.dependencies import is_written, used_by
from grader.submission.errors import UnreadableSubmission
from grader.submission.reading import chapter_file, read_submission

FOLDER = "exercises"
NOTHING_HERE = """\
there are no exercises here or above.  To begin:
  grade init mycourse    writes them into a new folder; then cd mycourse
  grade next             says what to do first"""


@dataclass(frozen=True)
class Standing:
    """How far an exercise is: done, started, not started, or written and waiting for others.

    `last` is its last verdict, `waits_for` are the ids of exercises that it calls and that are
    not started.
    """

    exercise: Exercise
    state: str
    last: Last | None
    block: Statement | None
    waits_for: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The state in words."""
        return f"waits for {', '.join(self.waits_for)}" if self.waits_for else self.state


@dataclass(frozen=True)
class Workspace:
    """A course, and the folder with what one student makes of it."""

    course: Course
    folder: Path

    def file(self, chapter: Chapter) -> Path:
        """The student's file of the chapter, or where it would be."""
        return chapter_file(self.folder, chapter) or self.folder / f"{chapter.module}.py"

    def shown(self, path: Path) -> str:
        """A path as a student would type it here."""
        here = Path.cwd()
        return str(path.relative_to(here) if path.is_relative_to(here) else path)

    def source(self, chapter: Chapter) -> str | None:
        """The text of the student's file, code only; None when there is none to read."""
        try:
            return read_submission(self.file(chapter), chapter).source
        except UnreadableSubmission:
            return None

    def stub(self, chapter: Chapter) -> str | None:
        """The file as it was handed out; None when the course does not hold it any more."""
        if self.course.solution(chapter).is_file():
            return stub_of(self.course.solution(chapter), chapter)
        stub = self.course.stub(chapter)
        if stub.is_file() and stub.resolve() != self.file(chapter).resolve():
            return stub.read_text(encoding="utf-8")
        return None

    def standings(self, chapter: Chapter, progress: Progress) -> list[Standing]:
        """How far each exercise of the chapter is."""
        source, stub = self.source(chapter), self.stub(chapter)
        if source is None:
            return [Standing(one, "not started", None, None) for one in chapter.exercises]
        own, untouched = blocks(source), blocks(stub or "")
        standings = [
            _standing(exercise, own.get(exercise.name), untouched.get(exercise.name), progress)
            for exercise in chapter.exercises
        ]
        fresh = [one.exercise.name for one in standings if one.state == "not started"]
        return [
            _waiting(one, source, fresh) if one.state == "started" else one for one in standings
        ]

    def remember(self, reports: Iterable[ChapterReport]) -> Progress:
        """Record verdicts in the progress file, and return what it holds."""
        progress = load_progress(self.folder)
        for report in reports:
            source = self.source(self.course.chapter(report.chapter))
            progress.record(report.exercises, blocks(source or ""))
        progress.note = progress.save() or progress.note
        return progress


def find_workspace(start: Path, course: Course) -> Workspace:
    """The nearest exercises folder at or above `start`.  Raises NoCourse."""
    for folder in (start, *start.parents):
        exercises = folder / FOLDER
        if any(chapter_file(exercises, chapter) for chapter in course.chapters):
            return Workspace(course, exercises)
    if course.root in (start, *start.parents) and course.solution(course.chapters[0]).is_file():
        raise NoCourse(f"no stubs in {course.root / FOLDER}: `grade stubs` writes them")
    raise NoCourse(NOTHING_HERE)


def _standing(
    exercise: Exercise, own: Statement | None, stub: Statement | None, progress: Progress
) -> Standing:
    last = progress.verdicts.get(exercise.id)
    if last is not None and last.passed and own is not None and last.digest == own.digest:
        return Standing(exercise, "done", last, own)
    if own is None:
        return Standing(exercise, "started", last, own)
    untouched = own.digest == stub.digest if stub else TODO in own.text
    return Standing(exercise, "not started" if untouched else "started", last, own)


def _waiting(one: Standing, source: str, fresh: list[str]) -> Standing:
    """The same, or that it waits: it is written, and calls what is not started."""
    name = one.exercise.name
    below = used_by(source, name, fresh) if is_written(source, name) else []
    if not below:
        return one
    ids = tuple(f"{one.exercise.chapter}.{other}" for other in below)
    return replace(one, state=WAITS, waits_for=ids)
