"""What another learner might hand in: no import, names that shadow, steps counted from one.

predict: failed
mse_loss: failed, per-example
mse_gradient: error
gradient_descent: error
minibatches: failed
momentum_step: failed, ema-velocity + swapped
adam_step: failed
early_stopping: failed, counts-from-one
"""


def predict(X, w, b):
    return [sum(xi * wi for xi, wi in zip(x, w)) + b for x in X]


def mse_loss(y_pred, y):
    n = len(y)
    sum = 0
    for i in range(n):
        sum += (y_pred - y) ** 2
    return sum / n


def mse_gradient(X, y, w, b):
    n = len(X)
    diff = y - predict(X, w, b)
    dw = 2 / n * np.dot(X.T, diff)
    db = 2 / n * np.sum(diff)
    return dw, db


def gradient_descent(X, y, lr, steps):
    w = 0
    b = 0
    losses = []
    for step in range(1, steps + 1):
        losses.append(mse_loss(predict(X, w, b), y))
        dw, db = mse_gradient(X, y, w, b)
        w = w - lr * dw
        b = b - lr * db
    return w, b, losses


def minibatches(n, batch_size, rng):
    idx = rng.permutation(n)
    batches = []
    for i in range(n // batch_size):
        batches.append(idx[i * batch_size : (i + 1) * batch_size])
    if n % batch_size:
        batches.append(idx[i * batch_size :])
    return batches


def momentum_step(w, grad, velocity, lr, beta):
    v = beta * velocity + (1 - beta) * grad
    return v, w - lr * v


def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    w = w - lr * m_hat / v_hat**1 / 2 + eps
    return w, m, v


def early_stopping(val_losses, patience, min_delta=0.0):
    best, best_epoch, wait = float("inf"), 0, 0
    for epoch, loss in enumerate(val_losses, start=1):
        if loss < best - min_delta:
            best, best_epoch, wait = loss, epoch, 0
        else:
            wait += 1
            if wait == patience:
                return best_epoch, epoch
    return best_epoch, epoch
