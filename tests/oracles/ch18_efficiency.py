"""Answers by independent means: SciPy, torch's own quantization, brute force, exact fractions."""

import itertools
from fractions import Fraction

import numpy as np
import scipy.special
import torch
import torch.nn.functional as F
from torch import nn

from grader.bank import alternate

# ------------------------------------------------------------------------------- distillation_loss


class _Distilled(torch.autograd.Function):
    """SciPy's relative entropy; the student's gradient as Hinton et al. give it."""

    @staticmethod
    def forward(ctx, student, teacher, labels, temperature, alpha):
        s, t = student.double().numpy(), teacher.double().numpy()
        log_q = scipy.special.log_softmax(s / temperature, axis=1)
        log_p = scipy.special.log_softmax(t / temperature, axis=1)
        p = np.exp(log_p)
        # entr is −p log p, and gives 0 for p = 0.
        divergence = -(scipy.special.entr(p) + p * log_q).sum(axis=1)
        rows = np.arange(len(s))
        hard = -scipy.special.log_softmax(s, axis=1)[rows, labels.numpy()]
        onehot = np.eye(s.shape[1])[labels.numpy()]
        soft_slope = temperature * (np.exp(log_q) - p)
        hard_slope = scipy.special.softmax(s, axis=1) - onehot
        slope = (alpha * soft_slope + (1 - alpha) * hard_slope) / len(s)
        ctx.slope = torch.from_numpy(slope).to(student.dtype)
        loss = alpha * temperature**2 * divergence.mean() + (1 - alpha) * hard.mean()
        return torch.tensor(loss, dtype=student.dtype)

    @staticmethod
    def backward(ctx, upstream):
        return upstream * ctx.slope, None, None, None, None


@alternate("distillation_loss", "SciPy's entropies, the gradient derived on paper")
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    return _Distilled.apply(student_logits, teacher_logits.detach(), labels, temperature, alpha)


# --------------------------------------------------------------------------------- quantize_absmax


def _nearest(value, step, low, high):
    """Of all codes the one whose number is nearest in exact arithmetic, the even one of two."""
    exact = Fraction(value) / Fraction(step)
    return min(range(low, high + 1), key=lambda code: (abs(exact - code), code % 2))


@alternate("quantize_absmax", "the nearest code of all, in exact fractions")
def quantize_absmax(x, bits=8, axis=None):
    qmax = 2 ** (bits - 1) - 1
    values = x.numpy()
    q = np.zeros(values.shape, dtype=np.int8)
    shape = [1] * x.ndim if axis is not None else []
    if axis is not None:
        shape[axis] = values.shape[axis]
    scale = np.ones(shape, dtype=values.dtype)
    for place in np.ndindex(*shape):
        chosen = [slice(None)] * x.ndim
        if axis is not None:
            chosen[axis] = slice(place[axis], place[axis] + 1)
        part = values[tuple(chosen)]
        if np.any(part):
            scale[place] = np.linalg.norm(part.ravel(), np.inf) / qmax
        step = float(scale[place])
        found = [_nearest(float(one), step, -qmax, qmax) for one in part.ravel()]
        q[tuple(chosen)] = np.reshape(found, part.shape)
    return torch.from_numpy(q), torch.from_numpy(scale)


# --------------------------------------------------------------------------------- quantize_affine


@alternate("quantize_affine", "the codes of exact fractions, moved so that zero is one of them")
def quantize_affine(x, bits=8):
    qmax = 2**bits - 1
    values = x.numpy()
    ends = [Fraction(float(one)) for one in (*values.ravel(), 0.0)]
    scale = torch.tensor(1.0, dtype=x.dtype)
    if max(ends) > min(ends):
        scale = torch.tensor(float((max(ends) - min(ends)) / qmax), dtype=x.dtype)
    step = Fraction(float(scale))
    # round(Fraction) is exact, and takes the even one of two.
    point = round(-min(ends) / step)
    found = [
        min(max(round(Fraction(float(one)) / step) + point, 0), qmax) for one in values.ravel()
    ]
    q = torch.tensor(found, dtype=torch.uint8).reshape(x.shape)
    return q, scale, point


# -------------------------------------------------------------------------------------- dequantize


@alternate("dequantize", "Python's own integers")
def dequantize(q, scale, zero_point=0):
    codes = [int(code) - int(zero_point) for code in q.flatten().tolist()]
    scales = scale.expand(q.shape).double().flatten().tolist()
    numbers = [code * one for code, one in zip(codes, scales, strict=True)]
    return torch.tensor(numbers, dtype=torch.float64).reshape(q.shape).to(scale.dtype)


# ------------------------------------------------------------------------------------- int8_linear


@alternate("int8_linear", "a float linear layer of the dequantized numbers")
def int8_linear(x_q, x_scale, w_q, w_scale, bias=None):
    # NumPy's longdouble has more digits than the sums need.
    x = x_q.numpy().astype(np.longdouble) * np.longdouble(float(x_scale))
    w = w_q.numpy().astype(np.longdouble) * w_scale.double().numpy().astype(np.longdouble)
    y = np.einsum("ni,oi->no", x, w)
    if bias is not None:
        y = y + bias.double().numpy()
    return torch.from_numpy(np.asarray(y, dtype=np.float64)).to(x_scale.dtype)


# ----------------------------------------------------------------------------------- fake_quantize


class _Identity(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, bits):
        qmax = 2 ** (bits - 1) - 1
        scale = float(x.abs().max()) / qmax or 1.0
        # torch's own quantizer works in float32 alone: the codes are what is taken from it.
        stored = torch.quantize_per_tensor((x / scale).float(), 1.0, 0, torch.qint8)
        return (stored.int_repr().to(x.dtype) * scale).to(x.dtype)

    @staticmethod
    def backward(ctx, upstream):
        return upstream.clone(), None


@alternate("fake_quantize", "torch's own quantizer, and an identity for autograd")
def fake_quantize(x, bits=8):
    return _Identity.apply(x, bits)


# ------------------------------------------------------------------------------------------- route


@alternate("route", "the best of all sets of k experts, and Switch's loss summed over all choices")
def route(logits, k):
    n, num_experts = logits.shape
    p = torch.exp(logits - torch.logsumexp(logits, dim=1, keepdim=True))
    experts, weights = [], []
    for row, q in zip(logits.tolist(), p, strict=True):
        best = max(itertools.permutations(range(num_experts), k), key=lambda s: [row[e] for e in s])
        total = sum(q[e] for e in best)
        experts.append(best)
        weights.append(torch.stack([q[e] / total for e in best]))
    aux = 0
    for e in range(num_experts):
        assigned = sum(row.count(e) for row in experts)
        aux = aux + num_experts * (assigned / n) * (sum(p[:, e]) / n)
    return torch.stack(weights), torch.tensor(experts), aux


# ---------------------------------------------------------------------------------------- MoELayer


@alternate("MoELayer", "a sum over all experts with a gate that is zero for most")
class MoELayer(nn.Module):
    def __init__(self, dim, hidden, num_experts, k):
        super().__init__()
        self.count = num_experts - k
        self.router = nn.Linear(dim, num_experts, bias=False)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(dim, hidden), nn.ReLU(), nn.Linear(hidden, dim))
            for _ in range(num_experts)
        )

    def forward(self, x):
        logits = torch.einsum("bld,ed->ble", x, self.router.weight)
        # An expert is chosen if fewer than k others are above it.
        below = (logits[..., :, None] > logits[..., None, :]).sum(-1)
        gates = F.softmax(logits.masked_fill(below < self.count, -torch.inf), dim=-1)
        out = 0
        for e, expert in enumerate(self.experts):
            inner = torch.einsum("bld,hd->blh", x, expert[0].weight) + expert[0].bias
            inner = inner * (inner > 0)
            said = torch.einsum("blh,dh->bld", inner, expert[2].weight) + expert[2].bias
            out = out + gates[..., e, None] * said
        return out


# ------------------------------------------------------------------------- grouped_query_attention


@alternate("grouped_query_attention", "torch's own attention, on heads that are copied by index")
def grouped_query_attention(q, k, v, mask=None):
    heads, shared = q.shape[1], k.shape[1]
    if heads != shared * (heads // shared):
        raise ValueError("Hkv does not divide Hq")
    owner = torch.tensor([int(Fraction(h * shared, heads)) for h in range(heads)])
    return F.scaled_dot_product_attention(q, k[:, owner], v[:, owner], attn_mask=mask)


# ----------------------------------------------------------------------------- online_softmax_step


@alternate("online_softmax_step", "logarithms of sums, as log-sum-exp gives them")
def online_softmax_step(m, l, acc, scores, v):
    total = torch.logaddexp(m + l.log(), torch.logsumexp(scores, dim=1))
    highest = torch.cat([m[:, None], scores], dim=1).amax(dim=1)
    idle = highest == -torch.inf
    there = torch.where(idle, 0.0, highest)
    l_new = torch.where(idle, 0.0, (total - there).exp())
    old = (m - there).exp()
    new = (scores - there[:, None]).exp()
    summed = old[:, None] * acc + torch.einsum("ls,sv->lv", new, v)
    return highest, torch.where(l == 0, new.sum(dim=1), l_new), summed


# -------------------------------------------------------------------------------- speculative_step


@alternate("speculative_step", "acceptance in exact fractions, the tokens in a Python list")
def speculative_step(draft_tokens, draft_probs, target_probs, generator):
    u = torch.rand(len(draft_tokens), generator=generator).tolist()
    kept = []
    for place, token in enumerate(draft_tokens.tolist()):
        p, q = (Fraction(float(rows[place, token])) for rows in (target_probs, draft_probs))
        if Fraction(u[place]) * q >= p:
            break
        kept.append(token)
    wanted = target_probs[len(kept)].clone()
    if len(kept) < len(draft_tokens):
        wanted = torch.maximum(wanted, draft_probs[len(kept)]) - draft_probs[len(kept)]
    kept += torch.multinomial(wanted, 1, generator=generator).tolist()
    return torch.tensor(kept)
