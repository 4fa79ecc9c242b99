"""Backpropagation.

Chapter 4 ended with a gradient you could work out on paper: one linear layer, one softmax. Put
three such layers on top of each other and paper runs out. Backpropagation does not. It is the
chain rule, applied from the loss backwards, one operation at a time, and every operation needs
to know only two things: what came in on the way forward, and how much the loss cares about what
went out.

    forward    x ──► z = x Wᵀ + b ──► h = relu(z) ──► … ──► L
    backward   dx ◄── dz ◄─────────── dh ◄─────────── … ◄── 1

Write dz for ∂L/∂z, an array of z's shape. Then a whole network comes down to a few local rules:

    h = φ(z)          dz = dh · φ'(z), entry by entry
    z = x Wᵀ + b      dx = dz W and dW = dzᵀ x and db = Σ_n dz_n
    y = x + f(x)      dx = dy + (what flows back through f)

And where one value is used twice, its gradients add up: that is the rule which people forget.

You will write these rules for the usual layers, a `numerical_gradient` that tells you when one of
them is wrong, and with them the loss and all gradients of a multilayer perceptron of any depth.
Then two questions that decide whether a deep network learns at all: how large the first weights
should be (He, Xavier), and what a shortcut around a layer does to the gradient (the residual
block).

At the end you will do it once more, and differently: `Value` is a number that remembers how it
was computed. Add, multiply and exponentiate such numbers as you like, call `backward()` on the
result, and every number that took part knows its derivative. That is PyTorch's autograd, three
chapters before you need it, in about sixty lines of your own.

Learning representations by back-propagating errors: Rumelhart, Hinton and Williams, 1986.
"""

import numpy as np


def relu(x):
    """Rectify every entry: keep what is positive, replace the rest by 0.

        relu(x) = max(x, 0)

    x: any shape. Returns a new array of that shape; x keeps its values.

    >>> relu(np.array([[-2.0, 0.0, 3.0], [0.5, -0.1, 1.0]])).tolist()
    [[0.0, 0.0, 3.0], [0.5, 0.0, 1.0]]
    """
    raise NotImplementedError


def relu_backward(dout, x):
    """Pass a gradient back through relu.

        dx = dout · relu'(x)
        relu'(x) = 1 where x > 0, and 0 where x ≤ 0

    dout: the gradient of the loss for relu(x); x: the pre-activation, what went into relu. Both of
    one shape, any; so is the result. At exactly 0, where relu has a kink, the slope is taken to be
    0, here and in the whole chapter (PyTorch's choice, too). dout and x keep their values.

    >>> x = np.array([[-2.0, 0.0, 3.0], [0.5, -0.1, 1.0]])
    >>> relu_backward(np.array([[1.0, 2.0, 3.0], [-4.0, 5.0, 6.0]]), x).tolist()
    [[0.0, 0.0, 3.0], [-4.0, 0.0, 6.0]]
    """
    raise NotImplementedError


def tanh_backward(dout, x):
    """Pass a gradient back through tanh.

        dx = dout · tanh'(x),   tanh'(x) = 1 − tanh(x)²

    dout: the gradient of the loss for tanh(x); x: the pre-activation, not tanh(x). Both of one
    shape, any; so is the result. dout and x keep their values.

    >>> x = np.array([[0.0, 1.0, -1.0], [2.0, 0.5, -3.0]])
    >>> tanh_backward(np.array([[1.0, 1.0, 2.0], [-1.0, 10.0, 0.0]]), x).round(4).tolist()
    [[1.0, 0.42, 0.8399], [-0.0707, 7.8645, 0.0]]
    """
    raise NotImplementedError


def sigmoid_backward(dout, x):
    """Pass a gradient back through the sigmoid.

        dx = dout · σ'(x),   σ'(x) = σ(x)·(1 − σ(x)),   σ(x) = 1 / (1 + exp(−x))

    dout: the gradient of the loss for σ(x); x: the pre-activation, not σ(x). Both of one shape,
    any; so is the result. dout and x keep their values.

    >>> x = np.array([[0.0, 1.0, -1.0], [2.0, 0.5, -3.0]])
    >>> sigmoid_backward(np.array([[1.0, 1.0, 2.0], [-1.0, 10.0, 0.0]]), x).round(4).tolist()
    [[0.25, 0.1966, 0.3932], [-0.105, 2.35, 0.0]]
    """
    raise NotImplementedError


def linear(x, W, b):
    """Apply a linear layer to every row of x.

        out = x Wᵀ + b
        out[n, o] = Σ_i x[n, i]·W[o, i] + b[o]

    x: (N, in); W: (out, in), as in torch.nn.Linear; b: (out,). Returns (N, out).

    >>> x = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])
    >>> W = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0], [2.0, 0.0, -1.0], [0.0, 0.0, 0.0]])
    >>> linear(x, W, np.array([0.5, 0.0, -1.0, 7.0])).tolist()
    [[1.5, 5.0, -2.0, 7.0], [0.5, 0.0, -2.0, 7.0]]
    """
    raise NotImplementedError


def linear_backward(dout, x, W):
    """Pass a gradient back through a linear layer.

        dx = dout W,   dW = doutᵀ x,   db = Σ_n dout[n]

    dout: (N, out), the gradient of the loss for linear(x, W, b); x: (N, in); W: (out, in). Returns
    (dx, dW, db), each of the shape of what it is the gradient for: (N, in), (out, in), (out,).
    Rows are summed, not averaged: where the loss is a mean, dout holds the 1/N already.

    >>> dout = np.array([[1.0, 0.0], [2.0, -1.0]])
    >>> x = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])
    >>> W = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]])
    >>> dx, dW, db = linear_backward(dout, x, W)
    >>> dx.tolist()
    [[1.0, 0.0, 2.0], [2.0, -1.0, 3.0]]
    >>> dW.tolist()
    [[1.0, 0.0, 5.0], [0.0, 1.0, -1.0]]
    >>> db.tolist()
    [3.0, -1.0]
    """
    raise NotImplementedError


def numerical_gradient(f, x, h=1e-5):
    """Estimate the gradient of a scalar function by central differences.

        g[i] = (f(x + h·eᵢ) − f(x − h·eᵢ)) / (2h)

    eᵢ is 1 at entry i of x and 0 elsewhere.

    f: takes an array of x's shape and returns a number; x: an array of any shape; h > 0 is the
    step, used as it is given. Returns an array of x's shape. The error shrinks like h², against h
    for the one-sided (f(x + h·eᵢ) − f(x)) / h. You may change x between the calls of f, but
    afterwards it must be what it was, bit for bit: save and restore an entry, since adding h and
    subtracting it again leaves rounding errors.

    This is the judge of every gradient in the chapter, and much too slow for anything else: two
    calls of f for every entry.

    >>> x = np.array([[1.0, 2.0, -1.0], [0.0, 3.0, 0.5]])
    >>> numerical_gradient(lambda x: float((x**2).sum()), x).round(4).tolist()
    [[2.0, 4.0, -2.0], [0.0, 6.0, 1.0]]
    >>> numerical_gradient(lambda x: float((x**3).sum()), np.array([1.0, 2.0]), h=0.5).tolist()
    [3.25, 12.25]
    """
    raise NotImplementedError


def mlp_forward(x, params):
    """Compute the logits of a multilayer perceptron.

        h₀ = x
        hₖ = relu(hₖ₋₁ Wₖᵀ + bₖ) for every layer k but the last
        logits = h_{K−1} W_Kᵀ + b_K for the last layer K

    x: (N, in); params: a list of pairs (W, b), one a layer, one layer at least, W (out, in) and b
    (out,), the `in` of a layer being the `out` of the one before. Returns (N, classes). No relu
    after the last layer: logits may be negative.

    >>> x = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])
    >>> hidden = np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]]), np.array([0.0, 1.0])
    >>> last = np.array([[1.0, -1.0], [0.0, 2.0], [1.0, 1.0]]), np.array([0.0, 0.5, -3.0])
    >>> mlp_forward(x, [hidden, last]).tolist()
    [[-6.0, 12.5, 3.0], [-1.0, 2.5, -2.0]]
    """
    raise NotImplementedError


def mlp_gradients(x, labels, params):
    """Compute the loss of a multilayer perceptron and its gradient for every weight and bias.

        L = −(1/N) Σ_n log softmax(logits_n)[label_n],   logits = mlp_forward(x, params)

        ∂L/∂logits = (softmax(logits) − one-hot(labels)) / N

    and from there it goes back through the layers.

    x: (N, in); labels: (N,) integers in [0, classes); params: as in mlp_forward, any number of
    layers. Returns (L, gradients): a float and a list of pairs (dW, db), in the order and with the
    shapes of params. The mean over the batch is part of L, so the factor 1/N enters once. Check
    yourself with numerical_gradient.

    >>> x = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])
    >>> hidden = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, -1.0]]), np.array([0.0, 2.5])
    >>> last = np.array([[1.0, -1.0], [0.0, 2.0]]), np.array([0.0, 0.0])
    >>> loss, gradients = mlp_gradients(x, np.array([0, 1]), [hidden, last])
    >>> round(float(loss), 4)
    1.8656
    >>> [dW.round(4).tolist() for dW, db in gradients]
    [[[-0.4853, -0.9707, -1.456], [1.456, 3.1857, 4.0945]], [[-0.4853, -0.6824], [0.4853, 0.6824]]]
    >>> [db.round(4).tolist() for dW, db in gradients]
    [[-0.4853, 1.1824], [-0.3941, 0.3941]]
    """
    raise NotImplementedError


def he_init(fan_out, fan_in, rng):
    """Draw the first weights of a linear layer that is followed by relu.

        W[o, i] ~ N(0, σ²),   σ = √(2 / fan_in)

    Every entry is drawn on its own from the normal distribution with mean 0 and standard
    deviation σ.

    fan_out, fan_in: the layer's outputs and inputs; rng: a numpy.random.Generator. Returns
    (fan_out, fan_in). Relu throws half of the signal's square away; the 2 makes up for it, so that
    numbers keep their size from layer to layer. All randomness comes from rng: equal generators
    give equal weights, a second call on the same generator gives others. How the numbers are drawn
    from it is up to you; weights are compared as a distribution.

    He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015.

    >>> W = he_init(300, 50, np.random.default_rng(0))
    >>> W.shape, round(float(W.std()), 1)
    ((300, 50), 0.2)
    """
    raise NotImplementedError


def xavier_init(fan_out, fan_in, rng):
    """Draw the first weights of a linear layer that is followed by tanh or by nothing.

        W[o, i] ~ U(−a, a),   a = √(6 / (fan_in + fan_out))

    Every entry is drawn on its own, uniformly from −a to a.

    fan_out, fan_in: the layer's outputs and inputs; rng: a numpy.random.Generator. Returns
    (fan_out, fan_in). The variance a²/3 = 2 / (fan_in + fan_out) lies between 1/fan_in, which
    would keep the size of the signal on its way forward, and 1/fan_out, which would keep that of
    the gradient on its way back. All randomness comes from rng: equal generators give equal
    weights, a second call on the same generator gives others. How the numbers are drawn from it is
    up to you; weights are compared as a distribution.

    Glorot and Bengio, Understanding the difficulty of training deep feedforward networks, 2010.

    >>> W = xavier_init(100, 50, np.random.default_rng(0))
    >>> W.shape, round(float(np.abs(W).max()), 1)
    ((100, 50), 0.2)
    """
    raise NotImplementedError


def residual_block(x, W1, b1, W2, b2):
    """Add to x what two linear layers with a relu between them make of it.

        residual_block(x) = x + linear(relu(linear(x, W1, b1)), W2, b2)

    x: (N, D); W1: (H, D); b1: (H,); W2: (D, H); b2: (D,). Returns (N, D). No relu after the sum:
    the shortcut from input to output is clear. x keeps its values.

    He, Zhang, Ren and Sun, Identity mappings in deep residual networks, 2016.

    >>> x = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])
    >>> W1, b1 = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), np.array([0.0, 0.0])
    >>> W2, b2 = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0]]), np.array([0.0, 0.5, 0.0])
    >>> residual_block(x, W1, b1, W2, b2).tolist()
    [[2.0, 6.5, 4.0], [0.0, -0.5, 1.0]]
    """
    raise NotImplementedError


def residual_block_backward(dout, x, W1, b1, W2, b2):
    """Pass a gradient back through a residual block.

    out = x + f(x), so dx = dout + (the gradient that flows back through f): whatever f does, dout
    itself arrives below. That is why networks of a hundred such blocks can be trained.

    dout: (N, D), the gradient of the loss for residual_block(x, W1, b1, W2, b2); the others as
    there. Returns (dx, dW1, db1, dW2, db2), each of the shape of what it is the gradient for.
    Rows are summed, not averaged. The hidden layer is to be computed again: nothing was kept.
    dout and x keep their values.

    >>> x = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])
    >>> W1, b1 = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), np.array([0.0, 0.0])
    >>> W2, b2 = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0]]), np.array([0.0, 0.5, 0.0])
    >>> dout = np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 2.0]])
    >>> for gradient in residual_block_backward(dout, x, W1, b1, W2, b2):
    ...     print(gradient.tolist())
    [[3.0, -1.0, -1.0], [0.0, 1.0, 2.0]]
    [[2.0, 4.0, 6.0], [-1.0, -2.0, -3.0]]
    [2.0, -1.0]
    [[1.0, 2.0], [0.0, 0.0], [-1.0, -2.0]]
    [1.0, 1.0, 1.0]
    """
    raise NotImplementedError


class Value:
    """A number that remembers how it was computed and can find its own derivatives.

    `Value(data)` has `.data`, the number, and `.grad`, 0.0 at first. The operations below make new
    Values; one operand may be a Python int or float, on either side. `y.backward()` adds ∂y/∂v to
    `v.grad` for every Value v that y was computed from: to those you made by hand, to those in
    between, and to y itself (∂y/∂y = 1). Values that y does not depend on keep their `.grad`.

    For every operation out = g(a, b) the chain rule says

        ∂y/∂a gets ∂y/∂out · ∂g/∂a more,   ∂y/∂b gets ∂y/∂out · ∂g/∂b more

    More, because a Value may be used many times, and each use contributes. So nothing may flow on
    from a Value before all its uses have been dealt with: go through the graph backwards, each
    Value once, after everything computed from it (reverse topological order).

    After a backward, new graphs may grow on old Values, inner ones too. Their backward adds their
    own derivative to what `.grad` holds; what an earlier backward left there must not flow again.
    Say u = 3·a and u.backward(), so that u.grad is 1 and a.grad 3; then y = 5·u and y.backward()
    add 5 to u.grad, which is 6 now, and 15 to a.grad, which is 18: the old 1 stays out of it.
    (Not asked of you: a second backward on one graph, graphs deeper than 200 operations.)

    >>> a, b = Value(2.0), Value(-3.0)
    >>> u = a * b
    >>> y = u * u + 3 * a
    >>> y.backward()
    >>> y.data, y.grad, u.grad, a.grad, b.grad
    (42.0, 1.0, -12.0, 39.0, -24.0)
    """

    def __init__(self, data):
        """A leaf: a number that was not computed from any other Value."""
        raise NotImplementedError

    def __add__(self, other):
        """self + other, where other is a Value or a number."""
        raise NotImplementedError

    def __mul__(self, other):
        """self * other, where other is a Value or a number."""
        raise NotImplementedError

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self):
        """-self"""
        raise NotImplementedError

    def __sub__(self, other):
        """self - other, where other is a Value or a number."""
        raise NotImplementedError

    def __rsub__(self, other):
        """other - self, where other is a number."""
        raise NotImplementedError

    def __pow__(self, exponent):
        """self ** exponent, where exponent is a number."""
        raise NotImplementedError

    def __truediv__(self, other):
        """self / other, where other is a Value or a number."""
        raise NotImplementedError

    def __rtruediv__(self, other):
        """other / self, where other is a number."""
        raise NotImplementedError

    def exp(self):
        """e to the power of self."""
        raise NotImplementedError

    def log(self):
        """The natural logarithm of self."""
        raise NotImplementedError

    def tanh(self):
        """The hyperbolic tangent of self."""
        raise NotImplementedError

    def relu(self):
        """max(self, 0); the slope at 0 is 0."""
        raise NotImplementedError

    def backward(self):
        """Add the derivative of self to the `.grad` of every Value it was computed from."""
        raise NotImplementedError
