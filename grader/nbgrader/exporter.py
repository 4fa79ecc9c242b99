"""Reading submitted notebooks for nbgrader: by the rules of `grade`, without following links."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat.notebooknode import NotebookNode

from grader.nbgrader.cells import read_notebook
from grader.nbgrader.links import without_links
from grader.nbgrader.rebuild import open_marks
from grader.submission.errors import UnreadableSubmission


class SubmittedNotebookExporter(NotebookExporter):
    """nbconvert's notebook exporter; what cannot be read is an error, and leaves no older mark."""

    def from_filename(
        self, filename: str, resources: Any = None, **keywords: Any
    ) -> tuple[NotebookNode, dict[str, Any]]:
        path = Path(filename)
        try:
            without_links(path.parent)
            notebook = read_notebook(path)
        except UnreadableSubmission:
            open_marks(resources["nbgrader"])
            raise
        found: tuple[NotebookNode, dict[str, Any]] = self.from_notebook_node(
            notebook, resources=resources, **keywords
        )
        return found
