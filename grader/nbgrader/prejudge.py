"""`grade prejudge ch3`: judge all submitted notebooks side by side, before nbgrader asks.

nbgrader autogrades strictly one after another.  After this it only looks reports up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from nbgrader.apps.nbgraderapp import NbGraderApp
from nbgrader.coursedir import CourseDirectory

from grader.assignment import Assignment
from grader.classroom.bench import Bench
from grader.journal import Journal
from grader.nbgrader.cells import cells_of, read_notebook
from grader.nbgrader.judge import Judge
from grader.nbgrader.names import repair
from grader.nbgrader.rebuild import rebuilt, released, submission_of
from grader.report.model import ChapterReport
from grader.submission import Submission, UnreadableSubmission


@dataclass(frozen=True)
class Entry:
    """One student's submission and what became of it; `failure` is a failure of ours."""

    student: str
    submission: Submission
    report: ChapterReport | None = None
    failure: str = ""
    known: bool = False


def prejudge(target: str, observe: Callable[[Entry], None]) -> list[Entry]:
    """Judge what was submitted for a chapter into the journal of the nbgrader course here.

    Raises UnreadableSubmission if nothing was submitted, NotReleased, JudgeError, CourseError.
    """
    app = NbGraderApp()
    app.initialize([])
    coursedir = CourseDirectory(parent=app)
    judge = Judge(parent=app)
    root = Path(coursedir.root)
    bench = judge.bench(target, root)
    entries: list[Entry] = []
    with Journal(bench.journal) as journal:
        waiting = []
        for student, submission in _submitted(coursedir, bench):
            known = journal.find(bench.key(student, submission))
            if known is None:
                waiting.append(Entry(student, submission))
                continue
            entries.append(Entry(student, submission, known, known=True))
            observe(entries[-1])
        chapter = bench.chapter
        assignments = [Assignment(chapter, one.submission, chapter.exercises) for one in waiting]
        for number, report in bench.judge_each(assignments):
            entry = waiting[number]
            if isinstance(report, ChapterReport):
                journal.append(bench.key(entry.student, entry.submission), report)
                entries.append(replace(entry, report=report))
            else:
                entries.append(replace(entry, failure=str(report)))
            observe(entries[-1])
    if not entries:
        folder = coursedir.format_path(coursedir.submitted_directory, "*", bench.chapter.id)
        raise UnreadableSubmission(
            f"nothing in {folder}: run `nbgrader collect {bench.chapter.id}`"
        )
    return entries


def _submitted(coursedir: CourseDirectory, bench: Bench) -> Iterator[tuple[str, Submission]]:
    """Every student's submission, rebuilt exactly as autograding will rebuild it."""
    name = bench.chapter.id
    release = released(coursedir, name, name)
    pattern = coursedir.format_path(coursedir.submitted_directory, "*", name)
    for folder in sorted(Path(coursedir.root).glob(str(Path(pattern).relative_to(coursedir.root)))):
        student = folder.relative_to(Path(pattern.split("*")[0])).parts[0]
        notebooks = [str(path) for path in sorted(folder.glob("*.ipynb"))]
        repair(name, student, notebooks)
        path = folder / f"{name}.ipynb"
        if path.is_file():
            notebook = rebuilt(release, cells_of(read_notebook(path)))
            yield student, submission_of(notebook, bench.chapter, Path(path.name))
