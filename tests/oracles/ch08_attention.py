"""The same answers by independent means: torch's own layers, SciPy, definitions in plain loops."""

import cmath
import itertools

import numpy as np
import scipy.linalg
import torch
from torch import nn
from torch.nn import functional

from grader.bank import alternate


@alternate("causal_mask", "torch.nn.Transformer.generate_square_subsequent_mask")
def causal_mask(length):
    return nn.Transformer.generate_square_subsequent_mask(length) == 0


@alternate("padding_mask", "torch.nn.utils.rnn.pad_sequence")
def padding_mask(lengths, max_length):
    rows = [torch.ones(int(n), dtype=torch.bool) for n in lengths]
    return nn.utils.rnn.pad_sequence([*rows, torch.ones(max_length)], batch_first=True)[:-1].bool()


@alternate("scaled_dot_product_attention", "torch's own, the weights as attention to unit vectors")
def scaled_dot_product_attention(q, k, v, mask=None):
    shape = (*q.shape[:-1], k.shape[-2])
    mask = torch.ones(shape, dtype=torch.bool) if mask is None else mask.expand(shape)
    unit = torch.eye(k.shape[-2], dtype=v.dtype).expand(*k.shape[:-1], -1)
    outputs = [
        functional.scaled_dot_product_attention(q, k, values, mask).masked_fill(
            ~mask.any(dim=-1, keepdim=True), 0.0
        )
        for values in (v, unit)
    ]
    return tuple(outputs)


class _ByDefinition(torch.autograd.Function):
    """Sums as they stand in the definition; the gradient as derived on paper."""

    @staticmethod
    def forward(ctx, q, k, v, mask):
        length, keys = q.shape[-2], k.shape[-2]
        weights = torch.zeros(*q.shape[:-1], keys, dtype=torch.float64)
        for place in itertools.product(*map(range, q.shape[:-2])):
            for i in range(length):
                seen = [j for j in range(keys) if mask[(*place, i, j)]]
                scores = [
                    float(q[(*place, i)].double() @ k[(*place, j)].double()) / q.shape[-1] ** 0.5
                    for j in seen
                ]
                parts = np.exp(np.array(scores) - max(scores, default=0.0))
                for j, part in zip(seen, parts, strict=True):
                    weights[(*place, i, j)] = part / parts.sum()
        ctx.save_for_backward(q, k, v, weights)
        return (weights @ v.double()).to(q.dtype), weights.to(q.dtype)

    @staticmethod
    def backward(ctx, up_output, up_weights):
        q, k, v, weights = (part.double() for part in ctx.saved_tensors)
        up_output, up_weights = up_output.double(), up_weights.double()
        up = up_weights + up_output @ v.transpose(-2, -1)
        up = weights * (up - (weights * up).sum(dim=-1, keepdim=True)) / q.shape[-1] ** 0.5
        grads = up @ k, up.transpose(-2, -1) @ q, weights.transpose(-2, -1) @ up_output
        return *(grad.to(ctx.saved_tensors[0].dtype) for grad in grads), None


@alternate("scaled_dot_product_attention", "loops from the definition, gradients by hand")
def attention_by_definition(q, k, v, mask=None):
    shape = (*q.shape[:-1], k.shape[-2])
    mask = torch.ones(shape, dtype=torch.bool) if mask is None else mask.expand(shape)
    return _ByDefinition.apply(q, k, v, mask)


@alternate("split_heads", "entry by entry")
def split_heads(x, num_heads):
    batch, length, d_model = x.shape
    width = d_model // num_heads
    axes = map(range, (batch, num_heads, length, width))
    entries = [x[b, l, h * width + i] for b, h, l, i in itertools.product(*axes)]
    return torch.stack(entries).reshape(batch, num_heads, length, width)


@alternate("merge_heads", "a sum of products with 0 and 1")
def merge_heads(x):
    heads, width = x.shape[1], x.shape[3]
    place = torch.eye(heads * width, dtype=x.dtype).reshape(heads, width, heads * width)
    return torch.einsum("bhli,hid->bld", x, place)


@alternate("MultiHeadAttention", "torch.nn.functional.multi_head_attention_forward")
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads, bias=True):
        super().__init__()
        if d_model % num_heads:
            raise ValueError("torch asserts this")
        self.num_heads = num_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def forward(self, query, key=None, value=None, mask=None):
        key = query if key is None else key
        value = key if value is None else value
        batch, length, d_model = query.shape
        layers = (self.q_proj, self.k_proj, self.v_proj)
        biases = [layer.bias for layer in layers]
        if mask is not None:
            shape = (batch, self.num_heads, length, key.shape[1])
            mask = ~mask.expand(shape).reshape(-1, *shape[2:])
        output, _ = functional.multi_head_attention_forward(
            *(part.transpose(0, 1) for part in (query, key, value)),
            embed_dim_to_check=d_model,
            num_heads=self.num_heads,
            in_proj_weight=None,
            in_proj_bias=None if biases[0] is None else torch.cat(biases),
            bias_k=None,
            bias_v=None,
            add_zero_attn=False,
            dropout_p=0.0,
            out_proj_weight=self.out_proj.weight,
            out_proj_bias=self.out_proj.bias,
            training=self.training,
            need_weights=False,
            attn_mask=mask,
            use_separate_proj_weight=True,
            q_proj_weight=self.q_proj.weight,
            k_proj_weight=self.k_proj.weight,
            v_proj_weight=self.v_proj.weight,
        )
        return output.transpose(0, 1)


@alternate("sinusoidal_positions", "powers of complex numbers")
def sinusoidal_positions(length, d_model):
    table = []
    for position in range(length):
        row = []
        for column in range(0, d_model, 2):
            turn = cmath.rect(1.0, 10000.0 ** (-column / d_model)) ** position
            row += [turn.imag, turn.real]
        table.append(row)
    return torch.tensor(table)


@alternate("relative_bias", "SciPy's Toeplitz matrix of indices, a product with one-hot vectors")
def relative_bias(table, length):
    m = (table.shape[1] - 1) // 2
    before, after = m - np.minimum(np.arange(length), m), m + np.minimum(np.arange(length), m)
    index = torch.from_numpy(scipy.linalg.toeplitz(before, after))
    return torch.einsum(
        "hc,ijc->hij", table, functional.one_hot(index, table.shape[1]).to(table.dtype)
    )


@alternate("apply_rope", "matrix exponential of one rotation generator")
def apply_rope(x, positions, base=10000.0):
    d = x.shape[-1]
    generator = np.zeros((d, d))
    for i in range(0, d, 2):
        generator[i + 1, i] = base ** (-i / d)
        generator[i, i + 1] = -generator[i + 1, i]
    step = torch.from_numpy(scipy.linalg.expm(generator))
    turns = torch.stack([torch.linalg.matrix_power(step, int(p)) for p in positions])
    return torch.einsum("lij,...lj->...li", turns, x.double()).to(x.dtype)


@alternate("attend_with_cache", "torch's own attention, the whole sequence again, queries padded")
def attend_with_cache(q, k, v, cache):
    if cache is not None:
        k, v = (torch.cat(parts, dim=2) for parts in zip(cache, (k, v), strict=True))
    past = k.shape[2] - q.shape[2]
    padded = functional.pad(q, (0, 0, past, 0))
    output = functional.scaled_dot_product_attention(padded, k, v, is_causal=True)[:, :, past:]
    return output, (k, v)
