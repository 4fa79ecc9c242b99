"""Checks of attention."""

import math
from functools import partial

import torch

from grader.checks import (
    ORDINARY,
    Fill,
    assume,
    check,
    example,
    expect,
    expect_close,
    expect_equal,
    expect_error,
    fills,
    given,
    matches,
    shaped,
    sizes,
    st,
    untouched,
)

tensor_of = partial(shaped, tensor=True)

FILLS = fills((*ORDINARY, 3.0))
STEADY = fills((1.0, 2.0, 0.1))  # for gradients: sums of products of everything with everything

NO_MASK, ALL_PAIRS, BROADCAST = "none", "all pairs", "broadcast"

LARGEST_SCORE = 20.0
"""Scores beyond this, drawn at random, would ask more of a softmax than float32 can give."""


def expect_answer(got, expected, message="", scale=None, slack=1.0):
    """Right are shape and values, these to float32's accuracy: more is not asked.

    `slack` is how many times less exact than usual they may be.  The dtype is not looked at: what
    is right but for that loses one property, not everything.
    """
    for one, due in parts(got, expected, message):
        if isinstance(one, torch.Tensor):
            one, due = one.float(), due.float()
        size = float(due.abs().max()) if scale is None else scale
        expect_close(one, due, message, scale=size * slack)


def parts(got, expected, message=""):
    """Each tensor of an answer with the one that is due.  Raises Mismatch if some are missing."""
    if not isinstance(expected, (tuple, list)):
        return [(got, expected)]
    many = isinstance(got, (tuple, list)) and len(got) == len(expected)
    due = f"{len(expected)} values are due"
    expect(many, f"{message}: {due}" if message else due, expected=expected, got=got)
    pairs = zip(got, expected, strict=True)
    return [pair for one, other in pairs for pair in parts(one, other, message)]


def same_answer(got, expected, *_):
    """The comparison of most value checks."""
    expect_answer(got, expected)


def same_mask(got, expected, *_):
    """A mask is boolean, and exact."""
    if isinstance(got, torch.Tensor):
        expect_equal(str(got.dtype), "torch.bool", "the dtype of the mask")
    expect_equal(got, expected)


def some(make, *shapes):
    """Cases that are always tried: sizes that tell axes apart, and those that hide it."""
    return [make(Fill("integers", 1.0, "S", seed), shape) for seed, shape in enumerate(shapes)]


def named(cases):
    """Cases as `check` takes them."""
    return [{"case": case} for case in cases]


def call_and_count_bytes(module, name, arguments):
    """call the function, and look at how many bytes a number of each answer has"""
    answer, widths, queue = getattr(module, name)(*arguments), [], []
    queue.append(answer)
    while queue:
        part = queue.pop(0)
        if isinstance(part, (tuple, list)):
            queue.extend(part)
        else:
            widths.append(part.element_size())
    return {"answer": answer, "bytes": widths}


def expect_dtype_kept(submission, reference, name, case):
    """Raise Mismatch unless answers have the dtype of the inputs, be it float32 or float64."""
    for arguments in (case, doubled(case)):
        got = submission.probe(call_and_count_bytes, name, list(arguments))
        due = reference.probe(call_and_count_bytes, name, list(arguments))
        expect_equal(got["bytes"], due["bytes"], "bytes per number of the answer")
        expect_answer(got["answer"], due["answer"])


def doubled(case):
    """The same arguments, floats as float64."""
    if isinstance(case, dict):
        return {name: doubled(part) for name, part in case.items()}
    if isinstance(case, (tuple, list)):
        return type(case)(doubled(part) for part in case)
    floats = isinstance(case, torch.Tensor) and case.dtype == torch.float32
    return case.double() if floats else case


def tensor(fill, *shape):
    """Fill a tensor of float32, in whatever memory layout was drawn."""
    values = fill.tensor(*shape, dtype="float32")
    if fill.layout == "C":
        return values
    return torch.stack([values, torch.zeros_like(values)], dim=-1).flatten(-2)[..., ::2]


def random_mask(rng, kind, *shape, nowhere=False):
    """A mask for queries and keys, or one that broadcasts: axes may be missing or 1.

    Every row may attend somewhere, unless `nowhere`: then the first may not, nor may others.
    """
    kept = list(shape[-2:])
    if kind == NO_MASK:
        return None
    if kind == BROADCAST:
        missing = rng.integers(0, len(shape)) * rng.integers(0, 2)
        kept = [size if rng.random() < 0.7 else 1 for size in shape[missing:-1]]
        kept.append(shape[-1] if rng.random() < 0.9 else 1)
    mask = rng.random(kept) < 0.6
    if nowhere:
        rows = rng.random((*kept[:-1], 1)) < 0.6
        rows.flat[0] = False
        mask &= rows
    else:
        mask[..., rng.integers(kept[-1])] |= ~mask.any(axis=-1)
    return torch.from_numpy(mask)


example("causal_mask")
matches("causal_mask", sizes(1, 12), compare=same_mask, first=[2, 1, 5])


@check("causal_mask", "everyone may attend to itself, nobody to a later position", practice=True)
@given(length=sizes(1, 8))
def test_causal_mask_future(submission, length):
    mask = submission.causal_mask(length)
    expect(mask.diagonal().bool().all(), "position i may attend to itself", got=mask)
    expect(not mask.bool().triu(1).any(), "position i may not attend to i + 1", got=mask)


def batch_of_lengths(fill, shape):
    """Lengths from 0 to max_length, which the longest need not reach."""
    batch, max_length = shape
    lengths = fill.rng.integers(0, max_length + 1, batch)
    return torch.from_numpy(lengths).to(torch.int32 if fill.seed % 2 else torch.int64), max_length


BATCHES = st.sampled_from([(1, 2), (2, 3), (3, 1), (4, 2), (3, 5), (6, 4), (4, 4), (5, 7)])
SQUARE_LENGTHS = some(batch_of_lengths, (2, 2), (4, 4), (2, 3), (3, 2), (3, 3))


def lengths_and_width():
    return st.builds(batch_of_lengths, FILLS, BATCHES)


example("padding_mask")
matches("padding_mask", lengths_and_width(), compare=same_mask, first=SQUARE_LENGTHS)


@check("padding_mask", "each row has as many True as the sequence has tokens", practice=True)
@given(case=lengths_and_width())
def test_padding_mask_counts(submission, case):
    counts = submission.padding_mask(*case).sum(dim=1)
    expect_equal(counts, case[0].long(), "True must stand once for each real token")


untouched("padding_mask", lengths_and_width(), title="leaves its input alone")


SHAPES = st.sampled_from(
    [  # leading axes, L, S, d_k, d_v
        ((), 1, 2, 1, 1),
        ((), 2, 2, 2, 2),
        ((), 2, 3, 4, 1),
        ((2,), 3, 2, 2, 2),
        ((), 3, 2, 5, 4),
        ((2,), 3, 4, 5, 6),
        ((3,), 3, 3, 3, 3),
        ((3,), 4, 2, 6, 5),
        ((2, 2), 2, 2, 2, 2),
        ((4,), 4, 2, 4, 3),
        ((4,), 1, 3, 2, 5),
        ((3,), 5, 1, 2, 4),
        ((2, 3), 4, 5, 6, 1),
        ((3, 2), 5, 4, 2, 6),
        ((1, 4), 2, 6, 3, 5),
        ((2, 1, 3), 4, 5, 2, 6),
    ]
)
MASKS = st.sampled_from([NO_MASK, ALL_PAIRS, BROADCAST, BROADCAST])
SOME_MASK = st.sampled_from([ALL_PAIRS, BROADCAST, BROADCAST])


def ordinary_scores(fill, lead, length, keys, d_k):
    """Queries and keys as they come, scores kept to where a softmax in float32 is exact enough."""
    q, k = tensor(fill, *lead, length, d_k), tensor(fill, *lead, keys, d_k)
    largest = float((q @ k.transpose(-2, -1)).abs().max()) / d_k**0.5
    return q * min(1.0, LARGEST_SCORE / max(largest, 1.0)), k


def extreme_scores(fill, lead, length, keys, d_k):
    """Scores of -10000 and 10000, or of 500 to 503: equal ones are equal to the last bit.

    All of q and k is zero but for one coordinate.  Of the first kind, to most queries one key has
    the large score.
    """
    q, k = tensor(fill, *lead, length, d_k) * 0, tensor(fill, *lead, keys, d_k) * 0
    signs = fill.rng.choice([-1.0, -1.0, -1.0, 1.0], (*lead, length))
    levels = 100 - 200.0 * (fill.rng.random((*lead, keys)).argsort(axis=-1) == 0)
    if fill.rng.random() < 0.5:
        levels = 5 + 0.01 * fill.rng.integers(0, 4, levels.shape)
    q[..., -1] = torch.from_numpy(signs * 100 * d_k**0.5)
    k[..., -1] = torch.from_numpy(levels)
    return q, k


def rounding(q, k):
    """How much less exact weights may be: a score is rounded by so much, and they follow."""
    scores = q.double() @ k.double().transpose(-2, -1) / q.shape[-1] ** 0.5
    return 1.0 + float(scores.abs().max()) / 1000


@st.composite
def attention(draw, scores=ordinary_scores, masks=MASKS, filled=FILLS, nowhere=False):
    """Arguments q, k, v, mask: every row may attend somewhere, unless `nowhere`."""
    return attention_of(draw(filled), draw(SHAPES), draw(masks), scores, nowhere)


def attention_of(fill, shape, kind=ALL_PAIRS, scores=ordinary_scores, nowhere=False):
    lead, length, keys, d_k, d_v = shape
    q, k = scores(fill, lead, length, keys, d_k)
    v = tensor(fill, *lead, keys, d_v)
    return q, k, v, random_mask(fill.rng, kind, *lead, length, keys, nowhere=nowhere)


SQUARE = some(
    attention_of,
    ((), 3, 3, 3, 3),
    ((3,), 3, 2, 4, 5),
    ((2, 3), 3, 4, 3, 2),
    ((), 2, 4, 4, 3),
    ((4, 2), 4, 4, 2, 3),
)


example("scaled_dot_product_attention")
matches("scaled_dot_product_attention", attention(), compare=same_answer, first=SQUARE)
matches(
    "scaled_dot_product_attention",
    attention(masks=st.just(NO_MASK)).map(lambda case: case[:3]),
    title="is right without a mask",
    compare=same_answer,
    first=[case[:3] for case in SQUARE],
    weight=2,
    examples=25,
)


def attend_and_go_back(module, q, k, v, mask, upstream):
    """attend, and return the gradients of q, k and v under random upstream gradients"""
    inputs = [q.requires_grad_(), k.requires_grad_(), v.requires_grad_()]
    answers = module.scaled_dot_product_attention(*inputs, mask)
    total = sum((answer * up).sum() for answer, up in zip(answers, upstream, strict=True))
    return torch.autograd.grad(total, inputs, allow_unused=True, materialize_grads=True)


def expect_gradients(submission, reference, case):
    """Raise Mismatch unless the gradients of q, k and v are those of the reference."""
    q, k, v, mask = case
    noise = torch.Generator().manual_seed(q.numel())
    answers = reference.scaled_dot_product_attention(*case)
    upstream = [torch.randn(part.shape, generator=noise, dtype=q.dtype) for part in answers]
    expected = reference.probe(attend_and_go_back, q, k, v, mask, upstream)
    got = submission.probe(attend_and_go_back, q, k, v, mask, upstream)
    scale = 1.0 + max(float(part.abs().max()) for part in expected)
    expect_answer(got, expected, "a gradient is wrong", scale=scale)


@check(
    "scaled_dot_product_attention",
    "gradients reach q, k and v, and none is NaN",
    weight=2,
    examples=30,
)
@given(case=attention(filled=STEADY))
def test_attention_gradients(submission, reference, case):
    expect_gradients(submission, reference, case)


@check("scaled_dot_product_attention", "a row that may attend nowhere has no NaN gradient")
@given(case=attention(masks=SOME_MASK, filled=STEADY, nowhere=True))
def test_attention_nowhere_gradients(submission, reference, case):
    expect_gradients(submission, reference, case)


@check(
    "scaled_dot_product_attention",
    "a row that may attend nowhere gets zero weights and zero output",
)
@given(case=attention(masks=SOME_MASK, nowhere=True))
def test_attention_nowhere(submission, reference, case):
    got = submission.scaled_dot_product_attention(*case)
    expect_answer(got, reference.scaled_dot_product_attention(*case))


@check("scaled_dot_product_attention", "scores of ±10000 neither overflow nor turn into NaN")
@given(case=attention(scores=extreme_scores))
def test_attention_extremes(submission, reference, case):
    got, slack = submission.scaled_dot_product_attention(*case), rounding(*case[:2])
    expect_answer(got, reference.scaled_dot_product_attention(*case), slack=slack)


@check("scaled_dot_product_attention", "weights sum to one, or to zero where all is hidden")
@given(case=attention(masks=SOME_MASK, nowhere=True))
def test_attention_rows(submission, case):
    q, k, _, mask = case
    _, weights = submission.scaled_dot_product_attention(*case)
    tensor_of(weights, (*q.shape[:-1], k.shape[-2]), "the weights")
    somewhere = mask.expand(weights.shape).any(dim=-1)
    total = weights.sum(dim=-1)
    expect_answer(total, somewhere.to(q.dtype), "the weights of a row", scale=1.0)


@check("scaled_dot_product_attention", "hidden keys have no influence", practice=True)
@given(case=attention(masks=st.just(ALL_PAIRS)))
def test_attention_hidden(submission, case):
    q, k, v, mask = case
    assume(k.shape[-2] > 1)
    mask = mask.expand(q.shape[-2], k.shape[-2]).clone()
    mask[:, 0], mask[:, -1] = True, False
    before, _ = submission.scaled_dot_product_attention(q, k, v, mask)
    k, v = k.clone(), v.clone()
    k[..., -1, :] += 5.0
    v[..., -1, :] -= 30.0
    after, _ = submission.scaled_dot_product_attention(q, k, v, mask)
    expect_answer(after, before, "the last key is hidden from every query, and yet matters")


@check("scaled_dot_product_attention", "float64 stays float64, float32 stays float32", examples=8)
@given(case=attention())
def test_attention_dtype(submission, reference, case):
    expect_dtype_kept(submission, reference, "scaled_dot_product_attention", case)


untouched("scaled_dot_product_attention", attention(), first=SQUARE)


HEADS = st.sampled_from(
    [  # B, L, H, d
        (1, 2, 2, 1),
        (1, 3, 2, 2),
        (2, 2, 2, 2),
        (2, 3, 4, 1),
        (3, 1, 2, 4),
        (3, 3, 3, 3),
        (4, 2, 2, 4),
        (2, 5, 1, 3),
        (2, 5, 3, 4),
        (4, 2, 3, 5),
        (5, 3, 4, 2),
    ]
)


def whole(fill, shape):
    """Arguments of split_heads."""
    batch, length, heads, width = shape
    return tensor(fill, batch, length, heads * width), heads


def split(fill, shape):
    """The argument of merge_heads."""
    batch, length, heads, width = shape
    return tensor(fill, batch, heads, length, width)


SQUARE_HEADS = ((2, 2, 2, 2), (3, 3, 3, 2), (2, 3, 3, 4), (3, 2, 3, 2), (2, 3, 4, 3), (2, 4, 2, 3))
WHOLE, SPLIT = (st.builds(make, FILLS, HEADS) for make in (whole, split))
SQUARE_WHOLE, SQUARE_SPLIT = (some(make, *SQUARE_HEADS) for make in (whole, split))


def numbered(*shape):
    """The numbers 1, 2, 3, …, every one different."""
    return torch.arange(1.0, 1.0 + math.prod(shape)).reshape(shape)


example("split_heads")
matches("split_heads", WHOLE, compare=same_answer, first=SQUARE_WHOLE)


@check("split_heads", "a head is a block of neighbouring features", practice=True)
@given(shape=HEADS)
def test_split_heads_blocks(submission, shape):
    batch, length, heads, width = shape
    x = numbered(batch, length, heads * width)
    got = submission.split_heads(x, heads)
    tensor_of(got, (batch, heads, length, width), "the answer")
    for head in range(heads):
        block = x[:, :, head * width : (head + 1) * width]
        expect_answer(got[:, head], block, f"head {head}")


def split_and_go_back(module, x, num_heads, upstream):
    """split the heads, and return the gradient of x"""
    total = (module.split_heads(x.requires_grad_(), num_heads) * upstream).sum()
    return torch.autograd.grad(total, [x], allow_unused=True, materialize_grads=True)


@check("split_heads", "gradients flow back", examples=10)
@given(case=WHOLE)
def test_split_heads_gradient(submission, reference, case):
    upstream = numbered(*reference.split_heads(*case).shape)
    got = submission.probe(split_and_go_back, *case, upstream)
    expect_answer(got, reference.probe(split_and_go_back, *case, upstream), "the gradient")


@check("split_heads", "float64 stays float64, float32 stays float32", examples=8)
@given(case=WHOLE)
def test_split_heads_dtype(submission, reference, case):
    expect_dtype_kept(submission, reference, "split_heads", case)


untouched("split_heads", WHOLE, title="leaves its input alone")


example("merge_heads")
matches("merge_heads", SPLIT, compare=same_answer, first=SQUARE_SPLIT)


@check("merge_heads", "the features of a head stay together", practice=True)
@given(shape=HEADS)
def test_merge_heads_blocks(submission, shape):
    batch, length, heads, width = shape
    x = numbered(batch, heads, length, width)
    got = submission.merge_heads(x)
    tensor_of(got, (batch, length, heads * width), "the answer")
    for head in range(heads):
        block = got[:, :, head * width : (head + 1) * width]
        expect_answer(block, x[:, head], f"head {head}")


def merge_and_go_back(module, x, upstream):
    """merge the heads, and return the gradient of x"""
    total = (module.merge_heads(x.requires_grad_()) * upstream).sum()
    return torch.autograd.grad(total, [x], allow_unused=True, materialize_grads=True)


@check("merge_heads", "gradients flow back", examples=10)
@given(x=SPLIT)
def test_merge_heads_gradient(submission, reference, x):
    upstream = numbered(*reference.merge_heads(x).shape)
    got = submission.probe(merge_and_go_back, x, upstream)
    expect_answer(got, reference.probe(merge_and_go_back, x, upstream), "the gradient")


@check("merge_heads", "float64 stays float64, float32 stays float32", examples=8)
@given(x=SPLIT)
def test_merge_heads_dtype(submission, reference, x):
    expect_dtype_kept(submission, reference, "merge_heads", (x,))


untouched("merge_heads", SPLIT, title="leaves its input alone")


LAYERS = st.sampled_from(
    [  # B, L, S, H, d
        (1, 2, 3, 2, 1),
        (2, 2, 2, 2, 2),
        (2, 3, 4, 2, 3),
        (3, 3, 3, 3, 3),
        (2, 4, 3, 3, 2),
        (3, 3, 3, 2, 2),
        (3, 2, 5, 2, 2),
        (4, 3, 2, 2, 4),
        (3, 5, 1, 2, 1),
        (2, 1, 3, 4, 2),
        (3, 4, 2, 1, 5),
    ]
)
INPUTS = st.sampled_from([1, 3])


@st.composite
def layers(draw, inputs=INPUTS, masks=MASKS, sharp=False, nowhere=False, bias=True):
    """A layer's settings and weights, some inputs, a mask.

    Every query may attend somewhere, unless `nowhere`.  Where `sharp`, queries are so large that
    exp of a score is infinite in float32.
    """
    fill, shape, count, kind = draw(STEADY), draw(LAYERS), draw(inputs), draw(masks)
    return layer_of(fill, shape, count, kind, sharp, nowhere, bias)


def layer_of(fill, shape, count=3, kind=ALL_PAIRS, sharp=False, nowhere=False, bias=True):
    batch, length, keys, heads, width = shape
    d_model, keys = heads * width, keys if count > 1 else length
    shapes = [(batch, length, d_model), (batch, keys, d_model), (batch, keys, d_model)]
    some = [tensor(fill, *shape) for shape in shapes[:count]]
    state = {}
    for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
        weight = fill.rng.standard_normal((d_model, d_model)) / d_model**0.5
        state[f"{name}.weight"] = torch.from_numpy(weight).float()
        if bias:
            state[f"{name}.bias"] = torch.from_numpy(fill.rng.standard_normal(d_model)).float()
    if sharp:
        state["q_proj.weight"] *= 100
    mask = random_mask(fill.rng, kind, batch, heads, length, keys, nowhere=nowhere)
    return {"heads": heads, "bias": bias, "state": state}, some, mask


SQUARE_LAYERS = some(
    layer_of, (3, 3, 3, 3, 1), (2, 2, 3, 2, 2), (3, 3, 2, 2, 3), (2, 3, 3, 3, 2), (2, 2, 2, 2, 2)
)


def load_and_attend(module, layer, inputs, mask):
    """build the layer, load these weights, attend"""
    torch.default_generator.manual_seed(0)
    d_model = inputs[0].shape[-1]
    attention = module.MultiHeadAttention(d_model, layer["heads"], bias=layer["bias"])
    attention.to(inputs[0].dtype).load_state_dict(layer["state"], strict=False)
    return attention(*inputs, mask=mask)


example("MultiHeadAttention")


@check("MultiHeadAttention", "matches the reference", value=True, first=named(SQUARE_LAYERS))
@given(case=layers())
def test_layer_value(submission, reference, case):
    got = submission.probe(load_and_attend, *case)
    expect_answer(got, reference.probe(load_and_attend, *case))


@check(
    "MultiHeadAttention",
    "is right in self-attention without a mask",
    value=True,
    weight=2,
    examples=25,
)
@given(case=layers(inputs=st.just(1), masks=st.just(NO_MASK)))
def test_layer_plain(submission, reference, case):
    got = submission.probe(load_and_attend, *case)
    expect_answer(got, reference.probe(load_and_attend, *case))


@check("MultiHeadAttention", "is right without biases")
@given(case=layers(bias=False))
def test_layer_unbiased(submission, reference, case):
    got = submission.probe(load_and_attend, *case)
    expect_answer(got, reference.probe(load_and_attend, *case))


def attend_with_defaults(module, layer, query, key, value, mask):
    """build the layer, attend with key and value, with one of the two, with none"""
    torch.default_generator.manual_seed(0)
    attention = module.MultiHeadAttention(query.shape[-1], layer["heads"], bias=layer["bias"])
    attention.to(query.dtype).load_state_dict(layer["state"], strict=False)
    return {
        "key and value": attention(query, key=key, value=value, mask=mask),
        "key, no value": attention(query, key, mask=mask),
        "value, no key": attention(query, value=value, mask=mask),
        "neither": attention(query, mask=mask),
    }


@check("MultiHeadAttention", "the key defaults to the query, the value to the key")
@given(case=layers(inputs=st.just(1)))
def test_layer_defaults(submission, reference, case):
    layer, (query,), mask = case
    told = (layer, query, query.flip(1) + 1, query.flip(2) - 2, mask)
    due = reference.probe(attend_with_defaults, *told)
    got = submission.probe(attend_with_defaults, *told)
    for way, answer in due.items():
        expect_answer(got[way], answer, f"given: {way}")


@check("MultiHeadAttention", "heads of a query that may attend nowhere give zeros")
@given(case=layers(masks=SOME_MASK, nowhere=True))
def test_layer_nowhere(submission, reference, case):
    got = submission.probe(load_and_attend, *case)
    expect_answer(got, reference.probe(load_and_attend, *case))


@check("MultiHeadAttention", "large scores neither overflow nor turn into NaN")
@given(case=layers(sharp=True))
def test_layer_sharp(submission, reference, case):
    got = submission.probe(load_and_attend, *case)
    expect_answer(got, reference.probe(load_and_attend, *case), slack=10.0)


def attend_and_count_bytes(module, layer, inputs, mask):
    """load these weights, attend, and look at how many bytes a number of the output has"""
    attention = module.MultiHeadAttention(inputs[0].shape[-1], layer["heads"], bias=layer["bias"])
    attention.to(inputs[0].dtype).load_state_dict(layer["state"], strict=False)
    answer = attention(*inputs, mask=mask)
    return [answer, answer.element_size()]


@check("MultiHeadAttention", "float64 stays float64, float32 stays float32", examples=8)
@given(case=layers())
def test_layer_dtype(submission, reference, case):
    for told in (case, doubled(case)):
        answer, width = submission.probe(attend_and_count_bytes, *told)
        expect_equal(width, told[1][0].element_size(), "bytes per number of the answer")
        expect_answer(answer, reference.probe(load_and_attend, *told))


def attend_and_return_inputs(module, layer, inputs, mask):
    """load these weights, attend, and look at inputs and mask afterwards"""
    attention = module.MultiHeadAttention(inputs[0].shape[-1], layer["heads"], bias=layer["bias"])
    attention.to(inputs[0].dtype).load_state_dict(layer["state"], strict=False)
    with torch.no_grad():
        attention(*inputs, mask=mask)
    return [*inputs, mask]


@check("MultiHeadAttention", "leaves its inputs alone")
@given(case=layers())
def test_layer_untouched(submission, case):
    layer, inputs, mask = case
    got = submission.probe(attend_and_return_inputs, layer, inputs, mask)
    expect_equal(got, [*inputs, mask], "an input was changed by the call")


def load_and_go_back(module, layer, inputs, mask, upstream):
    """load these weights, attend, and return the gradients of all weights and inputs"""
    torch.default_generator.manual_seed(0)
    d_model = inputs[0].shape[-1]
    attention = module.MultiHeadAttention(d_model, layer["heads"], bias=layer["bias"])
    attention.to(inputs[0].dtype).load_state_dict(layer["state"], strict=False)
    inputs = [part.requires_grad_() for part in inputs]
    named = dict(attention.named_parameters())
    wanted = [*inputs, *(named[name] for name in sorted(named))]
    total = (attention(*inputs, mask=mask) * upstream).sum()
    return torch.autograd.grad(total, wanted, allow_unused=True, materialize_grads=True)


@check("MultiHeadAttention", "gradients reach every weight and every input")
@given(case=layers())
def test_layer_gradients(submission, reference, case):
    layer, inputs, mask = case
    noise = torch.Generator().manual_seed(inputs[0].numel())
    upstream = torch.randn(inputs[0].shape, generator=noise, dtype=inputs[0].dtype)
    expected = reference.probe(load_and_go_back, layer, inputs, mask, upstream)
    got = submission.probe(load_and_go_back, layer, inputs, mask, upstream)
    scale = 1.0 + max(float(part.abs().max()) for part in expected)
    expect_answer(got, expected, "a gradient is wrong", scale=scale)


def names_and_shapes(module, d_model, num_heads, bias):
    """build the layer (bias None: the default), and return names and shapes of its weights"""
    given = {} if bias is None else {"bias": bias}
    attention = module.MultiHeadAttention(d_model, num_heads, **given)
    return {name: list(part.shape) for name, part in attention.state_dict().items()}


@check("MultiHeadAttention", "has the four projections and nothing else", practice=True)
@given(heads=sizes(1, 3), width=sizes(1, 3), bias=st.sampled_from([None, True, False]))
def test_layer_names(submission, heads, width, bias):
    got = submission.probe(names_and_shapes, heads * width, heads, bias)
    d_model = heads * width
    expected = {}
    for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
        expected[f"{name}.weight"] = [d_model, d_model]
        if bias is not False:
            expected[f"{name}.bias"] = [d_model]
    expect_equal(sorted(got), sorted(expected), "the names in state_dict()")
    for name, shape in expected.items():
        expect_equal(got[name], shape, f"the shape of {name}")


def build(module, d_model, num_heads):
    """build the layer"""
    module.MultiHeadAttention(d_model, num_heads)


@check("MultiHeadAttention", "refuses heads that do not divide the features", practice=True)
@given(heads=sizes(2, 5), width=sizes(1, 3), rest=sizes(1, 4))
def test_layer_refuses(submission, heads, width, rest):
    d_model = heads * width + 1 + rest % (heads - 1)
    expect_error("ValueError", submission.probe, build, d_model, heads)


def attend_again_and_again(module, layer, inputs, mask):
    """attend to other inputs, then in training, in evaluation, in a copy, with zero weights"""
    import copy

    torch.default_generator.manual_seed(0)
    d_model = inputs[0].shape[-1]
    attention = module.MultiHeadAttention(d_model, layer["heads"], bias=layer["bias"])
    attention.to(inputs[0].dtype).load_state_dict(layer["state"], strict=False)
    attention(*(part + 1 for part in inputs), mask=mask)
    answers = [attention.train()(*inputs, mask=mask)]
    attention(torch.ones(5, 7, d_model, dtype=inputs[0].dtype))
    answers.append(attention.eval()(*inputs, mask=mask))
    twin = copy.deepcopy(attention)
    with torch.no_grad():
        for parameter in attention.parameters():
            parameter.zero_()
        answers.append(twin(*inputs, mask=mask))
        answers.append(attention(*inputs, mask=mask))
    return answers


@check("MultiHeadAttention", "answers alike in training, in evaluation and in a copy")
@given(case=layers())
def test_layer_again(submission, reference, case):
    expected = reference.probe(load_and_attend, *case)
    got = submission.probe(attend_again_and_again, *case)
    expect_answer(got, [expected, expected, expected, torch.zeros_like(expected)])


def attend_with_other_padding(module, layer, inputs, mask, other):
    """attend, attend again with another key, and return both answers"""
    torch.default_generator.manual_seed(0)
    query, key = inputs
    attention = module.MultiHeadAttention(query.shape[-1], layer["heads"], bias=layer["bias"])
    attention.to(query.dtype).load_state_dict(layer["state"], strict=False)
    return attention(query, key, mask=mask), attention(query, other, mask=mask)


@check("MultiHeadAttention", "padded keys have no influence", practice=True)
@given(case=layers(inputs=st.just(2), masks=st.just(NO_MASK)))
def test_layer_padding(submission, case):
    layer, inputs, _ = case
    batch, keys, _ = inputs[1].shape
    real = torch.arange(keys) < 1 + torch.arange(batch)[:, None] % keys
    other = inputs[1] + 3.0 * ~real[:, :, None]
    mask = real[:, None, None, :]
    before, after = submission.probe(attend_with_other_padding, layer, inputs, mask, other)
    expect_answer(after, before, "a key that is padding changes the output")


def table_and_bytes(module, length, d_model, default):
    """make the table under that default dtype, and look at how many bytes a number of it has"""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, default))
    try:
        table = module.sinusoidal_positions(length, d_model)
        return [table, table.element_size()]
    finally:
        torch.set_default_dtype(usual)


def table_sizes():
    """length and d_model"""
    return st.tuples(st.sampled_from([1, 2, 3, 5, 12, 90]), sizes(1, 6).map(lambda half: 2 * half))


example("sinusoidal_positions")
matches("sinusoidal_positions", table_sizes(), compare=same_answer, first=[(4, 4), (2, 4), (2, 2)])


@check("sinusoidal_positions", "both columns of a pair have one angle", practice=True)
@given(length=sizes(1, 9), pairs=sizes(1, 4))
def test_sinusoidal_pairs(submission, length, pairs):
    table = submission.sinusoidal_positions(length, 2 * pairs)
    tensor_of(table, (length, 2 * pairs), "the table")
    squares = (table**2).reshape(length, pairs, 2).sum(dim=-1)
    expect_close(squares, torch.ones(length, pairs), "sin² + cos² of each pair must be 1")


@check("sinusoidal_positions", "is in torch's default dtype")
@given(length=sizes(1, 9), pairs=sizes(1, 4), default=st.sampled_from(["float32", "float64"]))
def test_sinusoidal_dtype(submission, reference, length, pairs, default):
    got = submission.probe(table_and_bytes, length, 2 * pairs, default)
    expected = reference.probe(table_and_bytes, length, 2 * pairs, default)
    expect_equal(got[1], expected[1], "bytes per number of the table")
    expect_answer(got[0], expected[0])


NEAR = [(1, 1, 2), (2, 1, 2), (2, 2, 3), (3, 2, 1), (4, 3, 2), (3, 3, 3), (3, 4, 5), (2, 3, 4)]
FAR = [(2, 1, 3), (2, 0, 3), (3, 1, 3), (1, 2, 4), (5, 2, 5), (3, 2, 6), (4, 1, 7), (2, 3, 6)]
"""H, m, length: within m of each other, or further apart."""


def table_of(fill, shape):
    """A table (H, 2m + 1) of different numbers, and a length."""
    heads, m, length = shape
    return torch.from_numpy(fill.distinct(heads, 2 * m + 1)).float(), length


ALL_TABLES = st.builds(table_of, FILLS, st.sampled_from(NEAR + FAR))
SMALL_TABLES = st.builds(table_of, FILLS, st.sampled_from(NEAR))
SQUARE_TABLES = some(table_of, (3, 1, 3), (2, 1, 3), (5, 2, 5), (2, 2, 3), (3, 2, 2))


example("relative_bias")
matches("relative_bias", ALL_TABLES, compare=same_answer, first=SQUARE_TABLES)
matches(
    "relative_bias",
    SMALL_TABLES,
    title="is right for distances up to m",
    compare=same_answer,
    weight=2,
    examples=20,
)


@check("relative_bias", "depends on the distance only", practice=True)
@given(case=ALL_TABLES)
def test_relative_bias_shift(submission, case):
    table, length = case
    bias = submission.relative_bias(table, length + 1)
    tensor_of(bias, (len(table), length + 1, length + 1), "the biases")
    expect_answer(bias[:, 1:, 1:], bias[:, :-1, :-1], "query and key one further, same distance")


def look_up_and_go_back(module, table, length, upstream):
    """look the biases up, and return the gradient of the table"""
    total = (module.relative_bias(table.requires_grad_(), length) * upstream).sum()
    return torch.autograd.grad(total, [table], allow_unused=True, materialize_grads=True)


@check("relative_bias", "gradients of shared entries add up")
@given(case=ALL_TABLES)
def test_relative_bias_gradient(submission, reference, case):
    table, length = case
    heads = table.shape[0]
    upstream = torch.arange(1.0, 1 + heads * length**2, dtype=table.dtype)
    upstream = upstream.reshape(heads, length, length)
    got = submission.probe(look_up_and_go_back, table, length, upstream)
    expected = reference.probe(look_up_and_go_back, table, length, upstream)
    expect_answer(got, expected, "the gradient of the table")


@check("relative_bias", "float64 stays float64, float32 stays float32", examples=8)
@given(case=ALL_TABLES)
def test_relative_bias_dtype(submission, reference, case):
    expect_dtype_kept(submission, reference, "relative_bias", case)


untouched("relative_bias", ALL_TABLES, title="leaves its input alone")


ROTATED = st.sampled_from(
    [  # leading axes, L, pairs of features
        ((), 1, 1),
        ((), 2, 1),
        ((), 2, 2),
        ((), 3, 2),
        ((2,), 2, 2),
        ((2,), 3, 2),
        ((4,), 4, 2),
        ((4,), 2, 3),
        ((3,), 3, 3),
        ((2, 3), 4, 3),
        ((3, 2), 5, 4),
        ((1, 4), 3, 1),
        ((2, 1, 3), 5, 2),
    ]
)


def rotation(fill, shape):
    """Arguments x, positions, base: positions in any order, some repeated, some large."""
    lead, length, pairs = shape
    x = tensor(fill, *lead, length, 2 * pairs)
    reach, base = fill.rng.choice([4, 60, 60, 5000]), fill.rng.choice([100.0, 7.5, 500000.0])
    return x, torch.from_numpy(fill.rng.integers(0, reach, length)), float(base)


def rotations():
    return st.builds(rotation, FILLS, ROTATED)


def in_order(case):
    """The same rows at positions 0, 1, 2, …, base by default."""
    return case[0], torch.arange(case[0].shape[-2])


SQUARE_ROTATIONS = some(
    rotation, ((), 2, 1), ((2,), 2, 2), ((4,), 4, 2), ((3,), 3, 3), ((2, 3), 3, 2), ((), 2, 2)
)


def same_rotation(got, expected, x, positions, base=0.0):
    """Angles are as exact as float32 can be: the larger the position, the less of it is left."""
    reach = 1.0 + float(positions.max()) / 200
    expect_answer(got, expected, scale=reach * max(float(x.abs().max()), 1e-3))


example("apply_rope")
matches("apply_rope", rotations(), compare=same_rotation, first=SQUARE_ROTATIONS)
matches(
    "apply_rope",
    rotations().map(in_order),
    title="is right for positions in order and the usual base",
    compare=same_rotation,
    first=map(in_order, SQUARE_ROTATIONS),
    weight=2,
    examples=25,
)


@check("apply_rope", "keeps the length of each pair", practice=True)
@given(case=rotations())
def test_rope_length(submission, case):
    x, positions, base = case
    got = submission.apply_rope(x, positions, base)
    expect(got.shape == x.shape, "the answer has the shape of x", expected=x, got=got)
    lengths = [part.unflatten(-1, (-1, 2)).norm(dim=-1) for part in (got, x)]
    expect_answer(*lengths, "a rotation keeps the length of a pair")


@check("apply_rope", "leaves position 0 as it is", practice=True)
@given(case=rotations())
def test_rope_zero(submission, case):
    x, positions, base = case
    expect_answer(submission.apply_rope(x, positions * 0, base), x, "position 0 is not rotated")


@check("apply_rope", "dot products depend on the distance of positions only")
@given(case=rotations())
def test_rope_distance(submission, case):
    x, positions, base = case
    here = submission.apply_rope(x, positions % 50, base)
    there = submission.apply_rope(x, positions % 50 + 7, base)
    tensor_of(here, x.shape, "the answer")
    tensor_of(there, x.shape, "the answer")
    dots = [part @ part.transpose(-2, -1) for part in (there, here)]
    expect_answer(*dots, "all positions moved by 7", scale=1e-3 + float((x**2).sum()))


def rotate_and_go_back(module, x, positions, base, upstream):
    """rotate heads that were split off by a transpose, and return the gradient of x"""
    heads = x.requires_grad_().transpose(0, 1)
    total = (module.apply_rope(heads, positions, base) * upstream.transpose(0, 1)).sum()
    return torch.autograd.grad(total, [x], allow_unused=True, materialize_grads=True)


@check("apply_rope", "gradients flow back", examples=10)
@given(shape=st.sampled_from([(2, 1, 2), (3, 2, 4), (4, 3, 6)]), fill=FILLS)
def test_rope_gradient(submission, reference, shape, fill):
    x = tensor(fill, *shape).contiguous()
    positions = torch.from_numpy(fill.rng.integers(0, 30, shape[0]))
    upstream = torch.from_numpy(fill.rng.standard_normal(shape)).to(x.dtype)
    got = submission.probe(rotate_and_go_back, x, positions, 7.5, upstream)
    expected = reference.probe(rotate_and_go_back, x, positions, 7.5, upstream)
    expect_answer(got, expected, "the gradient", scale=4.0)


@check("apply_rope", "float64 stays float64, float32 stays float32", examples=8)
@given(case=rotations())
def test_rope_dtype(submission, reference, case):
    x, positions, base = case
    expect_dtype_kept(submission, reference, "apply_rope", (x, positions % 50, base))


untouched("apply_rope", rotations())


SEQUENCES = st.sampled_from(
    [  # B, H, d, lengths of the chunks
        (1, 2, 1, [1, 1]),
        (1, 1, 1, [1, 1]),
        (1, 3, 2, [1, 2]),
        (2, 2, 2, [2, 2]),
        (2, 3, 4, [3]),
        (3, 3, 3, [3]),
        (2, 2, 3, [2, 1]),
        (2, 3, 1, [2, 3]),
        (2, 1, 4, [3, 1, 2]),
        (3, 2, 5, [1, 3, 2]),
        (3, 2, 1, [4, 1, 1, 2]),
        (2, 4, 3, [1, 1, 1, 2]),
    ]
)


@st.composite
def sequences(draw, scores=ordinary_scores, filled=FILLS):
    """Queries, keys and values of a whole sequence, and the lengths of the chunks it comes in."""
    return sequence_of(draw(filled), draw(SEQUENCES), scores)


def sequence_of(fill, shape, scores=ordinary_scores):
    batch, heads, width, chunks = shape
    q, k = scores(fill, (batch, heads), sum(chunks), sum(chunks), width)
    return q, k, tensor(fill, batch, heads, sum(chunks), width), chunks


SQUARE_SEQUENCES = some(
    sequence_of, (2, 2, 2, [2, 2]), (1, 3, 3, [3, 3]), (2, 3, 4, [1, 1, 2]), (2, 2, 3, [3, 1])
)


def continued():
    """Arguments of a call: the last chunk, and a cache that holds what came before."""
    return sequences().map(last_chunk)


def last_chunk(case):
    q, k, v, chunks = case
    before = sum(chunks[:-1])
    cache = (k[:, :, :before], v[:, :, :before]) if before else None
    return *(part[:, :, before:] for part in (q, k, v)), cache


def feed(module, q, k, v, chunks):
    """feed the sequence chunk by chunk, and return all outputs and the last cache"""
    cache, outputs = None, []
    parts = [part.split(chunks, dim=2) for part in (q, k, v)]
    for new_q, new_k, new_v in zip(*parts, strict=True):
        output, cache = module.attend_with_cache(new_q, new_k, new_v, cache)
        outputs.append(output)
    return [*outputs, *cache]


example("attend_with_cache")


@check("attend_with_cache", "matches the reference", value=True, first=named(SQUARE_SEQUENCES))
@given(case=sequences())
def test_cache_value(submission, reference, case):
    expect_answer(submission.probe(feed, *case), reference.probe(feed, *case))


@check("attend_with_cache", "scores of ±10000 neither overflow nor turn into NaN")
@given(case=sequences(scores=extreme_scores))
def test_cache_extremes(submission, reference, case):
    slack = rounding(*case[:2])
    expect_answer(submission.probe(feed, *case), reference.probe(feed, *case), slack=slack)


@check("attend_with_cache", "is right for a first call", value=True, weight=2, examples=25)
@given(case=sequences())
def test_cache_first(submission, reference, case):
    q, k, v, _ = case
    output, _ = submission.attend_with_cache(q, k, v, None)
    expected, _ = reference.attend_with_cache(q, k, v, None)
    expect_answer(output, expected)


@check("attend_with_cache", "is right for one new token", value=True, weight=2, examples=25)
@given(case=sequences())
def test_cache_token(submission, reference, case):
    q, k, v, _ = case
    new, cache = [part[:, :, -1:] for part in (q, k, v)], (k[:, :, :-1], v[:, :, :-1])
    output, grown = submission.attend_with_cache(*new, cache)
    expected, longer = reference.attend_with_cache(*new, cache)
    expect_answer(output, expected)
    expect_answer(grown, longer, "the new cache")


@check("attend_with_cache", "chunks give what the whole sequence gives", practice=True)
@given(case=sequences())
def test_cache_chunks(submission, case):
    q, k, v, chunks = case
    *outputs, keys, values = submission.probe(feed, q, k, v, chunks)
    for output, tokens in zip(outputs, chunks, strict=True):
        tensor_of(output, (*v.shape[:2], tokens, v.shape[3]), "output")
    whole, _ = submission.attend_with_cache(q, k, v, None)
    expect_answer(torch.cat(outputs, dim=2), whole, f"in chunks of {chunks} and at once")
    expect_answer([keys, values], [k, v], "the cache must hold all keys and all values")


@check("attend_with_cache", "nobody sees a later token", practice=True)
@given(case=sequences())
def test_cache_future(submission, case):
    q, k, v, chunks = case
    *before, _, _ = submission.probe(feed, q, k, v, chunks)
    k, v = k.clone(), v.clone()
    k[:, :, -1] += 1.0
    v[:, :, -1] -= 30.0
    *after, _, _ = submission.probe(feed, q, k, v, chunks)
    earlier = [torch.cat(outputs, dim=2)[:, :, :-1] for outputs in (after, before)]
    expect_answer(*earlier, "the last token has changed, and with it an earlier output")


def feed_and_go_back(module, q, k, v, chunks, upstream):
    """feed the sequence chunk by chunk, and return the gradients of q, k and v"""
    inputs = [q.requires_grad_(), k.requires_grad_(), v.requires_grad_()]
    cache, outputs = None, []
    parts = [part.split(chunks, dim=2) for part in inputs]
    for new_q, new_k, new_v in zip(*parts, strict=True):
        output, cache = module.attend_with_cache(new_q, new_k, new_v, cache)
        outputs.append(output)
    total = (torch.cat(outputs, dim=2) * upstream).sum()
    return torch.autograd.grad(total, inputs, allow_unused=True, materialize_grads=True)


@check("attend_with_cache", "gradients flow through the cache")
@given(case=sequences(filled=STEADY))
def test_cache_gradients(submission, reference, case):
    q, k, v, chunks = case
    noise = torch.Generator().manual_seed(q.numel())
    upstream = torch.randn(v.shape, generator=noise, dtype=q.dtype)
    expected = reference.probe(feed_and_go_back, q, k, v, chunks, upstream)
    got = submission.probe(feed_and_go_back, q, k, v, chunks, upstream)
    scale = 1.0 + max(float(part.abs().max()) for part in expected)
    expect_answer(got, expected, "a gradient is wrong", scale=scale)


def branch(module, q, k, v, first):
    """feed the first tokens, continue twice from their cache, then each of the two once more"""
    _, shared = module.attend_with_cache(q[:, :, :first], k[:, :, :first], v[:, :, :first], None)
    answers, caches = [], []
    for sign in (1, -1):
        output, cache = module.attend_with_cache(sign * q, sign * k, sign * v, shared)
        answers.append(output)
        caches.append(cache)
    for cache in caches:
        output, grown = module.attend_with_cache(q, k, v, cache)
        answers.extend([output, *grown])
    return [*answers, *shared]


@check("attend_with_cache", "two continuations may share a cache")
@given(case=sequences())
def test_cache_shared(submission, reference, case):
    q, k, v, chunks = case
    got = submission.probe(branch, q, k, v, chunks[0])
    expect_answer(got, reference.probe(branch, q, k, v, chunks[0]))


@check("attend_with_cache", "float64 stays float64, float32 stays float32", examples=8)
@given(case=continued())
def test_cache_dtype(submission, reference, case):
    expect_dtype_kept(submission, reference, "attend_with_cache", case)


untouched("attend_with_cache", continued())
