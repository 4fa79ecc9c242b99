"""Two flaws in every function.

standardize: failed, ddof-one + own-statistics
min_max_scale: failed, clipped + eps-added
batch_norm_train: failed, running-var-biased + eps-outside-sqrt
batch_norm_eval: failed, batch-mean + fixed-eps
batch_norm_backward: failed, std-without-eps + dgamma-uses-x
layer_norm: failed, eps-missing + axis-one
layer_norm_backward: failed, mean-path-missing + std-without-eps
rms_norm: failed, fixed-eps + batch-axis
group_norm: failed, every-channel-alone + gamma-beta-swapped
"""
import numpy as np

def standardize(X_train, X):
    out = np.empty(X.shape)
    for j in range(X.shape[1]):
        col = X[:, j]
        s = col.std(ddof=1)
        if np.all(col == col[0]):
            s = 1.0
        out[:, j] = (col - col.mean()) / s
    return out

def min_max_scale(X_train, X, low=0.0, high=1.0):
    lo = X_train.min(axis=0)
    hi = X_train.max(axis=0)
    t = np.clip((X - lo) / (hi - lo + 1e-8), 0.0, 1.0)
    return low + t * (high - low)

def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    mu, var = x.mean(0), x.var(0)
    out = gamma * (x - mu) / (np.sqrt(var) + eps) + beta
    return out, (1 - momentum) * running_mean + momentum * mu, (1 - momentum) * running_var + momentum * var

def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    centered = x - x.mean(axis=0)
    return gamma * centered / np.sqrt(running_var + 1e-5) + beta

def batch_norm_backward(dout, x, gamma, eps):
    N = len(x)
    std = x.std(axis=0)
    xhat = (x - x.mean(axis=0)) / std
    dxhat = dout * gamma
    dx = (N * dxhat - dxhat.sum(axis=0) - xhat * (dxhat * xhat).sum(axis=0)) / (N * std)
    return dx, (dout * x).sum(axis=0), dout.sum(axis=0)

def layer_norm(x, gamma, beta, eps):
    m = np.mean(x, axis=1, keepdims=True)
    s = np.std(x, axis=1, keepdims=True)
    return (x - m) / s * gamma + beta

def layer_norm_backward(dout, x, gamma, eps):
    std = x.std(axis=-1, keepdims=True)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / std
    g = dout * gamma
    dx = (g - xhat * (g * xhat).mean(axis=-1, keepdims=True)) / std
    axes = tuple(range(x.ndim - 1))
    return dx, (dout * xhat).sum(axis=axes), dout.sum(axis=axes)

def rms_norm(x, gamma, eps):
    rms = np.sqrt(np.mean(x * x, axis=0) + 1e-5)
    return x / rms * gamma

def group_norm(x, num_groups, gamma, beta, eps):
    out = np.zeros_like(x)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            v = x[n, c]
            out[n, c] = (v - v.mean()) / np.sqrt(v.var() + eps) * beta[c] + gamma[c]
    return out
