"""What a learner might hand in.

causal_mask: failed, diagonal-hidden
padding_mask: error, lengths-as-a-row
scaled_dot_product_attention: error, transposes-all-axes
split_heads: error
merge_heads: error
MultiHeadAttention: error
sinusoidal_positions: failed
relative_bias: failed, zero-beyond-the-table
apply_rope: failed
attend_with_cache: failed
"""

import math
import torch
from torch import nn


def causal_mask(length):
    mask = torch.ones(length, length)
    for i in range(length):
        for j in range(i, length):
            mask[i, j] = 0
    return mask.bool()


def padding_mask(lengths, max_length):
    return torch.arange(max_length) < lengths


def scaled_dot_product_attention(q, k, v, mask=None):
    scores = q @ k.T / math.sqrt(k.shape[-1])
    if mask:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = torch.softmax(scores, dim=-1)
    return weights @ v, weights


def split_heads(x, num_heads):
    B, L, D = x.shape
    return x.view(B, L, D / num_heads, num_heads).transpose(1, 2)


def merge_heads(x):
    B, H, L, d = x.shape
    return x.transpose(1, 2).view(B, L, H * d)


class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads, bias=True):
        self.num_heads = num_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def forward(self, query, key=None, value=None, mask=None):
        q = split_heads(self.q_proj(query), self.num_heads)
        k = split_heads(self.k_proj(key), self.num_heads)
        v = split_heads(self.v_proj(value), self.num_heads)
        out = scaled_dot_product_attention(q, k, v, mask)
        return self.out_proj(merge_heads(out))


def sinusoidal_positions(length, d_model):
    table = torch.zeros(length, d_model)
    for p in range(length):
        for i in range(0, d_model, 2):
            table[p, i] = math.sin(p / 10000 ** (i / d_model))
            table[p, i + 1] = math.cos(p / 10000 ** ((i + 1) // d_model))
    return table


def relative_bias(table, length):
    m = table.shape[1] // 2
    bias = torch.zeros(table.shape[0], length, length)
    for i in range(length):
        for j in range(length):
            if abs(j - i) <= m:
                bias[:, i, j] = table[:, j - i + m]
    return bias


def apply_rope(x, positions, base=10000.0):
    d = x.shape[-1]
    out = torch.zeros(x.shape)
    for i in range(d // 2):
        a = positions * base ** (-2 * i / d)
        out[..., 2*i] = x[..., 2*i] * torch.cos(a) - x[..., 2*i+1] * torch.sin(a)
        out[..., 2*i+1] = x[..., 2*i] * torch.sin(a) + x[..., 2*i+1] * torch.sin(a)
    return out


def attend_with_cache(q, k, v, cache):
    if cache is not None:
        k = torch.cat([cache[0], k], dim=2)
        v = torch.cat([cache[1], v], dim=2)
    mask = causal_mask(k.shape[2])[:q.shape[2]]
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    scores = scores.masked_fill(mask == 0, -1e9)
    return torch.softmax(scores, dim=-1) @ v, [k, v]
