"""One check at a time, as pytest asks for them: against the reference, or behind the wall."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from grader.checks.check import Check
from grader.course.model import Chapter, find_course
from grader.course.reading import load_course
from grader.judge.assignment import Run
from grader.judge.chapter import LoadedChapter, load_chapter
from grader.judge.grading import Verdict, judge_check, with_diagnosis
from grader.judge.reporting import exercise_report, problem_notes
from grader.judge.text import Raised, decided_by_text, explained_by_text
from grader.report.failure import failure, plain
from grader.submission.blocks import blocks
from grader.submission.reading import Submission, chapter_file, read_submission
from grader.wall.clocks import Account
from grader.wall.isolation import detect
from grader.wall.sandbox import AnySandbox, start_sandbox
from grader.wall.session import Session, Sources

NOBODY = Submission(Path(), "", {"": ""})


@dataclass
class SingleChecks:
    """Chapters that are loaded and sandboxes that are open, until it is closed."""

    run: Run
    chapters: dict[Path, LoadedChapter] = field(default_factory=dict)
    sandboxes: dict[Path, AnySandbox] = field(default_factory=dict)
    open: ExitStack = field(default_factory=ExitStack)

    def close(self) -> None:
        self.open.close()

    def chapter(self, path: Path) -> LoadedChapter:
        """The chapter of a file of checks.  Raises CourseError, NoCourse or UnknownName."""
        if path not in self.chapters:
            course = load_course(find_course(path.parent))
            chapter = course.chapter(path.stem.removeprefix("test_"))
            self.chapters[path] = load_chapter(course, chapter)
        return self.chapters[path]

    def of_reference(self, check: Check, path: Path) -> str | None:
        """What is wrong with the reference, in words; None if it passes."""
        loaded = self.chapter(path)
        exercise = loaded.chapter.exercise(check.exercise)
        outcome = judge_check(loaded, check, loaded.reference, self.run)
        return _words(loaded, Verdict(exercise, (outcome,)), NOBODY)

    def of_submission(self, check: Check, path: Path, handed_in: Path) -> str | None:
        """What is wrong with a submission; None if it passes.  Raises UnreadableSubmission."""
        loaded = self.chapter(path)
        submission = read_submission(handed_in, loaded.chapter)
        exercise = loaded.chapter.exercise(check.exercise)
        decided = decided_by_text(loaded, submission, exercise)
        if decided is not None:
            return _words(loaded, decided, submission)
        with self._session(path, loaded.chapter, submission) as session:
            verdict = Verdict(exercise, (judge_check(loaded, check, session, self.run),))
            verdict = explained_by_text(loaded, verdict, session, submission)
            notes = list(problem_notes(verdict, session, submission))
        words = _words(loaded, verdict, submission)
        if words is None or verdict.status not in ("missing", "error"):
            return words
        return "\n".join([words, *(f"! {note}" for note in notes)])

    @contextmanager
    def _session(self, path: Path, chapter: Chapter, submission: Submission) -> Iterator[Session]:
        """A worker of its own for every check: no state passes from one to the next."""
        if path not in self.sandboxes:
            sandbox = start_sandbox(detect(), chapter.imports, chapter.limits, chapter.preload)
            self.sandboxes[path] = self.open.enter_context(sandbox)
        sources = Sources(
            submission.module, submission.files, chapter.refusals, notebook=submission.is_notebook
        )
        session = Session(self.sandboxes[path], sources, chapter.limits, Account())
        try:
            yield session
        finally:
            session.close()


def concerns(handed_in: Path, chapter: Chapter) -> bool:
    """Whether a submission is about a chapter, by its name or by what it defines.

    Raises UnreadableSubmission.
    """
    if handed_in.is_dir():
        return chapter_file(handed_in, chapter) is not None
    if handed_in.stem in (chapter.id, chapter.module):
        return True
    defined = blocks(read_submission(handed_in, chapter).source)
    return any(exercise.name in defined for exercise in chapter.exercises)


def _words(loaded: LoadedChapter, verdict: Verdict, submission: Submission) -> str | None:
    if verdict.status == "passed":
        return None
    if verdict.outcomes[0].check.value:
        whence = Raised(loaded, submission, verdict.exercise)
        verdict = with_diagnosis(loaded, verdict, whence)
    return plain(failure(exercise_report(verdict, loaded.namespace, submission)))
