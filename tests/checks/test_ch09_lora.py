"""Checks of LoRA."""

from functools import partial

import numpy as np
import torch

from grader.checks import (
    ORDINARY,
    Fill,
    check,
    example,
    expect,
    expect_close,
    expect_equal,
    fills,
    function,
    given,
    matches,
    shaped,
    shown,
    sizes,
    st,
    untouched,
)

tensor_of = partial(shaped, tensor=True)

DTYPES = st.sampled_from(["float64", "float32"])
SINGLE = st.just("float32")
SHAPES = ((2, 1), (1, 2), (2, 2), (2, 3), (3, 2), (4, 2), (3, 3), (3, 5), (1, 4), (5, 1))
"""(out, in) of a layer; square ones hide what is transposed twice, or only where it must be."""


@st.composite
def matrices(draw, dtypes=SINGLE):
    """A matrix of any shape and layout, and a rank that it can have."""
    rows, columns = draw(sizes(1, 5)), draw(sizes(1, 5))
    rank = draw(st.integers(1, min(rows, columns)))
    return matrix(draw(fills()), rows, columns, draw(dtypes)), rank


def matrix(fill, rows, columns, dtype="float32"):
    if fill.layout == "F":
        return fill.tensor(columns, rows, dtype=dtype).T
    return fill.tensor(rows, columns, dtype=dtype)


def thin_factors(answer, W, rank):
    """B and A of an answer, of the shapes that are due."""
    pair = isinstance(answer, (tuple, list)) and len(answer) == 2
    expect(pair, "2 values are due (B, A)", got=answer)
    for factor, name, shape in zip(answer, "BA", ((len(W), rank), (rank, W.shape[1])), strict=True):
        tensor_of(factor, shape, name)
    return answer


SQUARE_MATRICES = [
    (matrix(Fill("normal", 1.0, "F", seed), *shape), rank)
    for seed, (*shape, rank) in enumerate([(3, 3, 1), (2, 2, 2), (2, 4, 2), (4, 2, 1), (4, 4, 2)])
]


def expect_nearest(answer, due, W, rank):
    """Raise Mismatch unless no matrix of the rank is nearer to W than B @ A."""
    (B, A), (best, basis) = thin_factors(answer, W, rank), due
    size = float(W.abs().max())
    sigma = torch.linalg.svdvals(W.double()) ** 2
    below = float(sigma[rank]) if rank < len(sigma) else 0.0
    if float(sigma[rank - 1]) - below > 0.1 * float(sigma[0]):
        expect_close(B @ A, best @ basis, "B @ A is not the nearest of rank r", scale=size)
    distance = torch.linalg.norm(W - B @ A)
    nearest = torch.linalg.norm(W - best @ basis)
    expect_close(distance, nearest, "distance of B @ A from W", scale=size)


example("low_rank_approximation")
matches(
    "low_rank_approximation", matrices(), compare=expect_nearest, first=SQUARE_MATRICES, examples=24
)


@check("low_rank_approximation", "full rank gives the whole matrix back", practice=True)
@given(rows=sizes(1, 4), columns=sizes(1, 4), fill=fills())
def test_low_rank_full(submission, rows, columns, fill):
    W, rank = fill.tensor(rows, columns, dtype="float32"), min(rows, columns)
    B, A = thin_factors(submission.low_rank_approximation(W, rank), W, rank)
    expect_close(B @ A, W, "B @ A with r = min(out, in)")


@check("low_rank_approximation", "the factors are thin: B (out, r) and A (r, in)", examples=10)
@given(case=matrices())
def test_low_rank_shapes(submission, case):
    thin_factors(submission.low_rank_approximation(*case), *case)


@check("low_rank_approximation", "the factors keep the dtype of the matrix", examples=10)
@given(case=matrices(DTYPES))
def test_low_rank_dtype(submission, reference, case):
    W, rank = case
    answer = thin_factors(submission.low_rank_approximation(W, rank), W, rank)
    for name, factor in zip("BA", answer, strict=True):
        expect(factor.dtype == W.dtype, f"{name} must have W's dtype", expected=W, got=factor)
    expect_nearest(answer, reference.low_rank_approximation(W, rank), W, rank)


untouched("low_rank_approximation", matrices(DTYPES))


@st.composite
def layers(draw, dtypes=SINGLE, scales=ORDINARY):
    """Numbers for one layer: weight, bias or None, A, B and alpha; and what fills more of them."""
    shape, r, more = (
        draw(st.sampled_from(SHAPES)),
        draw(sizes(1, 3)),
        draw(st.sampled_from([1, 2, 0.5, 4, -1])),
    )
    has_bias, dtype, fill = draw(st.booleans()), draw(dtypes), draw(fills(scales))
    return layer_of(fill, (*shape, r), more, has_bias, dtype)


def layer_of(fill, shape, more=1, has_bias=True, dtype="float32"):
    rows, columns, r = shape
    weight = fill.tensor(rows, columns, dtype=dtype)
    bias = fill.tensor(rows, dtype=dtype) if has_bias else None
    A, B = (factor(fill, shape, weight.dtype) for shape in ((r, columns), (rows, r)))
    return {"weight": weight, "bias": bias, "A": A, "B": B, "alpha": r + more}, fill


def factor(fill, shape, dtype):
    """Entries that are never zero: whole numbers for simple fills."""
    low, high = fill.rng.integers(1, 4, shape), fill.rng.uniform(0.5, 2.0, shape)
    sign = fill.rng.choice([-1.0, 1.0], shape)
    return torch.from_numpy(sign * (high if fill.kind == "normal" else low)).to(dtype)


def batch(fill, layer, leading, dim="in"):
    """An input of the layer, or an upstream gradient, with the given leading axes."""
    size = layer["weight"].shape[1 if dim == "in" else 0]
    dtype = str(layer["weight"].dtype).removeprefix("torch.")
    return fill.tensor(*leading, size, dtype=dtype)


def magnitude(layer):
    """The largest that rounding can refer to in W + (alpha/r) B A, entry by entry."""
    A, B = layer["A"].abs().double(), layer["B"].abs().double()
    return layer["weight"].abs().double() + abs(layer["alpha"]) / len(A) * (B @ A)


def output_scale(layer, x):
    """The largest that rounding can refer to in the output."""
    bias = 0.0 if layer["bias"] is None else float(layer["bias"].abs().max())
    return float(magnitude(layer).sum(1).max() * x.abs().max()) + bias


LEADING = st.sampled_from([(2,), (3, 2), (), (1,)])

SQUARE_LAYERS = [
    layer_of(Fill("normal", 1.0, "C", seed), shape)
    for seed, shape in enumerate([(2, 2, 2), (3, 3, 2), (2, 3, 2), (3, 2, 2), (3, 3, 1), (2, 3, 3)])
]
"""Always tried: square weights, a rank as large as a side, and none of both."""

HISTORIES = (
    ["merge"],
    ["unmerge"],
    ["merge", "merge", "unmerge"],
    ["merge", "unmerge", "unmerge"],
    ["merge", "unmerge", "merge"],
    ["unmerge", "merge"],
)


def make_layer(module, weight, bias, A, B, alpha, dropout):
    """a LoRALinear with these numbers in it"""
    rows, columns = weight.shape
    base = torch.nn.Linear(columns, rows, bias=bias is not None, dtype=weight.dtype)
    with torch.no_grad():
        base.weight.copy_(weight)
        if bias is not None:
            base.bias.copy_(bias)
    options = {"dropout": dropout} if dropout else {}
    layer = module.LoRALinear(base, len(A), alpha, **options)
    with torch.no_grad():
        layer.lora_A.copy_(A)
        layer.lora_B.copy_(B)
    return layer


def use_layer(module, make, numbers, dropout, training, x, upstream, history):
    """run a model with the layer in it forward and backward, then merge and unmerge as told"""
    layer = make(module, **numbers, dropout=dropout)
    model = torch.nn.Sequential(layer).train(training)
    x = x.clone().requires_grad_(True)
    torch.default_generator.manual_seed(0)
    y = model(x)
    y.backward(upstream)
    leaves = {"x": x, "lora_A": layer.lora_A, "lora_B": layer.lora_B}
    gradients = {name: leaf.grad for name, leaf in leaves.items() if leaf.grad is not None}
    found = {"y": y, "gradients": gradients, "delta": layer.delta_weight(), "then": []}
    for step in history:
        getattr(layer, step)()
        weight = layer.base.weight.detach().clone()
        found["then"].append([model(x), weight, layer.delta_weight(), bool(layer.merged)])
    trainable = [name for name, p in layer.named_parameters() if p.requires_grad]
    found["trainable"] = dict.fromkeys(trainable, 0)
    new = module.LoRALinear(torch.nn.Linear(3, 2), 2, 3)
    found["new"] = {"lora_A is zero": not new.lora_A.any(), "lora_B": new.lora_B}
    return found


def forward(module, make, numbers, dropout, x):
    """the layer's output in eval mode"""
    layer = make(module, **numbers, dropout=dropout).eval()
    torch.default_generator.manual_seed(0)
    return layer(x)


example("LoRALinear")


def every_way(**more):
    """SQUARE_LAYERS as `check` takes them."""
    given = {"leading": (2,), "history": ["merge", "unmerge"], "dropout": 0.0, "training": True}
    return [{"case": case, **given, **more} for case in SQUARE_LAYERS]


@check("LoRALinear", "matches the reference", value=True, examples=24, first=every_way())
@given(
    case=layers(),
    leading=LEADING,
    history=st.sampled_from(HISTORIES),
    dropout=st.sampled_from([0.0, 0.5]),
    training=st.booleans(),
)
def test_layer_value(submission, reference, case, leading, history, dropout, training):
    numbers, fill = case
    x, upstream = batch(fill, numbers, leading), batch(fill, numbers, leading, "out")
    mode = training and not dropout
    told = (function(make_layer), numbers, dropout, mode, x, upstream, history)
    got, due = submission.probe(use_layer, *told), reference.probe(use_layer, *told)
    entries = magnitude(numbers)
    outer, above = max(output_scale(numbers, x), float(x.abs().max())), float(upstream.abs().max())
    back = max(float(entries.sum(0).max()), float(numbers["weight"].numel()) * 3) * above
    expect_close(got["trainable"], {"lora_A": 0, "lora_B": 0}, "trainable parameters")
    expect_close(got["new"], due["new"], "a new layer")
    expect_close(got["y"], due["y"], "output", scale=outer)
    expect_close(got["delta"], due["delta"], "delta_weight()")
    sums = float(x.abs().sum()) * above
    for name, scale in (("x", back), ("lora_A", sums), ("lora_B", sums)):
        expect(name in got["gradients"], f"{name} gets no gradient")
        grad, wanted = got["gradients"][name], due["gradients"][name]
        expect_close(grad, wanted, f"gradient of {name}", scale=scale)
    expect_equal(len(got["then"]), len(due["then"]))
    for count, (state, wanted) in enumerate(zip(got["then"], due["then"], strict=True), 1):
        after = f"after {', '.join(history[:count])}"
        expect_close(state[1], wanted[1], f"base.weight {after}", scale=float(entries.max()))
        expect_close(state[0], wanted[0], f"output {after}", scale=outer)
        expect_close(state[2], wanted[2], f"delta_weight() {after}")
        expect_equal(state[3], wanted[3], f"merged {after}")


def before_dropout(case, leading=(2,)):
    """Arguments of `forward`."""
    numbers, fill = case
    return function(make_layer), numbers, 0.0, batch(fill, numbers, leading)


def same_output(got, due, make, numbers, dropout, x):
    expect_close(got, due, "output", scale=output_scale(numbers, x))


matches(
    "LoRALinear",
    st.builds(before_dropout, layers(), LEADING),
    title="is right while it is not merged",
    probe=forward,
    compare=same_output,
    first=map(before_dropout, SQUARE_LAYERS),
    weight=2,
    examples=10,
)


def look_at_new_layers(module, rows, columns, bias, r, alpha, dtype, x):
    """make two layers one after the other and look at what is in them before any training"""
    torch.default_generator.manual_seed(0)
    found, layers = {}, []
    for _ in range(2):
        base = torch.nn.Linear(columns, rows, bias=bias, dtype=getattr(torch, dtype))
        plain = base(x)
        layers.append(module.LoRALinear(base, r, alpha))
    first, second = (layer.lora_A for layer in layers)
    found["shapes"] = [list(first.shape), list(layers[0].lora_B.shape)]
    found["A is zero"] = not first.any()
    found["A is the same in both"] = bool((first == second).all())
    found["different entries of A"] = len(set(first.flatten().tolist()))
    found["B"] = layers[1].lora_B
    found["output"], found["base"] = layers[1](x), plain
    found["merged"] = bool(layers[1].merged)
    return found


@check(
    "LoRALinear", "starts as the base layer, with A random and B zero", practice=True, examples=10
)
@given(rows=sizes(2, 4), columns=sizes(3, 5), bias=st.booleans(), r=sizes(2, 3))
def test_layer_start(submission, rows, columns, bias, r):
    x, dtype = torch.ones(2, columns), "float32"
    told = (rows, columns, bias, r, r + 1, dtype, x)
    found = submission.probe(look_at_new_layers, *told)
    expect_equal(found["shapes"], [[r, columns], [rows, r]], "shapes", names=("lora_A", "lora_B"))
    expect_close(found["B"], torch.zeros(rows, r, dtype=x.dtype), "lora_B")
    expect_equal(found["A is zero"], False, "whether lora_A is zero")
    expect_equal(found["A is the same in both"], False, "whether two layers have the same lora_A")
    expect(found["different entries of A"] > 1, "lora_A must be random, not constant")
    expect_close(found["output"], found["base"], "the first output must be base's")
    expect_equal(found["merged"], False, "merged")


def run_in_double(module, make, numbers, x, training):
    """dtypes of A and B, the output and the change of a layer whose base is float64"""
    layer = make(module, **numbers, dropout=0.0).train(training)
    found = {"lora_A": str(layer.lora_A.dtype), "lora_B": str(layer.lora_B.dtype)}
    return [found, layer(x), layer.delta_weight()]


@check("LoRALinear", "A and B have the dtype of the base's weight", weight=2, examples=10)
@given(case=layers(DTYPES), training=st.booleans())
def test_layer_dtype(submission, reference, case, training):
    numbers, fill = case
    x = batch(fill, numbers, (2,))
    told = (function(make_layer), numbers, x, training)
    got, due = submission.probe(run_in_double, *told), reference.probe(run_in_double, *told)
    expect_equal(got[0], due[0], "dtype")
    expect_close(got[1], due[1], "output", scale=output_scale(numbers, x))
    expect_close(got[2], due[2], "delta_weight()")


def run_and_return_inputs(module, make, numbers, dropout, training, x):
    """x, A, B and the bias before and after x went through the layer, not merged and merged"""
    layer = make(module, **numbers, dropout=dropout).train(training)
    kept = [layer.lora_A, layer.lora_B, *([] if numbers["bias"] is None else [layer.base.bias])]
    before = [part.detach().clone() for part in (x, *kept)]
    torch.default_generator.manual_seed(0)
    layer(x)
    layer.delta_weight()
    layer.merge()
    layer(x)
    return [before, [part.detach() for part in (x, *kept)]]


@check("LoRALinear", "leaves its inputs alone", examples=10)
@given(case=layers(), dropout=st.sampled_from([0.0, 0.5]), training=st.booleans())
def test_layer_untouched(submission, case, dropout, training):
    numbers, fill = case
    told = (function(make_layer), numbers, dropout, training, batch(fill, numbers, (2, 3)))
    before, after = submission.probe(run_and_return_inputs, *told)
    expect_equal(after, before, "x, A, B or the bias was changed by a call")


def train_once(module, make, numbers, history, x):
    """which parameters have a gradient after a backward pass, and the base's flags by then"""
    layer = make(module, **numbers, dropout=0.0)
    for step in history:
        getattr(layer, step)()
    if not layer.merged:
        layer(x).square().sum().backward()
    parameters = dict(layer.named_parameters())
    return {
        "trainable": {name: 0 for name, p in parameters.items() if p.requires_grad},
        "gradients": {name: 0 for name, p in parameters.items() if p.grad is not None},
        "base": bool(layer.base.weight.requires_grad),
    }


@check("LoRALinear", "only lora_A and lora_B learn", practice=True, examples=10)
@given(case=layers(), history=st.sampled_from([[], ["merge", "unmerge"], ["merge"]]))
def test_layer_trainable(submission, case, history):
    numbers, fill = case
    x = batch(fill, numbers, (2,))
    found = submission.probe(train_once, function(make_layer), numbers, history, x)
    both = {"lora_A": 0, "lora_B": 0}
    expect_equal(found["base"], False, "base.weight requires a gradient")
    expect_close(found["trainable"], both, "parameters that require a gradient")
    expected = {} if history == ["merge"] else both
    expect_close(found["gradients"], expected, "parameters with a gradient after backward")


def merge_and_compare(module, make, numbers, dropout, x):
    """outputs in eval mode and the weights: before, after merge(), after unmerge()"""
    layer = make(module, **numbers, dropout=dropout)
    model = torch.nn.ModuleList([layer]).eval()
    torch.default_generator.manual_seed(0)
    found = []
    for step in ("eval", "merge", "unmerge"):
        getattr(layer if step != "eval" else model, step)()
        found.append([layer(x), layer.base.weight.clone(), bool(layer.merged)])
    return found


@check(
    "LoRALinear",
    "merging moves the change into the weight and no output",
    practice=True,
    examples=10,
)
@given(case=layers(), dropout=st.sampled_from([0.0, 0.5]))
def test_layer_merge(submission, case, dropout):
    numbers, fill = case
    x = batch(fill, numbers, (2,))
    found = submission.probe(merge_and_compare, function(make_layer), numbers, dropout, x)
    weights, outputs = float(magnitude(numbers).max()), output_scale(numbers, x)
    W = numbers["weight"]
    scaled = W + numbers["alpha"] / len(numbers["A"]) * (numbers["B"] @ numbers["A"])
    expect_close(found[1][1], scaled, "base.weight after merge()", scale=weights)
    expect_close(found[2][1], W, "base.weight after unmerge()", scale=weights)
    expect_close(found[1][0], found[0][0], "output after merge()", scale=outputs)
    expect_close(found[2][0], found[0][0], "output after unmerge()", scale=outputs)
    expect_equal([state[2] for state in found], [False, True, False], "merged")


def weights_after(module, make, numbers, histories):
    """base.weight of a new layer after each of these rows of calls"""
    weights = []
    for history in histories:
        layer = make(module, **numbers, dropout=0.0)
        for step in history:
            getattr(layer, step)()
        weights.append(layer.base.weight)
    return weights


@check("LoRALinear", "merge and unmerge are safe to call twice", examples=10)
@given(case=layers())
def test_layer_twice(submission, case):
    numbers, _ = case
    size = float(magnitude(numbers).max())
    once = ([], ["merge"], ["merge", "unmerge"])
    twice = (["unmerge"], ["merge", "merge"], ["merge", "unmerge", "unmerge"])
    found = submission.probe(weights_after, function(make_layer), numbers, [*once, *twice])
    for due, got, history in zip(found[:3], found[3:], twice, strict=True):
        expect_close(got, due, f"base.weight after {', '.join(history)}", scale=size)


def drop_inputs(module, make, numbers, dropout, x, seed):
    """outputs in training mode, in eval mode again, and those of the base alone"""
    layer = make(module, **numbers, dropout=dropout)
    model = torch.nn.Sequential(torch.nn.Sequential(layer)).train()
    torch.default_generator.manual_seed(seed)
    with torch.no_grad():
        return [model(x), model.eval()(x), layer.base(x)]


ROWS = 1000
"""Rows of a dropout experiment, and how far a count may be from its mean: by Hoeffding's
inequality a right answer is further off with probability below 2·exp(-2·MARGIN²/ROWS) < 3e-14."""
MARGIN = 4 * ROWS**0.5


@check(
    "LoRALinear", "drops inputs of the branch in training, none in evaluation", weight=3, examples=8
)
@given(case=layers(scales=(1.0,)), p=st.sampled_from([0.25, 0.4, 0.7]), seed=sizes())
def test_layer_dropout(submission, case, p, seed):
    numbers, fill = case
    numbers["A"] = torch.tensor([[1.0, -2.0], [2.0, 1.0]])
    numbers["B"] = torch.tensor([[1.0, 0.0], [1.0, 2.0], [0.0, -1.0]])
    numbers["weight"], numbers["bias"] = fill.tensor(3, 2, dtype="float32"), None
    numbers["alpha"], x = 3, torch.tensor([1.0, 3.0]).repeat(ROWS, 1)
    told = (function(make_layer), numbers, p, x, seed)
    training, evaluation, base = submission.probe(drop_inputs, *told)
    delta = 3 / 2 * (numbers["B"] @ numbers["A"])
    expect_close(evaluation, base + x @ delta.T, "output after eval() of the model around it")
    tensor_of(training, (ROWS, 3), "output in training")
    tensor_of(base, (ROWS, 3), "output of base")
    seen = (training - base) @ torch.linalg.pinv(delta).T / x * (1 - p)
    kept = seen.round()
    message = "in training the branch sees an input entry as 0 or as x/(1 - p), base sees all of x"
    expect_close(training, base + kept * x / (1 - p) @ delta.T, message)
    expect(((kept == 0) | (kept == 1)).all(), message)
    dropped = [*(kept == 0).sum(0).tolist(), int((kept == 0).all(1).sum())]
    for count, rate in zip(dropped, (p, p, p * p), strict=True):
        near = abs(count - rate * ROWS) < MARGIN
        expect(near, "every entry is dropped on its own with probability p", got=count / ROWS)


def save_and_copy(module, make, numbers, x):
    """a deep copy that is merged, and a new layer that loads the state: their outputs in eval"""
    import copy

    layer = make(module, **numbers, dropout=0.5).eval()
    torch.default_generator.manual_seed(0)
    before = layer(x)
    twin = copy.deepcopy(layer)
    twin.merge()
    again = copy.deepcopy(twin)
    other = make(module, **{k: v * 0 if k in "AB" else v for k, v in numbers.items()}, dropout=0.5)
    state = layer.state_dict()
    other.load_state_dict(state)
    with torch.no_grad():
        twin.lora_A.zero_()
    due = ("base.weight", "lora_A", "lora_B")
    return {
        "names": {name: 0 for name in due if name in state},
        "outputs": [before, layer(x), again(x), other.eval()(x)],
    }


@check("LoRALinear", "survives deepcopy and state_dict", examples=10)
@given(case=layers())
def test_layer_copies(submission, case):
    numbers, fill = case
    x = batch(fill, numbers, (2,))
    found = submission.probe(save_and_copy, function(make_layer), numbers, x)
    names = {"base.weight": 0, "lora_A": 0, "lora_B": 0}
    expect_close(found["names"], names, "names in state_dict()")
    before, *others = found["outputs"]
    size = output_scale(numbers, x)
    which = ("the layer after its copy was merged", "a merged copy", "a layer that loads its state")
    for output, name in zip(others, which, strict=True):
        expect_close(output, before, name, scale=size)


def try_ranks(module, ranks):
    """make a layer of each of these ranks: whether that raises a ValueError"""
    raised = []
    for r in ranks:
        try:
            module.LoRALinear(torch.nn.Linear(3, 2), r, 2)
            raised.append(False)
        except ValueError:
            raised.append(True)
    return raised


@check("LoRALinear", "refuses a rank below one")
def test_layer_rank(submission):
    ranks = [0, -1, -3, 1]
    raised = submission.probe(try_ranks, ranks)
    for r, error in zip(ranks, raised, strict=True):
        expect_equal(error, r < 1, f"whether r = {r} raises a ValueError")


TARGETS = ("q", "v", "fc")
PREFIXES = ("", "encoder.0.", "block.fc.", "out.q.1.")
NAMES = (*TARGETS, "my_fc", "fc2", "qv", "k", "Q", "FC")
VOCABULARY = 5


def build_model(module, rows, seed, dtype, r=2, alpha=3, dropout=0.5):
    """nested Sequentials from rows (name, kind, inputs, outputs); weights depend on the seed"""
    weights, factors = np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1])
    model, dtype = torch.nn.Sequential(), getattr(torch, dtype)
    for name, kind, inputs, outputs in rows:
        if "norm" in kind:
            layer = torch.nn.BatchNorm1d(outputs, dtype=dtype)
        elif "embedding" in kind:
            layer = torch.nn.Embedding(inputs, outputs, dtype=dtype)
        elif "relu" in kind:
            layer = torch.nn.ReLU()
        elif "parameter" in kind:
            layer = torch.nn.Parameter(torch.ones(outputs, dtype=dtype))
        else:
            layer = torch.nn.Linear(inputs, outputs, bias="bias" in kind, dtype=dtype)
        with torch.no_grad():
            for p in [] if "parameter" in kind else layer.parameters():
                p.copy_(torch.from_numpy(weights.uniform(0.5, 1.5, p.shape)))
        if "tied" in kind:
            layer.weight = model.embed.weight
        if "lora" in kind:
            layer = module.LoRALinear(layer, r, alpha, dropout)
            with torch.no_grad():
                for p in (layer.lora_A, layer.lora_B):
                    p.copy_(torch.from_numpy(factors.uniform(0.5, 1.5, p.shape)))
        if "merged" in kind:
            layer.merge()
        if not name:
            return layer
        *path, last = name.split(".")
        parent = model
        for part in path:
            if part not in parent._modules:
                parent.add_module(part, torch.nn.Sequential())
            parent = parent._modules[part]
        setattr(parent, last, layer)
    return model


class PrintedLayer(torch.nn.Module):
    """Stands in for the exercise's layer where a model is printed."""

    def __init__(self, base, r, alpha, dropout):
        super().__init__()
        self.base, self.settings = base, f"r={r}, alpha={alpha}, dropout={dropout}"
        self.lora_A, self.lora_B = torch.empty(r, base.in_features), torch.empty(1, r)

    def _get_name(self):
        return "LoRALinear"

    def merge(self):
        self.settings += ", merged"

    def extra_repr(self):
        return self.settings


class Printing:
    """The chapter's module where a model is printed."""

    LoRALinear = PrintedLayer


def model(plan, **more):
    """The plan's model as an argument of a probe, which a report shows as PyTorch prints it."""
    rows = plan["rows"]
    lines = [str(build_model(Printing, **plan, **more))]
    lines += [f"{name}: parameter ({width},)" for name, kind, _, width in rows if "param" in kind]
    lines += [f"{name}.weight is embed.weight" for name, kind, *_ in rows if "tied" in kind]
    return shown(build_model, "\n".join(lines), **plan, **more)


def rows_of(rng, blocks, kinds, most=4):
    """Layers that fit one behind the other, in blocks at different depths, after an embedding."""
    width = int(rng.integers(2, 5))
    rows = [["embed", "embedding", VOCABULARY, width]]
    for prefix in rng.permutation(PREFIXES)[:blocks]:
        for name in rng.permutation(NAMES)[: rng.integers(1, most)]:
            kind = str(rng.choice(kinds))
            same = kind in ("relu", "norm", "parameter")
            outputs = width if same else int(rng.choice((1, 2, 3, 4, width)))
            rows.append([f"{prefix}{name}", kind, width, outputs])
            width = outputs
    return rows


def widened(rows, *tied):
    """The rows, and then layers whose weight is that of the embedding."""
    width, last = rows[0][3], rows[-1][3]
    more = [["bridge", "linear", last, width]]
    for count, kind in enumerate(tied):
        more.append([f"head{count}", f"tied {kind}", width, VOCABULARY])
        more.append([f"back{count}", "linear", VOCABULARY, width])
    return [*rows, *more]


def adapted(row, kind="lora"):
    """The row, with a LoRALinear in place of its linear layer."""
    name, plain, inputs, outputs = row
    return [name, plain.replace("linear", kind), inputs, outputs]


def last_part(name):
    return name.rpartition(".")[2]


def numbered(names):
    """Names in their order, as data whose parts can be compared one by one."""
    return {name: index for index, name in enumerate(names)}


@st.composite
def injections(draw):
    """A plain model and some targets, of which at least one is found in it."""
    blocks, seed, dtype = draw(sizes(1, 3)), draw(st.integers(0, 2**16)), draw(SINGLE)
    rng = np.random.default_rng(seed)
    kinds = (*["linear with bias", "linear"] * 2, "relu", "norm", "parameter")
    rows = rows_of(rng, blocks, kinds, most=6)[: draw(sizes(2, 12))]
    rows[-1][1], rows[-1][3] = "linear with bias", 1 + rows[-1][2]
    path, dot, _ = rows[-1][0].rpartition(".")
    taken = {row[0] for row in rows[:-1]}
    free = [name for name in TARGETS if f"{path}{dot}{name}" not in taken]
    rows[-1][0] = f"{path}{dot}{rng.choice(free or ['other'])}"
    paths = [name for name, kind, _, _ in rows if "." in name and kind.startswith("linear")]
    others = rng.permutation([*TARGETS, *paths[:1]])[: rng.integers(0, 5)].tolist()
    targets = rng.permutation(sorted({last_part(rows[-1][0]), *others})).tolist()
    by_hand = [adapted(row) if replaced(row, targets) else row for row in rows]
    return {"rows": rows, "seed": seed, "dtype": dtype}, targets, by_hand


def replaced(row, targets):
    """Whether a row says a linear layer whose last name component is one of the targets."""
    return row[1].startswith("linear") and last_part(row[0]) in targets


def inject(module, model, targets, by_hand, r, alpha):
    """inject_lora, then the same factors as in a model put together by hand; outputs of both"""
    model, hand = model(module), by_hand(module).eval()
    given = list(targets)
    names = module.inject_lora(model, targets, r, alpha)
    listed = isinstance(names, (list, tuple))
    modules, parts = dict(model.named_modules()), dict(hand.named_modules())
    inside = [name for name, part in modules.items() if isinstance(part, module.LoRALinear)]
    free = {name: 0 for name, p in model.named_parameters() if p.requires_grad}
    found = {
        "returned": {name: i for i, name in enumerate(names)} if listed else {"not a list": 0},
        "replaced": {name: i for i, name in enumerate(inside)},
        "trainable": free,
        "targets": [given, list(targets)],
    }
    tokens = torch.arange(5)
    model.eval()
    with torch.no_grad():
        for name in inside:
            for factor in ("lora_A", "lora_B"):
                mine, due = (getattr(all_of[name], factor, None) for all_of in (modules, parts))
                if due is not None and mine.shape == due.shape:
                    mine.copy_(due)
    found["output"], found["by hand"] = model(tokens), hand(tokens)
    found["ranks"] = [modules[name].lora_A.shape[0] for name in inside]
    return found


def injected(submission, case, r=2, alpha=3):
    """What `inject` finds: beside the model stands one as it should be afterwards."""
    plan, targets, rows = case
    by_hand = model({**plan, "rows": rows}, r=r, alpha=alpha, dropout=0.0)
    return submission.probe(inject, model(plan), targets, by_hand, r, alpha)


def names_due(case):
    """Names of the layers that are replaced, in their order."""
    plan, targets, _ = case
    return numbered(row[0] for row in plan["rows"] if replaced(row, targets))


def names_injected(module, model, targets, r, alpha):
    """call inject_lora and return its answer"""
    names = module.inject_lora(model(module), targets, r, alpha)
    if not isinstance(names, (list, tuple)):
        return {"not a list": 0}
    return {name: i for i, name in enumerate(names)}


def inject_nothing(module, model, targets):
    """call inject_lora in a half frozen model where nothing matches, and look at it afterwards"""
    model = model(module)
    for count, p in enumerate(model.parameters()):
        p.requires_grad_(count % 2 == 0)
    try:
        module.inject_lora(model, targets, 2, 3)
        raised = 0
    except ValueError:
        raised = 1
    return {
        "raised": raised,
        "trainable": [int(p.requires_grad) for p in model.parameters()],
        "LoRALinear": sum(isinstance(part, module.LoRALinear) for part in model.modules()),
    }


NEAR_MISSES = ("c", "f", "block.fc", "encoder", "q.1", "my", "embed", "Linear")


def expect_nothing_injected(submission, plan):
    """Raise Mismatch unless targets that almost match are refused and the model is left alone."""
    paths = [row[0] for row in plan["rows"] if "." in row[0] and row[1].startswith("linear")]
    ends = [".".join(path.split(".")[-2:]) for path in paths]
    names = [name for name in NAMES if not any(replaced(row, [name]) for row in plan["rows"])]
    rng = np.random.default_rng([plan["seed"], 4])
    misses = ([*names, "absent"], [*paths, *ends, "a.b"], NEAR_MISSES)[rng.integers(3)]
    told = (model(plan), [str(rng.choice(misses)), "elsewhere"])
    found = submission.probe(inject_nothing, *told)
    expect(found["raised"], "a ValueError is due where nothing matches", got=found)
    due = [int(index % 2 == 0) for index in range(len(found["trainable"]))]
    expect_equal(found["trainable"], due, "which parameters require a gradient")
    expect_equal(found["LoRALinear"], 0, "number of LoRALinear layers")


example("inject_lora")


@check("inject_lora", "matches the reference", value=True, examples=24)
@given(
    case=injections(),
    r=sizes(1, 3),
    more=st.sampled_from([2, 1, 0.5]),
    found=st.sampled_from([True, True, False]),
)
def test_inject_value(submission, case, r, more, found):
    if not found:
        return expect_nothing_injected(submission, case[0])
    found, names = injected(submission, case, r, r + more), names_due(case)
    factors = {f"{name}.{factor}": 0 for name in names for factor in ("lora_A", "lora_B")}
    expect_close(found["returned"], names, "the list that is returned")
    expect_close(found["replaced"], names, "the LoRALinear layers in the model")
    expect_close(found["trainable"], factors, "parameters that require a gradient")
    expect_equal(found["ranks"], [r] * len(names), "rank of the layers")
    expect_close(found["output"], found["by hand"], "output of the model with other factors")


@check("inject_lora", "replaces the layers of these names", value=True, weight=2, examples=12)
@given(case=injections(), r=sizes(1, 2))
def test_inject_names(submission, case, r):
    found, names = injected(submission, case, r, r + 1), dict.fromkeys(names_due(case), 0)
    got = dict.fromkeys(found["replaced"], 0)
    expect_close(got, names, "the LoRALinear layers in the model")
    expect_close(found["output"], found["by hand"], "output of the model with other factors")


@check("inject_lora", "only LoRA's parameters stay trainable", practice=True, examples=10)
@given(case=injections())
def test_inject_frozen(submission, case):
    found = injected(submission, case)
    factors = [f"{name}.{factor}" for name in found["replaced"] for factor in ("lora_A", "lora_B")]
    trainable = dict.fromkeys(factors, 0)
    expect_close(found["trainable"], trainable, "parameters that require a gradient")


@check("inject_lora", "leaves the list of targets alone", examples=10)
@given(case=injections())
def test_inject_targets(submission, case):
    before, after = injected(submission, case)["targets"]
    expect_equal(after, before, "the list of targets was changed by the call")


@check("inject_lora", "returns the names in the order of named_modules", examples=10)
@given(case=injections())
def test_inject_order(submission, case):
    plan, targets, _ = case
    got = submission.probe(names_injected, model(plan), targets, 1, 2)
    expect_close(got, names_due(case), "the list that is returned")


@check("inject_lora", "raises ValueError and changes nothing if nothing matches", examples=10)
@given(case=injections())
def test_inject_nothing(submission, case):
    expect_nothing_injected(submission, case[0])


MIXED = ("lora with bias", "lora", "linear with bias", "relu", "norm", "parameter")


@st.composite
def adapted_models(draw, kinds=MIXED, decoys=True, alone=True, runs=False):
    """A model with LoRALinear layers at several depths, or one that is nothing else."""
    blocks = draw(sizes(0 if alone else 1, 3))
    seed, dtype = draw(st.integers(0, 2**16)), draw(SINGLE)
    rng = np.random.default_rng(seed)
    if not blocks:
        rows = [["", str(rng.choice([kind for kind in kinds if "lora" in kind])), 3, 2]]
    else:
        rows = cut_out(draw, rows_of(rng, blocks, kinds), runs)
        rows.append(["top", "lora with bias", rows[-1][3], 3])
        if decoys:
            rows.append(["lora_norm", "norm", 3, 3])
    return {"rows": rows, "seed": seed, "dtype": dtype}


def cut_out(draw, rows, runs=False):
    """Some rows in a row, so that a counterexample has few; from the first on if the model runs."""
    end = draw(sizes(1, 9))
    part = rows[:end] if runs else rows[:end][-draw(sizes(1, 6)) :]
    return part if any(kind != "relu" for _, kind, *_ in part) else rows[:1]


def small(*rows):
    """A plan of few rows."""
    return {"rows": [list(row) for row in rows], "seed": 0, "dtype": "float32"}


TWINS = small(("q", "lora", 3, 2), ("Q", "lora", 2, 3), ("scale", "parameter", 3, 3))
SMALL = [{"plan": small(("norm", "norm", 2, 2), ("top", "lora", 2, 2))}, {"plan": TWINS}]
"""Always tried: a norm beside one layer, and names that differ in case only."""


def factors_of(plan):
    """Names of the LoRA tensors in state_dict(), in the order of the layers."""
    paths = [f"{name}." if name else "" for name, kind, _, _ in plan["rows"] if "lora" in kind]
    return [path + factor for path in paths for factor in ("lora_A", "lora_B")]


def find_parameters(module, model, remainder):
    """how often lora_parameters lists which of the model's parameters; some of those are frozen"""
    model, names = model(module), {}
    for name, p in model.named_parameters():
        names[id(p)] = name
        lora = name.endswith(("lora_A", "lora_B"))
        p.requires_grad_(lora if remainder is None else sum(name.encode()) % 3 != remainder)
    found, answers = {}, [module.lora_parameters(model) for _ in range(2)]
    for p in answers[1]:
        name = names.get(id(p), "not a parameter of the model")
        found[name] = found.get(name, 0) + 1
    return found


def expect_found(submission, plan, remainder):
    """Raise Mismatch unless all of LoRA's parameters are listed, be they trainable or not."""
    got = submission.probe(find_parameters, model(plan), remainder)
    due = dict.fromkeys(factors_of(plan), 1)
    expect_close(got, due, "how often which parameter is listed")


example("lora_parameters")


@check("lora_parameters", "matches the reference", value=True, examples=20, first=SMALL)
@given(plan=adapted_models())
def test_parameters_value(submission, plan):
    expect_found(submission, plan, 0)


@check(
    "lora_parameters",
    "is right where LoRA's alone are trainable",
    value=True,
    weight=2,
    examples=12,
)
@given(plan=adapted_models(decoys=False, alone=False))
def test_parameters_trainable(submission, plan):
    expect_found(submission, plan, None)


def flags_and_kind(module, model):
    """a model's flags before and after lora_parameters, and whether that gives a list"""
    model = model(module)
    for index, p in enumerate(model.parameters()):
        p.requires_grad_(index % 2 == 0)
    before = [int(p.requires_grad) for p in model.parameters()]
    answer = module.lora_parameters(model)
    listed = isinstance(answer, (list, tuple))
    return listed, before, [int(p.requires_grad) for p in model.parameters()]


@check("lora_parameters", "returns a list, and freezes and thaws nothing", examples=10)
@given(plan=adapted_models())
def test_parameters_list(submission, plan):
    listed, before, after = submission.probe(flags_and_kind, model(plan))
    expect(listed, "a list is due")
    expect_equal(after, before, "which parameters require a gradient")


def descend(module, model):
    """one gradient step on lora_parameters; how many entries of which parameter it moved"""
    model = model(module)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    with torch.no_grad():
        for p in module.lora_parameters(model):
            p -= torch.ones_like(p)
    return {name: int((p != before[name]).sum()) for name, p in model.named_parameters()}


@check("lora_parameters", "a step on them moves every A and B and nothing else", practice=True)
@given(plan=adapted_models())
def test_parameters_step(submission, plan):
    moved = submission.probe(descend, model(plan))
    factors = set(factors_of(plan))
    for name, count in moved.items():
        due = name in factors
        expect((count > 0) == due, f"{name} {'stays' if due else 'changes'} in the step", got=moved)


def count(module, model, every):
    """count_parameters, twice, of a model whose every 1st, 2nd or 3rd parameter is trainable"""
    model = model(module)
    for index, p in enumerate(model.parameters()):
        p.requires_grad_(every > 0 and index % every == 0)
    module.count_parameters(model)
    return [int(number) for number in module.count_parameters(model)]


def entries(plan):
    """Number of entries of every parameter, a tied one once."""
    for _, kind, inputs, outputs in plan["rows"]:
        if "norm" in kind:
            yield from (outputs, outputs)
        elif kind == "parameter":
            yield outputs
        elif kind != "relu":
            if "tied" not in kind:
                yield inputs * outputs
            if "bias" in kind:
                yield outputs


PLAIN = ("linear with bias", "linear", "norm", "relu", "parameter")


@st.composite
def plain_models(draw, kinds=PLAIN, ties=0):
    """A model without LoRA, in the end of which layers may have the embedding's weight."""
    blocks, seed, dtype = draw(sizes(1, 3)), draw(st.integers(0, 2**16)), draw(SINGLE)
    rows = cut_out(draw, rows_of(np.random.default_rng(seed), blocks, kinds), runs=ties)
    if ties:
        rows = widened(rows, *["linear with bias"] * draw(sizes(1, ties)))
    return {"rows": rows, "seed": seed, "dtype": dtype}


BOTH = ("trainable", "total")


SMALLEST = [(model(small((name, name, 2, 2))), 1) for name in ("linear", "norm", "parameter")]

example("count_parameters")
matches(
    "count_parameters",
    st.tuples(plain_models(ties=2).map(model), sizes(0, 3)),
    probe=count,
    names=BOTH,
    exact=True,
    first=SMALLEST,
    examples=20,
)


@check(
    "count_parameters",
    "is right where nothing is tied or frozen",
    value=True,
    weight=2,
    examples=12,
)
@given(plan=plain_models(("linear with bias", "linear", "relu")))
def test_count_plain(submission, plan):
    total = sum(entries(plan))
    got = submission.probe(count, model(plan), 1)
    expect_equal(got, [total, total], names=BOTH)


@check(
    "count_parameters",
    "leaves nothing trainable where everything is frozen",
    practice=True,
    examples=10,
)
@given(plan=plain_models())
def test_count_frozen(submission, plan):
    got = submission.probe(count, model(plan), 0)
    expect_equal(got, [0, sum(entries(plan))], names=BOTH)


@check("count_parameters", "counts a tied parameter once", examples=10)
@given(plan=plain_models(("linear with bias", "linear"), ties=2))
def test_count_tied(submission, plan):
    total = sum(entries(plan))
    got = submission.probe(count, model(plan), 1)
    expect_equal(got, [total, total], names=BOTH)


def save(module, model):
    """build a model with LoRALinear layers and return its lora_state_dict, asked for twice"""
    model = model(module)
    module.lora_state_dict(model)
    return dict(module.lora_state_dict(model))


def save_and_load(module, model):
    """give the lora_state_dict to load_state_dict of an equal model; which names it did not know"""
    state = module.lora_state_dict(model(module))
    result = model(module).load_state_dict(state, strict=False)
    missing = [name for name in result.missing_keys if name.endswith(("lora_A", "lora_B"))]
    return {
        "unknown": {name: 0 for name in result.unexpected_keys},
        "missing": {name: 0 for name in missing},
    }


example("lora_state_dict")
matches(
    "lora_state_dict",
    adapted_models().map(model),
    probe=save,
    first=[model(one["plan"]) for one in SMALL],
    examples=20,
)
matches(
    "lora_state_dict",
    adapted_models(decoys=False, alone=False).map(model),
    title="is right where nothing else is called lora",
    probe=save,
    weight=2,
    examples=12,
)


@check("lora_state_dict", "uses the names that load_state_dict knows", practice=True, examples=10)
@given(plan=adapted_models())
def test_save_names(submission, plan):
    found = submission.probe(save_and_load, model(plan))
    expect_close(found["unknown"], {}, "names that load_state_dict does not know")
    expect_close(found["missing"], {}, "LoRA tensors that are not saved")


@check("lora_state_dict", "saves the numbers of A and B and no others", examples=10)
@given(plan=adapted_models())
def test_save_size(submission, plan):
    state = submission.probe(save, model(plan))
    due = sum(2 * (row[2] + row[3]) for row in plan["rows"] if "lora" in row[1])
    expect_equal(sum(tensor.numel() for tensor in state.values()), due, "numbers that are saved")


@st.composite
def saved_states(draw, extra=True, **options):
    """A model and other values for its LoRA tensors, in any order, with keys that it ignores."""
    plan = draw(adapted_models(**options))
    rng = np.random.default_rng([plan["seed"], 2])
    shapes = {}
    for name, kind, inputs, outputs in plan["rows"]:
        path = f"{name}." if name else ""
        if "lora" in kind:
            shapes |= {f"{path}lora_A": (2, inputs), f"{path}lora_B": (outputs, 2)}
        if extra and kind != "relu":
            inner = f"{path}base." if "lora" in kind else path
            shape = (outputs,) if "norm" in kind else (outputs, inputs)
            shapes[f"{inner}weight"] = shape if kind != "embedding" else shape[::-1]
    if extra:
        shapes |= {"elsewhere.lora_A": (1, 1), "elsewhere.weight": (1, 1)}
    dtype = getattr(torch, plan["dtype"])
    keys = rng.permutation(sorted(shapes)).tolist()
    return plan, {k: torch.from_numpy(rng.uniform(2, 3, shapes[k])).to(dtype) for k in keys}


def load(module, model, state):
    """load the state, then overwrite it; the parameters in between, and the old ones at the end"""
    model = model(module)
    held, copies = dict(model.named_parameters()), {k: part.clone() for k, part in state.items()}
    frozen = [p.requires_grad_(index % 2 == 0) for index, p in enumerate(model.parameters())]
    flags = [int(p.requires_grad) for p in frozen]
    module.load_lora_state_dict(model, state)
    loaded = {name: p.detach().clone() for name, p in model.named_parameters()}
    after = [dict(state), [int(p.requires_grad) for p in frozen]]
    after[0] = {key: part.clone() for key, part in after[0].items()}
    for tensor in state.values():
        tensor.zero_()
    kept = {name: p.detach() for name, p in held.items()}
    return {"loaded": loaded, "held": kept, "before": [copies, flags], "after": after}


@check("load_lora_state_dict", "leaves the state and what is frozen alone", examples=10)
@given(case=saved_states())
def test_load_untouched(submission, case):
    found = submission.probe(load, model(case[0]), case[1])
    (state, flags), (state_after, flags_after) = found["before"], found["after"]
    expect_equal(sorted(state_after), sorted(state), "keys of the state")
    expect_close(state_after, state, "the state")
    expect_equal(flags_after, flags, "which parameters require a gradient")


def load_incomplete(module, model, state, missing):
    """load a state that lacks keys: which of them the KeyError names, the parameters afterwards"""
    built = model(module)
    try:
        module.load_lora_state_dict(built, state)
        raised, message = 0, ""
    except KeyError as error:
        raised, message = 1, str(error)
    return {
        "raised": raised,
        "named": {key: int(key in message) for key in missing},
        "parameters": {name: p.detach() for name, p in built.named_parameters()},
        "before": {name: p.detach() for name, p in model(module).named_parameters()},
    }


def without(plan, state, many):
    """Up to so many of the keys that are due, and the state without them."""
    rng = np.random.default_rng([plan["seed"], 3])
    missing = rng.permutation(factors_of(plan))[:many].tolist()
    return missing, {key: value for key, value in state.items() if key not in missing}


def expect_nothing_loaded(found, missing):
    """Raise Mismatch unless the probe `load_incomplete` found a KeyError and an unchanged model."""
    expect(found["raised"], "a KeyError is due where a key is missing", expected=missing)
    expect_close(found["parameters"], found["before"], "parameters after the KeyError")


example("load_lora_state_dict")


@check("load_lora_state_dict", "matches the reference", value=True, examples=24)
@given(case=saved_states(), many=st.sampled_from([0, 0, 1, 2, 3]))
def test_load_value(submission, reference, case, many):
    plan, state = case
    missing, rest = without(plan, state, many)
    if missing:
        found = submission.probe(load_incomplete, model(plan), rest, missing)
        expect_nothing_loaded(found, missing)
        named = dict.fromkeys(missing, 1)
        return expect_close(found["named"], named, "the missing keys that the KeyError names")
    got, due = (who.probe(load, model(plan), state) for who in (submission, reference))
    expect_close(got["loaded"], due["loaded"], "parameters after loading")
    message = "the model's own parameters, after loading and a change of state"
    expect_close(got["held"], due["held"], message)


@check("load_lora_state_dict", "is right for the keys it needs", value=True, weight=2, examples=12)
@given(case=saved_states(extra=False, decoys=False, alone=False))
def test_load_exact(submission, reference, case):
    told = (model(case[0]), case[1])
    got, due = (who.probe(load, *told)["loaded"] for who in (submission, reference))
    expect_close(got, due, "parameters after loading")


@check("load_lora_state_dict", "ignores keys of other weights", practice=True, examples=10)
@given(case=saved_states())
def test_load_extra(submission, case):
    plan, state = case
    found = submission.probe(load, model(plan), state)["loaded"]
    factors = factors_of(plan)
    for name in found:
        if name in factors:
            expect_close(found[name], state[name], name)
        elif name in state:
            same = found[name].shape == state[name].shape and (found[name] == state[name]).all()
            expect(not same, f"{name} is not LoRA's and must stay", got=found[name])


@check("load_lora_state_dict", "a KeyError names every missing key", examples=10)
@given(case=saved_states(), many=sizes(1, 3))
def test_load_missing(submission, case, many):
    plan, state = case
    missing, rest = without(plan, state, many)
    found = submission.probe(load_incomplete, model(plan), rest, missing)
    expect(found["raised"], "a KeyError is due where a key is missing", expected=missing)
    named = dict.fromkeys(missing, 1)
    expect_close(found["named"], named, "the missing keys that the KeyError names")


@check("load_lora_state_dict", "nothing is loaded where a key is missing", examples=10)
@given(case=saved_states(), many=sizes(1, 2))
def test_load_nothing(submission, case, many):
    plan, state = case
    missing, rest = without(plan, state, many)
    found = submission.probe(load_incomplete, model(plan), rest, missing)
    expect_nothing_loaded(found, missing)


ADAPTED = (
    "lora with bias",
    "lora",
    "merged lora",
    "merged lora with bias",
    "linear with bias",
    "relu",
    "norm",
)
TIES = ((), ("lora with bias",), ("lora", "lora"), ("lora", "linear"))


@st.composite
def models_to_merge(draw, kinds=ADAPTED, ties=TIES, alone=True):
    """A model with LoRALinear layers, merged or not; some may have the embedding's weight."""
    plan = draw(adapted_models(kinds, alone=alone, runs=True))
    tied = draw(st.sampled_from(ties))
    if plan["rows"][0][0]:
        plan["rows"] = widened(plan["rows"], *tied)
    return plan


def merge_model(module, model, training):
    """merge_lora: types of the layers, outputs in eval mode and other weights before and after"""
    model = model(module)
    alone = isinstance(model, module.LoRALinear)
    adapted = [name for name, part in model.named_modules() if isinstance(part, module.LoRALinear)]
    inside = tuple(f"{name}." for name in adapted)
    kept = {name: p.detach().clone() for name, p in model.named_parameters()}
    kept = {name: p for name, p in kept.items() if not alone and not name.startswith(inside)}
    inputs = torch.eye(3, dtype=model.base.weight.dtype) if alone else torch.arange(5)
    before = model.eval()(inputs)
    plain = module.merge_lora(model.train(training))
    if not isinstance(plain, torch.nn.Module):
        return None
    layers = {name: plain.get_submodule(name) for name in adapted}
    values = dict(plain.named_parameters(remove_duplicate=False))
    return {
        "plain": {name: int(type(layer) is torch.nn.Linear) for name, layer in layers.items()},
        "dtypes": {name: str(p.dtype) for name, p in values.items()},
        "names": {name: 0 for name in plain.state_dict()},
        "outputs": [before, plain.eval()(inputs)],
        "kept": kept,
        "others": {name: values[name].detach() for name in kept if name in values},
    }


def plain_names(plan):
    """Names in the state dict of the model without LoRA."""
    rows = [adapted(row, "linear") for row in plan["rows"]]
    rows = [[name, kind.replace("lora", "linear"), *shape] for name, kind, *shape in rows]
    rows = [[name, kind.replace("merged ", ""), *shape] for name, kind, *shape in rows]
    return dict.fromkeys(build_model(None, **{**plan, "rows": rows}).state_dict(), 0)


def merged(submission, plan, training=False):
    """What the probe `merge_model` finds.  Raises Mismatch if that is no model."""
    found = submission.probe(merge_model, model(plan), training)
    expect(found is not None, "merge_lora must return the model")
    return found


def expect_plain(found, plan):
    due = {row[0]: 1 for row in plan["rows"] if "lora" in row[1]}
    expect_close(found["plain"], due, "whether the layer is a plain nn.Linear")


def expect_same_output(found):
    before, after = found["outputs"]
    expect_close(after, before, "output in eval mode")


def expect_merged(found, plan):
    """Raise Mismatch unless the probe `merge_model` found a plain model with the same outputs."""
    expect_plain(found, plan)
    expect_close(found["names"], plain_names(plan), "names in state_dict()")
    expect_same_output(found)


example("merge_lora")


@check("merge_lora", "matches the reference", value=True, examples=24)
@given(plan=models_to_merge(), training=st.booleans())
def test_merge_value(submission, reference, plan, training):
    found = merged(submission, plan, training)
    expect_merged(found, plan)
    expect_close(found["others"], found["kept"], "weights of other modules")


@check(
    "merge_lora",
    "is right for layers that are neither merged nor tied",
    value=True,
    weight=2,
    examples=12,
)
@given(plan=models_to_merge(("lora with bias", "linear with bias", "relu"), TIES[:1], alone=False))
def test_merge_ordinary(submission, plan):
    expect_merged(merged(submission, plan), plan)


@check(
    "merge_lora",
    "leaves a plain nn.Linear in place of every LoRALinear",
    practice=True,
    examples=10,
)
@given(plan=models_to_merge())
def test_merge_types(submission, plan):
    expect_plain(merged(submission, plan), plan)


@check("merge_lora", "a weight tied to another module keeps its value there", examples=10)
@given(plan=models_to_merge(("lora with bias", "relu"), TIES[1:], alone=False))
def test_merge_tied(submission, plan):
    found = merged(submission, plan)
    expect_close(found["others"], found["kept"], "weights of other modules")


@check("merge_lora", "takes layers that are merged already as they are", examples=10)
@given(plan=models_to_merge(("merged lora", "merged lora with bias", "relu"), TIES[:1]))
def test_merge_merged(submission, plan):
    expect_same_output(merged(submission, plan, training=True))


@check("merge_lora", "the new layers keep the dtype of their base", examples=6)
@given(plan=models_to_merge(ties=TIES[:1]), dtype=DTYPES)
def test_merge_dtype(submission, plan, dtype):
    found = merged(submission, {**plan, "dtype": dtype})
    due = dict.fromkeys(found["dtypes"], f"torch.{dtype}")
    expect_equal(found["dtypes"], due, "dtype of the parameters")
    expect_same_output(found)
