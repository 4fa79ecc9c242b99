"""Right answers in other styles."""

import math

import ch08_attention as reference
import numpy as np
import torch
from torch import nn

from grader.bank import alternate


@alternate("causal_mask", "a comparison of positions")
def causal_mask(length):
    positions = torch.arange(length)
    return positions[:, None] >= positions[None, :]


@alternate("causal_mask", "the upper triangle, negated")
def causal_mask(length):
    return ~torch.triu(torch.ones((length, length)), diagonal=1).bool()


@alternate("causal_mask", "filled in row by row")
def causal_mask(length):
    mask = torch.zeros((length, length), dtype=torch.bool)
    for row in range(length):
        mask[row, : row + 1] = True
    return mask


@alternate("causal_mask", "through NumPy")
def causal_mask(length):
    return torch.from_numpy(np.tri(length, dtype=bool))


@alternate("padding_mask", "filled in row by row")
def padding_mask(lengths, max_length):
    mask = torch.zeros(len(lengths), max_length, dtype=torch.bool)
    for row, length in enumerate(lengths):
        mask[row, :length] = True
    return mask


@alternate("padding_mask", "Python lists")
def padding_mask(lengths, max_length):
    return torch.tensor([[s < n for s in range(max_length)] for n in lengths.tolist()])


@alternate("padding_mask", "positions expanded, one minus a comparison")
def padding_mask(lengths, max_length):
    positions = torch.arange(max_length).unsqueeze(0).expand(lengths.size(0), -1)
    return ~torch.ge(positions, lengths.unsqueeze(1))


@alternate("scaled_dot_product_attention", "one row at a time, over the visible keys only")
def scaled_dot_product_attention(q, k, v, mask=None):
    lead, keys = q.shape[:-2], k.shape[-2]
    shape = (*q.shape[:-1], keys)
    mask = torch.ones(shape, dtype=torch.bool) if mask is None else mask.expand(shape)
    blocks = [part.reshape(-1, *part.shape[-2:]) for part in (q, k, v, mask)]
    outputs, rows = [], []
    for q1, k1, v1, mask1 in zip(*blocks, strict=True):
        for query, visible in zip(q1, mask1, strict=True):
            index = visible.nonzero().flatten()
            row = query.new_zeros(keys)
            if len(index):
                row = row.index_put(
                    (index,), torch.softmax(k1[index] @ query / math.sqrt(len(query)), 0)
                )
            rows.append(row)
            outputs.append(row @ v1)
    length = q.shape[-2]
    output = torch.stack(outputs).reshape(*lead, length, v.shape[-1])
    return output, torch.stack(rows).reshape(*lead, length, keys)


@alternate("scaled_dot_product_attention", "einsum, both sides scaled, -1e9, softmax by hand")
def scaled_dot_product_attention(q, k, v, mask=None):
    root = q.size(-1) ** 0.25
    scores = torch.einsum("...ld,...sd->...ls", q / root, k / root)
    if mask is not None:
        scores = torch.where(mask, scores, -1e9)
    e = torch.exp(scores - scores.max(dim=-1, keepdim=True).values)
    if mask is not None:
        e = e * mask
    weights = e / e.sum(dim=-1, keepdim=True).clamp(min=1e-30)
    return torch.einsum("...ls,...sv->...lv", weights, v), weights


@alternate("scaled_dot_product_attention", "minus infinity, then NaN replaced")
def scaled_dot_product_attention(q, k, v, mask=None):
    d_k = q.shape[-1]
    scores = torch.matmul(q * d_k**-0.5, k.mT)
    if mask is None:
        mask = torch.ones((), dtype=torch.bool)
    scores = scores.masked_fill(mask.logical_not(), float("-inf"))
    weights = torch.nn.functional.softmax(scores, dim=-1).nan_to_num(0.0)
    return torch.matmul(weights, v), weights


@alternate("scaled_dot_product_attention", "minus infinity, only in rows that see something")
def scaled_dot_product_attention(q, k, v, mask=None):
    scores = torch.div(torch.matmul(q, torch.transpose(k, -1, -2)), np.sqrt(k.shape[-1]))
    if mask is None:
        weights = scores.softmax(-1)
        return weights @ v, weights
    somewhere = mask.any(dim=-1, keepdim=True)
    scores = scores.masked_fill(~mask & somewhere, -torch.inf)
    weights = scores.softmax(-1) * somewhere
    return weights @ v, weights


@alternate("scaled_dot_product_attention", "a mask that is added, softmax in float32")
def scaled_dot_product_attention(q, k, v, mask=None):
    scores = (q @ k.transpose(-1, -2)) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores + (~mask).to(scores.dtype) * torch.finfo(torch.float32).min
    weights = torch.softmax(scores, dim=-1, dtype=torch.float32).to(q.dtype)
    if mask is not None:
        weights = weights * mask.any(dim=-1, keepdim=True).to(q.dtype)
    return weights @ v, weights


@alternate("scaled_dot_product_attention", "log-sum-exp, keys read one after the other")
def scaled_dot_product_attention(q, k, v, mask=None):
    shape = (*q.shape[:-1], k.shape[-2])
    mask = torch.ones(shape, dtype=torch.bool) if mask is None else mask.expand(shape)
    columns = [(q * k[..., s : s + 1, :]).sum(dim=-1) for s in range(k.shape[-2])]
    scores = torch.stack(columns, dim=-1) / q.shape[-1] ** 0.5
    scores = scores.masked_fill(~mask, -1e30)
    weights = torch.exp(scores - torch.logsumexp(scores, dim=-1, keepdim=True)) * mask
    output = sum(weights[..., s, None] * v[..., s, None, :] for s in range(k.shape[-2]))
    return output, weights


@alternate("split_heads", "slices, stacked")
def split_heads(x, num_heads):
    width = x.shape[-1] // num_heads
    return torch.stack([x[..., h * width : (h + 1) * width] for h in range(num_heads)], dim=1)


@alternate("split_heads", "view and permute")
def split_heads(x, num_heads):
    batch, length, d_model = x.shape
    return x.view(batch, length, num_heads, d_model // num_heads).permute(0, 2, 1, 3).contiguous()


@alternate("split_heads", "one token at a time")
def split_heads(x, num_heads):
    batch, length, d_model = x.shape
    heads = x.new_zeros(batch, num_heads, length, d_model // num_heads)
    for position in range(length):
        heads[:, :, position] = x[:, position].reshape(batch, num_heads, -1)
    return heads


@alternate("merge_heads", "concatenation")
def merge_heads(x):
    return torch.cat([x[:, h] for h in range(x.shape[1])], dim=-1)


@alternate("merge_heads", "contiguous and view")
def merge_heads(x):
    batch, num_heads, length, width = x.size()
    return x.permute(0, 2, 1, 3).contiguous().view(batch, length, num_heads * width)


@alternate("merge_heads", "unbind and hstack")
def merge_heads(x):
    return torch.stack([torch.hstack(sample.unbind(0)) for sample in x])


@alternate("MultiHeadAttention", "one projection of all weights, heads in the batch, bmm")
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads, bias=True):
        super().__init__()
        self.d_head, rest = divmod(d_model, num_heads)
        if rest:
            raise ValueError("d_model must be divisible by num_heads")
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            self.add_module(name, nn.Linear(d_model, d_model, bias))

    def forward(self, query, key=None, value=None, mask=None):
        key = query if key is None else key
        value = key if value is None else value
        batch, length, d_model = query.shape
        keys, heads = key.shape[1], d_model // self.d_head

        def flat(x, steps):
            x = x.reshape(batch, steps, heads, self.d_head).permute(0, 2, 1, 3)
            return x.reshape(batch * heads, steps, self.d_head)

        q = flat(self.q_proj(query) / math.sqrt(self.d_head), length)
        k, v = flat(self.k_proj(key), keys), flat(self.v_proj(value), keys)
        scores = torch.bmm(q, k.transpose(1, 2))
        if mask is None:
            weights = scores.softmax(-1)
        else:
            mask = mask.expand(batch, heads, length, keys).reshape(batch * heads, length, keys)
            weights = scores.masked_fill(~mask, -1e9).softmax(-1) * mask
        output = torch.bmm(weights, v).reshape(batch, heads, length, self.d_head)
        return self.out_proj(output.transpose(1, 2).reshape(batch, length, d_model))


@alternate("MultiHeadAttention", "one head after the other, weights in slices")
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads, bias=True):
        super().__init__()
        if d_model % num_heads != 0:
            raise ValueError
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        self.num_heads = num_heads

    def forward(self, query, key=None, value=None, mask=None):
        if key is None:
            key = query
        if value is None:
            value = key
        projected = [self.q_proj(query), self.k_proj(key), self.v_proj(value)]
        parts = [part.chunk(self.num_heads, dim=-1) for part in projected]
        shape = (query.shape[0], self.num_heads, query.shape[1], key.shape[1])
        full = torch.ones(shape, dtype=torch.bool) if mask is None else mask.expand(shape)
        heads = [
            reference.scaled_dot_product_attention(q, k, v, full[:, h])[0]
            for h, (q, k, v) in enumerate(zip(*parts, strict=True))
        ]
        return self.out_proj(torch.cat(heads, dim=-1))


@alternate("MultiHeadAttention", "einsum over the weights themselves")
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads, bias=True):
        super().__init__()
        self.heads = num_heads
        if d_model // num_heads * num_heads != d_model:
            raise ValueError(f"{d_model} / {num_heads}")
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (
            nn.Linear(d_model, d_model, bias=bias) for _ in range(4)
        )

    def heads_of(self, layer, x):
        weight = layer.weight.unflatten(0, (self.heads, -1))
        heads = torch.einsum("btd,hed->bhte", x, weight)
        if layer.bias is not None:
            heads = heads + layer.bias.view(self.heads, 1, -1)
        return heads

    def forward(self, query, key=None, value=None, mask=None):
        key = key if key is not None else query
        value = value if value is not None else key
        q, k = self.heads_of(self.q_proj, query), self.heads_of(self.k_proj, key)
        v = self.heads_of(self.v_proj, value)
        scores = torch.einsum("bhle,bhse->bhls", q, k) * q.shape[-1] ** -0.5
        if mask is not None:
            scores = torch.where(mask, scores, torch.finfo(scores.dtype).min / 2)
        weights = torch.softmax(scores, dim=-1)
        if mask is not None:
            weights = torch.where(mask, weights, 0.0)
        out = self.out_proj.weight.unflatten(1, (self.heads, -1))
        output = torch.einsum("bhls,bhse,dhe->bld", weights, v, out)
        return output if self.out_proj.bias is None else output + self.out_proj.bias


@alternate("sinusoidal_positions", "two strided assignments, exp of a logarithm")
def sinusoidal_positions(length, d_model):
    table = torch.zeros(length, d_model)
    position = torch.arange(0, length).float().unsqueeze(1)
    step = torch.exp(torch.arange(0, d_model, 2).float() * -(math.log(10000.0) / d_model))
    table[:, 0::2] = torch.sin(position * step)
    table[:, 1::2] = torch.cos(position * step)
    return table


@alternate("sinusoidal_positions", "entry by entry")
def sinusoidal_positions(length, d_model):
    table = torch.empty(length, d_model)
    for p in range(length):
        for i in range(0, d_model, 2):
            angle = p / math.pow(10000, i / d_model)
            table[p, i], table[p, i + 1] = math.sin(angle), math.cos(angle)
    return table


@alternate("sinusoidal_positions", "NumPy, cosines as shifted sines")
def sinusoidal_positions(length, d_model):
    column = np.arange(d_model)
    angles = np.outer(np.arange(length), 10000.0 ** (-(column // 2 * 2) / d_model))
    table = np.sin(angles + (column % 2) * np.pi / 2)
    return torch.tensor(table, dtype=torch.get_default_dtype())


@alternate("relative_bias", "entry by entry")
def relative_bias(table, length):
    m = (table.shape[1] - 1) // 2
    rows = [
        torch.stack([table[:, max(-m, min(m, j - i)) + m] for j in range(length)], dim=-1)
        for i in range(length)
    ]
    return torch.stack(rows, dim=1)


@alternate("relative_bias", "the table, its ends repeated, read through a sliding window")
def relative_bias(table, length):
    m = (table.shape[1] - 1) // 2
    line = [table[:, :1].expand(-1, length), table, table[:, -1:].expand(-1, length)]
    line = torch.cat(line, dim=1)[:, m + 1 : m + 2 * length]
    return line.unfold(1, length, 1).flip(1)


@alternate("relative_bias", "index_select")
def relative_bias(table, length):
    heads, columns = table.size()
    distance = torch.arange(length).view(1, -1) - torch.arange(length).view(-1, 1)
    index = torch.clip(distance + columns // 2, 0, columns - 1)
    return table.index_select(1, index.reshape(-1)).view(heads, length, length)


@alternate("apply_rope", "complex numbers, angles in float32")
def apply_rope(x, positions, base=10000.0):
    d = x.shape[-1]
    frequencies = 1.0 / (base ** (torch.arange(0, d, 2).float() / d))
    turn = torch.polar(
        torch.ones(len(positions), d // 2), torch.outer(positions.float(), frequencies)
    )
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2).contiguous())
    return torch.view_as_real(pairs * turn).flatten(-2).type_as(x)


@alternate("apply_rope", "neighbours swapped and signed, angles repeated")
def apply_rope(x, positions, base=10000.0):
    d = x.shape[-1]
    frequencies = torch.exp(-math.log(base) * torch.arange(0, d, 2) / d)
    angles = (positions.unsqueeze(-1) * frequencies).repeat_interleave(2, dim=-1)
    swapped = torch.stack([-x[..., 1::2], x[..., ::2]], dim=-1).reshape(x.shape)
    return x * angles.cos().to(x) + swapped * angles.sin().to(x)


@alternate("apply_rope", "one rotation matrix for each pair")
def apply_rope(x, positions, base=10000.0):
    rows = []
    for row, position in enumerate(positions.tolist()):
        pairs = []
        for i in range(x.shape[-1] // 2):
            a = position / base ** (2 * i / x.shape[-1])
            turn = [[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]]
            pairs.append(x[..., row, 2 * i : 2 * i + 2] @ torch.tensor(turn, dtype=x.dtype))
        rows.append(torch.cat(pairs, dim=-1))
    return torch.stack(rows, dim=-2)


@alternate("apply_rope", "written into a new tensor")
def apply_rope(x, positions, base=10000.0):
    half = torch.arange(x.shape[-1] // 2)
    theta = torch.tensor(float(base), dtype=torch.float64) ** (-2.0 * half / x.shape[-1])
    angle = torch.einsum("l,i->li", positions.double(), theta)
    out = torch.empty_like(x)
    out[..., 0::2] = x[..., 0::2] * angle.cos() - x[..., 1::2] * angle.sin()
    out[..., 1::2] = x[..., 0::2] * angle.sin() + x[..., 1::2] * angle.cos()
    return out


@alternate("attend_with_cache", "one new token after the other, no mask")
def attend_with_cache(q, k, v, cache):
    outputs = []
    for t in range(q.shape[2]):
        new_k, new_v = k[:, :, t : t + 1], v[:, :, t : t + 1]
        if cache is None:
            cache = (new_k, new_v)
        else:
            cache = (torch.cat((cache[0], new_k), 2), torch.cat((cache[1], new_v), 2))
        scores = q[:, :, t : t + 1] @ cache[0].mT / q.shape[-1] ** 0.5
        outputs.append(scores.softmax(-1) @ cache[1])
    return torch.cat(outputs, dim=2), cache


@alternate("attend_with_cache", "positions compared, a list for the pair")
def attend_with_cache(q, k, v, cache):
    past = 0
    if cache:
        past_k, past_v = cache
        past = past_k.size(2)
        k, v = torch.cat([past_k, k], dim=2), torch.cat([past_v, v], dim=2)
    query_positions = past + torch.arange(q.size(2))
    hidden = torch.arange(k.size(2))[None, :] > query_positions[:, None]
    scores = torch.einsum("bhtd,bhsd->bhts", q, k).div(math.sqrt(q.size(3)))
    weights = scores.masked_fill(hidden, float("-inf")).softmax(dim=-1)
    return torch.einsum("bhts,bhsd->bhtd", weights, v), [k, v]


@alternate("attend_with_cache", "a new buffer for every call")
def attend_with_cache(q, k, v, cache):
    batch, heads, new, width = q.shape
    past = 0 if cache is None else cache[0].shape[2]
    keys, values = (part.new_empty(batch, heads, past + new, width) for part in (k, v))
    if cache is not None:
        keys[:, :, :past], values[:, :, :past] = cache
    keys[:, :, past:], values[:, :, past:] = k, v
    bias = torch.full((new, past + new), float("-inf"), dtype=q.dtype).triu(past + 1)
    weights = torch.softmax(q @ keys.transpose(2, 3) / width**0.5 + bias, dim=-1)
    return weights @ values, (keys, values)


@alternate("attend_with_cache", "old and new keys in two softmax parts")
def attend_with_cache(q, k, v, cache):
    new = q.shape[2]
    causal = torch.ones(new, new, dtype=torch.bool).tril()
    recent = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(~causal, -torch.inf)
    if cache is None:
        return recent.softmax(-1) @ v, (k, v)
    old_k, old_v = cache
    distant = q @ old_k.mT / q.shape[-1] ** 0.5
    top = torch.maximum(distant.amax(-1, keepdim=True), recent.amax(-1, keepdim=True)).detach()
    distant, recent = (distant - top).exp(), (recent - top).exp()
    total = distant.sum(-1, keepdim=True) + recent.sum(-1, keepdim=True)
    output = (distant @ old_v + recent @ v) / total
    return output, (torch.cat([old_k, k], 2), torch.cat([old_v, v], 2))
