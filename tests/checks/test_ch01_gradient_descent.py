"""Checks of linear regression by gradient descent."""

import numpy as np

from grader.checks import (
    check,
    expect,
    expect_close,
    expect_equal,
    expect_untouched,
    fills,
    generator,
    given,
    sizes,
    st,
)

NAN, INF = float("nan"), float("inf")
X_EXAMPLE = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]])

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

ROUGH = st.sampled_from((-1.0, 1.0, NAN, -1.0, -2.0, -1.0, 0.0, NAN, -1.0, INF))
SMOOTH = st.sampled_from((-2.0, 1.0, -3.0, 1.0, -1.0, 2.0))
ROUGH_WALKS, SMOOTH_WALKS = (
    st.sampled_from([st.tuples(*[change] * epochs) for epochs in (2, 4, 6, 8, 9, 1)])
    for change in (ROUGH, SMOOTH)
)
RULES = st.sampled_from(
    [
        (p, unit, delta)
        for unit in (1.0, 2.0**-12)
        for p in (1, 2, 3, 4)
        for delta in (0.0, 1.0, 2.0, 1.0)
    ]
)


@st.composite
def lines(draw, recipes=FILLS):
    """Data X, y and a line (w, b), which may lie anywhere."""
    (n, d), fill = draw(SHAPES), draw(recipes)
    return fill(n, d), fill(n), fill(d), fill.number()


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


@st.composite
def epochs_of_batches(draw, packs=PACKS):
    """Data, a learning rate, a batch size, epochs and a seed."""
    (n, batch_size), d, fill, epochs = draw(packs), draw(COLUMNS), draw(FILLS), draw(EPOCHS)
    X, y = fill(n, d), fill(n)
    return X, y, learning_rate(X, 0.5), batch_size, epochs, int(fill.rng.integers(1000))


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
def validations(draw, walks=ROUGH_WALKS):
    """Validation losses that wander on a grid, so that ties are exact, patience and min_delta."""
    changes, (patience, unit, delta) = draw(draw(walks)), draw(RULES)
    levels = 9 + np.cumsum([change if np.isfinite(change) else 0.0 for change in changes])
    return unit * np.where(np.isfinite(changes), levels, changes), patience, unit * delta


# predict


@check("predict", "the worked example", practice=True)
def test_predict_example(submission):
    got = submission.predict(X_EXAMPLE, np.array([1.0, 2.0, 3.0]), 0.5)
    expect_close(got, np.array([7.5, 5.5]))


@check("predict", "matches the reference", value=True)
@given(case=lines())
def test_predict_value(submission, reference, case):
    X, _, w, b = case
    expect_close(submission.predict(X, w, b), reference.predict(X, w, b))


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
    alone = submission.predict(X[-1:], w, b)
    expect_close(alone[0], submission.predict(X, w, b)[-1], "other rows must not matter")


# mse_loss


@check("mse_loss", "the worked example", practice=True)
def test_mse_loss_example(submission):
    expect_close(submission.mse_loss(np.array([7.5, 5.5]), np.array([7.0, 7.5])), 2.125)


@check("mse_loss", "matches the reference", value=True)
@given(case=predictions())
def test_mse_loss_value(submission, reference, case):
    y_pred, y = case
    expect_close(submission.mse_loss(y_pred, y), reference.mse_loss(y_pred, y))


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


@check("mse_loss", "leaves its inputs alone")
@given(case=predictions())
def test_mse_loss_untouched(submission, case):
    expect_untouched(submission, "mse_loss", *case)


# mse_gradient


@check("mse_gradient", "the worked example", practice=True)
def test_mse_gradient_example(submission):
    w, y = np.array([1.0, 2.0, 3.0]), np.array([7.0, 7.5])
    got = submission.mse_gradient(X_EXAMPLE, y, w, 0.5)
    expect_close(got, (np.array([0.5, -2.0, -1.0]), -1.5), names=("dw", "db"))


@check("mse_gradient", "matches the reference", value=True)
@given(case=lines())
def test_mse_gradient_value(submission, reference, case):
    got, expected = submission.mse_gradient(*case), reference.mse_gradient(*case)
    expect_close(got, expected, names=("dw", "db"))


@check("mse_gradient", "dw is right", value=True, weight=2, examples=25)
@given(case=lines())
def test_mse_gradient_dw(submission, reference, case):
    dw, _ = submission.mse_gradient(*case)
    expect_close(dw, reference.mse_gradient(*case)[0], "dw")


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
    expect_close((dw, db), (np.array(slopes), slope_b), message, names=("dw", "db"), scale=1.0)


@check("mse_gradient", "is zero where the line meets every point", practice=True)
@given(case=lines(SMALL_FILLS))
def test_mse_gradient_zero(submission, case):
    X, _, w, b = case
    got = submission.mse_gradient(X, X @ w + b, w, b)
    message = "without errors there is nothing to improve"
    expect_close(got, (np.zeros(len(w)), 0.0), message, names=("dw", "db"), scale=1.0)


# gradient_descent


@check("gradient_descent", "the worked example", practice=True)
def test_gradient_descent_example(submission):
    got = submission.gradient_descent(X_EXAMPLE, np.array([3.0, 1.0]), 0.1, 2)
    expected = (np.array([0.39, 0.08, 0.86]), 0.47, [5.0, 0.425, 0.17225])
    expect_close(got, expected, names=("w", "b", "losses"))


@check("gradient_descent", "matches the reference", value=True)
@given(case=descents())
def test_gradient_descent_value(submission, reference, case):
    got, expected = submission.gradient_descent(*case), reference.gradient_descent(*case)
    expect_close(got, expected, names=("w", "b", "losses"))


@check("gradient_descent", "w and b are right", value=True, weight=2, examples=25)
@given(case=descents())
def test_gradient_descent_parameters(submission, reference, case):
    w, b, *_ = submission.gradient_descent(*case)
    expect_close((w, b), reference.gradient_descent(*case)[:2], names=("w", "b"))


@check("gradient_descent", "records steps + 1 losses, the first of zeros", practice=True)
@given(case=descents())
def test_gradient_descent_first_loss(submission, case):
    _, y, _, steps = case
    losses = submission.gradient_descent(*case)[2]
    expect(len(losses) == steps + 1, "one loss at the start and one after every step are due")
    expect_close(losses[0], float(np.mean(y**2)), "the first loss is that of w = 0, b = 0")


@check("gradient_descent", "the last loss is that of the returned w and b", practice=True)
@given(case=descents())
def test_gradient_descent_last_loss(submission, case):
    X, y, _, _ = case
    w, b, losses = submission.gradient_descent(*case)
    loss = float(np.mean((X @ w + b - y) ** 2))
    scale = float(np.mean(y**2))
    expect_close(losses[-1], loss, "the last loss must be that of w and b", scale=scale)


@check("gradient_descent", "a small learning rate never raises the loss", practice=True)
@given(case=descents(rates=(0.1, 0.5)))
def test_gradient_descent_falls(submission, case):
    losses = np.asarray(submission.gradient_descent(*case)[2])
    rises = np.diff(losses) > 1e-9 * losses[0]
    expect(not rises.any(), "with so small a learning rate the loss must not rise", got=losses)


# minibatches


def two_epochs(module, n, batch_size, rng):
    """ask for two epochs from one generator"""
    return [module.minibatches(n, batch_size, rng), module.minibatches(n, batch_size, rng)]


@check("minibatches", "the worked example", practice=True)
def test_minibatches_example(submission):
    order = np.random.default_rng(0).permutation(5)
    got = submission.minibatches(5, 2, generator(0))
    expect_equal(got, [order[:2], order[2:4], order[4:]])


@check("minibatches", "matches the reference", value=True)
@given(pack=PACKS, seed=SEEDS)
def test_minibatches_value(submission, reference, pack, seed):
    got = submission.minibatches(*pack, generator(seed))
    expect_equal(got, reference.minibatches(*pack, generator(seed)))
    integers = all(batch.dtype.kind in "iu" for batch in got)
    expect(integers, "indices must be integers, floats cannot pick rows", got=got)


@check("minibatches", "is right when all batches are full", value=True, weight=2, examples=25)
@given(pack=EVEN_PACKS, seed=SEEDS)
def test_minibatches_even(submission, reference, pack, seed):
    got = submission.minibatches(*pack, generator(seed))
    expect_equal(got, reference.minibatches(*pack, generator(seed)))


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


# sgd


def data_after_sgd(module, X, y, lr, batch_size, epochs, rng):
    """train, and look at the data afterwards"""
    module.sgd(X, y, lr, batch_size, epochs, rng)
    return X, y


@check("sgd", "the worked example", practice=True)
def test_sgd_example(submission):
    X, y = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0]]), np.array([3.0, 1.0, 2.0])
    got = submission.sgd(X, y, 0.1, 2, 1, generator(0))
    expect_close(got, (np.array([0.7, 0.26]), 0.56), names=("w", "b"))


@check("sgd", "matches the reference", value=True)
@given(case=epochs_of_batches())
def test_sgd_value(submission, reference, case):
    *data, seed = case
    got, expected = submission.sgd(*data, generator(seed)), reference.sgd(*data, generator(seed))
    expect_close(got, expected, names=("w", "b"))


@check("sgd", "is right when all batches are full", value=True, weight=2, examples=25)
@given(case=epochs_of_batches(EVEN_PACKS))
def test_sgd_even(submission, reference, case):
    *data, seed = case
    got, expected = submission.sgd(*data, generator(seed)), reference.sgd(*data, generator(seed))
    expect_close(got, expected, names=("w", "b"))


@check("sgd", "one batch of everything is one step of gradient descent", practice=True)
@given(case=epochs_of_batches())
def test_sgd_full_batch(submission, case):
    X, y, lr, _, _, seed = case
    got = submission.sgd(X, y, lr, len(y), 1, generator(seed))
    expected = (2 * lr * X.T @ y / len(y), float(2 * lr * y.mean()))
    expect_close(got, expected, "a step from zeros over all rows", names=("w", "b"))


@check("sgd", "leaves X and y alone")
@given(case=epochs_of_batches())
def test_sgd_untouched(submission, case):
    *data, seed = case
    after = submission.probe(data_after_sgd, *data, generator(seed))
    expect_equal(after, tuple(data[:2]), "an input was changed by the call", names=("X", "y"))


# momentum_step


@check("momentum_step", "the worked example", practice=True)
def test_momentum_step_example(submission):
    w = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    grad = np.array([[1.0, 0.0, -1.0], [2.0, 0.0, 0.0]])
    got = submission.momentum_step(w, grad, np.ones((2, 3)), 0.5, 0.5)
    w_due = np.array([[0.25, 1.75, 3.25], [2.75, 4.75, 5.75]])
    v_due = np.array([[1.5, 0.5, -0.5], [2.5, 0.5, 0.5]])
    expect_close(got, (w_due, v_due), names=("w", "velocity"))


@check("momentum_step", "matches the reference", value=True)
@given(case=rolls())
def test_momentum_step_value(submission, reference, case):
    w, velocity, grads, lr, beta = case
    got = expected = w, velocity
    for grad in grads:
        got = submission.momentum_step(got[0], grad, got[1], lr, beta)
        expected = reference.momentum_step(expected[0], grad, expected[1], lr, beta)
        expect_close(got, expected, names=("w", "velocity"))


@check("momentum_step", "without memory it is plain gradient descent", practice=True)
@given(case=rolls())
def test_momentum_step_no_memory(submission, case):
    w, velocity, grads, lr, _ = case
    got = submission.momentum_step(w, grads[0], velocity, lr, 0.0)
    message = "with beta = 0 only the gradient counts"
    expect_close(got, (w - lr * grads[0], grads[0]), message, names=("w", "velocity"))


@check("momentum_step", "a steady gradient g leads to the velocity g / (1 - beta)", practice=True)
@given(case=rolls())
def test_momentum_step_terminal(submission, case):
    w, _, grads, lr, beta = case
    steady = grads[0] / (1 - beta)
    _, velocity = submission.momentum_step(w, grads[0], steady, lr, beta)
    expect_close(velocity, steady, "the velocity g / (1 - beta) must stay when the gradient is g")


@check("momentum_step", "leaves its inputs alone")
@given(case=rolls())
def test_momentum_step_untouched(submission, case):
    w, velocity, grads, lr, beta = case
    expect_untouched(submission, "momentum_step", w, grads[0], velocity, lr, beta)


# adam_step


@check("adam_step", "the worked example", practice=True)
def test_adam_step_example(submission):
    w, zeros, grad = np.array([1.0, 2.0, 3.0]), np.zeros(3), np.array([4.0, 0.0, -1.0])
    got = submission.adam_step(w, grad, zeros, zeros, 1, 0.1, 0.5, 0.75, 1.0)
    m_due, v_due = np.array([2.0, 0.0, -0.5]), np.array([4.0, 0.0, 0.25])
    expect_close(got, (np.array([0.92, 2.0, 3.05]), m_due, v_due), names=("w", "m", "v"))


@check("adam_step", "matches the reference", value=True, weight=8)
@given(case=adam_runs())
def test_adam_step_value(submission, reference, case):
    w, m, v, grads, first, settings = case
    got = expected = w, m, v
    for t, grad in enumerate(grads, first):
        got = submission.adam_step(got[0], grad, *got[1:], t, *settings)
        expected = reference.adam_step(expected[0], grad, *expected[1:], t, *settings)
        expect_close(got, expected, names=("w", "m", "v"))


@check("adam_step", "the first step from zero moments is right", value=True, weight=2, examples=25)
@given(case=adam_runs(st.just(1)))
def test_adam_step_first(submission, reference, case):
    w, m, v, grads, _, settings = case
    got = submission.adam_step(w, grads[0], m, v, 1, *settings)
    expected = reference.adam_step(w, grads[0], m, v, 1, *settings)
    expect_close(got, expected, names=("w", "m", "v"))


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
    expect_close(got, (w, m, v), "no gradient, no movement", names=("w", "m", "v"))


@check("adam_step", "leaves its inputs alone")
@given(case=adam_runs())
def test_adam_step_untouched(submission, case):
    w, m, v, grads, first, settings = case
    expect_untouched(submission, "adam_step", w, grads[0], m, v, first, *settings)


# early_stopping


def losses_after_stopping(module, val_losses, patience, min_delta):
    """ask when to stop, and look at the losses afterwards"""
    module.early_stopping(val_losses, patience, min_delta)
    return val_losses


ANSWER = ("best_epoch", "stop_epoch")


@check("early_stopping", "the worked example", practice=True)
def test_early_stopping_example(submission):
    losses = np.array([5.0, 3.0, 3.5, 2.5, 3.0, 1.0])
    expect_equal(submission.early_stopping(losses, 3, 1.0), (1, 4), names=ANSWER)
    expect_equal(submission.early_stopping(losses, 3), (5, 5), names=ANSWER)


@check("early_stopping", "matches the reference", value=True, weight=8)
@given(case=validations())
def test_early_stopping_value(submission, reference, case):
    got, expected = submission.early_stopping(*case), reference.early_stopping(*case)
    expect_equal(got, expected, names=ANSWER)


@check(
    "early_stopping",
    "is right for ordinary losses without min_delta",
    value=True,
    weight=2,
    examples=25,
)
@given(case=validations(SMOOTH_WALKS))
def test_early_stopping_ordinary(submission, reference, case):
    losses, patience, _ = case
    got, expected = (
        submission.early_stopping(losses, patience),
        reference.early_stopping(losses, patience),
    )
    expect_equal(got, expected, names=ANSWER)


@check("early_stopping", "goes on to the end while the loss falls", practice=True)
@given(n=sizes(1, 6), patience=sizes(1, 3), delta=st.sampled_from((0.0, 0.5)))
def test_early_stopping_falling(submission, n, patience, delta):
    losses = np.arange(n, 0.0, -1.0)
    expect_equal(submission.early_stopping(losses, patience, delta), (n - 1, n - 1), names=ANSWER)


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


@check("early_stopping", "NaN is never an improvement", practice=True)
@given(nans=sizes(0, 2), patience=sizes(3, 4), delta=st.sampled_from((0.0, 0.5)))
def test_early_stopping_nan(submission, nans, patience, delta):
    losses = np.array([NAN] * nans + [2.0] + [NAN] * patience)
    got = submission.early_stopping(losses, patience, delta)
    expect_equal(got, (nans, nans + patience), names=ANSWER)


@check("early_stopping", "leaves the losses alone")
@given(case=validations())
def test_early_stopping_untouched(submission, case):
    after = submission.probe(losses_after_stopping, *case)
    expect_close(after, case[0], "the losses were changed by the call")
