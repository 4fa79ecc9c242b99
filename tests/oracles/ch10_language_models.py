"""The same answers by independent means: exact fractions, SciPy, gradients derived on paper."""

import itertools
import math
from fractions import Fraction

import numpy as np
import scipy.special
import scipy.stats
import torch
from torch import nn
from torch.nn import functional

from grader.bank import alternate


@alternate("ngram_counts", "sums of products of one-hot vectors")
def ngram_counts(tokens, n, vocab_size):
    windows = max(len(tokens) - n + 1, 0)
    one_hot = functional.one_hot(tokens, vocab_size)
    counts = one_hot[:windows]
    for place in range(1, n):
        following = one_hot[place : place + windows]
        counts = counts[..., None] * following.reshape(windows, *[1] * place, vocab_size)
    return counts.sum(dim=0)


@alternate("ngram_probabilities", "exact fractions")
def ngram_probabilities(counts, k):
    size, k = counts.shape[-1], Fraction(k)
    answer = torch.empty(counts.shape)
    for place in itertools.product(*map(range, counts.shape[:-1])):
        row = [Fraction(int(count)) + k for count in counts[place]]
        total = sum(row)
        shares = [part / total if total else Fraction(1, size) for part in row]
        answer[place] = torch.tensor([float(share) for share in shares])
    return answer


@alternate("perplexity", "SciPy's geometric mean of the inverses, or infinity")
def perplexity(tokens, probabilities):
    n, text = probabilities.ndim, tokens.tolist()
    table = probabilities.double().numpy()
    windows = [text[i - n : i] for i in range(n, len(text) + 1)]
    with np.errstate(divide="ignore"):
        return float(scipy.stats.gmean([1.0 / table[tuple(window)] for window in windows]))


class _Sampled(torch.autograd.Function):
    """Equation 4 of Mikolov et al. with SciPy; its gradient as derived on paper."""

    @staticmethod
    def forward(ctx, center, context, negatives):
        ctx.save_for_backward(center, context, negatives)
        c, o, ns = (part.double().numpy() for part in (center, context, negatives))
        true, false = (c * o).sum(-1), np.einsum("bd,bkd->bk", c, ns)
        losses = -scipy.special.log_expit(true) - scipy.special.log_expit(-false).sum(-1)
        return torch.tensor(losses.mean(), dtype=center.dtype)

    @staticmethod
    def backward(ctx, upstream):
        kind = ctx.saved_tensors[0].dtype
        c, o, ns = (part.double().numpy() for part in ctx.saved_tensors)
        true, false = (c * o).sum(-1), np.einsum("bd,bkd->bk", c, ns)
        up = float(upstream) / len(c)
        d_true = -scipy.special.expit(-true)[:, None] * up
        d_false = scipy.special.expit(false) * up
        grads = (
            d_true * o + np.einsum("bk,bkd->bd", d_false, ns),
            d_true * c,
            np.einsum("bk,bd->bkd", d_false, c),
        )
        return tuple(torch.from_numpy(grad).to(kind) for grad in grads)


@alternate("negative_sampling_loss", "SciPy's log_expit, gradients by hand")
def negative_sampling_loss(center, context, negatives):
    return _Sampled.apply(center, context, negatives)


@alternate("NNLM", "one-hot words and a block of each matrix for each place")
class NNLM(nn.Module):
    def __init__(self, vocab_size, context, embed_dim, hidden_dim):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, embed_dim)
        self.hidden = nn.Linear(context * embed_dim, hidden_dim)
        self.output = nn.Linear(hidden_dim, vocab_size)
        self.direct = nn.Linear(context * embed_dim, vocab_size, bias=False)

    def forward(self, tokens):
        table = self.embed.weight
        words = functional.one_hot(tokens, len(table)).to(table.dtype) @ table
        blocks = [
            layer.weight.unflatten(1, (tokens.shape[1], -1)) for layer in (self.hidden, self.direct)
        ]
        bent, straight = (torch.einsum("bce,hce->bh", words, block) for block in blocks)
        bent = 2 * torch.sigmoid(2 * (bent + self.hidden.bias)) - 1
        return torch.einsum("bh,vh->bv", bent, self.output.weight) + self.output.bias + straight


class _Additive(torch.autograd.Function):
    """Sums as they stand in the paper; the gradient as derived on paper."""

    @staticmethod
    def forward(ctx, query, keys, W_q, W_k, v, mask):
        saved = (query, keys, W_q, W_k, v)
        q, k, U, W, u = (part.double().numpy() for part in saved)
        hidden = np.zeros((*k.shape[:2], len(u)))
        weights = np.zeros(k.shape[:2])
        for b, s in np.ndindex(*k.shape[:2]):
            hidden[b, s] = np.tanh(U @ q[b] + W @ k[b, s])
        for b, seen in enumerate(mask.numpy()):
            if seen.any():
                weights[b, seen] = scipy.special.softmax(hidden[b, seen] @ u)
        ctx.save_for_backward(*saved)
        ctx.hidden, ctx.weights = hidden, weights
        answers = np.einsum("bs,bsk->bk", weights, k), weights
        return tuple(torch.from_numpy(part).to(query.dtype) for part in answers)

    @staticmethod
    def backward(ctx, up_context, up_weights):
        q, k, U, W, u = (part.double().numpy() for part in ctx.saved_tensors)
        up_context, up_weights = up_context.double().numpy(), up_weights.double().numpy()
        up = up_weights + np.einsum("bk,bsk->bs", up_context, k)
        up = ctx.weights * (up - (ctx.weights * up).sum(axis=1, keepdims=True))
        inner = up[:, :, None] * u * (1 - ctx.hidden**2)
        grads = (
            inner.sum(axis=1) @ U,
            inner @ W + ctx.weights[:, :, None] * up_context[:, None],
            np.einsum("bsa,bq->aq", inner, q),
            np.einsum("bsa,bsk->ak", inner, k),
            np.einsum("bs,bsa->a", up, ctx.hidden),
        )
        kind = ctx.saved_tensors[0].dtype
        return *(torch.from_numpy(grad).to(kind) for grad in grads), None


@alternate("additive_attention", "loops from the paper, gradients by hand")
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    if mask is None:
        mask = torch.ones(keys.shape[:2], dtype=torch.bool)
    return _Additive.apply(query, keys, W_q, W_k, v, mask)


@alternate("teacher_forcing", "entry by entry from the definition")
def teacher_forcing(sequences, start, end, pad):
    length = 1 + max(len(y) for y in sequences)

    def given(y, i):
        return start if i == 0 else y[i - 1] if i <= len(y) else pad

    def due(y, i):
        return y[i] if i < len(y) else end if i == len(y) else pad

    inputs, targets, mask = (
        torch.tensor([[entry(y, i) for i in range(length)] for y in sequences])
        for entry in (given, due, lambda y, i: i <= len(y))
    )
    return inputs, targets, mask


class _Sequence(torch.autograd.Function):
    """SciPy's log-softmax at the real positions; the gradient is softmax minus one-hot."""

    @staticmethod
    def forward(ctx, logits, targets, mask):
        logp = scipy.special.log_softmax(logits.double().numpy(), axis=-1)
        ctx.kind, grad, losses = logits.dtype, np.zeros(logits.shape), []
        for b, i in np.argwhere(mask.numpy()):
            losses.append(-logp[b, i, targets[b, i]])
            grad[b, i] = np.exp(logp[b, i])
            grad[b, i, targets[b, i]] -= 1.0
        ctx.grad = grad / max(len(losses), 1)
        return torch.tensor(sum(losses) / max(len(losses), 1), dtype=logits.dtype)

    @staticmethod
    def backward(ctx, upstream):
        return torch.from_numpy(ctx.grad * float(upstream)).to(ctx.kind), None, None


@alternate("masked_sequence_loss", "SciPy's log_softmax, the gradient by hand")
def masked_sequence_loss(logits, targets, mask):
    return _Sequence.apply(logits, targets, mask)


@alternate("beam_search", "the scorer of transformers: 2·beam candidates, ends kept apart")
def beam_search(step, start, end, beam_size, max_length):
    prefixes, scores, ended = [[start]], np.zeros(1), []
    for _ in range(max_length):
        gains = np.stack([np.asarray(step(prefix), dtype=np.float64) for prefix in prefixes])
        size = gains.shape[1]
        flat = (scores[:, None] + gains).ravel()
        chosen = []
        for rank, place in enumerate(np.argsort(-flat, kind="stable")[: 2 * beam_size]):
            parent, token = divmod(int(place), size)
            candidate = ([*prefixes[parent], token], flat[place])
            if token != end:
                chosen.append(candidate)
            elif rank < beam_size:
                ended.append(candidate)
        chosen = chosen[:beam_size]
        # Nothing that is still open can overtake the best that ended.
        if not chosen or max((score for _, score in ended), default=-np.inf) >= chosen[0][1]:
            break
        prefixes, scores = [prefix for prefix, _ in chosen], np.array([s for _, s in chosen])
    best, score = max([*ended, *chosen], key=lambda candidate: candidate[1])
    return best[1:], float(score)


@alternate("bleu", "matrices of counts, precisions as exact fractions")
def bleu(candidates, references, max_n=4):
    precisions = []
    for n in range(1, max_n + 1):
        matched = possible = 0
        for candidate, known in zip(candidates, references, strict=True):
            windows = [
                [tuple(text[i : i + n]) for i in range(len(text) - n + 1)]
                for text in (candidate, *known)
            ]
            columns = {gram: place for place, gram in enumerate(set(itertools.chain(*windows)))}
            table = np.zeros((len(windows), len(columns)), dtype=int)
            for row, grams in enumerate(windows):
                np.add.at(table[row], np.array([columns[gram] for gram in grams], dtype=int), 1)
            matched += int(np.minimum(table[0], table[1:].max(axis=0)).sum())
            possible += int(table[0].sum())
        if not matched:
            return 0.0
        precisions.append(Fraction(matched, possible))
    c = sum(map(len, candidates))
    r = 0
    for candidate, known in zip(candidates, references, strict=True):
        for distance in itertools.count():
            near = [len(text) for text in known if abs(len(text) - len(candidate)) == distance]
            if near:
                r += min(near)
                break
    score = float(math.prod(precisions)) ** (1 / max_n)
    return score * math.exp(1 - r / c) if c < r else score
