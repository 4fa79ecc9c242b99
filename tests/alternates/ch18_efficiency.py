"""Right answers in other styles."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from grader.bank import alternate

# ------------------------------------------------------------------------------- distillation_loss


@alternate("distillation_loss", "torch's kl_div, with batchmean")
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    with torch.no_grad():
        targets = F.softmax(teacher_logits / temperature, dim=-1)
    soft = F.kl_div(
        F.log_softmax(student_logits / temperature, dim=-1), targets, reduction="batchmean"
    )
    return alpha * soft * temperature**2 + (1 - alpha) * F.cross_entropy(student_logits, labels)


@alternate("distillation_loss", "cross-entropies less the teacher's entropy, by logsumexp")
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    teacher = teacher_logits.detach() / temperature
    student = student_logits / temperature
    p = torch.softmax(teacher, 1)
    crossed = torch.logsumexp(student, 1) - (p * student).sum(1)
    entropy = torch.logsumexp(teacher, 1) - (p * teacher).sum(1)
    picked = student_logits.gather(1, labels[:, None])[:, 0]
    hard = (torch.logsumexp(student_logits, 1) - picked).mean()
    return torch.lerp(hard, (crossed - entropy).mean() * temperature**2, alpha)


# --------------------------------------------------------------------------------- quantize_absmax


@alternate("quantize_absmax", "the axis brought to the front, one row at a time")
def quantize_absmax(x, bits=8, axis=None):
    qmax = (1 << (bits - 1)) - 1
    if axis is None:
        most = float(x.abs().max())
        scale = torch.tensor(most / qmax if most > 0 else 1.0, dtype=x.dtype)
        return torch.clamp(torch.round(x / scale), -qmax, qmax).to(torch.int8), scale
    rows = x.movedim(axis, 0)
    pairs = [quantize_absmax(row.reshape(1, -1), bits) for row in rows]
    q = torch.stack([q.reshape(rows.shape[1:]) for q, _ in pairs]).movedim(0, axis)
    shape = [1] * x.ndim
    shape[axis] = x.shape[axis]
    return q, torch.stack([scale for _, scale in pairs]).reshape(shape)


@alternate("quantize_absmax", "through NumPy, with the extremes of both ends")
def quantize_absmax(x, bits=8, axis=None):
    qmax = 2 ** (bits - 1) - 1
    values = x.detach().numpy()
    axes = None if axis is None else tuple(set(range(x.ndim)) - {axis % x.ndim})
    keep = axis is not None
    most = np.maximum(values.max(axis=axes, keepdims=keep), -values.min(axis=axes, keepdims=keep))
    scale = np.asarray(most / qmax, dtype=values.dtype)
    scale = np.where(most == 0, np.ones_like(scale), scale)
    q = np.clip(np.rint(values / scale), -qmax, qmax).astype(np.int8)
    return [torch.from_numpy(np.ascontiguousarray(q)), torch.from_numpy(np.array(scale))]


# --------------------------------------------------------------------------------- quantize_affine


@alternate("quantize_affine", "plain Python numbers for the range, a tensor for the zero point")
def quantize_affine(x, bits=8):
    top = (1 << bits) - 1
    zero = x.new_zeros(())
    lo, hi = torch.minimum(x.min(), zero), torch.maximum(x.max(), zero)
    scale = (hi - lo) / top
    if scale == 0:
        scale = torch.ones_like(scale)
    point = torch.round(-lo / scale).long()
    q = torch.round(x / scale).long() + point
    return [torch.clamp(q, min=0, max=top).byte(), scale, point]


@alternate("quantize_affine", "zero is appended to the numbers")
def quantize_affine(x, bits=8):
    qmax = 2**bits - 1
    lo, hi = torch.cat([x.flatten(), x.new_zeros(1)]).aminmax()
    scale = torch.where(hi == lo, torch.ones_like(hi), (hi - lo) / qmax)
    point = round(float(-lo / scale))
    q = torch.empty(x.shape, dtype=torch.uint8)
    q[...] = (torch.round(x / scale).to(torch.int32) + point).clamp(0, qmax)
    return q, scale, point


# -------------------------------------------------------------------------------------- dequantize


@alternate("dequantize", "in floats from the start")
def dequantize(q, scale, zero_point=0):
    return scale * (q.to(scale.dtype) - zero_point)


@alternate("dequantize", "a table of all 256 codes")
def dequantize(q, scale, zero_point=0):
    codes = torch.arange(-128, 256, dtype=scale.dtype) - float(zero_point)
    return codes[q.long() + 128] * scale


# ------------------------------------------------------------------------------------- int8_linear


@alternate("int8_linear", "in double precision, which holds every sum")
def int8_linear(x_q, x_scale, w_q, w_scale, bias=None):
    out = F.linear(x_q.double(), w_q.double()) * (x_scale * w_scale).double().squeeze(1)
    if bias is not None:
        out = out + bias.double()
    return out.to(x_scale.dtype)


@alternate("int8_linear", "one row of weights at a time, in int32")
def int8_linear(x_q, x_scale, w_q, w_scale, bias=None):
    columns = []
    for number, row in enumerate(w_q):
        total = (x_q.int() * row.int()).sum(dim=1)
        column = total * (x_scale * w_scale[number, 0])
        columns.append(column if bias is None else column + bias[number])
    return torch.stack(columns, dim=1)


# ----------------------------------------------------------------------------------- fake_quantize


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, bits):
        q, scale = quantize_absmax_alone(x, bits)
        return q * scale

    @staticmethod
    def backward(ctx, upstream):
        return upstream, None


def quantize_absmax_alone(x, bits):
    qmax = 2 ** (bits - 1) - 1
    most = x.abs().max()
    scale = most / qmax if most > 0 else torch.ones_like(most)
    return torch.round(x / scale).clamp(-qmax, qmax), scale


@alternate("fake_quantize", "an autograd function")
def fake_quantize(x, bits=8):
    return _StraightThrough.apply(x, bits)


@alternate("fake_quantize", "the rounded values put into the data of an identity")
def fake_quantize(x, bits=8):
    with torch.no_grad():
        q, scale = quantize_absmax_alone(x, bits)
        value = q * scale
    return value + (x - x.detach())


# ------------------------------------------------------------------------------------------- route


@alternate("route", "a softmax of the chosen logits, bincount")
def route(logits, k):
    values, experts = torch.topk(logits, k, dim=1)
    weights = F.softmax(values, dim=1)
    n, num_experts = logits.shape
    load = torch.bincount(experts.flatten(), minlength=num_experts).to(logits.dtype) / n
    importance = F.softmax(logits, dim=1).mean(0)
    return weights, experts, num_experts * torch.dot(load, importance)


@alternate("route", "sorted, with a mask")
def route(logits, k):
    order = logits.argsort(dim=-1, descending=True)[:, :k]
    p = torch.exp(torch.log_softmax(logits, dim=-1))
    mask = torch.zeros_like(p).scatter(1, order, 1.0)
    p_chosen = torch.take_along_dim(p, order, dim=1)
    aux = (mask.mean(0) * p.mean(0)).sum() * logits.shape[1]
    return [p_chosen / (p * mask).sum(1, keepdim=True), order, aux]


# ---------------------------------------------------------------------------------------- MoELayer


def _choose(logits, k):
    values, experts = torch.topk(logits, k, dim=-1)
    return F.softmax(values, dim=-1), experts


@alternate("MoELayer", "every expert works on every token, and most of it is thrown away")
class MoELayer(nn.Module):
    def __init__(self, dim, hidden, num_experts, k):
        super().__init__()
        self.router = nn.Linear(dim, num_experts, bias=False)
        self.experts = nn.ModuleList(
            [
                nn.Sequential(nn.Linear(dim, hidden), nn.ReLU(), nn.Linear(hidden, dim))
                for _ in range(num_experts)
            ]
        )
        self.k = k

    def forward(self, x):
        weights, experts = _choose(self.router(x), self.k)
        gates = torch.zeros_like(self.router(x)).scatter(-1, experts, weights)
        everything = torch.stack([expert(x) for expert in self.experts], dim=-1)
        return (everything * gates.unsqueeze(-2)).sum(-1)


@alternate("MoELayer", "one token at a time, one slot at a time")
class MoELayer(nn.Module):
    def __init__(self, dim, hidden, num_experts, k):
        nn.Module.__init__(self)
        self.top = k
        self.experts = nn.ModuleList()
        for _ in range(num_experts):
            layers = [nn.Linear(dim, hidden), nn.ReLU(), nn.Linear(hidden, dim)]
            self.experts.append(nn.Sequential(*layers))
        self.router = nn.Linear(dim, num_experts, bias=False)

    def forward(self, x):
        sentences = []
        for sentence in x:
            words = []
            for token in sentence:
                weights, experts = _choose(self.router(token), self.top)
                said = [self.experts[int(e)](token) for e in experts]
                words.append(sum(w * one for w, one in zip(weights, said, strict=True)))
            sentences.append(torch.stack(words))
        return torch.stack(sentences)


# ------------------------------------------------------------------------- grouped_query_attention


@alternate("grouped_query_attention", "an axis of groups, with einsum")
def grouped_query_attention(q, k, v, mask=None):
    b, hq, length, d = q.shape
    hkv, keys = k.shape[1:3]
    if hq % hkv != 0:
        raise ValueError("the number of key heads must divide the number of query heads")
    grouped = q.reshape(b, hkv, hq // hkv, length, d)
    scores = torch.einsum("bgrld,bgsd->bgrls", grouped, k) / math.sqrt(d)
    if mask is not None:
        mask = mask.expand(b, hq, length, keys).reshape(scores.shape)
        scores = torch.where(mask, scores, torch.finfo(scores.dtype).min)
    weights = torch.softmax(scores, dim=-1)
    return torch.einsum("bgrls,bgsv->bgrlv", weights, v).reshape(b, hq, length, v.shape[-1])


@alternate("grouped_query_attention", "one head at a time, masked by an addition")
def grouped_query_attention(q, k, v, mask=None):
    heads, shared = q.size(1), k.size(1)
    if heads % shared:
        raise ValueError(f"{shared} does not divide {heads}")
    shape = (q.size(0), heads, q.size(2), k.size(2))
    bias = q.new_zeros(shape)
    if mask is not None:
        bias = bias.masked_fill(mask.logical_not(), float("-inf"))
    outputs = []
    for h in range(heads):
        g = h // (heads // shared)
        scores = (q[:, h] * q.size(-1) ** -0.5) @ k[:, g].mT + bias[:, h]
        outputs.append(F.softmax(scores, -1) @ v[:, g])
    return torch.stack(outputs, dim=1)


# ----------------------------------------------------------------------------- online_softmax_step


@alternate("online_softmax_step", "the state as one more key")
def online_softmax_step(m, l, acc, scores, v):
    both = torch.cat([m[:, None], scores], dim=1)
    highest = both.max(dim=1).values
    empty = highest == float("-inf")
    weights = torch.exp(both - highest.masked_fill(empty, 0.0)[:, None])
    old, new = weights[:, 0], weights[:, 1:]
    return highest, old * l + new.sum(1), old[:, None] * acc + new.mm(v)


@alternate("online_softmax_step", "row by row; nothing to do where all is hidden")
def online_softmax_step(m, l, acc, scores, v):
    states = []
    for row in range(len(m)):
        seen = scores[row] > -math.inf
        if not seen.any():
            states.append((m[row], l[row], acc[row]))
            continue
        s, values = scores[row][seen], v[seen]
        top = s.max()
        if m[row] == -math.inf:
            p = (s - top).exp()
            states.append((top, p.sum(), p @ values))
            continue
        top = torch.max(top, m[row])
        p, keep = (s - top).exp(), (m[row] - top).exp()
        states.append((top, keep * l[row] + p.sum(), keep * acc[row] + p @ values))
    return [torch.stack(parts) for parts in zip(*states, strict=True)]


# -------------------------------------------------------------------------------- speculative_step


@alternate("speculative_step", "a loop that returns at the first rejection")
def speculative_step(draft_tokens, draft_probs, target_probs, generator):
    uniform = torch.rand(len(draft_tokens), generator=generator)
    kept = []
    for i, token in enumerate(draft_tokens.tolist()):
        if uniform[i] < target_probs[i, token] / draft_probs[i, token]:
            kept.append(token)
            continue
        residual = torch.relu(target_probs[i] - draft_probs[i])
        residual = residual / residual.sum()
        kept.append(torch.multinomial(residual, 1, generator=generator).item())
        return torch.tensor(kept)
    kept.append(torch.multinomial(target_probs[-1], 1, generator=generator).item())
    return torch.tensor(kept, dtype=torch.int64)


@alternate("speculative_step", "the first rejection by argmax, drafts padded by a row of zeros")
def speculative_step(draft_tokens, draft_probs, target_probs, generator):
    k = draft_tokens.numel()
    u = torch.rand(k, generator=generator)
    p = target_probs[:-1].gather(1, draft_tokens[:, None]).squeeze(1)
    q = draft_probs.gather(1, draft_tokens[:, None]).squeeze(1)
    rejected = torch.cat([u >= p / q, torch.tensor([True])])
    n = rejected.int().argmax()
    padded = F.pad(draft_probs, (0, 0, 0, 1))
    rest = torch.where(target_probs[n] > padded[n], target_probs[n] - padded[n], 0.0)
    return torch.hstack([draft_tokens[:n], torch.multinomial(rest, 1, generator=generator)])
