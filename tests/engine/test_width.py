"""What students see on a terminal of 80 columns: no line is wider, whatever a submission does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.text import Text

from grader.course.model import Exercise
from grader.report.model import (
    CallShown,
    ChapterReport,
    CheckReport,
    Counterexample,
    ExerciseReport,
    MistakeShown,
)
from grader.student.workspace import Standing
from grader.submission.blocks import blocks
from grader.watch import view
from grader.watch.screen import page

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX terminal")

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 80
WIDE = "漢字" * 60
STYLE = re.compile(r"\x1b\[([0-9;]*)m")
ESCAPE = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]")
HOSTILE = f'''
import numpy as np

undefined_{"name" * 30}

def a_helper_with_{"a_very_long_name_" * 8}(z):
    raise ValueError("{WIDE}" + "x" * 500)

def sigmoid(x):
    return a_helper_with_{"a_very_long_name_" * 8}(x); """{"no end of this line " * 10}"""

def binary_cross_entropy(*arguments):
    print("{WIDE}" * 10, "y" * 1000)
    return {{"{WIDE}": [[[[[[[["{"deep" * 40}"]]]]]]]], "z" * 300: "\\t" * 90}}

def logistic_gradient(*arguments):
    deep = []
    for _ in range(12): deep = [deep, "{WIDE}"]
    return deep

def logsumexp(z, axis=-1):
    return [["w" * 200] * 50] * 50

class Bad{"VeryLong" * 30}(Exception): pass

def softmax(z, axis=-1):
    raise Bad{"VeryLong" * 30}("first line\\n" + "second " * 100)

def log_softmax(z, axis=-1):
    return np.full((3, 40), 1.23456789e-300)

def softmax_backward(*arguments):
    return "‮\\x1b[31m" + "\\N{{COMBINING ACUTE ACCENT}}" * 200 + "👩‍👩‍👧‍👦" * 60
'''
COMMANDS = [
    ("ch4",),
    ("ch1", "ch4.softmax"),
    (),
    ("list",),
    ("list", "ch8"),
    ("next",),
    ("next", "ch8"),
    *[("hint", "ch8.scaled_dot_product_attention")] * 3,
    ("solution", "ch8.scaled_dot_product_attention", "--spoil"),
    ("solution", "ch5.Value", "--spoil"),
    ("doctor",),
    ("--help",),
    ("watch", "--help"),
    ("run", "--help"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A workspace with a right, a hostile and an untouched chapter."""
    folder = tmp_path_factory.mktemp("work")
    exercises = folder / "exercises"
    exercises.mkdir()
    stub = (ROOT / "exercises/ch08_attention.py").read_text()
    begun = blocks(stub)["scaled_dot_product_attention"].text
    attention = stub.replace(begun, begun.replace("raise NotImplementedError", "return None  #"))
    for name, text in (
        ("ch01_gradient_descent.py", (ROOT / "solutions/ch01_gradient_descent.py").read_text()),
        ("ch04_softmax_cross_entropy.py", HOSTILE),
        ("ch08_attention.py", attention),
    ):
        (exercises / name).write_text(text, encoding="utf-8")
    verdicts = {
        "ch8.scaled_dot_product_attention": {"status": "failed", "score": 12.25, "digest": ""},
        "ch8.MultiHeadAttention": {"status": "passed", "score": 20.0, "digest": ""},
    }
    progress = {"version": 1, "hints": {}, "verdicts": verdicts}
    (exercises / ".progress.json").write_text(json.dumps(progress))
    return folder


def shown(folder: Path, arguments: tuple[str, ...], **environment: str) -> str:
    """What `grade` writes to a terminal of 80 columns."""
    import pty
    import termios

    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, WIDTH))
    kept = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
    )
    os.close(theirs)
    parts = []
    try:
        while part := os.read(ours, 1 << 16):
            parts.append(part)
    except OSError:
        pass
    os.close(ours)
    errors = process.communicate()[1].decode()
    assert process.returncode in (0, 1), errors
    assert max((len(line) for line in errors.splitlines()), default=0) <= WIDTH
    return b"".join(parts).decode().replace("\r\n", "\n")


def assert_fits(text: str, width: int = WIDTH) -> None:
    assert text.strip()
    for line in text.split("\n"):
        plain = ESCAPE.sub("", line)
        assert "\x1b" not in plain
        assert cell_len(plain) <= width, plain


def assert_plain_colours(text: str) -> None:
    """Only what every theme of a terminal chooses for itself: no 256 colours, no backgrounds."""
    codes = {int(code or 0) for part in STYLE.findall(text) for code in part.split(";")}
    assert codes <= {0, 1, 2, 3, 4, 7, 22, 23, 24, *range(30, 38), 39}, codes


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_with_colours(folder, arguments):
    text = shown(folder, arguments, TERM="xterm-256color", COLORTERM="truecolor")
    assert_fits(text)
    assert_plain_colours(text)


@pytest.mark.parametrize(
    "arguments", [("ch4",), ("solution", "ch5.Value", "--spoil")], ids=" ".join
)
def test_without_colours(folder, arguments):
    text = shown(folder, arguments, TERM="xterm-256color", NO_COLOR="1")
    assert_fits(text)
    assert not {c for part in STYLE.findall(text) for c in part.split(";")} & set(
        map(str, range(30, 50))
    )


def test_nothing_of_a_value_is_lost_to_the_width(folder):
    """What is too wide goes on in the next line."""
    text = ESCAPE.sub("", shown(folder, ("solution", "ch5.Value", "--spoil"), TERM="xterm"))
    whole = (ROOT / "solutions/ch05_backpropagation.py").read_text()
    for word in re.findall(r"\w{4,}", whole[whole.index("class Value") :].split("\ndef ")[0]):
        assert word in text or word in ("BEGIN", "SOLUTION")


CALL = CallShown("f" * 60, {"argument" * 8: WIDE, "z": "1 " * 300}, WIDE, WIDE, WIDE)
FAILED = ExerciseReport(
    id="ch4." + "name_" * 12,
    status="failed",
    score=1.25,
    max_score=12.0,
    mistake=MistakeShown("a-mistake-" * 9, WIDE),
    note=WIDE,
    checks=(
        CheckReport(
            "c", WIDE, "failed", 0.0, 1.0, Counterexample((CALL,), WIDE, WIDE, WIDE), False
        ),
    ),
)
EXERCISE = Exercise("ch4", "name_" * 12, 12, (WIDE,) * 3)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (60, 20), (120, 40), (30, 10)])
def test_screens_of_watch(columns, rows, monkeypatch):
    report = ChapterReport("course", "ch4", WIDE, "process", 0, (FAILED, FAILED), (WIDE,))
    pictures = [
        (view.headline(report), view.verdict(report, WIDE)),
        (view.checking_users([FAILED.id] * 4), view.users(report, report)),
        view.trouble("", f"line 3: {WIDE}\nSyntaxError: {WIDE}", view.headline(report)),
        view.trouble(f"{WIDE} is gone", None, Text(WIDE)),
        view.to_do(WIDE, [WIDE]),
    ]
    for headline, body in pictures:
        hint = view.hint(EXERCISE, WIDE)
        standings = [Standing(EXERCISE, "started", None, None)] * 3
        lines = page(view.Picture(WIDE, headline, [hint, *body], standings), columns, rows)
        assert len(lines) == rows
        for line in lines:
            assert cell_len(ESCAPE.sub("", line)) <= columns, line
        assert_plain_colours("\n".join(lines))
