"""Checks of logistic and softmax regression.

Logits come in three kinds: `ordinary` ones; `shifted` ones, where each slice along the axis is
lifted or lowered by a thousand and holds near integers; and `spread` ones, anywhere between
-1e4 and 1e4.  Losses, logarithms and gradients of such logits are compared with scale 1: where a
right answer is the small difference of two huge numbers, its last digits belong to rounding.
"""

import itertools

import numpy as np

from grader.checks import (
    ORDINARY,
    Fill,
    case,
    check,
    double_precision,
    example,
    expect,
    expect_close,
    fills,
    given,
    matches,
    shaped,
    sizes,
    st,
    untouched,
)

ALL = ("ordinary", "shifted", "spread")
HUGE = ("shifted", "spread")
PLAIN = ("ordinary",)
EITHER = ("ordinary", "huge")
GENTLE = (1.0, 2.0, 1e-3)
LEVELS = (0.0, 1000.0, -1000.0, 1500.0, -1500.0)
"""Beyond what exp can take, and not so far that float32 would lose its fourth decimal."""

SHAPES = ((2,), (2, 3), (1,), (3, 1), (4, 2), (2, 1, 3), (3, 2, 2), (3, 3))
SQUARES = ((2, 2), (3, 3), (2, 2, 2), (2, 3))
"""Equal lengths hide an exchange of axes, behind a test of the shape even from all other cases."""

SLICES = (
    *(((2,), -1), ((2, 3), -1), ((2, 3), 0), ((3,), 0), ((3, 2), 1), ((3, 3), 0), ((4, 1), 1)),
    *(((1, 4), -2), ((3, 3), -1), ((2, 3, 2), 1), ((3, 2, 2), -1), ((3, 2, 4), -2)),
    *(((2, 1, 3), 2), ((2, 3, 4), 0), ((2, 2, 3, 2), -3)),
)
EVERY_AXIS = (
    *(((3, 3), -1), ((3, 3), 0), ((2, 2, 2), 1), ((2, 2, 2), -1), ((2, 2, 2), 0)),
    *(((2, 3, 4), 1), ((2, 3, 4), -1), ((4, 3, 2), -3), ((2, 3), -2)),
)
BATCHES = ((2, 3), (1, 2), (3, 2), (2, 2), (1, 3), (4, 5), (5, 2), (3, 3), (2, 1), (6, 4))
COINCIDENCES = ((3, 3), (2, 2), (4, 4), (2, 3), (3, 2), (1, 3), (3, 1))
"""As many rows as classes, more of them and fewer, and a single one."""

SMOOTHING = (0.1, 0.5, 0.0, 1.0, 0.35)
DESIGNS = ((1, 1), (1, 2), (2, 1), (2, 3), (3, 2), (3, 3), (5, 2), (4, 5), (7, 3))
GRADIENTS = ("dw", "db")
ROWS = ((2, 3), (3, 2), (3, 3), (2, 3, 2))


def drawn(make, *choices, scales=ORDINARY):
    """Draw make(fill, *one of each of the choices): all of them at once, the first is simplest."""
    combinations = st.sampled_from(list(itertools.product(*choices)))
    return st.builds(lambda fill, chosen: make(fill, *chosen), fills(scales), combinations)


def fixed(make, *choices):
    """One case of small integers for each combination of the choices, whatever the seed."""
    combinations = enumerate(itertools.product(*choices))
    return [make(Fill("integers", 1.0, "CS"[seed % 2], seed), *one) for seed, one in combinations]


def made_huge(z, kind, fill, axis=None):
    """The same array with `shifted` or `spread` values; `axis` is what one slice runs along."""
    if kind == "shifted":
        one_each = z.shape if axis is None else z.max(axis, keepdims=True).shape
        z[...] = fill.rng.integers(-3, 4, z.shape) + fill.rng.choice(LEVELS, one_each)
    elif kind == "spread":
        z[...] = fill.rng.uniform(-1e4, 1e4, z.shape).round()
    return z


def probabilities_like(fill, *shape):
    """Targets in [0, 1]: all of them 0 or 1, or with one decimal."""
    targets = fill.uniform(0.0, 1.0, *shape)
    return np.round(targets, int(fill.rng.integers(2)), out=targets)


def any_logits(fill, kind, shape):
    """Logits of any shape, where every entry stands for itself."""
    z = made_huge(fill(*shape), kind, fill)
    if fill.rng.integers(4) == 0:
        z[..., -1] = 0.0  # neither positive nor negative
    return z


def logits_and_targets(fill, kind, shape):
    """Logits of any shape and a target probability for each."""
    return made_huge(fill(*shape), kind, fill), probabilities_like(fill, *shape)


def logits_and_axis(fill, kind, shape_and_axis):
    """Logits of rank 1 to 4 and one of their axes; the last one is not named."""
    shape, axis = shape_and_axis
    z = made_huge(fill(*shape), kind, fill, axis)
    return case(z) if axis == -1 else case(z, axis=axis)


def rows_of_logits(fill, kind, shape):
    """A batch of logits (N, C); the first row is never shifted, so that the mean has all digits."""
    z = made_huge(fill(*shape), kind, fill, 1)
    if kind == "shifted":
        z[0] = fill(shape[1])
    return z


def logits_and_labels(fill, kind, shape):
    """A batch of logits (N, C) and the label of each row."""
    return rows_of_logits(fill, kind, shape), fill.labels(shape[1], shape[0])


def logits_labels_and_smoothing(fill, kind, smoothing, shape):
    """A batch of logits (N, C), the label of each row and an amount of smoothing."""
    return *logits_and_labels(fill, kind, shape), smoothing


def in_binary(values, digits):
    """Round to so many binary digits of the largest: few of them are exact in float32.

    Single precision would lose whole decimals of a logit near 9000 otherwise.
    """
    largest = np.abs(values).max()
    unit = 2.0 ** (np.ceil(np.log2(largest)) - digits) if largest else 1.0
    values[...] = np.round(values / unit) * unit


def regression_problem(fill, kind, shape):
    """X, y, w and b of a logistic regression; huge ones have logits near ±9000."""
    n, d = shape
    X, w, b = fill(n, d), fill(d), 0.25 * float(fill.rng.integers(-4, 5))
    if kind == "huge":
        b = float(fill.rng.integers(-500, 501))
        in_binary(X, 4)
        w *= 9000 / max(np.abs(X @ w).max(), 1.0)
        in_binary(w, 8)
    return X, probabilities_like(fill, n), w, b


def gradient_and_probabilities(fill, shape):
    """An upstream gradient, and probabilities along the last axis, some of them 0 or 1."""
    dout, p = fill(*shape), fill(*shape)
    p[...] = fill.rng.integers(0, 5, shape)
    p[..., 0] += 1.0
    p /= p.sum(axis=-1, keepdims=True)
    return dout, p


def largest(dout, p):
    """The size of what cancels in the gradient for the logits."""
    return float(np.abs(dout).max())


def at_most_one(X, *_):
    """The size of what cancels in dw and db."""
    return min(1.0, float(np.abs(X).max()))


def numpy_warnings(module, name, far_up, far_down, named):
    """call the function on both inputs and note what NumPy, as it is set by default, warns of"""
    import warnings

    kinds, noted = ("divide by zero", "overflow", "invalid value"), []
    for arguments in (far_up, far_down):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
                getattr(module, name)(*arguments, **named)
        said = [str(entry.message) for entry in caught]
        noted.append({kind: any(kind in text for text in said) for kind in kinds})
    return noted


def expect_no_warnings(submission, name, z, *others, **named):
    """Raise Mismatch if NumPy warns while the function computes: far above 0, or far below."""
    far_up, far_down = (np.abs(z), *others), (-np.abs(z), *others)
    expect_silence(submission.probe(numpy_warnings, name, far_up, far_down, named))


def expect_silence(noted):
    """Raise Mismatch if NumPy has warned of anything."""
    kinds = sorted({kind for seen in noted for kind in seen if seen[kind]})
    warned = ", ".join(kinds)
    expect(not kinds, f"NumPy warned: {warned}", expected="no warning", got=warned)


example("sigmoid")
matches(
    "sigmoid",
    drawn(any_logits, ALL, SHAPES),
    # One sign at a time: exp(z) and exp(−z) each overflow for one of them.
    first=[np.array([800.0, 0.5]), np.array([-800.0, 0.5]), *fixed(any_logits, ALL, SQUARES)],
)
matches(
    "sigmoid",
    drawn(any_logits, PLAIN, SHAPES, scales=GENTLE),
    title="is right for ordinary logits",
    weight=3,
    examples=12,
)


@check("sigmoid", "is right for huge logits", value=True, weight=2, examples=10)
@given(z=drawn(any_logits, HUGE, SHAPES))
def test_sigmoid_huge(submission, reference, z):
    z[..., 0] = 0.5  # a step from 0 to 1 is not enough
    expect_close(submission.sigmoid(z), reference.sigmoid(z))


@check("sigmoid", "the sigmoid of −z is what is missing to one", practice=True, examples=8)
@given(z=drawn(any_logits, PLAIN, SHAPES))
def test_sigmoid_symmetry(submission, z):
    total = shaped(submission.sigmoid(z), z.shape, "sigmoid(z)") + shaped(
        submission.sigmoid(-z), z.shape, "sigmoid(-z)"
    )
    expect_close(total, np.ones(z.shape), "sigmoid(z) + sigmoid(−z) must be 1")


@check("sigmoid", "needs no warning for huge logits", examples=6)
@given(z=drawn(any_logits, HUGE, SHAPES))
def test_sigmoid_warnings(submission, z):
    expect_no_warnings(submission, "sigmoid", z)


double_precision("sigmoid", drawn(any_logits, PLAIN, SHAPES))
untouched(
    "sigmoid",
    drawn(any_logits, ALL, SHAPES),
    title="leaves its input alone",
    first=fixed(any_logits, ALL, SQUARES),
)


example("binary_cross_entropy")
matches(
    "binary_cross_entropy",
    drawn(logits_and_targets, ALL, SHAPES),
    scale=1.0,
    first=fixed(logits_and_targets, ALL, SQUARES),
)
matches(
    "binary_cross_entropy",
    drawn(logits_and_targets, PLAIN, SHAPES, scales=GENTLE),
    title="is right for ordinary logits",
    weight=3,
    examples=12,
)
matches(
    "binary_cross_entropy",
    drawn(logits_and_targets, HUGE, SHAPES),
    title="is right for huge logits",
    scale=1.0,
    weight=2,
    examples=10,
)


@check("binary_cross_entropy", "undecided predictions cost log 2", practice=True, examples=8)
@given(shape=st.sampled_from(SHAPES), fill=fills())
def test_binary_cross_entropy_undecided(submission, shape, fill):
    got = submission.binary_cross_entropy(np.zeros(shape), probabilities_like(fill, *shape))
    expect_close(got, np.log(2.0), "where σ(z) is ½, every target costs log 2")


@check("binary_cross_entropy", "an uncertain target mixes two losses", practice=True, examples=8)
@given(shape=st.sampled_from(SHAPES), tenths=st.integers(1, 9), fill=fills())
def test_binary_cross_entropy_mixes(submission, shape, tenths, fill):
    z, t = fill(*shape), tenths / 10
    yes = shaped(submission.binary_cross_entropy(z, np.ones(shape)), (), "binary_cross_entropy")
    no = shaped(submission.binary_cross_entropy(z, np.zeros(shape)), (), "binary_cross_entropy")
    got = submission.binary_cross_entropy(z, np.full(shape, t))
    expect_close(got, float(t * yes + (1 - t) * no), "targets may lie between 0 and 1", scale=1.0)


@check("binary_cross_entropy", "needs no warning for huge logits", examples=6)
@given(inputs=drawn(logits_and_targets, HUGE, SHAPES))
def test_binary_cross_entropy_warnings(submission, inputs):
    expect_no_warnings(submission, "binary_cross_entropy", *inputs)


double_precision("binary_cross_entropy", drawn(logits_and_targets, PLAIN, SHAPES))
untouched(
    "binary_cross_entropy",
    drawn(logits_and_targets, ALL, SHAPES),
    first=fixed(logits_and_targets, ALL, SQUARES),
)


example("logistic_gradient")
matches(
    "logistic_gradient",
    drawn(regression_problem, EITHER, DESIGNS),
    names=GRADIENTS,
    scale=at_most_one,
    first=fixed(regression_problem, EITHER, COINCIDENCES),
)
matches(
    "logistic_gradient",
    drawn(regression_problem, PLAIN, DESIGNS, scales=GENTLE),
    title="is right for ordinary logits",
    names=GRADIENTS,
    weight=3,
    examples=12,
)
matches(
    "logistic_gradient",
    drawn(regression_problem, ("huge",), DESIGNS),
    title="is right for huge logits",
    names=GRADIENTS,
    scale=at_most_one,
    weight=2,
    examples=10,
)


@check("logistic_gradient", "a feature that is always 1 is a bias", practice=True, examples=8)
@given(design=st.sampled_from(DESIGNS), fill=fills(GENTLE))
def test_logistic_gradient_bias(submission, design, fill):
    X, w, y = fill(*design), fill(design[1]), probabilities_like(fill, design[0])
    X[:, 0] = 1.0
    dw, db = submission.logistic_gradient(X, y, w, fill.number())
    due = float(shaped(dw, w.shape, "dw")[0])
    expect_close(db, due, "a column of ones must get the gradient of the bias")


@check("logistic_gradient", "repeating the data changes nothing", practice=True, examples=8)
@given(inputs=drawn(regression_problem, PLAIN, DESIGNS))
def test_logistic_gradient_twice(submission, inputs):
    X, y, w, b = inputs
    dw, db = submission.logistic_gradient(X, y, w, b)
    twice = submission.logistic_gradient(np.concatenate([X, X]), np.concatenate([y, y]), w, b)
    expect_close(twice, (dw, db), "the loss is a mean", names=GRADIENTS, scale=1.0)


@check("logistic_gradient", "needs no warning for huge logits", examples=6)
@given(inputs=drawn(regression_problem, ("huge",), DESIGNS))
def test_logistic_gradient_warnings(submission, inputs):
    X, y, w, b = inputs
    far_down = (X, y, -w, -b)
    expect_silence(submission.probe(numpy_warnings, "logistic_gradient", inputs, far_down, {}))


double_precision("logistic_gradient", drawn(regression_problem, PLAIN, DESIGNS), names=GRADIENTS)
untouched(
    "logistic_gradient",
    drawn(regression_problem, EITHER, DESIGNS),
    first=fixed(regression_problem, EITHER, COINCIDENCES),
)


example("logsumexp")
matches(
    "logsumexp",
    drawn(logits_and_axis, ALL, SLICES),
    scale=1.0,
    first=fixed(logits_and_axis, PLAIN, EVERY_AXIS),
)
matches(
    "logsumexp",
    drawn(logits_and_axis, PLAIN, SLICES, scales=GENTLE),
    title="is right for ordinary logits",
    weight=3,
    examples=12,
)
matches(
    "logsumexp",
    drawn(rows_of_logits, HUGE, BATCHES),
    title="is right for huge logits",
    scale=1.0,
    weight=2,
    examples=10,
)


@check("logsumexp", "lies just above the maximum", practice=True, examples=8)
@given(z=drawn(rows_of_logits, PLAIN, BATCHES))
def test_logsumexp_bounds(submission, z):
    above = shaped(submission.logsumexp(z), z.shape[:1], "logsumexp(z)") - z.max(axis=1)
    slack = 1e-6 * (1 + np.abs(z).max())
    message = "the answer lies between the maximum and the maximum + log C"
    inside = (above > -slack) & (above < np.log(z.shape[1]) + slack)
    expect(inside.all(), message, got=above)


@check("logsumexp", "adding a constant to z adds it to the answer", practice=True, examples=8)
@given(
    z=drawn(rows_of_logits, PLAIN, BATCHES),
    axis=st.sampled_from((-1, 0, 1, -2)),
    constant=st.sampled_from((1.0, -50.0, 1000.0, -1000.0)),
)
def test_logsumexp_shift(submission, z, axis, constant):
    due = (
        shaped(
            submission.logsumexp(z, axis),
            tuple(np.delete(z.shape, axis).tolist()),
            "logsumexp(z, axis)",
        )
        + constant
    )
    expect_close(submission.logsumexp(z + constant, axis), due, f"{constant:g} was added to z")


@check("logsumexp", "needs no warning for huge logits", examples=6)
@given(inputs=drawn(logits_and_axis, HUGE, SLICES))
def test_logsumexp_warnings(submission, inputs):
    expect_no_warnings(submission, "logsumexp", *inputs.positional, **inputs.keywords)


double_precision("logsumexp", drawn(logits_and_axis, PLAIN, SLICES))
untouched(
    "logsumexp",
    drawn(logits_and_axis, ALL, SLICES),
    title="leaves its input alone",
    first=fixed(logits_and_axis, ALL, EVERY_AXIS),
)


example("softmax")
matches(
    "softmax",
    drawn(logits_and_axis, ALL, SLICES),
    first=fixed(logits_and_axis, PLAIN, EVERY_AXIS),
)
matches(
    "softmax",
    drawn(logits_and_axis, PLAIN, SLICES, scales=GENTLE),
    title="is right for ordinary logits",
    weight=3,
    examples=12,
)
matches(
    "softmax",
    drawn(rows_of_logits, HUGE, BATCHES),
    title="is right for huge logits",
    weight=2,
    examples=10,
)


@check("softmax", "each row sums to one", practice=True, examples=8)
@given(z=drawn(rows_of_logits, PLAIN, BATCHES))
def test_softmax_sums_to_one(submission, z):
    rows = shaped(submission.softmax(z), z.shape, "softmax(z)").sum(axis=-1)
    expect_close(rows, np.ones(len(z)), "each row must sum to one")


@check("softmax", "adding a constant to a row changes nothing", practice=True, examples=8)
@given(
    inputs=drawn(logits_and_labels, PLAIN, BATCHES),
    constant=st.sampled_from((1.0, -50.0, 1000.0, -1000.0)),
)
def test_softmax_shift(submission, inputs, constant):
    z, labels = inputs
    raised = z + constant * labels[:, None]
    due = shaped(submission.softmax(z), z.shape, "softmax(z)")
    expect_close(submission.softmax(raised), due, "constants were added to rows")


@check("softmax", "logits far apart give probabilities too", practice=True, examples=8)
@given(z=drawn(rows_of_logits, ("spread",), BATCHES))
def test_softmax_far_apart(submission, z):
    p = shaped(submission.softmax(z), z.shape, "softmax(z)")
    expect_close(p.sum(axis=-1), np.ones(len(z)), "each row must sum to one, whatever the logits")
    first = z.argmax(axis=-1)
    expect((p.argmax(axis=-1) == first).all(), "the largest logit gets the largest probability")


@check("softmax", "needs no warning for huge logits", examples=6)
@given(inputs=drawn(logits_and_axis, HUGE, SLICES))
def test_softmax_warnings(submission, inputs):
    expect_no_warnings(submission, "softmax", *inputs.positional, **inputs.keywords)


double_precision("softmax", drawn(logits_and_axis, PLAIN, SLICES))
untouched(
    "softmax",
    drawn(logits_and_axis, ALL, SLICES),
    title="leaves its input alone",
    first=fixed(logits_and_axis, ALL, EVERY_AXIS),
)


example("log_softmax")
matches(
    "log_softmax",
    drawn(logits_and_axis, ALL, SLICES),
    scale=1.0,
    first=fixed(logits_and_axis, PLAIN, EVERY_AXIS),
)
matches(
    "log_softmax",
    drawn(logits_and_axis, PLAIN, SLICES, scales=GENTLE),
    title="is right for ordinary logits",
    weight=3,
    examples=12,
)
matches(
    "log_softmax",
    drawn(rows_of_logits, HUGE, BATCHES),
    title="is right for huge logits",
    scale=1.0,
    weight=2,
    examples=10,
)


@check("log_softmax", "its exponentials sum to one", practice=True, examples=8)
@given(z=drawn(rows_of_logits, PLAIN, BATCHES))
def test_log_softmax_sums_to_one(submission, z):
    rows = np.exp(shaped(submission.log_softmax(z), z.shape, "log_softmax(z)")).sum(axis=-1)
    expect_close(rows, np.ones(len(z)), "the probabilities of each row must sum to one")


@check("log_softmax", "keeps the differences between logits", practice=True, examples=8)
@given(z=drawn(rows_of_logits, ALL, BATCHES))
def test_log_softmax_differences(submission, z):
    got = shaped(submission.log_softmax(z), z.shape, "log_softmax(z)")
    message = "two entries of a row differ by as much as their logits"
    expect_close(got - got[:, :1], z - z[:, :1], message, scale=1.0)


@check("log_softmax", "needs no warning for huge logits", examples=6)
@given(inputs=drawn(logits_and_axis, HUGE, SLICES))
def test_log_softmax_warnings(submission, inputs):
    expect_no_warnings(submission, "log_softmax", *inputs.positional, **inputs.keywords)


double_precision("log_softmax", drawn(logits_and_axis, PLAIN, SLICES))
untouched(
    "log_softmax",
    drawn(logits_and_axis, ALL, SLICES),
    title="leaves its input alone",
    first=fixed(logits_and_axis, ALL, EVERY_AXIS),
)


BACKWARD = ((2,), (2, 3), (3,), (3, 2), (3, 3), (1, 4), (4, 1), (2, 3, 2), (3, 2, 4), (2, 2, 1, 3))
FEWER = ((2,), (2, 3), (3, 2), (1, 4), (3, 3), (4, 1))

example("softmax_backward")
matches(
    "softmax_backward",
    drawn(gradient_and_probabilities, BACKWARD),
    scale=largest,
    first=fixed(gradient_and_probabilities, ((3, 3), (2, 2), (2, 3), (2, 2, 2), (3, 3, 3))),
)
matches(
    "softmax_backward",
    drawn(gradient_and_probabilities, ((2,), (3,), (5,))),
    title="is right for a single row",
    scale=largest,
    weight=2,
    examples=10,
)


@check("softmax_backward", "each row sums to zero", practice=True, examples=10)
@given(inputs=drawn(gradient_and_probabilities, FEWER))
def test_softmax_backward_sums_to_zero(submission, inputs):
    dout, p = inputs
    rows = shaped(submission.softmax_backward(dout, p), p.shape, "softmax_backward").sum(axis=-1)
    message = "moving all logits of a row together changes no probability"
    expect_close(rows, np.zeros(p.shape[:-1]), message, scale=largest(dout, p))


@check("softmax_backward", "a constant upstream gradient gives zero", practice=True, examples=10)
@given(inputs=drawn(gradient_and_probabilities, FEWER), constant=st.sampled_from((1.0, -2.0, 30.0)))
def test_softmax_backward_constant(submission, inputs, constant):
    _, p = inputs
    got = submission.softmax_backward(np.full(p.shape, constant), p)
    expect_close(got, np.zeros(p.shape), "the sum of a row's probabilities never moves", scale=1.0)


@check("softmax_backward", "rows know nothing of each other", examples=10)
@given(inputs=drawn(gradient_and_probabilities, ROWS))
def test_softmax_backward_rows(submission, inputs):
    dout, p = inputs
    together = shaped(submission.softmax_backward(dout, p), p.shape, "softmax_backward")
    alone = submission.softmax_backward(dout[:1], p[:1])
    message = "the first row, alone and in a batch"
    expect_close(alone, together[:1], message, scale=largest(dout, p))


double_precision("softmax_backward", drawn(gradient_and_probabilities, BACKWARD))
untouched("softmax_backward", drawn(gradient_and_probabilities, BACKWARD))


example("cross_entropy")
matches(
    "cross_entropy",
    drawn(logits_and_labels, ALL, BATCHES),
    scale=1.0,
    first=fixed(logits_and_labels, ALL, COINCIDENCES),
)
matches(
    "cross_entropy",
    drawn(logits_and_labels, PLAIN, BATCHES, scales=GENTLE),
    title="is right for ordinary logits",
    weight=3,
    examples=12,
)
matches(
    "cross_entropy",
    drawn(logits_and_labels, HUGE, BATCHES),
    title="is right for huge logits",
    scale=1.0,
    weight=2,
    examples=10,
)


@check("cross_entropy", "equal logits cost log C", practice=True, examples=8)
@given(n=sizes(), classes=sizes(), fill=fills())
def test_cross_entropy_equal(submission, n, classes, fill):
    z = np.full((n, classes), fill.number())
    got = submission.cross_entropy(z, fill.labels(classes, n))
    expect_close(got, np.log(classes), "a guess among C classes costs log C")


@check("cross_entropy", "repeating the batch changes nothing", practice=True, examples=8)
@given(inputs=drawn(logits_and_labels, PLAIN, BATCHES))
def test_cross_entropy_twice(submission, inputs):
    z, labels = inputs
    twice = submission.cross_entropy(np.concatenate([z, z]), np.concatenate([labels, labels]))
    expect_close(twice, submission.cross_entropy(z, labels), "the loss is a mean", scale=1.0)


@check("cross_entropy", "needs no warning for huge logits", examples=6)
@given(inputs=drawn(logits_and_labels, HUGE, BATCHES))
def test_cross_entropy_warnings(submission, inputs):
    expect_no_warnings(submission, "cross_entropy", *inputs)


double_precision("cross_entropy", drawn(logits_and_labels, PLAIN, BATCHES))
untouched(
    "cross_entropy",
    drawn(logits_and_labels, ALL, BATCHES),
    first=fixed(logits_and_labels, ALL, COINCIDENCES),
)


example("cross_entropy_gradient")
matches(
    "cross_entropy_gradient",
    drawn(logits_and_labels, ALL, BATCHES),
    scale=1.0,
    first=fixed(logits_and_labels, ALL, COINCIDENCES),
)
matches(
    "cross_entropy_gradient",
    drawn(logits_and_labels, PLAIN, BATCHES, scales=GENTLE),
    title="is right for ordinary logits",
    weight=3,
    examples=12,
)
matches(
    "cross_entropy_gradient",
    drawn(logits_and_labels, HUGE, BATCHES),
    title="is right for huge logits",
    scale=1.0,
    weight=2,
    examples=10,
)


@check("cross_entropy_gradient", "each row sums to zero", practice=True, examples=8)
@given(inputs=drawn(logits_and_labels, PLAIN, BATCHES))
def test_cross_entropy_gradient_sums_to_zero(submission, inputs):
    z, labels = inputs
    rows = shaped(
        submission.cross_entropy_gradient(z, labels), z.shape, "cross_entropy_gradient"
    ).sum(axis=1)
    expect_close(rows, np.zeros(len(z)), "what one probability gains the others lose", scale=1.0)


@check("cross_entropy_gradient", "only the label is pushed up", practice=True, examples=8)
@given(inputs=drawn(logits_and_labels, PLAIN, BATCHES, scales=GENTLE))
def test_cross_entropy_gradient_signs(submission, inputs):
    z, labels = inputs
    gradient = shaped(
        submission.cross_entropy_gradient(z, labels), z.shape, "cross_entropy_gradient"
    )
    others = np.arange(z.shape[1]) != labels[:, None]
    expect((gradient[others] > 0).all(), "the gradient of every other class is positive")
    expect((gradient[~others] <= 1e-9).all(), "the gradient of the label is negative")


@check("cross_entropy_gradient", "needs no warning for huge logits", examples=6)
@given(inputs=drawn(logits_and_labels, HUGE, BATCHES))
def test_cross_entropy_gradient_warnings(submission, inputs):
    expect_no_warnings(submission, "cross_entropy_gradient", *inputs)


double_precision("cross_entropy_gradient", drawn(logits_and_labels, PLAIN, BATCHES))
untouched(
    "cross_entropy_gradient",
    drawn(logits_and_labels, ALL, BATCHES),
    first=fixed(logits_and_labels, ALL, COINCIDENCES),
)


example("smoothed_cross_entropy")
matches(
    "smoothed_cross_entropy",
    drawn(logits_labels_and_smoothing, ALL, SMOOTHING, BATCHES),
    scale=1.0,
    first=fixed(logits_labels_and_smoothing, ALL, (0.0, 0.1, 1.0), COINCIDENCES[:5]),
)
matches(
    "smoothed_cross_entropy",
    drawn(logits_labels_and_smoothing, PLAIN, SMOOTHING, BATCHES, scales=GENTLE),
    title="is right for ordinary logits",
    weight=3,
    examples=16,
)
matches(
    "smoothed_cross_entropy",
    drawn(logits_labels_and_smoothing, HUGE, SMOOTHING, BATCHES),
    title="is right for huge logits",
    scale=1.0,
    weight=2,
    examples=10,
)


@check("smoothed_cross_entropy", "smoothing 0 changes nothing", value=True, weight=1, examples=10)
@given(inputs=drawn(logits_and_labels, PLAIN, BATCHES, scales=GENTLE))
def test_smoothed_cross_entropy_plain(submission, reference, inputs):
    expected = reference.cross_entropy(*inputs)
    message = "smoothing 0 is the plain cross-entropy"
    expect_close(submission.smoothed_cross_entropy(*inputs, 0.0), expected, message)


@check("smoothed_cross_entropy", "equal logits cost log C", practice=True, examples=8)
@given(shape=st.sampled_from(BATCHES), smoothing=st.sampled_from(SMOOTHING), fill=fills())
def test_smoothed_cross_entropy_equal(submission, shape, smoothing, fill):
    (n, classes), z = shape, np.full(shape, fill.number())
    got = submission.smoothed_cross_entropy(z, fill.labels(classes, n), smoothing)
    expect_close(got, np.log(classes), "the target of each row must sum to one")


@check("smoothed_cross_entropy", "full smoothing forgets the labels", practice=True, examples=8)
@given(inputs=drawn(logits_and_labels, PLAIN, BATCHES, scales=GENTLE))
def test_smoothed_cross_entropy_full(submission, inputs):
    z, labels = inputs
    other = (labels + 1) % z.shape[1]
    one = submission.smoothed_cross_entropy(z, labels, 1.0)
    two = submission.smoothed_cross_entropy(z, other, 1.0)
    expect_close(two, one, "with smoothing 1 every label costs the same")


@check("smoothed_cross_entropy", "needs no warning for huge logits", examples=6)
@given(inputs=drawn(logits_labels_and_smoothing, HUGE, SMOOTHING, BATCHES))
def test_smoothed_cross_entropy_warnings(submission, inputs):
    expect_no_warnings(submission, "smoothed_cross_entropy", *inputs)


double_precision(
    "smoothed_cross_entropy", drawn(logits_labels_and_smoothing, PLAIN, SMOOTHING, BATCHES)
)
untouched(
    "smoothed_cross_entropy",
    drawn(logits_labels_and_smoothing, ALL, SMOOTHING, BATCHES),
    first=fixed(logits_labels_and_smoothing, ALL, (0.0, 0.1), COINCIDENCES[:3]),
)
