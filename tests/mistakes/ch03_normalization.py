"""What people get wrong in normalization."""

import ch03_normalization as reference
import numpy as np

from grader.bank import mistake


def scaled(X_train, X, std):
    """Standardized with that spread, constant columns divided by 1."""
    constant = (X_train == X_train[0]).all(axis=0)
    return (X - X_train.mean(axis=0)) / np.where(constant, 1.0, std)


@mistake(
    "standardize",
    "ddof-one",
    "The population standard deviation divides by n: look at the ddof of your std.",
)
def standardize(X_train, X):
    with np.errstate(all="ignore"):
        return scaled(X_train, X, X_train.std(axis=0, ddof=1))


@mistake(
    "standardize",
    "global-statistics",
    "Every column has its own mean and standard deviation; yours are those of the whole matrix.",
)
def standardize(X_train, X):
    std = X_train.std()
    return (X - X_train.mean()) / (std if std > 0 else 1.0)


@mistake(
    "standardize",
    "row-axis",
    "Features are columns: take the statistics down the rows, not across them.",
)
def standardize(X_train, X):
    std = X.std(axis=1, keepdims=True)
    return (X - X.mean(axis=1, keepdims=True)) / np.where(std > 0, std, 1.0)


@mistake(
    "standardize",
    "own-statistics",
    "The new data is scaled by the training data's statistics, not by its own.",
)
def standardize(X_train, X):
    return reference.standardize(X, X)


@mistake(
    "standardize",
    "pooled-statistics",
    "Only X_train may be looked at for the statistics; pooling it with X leaks the new data.",
)
def standardize(X_train, X):
    return reference.standardize(np.concatenate([X_train, X]), X)


@mistake(
    "standardize",
    "zero-variance-nan",
    "A constant column has no spread to divide by: what is due there instead?",
)
def standardize(X_train, X):
    return (X - X_train.mean(axis=0)) / X_train.std(axis=0)


@mistake(
    "standardize",
    "near-constant",
    "The computed spread of 0.1, 0.1, 0.1 is 1e-17, not 0: recognise constant columns by values.",
)
def standardize(X_train, X):
    std = X_train.std(axis=0)
    return (X - X_train.mean(axis=0)) / np.where(std == 0, 1.0, std)


@mistake(
    "standardize",
    "constant-not-centred",
    "A constant column is divided by 1, but its mean is subtracted like any other.",
)
def standardize(X_train, X):
    constant = (X_train == X_train[0]).all(axis=0)
    return np.where(constant, X, reference.standardize(X_train, X))


@mistake(
    "standardize",
    "constant-to-zero",
    "New data may differ from a constant training column: the difference stays, it is not zeroed.",
)
def standardize(X_train, X):
    constant = (X_train == X_train[0]).all(axis=0)
    return np.where(constant, 0.0, reference.standardize(X_train, X))


@mistake(
    "standardize",
    "divides-by-variance",
    "Divide by the standard deviation, the root of the variance.",
)
def standardize(X_train, X):
    return scaled(X_train, X, X_train.var(axis=0))


@mistake(
    "standardize",
    "eps-added",
    "Nothing is added to the standard deviation here; constant columns are a case of their own.",
)
def standardize(X_train, X):
    return (X - X_train.mean(axis=0)) / (X_train.std(axis=0) + 1e-8)


@mistake("standardize", "not-centred", "The training mean of a column is subtracted first.")
def standardize(X_train, X):
    return reference.standardize(X_train, X + X_train.mean(axis=0))


@mistake(
    "standardize",
    "in-place",
    "An in-place operator on X changes the caller's array: make a new one.",
)
def standardize(X_train, X):
    answer = reference.standardize(X_train, X)
    X[...] = answer
    return X


def to_range(X, smallest, width, low, high):
    """Scaled with that minimum and range."""
    return low + (X - smallest) / np.where(width == 0, 1.0, width) * (high - low)


@mistake(
    "min_max_scale",
    "own-range",
    "Minimum and range are those of the training data, not of X.",
)
def min_max_scale(X_train, X, low=0.0, high=1.0):
    return reference.min_max_scale(X, X, low, high)


@mistake(
    "min_max_scale",
    "pooled-range",
    "Only X_train may be looked at for minimum and range; pooling it with X leaks the new data.",
)
def min_max_scale(X_train, X, low=0.0, high=1.0):
    return reference.min_max_scale(np.concatenate([X_train, X]), X, low, high)


@mistake(
    "min_max_scale",
    "global-range",
    "Every column has its own minimum and range; yours are those of the whole matrix.",
)
def min_max_scale(X_train, X, low=0.0, high=1.0):
    return to_range(X, X_train.min(), X_train.max() - X_train.min(), low, high)


@mistake(
    "min_max_scale",
    "row-axis",
    "Features are columns: take minimum and maximum down the rows, not across them.",
)
def min_max_scale(X_train, X, low=0.0, high=1.0):
    smallest = X.min(axis=1, keepdims=True)
    return to_range(X, smallest, X.max(axis=1, keepdims=True) - smallest, low, high)


@mistake(
    "min_max_scale",
    "clipped",
    "New data outside the training range lands outside [low, high]: do not clip.",
)
def min_max_scale(X_train, X, low=0.0, high=1.0):
    return np.clip(reference.min_max_scale(X_train, X, low, high), low, high)


@mistake(
    "min_max_scale",
    "bounds-ignored",
    "The answer is to reach from low to high, which need not be 0 and 1.",
)
def min_max_scale(X_train, X, low=0.0, high=1.0):
    return reference.min_max_scale(X_train, X)


@mistake("min_max_scale", "low-not-added", "The training minimum is to land on low, not on 0.")
def min_max_scale(X_train, X, low=0.0, high=1.0):
    return reference.min_max_scale(X_train, X, low, high) - low


@mistake(
    "min_max_scale",
    "high-for-width",
    "Stretch by the width of the target range: with low = 2 and high = 5 that is 3.",
)
def min_max_scale(X_train, X, low=0.0, high=1.0):
    return low + reference.min_max_scale(X_train, X) * high


@mistake(
    "min_max_scale",
    "zero-range-nan",
    "A constant column has no range to divide by: what does it count as?",
)
def min_max_scale(X_train, X, low=0.0, high=1.0):
    smallest, largest = X_train.min(axis=0), X_train.max(axis=0)
    return low + (X - smallest) / (largest - smallest) * (high - low)


@mistake(
    "min_max_scale",
    "constant-to-low",
    "New data may differ from a constant training column: its range counts as 1, no more.",
)
def min_max_scale(X_train, X, low=0.0, high=1.0):
    constant = X_train.min(axis=0) == X_train.max(axis=0)
    return np.where(constant, low, reference.min_max_scale(X_train, X, low, high))


@mistake(
    "min_max_scale",
    "divides-by-maximum",
    "Divide by the range, which is the maximum less the minimum.",
)
def min_max_scale(X_train, X, low=0.0, high=1.0):
    return to_range(X, X_train.min(axis=0), X_train.max(axis=0), low, high)


@mistake(
    "min_max_scale",
    "eps-added",
    "Nothing is added to the range; constant columns are a case of their own.",
)
def min_max_scale(X_train, X, low=0.0, high=1.0):
    smallest = X_train.min(axis=0)
    return low + (X - smallest) / (X_train.max(axis=0) - smallest + 1e-8) * (high - low)


@mistake(
    "min_max_scale",
    "in-place",
    "An in-place operator on X changes the caller's array: make a new one.",
)
def min_max_scale(X_train, X, low=0.0, high=1.0):
    X[...] = reference.min_max_scale(X_train, X, low, high)
    return X


def blended(x, running_mean, running_var, momentum, ddof=1):
    """The running statistics as they are due."""
    mean = (1 - momentum) * running_mean + momentum * x.mean(axis=0)
    return mean, (1 - momentum) * running_var + momentum * x.var(axis=0, ddof=ddof)


def normalized(x, gamma, beta, denominator):
    return gamma * (x - x.mean(axis=0)) / denominator + beta


@mistake(
    "batch_norm_train",
    "momentum-inverted",
    "Here momentum is the weight of the new batch, as in PyTorch, not of the old statistics.",
)
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    return reference.batch_norm_train(x, gamma, beta, running_mean, running_var, 1 - momentum, eps)


@mistake(
    "batch_norm_train",
    "running-var-biased",
    "The running variance collects the unbiased variance of the batch (divided by N − 1).",
)
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    out = normalized(x, gamma, beta, np.sqrt(x.var(axis=0) + eps))
    return out, *blended(x, running_mean, running_var, momentum, ddof=0)


@mistake(
    "batch_norm_train",
    "out-unbiased",
    "The batch itself is normalized by the biased variance (divided by N).",
)
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    out = normalized(x, gamma, beta, np.sqrt(x.var(axis=0, ddof=1) + eps))
    return out, *blended(x, running_mean, running_var, momentum)


@mistake(
    "batch_norm_train",
    "ddof-swapped",
    "Biased variance for the output, unbiased for the running one: you have them the other way.",
)
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    out = normalized(x, gamma, beta, np.sqrt(x.var(axis=0, ddof=1) + eps))
    return out, *blended(x, running_mean, running_var, momentum, ddof=0)


@mistake("batch_norm_train", "eps-missing", "The variance may be 0: eps belongs under the root.")
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    out = normalized(x, gamma, beta, x.std(axis=0))
    return out, *blended(x, running_mean, running_var, momentum)


@mistake(
    "batch_norm_train",
    "eps-outside-sqrt",
    "eps is added to the variance, before the root is taken.",
)
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    out = normalized(x, gamma, beta, x.std(axis=0) + eps)
    return out, *blended(x, running_mean, running_var, momentum)


@mistake(
    "batch_norm_train",
    "fixed-eps",
    "Use the eps that is passed in, whatever is customary.",
)
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    return reference.batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, 1e-5)


@mistake(
    "batch_norm_train",
    "divides-by-variance",
    "Divide by the square root of variance plus eps.",
)
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    out = normalized(x, gamma, beta, x.var(axis=0) + eps)
    return out, *blended(x, running_mean, running_var, momentum)


@mistake(
    "batch_norm_train",
    "feature-axis",
    "Batch norm compares the rows of one column; you compare the columns of one row.",
)
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    out = reference.layer_norm(x, gamma, beta, eps)
    return out, *blended(x, running_mean, running_var, momentum)


@mistake(
    "batch_norm_train",
    "global-statistics",
    "Every column has its own mean and variance; yours are those of the whole batch.",
)
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    out = gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta
    new_mean = (1 - momentum) * running_mean + momentum * x.mean()
    return out, new_mean, (1 - momentum) * running_var + momentum * x.var()


@mistake(
    "batch_norm_train",
    "uses-running-statistics",
    "In training the batch is normalized by its own statistics, not by the running ones.",
)
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    mean, var = blended(x, running_mean, running_var, momentum)
    return reference.batch_norm_eval(x, gamma, beta, mean, var, eps), mean, var


@mistake(
    "batch_norm_train",
    "running-not-updated",
    "The second and third answers are the updated running statistics.",
)
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    out = normalized(x, gamma, beta, np.sqrt(x.var(axis=0) + eps))
    return out, running_mean, running_var


@mistake(
    "batch_norm_train",
    "running-std",
    "The running variance collects variances, without root or eps.",
)
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    out, mean, _ = reference.batch_norm_train(
        x, gamma, beta, running_mean, running_var, momentum, eps
    )
    return out, mean, (1 - momentum) * running_var + momentum * x.std(axis=0, ddof=1)


@mistake(
    "batch_norm_train",
    "running-swapped",
    "The answer is (out, running mean, running variance), in this order.",
)
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    out, mean, var = reference.batch_norm_train(
        x, gamma, beta, running_mean, running_var, momentum, eps
    )
    return out, var, mean


@mistake(
    "batch_norm_train",
    "sum-of-squares",
    "A variance is a mean of squared deviations: the sum is still to be divided.",
)
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    out = normalized(x, gamma, beta, np.sqrt(len(x) * x.var(axis=0) + eps))
    return out, *blended(x, running_mean, running_var, momentum)


@mistake("batch_norm_train", "gamma-beta-swapped", "gamma multiplies, beta is added.")
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    return reference.batch_norm_train(x, beta, gamma, running_mean, running_var, momentum, eps)


@mistake(
    "batch_norm_train",
    "in-place-running",
    "An in-place operator on a running statistic changes the caller's array: make a new one.",
)
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    out, mean, var = reference.batch_norm_train(
        x, gamma, beta, running_mean, running_var, momentum, eps
    )
    running_mean[...] = mean
    running_var[...] = var
    return out, running_mean, running_var


@mistake(
    "batch_norm_eval",
    "batch-statistics",
    "In evaluation the running statistics are used; the batch at hand has none of its own.",
)
def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    return reference.batch_norm_train(x, gamma, beta, running_mean, running_var, 0.0, eps)[0]


@mistake(
    "batch_norm_eval",
    "batch-mean",
    "The running mean is subtracted, not the mean of the batch at hand.",
)
def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    return reference.batch_norm_eval(x, gamma, beta, x.mean(axis=0), running_var, eps)


@mistake("batch_norm_eval", "eps-missing", "running_var may be 0: eps belongs under the root.")
def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    return gamma * (x - running_mean) / np.sqrt(running_var) + beta


@mistake(
    "batch_norm_eval",
    "eps-outside-sqrt",
    "eps is added to the running variance, before the root is taken.",
)
def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    return gamma * (x - running_mean) / (np.sqrt(running_var) + eps) + beta


@mistake("batch_norm_eval", "fixed-eps", "Use the eps that is passed in, whatever is customary.")
def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    return reference.batch_norm_eval(x, gamma, beta, running_mean, running_var, 1e-5)


@mistake(
    "batch_norm_eval",
    "divides-by-variance",
    "running_var is a variance: take the root before you divide.",
)
def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    return gamma * (x - running_mean) / (running_var + eps) + beta


@mistake(
    "batch_norm_eval",
    "mean-after-division",
    "Subtract the running mean first, then divide: the mean has the units of x.",
)
def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    return gamma * (x / np.sqrt(running_var + eps) - running_mean) + beta


@mistake(
    "batch_norm_eval",
    "no-brackets",
    "Division comes before subtraction: set brackets around x minus the mean.",
)
def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    return gamma * x - running_mean / np.sqrt(running_var + eps) + beta


@mistake("batch_norm_eval", "beta-forgotten", "The bias is added at the end.")
def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    return gamma * (x - running_mean) / np.sqrt(running_var + eps)


@mistake("batch_norm_eval", "gamma-beta-swapped", "gamma multiplies, beta is added.")
def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    return reference.batch_norm_eval(x, beta, gamma, running_mean, running_var, eps)


@mistake(
    "batch_norm_eval",
    "updates-running",
    "Evaluation only reads the running statistics: the arrays passed in must not change.",
)
def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    out = reference.batch_norm_eval(x, gamma, beta, running_mean, running_var, eps)
    running_mean += 0.1 * (x.mean(axis=0) - running_mean)
    running_var += 0.1 * (x.var(axis=0) - running_var)
    return out


def undone(dout, x, gamma, eps, mean_part=1.0, var_part=1.0, ddof=0, axis=0):
    """The right answer at the defaults; each argument spoils one thing."""
    std = np.sqrt(x.var(axis=axis, keepdims=True, ddof=ddof) + eps)
    x_hat = (x - x.mean(axis=axis, keepdims=True)) / std
    dx_hat = dout * gamma
    dx = dx_hat - mean_part * dx_hat.mean(axis=axis, keepdims=True)
    dx = dx - var_part * x_hat * (dx_hat * x_hat).mean(axis=axis, keepdims=True)
    leading = tuple(range(x.ndim - 1))
    return dx / std, (dout * x_hat).sum(axis=leading), dout.sum(axis=leading)


@mistake(
    "batch_norm_backward",
    "only-first-term",
    "Mean and variance depend on x too: two more paths lead back to it.",
)
def batch_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, eps, mean_part=0.0, var_part=0.0)


@mistake(
    "batch_norm_backward",
    "mean-path-missing",
    "One path from x to the output is missing: the one through the mean.",
)
def batch_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, eps, mean_part=0.0)


@mistake(
    "batch_norm_backward",
    "variance-path-missing",
    "One path from x to the output is missing: the one through the variance.",
)
def batch_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, eps, var_part=0.0)


@mistake(
    "batch_norm_backward",
    "sums-not-means",
    "The mean is a sum divided by N: on the way back each row gets only its N-th part.",
)
def batch_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, eps, mean_part=len(x), var_part=len(x))


@mistake(
    "batch_norm_backward",
    "mean-path-not-divided",
    "The path through the mean lacks its 1/N.",
)
def batch_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, eps, mean_part=len(x))


@mistake(
    "batch_norm_backward",
    "variance-path-not-divided",
    "The path through the variance lacks its 1/N.",
)
def batch_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, eps, var_part=len(x))


@mistake(
    "batch_norm_backward",
    "variance-path-halved",
    "The path through the variance is off by a factor 2: differentiate the square, too.",
)
def batch_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, eps, var_part=0.5)


@mistake(
    "batch_norm_backward",
    "variance-path-sign",
    "The path through the variance has the wrong sign: a larger variance makes outputs smaller.",
)
def batch_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, eps, var_part=-1.0)


@mistake(
    "batch_norm_backward",
    "ddof-one",
    "batch_norm_train normalizes by the biased variance; the way back must use the same.",
)
def batch_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, eps, ddof=1)


@mistake(
    "batch_norm_backward",
    "std-without-eps",
    "The standard deviation on the way back is the same as on the way there, eps included.",
)
def batch_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, 0.0)


@mistake(
    "batch_norm_backward",
    "gamma-forgotten",
    "The gradient of x̂ is dout times gamma.",
)
def batch_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, np.ones_like(gamma), eps)


@mistake(
    "batch_norm_backward",
    "std-forgotten",
    "The last step from x̂ to x divides by the standard deviation.",
)
def batch_norm_backward(dout, x, gamma, eps):
    dx, dgamma, dbeta = undone(dout, x, gamma, eps)
    return dx * np.sqrt(x.var(axis=0) + eps), dgamma, dbeta


@mistake(
    "batch_norm_backward",
    "feature-axis",
    "Batch norm averages over the rows of a column; you average over the columns of a row.",
)
def batch_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, eps, axis=-1)


@mistake(
    "batch_norm_backward",
    "dgamma-uses-x",
    "gamma multiplies the normalized x̂, so that is what stands in its gradient.",
)
def batch_norm_backward(dout, x, gamma, eps):
    dx, _, dbeta = undone(dout, x, gamma, eps)
    return dx, (dout * x).sum(axis=0), dbeta


@mistake(
    "batch_norm_backward",
    "weights-averaged",
    "dgamma and dbeta are sums over the batch: if the loss is a mean, dout knows that already.",
)
def batch_norm_backward(dout, x, gamma, eps):
    dx, dgamma, dbeta = undone(dout, x, gamma, eps)
    return dx, dgamma / len(x), dbeta / len(x)


@mistake(
    "batch_norm_backward",
    "weights-swapped",
    "The answer is (dx, dgamma, dbeta), in this order.",
)
def batch_norm_backward(dout, x, gamma, eps):
    dx, dgamma, dbeta = undone(dout, x, gamma, eps)
    return dx, dbeta, dgamma


@mistake(
    "batch_norm_backward",
    "row-shaped-weights",
    "dgamma and dbeta have gamma's shape (D,), not (1, D).",
)
def batch_norm_backward(dout, x, gamma, eps):
    dx, dgamma, dbeta = undone(dout, x, gamma, eps)
    return dx, dgamma[None], dbeta[None]


@mistake(
    "batch_norm_backward",
    "in-place-dout",
    "An in-place operator on dout changes the caller's array: make a new one.",
)
def batch_norm_backward(dout, x, gamma, eps):
    answer = undone(dout, x, gamma, eps)
    dout *= gamma
    return answer


def along(x, gamma, beta, eps, axis):
    """Normalized by the statistics over those axes."""
    mean, var = x.mean(axis=axis, keepdims=True), x.var(axis=axis, keepdims=True)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


@mistake(
    "layer_norm",
    "ddof-one",
    "The variance is the biased one, divided by D: look at the ddof.",
)
def layer_norm(x, gamma, beta, eps):
    var = x.var(axis=-1, ddof=1, keepdims=True)
    return gamma * (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(var + eps) + beta


@mistake("layer_norm", "eps-outside-sqrt", "eps is added to the variance, before the root.")
def layer_norm(x, gamma, beta, eps):
    std = x.std(axis=-1, keepdims=True)
    return gamma * (x - x.mean(axis=-1, keepdims=True)) / (std + eps) + beta


@mistake(
    "layer_norm",
    "sqrt-of-std",
    "std is a root already: take the root of variance plus eps, once.",
)
def layer_norm(x, gamma, beta, eps):
    std = x.std(axis=-1, keepdims=True)
    return gamma * (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(std + eps) + beta


@mistake("layer_norm", "divides-by-variance", "Divide by the square root of variance plus eps.")
def layer_norm(x, gamma, beta, eps):
    var = x.var(axis=-1, keepdims=True)
    return gamma * (x - x.mean(axis=-1, keepdims=True)) / (var + eps) + beta


@mistake("layer_norm", "eps-missing", "The variance may be 0: eps belongs under the root.")
def layer_norm(x, gamma, beta, eps):
    return along(x, gamma, beta, 0.0, -1)


@mistake("layer_norm", "fixed-eps", "Use the eps that is passed in, whatever is customary.")
def layer_norm(x, gamma, beta, eps):
    return along(x, gamma, beta, 1e-5, -1)


@mistake(
    "layer_norm",
    "batch-axis",
    "Statistics go along the last axis, within a vector; over the first axis it is batch norm.",
)
def layer_norm(x, gamma, beta, eps):
    return along(x, gamma, beta, eps, 0)


@mistake(
    "layer_norm",
    "axis-one",
    "The last axis is axis −1 at every rank; axis 1 is the last one of a matrix only.",
)
def layer_norm(x, gamma, beta, eps):
    return along(x, gamma, beta, eps, 1)


@mistake(
    "layer_norm",
    "over-last-two-axes",
    "Only the last axis is averaged over: positions of a sequence do not mix.",
)
def layer_norm(x, gamma, beta, eps):
    return along(x, gamma, beta, eps, (-2, -1))


@mistake(
    "layer_norm",
    "all-but-batch",
    "Only the last axis is averaged over, not everything but the first.",
)
def layer_norm(x, gamma, beta, eps):
    return along(x, gamma, beta, eps, tuple(range(1, x.ndim)) or 0)


@mistake(
    "layer_norm",
    "global-statistics",
    "Every vector has its own mean and variance; yours are those of the whole array.",
)
def layer_norm(x, gamma, beta, eps):
    return along(x, gamma, beta, eps, None)


@mistake("layer_norm", "not-centred", "The mean is subtracted; without that it is RMS norm.")
def layer_norm(x, gamma, beta, eps):
    return reference.rms_norm(x, gamma, eps) + beta


@mistake(
    "layer_norm",
    "second-moment",
    "The variance is the mean square of the deviations from the mean, not of x.",
)
def layer_norm(x, gamma, beta, eps):
    m = (x**2).mean(axis=-1, keepdims=True)
    return gamma * (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(m + eps) + beta


@mistake("layer_norm", "gamma-beta-swapped", "gamma multiplies, beta is added.")
def layer_norm(x, gamma, beta, eps):
    return along(x, beta, gamma, eps, -1)


@mistake("layer_norm", "beta-before-gamma", "beta is added last, gamma does not multiply it.")
def layer_norm(x, gamma, beta, eps):
    return along(x, gamma, gamma * beta, eps, -1)


@mistake(
    "layer_norm",
    "in-place",
    "An in-place operator on x changes the caller's array: make a new one.",
)
def layer_norm(x, gamma, beta, eps):
    answer = along(x, gamma, beta, eps, -1)
    x -= x.mean(axis=-1, keepdims=True)
    return answer


@mistake(
    "layer_norm_backward",
    "batch-norm-axis",
    "This is the backward pass of batch norm: the averages for dx go along the last axis.",
)
def layer_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, eps, axis=0)


@mistake(
    "layer_norm_backward",
    "means-over-batch-axis",
    "x̂ is along the last axis, and so are the two averages that are subtracted in dx.",
)
def layer_norm_backward(dout, x, gamma, eps):
    std = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    x_hat = (x - x.mean(axis=-1, keepdims=True)) / std
    dx_hat = dout * gamma
    dx = (dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0)) / std
    return dx, *undone(dout, x, gamma, eps, axis=-1)[1:]


@mistake(
    "layer_norm_backward",
    "gamma-outside",
    "gamma differs along the axis of the averages: multiply dout by it before averaging.",
)
def layer_norm_backward(dout, x, gamma, eps):
    dx, dgamma, dbeta = undone(dout, x, np.ones_like(gamma), eps, axis=-1)
    return gamma * dx, dgamma, dbeta


@mistake("layer_norm_backward", "gamma-forgotten", "The gradient of x̂ is dout times gamma.")
def layer_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, np.ones_like(gamma), eps, axis=-1)


@mistake(
    "layer_norm_backward",
    "only-first-term",
    "Mean and variance depend on x too: two more paths lead back to it.",
)
def layer_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, eps, mean_part=0.0, var_part=0.0, axis=-1)


@mistake(
    "layer_norm_backward",
    "mean-path-missing",
    "One path from x to the output is missing: the one through the mean.",
)
def layer_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, eps, mean_part=0.0, axis=-1)


@mistake(
    "layer_norm_backward",
    "variance-path-missing",
    "One path from x to the output is missing: the one through the variance.",
)
def layer_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, eps, var_part=0.0, axis=-1)


@mistake(
    "layer_norm_backward",
    "variance-path-sign",
    "The path through the variance has the wrong sign: a larger variance makes outputs smaller.",
)
def layer_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, eps, var_part=-1.0, axis=-1)


@mistake(
    "layer_norm_backward",
    "sums-not-means",
    "Mean and variance are sums divided by D: on the way back each entry gets its D-th part.",
)
def layer_norm_backward(dout, x, gamma, eps):
    d = x.shape[-1]
    return undone(dout, x, gamma, eps, mean_part=d, var_part=d, axis=-1)


@mistake(
    "layer_norm_backward",
    "divided-by-batch-size",
    "The averages are over the D entries of a vector, so that is what to divide by.",
)
def layer_norm_backward(dout, x, gamma, eps):
    part = x.shape[-1] / x.shape[0]
    return undone(dout, x, gamma, eps, mean_part=part, var_part=part, axis=-1)


@mistake(
    "layer_norm_backward",
    "ddof-one",
    "layer_norm uses the biased variance; the way back must use the same.",
)
def layer_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, eps, ddof=1, axis=-1)


@mistake(
    "layer_norm_backward",
    "std-without-eps",
    "The standard deviation on the way back is the same as on the way there, eps included.",
)
def layer_norm_backward(dout, x, gamma, eps):
    return undone(dout, x, gamma, 0.0, axis=-1)


@mistake(
    "layer_norm_backward",
    "eps-outside-sqrt",
    "The standard deviation on the way back is the same as on the way there, eps under the root.",
)
def layer_norm_backward(dout, x, gamma, eps):
    std = x.std(axis=-1, keepdims=True)
    return undone(dout, x, gamma, 2 * std * eps + eps**2, axis=-1)


@mistake(
    "layer_norm_backward",
    "weights-over-first-axis",
    "dgamma and dbeta have gamma's shape (D,): sum over every axis but the last.",
)
def layer_norm_backward(dout, x, gamma, eps):
    x_hat = reference.layer_norm(x, 1.0, 0.0, eps)
    dx = undone(dout, x, gamma, eps, axis=-1)[0]
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


@mistake(
    "layer_norm_backward",
    "weights-over-last-axis",
    "gamma is shared by the vectors, so its gradient sums over them and not along them.",
)
def layer_norm_backward(dout, x, gamma, eps):
    x_hat = reference.layer_norm(x, 1.0, 0.0, eps)
    dx = undone(dout, x, gamma, eps, axis=-1)[0]
    return dx, (dout * x_hat).sum(axis=-1), dout.sum(axis=-1)


@mistake(
    "layer_norm_backward",
    "weights-averaged",
    "dgamma and dbeta are sums over the vectors: a mean in the loss is in dout already.",
)
def layer_norm_backward(dout, x, gamma, eps):
    dx, dgamma, dbeta = undone(dout, x, gamma, eps, axis=-1)
    vectors = x.size // x.shape[-1]
    return dx, dgamma / vectors, dbeta / vectors


@mistake(
    "layer_norm_backward",
    "dgamma-uses-x",
    "gamma multiplies the normalized x̂, so that is what stands in its gradient.",
)
def layer_norm_backward(dout, x, gamma, eps):
    dx, _, dbeta = undone(dout, x, gamma, eps, axis=-1)
    return dx, (dout * x).sum(axis=tuple(range(x.ndim - 1))), dbeta


@mistake(
    "layer_norm_backward",
    "in-place-dout",
    "An in-place operator on dout changes the caller's array: make a new one.",
)
def layer_norm_backward(dout, x, gamma, eps):
    answer = undone(dout, x, gamma, eps, axis=-1)
    dout *= gamma
    return answer


@mistake(
    "rms_norm",
    "divides-by-rsqrt",
    "One over a root is already a factor: multiply by it, or divide by the root.",
)
def rms_norm(x, gamma, eps):
    return gamma * x * np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)


@mistake("rms_norm", "root-missing", "Divide by the square root of mean square plus eps.")
def rms_norm(x, gamma, eps):
    return gamma * x / ((x**2).mean(axis=-1, keepdims=True) + eps)


@mistake(
    "rms_norm",
    "root-of-root",
    "The root is taken once, of mean square plus eps.",
)
def rms_norm(x, gamma, eps):
    return gamma * x / np.sqrt(np.sqrt((x**2).mean(axis=-1, keepdims=True)) + eps)


@mistake(
    "rms_norm",
    "uses-std",
    "No mean is subtracted anywhere: the root mean square is not the standard deviation.",
)
def rms_norm(x, gamma, eps):
    return gamma * x / np.sqrt(x.var(axis=-1, keepdims=True) + eps)


@mistake("rms_norm", "centred", "No mean is subtracted; with it this is layer norm.")
def rms_norm(x, gamma, eps):
    return reference.layer_norm(x, gamma, 0.0, eps)


@mistake(
    "rms_norm",
    "sum-not-mean",
    "The squares are averaged, so that longer vectors do not get smaller entries.",
)
def rms_norm(x, gamma, eps):
    return gamma * x / np.sqrt((x**2).sum(axis=-1, keepdims=True) + eps)


@mistake("rms_norm", "mean-of-absolutes", "Root mean square: square, average, then the root.")
def rms_norm(x, gamma, eps):
    return gamma * x / np.sqrt(np.abs(x).mean(axis=-1, keepdims=True) ** 2 + eps)


@mistake("rms_norm", "eps-outside-sqrt", "eps is added to the mean square, before the root.")
def rms_norm(x, gamma, eps):
    return gamma * x / (np.sqrt((x**2).mean(axis=-1, keepdims=True)) + eps)


@mistake("rms_norm", "eps-missing", "The mean square may be 0: eps belongs under the root.")
def rms_norm(x, gamma, eps):
    return gamma * x / np.sqrt((x**2).mean(axis=-1, keepdims=True))


@mistake("rms_norm", "fixed-eps", "Use the eps that is passed in, whatever is customary.")
def rms_norm(x, gamma, eps):
    return reference.rms_norm(x, gamma, 1e-5)


@mistake(
    "rms_norm",
    "batch-axis",
    "The mean square goes along the last axis, within a vector, not over the first.",
)
def rms_norm(x, gamma, eps):
    return gamma * x / np.sqrt((x**2).mean(axis=0, keepdims=True) + eps)


@mistake(
    "rms_norm",
    "axis-one",
    "The last axis is axis −1 at every rank; axis 1 is the last one of a matrix only.",
)
def rms_norm(x, gamma, eps):
    return gamma * x / np.sqrt((x**2).mean(axis=1, keepdims=True) + eps)


@mistake(
    "rms_norm",
    "global-statistics",
    "Every vector has its own mean square; yours is that of the whole array.",
)
def rms_norm(x, gamma, eps):
    return gamma * x / np.sqrt((x**2).mean() + eps)


@mistake("rms_norm", "unit-offset", "The gain is gamma itself, not 1 + gamma.")
def rms_norm(x, gamma, eps):
    return reference.rms_norm(x, 1 + gamma, eps)


def by_groups(x, num_groups, gamma, beta, normalize):
    """Groups of neighbouring channels, (N, G, C/G, H, W), normalized in that way."""
    n, c, h, w = x.shape
    groups = x.reshape(n, num_groups, c // num_groups, h, w)
    return gamma[:, None, None] * normalize(groups).reshape(x.shape) + beta[:, None, None]


def standard(groups, eps, axis, ddof=0):
    mean = groups.mean(axis=axis, keepdims=True)
    return (groups - mean) / np.sqrt(groups.var(axis=axis, ddof=ddof, keepdims=True) + eps)


@mistake(
    "group_norm",
    "interleaved-groups",
    "Neighbouring channels make a group; you took every num_groups-th one.",
)
def group_norm(x, num_groups, gamma, beta, eps):
    n, c, h, w = x.shape
    groups = x.reshape(n, c // num_groups, num_groups, h, w)
    x_hat = standard(groups, eps, (1, 3, 4)).reshape(x.shape)
    return gamma[:, None, None] * x_hat + beta[:, None, None]


@mistake(
    "group_norm",
    "group-size-for-number",
    "num_groups says how many groups there are, not how many channels are in one.",
)
def group_norm(x, num_groups, gamma, beta, eps):
    groups = x.shape[1] // num_groups
    return by_groups(x, groups, gamma, beta, lambda g: standard(g, eps, (2, 3, 4)))


@mistake(
    "group_norm",
    "over-the-batch",
    "Every image is normalized by itself: the batch axis is not averaged over.",
)
def group_norm(x, num_groups, gamma, beta, eps):
    return by_groups(x, num_groups, gamma, beta, lambda g: standard(g, eps, (0, 2, 3, 4)))


@mistake(
    "group_norm",
    "every-channel-alone",
    "The channels of one group share mean and variance; one channel alone is instance norm.",
)
def group_norm(x, num_groups, gamma, beta, eps):
    return by_groups(x, num_groups, gamma, beta, lambda g: standard(g, eps, (3, 4)))


@mistake(
    "group_norm",
    "every-pixel-alone",
    "Mean and variance run over height and width too, not only over the channels of a group.",
)
def group_norm(x, num_groups, gamma, beta, eps):
    return by_groups(x, num_groups, gamma, beta, lambda g: standard(g, eps, 2))


@mistake(
    "group_norm",
    "groups-ignored",
    "Mean and variance belong to one group; yours are those of the whole image.",
)
def group_norm(x, num_groups, gamma, beta, eps):
    return by_groups(x, 1, gamma, beta, lambda g: standard(g, eps, (2, 3, 4)))


@mistake(
    "group_norm",
    "ddof-one",
    "The variance is the biased one, divided by the size of the group: look at the ddof.",
)
def group_norm(x, num_groups, gamma, beta, eps):
    return by_groups(x, num_groups, gamma, beta, lambda g: standard(g, eps, (2, 3, 4), ddof=1))


@mistake("group_norm", "eps-outside-sqrt", "eps is added to the variance, before the root.")
def group_norm(x, num_groups, gamma, beta, eps):
    def normalize(g):
        mean, std = g.mean(axis=(2, 3, 4), keepdims=True), g.std(axis=(2, 3, 4), keepdims=True)
        return (g - mean) / (std + eps)

    return by_groups(x, num_groups, gamma, beta, normalize)


@mistake("group_norm", "eps-missing", "The variance may be 0: eps belongs under the root.")
def group_norm(x, num_groups, gamma, beta, eps):
    return reference.group_norm(x, num_groups, gamma, beta, 0.0)


@mistake("group_norm", "fixed-eps", "Use the eps that is passed in, whatever is customary.")
def group_norm(x, num_groups, gamma, beta, eps):
    return reference.group_norm(x, num_groups, gamma, beta, 1e-5)


@mistake(
    "group_norm",
    "divides-by-variance",
    "Divide by the square root of variance plus eps.",
)
def group_norm(x, num_groups, gamma, beta, eps):
    def normalize(g):
        var = g.var(axis=(2, 3, 4), keepdims=True)
        return (g - g.mean(axis=(2, 3, 4), keepdims=True)) / (var + eps)

    return by_groups(x, num_groups, gamma, beta, normalize)


@mistake(
    "group_norm",
    "weights-per-group",
    "gamma and beta are per channel: the channels of a group differ in them.",
)
def group_norm(x, num_groups, gamma, beta, eps):
    first = np.arange(len(gamma)) // (len(gamma) // num_groups) * (len(gamma) // num_groups)
    return reference.group_norm(x, num_groups, gamma[first], beta[first], eps)


@mistake(
    "group_norm",
    "weights-along-width",
    "gamma and beta belong to the channels: without extra axes they meet the width.",
)
def group_norm(x, num_groups, gamma, beta, eps):
    ones, zeros = np.ones_like(gamma), np.zeros_like(beta)
    return gamma * reference.group_norm(x, num_groups, ones, zeros, eps) + beta


@mistake("group_norm", "gamma-beta-swapped", "gamma multiplies, beta is added.")
def group_norm(x, num_groups, gamma, beta, eps):
    return reference.group_norm(x, num_groups, beta, gamma, eps)


@mistake(
    "group_norm",
    "in-place",
    "Writing into x, or into a view of it, changes the caller's array: make a new one.",
)
def group_norm(x, num_groups, gamma, beta, eps):
    x[...] = reference.group_norm(x, num_groups, gamma, beta, eps)
    return x
