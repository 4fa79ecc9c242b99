"""Checks of vision."""

import numpy as np
import torch

from grader.checks import (
    Fill,
    case,
    check,
    example,
    expect,
    expect_close,
    expect_equal,
    expect_error,
    fills,
    function,
    given,
    matches,
    shaped,
    st,
    untouched,
)

FILLS = fills()
STEADY = fills((1.0, 2.0, 0.3))  # for gradients: sums of products of everything with everything
NORMAL = Fill("normal", 1.0, "C", 15)
SEEDS = st.integers(0, 2**20)


def expect_right(got, expected, message="", scale=None):
    """Right is the dtype of the reference, and its values to that dtype's accuracy."""
    if isinstance(expected, (tuple, list)):
        expect(
            isinstance(got, (tuple, list)) and len(got) == len(expected),
            f"{len(expected)} values are due",
            expected=expected,
            got=got,
        )
        for one, other in zip(got, expected, strict=True):
            expect_right(one, other, message, scale)
        return
    if isinstance(got, torch.Tensor) and isinstance(expected, torch.Tensor):
        expect_equal(str(got.dtype), str(expected.dtype), "the dtype of the answer")
    expect_close(got, expected, message, scale=scale)


def right(got, expected, *_, **__):
    """The comparison of a declared check; the arguments of the call do not matter."""
    expect_right(got, expected)


def dtype_of(fill):
    """Mostly float64, in which small differences show."""
    return "float64" if fill.seed % 3 else "float32"


def laid_out(values, layout):
    """The same tensor in another memory layout, so that `view` does not do."""
    if layout == "F":
        return (
            values.permute(*reversed(range(values.ndim)))
            .contiguous()
            .permute(*reversed(range(values.ndim)))
        )
    if layout == "S" and values.ndim:
        return torch.stack([values, torch.zeros_like(values)], dim=-1).flatten(-2)[..., ::2]
    return values


def tensor(fill, *shape):
    """Fill a tensor in whatever memory layout was drawn."""
    return laid_out(fill.tensor(*shape, dtype=dtype_of(fill)), fill.layout)


def as_tensor(fill, values):
    """An array as a tensor of the example's dtype and layout."""
    made = torch.from_numpy(np.ascontiguousarray(values)).to(getattr(torch, dtype_of(fill)))
    return laid_out(made, fill.layout)


def upstream(fill, *shape):
    """A gradient that comes from above, never zero."""
    values = fill.rng.uniform(0.5, 1.5, shape) * fill.rng.choice([-1.0, 1.0], shape)
    return torch.from_numpy(np.asarray(values)).to(getattr(torch, dtype_of(fill)))


def counting(*shape):
    """0, 1, 2, … in that shape: each number says where it comes from."""
    return torch.arange(float(np.prod(shape)), dtype=torch.float64).reshape(shape)


def call_and_back(module, name, inputs, wanted, up):
    """call the function, and return the gradients of the inputs with these numbers"""
    leaves = [inputs[number].requires_grad_() for number in wanted]
    answer = getattr(module, name)(*inputs)
    first = answer[0] if isinstance(answer, (tuple, list)) else answer
    total = (first * up).sum()
    return torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True)


def expect_gradients(submission, reference, name, inputs, wanted, up):
    """The gradients of these inputs are the reference's."""
    expected = reference.probe(call_and_back, name, list(inputs), wanted, up)
    got = submission.probe(call_and_back, name, list(inputs), wanted, up)
    scale = 1.0 + max(float(one.abs().max()) for one in expected)
    expect_right(got, expected, "a gradient is wrong", scale=scale)


def simple(fill, *shape):
    """Weights: integers where the inputs are plain, so that one can follow them by hand."""
    if fill.kind == "normal":
        return fill.rng.standard_normal(shape)
    return fill.rng.integers(-2, 3, shape).astype(float)


# --- modules with weights ------------------------------------------------------------------------


def make_module(module, name, dims, state):
    """a module of that name and those sizes, with these weights in it"""
    torch.default_generator.manual_seed(0)
    made = getattr(module, name)(*dims)
    floating = [one for one in state.values() if one.is_floating_point()]
    made = made.to(floating[0].dtype)
    made.load_state_dict(state)
    return made


MAKE = function(make_module)


def names_and_shapes(module, name, sizes):
    """build the module: names and shapes in its state_dict, and names of its parameters"""
    made = getattr(module, name)(**sizes)
    shapes = {key: list(one.shape) for key, one in made.state_dict().items()}
    return shapes, sorted(key for key, one in made.named_parameters() if one.requires_grad)


def expect_names(submission, name, sizes, shapes):
    """The state_dict has these names and shapes; all but running statistics are parameters."""
    got, parameters = submission.probe(names_and_shapes, name, sizes)
    expect_equal(sorted(got), sorted(shapes), "the names in state_dict()")
    for key, shape in shapes.items():
        expect_equal(got[key], shape, f"the shape of {key}")
    learned = sorted(key for key in shapes if "running" not in key and "num_batches" not in key)
    expect_equal(parameters, learned, "the names of the parameters that are learned")


# --- ResidualBlock -------------------------------------------------------------------------------


def norm(name, channels):
    """The names and shapes of a batch norm."""
    shapes = {f"{name}.{one}": [channels] for one in ("weight", "bias")}
    shapes |= {f"{name}.running_{one}": [channels] for one in ("mean", "var")}
    return shapes | {f"{name}.num_batches_tracked": []}


def block_shapes(in_channels, out_channels, stride=1):
    """The names and shapes of torchvision's BasicBlock."""
    shapes = {"conv1.weight": [out_channels, in_channels, 3, 3]} | norm("bn1", out_channels)
    shapes |= {"conv2.weight": [out_channels, out_channels, 3, 3]} | norm("bn2", out_channels)
    if not (stride == 1 and in_channels == out_channels):
        shapes |= {"downsample.0.weight": [out_channels, in_channels, 1, 1]}
        shapes |= norm("downsample.1", out_channels)
    return shapes


def block_state(fill, dims):
    """Random weights and running statistics, those of norms far from 1 and 0."""
    state = {}
    for name, shape in block_shapes(*dims).items():
        if name.endswith("num_batches_tracked"):
            state[name] = torch.tensor(int(fill.rng.integers(0, 5)))
            continue
        values = 0.5 * simple(fill, *shape)
        if len(shape) == 1 and name.endswith(("weight", "var")):
            values = fill.rng.uniform(0.4, 1.8, shape).round(2)
        state[name] = torch.from_numpy(values).to(getattr(torch, dtype_of(fill)))
    return state


SAME = [  # dims, N, H, W: the shortcut is x itself
    ([2, 2], 2, 2, 3),
    ([1, 1, 1], 2, 2, 3),
    ([3, 3], 1, 4, 3),
    ([2, 2, 1], 3, 1, 4),
    ([2, 2, 1], 2, 2, 2),
]
PROJECTED = [
    ([2, 3], 2, 3, 2),
    ([2, 2, 2], 2, 3, 2),
    ([3, 2, 2], 1, 3, 4),
    ([1, 2, 3], 2, 4, 7),
    ([3, 1], 2, 3, 2),
    ([2, 4, 2], 1, 5, 3),
    ([2, 2, 2], 2, 2, 2),
    ([3, 3, 3], 1, 4, 3),
    ([2, 2, 2], 3, 5, 4),
]


def block_case(fill, sizes):
    """Arguments of the constructor, weights and x."""
    dims, count, height, width = sizes
    return dims, block_state(fill, dims), tensor(fill, count, dims[0], height, width)


@st.composite
def blocks(draw, sizes, filled=FILLS):
    chosen, fill = draw(st.sampled_from(sizes)), draw(filled)
    return block_case(fill, chosen)


@st.composite
def moded_blocks(draw, sizes, filled=FILLS):
    """The same, and whether the block is in training."""
    drawn = draw(blocks(sizes, filled))
    return *drawn, draw(st.booleans())


def run_block(module, make, dims, state, x, training):
    """run the block in training or in evaluation mode"""
    return make(module, "ResidualBlock", dims, state).train(training)(x)


def expect_block(submission, reference, case):
    """The output is the reference's."""
    expected = reference.probe(run_block, MAKE, *case)
    expect_right(submission.probe(run_block, MAKE, *case), expected)


BLOCK_FIRST = [
    {"case": (*block_case(NORMAL, sizes), training)}
    for sizes in (([2, 2, 2], 2, 3, 2), ([2, 3], 2, 3, 2), ([2, 2], 2, 2, 3))
    for training in (False, True)
]

example("ResidualBlock")


@check("ResidualBlock", "matches the reference", value=True, first=BLOCK_FIRST)
@given(case=moded_blocks(SAME + PROJECTED))
def test_block_value(submission, reference, case):
    expect_block(submission, reference, case)


@check(
    "ResidualBlock",
    "is right where the shortcut is x itself",
    value=True,
    weight=2,
    examples=20,
    first=BLOCK_FIRST[-2:],
)
@given(case=moded_blocks(SAME))
def test_block_same(submission, reference, case):
    expect_block(submission, reference, case)


def train_and_evaluate(module, make, dims, state, x):
    """one forward in training, one in evaluation: the second output, and what is remembered"""
    block = make(module, "ResidualBlock", dims, state).train()
    block(x)
    block.eval()
    with torch.no_grad():
        answer = block(x + 1)
    return answer, {name: one for name, one in block.state_dict().items() if "weight" not in name}


@check("ResidualBlock", "each running statistic moves by one batch in training, and only there")
@given(case=blocks(SAME + PROJECTED, STEADY))
def test_block_running(submission, reference, case):
    expected, remembered = reference.probe(train_and_evaluate, MAKE, *case)
    got = submission.probe(train_and_evaluate, MAKE, *case)
    expect(isinstance(got, (tuple, list)), "two values are due", got=got)
    for name, due in remembered.items():
        expect_right(got[1].get(name), due, f"{name} after one batch", scale=1.0)
    expect_right(got[0], expected, "in evaluation after one batch", scale=1.0)


def block_and_back(module, make, dims, state, x, training, up):
    """run the block, and return the gradients of x and of all weights"""
    block = make(module, "ResidualBlock", dims, state).train(training)
    named = dict(block.named_parameters())
    wanted = [x.requires_grad_(), *(named[name] for name in sorted(named))]
    total = (block(x) * up).sum()
    return torch.autograd.grad(total, wanted, allow_unused=True, materialize_grads=True)


@check("ResidualBlock", "gradients reach every weight and x")
@given(case=moded_blocks(SAME + PROJECTED, fills((1.0,))), fill=STEADY)
def test_block_gradients(submission, reference, case, fill):
    dims, state, x, training = case
    # Double precision: which side of a ReLU's bend a number is on must not be rounding.
    state = {name: one.double() if one.is_floating_point() else one for name, one in state.items()}
    x = x.double() + torch.from_numpy(fill.rng.uniform(0.01, 0.5, x.shape))
    up = upstream(fill, *reference.probe(run_block, MAKE, dims, state, x, training).shape).double()
    expected = reference.probe(block_and_back, MAKE, dims, state, x, training, up)
    got = submission.probe(block_and_back, MAKE, dims, state, x, training, up)
    scale = 1.0 + max(float(one.abs().max()) for one in expected)
    expect_right(got, expected, "a gradient is wrong", scale=scale)


@check("ResidualBlock", "with nothing to add, it hands on what is positive", practice=True)
@given(case=moded_blocks(SAME))
def test_block_nothing(submission, case):
    dims, state, x, training = case
    silent = {name: torch.zeros_like(state[name]) for name in ("bn2.weight", "bn2.bias")}
    got = submission.probe(run_block, MAKE, dims, state | silent, x, training)
    expect_right(got, x.clamp(min=0), "with weight and bias of bn2 at zero")


@check("ResidualBlock", "what is added comes out in full, if all is positive", practice=True)
@given(case=blocks(SAME + PROJECTED, STEADY))
def test_block_bias(submission, case):
    dims, state, x = case
    stride = dims[2] if len(dims) > 2 else 1
    shape = (len(x), dims[1], *(-(-length // stride) for length in x.shape[2:]))
    # So high that no ReLU behind the sum cuts anything off.
    answers = [
        submission.probe(
            run_block, MAKE, dims, state | {"bn2.bias": state["bn2.bias"] + high}, x, False
        )
        for high in (1e3, 2e3)
    ]
    low, high = (shaped(answer, shape, "y") for answer in answers)
    due = torch.full(shape, 1e3, dtype=x.dtype)
    expect_right(high - low, due, "the difference that 1000 more in bn2.bias makes", scale=2e3)


@check("ResidualBlock", "has torchvision's names", practice=True, examples=10)
@given(sizes=st.sampled_from(SAME + PROJECTED))
def test_block_names(submission, sizes):
    dims = dict(zip(("in_channels", "out_channels", "stride"), sizes[0], strict=False))
    expect_names(submission, "ResidualBlock", dims, block_shapes(*sizes[0]))


def block_untouched(module, dims, state, x):
    """run the block in evaluation: x and all that it holds, before and after"""
    torch.default_generator.manual_seed(0)
    block = module.ResidualBlock(*dims).to(x.dtype).eval()
    block.load_state_dict(state)
    before = [x.clone(), {name: one.clone() for name, one in block.state_dict().items()}]
    block(x)
    return before, [x, dict(block.state_dict())]


untouched("ResidualBlock", blocks(SAME + PROJECTED), probe=block_untouched)


# --- patchify ------------------------------------------------------------------------------------

CUT = [  # N, C, H / P, W / P, P
    (1, 1, 1, 2, 2),
    (1, 2, 1, 2, 2),
    (2, 1, 2, 2, 2),
    (2, 3, 2, 3, 2),
    (2, 2, 3, 2, 2),
    (1, 2, 2, 1, 3),
    (2, 2, 2, 2, 2),
    (1, 4, 1, 3, 3),
    (2, 3, 3, 2, 1),
    (3, 3, 3, 3, 3),
    (1, 3, 1, 1, 4),
    (2, 5, 1, 4, 2),
]


def image_case(fill, sizes):
    """Images and a patch size that divides them."""
    count, channels, down, across, side = sizes
    return tensor(fill, count, channels, down * side, across * side), side


@st.composite
def pictures(draw, filled=FILLS):
    sizes, fill = draw(st.sampled_from(CUT)), draw(filled)
    return image_case(fill, sizes)


example("patchify")
matches(
    "patchify",
    pictures(),
    compare=right,
    first=[
        (counting(2, 3, 4, 6), 2),
        {"images": counting(1, 2, 6, 3), "patch_size": 3},
        (counting(2, 2, 4, 4).float(), 2),
    ],
)
untouched("patchify", pictures())


@check("patchify", "gradients flow back", examples=8)
@given(case=pictures(STEADY), fill=STEADY)
def test_patchify_gradient(submission, reference, case, fill):
    up = upstream(fill, *reference.patchify(*case).shape).to(case[0].dtype)
    expect_gradients(submission, reference, "patchify", case, [0], up)


@check(
    "patchify",
    "ValueError unless P divides both sides",
    first=[{"sizes": (4, 9, 6)}, {"sizes": (4, 5, 2)}, {"sizes": (5, 4, 2)}],
    examples=12,
)
@given(
    sizes=st.sampled_from(
        [(4, 5, 2), (5, 4, 2), (2, 4, 4), (4, 2, 4), (4, 9, 6), (9, 4, 6), (6, 6, 4)]
    )
)
def test_patchify_error(submission, sizes):
    height, width, side = sizes
    expect_error("ValueError", submission.patchify, counting(1, 2, height, width), side)


@check(
    "patchify", "pixels of one colour make patches that are one colour over and over", practice=True
)
@given(case=pictures())
def test_patchify_colour(submission, case):
    images, side = case
    count, channels, height, width = images.shape
    flat = images[:, :, :1, :1].expand(-1, -1, height, width).contiguous()
    length = height * width // side**2
    got = shaped(submission.patchify(flat, side), (count, length, side**2 * channels), "patches")
    due = images[:, :, 0, 0].repeat(1, side**2)[:, None].expand(-1, length, -1)
    expect_right(got, due, "of images of one colour each")


@check("patchify", "a patch as large as the image holds all of it", practice=True, examples=8)
@given(channels=st.integers(1, 4), side=st.integers(1, 4), fill=FILLS)
def test_patchify_whole(submission, channels, side, fill):
    images = tensor(fill, 2, channels, side, side)
    got = submission.patchify(images, side)
    expect_right(got, images.movedim(1, 3).flatten(1)[:, None], "one patch an image")


# --- unpatchify ----------------------------------------------------------------------------------


def patch_case(fill, sizes):
    """Patches, their size, height and width."""
    count, channels, down, across, side = sizes
    patches = tensor(fill, count, down * across, side * side * channels)
    return patches, side, down * side, across * side


@st.composite
def patches(draw, filled=FILLS):
    sizes, fill = draw(st.sampled_from(CUT)), draw(filled)
    return patch_case(fill, sizes)


example("unpatchify")
matches(
    "unpatchify",
    patches(),
    compare=right,
    first=[
        (counting(2, 6, 12), 2, 4, 6),
        {"patches": counting(1, 2, 18), "patch_size": 3, "height": 6, "width": 3},
        (counting(2, 4, 8).float(), 2, 4, 4),
    ],
)
untouched("unpatchify", patches())


@check("unpatchify", "gradients flow back", examples=8)
@given(case=patches(STEADY), fill=STEADY)
def test_unpatchify_gradient(submission, reference, case, fill):
    up = upstream(fill, *reference.unpatchify(*case).shape).to(case[0].dtype)
    expect_gradients(submission, reference, "unpatchify", case, [0], up)


@check("unpatchify", "equal patches give a pattern that repeats", practice=True)
@given(case=patches())
def test_unpatchify_pattern(submission, case):
    given_patches, side, height, width = case
    same = given_patches[:, :1].expand(-1, given_patches.shape[1], -1).contiguous()
    channels = given_patches.shape[2] // side**2
    shape = (len(same), channels, height, width)
    got = shaped(submission.unpatchify(same, side, height, width), shape, "images")
    tile = given_patches[:, 0].unflatten(1, (side, side, channels)).movedim(3, 1)
    due = tile.repeat(1, 1, height // side, width // side)
    expect_right(got, due, "of patches that are all alike")


@check("unpatchify", "the first patch is in the upper left corner", practice=True)
@given(case=patches())
def test_unpatchify_corner(submission, case):
    given_patches, side, height, width = case
    channels = given_patches.shape[2] // side**2
    shape = (len(given_patches), channels, height, width)
    got = shaped(submission.unpatchify(*case), shape, "images")
    expect_right(got[:, :, 0, 0], given_patches[:, 0, :channels], "the pixel at 0, 0")
    expect_right(got[:, :, -1, -1], given_patches[:, -1, -channels:], "the last pixel")


# --- ViTEmbedding --------------------------------------------------------------------------------

EMBEDDED = [  # image_size, P, C, dim, N
    (4, 2, 1, 2, 1),
    (4, 2, 1, 3, 2),
    (4, 2, 3, 2, 1),
    (6, 2, 2, 4, 3),
    (6, 3, 1, 4, 2),
    (3, 1, 2, 2, 2),
    (2, 2, 3, 5, 3),
    (4, 2, 4, 4, 4),
    (4, 1, 1, 1, 2),
    (4, 2, 2, 3, 5),
]


def embedding_state(fill, image_size, patch_size, in_channels, dim):
    """Random weights, the class token and positions too."""
    shapes = embedding_shapes(image_size, patch_size, in_channels, dim)
    return {
        name: torch.from_numpy(simple(fill, *shape)).to(getattr(torch, dtype_of(fill)))
        for name, shape in shapes.items()
    }


def embedding_shapes(image_size, patch_size, in_channels, dim):
    return {
        "proj.weight": [dim, in_channels, patch_size, patch_size],
        "proj.bias": [dim],
        "cls_token": [1, 1, dim],
        "pos_embed": [1, 1 + (image_size // patch_size) ** 2, dim],
    }


def embedding_case(fill, sizes):
    """Arguments of the constructor, weights and images."""
    *dims, count = sizes
    images = tensor(fill, count, dims[2], dims[0], dims[0])
    return dims, embedding_state(fill, *dims), images


@st.composite
def embeddings(draw, filled=FILLS):
    sizes, fill = draw(st.sampled_from(EMBEDDED)), draw(filled)
    return embedding_case(fill, sizes)


def embed(module, make, dims, state, x):
    """load these weights and embed the images"""
    return make(module, "ViTEmbedding", dims, state)(x)


EMBEDDING_FIRST = [{"case": embedding_case(NORMAL, sizes)} for sizes in EMBEDDED[:4]]

example("ViTEmbedding")


@check("ViTEmbedding", "matches the reference", value=True, first=EMBEDDING_FIRST)
@given(case=embeddings())
def test_embedding_value(submission, reference, case):
    expected = reference.probe(embed, MAKE, *case)
    expect_right(submission.probe(embed, MAKE, *case), expected)


@check(
    "ViTEmbedding",
    "the patches are right where all positions are zero",
    value=True,
    weight=2,
    examples=20,
    first=EMBEDDING_FIRST,
)
@given(case=embeddings())
def test_embedding_patches(submission, reference, case):
    dims, state, x = case
    state = state | {"pos_embed": torch.zeros_like(state["pos_embed"])}
    expected = reference.probe(embed, MAKE, dims, state, x)
    got = shaped(submission.probe(embed, MAKE, dims, state, x), expected.shape, "the tokens")
    expect_right(got[:, 1:], expected[:, 1:], "all tokens but the first")


def embed_and_back(module, make, dims, state, x, up):
    """embed the images, and return the gradients of x and of all weights"""
    made = make(module, "ViTEmbedding", dims, state)
    named = dict(made.named_parameters())
    wanted = [x.requires_grad_(), *(named[name] for name in sorted(named))]
    total = (made(x) * up).sum()
    return torch.autograd.grad(total, wanted, allow_unused=True, materialize_grads=True)


@check("ViTEmbedding", "gradients reach the image, both parameters and the convolution")
@given(case=embeddings(STEADY), fill=STEADY)
def test_embedding_gradients(submission, reference, case, fill):
    dims, state, x = case
    length = state["pos_embed"].shape[1]
    up = upstream(fill, len(x), length, dims[3]).to(x.dtype)
    expected = reference.probe(embed_and_back, MAKE, dims, state, x, up)
    got = submission.probe(embed_and_back, MAKE, dims, state, x, up)
    scale = 1.0 + max(float(one.abs().max()) for one in expected)
    expect_right(got, expected, "a gradient is wrong", scale=scale)


@check("ViTEmbedding", "the first token is the same for every image", practice=True)
@given(case=embeddings())
def test_embedding_class(submission, case):
    dims, state, x = case
    shape = (len(x), state["pos_embed"].shape[1], dims[3])
    got = shaped(submission.probe(embed, MAKE, dims, state, x), shape, "the tokens")
    first = state["cls_token"][0, 0] + state["pos_embed"][0, 0]
    expect_right(got[:, 0], first.expand(len(x), -1), "token 0 of each image")


@check("ViTEmbedding", "in a black image a token is the bias and its place", practice=True)
@given(case=embeddings())
def test_embedding_black(submission, case):
    dims, state, x = case
    shape = (len(x), state["pos_embed"].shape[1], dims[3])
    got = shaped(submission.probe(embed, MAKE, dims, state, 0 * x), shape, "the tokens")
    due = (state["proj.bias"] + state["pos_embed"][0, 1:]).expand(len(x), -1, -1)
    expect_right(got[:, 1:], due, "the tokens of a black image")


@check("ViTEmbedding", "a patch embedding is one matrix for every patch", practice=True)
@given(case=embeddings(STEADY))
def test_embedding_matrix(submission, case):
    dims, state, x = case
    size, side, channels, dim = dims
    state = state | {"pos_embed": torch.zeros_like(state["pos_embed"])}
    shape = (len(x), state["pos_embed"].shape[1], dim)
    got = shaped(submission.probe(embed, MAKE, dims, state, x), shape, "the tokens")
    matrix = state["proj.weight"].flatten(1)
    for place in range(shape[1] - 1):
        top, left = (side * one for one in divmod(place, size // side))
        pixels = x[:, :, top : top + side, left : left + side].flatten(1)
        due = pixels @ matrix.T + state["proj.bias"]
        scale = 1.0 + float(x.abs().max()) * channels * side**2
        expect_right(got[:, 1 + place], due, f"token {1 + place}", scale=scale)


def only_build(module, name, dims):
    """build the module"""
    getattr(module, name)(*dims)
    return "built"


@check(
    "ViTEmbedding",
    "ValueError unless P divides the side of the image",
    first=[{"sizes": (6, 4)}, {"sizes": (5, 2)}],
    examples=12,
)
@given(sizes=st.sampled_from([(5, 2), (6, 4), (2, 4), (8, 3), (7, 6), (9, 6)]))
def test_embedding_error(submission, sizes):
    dims = [*sizes, 2, 3]
    expect_error("ValueError", submission.probe, only_build, "ViTEmbedding", dims)


@check("ViTEmbedding", "has one layer, two parameters and nothing else", practice=True, examples=8)
@given(sizes=st.sampled_from(EMBEDDED))
def test_embedding_names(submission, sizes):
    dims = dict(zip(("image_size", "patch_size", "in_channels", "dim"), sizes[:4], strict=True))
    expect_names(submission, "ViTEmbedding", dims, embedding_shapes(*sizes[:4]))


def embedding_untouched(module, dims, state, x):
    """embed the images: they and all that the module holds, before and after"""
    torch.default_generator.manual_seed(0)
    made = module.ViTEmbedding(*dims).to(x.dtype)
    made.load_state_dict(state)
    before = [x.clone(), {name: one.clone() for name, one in made.state_dict().items()}]
    made(x)
    return before, [x, dict(made.state_dict())]


untouched("ViTEmbedding", embeddings(), probe=embedding_untouched)


# --- window_partition ----------------------------------------------------------------------------

WINDOWED = [  # B, H / w, W / w, w, C
    (1, 1, 2, 2, 1),
    (2, 2, 2, 2, 1),
    (2, 2, 3, 2, 2),
    (2, 3, 2, 2, 3),
    (1, 2, 1, 3, 2),
    (2, 2, 2, 2, 2),
    (1, 1, 3, 3, 4),
    (2, 3, 2, 1, 2),
    (3, 3, 3, 3, 3),
    (2, 1, 1, 4, 1),
    (2, 4, 1, 2, 3),
]


@st.composite
def maps(draw, filled=FILLS):
    """Maps, channels last, and a window size that divides them."""
    (count, down, across, side, channels), fill = draw(st.sampled_from(WINDOWED)), draw(filled)
    return tensor(fill, count, down * side, across * side, channels), side


example("window_partition")
matches(
    "window_partition",
    maps(),
    compare=right,
    first=[
        (counting(2, 4, 6, 3), 2),
        {"x": counting(2, 6, 3, 2), "window_size": 3},
        (counting(2, 4, 4, 2).float(), 2),
    ],
)
untouched("window_partition", maps())


@check("window_partition", "gradients flow back", examples=8)
@given(case=maps(STEADY), fill=STEADY)
def test_windows_gradient(submission, reference, case, fill):
    up = upstream(fill, *reference.window_partition(*case).shape).to(case[0].dtype)
    expect_gradients(submission, reference, "window_partition", case, [0], up)


@check("window_partition", "one window is the map itself", practice=True, examples=8)
@given(side=st.integers(1, 4), channels=st.integers(1, 3), fill=FILLS)
def test_windows_one(submission, side, channels, fill):
    x = tensor(fill, 3, side, side, channels)
    expect_right(submission.window_partition(x, side), x, "with windows as large as the map")


@check("window_partition", "each map is cut up by itself, map 0 first", practice=True)
@given(case=maps())
def test_windows_alone(submission, case):
    x, side = case
    number = x.shape[1] * x.shape[2] // side**2
    shape = (number * len(x), side, side, x.shape[3])
    together = shaped(submission.window_partition(x, side), shape, "the windows")
    alone = submission.window_partition(x[-1:].clone(), side)
    expect_right(alone, together[-number:], "the last map alone, and among the others")
    expect_right(together[0], x[0, :side, :side], "the first window")


# --- shifted_window_mask -------------------------------------------------------------------------

SEVERAL = [  # height, width, window_size, shift: windows beside and above each other
    (4, 6, 2, 1),
    (6, 4, 2, 1),
    (6, 9, 3, 1),
    (9, 6, 3, 2),
    (8, 8, 4, 1),
    (8, 12, 4, 3),
    (8, 8, 4, 2),
    (6, 6, 3, 1),
    (4, 4, 2, 0),
    (9, 6, 3, 0),
    (10, 10, 5, 2),
]
SINGLE = [
    (2, 4, 2, 1),
    (6, 3, 3, 1),
    (3, 6, 3, 2),
    (4, 4, 4, 1),
    (4, 4, 4, 3),
    (3, 3, 3, 2),
    (5, 5, 5, 2),
    (2, 2, 2, 1),
    (4, 8, 4, 0),
    (3, 3, 3, 0),
    (1, 2, 1, 0),
]
SHIFTED = st.sampled_from(SINGLE + SEVERAL)


def expect_mask(got, expected, *_, **__):
    """A boolean tensor, exactly."""
    if isinstance(got, torch.Tensor):
        expect_equal(str(got.dtype), "torch.bool", "the dtype of the mask")
    expect_equal(got, expected)


example("shifted_window_mask")
matches(
    "shifted_window_mask",
    st.sampled_from(SEVERAL),
    compare=expect_mask,
    first=[
        (4, 6, 2, 1),
        {"height": 6, "width": 9, "window_size": 3, "shift": 1},
        (9, 6, 3, 2),
        (8, 8, 4, 1),
        (8, 8, 4, 3),
        (4, 4, 2, 0),
    ],
)


@check(
    "shifted_window_mask",
    "the rule is the same where one window is as long as a side",
    value=True,
    weight=2,
    examples=12,
    first=[{"sizes": one} for one in SINGLE[:4]],
)
@given(sizes=st.sampled_from(SINGLE))
def test_mask_single(submission, reference, sizes):
    expect_mask(submission.shifted_window_mask(*sizes), reference.shifted_window_mask(*sizes))


def asked_mask(submission, sizes):
    """The mask, of the shape that is due."""
    height, width, side, _ = sizes
    shape = (height * width // side**2, side**2, side**2)
    mask = shaped(submission.shifted_window_mask(*sizes), shape, "the mask")
    return torch.as_tensor(mask) != 0


@check("shifted_window_mask", "a cell attends to itself, and attention is mutual", practice=True)
@given(sizes=SHIFTED)
def test_mask_mutual(submission, sizes):
    mask = asked_mask(submission, sizes)
    diagonal = mask.diagonal(dim1=1, dim2=2)
    expect_equal(diagonal, torch.ones_like(diagonal), "whether cells may attend to themselves")
    expect_equal(mask, mask.mT, "k to m, and m to k")


@check("shifted_window_mask", "nothing is hidden where nothing was shifted", practice=True)
@given(sizes=SHIFTED)
def test_mask_unshifted(submission, sizes):
    mask = asked_mask(submission, (*sizes[:3], 0))
    expect_equal(mask, torch.ones_like(mask), "with shift 0")


@check("shifted_window_mask", "cells that may attend are as far apart as before", practice=True)
@given(sizes=SHIFTED)
def test_mask_distance(submission, sizes):
    height, width, side, shift = sizes
    mask = asked_mask(submission, sizes).numpy()
    for window, allowed in enumerate(mask):
        top, left = (side * one for one in divmod(window, width // side))
        rows = top + np.repeat(np.arange(side), side)
        across = left + np.tile(np.arange(side), side)
        for rolled, length in ((rows, height), (across, width)):
            before = (rolled + shift) % length
            apart = np.subtract.outer(before, before)[allowed]
            now = np.subtract.outer(rolled, rolled)[allowed]
            expect_equal(now, apart, f"distances in window {window}, after the roll and before")


@check("shifted_window_mask", "as many pairs as in windows that the edge has cut", practice=True)
@given(sizes=SHIFTED)
def test_mask_pairs(submission, sizes):
    height, width, side, shift = sizes
    pairs = [
        (length // side - 1) * side**2 + (side - shift) ** 2 + shift**2
        for length in (height, width)
    ]
    got = int(asked_mask(submission, sizes).sum())
    expect_equal(got, pairs[0] * pairs[1], "the number of True")


# --- random_masking ------------------------------------------------------------------------------

RATIOS = st.sampled_from([0.75, 0.25, 0.5, 0.625, 0.375, 0.125, 0.875, 0.75, 0.0])
SEQUENCES = st.sampled_from(  # N, L, D
    [
        (2, 4, 3),
        (2, 8, 2),
        (1, 9, 2),
        (3, 5, 1),
        (2, 16, 2),
        (4, 8, 2),
        (1, 12, 1),
        (8, 8, 8),
        (3, 11, 4),
    ]
)


def mask_and_draw(module, seed, x, mask_ratio):
    """mask with a generator of that seed: what comes back, and the next numbers, also torch's"""
    torch.default_generator.manual_seed(1)
    generator = torch.Generator().manual_seed(seed)
    answer = module.random_masking(x, mask_ratio, generator)
    return [*answer], [torch.rand(2, generator=generator), torch.rand(2)]


@st.composite
def maskings(draw, filled=FILLS):
    """A seed, tokens and the share that is removed, such that one at least is kept."""
    (count, length, width), ratio, fill = draw(SEQUENCES), draw(RATIOS), draw(filled)
    if int(length * (1 - ratio)) < 1:
        ratio = 0.75
    return fill.seed, tensor(fill, count, length, width), ratio


MASKING_FIRST = [
    {"case": (seed, counting(*shape), ratio)}
    for seed, shape, ratio in (
        (3, (2, 8, 1), 0.75),
        (4, (3, 5, 2), 0.25),
        (5, (1, 9, 2), 0.375),
        (6, (4, 4, 4), 0.25),
        (7, (2, 7, 1), 0.5),
    )
]
PARTS = ("kept", "mask", "ids_restore")


def expect_parts(got, expected, names):
    """Those parts of an answer of random_masking, each in its dtype."""
    expect(
        isinstance(got, list) and len(got) == 3,
        "three values are due: kept, mask and ids_restore",
        got=got,
    )
    for name in names:
        place = PARTS.index(name)
        if isinstance(got[place], torch.Tensor):
            expect_equal(str(got[place].dtype), str(expected[place].dtype), f"the dtype of {name}")
        expect_close(got[place], expected[place], name)


example("random_masking")


@check("random_masking", "matches the reference", value=True, first=MASKING_FIRST)
@given(case=maskings())
def test_masking_value(submission, reference, case):
    expected, _ = reference.probe(mask_and_draw, *case)
    got, _ = submission.probe(mask_and_draw, *case)
    expect_parts(got, expected, PARTS)


@check(
    "random_masking",
    "keeps the right tokens, in their order",
    value=True,
    weight=2,
    examples=20,
    first=MASKING_FIRST,
)
@given(case=maskings())
def test_masking_kept(submission, reference, case):
    expected, _ = reference.probe(mask_and_draw, *case)
    got, _ = submission.probe(mask_and_draw, *case)
    expect_parts(got, expected, PARTS[:1])


@check("random_masking", "draws once, for every token of the batch", practice=True)
@given(case=maskings())
def test_masking_draws(submission, case):
    seed, x, _ = case
    _, got = submission.probe(mask_and_draw, *case)
    generator = torch.Generator().manual_seed(seed)
    torch.rand(x.shape[:2], generator=generator)
    expect_close(got[0], torch.rand(2, generator=generator), "the generator's next numbers")
    due = torch.rand(2, generator=torch.Generator().manual_seed(1))
    expect_close(got[1], due, "the next numbers of torch's own generator")


def asked_masking(submission, case):
    """What comes back, of the shapes that are due."""
    _, x, ratio = case
    got, _ = submission.probe(mask_and_draw, *case)
    expect(isinstance(got, list) and len(got) == 3, "three values are due", got=got)
    count, length, width = x.shape
    keep = int(length * (1 - ratio))
    due = ((count, keep, width), (count, length), (count, length))
    return [shaped(one, shape, name) for one, shape, name in zip(got, due, PARTS, strict=True)]


@check("random_masking", "each row removes as many", practice=True)
@given(case=maskings())
def test_masking_count(submission, case):
    _, mask, _ = asked_masking(submission, case)
    length, ratio = case[1].shape[1], case[2]
    expect(bool(((mask == 0) | (mask == 1)).all()), "the mask is made of 0 and 1", got=mask)
    due = torch.full((len(mask),), length - int(length * (1 - ratio)))
    expect_equal(mask.sum(dim=1).long(), due, "how many of each row are removed")


@check("random_masking", "ids_restore is a permutation, small where a token is kept", practice=True)
@given(case=maskings())
def test_masking_permutation(submission, case):
    kept, mask, ids_restore = asked_masking(submission, case)
    due = torch.arange(mask.shape[1]).expand(len(mask), -1)
    expect_equal(ids_restore.sort(dim=1).values, due, "ids_restore, sorted")
    expect_equal((ids_restore < kept.shape[1]).double(), 1 - mask.double(), "places below K")


@check("random_masking", "what was kept is found again by ids_restore", practice=True)
@given(case=maskings())
def test_masking_found(submission, case):
    kept, mask, ids_restore = asked_masking(submission, case)
    x = case[1]
    for row in range(len(x)):
        shown = [place for place in range(x.shape[1]) if mask[row, place] == 0]
        places = [int(ids_restore[row, place]) for place in shown]
        expect(all(0 <= place < kept.shape[1] for place in places), "a place is not below K")
        expect_right(kept[row][places], x[row][shown], f"the kept tokens of row {row}")


def masking_and_back(module, seed, x, mask_ratio, up):
    """mask with a generator of that seed: the gradient of x"""
    generator = torch.Generator().manual_seed(seed)
    kept, *_ = module.random_masking(
        x=x.requires_grad_(), mask_ratio=mask_ratio, generator=generator
    )
    return torch.autograd.grad((kept * up).sum(), [x], allow_unused=True, materialize_grads=True)


@check("random_masking", "gradients flow back to what was kept")
@given(case=maskings(STEADY), fill=STEADY)
def test_masking_gradient(submission, reference, case, fill):
    _, x, ratio = case
    up = upstream(fill, len(x), int(x.shape[1] * (1 - ratio)), x.shape[2]).to(x.dtype)
    expected = reference.probe(masking_and_back, *case, up)
    expect_right(submission.probe(masking_and_back, *case, up), expected, "the gradient")


def masking_untouched(module, seed, x, mask_ratio):
    """mask with a generator of that seed: x before and after"""
    before = x.clone()
    module.random_masking(x, mask_ratio, torch.Generator().manual_seed(seed))
    return before, x


untouched("random_masking", maskings(), probe=masking_untouched)


# --- restore_tokens ------------------------------------------------------------------------------

KEPT = [  # N, K, L, D
    (1, 2, 4, 2),
    (2, 2, 5, 3),
    (3, 4, 6, 1),
    (2, 1, 4, 2),
    (2, 5, 5, 2),
    (3, 3, 5, 3),
    (4, 2, 8, 4),
    (1, 3, 7, 1),
]


def kept_case(fill, sizes):
    """Kept tokens, the mask token and the place of each token in the shuffled order."""
    count, keep, length, width = sizes
    kept, mask_token = tensor(fill, count, keep, width), tensor(fill, width)
    places = np.array([fill.rng.permutation(length) for _ in range(count)])
    return kept, mask_token, laid_out(torch.from_numpy(places), fill.layout)


@st.composite
def shuffles(draw, filled=FILLS):
    sizes, fill = draw(st.sampled_from(KEPT)), draw(filled)
    return kept_case(fill, sizes)


example("restore_tokens")
matches(
    "restore_tokens",
    shuffles(),
    compare=right,
    first=[
        (1 + counting(1, 2, 1), torch.tensor([-9.0]).double(), torch.tensor([[3, 0, 2, 1]])),
        kept_case(NORMAL, (2, 2, 5, 3)),
        kept_case(NORMAL, (3, 3, 5, 3)),
        dict(zip(("kept", "mask_token", "ids_restore"), kept_case(NORMAL, KEPT[3]), strict=True)),
    ],
)
untouched("restore_tokens", shuffles())


@check("restore_tokens", "gradients reach what was kept and the mask token")
@given(case=shuffles(STEADY), fill=STEADY)
def test_restore_gradient(submission, reference, case, fill):
    kept, _, ids_restore = case
    up = upstream(fill, *ids_restore.shape, kept.shape[2]).to(kept.dtype)
    expect_gradients(submission, reference, "restore_tokens", case, [0, 1], up)


@check("restore_tokens", "each gap holds the mask token", practice=True)
@given(case=shuffles())
def test_restore_gaps(submission, case):
    kept, mask_token, ids_restore = case
    shape = (*ids_restore.shape, kept.shape[2])
    got = shaped(submission.restore_tokens(*case), shape, "the tokens")
    gaps = ids_restore >= kept.shape[1]
    due = mask_token.expand(int(gaps.sum()), -1)
    expect_right(got[gaps], due, "where ids_restore is K or more")


@check("restore_tokens", "shuffled and restored is as before", practice=True)
@given(case=shuffles())
def test_restore_identity(submission, case):
    _, mask_token, ids_restore = case
    rows, length = ids_restore.shape
    before = counting(rows, length, len(mask_token)).to(mask_token.dtype)
    shuffled = torch.empty_like(before)
    for row in range(rows):
        shuffled[row, ids_restore[row]] = before[row]
    got = submission.restore_tokens(shuffled, mask_token, ids_restore)
    expect_right(got, before, "with nothing dropped")


# --- masked_reconstruction_loss ------------------------------------------------------------------

RECONSTRUCTED = st.sampled_from(  # N, L, Q
    [(1, 2, 2), (2, 3, 2), (3, 2, 4), (2, 4, 3), (4, 3, 2), (3, 3, 3), (1, 6, 5), (2, 2, 12)]
)


def mask_of(fill, count, length):
    """Rows with different numbers of removed patches, the first with one at least."""
    mask = fill.rng.random((count, length)) < fill.rng.choice([0.2, 0.5, 0.8], (count, 1))
    mask[0, fill.rng.integers(length)] = True
    return as_tensor(fill, mask.astype(float))


@st.composite
def reconstructions(draw, filled=FILLS):
    """pred, target and mask."""
    (count, length, size), fill = draw(RECONSTRUCTED), draw(filled)
    pred, target = tensor(fill, count, length, size), tensor(fill, count, length, size)
    return pred, target, mask_of(fill, count, length)


def textured(fill, deviations, *shape):
    """Patches of these standard deviations, with means of their own (up to 1 for small ones)."""
    rows = np.array([fill.rng.permutation(shape[-1]) for _ in range(int(np.prod(shape[:-1])))])
    rows = rows + fill.rng.uniform(-0.3, 0.3, rows.shape)
    rows = (rows - rows.mean(axis=1, keepdims=True)) / rows.std(axis=1, ddof=1, keepdims=True)
    deviation = fill.rng.choice(deviations, (len(rows), 1))
    mean = fill.rng.uniform(-1, 1, (len(rows), 1)) * np.maximum(deviation, 1.0)
    return (rows * deviation + mean).reshape(shape)


@st.composite
def normalizations(draw, deviations=(0.3, 1.0, 5.0), double=False):
    """pred, target, mask and normalize, the target's patches of these standard deviations."""
    (count, length, size), fill = draw(RECONSTRUCTED), draw(fills((1.0,)))
    target = as_tensor(fill, textured(fill, deviations, count, length, size))
    made = (tensor(fill, count, length, size), target, mask_of(fill, count, length))
    return (*(one.double() for one in made), True) if double else (*made, True)


UNEVEN = (
    torch.tensor([[[1.0, 2.0], [0.0, 4.0], [3.0, 3.0]], [[2.0, 0.0], [5.0, 1.0], [1.0, 1.0]]]),
    torch.tensor([[[0.0, 3.0], [2.0, 1.0], [4.0, 7.0]], [[6.0, 1.0], [0.0, 2.0], [3.0, 8.0]]]),
    torch.tensor([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]]),
)
LOSS_FIRST = [
    tuple(one.double() for one in UNEVEN),
    case(*(one.double() for one in UNEVEN), normalize=True),
    UNEVEN,
    (*UNEVEN[:2], torch.tensor([[0.0, 0.0, 0.0], [0.0, 1.0, 1.0]]), True),
    dict(zip(("pred", "target", "mask"), (one.double() for one in UNEVEN), strict=True)),
]

example("masked_reconstruction_loss")
matches(
    "masked_reconstruction_loss",
    st.one_of(reconstructions(), normalizations()),
    compare=right,
    first=LOSS_FIRST,
)
matches(
    "masked_reconstruction_loss",
    reconstructions(),
    title="is right for the pixels as they are",
    compare=right,
    first=LOSS_FIRST[:1],
    weight=2,
    examples=20,
)
untouched("masked_reconstruction_loss", st.one_of(reconstructions(), normalizations()))


@check("masked_reconstruction_loss", "faint texture is divided by √(var + 10⁻⁶)", examples=20)
@given(case=normalizations((1e-3, 2e-3, 1e-2), double=True))
def test_loss_faint(submission, reference, case):
    expected = reference.masked_reconstruction_loss(*case)
    expect_right(submission.masked_reconstruction_loss(*case), expected)


@check("masked_reconstruction_loss", "gradients reach pred and target")
@given(case=st.one_of(reconstructions(STEADY), normalizations((0.5, 1.0, 2.0))), fill=STEADY)
def test_loss_gradient(submission, reference, case, fill):
    up = upstream(fill).to(case[0].dtype)
    expect_gradients(submission, reference, "masked_reconstruction_loss", case, [0, 1], up)


@check("masked_reconstruction_loss", "what was shown has no influence", practice=True)
@given(case=st.one_of(reconstructions(STEADY), normalizations()))
def test_loss_shown(submission, case):
    pred, target, mask, *options = case
    before = submission.masked_reconstruction_loss(pred, target, mask, *options)
    shown = (1 - mask)[..., None]
    got = submission.masked_reconstruction_loss(pred + 5 * shown, target, mask, *options)
    expect_right(got, before, "with another pred for patches that were shown")
    got = submission.masked_reconstruction_loss(pred, target - 7 * shown, mask, *options)
    expect_right(got, before, "with another target for patches that were shown")


@check("masked_reconstruction_loss", "normalised: contrast does not matter", practice=True)
@given(case=normalizations((40.0, 60.0), double=True))
def test_loss_contrast(submission, case):
    pred, target, mask, _ = case
    before = submission.masked_reconstruction_loss(pred, target, mask, normalize=True)
    got = submission.masked_reconstruction_loss(pred, 3 * target - 4, mask, normalize=True)
    expect_right(got, before, "with three times the target, minus 4", scale=1.0)


# --- box_iou -------------------------------------------------------------------------------------

HOW_MANY = st.sampled_from([(1, 1), (2, 3), (3, 2), (4, 1), (1, 5), (3, 3), (5, 4), (4, 4)])


def boxes_of(fill, count, kind=None):
    """Boxes on a small grid, so that many touch; of any size; or as small as 0.01."""
    kind = ("grid", "any", "small")[int(fill.rng.integers(3))] if kind is None else kind
    low = fill.rng.integers(-3, 3, (count, 2)).astype(float)
    sides = fill.rng.integers(1, 4, (count, 2)).astype(float)
    if kind == "any":
        low = fill.rng.normal(size=(count, 2))
        sides = fill.rng.uniform(0.3, 2.5, (count, 2))
        stretch = fill.rng.choice([1.0, 10.0])
        low, sides = low * stretch, sides * stretch
    elif kind == "small":
        low, sides = low * 0.01 + fill.rng.uniform(0, 0.002, (count, 2)), sides * 0.01
    return as_tensor(fill, np.concatenate([low, low + sides], axis=1))


@st.composite
def box_pairs(draw, kind=None):
    """Two sets of boxes that meet."""
    (one, other), fill = draw(HOW_MANY), draw(FILLS)
    if kind is None:
        chosen = "grid" if fill.kind != "normal" else ("any", "small", "grid")[fill.seed % 3]
    else:
        chosen = kind
    return boxes_of(fill, one, chosen), boxes_of(fill, other, chosen)


MEETING = (
    torch.tensor([[0.0, 0.0, 2.0, 2.0], [-3.0, 1.0, 1.0, 4.0]]).double(),
    torch.tensor(
        [[1.0, 0.0, 4.0, 1.0], [3.0, 3.0, 5.0, 4.0], [-1.0, 2.0, 0.0, 3.0], [2.0, -1.0, 3.0, 5.0]]
    ).double(),
)

example("box_iou")
matches(
    "box_iou",
    box_pairs(),
    compare=right,
    first=[
        MEETING,
        MEETING[::-1],
        (MEETING[0].float(), MEETING[0].float()),
        {"boxes1": 0.01 * MEETING[0], "boxes2": 0.01 * MEETING[1]},
    ],
)
untouched("box_iou", box_pairs())


@check("box_iou", "no boxes have no overlaps", examples=6)
@given(sizes=st.sampled_from([(0, 2), (3, 0), (0, 0)]), fill=FILLS)
def test_iou_empty(submission, sizes, fill):
    one, other = (boxes_of(fill, count, "grid") for count in sizes)
    due = torch.zeros(sizes, dtype=one.dtype)
    expect_right(submission.box_iou(one, other), due, "of no boxes")


@check("box_iou", "a box agrees with itself, and two with each other", practice=True)
@given(case=box_pairs())
def test_iou_symmetric(submission, case):
    one, other = case
    itself = shaped(submission.box_iou(one, one), (len(one), len(one)), "IoU with themselves")
    expect_right(itself.diagonal(), torch.ones(len(one), dtype=one.dtype), "the diagonal")
    there = shaped(submission.box_iou(one, other), (len(one), len(other)), "IoU")
    back = shaped(submission.box_iou(other, one), (len(other), len(one)), "IoU the other way")
    expect_right(back.T, there, "boxes1 and boxes2 exchanged")


@check("box_iou", "neither place nor size matters, only how boxes lie", practice=True)
@given(case=box_pairs("grid"))
def test_iou_moved(submission, case):
    one, other = case
    before = submission.box_iou(one, other)
    move = torch.tensor([5.0, -7.0, 5.0, -7.0], dtype=one.dtype)
    expect_right(submission.box_iou(one + move, other + move), before, "with all boxes moved")
    expect_right(submission.box_iou(4 * one, 4 * other), before, "with all boxes 4 times as large")


@check("box_iou", "boxes that only touch, or are apart both ways, share nothing", practice=True)
@given(case=box_pairs("grid"))
def test_iou_apart(submission, case):
    one, _ = case
    far = one + 30
    due = torch.zeros(len(one), len(one), dtype=one.dtype)
    expect_right(submission.box_iou(one, far), due, "boxes far to the right and below")
    width = (one[:1, 2] - one[:1, 0]) * torch.tensor([1.0, 0.0, 1.0, 0.0], dtype=one.dtype)
    expect_right(submission.box_iou(one[:1], one[:1] + width), due[:1, :1], "side by side")


# --- nms -----------------------------------------------------------------------------------------


def overlaps(boxes):
    """IoU of boxes on a grid with themselves, as NumPy computes it."""
    boxes = boxes.double().numpy()
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return shared / (area[:, None] + area - shared)


@st.composite
def detections(draw, thresholds=(0.1, 0.3, 0.45, 0.6, 0.7), tied=False):
    """Boxes, scores and a threshold that no overlap is close to, unless it is ¼ or ½."""
    fill = draw(FILLS)
    count = int(fill.rng.choice([1, 2, 3, 4, 6, 8, 10]))
    on_grid = tied or fill.kind != "normal" or fill.seed % 2
    boxes = boxes_of(fill, count, "grid" if on_grid else "any")
    threshold = float(fill.rng.choice(thresholds))
    if threshold not in (0.25, 0.5):
        while np.abs(overlaps(boxes) - threshold).min() < 1e-3:
            threshold += 2e-3
    scores = (fill.rng.permutation(count) + 1.0) / (count + 2)
    if tied:
        scores = fill.rng.integers(1, 4, count) / 4
    return boxes, as_tensor(fill, scores), threshold


def expect_indices(got, expected, *_, **__):
    """An int64 tensor, exactly."""
    if isinstance(got, torch.Tensor):
        expect_equal(str(got.dtype), "torch.int64", "the dtype of the indices")
    expect_equal(got, expected, "the indices that are kept")


def row_of(*lefts, width=4.0):
    """Boxes of one height that begin at these places."""
    return torch.tensor([[left, 0.0, left + width, 1.0] for left in lefts]).double()


def ranked(*order):
    """Scores such that the boxes are looked at in this order."""
    scores = torch.empty(len(order)).double()
    scores[list(order)] = torch.linspace(0.9, 0.1, len(order)).double()
    return scores


NMS_FIRST = [
    (row_of(2, 0, 1), ranked(1, 2, 0), 0.45),
    (row_of(0, 1, 2, 3, 4, 5), ranked(0, 1, 2, 3, 4, 5), 0.45),
    (row_of(20, 0, 21, 1, 40, 22), ranked(3, 5, 1, 2, 4, 0), 0.3),
    {"boxes": row_of(0, 2, 9), "scores": ranked(2, 1, 0), "iou_threshold": 0.2},
    (row_of(0, 2, 9).float(), ranked(1, 0, 2).float(), 0.7),
]

example("nms")
matches("nms", detections(), compare=expect_indices, first=NMS_FIRST)
untouched("nms", detections())


@check(
    "nms",
    "an overlap that is equal to the threshold is not above it",
    first=[{"case": (row_of(0, 2, width=6.0), ranked(1, 0), 0.5)}],
)
@given(case=detections((0.25, 0.5)))
def test_nms_equal(submission, reference, case):
    expect_indices(submission.nms(*case), reference.nms(*case))


MANY = torch.arange(24.0).double()
"""More than sorts that are not stable leave in order."""


@check(
    "nms",
    "of equal scores the lower index comes first",
    first=[{"case": (row_of(*range(0, 240, 10)), MANY % 3 / 4 + 0.25, 0.5)}],
)
@given(case=detections(tied=True))
def test_nms_ties(submission, reference, case):
    expect_indices(submission.nms(*case), reference.nms(*case))


@check("nms", "of no boxes none is kept", examples=4)
@given(dtype=st.sampled_from(["float32", "float64"]))
def test_nms_empty(submission, dtype):
    boxes, scores = (torch.zeros(shape, dtype=getattr(torch, dtype)) for shape in ((0, 4), (0,)))
    expect_indices(submission.nms(boxes, scores, 0.5), torch.zeros(0, dtype=torch.int64))


@check("nms", "applied to its own answer it keeps everything", practice=True)
@given(case=detections())
def test_nms_again(submission, case):
    boxes, scores, threshold = case
    kept = indices_of(submission.nms(*case), len(boxes))
    again = submission.nms(boxes[kept], scores[kept], threshold)
    expect_indices(again, torch.arange(len(kept)))


def indices_of(answer, count):
    """The answer as a list of different indices; there is one at least."""
    expect(isinstance(answer, torch.Tensor) and answer.ndim == 1, "a row of indices is due")
    indices = answer.tolist()
    inside = all(type(one) is int and 0 <= one < count for one in indices)
    expect(inside, f"indices from 0 to {count - 1} are due", got=answer)
    expect(0 < len(indices) == len(set(indices)), "some index is due, and none twice", got=answer)
    return indices


@check("nms", "the best box comes first, and each one dropped has its reason", practice=True)
@given(case=detections())
def test_nms_reason(submission, case):
    boxes, scores, threshold = case
    kept = indices_of(submission.nms(*case), len(boxes))
    expect_equal(kept[0], int(scores.argmax()), "the first index")
    expect(bool((scores[kept].diff() < 0).all()), "scores fall along the answer", got=scores[kept])
    close = overlaps(boxes) > threshold
    for dropped in set(range(len(boxes))) - set(kept):
        better = [one for one in kept if scores[one] > scores[dropped] and close[dropped, one]]
        expect(better, f"box {dropped} was dropped, and no better one that was kept is too close")
    for place, one in enumerate(kept):
        expect(not close[one, kept[:place]].any(), f"box {one} is too close to a better one")
