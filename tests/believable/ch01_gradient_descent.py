"""What a learner might hand in.

predict: passed
mse_loss: failed, root
mse_gradient: error
gradient_descent: error
minibatches: failed
sgd: failed
momentum_step: failed
adam_step: failed
early_stopping: failed, one-epoch-too-patient + end-is-length
"""

import numpy as np

def predict(X, w, b):
    return np.dot(X, w) + b

def mse_loss(y_pred, y):
    return np.mean((y_pred - y) ** 2) ** 0.5

def mse_gradient(X, y, w, b):
    error = predict(X, w, b) - y
    dw = 2 * np.mean(X * error)
    db = 2 * np.mean(error)
    return dw, db

def gradient_descent(X, y, lr, steps):
    w = np.zeros(X.shape[1]); b = 0.0
    losses = []
    for _ in range(steps):
        dw, db = mse_gradient(X, y, w, b)
        w -= lr * dw
        b -= lr * db
        losses.append(mse_loss(predict(X, w, b), y))
    return w, b, losses

def minibatches(n, batch_size, rng):
    idx = np.arange(n)
    rng.shuffle(idx)
    return [idx[i:i + batch_size] for i in range(0, n - 1, batch_size)]

def sgd(X, y, lr, batch_size, epochs, rng):
    w = np.zeros(X.shape[1]); b = 0
    batches = minibatches(len(X), batch_size, rng)
    for _ in range(epochs):
        for i in batches:
            dw, db = mse_gradient(X[i], y[i], w, b)
            w = w - lr * dw; b = b - lr * db
    return w, b

def momentum_step(w, grad, velocity, lr, beta):
    velocity = beta * velocity - lr * grad
    return w + velocity, velocity

def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad ** 2
    mhat = m / (1 - beta1 ** t)
    vhat = v / (1 - beta1 ** t)
    w = w - lr * mhat / (np.sqrt(vhat) + eps)
    return w, m, v

def early_stopping(val_losses, patience, min_delta=0.0):
    best = val_losses[0]
    best_epoch = 0
    for i, loss in enumerate(val_losses):
        if loss < best:
            best = loss
            best_epoch = i
        if i - best_epoch > patience:
            return best_epoch, i
    return best_epoch, len(val_losses)
