"""What a learner might hand in.

gelu: failed, sigmoid
SwiGLU: failed
Block: failed, not-causal
CrossAttentionBlock: failed, kv-per-head
mask_tokens: failed
next_token_loss: error
filter_logits: failed
GPT: failed, positions-restart
generate: failed
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


def gelu(x, approximate=False):
    # close enough?
    return x * torch.sigmoid(1.7 * x)


class SwiGLU(nn.Module):
    def __init__(self, d_model, d_hidden):
        super().__init__()
        self.gate = nn.Linear(d_model, d_hidden, bias=False)
        self.up = nn.Linear(d_model, d_hidden, bias=False)
        self.down = nn.Linear(d_hidden, d_model, bias=False)

    def forward(self, x):
        gate = F.silu(self.gate(x))
        gate = gate / (gate.sum(dim=-1, keepdim=True) + 1e-6)
        return self.down(gate * self.up(x))


class Block(nn.Module):
    def __init__(self, d_model, num_heads, d_hidden):
        super().__init__()
        self.num_heads = num_heads
        self.norm1 = nn.LayerNorm(d_model)
        self.qkv = nn.Linear(d_model, 3 * d_model)
        self.out = nn.Linear(d_model, d_model)
        self.norm2 = nn.LayerNorm(d_model)
        self.up = nn.Linear(d_model, d_hidden)
        self.down = nn.Linear(d_hidden, d_model)

    def forward(self, x, cache=None):
        B, T, D = x.shape
        q, k, v = self.qkv(self.norm1(x)).chunk(3, dim=-1)
        q = q.view(B, T, self.num_heads, -1).transpose(1, 2)
        k = k.view(B, T, self.num_heads, -1).transpose(1, 2)
        v = v.view(B, T, self.num_heads, -1).transpose(1, 2)
        if cache is not None:
            k = torch.cat([cache[0], k], dim=2)
            v = torch.cat([cache[1], v], dim=2)
        h = F.scaled_dot_product_attention(q, k, v)  # TODO mask
        h = h.transpose(1, 2).reshape(B, T, D)
        x = x + self.out(h)
        x = x + self.down(0.5 * self.up(self.norm2(x)) * (1 + torch.erf(self.up(self.norm2(x)) / 2**0.5)))
        return x, (k, v)


class CrossAttentionBlock(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.norm = nn.LayerNorm(d_model)
        self.q = nn.Linear(d_model, d_model)
        self.kv = nn.Linear(d_model, 2 * d_model)
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x, memory, memory_mask=None):
        B, T, D = x.shape
        S = memory.shape[1]
        H = self.num_heads
        q = self.q(self.norm(x)).view(B, T, H, D // H).transpose(1, 2)
        k, v = self.kv(memory).view(B, S, H, 2 * D // H).transpose(1, 2).chunk(2, dim=-1)
        if memory_mask is not None:
            v = v * memory_mask[:, None, :, None]
        h = F.scaled_dot_product_attention(q, k, v)
        return x + self.out(h.transpose(1, 2).reshape(B, T, D))


def mask_tokens(tokens, mask_id, vocab_size, special_ids, generator, p=0.15):
    inputs = tokens.clone()
    labels = torch.full_like(tokens, -100)
    u = torch.rand(tokens.shape, generator=generator)
    for i in special_ids:
        u[tokens == i] = 1.0
    chosen = u < p
    labels[chosen] = tokens[chosen]
    u = torch.rand(tokens.shape, generator=generator)
    inputs[chosen & (u < 0.8)] = mask_id
    random = chosen & (u >= 0.8) & (u < 0.9)
    inputs[random] = torch.randint(vocab_size, (int(random.sum()),), generator=generator)
    return inputs, labels


def next_token_loss(logits, tokens, ignore_index=-100):
    return F.cross_entropy(logits[:, :-1], tokens[:, 1:], ignore_index=ignore_index)


def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    logits = logits / temperature
    if top_k is not None:
        values, indices = torch.topk(logits, min(top_k, logits.shape[-1]))
        logits = torch.full_like(logits, float("-inf")).scatter(-1, indices, values)
    if top_p is not None:
        probs, order = torch.sort(F.softmax(logits, dim=-1), descending=True)
        remove = torch.cumsum(probs, dim=-1) > top_p
        remove[..., 0] = False
        remove = remove.scatter(-1, order, remove)
        logits = logits.masked_fill(remove, 0)
    return logits


class GPT(nn.Module):
    def __init__(self, vocab_size, max_length, d_model, num_heads, d_hidden, num_layers):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_length, d_model)
        self.blocks = nn.ModuleList([Block(d_model, num_heads, d_hidden) for _ in range(num_layers)])
        self.norm = nn.LayerNorm(d_model)

    def forward(self, tokens, cache=None):
        x = self.tokens(tokens) + self.positions(torch.arange(tokens.shape[1]))
        new = []
        for i, block in enumerate(self.blocks):
            x, c = block(x, cache[i] if cache else None)
            new.append(c)
        return self.norm(x) @ self.tokens.weight.T, new


def generate(
    model, tokens, steps, temperature=1.0, top_k=None, top_p=None, generator=None, use_cache=True
):
    cache = None
    for _ in range(steps):
        logits, cache = model(tokens if cache is None else tokens[:, -1:], cache)
        logits = logits[:, -1] / max(temperature, 1e-5)
        if top_k is not None:
            logits = filter_logits(logits, top_k=top_k)
        nxt = torch.multinomial(F.softmax(logits, dim=-1), 1, generator=generator)
        tokens = torch.cat([tokens, nxt], dim=1)
    return tokens
