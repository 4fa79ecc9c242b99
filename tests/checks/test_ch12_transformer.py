"""Checks of the transformer."""

import math

import numpy as np
import torch

from grader.checks import (
    ORDINARY,
    case,
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

FILLS = fills((*ORDINARY, 3.0))
STEADY = fills((1.0, 2.0, 0.1))  # for gradients: sums of products of everything with everything


def expect_right(got, expected, message="", scale=None):
    """Right is the dtype of the reference, and its values to that dtype's accuracy."""
    expect_close(got, expected, message, scale=scale)
    expect_equal(dtypes(got), dtypes(expected), "the dtype of the answer")


def dtypes(answer):
    """The dtypes of all tensors of an answer."""
    if isinstance(answer, (tuple, list)):
        return [dtype for part in answer for dtype in dtypes(part)]
    return [str(answer.dtype)] if isinstance(answer, torch.Tensor) else ["none"]


def same_answer(got, expected, *_, **__):
    """The comparison of most value checks."""
    expect_right(got, expected)


def expect_tokens(got, expected, message=""):
    """Tokens are int64, and exact."""
    if isinstance(got, torch.Tensor):
        expect_equal(str(got.dtype), "torch.int64", "the dtype of the tokens")
    expect_equal(got, expected, message)


def dtype_of(fill):
    """Mostly float64, in which small differences show."""
    return "float64" if fill.seed % 3 else "float32"


def tensor(fill, *shape):
    """Fill a tensor in whatever memory layout was drawn."""
    values = fill.tensor(*shape, dtype=dtype_of(fill))
    if fill.layout == "C" or not shape:
        return values
    return torch.stack([values, torch.zeros_like(values)], dim=-1).flatten(-2)[..., ::2]


def upstream(fill, *shape):
    """A gradient that comes from above, never zero."""
    values = fill.rng.uniform(0.5, 1.5, shape) * fill.rng.choice([-1.0, 1.0], shape)
    return torch.from_numpy(np.asarray(values)).to(getattr(torch, dtype_of(fill)))


# --- modules with weights ------------------------------------------------------------------------


def linear(name, rows, columns, bias=True):
    """The names and shapes of a linear layer."""
    return {f"{name}.weight": [rows, columns]} | ({f"{name}.bias": [rows]} if bias else {})


def norm(name, d_model):
    """The names and shapes of a layer norm."""
    return {f"{name}.weight": [d_model], f"{name}.bias": [d_model]}


def swiglu_shapes(d_model, d_hidden):
    return (
        linear("gate", d_hidden, d_model, bias=False)
        | linear("up", d_hidden, d_model, bias=False)
        | linear("down", d_model, d_hidden, bias=False)
    )


def block_shapes(d_model, num_heads, d_hidden):
    return (
        norm("norm1", d_model)
        | linear("qkv", 3 * d_model, d_model)
        | linear("out", d_model, d_model)
        | norm("norm2", d_model)
        | linear("up", d_hidden, d_model)
        | linear("down", d_model, d_hidden)
    )


def cross_shapes(d_model, num_heads):
    return (
        norm("norm", d_model)
        | linear("q", d_model, d_model)
        | linear("kv", 2 * d_model, d_model)
        | linear("out", d_model, d_model)
    )


def gpt_shapes(vocab_size, max_length, d_model, num_heads, d_hidden, num_layers):
    shapes = {"tokens.weight": [vocab_size, d_model], "positions.weight": [max_length, d_model]}
    for number in range(num_layers):
        inner = block_shapes(d_model, num_heads, d_hidden)
        shapes |= {f"blocks.{number}.{name}": shape for name, shape in inner.items()}
    return shapes | norm("norm", d_model)


def weights(fill, shapes):
    """Random weights under these names; those of norms are far from 1 and 0."""
    state = {}
    for name, shape in shapes.items():
        values = fill.rng.standard_normal(shape)
        if "norm" in name and name.endswith("weight"):
            values = fill.rng.uniform(0.4, 1.8, shape)
        elif len(shape) == 2 and not name.startswith(("tokens", "positions")):
            values = values * 1.5 / shape[1] ** 0.5
        elif len(shape) == 1:
            values = values * 0.5
        state[name] = torch.from_numpy(values).to(getattr(torch, dtype_of(fill)))
    return state


def make_module(module, name, dims, state):
    """a module of that name and those sizes, with these weights in it"""
    torch.default_generator.manual_seed(0)
    made = getattr(module, name)(*dims).to(next(iter(state.values())).dtype)
    made.load_state_dict(state)
    return made


def forward(module, make, name, dims, state, inputs):
    """load these weights and run the module"""
    return make(module, name, dims, state)(*inputs)


def forward_and_back(module, make, name, dims, state, inputs, up):
    """run the module, and return the gradients of all inputs and weights"""
    made = make(module, name, dims, state)
    leaves = [one.requires_grad_() for one in inputs if one.is_floating_point()]
    named = dict(made.named_parameters())
    wanted = [*leaves, *(named[one] for one in sorted(named))]
    total = (made(*inputs) * up).sum()
    return torch.autograd.grad(total, wanted, allow_unused=True, materialize_grads=True)


def names_and_shapes(module, name, dims):
    """build the module, and return names and shapes of its weights"""
    made = getattr(module, name)(*dims)
    return {key: list(one.shape) for key, one in made.state_dict().items()}


def forward_and_look(module, make, name, dims, state, inputs):
    """run the module, and return its inputs and its weights as they were and as they are"""
    import copy

    before = copy.deepcopy([inputs, state])
    made = make(module, name, dims, state)
    made(*inputs)
    return [before, [inputs, dict(made.state_dict())]]


MAKE = function(make_module)


def made(name, cases):
    """The same cases as arguments of a probe that makes the module."""
    return cases.map(lambda case: (MAKE, name, *case))


def expect_names(submission, name, dims, shapes):
    """The state_dict has these names and shapes."""
    got = submission.probe(names_and_shapes, name, dims)
    expect_equal(sorted(got), sorted(shapes), "the names in state_dict()")
    for key, shape in shapes.items():
        expect_equal(got[key], shape, f"the shape of {key}")


def expect_gradients(submission, reference, name, case, up):
    """The gradients of inputs and weights are the reference's."""
    expected = reference.probe(forward_and_back, MAKE, name, *case, up)
    got = submission.probe(forward_and_back, MAKE, name, *case, up)
    scale = 1.0 + max(float(one.abs().max()) for one in expected)
    expect_right(got, expected, "a gradient is wrong", scale=scale)


# --- gelu ----------------------------------------------------------------------------------------

ANY_SHAPE = st.sampled_from([(), (1,), (4,), (2, 3), (3, 2, 4), (2, 1, 3)])
BEND = torch.linspace(-4.0, 4.0, 33, dtype=torch.float64).reshape(3, 11)


example("gelu")


@st.composite
def gelu_inputs(draw, filled=FILLS):
    """x, approximate."""
    return tensor(draw(filled), *draw(ANY_SHAPE)), draw(st.booleans())


matches("gelu", gelu_inputs(), compare=same_answer)
matches(
    "gelu",
    st.just(BEND),
    title="is exact unless it is told to approximate",
    compare=same_answer,
    weight=2,
    examples=1,
)
matches(
    "gelu",
    st.just(case(BEND, approximate=True)),
    title="approximates if it is told to",
    compare=same_answer,
    weight=2,
    examples=1,
)


@check("gelu", "what x loses, −x keeps: gelu(x) − gelu(−x) is x", practice=True)
@given(case=gelu_inputs())
def test_gelu_halves(submission, case):
    x, approximate = case
    got = submission.gelu(x, approximate) - submission.gelu(-x, approximate)
    expect_right(got, x, "gelu(x) − gelu(−x)")


def gelu_and_back(module, x, approximate, up):
    """the gradient of x"""
    total = (module.gelu(x.requires_grad_(), approximate) * up).sum()
    return torch.autograd.grad(total, [x], allow_unused=True, materialize_grads=True)


@check("gelu", "gradients flow back")
@given(shape=ANY_SHAPE, fill=STEADY, approximate=st.booleans())
def test_gelu_gradient(submission, reference, shape, fill, approximate):
    x, up = tensor(fill, *shape), upstream(fill, *shape)
    got = submission.probe(gelu_and_back, x, approximate, up)
    expect_right(got, reference.probe(gelu_and_back, x, approximate, up), "the gradient")


untouched("gelu", gelu_inputs(), examples=8)


# --- SwiGLU --------------------------------------------------------------------------------------

GATED = st.sampled_from(
    [  # leading axes, d_model, d_hidden
        ((), 2, 3),
        ((), 1, 2),
        ((2,), 3, 2),
        ((3,), 2, 5),
        ((2, 3), 4, 3),
        ((3, 1), 3, 3),
        ((1, 4), 5, 1),
        ((2, 1, 3), 2, 4),
    ]
)


@st.composite
def swiglus(draw, filled=FILLS):
    """Sizes, weights and inputs."""
    (lead, d_model, d_hidden), fill = draw(GATED), draw(filled)
    state = weights(fill, swiglu_shapes(d_model, d_hidden))
    return [d_model, d_hidden], state, [tensor(fill, *lead, d_model)]


example("SwiGLU")


@check("SwiGLU", "matches the reference", value=True)
@given(case=swiglus())
def test_swiglu_value(submission, reference, case):
    got = submission.probe(forward, MAKE, "SwiGLU", *case)
    expect_right(got, reference.probe(forward, MAKE, "SwiGLU", *case))


@check("SwiGLU", "gradients reach every weight and the input")
@given(case=swiglus(filled=STEADY), fill=STEADY)
def test_swiglu_gradients(submission, reference, case, fill):
    up = upstream(fill, *case[2][0].shape).to(case[2][0].dtype)
    expect_gradients(submission, reference, "SwiGLU", case, up)


@check("SwiGLU", "twice the weights of up, twice the output", practice=True)
@given(case=swiglus())
def test_swiglu_linear(submission, case):
    dims, state, inputs = case
    once = submission.probe(forward, MAKE, "SwiGLU", dims, state, inputs)
    doubled = state | {"up.weight": 2 * state["up.weight"]}
    twice = submission.probe(forward, MAKE, "SwiGLU", dims, doubled, inputs)
    expect_right(twice, 2 * once, "with up.weight doubled")


@check("SwiGLU", "a gate at 0 lets nothing through", practice=True)
@given(case=swiglus())
def test_swiglu_closed(submission, case):
    dims, state, inputs = case
    closed = state | {"gate.weight": torch.zeros_like(state["gate.weight"])}
    got = submission.probe(forward, MAKE, "SwiGLU", dims, closed, inputs)
    expect_right(got, torch.zeros_like(inputs[0]), "with gate.weight at zero")


@check("SwiGLU", "has the three layers and nothing else", practice=True, examples=8)
@given(d_model=sizes(1, 4), d_hidden=sizes(1, 5))
def test_swiglu_names(submission, d_model, d_hidden):
    expect_names(submission, "SwiGLU", [d_model, d_hidden], swiglu_shapes(d_model, d_hidden))


untouched("SwiGLU", made("SwiGLU", swiglus()), probe=forward_and_look, examples=8)


# --- Block ---------------------------------------------------------------------------------------

BLOCKS = st.sampled_from(
    [  # B, heads, d, d_hidden, lengths of the chunks
        (1, 1, 2, 3, [2]),
        (1, 2, 2, 3, [1, 1]),
        (2, 2, 3, 4, [2, 1]),
        (2, 3, 2, 5, [1, 3]),
        (3, 2, 2, 1, [2, 2]),
        (2, 1, 4, 6, [3, 2]),
        (1, 4, 1, 4, [1, 1, 2]),
        (3, 2, 3, 2, [2, 3, 1]),
        (4, 2, 1, 3, [4]),
        (2, 2, 4, 3, [1, 2, 2]),
    ]
)


@st.composite
def blocks(draw, filled=FILLS):
    """Sizes, weights, the whole input and the lengths of the chunks that it comes in."""
    (batch, heads, width, d_hidden, chunks), fill = draw(BLOCKS), draw(filled)
    dims = [heads * width, heads, d_hidden]
    return (
        dims,
        weights(fill, block_shapes(*dims)),
        tensor(fill, batch, sum(chunks), dims[0]),
        chunks,
    )


def feed_block(module, make, dims, state, x, chunks):
    """feed the block chunk by chunk: all outputs, and the last cache"""
    block, cache, outputs = make(module, "Block", dims, state), None, []
    for part in x.split(chunks, dim=1):
        output, cache = block(part.clone(), cache)
        outputs.append(output)
    return [torch.cat(outputs, dim=1), *cache]


EXAMPLE_BLOCK = {
    "norm1.weight": torch.ones(2),
    "norm1.bias": torch.zeros(2),
    "qkv.weight": torch.cat([torch.zeros(4, 2), torch.eye(2)]),
    "qkv.bias": torch.zeros(6),
    "out.weight": torch.eye(2),
    "out.bias": torch.zeros(2),
    "norm2.weight": torch.ones(2),
    "norm2.bias": torch.zeros(2),
    "up.weight": torch.eye(3, 2),
    "up.bias": torch.zeros(3),
    "down.weight": torch.eye(2, 3),
    "down.bias": torch.zeros(2),
}


example("Block")


@check("Block", "the worked example in two parts", practice=True)
def test_block_example_parts(submission):
    x = torch.tensor([[[4.0, 0.0], [0.0, 2.0], [6.0, 2.0]]])
    got = submission.probe(feed_block, MAKE, [2, 2, 3], EXAMPLE_BLOCK, x, [1, 2])
    expected = torch.tensor([[[5.84133, -1.15864], [-0.15865, 2.84133], [7.17467, 1.50802]]])
    normed = torch.tensor([[[[1.0], [-1.0], [1.0]], [[-1.0], [1.0], [-1.0]]]])
    expect_right(got[0], expected, "the output")
    expect_right(got[1:], [torch.zeros(1, 2, 3, 1), normed], "the cache")


@check("Block", "matches the reference", value=True)
@given(case=blocks())
def test_block_value(submission, reference, case):
    got = submission.probe(feed_block, MAKE, *case)
    expect_right(got, reference.probe(feed_block, MAKE, *case))


def first_output(module, make, dims, state, x):
    """the output of a first call"""
    return make(module, "Block", dims, state)(x)[0]


@check("Block", "is right without a cache", value=True, weight=2, examples=25)
@given(case=blocks())
def test_block_first(submission, reference, case):
    dims, state, x, _ = case
    got = submission.probe(first_output, MAKE, dims, state, x)
    expect_right(got, reference.probe(first_output, MAKE, dims, state, x))


def next_output(module, make, dims, state, x, cache):
    """the output, and the cache, of a call with a cache"""
    output, grown = make(module, "Block", dims, state)(x, cache)
    return [output, *grown]


@st.composite
def cached_blocks(draw, filled=FILLS):
    """Sizes, weights, new positions and a cache of some others."""
    (batch, heads, width, d_hidden, chunks), fill = draw(BLOCKS), draw(filled)
    dims, past = [heads * width, heads, d_hidden], 1 + fill.seed % 3
    cache = tuple(tensor(fill, batch, heads, past, width) for _ in range(2))
    state = weights(fill, block_shapes(*dims))
    return dims, state, tensor(fill, batch, max(chunks), dims[0]), cache


@check("Block", "is right for one new position", value=True, weight=2, examples=25)
@given(case=cached_blocks(filled=STEADY))
def test_block_token(submission, reference, case):
    dims, state, x, cache = case
    asked = (MAKE, dims, state, x[:, :1], cache)
    expect_right(submission.probe(next_output, *asked), reference.probe(next_output, *asked))


def block_and_back(module, make, dims, state, x, cache, chunks, up):
    """feed the block chunk by chunk: gradients of the input, the first cache and all weights"""
    block = make(module, "Block", dims, state)
    leaves = [one.requires_grad_() for one in (x, *cache)]
    named = dict(block.named_parameters())
    wanted, outputs = [*leaves, *(named[one] for one in sorted(named))], []
    for part in x.split(chunks, dim=1):
        output, cache = block(part.clone(), cache)
        outputs.append(output)
    total = (torch.cat(outputs, dim=1) * up).sum()
    return torch.autograd.grad(total, wanted, allow_unused=True, materialize_grads=True)


@check("Block", "gradients reach every weight, the input and the cache", weight=2)
@given(case=cached_blocks(filled=STEADY), fill=STEADY)
def test_block_gradients(submission, reference, case, fill):
    dims, state, x, cache = case
    length = x.shape[1]
    chunks = [length] if length == 1 else [1, length - 1]
    up = upstream(fill, *x.shape).to(x.dtype)
    asked = (MAKE, dims, state, x, cache, chunks, up)
    expected = reference.probe(block_and_back, *asked)
    scale = 1.0 + max(float(one.abs().max()) for one in expected)
    got = submission.probe(block_and_back, *asked)
    expect_right(got, expected, "a gradient is wrong", scale=scale)


@check("Block", "chunks give what the whole sequence gives", practice=True)
@given(case=blocks())
def test_block_chunks(submission, case):
    dims, state, x, chunks = case
    parts = submission.probe(feed_block, MAKE, dims, state, x, chunks)
    whole = submission.probe(feed_block, MAKE, dims, state, x, [x.shape[1]])
    expect_right(parts, whole, f"in chunks of {chunks} and at once")


@check("Block", "nobody sees a later position", practice=True)
@given(case=blocks(filled=STEADY))
def test_block_future(submission, case):
    dims, state, x, chunks = case
    before, _, _ = submission.probe(feed_block, MAKE, dims, state, x, chunks)
    other = x.clone()
    other[:, -1, 0] += 3.0
    after, _, _ = submission.probe(feed_block, MAKE, dims, state, other, chunks)
    changed = "the last position has changed, and with it an earlier output"
    expect_right(after[:, :-1], before[:, :-1], changed)


def branch_block(module, make, dims, state, x, cache):
    """continue twice from one cache, then each of the two once more"""
    block = make(module, "Block", dims, state)
    answers, caches = [], []
    for sign in (1, -1):
        output, grown = block(sign * x, cache)
        answers.append(output)
        caches.append(grown)
    for grown in caches:
        output, last = block(x, grown)
        answers.extend([output, *last])
    return [*answers, *cache]


@check("Block", "two continuations may share a cache")
@given(case=cached_blocks())
def test_block_shared(submission, reference, case):
    got = submission.probe(branch_block, MAKE, *case)
    expect_right(got, reference.probe(branch_block, MAKE, *case))


def block_again(module, make, dims, state, x):
    """run it on something else, then in training, in evaluation, and in a copy"""
    import copy

    block = make(module, "Block", dims, state)
    block(x.flip(1) + 1)
    answers = [block.train()(x)[0]]
    block(torch.ones(5, 7, dims[0], dtype=x.dtype))
    answers.append(block.eval()(x)[0])
    twin = copy.deepcopy(block)
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.zero_()
    return [*answers, twin(x)[0], block(x)[0]]


@check("Block", "answers alike in training, in evaluation and in a copy; at zero it hands on")
@given(case=blocks())
def test_block_again(submission, reference, case):
    dims, state, x, _ = case
    expected = reference.probe(first_output, MAKE, dims, state, x)
    got = submission.probe(block_again, MAKE, dims, state, x)
    expect_right(got, [expected, expected, expected, x])


@check("Block", "has the six layers and nothing else", practice=True, examples=8)
@given(heads=sizes(1, 3), width=sizes(1, 3), d_hidden=sizes(1, 7))
def test_block_names(submission, heads, width, d_hidden):
    dims = [heads * width, heads, d_hidden]
    expect_names(submission, "Block", dims, block_shapes(*dims))


def cached_inputs(case):
    """What a block is called with."""
    dims, state, x, cache = case
    return dims, state, [x, cache]


CACHED = made("Block", cached_blocks().map(cached_inputs))
untouched("Block", CACHED, probe=forward_and_look, examples=8)


# --- CrossAttentionBlock -------------------------------------------------------------------------

CROSSED = st.sampled_from(
    [  # B, T, S, heads, d
        (1, 2, 3, 1, 2),
        (1, 1, 2, 2, 1),
        (2, 3, 4, 2, 3),
        (2, 4, 3, 3, 2),
        (3, 2, 5, 2, 2),
        (4, 3, 2, 2, 4),
        (3, 5, 1, 2, 1),
        (2, 3, 3, 4, 1),
        (3, 3, 3, 1, 3),
    ]
)


@st.composite
def crossings(draw, filled=FILLS, masked=None):
    """Sizes, weights and inputs: x, the memory and perhaps a mask with a True in each row."""
    (batch, length, keys, heads, width), fill = draw(CROSSED), draw(filled)
    dims = [heads * width, heads]
    inputs = [tensor(fill, batch, length, dims[0]), tensor(fill, batch, keys, dims[0])]
    if masked if masked is not None else fill.seed % 4:
        mask = fill.rng.random((batch, keys)) < 0.5
        mask[np.arange(batch), fill.rng.integers(0, keys, batch)] = True
        inputs.append(torch.from_numpy(mask))
    return dims, weights(fill, cross_shapes(*dims)), inputs


EXAMPLE_CROSS = {
    "norm.weight": torch.ones(2),
    "norm.bias": torch.zeros(2),
    "q.weight": torch.zeros(2, 2),
    "q.bias": torch.zeros(2),
    "kv.weight": torch.cat([torch.zeros(2, 2), torch.eye(2)]),
    "kv.bias": torch.zeros(4),
    "out.weight": torch.eye(2),
    "out.bias": torch.zeros(2),
}


example("CrossAttentionBlock")


@check("CrossAttentionBlock", "the worked example, with a mask", practice=True)
def test_cross_example_masked(submission):
    x, mask = torch.tensor([[[4.0, 0.0], [0.0, 2.0]]]), torch.tensor([[True, True, False]])
    memory = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [8.0, 10.0]]])
    asked = (MAKE, "CrossAttentionBlock", [2, 1], EXAMPLE_CROSS, [x, memory, mask])
    expect_right(submission.probe(forward, *asked), torch.tensor([[[6.0, 4.0], [2.0, 6.0]]]))


@check("CrossAttentionBlock", "matches the reference", value=True)
@given(case=crossings())
def test_cross_value(submission, reference, case):
    got = submission.probe(forward, MAKE, "CrossAttentionBlock", *case)
    expect_right(got, reference.probe(forward, MAKE, "CrossAttentionBlock", *case))


@check("CrossAttentionBlock", "is right without a mask", value=True, weight=2, examples=25)
@given(case=crossings(masked=False))
def test_cross_plain(submission, reference, case):
    got = submission.probe(forward, MAKE, "CrossAttentionBlock", *case)
    expect_right(got, reference.probe(forward, MAKE, "CrossAttentionBlock", *case))


@check("CrossAttentionBlock", "gradients reach every weight, the input and the memory")
@given(case=crossings(filled=STEADY), fill=STEADY)
def test_cross_gradients(submission, reference, case, fill):
    up = upstream(fill, *case[2][0].shape).to(case[2][0].dtype)
    expect_gradients(submission, reference, "CrossAttentionBlock", case, up)


@check("CrossAttentionBlock", "padding in the memory has no influence", practice=True)
@given(case=crossings(masked=True))
def test_cross_padding(submission, case):
    dims, state, (x, memory, mask) = case
    before = submission.probe(forward, MAKE, "CrossAttentionBlock", *case)
    other = memory + 3.0 * ~mask[:, :, None]
    inputs = [x, other, mask]
    after = submission.probe(forward, MAKE, "CrossAttentionBlock", dims, state, inputs)
    expect_right(after, before, "what is padding has changed, and with it the output")


@check("CrossAttentionBlock", "the order of the memory does not matter", practice=True)
@given(case=crossings(masked=False))
def test_cross_order(submission, case):
    dims, state, (x, memory) = case
    before = submission.probe(forward, MAKE, "CrossAttentionBlock", *case)
    inputs = [x, memory.flip(1)]
    after = submission.probe(forward, MAKE, "CrossAttentionBlock", dims, state, inputs)
    expect_right(after, before, "with the memory back to front")


@check("CrossAttentionBlock", "has the four layers and nothing else", practice=True, examples=8)
@given(heads=sizes(1, 3), width=sizes(1, 3))
def test_cross_names(submission, heads, width):
    dims = [heads * width, heads]
    expect_names(submission, "CrossAttentionBlock", dims, cross_shapes(*dims))


CROSSINGS = made("CrossAttentionBlock", crossings())
untouched("CrossAttentionBlock", CROSSINGS, probe=forward_and_look, examples=8)


# --- mask_tokens ---------------------------------------------------------------------------------


def mask_and_draw(module, seed, tokens, mask_id, vocab_size, special_ids, options):
    """mask the tokens with a generator of that seed: what comes back, and its next number"""
    torch.default_generator.manual_seed(1)
    generator = torch.Generator().manual_seed(seed)
    answer = module.mask_tokens(tokens, mask_id, vocab_size, special_ids, generator, **options)
    inputs, labels = answer
    return [inputs, labels, torch.rand(1, generator=generator)]


def mask_and_look(module, seed, tokens, mask_id, vocab_size, special_ids, options):
    """mask the tokens, and look at the arguments before and afterwards"""
    before = [tokens.clone(), list(special_ids)]
    generator = torch.Generator().manual_seed(seed)
    module.mask_tokens(tokens, mask_id, vocab_size, special_ids, generator, **options)
    return [before, [tokens, special_ids]]


TEXTS = st.sampled_from([(), (1,), (5,), (24,), (4, 7), (1, 9), (2, 3, 5), (6, 9)])
ROWS = st.sampled_from([(8, 12), (6, 16), (12, 9)])
CHANCES = st.sampled_from([0.5, 0.9, 1.0, 0.15, 0.0])


@st.composite
def maskings(draw, shapes=TEXTS, chances=CHANCES, some_special=False):
    """A seed and the arguments of mask_tokens; p is left out where `chances` gives None."""
    shape, seed, p = draw(shapes), draw(st.integers(0, 2**20)), draw(chances)
    rng = np.random.default_rng(seed)
    vocab_size = int(rng.integers(4, 12))
    mask_id = int(rng.integers(0, vocab_size))
    several = sorted({mask_id, *rng.integers(0, vocab_size, 2).tolist()})
    one = [int(rng.integers(0, vocab_size))]
    special = (one, several, [])[int(rng.integers(0, 2 if some_special else 3))]
    tokens = torch.from_numpy(rng.integers(0, vocab_size, shape))
    if len(shape) == 2 and seed % 2:
        tokens = tokens.T.contiguous().T
    return seed, tokens, mask_id, vocab_size, special, {} if p is None else {"p": p}


example("mask_tokens", probe=True)


def expect_masked(submission, reference, case):
    """Inputs and labels are the reference's."""
    got, due = submission.probe(mask_and_draw, *case), reference.probe(mask_and_draw, *case)
    expect_tokens(got[0], due[0], "inputs")
    expect_tokens(got[1], due[1], "labels")


@check("mask_tokens", "matches the reference", value=True)
@given(case=maskings())
def test_mask_value(submission, reference, case):
    expect_masked(submission, reference, case)


@check("mask_tokens", "is right for rows of text and p = 0.15", value=True, weight=2, examples=20)
@given(case=maskings(shapes=ROWS, chances=st.just(None), some_special=True))
def test_mask_usual(submission, reference, case):
    expect_masked(submission, reference, case)


@check("mask_tokens", "draws three times, each time the whole shape", practice=True)
@given(case=maskings())
def test_mask_draws(submission, case):
    seed, tokens, _, vocab_size, _, _ = case
    *_, got = submission.probe(mask_and_draw, *case)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(2):
        torch.rand(tokens.shape, generator=generator)
    torch.randint(vocab_size, tokens.shape, generator=generator)
    due = torch.rand(1, generator=generator)
    expect_close(got, due, "the generator's next number after the call")


@check("mask_tokens", "labels are the original tokens where chosen, −100 elsewhere", practice=True)
@given(case=maskings())
def test_mask_labels(submission, case):
    _, tokens, *_ = case
    inputs, labels, _ = submission.probe(mask_and_draw, *case)
    unchosen = labels == -100
    expect_equal(torch.where(unchosen, tokens, labels), tokens, "labels other than −100")
    expect_equal(torch.where(unchosen, inputs, tokens), tokens, "inputs where the label is −100")


@check("mask_tokens", "special tokens are never chosen, with p = 1 all others are", practice=True)
@given(case=maskings(chances=st.just(1.0)))
def test_mask_special(submission, case):
    _, tokens, _, _, special, _ = case
    _, labels, _ = submission.probe(mask_and_draw, *case)
    kept = torch.from_numpy(np.isin(tokens.numpy(), np.array(special, dtype=int)))
    expect_equal(labels == -100, kept, "where the label is −100")


untouched("mask_tokens", maskings(), probe=mask_and_look, examples=8)


# --- next_token_loss -----------------------------------------------------------------------------

PREDICTED = st.sampled_from(
    [(1, 2, 3), (2, 3, 4), (3, 2, 2), (2, 5, 3), (4, 3, 5), (3, 4, 4), (3, 3, 3), (1, 6, 2)]
)  # B, L, V


@st.composite
def guesses(draw, filled=FILLS, ignoring=None):
    """Logits, tokens and, if it is not the default, ignore_index; some tokens are ignored."""
    (batch, length, vocab), fill = draw(PREDICTED), draw(filled)
    logits = tensor(fill, batch, length, vocab)
    tokens = fill.rng.integers(0, vocab, (batch, length))
    if not (fill.seed % 5 if ignoring is None else ignoring):
        return logits, torch.from_numpy(tokens)
    index = (None, 0, vocab - 1, -1, -7)[int(fill.rng.integers(0, 5))]
    hidden = fill.rng.random((batch, length)) < fill.rng.choice([0.25, 0.5], (batch, 1))
    tokens[hidden] = -100 if index is None else index
    if index is not None and index >= 0:
        tokens[0, 1] = (index + 1) % vocab
    else:
        tokens[0, 1] = int(fill.rng.integers(0, vocab))
    return logits, torch.from_numpy(tokens), *([] if index is None else [index])


def same_loss(got, expected, logits, *_):
    """A loss is the difference of two numbers, which may be large."""
    expect_right(got, expected, scale=1.0 + float(logits.abs().max()))


example("next_token_loss")
matches("next_token_loss", guesses(), compare=same_loss)
matches(
    "next_token_loss",
    guesses(ignoring=False),
    title="is right when nothing is left out",
    compare=same_loss,
    weight=2,
    examples=25,
)


@check("next_token_loss", "logits up to ±10000 do not overflow", weight=1)
@given(case=guesses(filled=fills((1e4,))))
def test_loss_stable(submission, reference, case):
    logits, *rest = case
    logits = (logits * (1 if logits.abs().max() > 100 else 3000)).clamp(-1e4, 1e4)
    got, due = (who.next_token_loss(logits, *rest) for who in (submission, reference))
    same_loss(got, due, logits)


def loss_and_back(module, logits, *rest):
    """the gradient of the logits"""
    loss = module.next_token_loss(logits.requires_grad_(), *rest)
    return torch.autograd.grad(loss, [logits], allow_unused=True, materialize_grads=True)


@check("next_token_loss", "gradients flow back")
@given(case=guesses(filled=STEADY))
def test_loss_gradient(submission, reference, case):
    got, due = (who.probe(loss_and_back, *case) for who in (submission, reference))
    expect_right(got, due, "the gradient")


@check("next_token_loss", "the last logits and the first token have no partner", practice=True)
@given(case=guesses(ignoring=False))
def test_loss_ends(submission, case):
    logits, tokens = case
    before = submission.next_token_loss(logits, tokens)
    other, first = logits.clone(), tokens.clone()
    other[:, -1] = other[:, -1].flip(-1) + torch.arange(logits.shape[-1])
    first[:, 0] = (first[:, 0] + 1) % logits.shape[-1]
    scale = 1.0 + float(logits.abs().max())
    got = submission.next_token_loss(other, tokens)
    expect_right(got, before, "with other logits at the last position", scale=scale)
    got = submission.next_token_loss(logits, first)
    expect_right(got, before, "with other first tokens", scale=scale)


@check("next_token_loss", "who knows nothing loses ln V", practice=True)
@given(case=guesses())
def test_loss_clueless(submission, case):
    logits, *rest = case
    got = submission.next_token_loss(torch.zeros_like(logits), *rest)
    due = torch.tensor(math.log(logits.shape[-1]), dtype=logits.dtype)
    expect_right(got, due, "with all logits 0")


untouched("next_token_loss", guesses(), examples=8)


# --- filter_logits -------------------------------------------------------------------------------

MARGIN = 1e-3
"""So far from top_p lie all sums of probabilities."""


def probabilities(logits, temperature, top_k):
    """What the nucleus chooses from: each row's distribution in descending order, (…, k)."""
    z = np.sort(logits.double().numpy() / temperature, axis=-1)[..., ::-1]
    z = z[..., : top_k or z.shape[-1]]
    p = np.exp(z - z[..., :1])
    return p / p.sum(axis=-1, keepdims=True)


def clear_top_p(rng, logits, temperature, top_k):
    """A top_p that no sum of any row is near to, None if none is found at once."""
    p = probabilities(logits, temperature, top_k)
    sums = p.cumsum(axis=-1)
    if rng.random() < 0.15:
        return 1.0 if p.min() > MARGIN else None
    candidates = [*rng.uniform(0.05, 0.98, 6), 0.5, 0.9]
    clear = [c for c in candidates if np.abs(sums - c).min() > MARGIN]
    return float(round(clear[0], 4)) if clear else None


def spread(rng, dtype, scale, *shape):
    """Logits in which no two of a row are near each other, in random order."""
    ranks = rng.random(shape).argsort(axis=-1) - shape[-1] // 2
    values = (ranks * 0.7 + rng.uniform(-0.2, 0.2, shape)) * scale
    return torch.from_numpy(values).to(getattr(torch, dtype))


FILTERED = st.sampled_from([(3,), (5,), (1,), (2, 4), (3, 6), (4, 3), (2, 3, 5), (1, 7), (3, 2)])
TEMPERATURES = (1.0, 0.5, 2.0, 1.7, 0.8)


@st.composite
def filterings(draw, settings=("temperature", "top_k", "top_p"), shapes=FILTERED):
    """The logits, and as keyword arguments those of the settings that are to be given."""
    shape, fill = draw(shapes), draw(FILLS)
    rng, scale = fill.rng, fill.scale if fill.kind == "normal" else 1.0
    logits = spread(rng, dtype_of(fill), min(scale, 10.0), *shape)
    if fill.layout != "C":
        logits = torch.stack([logits, logits], dim=-1).flatten(-2)[..., ::2]
    chosen = {}
    if "temperature" in settings and (len(settings) == 1 or rng.random() < 0.6):
        chosen["temperature"] = float(rng.choice(TEMPERATURES))
    if "top_k" in settings and (len(settings) == 1 or rng.random() < 0.7):
        chosen["top_k"] = int(rng.integers(1, shape[-1] + 3))
    if "top_p" in settings:
        among = chosen.get("temperature", 1.0), chosen.get("top_k")
        top_p = clear_top_p(rng, logits, *among)
        chosen |= {} if top_p is None else {"top_p": top_p}
    return case(logits, **chosen)


example("filter_logits")
matches("filter_logits", filterings(), compare=same_answer)
matches(
    "filter_logits",
    filterings(settings=("temperature",)),
    title="is right for a temperature alone",
    compare=same_answer,
    weight=1,
    examples=15,
)
matches(
    "filter_logits",
    filterings(settings=("top_k",)),
    title="is right for top_k alone",
    compare=same_answer,
    weight=1.5,
    examples=25,
)
matches(
    "filter_logits",
    filterings(settings=("top_p",)),
    title="is right for top_p alone",
    compare=same_answer,
    weight=1.5,
    examples=25,
)


@check("filter_logits", "what stays is the logit over the temperature, in its place", practice=True)
@given(case=filterings())
def test_filter_places(submission, case):
    (logits,), chosen = case
    got = submission.filter_logits(logits, **chosen)
    z = logits / chosen.get("temperature", 1.0)
    expect(got.shape == z.shape, "the answer has the shape of the logits", expected=z, got=got)
    expect_right(torch.where(got == -torch.inf, z, got), z, "where the answer is not −∞")


@check("filter_logits", "top_p keeps what first reaches it: one less would not do", practice=True)
@given(case=filterings())
def test_filter_mass(submission, case):
    (logits,), chosen = case
    got = submission.filter_logits(logits, **chosen)
    p = probabilities(logits, chosen.get("temperature", 1.0), chosen.get("top_k"))
    before = p.cumsum(axis=-1) - p
    due = np.asarray((before < chosen.get("top_p", 2.0) - MARGIN / 2).sum(axis=-1))
    expect_equal(
        (got > -torch.inf).sum(dim=-1), torch.from_numpy(due), "how many tokens stay in each row"
    )


@check("filter_logits", "rows are filtered on their own", practice=True)
@given(case=filterings(shapes=st.sampled_from([(2, 4), (3, 5), (4, 6)])))
def test_filter_rows(submission, case):
    (logits,), chosen = case
    whole = submission.filter_logits(logits, **chosen)
    for row, together in zip(logits, whole, strict=True):
        alone = submission.filter_logits(row, **chosen)
        expect_right(together, alone, "a row among others and alone")


@check("filter_logits", "top_k of V or more and top_p = 1 change nothing")
@given(case=filterings(settings=("temperature",)), more=sizes(0, 3))
def test_filter_idle(submission, case, more):
    (logits,), chosen = case
    z = logits / chosen["temperature"]
    got = submission.filter_logits(logits, top_k=logits.shape[-1] + more, **chosen)
    expect_right(got, z, f"top_k={logits.shape[-1] + more} of {logits.shape[-1]}")
    if probabilities(logits, chosen["temperature"], None).min() > MARGIN:
        got = submission.filter_logits(logits, top_p=1.0, **chosen)
        expect_right(got, z, "top_p=1.0")


untouched("filter_logits", filterings(), examples=12)


# --- GPT -----------------------------------------------------------------------------------------

MODELS = st.sampled_from(
    [  # B, heads, d, d_hidden, layers, vocab_size, room, lengths of the chunks
        (1, 1, 2, 3, 1, 3, 0, [2]),
        (1, 2, 2, 3, 1, 4, 1, [1, 1]),
        (2, 2, 2, 4, 2, 5, 0, [2, 1]),
        (2, 1, 3, 2, 2, 3, 2, [1, 3]),
        (3, 2, 2, 3, 3, 6, 0, [2, 2]),
        (2, 3, 1, 5, 2, 4, 1, [3, 2]),
        (1, 2, 3, 4, 3, 7, 3, [1, 1, 2]),
        (3, 2, 1, 2, 2, 5, 0, [2, 3, 1]),
        (4, 1, 4, 3, 1, 4, 0, [4]),
    ]
)  # max_length is the length of the sequence and `room`


@st.composite
def models(draw, filled=STEADY):
    """Sizes, weights, a sequence of tokens and the lengths of the chunks that it comes in."""
    drawn, fill = draw(MODELS), draw(filled)
    batch, heads, width, d_hidden, layers, vocab, room, chunks = drawn
    length = sum(chunks)
    dims = [vocab, length + room, heads * width, heads, d_hidden, layers]
    tokens = torch.from_numpy(fill.rng.integers(0, vocab, (batch, length)))
    if fill.layout != "C":
        tokens = tokens.T.contiguous().T
    return dims, weights(fill, gpt_shapes(*dims)), tokens, chunks


def feed_model(module, make, dims, state, tokens, chunks):
    """feed the model chunk by chunk: all logits, and the keys and values of the last cache"""
    model, cache, outputs = make(module, "GPT", dims, state), None, []
    for part in tokens.split(chunks, dim=1):
        output, cache = model(part, cache)
        outputs.append(output)
    return [torch.cat(outputs, dim=1), *(one for pair in cache for one in pair)]


EXAMPLE_MODEL = {
    "tokens.weight": torch.tensor([[2.0, 0.0], [0.0, 2.0], [3.0, 1.0]]),
    "positions.weight": torch.tensor([[0.0, 0.0], [0.0, 0.0], [0.0, 4.0], [1.0, 0.0]]),
    **{f"blocks.0.{name}": torch.zeros(shape) for name, shape in block_shapes(2, 1, 3).items()},
    "norm.weight": torch.ones(2),
    "norm.bias": torch.zeros(2),
}


example("GPT")


@check("GPT", "the worked example in two parts", practice=True)
def test_gpt_example_parts(submission):
    asked = (MAKE, [3, 4, 2, 1, 3, 1], EXAMPLE_MODEL, torch.tensor([[0, 1, 0]]), [2, 1])
    got, *_ = submission.probe(feed_model, *asked)
    expected = torch.tensor([[[2.0, -2.0, 2.0], [-2.0, 2.0, -2.0], [-2.0, 2.0, -2.0]]])
    expect_right(got, expected, "the logits")


@check("GPT", "matches the reference", value=True)
@given(case=models())
def test_gpt_value(submission, reference, case):
    got = submission.probe(feed_model, MAKE, *case)
    expect_right(got, reference.probe(feed_model, MAKE, *case))


def first_logits(module, make, dims, state, tokens):
    """the logits of a first call"""
    return make(module, "GPT", dims, state)(tokens)[0]


@check("GPT", "is right without a cache", value=True, weight=2, examples=25)
@given(case=models())
def test_gpt_first(submission, reference, case):
    dims, state, tokens, _ = case
    got = submission.probe(first_logits, MAKE, dims, state, tokens)
    expect_right(got, reference.probe(first_logits, MAKE, dims, state, tokens))


def model_and_back(module, make, dims, state, tokens, chunks, up):
    """feed the model chunk by chunk, and return the gradients of all weights"""
    model, cache, outputs = make(module, "GPT", dims, state), None, []
    named = dict(model.named_parameters())
    for part in tokens.split(chunks, dim=1):
        output, cache = model(part, cache)
        outputs.append(output)
    total = (torch.cat(outputs, dim=1) * up).sum()
    wanted = [named[name] for name in sorted(named)]
    return torch.autograd.grad(total, wanted, allow_unused=True, materialize_grads=True)


@check("GPT", "gradients reach every weight", weight=2)
@given(case=models(), fill=STEADY)
def test_gpt_gradients(submission, reference, case, fill):
    dims, state, tokens, chunks = case
    up = upstream(fill, *tokens.shape, dims[0]).to(state["norm.bias"].dtype)
    expected = reference.probe(model_and_back, MAKE, dims, state, tokens, chunks, up)
    got = submission.probe(model_and_back, MAKE, dims, state, tokens, chunks, up)
    scale = 1.0 + max(float(one.abs().max()) for one in expected)
    expect_right(got, expected, "a gradient is wrong", scale=scale)


@check("GPT", "chunks give what the whole sequence gives", practice=True)
@given(case=models())
def test_gpt_chunks(submission, case):
    dims, state, tokens, chunks = case
    parts = submission.probe(feed_model, MAKE, dims, state, tokens, chunks)
    whole = submission.probe(feed_model, MAKE, dims, state, tokens, [tokens.shape[1]])
    expect_right(parts, whole, f"in chunks of {chunks} and at once")


@check("GPT", "the future cannot be read", practice=True)
@given(case=models())
def test_gpt_future(submission, case):
    dims, state, tokens, chunks = case
    before, *_ = submission.probe(feed_model, MAKE, dims, state, tokens, chunks)
    other = tokens.clone()
    other[:, -1] = (other[:, -1] + 1) % dims[0]
    after, *_ = submission.probe(feed_model, MAKE, dims, state, other, chunks)
    changed = "the last token has changed, and with it earlier logits"
    expect_right(after[:, :-1], before[:, :-1], changed)


def branch_model(module, make, dims, state, tokens, other):
    """continue twice from one cache, and look at what that cache is afterwards"""
    model = make(module, "GPT", dims, state)
    _, cache = model(tokens[:, :1])
    answers = []
    for text in (tokens, other, tokens):
        logits, grown = model(text[:, 1:], cache)
        answers.extend([logits, *(one for pair in grown for one in pair)])
    return [*answers, *(one for pair in cache for one in pair)]


@check("GPT", "two continuations may share a cache")
@given(case=models())
def test_gpt_shared(submission, reference, case):
    dims, state, tokens, _ = case
    asked = (MAKE, dims, state, tokens, (tokens + 1) % dims[0])
    expect_right(submission.probe(branch_model, *asked), reference.probe(branch_model, *asked))


@check("GPT", "has the four parts and nothing else", practice=True, examples=8)
@given(heads=sizes(1, 2), width=sizes(1, 3), layers=sizes(1, 3), vocab=sizes(2, 5))
def test_gpt_names(submission, heads, width, layers, vocab):
    dims = [vocab, 7, heads * width, heads, 6, layers]
    expect_names(submission, "GPT", dims, gpt_shapes(*dims))


def cached_models(case):
    """What a model is called with: tokens, and a cache of one position."""
    dims, state, tokens, _ = case
    batch, heads = len(tokens), dims[3]
    cached = state["norm.bias"].repeat(batch, 1, 1).reshape(batch, 1, heads, -1).transpose(1, 2)
    return dims, state, [tokens[:, :-1], [(cached, cached + 1)] * dims[5]]


CACHED_MODELS = made("GPT", models().map(cached_models))
untouched("GPT", CACHED_MODELS, probe=forward_and_look, examples=8)


# --- generate ------------------------------------------------------------------------------------


def make_toy(table):
    """a model whose next token depends on all tokens so far, and a list of what it is fed

    Its cache has the form of GPT's and holds the tokens that it has read.
    """
    fed = []

    def model(tokens, cache=None):
        past = tokens[:, :0] if cache is None else cache[0][0][:, 0, :, 0].long()
        fed.append([tokens.clone(), past])
        text = torch.cat([past, tokens], dim=1)
        places = torch.arange(1, text.shape[1] + 1)
        rows = ((text + 1) * places).cumsum(dim=1) % len(table)
        kept = text[:, None, :, None].to(table.dtype)
        return table[rows[:, past.shape[1] :]], [(kept, kept)]

    return model, fed


def write(module, make, table, tokens, steps, options, seed):
    """generate with a toy model: the text, what the model was fed, the generator's next number"""
    torch.default_generator.manual_seed(1)
    model, fed = make(table)
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    text = module.generate(model, tokens, steps, generator=generator, **options)
    return {"text": text, "fed": fed, "next": torch.rand(1, generator=generator)}


TOY = function(make_toy)
PROMPTS = st.sampled_from(
    [  # B, L, steps, vocab_size
        (1, 1, 2, 3),
        (1, 3, 1, 4),
        (2, 2, 3, 5),
        (3, 1, 4, 4),
        (2, 4, 5, 6),
        (4, 3, 3, 7),
        (3, 5, 6, 5),
        (2, 1, 0, 4),
    ]
)


@st.composite
def writings(draw, options=("temperature", "top_k", "top_p"), greedy=None, seeds=True):
    """The logits of a toy model, a prompt, steps, settings, and a seed or None."""
    (batch, length, steps, vocab), fill = draw(PROMPTS), draw(FILLS)
    rng = fill.rng
    table = spread(rng, dtype_of(fill), 1.0, 11, vocab)
    tokens = torch.from_numpy(rng.integers(0, vocab, (batch, length)))
    chosen = {}
    if "temperature" in options and rng.random() < 0.7:
        chosen["temperature"] = float(rng.choice(TEMPERATURES))
    if "top_k" in options and rng.random() < 0.6:
        chosen["top_k"] = int(rng.integers(1, vocab + 2))
    if "top_p" in options and rng.random() < 0.7:
        among = chosen.get("temperature", 1.0), chosen.get("top_k")
        top_p = clear_top_p(rng, table, *among)
        chosen |= {} if top_p is None else {"top_p": top_p}
    if rng.random() < 0.25 if greedy is None else greedy:
        chosen["temperature"] = 0 if fill.seed % 2 else 0.0
    if fill.seed % 3:
        chosen["use_cache"] = bool(fill.seed % 2)
    return table, tokens, steps, chosen, fill.seed if seeds and fill.seed % 7 else None


example("generate")


def expect_text(submission, reference, case):
    """The text is the reference's."""
    got, due = (who.probe(write, TOY, *case)["text"] for who in (submission, reference))
    expect_tokens(got, due)


@check("generate", "matches the reference", value=True)
@given(case=writings())
def test_generate_value(submission, reference, case):
    expect_text(submission, reference, case)


@check("generate", "is right at temperature 0", value=True, weight=2, examples=25)
@given(case=writings(greedy=True))
def test_generate_greedy(submission, reference, case):
    expect_text(submission, reference, case)


@check("generate", "feeds the model what it has not read, or everything", weight=2)
@given(case=writings())
def test_generate_fed(submission, reference, case):
    got = submission.probe(write, TOY, *case)["fed"]
    due = reference.probe(write, TOY, *case)["fed"]
    expect_equal(len(got), len(due), "how often the model is called")
    for number, (mine, right) in enumerate(zip(got, due, strict=True), 1):
        expect_tokens(mine[0], right[0], f"the tokens fed in call {number}")
        expect_tokens(mine[1], right[1], f"the tokens in the cache fed in call {number}")


@check("generate", "draws once a step, and not at temperature 0", weight=1.5)
@given(case=writings())
def test_generate_draws(submission, reference, case):
    got = submission.probe(write, TOY, *case)["next"]
    due = reference.probe(write, TOY, *case)["next"]
    expect_close(got, due, "the generator's next number after the call")


@check("generate", "starts with the prompt and has L + steps tokens", practice=True)
@given(case=writings())
def test_generate_prompt(submission, case):
    _, tokens, steps, _, _ = case
    text = submission.probe(write, TOY, *case)["text"]
    expect_equal(list(text.shape), [len(tokens), tokens.shape[1] + steps], "the shape of the text")
    expect_tokens(text[:, : tokens.shape[1]], tokens, "the beginning of the text")


@check("generate", "writes the same with and without a cache", practice=True)
@given(case=writings())
def test_generate_either(submission, case):
    *most, chosen, seed = case
    texts = [
        submission.probe(write, TOY, *most, chosen | {"use_cache": use_cache}, seed)["text"]
        for use_cache in (True, False)
    ]
    expect_tokens(texts[0], texts[1], "with a cache and without")


@check("generate", "with a cache every token is read once", practice=True)
@given(case=writings(seeds=False))
def test_generate_once(submission, case):
    *most, chosen, seed = case
    tokens, steps = most[1], most[2]
    found = submission.probe(write, TOY, *most, chosen | {"use_cache": True}, seed)
    read = [fed[0].shape[1] for fed in found["fed"]]
    expect_equal(read, ([tokens.shape[1]] + [1] * steps)[:steps], "tokens fed in each call")


@check("generate", "top_k = 1 is the same as temperature 0", practice=True)
@given(case=writings(options=()))
def test_generate_one(submission, case):
    *most, chosen, seed = case
    drawn = submission.probe(write, TOY, *most, chosen | {"temperature": 1.0, "top_k": 1}, seed)
    greedy = submission.probe(write, TOY, *most, chosen | {"temperature": 0}, seed)
    expect_tokens(drawn["text"], greedy["text"], "top_k = 1 and temperature 0")


def write_and_look(module, make, table, tokens, steps, options, _):
    """generate, and look at the prompt before and afterwards"""
    torch.default_generator.manual_seed(1)
    before, (model, _) = tokens.clone(), make(table)
    module.generate(model, tokens, steps, **options)
    return [before, tokens]


WRITINGS = writings().map(lambda case: (TOY, *case))
untouched("generate", WRITINGS, probe=write_and_look, examples=8)
