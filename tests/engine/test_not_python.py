"""What is no Python, or waits for what is not written, through the whole of `grade`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest

from grader.judge.warned import without_warnings
from grader.report.as_json import to_json
from grader.report.explain import explained
from grader.report.formats import drawn
from grader.submission.reading import Submission

RIGHT = """
import numpy as np


def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def logsumexp(z, axis=-1):
    m = z.max(axis=axis, keepdims=True)
    return np.squeeze(m, axis=axis) + np.log(np.exp(z - m).sum(axis=axis))


def softmax(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
"""


def judged(grade, tmp_path, source, *names):
    path = tmp_path / "ch4.py"
    path.write_text(source, encoding="utf-8")
    report = grade("ch4", path)
    return report, {one.id.partition(".")[2]: one for one in report.exercises}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("def sigmoid(z):", "def sigmoid(z, z):", "Two parameters"),
        ("def sigmoid(z):", "def sigmoid[T](z: T) -> T:", "this is syntax of 3.12"),
        ("    e = np.exp(-np.abs(z))", "    e = np.exp(-np.abs(z)", "none closes it"),
        ("    e = np.exp(-np.abs(z))", "    e = np.exp(-np.abs(z))\n    break", "No `for`"),
        ("    e = np.exp(-np.abs(z))", "    e\u00a0= np.exp(-np.abs(z))", "no-break space"),
        ("def sigmoid(z):", "def sigmoid(z):\n    '''Open", "no closing|does not end"),
    ],
)
def test_a_definition_that_is_no_python_is_not_called(grade, tmp_path, old, new, words):
    assert old in RIGHT
    report, by_name = judged(grade, tmp_path, RIGHT.replace(old, new))
    one = by_name["sigmoid"]
    assert (one.status, one.score) == ("does not parse", 0)
    assert {check.status for check in one.checks} == {"does not parse"}
    message = one.checks[0].counterexample.message
    assert re.search(words, message)
    assert "line " in message
    assert "return` missing" not in to_json([report])
    assert by_name["logsumexp"].passed
    assert by_name["softmax"].passed


def test_each_format_knows_the_status(grade, tmp_path):
    report, _ = judged(grade, tmp_path, RIGHT.replace("def sigmoid(z):", "def sigmoid(z)"))
    for name in ("junit", "gradescope", "github", "html", "json"):
        assert "does not parse" in drawn([report], name, {})
    assert json.loads(to_json([report]))["exercises"][0]["status"] == "does not parse"


def test_a_statement_at_the_margin_that_is_no_python_is_a_note(grade, tmp_path):
    report, by_name = judged(grade, tmp_path, RIGHT + "\nif True:\n    return softmax(1)\n")
    assert all(by_name[name].passed for name in ("sigmoid", "logsumexp", "softmax"))
    (note,) = report.notes
    assert note.startswith("line 20: return softmax(1)\nSyntaxError: 'return' outside function")


def test_what_is_written_waits_for_the_stub_that_it_calls(grade, tmp_path):
    source = RIGHT + (
        "\ndef log_softmax(z, axis=-1):\n    return np.log(softmax(z, axis))\n"
        "\ndef cross_entropy(z, labels):\n    return helper(z)[labels].mean()\n"
        "\ndef helper(z):\n    return -log_softmax(z)\n"
    )
    stub = source.replace(
        "    e = np.exp(z - z", "    raise NotImplementedError\n    e = np.exp(z - z"
    )
    report, by_name = judged(grade, tmp_path, stub)
    assert by_name["softmax"].status == "not started"
    waiting = by_name["log_softmax"]
    assert (waiting.status, waiting.waits_for) == ("waits", ("ch4.softmax",))
    assert by_name["cross_entropy"].waits_for == ("ch4.softmax",)
    data = json.loads(to_json([report]))["exercises"]
    assert [one["waits_for"] for one in data if one["id"] == "ch4.log_softmax"] == [["ch4.softmax"]]
    assert "waits for ch4.softmax" in drawn([report], "html", {})


def test_a_stub_does_not_wait(grade, tmp_path):
    source = "def softmax(z):\n    raise NotImplementedError\n"
    source += "def log_softmax(z):\n    softmax(z)\n    raise NotImplementedError\n"
    _, by_name = judged(grade, tmp_path, source)
    assert by_name["log_softmax"].status == "not started"
    assert by_name["log_softmax"].waits_for == ()


def test_a_notebook_names_its_cells(grade, tmp_path):
    cells = [
        "import asyncio\nawait asyncio.sleep(0)\nimport numpy as np",
        RIGHT,
        "def log_softmax(z):\n    return (z\n",
    ]
    path = tmp_path / "ch4.ipynb"
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)
    report = grade("ch4", path)
    by_name = {one.id.partition(".")[2]: one for one in report.exercises}
    assert by_name["softmax"].passed
    shown = by_name["log_softmax"].checks[0].counterexample.message
    assert shown.startswith("cell 3, line 2: return (z\nSyntaxError: '(' was never closed")


@pytest.mark.parametrize(
    ("error", "line", "words"),
    [
        ("SyntaxError: invalid syntax", "type Vector = list[float]", "syntax of 3.12"),
        ("SyntaxError: f-string: expecting '}'", 'print(f"{d["x"]}")', "syntax of 3.12"),
        (
            "SyntaxError: multiple exception types must be parenthesized",
            "except ValueError, TypeError:",
            "syntax of 3.14",
        ),
        (
            "SyntaxError: multiple exception types must be parenthesized",
            "except ValueError, error:",
            "Python 2",
        ),
        ("SyntaxError: invalid syntax", 'x = t"{name}"', "syntax of 3.14"),
        ("SyntaxError: invalid syntax", "x[i] = f'{y}' z", "cannot read on from here"),
        ("SyntaxError: invalid character '−' (U+2212)", "x = a − b", "hyphen"),
        ("SyntaxError: invalid non-printable character U+200B", "x = 1", "cannot be seen"),
        ("ImportError: cannot import name 'override' from 'typing'", "", "typing.override is of"),
        ("ModuleNotFoundError: No module named 'torch'", "", "torch is not available in ch4."),
        ("ModuleNotFoundError: No module named 'my_own'", "", "hand in the folder"),
    ],
)
def test_what_it_means(error, line, words):
    assert words in (explained(error, line, "ch4") or "")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        ("SyntaxError: cannot assign to literal here", "1 = x"),
        ("SyntaxError: invalid syntax. Perhaps you forgot a comma?", "f(a b)"),
        ("ImportError: cannot import name 'f' from 'helper'", ""),
    ],
)
def test_of_most_errors_nothing_is_said(error, line):
    assert explained(error, line, "ch4") is None


def test_a_warning_is_called_one_and_bears_the_students_own_file(grade, tmp_path):
    wrong = (
        "def softmax(z, axis=-1):\n    e = np.exp(z)\n    print('mine')\n    return e / e.sum()\n"
    )
    path = tmp_path / "my_work.py"
    path.write_text(f"{RIGHT}\n\n{wrong.replace('np.exp(z)', 'np.exp(z + 1e4)')}", encoding="utf-8")
    report = grade("ch4.softmax", path)
    calls = [
        call
        for check in report.exercises[0].checks
        if check.counterexample
        for call in check.counterexample.calls
    ]
    said = {call.warned for call in calls if call.warned}
    assert any(
        re.match(r"my_work.py, line \d+: RuntimeWarning: overflow encountered in exp", one)
        for one in said
    ), said
    assert {line for call in calls for line in (call.printed or "").split()} == {"mine"}
    assert "warning: my_work.py, line" in drawn([report], "gradescope", {})


def test_what_only_looks_like_a_warning_stays_printed():
    submission = Submission(Path("ch4.py"), "ch04", {"ch04": ""})
    printed = "a Warning: b\nch04.py:3: RuntimeWarning: no\n  x = 1\nlast\n"
    assert without_warnings(printed, submission) == (
        "a Warning: b\nlast\n",
        "ch4.py, line 3: RuntimeWarning: no",
    )


def test_a_return_at_the_margin_is_pointed_at(grade, tmp_path):
    dedented = RIGHT.replace("    return e / e.sum", "return e / e.sum")
    assert dedented != RIGHT
    _, by_name = judged(grade, tmp_path, dedented)
    assert by_name["softmax"].status == "failed"
    assert "stands at the margin" in by_name["softmax"].note
    assert by_name["sigmoid"].passed
    assert by_name["logsumexp"].passed
