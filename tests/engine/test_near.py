"""What a file may mean by a name that is nearly right, and by one whose import failed."""

from __future__ import annotations

import textwrap

import pytest

from grader.submission.near import near_name

CHAPTER = ["softmax", "log_softmax", "sigmoid", "Value"]


@pytest.mark.parametrize(
    ("source", "name", "near"),
    [
        ("def my_softmax(z): pass", "softmax", "my_softmax"),
        ("class Softmax: pass", "softmax", "Softmax"),
        ("def my_softmax(z): pass\nclass Softmax: pass", "softmax", "my_softmax"),
        ("class MyValue: pass\ndef value(x): pass", "Value", "MyValue"),
        ("def my_softmax(z): pass\ndef softmax_v2(z): pass", "softmax", "softmax_v2"),
        ("def sigmiod(z): pass", "sigmoid", "sigmiod"),
        ("class Softmax: pass", "log_softmax", ""),
        ("def logsoftmax(z): pass", "softmax", ""),
        ("def softmax(z): pass", "log_softmax", ""),
        ("def plot(z): pass", "softmax", ""),
    ],
)
def test_what_a_file_may_call_it(source, name, near):
    assert near_name(source, name, CHAPTER) == near


@pytest.mark.parametrize("head", ["import torch", "import torch as torch", "from torch import nn"])
def test_a_name_whose_import_failed_is_not_said_to_lack_one(grade, tmp_path, head):
    used = "torch.as_tensor" if "nn" not in head else "nn.Softmax"
    path = tmp_path / "ch04_softmax_cross_entropy.py"
    path.write_text(f"{head}\n\n\ndef softmax(z, axis=-1):\n    return {used}(z)\n")
    report = grade("ch4.softmax", path)
    message = report.exercises[0].checks[0].counterexample.message
    assert "The import of it in line 1 fails" in message
    assert "missing at the top" not in message
    assert any("torch is not available in ch4." in note for note in report.notes)


def test_a_name_without_an_import_is_said_to_lack_one(grade, tmp_path):
    path = tmp_path / "ch04_softmax_cross_entropy.py"
    path.write_text(
        textwrap.dedent("""
            def softmax(z, axis=-1):
                return np.exp(z)
        """)
    )
    message = grade("ch4.softmax", path).exercises[0].checks[0].counterexample.message
    assert "missing at the top" in message
    assert "The import of it" not in message
