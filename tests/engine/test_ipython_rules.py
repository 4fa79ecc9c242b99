"""Notebook cells become Python by IPython's rules, here held against IPython's own transformer."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from grader.submission.cells import OTHER_LANGUAGES, WRITES, python_of

CELLS = [
    "x = 1",
    "%matplotlib inline\n!ls\nimport numpy as np",
    "total = (7\n  % 4)\nrest = 7 \\\n  % 4",
    "share = [100\n%3]",
    "\n   \n%%time\ndef f():\n    return 1",
    "%%bash\nrm -rf /",
    "%%capture out\n%%time\nx = 1",
    "!pip install -q \\\n    einops \\\n    tqdm\ny = 2",
    "files = !ls\nversion = %env HOME",
    "def f():\n    !ls\n    files = !ls\n    %time 3\n    return files",
    "f?\n?f\nf??\nobj.method?",
    's = """\n%time is text\n!so is this\nand this?\n"""\nx?',
    "s = '%d' % 3\nt = f(a='%s' % 3, b=3 %2)",
    "# is this a question?\nx = 1  # or this?",
    ">>> x = 1\n>>> def f():\n...     return x",
    "In [1]: x = 1\nIn [2]: y = 2",
    "    x = 1\n    if x:\n        y = 2",
    "if x != 3: y = '!'",
    'quote = "it\'s"\n!echo "it\'s',
    "t = '\u2028'; u = 1\nv = 2",
    "",
    "   \n\n",
    "a == 3\nb = !ls",
    "x = {\n  'a': 1,  # one?\n  'b': 2}\n%time",
    "class A:\n    x = 1\n    %time\n    def f(self): return self.x",
    "print('''one\ntwo?''')\nz?",
    "for i in range(3):\n    %time i\nelse:\n    !ls",
]
"""Cells as people write them, each with something that looks like a magic and may be none."""


def is_call_of_ipython(node: ast.AST | None) -> bool:
    return any(
        isinstance(one, ast.Name) and one.id == "get_ipython"
        for one in ast.walk(node or ast.Pass())
    )


class Plain(ast.NodeTransformer):
    """IPython's own calls as what they come to without IPython."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return ast.Pass() if is_call_of_ipython(node) else node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        if is_call_of_ipython(node.value):
            node.value = ast.Constant(None)
        return node


def by_ipython(cell: str) -> str:
    """What IPython makes of the cell, with the body of a magic that runs here in its place."""
    tree = ast.parse(TransformerManager().transform_cell(cell))
    for node in tree.body:
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "run_cell_magic":
            name, _, body = (ast.literal_eval(one) for one in call.args)
            return "" if name in OTHER_LANGUAGES | WRITES else by_ipython(body)
    return dumped(Plain().visit(tree))


def dumped(tree: ast.Module) -> str:
    kept = [ast.dump(node) for node in tree.body if not isinstance(node, ast.Pass)]
    return "\n".join(kept)


def by_us(cell: str) -> str:
    return dumped(ast.parse("\n".join(python_of(cell).lines)))


@pytest.mark.parametrize("cell", CELLS)
def test_cells_mean_what_they_mean_in_ipython(cell):
    if "%time " in cell:  # its statement is run where the names are: that is kept
        cell = cell.replace("%time ", "%who ")
    assert by_us(cell) == by_ipython(cell)


@given(st.lists(st.sampled_from([line for cell in CELLS for line in cell.split("\n")]), max_size=6))
def test_no_cell_loses_or_moves_a_line(lines):
    cell = "\n".join(lines)
    assert len(python_of(cell).lines) == len(cell.split("\n"))


def test_a_statement_behind_time_is_run():
    assert python_of("%time x = 3").lines == ["x = 3"]
    assert python_of("if y:\n    %time x = f(2)").lines == ["if y:", "    x = f(2)"]


@pytest.mark.parametrize("cell", ["pip install einops", "ls", "cd ..", "conda install -y numpy"])
def test_one_line_may_be_a_magic_without_its_sign(cell):
    assert python_of(cell).lines == [f"pass  # {cell}"]


@pytest.mark.parametrize("cell", ["pip = 3", "time(3)", "ls, x = 1, 2", "ls = 3\nls"])
def test_what_only_looks_like_one_is_python(cell):
    assert python_of(cell).lines == cell.split("\n")


def test_a_file_that_is_written_is_a_module():
    found = python_of("%%writefile utils/ops.py\ndef f():\n    return 1")
    assert found.written == {"utils/ops.py": "def f():\n    return 1\n"}
    assert not "".join(found.lines[1:])
    assert python_of("%%writefile notes.txt\nhello").written == {}


def test_a_program_that_is_run_brings_its_names():
    assert python_of("%run helper.py").lines == ["from helper import *"]
