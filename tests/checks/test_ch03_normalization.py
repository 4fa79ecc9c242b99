"""Checks of normalization."""

import numpy as np

from grader.checks import (
    Fill,
    as_parts,
    check,
    double_precision,
    example,
    expect,
    expect_close,
    fills,
    given,
    matches,
    shaped,
    shapes,
    sizes,
    st,
    untouched,
)

REPEATED = (0.1, 0.7)
"""Values of constant columns; the computed spread of three or six of them is not quite 0."""

EPS = (1.0, 0.2, 5.0, 0.02, 1e-5)
"""In units of the squared scale of the inputs: a variance may be larger, smaller or about that."""

NEGLIGIBLE = 1e-12
"""In the same units: beside a variance that is not 0 it makes no difference."""

MOMENTA = (0.25, 0.1, 0.75, 0.9, 1.0, 0.0)

UNEQUAL = [(n, d) for n in range(2, 7) for d in range(1, 5) if n != d]
BATCHES = st.sampled_from(UNEQUAL)
ALSO_SINGLE_ROWS = st.sampled_from([(1, 2), (1, 3), *UNEQUAL])
"""Rows and columns."""

SHAPES = [(n, m, d) for n in range(1, 7) for m in range(1, 4) for d in range(1, 5) if n != m]
TABLES = st.sampled_from(SHAPES)
TALLER_TABLES = st.sampled_from([shape for shape in SHAPES if shape[0] > 1])
"""Training rows, new rows and columns."""

VECTORS = shapes()

MATRICES = st.sampled_from(((2, 3), (3, 2), (1, 4), (4, 3), (2, 5)))

SEVERAL = st.sampled_from(((2, 3), (2, 4, 3), (3, 1, 2), (2, 1, 3, 4)))
"""Shapes of more than one vector."""

LAYOUTS = (
    (1, 2, 2, 1, 2),
    (2, 2, 1, 1, 3),
    (2, 1, 3, 2, 1),
    (1, 3, 2, 2, 3),
    (3, 2, 2, 1, 2),
    (2, 2, 3, 3, 2),
    (1, 4, 1, 2, 3),
    (2, 3, 2, 2, 1),
    (2, 1, 1, 3, 2),
)
IMAGES = st.sampled_from((*LAYOUTS, (2, 3, 2, 1, 1), (3, 2, 1, 1, 1)))
LARGER_GROUPS = st.sampled_from(LAYOUTS)
SEVERAL_IMAGES = st.sampled_from([layout for layout in LAYOUTS if layout[0] > 1])
SEVERAL_GROUPS = st.sampled_from([layout for layout in LAYOUTS if layout[1] > 1])
"""Images, groups, channels in a group, height, width: one group, one channel each, and between."""

GAINS = np.array([1.5, -2.0, 2.5, -3.0, 3.5, -4.0, 4.5, -5.0])
BIASES = np.array([-0.5, 1.0, -1.5, 2.0, -2.5, 3.0, -3.5, 4.0])
"""Readable and all different: no gain is 0, 1 or −1, no bias is 0."""

TRAINED = ("out", "new_running_mean", "new_running_var")
GRADIENTS = ("dx", "dgamma", "dbeta")

FILLS = fills()
UNITS = st.sampled_from(EPS)
BOUNDS = st.sampled_from(((-1.0, 3.0), (2.0, 5.0), (0.25, 0.75), (-4.0, -1.0), (0.0, 2.0)))
STEPS = st.integers(1, 3)
SMALL = st.sampled_from((1e-9, 1e-7, 1e-5, 1e-12))


FIRST_RECIPES = [
    *(("normal", 1.0, "C", 0), ("integers", 1.0, "C", 1), ("normal", 1.0, "F", 2)),
    *(("normal", 30.0, "S", 3), ("integers", 1.0, "F", 4)),
]

FIRST_TABLES = [(5, 2, 3), (3, 3, 3), (4, 3, 4), (2, 5, 2), (3, 2, 2)]
FIRST_BATCHES = [(5, 3), (3, 3), (2, 2), (4, 4), (2, 5)]
FIRST_VECTORS = [(2, 3), (3, 3), (2, 2, 2), (3, 2, 4), (4, 4)]
FIRST_LAYOUTS = [
    (2, 3, 2, 4, 5),
    (2, 2, 2, 2, 2),
    (3, 3, 1, 3, 3),
    (4, 2, 2, 4, 4),
    (2, 1, 3, 3, 2),
]
"""Tried whatever is drawn: sizes that tell axes apart, and all that may be alike."""


def of(shapes_by_default):
    """Make a strategy, for shapes, of a function of a shape, a fill and the unit of eps.

    `strategy.first(shapes)` are cases for just these shapes, each filled in another way.
    """

    def declare(make):
        def strategy(shapes=shapes_by_default):
            return st.builds(make, shapes, FILLS, UNITS)

        def first(shapes):
            cases = zip(shapes, FIRST_RECIPES, strict=True)
            return [make(shape, Fill(*recipe), EPS[0]) for shape, recipe in cases]

        strategy.first = first
        return strategy

    return declare


@of(TABLES)
def training_and_new(shape, fill, unit):
    """Training rows and new rows: columns of unlike size, some of them constant in training."""
    (n, m, d) = shape
    train, new = columns(fill, fill(n, d), fill(m, d))
    constant = fill.rng.random(d) < 0.4
    train[:, constant] = fill.rng.choice(REPEATED, d)[constant]
    if m > 1:
        new[-1] = train[0]
    return train, new


@of(TALLER_TABLES)
def varying_and_new(shape, fill, unit):
    """Training rows without a constant column, and new rows."""
    (n, m, d) = shape
    return columns(fill, fill.distinct(n, d), fill(m, d))


def at_ordinary_scale(tables):
    """The same with columns of spread 1, where a tiny number added to it does not matter."""
    train, new = tables
    return train / train.std(axis=0), new / train.std(axis=0)


@of(BATCHES)
def training_batches(shape, fill, unit):
    """x, gamma, beta, running_mean, running_var, momentum, eps."""
    (n, d) = shape
    weights, momentum = gain_and_bias(fill, d), float(fill.rng.choice(MOMENTA))
    x, statistics = fill.off_centre(n, d), running(fill, d)
    return x, *weights, *statistics, momentum, unit * fill.scale**2


@of(BATCHES)
def varying_batches(shape, fill, unit):
    """The same, of different numbers, beside whose variance eps is nothing."""
    (n, d) = shape
    weights, statistics = gain_and_bias(fill, d), running(fill, d)
    return fill.distinct(n, d), *weights, *statistics, 0.25, NEGLIGIBLE * fill.scale**2


@of(ALSO_SINGLE_ROWS)
def evaluation_batches(shape, fill, unit):
    """x, gamma, beta, running_mean, running_var, eps."""
    (n, d) = shape
    x, statistics = fill.off_centre(n, d), running(fill, d)
    return x, *gain_and_bias(fill, d), *statistics, unit * fill.scale**2


@of(BATCHES)
def batch_gradients(shape, fill, unit):
    """dout, x, gamma, eps."""
    gamma, _ = gain_and_bias(fill, shape[-1])
    return fill.upstream(*shape), fill.off_centre(*shape), gamma, unit * fill.scale**2


@of(VECTORS)
def vectors(shape, fill, unit):
    """x, gamma, beta, eps: vectors along the last axis."""
    x, weights = fill.off_centre(*shape), gain_and_bias(fill, shape[-1])
    return x, *weights, unit * fill.scale**2


@of(MATRICES)
def varying_rows(shape, fill, unit):
    """x, gamma, beta, eps: rows of different numbers, beside whose variance eps is nothing."""
    weights = gain_and_bias(fill, shape[-1])
    return fill.distinct(*shape), *weights, NEGLIGIBLE * fill.scale**2


@of(VECTORS)
def vector_gradients(shape, fill, unit):
    """dout, x, gamma, eps."""
    gamma, _ = gain_and_bias(fill, shape[-1])
    return fill.upstream(*shape), fill.off_centre(*shape), gamma, unit * fill.scale**2


@of(IMAGES)
def images(shape, fill, unit):
    """x, num_groups, gamma, beta, eps."""
    (n, groups, size, h, w) = shape
    x, weights = fill.off_centre(n, groups * size, h, w), gain_and_bias(fill, groups * size)
    return x, groups, *weights, unit * fill.scale**2


@of(LARGER_GROUPS)
def varying_images(shape, fill, unit):
    """Images of different numbers, beside whose variance eps is nothing."""
    (n, groups, size, h, w) = shape
    x, weights = fill.distinct(n, groups * size, h, w), gain_and_bias(fill, groups * size)
    return x, groups, *weights, NEGLIGIBLE * fill.scale**2


def columns(fill, train, new):
    """The same rows with columns of unlike spread and middle, unless they are kept readable.

    Two digits are kept: values that are almost equal would punish every other variance formula.
    """
    if fill.kind == "normal":
        d = train.shape[1]
        spread, middle = fill.rng.choice([1.0, 20.0, 0.01], d), fill.rng.integers(-5, 6, d)
        for rows in (train, new):
            rows[...] = (np.round(rows / fill.scale, 2) + middle) * (spread * fill.scale)
    return train, new


def with_bounds(data):
    """The same with low and high."""
    return st.tuples(data, BOUNDS).map(lambda both: (*both[0], *both[1]))


def beside_eps(case):
    """An evaluation batch whose variances are not 0, with an eps that is nothing beside them."""
    *inputs, var, eps = case
    return *inputs, var + eps, NEGLIGIBLE * eps


def without_beta(case):
    """x, gamma, eps."""
    x, gamma, _, eps = case
    return x, gamma, eps


def gain_and_bias(fill, count):
    """gamma and beta, different in every place."""
    return fill.rng.permutation(GAINS[:count]), fill.rng.permutation(BIASES[:count])


def running(fill, count):
    """A running mean and variance of about the size of the batch's; a variance may be 0."""
    mean = fill.rng.integers(-4, 5, count) * 0.5 * fill.scale
    return mean, fill.rng.integers(0, 9, count) * 0.5 * fill.scale**2


def three(answer):
    """The parts of a backward answer."""
    parts = isinstance(answer, (tuple, list)) and len(answer) == 3
    expect(parts, "three arrays are due: dx, dgamma, dbeta", got=answer)
    return answer


def expect_dx(got, expected, dout, x, gamma, eps, message="dx"):
    """Equal up to the rounding of the terms that cancel in dx where the variance is below eps."""
    terms = 1e-3 * np.abs(dout).max() * np.abs(gamma).max() / np.sqrt(eps)
    expect_close(got, expected, message, scale=max(np.abs(expected).max(), terms))


def expect_weight_gradients(got, expected, dout, *_):
    """dgamma and dbeta equal up to the rounding of their sums."""
    terms = 1e-3 * np.abs(dout).max()
    for one, due, name in zip(got, expected, GRADIENTS[1:], strict=True):
        expect_close(one, due, name, scale=max(np.abs(due).max(), terms))


def expect_gradients(got, expected, *case):
    """All three parts of a backward answer are right."""
    dx, *weights = three(got)
    expect_dx(dx, expected[0], *case)
    expect_weight_gradients(weights, expected[1:], *case)


example("standardize")
matches("standardize", training_and_new(), scale=1.0, first=training_and_new.first(FIRST_TABLES))
matches(
    "standardize",
    varying_and_new().map(at_ordinary_scale),
    title="is right for columns that vary",
    weight=2,
    examples=15,
)


@check(
    "standardize",
    "training columns get mean 0 and standard deviation 1",
    practice=True,
    examples=10,
)
@given(data=varying_and_new())
def test_standardize_moments(submission, data):
    train, _ = data
    out = shaped(submission.standardize(train, train), train.shape, "the answer")
    expect_close(out.mean(axis=0), np.zeros(train.shape[1]), "the mean of a column", scale=1.0)
    expect_close(out.std(axis=0), np.ones(train.shape[1]), "the standard deviation of a column")


@check("standardize", "a new row does not depend on the other new rows", examples=10)
@given(data=varying_and_new())
def test_standardize_rows(submission, data):
    train, new = data
    together = shaped(submission.standardize(train, new), new.shape, "all rows at once")
    alone = submission.standardize(train, new[:1])
    expect_close(alone, together[:1], "the first row alone, against all rows at once", scale=1.0)


@check("standardize", "a constant column is centred and divided by 1", examples=10)
@given(n=sizes(1, 7), value=st.sampled_from(REPEATED), fill=FILLS)
def test_standardize_constant(submission, n, value, fill):
    new = fill(3, 1) + value
    out = submission.standardize(np.full((n, 1), value), new)
    expect_close(out, new - value, "X − mean is due", scale=1.0)


@check("standardize", "a small spread is divided by like any other", examples=5)
@given(spread=SMALL)
def test_standardize_small(submission, spread):
    column = np.array([[0.0], [1.0], [2.0], [5.0]])
    out = submission.standardize(spread * column, spread * column)
    due = (column - 2.0) / np.sqrt(3.5)
    expect_close(out, due, "only a column of equal values is divided by 1")


untouched("standardize", training_and_new(), first=training_and_new.first(FIRST_TABLES))
double_precision(
    "standardize", training_and_new(), first=training_and_new.first(FIRST_TABLES), examples=5
)


example("min_max_scale")
matches(
    "min_max_scale",
    with_bounds(training_and_new()),
    scale=1.0,
    first=[(*case, 2.0, 5.0) for case in training_and_new.first(FIRST_TABLES)],
)
matches(
    "min_max_scale",
    varying_and_new().map(at_ordinary_scale),
    title="is right for columns that vary and the range 0 to 1",
    scale=1.0,
    weight=2,
    examples=15,
)


@check("min_max_scale", "training columns reach from low to high", practice=True, examples=10)
@given(data=varying_and_new(), bounds=BOUNDS)
def test_min_max_bounds(submission, data, bounds):
    (train, _), (low, high) = data, bounds
    out = shaped(submission.min_max_scale(train, train, low, high), train.shape, "the answer")
    d = train.shape[1]
    expect_close(out.min(axis=0), np.full(d, low), "the smallest of a column", scale=1.0)
    expect_close(out.max(axis=0), np.full(d, high), "the largest of a column", scale=1.0)


@check("min_max_scale", "new data outside the training range is not clipped", examples=10)
@given(data=varying_and_new(), bounds=BOUNDS)
def test_min_max_outside(submission, data, bounds):
    (train, _), (low, high) = data, bounds
    above = 2 * train.max(axis=0) - train.min(axis=0)
    out = submission.min_max_scale(train, above[None], low, high)
    due = np.full((1, len(above)), 2 * high - low)
    expect_close(out, due, "one range above the maximum", scale=1.0)


@check("min_max_scale", "the range of a constant column counts as 1", examples=10)
@given(n=sizes(1, 4), value=st.sampled_from(REPEATED), bounds=BOUNDS)
def test_min_max_constant(submission, n, value, bounds):
    low, high = bounds
    out = submission.min_max_scale(np.full((n, 1), value), np.array([[value + 2.0]]), low, high)
    expect_close(out, np.array([[low + 2.0 * (high - low)]]), scale=1.0)


@check("min_max_scale", "a small range is divided by like any other", examples=5)
@given(spread=SMALL)
def test_min_max_small(submission, spread):
    column = np.array([[0.0], [1.0], [2.0], [5.0]])
    out = submission.min_max_scale(spread * column, spread * column, 1.0, 6.0)
    expect_close(out, column + 1.0, "only the range of equal values counts as 1")


untouched(
    "min_max_scale",
    with_bounds(training_and_new()),
    first=[(*case, 2.0, 5.0) for case in training_and_new.first(FIRST_TABLES)],
)
double_precision(
    "min_max_scale",
    with_bounds(training_and_new()),
    first=[(*case, 2.0, 5.0) for case in training_and_new.first(FIRST_TABLES)],
    examples=5,
)


example("batch_norm_train")
matches(
    "batch_norm_train",
    training_batches(),
    names=TRAINED,
    first=training_batches.first(FIRST_BATCHES),
)
matches(
    "batch_norm_train",
    varying_batches(),
    title="the normalized batch is right where eps is negligible",
    names=TRAINED,
    only=["out"],
    weight=2,
    examples=15,
)


@check(
    "batch_norm_train",
    "the running statistics follow several batches",
    value=True,
    weight=2,
    examples=15,
)
@given(batch=training_batches())
def test_batch_norm_train_running(submission, reference, batch):
    x, gamma, beta, *start, momentum, eps = batch
    got, due = start, start
    for rows in (x, 2 * x[:2], x[::-1] - x[:1]):
        answer = submission.batch_norm_train(rows, gamma, beta, *got, momentum, eps)
        _, *got = as_parts(answer, TRAINED)
        _, *due = reference.batch_norm_train(rows, gamma, beta, *due, momentum, eps)
    expect_close(got, due, names=TRAINED[1:])


@check("batch_norm_train", "each column of the output has mean beta", practice=True, examples=10)
@given(batch=training_batches())
def test_batch_norm_train_mean(submission, batch):
    out, *_ = as_parts(submission.batch_norm_train(*batch), TRAINED)
    out = shaped(out, batch[0].shape, "out")
    expect_close(out.mean(axis=0), batch[2], scale=1.0)


@check("batch_norm_train", "the output does not depend on the running statistics", examples=10)
@given(batch=training_batches())
def test_batch_norm_train_independent(submission, batch):
    x, gamma, beta, mean, var, momentum, eps = batch
    elsewhere = x, gamma, beta, mean + 1.0, 3 * var, momentum, eps
    one, *_ = as_parts(submission.batch_norm_train(*batch), TRAINED)
    other, *_ = as_parts(submission.batch_norm_train(*elsewhere), TRAINED)
    expect_close(other, one, "out with other running statistics")


@check("batch_norm_train", "momentum 1 keeps the batch's mean and unbiased variance", examples=10)
@given(batch=training_batches())
def test_batch_norm_train_momentum_one(submission, batch):
    x, *statistics, _, eps = batch
    answer = submission.batch_norm_train(x, *statistics, 1.0, eps)
    _, mean, var = as_parts(answer, TRAINED)
    size = max(np.abs(x).max(), eps**0.5)
    expect_close(mean, x.mean(axis=0), "new_running_mean", scale=size)
    expect_close(var, x.var(axis=0, ddof=1), "new_running_var", scale=size**2)


untouched("batch_norm_train", training_batches(), first=training_batches.first(FIRST_BATCHES))
double_precision(
    "batch_norm_train",
    training_batches(),
    first=training_batches.first(FIRST_BATCHES),
    names=TRAINED,
    examples=5,
)


example("batch_norm_eval")
matches("batch_norm_eval", evaluation_batches(), first=evaluation_batches.first(FIRST_BATCHES))
matches(
    "batch_norm_eval",
    evaluation_batches().map(beside_eps),
    title="is right where eps is negligible",
    weight=2,
    examples=15,
)


@check("batch_norm_eval", "a row does not depend on the other rows", practice=True, examples=10)
@given(batch=evaluation_batches())
def test_batch_norm_eval_rows(submission, batch):
    x, *statistics = batch
    together = shaped(submission.batch_norm_eval(x, *statistics), x.shape, "all rows at once")
    alone = submission.batch_norm_eval(x[:1], *statistics)
    expect_close(alone, together[:1], "the first row alone, against all rows at once")


@check("batch_norm_eval", "the running mean becomes beta", examples=10)
@given(batch=evaluation_batches())
def test_batch_norm_eval_mean(submission, batch):
    _, gamma, beta, mean, var, eps = batch
    got = submission.batch_norm_eval(mean[None], gamma, beta, mean, var, eps)
    expect_close(got, beta[None])


untouched("batch_norm_eval", evaluation_batches(), first=evaluation_batches.first(FIRST_BATCHES))
double_precision(
    "batch_norm_eval",
    evaluation_batches(),
    first=evaluation_batches.first(FIRST_BATCHES),
    examples=5,
)


example("batch_norm_backward")
matches(
    "batch_norm_backward",
    batch_gradients(),
    compare=expect_gradients,
    first=batch_gradients.first(FIRST_BATCHES),
)
matches(
    "batch_norm_backward",
    batch_gradients(),
    title="dx is right",
    names=GRADIENTS,
    only=["dx"],
    compare=expect_dx,
    weight=2,
    examples=15,
)
matches(
    "batch_norm_backward",
    batch_gradients(),
    title="dgamma and dbeta are right",
    names=GRADIENTS,
    only=["dgamma", "dbeta"],
    compare=expect_weight_gradients,
    weight=2,
    examples=15,
)


@check("batch_norm_backward", "each column of dx sums to zero", practice=True, examples=10)
@given(case=batch_gradients())
def test_batch_norm_backward_sums(submission, case):
    dx, *_ = three(submission.batch_norm_backward(*case))
    dx = shaped(dx, case[1].shape, "dx")
    due = np.zeros(case[1].shape[1])
    expect_dx(dx.sum(axis=0), due, *case, "moving a whole column changes nothing")


@check("batch_norm_backward", "moving a column changes no gradient", examples=10)
@given(case=batch_gradients(), steps=STEPS)
def test_batch_norm_backward_shift(submission, case, steps):
    dout, x, gamma, eps = case
    size = max(np.abs(x).max(), eps**0.5)
    moved = submission.batch_norm_backward(dout, x + steps * size, gamma, eps)
    expect_gradients(moved, submission.batch_norm_backward(*case), *case)


untouched("batch_norm_backward", batch_gradients(), first=batch_gradients.first(FIRST_BATCHES))
double_precision(
    "batch_norm_backward",
    batch_gradients(),
    first=batch_gradients.first(FIRST_BATCHES),
    names=GRADIENTS,
    examples=5,
)


example("layer_norm")
matches("layer_norm", vectors(), first=vectors.first(FIRST_VECTORS))
matches(
    "layer_norm",
    varying_rows(),
    title="is right for a matrix where eps is negligible",
    weight=2,
    examples=15,
)


@check("layer_norm", "each vector is on its own", practice=True, examples=10)
@given(case=vectors(shapes=SEVERAL))
def test_layer_norm_alone(submission, case):
    x, *weights = case
    together = shaped(submission.layer_norm(x, *weights), x.shape, "all of x at once")
    expect_close(
        submission.layer_norm(x[0], *weights), together[0], "x[0] alone, against all of x at once"
    )


@check("layer_norm", "a constant added to a vector changes nothing", examples=10)
@given(case=vectors(), steps=STEPS)
def test_layer_norm_shift(submission, case, steps):
    x, gamma, beta, eps = case
    size = max(np.abs(x).max(), eps**0.5)
    moved = submission.layer_norm(x + steps * size, gamma, beta, eps)
    expect_close(moved, submission.layer_norm(*case), "out for x plus a constant")


@check("layer_norm", "eps stands inside the square root", examples=10)
@given(case=vectors(shapes=MATRICES))
def test_layer_norm_eps(submission, case):
    x, gamma, beta, eps = case
    x_hat = (shaped(submission.layer_norm(*case), x.shape, "the answer") - beta) / gamma
    var = x.var(axis=-1)
    due = var / (var + eps)
    expect_close((x_hat**2).mean(axis=-1), due, "the mean square of x̂ is σ²/(σ² + ε)", scale=1.0)


untouched("layer_norm", vectors(), first=vectors.first(FIRST_VECTORS))
double_precision("layer_norm", vectors(), first=vectors.first(FIRST_VECTORS), examples=5)


example("layer_norm_backward")
matches(
    "layer_norm_backward",
    vector_gradients(),
    compare=expect_gradients,
    first=vector_gradients.first(FIRST_VECTORS),
)
matches(
    "layer_norm_backward",
    vector_gradients(shapes=MATRICES),
    title="dx is right",
    names=GRADIENTS,
    only=["dx"],
    compare=expect_dx,
    weight=2,
    examples=15,
)
matches(
    "layer_norm_backward",
    vector_gradients(shapes=MATRICES),
    title="dgamma and dbeta are right",
    names=GRADIENTS,
    only=["dgamma", "dbeta"],
    compare=expect_weight_gradients,
    weight=2,
    examples=15,
)


@check("layer_norm_backward", "each vector of dx sums to zero", practice=True, examples=10)
@given(case=vector_gradients())
def test_layer_norm_backward_sums(submission, case):
    dx, *_ = three(submission.layer_norm_backward(*case))
    dx = shaped(dx, case[1].shape, "dx")
    sums, due = np.asarray(dx.sum(axis=-1)), np.zeros(case[1].shape[:-1])
    expect_dx(sums, due, *case, "adding a constant to a vector changes nothing")


@check("layer_norm_backward", "dgamma and dbeta collect every vector", examples=10)
@given(case=vector_gradients(shapes=SEVERAL))
def test_layer_norm_backward_collects(submission, case):
    dout, x, gamma, eps = case
    _, *together = three(submission.layer_norm_backward(*case))
    apart = [
        three(submission.layer_norm_backward(a, b, gamma, eps))
        for a, b in zip(dout, x, strict=True)
    ]
    expect_weight_gradients(together, [sum(each[i] for each in apart) for i in (1, 2)], dout)


untouched("layer_norm_backward", vector_gradients(), first=vector_gradients.first(FIRST_VECTORS))
double_precision(
    "layer_norm_backward",
    vector_gradients(),
    first=vector_gradients.first(FIRST_VECTORS),
    names=GRADIENTS,
    examples=5,
)


example("rms_norm")
matches(
    "rms_norm", vectors().map(without_beta), first=map(without_beta, vectors.first(FIRST_VECTORS))
)
matches(
    "rms_norm",
    varying_rows().map(without_beta),
    title="is right for a matrix where eps is negligible",
    weight=2,
    examples=15,
)


@check("rms_norm", "before gamma each vector keeps its direction", practice=True, examples=10)
@given(case=varying_rows())
def test_rms_norm_direction(submission, case):
    x, gamma, _, eps = case
    x_hat = shaped(submission.rms_norm(x, gamma, eps), x.shape, "the answer") / gamma
    length = np.linalg.norm(x_hat, axis=-1, keepdims=True)
    direction = x / np.linalg.norm(x, axis=-1, keepdims=True)
    expect_close(x_hat, direction * length, "out / gamma points along x")


@check("rms_norm", "eps stands inside the square root", examples=10)
@given(case=vectors(shapes=MATRICES))
def test_rms_norm_eps(submission, case):
    x, gamma, _, eps = case
    x_hat = shaped(submission.rms_norm(x, gamma, eps), x.shape, "the answer") / gamma
    m = (x**2).mean(axis=-1)
    expect_close((x_hat**2).mean(axis=-1), m / (m + eps), "the mean square is m/(m + ε)", scale=1.0)


@check("rms_norm", "each vector is on its own", examples=10)
@given(case=vectors(shapes=SEVERAL))
def test_rms_norm_alone(submission, case):
    x, gamma, _, eps = case
    together = submission.rms_norm(x, gamma, eps)
    alone = submission.rms_norm(x[0], gamma, eps)
    expect_close(alone, together[0], "x[0] alone, against all of x at once")


untouched(
    "rms_norm", vectors().map(without_beta), first=map(without_beta, vectors.first(FIRST_VECTORS))
)
double_precision(
    "rms_norm",
    vectors().map(without_beta),
    first=map(without_beta, vectors.first(FIRST_VECTORS)),
    examples=5,
)


example("group_norm")
matches("group_norm", images(), first=images.first(FIRST_LAYOUTS))
matches(
    "group_norm", varying_images(), title="is right where eps is negligible", weight=2, examples=15
)


@check("group_norm", "each image is on its own", practice=True, examples=10)
@given(case=images(shapes=SEVERAL_IMAGES))
def test_group_norm_images(submission, case):
    x, *weights = case
    together = submission.group_norm(x, *weights)
    alone = submission.group_norm(x[:1], *weights)
    expect_close(alone, together[:1], "the first image alone, against all images at once")


@check("group_norm", "a group does not see the other groups", examples=10)
@given(case=images(shapes=SEVERAL_GROUPS))
def test_group_norm_groups(submission, case):
    x, num_groups, *weights = case
    first = x.shape[1] // num_groups
    changed = x.copy()
    changed[:, first:] = changed[:, first:] * 2.0 - 1.0
    one = submission.group_norm(x, num_groups, *weights)
    other = submission.group_norm(changed, num_groups, *weights)
    expect_close(other[:, :first], one[:, :first], "the first group, after the others changed")


@check("group_norm", "each channel has its own gamma and beta", examples=10)
@given(case=images())
def test_group_norm_channels(submission, case):
    x, num_groups, gamma, beta, eps = case
    plain = submission.group_norm(x, num_groups, np.ones_like(gamma), np.zeros_like(beta), eps)
    due = gamma[:, None, None] * plain + beta[:, None, None]
    expect_close(submission.group_norm(*case), due, "γ_c times x̂ plus β_c")


untouched("group_norm", images(), first=images.first(FIRST_LAYOUTS))
double_precision("group_norm", images(), first=images.first(FIRST_LAYOUTS), examples=5)
