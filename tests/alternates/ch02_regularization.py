"""L1 and L2 regularization, AdamW and dropout in other styles than the reference's."""

import numpy as np

from grader.bank import alternate


@alternate("polynomial_features", "np.vander without its ones")
def polynomial_features(x, degree):
    return np.vander(x, degree + 1, increasing=True)[:, 1:]


@alternate("polynomial_features", "a running product")
def polynomial_features(x, degree):
    return np.cumprod(np.tile(x, (degree, 1)), axis=0).T


@alternate("polynomial_features", "entry by entry")
def polynomial_features(x, degree):
    return np.array([[float(number) ** k for k in range(1, degree + 1)] for number in x])


@alternate("l2_penalty", "np.vdot")
def l2_penalty(w, lam):
    return lam * np.vdot(w, w)


@alternate("l2_penalty", "the norm, squared")
def l2_penalty(w, lam):
    return lam * np.linalg.norm(w) ** 2


@alternate("l2_penalty", "entry by entry")
def l2_penalty(w, lam):
    total = 0.0
    for weight in w.flat:
        total += lam * weight * weight
    return total


@alternate("l2_gradient", "entry by entry")
def l2_gradient(w, lam):
    answer = np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        answer[index] = 2 * lam * w[index]
    return answer


@alternate("l2_gradient", "a sum of two")
def l2_gradient(w, lam):
    pull = np.multiply(w, lam)
    return pull + pull


@alternate("l2_gradient", "a complex step")
def l2_gradient(w, lam):
    return np.imag(lam * (w + 1e-20j) ** 2) / 1e-20


@alternate("l1_penalty", "the norm of the flat weights")
def l1_penalty(w, lam):
    return lam * np.linalg.norm(w.ravel(), 1)


@alternate("l1_penalty", "weights times their signs")
def l1_penalty(w, lam):
    return lam * np.tensordot(w, np.sign(w), axes=w.ndim)[()]


@alternate("l1_penalty", "entry by entry")
def l1_penalty(w, lam):
    return lam * sum(abs(float(weight)) for weight in w.ravel())


@alternate("l1_subgradient", "two comparisons")
def l1_subgradient(w, lam):
    return lam * (w > 0) - lam * (w < 0)


@alternate("l1_subgradient", "np.where twice")
def l1_subgradient(w, lam):
    return np.where(w > 0, lam, np.where(w < 0, -lam, 0.0))


@alternate("l1_subgradient", "a safe division")
def l1_subgradient(w, lam):
    size = np.abs(w)
    return lam * np.divide(w, size, out=np.zeros(w.shape), where=size > 0)


@alternate("l1_subgradient", "entry by entry")
def l1_subgradient(w, lam):
    answer = np.empty(w.shape)
    for index, weight in np.ndenumerate(w):
        answer[index] = lam if weight > 0 else -lam if weight < 0 else 0
    return answer


@alternate("elastic_net_penalty", "one sum")
def elastic_net_penalty(w, lam, l1_ratio):
    return lam * np.sum(l1_ratio * np.abs(w) + (1 - l1_ratio) * w * w)


@alternate("elastic_net_penalty", "norms of the flat weights")
def elastic_net_penalty(w, lam, l1_ratio):
    flat = w.flatten()
    squares = np.linalg.norm(flat) ** 2
    return lam * squares + lam * l1_ratio * (np.linalg.norm(flat, ord=1) - squares)


@alternate("elastic_net_penalty", "entry by entry")
def elastic_net_penalty(w, lam, l1_ratio):
    l1 = l2 = 0.0
    for weight in w.ravel().tolist():
        l1 += abs(weight)
        l2 += weight**2
    return lam * (l1_ratio * l1 + (1 - l1_ratio) * l2)


@alternate("ridge_regression", "a column of ones that the diagonal spares")
def ridge_regression(X, y, lam):
    n, d = X.shape
    A = np.column_stack([np.ones(n), X])
    diagonal = np.diag([0.0] + [n * lam] * d)
    theta = np.linalg.inv(A.T @ A + diagonal) @ A.T @ y
    return theta[1:], theta[0]


@alternate("ridge_regression", "least squares with rows for the penalty")
def ridge_regression(X, y, lam):
    n, d = X.shape
    rows = np.hstack([np.sqrt(n * lam) * np.eye(d), np.zeros((d, 1))])
    A = np.vstack([np.hstack([X, np.ones((n, 1))]), rows])
    theta = np.linalg.lstsq(A, np.concatenate([y, np.zeros(d)]), rcond=None)[0]
    return theta[:d], theta[d]


@alternate("ridge_regression", "the singular values of the centred data")
def ridge_regression(X, y, lam):
    U, s, Vt = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    w = Vt.T @ (s / (s**2 + len(y) * lam) * (U.T @ (y - np.mean(y))))
    return [w, np.mean(y - X @ w)]


@alternate("ridge_regression", "one unknown for each row")
def ridge_regression(X, y, lam):
    n = len(y)
    X_c = X - X.mean(axis=0)
    alpha = np.linalg.solve(X_c @ X_c.T + n * lam * np.eye(n), y - y.mean())
    w = X_c.T @ alpha
    return w, y.mean() - np.dot(X.mean(axis=0), w)


@alternate("ridge_regression", "pinv of the mean products")
def ridge_regression(X, y, lam):
    n, d = X.shape
    A = np.c_[X, np.ones(n)]
    D = lam * np.eye(d + 1)
    D[-1, -1] = 0
    theta = np.linalg.pinv(A.T @ A / n + D) @ (A.T @ y / n)
    return theta[:-1], float(theta[-1])


@alternate("ridge_regression", "QR of the centred data with rows for the penalty")
def ridge_regression(X, y, lam):
    n, d = X.shape
    centre = np.eye(n) - np.ones((n, n)) / n
    Q, R = np.linalg.qr(np.vstack([centre @ X, np.sqrt(n * lam) * np.eye(d)]))
    w = np.linalg.solve(R, Q[:n].T @ (centre @ y))
    return w, (y - X @ w).mean()


@alternate("soft_threshold", "sign times clipped size")
def soft_threshold(w, t):
    return np.sign(w) * np.maximum(np.abs(w) - t, 0.0)


@alternate("soft_threshold", "what clipping cuts off")
def soft_threshold(w, t):
    return w - np.clip(w, -t, t)


@alternate("soft_threshold", "three cases")
def soft_threshold(w, t):
    return np.select([w > t, w < -t], [w - t, w + t], 0.0)


@alternate("soft_threshold", "a shrinking factor")
def soft_threshold(w, t):
    size = np.where(w == 0, 1.0, np.abs(w))
    return w * np.clip(1 - t / size, 0, None)


@alternate("soft_threshold", "entry by entry, on a copy")
def soft_threshold(w, t):
    answer = w.copy()
    for index in np.ndindex(w.shape):
        if answer[index] > t:
            answer[index] -= t
        elif answer[index] < -t:
            answer[index] += t
        else:
            answer[index] = 0
    return answer


@alternate("lasso_step", "the mean over rows of a product")
def lasso_step(X, y, w, b, lam, lr):
    error = 2 * (X @ w + b - y)
    z = w - lr * (error[:, np.newaxis] * X).mean(axis=0)
    return np.sign(z) * np.maximum(np.abs(z) - lr * lam, 0), b - lr * np.mean(error)


@alternate("lasso_step", "one vector for both parameters")
def lasso_step(X, y, w, b, lam, lr):
    A = np.column_stack([X, np.ones(len(y))])
    theta = np.append(w, b)
    theta -= lr * 2 / len(y) * (A.T @ (A @ theta - y))
    limit = lr * lam * np.append(np.ones(len(w)), 0.0)
    return [(theta - np.clip(theta, -limit, limit))[:-1], theta[-1]]


@alternate("lasso_step", "plain Python numbers")
def lasso_step(X, y, w, b, lam, lr):
    rows, truths, weights = X.tolist(), y.tolist(), w.tolist()
    errors = []
    for row, truth in zip(rows, truths, strict=True):
        errors.append(sum(x * k for x, k in zip(row, weights, strict=True)) + b - truth)
    moved = []
    for j, weight in enumerate(weights):
        slope = 2 * sum(e * row[j] for e, row in zip(errors, rows, strict=True)) / len(rows)
        z = weight - lr * slope
        moved.append(z - lr * lam if z > lr * lam else z + lr * lam if z < -lr * lam else 0.0)
    return np.array(moved), b - lr * 2 * sum(errors) / len(rows)


@alternate("lasso_step", "from the products of the data")
def lasso_step(X, y, w, b, lam, lr):
    n = len(y)
    dw = (X.T @ X @ w + b * X.sum(axis=0) - X.T @ y) * 2 / n
    db = 2 * (X.mean(axis=0) @ w + b - y.mean())
    z = w - lr * dw
    return np.maximum(z - lr * lam, 0) - np.maximum(-z - lr * lam, 0), np.float64(b - lr * db)


@alternate("lasso_regression", "one vector for both parameters, in place")
def lasso_regression(X, y, lam, lr, steps):
    A = np.column_stack([X, np.ones(len(y))])
    theta = np.zeros(A.shape[1])
    for _ in range(steps):
        theta -= 2 * lr / len(y) * A.T @ (A @ theta - y)
        w = theta[:-1]
        w -= np.clip(w, -lr * lam, lr * lam)
    return theta[:-1], theta[-1]


@alternate("lasso_regression", "products of the data made once")
def lasso_regression(X, y, lam, lr, steps):
    n, d = X.shape
    H, g = X.T @ X / n, X.T @ y / n
    x_mean, y_mean = X.mean(axis=0), y.mean()
    w, b = np.zeros(d), 0.0
    for _ in range(steps):
        z = w - 2 * lr * (H @ w + b * x_mean - g)
        b = b - 2 * lr * (x_mean @ w + b - y_mean)
        w = np.where(np.abs(z) <= lr * lam, 0.0, z - lr * lam * np.sign(z))
    return [w, b]


@alternate("lasso_regression", "while, weight by weight")
def lasso_regression(X, y, lam, lr, steps):
    w, b = np.zeros(X.shape[1]), 0.0
    while steps > 0:
        error = X @ w + b - y
        fresh = np.empty_like(w)
        for j in range(len(w)):
            z = w[j] - lr * 2 * np.mean(error * X[:, j])
            fresh[j] = np.sign(z) * max(abs(z) - lr * lam, 0.0)
        w, b, steps = fresh, b - lr * 2 * np.mean(error), steps - 1
    return w, b


@alternate("adamw_step", "decay first, the correction folded into lr")
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    m = m + (1 - beta1) * (grad - m)
    v = v + (1 - beta2) * (grad * grad - v)
    root = np.sqrt(1 - beta2**t)
    step = lr * root / (1 - beta1**t) * m / (np.sqrt(v) + eps * root)
    return (1 - lr * weight_decay) * w - step, m, v


@alternate("adamw_step", "entry by entry")
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    new_w, new_m, new_v = (np.zeros(w.shape) for _ in range(3))
    for index in np.ndindex(w.shape):
        g = float(grad[index])
        new_m[index] = beta1 * m[index] + (1 - beta1) * g
        new_v[index] = beta2 * v[index] + (1 - beta2) * g * g
        m_hat = new_m[index] / (1 - pow(beta1, t))
        v_hat = new_v[index] / (1 - pow(beta2, t))
        step = m_hat / (v_hat**0.5 + eps) + weight_decay * w[index]
        new_w[index] = w[index] - lr * step
    return [new_w, new_m, new_v]


@alternate("adamw_step", "in place on copies, decay last but of the old weights")
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    old = w
    w, m, v = (np.array(a, order="C") for a in (w, m, v))
    m *= beta1
    m += (1.0 - beta1) * grad
    v *= beta2
    v += (1.0 - beta2) * np.square(grad)
    step = m / (1.0 - beta1**t)
    step /= np.sqrt(v / (1.0 - beta2**t)) + eps
    w -= lr * step
    w -= lr * weight_decay * old
    return w, m, v


@alternate("dropout", "rng.binomial")
def dropout(x, p, rng, training):
    if p < 0 or p >= 1:
        raise ValueError("p must be in [0, 1)")
    if not training:
        return x, np.ones_like(x)
    mask = rng.binomial(1, 1 - p, size=x.shape) / (1 - p)
    return x * mask, mask


@alternate("dropout", "rng.choice between the two factors")
def dropout(x, p, rng, training):
    if not (0.0 <= p < 1.0):
        raise ValueError
    if training:
        mask = rng.choice([0.0, 1 / (1 - p)], size=x.shape, p=[p, 1 - p])
    else:
        mask = np.ones(x.shape, dtype=bool)
    return [x * mask, mask]


@alternate("dropout", "the floor of 1 - p plus rng.uniform")
def dropout(x, p, rng, training):
    if p >= 1 or p < 0:
        raise ValueError(p)
    if not training or p == 0:
        return x.copy(), np.ones(x.shape)
    keep = 1 - p
    kept = np.floor(keep + rng.uniform(0, 1, x.shape))
    return np.divide(x, keep) * kept, kept / keep


@alternate("dropout", "entry by entry")
def dropout(x, p, rng, training):
    if not 0 <= p < 1:
        raise ValueError("no probability")
    out, mask = np.zeros(x.shape), np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        if not training:
            mask[index] = 1.0
        elif rng.random() > p:
            mask[index] = 1 / (1 - p)
        out[index] = x[index] * mask[index]
    return out, mask


@alternate("dropout", "holes in a copy, from shuffled uniform numbers")
def dropout(x, p, rng, training):
    if not 0 <= p < 1:
        raise ValueError("p lies outside [0, 1)")
    mask = np.full(x.shape, 1 / (1 - p) if training else 1.0)
    if training:
        level = rng.permuted(rng.random((x.size, 1)), axis=0).reshape(x.shape)
        mask[level < p] = 0
    out = x.copy()
    out *= mask
    return out, mask
