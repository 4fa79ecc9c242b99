"""The same answers by independent means: torch, its autograd, SciPy."""

import numpy as np
import scipy.optimize
import torch
from torch import nn

from grader.bank import alternate


def _tensor(array, track=True):
    return torch.tensor(np.ascontiguousarray(array), dtype=torch.float64, requires_grad=track)


def _pulled_back(f, dout, *inputs):
    """The gradients for all inputs of f, given the one for its result."""
    tensors = [_tensor(array) for array in inputs]
    gradients = torch.autograd.grad(f(*tensors), tensors, _tensor(dout, track=False))
    return tuple(gradient.numpy() for gradient in gradients)


@alternate("relu", "torch.nn.ReLU")
def relu(x):
    return nn.ReLU()(_tensor(x, track=False)).numpy()


@alternate("relu_backward", "autograd of torch.relu")
def relu_backward(dout, x):
    return _pulled_back(torch.relu, dout, x)[0]


@alternate("tanh_backward", "autograd of torch.tanh")
def tanh_backward(dout, x):
    return _pulled_back(torch.tanh, dout, x)[0]


@alternate("sigmoid_backward", "autograd of torch.sigmoid")
def sigmoid_backward(dout, x):
    return _pulled_back(torch.sigmoid, dout, x)[0]


@alternate("linear", "torch.nn.functional.linear")
def linear(x, W, b):
    return nn.functional.linear(*(_tensor(array, track=False) for array in (x, W, b))).numpy()


@alternate("linear_backward", "autograd of torch.nn.functional.linear")
def linear_backward(dout, x, W):
    return _pulled_back(nn.functional.linear, dout, x, W, np.zeros(len(W)))


@alternate("numerical_gradient", "two one-sided estimates of scipy.optimize.approx_fprime")
def numerical_gradient(f, x, h=1e-5):
    def flat(v):
        return f(v.reshape(x.shape))

    point = x.flatten()
    sides = [scipy.optimize.approx_fprime(point, flat, step) for step in (h, -h)]
    return (sum(sides) / 2).reshape(x.shape)


def _network(params):
    layers = []
    for W, b in params:
        layer = nn.Linear(W.shape[1], W.shape[0], dtype=torch.float64)
        layer.weight.data, layer.bias.data = _tensor(W, track=False), _tensor(b, track=False)
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@alternate("mlp_forward", "torch.nn.Sequential")
def mlp_forward(x, params):
    return _network(params)(_tensor(x)).detach().numpy()


@alternate("mlp_gradients", "autograd of a torch.nn.Sequential")
def mlp_gradients(x, labels, params):
    network = _network(params)
    loss = nn.CrossEntropyLoss()(network(_tensor(x)), torch.tensor(labels))
    loss.backward()
    layers = [layer for layer in network if isinstance(layer, nn.Linear)]
    return loss.item(), [(each.weight.grad.numpy(), each.bias.grad.numpy()) for each in layers]


def _torch_generator(rng):
    return torch.Generator().manual_seed(int(rng.integers(2**62)))


@alternate("he_init", "torch.nn.init.kaiming_normal_")
def he_init(fan_out, fan_in, rng):
    W, source = torch.empty(fan_out, fan_in, dtype=torch.float64), _torch_generator(rng)
    nn.init.kaiming_normal_(W, mode="fan_in", nonlinearity="relu", generator=source)
    return W.numpy()


@alternate("xavier_init", "torch.nn.init.xavier_uniform_")
def xavier_init(fan_out, fan_in, rng):
    W, source = torch.empty(fan_out, fan_in, dtype=torch.float64), _torch_generator(rng)
    return nn.init.xavier_uniform_(W, generator=source).numpy()


def _block(x, W1, b1, W2, b2):
    return x + nn.functional.linear(torch.relu(nn.functional.linear(x, W1, b1)), W2, b2)


@alternate("residual_block", "torch.nn.functional")
def residual_block(x, W1, b1, W2, b2):
    return _block(*(_tensor(array, track=False) for array in (x, W1, b1, W2, b2))).numpy()


@alternate("residual_block_backward", "autograd of torch.nn.functional")
def residual_block_backward(dout, x, W1, b1, W2, b2):
    return _pulled_back(_block, dout, x, W1, b1, W2, b2)


@alternate("Value", "a torch scalar that retains its gradient")
class Value:
    def __init__(self, data):
        tensor = isinstance(data, torch.Tensor)
        self.t = data if tensor else torch.tensor(data, dtype=torch.float64, requires_grad=True)
        self.t.retain_grad()

    data = property(lambda self: self.t.item())
    grad = property(lambda self: 0.0 if self.t.grad is None else self.t.grad.item())

    def __add__(self, other):
        return Value(self.t + getattr(other, "t", other))

    def __sub__(self, other):
        return Value(self.t - getattr(other, "t", other))

    def __mul__(self, other):
        return Value(self.t * getattr(other, "t", other))

    def __truediv__(self, other):
        return Value(self.t / getattr(other, "t", other))

    def __rsub__(self, other):
        return Value(other - self.t)

    def __rtruediv__(self, other):
        return Value(other / self.t)

    def __pow__(self, k):
        return Value(self.t**k)

    def __neg__(self):
        return Value(-self.t)

    def exp(self):
        return Value(self.t.exp())

    def log(self):
        return Value(self.t.log())

    def tanh(self):
        return Value(self.t.tanh())

    def relu(self):
        return Value(self.t.relu())

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        self.t.backward(retain_graph=True)
