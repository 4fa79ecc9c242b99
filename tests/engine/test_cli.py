"""The command line: results on stdout, notes on stderr, documented exit codes."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from grader.cli.app import main

ROOT = Path(__file__).resolve().parents[2]
SOLUTION = ROOT / "solutions" / "ch04_softmax_cross_entropy.py"
WRONG = """
import numpy as np

def softmax(z, axis=-1):
    print("looking at", z.shape)
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)

def sigmoid(z):
    return 1 / (1 + np.exp(-z)) + undefined_name
"""


@pytest.fixture
def run(capsys, monkeypatch, tmp_path_factory):
    """`run("ch4", …)` in a folder with the stubs is (exit code, stdout, stderr)."""
    folder = tmp_path_factory.mktemp("student")
    shutil.copytree(
        ROOT / "exercises", folder / "exercises", ignore=shutil.ignore_patterns("*.toml", ".*")
    )
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return int(left.value.code or 0), captured.out, captured.err

    return run


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "ch4.py"
    path.write_text(WRONG)
    return path


def test_full_marks(run):
    code, out, err = run("ch4.softmax", "ch4.sigmoid", "--submission", SOLUTION)
    assert code == 0
    assert "All checks passed." in out
    assert err == ""


def test_points_lost(run, wrong):
    code, out, _ = run("ch4.softmax", "--submission", wrong)
    assert code == 1
    assert re.search(r"softmax +failed", out)
    assert "no-max-shift" in out
    assert "printed: looking at" in out
    assert out.rstrip().endswith("grade hint ch4.softmax")


def test_an_error_shows_the_students_line(run, wrong):
    _, out, _ = run("ch4.sigmoid", "--submission", wrong)
    assert "line 10: return 1 / (1 + np.exp(-z)) + undefined_name" in out
    assert "NameError" in out
    assert "grader/" not in out


def test_a_missing_function_is_said_to_be_missing(run, wrong):
    code, out, _ = run("ch4.logsumexp", "--submission", wrong)
    assert code == 1
    assert re.search(r"logsumexp +missing", out)


def test_stubs_are_not_started(run):
    code, out, _ = run("ch4")
    assert code == 1
    assert "failed" not in out
    assert out.count("not started") == len(re.findall(r"^· ", out, re.MULTILINE))
    assert "write ch4.sigmoid, then run grade ch4.sigmoid" in out


def test_json_keeps_its_promise(run, wrong):
    code, out, _ = run("ch4.softmax", "--submission", wrong, "--format", "json")
    report = json.loads(out)
    assert code == 1
    assert (report["schema"], report["chapter"], report["seed"]) == (1, "ch4", 0)
    assert set(report) >= {"course", "title", "score", "max_score", "isolation", "exercises"}
    (exercise,) = report["exercises"]
    assert exercise["mistake"]["name"] == "no-max-shift"
    assert exercise["score"] < exercise["max_score"]
    assert sum(check["score"] for check in exercise["checks"]) == pytest.approx(exercise["score"])
    failed = next(check for check in exercise["checks"] if check["status"] == "failed")
    counterexample = failed["counterexample"]
    assert set(counterexample) >= {"calls", "expected", "got", "message"}
    assert counterexample["calls"][0]["function"] == "softmax"
    assert "z" in counterexample["calls"][0]["arguments"]


def test_two_runs_are_byte_identical(run, wrong, tmp_path):
    for name in ("one", "two"):
        run("ch4", "--submission", wrong, "--format", "json", "--output", tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_another_seed_gives_the_same_verdict(run, wrong):
    args = ("ch4.softmax", "--submission", wrong, "--format", "json", "--seed")
    one, other = (json.loads(run(*args, seed)[1]) for seed in ("1", "2"))
    for report in (one, other):
        assert report["exercises"][0]["mistake"]["name"] == "no-max-shift"
        assert report["score"] < report["max_score"]
    assert (one["seed"], other["seed"]) == (1, 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ch4.softmx"], "did you mean ch4.softmax?"),
        (["chapter"], "there is no chapter"),
        (["ch4", "--submission", "/no/such/file"], "does not exist"),
        (["--submission", str(ROOT / "README.md")], "which chapter is README.md?"),
        (["--submission", str(ROOT / "grader")], "holds no chapter"),
        (["hint", "ch4"], "name an exercise"),
        (["hint", "ch4.nothing"], "there is no ch4.nothing"),
        (["list", "ch44"], "there is no ch44"),
    ],
)
def test_bad_input_is_one_line(run, arguments, words):
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


def test_a_broken_course_is_the_graders_fault(run, tmp_path, monkeypatch):
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "course.toml").write_text("name = 3 4")
    monkeypatch.chdir(tmp_path)
    code, out, err = run("ch4")
    assert code == 3
    assert out == ""
    assert re.search(r"course.toml:1: ", err)


def test_a_check_that_breaks_gives_no_mark(run, tmp_path, course, monkeypatch):
    chapter = course.chapter("ch4")
    for path in (course.solution(chapter), course.checks(chapter), course.stub(chapter)):
        copy = tmp_path / path.relative_to(course.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text())
    text = (course.root / "exercises" / "course.toml").read_text()
    blocks = re.split(r"(?m)^(?=\[\[(?:chapter|path)\]\])", text)
    own = next(block for block in blocks if '\nid = "ch4"' in block)
    (tmp_path / "exercises" / "course.toml").write_text(blocks[0] + own)
    checks = tmp_path / "tests" / "checks" / f"test_{chapter.module}.py"
    checks.write_text(
        checks.read_text()
        + '\n\n@check("softmax", "breaks")\ndef test_broken(submission):\n    return 1 / 0\n'
    )
    monkeypatch.chdir(tmp_path)
    code, out, err = run("ch4.softmax", "--submission", SOLUTION)
    assert code == 3
    assert out == ""
    assert "softmax.breaks" in err
    assert "Traceback" not in err


def test_doctor(run):
    code, out, _ = run("doctor")
    assert code == 0
    assert re.search(r"isolation +(bubblewrap|process): ", out)
    assert "numpy" in out
