"""Checks of backpropagation: layer rules, a whole network, first weights, a scalar autograd."""

import itertools
import math
import string

import numpy as np

from grader.checks import (
    ORDINARY,
    Fill,
    check,
    double_precision,
    example,
    expect,
    expect_close,
    expect_equal,
    fills,
    function,
    generator,
    given,
    matches,
    shaped,
    sizes,
    st,
    untouched,
)

SHAPES = ((1,), (3,), (2, 3), (4, 1), (1, 4), (2, 1, 3), (3, 2, 2), (3, 3))

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


EQUAL = ((2, 2, 2), (3, 3, 3), (2, 2, 3), (2, 3, 2), (3, 2, 2), (2, 3, 4), (3, 1, 3), (1, 2, 3))
"""Layers in which two or three of rows, inputs and outputs are equal, and two in which none are.

Equal lengths hide an exchange of axes, behind a `try` or a test of the shape even from other cases.
"""


LARGEST_LOGIT = 3.0
"""No label is so sure that p − 1 would be but rounding in single precision."""


def fixed(make, *choices):
    """One case of small integers for each combination of the choices, whatever the seed."""
    combinations = enumerate(itertools.product(*choices))
    return [make(Fill("integers", 1.0, "CS"[seed % 2], seed), *one) for seed, one in combinations]


def drawn(make, *choices, scales=ORDINARY):
    """Draw make(fill, *one of each of the choices)."""
    combinations = st.sampled_from(list(itertools.product(*choices)))
    return st.builds(lambda fill, chosen: make(fill, *chosen), fills(scales), combinations)


def activation(fill, shape):
    """An upstream gradient and a pre-activation of one shape, some pre-activations exactly 0."""
    dout, x = fill(*shape), fill(*shape)
    x[fill.rng.random(shape) < 0.25] = 0.0
    return dout, x


def pre_activation(fill, shape):
    """A pre-activation alone."""
    return activation(fill, shape)[1]


def off_the_kink(fill, shape):
    """The same pair without a pre-activation that is exactly 0."""
    dout, x = activation(fill, shape)
    return dout, np.where(x == 0.0, -1.0, x)


def largest(dout, x):
    """The size of what cancels in a slope where the activation is flat."""
    return float(np.abs(dout).max())


def forward_layer(fill, sizes):
    """A batch, weights and a bias."""
    n, inputs, outputs = sizes
    return fill(n, inputs), fill(outputs, inputs), fill(outputs)


def backward_layer(fill, sizes):
    """An upstream gradient, a batch and weights."""
    x, W, _ = forward_layer(fill, sizes)
    return fill(len(x), len(W)), x, W


def network(fill, widths, n, dead=True):
    """A batch, labels, and the (W, b) of one to four layers; logits stay within ±3.

    Some hidden units may be `dead`: all weights and the bias 0, the pre-activation exactly 0.
    """
    params = [(fill(o, i), fill(o)) for i, o in itertools.pairwise(widths)]
    x = fill(n, widths[0])
    h = x
    for layer, (W, b) in enumerate(params):
        hidden = layer < len(params) - 1
        if dead and hidden and fill.rng.random() < 0.4:
            off = fill.rng.integers(len(b))
            W[off], b[off] = 0.0, 0.0
        z = h @ W.T + b
        if hidden and not dead:
            b[(z == 0.0).any(axis=0)] += 0.125
            z = h @ W.T + b
        h = np.maximum(z, 0.0)
    largest = float(np.abs(z).max())
    if largest > LARGEST_LOGIT:
        W *= LARGEST_LOGIT / largest
        b *= LARGEST_LOGIT / largest
    return x, fill.labels(widths[-1], n), params


def without_labels(inputs):
    """The batch and the layers of a network."""
    x, _, params = inputs
    return x, params


def networks(scales=ORDINARY, most_layers=4, dead=(True,)):
    """Draw networks of one to `most_layers` layers."""
    widths = [each for each in WIDTHS if len(each) <= most_layers + 1]
    return drawn(network, widths, (1, 2, 3, 4), dead, scales=scales)


def block(fill, sizes):
    """An upstream gradient, a batch and the weights of a residual block.

    Some hidden units have all weights and the bias 0, so that their pre-activation is exactly 0.
    """
    n, d, hidden = sizes
    dout, x = fill(n, d), fill(n, d)
    W1, b1, W2, b2 = fill(hidden, d), fill(hidden), fill(d, hidden), fill(d)
    if fill.rng.random() < 0.4:
        off = fill.rng.integers(hidden)
        W1[off], b1[off] = 0.0, 0.0
    return dout, x, W1, b1, W2, b2


def forward_block(fill, sizes):
    """A batch and the weights of a residual block."""
    return block(fill, sizes)[1:]


SQUARES = ((2, 2), (3, 3), (2, 2, 2), (2, 3))
SQUARE_NETWORKS = ((2, 2), (3, 3), (2, 2, 2), (3, 3, 3), (2, 3, 2), (3, 2, 2, 3))


example("relu")
matches(
    "relu",
    drawn(pre_activation, SHAPES, scales=(30.0, 1e-3, 30.0, 1.0)),
    examples=25,
    first=fixed(pre_activation, SQUARES),
)


@check("relu", "splits every number in two parts", practice=True, examples=6)
@given(x=drawn(pre_activation, SHAPES))
def test_relu_splits(submission, x):
    positive = shaped(submission.relu(x), x.shape, "relu(x)")
    negative = shaped(submission.relu(-x), x.shape, "relu(-x)")
    expect_close(positive - negative, x, "relu(x) - relu(-x) must be x")


double_precision("relu", drawn(pre_activation, SHAPES))
untouched("relu", drawn(pre_activation, SHAPES), title="leaves its input alone")


example("relu_backward")
matches("relu_backward", drawn(activation, SHAPES), examples=30, first=fixed(activation, SQUARES))
matches(
    "relu_backward",
    drawn(off_the_kink, SHAPES),
    title="is right away from the kink",
    weight=4,
    examples=15,
)


@check("relu_backward", "depends on dout linearly", practice=True, examples=6)
@given(inputs=drawn(activation, SHAPES))
def test_relu_backward_linear(submission, inputs):
    dout, x = inputs
    once = shaped(submission.relu_backward(dout, x), x.shape, "relu_backward(dout, x)")
    other = submission.relu_backward(-3 * dout, x)
    expect_close(other, -3 * once, "-3 times the gradient in must give -3 times the gradient out")


double_precision("relu_backward", drawn(activation, SHAPES))
untouched("relu_backward", drawn(activation, SHAPES), first=fixed(activation, SQUARES))


example("tanh_backward")
matches(
    "tanh_backward",
    drawn(activation, SHAPES),
    scale=largest,
    examples=25,
    first=fixed(activation, SQUARES),
)


@check("tanh_backward", "agrees with differences of tanh", practice=True, examples=8)
@given(inputs=drawn(activation, SHAPES, scales=(1.0, 3.0)))
def test_tanh_backward_slope(submission, inputs):
    dout, x = inputs
    slope = (np.tanh(x + 1e-5) - np.tanh(x - 1e-5)) / 2e-5
    expect_close(submission.tanh_backward(dout, x), dout * slope, scale=10.0)


double_precision("tanh_backward", drawn(activation, SHAPES))
untouched("tanh_backward", drawn(activation, SHAPES), first=fixed(activation, SQUARES))


example("sigmoid_backward")
matches(
    "sigmoid_backward",
    drawn(activation, SHAPES),
    scale=largest,
    examples=25,
    first=fixed(activation, SQUARES),
)


@check("sigmoid_backward", "is symmetric in x", practice=True, examples=8)
@given(inputs=drawn(activation, SHAPES, scales=(1.0, 3.0)))
def test_sigmoid_backward_even(submission, inputs):
    dout, x = inputs
    right = shaped(submission.sigmoid_backward(dout, x), x.shape, "sigmoid_backward")
    left = submission.sigmoid_backward(dout, -x)
    expect_close(left, right, "the sigmoid is as steep at -x as at x", scale=10.0)


double_precision("sigmoid_backward", drawn(activation, SHAPES))
untouched("sigmoid_backward", drawn(activation, SHAPES), first=fixed(activation, SQUARES))


example("linear")
matches("linear", drawn(forward_layer, LAYERS), examples=25, first=fixed(forward_layer, EQUAL))


@check("linear", "answers the bias where x is zero", practice=True, examples=8)
@given(layer=drawn(forward_layer, LAYERS))
def test_linear_bias(submission, layer):
    x, W, b = layer
    b = b + np.arange(1.0, len(b) + 1.0)
    got = submission.linear(np.zeros_like(x), W, b)
    expect_close(got, np.tile(b, (len(x), 1)), "every row must be b")


double_precision("linear", drawn(forward_layer, LAYERS))
untouched("linear", drawn(forward_layer, LAYERS), first=fixed(forward_layer, EQUAL))


example("linear_backward")
matches(
    "linear_backward",
    drawn(backward_layer, LAYERS),
    names=GRADIENTS,
    examples=40,
    first=fixed(backward_layer, EQUAL),
)
matches(
    "linear_backward",
    drawn(backward_layer, LAYERS),
    title="dx is right",
    names=GRADIENTS,
    only=["dx"],
    weight=1,
    examples=12,
    first=fixed(backward_layer, EQUAL),
)
matches(
    "linear_backward",
    drawn(backward_layer, LAYERS),
    title="dW and db are right",
    names=GRADIENTS,
    only=["dW", "db"],
    weight=2,
    examples=12,
    first=fixed(backward_layer, EQUAL),
)


@check("linear_backward", "the batch adds up", practice=True, examples=8)
@given(layer=drawn(backward_layer, LAYERS))
def test_linear_backward_batch(submission, layer):
    dout, x, W = layer
    dx, dW, db = submission.linear_backward(dout, x, W)
    due = np.tile(shaped(dx, x.shape, "dx"), (2, 1)), 2 * shaped(dW, W.shape, "dW")
    due = *due, 2 * shaped(db, W.shape[:1], "db")
    twice = submission.linear_backward(np.tile(dout, (2, 1)), np.tile(x, (2, 1)), W)
    expect_close(twice, due, "with every row of the batch given twice", names=GRADIENTS)


double_precision("linear_backward", drawn(backward_layer, LAYERS), names=GRADIENTS)
untouched("linear_backward", drawn(backward_layer, LAYERS), first=fixed(backward_layer, EQUAL))


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


example("numerical_gradient")
matches("numerical_gradient", smooth_functions(cubic), examples=40)
double_precision("numerical_gradient", smooth_functions(cubic))


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


example("mlp_forward")
matches(
    "mlp_forward",
    networks().map(without_labels),
    examples=40,
    first=map(without_labels, fixed(network, SQUARE_NETWORKS, (2, 3))),
)
matches(
    "mlp_forward",
    networks(most_layers=2).map(without_labels),
    title="is right for one layer and for two",
    weight=2,
    examples=15,
)


@check(
    "mlp_forward",
    "without biases, twice the input gives twice the logits",
    practice=True,
    examples=8,
)
@given(inputs=networks())
def test_mlp_forward_homogeneous(submission, inputs):
    x, _, params = inputs
    params = [(W, np.zeros_like(b)) for W, b in params]
    due = 2 * shaped(
        submission.mlp_forward(x, params), (len(x), len(params[-1][1])), "mlp_forward(x, params)"
    )
    expect_close(submission.mlp_forward(2 * x, params), due, "logits of 2x")


double_precision("mlp_forward", networks().map(without_labels))
untouched(
    "mlp_forward",
    networks().map(without_labels),
    first=map(without_labels, fixed(network, SQUARE_NETWORKS, (2, 3))),
)


NETWORK = ("loss", "gradients")


def expect_list(answer, due):
    """Raise Mismatch unless the gradients are a list: a generator or zip is used up when read."""
    pair = isinstance(answer, (tuple, list)) and len(answer) == 2
    if pair and not isinstance(answer[1], (tuple, list)):
        kind = getattr(answer[1], "type_name", type(answer[1]).__name__)
        text = f"a list of pairs (dW, db) is due, not a {kind}: list(…) makes one of it"
        expect(False, text, expected=due, got=answer[1])


def expect_gradients(got, due, *_, message=""):
    """Compare loss, then layer by layer the gradients."""
    expect_list(got, due[1])
    expect_close(got, due, message, names=NETWORK)


example("mlp_gradients")
matches(
    "mlp_gradients",
    networks(),
    compare=expect_gradients,
    first=fixed(network, SQUARE_NETWORKS, (2, 3)),
)
matches(
    "mlp_gradients",
    networks(most_layers=1),
    title="is right for a single layer",
    compare=expect_gradients,
    weight=1,
    examples=12,
)
matches(
    "mlp_gradients",
    networks((1.0,), most_layers=2, dead=(False,)),
    title="is right for two layers",
    compare=expect_gradients,
    weight=3,
    examples=20,
)


@check("mlp_gradients", "a batch given twice changes nothing", practice=True, examples=8)
@given(inputs=networks())
def test_mlp_gradients_mean(submission, inputs):
    x, labels, params = inputs
    once = submission.mlp_gradients(x, labels, params)
    twice = submission.mlp_gradients(np.tile(x, (2, 1)), np.tile(labels, 2), params)
    expect_gradients(twice, once, message="every row given twice")


@check("mlp_gradients", "the last bias gradient sums to zero", practice=True, examples=6)
@given(inputs=networks())
def test_mlp_gradients_last_bias(submission, inputs):
    _, _, params = inputs
    answer = submission.mlp_gradients(*inputs)
    expect_list(answer, None)
    last = shaped(answer[1][-1][1], params[-1][1].shape, "the last db")
    expect_close(float(last.sum()), 0.0, "probabilities sum to 1, so does one-hot", scale=1.0)


double_precision("mlp_gradients", networks(), names=NETWORK)
untouched("mlp_gradients", networks(), first=fixed(network, SQUARE_NETWORKS, (2, 3)))


FANS = ((2000, 5), (5, 2000), (80, 125), (100, 100), (10_000, 1), (1, 10_000))
EVERY_FANS = [{"fans": fans, "seed": seed} for seed, fans in enumerate(FANS)]

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


example("he_init")
double_precision(
    "he_init", st.tuples(sizes(), sizes(), st.builds(generator, st.integers(0, 2**20)))
)


@check("he_init", "matches the reference", value=True, examples=12, first=EVERY_FANS)
@given(fans=st.sampled_from(FANS), seed=st.integers(0, 2**20))
def test_he_init_value(submission, fans, seed):
    W = submission.he_init(*fans, generator(seed))
    steps = np.linspace(-2.5, 2.5, 21)
    normal = np.array([(1 + math.erf(step / math.sqrt(2))) / 2 for step in steps])
    _expect_distribution(W, fans, steps * math.sqrt(2 / fans[1]), normal)


@check("he_init", "relu of the layer keeps the size of its input", practice=True, examples=3)
@given(fan_in=st.sampled_from((3, 1, 2)), seed=st.integers(0, 2**20))
def test_he_init_signal(submission, fan_in, seed):
    W = shaped(submission.he_init(4000, fan_in, generator(seed)), (4000, fan_in), "he_init")
    size = float((np.maximum(W.sum(axis=1), 0.0) ** 2).mean())
    # The true mean is 1; a mean of 4000 leaves 0.7 to 1.4 with a probability below 1e-18.
    expect(0.7 < size < 1.4, "mean square after relu, for inputs of 1", expected=1.0, got=size)


@check("he_init", "all randomness comes from rng", examples=4)
@given(fan_out=sizes(2, 5), fan_in=sizes(2, 5), seed=st.integers(0, 2**20))
def test_he_init_rng(submission, fan_out, fan_in, seed):
    _expect_own_randomness(submission, "he_init", fan_out, fan_in, seed)


example("xavier_init")
double_precision(
    "xavier_init", st.tuples(sizes(), sizes(), st.builds(generator, st.integers(0, 2**20)))
)


@check("xavier_init", "matches the reference", value=True, examples=12, first=EVERY_FANS)
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
    there = shaped(submission.xavier_init(*fans, generator(seed)), fans, "xavier_init")
    back = shaped(submission.xavier_init(*fans[::-1], generator(seed)), fans[::-1], "xavier_init")
    # The largest of 4000 uniform numbers is below 0.99 of the limit with probability 4e-18.
    ratio = float(np.abs(there).max() / np.abs(back).max())
    expect(0.98 < ratio < 1.02, "the limit must be the same", expected=1.0, got=ratio)


@check("xavier_init", "all randomness comes from rng", examples=4)
@given(fan_out=sizes(2, 5), fan_in=sizes(2, 5), seed=st.integers(0, 2**20))
def test_xavier_init_rng(submission, fan_out, fan_in, seed):
    _expect_own_randomness(submission, "xavier_init", fan_out, fan_in, seed)


example("residual_block")
matches(
    "residual_block", drawn(forward_block, LAYERS), examples=25, first=fixed(forward_block, EQUAL)
)


@check(
    "residual_block", "is the identity where the second layer is zero", practice=True, examples=8
)
@given(inputs=drawn(forward_block, LAYERS))
def test_residual_block_identity(submission, inputs):
    x, W1, b1, W2, b2 = inputs
    got = submission.residual_block(x, W1, b1, np.zeros_like(W2), np.zeros_like(b2))
    expect_close(got, x, "only the shortcut is left, so x must come back")


double_precision("residual_block", drawn(forward_block, LAYERS))
untouched("residual_block", drawn(forward_block, LAYERS), first=fixed(forward_block, EQUAL))


example("residual_block_backward")
matches(
    "residual_block_backward",
    drawn(block, LAYERS),
    names=BLOCK_GRADIENTS,
    first=fixed(block, EQUAL),
)
matches(
    "residual_block_backward",
    drawn(block, LAYERS),
    title="dx is right",
    names=BLOCK_GRADIENTS,
    only=["dx"],
    weight=1,
    examples=12,
    first=fixed(block, EQUAL),
)
matches(
    "residual_block_backward",
    drawn(block, LAYERS),
    title="dW2 and db2 are right",
    names=BLOCK_GRADIENTS,
    only=["dW2", "db2"],
    weight=1,
    examples=12,
    first=fixed(block, EQUAL),
)


@check(
    "residual_block_backward",
    "passes dout on where the second layer is zero",
    practice=True,
    examples=8,
)
@given(inputs=drawn(block, LAYERS))
def test_residual_block_backward_shortcut(submission, inputs):
    dout, x, W1, b1, W2, b2 = inputs
    got = submission.residual_block_backward(dout, x, W1, b1, np.zeros_like(W2), b2)
    expect(isinstance(got, (tuple, list)) and len(got) == 5, "five gradients are due", got=got)
    expect_close(got[0], dout, "only the shortcut is left, so dx must be dout")


double_precision("residual_block_backward", drawn(block, LAYERS), names=BLOCK_GRADIENTS)
untouched("residual_block_backward", drawn(block, LAYERS), first=fixed(block, EQUAL))


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
    "{a} ** 3": lambda a, b, k: a**3,
    "{a} ** 2": lambda a, b, k: a**2 if abs(a) > AWAY else math.inf,
    "{a} ** -1": lambda a, b, k: a**-1 if abs(a) > AWAY else math.inf,
    "{a} ** -1.5": lambda a, b, k: a**-1.5 if a > AWAY else math.inf,
    "{a} ** 0.5": lambda a, b, k: a**0.5 if a > AWAY else math.inf,
    "{a}.exp()": lambda a, b, k: math.exp(a) if a < 2 else math.inf,
    "{a}.log()": lambda a, b, k: math.log(a) if a > AWAY else math.inf,
    "{a}.tanh()": lambda a, b, k: math.tanh(a),
    "{a}.relu()": lambda a, b, k: max(a, 0.0) if abs(a) > AWAY / 4 else math.inf,
}
"""Operations and what they come to for plain numbers; infinite where they are to be avoided."""

ARITHMETIC = {form: compute for form, compute in FORMS.items() if "()" not in form}

OFTEN = ("{a} - {b}", "{a} / {b}", "{k} / {a}", "{a}.exp()", "{a}.log()", "{a}.log()", "{a}.tanh()")
"""Those that would otherwise be rare, because few numbers suit them or because they stand alone."""


class Program:
    """A small program that builds a graph of Values line by line, in moderate numbers.

    Every line names a new node, a, b, c …; `numbers` holds what the nodes come to.
    """

    def __init__(self, rng, reuse, forms):
        self.rng, self.reuse = rng, reuse
        self.forms = [*forms, *(form for form in OFTEN if form in forms)]
        self.lines, self.numbers, self.unused = [], {}, []

    def leaf(self, number):
        """A Value made by hand."""
        return self._add(f"Value({number})", number)

    def step(self):
        """One operation on nodes so far, of those that stay clear of kinks and large numbers."""
        for attempt in range(12):
            if attempt % 4 == 0:
                form = self._choose(self.forms)
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
        return self._add(f"{newest} * 0.5", self.numbers[newest] * 0.5, [newest])

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
def programs(draw, reuse=True, most_backwards=1, zero=True, forms=FORMS):
    """Lines of a program on Values: leaves, operations, backward on the newest node.

    With more than one backward, the second graph grows on nodes of the first, inner ones too.
    Without `reuse` every node is used once at most.
    """
    leaves, steps, seed = draw(sizes(1, 3)), draw(sizes(1, 14)), draw(st.integers(0, 2**20))
    program = Program(np.random.default_rng(seed), reuse, forms)
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


def always(*texts):
    """Programs that are always tried, each written as its lines with semicolons between them."""
    return [{"program": [line.strip() for line in text.split(";")]} for text in texts]


ONE_GRAPH = always(
    # One node twice in an operation.
    "a = Value(3.0); b = a + a; c = b * b; d = c - b; e = d / d; f = e + d; f.backward()",
    # A node is used near the result and far from it; its uses are unlike in depth.
    "a = Value(2.0); b = a * 3; c = b + a; d = c * b; e = d + b; f = e * a; f.backward()",
    # Different nodes hold equal numbers.
    "a = Value(2.0); b = Value(2.0); c = a * 3; d = b * 3; e = c * d; f = e + c; f.backward()",
    # A node that the result does not depend on keeps its gradient.
    "a = Value(1.5); b = a * 2; c = a + b; d = b - 1; d.backward()",
    # Numbers on the left.
    "a = Value(4.0); b = 2 - a; c = 3 / b; d = 1 + c; e = 2 * d; e.backward()",
)

DEEP = always(
    "n0 = Value(0.5); "
    + "; ".join(
        f"n{depth + 1} = n{depth} {'* 1.01' if depth % 3 else '+ 0.25'}" for depth in range(180)
    )
    + "; n180.backward()"
)
"""A chain almost as deep as the statement promises."""

NEXT_GRAPHS = always(
    "a = Value(3.0); b = a * 2; b.backward(); c = b * 5; c.backward()",
    "a = Value(2.0); b = a * a; c = b + a; c.backward(); d = c * b; d.backward()",
    "a = Value(2.0); b = Value(-3.0); u = a * b; y = u * u + 3 * a; y.backward(); z = u - 1; "
    "z.backward()",
    "a = Value(3.0); b = a * 2; b.backward(); c = a + 1; c.backward(); d = c * b; d.backward()",
)


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


def expect_program(submission, reference, program):
    """Both answer alike for every node of a program."""
    _expect_nodes(submission.probe(run, program), reference.probe(run, program))


example("Value")
double_precision("Value", programs(zero=False, forms=ARITHMETIC), probe=run)


@check("Value", "matches the reference", value=True, first=ONE_GRAPH)
@given(program=programs())
def test_value_value(submission, reference, program):
    expect_program(submission, reference, program)


@check("Value", "is right for a single backward", value=True, weight=3, examples=30)
@given(program=programs(zero=False, forms=ARITHMETIC))
def test_value_single(submission, reference, program):
    expect_program(submission, reference, program)


@check(
    "Value", "is right where no node is used twice", value=True, weight=2, examples=25, first=DEEP
)
@given(program=programs(reuse=False, zero=False))
def test_value_tree(submission, reference, program):
    expect_program(submission, reference, program)


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


@check("Value", "the example of a second graph", practice=True)
def test_value_second_graph(submission):
    lines = ["a = Value(2.0)", "u = a * 3", "u.backward()", "y = u * 5", "y.backward()"]
    got = submission.probe(run, lines)
    expect_close(got["u.grad"], 6.0, "u.grad after u.backward() and y.backward()")
    expect_close(got["a.grad"], 18.0, "a.grad after u.backward() and y.backward()")


@check("Value", "a new graph adds its own derivative to old nodes", examples=10, first=NEXT_GRAPHS)
@given(program=programs(most_backwards=2, zero=False, forms=ARITHMETIC))
def test_value_grows(submission, reference, program):
    expect_program(submission, reference, program)
