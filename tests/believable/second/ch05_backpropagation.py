"""What another learner might hand in: forgotten terms, shapes, a graph walked too often.

relu: failed, changes-its-input
relu_backward: failed, no-upstream
tanh_backward: failed
sigmoid_backward: passed
linear: error, weights-first
linear_backward: failed
numerical_gradient: failed
mlp_forward: failed, relu-after-last
he_init: failed, variance-for-deviation
xavier_init: failed
residual_block: failed, relu-after-sum + changes-its-input
Value: error
"""

import numpy as np


def relu(x):
    x[x < 0] = 0
    return x


def relu_backward(dout, x):
    return np.where(x > 0, 1, 0)


def tanh_backward(dout, out):
    return dout * 1 - out**2


def sigmoid_backward(dout, out):
    s = 1 / (1 + np.exp(-out))
    return dout * s * (1 - s)


def linear(x, W, b):
    return np.dot(W, x) + b


def linear_backward(dout, x, W):
    dx = dout @ W
    dW = dout.T @ x
    return dx, dW


def numerical_gradient(f, x, h=1e-5):
    grad = np.zeros_like(x)
    for i in range(x.shape[0]):
        old = x[i]
        x[i] = old + h
        up = f(x)
        x[i] = old - h
        down = f(x)
        x[i] = old
        grad[i] = (up - down) / 2 * h
    return grad


def mlp_forward(x, params):
    for W, b in params:
        x = relu(x @ W.T + b)
    return x


def he_init(fan_out, fan_in, rng):
    return rng.normal(0, 2 / fan_in, size=(fan_out, fan_in))


def xavier_init(fan_out, fan_in, rng):
    limit = np.sqrt(6 / (fan_in + fan_out))
    return np.random.uniform(-limit, limit, (fan_out, fan_in))


def residual_block(x, W1, b1, W2, b2):
    residual = x
    x += relu(x @ W1.T + b1) @ W2.T + b2
    return relu(x + residual)


class Value:
    def __init__(self, data, _children=()):
        self.data = data
        self.grad = 0.0
        self._children = _children
        self._backward = lambda: None

    def __add__(self, other):
        out = Value(self.data + other.data, (self, other))

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        out = Value(self.data * other.data, (self, other))

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def backward(self):
        self.grad = 1.0
        todo = [self]
        while todo:
            node = todo.pop()
            node._backward()
            todo.extend(node._children)
