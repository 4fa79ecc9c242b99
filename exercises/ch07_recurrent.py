"""Recurrent networks: reading a sentence one word at a time, with a memory.

A convolution (chapter 6) uses the same weights at every place of an image. A recurrent network
uses the same weights at every moment of a sequence: it reads one item, updates a state h that
sums up everything read so far, and goes on. The sequence may be as long as it likes; the
network does not grow. For two decades this was how machines translated, took dictation and
completed sentences.

Words become vectors by looking them up in a table that is learned (`embedding`). Then

    h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)

is all there is to a plain recurrent network. Unrolled, it is an MLP with T layers that share
their weights, and backpropagation (chapter 5) through it goes back in time:

    dh_t     = what the loss says about h_t itself + W_hhᵀ dz_{t+1}
    dz_t     = dh_t ⊙ (1 − h_t²)
    dW_hh    = Σ_t dz_t h_{t−1}ᵀ

Every step back multiplies by W_hh and by a slope below one. Twenty steps of that, and the
gradient has vanished or exploded. Two cures, both still in use:

The LSTM keeps a cell c beside the state. Gates between 0 and 1 decide what to forget, what to
write and what to show; the cell itself is only scaled and added to, so that the gradient
travels back along it multiplied by f alone, which the network can hold near one:

    c_t = f ⊙ c_{t−1} + i ⊙ g          h_t = o ⊙ tanh(c_t)

The GRU does nearly as well with two gates and no cell. And where gradients explode, clipping
shortens them to a length that is safe, in the direction they had.

What no gate can cure: the whole past must fit into one vector of H numbers, and step t has to
wait for step t − 1. Attention (chapter 8) removes both limits.

Shapes and conventions, the same as in PyTorch's cells:

    T steps, N sequences in a batch, D input features, H hidden units
    one step      x (N, D), h (N, H), c (N, H)
    a sequence    xs (T, N, D), hs (T, N, H): time first
    weights       W_ih (k·H, D), W_hh (k·H, H), b_ih and b_hh (k·H,)

with k = 1 for the plain network, 4 for the LSTM (gates i, f, g, o) and 3 for the GRU (gates
r, z, n): gate number j owns the rows j·H … (j + 1)·H − 1. There are two biases because PyTorch
has two; in the GRU they do different things.

σ(a) = 1 / (1 + exp(−a)) is the sigmoid and ⊙ the product entry by entry. All floats are float64,
sizes are at least 1, and inputs are never modified.
"""

import numpy as np


def embedding(tokens, table):
    """Look up the vector of every token.

        out[..., :] = table[tokens[...], :]

    Shapes: tokens is an integer array of any rank, also of rank 0, with entries in
    0 … V − 1; table is (V, D). The result has the shape of tokens with D appended. No token is
    special: 0 is not padding.

    >>> table = np.array([[0.0, 0.5, 1.0], [10.0, 10.5, 11.0]])
    >>> embedding(np.array([1, 0, 1]), table).tolist()
    [[10.0, 10.5, 11.0], [0.0, 0.5, 1.0], [10.0, 10.5, 11.0]]
    >>> embedding(np.array([[1], [0]]), table).shape
    (2, 1, 3)

    Source: Bengio, Ducharme, Vincent and Jauvin, "A neural probabilistic language model", 2003.
    """
    raise NotImplementedError


def embedding_backward(dout, tokens, vocab_size):
    """Compute the gradient for the table, given the gradient for what was looked up.

        dtable[v, :] = Σ dout[p, :] over all positions p with tokens[p] = v

    Shapes: tokens is an integer array of any rank, also of rank 0; dout has the shape of tokens
    with D appended; the result is (vocab_size, D). The gradients of a repeated token add up (no
    mean is taken), and the rows of tokens that do not occur are zero.

    >>> dout = np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]])
    >>> embedding_backward(dout, np.array([2, 0, 2]), 4).tolist()
    [[10.0, 20.0], [0.0, 0.0], [101.0, 202.0], [0.0, 0.0]]
    """
    raise NotImplementedError


def rnn_step(x, h, W_ih, W_hh, b_ih, b_hh):
    """Update the state of a plain recurrent network by one step.

        h' = tanh(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh)

    Shapes: x (N, D), h (N, H), W_ih (H, D), W_hh (H, H), b_ih and b_hh (H,) → h' (N, H).

    >>> x, h = np.array([[1.0, 0.0, 2.0]]), np.array([[0.5, -1.0]])
    >>> W_ih = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, -1.0]])
    >>> W_hh = np.array([[0.0, 1.0], [2.0, 0.0]])
    >>> b_ih, b_hh = np.array([0.0, 0.5]), np.array([-0.5, 0.25])
    >>> rnn_step(x, h, W_ih, W_hh, b_ih, b_hh).round(4).tolist()
    [[0.4621, -0.2449]]

    (The sums inside the tanh are 2 + 0 − 1 − 0.5 = 0.5 and −2 + 0.5 + 1 + 0.25 = −0.25.)

    Source: Elman, "Finding structure in time", 1990.
    """
    raise NotImplementedError


def rnn_sequence(xs, h0, W_ih, W_hh, b_ih, b_hh):
    """Run a plain recurrent network over a batch of sequences and return the state after each step.

        hs[t] = rnn_step(xs[t], hs[t − 1], …), where hs[−1] stands for h0

    Shapes: xs (T, N, D), time first; h0 (N, H); weights as in rnn_step → hs (T, N, H). The first
    entry is the state after the first step: h0 itself is not in hs.

    >>> xs = np.array([[[1.0, 0.0]], [[0.0, 1.0]], [[1.0, 1.0]]])
    >>> h0 = np.array([[0.25]])
    >>> weights = np.array([[1.0, -1.0]]), np.array([[2.0]]), np.array([0.5]), np.array([-0.5])
    >>> rnn_sequence(xs, h0, *weights).round(4).tolist()
    [[[0.9051]], [[0.6698]], [[0.8716]]]
    """
    raise NotImplementedError


def rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh):
    """Backpropagate through time: the gradients of a plain recurrent network over a sequence.

    dhs[t] is the gradient of the loss for the answer hs[t] of rnn_sequence, for that place alone;
    what the later steps say about hs[t] is added here. With z_t the sum inside the tanh, from the
    last step to the first:

        dz_t = (dhs[t] + dz_{t+1} W_hh) ⊙ (1 − hs[t]²), where dz_T = 0
        dxs[t] = dz_t W_ih                  dh0 = dz_0 W_hh
        dW_ih = Σ_t dz_tᵀ xs[t]             dW_hh = Σ_t dz_tᵀ hs[t − 1], where hs[−1] is h0
        db_ih = db_hh = Σ_t Σ_n dz_t[n]

    Shapes: dhs (T, N, H), the others as in rnn_sequence → (dxs, dh0, dW_ih, dW_hh, db_ih, db_hh),
    each of the shape of what it is the gradient for. Nothing is averaged, truncated or clipped.

    >>> dhs = np.array([[[0.0]], [[1.0]]])
    >>> xs, h0 = np.array([[[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]]]), np.array([[0.5]])
    >>> W_ih, W_hh = np.array([[-1.0, 0.5, 1.0]]), np.array([[2.0]])
    >>> b_ih, b_hh = np.array([0.5]), np.array([-0.5])
    >>> dxs, dh0, *others = rnn_sequence_backward(dhs, xs, h0, W_ih, W_hh, b_ih, b_hh)
    >>> dxs.round(4).tolist()
    [[[-0.8399, 0.42, 0.8399]], [[-0.42, 0.21, 0.42]]]
    >>> dh0.round(4).tolist()
    [[1.6799]]
    >>> [gradient.round(4).tolist() for gradient in others]
    [[[0.8399, 0.0, 0.42]], [[0.42]], [1.2599], [1.2599]]

    (The states are tanh 0 = 0 and tanh 1. A gradient comes in at the last step only, and yet the
    first input and h0 get theirs: even twice and four times the last input's, as W_hh is 2.)

    Source: Werbos, "Backpropagation through time: what it does and how to do it", 1990.
    """
    raise NotImplementedError


def lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh):
    """Update state and cell of an LSTM by one step.

        [a_i, a_f, a_g, a_o] = x W_ihᵀ + b_ih + h W_hhᵀ + b_hh
        i = σ(a_i)      f = σ(a_f)      g = tanh(a_g)      o = σ(a_o)
        c' = f ⊙ c + i ⊙ g
        h' = o ⊙ tanh(c')

    Shapes: x (N, D), h and c (N, H), W_ih (4H, D), W_hh (4H, H), b_ih and b_hh (4H,) → (h', c'),
    (N, H) each. The 4H columns of the sum are four blocks of H neighbours in the order i, f, g, o.
    Nothing is added to the forget gate's bias.

    With D = 3 and H = 1 there is one row per gate:

    >>> x = np.array([[0.0, 0.0, 1.0], [2.0, -1.0, 0.0]])
    >>> h, c = np.array([[0.0], [1.0]]), np.array([[2.0], [0.5]])
    >>> W_ih = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    >>> W_hh = np.array([[0.0], [1.0], [-1.0], [0.0]])
    >>> b_ih, b_hh = np.array([0.0, 0.0, -1.0, 0.0]), np.array([0.0, 0.0, 0.0, 1.0])
    >>> new_h, new_c = lstm_step(x, h, c, W_ih, W_hh, b_ih, b_hh)
    >>> new_c.round(4).tolist()
    [[1.0], [-0.5991]]
    >>> new_h.round(4).tolist()
    [[0.5568], [-0.4725]]

    (First sequence: i = f = ½, g = tanh 0 = 0, o = σ(1); so c' = ½ · 2 = 1, h' = σ(1) tanh 1.)

    Source: Hochreiter and Schmidhuber, "Long short-term memory", 1997; the forget gate is from
    Gers, Schmidhuber and Cummins, "Learning to forget", 2000.
    """
    raise NotImplementedError


def lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh):
    """Compute the gradients of one LSTM step for all that went into it.

    dh and dc are the gradients of the loss for the two answers h' and c' of lstm_step, each for
    that answer alone: what h' says about c' is added here. With i, f, g, o, c' as in lstm_step:

        s = dc + dh ⊙ o ⊙ (1 − tanh²(c'))
        di = s ⊙ g      df = s ⊙ c      dg = s ⊙ i      do = dh ⊙ tanh(c')
        dz = [di ⊙ i(1 − i), df ⊙ f(1 − f), dg ⊙ (1 − g²), do ⊙ o(1 − o)]
        dx = dz W_ih      dh_prev = dz W_hh      dc_prev = s ⊙ f
        dW_ih = dzᵀ x     dW_hh = dzᵀ h          db_ih = db_hh = Σ_n dz[n]

    Shapes: dh and dc (N, H), the others as in lstm_step → (dx, dh_prev, dc_prev, dW_ih, dW_hh,
    db_ih, db_hh), each of the shape of what it is the gradient for; dz is (N, 4H). Gradients add
    up over the batch: nothing is averaged.

    All sums are 0 here, so that i = f = o = ½ and g = 0:

    >>> dh, dc = np.array([[0.0], [1.0]]), np.array([[1.0], [0.0]])
    >>> x = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
    >>> h, c = np.zeros((2, 1)), np.array([[4.0], [2.0]])
    >>> W_ih, W_hh = np.zeros((4, 3)), np.array([[1.0], [2.0], [3.0], [4.0]])
    >>> b_ih, b_hh = np.zeros(4), np.zeros(4)
    >>> gradients = lstm_step_backward(dh, dc, x, h, c, W_ih, W_hh, b_ih, b_hh)
    >>> dx, dh_prev, dc_prev, dW_ih, dW_hh, db_ih, db_hh = gradients
    >>> dh_prev.round(4).tolist()
    [[3.5], [1.2866]]
    >>> dc_prev.round(4).tolist()
    [[0.5], [0.105]]
    >>> dW_ih.round(4).tolist()
    [[0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [0.5, 1.0, 1.5], [0.0, 0.0, 0.0]]
    >>> db_hh.round(4).tolist()
    [0.0, 1.105, 0.605, 0.1904]
    """
    raise NotImplementedError


def lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh):
    """Run an LSTM over a batch of sequences; return the state after each step, and how it ends.

        h_t, c_t = lstm_step(xs[t], h_{t−1}, c_{t−1}, …), starting from h0 and c0

    Shapes: xs (T, N, D), time first; h0 and c0 (N, H); weights as in lstm_step → (hs, h, c): hs
    (T, N, H) holds the states h after each step, without h0; h and c, (N, H) each, are state and
    cell after the last step, so that a longer sequence can be continued from them.

    >>> xs = np.array([[[1.0, 0.0]], [[0.0, 1.0]], [[1.0, 1.0]]])
    >>> h0, c0 = np.array([[0.0]]), np.array([[1.0]])
    >>> W_ih = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, -1.0], [0.0, 0.0]])
    >>> W_hh, b_ih, b_hh = np.array([[0.0], [0.0], [1.0], [1.0]]), np.zeros(4), np.zeros(4)
    >>> hs, h, c = lstm_sequence(xs, h0, c0, W_ih, W_hh, b_ih, b_hh)
    >>> hs.round(4).tolist()
    [[[0.4024]], [[0.0977]], [[0.0992]]]
    >>> h.round(4).tolist(), c.round(4).tolist()
    ([[0.0992]], [[0.1915]])
    """
    raise NotImplementedError


def gru_step(x, h, W_ih, W_hh, b_ih, b_hh):
    """Update the state of a gated recurrent unit by one step.

        [u_r, u_z, u_n] = x W_ihᵀ + b_ih      [v_r, v_z, v_n] = h W_hhᵀ + b_hh
        r = σ(u_r + v_r)      z = σ(u_z + v_z)
        n = tanh(u_n + r ⊙ v_n)
        h' = (1 − z) ⊙ n + z ⊙ h

    Shapes: x (N, D), h (N, H), W_ih (3H, D), W_hh (3H, H), b_ih and b_hh (3H,) → h' (N, H). The
    3H columns are three blocks of H neighbours in the order r, z, n. The reset gate r multiplies
    the whole hidden term v_n: after the matrix product, and with its bias.

    With D = 4 and H = 1 there is one row per gate:

    >>> x = np.array([[0.0, 0.0, 1.0, 0.0], [1.0, 2.0, 0.0, -1.0]])
    >>> h = np.array([[2.0], [-0.5]])
    >>> W_ih = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
    >>> W_hh = np.array([[0.0], [0.0], [1.0]])
    >>> b_ih, b_hh = np.array([0.0, 0.0, -1.0]), np.array([0.0, 0.0, -1.0])
    >>> gru_step(x, h, W_ih, W_hh, b_ih, b_hh).round(4).tolist()
    [[1.2311], [-0.5591]]

    (First sequence: r = z = ½, u_n = 1 − 1 = 0, v_n = 2 − 1 = 1; so n = tanh ½ = 0.4621 and
    h' = ½ · 0.4621 + ½ · 2.)

    Source: Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014, in the
    form that cuDNN and PyTorch use.
    """
    raise NotImplementedError


def clip_gradients(grads, max_norm):
    """Shorten gradients to a common length of at most max_norm, in the direction they have.

        norm = √(sum of the squares of all entries of all arrays)
        clipped = grads · max_norm / norm if norm > max_norm, otherwise grads as they came

    Shapes: grads is a list of arrays of any shapes with at least one axis; max_norm ≥ 0 a number
    → (grads, norm): arrays of the same shapes in the same order, and the norm before clipping.
    There is one norm and one factor for the whole list. Nothing is added to the norm; all-zero
    gradients have norm 0 and stay as they are, also for max_norm = 0. The arrays given are not
    modified: those that come back are new, or the same ones where nothing is to be changed.

    >>> grads = [np.array([[3.0, 0.0, 0.0], [0.0, 0.0, 0.0]]), np.array([4.0])]
    >>> clipped, norm = clip_gradients(grads, 2.5)
    >>> [g.tolist() for g in clipped], float(norm)
    ([[[1.5, 0.0, 0.0], [0.0, 0.0, 0.0]], [2.0]], 5.0)
    >>> unchanged, norm = clip_gradients(grads, 10.0)
    >>> [g.tolist() for g in unchanged], float(norm)
    ([[[3.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [4.0]], 5.0)

    Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural
    networks", 2013.
    """
    raise NotImplementedError
