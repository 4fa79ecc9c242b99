"""Right answers in other styles."""

import math

import numpy as np

from grader.bank import alternate


@alternate("sigmoid", "boolean masks, each sign with its safe form")
def sigmoid(z):
    out = np.empty(z.shape)
    positive = z >= 0
    out[positive] = 1 / (1 + np.exp(-z[positive]))
    e = np.exp(z[~positive])
    out[~positive] = e / (1 + e)
    return out


@alternate("sigmoid", "a hyperbolic tangent")
def sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


@alternate("sigmoid", "entry by entry with math.exp")
def sigmoid(z):
    def one(value):
        if value >= 0:
            return 1 / (1 + math.exp(-value))
        return math.exp(value) / (1 + math.exp(value))

    return np.array([one(value) for value in z.ravel()]).reshape(z.shape)


@alternate("sigmoid", "both branches of np.where, warnings switched off on purpose")
def sigmoid(z):
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(z < 0, np.exp(z) / (1 + np.exp(z)), 1 / (1 + np.exp(-z)))


@alternate("sigmoid", "logits clipped where float64 no longer tells the difference")
def sigmoid(z):
    return 1 / (1 + np.exp(-np.clip(z, -700, 700)))


@alternate("sigmoid", "through the logarithm")
def sigmoid(z):
    return np.exp(-np.logaddexp(0, -z))


@alternate("binary_cross_entropy", "two softplus terms")
def binary_cross_entropy(logits, targets):
    def softplus(z):
        return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))

    return (targets * softplus(-logits) + (1 - targets) * softplus(logits)).mean()


@alternate("binary_cross_entropy", "max(z, 0) − t·z + log(1 + exp(−|z|))")
def binary_cross_entropy(logits, targets):
    tail = np.log(1 + np.exp(-np.abs(logits)))
    return np.average(logits * (logits > 0) - targets * logits + tail)


@alternate("binary_cross_entropy", "a loop, a case for each sign")
def binary_cross_entropy(logits, targets):
    total = 0.0
    for z, t in zip(logits.flatten(), targets.flatten(), strict=True):
        if z >= 0:
            total += (1 - t) * z + math.log1p(math.exp(-z))
        else:
            total += -t * z + math.log1p(math.exp(z))
    return total / logits.size


@alternate("binary_cross_entropy", "a softmax over the logits 0 and z")
def binary_cross_entropy(logits, targets):
    pairs = np.stack([np.zeros(logits.shape), logits], axis=-1)
    log_p = pairs - np.logaddexp.reduce(pairs, axis=-1, keepdims=True)
    return -np.mean(targets * log_p[..., 1] + (1 - targets) * log_p[..., 0])


@alternate("binary_cross_entropy", "boolean masks")
def binary_cross_entropy(logits, targets):
    z, t = logits, targets
    loss = np.zeros(z.shape)
    up = z > 0
    loss[up] = np.log1p(np.exp(-z[up])) + (1 - t[up]) * z[up]
    loss[~up] = np.log1p(np.exp(z[~up])) - t[~up] * z[~up]
    return loss.sum() / loss.size


def probability(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


@alternate("logistic_gradient", "example by example")
def logistic_gradient(X, y, w, b):
    dw, db = np.zeros(len(w)), 0.0
    for row, target in zip(X, y, strict=True):
        error = probability(row @ w + b) - target
        dw += error * row
        db += error
    return dw / len(y), db / len(y)


@alternate("logistic_gradient", "einsum")
def logistic_gradient(X, y, w, b):
    error = probability(np.einsum("nd,d->n", X, w) + b) - y
    return [np.einsum("nd,n->d", X, error) / X.shape[0], np.mean(error)]


@alternate("logistic_gradient", "the bias as the weight of a column of ones")
def logistic_gradient(X, y, w, b):
    wide = np.column_stack([X, np.ones(len(X))])
    gradient = wide.T @ (probability(wide @ np.append(w, b)) - y) / len(y)
    return gradient[:-1], gradient[-1]


@alternate("logistic_gradient", "column vectors and a broadcast mean")
def logistic_gradient(X, y, w, b):
    error = probability(X @ w.reshape(-1, 1) + b) - y.reshape(-1, 1)
    return (X * error).mean(axis=0), error.mean()


@alternate("logsumexp", "np.logaddexp.reduce")
def logsumexp(z, axis=-1):
    return np.logaddexp.reduce(z, axis=axis)


@alternate("logsumexp", "math.fsum along each slice")
def logsumexp(z, axis=-1):
    def along(row):
        top = max(row)
        return top + math.log(math.fsum(math.exp(value - top) for value in row))

    return np.apply_along_axis(along, axis, z)


@alternate("logsumexp", "log1p of everything but the maximum, after sorting")
def logsumexp(z, axis=-1):
    ordered = np.sort(np.moveaxis(z, axis, 0), axis=0)
    return ordered[-1] + np.log1p(np.exp(ordered[:-1] - ordered[-1]).sum(axis=0))


@alternate("logsumexp", "a maximum that starts at −inf, the axis moved to the end")
def logsumexp(z, axis=-1):
    z = np.moveaxis(z, axis, -1)
    top = np.max(z, axis=-1, initial=-np.inf)
    return np.log(np.sum(np.exp(z - top[..., None]), axis=-1)) + top


@alternate("softmax", "one slice at a time, in Python")
def softmax(z, axis=-1):
    def along(row):
        e = [math.exp(value - max(row)) for value in row]
        return np.array(e) / sum(e)

    return np.apply_along_axis(along, axis, z)


@alternate("softmax", "the exponential of z − logsumexp")
def softmax(z, axis=-1):
    return np.exp(z - np.logaddexp.reduce(z, axis=axis, keepdims=True))


@alternate("softmax", "all pairwise differences, overflow switched off on purpose")
def softmax(z, axis=-1):
    z = np.moveaxis(z, axis, -1)
    with np.errstate(over="ignore"):
        p = 1 / np.exp(z[..., None, :] - z[..., :, None]).sum(axis=-1)
    return np.moveaxis(p, -1, axis)


@alternate("softmax", "a copy changed in place, a maximum that starts at −inf")
def softmax(z, axis=-1):
    e = np.array(z)
    e -= np.max(e, axis=axis, keepdims=True, initial=-np.inf)
    np.exp(e, out=e)
    e /= np.sum(e, axis=axis, keepdims=True)
    return e


@alternate("softmax", "einsum over the transposed array")
def softmax(z, axis=-1):
    rows = np.moveaxis(z, axis, 0)
    e = np.exp(rows - rows.max(axis=0))
    return np.moveaxis(e * (1 / np.einsum("c...->...", e)), 0, axis)


@alternate("softmax", "a guard against an empty sum")
def softmax(z, axis=-1):
    e = np.exp(z - np.amax(z, axis, keepdims=True))
    return e / (e.sum(axis, keepdims=True) + 1e-12)


@alternate("log_softmax", "shift first, then subtract the logarithm of the sum")
def log_softmax(z, axis=-1):
    shifted = z - np.max(z, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


@alternate("log_softmax", "np.logaddexp.reduce")
def log_softmax(z, axis=-1):
    return z - np.logaddexp.reduce(z, axis=axis, keepdims=True)


@alternate("log_softmax", "one slice at a time, in Python")
def log_softmax(z, axis=-1):
    def along(row):
        top = max(row)
        total = top + math.log(sum(math.exp(value - top) for value in row))
        return np.array([value - total for value in row])

    return np.apply_along_axis(along, axis, z)


@alternate("log_softmax", "applied twice: the second time changes nothing")
def log_softmax(z, axis=-1):
    for _ in range(2):
        z = z - np.logaddexp.reduce(z, axis=axis, keepdims=True)
    return z


@alternate("log_softmax", "minus the softplus of the others, one class after the other")
def log_softmax(z, axis=-1):
    z = np.moveaxis(z, axis, 0)
    out = np.empty(z.shape)
    for i in range(len(z)):
        out[i] = -np.logaddexp.reduce(z - z[i], axis=0)
    return np.moveaxis(out, 0, axis)


@alternate("softmax_backward", "the whole Jacobian of each row")
def softmax_backward(dout, p):
    jacobian = p[..., :, None] * (np.eye(p.shape[-1]) - p[..., None, :])
    return np.einsum("...i,...ij->...j", dout, jacobian)


@alternate("softmax_backward", "loops from the definition")
def softmax_backward(dout, p):
    classes = p.shape[-1]
    rows, upstream = p.reshape(-1, classes), dout.reshape(-1, classes)
    dz = np.zeros(rows.shape)
    for n, row in enumerate(rows):
        for j in range(classes):
            for i in range(classes):
                dz[n, j] += upstream[n, i] * row[i] * ((i == j) - row[j])
    return dz.reshape(p.shape)


@alternate("softmax_backward", "diag and outer, row by row")
def softmax_backward(dout, p):
    out = np.empty(p.shape)
    for index in np.ndindex(p.shape[:-1]):
        row = p[index]
        out[index] = (np.diag(row) - np.outer(row, row)) @ dout[index]
    return out


@alternate("softmax_backward", "a product, less its share")
def softmax_backward(dout, p):
    flow = dout * p
    return flow - p * np.sum(flow, axis=-1)[..., np.newaxis]


def log_probabilities(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


@alternate("cross_entropy", "the product with one-hot labels")
def cross_entropy(logits, labels):
    target = np.zeros(logits.shape)
    target[np.arange(len(labels)), labels] = 1
    return -(target * log_probabilities(logits)).sum() / len(logits)


@alternate("cross_entropy", "a boolean mask")
def cross_entropy(logits, labels):
    mask = labels[:, None] == np.arange(logits.shape[1])
    return np.mean(np.logaddexp.reduce(logits, axis=1) - logits[mask])


@alternate("cross_entropy", "take_along_axis")
def cross_entropy(logits, labels):
    picked = np.take_along_axis(log_probabilities(logits), labels[:, None], axis=1)
    return -picked.mean()


@alternate("cross_entropy", "row by row, in Python")
def cross_entropy(logits, labels):
    total = 0.0
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        top = max(row)
        total += top - row[label] + math.log(sum(math.exp(value - top) for value in row))
    return total / len(labels)


@alternate("cross_entropy", "logits measured from the label's own")
def cross_entropy(logits, labels):
    relative = logits - logits[range(len(labels)), labels][:, None]
    return np.logaddexp.reduce(relative, axis=1).mean()


@alternate("cross_entropy", "the trace of the picked columns")
def cross_entropy(logits, labels):
    return -np.trace(log_probabilities(logits)[:, labels]) / len(labels)


def probabilities(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@alternate("cross_entropy_gradient", "one-hot labels from the identity matrix")
def cross_entropy_gradient(logits, labels):
    return (probabilities(logits) - np.eye(logits.shape[1])[labels]) / logits.shape[0]


@alternate("cross_entropy_gradient", "a boolean mask")
def cross_entropy_gradient(logits, labels):
    mask = labels[:, None] == np.arange(logits.shape[1])
    p = probabilities(logits)
    return np.where(mask, p - 1, p) / len(p)


@alternate("cross_entropy_gradient", "row by row, in Python")
def cross_entropy_gradient(logits, labels):
    gradient = np.zeros_like(logits)
    for n, label in enumerate(labels):
        row = [math.exp(value - max(logits[n])) for value in logits[n]]
        for i, value in enumerate(row):
            gradient[n, i] = (value / sum(row) - (i == label)) / len(labels)
    return gradient


@alternate("cross_entropy_gradient", "through the Jacobian of log_softmax")
def cross_entropy_gradient(logits, labels):
    n, classes = logits.shape
    p = np.exp(log_probabilities(logits))
    jacobian = np.eye(classes) - p[:, None, :]
    upstream = -np.eye(classes)[labels] / n
    return np.einsum("ni,nij->nj", upstream, jacobian)


@alternate("cross_entropy_gradient", "np.add.at with minus one")
def cross_entropy_gradient(logits, labels):
    gradient = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    np.add.at(gradient, (np.arange(len(labels)), labels), -1)
    gradient /= len(labels)
    return gradient


@alternate("smoothed_cross_entropy", "an explicit target matrix")
def smoothed_cross_entropy(logits, labels, smoothing):
    n, classes = logits.shape
    target = np.full((n, classes), smoothing / classes)
    target[np.arange(n), labels] += 1 - smoothing
    return -np.mean(np.sum(target * log_probabilities(logits), axis=-1))


@alternate("smoothed_cross_entropy", "row by row, in Python")
def smoothed_cross_entropy(logits, labels, smoothing):
    total, classes = 0.0, logits.shape[1]
    for row, label in zip(log_probabilities(logits), labels, strict=True):
        for i, value in enumerate(row):
            total -= ((1 - smoothing) * (i == label) + smoothing / classes) * value
    return total / len(labels)


@alternate("smoothed_cross_entropy", "logsumexp minus the expected logit")
def smoothed_cross_entropy(logits, labels, smoothing):
    labelled = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    expected = labelled + smoothing * (logits.mean(axis=1) - labelled)
    return np.mean(np.logaddexp.reduce(logits, axis=1) - expected)


@alternate("smoothed_cross_entropy", "einsum of target and log-probabilities")
def smoothed_cross_entropy(logits, labels, smoothing):
    n, classes = logits.shape
    target = np.eye(classes)[labels] * (1 - smoothing) + smoothing / classes
    return -np.einsum("nc,nc->", target, log_probabilities(logits)) / n
