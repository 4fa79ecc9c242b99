"""The same answers by independent means: scikit-learn, torch's operators, autograd, differences."""

import numpy as np
import torch
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from grader.bank import alternate


def tensors(*arrays):
    return [torch.from_numpy(np.array(array)) for array in arrays]


def gradients(forward, dout, x, gamma):
    """Autograd of Σ dout · forward(x, γ, β) in float64, at β = 0."""
    inputs = [tensor.requires_grad_() for tensor in tensors(x, gamma, np.zeros_like(gamma))]
    out = forward(*inputs)
    answer = torch.autograd.grad(out, inputs, torch.from_numpy(np.array(dout)))
    return tuple(gradient.numpy() for gradient in answer)


def differences(forward, dout, x, gamma, eps):
    """Central differences of Σ dout · forward(x, γ, β), once extrapolated, at β = 0."""
    step = 1e-3 * np.sqrt(eps)

    def slope(of, at, index, h):
        plus, minus = at.copy(), at.copy()
        plus[index] += h
        minus[index] -= h
        return np.sum(dout * (of(plus) - of(minus))) / (2 * h)

    def gradient(of, at, h):
        values = np.empty(at.shape)
        for index in np.ndindex(at.shape):
            coarse, fine = slope(of, at, index, h), slope(of, at, index, h / 2)
            values[index] = (4 * fine - coarse) / 3
        return values

    zero = np.zeros_like(gamma)
    return (
        gradient(lambda value: forward(value, gamma, zero), np.array(x), step),
        gradient(lambda value: forward(np.array(x), value, zero), gamma, 0.5),
        gradient(lambda value: forward(np.array(x), gamma, value), zero, 0.5),
    )


@alternate("standardize", "sklearn StandardScaler")
def standardize(X_train, X):
    return StandardScaler().fit(X_train).transform(X)


@alternate("min_max_scale", "sklearn MinMaxScaler")
def min_max_scale(X_train, X, low=0.0, high=1.0):
    return MinMaxScaler(feature_range=(low, high), clip=False).fit(X_train).transform(X)


@alternate("batch_norm_train", "torch batch_norm, in training")
def batch_norm_train(x, gamma, beta, running_mean, running_var, momentum, eps):
    x, gamma, beta, mean, var = tensors(x, gamma, beta, running_mean, running_var)
    out = torch.nn.functional.batch_norm(x, mean, var, gamma, beta, True, momentum, eps)
    return out.numpy(), mean.numpy(), var.numpy()


@alternate("batch_norm_eval", "torch batch_norm, in evaluation")
def batch_norm_eval(x, gamma, beta, running_mean, running_var, eps):
    x, gamma, beta, mean, var = tensors(x, gamma, beta, running_mean, running_var)
    return torch.nn.functional.batch_norm(x, mean, var, gamma, beta, False, 0.1, eps).numpy()


@alternate("batch_norm_backward", "autograd through torch batch_norm")
def batch_norm_backward(dout, x, gamma, eps):
    def forward(x, gamma, beta):
        return torch.nn.functional.batch_norm(x, None, None, gamma, beta, True, 0.1, eps)

    return gradients(forward, dout, x, gamma)


@alternate("batch_norm_backward", "autograd through the formula")
def batch_norm_backward_by_formula(dout, x, gamma, eps):
    def forward(x, gamma, beta):
        var, mean = torch.var_mean(x, dim=0, unbiased=False)
        return (x - mean) * torch.rsqrt(var + eps) * gamma + beta

    return gradients(forward, dout, x, gamma)


@alternate("batch_norm_backward", "central differences")
def batch_norm_backward_by_differences(dout, x, gamma, eps):
    def forward(x, gamma, beta):
        return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta

    return differences(forward, dout, x, gamma, eps)


@alternate("layer_norm", "torch layer_norm")
def layer_norm(x, gamma, beta, eps):
    x, gamma, beta = tensors(x, gamma, beta)
    return torch.nn.functional.layer_norm(x, gamma.shape, gamma, beta, eps).numpy()


@alternate("layer_norm_backward", "autograd through torch layer_norm")
def layer_norm_backward(dout, x, gamma, eps):
    def forward(x, gamma, beta):
        return torch.nn.functional.layer_norm(x, gamma.shape, gamma, beta, eps)

    return gradients(forward, dout, x, gamma)


@alternate("layer_norm_backward", "central differences")
def layer_norm_backward_by_differences(dout, x, gamma, eps):
    def forward(x, gamma, beta):
        centred = x - x.mean(axis=-1, keepdims=True)
        return gamma * centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + eps) + beta

    return differences(forward, dout, x, gamma, eps)


@alternate("rms_norm", "torch rms_norm")
def rms_norm(x, gamma, eps):
    x, gamma = tensors(x, gamma)
    return torch.nn.functional.rms_norm(x, gamma.shape, gamma, eps).numpy()


@alternate("group_norm", "torch group_norm")
def group_norm(x, num_groups, gamma, beta, eps):
    x, gamma, beta = tensors(x, gamma, beta)
    return torch.group_norm(x, num_groups, gamma, beta, eps).numpy()
