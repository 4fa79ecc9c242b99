"""`--repro`: the printed lines make the same call and see the same wrong answer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.cli.app import main
from grader.course.model import Course

SOFTMAX = (
    "import numpy as np\n\n\ndef {name}(z, axis=-1):\n    e = np.exp(z)\n    return e / e.sum()\n"
)

WRONG = {
    "ch2.dropout": "\n\ndef dropout(x, p, rng):\n    return x * (rng.random(x.shape) >= p), None\n",
    "ch3.layer_norm": "\n\ndef layer_norm(x, gamma, beta, eps):\n    return x + beta\n",
    "ch5.Value": "\n\nValue.__mul__ = Value.__add__\n",
    "ch8.causal_mask": "\n\ndef causal_mask(n):\n    return torch.zeros(n, n, dtype=torch.bool)\n",
    "ch9.LoRALinear": (
        "\n\n_forward = LoRALinear.forward\n"
        "LoRALinear.forward = lambda self, x: 2 * _forward(self, x)\n"
    ),
}
"""What stands below the reference's text and makes an exercise wrong."""


def grade(*words: str, capsys) -> tuple[str, str]:
    with pytest.raises(SystemExit):
        main(list(words))
    heard = capsys.readouterr()
    return heard.out, heard.err


def run(program: str, folder: Path) -> str:
    """What the program prints where the submission is."""
    (folder / "again.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "again.py"], cwd=folder, capture_output=True, text=True
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("target", WRONG)
def test_the_lines_run_and_give_the_same_wrong_answer(target, course: Course, tmp_path, capsys):
    chapter, _ = course.select(target)
    path = tmp_path / "mine.py"
    path.write_text(course.solution(chapter).read_text() + WRONG[target])
    json_text, _ = grade(target, "--submission", str(path), "--format", "json", capsys=capsys)
    (report,) = json.loads(json_text)["exercises"] if json_text[0] == "{" else ()
    failing = next(check for check in report["checks"] if check["status"] != "passed")
    shown = failing["counterexample"]
    program, _ = grade(target, "--submission", str(path), "--repro", capsys=capsys)
    assert program == f"# {target}: {report['status']}\n{shown['repro']}"
    said = run(program, tmp_path)
    assert "Traceback" not in said or failing["status"] == "error"
    last = shown["calls"][-1]["returned"]
    if last.startswith("raised "):
        assert last.removeprefix("raised ").split(":")[0] in said
    else:
        assert words(last)[:2] == [one for one in words(said) if one in words(last)[:2]][:2]

    path.write_text(course.solution(chapter).read_text())
    assert said != run(program, tmp_path), "the reference answers otherwise"


def words(text: str) -> list[str]:
    """Whole parts of numbers, and truth values: arrays and tensors are printed differently."""
    return re.findall(r"-?\d+|True|False|nan", text)


@pytest.mark.parametrize("name", ["mine.py", "ch4 (1).py"])
def test_a_file_of_any_name_is_found(name, tmp_path, capsys):
    (tmp_path / name).write_text(SOFTMAX.format(name="softmax"))
    words = ("ch4.softmax", "--submission", str(tmp_path / name), "--repro")
    program, _ = grade(*words, capsys=capsys)
    assert "0.0714" in run(program, tmp_path)


def test_a_name_that_was_mapped_is_imported_as_it_is(tmp_path, capsys):
    (tmp_path / "mine.py").write_text(SOFTMAX.format(name="my_softmax"))
    words = (
        "ch4.softmax",
        "--submission",
        str(tmp_path / "mine.py"),
        "--map",
        "my_softmax=softmax",
    )
    program, _ = grade(*words, "--repro", capsys=capsys)
    assert "0.0714" in run(program, tmp_path)


def test_what_passes_has_nothing_to_print(tmp_path, course: Course, capsys):
    solution = course.solution(course.chapter("ch4"))
    out, err = grade("ch4.softmax", "--submission", str(solution), "--repro", capsys=capsys)
    assert (out, err) == ("", "grade: all checks pass: there is no counterexample to print\n")


def test_layouts_dtypes_and_large_arrays_come_back_the_same():
    import numpy as np

    from grader.checks.answers import Call
    from grader.judge.repro import repro
    from grader.submission.reading import Submission

    rng = np.random.default_rng(0)
    values = [
        rng.normal(size=(20, 30)),
        np.asfortranarray(rng.normal(size=(2, 3))),
        rng.normal(size=(2, 6))[:, ::2],
        np.array([np.nan, -np.inf, -0.0], dtype="float32"),
        np.zeros((0, 3)),
        [1, (2.5,), {"a": None}],
        float("inf"),
    ]
    names = [f"v{n}" for n in range(len(values))]
    program = repro([(Call("f", values, {}), names)], Submission(Path("x.py"), "x", {"x": ""}), "f")
    scope = {}
    exec(program[: program.index("print(")].replace("from x import f", ""), scope)
    for name, value in zip(names, values, strict=True):
        np.testing.assert_equal(scope[name], value)
        if isinstance(value, np.ndarray):
            assert scope[name].dtype == value.dtype
            assert scope[name].flags.c_contiguous == value.flags.c_contiguous
            assert scope[name].flags.f_contiguous == value.flags.f_contiguous


def test_a_tensor_comes_back_in_its_layout():
    import torch

    from grader.checks.answers import Call
    from grader.judge.repro import repro
    from grader.submission.reading import Submission

    turned = torch.arange(24.0).reshape(4, 3, 2).permute(2, 1, 0)
    spread = torch.arange(24.0).reshape(4, 6)[:, ::2]
    call = (Call("f", [turned, spread], {}), ["turned", "spread"])
    program = repro([call], Submission(Path("x.py"), "x", {"x": ""}), "f")
    scope = {}
    exec(program[: program.index("print(")].replace("from x import f", ""), scope)
    for name, tensor in (("turned", turned), ("spread", spread)):
        assert torch.equal(scope[name], tensor)
        assert scope[name].stride() == tensor.stride()
