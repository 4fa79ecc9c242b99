"""What a learner might hand in.

normalized_adjacency: passed
gcn_layer: failed, bias-aggregated
message_passing: failed, max-from-zero
gat_coefficients: failed, unstable
readout: failed, empty-is-nan
discretize_zoh: error
discretize_bilinear: failed, half-in-b
ssm_scan: failed, output-before-update
ssm_kernel: failed, entrywise-power
causal_convolution: failed, fourier-too-short
selective_scan: failed, zero-order-hold
"""

import torch
import torch.nn.functional as F


def normalized_adjacency(edge_index, num_nodes, dtype=torch.float32):
    A = torch.zeros((num_nodes, num_nodes), dtype=dtype)
    A[edge_index[1], edge_index[0]] = 1
    A.fill_diagonal_(1)  # and not + eye: a loop may be there already
    d_inv_sqrt = A.sum(dim=1).pow(-0.5)
    return d_inv_sqrt[:, None] * A * d_inv_sqrt[None, :]


def gcn_layer(x, edge_index, W, b):
    h = F.linear(x, W, b)
    return normalized_adjacency(edge_index, x.shape[0], x.dtype) @ h


def message_passing(x, edge_index, reduce):
    src, dst = edge_index
    out = torch.zeros_like(x)
    idx = dst.unsqueeze(1).expand(-1, x.shape[1])
    if reduce == "sum":
        return out.scatter_add(0, idx, x[src])
    if reduce == "mean":
        return out.scatter_reduce(0, idx, x[src], reduce="mean", include_self=False)
    if reduce == "max":
        return out.scatter_reduce(0, idx, x[src], reduce="amax")
    raise ValueError(f"unknown reduce {reduce}")


def gat_coefficients(h, edge_index, a_src, a_dst, negative_slope=0.2):
    src, dst = edge_index
    e = F.leaky_relu((h @ a_src)[src] + (h @ a_dst)[dst], negative_slope)
    e = torch.exp(e)
    denom = torch.zeros(h.shape[0], dtype=h.dtype).index_add(0, dst, e)
    return e / denom[dst]


def readout(x, batch, num_graphs):
    out = []
    for g in range(num_graphs):
        nodes = x[batch == g]
        mx = nodes.max(dim=0).values if len(nodes) else torch.zeros_like(x[0])
        out.append(torch.cat([nodes.mean(dim=0), mx]))
    return torch.stack(out)


def discretize_zoh(A, B, dt):
    A_bar = torch.matrix_exp(dt * A)
    B_bar = torch.linalg.inv(A) @ (A_bar - torch.eye(A.shape[0], dtype=A.dtype)) @ B
    return A_bar, B_bar


def discretize_bilinear(A, B, dt):
    I = torch.eye(A.shape[0], dtype=A.dtype)
    inv = torch.linalg.inv(I - dt / 2 * A)
    return inv @ (I + dt / 2 * A), inv @ (dt / 2 * B)


def ssm_scan(A_bar, B_bar, C, u, x0):
    x = x0
    ys = []
    for k in range(len(u)):
        ys.append(C @ x)
        x = A_bar @ x + B_bar * u[k]
    return torch.stack(ys), x


def ssm_kernel(A_bar, B_bar, C, length):
    # TODO faster
    return torch.stack([C @ (A_bar**k) @ B_bar for k in range(length)])


def causal_convolution(u, kernel):
    n = max(u.shape[1], kernel.shape[0])
    return torch.fft.irfft(torch.fft.rfft(u, n=n) * torch.fft.rfft(kernel, n=n), n=n)[
        :, : u.shape[1]
    ]


def selective_scan(u, delta, A, B, C, D):
    batch, L, E = u.shape
    h = torch.zeros(batch, E, A.shape[1], dtype=u.dtype)
    ys = []
    for t in range(L):
        dA = torch.exp(delta[:, t].unsqueeze(-1) * A)
        dB = (dA - 1) / A * B[:, t].unsqueeze(1)
        h = dA * h + dB * u[:, t].unsqueeze(-1)
        ys.append((h * C[:, t].unsqueeze(1)).sum(-1))
    return torch.stack(ys, dim=1) + u * D
