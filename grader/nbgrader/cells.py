"""Cells of a notebook that anybody may have written: nothing about them is taken for granted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook

from grader.submission.disk import content
from grader.submission.errors import UnreadableSubmission
from grader.submission.reading import LARGEST_NOTEBOOK
from grader.submission.text import decoded

KINDS = ("code", "markdown", "raw")
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
    """Read a notebook; a file that is none becomes a notebook that says so.

    A class has somebody who hands in an empty file: that costs their mark, not the batch.
    """
    try:
        return nbformat.reads(decoded(content(path, LARGEST_NOTEBOOK)), as_version=4)
    except Exception as error:
        reason = str(error) if isinstance(error, UnreadableSubmission) else "it is not a notebook"
        return notice(f"This file could not be read, so nothing in it was graded: {reason}.")


def notice(text: str) -> NotebookNode:
    """A notebook that holds one sentence."""
    return new_notebook(cells=[new_markdown_cell(text, id="notice")])


def cells_of(notebook: Any) -> list[Cell]:
    """The cells of a notebook, as far as they are cells."""
    cells = notebook.get("cells") if isinstance(notebook, Mapping) else None
    listed = cells if isinstance(cells, list) else []
    found = (_cell(cell) for cell in listed if isinstance(cell, Mapping))
    return [cell for cell in found if cell.kind in KINDS]


def grading(cell: Any) -> Mapping[str, Any]:
    """A cell's nbgrader metadata; empty if it has none."""
    metadata = cell.get("metadata")
    own = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
    return own if isinstance(own, Mapping) else {}


def _cell(cell: Mapping[str, Any]) -> Cell:
    return Cell(
        kind=str(cell.get("cell_type", "")),
        source=_text(cell.get("source", "")),
        grade_id=str(grading(cell).get("grade_id", "")),
        id=str(cell.get("id", "")),
    )


def _text(source: Any) -> str:
    """The text of a cell; lone surrogates, which JSON can hold, cannot be sent anywhere."""
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    return text.encode("utf-8", "replace").decode("utf-8")
