"""Checks of backpropagation: layer rules, a whole network, first weights, a scalar autograd."""

import itertools
import math
import string

import numpy as np

from grader.checks import (
    ORDINARY,
    check,
    expect,
    expect_close,
    expect_equal,
    expect_untouched,
    fills,
    function,
    generator,
    given,
    sizes,
    st,
)

SHAPES = ((1,), (3,), (2, 3), (4, 1), (1, 4), (2, 1, 3), (3, 2, 2))

LAYERS = (
    *((1, 1, 1), (1, 2, 1), (2, 1, 1), (1, 1, 2), (2, 2, 3), (2, 3, 2), (3, 2, 2)),
    *((4, 2, 3), (2, 4, 3), (3, 4, 5), (5, 3, 4), (3, 3, 3), (1, 5, 2), (4, 1, 3), (5, 4, 1)),
)
"""Rows of the batch, inputs, outputs; of a residual block: rows, D, H."""

WIDTHS = (
    *((1, 2), (2, 2), (2, 3), (4, 3), (3, 1)),
    *((2, 2, 2), (1, 3, 2), (3, 4, 2), (4, 3, 5), (2, 4, 3)),
    *((2, 3, 4, 3), (3, 4, 2, 4), (4, 3, 5, 2), (2, 3, 5, 4, 3), (3, 5, 4, 3, 2)),
)
"""Inputs of a network and the outputs of each of its layers."""

GRADIENTS = ("dx", "dW", "db")
BLOCK_GRADIENTS = ("dx", "dW1", "db1", "dW2", "db2")


@st.composite
def activations(draw, scales=ORDINARY):
    """An upstream gradient and a pre-activation of one shape, some pre-activations exactly 0."""
    shape, fill = draw(st.sampled_from(SHAPES)), draw(fills(scales))
    dout, x = fill(*shape), fill(*shape)
    x[fill.rng.random(shape) < 0.25] = 0.0
    return dout, x


@st.composite
def linear_layers(draw):
    """An upstream gradient, a batch, weights and a bias."""
    (n, inputs, outputs), fill = draw(st.sampled_from(LAYERS)), draw(fills())
    return fill(n, outputs), fill(n, inputs), fill(outputs, inputs), fill(outputs)


@st.composite
def networks(draw, scales=ORDINARY, most_layers=4):
    """A batch, labels, and the (W, b) of one to four layers; logits stay within ±8.

    Some hidden units have all weights and the bias 0, so that their pre-activation is exactly 0.
    """
    widths = draw(st.sampled_from([each for each in WIDTHS if len(each) <= most_layers + 1]))
    n, fill = draw(sizes(1, 4)), draw(fills(scales))
    params = [(fill(o, i), fill(o)) for i, o in itertools.pairwise(widths)]
    x = fill(n, widths[0])
    h = x
    for layer, (W, b) in enumerate(params):
        if layer < len(params) - 1 and fill.rng.random() < 0.4:
            off = fill.rng.integers(len(b))
            W[off], b[off] = 0.0, 0.0
        z = h @ W.T + b
        h = np.maximum(z, 0.0)
    largest = float(np.abs(z).max())
    if largest > 8.0:
        W *= 8.0 / largest
        b *= 8.0 / largest
    return x, fill.labels(widths[-1], n), params


@st.composite
def residual_blocks(draw):
    """An upstream gradient, a batch and the weights of a residual block.

    Some hidden units have all weights and the bias 0, so that their pre-activation is exactly 0.
    """
    (n, d, hidden), fill = draw(st.sampled_from(LAYERS)), draw(fills())
    dout, x = fill(n, d), fill(n, d)
    W1, b1, W2, b2 = fill(hidden, d), fill(hidden), fill(d, hidden), fill(d)
    if fill.rng.random() < 0.4:
        off = fill.rng.integers(hidden)
        W1[off], b1[off] = 0.0, 0.0
    return dout, x, W1, b1, W2, b2


# relu


@check("relu", "the worked example", practice=True)
def test_relu_example(submission):
    got = submission.relu(np.array([[-2.0, 0.0, 3.0], [0.5, -0.1, 1.0]]))
    expect_close(got, np.array([[0.0, 0.0, 3.0], [0.5, 0.0, 1.0]]))


@check("relu", "matches the reference", value=True, examples=25)
@given(case=activations((30.0, 1e-3, 30.0, 1.0)))
def test_relu_value(submission, reference, case):
    expect_close(submission.relu(case[1]), reference.relu(case[1]))


@check("relu", "splits every number in two parts", practice=True, examples=6)
@given(case=activations())
def test_relu_splits(submission, case):
    x = case[1]
    positive, negative = submission.relu(x), submission.relu(-x)
    expect_close(positive - negative, x, "relu(x) - relu(-x) must be x")


@check("relu", "leaves its input alone", examples=6)
@given(case=activations())
def test_relu_untouched(submission, case):
    expect_untouched(submission, "relu", case[1])


# relu_backward


@check("relu_backward", "the worked example", practice=True)
def test_relu_backward_example(submission):
    x = np.array([[-2.0, 0.0, 3.0], [0.5, -0.1, 1.0]])
    got = submission.relu_backward(np.array([[1.0, 2.0, 3.0], [-4.0, 5.0, 6.0]]), x)
    expect_close(got, np.array([[0.0, 0.0, 3.0], [-4.0, 0.0, 6.0]]))


@check("relu_backward", "matches the reference", value=True, examples=30)
@given(case=activations())
def test_relu_backward_value(submission, reference, case):
    expect_close(submission.relu_backward(*case), reference.relu_backward(*case))


@check("relu_backward", "is right away from the kink", value=True, weight=2, examples=15)
@given(case=activations())
def test_relu_backward_smooth(submission, reference, case):
    dout, x = case
    x = np.where(x == 0.0, -1.0, x)
    expect_close(submission.relu_backward(dout, x), reference.relu_backward(dout, x))


@check("relu_backward", "depends on dout linearly", practice=True, examples=6)
@given(case=activations())
def test_relu_backward_linear(submission, case):
    dout, x = case
    once, other = submission.relu_backward(dout, x), submission.relu_backward(-3 * dout, x)
    expect_close(other, -3 * once, "-3 times the gradient in must give -3 times the gradient out")


@check("relu_backward", "leaves its inputs alone", examples=6)
@given(case=activations())
def test_relu_backward_untouched(submission, case):
    expect_untouched(submission, "relu_backward", *case)


# tanh_backward


@check("tanh_backward", "the worked example", practice=True)
def test_tanh_backward_example(submission):
    x = np.array([[0.0, 1.0, -1.0], [2.0, 0.5, -3.0]])
    got = submission.tanh_backward(np.array([[1.0, 1.0, 2.0], [-1.0, 10.0, 0.0]]), x)
    want = [[1.0, 0.4199743, 0.8399487], [-0.0706508, 7.8644773, 0.0]]
    expect_close(got, np.array(want))


@check("tanh_backward", "matches the reference", value=True, examples=25)
@given(case=activations())
def test_tanh_backward_value(submission, reference, case):
    expect_close(submission.tanh_backward(*case), reference.tanh_backward(*case))


@check("tanh_backward", "agrees with differences of tanh", practice=True, examples=8)
@given(case=activations((1.0, 3.0)))
def test_tanh_backward_slope(submission, case):
    dout, x = case
    slope = (np.tanh(x + 1e-5) - np.tanh(x - 1e-5)) / 2e-5
    expect_close(submission.tanh_backward(dout, x), dout * slope, scale=10.0)


@check("tanh_backward", "leaves its inputs alone", examples=6)
@given(case=activations())
def test_tanh_backward_untouched(submission, case):
    expect_untouched(submission, "tanh_backward", *case)


# sigmoid_backward


@check("sigmoid_backward", "the worked example", practice=True)
def test_sigmoid_backward_example(submission):
    x = np.array([[0.0, 1.0, -1.0], [2.0, 0.5, -3.0]])
    got = submission.sigmoid_backward(np.array([[1.0, 1.0, 2.0], [-1.0, 10.0, 0.0]]), x)
    want = [[0.25, 0.1966119, 0.3932239], [-0.1049936, 2.3500371, 0.0]]
    expect_close(got, np.array(want))


@check("sigmoid_backward", "matches the reference", value=True, examples=25)
@given(case=activations())
def test_sigmoid_backward_value(submission, reference, case):
    expect_close(submission.sigmoid_backward(*case), reference.sigmoid_backward(*case))


@check("sigmoid_backward", "is symmetric in x", practice=True, examples=8)
@given(case=activations((1.0, 3.0)))
def test_sigmoid_backward_even(submission, case):
    dout, x = case
    left, right = submission.sigmoid_backward(dout, -x), submission.sigmoid_backward(dout, x)
    expect_close(left, right, "the sigmoid is as steep at -x as at x", scale=10.0)


@check("sigmoid_backward", "leaves its inputs alone", examples=6)
@given(case=activations())
def test_sigmoid_backward_untouched(submission, case):
    expect_untouched(submission, "sigmoid_backward", *case)


# linear


@check("linear", "the worked example", practice=True)
def test_linear_example(submission):
    x = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])
    W = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0], [2.0, 0.0, -1.0], [0.0, 0.0, 0.0]])
    got = submission.linear(x, W, np.array([0.5, 0.0, -1.0, 7.0]))
    expect_close(got, np.array([[1.5, 5.0, -2.0, 7.0], [0.5, 0.0, -2.0, 7.0]]))


@check("linear", "matches the reference", value=True, examples=25)
@given(layer=linear_layers())
def test_linear_value(submission, reference, layer):
    _, x, W, b = layer
    expect_close(submission.linear(x, W, b), reference.linear(x, W, b))


@check("linear", "answers the bias where x is zero", practice=True, examples=8)
@given(layer=linear_layers())
def test_linear_bias(submission, layer):
    _, x, W, b = layer
    b = b + np.arange(1.0, len(b) + 1.0)
    got = submission.linear(np.zeros_like(x), W, b)
    expect_close(got, np.tile(b, (len(x), 1)), "every row must be b")


# linear_backward


@check("linear_backward", "the worked example", practice=True)
def test_linear_backward_example(submission):
    dout = np.array([[1.0, 0.0], [2.0, -1.0]])
    x = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])
    W = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]])
    want = [[1.0, 0.0, 2.0], [2.0, -1.0, 3.0]], [[1.0, 0.0, 5.0], [0.0, 1.0, -1.0]], [3.0, -1.0]
    got = submission.linear_backward(dout, x, W)
    expect_close(got, tuple(np.array(part) for part in want), names=GRADIENTS)


@check("linear_backward", "matches the reference", value=True, examples=40)
@given(layer=linear_layers())
def test_linear_backward_value(submission, reference, layer):
    dout, x, W, _ = layer
    want = reference.linear_backward(dout, x, W)
    expect_close(submission.linear_backward(dout, x, W), want, names=GRADIENTS)


@check("linear_backward", "dx is right", value=True, weight=1, examples=12)
@given(layer=linear_layers())
def test_linear_backward_dx(submission, reference, layer):
    dout, x, W, _ = layer
    got, want = submission.linear_backward(dout, x, W), reference.linear_backward(dout, x, W)
    expect_close(got[0], want[0], "dx")


@check("linear_backward", "dW and db are right", value=True, weight=2, examples=12)
@given(layer=linear_layers())
def test_linear_backward_parameters(submission, reference, layer):
    dout, x, W, _ = layer
    got, want = submission.linear_backward(dout, x, W), reference.linear_backward(dout, x, W)
    expect_close(got[1], want[1], "dW")
    expect_close(got[2], want[2], "db")


@check("linear_backward", "the batch adds up", practice=True, examples=8)
@given(layer=linear_layers())
def test_linear_backward_batch(submission, layer):
    dout, x, W, _ = layer
    dx, dW, db = submission.linear_backward(dout, x, W)
    twice = submission.linear_backward(np.tile(dout, (2, 1)), np.tile(x, (2, 1)), W)
    want = np.tile(dx, (2, 1)), 2 * dW, 2 * db
    expect_close(twice, want, "with every row of the batch given twice", names=GRADIENTS)


# numerical_gradient


def cubic(x, a, c):
    """A smooth function of all entries together: central differences with h are off by a·h²."""
    return float((a * x**3).sum() + (c * x).sum() ** 2)


def quadratic(x, a, c):
    """A parabola along every axis."""
    return float((a * x**2 + c * x).sum())


def _gradient_and_x(module, f, x, h):
    """call numerical_gradient and look at x afterwards"""
    gradient = module.numerical_gradient(f, x, h)
    return [gradient, x]


@st.composite
def smooth_functions(draw, definition):
    """A function of the given form, a point of any shape and memory layout, and a large step."""
    shape, fill = draw(st.sampled_from(SHAPES)), draw(fills())
    h = draw(st.sampled_from((1.0, 0.5, 0.25, 2.0)))
    f = function(definition, a=1.0 + np.abs(fill(*shape)), c=fill(*shape))
    x = fill(*shape)
    return f, np.asfortranarray(x) if fill.rng.random() < 0.4 else x, h


@check("numerical_gradient", "the worked example", practice=True)
def test_numerical_gradient_example(submission):
    x = np.array([[1.0, 2.0, -1.0], [0.0, 3.0, 0.5]])
    squares = function(quadratic, a=1.0, c=0.0)
    expect_close(submission.numerical_gradient(squares, x), 2 * x)
    cubes = function(cubic, a=1.0, c=0.0)
    got = submission.numerical_gradient(cubes, np.array([1.0, 2.0]), h=0.5)
    expect_close(got, np.array([3.25, 12.25]))


@check("numerical_gradient", "matches the reference", value=True, examples=40)
@given(case=smooth_functions(cubic))
def test_numerical_gradient_value(submission, reference, case):
    f, x, h = case
    expect_close(submission.numerical_gradient(f, x, h), reference.numerical_gradient(f, x, h))


@check("numerical_gradient", "is close for a tiny step", value=True, weight=2, examples=12)
@given(shape=st.sampled_from(SHAPES), fill=fills((1.0,)), h=st.sampled_from((1e-4, 1e-5)))
def test_numerical_gradient_close(submission, shape, fill, h):
    x, a, c = 1.0 + np.abs(fill(*shape)), 1.0 + np.abs(fill(*shape)), np.abs(fill(*shape))
    want = 3 * a * x**2 + 2 * c * (c * x).sum()
    got = submission.numerical_gradient(function(cubic, a=a, c=c), x, h)
    expect_close(got, want, "some way off the true gradient", scale=1e3 * float(want.max()))


@check("numerical_gradient", "is exact for parabolas, whatever the step", practice=True, examples=8)
@given(case=smooth_functions(quadratic))
def test_numerical_gradient_parabola(submission, case):
    f, x, h = case
    want = 2 * f.bound["a"] * x + f.bound["c"]
    got = submission.numerical_gradient(f, x, h)
    expect_close(got, want, "central differences have no error here", scale=float(np.abs(x).max()))


@check("numerical_gradient", "steps by 1e-5 unless told otherwise", examples=3)
@given(shape=st.sampled_from(SHAPES), fill=fills())
def test_numerical_gradient_default(submission, shape, fill):
    a = 1.0 + np.abs(fill(*shape))
    steep = function(cubic, a=1e10 * a, c=0.0)
    got = submission.numerical_gradient(steep, np.zeros(shape))
    expect_close(got, a, "the gradient of 1e10·Σ a·x³ at 0 by steps of 1e-5")


@check("numerical_gradient", "leaves x as it was, bit for bit", examples=8)
@given(case=smooth_functions(cubic))
def test_numerical_gradient_untouched(submission, case):
    f, x, _ = case
    # A huge step: where x is restored by arithmetic, rounding leaves its mark.
    _, after = submission.probe(_gradient_and_x, f, x, 1e13)
    expect_equal(after, x, "x after the call")


# mlp_forward


@check("mlp_forward", "the worked example", practice=True)
def test_mlp_forward_example(submission):
    x = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])
    hidden = np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]]), np.array([0.0, 1.0])
    last = np.array([[1.0, -1.0], [0.0, 2.0], [1.0, 1.0]]), np.array([0.0, 0.5, -3.0])
    got = submission.mlp_forward(x, [hidden, last])
    expect_close(got, np.array([[-6.0, 12.5, 3.0], [-1.0, 2.5, -2.0]]))


@check("mlp_forward", "matches the reference", value=True, examples=40)
@given(network=networks())
def test_mlp_forward_value(submission, reference, network):
    x, _, params = network
    expect_close(submission.mlp_forward(x, params), reference.mlp_forward(x, params))


@check("mlp_forward", "is right for one layer and for two", value=True, weight=2, examples=15)
@given(network=networks(most_layers=2))
def test_mlp_forward_shallow(submission, reference, network):
    x, _, params = network
    expect_close(submission.mlp_forward(x, params), reference.mlp_forward(x, params))


@check(
    "mlp_forward",
    "without biases, twice the input gives twice the logits",
    practice=True,
    examples=8,
)
@given(network=networks())
def test_mlp_forward_homogeneous(submission, network):
    x, _, params = network
    params = [(W, np.zeros_like(b)) for W, b in params]
    once, twice = submission.mlp_forward(x, params), submission.mlp_forward(2 * x, params)
    expect_close(twice, 2 * once, "logits of 2x")


# mlp_gradients


def _expect_gradients(got, want, message=""):
    """Compare loss, then layer by layer the gradients."""
    expect_close(got[0], want[0], f"{message}loss")
    due, have = len(want[1]), len(got[1])
    expect(have == due, f"{message}{due} pairs (dW, db) are due, not {have}")
    for layer, (pair, wanted) in enumerate(zip(got[1], want[1], strict=True)):
        expect_close(pair, wanted, f"{message}layer {layer}", names=("dW", "db"))


@check("mlp_gradients", "the worked example", practice=True)
def test_mlp_gradients_example(submission):
    x = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])
    hidden = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, -1.0]]), np.array([0.0, 2.5])
    last = np.array([[1.0, -1.0], [0.0, 2.0]]), np.array([0.0, 0.0])
    want = [
        ([[-0.4853, -0.9707, -1.4560], [1.4560, 3.1857, 4.0945]], [-0.4853, 1.1824]),
        ([[-0.4853, -0.6824], [0.4853, 0.6824]], [-0.3941, 0.3941]),
    ]
    loss, gradients = submission.mlp_gradients(x, np.array([0, 1]), [hidden, last])
    expect_close(round(float(loss), 4), 1.8656, "loss")
    got = [[np.round(part, 4) for part in pair] for pair in gradients]
    _expect_gradients((0.0, got), (0.0, [[np.array(part) for part in pair] for pair in want]))


@check("mlp_gradients", "matches the reference", value=True)
@given(network=networks())
def test_mlp_gradients_value(submission, reference, network):
    _expect_gradients(submission.mlp_gradients(*network), reference.mlp_gradients(*network))


@check("mlp_gradients", "is right for a single layer", value=True, weight=1, examples=12)
@given(network=networks(most_layers=1))
def test_mlp_gradients_single(submission, reference, network):
    _expect_gradients(submission.mlp_gradients(*network), reference.mlp_gradients(*network))


@check("mlp_gradients", "is right for two layers", value=True, weight=2, examples=20)
@given(network=networks((1.0,), most_layers=2))
def test_mlp_gradients_two(submission, reference, network):
    _expect_gradients(submission.mlp_gradients(*network), reference.mlp_gradients(*network))


@check("mlp_gradients", "a batch given twice changes nothing", practice=True, examples=8)
@given(network=networks())
def test_mlp_gradients_mean(submission, network):
    x, labels, params = network
    once = submission.mlp_gradients(x, labels, params)
    twice = submission.mlp_gradients(np.tile(x, (2, 1)), np.tile(labels, 2), params)
    _expect_gradients(twice, once, "every row given twice: ")


@check("mlp_gradients", "the last bias gradient sums to zero", practice=True, examples=6)
@given(network=networks())
def test_mlp_gradients_last_bias(submission, network):
    _, gradients = submission.mlp_gradients(*network)
    last = gradients[-1][1]
    expect_close(float(last.sum()), 0.0, "probabilities sum to 1, so does one-hot", scale=1.0)


def _inputs_after_gradients(module, x, labels, params):
    """call mlp_gradients and look at its inputs afterwards"""
    module.mlp_gradients(x, labels, params)
    W, b = params[-1]
    return [x, labels, W, b]


@check("mlp_gradients", "leaves its inputs alone", examples=6)
@given(network=networks())
def test_mlp_gradients_untouched(submission, network):
    x, labels, params = network
    W, b = params[-1]
    before = [x, labels, W, b]
    after = submission.probe(_inputs_after_gradients, x, labels, params)
    expect_equal(after, before, "an input was changed", names=("x", "labels", "last W", "last b"))


# he_init, xavier_init

FANS = ((2000, 5), (5, 2000), (80, 125), (10_000, 1), (1, 10_000))

SURE = 3.8
"""P(largest gap between true and empirical distribution function > SURE / √n) < 6e-13, for any n
(Dvoretzky, Kiefer, Wolfowitz; Massart)."""


def _weights_twice(module, name, fan_out, fan_in, rng):
    """draw two weight matrices from one generator, one after the other"""
    draw = getattr(module, name)
    return [draw(fan_out, fan_in, rng), draw(fan_out, fan_in, rng)]


def _expect_distribution(W, fans, points, probabilities):
    """Compare how much of W lies below each point with how much should."""
    n = fans[0] * fans[1]
    expect_equal(list(np.shape(W)), list(fans), "shape (fan_out, fan_in) is due")
    below = np.searchsorted(np.sort(W, axis=None), points) / n
    worst = int(np.argmax(np.abs(below - probabilities)))
    expect(
        bool(np.abs(below - probabilities).max() <= SURE / math.sqrt(n)),
        f"the share of weights below {points[worst]:.4g} is off",
        expected=float(probabilities[worst]),
        got=float(below[worst]),
    )
    expect(len(np.unique(W)) > 0.99 * n, "the weights must differ from each other")


def _expect_own_randomness(submission, name, fan_out, fan_in, seed):
    """The generator given is the only source of randomness, and it moves on."""
    first, second = submission.probe(_weights_twice, name, fan_out, fan_in, generator(seed))
    again = getattr(submission, name)(fan_out, fan_in, generator(seed))
    other = getattr(submission, name)(fan_out, fan_in, generator(seed + 1))
    expect_equal(again, first, "equal generators must give equal weights")
    expect(not np.array_equal(first, second), "a second call must give other weights")
    expect(not np.array_equal(first, other), "another generator must give other weights")


@check("he_init", "the worked example", practice=True)
def test_he_init_example(submission):
    W = submission.he_init(300, 50, generator(0))
    expect_equal(list(np.shape(W)), [300, 50], "shape")
    expect_close(round(float(np.std(W)), 1), 0.2, "standard deviation, to one decimal")


@check("he_init", "matches the reference", value=True, examples=12)
@given(fans=st.sampled_from(FANS), seed=st.integers(0, 2**20))
def test_he_init_value(submission, fans, seed):
    W = submission.he_init(*fans, generator(seed))
    steps = np.linspace(-2.5, 2.5, 21)
    normal = np.array([(1 + math.erf(step / math.sqrt(2))) / 2 for step in steps])
    _expect_distribution(W, fans, steps * math.sqrt(2 / fans[1]), normal)


@check("he_init", "relu of the layer keeps the size of its input", practice=True, examples=3)
@given(fan_in=st.sampled_from((3, 1, 2)), seed=st.integers(0, 2**20))
def test_he_init_signal(submission, fan_in, seed):
    W = submission.he_init(4000, fan_in, generator(seed))
    size = float((np.maximum(W.sum(axis=1), 0.0) ** 2).mean())
    # The true mean is 1; a mean of 4000 leaves 0.7 to 1.4 with a probability below 1e-18.
    expect(0.7 < size < 1.4, "mean square after relu, for inputs of 1", expected=1.0, got=size)


@check("he_init", "all randomness comes from rng", examples=4)
@given(fan_out=sizes(2, 5), fan_in=sizes(2, 5), seed=st.integers(0, 2**20))
def test_he_init_rng(submission, fan_out, fan_in, seed):
    _expect_own_randomness(submission, "he_init", fan_out, fan_in, seed)


@check("xavier_init", "the worked example", practice=True)
def test_xavier_init_example(submission):
    W = submission.xavier_init(100, 50, generator(0))
    expect_equal(list(np.shape(W)), [100, 50], "shape")
    expect_close(round(float(np.abs(W).max()), 1), 0.2, "largest weight, to one decimal")


@check("xavier_init", "matches the reference", value=True, examples=12)
@given(fans=st.sampled_from(FANS), seed=st.integers(0, 2**20))
def test_xavier_init_value(submission, fans, seed):
    W = submission.xavier_init(*fans, generator(seed))
    steps = np.linspace(-1.0, 1.0, 21)
    limit = math.sqrt(6 / (fans[0] + fans[1]))
    _expect_distribution(W, fans, steps * limit, (1 + steps) / 2)
    expect(float(np.abs(W).max()) <= limit * (1 + 1e-9), "a weight is beyond the limit")


@check("xavier_init", "swapping the fans changes only the shape", practice=True, examples=3)
@given(fans=st.sampled_from(((40, 100), (1, 4000), (500, 8))), seed=st.integers(0, 2**20))
def test_xavier_init_symmetric(submission, fans, seed):
    there = submission.xavier_init(*fans, generator(seed))
    back = submission.xavier_init(*fans[::-1], generator(seed))
    expect_equal([there.shape, back.shape], [fans, fans[::-1]], "(fan_out, fan_in) is due")
    # The largest of 4000 uniform numbers is below 0.99 of the limit with probability 4e-18.
    ratio = float(np.abs(there).max() / np.abs(back).max())
    expect(0.98 < ratio < 1.02, "the limit must be the same", expected=1.0, got=ratio)


@check("xavier_init", "all randomness comes from rng", examples=4)
@given(fan_out=sizes(2, 5), fan_in=sizes(2, 5), seed=st.integers(0, 2**20))
def test_xavier_init_rng(submission, fan_out, fan_in, seed):
    _expect_own_randomness(submission, "xavier_init", fan_out, fan_in, seed)


# residual_block


@check("residual_block", "the worked example", practice=True)
def test_residual_block_example(submission):
    x = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])
    W1, b1 = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), np.zeros(2)
    W2, b2 = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0]]), np.array([0.0, 0.5, 0.0])
    got = submission.residual_block(x, W1, b1, W2, b2)
    expect_close(got, np.array([[2.0, 6.5, 4.0], [0.0, -0.5, 1.0]]))


@check("residual_block", "matches the reference", value=True, examples=25)
@given(block=residual_blocks())
def test_residual_block_value(submission, reference, block):
    want = reference.residual_block(*block[1:])
    expect_close(submission.residual_block(*block[1:]), want)


@check(
    "residual_block", "is the identity where the second layer is zero", practice=True, examples=8
)
@given(block=residual_blocks())
def test_residual_block_identity(submission, block):
    _, x, W1, b1, W2, b2 = block
    got = submission.residual_block(x, W1, b1, np.zeros_like(W2), np.zeros_like(b2))
    expect_close(got, x, "only the shortcut is left, so x must come back")


@check("residual_block", "leaves its inputs alone", examples=6)
@given(block=residual_blocks())
def test_residual_block_untouched(submission, block):
    expect_untouched(submission, "residual_block", *block[1:])


# residual_block_backward


@check("residual_block_backward", "the worked example", practice=True)
def test_residual_block_backward_example(submission):
    x = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]])
    W1, b1 = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), np.zeros(2)
    W2, b2 = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0]]), np.array([0.0, 0.5, 0.0])
    dout = np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 2.0]])
    want = (
        [[3.0, -1.0, -1.0], [0.0, 1.0, 2.0]],
        [[2.0, 4.0, 6.0], [-1.0, -2.0, -3.0]],
        [2.0, -1.0],
        [[1.0, 2.0], [0.0, 0.0], [-1.0, -2.0]],
        [1.0, 1.0, 1.0],
    )
    got = submission.residual_block_backward(dout, x, W1, b1, W2, b2)
    expect_close(got, tuple(np.array(part) for part in want), names=BLOCK_GRADIENTS)


@check("residual_block_backward", "matches the reference", value=True)
@given(block=residual_blocks())
def test_residual_block_backward_value(submission, reference, block):
    want = reference.residual_block_backward(*block)
    expect_close(submission.residual_block_backward(*block), want, names=BLOCK_GRADIENTS)


@check("residual_block_backward", "dx is right", value=True, weight=1, examples=12)
@given(block=residual_blocks())
def test_residual_block_backward_dx(submission, reference, block):
    want = reference.residual_block_backward(*block)
    expect_close(submission.residual_block_backward(*block)[0], want[0], "dx")


@check("residual_block_backward", "dW2 and db2 are right", value=True, weight=1, examples=12)
@given(block=residual_blocks())
def test_residual_block_backward_second(submission, reference, block):
    want = reference.residual_block_backward(*block)
    got = submission.residual_block_backward(*block)
    expect_close(got[3], want[3], "dW2")
    expect_close(got[4], want[4], "db2")


@check(
    "residual_block_backward",
    "passes dout on where the second layer is zero",
    practice=True,
    examples=8,
)
@given(block=residual_blocks())
def test_residual_block_backward_shortcut(submission, block):
    dout, x, W1, b1, W2, b2 = block
    got = submission.residual_block_backward(dout, x, W1, b1, np.zeros_like(W2), b2)
    expect_close(got[0], dout, "only the shortcut is left, so dx must be dout")


@check("residual_block_backward", "leaves its inputs alone", examples=6)
@given(block=residual_blocks())
def test_residual_block_backward_untouched(submission, block):
    expect_untouched(submission, "residual_block_backward", *block)


# Value

NUMBERS = (2, 3, 0.5, -1.5, -2, 4)

AWAY = 0.4
"""Poles are not approached nearer than this, kinks not nearer than a quarter of it."""

FORMS = {
    "{a} + {b}": lambda a, b, k: a + b,
    "{a} - {b}": lambda a, b, k: a - b,
    "{a} * {b}": lambda a, b, k: a * b,
    "{a} / {b}": lambda a, b, k: a / b if abs(b) > AWAY else math.inf,
    "{k} + {a}": lambda a, b, k: k + a,
    "{k} - {a}": lambda a, b, k: k - a,
    "{k} * {a}": lambda a, b, k: k * a,
    "{k} / {a}": lambda a, b, k: k / a if abs(a) > AWAY else math.inf,
    "{a} + {k}": lambda a, b, k: a + k,
    "{a} - {k}": lambda a, b, k: a - k,
    "{a} * {k}": lambda a, b, k: a * k,
    "{a} / {k}": lambda a, b, k: a / k,
    "-{a}": lambda a, b, k: -a,
    "{a} ** 2": lambda a, b, k: a**2 if abs(a) > AWAY else math.inf,
    "{a} ** -1": lambda a, b, k: a**-1 if abs(a) > AWAY else math.inf,
    "{a} ** -1.5": lambda a, b, k: a**-1.5 if a > AWAY else math.inf,
    "{a}.exp()": lambda a, b, k: math.exp(a) if a < 2 else math.inf,
    "{a}.log()": lambda a, b, k: math.log(a) if a > AWAY else math.inf,
    "{a}.tanh()": lambda a, b, k: math.tanh(a),
    "{a}.relu()": lambda a, b, k: max(a, 0.0) if abs(a) > AWAY / 4 else math.inf,
}
"""Operations and what they come to for plain numbers; infinite where they are to be avoided."""

OFTEN = ("{a} - {b}", "{a} / {b}", "{k} / {a}", "{a}.exp()", "{a}.log()", "{a}.log()", "{a}.tanh()")
"""Those that would otherwise be rare, because few numbers suit them or because they stand alone."""


class Program:
    """A small program that builds a graph of Values line by line, in moderate numbers.

    Every line names a new node, a, b, c …; `numbers` holds what the nodes come to.
    """

    def __init__(self, rng, reuse):
        self.rng, self.reuse = rng, reuse
        self.lines, self.numbers, self.unused = [], {}, []

    def leaf(self, number):
        """A Value made by hand."""
        return self._add(f"Value({number})", number)

    def step(self):
        """One operation on nodes so far, of those that stay clear of kinks and large numbers."""
        for attempt in range(12):
            if attempt % 4 == 0:
                form = self._choose([*FORMS, *OFTEN])
            names = {"a": self._operand(), "b": self._operand()}
            if not self.reuse and "{b}" in form and names["a"] == names["b"]:
                continue
            values = {key: self.numbers[name] for key, name in names.items()}
            k = self._choose(NUMBERS)
            number = FORMS[form](**values, k=k)
            if abs(number) < 8:
                used = [name for key, name in names.items() if f"{{{key}}}" in form]
                return self._add(form.format(**names, k=k), number, used)
        newest = list(self.numbers)[-1]
        return self._add(f"{newest}.tanh()", math.tanh(self.numbers[newest]), [newest])

    def relu_of_zero(self):
        """A node that is exactly 0, its relu, and a use of that: the slope at the kink is 0."""
        zero = self.leaf(0.0)
        relu = self._add(f"{zero}.relu()", 0.0, [zero])
        return self._add(f"{relu} * {self._choose(NUMBERS)}", 0.0, [relu])

    def gather(self):
        """Add up what is still unused, so that all of it can be reached."""
        while len(self.unused) > 1:
            left, right = self.unused[-2:]
            self._add(f"{left} + {right}", self.numbers[left] + self.numbers[right], [left, right])

    def backward(self):
        """Differentiate the newest node."""
        self.lines.append(f"{list(self.numbers)[-1]}.backward()")

    def _add(self, expression, number, used=()):
        name = string.ascii_letters[len(self.numbers)]
        self.lines.append(f"{name} = {expression}")
        self.numbers[name] = number
        self.unused = [node for node in self.unused if node not in used] + [name]
        return name

    def _choose(self, options):
        return options[int(self.rng.integers(len(options)))]

    def _operand(self):
        fresh = self.rng.random() < 0.6 or not self.reuse
        return self._choose(self.unused if fresh else list(self.numbers))


@st.composite
def programs(draw, reuse=True, most_backwards=1, zero=True):
    """Lines of a program on Values: leaves, operations, backward on the newest node.

    With more than one backward, the second graph grows on nodes of the first, inner ones too.
    Without `reuse` every node is used once at most.
    """
    leaves, steps, seed = draw(sizes(1, 3)), draw(sizes(1, 14)), draw(st.integers(0, 2**20))
    program = Program(np.random.default_rng(seed), reuse)
    for _ in range(leaves):
        program.leaf(round(float(program.rng.uniform(-3, 3)), 1) or 0.5)
    if zero and draw(st.booleans()):
        program.relu_of_zero()
    for _ in range(draw(sizes(1, most_backwards))):
        for _ in range(steps):
            program.step()
        if not reuse or program.rng.random() < 0.7:
            program.gather()
        program.backward()
        steps = 1 + steps // 3
    return program.lines


def run(module, program):
    """run these lines and look at every node"""
    nodes = {"Value": module.Value}
    exec("\n".join(program), nodes)
    names = [line.split(" = ")[0] for line in program if " = " in line]
    data = {f"{name}.data": nodes[name].data for name in names}
    return data | {f"{name}.grad": nodes[name].grad for name in names}


def _expect_nodes(got, want):
    """Compare data and gradient of every node; rounding may grow with the largest of a kind."""
    for kind in ("data", "grad"):
        names = [name for name in want if name.endswith(kind)]
        scale = max(abs(want[name]) for name in names)
        for name in names:
            expect_close(got[name], want[name], name, scale=float(scale))


@check("Value", "the worked example", practice=True)
def test_value_example(submission):
    lines = ["a = Value(2.0)", "b = Value(-3.0)", "u = a * b", "y = u * u + 3 * a", "y.backward()"]
    got = submission.probe(run, lines)
    _expect_nodes(got, {"y.data": 42.0, "y.grad": 1.0, "u.grad": -12.0, "a.grad": 39.0})
    expect_close(got["b.grad"], -24.0, "b.grad")
    got = submission.probe(run, [*lines, "z = u - 1", "z.backward()"])
    _expect_nodes(got, {"z.data": -7.0, "z.grad": 1.0, "u.grad": -11.0, "a.grad": 36.0})
    expect_close(got["b.grad"], -22.0, "b.grad")


@check("Value", "matches the reference", value=True)
@given(program=programs(most_backwards=2))
def test_value_value(submission, reference, program):
    _expect_nodes(submission.probe(run, program), reference.probe(run, program))


@check("Value", "is right for a single backward", value=True, weight=3, examples=30)
@given(program=programs())
def test_value_single(submission, reference, program):
    _expect_nodes(submission.probe(run, program), reference.probe(run, program))


@check("Value", "is right where no node is used twice", value=True, weight=2, examples=25)
@given(program=programs(reuse=False, zero=False))
def test_value_tree(submission, reference, program):
    _expect_nodes(submission.probe(run, program), reference.probe(run, program))


@check("Value", "numbers may stand on either side", practice=True, examples=8)
@given(x=st.sampled_from((2.0, 0.5, -1.0, -4.0)), k=st.sampled_from((3, 0.5, -2)))
def test_value_numbers(submission, x, k):
    want = {
        f"{k} + a": (k + x, 1.0),
        f"a + {k}": (x + k, 1.0),
        f"{k} - a": (k - x, -1.0),
        f"a - {k}": (x - k, 1.0),
        f"{k} * a": (k * x, k),
        f"a * {k}": (x * k, k),
        f"{k} / a": (k / x, -k / x**2),
        f"a / {k}": (x / k, 1 / k),
    }
    for expression, (data, slope) in want.items():
        got = submission.probe(run, [f"a = Value({x})", f"b = {expression}", "b.backward()"])
        expect_close(got["b.data"], float(data), f"value of {expression}")
        expect_close(got["a.grad"], float(slope), f"slope of {expression}")


@check("Value", "functions have the slopes that differences show", practice=True, examples=8)
@given(x=st.sampled_from((1.0, 2.0, 0.5, 0.1, 3.0)), sign=st.sampled_from((1, -1)))
def test_value_functions(submission, x, sign):
    functions = {"exp": np.exp, "tanh": np.tanh, "relu": lambda x: max(x, 0.0), "log": np.log}
    for name, f in functions.items():
        at = x if name == "log" else sign * x
        lines = [f"a = Value({at})", f"b = a.{name}()", "c = b * -3", "c.backward()"]
        got = submission.probe(run, lines)
        slope = -3 * (f(at + 1e-5) - f(at - 1e-5)) / 2e-5
        expect_close(got["b.data"], float(f(at)), f"{name}({at})")
        expect_close(got["a.grad"], float(slope), f"slope of -3·{name} at {at}", scale=10.0)


@check("Value", "every use of a node adds to its gradient", examples=6)
@given(x=st.sampled_from((2.0, -1.0, 0.5, 3.0)), y=st.sampled_from((1.0, -2.0, 0.25)))
def test_value_reuse(submission, x, y):
    lines = [f"a = Value({x})", f"b = Value({y})", "c = a * b", "d = c + a", "e = c * d"]
    got = submission.probe(run, [*lines, "e.backward()"])
    # e = (ab)(ab + a) = a²b² + a²b
    want = {"d.grad": x * y, "c.grad": 2 * x * y + x}
    want |= {"b.grad": 2 * x**2 * y + x**2, "a.grad": 2 * x * y**2 + 2 * x * y}
    for name, slope in want.items():
        expect_close(got[name], slope, name, scale=10.0)


@check("Value", "a new graph adds its own derivative to old nodes", examples=6)
@given(x=st.sampled_from((2.0, -1.0, 0.5, 3.0)), k=st.sampled_from((3, -2, 0.5)))
def test_value_grows(submission, x, k):
    lines = [f"a = Value({x})", "b = a * a", "b.backward()", f"c = b * {k}", "c.backward()"]
    got = submission.probe(run, lines)
    expect_close(got["b.grad"], 1.0 + k, "b.grad after b.backward() and c.backward()")
    expect_close(got["a.grad"], 2 * x * (1 + k), "a.grad after b.backward() and c.backward()")
