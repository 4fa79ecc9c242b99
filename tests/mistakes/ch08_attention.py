"""What people get wrong in attention."""

import ch08_attention as reference
import torch
from torch import nn

from grader.bank import mistake

# --- masks ---------------------------------------------------------------------------------------


@mistake(
    "causal_mask",
    "inverted",
    "True means that a position may be looked at; this mask is True where looking is forbidden.",
)
def causal_mask(length):
    return torch.ones(length, length, dtype=torch.bool).triu(1)


@mistake(
    "causal_mask",
    "diagonal-hidden",
    "A position may always attend to itself; here the first one may not attend to anything.",
)
def causal_mask(length):
    return torch.ones(length, length, dtype=torch.bool).tril(-1)


@mistake(
    "causal_mask",
    "transposed",
    "Rows are queries, columns are keys; this mask lets everyone see the future and not the past.",
)
def causal_mask(length):
    return torch.ones(length, length, dtype=torch.bool).triu()


@mistake("causal_mask", "one-too-far", "Each position also sees the next one, which is the answer.")
def causal_mask(length):
    return torch.ones(length, length, dtype=torch.bool).tril(1)


@mistake("causal_mask", "not-boolean", "The mask must be boolean, not ones and zeros.")
def causal_mask(length):
    return torch.tril(torch.ones(length, length))


@mistake(
    "causal_mask",
    "made-for-adding",
    "This is what some libraries add to scores; here a mask is boolean, True where one may look.",
)
def causal_mask(length):
    return torch.full((length, length), -1e9).triu(1)


@mistake("padding_mask", "inverted", "True stands for real tokens here, not for the padding.")
def padding_mask(lengths, max_length):
    return torch.arange(max_length) >= lengths[:, None]


@mistake(
    "padding_mask",
    "off-by-one",
    "Positions count from 0: the token at the position of the length is padding already.",
)
def padding_mask(lengths, max_length):
    return torch.arange(max_length) <= lengths[:, None]


@mistake("padding_mask", "padding-in-front", "The padding stands at the end, not at the start.")
def padding_mask(lengths, max_length):
    return torch.arange(max_length) >= max_length - lengths[:, None]


@mistake(
    "padding_mask",
    "width-of-the-longest",
    "The mask is max_length wide even if the longest sequence of this batch is shorter.",
)
def padding_mask(lengths, max_length):
    return torch.arange(int(lengths.max())) < lengths[:, None]


@mistake("padding_mask", "transposed", "Batch first: one row for each sequence.")
def padding_mask(lengths, max_length):
    return torch.arange(max_length)[:, None] < lengths


@mistake("padding_mask", "not-boolean", "The mask must be boolean, not ones and zeros.")
def padding_mask(lengths, max_length):
    return (torch.arange(max_length) < lengths[:, None]).float()


@mistake(
    "padding_mask",
    "lengths-as-a-row",
    "Lengths belong down the rows, positions along them: give the lengths a second axis.",
)
def padding_mask(lengths, max_length):
    return torch.arange(max_length) < lengths


@mistake(
    "padding_mask",
    "counts-lengths-down",
    "The given lengths are changed on the way; work on new tensors.",
)
def padding_mask(lengths, max_length):
    columns = []
    for _ in range(max_length):
        columns.append(lengths > 0)
        lengths -= 1
    return torch.stack(columns, dim=1)


# --- scaled dot-product attention ----------------------------------------------------------------


def _attention(scores, v, mask):
    """The right end of attention, from scaled scores on."""
    if mask is None:
        weights = torch.softmax(scores, dim=-1)
    else:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1).masked_fill(~mask, 0.0)
    return weights @ v, weights


def _scores(q, k):
    return q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5


@mistake(
    "scaled_dot_product_attention",
    "no-scale",
    "The scores are not scaled: with many features the softmax then puts everything on one key.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    return _attention(q @ k.transpose(-2, -1), v, mask)


@mistake(
    "scaled_dot_product_attention",
    "divide-by-dk",
    "The scores are divided by d_k itself; a sum of d_k products grows like its root.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    return _attention(q @ k.transpose(-2, -1) / q.shape[-1], v, mask)


@mistake(
    "scaled_dot_product_attention",
    "scale-by-sequence-length",
    "The scale comes from the number of features of a key, not from how many positions there are.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    return _attention(q @ k.transpose(-2, -1) / k.shape[-2] ** 0.5, v, mask)


@mistake(
    "scaled_dot_product_attention",
    "scale-by-value-width",
    "The scale is the root of the width of queries and keys; values may have another width.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    return _attention(q @ k.transpose(-2, -1) / v.shape[-1] ** 0.5, v, mask)


@mistake(
    "scaled_dot_product_attention",
    "softmax-over-queries",
    "Each query shares its attention out among the keys: the weights of a row must sum to one.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    scores = _scores(q, k)
    if mask is None:
        weights = torch.softmax(scores, dim=-2)
    else:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-2).masked_fill(~mask, 0.0)
    return weights @ v, weights


@mistake(
    "scaled_dot_product_attention",
    "mask-after-softmax",
    "The mask comes after the softmax, so that hidden keys take weight away and rows no longer "
    "sum to one.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    weights = torch.softmax(_scores(q, k), dim=-1)
    if mask is not None:
        weights = weights * mask
    return weights @ v, weights


@mistake(
    "scaled_dot_product_attention",
    "mask-inverted",
    "True means that the query may attend to the key; here it hides the key.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    return _attention(_scores(q, k), v, None if mask is None else ~mask)


@mistake(
    "scaled_dot_product_attention",
    "mask-too-weak",
    "The number put in place of hidden scores is not low enough: real scores may be as low.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    scores = _scores(q, k)
    if mask is None:
        return _attention(scores, v, None)
    weights = torch.softmax(scores.masked_fill(~mask, -1e4), dim=-1)
    weights = weights * mask.any(dim=-1, keepdim=True)
    return weights @ v, weights


@mistake(
    "scaled_dot_product_attention",
    "mask-added",
    "Adding a boolean adds 1 where it is True: hidden keys remain visible, only a little weaker.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    scores = _scores(q, k)
    return _attention(scores if mask is None else scores + mask, v, None)


@mistake(
    "scaled_dot_product_attention",
    "mask-multiplied",
    "A score of 0 is a score like any other: a product with the mask does not hide a key.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    scores = _scores(q, k)
    return _attention(scores if mask is None else scores * mask, v, None)


@mistake(
    "scaled_dot_product_attention",
    "mask-not-broadcast",
    "Indexing with the mask needs all of its axes; the mask may have fewer, or some of size 1.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    scores = _scores(q, k)
    if mask is None:
        return _attention(scores, v, None)
    scores[~mask] = torch.finfo(scores.dtype).min
    weights = torch.softmax(scores, dim=-1).masked_fill(~mask, 0.0)
    return weights @ v, weights


@mistake(
    "scaled_dot_product_attention",
    "transposes-all-axes",
    "With leading axes a transpose of everything turns the batch over too: swap the last two only.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    return _attention(q @ k.permute(*reversed(range(k.ndim))) / q.shape[-1] ** 0.5, v, mask)


@mistake(
    "scaled_dot_product_attention",
    "unstable-exp",
    "exp of a large score is infinite, and infinity over infinity is not a number.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    e = torch.exp(_scores(q, k))
    if mask is not None:
        e = e * mask
    total = e.sum(dim=-1, keepdim=True)
    weights = e / (total if mask is None else total + (total == 0))
    return weights @ v, weights


@mistake(
    "scaled_dot_product_attention",
    "maximum-of-hidden-keys",
    "The maximum that is subtracted may belong to a hidden key; what is left then underflows to 0.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    scores = _scores(q, k)
    e = torch.exp(scores - scores.amax(dim=-1, keepdim=True))
    if mask is not None:
        e = e * mask
    total = e.sum(dim=-1, keepdim=True)
    weights = e / (total + (total == 0))
    return weights @ v, weights


@mistake(
    "scaled_dot_product_attention",
    "nan-rows",
    "A row that may attend nowhere becomes NaN: the softmax of nothing but -inf is 0 over 0.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    scores = _scores(q, k)
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = torch.softmax(scores, dim=-1)
    return weights @ v, weights


@mistake(
    "scaled_dot_product_attention",
    "uniform-rows",
    "A row that may attend nowhere attends to everything alike; it should get zero weights.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    scores = _scores(q, k)
    if mask is not None:
        scores = scores.masked_fill(~mask, -1e9)
    weights = torch.softmax(scores, dim=-1)
    return weights @ v, weights


@mistake(
    "scaled_dot_product_attention",
    "nan-gradients",
    "The answer is right, but NaN comes and goes on the way, and the gradient keeps it.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    scores = _scores(q, k)
    if mask is not None:
        scores = scores + torch.zeros_like(scores).masked_fill(~mask, float("-inf"))
    weights = torch.nan_to_num(torch.softmax(scores, dim=-1))
    return weights @ v, weights


@mistake(
    "scaled_dot_product_attention",
    "hidden-weights-returned",
    "The output is right, but the weights are those from before the mask.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    output, _ = _attention(_scores(q, k), v, mask)
    return output, torch.softmax(_scores(q, k), dim=-1)


@mistake(
    "scaled_dot_product_attention",
    "scores-returned",
    "The second answer should be the weights after the softmax, not the scores before it.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    scores = _scores(q, k)
    return _attention(scores, v, mask)[0], scores


@mistake(
    "scaled_dot_product_attention",
    "always-causal",
    "Nobody asked for a causal mask here: without a mask every query sees every key.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    scores = _scores(q, k)
    causal = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    return _attention(scores, v, causal if mask is None else mask & causal)


@mistake(
    "scaled_dot_product_attention",
    "weights-detached",
    "The weights are cut off from the graph: queries and keys would never learn.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    _, weights = _attention(_scores(q, k), v, mask)
    weights = weights.detach()
    return weights @ v, weights


@mistake(
    "scaled_dot_product_attention",
    "scales-in-place",
    "An in-place operation on q changes the caller's tensor, and breaks autograd.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    q /= q.shape[-1] ** 0.5
    return _attention(q @ k.transpose(-2, -1), v, mask)


@mistake(
    "scaled_dot_product_attention",
    "mask-changed",
    "The mask is turned over in place: it belongs to the caller, and the next layer needs it.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    if mask is None:
        return _attention(_scores(q, k), v, None)
    scores = _scores(q, k).masked_fill(mask.logical_not_(), torch.finfo(q.dtype).min)
    weights = torch.softmax(scores, dim=-1).masked_fill(mask, 0.0)
    return weights @ v, weights


@mistake(
    "scaled_dot_product_attention",
    "transposed-only-if-needed",
    "That a product fits does not make it the right one: keys are transposed whatever their size.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    keys = k if k.shape[-2] == q.shape[-1] else k.transpose(-2, -1)
    return _attention(q @ keys / q.shape[-1] ** 0.5, v, mask)


@mistake(
    "scaled_dot_product_attention",
    "mask-always-per-sample",
    "A mask of two axes says which query may attend to which key; this one is read as a padding "
    "mask wherever the batch is as long as the sequence.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    if mask is not None and mask.ndim == 2 and q.ndim > 2 and len(mask) == len(q):
        mask = mask.view(len(q), *[1] * (q.ndim - 2), mask.shape[-1])
    return _attention(_scores(q, k), v, mask)


@mistake(
    "scaled_dot_product_attention",
    "always-float32",
    "float64 comes in and float32 goes out: let the answer follow the dtype of the input.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    return _attention(_scores(q.float(), k.float()), v.float(), mask)


@mistake(
    "scaled_dot_product_attention",
    "always-float64",
    "float32 comes in and float64 goes out: let the answer follow the dtype of the input.",
)
def scaled_dot_product_attention(q, k, v, mask=None):
    return _attention(_scores(q.double(), k.double()), v.double(), mask)


# --- heads ---------------------------------------------------------------------------------------


@mistake(
    "split_heads",
    "no-transpose",
    "The shape is right and the numbers are not: a reshape alone cuts across positions.",
)
def split_heads(x, num_heads):
    return x.reshape(x.shape[0], num_heads, x.shape[1], -1)


@mistake(
    "split_heads",
    "every-hth-feature",
    "A head should be a block of neighbouring features, not every H-th of them.",
)
def split_heads(x, num_heads):
    return x.unflatten(-1, (-1, num_heads)).permute(0, 3, 1, 2)


@mistake("split_heads", "heads-not-in-front", "The axis of the heads belongs before the positions.")
def split_heads(x, num_heads):
    return x.unflatten(-1, (num_heads, -1))


@mistake("split_heads", "last-axes-swapped", "The positions come before the features of a head.")
def split_heads(x, num_heads):
    return x.unflatten(-1, (num_heads, -1)).permute(0, 2, 3, 1)


@mistake(
    "split_heads",
    "heads-before-batch",
    "The batch comes first, then the heads.",
)
def split_heads(x, num_heads):
    return torch.stack(x.chunk(num_heads, dim=-1))


@mistake(
    "split_heads",
    "heads-in-the-batch",
    "Heads and batch share one axis here; they should be two.",
)
def split_heads(x, num_heads):
    return x.unflatten(-1, (num_heads, -1)).transpose(1, 2).flatten(0, 1)


@mistake(
    "split_heads",
    "transposed-only-if-needed",
    "Positions and heads change places even where there are as many of the ones as of the others.",
)
def split_heads(x, num_heads):
    heads = x.unflatten(-1, (num_heads, -1))
    return heads if x.shape[1] == num_heads else heads.transpose(1, 2)


@mistake(
    "split_heads",
    "transposed-in-place",
    "transpose_ turns the caller's own tensor over; transpose makes another view of it.",
)
def split_heads(x, num_heads):
    return x.transpose_(1, 2).unflatten(1, (num_heads, -1)).transpose(2, 3)


@mistake("split_heads", "through-numpy", "Autograd cannot see what NumPy does: stay with tensors.")
def split_heads(x, num_heads):
    batch, length, _ = x.shape
    array = x.detach().numpy().reshape(batch, length, num_heads, -1)
    return torch.from_numpy(array.transpose(0, 2, 1, 3).copy()).requires_grad_()


@mistake(
    "merge_heads",
    "no-transpose",
    "The shape is right and the numbers are not: a reshape alone mixes positions and heads.",
)
def merge_heads(x):
    return x.reshape(x.shape[0], x.shape[2], -1)


@mistake(
    "merge_heads",
    "features-interleaved",
    "The features of a head should stay side by side; here those of all heads alternate.",
)
def merge_heads(x):
    return x.permute(0, 2, 3, 1).flatten(2)


@mistake(
    "merge_heads", "heads-averaged", "Heads are put side by side, not averaged: D = H · d features."
)
def merge_heads(x):
    return x.mean(dim=1)


@mistake(
    "merge_heads", "wrong-axes-swapped", "The axes that change places are heads and positions."
)
def merge_heads(x):
    batch, _, length, _ = x.shape
    return x.permute(2, 0, 1, 3).reshape(batch, length, -1)


@mistake("merge_heads", "positions-first", "The batch comes first, then the positions.")
def merge_heads(x):
    return x.permute(2, 0, 1, 3).flatten(2)


@mistake("merge_heads", "last-head-first", "Head 0 comes first.")
def merge_heads(x):
    return x.flip(1).transpose(1, 2).flatten(2)


@mistake(
    "merge_heads",
    "transposed-only-if-needed",
    "Positions and heads change places even where there are as many of the ones as of the others.",
)
def merge_heads(x):
    return (x if x.shape[1] == x.shape[2] else x.transpose(1, 2)).flatten(2)


@mistake(
    "merge_heads",
    "transposed-in-place",
    "transpose_ turns the caller's own tensor over; transpose makes another view of it.",
)
def merge_heads(x):
    return x.transpose_(1, 2).flatten(2)


@mistake("merge_heads", "through-numpy", "Autograd cannot see what NumPy does: stay with tensors.")
def merge_heads(x):
    batch, _, length, _ = x.shape
    array = x.detach().numpy().transpose(0, 2, 1, 3).reshape(batch, length, -1)
    return torch.from_numpy(array.copy()).requires_grad_()


# --- multi-head attention ------------------------------------------------------------------------


class _Layer(reference.MultiHeadAttention):
    """The layer in pieces, so that each mistake replaces one of them."""

    def split(self, x):
        return reference.split_heads(x, self.num_heads)

    def merge(self, x):
        return reference.merge_heads(x)

    def attend(self, q, k, v, mask):
        return reference.scaled_dot_product_attention(q, k, v, mask)[0]

    def project(self, query, key, value):
        return self.q_proj(query), self.k_proj(key), self.v_proj(value)

    def forward(self, query, key=None, value=None, mask=None):
        key = query if key is None else key
        value = key if value is None else value
        q, k, v = (self.split(part) for part in self.project(query, key, value))
        return self.out_proj(self.merge(self.attend(q, k, v, mask)))


@mistake(
    "MultiHeadAttention",
    "view-no-transpose",
    "The heads are cut out by a reshape alone, which mixes positions and features.",
)
class MultiHeadAttention(_Layer):
    def split(self, x):
        return x.reshape(x.shape[0], self.num_heads, x.shape[1], -1)


@mistake(
    "MultiHeadAttention",
    "merge-no-transpose",
    "The heads are joined by a reshape alone: the shape is right, positions and heads are mixed.",
)
class MultiHeadAttention(_Layer):
    def merge(self, x):
        return x.reshape(x.shape[0], x.shape[2], -1)


@mistake(
    "MultiHeadAttention",
    "features-interleaved",
    "A head is a block of neighbouring features; trained weights assume that.",
)
class MultiHeadAttention(_Layer):
    def split(self, x):
        return x.unflatten(-1, (-1, self.num_heads)).permute(0, 3, 1, 2)

    def merge(self, x):
        return x.permute(0, 2, 3, 1).flatten(2)


@mistake(
    "MultiHeadAttention",
    "scale-by-d-model",
    "Inside a head a key has d_model / num_heads features: that width sets the scale.",
)
class MultiHeadAttention(_Layer):
    def attend(self, q, k, v, mask):
        return super().attend(q / self.num_heads**0.5, k, v, mask)


@mistake(
    "MultiHeadAttention",
    "one-wide-head",
    "All features attend as one head; num_heads makes no difference.",
)
class MultiHeadAttention(_Layer):
    def split(self, x):
        return x[:, None]


@mistake(
    "MultiHeadAttention",
    "mask-repeat-order",
    "The mask is repeated heads first where the scores are ordered batch first, so that samples "
    "get each other's masks.",
)
class MultiHeadAttention(_Layer):
    def attend(self, q, k, v, mask):
        if mask is not None:
            shape = (*q.shape[:-1], k.shape[-2])
            mask = mask.expand(shape).transpose(0, 1).reshape(shape)
        return super().attend(q, k, v, mask)


@mistake(
    "MultiHeadAttention",
    "mask-one-for-all-samples",
    "The mask of the first sample is used for the whole batch.",
)
class MultiHeadAttention(_Layer):
    def attend(self, q, k, v, mask):
        if mask is not None:
            mask = mask.expand(*q.shape[:-1], k.shape[-2])[:1]
        return super().attend(q, k, v, mask)


@mistake(
    "MultiHeadAttention",
    "mask-one-for-all-heads",
    "The mask of the first head is used for all heads; each may have its own.",
)
class MultiHeadAttention(_Layer):
    def attend(self, q, k, v, mask):
        if mask is not None:
            mask = mask.expand(*q.shape[:-1], k.shape[-2])[:, :1]
        return super().attend(q, k, v, mask)


@mistake("MultiHeadAttention", "mask-inverted", "True means may attend; here True hides the key.")
class MultiHeadAttention(_Layer):
    def attend(self, q, k, v, mask):
        return super().attend(q, k, v, None if mask is None else ~mask)


@mistake("MultiHeadAttention", "mask-ignored", "The mask is taken and never used.")
class MultiHeadAttention(_Layer):
    def attend(self, q, k, v, mask):
        return super().attend(q, k, v, None)


@mistake(
    "MultiHeadAttention",
    "nan-rows",
    "A query that may attend nowhere turns the output into NaN; its heads should give zeros.",
)
class MultiHeadAttention(_Layer):
    def attend(self, q, k, v, mask):
        scores = _scores(q, k)
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        return torch.softmax(scores, dim=-1) @ v


@mistake(
    "MultiHeadAttention",
    "uniform-rows",
    "A query that may attend nowhere sees -1e9 everywhere and attends to all keys alike; its heads "
    "should give zeros.",
)
class MultiHeadAttention(_Layer):
    def attend(self, q, k, v, mask):
        scores = _scores(q, k)
        if mask is not None:
            scores = scores.masked_fill(~mask, -1e9)
        return torch.softmax(scores, dim=-1) @ v


@mistake(
    "MultiHeadAttention",
    "mask-changed",
    "The mask is turned over in place: it belongs to the caller, and the next layer needs it.",
)
class MultiHeadAttention(_Layer):
    def attend(self, q, k, v, mask):
        if mask is None:
            return super().attend(q, k, v, None)
        return super().attend(q, k, v, ~mask.logical_not_())


@mistake(
    "MultiHeadAttention",
    "unstable-exp",
    "exp of a large score is infinite, and infinity over infinity is not a number.",
)
class MultiHeadAttention(_Layer):
    def attend(self, q, k, v, mask):
        e = torch.exp(_scores(q, k))
        if mask is not None:
            e = e * mask
        total = e.sum(dim=-1, keepdim=True)
        return e / (total if mask is None else total + (total == 0)) @ v


@mistake(
    "MultiHeadAttention", "no-out-proj", "The merged heads have one more projection to go through."
)
class MultiHeadAttention(_Layer):
    def forward(self, query, key=None, value=None, mask=None):
        key = query if key is None else key
        value = key if value is None else value
        q, k, v = (self.split(part) for part in self.project(query, key, value))
        return self.merge(self.attend(q, k, v, mask))


@mistake(
    "MultiHeadAttention",
    "value-from-query",
    "The value defaults to the key, not to the query: else the values of another sequence are "
    "never seen.",
)
class MultiHeadAttention(_Layer):
    def forward(self, query, key=None, value=None, mask=None):
        return super().forward(query, key, query if value is None else value, mask)


@mistake(
    "MultiHeadAttention",
    "defaults-together",
    "Each default holds by itself: a value that is given is used also where the key is not.",
)
class MultiHeadAttention(_Layer):
    def forward(self, query, key=None, value=None, mask=None):
        if key is None:
            key = value = query
        return super().forward(query, key, value, mask)


@mistake(
    "MultiHeadAttention",
    "key-from-value",
    "The key defaults to the query, also where a value is given.",
)
class MultiHeadAttention(_Layer):
    def forward(self, query, key=None, value=None, mask=None):
        return super().forward(query, value if key is None else key, value, mask)


@mistake(
    "MultiHeadAttention",
    "defaults-missing",
    "Without a key the query is projected in its place, without a value the key.",
)
class MultiHeadAttention(_Layer):
    def forward(self, query, key=None, value=None, mask=None):
        q, k, v = (self.split(part) for part in self.project(query, key, value))
        return self.out_proj(self.merge(self.attend(q, k, v, mask)))


@mistake(
    "MultiHeadAttention",
    "always-self-attention",
    "Keys and values are made from the query even when others are given.",
)
class MultiHeadAttention(_Layer):
    def forward(self, query, key=None, value=None, mask=None):
        return super().forward(query, query, query, mask)


@mistake(
    "MultiHeadAttention",
    "key-used-as-value",
    "The given value is ignored; the key takes its place.",
)
class MultiHeadAttention(_Layer):
    def forward(self, query, key=None, value=None, mask=None):
        return super().forward(query, key, None, mask)


@mistake(
    "MultiHeadAttention",
    "projections-swapped",
    "Keys go through the projection of the values and values through that of the keys.",
)
class MultiHeadAttention(_Layer):
    def project(self, query, key, value):
        return self.q_proj(query), self.v_proj(key), self.k_proj(value)


@mistake(
    "MultiHeadAttention",
    "keys-share-the-query-projection",
    "Keys have a projection of their own.",
)
class MultiHeadAttention(_Layer):
    def project(self, query, key, value):
        return self.q_proj(query), self.q_proj(key), self.v_proj(value)


@mistake(
    "MultiHeadAttention",
    "bias-always",
    "bias=False should leave out the bias of all four projections.",
)
class MultiHeadAttention(_Layer):
    def __init__(self, d_model, num_heads, bias=True):
        super().__init__(d_model, num_heads, True)


@mistake(
    "MultiHeadAttention",
    "out-proj-keeps-its-bias",
    "bias=False holds for the output projection too.",
)
class MultiHeadAttention(_Layer):
    def __init__(self, d_model, num_heads, bias=True):
        super().__init__(d_model, num_heads, bias)
        self.out_proj = nn.Linear(d_model, d_model)


@mistake(
    "MultiHeadAttention",
    "heads-not-checked",
    "A number of heads that does not divide the features must be refused with a ValueError.",
)
class MultiHeadAttention(_Layer):
    def __init__(self, d_model, num_heads, bias=True):
        super().__init__(d_model, 1, bias)
        self.num_heads = num_heads


@mistake(
    "MultiHeadAttention",
    "heads-asserted",
    "An assert raises AssertionError and vanishes under -O; the promise is a ValueError.",
)
class MultiHeadAttention(_Layer):
    def __init__(self, d_model, num_heads, bias=True):
        assert d_model % num_heads == 0
        super().__init__(d_model, num_heads, bias)


@mistake(
    "MultiHeadAttention",
    "returns-weights-too",
    "The layer returns the output alone, not a pair.",
)
class MultiHeadAttention(_Layer):
    def forward(self, query, key=None, value=None, mask=None):
        output = super().forward(query, key, value, mask)
        keys = query if key is None else key
        q, k, v = (self.split(part) for part in self.project(query, keys, keys))
        return output, reference.scaled_dot_product_attention(q, k, v, mask)[1]


@mistake(
    "MultiHeadAttention",
    "dropout-nobody-asked-for",
    "There is dropout in training, though the statement has none.",
)
class MultiHeadAttention(_Layer):
    def attend(self, q, k, v, mask):
        _, weights = reference.scaled_dot_product_attention(q, k, v, mask)
        return nn.functional.dropout(weights, 0.3, self.training) @ v


@mistake(
    "MultiHeadAttention",
    "weights-copied-at-the-start",
    "The projections are joined once in the constructor: weights loaded or trained later are "
    "never used.",
)
class MultiHeadAttention(_Layer):
    def __init__(self, d_model, num_heads, bias=True):
        super().__init__(d_model, num_heads, bias)
        self.joined = [layer.weight.detach().clone() for layer in (self.q_proj, self.k_proj)]

    def project(self, query, key, value):
        wq, wk = (weight.to(query.dtype) for weight in self.joined)
        bq, bk = (layer.bias for layer in (self.q_proj, self.k_proj))
        return (
            nn.functional.linear(query, wq, bq),
            nn.functional.linear(key, wk, bk),
            self.v_proj(value),
        )


@mistake(
    "MultiHeadAttention",
    "keys-remembered",
    "The layer keeps the keys of its first call and uses them in every later one.",
)
class MultiHeadAttention(_Layer):
    def project(self, query, key, value):
        q, k, v = super().project(query, key, value)
        if getattr(self, "keys", None) is None or self.keys.shape != k.shape:
            self.keys, self.values = k.detach(), v.detach()
        return q, self.keys, self.values


@mistake(
    "MultiHeadAttention",
    "queries-detached",
    "No gradient reaches the projections of queries and keys.",
)
class MultiHeadAttention(_Layer):
    def attend(self, q, k, v, mask):
        return super().attend(q.detach(), k.detach(), v, mask)


@mistake(
    "MultiHeadAttention",
    "no-bias-by-default",
    "Unless the caller says otherwise, the four projections have a bias.",
)
class MultiHeadAttention(reference.MultiHeadAttention):
    def __init__(self, d_model, num_heads, bias=False):
        super().__init__(d_model, num_heads, bias)


@mistake(
    "MultiHeadAttention",
    "positions-first",
    "The batch comes first: sample b must not see the others of the batch.",
)
class MultiHeadAttention(_Layer):
    def forward(self, query, key=None, value=None, mask=None):
        parts = [part if part is None else part.transpose(0, 1) for part in (query, key, value)]
        return super().forward(*parts, mask).transpose(0, 1)


# --- positions -----------------------------------------------------------------------------------


def _table(length, angles_of_columns):
    """Sines in the even columns, cosines in the odd ones, of one angle a column."""
    angles = torch.arange(length)[:, None] * angles_of_columns
    even = torch.arange(angles.shape[1]) % 2 == 0
    return torch.where(even, angles.sin(), angles.cos())


@mistake(
    "sinusoidal_positions",
    "doubled-exponent",
    "The exponent counts by two already; multiplied by two again the frequencies fall too fast.",
)
def sinusoidal_positions(length, d_model):
    pair = torch.arange(d_model) // 2
    return _table(length, 10000.0 ** (-4 * pair / d_model))


@mistake(
    "sinusoidal_positions",
    "own-exponent-for-cosines",
    "Sine and cosine of a pair share one frequency; here each column has its own.",
)
def sinusoidal_positions(length, d_model):
    return _table(length, 10000.0 ** (-torch.arange(d_model) / d_model))


@mistake(
    "sinusoidal_positions",
    "halved-exponent",
    "The exponent is 2i/D for pair i; without the 2 the frequencies fall too slowly.",
)
def sinusoidal_positions(length, d_model):
    return _table(length, 10000.0 ** (-(torch.arange(d_model) // 2) / d_model))


@mistake("sinusoidal_positions", "base-1000", "The base is 10000: there is a zero missing.")
def sinusoidal_positions(length, d_model):
    return _table(length, 1000.0 ** (-2 * (torch.arange(d_model) // 2) / d_model))


@mistake(
    "sinusoidal_positions",
    "halves",
    "Sines and cosines alternate; here all sines come first and then all cosines.",
)
def sinusoidal_positions(length, d_model):
    table = reference.sinusoidal_positions(length, d_model)
    return torch.cat([table[:, 0::2], table[:, 1::2]], dim=1)


@mistake(
    "sinusoidal_positions", "sine-and-cosine-swapped", "Sines stand in the even columns, from 0."
)
def sinusoidal_positions(length, d_model):
    table = reference.sinusoidal_positions(length, d_model)
    return table.unflatten(1, (-1, 2)).flip(2).flatten(1)


@mistake("sinusoidal_positions", "starts-at-one", "The first position is 0.")
def sinusoidal_positions(length, d_model):
    return reference.sinusoidal_positions(length + 1, d_model)[1:]


@mistake(
    "sinusoidal_positions",
    "frequencies-inverted",
    "The later a pair, the slower it turns; here it turns ever faster.",
)
def sinusoidal_positions(length, d_model):
    return _table(length, 10000.0 ** (2 * (torch.arange(d_model) // 2) / d_model))


@mistake(
    "sinusoidal_positions",
    "always-float32",
    "The table should have torch's default dtype, whatever that is at the time.",
)
def sinusoidal_positions(length, d_model):
    return reference.sinusoidal_positions(length, d_model).to(torch.float32)


@mistake(
    "sinusoidal_positions",
    "always-float64",
    "NumPy's float64 has come through; the table should have torch's default dtype.",
)
def sinusoidal_positions(length, d_model):
    return reference.sinusoidal_positions(length, d_model).to(torch.float64)


def _distance(length):
    positions = torch.arange(length)
    return positions[None, :] - positions[:, None]


@mistake(
    "relative_bias",
    "sign",
    "The distance is key minus query; here past and future have changed places.",
)
def relative_bias(table, length):
    m = table.shape[1] // 2
    return table[:, -_distance(length).clamp(-m, m) + m]


@mistake(
    "relative_bias",
    "no-offset",
    "A distance may be negative, and a negative index counts from the end of the table: column m "
    "is for distance 0.",
)
def relative_bias(table, length):
    m = table.shape[1] // 2
    return table[:, _distance(length).clamp(-m, m)]


@mistake(
    "relative_bias",
    "not-clipped",
    "Distances beyond m have no entry of their own: they take that of m.",
)
def relative_bias(table, length):
    return table[:, _distance(length) + table.shape[1] // 2]


@mistake(
    "relative_bias",
    "zero-beyond-the-table",
    "Keys farther away than m take the outermost entry of the table, not zero.",
)
def relative_bias(table, length):
    m = table.shape[1] // 2
    distance = _distance(length)
    return table[:, distance.clamp(-m, m) + m] * (distance.abs() <= m)


@mistake(
    "relative_bias",
    "clipped-at-length",
    "The middle of the table depends on the table, not on the length of the sequence.",
)
def relative_bias(table, length):
    index = _distance(length) + length - 1
    return table[:, index.clamp(0, table.shape[1] - 1)]


@mistake(
    "relative_bias",
    "symmetric",
    "A key before the query and a key after it have different entries; the sign got lost.",
)
def relative_bias(table, length):
    m = table.shape[1] // 2
    return table[:, _distance(length).abs().clamp(max=m) + m]


@mistake(
    "relative_bias",
    "positions-clipped",
    "It is the distance that is clipped, not each position before the difference.",
)
def relative_bias(table, length):
    m = table.shape[1] // 2
    positions = torch.arange(length).clamp(max=m)
    return table[:, positions[None, :] - positions[:, None] + m]


@mistake("relative_bias", "wraps-around", "Far distances are clipped, not taken modulo the table.")
def relative_bias(table, length):
    columns = table.shape[1]
    return table[:, (_distance(length) + columns // 2) % columns]


@mistake("relative_bias", "heads-last", "The axis of the heads comes first: (H, length, length).")
def relative_bias(table, length):
    return reference.relative_bias(table, length).permute(1, 2, 0)


@mistake(
    "relative_bias",
    "always-float32",
    "The table's numbers are written into a new tensor of float32; the table may be float64.",
)
def relative_bias(table, length):
    return reference.relative_bias(table, length).float()


@mistake(
    "relative_bias",
    "through-numpy",
    "The numbers are right, but they are copies: no gradient reaches the table.",
)
def relative_bias(table, length):
    return reference.relative_bias(table.detach(), length).clone().requires_grad_()


# --- rotary embedding ----------------------------------------------------------------------------


def _angles(x, positions, base):
    exponents = torch.arange(0, x.shape[-1], 2, dtype=torch.float64) / x.shape[-1]
    return positions[:, None] / base**exponents


def _rotated(x, angles):
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)


def _rotate_half(x):
    left, right = x.chunk(2, dim=-1)
    return torch.cat([-right, left], dim=-1)


@mistake(
    "apply_rope",
    "halves-paired",
    "Feature i is paired with feature i + d/2, as in some libraries; here pairs are neighbours.",
)
def apply_rope(x, positions, base=10000.0):
    angles = _angles(x, positions, base).repeat(1, 2).to(x.dtype)
    return x * angles.cos() + _rotate_half(x) * angles.sin()


@mistake(
    "apply_rope",
    "conventions-mixed",
    "The angles are laid out for neighbouring pairs and the features for halves, so that the two "
    "of a pair turn by different angles.",
)
def apply_rope(x, positions, base=10000.0):
    angles = _angles(x, positions, base).repeat_interleave(2, dim=-1).to(x.dtype)
    return x * angles.cos() + _rotate_half(x) * angles.sin()


@mistake(
    "apply_rope",
    "not-interleaved-again",
    "The rotated pairs are right, but all first halves come before all second ones.",
)
def apply_rope(x, positions, base=10000.0):
    rotated = _rotated(x, _angles(x, positions, base))
    return torch.cat([rotated[..., 0::2], rotated[..., 1::2]], dim=-1)


@mistake("apply_rope", "sign", "The pairs turn the wrong way round: look at where the minus is.")
def apply_rope(x, positions, base=10000.0):
    return _rotated(x, -_angles(x, positions, base))


@mistake(
    "apply_rope",
    "positions-ignored",
    "The rows are counted from 0 instead of taking the positions that were given.",
)
def apply_rope(x, positions, base=10000.0):
    return _rotated(x, _angles(x, torch.arange(x.shape[-2]), base))


@mistake(
    "apply_rope",
    "starts-at-first-position",
    "Only where the first row starts is looked at; positions may come in any order.",
)
def apply_rope(x, positions, base=10000.0):
    return _rotated(x, _angles(x, positions[0] + torch.arange(x.shape[-2]), base))


@mistake("apply_rope", "starts-at-one", "Position 0 must not be rotated at all.")
def apply_rope(x, positions, base=10000.0):
    return _rotated(x, _angles(x, positions + 1, base))


@mistake("apply_rope", "base-ignored", "The base is an argument; it is not always 10000.")
def apply_rope(x, positions, base=10000.0):
    return _rotated(x, _angles(x, positions, 10000.0))


@mistake(
    "apply_rope",
    "halved-exponent",
    "The exponent of pair i is 2i/d; without the 2 the frequencies fall too slowly.",
)
def apply_rope(x, positions, base=10000.0):
    return _rotated(x, _angles(x, positions, base**0.5))


@mistake(
    "apply_rope",
    "doubled-exponent",
    "The exponent counts by two already; multiplied by two again the frequencies fall too fast.",
)
def apply_rope(x, positions, base=10000.0):
    return _rotated(x, _angles(x, positions, base**2))


@mistake(
    "apply_rope",
    "one-frequency",
    "Every pair turns at the same speed; each should have its own.",
)
def apply_rope(x, positions, base=10000.0):
    return _rotated(x, positions[:, None].double().expand(-1, x.shape[-1] // 2))


@mistake(
    "apply_rope",
    "overwritten-pair",
    "The second feature is computed from the first one after its rotation, not before.",
)
def apply_rope(x, positions, base=10000.0):
    angles = _angles(x, positions, base)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    even = x[..., 0::2] * cos - x[..., 1::2] * sin
    odd = even * sin + x[..., 1::2] * cos
    return torch.stack([even, odd], dim=-1).flatten(-2)


@mistake(
    "apply_rope",
    "wrong-axis",
    "The positions are those of the rows, the axis before the last, not of the first axis.",
)
def apply_rope(x, positions, base=10000.0):
    if x.ndim < 3:
        return _rotated(x, _angles(x, positions, base))
    moved = x.transpose(0, -2)
    return _rotated(moved, _angles(x, torch.arange(x.shape[0]), base)).transpose(0, -2)


@mistake(
    "apply_rope",
    "half-precision-angles",
    "In half precision neighbouring positions far from 0 are the same: take float32 or better.",
)
def apply_rope(x, positions, base=10000.0):
    return _rotated(x, _angles(x, positions.to(torch.bfloat16), base).bfloat16().double())


@mistake(
    "apply_rope",
    "table-too-short",
    "Angles are prepared for the first positions only; positions may be far larger.",
)
def apply_rope(x, positions, base=10000.0):
    return _rotated(x, _angles(x, torch.arange(512), base)[positions])


@mistake(
    "apply_rope",
    "always-float32",
    "The answer is written into a new tensor of float32; x may be float64.",
)
def apply_rope(x, positions, base=10000.0):
    return _rotated(x, _angles(x, positions, base)).float()


@mistake(
    "apply_rope",
    "always-float64",
    "Angles in float64 drag the answer along: convert cosine and sine to the dtype of x.",
)
def apply_rope(x, positions, base=10000.0):
    return _rotated(x.double(), _angles(x, positions, base))


@mistake(
    "apply_rope", "in-place", "The rotation is written into x itself, which belongs to the caller."
)
def apply_rope(x, positions, base=10000.0):
    x.copy_(_rotated(x.clone(), _angles(x, positions, base)))
    return x


@mistake("apply_rope", "through-numpy", "Autograd cannot see what NumPy does: stay with tensors.")
def apply_rope(x, positions, base=10000.0):
    return _rotated(x.detach(), _angles(x, positions, base)).requires_grad_()


# --- cache ---------------------------------------------------------------------------------------


def _joined(k, v, cache):
    if cache is None:
        return k, v
    return torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)


def _attend(q, k, v, mask=None):
    return reference.scaled_dot_product_attention(q, k, v, mask)[0], (k, v)


def _mask(q, k, diagonal=0):
    """True for the keys up to the query's own, which is among the last ones; shifted on wish."""
    new, total = q.shape[2], k.shape[2]
    return torch.ones(new, total, dtype=torch.bool).tril(total - new + diagonal)


@mistake(
    "attend_with_cache",
    "mask-skipped-with-a-cache",
    "One new token needs no mask, but several at once must not see each other's future, cache or "
    "not.",
)
def attend_with_cache(q, k, v, cache):
    keys, values = _joined(k, v, cache)
    return _attend(q, keys, values, _mask(q, keys) if cache is None else None)


@mistake(
    "attend_with_cache",
    "no-mask-without-a-cache",
    "The first call must be causal too.",
)
def attend_with_cache(q, k, v, cache):
    keys, values = _joined(k, v, cache)
    return _attend(q, keys, values, None if cache is None else _mask(q, keys))


@mistake("attend_with_cache", "never-causal", "New tokens see those that come after them.")
def attend_with_cache(q, k, v, cache):
    return _attend(q, *_joined(k, v, cache))


@mistake(
    "attend_with_cache",
    "mask-top-left",
    "The first new token sits behind all cached ones; this mask treats it as the first of all.",
)
def attend_with_cache(q, k, v, cache):
    keys, values = _joined(k, v, cache)
    mask = torch.ones(q.shape[2], keys.shape[2], dtype=torch.bool).tril()
    return _attend(q, keys, values, mask)


@mistake(
    "attend_with_cache", "not-itself", "A token may attend to itself, also the very first one."
)
def attend_with_cache(q, k, v, cache):
    keys, values = _joined(k, v, cache)
    return _attend(q, keys, values, _mask(q, keys, -1))


@mistake("attend_with_cache", "one-ahead", "Each new token sees the one after it.")
def attend_with_cache(q, k, v, cache):
    keys, values = _joined(k, v, cache)
    return _attend(q, keys, values, _mask(q, keys, 1))


@mistake(
    "attend_with_cache",
    "joined-along-the-heads",
    "Old and new tokens are joined along the axis of the tokens, not of the heads.",
)
def attend_with_cache(q, k, v, cache):
    if cache is not None:
        k, v = torch.cat([cache[0], k], dim=1), torch.cat([cache[1], v], dim=1)
    return _attend(q, k, v, _mask(q, k))


@mistake(
    "attend_with_cache",
    "cache-overwritten",
    "The new cache holds the newest keys and values only: the third call has forgotten the first.",
)
def attend_with_cache(q, k, v, cache):
    keys, values = _joined(k, v, cache)
    return _attend(q, keys, values, _mask(q, keys))[0], (k, v)


@mistake("attend_with_cache", "cache-ignored", "The new tokens see each other and nothing before.")
def attend_with_cache(q, k, v, cache):
    return _attend(q, k, v, _mask(q, k))[0], _joined(k, v, cache)


@mistake(
    "attend_with_cache",
    "cache-never-grows",
    "The cache that came in goes out again, without the new tokens.",
)
def attend_with_cache(q, k, v, cache):
    keys, values = _joined(k, v, cache)
    output, new = _attend(q, keys, values, _mask(q, keys))
    return output, new if cache is None else cache


@mistake(
    "attend_with_cache",
    "new-before-old",
    "The cached tokens come first; the mask and the next call rely on that order.",
)
def attend_with_cache(q, k, v, cache):
    if cache is not None:
        k, v = torch.cat([k, cache[0]], dim=2), torch.cat([v, cache[1]], dim=2)
    return _attend(q, k, v, _mask(q, k))


@mistake(
    "attend_with_cache",
    "values-then-keys",
    "The cache is the pair (keys, values), in this order.",
)
def attend_with_cache(q, k, v, cache):
    keys, values = _joined(k, v, None if cache is None else cache[::-1])
    output, new = _attend(q, keys, values, _mask(q, keys))
    return output, new[::-1]


@mistake(
    "attend_with_cache",
    "no-scale",
    "The scores are not divided by the root of the head's width.",
)
def attend_with_cache(q, k, v, cache):
    keys, values = _joined(k, v, cache)
    return _attend(q * q.shape[-1] ** 0.5, keys, values, _mask(q, keys))


@mistake(
    "attend_with_cache",
    "unstable-exp",
    "exp of a large score is infinite, and infinity over infinity is not a number.",
)
def attend_with_cache(q, k, v, cache):
    keys, values = _joined(k, v, cache)
    e = torch.exp(_scores(q, keys)) * _mask(q, keys)
    return e / e.sum(dim=-1, keepdim=True) @ values, (keys, values)


@mistake(
    "attend_with_cache",
    "cache-detached",
    "The cached keys and values are cut off from the graph, and no gradient reaches them.",
)
def attend_with_cache(q, k, v, cache):
    if cache is not None:
        cache = cache[0].detach(), cache[1].detach()
    keys, values = _joined(k, v, cache)
    return _attend(q, keys, values, _mask(q, keys))


@mistake(
    "attend_with_cache",
    "one-buffer-for-all",
    "All continuations write into the same memory behind the cached tokens, and overwrite each "
    "other's.",
)
def attend_with_cache(q, k, v, cache):
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
    return _attend(q, *joined, _mask(q, joined[0]))


@mistake(
    "attend_with_cache",
    "cache-scaled-in-place",
    "The cached keys are changed in place, and the next call finds them changed.",
)
def attend_with_cache(q, k, v, cache):
    if cache is not None:
        cache[0].sub_(cache[0].mean(dim=2, keepdim=True))
    keys, values = _joined(k, v, cache)
    return _attend(q, keys, values, _mask(q, keys))
