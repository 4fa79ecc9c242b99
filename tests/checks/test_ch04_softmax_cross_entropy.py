"""Checks of logistic and softmax regression."""

import numpy as np

from grader.checks import WIDE, check, expect_close, expect_untouched, fills, given, sizes, st


@st.composite
def logits_and_axis(draw, scales=WIDE):
    """Logits of rank 1 to 3 and any of their axes."""
    shape = draw(st.lists(sizes(1, 4), min_size=1, max_size=3))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    return draw(fills(scales))(*shape), axis


@check("softmax", "the worked example", practice=True)
def test_softmax_example(submission):
    got = submission.softmax(np.array([[0.0, 0.0, 0.0], [0.0, np.log(2.0), np.log(5.0)]]))
    expect_close(got, np.array([[1 / 3, 1 / 3, 1 / 3], [0.125, 0.25, 0.625]]))


@check("softmax", "matches the reference", value=True)
@given(case=logits_and_axis())
def test_softmax_value(submission, reference, case):
    z, axis = case
    expect_close(submission.softmax(z, axis), reference.softmax(z, axis))


@check("softmax", "each row sums to one", practice=True)
@given(n=sizes(2, 4), classes=sizes(1, 4), fill=fills())
def test_softmax_sums_to_one(submission, n, classes, fill):
    rows = submission.softmax(fill(n, classes)).sum(axis=-1)
    expect_close(rows, np.ones(n), "each row must sum to one")


@check("softmax", "leaves its input alone")
@given(n=sizes(), classes=sizes(), fill=fills())
def test_softmax_untouched(submission, n, classes, fill):
    expect_untouched(submission, "softmax", fill(n, classes))
