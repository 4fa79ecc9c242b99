"""Right answers in other styles."""

import numpy as np

from grader.bank import alternate


@alternate("predict", "plain Python sums")
def predict(X, w, b):
    rows = [sum(float(x) * float(weight) for x, weight in zip(row, w, strict=True)) for row in X]
    return np.array([total + b for total in rows])


@alternate("predict", "einsum")
def predict(X, w, b):
    return np.einsum("nd,d->n", X, w) + b


@alternate("predict", "a column of ones")
def predict(X, w, b):
    return np.column_stack([np.ones(len(X)), X]) @ np.append(b, w)


@alternate("predict", "sum of a broadcast product")
def predict(X, w, b):
    return np.add((w * X).sum(axis=1), b)


@alternate("mse_loss", "a Python loop")
def mse_loss(y_pred, y):
    total = 0.0
    for i in range(len(y)):
        total += (y[i] - y_pred[i]) ** 2
    return total / len(y)


@alternate("mse_loss", "dot product")
def mse_loss(y_pred, y):
    error = y - y_pred
    return np.dot(error, error) / error.size


@alternate("mse_loss", "squared norm")
def mse_loss(y_pred, y):
    return np.linalg.norm(y_pred - y) ** 2 / y.shape[0]


@alternate("mse_loss", "a 0-dimensional array")
def mse_loss(y_pred, y):
    return np.asarray(np.square(y_pred - y).mean())


@alternate("mse_gradient", "Python loops")
def mse_gradient(X, y, w, b):
    n, d = X.shape
    dw, db = np.zeros(d), 0.0
    for i in range(n):
        error = b - y[i]
        for j in range(d):
            error += w[j] * X[i, j]
        for j in range(d):
            dw[j] += 2 * error * X[i, j] / n
        db += 2 * error / n
    return dw, db


@alternate("mse_gradient", "a column of ones")
def mse_gradient(X, y, w, b):
    A = np.hstack([X, np.ones((len(y), 1))])
    gradient = 2 / len(y) * A.T @ (A @ np.append(w, b) - y)
    return gradient[:-1], gradient[-1]


@alternate("mse_gradient", "expanded normal equations")
def mse_gradient(X, y, w, b):
    n = len(y)
    dw = 2 * (X.T @ X @ w + b * X.sum(axis=0) - X.T @ y) / n
    return [dw, 2 * (X.mean(axis=0) @ w + b - y.mean())]


@alternate("mse_gradient", "mean over rows of a product")
def mse_gradient(X, y, w, b):
    error = 2 * (y - (X @ w + b))
    return -(error[:, np.newaxis] * X).mean(axis=0), -np.mean(error)


@alternate("mse_gradient", "columns, flattened at the end")
def mse_gradient(X, y, w, b):
    error = X @ w.reshape(-1, 1) + b - y.reshape(-1, 1)
    return (2 / len(y) * X.T @ error).ravel(), (2 * error.mean(axis=0)).item()


@alternate("gradient_descent", "one vector for both parameters")
def gradient_descent(X, y, lr, steps):
    A = np.column_stack([X, np.ones(len(y))])
    theta = np.zeros(A.shape[1])
    losses = np.empty(steps + 1)
    for step in range(steps):
        error = A @ theta - y
        losses[step] = error @ error / len(y)
        theta = theta - lr * 2 / len(y) * (A.T @ error)
    losses[steps] = np.mean((A @ theta - y) ** 2)
    return theta[:-1], theta[-1], losses


@alternate("gradient_descent", "in place on its own arrays")
def gradient_descent(X, y, lr, steps):
    w, b = np.zeros(X.shape[1]), np.zeros(())
    losses = []
    for step in range(steps + 1):
        error = X @ w + b - y
        losses.append(np.mean(np.square(error)))
        if step < steps:
            w -= lr * 2 * np.einsum("nd,n->d", X, error) / len(y)
            b -= lr * 2 * np.mean(error)
    return [w, b, losses]


@alternate("gradient_descent", "plain Python numbers")
def gradient_descent(X, y, lr, steps):
    rows, n = X.tolist(), len(y)
    w, b = [0.0] * X.shape[1], 0.0

    def errors():
        return [
            sum(x * k for x, k in zip(row, w, strict=True)) + b - truth
            for row, truth in zip(rows, y.tolist(), strict=True)
        ]

    losses = [sum(e * e for e in errors()) / n]
    for _ in range(steps):
        now = errors()
        slopes = [
            2 / n * sum(e * row[j] for e, row in zip(now, rows, strict=True)) for j in range(len(w))
        ]
        w = [k - lr * slope for k, slope in zip(w, slopes, strict=True)]
        b -= lr * 2 / n * sum(now)
        losses.append(sum(e * e for e in errors()) / n)
    return np.array(w), b, tuple(losses)


@alternate("gradient_descent", "a linear recursion on the moments of the data")
def gradient_descent(X, y, lr, steps):
    A = np.column_stack([X, np.ones(len(y))])
    H, g = A.T @ A / len(y), A.T @ y / len(y)
    walk = [np.zeros(len(g))]
    for _ in range(steps):
        walk.append(walk[-1] - 2 * lr * (H @ walk[-1] - g))
    losses = ((np.array(walk) @ A.T - y) ** 2).mean(axis=1)
    return walk[-1][:-1], float(walk[-1][-1]), losses


@alternate("minibatches", "np.split at the cuts")
def minibatches(n, batch_size, rng):
    return np.split(rng.permutation(n), np.arange(batch_size, n, batch_size))


@alternate("minibatches", "an arange shuffled in place")
def minibatches(n, batch_size, rng):
    indices = np.arange(n)
    rng.shuffle(indices)
    batches = []
    while len(indices):
        batches.append(indices[:batch_size].copy())
        indices = indices[batch_size:]
    return batches


@alternate("minibatches", "index by index, from a permuted array")
def minibatches(n, batch_size, rng):
    batches = [[]]
    for index in rng.permutation(np.arange(n)):
        if len(batches[-1]) == batch_size:
            batches.append([])
        batches[-1].append(int(index))
    return tuple(np.array(batch, dtype=np.int32) for batch in batches)


@alternate("sgd", "slices of one permutation")
def sgd(X, y, lr, batch_size, epochs, rng):
    n, d = X.shape
    w, b = np.zeros(d), 0.0
    for _ in range(epochs):
        order = rng.permutation(n)
        for start in range(0, n, batch_size):
            rows = order[start : start + batch_size]
            error = X[rows] @ w + b - y[rows]
            w, b = w - lr * 2 * (error @ X[rows]) / len(rows), b - lr * 2 * error.mean()
    return w, b


@alternate("sgd", "shuffled copies, one vector for both parameters")
def sgd(X, y, lr, batch_size, epochs, rng):
    A = np.column_stack([X, np.ones(len(y))])
    theta = np.zeros(A.shape[1])
    for _ in range(epochs):
        order = rng.permutation(len(y))
        shuffled, truths = A[order], y[order]
        for k in range(-(-len(y) // batch_size)):
            part = slice(k * batch_size, (k + 1) * batch_size)
            error = shuffled[part] @ theta - truths[part]
            theta -= 2 * lr * shuffled[part].T @ error / error.size
    return [theta[:-1], theta[-1]]


@alternate("sgd", "row by row")
def sgd(X, y, lr, batch_size, epochs, rng):
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(epochs):
        waiting = list(rng.permutation(len(y)))
        while waiting:
            batch, waiting = waiting[:batch_size], waiting[batch_size:]
            dw, db = np.zeros_like(w), 0.0
            for i in batch:
                error = w.dot(X[i]) + b - y[i]
                dw += 2 * error * X[i]
                db += 2 * error
            w = w - lr * dw / len(batch)
            b = b - lr * db / len(batch)
    return w, b


@alternate("momentum_step", "entry by entry")
def momentum_step(w, grad, velocity, lr, beta):
    new_w, new_velocity = np.empty_like(w), np.empty_like(w)
    for index in np.ndindex(w.shape):
        new_velocity[index] = beta * velocity[index] + grad[index]
        new_w[index] = w[index] - lr * new_velocity[index]
    return new_w, new_velocity


@alternate("momentum_step", "in place on copies")
def momentum_step(w, grad, velocity, lr, beta):
    w, velocity = w.copy(), velocity.copy()
    velocity *= beta
    velocity += grad
    w -= lr * velocity
    return [w, velocity]


@alternate("momentum_step", "flattened")
def momentum_step(w, grad, velocity, lr, beta):
    both = np.array([velocity.ravel(), grad.ravel()])
    speed = np.array([beta, 1.0]) @ both
    return (w.ravel() - lr * speed).reshape(w.shape), speed.reshape(w.shape)


@alternate("adam_step", "the correction folded into lr, eps scaled along")
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    m = m + (1 - beta1) * (grad - m)
    v = v + (1 - beta2) * (grad * grad - v)
    root = np.sqrt(1 - beta2**t)
    return w - lr * root / (1 - beta1**t) * m / (np.sqrt(v) + eps * root), m, v


@alternate("adam_step", "entry by entry")
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    new_w, new_m, new_v = (np.zeros(w.shape) for _ in range(3))
    for index in np.ndindex(w.shape):
        g = float(grad[index])
        new_m[index] = beta1 * m[index] + (1 - beta1) * g
        new_v[index] = beta2 * v[index] + (1 - beta2) * g * g
        m_hat = new_m[index] / (1 - pow(beta1, t))
        v_hat = new_v[index] / (1 - pow(beta2, t))
        new_w[index] = w[index] - lr * m_hat / (v_hat**0.5 + eps)
    return [new_w, new_m, new_v]


@alternate("adam_step", "in place on copies")
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    w, m, v = (np.array(a, order="C") for a in (w, m, v))
    m *= beta1
    m += (1.0 - beta1) * grad
    v *= beta2
    np.add(v, (1.0 - beta2) * np.power(grad, 2), out=v)
    step = m / (1.0 - np.power(beta1, t))
    step /= np.power(v / (1.0 - np.power(beta2, t)), 0.5) + eps
    w -= lr * step
    return w, m, v


@alternate("early_stopping", "a gain above min_delta")
def early_stopping(val_losses, patience, min_delta=0.0):
    best, best_epoch, since = float("inf"), 0, 0
    epoch = 0
    while True:
        if best - float(val_losses[epoch]) > min_delta:
            best, best_epoch, since = float(val_losses[epoch]), epoch, 0
        else:
            since += 1
        if since >= patience or epoch + 1 == len(val_losses):
            return best_epoch, epoch
        epoch += 1


@alternate("early_stopping", "NaN made infinite, waiting measured from the best epoch")
def early_stopping(val_losses, patience, min_delta=0.0):
    losses = np.where(np.isnan(val_losses), np.inf, val_losses)
    best, last_improved = np.inf, -1
    for epoch, loss in enumerate(losses):
        if best > loss + min_delta:
            best, last_improved = loss, epoch
        elif epoch - last_improved >= patience:
            break
    return [np.int64(max(last_improved, 0)), np.int64(epoch)]


@alternate("early_stopping", "jumps from improvement to improvement")
def early_stopping(val_losses, patience, min_delta=0.0):
    best, at = np.inf, -1
    while True:
        window = val_losses[at + 1 : at + 1 + patience]
        better = np.flatnonzero(window < best - min_delta)
        if not better.size:
            return max(at, 0), at + len(window)
        at += 1 + int(better[0])
        best = val_losses[at]
