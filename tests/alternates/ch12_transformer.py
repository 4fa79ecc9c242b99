"""Right answers in other styles."""

import math

import ch12_transformer as reference
import torch
from torch import nn
from torch.nn import functional

from grader.bank import alternate

# --- gelu ----------------------------------------------------------------------------------------


@alternate("gelu", "the normal distribution function of torch.special; constants as tensors")
def gelu(x, approximate=False):
    if approximate is False:
        return x * torch.special.ndtr(x)
    root = torch.sqrt(torch.tensor(2.0 / torch.pi))
    inner = root * (x + torch.tensor(0.044715) * torch.pow(x, 3))
    return x * 0.5 * (1.0 + inner.tanh())


@alternate("gelu", "torch.distributions.Normal; tanh as a sigmoid of twice as much")
def gelu(x, approximate=False):
    if not approximate:
        normal = torch.distributions.Normal(torch.zeros_like(x), torch.ones_like(x))
        return x * normal.cdf(x)
    return x * torch.sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))


# --- SwiGLU --------------------------------------------------------------------------------------


@alternate("SwiGLU", "silu by hand, layers applied as matrix products")
class SwiGLU(nn.Module):
    def __init__(self, d_model, d_hidden):
        super().__init__()
        for name, sizes in {"down": (d_hidden, d_model), "up": (d_model, d_hidden)}.items():
            setattr(self, name, nn.Linear(*sizes, bias=False))
        self.gate = nn.Linear(d_model, d_hidden, bias=False)

    def forward(self, x):
        z = x @ self.gate.weight.T
        opened = z * torch.sigmoid(z)
        return (opened * (x @ self.up.weight.T)) @ self.down.weight.T


@alternate("SwiGLU", "both halves in one product, nn.SiLU")
class SwiGLU(nn.Module):
    def __init__(self, d_model, d_hidden):
        super().__init__()
        self.act = nn.SiLU()
        self.gate, self.up = (nn.Linear(d_model, d_hidden, False) for _ in range(2))
        self.down = nn.Linear(d_hidden, d_model, False)

    def forward(self, x):
        both = functional.linear(x, torch.cat([self.up.weight, self.gate.weight]))
        value, gate = torch.chunk(both, 2, dim=-1)
        return self.down(torch.mul(value, self.act(gate)))


# --- Block ---------------------------------------------------------------------------------------


@alternate("Block", "a softmax of its own with -inf, view and transpose, lists for pairs")
class Block(nn.Module):
    def __init__(self, d_model, num_heads, d_hidden):
        super().__init__()
        self.heads, self.width = num_heads, d_model // num_heads
        self.norm1 = nn.LayerNorm(d_model)
        self.norm2 = nn.LayerNorm(d_model)
        self.qkv = nn.Linear(d_model, d_model * 3)
        self.up = nn.Linear(d_model, d_hidden)
        self.down = nn.Linear(d_hidden, d_model)
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x, cache=None):
        batch, length, features = x.shape
        parts = self.qkv(self.norm1(x)).split(features, dim=2)
        q, k, v = (
            part.reshape(batch, length, self.heads, self.width).transpose(1, 2) for part in parts
        )
        past = 0
        if cache is not None:
            past = cache[0].size(2)
            k = torch.concat((cache[0], k), dim=-2)
            v = torch.concat((cache[1], v), dim=-2)
        scores = torch.matmul(q, k.transpose(2, 3)) / math.sqrt(self.width)
        hidden = torch.ones(length, past + length).triu(past + 1).bool()
        weights = scores.masked_fill(hidden, float("-inf")).softmax(dim=3)
        mixed = (weights @ v).transpose(1, 2).contiguous().view(batch, length, features)
        middle = x + self.out(mixed)
        wide = self.up(self.norm2(middle))
        return middle + self.down(reference.gelu(wide)), [k, v]


@alternate("Block", "heads one after the other, einsum, weights in slices, functional norms")
class Block(nn.Module):
    def __init__(self, d_model, num_heads, d_hidden):
        super().__init__()
        self.d_model, self.num_heads = d_model, num_heads
        self.norm1 = nn.LayerNorm((d_model,), eps=1e-5)
        self.qkv = nn.Linear(in_features=d_model, out_features=3 * d_model)
        self.out = nn.Linear(in_features=d_model, out_features=d_model)
        self.norm2 = nn.LayerNorm((d_model,), eps=1e-5)
        self.up = nn.Linear(in_features=d_model, out_features=d_hidden)
        self.down = nn.Linear(in_features=d_hidden, out_features=d_model)

    def forward(self, x, cache=None):
        d, normed = self.d_model // self.num_heads, self.norm1(x)
        keys, values, heads = [], [], []
        for head in range(self.num_heads):
            q, k, v = (
                torch.einsum("btd,ed->bte", normed, self.qkv.weight[rows]) + self.qkv.bias[rows]
                for rows in (
                    slice(part * self.d_model + head * d, part * self.d_model + head * d + d)
                    for part in range(3)
                )
            )
            if cache is not None:
                k = torch.cat([cache[0][:, head], k], dim=1)
                v = torch.cat([cache[1][:, head], v], dim=1)
            heads.append(self._attend(q * d**-0.5, k, v))
            keys.append(k)
            values.append(v)
        x = x + self.out(torch.cat(heads, dim=-1))
        y = x + self.down(reference.gelu(self.up(self.norm2(x))))
        return y, (torch.stack(keys, 1), torch.stack(values, 1))

    def _attend(self, q, k, v):
        rows, total = [], k.shape[1]
        for t in range(q.shape[1]):
            seen = total - q.shape[1] + t + 1
            weights = torch.softmax(torch.einsum("bd,bsd->bs", q[:, t], k[:, :seen]), -1)
            rows.append(torch.einsum("bs,bsd->bd", weights, v[:, :seen]))
        return torch.stack(rows, 1)


# --- CrossAttentionBlock -------------------------------------------------------------------------


@alternate("CrossAttentionBlock", "masked_fill with the lowest number, view and transpose")
class CrossAttentionBlock(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.norm = nn.LayerNorm(d_model)
        self.out = nn.Linear(d_model, d_model)
        self.kv = nn.Linear(d_model, d_model * 2)
        self.q = nn.Linear(d_model, d_model)

    def forward(self, x, memory, memory_mask=None):
        batch, length, features = x.shape
        k, v = self.kv(memory).chunk(2, dim=-1)
        q, k, v = (
            part.reshape(batch, -1, self.num_heads, features // self.num_heads).transpose(1, 2)
            for part in (self.q(self.norm(x)), k, v)
        )
        scores = q @ k.mT * (features // self.num_heads) ** -0.5
        if memory_mask is not None:
            hidden = ~memory_mask.view(batch, 1, 1, -1)
            scores = scores.masked_fill(hidden, torch.finfo(scores.dtype).min)
        mixed = torch.softmax(scores, -1) @ v
        return self.out(mixed.transpose(1, 2).reshape(batch, length, features)).add(x)


@alternate("CrossAttentionBlock", "one sample after the other, only the real memory is looked at")
class CrossAttentionBlock(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        self.d_model, self.num_heads = d_model, num_heads
        self.norm, self.q = nn.LayerNorm(d_model), nn.Linear(d_model, d_model)
        self.kv, self.out = nn.Linear(d_model, 2 * d_model), nn.Linear(d_model, d_model)

    def forward(self, x, memory, memory_mask=None):
        if memory_mask is None:
            memory_mask = torch.ones(memory.shape[:2], dtype=torch.bool)
        rows = []
        for one, seen, real in zip(x, memory, memory_mask, strict=True):
            both = self.kv(seen[real])
            query, key, value = self.q(self.norm(one)), *both.split(self.d_model, dim=-1)
            heads = [
                torch.softmax(q @ k.T / q.shape[-1] ** 0.5, dim=-1) @ v
                for q, k, v in zip(
                    *(part.chunk(self.num_heads, dim=-1) for part in (query, key, value)),
                    strict=True,
                )
            ]
            rows.append(one + self.out(torch.cat(heads, dim=-1)))
        return torch.stack(rows)


# --- mask_tokens ---------------------------------------------------------------------------------


@alternate("mask_tokens", "indexing into clones, a loop over special tokens")
def mask_tokens(tokens, mask_id, vocab_size, special_ids, generator, p=0.15):
    u = torch.rand(tokens.shape, generator=generator)
    v = torch.rand(tokens.shape, generator=generator)
    w = torch.randint(0, vocab_size, tokens.shape, generator=generator)
    chosen = u < p
    for special in special_ids:
        chosen &= tokens != special
    inputs, labels = tokens.clone(), tokens.clone()
    labels[~chosen] = -100
    hidden = chosen & (v < 0.8)
    inputs[hidden] = mask_id
    replaced = chosen & ~hidden & (v < 0.9)
    inputs[replaced] = w[replaced]
    return inputs, labels


@alternate("mask_tokens", "one token after the other, a list for a pair")
def mask_tokens(tokens, mask_id, vocab_size, special_ids, generator, p=0.15):
    draws = [torch.rand(tokens.shape, generator=generator) for _ in range(2)]
    draws.append(torch.randint(vocab_size, size=tokens.shape, generator=generator))
    inputs, labels, special = [], [], set(special_ids)
    for token, u, v, w in zip(
        tokens.flatten().tolist(), *(draw.flatten().tolist() for draw in draws), strict=True
    ):
        chosen = u < p and token not in special
        labels.append(token if chosen else -100)
        inputs.append((mask_id if v < 0.8 else w if v < 0.9 else token) if chosen else token)
    return [torch.tensor(part).reshape(tokens.shape) for part in (inputs, labels)]


# --- next_token_loss -----------------------------------------------------------------------------


@alternate("next_token_loss", "log_softmax and gather, a mask of what counts")
def next_token_loss(logits, tokens, ignore_index=-100):
    targets = tokens[:, 1:]
    counts = targets != ignore_index
    picked = logits[:, :-1].log_softmax(dim=-1)
    picked = picked.gather(2, targets.masked_fill(~counts, 0)[..., None])[..., 0]
    return -(picked * counts).sum() / counts.sum()


@alternate("next_token_loss", "classes moved to axis 1, as cross_entropy takes them")
def next_token_loss(logits, tokens, ignore_index=-100):
    return functional.cross_entropy(
        logits.transpose(1, 2)[..., :-1], tokens[..., 1:], ignore_index=ignore_index
    )


@alternate("next_token_loss", "targets shifted and filled up, logsumexp at what is kept")
def next_token_loss(logits, tokens, ignore_index=-100):
    targets = torch.full_like(tokens, ignore_index)
    targets[:, :-1] = tokens[:, 1:]
    rows, columns = (targets != ignore_index).nonzero(as_tuple=True)
    kept = columns < tokens.shape[1] - 1
    z = logits[rows[kept], columns[kept]]
    right = z[torch.arange(len(z)), targets[rows[kept], columns[kept]]]
    return (torch.logsumexp(z, dim=-1) - right).mean()


# --- filter_logits -------------------------------------------------------------------------------


@alternate("filter_logits", "flags moved one to the right, as in transformers")
def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    logits = logits / temperature
    if top_k is not None:
        top_k = min(top_k, logits.size(-1))
        logits = torch.where(
            logits < torch.topk(logits, top_k)[0][..., -1, None], -torch.inf, logits
        )
    if top_p is not None and top_p < 1.0:
        ordered, indices = torch.sort(logits, descending=True)
        remove = torch.cumsum(torch.softmax(ordered, dim=-1), dim=-1) > top_p
        remove[..., 1:] = remove[..., :-1].clone()
        remove[..., 0] = False
        back = torch.zeros_like(remove).scatter_(-1, indices, remove)
        logits = logits.masked_fill(back, float("-inf"))
    return logits


@alternate("filter_logits", "one row after the other in plain Python")
def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    rows = []
    for row in logits.reshape(-1, logits.shape[-1]):
        z = row / temperature
        ranked = z.argsort(descending=True).tolist()[: top_k or len(z)]
        p, gathered, kept = z[ranked].softmax(dim=0).tolist(), 0.0, []
        for token, share in zip(ranked, p, strict=True):
            kept.append(token)
            gathered += share
            if top_p is not None and top_p < 1 and gathered >= top_p:
                break
        dropped = torch.full_like(z, -math.inf)
        dropped[kept] = z[kept]
        rows.append(dropped)
    return torch.stack(rows).reshape(logits.shape)


@alternate("filter_logits", "ranks by comparing all pairs, sums of what is more probable")
def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    z = torch.div(logits, temperature)
    larger = z[..., None, :] > z[..., :, None]
    if top_k is not None:
        z = torch.where(larger.sum(-1) < top_k, z, torch.tensor(-torch.inf, dtype=z.dtype))
    if top_p is None or top_p == 1:
        return z
    p = torch.softmax(z, -1)
    before = (larger * p[..., None, :]).sum(-1)
    return torch.where(before < top_p, z, torch.full_like(z, -torch.inf))


# --- GPT -----------------------------------------------------------------------------------------


@alternate("GPT", "positions by a slice of the table, functional.linear, a tuple for a cache")
class GPT(nn.Module):
    def __init__(self, vocab_size, max_length, d_model, num_heads, d_hidden, num_layers):
        super().__init__()
        self.norm = nn.LayerNorm(d_model)
        self.blocks = nn.ModuleList()
        for _ in range(num_layers):
            self.blocks.append(reference.Block(d_model, num_heads, d_hidden))
        self.positions = nn.Embedding(max_length, d_model)
        self.tokens = nn.Embedding(vocab_size, d_model)

    def forward(self, tokens, cache=None):
        length = tokens.size(1)
        pairs = [None] * len(self.blocks) if cache is None else list(cache)
        begin = 0 if pairs[0] is None else pairs[0][0].size(-2)
        x = self.tokens(tokens).add(self.positions.weight[begin : begin + length])
        for number in range(len(self.blocks)):
            x, pairs[number] = self.blocks[number](x, pairs[number])
        return functional.linear(self.norm(x), self.tokens.weight), tuple(pairs)


@alternate("GPT", "one-hot products, positions for every row, einsum")
class GPT(nn.Module):
    def __init__(self, vocab_size, max_length, d_model, num_heads, d_hidden, num_layers):
        super().__init__()
        self.tokens = nn.Embedding(num_embeddings=vocab_size, embedding_dim=d_model)
        self.positions = nn.Embedding(num_embeddings=max_length, embedding_dim=d_model)
        self.blocks = nn.ModuleList(
            [reference.Block(d_model, num_heads, d_hidden) for layer in range(num_layers)]
        )
        self.norm = nn.LayerNorm(d_model)

    def forward(self, tokens, cache=None):
        table = self.tokens.weight
        start = cache[-1][1].shape[-2] if cache else 0
        positions = (torch.ones_like(tokens).cumsum(dim=1) - 1) + start
        chosen = functional.one_hot(tokens, len(table)).to(table.dtype)
        x, new = chosen @ table + self.positions(positions), ()
        for block, pair in zip(self.blocks, cache or [None] * len(self.blocks), strict=True):
            x, grown = block(x, cache=pair)
            new += (grown,)
        return torch.einsum("btd,vd->btv", self.norm(x), table), new


# --- generate ------------------------------------------------------------------------------------


@alternate("generate", "two branches, a list of columns, joined at the end")
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
    columns, cache = [tokens], None
    for step in range(steps):
        if not use_cache:
            logits, _ = model(torch.cat(columns, dim=1))
        elif step == 0:
            logits, cache = model(tokens)
        else:
            logits, cache = model(columns[-1], cache=cache)
        logits = logits[:, -1, :]
        if temperature == 0:
            columns.append(torch.max(logits, dim=-1, keepdim=True).indices)
            continue
        kept = reference.filter_logits(logits, temperature=temperature, top_k=top_k, top_p=top_p)
        p = torch.exp(torch.log_softmax(kept, dim=-1))
        columns.append(torch.multinomial(p, num_samples=1, generator=generator))
    return torch.hstack(columns)


@alternate("generate", "recursion, without gradients")
@torch.no_grad()
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
    def go_on(text, cache, left):
        if left == 0:
            return text
        logits, grown = model(text[:, -1:] if cache is not None else text, cache)
        if temperature:
            kept = reference.filter_logits(logits[:, -1], temperature, top_k, top_p)
            new = torch.multinomial(torch.softmax(kept, dim=1), 1, generator=generator)
        else:
            new = logits[:, -1].argmax(dim=1).unsqueeze(1)
        return go_on(torch.cat((text, new), dim=1), grown if use_cache else None, left - 1)

    return go_on(tokens, None, steps)


@alternate("generate", "a buffer of the final size")
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
    length = tokens.shape[1]
    text = tokens.new_zeros(tokens.shape[0], length + steps)
    text[:, :length] = tokens
    cache, read = None, 0
    for end in range(length, length + steps):
        logits, cache = model(text[:, read:end], cache)
        if use_cache:
            read = end
        else:
            cache = None
        z = logits[:, -1]
        if temperature == 0:
            text[:, end] = z.topk(1).indices[:, 0]
        else:
            z = reference.filter_logits(z, temperature, top_k, top_p)
            text[:, end] = torch.multinomial(z.softmax(-1), 1, generator=generator).squeeze(1)
    return text
