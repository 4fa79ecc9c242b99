"""Checks of logistic and softmax regression.

Logits come in three kinds: `ordinary` ones; `shifted` ones, where each slice along the axis is
lifted or lowered by thousands and differs inside by little; and `spread` ones, anywhere between
-1e4 and 1e4.  Losses, logarithms and gradients of such logits are compared with scale 1: where a
right answer is the small difference of two huge numbers, its last digits belong to rounding.
"""

import itertools

import numpy as np

from grader.checks import (
    ORDINARY,
    check,
    double_precision,
    expect,
    expect_close,
    expect_untouched,
    fills,
    given,
    sizes,
    st,
)

ALL = ("ordinary", "shifted", "spread")
HUGE = ("shifted", "spread")
PLAIN = ("ordinary",)
GENTLE = (1.0, 2.0, 1e-3)
LEVELS = (0.0, 1000.0, -1000.0, 9000.0, -9000.0)

SHAPES = ((2,), (2, 3), (1,), (3, 1), (4, 2), (2, 1, 3), (3, 2, 2))
SLICES = (
    ((2,), -1),
    ((2, 3), -1),
    ((2, 3), 0),
    ((3,), 0),
    ((3, 2), 1),
    ((3, 3), 0),
    ((4, 1), 1),
    ((1, 4), -2),
    ((3, 3), -1),
    ((2, 3, 2), 1),
    ((3, 2, 2), -1),
    ((3, 2, 4), -2),
    ((2, 1, 3), 2),
    ((2, 3, 4), 0),
    ((2, 2, 3, 2), -3),
)
BATCHES = ((2, 3), (1, 2), (3, 2), (2, 2), (1, 3), (4, 5), (5, 2), (3, 3), (2, 1), (6, 4))
SMOOTHING = (0.1, 0.5, 0.0, 1.0, 0.35)
DESIGNS = ((1, 1), (1, 2), (2, 1), (2, 3), (3, 2), (3, 3), (5, 2), (4, 5), (7, 3))


def made_huge(z, kind, fill, axis=None):
    """The same array with `shifted` or `spread` values; `axis` is what one slice runs along."""
    if kind == "shifted":
        one_each = z.shape if axis is None else z.max(axis, keepdims=True).shape
        z += fill.rng.choice(LEVELS, one_each)
    elif kind == "spread":
        z[...] = fill.rng.uniform(-1e4, 1e4, z.shape).round()
    return z


def probabilities_like(fill, *shape):
    """Targets in [0, 1]: all of them 0 or 1, or with one decimal."""
    targets = fill.uniform(0.0, 1.0, *shape)
    return np.round(targets, int(fill.rng.integers(2)), out=targets)


def logits(kinds=ALL, scales=ORDINARY):
    """Draw logits of any shape, where every entry stands for itself."""
    return drawn(_logits, fills(scales), kinds, SHAPES)


def _logits(fill, kind, shape):
    z = made_huge(fill(*shape), kind, fill)
    if fill.rng.integers(4) == 0:
        z[..., -1] = 0.0  # neither positive nor negative
    return z


def logits_and_targets(kinds=ALL, scales=ORDINARY):
    """Draw logits of any shape and a target probability for each."""
    return drawn(_logits_and_targets, fills(scales), kinds, SHAPES)


def _logits_and_targets(fill, kind, shape):
    return made_huge(fill(*shape), kind, fill), probabilities_like(fill, *shape)


def logits_and_axis(kinds=ALL, scales=ORDINARY):
    """Draw logits of rank 1 to 4 and one of their axes."""
    return drawn(_logits_and_axis, fills(scales), kinds, SLICES)


def _logits_and_axis(fill, kind, shape_and_axis):
    shape, axis = shape_and_axis
    return made_huge(fill(*shape), kind, fill, axis), axis


def logits_and_labels(kinds=ALL, scales=ORDINARY):
    """Draw a batch of logits (N, C) and the label of each row."""
    return drawn(_logits_and_labels, fills(scales), kinds, BATCHES)


def _logits_and_labels(fill, kind, shape):
    n, classes = shape
    return made_huge(fill(n, classes), kind, fill, 1), fill.labels(classes, n)


def logits_labels_and_smoothing(kinds=ALL, scales=ORDINARY):
    """Draw a batch of logits (N, C), the label of each row and an amount of smoothing."""
    return drawn(_logits_labels_and_smoothing, fills(scales), kinds, SMOOTHING, BATCHES)


def _logits_labels_and_smoothing(fill, kind, smoothing, shape):
    return *_logits_and_labels(fill, kind, shape), smoothing


def regression_problem(kinds=("ordinary", "huge"), scales=ORDINARY):
    """Draw X, y, w and b of a logistic regression; huge ones have logits near ±9000."""
    return drawn(_regression_problem, fills(scales), kinds, DESIGNS)


def _regression_problem(fill, kind, shape):
    n, d = shape
    X, w, b = fill(n, d), fill(d), fill.number()
    if kind == "huge":
        b = float(fill.rng.integers(-500, 501))
        w *= 9000 / max(np.abs(X @ w).max(), 1.0)
    return X, probabilities_like(fill, n), w, b


def gradient_and_probabilities(shapes=((2,), (2, 3), (3, 2), (1, 4), (3, 3), (4, 1))):
    """Draw an upstream gradient, and probabilities along the last axis, some of them 0 or 1."""
    return drawn(_gradient_and_probabilities, fills(), shapes)


def _gradient_and_probabilities(fill, shape):
    dout, p = fill(*shape), fill(*shape)
    p[...] = fill.rng.integers(0, 5, shape)
    p[..., 0] += 1.0
    p /= p.sum(axis=-1, keepdims=True)
    return dout, p


def drawn(make, fill, *choices):
    """Draw make(fill, *one of each of the choices): all of them at once, the first is simplest."""
    combinations = st.sampled_from(list(itertools.product(*choices)))
    return st.builds(lambda recipe, choice: make(recipe, *choice), fill, combinations)


def numpy_warnings(module, name, far_up, far_down):
    """call the function on both inputs and note what NumPy, as it is set by default, warns of"""
    import warnings

    kinds, noted = ("divide by zero", "overflow", "invalid value"), []
    for arguments in (far_up, far_down):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
                getattr(module, name)(*arguments)
        said = [str(entry.message) for entry in caught]
        noted.append({kind: any(kind in text for text in said) for kind in kinds})
    return noted


def expect_no_warnings(submission, name, z, *others):
    """Raise Mismatch if NumPy warns while the function computes: far above 0, or far below."""
    far_up, far_down = (np.abs(z), *others), (-np.abs(z), *others)
    expect_silence(submission.probe(numpy_warnings, name, far_up, far_down))


def expect_silence(noted):
    """Raise Mismatch if NumPy has warned of anything."""
    kinds = sorted({kind for seen in noted for kind in seen if seen[kind]})
    warned = ", ".join(kinds)
    expect(not kinds, f"NumPy warned: {warned}", expected="no warning", got=warned)


# ------------------------------------------------------------------------------------- sigmoid


@check("sigmoid", "the worked example", practice=True)
def test_sigmoid_example(submission):
    got = submission.sigmoid(np.array([[0.0, np.log(2.0), -np.log(3.0)], [1.0, -1.0, 1e4]]))
    p = 1 / (1 + 1 / np.e)
    expect_close(got, np.array([[1 / 2, 2 / 3, 1 / 4], [p, 1 - p, 1.0]]))


@check("sigmoid", "matches the reference", value=True)
@given(z=logits())
def test_sigmoid_value(submission, reference, z):
    expect_close(submission.sigmoid(z), reference.sigmoid(z))


@check("sigmoid", "is right for ordinary logits", value=True, weight=3, examples=12)
@given(z=logits(PLAIN, GENTLE))
def test_sigmoid_ordinary(submission, reference, z):
    expect_close(submission.sigmoid(z), reference.sigmoid(z))


@check("sigmoid", "is right for huge logits", value=True, weight=2, examples=10)
@given(z=logits(HUGE))
def test_sigmoid_huge(submission, reference, z):
    z[..., 0] = 0.5  # a step from 0 to 1 is not enough
    expect_close(submission.sigmoid(z), reference.sigmoid(z))


@check("sigmoid", "the sigmoid of −z is what is missing to one", practice=True, examples=8)
@given(z=logits(PLAIN))
def test_sigmoid_symmetry(submission, z):
    total = submission.sigmoid(z) + submission.sigmoid(-z)
    expect_close(total, np.ones(z.shape), "sigmoid(z) + sigmoid(−z) must be 1")


@check("sigmoid", "needs no warning for huge logits", examples=6)
@given(z=logits(HUGE))
def test_sigmoid_warnings(submission, z):
    expect_no_warnings(submission, "sigmoid", z)


@check("sigmoid", "leaves its input alone", examples=4)
@given(z=logits(PLAIN))
def test_sigmoid_untouched(submission, z):
    expect_untouched(submission, "sigmoid", z)


# ------------------------------------------------------------------------ binary_cross_entropy


@check("binary_cross_entropy", "the worked example", practice=True)
def test_binary_cross_entropy_example(submission):
    z = np.array([[0.0, 2.0, -1.0], [1.0, -3.0, 1e4]])
    targets = np.array([[1.0, 1.0, 0.0], [0.0, 0.5, 1.0]])
    expect_close(submission.binary_cross_entropy(z, targets), 0.66586432)


@check("binary_cross_entropy", "matches the reference", value=True)
@given(case=logits_and_targets())
def test_binary_cross_entropy_value(submission, reference, case):
    expected = reference.binary_cross_entropy(*case)
    expect_close(submission.binary_cross_entropy(*case), expected, scale=1.0)


@check("binary_cross_entropy", "is right for ordinary logits", value=True, weight=3, examples=12)
@given(case=logits_and_targets(PLAIN, GENTLE))
def test_binary_cross_entropy_ordinary(submission, reference, case):
    expected = reference.binary_cross_entropy(*case)
    expect_close(submission.binary_cross_entropy(*case), expected)


@check("binary_cross_entropy", "is right for huge logits", value=True, weight=2, examples=10)
@given(case=logits_and_targets(HUGE))
def test_binary_cross_entropy_huge(submission, reference, case):
    expected = reference.binary_cross_entropy(*case)
    expect_close(submission.binary_cross_entropy(*case), expected, scale=1.0)


@check("binary_cross_entropy", "undecided predictions cost log 2", practice=True, examples=8)
@given(shape=st.sampled_from(SHAPES), fill=fills())
def test_binary_cross_entropy_undecided(submission, shape, fill):
    got = submission.binary_cross_entropy(np.zeros(shape), probabilities_like(fill, *shape))
    expect_close(got, np.log(2.0), "where σ(z) is ½, every target costs log 2")


@check("binary_cross_entropy", "an uncertain target mixes two losses", practice=True, examples=8)
@given(shape=st.sampled_from(SHAPES), tenths=st.integers(1, 9), fill=fills())
def test_binary_cross_entropy_mixes(submission, shape, tenths, fill):
    z, t = fill(*shape), tenths / 10
    yes = submission.binary_cross_entropy(z, np.ones(shape))
    no = submission.binary_cross_entropy(z, np.zeros(shape))
    got = submission.binary_cross_entropy(z, np.full(shape, t))
    expect_close(got, t * yes + (1 - t) * no, "targets may lie between 0 and 1", scale=1.0)


@check("binary_cross_entropy", "needs no warning for huge logits", examples=6)
@given(case=logits_and_targets(HUGE))
def test_binary_cross_entropy_warnings(submission, case):
    expect_no_warnings(submission, "binary_cross_entropy", *case)


@check("binary_cross_entropy", "leaves its inputs alone", examples=4)
@given(case=logits_and_targets(PLAIN))
def test_binary_cross_entropy_untouched(submission, case):
    expect_untouched(submission, "binary_cross_entropy", *case)


# --------------------------------------------------------------------------- logistic_gradient


@check("logistic_gradient", "the worked example", practice=True)
def test_logistic_gradient_example(submission):
    X = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    got = submission.logistic_gradient(X, np.array([1.0, 0.0, 1.0]), np.array([0.5, -1.0]), 0.5)
    expected = (np.array([-0.25631381, -0.04504965]), -0.19550530)
    expect_close(got, expected, names=("dw", "db"))


@check("logistic_gradient", "matches the reference", value=True)
@given(case=regression_problem())
def test_logistic_gradient_value(submission, reference, case):
    expected = reference.logistic_gradient(*case)
    got = submission.logistic_gradient(*case)
    expect_close(got, expected, names=("dw", "db"), scale=min(1.0, np.abs(case[0]).max()))


@check("logistic_gradient", "is right for ordinary logits", value=True, weight=3, examples=12)
@given(case=regression_problem(PLAIN, GENTLE))
def test_logistic_gradient_ordinary(submission, reference, case):
    expected = reference.logistic_gradient(*case)
    expect_close(submission.logistic_gradient(*case), expected, names=("dw", "db"))


@check("logistic_gradient", "is right for huge logits", value=True, weight=2, examples=10)
@given(case=regression_problem(("huge",)))
def test_logistic_gradient_huge(submission, reference, case):
    expected = reference.logistic_gradient(*case)
    got = submission.logistic_gradient(*case)
    expect_close(got, expected, names=("dw", "db"), scale=min(1.0, np.abs(case[0]).max()))


@check("logistic_gradient", "a feature that is always 1 is a bias", practice=True, examples=8)
@given(design=st.sampled_from(DESIGNS), fill=fills(GENTLE))
def test_logistic_gradient_bias(submission, design, fill):
    X, w, y = fill(*design), fill(design[1]), probabilities_like(fill, design[0])
    X[:, 0] = 1.0
    dw, db = submission.logistic_gradient(X, y, w, fill.number())
    expect_close(db, float(dw[0]), "a column of ones must get the gradient of the bias")


@check("logistic_gradient", "repeating the data changes nothing", practice=True, examples=8)
@given(case=regression_problem(PLAIN))
def test_logistic_gradient_twice(submission, case):
    X, y, w, b = case
    once = submission.logistic_gradient(X, y, w, b)
    twice = submission.logistic_gradient(np.concatenate([X, X]), np.concatenate([y, y]), w, b)
    dw, db = once
    expect_close(twice, (dw, db), "the loss is a mean", names=("dw", "db"), scale=1.0)


@check("logistic_gradient", "needs no warning for huge logits", examples=6)
@given(case=regression_problem(("huge",)))
def test_logistic_gradient_warnings(submission, case):
    X, y, w, b = case
    noted = submission.probe(numpy_warnings, "logistic_gradient", case, (X, y, -w, -b))
    expect_silence(noted)


@check("logistic_gradient", "leaves its inputs alone", examples=4)
@given(case=regression_problem(PLAIN))
def test_logistic_gradient_untouched(submission, case):
    expect_untouched(submission, "logistic_gradient", *case)


# ----------------------------------------------------------------------------------- logsumexp


@check("logsumexp", "the worked example", practice=True)
def test_logsumexp_example(submission):
    z = np.array([[0.0, 0.0, 0.0], [0.0, np.log(2.0), 1e4]])
    expect_close(submission.logsumexp(z), np.array([np.log(3.0), 1e4]))
    expect_close(submission.logsumexp(z, axis=0), np.array([np.log(2.0), np.log(3.0), 1e4]))


@check("logsumexp", "matches the reference", value=True)
@given(case=logits_and_axis())
def test_logsumexp_value(submission, reference, case):
    z, axis = case
    along = {} if axis == -1 else {"axis": axis}
    expected = reference.logsumexp(z, **along)
    expect_close(submission.logsumexp(z, **along), expected, scale=1.0)


@check("logsumexp", "is right for ordinary logits", value=True, weight=3, examples=12)
@given(case=logits_and_axis(PLAIN, GENTLE))
def test_logsumexp_ordinary(submission, reference, case):
    expect_close(submission.logsumexp(*case), reference.logsumexp(*case))


@check("logsumexp", "is right for huge logits", value=True, weight=2, examples=10)
@given(case=logits_and_labels(HUGE))
def test_logsumexp_huge(submission, reference, case):
    z, _ = case
    expect_close(submission.logsumexp(z), reference.logsumexp(z), scale=1.0)


@check("logsumexp", "lies just above the maximum", practice=True, examples=8)
@given(case=logits_and_labels(PLAIN))
def test_logsumexp_bounds(submission, case):
    z, _ = case
    above = submission.logsumexp(z) - z.max(axis=1)
    most = np.log(z.shape[1]) + 1e-6
    message = "the answer lies between the maximum and the maximum + log C"
    expect((above > -1e-6).all() and (above < most).all(), message, got=above)


@check("logsumexp", "adding a constant to z adds it to the answer", practice=True, examples=8)
@given(case=logits_and_axis(PLAIN), constant=st.sampled_from((1.0, -50.0, 1000.0, -1000.0)))
def test_logsumexp_shift(submission, case, constant):
    z, axis = case
    shifted = submission.logsumexp(z + constant, axis)
    expect_close(shifted, submission.logsumexp(z, axis) + constant, f"{constant:g} was added to z")


@check("logsumexp", "needs no warning for huge logits", examples=6)
@given(case=logits_and_axis(HUGE))
def test_logsumexp_warnings(submission, case):
    expect_no_warnings(submission, "logsumexp", *case)


@check("logsumexp", "leaves its input alone", examples=4)
@given(case=logits_and_axis(PLAIN))
def test_logsumexp_untouched(submission, case):
    expect_untouched(submission, "logsumexp", *case)


# ------------------------------------------------------------------------------------- softmax


@check("softmax", "the worked example", practice=True)
def test_softmax_example(submission):
    z = np.log(np.array([[1.0, 1.0, 2.0], [1.0, 3.0, 6.0]]))
    expect_close(submission.softmax(z), np.array([[0.25, 0.25, 0.5], [0.1, 0.3, 0.6]]))
    got = submission.softmax(z, axis=0)
    expect_close(got, np.array([[0.5, 0.25, 0.25], [0.5, 0.75, 0.75]]), "axis=0")


@check("softmax", "matches the reference", value=True)
@given(case=logits_and_axis())
def test_softmax_value(submission, reference, case):
    z, axis = case
    along = {} if axis == -1 else {"axis": axis}
    expected = reference.softmax(z, **along)
    expect_close(submission.softmax(z, **along), expected)


@check("softmax", "is right for ordinary logits", value=True, weight=3, examples=12)
@given(case=logits_and_axis(PLAIN, GENTLE))
def test_softmax_ordinary(submission, reference, case):
    expect_close(submission.softmax(*case), reference.softmax(*case))


@check("softmax", "is right for huge logits", value=True, weight=2, examples=10)
@given(case=logits_and_labels(HUGE))
def test_softmax_huge(submission, reference, case):
    z, _ = case
    expect_close(submission.softmax(z), reference.softmax(z))


@check("softmax", "each row sums to one", practice=True, examples=8)
@given(case=logits_and_labels(PLAIN))
def test_softmax_sums_to_one(submission, case):
    z, _ = case
    rows = submission.softmax(z).sum(axis=-1)
    expect_close(rows, np.ones(len(z)), "each row must sum to one")


@check("softmax", "adding a constant to a row changes nothing", practice=True, examples=8)
@given(case=logits_and_labels(PLAIN), constant=st.sampled_from((1.0, -50.0, 1000.0, -1000.0)))
def test_softmax_shift(submission, case, constant):
    z, labels = case
    raised = z + constant * labels[:, None]
    expect_close(submission.softmax(raised), submission.softmax(z), "constants were added to rows")


@check("softmax", "needs no warning for huge logits", examples=6)
@given(case=logits_and_axis(HUGE))
def test_softmax_warnings(submission, case):
    expect_no_warnings(submission, "softmax", *case)


double_precision("softmax", logits_and_axis(PLAIN))


@check("softmax", "leaves its input alone", examples=4)
@given(case=logits_and_axis(PLAIN))
def test_softmax_untouched(submission, case):
    expect_untouched(submission, "softmax", *case)


# --------------------------------------------------------------------------------- log_softmax


@check("log_softmax", "the worked example", practice=True)
def test_log_softmax_example(submission):
    z = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 1e4]])
    third = -np.log(3.0)
    expect_close(submission.log_softmax(z), np.array([[third] * 3, [-9999.0, -9998.0, 0.0]]))


@check("log_softmax", "matches the reference", value=True)
@given(case=logits_and_axis())
def test_log_softmax_value(submission, reference, case):
    z, axis = case
    along = {} if axis == -1 else {"axis": axis}
    expected = reference.log_softmax(z, **along)
    expect_close(submission.log_softmax(z, **along), expected, scale=1.0)


@check("log_softmax", "is right for ordinary logits", value=True, weight=3, examples=12)
@given(case=logits_and_axis(PLAIN, GENTLE))
def test_log_softmax_ordinary(submission, reference, case):
    expect_close(submission.log_softmax(*case), reference.log_softmax(*case))


@check("log_softmax", "is right for huge logits", value=True, weight=2, examples=10)
@given(case=logits_and_labels(HUGE))
def test_log_softmax_huge(submission, reference, case):
    z, _ = case
    expect_close(submission.log_softmax(z), reference.log_softmax(z), scale=1.0)


@check("log_softmax", "its exponentials sum to one", practice=True, examples=8)
@given(case=logits_and_labels(PLAIN))
def test_log_softmax_sums_to_one(submission, case):
    z, _ = case
    rows = np.exp(submission.log_softmax(z)).sum(axis=-1)
    expect_close(rows, np.ones(len(z)), "the probabilities of each row must sum to one")


@check("log_softmax", "keeps the differences between logits", practice=True, examples=8)
@given(case=logits_and_labels(ALL))
def test_log_softmax_differences(submission, case):
    z, _ = case
    got = submission.log_softmax(z)
    message = "two entries of a row differ by as much as their logits"
    expect_close(got - got[:, :1], z - z[:, :1], message, scale=1.0)


@check("log_softmax", "needs no warning for huge logits", examples=6)
@given(case=logits_and_axis(HUGE))
def test_log_softmax_warnings(submission, case):
    expect_no_warnings(submission, "log_softmax", *case)


@check("log_softmax", "leaves its input alone", examples=4)
@given(case=logits_and_axis(PLAIN))
def test_log_softmax_untouched(submission, case):
    expect_untouched(submission, "log_softmax", *case)


# ---------------------------------------------------------------------------- softmax_backward


@check("softmax_backward", "the worked example", practice=True)
def test_softmax_backward_example(submission):
    p = np.array([[0.2, 0.3, 0.5], [0.0, 1.0, 0.0]])
    got = submission.softmax_backward(np.array([[1.0, 0.0, -1.0], [2.0, -1.0, 0.5]]), p)
    expect_close(got, np.array([[0.26, 0.09, -0.35], [0.0, 0.0, 0.0]]))


@check("softmax_backward", "matches the reference", value=True)
@given(
    case=gradient_and_probabilities(
        ((2,), (2, 3), (3,), (3, 2), (3, 3), (1, 4), (4, 1), (2, 3, 2), (3, 2, 4), (2, 2, 1, 3))
    )
)
def test_softmax_backward_value(submission, reference, case):
    expected = reference.softmax_backward(*case)
    scale = float(np.abs(case[0]).max())
    expect_close(submission.softmax_backward(*case), expected, scale=scale)


@check("softmax_backward", "is right for a single row", value=True, weight=2, examples=10)
@given(case=gradient_and_probabilities(((2,), (3,), (5,))))
def test_softmax_backward_row(submission, reference, case):
    expected = reference.softmax_backward(*case)
    scale = float(np.abs(case[0]).max())
    expect_close(submission.softmax_backward(*case), expected, scale=scale)


@check("softmax_backward", "each row sums to zero", practice=True, examples=10)
@given(case=gradient_and_probabilities())
def test_softmax_backward_sums_to_zero(submission, case):
    dout, p = case
    rows = submission.softmax_backward(dout, p).sum(axis=-1)
    message = "moving all logits of a row together changes no probability"
    expect_close(rows, np.zeros(p.shape[:-1]), message, scale=float(np.abs(dout).max()))


@check("softmax_backward", "a constant upstream gradient gives zero", practice=True, examples=10)
@given(case=gradient_and_probabilities(), constant=st.sampled_from((1.0, -2.0, 30.0)))
def test_softmax_backward_constant(submission, case, constant):
    _, p = case
    got = submission.softmax_backward(np.full(p.shape, constant), p)
    expect_close(got, np.zeros(p.shape), "the sum of a row's probabilities never moves", scale=1.0)


@check("softmax_backward", "rows know nothing of each other", examples=10)
@given(case=gradient_and_probabilities(((2, 3), (3, 2), (3, 3), (2, 3, 2))))
def test_softmax_backward_rows(submission, case):
    dout, p = case
    together = submission.softmax_backward(dout, p)
    alone = submission.softmax_backward(dout[:1], p[:1])
    message = "the first row, in a batch and alone"
    expect_close(together[:1], alone, message, scale=float(np.abs(dout).max()))


@check("softmax_backward", "leaves its inputs alone", examples=4)
@given(case=gradient_and_probabilities())
def test_softmax_backward_untouched(submission, case):
    expect_untouched(submission, "softmax_backward", *case)


# ------------------------------------------------------------------------------- cross_entropy


@check("cross_entropy", "the worked example", practice=True)
def test_cross_entropy_example(submission):
    z = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 1e4]])
    expect_close(submission.cross_entropy(z, np.array([1, 2])), np.log(3.0) / 2)
    expect_close(submission.cross_entropy(z, np.array([1, 0])), (np.log(3.0) + 9999.0) / 2)


@check("cross_entropy", "matches the reference", value=True)
@given(case=logits_and_labels())
def test_cross_entropy_value(submission, reference, case):
    expect_close(submission.cross_entropy(*case), reference.cross_entropy(*case), scale=1.0)


@check("cross_entropy", "is right for ordinary logits", value=True, weight=3, examples=12)
@given(case=logits_and_labels(PLAIN, GENTLE))
def test_cross_entropy_ordinary(submission, reference, case):
    expect_close(submission.cross_entropy(*case), reference.cross_entropy(*case))


@check("cross_entropy", "is right for huge logits", value=True, weight=2, examples=10)
@given(case=logits_and_labels(HUGE))
def test_cross_entropy_huge(submission, reference, case):
    expect_close(submission.cross_entropy(*case), reference.cross_entropy(*case), scale=1.0)


@check("cross_entropy", "equal logits cost log C", practice=True, examples=8)
@given(n=sizes(), classes=sizes(), fill=fills())
def test_cross_entropy_equal(submission, n, classes, fill):
    z = np.full((n, classes), fill.number())
    got = submission.cross_entropy(z, fill.labels(classes, n))
    expect_close(got, np.log(classes), "a guess among C classes costs log C")


@check("cross_entropy", "repeating the batch changes nothing", practice=True, examples=8)
@given(case=logits_and_labels(PLAIN))
def test_cross_entropy_twice(submission, case):
    z, labels = case
    twice = submission.cross_entropy(np.concatenate([z, z]), np.concatenate([labels, labels]))
    expect_close(twice, submission.cross_entropy(z, labels), "the loss is a mean", scale=1.0)


@check("cross_entropy", "needs no warning for huge logits", examples=6)
@given(case=logits_and_labels(HUGE))
def test_cross_entropy_warnings(submission, case):
    expect_no_warnings(submission, "cross_entropy", *case)


@check("cross_entropy", "leaves its inputs alone", examples=4)
@given(case=logits_and_labels(PLAIN))
def test_cross_entropy_untouched(submission, case):
    expect_untouched(submission, "cross_entropy", *case)


# ---------------------------------------------------------------------- cross_entropy_gradient


@check("cross_entropy_gradient", "the worked example", practice=True)
def test_cross_entropy_gradient_example(submission):
    z = np.log(np.array([[1.0, 1.0, 2.0], [1.0, 3.0, 6.0]]))
    got = submission.cross_entropy_gradient(z, np.array([0, 2]))
    expect_close(got, np.array([[-0.375, 0.125, 0.25], [0.05, 0.15, -0.2]]))


@check("cross_entropy_gradient", "matches the reference", value=True)
@given(case=logits_and_labels())
def test_cross_entropy_gradient_value(submission, reference, case):
    expected = reference.cross_entropy_gradient(*case)
    expect_close(submission.cross_entropy_gradient(*case), expected, scale=1.0)


@check("cross_entropy_gradient", "is right for ordinary logits", value=True, weight=3, examples=12)
@given(case=logits_and_labels(PLAIN, GENTLE))
def test_cross_entropy_gradient_ordinary(submission, reference, case):
    expected = reference.cross_entropy_gradient(*case)
    expect_close(submission.cross_entropy_gradient(*case), expected)


@check("cross_entropy_gradient", "is right for huge logits", value=True, weight=2, examples=10)
@given(case=logits_and_labels(HUGE))
def test_cross_entropy_gradient_huge(submission, reference, case):
    expected = reference.cross_entropy_gradient(*case)
    expect_close(submission.cross_entropy_gradient(*case), expected, scale=1.0)


@check("cross_entropy_gradient", "each row sums to zero", practice=True, examples=8)
@given(case=logits_and_labels(PLAIN))
def test_cross_entropy_gradient_sums_to_zero(submission, case):
    rows = submission.cross_entropy_gradient(*case).sum(axis=1)
    message = "what one probability gains the others lose"
    expect_close(rows, np.zeros(len(case[0])), message, scale=1.0)


@check("cross_entropy_gradient", "only the label is pushed up", practice=True, examples=8)
@given(case=logits_and_labels(PLAIN, GENTLE))
def test_cross_entropy_gradient_signs(submission, case):
    z, labels = case
    gradient = submission.cross_entropy_gradient(z, labels)
    others = np.arange(z.shape[1]) != labels[:, None]
    expect((gradient[others] > 0).all(), "the gradient of every other class is positive")
    expect((gradient[~others] <= 1e-9).all(), "the gradient of the label is negative")


@check("cross_entropy_gradient", "needs no warning for huge logits", examples=6)
@given(case=logits_and_labels(HUGE))
def test_cross_entropy_gradient_warnings(submission, case):
    expect_no_warnings(submission, "cross_entropy_gradient", *case)


@check("cross_entropy_gradient", "leaves its inputs alone", examples=4)
@given(case=logits_and_labels(PLAIN))
def test_cross_entropy_gradient_untouched(submission, case):
    expect_untouched(submission, "cross_entropy_gradient", *case)


# ---------------------------------------------------------------------- smoothed_cross_entropy


@check("smoothed_cross_entropy", "the worked example", practice=True)
def test_smoothed_cross_entropy_example(submission):
    z = np.log(np.array([[1.0, 1.0, 2.0], [1.0, 3.0, 6.0]]))
    plain, uniform = np.log(20 / 3) / 2, np.log(16000 / 9) / 6
    for smoothing, loss in ((0.0, plain), (0.3, 0.7 * plain + 0.3 * uniform), (1.0, uniform)):
        got = submission.smoothed_cross_entropy(z, np.array([0, 2]), smoothing)
        expect_close(got, loss, f"smoothing={smoothing}")


@check("smoothed_cross_entropy", "matches the reference", value=True)
@given(case=logits_labels_and_smoothing())
def test_smoothed_cross_entropy_value(submission, reference, case):
    expected = reference.smoothed_cross_entropy(*case)
    expect_close(submission.smoothed_cross_entropy(*case), expected, scale=1.0)


@check("smoothed_cross_entropy", "is right for ordinary logits", value=True, weight=3, examples=16)
@given(case=logits_labels_and_smoothing(PLAIN, GENTLE))
def test_smoothed_cross_entropy_ordinary(submission, reference, case):
    expected = reference.smoothed_cross_entropy(*case)
    expect_close(submission.smoothed_cross_entropy(*case), expected)


@check("smoothed_cross_entropy", "is right for huge logits", value=True, weight=2, examples=10)
@given(case=logits_labels_and_smoothing(HUGE))
def test_smoothed_cross_entropy_huge(submission, reference, case):
    expected = reference.smoothed_cross_entropy(*case)
    expect_close(submission.smoothed_cross_entropy(*case), expected, scale=1.0)


@check("smoothed_cross_entropy", "smoothing 0 changes nothing", value=True, weight=1, examples=10)
@given(case=logits_and_labels(PLAIN, GENTLE))
def test_smoothed_cross_entropy_plain(submission, reference, case):
    expected = reference.cross_entropy(*case)
    message = "smoothing 0 is the plain cross-entropy"
    expect_close(submission.smoothed_cross_entropy(*case, 0.0), expected, message)


@check("smoothed_cross_entropy", "equal logits cost log C", practice=True, examples=8)
@given(shape=st.sampled_from(BATCHES), smoothing=st.sampled_from(SMOOTHING), fill=fills())
def test_smoothed_cross_entropy_equal(submission, shape, smoothing, fill):
    (n, classes), z = shape, np.full(shape, fill.number())
    got = submission.smoothed_cross_entropy(z, fill.labels(classes, n), smoothing)
    expect_close(got, np.log(classes), "the target of each row must sum to one")


@check("smoothed_cross_entropy", "full smoothing forgets the labels", practice=True, examples=8)
@given(case=logits_and_labels(PLAIN, GENTLE))
def test_smoothed_cross_entropy_full(submission, case):
    z, labels = case
    other = (labels + 1) % z.shape[1]
    one = submission.smoothed_cross_entropy(z, labels, 1.0)
    two = submission.smoothed_cross_entropy(z, other, 1.0)
    expect_close(two, one, "with smoothing 1 every label costs the same")


@check("smoothed_cross_entropy", "needs no warning for huge logits", examples=6)
@given(case=logits_labels_and_smoothing(HUGE))
def test_smoothed_cross_entropy_warnings(submission, case):
    expect_no_warnings(submission, "smoothed_cross_entropy", *case)


@check("smoothed_cross_entropy", "leaves its inputs alone", examples=4)
@given(case=logits_and_labels(PLAIN))
def test_smoothed_cross_entropy_untouched(submission, case):
    expect_untouched(submission, "smoothed_cross_entropy", *case, 0.1)
