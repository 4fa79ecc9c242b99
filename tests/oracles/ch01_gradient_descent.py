"""The same answers by independent means: torch's autograd and optimizers, scikit-learn."""

import numpy as np
import torch
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_squared_error
from torch.utils.data import BatchSampler

from grader.bank import alternate


def tensor(array):
    """A copy, whatever the layout."""
    return torch.tensor(np.array(array), dtype=torch.float64)


def fitted(X, y, lr, batches, before_step):
    """The line after a step of torch's optimizer on each batch of indices."""
    line = torch.nn.Linear(X.shape[1], 1, dtype=torch.float64)
    torch.nn.init.zeros_(line.weight)
    torch.nn.init.zeros_(line.bias)
    optimizer = torch.optim.SGD(line.parameters(), lr=lr)
    inputs, truths = tensor(X), tensor(y)
    for batch in batches:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(line(inputs[batch])[:, 0], truths[batch])
        before_step(float(loss.detach()))
        loss.backward()
        optimizer.step()
    return line.weight.detach().numpy()[0], line.bias.item()


def stepped(optimizer_class, w, grad, state, **settings):
    """The parameter and its state after one step of a torch optimizer from a given state."""
    parameter = torch.nn.Parameter(tensor(w))
    parameter.grad = tensor(grad)
    optimizer = optimizer_class([parameter], foreach=False, **settings)
    optimizer.state[parameter].update(state)
    optimizer.step()
    return parameter.detach().numpy(), optimizer.state[parameter]


@alternate("predict", "scikit-learn's LinearRegression with given coefficients")
def predict(X, w, b):
    model = LinearRegression()
    model.coef_, model.intercept_ = w, b
    return model.predict(X)


@alternate("mse_loss", "sklearn.metrics.mean_squared_error")
def mse_loss(y_pred, y):
    return float(mean_squared_error(y, y_pred))


@alternate("mse_gradient", "torch autograd")
def mse_gradient(X, y, w, b):
    weights, bias = tensor(w).requires_grad_(), tensor(b).requires_grad_()
    torch.nn.functional.mse_loss(tensor(X) @ weights + bias, tensor(y)).backward()
    return weights.grad.numpy(), bias.grad.item()


@alternate("gradient_descent", "torch.optim.SGD on a torch.nn.Linear")
def gradient_descent(X, y, lr, steps):
    losses = []
    w, b = fitted(X, y, lr, [torch.arange(len(y))] * steps, losses.append)
    losses.append(float(mean_squared_error(y, X @ w + b)))
    return w, b, losses


@alternate("minibatches", "torch's BatchSampler")
def minibatches(n, batch_size, rng):
    sampler = BatchSampler(rng.permutation(n).tolist(), batch_size, drop_last=False)
    return [np.array(batch) for batch in sampler]


@alternate("sgd", "torch.optim.SGD over torch's BatchSampler")
def sgd(X, y, lr, batch_size, epochs, rng):
    batches = []
    for _ in range(epochs):
        batches += BatchSampler(rng.permutation(len(y)).tolist(), batch_size, drop_last=False)
    return fitted(X, y, lr, batches, lambda loss: None)


@alternate("momentum_step", "torch.optim.SGD")
def momentum_step(w, grad, velocity, lr, beta):
    state = {"momentum_buffer": tensor(velocity)}
    if beta == 0:  # torch keeps no buffer then: what it would hold is the gradient
        return stepped(torch.optim.SGD, w, grad, {}, lr=lr)[0], np.array(grad)
    w, state = stepped(torch.optim.SGD, w, grad, state, lr=lr, momentum=beta)
    return w, state["momentum_buffer"].numpy()


@alternate("adam_step", "torch.optim.Adam")
def adam_step(w, grad, m, v, t, lr, beta1, beta2, eps):
    state = {"step": torch.tensor(t - 1.0), "exp_avg": tensor(m), "exp_avg_sq": tensor(v)}
    settings = {"lr": lr, "betas": (beta1, beta2), "eps": eps}
    w, state = stepped(torch.optim.Adam, w, grad, state, **settings)
    return w, state["exp_avg"].numpy(), state["exp_avg_sq"].numpy()


@alternate("early_stopping", "torch's ReduceLROnPlateau")
def early_stopping(val_losses, patience, min_delta=0.0):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, patience=patience - 1, threshold=min_delta, threshold_mode="abs"
    )
    best_epoch = 0
    for epoch, loss in enumerate(val_losses):
        before = plateau.best
        plateau.step(float(loss))
        if plateau.best != before:
            best_epoch = epoch
        if optimizer.param_groups[0]["lr"] < 1.0:
            break
    return best_epoch, epoch
