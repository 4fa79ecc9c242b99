"""`grade prejudge ch3`: judge all submitted notebooks side by side, before nbgrader asks.

nbgrader autogrades strictly one after another.  After this it only looks reports up.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nbgrader.apps.nbgraderapp import NbGraderApp
from nbgrader.coursedir import CourseDirectory

from grader.classroom.results import Result
from grader.classroom.run import judge_class
from grader.nbgrader.judge import Judge
from grader.nbgrader.submitted import submitted
from grader.submission.errors import UnreadableSubmission


def prejudge(target: str, observe: Callable[[Result], None]) -> list[Result]:
    """Judge what was submitted for a chapter into the journal of the nbgrader course here.

    Raises UnreadableSubmission if nothing was submitted, NotReleased, JudgeError, CourseError.
    """
    app = NbGraderApp()
    app.initialize([])
    coursedir = CourseDirectory(parent=app)
    bench = Judge(parent=app).bench(target, Path(coursedir.root))
    students = list(submitted(coursedir, bench))
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
