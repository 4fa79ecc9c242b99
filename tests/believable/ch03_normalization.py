"""What a learner might hand in.

standardize: failed, own-statistics + zero-variance-nan
layer_norm: error, axis-one
rms_norm: failed, sum-not-mean + eps-outside-sqrt
group_norm: error, weights-along-width
"""

import numpy as np

def standardize(X_train, X):
    return (X - X.mean(axis=0)) / X.std(axis=0)

def layer_norm(x, gamma, beta, eps):
    mu = x.mean(axis=1, keepdims=True)
    var = x.var(axis=1, keepdims=True)
    return gamma * (x - mu) / np.sqrt(var + eps) + beta

def rms_norm(x, gamma, eps):
    rms = np.linalg.norm(x, axis=-1, keepdims=True)
    return x / (rms + eps) * gamma

def group_norm(x, num_groups, gamma, beta, eps):
    N, C, H, W = x.shape
    g = x.reshape(N, num_groups, -1)
    g = (g - g.mean(-1, keepdims=True)) / np.sqrt(g.var(-1, keepdims=True) + eps)
    return g.reshape(N, C, H, W) * gamma + beta
