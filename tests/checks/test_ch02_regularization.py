"""Checks of L1 and L2 regularization, AdamW and dropout."""

import numpy as np

from grader.checks import (
    Fill,
    as_parts,
    check,
    double_precision,
    example,
    expect,
    expect_close,
    expect_equal,
    expect_error,
    fills,
    generator,
    given,
    matches,
    shaped,
    sizes,
    st,
    untouched,
)

SQUARE = [(np.array([[1.5, -0.25], [0.0, 2.0]]), 0.5), (np.array([-0.75]), 0.5)]
"""Weights that fit whichever way round, and a single one; with a strength or a threshold."""

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


def odd_data(n, d):
    """Data with gaps in memory."""
    fill = Fill("normal", 1.0, "S", n + 10 * d)
    return fill(n, d), fill(n) + 2.0, fill(d)


ODD_DATA = [odd_data(n, d) for n, d in ((3, 3), (5, 2), (2, 5), (1, 1), (1, 3), (3, 1))]
"""As many rows as columns, more, fewer; and single ones."""

ODD_RIDGES = [(X, y, 0.3) for X, y, _ in ODD_DATA]
ODD_POINTS = [(X, y, w, 0.5, 0.4, 0.1) for X, y, w in ODD_DATA]
ODD_WALKS = [(X, y, 0.4, 0.1, steps) for X, y, _ in ODD_DATA for steps in (0, 3)]


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


def same_columns(got, expected, *_):
    """Column by column: beside the highest power the lowest would be lost."""
    shaped(got, expected.shape, "the answer")
    expect_close(got, expected)
    for k in range(expected.shape[1]):
        expect_close(got[:, k], expected[:, k], f"column {k}")


example("polynomial_features")
matches(
    "polynomial_features", curves(), first=[(np.array([2.0, -3.0, 0.5]), 3)], compare=same_columns
)
untouched(
    "polynomial_features",
    curves(),
    title="leaves its input alone",
    first=[(np.array([2.0, -3.0, 0.5]), 3)],
)
double_precision("polynomial_features", curves())


@check("polynomial_features", "the first column is x itself", practice=True, examples=FEW)
@given(case=curves())
def test_polynomial_features_first(submission, case):
    x, degree = case
    got = shaped(submission.polynomial_features(*case), (len(x), degree), "the answer")
    expect_close(got[:, 0], x, "column 0 must be x to the power 1")


@check("polynomial_features", "each column is x times the one before", practice=True, examples=FEW)
@given(n=POINTS, degree=sizes(2, 4), fill=SMALL_FILLS)
def test_polynomial_features_ratio(submission, n, degree, fill):
    x = fill(n)
    got = shaped(submission.polynomial_features(x, degree), (n, degree), "the answer")
    expect_close(got[:, 1:], got[:, :-1] * x[:, np.newaxis], "each power is x times the last one")


example("l2_penalty")
matches("l2_penalty", penalised(), first=SQUARE)
untouched("l2_penalty", penalised(), title="leaves its input alone", first=SQUARE)
double_precision("l2_penalty", penalised())


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


example("l2_gradient")
matches("l2_gradient", penalised(), first=SQUARE)
untouched("l2_gradient", penalised(), title="leaves its input alone", first=SQUARE)
double_precision("l2_gradient", penalised())


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


example("l1_penalty")
matches("l1_penalty", penalised(), first=SQUARE)
untouched("l1_penalty", penalised(), title="leaves its input alone", first=SQUARE)
double_precision("l1_penalty", penalised())


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


example("l1_subgradient")
matches("l1_subgradient", penalised(), first=SQUARE)
untouched("l1_subgradient", penalised(), title="leaves its input alone", first=SQUARE)
double_precision("l1_subgradient", penalised())
matches(
    "l1_subgradient",
    penalised().map(lambda case: (np.where(case[0] == 0, -1.0, case[0]), case[1])),
    title="is right away from zero",
    weight=2,
    examples=20,
)


@check("l1_subgradient", "a tiny weight is pulled as hard as any", practice=True, examples=FEW)
@given(tiny=st.sampled_from((1e-9, 1e-5, 1e-13, 1e-30)), lam=st.sampled_from((0.5, 2.0)))
def test_l1_subgradient_tiny(submission, tiny, lam):
    got = submission.l1_subgradient(np.array([tiny, -tiny, 3.0]), lam)
    expect_close(got, np.array([lam, -lam, lam]), "only a weight of exactly 0 is not pulled")


@check("l1_subgradient", "a weight of zero is not pulled", practice=True, examples=FEW)
@given(case=penalised())
def test_l1_subgradient_zero(submission, case):
    w, lam = case
    got = shaped(submission.l1_subgradient(w, lam), w.shape, "the answer")
    expect_close(got[w == 0], np.zeros((w == 0).sum()), "at w = 0 the answer is 0")


@check("l1_subgradient", "the size of a weight does not matter", practice=True, examples=FEW)
@given(case=penalised())
def test_l1_subgradient_size(submission, case):
    w, lam = case
    thrice, once = submission.l1_subgradient(3 * w, lam), submission.l1_subgradient(w, lam)
    expect_close(thrice, once, "3w must be pulled exactly as hard as w")


example("elastic_net_penalty")
matches("elastic_net_penalty", elastic(), first=[(*one, 0.25) for one in SQUARE])
untouched(
    "elastic_net_penalty",
    elastic(),
    title="leaves its input alone",
    first=[(*one, 0.25) for one in SQUARE],
)
double_precision("elastic_net_penalty", elastic())
matches(
    "elastic_net_penalty",
    elastic(st.just(1.0)),
    title="is right for l1_ratio = 1",
    weight=1,
    examples=15,
)


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


LINE = ("w", "b")


def same_line(got, expected, X, y, lam):
    """Rounding is measured by what the parts of a line are made of."""
    w, b = as_parts(got, LINE)
    expect_close(w, expected[0], "w", scale=size_of_weights(X, y, lam))
    scale = np.abs(y).max() + size_of_weights(X, y, lam) * np.abs(X.mean(axis=0)).max()
    expect_close(b, expected[1], "b", scale=float(scale))


def size_of_weights(X, y, lam):
    """How large weights have to be for X to reach y, times how much the system enlarges errors."""
    stretched = np.linalg.norm(X - X.mean(axis=0), 2) ** 2 / (len(y) * lam)
    return float(np.abs(y).max() / (np.abs(X).max() or 1.0) * (1 + stretched))


example("ridge_regression")
matches("ridge_regression", ridges(), compare=same_line, weight=8, first=ODD_RIDGES)
untouched("ridge_regression", ridges(), first=ODD_RIDGES)
double_precision("ridge_regression", ridges(SMALL_FILLS), names=LINE)


@check("ridge_regression", "is right for centred data", value=True, weight=2, examples=20)
@given(case=ridges())
def test_ridge_regression_centred(submission, reference, case):
    X, y, lam = case
    centred = X - X.mean(axis=0), y - y.mean(), lam
    w, _ = as_parts(submission.ridge_regression(*centred), LINE)
    expect_close(w, reference.ridge_regression(*centred)[0], "w", scale=size_of_weights(X, y, lam))


@check("ridge_regression", "the objective has no slope at the answer", practice=True)
@given(case=ridges(SMALL_FILLS))
def test_ridge_regression_slope(submission, case):
    X, y, lam = case
    w, b = as_parts(submission.ridge_regression(*case), LINE)
    w, b = shaped(w, X.shape[1:], "w"), shaped(b, (), "b")
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
    w, b = as_parts(submission.ridge_regression(X, y, lam), LINE)
    w, b = shaped(w, X.shape[1:], "w"), shaped(b, (), "b")
    raised = submission.ridge_regression(X, y + offset, lam)
    message = f"adding {offset:g} to every y must move b by {offset:g} and leave w"
    expect_close(raised, (w, b + offset), message, names=LINE, scale=abs(offset))


@check("ridge_regression", "duplicated columns share their weight", practice=True)
@given(case=ridges(SMALL_FILLS))
def test_ridge_regression_twins(submission, case):
    X, y, lam = case
    w, _ = as_parts(submission.ridge_regression(np.column_stack([X, X]), y, lam), LINE)
    first, second = np.split(shaped(w, (2 * X.shape[1],), "w"), 2)
    message = "a column that stands twice must get the same weight twice"
    expect_close(second, first, message, scale=size_of_weights(X, y, lam))


example("soft_threshold")
matches("soft_threshold", thresholds(), first=SQUARE, scale=lambda w, t: float(np.abs(w).max()))
untouched("soft_threshold", thresholds(), title="leaves its input alone", first=SQUARE)
double_precision("soft_threshold", thresholds())


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
    got = shaped(submission.soft_threshold(w, t), w.shape, "the answer")[np.abs(w) < t]
    scale = float(np.abs(w).max())
    expect_close(got, np.zeros(len(got)), "where |w| < t the answer is 0", scale=scale)


@check("soft_threshold", "the others lose t of their size and keep their sign", practice=True)
@given(case=thresholds())
def test_soft_threshold_others(submission, case):
    w, t = case
    far = np.abs(w) > t
    got, old = shaped(submission.soft_threshold(w, t), w.shape, "the answer")[far], w[far]
    scale = float(np.abs(w).max())
    expect_close(np.abs(got), np.abs(old) - t, "the size must shrink by t", scale=scale)
    expect(np.all(got * old >= 0), "no weight may change its sign", expected=old, got=got)


@check("soft_threshold", "a threshold of zero changes nothing", practice=True, examples=FEW)
@given(case=thresholds())
def test_soft_threshold_none(submission, case):
    w, _ = case
    expect_close(submission.soft_threshold(w, 0.0), w, "with t = 0 the weights stay")


@check("soft_threshold", "is the same at any scale", practice=True, examples=FEW)
@given(case=thresholds(), power=st.sampled_from((-40, -20, 20)))
def test_soft_threshold_scale(submission, case, power):
    w, t = case
    far = shaped(submission.soft_threshold(w * 2.0**power, t * 2.0**power), w.shape, "the answer")
    near = submission.soft_threshold(w, t)
    message = f"w and t times 2^{power} give the answer times 2^{power}"
    expect_close(far / 2.0**power, near, message, scale=float(np.abs(w).max()))


def step_scale(case):
    """The size of what is added up in a step."""
    X, y, w, b, _, lr = case
    residual = np.abs(X) @ np.abs(w) + abs(b) + np.abs(y)
    return float(max(np.abs(w).max(), abs(b), lr * np.max(np.abs(X).T @ residual) / len(y)))


example("lasso_step")
matches(
    "lasso_step",
    lasso_points(),
    names=LINE,
    scale=lambda *case: step_scale(case),
    weight=8,
    first=ODD_POINTS,
)
matches(
    "lasso_step",
    lasso_points(),
    title="w is right",
    names=LINE,
    only=["w"],
    scale=lambda *case: step_scale(case),
    weight=2,
    examples=20,
)
untouched("lasso_step", lasso_points(), first=ODD_POINTS)
double_precision("lasso_step", lasso_points(SMALL_FILLS), names=LINE)


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
    expect_close(got, due, "with lam = 0", names=LINE, scale=step_scale(case))


@check("lasso_step", "the step of the intercept does not depend on lam", practice=True)
@given(case=lasso_points())
def test_lasso_step_intercept(submission, case):
    X, y, w, b, lam, lr = case
    _, without = as_parts(submission.lasso_step(X, y, w, b, 0.0, lr), LINE)
    _, moved = as_parts(submission.lasso_step(X, y, w, b, 2 * lam, lr), LINE)
    expect_close(moved, without, "b is not penalised", scale=step_scale(case))


@check("lasso_step", "a huge penalty makes every weight zero", practice=True, examples=FEW)
@given(case=lasso_points())
def test_lasso_step_huge(submission, case):
    X, y, w, b, _, lr = case
    lam = digits(100 * step_scale(case) / lr)
    got, _ = as_parts(submission.lasso_step(X, y, w, b, lam, lr), LINE)
    message = "lr · lam is far above every weight"
    expect_close(got, np.zeros(len(w)), message, scale=step_scale(case))


example("lasso_regression")
matches("lasso_regression", lasso_walks(), names=LINE, first=ODD_WALKS)
matches(
    "lasso_regression",
    lasso_walks(pairs(SHAPES, (0.0,))),
    title="is right without a penalty",
    names=LINE,
    weight=2,
    examples=20,
)
untouched("lasso_regression", lasso_walks(), first=ODD_WALKS)
double_precision("lasso_regression", lasso_walks(), names=LINE)


@check("lasso_regression", "shrinks orthogonal features by half of lam", practice=True)
@given(fill=SMALL_FILLS, lam=st.sampled_from((1.0, 2.0, 0.5, 0.0)))
def test_lasso_regression_orthogonal(submission, fill, lam):
    y = fill(4) + fill.number()
    got = submission.lasso_regression(ORTHOGONAL, y, lam, 0.375, 20)
    plain = ORTHOGONAL.T @ y / 4
    shrunk = np.sign(plain) * np.maximum(np.abs(plain) - lam / 2, 0)
    message = "least squares, shrunk by lam / 2, is the minimum here"
    expect_close(got, (shrunk, float(y.mean())), message, names=LINE, scale=1.0)


@check("lasso_regression", "a huge penalty leaves only the intercept", practice=True)
@given(n=LENGTHS, d=POINTS, steps=sizes(0, 4), fill=SMALL_FILLS)
def test_lasso_regression_huge(submission, n, d, steps, fill):
    X, y = fill(n, d), fill(n) + fill.number()
    got = submission.lasso_regression(X, y, 1000.0, 0.25, steps)
    due = np.zeros(d), float(y.mean() * (1 - 0.5**steps))
    message = "w stays zero, and b walks to the mean of y, half of the way in each step"
    expect_close(got, due, message, names=LINE)


MOVED = ("w", "m", "v")


def one_step(case):
    """The arguments of the first of its steps."""
    w, m, v, grads, first, settings = case
    return w, grads[0], m, v, first, *settings


example("adamw_step")
matches(
    "adamw_step",
    adamw_runs(decays=st.just(0.0)).map(one_step),
    title="without decay it is Adam",
    names=MOVED,
    weight=2,
    examples=20,
)
untouched("adamw_step", adamw_runs().map(one_step))
double_precision("adamw_step", adamw_runs().map(one_step), names=MOVED)


@check("adamw_step", "matches the reference", value=True, weight=8)
@given(case=adamw_runs())
def test_adamw_step_value(submission, reference, case):
    w, m, v, grads, first, settings = case
    got = expected = w, m, v
    for t, grad in enumerate(grads, first):
        got = submission.adamw_step(got[0], grad, *got[1:], t, *settings)
        expected = reference.adamw_step(expected[0], grad, *expected[1:], t, *settings)
        expect_close(got, expected, names=MOVED)


@check("adamw_step", "the decay takes lr · weight_decay of the old weights", practice=True)
@given(case=adamw_runs())
def test_adamw_step_decay(submission, case):
    w, m, v, grads, t, (*settings, decay) = case
    steps = [submission.adamw_step(w, grads[0], m, v, t, *settings, one) for one in (0.0, decay)]
    without, decayed = (shaped(as_parts(step, MOVED)[0], w.shape, "w") for step in steps)
    scale = float(max(np.abs(w).max(), np.abs(without).max()))
    expect_close(without - decayed, settings[0] * decay * w, "what the decay takes", scale=scale)


@check("adamw_step", "without gradients only the decay is left", practice=True, examples=FEW)
@given(case=adamw_runs(FIRST_STEPS))
def test_adamw_step_rest(submission, case):
    w, m, v, _, t, settings = case
    got = submission.adamw_step(w, np.zeros(w.shape), m, v, t, *settings)
    due = w * (1 - settings[0] * settings[-1]), m, v
    expect_close(got, due, "weights shrink, moments stay zero", names=MOVED)


@check("adamw_step", "m and v see the gradient only", practice=True)
@given(case=adamw_runs())
def test_adamw_step_moments(submission, case):
    w, m, v, grads, t, settings = case
    _, beta1, beta2, _, _ = settings
    _, *got = as_parts(submission.adamw_step(w, grads[0], m, v, t, *settings), MOVED)
    due = [beta1 * m + (1 - beta1) * grads[0], beta2 * v + (1 - beta2) * grads[0] ** 2]
    expect_close(got, due, "neither decay nor correction belongs there", names=("m", "v"))


def many_times(module, x, p, rng, training, calls):
    """call dropout many times with one generator"""
    return [module.dropout(x, p, rng, training) for _ in range(calls)]


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


untouched(
    "dropout",
    st.builds(lambda layer, training: (*layer[:2], generator(layer[2]), training), layers(), MODES),
    title="leaves x alone",
)
double_precision(
    "dropout",
    st.builds(lambda layer, training: (*layer[:2], generator(layer[2]), training), layers(), MODES),
    names=("out", "mask"),
)


@check("dropout", "the worked example", practice=True)
def test_dropout_example(submission):
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    out, mask = as_parts(submission.dropout(x, 0.75, generator(0), True), ("out", "mask"))
    expect_mask(shaped(mask, x.shape, "mask"), 0.75)
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
    out, mask = as_parts(submission.dropout(x, p, generator(seed), training), ("out", "mask"))
    mask = shaped(mask, x.shape, "mask")
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
    drawn = [submission.dropout(x, 0.5, generator(one), True) for one in (seed, seed, seed + 1)]
    mask, again, other = (as_parts(one, ("out", "mask"))[1] for one in drawn)
    expect_equal(again, mask, "the same seed must give the same mask again")
    expect(not np.array_equal(other, mask), "another seed must give another mask", got=other)
