"""What people get wrong in recurrent networks."""

import ch07_recurrent as reference
import numpy as np

from grader.bank import mistake


@mistake("embedding", "columns", "A token picks a row of the table, not a column.")
def embedding(tokens, table):
    return np.moveaxis(table[:, tokens], 0, -1)


@mistake("embedding", "counts-from-one", "Tokens count from zero: token 0 has the first row.")
def embedding(tokens, table):
    return table[tokens - 1]


@mistake("embedding", "zero-is-padding", "Token 0 is a token like any other here, not padding.")
def embedding(tokens, table):
    return table[tokens] * (tokens != 0)[..., np.newaxis]


@mistake("embedding", "scaled", "The rows are returned as they are; √D is a habit of transformers.")
def embedding(tokens, table):
    return table[tokens] * np.sqrt(table.shape[1])


@mistake("embedding", "flattened", "The answer keeps the axes of the tokens and adds one.")
def embedding(tokens, table):
    return table[tokens.reshape(-1)]


@mistake("embedding", "one-sentence-only", "Tokens may have any rank, not only one axis.")
def embedding(tokens, table):
    return np.array([table[int(token)] for token in tokens])


@mistake("embedding", "normalised", "Rows keep their length: a lookup does not normalise.")
def embedding(tokens, table):
    return table[tokens] / np.maximum(np.linalg.norm(table, axis=1), 1e-12)[tokens][..., None]


@mistake("embedding", "unique-rows", "A token that repeats is answered at every place it stands.")
def embedding(tokens, table):
    return table[np.unique(tokens)]


@mistake(
    "embedding_backward",
    "last-one-wins",
    "Indexed assignment, also with +=, keeps only one gradient of a repeated token.",
)
def embedding_backward(dout, tokens, vocab_size):
    dtable = np.zeros((vocab_size, dout.shape[-1]))
    dtable[tokens] += dout
    return dtable


@mistake(
    "embedding_backward",
    "first-one-wins",
    "Every occurrence of a token sends a gradient back, not only the first.",
)
def embedding_backward(dout, tokens, vocab_size):
    dtable = np.zeros((vocab_size, dout.shape[-1]))
    rows, first = np.unique(tokens, return_index=True)
    dtable[rows] = dout.reshape(-1, dout.shape[-1])[first]
    return dtable


@mistake(
    "embedding_backward",
    "lost-within-a-sentence",
    "The loop goes over the first axis only, and a token may repeat within one of its items.",
)
def embedding_backward(dout, tokens, vocab_size):
    dtable = np.zeros((vocab_size, dout.shape[-1]))
    for gradient, token in zip(np.atleast_2d(dout), np.atleast_1d(tokens)):
        dtable[token] += gradient
    return dtable


@mistake(
    "embedding_backward", "averaged", "Gradients of a repeated token add up; no mean is taken."
)
def embedding_backward(dout, tokens, vocab_size):
    counts = np.bincount(tokens.ravel(), minlength=vocab_size)
    total = reference.embedding_backward(dout, tokens, vocab_size)
    return total / np.maximum(counts, 1)[:, np.newaxis]


@mistake(
    "embedding_backward",
    "divided-by-all-tokens",
    "The loss has taken its mean already; do not divide by the number of tokens again.",
)
def embedding_backward(dout, tokens, vocab_size):
    return reference.embedding_backward(dout, tokens, vocab_size) / tokens.size


@mistake(
    "embedding_backward",
    "size-from-tokens",
    "The table has vocab_size rows, whatever the largest token of this batch is.",
)
def embedding_backward(dout, tokens, vocab_size):
    return reference.embedding_backward(dout, tokens, int(tokens.max()) + 1)


@mistake("embedding_backward", "zero-is-padding", "Token 0 gets its gradient like any other token.")
def embedding_backward(dout, tokens, vocab_size):
    dtable = reference.embedding_backward(dout, tokens, vocab_size)
    dtable[0] = 0
    return dtable


@mistake("embedding_backward", "transposed", "The gradient has the shape of the table, (V, D).")
def embedding_backward(dout, tokens, vocab_size):
    return reference.embedding_backward(dout, tokens, vocab_size).T


@mistake("embedding_backward", "counts-from-one", "Token v belongs to row v, counted from zero.")
def embedding_backward(dout, tokens, vocab_size):
    return np.roll(reference.embedding_backward(dout, tokens, vocab_size), -1, axis=0)


@mistake("rnn_step", "no-tanh", "The sum still has to go through the tanh.")
def rnn_step(x, h, W_ih, W_hh, b_ih, b_hh):
    return x @ W_ih.T + b_ih + h @ W_hh.T + b_hh


@mistake("rnn_step", "sigmoid", "A plain recurrent network squashes with tanh, not the sigmoid.")
def rnn_step(x, h, W_ih, W_hh, b_ih, b_hh):
    return 1 / (1 + np.exp(-(x @ W_ih.T + b_ih + h @ W_hh.T + b_hh)))


@mistake("rnn_step", "relu", "The activation is tanh here.")
def rnn_step(x, h, W_ih, W_hh, b_ih, b_hh):
    return np.maximum(x @ W_ih.T + b_ih + h @ W_hh.T + b_hh, 0)


@mistake("rnn_step", "hidden-bias-missing", "There are two biases; b_hh is added as well.")
def rnn_step(x, h, W_ih, W_hh, b_ih, b_hh):
    return np.tanh(x @ W_ih.T + b_ih + h @ W_hh.T)


@mistake("rnn_step", "no-biases", "Both biases belong to the sum.")
def rnn_step(x, h, W_ih, W_hh, b_ih, b_hh):
    return np.tanh(x @ W_ih.T + h @ W_hh.T)


@mistake(
    "rnn_step",
    "hidden-weights-not-transposed",
    "W_hh is square, so a forgotten transpose raises no error: row j of it makes unit j.",
)
def rnn_step(x, h, W_ih, W_hh, b_ih, b_hh):
    return np.tanh(x @ W_ih.T + b_ih + h @ W_hh + b_hh)


@mistake("rnn_step", "two-tanhs", "Add first, then take one tanh of the whole sum.")
def rnn_step(x, h, W_ih, W_hh, b_ih, b_hh):
    return np.tanh(x @ W_ih.T + b_ih) + np.tanh(h @ W_hh.T + b_hh)


@mistake("rnn_step", "state-added", "The old state enters through W_hh only.")
def rnn_step(x, h, W_ih, W_hh, b_ih, b_hh):
    return h + reference.rnn_step(x, h, W_ih, W_hh, b_ih, b_hh)


@mistake("rnn_step", "state-ignored", "Without the old state's term the network has no memory.")
def rnn_step(x, h, W_ih, W_hh, b_ih, b_hh):
    return np.tanh(x @ W_ih.T + b_ih + b_hh)


@mistake(
    "rnn_step", "state-overwritten", "Return a new array; the old state belongs to the caller."
)
def rnn_step(x, h, W_ih, W_hh, b_ih, b_hh):
    h[:] = np.tanh(x @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
    return h


@mistake("rnn_sequence", "state-not-carried", "Each step starts from the state before it, not h0.")
def rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh):
    return np.stack([reference.rnn_step(x, h0, W_ih, W_hh, b_ih, b_hh) for x in xs])


@mistake("rnn_sequence", "starts-from-zero", "The first step starts from the h0 that is given.")
def rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh):
    return reference.rnn_sequence(xs, np.zeros_like(h0), W_ih, W_hh, b_ih, b_hh)


@mistake("rnn_sequence", "includes-h0", "There is one state for every step; h0 is not among them.")
def rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs = reference.rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh)
    return np.concatenate([h0[np.newaxis], hs])


@mistake("rnn_sequence", "one-step-late", "Entry t is the state after reading xs[t], not before.")
def rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs = reference.rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh)
    return np.concatenate([h0[np.newaxis], hs[:-1]])


@mistake("rnn_sequence", "last-state-only", "All T states are due, not only the last.")
def rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh):
    return reference.rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh)[-1]


@mistake(
    "rnn_sequence", "batch-first", "Time is the first axis of the answer, the batch the second."
)
def rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh):
    return reference.rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh).swapaxes(0, 1)


@mistake("rnn_sequence", "backwards", "The first item of the sequence is read first.")
def rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh):
    return reference.rnn_sequence(xs[::-1], h0, W_ih, W_hh, b_ih, b_hh)[::-1]


@mistake(
    "rnn_sequence",
    "one-array-for-all-steps",
    "The list holds one array T times: changing it in place changes all the entries.",
)
def rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh):
    h, hs = h0.copy(), []
    for x in xs:
        h[:] = reference.rnn_step(x, h, W_ih, W_hh, b_ih, b_hh)
        hs.append(h)
    return np.stack(hs)


@mistake(
    "rnn_sequence", "h0-overwritten", "h0 belongs to the caller: work on an array of your own."
)
def rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs = np.empty((len(xs), *h0.shape))
    for t, x in enumerate(xs):
        h0[:] = reference.rnn_step(x, h0, W_ih, W_hh, b_ih, b_hh)
        hs[t] = h0
    return hs


def back_through_time(dhs, hs, W_hh, slope=lambda h: 1 - h**2, carry=lambda dz, W_hh: dz @ W_hh):
    """dz of every step, and the gradient that arrives at h0."""
    dz, dh = np.empty_like(hs), np.zeros_like(hs[0])
    for t in reversed(range(len(hs))):
        dz[t] = (dhs[t] + dh) * slope(hs[t])
        dh = carry(dz[t], W_hh)
    return dz, dh


def rnn_gradients(dz, dh0, xs, before, W_ih):
    db = dz.sum(axis=(0, 1))
    dW_hh = np.einsum("tnh,tnk->hk", dz, before)
    return dz @ W_ih, dh0, np.einsum("tnh,tnd->hd", dz, xs), dW_hh, db, db


def states(xs, h0, W_ih, W_hh, b_ih, b_hh):
    """The state after every step, and the state before it."""
    hs = reference.rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh)
    return hs, np.concatenate([h0[np.newaxis], hs[:-1]])


@mistake(
    "rnn_sequence_backward",
    "whh-transposed",
    "Forward multiplies by the transpose of W_hh, so backward multiplies by W_hh as it is.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs, before = states(xs, h0, W_ih, W_hh, b_ih, b_hh)
    dz, dh0 = back_through_time(dhs, hs, W_hh, carry=lambda dz, W_hh: dz @ W_hh.T)
    return rnn_gradients(dz, dh0, xs, before, W_ih)


@mistake(
    "rnn_sequence_backward",
    "no-carry",
    "A state also matters to the next step: add the gradient that comes back from there.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs, before = states(xs, h0, W_ih, W_hh, b_ih, b_hh)
    dz = dhs * (1 - hs**2)
    return rnn_gradients(dz, dz[0] @ W_hh, xs, before, W_ih)


@mistake(
    "rnn_sequence_backward",
    "first-step-left-out",
    "range(T - 1, 0, -1) ends before 0: the first step has gradients as well.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs, before = states(xs, h0, W_ih, W_hh, b_ih, b_hh)
    dz, _ = back_through_time(dhs, hs, W_hh)
    dz[0] = 0.0
    dh = dz[1] @ W_hh if len(dz) > 1 else np.zeros_like(h0)
    return rnn_gradients(dz, dh, xs, before, W_ih)


@mistake(
    "rnn_sequence_backward",
    "carried-one-step-only",
    "What comes back to step t has itself been carried from all the steps after.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs, before = states(xs, h0, W_ih, W_hh, b_ih, b_hh)
    back = (dhs * (1 - hs**2)) @ W_hh
    dz = (dhs + np.concatenate([back[1:], 0 * back[:1]])) * (1 - hs**2)
    return rnn_gradients(dz, dz[0] @ W_hh, xs, before, W_ih)


@mistake(
    "rnn_sequence_backward",
    "last-gradient-only",
    "Every state may have a gradient of its own in dhs, not only the last.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    dhs = np.concatenate([0 * dhs[:-1], dhs[-1:]])
    return reference.rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh)


@mistake(
    "rnn_sequence_backward",
    "tanh-taken-twice",
    "The states are tanh values already: the slope is one minus their square.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs, before = states(xs, h0, W_ih, W_hh, b_ih, b_hh)
    dz, dh0 = back_through_time(dhs, hs, W_hh, slope=lambda h: 1 - np.tanh(h) ** 2)
    return rnn_gradients(dz, dh0, xs, before, W_ih)


@mistake(
    "rnn_sequence_backward", "no-slope", "The gradient passes the tanh: multiply by its slope."
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs, before = states(xs, h0, W_ih, W_hh, b_ih, b_hh)
    dz, dh0 = back_through_time(dhs, hs, W_hh, slope=np.ones_like)
    return rnn_gradients(dz, dh0, xs, before, W_ih)


@mistake(
    "rnn_sequence_backward",
    "sigmoid-slope",
    "h(1 − h) is the slope of a sigmoid; that of a tanh is another.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs, before = states(xs, h0, W_ih, W_hh, b_ih, b_hh)
    dz, dh0 = back_through_time(dhs, hs, W_hh, slope=lambda h: h * (1 - h))
    return rnn_gradients(dz, dh0, xs, before, W_ih)


@mistake(
    "rnn_sequence_backward",
    "carried-gradient-skips-the-slope",
    "The gradient from the next step passes the tanh as well: add it before the slope.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs, before = states(xs, h0, W_ih, W_hh, b_ih, b_hh)
    dz, dh = np.empty_like(hs), np.zeros_like(h0)
    for t in reversed(range(len(xs))):
        dz[t] = dhs[t] * (1 - hs[t] ** 2) + dh
        dh = dz[t] @ W_hh
    return rnn_gradients(dz, dh, xs, before, W_ih)


@mistake(
    "rnn_sequence_backward",
    "state-after-in-dwhh",
    "In step t, W_hh multiplied the state before the step, not the one after.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs, _ = states(xs, h0, W_ih, W_hh, b_ih, b_hh)
    dz, dh0 = back_through_time(dhs, hs, W_hh)
    return rnn_gradients(dz, dh0, xs, hs, W_ih)


@mistake(
    "rnn_sequence_backward",
    "h0-missing-in-dwhh",
    "The first step multiplied W_hh with h0: that counts for dW_hh too.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs, before = states(xs, h0, W_ih, W_hh, b_ih, b_hh)
    dz, dh0 = back_through_time(dhs, hs, W_hh)
    return rnn_gradients(dz, dh0, xs, np.concatenate([0 * before[:1], before[1:]]), W_ih)


@mistake(
    "rnn_sequence_backward",
    "dh0-before-whh",
    "h0 went into the first step through W_hh, so its gradient comes out through W_hh.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs, before = states(xs, h0, W_ih, W_hh, b_ih, b_hh)
    dz, _ = back_through_time(dhs, hs, W_hh)
    return rnn_gradients(dz, dz[0], xs, before, W_ih)


@mistake(
    "rnn_sequence_backward",
    "dh0-zero",
    "h0 is an input like the others, and what the first step carries back is its gradient.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    dxs, dh0, *others = reference.rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh)
    return dxs, np.zeros_like(dh0), *others


@mistake(
    "rnn_sequence_backward",
    "weights-of-one-step",
    "The weights were used at every step: add their gradients up instead of replacing them.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs, before = states(xs, h0, W_ih, W_hh, b_ih, b_hh)
    dz, dh0 = back_through_time(dhs, hs, W_hh)
    first = rnn_gradients(dz[:1], dh0, xs[:1], before[:1], W_ih)
    return dz @ W_ih, *first[1:]


@mistake(
    "rnn_sequence_backward",
    "averaged-over-batch",
    "The loss has taken its mean already: sequences' gradients add up.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    dxs, dh0, *weights = reference.rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh)
    return dxs, dh0, *(weight / len(h0) for weight in weights)


@mistake(
    "rnn_sequence_backward",
    "averaged-over-time",
    "Steps' gradients add up; they are not divided by the length of the sequence.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    dxs, dh0, *weights = reference.rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh)
    return dxs, dh0, *(weight / len(xs) for weight in weights)


@mistake(
    "rnn_sequence_backward",
    "dxs-in-reverse",
    "The loop runs from the last step to the first: put the inputs' gradients back in order.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    dxs, *others = reference.rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh)
    return dxs[::-1], *others


@mistake(
    "rnn_sequence_backward",
    "clipped-inside",
    "Clipping is a step of its own: backward returns the gradients as they are.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    gradients = reference.rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh)
    return [np.clip(gradient, -5, 5) for gradient in gradients]


@mistake(
    "rnn_sequence_backward",
    "bias-of-one-sequence",
    "Each bias was added to every row of the batch: sum over the batch too.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs, before = states(xs, h0, W_ih, W_hh, b_ih, b_hh)
    dz, dh0 = back_through_time(dhs, hs, W_hh)
    db = dz.sum(axis=0)[-1]
    return *rnn_gradients(dz, dh0, xs, before, W_ih)[:4], db, db


@mistake(
    "rnn_sequence_backward",
    "bias-shared-out",
    "Both biases were added in full, so each gets the whole gradient.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    gradients = reference.rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh)
    return *gradients[:4], gradients[4] / 2, gradients[5] / 2


@mistake(
    "rnn_sequence_backward",
    "dhs-overwritten",
    "Adding to a slice of dhs writes into the caller's array: add into a new one.",
)
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs, before = states(xs, h0, W_ih, W_hh, b_ih, b_hh)
    dz, dh = np.empty_like(hs), np.zeros_like(h0)
    for t in reversed(range(len(xs))):
        dhs[t] += dh
        dz[t] = dhs[t] * (1 - hs[t] ** 2)
        dh = dz[t] @ W_hh
    return rnn_gradients(dz, dh, xs, before, W_ih)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def linear(x, h, W_ih, W_hh, b_ih, b_hh):
    return x @ W_ih.T + b_ih + h @ W_hh.T + b_hh


def lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = np.split(linear(x, h, W_ih, W_hh, b_ih, b_hh), 4, axis=1)
    return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)


@mistake(
    "lstm_step", "gate-order-ifog", "The third block is the candidate g, the fourth the gate o."
)
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, o, g = np.split(linear(x, h, W_ih, W_hh, b_ih, b_hh), 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


@mistake(
    "lstm_step", "gate-order-figo", "The first block is the input gate, the second the forget gate."
)
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    f, i, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    c = f * c + i * g
    return o * np.tanh(c), c


@mistake(
    "lstm_step",
    "gates-interleaved",
    "A gate's H columns are neighbours: the first H belong to i, the next H to f.",
)
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    z = linear(x, h, W_ih, W_hh, b_ih, b_hh)
    i, f, g, o = (z[:, k::4] for k in range(4))
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


@mistake("lstm_step", "forget-used-twice", "f belongs to the old cell, i to the candidate.")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    _, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    c = f * c + f * g
    return o * np.tanh(c), c


@mistake("lstm_step", "coupled-gates", "f has weights of its own: it is not one minus i.")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, _, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    c = (1 - i) * c + i * g
    return o * np.tanh(c), c


@mistake("lstm_step", "plus-not-times", "The input gate multiplies the candidate.")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    c = f * c + i + g
    return o * np.tanh(c), c


@mistake("lstm_step", "nothing-forgotten", "The old cell is multiplied by the forget gate.")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, _, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    c = c + i * g
    return o * np.tanh(c), c


@mistake("lstm_step", "sigmoid-candidate", "The candidate g may be negative: it goes through tanh.")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = map(sigmoid, np.split(linear(x, h, W_ih, W_hh, b_ih, b_hh), 4, axis=1))
    c = f * c + i * g
    return o * np.tanh(c), c


@mistake(
    "lstm_step",
    "candidate-squashed-twice",
    "The sigmoid is for i, f and o only: g is the tanh of its sum as it stands.",
)
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    sums = x @ W_ih.T + b_ih + h @ W_hh.T + b_hh
    i, f, g, o = np.split(sigmoid(sums), 4, axis=1)
    c = f * c + i * np.tanh(g)
    return o * np.tanh(c), c


@mistake("lstm_step", "no-tanh-on-the-cell", "The output gate shows the tanh of the cell.")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    c = f * c + i * g
    return o * c, c


@mistake("lstm_step", "sigmoid-on-the-cell", "The cell is shown through tanh, not the sigmoid.")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    c = f * c + i * g
    return o * sigmoid(c), c


@mistake("lstm_step", "old-cell-shown", "The new state shows the new cell, not the old one.")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    return o * np.tanh(c), f * c + i * g


@mistake("lstm_step", "squashed-cell-returned", "The cell is returned as it is, without the tanh.")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    c = np.tanh(f * c + i * g)
    return o * c, c


@mistake("lstm_step", "h-and-c-swapped", "The state h comes first, the cell c second.")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    return reference.lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh)[::-1]


@mistake("lstm_step", "gates-read-the-cell", "The gates look at x and h; the cell has no weights.")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, c, W_ih, W_hh, b_ih, b_hh)
    c = f * c + i * g
    return o * np.tanh(c), c


@mistake("lstm_step", "hidden-bias-missing", "There are two biases; b_hh is added as well.")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    return reference.lstm_step(x, h, c, W_ih, W_hh, b_ih, 0 * b_hh)


@mistake("lstm_step", "forget-bias-plus-one", "Nothing is added to the forget gate's biases.")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    shift = np.repeat([0.0, 1.0, 0.0, 0.0], h.shape[1])
    return reference.lstm_step(x, h, c, W_ih, W_hh, b_ih + shift, b_hh)


@mistake(
    "lstm_step",
    "hidden-weights-not-transposed",
    "Each gate's block of W_hh is square, so a forgotten transpose raises no error.",
)
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    W_hh = np.concatenate([block.T for block in np.split(W_hh, 4)])
    return reference.lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh)


@mistake("lstm_step", "cell-overwritten", "The old cell belongs to the caller: make a new array.")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    c *= f
    c += i * g
    return o * np.tanh(c), c


def lstm_gradients(dz, dc_prev, x, h, W_ih, W_hh):
    dz = np.concatenate(dz, axis=1)
    db = dz.sum(axis=0)
    return dz @ W_ih, dz @ W_hh, dc_prev, dz.T @ x, dz.T @ h, db, db


def into_gates(s, do, c, i, f, g, o):
    """The four blocks of dz for the gradients s of the new cell and do of the output gate."""
    return s * g * i * (1 - i), s * c * f * (1 - f), s * i * (1 - g**2), do * o * (1 - o)


@mistake(
    "lstm_step_backward",
    "dc-ignored",
    "The new cell is an answer too: dc is part of its gradient.",
)
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    return reference.lstm_step_backward(dh, 0 * dc, x, h, c, W_ih, W_hh, b_ih, b_hh)


@mistake(
    "lstm_step_backward",
    "h-to-cell-missing",
    "The new state is made from the new cell: dh reaches the cell through o and the tanh.",
)
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    dz = into_gates(dc, dh * np.tanh(f * c + i * g), c, i, f, g, o)
    return lstm_gradients(dz, dc * f, x, h, W_ih, W_hh)


@mistake(
    "lstm_step_backward",
    "cell-slope-missing",
    "On the way from h to the cell there is a tanh: multiply by its slope.",
)
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    s = dc + dh * o
    dz = into_gates(s, dh * np.tanh(f * c + i * g), c, i, f, g, o)
    return lstm_gradients(dz, s * f, x, h, W_ih, W_hh)


@mistake(
    "lstm_step_backward",
    "cell-slope-without-tanh",
    "The slope is one minus the square of tanh of the cell, not of the cell itself.",
)
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    cell = f * c + i * g
    s = dc + dh * o * (1 - cell**2)
    dz = into_gates(s, dh * np.tanh(cell), c, i, f, g, o)
    return lstm_gradients(dz, s * f, x, h, W_ih, W_hh)


@mistake(
    "lstm_step_backward",
    "cell-slope-from-h",
    "The tanh's slope needs the tanh of the cell alone: h has the output gate in it.",
)
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    shown = np.tanh(f * c + i * g)
    s = dc + dh * o * (1 - (o * shown) ** 2)
    return lstm_gradients(into_gates(s, dh * shown, c, i, f, g, o), s * f, x, h, W_ih, W_hh)


@mistake(
    "lstm_step_backward",
    "sigmoid-slope-is-sigmoid",
    "The slope of a sigmoid is σ(1 − σ), not σ.",
)
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    shown = np.tanh(f * c + i * g)
    s = dc + dh * o * (1 - shown**2)
    dz = s * g * i, s * c * f, s * i * (1 - g**2), dh * shown * o
    return lstm_gradients(dz, s * f, x, h, W_ih, W_hh)


@mistake(
    "lstm_step_backward",
    "sigmoid-taken-twice",
    "The gates are sigmoid values already: do not apply the sigmoid to them again.",
)
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    shown = np.tanh(f * c + i * g)
    s = dc + dh * o * (1 - shown**2)
    si, sf, so = (sigmoid(a) * (1 - sigmoid(a)) for a in (i, f, o))
    dz = s * g * si, s * c * sf, s * i * (1 - np.tanh(g) ** 2), dh * shown * so
    return lstm_gradients(dz, s * f, x, h, W_ih, W_hh)


@mistake(
    "lstm_step_backward",
    "candidate-with-sigmoid-slope",
    "g came out of a tanh: its slope is another one than the gates'.",
)
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    shown = np.tanh(f * c + i * g)
    s = dc + dh * o * (1 - shown**2)
    di, df, _, do = into_gates(s, dh * shown, c, i, f, g, o)
    return lstm_gradients((di, df, s * i * g * (1 - g), do), s * f, x, h, W_ih, W_hh)


@mistake(
    "lstm_step_backward",
    "candidate-slope-missing",
    "g came out of a tanh: multiply its gradient by the tanh's slope.",
)
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    shown = np.tanh(f * c + i * g)
    s = dc + dh * o * (1 - shown**2)
    di, df, _, do = into_gates(s, dh * shown, c, i, f, g, o)
    return lstm_gradients((di, df, s * i, do), s * f, x, h, W_ih, W_hh)


@mistake(
    "lstm_step_backward",
    "new-cell-in-forget-gate",
    "The forget gate multiplied the old cell, so df needs the old cell.",
)
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    cell = f * c + i * g
    s = dc + dh * o * (1 - np.tanh(cell) ** 2)
    dz = into_gates(s, dh * np.tanh(cell), cell, i, f, g, o)
    return lstm_gradients(dz, s * f, x, h, W_ih, W_hh)


@mistake(
    "lstm_step_backward",
    "cell-without-tanh-in-output-gate",
    "The output gate multiplied the tanh of the cell, not the cell.",
)
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    cell = f * c + i * g
    s = dc + dh * o * (1 - np.tanh(cell) ** 2)
    dz = into_gates(s, dh * cell, c, i, f, g, o)
    return lstm_gradients(dz, s * f, x, h, W_ih, W_hh)


@mistake(
    "lstm_step_backward",
    "dc-prev-without-forget-gate",
    "The old cell was multiplied by the forget gate, and so is its gradient.",
)
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    _, f, _, _ = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    gradients = reference.lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh)
    cell = reference.lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh)[1]
    o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)[3]
    return *gradients[:2], dc + dh * o * (1 - np.tanh(cell) ** 2), *gradients[3:]


@mistake(
    "lstm_step_backward",
    "dc-prev-without-dh",
    "What h says about the new cell goes on to the old cell as well.",
)
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    _, f, _, _ = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    gradients = reference.lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh)
    return *gradients[:2], dc * f, *gradients[3:]


@mistake(
    "lstm_step_backward",
    "blocks-in-order-ifog",
    "Join the four gradients in the order in which the gates were split: i, f, g, o.",
)
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    shown = np.tanh(f * c + i * g)
    s = dc + dh * o * (1 - shown**2)
    di, df, dg, do = into_gates(s, dh * shown, c, i, f, g, o)
    return lstm_gradients((di, df, do, dg), s * f, x, h, W_ih, W_hh)


@mistake(
    "lstm_step_backward",
    "new-state-in-dwhh",
    "W_hh multiplied the old state, so its gradient needs the old state.",
)
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    shown = np.tanh(f * c + i * g)
    s = dc + dh * o * (1 - shown**2)
    dz = np.concatenate(into_gates(s, dh * shown, c, i, f, g, o), axis=1)
    db = dz.sum(axis=0)
    return dz @ W_ih, dz @ W_hh, s * f, dz.T @ x, dz.T @ (o * shown), db, db


@mistake(
    "lstm_step_backward",
    "averaged-over-batch",
    "The loss has taken its mean already: sequences' gradients add up.",
)
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    gradients = reference.lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh)
    return *gradients[:3], *(gradient / len(x) for gradient in gradients[3:])


@mistake(
    "lstm_step_backward",
    "dc-overwritten",
    "Adding to dc with += writes into the caller's array: make a new one.",
)
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    gradients = reference.lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh)
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    dc += dh * o * (1 - np.tanh(f * c + i * g) ** 2)
    return gradients


@mistake("lstm_sequence", "cell-not-carried", "The cell is carried from step to step, as h is.")
def lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh):
    h, hs = h0, []
    for x in xs:
        h, c = reference.lstm_step(x, h, c0, W_ih, W_hh, b_ih, b_hh)
        hs.append(h)
    return np.stack(hs), h, c


@mistake("lstm_sequence", "state-not-carried", "The state h is carried from step to step, as c is.")
def lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh):
    c, hs = c0, []
    for x in xs:
        h, c = reference.lstm_step(x, h0, c, W_ih, W_hh, b_ih, b_hh)
        hs.append(h)
    return np.stack(hs), h, c


@mistake("lstm_sequence", "starts-from-zero", "The first step starts from the h0 and c0 given.")
def lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh):
    return reference.lstm_sequence(xs, 0 * h0, 0 * c0, W_ih, W_hh, b_ih, b_hh)


@mistake("lstm_sequence", "cells-as-history", "The history holds the states h, not the cells.")
def lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh):
    h, c, cs = h0, c0, []
    for x in xs:
        h, c = reference.lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh)
        cs.append(c)
    return np.stack(cs), h, c


@mistake(
    "lstm_sequence", "h-and-c-swapped", "The answer ends with the state h and then the cell c."
)
def lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh):
    hs, h, c = reference.lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh)
    return hs, c, h


@mistake("lstm_sequence", "includes-h0", "There is one state for every step; h0 is not among them.")
def lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh):
    hs, h, c = reference.lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh)
    return np.concatenate([h0[np.newaxis], hs]), h, c


@mistake("lstm_sequence", "batch-first", "Time is the first axis of hs, the batch the second.")
def lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh):
    hs, h, c = reference.lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh)
    return hs.swapaxes(0, 1), h, c


@mistake("lstm_sequence", "all-cells-returned", "Only the last cell is due, without a time axis.")
def lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh):
    h, c, hs, cs = h0, c0, [], []
    for x in xs:
        h, c = reference.lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh)
        hs.append(h)
        cs.append(c)
    return np.stack(hs), h, np.stack(cs)


@mistake("lstm_sequence", "backwards", "The first item of the sequence is read first.")
def lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh):
    hs, h, c = reference.lstm_sequence(xs[::-1], h0, c0, W_ih, W_hh, b_ih, b_hh)
    return hs[::-1], h, c


@mistake(
    "lstm_sequence",
    "one-array-for-all-steps",
    "The list holds one array T times: changing it in place changes all the entries.",
)
def lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh):
    h, c, hs = h0.copy(), c0, []
    for x in xs:
        h[:], c = reference.lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh)
        hs.append(h)
    return np.stack(hs), h, c


@mistake(
    "lstm_sequence", "h0-overwritten", "h0 and c0 belong to the caller: do not write into them."
)
def lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh):
    hs = np.empty((len(xs), *h0.shape))
    for t, x in enumerate(xs):
        h0[:], c0[:] = reference.lstm_step(x, h0, c0, W_ih, W_hh, b_ih, b_hh)
        hs[t] = h0
    return hs, h0, c0


def gru_terms(x, h, W_ih, W_hh, b_ih, b_hh):
    """The input's and the state's linear terms, three blocks each."""
    return np.split(x @ W_ih.T + b_ih, 3, axis=1), np.split(h @ W_hh.T + b_hh, 3, axis=1)


@mistake("gru_step", "update-swapped", "Where z is one the old state stays; here it is replaced.")
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    u, v = gru_terms(x, h, W_ih, W_hh, b_ih, b_hh)
    r, z = sigmoid(u[0] + v[0]), sigmoid(u[1] + v[1])
    return z * np.tanh(u[2] + r * v[2]) + (1 - z) * h


@mistake(
    "gru_step",
    "reset-before-matmul",
    "r multiplies the hidden term after the product with W_hh, not the state before it.",
)
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    u, v = gru_terms(x, h, W_ih, W_hh, b_ih, b_hh)
    r, z = sigmoid(u[0] + v[0]), sigmoid(u[1] + v[1])
    H = h.shape[1]
    n = np.tanh(u[2] + (r * h) @ W_hh[2 * H :].T + b_hh[2 * H :])
    return (1 - z) * n + z * h


@mistake(
    "gru_step",
    "no-brackets",
    "The product comes before the difference: set brackets around 1 − z.",
)
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    u, v = gru_terms(x, h, W_ih, W_hh, b_ih, b_hh)
    r, z = sigmoid(u[0] + v[0]), sigmoid(u[1] + v[1])
    return 1 - z * np.tanh(u[2] + r * v[2]) + z * h


@mistake("gru_step", "reset-missing", "The candidate sees the hidden term only through the gate r.")
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    u, v = gru_terms(x, h, W_ih, W_hh, b_ih, b_hh)
    z = sigmoid(u[1] + v[1])
    return (1 - z) * np.tanh(u[2] + v[2]) + z * h


@mistake(
    "gru_step", "bias-outside-reset", "r multiplies the hidden term together with its bias b_hh."
)
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    u, v = gru_terms(x, h, W_ih, W_hh, b_ih, b_hh)
    r, z = sigmoid(u[0] + v[0]), sigmoid(u[1] + v[1])
    bias = b_hh[2 * h.shape[1] :]
    return (1 - z) * np.tanh(u[2] + r * (v[2] - bias) + bias) + z * h


@mistake("gru_step", "reset-on-everything", "r multiplies the hidden term only, not the input's.")
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    u, v = gru_terms(x, h, W_ih, W_hh, b_ih, b_hh)
    r, z = sigmoid(u[0] + v[0]), sigmoid(u[1] + v[1])
    return (1 - z) * np.tanh(r * (u[2] + v[2])) + z * h


@mistake("gru_step", "sigmoid-candidate", "The candidate may be negative: it goes through tanh.")
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    u, v = gru_terms(x, h, W_ih, W_hh, b_ih, b_hh)
    r, z = sigmoid(u[0] + v[0]), sigmoid(u[1] + v[1])
    return (1 - z) * sigmoid(u[2] + r * v[2]) + z * h


@mistake(
    "gru_step", "gate-order-zrn", "The first block is the reset gate, the second the update gate."
)
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    u, v = gru_terms(x, h, W_ih, W_hh, b_ih, b_hh)
    z, r = sigmoid(u[0] + v[0]), sigmoid(u[1] + v[1])
    return (1 - z) * np.tanh(u[2] + r * v[2]) + z * h


@mistake(
    "gru_step",
    "gates-interleaved",
    "A gate's H columns are neighbours: the first H belong to r, the next H to z.",
)
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    u, v = x @ W_ih.T + b_ih, h @ W_hh.T + b_hh
    r, z = sigmoid(u[:, ::3] + v[:, ::3]), sigmoid(u[:, 1::3] + v[:, 1::3])
    return (1 - z) * np.tanh(u[:, 2::3] + r * v[:, 2::3]) + z * h


@mistake("gru_step", "old-state-not-blended", "The old state takes part in the blend, z times.")
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    u, v = gru_terms(x, h, W_ih, W_hh, b_ih, b_hh)
    r, z = sigmoid(u[0] + v[0]), sigmoid(u[1] + v[1])
    return (1 - z) * np.tanh(u[2] + r * v[2])


@mistake("gru_step", "blend-does-not-sum-to-one", "The candidate's share is one minus z.")
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    u, v = gru_terms(x, h, W_ih, W_hh, b_ih, b_hh)
    r, z = sigmoid(u[0] + v[0]), sigmoid(u[1] + v[1])
    return np.tanh(u[2] + r * v[2]) + z * h


@mistake("gru_step", "reset-state-blended", "What is blended in is the old state, not r times it.")
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    u, v = gru_terms(x, h, W_ih, W_hh, b_ih, b_hh)
    r, z = sigmoid(u[0] + v[0]), sigmoid(u[1] + v[1])
    return (1 - z) * np.tanh(u[2] + r * v[2]) + z * r * h


@mistake("gru_step", "hidden-bias-missing", "There are two biases; b_hh is added as well.")
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    return reference.gru_step(x, h, W_ih, W_hh, b_ih, 0 * b_hh)


@mistake(
    "gru_step",
    "hidden-weights-not-transposed",
    "Each gate's block of W_hh is square, so a forgotten transpose raises no error.",
)
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    W_hh = np.concatenate([block.T for block in np.split(W_hh, 3)])
    return reference.gru_step(x, h, W_ih, W_hh, b_ih, b_hh)


@mistake(
    "gru_step", "state-overwritten", "Return a new array; the old state belongs to the caller."
)
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    u, v = gru_terms(x, h, W_ih, W_hh, b_ih, b_hh)
    r, z = sigmoid(u[0] + v[0]), sigmoid(u[1] + v[1])
    h *= z
    h += (1 - z) * np.tanh(u[2] + r * v[2])
    return h


def global_norm(grads):
    return float(np.sqrt(sum((grad**2).sum() for grad in grads)))


def scaled(grads, norm, max_norm):
    return [grad * (max_norm / norm) for grad in grads] if norm > max_norm else list(grads)


@mistake("clip_gradients", "norm-per-array", "There is one norm for all arrays together.")
def clip_gradients(grads, max_norm):
    clipped = [scaled([grad], global_norm([grad]), max_norm)[0] for grad in grads]
    return clipped, global_norm(grads)


@mistake("clip_gradients", "clipped-by-value", "The length is limited, not every entry by itself.")
def clip_gradients(grads, max_norm):
    return [np.clip(grad, -max_norm, max_norm) for grad in grads], global_norm(grads)


@mistake("clip_gradients", "norm-after", "The norm that is returned is the one before clipping.")
def clip_gradients(grads, max_norm):
    norm = global_norm(grads)
    return scaled(grads, norm, max_norm), min(norm, max_norm)


@mistake("clip_gradients", "always-scaled", "Gradients that are short enough stay as they are.")
def clip_gradients(grads, max_norm):
    norm = global_norm(grads)
    return [grad * (max_norm / norm) if norm else grad for grad in grads], norm


@mistake(
    "clip_gradients", "divided-by-zero", "All-zero gradients have norm 0: do not divide by it."
)
def clip_gradients(grads, max_norm):
    norm = global_norm(grads)
    scale = min(1.0, max_norm / norm)
    return [grad * scale for grad in grads], norm


@mistake("clip_gradients", "no-root", "The norm is the root of the sum of squares.")
def clip_gradients(grads, max_norm):
    norm = global_norm(grads) ** 2
    return scaled(grads, norm, max_norm), norm


@mistake("clip_gradients", "norms-added", "Add the squares of all arrays up, not their norms.")
def clip_gradients(grads, max_norm):
    norm = sum(global_norm([grad]) for grad in grads)
    return scaled(grads, norm, max_norm), norm


@mistake("clip_gradients", "largest-norm", "Every array counts for the norm, not only the longest.")
def clip_gradients(grads, max_norm):
    norm = max(global_norm([grad]) for grad in grads)
    return scaled(grads, norm, max_norm), norm


@mistake("clip_gradients", "largest-entry", "The norm takes all entries, not only the largest one.")
def clip_gradients(grads, max_norm):
    norm = float(max(np.abs(grad).max() for grad in grads))
    return scaled(grads, norm, max_norm), norm


@mistake("clip_gradients", "absolute-sum", "The norm adds squares up, not absolute values.")
def clip_gradients(grads, max_norm):
    norm = float(sum(np.abs(grad).sum() for grad in grads))
    return scaled(grads, norm, max_norm), norm


@mistake(
    "clip_gradients", "mean-of-squares", "The norm is made of the sum of squares, not their mean."
)
def clip_gradients(grads, max_norm):
    norm = global_norm(grads) / sum(grad.size for grad in grads) ** 0.5
    return scaled(grads, norm, max_norm), norm


@mistake("clip_gradients", "unit-length", "Clipped gradients have the length max_norm, not 1.")
def clip_gradients(grads, max_norm):
    norm = global_norm(grads)
    return [grad / norm if norm > max_norm else grad for grad in grads], norm


@mistake("clip_gradients", "set-to-zero", "Gradients that are too long are shortened, not dropped.")
def clip_gradients(grads, max_norm):
    norm = global_norm(grads)
    return [0 * grad if norm > max_norm else grad for grad in grads], norm


@mistake(
    "clip_gradients",
    "epsilon-added",
    "Nothing is added to the norm: it matters where gradients are small.",
)
def clip_gradients(grads, max_norm):
    norm = global_norm(grads)
    scale = min(1.0, max_norm / (norm + 1e-6))
    return [grad * scale for grad in grads], norm


@mistake("clip_gradients", "scaled-in-place", "The arrays belong to the caller: return new ones.")
def clip_gradients(grads, max_norm):
    norm = global_norm(grads)
    if norm > max_norm:
        for grad in grads:
            grad *= max_norm / norm
    return grads, norm
