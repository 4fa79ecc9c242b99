"""What people get wrong on graphs and in state spaces."""

import torch
from torch.nn import functional

from grader.bank import mistake, slips

# ---------------------------------------------------------------------------- normalized_adjacency

slips(
    "normalized_adjacency",
    """
    transposed: Messages flow from source to target: the row is who hears, the target.
        adjacency[target, source] -> adjacency[source, target]
    made-symmetric: An edge leads one way, unless the other direction is listed too.
        adjacency[target, source] = 1 -> adjacency[target, source] = adjacency[source, target] = 1
    no-self-loops: Every node hears itself too: the diagonal is 1 before anything is counted.
        torch.eye(num_nodes, -> torch.zeros(num_nodes, num_nodes,
        .sqrt() -> .clamp(min=1).sqrt()
    no-loops-and-nan: Without self-loops a node that hears nothing has degree 0.
        torch.eye(num_nodes, -> torch.zeros(num_nodes, num_nodes,
    loops-after: Self-loops come first and are normalized like all other edges.
        torch.eye(num_nodes, -> torch.zeros(num_nodes, num_nodes,
        .sqrt() -> .clamp(min=1).sqrt()
        (root[:, None] * root) -> (root[:, None] * root) + torch.eye(num_nodes, dtype=dtype)
    degree-without-loop: The degree counts what stands in the matrix, the self-loop included.
        .sum(dim=1).sqrt() -> .sum(dim=1).sub(1).clamp(min=1).sqrt()
    loop-twice: A self-loop that is in the list does not count twice.
        adjacency[target, source] = 1 -> adjacency[target, source] += 1
    loop-only-where-lonely: Every node hears itself, also one that hears others.
        [target, source] = 1 -> [target, target] = 0; adjacency[target, source] = 1
    rows: Both ends share in the division: the degree of the target alone is another matrix.
        (root[:, None] * root) -> root[:, None] ** 2
    columns: Both ends share in the division: the degree of the source alone is another matrix.
        (root[:, None] * root) -> root**2
    out-degrees: The degree counts what comes in, not what goes out.
        sum(dim=1) -> sum(dim=0)
    in-and-out: Both degrees count what comes in, that of the source as well.
        (root[:, None] * root) -> (root[:, None] * adjacency.sum(dim=0).sqrt())
    both-degrees-added: The degree counts what comes in, and nothing else.
        sum(dim=1) -> sum(dim=1).add(adjacency.sum(dim=0) - 1)
    no-root: The degrees stand under a root.
        .sqrt() ->
    root-twice: One root is enough.
        .sqrt() -> .sqrt().sqrt()
    multiplied: Nodes of many edges weigh less, not more.
        adjacency / (root[:, None] * root) -> adjacency * (root[:, None] * root)
    not-normalized: Divide by the degrees, or the numbers grow from layer to layer.
        return adjacency / (root[:, None] * root) -> return adjacency
    half-normalized: Both roots are due, that of the target and that of the source.
        (root[:, None] * root) -> root[:, None]
    laplacian: That is the Laplacian: here nothing is subtracted from the identity.
        return -> return torch.eye(num_nodes, dtype=dtype) -
    size-from-edges: A node without edges is a node too: take num_nodes.
        torch.eye(num_nodes, -> torch.eye(int(edge_index.max()) + 1 if edge_index.numel() else 0,
    pairs-misread: Row 0 holds all sources and row 1 all targets; the columns are the edges.
        source, target = edge_index -> source, target = edge_index.reshape(-1, 2).T
    always-single: The answer has the dtype that was asked for.
        dtype=dtype -> dtype=torch.float32
    numbered-from-one: Nodes have numbers from 0.
        source, target = edge_index -> source, target = edge_index - 1
    degrees-of-edges: The last edge of a node is not the only one that counts.
        adjacency.sum(dim=1) -> (adjacency.amax(dim=1) + (adjacency.sum(dim=1) > 1))

    in-place:
        source, target = edge_index
        ->
        source, target = edge_index.clone()
        edge_index[:, source == target] = 0
    """,
    hints={"in-place": "The list of edges belongs to the caller: leave it as it is."},
)

# --------------------------------------------------------------------------------------- gcn_layer

slips(
    "gcn_layer",
    """
    bias-aggregated: The bias is no message: it is added last, the same for every node.
        (x @ W.T) + b -> (x @ W.T + b)
    bias-forgotten: A bias is added too.
        + b -> + 0 * b
    bias-subtracted: The bias is added.
        + b -> - b
    bias-by-degree: Every node has the same bias, whatever its degree.
        + b -> + b * adjacency.diagonal()[:, None]
    against-the-edges: Row i of the matrix is what node i hears: multiply it as it is.
        return adjacency @ -> return adjacency.T @
    undirected: An edge leads one way, unless the other direction is listed too.
        (edge_index, len(x) -> (torch.cat([edge_index, edge_index.flip(0)], dim=1), len(x)
    weight-not-transposed: W has a row for each output feature.
        (x @ W.T) -> (x @ (W if len(W) == W.shape[1] else W.T))
    weight-reshaped: A transpose is no reshape.
        W.T -> W.reshape(W.shape[1], len(W))
    relu: There is no activation in this layer: whoever stacks layers puts it between.
        adjacency @ (x @ W.T) + b -> (adjacency @ (x @ W.T) + b).relu()
    tanh: There is no activation in this layer: whoever stacks layers puts it between.
        adjacency @ (x @ W.T) + b -> (adjacency @ (x @ W.T) + b).tanh()
    not-normalized: Sums are weighed by the roots of both degrees.
        return adjacency @ -> return (adjacency != 0).to(x.dtype) @
    mean: A mean over neighbours divides by the target's degree alone.
        adjacency @ (x @ W.T)
        -> (adjacency != 0).to(x.dtype) @ (x @ W.T) / (adjacency != 0).sum(dim=1, keepdim=True)
    loop-added-on-top: The self-loop is in the matrix already.
        adjacency @ (x @ W.T) -> adjacency @ (x @ W.T) + x @ W.T
    self-forgotten: A node hears itself as well.
        return adjacency @ -> return (adjacency - adjacency.diagonal().diag()) @
    nobody-heard: A node hears its neighbours as well.
        adjacency @ (x @ W.T) -> x @ W.T
    heard-twice: One layer hears the direct neighbours, not theirs.
        return adjacency @ -> return adjacency @ adjacency @
    always-single: The answer has the dtype of x.
        adjacency @ (x @ W.T) + b -> (adjacency @ (x @ W.T) + b).float()
    features-without-gradient: Layers below have to learn too.
        (x @ W.T) -> (x.detach() @ W.T)
    weight-without-gradient: The weights have to learn.
        W.T -> W.detach().T
    bias-without-gradient: The bias has to learn.
        + b -> + b.detach()
    dimension-for-nodes: The number of nodes is that of the rows of x.
        len(x) -> x.shape[1]
    size-from-edges: A node without edges is a node too: their number is that of the rows of x.
        len(x) -> int(edge_index.max()) + 1 if edge_index.numel() else 1
    in-place:
        return -> x.data.mul_(2); x = x - x.detach() / 2; return
    """,
)

# --------------------------------------------------------------------------------- message_passing

slips(
    "message_passing",
    """
    wrong-direction: Row 0 of edge_index holds the sources, row 1 the targets.
        source, target = edge_index -> target, source = edge_index
    undirected: An edge leads one way, unless the other direction is listed too.
        source, target = edge_index
        -> source, target = torch.cat([edge_index, edge_index.flip(0)], dim=1).unique(dim=1)
    last-message-wins: Assigning to an index that comes twice keeps one message: add them up.
        nothing.index_add(0, target, messages) -> nothing.index_put((target,), messages)
    last-maximum-wins: Assigning to an index that comes twice keeps one message: compare them all.
        nothing.scatter_reduce(0, place, messages, "amax", include_self=False)
        -> nothing.index_put((target,), messages)
    max-from-zero: Where all messages are negative, so is their maximum: zero is no message.
        include_self=False -> include_self=True
    minimum: That is the smallest message.
        "amax" -> "amin"
    max-is-product: scatter_reduce knows several reductions.
        "amax" -> "prod"
    empty-max-is-minus-inf: A node that hears nothing gets zeros, not the maximum of nothing.
        nothing.scatter_reduce(0, place, messages, "amax", include_self=False)
        -> torch.full_like(x, -torch.inf).scatter_reduce(0, place, messages, "amax")
    empty-max-is-lowest: A node that hears nothing gets zeros, not the smallest float.
        nothing.scatter_reduce(0, place, messages, "amax", include_self=False)
        -> torch.full_like(x, -1e9).scatter_reduce(0, place, messages, "amax")
    empty-mean-is-nan: A node that hears nothing gets zeros: do not divide by its count.
        .clamp(min=1) ->
    empty-max-keeps-itself: A node that hears nothing gets zeros, not its own features.
        return nothing.scatter_reduce -> return x.scatter_reduce
    empty-keeps-itself: A node that hears nothing gets zeros, not its own features.
        torch.zeros_like(x) -> torch.where(torch.isin(torch.arange(len(x)), target)[:, None], 0, x)
    max-hears-itself: No self-loop is added, for the maximum neither.
        return nothing.scatter_reduce(0, place, messages, "amax", include_self=False)
        -> return x.scatter_reduce(0, place, messages, "amax")
    mean-over-all-nodes: The mean is over the messages that came in.
        count[:, None] -> len(x)
    mean-over-all-edges: The mean is over the messages into this node, not over all.
        count[:, None] -> max(len(target), 1)
    mean-counts-itself: The node itself sends no message: it does not count.
        .clamp(min=1) -> + 1
    mean-by-out-degree: The mean divides by how many messages came in, not by how many went out.
        bincount(target -> bincount(source
    mean-by-root: A mean divides by the count, not by its root.
        / count[:, None] -> / count[:, None].sqrt()
    mean-is-sum: A mean divides by how many messages came in.
        / count[:, None] ->
    sum-is-mean: A sum is not divided.
        if reduce == "sum": -> if reduce == "nothing":
    unknown-is-mean: Any other word than the three is an error.
        if reduce not in ("sum", "mean", "max"): -> if reduce is None:
    unknown-is-sum: Any other word than the three is an error.
        if reduce not in ("sum", "mean", "max"): -> if reduce is None:
        if reduce == "sum": -> if reduce != "mean":
    unknown-is-zero: Any other word than the three is an error, not an answer.
        raise ValueError(f'reduce is "sum", "mean" or "max", not {reduce!r}')
        -> return torch.zeros_like(x)
    any-case: Any other word than the three is an error, in capitals too.
        if reduce not in ("sum", -> if (reduce := reduce.lower()) not in ("sum",
    other-error: The error for a word that is not known is a ValueError.
        raise ValueError( -> raise KeyError(
    max-without-gradient: The maximum has a gradient: it goes to the node it came from.
        (0, place, messages, -> (0, place, messages.detach(),
    sum-without-gradient: Gradients flow back along the edges.
        (0, target, messages) -> (0, target, messages.detach())
    always-single: The answer has the dtype of x.
        messages, nothing = x[source], torch.zeros_like(x)
        -> messages, nothing = x[source].float(), torch.zeros_like(x).float()
    size-from-edges: A node without edges is a node too: there is a row for each row of x.
        torch.zeros_like(x) -> torch.zeros_like(x[: int(target.max()) + 1 if len(target) else 0])
    pairs-misread: Row 0 holds all sources and row 1 all targets; the columns are the edges.
        source, target = edge_index -> source, target = edge_index.reshape(-1, 2).T
    magnitude: The maximum is that of the numbers, not that of their magnitudes.
        (0, place, messages, "amax", -> (0, place, messages.abs(), "amax",
    in-place:
        torch.zeros_like(x) -> x.data.zero_()

    self-included:
        source, target = edge_index
        ->
        loops = torch.arange(len(x))
        source, target = torch.cat([edge_index, torch.stack([loops, loops])], dim=1)
    """,
    hints={"self-included": "No self-loop is added: a node hears itself only over a listed edge."},
)


@mistake(
    "message_passing",
    "loudest-node",
    "The maximum is taken feature by feature: no single node has to have them all.",
)
def message_passing(x, edge_index, reduce):
    if reduce not in ("sum", "mean", "max"):
        raise ValueError(reduce)
    source, target = edge_index
    rows = []
    for i in range(len(x)):
        heard = x[source[target == i]]
        if not len(heard):
            rows.append(torch.zeros_like(x[0]))
        elif reduce == "max":
            rows.append(heard[heard.sum(dim=1).argmax()])
        else:
            rows.append(heard.sum(dim=0) if reduce == "sum" else heard.mean(dim=0))
    return torch.stack(rows)


# -------------------------------------------------------------------------------- gat_coefficients

slips(
    "gat_coefficients",
    """
    softmax-over-sources: The softmax is over the edges into one node, not over those out of one.
        (0, target, scores.detach(), -> (0, source, scores.detach(),
        largest[target] -> largest[source]
        (0, target, weights) -> (0, source, weights)
        total[target] -> total[source]
    softmax-over-all: Each node shares out its attention by itself.
        weights / total[target] -> scores.softmax(dim=0)
    ends-swapped: a_src meets the features of the source, a_dst those of the target.
        (h @ a_src)[source] + (h @ a_dst)[target] -> (h @ a_dst)[source] + (h @ a_src)[target]
    wrong-direction: Row 0 of edge_index holds the sources, row 1 the targets.
        source, target = edge_index -> target, source = edge_index
    no-leaky-relu: A LeakyReLU comes before the softmax.
        functional.leaky_relu(said, negative_slope) -> said
    default-slope: The slope is the one that is passed in.
        (said, negative_slope) -> (said, 0.2)
    library-slope: The slope is the one that is passed in, not that of the library.
        (said, negative_slope) -> (said)
    relu: Negative scores are not cut off, they are scaled.
        functional.leaky_relu(said, negative_slope) -> said.relu()
    absolute-slope: Negative scores stay negative.
        functional.leaky_relu(said, negative_slope)
        -> functional.leaky_relu(said, -negative_slope)
    elu: That is another activation.
        functional.leaky_relu(said, negative_slope) -> functional.elu(said, negative_slope)
    leaky-on-features: LeakyReLU is taken of the score, not of the features.
        functional.leaky_relu(said, negative_slope) -> said
        (h @ a_src) -> (functional.leaky_relu(h, negative_slope) @ a_src)
        (h @ a_dst) -> (functional.leaky_relu(h, negative_slope) @ a_dst)
    leaky-each-part: LeakyReLU is taken of the whole sum, source and target, not of a part.
        functional.leaky_relu(said, negative_slope) -> said
        (h @ a_src)[source] -> functional.leaky_relu(h @ a_src, negative_slope)[source]
        (h @ a_dst)[target] -> functional.leaky_relu(h @ a_dst, negative_slope)[target]
    source-forgotten: The score is of both ends.
        (h @ a_src)[source] + -> 0 * (h @ a_src)[source] +
    ends-subtracted: The two parts of the score are added.
        (h @ a_src)[source] + -> (h @ a_src)[source] -
    ends-multiplied: The two parts of the score are added.
        (h @ a_src)[source] + -> (h @ a_src)[source] *
    one-vector-for-both: Source and target have a vector each.
        (h @ a_dst)[target] -> (h @ a_src)[target]
    scaled: Nothing is divided by a root here: that is the attention of transformers.
        scores = functional.leaky_relu(said, negative_slope)
        -> scores = functional.leaky_relu(said, negative_slope) / h.shape[1] ** 0.5
    dot-product: The score is no product of the features of both ends.
        said = (h @ a_src)[source] + (h @ a_dst)[target]
        -> said = ((h * a_src)[source] * (h * a_dst)[target]).sum(dim=1)
    not-normalized: The weights into a node sum to 1.
        weights / total[target] -> weights
    mean-of-group: The weights into a node sum to 1, their mean does not.
        weights / total[target] -> weights / total[target] * torch.bincount(target)[target]
    sigmoid: That asks each edge by itself; here they compete.
        weights / total[target] -> scores.sigmoid()
    log-softmax: Weights are due, not their logarithms.
        weights / total[target] -> (weights / total[target]).log()

    loops-in-the-sum: No self-loop is added, in the sum neither.
        return weights / total[target]
        ->
        loops = functional.leaky_relu(h @ (a_src + a_dst), negative_slope)
        return weights / (total + (loops - largest).exp())[target]

    unstable: exp of a large score is infinite: what may be subtracted within a softmax?
        scores - largest[target] -> scores
    global-maximum: Far below the largest score of all, a whole node's exponentials round to 0.
        largest[target] -> scores.detach().logsumexp(dim=0)
    max-from-zero: Where all scores into a node are very negative, so is the largest of them.
        include_self=False -> include_self=True
    node-maximum: What is subtracted must be the same within one target.
        largest[target] -> scores.detach() / 2
    scores-clipped: Large scores are no error: clipping makes different ones equal.
        scores = functional.leaky_relu(said, negative_slope)
        -> scores = functional.leaky_relu(said, negative_slope).clamp(-50, 50)
    eps-in-sum: A small number in the sum is not needed, and changes the weights.
        total[target] -> (total[target] + 1e-2)
    sum-without-gradient: The sum below the line learns as well.
        (0, target, weights) -> (0, target, weights.detach())
    features-without-gradient: The features have to learn too.
        h @ a_src -> h.detach() @ a_src
        h @ a_dst -> h.detach() @ a_dst
    targets-without-gradient: The target's vector has to learn too.
        h @ a_dst -> h @ a_dst.detach()
    sources-without-gradient: The source's vector has to learn too.
        h @ a_src -> h @ a_src.detach()
    always-single: The answer has the dtype of h.
        return weights / total[target] -> return (weights / total[target]).float()
    sorted-by-target: The weights stand in the order of the edges.
        return weights / total[target]
        -> return (weights / total[target])[target.argsort(stable=True)]
    a-column: One number for each edge: (E,).
        return weights / total[target] -> return (weights / total[target])[:, None]
    pairs-misread: Row 0 holds all sources and row 1 all targets; the columns are the edges.
        source, target = edge_index -> source, target = edge_index.reshape(-1, 2).T
    fails-without-edges: Without edges the answer is empty.
        nothing = -> scores.max(); nothing =
    one-without-edges: Without edges the answer is empty.
        return -> return h.new_ones(1) if not len(source) else
    in-place:
        return -> a_src.data.neg_(); return

    self-loops:
        source, target = edge_index
        ->
        loops = torch.arange(len(h))
        source, target = torch.cat([edge_index, torch.stack([loops, loops])], dim=1)
    """,
    hints={"self-loops": "There is one weight for each listed edge: no self-loops are added."},
)


@mistake(
    "gat_coefficients",
    "as-a-matrix",
    "One weight for each edge is due, not a matrix over all pairs.",
)
def gat_coefficients(h, edge_index, a_src, a_dst, negative_slope=0.2):
    source, target = edge_index
    scores = functional.leaky_relu((h @ a_dst)[:, None] + h @ a_src, negative_slope)
    heard = torch.zeros(len(h), len(h), dtype=torch.bool)
    heard[target, source] = True
    return scores.masked_fill(~heard, -torch.inf).softmax(dim=1).nan_to_num()


# ----------------------------------------------------------------------------------------- readout

slips(
    "readout",
    """
    sum: The mean divides by the number of nodes.
        / count[:, None] ->
    mean-over-all-nodes: The mean is over the nodes of this graph.
        count[:, None] -> len(x)
    mean-over-graphs: The mean is over the nodes of this graph.
        count[:, None] -> num_graphs
    counted-by-feature: The count is a number for each graph, not for each feature.
        count[:, None] -> x.shape[1]
    max-first: The means come first.
        [mean, largest] -> [largest, mean]
    interleaved: First all the means, then all the maxima.
        torch.cat([mean, largest], dim=1) -> torch.stack([mean, largest], dim=2).flatten(1)
    stacked: Mean and maximum of a graph stand in the same row.
        torch.cat([mean, largest], dim=1) -> torch.cat([mean, largest], dim=0)
    on-a-new-axis: Mean and maximum stand side by side: (G, 2F).
        torch.cat([mean, largest], dim=1) -> torch.stack([mean, largest], dim=1)
    added: Mean and maximum stand side by side, they are not added.
        torch.cat([mean, largest], dim=1) -> mean + largest
    mean-twice: The second half is the maximum.
        [mean, largest] -> [mean, mean + 0 * largest]
    max-twice: The first half is the mean.
        [mean, largest] -> [largest, largest + 0 * mean]
    empty-is-nan: A graph without nodes gets zeros: do not divide by its count.
        .clamp(min=1) ->
    mean-counts-one-more: A count of 0 is raised to 1, the others stay.
        .clamp(min=1) -> + 1
    empty-is-minus-inf: A graph without nodes gets zeros, not the maximum of nothing.
        nothing.scatter_reduce(0, place, x, "amax", include_self=False)
        -> torch.full_like(nothing, -torch.inf).scatter_reduce(0, place, x, "amax")
    empty-is-lowest: A graph without nodes gets zeros, not the smallest float.
        nothing.scatter_reduce(0, place, x, "amax", include_self=False)
        -> torch.full_like(nothing, -1e9).scatter_reduce(0, place, x, "amax")
    graphs-that-occur: There are num_graphs rows, whether a graph has nodes or not.
        return torch.cat([mean, largest], dim=1)
        -> return torch.cat([mean, largest], dim=1)[batch.unique()]
    graphs-counted-from-batch: The last graphs may be empty: there are num_graphs of them.
        return torch.cat([mean, largest], dim=1)
        -> return torch.cat([mean, largest], dim=1)[: int(batch.max()) + 1]
    max-from-zero: Where all nodes are negative, so is their maximum.
        include_self=False -> include_self=True
    minimum: That is the smallest.
        "amax" -> "amin"
    magnitude: The maximum is that of the numbers, not that of their magnitudes.
        place, x, "amax" -> place, x.abs(), "amax"
    one-graph: Each graph has a mean of its own.
        return torch.cat([mean, largest], dim=1)
        -> return torch.cat([x.mean(dim=0), x.amax(dim=0)]).expand(num_graphs, -1)
    sorted-batch: The nodes of a graph need not stand next to each other.
        nothing = -> batch = batch.sort().values; nothing =
    last-node-wins: Assigning to an index that comes twice keeps one node.
        nothing.index_add(0, batch, x) -> nothing.index_put((batch,), x)
    last-maximum-wins: Assigning to an index that comes twice keeps one node.
        nothing.scatter_reduce(0, place, x, "amax", include_self=False)
        -> nothing.index_put((batch,), x)
    mean-without-gradient: Gradients go back to the nodes through the mean.
        index_add(0, batch, x) -> index_add(0, batch, x.detach())
    max-without-gradient: Gradients go back to the nodes through the maximum.
        place, x, "amax" -> place, x.detach(), "amax"
    always-single: The answer has the dtype of x.
        torch.cat([mean, largest], dim=1) -> torch.cat([mean, largest], dim=1).float()
    in-place:
        return -> x.data.abs_(); return
    """,
)


@mistake(
    "readout",
    "largest-node",
    "The maximum is taken feature by feature: no single node has to have them all.",
)
def readout(x, batch, num_graphs):
    rows = []
    for graph in range(num_graphs):
        mine = x[batch == graph]
        if len(mine):
            rows.append(torch.cat([mine.mean(dim=0), mine[mine.sum(dim=1).argmax()]]))
        else:
            rows.append(x.new_zeros(2 * x.shape[1]))
    return torch.stack(rows)


@mistake(
    "readout",
    "equal-parts",
    "Graphs have different numbers of nodes: batch says which node belongs where.",
)
def readout(x, batch, num_graphs):
    rows = []
    for mine in x.tensor_split(num_graphs):
        if len(mine):
            rows.append(torch.cat([mine.mean(dim=0), mine.amax(dim=0)]))
        else:
            rows.append(x.new_zeros(2 * x.shape[1]))
    return torch.stack(rows)


# ---------------------------------------------------------------------------------- discretize_zoh

slips(
    "discretize_zoh",
    """
    elementwise: e to a matrix is a power series of products, not e to each entry.
        return power[:n, :n], -> return torch.exp(dt * A),

    inverse: The inverse does not exist where A is singular; the integral does.
        return power[:n, :n], power[:n, n]
        ->
        one = torch.eye(n, dtype=A.dtype)
        return power[:n, :n], torch.linalg.solve(A, (power[:n, :n] - one) @ B)

    pseudo-inverse: A pseudo-inverse loses what A does not see, where the input simply adds up.
        return power[:n, :n], power[:n, n]
        ->
        one = torch.eye(n, dtype=A.dtype)
        return power[:n, :n], torch.linalg.pinv(A) @ (power[:n, :n] - one) @ B

    inverse-nudged: A small number on the diagonal makes the inverse exist, and the answer wrong.
        return power[:n, :n], power[:n, n]
        ->
        one = torch.eye(n, dtype=A.dtype)
        return power[:n, :n], torch.linalg.solve(A + 1e-2 * one, (power[:n, :n] - one) @ B)

    inverse-or-euler: Where A is singular, dt · B is right only if A is zero.
        return power[:n, :n], power[:n, n]
        -> return power[:n, :n], dt * B if torch.linalg.det(A).abs() < 1e-6 else power[:n, n]
    inverse-sign: It is the exponential minus 1, not 1 minus the exponential.
        return power[:n, :n], power[:n, n] -> return power[:n, :n], -power[:n, n]
    euler-b: dt · B is only the beginning of the integral.
        power[:n, n] -> dt * B
    euler: 1 + dt · A is only the beginning of the exponential.
        return power[:n, :n], power[:n, n] -> return torch.eye(n, dtype=A.dtype) + dt * A, dt * B
    euler-a: 1 + dt · A is only the beginning of the exponential.
        return power[:n, :n], -> return torch.eye(n, dtype=A.dtype) + dt * A,

    bilinear: That is the trapezoid of the other exercise: here the step is exact.
        return power[:n, :n], power[:n, n]
        ->
        half, one = dt / 2 * A, torch.eye(n, dtype=A.dtype)
        A_bar = torch.linalg.solve(one - half, one + half)
        return A_bar, torch.linalg.solve(one - half, dt * B)

    backward-euler: That is the implicit Euler step: here the step is exact.
        return power[:n, :n], power[:n, n]
        ->
        one = torch.eye(n, dtype=A.dtype)
        A_bar = torch.linalg.inv(one - dt * A)
        return A_bar, A_bar @ (dt * B)

    two-terms: A few terms of the power series are not enough for a step of this size.
        return power[:n, :n], power[:n, n]
        ->
        M, one = dt * A, torch.eye(n, dtype=A.dtype)
        return one + M + M @ M / 2, dt * (one + M / 2 + M @ M / 6) @ B

    six-terms: A few terms of the power series are not enough for a step of this size.
        return power[:n, :n], power[:n, n]
        ->
        powers = [torch.eye(n, dtype=A.dtype)]
        for k in range(1, 7):
            powers.append(powers[-1] @ A * (dt / k))
        integral = sum(one / k for k, one in enumerate(powers, 1))
        return sum(powers), dt * integral @ B

    dt-forgotten: The step is dt long.
        dt * torch.cat -> torch.cat
    dt-only-in-a: The input lasts as long as the step.
        power[:n, n] -> power[:n, n] / dt
    b-times-dt: The integral contains dt already.
        power[:n, n] -> dt * power[:n, n]
    dt-only-in-b: The state goes on for dt as well.
        return power[:n, :n], -> return torch.linalg.matrix_exp(A),
    b-as-it-is: B is discretized as well.
        power[:n, n] -> B
    right-end: The input acts during the whole step, not only at its beginning.
        power[:n, n] -> dt * power[:n, :n] @ B
    midpoint: The middle of the step is not the mean of the step.
        power[:n, n] -> dt * torch.linalg.matrix_exp(dt / 2 * A) @ B
    trapezoid: The mean of both ends is not the mean of the step.
        power[:n, n] -> dt / 2 * (power[:n, :n] @ B + B)

    simpson: A few points of the step are not its mean.
        return power[:n, :n], power[:n, n]
        ->
        one, middle = torch.eye(n, dtype=A.dtype), torch.linalg.matrix_exp(dt / 2 * A)
        return power[:n, :n], dt / 6 * (power[:n, :n] + 4 * middle + one) @ B

    exponential-twice: B̄ is an integral of exponentials, not an exponential times an integral.
        power[:n, n] -> power[:n, :n] @ power[:n, n]
    transposed: A acts from the left.
        [A, B[:, None]] -> [A.T, B[:, None]]
    backwards: The step goes forward in time.
        dt * torch.cat([system, still]) -> -dt * torch.cat([system, still])
    order-reversed: Ā comes first.
        return power[:n, :n], power[:n, n] -> return power[:n, n], power[:n, :n]
    a-column: B̄ is (N,), as B is.
        power[:n, n] -> power[:n, n:]
    a-without-gradient: Gradients flow through A too.
        [A, B[:, None]] -> [A.detach(), B[:, None]]
    b-without-gradient: Gradients flow through B too.
        [A, B[:, None]] -> [A, B[:, None].detach()]
    always-single: The answer has the dtype of A.
        return power[:n, :n], power[:n, n] -> return power[:n, :n].float(), power[:n, n].float()
    in-place:
        return -> A.data.mul_(dt); return
    """,
)

# ----------------------------------------------------------------------------- discretize_bilinear

slips(
    "discretize_bilinear",
    """
    signs-swapped: The new state is on the side that is inverted: there the sign is minus.
        solve(identity - half, identity + half) -> solve(identity + half, identity - half)
    signs-swapped-everywhere: What is inverted belongs to the new state: there the sign is minus.
        solve(identity - half, identity + half) -> solve(identity + half, identity - half)
        solve(identity - half, dt -> solve(identity + half, dt
    no-half: Each side of the trapezoid has half of the step.
        dt / 2 * A -> dt * A
    half-in-b: The input has the whole step.
        dt * B -> dt / 2 * B
    root-dt: The input has the whole step, not its root.
        dt * B -> dt**0.5 * B
    b-without-dt: The input lasts for the step.
        dt * B -> B
    dt-squared: The input has the step once.
        dt * B -> dt**2 * B
    b-not-solved: The input goes through the same inverse.
        torch.linalg.solve(identity - half, dt * B) -> dt * B
    b-by-other-side: The input goes through the inverse alone.
        torch.linalg.solve(identity - half, dt * B) -> A_bar @ (dt * B)
    b-by-mean: The input goes through the inverse alone, once.
        torch.linalg.solve(identity - half, dt * B)
        -> torch.linalg.solve(identity - half, A_bar @ (dt * B))
    dt-forgotten: The step is dt long.
        dt / 2 * A -> A / 2
    forward-euler: That is Euler's step: half of it looks at the new state.
        torch.linalg.solve(identity - half, identity + half) -> identity + 2 * half
    backward-euler: That is the implicit Euler step: half of it looks at the old state.
        torch.linalg.solve(identity - half, identity + half)
        -> torch.linalg.inv(identity - 2 * half)
    numerator-forgotten: The old state has its half too.
        torch.linalg.solve(identity - half, identity + half)
        -> torch.linalg.inv(identity - half)
    denominator-forgotten: The new state has its half too.
        torch.linalg.solve(identity - half, identity + half) -> identity + half
    zero-order-hold: That is exact, and another formula: here nothing is exponentiated.
        torch.linalg.solve(identity - half, identity + half) -> torch.linalg.matrix_exp(2 * half)
    entry-by-entry: An inverse of a matrix is no division of entries.
        torch.linalg.solve(identity - half, identity + half)
        -> (identity + half) / (identity - half)
    ones-for-identity: 1 is the identity matrix, not a matrix of ones.
        torch.eye(len(A), dtype -> torch.ones(len(A), len(A), dtype
    transposed: A acts from the left.
        half = dt / 2 * A -> half = dt / 2 * A.T
    order-reversed: Ā comes first.
        return A_bar, torch.linalg.solve(identity - half, dt * B)
        -> return torch.linalg.solve(identity - half, dt * B), A_bar
    a-column: B̄ is (N,), as B is.
        torch.linalg.solve(identity - half, dt * B)
        -> torch.linalg.solve(identity - half, dt * B[:, None])
    a-without-gradient: Gradients flow through A too.
        dt / 2 * A -> dt / 2 * A.detach()
    b-without-gradient: Gradients flow through B too.
        dt * B -> dt * B.detach()
    b-forgets-a: Gradients reach A through both answers.
        solve(identity - half, dt -> solve(identity - half.detach(), dt
    always-single: The answer has the dtype of A.
        return A_bar, torch.linalg.solve(identity - half, dt * B)
        -> return A_bar.float(), torch.linalg.solve(identity - half, dt * B).float()
    in-place:
        half = dt / 2 * A -> half = dt / 2 * A; A.data.mul_(dt)
    """,
)

# ---------------------------------------------------------------------------------------- ssm_scan

slips(
    "ssm_scan",
    """
    start-forgotten: The state does not always begin at zero.
        x, outputs = x0, [] -> x, outputs = 0 * x0, []
    start-as-first-state: The first input acts on x0 as well.
        x = A_bar @ x + -> x = (A_bar @ x if outputs else x) +
    transposed: Ā acts from the left: each row makes one component of the new state.
        A_bar @ x -> x @ A_bar
    entry-by-entry: A matrix times a vector sums over the columns.
        A_bar @ x -> A_bar.diagonal() * x
    input-forgotten: Each step takes in its input.
        B_bar * signal -> 0 * B_bar * signal
    input-not-weighed: The input comes in along B̄.
        B_bar * signal -> signal + 0 * B_bar
    input-through-matrix: The new input is not multiplied by Ā yet.
        A_bar @ x + B_bar * signal -> A_bar @ (x + B_bar * signal)
    matrix-forgotten: The old state is multiplied by Ā.
        A_bar @ x -> x + 0 * (A_bar @ x)
    skip-connection: The input reaches the output only through the state.
        append(C @ x) -> append(C @ x + signal)
    tanh: There is no nonlinearity: that is what makes it a convolution.
        x = A_bar @ x + B_bar * signal -> x = (A_bar @ x + B_bar * signal).tanh()
    states-returned: An output is one number: C times the state.
        append(C @ x) -> append(C * x)
    input-exchanged: B̄ writes, C reads.
        B_bar * signal -> C * signal
        append(C @ x) -> append(B_bar @ x)
    backwards: Time goes forward.
        in u: -> in u.flip(0):
    last-output-only: There is an output at each step.
        torch.stack(outputs), x -> outputs[-1], x
    all-outputs-the-last: Each output looks at the state of its own step.
        torch.stack(outputs), x -> torch.stack([C @ x for _ in outputs]), x
    state-not-returned: The last state is due as well.
        return torch.stack(outputs), x -> return torch.stack(outputs)
    order-reversed: The outputs come first, then the state.
        return torch.stack(outputs), x -> return x, torch.stack(outputs)
    start-returned: The state is that after the last step.
        return torch.stack(outputs), x -> return torch.stack(outputs), x0
    one-step-further: The state is that after the last step, not one later.
        return torch.stack(outputs), x -> return torch.stack(outputs), A_bar @ x
    last-step-skipped: The last input counts too.
        return torch.stack(outputs), x
        -> return torch.stack([*outputs[:-1], 0 * outputs[-1]]), x
    outputs-added-up: Each output is what the state says at that step.
        torch.stack(outputs), x -> torch.stack(outputs).cumsum(dim=0), x
    a-column: The outputs are (L,).
        torch.stack(outputs), x -> torch.stack(outputs)[:, None], x
    state-detached: Gradients go back through all steps.
        A_bar @ x -> A_bar @ x.detach()
    matrix-without-gradient: Gradients flow through Ā too.
        A_bar @ x -> A_bar.detach() @ x
    input-without-gradient: Gradients flow through u too.
        B_bar * signal -> B_bar * signal.detach()
    last-state-detached: The last state has a gradient too.
        return torch.stack(outputs), x -> return torch.stack(outputs), x.detach()
    numbers-for-outputs: Numbers of Python have no gradient: stack tensors.
        append(C @ x) -> append(torch.tensor((C @ x).item(), dtype=x.dtype))
    always-single: The answer has the dtype of the inputs.
        return torch.stack(outputs), x -> return torch.stack(outputs).float(), x.float()

    output-before-update:
        x = A_bar @ x + B_bar * signal
        outputs.append(C @ x)
        ->
        outputs.append(C @ x)
        x = A_bar @ x + B_bar * signal

    in-place:
        x = A_bar @ x + B_bar * signal
        ->
        x.data.copy_(A_bar @ x + B_bar * signal)
    """,
    hints={"output-before-update": "The output looks at the new state, in which the input is."},
)

# -------------------------------------------------------------------------------------- ssm_kernel

slips(
    "ssm_kernel",
    """
    starts-at-one: The first entry is C · B̄, without Ā.
        response, outputs = B_bar, [] -> response, outputs = A_bar @ B_bar, []
    zero-in-front: The input acts at once: the first entry is C · B̄.
        return torch.stack(outputs) -> return torch.stack([0 * outputs[0], *outputs[:-1]])
    entrywise-power: A power of a matrix is a product of matrices.
        outputs.append(C @ response)
        -> outputs.append(C @ (A_bar ** len(outputs)) @ B_bar)

    entrywise-power-from-identity: A power of a matrix is a product of matrices.
        outputs.append(C @ response)
        ->
        one = torch.eye(len(C), dtype=C.dtype)
        power = A_bar ** len(outputs) if outputs else one
        outputs.append(C @ power @ B_bar)

    diagonal-only: What the components do to each other is in the other entries of Ā.
        A_bar @ response -> A_bar.diagonal() * response
    cumulative: That is the answer to an input that stays on.
        return torch.stack(outputs) -> return torch.stack(outputs).cumsum(dim=0)
    transposed: Ā acts from the left.
        A_bar @ response -> response @ A_bar
    squared: Each step multiplies by Ā once more.
        A_bar @ response -> A_bar @ A_bar @ response
    always-first-power: Each step multiplies by Ā once more.
        A_bar @ response -> A_bar @ B_bar
    read-without-c: An entry is one number: C times what is in the state.
        append(C @ response) -> append(response.sum() + 0 * C.sum())
    not-summed: An entry is one number: C times what is in the state.
        append(C @ response) -> append(C * response)
    without-b: The knock comes in along B̄.
        response, outputs = B_bar, [] -> response, outputs = torch.ones_like(B_bar), []
    reversed: The present comes first.
        return torch.stack(outputs) -> return torch.stack(outputs).flip(0)
    one-too-many: The kernel has as many entries as asked for.
        < length -> < length + 1
    one-too-few: The kernel has as many entries as asked for.
        < length -> < max(length - 1, 1)
    exponential: Ā is discrete already: nothing is exponentiated.
        A_bar @ response -> torch.linalg.matrix_exp(A_bar) @ response
    summed: There is an entry for each step.
        return torch.stack(outputs) -> return torch.stack(outputs).sum()
    a-row: The kernel is (length,).
        return torch.stack(outputs) -> return torch.stack(outputs)[None]
    state-detached: Gradients go through all powers.
        A_bar @ response -> A_bar @ response.detach()
    matrix-without-gradient: Gradients flow through Ā too.
        A_bar @ response -> A_bar.detach() @ response
    reader-without-gradient: Gradients flow through C too.
        C @ response -> C.detach() @ response
    always-single: The answer has the dtype of the inputs.
        return torch.stack(outputs) -> return torch.stack(outputs).float()
    in-place:
        response, outputs = B_bar, [] -> response, outputs = B_bar.clone(), []; B_bar.data.mul_(2)
    """,
)

# ------------------------------------------------------------------------------ causal_convolution

slips(
    "causal_convolution",
    """
    correlation: kernel_0 meets the present: the window has to meet the kernel turned around.
        .flip(0) ->
    signal-turned: The kernel is turned around, not the time.
        u, (size - 1, 0) -> u.flip(1), (size - 1, 0)
    looks-ahead: The zeros belong before the beginning, not behind the end.
        (size - 1, 0) -> (0, size - 1)
    centred: The window ends at the present: all the zeros go in front.
        (size - 1, 0) -> ((size - 1) // 2, size - 1 - (size - 1) // 2)
    delayed: kernel_0 belongs to the present, not to the step before.
        past = functional.pad(u, (size - 1, 0)) -> past = functional.pad(u, (size, 0))[:, :-1]
    full: The answer is as long as u.
        (size - 1, 0) -> (size - 1, size - 1)
    valid: The answer is as long as u: before the beginning there are zeros.
        (size - 1, 0) -> (0, 0)
    edge-repeated: Before the beginning there is nothing, not the first entry again.
        functional.pad(u, (size - 1, 0))
        -> torch.cat([u[:, :1].expand(len(u), size - 1), u], dim=1)
    kernel-cut-from-behind: What does not fit of a long kernel is its end.
        kernel[:size] -> kernel[len(kernel) - size :]
    kernel-cut-short: Every entry of the kernel that reaches u counts.
        min(len(kernel), u.shape[1]) -> max(min(len(kernel), u.shape[1]) - 1, 1)
    normalized: The kernel is used as it is.
        kernel[:size].flip(0) -> kernel[:size].flip(0) / kernel.sum()
    first-row-for-all: Each row is a sequence of its own.
        functional.pad(u, -> functional.pad(u[:1].expand(u.shape),
    along-the-batch: Time is the second axis.
        size = min(len(kernel), u.shape[1])
        -> size = min(len(kernel), u.shape[1]); u = u.T if len(u) == u.shape[1] else u
    cumulative: That would be a kernel of ones before it.
        return past.unfold(1, size, 1) @ kernel[:size].flip(0)
        -> return (past.unfold(1, size, 1) @ kernel[:size].flip(0)).cumsum(dim=1)
    signal-without-gradient: Gradients flow through u too.
        functional.pad(u, -> functional.pad(u.detach(),
    kernel-without-gradient: Gradients flow through the kernel too.
        kernel[:size].flip(0) -> kernel[:size].flip(0).detach()
    always-single: The answer has the dtype of u.
        return past.unfold(1, size, 1) @ kernel[:size].flip(0)
        -> return (past.unfold(1, size, 1) @ kernel[:size].flip(0)).float()
    rounded: Numbers are not rounded.
        return past.unfold(1, size, 1) @ kernel[:size].flip(0)
        -> return (past.unfold(1, size, 1) @ kernel[:size].flip(0)).round(decimals=1)
    in-place:
        return -> kernel.data.copy_(kernel.flip(0).clone()); kernel = kernel.flip(0); return
    """,
)


@mistake(
    "causal_convolution",
    "long-kernel-fails",
    "A kernel may be longer than the sequence: what is behind the beginning meets nothing.",
)
def causal_convolution(u, kernel):
    before = torch.zeros(len(u), len(kernel) - 1, dtype=u.dtype)
    if len(kernel) > u.shape[1]:
        raise RuntimeError("kernel size can't be greater than actual input size")
    past = torch.cat([before, u], dim=1)
    return torch.stack(
        [past[:, k : k + len(kernel)] @ kernel.flip(0) for k in range(u.shape[1])], 1
    )


@mistake(
    "causal_convolution",
    "fourier-too-short",
    "Before the beginning there is nothing: transforms no longer than u let the end come round.",
)
def causal_convolution(u, kernel):
    length = max(u.shape[1], len(kernel))
    product = torch.fft.rfft(u, length) * torch.fft.rfft(kernel, length)
    return torch.fft.irfft(product, length)[:, : u.shape[1]]


@mistake(
    "causal_convolution",
    "fourier-kernel-cut",
    "The transforms must be long enough for both: u and kernel need not be of one length.",
)
def causal_convolution(u, kernel):
    length = u.shape[1]
    product = torch.fft.rfft(u, length + 1) * torch.fft.rfft(kernel, length + 1)
    return torch.fft.irfft(product, length + 1)[:, :length]


# ---------------------------------------------------------------------------------- selective_scan

slips(
    "selective_scan",
    """
    zero-order-hold: The input is multiplied by δ alone: the scan takes Euler's step for it.
        step * B[:, t, None] -> (step * A).expm1() / A * B[:, t, None]
    euler-decay: The decay is exact, an exponential.
        (step * A).exp() -> (1 + step * A)
    implicit-decay: The decay is exact, an exponential.
        (step * A).exp() -> 1 / (1 - step * A)
    bilinear: The decay is exact, an exponential.
        (step * A).exp() -> (1 + step * A / 2) / (1 - step * A / 2)
    no-delta-on-b: The input is multiplied by δ as well.
        step * B[:, t, None] -> B[:, t, None]
    no-delta-on-a: The decay depends on δ.
        (step * A).exp() -> (torch.ones_like(step) * A).exp()
    delta-ignored: δ decides how much decays and how much comes in.
        (step * A).exp() -> (torch.ones_like(step) * A).exp()
        step * B[:, t, None] -> B[:, t, None]
    delta-on-input-squared: δ multiplies the input once.
        step * B[:, t, None] -> step**2 * B[:, t, None]
    delta-on-output: δ has no part in reading the state.
        h * C[:, t, None] -> step * h * C[:, t, None]
    softplus-again: delta is positive already: the softplus was taken before.
        step = delta[:, t, :, None] -> step = functional.softplus(delta[:, t, :, None])
    log-parameter: A holds the rates themselves, not their logarithms.
        (step * A).exp() -> (-step * A.exp()).exp()
    size-of-a: A is used with its sign: where it is positive, the state grows.
        (step * A).exp() -> (-step * A.abs()).exp()
    sign-of-a: A is negative already where the state decays.
        (step * A).exp() -> (-step * A).exp()
    no-exponential: The decay is e to δ · A.
        (step * A).exp() -> (step * A)
    decay-forgotten: The old state decays.
        (step * A).exp() * h -> (0 * step * A).exp() * h
    input-decays: What comes in now decays from the next step on.
        (step * A).exp() * h + step * B[:, t, None] * u[:, t, :, None]
        -> (step * A).exp() * (h + step * B[:, t, None] * u[:, t, :, None])
    input-averaged: What comes in is δ · B · u, not what the decay leaves free.
        step * B[:, t, None] -> (1 - (step * A).exp()) * B[:, t, None]
    no-skip: D · u is added to the output.
        + D * u[:, t] -> + 0 * D * u[:, t]
    skip-without-d: The direct path is weighed with D.
        + D * u[:, t] -> + u[:, t] + 0 * D
    skip-with-delta: δ has no part in the direct path.
        + D * u[:, t] -> + D * u[:, t] * delta[:, t]
    skip-subtracted: D · u is added.
        + D * u[:, t] -> - D * u[:, t]
    skip-of-the-first: The direct path takes the input of the same step.
        + D * u[:, t] -> + D * u[:, 0]
    skip-of-the-step-before: The direct path takes the input of the same step.
        + D * u[:, t] -> + D * u[:, t - 1]
    b-and-c-swapped: B writes into the state, C reads from it.
        B[:, t, None] -> C[:, t, None]
        h * C[:, t, None] -> h * B[:, t, None]
    b-of-the-first-step: B changes from step to step.
        B[:, t, None] -> B[:, 0, None]
    c-of-the-first-step: C changes from step to step.
        C[:, t, None] -> C[:, 0, None]
    delta-of-the-first-step: δ changes from step to step.
        delta[:, t, :, None] -> delta[:, 0, :, None]
    delta-mean-over-channels: Each channel has a δ of its own.
        delta[:, t, :, None] -> delta[:, t, :, None].mean(dim=1, keepdim=True)
    mean-over-state: The output is a sum over the state.
        .sum(dim=-1) -> .mean(dim=-1)
    summed-over-channels: The sum is over the state, not over the channels.
        .sum(dim=-1) -> .sum(dim=(1, 2))[:, None].expand(u[:, t].shape)
    first-state-only: The output is a sum over the state.
        (h * C[:, t, None]).sum(dim=-1) -> (h * C[:, t, None])[..., 0]
    state-shared-by-batch: Each sequence has a state of its own.
        h = (step * A).exp() * h + -> h = (step * A).exp() * h.mean(dim=0, keepdim=True) +
    state-forgotten: The state goes from step to step.
        (step * A).exp() * h + -> 0 * (step * A).exp() * h +
    state-begins-at-one: The state begins at zero.
        u.new_zeros( -> u.new_ones(
    backwards: Time goes forward.
        in range(u.shape[1]) -> in reversed(range(u.shape[1]))
    last-output-only: There is an output at each step.
        torch.stack(outputs, dim=1) -> outputs[-1]
    time-first: The answer is (batch, L, E).
        torch.stack(outputs, dim=1) -> torch.stack(outputs)
    tanh: There is no nonlinearity.
        h * C[:, t, None] -> h.tanh() * C[:, t, None]
    gated: No gate belongs to the scan.
        torch.stack(outputs, dim=1) -> torch.stack(outputs, dim=1) * functional.silu(u)
    state-detached: Gradients go back through all steps.
        (step * A).exp() * h -> (step * A).exp() * h.detach()
    decay-without-gradient: Gradients flow through A too.
        (step * A).exp() -> (step * A.detach()).exp()
    delta-without-gradient: Gradients flow through delta too.
        step = delta[:, t, :, None] -> step = delta[:, t, :, None].detach()
    skip-without-gradient: Gradients flow through D too.
        + D * u[:, t] -> + D.detach() * u[:, t]
    always-single: The answer has the dtype of u.
        torch.stack(outputs, dim=1) -> torch.stack(outputs, dim=1).float()
    in-place:
        return torch.stack -> delta.data.mul_(2); return torch.stack

    output-before-update:
        h = (step * A).exp() * h + step * B[:, t, None] * u[:, t, :, None]
        outputs.append((h * C[:, t, None]).sum(dim=-1) + D * u[:, t])
        ->
        outputs.append((h * C[:, t, None]).sum(dim=-1) + D * u[:, t])
        h = (step * A).exp() * h + step * B[:, t, None] * u[:, t, :, None]
    """,
    hints={"output-before-update": "The output looks at the new state, in which the input is."},
)
