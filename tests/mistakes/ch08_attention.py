"""What people get wrong in attention."""

from grader.bank import slips

HINTS = {
    "always-float32": "float64 comes in and float32 goes out: let the answer follow the dtype of "
    "the input.",
    "always-float64": "float32 comes in and float64 goes out: let the answer follow the dtype of "
    "the input.",
    "doubled-exponent": "The exponent counts by two already; multiplied by two again the "
    "frequencies fall too fast.",
    "mask-changed": "The mask is turned over in place: it belongs to the caller, and the next "
    "layer needs it.",
    "no-transpose": "The shape is right and the numbers are not: a reshape alone mixes positions "
    "and heads.",
    "not-boolean": "The mask must be boolean, not ones and zeros.",
    "through-numpy": "Autograd cannot see what NumPy does: stay with tensors.",
    "transposed-in-place": "transpose_ turns the caller's own tensor over; transpose makes another "
    "view of it.",
    "transposed-only-if-needed": "Positions and heads change places even where there are as many "
    "of the ones as of the others.",
    "unstable-exp": "exp of a large score is infinite, and infinity over infinity is not a number.",
}
"""Hints of mistakes that several exercises have."""

slips(
    "causal_mask",
    """
    inverted: True means that a position may be looked at; this mask is True where looking is
      forbidden.
        tril() -> triu(1)
    diagonal-hidden: A position may always attend to itself; here the first one may not attend to
      anything.
        tril() -> tril(-1)
    transposed: Rows are queries, columns are keys; this mask lets everyone see the future and not
      the past.
        tril() -> triu()
    one-too-far: Each position also sees the next one, which is the answer.
        tril() -> tril(1)
    not-boolean:
        , dtype=torch.bool ->
    made-for-adding: This is what some libraries add to scores; here a mask is boolean, True where
      one may look.
        torch.ones(length, length, dtype=torch.bool).tril()
        -> torch.full((length, length), -1e9).triu(1)
    """,
    hints=HINTS,
)

slips(
    "padding_mask",
    """
    inverted: True stands for real tokens here, not for the padding.
        < -> >=
    off-by-one: Positions count from 0: the token at the position of the length is padding already.
        < -> <=
    padding-in-front: The padding stands at the end, not at the start.
        < lengths[:, None] -> >= max_length - lengths[:, None]
    width-of-the-longest: The mask is max_length wide even if the longest sequence of this batch is
      shorter.
        max_length, device -> int(lengths.max()), device
    transposed: Batch first: one row for each sequence.
        device=lengths.device) < lengths[:, None] -> device=lengths.device)[:, None] < lengths
    not-boolean:
        torch.arange(max_length, device=lengths.device) < lengths[:, None]
        -> (torch.arange(max_length) < lengths[:, None]).float()
    lengths-as-a-row: Lengths belong down the rows, positions along them: give the lengths a second
      axis.
        [:, None] ->
    counts-lengths-down: The given lengths are changed on the way; work on new tensors.

        return torch.arange(max_length, device=lengths.device) < lengths[:, None]
        ->
        columns = []
        for _ in range(max_length):
            columns.append(lengths > 0)
            lengths -= 1
        return torch.stack(columns, dim=1)
    """,
    hints=HINTS,
)

slips(
    "scaled_dot_product_attention",
    """
    no-scale: The scores are not scaled: with many features the softmax then puts everything on one
      key.
        / q.shape[-1] ** 0.5 ->
    divide-by-dk: The scores are divided by d_k itself; a sum of d_k products grows like its root.
        q.shape[-1] ** 0.5 -> q.shape[-1]
    scale-by-sequence-length: The scale comes from the number of features of a key, not from how
      many positions there are.
        q.shape[-1] ** 0.5 -> k.shape[-2] ** 0.5
    scale-by-value-width: The scale is the root of the width of queries and keys; values may have
      another width.
        q.shape[-1] ** 0.5 -> v.shape[-1] ** 0.5
    softmax-over-queries: Each query shares its attention out among the keys: the weights of a row
      must sum to one.
        dim=-1 => dim=-2
    mask-after-softmax: The mask comes after the softmax, so that hidden keys take weight away and
      rows no longer sum to one.

        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        ->

    mask-inverted: True means that the query may attend to the key; here it hides the key.
        ~mask => mask
    mask-too-weak: The number put in place of hidden scores is not low enough: real scores may be
      as low.
        torch.finfo(scores.dtype).min -> -1e4
        softmax(scores, dim=-1).masked_fill(~mask, 0.0)
        -> softmax(scores, dim=-1) * mask.any(dim=-1, keepdim=True)
    mask-added: Adding a boolean adds 1 where it is True: hidden keys remain visible, only a little
      weaker.

        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1).masked_fill(~mask, 0.0)
        ->
        weights = torch.softmax(scores + mask, dim=-1)

    mask-multiplied: A score of 0 is a score like any other: a product with the mask does not hide
      a key.

        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1).masked_fill(~mask, 0.0)
        ->
        weights = torch.softmax(scores * mask, dim=-1)

    mask-not-broadcast: Indexing with the mask needs all of its axes; the mask may have fewer, or
      some of size 1.
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        -> scores[~mask] = torch.finfo(scores.dtype).min
    transposes-all-axes: With leading axes a transpose of everything turns the batch over too: swap
      the last two only.
        k.transpose(-2, -1) -> k.permute(*reversed(range(k.ndim)))
    unstable-exp:

        if mask is None:
        ->
        e = torch.exp(scores) * (1.0 if mask is None else mask)
        total = e.sum(dim=-1, keepdim=True)
        weights = e / (total if mask is None else total + (total == 0))
        return weights @ v, weights
        if mask is None:

    maximum-of-hidden-keys: The maximum that is subtracted may belong to a hidden key; what is left
      then underflows to 0.

        if mask is None:
        ->
        e = torch.exp(scores - scores.amax(dim=-1, keepdim=True)) * (1.0 if mask is None else mask)
        total = e.sum(dim=-1, keepdim=True)
        weights = e / (total + (total == 0))
        return weights @ v, weights
        if mask is None:

    nan-rows: A row that may attend nowhere becomes NaN: the softmax of nothing but -inf is 0 over
      0.
        torch.finfo(scores.dtype).min -> float("-inf")
        softmax(scores, dim=-1).masked_fill(~mask, 0.0) -> softmax(scores, dim=-1)
    uniform-rows: A row that may attend nowhere attends to everything alike; it should get zero
      weights.
        torch.finfo(scores.dtype).min -> -1e9
        softmax(scores, dim=-1).masked_fill(~mask, 0.0) -> softmax(scores, dim=-1)
    nan-gradients: The answer is right, but NaN comes and goes on the way, and the gradient keeps
      it.
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        -> scores = scores + torch.zeros_like(scores).masked_fill(~mask, float("-inf"))
        torch.softmax(scores, dim=-1).masked_fill(~mask, 0.0)
        -> torch.nan_to_num(torch.softmax(scores, dim=-1))
    hidden-weights-returned: The output is right, but the weights are those from before the mask.
        weights @ v, weights -> weights @ v, torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, dim=-1)
    scores-returned: The second answer should be the weights after the softmax, not the scores
      before it.
        weights @ v, weights -> weights @ v, q @ k.mT / q.shape[-1] ** 0.5
    always-causal: Nobody asked for a causal mask here: without a mask every query sees every key.

        if mask is None:
        ->
        causal = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
        mask = causal if mask is None else mask & causal
        if mask is None:

    weights-detached: The weights are cut off from the graph: queries and keys would never learn.
        return -> weights = weights.detach(); return
    scales-in-place: An in-place operation on q changes the caller's tensor, and breaks autograd.
        scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
        -> q /= q.shape[-1] ** 0.5; scores = q @ k.transpose(-2, -1)
    mask-changed:
        masked_fill(~mask, torch -> masked_fill(mask.logical_not_(), torch
        masked_fill(~mask, 0.0) -> masked_fill(mask, 0.0)
    transposed-only-if-needed: That a product fits does not make it the right one: keys are
      transposed whatever their size.
        k.transpose(-2, -1) -> (k if k.shape[-2] == q.shape[-1] else k.mT)
    mask-always-per-sample: A mask of two axes says which query may attend to which key; this one
      is read as a padding mask wherever the batch is as long as the sequence.

        if mask is None:
        ->
        if mask is not None and mask.ndim == 2 and q.ndim > 2 and len(mask) == len(q):
            mask = mask.view(len(q), *[1] * (q.ndim - 2), mask.shape[-1])
        if mask is None:

    always-float32:
        scores = q -> q, k, v = q.float(), k.float(), v.float(); scores = q
    always-float64:
        scores = q -> q, k, v = q.double(), k.double(), v.double(); scores = q
    """,
    hints=HINTS,
)

slips(
    "split_heads",
    """
    no-transpose:
        x.unflatten(-1, (num_heads, -1)).transpose(1, 2)
        -> x.reshape(x.shape[0], num_heads, x.shape[1], -1)
    every-hth-feature: A head should be a block of neighbouring features, not every H-th of them.
        x.unflatten(-1, (num_heads, -1)).transpose(1, 2)
        -> x.unflatten(-1, (-1, num_heads)).permute(0, 3, 1, 2)
    heads-not-in-front: The axis of the heads belongs before the positions.
        .transpose(1, 2) ->
    last-axes-swapped: The positions come before the features of a head.
        transpose(1, 2) -> permute(0, 2, 3, 1)
    heads-before-batch: The batch comes first, then the heads.
        x.unflatten(-1, (num_heads, -1)).transpose(1, 2) -> torch.stack(x.chunk(num_heads, dim=-1))
    heads-in-the-batch: Heads and batch share one axis here; they should be two.
        transpose(1, 2) -> transpose(1, 2).flatten(0, 1)
    transposed-only-if-needed:
        transpose(1, 2) -> transpose(1, 1 if x.shape[1] == num_heads else 2)
    transposed-in-place:
        x.unflatten(-1, (num_heads, -1)).transpose(1, 2)
        -> x.transpose_(1, 2).unflatten(1, (num_heads, -1)).transpose(2, 3)
    through-numpy:
        return x -> return torch.from_numpy(x.detach().numpy().copy()).requires_grad_()
    """,
    hints=HINTS,
)

slips(
    "merge_heads",
    """
    no-transpose:
        x.transpose(1, 2).flatten(2) -> x.reshape(x.shape[0], x.shape[2], -1)
    features-interleaved: The features of a head should stay side by side; here those of all heads
      alternate.
        transpose(1, 2) -> permute(0, 2, 3, 1)
    heads-averaged: Heads are put side by side, not averaged: D = H · d features.
        x.transpose(1, 2).flatten(2) -> x.mean(dim=1)
    wrong-axes-swapped: The axes that change places are heads and positions.
        x.transpose(1, 2).flatten(2) -> x.permute(2, 0, 1, 3).reshape(len(x), x.shape[2], -1)
    positions-first: The batch comes first, then the positions.
        transpose(1, 2) -> permute(2, 0, 1, 3)
    last-head-first: Head 0 comes first.
        x.transpose -> x.flip(1).transpose
    transposed-only-if-needed:
        transpose(1, 2) -> transpose(1, 1 if x.shape[1] == x.shape[2] else 2)
    transposed-in-place:
        transpose(1, 2) -> transpose_(1, 2)
    through-numpy:
        return x -> return torch.from_numpy(x.detach().numpy().copy()).requires_grad_()
    """,
    hints=HINTS,
)

slips(
    "MultiHeadAttention",
    """
    scale-by-d-model: Inside a head a key has d_model / num_heads features: that width sets the
      scale.
        (q, k -> (q / self.num_heads**0.5, k
    one-wide-head: All features attend as one head; num_heads makes no difference.
        split_heads(self.q_proj(query), self.num_heads) -> self.q_proj(query)[:, None]
        split_heads(self.k_proj(key), self.num_heads) -> self.k_proj(key)[:, None]
        split_heads(self.v_proj(value), self.num_heads) -> self.v_proj(value)[:, None]
    view-no-transpose: The heads are cut out by a reshape alone, which mixes positions and
      features.

        key = query if key is None else key
        ->
        key = query if key is None else key
        split_heads = lambda x, heads: x.reshape(x.shape[0], heads, x.shape[1], -1)

    merge-no-transpose: The heads are joined by a reshape alone: the shape is right, positions and
      heads are mixed.
        merge_heads(output) -> output.reshape(output.shape[0], output.shape[2], -1)
    features-interleaved: A head is a block of neighbouring features; trained weights assume that.

        key = query if key is None else key
        ->
        key = query if key is None else key
        split_heads = lambda x, heads: x.unflatten(-1, (-1, heads)).permute(0, 3, 1, 2)

        merge_heads(output) -> output.permute(0, 2, 3, 1).flatten(2)
    mask-repeat-order: The mask is repeated heads first where the scores are ordered batch first,
      so that samples get each other's masks.

        output, _ = scaled_dot_product_attention(q, k, v, mask)
        ->
        if mask is not None:
            shape = (*q.shape[:-1], k.shape[-2])
            mask = mask.expand(shape).transpose(0, 1).reshape(shape)
        output, _ = scaled_dot_product_attention(q, k, v, mask)

    mask-one-for-all-samples: The mask of the first sample is used for the whole batch.
        k, v, mask)
        -> k, v, None if mask is None else mask.expand(*q.shape[:-1], k.shape[-2])[:1])
    mask-one-for-all-heads: The mask of the first head is used for all heads; each may have its
      own.
        k, v, mask)
        -> k, v, None if mask is None else mask.expand(*q.shape[:-1], k.shape[-2])[:, :1])
    mask-inverted: True means may attend; here True hides the key.
        k, v, mask) -> k, v, None if mask is None else ~mask)
    mask-ignored: The mask is taken and never used.
        k, v, mask) -> k, v)
    nan-rows: A query that may attend nowhere turns the output into NaN; its heads should give
      zeros.

        output, _ = scaled_dot_product_attention(q, k, v, mask)
        ->
        scores = q @ k.mT / q.shape[-1] ** 0.5
        scores = scores if mask is None else scores.masked_fill(~mask, float("-inf"))
        output = torch.softmax(scores, dim=-1) @ v

    uniform-rows: A query that may attend nowhere sees -1e9 everywhere and attends to all keys
      alike; its heads should give zeros.

        output, _ = scaled_dot_product_attention(q, k, v, mask)
        ->
        scores = q @ k.mT / q.shape[-1] ** 0.5
        scores = scores if mask is None else scores.masked_fill(~mask, -1e9)
        output = torch.softmax(scores, dim=-1) @ v

    mask-changed:
        k, v, mask) -> k, v, None if mask is None else ~mask.logical_not_())
    unstable-exp:

        output, _ = scaled_dot_product_attention(q, k, v, mask)
        ->
        e = torch.exp(q @ k.mT / q.shape[-1] ** 0.5) * (1.0 if mask is None else mask)
        total = e.sum(dim=-1, keepdim=True)
        output = e / (total if mask is None else total + (total == 0)) @ v

    no-out-proj: The merged heads have one more projection to go through.
        self.out_proj(merge_heads(output)) -> merge_heads(output)
    value-from-query: The value defaults to the key, not to the query: else the values of another
      sequence are never seen.
        value = key if -> value = query if
    defaults-together: Each default holds by itself: a value that is given is used also where the
      key is not.

        key = query if key is None else key
        ->
        if key is None:
            key = value = query

    key-from-value: The key defaults to the query, also where a value is given.
        query if key is None else key
        -> (query if value is None else value) if key is None else key
    defaults-missing: Without a key the query is projected in its place, without a value the key.

        key = query if key is None else key
        value = key if value is None else value
        ->

    always-self-attention: Keys and values are made from the query even when others are given.
        key = query if key is None else key -> key = value = query
    key-used-as-value: The given value is ignored; the key takes its place.
        value = key if value is None else value -> value = key
    projections-swapped: Keys go through the projection of the values and values through that of
      the keys.
        self.k_proj(key) -> self.v_proj(key)
        self.v_proj(value) -> self.k_proj(value)
    keys-share-the-query-projection: Keys have a projection of their own.
        self.k_proj(key) -> self.q_proj(key)
    bias-always: bias=False should leave out the bias of all four projections.
        bias=bias => bias=True
    out-proj-keeps-its-bias: bias=False holds for the output projection too.
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        -> self.out_proj = nn.Linear(d_model, d_model)
    heads-not-checked: A number of heads that does not divide the features must be refused with a
      ValueError.
        if d_model % num_heads: -> if False:
    heads-asserted: An assert raises AssertionError and vanishes under -O; the promise is a
      ValueError.

        if d_model % num_heads:
            raise ValueError(f"{num_heads} heads do not divide {d_model} features")
        ->
        assert d_model % num_heads == 0

    returns-weights-too: The layer returns the output alone, not a pair.
        output, _ = -> output, weights =
        merge_heads(output)) -> merge_heads(output)), weights
    dropout-nobody-asked-for: There is dropout in training, though the statement has none.
        output, _ = scaled_dot_product_attention(q, k, v, mask)
        -> _, weights = scaled_dot_product_attention(q, k, v, mask)
        merge_heads(output) -> merge_heads(nn.functional.dropout(weights, 0.3, self.training) @ v)
    weights-copied-at-the-start: The projections are joined once in the constructor: weights loaded
      or trained later are never used.

        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        ->
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        self.joined = [layer.weight.detach().clone() for layer in (self.q_proj, self.k_proj)]

        self.q_proj(query)
        -> nn.functional.linear(query, self.joined[0].to(query.dtype), self.q_proj.bias)
        self.k_proj(key)
        -> nn.functional.linear(key, self.joined[1].to(key.dtype), self.k_proj.bias)
    keys-remembered: The layer keeps the keys of its first call and uses them in every later one.

        output, _ = scaled_dot_product_attention(q, k, v, mask)
        ->
        if getattr(self, "keys", None) is None or self.keys.shape != k.shape:
            self.keys, self.values = k.detach(), v.detach()
        output, _ = scaled_dot_product_attention(q, self.keys, self.values, mask)

    queries-detached: No gradient reaches the projections of queries and keys.
        (q, k -> (q.detach(), k.detach()
    no-bias-by-default: Unless the caller says otherwise, the four projections have a bias.
        bias=True -> bias=False
    positions-first: The batch comes first: sample b must not see the others of the batch.

        key = query if key is None else key
        ->
        query = query.transpose(0, 1)
        key = query if key is None else key.transpose(0, 1)
        value = value if value is None else value.transpose(0, 1)

        self.out_proj(merge_heads(output)) -> self.out_proj(merge_heads(output)).transpose(0, 1)
    """,
    hints=HINTS,
)

slips(
    "sinusoidal_positions",
    """
    doubled-exponent:
        / d_model -> / d_model * 2
    own-exponent-for-cosines: Sine and cosine of a pair share one frequency; here each column has
      its own.
        angles.cos() -> (positions[:, None] / 10000.0 ** (exponents + 1 / d_model)).cos()
    halved-exponent: The exponent is 2i/D for pair i; without the 2 the frequencies fall too
      slowly.
        / d_model -> / d_model / 2
    base-1000: The base is 10000: there is a zero missing.
        10000.0 -> 1000.0
    halves: Sines and cosines alternate; here all sines come first and then all cosines.
        torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
        -> torch.cat([angles.sin(), angles.cos()], dim=1)
    sine-and-cosine-swapped: Sines stand in the even columns, from 0.
        angles.sin(), angles.cos() -> angles.cos(), angles.sin()
    starts-at-one: The first position is 0.
        positions = torch.arange(length, -> positions = 1 + torch.arange(length,
    frequencies-inverted: The later a pair, the slower it turns; here it turns ever faster.
        / 10000.0 -> * 10000.0
    always-float32: The table should have torch's default dtype, whatever that is at the time.
        torch.get_default_dtype() -> torch.float32
    always-float64: NumPy's float64 has come through; the table should have torch's default dtype.
        .to(torch.get_default_dtype()) ->
    """,
    hints=HINTS,
)

slips(
    "relative_bias",
    """
    sign: The distance is key minus query; here past and future have changed places.
        positions[None, :] - positions[:, None] -> positions[:, None] - positions[None, :]
    no-offset: A distance may be negative, and a negative index counts from the end of the table:
      column m is for distance 0.
        distance.clamp(-m, m) + m -> distance.clamp(-m, m)
    not-clipped: Distances beyond m have no entry of their own: they take that of m.
        distance.clamp(-m, m) -> distance
    zero-beyond-the-table: Keys farther away than m take the outermost entry of the table, not
      zero.
        + m] -> + m] * (distance.abs() <= m)
    clipped-at-length: The middle of the table depends on the table, not on the length of the
      sequence.
        distance.clamp(-m, m) + m -> (distance + length - 1).clamp(0, table.shape[1] - 1)
    symmetric: A key before the query and a key after it have different entries; the sign got lost.
        distance.clamp(-m, m) -> distance.abs().clamp(max=m)
    positions-clipped: It is the distance that is clipped, not each position before the difference.
        device=table.device) -> device=table.device).clamp(max=m)
        distance.clamp(-m, m) -> distance
    wraps-around: Far distances are clipped, not taken modulo the table.
        distance.clamp(-m, m) + m -> (distance + m) % table.shape[1]
    heads-last: The axis of the heads comes first: (H, length, length).
        + m] -> + m].permute(1, 2, 0)
    always-float32: The table's numbers are written into a new tensor of float32; the table may be
      float64.
        + m] -> + m].float()
    through-numpy: The numbers are right, but they are copies: no gradient reaches the table.
        table[:, -> table.detach().clone().requires_grad_()[:,
    """,
)

slips(
    "apply_rope",
    """
    halves-paired: Feature i is paired with feature i + d/2, as in some libraries; here pairs are
      neighbours.
        x[..., 0::2], x[..., 1::2] -> x.chunk(2, dim=-1)

        return rotated.flatten(-2)
        ->
        return rotated.mT.flatten(-2)

    conventions-mixed: The angles are laid out for neighbouring pairs and the features for halves,
      so that the two of a pair turn by different angles.

        even, odd = x[..., 0::2], x[..., 1::2]
        ->
        left, right = x.chunk(2, dim=-1)
        half = torch.cat([-right, left], dim=-1)
        return x * cos.repeat_interleave(2, dim=-1) + half * sin.repeat_interleave(2, dim=-1)

    not-interleaved-again: The rotated pairs are right, but all first halves come before all second
      ones.
        rotated.flatten(-2) -> rotated.mT.flatten(-2)
    sign: The pairs turn the wrong way round: look at where the minus is.
        angles = positions -> angles = -positions
    positions-ignored: The rows are counted from 0 instead of taking the positions that were given.
        angles = positions[:, None] -> angles = torch.arange(x.shape[-2])[:, None]
    starts-at-first-position: Only where the first row starts is looked at; positions may come in
      any order.
        angles = positions[:, None] -> angles = (positions[0] + torch.arange(x.shape[-2]))[:, None]
    starts-at-one: Position 0 must not be rotated at all.
        angles = positions[:, None] -> angles = (positions[:, None] + 1)
    base-ignored: The base is an argument; it is not always 10000.
        base**exponents -> 10000.0**exponents
    halved-exponent: The exponent of pair i is 2i/d; without the 2 the frequencies fall too slowly.
        base**exponents -> base ** (exponents / 2)
    doubled-exponent:
        base**exponents -> base ** (exponents * 2)
    one-frequency: Every pair turns at the same speed; each should have its own.
        base**exponents -> base ** (0 * exponents)
    overwritten-pair: The second feature is computed from the first one after its rotation, not
      before.
        x[..., 0::2], x[..., 1::2] -> x[..., 0::2] * cos - x[..., 1::2] * sin, x[..., 1::2]
        even * cos - odd * sin -> even
    wrong-axis: The positions are those of the rows, the axis before the last, not of the first
      axis.

        return rotated.flatten(-2)
        ->
        if x.ndim < 3:
            return rotated.flatten(-2)
        return apply_rope(x.transpose(0, -2), torch.arange(x.shape[0]), base).transpose(0, -2)

    half-precision-angles: In half precision neighbouring positions far from 0 are the same: take
      float32 or better.
        cos, sin = -> angles = angles.bfloat16().double(); cos, sin =
        positions[:, None] -> positions.to(torch.bfloat16)[:, None]
    table-too-short: Angles are prepared for the first positions only; positions may be far larger.
        angles = positions[:, None] / base**exponents
        -> angles = (torch.arange(512)[:, None] / base**exponents)[positions]
    always-float32: The answer is written into a new tensor of float32; x may be float64.
        return rotated.flatten(-2) -> return rotated.flatten(-2).float()
    always-float64: Angles in float64 drag the answer along: convert cosine and sine to the dtype
      of x.
        .to(x.dtype) =>
    in-place: The rotation is written into x itself, which belongs to the caller.
        return rotated.flatten(-2) -> return x.copy_(rotated.flatten(-2))
    through-numpy:
        return rotated.flatten(-2) -> return rotated.flatten(-2).detach().requires_grad_()
    """,
    hints=HINTS,
)

slips(
    "attend_with_cache",
    """
    mask-skipped-with-a-cache: One new token needs no mask, but several at once must not see each
      other's future, cache or not.
        q, k, v, mask) -> q, k, v, mask if cache is None else None)
    no-mask-without-a-cache: The first call must be causal too.
        q, k, v, mask) -> q, k, v, None if cache is None else mask)
    never-causal: New tokens see those that come after them.
        q, k, v, mask) -> q, k, v)
    mask-top-left: The first new token sits behind all cached ones; this mask treats it as the
      first of all.
        [-q.shape[-2] :] -> [: q.shape[-2]]
    not-itself: A token may attend to itself, also the very first one.
        causal_mask(k.shape[-2])[-q.shape[-2] :]
        -> causal_mask(k.shape[-2]).tril(-1)[-q.shape[-2] :]
    one-ahead: Each new token sees the one after it.
        causal_mask(k.shape[-2])[-q.shape[-2] :]
        -> causal_mask(k.shape[-2] + 1)[-q.shape[-2] :, :-1]
    joined-along-the-heads: Old and new tokens are joined along the axis of the tokens, not of the
      heads.
        dim=-2 => dim=1
    cache-overwritten: The new cache holds the newest keys and values only: the third call has
      forgotten the first.
        return output, (k, v)
        -> return output, (k[..., -q.shape[-2] :, :], v[..., -q.shape[-2] :, :])
    cache-ignored: The new tokens see each other and nothing before.

        output, _ = scaled_dot_product_attention(q, k, v, mask)
        ->
        new = slice(-q.shape[-2], None)
        output, _ = scaled_dot_product_attention(q, k[..., new, :], v[..., new, :], mask[:, new])
    cache-never-grows: The cache that came in goes out again, without the new tokens.
        return output, (k, v) -> return output, (k, v) if cache is None else cache
    new-before-old: The cached tokens come first; the mask and the next call rely on that order.
        [cache[0], k] -> [k, cache[0]]
        [cache[1], v] -> [v, cache[1]]
    values-then-keys: The cache is the pair (keys, values), in this order.
        cache[0] -> cache[1]
        cache[1] -> cache[0]
        return output, (k, v) -> return output, (v, k)
    no-scale: The scores are not divided by the root of the head's width.
        (q, k, v, mask) -> (q * q.shape[-1] ** 0.5, k, v, mask)
    unstable-exp:

        output, _ = scaled_dot_product_attention(q, k, v, mask)
        ->
        e = torch.exp(q @ k.mT / q.shape[-1] ** 0.5) * mask
        output = e / e.sum(dim=-1, keepdim=True) @ v

    cache-detached: The cached keys and values are cut off from the graph, and no gradient reaches
      them.
        cache[0] -> cache[0].detach()
        cache[1] -> cache[1].detach()
    one-buffer-for-all: All continuations write into the same memory behind the cached tokens, and
      overwrite each other's.

        if cache is not None:
            k, v = torch.cat([cache[0], k], dim=-2), torch.cat([cache[1], v], dim=-2)
        ->
        past = 0 if cache is None else cache[0].shape[2]
        total, joined = past + q.shape[2], []
        for part, old in zip((k, v), cache or (None, None)):
            buffer = None if old is None or q.requires_grad else old._base
            if buffer is None or buffer.ndim != 4 or buffer.shape[2] != 32:
                buffer = part.new_zeros(*part.shape[:2], 32, part.shape[3])
                if old is not None:
                    buffer[:, :, :past] = old
            buffer[:, :, past:total] = part
            joined.append(buffer[:, :, :total])
        k, v = joined

    cache-scaled-in-place: The cached keys are changed in place, and the next call finds them
      changed.

        if cache is not None:
        ->
        if cache is not None:
            cache[0].sub_(cache[0].mean(dim=2, keepdim=True))
    """,
    hints=HINTS,
)
