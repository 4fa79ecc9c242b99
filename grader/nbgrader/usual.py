"""Notebooks of other makes in the same nbgrader course: they are handled as without us."""

from __future__ import annotations

from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List
from traitlets.utils.importstring import import_item


class Usual(NbGraderPreprocessor):
    """A preprocessor of ours, and those that do its work for assignments that are not ours."""

    others: Any = List(help="The preprocessors for notebooks of other makes.").tag(config=True)

    def usual(
        self, notebook: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """What becomes of a notebook of another make."""
        for other in self.others:
            kind = import_item(other) if isinstance(other, str) else other
            notebook, resources = kind(parent=self.parent)(notebook, resources)
        return notebook, resources
