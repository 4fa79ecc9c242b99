"""Right answers in other styles."""

import math

import numpy as np

from grader.bank import alternate


@alternate("standardize", "column by column, statistics in plain Python")
def standardize(X_train, X):
    out = np.empty_like(X)
    for j in range(X.shape[1]):
        column = X_train[:, j].tolist()
        mean = math.fsum(column) / len(column)
        std = math.sqrt(math.fsum((value - mean) ** 2 for value in column) / len(column))
        out[:, j] = (X[:, j] - mean) / (std if len(set(column)) > 1 else 1.0)
    return out


@alternate("standardize", "E[x²] − E[x]², constants found by their range")
def standardize(X_train, X):
    mean = np.einsum("ij->j", X_train) / len(X_train)
    var = np.einsum("ij,ij->j", X_train, X_train) / len(X_train) - mean**2
    var[np.ptp(X_train, axis=0) == 0] = 1.0
    return (X - mean) * var**-0.5


@alternate("standardize", "a threshold at rounding size for constant columns")
def standardize(X_train, X):
    mean, std = np.mean(X_train, axis=0), np.std(X_train, axis=0)
    std[std <= 10 * np.finfo(float).eps * np.abs(mean)] = 1.0
    return np.divide(np.subtract(X, mean), std)


@alternate("standardize", "the range of a column, transposed")
def standardize(X_train, X):
    std = X_train.T.std(axis=1)
    std[np.ptp(X_train.T, axis=1) == 0.0] = 1.0
    return ((X.T - X_train.T.mean(axis=1)[:, None]) / std[:, None]).T


@alternate("min_max_scale", "slope and intercept of a line per column")
def min_max_scale(X_train, X, low=0.0, high=1.0):
    smallest, width = X_train.min(axis=0), np.ptp(X_train, axis=0)
    width[width == 0] = 1
    slope = (high - low) / width
    return X * slope + (low - smallest * slope)


@alternate("min_max_scale", "entry by entry")
def min_max_scale(X_train, X, low=0.0, high=1.0):
    out = np.zeros(X.shape)
    for j in range(X.shape[1]):
        smallest, largest = min(X_train[:, j]), max(X_train[:, j])
        for i in range(X.shape[0]):
            part = (X[i, j] - smallest) / ((largest - smallest) or 1.0)
            out[i, j] = (1 - part) * low + part * high
    return out


@alternate("batch_norm_train", "unbiased variance by N/(N − 1), running values by their difference")
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    n = len(x)
    mean = np.sum(x, axis=0) / n
    centred = x - mean
    var = np.einsum("ij,ij->j", centred, centred) / n
    x_hat = centred * (var + eps) ** -0.5
    new_mean = running_mean + momentum * (mean - running_mean)
    new_var = running_var + momentum * (var * n / (n - 1) - running_var)
    return [x_hat * gamma + beta, new_mean, new_var]


@alternate("batch_norm_train", "E[x²] − E[x]², gain and bias folded into one line")
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    mean = x.mean(axis=0)
    var = (x**2).mean(axis=0) - mean**2
    slope = gamma / np.sqrt(var + eps)
    new_mean = momentum * mean + (1 - momentum) * running_mean
    new_var = momentum * np.cov(x.T, ddof=1).reshape(x.shape[1], -1).diagonal()
    return x * slope + (beta - mean * slope), new_mean, new_var + (1 - momentum) * running_var


@alternate("batch_norm_train", "column by column, loops")
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    n, d = x.shape
    out, new_mean, new_var = np.empty((n, d)), np.empty(d), np.empty(d)
    for j in range(d):
        mean = sum(x[:, j]) / n
        squares = sum((value - mean) ** 2 for value in x[:, j])
        for i in range(n):
            out[i, j] = gamma[j] * (x[i, j] - mean) / math.sqrt(squares / n + eps) + beta[j]
        new_mean[j] = (1 - momentum) * running_mean[j] + momentum * mean
        new_var[j] = (1 - momentum) * running_var[j] + momentum * squares / (n - 1)
    return out, new_mean, new_var


@alternate("batch_norm_eval", "folded into a line per column")
def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    slope = gamma * np.power(running_var + eps, -0.5)
    return x * slope + (beta - running_mean * slope)


@alternate("batch_norm_eval", "row by row")
def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    std = np.sqrt(running_var + eps)
    return np.array([(row - running_mean) / std * gamma + beta for row in x])


@alternate("batch_norm_backward", "node by node through the graph")
def batch_norm_backward(dout, x, gamma, eps):
    n = x.shape[0]
    mean = x.mean(axis=0)
    centred = x - mean
    var = (centred**2).mean(axis=0)
    root = np.sqrt(var + eps)
    inverse = 1.0 / root
    dx_hat = dout * gamma
    dinverse = (dx_hat * centred).sum(axis=0)
    droot = -dinverse / root**2
    dvar = droot * 0.5 / root
    dcentred = dx_hat * inverse + 2.0 * centred * np.ones_like(x) / n * dvar
    dmean = -dcentred.sum(axis=0)
    dx = dcentred + np.ones_like(x) / n * dmean
    return dx, (dout * centred * inverse).sum(axis=0), dout.sum(axis=0)


@alternate("batch_norm_backward", "the paper's formulas, with the term that is zero")
def batch_norm_backward(dout, x, gamma, eps):
    n = len(x)
    mean, var = np.mean(x, axis=0), np.var(x, axis=0)
    dx_hat = dout * gamma
    dvar = np.sum(dx_hat * (x - mean) * -0.5 * (var + eps) ** -1.5, axis=0)
    dmean = (
        np.sum(-dx_hat / np.sqrt(var + eps), axis=0) + dvar * np.sum(-2 * (x - mean), axis=0) / n
    )
    dx = dx_hat / np.sqrt(var + eps) + dvar * 2 * (x - mean) / n + dmean / n
    x_hat = (x - mean) / np.sqrt(var + eps)
    return dx, np.sum(dout * x_hat, axis=0), np.sum(dout, axis=0)


@alternate("batch_norm_backward", "the closed form with N in front, as blogs have it")
def batch_norm_backward(dout, x, gamma, eps):
    n = x.shape[0]
    inverse = 1 / np.sqrt((x**2).mean(0) - x.mean(0) ** 2 + eps)
    x_hat = (x - x.mean(0)) * inverse
    dbeta = np.ones(n) @ dout
    dgamma = np.einsum("ij,ij->j", dout, x_hat)
    return [gamma * inverse / n * (n * dout - dbeta - x_hat * dgamma), dgamma, dbeta]


@alternate("batch_norm_backward", "the full Jacobian of every column")
def batch_norm_backward(dout, x, gamma, eps):
    n, d = x.shape
    dx, dgamma = np.empty((n, d)), np.empty(d)
    for j in range(d):
        root = np.sqrt(x[:, j].var() + eps)
        x_hat = (x[:, j] - x[:, j].mean()) / root
        jacobian = (np.eye(n) - 1 / n - np.outer(x_hat, x_hat) / n) / root
        dx[:, j] = jacobian @ (gamma[j] * dout[:, j])
        dgamma[j] = x_hat @ dout[:, j]
    return dx, dgamma, dout.sum(axis=0)


@alternate("layer_norm", "flattened to rows, one vector at a time")
def layer_norm(x, gamma, beta, eps):
    rows = x.reshape(-1, x.shape[-1])
    out = []
    for row in rows:
        mean = sum(row) / len(row)
        var = sum((value - mean) ** 2 for value in row) / len(row)
        out.append([(value - mean) / math.sqrt(var + eps) for value in row])
    return np.array(out).reshape(x.shape) * gamma + beta


@alternate("layer_norm", "last axis moved to the front, E[x²] − E[x]²")
def layer_norm(x, gamma, beta, eps):
    y = np.moveaxis(x, -1, 0)
    mean = y.mean(axis=0)
    var = (y * y).mean(axis=0) - mean * mean
    return np.moveaxis((y - mean) / np.sqrt(var + eps), 0, -1) * gamma + beta


@alternate("layer_norm", "a centring matrix and norms")
def layer_norm(x, gamma, beta, eps):
    d = x.shape[-1]
    centred = x @ (np.eye(d) - 1.0 / d)
    size = np.linalg.norm(centred, axis=-1, keepdims=True) / np.sqrt(d)
    return centred / np.hypot(size, np.sqrt(eps)) * gamma + beta


@alternate("layer_norm_backward", "node by node through the graph")
def layer_norm_backward(dout, x, gamma, eps):
    d = x.shape[-1]
    mean = x.sum(axis=-1, keepdims=True) / d
    centred = x - mean
    inverse = ((centred**2).sum(axis=-1, keepdims=True) / d + eps) ** -0.5
    dx_hat = dout * gamma
    dinverse = (dx_hat * centred).sum(axis=-1, keepdims=True)
    dvar = -0.5 * dinverse * inverse**3
    dcentred = dx_hat * inverse + dvar * 2 / d * centred
    dx = dcentred - dcentred.sum(axis=-1, keepdims=True) / d
    dgamma = np.einsum("nd,nd->d", dout.reshape(-1, d), (centred * inverse).reshape(-1, d))
    return dx, dgamma, dout.reshape(-1, d).sum(axis=0)


@alternate("layer_norm_backward", "the Jacobian of every vector")
def layer_norm_backward(dout, x, gamma, eps):
    d = x.shape[-1]
    rows, douts = x.reshape(-1, d), dout.reshape(-1, d)
    dx, dgamma, dbeta = np.empty((len(rows), d)), np.zeros(d), np.zeros(d)
    for i, (row, above) in enumerate(zip(rows, douts, strict=True)):
        root = np.sqrt(np.var(row) + eps)
        x_hat = (row - np.mean(row)) / root
        dx[i] = (np.eye(d) - (1 + np.outer(x_hat, x_hat)) / d) / root @ (gamma * above)
        dgamma += above * x_hat
        dbeta += above
    return dx.reshape(x.shape), dgamma, dbeta


@alternate("layer_norm_backward", "batch norm's formulas on the transposed rows")
def layer_norm_backward(dout, x, gamma, eps):
    d = x.shape[-1]
    y, g = x.reshape(-1, d).T, (dout * gamma).reshape(-1, d).T
    mean, var = y.mean(axis=0), y.var(axis=0)
    dvar = np.sum(g * (y - mean), axis=0) * -0.5 * (var + eps) ** -1.5
    dmean = -np.sum(g, axis=0) / np.sqrt(var + eps) - 2 * dvar * np.mean(y - mean, axis=0)
    dy = g / np.sqrt(var + eps) + dvar * 2 * (y - mean) / d + dmean / d
    x_hat = (y - mean) / np.sqrt(var + eps)
    flat = dout.reshape(-1, d)
    return dy.T.reshape(x.shape), (flat * x_hat.T).sum(axis=0), flat.sum(axis=0)


@alternate("rms_norm", "norms over the root of D")
def rms_norm(x, gamma, eps):
    rms = np.linalg.norm(x, axis=-1, keepdims=True) / np.sqrt(x.shape[-1])
    return x / np.hypot(rms, np.sqrt(eps)) * gamma


@alternate("rms_norm", "reciprocal root of an einsum")
def rms_norm(x, gamma, eps):
    rsqrt = (np.einsum("...d,...d->...", x, x) / x.shape[-1] + eps) ** -0.5
    return x * rsqrt[..., None] * gamma


@alternate("rms_norm", "one vector at a time")
def rms_norm(x, gamma, eps):
    def one(vector):
        mean_square = math.fsum(value * value for value in vector) / len(vector)
        return np.array(
            [g * v / math.sqrt(mean_square + eps) for g, v in zip(gamma, vector, strict=True)]
        )

    return np.apply_along_axis(one, -1, x)


@alternate("group_norm", "slices of channels, image by image")
def group_norm(x, num_groups, gamma, beta, eps):
    out = np.empty(x.shape)
    size = x.shape[1] // num_groups
    for n in range(x.shape[0]):
        for start in range(0, x.shape[1], size):
            part = x[n, start : start + size]
            out[n, start : start + size] = (part - part.mean()) / np.sqrt(part.var() + eps)
    return out * gamma.reshape(1, -1, 1, 1) + beta.reshape(1, -1, 1, 1)


@alternate("group_norm", "five axes, gain folded in with einsum")
def group_norm(x, num_groups, gamma, beta, eps):
    n, c, h, w = x.shape
    y = x.reshape(n, num_groups, c // num_groups, h, w)
    mean = y.mean(axis=(2, 3, 4), keepdims=True)
    var = np.square(y).mean(axis=(2, 3, 4), keepdims=True) - np.square(mean)
    x_hat = ((y - mean) * (var + eps) ** -0.5).reshape(n, c, h, w)
    return np.einsum("nchw,c->nchw", x_hat, gamma) + beta[None, :, None, None]


@alternate("group_norm", "statistics per channel, then averaged over a group")
def group_norm(x, num_groups, gamma, beta, eps):
    n, c = x.shape[:2]
    size = c // num_groups

    def spread(values):
        averaged = values.reshape(n, num_groups, size).mean(axis=-1)
        return np.repeat(averaged, size, axis=1)[:, :, None, None]

    mean = spread(x.mean(axis=(2, 3)))
    var = spread(((x - mean) ** 2).mean(axis=(2, 3)))
    x_hat = (x - mean) / np.sqrt(var + eps)
    return (x_hat.transpose(0, 2, 3, 1) * gamma + beta).transpose(0, 3, 1, 2)
