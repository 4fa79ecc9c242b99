"""The same answers by independent means: torch's autograd and modules, scikit-learn, SciPy."""

import numpy as np
import torch
from scipy.optimize import minimize
from sklearn.linear_model import Ridge
from sklearn.preprocessing import PolynomialFeatures

from grader.bank import alternate


def tensor(array):
    """A copy, whatever the layout."""
    return torch.tensor(np.array(array), dtype=torch.float64)


def slope(penalty, w):
    """The gradient of a penalty by autograd."""
    weights = tensor(w).requires_grad_()
    penalty(weights).backward()
    return weights.grad.numpy()


def proximal_step(line, X, y, lam, lr):
    """One step of torch's SGD on the error, then torch's softshrink on the weights."""
    optimizer = torch.optim.SGD(line.parameters(), lr=lr)
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(line(tensor(X))[:, 0], tensor(y)).backward()
    optimizer.step()
    with torch.no_grad():
        line.weight.copy_(torch.nn.functional.softshrink(line.weight, lr * lam))


def line_through(w, b):
    """A torch.nn.Linear with these parameters."""
    line = torch.nn.Linear(len(w), 1, dtype=torch.float64)
    with torch.no_grad():
        line.weight.copy_(tensor(w)[None])
        line.bias.fill_(b)
    return line


def parameters(line):
    return line.weight.detach().numpy()[0], line.bias.item()


@alternate("polynomial_features", "scikit-learn's PolynomialFeatures")
def polynomial_features(x, degree):
    return PolynomialFeatures(degree, include_bias=False).fit_transform(x[:, np.newaxis])


@alternate("l2_penalty", "torch.linalg.vector_norm")
def l2_penalty(w, lam):
    return lam * torch.linalg.vector_norm(tensor(w)).item() ** 2


@alternate("l2_gradient", "torch autograd")
def l2_gradient(w, lam):
    return slope(lambda weights: lam * weights.pow(2).sum(), w)


@alternate("l1_penalty", "torch.linalg.vector_norm of order 1")
def l1_penalty(w, lam):
    return lam * torch.linalg.vector_norm(tensor(w), ord=1).item()


@alternate("l1_subgradient", "torch autograd")
def l1_subgradient(w, lam):
    return slope(lambda weights: lam * weights.abs().sum(), w)


@alternate("elastic_net_penalty", "torch's l1_loss and mse_loss against zero")
def elastic_net_penalty(w, lam, l1_ratio):
    weights = tensor(w)
    zeros = torch.zeros_like(weights)
    l1 = torch.nn.functional.l1_loss(weights, zeros, reduction="sum")
    l2 = torch.nn.functional.mse_loss(weights, zeros, reduction="sum")
    return torch.lerp(lam * l2, lam * l1, l1_ratio).item()


@alternate("ridge_regression", "scikit-learn's Ridge")
def ridge_regression(X, y, lam):
    model = Ridge(alpha=len(y) * lam, solver="svd").fit(X, y)
    return model.coef_, float(model.intercept_)


@alternate("ridge_regression", "one Newton step with derivatives by torch")
def ridge_regression(X, y, lam):
    def objective(theta):
        residual = tensor(X) @ theta[:-1] + theta[-1] - tensor(y)
        return residual.square().mean() + lam * theta[:-1].square().sum()

    start = torch.zeros(X.shape[1] + 1, dtype=torch.float64)
    hessian = torch.autograd.functional.hessian(objective, start)
    gradient = torch.autograd.functional.jacobian(objective, start)
    theta = -torch.linalg.solve(hessian, gradient)
    return theta[:-1].numpy(), theta[-1].item()


@alternate("soft_threshold", "torch's softshrink")
def soft_threshold(w, t):
    return torch.nn.functional.softshrink(tensor(w), t).numpy()


@alternate("soft_threshold", "the minimum that defines it, found by SciPy")
def soft_threshold(w, t):
    # v = a - c with a, c >= 0 makes the problem smooth: ½ (a - c - w)² + t (a + c).
    # The solver stops at a slope of fixed size, so the weights are measured by the largest.
    size = np.abs(w).max() or 1.0
    flat, cut = w.ravel() / size, t / size

    def objective(parts):
        a, c = np.split(parts, 2)
        error = a - c - flat
        slope = np.concatenate([error + cut, cut - error])
        return 0.5 * error @ error + cut * parts.sum(), slope

    parts = np.concatenate([np.maximum(flat, 0), np.maximum(-flat, 0)])
    options = {"ftol": 0, "gtol": 1e-14, "maxiter": 1000}
    bounds = [(0, None)] * len(parts)
    found = minimize(
        objective, parts, jac=True, method="L-BFGS-B", bounds=bounds, options=options
    ).x
    a, c = np.split(found, 2)
    return size * (a - c).reshape(w.shape)


@alternate("lasso_step", "torch.optim.SGD and softshrink")
def lasso_step(X, y, w, b, lam, lr):
    line = line_through(w, b)
    proximal_step(line, X, y, lam, lr)
    return parameters(line)


@alternate("lasso_regression", "torch.optim.SGD and softshrink")
def lasso_regression(X, y, lam, lr, steps):
    line = line_through(np.zeros(X.shape[1]), 0.0)
    for _ in range(steps):
        proximal_step(line, X, y, lam, lr)
    return parameters(line)


@alternate("adamw_step", "torch.optim.AdamW")
def adamw_step(w, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    parameter = torch.nn.Parameter(tensor(w))
    parameter.grad = tensor(grad)
    settings = {"lr": lr, "betas": (beta1, beta2), "eps": eps, "weight_decay": weight_decay}
    optimizer = torch.optim.AdamW([parameter], foreach=False, **settings)
    state = {"step": torch.tensor(t - 1.0), "exp_avg": tensor(m), "exp_avg_sq": tensor(v)}
    optimizer.state[parameter].update(state)
    optimizer.step()
    state = optimizer.state[parameter]
    return parameter.detach().numpy(), state["exp_avg"].numpy(), state["exp_avg_sq"].numpy()


@alternate("dropout", "torch's dropout")
def dropout(x, p, rng, training):
    if p == 1:  # torch allows it, the statement does not
        raise ValueError("p must be below 1")
    torch.manual_seed(int(rng.integers(2**62)))
    layer = torch.nn.Dropout(p).train(training)
    mask = layer(torch.ones(x.shape, dtype=torch.float64)).numpy()
    return x * mask, mask
