"""`%grade ch3.layer_norm` and `%%grade`: the practice report under a notebook's cell."""

from __future__ import annotations

import ast
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class

from grader.course.model import CourseError, NoCourse, UnknownName
from grader.practising.practice import PracticeReport, practise

USAGE = "name an exercise or a chapter: %grade ch3.layer_norm"


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
            target = target or _last_defined(cell)
        if not target:
            raise UsageError(USAGE)
        try:
            return practise(shell.user_ns, target)
        except (UnknownName, NoCourse, CourseError) as error:
            raise UsageError(str(error)) from None


def _last_defined(cell: str) -> str:
    """The function or class that a cell defines last: what `%%grade` without a name means."""
    names = [
        node.name
        for node in ast.parse(cell).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    ]
    return names[-1] if names else ""
