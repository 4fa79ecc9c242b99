"""What people get wrong in logistic and softmax regression."""

from grader.bank import slips

HINTS = {
    "axis-ignored": "The sum runs along `axis`, whichever it is.",
    "axis-zero": "The sum runs along `axis`, the last one unless given.",
    "divided-by-classes": "The mean is over the N rows, not the C classes.",
    "max-with-zero-floor": "Where all logits are far below 0 the maximum is negative too: do not "
    "start it at 0.",
    "mean-over-all": "A mean over the (N, C) products with the target divides by C as well as N.",
    "min-shift": "Subtract the largest logit, not the smallest: no exponent may be positive.",
    "overwrites-input": "The caller's array has changed: an operator with = and out= write into "
    "the array itself.",
    "overwrites-logits": "The caller's logits have changed: an operator with = and out= write into "
    "the array itself.",
    "shift-once": "The maximum was subtracted inside the logarithm only: do so outside as well.",
    "sum-not-mean": "The loss is the mean over the rows, not their sum.",
}
"""Hints of mistakes that several exercises have."""


slips(
    "sigmoid",
    """
    exp-overflow: The values are right, but exp(−z) overflows below z = −709: never let exp grow
      beyond 1.
        return np.where(z >= 0, 1.0, e) / (1.0 + e) -> return 1 / (1 + np.exp(-z))
    infinity-over-infinity: exp(z) / (1 + exp(z)) is inf / inf, nan, above z = 709: that form is for
      negative z only.
        np.exp(-np.abs(z)) -> np.exp(z)
        np.where(z >= 0, 1.0, e) -> e
    both-branches-computed: np.where computes both of its branches for every entry, so each of them
      must be safe for every entry.
        return np.where(z >= 0, 1.0, e) / (1.0 + e)
          -> return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))
    one-branch-for-all: Every entry has its own sign: choose the safe form per entry, not once for
      the whole array.
        np.exp(-np.abs(z)) -> np.exp(-z if z.sum() >= 0 else z)
        np.where(z >= 0, 1.0, e) -> (1.0 if z.sum() >= 0 else e)
    sign: Large z must give probabilities near 1: look at the sign of z in exp.
        z >= 0 -> z <= 0
    zero-forgotten: z = 0 belongs to neither z > 0 nor z < 0: one of the two cases has to include
      it.
        np.where(z >= 0, 1.0, e) -> np.where(z > 0, 1.0, np.where(z < 0, e, 0.0))
    derivative: p·(1 − p) is the slope of the sigmoid; the sigmoid itself is asked for.
        np.where(z >= 0, 1.0, e) / (1.0 + e) -> e / (1.0 + e) ** 2
    tanh-without-half: σ(z) is a shifted and squeezed tanh, but of half of z.
        np.exp(-np.abs(z)) -> np.exp(-2 * np.abs(z))
    clipped-logits: Clipping z at ±10 changes probabilities that float64 can tell apart very well.
        np.exp(-np.abs(z)) -> np.exp(-np.minimum(np.abs(z), 10))
    overwrites-input:
        np.exp(-np.abs(z)) -> np.exp(-np.abs(z, out=z))
        z >= 0 -> p >= 0
        e = -> p = z.copy(); e =
    """,
    hints=HINTS,
)

slips(
    "binary_cross_entropy",
    """
    log-of-sigmoid: σ(z) rounds to exactly 0 or 1, and the logarithm of 0 is −inf, 0 times it nan:
      find the loss from the logits.
        return float(np.mean(np.logaddexp(0.0, logits) - targets * logits))
        ->
        p = sigmoid(logits)
        return float(-np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p)))
    clipped-at-1e-15: Clipping hides how wrong a confident prediction is: at z = −1e4 the true loss
      is 1e4, not 34.
        return float(np.mean(np.logaddexp(0.0, logits) - targets * logits))
        ->
        p = np.clip(sigmoid(logits), 1e-15, 1 - 1e-15)
        return float(-np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p)))
    clipped-at-1e-12: Clipping hides how wrong a confident prediction is: at z = −1e4 the true loss
      is 1e4, not 27.
        return float(np.mean(np.logaddexp(0.0, logits) - targets * logits))
        ->
        p = np.clip(sigmoid(logits), 1e-12, 1 - 1e-12)
        return float(-np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p)))
    clipped-at-1e-7: Clipping hides how wrong a confident prediction is: at z = −1e4 the true loss
      is 1e4, not 16.
        return float(np.mean(np.logaddexp(0.0, logits) - targets * logits))
        ->
        p = np.clip(sigmoid(logits), 1e-7, 1 - 1e-7)
        return float(-np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p)))
    overflowing-softplus: log(1 + exp(z)) is the right formula, but exp(z) overflows above z = 709.
        np.logaddexp(0.0, logits) -> np.log(1 + np.exp(logits))
    absolute-value-missing: The exponent in log(1 + exp(·)) must never be positive: it is −|z|, not
      −z.
        np.logaddexp(0.0, logits) -> np.maximum(logits, 0) + np.log1p(np.exp(-logits))
    both-branches-computed: The values are right, but np.where computes both of its branches for
      every entry, and each overflows on one side.
        np.logaddexp(0.0, logits)
          -> np.where(logits > 0, logits + np.log1p(np.exp(-logits)), np.log1p(np.exp(logits)))
    sum-not-mean: The loss is the mean over all entries.
        np.mean( -> np.sum(
    mean-over-rows-only: The mean runs over all entries, also those of further axes.
        targets * logits)) -> targets * logits)) * logits.size / len(logits)
    negative-part-missing: Where the target is 0, a high probability must cost something: the loss
      has two terms.
        np.logaddexp(0.0, logits) - targets * logits -> targets * np.logaddexp(0.0, -logits)
    sign: A loss is small when the predictions are good and never negative: this is the
      log-likelihood.
        float(np.mean( -> float(-np.mean(
    only-zero-or-one: Targets are probabilities: one of 0.3 costs 0.3 of one side and 0.7 of the
      other.
        targets * logits -> (targets == 1) * logits
    rounded-targets: Targets are probabilities and must not be rounded to 0 or 1 first.
        targets * logits -> (targets >= 0.5) * logits
    labels-plus-minus: log(1 + exp(−t·z)) is the loss for targets −1 and 1; here they lie between 0
      and 1.
        np.logaddexp(0.0, logits) - targets * logits -> np.logaddexp(0.0, -targets * logits)
    sigmoid-twice: The loss takes logits and applies the sigmoid itself; do not apply it before as
      well.
        return -> logits = sigmoid(logits); return
    logits-as-probabilities: Logits are any real numbers: they become probabilities only by the
      sigmoid.
        np.logaddexp(0.0, logits) - targets * logits
          -> -targets * np.log(logits) - (1 - targets) * np.log(1 - logits)
    arguments-swapped: Predictions and targets do not play the same part: the logarithm is of the
      predictions.
        return -> logits, targets = targets, sigmoid(logits); return
    squared-error: This is the mean squared error of the probabilities; the loss asked for uses
      logarithms.
        np.logaddexp(0.0, logits) - targets * logits -> (sigmoid(logits) - targets) ** 2
    overwrites-logits:
        targets * logits)) -> targets * logits)) + 0 * np.clip(logits, 0, None, out=logits).sum()
    """,
    hints=HINTS,
)

slips(
    "logistic_gradient",
    """
    sum-not-mean: The loss is a mean: its gradient carries 1/n.
        / len(y) ->
    bias-first: The answer is (dw, db), the bias last.
        return X.T @ error, float(error.sum()) -> return float(error.sum()), X.T @ error
    sign: The gradient points to where the loss grows: it is p − y, not y − p.
        sigmoid(X @ w + b) - y -> y - sigmoid(X @ w + b)
    squared-error-chain: p·(1 − p) belongs to the squared error; the logarithm in the cross-entropy
      cancels it.
        return -> p = sigmoid(X @ w + b); error = error * p * (1 - p); return
    averaged-twice: dw is divided by n twice: once in p − y and again after the product with X.
        X.T @ error -> X.T @ error / len(y)
    db-not-averaged: db is a mean over the examples, as dw is.
        error.sum() -> error.sum() * len(y)
    dw-not-averaged: dw is a mean over the examples, as db is.
        X.T @ error -> X.T @ error * len(y)
    divided-by-features: The mean is over the n examples (rows of X), not over the d features.
        / len(y) -> / len(w)
    factor-two: There is no square in this loss, so no factor 2.
        error = -> error = 2 *
    bias-not-used: The logits are X w + b: b takes part in them.
        X @ w + b -> X @ w
    no-sigmoid: X w + b are logits; the error is that of the probabilities.
        sigmoid(X @ w + b) -> X @ w + b
    thresholded: The gradient needs the probabilities themselves, not the decisions 0 or 1 made from
      them.
        sigmoid(X @ w + b) -> (X @ w + b >= 0)
    db-of-each-example: db is one number: there is one bias for all examples.
        float(error.sum()) -> error
    infinity-over-infinity: exp(z) / (1 + exp(z)) is nan above z = 709: use a sigmoid that is safe
      on both sides.
        sigmoid(X @ w + b) -> np.exp(X @ w + b) / (1 + np.exp(X @ w + b))
    exp-overflow: The values are right, but exp(−z) overflows below z = −709: use a sigmoid that
      does not warn.
        sigmoid(X @ w + b) -> 1 / (1 + np.exp(-(X @ w + b)))
    overwrites-targets: The caller's y has changed: an operator with = writes into the array itself.
        return -> y -= sigmoid(X @ w + b); return
    """,
    hints=HINTS,
)

slips(
    "logsumexp",
    """
    no-max-shift: exp overflows above 709, and far below 0 the sum is 0: take the maximum out first.
        z.max(axis=axis, keepdims=True) -> 0 * z.max(axis=axis, keepdims=True)
    max-not-added-back: What was subtracted from z inside the exponential must be added to the
      logarithm.
        np.squeeze(top, axis=axis) + ->
    global-max: A slice far below the maximum of the whole array underflows: each needs its own
      maximum.
        z.max(axis=axis, keepdims=True) -> z.max()
        np.squeeze(top, axis=axis) -> top
    axis-kept: The axis that is summed over must disappear from the shape.
        np.squeeze(top, axis=axis) -> top
        sum(axis=axis) -> sum(axis=axis, keepdims=True)
    axis-ignored:
        top = -> axis = -1; top =
    axis-zero:
        top = -> axis = 0; top =
    everything-summed: One sum for each slice along `axis`, not one for all.
        top = -> z, axis = z.ravel(), 0; top =
    maximum-only: The maximum is only the largest term of the sum.
        + np.log(np.exp(z - top).sum(axis=axis)) ->
    max-with-zero-floor:
        keepdims=True -> keepdims=True, initial=0.0
    mean-not-sum: The exponentials are added up, not averaged.
        sum(axis=axis) -> mean(axis=axis)
    logarithm-missing: The sum of the exponentials still needs its logarithm.
        return np.squeeze(top, axis=axis) + np.log(np.exp(z - top).sum(axis=axis))
          -> return np.exp(z).sum(axis=axis)
    maximum-counted-twice: exp(z − max) of the maximum itself is already the 1 in the sum: log1p
      adds another.
        np.log( -> np.log1p(
    logarithm-of-each: log Σ exp(z) is not Σ log exp(z): first sum, then log.
        return np.squeeze(top, axis=axis) + np.log(np.exp(z - top).sum(axis=axis))
          -> return z.sum(axis=axis)
    min-shift:
        z.max( -> z.min(
    overwrites-input:
        z - top -> np.subtract(z, top, out=z)
    """,
    hints=HINTS,
)

slips(
    "softmax",
    """
    no-max-shift: exp overflows above about 709: subtract each row's maximum first.
        z - z.max(axis=axis, keepdims=True) -> z
    global-sum: Every row must sum to one by itself, not the whole array.
        z.max(axis=axis, keepdims=True) -> z.max()
        e.sum(axis=axis, keepdims=True) -> e.sum()
    global-max: A row far below the maximum of the whole array underflows to 0 / 0: each needs its
      own.
        z.max(axis=axis, keepdims=True) -> z.max()
    sum-of-everything: The maximum is taken along the axis, but the sum over the whole array.
        e.sum(axis=axis, keepdims=True) -> e.sum()
    axis-ignored: The probabilities sum to one along `axis`, whichever it is.
        e = -> axis = -1; e =
    axis-zero: The probabilities sum to one along `axis`, the last by default.
        e = -> axis = 0; e =
    axis-one: A vector has no axis 1: use `axis`, whatever the rank of z.
        e = -> axis = 1; e =
    max-with-zero-floor:
        z.max(axis=axis, keepdims=True) -> z.max(axis=axis, keepdims=True, initial=0.0)
    min-shift:
        z.max( -> z.min(
    mean-shift: The mean is too little to subtract: the largest logit may still overflow.
        z.max( -> z.mean(
    divided-by-max: Only a difference leaves softmax as it is: subtract the maximum, do not divide
      by it.
        z - z.max -> z / z.max
    clipped-logits: Clipping makes all logits beyond the limit equal; shift them instead, that keeps
      differences.
        z - z.max(axis=axis, keepdims=True) -> np.clip(z, -500, 500)
    exp-of-ratio: Divide the exponentials by their sum, not their exponents.
        return e / e.sum(axis=axis, keepdims=True)
          -> return np.exp(z / np.exp(z).sum(axis=axis, keepdims=True))
    no-exp: Logits may be negative: only their exponentials can be shared out.
        np.exp(z - z.max(axis=axis, keepdims=True)) -> z
    not-normalised: The exponentials still have to be divided by their sum.
        return e / e.sum(axis=axis, keepdims=True) -> return e
    sign: The largest logit must get the largest probability.
        e = -> z = -z; e =
    hard-max: Every class gets a share; this gives all of it to the largest.
        return e / e.sum(axis=axis, keepdims=True) -> return (e == 1.0).astype(float)
    logarithm: The probabilities are due, not their logarithms.
        return e / e.sum(axis=axis, keepdims=True) -> return log_softmax(z, axis)
    sigmoid-of-each: Softmax compares the logits with each other; the sigmoid looks at each of them
      alone.
        return e / e.sum(axis=axis, keepdims=True) -> return sigmoid(z)
    keepdims-missing: max and sum drop their axis and then line up with the wrong one: keepdims=True
      keeps it.
        axis=axis, keepdims=True => axis=axis
    overwrites-input:
        z - z.max -> z[...] - z.max
        e = -> z -= z.max(axis=axis, keepdims=True); e =
    """,
    hints=HINTS,
)

slips(
    "log_softmax",
    """
    log-of-softmax: A probability below 1e-323 is stored as 0, and its logarithm is −inf: never form
      it.
        z - np.expand_dims(logsumexp(z, axis=axis), axis) -> np.log(softmax(z, axis))
    log-of-softmax-plus-epsilon: The added epsilon hides how small a probability is: no logarithm
      falls below that of epsilon.
        z - np.expand_dims(logsumexp(z, axis=axis), axis) -> np.log(softmax(z, axis) + 1e-12)
    clipped-probability: Clipping hides how small a probability is: no logarithm falls below that of
      the limit.
        z - np.expand_dims(logsumexp(z, axis=axis), axis)
          -> np.log(np.clip(softmax(z, axis), 1e-15, 1.0))
    no-max-shift: log Σ exp(z) overflows as it stands: use your logsumexp, which is safe.
        logsumexp(z, axis=axis) -> np.log(np.exp(z).sum(axis=axis))
    log-of-naive-softmax: exp overflows, and inf / inf is nan: stay with logarithms all the way.
        z - np.expand_dims(logsumexp(z, axis=axis), axis)
          -> np.log(np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True))
    global-max: A row far below the maximum of the whole array underflows to log 0: each needs its
      own.
        return -> z = z - z.max(); return
        logsumexp(z, axis=axis) -> np.log(np.exp(z).sum(axis=axis))
    shift-once:
        logsumexp(z, axis=axis)
          -> np.log(np.exp(z - z.max(axis=axis, keepdims=True)).sum(axis=axis))
    max-with-zero-floor:
        return -> z = z - z.max(axis=axis, keepdims=True, initial=0.0); return
        logsumexp(z, axis=axis) -> np.log(np.exp(z).sum(axis=axis))
    axis-ignored:
        return -> axis = -1; return
    axis-zero:
        return -> axis = 0; return
    global-sum: Every row has its own sum, not one for the whole array.
        np.expand_dims(logsumexp(z, axis=axis), axis) -> logsumexp(z.ravel())
    logarithm-missing: The logarithms are due, not the probabilities.
        z - np.expand_dims(logsumexp(z, axis=axis), axis) -> softmax(z, axis)
    sign: Logarithms of probabilities are never positive.
        z - np.expand_dims(logsumexp(z, axis=axis), axis)
          -> np.expand_dims(logsumexp(z, axis=axis), axis) - z
    keepdims-missing: The logsumexp has lost its axis and lines up with the wrong one: put the axis
      back.
        np.expand_dims(logsumexp(z, axis=axis), axis) -> logsumexp(z, axis=axis)
    maximum-subtracted-only: Subtracting the maximum is the first half: the logarithm of the sum is
      missing.
        np.expand_dims(logsumexp(z, axis=axis), axis) -> z.max(axis=axis, keepdims=True)
    overwrites-input:
        return -> z -= z.max(axis=axis, keepdims=True); return
    """,
    hints=HINTS,
)

slips(
    "softmax_backward",
    """
    jacobian-diagonal: p·(1 − p) is only the Jacobian's diagonal: every logit moves all
      probabilities of its row.
        (dout - (dout * p).sum(axis=-1, keepdims=True)) -> dout * (1 - p)
    global-sum: The sum of dout·p belongs to a row: one number for each row, not one for the whole
      array.
        axis=-1, keepdims=True ->
    axis-zero: The probabilities of a row run along the last axis, and so does the sum.
        axis=-1, keepdims=True -> axis=0
    axis-one: The sum runs along the last axis, which is axis 1 only for a matrix.
        axis=-1 -> axis=1
    unweighted-sum: What is subtracted is the mean of dout weighted with the probabilities, not its
      plain sum.
        (dout * p).sum -> dout.sum
    plain-mean: What is subtracted is the mean of dout weighted with the probabilities, not its
      plain mean.
        (dout * p).sum -> dout.mean
    outer-p-missing: The difference still has to be multiplied by p: a class with probability 0
      cannot move.
        return p * -> return
    sign: The signs of both terms of the Jacobian are turned round.
        return p -> return -p
    off-diagonal-sign: Raising one logit lowers the other probabilities: the second term is
      subtracted.
        dout - -> dout +
    softmax-again: p is the output of softmax already: it must not go through softmax once more.
        return -> p = softmax(p); return
    cross-entropy-shortcut: p − target holds behind a cross-entropy only; here dout may come from
      any loss.
        p * (dout - (dout * p).sum(axis=-1, keepdims=True)) -> p - dout
    averaged: dout already holds whatever mean the loss took: nothing is divided by the batch here.
        keepdims=True)) -> keepdims=True)) / len(p)
    one-row-only: np.diag and np.outer build the Jacobian of a single row; there may be any number
      of rows.
        p * (dout - (dout * p).sum(axis=-1, keepdims=True)) -> (np.diag(p) - np.outer(p, p)) @ dout
    arguments-swapped: dout comes first, p second, and they do not play the same part.
        return -> dout, p = p, dout; return
    overwrites-upstream: The caller's dout has changed: an operator with = writes into the array
      itself.
        return -> dout -= (dout * p).sum(axis=-1, keepdims=True); return
    """,
    hints=HINTS,
)

slips(
    "cross_entropy",
    """
    double-softmax: log_softmax starts from the logits: do not hand it probabilities.
        log_softmax(logits) -> log_softmax(softmax(logits))
    log-of-softmax: A tiny probability is stored as 0, and its logarithm is −inf: use log_softmax.
        log_softmax(logits) -> np.log(softmax(logits))
    one-hot-times-log: A tiny probability is stored as 0, and a one-hot 0 times its logarithm, −inf,
      is nan: use log_softmax, and take the label's entry alone.
        log_softmax(logits) -> np.log(softmax(logits))
        -log_p[np.arange(len(labels)), labels].mean()
          -> -(np.eye(logits.shape[1])[labels] * log_p).sum(axis=1).mean()
    clipped-at-1e-15: Clipping hides how wrong a confident prediction is: the loss can never exceed
      34.5.
        log_softmax(logits) -> np.log(np.clip(softmax(logits), 1e-15, 1 - 1e-15))
    clipped-at-1e-12: Clipping hides how wrong a confident prediction is: the loss can never exceed
      27.6.
        log_softmax(logits) -> np.log(np.clip(softmax(logits), 1e-12, 1 - 1e-12))
    epsilon-in-log: The added epsilon hides how wrong a confident prediction is: it caps the loss.
        log_softmax(logits) -> np.log(softmax(logits) + 1e-9)
    no-max-shift: exp overflows above 709, and far below 0 the sum is 0: build on your log_softmax.
        log_softmax(logits) -> logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    global-max: A row far below the maximum of the whole array underflows: each needs its own
      maximum.
        log_p = log_softmax(logits)
        ->
        shifted = logits - logits.max()
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    sum-not-mean:
        mean() -> sum()
    mean-over-all:
        mean() -> mean() / logits.shape[1]
    divided-by-classes:
        mean() -> sum() / logits.shape[1]
    label-columns: log_p[:, labels] is a whole column for every label; one entry per row is due.
        np.arange(len(labels)), labels -> :, labels
    axis-zero: The classes of a row run along axis 1; axis 0 are different examples.
        log_softmax(logits) -> log_softmax(logits, 0)
    binary-on-multiclass: The terms (1 − y)·log(1 − p) belong to the binary loss; here only the
      label's log p counts.
        log_p = log_softmax(logits)
        ->
        p, y = softmax(logits), np.eye(logits.shape[1])[labels]
        log_p = (y * np.log(p) + (1 - y) * np.log(1 - p)).sum(axis=1, keepdims=True) + 0 * p
    sign: A loss is never negative: this is the log-likelihood.
        float(-log_p -> float(log_p
    log-of-mean: The mean is taken of the logarithms, not of the probabilities before the logarithm.
        -log_p[np.arange(len(labels)), labels].mean()
          -> -np.log(softmax(logits)[np.arange(len(labels)), labels].mean())
    logits-not-normalised: The label's logit alone says nothing: it counts against the logits of all
      classes.
        log_softmax(logits) -> logits
    logits-as-probabilities: Logits are any real numbers: their logarithm is taken only after a
      softmax.
        log_softmax(logits) -> np.log(logits)
    logarithm-missing: One minus the label's probability is not the loss: it is the logarithm that
      makes it.
        log_softmax(logits) -> softmax(logits) - 1
    loss-of-each-row: One number is due: the mean over the rows.
        float(-log_p[np.arange(len(labels)), labels].mean())
          -> -log_p[np.arange(len(labels)), labels]
    shift-once:
        log_softmax(logits) -> logits - logsumexp(logits - logits.max(1, keepdims=True))[:, None]
    overwrites-logits:
        log_p = -> logits -= logits.max(axis=1, keepdims=True); log_p =
    """,
    hints=HINTS,
)

slips(
    "cross_entropy_gradient",
    """
    not-averaged: The loss is a mean over N rows, so its gradient carries the factor 1/N.
        p / len(labels) -> p
    divided-by-everything: The mean is over the N rows only: dividing by N·C is too much.
        p / len(labels) -> p / p.size
    divided-by-classes:
        p / len(labels) -> p / p.shape[1]
    label-columns: p[:, labels] are whole columns; the 1 is subtracted in one place of each row.
        np.arange(len(labels)), labels -> :, labels
    label-rows: p[labels] are rows; the labels are columns, one for each row.
        np.arange(len(labels)), labels -> labels[labels < len(p)]
    sign: The gradient points to where the loss grows: it is p − target, not target − p.
        return p / len(labels) -> return -p / len(labels)
    target-missing: These are the probabilities: the one-hot labels still have to be subtracted.
        -= 1.0 -> -= 0.0
    softmax-missing: It is the probabilities from which the one-hot labels are subtracted, not the
      logits.
        softmax(logits) -> logits.copy()
    log-softmax: The one-hot labels are subtracted from the probabilities, not from their
      logarithms.
        softmax(logits) -> log_softmax(logits)
    averaged-too-early: The whole difference is divided by N, the one-hot labels too.
        softmax(logits) -> softmax(logits) / len(labels)
        p / len(labels) -> p
    sigmoid-derivative: p·(1 − p) has no place here: the logarithm in the loss cancels it.
        p / len(labels) -> p * softmax(logits) * (1 - softmax(logits)) / len(labels)
    gradient-of-probabilities: −target / p is the derivative by the probabilities; it still has to
      pass through the softmax.
        p / len(labels) -> -np.eye(p.shape[1])[labels] / softmax(logits) / len(labels)
    label-entries-only: The other classes have a gradient too: their probabilities must go down.
        p / len(labels) -> p * np.eye(p.shape[1])[labels] / len(labels)
    axis-zero: The classes of a row run along axis 1; axis 0 are different examples.
        softmax(logits) -> softmax(logits, 0)
    no-max-shift: exp overflows above about 709, and inf / inf is nan: build on your softmax.
        softmax(logits) -> np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    global-max: A row far below the maximum of the whole array underflows to 0 / 0: each needs its
      own.
        p = softmax(logits)
        ->
        p = np.exp(logits - logits.max())
        p /= p.sum(axis=1, keepdims=True)
    summed-over-rows: Each row has its own logits and its own gradient: the answer is (N, C).
        p / len(labels) -> p.sum(axis=0) / len(labels)
    never-filled: The answer is made with zeros and never filled.
        p / len(labels) -> np.zeros_like(logits)
    overwrites-logits: The caller's logits have changed: the one-hot labels must be subtracted in
      your own array.
        p = softmax(logits)
        ->
        logits[...] = softmax(logits)
        p = logits
    """,
    hints=HINTS,
)

slips(
    "smoothed_cross_entropy",
    """
    spread-over-others: s is shared by all C classes, the labelled one as well, not by the C − 1
      others.
        uniform = log_p.mean(axis=1)
          -> uniform = (log_p.sum(axis=1) - labelled) / max(log_p.shape[1] - 1, 1)
    label-without-share: The labelled class gets s/C as well: the target of a row must sum to one.
        uniform = log_p.mean(axis=1) -> uniform = log_p.mean(axis=1) - labelled / log_p.shape[1]
    label-not-lowered: What the classes share is taken from the label: it keeps 1 − s.
        (1.0 - smoothing) * labelled -> labelled
    weights-swapped: s is the share of the uniform distribution, 1 − s that of the label.
        log_p = -> smoothing = 1.0 - smoothing; log_p =
    uniform-not-averaged: The mass s is divided among the C classes: each gets s/C, not s.
        mean(axis=1) -> sum(axis=1)
    divided-by-batch: The mass s is divided by the number of classes, not by the number of rows.
        mean(axis=1) -> sum(axis=1) / len(labels)
    smoothing-ignored: The smoothing has no effect on the loss.
        log_p = -> smoothing = 0.0; log_p =
    probabilities-smoothed: The target is smoothed, not the prediction: the probabilities stay as
      they are.
        log_softmax(logits)
          -> np.log((1 - smoothing) * softmax(logits) + smoothing / logits.shape[1])
        (1.0 - smoothing) * labelled + smoothing * uniform -> labelled
    log-of-softmax: A tiny probability is stored as 0 and its logarithm is −inf, or 0·inf = nan: use
      log_softmax.
        log_softmax(logits) -> np.log(softmax(logits))
        labelled = -> q = np.full(log_p.shape, smoothing / log_p.shape[1]); labelled =
        uniform = -> q[np.arange(len(labels)), labels] += 1 - smoothing; uniform =
        (1.0 - smoothing) * labelled + smoothing * uniform -> (q * log_p).sum(axis=1)
    no-max-shift: exp overflows above 709, and far below 0 the sum is 0: build on your log_softmax.
        log_softmax(logits) -> logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    sum-not-mean: The loss is the mean over the rows.
        np.mean( -> np.sum(
    mean-over-all:
        smoothing * uniform) -> smoothing * uniform) / log_p.shape[1]
    sign: A loss is never negative: this is the log-likelihood.
        -np.mean( -> np.mean(
    uniform-added-back: Both parts are costs: the mean log-probability of the classes counts with a
      minus sign too.
        labelled + smoothing -> labelled - smoothing
    overwrites-logits:
        log_p = -> logits -= logits.max(axis=1, keepdims=True); log_p =
    """,
    hints=HINTS,
)
