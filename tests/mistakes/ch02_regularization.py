"""What people get wrong in L1 and L2 regularization, AdamW and dropout."""

import ch02_regularization as reference
import numpy as np

from grader.bank import mistake, slips

# polynomial_features


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
    """,
)


@mistake(
    "polynomial_features",
    "in-place",
    "Growing the powers with *= changes the caller's x: multiply into a new array.",
)
def polynomial_features(x, degree):
    once, columns = x.copy(), []
    for _ in range(degree):
        columns.append(x.copy())
        x *= once
    return np.stack(columns, axis=1)


# l2_penalty


slips(
    "l2_penalty",
    """
    no-lambda: The sum of squares still has to be multiplied by lam.
        lam * np -> np
    half: The penalty of this course has no factor ½.
        lam * np -> 0.5 * lam * np
    mean: Sum the squares; a mean would make many weights cheap.
        sum -> mean
    root: The square of the norm is due, not the norm: take no root.
        sum(w**2) -> sqrt(np.sum(w**2))
    square-of-sum: Square each weight first and sum then, not the reverse.
        (w**2) -> (w) ** 2
    absolute: That is the L1 penalty: square the weights.
        w**2 -> np.abs(w)
    sum-over-rows: One number is due for all weights: sum over every axis, not one.
        float(lam * np.sum(w**2)) -> lam * np.sum(w**2, axis=0)
    matrix-product: w @ w is a sum of squares for vectors only.
        float(lam * np.sum(w**2)) -> lam * (w.T @ w)
    per-weight: One number is due for all weights: the sum is missing.
        float(lam * np.sum(w**2)) -> lam * w**2
    skips-the-first: w holds weights only, the intercept is not among them.
        w**2 -> w.ravel()[1:] ** 2
    lambda-squared: lam multiplies the squares; it is not squared itself.
        lam * np.sum(w**2) -> np.sum((lam * w) ** 2)
    """,
)


@mistake("l2_penalty", "in-place", "An operator like **= changes the caller's weights.")
def l2_penalty(w, lam):
    w **= 2
    return float(lam * np.sum(w))


# l2_gradient


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
    wrong-sign: The penalty grows away from zero; the minus comes later.
        2 -> -2
    squared: Derive the penalty: a square becomes a first power.
        * w -> * w**2
    summed: Every weight has its own derivative: do not sum them.
        2 * lam * w -> float(2 * lam * np.sum(w))
    mean: The penalty is a sum of squares, not a mean: divide by nothing.
        * w -> * w / w.size
    normalised: The penalty is the squared norm; yours derives the norm.
        2 * lam * w -> lam * w / (np.sqrt(np.sum(w**2)) or 1.0)
    """,
)


@mistake("l2_gradient", "skips-the-first", "All of w is penalised, its first entry too.")
def l2_gradient(w, lam):
    answer = 2 * lam * w
    answer.flat[0] = 0.0
    return answer


@mistake("l2_gradient", "in-place", "An operator like *= changes the caller's weights.")
def l2_gradient(w, lam):
    w *= 2 * lam
    return w


# l1_penalty


@mistake(
    "l1_penalty",
    "matrix-norm",
    "For a matrix np.linalg.norm(w, 1) is the largest column sum: add up all the entries.",
)
def l1_penalty(w, lam):
    return (
        float(lam * np.abs(w).reshape(len(w), -1).sum(axis=0).max())
        if w.ndim > 1
        else float(lam * np.sum(np.abs(w)))
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
    sum-over-rows: One number is due for all weights: sum over every axis, not one.
        float(lam * np.sum(np.abs(w))) -> lam * np.sum(np.abs(w), axis=0)
    half: The penalty of this course has no factor ½.
        lam * np -> 0.5 * lam * np
    largest: All weights are charged for, not the largest alone.
        sum -> max
    counts: The sizes of the weights count, not how many are not zero.
        sum(np.abs(w)) -> count_nonzero(w)
    skips-the-first: w holds weights only, the intercept is not among them.
        (w) -> (w.ravel()[1:])
    euclidean-norm: np.linalg.norm(w) is the root of the sum of squares, ‖w‖₂: the L1 norm is the
      sum of the absolute values.
        np.sum(np.abs(w)) -> np.sqrt(np.sum(w**2))
    in-place:
        np.abs(w) -> np.abs(w, out=w)
    """,
)


# l1_subgradient


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
    wrong-sign: The penalty grows away from zero; the minus comes later.
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
    """,
)


@mistake("l1_subgradient", "in-place", "Assigning into w changes the caller's weights.")
def l1_subgradient(w, lam):
    w[:] = lam * np.sign(w)
    return w


# elastic_net_penalty


slips(
    "elastic_net_penalty",
    """
    signed-sum: The L1 part sums absolute values, not the weights.
        l1_penalty(w, lam * l1_ratio) + l2_penalty(w, lam * (1 - l1_ratio))
        -> float(lam * np.sum(l1_ratio * w + (1 - l1_ratio) * w**2))
    product: The two parts are added, they do not multiply each other.
        l1_penalty(w, lam * l1_ratio) + l2_penalty(w, lam * (1 - l1_ratio))
        -> float(lam * np.sum(np.abs(w)) ** l1_ratio * np.sum(w**2) ** (1 - l1_ratio))
    """,
)


@mistake("elastic_net_penalty", "ratio-swapped", "l1_ratio is the share of the absolute values.")
def elastic_net_penalty(w, lam, l1_ratio):
    return reference.elastic_net_penalty(w, lam, 1 - l1_ratio)


@mistake(
    "elastic_net_penalty", "half", "There is no ½ before the squares here, unlike in scikit-learn."
)
def elastic_net_penalty(w, lam, l1_ratio):
    return reference.l1_penalty(w, lam * l1_ratio) + reference.l2_penalty(
        w, lam * (1 - l1_ratio) / 2
    )


@mistake("elastic_net_penalty", "no-mixture", "The squares get the share 1 - l1_ratio.")
def elastic_net_penalty(w, lam, l1_ratio):
    return reference.l1_penalty(w, lam * l1_ratio) + reference.l2_penalty(w, lam)


@mistake("elastic_net_penalty", "ratio-on-both", "l1_ratio is for L1; L2 gets what is left of 1.")
def elastic_net_penalty(w, lam, l1_ratio):
    return l1_ratio * (reference.l1_penalty(w, lam) + reference.l2_penalty(w, lam))


@mistake("elastic_net_penalty", "root", "The L2 part is the squared norm: take no root.")
def elastic_net_penalty(w, lam, l1_ratio):
    norm = np.sqrt(np.sum(w**2))
    return float(lam * (l1_ratio * np.sum(np.abs(w)) + (1 - l1_ratio) * norm))


@mistake("elastic_net_penalty", "lambda-on-l1-only", "lam multiplies both parts.")
def elastic_net_penalty(w, lam, l1_ratio):
    return reference.l1_penalty(w, lam * l1_ratio) + reference.l2_penalty(w, 1 - l1_ratio)


@mistake("elastic_net_penalty", "lambda-on-l2-only", "lam multiplies both parts.")
def elastic_net_penalty(w, lam, l1_ratio):
    return reference.l1_penalty(w, l1_ratio) + reference.l2_penalty(w, lam * (1 - l1_ratio))


@mistake("elastic_net_penalty", "no-lambda", "The mixture still has to be multiplied by lam.")
def elastic_net_penalty(w, lam, l1_ratio):
    return reference.elastic_net_penalty(w, 1.0, l1_ratio)


@mistake("elastic_net_penalty", "mean", "Sum over the weights instead of averaging.")
def elastic_net_penalty(w, lam, l1_ratio):
    return reference.elastic_net_penalty(w, lam, l1_ratio) / w.size


@mistake(
    "elastic_net_penalty", "in-place", "Taking absolute values must not change the caller's w."
)
def elastic_net_penalty(w, lam, l1_ratio):
    np.abs(w, out=w)
    return reference.elastic_net_penalty(w, lam, l1_ratio)


# ridge_regression


def ridge_with(X, y, diagonal):
    """Solve for w on centred data with another diagonal; b is as it should be."""
    X_c = X - X.mean(axis=0)
    w = np.linalg.pinv(X_c.T @ X_c + np.diag(diagonal)) @ X_c.T @ (y - y.mean())
    return w, float(y.mean() - X.mean(axis=0) @ w)


@mistake(
    "ridge_regression",
    "penalises-intercept",
    "The penalty's diagonal must not reach the column of ones: b is not penalised.",
)
def ridge_regression(X, y, lam):
    n, d = X.shape
    A = np.column_stack([X, np.ones(n)])
    theta = np.linalg.solve(A.T @ A + n * lam * np.eye(d + 1), A.T @ y)
    return theta[:-1], float(theta[-1])


@mistake(
    "ridge_regression",
    "first-weight-free",
    "All of w is penalised; the intercept is not among the columns of X.",
)
def ridge_regression(X, y, lam):
    n, d = X.shape
    return ridge_with(X, y, n * lam * np.array([0.0] + [1.0] * (d - 1)))


@mistake(
    "ridge_regression",
    "no-intercept",
    "The line has an intercept: centre the data, or give it a column of ones.",
)
def ridge_regression(X, y, lam):
    n, d = X.shape
    return np.linalg.solve(X.T @ X + n * lam * np.eye(d), X.T @ y), 0.0


@mistake(
    "ridge_regression",
    "one-mean-for-all-columns",
    "Every column of X has a mean of its own: np.mean without an axis mixes them.",
)
def ridge_regression(X, y, lam):
    n, d = X.shape
    X_c = X - X.mean()
    w = np.linalg.solve(X_c.T @ X_c + n * lam * np.eye(d), X_c.T @ (y - y.mean()))
    return w, float(y.mean() - X.mean(axis=0) @ w)


@mistake(
    "ridge_regression",
    "sum-of-squares",
    "The error is a mean over the rows: against their sum, lam has to be n times as large.",
)
def ridge_regression(X, y, lam):
    return ridge_with(X, y, np.full(X.shape[1], lam))


@mistake(
    "ridge_regression",
    "half-lambda",
    "Both the error and the penalty give a factor 2 when derived: they cancel.",
)
def ridge_regression(X, y, lam):
    return reference.ridge_regression(X, y, lam / 2)


@mistake(
    "ridge_regression",
    "double-lambda",
    "Both the error and the penalty give a factor 2 when derived: they cancel.",
)
def ridge_regression(X, y, lam):
    return reference.ridge_regression(X, y, 2 * lam)


@mistake(
    "ridge_regression", "lambda-over-n", "n · lam stands on the diagonal, lam is not divided by n."
)
def ridge_regression(X, y, lam):
    n, d = X.shape
    return ridge_with(X, y, np.full(d, lam / n))


@mistake(
    "ridge_regression",
    "lambda-squared",
    "When the penalty is written as more rows of data, they hold the root of n · lam.",
)
def ridge_regression(X, y, lam):
    n, d = X.shape
    return ridge_with(X, y, np.full(d, (n * lam) ** 2))


@mistake("ridge_regression", "least-squares", "lam is not used: this is plain least squares.")
def ridge_regression(X, y, lam):
    return ridge_with(X, y, np.zeros(X.shape[1]))


@mistake(
    "ridge_regression",
    "wrong-sign",
    "The penalty is added to the error, and its diagonal to the matrix.",
)
def ridge_regression(X, y, lam):
    n, d = X.shape
    return ridge_with(X, y, np.full(d, -n * lam))


@mistake(
    "ridge_regression",
    "penalty-everywhere",
    "lam goes on the diagonal only: added to every entry, it couples the weights.",
)
def ridge_regression(X, y, lam):
    n, d = X.shape
    X_c = X - X.mean(axis=0)
    w = np.linalg.pinv(X_c.T @ X_c + n * lam) @ X_c.T @ (y - y.mean())
    return w, float(y.mean() - X.mean(axis=0) @ w)


@mistake(
    "ridge_regression",
    "intercept-is-mean",
    "b is the mean of y minus what the weights make of the means of X.",
)
def ridge_regression(X, y, lam):
    w, _ = reference.ridge_regression(X, y, lam)
    return w, float(y.mean())


@mistake(
    "ridge_regression",
    "only-y-centred",
    "Centring y is not enough: the means of X belong to the intercept as well.",
)
def ridge_regression(X, y, lam):
    n, d = X.shape
    w = np.linalg.solve(X.T @ X + n * lam * np.eye(d), X.T @ (y - y.mean()))
    return w, float(y.mean() - X.mean(axis=0) @ w)


@mistake(
    "ridge_regression",
    "intercept-afterwards",
    "The weights are found with the intercept in mind: adding it afterwards is too late.",
)
def ridge_regression(X, y, lam):
    n, d = X.shape
    w = np.linalg.solve(X.T @ X + n * lam * np.eye(d), X.T @ y)
    return w, float(np.mean(y - X @ w))


@mistake(
    "ridge_regression",
    "standardised",
    "Columns are centred but not scaled: scaling changes what the penalty means.",
)
def ridge_regression(X, y, lam):
    std = X.std(axis=0)
    std = np.where(std == 0, 1.0, std)
    w, b = reference.ridge_regression(X / std, y, lam)
    return w / std, b


@mistake(
    "ridge_regression",
    "shrunk-least-squares",
    "Ridge shrinks some directions more than others; it is not least squares made smaller.",
)
def ridge_regression(X, y, lam):
    w = ridge_with(X, y, np.zeros(X.shape[1]))[0] / (1 + lam)
    return w, float(y.mean() - X.mean(axis=0) @ w)


@mistake("ridge_regression", "swapped", "The order of the answer is w first, then b.")
def ridge_regression(X, y, lam):
    return reference.ridge_regression(X, y, lam)[::-1]


@mistake(
    "ridge_regression",
    "column-shape",
    "w has shape (d,): a column (d, 1) of y or w is one axis too many.",
)
def ridge_regression(X, y, lam):
    w, b = reference.ridge_regression(X, y, lam)
    return w[:, np.newaxis], b


@mistake("ridge_regression", "in-place", "X -= … centres the caller's own data: make new arrays.")
def ridge_regression(X, y, lam):
    answer = reference.ridge_regression(X, y, lam)
    X -= X.mean(axis=0)
    y -= y.mean()
    return answer


# soft_threshold


@mistake("soft_threshold", "half", "A weight is moved by t, not by half of it.")
def soft_threshold(w, t):
    return reference.soft_threshold(w, t / 2)


@mistake("soft_threshold", "in-place", "Assigning into w changes the caller's weights.")
def soft_threshold(w, t):
    w[:] = reference.soft_threshold(w, t)
    return w


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
    dead-zone: Only weights within the threshold become zero, however small they are: nothing is
      to be added to t.
        np.maximum(w - t, 0) + np.minimum(w + t, 0)
        -> np.where(np.abs(w) <= t + 1e-8, 0.0, w - t * np.sign(w))
    """,
)


# lasso_step


def gradient(X, y, w, b):
    """The gradient of the mean squared error."""
    residual = X @ w + b - y
    return 2 / len(y) * X.T @ residual, float(2 / len(y) * residual.sum())


@mistake(
    "lasso_step",
    "threshold-without-lr",
    "The penalty takes part in the step with the learning rate, too: the threshold is lr · lam.",
)
def lasso_step(X, y, w, b, lam, lr):
    dw, db = gradient(X, y, w, b)
    return reference.soft_threshold(w - lr * dw, lam), b - lr * db


@mistake("lasso_step", "bias-thresholded", "b is not penalised: leave it out of the threshold.")
def lasso_step(X, y, w, b, lam, lr):
    dw, db = gradient(X, y, w, b)
    moved = reference.soft_threshold(np.array(b - lr * db), lr * lam)
    return reference.soft_threshold(w - lr * dw, lr * lam), float(moved)


@mistake(
    "lasso_step",
    "subgradient-step",
    "A step along the sign of w jumps over zero: shrink with soft_threshold instead.",
)
def lasso_step(X, y, w, b, lam, lr):
    dw, db = gradient(X, y, w, b)
    return w - lr * (dw + lam * np.sign(w)), b - lr * db


@mistake(
    "lasso_step",
    "ridge-step",
    "That is the step for the squared penalty: the L1 penalty asks for soft_threshold.",
)
def lasso_step(X, y, w, b, lam, lr):
    dw, db = gradient(X, y, w, b)
    return w - lr * (dw + 2 * lam * w), b - lr * db


@mistake("lasso_step", "no-penalty", "lam is not used: the weights still have to be shrunk.")
def lasso_step(X, y, w, b, lam, lr):
    dw, db = gradient(X, y, w, b)
    return w - lr * dw, b - lr * db


@mistake(
    "lasso_step",
    "threshold-first",
    "First the step down the gradient, then the threshold: only so do zeros last.",
)
def lasso_step(X, y, w, b, lam, lr):
    dw, db = gradient(X, y, w, b)
    return reference.soft_threshold(w, lr * lam) - lr * dw, b - lr * db


@mistake(
    "lasso_step",
    "gradient-after-threshold",
    "Both derivatives are taken at the old point, before any weight has moved.",
)
def lasso_step(X, y, w, b, lam, lr):
    w = reference.soft_threshold(w, lr * lam)
    dw, db = gradient(X, y, w, b)
    return w - lr * dw, b - lr * db


@mistake(
    "lasso_step",
    "non-simultaneous-update",
    "b's derivative has to be taken before w has moved.",
)
def lasso_step(X, y, w, b, lam, lr):
    w = reference.soft_threshold(w - lr * gradient(X, y, w, b)[0], lr * lam)
    return w, b - lr * gradient(X, y, w, b)[1]


@mistake("lasso_step", "bias-moves-first", "w's derivative has to be taken before b has moved.")
def lasso_step(X, y, w, b, lam, lr):
    b = b - lr * gradient(X, y, w, b)[1]
    return reference.soft_threshold(w - lr * gradient(X, y, w, b)[0], lr * lam), b


@mistake(
    "lasso_step",
    "no-factor-two",
    "The derivative of the squared error has a factor 2: the error has no ½.",
)
def lasso_step(X, y, w, b, lam, lr):
    dw, db = gradient(X, y, w, b)
    return reference.soft_threshold(w - lr * dw / 2, lr * lam), b - lr * db / 2


@mistake("lasso_step", "sum-instead-of-mean", "The error is a mean: its derivatives have 1/n.")
def lasso_step(X, y, w, b, lam, lr):
    dw, db = gradient(X, y, w, b)
    return reference.soft_threshold(w - lr * len(y) * dw, lr * lam), b - lr * len(y) * db


@mistake("lasso_step", "wrong-sign", "The error grows along its gradient: step against it.")
def lasso_step(X, y, w, b, lam, lr):
    dw, db = gradient(X, y, w, b)
    return reference.soft_threshold(w + lr * dw, lr * lam), b + lr * db


@mistake("lasso_step", "bias-left-out", "The residual is that of the whole line, b included.")
def lasso_step(X, y, w, b, lam, lr):
    dw, db = gradient(X, y, w, 0.0)
    return reference.soft_threshold(w - lr * dw, lr * lam), b - lr * db


@mistake("lasso_step", "bias-stays", "b is a parameter too: it takes a plain gradient step.")
def lasso_step(X, y, w, b, lam, lr):
    return reference.lasso_step(X, y, w, b, lam, lr)[0], b


@mistake(
    "lasso_step",
    "hard-threshold",
    "Weights that survive are moved by lr · lam as well: the threshold is a soft one.",
)
def lasso_step(X, y, w, b, lam, lr):
    dw, db = gradient(X, y, w, b)
    moved = w - lr * dw
    return np.where(np.abs(moved) > lr * lam, moved, 0.0), b - lr * db


@mistake("lasso_step", "negative-erased", "Negative weights beyond the threshold survive as well.")
def lasso_step(X, y, w, b, lam, lr):
    dw, db = gradient(X, y, w, b)
    return np.maximum(w - lr * dw - lr * lam, 0), b - lr * db


@mistake(
    "lasso_step",
    "half-threshold",
    "The penalty is lam · Σ|w| without ½: the threshold is lr · lam in full.",
)
def lasso_step(X, y, w, b, lam, lr):
    dw, db = gradient(X, y, w, b)
    return reference.soft_threshold(w - lr * dw, lr * lam / 2), b - lr * db


@mistake(
    "lasso_step", "threshold-over-n", "Only the error is a mean over rows, the penalty is not."
)
def lasso_step(X, y, w, b, lam, lr):
    dw, db = gradient(X, y, w, b)
    return reference.soft_threshold(w - lr * dw, lr * lam / len(y)), b - lr * db


@mistake("lasso_step", "in-place", "w -= … changes the caller's weights: make a new array.")
def lasso_step(X, y, w, b, lam, lr):
    dw, db = gradient(X, y, w, b)
    w -= lr * dw
    return reference.soft_threshold(w, lr * lam), b - lr * db


# lasso_regression


def walk(X, y, lam, lr, steps, step=reference.lasso_step):
    """Walk from zeros by another kind of step."""
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(steps):
        w, b = step(X, y, w, b, lam, lr)
    return w, b


@mistake(
    "lasso_regression",
    "one-step-too-few",
    "`steps` steps are due: count the rounds of your loop.",
)
def lasso_regression(X, y, lam, lr, steps):
    return walk(X, y, lam, lr, steps - 1)


@mistake(
    "lasso_regression", "one-step-too-many", "`steps` steps are due: count the rounds of your loop."
)
def lasso_regression(X, y, lam, lr, steps):
    return walk(X, y, lam, lr, steps + 1)


@mistake("lasso_regression", "starts-at-ones", "The walk begins at w = 0 and b = 0.")
def lasso_regression(X, y, lam, lr, steps):
    w, b = np.ones(X.shape[1]), 0.0
    for _ in range(steps):
        w, b = reference.lasso_step(X, y, w, b, lam, lr)
    return w, b


@mistake(
    "lasso_regression",
    "starts-at-mean",
    "b begins at 0, however tempting the mean of y is.",
)
def lasso_regression(X, y, lam, lr, steps):
    w, b = np.zeros(X.shape[1]), float(y.mean())
    for _ in range(steps):
        w, b = reference.lasso_step(X, y, w, b, lam, lr)
    return w, b


@mistake(
    "lasso_regression",
    "stops-at-convergence",
    "Take all the steps: b may still be walking when w seems to have come to rest.",
)
def lasso_regression(X, y, lam, lr, steps):
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(steps):
        old = w
        w, b = reference.lasso_step(X, y, w, b, lam, lr)
        if np.abs(w - old).max() < 1e-6:
            break
    return w, b


@mistake(
    "lasso_regression",
    "threshold-at-the-end",
    "The weights are shrunk in every step, not once after the last.",
)
def lasso_regression(X, y, lam, lr, steps):
    w, b = walk(X, y, 0.0, lr, steps)
    return reference.soft_threshold(w, lr * lam), b


@mistake(
    "lasso_regression",
    "subgradient-descent",
    "Steps along the sign of w never rest at zero: use lasso_step.",
)
def lasso_regression(X, y, lam, lr, steps):
    def step(X, y, w, b, lam, lr):
        dw, db = gradient(X, y, w, b)
        return w - lr * (dw + lam * np.sign(w)), b - lr * db

    return walk(X, y, lam, lr, steps, step)


@mistake(
    "lasso_regression",
    "threshold-without-lr",
    "The penalty takes part in each step with the learning rate: the threshold is lr · lam.",
)
def lasso_regression(X, y, lam, lr, steps):
    return walk(X, y, lam / lr, lr, steps)


@mistake("lasso_regression", "no-penalty", "lam is not used: this is plain gradient descent.")
def lasso_regression(X, y, lam, lr, steps):
    return walk(X, y, 0.0, lr, steps)


@mistake("lasso_regression", "bias-stays", "b is a parameter too: keep what lasso_step answers.")
def lasso_regression(X, y, lam, lr, steps):
    w = np.zeros(X.shape[1])
    for _ in range(steps):
        w, _ = reference.lasso_step(X, y, w, 0.0, lam, lr)
    return w, 0.0


@mistake("lasso_regression", "bias-thresholded", "b is not penalised, and so never thresholded.")
def lasso_regression(X, y, lam, lr, steps):
    def step(X, y, w, b, lam, lr):
        w, b = reference.lasso_step(X, y, w, b, lam, lr)
        return w, float(reference.soft_threshold(np.array(b), lr * lam))

    return walk(X, y, lam, lr, steps, step)


@mistake(
    "lasso_regression",
    "accelerated",
    "The steps here are plain ones: without momentum, from the point that the last one reached.",
)
def lasso_regression(X, y, lam, lr, steps):
    w, b = np.zeros(X.shape[1]), 0.0
    ahead, ahead_b, t = w, b, 1.0
    for _ in range(steps):
        old, old_b, old_t = w, b, t
        w, b = reference.lasso_step(X, y, ahead, ahead_b, lam, lr)
        t = (1 + np.sqrt(1 + 4 * t**2)) / 2
        ahead = w + (old_t - 1) / t * (w - old)
        ahead_b = b + (old_t - 1) / t * (b - old_b)
    return w, b


@mistake(
    "lasso_regression",
    "non-simultaneous-update",
    "b's derivative has to be taken before w has moved: lasso_step does both at once.",
)
def lasso_regression(X, y, lam, lr, steps):
    def step(X, y, w, b, lam, lr):
        w = reference.soft_threshold(w - lr * gradient(X, y, w, b)[0], lr * lam)
        return w, b - lr * gradient(X, y, w, b)[1]

    return walk(X, y, lam, lr, steps, step)


@mistake("lasso_regression", "swapped", "The order of the answer is w first, then b.")
def lasso_regression(X, y, lam, lr, steps):
    return walk(X, y, lam, lr, steps)[::-1]


@mistake(
    "lasso_regression",
    "in-place",
    "X and y are the caller's: centring them for yourself needs new arrays.",
)
def lasso_regression(X, y, lam, lr, steps):
    answer = walk(X, y, lam, lr, steps)
    y -= y.mean()
    return answer


# adamw_step


def moments(grad, m, v, beta1, beta2):
    """The new m and v."""
    return beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2


def adam(m, v, t, beta1, beta2, eps):
    """Adam's step for a learning rate of 1."""
    return m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)


@mistake(
    "adamw_step",
    "decay-through-gradient",
    "Added to the gradient, the decay is divided by Adam's root: that is Adam with L2.",
)
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    grad = grad + weight_decay * w
    return reference.adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, 0.0)


@mistake(
    "adamw_step",
    "l2-gradient",
    "Added to the gradient, the decay is divided by Adam's root: that is Adam with L2.",
)
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    grad = grad + 2 * weight_decay * w
    return reference.adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, 0.0)


@mistake(
    "adamw_step",
    "decay-without-lr",
    "The decay is lr · weight_decay: the learning rate is missing.",
)
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    return reference.adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay / lr)


@mistake(
    "adamw_step", "decay-of-new-weights", "The decay is that of the old w, not of the w after Adam."
)
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    w, m, v = reference.adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, 0.0)
    return w - lr * weight_decay * w, m, v


@mistake("adamw_step", "no-decay", "That is Adam: the weights still have to decay.")
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    return reference.adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, 0.0)


@mistake("adamw_step", "growth", "The weights decay: subtract the decay, do not add it.")
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    return reference.adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, -weight_decay)


@mistake("adamw_step", "double-decay", "The share is lr · weight_decay, without a factor 2.")
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    return reference.adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, 2 * weight_decay)


@mistake(
    "adamw_step", "decay-in-first-moment", "m averages gradients only: the decay stays outside."
)
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    _, v = moments(grad, m, v, beta1, beta2)
    m, _ = moments(grad + weight_decay * w, m, v, beta1, beta2)
    return w - lr * adam(m, v, t, beta1, beta2, eps), m, v


@mistake(
    "adamw_step",
    "decay-of-the-step-too",
    "The decay shrinks the old weights only, not Adam's step along with them.",
)
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    m, v = moments(grad, m, v, beta1, beta2)
    return w - lr * (1 + weight_decay) * adam(m, v, t, beta1, beta2, eps), m, v


@mistake(
    "adamw_step",
    "sign-decay",
    "Each weight loses a share of itself, not a fixed amount.",
)
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    m, v = moments(grad, m, v, beta1, beta2)
    return w - lr * weight_decay * np.sign(w) - lr * adam(m, v, t, beta1, beta2, eps), m, v


@mistake(
    "adamw_step",
    "no-bias-correction",
    "m and v start at zero and are too small at first: the step needs them corrected.",
)
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    m, v = moments(grad, m, v, beta1, beta2)
    return w - lr * weight_decay * w - lr * m / (np.sqrt(v) + eps), m, v


@mistake(
    "adamw_step",
    "constant-bias-correction",
    "The correction fades with time: the betas in it are raised to the power t.",
)
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    m, v = moments(grad, m, v, beta1, beta2)
    return w - lr * weight_decay * w - lr * adam(m, v, 1, beta1, beta2, eps), m, v


@mistake("adamw_step", "t-one-too-large", "t is the number of this step already: do not add one.")
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    return reference.adamw_step(w, grad, m, v, t + 1, lr, beta1, beta2, eps, weight_decay)


@mistake("adamw_step", "eps-inside-root", "eps is added to the root, not under it.")
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    m, v = moments(grad, m, v, beta1, beta2)
    root = np.sqrt(v / (1 - beta2**t) + eps)
    return w - lr * weight_decay * w - lr * m / (1 - beta1**t) / root, m, v


@mistake(
    "adamw_step",
    "corrected-moments-stored",
    "Return m and v without the correction, or the next step corrects them twice.",
)
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    w, m, v = reference.adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay)
    return w, m / (1 - beta1**t), v / (1 - beta2**t)


@mistake(
    "adamw_step",
    "eps-outside-the-fraction",
    "eps belongs to the divisor: set brackets around the root plus eps.",
)
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    answer = reference.adamw_step(w, grad, m, v, t, lr, beta1, beta2, 0.0, weight_decay)
    return answer[0] + eps, *answer[1:]


@mistake("adamw_step", "no-root", "The step is divided by the root of v̂, not by v̂.")
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    m, v = moments(grad, m, v, beta1, beta2)
    step = m / (1 - beta1**t) / (v / (1 - beta2**t) + eps)
    return w - lr * weight_decay * w - lr * step, m, v


@mistake("adamw_step", "betas-swapped", "beta1 belongs to m, beta2 to v.")
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    return reference.adamw_step(w, grad, m, v, t, lr, beta2, beta1, eps, weight_decay)


@mistake("adamw_step", "moments-swapped", "The order of the answer is w, then m, then v.")
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    w, m, v = reference.adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay)
    return w, v, m


@mistake(
    "adamw_step",
    "in-place",
    "Operators like *= and -= change the caller's arrays: return new ones.",
)
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    m *= beta1
    m += (1 - beta1) * grad
    v *= beta2
    v += (1 - beta2) * grad**2
    w *= 1 - lr * weight_decay
    w -= lr * adam(m, v, t, beta1, beta2, eps)
    return w, m, v


# dropout


def refuse(p):
    """Raise ValueError for a p that is no probability to drop."""
    if not 0 <= p < 1:
        raise ValueError(f"p = {p}")


@mistake(
    "dropout", "keeps-with-p", "p is the probability to drop an entry, not the one to keep it."
)
def dropout(x, p, rng, training):
    refuse(p)
    if not training or p == 0:
        return x, np.ones(x.shape)
    mask = (rng.random(x.shape) < p) / p
    return x * mask, mask


@mistake("dropout", "drops-with-1-p", "Entries fall with probability p; yours with 1 - p.")
def dropout(x, p, rng, training):
    refuse(p)
    mask = (rng.random(x.shape) < p) / (1 - p) if training else np.ones(x.shape)
    return x * mask, mask


@mistake(
    "dropout", "not-scaled", "What is kept has to be enlarged, or the mean of the layer falls."
)
def dropout(x, p, rng, training):
    refuse(p)
    mask = (rng.random(x.shape) >= p) * 1.0 if training else np.ones(x.shape)
    return x * mask, mask


@mistake("dropout", "scaled-by-p", "What is kept is divided by the probability to be kept, 1 - p.")
def dropout(x, p, rng, training):
    refuse(p)
    if not training or p == 0:
        return x, np.ones(x.shape)
    mask = (rng.random(x.shape) >= p) / p
    return x * mask, mask


@mistake(
    "dropout",
    "scaled-in-evaluation",
    "Inverted dropout enlarges in training already: evaluation changes nothing.",
)
def dropout(x, p, rng, training):
    refuse(p)
    mask = (rng.random(x.shape) >= p) * 1.0 if training else np.full(x.shape, 1 - p)
    return x * mask, mask


@mistake("dropout", "multiplied-not-divided", "Divide by 1 - p: what is kept has to become larger.")
def dropout(x, p, rng, training):
    refuse(p)
    mask = (rng.random(x.shape) >= p) * (1 - p) if training else np.ones(x.shape)
    return x * mask, mask


@mistake(
    "dropout", "mask-not-scaled", "The returned mask is the factor of x, 1 / (1 - p) included."
)
def dropout(x, p, rng, training):
    refuse(p)
    mask = (rng.random(x.shape) >= p) * 1.0 if training else np.ones(x.shape)
    return x * mask / (1 - p if training else 1), mask


@mistake(
    "dropout", "drops-in-evaluation", "In evaluation nothing is dropped: look at `training` first."
)
def dropout(x, p, rng, training):
    refuse(p)
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, mask


@mistake("dropout", "modes-swapped", "Drop when training is True, and let pass when it is False.")
def dropout(x, p, rng, training):
    return reference.dropout(x, p, rng, not training)


@mistake("dropout", "never-drops", "In training entries have to be dropped.")
def dropout(x, p, rng, training):
    refuse(p)
    return x, np.ones(x.shape)


@mistake("dropout", "whole-rows", "Draw a number for each entry, not one for each row.")
def dropout(x, p, rng, training):
    refuse(p)
    if not training:
        return x, np.ones(x.shape)
    mask = np.ones(x.shape) * (rng.random((*x.shape[:-1], 1)) >= p) / (1 - p)
    return x * mask, mask


@mistake(
    "dropout",
    "whole-columns",
    "Draw a number for each entry: one mask for all rows drops whole columns.",
)
def dropout(x, p, rng, training):
    refuse(p)
    if not training:
        return x, np.ones(x.shape)
    mask = np.ones(x.shape) * (rng.random((1, *x.shape[1:])) >= p) / (1 - p)
    return x * mask, mask


@mistake("dropout", "all-or-nothing", "Draw a number for each entry, not one for all of x.")
def dropout(x, p, rng, training):
    refuse(p)
    mask = np.full(x.shape, (rng.random() >= p) / (1 - p)) if training else np.ones(x.shape)
    return x * mask, mask


@mistake(
    "dropout",
    "exact-count",
    "Each entry falls on its own: how many fall in a call is a matter of chance, too.",
)
def dropout(x, p, rng, training):
    refuse(p)
    mask = np.full(x.size, 1 / (1 - p) if training else 1.0)
    if training:
        mask[rng.permutation(x.size)[: round(p * x.size)]] = 0.0
    mask = mask.reshape(x.shape)
    return x * mask, mask


@mistake(
    "dropout",
    "own-generator",
    "Use the generator that is given: a new one with a fixed seed drops the same entries for ever.",
)
def dropout(x, p, rng, training):
    return reference.dropout(x, p, np.random.default_rng(0), training)


@mistake("dropout", "refuses-nothing", "A p outside [0, 1) calls for a ValueError.")
def dropout(x, p, rng, training):
    with np.errstate(all="ignore"):
        mask = (rng.random(x.shape) >= p) / np.float64(1 - p) if training else np.ones(x.shape)
    return x * mask, mask


@mistake("dropout", "allows-p-one", "With p = 1 nothing would be left to enlarge: refuse it.")
def dropout(x, p, rng, training):
    if p == 1:
        mask = np.zeros(x.shape) if training else np.ones(x.shape)
        return x * mask, mask
    return reference.dropout(x, p, rng, training)


@mistake("dropout", "allows-negative-p", "A negative p is no probability: refuse it.")
def dropout(x, p, rng, training):
    return reference.dropout(x, max(p, 0.0), rng, training)


@mistake("dropout", "refuses-zero", "p = 0 is allowed, it drops nothing.")
def dropout(x, p, rng, training):
    if p == 0:
        raise ValueError("p must be positive")
    return reference.dropout(x, p, rng, training)


@mistake(
    "dropout", "refuses-in-training-only", "Look at p before the mode: both modes refuse a bad one."
)
def dropout(x, p, rng, training):
    return reference.dropout(x, p, rng, True) if training else (x, np.ones(x.shape))


@mistake("dropout", "noise", "Entries are kept or dropped, not multiplied by a random factor.")
def dropout(x, p, rng, training):
    refuse(p)
    mask = rng.random(x.shape) / (1 - p) if training else np.ones(x.shape)
    return x * mask, mask


@mistake("dropout", "out-only", "Two things are due: the output and the mask that made it.")
def dropout(x, p, rng, training):
    return reference.dropout(x, p, rng, training)[0]


@mistake("dropout", "swapped", "The order of the answer is out first, then the mask.")
def dropout(x, p, rng, training):
    return reference.dropout(x, p, rng, training)[::-1]


@mistake("dropout", "in-place", "x *= mask drops the caller's own entries: make a new array.")
def dropout(x, p, rng, training):
    _, mask = reference.dropout(x, p, rng, training)
    x *= mask
    return x, mask
