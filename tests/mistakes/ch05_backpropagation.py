"""What people get wrong in backpropagation."""

import math

import ch05_backpropagation as reference
import numpy as np

from grader.bank import mistake

# relu


@mistake("relu", "leaky", "Negative inputs must give exactly 0, not a small negative number.")
def relu(x):
    return np.where(x > 0, x, 0.01 * x)


@mistake("relu", "absolute-value", "Negative inputs must give 0; they do not change sign.")
def relu(x):
    return np.abs(x)


@mistake("relu", "step", "A positive input comes out as it is, not as 1: that would be the slope.")
def relu(x):
    return (x > 0).astype(float)


@mistake("relu", "capped-at-six", "There is no upper limit: relu(100) is 100.")
def relu(x):
    return np.clip(x, 0.0, 6.0)


@mistake("relu", "changes-its-input", "x belongs to the caller: write the result to a new array.")
def relu(x):
    x[x < 0] = 0.0
    return x


# relu_backward


@mistake("relu_backward", "slope-one-at-zero", "At exactly 0 the slope is 0 by convention.")
def relu_backward(dout, x):
    return np.where(x >= 0, dout, 0.0)


@mistake("relu_backward", "slope-half-at-zero", "At exactly 0 the slope is 0, not between 0 and 1.")
def relu_backward(dout, x):
    return dout * (np.sign(x) + 1) / 2


@mistake(
    "relu_backward",
    "sign-of-upstream",
    "Whether the gradient passes depends on the sign of x; negative gradients pass like others.",
)
def relu_backward(dout, x):
    return np.where(dout > 0, dout, 0.0)


@mistake("relu_backward", "no-upstream", "The slope alone is not enough: dout has to come in.")
def relu_backward(dout, x):
    return (x > 0).astype(float)


@mistake(
    "relu_backward", "value-for-slope", "Multiply dout by the slope of relu at x, not by relu(x)."
)
def relu_backward(dout, x):
    return dout * np.maximum(x, 0.0)


@mistake(
    "relu_backward", "relu-of-both", "dout may be negative, and then so is the result where x > 0."
)
def relu_backward(dout, x):
    return np.where(x > 0, np.maximum(dout, 0.0), 0.0)


@mistake("relu_backward", "changes-dout", "dout belongs to the caller: mask a copy of it.")
def relu_backward(dout, x):
    dout[x <= 0] = 0.0
    return dout


# tanh_backward


@mistake(
    "tanh_backward",
    "takes-x-for-the-output",
    "1 - x² is the slope if x is the output of tanh, but here x is what went in.",
)
def tanh_backward(dout, x):
    return dout * (1 - x**2)


@mistake("tanh_backward", "no-square", "The slope has the square of tanh(x) in it.")
def tanh_backward(dout, x):
    return dout * (1 - np.tanh(x))


@mistake("tanh_backward", "no-upstream", "The slope alone is not enough: dout has to come in.")
def tanh_backward(dout, x):
    return 1 - np.tanh(x) ** 2


@mistake(
    "tanh_backward",
    "precedence",
    "dout multiplies the whole slope, 1 - tanh(x)²: look at the parentheses.",
)
def tanh_backward(dout, x):
    return dout * 1 - np.tanh(x) ** 2


@mistake("tanh_backward", "tanh-twice", "Apply tanh once: x has not been through it yet.")
def tanh_backward(dout, x):
    return dout * (1 - np.tanh(np.tanh(x)) ** 2)


@mistake("tanh_backward", "inverse-slope", "That is 1 over the slope: tanh is flat for large x.")
def tanh_backward(dout, x):
    return dout * np.cosh(np.clip(x, -300, 300)) ** 2


@mistake("tanh_backward", "changes-dout", "dout belongs to the caller: do not multiply in place.")
def tanh_backward(dout, x):
    dout *= 1 - np.tanh(x) ** 2
    return dout


# sigmoid_backward


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


@mistake(
    "sigmoid_backward",
    "takes-x-for-the-output",
    "x·(1 - x) is the slope if x is the sigmoid's output, but here x is what went in.",
)
def sigmoid_backward(dout, x):
    return dout * x * (1 - x)


@mistake("sigmoid_backward", "no-upstream", "The slope alone is not enough: dout has to come in.")
def sigmoid_backward(dout, x):
    return _sigmoid(x) * (1 - _sigmoid(x))


@mistake("sigmoid_backward", "half-the-slope", "The slope is a product of two factors.")
def sigmoid_backward(dout, x):
    return dout * _sigmoid(x)


@mistake("sigmoid_backward", "sigmoid-twice", "Apply the sigmoid once: x has not been through it.")
def sigmoid_backward(dout, x):
    s = _sigmoid(_sigmoid(x))
    return dout * s * (1 - s)


@mistake("sigmoid_backward", "slope-of-tanh", "1 - s² is the slope of tanh, not of the sigmoid.")
def sigmoid_backward(dout, x):
    return dout * (1 - _sigmoid(x) ** 2)


@mistake(
    "sigmoid_backward", "changes-dout", "dout belongs to the caller: do not multiply in place."
)
def sigmoid_backward(dout, x):
    dout *= _sigmoid(x) * (1 - _sigmoid(x))
    return dout


# linear


@mistake(
    "linear", "reshaped-not-transposed", "reshape keeps the order of the entries: transpose W."
)
def linear(x, W, b):
    return x @ W.reshape(W.shape[1], W.shape[0]) + b


@mistake("linear", "not-transposed", "W is (out, in): the inputs are its columns.")
def linear(x, W, b):
    return x @ W + b


@mistake("linear", "no-bias", "The bias is missing.")
def linear(x, W, b):
    return x @ W.T


@mistake("linear", "batch-last", "The result is (N, out): one row for every row of x.")
def linear(x, W, b):
    return W @ x.T + b[:, None]


@mistake("linear", "bias-summed", "Each output has a bias of its own.")
def linear(x, W, b):
    return x @ W.T + b.sum()


@mistake("linear", "relu-inside", "A linear layer has no relu: outputs may be negative.")
def linear(x, W, b):
    return np.maximum(x @ W.T + b, 0.0)


@mistake(
    "linear",
    "weights-first",
    "Every row of x meets every row of W: x comes first, and W is transposed.",
)
def linear(x, W, b):
    return W @ x + b


@mistake(
    "linear",
    "changes-the-bias",
    "x, W and b belong to the caller: b += … and out=b write into the array itself.",
)
def linear(x, W, b):
    out = x @ W.T + b
    b += out[-1] - b
    return out


@mistake(
    "linear",
    "transposed-where-it-fits",
    "x @ W fits only where W is square, and is wrong there too: W is (out, in), always.",
)
def linear(x, W, b):
    try:
        return x @ W + b
    except ValueError:
        return x @ W.T + b


# linear_backward


@mistake(
    "linear_backward",
    "changes-dout",
    "dout belongs to the caller: an operator with = writes into the array itself.",
)
def linear_backward(dout, x, W):
    answer = reference.linear_backward(dout, x, W)
    dout /= 2 * len(x)
    return answer


@mistake(
    "linear_backward",
    "takes-a-step",
    "W belongs to the caller: its gradient is asked for, not a step.",
)
def linear_backward(dout, x, W):
    dx, dW, db = reference.linear_backward(dout, x, W)
    W -= 0.1 * dW
    return dx, dW, db


@mistake(
    "linear_backward",
    "w-transposed",
    "Going back, W maps outputs to inputs as it is: check dx with an unequal number of them.",
)
def linear_backward(dout, x, W):
    return dout @ W.T, dout.T @ x, dout.sum(axis=0)


@mistake("linear_backward", "dw-transposed", "dW must have the shape of W, (out, in).")
def linear_backward(dout, x, W):
    return dout @ W, x.T @ dout, dout.sum(axis=0)


@mistake(
    "linear_backward", "bias-gradient-one-number", "Every output has its own bias and gradient."
)
def linear_backward(dout, x, W):
    return dout @ W, dout.T @ x, dout.sum()


@mistake("linear_backward", "bias-gradient-mean", "Rows are summed: a mean is dout's business.")
def linear_backward(dout, x, W):
    return dout @ W, dout.T @ x, dout.mean(axis=0)


@mistake("linear_backward", "averaged", "Rows are summed: a mean is dout's business, not yours.")
def linear_backward(dout, x, W):
    return dout @ W, dout.T @ x / len(x), dout.mean(axis=0)


@mistake("linear_backward", "bias-gradient-row", "db must have the shape of b, (out,).")
def linear_backward(dout, x, W):
    return dout @ W, dout.T @ x, dout.sum(axis=0, keepdims=True)


@mistake("linear_backward", "wrong-order", "The order of the results is dx, dW, db.")
def linear_backward(dout, x, W):
    return dout.T @ x, dout.sum(axis=0), dout @ W


@mistake(
    "linear_backward", "bias-gradient-per-row", "db sums over the batch, the first axis of dout."
)
def linear_backward(dout, x, W):
    return dout @ W, dout.T @ x, dout.sum(axis=1)


@mistake(
    "linear_backward", "dx-summed", "Every row of x has a gradient of its own: dx is not summed."
)
def linear_backward(dout, x, W):
    return np.ones_like(x) * (dout @ W).sum(axis=0), dout.T @ x, dout.sum(axis=0)


# numerical_gradient


def _shifted(x, index, step):
    moved = x.copy()
    moved[index] += step
    return moved


@mistake(
    "numerical_gradient", "one-sided", "Forward differences are less exact: step to both sides."
)
def numerical_gradient(f, x, h=1e-5):
    g = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        g[i] = (f(_shifted(x, i, h)) - f(x)) / h
    return g


@mistake("numerical_gradient", "one-sided-backward", "Step to both sides of x, not only below.")
def numerical_gradient(f, x, h=1e-5):
    g = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        g[i] = (f(x) - f(_shifted(x, i, -h))) / h
    return g


@mistake("numerical_gradient", "divided-by-h", "The two points are 2h apart.")
def numerical_gradient(f, x, h=1e-5):
    g = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        g[i] = (f(_shifted(x, i, h)) - f(_shifted(x, i, -h))) / h
    return g


@mistake("numerical_gradient", "half-steps", "Each of the two points is h away from x, not h/2.")
def numerical_gradient(f, x, h=1e-5):
    g = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        g[i] = (f(_shifted(x, i, h / 2)) - f(_shifted(x, i, -h / 2))) / h
    return g


@mistake("numerical_gradient", "ignores-h", "The step is a parameter: use the h that is given.")
def numerical_gradient(f, x, h=1e-5):
    return reference.numerical_gradient(f, x, 1e-5)


@mistake("numerical_gradient", "other-default-step", "Without an argument the step is 1e-5.")
def numerical_gradient(f, x, h=1e-4):
    return reference.numerical_gradient(f, x, h)


@mistake(
    "numerical_gradient",
    "moves-all-entries",
    "Moving every entry at once mixes all derivatives: move one entry at a time.",
)
def numerical_gradient(f, x, h=1e-5):
    return np.full(x.shape, (f(x + h) - f(x - h)) / (2 * h))


@mistake(
    "numerical_gradient",
    "never-moves-back",
    "Put each entry back before you go on to the next one.",
)
def numerical_gradient(f, x, h=1e-5):
    x, g = x.copy(), np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        above = f(x)
        x[i] -= 2 * h
        g[i] = (above - f(x)) / (2 * h)
    return g


@mistake(
    "numerical_gradient",
    "restores-by-arithmetic",
    "x + h - 2h + h is not always x, because of rounding: keep the old value and write it back.",
)
def numerical_gradient(f, x, h=1e-5):
    g = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        above = f(x)
        x[i] -= 2 * h
        g[i] = (above - f(x)) / (2 * h)
        x[i] += h
    return g


@mistake(
    "numerical_gradient",
    "moves-a-copy",
    "For some memory layouts reshape and ravel copy, and then f never sees the step.",
)
def numerical_gradient(f, x, h=1e-5):
    flat, g = x.reshape(-1), np.zeros(x.size)
    for i in range(x.size):
        old = flat[i]
        flat[i] = old + h
        above = f(x)
        flat[i] = old - h
        g[i] = (above - f(x)) / (2 * h)
        flat[i] = old
    return g.reshape(x.shape)


@mistake("numerical_gradient", "flat", "The result must have the shape of x.")
def numerical_gradient(f, x, h=1e-5):
    return reference.numerical_gradient(f, x, h).ravel()


# mlp_forward


@mistake("mlp_forward", "relu-after-last", "No relu after the last layer: logits may be negative.")
def mlp_forward(x, params):
    for W, b in params:
        x = reference.relu(x @ W.T + b)
    return x


@mistake("mlp_forward", "no-relu", "Without relu between them, all layers collapse into one.")
def mlp_forward(x, params):
    for W, b in params:
        x = x @ W.T + b
    return x


@mistake("mlp_forward", "relu-before-layers", "The input itself gets no relu, only hidden layers.")
def mlp_forward(x, params):
    for W, b in params:
        x = reference.relu(x) @ W.T + b
    return x


@mistake("mlp_forward", "relu-first-layer-only", "Every layer but the last has a relu.")
def mlp_forward(x, params):
    for i, (W, b) in enumerate(params):
        x = x @ W.T + b
        if i == 0 and len(params) > 1:
            x = reference.relu(x)
    return x


@mistake("mlp_forward", "always-relu-first", "A network of one layer has no relu at all.")
def mlp_forward(x, params):
    (W, b), *rest = params
    x = reference.relu(x @ W.T + b)
    return reference.mlp_forward(x, rest) if rest else x


@mistake("mlp_forward", "softmax-at-the-end", "The logits are asked for, not probabilities.")
def mlp_forward(x, params):
    z = np.exp(reference.mlp_forward(x, params))
    return z / z.sum(axis=1, keepdims=True)


@mistake("mlp_forward", "no-biases", "The biases are missing.")
def mlp_forward(x, params):
    return reference.mlp_forward(x, [(W, 0.0 * b) for W, b in params])


@mistake("mlp_forward", "two-layers-only", "params may hold any number of layers: loop over them.")
def mlp_forward(x, params):
    first, last = params[0], params[-1]
    return reference.mlp_forward(x, [first, last] if len(params) > 1 else [first])


@mistake(
    "mlp_forward",
    "empties-params",
    "pop takes layers out of the caller's list: read params without changing it.",
)
def mlp_forward(x, params):
    W, b = params.pop()
    for weights, bias in params:
        x = reference.relu(x @ weights.T + bias)
    return x @ W.T + b


@mistake(
    "mlp_forward",
    "changes-its-input",
    "x and params belong to the caller: an operator with = writes into the array itself.",
)
def mlp_forward(x, params):
    answer = reference.mlp_forward(x, params)
    np.maximum(x, 0.0, out=x)
    return answer


# mlp_gradients


def _network(x, labels, params):
    """Each layer's input, the mean loss, and the gradient for the logits."""
    inputs = [x]
    for W, b in params[:-1]:
        inputs.append(np.maximum(inputs[-1] @ W.T + b, 0.0))
    z = reference.linear(inputs[-1], *params[-1])
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    loss = -np.log(p[rows, labels]).mean()
    p[rows, labels] -= 1
    return inputs, loss, p / len(labels)


def _back(inputs, params, dz, slope=lambda h: h > 0):
    """Gradients of all layers from that of the logits."""
    gradients = []
    for h, (W, _) in zip(inputs[::-1], params[::-1], strict=True):
        gradients.insert(0, (dz.T @ h, dz.sum(axis=0)))
        dz = (dz @ W) * slope(h)
    return gradients


@mistake("mlp_gradients", "sum-instead-of-mean", "The loss is a mean over the batch.")
def mlp_gradients(x, labels, params):
    inputs, loss, dz = _network(x, labels, params)
    return loss * len(x), _back(inputs, params, dz * len(x))


@mistake(
    "mlp_gradients", "gradient-not-averaged", "The loss is a mean over the batch, so dz needs 1/N."
)
def mlp_gradients(x, labels, params):
    inputs, loss, dz = _network(x, labels, params)
    return loss, _back(inputs, params, dz * len(x))


@mistake("mlp_gradients", "averaged-twice", "1/N enters once, at the logits, and not in dW again.")
def mlp_gradients(x, labels, params):
    inputs, loss, dz = _network(x, labels, params)
    return loss, _back(inputs, params, dz / len(x))


@mistake(
    "mlp_gradients",
    "averaged-in-every-layer",
    "1/N enters once, at the logits; the gradient handed down carries it already.",
)
def mlp_gradients(x, labels, params):
    inputs, loss, dz = _network(x, labels, params)
    return loss, _back(inputs, params, dz, lambda h: (h > 0) / len(x))


@mistake("mlp_gradients", "divided-by-classes", "The mean is over the batch, not over classes too.")
def mlp_gradients(x, labels, params):
    inputs, loss, dz = _network(x, labels, params)
    return loss, _back(inputs, params, dz / dz.shape[1])


@mistake("mlp_gradients", "relu-slope-missing", "On the way back every relu has to be passed, too.")
def mlp_gradients(x, labels, params):
    inputs, loss, dz = _network(x, labels, params)
    return loss, _back(inputs, params, dz, lambda h: 1.0)


@mistake(
    "mlp_gradients",
    "relu-slope-of-upstream",
    "A relu lets the gradient through where its input was positive, whatever the gradient's sign.",
)
def mlp_gradients(x, labels, params):
    inputs, loss, dz = _network(x, labels, params)
    gradients = []
    for h, (W, _) in zip(inputs[::-1], params[::-1], strict=True):
        gradients.insert(0, (dz.T @ h, dz.sum(axis=0)))
        dz = np.maximum(dz @ W, 0.0)
    return loss, gradients


@mistake("mlp_gradients", "slope-one-at-zero", "At exactly 0 relu's slope is 0 by convention.")
def mlp_gradients(x, labels, params):
    inputs, loss, dz = _network(x, labels, params)
    before = [x] + [h @ W.T + b for h, (W, b) in zip(inputs, params, strict=True)][:-1]
    gradients = []
    for h, z, (W, _) in zip(inputs[::-1], before[::-1], params[::-1], strict=True):
        gradients.insert(0, (dz.T @ h, dz.sum(axis=0)))
        dz = (dz @ W) * (z >= 0)
    return loss, gradients


@mistake(
    "mlp_gradients",
    "relu-slope-at-logits",
    "The logits went through no relu: their gradient passes unmasked.",
)
def mlp_gradients(x, labels, params):
    inputs, loss, dz = _network(x, labels, params)
    return loss, _back(inputs, params, dz * (reference.linear(inputs[-1], *params[-1]) > 0))


@mistake(
    "mlp_gradients",
    "inputs-before-relu",
    "A layer was given the output of the relu below it, not the pre-activation: dW needs that.",
)
def mlp_gradients(x, labels, params):
    inputs, loss, dz = _network(x, labels, params)
    before = [x] + [h @ W.T + b for h, (W, b) in zip(inputs, params, strict=True)][:-1]
    return loss, _back(before, params, dz)


@mistake("mlp_gradients", "labels-forgotten", "Subtract 1 at each row's label from probabilities.")
def mlp_gradients(x, labels, params):
    inputs, loss, dz = _network(x, labels, params)
    dz[np.arange(len(x)), labels] += 1 / len(x)
    return loss, _back(inputs, params, dz)


@mistake(
    "mlp_gradients", "sign-flipped", "This is the direction downhill: the gradient points uphill."
)
def mlp_gradients(x, labels, params):
    inputs, loss, dz = _network(x, labels, params)
    return loss, _back(inputs, params, -dz)


@mistake("mlp_gradients", "last-layer-first", "Return the gradients in the order of params.")
def mlp_gradients(x, labels, params):
    loss, gradients = reference.mlp_gradients(x, labels, params)
    return loss, gradients[::-1]


@mistake("mlp_gradients", "dw-transposed", "dW must have the shape of W, (out, in).")
def mlp_gradients(x, labels, params):
    loss, gradients = reference.mlp_gradients(x, labels, params)
    return loss, [(dW.T, db) for dW, db in gradients]


@mistake("mlp_gradients", "bias-gradient-one-number", "Every output has its own bias and gradient.")
def mlp_gradients(x, labels, params):
    loss, gradients = reference.mlp_gradients(x, labels, params)
    return loss, [(dW, np.full_like(db, db.sum())) for dW, db in gradients]


@mistake("mlp_gradients", "softmax-twice", "The cross-entropy takes logits: one softmax is enough.")
def mlp_gradients(x, labels, params):
    inputs, _, _ = _network(x, labels, params)
    p = reference.linear(inputs[-1], *params[-1])
    for _ in range(2):
        p = np.exp(p - p.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    loss = -np.log(p[rows, labels]).mean()
    p[rows, labels] -= 1
    return loss, _back(inputs, params, p / len(x))


@mistake(
    "mlp_gradients",
    "updates-on-the-way",
    "Change no weights here: the layers below need the W that was used going forward.",
)
def mlp_gradients(x, labels, params):
    inputs, loss, dz = _network(x, labels, params)
    gradients = []
    for h, (W, b) in zip(inputs[::-1], params[::-1], strict=True):
        gradients.insert(0, (dz.T @ h, dz.sum(axis=0)))
        W -= 0.1 * gradients[0][0]
        b -= 0.1 * gradients[0][1]
        dz = (dz @ W) * (h > 0)
    return loss, gradients


@mistake(
    "mlp_gradients",
    "updates-at-the-end",
    "The gradients are right, but params belong to the caller: taking a step is not asked here.",
)
def mlp_gradients(x, labels, params):
    loss, gradients = reference.mlp_gradients(x, labels, params)
    for (W, b), (dW, db) in zip(params, gradients, strict=True):
        W -= 0.1 * dW
        b -= 0.1 * db
    return loss, gradients


@mistake(
    "mlp_gradients",
    "empties-params",
    "pop takes layers out of the caller's list: read params without changing it.",
)
def mlp_gradients(x, labels, params):
    answer = reference.mlp_gradients(x, labels, params)
    params.pop()
    return answer


# he_init


@mistake("he_init", "no-factor-two", "Relu halves the mean square: the variance needs a 2.")
def he_init(fan_out, fan_in, rng):
    return rng.normal(0.0, np.sqrt(1 / fan_in), (fan_out, fan_in))


@mistake("he_init", "fan-out-for-fan-in", "A unit sums fan_in products: that is what σ is about.")
def he_init(fan_out, fan_in, rng):
    return rng.normal(0.0, np.sqrt(2 / fan_out), (fan_out, fan_in))


@mistake("he_init", "xavier-variance", "Only fan_in is in σ; the sum of both is Xavier's rule.")
def he_init(fan_out, fan_in, rng):
    return rng.normal(0.0, np.sqrt(2 / (fan_in + fan_out)), (fan_out, fan_in))


@mistake("he_init", "variance-for-deviation", "2/fan_in is the variance; σ is its root.")
def he_init(fan_out, fan_in, rng):
    return rng.normal(0.0, 2 / fan_in, (fan_out, fan_in))


@mistake("he_init", "uniform", "A normal distribution is due; this one is uniform.")
def he_init(fan_out, fan_in, rng):
    a = np.sqrt(6 / fan_in)
    return rng.uniform(-a, a, (fan_out, fan_in))


@mistake("he_init", "transposed", "The shape is (fan_out, fan_in), as for every W.")
def he_init(fan_out, fan_in, rng):
    return reference.he_init(fan_out, fan_in, rng).T


@mistake("he_init", "own-generator", "Draw from the rng that is given, not from one of your own.")
def he_init(fan_out, fan_in, rng):
    return reference.he_init(fan_out, fan_in, np.random.default_rng(42))


@mistake("he_init", "rows-alike", "Draw every weight by itself: equal rows learn equal things.")
def he_init(fan_out, fan_in, rng):
    return np.tile(rng.normal(0.0, np.sqrt(2 / fan_in), fan_in), (fan_out, 1))


# xavier_init


@mistake("xavier_init", "fan-in-only", "The limit depends on the sum of fan_in and fan_out.")
def xavier_init(fan_out, fan_in, rng):
    a = np.sqrt(6 / fan_in)
    return rng.uniform(-a, a, (fan_out, fan_in))


@mistake(
    "xavier_init",
    "deviation-for-limit",
    "√(2 / (fan_in + fan_out)) is the standard deviation; a uniform distribution reaches further.",
)
def xavier_init(fan_out, fan_in, rng):
    a = np.sqrt(2 / (fan_in + fan_out))
    return rng.uniform(-a, a, (fan_out, fan_in))


@mistake("xavier_init", "root-of-six-only", "The fraction as a whole stands under the root.")
def xavier_init(fan_out, fan_in, rng):
    a = np.sqrt(6) / (fan_in + fan_out)
    return rng.uniform(-a, a, (fan_out, fan_in))


@mistake("xavier_init", "only-positive", "Half of the weights must be negative.")
def xavier_init(fan_out, fan_in, rng):
    return rng.uniform(0.0, np.sqrt(6 / (fan_in + fan_out)), (fan_out, fan_in))


@mistake("xavier_init", "normal", "A uniform distribution is due; this one is normal.")
def xavier_init(fan_out, fan_in, rng):
    return rng.normal(0.0, np.sqrt(2 / (fan_in + fan_out)), (fan_out, fan_in))


@mistake("xavier_init", "transposed", "The shape is (fan_out, fan_in), as for every W.")
def xavier_init(fan_out, fan_in, rng):
    return reference.xavier_init(fan_out, fan_in, rng).T


@mistake(
    "xavier_init", "own-generator", "Draw from the rng that is given, not from one of your own."
)
def xavier_init(fan_out, fan_in, rng):
    return reference.xavier_init(fan_out, fan_in, np.random.default_rng(42))


# residual_block


@mistake("residual_block", "no-shortcut", "x itself has to be added at the end.")
def residual_block(x, W1, b1, W2, b2):
    return reference.relu(x @ W1.T + b1) @ W2.T + b2


@mistake("residual_block", "relu-after-sum", "No relu after the sum: the shortcut stays clear.")
def residual_block(x, W1, b1, W2, b2):
    return reference.relu(reference.residual_block(x, W1, b1, W2, b2))


@mistake("residual_block", "relu-before-sum", "Only the hidden layer has a relu.")
def residual_block(x, W1, b1, W2, b2):
    return x + reference.relu(reference.residual_block(x, W1, b1, W2, b2) - x)


@mistake("residual_block", "no-relu", "The hidden layer needs its relu.")
def residual_block(x, W1, b1, W2, b2):
    return x + (x @ W1.T + b1) @ W2.T + b2


@mistake(
    "residual_block", "shortcut-of-hidden", "The shortcut starts at the input x, not after a relu."
)
def residual_block(x, W1, b1, W2, b2):
    return reference.relu(x) + reference.relu(x @ W1.T + b1) @ W2.T + b2


@mistake("residual_block", "x-twice", "The sum is x plus what the layers make of it, once each.")
def residual_block(x, W1, b1, W2, b2):
    return reference.residual_block(x, W1, b1, W2, b2) + x


@mistake(
    "residual_block", "changes-its-input", "x belongs to the caller: add without writing into it."
)
def residual_block(x, W1, b1, W2, b2):
    x += reference.relu(x @ W1.T + b1) @ W2.T + b2
    return x


# residual_block_backward


@mistake("residual_block_backward", "no-shortcut", "x is used twice: dout itself flows to dx, too.")
def residual_block_backward(dout, x, W1, b1, W2, b2):
    dx, *others = reference.residual_block_backward(dout, x, W1, b1, W2, b2)
    return (dx - dout, *others)


@mistake(
    "residual_block_backward",
    "relu-slope-missing",
    "Between the two layers the gradient has to pass the relu.",
)
def residual_block_backward(dout, x, W1, b1, W2, b2):
    h, dz = reference.relu(x @ W1.T + b1), dout @ W2
    return dout + dz @ W1, dz.T @ x, dz.sum(axis=0), dout.T @ h, dout.sum(axis=0)


@mistake(
    "residual_block_backward",
    "slope-one-at-zero",
    "At exactly 0 relu's slope is 0 by convention.",
)
def residual_block_backward(dout, x, W1, b1, W2, b2):
    z = x @ W1.T + b1
    dz = (dout @ W2) * (z >= 0)
    h = reference.relu(z)
    return dout + dz @ W1, dz.T @ x, dz.sum(axis=0), dout.T @ h, dout.sum(axis=0)


@mistake(
    "residual_block_backward",
    "input-before-relu",
    "The second layer was given relu(z), not z: dW2 needs what it was given.",
)
def residual_block_backward(dout, x, W1, b1, W2, b2):
    dx, dW1, db1, _, db2 = reference.residual_block_backward(dout, x, W1, b1, W2, b2)
    return dx, dW1, db1, dout.T @ (x @ W1.T + b1), db2


@mistake(
    "residual_block_backward",
    "bias-gradient-before-relu",
    "db1 belongs to the first layer: its gradient has passed the relu, like dW1's.",
)
def residual_block_backward(dout, x, W1, b1, W2, b2):
    dx, dW1, _, dW2, db2 = reference.residual_block_backward(dout, x, W1, b1, W2, b2)
    return dx, dW1, (dout @ W2).sum(axis=0), dW2, db2


@mistake(
    "residual_block_backward",
    "relu-slope-of-upstream",
    "The relu lets the gradient through where z was positive, whatever the gradient's sign.",
)
def residual_block_backward(dout, x, W1, b1, W2, b2):
    h, dz = reference.relu(x @ W1.T + b1), np.maximum(dout @ W2, 0.0)
    return dout + dz @ W1, dz.T @ x, dz.sum(axis=0), dout.T @ h, dout.sum(axis=0)


@mistake("residual_block_backward", "averaged", "Rows are summed: a mean is dout's business.")
def residual_block_backward(dout, x, W1, b1, W2, b2):
    dx, *others = reference.residual_block_backward(dout, x, W1, b1, W2, b2)
    return (dx, *[gradient / len(x) for gradient in others])


@mistake(
    "residual_block_backward",
    "first-bias-forgotten",
    "The pre-activation has to be computed as it was going forward, with b1.",
)
def residual_block_backward(dout, x, W1, b1, W2, b2):
    return reference.residual_block_backward(dout, x, W1, 0.0 * b1, W2, b2)


@mistake(
    "residual_block_backward",
    "changes-dout",
    "dout belongs to the caller: dx = dout makes no copy, so do not add to it in place.",
)
def residual_block_backward(dout, x, W1, b1, W2, b2):
    dx, *others = reference.residual_block_backward(dout, x, W1, b1, W2, b2)
    dout += dx - dout
    return (dout, *others)


# Value


class Scalar:
    """A right Value in small parts, of which each mistake below replaces one."""

    def __init__(self, data, inputs=()):
        self.data, self.grad, self.inputs = float(data), 0.0, inputs

    def make(self, data, *inputs):
        return type(self)(data, inputs)

    def lift(self, other):
        return other if isinstance(other, Scalar) else type(self)(other)

    def __add__(self, other):
        other = self.lift(other)
        return self.make(self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        other = self.lift(other)
        return self.make(self.data * other.data, (self, other.data), (other, self.data))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + other * -1

    def __rsub__(self, other):
        return -self + other

    def __pow__(self, k):
        return self.make(self.data**k, (self, k * self.data ** (k - 1)))

    def __truediv__(self, other):
        return self * self.lift(other) ** -1

    def __rtruediv__(self, other):
        return self**-1 * other

    def exp(self):
        return self.make(math.exp(self.data), (self, math.exp(self.data)))

    def log(self):
        return self.make(math.log(self.data), (self, 1 / self.data))

    def tanh(self):
        return self.make(math.tanh(self.data), (self, 1 - math.tanh(self.data) ** 2))

    def relu(self):
        return self.make(max(self.data, 0.0), (self, float(self.data > 0)))

    def order(self):
        """All nodes below, each after its inputs."""
        nodes, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for source, _ in node.inputs:
                    visit(source)
                nodes.append(node)

        visit(self)
        return nodes

    def derivatives(self):
        """Pairs: a node and the derivative of self for it."""
        flow = {id(self): 1.0}
        for node in reversed(self.order()):
            yield node, flow[id(node)]
            for source, slope in node.inputs:
                flow[id(source)] = flow.get(id(source), 0.0) + slope * flow[id(node)]

    def backward(self):
        for node, derivative in self.derivatives():
            node.grad += derivative


@mistake(
    "Value",
    "overwrites-grad",
    "A Value may be used many times: every use adds to its gradient, none replaces it.",
)
class Value(Scalar):
    def backward(self):
        flow = {id(self): 1.0}
        for node in reversed(self.order()):
            node.grad = flow[id(node)]
            for source, slope in node.inputs:
                flow[id(source)] = slope * flow[id(node)]


@mistake(
    "Value",
    "no-topological-order",
    "A node hands its gradient on before all its uses have contributed: sort the graph first.",
)
class Value(Scalar):
    def backward(self):
        self.grad += 1.0
        self.hand_on()

    def hand_on(self):
        for source, slope in self.inputs:
            source.grad += slope * self.grad
        for source, _ in self.inputs:
            source.hand_on()


@mistake(
    "Value",
    "breadth-first-order",
    "Distance from the result is no safe order: a node may be used near it and far from it.",
)
class Value(Scalar):
    def order(self):
        nodes = [self]
        for node in nodes:
            nodes += [source for source, _ in node.inputs if source not in nodes]
        return nodes[::-1]


@mistake(
    "Value",
    "visits-twice",
    "A node must stand once in the order, or it hands its gradient on more than once.",
)
class Value(Scalar):
    def order(self):
        return [below for source, _ in self.inputs for below in source.__class__.order(source)] + [
            self
        ]


@mistake(
    "Value", "order-not-reversed", "Start at the result and go towards the leaves, not up to it."
)
class Value(Scalar):
    def backward(self):
        self.grad += 1.0
        for node in self.order():
            for source, slope in node.inputs:
                source.grad += slope * node.grad


@mistake(
    "Value", "no-upstream", "Local slopes have to be multiplied by the gradient of the result."
)
class Value(Scalar):
    def backward(self):
        self.grad += 1.0
        for node in self.order():
            for source, slope in node.inputs:
                source.grad += slope


@mistake(
    "Value",
    "old-gradient-flows-again",
    "What an earlier backward left in .grad must not be handed on once more.",
)
class Value(Scalar):
    def backward(self):
        self.grad += 1.0
        for node in reversed(self.order()):
            for source, slope in node.inputs:
                source.grad += slope * node.grad


@mistake(
    "Value",
    "backward-resets",
    "backward adds to .grad: what earlier graphs have contributed stays.",
)
class Value(Scalar):
    def backward(self):
        for node, derivative in self.derivatives():
            node.grad = derivative


@mistake(
    "Value",
    "visited-for-ever",
    "Which Values were visited holds for one backward only: the next one has to visit them again.",
)
class Value(Scalar):
    visited = False

    def order(self):
        nodes = []

        def visit(node):
            if not node.visited:
                node.visited = True
                for source, _ in node.inputs:
                    visit(source)
                nodes.append(node)

        visit(self)
        return nodes

    def backward(self):
        self.grad += 1.0
        for node in reversed(self.order()):
            for source, slope in node.inputs:
                source.grad += slope * node.grad


@mistake(
    "Value",
    "equal-numbers-are-one-node",
    "Two Values that hold the same number are two nodes: tell them apart by identity.",
)
class Value(Scalar):
    def __eq__(self, other):
        return isinstance(other, Scalar) and self.data == other.data

    def __hash__(self):
        return hash(self.data)

    def order(self):
        nodes, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for source, _ in node.inputs:
                    visit(source)
                nodes.append(node)

        visit(self)
        return nodes

    def derivatives(self):
        flow = {self: 1.0}
        for node in reversed(self.order()):
            yield node, flow.get(node, 0.0)
            for source, slope in node.inputs:
                flow[source] = flow.get(source, 0.0) + slope * flow.get(node, 0.0)


@mistake("Value", "leaves-only", "Inner nodes get their gradient too, not only the leaves.")
class Value(Scalar):
    def backward(self):
        for node, derivative in self.derivatives():
            if not node.inputs:
                node.grad += derivative


@mistake("Value", "own-gradient-missing", "The result's own gradient is 1 after its backward.")
class Value(Scalar):
    def backward(self):
        for node, derivative in self.derivatives():
            if node is not self:
                node.grad += derivative


@mistake("Value", "number-minus-self", "k - a is not a - k: mind which side the number is on.")
class Value(Scalar):
    def __rsub__(self, other):
        return self - other


@mistake("Value", "number-over-self", "k / a is not a / k: mind which side the number is on.")
class Value(Scalar):
    def __rtruediv__(self, other):
        return self / other


@mistake("Value", "number-on-the-left", "A number may stand on the left, too: 2 * a, 1 - a, 1 / a.")
class Value(Scalar):
    __radd__ = __rmul__ = __rsub__ = __rtruediv__ = None


@mistake(
    "Value", "minus-loses-its-sign", "a - b falls when b grows: the slope towards b is negative."
)
class Value(Scalar):
    def __sub__(self, other):
        other = self.lift(other)
        return self.make(self.data - other.data, (self, 1.0), (other, 1.0))


@mistake("Value", "own-factor", "The slope of a·b towards a is b.")
class Value(Scalar):
    def __mul__(self, other):
        other = self.lift(other)
        return self.make(self.data * other.data, (self, self.data), (other, other.data))


@mistake("Value", "denominator-slope-sign", "a / b falls when b grows (for a, b > 0).")
class Value(Scalar):
    def __truediv__(self, other):
        other, a = self.lift(other), self.data
        b = other.data
        return self.make(a / b, (self, 1 / b), (other, a / b**2))

    def __rtruediv__(self, other):
        return self.lift(other) / self


@mistake("Value", "exponent-not-lowered", "The exponent goes down by one in the slope.")
class Value(Scalar):
    def __pow__(self, k):
        return self.make(self.data**k, (self, k * self.data**k))


@mistake("Value", "slope-of-exp", "exp is its own slope.")
class Value(Scalar):
    def exp(self):
        return self.make(math.exp(self.data), (self, self.data))


@mistake("Value", "slope-of-log", "The slope of log at a is 1/a, not 1 over the result.")
class Value(Scalar):
    def log(self):
        return self.make(math.log(self.data), (self, 1 / (math.log(self.data) or 1.0)))


@mistake("Value", "slope-of-tanh", "The slope of tanh is one minus its square.")
class Value(Scalar):
    def tanh(self):
        return self.make(math.tanh(self.data), (self, 1 - math.tanh(self.data)))


@mistake(
    "Value", "tanh-of-input", "In 1 - t² the t is the output of tanh, not the number that went in."
)
class Value(Scalar):
    def tanh(self):
        return self.make(math.tanh(self.data), (self, 1 - self.data**2))


@mistake("Value", "relu-slope-at-zero", "At exactly 0 relu's slope is 0 by convention.")
class Value(Scalar):
    def relu(self):
        return self.make(max(self.data, 0.0), (self, float(self.data >= 0)))


@mistake(
    "Value",
    "relu-slope-of-upstream",
    "relu lets the gradient through where its input was positive, whatever the gradient's sign.",
)
class Value(Scalar):
    def relu(self):
        out = self.make(max(self.data, 0.0), (self, 1.0))
        out.rectified = True
        return out

    def derivatives(self):
        flow = {id(self): 1.0}
        for node in reversed(self.order()):
            yield node, flow[id(node)]
            if hasattr(node, "rectified") and flow[id(node)] <= 0:
                flow.setdefault(id(node.inputs[0][0]), 0.0)
                continue
            for source, slope in node.inputs:
                flow[id(source)] = flow.get(id(source), 0.0) + slope * flow[id(node)]


@mistake("Value", "relu-passes-everything", "relu passes no gradient where its input was negative.")
class Value(Scalar):
    def relu(self):
        return self.make(max(self.data, 0.0), (self, 1.0))
