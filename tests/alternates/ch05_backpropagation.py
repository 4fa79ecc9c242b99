"""Right answers in other styles."""

import heapq
import itertools
import math
from collections import Counter, deque

import ch05_backpropagation as reference
import numpy as np

from grader.bank import alternate


@alternate("relu", "multiplied by a mask")
def relu(x):
    return x * (x > 0)


@alternate("relu", "a cleared copy")
def relu(x):
    out = np.array(x)
    out[out < 0] = 0
    return out


@alternate("relu", "half of x and its absolute value")
def relu(x):
    return (x + np.abs(x)) / 2


@alternate("relu_backward", "multiplied by a mask")
def relu_backward(dout, x):
    return dout * (x > 0)


@alternate("relu_backward", "a cleared copy")
def relu_backward(dout, x):
    dx = dout.copy()
    dx[x <= 0] = 0
    return dx


@alternate("relu_backward", "Heaviside's step")
def relu_backward(dout, x):
    return np.heaviside(x, 0.0) * dout


@alternate("tanh_backward", "one over cosh squared")
def tanh_backward(dout, x):
    return dout / np.cosh(x) ** 2


@alternate("tanh_backward", "a complex step")
def tanh_backward(dout, x):
    return dout * np.tanh(x + 1e-30j).imag / 1e-30


@alternate("tanh_backward", "exponentials, one entry at a time")
def tanh_backward(dout, x):
    dx = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        t = 2 / (1 + math.exp(-2 * x[i])) - 1
        dx[i] = dout[i] * (1 + t) * (1 - t)
    return dx


@alternate("sigmoid_backward", "through tanh")
def sigmoid_backward(dout, x):
    return dout * (1 - np.tanh(x / 2) ** 2) / 4


@alternate("sigmoid_backward", "exponentials only")
def sigmoid_backward(dout, x):
    e = np.exp(-np.abs(x))
    return dout * e / (1 + e) ** 2


@alternate("sigmoid_backward", "s - s²")
def sigmoid_backward(dout, x):
    s = 1 / (1 + np.exp(-x))
    return dout * (s - s**2)


@alternate("linear", "loops")
def linear(x, W, b):
    pairs = list(zip(W, b, strict=True))
    return np.array(
        [[sum(xi * w for xi, w in zip(r, u, strict=True)) + c for u, c in pairs] for r in x]
    )


@alternate("linear", "einsum")
def linear(x, W, b):
    return np.einsum("ni,oi->no", x, W) + b[None, :]


@alternate("linear", "the bias as one more weight")
def linear(x, W, b):
    ones = np.ones((len(x), 1))
    return np.hstack([x, ones]) @ np.hstack([W, b.reshape(-1, 1)]).T


@alternate("linear_backward", "einsum")
def linear_backward(dout, x, W):
    dx = np.einsum("no,oi->ni", dout, W)
    return [dx, np.einsum("no,ni->oi", dout, x), np.einsum("no->o", dout)]


@alternate("linear_backward", "one row at a time")
def linear_backward(dout, x, W):
    dx, dW, db = np.zeros(x.shape), np.zeros(W.shape), np.zeros(len(W))
    for n, row in enumerate(dout):
        dx[n] = W.T @ row
        dW += np.outer(row, x[n])
        db += row
    return dx, dW, db


@alternate("linear_backward", "ones for the sum")
def linear_backward(dout, x, W):
    return np.matmul(dout, W), np.dot(x.T, dout).T, np.ones(len(dout)) @ dout


@alternate("numerical_gradient", "saved and restored in place")
def numerical_gradient(f, x, h=1e-5):
    gradient = np.zeros_like(x)
    walk = np.nditer(x, flags=["multi_index"])
    while not walk.finished:
        i = walk.multi_index
        old = x[i]
        x[i] = old + h
        above = f(x)
        x[i] = old - h
        below = f(x)
        x[i] = old
        gradient[i] = (above - below) / (2 * h)
        walk.iternext()
    return gradient


@alternate("numerical_gradient", "rows of an identity matrix")
def numerical_gradient(f, x, h=1e-5):
    steps = h * np.eye(x.size).reshape(x.size, *x.shape)
    return np.array([f(x + s) / (2 * h) - f(x - s) / (2 * h) for s in steps]).reshape(x.shape)


@alternate("numerical_gradient", "the mean of both one-sided differences")
def numerical_gradient(f, x, h=1e-5):
    gradient, here = np.zeros(x.shape), f(x)
    for i in itertools.product(*map(range, x.shape)):
        sides = []
        for step in (h, -h):
            moved = np.array(x)
            moved[i] += step
            sides.append((f(moved) - here) / step)
        gradient[i] = sum(sides) / 2
    return gradient


@alternate("mlp_forward", "recursion")
def mlp_forward(x, params):
    W, b = params[0]
    z = np.dot(x, W.T) + b
    rest = params[1:]
    return reference.mlp_forward(np.where(z > 0, z, 0), rest) if rest else z


@alternate("mlp_forward", "columns for rows")
def mlp_forward(x, params):
    a = x.T
    for k, (W, b) in enumerate(params, 1):
        a = W @ a + b.reshape(-1, 1)
        if k != len(params):
            a[a < 0] = 0
    return a.T


@alternate("mlp_gradients", "columns for rows, pre-activations kept, naive softmax, clipped log")
def mlp_gradients(x, labels, params):
    n = x.shape[0]
    zs, activations = [], [x.T]
    for W, b in params:
        zs.append(W @ activations[-1] + b[:, None])
        activations.append(np.maximum(0, zs[-1]))
    p = np.exp(zs[-1]) / np.exp(zs[-1]).sum(axis=0)
    onehot = np.eye(len(p))[labels].T
    loss = -np.sum(onehot * np.log(np.clip(p, 1e-12, 1))) / n
    delta = p - onehot
    out = []
    for k in range(len(params) - 1, -1, -1):
        out.append([delta @ activations[k].T / n, delta.mean(axis=1)])
        if k:
            delta = (params[k][0].T @ delta) * (zs[k - 1] > 0)
    out.reverse()
    return loss, out


@alternate("mlp_gradients", "one example at a time, recursive")
def mlp_gradients(x, labels, params):
    total, grads = 0.0, [[np.zeros_like(W), np.zeros_like(b)] for W, b in params]

    def below(row, label, k):
        nonlocal total
        W, b = params[k]
        z = W @ row + b
        if k == len(params) - 1:
            top = z.max()
            log_p = z - top - np.log(np.exp(z - top).sum())
            total -= log_p[label] / len(x)
            dz = np.exp(log_p) / len(x)
            dz[label] -= 1 / len(x)
        else:
            dz = below(z * (z > 0), label, k + 1) * (z > 0)
        grads[k][0] += np.outer(dz, row)
        grads[k][1] += dz
        return W.T @ dz

    for row, label in zip(x, labels, strict=True):
        below(row, label, 0)
    return total, [tuple(pair) for pair in grads]


@alternate("mlp_gradients", "activation patterns: a relu network is linear where it is")
def mlp_gradients(x, labels, params):
    n, grads, h, patterns = len(x), [], x, []
    for W, b in params[:-1]:
        h = h @ W.T + b
        patterns.append((h > 0).astype(float))
        h = h * patterns[-1]
    z = h @ params[-1][0].T + params[-1][1]
    lse = np.logaddexp.reduce(z, axis=1)
    top = (np.exp(z - lse[:, None]) - (labels[:, None] == np.arange(z.shape[1]))) / n
    for k in range(len(params)):
        dz, h = top, x
        for j in range(len(params) - 1, k, -1):
            dz = np.einsum("no,oi,ni->ni", dz, params[j][0], patterns[j - 1])
        for j in range(k):
            h = (h @ params[j][0].T + params[j][1]) * patterns[j]
        grads.append((np.einsum("no,ni->oi", dz, h), np.einsum("no->o", dz)))
    return (lse - np.take_along_axis(z, labels[:, None], 1)[:, 0]).mean(), grads


@alternate("he_init", "scaled standard normal")
def he_init(fan_out, fan_in, rng):
    return rng.standard_normal((fan_out, fan_in)) * (2 / fan_in) ** 0.5


@alternate("he_init", "column by column")
def he_init(fan_out, fan_in, rng):
    return np.stack([rng.normal(0, math.sqrt(2 / fan_in), fan_out) for _ in range(fan_in)], axis=1)


@alternate("he_init", "Box and Muller")
def he_init(fan_out, fan_in, rng):
    u, v = 1 - rng.random((fan_out, fan_in)), rng.random((fan_out, fan_in))
    return np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v) * np.sqrt(2 / fan_in)


@alternate("xavier_init", "a stretched unit interval")
def xavier_init(fan_out, fan_in, rng):
    return (2 * rng.random((fan_out, fan_in)) - 1) * (6 / (fan_in + fan_out)) ** 0.5


@alternate("xavier_init", "a flat draw, from the deviation")
def xavier_init(fan_out, fan_in, rng):
    a = math.sqrt(3) * math.sqrt(2 / (fan_in + fan_out))
    return rng.uniform(high=a, low=-a, size=fan_in * fan_out).reshape((fan_in, fan_out)).T


@alternate("residual_block", "step by step")
def residual_block(x, W1, b1, W2, b2):
    out = np.dot(x, W1.T)
    out += b1
    out[out < 0] = 0
    out = np.dot(out, W2.T)
    out += b2
    out += x
    return out


@alternate("residual_block", "einsum")
def residual_block(x, W1, b1, W2, b2):
    h = np.clip(np.einsum("nd,hd->nh", x, W1) + b1, 0, None)
    return np.einsum("nh,dh->nd", h, W2) + b2 + x


@alternate("residual_block_backward", "einsum and a mask")
def residual_block_backward(dout, x, W1, b1, W2, b2):
    h = np.maximum(np.einsum("nd,hd->nh", x, W1) + b1, 0)
    dz = np.einsum("nd,dh->nh", dout, W2) * (h != 0)
    dW1, dW2 = np.einsum("nh,nd->hd", dz, x), np.einsum("nd,nh->dh", dout, h)
    return [np.einsum("nh,hd->nd", dz, W1) + dout, dW1, dz.sum(0), dW2, dout.sum(0)]


@alternate("residual_block_backward", "row by row")
def residual_block_backward(dout, x, W1, b1, W2, b2):
    dx = np.array(dout)
    dW1, db1, dW2, db2 = (np.zeros(a.shape) for a in (W1, b1, W2, b2))
    for n, (up, row) in enumerate(zip(dout, x, strict=True)):
        for j in range(len(b1)):
            z = float(W1[j] @ row) + b1[j]
            if z > 0:
                dz = float(W2[:, j] @ up)
                dx[n] += dz * W1[j]
                dW1[j] += dz * row
                db1[j] += dz
                dW2[:, j] += z * up
        db2 += up
    return dx, dW1, db1, dW2, db2


def scalar(other):
    return float(getattr(other, "data", other))


class Arithmetic:
    """Operations of a Value in terms of `_made(data, (source, slope), …)`."""

    def __add__(self, other):
        return self._made(self.data + scalar(other), (self, 1), (other, 1))

    def __sub__(self, other):
        return self._made(self.data - scalar(other), (self, 1), (other, -1))

    def __rsub__(self, other):
        return self._made(other - self.data, (self, -1))

    def __mul__(self, other):
        return self._made(self.data * scalar(other), (self, scalar(other)), (other, self.data))

    def __truediv__(self, other):
        a, b = self.data, scalar(other)
        return self._made(a / b, (self, 1 / b), (other, -a / b**2))

    def __rtruediv__(self, other):
        return self._made(other / self.data, (self, -other / self.data**2))

    def __pow__(self, k):
        return self._made(self.data**k, (self, k * self.data ** (k - 1)))

    def __neg__(self):
        return self._made(-self.data, (self, -1))

    def exp(self):
        return self._made(math.exp(self.data), (self, math.exp(self.data)))

    def log(self):
        return self._made(math.log(self.data), (self, 1 / self.data))

    def tanh(self):
        return self._made(math.tanh(self.data), (self, 1 / math.cosh(self.data) ** 2))

    def relu(self):
        return self._made(self.data if self.data > 0 else 0, (self, 1 if self.data > 0 else 0))

    __radd__, __rmul__ = __add__, __mul__


@alternate("Value", "counting uses instead of sorting")
class Value(Arithmetic):
    def __init__(self, data):
        self.data, self.grad, self.inputs = data, 0, []

    def _made(self, data, *inputs):
        out = type(self)(data)
        out.inputs = [pair for pair in inputs if isinstance(pair[0], Arithmetic)]
        return out

    def backward(self):
        uses, waiting = Counter(), [self]
        seen = {self}
        while waiting:
            for source, _ in waiting.pop().inputs:
                uses[source] += 1
                if source not in seen:
                    seen.add(source)
                    waiting.append(source)
        brought, ready = Counter({self: 1.0}), deque([self])
        while ready:
            node = ready.popleft()
            node.grad += brought[node]
            for source, slope in node.inputs:
                brought[source] += slope * brought[node]
                uses[source] -= 1
                if not uses[source]:
                    ready.append(source)


@alternate("Value", "newest first: nodes are numbered as they are made")
class Value(Arithmetic):
    numbers = itertools.count()

    def __init__(self, data, inputs=()):
        self.data, self.grad, self.inputs, self.number = data, 0.0, inputs, next(self.numbers)

    def __lt__(self, other):
        return self.number > other.number

    def _made(self, data, *inputs):
        return type(self)(data, [pair for pair in inputs if isinstance(pair[0], Arithmetic)])

    def backward(self):
        brought, heap = {self: 1.0}, [self]
        while heap:
            node = heapq.heappop(heap)
            node.grad += brought[node]
            for source, slope in node.inputs:
                if source not in brought:
                    heapq.heappush(heap, source)
                brought[source] = brought.get(source, 0.0) + slope * brought[node]


@alternate("Value", "the sum over all ways through the graph")
class Value(Arithmetic):
    def __init__(self, data, inputs=()):
        self.data, self.grad, self._inputs = np.float64(data), 0.0, inputs

    def _made(self, data, *inputs):
        return type(self)(data, [pair for pair in inputs if isinstance(pair[0], Arithmetic)])

    def backward(self, upstream=1.0):
        self.grad += upstream
        for source, slope in self._inputs:
            source.backward(upstream * slope)


@alternate("Value", "forward mode: every node carries its derivatives for all nodes below")
class Value(Arithmetic):
    def __init__(self, data):
        self.data, self.grad, self.partials = data, 0.0, {self: 1.0}

    def _made(self, data, *inputs):
        out = type(self)(data)
        for source, slope in inputs:
            for below, partial in getattr(source, "partials", {}).items():
                out.partials[below] = out.partials.get(below, 0.0) + slope * partial
        return out

    def backward(self):
        for node, partial in self.partials.items():
            node.grad += partial


@alternate("Value", "closures, old gradients put aside")
class Value:
    def __init__(self, data, children=()):
        self.data, self.grad, self.children = data, 0.0, tuple(children)
        self.hand_on = lambda: None

    def _of(self, other):
        return other if isinstance(other, Value) else Value(other)

    def __add__(self, other):
        other = self._of(other)
        out = Value(self.data + other.data, (self, other))

        def hand_on():
            self.grad += out.grad
            other.grad += out.grad

        out.hand_on = hand_on
        return out

    def __mul__(self, other):
        other = self._of(other)
        out = Value(self.data * other.data, (self, other))

        def hand_on():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.hand_on = hand_on
        return out

    def _unary(self, data, slope):
        out = Value(data, (self,))

        def hand_on():
            self.grad += slope * out.grad

        out.hand_on = hand_on
        return out

    def __pow__(self, k):
        return self._unary(self.data**k, k * self.data ** (k - 1))

    def exp(self):
        return self._unary(np.exp(self.data), np.exp(self.data))

    def log(self):
        return self._unary(np.log(self.data), 1 / self.data)

    def tanh(self):
        return self._unary(np.tanh(self.data), 1 - np.tanh(self.data) ** 2)

    def relu(self):
        return self._unary(np.maximum(self.data, 0), np.heaviside(self.data, 0))

    def __neg__(self):
        return self * -1

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return other + (-self)

    def __truediv__(self, other):
        return self * self._of(other) ** -1

    def __rtruediv__(self, other):
        return other * self**-1

    def backward(self):
        nodes, visited = [], set()

        def build(node):
            if node not in visited:
                visited.add(node)
                for child in node.children:
                    build(child)
                nodes.append(node)

        build(self)
        old = [node.grad for node in nodes]
        for node in nodes:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(nodes):
            node.hand_on()
        for node, before in zip(nodes, old, strict=True):
            node.grad += before
