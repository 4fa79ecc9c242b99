"""The code cells of a notebook's file, whoever wrote it: Jupyter, Colab, VS Code, Deepnote.

The JSON is read as it is.  What else may be wrong with a notebook costs nobody a mark, and what
its cells printed is dropped while it is read: pictures are no source.
"""

from __future__ import annotations

import json
from typing import Any

from grader.python.division import CONFLICT
from grader.submission.errors import UnreadableSubmission
from grader.submission.text import with_newlines

LONGEST_REASON = 80


def code_of_notebook(name: str, text: str) -> list[str]:
    """The sources of the code cells.  Raises UnreadableSubmission."""
    try:
        notebook = json.loads(text, object_hook=_without_outputs)
    except (ValueError, RecursionError) as error:
        raise UnreadableSubmission(f"{name} is not a notebook: {_reason(text, error)}") from None
    cells = _cells(notebook)
    if cells is None:
        raise UnreadableSubmission(f"{name} is not a notebook: it has no cells")
    language = _language(notebook)
    if language not in ("", "python", "python3", "ipython"):
        raise UnreadableSubmission(f"{name} is a notebook in {language}: Python is due")
    return [_source(cell) for cell in cells if _is_python(cell)]


def _without_outputs(table: dict[str, Any]) -> dict[str, Any]:
    for name in ("outputs", "attachments"):
        table.pop(name, None)
    return table


def _reason(text: str, error: Exception) -> str:
    if not text.strip():
        return "the file is empty"
    for number, line in enumerate(text.split("\n"), start=1):
        if CONFLICT.match(line):
            marker = line[:20].rstrip()
            return f"line {number} is a conflict marker of git ({marker}): keep one side"
    return str(error)[:LONGEST_REASON] if isinstance(error, ValueError) else "it is nested too deep"


def _cells(notebook: Any) -> list[Any] | None:
    """The cells, also of format 3, which had sheets of them."""
    if not isinstance(notebook, dict):
        return None
    if isinstance(notebook.get("cells"), list):
        return list(notebook["cells"])
    sheets = notebook.get("worksheets")
    if not isinstance(sheets, list):
        return None
    listed = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
    return [cell for cells in listed if isinstance(cells, list) for cell in cells]


def _language(notebook: dict[str, Any]) -> str:
    metadata = notebook.get("metadata")
    about = [metadata.get(key) for key in ("language_info", "kernelspec")] if metadata else []
    named = (one.get(key) for one in about if isinstance(one, dict) for key in ("name", "language"))
    known = [str(name).lower() for name in named if name]
    return "python" if any("python" in name for name in known) or not known else known[0][:20]


def _is_python(cell: Any) -> bool:
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return False
    metadata = cell.get("metadata")
    editor = metadata.get("vscode") if isinstance(metadata, dict) else None
    language = editor.get("languageId", "python") if isinstance(editor, dict) else "python"
    return language == "python"


def _source(cell: dict[str, Any]) -> str:
    return with_newlines(text_of_cell(cell.get("source", cell.get("input", ""))))


def text_of_cell(source: Any) -> str:
    """A cell's text, which may be a list of lines.

    JSON can hold halves of surrogate pairs, which no encoding can send: each becomes a "?".
    """
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    return text.encode("utf-8", "replace").decode("utf-8")
