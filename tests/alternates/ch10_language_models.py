"""Right answers in other styles."""

import heapq
import itertools
import math
from collections import Counter, defaultdict

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from grader.bank import alternate

# --- n-grams -------------------------------------------------------------------------------------


@alternate("ngram_counts", "a loop over the windows")
def ngram_counts(tokens, n, vocab_size):
    counts = torch.zeros([vocab_size] * n, dtype=torch.long)
    for start in range(len(tokens) - n + 1):
        counts[tuple(tokens[start : start + n].tolist())] += 1
    return counts


@alternate("ngram_counts", "one number for each n-gram, bincount")
def ngram_counts(tokens, n, vocab_size):
    windows = tokens.numel() - n + 1
    if windows < 1:
        return torch.zeros((vocab_size,) * n, dtype=torch.int64)
    code = torch.zeros(windows, dtype=torch.int64)
    for place in range(n):
        code = code * vocab_size + tokens[place : place + windows]
    return torch.bincount(code, minlength=vocab_size**n).reshape((vocab_size,) * n)


@alternate("ngram_counts", "a Counter of tuples, through NumPy")
def ngram_counts(tokens, n, vocab_size):
    text = tokens.tolist()
    counts = np.zeros((vocab_size,) * n, dtype=np.int64)
    for gram, often in Counter(zip(*(text[i:] for i in range(n)), strict=False)).items():
        counts[gram] = often
    return torch.from_numpy(counts)


@alternate("ngram_probabilities", "two cases, row by row")
def ngram_probabilities(counts, k):
    size = counts.size(-1)
    rows = []
    for row in counts.reshape(-1, size).tolist():
        total = sum(row) + k * size
        rows.append([(count + k) / total if total else 1 / size for count in row])
    return torch.tensor(rows).reshape(counts.shape)


@alternate("ngram_probabilities", "unseen rows count once each")
def ngram_probabilities(counts, k):
    smooth = counts.double() + k
    smooth = torch.where(smooth.sum(-1, keepdim=True) == 0, torch.ones_like(smooth), smooth)
    return (smooth / smooth.sum(-1, keepdim=True)).to(torch.get_default_dtype())


@alternate("ngram_probabilities", "0/0 is NaN and becomes 1/V")
def ngram_probabilities(counts, k):
    size = counts.shape[-1]
    numerator = torch.add(counts, k).to(torch.get_default_dtype())
    denominator = counts.sum(dim=-1, keepdim=True) + k * size
    return torch.nan_to_num(numerator / denominator, nan=1.0 / size)


@alternate("perplexity", "one token at a time, in Python")
def perplexity(tokens, probabilities):
    n, total, count = probabilities.dim(), 0.0, 0
    text = tokens.tolist()
    for i in range(n - 1, len(text)):
        p = float(probabilities[tuple(text[i - n + 1 : i + 1])])
        if p == 0.0:
            return math.inf
        total += math.log2(p)
        count += 1
    return 2.0 ** (-total / count)


@alternate("perplexity", "a tensor of no axes, by unfold and a flat table")
def perplexity(tokens, probabilities):
    n, size = probabilities.ndim, probabilities.shape[-1]
    place = size ** torch.arange(n - 1, -1, -1)
    index = (tokens.unfold(0, n, 1) * place).sum(dim=1)
    return torch.exp(-torch.log(probabilities.reshape(-1)[index]).mean())


@alternate("perplexity", "the geometric mean, root by root")
def perplexity(tokens, probabilities):
    n = probabilities.ndim
    windows = len(tokens) - n + 1
    mean = 1.0
    for i in range(windows):
        mean *= float(probabilities[tuple(tokens[i : i + n])]) ** (1.0 / windows)
    return float("inf") if mean == 0 else 1.0 / mean


# --- word vectors --------------------------------------------------------------------------------


@alternate("negative_sampling_loss", "softplus and bmm")
def negative_sampling_loss(center, context, negatives):
    true = torch.einsum("bd,bd->b", center, context)
    false = torch.bmm(negatives, center.unsqueeze(2)).squeeze(2)
    return (functional.softplus(-true) + functional.softplus(false).sum(1)).mean()


@alternate("negative_sampling_loss", "binary cross-entropy with labels, summed and divided by B")
def negative_sampling_loss(center, context, negatives):
    vectors = torch.cat([context[:, None], negatives], dim=1)
    scores = torch.einsum("bd,bkd->bk", center, vectors)
    labels = torch.zeros_like(scores)
    labels[:, 0] = 1.0
    loss = functional.binary_cross_entropy_with_logits(scores, labels, reduction="sum")
    return loss / len(center)


@alternate("negative_sampling_loss", "logaddexp, sample by sample")
def negative_sampling_loss(center, context, negatives):
    losses = []
    for c, o, ns in zip(center, context, negatives, strict=True):
        scores = torch.cat([-(c @ o)[None], ns @ c])
        losses.append(torch.logaddexp(torch.zeros_like(scores), scores).sum())
    return torch.stack(losses).mean()


@alternate("NNLM", "reshape, modules by name")
class NNLM(nn.Module):
    def __init__(self, vocab_size, context, embed_dim, hidden_dim):
        super().__init__()
        width = context * embed_dim
        self.add_module("direct", nn.Linear(width, vocab_size, bias=False))
        self.add_module("output", nn.Linear(hidden_dim, vocab_size))
        self.add_module("hidden", nn.Linear(width, hidden_dim))
        self.add_module("embed", nn.Embedding(vocab_size, embed_dim))

    def forward(self, tokens):
        batch = tokens.shape[0]
        x = self.embed(tokens).reshape(batch, -1)
        return self.direct(x) + self.output(self.hidden(x).tanh())


@alternate("NNLM", "words joined one after the other, an activation of its own")
class NNLM(nn.Module):
    def __init__(self, vocab_size, context, embed_dim, hidden_dim):
        super().__init__()
        self.context = context
        self.embed = nn.Embedding(vocab_size, embed_dim)
        self.hidden = nn.Linear(context * embed_dim, hidden_dim)
        self.activation = nn.Tanh()
        self.output = nn.Linear(hidden_dim, vocab_size)
        self.direct = nn.Linear(context * embed_dim, vocab_size, bias=False)

    def forward(self, tokens):
        x = torch.cat([self.embed(tokens[:, i]) for i in range(self.context)], dim=-1)
        return self.output(self.activation(self.hidden(x))) + self.direct(x)


# --- attention -----------------------------------------------------------------------------------


@alternate("additive_attention", "einsum, minus infinity only where a row sees something")
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    asked = torch.einsum("bq,aq->ba", query, W_q)
    offered = torch.einsum("bsk,ak->bsa", keys, W_k)
    scores = torch.einsum("bsa,a->bs", torch.tanh(asked[:, None, :] + offered), v)
    if mask is not None:
        somewhere = mask.any(dim=1, keepdim=True)
        scores = scores.masked_fill(~mask & somewhere, float("-inf"))
        weights = scores.softmax(dim=1) * somewhere
    else:
        weights = scores.softmax(dim=1)
    return torch.einsum("bs,bsk->bk", weights, keys), weights


@alternate("additive_attention", "sentence by sentence, over the visible keys only")
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    contexts, rows = [], []
    for b in range(len(query)):
        seen = torch.arange(keys.shape[1]) if mask is None else mask[b].nonzero().flatten()
        row = keys.new_zeros(keys.shape[1])
        if len(seen):
            hidden = torch.tanh(W_q @ query[b] + functional.linear(keys[b, seen], W_k))
            row = row.index_put((seen,), torch.softmax(hidden.mv(v), dim=0))
        rows.append(row)
        contexts.append(row @ keys[b])
    return torch.stack(contexts), torch.stack(rows)


@alternate("additive_attention", "query and key side by side, one matrix, softmax by hand")
def additive_attention(query, keys, W_q, W_k, v, mask=None):
    both = torch.cat([query.unsqueeze(1).expand(-1, keys.size(1), -1), keys], dim=-1)
    scores = functional.linear(both, torch.cat([W_q, W_k], dim=1)).tanh().matmul(v)
    if mask is None:
        mask = torch.ones_like(scores, dtype=torch.bool)
    scores = torch.where(mask, scores, -1e9)
    e = torch.exp(scores - scores.max(dim=1, keepdim=True).values) * mask
    weights = e / e.sum(dim=1, keepdim=True).clamp(min=1e-30)
    return torch.bmm(weights.unsqueeze(1), keys).squeeze(1), weights


# --- sentences of different lengths ---------------------------------------------------------------


@alternate("teacher_forcing", "tensors full of padding, filled in row by row")
def teacher_forcing(sequences, start, end, pad):
    length = max(map(len, sequences)) + 1
    inputs = torch.full((len(sequences), length), pad, dtype=torch.int64)
    targets = inputs.clone()
    mask = torch.zeros(inputs.shape, dtype=torch.bool)
    for row, sequence in enumerate(sequences):
        n = len(sequence)
        inputs[row, 0] = start
        inputs[row, 1 : n + 1] = torch.tensor(sequence, dtype=torch.int64)
        targets[row, :n] = inputs[row, 1 : n + 1]
        targets[row, n] = end
        mask[row, : n + 1] = True
    return inputs, targets, mask


@alternate("teacher_forcing", "pad_sequence, a list of three")
def teacher_forcing(sequences, start, end, pad):
    def padded(rows, filler):
        return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=filler)

    inputs = padded([torch.tensor([start, *y]) for y in sequences], pad)
    targets = padded([torch.tensor([*y, end]) for y in sequences], pad)
    mask = padded([torch.ones(len(y) + 1, dtype=torch.bool) for y in sequences], False)
    return [inputs, targets, mask]


@alternate("teacher_forcing", "zip_longest of the columns")
def teacher_forcing(sequences, start, end, pad):
    def columns(rows, filler):
        return torch.tensor(list(itertools.zip_longest(*rows, fillvalue=filler))).T

    return (
        columns([[start, *y] for y in sequences], pad),
        columns([[*y, end] for y in sequences], pad),
        columns([[True] * (len(y) + 1) for y in sequences], False),
    )


@alternate("masked_sequence_loss", "the real positions picked out")
def masked_sequence_loss(logits, targets, mask):
    if not mask.any():
        return logits.sum() * 0.0
    return functional.cross_entropy(logits[mask], targets[mask])


@alternate("masked_sequence_loss", "ignore_index, summed and divided")
def masked_sequence_loss(logits, targets, mask):
    labels = torch.where(mask, targets, torch.full_like(targets, -100)).flatten()
    rows = logits.reshape(-1, logits.shape[-1])
    total = functional.cross_entropy(rows, labels, ignore_index=-100, reduction="sum")
    return total / max(int(mask.sum()), 1)


@alternate("masked_sequence_loss", "log-sum-exp minus the target's logit, token by token")
def masked_sequence_loss(logits, targets, mask):
    total = logits.new_zeros(())
    for b, position in mask.nonzero().tolist():
        row = logits[b, position]
        total = total + torch.logsumexp(row, dim=0) - row[targets[b, position]]
    return total / mask.sum() if mask.any() else (logits * 0).sum()


# --- beam search ---------------------------------------------------------------------------------


@alternate("beam_search", "finished hypotheses set aside")
def beam_search(step, start, end, beam_size, max_length):
    alive, finished = [([start], 0.0)], []
    for _ in range(max_length):
        pool = []
        for prefix, score in alive:
            for token, gain in enumerate(step(prefix)):
                pool.append(([*prefix, token], score + float(gain)))
        pool.sort(key=lambda hypothesis: -hypothesis[1])
        alive = []
        for prefix, score in pool:
            if len(alive) == beam_size:
                break
            (finished if prefix[-1] == end else alive).append((prefix, score))
    best, score = max(finished + alive, key=lambda hypothesis: hypothesis[1])
    return best[1:], score


@alternate("beam_search", "a heap of dictionaries, a tensor as score")
def beam_search(step, start, end, beam_size, max_length):
    beam = [{"tokens": [], "score": torch.zeros((), dtype=torch.float64), "open": True}]
    while any(one["open"] for one in beam) and max_length > 0:
        max_length -= 1
        pool = [one for one in beam if not one["open"]]
        for one in filter(lambda one: one["open"], beam):
            gains = step([start] + one["tokens"])
            pool += [
                {
                    "tokens": one["tokens"] + [token],
                    "score": one["score"] + gains[token],
                    "open": token != end,
                }
                for token in range(len(gains))
            ]
        beam = heapq.nlargest(beam_size, pool, key=lambda one: one["score"])
    return tuple(beam[0]["tokens"]), beam[0]["score"]


@alternate("beam_search", "one topk over all hypotheses at once")
def beam_search(step, start, end, beam_size, max_length):
    prefixes, scores = [[start]], torch.zeros(1)
    for _ in range(max_length):
        rows, options = [], []
        for prefix, score in zip(prefixes, scores, strict=True):
            if prefix[-1] == end:
                options.append(prefix)
                rows.append(score[None])
            else:
                gains = step(list(prefix))
                options += [[*prefix, token] for token in range(gains.shape[0])]
                rows.append(score + gains)
        every = torch.cat(rows)
        scores, index = every.topk(min(beam_size, every.shape[0]))
        prefixes = [options[i] for i in index.tolist()]
    return prefixes[0][1:], scores[0].item()


# --- BLEU ----------------------------------------------------------------------------------------


@alternate("bleu", "dictionaries, order by order, the root of a product")
def bleu(candidates, references, max_n=4):
    def tally(sentence, n):
        counts = defaultdict(int)
        for i in range(len(sentence) - n + 1):
            counts[tuple(sentence[i : i + n])] += 1
        return counts

    product = 1.0
    for n in range(1, max_n + 1):
        clipped = possible = 0
        for sentence, known in zip(candidates, references, strict=True):
            tables = [tally(reference, n) for reference in known]
            for gram, often in tally(sentence, n).items():
                clipped += min(often, max(table[gram] for table in tables))
            possible += max(len(sentence) - n + 1, 0)
        if clipped == 0:
            return 0.0
        product *= clipped / possible
    c = sum(len(sentence) for sentence in candidates)
    r = 0
    for sentence, known in zip(candidates, references, strict=True):
        lengths = sorted(len(reference) for reference in known)
        r += min(lengths, key=lambda length: abs(length - len(sentence)))
    penalty = math.exp(1 - r / c) if c < r else 1.0
    return penalty * product ** (1 / max_n)


@alternate("bleu", "references crossed off one by one, logs through NumPy")
def bleu(candidates, references, max_n=4):
    hits, tries, c, r = np.zeros(max_n), np.zeros(max_n), 0, 0
    for sentence, known in zip(candidates, references, strict=True):
        c += len(sentence)
        r += min((len(one) for one in known), key=lambda n: (abs(n - len(sentence)), n))
        for n in range(1, max_n + 1):
            mine = [tuple(sentence[i : i + n]) for i in range(len(sentence) - n + 1)]
            tries[n - 1] += len(mine)
            for gram in set(mine):
                most = 0
                for one in known:
                    places = [i for i in range(len(one)) if tuple(one[i : i + n]) == gram]
                    most = max(most, len(places))
                hits[n - 1] += min(mine.count(gram), most)
    if not hits.all():
        return 0.0
    return float(min(1.0, np.exp(1 - r / c)) * np.exp(np.log(hits / tries).mean()))


@alternate("bleu", "all orders in one Counter, the penalty as a float tensor's exponential")
def bleu(candidates, references, max_n=4):
    def grams(sentence):
        ends = [(i, i + n) for n in range(1, max_n + 1) for i in range(len(sentence) - n + 1)]
        return Counter(tuple(sentence[i:j]) for i, j in ends)

    matched, total, shortfall = Counter(), Counter(), [0, 0]
    for sentence, known in zip(candidates, references, strict=True):
        allowed = Counter()
        for reference in known:
            for gram, often in grams(reference).items():
                allowed[gram] = max(allowed[gram], often)
        for gram, often in grams(sentence).items():
            matched[len(gram)] += min(often, allowed[gram])
            total[len(gram)] += often
        gaps = [(abs(len(one) - len(sentence)), len(one)) for one in known]
        shortfall[0] += len(sentence)
        shortfall[1] += min(gaps)[1]
    if any(matched[n] == 0 for n in range(1, max_n + 1)):
        return 0.0
    precisions = torch.tensor([matched[n] / total[n] for n in range(1, max_n + 1)]).double()
    ratio = torch.tensor(1 - shortfall[1] / shortfall[0], dtype=torch.float64)
    return (precisions.log().mean() + ratio.clamp(max=0.0)).exp().item()
