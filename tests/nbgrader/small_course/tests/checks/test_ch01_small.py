"""Checks of the small chapter."""

import numpy as np

from grader.checks import check, expect_close, fills, given, sizes


@check("softmax", "matches the reference", value=True, examples=10)
@given(n=sizes(), c=sizes(), fill=fills())
def test_softmax_matches(submission, reference, n, c, fill):
    hidden_detail = fill(n, c)
    expect_close(submission.softmax(hidden_detail), reference.softmax(hidden_detail))


@check("softmax", "each row sums to one", practice=True, examples=5)
@given(n=sizes(), c=sizes(2, 4), fill=fills())
def test_softmax_sums_to_one(submission, n, c, fill):
    expect_close(submission.softmax(fill(n, c)).sum(axis=-1), np.ones(n))


@check("relu", "matches the reference", value=True, examples=10)
@given(n=sizes(), fill=fills())
def test_relu_matches(submission, reference, n, fill):
    hidden_detail = fill(n)
    expect_close(submission.relu(hidden_detail), reference.relu(hidden_detail))


@check("relu", "nothing is negative", practice=True, examples=5)
@given(n=sizes(2, 5), fill=fills())
def test_relu_is_not_negative(submission, n, fill):
    answer = submission.relu(fill(n))
    expect_close(np.minimum(answer, 0.0), np.zeros(n))
