"""Checks of recurrent networks."""

from itertools import permutations

import numpy as np

from grader.checks import (
    Fill,
    as_parts,
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

FIRST_STEPS = [(2, 3, 4), (2, 3, 3), (3, 3, 2), (3, 2, 3), (2, 2, 2), (1, 1, 1)]
"""Sizes N, D, H that are tried whatever is drawn: all apart, each two of them alike, all alike."""

FIRST_SEQUENCES = [
    *((3, 2, 4, 5), (2, 2, 2, 2), (3, 3, 2, 4), (4, 2, 3, 3)),
    *((2, 3, 3, 4), (3, 2, 4, 2), (3, 2, 3, 4), (3, 2, 4, 3)),
]
"""Sizes T, N, D, H: likewise."""

FIRST_RECIPES = [
    *(("normal", 1.0, "C", 0), ("normal", 1.0, "F", 1), ("normal", 1.0, "S", 2)),
    *(("normal", 1.0, "C", 3), ("integers", 1.0, "C", 4), ("normal", 1.0, "C", 5)),
    *(("integers", 1.0, "F", 6), ("normal", 1.0, "C", 7)),
]

FIRST_TABLES = [
    *(((2, 3), 5, 4), ((3, 3), 3, 3), ((4,), 4, 4), ((2, 2), 4, 2), ((), 2, 3), ((2, 2, 2), 2, 2)),
]
"""Shapes of tokens, sizes of the vocabulary and of a vector: likewise, square tables among them."""

SENTENCES = [(2,), (1,), (4,), (2, 3), (5, 2), (1, 4), (), (2, 1, 3), (3, 4, 2), (2, 5, 1)]
"""Shapes of token arrays."""

STEPS = [(1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2), (2, 3, 3), (3, 2, 2)]
STEPS += sorted(permutations(range(1, 6), 3), key=sum)
"""Sizes N, D, H: a few with ones and with D = H, and many that all differ."""

SEQUENCES = [(1, 1, 1, 1), (2, 1, 1, 1), (3, 1, 1, 1), (2, 1, 2, 1), (2, 1, 1, 2), (3, 2, 4, 4)]
SEQUENCES += sorted(permutations(range(1, 6), 4), key=sum)
"""Sizes T, N, D, H: likewise."""

RATIOS = (0.5, None, 2.0, 0.3, 1.0001, 0.9999, 5.0, 1.0, 0.0, 0.01, None)
"""Thresholds of clipping, as multiples of the gradients' norm; None: the norm is zero."""

RNN_GRADIENTS = ("dxs", "dh0", "dW_ih", "dW_hh", "db_ih", "db_hh")
LSTM_GRADIENTS = ("dx", "dh_prev", "dc_prev", "dW_ih", "dW_hh", "db_ih", "db_hh")


def wide(fill, *shape):
    """Numbers at the drawn scale."""
    return fill(*shape)


def moderate(fill, *shape):
    """Numbers of size about one whatever the recipe, quarters where it is a simple one."""
    if fill.kind == "normal":
        return fill.uniform(-1, 1, *shape)
    return fill.rng.integers(-4, 5, shape) / 4


def upstream(fill, *shape):
    """A gradient from above: informative whatever the inputs are, and sometimes large."""
    gradient = moderate(fill, *shape)
    gradient *= fill.rng.choice([1.0, 1.0, 1.0, 30.0])
    return gradient


def parameters(fill, gates, d, h):
    """W_ih, W_hh, b_ih, b_hh of a cell with that many blocks; only large inputs saturate it."""
    shapes = (gates * h, d), (gates * h, h), (gates * h,), (gates * h,)
    return [moderate(fill, *shape) for shape in shapes]


def rnn_step(fill, n, d, h, numbers=wide, gates=1):
    """x, h, W_ih, W_hh, b_ih, b_hh"""
    return [numbers(fill, n, d), numbers(fill, n, h), *parameters(fill, gates, d, h)]


def lstm_step(fill, n, d, h, numbers=wide):
    """x, h, c, W_ih, W_hh, b_ih, b_hh"""
    states = [numbers(fill, n, h), numbers(fill, n, h)]
    return [numbers(fill, n, d), *states, *parameters(fill, 4, d, h)]


def lstm_step_with_gradients(fill, n, d, h, numbers=wide):
    """dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh"""
    return [upstream(fill, n, h), upstream(fill, n, h), *lstm_step(fill, n, d, h, numbers)]


def rnn_sequence(fill, t, n, d, h, numbers=wide):
    """xs, h0, W_ih, W_hh, b_ih, b_hh"""
    return [numbers(fill, t, n, d), numbers(fill, n, h), *parameters(fill, 1, d, h)]


def rnn_sequence_with_gradient(fill, t, n, d, h, numbers=wide):
    """dhs, xs, h0, W_ih, W_hh, b_ih, b_hh"""
    return [upstream(fill, t, n, h), *rnn_sequence(fill, t, n, d, h, numbers)]


def lstm_sequence(fill, t, n, d, h, numbers=wide):
    """xs, h0, c0, W_ih, W_hh, b_ih, b_hh"""
    states = [numbers(fill, n, h), numbers(fill, n, h)]
    return [numbers(fill, t, n, d), *states, *parameters(fill, 4, d, h)]


FILLS = fills()
STEP = st.tuples(FILLS, st.sampled_from(STEPS))
SEQUENCE = st.tuples(FILLS, st.sampled_from(SEQUENCES))


def drawn(sizes_and_fill, make, **fixed):
    """The strategy that makes its arrays for a drawn fill and drawn sizes."""
    return sizes_and_fill.map(lambda pair: tuple(make(pair[0], *pair[1], **fixed)))


def first(make, sizes, **fixed):
    """The arrays for those sizes, each filled in another way."""
    cases = zip(sizes, FIRST_RECIPES, strict=False)
    return [tuple(make(Fill(*recipe), *size, **fixed)) for size, recipe in cases]


def first_steps(make, blocks, **fixed):
    """Steps, also with a square W_ih and with as many sequences as it has rows."""
    square, as_many = (3, 2 * blocks, 2), (2 * blocks, 3, 2)
    return first(make, [*FIRST_STEPS, square, as_many], **fixed)


def with_zeros(cases, *places):
    """The same cases with zeros in those places."""

    def emptied(case):
        return [0 * array if k in places else array for k, array in enumerate(case)]

    return cases.map(emptied).map(tuple)


def of_one_step(case):
    """The same gradients for the first step alone."""
    dhs, xs, *others = case
    return dhs[:1], xs[:1], *others


def of_last_state(case):
    """The same where only the last state has a gradient."""
    dhs, *inputs = case
    last = np.zeros_like(dhs)
    last[-1] = dhs[-1]
    return last, *inputs


RNN_STEP, TAME_RNN_STEP = drawn(STEP, rnn_step), drawn(STEP, rnn_step, numbers=moderate)
GRU_STEP = drawn(STEP, rnn_step, gates=3)
TAME_GRU_STEP = drawn(STEP, rnn_step, gates=3, numbers=moderate)
LSTM_STEP, TAME_LSTM_STEP = drawn(STEP, lstm_step), drawn(STEP, lstm_step, numbers=moderate)
LSTM_GRADIENT = drawn(STEP, lstm_step_with_gradients)
TAME_LSTM_GRADIENT = drawn(STEP, lstm_step_with_gradients, numbers=moderate)
RNN_SEQUENCE = drawn(SEQUENCE, rnn_sequence)
TAME_RNN_SEQUENCE = drawn(SEQUENCE, rnn_sequence, numbers=moderate)
RNN_GRADIENT = drawn(SEQUENCE, rnn_sequence_with_gradient)
TAME_RNN_GRADIENT = drawn(SEQUENCE, rnn_sequence_with_gradient, numbers=moderate)
LSTM_SEQUENCE = drawn(SEQUENCE, lstm_sequence)
TAME_LSTM_SEQUENCE = drawn(SEQUENCE, lstm_sequence, numbers=moderate)

FIRST_RNN_STEPS = first_steps(rnn_step, 1)
FIRST_GRU_STEPS = first_steps(rnn_step, 3, gates=3)
FIRST_LSTM_STEPS = first_steps(lstm_step, 4)
FIRST_LSTM_GRADIENTS = first_steps(lstm_step_with_gradients, 4)
FIRST_RNN_SEQUENCES = first(rnn_sequence, FIRST_SEQUENCES)
FIRST_RNN_GRADIENTS = first(rnn_sequence_with_gradient, FIRST_SEQUENCES)
FIRST_LSTM_SEQUENCES = first(lstm_sequence, FIRST_SEQUENCES)


def sentences(shapes=SENTENCES):
    """Tokens that repeat, a table (at times with a row to spare), and a gradient."""

    return st.builds(sentence_of, FILLS, st.sampled_from(shapes), sizes(1, 6), sizes(1, 4))


def sentence_of(fill, shape, vocab_size, d):
    tokens = fill.labels(vocab_size, *shape)
    tokens = np.asfortranarray(tokens) if fill.layout == "F" and shape else np.asarray(tokens)
    rows = vocab_size + fill.seed % 2
    return tokens, fill(rows, d), moderate(fill, *shape, d)


def lookup(sentence):
    """The arguments of embedding."""
    tokens, table, _ = sentence
    return tokens, table


def back(sentence):
    """The arguments of embedding_backward."""
    tokens, table, dout = sentence
    return dout, tokens, len(table)


def different_tokens():
    """dout, a batch of tokens that do not repeat, vocab_size."""

    def make(fill, vocab_size, d):
        sentences = 2 if vocab_size % 2 else 1
        tokens = fill.rng.permutation(vocab_size)[1:].reshape(sentences, -1)
        return moderate(fill, *tokens.shape, d), tokens, vocab_size

    return st.builds(make, FILLS, sizes(2, 6), sizes(1, 4))


FIRST_SENTENCES = [
    sentence_of(Fill(*recipe), *sizes)
    for recipe, sizes in zip(FIRST_RECIPES, FIRST_TABLES, strict=False)
]


COUNTS = sizes(1, 4)


def gradients_and_threshold(ratios=RATIOS, scales=(1.0, 1e-3, 30.0, 1e-3), counts=COUNTS):
    """A list of gradients, and a threshold at that ratio to their norm."""

    def make(fill, count, ratio):
        shapes = [(3,), (2, 3), (1,), (2, 1, 4), (5, 2)]
        grads = [fill(*shapes[i]) for i in fill.rng.permutation(len(shapes))[:count]]
        norm = 0.0 if ratio is None else np.linalg.norm([np.linalg.norm(grad) for grad in grads])
        if norm == 0:
            return [np.zeros(grad.shape) for grad in grads], 1.5
        return grads, float(ratio * norm)

    return st.builds(make, fills(scales), counts, st.sampled_from(ratios))


def some_gradients(shapes, max_norm):
    fill = Fill(*FIRST_RECIPES[0])
    return [fill(*shape) for shape in shapes], max_norm


FIRST_GRADIENTS = [
    some_gradients([(2, 3), (4,), (2, 1, 3)], 1.0),
    some_gradients([(2, 2), (2, 2)], 0.5),
    some_gradients([(3, 3)], 100.0),
    some_gradients([(2,), (2,), (2,)], 0.0),
    ([np.array([[3.0, 0.0]]), np.array([4.0])], 5.0),
]
"""Tried whatever is drawn: arrays of one shape, which a list may hide, square ones, one array, and
the norm and 0 as thresholds."""


def slopes_along(loss, arguments, directions, h=1e-5):
    """The slope of the loss if one argument moves in its direction, for each argument."""

    def moved(k, distance):
        return loss(*arguments[:k], arguments[k] + distance * directions[k], *arguments[k + 1 :])

    return [(moved(k, h) - moved(k, -h)) / (2 * h) for k in range(len(arguments))]


def expect_slopes(gradients, loss, arguments, names, seed):
    """Raise unless every gradient predicts the slope of the loss in a random direction."""
    rng = np.random.default_rng(seed)
    directions = [rng.uniform(-1, 1, argument.shape) for argument in arguments]
    expect(len(gradients) == len(names), f"{len(names)} gradients are due", got=gradients)
    wanted = slopes_along(loss, arguments, directions)
    for gradient, direction, slope, name in zip(gradients, directions, wanted, names, strict=True):
        expect(np.shape(gradient) == direction.shape, f"{name} has another shape than its argument")
        text = f"the slope that {name} predicts is not the loss's"
        expect_close(float(np.sum(gradient * direction)), slope, text, scale=3)


def batch_of_one(arrays, n, axis):
    """The arrays for sequence n of the batch alone."""
    return [np.take(array, [n], axis=axis) for array in arrays]


example("embedding")


@check("embedding", "is the product with a one-hot matrix", practice=True, examples=8)
@given(case=sentences())
def test_embedding_one_hot(submission, case):
    tokens, table, _ = case
    one_hot = np.arange(len(table)) == tokens[..., np.newaxis]
    expect_close(submission.embedding(tokens, table), one_hot @ table)


matches(
    "embedding",
    sentences([(2, 3), (5, 2), (1, 4)]).map(lookup),
    title="is right for a batch of sentences",
    weight=2,
    examples=10,
)
matches("embedding", sentences().map(lookup), first=map(lookup, FIRST_SENTENCES))
untouched("embedding", sentences().map(lookup), first=map(lookup, FIRST_SENTENCES))
double_precision(
    "embedding", sentences().map(lookup), first=map(lookup, FIRST_SENTENCES), examples=5
)


example("embedding_backward")


@check("embedding_backward", "is the adjoint of the lookup", practice=True, examples=8)
@given(case=sentences())
def test_embedding_backward_adjoint(submission, case):
    tokens, table, dout = case
    dtable = submission.embedding_backward(dout, tokens, len(table))
    dtable = shaped(dtable, table.shape, "the answer")
    there, back = np.sum(dout * table[tokens]), np.sum(dtable * table)
    text = "dout times the lookup and the answer times the table must have one sum"
    expect_close(float(back), float(there), text, scale=float(np.abs(table).max() * dout.size))


@check("embedding_backward", "counts the tokens if every gradient is one", examples=8)
@given(case=sentences())
def test_embedding_backward_counts(submission, case):
    tokens, table, dout = case
    got = submission.embedding_backward(np.ones_like(dout), tokens, len(table))
    counts = np.bincount(tokens.ravel(), minlength=len(table)).astype(np.float64)
    expect_close(got, np.tile(counts[:, np.newaxis], table.shape[1]))


@check("embedding_backward", "leaves zero rows for tokens that do not occur", examples=8)
@given(case=sentences())
def test_embedding_backward_absent(submission, case):
    tokens, table, dout = case
    got = submission.embedding_backward(dout, tokens, len(table))
    got = shaped(got, table.shape, "the answer")
    absent = np.setdiff1d(np.arange(len(table)), tokens)
    expect(not np.any(got[absent]), "a row that was not looked up has no gradient", got=got)


matches(
    "embedding_backward",
    different_tokens(),
    title="is right where no token repeats",
    weight=2,
    examples=10,
)
matches("embedding_backward", sentences().map(back), first=map(back, FIRST_SENTENCES))
untouched("embedding_backward", sentences().map(back), first=map(back, FIRST_SENTENCES))
double_precision(
    "embedding_backward", sentences().map(back), first=map(back, FIRST_SENTENCES), examples=5
)


example("rnn_step")


@check("rnn_step", "stays between -1 and 1", practice=True, examples=8)
@given(step=RNN_STEP)
def test_rnn_step_bounded(submission, step):
    got = shaped(submission.rnn_step(*step), step[1].shape, "the answer")
    expect(np.abs(got).max() <= 1, "a tanh is never beyond -1 and 1", got=got)


@check("rnn_step", "depends on the sum of the biases only", examples=8)
@given(step=TAME_RNN_STEP)
def test_rnn_step_biases(submission, step):
    *others, b_ih, b_hh = step
    apart = submission.rnn_step(*others, b_ih, b_hh)
    together = submission.rnn_step(*others, b_ih + b_hh, np.zeros_like(b_hh))
    expect_close(apart, together, "both biases must be added")


matches(
    "rnn_step",
    with_zeros(TAME_RNN_STEP, 1),
    title="is right from a zero state",
    weight=2,
    examples=10,
)
matches("rnn_step", RNN_STEP, first=FIRST_RNN_STEPS)
untouched("rnn_step", RNN_STEP, first=FIRST_RNN_STEPS)
double_precision("rnn_step", RNN_STEP, first=FIRST_RNN_STEPS, examples=5)


example("rnn_sequence")


def states(answer, xs, h0):
    """The history of states, if it has the shape that is due."""
    return shaped(answer, (len(xs), *h0.shape), "the states")


@check("rnn_sequence", "a sequence cut in two gives the same states", practice=True, examples=8)
@given(case=TAME_RNN_SEQUENCE)
def test_rnn_sequence_cut(submission, case):
    xs, h0, *weights = case
    whole = states(submission.rnn_sequence(xs, h0, *weights), xs, h0)
    cut = (len(xs) + 1) // 2
    begin = states(submission.rnn_sequence(xs[:cut], h0, *weights), xs[:cut], h0)
    expect_close(whole[:cut], begin, "the states of the first half alone must be the same")
    if cut < len(xs):
        end = submission.rnn_sequence(xs[cut:], begin[-1], *weights)
        expect_close(whole[cut:], end, "the second half, run from the first half's last state")


@check("rnn_sequence", "does not look ahead", examples=8)
@given(case=TAME_RNN_SEQUENCE)
def test_rnn_sequence_causal(submission, case):
    xs, h0, *weights = case
    other = xs.copy()
    other[-1] += 1
    answers = [submission.rnn_sequence(inputs, h0, *weights) for inputs in (xs, other)]
    before, after = (states(answer, xs, h0) for answer in answers)
    expect_close(after[:-1], before[:-1], "the last input has changed states before it")


matches(
    "rnn_sequence",
    with_zeros(TAME_RNN_SEQUENCE, 1),
    title="is right from a zero state",
    weight=2,
    examples=10,
)
matches("rnn_sequence", RNN_SEQUENCE, first=FIRST_RNN_SEQUENCES)
untouched("rnn_sequence", RNN_SEQUENCE, first=FIRST_RNN_SEQUENCES)
double_precision("rnn_sequence", RNN_SEQUENCE, first=FIRST_RNN_SEQUENCES, examples=5)


example("rnn_sequence_backward")


@check("rnn_sequence_backward", "agrees with finite differences", practice=True, examples=10)
@given(case=TAME_RNN_GRADIENT, seed=st.integers(0, 9))
def test_rnn_sequence_backward_slopes(submission, case, seed):
    dhs, *inputs = case

    def loss(xs, h, W_ih, W_hh, b_ih, b_hh):
        total = 0.0
        for x, dh in zip(xs, dhs, strict=True):
            h = np.tanh(x @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
            total += float((h * dh).sum())
        return total

    gradients = submission.rnn_sequence_backward(dhs, *inputs)
    expect_slopes(gradients, loss, inputs, RNN_GRADIENTS, seed)


matches(
    "rnn_sequence_backward",
    TAME_RNN_GRADIENT.map(of_one_step),
    title="is right for a single step",
    names=RNN_GRADIENTS,
    weight=2,
    examples=10,
)
matches(
    "rnn_sequence_backward",
    TAME_RNN_GRADIENT.map(of_last_state),
    title="is right if only the last state has a gradient",
    names=RNN_GRADIENTS,
    weight=2,
    examples=10,
)
matches("rnn_sequence_backward", RNN_GRADIENT, names=RNN_GRADIENTS, first=FIRST_RNN_GRADIENTS)


@check("rnn_sequence_backward", "adds the weights' gradients up over the batch", examples=8)
@given(case=TAME_RNN_GRADIENT)
def test_rnn_sequence_backward_batch(submission, case):
    dhs, xs, h0, *weights = case
    together = as_parts(submission.rnn_sequence_backward(*case), RNN_GRADIENTS)[2:]
    total = [np.zeros_like(weight) for weight in weights]
    for n in range(len(h0)):
        alone = batch_of_one([dhs, xs], n, axis=1) + batch_of_one([h0], n, axis=0)
        answer = submission.rnn_sequence_backward(*alone, *weights)
        gradients = as_parts(answer, RNN_GRADIENTS)[2:]
        pairs = zip(total, gradients, RNN_GRADIENTS[2:], strict=True)
        total = [one + shaped(part, one.shape, name) for one, part, name in pairs]
    text = "the batch's gradient must be the sum of its sequences'"
    for got, expected, name in zip(together, total, RNN_GRADIENTS[2:], strict=True):
        expect_close(got, expected, f"{text}: {name}", scale=float(np.abs(dhs).sum()))


@check("rnn_sequence_backward", "grows in proportion to the upstream gradient", examples=8)
@given(case=TAME_RNN_GRADIENT)
def test_rnn_sequence_backward_linear(submission, case):
    dhs, *inputs = case
    once = as_parts(submission.rnn_sequence_backward(dhs, *inputs), RNN_GRADIENTS)
    once = [
        shaped(*named) for named in zip(once, map(np.shape, inputs), RNN_GRADIENTS, strict=True)
    ]
    often = submission.rnn_sequence_backward(100 * dhs, *inputs)
    text = "a hundred times dhs must give a hundred times the gradients"
    expect_close(often, [100 * part for part in once], text, names=RNN_GRADIENTS)


untouched("rnn_sequence_backward", RNN_GRADIENT, first=FIRST_RNN_GRADIENTS)
double_precision(
    "rnn_sequence_backward",
    RNN_GRADIENT,
    first=FIRST_RNN_GRADIENTS,
    names=RNN_GRADIENTS,
    examples=5,
)


example("lstm_step")


@check(
    "lstm_step",
    "an open forget gate and a shut input gate keep the cell",
    practice=True,
    examples=8,
)
@given(step=TAME_LSTM_STEP)
def test_lstm_step_keeps(submission, step):
    x, h, c, W_ih, W_hh, b_ih, b_hh = step
    H = h.shape[1]
    b_ih = b_ih.copy()
    b_ih[:H], b_ih[H : 2 * H] = -60, 60
    _, cell = as_parts(submission.lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh), ("h", "c"))
    expect_close(cell, c, "with i = 0 and f = 1 the cell must stay as it is")


@check("lstm_step", "the state stays between -1 and 1", examples=8)
@given(step=LSTM_STEP)
def test_lstm_step_bounded(submission, step):
    state, _ = as_parts(submission.lstm_step(*step), ("h", "c"))
    state = shaped(state, step[1].shape, "h")
    expect(np.abs(state).max() <= 1, "a gate times a tanh is never beyond -1 and 1", got=state)


@check("lstm_step", "depends on the sum of the biases only", examples=8)
@given(step=TAME_LSTM_STEP)
def test_lstm_step_biases(submission, step):
    *others, b_ih, b_hh = step
    apart = submission.lstm_step(*others, b_ih, b_hh)
    together = submission.lstm_step(*others, b_ih + b_hh, np.zeros_like(b_hh))
    expect_close(apart, together, "both biases must be added", names=("h", "c"))


matches(
    "lstm_step",
    with_zeros(TAME_LSTM_STEP, 1, 2),
    title="is right from an empty memory",
    names=("h", "c"),
    weight=2,
    examples=10,
)
matches("lstm_step", LSTM_STEP, names=("h", "c"), first=FIRST_LSTM_STEPS)
untouched("lstm_step", LSTM_STEP, first=FIRST_LSTM_STEPS)
double_precision("lstm_step", LSTM_STEP, first=FIRST_LSTM_STEPS, names=("h", "c"), examples=5)


example("lstm_step_backward")


@check("lstm_step_backward", "agrees with finite differences", practice=True, examples=10)
@given(case=TAME_LSTM_GRADIENT, seed=st.integers(0, 9))
def test_lstm_step_backward_slopes(submission, case, seed):
    dh, dc, *inputs = case

    def loss(x, h, c, W_ih, W_hh, b_ih, b_hh):
        gates = np.reshape(x @ W_ih.T + h @ W_hh.T + (b_ih + b_hh), (len(x), 4, -1))
        i, f, g, o = gates.swapaxes(0, 1)
        cell = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        return float((dh * np.tanh(cell) / (1 + np.exp(-o))).sum() + (dc * cell).sum())

    gradients = submission.lstm_step_backward(dh, dc, *inputs)
    expect_slopes(gradients, loss, inputs, LSTM_GRADIENTS, seed)


matches(
    "lstm_step_backward",
    with_zeros(TAME_LSTM_GRADIENT, 1),
    title="is right if only h has a gradient",
    names=LSTM_GRADIENTS,
    weight=2,
    examples=10,
)
matches(
    "lstm_step_backward",
    with_zeros(TAME_LSTM_GRADIENT, 0),
    title="is right if only c has a gradient",
    names=LSTM_GRADIENTS,
    weight=2,
    examples=10,
)
matches("lstm_step_backward", LSTM_GRADIENT, names=LSTM_GRADIENTS, first=FIRST_LSTM_GRADIENTS)


@check("lstm_step_backward", "adds the weights' gradients up over the batch", examples=8)
@given(case=TAME_LSTM_GRADIENT)
def test_lstm_step_backward_batch(submission, case):
    dh, dc, x, h, c, *weights = case
    together = as_parts(submission.lstm_step_backward(*case), LSTM_GRADIENTS)[3:]
    total = [np.zeros_like(weight) for weight in weights]
    for n in range(len(h)):
        alone = batch_of_one([dh, dc, x, h, c], n, axis=0)
        answer = submission.lstm_step_backward(*alone, *weights)
        gradients = zip(
            total, as_parts(answer, LSTM_GRADIENTS)[3:], LSTM_GRADIENTS[3:], strict=True
        )
        total = [one + shaped(part, one.shape, name) for one, part, name in gradients]
    text = "the batch's gradient must be the sum of its sequences'"
    for got, expected, name in zip(together, total, LSTM_GRADIENTS[3:], strict=True):
        expect_close(got, expected, f"{text}: {name}", scale=float(np.abs([dh, dc]).sum()))


untouched("lstm_step_backward", LSTM_GRADIENT, first=FIRST_LSTM_GRADIENTS)
double_precision(
    "lstm_step_backward",
    LSTM_GRADIENT,
    first=FIRST_LSTM_GRADIENTS,
    names=LSTM_GRADIENTS,
    examples=5,
)


example("lstm_sequence")


@check("lstm_sequence", "a sequence cut in two ends the same", practice=True, examples=8)
@given(case=TAME_LSTM_SEQUENCE)
def test_lstm_sequence_cut(submission, case):
    xs, h0, c0, *weights = case
    parts = "hs", "h", "c"
    hs, h, c = as_parts(submission.lstm_sequence(xs, h0, c0, *weights), parts)
    hs = states(hs, xs, h0)
    cut = (len(xs) + 1) // 2
    begin, *state = as_parts(submission.lstm_sequence(xs[:cut], h0, c0, *weights), parts)
    expect_close(hs[:cut], begin, "the states of the first half alone must be the same")
    if cut < len(xs):
        end, *state = as_parts(submission.lstm_sequence(xs[cut:], *state, *weights), parts)
        expect_close(hs[cut:], end, "the second half, run from where the first half ended")
    expect_close([h, c], state, "the whole must end as its second half", names=("h", "c"))


@check("lstm_sequence", "the last state ends the history", examples=8)
@given(case=TAME_LSTM_SEQUENCE)
def test_lstm_sequence_last(submission, case):
    hs, h, _ = as_parts(submission.lstm_sequence(*case), ("hs", "h", "c"))
    expect_close(h, states(hs, *case[:2])[-1], "h must be the last entry of hs")


matches(
    "lstm_sequence",
    with_zeros(TAME_LSTM_SEQUENCE, 1, 2),
    title="is right from an empty memory",
    names=("hs", "h", "c"),
    weight=2,
    examples=10,
)
matches("lstm_sequence", LSTM_SEQUENCE, names=("hs", "h", "c"), first=FIRST_LSTM_SEQUENCES)
untouched("lstm_sequence", LSTM_SEQUENCE, first=FIRST_LSTM_SEQUENCES)
double_precision(
    "lstm_sequence", LSTM_SEQUENCE, first=FIRST_LSTM_SEQUENCES, names=("hs", "h", "c"), examples=5
)


example("gru_step")


@check("gru_step", "keeps the old state where the update gate is one", practice=True, examples=8)
@given(step=TAME_GRU_STEP)
def test_gru_step_keeps(submission, step):
    x, h, W_ih, W_hh, b_ih, b_hh = step
    H = h.shape[1]
    b_ih = b_ih.copy()
    b_ih[H : 2 * H] = 60
    got = submission.gru_step(x, h, W_ih, W_hh, b_ih, b_hh)
    expect_close(got, h, "with z = 1 the state must stay as it is")


@check("gru_step", "a shut reset gate hides the old state from the candidate", examples=8)
@given(step=TAME_GRU_STEP)
def test_gru_step_reset(submission, step):
    x, h, W_ih, W_hh, b_ih, b_hh = step
    H = h.shape[1]
    b_ih = b_ih.copy()
    b_ih[: 2 * H] = -60
    got = submission.gru_step(x, h, W_ih, W_hh, b_ih, b_hh)
    candidate = np.tanh(x @ W_ih[2 * H :].T + b_ih[2 * H :])
    expect_close(got, candidate, "with r = 0 and z = 0 only the input's term is left")


matches(
    "gru_step",
    with_zeros(TAME_GRU_STEP, 4, 5),
    title="is right without biases",
    weight=2,
    examples=10,
)
matches("gru_step", GRU_STEP, first=FIRST_GRU_STEPS)
untouched("gru_step", GRU_STEP, first=FIRST_GRU_STEPS)
double_precision("gru_step", GRU_STEP, first=FIRST_GRU_STEPS, examples=5)


example("clip_gradients")


def clipped_like(grads, answer):
    """The gradients of an answer, if these have the shapes of the given ones."""
    clipped, _ = as_parts(answer, ("grads", "norm"))
    names = [f"grads[{number}]" for number in range(len(grads))]
    parts = zip(as_parts(clipped, names), grads, names, strict=True)
    return [shaped(part, grad.shape, name) for part, grad, name in parts]


@check("clip_gradients", "never leaves a norm above max_norm", practice=True, examples=8)
@given(case=gradients_and_threshold())
def test_clip_gradients_bounded(submission, case):
    grads, max_norm = case
    clipped = clipped_like(grads, submission.clip_gradients(grads, max_norm))
    left = float(np.sqrt(sum((grad**2).sum() for grad in clipped)))
    text = "together the returned gradients are longer than max_norm"
    expect(left <= max_norm * (1 + 1e-6), text, expected=max_norm, got=left)


@check("clip_gradients", "keeps the direction", examples=8)
@given(case=gradients_and_threshold((0.5, 0.01, 0.9)))
def test_clip_gradients_direction(submission, case):
    grads, max_norm = case
    clipped = clipped_like(grads, submission.clip_gradients(grads, max_norm))
    before, after = (np.concatenate([part.ravel() for part in parts]) for parts in (grads, clipped))
    lengths = np.linalg.norm(before), np.linalg.norm(after)
    text = "the returned gradients must point where the given ones do"
    expect_close(float(before @ after), float(lengths[0] * lengths[1]), text)
    expect(lengths[1] > 0 or lengths[0] == 0, "nothing is left of the gradients", got=clipped)


@check("clip_gradients", "returns gradients below max_norm as they came", examples=8)
@given(case=gradients_and_threshold((2.0, 1.0001, 50.0)))
def test_clip_gradients_below(submission, case):
    grads, max_norm = case
    clipped, _ = as_parts(submission.clip_gradients(grads, max_norm), ("grads", "norm"))
    expect_close(clipped, grads, "nothing is to be clipped here", scale=0.0)


@check("clip_gradients", "returns zeros as zeros", examples=8)
@given(case=gradients_and_threshold((None,)), max_norm=st.sampled_from([1.5, 0.0]))
def test_clip_gradients_zeros(submission, case, max_norm):
    grads, _ = case
    expect_close(submission.clip_gradients(grads, max_norm), (grads, 0.0), names=("grads", "norm"))


matches(
    "clip_gradients",
    gradients_and_threshold((0.5, 2.0, 0.01, 1.0001), scales=(1e3, 1e4), counts=st.just(1)),
    title="is right for a single array",
    names=("grads", "norm"),
    weight=2,
    examples=10,
)
matches("clip_gradients", gradients_and_threshold(), names=("grads", "norm"), first=FIRST_GRADIENTS)
untouched("clip_gradients", gradients_and_threshold(), first=FIRST_GRADIENTS)


double_precision("clip_gradients", gradients_and_threshold(), names=("grads", "norm"))
