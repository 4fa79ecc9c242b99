"""What people get wrong in L1 and L2 regularization, AdamW and dropout."""

from grader.bank import slips

HINTS = {
    "half": "The penalty of this course has no factor ½.",
    "skips-the-first": "w holds weights only, the intercept is not among them.",
    "sum-over-rows": "One number is due for all weights: sum over every axis, not one.",
    "swapped": "The order of the answer is w first, then b.",
    "wrong-sign": "The penalty grows away from zero; the minus comes later.",
}
"""Hints of mistakes that several exercises have."""

slips(
    "polynomial_features",
    """
    with-ones: The zeroth power is not asked for: the intercept stands for the column of ones.
        1, degree -> degree
    one-power-too-low: The powers run from 1 to degree, not from 0 to degree - 1.
        1, degree + 1 -> degree
    without-the-last: The last power is degree itself, not degree - 1.
        degree + 1 -> degree
    transposed: One row is due for each number, one column for each power.
        x[:, np.newaxis] ** np.arange(1, degree + 1)
        -> x ** np.arange(1, degree + 1)[:, np.newaxis]
    descending: The lowest power comes first, the highest last.
        1, degree + 1 -> degree, 0, -1
    multiples: Raise x to the powers 1, 2, …; do not multiply by them.
        x[:, np.newaxis] ** np -> x[:, np.newaxis] * np
    base-and-exponent-swapped: x is what is raised; k is the exponent.
        x[:, np.newaxis] ** np.arange(1, degree + 1)
        -> np.arange(1.0, degree + 1) ** x[:, np.newaxis]
    through-logarithms: exp(k · log x) has no answer where x is negative: raise x itself.
        x[:, np.newaxis] ** np.arange(1, degree + 1)
        -> np.exp(np.log(x)[:, np.newaxis] * np.arange(1, degree + 1))
    only-the-last: All powers up to degree are due, not the last only.
        np.arange(1, degree + 1) -> degree
    flat: The powers of one number form a row: the answer has two axes.
        x[:, np.newaxis] ** np.arange(1, degree + 1)
        -> np.concatenate([x**k for k in range(1, degree + 1)])
    repeated-squares: Multiply the last column by x for the next one; squaring it skips powers.
        np.arange(1, degree + 1) -> (2 ** np.arange(degree))
    in-place:

        return x[:, np.newaxis] ** np.arange(1, degree + 1)
        ->
        once, columns = x.copy(), []
        for _ in range(degree):
            columns.append(x.copy())
            x *= once
        return np.stack(columns, axis=1)
    """,
)

slips(
    "l2_penalty",
    """
    no-lambda: The sum of squares still has to be multiplied by lam.
        lam * np -> np
    half:
        lam * np -> 0.5 * lam * np
    mean: Sum the squares; a mean would make many weights cheap.
        sum -> mean
    root: The square of the norm is due, not the norm: take no root.
        sum(w**2) -> sqrt(np.sum(w**2))
    square-of-sum: Square each weight first and sum then, not the reverse.
        (w**2) -> (w) ** 2
    absolute: That is the L1 penalty: square the weights.
        w**2 -> np.abs(w)
    sum-over-rows:
        float(lam * np.sum(w**2)) -> lam * np.sum(w**2, axis=0)
    matrix-product: w @ w is a sum of squares for vectors only.
        float(lam * np.sum(w**2)) -> lam * (w.T @ w)
    per-weight: One number is due for all weights: the sum is missing.
        float(lam * np.sum(w**2)) -> lam * w**2
    skips-the-first:
        w**2 -> w.ravel()[1:] ** 2
    lambda-squared: lam multiplies the squares; it is not squared itself.
        lam * np.sum(w**2) -> np.sum((lam * w) ** 2)
    in-place:
        return float(lam * np.sum(w**2)) -> w **= 2; return float(lam * np.sum(w))
    """,
    hints=HINTS,
)

slips(
    "l2_gradient",
    """
    no-factor-two: The derivative of a square has a 2, and no ½ cancels it.
        2 * lam -> lam
    no-lambda: The penalty has lam in front, and so has its gradient.
        lam * w -> w
    sign-only: That is the L1 pull: here it grows with the weight.
        * w -> * np.sign(w)
    absolute: A negative weight is pulled up: keep its sign.
        * w -> * np.abs(w)
    wrong-sign:
        2 -> -2
    squared: Derive the penalty: a square becomes a first power.
        * w -> * w**2
    summed: Every weight has its own derivative: do not sum them.
        2 * lam * w -> float(2 * lam * np.sum(w))
    mean: The penalty is a sum of squares, not a mean: divide by nothing.
        * w -> * w / w.size
    normalised: The penalty is the squared norm; yours derives the norm.
        2 * lam * w -> lam * w / (np.sqrt(np.sum(w**2)) or 1.0)
    skips-the-first: All of w is penalised, its first entry too.
        return 2 * lam * w -> answer = 2 * lam * w; answer.flat[0] = 0.0; return answer
    in-place:
        return 2 * lam * w -> w *= 2 * lam; return w
    """,
    hints=HINTS,
)

slips(
    "l1_penalty",
    """
    no-lambda: The sum still has to be multiplied by lam.
        lam * np -> np
    signed-sum: Without absolute values, weights of opposite sign cancel.
        np.abs(w) -> w
    absolute-of-sum: Take each absolute value first and sum then.
        sum(np.abs(w)) -> abs(np.sum(w))
    squared: That is the L2 penalty: do not square the weights.
        np.abs(w) -> w**2
    mean: Sum the sizes; a mean would make many weights cheap.
        sum -> mean
    sum-over-rows:
        float(lam * np.sum(np.abs(w))) -> lam * np.sum(np.abs(w), axis=0)
    half:
        lam * np -> 0.5 * lam * np
    largest: All weights are charged for, not the largest alone.
        sum -> max
    counts: The sizes of the weights count, not how many are not zero.
        sum(np.abs(w)) -> count_nonzero(w)
    skips-the-first:
        (w) -> (w.ravel()[1:])
    euclidean-norm: np.linalg.norm(w) is the root of the sum of squares, ‖w‖₂: the L1 norm is the
      sum of the absolute values.
        np.sum(np.abs(w)) -> np.sqrt(np.sum(w**2))
    in-place:
        np.abs(w) -> np.abs(w, out=w)
    matrix-norm: For a matrix np.linalg.norm(w, 1) is the largest column sum: add up all the
      entries.
        np.sum(np.abs(w)) -> np.abs(w).reshape(len(w), -1).sum(axis=0).max()
    """,
    hints=HINTS,
)

slips(
    "l1_subgradient",
    """
    nan-at-zero: w / |w| divides by zero where a weight is zero.
        np.sign -> w / np.abs
    one-at-zero: A weight of exactly zero gets 0, not lam.
        lam * np.sign(w) -> np.where(w >= 0, lam, -lam)
    minus-one-at-zero: A weight of exactly zero gets 0, not −lam.
        lam * np.sign(w) -> np.where(w > 0, lam, -lam)
    sign-of-abs: A negative weight is pulled up: take the sign of w.
        (w) -> (np.abs(w))
    uses-w-not-sign: That is the L2 pull: here only the sign matters.
        np.sign(w) -> w
    l2-gradient: That is the gradient of the L2 penalty.
        lam * np.sign(w) -> 2 * lam * w
    no-lambda: The penalty has lam in front, and so has its slope.
        lam * np -> np
    factor-two: There is no square here, and so no factor 2.
        lam * np -> 2 * lam * np
    wrong-sign:
        lam * np -> -lam * np
    constant: The slope of |w| is negative where w is negative.
        lam * np.sign(w) -> np.full(w.shape, lam)
    zero-for-negative: Negative weights are pulled, too: upwards.
        lam * np.sign(w) -> np.where(w > 0, lam, 0.0)
    clipped: However small a weight is, its pull is lam in full.
        sign(w) -> clip(w, -1, 1)
    summed: Every weight has its own slope: do not sum them.
        lam * np.sign(w) -> float(lam * np.sum(np.sign(w)))
    mean: The penalty is a sum, not a mean: divide by nothing.
        (w) -> (w) / w.size
    dead-zone: Only a weight of exactly 0 is not pulled; a small one is, in full.
        np.sign(w) -> np.where(np.abs(w) < 1e-8, 0.0, np.sign(w))
    in-place:
        return lam * np.sign(w) -> w[:] = lam * np.sign(w); return w
    """,
    hints=HINTS,
)

slips(
    "elastic_net_penalty",
    """
    signed-sum: The L1 part sums absolute values, not the weights.
        l1_penalty(w, lam * l1_ratio) + l2_penalty(w, lam * (1 - l1_ratio))
        -> float(lam * np.sum(l1_ratio * w + (1 - l1_ratio) * w**2))
    product: The two parts are added, they do not multiply each other.
        l1_penalty(w, lam * l1_ratio) + l2_penalty(w, lam * (1 - l1_ratio))
        -> float(lam * np.sum(np.abs(w)) ** l1_ratio * np.sum(w**2) ** (1 - l1_ratio))
    ratio-swapped: l1_ratio is the share of the absolute values.
        lam * l1_ratio -> lam * (1 - l1_ratio)
        lam * (1 - l1_ratio) -> lam * l1_ratio
    half: There is no ½ before the squares here, unlike in scikit-learn.
        (1 - l1_ratio) -> (1 - l1_ratio) / 2
    no-mixture: The squares get the share 1 - l1_ratio.
        lam * (1 - l1_ratio) -> lam
    ratio-on-both: l1_ratio is for L1; L2 gets what is left of 1.
        (1 - l1_ratio) -> l1_ratio
    root: The L2 part is the squared norm: take no root.
        l2_penalty(w, lam * (1 - l1_ratio)) -> float(lam * (1 - l1_ratio) * np.sqrt(np.sum(w**2)))
    lambda-on-l1-only: lam multiplies both parts.
        lam * (1 - l1_ratio) -> 1 - l1_ratio
    lambda-on-l2-only: lam multiplies both parts.
        lam * l1_ratio -> l1_ratio
    no-lambda: The mixture still has to be multiplied by lam.
        lam * l1_ratio -> l1_ratio
        lam * (1 - l1_ratio) -> 1 - l1_ratio
    mean: Sum over the weights instead of averaging.
        lam * l1_ratio -> lam * l1_ratio / w.size
        lam * (1 - l1_ratio) -> lam * (1 - l1_ratio) / w.size
    in-place: Taking absolute values must not change the caller's w.
        return -> np.abs(w, out=w); return
    """,
)

slips(
    "ridge_regression",
    """
    penalises-intercept: The penalty's diagonal must not reach the column of ones: b is not
      penalised.

        w = np.linalg.solve(X_c.T @ X_c + n * lam * np.eye(d), X_c.T @ (y - y_mean))
        return w, float(y_mean - x_mean @ w)
        ->
        A = np.column_stack([X, np.ones(n)])
        theta = np.linalg.solve(A.T @ A + n * lam * np.eye(d + 1), A.T @ y)
        return theta[:-1], float(theta[-1])

    first-weight-free: All of w is penalised; the intercept is not among the columns of X.
        np.eye(d) -> np.diag([0.0] + [1.0] * (d - 1))
    no-intercept: The line has an intercept: centre the data, or give it a column of ones.
        X - x_mean -> X
        (y - y_mean) -> y
        float(y_mean - x_mean @ w) -> 0.0
    one-mean-for-all-columns: Every column of X has a mean of its own: np.mean without an axis
      mixes them.
        X - x_mean -> X - X.mean()
    sum-of-squares: The error is a mean over the rows: against their sum, lam has to be n times as
      large.
        n * lam -> lam
    half-lambda: Both the error and the penalty give a factor 2 when derived: they cancel.
        n * lam -> n * lam / 2
    double-lambda: Both the error and the penalty give a factor 2 when derived: they cancel.
        n * lam -> 2 * n * lam
    lambda-over-n: n · lam stands on the diagonal, lam is not divided by n.
        n * lam -> lam / n
    lambda-squared: When the penalty is written as more rows of data, they hold the root of n ·
      lam.
        n * lam -> (n * lam) ** 2
    least-squares: lam is not used: this is plain least squares.
        np.linalg.solve(X_c.T @ X_c + n * lam * np.eye(d), X_c.T @ (y - y_mean))
        -> np.linalg.pinv(X_c) @ (y - y_mean)
    wrong-sign: The penalty is added to the error, and its diagonal to the matrix.
        + n * lam -> - n * lam
    penalty-everywhere: lam goes on the diagonal only: added to every entry, it couples the
      weights.
        * np.eye(d) ->
    intercept-is-mean: b is the mean of y minus what the weights make of the means of X.
        y_mean - x_mean @ w -> y_mean
    only-y-centred: Centring y is not enough: the means of X belong to the intercept as well.
        X - x_mean -> X
    intercept-afterwards: The weights are found with the intercept in mind: adding it afterwards is
      too late.
        X - x_mean -> X
        (y - y_mean) -> y
    standardised: Columns are centred but not scaled: scaling changes what the penalty means.
        X_c = X - x_mean
        -> std = np.where(X.std(axis=0) == 0, 1.0, X.std(axis=0)); X_c = (X - x_mean) / std
        return w -> w = w / std; return w
    shrunk-least-squares: Ridge shrinks some directions more than others; it is not least squares
      made smaller.
        np.linalg.solve(X_c.T @ X_c + n * lam * np.eye(d), X_c.T @ (y - y_mean))
        -> np.linalg.pinv(X_c) @ (y - y_mean) / (1 + lam)
    swapped:
        return w, float(y_mean - x_mean @ w) -> return float(y_mean - x_mean @ w), w
    column-shape: w has shape (d,): a column (d, 1) of y or w is one axis too many.
        return w, -> return w[:, np.newaxis],
    in-place: X -= … centres the caller's own data: make new arrays.
        return w -> X -= x_mean; y -= y_mean; return w
    """,
    hints=HINTS,
)

slips(
    "soft_threshold",
    """
    hard: That is the hard threshold: weights that survive are moved by t as well.
        maximum(w - t, 0) + np.minimum(w + t, 0) -> where(np.abs(w) > t, w, 0.0)
    no-sign: A negative weight stays negative: give the sign back.
        (w - t, 0) + np.minimum(w + t, 0) -> (np.abs(w) - t, 0)
    not-stopped-at-zero: A weight smaller than t stops at zero, not beyond.
        maximum(w - t, 0) + np.minimum(w + t, 0) -> sign(w) * (np.abs(w) - t)
    positive-only: Large negative weights survive as well.
        (w - t, 0) + np.minimum(w + t, 0) -> (w - t, 0)
    subtracts-everywhere: A negative weight moves up towards zero: add t there.
        maximum(w - t, 0) + np.minimum(w + t, 0) -> where(np.abs(w) > t, w - t, 0.0)
    moved-away: Weights are moved towards zero, not away from it.
        maximum(w - t, 0) + np.minimum(w + t, 0) -> where(np.abs(w) > t, w + t * np.sign(w), 0.0)
    clip: Clipping cuts off what is large; here the small is cut off.
        maximum(w - t, 0) + np.minimum(w + t, 0) -> clip(w, -t, t)
    small-ones-stay: Weights within the threshold become zero.
        maximum(w - t, 0) + np.minimum(w + t, 0) -> where(np.abs(w) > t, w - t * np.sign(w), w)
    multiplies: Every weight loses t, not a share of itself.
        (w - t, 0) + np.minimum(w + t, 0) -> (1 - t, 0) * w
    negative-branch: Below −t the answer is w + t; compare w with −t, not with t.
        maximum(w - t, 0) + np.minimum(w + t, 0) -> where(w > t, w - t, w + t)
    negative-ones-stay: Negative weights are shrunk as well.
        maximum(w - t, 0) + np.minimum(w + t, 0) -> where(w > 0, np.maximum(w - t, 0), w)
    dead-zone: Only weights within the threshold become zero, however small they are: nothing is to
      be added to t.
        np.maximum(w - t, 0) + np.minimum(w + t, 0)
        -> np.where(np.abs(w) <= t + 1e-8, 0.0, w - t * np.sign(w))
    half: A weight is moved by t, not by half of it.
        w - t -> w - t / 2
        w + t -> w + t / 2
    in-place:
        return np.maximum(w - t, 0) + np.minimum(w + t, 0)
        -> w[:] = np.maximum(w - t, 0) + np.minimum(w + t, 0); return w
    """,
)

slips(
    "lasso_step",
    """
    threshold-without-lr: The penalty takes part in the step with the learning rate, too: the
      threshold is lr · lam.
        lr * lam -> lam
    bias-thresholded: b is not penalised: leave it out of the threshold.
        float(b - lr * db) -> float(soft_threshold(b - lr * db, lr * lam))
    subgradient-step: A step along the sign of w jumps over zero: shrink with soft_threshold
      instead.
        soft_threshold(w - lr * dw, lr * lam) -> w - lr * (dw + lam * np.sign(w))
    ridge-step: That is the step for the squared penalty: the L1 penalty asks for soft_threshold.
        soft_threshold(w - lr * dw, lr * lam) -> w - lr * (dw + 2 * lam * w)
    no-penalty: lam is not used: the weights still have to be shrunk.
        soft_threshold(w - lr * dw, lr * lam) -> w - lr * dw
    threshold-first: First the step down the gradient, then the threshold: only so do zeros last.
        soft_threshold(w - lr * dw, lr * lam) -> soft_threshold(w, lr * lam) - lr * dw
    gradient-after-threshold: Both derivatives are taken at the old point, before any weight has
      moved.
        residual = X @ w -> w = soft_threshold(w, lr * lam); residual = X @ w
        soft_threshold(w - lr * dw, lr * lam) -> w - lr * dw
    non-simultaneous-update: b's derivative has to be taken before w has moved.

        return soft_threshold(w - lr * dw, lr * lam), float(b - lr * db)
        ->
        w = soft_threshold(w - lr * dw, lr * lam)
        return w, float(b - lr * 2 / n * (X @ w + b - y).sum())

    bias-moves-first: w's derivative has to be taken before b has moved.

        return soft_threshold(w - lr * dw, lr * lam), float(b - lr * db)
        ->
        b = float(b - lr * db)
        return soft_threshold(w - lr * 2 / n * (X.T @ (X @ w + b - y)), lr * lam), b

    no-factor-two: The derivative of the squared error has a factor 2: the error has no ½.
        2 / n => 1 / n
    sum-instead-of-mean: The error is a mean: its derivatives have 1/n.
        2 / n => 2
    wrong-sign: The error grows along its gradient: step against it.
        w - lr -> w + lr
        b - lr -> b + lr
    bias-left-out: The residual is that of the whole line, b included.
        X @ w + b -> X @ w
    bias-stays: b is a parameter too: it takes a plain gradient step.
        b - lr * db -> b
    hard-threshold: Weights that survive are moved by lr · lam as well: the threshold is a soft
      one.
        soft_threshold(w - lr * dw, lr * lam)
        -> np.where(np.abs(w - lr * dw) > lr * lam, w - lr * dw, 0.0)
    negative-erased: Negative weights beyond the threshold survive as well.
        soft_threshold(w - lr * dw, lr * lam) -> np.maximum(w - lr * dw - lr * lam, 0)
    half-threshold: The penalty is lam · Σ|w| without ½: the threshold is lr · lam in full.
        lr * lam -> lr * lam / 2
    threshold-over-n: Only the error is a mean over rows, the penalty is not.
        lr * lam -> lr * lam / n
    in-place: w -= … changes the caller's weights: make a new array.
        return soft_threshold(w - lr * dw, -> w -= lr * dw; return soft_threshold(w,
    """,
)

slips(
    "lasso_regression",
    """
    one-step-too-few: `steps` steps are due: count the rounds of your loop.
        range(steps) -> range(steps - 1)
    one-step-too-many: `steps` steps are due: count the rounds of your loop.
        range(steps) -> range(steps + 1)
    starts-at-ones: The walk begins at w = 0 and b = 0.
        np.zeros -> np.ones
    starts-at-mean: b begins at 0, however tempting the mean of y is.
        0.0 -> float(y.mean())
    stops-at-convergence: Take all the steps: b may still be walking when w seems to have come to
      rest.

        w, b = lasso_step(X, y, w, b, lam, lr)
        ->
        old = w
        w, b = lasso_step(X, y, w, b, lam, lr)
        if np.abs(w - old).max() < 1e-6:
            break

    threshold-at-the-end: The weights are shrunk in every step, not once after the last.
        w, b, lam -> w, b, 0.0
        return w -> return soft_threshold(w, lr * lam)
    subgradient-descent: Steps along the sign of w never rest at zero: use lasso_step.

        w, b = lasso_step(X, y, w, b, lam, lr)
        ->
        slope = lam * np.sign(w)
        w, b = lasso_step(X, y, w, b, 0.0, lr)
        w = w - lr * slope

    threshold-without-lr: The penalty takes part in each step with the learning rate: the threshold
      is lr · lam.
        w, b, lam -> w, b, lam / lr
    no-penalty: lam is not used: this is plain gradient descent.
        w, b, lam -> w, b, 0.0
    bias-stays: b is a parameter too: keep what lasso_step answers.
        lasso_step(X, y, w, b, lam, lr) -> lasso_step(X, y, w, b, lam, lr)[0], 0.0
    bias-thresholded: b is not penalised, and so never thresholded.
        w, b = lasso_step(X, y, w, b, lam, lr)
        -> w, b = lasso_step(X, y, w, b, lam, lr); b = float(soft_threshold(b, lr * lam))
    accelerated: The steps here are plain ones: without momentum, from the point that the last one
      reached.

        w, b = np.zeros(X.shape[1]), 0.0
        for _ in range(steps):
            w, b = lasso_step(X, y, w, b, lam, lr)
        ->
        w, b, t = np.zeros(X.shape[1]), 0.0, 1.0
        ahead, ahead_b = w, b
        for _ in range(steps):
            old, old_b, old_t = w, b, t
            w, b = lasso_step(X, y, ahead, ahead_b, lam, lr)
            t = (1 + np.sqrt(1 + 4 * t**2)) / 2
            ahead = w + (old_t - 1) / t * (w - old)
            ahead_b = b + (old_t - 1) / t * (b - old_b)

    non-simultaneous-update: b's derivative has to be taken before w has moved: lasso_step does
      both at once.

        w, b = lasso_step(X, y, w, b, lam, lr)
        ->
        w, _ = lasso_step(X, y, w, b, lam, lr)
        _, b = lasso_step(X, y, w, b, lam, lr)

    swapped:
        return w, b -> return b, w
    in-place: X and y are the caller's: centring them for yourself needs new arrays.
        return w, b -> y -= y.mean(); return w, b
    """,
    hints=HINTS,
)

slips(
    "adamw_step",
    """
    decay-through-gradient: Added to the gradient, the decay is divided by Adam's root: that is
      Adam with L2.
        m = beta1 * m -> grad = grad + weight_decay * w; m = beta1 * m
        - lr * weight_decay * w ->
    l2-gradient: Added to the gradient, the decay is divided by Adam's root: that is Adam with L2.
        m = beta1 * m -> grad = grad + 2 * weight_decay * w; m = beta1 * m
        - lr * weight_decay * w ->
    decay-without-lr: The decay is lr · weight_decay: the learning rate is missing.
        lr * weight_decay -> weight_decay
    decay-of-new-weights: The decay is that of the old w, not of the w after Adam.
        return w - lr * weight_decay * w - lr * m_hat / (np.sqrt(v_hat) + eps)
        -> w = w - lr * m_hat / (np.sqrt(v_hat) + eps); return w - lr * weight_decay * w
    no-decay: That is Adam: the weights still have to decay.
        - lr * weight_decay * w ->
    growth: The weights decay: subtract the decay, do not add it.
        w - lr * weight_decay -> w + lr * weight_decay
    double-decay: The share is lr · weight_decay, without a factor 2.
        lr * weight_decay -> 2 * lr * weight_decay
    decay-in-first-moment: m averages gradients only: the decay stays outside.
        (1 - beta1) * grad -> (1 - beta1) * (grad + weight_decay * w)
        - lr * weight_decay * w ->
    decay-of-the-step-too: The decay shrinks the old weights only, not Adam's step along with them.
        - lr * weight_decay * w - lr * m_hat -> - lr * (1 + weight_decay) * m_hat
    sign-decay: Each weight loses a share of itself, not a fixed amount.
        weight_decay * w -> weight_decay * np.sign(w)
    no-bias-correction: m and v start at zero and are too small at first: the step needs them
      corrected.
        m / (1 - beta1**t) -> m
        v / (1 - beta2**t) -> v
    constant-bias-correction: The correction fades with time: the betas in it are raised to the
      power t.
        beta1**t -> beta1
        beta2**t -> beta2
    t-one-too-large: t is the number of this step already: do not add one.
        beta1**t -> beta1 ** (t + 1)
        beta2**t -> beta2 ** (t + 1)
    eps-inside-root: eps is added to the root, not under it.
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat + eps)
    corrected-moments-stored: Return m and v without the correction, or the next step corrects them
      twice.
        eps), m, v -> eps), m_hat, v_hat
    eps-outside-the-fraction: eps belongs to the divisor: set brackets around the root plus eps.
        (np.sqrt(v_hat) + eps) -> np.sqrt(v_hat) + eps
    no-root: The step is divided by the root of v̂, not by v̂.
        np.sqrt(v_hat) -> v_hat
    betas-swapped: beta1 belongs to m, beta2 to v.
        m = beta1 * m -> beta1, beta2 = beta2, beta1; m = beta1 * m
    moments-swapped: The order of the answer is w, then m, then v.
        eps), m, v -> eps), v, m
    in-place:
        m = beta1 * m -> m[...] = beta1 * m
        v = beta2 * v -> v[...] = beta2 * v
        return w - lr * weight_decay * w - lr * m_hat / (np.sqrt(v_hat) + eps)
        -> w -= lr * weight_decay * w + lr * m_hat / (np.sqrt(v_hat) + eps); return w
    """,
)

slips(
    "dropout",
    """
    keeps-with-p: p is the probability to drop an entry, not the one to keep it.
        >= p) / (1 - p) if training -> < p) / p if training and p
    drops-with-1-p: Entries fall with probability p; yours with 1 - p.
        >= p -> < p
    not-scaled: What is kept has to be enlarged, or the mean of the layer falls.
        / (1 - p) -> * 1.0
    scaled-by-p: What is kept is divided by the probability to be kept, 1 - p.
        / (1 - p) if training -> / p if training and p
    scaled-in-evaluation: Inverted dropout enlarges in training already: evaluation changes
      nothing.
        / (1 - p) -> * 1.0
        np.ones(x.shape) -> np.full(x.shape, 1 - p)
    multiplied-not-divided: Divide by 1 - p: what is kept has to become larger.
        / (1 - p) -> * (1 - p)
    mask-not-scaled: The returned mask is the factor of x, 1 / (1 - p) included.
        / (1 - p) -> * 1.0
        x * mask -> x * mask / (1 - p if training else 1)
    drops-in-evaluation: In evaluation nothing is dropped: look at `training` first.
        if training else np.ones(x.shape) ->
    modes-swapped: Drop when training is True, and let pass when it is False.
        if training -> if not training
    never-drops: In training entries have to be dropped.
        if training -> if False
    whole-rows: Draw a number for each entry, not one for each row.
        rng.random(x.shape) -> np.ones(x.shape) * rng.random((*x.shape[:-1], 1))
    whole-columns: Draw a number for each entry: one mask for all rows drops whole columns.
        rng.random(x.shape) -> np.ones(x.shape) * rng.random((1, *x.shape[1:]))
    all-or-nothing: Draw a number for each entry, not one for all of x.
        rng.random(x.shape) -> np.full(x.shape, rng.random())
    exact-count: Each entry falls on its own: how many fall in a call is a matter of chance, too.
        rng.random(x.shape) >= p -> rng.permutation(x.size).reshape(x.shape) >= round(p * x.size)
    own-generator: Use the generator that is given: a new one with a fixed seed drops the same
      entries for ever.
        rng.random -> np.random.default_rng(0).random
    refuses-nothing: A p outside [0, 1) calls for a ValueError.
        not 0 <= p < 1 -> False
        / (1 - p) -> / np.float64(1 - p)
    allows-p-one: With p = 1 nothing would be left to enlarge: refuse it.
        p < 1 -> p <= 1
        / (1 - p) -> / (1 - p or 1)
    allows-negative-p: A negative p is no probability: refuse it.
        0 <= p < 1 -> p < 1
    refuses-zero: p = 0 is allowed, it drops nothing.
        0 <= p -> 0 < p
    refuses-in-training-only: Look at p before the mode: both modes refuse a bad one.
        if not 0 -> if training and not 0
    noise: Entries are kept or dropped, not multiplied by a random factor.
        (rng.random(x.shape) >= p) -> rng.random(x.shape)
    out-only: Two things are due: the output and the mask that made it.
        return x * mask, mask -> return x * mask
    swapped: The order of the answer is out first, then the mask.
        return x * mask, mask -> return mask, x * mask
    in-place: x *= mask drops the caller's own entries: make a new array.
        return x * mask, mask -> x *= mask; return x, mask
    """,
)
