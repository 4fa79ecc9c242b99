"""pytest --submission: only the checks it is about, in the words of `grade`, no frames of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

WRONG = """\
import numpy as np

def softmax(z, axis=-1):
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)

def sigmoid(z):
    return 1 / (1 + exp(-z))

def logsumexp(z, axis=-1):
    return np.log(np.exp(z).sum(axis))

def log_softmax(z, axis=-1)
    return np.log(softmax(z, axis))
"""

Pytest = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run_pytest() -> Pytest:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
        own = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
        return subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True)

    return run


@pytest.fixture
def wrong(tmp_path: Path) -> str:
    path = tmp_path / "anna.py"
    path.write_text(WRONG, encoding="utf-8")
    return str(path)


def test_a_failure_reads_as_in_grade(run_pytest, wrong):
    done = run_pytest(
        "--submission",
        wrong,
        "-k",
        "test_softmax_is_right_for_huge_logits or test_sigmoid_matches_reference",
    )
    assert done.returncode == 1
    for words in ("✗ softmax — is right for huge logits", "expected", "nan", "2 failed"):
        assert words in done.stdout
    assert "line 8: return 1 / (1 + exp(-z))" in done.stdout
    assert "FAILED tests/checks/test_ch04" in done.stdout, "found from the course, not the file"
    assert "grader/" not in done.stdout, "no frames of the engine"
    assert not done.stderr


def test_the_mistake_is_named(run_pytest, wrong):
    done = run_pytest("-q", "--submission", wrong, "-k", "test_softmax_matches_reference")
    assert "no-max-shift" in done.stdout


def test_the_first_failure_stops(run_pytest, wrong):
    done = run_pytest("-q", "-x", "--submission", wrong, "-k", "test_log_softmax")
    assert done.returncode == 1
    assert "✗ log_softmax — does not parse\n    line 13: def log_softmax" in done.stdout
    assert "1 failed" in done.stdout


def test_only_checks_of_its_chapter(run_pytest, wrong):
    done = run_pytest("-q", "--collect-only", "--submission", wrong)
    files = {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}
    assert files == {"tests/checks/test_ch04_softmax_cross_entropy.py"}


def test_a_right_one_in_two_processes(run_pytest):
    words = ("-q", "-n", "2", "--submission", "solutions", "-k", "test_softmax_matches_reference")
    done = run_pytest(*words)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("nowhere.py", None, "does not exist"),
        ("bad.ipynb", "x", "is not a notebook"),
        ("empty.py", "", "has none of the exercises selected"),
    ],
)
def test_bad_input_is_one_line(run_pytest, tmp_path, name, text, words):
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = run_pytest(
        "-q", "--submission", str(tmp_path / name), "-k", "test_softmax_matches_reference"
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert [line for line in done.stderr.splitlines() if words in line]
    assert "Traceback" not in done.stderr + done.stdout
