"""`grade prejudge ch3`: judge all submitted notebooks side by side, before nbgrader asks.

nbgrader autogrades strictly one after another.  After this it only looks reports up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from nbgrader.apps.nbgraderapp import NbGraderApp
from nbgrader.coursedir import CourseDirectory

from grader.classroom.bench import Bench
from grader.classroom.results import HandedIn, Result
from grader.classroom.run import judge_class
from grader.nbgrader.cells import cells_of, read_notebook
from grader.nbgrader.judge import Judge
from grader.nbgrader.names import repair
from grader.nbgrader.rebuild import rebuilt, released, submission_of
from grader.submission import UnreadableSubmission


def prejudge(target: str, observe: Callable[[Result], None]) -> list[Result]:
    """Judge what was submitted for a chapter into the journal of the nbgrader course here.

    Raises UnreadableSubmission if nothing was submitted, NotReleased, JudgeError, CourseError.
    """
    app = NbGraderApp()
    app.initialize([])
    coursedir = CourseDirectory(parent=app)
    bench = Judge(parent=app).bench(target, Path(coursedir.root))
    students = list(_submitted(coursedir, bench))
    if not students:
        folder = coursedir.format_path(coursedir.submitted_directory, "*", bench.chapter.id)
        raise UnreadableSubmission(
            f"nothing in {folder}: run `nbgrader collect {bench.chapter.id}`"
        )
    results = []
    for result in judge_class(bench, students, bench.judge_each):
        results.append(result)
        observe(result)
    return results


def _submitted(coursedir: CourseDirectory, bench: Bench) -> Iterator[HandedIn]:
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
            submission = submission_of(notebook, bench.chapter, Path(path.name))
            yield HandedIn(student, submission)
