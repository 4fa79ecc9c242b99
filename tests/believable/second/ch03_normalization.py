"""What another learner might hand in: axes, brackets, arrays that are not theirs.

standardize: error
min_max_scale: failed, low-subtracted + zero-range-nan
batch_norm_train: failed, momentum-inverted + running-var-biased
batch_norm_eval: failed, no-brackets
batch_norm_backward: failed, mean-path-not-divided
layer_norm: error
layer_norm_backward: error
rms_norm: failed, global-statistics
group_norm: failed, group-size-for-number
"""

import numpy as np


def standardize(X_train, X):
    mean = X_train.mean(0)
    std = X_train.std(0)
    if std == 0:
        std = 1
    return (X - mean) / std


def min_max_scale(X_train, X, low=0.0, high=1.0):
    mn, mx = X_train.min(axis=0), X_train.max(axis=0)
    return (X - mn) / (mx - mn) * high - low


def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    mu = np.mean(x, axis=0)
    var = np.var(x, axis=0)
    running_mean *= momentum
    running_mean += (1 - momentum) * mu
    running_var *= momentum
    running_var += (1 - momentum) * var
    out = (x - mu) / np.sqrt(var + eps)
    return out * gamma + beta, running_mean, running_var


def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    return gamma * x - running_mean / np.sqrt(running_var + eps) + beta


def batch_norm_backward(dout, x, gamma, eps):
    N = x.shape[0]
    mu = x.mean(axis=0)
    xmu = x - mu
    std = np.sqrt(x.var(axis=0) + eps)
    xhat = xmu / std
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = (dxhat * xmu).sum(axis=0) * -0.5 / std**3
    dmu = -dxhat.sum(axis=0) / std
    dx = dxhat / std + dvar * 2 * xmu / N + dmu
    return dx, dgamma, dbeta


def layer_norm(x, gamma, beta, eps):
    mu = x.mean(axis=-1)
    var = x.var(axis=-1)
    return gamma * (x - mu) / np.sqrt(var + eps) + beta


def layer_norm_backward(dout, x, gamma, eps):
    dx, dgamma, dbeta = batch_norm_backward(dout.T, x.T, gamma, eps)
    return dx.T, dgamma, dbeta


def rms_norm(x, gamma, eps):
    rms = np.sqrt(np.mean(x**2) + eps)
    return x / rms * gamma


def group_norm(x, num_groups, gamma, beta, eps):
    N, C, H, W = x.shape
    x = x.reshape(N, C // num_groups, num_groups, H, W)
    mu = x.mean(axis=(2, 3, 4), keepdims=True)
    var = x.var(axis=(2, 3, 4), keepdims=True)
    x = (x - mu) / np.sqrt(var + eps)
    return x.reshape(N, C, H, W) * gamma[:, None, None] + beta[:, None, None]
