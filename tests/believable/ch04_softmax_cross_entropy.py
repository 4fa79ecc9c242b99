"""What a learner might hand in.

sigmoid: passed
binary_cross_entropy: failed, clipped-at-1e-12
logistic_gradient: failed, dw-not-averaged
logsumexp: passed
softmax: failed, global-max
log_softmax: failed
softmax_backward: failed, jacobian-diagonal
cross_entropy: failed, label-columns
cross_entropy_gradient: failed, not-averaged + global-max
"""

import numpy as np

def sigmoid(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))

def binary_cross_entropy(logits, targets):
    p = np.clip(sigmoid(logits), 1e-12, 1 - 1e-12)
    return -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))

def logistic_gradient(X, y, w, b):
    err = sigmoid(X @ w + b) - y
    return X.T @ err, err.mean()

def logsumexp(z, axis=-1):
    m = z.max(axis=axis, keepdims=True)
    return np.squeeze(m, axis) + np.log(np.exp(z - m).sum(axis=axis))

def softmax(z, axis=-1):
    e = np.exp(z - z.max())
    return e / e.sum(axis=axis, keepdims=True)

def log_softmax(z, axis=-1):
    return np.log(softmax(z, axis))

def softmax_backward(dout, p):
    return dout * p * (1 - p)

def cross_entropy(logits, labels):
    return -log_softmax(logits)[:, labels].mean()

def cross_entropy_gradient(logits, labels):
    p = softmax(logits)
    p[np.arange(len(labels)), labels] -= 1
    return p
