"""`%grade ch3.layer_norm`, `%%grade` and `%submit ch3`: a report under a notebook's cell."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class

from grader.course.model import CourseError, NoCourse, UnknownName, find_course
from grader.course.reading import load_course
from grader.practising.practice import PracticeReport, practise
from grader.submission.cells import python_of
from grader.submission.errors import UnreadableSubmission

if TYPE_CHECKING:
    from grader.client.notebook import Verdict

USAGE = "name an exercise or a chapter: %grade ch3.layer_norm"
SUBMIT = "name a chapter or an exercise: %submit ch3"


@magics_class
class GradeMagics(Magics):
    """The magics that `%load_ext grader` adds."""

    @line_cell_magic
    def grade(self, line: str, cell: str | None = None) -> PracticeReport | None:
        """Run the practice checks on what is defined in this notebook.

        %grade ch3.layer_norm    one exercise
        %grade ch3               a chapter
        %%grade                  run the cell, then check the exercise it defines
        """
        target, shell = line.strip(), self.shell
        assert shell is not None
        if cell is not None:
            outcome: Any = shell.run_cell(cell)
            if not outcome.success:
                return None
        try:
            target = target or _last_defined(cell or "")
            if not target:
                raise UsageError(USAGE)
            return practise(shell.user_ns, target)
        except (UnknownName, NoCourse, CourseError) as error:
            raise UsageError(str(error)) from None

    @line_magic
    def submit(self, line: str) -> Verdict | None:
        """Hand in what was run in this notebook to your class's server, and show the verdict.

        %submit ch3.layer_norm    the chapter is handed in, the exercise's report is shown
        %submit ch3
        """
        from grader.client.notebook import handed_in

        assert self.shell is not None
        history = self.shell.history_manager
        assert history is not None
        if not line.strip():
            raise UsageError(SUBMIT)
        try:
            return handed_in(line.strip(), history.input_hist_raw)
        except (UnknownName, NoCourse, CourseError, UnreadableSubmission) as error:
            raise UsageError(str(error)) from None


def _last_defined(cell: str) -> str:
    """The exercise that a cell defines last, else what it defines last; by IPython's rules."""
    source = "\n".join(python_of(cell).lines)
    names = [
        node.name
        for node in ast.parse(source).body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    ]
    known = {one.name for one in load_course(find_course(Path.cwd())).exercises.values()}
    return next((name for name in reversed(names) if name in known), (*names[-1:], "")[0])
