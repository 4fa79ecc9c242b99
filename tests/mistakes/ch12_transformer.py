"""What people get wrong in transformers."""

import math

import ch12_transformer as reference
import torch
from torch.nn import functional

from grader.bank import mistake, slips

slips(
    "gelu",
    """
    always-tanh: The formula with tanh is for approximate=True only; without it the error function
      is due.
        if approximate: -> if True:
    always-exact: With approximate=True the formula with tanh is due, digit for digit.
        if approximate: -> if False:
    modes-swapped: The two formulas have changed places: approximate=True asks for the one with
      tanh.
        if approximate: -> if not approximate:
    root-two-missing: erf is the distribution function of another normal distribution, of variance
      ½: x has to be scaled.
        torch.erf(x / 2**0.5) -> torch.erf(x)
    times-root-two: erf wants x divided by the root of 2, not multiplied.
        torch.erf(x / 2**0.5) -> torch.erf(x * 2**0.5)
    digit-dropped: The constant in front of the cube has six decimals, and not these.
        0.044715 -> 0.04715
    pi-over-two: The factor within tanh is a root of two over π, not of π over two.
        (2 / math.pi) ** 0.5 -> (math.pi / 2) ** 0.5
    no-root: The factor within tanh is a root.
        (2 / math.pi) ** 0.5 -> (2 / math.pi)
    square-for-cube: It is the cube of x that is added within tanh: for a negative x it is negative.
        x**3 -> x**2
    half-missing: 1 + erf goes from 0 to 2, a probability from 0 to 1.
        return 0.5 * x * (1 + torch.erf -> return x * (1 + torch.erf
    sigmoid: A sigmoid of 1.702·x is a third, rougher formula; the exact one has the error function.
        return 0.5 * x * (1 + torch.erf(x / 2**0.5)) -> return x * torch.sigmoid(1.702 * x)
    silu: A sigmoid in place of Φ makes SiLU of it.
        return 0.5 * x * (1 + torch.erf(x / 2**0.5)) -> return x * torch.sigmoid(x)
    in-place: The given tensor is overwritten; make a new one.
        return 0.5 * x * (1 + torch.erf(x / 2**0.5))
        -> return x.mul_(0.5 * (1 + torch.erf(x / 2**0.5)))
    """,
)

slips(
    "SwiGLU",
    """
    roles-swapped: The activation belongs on the gate; here it is on the values that the gate lets
      through.
        functional.silu(self.gate(x)) * self.up(x) -> self.gate(x) * functional.silu(self.up(x))
    sigmoid-gate: The gate is z·σ(z), not σ(z) alone: that would be a plain GLU.
        functional.silu( -> torch.sigmoid(
    gelu-gate: The gate goes through SiLU; with GELU the layer is called GeGLU.
        functional.silu( -> functional.gelu(
    relu-gate: The gate goes through SiLU; with ReLU the layer is called ReGLU.
        functional.silu( -> torch.relu(
    both-activated: Only the gate is activated; the values pass as they are.
        self.up(x) -> functional.silu(self.up(x))
    silu-of-product: The activation comes before the product, on the gate alone.
        functional.silu(self.gate(x)) * self.up(x) -> functional.silu(self.gate(x) * self.up(x))
    added: The gate multiplies the values: it is no second path that is added.
        functional.silu(self.gate(x)) * self.up(x) -> functional.silu(self.gate(x)) + self.up(x)
    no-gate: The gate has no part in the answer; this is a plain network of two layers.
        functional.silu(self.gate(x)) * self.up(x) -> functional.silu(self.up(x))
    residual-inside: The layer returns its own answer alone; x is added by whoever stacks layers.
        return self.down( -> return x + self.down(
    residual-in-place: The layer adds its answer to the given x, and so overwrites it.
        self.down(functional.silu(self.gate(x)) * self.up(x))
        -> x.add_(self.down(functional.silu(self.gate(x)) * self.up(x)))
    with-biases: None of the three layers has a bias.
        self.gate = nn.Linear(d_model, d_hidden, bias=False)
        -> self.gate = nn.Linear(d_model, d_hidden)
        self.up = nn.Linear(d_model, d_hidden, bias=False) -> self.up = nn.Linear(d_model, d_hidden)
        self.down = nn.Linear(d_hidden, d_model, bias=False)
        -> self.down = nn.Linear(d_hidden, d_model)
    """,
)

slips(
    "Block",
    """
    post-norm: The norms stand after the sums here; this block norms what goes into each part and
      leaves the sums alone.
        self.qkv(self.norm1(x)) -> self.qkv(x)
        x = x + self.out(heads.transpose(1, 2).flatten(2))
        -> x = self.norm1(x + self.out(heads.transpose(1, 2).flatten(2)))
        return x + self.down(gelu(self.up(self.norm2(x)))), (k, v)
        -> return self.norm2(x + self.down(gelu(self.up(x)))), (k, v)
    no-norm: Both parts work on normed rows; here the first norm is not applied.
        self.qkv(self.norm1(x)) -> self.qkv(x)
    residual-of-normed: What is added to attention is x as it came, not the normed x.
        x = x + self.out( -> x = self.norm1(x) + self.out(
    second-residual-of-normed: What is added to the network's output is the x before the norm, not
      the normed one.
        return x + self.down( -> return self.norm2(x) + self.down(
    first-residual-missing: Attention is added to x; here it replaces it.
        x = x + self.out( -> x = self.out(
    second-residual-missing: The network's output is added to x; here it replaces it.
        return x + self.down( -> return self.down(
    second-residual-of-input: The second sum starts from what the first one made, not from the
      block's input again.
        x = x + self.out(heads.transpose(1, 2).flatten(2))
        -> y = x + self.out(heads.transpose(1, 2).flatten(2))
        self.norm2(x) -> self.norm2(y)
    parallel: The network sees what attention has made of x, not the x before it.
        x = x + self.out(heads.transpose(1, 2).flatten(2))
        -> y = x + self.out(heads.transpose(1, 2).flatten(2))
        return x + self.down( -> return y + self.down(
    one-norm: Each part has a norm of its own: norm1 is used twice, which shows as soon as they have
      learned anything.
        self.norm2(x) -> self.norm1(x)
    not-causal: New positions see later ones too; each may see those before it and itself.
        .tril(total - new) ->
    mask-from-top-left: With a cache the triangle starts in the wrong corner: the first new position
      sees all of the cache.
        .tril(total - new) -> .tril()
    diagonal-hidden: Each position sees itself, too.
        .tril(total - new) -> .tril(max(total - new - 1, 0))
    prefill-with-cache-unmasked: Several new positions after a cache still may not see each other's
      future.
        .tril(total - new) -> .tril(total - new if cache is None else total)
    cache-behind: The cached positions came first, so they stand first.
        torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)
        -> torch.cat([k, cache[0]], dim=2), torch.cat([v, cache[1]], dim=2)
    cache-of-the-new: The returned cache holds the newest positions only; the ones before them are
      lost to the next call.
        q, k, v = qkv.permute(2, 0, 3, 1, 4) -> q, k, v = q, *fresh = qkv.permute(2, 0, 3, 1, 4)
        , (k, v) -> , tuple(fresh)
    cache-ignored: The cache is not looked at: every call begins a new text.
        if cache is not None: -> if False:
    heads-not-merged: Positions and heads are mixed up: bring the heads beside the features before
      joining them.
        heads.transpose(1, 2).flatten(2) -> heads.reshape(x.shape)
    heads-interleaved: A head is a block of neighbouring features, not every H-th of them.
        (3, self.num_heads, -1)) -> (3, -1, self.num_heads)).transpose(-2, -1)
    qkv-per-head: The rows of qkv are all of q, then all of k, then all of v, not one head after the
      other.
        (3, self.num_heads, -1)) -> (self.num_heads, 3, -1)).transpose(2, 3)
    kqv: The queries come first among the outputs of qkv, then the keys.
        q, k, v = qkv -> k, q, v = qkv
    no-scale: The scores are not divided by the root of d.
        (q, k, v, visible) -> (q, k, v, visible, scale=1.0)
    scale-of-the-model: The scores are divided by the root of a head's width, not of d_model.
        (q, k, v, visible) -> (q, k, v, visible, scale=x.shape[-1] ** -0.5)
    relu: Between up and down stands GELU, not ReLU.
        gelu(self.up(self.norm2(x))) -> torch.relu(self.up(self.norm2(x)))
    tanh-gelu: The block has the exact GELU; this is the approximate one.
        gelu(self.up(self.norm2(x))) -> gelu(self.up(self.norm2(x)), True)
    keys-cached-without-gradient: The cache is cut off from the graph: gradients flow through it,
      too.
        , (k, v) -> , (k.detach(), v.detach())
    sum-in-place: The first sum overwrites the given x.
        x = x + self.out( -> x += self.out(
    no-bias: All four linear layers have a bias.
        nn.Linear(d_model, 3 * d_model) -> nn.Linear(d_model, 3 * d_model, bias=False)
    """,
)


@mistake(
    "Block",
    "cache-kept-inside",
    "The block keeps the cache itself and ignores the one it is given: two texts at once get "
    "mixed.",
)
class Block(reference.Block):
    def forward(self, x, cache=None):
        x, self.kept = super().forward(x, None if cache is None else getattr(self, "kept", cache))
        return x, self.kept


slips(
    "CrossAttentionBlock",
    """
    self-attention: Keys and values come from the memory; here x looks at itself.
        self.kv(memory) -> self.kv(self.norm(x))
    query-from-memory: The queries come from x, keys and values from the memory: here it is the
      other way round.
        self.q(self.norm(x)) -> self.q(memory)
        self.kv(memory) -> self.kv(self.norm(x))
    memory-normed: The memory is taken as it is; the norm is for x.
        self.kv(memory) -> self.kv(self.norm(memory))
    query-not-normed: The queries are made of the normed x.
        self.q(self.norm(x)) -> self.q(x)
    no-residual: What was found in the memory is added to x; here it replaces it.
        return x + self.out( -> return self.out(
    residual-of-normed: What is added is x as it came, not the normed x.
        return x + self.out( -> return self.norm(x) + self.out(
    mask-ignored: The mask is not looked at: padding takes part.
        visible = None if memory_mask is None else memory_mask[:, None, None, :] -> visible = None
    mask-inverted: True means real here, as in scaled_dot_product_attention; torch's
      key_padding_mask is the other way round.
        else memory_mask[:, None, None, :] -> else ~memory_mask[:, None, None, :]
    mask-added: A mask of ones and zeros is added to the scores: padding is a little weaker, not
      hidden.
        else memory_mask[:, None, None, :] -> else memory_mask[:, None, None, :].to(x.dtype)
    values-first: Of the outputs of kv the first half are keys, the second half values.
        k, v = self.kv -> v, k = self.kv
    heads-not-merged: Positions and heads are mixed up: bring the heads beside the features before
      joining them.
        heads.transpose(1, 2).flatten(2) -> heads.reshape(x.shape)
    heads-interleaved: A head is a block of neighbouring features, not every H-th of them.
        (2, self.num_heads, -1)) -> (2, -1, self.num_heads)).transpose(-2, -1)
    kv-per-head: The outputs of kv are all of k, then all of v, not one head after the other.
        (2, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        -> (self.num_heads, 2, -1)).permute(3, 0, 2, 1, 4)
    no-scale: The scores are not divided by the root of d.
        (q, k, v, visible) -> (q, k, v, visible, scale=1.0)
    norm-for-the-memory: There is one norm, for x: the memory has been normed by whoever made it.
        self.out = nn.Linear(d_model, d_model)
        -> self.out, self.norm_memory = nn.Linear(d_model, d_model), nn.LayerNorm(d_model)
    sum-in-place: The sum overwrites the given x.
        x + self.out(heads.transpose(1, 2).flatten(2))
        -> x.add_(self.out(heads.transpose(1, 2).flatten(2)))
    """,
)


@mistake(
    "CrossAttentionBlock",
    "causal",
    "All of the memory may be seen: it was read before anything is written.",
)
class CrossAttentionBlock(reference.CrossAttentionBlock):
    def forward(self, x, memory, memory_mask=None):
        rows = []
        for t in range(x.shape[1]):
            seen = None if memory_mask is None else memory_mask[:, : t + 1]
            rows.append(super().forward(x[:, t : t + 1], memory[:, : t + 1], seen))
        return torch.cat(rows, dim=1)


slips(
    "mask_tokens",
    """
    special-masked: Special tokens are chosen like others; they must never be.
        (u < p) & ~torch.isin(tokens, special) -> u < p
    special-only: The test for special tokens is inverted: these are the only ones that are chosen.
        ~torch.isin -> torch.isin
    chance-inverted: A token is chosen with probability p, not kept with it.
        (u < p) -> (u >= p)
    always-mask: All of the chosen are hidden; one in five must not be.
        chosen & (v < 0.8) -> chosen
        torch.where(chosen & (v >= 0.8) & (v < 0.9), w, inputs) -> inputs
    no-unchanged: One in ten of the chosen stays as it is; here it is replaced too.
        (v < 0.9) -> (v < 1.0)
    no-random: One in ten of the chosen becomes the token that was drawn for it; here it stays.
        torch.where(chosen & (v >= 0.8) & (v < 0.9), w, inputs) -> inputs
    ten-ten-eighty: Eight of ten chosen tokens are hidden, not one.
        (v < 0.8) -> (v < 0.1)
        (v >= 0.8) & (v < 0.9) -> (v >= 0.1) & (v < 0.2)
    random-and-unchanged-swapped: From 0.8 to 0.9 the drawn token comes in; above that nothing
      changes.
        (v >= 0.8) & (v < 0.9) -> (v >= 0.9)
    random-anywhere: Only chosen tokens are replaced; here one in ten of all is.
        chosen & (v >= 0.8) -> (v >= 0.8)
    labels-everywhere: Only chosen tokens have a label; the others have −100.
        tokens.masked_fill(~chosen, -100) -> tokens.clone()
    labels-of-masked-only: All of the chosen have a label, those too that were replaced or left as
      they are.
        tokens.masked_fill(~chosen, -100) -> tokens.masked_fill(~(chosen & (v < 0.8)), -100)
    labels-of-changed-only: A chosen token has a label even if it was left as it is.
        tokens.masked_fill(~chosen, -100) -> tokens.masked_fill(inputs == tokens, -100)
    labels-zero: 0 is a token like any other; what is not asked for has the label −100.
        -100 -> 0
    labels-corrupted: The labels are taken after tokens were hidden; the model shall guess what
      stood there before.
        tokens.masked_fill(~chosen -> inputs.masked_fill(~chosen
    one-draw-for-both: One number decides both who is chosen and what happens: with p below 0.8 all
      chosen tokens are hidden.
        v = torch.rand(tokens.shape, generator=generator) -> v = u
    draws-out-of-order: The random tokens are drawn last, after both draws of probabilities.
        w = torch.randint(vocab_size, tokens.shape, generator=generator) -> w = drawn
        v = torch.rand(
        -> drawn = torch.randint(vocab_size, tokens.shape, generator=generator); v = torch.rand(
    global-generator: Randomness comes from the given generator alone, so that a run can be
      repeated.
        u = torch.rand(tokens.shape, generator=generator) -> u = torch.rand(tokens.shape)
        v = torch.rand(tokens.shape, generator=generator) -> v = torch.rand(tokens.shape)
        w = torch.randint(vocab_size, tokens.shape, generator=generator)
        -> w = torch.randint(vocab_size, tokens.shape)
    """,
)


@mistake(
    "mask_tokens",
    "in-place",
    "The given tokens are overwritten; the batch may be needed again.",
)
def mask_tokens(tokens, mask_id, vocab_size, special_ids, generator, p=0.15):
    inputs, labels = reference.mask_tokens(tokens, mask_id, vocab_size, special_ids, generator, p)
    return tokens.copy_(inputs), labels


@mistake(
    "mask_tokens",
    "draws-for-the-chosen",
    "Each draw has the whole shape, whatever is chosen; here the later ones are made for "
    "chosen tokens.",
)
def mask_tokens(tokens, mask_id, vocab_size, special_ids, generator, p=0.15):
    u = torch.rand(tokens.shape, generator=generator)
    chosen = (u < p) & ~torch.isin(tokens, torch.tensor(special_ids, dtype=tokens.dtype))
    count, inputs = int(chosen.sum()), tokens.clone()
    v = torch.rand(count, generator=generator)
    w = torch.randint(vocab_size, (count,), generator=generator)
    new = torch.where(v < 0.9, w, tokens[chosen])
    inputs[chosen] = new.masked_fill(v < 0.8, mask_id)
    return inputs, tokens.masked_fill(~chosen, -100)


slips(
    "next_token_loss",
    """
    not-shifted: The logits at a position are compared with the token that stands there, which the
      model has just read.
        logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()
        -> logits.flatten(0, 1), tokens.flatten()
    shifted-the-wrong-way: The logits at a position guess the token after it, not the one before it.
        logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()
        -> logits[:, 1:].flatten(0, 1), tokens[:, :-1].flatten()
    rolled: The last position of a row has nothing to guess; here it guesses the first token.
        logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()
        -> logits.flatten(0, 1), tokens.roll(-1, 1).flatten()
    flattened-first: Shift within each row before joining rows; here the end of a row guesses the
      start of the next.
        logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()
        -> logits.flatten(0, 1)[:-1], tokens.flatten()[1:]
    two-ahead: The guess is about the very next token, not the one after it.
        logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()
        -> logits[:, :-2].flatten(0, 1), tokens[:, 2:].flatten()
    softmax-twice: cross_entropy takes logits and does the softmax itself; here it is done before,
      too.
        cross_entropy(guesses, -> cross_entropy(guesses.softmax(dim=-1),
    summed: The loss is the mean over all pairs that count, not their sum.
        ignore_index=ignore_index) -> ignore_index=ignore_index, reduction="sum")
    ignored-counted: Pairs that are left out are left out of the count, too.
        ignore_index=ignore_index) -> ignore_index=ignore_index, reduction="sum") / targets.numel()
    ignore-index-ignored: Which targets are left out is what ignore_index says, not always −100.
        , ignore_index=ignore_index) -> )
    reshaped-wrong: Bringing classes and positions into another order takes a transpose; a reshape
      mixes them up.
        logits[:, :-1].flatten(0, 1) -> logits[:, :-1].transpose(1, 2).reshape(-1, logits.shape[-1])
    """,
)


@mistake(
    "next_token_loss",
    "mean-of-rows",
    "The mean is over all pairs together; a mean of means gives short rows more weight.",
)
def next_token_loss(logits, tokens, ignore_index=-100):
    losses = [
        functional.cross_entropy(row[:-1], text[1:], ignore_index=ignore_index)
        for row, text in zip(logits, tokens, strict=True)
    ]
    return torch.stack(losses).mean()


@mistake(
    "next_token_loss",
    "ignored-does-not-predict",
    "A position is left out if its target is ignore_index; its own token does not matter.",
)
def next_token_loss(logits, tokens, ignore_index=-100):
    targets = tokens[:, 1:].masked_fill(tokens[:, :-1] == ignore_index, ignore_index)
    guesses = logits[:, :-1].flatten(0, 1)
    return functional.cross_entropy(guesses, targets.flatten(), ignore_index=ignore_index)


@mistake(
    "next_token_loss",
    "unstable-log",
    "exp of large logits is infinite, and the logarithm of a probability of 0 is, too.",
)
def next_token_loss(logits, tokens, ignore_index=-100):
    e = torch.exp(logits[:, :-1])
    targets = tokens[:, 1:]
    counts = targets != ignore_index
    p = (e / e.sum(dim=-1, keepdim=True)).gather(2, targets.masked_fill(~counts, 0)[..., None])
    return -torch.log(p[..., 0][counts]).mean()


@mistake(
    "next_token_loss",
    "tokens-overwritten",
    "The given tokens are changed on the way; they are needed as the next input.",
)
def next_token_loss(logits, tokens, ignore_index=-100):
    tokens[tokens == ignore_index] = -100
    return functional.cross_entropy(logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())


slips(
    "filter_logits",
    """
    crossing-token-dropped: The token with which the sum reaches top_p belongs to the nucleus;
      without it even nothing may stay.
        p.cumsum(dim=-1) - p >= top_p -> p.cumsum(dim=-1) > top_p
    only-the-first-is-safe: The token with which the sum reaches top_p stays, wherever it stands;
      here only the most probable one is safe.
        p.cumsum(dim=-1) - p >= top_p -> (p.cumsum(dim=-1) > top_p) & (ordered < ordered[..., :1])
    one-more: The nucleus ends with the token that reaches top_p; here the one after it stays, too.
        p.cumsum(dim=-1) - p >= top_p -> p.cumsum(dim=-1) - p - p.roll(1, -1) >= top_p
    top-p-as-threshold: top_p is about a sum of probabilities, not about each of them.
        p.cumsum(dim=-1) - p >= top_p -> p < top_p
    not-scattered-back: The flags are in the order of the sorted tokens; they have to go back to
      where each token stands.
        reached.scatter(-1, order, reached) -> reached
    gathered-back: Indexing with the sort's indices sorts once more; to undo it the flags are put
      *at* these places.
        reached.scatter(-1, order, reached) -> reached.gather(-1, order)
    returned-sorted: The tokens must stay in their places; here they come back in order of
      probability.
        logits.masked_fill(reached.scatter(-1, order, reached), -math.inf)
        -> ordered.masked_fill(reached, -math.inf)
    ascending: The nucleus is gathered from the most probable token down, not from the least
      probable up.
        descending=True -> descending=False
    multiplied-by-temperature: A high temperature makes tokens more alike: divide by it.
        logits / temperature -> logits * temperature
    temperature-ignored: The logits are not divided by the temperature.
        logits / temperature -> logits * 1
    temperature-last: The temperature comes first: the nucleus is one of the distribution that is
      drawn from.
        logits = logits / temperature -> logits = logits * 1
        return logits -> return logits / temperature
    one-fewer: The k-th largest stays, too.
        logits < least -> logits <= least
    smallest-stay: It is the largest logits that stay, not the smallest.
        logits.topk(top_k, dim=-1) -> logits.topk(top_k, dim=-1, largest=False)
        logits < least -> logits > least
    k-too-large-fails: top_k may be more than there are tokens: then all stay.
        top_k is not None and top_k < logits.shape[-1] -> top_k is not None
    threshold-of-first-row: Every row has a k-th largest logit of its own.
        .values[..., -1:] -> .values.flatten()[top_k - 1]
    top-p-ignored: top_p has no effect at all.
        top_p is not None and top_p < 1 -> False
    in-place: The given logits are overwritten.
        logits / temperature -> logits.div_(temperature)
    """,
)


@mistake(
    "filter_logits",
    "nucleus-before-k",
    "top_k comes before top_p: the nucleus is one of the k largest, whose probabilities sum to "
    "1 again.",
)
def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    nucleus = reference.filter_logits(logits, temperature, None, top_p)
    return reference.filter_logits(nucleus, 1.0, top_k, None)


@mistake(
    "filter_logits",
    "zeros-for-dropped",
    "A logit of 0 is a logit like any other; what is dropped must have probability 0, a logit "
    "of −∞.",
)
def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    kept = reference.filter_logits(logits, temperature, top_k, top_p)
    return kept.masked_fill(kept == -math.inf, 0.0)


@mistake(
    "filter_logits",
    "finite-for-dropped",
    "What is dropped is −∞ exactly, not just a very low number.",
)
def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    kept = reference.filter_logits(logits, temperature, top_k, top_p)
    return kept.masked_fill(kept == -math.inf, -1e9)


@mistake(
    "filter_logits",
    "probabilities-returned",
    "The answer are logits, −∞ where dropped; the softmax is left to whoever draws.",
)
def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    return reference.filter_logits(logits, temperature, top_k, top_p).softmax(dim=-1)


slips(
    "GPT",
    """
    positions-restart: With a cache the new tokens do not stand at the beginning: positions go on
      where the cache ends.
        0 if cache is None else cache[0][0].shape[2] -> 0
    positions-one-late: The first token stands at position 0.
        torch.arange(past, past + tokens.shape[1], device=tokens.device)
        -> torch.arange(past + 1, past + 1 + tokens.shape[1], device=tokens.device)
    no-positions: The positions are not added: the model cannot tell them apart.
        self.tokens(tokens) + self.positions(places) -> self.tokens(tokens)
    positions-by-token: The table of positions is asked for where a token stands, not for which
      token it is.
        self.positions(places) -> self.positions(tokens % self.positions.num_embeddings)
    scaled-embedding: The embeddings are added as they are; scaling them by √D is the first
      transformer's way, not GPT's.
        self.tokens(tokens) + self.positions(places)
        -> self.tokens(tokens) * self.norm.normalized_shape[0] ** 0.5 + self.positions(places)
    no-final-norm: The last block's output is normed before it is compared with the tokens.
        self.norm(x) @ -> x @
    norm-first: The norm comes after the blocks, not before them.
        x = self.tokens(tokens) + self.positions(places)
        -> x = self.norm(self.tokens(tokens) + self.positions(places))
        self.norm(x) @ -> x @
    untied: The scores come from the table of tokens itself: there is no output layer with weights
      of its own.
        self.norm = nn.LayerNorm(d_model)
        -> self.norm, self.head = nn.LayerNorm(d_model), nn.Linear(d_model, vocab_size, bias=False)
        self.norm(x) @ self.tokens.weight.T -> self.head(self.norm(x))
    first-cache-for-all: Every block has keys and values of its own; here all are given those of the
      first.
        cache[number]) -> cache[0])
    one-block-shared: The list holds one block several times; each layer has weights of its own.
        [Block(d_model, num_heads, d_hidden) for _ in range(num_layers)]
        -> [Block(d_model, num_heads, d_hidden)] * num_layers
    one-block-less: All the layers are run, the last one, too.
        enumerate(self.blocks) -> enumerate(self.blocks[: max(1, len(self.blocks) - 1)])
    cache-ignored: The blocks are not given their caches: the new tokens do not see the old ones.
        None if cache is None else cache[number] -> None
    blocks-in-parallel: Each block works on what the one before it has made; here all see the
      embeddings, and the last one's answer counts.
        grown = [] -> grown, first = [], x
        block(x, -> block(first,
    log-probabilities: The answer are logits; the softmax is the loss's business.
        return self.norm(x) @ self.tokens.weight.T, grown
        -> return (self.norm(x) @ self.tokens.weight.T).log_softmax(dim=-1), grown
    last-position-only: There are logits at every position, not only at the last: training needs
      them all.
        return self.norm(x) @ -> return self.norm(x)[:, -1:] @
    table-detached: The table learns from both ends: gradients must reach it through the scores as
      well.
        self.tokens.weight.T -> self.tokens.weight.detach().T
    cache-extended-in-place: The given cache is overwritten with the new one: another continuation
      of the same text goes wrong.
        grown = [] -> grown = [None] * len(self.blocks) if cache is None else cache
        grown.append(pair) -> grown[number] = pair
    """,
)

slips(
    "generate",
    """
    cache-without-reset: With a cache only the newest token is fed; here the whole text is read
      again on top of what was read.
        fed = newest if use_cache else tokens -> fed = tokens
    newest-without-cache: Without a cache the model knows nothing of earlier tokens: feed it the
      whole text each time.
        fed = newest if use_cache else tokens -> fed = newest
    cache-lost: The cache that the last call returned goes into the next one; here the model forgets
      all but the newest token.
        model(fed, cache if use_cache else None) -> model(fed, None)
    cache-never-used: The text is right, and all of it is read again in every step: with use_cache
      only the newest token is fed.
        model(fed, cache if use_cache else None) -> model(fed, None)
        fed = newest if use_cache else tokens -> fed = tokens
    cache-always-used: With use_cache=False the model is fed the whole text and None.
        cache if use_cache else None -> cache
        fed = newest if use_cache else tokens -> fed = newest
    prompt-lost: The answer begins with the prompt.
        fed, cache = tokens, None -> fed, cache, length = tokens, None, tokens.shape[1]
        return tokens -> return tokens[:, length:]
    total-length: steps is how many tokens are written, not how long the text becomes.
        range(steps) -> range(steps - tokens.shape[1])
    one-step-more: Exactly `steps` tokens are written.
        range(steps) -> range(steps + 1)
    one-step-less: Exactly `steps` tokens are written.
        range(steps) -> range(steps - 1)
    always-greedy: With a temperature above 0 the next token is drawn, not the most probable one
      taken.
        if temperature == 0: -> if True:
    divides-by-zero: At temperature 0 nothing is drawn: take the token with the largest logit.
        if temperature == 0: -> if False:
    draws-at-zero: At temperature 0 nothing is drawn: here the generator moves on although only one
      token can come out.
        last.argmax(dim=-1, keepdim=True)
        -> torch.multinomial(filter_logits(last, 1.0, 1).softmax(dim=-1), 1, generator=generator)
    filters-ignored: The logits are not filtered before the draw.
        filter_logits(last, temperature, top_k, top_p) -> (last / temperature)
    temperature-ignored: The temperature is not handed on: it changes the distribution that is drawn
      from.
        filter_logits(last, temperature, top_k, top_p) -> filter_logits(last, 1.0, top_k, top_p)
    top-k-ignored: top_k is not handed on to the filter.
        filter_logits(last, temperature, top_k, top_p)
        -> filter_logits(last, temperature, None, top_p)
    top-p-ignored: top_p is not handed on to the filter.
        filter_logits(last, temperature, top_k, top_p) -> filter_logits(last, temperature, top_k)
    global-generator: The draw takes the given generator, so that a text can be written again.
        , 1, generator=generator) -> , 1)
    first-position: The next token follows from the logits of the last position.
        logits[:, -1] -> logits[:, 0]
    uniform-draw: The filter leaves logits; a draw wants their softmax, in which likely tokens are
      likelier.
        filter_logits(last, temperature, top_k, top_p).softmax(dim=-1)
        -> (filter_logits(last, temperature, top_k, top_p) > -math.inf).to(last.dtype)
    prompt-overwritten: The given prompt itself is made longer; make a new tensor.
        tokens = torch.cat([tokens, newest], dim=1)
        -> tokens.data = torch.cat([tokens, newest], dim=1)
    """,
)


@mistake(
    "generate",
    "rank-for-token",
    "What is drawn from sorted probabilities is a rank: which token stands at that rank is "
    "still to be looked up.",
)
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
    fed, cache = tokens, None
    for _ in range(steps):
        logits, cache = model(fed, cache if use_cache else None)
        if temperature == 0:
            newest = logits[:, -1].argmax(dim=-1, keepdim=True)
        else:
            kept = reference.filter_logits(logits[:, -1], temperature, top_k, top_p)
            p, _ = kept.softmax(dim=-1).sort(dim=-1, descending=True)
            newest = torch.multinomial(p, 1, generator=generator)
        tokens = torch.cat([tokens, newest], dim=1)
        fed = newest if use_cache else tokens
    return tokens
