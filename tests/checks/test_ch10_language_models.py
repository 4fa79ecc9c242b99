"""Checks of language models."""

import itertools
import math

import numpy as np
import torch

from grader.checks import (
    ORDINARY,
    as_parts,
    check,
    example,
    expect,
    expect_close,
    expect_equal,
    fills,
    function,
    given,
    matches,
    sizes,
    st,
    untouched,
)

FILLS = fills(ORDINARY)
STEADY = fills((1.0, 2.0, 0.1))  # for gradients: sums of products of everything with everything
FLOATS = ("float32", "float64")


def expect_answer(got, expected, message="", scale=None, slack=1.0):
    """Right is the dtype of the reference, and values to float32's accuracy: more is not asked.

    `slack` is how many times less exact than usual they may be.
    """
    if isinstance(expected, (tuple, list)):
        parts = as_parts(got, [f"part {i}" for i in range(len(expected))])
        for one, other in zip(parts, expected, strict=True):
            expect_answer(one, other, message, scale, slack)
        return
    if isinstance(got, torch.Tensor):
        expect_equal(str(got.dtype), str(expected.dtype), "the dtype of the answer")
        got, expected = got.float(), expected.float()
    if scale is None:
        scale = float(expected.abs().max()) if expected.numel() else 0.0
    expect_close(got, expected, message, scale=scale * slack)


def same_answer(got, expected, *_):
    """The comparison of most value checks."""
    expect_answer(got, expected)


def expect_exact(got, expected, message=""):
    """Whole numbers and masks: the dtype of the reference, and exactly its values."""
    if isinstance(got, torch.Tensor):
        expect_equal(str(got.dtype), str(expected.dtype), "the dtype of the answer")
    expect_equal(got, expected, message)


def expect_number(got, expected, message=""):
    """A float or a tensor of no axes, to float32's accuracy."""
    if isinstance(got, (int, float)) or (isinstance(got, torch.Tensor) and not got.ndim):
        got = torch.tensor(float(got), dtype=torch.float32)
    expect_close(got, torch.tensor(float(expected), dtype=torch.float32), message)


def same_number(got, expected, *_):
    """The comparison of a value check for one number."""
    expect_number(got, expected)


def tensor(fill, *shape):
    """Fill a tensor of float64 or float32, in whatever memory layout was drawn."""
    values = fill.tensor(*shape, dtype="float32" if fill.seed % 2 else "float64")
    return values if fill.layout == "C" else strided(values)


def strided(values):
    """The same tensor, every other number of a larger one."""
    return torch.stack([values, torch.zeros_like(values)], dim=-1).flatten(-2)[..., ::2]


def go_back(module, name, arguments, wanted, upstream):
    """call the function, and return the gradients of its float arguments"""
    for place in wanted:
        arguments[place] = arguments[place].requires_grad_()
    answers = getattr(module, name)(*arguments)
    answers = answers if isinstance(answers, (tuple, list)) else [answers]
    total = sum((answer * up).sum() for answer, up in zip(answers, upstream, strict=True))
    leaves = [arguments[place] for place in wanted]
    return torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True)


def expect_gradients(submission, reference, name, arguments, wanted):
    """The gradients of the arguments at these places, under random upstream gradients."""
    answers = getattr(reference, name)(*arguments)
    answers = answers if isinstance(answers, (tuple, list)) else [answers]
    noise = torch.Generator().manual_seed(arguments[0].numel())
    upstream = [torch.randn(part.shape, generator=noise, dtype=part.dtype) for part in answers]
    question = (go_back, name, list(arguments), list(wanted), upstream)
    expected = reference.probe(*question)
    scale = 1.0 + max(float(part.abs().max()) for part in expected)
    expect_answer(submission.probe(*question), expected, "a gradient is wrong", scale=scale)


# --- n-grams -------------------------------------------------------------------------------------

SHORT = [(0, 1, 2), (0, 2, 3), (1, 2, 3), (2, 3, 2), (3, 5, 2), (4, 5, 2)]  # T, n, V
LONG = [
    (1, 1, 3),
    (2, 2, 2),
    (4, 4, 2),
    (5, 2, 3),
    (6, 1, 4),
    (8, 2, 2),
    (9, 3, 3),
    (12, 2, 5),
    (15, 4, 2),
    (20, 3, 4),
    (30, 2, 3),
    (6, 5, 3),
]


@st.composite
def texts(draw, shapes=tuple(SHORT + LONG + LONG)):
    """Arguments tokens, n, vocab_size: some texts are one token, again and again."""
    (length, n, size), fill = draw(st.sampled_from(shapes)), draw(FILLS)
    reach = 1 if fill.rng.random() < 0.15 else size
    tokens = torch.from_numpy(fill.rng.integers(size - reach, size, length))
    return tokens if fill.layout == "C" else strided(tokens), n, size


example("ngram_counts")


def same_counts(got, expected, *_):
    """Counts are exact."""
    expect_exact(got, expected)


matches("ngram_counts", texts(), compare=same_counts)


LONG_TEXTS = texts(tuple(LONG))
matches(
    "ngram_counts",
    LONG_TEXTS,
    title="is right for texts of n tokens or more",
    compare=same_counts,
    weight=2,
    examples=25,
)


@check("ngram_counts", "a text of fewer than n tokens gives zeros")
@given(case=texts(tuple(SHORT)))
def test_counts_short(submission, case):
    _, n, size = case
    expect_exact(submission.ngram_counts(*case), torch.zeros((size,) * n, dtype=torch.int64))


@check("ngram_counts", "every window is counted once", practice=True)
@given(case=texts(tuple(LONG)))
def test_counts_total(submission, case):
    tokens, n, size = case
    got = submission.ngram_counts(*case)
    expect_equal(list(got.shape), [size] * n, "the axes of the table")
    expect_equal(int(got.sum()), len(tokens) - n + 1, "the sum of all counts is T − n + 1")


@check("ngram_counts", "one more token adds one to one count", practice=True)
@given(case=texts(tuple(LONG)))
def test_counts_one_more(submission, case):
    tokens, n, size = case
    before = submission.ngram_counts(*case)
    more = torch.cat([tokens, tokens[:1]])
    after = submission.ngram_counts(more, n, size)
    last = tuple(more[len(more) - n :].tolist())
    expect_equal(int(after[last] - before[last]), 1, f"what the n-gram {last} adds to its count")
    expect_equal(int((after - before).abs().sum()), 1, "what changes in all")


untouched("ngram_counts", texts())


SEEN = [(4,), (1, 1), (2, 2), (3, 3), (5, 5), (2, 2, 2), (3, 3, 3), (2, 2, 2, 2), (1,), (6, 6)]


@st.composite
def counted(draw, some_k=(0, 0, 1, 0.5, 0.01, 3), unseen=0.5):
    """Arguments counts, k: some have contexts that were never seen, some are large."""
    shape, k, fill = draw(st.sampled_from(SEEN)), draw(st.sampled_from(some_k)), draw(FILLS)
    counts = fill.rng.integers(0, fill.rng.choice([1, 2, 5, 40]), shape)
    counts *= fill.rng.choice([1, 1, 1, 1000, 10**6]) if fill.kind == "normal" else 1
    counts[..., 0] += 1
    if fill.rng.random() < unseen:
        counts[fill.rng.random(shape[:-1]) < 0.5] = 0
    counts = torch.from_numpy(np.ascontiguousarray(counts))
    return counts if fill.layout == "C" else strided(counts), k


example("ngram_probabilities")


def same_shares(got, expected, *_):
    """Probabilities, small ones too."""
    expect_answer(got, expected, scale=0.1)


matches("ngram_probabilities", counted(), compare=same_shares)
matches(
    "ngram_probabilities",
    counted(unseen=0.0),
    title="is right where every context was seen",
    compare=same_shares,
    weight=2,
    examples=25,
)


@check("ngram_probabilities", "each row sums to one", practice=True)
@given(case=counted())
def test_probabilities_rows(submission, case):
    got = submission.ngram_probabilities(*case)
    expect_equal(list(got.shape), list(case[0].shape), "the shape of the answer")
    expect_close(got.sum(dim=-1), torch.ones(got.shape[:-1]), "the sum of a row")


@check("ngram_probabilities", "with k = 0 a context never seen gives the uniform row")
@given(case=counted(some_k=(0, 0.0), unseen=1.0))
def test_probabilities_unseen(submission, case):
    counts, k = case
    got = submission.ngram_probabilities(counts, k)
    unseen = (counts.sum(dim=-1, keepdim=True) == 0).expand(counts.shape)
    uniform = torch.full((int(unseen.sum()),), 1 / counts.shape[-1])
    expect_answer(got[unseen], uniform, "the rows of contexts never seen")


def probabilities_by_default(module, counts, k, default):
    """compute under that default dtype, and look at how many bytes a number has"""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, default))
    try:
        answer = module.ngram_probabilities(counts, k)
        return [answer, answer.element_size()]
    finally:
        torch.set_default_dtype(usual)


@check("ngram_probabilities", "is in torch's default dtype", examples=8)
@given(case=counted(some_k=(1, 0.5), unseen=0.0), default=st.sampled_from(FLOATS))
def test_probabilities_dtype(submission, reference, case, default):
    got = submission.probe(probabilities_by_default, *case, default)
    expected = reference.probe(probabilities_by_default, *case, default)
    expect_equal(got[1], expected[1], "bytes per number of the answer")
    expect_answer(got[0], expected[0], scale=0.1)


untouched("ngram_probabilities", counted())


JUDGED = [(1, 1, 2), (2, 2, 3), (3, 3, 2), (5, 1, 4), (5, 2, 2), (7, 3, 3), (12, 2, 5), (9, 4, 2)]
TEXTS = [*JUDGED, (300, 1, 3), (300, 2, 4), (200, 3, 2)]  # T, n, V


@st.composite
def judged(draw, shapes=tuple(TEXTS), zeros=0.25):
    """Arguments tokens, probabilities: rows need not sum to one, zeros may be met or not."""
    (length, n, size), fill = draw(st.sampled_from(shapes)), draw(FILLS)
    if fill.kind == "normal":
        table = fill.rng.dirichlet(np.ones(size) * 0.7, (size,) * (n - 1)) + 1e-4
        table *= fill.rng.choice([1.0, 1.0, 0.5, 1e-3])
    else:
        table = fill.rng.integers(1, 8, (size,) * n) / 8.0
    tokens = fill.rng.integers(0, size, length)
    if fill.rng.random() < zeros:
        table[tuple(fill.rng.integers(0, size, n))] = 0.0
    tokens, table = torch.from_numpy(tokens), torch.from_numpy(table)
    table = table.to(torch.float32 if fill.seed % 2 else torch.float64)
    return (tokens, table) if fill.layout == "C" else (strided(tokens), strided(table))


example("perplexity")
matches("perplexity", judged(), compare=same_number)
matches(
    "perplexity",
    judged(tuple(JUDGED), zeros=0.0),
    title="is right for short texts and probabilities above 0",
    compare=same_number,
    weight=2,
    examples=25,
)


@check("perplexity", "a model that knows nothing has perplexity V", practice=True)
@given(shape=st.sampled_from(TEXTS), fill=FILLS)
def test_perplexity_uniform(submission, shape, fill):
    length, n, size = shape
    tokens = torch.from_numpy(fill.rng.integers(0, size, length))
    got = submission.perplexity(tokens, torch.full((size,) * n, 1.0 / size))
    expect_number(got, size, f"uniform guesses among {size} tokens")


@check("perplexity", "an impossible token makes it infinite")
@given(shape=st.sampled_from(TEXTS), fill=FILLS)
def test_perplexity_infinite(submission, shape, fill):
    length, n, size = shape
    tokens = torch.from_numpy(fill.rng.integers(0, size, length))
    table = torch.full((size,) * n, 0.5)
    table[tuple(tokens[length - n :].tolist())] = 0.0
    expect_number(submission.perplexity(tokens, table), math.inf, "the last token has p = 0")


@check("perplexity", "is finite for 300 tokens", practice=True, examples=8)
@given(n=sizes(1, 2), p=st.sampled_from([0.5, 0.1, 0.01]))
def test_perplexity_long(submission, n, p):
    tokens = torch.arange(300) % 3
    got = submission.perplexity(tokens, torch.full((3,) * n, p))
    expect_number(got, 1 / p, f"every token has probability {p}")


untouched("perplexity", judged())


# --- word vectors --------------------------------------------------------------------------------

PAIRS = [(1, 1, 2), (2, 1, 3), (1, 3, 2), (3, 2, 1), (2, 3, 4), (4, 3, 2), (3, 3, 3), (5, 2, 6)]
# B, K, D


@st.composite
def word_vectors(draw, filled=FILLS, extreme=0.4, moved=0.0):
    """Arguments center, context, negatives: some scores are ±10000, all in one coordinate.

    Entries that are all moved by so much leave no score at 0, where |z| has no derivative.
    """
    (batch, drawn, width), fill = draw(st.sampled_from(PAIRS)), draw(filled)
    shapes = [(batch, width), (batch, width), (batch, drawn, width)]
    vectors = [tensor(fill, *shape) + moved for shape in shapes]
    if fill.rng.random() < extreme:
        place = int(fill.rng.integers(width))
        for part in vectors:
            signs = torch.from_numpy(fill.rng.choice([-100.0, 100.0], part.shape[:-1]))
            part.zero_()
            part[..., place] = signs
    return tuple(vectors)


example("negative_sampling_loss")
matches("negative_sampling_loss", word_vectors(), compare=same_answer)
matches(
    "negative_sampling_loss",
    word_vectors(STEADY, extreme=0.0),
    title="is right for ordinary vectors",
    compare=same_answer,
    weight=2,
    examples=25,
)


@check("negative_sampling_loss", "K + 1 questions without a clue cost log 2 each", practice=True)
@given(shape=st.sampled_from(PAIRS), fill=STEADY)
def test_sampling_clueless(submission, shape, fill):
    batch, drawn, width = shape
    vectors = [fill.tensor(batch, width).float(), fill.tensor(batch, drawn, width).float()]
    got = submission.negative_sampling_loss(torch.zeros(batch, width), *vectors)
    expect_answer(got, torch.tensor((drawn + 1) * math.log(2)), "all scores are 0")


@check("negative_sampling_loss", "a score of 10000 on the wrong side costs 10000", practice=True)
@given(batch=sizes(1, 3), drawn=sizes(1, 3), sign=st.sampled_from([-1.0, 1.0]))
def test_sampling_extreme(submission, batch, drawn, sign):
    vector = torch.full((batch, 2), 100.0) * torch.tensor([1.0, 0.0])
    negatives = (sign * vector)[:, None].repeat(1, drawn, 1)
    got = submission.negative_sampling_loss(vector, sign * vector, negatives)
    cost = 10000.0 * (drawn if sign > 0 else 1)
    expect_answer(got, torch.tensor(cost), f"all scores are {10000 * sign}")


@check("negative_sampling_loss", "gradients reach all three, and none is NaN", weight=2)
@given(case=word_vectors(STEADY, extreme=0.3, moved=0.37))
def test_sampling_gradients(submission, reference, case):
    expect_gradients(submission, reference, "negative_sampling_loss", case, (0, 1, 2))


untouched("negative_sampling_loss", word_vectors())


# --- the neural model ----------------------------------------------------------------------------

MODELS = st.sampled_from(
    [  # B, V, context, E, H
        (1, 2, 1, 1, 1),
        (2, 3, 2, 1, 4),
        (3, 4, 2, 3, 1),
        (2, 5, 3, 2, 4),
        (4, 3, 3, 2, 5),
        (3, 3, 3, 3, 3),
        (2, 4, 1, 3, 2),
        (5, 2, 4, 2, 3),
    ]
)


@st.composite
def models(draw, filled=STEADY):
    """Sizes of a model, its weights by name, and tokens (B, context)."""
    (batch, size, context, width, hidden), fill = draw(MODELS), draw(filled)
    shapes = shapes_of_model(size, context, width, hidden)
    state = {name: tensor(fill, *shape).contiguous() for name, shape in shapes.items()}
    tokens = torch.from_numpy(fill.rng.integers(0, size, (batch, context)))
    tokens = tokens if fill.layout == "C" else strided(tokens)
    return {"sizes": [size, context, width, hidden], "state": state}, tokens


def shapes_of_model(size, context, width, hidden):
    """Names in state_dict(), and the shape that each must have."""
    return {
        "embed.weight": [size, width],
        "hidden.weight": [hidden, context * width],
        "hidden.bias": [hidden],
        "output.weight": [size, hidden],
        "output.bias": [size],
        "direct.weight": [size, context * width],
    }


def load_and_guess(module, model, tokens):
    """build the model, load these weights, return the logits"""
    torch.default_generator.manual_seed(0)
    net = module.NNLM(*model["sizes"])
    net.to(model["state"]["embed.weight"].dtype).load_state_dict(model["state"])
    return net(tokens)


example("NNLM")


@check("NNLM", "matches the reference", value=True)
@given(case=models())
def test_nnlm_value(submission, reference, case):
    got = submission.probe(load_and_guess, *case)
    expect_answer(got, reference.probe(load_and_guess, *case))


@check("NNLM", "is right for a context of one token", value=True, weight=2, examples=20)
@given(case=models(), place=sizes(0, 3))
def test_nnlm_single(submission, reference, case, place):
    model, tokens = case
    size, context, width, hidden = model["sizes"]
    cut = {
        name: part[:, :width] if name in ("hidden.weight", "direct.weight") else part
        for name, part in model["state"].items()
    }
    single = {"sizes": [size, 1, width, hidden], "state": cut}
    column = tokens[:, place % context][:, None]
    got = submission.probe(load_and_guess, single, column)
    expect_answer(got, reference.probe(load_and_guess, single, column))


def names_and_shapes(module, size, context, width, hidden):
    """build the model, and return names and shapes of its weights"""
    net = module.NNLM(vocab_size=size, context=context, embed_dim=width, hidden_dim=hidden)
    return {name: list(part.shape) for name, part in net.state_dict().items()}


@check("NNLM", "has the four submodules and nothing else", practice=True)
@given(size=sizes(2, 4), context=sizes(1, 3), width=sizes(1, 3), hidden=sizes(1, 3))
def test_nnlm_names(submission, size, context, width, hidden):
    got = submission.probe(names_and_shapes, size, context, width, hidden)
    expected = shapes_of_model(size, context, width, hidden)
    expect_equal(sorted(got), sorted(expected), "the names in state_dict()")
    for name, shape in expected.items():
        expect_equal(got[name], shape, f"the shape of {name}")


@check("NNLM", "without its hidden layer it is linear in the words", practice=True)
@given(case=models())
def test_nnlm_linear(submission, case):
    model, tokens = case
    state, context = dict(model["state"]), model["sizes"][1]
    for name in ("output.weight", "output.bias"):
        state[name] = torch.zeros_like(state[name])
    got = submission.probe(load_and_guess, {**model, "state": state}, tokens)
    words = torch.cat([state["embed.weight"][tokens[:, i]] for i in range(context)], dim=1)
    expect_answer(got, words @ state["direct.weight"].T, "what is left is direct(x)")


def load_and_go_back(module, model, tokens, upstream):
    """load these weights, and return the gradients of all of them in order of their names"""
    torch.default_generator.manual_seed(0)
    net = module.NNLM(*model["sizes"])
    net.to(upstream.dtype).load_state_dict(model["state"])
    named = dict(net.named_parameters())
    wanted = [named[name] for name in sorted(named)]
    total = (net(tokens) * upstream).sum()
    return torch.autograd.grad(total, wanted, allow_unused=True, materialize_grads=True)


@check("NNLM", "gradients reach every weight")
@given(case=models())
def test_nnlm_gradients(submission, reference, case):
    model, tokens = case
    noise = torch.Generator().manual_seed(tokens.numel())
    shape, dtype = (len(tokens), model["sizes"][0]), model["state"]["embed.weight"].dtype
    upstream = torch.randn(shape, generator=noise, dtype=dtype)
    expected = reference.probe(load_and_go_back, model, tokens, upstream)
    got = submission.probe(load_and_go_back, model, tokens, upstream)
    scale = 1.0 + max(float(part.abs().max()) for part in expected)
    expect_answer(got, expected, "a gradient is wrong", scale=scale)


def guess_again_and_again(module, model, tokens):
    """guess for other tokens, then in training, in evaluation, in a copy"""
    import copy

    torch.default_generator.manual_seed(0)
    net = module.NNLM(*model["sizes"])
    net.to(model["state"]["embed.weight"].dtype).load_state_dict(model["state"])
    net(tokens.flip(0)[:1])
    return [net.train()(tokens), net.eval()(tokens), copy.deepcopy(net)(tokens), tokens]


@check("NNLM", "answers alike in training, in evaluation and in a copy, and keeps the tokens")
@given(case=models())
def test_nnlm_again(submission, reference, case):
    expected = reference.probe(load_and_guess, *case)
    *got, tokens = submission.probe(guess_again_and_again, *case)
    expect_answer(got, [expected] * 3)
    expect_equal(tokens, case[1], "the tokens after the call")


# --- attention -----------------------------------------------------------------------------------

ATTENTIONS = st.sampled_from(
    [  # B, S, D_q, D_k, A
        (1, 1, 1, 1, 1),
        (1, 3, 2, 4, 3),
        (2, 3, 4, 1, 5),
        (3, 2, 1, 4, 2),
        (2, 5, 3, 2, 4),
        (4, 3, 2, 5, 2),
        (3, 4, 5, 2, 6),
        (3, 3, 3, 3, 3),
        (2, 4, 3, 4, 4),
    ]
)
NO_MASK, SOME, DEAD_ROWS = "none", "some", "dead rows"
MASKS = st.sampled_from([NO_MASK, SOME, DEAD_ROWS])
LARGEST_SCORE = 20.0
"""Scores beyond this, drawn at random, would ask more of a softmax than float32 can give."""


@st.composite
def alignments(draw, masks=MASKS, filled=FILLS, largest=LARGEST_SCORE):
    """Arguments query, keys, W_q, W_k, v, mask, most often with no two axes alike."""
    (batch, length, d_q, d_k, width), fill = draw(ATTENTIONS), draw(filled)
    kind = draw(masks)
    query, keys = tensor(fill, batch, d_q), tensor(fill, batch, length, d_k)
    # Sums of about 1, wherever the scale is: most of tanh is flat.
    W_q = tensor(fill, width, d_q) / max(float(query.abs().max()), 1.0) / fill.scale
    W_k = tensor(fill, width, d_k) / max(float(keys.abs().max()), 1.0) / fill.scale
    v = tensor(fill, width)
    v = v * min(1.0, largest / max(float(v.abs().sum()), 1.0))
    mask = None if kind == NO_MASK else torch.from_numpy(fill.rng.random((batch, length)) < 0.6)
    if kind == SOME:
        mask[:, int(fill.rng.integers(length))] = True
    if kind == DEAD_ROWS:
        mask[int(fill.rng.integers(batch))] = False
    return query, keys, W_q, W_k, v, mask


@st.composite
def overflowing(draw):
    """Scores of ±10000: one column of v says so, and tanh is flat there, equal for equal keys."""
    (batch, length, d_q, d_k, width), fill = draw(ATTENTIONS), draw(STEADY)
    keys = torch.from_numpy(fill.rng.choice([-30.0, 30.0], (batch, length, 1))).repeat(1, 1, d_k)
    W_k, v = torch.ones(width, d_k, dtype=torch.float64), torch.zeros(width, dtype=torch.float64)
    v[-1] = 1e4 * fill.rng.choice([-1.0, 1.0])
    mask = torch.from_numpy(fill.rng.random((batch, length)) < 0.7)
    query, W_q = torch.zeros(batch, d_q, dtype=torch.float64), torch.zeros(width, d_q)
    return query, keys, W_q.double(), W_k, v, mask


example("additive_attention")


def same_context(got, expected, *_):
    """A softmax of scores, which may be large, is a little less exact than its inputs."""
    expect_answer(got, expected, slack=2.0)


matches("additive_attention", alignments(), compare=same_context)


UNMASKED = alignments(masks=st.just(NO_MASK)).map(lambda case: case[:5])
matches(
    "additive_attention",
    UNMASKED,
    title="is right without a mask",
    compare=same_context,
    weight=2,
    examples=25,
)


@check("additive_attention", "scores of 10000 do not overflow", examples=10)
@given(case=overflowing())
def test_additive_overflow(submission, reference, case):
    got = submission.additive_attention(*case)
    expect_answer(got, reference.additive_attention(*case))


@check("additive_attention", "gradients reach all five, and none is NaN", weight=2, examples=25)
@given(case=alignments(filled=STEADY, largest=5.0))
def test_additive_gradients(submission, reference, case):
    expect_gradients(submission, reference, "additive_attention", case, range(5))


@check("additive_attention", "weights sum to one, or to zero where no key may be seen")
@given(case=alignments(masks=st.sampled_from([SOME, DEAD_ROWS])))
def test_additive_rows(submission, case):
    _, weights = submission.additive_attention(*case)
    total = case[-1].any(dim=1).to(weights.dtype)
    expect_answer(weights.sum(dim=1), total, "the sums of the weights", scale=1.0)


@check("additive_attention", "hidden keys have no influence", practice=True)
@given(case=alignments(masks=st.just(SOME)))
def test_additive_hidden(submission, case):
    query, keys, *matrices, mask = case
    mask[:, -1] = False
    before = submission.additive_attention(query, keys, *matrices, mask)
    other = keys.clone()
    other[:, -1] += 7.0
    after = submission.additive_attention(query, other, *matrices, mask)
    expect_answer(after, before, "the last key is hidden from every query, and yet matters")
    expect_equal(after[1][:, -1], torch.zeros_like(after[1][:, -1]), "weights of the last key")


@check("additive_attention", "keys in another order give weights in that order", practice=True)
@given(case=alignments(masks=st.just(NO_MASK)))
def test_additive_order(submission, case):
    query, keys, *matrices, _ = case
    context, weights = submission.additive_attention(query, keys, *matrices)
    other, turned = submission.additive_attention(query, keys.flip(1), *matrices)
    expect_answer(turned, weights.flip(1), "weights of the same keys, last one first", slack=2.0)
    expect_answer(other, context, "the context", scale=float(keys.abs().max()), slack=2.0)


untouched("additive_attention", alignments())


# --- sentences of different lengths ---------------------------------------------------------------

LENGTHS = [
    [0],
    [1],
    [3],
    [0, 0],
    [2, 0],
    [0, 2],
    [1, 3],
    [3, 3],
    [2, 1, 2],
    [4, 0, 1, 3],
    [2, 5, 3],
]


@st.composite
def sentences(draw, apart=False):
    """Arguments sequences, start, end, pad: the three may be words, and equal, unless `apart`."""
    lengths, fill = draw(st.sampled_from(LENGTHS)), draw(FILLS)
    words = fill.rng.integers(0, 4, (len(lengths), 5)).tolist()
    sequences = [row[:length] for row, length in zip(words, lengths, strict=True)]
    special = (fill.rng.permutation(3) + 7) if apart else fill.rng.integers(0, 4, 3)
    return sequences, *special.tolist()


example("teacher_forcing")


def same_batch(got, expected, *_):
    """inputs, targets and mask, exactly."""
    names = ("inputs", "targets", "mask")
    for name, one, other in zip(names, as_parts(got, names), expected, strict=True):
        expect_exact(one, other, name)


matches("teacher_forcing", sentences(), compare=same_batch)
matches(
    "teacher_forcing",
    sentences(apart=True),
    title="is right where start, end and pad are no words",
    compare=same_batch,
    weight=2,
    examples=25,
)


@check("teacher_forcing", "what is asked at a position is given at the next", practice=True)
@given(case=sentences())
def test_teacher_shift(submission, case):
    inputs, targets, mask = submission.teacher_forcing(*case)
    sequences, start, end, _ = case
    expect_equal(inputs[:, 0], torch.full((len(sequences),), start), "the first inputs")
    for row, sequence in enumerate(sequences):
        real = mask[row].bool()
        expect_equal(inputs[row][real][1:].tolist(), sequence, f"given in row {row} after start")
        expect_equal(targets[row][real].tolist(), [*sequence, end], f"asked in row {row}")


@check("teacher_forcing", "n tokens make n + 1 positions", practice=True)
@given(case=sentences())
def test_teacher_mask(submission, case):
    sequences = case[0]
    counts = submission.teacher_forcing(*case)[2].sum(dim=1)
    due = torch.tensor([len(sequence) + 1 for sequence in sequences])
    expect_equal(counts, due, "the number of True in each row")


untouched("teacher_forcing", sentences())


BATCHES = [(1, 1, 2), (1, 3, 2), (2, 1, 3), (2, 3, 4), (3, 2, 2), (3, 4, 5), (4, 3, 1), (3, 3, 3)]
# B, L, V
ALL, ENDS, ANYWHERE, NOTHING = "all", "ends", "anywhere", "nothing"


@st.composite
def batches(draw, kinds=(ALL, ENDS, ENDS, ANYWHERE, NOTHING), filled=FILLS, extreme=0.3):
    """Arguments logits, targets, mask: hidden targets are no classes, or other classes."""
    (batch, length, size), kind = draw(st.sampled_from(BATCHES)), draw(st.sampled_from(kinds))
    fill = draw(filled)
    logits = tensor(fill, batch, length, size)
    if fill.rng.random() < extreme:
        logits = logits * 0 + torch.from_numpy(fill.rng.choice([-1e4, 1e4], logits.shape))
        logits = logits.to(torch.float32 if fill.seed % 2 else torch.float64)
    masks = {
        ALL: np.ones((batch, length), dtype=bool),
        ENDS: np.arange(length) < fill.rng.integers(0, length + 1, (batch, 1)),
        ANYWHERE: fill.rng.random((batch, length)) < 0.6,
        NOTHING: np.zeros((batch, length), dtype=bool),
    }
    targets = fill.rng.integers(0, size, (batch, length))
    hidden = fill.rng.choice([-100, -1, size, 0], (batch, length))
    targets = np.where(masks[kind], targets, hidden)
    return logits, torch.from_numpy(targets), torch.from_numpy(masks[kind])


example("masked_sequence_loss")


def same_loss(got, expected, logits, *_):
    """A loss is the difference of two numbers, which may be large."""
    expect_answer(got, expected, scale=1.0 + float(logits.abs().max()) / 100)


matches("masked_sequence_loss", batches(), compare=same_loss)


ALL_REAL = batches(kinds=(ALL,), filled=STEADY, extreme=0.0)
matches(
    "masked_sequence_loss",
    ALL_REAL,
    title="is right where all are real",
    compare=same_loss,
    weight=2,
    examples=25,
)


@check("masked_sequence_loss", "equal logits cost log V, whatever is hidden", practice=True)
@given(case=batches(kinds=(ALL, ENDS)))
def test_sequence_uniform(submission, case):
    logits, targets, mask = case
    targets, mask = targets.clone(), mask.clone()
    targets[0, 0], mask[0, 0] = 0, True
    got = submission.masked_sequence_loss(torch.zeros(logits.shape), targets, mask)
    expect_answer(got, torch.tensor(math.log(logits.shape[-1])), scale=1.0)


@check("masked_sequence_loss", "what is hidden has no influence", practice=True)
@given(case=batches(kinds=(ENDS, ANYWHERE), extreme=0.0))
def test_sequence_hidden(submission, case):
    logits, targets, mask = case
    before = submission.masked_sequence_loss(logits, targets, mask)
    other = torch.where(mask[:, :, None], logits, 9.0 - logits)
    after = submission.masked_sequence_loss(other, targets.masked_fill(~mask, -100), mask)
    expect_answer(after, before, "hidden logits and targets have changed", scale=1.0)


@check("masked_sequence_loss", "is 0 if nothing is real, and so are the gradients", examples=10)
@given(case=batches(kinds=(NOTHING,)))
def test_sequence_nothing(submission, case):
    logits, targets, mask = case
    got = submission.masked_sequence_loss(logits, targets, mask)
    expect_answer(got, torch.zeros((), dtype=logits.dtype))
    upstream = [torch.ones((), dtype=logits.dtype)]
    question = ("masked_sequence_loss", [logits, targets, mask], [0], upstream)
    gradients = submission.probe(go_back, *question)
    expect_answer(gradients, [torch.zeros_like(logits)], "the gradient")


@check("masked_sequence_loss", "gradients reach the real logits and no other", weight=2)
@given(case=batches(kinds=(ALL, ENDS, ANYWHERE), filled=STEADY))
def test_sequence_gradients(submission, reference, case):
    expect_gradients(submission, reference, "masked_sequence_loss", case, (0,))


untouched("masked_sequence_loss", batches())


# --- beam search ---------------------------------------------------------------------------------

APART = 1e-3
"""No two scores that may decide what a search keeps are closer than this."""

ROUNDED = 3
"""So often simple probabilities are tried, for a search that can be followed by hand."""

SEARCHES = [  # V, beam_size, max_length
    (2, 1, 1),
    (3, 1, 3),
    (3, 2, 1),
    (3, 2, 3),
    (2, 2, 5),
    (4, 3, 2),
    (3, 3, 3),
    (2, 5, 3),
    (5, 2, 4),
    (4, 3, 5),
    (3, 7, 2),
    (6, 4, 3),
]


def look_up(prefix, table):
    """log probabilities of the next token: a row of the table, chosen by the whole prefix"""
    row = 0
    for token in prefix:
        row = (5 * row + int(token) + 1) % len(table)
    return table[row].clone()


def by_last_token(prefix, table):
    """log probabilities of the next token: the row of the last one"""
    return table[int(prefix[-1])].clone()


@st.composite
def searches(draw, shapes=tuple(SEARCHES), ends=(0.0, 0.0, 1.5, -1.5)):
    """Arguments step, start, end, beam_size, max_length: no scores are tied, nor almost."""
    (size, beam, length), fill = draw(st.sampled_from(shapes)), draw(FILLS)
    start, end = fill.rng.permutation(size)[:2].tolist()
    plain = fill.kind != "normal"
    start = start if plain or fill.rng.random() < 0.6 else size + 3
    spread = fill.rng.choice([1, 1, 3])
    for attempt in itertools.count():
        logits = fill.rng.standard_normal((size if plain else 23, size)) * spread
        logits[:, end] += fill.rng.choice(ends)
        table = torch.log_softmax(torch.from_numpy(logits), dim=1)
        if plain and attempt < ROUNDED:
            table = torch.log(torch.exp(table).round(decimals=2).clamp(0.01, 1.0))
        table = table.to(torch.float32 if fill.seed % 2 else torch.float64)
        rows = [row.tolist() for row in table]
        if all(apart(rows, plain, start, end, beam, length, aside) for aside in (False, True)):
            break
    step = function(by_last_token if plain else look_up, table=table)
    return step, start, end, beam, length


def apart(rows, plain, start, end, beam, length, aside):
    """Whether all scores that may decide lie APART: those kept in a round, and the next one."""
    alive, finished = [(0.0, 0 if plain else (start + 1) % len(rows), start)], []
    for _ in range(length):
        pool = []
        for score, row, last in alive:
            for token, gain in enumerate(rows[last if plain else row]):
                pool.append((score + gain, (5 * row + token + 1) % len(rows), token))
        if aside:
            finished += [one for one in pool if one[2] == end]
            pool = [one for one in pool if one[2] != end]
        pool = sorted(pool + finished * (not aside), reverse=True)
        best = pool[: beam + 1] + finished * aside
        scores = sorted(one[0] for one in best)
        if any(other - one < APART for one, other in itertools.pairwise(scores)):
            return False
        if not aside:
            finished = [one for one in pool[:beam] if one[2] == end]
        alive = [one for one in pool[:beam] if one[2] != end]
    return True


def expect_sentence(got, expected, *_):
    """The tokens exactly, the score to float32's accuracy."""
    tokens, score = as_parts(got, ("tokens", "score"))
    expect_equal(tokens, list(expected[0]), "the tokens")
    expect_number(score, expected[1], "the score")


@check("beam_search", "the worked example", practice=True)
def test_beam_example(submission):
    table = torch.log(torch.tensor([[0.8, 0.1, 0.1], [0.4, 0.3, 0.3], [0.1, 0.5, 0.4]]))
    table[2, 0] = math.log(0.09)
    step = function(by_last_token, table=table)
    expect_sentence(submission.beam_search(step, 2, 0, 1, 2), ([1, 0], math.log(0.5 * 0.4)))


@check("beam_search", "two beginnings are better than one", practice=True)
def test_beam_garden_path(submission):
    step = function(garden_path)
    expect_sentence(submission.beam_search(step, 2, 0, 1, 2), ([1, 0], math.log(0.2)))
    expect_sentence(submission.beam_search(step, 2, 0, 2, 2), ([2, 0], math.log(0.36)))


def garden_path(prefix):
    """log probabilities of the next token: the likelier first token leads nowhere good"""
    rows = {(2,): [0.1, 0.5, 0.4], (2, 1): [0.4, 0.3, 0.3], (2, 2): [0.9, 0.05, 0.05]}
    return torch.log(torch.tensor(rows.get(tuple(prefix), [0.8, 0.1, 0.1])))


matches("beam_search", searches(), compare=expect_sentence)


GREEDY = tuple((size, 1, length) for size, _, length in SEARCHES)


matches(
    "beam_search",
    searches(GREEDY),
    title="a beam of 1 is greedy search",
    compare=expect_sentence,
    weight=2,
    examples=25,
)


NARROW = ((3, 2, 3), (4, 3, 3), (5, 2, 4), (3, 3, 5), (6, 4, 3))


matches(
    "beam_search",
    searches(NARROW, ends=(-9.0,)),
    title="is right where nothing ends early",
    compare=expect_sentence,
    weight=2,
    examples=25,
)


@check("beam_search", "is right where much ends early")
@given(case=searches(NARROW, ends=(1.0, 2.0)))
def test_beam_ends(submission, reference, case):
    expect_sentence(submission.beam_search(*case), reference.beam_search(*case))


WIDE_ENOUGH = ((2, 9, 3), (3, 9, 2), (3, 27, 3), (4, 16, 2), (2, 16, 4))


def continuations(size, end, length):
    """All sentences over these tokens that end in `end`, or have that length and no end."""
    for count in range(1, length + 1):
        for tokens in itertools.product(range(size), repeat=count):
            if end not in tokens[:-1] and (count == length or tokens[-1] == end):
                yield list(tokens)


@check("beam_search", "a beam wide enough finds the best of all sentences", practice=True)
@given(case=searches(WIDE_ENOUGH))
def test_beam_exhaustive(submission, case):
    step, start, end, _, length = case
    table = step.bound["table"]
    here = by_last_token if step.name == "by_last_token" else look_up
    best = max(
        (
            sum(float(here([start, *tokens[:i]], table)[token]) for i, token in enumerate(tokens)),
            tokens,
        )
        for tokens in continuations(table.shape[1], end, length)
    )
    expect_sentence(submission.beam_search(*case), (best[1], best[0]))


def remember_prefixes(module, step, start, end, beam_size, max_length):
    """search, and look at what step was given: is it a list of ints that begins with start?"""
    seen = []

    def watched(prefix):
        seen.append(
            isinstance(prefix, list)
            and all(isinstance(token, int) for token in prefix)
            and prefix[:1] == [start]
            and len(prefix) <= max_length + 1
        )
        return step(list(prefix))

    module.beam_search(watched, start, end, beam_size, max_length)
    return [len(seen) > 0, all(seen)]


@check("beam_search", "gives step a list of ints that begins with start", examples=10)
@given(case=searches())
def test_beam_prefixes(submission, case):
    asked, right = submission.probe(remember_prefixes, *case)
    expect(asked, "step was never called")
    expect(right, "step was called with something else than a list of ints that begins with start")


@check("beam_search", "the score is the sum along the answer")
@given(case=searches())
def test_beam_score(submission, case):
    step, start, end, _, length = case
    tokens, score = submission.beam_search(*case)
    whole = isinstance(tokens, (list, tuple)) and all(isinstance(token, int) for token in tokens)
    expect(whole and 0 < len(tokens) <= length, "a list of ints, at most max_length", got=tokens)
    expect(end not in tokens[:-1], "nothing follows the end token", got=tokens)
    here = by_last_token if step.name == "by_last_token" else look_up
    table = step.bound["table"]
    expect(
        all(0 <= token < table.shape[1] for token in tokens), "tokens are 0 to V − 1", got=tokens
    )
    parts = [float(here([start, *tokens[:i]], table)[token]) for i, token in enumerate(tokens)]
    expect_number(score, sum(parts), "the sum of the log probabilities")


# --- BLEU ----------------------------------------------------------------------------------------

WORDS = ["a", "an", "nd", "d", "the", "A"]
NUMBERS = [1, 11, 12, 2, 0, 7]
"""Tokens that spell the same in other pieces, "an", "d" and "a", "nd", or in another case."""


@st.composite
def corpora(draw, counts=(1, 1, 2, 3), most=3, orders=(1, 2, 2, 3, None)):
    """Arguments candidates, references, max_n (or not): candidates are references, disturbed."""
    fill, count, max_n = draw(FILLS), draw(st.sampled_from(counts)), draw(st.sampled_from(orders))
    rng = fill.rng
    tokens = WORDS if rng.random() < 0.5 else NUMBERS
    alphabet = int(rng.choice([2, 4, 6]))
    candidates, references = [], []
    for _ in range(count):
        longest = 10 if max_n is None else 7
        known = [
            rng.integers(0, alphabet, rng.integers(1, longest)).tolist()
            for _ in range(rng.integers(1, most + 1))
        ]
        candidates.append(disturbed(rng, known[rng.integers(len(known))], alphabet))
        references.append(known)
    candidates = [[tokens[place] for place in one] for one in candidates]
    references = [[[tokens[place] for place in one] for one in known] for known in references]
    return (candidates, references) if max_n is None else (candidates, references, max_n)


def disturbed(rng, sentence, alphabet):
    """The sentence, cut off or repeated, sometimes with another token in it, rarely empty."""
    kind = rng.choice(["same", "cut", "twice", "longer", "empty"], p=[0.3, 0.3, 0.15, 0.2, 0.05])
    other = list(sentence)
    if kind == "cut":
        other = other[: max(1, len(other) - int(rng.integers(1, 3)))]
    if kind == "twice":
        other = other + other[: int(rng.integers(1, 4))]
    if kind == "longer":
        other = other + rng.integers(0, alphabet, rng.integers(1, 3)).tolist()
    if kind == "empty":
        return []
    if rng.random() < 0.3:
        other[int(rng.integers(len(other)))] = int(rng.integers(alphabet))
    return other


@check("bleu", "the worked examples", practice=True)
def test_bleu_example(submission):
    got = submission.bleu(["the the the".split()], [["the cat".split(), "the big the".split()]], 1)
    expect_number(got, 2 / 3)
    got = submission.bleu([list("abcd")], [[list("abcde"), list("abc")]], 2)
    expect_number(got, 1.0)


matches("bleu", corpora(), compare=same_number)


ONE_PAIR = corpora(counts=(1,), most=1, orders=(1, 2))
matches(
    "bleu",
    ONE_PAIR,
    title="is right for one candidate and one reference",
    compare=same_number,
    weight=2,
    examples=30,
)


@check("bleu", "sums over the corpus before it divides")
@given(case=corpora(counts=(2, 3, 4), most=1, orders=(1, 2)))
def test_bleu_corpus(submission, reference, case):
    expect_number(submission.bleu(*case), reference.bleu(*case))


@check("bleu", "clips each n-gram by the reference that has it most often")
@given(case=corpora(counts=(1,), orders=(1, 2)))
def test_bleu_clipped(submission, reference, case):
    candidates, references, max_n = case
    twice = [one + one for one in candidates]
    expect_number(
        submission.bleu(twice, references, max_n), reference.bleu(twice, references, max_n)
    )


@check("bleu", "a short candidate is penalised, a long one is not", practice=True)
@given(length=sizes(2, 6), cut=sizes(1, 5), max_n=sizes(1, 2))
def test_bleu_brevity(submission, length, cut, max_n):
    text = list(range(length + cut))
    short = submission.bleu([text[:length]], [[text]], max_n)
    expect_number(short, math.exp(1 - (length + cut) / length), "all matches, but too short")
    both = submission.bleu([text[:length]], [[text[:length]]], max_n)
    expect_number(both, 1.0, "the candidate is the reference")


@check("bleu", "the closest reference length counts, the shorter one of two as close")
@given(length=sizes(3, 6), near=sizes(1, 2), far=sizes(3, 5), fill=FILLS)
def test_bleu_closest(submission, length, near, far, fill):
    text = list(range(20))
    lengths = [length - near, length + near, length + far]
    shuffled = [text[:count] for count in fill.rng.permutation(lengths)]
    got = submission.bleu([text[:length]], [shuffled], 1)
    expect_number(got, 1.0, f"{length} tokens, references of {sorted(lengths)}")
    rest = [one for one in shuffled if len(one) > length]
    got = submission.bleu([text[:length]], [rest], 1)
    expect_number(got, math.exp(-near / length), f"{length} tokens, references longer by {near} …")


@check("bleu", "is 0 if an order has no match, or no n-gram at all", practice=True)
@given(length=sizes(1, 5), max_n=sizes(2, 4), order=st.sampled_from(["backwards", "too short"]))
def test_bleu_zero(submission, length, max_n, order):
    text = list(range(length))
    candidate = text[::-1] if order == "backwards" and length > 1 else text[: max_n - 1]
    got = submission.bleu([candidate], [[text]], max_n)
    expect_number(got, 0.0, f"some order up to {max_n} has no match")


@check("bleu", "counts no n-gram in a candidate that is too short")
@given(length=sizes(4, 7), short=sizes(0, 2), word=st.booleans())
def test_bleu_too_short(submission, length, short, word):
    text = [str(i) if word else i for i in range(length)]
    got = submission.bleu([text, text[:short]], [[text], [text[: max(short, 1)]]], 3)
    r, c = length + max(short, 1), length + short
    expect_number(got, math.exp(min(0.0, 1 - r / c)), f"{length} right tokens and {short} more")


@check("bleu", "tells tokens apart, whatever they spell together", examples=6)
@given(tokens=st.sampled_from([WORDS, NUMBERS]), more=sizes(0, 3))
def test_bleu_spelling(submission, tokens, more):
    a, an, nd, d, *_ = tokens
    got = submission.bleu([[an, d, *[a] * more]], [[[a, nd, an, tokens[4], d]]], 2)
    expect_number(got, 0.0, "no two neighbours are neighbours in the reference")


@check("bleu", "goes up to four tokens unless told otherwise")
@given(length=sizes(5, 9), place=sizes(0, 8))
def test_bleu_default(submission, reference, length, place):
    text = list(range(length))
    other = [*text, 77, *text[: place % length]]
    expect_number(submission.bleu([other], [[text]]), reference.bleu([other], [[text]]))


untouched("bleu", corpora())
