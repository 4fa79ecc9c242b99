"""The report on a terminal: at most a screen an exercise, within 80 columns, harmless."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from grader.report.failure import WIDTH
from grader.report.model import (
    CallShown,
    ChapterReport,
    CheckReport,
    Counterexample,
    ExerciseReport,
    MistakeShown,
)
from grader.report.terminal import print_reports
from grader.report.text import harmless, show
from grader.wall.protocol.tokens import Function, Generator, Opaque


def report(argument: str = "[1.]", message: str = "they differ", status: str = "failed"):
    call = CallShown("softmax", {"z": argument, "axis": "0"}, "[nan]", None, "printed\n" * 50)
    shown = Counterexample((call,) * 4, argument, "[nan]", message)
    checks = (
        CheckReport("ch4.softmax.a", "sums to one", "passed", 0.0, 2.0, None, True),
        CheckReport("ch4.softmax.b", "matches the reference", status, 0.0, 8.0, shown, False),
    )
    mistake = MistakeShown("no-max-shift", "exp overflows: subtract the maximum first. " * 4)
    exercise = ExerciseReport("ch4.softmax", status, 0.0, 10.0, mistake, "It uses f.", checks)
    return ChapterReport("course", "ch4", "A title", "process", 0, (exercise,), ("a note",))


def drawn(one: ChapterReport, width: int = WIDTH, detailed: bool = True) -> str:
    out = StringIO()
    print_reports(Console(file=out, width=width, color_system=None), [one], detailed)
    return out.getvalue()


def test_what_a_student_needs_is_there():
    text = drawn(report())
    for words in ("A title", "0 / 10", "matches the reference", "expected", "got", "[nan]"):
        assert words in text
    for words in ("no-max-shift", "It uses f.", "a note", "grade hint ch4.softmax"):
        assert words in text


@pytest.mark.parametrize(
    "argument", ["x" * 5000, "\n".join(["[1, 2, 3]"] * 200), "[bold]y[/bold]"], ids=len
)
@pytest.mark.parametrize("width", [80, 40])
def test_nothing_is_wider_than_the_terminal(argument, width):
    text = drawn(report(harmless(argument), harmless(argument)), width)
    assert max(map(len, text.splitlines())) <= width
    assert "[bold]" in text or "bold" not in argument


def test_a_failure_is_at_most_a_screen():
    rows = "\n".join(["[1, 2, 3]"] * 200)
    assert len(drawn(report(rows, "one line")).splitlines()) < 100


def test_the_first_failures_are_shown_in_full_and_the_others_in_a_line():
    one = report().exercises[0]
    names = [f"ch4.f{i}" for i in range(6)]
    many = replace(report(), exercises=tuple(replace(one, id=name) for name in names), notes=())
    lines = drawn(many).splitlines()
    assert sum("expected" in line for line in lines) == 3
    for name in names[3:]:
        assert f"✗ {name[4:]} — matches the reference: no-max-shift" in map(str.rstrip, lines)
    assert any("in full: grade ch4.f3" in line for line in lines)


def test_what_the_file_itself_has_wrong_stands_where_it_is_seen_last():
    one = replace(report(status="missing").exercises[0], mistake=None)
    text = drawn(replace(report(), exercises=(one,), notes=("line 3: def f(",)))
    assert text.index("! line 3") < text.index("! not defined in the file: softmax")
    assert "right file" in drawn(replace(report(), exercises=(one,), notes=()))


def test_an_overview_is_a_line_a_chapter():
    lines = drawn(report(), detailed=False).splitlines()
    assert len(lines) == 2
    assert "A title" in lines[0]


def test_an_overview_shows_whole_ids_in_line_with_each_other():
    out = StringIO()
    console = Console(file=out, width=80, color_system=None)
    print_reports(console, [report(), replace(report(), chapter="ch14")], detailed=False)
    lines = out.getvalue().splitlines()[:2]
    assert lines[1].split()[1] == "ch14"
    assert lines[0].index("A title") == lines[1].index("A title")


def test_untrusted_text_becomes_harmless():
    nasty = "\x1b[2J\x07\x9b31m\u202e\u200b\r\x00 fine \ud800"
    assert "fine" in harmless(nasty)
    assert not any(mark in harmless(nasty) for mark in "\x1b\x07\x9b\u202e\u200b\r\x00\ud800")
    assert len(harmless("x" * 10_000_000)) <= 2000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.eye(3), "identity matrix (3, 3)"),
        ({"a": 1, "b": [2]}, "{'a': 1, 'b': [2]}"),
        ({"a": np.ones((2, 1)), "b": None}, "{'a': [[1],\n       [1]],\n 'b': None}"),
        (np.zeros((2, 1, 1)), "[[[0]],\n [[0]]]"),
        (np.array([1.0, 2.0]), "[1, 2]"),
        (np.array([[1, 2], [3, 4]]), "[[1, 2],\n [3, 4]]"),
        (np.zeros((20, 20)), "float64 array of shape (20, 20), first entries 0, 0, 0, 0"),
        (np.zeros((0, 2)), "empty array of shape (0, 2)"),
        (2.0, "2.0"),
        (0.1234567891, "0.1234568"),
        (float("nan"), "nan"),
        (1e300, "1e+300"),
        (Opaque("Yes"), "<Yes object>"),
        (Generator(3), "np.random.default_rng(3)"),
        (Function("cubic", "…", {"a": 2.0}), "cubic(a=2.0)"),
        ((1, "a"), "(1, 'a')"),
        ((1,), "(1,)"),
        ([None, True], "[None, True]"),
        ({"a": 1}, "{'a': 1}"),
        ("a\x1b[0m", "'a\\x1b[0m'"),
    ],
)
def test_values_are_shown_as_a_reader_would_write_them(value, text):
    assert show(value) == text
