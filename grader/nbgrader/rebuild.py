"""Rebuilding a submitted notebook on the released one: only the student's work is the student's.

Statements, test cells, points and their order come from the release.  Of the submission count the
sources of the solution cells and the cells that were added.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook, MissingEntry

from grader.course.model import Chapter
from grader.nbgrader.cells import (
    DEFINITION,
    Cell,
    cells_of,
    grading,
    inert,
    is_chapter,
    read_notebook,
)
from grader.nbgrader.usual import Usual
from grader.submission.errors import UnreadableSubmission
from grader.submission.reading import Submission, of_cells
from grader.submission.siblings import LARGEST
from grader.wall.limits import MB


class NotReleased(UnreadableSubmission):
    """There is no released notebook to rebuild on."""


class Rebuild(Usual):
    """Replaces a submitted notebook by the release with the student's work in it."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, dict[str, str]]
    ) -> tuple[NotebookNode, dict[str, dict[str, str]]]:
        names = resources["nbgrader"]
        open_marks(names)
        release = released(self.parent.parent.coursedir, names["assignment"], names["notebook"])
        if not is_chapter(release):
            return self.usual(nb, resources)
        return rebuilt(release, cells_of(nb)), resources


def released(coursedir: object, assignment: str, notebook: str) -> NotebookNode:
    """The released version of a notebook.  Raises NotReleased."""
    folder = coursedir.format_path(coursedir.release_directory, ".", assignment)  # type: ignore[attr-defined]
    path = Path(folder, f"{notebook}.ipynb")
    if not path.is_file():
        raise NotReleased(f"{path} is missing: run `nbgrader generate_assignment {assignment}`")
    return read_notebook(path)


def rebuilt(release: NotebookNode, submitted: list[Cell]) -> NotebookNode:
    """The release with the student's solutions and added cells.  Raises UnreadableSubmission."""
    if sum(len(cell.source) for cell in submitted) > LARGEST:
        raise UnreadableSubmission(f"it holds more than {LARGEST // MB} MB of text")
    work = _Matching(release, submitted).work()
    notebook = copy.deepcopy(release)
    notebook.cells = [*work.added.get(-1, [])]
    for place, cell in enumerate(release.cells):
        if _is_instructors(cell) or grading(cell).get("solution"):
            kept = copy.deepcopy(cell)
            kept.source = work.solutions.get(place, cell.source)
            if kept.cell_type == "code":
                kept.outputs, kept.execution_count = [], None
            notebook.cells.append(kept)
        notebook.cells += work.added.get(place, [])
    return notebook


def submission_of(notebook: NotebookNode, chapter: Chapter, path: Path) -> Submission:
    """What goes through the wall: the code cells but for the graded ones, which are not run."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    sources = ["" if grading(cell).get("grade") else str(cell.source) for cell in code]
    return of_cells(path, chapter, sources)


@dataclass
class _Work:
    """A student's sources by place of the solution cell, and added cells by the place before."""

    solutions: dict[int, str] = field(default_factory=dict)
    added: dict[int, list[NotebookNode]] = field(default_factory=dict)


class _Matching:
    """Finds out which submitted cell stands for which released one."""

    def __init__(self, release: NotebookNode, submitted: list[Cell]) -> None:
        self.submitted = submitted
        self.places: dict[str, int] = {}
        self.sources: dict[str, int] = {}
        self.names: dict[int, list[str]] = {}
        for place, cell in enumerate(release.cells):
            if grading(cell).get("solution"):
                self.names[place] = DEFINITION.findall(cell.source)
            elif not _is_instructors(cell):
                continue
            else:
                self.sources[cell.source.strip()] = place
            self.places[grading(cell).get("grade_id") or cell.id] = place

    def work(self) -> _Work:
        """The student's part."""
        work = _Work()
        chosen = {self._chosen(place): place for place in self.names}
        place = -1
        for number, cell in enumerate(self.submitted):
            if number in chosen:
                place = chosen[number]
                work.solutions[place] = cell.source
                continue
            stands_for = self._place(cell)
            if stands_for is not None and stands_for not in self.names:
                place = stands_for
            elif cell.source.strip():
                work.added.setdefault(place, []).append(_added(cell, f"added-{number}"))
        return work

    def _chosen(self, place: int) -> int | None:
        """The submitted cell that is the solution: the last that claims to be and defines it."""
        code = [(n, cell) for n, cell in enumerate(self.submitted) if cell.kind == "code"]
        claiming = [(n, cell) for n, cell in code if self._place(cell) == place]
        unknown = [(n, cell) for n, cell in code if self._place(cell) is None]
        names = self.names[place][-1:]
        for group in (claiming, unknown):
            defining = [n for n, cell in group if any(cell.defines(name) for name in names)]
            if defining:
                return defining[-1]
        return claiming[-1][0] if claiming else None

    def _place(self, cell: Cell) -> int | None:
        """The released cell that a submitted one claims to be, or repeats word for word."""
        for name in (cell.grade_id, cell.id):
            if name in self.places:
                return self.places[name]
        return self.sources.get(cell.source.strip())


def _is_instructors(cell: NotebookNode) -> bool:
    """Whether a released cell is not the student's to change; the free cell is."""
    own = grading(cell)
    if own.get("solution"):
        return False
    return bool(own.get("grade") or own.get("locked")) or cell.cell_type != "code"


def _added(cell: Cell, name: str) -> NotebookNode:
    """A cell of the student's own.  Text is shown as it is: a browser would obey its markup."""
    if cell.kind == "code":
        return new_code_cell(cell.source, id=name)
    return new_markdown_cell(inert(cell.source), id=name)


def open_marks(names: dict[str, str]) -> None:
    """Take back the marks of an earlier run: should this one fail, none may stay."""
    with Gradebook(names["db_url"]) as gradebook:
        try:
            notebook = gradebook.find_submission_notebook(
                names["notebook"], names["assignment"], names["student"]
            )
        except MissingEntry:
            return
        for grade in notebook.grades:
            grade.auto_score = None
            grade.needs_manual_grade = True
        gradebook.db.commit()
