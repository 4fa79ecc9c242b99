"""Judging instead of executing: the notebook's code goes through the wall, its marks come back."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output
from traitlets import Bool, Enum, Integer, Unicode

from grader.authoring.notebooks import checks_id
from grader.classroom.bench import Bench
from grader.classroom.run import report_of
from grader.course.model import Chapter, Course, CourseError, find_course
from grader.course.reading import load_course
from grader.judge.assignment import JudgeError, Run
from grader.nbgrader.ahead import judged_ahead
from grader.nbgrader.cells import grading, is_chapter
from grader.nbgrader.rebuild import submission_of
from grader.nbgrader.usual import Usual
from grader.report.as_html import exercise_html, overview_html
from grader.report.disclosure import Disclosure
from grader.report.model import ChapterReport, ExerciseReport
from grader.wall.isolation import Isolation, detect


class Judge(Usual):
    """Puts the score of each exercise, and the report on it, into its cell's output."""

    seed = Integer(0, help="Another seed draws other inputs.").tag(config=True)
    disclosure = Enum(
        [level.value for level in Disclosure],
        default_value=Disclosure.full.value,
        help="What feedback shows: full, property (titles of checks only) or none.",
    ).tag(config=True)
    course = Unicode("", help="The course's folder; by default the one around this.").tag(
        config=True
    )
    journal = Unicode("journal.db", help="Where reports are kept, in the nbgrader course.").tag(
        config=True
    )
    weak_isolation = Bool(False, help="Make marks even without bubblewrap.").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        if not is_chapter(nb):
            return self.usual(nb, resources)
        names = resources["nbgrader"]
        bench = self.bench(names["notebook"], Path(self.parent.parent.coursedir.root))
        submission = submission_of(nb, bench.chapter, Path(f"{names['notebook']}.ipynb"))
        student = names["student"]
        report = judged_ahead(bench, self.parent.parent.coursedir, student, submission)
        if report is None:
            report = report_of(bench, student, submission)
        fill_in(nb, report, bench.chapter, Disclosure(self.disclosure))
        return nb, resources

    def bench(self, notebook: str, root: Path) -> Bench:
        """What judges that notebook in the nbgrader course at `root`.  Raises JudgeError."""
        course = _course(Path(self.course) if self.course else find_course(root))
        isolation = detect()
        if not isolation.strong and not self.weak_isolation:
            raise JudgeError(
                f"no mark is made without bubblewrap: {isolation.why}; "
                "install it, or set c.Judge.weak_isolation = True"
            )
        return _bench(course, notebook, self.seed, isolation, root / self.journal)


@cache
def _course(root: Path) -> Course:
    """nbgrader makes a preprocessor for each notebook: what they share is made once."""
    return load_course(root)


@cache
def _bench(course: Course, name: str, seed: int, isolation: Isolation, journal: Path) -> Bench:
    return Bench(course, course.chapter(name), Run(seed=seed), isolation, journal)


def fill_in(
    notebook: NotebookNode, report: ChapterReport, chapter: Chapter, disclosure: Disclosure
) -> None:
    """Write the outputs that nbgrader reads marks from.  Raises CourseError."""
    graded = graded_cells(notebook, chapter)
    for exercise, shown in zip(chapter.exercises, report.exercises, strict=True):
        cell = graded[checks_id(exercise)]
        cell.outputs = [_result(shown, float(grading(cell)["points"]), disclosure)]
        cell.execution_count = 1
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    if disclosure is not Disclosure.none:
        overview = new_output("display_data", {"text/html": overview_html(report)})
        first.outputs = [overview, *first.outputs]


def graded_cells(notebook: NotebookNode, chapter: Chapter) -> dict[str, NotebookNode]:
    """The cells with points by their grade ids, one an exercise.  Raises CourseError."""
    graded = [cell for cell in notebook.cells if grading(cell).get("grade")]
    found = [str(grading(cell).get("grade_id")) for cell in graded]
    expected = [checks_id(exercise) for exercise in chapter.exercises]
    if sorted(found) != sorted(expected):
        differing = ", ".join(sorted(set(found) ^ set(expected))) or "cells that stand twice"
        raise CourseError(
            f"notebook and course differ in {differing}: "
            f"run `grade notebooks` and `nbgrader generate_assignment {chapter.id} --force`"
        )
    return dict(zip(found, graded, strict=True))


def _result(report: ExerciseReport, points: float, disclosure: Disclosure) -> NotebookNode:
    """The mark as a plain number between 0 and the cell's points, with the report beside it."""
    score = min(max(points * report.score / report.max_score, 0.0), points)
    data = {"text/plain": repr(round(score, 2)), "text/html": exercise_html(report, disclosure)}
    return new_output("execute_result", data, execution_count=1)
