"""The same answers by independent means: SciPy, torch, autograd, decimal arithmetic.

A `Decimal` has an exponent range that no logit here can leave, so the definitions can be
followed to the letter, with 28 digits and without any trick.
"""

from decimal import Decimal

import numpy as np
import scipy.special
import torch
from torch.nn import functional

from grader.bank import alternate


def tensor(array):
    return torch.tensor(array, dtype=torch.float64)


def derivative(loss, *at):
    """The gradients, by autograd, of a scalar function of some tensors."""
    variables = [tensor(value).requires_grad_() for value in at]
    loss(*variables).backward()
    return [variable.grad.numpy() for variable in variables]


def exponentials(row):
    return [Decimal(float(value)).exp() for value in row]


@alternate("sigmoid", "scipy.special.expit")
def sigmoid(z):
    return scipy.special.expit(z)


@alternate("sigmoid", "torch.sigmoid")
def sigmoid(z):
    return torch.sigmoid(tensor(z)).numpy()


@alternate("sigmoid", "the definition in decimals")
def sigmoid(z):
    values = [float(1 / (1 + e)) for e in exponentials(-z.ravel())]
    return np.reshape(values, z.shape)


@alternate("binary_cross_entropy", "torch")
def binary_cross_entropy(logits, targets):
    return functional.binary_cross_entropy_with_logits(tensor(logits), tensor(targets)).item()


@alternate("binary_cross_entropy", "scipy.special.log_expit")
def binary_cross_entropy(logits, targets):
    yes, no = scipy.special.log_expit(logits), scipy.special.log_expit(-logits)
    return -(targets * yes + (1 - targets) * no).mean()


@alternate("binary_cross_entropy", "the definition in decimals")
def binary_cross_entropy(logits, targets):
    total = Decimal(0)
    for e, target in zip(exponentials(logits.ravel()), targets.ravel(), strict=True):
        t = Decimal(float(target))
        total -= t * (e / (1 + e)).ln() + (1 - t) * (1 / (1 + e)).ln()
    return float(total / logits.size)


@alternate("logistic_gradient", "torch autograd")
def logistic_gradient(X, y, w, b):
    def loss(weights, bias):
        return functional.binary_cross_entropy_with_logits(tensor(X) @ weights + bias, tensor(y))

    dw, db = derivative(loss, w, b)
    return dw, float(db)


@alternate("logistic_gradient", "scipy.special.expit and sums from the definition")
def logistic_gradient(X, y, w, b):
    n, d = X.shape
    logits = [sum(X[i, j] * w[j] for j in range(d)) + b for i in range(n)]
    errors = [scipy.special.expit(logits[i]) - y[i] for i in range(n)]
    dw = [sum(errors[i] * X[i, j] for i in range(n)) / n for j in range(d)]
    return np.array(dw), sum(errors) / n


@alternate("logsumexp", "scipy.special.logsumexp")
def logsumexp(z, axis=-1):
    return scipy.special.logsumexp(z, axis=axis)


@alternate("logsumexp", "torch.logsumexp")
def logsumexp(z, axis=-1):
    return torch.logsumexp(tensor(z), dim=axis).numpy()


@alternate("logsumexp", "the definition in decimals")
def logsumexp(z, axis=-1):
    return np.apply_along_axis(lambda row: float(sum(exponentials(row)).ln()), axis, z)


@alternate("softmax", "scipy.special.softmax")
def softmax(z, axis=-1):
    return scipy.special.softmax(z, axis=axis)


@alternate("softmax", "torch.softmax")
def softmax(z, axis=-1):
    return torch.softmax(tensor(z), dim=axis).numpy()


@alternate("softmax", "the gradient of logsumexp, by autograd")
def softmax(z, axis=-1):
    return derivative(lambda logits: torch.logsumexp(logits, dim=axis).sum(), z)[0]


@alternate("softmax", "the definition in decimals")
def softmax(z, axis=-1):
    def along(row):
        e = exponentials(row)
        return np.array([float(value / sum(e)) for value in e])

    return np.apply_along_axis(along, axis, z)


@alternate("log_softmax", "scipy.special.log_softmax")
def log_softmax(z, axis=-1):
    return scipy.special.log_softmax(z, axis=axis)


@alternate("log_softmax", "torch.log_softmax")
def log_softmax(z, axis=-1):
    return torch.log_softmax(tensor(z), dim=axis).numpy()


@alternate("log_softmax", "the definition in decimals")
def log_softmax(z, axis=-1):
    def along(row):
        e = exponentials(row)
        return np.array([float((value / sum(e)).ln()) for value in e])

    return np.apply_along_axis(along, axis, z)


@alternate("softmax_backward", "torch autograd through softmax of log p")
def softmax_backward(dout, p):
    with np.errstate(divide="ignore"):
        logits = np.log(p)
    return derivative(lambda z: (torch.softmax(z, dim=-1) * tensor(dout)).sum(), logits)[0]


@alternate("softmax_backward", "central differences in the direction of each logit")
def softmax_backward(dout, p):
    h, dz = 1e-5, np.empty(p.shape)
    for j in range(p.shape[-1]):
        moved = []
        for factor in (np.exp(h), np.exp(-h)):
            raised = np.array(p)
            raised[..., j] *= factor
            moved.append(raised / raised.sum(axis=-1, keepdims=True))
        dz[..., j] = (dout * (moved[0] - moved[1])).sum(axis=-1) / (2 * h)
    return dz


@alternate("cross_entropy", "torch.nn.functional.cross_entropy")
def cross_entropy(logits, labels):
    return functional.cross_entropy(tensor(logits), torch.tensor(labels)).item()


@alternate("cross_entropy", "SciPy's log_softmax")
def cross_entropy(logits, labels):
    log_p = scipy.special.log_softmax(logits, axis=1)
    return -sum(row[label] for row, label in zip(log_p, labels, strict=True)) / len(labels)


@alternate("cross_entropy", "the definition in decimals")
def cross_entropy(logits, labels):
    total = Decimal(0)
    for row, label in zip(logits, labels, strict=True):
        e = exponentials(row)
        total -= (e[label] / sum(e)).ln()
    return float(total / len(labels))


@alternate("cross_entropy_gradient", "torch autograd")
def cross_entropy_gradient(logits, labels):
    return derivative(lambda z: functional.cross_entropy(z, torch.tensor(labels)), logits)[0]


@alternate("cross_entropy_gradient", "decimals, class by class")
def cross_entropy_gradient(logits, labels):
    n, classes = logits.shape
    gradient = np.empty((n, classes))
    for i, (row, label) in enumerate(zip(logits, labels, strict=True)):
        e = exponentials(row)
        for j in range(classes):
            gradient[i, j] = float((e[j] / sum(e) - int(j == label)) / n)
    return gradient


@alternate("smoothed_cross_entropy", "torch, label_smoothing")
def smoothed_cross_entropy(logits, labels, smoothing):
    z = tensor(logits)
    return functional.cross_entropy(z, torch.tensor(labels), label_smoothing=smoothing).item()


@alternate("smoothed_cross_entropy", "the definition in decimals")
def smoothed_cross_entropy(logits, labels, smoothing):
    s, total = Decimal(smoothing), Decimal(0)
    n, classes = logits.shape
    for row, label in zip(logits, labels, strict=True):
        e = exponentials(row)
        for i, value in enumerate(e):
            target = (1 - s) * int(i == label) + s / classes
            total -= target * (value / sum(e)).ln()
    return float(total / n)
