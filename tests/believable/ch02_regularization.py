"""What a learner might hand in.

polynomial_features: failed
l2_penalty: failed
l2_gradient: failed
l1_penalty: failed, sum-over-rows
l1_subgradient: error
elastic_net_penalty: error
ridge_regression: failed, one-mean-for-all-columns
soft_threshold: error
lasso_step: failed
lasso_regression: failed
adamw_step: failed, eps-outside-the-fraction
dropout: failed, mask-not-scaled
"""

import numpy as np


def polynomial_features(x, degree):
    out = np.zeros((len(x), degree), dtype=int)
    for k in range(degree):
        out[:, k] = x ** (k + 1)
    return out


def l2_penalty(w, lam):
    print(lam * np.sum(np.square(w)))


def l2_gradient(w, lam):
    grad = []
    for wj in w:
        grad.append(2 * lam * wj)
    return grad


def l1_penalty(w, lam):
    total = 0
    for wj in w:
        total += abs(wj)
    return lam * total


def l1_subgradient(w, lam):
    if w > 0:
        return lam
    elif w < 0:
        return -lam
    return 0


def elastic_net_penalty(w, lam, l1_ratio):
    return l1_penalty(w, l1_ratio) + l2_penalty(w, 1 - l1_ratio)


def ridge_regression(X, y, lam):
    Xc = X - np.mean(X)
    yc = y - np.mean(y)
    n, d = X.shape
    w = np.linalg.inv(Xc.T @ Xc + n * lam * np.eye(d)) @ Xc.T @ yc
    b = np.mean(y) - w @ np.mean(X, axis=0)
    return w, b


def soft_threshold(w, t):
    new = np.zeros_like(w)
    for i in range(len(w)):
        if w[i] > t:
            new[i] = w[i] - t
        if w[i] < -t:
            new[i] = w[i] + t
    return new


def lasso_step(X, y, w, b, lam, lr):
    n = len(y)
    r = X @ w + b - y
    w = w - lr * 2 / n * X.T @ r
    w = soft_threshold(w, lam)
    b = b - lr * 2 / n * r
    return w, b


def lasso_regression(X, y, lam, lr, steps):
    w, b = np.zeros(X.shape[1]), 0.0
    for i in range(1, steps):
        w, b = lasso_step(X, y, w, b, lam, lr)
    return w, b


def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    w = w - lr * weight_decay * w
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad * grad
    m_hat = m / (1 - beta1 ** t)
    v_hat = v / (1 - beta2 ** t)
    w = w - lr * m_hat / np.sqrt(v_hat) + eps
    return w, m, v


def dropout(x, p, rng, training):
    if p < 0 or p >= 1:
        return ValueError("p must be in [0, 1)")
    if not training:
        return x, np.ones(x.shape)
    mask = rng.random(x.shape) > p
    return x * mask / (1 - p), mask
