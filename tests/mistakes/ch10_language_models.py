"""What people get wrong in language models."""

import math
from collections import Counter

import ch10_language_models as reference
import torch
from torch import nn
from torch.nn import functional

from grader.bank import mistake

# --- n-grams -------------------------------------------------------------------------------------


def _windows(tokens, n, windows):
    return tuple(tokens[i : i + windows] for i in range(n))


def _count(index, n, vocab_size):
    counts = torch.zeros((vocab_size,) * n, dtype=torch.int64)
    return counts.index_put(index, torch.tensor(1), accumulate=True)


@mistake(
    "ngram_counts",
    "last-window-lost",
    "The last window begins at T − n; a range up to T − n stops one before it.",
)
def ngram_counts(tokens, n, vocab_size):
    return _count(_windows(tokens, n, max(len(tokens) - n, 0)), n, vocab_size)


@mistake(
    "ngram_counts",
    "repeats-count-once",
    "Adding to an indexed tensor adds once for each different index: an n-gram that comes twice "
    "is counted once.",
)
def ngram_counts(tokens, n, vocab_size):
    counts = torch.zeros((vocab_size,) * n, dtype=torch.int64)
    counts[_windows(tokens, n, max(len(tokens) - n + 1, 0))] += 1
    return counts


@mistake(
    "ngram_counts",
    "no-overlap",
    "The text is cut into pieces of n tokens; a window begins at every token.",
)
def ngram_counts(tokens, n, vocab_size):
    counts = torch.zeros((vocab_size,) * n, dtype=torch.int64)
    for start in range(0, len(tokens) - n + 1, n):
        counts[tuple(tokens[start : start + n].tolist())] += 1
    return counts


@mistake(
    "ngram_counts",
    "last-token-first",
    "The axes run from the oldest token to the newest: here the last one indexes the first axis.",
)
def ngram_counts(tokens, n, vocab_size):
    windows = max(len(tokens) - n + 1, 0)
    return _count(_windows(tokens, n, windows)[::-1], n, vocab_size)


@mistake(
    "ngram_counts",
    "padded-at-start",
    "Nothing is put before the text: its first n-gram begins with its first token.",
)
def ngram_counts(tokens, n, vocab_size):
    tokens = torch.cat([torch.zeros(n - 1, dtype=torch.int64), tokens])
    return reference.ngram_counts(tokens, n, vocab_size)


@mistake(
    "ngram_counts",
    "short-texts-raise",
    "A text shorter than n has no window, and that is no error: all counts are zero.",
)
def ngram_counts(tokens, n, vocab_size):
    return _count(tuple(tokens.unfold(0, n, 1).T), n, vocab_size)


@mistake("ngram_counts", "not-int64", "Counts are whole numbers: the table must be int64.")
def ngram_counts(tokens, n, vocab_size):
    return reference.ngram_counts(tokens, n, vocab_size).float()


def _default(counts):
    return counts.to(torch.get_default_dtype())


@mistake(
    "ngram_probabilities",
    "k-added-once",
    "Each of the V counts of a row has grown by k, so their sum has grown by more than k.",
)
def ngram_probabilities(counts, k):
    total = _default(counts).sum(-1, keepdim=True) + k
    return torch.where(total > 0, (counts + k) / total, 1 / counts.shape[-1])


@mistake(
    "ngram_probabilities",
    "normalised-over-everything",
    "These are joint probabilities; every context, a row along the last axis, sums to one by "
    "itself.",
)
def ngram_probabilities(counts, k):
    weights = _default(counts) + k
    total = weights.sum()
    return torch.where(total > 0, weights / total, 1 / counts.shape[-1])


@mistake(
    "ngram_probabilities",
    "normalised-over-contexts",
    "The sum runs over the last axis, the token that follows, not over what came before.",
)
def ngram_probabilities(counts, k):
    weights = _default(counts) + k
    total = weights.sum(dim=0, keepdim=True)
    return torch.where(total > 0, weights / total, 1 / counts.shape[-1])


@mistake(
    "ngram_probabilities",
    "unseen-context-nan",
    "With k = 0 a context that was never seen is 0/0: it gets the uniform row.",
)
def ngram_probabilities(counts, k):
    weights = _default(counts) + k
    return weights / weights.sum(-1, keepdim=True)


@mistake(
    "ngram_probabilities",
    "unseen-context-zero",
    "With k = 0 a context that was never seen gets the uniform row; zeros are no probabilities.",
)
def ngram_probabilities(counts, k):
    weights = _default(counts) + k
    return weights / weights.sum(-1, keepdim=True).clamp(min=1e-12)


@mistake(
    "ngram_probabilities",
    "k-for-every-ngram",
    "Of one context there are V continuations and not V to the power n: that many times k "
    "is added to its sum.",
)
def ngram_probabilities(counts, k):
    total = _default(counts).sum(-1, keepdim=True) + k * counts.numel()
    return torch.where(total > 0, (counts + k) / total, 1 / counts.shape[-1])


@mistake(
    "ngram_probabilities",
    "only-zeros-smoothed",
    "Every count grows by k, not only the zeros: otherwise seen and unseen come too close.",
)
def ngram_probabilities(counts, k):
    weights = _default(counts)
    weights = torch.where(weights == 0, torch.full_like(weights, k), weights)
    total = weights.sum(-1, keepdim=True)
    return torch.where(total > 0, weights / total, 1 / counts.shape[-1])


@mistake(
    "ngram_probabilities",
    "always-float32",
    "The answer is in torch's default dtype, whichever that is at the time of the call.",
)
def ngram_probabilities(counts, k):
    weights = counts.float() + k
    total = weights.sum(-1, keepdim=True)
    return torch.where(total > 0, weights / total, 1 / counts.shape[-1])


@mistake(
    "ngram_probabilities",
    "fills-rows-in-place",
    "The given counts are changed on the way: rows of zeros become ones in the caller's table.",
)
def ngram_probabilities(counts, k):
    counts[counts.sum(-1) == 0] = 1
    weights = _default(counts) + k
    return weights / weights.sum(-1, keepdim=True)


def _looked_up(tokens, probabilities):
    n = probabilities.ndim
    return probabilities[_windows(tokens, n, len(tokens) - n + 1)].double()


@mistake(
    "perplexity",
    "divided-by-all-tokens",
    "The first n − 1 tokens are not guessed: the mean is over the T − n + 1 that are.",
)
def perplexity(tokens, probabilities):
    return float(torch.exp(-_looked_up(tokens, probabilities).log().sum() / len(tokens)))


@mistake(
    "perplexity",
    "two-bases",
    "A logarithm to base 2 is undone by a power of 2, the natural one by exp: here they are mixed.",
)
def perplexity(tokens, probabilities):
    return float(torch.exp(-_looked_up(tokens, probabilities).log2().mean()))


@mistake(
    "perplexity",
    "powers-of-two",
    "The natural logarithm is undone by exp; a power of 2 belongs to a logarithm to base 2.",
)
def perplexity(tokens, probabilities):
    return float(torch.exp2(-_looked_up(tokens, probabilities).log().mean()))


@mistake(
    "perplexity",
    "arithmetic-mean",
    "The mean is over the logarithms: the probabilities of a text are multiplied, not added.",
)
def perplexity(tokens, probabilities):
    return float(1 / _looked_up(tokens, probabilities).mean())


@mistake(
    "perplexity",
    "mean-of-inverses",
    "The mean is over the logarithms: the inverses themselves are averaged here.",
)
def perplexity(tokens, probabilities):
    return float((1 / _looked_up(tokens, probabilities)).mean())


@mistake(
    "perplexity",
    "clipped",
    "A token of probability 0 makes the perplexity infinite: an epsilon hides that the model "
    "thought it impossible.",
)
def perplexity(tokens, probabilities):
    return float(torch.exp(-_looked_up(tokens, probabilities).clamp(min=1e-10).log().mean()))


@mistake(
    "perplexity",
    "zeros-skipped",
    "A token of probability 0 makes the perplexity infinite; here it is left out of the mean.",
)
def perplexity(tokens, probabilities):
    p = _looked_up(tokens, probabilities)
    return float(torch.exp(-p[p > 0].log().mean())) if (p > 0).any() else math.inf


@mistake(
    "perplexity",
    "context-reversed",
    "The axes of the table run from the oldest token to the one that is guessed.",
)
def perplexity(tokens, probabilities):
    axes = tuple(range(probabilities.ndim))[::-1]
    return reference.perplexity(tokens, probabilities.permute(axes))


@mistake(
    "perplexity",
    "product-of-probabilities",
    "The product of hundreds of probabilities is 0 in float32: add logarithms instead.",
)
def perplexity(tokens, probabilities):
    p = _looked_up(tokens, probabilities).float()
    return float(p.prod() ** (-1 / len(p)))


@mistake(
    "perplexity", "not-exponentiated", "This is the mean cross-entropy: perplexity is its exp."
)
def perplexity(tokens, probabilities):
    return float(-_looked_up(tokens, probabilities).log().mean())


@mistake(
    "perplexity",
    "logs-in-place",
    "The given probabilities are replaced by their logarithms: take them into a new tensor.",
)
def perplexity(tokens, probabilities):
    n = probabilities.ndim
    logs = probabilities.log_()
    return float(torch.exp(-logs[_windows(tokens, n, len(tokens) - n + 1)].mean()))


# --- word vectors --------------------------------------------------------------------------------


def _scores(center, context, negatives):
    return (center * context).sum(dim=-1), (center[:, None] * negatives).sum(dim=-1)


@mistake(
    "negative_sampling_loss",
    "negatives-averaged",
    "The K negatives are summed: each is a question of its own.",
)
def negative_sampling_loss(center, context, negatives):
    true, drawn = _scores(center, context, negatives)
    return -(functional.logsigmoid(true) + functional.logsigmoid(-drawn).mean(dim=-1)).mean()


@mistake(
    "negative_sampling_loss",
    "negative-sign-missing",
    "For a negative the right answer is no: this loss pulls negatives closer instead of away.",
)
def negative_sampling_loss(center, context, negatives):
    true, drawn = _scores(center, context, negatives)
    return -(functional.logsigmoid(true) + functional.logsigmoid(drawn).sum(dim=-1)).mean()


@mistake(
    "negative_sampling_loss",
    "log-of-sigmoid",
    "A sigmoid rounds to 0 far out, and its logarithm is −∞: the two belong in one function.",
)
def negative_sampling_loss(center, context, negatives):
    true, drawn = _scores(center, context, negatives)
    return -(torch.sigmoid(true).log() + torch.sigmoid(-drawn).log().sum(dim=-1)).mean()


@mistake(
    "negative_sampling_loss",
    "epsilon-inside",
    "An epsilon in the logarithm caps the loss where it should grow with the score, and the "
    "gradient dies there.",
)
def negative_sampling_loss(center, context, negatives):
    true, drawn = _scores(center, context, negatives)
    asked = torch.sigmoid(torch.cat([true[:, None], -drawn], dim=1))
    return -(asked + 1e-10).log().sum(dim=1).mean()


@mistake("negative_sampling_loss", "batch-summed", "Over the batch it is a mean, not a sum.")
def negative_sampling_loss(center, context, negatives):
    return reference.negative_sampling_loss(center, context, negatives) * len(center)


@mistake(
    "negative_sampling_loss",
    "negatives-of-context",
    "Negatives are scored against the center word, as its true neighbour is.",
)
def negative_sampling_loss(center, context, negatives):
    true, _ = _scores(center, context, negatives)
    _, drawn = _scores(context, center, negatives)
    return -(functional.logsigmoid(true) + functional.logsigmoid(-drawn).sum(dim=-1)).mean()


@mistake(
    "negative_sampling_loss",
    "softmax-of-candidates",
    "This is a softmax over the neighbour and the negatives; here each is a yes-or-no question "
    "with a sigmoid of its own.",
)
def negative_sampling_loss(center, context, negatives):
    true, drawn = _scores(center, context, negatives)
    scores = torch.cat([true[:, None], drawn], dim=1)
    return -torch.log_softmax(scores, dim=1)[:, 0].mean()


@mistake(
    "negative_sampling_loss",
    "sign-of-the-loss",
    "A loss is to be made small: this is the log-likelihood, which is to be made large.",
)
def negative_sampling_loss(center, context, negatives):
    return -reference.negative_sampling_loss(center, context, negatives)


@mistake(
    "negative_sampling_loss",
    "negates-in-place",
    "The given negatives change their sign for good: change that of the scores.",
)
def negative_sampling_loss(center, context, negatives):
    with torch.no_grad():
        negatives.neg_()
    true, drawn = _scores(center, context, negatives)
    return -(functional.logsigmoid(true) + functional.logsigmoid(drawn).sum(dim=-1)).mean()


class _Model(nn.Module):
    """The four submodules as they should be."""

    def __init__(self, vocab_size, context, embed_dim, hidden_dim):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, embed_dim)
        self.hidden = nn.Linear(context * embed_dim, hidden_dim)
        self.output = nn.Linear(hidden_dim, vocab_size)
        self.direct = nn.Linear(context * embed_dim, vocab_size, bias=False)

    def logits(self, x):
        return self.output(torch.tanh(self.hidden(x))) + self.direct(x)


@mistake(
    "NNLM",
    "embeddings-averaged",
    "An average forgets which word stood where: the embeddings are put side by side.",
)
class NNLM(_Model):
    def forward(self, tokens):
        mean = self.embed(tokens).mean(dim=1)
        return self.logits(mean.repeat(1, tokens.shape[1]))


@mistake(
    "NNLM",
    "features-interleaved",
    "The embedding of one word stays together: first all features of the oldest token, then those "
    "of the next.",
)
class NNLM(_Model):
    def forward(self, tokens):
        return self.logits(self.embed(tokens).transpose(1, 2).flatten(1))


@mistake(
    "NNLM",
    "order-reversed",
    "The oldest token comes first, as it stands in the input.",
)
class NNLM(_Model):
    def forward(self, tokens):
        return self.logits(self.embed(tokens.flip(1)).flatten(1))


@mistake(
    "NNLM",
    "no-direct",
    "There are two paths to the logits, and the straight one is not used.",
)
class NNLM(_Model):
    def forward(self, tokens):
        return self.output(torch.tanh(self.hidden(self.embed(tokens).flatten(1))))


@mistake(
    "NNLM",
    "no-tanh",
    "Without the tanh both paths are linear, and so is the model.",
)
class NNLM(_Model):
    def forward(self, tokens):
        x = self.embed(tokens).flatten(1)
        return self.output(self.hidden(x)) + self.direct(x)


@mistake("NNLM", "relu", "The hidden layer of this model bends by tanh.")
class NNLM(_Model):
    def forward(self, tokens):
        x = self.embed(tokens).flatten(1)
        return self.output(torch.relu(self.hidden(x))) + self.direct(x)


@mistake(
    "NNLM",
    "probabilities",
    "The model returns logits; a softmax here would be taken again in the loss.",
)
class NNLM(_Model):
    def forward(self, tokens):
        return torch.softmax(self.logits(self.embed(tokens).flatten(1)), dim=-1)


@mistake(
    "NNLM",
    "log-probabilities",
    "The model returns logits, not normalised: the loss takes the log-softmax.",
)
class NNLM(_Model):
    def forward(self, tokens):
        return torch.log_softmax(self.logits(self.embed(tokens).flatten(1)), dim=-1)


@mistake(
    "NNLM",
    "direct-with-bias",
    "`direct` has no bias: `output` brings one already.",
)
class NNLM(_Model):
    def __init__(self, vocab_size, context, embed_dim, hidden_dim):
        super().__init__(vocab_size, context, embed_dim, hidden_dim)
        self.direct = nn.Linear(context * embed_dim, vocab_size)

    def forward(self, tokens):
        return self.logits(self.embed(tokens).flatten(1))


# --- attention -----------------------------------------------------------------------------------


def _weigh(scores, keys, mask):
    """The right end of additive attention, from the scores on."""
    if mask is None:
        weights = torch.softmax(scores, dim=-1)
    else:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = torch.softmax(scores, dim=-1).masked_fill(~mask, 0.0)
    return (weights[:, :, None] * keys).sum(dim=1), weights


def _sums(query, keys, W_q, W_k):
    return (query @ W_q.T)[:, None] + keys @ W_k.T


@mistake(
    "additive_attention",
    "tanh-apart",
    "One tanh bends the sum of query and key; a tanh of each keeps the query out of the weights.",
)
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    scores = (torch.tanh(query @ W_q.T)[:, None] + torch.tanh(keys @ W_k.T)) @ v
    return _weigh(scores, keys, mask)


@mistake(
    "additive_attention",
    "no-tanh",
    "Without the tanh the query adds the same to every score, and the softmax does not notice it.",
)
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    return _weigh(_sums(query, keys, W_q, W_k) @ v, keys, mask)


@mistake(
    "additive_attention",
    "scaled",
    "The root that scales dot products in chapter 8 has no place here: tanh keeps the sum small.",
)
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    scores = torch.tanh(_sums(query, keys, W_q, W_k)) @ v
    return _weigh(scores / len(v) ** 0.5, keys, mask)


@mistake(
    "additive_attention",
    "mask-after-softmax",
    "The mask comes after the softmax: hidden keys take weight away, and rows do not sum to one.",
)
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    weights = torch.softmax(torch.tanh(_sums(query, keys, W_q, W_k)) @ v, dim=-1)
    if mask is not None:
        weights = weights * mask
    return (weights[:, :, None] * keys).sum(dim=1), weights


@mistake(
    "additive_attention",
    "scores-times-mask",
    "A score of 0 is no small score: hidden keys still get weight.",
)
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    scores = torch.tanh(_sums(query, keys, W_q, W_k)) @ v
    return _weigh(scores if mask is None else scores * mask, keys, None)


@mistake(
    "additive_attention",
    "softmax-over-batch",
    "The softmax runs over the keys of one sentence, not over the sentences of the batch.",
)
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    scores = torch.tanh(_sums(query, keys, W_q, W_k)) @ v
    if mask is not None:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    weights = torch.softmax(scores, dim=0)
    if mask is not None:
        weights = weights.masked_fill(~mask, 0.0)
    return (weights[:, :, None] * keys).sum(dim=1), weights


@mistake(
    "additive_attention",
    "mask-inverted",
    "True means that the key may be seen; here it hides the key.",
)
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    scores = torch.tanh(_sums(query, keys, W_q, W_k)) @ v
    return _weigh(scores, keys, None if mask is None else ~mask)


@mistake(
    "additive_attention",
    "projected-values",
    "The context is an average of the keys as they came, not of their projections.",
)
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    scores = torch.tanh(_sums(query, keys, W_q, W_k)) @ v
    return _weigh(scores, keys @ W_k.T, mask)


@mistake(
    "additive_attention",
    "dead-rows-nan",
    "A row in which every score is −∞ has a softmax of NaN: a row without any key gets zeros.",
)
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    scores = torch.tanh(_sums(query, keys, W_q, W_k)) @ v
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return _weigh(scores, keys, None)


@mistake(
    "additive_attention",
    "dead-rows-uniform",
    "A row without any key gets zero weights, not equal ones.",
)
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    scores = torch.tanh(_sums(query, keys, W_q, W_k)) @ v
    if mask is not None:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return _weigh(scores, keys, None)


@mistake(
    "additive_attention",
    "no-max-shift",
    "exp overflows above about 88 in float32, 709 in float64: take torch's softmax, or subtract "
    "the largest score of each row first.",
)
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    e = torch.exp(torch.tanh(_sums(query, keys, W_q, W_k)) @ v)
    e = e if mask is None else e * mask
    weights = e / e.sum(dim=1, keepdim=True).clamp(min=1e-30)
    return (weights[:, :, None] * keys).sum(dim=1), weights


@mistake(
    "additive_attention",
    "query-detached",
    "Gradients must reach the query too: it is cut off from them here.",
)
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    return reference.additive_attention(query.detach(), keys, W_q, W_k, v, mask)


@mistake(
    "additive_attention",
    "reshaped-for-transposed",
    "A reshape to another order of axes mixes keys and features up: exchange the axes instead.",
)
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    hidden = torch.tanh(_sums(query, keys, W_q, W_k))
    hidden = hidden.reshape(len(hidden), len(v), keys.shape[1])
    return _weigh(torch.einsum("a,bas->bs", v, hidden), keys, mask)


@mistake(
    "additive_attention",
    "wipes-hidden-keys",
    "The given keys are changed on the way: hidden ones are zero afterwards.",
)
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    if mask is not None:
        with torch.no_grad():
            keys.masked_fill_(~mask[:, :, None], 0.0)
    return reference.additive_attention(query, keys, W_q, W_k, v, mask)


# --- sentences of different lengths ---------------------------------------------------------------


def _padded(rows, length, pad):
    return torch.tensor([[*row, *[pad] * (length - len(row))] for row in rows])


def _real(sequences, more=1):
    longest = max(map(len, sequences)) + 1
    lengths = torch.tensor([len(sequence) + more for sequence in sequences])
    return torch.arange(longest) < lengths[:, None]


@mistake(
    "teacher_forcing",
    "not-shifted",
    "Inputs and targets are the same here: the model learns to copy the word that it is given.",
)
def teacher_forcing(sequences, start, end, pad):
    inputs, _, mask = reference.teacher_forcing(sequences, start, end, pad)
    return inputs, inputs.clone(), mask


@mistake(
    "teacher_forcing",
    "swapped",
    "Inputs begin with start and targets finish with end; here it is the other way round.",
)
def teacher_forcing(sequences, start, end, pad):
    inputs, targets, mask = reference.teacher_forcing(sequences, start, end, pad)
    return targets, inputs, mask


@mistake(
    "teacher_forcing",
    "end-after-padding",
    "end follows the last word of its own sentence, before the padding.",
)
def teacher_forcing(sequences, start, end, pad):
    longest = max(map(len, sequences))
    body = _padded(sequences, longest, pad).reshape(len(sequences), longest).long()
    first = torch.full((len(sequences), 1), start)
    last = torch.full((len(sequences), 1), end)
    inputs, targets = torch.cat([first, body], dim=1), torch.cat([body, last], dim=1)
    return inputs, targets, _real(sequences)


@mistake(
    "teacher_forcing",
    "no-end",
    "The targets never say end: such a model never learns to stop.",
)
def teacher_forcing(sequences, start, end, pad):
    inputs, _, mask = reference.teacher_forcing(sequences, start, end, pad)
    targets = _padded(sequences, inputs.shape[1], pad)
    return inputs, targets, mask


@mistake(
    "teacher_forcing",
    "end-not-counted",
    "The mask leaves out the position where end is asked for: n tokens have n + 1 positions.",
)
def teacher_forcing(sequences, start, end, pad):
    inputs, targets, _ = reference.teacher_forcing(sequences, start, end, pad)
    return inputs, targets, _real(sequences, more=0)


@mistake(
    "teacher_forcing",
    "mask-from-pad",
    "pad may be a word, or the same as end: what is real is known from the lengths only.",
)
def teacher_forcing(sequences, start, end, pad):
    inputs, targets, _ = reference.teacher_forcing(sequences, start, end, pad)
    return inputs, targets, targets != pad


@mistake(
    "teacher_forcing",
    "end-in-inputs",
    "The end is nothing the decoder goes on from: it is asked for, and never given.",
)
def teacher_forcing(sequences, start, end, pad):
    inputs, targets, mask = reference.teacher_forcing(sequences, start, end, pad)
    longest = inputs.shape[1] + 1
    inputs = _padded([[start, *sequence, end] for sequence in sequences], longest, pad)
    return inputs[:, :-1], targets, mask


@mistake(
    "teacher_forcing",
    "padding-in-front",
    "The padding stands at the end of a row, not at its beginning.",
)
def teacher_forcing(sequences, start, end, pad):
    longest = max(map(len, sequences)) + 1
    rests = [[pad] * (longest - 1 - len(sequence)) for sequence in sequences]
    pairs = list(zip(rests, sequences, strict=True))
    inputs = torch.tensor([[*rest, start, *sequence] for rest, sequence in pairs])
    targets = torch.tensor([[*rest, *sequence, end] for rest, sequence in pairs])
    return inputs, targets, _real(sequences).flip(1)


@mistake(
    "teacher_forcing",
    "extends-the-sentences",
    "The given lists are made longer on the way; put new ones together instead.",
)
def teacher_forcing(sequences, start, end, pad):
    answer = reference.teacher_forcing(sequences, start, end, pad)
    for sequence in sequences:
        sequence.append(end)
    return answer


def _losses(logits, targets, mask):
    safe = targets.masked_fill(~mask, 0)
    return functional.cross_entropy(logits.transpose(1, 2), safe, reduction="none")


@mistake(
    "masked_sequence_loss",
    "mean-over-all",
    "The sum is divided by all positions of the batch, padding included: divide by the real ones.",
)
def masked_sequence_loss(logits, targets, mask):
    return _losses(logits, targets, mask).masked_fill(~mask, 0.0).mean()


@mistake(
    "masked_sequence_loss",
    "mean-of-means",
    "Every token counts the same, in whatever sentence: here those of short sentences count more.",
)
def masked_sequence_loss(logits, targets, mask):
    losses = _losses(logits, targets, mask).masked_fill(~mask, 0.0)
    return (losses.sum(dim=1) / mask.sum(dim=1).clamp(min=1)).mean()


@mistake(
    "masked_sequence_loss",
    "logits-zeroed",
    "Logits of zero still cost log V: it is the loss of a hidden position that must be zero.",
)
def masked_sequence_loss(logits, targets, mask):
    logits = logits.masked_fill(~mask[:, :, None], 0.0)
    return _losses(logits, targets, mask).sum() / mask.sum().clamp(min=1)


@mistake(
    "masked_sequence_loss",
    "shifts-again",
    "The targets are shifted already: position l of the logits answers position l of the targets.",
)
def masked_sequence_loss(logits, targets, mask):
    return reference.masked_sequence_loss(logits[:, :-1], targets[:, 1:], mask[:, 1:])


@mistake(
    "masked_sequence_loss",
    "gathers-padding",
    "A hidden target may be −100, which is no index: replace it before it is looked up.",
)
def masked_sequence_loss(logits, targets, mask):
    picked = torch.log_softmax(logits, dim=-1).gather(-1, targets[:, :, None])[:, :, 0]
    return -picked.masked_fill(~mask, 0.0).sum() / mask.sum().clamp(min=1)


@mistake(
    "masked_sequence_loss",
    "log-of-softmax",
    "A softmax rounds to 0 where logits are far apart, and its logarithm is −∞: take both at once.",
)
def masked_sequence_loss(logits, targets, mask):
    safe = targets.masked_fill(~mask, 0)
    logp = torch.softmax(logits, dim=-1).log().gather(-1, safe[:, :, None])[:, :, 0]
    return -logp.masked_fill(~mask, 0.0).sum() / mask.sum().clamp(min=1)


@mistake(
    "masked_sequence_loss",
    "nothing-real-nan",
    "A mean over no tokens is 0/0: if nothing is real, the loss is 0.",
)
def masked_sequence_loss(logits, targets, mask):
    return _losses(logits, targets, mask)[mask].mean()


@mistake(
    "masked_sequence_loss",
    "mask-inverted",
    "True stands for real tokens: here only the padding is learned.",
)
def masked_sequence_loss(logits, targets, mask):
    safe = targets.clamp(0, logits.shape[-1] - 1)
    return reference.masked_sequence_loss(logits, safe, ~mask)


@mistake(
    "masked_sequence_loss",
    "summed",
    "It is the mean over the real tokens: a sum grows with the batch.",
)
def masked_sequence_loss(logits, targets, mask):
    return _losses(logits, targets, mask).masked_fill(~mask, 0.0).sum()


# --- beam search ---------------------------------------------------------------------------------


def _grown(step, start, score, tokens):
    """A hypothesis, extended by every token."""
    gains = step([start, *tokens]).tolist()
    return [(score + gain, [*tokens, token]) for token, gain in enumerate(gains)]


def _pool(step, start, end, beam):
    """What competes in a round: all extensions, and what is finished."""
    pool = []
    for score, tokens in beam:
        done = tokens[-1:] == [end]
        pool += [(score, tokens)] if done else _grown(step, start, score, tokens)
    return pool


def _mean(hypothesis):
    return hypothesis[0] / max(len(hypothesis[1]), 1)


@mistake(
    "beam_search",
    "greedy",
    "Only the best hypothesis survives a round: beam_size of them go on side by side.",
)
def beam_search(step, start, end, beam_size, max_length):
    return reference.beam_search(step, start, end, 1, max_length)


@mistake(
    "beam_search",
    "goes-on-after-end",
    "A hypothesis that ends in `end` is finished: it competes as it is, and is not extended.",
)
def beam_search(step, start, end, beam_size, max_length):
    beam = [(0.0, [])]
    for _ in range(max_length):
        pool = [more for one in beam for more in _grown(step, start, *one)]
        beam = sorted(pool, reverse=True)[:beam_size]
    return beam[0][1], beam[0][0]


@mistake(
    "beam_search",
    "finished-dropped",
    "A finished hypothesis disappears from the beam and is never an answer, however good it was.",
)
def beam_search(step, start, end, beam_size, max_length):
    beam = [(0.0, [])]
    for _ in range(max_length):
        alive = [one for one in beam if one[1][-1:] != [end]]
        if not alive:
            break
        beam = sorted(_pool(step, start, end, alive), reverse=True)[:beam_size]
    return beam[0][1], beam[0][0]


@mistake(
    "beam_search",
    "stops-at-first-end",
    "The first hypothesis that ends is returned, while a better one may still be on its way.",
)
def beam_search(step, start, end, beam_size, max_length):
    beam = [(0.0, [])]
    for _ in range(max_length):
        beam = sorted(_pool(step, start, end, beam), reverse=True)[:beam_size]
        for score, tokens in beam:
            if tokens[-1] == end:
                return tokens, score
    return beam[0][1], beam[0][0]


@mistake(
    "beam_search",
    "finished-first",
    "The best hypothesis is returned, finished or not: here an unfinished one never is, if any "
    "ended.",
)
def beam_search(step, start, end, beam_size, max_length):
    beam = [(0.0, [])]
    for _ in range(max_length):
        beam = sorted(_pool(step, start, end, beam), reverse=True)[:beam_size]
    ended = [one for one in beam if one[1][-1] == end]
    score, tokens = (ended or beam)[0]
    return tokens, score


@mistake(
    "beam_search",
    "length-normalised",
    "Hypotheses are compared by the plain sum of their log probabilities, not by the mean.",
)
def beam_search(step, start, end, beam_size, max_length):
    beam = [(0.0, [])]
    for _ in range(max_length):
        beam = sorted(_pool(step, start, end, beam), key=_mean, reverse=True)[:beam_size]
    return beam[0][1], beam[0][0]


@mistake(
    "beam_search",
    "normalised-at-the-end",
    "The answer is chosen, and its score given, by the plain sum, not divided by the length.",
)
def beam_search(step, start, end, beam_size, max_length):
    beam = [(0.0, [])]
    for _ in range(max_length):
        beam = sorted(_pool(step, start, end, beam), reverse=True)[:beam_size]
    best = max(beam, key=_mean)
    return best[1], _mean(best)


@mistake(
    "beam_search",
    "one-extension-each",
    "All extensions compete in one pool: a good hypothesis may have several children in the beam, "
    "a bad one none.",
)
def beam_search(step, start, end, beam_size, max_length):
    beam = sorted(_grown(step, start, 0.0, []), reverse=True)[:beam_size]
    for _ in range(max_length - 1):
        beam = [max(_pool(step, start, end, [one])) for one in beam]
    best = max(beam)
    return best[1], best[0]


@mistake(
    "beam_search",
    "probabilities-added",
    "Probabilities of consecutive tokens are multiplied: it is their logarithms that are added.",
)
def beam_search(step, start, end, beam_size, max_length):
    def likely(prefix):
        return step(prefix).exp()

    return reference.beam_search(likely, start, end, beam_size, max_length)


@mistake(
    "beam_search",
    "start-returned",
    "The answer is what was written after the start: the start itself is not part of it.",
)
def beam_search(step, start, end, beam_size, max_length):
    tokens, score = reference.beam_search(step, start, end, beam_size, max_length)
    return [start, *tokens], score


@mistake(
    "beam_search",
    "end-cut-off",
    "The end token is part of the answer where it was reached: it tells finished from cut off.",
)
def beam_search(step, start, end, beam_size, max_length):
    tokens, score = reference.beam_search(step, start, end, beam_size, max_length)
    return [token for token in tokens if token != end], score


@mistake(
    "beam_search",
    "last-token-only",
    "`step` is given the whole prefix, from the start on, not the last token alone.",
)
def beam_search(step, start, end, beam_size, max_length):
    def short(prefix):
        return step(prefix[-1:])

    return reference.beam_search(short, start, end, beam_size, max_length)


@mistake(
    "beam_search",
    "keeps-every-end",
    "What ends is kept only if it is among the beam_size best of its round, as everything else.",
)
def beam_search(step, start, end, beam_size, max_length):
    alive, ended = [(0.0, [])], []
    for _ in range(max_length):
        pool = sorted(_pool(step, start, end, alive), reverse=True)
        ended += [one for one in pool if one[1][-1] == end]
        alive = [one for one in pool if one[1][-1] != end][:beam_size]
    best = max(ended + alive)
    return best[1], best[0]


@mistake(
    "beam_search",
    "beam-shrinks",
    "A finished hypothesis gives its place back when better ones push it out: the beam stays "
    "beam_size wide.",
)
def beam_search(step, start, end, beam_size, max_length):
    alive, ended = [(0.0, [])], []
    for _ in range(max_length):
        best = sorted(_pool(step, start, end, alive), reverse=True)[:beam_size]
        ended += [one for one in best if one[1][-1] == end]
        alive = [one for one in best if one[1][-1] != end]
        beam_size -= len(best) - len(alive)
    best = max(ended + alive)
    return best[1], best[0]


@mistake(
    "beam_search",
    "score-of-last-token",
    "The score is the sum over all tokens of the hypothesis: here each round forgets the one "
    "before.",
)
def beam_search(step, start, end, beam_size, max_length):
    beam = [(0.0, [])]
    for _ in range(max_length):
        fresh = [one if one[1][-1:] == [end] else (0.0, one[1]) for one in beam]
        beam = sorted(_pool(step, start, end, fresh), reverse=True)[:beam_size]
    return beam[0][1], beam[0][0]


# --- BLEU ----------------------------------------------------------------------------------------


def _grams(sentence, n):
    return Counter(tuple(sentence[i : i + n]) for i in range(len(sentence) - n + 1))


def _most(known, n):
    """The largest count of each n-gram in any one reference."""
    most = Counter()
    for one in known:
        most |= _grams(one, n)
    return most


def _clipped(candidate, known, n):
    return (_grams(candidate, n) & _most(known, n)).total()


def _sums_of(candidates, references, max_n, matches=_clipped):
    """Matches and n-grams of each order over the corpus."""
    pairs = list(zip(candidates, references, strict=True))
    orders = range(1, max_n + 1)
    matched = [sum(matches(one, known, n) for one, known in pairs) for n in orders]
    return matched, [sum(_grams(one, n).total() for one in candidates) for n in orders]


def _closest(candidate, known):
    return min((abs(len(one) - len(candidate)), len(one)) for one in known)[1]


def _lengths(candidates, references, choose=_closest):
    pairs = zip(candidates, references, strict=True)
    return sum(map(len, candidates)), sum(choose(one, known) for one, known in pairs)


def _brevity(c, r):
    return math.exp(min(0.0, 1 - r / c)) if c else 0.0


def _geometric(precisions):
    return math.exp(sum(map(math.log, precisions)) / len(precisions)) if all(precisions) else 0.0


def _ratios(matched, total):
    return [part / whole if whole else 0.0 for part, whole in zip(matched, total, strict=True)]


def _bleu(candidates, references, max_n, matches=_clipped, choose=_closest):
    """BLEU by another way to count matches, or to choose the reference's length."""
    precisions = _ratios(*_sums_of(candidates, references, max_n, matches))
    return _brevity(*_lengths(candidates, references, choose)) * _geometric(precisions)


@mistake(
    "bleu",
    "not-clipped",
    "An n-gram matches at most as often as a reference has it: else one word, again and again, is "
    "perfect.",
)
def bleu(candidates, references, max_n=4):
    def matches(candidate, known, n):
        most = _most(known, n)
        return sum(often for gram, often in _grams(candidate, n).items() if most[gram])

    return _bleu(candidates, references, max_n, matches)


@mistake(
    "bleu",
    "references-added",
    "Counts are clipped by the one reference that has the n-gram most often, not by all together.",
)
def bleu(candidates, references, max_n=4):
    def matches(candidate, known, n):
        every = sum((_grams(one, n) for one in known), Counter())
        return (_grams(candidate, n) & every).total()

    return _bleu(candidates, references, max_n, matches)


@mistake(
    "bleu",
    "best-reference-alone",
    "Each n-gram looks for its own reference: different ones may match in different references.",
)
def bleu(candidates, references, max_n=4):
    def matches(candidate, known, n):
        return max((_grams(candidate, n) & _grams(one, n)).total() for one in known)

    return _bleu(candidates, references, max_n, matches)


@mistake(
    "bleu",
    "repeats-count-once",
    "An n-gram that stands twice counts twice, if a reference has it twice: counts, not sets.",
)
def bleu(candidates, references, max_n=4):
    def matches(candidate, known, n):
        return len(_grams(candidate, n).keys() & _most(known, n).keys())

    matched, _ = _sums_of(candidates, references, max_n, matches)
    total = [sum(len(_grams(one, n)) for one in candidates) for n in range(1, max_n + 1)]
    brevity = _brevity(*_lengths(candidates, references))
    return brevity * _geometric(_ratios(matched, total))


@mistake(
    "bleu",
    "shortest-reference",
    "The reference length that counts is the one closest to the candidate's, not the shortest.",
)
def bleu(candidates, references, max_n=4):
    def shortest(candidate, known):
        return min(map(len, known))

    return _bleu(candidates, references, max_n, choose=shortest)


@mistake(
    "bleu",
    "longest-reference",
    "The reference length that counts is the one closest to the candidate's, not the longest.",
)
def bleu(candidates, references, max_n=4):
    def longest(candidate, known):
        return max(map(len, known))

    return _bleu(candidates, references, max_n, choose=longest)


@mistake(
    "bleu",
    "tie-to-the-longer",
    "Of two reference lengths as close to the candidate's, the shorter one counts.",
)
def bleu(candidates, references, max_n=4):
    def choose(candidate, known):
        return min((abs(len(one) - len(candidate)), -len(one), len(one)) for one in known)[2]

    return _bleu(candidates, references, max_n, choose=choose)


@mistake(
    "bleu",
    "tie-to-the-first",
    "Of two reference lengths as close, the shorter one counts, in whatever order they come.",
)
def bleu(candidates, references, max_n=4):
    def choose(candidate, known):
        return min(map(len, known), key=lambda length: abs(length - len(candidate)))

    return _bleu(candidates, references, max_n, choose=choose)


@mistake(
    "bleu",
    "mean-of-sentences",
    "BLEU belongs to a corpus: its numerators and denominators are added up before dividing.",
)
def bleu(candidates, references, max_n=4):
    pairs = zip(candidates, references, strict=True)
    return sum(_bleu([one], [known], max_n) for one, known in pairs) / len(candidates)


@mistake(
    "bleu",
    "penalty-inverted",
    "The penalty is for candidates that are too short: the ratio is upside down.",
)
def bleu(candidates, references, max_n=4):
    c, r = _lengths(candidates, references)
    precisions = _ratios(*_sums_of(candidates, references, max_n))
    return math.exp(min(0.0, 1 - c / r)) * _geometric(precisions)


@mistake(
    "bleu",
    "penalty-both-ways",
    "A candidate longer than its reference is not rewarded: the penalty is at most 1.",
)
def bleu(candidates, references, max_n=4):
    c, r = _lengths(candidates, references)
    penalty = math.exp(1 - r / c) if c else 0.0
    return penalty * _geometric(_ratios(*_sums_of(candidates, references, max_n)))


@mistake(
    "bleu",
    "ratio-penalty",
    "The penalty falls exponentially with r/c: it is not the ratio of the lengths itself.",
)
def bleu(candidates, references, max_n=4):
    c, r = _lengths(candidates, references)
    precisions = _ratios(*_sums_of(candidates, references, max_n))
    return min(1.0, c / r) * _geometric(precisions)


@mistake(
    "bleu",
    "no-penalty",
    "A candidate of one right word would be perfect: what is too short is penalised.",
)
def bleu(candidates, references, max_n=4):
    return _geometric(_ratios(*_sums_of(candidates, references, max_n)))


@mistake(
    "bleu",
    "product-without-root",
    "The mean of max_n precisions is the root of their product: here the root is missing.",
)
def bleu(candidates, references, max_n=4):
    precisions = _ratios(*_sums_of(candidates, references, max_n))
    return _brevity(*_lengths(candidates, references)) * math.prod(precisions)


@mistake(
    "bleu",
    "arithmetic-mean",
    "The mean of the precisions is geometric: one order without a match makes it 0.",
)
def bleu(candidates, references, max_n=4):
    precisions = _ratios(*_sums_of(candidates, references, max_n))
    return _brevity(*_lengths(candidates, references)) * sum(precisions) / max_n


@mistake(
    "bleu",
    "only-highest-order",
    "All orders from 1 to max_n take part, each with the same weight.",
)
def bleu(candidates, references, max_n=4):
    precisions = _ratios(*_sums_of(candidates, references, max_n))
    return _brevity(*_lengths(candidates, references)) * precisions[-1]


@mistake(
    "bleu",
    "zero-orders-skipped",
    "An order without a match makes the score 0; leaving it out makes a bad translation better.",
)
def bleu(candidates, references, max_n=4):
    precisions = [p for p in _ratios(*_sums_of(candidates, references, max_n)) if p]
    brevity = _brevity(*_lengths(candidates, references))
    return brevity * _geometric(precisions) if precisions else 0.0


@mistake(
    "bleu",
    "smoothed",
    "There is no smoothing: here one is added to both counts of the longer n-grams.",
)
def bleu(candidates, references, max_n=4):
    matched, total = _sums_of(candidates, references, max_n)
    matched = [matched[0], *(part + 1 for part in matched[1:])]
    total = [total[0], *(whole + 1 for whole in total[1:])]
    return _brevity(*_lengths(candidates, references)) * _geometric(_ratios(matched, total))


@mistake(
    "bleu",
    "one-ngram-at-least",
    "A candidate shorter than n has no n-grams: it adds nothing to the denominator.",
)
def bleu(candidates, references, max_n=4):
    matched, _ = _sums_of(candidates, references, max_n)
    total = [sum(max(1, len(one) - n + 1) for one in candidates) for n in range(1, max_n + 1)]
    return _brevity(*_lengths(candidates, references)) * _geometric(_ratios(matched, total))


@mistake(
    "bleu",
    "recall",
    "The denominator counts the candidates' n-grams: what share of them is right, not how much of "
    "the reference was found.",
)
def bleu(candidates, references, max_n=4):
    matched, _ = _sums_of(candidates, references, max_n)
    known = [min(some, key=len) for some in references]
    total = [sum(_grams(one, n).total() for one in known) for n in range(1, max_n + 1)]
    precisions = [min(1.0, p) for p in _ratios(matched, total)]
    return _brevity(*_lengths(candidates, references)) * _geometric(precisions)


@mistake(
    "bleu",
    "sorts-the-references",
    "The caller's lists of references are sorted on the way: sort a copy, or look for the closest.",
)
def bleu(candidates, references, max_n=4):
    def choose(candidate, known):
        known.sort(key=len)
        return min(map(len, known), key=lambda length: abs(length - len(candidate)))

    return _bleu(candidates, references, max_n, choose=choose)


@mistake(
    "bleu",
    "tokens-joined",
    "An n-gram is a tuple of tokens: written together, different ones may look the same.",
)
def bleu(candidates, references, max_n=4):
    def joined(sentence, n):
        pieces = [sentence[i : i + n] for i in range(len(sentence) - n + 1)]
        return Counter("".join(map(str, piece)) for piece in pieces)

    def matches(candidate, known, n):
        most = Counter()
        for one in known:
            most |= joined(one, n)
        return (joined(candidate, n) & most).total()

    return _bleu(candidates, references, max_n, matches)
