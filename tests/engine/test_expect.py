"""Comparisons accept rounding and every promised form, and nothing else."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from grader.checks.answers import Answers, Local
from grader.checks.arguments import function, generator
from grader.checks.arrays import shaped
from grader.checks.expect import (
    expect,
    expect_close,
    expect_double,
    expect_equal,
    expect_error,
    expect_untouched,
)
from grader.checks.mismatch import Mismatch
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
        (A.astype(np.float16), A, "float64 values are due, not float16"),
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


RNG = np.random.default_rng(0)
X = RNG.normal(3.0, 1.0, (6, 4))
NARROW = X.astype(np.float32)


def variance(x):
    """The textbook formula, a small difference of larger numbers."""
    return (x**2).mean(axis=0) - x.mean(axis=0) ** 2


SINGLE_ANSWERS = {
    "as it came": (variance(NARROW), variance(X)),
    "widened at the end": (variance(NARROW).astype(np.float64), variance(X)),
    "a number": (float(variance(NARROW)[0]), float(variance(X)[0])),
    "numbers in a list": (variance(NARROW).tolist(), variance(X).tolist()),
    "one of two": ((variance(X), NARROW.mean(axis=0)), (variance(X), X.mean(axis=0))),
    "large": (np.float64(NARROW * 1e9), X * 1e9),
    "beside the digits of an example": (NARROW, np.round(X, 4)),
    "right to the last bit": (np.float32([1.0, 2.0]), np.array([1.0, 2.0])),
}


@pytest.mark.parametrize("what", SINGLE_ANSWERS)
def test_single_precision_costs_its_property_and_nothing_else(what):
    got, expected = SINGLE_ANSWERS[what]
    expect_close(got, expected, digits=4 if "example" in what else None)
    with pytest.raises(Mismatch, match="about 7 digits, as float32 has"):
        expect_double(got, expected)


VARIANCE = X.var(axis=0)
OTHER_DEVIATIONS = {
    "four decimals": (np.round(X, 4), X),
    "four decimals in float32": (np.round(NARROW, 4), X),
    "four decimals of a number": (round(float(X[0, 0]), 4), float(X[0, 0])),
    "whole numbers": (np.round(X * 1e4), X * 1e4),
    "an epsilon under the root": (X / np.sqrt(VARIANCE + 1e-5), X / np.sqrt(VARIANCE)),
    "an epsilon left out": (np.array([1.0, -1.0]), np.array([1.0, -1.0]) / np.sqrt(1 + 1e-5)),
    "an epsilon beside it": (X + 1e-5, X),
    "zero for a small number": (np.array([1.0, 0.0]), np.array([1.0, 1e-5])),
    "a little too much": (X * (1 + 1e-5), X),
    "float32 is off by more": (NARROW * np.float32(1.001), X),
    "one entry of float64": (np.append(NARROW[0] + 1e-4, 0.1001), np.append(X[0], 0.1)),
    "where float32 is due": (np.float32(X + 1e-3), NARROW),
}


@pytest.mark.parametrize("what", OTHER_DEVIATIONS)
def test_a_deviation_of_another_kind_is_wrong_and_not_called_single(what):
    got, expected = OTHER_DEVIATIONS[what]
    with pytest.raises(Mismatch, match="differ"):
        expect_close(got, expected)
    if "more" not in what:
        expect_double(got, expected)


@pytest.mark.parametrize("got", [X[::-1][::-1], X + 1e-12, np.zeros((6, 4)), X.T, None, NARROW.T])
def test_double_precision_asks_nothing_else(got):
    expect_double(got, X)


def test_single_precision_of_a_float64_tensor_is_wrong():
    import torch

    with pytest.raises(Mismatch, match="differ"):
        expect_close(torch.tensor(variance(NARROW)).double(), torch.tensor(variance(X)))


@pytest.mark.parametrize("answer", [X, X.astype(int), NARROW])
def test_shaped_gives_the_answer_back(answer):
    assert shaped(answer, (6, 4), "out") is answer
    assert shaped(2.5, (), "loss") == 2.5
    for several in ([1.0, 2.0], (1.0, 2.0)):
        assert shaped(several, (2,), "losses").tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("answer", "shape", "words"),
    [
        (X, (4, 6), "out: shape (4, 6) is due, not (6, 4)"),
        (1.0, (3,), "out: shape (3,) is due, not ()"),
        (None, (3,), "out: an array of shape (3,) is due, not None"),
        ("1.0", (), "out: a number is due, not a str"),
        ([[1.0], [2.0]], (2, 1), "out: an array of shape (2, 1) is due, not a list"),
        (Opaque("Yes"), (2,), "not a Yes object"),
    ],
)
def test_shaped_says_what_is_due(answer, shape, words):
    with pytest.raises(Mismatch) as caught:
        shaped(answer, shape, "out")
    assert words in caught.value.message


def test_equal_is_exact():
    expect_equal(np.arange(3), np.arange(3))
    expect_equal((1, "a", None), (1, "a", None))
    for got, expected in [(np.arange(3), np.arange(1, 4)), ("a", "b"), (1, "a"), (None, 1)]:
        with pytest.raises(Mismatch):
            expect_equal(got, expected)


TREE = {"feature": 0, "left": {"value": 1.5}, "right": {"left": {"value": (2, b"x")}, "value": []}}


def changed(path, value):
    """The tree with another value at that place."""
    tree = copy.deepcopy(TREE)
    *way, last = path
    inner = tree
    for key in way:
        inner = inner[key]
    inner[last] = value
    return tree


@pytest.mark.parametrize("same", [expect_equal, expect_close])
@pytest.mark.parametrize(
    "value",
    [
        TREE,
        {(1, 2): [1], None: True, 2.5: "a"},
        [[], {}, ()],
        2**70,
        [1, 2**70, 2**5000],
        {"a": np.nan},
        [np.array([1, 2]), b"\x00\xff"],
    ],
    ids=lambda value: repr(value)[:40],
)
def test_nested_answers_are_equal_by_value(same, value):
    same(copy.deepcopy(value), value)


@pytest.mark.parametrize("same", [expect_equal, expect_close])
@pytest.mark.parametrize(
    ("got", "words"),
    [
        (changed(["left", "value"], 2.5), "at left.value: a different number"),
        (
            changed(["right", "left", "value"], (2, b"y")),
            "at right.left.value[1]: they differ from byte 0",
        ),
        (changed(["right", "left", "value"], (2,)), "at right.left.value: 2 values are due, not 1"),
        (changed(["right", "left"], {}), "at right.left: value is missing"),
        (changed(["left", "more"], 1), "left: 1 more than is due, the first is more"),
        (changed(["left"], None), "left: a dict is due, not None"),
        (changed(["feature"], False), "feature: a number is due, not False"),
        (changed(["left", "value"], {1.5}), "at left.value: a number is due, not a set"),
        (changed(["right", "value"], ()), ""),
    ],
    ids=repr,
)
def test_a_nested_difference_is_found_and_placed(same, got, words):
    if not words:
        same(got, TREE)  # a tuple may stand for a list
        return
    with pytest.raises(Mismatch) as caught:
        same(got, TREE)
    assert words in caught.value.message


@pytest.mark.parametrize("same", [expect_equal, expect_close])
@pytest.mark.parametrize(
    ("got", "expected", "words"),
    [
        (True, 1, "a number is due, not True"),
        (1, True, "True or False is due, not a number"),
        (True, 1.0, "a number is due, not True"),
        ({True: "a"}, {1: "a"}, "1 is missing"),
        ({1: "a"}, {True: "a"}, "True is missing"),
        ("1", 1, "a number is due, not a str"),
        (b"a", "a", "text is due, not a bytes"),
        (2**70, 2**71, "a different number"),
        (2**64, "", "text is due, not a number"),
        ("abcd", "abxd", "they differ from character 2 on"),
        ("ab" * 50, "ab" * 40, "from character 80 on, where 'abababababab' is due, not 'ab"),
    ],
)
def test_what_is_alike_is_not_the_same(same, got, expected, words):
    with pytest.raises(Mismatch) as caught:
        same(got, expected)
    assert words in caught.value.message


def test_large_integers_are_exact_where_equality_is_due():
    expect_close(10**30 + 1, 10**30)
    with pytest.raises(Mismatch):
        expect_equal(10**30 + 1, 10**30)
    with pytest.raises(Mismatch):
        expect_close(10**30, 2 * 10**30)
    expect_close(10**30, 1e30)


def test_a_set_is_no_answer_to_compare_with():
    for same in (expect_equal, expect_close):
        with pytest.raises(TypeError, match="sort it into a list"):
            same([1], {1})


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


def doubled(x):
    return 2 * x


@pytest.mark.parametrize("named", [False, True])
def test_an_input_that_is_no_data_stays_out_of_what_is_replayed(named):
    def careful(x, f, rng):
        return f(x) + rng.random()

    def careless(x, f, rng):
        x += rng.random()

    odd = {"f": function(doubled), "rng": generator(3)}
    arguments, keywords = ([A], odd) if named else ([A, *odd.values()], {})
    answers = Answers(Local({"f": careful}))
    expect_untouched(answers, "f", *arguments, **keywords)
    (call,) = answers._calls
    expect_close(call.returned, call.ask(Local({"f": careful})))
    with pytest.raises(Mismatch, match="changed"):
        expect_untouched(Answers(Local({"f": careless})), "f", *arguments, **keywords)


def test_a_dictionary_that_is_emptied_is_noticed():
    given = {(1, 2): {"a": [1, 2.5]}, "b": {3: b"x"}}
    expect_untouched(Answers(Local({"f": dict})), "f", given)
    for careless in (dict.clear, lambda x: x["b"].clear(), lambda x: x[1, 2]["a"].append(1)):
        with pytest.raises(Mismatch, match="an input was changed by the call"):
            expect_untouched(Answers(Local({"f": careless})), "f", given)
