"""Checks of linear regression by gradient descent."""

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
    fills,
    generator,
    given,
    matches,
    shaped,
    sizes,
    st,
    untouched,
)

NAN, INF = float("nan"), float("inf")

# Strategies that a composite draws from are made once: making them anew costs more than drawing.
LENGTHS = sizes(1, 5)
SHAPES = st.sampled_from(((2, 1), (2, 2), (3, 2), (1, 2), (4, 1), (3, 4), (5, 3), (5, 2), (1, 1)))
TENSORS = st.sampled_from(((2,), (1,), (2, 3), (3, 1, 2)))
FILLS, SMALL_FILLS = fills(), fills((1.0,))
SEEDS = st.integers(0, 999)
STEPS = st.sampled_from((1, 2, 3, 5, 0))

EVEN = ((2, 1), (4, 2), (1, 1), (3, 1), (6, 2), (6, 3), (3, 3))
UNEVEN = ((3, 2), (5, 2), (5, 3), (5, 4), (6, 4), (7, 4), (7, 5), (2, 3), (9, 4), (7, 3))
PACKS, EVEN_PACKS = st.sampled_from(EVEN + UNEVEN), st.sampled_from(EVEN)
COLUMNS = st.sampled_from((1, 2, 3))
EPOCHS = st.sampled_from((1, 2, 3, 2, 3, 0))

PACES = st.sampled_from([(lr, beta) for lr in (0.5, 0.1, 2.0) for beta in (0.5, 0.75, 0.0)])
BETAS = ((0.5, 0.75), (0.8, 0.25), (0.75, 0.0), (0.0, 0.5))
ADAMS = st.sampled_from([(*betas, eps) for eps in (0.5, 0.125, 2.0) for betas in BETAS])
FIRST_STEPS = st.sampled_from((1, 2, 7))

STEPWISE = st.sampled_from((-1.0, 1.0, -1.0, -2.0, -1.0, 0.0, 2.0, -1.0, 1.0))
SMOOTH = st.sampled_from((-2.0, 1.0, -3.0, 1.0, -1.0, 2.0))
WALKS, SMOOTH_WALKS = (
    st.sampled_from([st.tuples(*[change] * epochs) for epochs in (2, 4, 6, 8, 9, 1)])
    for change in (STEPWISE, SMOOTH)
)
RULES = st.sampled_from(
    [
        (p, unit, delta)
        for unit in (1.0, 2.0**-12)
        for p in (1, 2, 3, 4)
        for delta in (0.0, 1.0, 2.0, 1.0)
    ]
)


def line(fill, n, d):
    """Data X, y and a line (w, b), which may lie anywhere."""
    return fill(n, d), fill(n), fill(d), fill.number()


@st.composite
def lines(draw, recipes=FILLS):
    """Data X, y and a line (w, b)."""
    (n, d), fill = draw(SHAPES), draw(recipes)
    return line(fill, n, d)


def without_truth(case):
    """X, w, b: what a prediction needs of a line."""
    X, _, w, b = case
    return X, w, b


ODD_SIZES = [(3, 3), (1, 3), (3, 1), (5, 2), (2, 5), (1, 1)]
ODD_LINES = [line(Fill("normal", 1.0, "S", 1), n, d) for n, d in ODD_SIZES]
"""Rows and columns that differ, that coincide, and single ones, in data with gaps in memory."""


@st.composite
def predictions(draw):
    """Predicted and true numbers."""
    n, fill = draw(LENGTHS), draw(FILLS)
    return fill(n), fill(n)


@st.composite
def descents(draw, rates=(0.5, 0.1, 0.9, 1.5)):
    """Data and a walk on it: a learning rate, stable if rates are below 1, and a few steps."""
    (n, d), fill, steps = draw(SHAPES), draw(FILLS), draw(STEPS)
    X, y = fill(n, d), fill(n)
    return X, y, learning_rate(X, fill.rng.choice(rates)), steps


ODD_DESCENTS = [(X, y, 0.1, steps) for X, y, _, _ in ODD_LINES for steps in (0, 3)]


@st.composite
def epochs_of_batches(draw, packs=PACKS):
    """Data, a learning rate, a batch size, epochs and a seed."""
    (n, batch_size), d, fill, epochs = draw(packs), draw(COLUMNS), draw(FILLS), draw(EPOCHS)
    X, y = fill(n, d), fill(n)
    return X, y, learning_rate(X, 0.5), batch_size, epochs, generator(int(fill.rng.integers(1000)))


ODD_EPOCHS = [(X, y, 0.1, 3, 2, generator(5)) for X, y, _, _ in ODD_LINES]
"""Three rows a batch: as many as there are, more, fewer, as many as columns."""


def learning_rate(X, rate):
    """Two digits of rate / (1 + the mean squared length of a row)."""
    return float(f"{rate / (1 + np.square(X).sum(axis=1).mean()):.2g}")


@st.composite
def rolls(draw):
    """Weights, a velocity, gradients of some steps with a zero one between, lr and beta."""
    shape, fill, (lr, beta) = draw(TENSORS), draw(FILLS), draw(PACES)
    return fill(*shape), fill(*shape), gradients(fill, shape), lr, beta


@st.composite
def adam_runs(draw, first_steps=FIRST_STEPS):
    """Weights, moments, gradients, the first step's number, and settings that are no defaults.

    Step 1 starts from zero moments.  eps is of the gradients' size, so that its place matters.
    """
    shape, fill, first = draw(TENSORS), draw(FILLS), draw(first_steps)
    beta1, beta2, eps = draw(ADAMS)
    w = fill(*shape)
    m, v = (fill(*shape), fill(*shape) ** 2) if first > 1 else (np.zeros(shape), np.zeros(shape))
    return w, m, v, gradients(fill, shape), first, (0.25, beta1, beta2, eps * fill.scale)


def gradients(fill, shape):
    """Gradients that change from step to step, one of them all zero."""
    return fill(*shape), np.zeros(shape), fill(*shape)


@st.composite
def validations(draw, walks=WALKS):
    """Validation losses that wander on a grid, so that ties are exact, patience and min_delta."""
    changes, (patience, unit, delta) = draw(draw(walks)), draw(RULES)
    return unit * (9 + np.cumsum(changes)), patience, unit * delta


example("predict")
matches("predict", lines().map(without_truth), first=map(without_truth, ODD_LINES))
untouched("predict", lines().map(without_truth), first=map(without_truth, ODD_LINES))
double_precision("predict", lines().map(without_truth))


@check("predict", "with zero weights every prediction is the bias", practice=True)
@given(case=lines())
def test_predict_bias(submission, case):
    X, _, w, b = case
    got = submission.predict(X, np.zeros(len(w)), b)
    expect_close(got, np.full(len(X), b), "with zero weights each prediction must be b")


@check("predict", "each row is predicted by itself", practice=True)
@given(case=lines())
def test_predict_rows(submission, case):
    X, _, w, b = case
    alone = shaped(submission.predict(X[-1:], w, b), (1,), "the prediction for one row")
    together = shaped(submission.predict(X, w, b), (len(X),), "the predictions")
    expect_close(alone[0], together[-1], "other rows must not matter")


example("mse_loss")
matches("mse_loss", predictions())
untouched("mse_loss", predictions(), examples=15)
double_precision("mse_loss", predictions())


@check("mse_loss", "if every error is r, the loss is r squared", practice=True)
@given(n=sizes(2, 5), r=st.sampled_from((2.0, -3.0, 0.25)), fill=SMALL_FILLS)
def test_mse_loss_constant_error(submission, n, r, fill):
    y = fill(n)
    expect_close(submission.mse_loss(y + r, y), r**2, "errors of one size r have the mean r²")


@check("mse_loss", "too high costs as much as too low", practice=True)
@given(case=predictions())
def test_mse_loss_symmetric(submission, case):
    y_pred, y = case
    there, back = submission.mse_loss(y_pred, y), submission.mse_loss(y, y_pred)
    expect_close(there, back, "exchanging y_pred and y must not change the loss")


GRADIENTS = ("dw", "db")

example("mse_gradient")
matches("mse_gradient", lines(), names=GRADIENTS, first=ODD_LINES)
matches(
    "mse_gradient",
    lines(),
    title="dw is right",
    names=GRADIENTS,
    only=["dw"],
    weight=2,
    examples=25,
    first=ODD_LINES,
)
untouched("mse_gradient", lines(), first=ODD_LINES)
double_precision("mse_gradient", lines(), names=GRADIENTS)


@check("mse_gradient", "is the slope of the loss", practice=True)
@given(case=lines(SMALL_FILLS))
def test_mse_gradient_slope(submission, case):
    X, y, w, b = case
    dw, db = submission.mse_gradient(X, y, w, b)

    def loss_after(step, step_b):
        return np.mean((X @ (w + step) + b + step_b - y) ** 2)

    # Central differences of a quadratic are exact, whatever the step.
    slopes = [(loss_after(e, 0) - loss_after(-e, 0)) / 2 for e in np.eye(len(w))]
    slope_b = float(loss_after(0, 1) - loss_after(0, -1)) / 2
    message = "the gradient must be the slope of the loss"
    expect_close((dw, db), (np.array(slopes), slope_b), message, names=GRADIENTS, scale=1.0)


@check("mse_gradient", "is zero where the line meets every point", practice=True)
@given(case=lines(SMALL_FILLS))
def test_mse_gradient_zero(submission, case):
    X, _, w, b = case
    got = submission.mse_gradient(X, X @ w + b, w, b)
    message = "without errors there is nothing to improve"
    expect_close(got, (np.zeros(len(w)), 0.0), message, names=GRADIENTS, scale=1.0)


FITTED = ("w", "b", "losses")


def same_line(got, expected, X, y, lr, *_):
    """Rounding is measured by what a step adds up, of which little may be left."""
    names = FITTED[: len(expected)]
    w, b, *losses = as_parts(got, names)
    step = float(2 * lr * np.abs(y).max())
    expect_close(w, expected[0], "w", scale=float(step * np.abs(X).max()))
    expect_close(b, expected[1], "b", scale=step)
    expect_close(losses, expected[2:], names=names[2:])


def same_parameters(got, expected, *case):
    """w and b, whatever the losses are."""
    same_line(as_parts(got, FITTED)[:2], expected[:2], *case)


example("gradient_descent")
matches("gradient_descent", descents(), compare=same_line, first=ODD_DESCENTS)
matches(
    "gradient_descent",
    descents(),
    title="w and b are right",
    compare=same_parameters,
    weight=2,
    examples=25,
    first=ODD_DESCENTS,
)
untouched("gradient_descent", descents(), first=ODD_DESCENTS)
double_precision("gradient_descent", descents(), names=FITTED)


@check("gradient_descent", "records steps + 1 losses, the first of zeros", practice=True)
@given(case=descents())
def test_gradient_descent_first_loss(submission, case):
    _, y, _, steps = case
    _, _, losses = as_parts(submission.gradient_descent(*case), FITTED)
    losses = shaped(losses, (steps + 1,), "losses, at the start and after every step")
    expect_close(float(losses[0]), float(np.mean(y**2)), "the first loss is that of w = 0, b = 0")


@check("gradient_descent", "the last loss is that of the returned w and b", practice=True)
@given(case=descents())
def test_gradient_descent_last_loss(submission, case):
    X, y, _, steps = case
    w, b, losses = as_parts(submission.gradient_descent(*case), FITTED)
    w, b = shaped(w, X.shape[1:], "w"), shaped(b, (), "b")
    losses = shaped(losses, (steps + 1,), "losses")
    loss = float(np.mean((X @ w + b - y) ** 2))
    scale = float(np.mean(y**2))
    expect_close(float(losses[-1]), loss, "the last loss must be that of w and b", scale=scale)


@check("gradient_descent", "a small learning rate never raises the loss", practice=True)
@given(case=descents(rates=(0.1, 0.5)))
def test_gradient_descent_falls(submission, case):
    _, _, losses = as_parts(submission.gradient_descent(*case), FITTED)
    losses = shaped(losses, (case[-1] + 1,), "losses")
    rises = np.diff(losses) > 1e-6 * losses[0]
    expect(not rises.any(), "with so small a learning rate the loss must not rise", got=losses)


def two_epochs(module, n, batch_size, rng):
    """ask for two epochs from one generator"""
    return [module.minibatches(n, batch_size, rng), module.minibatches(n, batch_size, rng)]


def same_batches(got, expected, *_):
    """The same indices in the same batches, and integers."""
    expect_equal(got, expected)
    integers = all(np.asarray(batch).dtype.kind in "iu" for batch in got)
    expect(integers, "indices must be integers, floats cannot pick rows", got=got)


def deals(packs):
    """Draw n, a batch size and a generator."""
    return st.builds(lambda pack, seed: (*pack, generator(seed)), packs, SEEDS)


example("minibatches")
matches(
    "minibatches",
    deals(PACKS),
    compare=same_batches,
    first=[(*pack, generator(1)) for pack in ((4, 4), (1, 3), (7, 3))],
)
matches(
    "minibatches",
    deals(EVEN_PACKS),
    title="is right when all batches are full",
    exact=True,
    weight=2,
    examples=25,
)


@check("minibatches", "batches cover every index once", practice=True)
@given(pack=PACKS, seed=SEEDS)
def test_minibatches_cover(submission, pack, seed):
    batches = submission.minibatches(*pack, generator(seed))
    indices = np.sort(np.concatenate(batches))
    expect_equal(indices, np.arange(pack[0]), "every index from 0 to n - 1 must be in one batch")


@check("minibatches", "every batch but the last is full", practice=True)
@given(pack=PACKS, seed=SEEDS)
def test_minibatches_lengths(submission, pack, seed):
    lengths = [len(batch) for batch in submission.minibatches(*pack, generator(seed))]
    n, batch_size = pack
    full, rest = divmod(n, batch_size)
    due = [batch_size] * full + [rest] * (rest > 0)
    expect(lengths == due, "the lengths of the batches are wrong", expected=due, got=lengths)


@check("minibatches", "the next epoch goes on with the same generator")
@given(pack=PACKS, seed=SEEDS)
def test_minibatches_next_epoch(submission, reference, pack, seed):
    got = submission.probe(two_epochs, *pack, generator(seed))
    expected = reference.probe(two_epochs, *pack, generator(seed))
    expect_equal(got, expected, "an epoch is one rng.permutation(n)", names=("first", "second"))


LINE = ("w", "b")

example("sgd")
matches("sgd", epochs_of_batches(), compare=same_line, first=ODD_EPOCHS)
matches(
    "sgd",
    epochs_of_batches(EVEN_PACKS),
    title="is right when all batches are full",
    compare=same_line,
    weight=2,
    examples=25,
)
untouched("sgd", epochs_of_batches(), title="leaves X and y alone", examples=15, first=ODD_EPOCHS)
double_precision("sgd", epochs_of_batches(), names=LINE)


@check("sgd", "one batch of everything is one step of gradient descent", practice=True)
@given(case=epochs_of_batches())
def test_sgd_full_batch(submission, case):
    X, y, lr, _, _, rng = case
    got = submission.sgd(X, y, lr, len(y), 1, rng)
    expected = (2 * lr * X.T @ y / len(y), float(2 * lr * y.mean()))
    expect_close(got, expected, "a step from zeros over all rows", names=LINE)


ROLLED = ("w", "velocity")


def one_roll(case):
    """The arguments of the first of its steps."""
    w, velocity, grads, lr, beta = case
    return w, grads[0], velocity, lr, beta


example("momentum_step")
untouched("momentum_step", rolls().map(one_roll), examples=15)
double_precision("momentum_step", rolls().map(one_roll), names=ROLLED)


@check("momentum_step", "matches the reference", value=True)
@given(case=rolls())
def test_momentum_step_value(submission, reference, case):
    w, velocity, grads, lr, beta = case
    got = expected = w, velocity
    for grad in grads:
        got = submission.momentum_step(got[0], grad, got[1], lr, beta)
        expected = reference.momentum_step(expected[0], grad, expected[1], lr, beta)
        expect_close(got, expected, names=ROLLED)


@check("momentum_step", "without memory it is plain gradient descent", practice=True)
@given(case=rolls())
def test_momentum_step_no_memory(submission, case):
    w, velocity, grads, lr, _ = case
    got = submission.momentum_step(w, grads[0], velocity, lr, 0.0)
    message = "with beta = 0 only the gradient counts"
    expect_close(got, (w - lr * grads[0], grads[0]), message, names=ROLLED)


@check("momentum_step", "a steady gradient g leads to the velocity g / (1 - beta)", practice=True)
@given(case=rolls())
def test_momentum_step_terminal(submission, case):
    w, _, grads, lr, beta = case
    steady = grads[0] / (1 - beta)
    _, velocity = submission.momentum_step(w, grads[0], steady, lr, beta)
    expect_close(velocity, steady, "the velocity g / (1 - beta) must stay when the gradient is g")


MOVED = ("w", "m", "v")


def one_step(case):
    """The arguments of the first of its steps."""
    w, m, v, grads, first, settings = case
    return w, grads[0], m, v, first, *settings


example("adam_step")
untouched("adam_step", adam_runs().map(one_step), examples=15)
double_precision("adam_step", adam_runs().map(one_step), names=MOVED)


@check("adam_step", "matches the reference", value=True, weight=8)
@given(case=adam_runs())
def test_adam_step_value(submission, reference, case):
    w, m, v, grads, first, settings = case
    got = expected = w, m, v
    for t, grad in enumerate(grads, first):
        got = submission.adam_step(got[0], grad, *got[1:], t, *settings)
        expected = reference.adam_step(expected[0], grad, *expected[1:], t, *settings)
        expect_close(got, expected, names=MOVED)


matches(
    "adam_step",
    adam_runs(st.just(1)).map(one_step),
    title="the first step from zero moments is right",
    names=MOVED,
    weight=2,
    examples=25,
)


@check("adam_step", "with a tiny eps the first step is lr long in every entry", practice=True)
@given(case=adam_runs(st.just(1)))
def test_adam_step_length(submission, case):
    w, m, v, grads, _, (lr, beta1, beta2, _) = case
    grad = np.where(grads[0] == 0, 1.0, grads[0])
    moved, _, _ = submission.adam_step(np.zeros(w.shape), grad, m, v, 1, lr, beta1, beta2, 1e-12)
    expect_close(moved, -lr * np.sign(grad), "the size of the gradient must cancel out")


@check("adam_step", "m and v come back without the correction", practice=True)
@given(case=adam_runs(st.just(1)))
def test_adam_step_moments(submission, case):
    w, m, v, grads, _, (lr, beta1, beta2, eps) = case
    grad = grads[0]
    _, m, v = submission.adam_step(w, grad, m, v, 1, lr, beta1, beta2, eps)
    message = "from zero moments one step leads to (1 - beta) times the gradient or its square"
    expect_close((m, v), ((1 - beta1) * grad, (1 - beta2) * grad**2), message, names=("m", "v"))


@check("adam_step", "a zero gradient from rest moves nothing", practice=True)
@given(case=adam_runs(st.just(1)), t=sizes(1, 3))
def test_adam_step_rest(submission, case, t):
    w, m, v, _, _, settings = case
    got = submission.adam_step(w, np.zeros(w.shape), m, v, t, *settings)
    expect_close(got, (w, m, v), "no gradient, no movement", names=MOVED)


ANSWER = ("best_epoch", "stop_epoch")

example("early_stopping")
matches("early_stopping", validations(), names=ANSWER, exact=True, weight=6)
matches(
    "early_stopping",
    validations(SMOOTH_WALKS).map(lambda case: case[:2]),
    title="is right for ordinary losses without min_delta",
    names=ANSWER,
    exact=True,
    weight=4,
    examples=25,
)
untouched(
    "early_stopping",
    validations(),
    title="leaves the losses alone",
    first=[(np.array([NAN, INF, 2.0, NAN, 1.0]), 3, 0.5)],
)


@check("early_stopping", "goes on to the end while the loss falls", practice=True)
@given(n=sizes(1, 6), patience=sizes(1, 3), delta=st.sampled_from((0.0, 0.5)))
def test_early_stopping_falling(submission, n, patience, delta):
    losses = np.arange(n, 0.0, -1.0)
    expect_equal(submission.early_stopping(losses, patience, delta), (n - 1, n - 1), names=ANSWER)


@check("early_stopping", "a tiny improvement is one", practice=True)
@given(n=sizes(3, 6), patience=sizes(1, 2), delta=st.sampled_from((0.0, 2.0**-31)))
def test_early_stopping_tiny(submission, n, patience, delta):
    for level in (0.0, 512.0):
        losses = level + np.arange(n, 0.0, -1.0) * 2.0**-30
        got = submission.early_stopping(losses, patience, delta)
        message = "each of these losses is smaller than the one before by more than min_delta"
        expect_equal(got, (n - 1, n - 1), message, names=ANSWER)


@check("early_stopping", "waits patience epochs after the best", practice=True)
@given(best=sizes(0, 3), patience=sizes(1, 3), more=sizes(0, 2))
def test_early_stopping_waits(submission, best, patience, more):
    rising = np.arange(1.0, patience + more + 1)
    losses = np.concatenate([np.arange(best, -1.0, -1.0), rising])
    got = submission.early_stopping(losses, patience)
    expect_equal(got, (best, best + patience), names=ANSWER)


@check("early_stopping", "a loss of best - min_delta exactly is no improvement", practice=True)
@given(patience=sizes(1, 3), delta=st.sampled_from((0.0, 0.5, 1.0)))
def test_early_stopping_tie(submission, patience, delta):
    losses = np.array([3.0] + [3.0 - delta] * patience)
    got = submission.early_stopping(losses, patience, delta)
    expect_equal(got, (0, patience), "a tie is no improvement", names=ANSWER)


def expect_no_improvement(submission, loss, word, patience, delta):
    """Raise Mismatch unless such losses count for the patience and are never the best."""
    for losses, due in (
        ([2.0] + [loss] * patience, (0, patience)),
        ([loss, 2.0] + [loss] * (patience + 1), (1, 1 + patience)),
        ([4.0, loss, 2.0, loss, 1.0], (4, 4)),
        ([loss] * (patience + 1), (0, patience - 1)),
    ):
        got = submission.early_stopping(np.array(losses), patience, delta)
        expect_equal(got, due, f"{word} is no improvement", names=ANSWER)


@check("early_stopping", "NaN is never an improvement", practice=True)
@given(patience=sizes(2, 4), delta=st.sampled_from((0.0, 0.5)))
def test_early_stopping_nan(submission, patience, delta):
    expect_no_improvement(submission, NAN, "NaN", patience, delta)


@check("early_stopping", "an infinite loss is never an improvement", practice=True)
@given(patience=sizes(2, 4), delta=st.sampled_from((0.0, 0.5)))
def test_early_stopping_infinite(submission, patience, delta):
    expect_no_improvement(submission, INF, "a loss of +∞", patience, delta)
