"""What is said about wrong answers and errors beside the numbers: true, short, often nothing."""

from __future__ import annotations

import numpy as np
import pytest

from grader.report.explain import COMMON, explained
from grader.report.relation import relation

A = np.array([[1.0, 2.5, -3.0], [4.0, 0.0, 7.5]])


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (A * 2, "2 times what is due"),
        (A / 3, "0.3333 times"),
        (-A, "wrong sign"),
        (A + 0.5, "0.5 too large"),
        (A - 2, "2 too small"),
        (A.T, "transpose"),
        (A.ravel(), "only the shape"),
        (A[:, ::-1], "reverse order"),
        (A.astype(int), "cannot have a fraction"),
        (A > 0, "cannot have a fraction"),
    ],
)
def test_how_an_answer_relates_to_what_is_due(got, words):
    assert words in (relation(A, got) or "")


@pytest.mark.parametrize(
    ("expected", "got", "words"),
    [
        (2.0, np.array([0.5, 1.5]), "Its sum"),
        (2.0, np.array([1.0, 3.0]), "Its mean"),
        ((A, 1.0), (1.0, A), "in reverse order"),
    ],
)
def test_numbers_and_pairs(expected, got, words):
    assert words in (relation(expected, got) or "")


@pytest.mark.parametrize(
    "got",
    [
        A,
        A**2,
        np.full_like(A, np.nan),
        np.zeros_like(A),
        np.full_like(A, np.inf),
        None,
        "text",
        (A,),
        A[:1],
    ],
)
def test_mostly_nothing_is_said(got):
    assert relation(A, got) is None


def test_two_numbers_are_multiples_of_each_other_by_chance():
    assert relation(np.array([1.0, 1.0]), np.array([2.0, 2.0])) is None
    assert relation(2.0, 4.0) is None


def raised_by(source: str) -> str:
    import torch

    try:
        exec(source, {"np": np, "torch": torch, "nn": torch.nn})
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("if np.ones(3) > 0: pass", "np.where"),
        ("if torch.ones(3) > 0: pass", "np.where"),
        ("np.ones((2, 3)) @ np.ones((2, 3))", "as many columns"),
        ("np.dot(np.ones((2, 3)), np.ones((2, 3)))", "as many columns"),
        ("torch.ones(2, 3) @ torch.ones(2, 3)", "as many columns"),
        ("np.ones((2, 3)) + np.ones(2)", "keepdims"),
        ("torch.ones(2, 3) + torch.ones(2)", "keepdims"),
        ("1.0 + None", "is None"),
        ("None.shape", "is None"),
        ("torch_ = math.sqrt(2)", "import is missing"),
        ("range(4 / 2)", "//"),
        ("np.ones(4)[:4 / 2]", "//"),
        ("torch.ones(4).view(2, 4 / 2)", "//"),
        ("x = np.ones(3); x.flags.writeable = False; x += 1", "copy"),
        ("np.array([np.ones(2), np.ones(3)])", "one by one"),
        ("x = np.ones(3, int); x *= 0.5", "floats"),
        ("np.ones(3)(0)", "square ones"),
        ("np.ones(3).shape[1]", "fewer axes"),
        ("a, b = np.ones(3).shape", "as many as"),
        ("(lambda x: x)()", "disagree"),
        ("def f():\n  if 0: y = 1\n  return y\nf()", "did not run"),
        ("def f(): return f()\nf()", "calls itself"),
        ("class M(nn.Module):\n  def __init__(self): self.l = nn.Linear(1, 1)\nM()", "super()"),
        ("p = nn.Parameter(torch.ones(2)); p += 1", "no_grad"),
        ("class V: pass\n2 * V()", "__rmul__"),
    ],
)
def test_common_errors_are_explained(source, words):
    assert words in (explained(raised_by(source)) or "")


def test_other_errors_are_left_alone():
    assert explained("ZeroDivisionError: float division by zero") is None
    assert explained(raised_by("2 + 'text'")) is None
    assert all(advice.endswith((".", "?")) for _, advice in COMMON)
