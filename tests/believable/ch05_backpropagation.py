"""What a learner might hand in.

relu: passed
relu_backward: failed, slope-one-at-zero
tanh_backward: failed, takes-x-for-the-output
linear: error, not-transposed
linear_backward: does not parse
he_init: failed, fan-out-for-fan-in
Value: failed
"""

import numpy as np
import math

class Value:
    def __init__(self, data, parents=()):
        self.data = data
        self.grad = 0.0
        self._parents = parents
        self._backward = lambda: None
    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))
        def b():
            self.grad = out.grad
            other.grad = out.grad
        out._backward = b
        return out
    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))
        def b():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out._backward = b
        return out
    __radd__ = __add__
    __rmul__ = __mul__
    def backward(self):
        self.grad = 1.0
        self._backward()
        for p in self._parents:
            p.backward()

def relu(x):
    return np.maximum(0, x)
def relu_backward(dout, x):
    return dout * (x >= 0)
def tanh_backward(dout, x):
    return dout * (1 - x ** 2)
def linear(x, W, b):
    return x @ W + b
def linear_backward(dout, x, W)
    return dout @ W, dout.T @ x, dout.sum(axis=0)
def he_init(fan_out, fan_in, rng):
    return rng.standard_normal((fan_out, fan_in)) * np.sqrt(2 / fan_out)
