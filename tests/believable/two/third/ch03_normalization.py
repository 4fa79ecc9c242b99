"""Two flaws in every function, one of them often a matter of form.

standardize: failed, ddof-one + zero-variance-nan
min_max_scale: failed, high-for-width + zero-range-nan
batch_norm_train: failed, running-var-biased + in-place-running
batch_norm_eval: failed, eps-missing
batch_norm_backward: failed, variance-path-halved + weights-swapped
layer_norm: failed, eps-outside-sqrt
layer_norm_backward: failed, only-first-term + weights-averaged
rms_norm: failed, uses-std + rounded
group_norm: failed, interleaved-groups + eps-missing
"""
import numpy as np

def standardize(X_train, X):
    return (X - X_train.mean(axis=0)) / X_train.std(axis=0, ddof=1)

def min_max_scale(X_train, X, low=0.0, high=1.0):
    lo, hi = np.min(X_train, axis=0), np.max(X_train, axis=0)
    return low + high * (X - lo) / (hi - lo)

def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    running_mean *= 1 - momentum
    running_mean += momentum * mu
    running_var *= 1 - momentum
    running_var += momentum * var
    return gamma * (x - mu) / np.sqrt(var + eps) + beta, running_mean, running_var

def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    x = x.astype(np.float32)
    scale = (gamma / np.sqrt(running_var)).astype(np.float32)
    return (x - running_mean.astype(np.float32)) * scale + beta.astype(np.float32)

def batch_norm_backward(dout, x, gamma, eps):
    N = x.shape[0]
    xmu = x - x.mean(axis=0)
    ivar = 1 / np.sqrt(x.var(axis=0) + eps)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * xmu, axis=0) * -0.5 * ivar**3
    dmu = -np.sum(dxhat, axis=0) * ivar
    dx = dxhat * ivar + dvar * xmu / N + dmu / N
    return dx, np.sum(dout, axis=0), np.sum(dout * xmu * ivar, axis=0)

def layer_norm(x, gamma, beta, eps):
    y = gamma * (x - x.mean(-1, keepdims=True)) / (x.std(-1, keepdims=True) + eps) + beta
    return y.tolist()

def layer_norm_backward(dout, x, gamma, eps):
    inv = 1 / np.sqrt(x.var(-1, keepdims=True) + eps)
    xhat = (x - x.mean(-1, keepdims=True)) * inv
    axes = tuple(range(x.ndim - 1))
    return dout * gamma * inv, np.mean(dout * xhat, axis=axes), np.mean(dout, axis=axes)

def rms_norm(x, gamma, eps):
    return np.round(gamma * x / np.sqrt(x.var(axis=-1, keepdims=True) + eps), 4)

def group_norm(x, num_groups, gamma, beta, eps):
    out = np.zeros(x.shape)
    for n in range(len(x)):
        for g in range(num_groups):
            part = x[n, g::num_groups]
            hat = (part - part.mean()) / part.std()
            out[n, g::num_groups] = gamma[g::num_groups, None, None] * hat + beta[g::num_groups, None, None]
    return out
