"""Attention: every position looks at every other.

A recurrent network reads a sentence through a keyhole: whatever word 3 has to say to word 300
must survive 297 steps in one hidden vector.  Attention opens the door.  Every position asks a
question (a query), every position offers an answer (a value) under a label (a key), and what
comes back is an average of the values, weighted by how well query and key agree:

    attention(Q, K, V) = softmax(Q Kᵀ / √d_k) V

One matrix product, one softmax, one more matrix product, no loop over time.  The softmax is that
of chapter 4, now over positions instead of classes; the linear layers are those of chapter 5.
The rest of this chapter is what it takes to make a language model of that line:

- a mask says who may look at whom: nobody at the future, nobody at padding;
- several heads look in several ways at once, each in its own block of features;
- an average does not know about order, so positions are added (sinusoids), put into the scores
  (relative bias) or turned into angles between query and key (rotary embedding);
- a cache keeps the keys and values of earlier tokens, so that writing the next token costs one
  row of attention and not the whole square.

At the end you hold all the parts that the transformer of "Attention is all you need" (Vaswani
et al., 2017) adds to the networks you know.  Chapter 9 then changes such a model by training
next to none of its weights.

From here on everything is PyTorch, and gradients are its business: use its operators on tensors
all the way, and every function below can be trained through.  For all of them:

- Masks are boolean, and True means "may attend".
- The answer has the dtype (float32 or float64) and the device of the input.  Accuracy of float32
  is enough for both.
- Scores up to ±10000 neither overflow nor turn into NaN.
- Inputs are not changed; they need not be contiguous in memory.

B is the batch, H the heads, L the number of queries, S the number of keys, D = d_model.
"""

import torch
from torch import nn


def causal_mask(length):
    """Say which positions each position may attend to when nobody may look ahead.

        mask[i, j] = (j ≤ i)

    length: int ≥ 1.  Returns a boolean tensor (length, length), True where query i may attend to
    key j: to itself and to everything before it.

    >>> causal_mask(3)
    tensor([[ True, False, False],
            [ True,  True, False],
            [ True,  True,  True]])
    """
    raise NotImplementedError


def padding_mask(lengths, max_length):
    """Say which tokens of a padded batch are real.

        mask[b, s] = (s < lengths[b])

    Sequences of different lengths share a batch by filling the short ones up at the end; nobody
    should attend to the filling.

    lengths: integer tensor (B,), each from 0 to max_length; max_length: int, which may be more
    than the longest of this batch.  Returns a boolean tensor (B, max_length), True at real tokens.

    >>> padding_mask(torch.tensor([2, 0, 3]), 4)
    tensor([[ True,  True, False, False],
            [False, False, False, False],
            [ True,  True,  True, False]])
    """
    raise NotImplementedError


def scaled_dot_product_attention(q, k, v, mask=None):
    """Average the values, weighted by how well each key agrees with a query.

        scores = q kᵀ / √d_k
        weights = softmax of each row of scores over the keys it may attend to
        output = weights v

    q: (..., L, d_k), k: (..., S, d_k), v: (..., S, d_v), with the same leading axes, any number
    of them, none included.  mask: None (everything is allowed) or a boolean tensor that
    broadcasts to (..., L, S), True where the query may attend to the key: leading axes may be
    missing, any axis may have size 1.
    Returns (output, weights), of shapes (..., L, d_v) and (..., L, S).

    A hidden key has weight exactly 0 and no influence at all.  A row that may attend nowhere gets
    zero weights and zero output, and no gradient becomes NaN because of it.  Gradients flow
    through both answers.  (Vaswani et al., 2017, section 3.2.1.)

    >>> q = torch.tensor([[2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]])
    >>> k = torch.log(torch.tensor([[1.0, 1, 1, 1], [2.0, 1, 1, 1], [5.0, 1, 1, 1]]))
    >>> v = torch.tensor([[8.0, 0.0], [0.0, 8.0], [16.0, 8.0]])
    >>> mask = torch.tensor([[True, True, True], [True, True, False]])
    >>> output, weights = scaled_dot_product_attention(q, k, v, mask)
    >>> weights.round(decimals=4)
    tensor([[0.1250, 0.2500, 0.6250],
            [0.5000, 0.5000, 0.0000]])
    >>> output.round(decimals=4)
    tensor([[11.,  7.],
            [ 4.,  4.]])
    """
    raise NotImplementedError


def split_heads(x, num_heads):
    """Cut the features into heads and bring the head axis forward.

        heads[b, h, l, i] = x[b, l, h·d + i],  d = D / H

    x: (B, L, D); num_heads H divides D.  Returns (B, H, L, D/H).  A head is a block of d
    neighbouring features: head 0 has features 0 to d − 1, head 1 the next d.

    >>> x = torch.tensor([[[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12.0]]])
    >>> split_heads(x, 2)
    tensor([[[[ 1.,  2.],
              [ 5.,  6.],
              [ 9., 10.]],
    <BLANKLINE>
             [[ 3.,  4.],
              [ 7.,  8.],
              [11., 12.]]]])
    """
    raise NotImplementedError


def merge_heads(x):
    """Put the heads side by side again: the inverse of `split_heads`.

        merged[b, l, h·d + i] = x[b, h, l, i]

    x: (B, H, L, d).  Returns (B, L, H·d), the features of head 0 first.

    >>> x = torch.tensor([[[[1, 2], [5, 6], [9, 10]], [[3, 4], [7, 8], [11, 12.0]]]])
    >>> merge_heads(x)
    tensor([[[ 1.,  2.,  3.,  4.],
             [ 5.,  6.,  7.,  8.],
             [ 9., 10., 11., 12.]]])
    """
    raise NotImplementedError


class MultiHeadAttention(nn.Module):
    """Attend in several heads at once, each to its own projection of the input.

        head_h = attention(query W_qᵀ + b_q, key W_kᵀ + b_k, value W_vᵀ + b_v)
        output = (head_0, …, head_{H−1} side by side) W_oᵀ + b_o

    W_q and b_q are the weight and the bias of `q_proj`, and so on.  Head h sees only its own block
    of the projected features, as `split_heads` cuts them.

    The layer has exactly four submodules, `q_proj`, `k_proj`, `v_proj` and `out_proj`, each an
    `nn.Linear(d_model, d_model)`, all with a bias or all without; so its state_dict has the keys
    "q_proj.weight", "q_proj.bias", … and nothing else.  There is no dropout.
    (Vaswani et al., 2017, section 3.2.2.)

    >>> attention = MultiHeadAttention(4, 2, bias=False)
    >>> for weight in attention.parameters():
    ...     _ = nn.init.eye_(weight)
    >>> x = torch.tensor([[[2.0, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0]]])
    >>> attention(x).detach()
    tensor([[[1.7886, 0.1057, 0.6667, 0.0000],
             [0.1057, 1.7886, 0.6667, 0.0000],
             [0.6667, 0.6667, 1.7886, 0.0000]]])
    >>> attention(x, mask=causal_mask(3)).detach()
    tensor([[[2.0000, 0.0000, 0.0000, 0.0000],
             [0.1116, 1.8884, 0.0000, 0.0000],
             [0.6667, 0.6667, 1.7886, 0.0000]]])
    """

    def __init__(self, d_model, num_heads, bias=True):
        """Make the four projections.

        ValueError unless num_heads divides d_model.
        """
        super().__init__()
        raise NotImplementedError

    def forward(self, query, key=None, value=None, mask=None):
        """Attend from `query` to `key` and return (B, L, D), the output alone.

        query: (B, L, D); key: (B, S, D), the query if it is None; value: (B, S, D), the key if it
        is None.  mask: None or boolean, broadcasting to (B, H, L, S): (L, S) holds for everyone,
        (B, 1, 1, S) is a padding mask per sample, (H, 1, S) one per head.  Where a query may
        attend nowhere, the heads give zeros.
        """
        raise NotImplementedError


def sinusoidal_positions(length, d_model):
    """Give every position a fingerprint of sines and cosines, slow and fast.

        table[p, 2i] = sin(p / 10000^(2i/D)),  table[p, 2i + 1] = cos(p / 10000^(2i/D))

    length: int ≥ 1, positions count from 0; d_model: even.  Returns (length, d_model) in torch's
    default dtype.  Both columns of a pair have the same angle.  (Vaswani et al., 2017, section
    3.5.)

    >>> sinusoidal_positions(3, 4).round(decimals=3)
    tensor([[ 0.0000,  1.0000,  0.0000,  1.0000],
            [ 0.8410,  0.5400,  0.0100,  1.0000],
            [ 0.9090, -0.4160,  0.0200,  1.0000]])
    """
    raise NotImplementedError


def relative_bias(table, length):
    """Look up, for every query and key, a learned number for how far apart they are.

        bias[h, i, j] = table[h, clip(j − i, −m, m) + m]

    The bias is added to the scores.  Distances beyond m share the entry of m: what is far is far.
    (Shaw et al., 2018; Raffel et al., 2020.)

    table: (H, 2m + 1), m ≥ 0, a row for each head, column 0 for keys m or more positions before
    the query, column m for the query itself, column 2m for keys m or more after it.  length: int
    ≥ 1, smaller or larger than m.  Returns (H, length, length); gradients flow into the table.

    >>> relative_bias(torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 5.0]]), 3)
    tensor([[[2., 3., 3.],
             [1., 2., 3.],
             [1., 1., 2.]],
    <BLANKLINE>
            [[0., 5., 5.],
             [0., 0., 5.],
             [0., 0., 0.]]])
    """
    raise NotImplementedError


def apply_rope(x, positions, base=10000.0):
    """Rotate pairs of features by angles that grow with the position.

        a = p·θ_i,   θ_i = base^(−2i/d)
        out[2i] = x[2i]·cos a − x[2i + 1]·sin a
        out[2i + 1] = x[2i]·sin a + x[2i + 1]·cos a

    p is the position and i = 0, …, d/2 − 1 counts the pairs; a is the angle of the rotation.

    The dot product of a rotated query and a rotated key depends on the distance of their
    positions only.  (Su et al., 2021.  Pairs are neighbours, (0, 1), (2, 3), …, as in that paper;
    some libraries pair i with i + d/2.)

    x: (..., L, d), any number of leading axes, d even; positions: integer tensor (L,), each ≥ 0,
    in any order, repeated or far from 0: the position of each row of x, the same for all leading
    axes; base: float > 1.  Angles must be exact to float32 at least, however large the position.
    Returns a tensor like x.

    >>> x = torch.tensor([[1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 2.0]])
    >>> apply_rope(x, torch.tensor([0, 3, 3]), base=100.0)
    tensor([[ 1.0000,  0.0000,  1.0000,  0.0000],
            [-0.9900,  0.1411,  0.9553,  0.2955],
            [-0.1411, -0.9900, -0.5910,  1.9107]])
    """
    raise NotImplementedError


def attend_with_cache(q, k, v, cache):
    """Attend from the newest tokens to all tokens so far, and remember their keys and values.

        keys = (cached keys, k),   values = (cached values, v)

    The new ones follow the cached ones along the axis of the tokens.  With P cached tokens, new
    token t = 0, …, T − 1 attends to positions 0, …, P + t.

    q, k, v: (B, H, T, d) of the T ≥ 1 newest tokens.  cache: None at the start, afterwards the
    pair (keys, values) of the call before, each (B, H, P, d).  Returns (output (B, H, T, d), cache
    (keys, values)), the new cache being a tuple of two tensors (B, H, P + T, d).  The output is
    that of causal attention over the whole sequence, in whatever chunks it comes.

    The given cache is not modified, so that two continuations may share it.  Gradients flow
    through cached keys and values too.

    >>> q = k = torch.zeros(1, 1, 3, 2)
    >>> v = torch.tensor([[[[2.0, 0.0], [4.0, 0.0], [9.0, 6.0]]]])
    >>> output, cache = attend_with_cache(q[:, :, :1], k[:, :, :1], v[:, :, :1], None)
    >>> output
    tensor([[[[2., 0.]]]])
    >>> output, cache = attend_with_cache(q[:, :, 1:], k[:, :, 1:], v[:, :, 1:], cache)
    >>> output.round(decimals=4)
    tensor([[[[3., 0.],
              [5., 2.]]]])
    >>> cache[0].shape, cache[1].shape
    (torch.Size([1, 1, 3, 2]), torch.Size([1, 1, 3, 2]))
    """
    raise NotImplementedError
