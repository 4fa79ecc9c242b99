"""Comparisons accept rounding and every promised form, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from grader.checks.answers import Answers, Local
from grader.checks.expect import (
    Mismatch,
    expect,
    expect_close,
    expect_equal,
    expect_error,
    expect_untouched,
)
from grader.wall.errors import SubmissionError
from grader.wall.protocol.tokens import Opaque

A = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (A * (1 + 1e-9), A),
        (1.0, np.float64(1.0)),
        (np.float32(2.0).item(), 2.0),
        (3, 3.0),
        ([A, 1.0], (A, 1.0)),
        (np.array([1.0, 2.0]), [1.0, 2.0]),
        ((1.0, 2.0), [1.0, 2.0]),
        (np.array([np.nan, np.inf]), np.array([np.nan, np.inf])),
        ({"a": A}, {"a": A}),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (1e-13, 0.0),
    ],
)
def test_close_enough(got, expected):
    expect_close(got, expected)


@pytest.mark.parametrize(
    ("got", "expected", "words"),
    [
        (A * 1.001, A, "entries differ"),
        (A.T, A, "shape (2, 3) is due, not (3, 2)"),
        (A.astype(np.float32), A, "float64 values are due, not float32"),
        (None, A, "an array is due, not None"),
        (Opaque("Yes"), A, "an array is due, not a Yes object"),
        (A.tolist(), A, "not a list"),
        ((A,), (A, 1.0), "2 values are due, not 1"),
        (A, (A, 1.0), "2 values are due"),
        ("1.0", 1.0, "a number is due, not a str"),
        (np.array([np.nan]), np.array([1.0]), "differ"),
        (np.array([1.0]), np.array([np.nan]), "differ"),
        (np.array([np.inf]), np.array([1.0]), "differ"),
        (np.array([np.inf]), np.array([-np.inf]), "differ"),
        ({"a": A}, {"b": A}, "b is missing"),
        ({"b": A, "c": 1}, {"b": A}, "1 more than is due"),
        ([], {"b": A}, "a dict is due"),
        (1e-5, 0.0, "a different number"),
        (True, np.array([True]), "shape"),
    ],
)
def test_not_close(got, expected, words):
    with pytest.raises(Mismatch) as caught:
        expect_close(got, expected)
    assert words in caught.value.message


def test_one_wrong_entry_among_many_is_found_and_named():
    wrong = np.zeros((5, 7))
    wrong[2, 3] = 1e-3
    with pytest.raises(Mismatch, match=r"1 of 35 entries differ, the first at \[2, 3\]"):
        expect_close(wrong, np.zeros((5, 7)))


def test_names_say_which_part_is_wrong():
    with pytest.raises(Mismatch, match="db"):
        expect_close((A, 1.0), (A, 2.0), names=("dw", "db"))


def test_the_tolerance_follows_the_scale_that_is_given():
    expect_close(1e-9, 0.0, scale=1e4)
    with pytest.raises(Mismatch):
        expect_close(1e-9, 0.0)


def test_float32_is_compared_as_such():
    import torch

    expected = torch.ones(3)
    expect_close(expected + 1e-6, expected)
    with pytest.raises(Mismatch, match="tensor is due"):
        expect_close(np.ones(3), expected)
    with pytest.raises(Mismatch, match="float64 values are due"):
        expect_close(torch.ones(3), torch.ones(3, dtype=torch.float64))


def test_equal_is_exact():
    expect_equal(np.arange(3), np.arange(3))
    expect_equal((1, "a", None), (1, "a", None))
    for got, expected in [(np.arange(3), np.arange(1, 4)), ("a", "b"), (1, "a"), (None, 1)]:
        with pytest.raises(Mismatch):
            expect_equal(got, expected)


def test_expect_states_a_property():
    expect(True, "never said")
    with pytest.raises(Mismatch, match="said"):
        expect(False, "said")


def test_errors_are_expected_by_name():
    def f(x):
        if x:
            raise KeyError("missing")

    answers = Answers(Local({"f": f}))
    assert "missing" in expect_error("KeyError", answers.f, 1)
    assert "missing" in expect_error("LookupError", answers.f, 1)
    with pytest.raises(SubmissionError):
        expect_error("ValueError", answers.f, 1)
    with pytest.raises(Mismatch, match="no KeyError"):
        expect_error("KeyError", answers.f, 0)


def test_a_changed_input_is_noticed():
    def careful(x):
        return x + 1

    def careless(x):
        x += 1
        return x

    expect_untouched(Answers(Local({"f": careful})), "f", A)
    with pytest.raises(Mismatch, match="changed"):
        expect_untouched(Answers(Local({"f": careless})), "f", A)
