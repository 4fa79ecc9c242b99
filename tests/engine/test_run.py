"""One check at a time: what is drawn, what fails, what is shown."""

from __future__ import annotations

import numpy as np
import pytest

from grader.checks import check, expect_close, expect_equal, fills, given, sizes
from grader.checks.answers import Local
from grader.judge.assignment import JudgeError
from grader.judge.run import run_check


@check("double", "matches the reference", value=True)
@given(n=sizes(), fill=fills())
def doubles(submission, reference, n, fill):
    x = fill(n)
    expect_close(submission.double(x), reference.double(x))


@check("double", "is positive")
@given(n=sizes(), fill=fills())
def broken_check(submission, n, fill):
    assert submission.double(fill(n)).no_such_attribute


@check("double", "sums up")
@given(n=sizes(), fill=fills())
def sums(submission, n, fill):
    x = fill(n)
    expect_close(submission.double(x).sum(), 2 * x.sum(), scale=100.0)


@check("double", "the worked example", practice=True)
def example(submission):
    expect_close(submission.double(np.ones(2)), np.full(2, 2.0))


REFERENCE = Local({"double": lambda x: 2 * x})


def outcome(test, answer, seed=0, examples=50):
    return run_check(test.check, Local({"double": answer}), REFERENCE, seed=seed, examples=examples)


@pytest.mark.parametrize("test", [doubles, sums, example])
def test_a_right_answer_passes(test):
    assert outcome(test, lambda x: x + x).passed


@pytest.mark.parametrize("test", [doubles, sums, example])
def test_a_wrong_answer_fails(test):
    assert outcome(test, lambda x: 3 * x).status == "failed"


def test_the_counterexample_is_small():
    found = outcome(doubles, lambda x: np.where(x > 0, 2 * x, 0.0))
    (call,) = found.calls
    (x,) = call.arguments
    assert x.size <= 2
    assert np.array_equal(x, np.round(x))
    assert x.min() < 0
    assert np.array_equal(found.expected, 2 * x)
    assert np.array_equal(found.got, np.where(x > 0, 2 * x, 0.0))


def test_the_same_seed_draws_the_same_inputs():
    def inputs(seed):
        found = outcome(doubles, lambda x: 2 * x, seed)
        return [call.arguments[0].tolist() for call in found.transcript]

    assert inputs(1) == inputs(1)
    assert inputs(1) != inputs(2)


def test_examples_are_counted():
    calls = []
    outcome(doubles, lambda x: calls.append(1) or 2 * x, examples=30)
    assert len(calls) == 30


def test_an_error_is_the_submissions():
    found = outcome(doubles, lambda x: 1 / 0)
    assert (found.status, found.error.type_names[0]) == ("error", "ZeroDivisionError")


def test_not_implemented_is_not_started():
    def stub(x):
        raise NotImplementedError

    assert outcome(doubles, stub).status == "not started"


@pytest.mark.parametrize("answer", [None, "text", (1, 2), {}], ids=repr)
def test_an_answer_that_a_check_trips_over_fails(answer):
    found = outcome(sums, lambda x: answer)
    assert found.status == "failed"
    assert found.message.startswith("an array is due, not ")


def test_a_check_that_trips_over_the_reference_is_our_fault():
    with pytest.raises(JudgeError, match="is-positive"):
        outcome(broken_check, lambda x: x)


@pytest.mark.parametrize(
    ("sent", "words"),
    [({1, 2}, "sends 'set', which cannot cross"), ("\ud800", "half a surrogate pair")],
)
def test_a_check_that_sends_what_cannot_cross_the_wall_is_our_fault(sent, words):
    @check("double", "is positive", value=True)
    def careless(submission, reference):
        expect_equal(submission.double(sent), reference.double(sent))

    with pytest.raises(JudgeError, match=words):
        outcome(careless, lambda x: 1)


def test_a_check_may_pass_on_an_answer_that_is_no_data():
    @check("double", "is stable", value=True)
    def twice(submission):
        expect_equal(submission.double(submission.double(1)), 1)

    found = outcome(twice, lambda x: {1, 2})
    assert (found.status, found.message) == ("failed", "a number is due, not a set object")


def test_answers_that_change_from_call_to_call_fail():
    state = []

    def moody(x):
        state.append(1)
        return 2 * x if len(state) % 3 else x + 7

    found = outcome(doubles, moody)
    assert found.status == "failed"


def test_inputs_are_copies():
    def careless(x):
        x *= 2
        return x

    assert outcome(doubles, careless).passed
