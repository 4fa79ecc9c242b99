"""The same answers by independent means: SciPy, quadrature, differential equations, brute force."""

import itertools

import numpy as np
import scipy.integrate
import scipy.linalg
import scipy.signal
import scipy.sparse
import torch

from grader.bank import alternate


@alternate("normalized_adjacency", "SciPy's sparse matrices")
def normalized_adjacency(edge_index, num_nodes, dtype=torch.float32):
    source, target = edge_index.numpy()
    ones = np.ones(len(source))
    listed = scipy.sparse.coo_array((ones, (target, source)), shape=(num_nodes, num_nodes))
    with_loops = ((listed + scipy.sparse.eye_array(num_nodes)) > 0).astype(float)
    degrees = np.asarray(with_loops.sum(axis=1)).ravel()
    roots = scipy.sparse.diags_array(degrees**-0.5)
    return torch.tensor((roots @ with_loops @ roots).toarray(), dtype=dtype)


@alternate("gcn_layer", "a Kronecker product on the flattened features")
def gcn_layer(x, edge_index, W, b):
    matrix = torch.from_numpy(_weights(edge_index, len(x))).to(x.dtype)
    flat = torch.kron(matrix, W.contiguous()) @ x.reshape(-1)
    return flat.reshape(len(x), len(W)) + b


def _weights(edge_index, n):
    """Kipf and Welling's weight of every pair, from sets of neighbours."""
    heard = [{i} | {int(j) for j, k in edge_index.T if int(k) == i} for i in range(n)]
    weights = np.zeros((n, n))
    for i, j in itertools.product(range(n), repeat=2):
        if j in heard[i]:
            weights[i, j] = 1 / np.sqrt(len(heard[i]) * len(heard[j]))
    return weights


class _Reduced(torch.autograd.Function):
    """Messages in NumPy; the gradient goes back to whoever took part."""

    @staticmethod
    def forward(ctx, x, edge_index, reduce):
        values = x.numpy()
        n, features = values.shape
        shares = np.zeros((n, n, features))
        for i, f in itertools.product(range(n), range(features)):
            heard = [int(j) for j, k in edge_index.T if int(k) == i]
            if reduce == "max" and heard:
                heard = [max(heard, key=lambda j, f=f: values[j, f])]
            for j in heard:
                shares[i, j, f] = 1 / len(heard) if reduce == "mean" else 1
        ctx.shares = torch.from_numpy(shares).to(x.dtype)
        return torch.einsum("ijf,jf->if", ctx.shares, x)

    @staticmethod
    def backward(ctx, upstream):
        return torch.einsum("ijf,if->jf", ctx.shares, upstream), None, None


@alternate("message_passing", "brute force, the gradient by hand")
def message_passing(x, edge_index, reduce):
    if reduce not in ("sum", "mean", "max"):
        raise ValueError("unknown reduction")
    return _Reduced.apply(x, edge_index, reduce)


@alternate("gat_coefficients", "one over a sum of exponentials of differences")
def gat_coefficients(h, edge_index, a_src, a_dst, negative_slope=0.2):
    pairs = [(h[j] * a_src).sum() + (h[i] * a_dst).sum() for j, i in edge_index.T]
    scores = [torch.maximum(z, 0 * z) + negative_slope * torch.minimum(z, 0 * z) for z in pairs]
    targets = edge_index[1].tolist()
    found = []
    for mine, target in zip(scores, targets, strict=True):
        rivals = [s for s, other in zip(scores, targets, strict=True) if other == target]
        found.append(torch.exp(-torch.stack([s - mine for s in rivals]).logsumexp(dim=0)))
    return torch.stack(found) if found else h.new_zeros(0)


@alternate("readout", "padded graphs, NaN where nobody is")
def readout(x, batch, num_graphs):
    halves = []
    for graph in range(num_graphs):
        member = (batch == graph)[:, None]
        padded = torch.where(member, x, torch.full_like(x, torch.nan))
        mean = padded.nanmean(dim=0).nan_to_num() if member.any() else torch.zeros_like(x[0])
        top = torch.where(member, x, torch.full_like(x, -torch.inf)).max(dim=0).values
        halves.append(torch.cat([mean, torch.where(member.any(), top, torch.zeros_like(top))]))
    return torch.stack(halves)


class _Held(torch.autograd.Function):
    """SciPy's expm and quadrature; gradients from expm's Fréchet derivative of Van Loan's block."""

    @staticmethod
    def forward(ctx, A, B, dt):
        a, b = A.double().numpy(), B.double().numpy()
        ctx.system, ctx.dt, ctx.dtype = (a, b), dt, A.dtype
        integral, _ = scipy.integrate.quad_vec(lambda s: scipy.linalg.expm(s * a) @ b, 0, dt)
        return torch.tensor(scipy.linalg.expm(dt * a)).to(A), torch.tensor(integral).to(A)

    @staticmethod
    def backward(ctx, up_A, up_B):
        (a, b), n = ctx.system, len(ctx.system[1])
        block, upstream = np.zeros((n + 1, n + 1)), np.zeros((n + 1, n + 1))
        block[:n, :n], block[:n, n] = ctx.dt * a, ctx.dt * b
        upstream[:n, :n], upstream[:n, n] = up_A.double().numpy(), up_B.double().numpy()
        # The adjoint of the Fréchet derivative at M is the derivative at M transposed.
        back = ctx.dt * scipy.linalg.expm_frechet(block.T, upstream, compute_expm=False)
        grad_A, grad_B = (torch.tensor(part).to(ctx.dtype) for part in (back[:n, :n], back[:n, n]))
        return grad_A, grad_B, None


@alternate("discretize_zoh", "SciPy's expm and quadrature of the integral")
def discretize_zoh(A, B, dt):
    return _Held.apply(A, B, dt)


@alternate("discretize_bilinear", "the inverse by Newton's iteration")
def discretize_bilinear(A, B, dt):
    one = torch.eye(len(B), dtype=A.dtype)
    left = one - A * dt / 2
    sums = left.detach().abs()
    inverse = left.T / (sums.sum(dim=0).max() * sums.sum(dim=1).max())
    for _ in range(30):
        inverse = inverse @ (2 * one - left @ inverse)
    return inverse @ (one + A * dt / 2), inverse @ B * dt


@alternate("ssm_scan", "all states at once, from one large linear system")
def ssm_scan(A_bar, B_bar, C, u, x0):
    n, length = len(x0), len(u)
    one = torch.eye(length, dtype=u.dtype)
    before = torch.diag(torch.ones(length - 1, dtype=u.dtype), -1)
    system = torch.kron(one, torch.eye(n, dtype=u.dtype)) - torch.kron(before, A_bar.contiguous())
    right = u[:, None] * B_bar + one[:, :1] * (A_bar @ x0)
    states = torch.linalg.solve(system, right.reshape(-1)).reshape(length, n)
    return states @ C, states[-1]


@alternate("ssm_kernel", "SciPy's impulse response, gradients by hand")
def ssm_kernel(A_bar, B_bar, C, length):
    return _Impulse.apply(A_bar, B_bar, C, length)


class _Impulse(torch.autograd.Function):
    """dimpulse has nothing at time 0, since its output looks at the old state: one step further."""

    @staticmethod
    def forward(ctx, A_bar, B_bar, C, length):
        ctx.save_for_backward(A_bar, B_bar, C)
        a, b, c = (part.double().numpy() for part in (A_bar, B_bar, C))
        system = (a, b[:, None], c[None], np.zeros((1, 1)), 1.0)
        _, (answer,) = scipy.signal.dimpulse(system, n=length + 1)
        return torch.tensor(answer[1:, 0]).to(C.dtype)

    @staticmethod
    def backward(ctx, upstream):
        A_bar, B_bar, C = ctx.saved_tensors
        powers = [torch.eye(len(C), dtype=C.dtype)]
        for _ in upstream[1:]:
            powers.append(powers[-1] @ A_bar)
        grad_A = torch.zeros_like(A_bar)
        for k, up in enumerate(upstream):
            for i in range(k):
                left, right = powers[i].T @ C, powers[k - 1 - i] @ B_bar
                grad_A = grad_A + up * torch.outer(left, right)
        weighed = sum(up * power for up, power in zip(upstream, powers, strict=True))
        return grad_A, weighed.T @ C, weighed @ B_bar, None


class _Filtered(torch.autograd.Function):
    """SciPy's filter, forwards for the answer and backwards for the gradients."""

    @staticmethod
    def forward(ctx, u, kernel):
        ctx.save_for_backward(u, kernel)
        answer = scipy.signal.lfilter(kernel.numpy(), [1.0], u.numpy(), axis=1)
        return torch.from_numpy(answer).to(u.dtype)

    @staticmethod
    def backward(ctx, upstream):
        u, kernel = (part.numpy() for part in ctx.saved_tensors)
        up = upstream.numpy()
        grad_u = scipy.signal.lfilter(kernel, [1.0], up[:, ::-1], axis=1)[:, ::-1].copy()
        length = u.shape[1]
        grad_kernel = np.zeros_like(kernel)
        for row, back in zip(u, up, strict=True):
            found = scipy.signal.correlate(back, row, "full")[length - 1 :][: len(kernel)]
            grad_kernel[: len(found)] += found
        return torch.from_numpy(grad_u), torch.from_numpy(grad_kernel)


@alternate("causal_convolution", "SciPy's linear filter, gradients by correlation")
def causal_convolution(u, kernel):
    return _Filtered.apply(u, kernel)


@alternate("selective_scan", "all states at once, from one triangular system for each channel")
def selective_scan(u, delta, A, B, C, D):
    length = u.shape[1]
    decay = torch.exp(delta[..., None] * A)  # (batch, L, E, N)
    taken = (delta * u)[..., None] * B[:, :, None]
    rows = decay.permute(0, 2, 3, 1)
    one = torch.eye(length, dtype=u.dtype)
    before = torch.diag(torch.ones(length - 1, dtype=u.dtype), -1)
    system = one - rows[..., None] * before
    states = torch.linalg.solve_triangular(
        system, taken.permute(0, 2, 3, 1)[..., None], upper=False
    )[..., 0]
    return torch.einsum("benl,bln->ble", states, C) + D * u
