"""A small course and a class that hands in for it, graded as somebody at a terminal would."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).resolve().parent.parent.parent

COURSE = """
name = "small"

[[chapter]]
id = "ch1"
module = "ch01_small"
title = "A small chapter"

[chapter.limits]
call_seconds = 1.0
chapter_seconds = 8.0

[[chapter.exercise]]
name = "double"
points = 50
hints = ["idea", "shapes", "outline"]

[[chapter.exercise]]
name = "relu"
points = 30
hints = ["idea", "shapes", "outline"]

[[chapter.exercise]]
name = "fourfold"
points = 20
hints = ["idea", "shapes", "outline"]

[[chapter]]
id = "ch2"
module = "ch02_other"
title = "Another chapter"

[[chapter.exercise]]
name = "other"
points = 100
hints = ["idea", "shapes", "outline"]
"""
SOLUTION = '''"""A small chapter."""

import numpy as np

FACTOR = 2.0


def double(x):
    """Twice x."""
    return FACTOR * x


def relu(x):
    """Zero where x is negative."""
    return np.maximum(x, 0.0)


def fourfold(x):
    """Four times x."""
    return double(double(x))
'''
CHECKS = '''"""Checks of the small chapter."""

import numpy as np

from grader.checks import check, expect_close, fills, given, sizes


def same(submission, reference, name, x):
    expect_close(getattr(submission, name)(x), getattr(reference, name)(x))


@check("double", "matches the reference", value=True, examples=10)
@given(n=sizes(), fill=fills())
def test_double(submission, reference, n, fill):
    same(submission, reference, "double", fill(n))


@check("double", "leaves zero alone", practice=True)
def test_double_zero(submission):
    expect_close(submission.double(np.zeros(3)), np.zeros(3))


@check("relu", "matches the reference", value=True, examples=10)
@given(n=sizes(), fill=fills())
def test_relu(submission, reference, n, fill):
    same(submission, reference, "relu", fill(n))


@check("fourfold", "matches the reference", value=True, examples=10)
@given(n=sizes(), fill=fills())
def test_fourfold(submission, reference, n, fill):
    same(submission, reference, "fourfold", fill(n))
'''
MISTAKES = '''"""Mistakes of the small chapter."""

import numpy as np

from grader.bank import mistake


@mistake("relu", "absolute-value", "Negative entries become zero, not positive.")
def relu(x):
    return np.abs(x)


@mistake("double", "squared", "Twice is not squared.")
def double(x):
    return x * x
'''
RIGHT = SOLUTION
WRONG_RELU = SOLUTION.replace("np.maximum(x, 0.0)", "np.abs(x)")
WRONG_DOUBLE = SOLUTION.replace("FACTOR * x", "x * x")
STUB = SOLUTION.replace("return", "raise NotImplementedError  #")


@dataclass(frozen=True)
class Classroom:
    """A course in a folder, with a class that hands in to `submissions/`."""

    root: Path

    @property
    def submissions(self) -> Path:
        return self.root / "submissions"

    @property
    def journal(self) -> Path:
        return self.root / "journal.db"

    @property
    def checks(self) -> Path:
        return self.root / "tests" / "checks" / "test_ch01_small.py"

    def hand_in(self, student: str, text: str) -> None:
        folder = self.submissions / student
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "ch1.py").write_text(text)

    def start(
        self, *options: str, folder: str = "submissions", stderr: int = subprocess.PIPE
    ) -> subprocess.Popen[str]:
        """Start `grade class` in a process and a group of its own."""
        command = [sys.executable, "-m", "grader", "class", folder, "ch1", *options]
        path = os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])
        return subprocess.Popen(
            command,
            cwd=self.root,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
        )

    def grade(self, *options: str, folder: str = "submissions") -> tuple[int, str, str]:
        """Grade the class: exit code, stdout, stderr."""
        run = self.start(*options, folder=folder)
        out, err = run.communicate(timeout=120)
        return run.returncode, out, err

    def reports(self) -> dict[str, str]:
        """The newest report of each student as it stands in the journal."""
        return dict(self.rows("SELECT student, report FROM entries ORDER BY number"))

    def judged(self) -> list[str]:
        """The students of all entries, in order."""
        return [student for (student,) in self.rows("SELECT student FROM entries ORDER BY number")]

    def rows(self, query: str) -> list[tuple[str, ...]]:
        if not self.journal.exists():
            return []
        with closing(sqlite3.connect(self.journal, timeout=30)) as database:
            try:
                return database.execute(query).fetchall()
            except sqlite3.OperationalError:  # killed before it made its tables
                return []


def written(root: Path) -> Path:
    """Write the small course."""
    files = {
        "exercises/course.toml": COURSE,
        "solutions/ch01_small.py": SOLUTION,
        "tests/checks/test_ch01_small.py": CHECKS,
        "tests/mistakes/ch01_small.py": MISTAKES,
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def kill(run: subprocess.Popen[str]) -> None:
    """Kill the process alone, and see that nothing is left of its family."""
    _end(run, lambda: os.kill(run.pid, signal.SIGKILL))


def press_ctrl_c(run: subprocess.Popen[str]) -> None:
    """Interrupt the process's group, as a terminal does, and see that nothing is left of it."""
    _end(run, lambda: os.killpg(run.pid, signal.SIGINT))


def _end(run: subprocess.Popen[str], how: Callable[[], None]) -> None:
    family = psutil.Process(run.pid).children(recursive=True)
    how()
    run.wait(30)
    until(lambda: not any(alive(one) for one in family), 20)


def alive(process: psutil.Process) -> bool:
    """Whether the process runs; one that is dead and not yet buried does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
