"""Cells of a notebook that anybody may have written: nothing about them is taken for granted."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from grader.submission.disk import content
from grader.submission.notebook import code_of_notebook, text_of_cell
from grader.submission.reading import LARGEST_NOTEBOOK
from grader.submission.text import decoded

NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
PRACTICE = "grader.check_practice("
"""What stands in every graded cell that `grade notebooks` writes."""

DEFINITION = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """What a cell says; `grade_id` and `id` are what it claims to be."""

    kind: str
    source: str
    grade_id: str
    id: str

    def defines(self, name: str) -> bool:
        """Whether the cell has a top-level function or class of that name."""
        return self.kind == "code" and name in DEFINITION.findall(self.source)


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook by the rules of `grade`.  Raises UnreadableSubmission, for a link as well."""
    text = decoded(content(path, LARGEST_NOTEBOOK))
    code_of_notebook(path.name, text)
    try:
        return nbformat.reads(text, as_version=4)
    except Exception:  # nbformat is stricter, and raises whatever its schemas and upgrades do
        found = cells_of(json.loads(text))
    new = [NEW_CELL[cell.kind](cell.source, id=f"cell-{n}") for n, cell in enumerate(found)]
    return new_notebook(cells=new)


def cells_of(notebook: Any) -> list[Cell]:
    """The cells of a notebook, as far as they are cells."""
    cells = notebook.get("cells") if isinstance(notebook, Mapping) else None
    listed = cells if isinstance(cells, list) else []
    found = (_cell(cell) for cell in listed if isinstance(cell, Mapping))
    return [cell for cell in found if cell.kind in NEW_CELL]


def grading(cell: Any) -> Mapping[str, Any]:
    """A cell's nbgrader metadata; empty if it has none."""
    metadata = cell.get("metadata")
    own = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
    return own if isinstance(own, Mapping) else {}


def is_chapter(notebook: NotebookNode) -> bool:
    """Whether a course of ours made the notebook; an nbgrader course may hold others as well."""
    graded = (cell for cell in notebook.cells if grading(cell).get("grade"))
    return any(PRACTICE in str(cell.get("source")) for cell in graded)


def inert(text: str) -> str:
    """Text as Markdown that shows it as it is, in which nothing is markup, a formula or a link."""
    quoted = re.sub(r"[^\w ]", lambda found: f"&#{ord(found[0])};", text, flags=re.ASCII)
    return f"<pre>{quoted}</pre>"


def _cell(cell: Mapping[str, Any]) -> Cell:
    return Cell(
        kind=str(cell.get("cell_type", "")),
        source=text_of_cell(cell.get("source", "")),
        grade_id=str(grading(cell).get("grade_id", "")),
        id=str(cell.get("id", "")),
    )
