"""Checks of L1 and L2 regularization, AdamW and dropout."""

import numpy as np

from grader.checks import (
    check,
    expect,
    expect_close,
    expect_equal,
    expect_error,
    expect_untouched,
    fills,
    generator,
    given,
    sizes,
    st,
)

X_EXAMPLE = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]])
W_EXAMPLE = np.array([[1.0, 0.0, -2.0], [0.0, 3.0, 0.0]])

# Columns of mean 0 and mean square 1 at right angles: here the lasso has a formula.
ORTHOGONAL = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])

# Few examples are enough where an exercise is short or a property coarse.
FEW = 8


def pairs(outer, inner):
    """Draw one of each; one draw costs half as much as two."""
    return st.sampled_from([(one, other) for other in inner for one in outer])


# Strategies that a composite draws from are made once: making them anew costs more than drawing.
FILLS, SMALL_FILLS = fills(), fills((1.0,))
CURVES = pairs((2, 1, 3, 5), (2, 3, 1, 4, 5))
LENGTHS, POINTS = sizes(1, 5), sizes(2, 5)

TENSORS = ((2,), (1,), (3,), (2, 3), (4, 2), (2, 1, 3))
STRENGTHS = (0.5, 2.0, 0.1, 3.0, 0.0)
PENALTIES, RATIOS = pairs(TENSORS, STRENGTHS), st.sampled_from((0.25, 0.75, 0.1, 1.0, 0.0, 0.5))

SHAPES = ((2, 1), (3, 2), (2, 2), (4, 1), (3, 4), (5, 3), (5, 2), (2, 5), (1, 2))
RIDGES, COPIES = pairs(SHAPES, (0.5, 0.1, 2.0, 0.01)), st.sampled_from((False, True, False))
SHARES = (0.5, 1.0, 0.2, 0.0)
CUTS, LASSOS = pairs(TENSORS, SHARES), pairs(SHAPES, SHARES)
STEPS = st.sampled_from((2, 1, 3, 5, 8, 0))

BETAS = ((0.5, 0.75), (0.8, 0.25), (0.75, 0.0), (0.0, 0.5))
ADAMS = st.sampled_from([(*betas, eps) for eps in (0.5, 0.125, 2.0) for betas in BETAS])
STARTS, DECAYS = pairs(TENSORS, (1, 2, 7)), st.sampled_from((0.5, 0.25, 2.0, 0.0))
FIRST_STEPS = pairs(TENSORS, (1,))

LAYERS = ((2, 3), (3,), (1,), (4, 2), (2, 1, 3))
RATES, BAD_RATES = (0.5, 0.25, 0.75, 0.2, 0.9, 0.0), (1.0, -0.5, 1.5, -0.0625, 2.0)
WIDE_LAYERS = ((8, 10), (80,), (40, 2), (2, 40), (4, 5, 4), (1, 80), (80, 1))
SMALL, REFUSED = pairs(LAYERS, RATES), pairs(LAYERS, BAD_RATES)
TRAINED = pairs(WIDE_LAYERS, (0.25, 0.75, 0.9, 0.2, 0.3))
TRAINED_OR_NOT = pairs(WIDE_LAYERS, (0.25, 0.75, 0.9, 0.2, 0.3, 0.0))
MODES = st.sampled_from((True, True, False, True))
CALLS = 16


@st.composite
def curves(draw):
    """Numbers, and the degree of a polynomial in them."""
    (n, degree), fill = draw(CURVES), draw(FILLS)
    return fill(n), degree


def some_zero(fill, shape):
    """Weights of which about one in four is exactly zero."""
    w = fill(*shape)
    w[fill.rng.random(shape) < 0.25] = 0.0
    return w


@st.composite
def penalised(draw, recipes=FILLS):
    """Weights of any shape, some of them zero, and the strength of a penalty."""
    (shape, lam), fill = draw(PENALTIES), draw(recipes)
    return some_zero(fill, shape), lam


@st.composite
def elastic(draw, ratios=RATIOS):
    """Weights, the strength of a penalty and the share of L1 in it."""
    (shape, lam), fill, ratio = draw(PENALTIES), draw(FILLS), draw(ratios)
    return some_zero(fill, shape), lam, ratio


def digits(number):
    """Two digits of a positive number; 1 in place of 0."""
    return float(f"{number or 1.0:.2g}")


@st.composite
def ridges(draw, recipes=FILLS):
    """Data, now and then with a duplicated column, and a penalty of the size of X squared."""
    ((n, d), strength), fill, copy = draw(RIDGES), draw(recipes), draw(COPIES)
    X = fill(n, d)
    if copy:
        X[:, -1] = X[:, 0]
    return X, fill(n) + fill.number(), digits(strength * np.square(X).mean())


@st.composite
def thresholds(draw):
    """Weights of any shape and a threshold of their size."""
    (shape, share), fill = draw(CUTS), draw(FILLS)
    w = some_zero(fill, shape)
    return w, share * digits(np.abs(w).mean())


def learning_rate(X, rate):
    """Two digits of rate / (1 + the mean squared length of a row)."""
    return digits(rate / (1 + np.square(X).sum(axis=1).mean()))


@st.composite
def lasso_points(draw, recipes=FILLS):
    """Data, a line, a learning rate, and a lam that erases some of the weights in one step."""
    ((n, d), share), fill = draw(LASSOS), draw(recipes)
    X, y, w, b = fill(n, d), fill(n), fill(d), fill.number()
    lr = learning_rate(X, fill.rng.choice((0.5, 0.3, 0.9)))
    reached = w - lr * 2 / n * X.T @ (X @ w + b - y)
    return X, y, w, b, share * digits(np.abs(reached).mean() / lr), lr


@st.composite
def lasso_walks(draw, cases=LASSOS):
    """Data with an offset, a lam that the first gradient can overcome or not, and a few steps."""
    ((n, d), share), fill, steps = draw(cases), draw(FILLS), draw(STEPS)
    X, y = fill(n, d), fill(n) + fill.number()
    lr = learning_rate(X, fill.rng.choice((0.5, 0.3, 0.9)))
    return X, y, share * digits(np.abs(2 / n * X.T @ y).max()), lr, steps


@st.composite
def adamw_runs(draw, starts=STARTS, decays=DECAYS):
    """Weights, moments, gradients, the first step's number, and settings that are no defaults.

    Step 1 starts from zero moments.  eps is of the gradients' size, so that its place matters.
    """
    (shape, first), fill = draw(starts), draw(FILLS)
    (beta1, beta2, eps), decay = draw(ADAMS), draw(decays)
    w = fill(*shape)
    m, v = (fill(*shape), fill(*shape) ** 2) if first > 1 else (np.zeros(shape), np.zeros(shape))
    gradients = fill(*shape), np.zeros(shape), fill(*shape)
    return w, m, v, gradients, first, (0.25, beta1, beta2, eps * fill.scale, decay)


@st.composite
def layers(draw, kinds=SMALL):
    """What goes into a layer, the probability to drop, and a seed."""
    (shape, p), fill = draw(kinds), draw(FILLS)
    return fill(*shape), p, int(fill.rng.integers(1000))


# polynomial_features


@check("polynomial_features", "the worked example", practice=True)
def test_polynomial_features_example(submission):
    got = submission.polynomial_features(np.array([2.0, -3.0]), 3)
    expect_close(got, np.array([[2.0, 4.0, 8.0], [-3.0, 9.0, -27.0]]))


@check("polynomial_features", "matches the reference", value=True)
@given(case=curves())
def test_polynomial_features_value(submission, reference, case):
    got, expected = submission.polynomial_features(*case), reference.polynomial_features(*case)
    expect_close(got, expected)
    for k in range(expected.shape[1]):
        expect_close(got[:, k], expected[:, k], f"column {k}")


@check("polynomial_features", "the first column is x itself", practice=True, examples=FEW)
@given(case=curves())
def test_polynomial_features_first(submission, case):
    got = submission.polynomial_features(*case)
    expect_close(got[:, 0], case[0], "column 0 must be x to the power 1")


@check("polynomial_features", "each column is x times the one before", practice=True, examples=FEW)
@given(n=POINTS, degree=sizes(2, 4), fill=SMALL_FILLS)
def test_polynomial_features_ratio(submission, n, degree, fill):
    x = fill(n)
    got = submission.polynomial_features(x, degree)
    expect_close(got[:, 1:], got[:, :-1] * x[:, np.newaxis], "each power is x times the last one")


@check("polynomial_features", "leaves its input alone", examples=FEW)
@given(case=curves())
def test_polynomial_features_untouched(submission, case):
    expect_untouched(submission, "polynomial_features", *case)


# l2_penalty


@check("l2_penalty", "the worked example", practice=True)
def test_l2_penalty_example(submission):
    expect_close(submission.l2_penalty(W_EXAMPLE, 0.5), 7.0)


@check("l2_penalty", "matches the reference", value=True)
@given(case=penalised())
def test_l2_penalty_value(submission, reference, case):
    expect_close(submission.l2_penalty(*case), reference.l2_penalty(*case))


@check("l2_penalty", "twice the weights cost four times as much", practice=True, examples=FEW)
@given(case=penalised())
def test_l2_penalty_quadratic(submission, case):
    w, lam = case
    twice, once = submission.l2_penalty(2 * w, lam), submission.l2_penalty(w, lam)
    expect_close(twice, 4 * once, "the penalty must grow with the square")


@check("l2_penalty", "does not ask how the weights are arranged", practice=True, examples=FEW)
@given(case=penalised())
def test_l2_penalty_shape(submission, case):
    w, lam = case
    flat = submission.l2_penalty(w.ravel()[::-1].copy(), lam)
    expect_close(submission.l2_penalty(w, lam), flat, "w as one row, backwards, costs the same")


@check("l2_penalty", "leaves its input alone", examples=FEW)
@given(case=penalised())
def test_l2_penalty_untouched(submission, case):
    expect_untouched(submission, "l2_penalty", *case)


# l2_gradient


@check("l2_gradient", "the worked example", practice=True)
def test_l2_gradient_example(submission):
    expect_close(submission.l2_gradient(W_EXAMPLE, 0.5), W_EXAMPLE)
    expect_close(submission.l2_gradient(np.array([1.0, -2.0]), 0.25), np.array([0.5, -1.0]))


@check("l2_gradient", "matches the reference", value=True)
@given(case=penalised())
def test_l2_gradient_value(submission, reference, case):
    expect_close(submission.l2_gradient(*case), reference.l2_gradient(*case))


@check("l2_gradient", "is the slope of the penalty", practice=True, examples=FEW)
@given(case=penalised(SMALL_FILLS))
def test_l2_gradient_slope(submission, case):
    w, lam = case
    # Central differences of a square are exact, whatever the step.
    slopes = lam * ((w + 1) ** 2 - (w - 1) ** 2) / 2
    expect_close(submission.l2_gradient(w, lam), slopes, "the slope of lam · w² is due", scale=1.0)


@check("l2_gradient", "each weight is pulled by itself", practice=True, examples=FEW)
@given(case=penalised())
def test_l2_gradient_alone(submission, case):
    w, lam = case
    alone = submission.l2_gradient(w.ravel()[-1:].copy(), lam)
    expect_close(submission.l2_gradient(w, lam).ravel()[-1:], alone, "other weights do not matter")


@check("l2_gradient", "leaves its input alone", examples=FEW)
@given(case=penalised())
def test_l2_gradient_untouched(submission, case):
    expect_untouched(submission, "l2_gradient", *case)


# l1_penalty


@check("l1_penalty", "the worked example", practice=True)
def test_l1_penalty_example(submission):
    expect_close(submission.l1_penalty(W_EXAMPLE, 0.5), 3.0)


@check("l1_penalty", "matches the reference", value=True)
@given(case=penalised())
def test_l1_penalty_value(submission, reference, case):
    expect_close(submission.l1_penalty(*case), reference.l1_penalty(*case))


@check("l1_penalty", "the sign of a weight does not matter", practice=True, examples=FEW)
@given(case=penalised())
def test_l1_penalty_signs(submission, case):
    w, lam = case
    positive = submission.l1_penalty(np.abs(w), lam)
    expect_close(submission.l1_penalty(w, lam), positive, "-2 must cost as much as 2")


@check("l1_penalty", "twice the weights cost twice as much", practice=True, examples=FEW)
@given(case=penalised())
def test_l1_penalty_linear(submission, case):
    w, lam = case
    twice, once = submission.l1_penalty(-2 * w, lam), submission.l1_penalty(w, lam)
    expect_close(twice, 2 * once, "the penalty must grow with the size, not with its square")


# l1_subgradient


@check("l1_subgradient", "the worked example", practice=True)
def test_l1_subgradient_example(submission):
    due = np.array([[0.5, 0.0, -0.5], [0.0, 0.5, 0.0]])
    expect_close(submission.l1_subgradient(W_EXAMPLE, 0.5), due)


@check("l1_subgradient", "matches the reference", value=True)
@given(case=penalised())
def test_l1_subgradient_value(submission, reference, case):
    expect_close(submission.l1_subgradient(*case), reference.l1_subgradient(*case))


@check("l1_subgradient", "is right away from zero", value=True, weight=2, examples=20)
@given(case=penalised())
def test_l1_subgradient_smooth(submission, reference, case):
    w, lam = case
    w = np.where(w == 0, -1.0, w)
    expect_close(submission.l1_subgradient(w, lam), reference.l1_subgradient(w, lam))


@check("l1_subgradient", "a weight of zero is not pulled", practice=True, examples=FEW)
@given(case=penalised())
def test_l1_subgradient_zero(submission, case):
    w, lam = case
    got = submission.l1_subgradient(w, lam)
    expect_close(got[w == 0], np.zeros((w == 0).sum()), "at w = 0 the answer is 0")


@check("l1_subgradient", "the size of a weight does not matter", practice=True, examples=FEW)
@given(case=penalised())
def test_l1_subgradient_size(submission, case):
    w, lam = case
    thrice, once = submission.l1_subgradient(3 * w, lam), submission.l1_subgradient(w, lam)
    expect_close(thrice, once, "3w must be pulled exactly as hard as w")


@check("l1_subgradient", "leaves its input alone", examples=FEW)
@given(case=penalised())
def test_l1_subgradient_untouched(submission, case):
    expect_untouched(submission, "l1_subgradient", *case)


# elastic_net_penalty


@check("elastic_net_penalty", "the worked example", practice=True)
def test_elastic_net_penalty_example(submission):
    expect_close(submission.elastic_net_penalty(W_EXAMPLE, 0.5, 0.25), 6.0)


@check("elastic_net_penalty", "matches the reference", value=True)
@given(case=elastic())
def test_elastic_net_penalty_value(submission, reference, case):
    got, expected = submission.elastic_net_penalty(*case), reference.elastic_net_penalty(*case)
    expect_close(got, expected)


@check("elastic_net_penalty", "is right for l1_ratio = 1", value=True, weight=1, examples=15)
@given(case=elastic(st.just(1.0)))
def test_elastic_net_penalty_lasso(submission, reference, case):
    got, expected = submission.elastic_net_penalty(*case), reference.elastic_net_penalty(*case)
    expect_close(got, expected, "with l1_ratio = 1 this is the L1 penalty")


@check("elastic_net_penalty", "for l1_ratio = 0 it is the L2 penalty", practice=True, examples=FEW)
@given(case=elastic(st.just(0.0)))
def test_elastic_net_penalty_ridge(submission, case):
    w, lam, _ = case
    due = float(lam * np.square(w).sum())
    expect_close(submission.elastic_net_penalty(*case), due, "with l1_ratio = 0 only squares count")


@check(
    "elastic_net_penalty",
    "half and half is the mean of both penalties",
    practice=True,
    examples=FEW,
)
@given(case=elastic(st.just(0.5)))
def test_elastic_net_penalty_half(submission, case):
    w, lam, _ = case
    due = float(lam * (np.abs(w) + np.square(w)).sum() / 2)
    expect_close(submission.elastic_net_penalty(*case), due, "with l1_ratio = 0.5 it is their mean")


@check("elastic_net_penalty", "leaves its input alone", examples=FEW)
@given(case=elastic())
def test_elastic_net_penalty_untouched(submission, case):
    expect_untouched(submission, "elastic_net_penalty", *case)


# ridge_regression


@check("ridge_regression", "the worked example", practice=True)
def test_ridge_regression_example(submission):
    X = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
    got = submission.ridge_regression(X, np.array([3.0, 1.0, 5.0]), 0.5)
    expect_close(got, (np.array([16.0, 4.0]) / 15, 5 / 3), names=("w", "b"))


@check("ridge_regression", "matches the reference", value=True, weight=8)
@given(case=ridges())
def test_ridge_regression_value(submission, reference, case):
    X, y, lam = case
    w, b = submission.ridge_regression(X, y, lam)
    w_due, b_due = reference.ridge_regression(X, y, lam)
    expect_close(w, w_due, "w", scale=size_of_weights(X, y))
    expect_close(b, b_due, "b", scale=float(np.abs(y).max()))


def size_of_weights(X, y):
    """How large weights have to be for X to reach y: what rounding errors are measured by."""
    return float(np.abs(y).max() / (np.abs(X).max() or 1.0))


@check("ridge_regression", "is right for centred data", value=True, weight=2, examples=20)
@given(case=ridges())
def test_ridge_regression_centred(submission, reference, case):
    X, y, lam = case
    centred = X - X.mean(axis=0), y - y.mean(), lam
    w, _ = submission.ridge_regression(*centred)
    expect_close(w, reference.ridge_regression(*centred)[0], "w", scale=size_of_weights(X, y))


@check("ridge_regression", "the objective has no slope at the answer", practice=True)
@given(case=ridges(SMALL_FILLS))
def test_ridge_regression_slope(submission, case):
    X, y, lam = case
    w, b = submission.ridge_regression(*case)
    off = y - b - X @ w
    slope = 2 * lam * w - 2 * X.T @ off / len(y)
    message = "at the minimum every derivative of error plus penalty is zero"
    scale = 1 + np.abs(X).max() * np.abs(y).max()
    due = np.zeros(X.shape[1]), 0.0
    expect_close((slope, float(2 * off.mean())), due, message, scale=scale)


@check("ridge_regression", "the intercept is not penalised", practice=True)
@given(case=ridges(SMALL_FILLS), offset=st.sampled_from((1.0, -5.0, 100.0)))
def test_ridge_regression_offset(submission, case, offset):
    X, y, lam = case
    w, b = submission.ridge_regression(X, y, lam)
    raised = submission.ridge_regression(X, y + offset, lam)
    message = f"adding {offset:g} to every y must move b by {offset:g} and leave w"
    expect_close(raised, (w, b + offset), message, names=("w", "b"), scale=abs(offset))


@check("ridge_regression", "duplicated columns share their weight", practice=True)
@given(case=ridges(SMALL_FILLS))
def test_ridge_regression_twins(submission, case):
    X, y, lam = case
    w, _ = submission.ridge_regression(np.column_stack([X, X]), y, lam)
    first, second = np.split(w, 2)
    expect_close(second, first, "a column that stands twice must get the same weight twice")


@check("ridge_regression", "leaves its inputs alone", examples=FEW)
@given(case=ridges())
def test_ridge_regression_untouched(submission, case):
    expect_untouched(submission, "ridge_regression", *case)


# soft_threshold


@check("soft_threshold", "the worked example", practice=True)
def test_soft_threshold_example(submission):
    got = submission.soft_threshold(np.array([[3.0, -3.0, 1.0], [-0.5, 0.0, 1.25]]), 1.0)
    expect_close(got, np.array([[2.0, -2.0, 0.0], [0.0, 0.0, 0.25]]))


@check("soft_threshold", "matches the reference", value=True)
@given(case=thresholds())
def test_soft_threshold_value(submission, reference, case):
    got, expected = submission.soft_threshold(*case), reference.soft_threshold(*case)
    expect_close(got, expected, scale=float(np.abs(case[0]).max()))


@check("soft_threshold", "is right for positive weights", value=True, weight=2, examples=20)
@given(case=thresholds())
def test_soft_threshold_positive(submission, reference, case):
    w, t = np.abs(case[0]), case[1]
    got, expected = submission.soft_threshold(w, t), reference.soft_threshold(w, t)
    expect_close(got, expected, scale=float(w.max()))


@check("soft_threshold", "weights within the threshold become zero", practice=True)
@given(case=thresholds())
def test_soft_threshold_zeros(submission, case):
    w, t = case
    got = submission.soft_threshold(w, t)[np.abs(w) < t]
    scale = float(np.abs(w).max())
    expect_close(got, np.zeros(len(got)), "where |w| < t the answer is 0", scale=scale)


@check("soft_threshold", "the others lose t of their size and keep their sign", practice=True)
@given(case=thresholds())
def test_soft_threshold_others(submission, case):
    w, t = case
    far = np.abs(w) > t
    got, old = submission.soft_threshold(w, t)[far], w[far]
    scale = float(np.abs(w).max())
    expect_close(np.abs(got), np.abs(old) - t, "the size must shrink by t", scale=scale)
    expect(np.all(got * old >= 0), "no weight may change its sign", expected=old, got=got)


@check("soft_threshold", "a threshold of zero changes nothing", practice=True, examples=FEW)
@given(case=thresholds())
def test_soft_threshold_none(submission, case):
    w, _ = case
    expect_close(submission.soft_threshold(w, 0.0), w, "with t = 0 the weights stay")


@check("soft_threshold", "leaves its input alone", examples=FEW)
@given(case=thresholds())
def test_soft_threshold_untouched(submission, case):
    expect_untouched(submission, "soft_threshold", *case)


# lasso_step


def step_scale(case):
    """The size of what is added up in a step."""
    X, y, w, b, _, lr = case
    residual = np.abs(X) @ np.abs(w) + abs(b) + np.abs(y)
    return float(max(np.abs(w).max(), abs(b), lr * np.max(np.abs(X).T @ residual) / len(y)))


@check("lasso_step", "the worked example", practice=True)
def test_lasso_step_example(submission):
    w, y = np.array([0.5, -1.0, 0.25]), np.array([3.0, 1.0])
    got = submission.lasso_step(X_EXAMPLE, y, w, 1.0, 2.0, 0.25)
    expect_close(got, (np.array([0.25, -0.3125, 0.4375]), 1.4375), names=("w", "b"))


@check("lasso_step", "matches the reference", value=True, weight=8)
@given(case=lasso_points())
def test_lasso_step_value(submission, reference, case):
    got, expected = submission.lasso_step(*case), reference.lasso_step(*case)
    expect_close(got, expected, names=("w", "b"), scale=step_scale(case))


@check("lasso_step", "w is right", value=True, weight=2, examples=20)
@given(case=lasso_points())
def test_lasso_step_weights(submission, reference, case):
    w, _ = submission.lasso_step(*case)
    expect_close(w, reference.lasso_step(*case)[0], "w", scale=step_scale(case))


@check(
    "lasso_step",
    "without a penalty it is plain gradient descent",
    practice=True,
    value=True,
    weight=2,
    examples=15,
)
@given(case=lasso_points(SMALL_FILLS))
def test_lasso_step_plain(submission, case):
    X, y, w, b, _, lr = case
    got = submission.lasso_step(X, y, w, b, 0.0, lr)
    off = y - b - X @ w
    due = w + 2 * lr * X.T @ off / len(y), float(b + 2 * lr * off.mean())
    expect_close(got, due, "with lam = 0", names=("w", "b"), scale=step_scale(case))


@check("lasso_step", "the step of the intercept does not depend on lam", practice=True)
@given(case=lasso_points())
def test_lasso_step_intercept(submission, case):
    X, y, w, b, lam, lr = case
    _, without = submission.lasso_step(X, y, w, b, 0.0, lr)
    _, moved = submission.lasso_step(X, y, w, b, 2 * lam, lr)
    expect_close(moved, without, "b is not penalised", scale=step_scale(case))


@check("lasso_step", "a huge penalty makes every weight zero", practice=True, examples=FEW)
@given(case=lasso_points())
def test_lasso_step_huge(submission, case):
    X, y, w, b, _, lr = case
    lam = digits(100 * step_scale(case) / lr)
    got, _ = submission.lasso_step(X, y, w, b, lam, lr)
    message = "lr · lam is far above every weight"
    expect_close(got, np.zeros(len(w)), message, scale=step_scale(case))


@check("lasso_step", "leaves its inputs alone", examples=FEW)
@given(case=lasso_points())
def test_lasso_step_untouched(submission, case):
    expect_untouched(submission, "lasso_step", *case)


# lasso_regression


@check("lasso_regression", "the worked example", practice=True)
def test_lasso_regression_example(submission):
    got = submission.lasso_regression(X_EXAMPLE, np.array([3.0, 1.0]), 1.0, 0.125, 2)
    expect_close(got, (np.array([0.21875, 0.0, 0.78125]), 0.5625), names=("w", "b"))


@check("lasso_regression", "matches the reference", value=True)
@given(case=lasso_walks())
def test_lasso_regression_value(submission, reference, case):
    got, expected = submission.lasso_regression(*case), reference.lasso_regression(*case)
    expect_close(got, expected, names=("w", "b"))


@check("lasso_regression", "is right without a penalty", value=True, weight=2, examples=20)
@given(case=lasso_walks(pairs(SHAPES, (0.0,))))
def test_lasso_regression_plain(submission, reference, case):
    got, expected = submission.lasso_regression(*case), reference.lasso_regression(*case)
    expect_close(got, expected, "with lam = 0", names=("w", "b"))


@check("lasso_regression", "shrinks orthogonal features by half of lam", practice=True)
@given(fill=SMALL_FILLS, lam=st.sampled_from((1.0, 2.0, 0.5, 0.0)))
def test_lasso_regression_orthogonal(submission, fill, lam):
    y = fill(4) + fill.number()
    got = submission.lasso_regression(ORTHOGONAL, y, lam, 0.375, 20)
    plain = ORTHOGONAL.T @ y / 4
    shrunk = np.sign(plain) * np.maximum(np.abs(plain) - lam / 2, 0)
    message = "least squares, shrunk by lam / 2, is the minimum here"
    expect_close(got, (shrunk, float(y.mean())), message, names=("w", "b"), scale=1.0)


@check("lasso_regression", "a huge penalty leaves only the intercept", practice=True)
@given(n=LENGTHS, d=POINTS, steps=sizes(0, 4), fill=SMALL_FILLS)
def test_lasso_regression_huge(submission, n, d, steps, fill):
    X, y = fill(n, d), fill(n) + fill.number()
    got = submission.lasso_regression(X, y, 1000.0, 0.25, steps)
    due = np.zeros(d), float(y.mean() * (1 - 0.5**steps))
    message = "w stays zero, and b walks to the mean of y, half of the way in each step"
    expect_close(got, due, message, names=("w", "b"))


@check("lasso_regression", "leaves its inputs alone", examples=FEW)
@given(case=lasso_walks())
def test_lasso_regression_untouched(submission, case):
    expect_untouched(submission, "lasso_regression", *case)


# adamw_step


@check("adamw_step", "the worked example", practice=True)
def test_adamw_step_example(submission):
    w, zeros, grad = np.array([1.0, 2.0, 3.0]), np.zeros(3), np.array([4.0, 0.0, -1.0])
    got = submission.adamw_step(w, grad, zeros, zeros, 1, 0.1, 0.5, 0.75, 1.0, 0.5)
    m_due, v_due = np.array([2.0, 0.0, -0.5]), np.array([4.0, 0.0, 0.25])
    expect_close(got, (np.array([0.87, 1.9, 2.9]), m_due, v_due), names=("w", "m", "v"))


@check("adamw_step", "matches the reference", value=True, weight=8)
@given(case=adamw_runs())
def test_adamw_step_value(submission, reference, case):
    w, m, v, grads, first, settings = case
    got = expected = w, m, v
    for t, grad in enumerate(grads, first):
        got = submission.adamw_step(got[0], grad, *got[1:], t, *settings)
        expected = reference.adamw_step(expected[0], grad, *expected[1:], t, *settings)
        expect_close(got, expected, names=("w", "m", "v"))


@check("adamw_step", "without decay it is Adam", value=True, weight=2, examples=20)
@given(case=adamw_runs(decays=st.just(0.0)))
def test_adamw_step_adam(submission, reference, case):
    w, m, v, grads, first, settings = case
    got = submission.adamw_step(w, grads[0], m, v, first, *settings)
    expected = reference.adamw_step(w, grads[0], m, v, first, *settings)
    expect_close(got, expected, "with weight_decay = 0", names=("w", "m", "v"))


@check("adamw_step", "the decay takes lr · weight_decay of the old weights", practice=True)
@given(case=adamw_runs())
def test_adamw_step_decay(submission, case):
    w, m, v, grads, t, (*settings, decay) = case
    without, _, _ = submission.adamw_step(w, grads[0], m, v, t, *settings, 0.0)
    decayed, _, _ = submission.adamw_step(w, grads[0], m, v, t, *settings, decay)
    scale = float(max(np.abs(w).max(), np.abs(without).max()))
    expect_close(without - decayed, settings[0] * decay * w, "what the decay takes", scale=scale)


@check("adamw_step", "without gradients only the decay is left", practice=True, examples=FEW)
@given(case=adamw_runs(FIRST_STEPS))
def test_adamw_step_rest(submission, case):
    w, m, v, _, t, settings = case
    got = submission.adamw_step(w, np.zeros(w.shape), m, v, t, *settings)
    due = w * (1 - settings[0] * settings[-1]), m, v
    expect_close(got, due, "weights shrink, moments stay zero", names=("w", "m", "v"))


@check("adamw_step", "m and v see the gradient only", practice=True)
@given(case=adamw_runs())
def test_adamw_step_moments(submission, case):
    w, m, v, grads, t, settings = case
    _, beta1, beta2, _, _ = settings
    _, *got = submission.adamw_step(w, grads[0], m, v, t, *settings)
    due = [beta1 * m + (1 - beta1) * grads[0], beta2 * v + (1 - beta2) * grads[0] ** 2]
    expect_close(got, due, "neither decay nor correction belongs there", names=("m", "v"))


@check("adamw_step", "leaves its inputs alone", examples=FEW)
@given(case=adamw_runs())
def test_adamw_step_untouched(submission, case):
    w, m, v, grads, first, settings = case
    expect_untouched(submission, "adamw_step", w, grads[0], m, v, first, *settings)


# dropout


def many_times(module, x, p, rng, training, calls):
    """call dropout many times with one generator"""
    return [module.dropout(x, p, rng, training) for _ in range(calls)]


def x_after_dropout(module, x, p, rng, training):
    """drop, and look at x afterwards"""
    module.dropout(x, p, rng, training)
    return x


def stacked(answers, x):
    """The outputs and masks of many calls, each as one array; a call is a row."""
    outs, masks = (np.stack(part) for part in zip(*answers, strict=True))
    due = (len(answers), *x.shape)
    for name, part in (("out", outs), ("mask", masks)):
        expect(part.shape == due, f"{name} must have the shape of x", expected=x.shape, got=part[0])
    return outs, masks


def expect_mask(masks, p):
    """Every entry of a training mask is 0 or 1 / (1 - p)."""
    allowed = np.where(masks == 0, 0.0, 1 / (1 - p))
    expect_close(masks, allowed, f"with p = {p:g} a mask holds 0 and {1 / (1 - p):.4g} only")


def expect_share(hits, share, things, message):
    """About `share` of all `hits` are true: eight standard deviations of independent draws."""
    due, slack = hits.size * share, 8 * np.sqrt(hits.size * share * (1 - share))
    got = int(hits.sum())
    expected = f"about {due:.0f} of {hits.size} {things}"
    expect(abs(got - due) <= slack, message, expected=expected, got=f"{got} {things}")


def expect_dropped(dropped, p):
    """About p of all entries are dropped."""
    message = f"with p = {p:g} the number of dropped entries is wrong"
    expect_share(dropped, p, "entries dropped", message)


def expect_alone(dropped, p):
    """Neighbours along each axis, calls included, are alike as often as strangers are."""
    for axis in range(dropped.ndim):
        lines = np.moveaxis(dropped, axis, 0)
        half = len(lines) // 2
        alike = lines[: 2 * half : 2] == lines[1 : 2 * half : 2]
        who = "entries of two calls" if axis == 0 else f"neighbours along axis {axis - 1} of x"
        message = f"{who} are not dropped each on its own"
        expect_share(alike, p**2 + (1 - p) ** 2, "pairs alike", message)


@check("dropout", "the worked example", practice=True)
def test_dropout_example(submission):
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    out, mask = submission.dropout(x, 0.75, generator(0), True)
    expect_mask(mask, 0.75)
    expect_close(out, x * mask, "out must be x · mask")
    due = x, np.ones((2, 3))
    expect_close(submission.dropout(x, 0.75, generator(0), False), due, names=("out", "mask"))


@check("dropout", "matches the reference", value=True, weight=8)
@given(case=layers(TRAINED_OR_NOT), training=MODES)
def test_dropout_value(submission, case, training):
    x, p, seed = case
    answers = submission.probe(many_times, x, p, generator(seed), training, CALLS)
    outs, masks = stacked(answers, x)
    expect_close(outs, x * masks, "out must be x · mask")
    if not training:
        expect_close(masks, np.ones(masks.shape), "in evaluation the mask is all ones")
        return
    expect_mask(masks, p)
    dropped = masks == 0
    expect_dropped(dropped, p)
    expect_alone(dropped, p)
    counts = dropped.reshape(CALLS, -1).sum(axis=1)
    varied = p == 0 or counts.min() < counts.max()
    expect(varied, "every call drops equally many: entries are not dropped each on its own")


@check("dropout", "drops about p of the entries in training", value=True, weight=2, examples=15)
@given(case=layers(TRAINED))
def test_dropout_share(submission, case):
    x, p, seed = case
    answers = submission.probe(many_times, x, p, generator(seed), True, CALLS)
    outs, masks = stacked(answers, x)
    expect_mask(masks, p)
    expect_close(outs, x * masks, "out must be x · mask")
    expect_dropped(masks == 0, p)


@check("dropout", "a kept entry is divided by 1 - p", practice=True)
@given(case=layers(), training=MODES)
def test_dropout_entries(submission, case, training):
    x, p, seed = case
    out, mask = submission.dropout(x, p, generator(seed), training)
    kept = 1 / (1 - p) if training else 1.0
    expect_close(mask, np.where(mask == 0, 0.0, kept), f"a mask holds 0 and {kept:.4g} only")
    expect_close(out, x * mask, "out must be x · mask")


@check("dropout", "in evaluation everything passes", practice=True, examples=FEW)
@given(case=layers())
def test_dropout_evaluation(submission, case):
    x, p, seed = case
    got = submission.dropout(x, p, generator(seed), False)
    expect_close(got, (x, np.ones(x.shape)), "in evaluation", names=("out", "mask"))


@check("dropout", "p = 0 drops nothing", practice=True, examples=FEW)
@given(case=layers(), training=MODES)
def test_dropout_nothing(submission, case, training):
    x, _, seed = case
    got = submission.dropout(x, 0.0, generator(seed), training)
    expect_close(got, (x, np.ones(x.shape)), "with p = 0", names=("out", "mask"))


@check("dropout", "refuses a p outside [0, 1) in both modes", practice=True)
@given(case=layers(REFUSED))
def test_dropout_refuses(submission, case):
    x, p, seed = case
    expect_error("ValueError", submission.dropout, x, p, generator(seed), True)
    expect_error("ValueError", submission.dropout, x, p, generator(seed), False)


@check("dropout", "every entry is dropped on its own", examples=FEW)
@given(case=layers(TRAINED))
def test_dropout_alone(submission, case):
    x, p, seed = case
    answers = submission.probe(many_times, x, p, generator(seed), True, CALLS)
    expect_alone(stacked(answers, x)[1] == 0, p)


@check("dropout", "all chance comes from rng", practice=True, examples=FEW)
@given(seed=st.integers(0, 999))
def test_dropout_generator(submission, seed):
    x = np.ones((8, 10))
    _, mask = submission.dropout(x, 0.5, generator(seed), True)
    _, again = submission.dropout(x, 0.5, generator(seed), True)
    _, other = submission.dropout(x, 0.5, generator(seed + 1), True)
    expect_equal(again, mask, "the same seed must give the same mask again")
    expect(not np.array_equal(other, mask), "another seed must give another mask", got=other)


@check("dropout", "leaves x alone", examples=FEW)
@given(case=layers(), training=MODES)
def test_dropout_untouched(submission, case, training):
    x, p, seed = case
    after = submission.probe(x_after_dropout, x, p, generator(seed), training)
    expect_equal(after, x, "x was changed by the call")
