"""What another learner might hand in: a bracket is missing, a name is mistyped.

sigmoid: error
binary_cross_entropy: failed, sign
logistic_gradient: error
logsumexp: error
softmax: failed, axis-one
log_softmax: does not parse
softmax_backward: error, one-row-only
cross_entropy: error
cross_entropy_gradient: failed, divided-by-everything
smoothed_cross_entropy: error
"""

import numpy as np


def sigmoid(z):
    z = np.asarray(z)
    if z >= 0:
        return 1 / (1 + np.exp(-z))
    return np.exp(z) / (1 + np.exp(z))


def binary_cross_entropy(logits, targets):
    p = 1 / (1 + np.exp(-logits))
    return np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))


def logistic_gradient(X, y, w, b):
    p = sigmoid(X @ w + b)
    n = X.shape[0]
    dw = np.zeros_like(w)
    for i in range(n):
        dw += (p[i] - y[i]) * X[i]
        db = p[i] - y[i]
    return dw / n, db / n


def logsumexp(z, axis=-1):
    m = np.max(z, axis)
    return m + np.log(np.sum(np.exp(z - m), axis))


def softmax(z, axis=-1):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def log_softmax(z, axis=-1):
    return z - logsumexp(z, axis=axis))


def softmax_backward(dout, p):
    n = len(p)
    J = np.diag(p) - np.outer(p, p)
    return J @ dout


def cross_entropy(logits, labels):
    logp = log_softmax(logits)
    loss = 0
    for i in labels:
        loss -= logp[i, labels[i]]
    return loss / len(labels)


def cross_entropy_gradient(logits, labels):
    grad = softmax(logits)
    for i in range(len(labels)):
        grad[i][labels[i]] -= 1
    return grad / grad.size


def smoothed_cross_entropy(logits, labels, smoothing):
    n, k = logits.shape
    target = np.full((n, k), smoothing / (k - 1))
    target[np.arange(n), labels] = 1 - smoothing
    return -(taget * log_softmax(logits)).sum() / n
