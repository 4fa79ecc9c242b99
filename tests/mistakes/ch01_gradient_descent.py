"""What people get wrong in linear regression by gradient descent."""

from grader.bank import slips

HINTS = {
    "non-simultaneous-update": "b's gradient has to be taken before w has moved: compute both, "
    "then update both.",
}
"""Hints of mistakes that several exercises have."""

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
    in-place:
        return float(np.mean((y_pred - y) ** 2)) -> y_pred -= y; return float(np.mean(y_pred**2))
    """,
)

slips(
    "mse_gradient",
    """
    no-factor-two: The derivative of a square has a 2, and the loss has no ½.
        2 / n => 1 / n
    sum-instead-of-mean: The loss is a mean: its gradient has 1/n as well.
        2 / n => 2
    sum-without-two: The loss is the mean of squares: its gradient has a factor 2/n.
        2 / n * (X.T @ residual), float(2 / n * residual.sum())
        -> (X.T @ residual), float(residual.sum())
    wrong-sign: The residual is prediction minus truth; yours has the other sign.
        predict(X, w, b) - y -> y - predict(X, w, b)
    bias-left-out: The residual is that of the whole line, b included.
        predict(X, w, b) -> X @ w
    db-summed: dw is a mean over the examples, and so must db be.
        float(2 / n * residual.sum()) -> float(2 * residual.sum())
    db-without-two: The factor 2 of dw belongs to db as well.
        float(2 / n * residual.sum()) -> float(1 / n * residual.sum())
    dw-without-two: The factor 2 of db belongs to dw as well.
        2 / n * (X.T @ residual) -> 1 / n * (X.T @ residual)
    db-per-example: db is one number: the residuals have to be averaged for it.
        float(2 / n * residual.sum()) -> 2 / n * residual
    mean-over-everything: Divide by the number of examples n, not by n times d.
        2 / n * (X.T @ residual) -> 2 / X.size * (X.T @ residual)
    mean-residual: Each residual belongs to its own row: multiply, then average.
        X.T @ residual -> X.mean(axis=0) * residual.sum()
    swapped: The order of the answer is dw first, then db.
        2 / n * (X.T @ residual), float(2 / n * residual.sum())
        -> float(2 / n * residual.sum()), 2 / n * (X.T @ residual)
    sign-of-residual: The size of each residual matters, not only its sign.
        residual = predict(X, w, b) - y -> residual = np.sign(predict(X, w, b) - y)
    in-place:

        residual = predict(X, w, b) - y
        ->
        residual = y
        residual -= predict(X, w, b)
        residual *= -1
    """,
)

slips(
    "gradient_descent",
    """
    non-simultaneous-update:

        w, b = w - lr * dw, b - lr * db
        ->
        w = w - lr * dw
        b = b - lr * mse_gradient(X, y, w, b)[1]

    bias-moves-first: w's gradient has to be taken before b has moved: compute both, then update
      both.

        w, b = w - lr * dw, b - lr * db
        ->
        b = b - lr * db
        w = w - lr * mse_gradient(X, y, w, b)[0]

    sum-instead-of-mean: The gradient is that of a mean: it has 1/n in it.
        w - lr * dw, b - lr * db -> w - lr * dw * len(y), b - lr * db * len(y)
    no-factor-two: The gradient of the squared error has a factor 2, since the loss has no ½.
        w - lr * dw, b - lr * db -> w - lr / 2 * dw, b - lr / 2 * db
    wrong-sign: The loss grows along the gradient: walk against it.
        w - lr * dw, b - lr * db -> w + lr * dw, b + lr * db
    bias-stays: b is a parameter too: every step has to move it.
        b - lr * db -> b
    losses-without-start: The loss of zeros, before any step, is missing.
        losses = [mse_loss(predict(X, w, b), y)] -> losses = []
    losses-without-end: The loss after the last step is still to be recorded.
        return w, b, losses -> return w, b, losses[:-1]
    one-step-too-many: There are steps + 1 losses but only `steps` updates: none follows the last
      loss.
        range(steps) -> range(steps + 1)
        return w, b, losses -> return w, b, losses[:-1]
    losses-before-update: Record the loss of the new point after each update, not once more that of
      the old one.

        w, b = w - lr * dw, b - lr * db
        losses.append(mse_loss(predict(X, w, b), y))
        ->
        losses.append(mse_loss(predict(X, w, b), y))
        w, b = w - lr * dw, b - lr * db

    halved-losses: The recorded losses are means without a factor ½.
        return w, b, losses -> return w, b, [loss / 2 for loss in losses]
    gradient-computed-once: The gradient changes with the point: compute it anew in every step.
        losses = [ -> dw, db = mse_gradient(X, y, w, b); losses = [

        dw, db = mse_gradient(X, y, w, b)
        ->

    stops-at-convergence: Take all the steps that were asked for, even when the loss hardly
      changes.

        losses.append(mse_loss(predict(X, w, b), y))
        ->
        losses.append(mse_loss(predict(X, w, b), y))
        if abs(losses[-2] - losses[-1]) < 1e-6:
            break

    starts-at-ones: The walk begins at w = 0 and b = 0.
        np.zeros(X.shape[1]) -> np.ones(X.shape[1])
    in-place: Centring with -= changes the caller's data (and the line that is due).
        w, b = np.zeros -> X -= X.mean(axis=0); w, b = np.zeros
    """,
    hints=HINTS,
)

slips(
    "minibatches",
    """
    drops-last-batch: The short last batch belongs to the epoch, too.
        range(0, n, batch_size) -> range(0, n - batch_size + 1, batch_size)
    no-shuffle: The indices are to be shuffled with rng before they are cut.
        rng.permutation(n) -> np.arange(n)
    with-replacement: Drawing indices one by one repeats some and forgets others: permute them
      instead.
        rng.permutation(n) -> rng.integers(0, n, n)
    shuffles-batches-only: Shuffle the indices, then cut; batches of neighbours in random order are
      not random enough.
        rng.permutation(n) -> np.arange(n)

        return [permutation[start : start + batch_size] for start in range(0, n, batch_size)]
        ->
        batches = [permutation[start : start + batch_size] for start in range(0, n, batch_size)]
        return [batches[k] for k in rng.permutation(len(batches))]

    own-generator: Use the generator that is given: a new one with a fixed seed repeats the same
      epoch for ever.
        rng.permutation(n) -> np.random.default_rng(0).permutation(n)
    even-split: All batches but the last are full; batches of nearly equal size are something else.
        [permutation[start : start + batch_size] for start in range(0, n, batch_size)]
        -> np.array_split(permutation, -(-n // batch_size))
    refills-last-batch: The last batch stays short: no index may be dealt twice to fill it up.
        rng.permutation(n) -> np.resize(rng.permutation(n), -(-n // batch_size) * batch_size)
    permutes-per-batch: One permutation serves the whole epoch; a new one for each batch deals some
      indices twice.
        [permutation[start -> [rng.permutation(n)[start
        permutation = rng.permutation(n) ->
    empty-last-batch: When batch_size divides n there is no rest, and no empty batch for it.
        range(0, n, batch_size) -> range(0, n + 1, batch_size)
    """,
)

slips(
    "sgd",
    """
    partial-batch-divisor: Average over the rows that the batch really has: the last one may be
      shorter than batch_size.
        w - lr * dw, b - lr * db
        -> w - lr * dw * len(batch) / batch_size, b - lr * db * len(batch) / batch_size
    drops-last-batch: The rows of the short last batch are to be learned from, too.
        minibatches(len(y), batch_size, rng)
        -> minibatches(len(y), batch_size, rng)[: len(y) // batch_size]
    whole-set-gradient: Each step sees the rows of its own batch only, not all the data.
        X[batch], y[batch] -> X, y
    sum-instead-of-mean: The gradient is averaged over the rows of the batch, not summed.
        w - lr * dw, b - lr * db -> w - lr * dw * len(batch), b - lr * db * len(batch)
    mean-over-all-rows: Average over the batch's own length, not over all n rows.
        w - lr * dw, b - lr * db
        -> w - lr * dw * len(batch) / len(y), b - lr * db * len(batch) / len(y)
    shuffles-x-not-y: A row and its y must stay together: pick both by the same indices.

        for batch in minibatches(len(y), batch_size, rng):
            dw, db = mse_gradient(X[batch], y[batch], w, b)
        ->
        start = 0
        for batch in minibatches(len(y), batch_size, rng):
            start += len(batch)
            dw, db = mse_gradient(X[batch], y[start - len(batch) : start], w, b)

    no-shuffle: The rows are to be visited in the random order of minibatches.
        minibatches(len(y), batch_size, rng)
        -> np.split(np.arange(len(y)), range(batch_size, len(y), batch_size))
    same-order-every-epoch: Deal new batches in every epoch, not once before the first.

        for _ in range(epochs):
            for batch in minibatches(len(y), batch_size, rng):
        ->
        batches = minibatches(len(y), batch_size, rng)
        for _ in range(epochs):
            for batch in batches:

    shuffles-the-shuffled: Indices count rows of X and y as given; yours pick from data that an
      epoch has shuffled.

        for batch in minibatches(len(y), batch_size, rng):
        ->
        order = rng.permutation(len(y))
        X, y = X[order], y[order]
        for batch in np.split(np.arange(len(y)), range(batch_size, len(y), batch_size)):

    in-place-shuffle: Shuffle indices and leave the caller's X and y as they are.
        return w, b -> order = rng.permutation(len(y)); X[:], y[:] = X[order], y[order]; return w, b
    restarts-every-epoch: w and b start at zero once, before the first epoch.

        w, b = np.zeros(X.shape[1]), 0.0
        for _ in range(epochs):
        ->
        w, b = np.zeros(X.shape[1]), 0.0
        for _ in range(epochs):
            w, b = np.zeros(X.shape[1]), 0.0

    one-batch-per-epoch: An epoch visits all batches, not only one of them.
        minibatches(len(y), batch_size, rng) -> minibatches(len(y), batch_size, rng)[:1]
    one-update-per-epoch: Move after every batch; averaging an epoch's gradients first is plain
      gradient descent.
        minibatches(len(y), batch_size, rng) -> [np.arange(len(y))]
    non-simultaneous-update:

        w, b = w - lr * dw, b - lr * db
        ->
        w = w - lr * dw
        b = b - lr * mse_gradient(X[batch], y[batch], w, b)[1]
    """,
    hints=HINTS,
)

slips(
    "momentum_step",
    """
    ema-velocity: This velocity is a sum, not an average: the gradient enters it whole, without 1 -
      beta.
        beta * velocity + grad -> beta * velocity + (1 - beta) * grad
    lr-inside-velocity: lr scales the step, not the velocity, or a change of lr would not reach old
      gradients.
        + grad -> + lr * grad
        w - lr * velocity -> w - velocity
    wrong-sign: The velocity sums gradients, so the weights move against it.
        w - lr -> w + lr
    negative-velocity: In this convention the gradient is added to the velocity, and the minus is
      in w's update.
        + grad -> - grad
        w - lr -> w + lr
    velocity-not-returned: Return the new velocity, or the next step starts from the old one.
        velocity = beta * velocity + grad -> new = beta * velocity + grad
        w - lr * velocity -> w - lr * new
    moves-by-old-velocity: Update the velocity first, and move by the new one.
        velocity = beta * velocity + grad ->
        velocity, velocity -> velocity, beta * velocity + grad
    nesterov: That is Nesterov's look-ahead; plain momentum moves by the new velocity itself.
        w - lr * velocity -> w - lr * (grad + beta * velocity)
    no-decay: The old velocity fades: multiply it by beta before adding.
        beta * velocity -> velocity
    beta-on-gradient: beta belongs to the old velocity, not to the gradient.
        beta * velocity + grad -> velocity + beta * grad
    swapped: The order of the answer is w first, then the velocity.
        w - lr * velocity, velocity -> velocity, w - lr * velocity
    in-place:

        velocity = beta * velocity + grad
        return w - lr * velocity, velocity
        ->
        velocity *= beta
        velocity += grad
        w -= lr * velocity
        return w, velocity
    """,
)

slips(
    "adam_step",
    """
    no-bias-correction: m and v start at zero and are too small at first: the step needs them
      corrected.
        m / (1 - beta1**t) -> m
        v / (1 - beta2**t) -> v
    constant-bias-correction: The correction fades with time: the betas in it are raised to the
      power t.
        beta1**t -> beta1
        beta2**t -> beta2
    eps-outside-the-fraction: eps belongs to the divisor: set brackets around the root plus eps.
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat) + eps
    only-m-corrected: v starts at zero just as m does: both are corrected.
        v / (1 - beta2**t) -> v
    only-v-corrected: m starts at zero just as v does: both are corrected.
        m / (1 - beta1**t) -> m
    beta-times-t: In the correction beta is raised to the power t, not multiplied by it.
        beta1**t -> beta1 * t
        beta2**t -> beta2 * t
    t-starts-at-zero: t is 1 in the first step already: do not subtract one.
        (1 - beta1**t) -> np.float64(1 - beta1 ** (t - 1))
        (1 - beta2**t) -> np.float64(1 - beta2 ** (t - 1))
    t-one-too-large: t is the number of this step already: do not add one.
        beta1**t -> beta1 ** (t + 1)
        beta2**t -> beta2 ** (t + 1)
    loops-t-times: t only says which step this is: take one step, not t.

        m = beta1 * m + (1 - beta1) * grad
        ->
        if t > 1:
            w, m, v = adam_step(w, grad, m, v, t - 1, lr, beta1, beta2, eps)
        m = beta1 * m + (1 - beta1) * grad

    corrected-moments-stored: Return m and v without the correction, or the next step corrects them
      twice.
        eps), m, v -> eps), m_hat, v_hat
    moments-not-returned: Return the new m and v, or the next step starts from the old ones.
        m = beta1 * m -> old = m, v; m = beta1 * m
        eps), m, v -> eps), *old
    squares-after-average: v averages the squares of the gradients; the square of their average is
      something else.
        grad**2 -> m**2
    gradient-not-squared: v is built of squares: yours takes the gradient itself.
        grad**2 -> np.abs(grad)
    one-v-for-all: Every entry has a v of its own: do not sum over the array.
        grad**2 -> np.sum(grad**2)
    eps-inside-root: In Adam eps is added to the root, not under it.
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat + eps)
    eps-forgotten: Where all gradients were zero the denominator is zero: that is what eps is for.
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat)
    fixed-eps: Use the eps that is given, not a constant of your own.
        + eps -> + 1e-8
    eps-before-correction: eps stands beside the corrected root: when the correction is folded into
      lr, eps has a part.
        (np.sqrt(v_hat) + eps) -> ((np.sqrt(v) + eps) / np.sqrt(1 - beta2**t))
    no-root: The step divides by the root of v̂, or its units do not fit.
        np.sqrt(v_hat) -> v_hat
    betas-swapped: beta1 belongs to m and beta2 to v: yours are exchanged.
        m = beta1 * m -> beta1, beta2 = beta2, beta1; m = beta1 * m
    moves-by-gradient: The numerator of the step is m̂, the average, not the gradient.
        lr * m_hat -> lr * grad
    swapped: The order of the answer is w, m, v.
        return w - lr * m_hat / (np.sqrt(v_hat) + eps), m, v
        -> return m, v, w - lr * m_hat / (np.sqrt(v_hat) + eps)
    in-place:

        return w - lr * m_hat / (np.sqrt(v_hat) + eps), m, v
        ->
        w -= lr * m_hat / (np.sqrt(v_hat) + eps)
        return w, m, v
    """,
)

slips(
    "early_stopping",
    """
    ignores-min-delta: An improvement must be by more than min_delta.
        best - min_delta -> best
    tie-improves: A loss of best - min_delta exactly is not an improvement yet.
        loss < best -> loss <= best
    delta-added: min_delta makes it harder to improve: your comparison makes it easier.
        best - min_delta -> best + min_delta
    one-epoch-too-patient: Training stops at the patience-th epoch without improvement, not at the
      one after it.
        waited == patience -> waited == patience + 1
    wait-not-reset: Only epochs in a row count: an improvement sets the waiting back to zero.
        best, best_epoch, waited = loss, epoch, 0 -> best, best_epoch = loss, epoch
    compares-with-previous: Compare with the best loss so far, not with the loss of the epoch
      before.

        if waited == patience:
            return best_epoch, epoch
        ->
        best = loss
        if waited == patience:
            return best_epoch, epoch

    best-creeps: A gain too small to count must leave best as it is, or slow progress never counts.

        else:
            waited += 1
        ->
        else:
            waited += 1
        best = np.fmin(best, loss)

    nan-improves: Every comparison with NaN is false, so ask whether the loss improved, not whether
      it did not.
        if loss < best - min_delta -> if not loss >= best - min_delta
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

    nan-skipped: An epoch with a NaN loss is an epoch without improvement: it counts for the
      patience.

        if loss < best - min_delta:
        ->
        if np.isnan(loss):
            continue
        if loss < best - min_delta:

    nan-stops-at-once: A NaN loss is one epoch without improvement, not the end of training.
        if waited == patience: -> if waited == patience or np.isnan(loss):
    starts-from-first-loss: best is +∞ before the first epoch: a first loss of NaN or +∞ must not
      become best.

        if loss < best - min_delta:
        ->
        if epoch == 0:
            best = loss
        elif loss < best - min_delta:

    looks-past-the-stop: best_epoch is known when training stops: losses after the stop were never
      seen.

        if waited == patience:
            return best_epoch, epoch
        ->
        if waited == patience:
            return early_stopping(val_losses, len(val_losses) + 1, min_delta)[0], epoch

    lowest-loss: A lower loss that gains no more than min_delta does not make its epoch the best
      one.
        return best_epoch, epoch -> break

        return best_epoch, len(val_losses) - 1
        ->
        seen = val_losses[: epoch + 1]
        return int(np.argmin(np.where(np.isnan(seen), np.inf, seen))), epoch

    counts-from-one: Epochs count from 0, so the last of n is n - 1.
        return best_epoch, epoch -> return best_epoch + 1, epoch + 1
        return best_epoch, len(val_losses) - 1 -> return best_epoch + 1, len(val_losses)
    end-is-length: When training never stops, stop_epoch is the last epoch, one less than their
      number.
        len(val_losses) - 1 -> len(val_losses)
    swapped: The order of the answer is best_epoch, then stop_epoch.
        return best_epoch, epoch -> return epoch, best_epoch
        return best_epoch, len(val_losses) - 1 -> return len(val_losses) - 1, best_epoch
    in-place: Replacing NaN in the caller's array changes it: work on a copy, or leave NaN as it
      is.
        best, best_epoch, waited = np.inf, 0, 0
        -> val_losses[np.isnan(val_losses)] = np.inf; best, best_epoch, waited = np.inf, 0, 0
    """,
)
