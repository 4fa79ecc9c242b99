"""What people get wrong in recurrent networks."""

from grader.bank import slips

HINTS = {
    "averaged-over-batch": "The loss has taken its mean already: sequences' gradients add up.",
    "gates-interleaved": "A gate's H columns are neighbours: the first H belong to the first gate.",
    "hidden-bias-missing": "There are two biases; b_hh is added as well.",
    "hidden-weights-not-transposed": "Each gate's block of W_hh is square, so a forgotten "
    "transpose raises no error.",
    "includes-h0": "There is one state for every step; h0 is not among them.",
    "in-place": "What is written into an argument stays in the caller's array: make a new one.",
    "input-weights-not-transposed": "Row j of W_ih makes column j of the sum: where D = H it is "
    "square, and a forgotten transpose raises no error.",
    "sigmoid-candidate": "The candidate may be negative: it goes through tanh.",
    "state-overwritten": "Return a new array; the old state belongs to the caller.",
    "zero-is-padding": "Token 0 is a token like any other here, not padding.",
}
"""Hints of mistakes that several exercises have."""

slips(
    "embedding",
    """
    columns: A token picks a row of the table, not a column.
        table[tokens] -> np.moveaxis(table[:, tokens], 0, -1)
    counts-from-one: Tokens count from zero: token 0 has the first row.
        table[tokens] -> table[tokens - 1]
    zero-is-padding:
        table[tokens] -> table[tokens] * (tokens != 0)[..., np.newaxis]
    scaled: The rows are returned as they are; √D is a habit of transformers.
        table[tokens] -> table[tokens] * np.sqrt(table.shape[1])
    flattened: The answer keeps the axes of the tokens and adds one.
        table[tokens] -> table[tokens.reshape(-1)]
    one-sentence-only: Tokens may have any rank, not only one axis.
        table[tokens] -> np.array([table[int(token)] for token in tokens])
    normalised: Rows keep their length: a lookup does not normalise.
        table[tokens]
        -> table[tokens] / np.maximum(np.linalg.norm(table, axis=1), 1e-12)[tokens][..., None]
    unique-rows: A token that repeats is answered at every place it stands.
        table[tokens] -> table[np.unique(tokens)]
    padding-row-cleared: No token is special, and the table belongs to the caller.
        return -> table[0] = 0.0; return
    in-place:
        return table[tokens] -> rows = table[tokens]; table[...] = 0.0; return rows
    """,
    hints=HINTS,
)

slips(
    "embedding_backward",
    """
    last-one-wins: Indexed assignment, also with +=, keeps only one gradient of a repeated token.
        np.add.at(dtable, tokens, dout) -> dtable[tokens] += dout
    first-one-wins: Every occurrence of a token sends a gradient back, not only the first.
        np.add.at(dtable, tokens, dout)
        ->
        rows, first = np.unique(tokens, return_index=True)
        dtable[rows] = dout.reshape(-1, dout.shape[-1])[first]

    lost-within-a-sentence: The loop goes over the first axis only, and a token may repeat within
      one of its items.
        np.add.at(dtable, tokens, dout)
        ->
        for gradient, token in zip(np.atleast_2d(dout), np.atleast_1d(tokens)):
            dtable[token] += gradient

    averaged: Gradients of a repeated token add up; no mean is taken.
        return dtable
        ->
        counts = np.bincount(tokens.ravel(), minlength=vocab_size)
        return dtable / np.maximum(counts, 1)[:, np.newaxis]

    divided-by-all-tokens: The loss has taken its mean already; do not divide by the number of
      tokens again.
        return dtable -> return dtable / tokens.size
    size-from-tokens: The table has vocab_size rows, whatever the largest token of this batch is.
        vocab_size, dout -> int(tokens.max()) + 1, dout
    zero-is-padding: Token 0 gets its gradient like any other token.
        return dtable -> dtable[0] = 0.0; return dtable
    transposed: The gradient has the shape of the table, (V, D).
        return dtable -> return dtable.T
    counts-from-one: Token v belongs to row v, counted from zero.
        return dtable -> return np.roll(dtable, -1, axis=0)
    in-place:
        return dtable -> dout[...] = 0.0; return dtable
    """,
    hints=HINTS,
)

slips(
    "rnn_step",
    """
    no-tanh: The sum still has to go through the tanh.
        np.tanh( -> (
    sigmoid: A plain recurrent network squashes with tanh, not the sigmoid.
        return np.tanh(x @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        -> return 1 / (1 + np.exp(-(x @ W_ih.T + b_ih + h @ W_hh.T + b_hh)))
    relu: The activation is tanh here.
        np.tanh( -> np.maximum(0.0,
    hidden-bias-missing:
        + b_hh ->
    no-biases: Both biases belong to the sum.
        + b_ih ->
        + b_hh ->
    hidden-weights-not-transposed: W_hh is square, so a forgotten transpose raises no error: row j
      of it makes unit j.
        W_hh.T -> W_hh
    input-weights-not-transposed:
        W_ih.T -> W_ih
    square-weights-not-transposed: Row j of W_ih makes unit j, also where D = H and the shape does
      not tell.
        W_ih.T -> (W_ih if x.shape[1] == h.shape[1] else W_ih.T)
    two-tanhs: Add first, then take one tanh of the whole sum.
        + h @ W_hh.T -> ) + np.tanh(h @ W_hh.T
    state-added: The old state enters through W_hh only.
        return np -> return h + np
    state-ignored: Without the old state's term the network has no memory.
        + h @ W_hh.T ->
    state-overwritten:
        return np.tanh(x @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        ->
        h[:] = np.tanh(x @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        return h
    """,
    hints=HINTS,
)

slips(
    "rnn_sequence",
    """
    state-not-carried: Each step starts from the state before it, not h0.
        rnn_step(x, h, -> rnn_step(x, h0,
    starts-from-zero: The first step starts from the h0 that is given.
        h = h0 -> h = 0 * h0
    includes-h0:
        hs = [] -> hs = [h0]
    one-step-late: Entry t is the state after reading xs[t], not before.
        hs = [] -> hs = [h0]
        np.stack(hs) -> np.stack(hs[:-1])
    last-state-only: All T states are due, not only the last.
        np.stack(hs) -> h
    batch-first: Time is the first axis of the answer, the batch the second.
        np.stack(hs) -> np.stack(hs, axis=1)
    backwards: The first item of the sequence is read first.
        in xs -> in xs[::-1]
        np.stack(hs) -> np.stack(hs)[::-1]
    one-array-for-all-steps: The list holds one array T times: changing it in place changes all the
      entries.
        h = h0 -> h = h0.copy()
        h = rnn_step -> h[:] = rnn_step
    h0-overwritten: h0 belongs to the caller: work on an array of your own.
        h = rnn_step -> h[:] = rnn_step
        hs.append(h) -> hs.append(h.copy())
    time-and-batch-exchanged: xs is (T, N, D): its first axis is time, the second the batch. As many
      steps as sequences raise no error.
        in xs -> in xs.swapaxes(0, 1)
    """,
    hints=HINTS,
)

slips(
    "rnn_sequence_backward",
    """
    whh-transposed: Forward multiplies by the transpose of W_hh, so backward multiplies by W_hh as
      it is.
        dz[t] @ W_hh -> dz[t] @ W_hh.T
    wih-transposed: Forward multiplies by the transpose of W_ih, so backward multiplies by W_ih as
      it is. Where D = H that raises no error.
        dz @ W_ih -> dz @ W_ih.T
    dwih-transposed: The gradient has the shape of W_ih, (H, D). Where D = H nothing tells.
        tnh,tnd->hd -> tnh,tnd->dh
    no-carry: A state also matters to the next step: add the gradient that comes back from there.
        (dhs[t] + dh) -> dhs[t]
    first-step-left-out: range(T - 1, 0, -1) ends before 0: the first step has gradients as well.
        reversed(range(len(xs))) -> range(len(xs) - 1, 0, -1)
        np.empty_like(hs) -> np.zeros_like(hs)
    carried-one-step-only: What comes back to step t has itself been carried from all the steps
      after.
        dh = dz[t] @ W_hh -> dh = dhs[t] * (1 - hs[t] ** 2) @ W_hh
        return dz @ W_ih, dh, -> return dz @ W_ih, dz[0] @ W_hh,
    last-gradient-only: Every state may have a gradient of its own in dhs, not only the last.
        (dhs[t] + dh) -> (dhs[t] * (t == len(xs) - 1) + dh)
    tanh-taken-twice: The states are tanh values already: the slope is one minus their square.
        hs[t] ** 2 -> np.tanh(hs[t]) ** 2
    no-slope: The gradient passes the tanh: multiply by its slope.
        * (1 - hs[t] ** 2) ->
    sigmoid-slope: h(1 − h) is the slope of a sigmoid; that of a tanh is another.
        (1 - hs[t] ** 2) -> hs[t] * (1 - hs[t])
    carried-gradient-skips-the-slope: The gradient from the next step passes the tanh as well: add
      it before the slope.
        (dhs[t] + dh) * (1 - hs[t] ** 2) -> dhs[t] * (1 - hs[t] ** 2) + dh
    state-after-in-dwhh: In step t, W_hh multiplied the state before the step, not the one after.
        dz, before -> dz, hs
    h0-missing-in-dwhh: The first step multiplied W_hh with h0: that counts for dW_hh too.
        h0[np.newaxis] -> 0 * h0[np.newaxis]
    dh0-before-whh: h0 went into the first step through W_hh, so its gradient comes out through
      W_hh.
        return dz @ W_ih, dh, -> return dz @ W_ih, dz[0],
    dh0-zero: h0 is an input like the others, and what the first step carries back is its gradient.
        return dz @ W_ih, dh, -> return dz @ W_ih, 0 * dh,
    weights-of-one-step: The weights were used at every step: add their gradients up instead of
      replacing them.
        "tnh,tnd->hd", dz, xs -> "tnh,tnd->hd", dz[:1], xs[:1]
        "tnh,tnk->hk", dz, before -> "tnh,tnk->hk", dz[:1], before[:1]
        db = dz.sum -> db = dz[:1].sum
    averaged-over-batch:
        dW_ih, dW_hh, db, db.copy() -> *(part / len(h0) for part in (dW_ih, dW_hh, db, db))
    averaged-over-time: Steps' gradients add up; they are not divided by the length of the sequence.
        dW_ih, dW_hh, db, db.copy() -> *(part / len(xs) for part in (dW_ih, dW_hh, db, db))
    dxs-in-reverse: The loop runs from the last step to the first: put the inputs' gradients back in
      order.
        dz @ W_ih -> (dz @ W_ih)[::-1]
    clipped-inside: Clipping is a step of its own: backward returns the gradients as they are.
        return dz @ W_ih, dh, dW_ih, dW_hh, db, db.copy()
        -> return [np.clip(part, -5, 5) for part in (dz @ W_ih, dh, dW_ih, dW_hh, db, db)]
    bias-of-one-sequence: Each bias was added to every row of the batch: sum over the batch too.
        dz.sum(axis=(0, 1)) -> dz.sum(axis=0)[-1]
    bias-shared-out: Both biases were added in full, so each gets the whole gradient.
        db = dz.sum(axis=(0, 1)) -> db = dz.sum(axis=(0, 1)) / 2
    dhs-overwritten: Adding to a slice of dhs writes into the caller's array: add into a new one.
        dz[t] = (dhs[t] + dh) -> dhs[t] += dh; dz[t] = dhs[t]
    dhs-cleared: What is written into dhs stays in the caller's array: leave it as it came.
        db = -> dhs[...] = 0.0; db =
    """,
    hints=HINTS,
)

slips(
    "lstm_step",
    """
    gate-order-ifog: The third block is the candidate g, the fourth the gate o.
        i, f, g, o = -> i, f, o, g =
    gate-order-figo: The first block is the input gate, the second the forget gate.
        i, f, g, o = -> f, i, g, o =
    gates-interleaved: A gate's H columns are neighbours: the first H belong to i, the next H to f.
        np.split(x @ W_ih.T + b_ih + h @ W_hh.T + b_hh, 4, axis=1)
        -> np.moveaxis((x @ W_ih.T + b_ih + h @ W_hh.T + b_hh).reshape(len(x), -1, 4), 2, 0)
    forget-used-twice: f belongs to the old cell, i to the candidate.
        i * np.tanh(g) -> f * np.tanh(g)
    coupled-gates: f has weights of its own: it is not one minus i.
        f * c -> (1 - i) * c
    plus-not-times: The input gate multiplies the candidate.
        i * np.tanh(g) -> i + np.tanh(g)
    nothing-forgotten: The old cell is multiplied by the forget gate.
        f * c -> c
    sigmoid-candidate: The candidate g may be negative: it goes through tanh.
        np.tanh(g) -> (1 / (1 + np.exp(-g)))
    candidate-squashed-twice: The sigmoid is for i, f and o only: g is the tanh of its sum as it
      stands.
        np.tanh(g) -> np.tanh(1 / (1 + np.exp(-g)))
    no-tanh-on-the-cell: The output gate shows the tanh of the cell.
        np.tanh(new_c) -> new_c
    sigmoid-on-the-cell: The cell is shown through tanh, not the sigmoid.
        np.tanh(new_c) -> (1 / (1 + np.exp(-new_c)))
    old-cell-shown: The new state shows the new cell, not the old one.
        np.tanh(new_c) -> np.tanh(c)
    squashed-cell-returned: The cell is returned as it is, without the tanh.
        np.tanh(new_c), new_c -> np.tanh(new_c), np.tanh(new_c)
    h-and-c-swapped: The state h comes first, the cell c second.
        return o * np.tanh(new_c), new_c -> return new_c, o * np.tanh(new_c)
    gates-read-the-cell: The gates look at x and h; the cell has no weights.
        h @ W_hh.T -> c @ W_hh.T
    hidden-bias-missing:
        + b_hh ->
    forget-bias-plus-one: Nothing is added to the forget gate's biases.
        i, f, o = (1 -> f = f + 1.0; i, f, o = (1
    hidden-weights-not-transposed:
        W_hh.T -> np.concatenate([block.T for block in np.split(W_hh, 4)]).T
    input-weights-not-transposed: Row j of W_ih makes column j of the sum: where D = 4H it is
      square, and a forgotten transpose raises no error.
        W_ih.T -> W_ih
    cell-overwritten: The old cell belongs to the caller: make a new array.
        new_c = f * c + i * np.tanh(g) -> c *= f; c += i * np.tanh(g); new_c = c
    """,
    hints=HINTS,
)

slips(
    "lstm_step_backward",
    """
    dc-ignored: The new cell is an answer too: dc is part of its gradient.
        s = dc + dh -> s = dh
    h-to-cell-missing: The new state is made from the new cell: dh reaches the cell through o and
      the tanh.
        s = dc + dh * o * (1 - shown**2) -> s = dc
    cell-slope-missing: On the way from h to the cell there is a tanh: multiply by its slope.
        * (1 - shown**2) ->
    cell-slope-without-tanh: The slope is one minus the square of tanh of the cell, not of the cell
      itself.
        (1 - shown**2) -> (1 - (f * c + i * g) ** 2)
    cell-slope-from-h: The tanh's slope needs the tanh of the cell alone: h has the output gate in
      it.
        (1 - shown**2) -> (1 - (o * shown) ** 2)
    sigmoid-slope-is-sigmoid: The slope of a sigmoid is σ(1 − σ), not σ.
        * (1 - i) ->
        * (1 - f) ->
        * (1 - o) ->
    sigmoid-taken-twice: The gates are sigmoid values already: do not apply the sigmoid to them
      again.
        i * (1 - i) -> np.exp(-i) / (1 + np.exp(-i)) ** 2
        f * (1 - f) -> np.exp(-f) / (1 + np.exp(-f)) ** 2
        o * (1 - o) -> np.exp(-o) / (1 + np.exp(-o)) ** 2
        (1 - g**2) -> (1 - np.tanh(g) ** 2)
    candidate-with-sigmoid-slope: g came out of a tanh: its slope is another one than the gates'.
        (1 - g**2) -> g * (1 - g)
    candidate-slope-missing: g came out of a tanh: multiply its gradient by the tanh's slope.
        * (1 - g**2) ->
    new-cell-in-forget-gate: The forget gate multiplied the old cell, so df needs the old cell.
        s * c -> s * (f * c + i * g)
    cell-without-tanh-in-output-gate: The output gate multiplied the tanh of the cell, not the cell.
        dh * shown -> dh * (f * c + i * g)
    dc-prev-without-forget-gate: The old cell was multiplied by the forget gate, and so is its
      gradient.
        s * f, -> s,
    dc-prev-without-dh: What h says about the new cell goes on to the old cell as well.
        s * f, -> dc * f,
    blocks-in-order-ifog: Join the four gradients in the order in which the gates were split: i, f,
      g, o.
        [di, df, dg, do] -> [di, df, do, dg]
    new-state-in-dwhh: W_hh multiplied the old state, so its gradient needs the old state.
        dz.T @ h -> dz.T @ (o * shown)
    dwih-transposed: The gradient has the shape of W_ih, (4H, D). Where D = 4H nothing tells.
        dz.T @ x -> x.T @ dz
    averaged-over-batch:
        dz.T @ x, dz.T @ h, db, db.copy()
        -> *(part / len(x) for part in (dz.T @ x, dz.T @ h, db, db))
    dc-overwritten: Adding to dc with += writes into the caller's array: make a new one.
        s = dc + dh * o * (1 - shown**2) -> dc += dh * o * (1 - shown**2); s = dc
    dh-overwritten: What is written into dh stays in the caller's array: make a new one.
        do = dh * shown -> dh *= shown; do = dh
    """,
    hints=HINTS,
)

slips(
    "lstm_sequence",
    """
    cell-not-carried: The cell is carried from step to step, as h is.
        lstm_step(x, h, c, -> lstm_step(x, h, c0,
    state-not-carried: The state h is carried from step to step, as c is.
        lstm_step(x, h, c, -> lstm_step(x, h0, c,
    starts-from-zero: The first step starts from the h0 and c0 given.
        h, c = h0, c0 -> h, c = 0 * h0, 0 * c0
    cells-as-history: The history holds the states h, not the cells.
        hs.append(h) -> hs.append(c)
    output-gates-as-history: The history holds the states h = o ⊙ tanh(c), not the gates o.
        hs.append(h) -> hs.append(h / np.tanh(c))
    h-and-c-swapped: The answer ends with the state h and then the cell c.
        np.stack(hs), h, c -> np.stack(hs), c, h
    includes-h0:
        hs = [] -> hs = [h0]
    batch-first: Time is the first axis of hs, the batch the second.
        np.stack(hs) -> np.stack(hs, axis=1)
    all-cells-returned: Only the last cell is due, without a time axis.
        hs = [] -> hs, cs = [], []
        hs.append(h) -> hs.append(h); cs.append(c)
        np.stack(hs), h, c -> np.stack(hs), h, np.stack(cs)
    backwards: The first item of the sequence is read first.
        in xs -> in xs[::-1]
        np.stack(hs) -> np.stack(hs)[::-1]
    time-and-batch-exchanged: xs is (T, N, D): its first axis is time, the second the batch. As many
      steps as sequences raise no error.
        in xs -> in xs.swapaxes(0, 1)
    one-array-for-all-steps: The list holds one array T times: changing it in place changes all the
      entries.
        h, c = h0, c0 -> h, c = h0.copy(), c0
        h, c = lstm_step -> h[:], c = lstm_step
    h0-overwritten: h0 and c0 belong to the caller: do not write into them.
        h, c = lstm_step -> h[:], c[:] = lstm_step
        hs.append(h) -> hs.append(h.copy())
    """,
    hints=HINTS,
)

slips(
    "gru_step",
    """
    update-swapped: Where z is one the old state stays; here it is replaced.
        (1 - z) * n + z * h -> z * n + (1 - z) * h
    reset-before-matmul: r multiplies the hidden term after the product with W_hh, not the state
      before it.
        r * v_n -> (r * h) @ W_hh[2 * h.shape[1] :].T + b_hh[2 * h.shape[1] :]
    no-brackets: The product comes before the difference: set brackets around 1 − z.
        (1 - z) * n -> 1 - z * n
    reset-missing: The candidate sees the hidden term only through the gate r.
        r * v_n -> v_n
    bias-outside-reset: r multiplies the hidden term together with its bias b_hh.
        n = np.tanh(u_n + r * v_n)
        -> b = b_hh[2 * h.shape[1] :]; n = np.tanh(u_n + r * (v_n - b) + b)
    reset-on-everything: r multiplies the hidden term only, not the input's.
        u_n + r * v_n -> r * (u_n + v_n)
    sigmoid-candidate:
        n = np.tanh(u_n + r * v_n) -> n = 1 / (1 + np.exp(-(u_n + r * v_n)))
    gate-order-zrn: The first block is the reset gate, the second the update gate.
        r = 1 -> z = 1
        z = 1 -> r = 1
    gates-interleaved: A gate's H columns are neighbours: the first H belong to r, the next H to z.
        np.split(x @ W_ih.T + b_ih, 3, axis=1)
        -> np.moveaxis((x @ W_ih.T + b_ih).reshape(len(x), -1, 3), 2, 0)
        np.split(h @ W_hh.T + b_hh, 3, axis=1)
        -> np.moveaxis((h @ W_hh.T + b_hh).reshape(len(x), -1, 3), 2, 0)
    old-state-not-blended: The old state takes part in the blend, z times.
        + z * h ->
    blend-does-not-sum-to-one: The candidate's share is one minus z.
        (1 - z) * n -> n
    reset-state-blended: What is blended in is the old state, not r times it.
        z * h -> z * r * h
    hidden-bias-missing:
        + b_hh ->
    hidden-weights-not-transposed:
        W_hh.T -> np.concatenate([block.T for block in np.split(W_hh, 3)]).T
    input-weights-not-transposed: Row j of W_ih makes column j of the sum: where D = 3H it is
      square, and a forgotten transpose raises no error.
        W_ih.T -> W_ih
    state-overwritten:
        return (1 - z) * n + z * h -> h *= z; h += (1 - z) * n; return h
    """,
    hints=HINTS,
)

slips(
    "clip_gradients",
    """
    norm-per-array: There is one norm for all arrays together.
        (max_norm / norm) -> (max_norm / max(np.linalg.norm(g), max_norm))
    clipped-by-value: The length is limited, not every entry by itself.
        g * (max_norm / norm) -> np.clip(g, -max_norm, max_norm)
    norm-after: The norm that is returned is the one before clipping.
        return grads, norm -> return grads, min(norm, max_norm)
    always-scaled: Gradients that are short enough stay as they are.
        norm > max_norm -> norm > 0
    divided-by-zero: All-zero gradients have norm 0: do not divide by it.
        if norm > max_norm: -> if max_norm / float(norm) < 1:
    no-root: The norm is the root of the sum of squares.
        np.sqrt( -> (
    norms-added: Add the squares of all arrays up, not their norms.
        np.sqrt(sum((g**2).sum() for g in grads)) -> sum(np.sqrt((g**2).sum()) for g in grads)
    largest-norm: Every array counts for the norm, not only the longest.
        np.sqrt(sum((g**2).sum() for g in grads)) -> max(np.sqrt((g**2).sum()) for g in grads)
    largest-entry: The norm takes all entries, not only the largest one.
        np.sqrt(sum((g**2).sum() for g in grads)) -> max(np.abs(g).max() for g in grads)
    absolute-sum: The norm adds squares up, not absolute values.
        np.sqrt(sum((g**2).sum() for g in grads)) -> sum(np.abs(g).sum() for g in grads)
    mean-of-squares: The norm is made of the sum of squares, not their mean.
        for g in grads)) -> for g in grads) / sum(g.size for g in grads))
    spectral-norm: The norm of a matrix takes all its entries: np.linalg.norm(g, 2) is another one.
        (g**2).sum() -> np.linalg.norm(g, 2) ** 2
    unit-length: Clipped gradients have the length max_norm, not 1.
        (max_norm / norm) -> (1 / norm)
    set-to-zero: Gradients that are too long are shortened, not dropped.
        g * (max_norm / norm) -> 0 * g
    epsilon-added: Nothing is added to the norm: it matters where gradients are small.
        (max_norm / norm) -> (max_norm / (norm + 1e-6))
    scaled-in-place: The list and its arrays belong to the caller: return new ones.
        grads = [g * (max_norm / norm) for g in grads]
        ->
        for g in grads:
            g *= max_norm / norm
    """,
    hints=HINTS,
)
