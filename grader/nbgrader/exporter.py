"""Reading submitted notebooks for nbgrader, whatever they are."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from nbconvert.exporters import NotebookExporter
from nbformat.notebooknode import NotebookNode

from grader.nbgrader.cells import read_notebook


class AnyNotebookExporter(NotebookExporter):
    """nbconvert's notebook exporter; a file that is no notebook becomes one that says so."""

    def from_file(
        self, file_stream: str | IO[str], resources: Any = None, **keywords: Any
    ) -> tuple[NotebookNode, dict[str, Any]]:
        name = file_stream if isinstance(file_stream, str) else file_stream.name
        found: tuple[NotebookNode, dict[str, Any]] = self.from_notebook_node(
            read_notebook(Path(name)), resources=resources, **keywords
        )
        return found
