"""Practice: `grader.check` in this process, its report, and the magics."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import grader
from grader.course import UnknownName
from grader.practice import PracticeFailed
from grader.report.as_html import chapter_html, exercise_html, overview_html
from grader.report.disclosure import Disclosure
from grader.report.model import ChapterReport, CheckReport, Counterexample, ExerciseReport


def right_softmax(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def wrong_softmax(z, axis=-1):
    print("<b>working</b>")
    e = np.exp(z)
    return e / e.sum()


def test_a_right_function_passes_its_practice_checks():
    report = grader.check(right_softmax, "ch4.softmax")
    assert report.passed
    assert report.hidden > 0
    assert "practice checks passed" in repr(report)
    assert grader.check_practice(right_softmax, "ch4.softmax") is None


def test_a_wrong_function_gets_a_counterexample(capsys):
    report = grader.check(wrong_softmax, "ch4.softmax")
    assert not report.passed
    assert "expected" in repr(report)
    assert "&lt;b&gt;working" in report._repr_html_()
    assert "<b>working" not in report._repr_html_()
    assert capsys.readouterr().out == ""
    with pytest.raises(PracticeFailed, match="expected"):
        grader.check_practice(wrong_softmax, "ch4.softmax")


def test_a_practice_report_shows_no_points():
    assert " / " not in grader.check(wrong_softmax, "ch4.softmax")._repr_html_()


def test_a_stub_is_not_started():
    def softmax(z):
        raise NotImplementedError

    assert "not started" in repr(grader.check(softmax, "ch4.softmax"))
    assert "not defined" in repr(grader.check({}, "ch4.softmax"))


def test_of_a_chapter_what_is_defined_is_checked():
    report = grader.check({"softmax": right_softmax, "unrelated": 3}, "ch4")
    assert report.passed
    assert "not defined here: sigmoid," in repr(report)
    assert not grader.check({}, "ch4").passed


def test_an_error_is_shown_with_the_line_it_arose_in():
    def helper(z):
        return undefined_name(z)  # noqa: F821

    report = grader.check(lambda z, axis=-1: helper(z), "ch4.softmax")
    assert re.search(r"line \d+: return undefined_name\(z\)", repr(report))
    assert "NameError" in report._repr_html_()


def test_a_wrong_signature_is_explained():
    assert "Call and `def` disagree" in repr(grader.check(lambda x, y: x, "ch4.softmax"))


OWN_TEST = """
import grader

def my_sigmoid(z):
    return z

def test_sigmoid():
    grader.check_practice(my_sigmoid, "ch4.sigmoid")
"""


def test_a_test_of_ones_own_shows_the_report_and_no_frames_of_ours(tmp_path):
    (tmp_path / "test_mine.py").write_text(OWN_TEST)
    own = {**os.environ, "PYTHONPATH": str(Path(grader.__file__).parents[1])}
    command = [sys.executable, "-m", "pytest", "-q", "test_mine.py"]
    done = subprocess.run(command, cwd=tmp_path, env=own, capture_output=True, text=True)
    assert done.returncode == 1
    assert "✗ sigmoid — the worked example" in done.stdout
    assert "__init__.py" not in done.stdout


def test_answers_that_are_no_arrays_fail_without_a_reference():
    assert not grader.check(lambda z, axis=-1: object(), "ch4.softmax").passed
    assert not grader.check(lambda z, axis=-1: None, "ch4.softmax").passed


def test_what_cannot_be_checked_is_said():
    with pytest.raises(UnknownName, match="did you mean"):
        grader.check(right_softmax, "ch4.softmaxx")
    with pytest.raises(UnknownName, match="name an exercise"):
        grader.check(right_softmax, "ch4")
    with pytest.raises(TypeError, match=r"a function.*not int"):
        grader.check(3, "ch4.softmax")
    with pytest.raises(TypeError, match="comes first"):
        grader.check("ch4.softmax", right_softmax)


def sample(status="failed"):
    shown = Counterexample((), "1", "2", "<script>alert(1)</script>")
    check = CheckReport("ch4.softmax.a", "sums to one", status, 0.0, 10.0, shown, False)
    return ExerciseReport("ch4.softmax", status, 0.0, 10.0, None, None, (check,))


def test_disclosure_decides_what_is_in_the_html():
    full, titles, points = (exercise_html(sample(), level) for level in Disclosure)
    assert "expected" in full
    assert "sums to one" in titles
    assert "expected" not in titles
    assert "sums to one" not in points
    assert "0 / 10" in points


def test_html_escapes_what_a_submission_says():
    assert "<script>" not in exercise_html(sample())
    report = ChapterReport("c", "ch4", "Softmax", "bubblewrap", 0, (sample(),), ("<i>note",))
    assert "&lt;i&gt;note" in overview_html(report)
    assert "&lt;i&gt;note" in chapter_html(report)


@pytest.fixture
def shell():
    interactive = pytest.importorskip("IPython.core.interactiveshell")
    shell = interactive.InteractiveShell()
    shell.run_line_magic("load_ext", "grader")
    return shell


def test_the_line_magic_checks_what_the_notebook_defines(shell):
    shell.user_ns["softmax"] = right_softmax
    assert shell.run_line_magic("grade", "ch4.softmax").passed
    shell.user_ns["softmax"] = wrong_softmax
    assert not shell.run_line_magic("grade", "softmax").passed


def test_the_cell_magic_runs_the_cell_and_checks_what_it_defines(shell):
    cell = "def relu(x):\n    return x * (x > 0)\n"
    assert shell.run_cell_magic("grade", "", cell).passed
    assert shell.user_ns["relu"](-1.0) == 0
    assert shell.run_cell_magic("grade", "ch5.relu", cell.replace("> 0", "< 0")).passed is False


def test_a_cell_that_fails_is_not_checked(shell):
    assert shell.run_cell_magic("grade", "ch5.relu", "1 / 0") is None


def test_a_mistyped_name_is_one_line(shell, capsys):
    error = pytest.importorskip("IPython.core.error").UsageError
    with pytest.raises(error, match="did you mean"):
        shell.run_line_magic("grade", "ch4.softmaxx")
    with pytest.raises(error, match="name an exercise"):
        shell.run_line_magic("grade", "")
