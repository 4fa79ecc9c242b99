"""Before a notebook is released, its own solution must pass its own checks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode

from grader.classroom.run import report_of
from grader.nbgrader.cells import is_chapter
from grader.nbgrader.judge import Judge, graded_cells
from grader.nbgrader.rebuild import submission_of
from grader.report.model import ExerciseReport


class ReferenceFailed(Exception):
    """The solution in a source notebook does not get full marks; the notebook is not released."""


class CheckReference(Judge):
    """Judges the source notebook like a submission and refuses all but full marks."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        if not is_chapter(nb):
            return nb, resources
        name = resources["nbgrader"]["notebook"]
        bench = self.bench(name, Path(self.parent.parent.coursedir.root))
        graded_cells(nb, bench.chapter)
        submission = submission_of(nb, bench.chapter, Path(f"{name}.ipynb"))
        report = report_of(bench, "", submission)
        failing = [exercise for exercise in report.exercises if not exercise.passed]
        if failing:
            raise ReferenceFailed(f"{name} is not released: {_why(failing[0])}")
        return nb, resources


def _why(report: ExerciseReport) -> str:
    check = next(check for check in report.checks if check.status != "passed")
    return f"the solution of {report.id} is {check.status} in “{check.title}”"
