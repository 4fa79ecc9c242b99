"""What people get wrong in linear regression by gradient descent."""

import ch01_gradient_descent as reference
import numpy as np

from grader.bank import mistake, slips

# predict


slips(
    "predict",
    """
    no-bias: A line that cannot leave the origin: b has to be added.
        w + b -> w
    bias-per-feature: Add b once to the sum over the features, not to each term.
        X @ w + b -> (X * w + b).sum(axis=1)
    bias-subtracted: Look at the sign in front of b.
        + b -> - b
    column-shape: One number is due for each row, shape (n,), not a column (n, 1).
        w + b -> w.reshape(-1, 1) + b
    sum-over-rows: Sum over the features of a row, not over the rows.
        X @ w -> (X * w).sum(axis=0)
    mean-over-features: The features' terms are summed, not averaged.
        X @ w -> (X * w).mean(axis=1)
    centred-features: Predict from X as it is; nothing is to be centred.
        X @ w -> (X - X.mean(axis=0)) @ w
    in-place:
        return X @ w + b
        ->
        first = X[:, 0]
        first *= w[0]
        return first + X[:, 1:] @ w[1:] + b
    """,
)


# mse_loss


slips(
    "mse_loss",
    """
    half: The loss of this course has no factor ½.
        np -> 0.5 * np
    sum: Average over the examples, or the loss grows with the data set.
        mean -> sum
    root: That is the root mean squared error: the statement takes no root.
        mean((y_pred - y) ** 2) -> sqrt(np.mean((y_pred - y) ** 2))
    absolute: Square the errors instead of taking their absolute values.
        (y_pred - y) ** 2 -> np.abs(y_pred - y)
    unsquared: Without the square, errors of opposite sign cancel.
        (y_pred - y) ** 2 -> y_pred - y
    square-of-mean: Square each error first and average then, not the reverse.
        ((y_pred - y) ** 2) -> (y_pred - y) ** 2
    all-pairs: Compare each prediction with its own y only, not with every y.
        y_pred - y -> y_pred.reshape(-1, 1) - y
    per-example: One number is due for all examples: the mean is missing.
        float(np.mean((y_pred - y) ** 2)) -> (y_pred - y) ** 2
    """,
)


@mistake("mse_loss", "in-place", "An operator like -= changes the caller's array; make a new one.")
def mse_loss(y_pred, y):
    y_pred -= y
    return float(np.mean(y_pred**2))


# mse_gradient


@mistake(
    "mse_gradient", "no-factor-two", "The derivative of a square has a 2, and the loss has no ½."
)
def mse_gradient(X, y, w, b):
    dw, db = reference.mse_gradient(X, y, w, b)
    return dw / 2, db / 2


@mistake("mse_gradient", "sum-instead-of-mean", "The loss is a mean: its gradient has 1/n as well.")
def mse_gradient(X, y, w, b):
    dw, db = reference.mse_gradient(X, y, w, b)
    return len(y) * dw, len(y) * db


@mistake(
    "mse_gradient",
    "wrong-sign",
    "The residual is prediction minus truth; yours has the other sign.",
)
def mse_gradient(X, y, w, b):
    dw, db = reference.mse_gradient(X, y, w, b)
    return -dw, -db


@mistake("mse_gradient", "bias-left-out", "The residual is that of the whole line, b included.")
def mse_gradient(X, y, w, b):
    return reference.mse_gradient(X, y, w, 0.0)


@mistake("mse_gradient", "db-summed", "dw is a mean over the examples, and so must db be.")
def mse_gradient(X, y, w, b):
    dw, db = reference.mse_gradient(X, y, w, b)
    return dw, len(y) * db


@mistake("mse_gradient", "db-without-two", "The factor 2 of dw belongs to db as well.")
def mse_gradient(X, y, w, b):
    dw, db = reference.mse_gradient(X, y, w, b)
    return dw, db / 2


@mistake("mse_gradient", "dw-without-two", "The factor 2 of db belongs to dw as well.")
def mse_gradient(X, y, w, b):
    dw, db = reference.mse_gradient(X, y, w, b)
    return dw / 2, db


@mistake(
    "mse_gradient", "db-per-example", "db is one number: the residuals have to be averaged for it."
)
def mse_gradient(X, y, w, b):
    residual = X @ w + b - y
    return 2 / len(y) * X.T @ residual, 2 / len(y) * residual


@mistake(
    "mse_gradient", "mean-over-everything", "Divide by the number of examples n, not by n times d."
)
def mse_gradient(X, y, w, b):
    dw, db = reference.mse_gradient(X, y, w, b)
    return dw / X.shape[1], db


@mistake(
    "mse_gradient", "mean-residual", "Each residual belongs to its own row: multiply, then average."
)
def mse_gradient(X, y, w, b):
    _, db = reference.mse_gradient(X, y, w, b)
    return db * X.mean(axis=0), db


@mistake("mse_gradient", "swapped", "The order of the answer is dw first, then db.")
def mse_gradient(X, y, w, b):
    dw, db = reference.mse_gradient(X, y, w, b)
    return db, dw


@mistake(
    "mse_gradient", "sign-of-residual", "The size of each residual matters, not only its sign."
)
def mse_gradient(X, y, w, b):
    direction = np.sign(X @ w + b - y)
    return 2 / len(y) * X.T @ direction, float(2 * direction.mean())


slips(
    "mse_gradient",
    """
    sum-without-two: The loss is the mean of squares: its gradient has a factor 2/n.
        2 / n * (X.T @ residual), float(2 / n * residual.sum())
        -> (X.T @ residual), float(residual.sum())
    in-place:
        residual = predict(X, w, b) - y
        ->
        residual = y
        residual -= predict(X, w, b)
        residual *= -1
    """,
)


# gradient_descent


slips(
    "gradient_descent",
    """
    in-place: Centring with -= changes the caller's data (and the line that is due).
        w, b = np.zeros(X.shape[1]), 0.0
        ->
        X -= X.mean(axis=0)
        w, b = np.zeros(X.shape[1]), 0.0
    """,
)


@mistake(
    "gradient_descent",
    "non-simultaneous-update",
    "b's gradient has to be taken before w has moved: compute both, then update both.",
)
def gradient_descent(X, y, lr, steps):
    w, b = np.zeros(X.shape[1]), 0.0
    losses = [reference.mse_loss(X @ w + b, y)]
    for _ in range(steps):
        w = w - lr * reference.mse_gradient(X, y, w, b)[0]
        b = b - lr * reference.mse_gradient(X, y, w, b)[1]
        losses.append(reference.mse_loss(X @ w + b, y))
    return w, b, losses


@mistake(
    "gradient_descent",
    "bias-moves-first",
    "w's gradient has to be taken before b has moved: compute both, then update both.",
)
def gradient_descent(X, y, lr, steps):
    w, b = np.zeros(X.shape[1]), 0.0
    losses = [reference.mse_loss(X @ w + b, y)]
    for _ in range(steps):
        b = b - lr * reference.mse_gradient(X, y, w, b)[1]
        w = w - lr * reference.mse_gradient(X, y, w, b)[0]
        losses.append(reference.mse_loss(X @ w + b, y))
    return w, b, losses


@mistake(
    "gradient_descent", "sum-instead-of-mean", "The gradient is that of a mean: it has 1/n in it."
)
def gradient_descent(X, y, lr, steps):
    return reference.gradient_descent(X, y, lr * len(y), steps)


@mistake(
    "gradient_descent",
    "no-factor-two",
    "The gradient of the squared error has a factor 2, since the loss has no ½.",
)
def gradient_descent(X, y, lr, steps):
    return reference.gradient_descent(X, y, lr / 2, steps)


@mistake("gradient_descent", "wrong-sign", "The loss grows along the gradient: walk against it.")
def gradient_descent(X, y, lr, steps):
    return reference.gradient_descent(X, y, -lr, steps)


@mistake("gradient_descent", "bias-stays", "b is a parameter too: every step has to move it.")
def gradient_descent(X, y, lr, steps):
    w = np.zeros(X.shape[1])
    losses = [reference.mse_loss(X @ w, y)]
    for _ in range(steps):
        w = w - lr * reference.mse_gradient(X, y, w, 0.0)[0]
        losses.append(reference.mse_loss(X @ w, y))
    return w, 0.0, losses


@mistake(
    "gradient_descent", "losses-without-start", "The loss of zeros, before any step, is missing."
)
def gradient_descent(X, y, lr, steps):
    w, b, losses = reference.gradient_descent(X, y, lr, steps)
    return w, b, losses[1:]


@mistake(
    "gradient_descent",
    "losses-without-end",
    "The loss after the last step is still to be recorded.",
)
def gradient_descent(X, y, lr, steps):
    w, b, losses = reference.gradient_descent(X, y, lr, steps)
    return w, b, losses[:-1]


@mistake(
    "gradient_descent",
    "one-step-too-many",
    "There are steps + 1 losses but only `steps` updates: none follows the last loss.",
)
def gradient_descent(X, y, lr, steps):
    w, b, losses = reference.gradient_descent(X, y, lr, steps + 1)
    return w, b, losses[:-1]


@mistake(
    "gradient_descent",
    "losses-before-update",
    "Record the loss of the new point after each update, not once more that of the old one.",
)
def gradient_descent(X, y, lr, steps):
    w, b, losses = reference.gradient_descent(X, y, lr, steps)
    return w, b, [losses[0], *losses[:-1]]


@mistake("gradient_descent", "halved-losses", "The recorded losses are means without a factor ½.")
def gradient_descent(X, y, lr, steps):
    w, b, losses = reference.gradient_descent(X, y, lr, steps)
    return w, b, [loss / 2 for loss in losses]


@mistake(
    "gradient_descent",
    "gradient-computed-once",
    "The gradient changes with the point: compute it anew in every step.",
)
def gradient_descent(X, y, lr, steps):
    w, b = np.zeros(X.shape[1]), 0.0
    dw, db = reference.mse_gradient(X, y, w, b)
    losses = [reference.mse_loss(X @ w + b, y)]
    for _ in range(steps):
        w, b = w - lr * dw, b - lr * db
        losses.append(reference.mse_loss(X @ w + b, y))
    return w, b, losses


@mistake(
    "gradient_descent",
    "stops-at-convergence",
    "Take all the steps that were asked for, even when the loss hardly changes.",
)
def gradient_descent(X, y, lr, steps):
    w, b, losses = np.zeros(X.shape[1]), 0.0, [reference.mse_loss(0 * y, y)]
    for _ in range(steps):
        dw, db = reference.mse_gradient(X, y, w, b)
        w, b = w - lr * dw, b - lr * db
        losses.append(reference.mse_loss(X @ w + b, y))
        if abs(losses[-2] - losses[-1]) < 1e-6:
            break
    return w, b, losses


@mistake("gradient_descent", "starts-at-ones", "The walk begins at w = 0 and b = 0.")
def gradient_descent(X, y, lr, steps):
    w, b = np.ones(X.shape[1]), 0.0
    losses = [reference.mse_loss(X @ w + b, y)]
    for _ in range(steps):
        dw, db = reference.mse_gradient(X, y, w, b)
        w, b = w - lr * dw, b - lr * db
        losses.append(reference.mse_loss(X @ w + b, y))
    return w, b, losses


# minibatches


def dealt(order, batch_size):
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


@mistake("minibatches", "drops-last-batch", "The short last batch belongs to the epoch, too.")
def minibatches(n, batch_size, rng):
    return dealt(rng.permutation(n), batch_size)[: n // batch_size]


@mistake(
    "minibatches", "no-shuffle", "The indices are to be shuffled with rng before they are cut."
)
def minibatches(n, batch_size, rng):
    return dealt(np.arange(n), batch_size)


@mistake(
    "minibatches",
    "with-replacement",
    "Drawing indices one by one repeats some and forgets others: permute them instead.",
)
def minibatches(n, batch_size, rng):
    return dealt(rng.integers(0, n, n), batch_size)


@mistake(
    "minibatches",
    "shuffles-batches-only",
    "Shuffle the indices, then cut; batches of neighbours in random order are not random enough.",
)
def minibatches(n, batch_size, rng):
    batches = dealt(np.arange(n), batch_size)
    return [batches[k] for k in rng.permutation(len(batches))]


@mistake(
    "minibatches",
    "own-generator",
    "Use the generator that is given: a new one with a fixed seed repeats the same epoch for ever.",
)
def minibatches(n, batch_size, rng):
    return dealt(np.random.default_rng(0).permutation(n), batch_size)


@mistake(
    "minibatches",
    "even-split",
    "All batches but the last are full; batches of nearly equal size are something else.",
)
def minibatches(n, batch_size, rng):
    return np.array_split(rng.permutation(n), -(-n // batch_size))


@mistake(
    "minibatches",
    "refills-last-batch",
    "The last batch stays short: no index may be dealt twice to fill it up.",
)
def minibatches(n, batch_size, rng):
    order = rng.permutation(n)
    return dealt(np.resize(order, -(-n // batch_size) * batch_size), batch_size)


@mistake(
    "minibatches",
    "permutes-per-batch",
    "One permutation serves the whole epoch; a new one for each batch deals some indices twice.",
)
def minibatches(n, batch_size, rng):
    starts = range(0, n, batch_size)
    return [rng.permutation(n)[start : start + batch_size] for start in starts]


@mistake(
    "minibatches",
    "empty-last-batch",
    "When batch_size divides n there is no rest, and no empty batch for it.",
)
def minibatches(n, batch_size, rng):
    order = rng.permutation(n)
    starts = range(0, n + 1, batch_size)
    return [order[start : start + batch_size] for start in starts]


# sgd


def trained(X, y, lr, batches):
    """The parameters after a step on each batch, which is a pair of rows and truths."""
    w, b = np.zeros(X.shape[1]), 0.0
    for rows, truths in batches:
        dw, db = reference.mse_gradient(rows, truths, w, b)
        w, b = w - lr * dw, b - lr * db
    return w, b


@mistake(
    "sgd",
    "partial-batch-divisor",
    "Average over the rows that the batch really has: the last one may be shorter than batch_size.",
)
def sgd(X, y, lr, batch_size, epochs, rng):
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(epochs):
        for batch in reference.minibatches(len(y), batch_size, rng):
            dw, db = reference.mse_gradient(X[batch], y[batch], w, b)
            share = len(batch) / batch_size
            w, b = w - lr * share * dw, b - lr * share * db
    return w, b


@mistake("sgd", "drops-last-batch", "The rows of the short last batch are to be learned from, too.")
def sgd(X, y, lr, batch_size, epochs, rng):
    batches = [
        (X[batch], y[batch])
        for _ in range(epochs)
        for batch in reference.minibatches(len(y), batch_size, rng)
        if len(batch) == batch_size
    ]
    return trained(X, y, lr, batches)


@mistake(
    "sgd", "whole-set-gradient", "Each step sees the rows of its own batch only, not all the data."
)
def sgd(X, y, lr, batch_size, epochs, rng):
    return trained(X, y, lr, [(X, y)] * (epochs * -(-len(y) // batch_size)))


@mistake(
    "sgd", "sum-instead-of-mean", "The gradient is averaged over the rows of the batch, not summed."
)
def sgd(X, y, lr, batch_size, epochs, rng):
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(epochs):
        for batch in reference.minibatches(len(y), batch_size, rng):
            dw, db = reference.mse_gradient(X[batch], y[batch], w, b)
            w, b = w - lr * len(batch) * dw, b - lr * len(batch) * db
    return w, b


@mistake("sgd", "mean-over-all-rows", "Average over the batch's own length, not over all n rows.")
def sgd(X, y, lr, batch_size, epochs, rng):
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(epochs):
        for batch in reference.minibatches(len(y), batch_size, rng):
            dw, db = reference.mse_gradient(X[batch], y[batch], w, b)
            share = len(batch) / len(y)
            w, b = w - lr * share * dw, b - lr * share * db
    return w, b


@mistake(
    "sgd", "shuffles-x-not-y", "A row and its y must stay together: pick both by the same indices."
)
def sgd(X, y, lr, batch_size, epochs, rng):
    batches = []
    for _ in range(epochs):
        dealt_now = reference.minibatches(len(y), batch_size, rng)
        ends = np.cumsum([len(batch) for batch in dealt_now])
        batches += [
            (X[batch], y[end - len(batch) : end])
            for batch, end in zip(dealt_now, ends, strict=True)
        ]
    return trained(X, y, lr, batches)


@mistake("sgd", "no-shuffle", "The rows are to be visited in the random order of minibatches.")
def sgd(X, y, lr, batch_size, epochs, rng):
    batches = dealt(np.arange(len(y)), batch_size) * epochs
    return trained(X, y, lr, [(X[batch], y[batch]) for batch in batches])


@mistake(
    "sgd", "same-order-every-epoch", "Deal new batches in every epoch, not once before the first."
)
def sgd(X, y, lr, batch_size, epochs, rng):
    batches = reference.minibatches(len(y), batch_size, rng) * epochs
    return trained(X, y, lr, [(X[batch], y[batch]) for batch in batches])


@mistake(
    "sgd",
    "shuffles-the-shuffled",
    "Indices count rows of X and y as given; yours pick from data that an epoch has shuffled.",
)
def sgd(X, y, lr, batch_size, epochs, rng):
    rows, truths, batches = X, y, []
    for _ in range(epochs):
        order = rng.permutation(len(y))
        rows, truths = rows[order], truths[order]
        parts = dealt(np.arange(len(y)), batch_size)
        batches += [(rows[part], truths[part]) for part in parts]
    return trained(X, y, lr, batches)


@mistake("sgd", "in-place-shuffle", "Shuffle indices and leave the caller's X and y as they are.")
def sgd(X, y, lr, batch_size, epochs, rng):
    batches = []
    for _ in range(epochs):
        order = rng.permutation(len(y))
        parts = dealt(order, batch_size)
        batches += [(X[part], y[part]) for part in parts]
    result = trained(X, y, lr, batches)
    if epochs:
        X[:], y[:] = X[order], y[order]
    return result


@mistake("sgd", "restarts-every-epoch", "w and b start at zero once, before the first epoch.")
def sgd(X, y, lr, batch_size, epochs, rng):
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(epochs):
        w, b = reference.sgd(X, y, lr, batch_size, 1, rng)
    return w, b


@mistake("sgd", "one-batch-per-epoch", "An epoch visits all batches, not only one of them.")
def sgd(X, y, lr, batch_size, epochs, rng):
    batches = [reference.minibatches(len(y), batch_size, rng)[0] for _ in range(epochs)]
    return trained(X, y, lr, [(X[batch], y[batch]) for batch in batches])


@mistake(
    "sgd",
    "one-update-per-epoch",
    "Move after every batch; averaging an epoch's gradients first is plain gradient descent.",
)
def sgd(X, y, lr, batch_size, epochs, rng):
    return trained(X, y, lr, [(X, y)] * epochs)


@mistake(
    "sgd",
    "non-simultaneous-update",
    "b's gradient has to be taken before w has moved: compute both, then update both.",
)
def sgd(X, y, lr, batch_size, epochs, rng):
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(epochs):
        for batch in reference.minibatches(len(y), batch_size, rng):
            w = w - lr * reference.mse_gradient(X[batch], y[batch], w, b)[0]
            b = b - lr * reference.mse_gradient(X[batch], y[batch], w, b)[1]
    return w, b


# momentum_step


@mistake(
    "momentum_step",
    "ema-velocity",
    "This velocity is a sum, not an average: the gradient enters it whole, without 1 - beta.",
)
def momentum_step(w, grad, velocity, lr, beta):
    velocity = beta * velocity + (1 - beta) * grad
    return w - lr * velocity, velocity


@mistake(
    "momentum_step",
    "lr-inside-velocity",
    "lr scales the step, not the velocity, or a change of lr would not reach old gradients.",
)
def momentum_step(w, grad, velocity, lr, beta):
    velocity = beta * velocity + lr * grad
    return w - velocity, velocity


@mistake(
    "momentum_step", "wrong-sign", "The velocity sums gradients, so the weights move against it."
)
def momentum_step(w, grad, velocity, lr, beta):
    velocity = beta * velocity + grad
    return w + lr * velocity, velocity


@mistake(
    "momentum_step",
    "negative-velocity",
    "In this convention the gradient is added to the velocity, and the minus is in w's update.",
)
def momentum_step(w, grad, velocity, lr, beta):
    velocity = beta * velocity - grad
    return w + lr * velocity, velocity


@mistake(
    "momentum_step",
    "velocity-not-returned",
    "Return the new velocity, or the next step starts from the old one.",
)
def momentum_step(w, grad, velocity, lr, beta):
    return w - lr * (beta * velocity + grad), velocity


@mistake(
    "momentum_step", "moves-by-old-velocity", "Update the velocity first, and move by the new one."
)
def momentum_step(w, grad, velocity, lr, beta):
    return w - lr * velocity, beta * velocity + grad


@mistake(
    "momentum_step",
    "nesterov",
    "That is Nesterov's look-ahead; plain momentum moves by the new velocity itself.",
)
def momentum_step(w, grad, velocity, lr, beta):
    velocity = beta * velocity + grad
    return w - lr * (grad + beta * velocity), velocity


@mistake("momentum_step", "no-decay", "The old velocity fades: multiply it by beta before adding.")
def momentum_step(w, grad, velocity, lr, beta):
    velocity = velocity + grad
    return w - lr * velocity, velocity


@mistake(
    "momentum_step", "beta-on-gradient", "beta belongs to the old velocity, not to the gradient."
)
def momentum_step(w, grad, velocity, lr, beta):
    velocity = velocity + beta * grad
    return w - lr * velocity, velocity


@mistake("momentum_step", "swapped", "The order of the answer is w first, then the velocity.")
def momentum_step(w, grad, velocity, lr, beta):
    return reference.momentum_step(w, grad, velocity, lr, beta)[::-1]


@mistake(
    "momentum_step",
    "in-place",
    "Operators like *= and -= change the caller's arrays: return new ones.",
)
def momentum_step(w, grad, velocity, lr, beta):
    velocity *= beta
    velocity += grad
    w -= lr * velocity
    return w, velocity


# adam_step


@mistake(
    "adam_step",
    "no-bias-correction",
    "m and v start at zero and are too small at first: the step needs them corrected.",
)
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return w - lr * m / (np.sqrt(v) + eps), m, v


@mistake(
    "adam_step",
    "constant-bias-correction",
    "The correction fades with time: the betas in it are raised to the power t.",
)
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return w - lr * m / (1 - beta1) / (np.sqrt(v / (1 - beta2)) + eps), m, v


@mistake(
    "adam_step",
    "eps-outside-the-fraction",
    "eps belongs to the divisor: set brackets around the root plus eps.",
)
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    new, m, v = reference.adam_step(w, grad, m, v, t, lr, beta1, beta2, 0.0)
    return new + eps, m, v


@mistake("adam_step", "only-m-corrected", "v starts at zero just as m does: both are corrected.")
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return w - lr * m / (1 - beta1**t) / (np.sqrt(v) + eps), m, v


@mistake("adam_step", "only-v-corrected", "m starts at zero just as v does: both are corrected.")
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return w - lr * m / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake(
    "adam_step",
    "beta-times-t",
    "In the correction beta is raised to the power t, not multiplied by it.",
)
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return w - lr * m / (1 - beta1 * t) / (np.sqrt(v / (1 - beta2 * t)) + eps), m, v


@mistake("adam_step", "t-starts-at-zero", "t is 1 in the first step already: do not subtract one.")
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / np.float64(1 - beta1 ** (t - 1))
    v_hat = v / np.float64(1 - beta2 ** (t - 1))
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


@mistake("adam_step", "t-one-too-large", "t is the number of this step already: do not add one.")
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    return reference.adam_step(w, grad, m, v, t + 1, lr, beta1, beta2, eps)


@mistake("adam_step", "loops-t-times", "t only says which step this is: take one step, not t.")
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    for step in range(1, t + 1):
        w, m, v = reference.adam_step(w, grad, m, v, step, lr, beta1, beta2, eps)
    return w, m, v


@mistake(
    "adam_step",
    "corrected-moments-stored",
    "Return m and v without the correction, or the next step corrects them twice.",
)
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    w, m, v = reference.adam_step(w, grad, m, v, t, lr, beta1, beta2, eps)
    return w, m / (1 - beta1**t), v / (1 - beta2**t)


@mistake(
    "adam_step",
    "moments-not-returned",
    "Return the new m and v, or the next step starts from the old ones.",
)
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    return reference.adam_step(w, grad, m, v, t, lr, beta1, beta2, eps)[0], m, v


@mistake(
    "adam_step",
    "squares-after-average",
    "v averages the squares of the gradients; the square of their average is something else.",
)
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * m**2
    return w - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake(
    "adam_step", "gradient-not-squared", "v is built of squares: yours takes the gradient itself."
)
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * np.abs(grad)
    return w - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake("adam_step", "one-v-for-all", "Every entry has a v of its own: do not sum over the array.")
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * np.sum(grad**2)
    return w - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake("adam_step", "eps-inside-root", "In Adam eps is added to the root, not under it.")
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return w - lr * m / (1 - beta1**t) / np.sqrt(v / (1 - beta2**t) + eps), m, v


@mistake(
    "adam_step",
    "eps-forgotten",
    "Where all gradients were zero the denominator is zero: that is what eps is for.",
)
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    return reference.adam_step(w, grad, m, v, t, lr, beta1, beta2, 0.0)


@mistake("adam_step", "fixed-eps", "Use the eps that is given, not a constant of your own.")
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    return reference.adam_step(w, grad, m, v, t, lr, beta1, beta2, 1e-8)


@mistake(
    "adam_step",
    "eps-before-correction",
    "eps stands beside the corrected root: when the correction is folded into lr, eps has a part.",
)
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    rate = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return w - rate * m / (np.sqrt(v) + eps), m, v


@mistake("adam_step", "no-root", "The step divides by the root of v̂, or its units do not fit.")
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return w - lr * m / (1 - beta1**t) / (v / (1 - beta2**t) + eps), m, v


@mistake("adam_step", "betas-swapped", "beta1 belongs to m and beta2 to v: yours are exchanged.")
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    return reference.adam_step(w, grad, m, v, t, lr, beta2, beta1, eps)


@mistake(
    "adam_step",
    "moves-by-gradient",
    "The numerator of the step is m̂, the average, not the gradient.",
)
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    _, m, v = reference.adam_step(w, grad, m, v, t, lr, beta1, beta2, eps)
    return w - lr * grad / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake("adam_step", "swapped", "The order of the answer is w, m, v.")
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    w, m, v = reference.adam_step(w, grad, m, v, t, lr, beta1, beta2, eps)
    return m, v, w


@mistake(
    "adam_step", "in-place", "Operators like *= and -= change the caller's arrays: return new ones."
)
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    new_w, m[...], v[...] = reference.adam_step(w, grad, m, v, t, lr, beta1, beta2, eps)
    w[...] = new_w
    return w, m, v


# early_stopping


def stopped(improvements, patience):
    """The answer, given for every epoch whether it improved."""
    best_epoch = waited = 0
    for epoch, improved in enumerate(improvements):
        best_epoch, waited = (epoch, 0) if improved else (best_epoch, waited + 1)
        if waited == patience:
            return best_epoch, epoch
    return best_epoch, epoch


@mistake("early_stopping", "ignores-min-delta", "An improvement must be by more than min_delta.")
def early_stopping(val_losses, patience, min_delta=0.0):
    return reference.early_stopping(val_losses, patience)


@mistake(
    "early_stopping",
    "tie-improves",
    "A loss of best - min_delta exactly is not an improvement yet.",
)
def early_stopping(val_losses, patience, min_delta=0.0):
    best, improvements = np.inf, []
    for loss in val_losses:
        improvements.append(loss <= best - min_delta)
        best = loss if improvements[-1] else best
    return stopped(improvements, patience)


@mistake(
    "early_stopping",
    "delta-added",
    "min_delta makes it harder to improve: your comparison makes it easier.",
)
def early_stopping(val_losses, patience, min_delta=0.0):
    return reference.early_stopping(val_losses, patience, -min_delta)


@mistake(
    "early_stopping",
    "one-epoch-too-patient",
    "Training stops at the patience-th epoch without improvement, not at the one after it.",
)
def early_stopping(val_losses, patience, min_delta=0.0):
    return reference.early_stopping(val_losses, patience + 1, min_delta)


@mistake(
    "early_stopping",
    "wait-not-reset",
    "Only epochs in a row count: an improvement sets the waiting back to zero.",
)
def early_stopping(val_losses, patience, min_delta=0.0):
    best, best_epoch, waited = np.inf, 0, 0
    for epoch, loss in enumerate(val_losses):
        if loss < best - min_delta:
            best, best_epoch = loss, epoch
        else:
            waited += 1
        if waited == patience:
            break
    return best_epoch, epoch


@mistake(
    "early_stopping",
    "compares-with-previous",
    "Compare with the best loss so far, not with the loss of the epoch before.",
)
def early_stopping(val_losses, patience, min_delta=0.0):
    previous = np.concatenate([[np.inf], val_losses[:-1]])
    return stopped(val_losses < previous - min_delta, patience)


@mistake(
    "early_stopping",
    "best-creeps",
    "A gain too small to count must leave best as it is, or slow progress never counts.",
)
def early_stopping(val_losses, patience, min_delta=0.0):
    best, improvements = np.inf, []
    for loss in val_losses:
        improvements.append(loss < best - min_delta)
        best = np.fmin(best, loss)
    return stopped(improvements, patience)


@mistake(
    "early_stopping",
    "nan-improves",
    "Every comparison with NaN is false, so ask whether the loss improved, not whether it did not.",
)
def early_stopping(val_losses, patience, min_delta=0.0):
    best, improvements = np.inf, []
    for loss in val_losses:
        improvements.append(not loss >= best - min_delta)
        best = loss if improvements[-1] else best
    return stopped(improvements, patience)


slips(
    "early_stopping",
    """
    close-is-not-less: Any loss below best - min_delta is an improvement: np.isclose takes small
      ones for ties.
        if loss < best - min_delta:
        -> if loss < best - min_delta and not np.isclose(loss, best - min_delta):
    infinity-skipped: An epoch with an infinite loss is one without improvement and counts for the
      patience.
        else:
            waited += 1
        ->
        elif loss != np.inf:
            waited += 1
    """,
)


@mistake(
    "early_stopping",
    "nan-skipped",
    "An epoch with a NaN loss is an epoch without improvement: it counts for the patience.",
)
def early_stopping(val_losses, patience, min_delta=0.0):
    best, best_epoch, waited = np.inf, 0, 0
    for epoch, loss in enumerate(val_losses):
        if np.isnan(loss):
            continue
        if loss < best - min_delta:
            best, best_epoch, waited = loss, epoch, 0
        else:
            waited += 1
        if waited == patience:
            break
    return best_epoch, epoch


@mistake(
    "early_stopping",
    "nan-stops-at-once",
    "A NaN loss is one epoch without improvement, not the end of training.",
)
def early_stopping(val_losses, patience, min_delta=0.0):
    ends = np.flatnonzero(np.isnan(val_losses))
    shown = val_losses[: ends[0] + 1] if ends.size else val_losses
    return reference.early_stopping(shown, patience, min_delta)


@mistake(
    "early_stopping",
    "starts-from-first-loss",
    "best is +∞ before the first epoch: a first loss of NaN or +∞ must not become best.",
)
def early_stopping(val_losses, patience, min_delta=0.0):
    best, best_epoch, waited = val_losses[0], 0, 0
    for epoch in range(1, len(val_losses)):
        if val_losses[epoch] < best - min_delta:
            best, best_epoch, waited = val_losses[epoch], epoch, 0
        else:
            waited += 1
        if waited == patience:
            return best_epoch, epoch
    return best_epoch, len(val_losses) - 1


@mistake(
    "early_stopping",
    "looks-past-the-stop",
    "best_epoch is known when training stops: losses after the stop were never seen.",
)
def early_stopping(val_losses, patience, min_delta=0.0):
    _, stop_epoch = reference.early_stopping(val_losses, patience, min_delta)
    best_epoch, _ = reference.early_stopping(val_losses, len(val_losses) + 1, min_delta)
    return best_epoch, stop_epoch


@mistake(
    "early_stopping",
    "lowest-loss",
    "A lower loss that gains no more than min_delta does not make its epoch the best one.",
)
def early_stopping(val_losses, patience, min_delta=0.0):
    _, stop_epoch = reference.early_stopping(val_losses, patience, min_delta)
    seen = val_losses[: stop_epoch + 1]
    return int(np.argmin(np.where(np.isnan(seen), np.inf, seen))), stop_epoch


@mistake("early_stopping", "counts-from-one", "Epochs count from 0, so the last of n is n - 1.")
def early_stopping(val_losses, patience, min_delta=0.0):
    best_epoch, stop_epoch = reference.early_stopping(val_losses, patience, min_delta)
    return best_epoch + 1, stop_epoch + 1


@mistake(
    "early_stopping",
    "end-is-length",
    "When training never stops, stop_epoch is the last epoch, one less than their number.",
)
def early_stopping(val_losses, patience, min_delta=0.0):
    best, best_epoch, waited = np.inf, 0, 0
    for epoch, loss in enumerate(val_losses):
        if loss < best - min_delta:
            best, best_epoch, waited = loss, epoch, 0
        else:
            waited += 1
        if waited == patience:
            return best_epoch, epoch
    return best_epoch, len(val_losses)


@mistake("early_stopping", "swapped", "The order of the answer is best_epoch, then stop_epoch.")
def early_stopping(val_losses, patience, min_delta=0.0):
    return reference.early_stopping(val_losses, patience, min_delta)[::-1]


@mistake(
    "early_stopping",
    "in-place",
    "Replacing NaN in the caller's array changes it: work on a copy, or leave NaN as it is.",
)
def early_stopping(val_losses, patience, min_delta=0.0):
    val_losses[np.isnan(val_losses)] = np.inf
    return reference.early_stopping(val_losses, patience, min_delta)
