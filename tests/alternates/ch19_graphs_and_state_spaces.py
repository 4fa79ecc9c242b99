"""Right answers in other styles."""

import torch
import torch.nn.functional as F

from grader.bank import alternate

# ---------------------------------------------------------------------------- normalized_adjacency


@alternate("normalized_adjacency", "D^-1/2 (A + I) D^-1/2 as matrices")
def normalized_adjacency(edge_index, num_nodes, dtype=torch.float32):
    A = torch.zeros(num_nodes, num_nodes, dtype=dtype)
    A[edge_index[1], edge_index[0]] = 1.0
    A.fill_diagonal_(1.0)
    D = torch.diag(A.sum(1).pow(-0.5))
    return D @ A @ D


@alternate("normalized_adjacency", "edge by edge, in plain Python")
def normalized_adjacency(edge_index, num_nodes, dtype=torch.float32):
    heard = [{i} for i in range(num_nodes)]
    for j, i in edge_index.T.tolist():
        heard[i].add(j)
    rows = [
        [
            (len(heard[i]) * len(heard[j])) ** -0.5 if j in heard[i] else 0.0
            for j in range(num_nodes)
        ]
        for i in range(num_nodes)
    ]
    return torch.tensor(rows, dtype=dtype)


@alternate("normalized_adjacency", "PyG's way: a weight for each edge, loops appended")
def normalized_adjacency(edge_index, num_nodes, dtype=torch.float32):
    row, col = edge_index[:, edge_index[0] != edge_index[1]]
    loops = torch.arange(num_nodes)
    row, col = torch.cat([row, loops]), torch.cat([col, loops])
    deg = torch.zeros(num_nodes, dtype=dtype).scatter_add_(
        0, col, torch.ones(len(col), dtype=dtype)
    )
    weight = deg.rsqrt()[row] * deg.rsqrt()[col]
    return torch.sparse_coo_tensor(torch.stack([col, row]), weight, (num_nodes,) * 2).to_dense()


# --------------------------------------------------------------------------------------- gcn_layer


@alternate("gcn_layer", "einsum")
def gcn_layer(x, edge_index, W, b):
    A = normalized_adjacency(edge_index, x.size(0), x.dtype)
    return torch.einsum("ij,jf,of->io", A, x, W) + b[None, :]


@alternate("gcn_layer", "messages along edges, summed by index_add")
def gcn_layer(x, edge_index, W, b):
    n = x.shape[0]
    proper = edge_index[:, edge_index[0] != edge_index[1]]
    j, i = torch.cat([proper, torch.arange(n).repeat(2, 1)], dim=1)
    d = torch.bincount(i, minlength=n).to(x.dtype)
    h = F.linear(x, W)
    sent = h[j] / (d[i] * d[j]).sqrt()[:, None]
    return torch.zeros(n, W.shape[0], dtype=x.dtype).index_add(0, i, sent) + b


@alternate("gcn_layer", "neighbours first, then the linear layer")
def gcn_layer(x, edge_index, W, b):
    return F.linear(normalized_adjacency(edge_index, len(x), dtype=x.dtype).matmul(x), W, b)


# --------------------------------------------------------------------------------- message_passing


@alternate("message_passing", "node by node")
def message_passing(x, edge_index, reduce):
    if reduce == "sum":
        op = lambda m: m.sum(0)  # noqa: E731
    elif reduce == "mean":
        op = lambda m: m.mean(0)  # noqa: E731
    elif reduce == "max":
        op = lambda m: m.max(0).values  # noqa: E731
    else:
        raise ValueError("unknown reduce: " + str(reduce))
    rows = []
    for i in range(x.shape[0]):
        m = x[edge_index[0][edge_index[1] == i]]
        rows.append(op(m) if m.shape[0] > 0 else torch.zeros_like(x[i]))
    return torch.stack(rows)


@alternate("message_passing", "scatter_reduce for all three")
def message_passing(x, edge_index, reduce):
    names = {"sum": "sum", "mean": "mean", "max": "amax"}
    if reduce not in names:
        raise ValueError(f"reduce must be one of {list(names)}")
    src, dst = edge_index[0], edge_index[1]
    index = dst.unsqueeze(-1).expand(-1, x.size(-1))
    out = torch.zeros(x.shape, dtype=x.dtype)
    return out.scatter_reduce(0, index, x[src], names[reduce], include_self=False)


@alternate("message_passing", "a dense matrix of who hears whom")
def message_passing(x, edge_index, reduce):
    if reduce not in {"sum", "mean", "max"}:
        raise ValueError(reduce)
    n = len(x)
    heard = torch.zeros(n, n, dtype=torch.bool)
    heard[edge_index[1], edge_index[0]] = True
    if reduce == "max":
        candidates = x[None].expand(n, -1, -1).masked_fill(~heard[..., None], -torch.inf)
        top = candidates.amax(dim=1)
        return torch.where(heard.any(dim=1, keepdim=True), top, torch.zeros_like(top))
    total = heard.to(x.dtype) @ x
    if reduce == "mean":
        total = total / heard.sum(1, keepdim=True).clamp_min(1)
    return total


# -------------------------------------------------------------------------------- gat_coefficients


@alternate("gat_coefficients", "one target after the other, torch's softmax")
def gat_coefficients(h, edge_index, a_src, a_dst, negative_slope=0.2):
    src, dst = edge_index
    e = F.leaky_relu(h[src] @ a_src + h[dst] @ a_dst, negative_slope=negative_slope)
    alpha = torch.zeros_like(e)
    for i in torch.unique(dst):
        alpha = torch.where(dst == i, torch.softmax(e.masked_fill(dst != i, -torch.inf), 0), alpha)
    return alpha


@alternate("gat_coefficients", "a dense masked softmax, the concatenated vector of the paper")
def gat_coefficients(h, edge_index, a_src, a_dst, negative_slope=0.2):
    j, i = edge_index
    both = torch.cat([h[j], h[i]], dim=1) @ torch.cat([a_src, a_dst])
    e = torch.where(both > 0, both, negative_slope * both)
    same = i[:, None] == i[None, :]
    return torch.exp(e - e.expand_as(same).masked_fill(~same, -torch.inf).logsumexp(dim=1))


@alternate("gat_coefficients", "PyG's softmax, with its 1e-16")
def gat_coefficients(h, edge_index, a_src, a_dst, negative_slope=0.2):
    n = h.size(0)
    alpha = (h * a_src).sum(-1)[edge_index[0]] + (h * a_dst).sum(-1)[edge_index[1]]
    alpha = F.leaky_relu(alpha, negative_slope)
    index = edge_index[1]
    top = torch.full((n,), -torch.inf, dtype=h.dtype).scatter_reduce(
        0, index, alpha.detach(), "amax"
    )
    out = (alpha - top[index]).exp()
    return out / (torch.zeros(n, dtype=h.dtype).scatter_add(0, index, out) + 1e-16)[index]


# ----------------------------------------------------------------------------------------- readout


@alternate("readout", "graph by graph")
def readout(x, batch, num_graphs):
    out = []
    for g in range(num_graphs):
        nodes = x[batch == g]
        if nodes.numel() == 0:
            out.append(torch.zeros(2 * x.shape[1], dtype=x.dtype))
        else:
            out.append(torch.cat((nodes.mean(0), nodes.max(0)[0])))
    return torch.stack(out)


@alternate("readout", "a matrix of members")
def readout(x, batch, num_graphs):
    member = F.one_hot(batch, num_graphs).T.to(x.dtype)
    size = member.sum(1, keepdim=True)
    mean = member @ x / size.clamp(min=1)
    top = x.unsqueeze(0).masked_fill(member.unsqueeze(-1) == 0, -torch.inf).amax(1)
    return torch.hstack([mean, top.masked_fill(size == 0, 0.0)])


@alternate("readout", "scatter_reduce for both")
def readout(x, batch, num_graphs):
    index = batch.view(-1, 1).repeat(1, x.size(1))
    halves = [
        torch.zeros(num_graphs, x.size(1), dtype=x.dtype).scatter_reduce(
            0, index, x, how, include_self=False
        )
        for how in ("mean", "amax")
    ]
    return torch.cat(halves, -1)


# ---------------------------------------------------------------------------------- discretize_zoh


@alternate("discretize_zoh", "the power series of both, forty terms")
def discretize_zoh(A, B, dt):
    n = A.shape[0]
    term = torch.eye(n, dtype=A.dtype)
    A_bar, integral = torch.zeros_like(term), torch.zeros_like(term)
    for k in range(1, 41):
        A_bar, integral = A_bar + term, integral + term * (dt / k)
        term = term @ A * (dt / k)
    return [A_bar, integral @ B]


@alternate("discretize_zoh", "many short steps, doubled up")
def discretize_zoh(A, B, dt):
    h, I = dt / 64, torch.eye(len(A), dtype=A.dtype)
    M = h * A
    A_bar = I + M @ (I + M / 2 @ (I + M / 3 @ (I + M / 4 @ (I + M / 5))))
    B_bar = h * (I + M / 2 @ (I + M / 3 @ (I + M / 4 @ (I + M / 5)))) @ B
    for _ in range(6):
        A_bar, B_bar = A_bar @ A_bar, A_bar @ B_bar + B_bar
    return A_bar, B_bar


@alternate("discretize_zoh", "matrix_exp twice, the integral from a block triangle")
def discretize_zoh(A, B, dt):
    n = B.shape[0]
    block = torch.zeros(2 * n, 2 * n, dtype=A.dtype)
    block[:n, :n] = A * dt
    block[:n, n:] = torch.eye(n, dtype=A.dtype) * dt
    return torch.matrix_exp(A * dt), torch.matrix_exp(block)[:n, n:].matmul(B)


# ----------------------------------------------------------------------------- discretize_bilinear


@alternate("discretize_bilinear", "one inverse for both")
def discretize_bilinear(A, B, dt):
    I = torch.eye(A.shape[0]).to(A)
    inv = torch.linalg.inv(I - A * (dt / 2.0))
    return inv @ (I + A * (dt / 2.0)), (inv @ B) * dt


@alternate("discretize_bilinear", "one solve for both, as S4's code writes it")
def discretize_bilinear(A, B, dt):
    n = len(B)
    I = torch.eye(n, dtype=A.dtype)
    right = torch.cat([I + dt / 2 * A, dt * B.reshape(n, 1)], dim=1)
    both = torch.linalg.solve(I - dt / 2 * A, right)
    return [both[:, :n], both[:, n]]


@alternate("discretize_bilinear", "twice the inverse minus one")
def discretize_bilinear(A, B, dt):
    one = torch.diag(torch.ones_like(B))
    inverse = torch.inverse(one - A * dt / 2)
    return 2 * inverse - one, inverse.mv(B * dt)


# ---------------------------------------------------------------------------------------- ssm_scan


@alternate("ssm_scan", "indices and einsum")
def ssm_scan(A_bar, B_bar, C, u, x0):
    x, ys = x0.clone(), []
    for k in range(u.shape[0]):
        x = torch.einsum("ij,j->i", A_bar, x) + B_bar * u[k]
        ys.append(torch.dot(C, x))
    return [torch.stack(ys), x]


@alternate("ssm_scan", "the states first, all outputs at the end")
def ssm_scan(A_bar, B_bar, C, u, x0):
    states = [x0]
    for v in u.unbind(0):
        states.append(A_bar.mv(states[-1]) + v * B_bar)
    return torch.stack(states[1:]) @ C, states[-1]


@alternate("ssm_scan", "columns of one")
def ssm_scan(A_bar, B_bar, C, u, x0):
    x = x0.view(-1, 1) if x0.is_contiguous() else x0.reshape(-1, 1)
    y = []
    for k in range(len(u)):
        x = A_bar @ x + B_bar.reshape(-1, 1) * u[k]
        y.append(C.reshape(1, -1) @ x)
    return torch.cat(y).reshape(-1), x.squeeze(1)


# -------------------------------------------------------------------------------------- ssm_kernel


@alternate("ssm_kernel", "matrix powers")
def ssm_kernel(A_bar, B_bar, C, length):
    return torch.stack([C @ torch.linalg.matrix_power(A_bar, k) @ B_bar for k in range(length)])


@alternate("ssm_kernel", "the reader moves instead of the state")
def ssm_kernel(A_bar, B_bar, C, length):
    rows = [C]
    while len(rows) < length:
        rows.append(rows[-1] @ A_bar)
    return torch.stack(rows).matmul(B_bar)


@alternate("ssm_kernel", "the scan of a knock")
def ssm_kernel(A_bar, B_bar, C, length):
    knock = F.one_hot(torch.tensor(0), length).to(A_bar.dtype)
    return ssm_scan(A_bar, B_bar, C, knock, torch.zeros_like(B_bar))[0]


# ------------------------------------------------------------------------------ causal_convolution


@alternate("causal_convolution", "Fourier transforms of twice the length")
def causal_convolution(u, kernel):
    L, M = u.shape[-1], kernel.shape[0]
    n = L + M - 1
    return torch.fft.irfft(torch.fft.rfft(u, n=n) * torch.fft.rfft(kernel, n=n), n=n)[..., :L]


@alternate("causal_convolution", "conv1d with a kernel turned around")
def causal_convolution(u, kernel):
    M = len(kernel)
    return F.conv1d(F.pad(u[:, None], (M - 1, 0)), kernel.flip(0)[None, None])[:, 0]


@alternate("causal_convolution", "shifted copies, added up")
def causal_convolution(u, kernel):
    L = u.shape[1]
    y = torch.zeros_like(u)
    for j in range(min(L, len(kernel))):
        y = y + kernel[j] * torch.cat([torch.zeros_like(u[:, :j]), u[:, : L - j]], dim=1)
    return y


@alternate("causal_convolution", "a triangular matrix of the kernel")
def causal_convolution(u, kernel):
    L = u.shape[1]
    k = torch.cat([kernel, kernel.new_zeros(L)])
    lag = torch.arange(L)[:, None] - torch.arange(L)[None, :]
    toeplitz = torch.where(lag >= 0, k[lag.clamp(min=0)], k.new_zeros(()))
    return u @ toeplitz.T


# ---------------------------------------------------------------------------------- selective_scan


@alternate("selective_scan", "einsum, as Mamba's reference code")
def selective_scan(u, delta, A, B, C, D):
    batch, L, E = u.shape
    decay = torch.exp(torch.einsum("bld,dn->bldn", delta, A))
    taken = torch.einsum("bld,bln,bld->bldn", delta, B, u)
    x, ys = torch.zeros(batch, E, A.shape[1], dtype=u.dtype), []
    for i in range(L):
        x = decay[:, i] * x + taken[:, i]
        ys.append(torch.einsum("bdn,bn->bd", x, C[:, i, :]))
    return torch.stack(ys, 1) + u * D


@alternate("selective_scan", "sequence by sequence, channel by channel")
def selective_scan(u, delta, A, B, C, D):
    out = []
    for b in range(u.shape[0]):
        channels = []
        for e in range(u.shape[2]):
            h, y = torch.zeros_like(A[e]), []
            for t in range(u.shape[1]):
                d = delta[b, t, e]
                h = torch.exp(d * A[e]) * h + d * u[b, t, e] * B[b, t]
                y.append(torch.dot(C[b, t], h) + D[e] * u[b, t, e])
            channels.append(torch.stack(y))
        out.append(torch.stack(channels, dim=1))
    return torch.stack(out)


@alternate("selective_scan", "no state: what each step still has of each one before")
def selective_scan(u, delta, A, B, C, D):
    since = delta.cumsum(dim=1)
    lag = since[:, :, None] - since[:, None]  # (batch, now, then, E)
    past = torch.ones(u.shape[1], u.shape[1]).tril().bool()[None, :, :, None, None]
    decay = (lag[..., None] * A).masked_fill(~past, -torch.inf).exp()
    return torch.einsum("btsen,bse,bsn,btn->bte", decay, delta * u, B, C) + D * u
