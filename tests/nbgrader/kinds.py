"""Kinds of submissions: the notebook each kind of student hands in, and the marks it deserves.

A file that cannot be read deserves none: its marks are None.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell

SOFTMAX = """def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
"""
RELU = "def relu(x):\n    return np.maximum(x, 0.0)\n"
ABSOLUTE = "def relu(x):\n    return np.abs(x)\n"

LOUD = "import sys, warnings\n" + RELU.replace(
    "    return", '    print("hello", file=sys.stderr); warnings.warn("careful")\n    return'
)
WARNING = RELU.replace("    return", "    np.log(np.zeros(1)); np.zeros(1) / 0\n    return")
ENDLESS = "def relu(x):\n    while True:\n        pass\n"
EXIT = "import os\n\ndef relu(x):\n    os._exit(0)\n"
MEMORY = "def relu(x):\n    return np.maximum(x, np.ones(3 * 2**27).min() - 1)\n"

AST = """import ast
from IPython import get_ipython

class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
    def visit_Expr(self, node):
        return ast.Pass()

get_ipython().ast_transformers.append(Drop())
"""
PATCHED = """import numpy.testing, grader
np.testing.assert_allclose = numpy.testing.assert_allclose = lambda *a, **k: None
np.allclose = np.array_equal = lambda *a, **k: True
grader.check = grader.check_practice = lambda *a, **k: None
"""
READING = """import glob, json
for path in glob.glob("{root}/**/*.*", recursive=True):
    text = open(path).read()
    if "BEGIN SOLUTION" in text:
        for cell in json.loads(text)["cells"] if path.endswith("ipynb") else [{"source": text}]:
            try:
                exec("".join(cell["source"]), globals())
            except Exception:
                pass
"""
WRITING = """import sqlite3
for path in ("{root}/assignments/gradebook.db", "{root}/assignments/journal.db"):
    database = sqlite3.connect(path)
    database.execute("update grade set auto_score = 60, manual_score = 60")
    database.commit()
"""
DISPLAY = """import json, sys
print(json.dumps({"output_type": "execute_result", "data": {"text/plain": "60.0"}}))
def softmax(z):
    sys.displayhook(60.0)
    return 60.0
softmax(1)
"""

Change = Callable[[NotebookNode, str], NotebookNode | str]


@dataclass(frozen=True)
class Kind:
    """How a notebook is changed before it is handed in, and the marks for softmax and relu."""

    name: str
    change: Change
    softmax: float | None
    relu: float | None
    file: str = "ch1.ipynb"

    def text(self, release: NotebookNode, root: str) -> str:
        """The file that is handed in; `root` is the course's folder, for those who look there."""
        changed = self.change(copy.deepcopy(release), root)
        return changed if isinstance(changed, str) else nbformat.writes(changed)


def written(**sources: str) -> Change:
    """Fill in solution cells."""

    def change(notebook: NotebookNode, root: str) -> NotebookNode:
        for name, source in sources.items():
            _cell(notebook, f"ch1-{name}").source = source.replace("{root}", root)
        return notebook

    return change


def also(change: Change, edit: Callable[[NotebookNode], None]) -> Change:
    """Another change, then an edit of the notebook."""

    def both(notebook: NotebookNode, root: str) -> NotebookNode:
        changed = change(notebook, root)
        assert not isinstance(changed, str)
        edit(changed)
        return changed

    return both


def _cell(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.id == grade_id)


def _without_checks(notebook: NotebookNode) -> None:
    notebook.cells = [cell for cell in notebook.cells if not cell.id.endswith("-checks")]


def _duplicate(notebook: NotebookNode) -> None:
    place = notebook.cells.index(_cell(notebook, "ch1-relu"))
    earlier = copy.deepcopy(notebook.cells[place])
    earlier.id, earlier.source = "copied", ABSOLUTE
    notebook.cells.insert(place, earlier)


def _strip(notebook: NotebookNode) -> None:
    for number, cell in enumerate(notebook.cells):
        cell.metadata, cell.id = NotebookNode(), f"cell-{number}"
    notebook.cells = notebook.cells[::-1]


def _points(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        own = cell.metadata.get("nbgrader", {})
        if own.get("grade"):
            own["points"] = 1000
            own["grade_id"] = own["grade_id"].replace("softmax", "SOFTMAX")


def _results(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.id.endswith("-checks"):
            cell.source = "60.0"
            cell.execution_count = 1
            result = {"text/plain": "60.0"}
            cell.outputs = [new_output("execute_result", result, execution_count=1)]


def _second_checks(notebook: NotebookNode) -> None:
    for name in ("softmax", "relu"):
        checks = copy.deepcopy(_cell(notebook, f"ch1-{name}-checks"))
        checks.id, checks.source = f"mine-{name}", "40.0"
        checks.metadata.nbgrader.locked = False
        notebook.cells.append(checks)


def _notebook_things(notebook: NotebookNode) -> None:
    notebook.cells.insert(
        0, new_code_cell("%load_ext grader\n!pip install torch\n%matplotlib inline")
    )
    notebook.cells.append(new_code_cell("import matplotlib.pyplot as plt\nplt.plot([1, 2])"))
    notebook.cells.append(new_code_cell("1 / 0"))
    notebook.cells.append(new_code_cell("this is no python"))
    notebook.cells.append(new_code_cell("%%grade ch1.relu\nhelper = 1"))


ACTIVE = (
    "# hello\n<script>window.PWNED=1</script> [x](javascript:PWNED()) <img src=x onerror=PWNED()>"
    "<iframe src='data:,PWNED'></iframe> $\\href{javascript:PWNED()}{y}$</pre><b onclick=1>"
)


def _markup(notebook: NotebookNode) -> None:
    notebook.cells.insert(1, new_markdown_cell(ACTIVE))
    notebook.cells.append(new_raw_cell(ACTIVE))
    notebook.cells.append(new_code_cell(f"text = {ACTIVE!r}"))


def _odd_metadata(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata = NotebookNode(nbgrader="text", tags=3)
    notebook.cells.append(new_code_cell("x = '\udce4'"))


RIGHT = written(softmax=SOFTMAX, relu=RELU)
HALF = written(softmax=SOFTMAX, relu=ABSOLUTE)

KINDS = [
    Kind("correct", RIGHT, 60, 40),
    Kind("half-right", HALF, 60, 0),
    Kind("stub", written(), 0, 0),
    Kind("stderr", written(softmax=SOFTMAX, relu=LOUD), 60, 40),
    Kind("warnings", written(softmax=SOFTMAX, relu=WARNING), 60, 40),
    Kind("endless", written(softmax=SOFTMAX, relu=ENDLESS), 60, 0),
    Kind("endless-cell", written(softmax=SOFTMAX, relu=RELU + "while True: pass\n"), 60, 40),
    Kind("exit", written(softmax=SOFTMAX, relu=EXIT), 60, 0),
    Kind("memory", written(softmax=SOFTMAX, relu=MEMORY), 60, 0),
    Kind("no-checks", also(RIGHT, _without_checks), 60, 40),
    Kind("duplicated", also(RIGHT, _duplicate), 60, 40),
    Kind("stripped", also(RIGHT, _strip), 60, 40),
    Kind("odd-metadata", also(RIGHT, _odd_metadata), 60, 40),
    Kind("points", also(HALF, _points), 60, 0),
    Kind("wrong-name", RIGHT, 60, 40, file="my homework (2).ipynb"),
    Kind("markup", also(RIGHT, _markup), 60, 40),
    Kind("notebook-things", also(RIGHT, _notebook_things), 60, 40),
    Kind("empty", lambda notebook, root: "", None, None),
    Kind("conflict", lambda notebook, root: "<<<<<<< HEAD\n{}", None, None),
    Kind("no-cells", also(RIGHT, lambda notebook: notebook.cells.clear()), 0, 0),
    Kind("no-notebook", lambda notebook, root: '{"cells": [{"source": 3}], "nbformat": 4}', 0, 0),
    Kind("forged-transformer", written(softmax=AST), 0, 0),
    Kind("forged-patches", written(softmax=PATCHED), 0, 0),
    Kind("forged-results", also(written(), _results), 0, 0),
    Kind("forged-display", written(softmax=DISPLAY), 0, 0),
    Kind("forged-checks", also(written(), _second_checks), 0, 0),
    Kind("forged-reading", written(softmax=READING), 0, 0),
    Kind("forged-writing", written(softmax=WRITING), 0, 0),
]
