"""Right answers in other styles."""

import math
from functools import reduce
from itertools import accumulate

import ch07_recurrent as reference
import numpy as np

from grader.bank import alternate


@alternate("embedding", "one-hot matrix product")
def embedding(tokens, table):
    return np.eye(len(table))[tokens] @ table


@alternate("embedding", "np.take")
def embedding(tokens, table):
    return np.take(table, tokens, axis=0)


@alternate("embedding", "one position at a time")
def embedding(tokens, table):
    out = np.empty((*tokens.shape, table.shape[1]))
    for position in np.ndindex(tokens.shape):
        out[position] = table[tokens[position]]
    return out


@alternate("embedding", "flattened and reshaped back")
def embedding(tokens, table):
    rows = [table[token] for token in tokens.ravel().tolist()]
    return np.array(rows).reshape((*tokens.shape, -1))


@alternate("embedding_backward", "one-hot matrix product")
def embedding_backward(dout, tokens, vocab_size):
    one_hot = np.eye(vocab_size)[tokens.reshape(-1)]
    return one_hot.T @ dout.reshape(-1, dout.shape[-1])


@alternate("embedding_backward", "one position at a time")
def embedding_backward(dout, tokens, vocab_size):
    dtable = np.zeros((vocab_size, dout.shape[-1]))
    for position in np.ndindex(tokens.shape):
        dtable[tokens[position]] += dout[position]
    return dtable


@alternate("embedding_backward", "bincount of every column")
def embedding_backward(dout, tokens, vocab_size):
    columns = dout.reshape(-1, dout.shape[-1]).T
    sums = [np.bincount(tokens.ravel(), column, minlength=vocab_size) for column in columns]
    return np.stack(sums, axis=1)


@alternate("embedding_backward", "a mask for every token")
def embedding_backward(dout, tokens, vocab_size):
    return np.array([dout[tokens == v].sum(axis=0) for v in range(vocab_size)])


@alternate("embedding_backward", "sorted runs")
def embedding_backward(dout, tokens, vocab_size):
    flat, rows = tokens.ravel(), dout.reshape(-1, dout.shape[-1])
    order = np.argsort(flat, kind="stable")
    values, starts = np.unique(flat[order], return_index=True)
    dtable = np.zeros((vocab_size, dout.shape[-1]))
    dtable[values] = np.add.reduceat(rows[order], starts, axis=0)
    return dtable


@alternate("rnn_step", "one product with joined inputs and weights")
def rnn_step(x, h, W_ih, W_hh, b_ih, b_hh):
    joined = np.concatenate([x, h], axis=1) @ np.concatenate([W_ih, W_hh], axis=1).T
    return np.tanh(joined + (b_ih + b_hh))


@alternate("rnn_step", "columns instead of rows")
def rnn_step(x, h, W_ih, W_hh, b_ih, b_hh):
    return np.tanh(W_ih @ x.T + W_hh @ h.T + (b_ih + b_hh)[:, None]).T


@alternate("rnn_step", "plain Python loops")
def rnn_step(x, h, W_ih, W_hh, b_ih, b_hh):
    out = np.empty(h.shape)
    for n in range(len(x)):
        for j in range(len(W_ih)):
            total = b_ih[j] + b_hh[j]
            for d in range(len(x[n])):
                total += W_ih[j, d] * x[n, d]
            for k in range(len(h[n])):
                total += W_hh[j, k] * h[n, k]
            out[n, j] = math.tanh(total)
    return out


@alternate("rnn_step", "tanh as a stretched sigmoid")
def rnn_step(x, h, W_ih, W_hh, b_ih, b_hh):
    z = np.einsum("nd,hd->nh", x, W_ih) + np.einsum("nk,hk->nh", h, W_hh) + b_ih + b_hh
    return 2 / (1 + np.exp(-2 * z)) - 1


@alternate("rnn_sequence", "inputs projected all at once, states written into place")
def rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh):
    projected = xs @ W_ih.T + (b_ih + b_hh)
    hs = np.empty((len(xs) + 1, *h0.shape))
    hs[0] = h0
    for t in range(len(xs)):
        hs[t + 1] = np.tanh(projected[t] + hs[t] @ W_hh.T)
    return hs[1:]


@alternate("rnn_sequence", "accumulate")
def rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh):
    def step(h, x):
        return np.tanh(x @ W_ih.T + b_ih + h @ W_hh.T + b_hh)

    return np.array(list(accumulate(xs, step, initial=h0))[1:])


@alternate("rnn_sequence", "one sequence at a time")
def rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs = np.zeros((xs.shape[0], xs.shape[1], len(b_ih)))
    for n in range(xs.shape[1]):
        h = h0[n]
        for t in range(xs.shape[0]):
            h = hs[t, n] = np.tanh(W_ih @ xs[t, n] + b_ih + W_hh @ h + b_hh)
    return hs


@alternate("rnn_sequence", "recursion over the length")
def rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh):
    weights = W_ih, W_hh, b_ih, b_hh
    before = rnn_sequence(xs[:-1], h0, *weights) if len(xs) > 1 else h0[np.newaxis][:0]
    last = reference.rnn_step(xs[-1], [h0, *before][-1], *weights)
    return np.concatenate([before, last[np.newaxis]])


def complex_step_gradients(loss, arguments, h=1e-30):
    """Exact derivatives of an analytic loss: the imaginary part of a tiny imaginary step."""
    gradients = []
    for k, argument in enumerate(arguments):
        gradient = np.zeros(argument.shape)
        for index in np.ndindex(argument.shape):
            moved = argument.astype(complex)
            moved[index] += 1j * h
            gradient[index] = loss(*arguments[:k], moved, *arguments[k + 1 :]).imag / h
        gradients.append(gradient)
    return gradients


@alternate("rnn_sequence_backward", "complex steps in every coordinate")
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    def loss(xs, h, W_ih, W_hh, b_ih, b_hh):
        total = 0
        for x, dh in zip(xs, dhs, strict=True):
            h = np.tanh(x @ W_ih.T + h @ W_hh.T + b_ih + b_hh)
            total = total + (h * dh).sum()
        return total

    return complex_step_gradients(loss, [xs, h0, W_ih, W_hh, b_ih, b_hh])


@alternate("rnn_sequence_backward", "everything accumulated step by step")
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs = {-1: h0}
    for t in range(len(xs)):
        hs[t] = np.tanh(W_ih.dot(xs[t].T).T + W_hh.dot(hs[t - 1].T).T + b_ih + b_hh)
    dxs = np.zeros_like(xs)
    dW_ih, dW_hh = np.zeros_like(W_ih), np.zeros_like(W_hh)
    db_ih, db_hh = np.zeros_like(b_ih), np.zeros_like(b_hh)
    dnext = np.zeros_like(h0)
    for t in range(len(xs) - 1, -1, -1):
        draw = (1 - hs[t] * hs[t]) * (dhs[t] + dnext)
        dW_ih += draw.T @ xs[t]
        dW_hh += draw.T @ hs[t - 1]
        db_ih += draw.sum(0)
        db_hh += draw.sum(0)
        dxs[t] = draw @ W_ih
        dnext = draw @ W_hh
    return dxs, dnext, dW_ih, dW_hh, db_ih, db_hh


@alternate("rnn_sequence_backward", "one sequence at a time, outer products")
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs = reference.rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh)
    dxs, dh0 = np.zeros(xs.shape), np.zeros(h0.shape)
    dW_ih, dW_hh, db = np.zeros(W_ih.shape), np.zeros(W_hh.shape), np.zeros(b_ih.shape)
    for n in range(len(h0)):
        carried = np.zeros(h0.shape[1])
        for t in range(len(xs))[::-1]:
            h = hs[t, n]
            dz = (dhs[t, n] + carried) * (1 - h) * (1 + h)
            dxs[t, n] = W_ih.T @ dz
            dW_ih += np.outer(dz, xs[t, n])
            dW_hh += np.outer(dz, hs[t - 1, n] if t else h0[n])
            db += dz
            carried = W_hh.T @ dz
        dh0[n] = carried
    return [dxs, dh0, dW_ih, dW_hh, db, db]


@alternate("rnn_sequence_backward", "products of the steps' Jacobians")
def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    hs = reference.rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh)
    T, N, H = hs.shape
    slopes = [np.apply_along_axis(np.diag, 1, 1 - h**2) for h in hs]
    dz = np.zeros(hs.shape)
    for t in range(T):
        for later in range(t, T):
            path = reduce(np.matmul, [slopes[k] @ W_hh for k in range(later, t, -1)], np.eye(H))
            dz[t] += np.einsum(
                "ni,nij->nj", dhs[later], np.broadcast_to(path @ slopes[t], (N, H, H))
            )
    before = np.concatenate([h0[None], hs])[:-1].reshape(-1, H)
    flat, inputs = dz.reshape(-1, H), xs.reshape(T * N, -1)
    db = flat.sum(0)
    return dz @ W_ih, dz[0] @ W_hh, flat.T @ inputs, flat.T @ before, db, db


@alternate("lstm_step", "one product with joined weights, gates by slices")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    H = h.shape[1]
    z = np.hstack([x, h]) @ np.hstack([W_ih, W_hh]).T + b_ih + b_hh
    gates = 0.5 * (1 + np.tanh(0.5 * z))
    new_c = gates[:, H : 2 * H] * c + gates[:, :H] * np.tanh(z[:, 2 * H : 3 * H])
    return gates[:, 3 * H :] * np.tanh(new_c), new_c


@alternate("lstm_step", "a gate axis and einsum")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    H = h.shape[1]
    z = np.einsum("nd,khd->knh", x, W_ih.reshape(4, H, -1))
    z = z + np.einsum("nj,khj->knh", h, W_hh.reshape(4, H, H))
    z = z + (b_ih + b_hh).reshape(4, 1, H)
    i, f, o = 1 / (1 + np.exp(-z[[0, 1, 3]]))
    cell = f * c + i * np.tanh(z[2])
    return [o * np.tanh(cell), cell]


@alternate("lstm_step", "plain Python loops")
def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    def sigmoid(a):
        return 1 / (1 + math.exp(-a))

    N, H = h.shape
    new_h, new_c = np.zeros((N, H)), np.zeros((N, H))
    for n in range(N):
        z = [W_ih[j] @ x[n] + b_ih[j] + W_hh[j] @ h[n] + b_hh[j] for j in range(4 * H)]
        for k in range(H):
            i, f, g, o = (z[gate * H + k] for gate in range(4))
            new_c[n, k] = sigmoid(f) * c[n, k] + sigmoid(i) * math.tanh(g)
            new_h[n, k] = sigmoid(o) * math.tanh(new_c[n, k])
    return new_h, new_c


@alternate("lstm_step_backward", "complex steps in every coordinate")
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    def loss(x, h, c, W_ih, W_hh, b_ih, b_hh):
        H = h.shape[1]
        z = x @ W_ih.T + h @ W_hh.T + b_ih + b_hh
        gate = (1 + np.tanh(z / 2)) / 2
        cell = gate[:, H : 2 * H] * c + gate[:, :H] * np.tanh(z[:, 2 * H : 3 * H])
        return (gate[:, 3 * H :] * np.tanh(cell) * dh + cell * dc).sum()

    return complex_step_gradients(loss, [x, h, c, W_ih, W_hh, b_ih, b_hh])


@alternate("lstm_step_backward", "through a gate axis")
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    N, H = h.shape
    z = (x @ W_ih.T + h @ W_hh.T + b_ih + b_hh).reshape(N, 4, H)
    i, f, g, o = np.tanh(z * [[[0.5], [0.5], [1.0], [0.5]]]).swapaxes(0, 1)
    i, f, o = (i + 1) / 2, (f + 1) / 2, (o + 1) / 2
    tc = np.tanh(f * c + i * g)
    dcell = dc + dh * o * (1 - tc) * (1 + tc)
    dz = np.empty((N, 4, H))
    dz[:, 0] = dcell * g * i * (1 - i)
    dz[:, 1] = dcell * c * f * (1 - f)
    dz[:, 2] = dcell * i * (1 - g) * (1 + g)
    dz[:, 3] = dh * tc * o * (1 - o)
    dz = dz.reshape(N, 4 * H)
    db = np.ones(N) @ dz
    dW_ih, dW_hh = np.einsum("nk,nd->kd", dz, x), np.einsum("nk,nh->kh", dz, h)
    return dz.dot(W_ih), dz.dot(W_hh), dcell * f, dW_ih, dW_hh, db, db


@alternate("lstm_step_backward", "one sequence and one unit at a time")
def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    def sigmoid(a):
        return 1 / (1 + math.exp(-a))

    inputs = x, h, c, W_ih, W_hh, b_ih, b_hh
    dx, dh_prev, dc_prev, dW_ih, dW_hh, db_ih, db_hh = (np.zeros(one.shape) for one in inputs)
    N, H = h.shape
    for n in range(N):
        z = W_ih @ x[n] + b_ih + W_hh @ h[n] + b_hh
        for k in range(H):
            rows = [k, H + k, 2 * H + k, 3 * H + k]
            i, f, o = (sigmoid(z[row]) for row in (rows[0], rows[1], rows[3]))
            g = math.tanh(z[rows[2]])
            shown = math.tanh(f * c[n, k] + i * g)
            dcell = dc[n, k] + dh[n, k] * o * (1 - shown * shown)
            slopes = g * i * (1 - i), c[n, k] * f * (1 - f), i * (1 - g * g)
            dz = [*(dcell * slope for slope in slopes), dh[n, k] * shown * o * (1 - o)]
            dc_prev[n, k] = dcell * f
            for row, part in zip(rows, dz, strict=True):
                dx[n] += part * W_ih[row]
                dh_prev[n] += part * W_hh[row]
                dW_ih[row] += part * x[n]
                dW_hh[row] += part * h[n]
                db_ih[row] += part
                db_hh[row] += part
    return dx, dh_prev, dc_prev, dW_ih, dW_hh, db_ih, db_hh


@alternate("lstm_sequence", "inputs projected all at once, states written into place")
def lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh):
    H = h0.shape[1]
    projected = xs @ W_ih.T + b_ih
    hs, h, c = np.zeros((len(xs), *h0.shape)), h0.copy(), c0.copy()
    for t in range(len(xs)):
        z = projected[t] + h @ W_hh.T + b_hh
        gates = 1 / (1 + np.exp(-z))
        c *= gates[:, H : 2 * H]
        c += gates[:, :H] * np.tanh(z[:, 2 * H : 3 * H])
        h[...] = gates[:, 3 * H :] * np.tanh(c)
        hs[t] = h
    return hs, h, c


@alternate("lstm_sequence", "reduce over pairs")
def lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh):
    def step(history, x):
        return [*history, reference.lstm_step(x, *history[-1], W_ih, W_hh, b_ih, b_hh)]

    pairs = reduce(step, xs, [(h0, c0)])
    return np.array([h for h, _ in pairs[1:]]), *pairs[-1]


@alternate("lstm_sequence", "one sequence at a time")
def lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh):
    T, N, _ = xs.shape
    hs, last_c = np.zeros((T, *h0.shape)), np.zeros(c0.shape)
    for n in range(N):
        h, c = h0[n : n + 1], c0[n : n + 1]
        for t in range(T):
            h, c = reference.lstm_step(xs[t, n : n + 1], h, c, W_ih, W_hh, b_ih, b_hh)
            hs[t, n] = h[0]
        last_c[n] = c[0]
    return hs, hs[-1], last_c


@alternate("gru_step", "slices, and the blend as a step towards the candidate")
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    H = h.shape[1]
    gi, gh = x @ W_ih.T + b_ih, h @ W_hh.T + b_hh
    gates = 0.5 * (1 + np.tanh(0.5 * (gi[:, : 2 * H] + gh[:, : 2 * H])))
    n = np.tanh(gi[:, 2 * H :] + gates[:, :H] * gh[:, 2 * H :])
    return n + gates[:, H:] * (h - n)


@alternate("gru_step", "separate weights for every gate")
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    W_r, W_z, W_n = np.vsplit(W_ih, 3)
    U_r, U_z, U_n = np.vsplit(W_hh, 3)
    b_r, b_z, _ = np.split(b_ih + b_hh, 3)
    _, _, b_in = np.split(b_ih, 3)
    _, _, b_hn = np.split(b_hh, 3)
    r = 1 / (1 + np.exp(-(x @ W_r.T + h @ U_r.T + b_r)))
    keep = 1 / (1 + np.exp(-(x @ W_z.T + h @ U_z.T + b_z)))
    n = np.tanh(x @ W_n.T + b_in + r * (h @ U_n.T + b_hn))
    return keep * h + (1 - keep) * n


@alternate("gru_step", "plain Python loops")
def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    H, out = h.shape[1], np.zeros(h.shape)
    for n in range(len(x)):
        u, v = W_ih @ x[n] + b_ih, W_hh @ h[n] + b_hh
        for k in range(H):
            r = 1 / (1 + math.exp(-u[k] - v[k]))
            z = 1 / (1 + math.exp(-u[H + k] - v[H + k]))
            candidate = math.tanh(u[2 * H + k] + r * v[2 * H + k])
            out[n, k] = (1 - z) * candidate + z * h[n, k]
    return out


@alternate("clip_gradients", "the smaller of one and the ratio, always multiplied")
def clip_gradients(grads, max_norm):
    norm = math.sqrt(math.fsum(float(np.vdot(grad, grad)) for grad in grads))
    factor = min(1.0, max_norm / norm) if norm > 0 else 1.0
    return [factor * grad for grad in grads], norm


@alternate("clip_gradients", "one long vector")
def clip_gradients(grads, max_norm):
    norm = np.linalg.norm(np.concatenate([grad.ravel() for grad in grads]))
    if norm <= max_norm:
        return tuple(grads), norm
    return tuple(grad / norm * max_norm for grad in grads), norm


@alternate("clip_gradients", "the norm of norms, into copies")
def clip_gradients(grads, max_norm):
    norm = math.hypot(*(np.linalg.norm(grad) for grad in grads))
    clipped = [grad.copy() for grad in grads]
    if norm >= max_norm and norm > 0:
        for grad in clipped:
            grad *= max_norm / norm
    return clipped, norm
