"""What people get wrong in logistic and softmax regression."""

import ch04_softmax_cross_entropy as reference
import numpy as np

from grader.bank import mistake


def one_hot(labels, classes):
    return np.eye(classes)[labels]


# ------------------------------------------------------------------------------------- sigmoid


@mistake(
    "sigmoid",
    "exp-overflow",
    "The values are right, but exp(−z) overflows below z = −709: never let exp grow beyond 1.",
)
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@mistake(
    "sigmoid",
    "infinity-over-infinity",
    "exp(z) / (1 + exp(z)) is inf / inf, nan, above z = 709: that form is for negative z only.",
)
def sigmoid(z):
    e = np.exp(z)
    return e / (1 + e)


@mistake(
    "sigmoid",
    "both-branches-computed",
    "np.where computes both of its branches for every entry, so each of them must be safe for "
    "every entry.",
)
def sigmoid(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))


@mistake(
    "sigmoid",
    "one-branch-for-all",
    "Every entry has its own sign: choose the safe form per entry, not once for the whole array.",
)
def sigmoid(z):
    if z.sum() >= 0:
        return 1 / (1 + np.exp(-z))
    return np.exp(z) / (1 + np.exp(z))


@mistake("sigmoid", "sign", "Large z must give probabilities near 1: look at the sign of z in exp.")
def sigmoid(z):
    return reference.sigmoid(-z)


@mistake(
    "sigmoid",
    "zero-forgotten",
    "z = 0 belongs to neither z > 0 nor z < 0: one of the two cases has to include it.",
)
def sigmoid(z):
    out = np.zeros_like(z)
    out[z > 0] = 1 / (1 + np.exp(-z[z > 0]))
    out[z < 0] = np.exp(z[z < 0]) / (1 + np.exp(z[z < 0]))
    return out


@mistake(
    "sigmoid",
    "derivative",
    "p·(1 − p) is the slope of the sigmoid; the sigmoid itself is asked for.",
)
def sigmoid(z):
    p = reference.sigmoid(z)
    return p * (1 - p)


@mistake(
    "sigmoid",
    "tanh-without-half",
    "σ(z) is a shifted and squeezed tanh, but of half of z.",
)
def sigmoid(z):
    return (1 + np.tanh(z)) / 2


@mistake(
    "sigmoid",
    "clipped-logits",
    "Clipping z at ±10 changes probabilities that float64 can tell apart very well.",
)
def sigmoid(z):
    return reference.sigmoid(np.clip(z, -10, 10))


@mistake(
    "sigmoid",
    "overwrites-input",
    "The caller's array has changed: an operator with = and out= write into the array itself.",
)
def sigmoid(z):
    answer = reference.sigmoid(z)
    z *= -1
    np.exp(z, out=z)
    return answer


# ------------------------------------------------------------------------ binary_cross_entropy


@mistake(
    "binary_cross_entropy",
    "log-of-sigmoid",
    "σ(z) rounds to exactly 0 or 1, and the logarithm of 0 is −inf: find the loss from the logits.",
)
def binary_cross_entropy(logits, targets):
    p = reference.sigmoid(logits)
    return -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))


def clipped_at(logits, targets, eps):
    p = np.clip(reference.sigmoid(logits), eps, 1 - eps)
    return -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))


@mistake(
    "binary_cross_entropy",
    "clipped-at-1e-15",
    "Clipping hides how wrong a confident prediction is: at z = −1e4 the true loss is 1e4, not 34.",
)
def binary_cross_entropy(logits, targets):
    return clipped_at(logits, targets, 1e-15)


@mistake(
    "binary_cross_entropy",
    "clipped-at-1e-12",
    "Clipping hides how wrong a confident prediction is: at z = −1e4 the true loss is 1e4, not 27.",
)
def binary_cross_entropy(logits, targets):
    return clipped_at(logits, targets, 1e-12)


@mistake(
    "binary_cross_entropy",
    "clipped-at-1e-7",
    "Clipping hides how wrong a confident prediction is: at z = −1e4 the true loss is 1e4, not 16.",
)
def binary_cross_entropy(logits, targets):
    return clipped_at(logits, targets, 1e-7)


@mistake(
    "binary_cross_entropy",
    "overflowing-softplus",
    "log(1 + exp(z)) is the right formula, but exp(z) overflows above z = 709.",
)
def binary_cross_entropy(logits, targets):
    return np.mean(np.log(1 + np.exp(logits)) - targets * logits)


@mistake(
    "binary_cross_entropy",
    "absolute-value-missing",
    "The exponent in log(1 + exp(·)) must never be positive: it is −|z|, not −z.",
)
def binary_cross_entropy(logits, targets):
    return np.mean(np.maximum(logits, 0) - targets * logits + np.log1p(np.exp(-logits)))


@mistake(
    "binary_cross_entropy",
    "both-branches-computed",
    "The values are right, but np.where computes both of its branches for every entry, and each "
    "overflows on one side.",
)
def binary_cross_entropy(logits, targets):
    z = logits
    log_partition = np.where(z > 0, z + np.log1p(np.exp(-z)), np.log1p(np.exp(z)))
    return np.mean(log_partition - targets * z)


@mistake("binary_cross_entropy", "sum-not-mean", "The loss is the mean over all entries.")
def binary_cross_entropy(logits, targets):
    return reference.binary_cross_entropy(logits, targets) * logits.size


@mistake(
    "binary_cross_entropy",
    "mean-over-rows-only",
    "The mean runs over all entries, also those of further axes.",
)
def binary_cross_entropy(logits, targets):
    return reference.binary_cross_entropy(logits, targets) * logits.size / len(logits)


@mistake(
    "binary_cross_entropy",
    "negative-part-missing",
    "Where the target is 0, a high probability must cost something: the loss has two terms.",
)
def binary_cross_entropy(logits, targets):
    return np.mean(targets * np.logaddexp(0, -logits))


@mistake(
    "binary_cross_entropy",
    "sign",
    "A loss is small when the predictions are good and never negative: this is the log-likelihood.",
)
def binary_cross_entropy(logits, targets):
    return -reference.binary_cross_entropy(logits, targets)


@mistake(
    "binary_cross_entropy",
    "only-zero-or-one",
    "Targets are probabilities: one of 0.3 costs 0.3 of one side and 0.7 of the other.",
)
def binary_cross_entropy(logits, targets):
    return np.mean(np.where(targets == 1, np.logaddexp(0, -logits), np.logaddexp(0, logits)))


@mistake(
    "binary_cross_entropy",
    "rounded-targets",
    "Targets are probabilities and must not be rounded to 0 or 1 first.",
)
def binary_cross_entropy(logits, targets):
    return np.mean(np.where(targets >= 0.5, np.logaddexp(0, -logits), np.logaddexp(0, logits)))


@mistake(
    "binary_cross_entropy",
    "labels-plus-minus",
    "log(1 + exp(−t·z)) is the loss for targets −1 and 1; here they lie between 0 and 1.",
)
def binary_cross_entropy(logits, targets):
    return np.mean(np.logaddexp(0, -targets * logits))


@mistake(
    "binary_cross_entropy",
    "sigmoid-twice",
    "The loss takes logits and applies the sigmoid itself; do not apply it before as well.",
)
def binary_cross_entropy(logits, targets):
    return reference.binary_cross_entropy(reference.sigmoid(logits), targets)


@mistake(
    "binary_cross_entropy",
    "logits-as-probabilities",
    "Logits are any real numbers: they become probabilities only by the sigmoid.",
)
def binary_cross_entropy(logits, targets):
    return -np.mean(targets * np.log(logits) + (1 - targets) * np.log(1 - logits))


@mistake(
    "binary_cross_entropy",
    "arguments-swapped",
    "Predictions and targets do not play the same part: the logarithm is of the predictions.",
)
def binary_cross_entropy(logits, targets):
    return reference.binary_cross_entropy(targets, reference.sigmoid(logits))


@mistake(
    "binary_cross_entropy",
    "squared-error",
    "This is the mean squared error of the probabilities; the loss asked for uses logarithms.",
)
def binary_cross_entropy(logits, targets):
    return np.mean((reference.sigmoid(logits) - targets) ** 2)


@mistake(
    "binary_cross_entropy",
    "overwrites-logits",
    "The caller's logits have changed: an operator with = and out= write into the array itself.",
)
def binary_cross_entropy(logits, targets):
    loss = reference.binary_cross_entropy(logits, targets)
    np.clip(logits, 0, None, out=logits)
    return loss


# --------------------------------------------------------------------------- logistic_gradient


@mistake("logistic_gradient", "sum-not-mean", "The loss is a mean: its gradient carries 1/n.")
def logistic_gradient(X, y, w, b):
    dw, db = reference.logistic_gradient(X, y, w, b)
    return dw * len(y), db * len(y)


@mistake("logistic_gradient", "bias-first", "The answer is (dw, db), the bias last.")
def logistic_gradient(X, y, w, b):
    dw, db = reference.logistic_gradient(X, y, w, b)
    return db, dw


@mistake(
    "logistic_gradient",
    "sign",
    "The gradient points to where the loss grows: it is p − y, not y − p.",
)
def logistic_gradient(X, y, w, b):
    dw, db = reference.logistic_gradient(X, y, w, b)
    return -dw, -db


@mistake(
    "logistic_gradient",
    "squared-error-chain",
    "p·(1 − p) belongs to the squared error; the logarithm in the cross-entropy cancels it.",
)
def logistic_gradient(X, y, w, b):
    p = reference.sigmoid(X @ w + b)
    error = (p - y) * p * (1 - p) / len(y)
    return X.T @ error, error.sum()


@mistake(
    "logistic_gradient",
    "averaged-twice",
    "dw is divided by n twice: once in p − y and again after the product with X.",
)
def logistic_gradient(X, y, w, b):
    dw, db = reference.logistic_gradient(X, y, w, b)
    return dw / len(y), db


@mistake("logistic_gradient", "db-not-averaged", "db is a mean over the examples, as dw is.")
def logistic_gradient(X, y, w, b):
    dw, db = reference.logistic_gradient(X, y, w, b)
    return dw, db * len(y)


@mistake("logistic_gradient", "dw-not-averaged", "dw is a mean over the examples, as db is.")
def logistic_gradient(X, y, w, b):
    dw, db = reference.logistic_gradient(X, y, w, b)
    return dw * len(y), db


@mistake(
    "logistic_gradient",
    "divided-by-features",
    "The mean is over the n examples (rows of X), not over the d features.",
)
def logistic_gradient(X, y, w, b):
    dw, db = reference.logistic_gradient(X, y, w, b)
    return dw * len(y) / len(w), db * len(y) / len(w)


@mistake("logistic_gradient", "factor-two", "There is no square in this loss, so no factor 2.")
def logistic_gradient(X, y, w, b):
    dw, db = reference.logistic_gradient(X, y, w, b)
    return 2 * dw, 2 * db


@mistake("logistic_gradient", "bias-not-used", "The logits are X w + b: b takes part in them.")
def logistic_gradient(X, y, w, b):
    return reference.logistic_gradient(X, y, w, 0.0)


@mistake(
    "logistic_gradient",
    "no-sigmoid",
    "X w + b are logits; the error is that of the probabilities.",
)
def logistic_gradient(X, y, w, b):
    error = (X @ w + b - y) / len(y)
    return X.T @ error, error.sum()


@mistake(
    "logistic_gradient",
    "thresholded",
    "The gradient needs the probabilities themselves, not the decisions 0 or 1 made from them.",
)
def logistic_gradient(X, y, w, b):
    error = ((X @ w + b >= 0) - y) / len(y)
    return X.T @ error, error.sum()


@mistake(
    "logistic_gradient",
    "db-of-each-example",
    "db is one number: there is one bias for all examples.",
)
def logistic_gradient(X, y, w, b):
    dw, _ = reference.logistic_gradient(X, y, w, b)
    return dw, (reference.sigmoid(X @ w + b) - y) / len(y)


@mistake(
    "logistic_gradient",
    "infinity-over-infinity",
    "exp(z) / (1 + exp(z)) is nan above z = 709: use a sigmoid that is safe on both sides.",
)
def logistic_gradient(X, y, w, b):
    e = np.exp(X @ w + b)
    error = (e / (1 + e) - y) / len(y)
    return X.T @ error, error.sum()


@mistake(
    "logistic_gradient",
    "exp-overflow",
    "The values are right, but exp(−z) overflows below z = −709: use a sigmoid that does not warn.",
)
def logistic_gradient(X, y, w, b):
    error = (1 / (1 + np.exp(-(X @ w + b))) - y) / len(y)
    return X.T @ error, error.sum()


@mistake(
    "logistic_gradient",
    "overwrites-targets",
    "The caller's y has changed: an operator with = writes into the array itself.",
)
def logistic_gradient(X, y, w, b):
    y -= reference.sigmoid(X @ w + b)
    return -X.T @ y / len(y), -y.mean()


# ----------------------------------------------------------------------------------- logsumexp


@mistake(
    "logsumexp",
    "no-max-shift",
    "exp overflows above 709, and far below 0 the sum is 0: take the maximum out first.",
)
def logsumexp(z, axis=-1):
    return np.log(np.exp(z).sum(axis=axis))


@mistake(
    "logsumexp",
    "max-not-added-back",
    "What was subtracted from z inside the exponential must be added to the logarithm.",
)
def logsumexp(z, axis=-1):
    return np.log(np.exp(z - z.max(axis=axis, keepdims=True)).sum(axis=axis))


@mistake(
    "logsumexp",
    "global-max",
    "A slice far below the maximum of the whole array underflows: each needs its own maximum.",
)
def logsumexp(z, axis=-1):
    top = z.max()
    return top + np.log(np.exp(z - top).sum(axis=axis))


@mistake("logsumexp", "axis-kept", "The axis that is summed over must disappear from the shape.")
def logsumexp(z, axis=-1):
    return np.expand_dims(reference.logsumexp(z, axis), axis)


@mistake("logsumexp", "axis-ignored", "The sum runs along `axis`, whichever it is.")
def logsumexp(z, axis=-1):
    return reference.logsumexp(z)


@mistake("logsumexp", "axis-zero", "The sum runs along `axis`, the last one unless given.")
def logsumexp(z, axis=-1):
    return reference.logsumexp(z, 0)


@mistake("logsumexp", "everything-summed", "One sum for each slice along `axis`, not one for all.")
def logsumexp(z, axis=-1):
    return reference.logsumexp(z.ravel())


@mistake("logsumexp", "maximum-only", "The maximum is only the largest term of the sum.")
def logsumexp(z, axis=-1):
    return z.max(axis=axis)


@mistake(
    "logsumexp",
    "max-with-zero-floor",
    "Where all logits are far below 0 the maximum is negative too: do not start it at 0.",
)
def logsumexp(z, axis=-1):
    top = z.max(axis=axis, keepdims=True, initial=0.0)
    return np.squeeze(top, axis) + np.log(np.exp(z - top).sum(axis=axis))


@mistake("logsumexp", "mean-not-sum", "The exponentials are added up, not averaged.")
def logsumexp(z, axis=-1):
    return reference.logsumexp(z, axis) - np.log(z.shape[axis])


@mistake("logsumexp", "logarithm-missing", "The sum of the exponentials still needs its logarithm.")
def logsumexp(z, axis=-1):
    return np.exp(z).sum(axis=axis)


@mistake(
    "logsumexp",
    "maximum-counted-twice",
    "exp(z − max) of the maximum itself is already the 1 in the sum: log1p adds another.",
)
def logsumexp(z, axis=-1):
    top = z.max(axis=axis, keepdims=True)
    return np.squeeze(top, axis) + np.log1p(np.exp(z - top).sum(axis=axis))


@mistake("logsumexp", "logarithm-of-each", "log Σ exp(z) is not Σ log exp(z): first sum, then log.")
def logsumexp(z, axis=-1):
    return z.sum(axis=axis)


@mistake(
    "logsumexp",
    "min-shift",
    "Subtract the largest logit, not the smallest: the exponents must not be positive.",
)
def logsumexp(z, axis=-1):
    low = z.min(axis=axis, keepdims=True)
    return np.squeeze(low, axis) + np.log(np.exp(z - low).sum(axis=axis))


@mistake(
    "logsumexp",
    "overwrites-input",
    "The caller's array has changed: an operator with = writes into the array itself.",
)
def logsumexp(z, axis=-1):
    top = z.max(axis=axis, keepdims=True)
    z -= top
    return np.squeeze(top, axis) + np.log(np.exp(z).sum(axis=axis))


# ------------------------------------------------------------------------------------- softmax


@mistake(
    "softmax", "no-max-shift", "exp overflows above about 709: subtract each row's maximum first."
)
def softmax(z, axis=-1):
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)


@mistake("softmax", "global-sum", "Every row must sum to one by itself, not the whole array.")
def softmax(z, axis=-1):
    e = np.exp(z - z.max())
    return e / e.sum()


@mistake(
    "softmax",
    "global-max",
    "A row far below the maximum of the whole array underflows to 0 / 0: each needs its own.",
)
def softmax(z, axis=-1):
    e = np.exp(z - z.max())
    return e / e.sum(axis=axis, keepdims=True)


@mistake(
    "softmax",
    "sum-of-everything",
    "The maximum is taken along the axis, but the sum over the whole array.",
)
def softmax(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum()


@mistake("softmax", "axis-ignored", "The probabilities sum to one along `axis`, whichever it is.")
def softmax(z, axis=-1):
    return reference.softmax(z)


@mistake("softmax", "axis-zero", "The probabilities sum to one along `axis`, the last by default.")
def softmax(z, axis=-1):
    return reference.softmax(z, 0)


@mistake("softmax", "axis-one", "A vector has no axis 1: use `axis`, whatever the rank of z.")
def softmax(z, axis=-1):
    return reference.softmax(z, 1)


@mistake(
    "softmax",
    "max-with-zero-floor",
    "Where all logits are far below 0 the maximum is negative too: do not start it at 0.",
)
def softmax(z, axis=-1):
    e = np.exp(z - z.max(axis=axis, keepdims=True, initial=0.0))
    return e / e.sum(axis=axis, keepdims=True)


@mistake(
    "softmax",
    "min-shift",
    "Subtract the largest logit, not the smallest: the exponents must not be positive.",
)
def softmax(z, axis=-1):
    e = np.exp(z - z.min(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@mistake(
    "softmax",
    "mean-shift",
    "The mean is too little to subtract: the largest logit may still overflow.",
)
def softmax(z, axis=-1):
    e = np.exp(z - z.mean(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@mistake(
    "softmax",
    "divided-by-max",
    "Only a difference leaves softmax as it is: subtract the maximum, do not divide by it.",
)
def softmax(z, axis=-1):
    e = np.exp(z / z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@mistake(
    "softmax",
    "clipped-logits",
    "Clipping makes all logits beyond the limit equal; shift them instead, that keeps differences.",
)
def softmax(z, axis=-1):
    e = np.exp(np.clip(z, -500, 500))
    return e / e.sum(axis=axis, keepdims=True)


@mistake("softmax", "exp-of-ratio", "Divide the exponentials by their sum, not their exponents.")
def softmax(z, axis=-1):
    return np.exp(z / np.exp(z).sum(axis=axis, keepdims=True))


@mistake("softmax", "no-exp", "Logits may be negative: only their exponentials can be shared out.")
def softmax(z, axis=-1):
    return z / z.sum(axis=axis, keepdims=True)


@mistake("softmax", "not-normalised", "The exponentials still have to be divided by their sum.")
def softmax(z, axis=-1):
    return np.exp(z - z.max(axis=axis, keepdims=True))


@mistake("softmax", "sign", "The largest logit must get the largest probability.")
def softmax(z, axis=-1):
    return reference.softmax(-z, axis)


@mistake("softmax", "hard-max", "Every class gets a share; this gives all of it to the largest.")
def softmax(z, axis=-1):
    return (z == z.max(axis=axis, keepdims=True)).astype(float)


@mistake("softmax", "logarithm", "The probabilities are due, not their logarithms.")
def softmax(z, axis=-1):
    return reference.log_softmax(z, axis)


@mistake(
    "softmax",
    "sigmoid-of-each",
    "Softmax compares the logits with each other; the sigmoid looks at each of them alone.",
)
def softmax(z, axis=-1):
    return reference.sigmoid(z)


@mistake(
    "softmax",
    "keepdims-missing",
    "max and sum drop their axis and then line up with the wrong one: keepdims=True keeps it.",
)
def softmax(z, axis=-1):
    e = np.exp(z - z.max(axis=axis))
    return e / e.sum(axis=axis)


@mistake(
    "softmax",
    "overwrites-input",
    "The caller's array has changed: an operator with = writes into the array itself.",
)
def softmax(z, axis=-1):
    z -= z.max(axis=axis, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)


# --------------------------------------------------------------------------------- log_softmax


@mistake(
    "log_softmax",
    "log-of-softmax",
    "A probability below 1e-323 is stored as 0, and its logarithm is −inf: never form it.",
)
def log_softmax(z, axis=-1):
    return np.log(reference.softmax(z, axis))


@mistake(
    "log_softmax",
    "log-of-softmax-plus-epsilon",
    "The added epsilon hides how small a probability is: no logarithm falls below that of epsilon.",
)
def log_softmax(z, axis=-1):
    return np.log(reference.softmax(z, axis) + 1e-12)


@mistake(
    "log_softmax",
    "clipped-probability",
    "Clipping hides how small a probability is: no logarithm falls below that of the limit.",
)
def log_softmax(z, axis=-1):
    return np.log(np.clip(reference.softmax(z, axis), 1e-15, 1.0))


@mistake(
    "log_softmax",
    "no-max-shift",
    "log Σ exp(z) overflows as it stands: use your logsumexp, which is safe.",
)
def log_softmax(z, axis=-1):
    return z - np.log(np.exp(z).sum(axis=axis, keepdims=True))


@mistake(
    "log_softmax",
    "log-of-naive-softmax",
    "exp overflows, and inf / inf is nan: stay with logarithms all the way.",
)
def log_softmax(z, axis=-1):
    e = np.exp(z)
    return np.log(e / e.sum(axis=axis, keepdims=True))


@mistake(
    "log_softmax",
    "global-max",
    "A row far below the maximum of the whole array underflows to log 0: each needs its own.",
)
def log_softmax(z, axis=-1):
    shifted = z - z.max()
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


@mistake(
    "log_softmax",
    "shift-once",
    "The maximum was subtracted inside the logarithm only: do so outside as well.",
)
def log_softmax(z, axis=-1):
    top = z.max(axis=axis, keepdims=True)
    return z - np.log(np.exp(z - top).sum(axis=axis, keepdims=True))


@mistake(
    "log_softmax",
    "max-with-zero-floor",
    "Where all logits are far below 0 the maximum is negative too: do not start it at 0.",
)
def log_softmax(z, axis=-1):
    shifted = z - z.max(axis=axis, keepdims=True, initial=0.0)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


@mistake("log_softmax", "axis-ignored", "The sum runs along `axis`, whichever it is.")
def log_softmax(z, axis=-1):
    return reference.log_softmax(z)


@mistake("log_softmax", "axis-zero", "The sum runs along `axis`, the last one unless given.")
def log_softmax(z, axis=-1):
    return reference.log_softmax(z, 0)


@mistake("log_softmax", "global-sum", "Every row has its own sum, not one for the whole array.")
def log_softmax(z, axis=-1):
    return z - reference.logsumexp(z.ravel())


@mistake("log_softmax", "logarithm-missing", "The logarithms are due, not the probabilities.")
def log_softmax(z, axis=-1):
    return reference.softmax(z, axis)


@mistake("log_softmax", "sign", "Logarithms of probabilities are never positive.")
def log_softmax(z, axis=-1):
    return -reference.log_softmax(z, axis)


@mistake(
    "log_softmax",
    "keepdims-missing",
    "The logsumexp has lost its axis and lines up with the wrong one: put the axis back.",
)
def log_softmax(z, axis=-1):
    return z - reference.logsumexp(z, axis)


@mistake(
    "log_softmax",
    "maximum-subtracted-only",
    "Subtracting the maximum is the first half: the logarithm of the sum is missing.",
)
def log_softmax(z, axis=-1):
    return z - z.max(axis=axis, keepdims=True)


@mistake(
    "log_softmax",
    "overwrites-input",
    "The caller's array has changed: an operator with = writes into the array itself.",
)
def log_softmax(z, axis=-1):
    z -= z.max(axis=axis, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=axis, keepdims=True))


# ---------------------------------------------------------------------------- softmax_backward


@mistake(
    "softmax_backward",
    "jacobian-diagonal",
    "p·(1 − p) is only the Jacobian's diagonal: every logit moves all probabilities of its row.",
)
def softmax_backward(dout, p):
    return dout * p * (1 - p)


@mistake(
    "softmax_backward",
    "global-sum",
    "The sum of dout·p belongs to a row: one number for each row, not one for the whole array.",
)
def softmax_backward(dout, p):
    return p * (dout - (dout * p).sum())


@mistake(
    "softmax_backward",
    "axis-zero",
    "The probabilities of a row run along the last axis, and so does the sum.",
)
def softmax_backward(dout, p):
    return p * (dout - (dout * p).sum(axis=0))


@mistake(
    "softmax_backward",
    "axis-one",
    "The sum runs along the last axis, which is axis 1 only for a matrix.",
)
def softmax_backward(dout, p):
    return p * (dout - (dout * p).sum(axis=1, keepdims=True))


@mistake(
    "softmax_backward",
    "unweighted-sum",
    "What is subtracted is the mean of dout weighted with the probabilities, not its plain sum.",
)
def softmax_backward(dout, p):
    return p * (dout - dout.sum(axis=-1, keepdims=True))


@mistake(
    "softmax_backward",
    "plain-mean",
    "What is subtracted is the mean of dout weighted with the probabilities, not its plain mean.",
)
def softmax_backward(dout, p):
    return p * (dout - dout.mean(axis=-1, keepdims=True))


@mistake(
    "softmax_backward",
    "outer-p-missing",
    "The difference still has to be multiplied by p: a class with probability 0 cannot move.",
)
def softmax_backward(dout, p):
    return dout - (dout * p).sum(axis=-1, keepdims=True)


@mistake("softmax_backward", "sign", "The signs of both terms of the Jacobian are turned round.")
def softmax_backward(dout, p):
    return -reference.softmax_backward(dout, p)


@mistake(
    "softmax_backward",
    "off-diagonal-sign",
    "Raising one logit lowers the other probabilities: the second term is subtracted.",
)
def softmax_backward(dout, p):
    return p * (dout + (dout * p).sum(axis=-1, keepdims=True))


@mistake(
    "softmax_backward",
    "softmax-again",
    "p is the output of softmax already: it must not go through softmax once more.",
)
def softmax_backward(dout, p):
    return reference.softmax_backward(dout, reference.softmax(p))


@mistake(
    "softmax_backward",
    "cross-entropy-shortcut",
    "p − target holds behind a cross-entropy only; here dout may come from any loss.",
)
def softmax_backward(dout, p):
    return p - dout


@mistake(
    "softmax_backward",
    "averaged",
    "dout already holds whatever mean the loss took: nothing is divided by the batch here.",
)
def softmax_backward(dout, p):
    return reference.softmax_backward(dout, p) / len(p)


@mistake(
    "softmax_backward",
    "one-row-only",
    "np.diag and np.outer build the Jacobian of a single row; there may be any number of rows.",
)
def softmax_backward(dout, p):
    return (np.diag(p) - np.outer(p, p)) @ dout


@mistake(
    "softmax_backward",
    "arguments-swapped",
    "dout comes first, p second, and they do not play the same part.",
)
def softmax_backward(dout, p):
    return reference.softmax_backward(p, dout)


@mistake(
    "softmax_backward",
    "overwrites-upstream",
    "The caller's dout has changed: an operator with = writes into the array itself.",
)
def softmax_backward(dout, p):
    dout -= (dout * p).sum(axis=-1, keepdims=True)
    return p * dout


# ------------------------------------------------------------------------------- cross_entropy


def of_labels(values, labels):
    return values[np.arange(len(labels)), labels]


@mistake(
    "cross_entropy",
    "double-softmax",
    "log_softmax starts from the logits: do not hand it probabilities.",
)
def cross_entropy(logits, labels):
    return reference.cross_entropy(reference.softmax(logits), labels)


@mistake(
    "cross_entropy",
    "log-of-softmax",
    "A tiny probability is stored as 0, and its logarithm is −inf: use log_softmax.",
)
def cross_entropy(logits, labels):
    return -np.log(of_labels(reference.softmax(logits), labels)).mean()


@mistake(
    "cross_entropy",
    "clipped-at-1e-15",
    "Clipping hides how wrong a confident prediction is: the loss can never exceed 34.5.",
)
def cross_entropy(logits, labels):
    p = np.clip(reference.softmax(logits), 1e-15, 1 - 1e-15)
    return -np.log(of_labels(p, labels)).mean()


@mistake(
    "cross_entropy",
    "clipped-at-1e-12",
    "Clipping hides how wrong a confident prediction is: the loss can never exceed 27.6.",
)
def cross_entropy(logits, labels):
    p = np.clip(reference.softmax(logits), 1e-12, 1 - 1e-12)
    return -np.log(of_labels(p, labels)).mean()


@mistake(
    "cross_entropy",
    "epsilon-in-log",
    "The added epsilon hides how wrong a confident prediction is: it caps the loss.",
)
def cross_entropy(logits, labels):
    return -np.log(of_labels(reference.softmax(logits), labels) + 1e-9).mean()


@mistake(
    "cross_entropy",
    "no-max-shift",
    "exp overflows above 709, and far below 0 the sum is 0: build on your log_softmax.",
)
def cross_entropy(logits, labels):
    return (np.log(np.exp(logits).sum(axis=1)) - of_labels(logits, labels)).mean()


@mistake(
    "cross_entropy",
    "global-max",
    "A row far below the maximum of the whole array underflows: each needs its own maximum.",
)
def cross_entropy(logits, labels):
    shifted = logits - logits.max()
    return (np.log(np.exp(shifted).sum(axis=1)) - of_labels(shifted, labels)).mean()


@mistake("cross_entropy", "sum-not-mean", "The loss is the mean over the rows, not their sum.")
def cross_entropy(logits, labels):
    return reference.cross_entropy(logits, labels) * len(labels)


@mistake(
    "cross_entropy",
    "mean-over-all",
    "A mean over the (N, C) products with the one-hot labels divides by C as well as by N.",
)
def cross_entropy(logits, labels):
    return reference.cross_entropy(logits, labels) / logits.shape[1]


@mistake("cross_entropy", "divided-by-classes", "The mean is over the N rows, not the C classes.")
def cross_entropy(logits, labels):
    return reference.cross_entropy(logits, labels) * len(labels) / logits.shape[1]


@mistake(
    "cross_entropy",
    "label-columns",
    "log_p[:, labels] is a whole column for every label; one entry per row is due.",
)
def cross_entropy(logits, labels):
    return -reference.log_softmax(logits)[:, labels].mean()


@mistake(
    "cross_entropy",
    "axis-zero",
    "The classes of a row run along axis 1; axis 0 are different examples.",
)
def cross_entropy(logits, labels):
    return -of_labels(reference.log_softmax(logits, 0), labels).mean()


@mistake(
    "cross_entropy",
    "binary-on-multiclass",
    "The terms (1 − y)·log(1 − p) belong to the binary loss; here only the label's log p counts.",
)
def cross_entropy(logits, labels):
    p, y = reference.softmax(logits), one_hot(labels, logits.shape[1])
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum(axis=1).mean()


@mistake("cross_entropy", "sign", "A loss is never negative: this is the log-likelihood.")
def cross_entropy(logits, labels):
    return -reference.cross_entropy(logits, labels)


@mistake(
    "cross_entropy",
    "log-of-mean",
    "The mean is taken of the logarithms, not of the probabilities before the logarithm.",
)
def cross_entropy(logits, labels):
    return -np.log(of_labels(reference.softmax(logits), labels).mean())


@mistake(
    "cross_entropy",
    "logits-not-normalised",
    "The label's logit alone says nothing: it counts against the logits of all classes.",
)
def cross_entropy(logits, labels):
    return -of_labels(logits, labels).mean()


@mistake(
    "cross_entropy",
    "logits-as-probabilities",
    "Logits are any real numbers: their logarithm is taken only after a softmax.",
)
def cross_entropy(logits, labels):
    return -np.log(of_labels(logits, labels)).mean()


@mistake(
    "cross_entropy",
    "logarithm-missing",
    "One minus the label's probability is not the loss: it is the logarithm that makes it.",
)
def cross_entropy(logits, labels):
    return 1 - of_labels(reference.softmax(logits), labels).mean()


@mistake(
    "cross_entropy",
    "loss-of-each-row",
    "One number is due: the mean over the rows.",
)
def cross_entropy(logits, labels):
    return -of_labels(reference.log_softmax(logits), labels)


@mistake(
    "cross_entropy",
    "shift-once",
    "The maximum was subtracted inside the logarithm only: do so outside as well.",
)
def cross_entropy(logits, labels):
    top = logits.max(axis=1, keepdims=True)
    return (np.log(np.exp(logits - top).sum(axis=1)) - of_labels(logits, labels)).mean()


@mistake(
    "cross_entropy",
    "overwrites-logits",
    "The caller's logits have changed: an operator with = writes into the array itself.",
)
def cross_entropy(logits, labels):
    logits -= logits.max(axis=1, keepdims=True)
    return (np.log(np.exp(logits).sum(axis=1)) - of_labels(logits, labels)).mean()


# ---------------------------------------------------------------------- cross_entropy_gradient


@mistake(
    "cross_entropy_gradient",
    "not-averaged",
    "The loss is a mean over N rows, so its gradient carries the factor 1/N.",
)
def cross_entropy_gradient(logits, labels):
    return reference.cross_entropy_gradient(logits, labels) * len(labels)


@mistake(
    "cross_entropy_gradient",
    "divided-by-everything",
    "The mean is over the N rows only: dividing by N·C is too much.",
)
def cross_entropy_gradient(logits, labels):
    return reference.cross_entropy_gradient(logits, labels) / logits.shape[1]


@mistake(
    "cross_entropy_gradient",
    "divided-by-classes",
    "The mean is over the N rows, not over the C classes.",
)
def cross_entropy_gradient(logits, labels):
    return reference.cross_entropy_gradient(logits, labels) * len(labels) / logits.shape[1]


@mistake(
    "cross_entropy_gradient",
    "label-columns",
    "p[:, labels] are whole columns; the 1 is subtracted in one place of each row.",
)
def cross_entropy_gradient(logits, labels):
    p = reference.softmax(logits)
    p[:, labels] -= 1
    return p / len(labels)


@mistake(
    "cross_entropy_gradient",
    "label-rows",
    "p[labels] are rows; the labels are columns, one for each row.",
)
def cross_entropy_gradient(logits, labels):
    p = reference.softmax(logits)
    p[labels[labels < len(p)]] -= 1
    return p / len(labels)


@mistake(
    "cross_entropy_gradient",
    "sign",
    "The gradient points to where the loss grows: it is p − target, not target − p.",
)
def cross_entropy_gradient(logits, labels):
    return -reference.cross_entropy_gradient(logits, labels)


@mistake(
    "cross_entropy_gradient",
    "target-missing",
    "These are the probabilities: the one-hot labels still have to be subtracted.",
)
def cross_entropy_gradient(logits, labels):
    return reference.softmax(logits) / len(labels)


@mistake(
    "cross_entropy_gradient",
    "softmax-missing",
    "It is the probabilities from which the one-hot labels are subtracted, not the logits.",
)
def cross_entropy_gradient(logits, labels):
    return (logits - one_hot(labels, logits.shape[1])) / len(labels)


@mistake(
    "cross_entropy_gradient",
    "log-softmax",
    "The one-hot labels are subtracted from the probabilities, not from their logarithms.",
)
def cross_entropy_gradient(logits, labels):
    return (reference.log_softmax(logits) - one_hot(labels, logits.shape[1])) / len(labels)


@mistake(
    "cross_entropy_gradient",
    "averaged-too-early",
    "The whole difference is divided by N, the one-hot labels too.",
)
def cross_entropy_gradient(logits, labels):
    return reference.softmax(logits) / len(labels) - one_hot(labels, logits.shape[1])


@mistake(
    "cross_entropy_gradient",
    "sigmoid-derivative",
    "p·(1 − p) has no place here: the logarithm in the loss cancels it.",
)
def cross_entropy_gradient(logits, labels):
    p = reference.softmax(logits)
    return reference.cross_entropy_gradient(logits, labels) * p * (1 - p)


@mistake(
    "cross_entropy_gradient",
    "gradient-of-probabilities",
    "−target / p is the derivative by the probabilities; it still has to pass through the softmax.",
)
def cross_entropy_gradient(logits, labels):
    return -one_hot(labels, logits.shape[1]) / reference.softmax(logits) / len(labels)


@mistake(
    "cross_entropy_gradient",
    "label-entries-only",
    "The other classes have a gradient too: their probabilities must go down.",
)
def cross_entropy_gradient(logits, labels):
    gradient = reference.cross_entropy_gradient(logits, labels)
    return gradient * one_hot(labels, logits.shape[1])


@mistake(
    "cross_entropy_gradient",
    "axis-zero",
    "The classes of a row run along axis 1; axis 0 are different examples.",
)
def cross_entropy_gradient(logits, labels):
    return (reference.softmax(logits, 0) - one_hot(labels, logits.shape[1])) / len(labels)


@mistake(
    "cross_entropy_gradient",
    "no-max-shift",
    "exp overflows above about 709, and inf / inf is nan: build on your softmax.",
)
def cross_entropy_gradient(logits, labels):
    e = np.exp(logits)
    p = e / e.sum(axis=1, keepdims=True)
    return (p - one_hot(labels, logits.shape[1])) / len(labels)


@mistake(
    "cross_entropy_gradient",
    "global-max",
    "A row far below the maximum of the whole array underflows to 0 / 0: each needs its own.",
)
def cross_entropy_gradient(logits, labels):
    e = np.exp(logits - logits.max())
    p = e / e.sum(axis=1, keepdims=True)
    return (p - one_hot(labels, logits.shape[1])) / len(labels)


@mistake(
    "cross_entropy_gradient",
    "summed-over-rows",
    "Each row has its own logits and its own gradient: the answer is (N, C).",
)
def cross_entropy_gradient(logits, labels):
    return reference.cross_entropy_gradient(logits, labels).sum(axis=0)


@mistake(
    "cross_entropy_gradient",
    "never-filled",
    "The answer is made with zeros and never filled.",
)
def cross_entropy_gradient(logits, labels):
    return np.zeros_like(logits)


@mistake(
    "cross_entropy_gradient",
    "overwrites-logits",
    "The caller's logits have changed: the one-hot labels must be subtracted in your own array.",
)
def cross_entropy_gradient(logits, labels):
    logits[...] = reference.softmax(logits)
    logits[np.arange(len(labels)), labels] -= 1
    return logits / len(labels)


# ---------------------------------------------------------------------- smoothed_cross_entropy


def against(logits, target):
    return -(target * reference.log_softmax(logits)).sum(axis=1).mean()


@mistake(
    "smoothed_cross_entropy",
    "spread-over-others",
    "s is shared by all C classes, the labelled one as well, not by the C − 1 others.",
)
def smoothed_cross_entropy(logits, labels, smoothing):
    classes = logits.shape[1]
    y = one_hot(labels, classes)
    others = (1 - y) * smoothing / max(classes - 1, 1)
    return against(logits, (1 - smoothing) * y + others)


@mistake(
    "smoothed_cross_entropy",
    "label-without-share",
    "The labelled class gets s/C as well: the target of a row must sum to one.",
)
def smoothed_cross_entropy(logits, labels, smoothing):
    classes = logits.shape[1]
    y = one_hot(labels, classes)
    return against(logits, (1 - smoothing) * y + (1 - y) * smoothing / classes)


@mistake(
    "smoothed_cross_entropy",
    "label-not-lowered",
    "What the classes share is taken from the label: it keeps 1 − s.",
)
def smoothed_cross_entropy(logits, labels, smoothing):
    classes = logits.shape[1]
    return against(logits, one_hot(labels, classes) + smoothing / classes)


@mistake(
    "smoothed_cross_entropy",
    "weights-swapped",
    "s is the share of the uniform distribution, 1 − s that of the label.",
)
def smoothed_cross_entropy(logits, labels, smoothing):
    return reference.smoothed_cross_entropy(logits, labels, 1 - smoothing)


@mistake(
    "smoothed_cross_entropy",
    "uniform-not-averaged",
    "The mass s is divided among the C classes: each gets s/C, not s.",
)
def smoothed_cross_entropy(logits, labels, smoothing):
    y = one_hot(labels, logits.shape[1])
    return against(logits, (1 - smoothing) * y + smoothing)


@mistake(
    "smoothed_cross_entropy",
    "divided-by-batch",
    "The mass s is divided by the number of classes, not by the number of rows.",
)
def smoothed_cross_entropy(logits, labels, smoothing):
    y = one_hot(labels, logits.shape[1])
    return against(logits, (1 - smoothing) * y + smoothing / len(labels))


@mistake("smoothed_cross_entropy", "smoothing-ignored", "The smoothing has no effect on the loss.")
def smoothed_cross_entropy(logits, labels, smoothing):
    return reference.cross_entropy(logits, labels)


@mistake(
    "smoothed_cross_entropy",
    "probabilities-smoothed",
    "The target is smoothed, not the prediction: the probabilities stay as they are.",
)
def smoothed_cross_entropy(logits, labels, smoothing):
    p = (1 - smoothing) * reference.softmax(logits) + smoothing / logits.shape[1]
    return -np.log(of_labels(p, labels)).mean()


@mistake(
    "smoothed_cross_entropy",
    "log-of-softmax",
    "A tiny probability is stored as 0 and its logarithm is −inf, or 0·inf = nan: use log_softmax.",
)
def smoothed_cross_entropy(logits, labels, smoothing):
    classes = logits.shape[1]
    target = (1 - smoothing) * one_hot(labels, classes) + smoothing / classes
    return -(target * np.log(reference.softmax(logits))).sum(axis=1).mean()


@mistake(
    "smoothed_cross_entropy",
    "no-max-shift",
    "exp overflows above 709, and far below 0 the sum is 0: build on your log_softmax.",
)
def smoothed_cross_entropy(logits, labels, smoothing):
    classes = logits.shape[1]
    target = (1 - smoothing) * one_hot(labels, classes) + smoothing / classes
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -(target * log_p).sum(axis=1).mean()


@mistake("smoothed_cross_entropy", "sum-not-mean", "The loss is the mean over the rows.")
def smoothed_cross_entropy(logits, labels, smoothing):
    return reference.smoothed_cross_entropy(logits, labels, smoothing) * len(labels)


@mistake(
    "smoothed_cross_entropy",
    "mean-over-all",
    "A mean over the (N, C) products with the targets divides by C as well as by N.",
)
def smoothed_cross_entropy(logits, labels, smoothing):
    return reference.smoothed_cross_entropy(logits, labels, smoothing) / logits.shape[1]


@mistake("smoothed_cross_entropy", "sign", "A loss is never negative: this is the log-likelihood.")
def smoothed_cross_entropy(logits, labels, smoothing):
    return -reference.smoothed_cross_entropy(logits, labels, smoothing)


@mistake(
    "smoothed_cross_entropy",
    "uniform-added-back",
    "Both parts are costs: the mean log-probability of the classes counts with a minus sign too.",
)
def smoothed_cross_entropy(logits, labels, smoothing):
    log_p = reference.log_softmax(logits)
    uniform = smoothing * log_p.mean(axis=1)
    return np.mean(uniform - (1 - smoothing) * of_labels(log_p, labels))


@mistake(
    "smoothed_cross_entropy",
    "overwrites-logits",
    "The caller's logits have changed: an operator with = writes into the array itself.",
)
def smoothed_cross_entropy(logits, labels, smoothing):
    logits -= logits.max(axis=1, keepdims=True)
    return reference.smoothed_cross_entropy(logits, labels, smoothing)
