"""The transformer: the one block that reads, writes, and is stacked until it talks.

Chapter 8 built attention, through which every position sees the others.  What turned it into
the machine behind nearly all language models is surprisingly little.  Let attention gather from
other positions, let a small network think about each position on its own, add both to what is
there instead of replacing it, and say it again:

    x ← x + attention(norm(x))
    x ← x + mlp(norm(x))

This is a block.  The sums are a highway: with all weights at zero a block hands its input on, and
gradients reach the first of a hundred blocks as easily as the last.  Three families grew from it:

- The first transformer (Vaswani et al., 2017) translates.  Its decoder also attends to what an
  encoder has read: *cross-attention*.
- BERT (Devlin et al., 2018) reads.  It sees both sides of a gap and learns by guessing words
  that were hidden: *masked tokens*, and you decide which.
- GPT (Radford et al., 2018, 2019) writes.  It sees the past alone and learns one thing, what
  comes next; the probability of a whole text is the product of its guesses:

      p(text) = Π_i p(t_i | t_0, …, t_{i−1})

To write, draw a token from the last guess, append it, ask again.  Two things make that usable.  A
cache keeps the keys and values of what was read, so that each new token costs one row of attention
and not the whole square; and the tail of each distribution, thousands of tokens that are each
nearly impossible and together not, is cut off before the draw.

You build all of it here: the activations, the block with its cache, cross-attention, BERT's
masking, GPT's loss, the filter, the model, and the loop that writes.  `grade show ch12` then lets
your own code learn a line by heart in a few seconds and write it down; with the tokens of chapter
11 and minutes instead of seconds it writes new ones.

For the whole chapter:

- Tokens are int64 tensors.  Masks are boolean, and True means "may be seen".
- B is the batch, L or T the length, D = d_model, H the heads, d = D / H, V the vocabulary.
- A head is a block of d neighbouring features, as in chapter 8.
- LayerNorms have eps 1e-5, there is no dropout anywhere, and how weights start is torch's choice.
  Modules have exactly the submodules that are named, and so the same names in state_dict().
- The answer has the dtype (float32 or float64) and the device of the input.  Gradients flow
  through everything but `mask_tokens`, `filter_logits` and `generate`.  Inputs are not changed, and
  need not be contiguous in memory.
- What you wrote before may be taken from torch: `functional.scaled_dot_product_attention`,
  `functional.silu`, `functional.cross_entropy`, `nn.LayerNorm`; gelu is this chapter's own.
"""

import math

import torch
from torch import nn
from torch.nn import functional


def gelu(x, approximate=False):
    """Let a number through in proportion to how large it is among normal numbers.

        gelu(x) = x · Φ(x),   Φ(x) = ½ · (1 + erf(x / √2))
        approximate = ½ · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))

    Φ is the distribution function of the standard normal distribution.  Where ReLU has a corner,
    this bends; a little below zero it goes down before it goes up.  The second line is what early
    BERT and GPT-2 computed, since tanh was faster than erf: it is never wrong by more than 0.0005.

    x: any shape.  approximate: False for the first line, True for the second.  Returns a tensor
    like x.  (Hendrycks and Gimpel, 2016.)

    >>> gelu(torch.tensor([-1.0, 0.5, 2.0])).round(decimals=4)
    tensor([-0.1587,  0.3457,  1.9545])
    >>> gelu(torch.tensor([-1.0, 0.5, 2.0]), True).round(decimals=4)
    tensor([-0.1588,  0.3457,  1.9546])
    """
    ### BEGIN SOLUTION
    if approximate:
        return 0.5 * x * (1 + torch.tanh((2 / math.pi) ** 0.5 * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + torch.erf(x / 2**0.5))
    ### END SOLUTION


class SwiGLU(nn.Module):
    """A network for each position in which one half decides how much of the other passes.

        y = down(silu(gate(x)) ⊙ up(x)),   silu(z) = z · σ(z)

    σ is the sigmoid, ⊙ the product entry by entry.  It has three matrices where others have two,
    and takes the place of up, GELU, down in Llama and most models after it.

    The layer has exactly three submodules, none with a bias: `gate` and `up`, each an
    `nn.Linear(d_model, d_hidden)`, and `down`, an `nn.Linear(d_hidden, d_model)`.
    (Shazeer, 2020.)

    >>> layer = SwiGLU(2, 3)
    >>> state = {
    ...     "gate.weight": torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]),
    ...     "up.weight": torch.tensor([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]]),
    ...     "down.weight": torch.tensor([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    ... }
    >>> _ = layer.load_state_dict(state)
    >>> layer(torch.tensor([1.0, 2.0])).detach().round(decimals=4)  # of gates 0, 1, 2
    tensor([1.4621, 3.5232])
    """

    def __init__(self, d_model, d_hidden):
        """Make the three layers."""
        super().__init__()
        ### BEGIN SOLUTION
        self.gate = nn.Linear(d_model, d_hidden, bias=False)
        self.up = nn.Linear(d_model, d_hidden, bias=False)
        self.down = nn.Linear(d_hidden, d_model, bias=False)
        ### END SOLUTION

    def forward(self, x):
        """Map x (..., d_model), any number of leading axes, to (..., d_model)."""
        ### BEGIN SOLUTION
        return self.down(functional.silu(self.gate(x)) * self.up(x))
        ### END SOLUTION


class Block(nn.Module):
    """GPT's block: causal attention, then a network for each position, both added to what is there.

        x ← x + out(attention(norm1(x)))
        x ← x + down(gelu(up(norm2(x))))

    The second line starts from the x that the first has made.  `qkv` makes queries, keys and
    values in one product: of its 3·D outputs the first D are q, then come k and v, and each is cut
    into heads.  Heads attend causally, with scores q kᵀ / √d, and are put side by side, head 0
    first, before `out`.  GELU is the exact one.

    The block has exactly six submodules: `norm1` and `norm2`, each an `nn.LayerNorm(d_model)`;
    `qkv` from d_model to 3·d_model, `out` from d_model to d_model, `up` from d_model to d_hidden
    and `down` from d_hidden to d_model, each an `nn.Linear` with bias.
    (Radford et al., 2019: the norm stands before each part, not after the sum.)

    Below, queries and keys are zero, so each position takes the plain average of the normed rows,
    (1, −1), (−1, 1), (1, −1), as far as it sees.

    >>> block = Block(2, 2, 3)
    >>> for layer in (block.qkv, block.out, block.up, block.down):
    ...     _ = nn.init.eye_(layer.weight), nn.init.zeros_(layer.bias)
    >>> with torch.no_grad():
    ...     _ = block.qkv.weight.copy_(torch.tensor([[0, 0]] * 4 + [[1, 0], [0, 1]]))
    >>> x = torch.tensor([[[4.0, 0.0], [0.0, 2.0], [6.0, 2.0]]])
    >>> y, cache = block(x)
    >>> y.detach().round(decimals=3)
    tensor([[[ 5.8410, -1.1590],
             [-0.1590,  2.8410],
             [ 7.1750,  1.5080]]])
    >>> cache[0].shape, cache[1].shape
    (torch.Size([1, 2, 3, 1]), torch.Size([1, 2, 3, 1]))
    >>> _, cache = block(x[:, :1])  # the same in two parts
    >>> block(x[:, 1:], cache)[0].detach().round(decimals=3)
    tensor([[[-0.1590,  2.8410],
             [ 7.1750,  1.5080]]])
    """

    def __init__(self, d_model, num_heads, d_hidden):
        """Make the six submodules; num_heads divides d_model."""
        super().__init__()
        ### BEGIN SOLUTION
        self.num_heads = num_heads
        self.norm1 = nn.LayerNorm(d_model)
        self.qkv = nn.Linear(d_model, 3 * d_model)
        self.out = nn.Linear(d_model, d_model)
        self.norm2 = nn.LayerNorm(d_model)
        self.up = nn.Linear(d_model, d_hidden)
        self.down = nn.Linear(d_hidden, d_model)
        ### END SOLUTION

    def forward(self, x, cache=None):
        """Map the T ≥ 1 newest positions x (B, T, D) to (B, T, D), and return (x, cache).

        cache: None at the start, afterwards the pair (keys, values) of the call before, each
        (B, H, P, d), of the P positions so far.  New position t = 0, …, T − 1 attends to
        positions 0, …, P + t.  The new cache is a pair of two tensors (B, H, P + T, d), the old
        positions first.  The given cache is not modified: two continuations may share it.
        Gradients flow through its tensors too.
        """
        ### BEGIN SOLUTION
        qkv = self.qkv(self.norm1(x)).unflatten(-1, (3, self.num_heads, -1))
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        if cache is not None:
            k, v = torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)
        new, total = q.shape[2], k.shape[2]
        visible = torch.ones(new, total, dtype=torch.bool, device=x.device).tril(total - new)
        heads = functional.scaled_dot_product_attention(q, k, v, visible)
        x = x + self.out(heads.transpose(1, 2).flatten(2))
        return x + self.down(gelu(self.up(self.norm2(x)))), (k, v)
        ### END SOLUTION


class CrossAttentionBlock(nn.Module):
    """Let one sequence look into another: where a translator looks at what it translates.

        y = x + out(attention(q(norm(x)), k, v)),   (k, v) = kv(memory)

    Queries come from the sequence that is being written, keys and values from the memory, which
    is what an encoder made of the sequence that was read.  Of `kv`'s 2·D outputs the first D are
    k, the rest v; q, k and v are cut into heads, which attend with scores q kᵀ / √d to all of the
    memory that is real, and are put side by side, head 0 first, before `out`.  The memory is not
    normalised here (whoever made it has done that), and there is no causal mask: all that was read
    may be seen.

    The block has exactly four submodules: `norm`, an `nn.LayerNorm(d_model)`; `q` from d_model to
    d_model, `kv` from d_model to 2·d_model and `out` from d_model to d_model, each an `nn.Linear`
    with bias.  (Vaswani et al., 2017, section 3.2.3.)

    Below, queries and keys are zero, so each position gets the plain average of the real memory.

    >>> block = CrossAttentionBlock(2, 1)
    >>> for layer in (block.q, block.kv, block.out):
    ...     _ = nn.init.zeros_(layer.weight), nn.init.zeros_(layer.bias)
    >>> with torch.no_grad():
    ...     _ = block.kv.weight[2:].copy_(torch.eye(2)), block.out.weight.copy_(torch.eye(2))
    >>> x = torch.tensor([[[4.0, 0.0], [0.0, 2.0]]])
    >>> memory = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [8.0, 10.0]]])
    >>> block(x, memory).detach().round(decimals=4)
    tensor([[[8., 6.],
             [4., 8.]]])
    >>> block(x, memory, torch.tensor([[True, True, False]])).detach().round(decimals=4)
    tensor([[[6., 4.],
             [2., 6.]]])
    """

    def __init__(self, d_model, num_heads):
        """Make the four submodules; num_heads divides d_model."""
        super().__init__()
        ### BEGIN SOLUTION
        self.num_heads = num_heads
        self.norm = nn.LayerNorm(d_model)
        self.q = nn.Linear(d_model, d_model)
        self.kv = nn.Linear(d_model, 2 * d_model)
        self.out = nn.Linear(d_model, d_model)
        ### END SOLUTION

    def forward(self, x, memory, memory_mask=None):
        """Map x (B, T, D), with a memory (B, S, D), to (B, T, D).

        memory_mask: None or boolean (B, S), True where the memory is real and not padding, at
        least once in each row.  What is padding has no influence at all.
        """
        ### BEGIN SOLUTION
        q = self.q(self.norm(x)).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
        k, v = self.kv(memory).unflatten(-1, (2, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        visible = None if memory_mask is None else memory_mask[:, None, None, :]
        heads = functional.scaled_dot_product_attention(q, k, v, visible)
        return x + self.out(heads.transpose(1, 2).flatten(2))
        ### END SOLUTION


def mask_tokens(tokens, mask_id, vocab_size, special_ids, generator, p=0.15):
    """Hide some tokens, so that a model can learn to guess them from both sides.

        chosen: u < p and the token is not special
        input = mask_id   if chosen and v < 0.8
        input = w         if chosen and 0.8 ≤ v < 0.9
        input = token     otherwise
        label = token     if chosen
        label = −100      otherwise

    A token is chosen with probability p.  Of the chosen, 80 % are hidden, 10 % become some token
    or other, and 10 % stay as they are, but all of them have a label: the model is asked about
    tokens that look harmless too, and cannot tell which these are, so it must keep an eye on
    all.  −100 is what `functional.cross_entropy` leaves out.  (Devlin et al., 2018, section 3.1.)

    tokens: int64, any shape.  mask_id: int.  special_ids: a list of ints, perhaps empty, of tokens
    that are never chosen.  0 ≤ p ≤ 1.  Returns (inputs, labels), both int64 like tokens, which
    are not modified.

    Randomness comes from `generator`, a `torch.Generator`, and nowhere else: exactly three draws,
    each of the whole shape whatever is chosen, in this order:

    1. u: `torch.rand(tokens.shape, generator=generator)`
    2. v: the same once more
    3. w: `torch.randint(vocab_size, tokens.shape, generator=generator)`

    >>> tokens = torch.tensor([[5, 6, 7, 8], [5, 1, 7, 8]])
    >>> mask_tokens(tokens, 4, 9, [1], torch.Generator().manual_seed(3), 0.9)
    (tensor([[4, 6, 4, 4],
            [4, 1, 4, 4]]), tensor([[   5,    6,    7,    8],
            [   5, -100,    7,    8]]))
    """
    ### BEGIN SOLUTION
    u = torch.rand(tokens.shape, generator=generator)
    v = torch.rand(tokens.shape, generator=generator)
    w = torch.randint(vocab_size, tokens.shape, generator=generator)
    special = torch.tensor(special_ids, dtype=tokens.dtype)
    chosen = (u < p) & ~torch.isin(tokens, special)
    inputs = tokens.masked_fill(chosen & (v < 0.8), mask_id)
    inputs = torch.where(chosen & (v >= 0.8) & (v < 0.9), w, inputs)
    return inputs, tokens.masked_fill(~chosen, -100)
    ### END SOLUTION


def next_token_loss(logits, tokens, ignore_index=-100):
    """Measure how surprised a model is by the token that follows, at every position at once.

        loss = mean over b and t < L − 1 of −log p[b, t],
            p[b, t] = softmax(logits[b, t])[tokens[b, t + 1]]

    The logits at position t are a guess at token t + 1, so the logits at the last position and
    the first token have no partner.  Pairs whose target, tokens[b, t + 1], is ignore_index (often
    the padding) are left out of the sum and of the count; at least one pair remains.  A position
    whose own token is ignore_index still predicts the next one.

    logits: (B, L, V), L ≥ 2; tokens: (B, L), each from 0 to V − 1 or ignore_index, which may be
    any integer, a token or not.  Returns a tensor without axes: one mean over all pairs that
    remain, not a mean of the rows' means.  As in chapter 4, logits up to ±10000 neither overflow
    nor turn into NaN.

    >>> logits = torch.log(torch.tensor([[[1.0, 1, 2], [3, 1, 0.5], [9, 9, 9]]]))
    >>> next_token_loss(logits, torch.tensor([[0, 2, 0]])).round(decimals=4)  # p is 2/4 and 3/4.5
    tensor(0.5493)
    >>> next_token_loss(logits, torch.tensor([[0, -100, 0]])).round(decimals=4)  # 3/4.5 alone
    tensor(0.4055)
    """
    ### BEGIN SOLUTION
    guesses, targets = logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()
    return functional.cross_entropy(guesses, targets, ignore_index=ignore_index)
    ### END SOLUTION


def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    """Cut the tail off a distribution before a token is drawn from it.

        z = logits / temperature
        p = softmax(z), where top_k has made the others −∞

    Three filters, always in this order:

    1. Temperature: below 1 likely tokens become likelier still, above 1 all become more alike.
    2. top_k: the top_k largest z stay.  The others are −∞: they have probability 0.
    3. top_p (the nucleus): p sums to 1 over what top_k has left.  The smallest set of most
       probable tokens stays whose probabilities sum to top_p or more.  The token with
       which the sum gets there belongs to the set, so at least one token always stays.

    logits: (..., V), any number of leading axes, none included, all finite; each row is
    filtered on its own.  temperature > 0.  top_k: None or an int ≥ 1; V and more have no effect.
    top_p: None or 0 < top_p ≤ 1; 1 has no effect.  Returns a tensor like logits: z where a token
    stays, in its place, and −∞ where it was dropped.  Ties do not matter: no two logits of a row
    are equal, and no sum equals top_p, where a filter has to choose.  (Fan et al., 2018; Holtzman
    et al., 2019.)

    >>> logits = torch.log(torch.tensor([0.1, 0.4, 0.2, 0.3]))
    >>> filter_logits(logits, top_p=0.6).exp().round(decimals=4)
    tensor([0.0000, 0.4000, 0.0000, 0.3000])
    >>> filter_logits(logits, top_k=2, top_p=0.6).exp().round(decimals=4)
    tensor([0.0000, 0.4000, 0.0000, 0.3000])
    >>> filter_logits(logits, top_k=2, top_p=0.5).exp().round(decimals=4)  # 0.4 of 0.7 is enough
    tensor([0.0000, 0.4000, 0.0000, 0.0000])
    >>> filter_logits(logits, temperature=0.5, top_k=3).exp().round(decimals=4)
    tensor([0.0000, 0.1600, 0.0400, 0.0900])
    """
    ### BEGIN SOLUTION
    logits = logits / temperature
    if top_k is not None and top_k < logits.shape[-1]:
        least = logits.topk(top_k, dim=-1).values[..., -1:]
        logits = logits.masked_fill(logits < least, -math.inf)
    if top_p is not None and top_p < 1:
        ordered, order = logits.sort(dim=-1, descending=True)
        p = ordered.softmax(dim=-1)
        reached = p.cumsum(dim=-1) - p >= top_p
        logits = logits.masked_fill(reached.scatter(-1, order, reached), -math.inf)
    return logits
    ### END SOLUTION


class GPT(nn.Module):
    """A language model: embed tokens and positions, stack blocks, compare with every token.

        x = tokens[t_i] + positions[i]
        x = blocks(x), one after the other
        logits = norm(x) Eᵀ

    E (V, D) is the weight of `tokens`: the table that turns tokens into vectors at the bottom turns
    vectors into scores for tokens at the top, with no weights of its own and no bias (Press and
    Wolf, 2016).  Nothing is scaled, and there is no softmax: that is the loss's business.

    The model has exactly four submodules: `tokens`, an `nn.Embedding(vocab_size, d_model)`;
    `positions`, an `nn.Embedding(max_length, d_model)`; `blocks`, an `nn.ModuleList` of num_layers
    `Block(d_model, num_heads, d_hidden)`, each with weights of its own; and `norm`, an
    `nn.LayerNorm(d_model)`.  (Radford et al., 2019.)

    Below, the block adds nothing, and norm makes (1, −1) or (−1, 1) of a vector.

    >>> model = GPT(3, 4, d_model=2, num_heads=1, d_hidden=3, num_layers=1)
    >>> for layer in (model.blocks[0].out, model.blocks[0].down):
    ...     _ = nn.init.zeros_(layer.weight), nn.init.zeros_(layer.bias)
    >>> with torch.no_grad():
    ...     _ = model.tokens.weight.copy_(torch.tensor([[2.0, 0], [0, 2], [3, 1]]))
    ...     _ = model.positions.weight.copy_(torch.tensor([[0.0, 0], [0, 0], [0, 4], [1, 0]]))
    >>> logits, cache = model(torch.tensor([[0, 1, 0]]))  # (2, 0), (0, 2), (2, 4)
    >>> logits.detach().round(decimals=3)
    tensor([[[ 2., -2.,  2.],
             [-2.,  2., -2.],
             [-2.,  2., -2.]]])
    >>> _, cache = model(torch.tensor([[0, 1]]))
    >>> model(torch.tensor([[0]]), cache)[0].detach().round(decimals=3)  # at position 2
    tensor([[[-2.,  2., -2.]]])
    """

    def __init__(self, vocab_size, max_length, d_model, num_heads, d_hidden, num_layers):
        """Make the four submodules; num_heads divides d_model, num_layers ≥ 1."""
        super().__init__()
        ### BEGIN SOLUTION
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_length, d_model)
        blocks = [Block(d_model, num_heads, d_hidden) for _ in range(num_layers)]
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(d_model)
        ### END SOLUTION

    def forward(self, tokens, cache=None):
        """Map the T ≥ 1 newest tokens (B, T) to (logits (B, T, V), cache).

        cache: None at the start, afterwards the cache of the call before: a list or tuple with
        one pair (keys, values) for each block, in their order.  Positions go on where the cache
        ends: with P positions in it, new token t stands at P + t, which is less than max_length.
        The given cache is not modified: two continuations may share it.
        """
        ### BEGIN SOLUTION
        past = 0 if cache is None else cache[0][0].shape[2]
        places = torch.arange(past, past + tokens.shape[1], device=tokens.device)
        x = self.tokens(tokens) + self.positions(places)
        grown = []
        for number, block in enumerate(self.blocks):
            x, pair = block(x, None if cache is None else cache[number])
            grown.append(pair)
        return self.norm(x) @ self.tokens.weight.T, grown
        ### END SOLUTION


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
    """Write: guess the next token, append it, and go on from there.

        t_i ~ softmax(filter_logits(z)),   z = logits of position i − 1

    model: a GPT or anything that is called like one, model(tokens, cache) → (logits, cache).
    tokens: (B, L), the prompt, L ≥ 1.  steps: int ≥ 0.  Returns (B, L + steps), the prompt first;
    with steps = 0 that is the prompt, and the model is not called.  The model is able to read all
    that it is fed: L + steps − 1 tokens.

    temperature 0: the new token of each row is the one with the largest logit, and nothing is
    drawn, whatever top_k and top_p are.  Otherwise each step makes exactly one draw, for all rows
    together and from the logits of the last position alone:
    `torch.multinomial(probabilities, 1, generator=generator)`, the probabilities being the softmax
    of `filter_logits` with the given temperature, top_k and top_p.

    The model is called once a step.  With use_cache it is fed the prompt and None first, then only
    the newest token of each row, (B, 1), and the cache that the call before returned.  Without, it
    is fed the whole sequence so far and None each time.  Both write the same text; the first reads
    every token once.

    >>> def successor(tokens, cache=None):  # after n comes n + 1, after 4 comes 0
    ...     return functional.one_hot((tokens + 1) % 5, 5).float(), cache
    >>> generate(successor, torch.tensor([[0, 1], [3, 3]]), 4, temperature=0)
    tensor([[0, 1, 2, 3, 4, 0],
            [3, 3, 4, 0, 1, 2]])
    """
    ### BEGIN SOLUTION
    fed, cache = tokens, None
    for _ in range(steps):
        logits, cache = model(fed, cache if use_cache else None)
        last = logits[:, -1]
        if temperature == 0:
            newest = last.argmax(dim=-1, keepdim=True)
        else:
            probabilities = filter_logits(last, temperature, top_k, top_p).softmax(dim=-1)
            newest = torch.multinomial(probabilities, 1, generator=generator)
        tokens = torch.cat([tokens, newest], dim=1)
        fed = newest if use_cache else tokens
    return tokens
    ### END SOLUTION
