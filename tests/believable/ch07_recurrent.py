"""What a learner might hand in.

embedding: failed
embedding_backward: failed
rnn_step: error
rnn_sequence: failed, time-and-batch-exchanged
rnn_sequence_backward: failed, first-step-left-out
lstm_step: failed, candidate-squashed-twice
lstm_step_backward: failed
lstm_sequence: failed
gru_step: failed, no-brackets
clip_gradients: error
"""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def embedding(tokens, table):
    return [table[t] for t in tokens]


def embedding_backward(dout, tokens, vocab_size):
    dtable = np.zeros((vocab_size, dout.shape[1]))
    for i, t in enumerate(tokens):
        dtable[t] += dout[i]
    return dtable


def rnn_step(x, h, W_ih, W_hh, b_ih, b_hh):
    return np.tanh(W_ih @ x + b_ih + W_hh @ h + b_hh)


def rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs = np.zeros((xs.shape[1], xs.shape[0], h0.shape[1]))
    h = h0
    for t in range(xs.shape[1]):
        h = np.tanh(xs[:, t] @ W_ih.T + b_ih + h @ W_hh.T + b_hh)
        hs[t] = h
    return hs


def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    T = len(xs)
    hs = [h0]
    for t in range(T):
        hs.append(np.tanh(xs[t] @ W_ih.T + b_ih + hs[-1] @ W_hh.T + b_hh))
    dxs = np.zeros_like(xs)
    dW_ih, dW_hh = np.zeros_like(W_ih), np.zeros_like(W_hh)
    db = np.zeros_like(b_ih)
    dh = np.zeros_like(h0)
    for t in range(T - 1, 0, -1):
        dz = (dhs[t] + dh) * (1 - hs[t + 1] ** 2)
        dxs[t] = dz @ W_ih
        dW_ih += dz.T @ xs[t]
        dW_hh += dz.T @ hs[t]
        db += dz.sum(axis=0)
        dh = dz @ W_hh
    return dxs, dh, dW_ih, dW_hh, db, db


def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    H = h.shape[1]
    z = x @ W_ih.T + b_ih + h @ W_hh.T + b_hh
    z = sigmoid(z)
    i, f, g, o = z[:, :H], z[:, H:2*H], z[:, 2*H:3*H], z[:, 3*H:]
    g = np.tanh(g)
    c = f * c + i * g
    h = o * np.tanh(c)
    return h, c


def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    H = h.shape[1]
    a = x @ W_ih.T + b_ih + h @ W_hh.T + b_hh
    i, f = sigmoid(a[:, :H]), sigmoid(a[:, H:2*H])
    g, o = np.tanh(a[:, 2*H:3*H]), sigmoid(a[:, 3*H:])
    c_new = f * c + i * g
    s = dc + dh * o * (1 - np.tanh(c_new) ** 2)
    di, df, dg = s * g, s * c, s * i
    do = s * np.tanh(c_new)
    dz = np.concatenate([di * i * (1 - i), df * f * (1 - f), dg * (1 - g ** 2), do * o * (1 - o)], axis=1)
    return dz @ W_ih, dz @ W_hh, s * f, dz.T @ x, dz.T @ h, dz.sum(axis=0)


def lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh):
    hs = []
    h, c = h0, c0
    for x in xs:
        h, c = lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh)
        hs.append(h)
    return hs, h, c


def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    H = h.shape[1]
    u = x @ W_ih.T + b_ih
    v = h @ W_hh.T + b_hh
    r = sigmoid(u[:, :H] + v[:, :H])
    z = sigmoid(u[:, H:2*H] + v[:, H:2*H])
    n = np.tanh(u[:, 2*H:] + r * v[:, 2*H:])
    return 1 - z * n + z * h


def clip_gradients(grads, max_norm):
    norm = np.linalg.norm(grads)
    if norm > max_norm:
        grads = [g * max_norm / norm for g in grads]
    return grads
