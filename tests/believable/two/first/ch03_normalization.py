"""Two flaws in every function.

standardize: failed, ddof-one + eps-added
min_max_scale: failed, low-not-added + eps-added
batch_norm_train: failed, momentum-inverted + running-var-biased
batch_norm_eval: failed, eps-outside-sqrt + beta-forgotten
batch_norm_backward: failed, mean-path-missing + weights-averaged
layer_norm: failed, ddof-one + eps-outside-sqrt
layer_norm_backward: failed, gamma-forgotten + weights-over-first-axis
rms_norm: failed, sum-not-mean + eps-outside-sqrt
group_norm: failed, ddof-one + eps-outside-sqrt
"""
import numpy as np

def standardize(X_train, X):
    mu = np.mean(X_train, axis=0)
    sigma = np.std(X_train, axis=0, ddof=1)
    return (X - mu) / (sigma + 1e-8)

def min_max_scale(X_train, X, low=0.0, high=1.0):
    lo, hi = X_train.min(0), X_train.max(0)
    scaled = (X - lo) / (hi - lo + 1e-8)
    return scaled * (high - low)

def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    batch_mean = np.mean(x, axis=0)
    batch_var = np.var(x, axis=0)
    x_norm = (x - batch_mean) / np.sqrt(batch_var + eps)
    running_mean = momentum * running_mean + (1 - momentum) * batch_mean
    running_var = momentum * running_var + (1 - momentum) * batch_var
    return gamma * x_norm + beta, running_mean, running_var

def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    std = np.sqrt(running_var) + eps
    return gamma * ((x - running_mean) / std)

def batch_norm_backward(dout, x, gamma, eps):
    N = x.shape[0]
    mu, var = x.mean(axis=0), x.var(axis=0)
    inv = 1.0 / np.sqrt(var + eps)
    xhat = (x - mu) * inv
    dxhat = dout * gamma
    dx = inv * (dxhat - xhat * np.sum(dxhat * xhat, axis=0) / N)
    return dx, np.mean(dout * xhat, axis=0), np.mean(dout, axis=0)

def layer_norm(x, gamma, beta, eps):
    mean = x.mean(-1, keepdims=True)
    std = x.std(-1, keepdims=True, ddof=1)
    return gamma * (x - mean) / (std + eps) + beta

def layer_norm_backward(dout, x, gamma, eps):
    mu = x.mean(axis=-1, keepdims=True)
    inv = 1 / np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - mu) * inv
    D = x.shape[-1]
    dx = inv / D * (D * dout - dout.sum(-1, keepdims=True) - xhat * (dout * xhat).sum(-1, keepdims=True))
    return dx, np.sum(dout * xhat, axis=0), np.sum(dout, axis=0)

def rms_norm(x, gamma, eps):
    norm = np.linalg.norm(x, axis=-1, keepdims=True)
    return gamma * x / (norm + eps)

def group_norm(x, num_groups, gamma, beta, eps):
    N, C, H, W = x.shape
    g = x.reshape(N, num_groups, C // num_groups * H * W)
    g = (g - g.mean(2, keepdims=True)) / (g.std(2, keepdims=True, ddof=1) + eps)
    return g.reshape(N, C, H, W) * gamma.reshape(1, C, 1, 1) + beta.reshape(1, C, 1, 1)
