"""Practice: `grader.check` in this process, its report, and the magics."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

import grader
from grader.course.model import UnknownName
from grader.practising.manners import to_arrays, to_tensors
from grader.practising.practice import PracticeFailed
from grader.report.as_html import chapter_html, exercise_html, overview_html
from grader.report.disclosure import Disclosure
from grader.report.model import ChapterReport, CheckReport, Counterexample, ExerciseReport
from grader.submission.blocks import blocks


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


def test_the_mistake_is_named_and_no_reference_is_left_behind():
    before = set(sys.path), {name for name in sys.modules if name.startswith("ch0")}
    report = grader.check(wrong_softmax, "ch4.softmax")
    graded = report.report.exercises[0].mistake
    assert graded is not None
    assert graded.name in repr(report)
    assert graded.hint in repr(report).replace("\n    ", " ")
    assert graded.name in report._repr_html_()
    assert (set(sys.path), {name for name in sys.modules if name.startswith("ch0")}) == before
    assert grader.check(right_softmax, "ch4.softmax").report.exercises[0].mistake is None


def test_a_green_report_says_what_is_still_to_come_and_how():
    report = grader.check(right_softmax, "ch4.softmax")
    command = (
        f"hidden checks await:\n  grade ch4.softmax --submission {Path(__file__).resolve()} "
        "--map right_softmax=softmax"
    )
    assert command.replace(str(Path.cwd()) + "/", "") in report.summary
    assert "hidden checks await:\n  grade ch4.softmax" in report._repr_html_()


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


# The decorator.


def test_the_decorator_prints_the_report_and_returns_the_function(capsys):
    decorated = grader.practice("ch4.softmax")(right_softmax)
    assert decorated is right_softmax
    said = capsys.readouterr()
    pattern = (
        r"4 of 4 practice checks passed; \d+ hidden checks await:\n"
        r"  grade ch4.softmax --submission \S+ --map right_softmax=softmax\n"
    )
    assert re.fullmatch(pattern, said.out)
    assert said.err == ""
    assert grader.practice("ch4.softmax")(wrong_softmax) is wrong_softmax
    said = capsys.readouterr()
    assert "✗ softmax — the worked example" in said.out
    assert "printed: <b>working</b>" in said.out
    assert [line for line in said.out.splitlines() if line != line.rstrip()] == []


def test_the_decorator_works_again_and_again():
    """Its module must not take the place of the function of the same name."""
    for _ in range(2):
        assert callable(grader.practice)
        assert grader.check(right_softmax, "ch4.softmax").passed


def test_an_unknown_name_is_one_line_and_the_function_stays(capsys):
    for target, words in (
        ("ch4.softmaxx", "did you mean ch4.softmax?"),
        ("ch4", "name an exercise"),
    ):
        assert grader.practice(target)(right_softmax) is right_softmax
        said = capsys.readouterr()
        assert said.out == ""
        assert words in said.err
        assert said.err.startswith("grade: ")
        assert said.err.count("\n") == 1


RECURSIVE = """
import grader, numpy as np

@grader.practice("ch4.softmax")
def my_softmax(z, axis=-1):
    if axis != -1:
        return np.moveaxis(my_softmax(np.moveaxis(z, axis, -1)), -1, axis)
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)

CLASS
"""


def test_a_name_may_be_used_before_it_is_bound(capsys, course):
    """A method that makes another of its class, a function that calls itself."""
    path = course.solution(course.chapter("ch5"))
    own = blocks(path.read_text())["Value"].text
    module = ModuleType("mine")
    sys.modules["mine"] = module
    try:
        text = RECURSIVE.replace("CLASS", '@grader.practice("ch5.Value")\n' + own)
        exec(compile(text, "mine.py", "exec"), module.__dict__)
    finally:
        del sys.modules["mine"]
    first, _, second, _ = capsys.readouterr().out.splitlines()
    assert first.startswith("4 of 4 practice checks passed")
    assert re.match(r"(\d+) of \1 practice checks passed", second)
    assert module.Value.__name__ == "Value"


# Functions of another make.


def torch_softmax(z, axis=-1):
    z = torch.as_tensor(z)
    e = torch.exp(z - z.amax(dim=axis, keepdim=True))
    return e / e.sum(dim=axis, keepdim=True)


def only_torch(z, axis=-1):
    return torch.softmax(z, dim=axis)


def wrong_torch(z, axis=-1):
    return torch.softmax(torch.as_tensor(z), dim=0)


def listed_predict(X, w, b):
    return [sum(x * v for x, v in zip(row, w, strict=True)) + b for row in X]


def wrong_listed_predict(X, w, b):
    return [sum(x * v for x, v in zip(row, w, strict=True)) for row in X]


def listed_gradient(X, y, w, b):
    residuals = [due - y[i] for i, due in enumerate(listed_predict(X, w, b))]
    means = [2 / len(y) * sum(r * x for r, x in zip(residuals, xs, strict=True)) for xs in X.T]
    return means, 2 / len(y) * sum(residuals)


def numpy_mask(length):
    return np.tril(np.ones((length, length), bool))


@pytest.mark.parametrize(
    ("function", "target"),
    [
        (torch_softmax, "ch4.softmax"),
        (only_torch, "ch4.softmax"),
        (listed_predict, "ch1.predict"),
        (listed_gradient, "ch1.mse_gradient"),
        (numpy_mask, "ch8.causal_mask"),
    ],
)
def test_right_numbers_of_another_kind_pass_with_a_note(function, target):
    report = grader.check(function, target)
    assert report.passed, report
    assert report.converted
    assert "a submission " in repr(report)
    assert "a submission " in report._repr_html_()
    with pytest.raises(PracticeFailed, match="a submission"):
        grader.check_practice(function, target)


@pytest.mark.parametrize(
    ("function", "target"), [(wrong_torch, "ch4.softmax"), (wrong_listed_predict, "ch1.predict")]
)
def test_wrong_numbers_of_another_kind_are_compared_as_numbers(function, target):
    report = grader.check(function, target)
    assert not report.passed
    assert "entries differ" in repr(report)
    assert "is due, not a" not in repr(report)


def test_a_right_function_is_not_converted():
    assert not grader.check(right_softmax, "ch4.softmax").converted
    assert not grader.check(
        lambda y_pred, y: float(((y_pred - y) ** 2).mean()), "ch1.mse_loss"
    ).converted


def test_conversions_go_inside():
    assert to_arrays(([1, 2], {"a": torch.tensor(3.0)}, "x"))[1:] == ({"a": 3.0}, "x")
    assert to_arrays([[1, 2], [3]])[1].tolist() == [3]
    assert to_arrays([[1, 2], [3, 4]]).shape == (2, 2)
    assert to_arrays([[], None]) == [[], None]
    assert to_tensors(np.ones(2)).tolist() == [1.0, 1.0]


def test_other_errors_are_shown_as_they_are():
    report = grader.check(lambda z, axis=-1: undefined, "ch4.softmax")  # noqa: F821
    assert "NameError" in repr(report)
    assert not report.converted


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


def test_a_cell_with_magics_and_comments_is_checked(shell):
    cell = (
        "# mine\n%config InlineBackend.rc = {}\nimport numpy as np\n!true\n"
        f"{inspect.getsource(right_softmax)}\n\ndef helper(x): return x\n".replace("right_", "")
    )
    report = shell.run_cell_magic("grade", "", cell)
    assert report.passed
    assert "grade ch4.softmax --submission" in report.summary


def test_a_cell_that_fails_is_not_checked(shell):
    assert shell.run_cell_magic("grade", "ch5.relu", "1 / 0") is None


def test_a_mistyped_name_is_one_line(shell, capsys):
    error = pytest.importorskip("IPython.core.error").UsageError
    with pytest.raises(error, match="did you mean"):
        shell.run_line_magic("grade", "ch4.softmaxx")
    with pytest.raises(error, match="name an exercise"):
        shell.run_line_magic("grade", "")


@pytest.fixture
def notebook():
    """A shell that is what `get_ipython()` answers."""
    interactive = pytest.importorskip("IPython.core.interactiveshell")
    yield interactive.InteractiveShell.instance()
    interactive.InteractiveShell.clear_instance()


def test_the_decorator_displays_in_a_notebook(notebook):
    capture = pytest.importorskip("IPython.utils.capture").capture_output
    notebook.user_ns["wrong_softmax"] = wrong_softmax
    with capture() as captured:
        notebook.run_cell("import grader\ngrader.practice('ch4.softmax')(wrong_softmax);")
    (shown,) = captured.outputs
    assert "expected" in shown.data["text/html"]
    assert captured.stderr == ""


def test_an_unknown_name_in_a_notebook_is_one_line(notebook, capsys):
    notebook.run_cell("import grader\ngrader.check(print, 'ch4.softmaxx')")
    said = capsys.readouterr()
    assert "grade: there is no ch4.softmaxx: did you mean ch4.softmax?" in said.out + said.err
    assert "practising.py" not in said.out + said.err


def test_what_practises_may_be_handed_in(grade, tmp_path):
    """In the sandbox `grader` is there and says nothing."""
    text = inspect.getsource(right_softmax).replace("right_softmax", "softmax")
    path = tmp_path / "ch4.py"
    path.write_text(
        "import grader\nimport numpy as np\n\n"
        f"@grader.practice('ch4.softmax')\n{text}\n"
        "grader.check(softmax, 'ch4.softmax')\ngrader.check_practice(softmax, 'ch4.softmax')\n"
    )
    report = grade("ch4.softmax", path)
    assert report.passed
    assert report.notes == ()
