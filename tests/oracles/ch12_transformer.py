"""The same answers by independent means: torch's own layers, SciPy, brute force, definitions."""

import itertools

import ch12_transformer as reference
import numpy as np
import scipy.special
import torch
from torch import nn
from torch.nn import functional

from grader.bank import alternate


@alternate("gelu", "torch.nn.functional.gelu")
def gelu(x, approximate=False):
    return functional.gelu(x, approximate="tanh" if approximate else "none")


class _Gated(torch.autograd.Function):
    """SciPy's sigmoid, and the gradients as derived on paper."""

    @staticmethod
    def forward(ctx, x, gate, up, down):
        ctx.save_for_backward(x, gate, up, down)
        z, u = x @ gate.T, x @ up.T
        return (z * torch.from_numpy(scipy.special.expit(z.numpy())) * u) @ down.T

    @staticmethod
    def backward(ctx, upstream):
        x, gate, up, down = ctx.saved_tensors
        z, u = x @ gate.T, x @ up.T
        s = torch.from_numpy(scipy.special.expit(z.numpy()))
        product = upstream @ down
        dz, du = product * u * (s + z * s * (1 - s)), product * z * s
        rows = [part.reshape(-1, part.shape[-1]) for part in (x, dz, du, z * s * u, upstream)]
        x_rows, dz_rows, du_rows, inner, out = rows
        return dz @ gate + du @ up, dz_rows.T @ x_rows, du_rows.T @ x_rows, out.T @ inner


@alternate("SwiGLU", "SciPy's sigmoid, gradients by hand")
class SwiGLU(nn.Module):
    def __init__(self, d_model, d_hidden):
        super().__init__()
        self.gate = nn.Linear(d_model, d_hidden, bias=False)
        self.up = nn.Linear(d_model, d_hidden, bias=False)
        self.down = nn.Linear(d_hidden, d_model, bias=False)

    def forward(self, x):
        return _Gated.apply(x, self.gate.weight, self.up.weight, self.down.weight)


def _torch_attention(x, q, kv, out, num_heads, *, k, v, hidden=None, padding=None):
    """torch.nn.MultiheadAttention's function; q and kv are (weight, bias), k and v ready-made."""
    flat = [part.flatten(0, 1) for part in (k, v)]
    like = x.new_zeros(k.shape[2], len(x), x.shape[-1])
    output, _ = functional.multi_head_attention_forward(
        x.transpose(0, 1),
        like,
        like,
        embed_dim_to_check=x.shape[-1],
        num_heads=num_heads,
        in_proj_weight=torch.cat([q[0], kv[0]]),
        in_proj_bias=torch.cat([q[1], kv[1]]),
        bias_k=None,
        bias_v=None,
        add_zero_attn=False,
        dropout_p=0.0,
        out_proj_weight=out.weight,
        out_proj_bias=out.bias,
        need_weights=False,
        attn_mask=hidden,
        key_padding_mask=padding,
        static_k=flat[0],
        static_v=flat[1],
    )
    return output.transpose(0, 1)


def _in_heads(rows, num_heads):
    return torch.stack(rows.tensor_split(num_heads, dim=-1), dim=1)


@alternate("Block", "torch.nn.functional.multi_head_attention_forward and gelu")
class Block(nn.Module):
    def __init__(self, d_model, num_heads, d_hidden):
        super().__init__()
        self.d_model, self.num_heads = d_model, num_heads
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.qkv, self.out = nn.Linear(d_model, 3 * d_model), nn.Linear(d_model, d_model)
        self.up, self.down = nn.Linear(d_model, d_hidden), nn.Linear(d_hidden, d_model)

    def forward(self, x, cache=None):
        normed, cut = self.norm1(x), self.d_model
        q, kv = (
            (self.qkv.weight[part], self.qkv.bias[part]) for part in (slice(cut), slice(cut, None))
        )
        k, v = (
            _in_heads(rows, self.num_heads)
            for rows in functional.linear(normed, *kv).split(cut, dim=-1)
        )
        if cache is not None:
            k, v = torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)
        places = torch.arange(k.shape[2])
        hidden = places[None, :] > places[k.shape[2] - x.shape[1] :, None]
        x = x + _torch_attention(normed, q, kv, self.out, self.num_heads, k=k, v=v, hidden=hidden)
        return x + self.down(functional.gelu(self.up(self.norm2(x)))), (k, v)


@alternate("CrossAttentionBlock", "torch.nn.functional.multi_head_attention_forward")
class CrossAttentionBlock(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.d_model, self.num_heads = d_model, num_heads
        self.norm, self.q = nn.LayerNorm(d_model), nn.Linear(d_model, d_model)
        self.kv, self.out = nn.Linear(d_model, 2 * d_model), nn.Linear(d_model, d_model)

    def forward(self, x, memory, memory_mask=None):
        k, v = (
            _in_heads(rows, self.num_heads) for rows in self.kv(memory).split(self.d_model, dim=-1)
        )
        q, kv = ((layer.weight, layer.bias) for layer in (self.q, self.kv))
        padding = None if memory_mask is None else ~memory_mask
        return x + _torch_attention(
            self.norm(x), q, kv, self.out, self.num_heads, k=k, v=v, padding=padding
        )


@alternate("mask_tokens", "numpy.select over the draws")
def mask_tokens(tokens, mask_id, vocab_size, special_ids, generator, p=0.15):
    u = torch.rand(tokens.shape, generator=generator).numpy()
    v = torch.rand(tokens.shape, generator=generator).numpy()
    w = torch.randint(vocab_size, tokens.shape, generator=generator).numpy()
    given = tokens.numpy()
    kept = np.isin(given, np.array(special_ids, dtype=int)) | ~(u < np.float32(p))
    kinds = np.digitize(v, np.array([0.8, 0.9], dtype=np.float32))
    inputs = np.select([kept, kinds == 0, kinds == 1], [given, mask_id, w], given)
    return torch.from_numpy(inputs), torch.from_numpy(np.where(kept, -100, given))


@alternate("next_token_loss", "torch.distributions.Categorical, one pair after the other")
def next_token_loss(logits, tokens, ignore_index=-100):
    surprises = [
        -torch.distributions.Categorical(logits=logits[row, t]).log_prob(tokens[row, t + 1])
        for row, t in itertools.product(range(len(tokens)), range(tokens.shape[1] - 1))
        if tokens[row, t + 1] != ignore_index
    ]
    return torch.stack(surprises).mean()


@alternate("filter_logits", "of all sets of tokens the smallest that reaches top_p")
def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    z = logits.double() / temperature
    answer = torch.full_like(z, -np.inf)
    for place in itertools.product(*map(range, z.shape[:-1])):
        row = z[place].numpy()
        tokens = list(range(len(row)))
        if top_k is not None:
            tokens = max(
                itertools.combinations(tokens, min(top_k, len(row))), key=lambda s: row[[*s]].sum()
            )
        p = dict(zip(tokens, scipy.special.softmax(row[[*tokens]]), strict=True))
        kept = tokens
        if top_p is not None and top_p < 1:
            for size in range(1, len(tokens) + 1):
                kept = max(itertools.combinations(tokens, size), key=lambda s: sum(map(p.get, s)))
                if sum(map(p.get, kept)) >= top_p:
                    break
        answer[place][[*kept]] = z[place][[*kept]]
    return answer.to(logits.dtype)


@alternate("GPT", "torch's own attention in the blocks, one table for tokens and positions")
class GPT(nn.Module):
    def __init__(self, vocab_size, max_length, d_model, num_heads, d_hidden, num_layers):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_length, d_model)
        self.blocks = nn.ModuleList(Block(d_model, num_heads, d_hidden) for _ in range(num_layers))
        self.norm = nn.LayerNorm(d_model)

    def forward(self, tokens, cache=None):
        batch, length = tokens.shape
        past = cache[0][0].shape[2] if cache else 0
        places = torch.arange(past, past + length).repeat(batch) + self.tokens.num_embeddings
        table = torch.cat([self.tokens.weight, self.positions.weight])
        pairs = torch.stack([tokens.flatten(), places], dim=1)
        x = functional.embedding_bag(pairs, table, mode="sum").unflatten(0, (batch, length))
        grown = []
        for block, pair in zip(self.blocks, cache or [None] * len(self.blocks), strict=True):
            x, new = block(x, pair)
            grown.append(new)
        x = functional.layer_norm(x, x.shape[-1:], self.norm.weight, self.norm.bias)
        return functional.linear(x, self.tokens.weight), grown


@alternate("generate", "each draw as a race: of exponential waiting times the first wins")
def generate(
    model,
    tokens,
    steps,
    temperature=1.0,
    top_k=None,
    top_p=None,
    generator=None,
    use_cache=True,
):
    cache, length = None, tokens.shape[1]
    for _ in range(steps):
        new = tokens if cache is None else tokens[:, length:]
        length = tokens.shape[1]
        logits, cache = model(new, cache)
        if not use_cache:
            cache = None
        rate = logits[:, -1]
        if temperature != 0:
            rate = reference.filter_logits(rate, temperature, top_k, top_p).softmax(dim=-1)
            rate = rate / torch.empty_like(rate).exponential_(generator=generator)
        tokens = torch.cat([tokens, rate.argmax(dim=-1, keepdim=True)], dim=1)
    return tokens
