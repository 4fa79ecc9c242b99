"""Two flaws in every function; what chapter 4's bank has written out does not compose yet.

logistic_gradient: failed, factor-two
logsumexp: failed
softmax: failed, global-max + rounded
"""
import numpy as np

def logistic_gradient(X, y, w, b):
    p = 1 / (1 + np.exp(-(X @ w + b)))
    err = 2 * (p - y)
    return X.T @ err, err.sum()

def logsumexp(z, axis=-1):
    m = z.max(axis=axis, keepdims=True)
    return np.log(np.exp(z - m).sum(axis=axis, keepdims=True))

def softmax(z, axis=-1):
    e = np.exp(z - z.max())
    return np.round(e / e.sum(axis=axis, keepdims=True), 6)
