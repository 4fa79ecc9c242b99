"""Checks of graph networks and state space models."""

import numpy as np
import torch

from grader.checks import (
    Fill,
    as_parts,
    case,
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
    st,
    untouched,
)

FILLS = fills((1.0, 30.0, 0.05))
STEADY = fills((1.0, 2.0, 0.3))  # for gradients: sums of products of everything with everything


def dtype_of(fill):
    """Mostly float64, in which small differences show."""
    return torch.float64 if fill.seed % 3 else torch.float32


def laid_out(fill, values):
    """An array as a tensor, in whatever memory layout was drawn."""
    values = torch.from_numpy(np.array(values, dtype=np.float64)).to(dtype_of(fill))
    if fill.layout == "C" or not values.ndim:
        return values
    if fill.layout == "F":
        backwards = tuple(reversed(range(values.ndim)))
        return values.permute(backwards).contiguous().permute(backwards)
    return torch.stack([values, torch.zeros_like(values)], dim=-1).flatten(-2)[..., ::2]


def tensor(fill, *shape):
    """Numbers at the drawn scale."""
    return laid_out(fill, fill(*shape))


def smooth(fill):
    """The same recipe without equal numbers or zeros, where maxima and kinks have no gradient."""
    return Fill("normal", fill.scale if fill.kind == "normal" else 1.0, fill.layout, fill.seed)


def one_of(fill, *choices):
    """One of the choices."""
    return choices[fill.rng.integers(len(choices))]


def largest(*values):
    """The largest magnitude in all floating tensors among the values."""
    found = [one.double() for one in values if isinstance(one, torch.Tensor)]
    return max((float(one.abs().max()) for one in found if one.numel()), default=0.0)


def expect_answer(got, expected, message="", scale=None):
    """Right is the dtype of the reference, and its values to the accuracy of float32."""
    if isinstance(got, torch.Tensor):
        expect_equal(str(got.dtype), str(expected.dtype), "the dtype of the answer")
        got = got.float()
    expect_close(got, expected.float(), message, scale=scale)


def computable(answer, shape, name="the answer"):
    """An answer to compute with: a tensor of that shape."""
    expect(isinstance(answer, torch.Tensor), f"{name}: a tensor is due", got=answer)
    return shaped(answer, shape, name)


def compare(got, expected, *inputs, **named):
    """Compare an answer that is a sum of the inputs' size."""
    expect_answer(got, expected, scale=max(largest(expected), largest(*inputs, *named.values())))


def compare_number(got, expected, *_, **__):
    """Compare answers that came of numbers near 1, whatever their own size."""
    expect_answer(got, expected, scale=max(largest(expected), 1.0))


def compare_pair(names):
    """Compare the two parts of an answer, each to its own size."""

    def parts(got, expected, *_, **__):
        for name, mine, right in zip(names, as_parts(got, names), expected, strict=True):
            expect_answer(mine, right, name, scale=max(largest(right), 1e-3))

    return parts


def go_back(module, name, arguments, wanted, upstream):
    """call the function, and return the gradients of its float arguments"""
    for place in wanted:
        arguments[place] = arguments[place].requires_grad_()
    answers = getattr(module, name)(*arguments)
    answers = answers if isinstance(answers, (tuple, list)) else [answers]
    leaves = [arguments[place] for place in wanted]
    total = sum((answer * up).sum() for answer, up in zip(answers, upstream, strict=True))
    # What nobody hears has no path to the answer, but a gradient all the same: zero.
    total = total + sum(0 * leaf.sum() for leaf in leaves)
    return torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True)


def expect_gradients(submission, reference, name, arguments, wanted):
    """The gradients of the arguments by these names (name to place), for any from above."""
    answers = getattr(reference, name)(*arguments)
    answers = answers if isinstance(answers, (tuple, list)) else [answers]
    noise = torch.Generator().manual_seed(arguments[0].numel())
    upstream = [
        torch.rand(part.shape, generator=noise, dtype=part.dtype) + 0.5 * (-1) ** number
        for number, part in enumerate(answers)
    ]
    question = (go_back, name, list(arguments), list(wanted.values()), upstream)
    due = reference.probe(*question)
    got = as_parts(submission.probe(*question), tuple(wanted))
    for mine, right, argument in zip(got, due, wanted, strict=True):
        scale = max(largest(right), 1.0)
        expect_answer(mine, right, f"the gradient of {argument} is wrong", scale)


# --- graphs --------------------------------------------------------------------------------------

NODES = st.sampled_from((4, 3, 5, 2, 6, 1, 4, 7))
SOME_NODES = st.sampled_from((4, 3, 5, 2, 6, 7))


def as_edges(fill, pairs):
    """Pairs (source, target) as an edge_index, its rows not always contiguous in memory."""
    pairs = torch.from_numpy(np.array(pairs, dtype=np.int64).reshape(-1, 2))
    return pairs.T if fill.layout != "C" else pairs.T.contiguous()


def edges(fill, n, least=0):
    """A directed graph in no order, in which some nodes may hear nothing or only themselves."""
    heard = n - 1 if n > 1 and fill.rng.random() < 0.4 else n
    pairs = fill.rng.permutation(n * heard)
    count = fill.rng.integers(least, max(least, len(pairs) * 3 // 4) + 1)
    return as_edges(fill, np.stack([pairs[:count] // heard, pairs[:count] % heard], axis=1))


def both_ways(fill, n):
    """An undirected graph without self-loops: each edge is listed in both directions."""
    upper = np.argwhere(np.triu(np.ones((n, n)), 1))
    chosen = upper[fill.rng.random(len(upper)) < 0.5]
    return as_edges(fill, fill.rng.permutation(np.concatenate([chosen, chosen[:, ::-1]])))


def renumbered(fill, n):
    """New numbers of the nodes, and the old node of each new number."""
    new = torch.from_numpy(fill.rng.permutation(n))
    return new, new.argsort()


LOOPED = torch.tensor([[0, 1, 1, 2, 4, 0], [3, 1, 3, 3, 3, 1]])
"""Directed, with a listed self-loop, and a node (5) that only num_nodes tells of."""
ONE_WAY = torch.tensor([[0, 1, 0, 3], [2, 2, 1, 2]])
NO_EDGES = torch.zeros((2, 0), dtype=torch.int64)


# --- normalized_adjacency ------------------------------------------------------------------------


DTYPES = ("as it comes", "float64", "float32")


def as_matrix(module, edge_index, num_nodes, dtype, named=True):
    """the matrix in the default dtype, or in the one of that name"""
    if dtype == "as it comes":
        return module.normalized_adjacency(edge_index, num_nodes)
    dtype = getattr(torch, dtype)
    if named:
        return module.normalized_adjacency(edge_index, num_nodes, dtype=dtype)
    return module.normalized_adjacency(edge_index, num_nodes, dtype)


@st.composite
def graphs(draw, nodes=NODES):
    """edge_index, num_nodes, the dtype or none, and whether it is passed by name."""
    n, fill = draw(nodes), draw(FILLS)
    arguments = edges(fill, n), n + one_of(fill, 0, 0, 1)
    return *arguments, one_of(fill, *DTYPES), one_of(fill, True, False)


example("normalized_adjacency")
matches(
    "normalized_adjacency",
    graphs(),
    compare=compare_number,
    probe=as_matrix,
    first=[(LOOPED, 6, DTYPES[0]), (ONE_WAY, 4, "float32"), (ONE_WAY, 5, "float64")],
)


@st.composite
def plain_graphs(draw):
    """edge_index, num_nodes: everybody is at an edge, and no self-loop is listed."""
    n, fill = draw(SOME_NODES), draw(FILLS)
    circle = np.stack([np.arange(n), (np.arange(n) + 1) % n], axis=1)
    chords = np.argwhere(fill.rng.random((n, n)) < 0.3)
    fresh = [(j, i) for j, i in chords if i not in (j, (j + 1) % n)]
    return as_edges(fill, fill.rng.permutation([*circle, *fresh])), n


matches(
    "normalized_adjacency",
    plain_graphs(),
    title="is right where no self-loop is listed",
    compare=compare_number,
    first=[(ONE_WAY, 4)],
    weight=2,
    examples=15,
)


@check("normalized_adjacency", "without edges everybody hears itself", practice=True, examples=6)
@given(n=NODES)
def test_adjacency_identity(submission, n):
    got = submission.normalized_adjacency(NO_EDGES, n)
    expect_answer(got, torch.eye(n), f"{n} nodes and no edge", scale=1.0)


@check("normalized_adjacency", "a listed self-loop changes nothing", practice=True)
@given(n=SOME_NODES, fill=FILLS)
def test_adjacency_loops(submission, n, fill):
    plain = edges(fill, n)
    plain = plain[:, plain[0] != plain[1]]
    once = computable(submission.normalized_adjacency(plain, n), (n, n))
    listed = torch.tensor([[0, n - 1], [0, n - 1]])
    got = submission.normalized_adjacency(torch.cat([plain, listed], dim=1), n)
    expect_answer(got, once, "with 0 → 0 and n − 1 → n − 1 among the edges", scale=1.0)


@check("normalized_adjacency", "the roots of the degrees come back", practice=True)
@given(n=SOME_NODES, fill=FILLS)
def test_adjacency_eigenvector(submission, n, fill):
    edge_index = both_ways(fill, n)
    roots = (1.0 + torch.bincount(edge_index[1], minlength=n)).sqrt()
    got = computable(submission.normalized_adjacency(edge_index, n), (n, n))
    expect_answer(got.float() @ roots, roots, "Â times √d of an undirected graph", scale=3.0)


@check("normalized_adjacency", "renumbering the nodes renumbers the answer", practice=True)
@given(n=SOME_NODES, fill=FILLS)
def test_adjacency_renumbered(submission, n, fill):
    edge_index = edges(fill, n)
    new, old = renumbered(fill, n)
    once = computable(submission.normalized_adjacency(edge_index, n), (n, n))
    got = submission.normalized_adjacency(new[edge_index], n)
    expect_answer(got, once[old][:, old], "the same graph, other numbers", scale=1.0)


@check("normalized_adjacency", "has the dtype that is asked for", examples=6)
@given(n=NODES, fill=FILLS)
def test_adjacency_dtype(submission, n, fill):
    edge_index = edges(fill, n)
    for dtype in DTYPES[1:]:
        got = computable(submission.probe(as_matrix, edge_index, n, dtype), (n, n))
        expect_equal(str(got.dtype), f"torch.{dtype}", "the dtype of the answer")


untouched("normalized_adjacency", graphs().map(lambda drawn: drawn[:2]))


# --- gcn_layer -----------------------------------------------------------------------------------

WIDTHS = ((3, 2), (2, 2), (2, 4), (1, 3), (4, 1), (3, 3))


@st.composite
def layers(draw, filled=FILLS, nodes=NODES):
    """x, edge_index, W, b."""
    n, fill = draw(nodes), draw(filled)
    (into, out), edge_index = one_of(fill, *WIDTHS), edges(fill, n)
    W, b = tensor(fill, out, into), tensor(fill, out)
    return tensor(fill, n, into), edge_index, W, b


def compare_layer(got, expected, x, edge_index, W, b):
    """Compare to the size of the products that are added up."""
    expect_answer(got, expected, scale=max(largest(expected), largest(x) * largest(W), largest(b)))


SQUARE = torch.tensor([[1.0, -2.0, 0.5], [3.0, 1.0, -1.0], [0.0, 2.0, 4.0]])
LAYER = (
    torch.tensor([[1.0, 2.0, -1.0], [0.5, -3.0, 2.0], [4.0, 1.0, 0.0], [-2.0, 5.0, 3.0]]),
    ONE_WAY,
    SQUARE,
    torch.tensor([7.0, -11.0, 13.0]),
)

example("gcn_layer")
matches("gcn_layer", layers(), compare=compare_layer, first=[LAYER])


@check("gcn_layer", "gradients reach the features, the weights and the bias", weight=2)
@given(case=layers(filled=STEADY))
def test_gcn_gradients(submission, reference, case):
    expect_gradients(submission, reference, "gcn_layer", case, {"x": 0, "W": 2, "b": 3})


@check("gcn_layer", "renumbering the nodes renumbers the answer", practice=True)
@given(case=layers(nodes=SOME_NODES), fill=FILLS)
def test_gcn_renumbered(submission, case, fill):
    x, edge_index, W, b = case
    new, old = renumbered(fill, len(x))
    once = computable(submission.gcn_layer(*case), (len(x), len(W)))
    got = submission.gcn_layer(x[old], new[edge_index], W, b)
    scale = max(largest(once), largest(x) * largest(W))
    expect_answer(got, once[old], "the same graph, other numbers", scale)


@check("gcn_layer", "without edges it is a linear layer", practice=True, examples=10)
@given(case=layers())
def test_gcn_alone(submission, case):
    x, _, W, b = case
    got = submission.gcn_layer(x, NO_EDGES, W, b)
    due = torch.nn.functional.linear(x, W, b)
    scale = max(largest(due), largest(x) * largest(W))
    expect_answer(got, due, "nobody hears anybody else", scale)


@check("gcn_layer", "every node has the same bias", practice=True, examples=10)
@given(case=layers())
def test_gcn_bias(submission, case):
    x, edge_index, W, b = case
    got = submission.gcn_layer(torch.zeros_like(x), edge_index, W, b)
    expect_answer(got, b.expand(len(x), len(b)), "x is zero", scale=max(largest(b), 1e-3))


untouched("gcn_layer", layers())


# --- message_passing -----------------------------------------------------------------------------

REDUCTIONS = ("sum", "mean", "max")
ORDER = st.sampled_from(REDUCTIONS)


@st.composite
def messages(draw, filled=FILLS, nodes=NODES, reductions=ORDER, unequal=False):
    """x, edge_index, reduce."""
    n, fill, reduce = draw(nodes), draw(filled), draw(reductions)
    fill = smooth(fill) if unequal else fill
    edge_index = edges(fill, n)
    return tensor(fill, n, one_of(fill, 2, 3, 1, n)), edge_index, reduce


@st.composite
def well_connected(draw):
    """The same, where every node hears two others or more."""
    n, fill, reduce = draw(st.sampled_from((3, 4, 5, 6))), draw(FILLS), draw(ORDER)
    pairs = np.argwhere(fill.rng.random((n, n)) < 0.3).tolist()
    pairs += [[(i + step) % n, i] for i in range(n) for step in (1, 2)]
    unique = np.unique(np.array(pairs), axis=0)
    return tensor(fill, n, 3), as_edges(fill, fill.rng.permutation(unique)), reduce


NEGATIVE = torch.tensor([[-1.0, -7.0], [-3.0, -4.0], [-5.0, -6.0], [-8.0, -2.0], [-9.0, 9.0]])
HEARD = [(NEGATIVE, ONE_WAY, reduce) for reduce in REDUCTIONS]

example("message_passing")
matches("message_passing", messages(), compare=compare, first=HEARD)
matches(
    "message_passing",
    well_connected(),
    title="is right where every node hears others",
    compare=compare,
    weight=2,
    examples=25,
)


@check("message_passing", "gradients reach the features", weight=2)
@given(case=messages(filled=STEADY, unequal=True))
def test_messages_gradients(submission, reference, case):
    for reduce in REDUCTIONS:
        arguments = (*case[:2], reduce)
        expect_gradients(submission, reference, "message_passing", arguments, {"x": 0})


@check("message_passing", "who hears nothing gets zeros", practice=True, examples=12)
@given(case=messages(nodes=SOME_NODES))
def test_messages_silence(submission, case):
    x, edge_index, _ = case
    kept = edge_index[:, edge_index[1] != 1]
    for reduce in REDUCTIONS:
        got = computable(submission.message_passing(x, kept, reduce), x.shape)
        due = torch.zeros_like(x[1])
        expect_answer(got[1], due, f'"{reduce}": no edge leads to node 1', scale=1.0)


@check("message_passing", "renumbering the nodes renumbers the answer", practice=True)
@given(case=messages(nodes=SOME_NODES), fill=FILLS)
def test_messages_renumbered(submission, case, fill):
    x, edge_index, reduce = case
    new, old = renumbered(fill, len(x))
    once = computable(submission.message_passing(*case), x.shape)
    got = submission.message_passing(x[old], new[edge_index], reduce)
    expect_answer(got, once[old], "the same graph, other numbers", max(largest(x), 1e-3))


@check("message_passing", "where all say the same, mean and maximum are that", practice=True)
@given(case=messages(nodes=SOME_NODES))
def test_messages_unanimous(submission, case):
    x, edge_index, _ = case
    alike = x[:1].expand(x.shape).contiguous()
    heard = torch.isin(torch.arange(len(x)), edge_index[1])
    due = torch.where(heard[:, None], alike, torch.zeros_like(alike))
    for reduce in ("mean", "max"):
        got = submission.message_passing(alike, edge_index, reduce)
        expect_answer(got, due, f'"{reduce}" of equal rows', max(largest(x), 1e-3))


@check("message_passing", "an unknown reduce is a ValueError", practice=True, examples=4)
@given(case=messages())
def test_messages_unknown(submission, case):
    for word in ("add", "min", "average", "MAX", "Mean", "sum ", ""):
        expect_error("ValueError", submission.message_passing, *case[:2], word)


untouched("message_passing", messages())


# --- gat_coefficients ----------------------------------------------------------------------------

SLOPES = (0.2, 0.5, 0.01, 0.0, 1.0)
PLAIN_FILLS = fills((1.0, 3.0, 0.3))


@st.composite
def attention(draw, filled=PLAIN_FILLS, nodes=NODES, least=1, unequal=False):
    """h, edge_index, a_src, a_dst, and a slope or not."""
    n, fill = draw(nodes), draw(filled)
    fill = smooth(fill) if unequal else fill
    edge_index, features = edges(fill, n, least), one_of(fill, 3, 2, 1, n)
    a_src, a_dst = (laid_out(fill, fill.upstream(features)) for _ in range(2))
    a_dst = a_dst.flip(0)
    slope = one_of(fill, None, *SLOPES)
    arguments = tensor(fill, n, features), edge_index, a_src, a_dst
    return arguments if slope is None else (*arguments, slope)


@st.composite
def loud(draw):
    """The same in float64, with scores of thousands, far apart from node to node."""
    n, fill, slope = draw(SOME_NODES), draw(STEADY), draw(st.sampled_from((0.2, 0.5, 1.0)))
    scores = fill.rng.uniform(-1.0, 1.0, (n, 2)) * one_of(fill, 4000.0, 300.0, 60.0)
    # The first feature speaks to sources, the second to targets.
    h = torch.from_numpy(scores)
    a_src, a_dst = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    return h, edges(fill, n, 2), a_src, a_dst, slope


CROWD = torch.tensor([[0, 2, 1, 2, 3, 0, 1], [1, 1, 0, 3, 3, 2, 2]])
FACES = torch.tensor([[3.0, 0.5], [1.0, -1.0], [-4.0, 2.0], [-2.0, -3.0]])
GAT = (FACES, CROWD, torch.tensor([0.5, -0.25]), torch.tensor([-0.3, 0.75]))
FAR = torch.tensor(
    [[0.0, 5000.0], [3.0, -9000.0], [1.0, 9000.0], [2.5, -5000.0]], dtype=torch.float64
)
UNIT = torch.eye(2, dtype=torch.float64)
GAT64 = [one.double() for one in GAT[2:]]

example("gat_coefficients")
matches(
    "gat_coefficients",
    attention(),
    compare=compare_number,
    first=[GAT, (*GAT, 0.5), case(*GAT, negative_slope=0.0)],
)


@check("gat_coefficients", "gradients reach the features and both vectors", weight=2)
@given(case=attention(filled=STEADY, unequal=True))
def test_gat_gradients(submission, reference, case):
    places = {"h": 0, "a_src": 2, "a_dst": 3}
    expect_gradients(submission, reference, "gat_coefficients", case, places)


matches(
    "gat_coefficients",
    loud(),
    title="large scores neither overflow nor vanish",
    compare=compare_number,
    first=[
        (FAR, CROWD, *UNIT, 0.2),
        (FAR, CROWD, *UNIT, 1.0),
        (1000 * FACES.double(), CROWD, *GAT64),
    ],
    value=False,
    examples=20,
)


@check("gat_coefficients", "large scores have finite gradients", examples=10)
@given(case=loud())
def test_gat_loud_gradients(submission, reference, case):
    places = {"h": 0, "a_src": 2, "a_dst": 3}
    expect_gradients(submission, reference, "gat_coefficients", case, places)


@check("gat_coefficients", "the weights into a node sum to one", practice=True)
@given(case=attention())
def test_gat_sums(submission, case):
    h, edge_index, *_ = case
    into = edge_index[1]
    got = computable(submission.gat_coefficients(*case), (len(into),), "the weights")
    sums = torch.zeros(len(h), dtype=got.dtype).index_add(0, into, got)
    expect_answer(
        sums[into], torch.ones_like(got), "the sum over the edges into each edge's target"
    )


@check("gat_coefficients", "edges in another order, weights in that order", practice=True)
@given(case=attention(), fill=FILLS)
def test_gat_order(submission, case, fill):
    h, edge_index, *rest = case
    order = torch.from_numpy(fill.rng.permutation(edge_index.shape[1]))
    once = computable(submission.gat_coefficients(*case), order.shape, "the weights")
    got = submission.gat_coefficients(h, edge_index[:, order], *rest)
    expect_answer(got, once[order], "the same edges", scale=1.0)


@check("gat_coefficients", "renumbering the nodes changes nothing", practice=True)
@given(case=attention(nodes=SOME_NODES), fill=FILLS)
def test_gat_renumbered(submission, case, fill):
    h, edge_index, *rest = case
    new, old = renumbered(fill, len(h))
    once = computable(submission.gat_coefficients(*case), edge_index[0].shape, "the weights")
    got = submission.gat_coefficients(h[old], new[edge_index], *rest)
    expect_answer(got, once, "the same graph, other numbers", scale=1.0)


@check("gat_coefficients", "without edges there is nothing", practice=True, examples=6)
@given(case=attention())
def test_gat_empty(submission, case):
    h, _, *rest = case
    got = submission.gat_coefficients(h, NO_EDGES, *rest)
    expect_answer(got, h.new_zeros(0), "no edge", scale=1.0)


untouched("gat_coefficients", attention())


# --- readout -------------------------------------------------------------------------------------


def membership(fill, n, graphs):
    """The graph of each node, in any order and not always contiguous."""
    drawn = torch.from_numpy(fill.rng.integers(0, graphs, n))
    return drawn if fill.layout == "C" else drawn.repeat_interleave(2)[::2]


@st.composite
def collections(draw, filled=FILLS, unequal=False):
    """x, batch, num_graphs; some graphs are empty, at the end too."""
    n, fill = draw(st.sampled_from((5, 3, 4, 7, 1, 2, 8))), draw(filled)
    fill = smooth(fill) if unequal else fill
    occupied = one_of(fill, 3, 2, 1, 4)
    batch = membership(fill, n, occupied)
    return tensor(fill, n, one_of(fill, 2, 3, 1, 4)), batch, occupied + one_of(fill, 0, 1)


@st.composite
def inhabited(draw):
    """The same, where every graph has nodes."""
    graphs, fill = draw(st.sampled_from((2, 3, 1, 4))), draw(FILLS)
    batch = np.concatenate([np.arange(graphs), fill.rng.integers(0, graphs, 4)])
    return tensor(fill, len(batch), 3), torch.from_numpy(fill.rng.permutation(batch)), graphs


GATHERED = (NEGATIVE, torch.tensor([2, 0, 2, 0, 2]), 4)

example("readout")
matches("readout", collections(), compare=compare, first=[GATHERED])
matches(
    "readout",
    inhabited(),
    title="is right where every graph has nodes",
    compare=compare,
    weight=2,
    examples=20,
)


@check("readout", "gradients reach the features", weight=2)
@given(case=collections(filled=STEADY, unequal=True))
def test_readout_gradients(submission, reference, case):
    expect_gradients(submission, reference, "readout", case, {"x": 0})


@check("readout", "the order of the nodes plays no part", practice=True)
@given(case=collections(), fill=FILLS)
def test_readout_order(submission, case, fill):
    x, batch, graphs = case
    order = torch.from_numpy(fill.rng.permutation(len(x)))
    once = computable(submission.readout(*case), (graphs, 2 * x.shape[1]))
    got = submission.readout(x[order], batch[order], graphs)
    expect_answer(got, once, "the same nodes", max(largest(x), 1e-3))


@check("readout", "a graph without nodes gets zeros", practice=True, examples=12)
@given(case=collections())
def test_readout_empty(submission, case):
    x, batch, graphs = case
    got = computable(submission.readout(x, batch + 1, graphs + 1), (graphs + 1, 2 * x.shape[1]))
    due = x.new_zeros(2 * x.shape[1])
    expect_answer(got[0], due, "no node belongs to graph 0", scale=1.0)


@check("readout", "a graph of one node is that node, twice", practice=True, examples=12)
@given(case=collections())
def test_readout_single(submission, case):
    x = case[0]
    places = torch.arange(len(x)).flip(0)
    got = submission.readout(x, places, len(x))
    due = torch.cat([x, x], dim=1).flip(0)
    expect_answer(got, due, "every node is a graph of its own", max(largest(x), 1e-3))


untouched("readout", collections())


# --- discretize_zoh ------------------------------------------------------------------------------

STATES = st.sampled_from((2, 3, 1, 4, 2, 3))
STEPS = (0.5, 0.1, 2.0, 1.0, 0.01, 3.0)
KINDS = ("any", "any", "singular", "nilpotent", "zero", "diagonal", "turning")


def matrix(fill, n, kind, norm):
    """A matrix of that kind and spectral norm."""
    values = fill.rng.standard_normal((n, n))
    if kind == "singular" and n > 1:
        values[:, 0] = values[:, 1:] @ fill.rng.uniform(-1.0, 1.0, n - 1)
    elif kind == "nilpotent":
        values = np.triu(values, 1)
    elif kind == "diagonal":
        values = np.diag(-np.abs(values.diagonal()) - 0.1)
    elif kind == "turning":
        values = values - values.T
    elif kind in ("zero", "singular"):
        values = np.zeros((n, n))
    size = np.linalg.norm(values, 2)
    return values * (norm / size if size > 0 else 1.0)


PUSHES = fills((1.0, 8.0, 0.05))


@st.composite
def systems(draw, filled=PUSHES, kinds=KINDS, stable=False):
    """A, B, dt, with dt · A of a norm up to 3."""
    n, fill, dt = draw(STATES), draw(filled), draw(st.sampled_from(STEPS))
    A = matrix(fill, n, one_of(fill, *kinds), one_of(fill, 1.5, 0.5, 2.9, 0.05) / dt)
    if stable:
        # No direction grows much, so that the matrix to be inverted stays far from singular.
        rise = np.linalg.eigvalsh(A + A.T).max() / 2
        A = A - max(rise - 0.3 / dt, 0.0) * np.eye(n)
        A = A * min(1.0, 2.9 / dt / max(np.linalg.norm(A, 2), 1e-9))
    return laid_out(fill, A), tensor(fill, n), dt


STEP = compare_pair(("A_bar", "B_bar"))
SPIRAL = torch.tensor([[-0.5, 2.0], [-1.0, -0.25]])
DRIFT = torch.tensor([[1.0, 2.0, 0.0], [0.5, 1.0, -1.0], [1.5, 3.0, -1.0]])
PUSH = torch.tensor([1.0, -2.0, 3.0])
SYSTEMS = [
    (SPIRAL, PUSH[:2], 0.5),
    (SPIRAL.double(), PUSH[:2].double(), 1.25),
    (DRIFT.double(), PUSH.double(), 0.6),
    (torch.zeros(3, 3), PUSH, 0.75),
]

example("discretize_zoh")
matches("discretize_zoh", systems(), compare=STEP, first=SYSTEMS)
matches(
    "discretize_zoh",
    systems(kinds=("any", "diagonal"), filled=STEADY),
    title="is right where A has an inverse",
    compare=STEP,
    first=SYSTEMS[:2],
    weight=2,
    examples=20,
)
SYSTEM = {"A": 0, "B": 1}


@check("discretize_zoh", "gradients reach A and B", weight=2, examples=15)
@given(case=systems(filled=STEADY))
def test_zoh_gradients(submission, reference, case):
    expect_gradients(submission, reference, "discretize_zoh", case, SYSTEM)


def pair(answer, n):
    """Ā and B̄ to compute with."""
    first, second = as_parts(answer, ("A_bar", "B_bar"))
    return computable(first, (n, n), "A_bar"), computable(second, (n,), "B_bar")


@check("discretize_zoh", "two half steps are one whole step", practice=True)
@given(case=systems(filled=STEADY))
def test_zoh_halves(submission, case):
    A, B, dt = case
    half, push = pair(submission.discretize_zoh(A, B, dt / 2), len(B))
    whole, input_ = pair(submission.discretize_zoh(A, B, dt), len(B))
    scale = max(largest(half) ** 2 * len(B), 1.0)
    expect_answer(whole, half @ half, "A_bar: the half step, twice", scale)
    due = half @ push + push
    scale = max((1 + largest(half) * len(B)) * largest(push), 1e-3)
    expect_answer(input_, due, "B_bar: the same input in both halves", scale)


@check("discretize_zoh", "where A is zero the state stays and the input adds up", practice=True)
@given(case=systems())
def test_zoh_zero(submission, case):
    A, B, dt = case
    got, push = pair(submission.discretize_zoh(torch.zeros_like(A), B, dt), len(B))
    expect_answer(got, torch.eye(len(B), dtype=B.dtype), "A_bar", scale=1.0)
    expect_answer(push, dt * B, "B_bar", scale=max(dt * largest(B), 1e-3))


@check("discretize_zoh", "a diagonal A decays entry by entry", practice=True, examples=12)
@given(n=STATES, fill=STEADY, dt=st.sampled_from(STEPS))
def test_zoh_diagonal(submission, n, fill, dt):
    rates = laid_out(fill, -fill.rng.uniform(0.1, 2.5, n) / dt)
    B = tensor(fill, n)
    got, push = pair(submission.discretize_zoh(torch.diag(rates), B, dt), n)
    decay = torch.exp(dt * rates)
    expect_answer(got, torch.diag(decay), "A_bar", scale=1.0)
    expect_answer(push, (decay - 1) / rates * B, "B_bar", scale=max(dt * largest(B), 1e-3))


untouched("discretize_zoh", systems())


# --- discretize_bilinear -------------------------------------------------------------------------

BILINEAR = [
    (SPIRAL, PUSH[:2], 0.5),
    (SPIRAL.double(), PUSH[:2].double(), 1.25),
    (DRIFT.double(), PUSH.double(), 0.5),
]

example("discretize_bilinear")
matches("discretize_bilinear", systems(stable=True), compare=STEP, first=BILINEAR)


@check("discretize_bilinear", "gradients reach A and B", weight=2, examples=15)
@given(case=systems(filled=STEADY, stable=True))
def test_bilinear_gradients(submission, reference, case):
    expect_gradients(submission, reference, "discretize_bilinear", case, SYSTEM)


@check("discretize_bilinear", "what turns keeps its length", practice=True)
@given(case=systems(kinds=("turning",)))
def test_bilinear_turns(submission, case):
    A, B, dt = case
    got, _ = pair(submission.discretize_bilinear(A, B, dt), len(B))
    due = torch.eye(len(B), dtype=B.dtype)
    expect_answer(got @ got.T, due, "A is antisymmetric: A_bar times its transpose", scale=1.0)


@check("discretize_bilinear", "the other way round it takes the step back", practice=True)
@given(case=systems(kinds=("turning", "nilpotent", "zero")))
def test_bilinear_back(submission, case):
    A, B, dt = case
    there, push = pair(submission.discretize_bilinear(A, B, dt), len(B))
    back, pull = pair(submission.discretize_bilinear(-A, -B, dt), len(B))
    scale = max(largest(there) * largest(back) * len(B), 1.0)
    expect_answer(back @ there, torch.eye(len(B), dtype=B.dtype), "A_bar there and back", scale)
    scale = max(largest(push, pull) * largest(back) * len(B), 1e-3)
    expect_answer(back @ push, -pull, "the push, taken back", scale)


@check("discretize_bilinear", "where A is zero the input adds up", practice=True, examples=8)
@given(case=systems())
def test_bilinear_zero(submission, case):
    A, B, dt = case
    got, push = pair(submission.discretize_bilinear(torch.zeros_like(A), B, dt), len(B))
    expect_answer(got, torch.eye(len(B), dtype=B.dtype), "A_bar", scale=1.0)
    expect_answer(push, dt * B, "B_bar", scale=max(dt * largest(B), 1e-3))


untouched("discretize_bilinear", systems(stable=True))


# --- ssm_scan ------------------------------------------------------------------------------------

LENGTHS = (4, 3, 1, 6, 2, 5)


@st.composite
def recurrences(draw, filled=FILLS):
    """A_bar, B_bar, C, u, x0."""
    n, fill = draw(STATES), draw(filled)
    kind = one_of(fill, "any", "any", "nilpotent", "diagonal", "turning")
    A_bar = laid_out(fill, matrix(fill, n, kind, one_of(fill, 0.9, 0.5, 1.2)))
    u = tensor(fill, one_of(fill, *LENGTHS, n))
    return A_bar, tensor(fill, n), tensor(fill, n), u, tensor(fill, n)


def loudness(A_bar, B_bar, C, u, x0):
    """How large the terms of an output may be."""
    return max(largest(C) * max(largest(x0), largest(B_bar) * largest(u)), 1e-3)


def compare_run(got, expected, *arguments):
    """Outputs to the size of their terms, the state to that of its own."""
    y, x = as_parts(got, ("y", "x"))
    expect_answer(y, expected[0], "y", scale=max(loudness(*arguments), largest(expected[0])))
    _, B_bar, _, u, x0 = arguments
    scale = max(largest(expected[1]), largest(x0), largest(B_bar) * largest(u), 1e-3)
    expect_answer(x, expected[1], "x", scale=scale)


TURN = torch.tensor([[0.5, -0.75], [1.0, 0.25]])
RUN = (TURN, PUSH[:2], torch.tensor([2.0, 0.5]), torch.tensor([1.0, -3.0, 2.0]), PUSH[1:])

example("ssm_scan")
matches("ssm_scan", recurrences(), compare=compare_run, first=[RUN])


@st.composite
def from_rest(draw):
    """The same from a state of zeros."""
    *rest, x0 = draw(recurrences())
    return (*rest, torch.zeros_like(x0))


matches(
    "ssm_scan",
    from_rest(),
    title="is right from a state of zeros",
    compare=compare_run,
    first=[(*RUN[:4], torch.zeros(2))],
    weight=2,
    examples=15,
)


@check("ssm_scan", "gradients reach all five", weight=2, examples=15)
@given(case=recurrences(filled=STEADY))
def test_scan_gradients(submission, reference, case):
    places = {"A_bar": 0, "B_bar": 1, "C": 2, "u": 3, "x0": 4}
    expect_gradients(submission, reference, "ssm_scan", case, places)


def run(submission, *arguments):
    """y and x to compute with."""
    y, x = as_parts(submission.ssm_scan(*arguments), ("y", "x"))
    return computable(y, arguments[3].shape, "y"), computable(x, arguments[4].shape, "x")


@check("ssm_scan", "one can stop and go on", practice=True)
@given(case=recurrences(), u=STEADY)
def test_scan_resumed(submission, case, u):
    *system, first, x0 = case
    later = torch.from_numpy(u.rng.standard_normal(3)).to(first.dtype)
    once, last = run(submission, *system, torch.cat([first, later]), x0)
    begun, between = run(submission, *system, first, x0)
    ended, end = run(submission, *system, later, between)
    scale = max(loudness(*system, torch.cat([first, later, torch.ones_like(later)]), x0), 1e-3)
    expect_answer(once, torch.cat([begun, ended]), "in one go, and in two", scale)
    expect_answer(last, end, "the last state", max(largest(end, between), 1e-3))


@check("ssm_scan", "without input it is a power of the matrix", practice=True, examples=12)
@given(case=recurrences())
def test_scan_free(submission, case):
    A_bar, B_bar, C, u, x0 = case
    y, x = run(submission, A_bar, B_bar, C, torch.zeros_like(u), x0)
    due = torch.linalg.matrix_power(A_bar, len(u)) @ x0
    size = max(largest(x0), largest(due), 1e-3)
    expect_answer(x, due, "the last state, u = 0", size)
    expect_answer(
        y[-1], (due * C).sum(), "the last output, u = 0", 4 * size * max(largest(C), 1e-3)
    )


@check("ssm_scan", "twice as much in, twice as much out", practice=True, examples=12)
@given(case=recurrences())
def test_scan_linear(submission, case):
    *system, u, x0 = case
    once, state = run(submission, *system, u, x0)
    y, x = run(submission, *system, 2 * u, 2 * x0)
    expect_answer(y, 2 * once, "y", max(loudness(*case), largest(once)))
    expect_answer(x, 2 * state, "x", max(largest(state, x0), 1e-3))


untouched("ssm_scan", recurrences())


# --- ssm_kernel ----------------------------------------------------------------------------------


@st.composite
def kernels(draw, filled=FILLS):
    """A_bar, B_bar, C, length."""
    A_bar, B_bar, C, u, _ = draw(recurrences(filled))
    return A_bar, B_bar, C, len(u)


def compare_kernel(got, expected, A_bar, B_bar, C, length):
    """Compare to the size of the terms of the first entry."""
    scale = max(largest(expected), largest(B_bar) * largest(C), 1e-3)
    expect_answer(got, expected, scale=scale)


example("ssm_kernel")
matches("ssm_kernel", kernels(), compare=compare_kernel, first=[(*RUN[:3], 5), (*RUN[:3], 2)])


@check("ssm_kernel", "gradients reach all three", weight=2, examples=15)
@given(case=kernels(filled=STEADY))
def test_kernel_gradients(submission, reference, case):
    expect_gradients(submission, reference, "ssm_kernel", case, {"A_bar": 0, "B_bar": 1, "C": 2})


@check("ssm_kernel", "it is what the scan answers to one knock", examples=10)
@given(case=kernels())
def test_kernel_knock(submission, reference, case):
    *system, length = case
    knock = torch.eye(length, dtype=case[0].dtype)[0]
    due, _ = reference.ssm_scan(*system, knock, torch.zeros_like(case[1]))
    scale = max(largest(due), largest(case[1]) * largest(case[2]), 1e-3)
    expect_answer(submission.ssm_kernel(*case), due, "u = 1, 0, 0, …, from rest", scale)


@check("ssm_kernel", "a shorter kernel is the beginning of a longer one", practice=True)
@given(case=kernels())
def test_kernel_longer(submission, case):
    *system, length = case
    once = computable(submission.ssm_kernel(*system, length + 2), (length + 2,), "the kernel")
    got = submission.ssm_kernel(*case)
    scale = max(largest(once), largest(case[1]) * largest(case[2]), 1e-3)
    expect_answer(got, once[:length], f"length {length} and {length + 2}", scale)


@check("ssm_kernel", "a state that forgets at once answers once", practice=True, examples=10)
@given(case=kernels())
def test_kernel_forgets(submission, case):
    A_bar, B_bar, C, length = case
    due = torch.zeros(length, dtype=C.dtype)
    due[0] = (B_bar * C).sum()
    got = submission.ssm_kernel(torch.zeros_like(A_bar), B_bar, C, length)
    scale = max(largest(B_bar) * largest(C), 1e-3)
    expect_answer(got, due, "A_bar is zero", scale)


@check("ssm_kernel", "a state that turns a quarter comes back after four", practice=True)
@given(fill=FILLS)
def test_kernel_turns(submission, fill):
    B_bar, C = tensor(fill, 2), tensor(fill, 2)
    quarter = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=C.dtype)
    along, across = (B_bar * C).sum(), B_bar[0] * C[1] - B_bar[1] * C[0]
    due = torch.stack([along, across, -along, -across, along, across])
    got = submission.ssm_kernel(quarter, B_bar, C, 6)
    expect_answer(got, due, "six steps", max(largest(B_bar) * largest(C), 1e-3))


untouched("ssm_kernel", kernels())


# --- causal_convolution --------------------------------------------------------------------------

SPANS = ((4, 3), (3, 3), (3, 5), (5, 2), (1, 1), (6, 4), (2, 7), (4, 1), (1, 3), (5, 5))


@st.composite
def signals(draw, filled=FILLS, spans=SPANS):
    """u, kernel."""
    (length, span), fill = draw(st.sampled_from(spans)), draw(filled)
    return tensor(fill, one_of(fill, 2, 1, 3, length), length), tensor(fill, span)


def compare_signal(got, expected, u, kernel):
    """Compare to the largest output there could be."""
    expect_answer(got, expected, scale=max(largest(expected), largest(u) * largest(kernel), 1e-3))


WAVES = torch.tensor([[1.0, -2.0, 3.0, 5.0], [0.5, 4.0, -1.0, 2.0]])
TAPS = torch.tensor([2.0, -1.0, 4.0, 0.5, 3.0])

example("causal_convolution")
matches(
    "causal_convolution",
    signals(),
    compare=compare_signal,
    first=[
        (WAVES, TAPS[:3]),
        (WAVES.double(), TAPS[:4].double()),
        (WAVES, TAPS),
        (WAVES[:, :2], TAPS),
    ],
)
matches(
    "causal_convolution",
    signals(spans=((4, 3), (5, 2), (6, 4), (7, 3), (3, 1))),
    title="is right for a short kernel",
    compare=compare_signal,
    first=[(WAVES, TAPS[:3])],
    weight=2,
    examples=15,
)


@check("causal_convolution", "gradients reach the signal and the kernel", weight=2)
@given(case=signals(filled=STEADY))
def test_causal_gradients(submission, reference, case):
    expect_gradients(submission, reference, "causal_convolution", case, {"u": 0, "kernel": 1})


@check("causal_convolution", "a knock plays the kernel", practice=True, examples=12)
@given(fill=FILLS, span=st.sampled_from(SPANS))
def test_causal_knock(submission, fill, span):
    length, taps = span
    kernel = tensor(fill, taps)
    u = torch.eye(length, dtype=kernel.dtype)
    due = torch.zeros(length, length + taps, dtype=kernel.dtype)
    for row in range(length):
        due[row, row : row + taps] = kernel
    got = submission.causal_convolution(u, kernel)
    message = "a single 1, in each row one step later"
    expect_answer(got, due[:, :length], message, max(largest(kernel), 1e-3))


@check("causal_convolution", "the future plays no part", practice=True)
@given(case=signals(spans=SPANS[:4]))
def test_causal_future(submission, case):
    u, kernel = case
    once = computable(submission.causal_convolution(u, kernel), u.shape)
    other = u.clone()
    other[:, -1] += 7.0
    got = computable(submission.causal_convolution(other, kernel), u.shape)
    scale = max((largest(u) + 7.0) * largest(kernel), 1e-3)
    expect_answer(got[:, :-1], once[:, :-1], "only the last entry of u has changed", scale)


@check("causal_convolution", "it is the scan of a state space", examples=10)
@given(case=recurrences(filled=STEADY))
def test_causal_is_scan(submission, reference, case):
    *system, u, _ = case
    due, _ = reference.ssm_scan(*system, u, torch.zeros_like(case[4]))
    kernel = reference.ssm_kernel(*system, len(u))
    got = submission.causal_convolution(u[None], kernel)
    scale = max(largest(due), largest(u) * largest(kernel), 1e-3)
    expect_answer(got, due[None], "u and the kernel of a system that begins at zero", scale)


untouched("causal_convolution", signals())


# --- selective_scan ------------------------------------------------------------------------------

EXTENTS = st.sampled_from(
    (  # batch, L, E, N
        (2, 3, 4, 2),
        (1, 4, 2, 3),
        (2, 2, 2, 2),
        (3, 1, 2, 3),
        (3, 3, 3, 3),
        (1, 5, 1, 2),
        (2, 4, 3, 1),
        (2, 3, 2, 4),
        (1, 1, 1, 1),
        (2, 6, 2, 2),
    )
)


@st.composite
def selective(draw, filled=PLAIN_FILLS, extents=EXTENTS):
    """u, delta, A, B, C, D."""
    (batch, length, channels, n), fill = draw(extents), draw(filled)
    u = tensor(fill, batch, length, channels)
    delta = laid_out(fill, fill.rng.uniform(0.05, 2.0, u.shape))
    A = laid_out(fill, fill.rng.uniform(-1.5, one_of(fill, -0.1, -0.1, 0.4), (channels, n)))
    B, C = (tensor(fill, batch, length, n) for _ in range(2))
    return u, delta, A, B, C, tensor(fill, channels)


def compare_scan(got, expected, u, delta, A, B, C, D):
    """Compare to the size of the terms that are added up."""
    terms = largest(u) * max(largest(delta) * largest(B) * largest(C), largest(D))
    expect_answer(got, expected, scale=max(largest(expected), terms, 1e-3))


def grid(*shape, step=7):
    """Numbers from −1 to 1 that are all over the place, the same every time."""
    count = int(np.prod(shape))
    return (torch.arange(count) * step % 11 / 5 - 1).reshape(shape)


MAMBA = (
    grid(2, 3, 4),
    grid(2, 3, 4, step=3) + 1.25,
    -grid(4, 2, step=4) - 1.2,
    grid(2, 3, 2, step=5) + 0.5,
    grid(2, 3, 2, step=9),
    grid(4, step=2) + 3,
)
CUBE = (
    grid(3, 3, 3),
    grid(3, 3, 3, step=3) + 1.25,
    -grid(3, 3, step=4) - 1.2,
    grid(3, 3, 3, step=5) + 0.5,
    grid(3, 3, 3, step=9),
    grid(3, step=2) + 3,
)

example("selective_scan")
matches(
    "selective_scan",
    selective(),
    compare=compare_scan,
    first=[MAMBA, tuple(one.double() for one in CUBE)],
)

MAMBA_PLACES = {"u": 0, "delta": 1, "A": 2, "B": 3, "C": 4, "D": 5}


@check("selective_scan", "gradients reach all six", weight=2, examples=15)
@given(case=selective(filled=STEADY))
def test_selective_gradients(submission, reference, case):
    expect_gradients(submission, reference, "selective_scan", case, MAMBA_PLACES)


def scale_of(u, delta, _, B, C, D):
    """The size of the terms that are added up."""
    terms = largest(u) * max(largest(delta) * largest(B) * largest(C), largest(D))
    return max(terms * u.shape[1], 1e-3)


@check("selective_scan", "the future plays no part", practice=True)
@given(case=selective())
def test_selective_future(submission, case):
    u, delta, A, B, C, D = case
    once = computable(submission.selective_scan(*case), u.shape)
    cut = [one[:, :1] for one in (u, delta, B, C)]
    got = submission.selective_scan(cut[0], cut[1], A, cut[2], cut[3], D)
    expect_answer(got, once[:, :1], "the first step alone", scale_of(*case))


@check("selective_scan", "each sequence is on its own", practice=True)
@given(case=selective())
def test_selective_alone(submission, case):
    u, delta, A, B, C, D = case
    once = computable(submission.selective_scan(*case), u.shape)
    last = [one[-1:] for one in (u, delta, B, C)]
    got = submission.selective_scan(last[0], last[1], A, last[2], last[3], D)
    expect_answer(got, once[-1:], "the last sequence alone", scale_of(*case))


@check("selective_scan", "what nobody reads leaves the direct path", practice=True, examples=10)
@given(case=selective())
def test_selective_direct(submission, case):
    u, delta, A, B, C, D = case
    got = submission.selective_scan(u, delta, A, B, torch.zeros_like(C), D)
    expect_answer(got, u * D, "C is zero", max(largest(u) * largest(D), 1e-3))


@check("selective_scan", "without decay the inputs add up", practice=True, examples=12)
@given(case=selective())
def test_selective_integrates(submission, case):
    u, delta, A, B, C, D = case
    got = submission.selective_scan(u, delta, torch.zeros_like(A), B, C, torch.zeros_like(D))
    taken = torch.einsum("ble,bln->blen", delta * u, B).cumsum(dim=1)
    due = torch.einsum("blen,bln->ble", taken, C)
    expect_answer(got, due, "A and D are zero", scale_of(*case))


@check("selective_scan", "one channel that never changes its mind is an ssm_scan", examples=10)
@given(case=recurrences(filled=STEADY), fill=STEADY)
def test_selective_is_scan(submission, reference, case, fill):
    _, B, C, u, x0 = case
    rates = torch.from_numpy(-fill.rng.uniform(0.1, 1.5, len(B))).to(u.dtype)
    delta = fill.rng.uniform(0.1, 1.5)
    decay = torch.diag(torch.exp(delta * rates))
    due, _ = reference.ssm_scan(decay, delta * B, C, u, torch.zeros_like(x0))
    steps = (1, len(u), 1)
    got = submission.selective_scan(
        u.reshape(steps),
        torch.full(steps, delta, dtype=u.dtype),
        rates[None],
        B.expand(1, len(u), len(B)),
        C.expand(1, len(u), len(C)),
        u.new_zeros(1),
    )
    scale = max(largest(due), 2 * largest(u) * largest(B) * largest(C), 1e-3)
    expect_answer(got, due.reshape(steps), "δ, B and C are the same at all steps", scale)


untouched("selective_scan", selective())
