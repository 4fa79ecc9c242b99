"""What people get wrong in language models."""

from grader.bank import slips

# ------------------------------------------------------------------------------------- ngram_counts

slips(
    "ngram_counts",
    """
    last-window-lost: The last window begins at T − n; a range up to T − n stops one before it.
        len(tokens) - n + 1 -> len(tokens) - n
    repeats-count-once: Adding to an indexed tensor adds once for each different index: an n-gram
      that comes twice is counted once.
        accumulate=True -> accumulate=False
    no-overlap: The text is cut into pieces of n tokens; a window begins at every token.
        index = tuple(tokens[i : i + windows] for i in range(n))
        -> index = tuple(tokens[i : i + windows : n] for i in range(n))
    last-token-first: The axes run from the oldest token to the newest: here the last one indexes
      the first axis.
        tuple(tokens[i : i + windows] for i in range(n))
        -> tuple(tokens[i : i + windows] for i in reversed(range(n)))
    padded-at-start: Nothing is put before the text: its first n-gram begins with its first token.
        windows = max(len(tokens) - n + 1, 0)
        ->
        tokens = torch.cat([tokens.new_zeros(n - 1), tokens])
        windows = max(len(tokens) - n + 1, 0)
    short-texts-raise: A text shorter than n has no window, and that is no error: all counts are
      zero.
        tuple(tokens[i : i + windows] for i in range(n)) -> tuple(tokens.unfold(0, n, 1).T)
    not-int64: Counts are whole numbers: the table must be int64.
        accumulate=True) -> accumulate=True).float()
    """,
)


# ------------------------------------------------------------------------------ ngram_probabilities

slips(
    "ngram_probabilities",
    """
    k-added-once: Each of the V counts of a row has grown by k, so their sum has grown by more than
      k.
        weights.sum(dim=-1, keepdim=True) -> counts.sum(dim=-1, keepdim=True) + k
    normalised-over-everything: These are joint probabilities; every context, a row along the last
      axis, sums to one by itself.
        weights.sum(dim=-1, keepdim=True) -> weights.sum()
    normalised-over-contexts: The sum runs over the last axis, the token that follows, not over what
      came before.
        dim=-1 -> dim=0
    unseen-context-nan: With k = 0 a context that was never seen is 0/0: it gets the uniform row.
        torch.where(totals > 0, weights / totals, 1 / counts.shape[-1]) -> weights / totals
    unseen-context-zero: With k = 0 a context that was never seen gets the uniform row; zeros are no
      probabilities.
        torch.where(totals > 0, weights / totals, 1 / counts.shape[-1])
        -> weights / totals.clamp(min=1e-12)
    k-for-every-ngram: Of one context there are V continuations and not V to the power n: that many
      times k is added to its sum.
        weights.sum(dim=-1, keepdim=True)
        -> counts.sum(dim=-1, keepdim=True) + k * counts.numel()
    only-zeros-smoothed: Every count grows by k, not only the zeros: otherwise seen and unseen come
      too close.
        torch.get_default_dtype()) + k -> torch.get_default_dtype()).masked_fill(counts == 0, k)
    always-float32: The answer is in torch's default dtype, whichever that is at the time of the
      call.
        counts.to(torch.get_default_dtype()) -> counts.float()
    fills-rows-in-place: The given counts are changed on the way: rows of zeros become ones in the
      caller's table.
        totals = weights.sum(dim=-1, keepdim=True)
        ->
        counts[counts.sum(dim=-1) == 0] = 1
        totals = weights.sum(dim=-1, keepdim=True)
    """,
)


# --------------------------------------------------------------------------------------- perplexity

slips(
    "perplexity",
    """
    divided-by-all-tokens: The first n − 1 tokens are not guessed: the mean is over the T − n + 1
      that are.
        .mean() -> .sum() / len(tokens)
    two-bases: A logarithm to base 2 is undone by a power of 2, the natural one by exp: here they
      are mixed.
        .log() -> .log2()
    powers-of-two: The natural logarithm is undone by exp; a power of 2 belongs to a logarithm to
      base 2.
        torch.exp( -> torch.exp2(
    arithmetic-mean: The mean is over the logarithms: the probabilities of a text are multiplied,
      not added.
        torch.exp(-probabilities[index].log().mean()) -> 1 / probabilities[index].mean()
    mean-of-inverses: The mean is over the logarithms: the inverses themselves are averaged here.
        torch.exp(-probabilities[index].log().mean()) -> (1 / probabilities[index]).mean()
    clipped: A token of probability 0 makes the perplexity infinite: an epsilon hides that the model
      thought it impossible.
        probabilities[index].log() -> probabilities[index].clamp(min=1e-10).log()
    zeros-skipped: A token of probability 0 makes the perplexity infinite; here it is left out of
      the mean.
        return float(torch.exp(-probabilities[index].log().mean()))
        ->
        p = probabilities[index]
        return float(torch.exp(-p[p > 0].log().mean())) if (p > 0).any() else math.inf
    context-reversed: The axes of the table run from the oldest token to the one that is guessed.
        tuple(tokens[i : i + windows] for i in range(n))
        -> tuple(tokens[i : i + windows] for i in reversed(range(n)))
    product-of-probabilities: The product of hundreds of probabilities is 0 in float32: add
      logarithms instead.
        return float(torch.exp(-probabilities[index].log().mean()))
        ->
        return float(probabilities[index].float().prod() ** (-1 / windows))
    not-exponentiated: This is the mean cross-entropy: perplexity is its exp.
        torch.exp(-probabilities[index].log().mean()) -> -probabilities[index].log().mean()
    logs-in-place: The given probabilities are replaced by their logarithms: take them into a new
      tensor.
        probabilities[index].log() -> probabilities.log_()[index]
    """,
)


# --------------------------------------------------------------------------- negative_sampling_loss

slips(
    "negative_sampling_loss",
    """
    negatives-averaged: The K negatives are summed: each is a question of its own.
        functional.logsigmoid(-drawn).sum(dim=-1) -> functional.logsigmoid(-drawn).mean(dim=-1)
    negative-sign-missing: For a negative the right answer is no: this loss pulls negatives closer
      instead of away.
        functional.logsigmoid(-drawn) -> functional.logsigmoid(drawn)
    log-of-sigmoid: A sigmoid rounds to 0 far out, and its logarithm is −∞: the two belong in one
      function.
        functional.logsigmoid(true) -> torch.sigmoid(true).log()
        functional.logsigmoid(-drawn) -> torch.sigmoid(-drawn).log()
    epsilon-inside: An epsilon in the logarithm caps the loss where it should grow with the score,
      and the gradient dies there.
        functional.logsigmoid(true) -> (torch.sigmoid(true) + 1e-10).log()
        functional.logsigmoid(-drawn) -> (torch.sigmoid(-drawn) + 1e-10).log()
    batch-summed: Over the batch it is a mean, not a sum.
        ).mean() -> ).sum()
    negatives-of-context: Negatives are scored against the center word, as its true neighbour is.
        center[:, None] -> context[:, None]
    softmax-of-candidates: This is a softmax over the neighbour and the negatives; here each is a
      yes-or-no question with a sigmoid of its own.
        return -(functional.logsigmoid(true) + functional.logsigmoid(-drawn).sum(dim=-1)).mean()
        ->
        scores = torch.cat([true[:, None], drawn], dim=1)
        return -torch.log_softmax(scores, dim=1)[:, 0].mean()
    sign-of-the-loss: A loss is to be made small: this is the log-likelihood, which is to be made
      large.
        return -(functional -> return (functional
    negates-in-place: The given negatives change their sign for good: change that of the scores.
        true = (center * context).sum(dim=-1)
        ->
        with torch.no_grad():
            negatives.neg_()
        true = (center * context).sum(dim=-1)

        functional.logsigmoid(-drawn) -> functional.logsigmoid(drawn)
    """,
)


# --------------------------------------------------------------------------------------------- NNLM

slips(
    "NNLM",
    """
    embeddings-averaged: An average forgets which word stood where: the embeddings are put side by
      side.
        self.embed(tokens).flatten(1) -> self.embed(tokens).mean(dim=1).repeat(1, tokens.shape[1])
    features-interleaved: The embedding of one word stays together: first all features of the oldest
      token, then those of the next.
        self.embed(tokens).flatten(1) -> self.embed(tokens).transpose(1, 2).flatten(1)
    order-reversed: The oldest token comes first, as it stands in the input.
        self.embed(tokens) -> self.embed(tokens.flip(1))
    no-direct: There are two paths to the logits, and the straight one is not used.
        + self.direct(x) ->
    no-tanh: Without the tanh both paths are linear, and so is the model.
        torch.tanh(self.hidden(x)) -> self.hidden(x)
    relu: The hidden layer of this model bends by tanh.
        torch.tanh -> torch.relu
    probabilities: The model returns logits; a softmax here would be taken again in the loss.
        return self.output -> return torch.softmax(self.output
        self.direct(x) -> self.direct(x), dim=-1)
    log-probabilities: The model returns logits, not normalised: the loss takes the log-softmax.
        return self.output -> return torch.log_softmax(self.output
        self.direct(x) -> self.direct(x), dim=-1)
    direct-with-bias: `direct` has no bias: `output` brings one already.
        vocab_size, bias=False) -> vocab_size)
    """,
)


# ------------------------------------------------------------------------------- additive_attention

slips(
    "additive_attention",
    """
    tanh-apart: One tanh bends the sum of query and key; a tanh of each keeps the query out of the
      weights.
        torch.tanh((query @ W_q.T)[:, None] + keys @ W_k.T)
        -> torch.tanh(query @ W_q.T)[:, None] + torch.tanh(keys @ W_k.T)
    no-tanh: Without the tanh the query adds the same to every score, and the softmax does not
      notice it.
        torch.tanh((query @ W_q.T)[:, None] + keys @ W_k.T)
        -> (query @ W_q.T)[:, None] + keys @ W_k.T
    scaled: The root that scales dot products in chapter 8 has no place here: tanh keeps the sum
      small.
        hidden @ v -> hidden @ v / len(v) ** 0.5
    mask-after-softmax: The mask comes after the softmax: hidden keys take weight away, and rows do
      not sum to one.
        scores.masked_fill(~mask, torch.finfo(scores.dtype).min) -> scores
    scores-times-mask: A score of 0 is no small score: hidden keys still get weight.
        scores.masked_fill(~mask, torch.finfo(scores.dtype).min) -> scores * mask
        .masked_fill(~mask, 0.0) ->
    softmax-over-batch: The softmax runs over the keys of one sentence, not over the sentences of
      the batch.
        torch.softmax(scores, dim=-1) => torch.softmax(scores, dim=0)
    mask-inverted: True means that the key may be seen; here it hides the key.
        if mask is None:
        ->
        mask = None if mask is None else ~mask
        if mask is None:
    projected-values: The context is an average of the keys as they came, not of their projections.
        weights[:, :, None] * keys -> weights[:, :, None] * (keys @ W_k.T)
    dead-rows-nan: A row in which every score is −∞ has a softmax of NaN: a row without any key gets
      zeros.
        torch.finfo(scores.dtype).min -> -torch.inf
        .masked_fill(~mask, 0.0) ->
    dead-rows-uniform: A row without any key gets zero weights, not equal ones.
        .masked_fill(~mask, 0.0) ->
    no-max-shift: exp overflows above about 88 in float32, 709 in float64: take torch's softmax, or
      subtract the largest score of each row first.
        if mask is None:
        ->
        weights = torch.exp(scores) if mask is None else torch.exp(scores) * mask
        weights = weights / weights.sum(dim=1, keepdim=True).clamp(min=1e-30)
        return (weights[:, :, None] * keys).sum(dim=1), weights
        if mask is None:
    query-detached: Gradients must reach the query too: it is cut off from them here.
        query @ W_q.T -> query.detach() @ W_q.T
    reshaped-for-transposed: A reshape to another order of axes mixes keys and features up: exchange
      the axes instead.
        hidden @ v -> torch.einsum("a,bas->bs", v, hidden.reshape(len(hidden), len(v), -1))
    wipes-hidden-keys: The given keys are changed on the way: hidden ones are zero afterwards.
        return (weights[:, :, None] * keys).sum(dim=1), weights
        ->
        answer = (weights[:, :, None] * keys).sum(dim=1), weights
        if mask is not None:
            keys.data.masked_fill_(~mask[:, :, None], 0.0)
        return answer
    """,
)


# ---------------------------------------------------------------------------------- teacher_forcing

slips(
    "teacher_forcing",
    """
    not-shifted: Inputs and targets are the same here: the model learns to copy the word that it is
      given.
        return inputs, targets, mask -> return inputs, inputs.clone(), mask
    swapped: Inputs begin with start and targets finish with end; here it is the other way round.
        return inputs, targets, mask -> return targets, inputs, mask
    end-after-padding: end follows the last word of its own sentence, before the padding.
        [*sequence, end, *rest] -> [*sequence, *rest, end]
    no-end: The targets never say end: such a model never learns to stop.
        [*sequence, end, *rest] -> [*sequence, pad, *rest]
    end-not-counted: The mask leaves out the position where end is asked for: n tokens have n + 1
      positions.
        torch.tensor(steps)[:, None] -> torch.tensor(steps)[:, None] - 1
    mask-from-pad: pad may be a word, or the same as end: what is real is known from the lengths
      only.
        torch.arange(max(steps)) < torch.tensor(steps)[:, None] -> targets != pad
    end-in-inputs: The end is nothing the decoder goes on from: it is asked for, and never given.
        [start, *sequence, *rest] -> [start, *sequence, end, *rest][: max(steps)]
    padding-in-front: The padding stands at the end of a row, not at its beginning.
        [start, *sequence, *rest] -> [*rest, start, *sequence]
        [*sequence, end, *rest] -> [*rest, *sequence, end]
        torch.tensor(steps)[:, None] -> torch.tensor(steps)[:, None]; mask = mask.flip(1)
    extends-the-sentences: The given lists are made longer on the way; put new ones together
      instead.
        return inputs, targets, mask
        ->
        for sequence in sequences:
            sequence.append(end)
        return inputs, targets, mask
    """,
)


# ----------------------------------------------------------------------------- masked_sequence_loss

slips(
    "masked_sequence_loss",
    """
    mean-over-all: The sum is divided by all positions of the batch, padding included: divide by the
      real ones.
        sum() / mask.sum().clamp(min=1) -> mean()
    mean-of-means: Every token counts the same, in whatever sentence: here those of short sentences
      count more.
        losses.masked_fill(~mask, 0.0).sum() / mask.sum().clamp(min=1)
        -> (losses.masked_fill(~mask, 0.0).sum(dim=1) / mask.sum(dim=1).clamp(min=1)).mean()
    logits-zeroed: Logits of zero still cost log V: it is the loss of a hidden position that must be
      zero.
        logits.transpose(1, 2) -> logits.masked_fill(~mask[:, :, None], 0.0).transpose(1, 2)
        losses.masked_fill(~mask, 0.0) -> losses
    shifts-again: The targets are shifted already: position l of the logits answers position l of
      the targets.
        safe = targets.masked_fill(~mask, 0)
        ->
        logits, targets, mask = logits[:, :-1], targets[:, 1:], mask[:, 1:]
        safe = targets.masked_fill(~mask, 0)
    gathers-padding: A hidden target may be −100, which is no index: replace it before it is looked
      up.
        functional.cross_entropy(logits.transpose(1, 2), safe, reduction="none")
        -> -torch.log_softmax(logits, dim=-1).gather(-1, targets[:, :, None])[:, :, 0]
    log-of-softmax: A softmax rounds to 0 where logits are far apart, and its logarithm is −∞: take
      both at once.
        functional.cross_entropy(logits.transpose(1, 2), safe, reduction="none")
        -> -torch.softmax(logits, dim=-1).log().gather(-1, safe[:, :, None])[:, :, 0]
    nothing-real-nan: A mean over no tokens is 0/0: if nothing is real, the loss is 0.
        losses.masked_fill(~mask, 0.0).sum() / mask.sum().clamp(min=1) -> losses[mask].mean()
    mask-inverted: True stands for real tokens: here only the padding is learned.
        safe = targets.masked_fill(~mask, 0)
        ->
        mask = ~mask
        safe = targets.clamp(0, logits.shape[-1] - 1)
    summed: It is the mean over the real tokens: a sum grows with the batch.
        / mask.sum().clamp(min=1) ->
    """,
)


# -------------------------------------------------------------------------------------- beam_search

slips(
    "beam_search",
    """
    greedy: Only the best hypothesis survives a round: beam_size of them go on side by side.
        [:beam_size] -> [:1]
    goes-on-after-end: A hypothesis that ends in `end` is finished: it competes as it is, and is not
      extended.
        if tokens[-1:] == [end]] -> if False]
        if tokens[-1:] != [end]: -> if True:
        if all(tokens[-1] == end for _, tokens in beam): -> if False:
    finished-dropped: A finished hypothesis disappears from the beam and is never an answer, however
      good it was.
        if tokens[-1:] == [end]]
        -> if tokens[-1:] == [end] and all(other[-1:] == [end] for _, other in beam)]
    stops-at-first-end: The first hypothesis that ends is returned, while a better one may still be
      on its way.
        if all(tokens[-1] == end for _, tokens in beam):
            break
        ->
        for score, tokens in beam:
            if tokens[-1] == end:
                return tokens, score
    finished-first: The best hypothesis is returned, finished or not: here an unfinished one never
      is, if any ended.
        score, tokens = beam[0]
        ->
        score, tokens = ([one for one in beam if one[1][-1] == end] or beam)[0]
    length-normalised: Hypotheses are compared by the plain sum of their log probabilities, not by
      the mean.
        sorted(pool, reverse=True)
        -> sorted(pool, key=lambda one: one[0] / len(one[1]), reverse=True)
    normalised-at-the-end: The answer is chosen, and its score given, by the plain sum, not divided
      by the length.
        score, tokens = beam[0]
        ->
        score, tokens = max((score / len(tokens), tokens) for score, tokens in beam)
    one-extension-each: All extensions compete in one pool: a good hypothesis may have several
      children in the beam, a bad one none.
        for token, log_probability in enumerate(log_probabilities):
        ->
        best = log_probabilities.index(max(log_probabilities))
        for token, log_probability in enumerate(log_probabilities):
            if tokens and token != best:
                continue
    probabilities-added: Probabilities of consecutive tokens are multiplied: it is their logarithms
      that are added.
        step([start, *tokens]).tolist() -> step([start, *tokens]).exp().tolist()
    start-returned: The answer is what was written after the start: the start itself is not part of
      it.
        return tokens, score -> return [start, *tokens], score
    end-cut-off: The end token is part of the answer where it was reached: it tells finished from
      cut off.
        return tokens, score -> return [token for token in tokens if token != end], score
    last-token-only: `step` is given the whole prefix, from the start on, not the last token alone.
        step([start, *tokens]) -> step([start, *tokens][-1:])
    keeps-every-end: What ends is kept only if it is among the beam_size best of its round, as
      everything else.
        beam = sorted(pool, reverse=True)[:beam_size]
        ->
        ended = [one for one in pool if one[1][-1] == end]
        alive = sorted((one for one in pool if one[1][-1] != end), reverse=True)
        beam = sorted(ended + alive[:beam_size], reverse=True)
    beam-shrinks: A finished hypothesis gives its place back when better ones push it out: the beam
      stays beam_size wide.
        beam = sorted(pool, reverse=True)[:beam_size]
        ->
        ended = [one for one in beam if one[1][-1:] == [end]]
        grown = sorted((one for one in pool if one not in ended), reverse=True)
        beam = sorted(ended + grown[: beam_size - len(ended)], reverse=True)
    score-of-last-token: The score is the sum over all tokens of the hypothesis: here each round
      forgets the one before.
        (score + log_probability, [*tokens, token]) -> (log_probability, [*tokens, token])
    """,
)


# --------------------------------------------------------------------------------------------- bleu

slips(
    "bleu",
    """
    not-clipped: An n-gram matches at most as often as a reference has it: else one word, again and
      again, is perfect.
        (found & allowed).total() -> sum(often for gram, often in found.items() if gram in allowed)
    references-added: Counts are clipped by the one reference that has the n-gram most often, not by
      all together.
        allowed |= ngrams(reference, n) -> allowed += ngrams(reference, n)
    best-reference-alone: Each n-gram looks for its own reference: different ones may match in
      different references.
        (found & allowed).total() -> max((found & ngrams(one, n)).total() for one in known)
    repeats-count-once: An n-gram that stands twice counts twice, if a reference has it twice:
      counts, not sets.
        (found & allowed).total() -> len(found.keys() & allowed.keys())
        found.total() -> len(found)
    shortest-reference: The reference length that counts is the one closest to the candidate's, not
      the shortest.
        min((abs(len(one) - len(candidate)), len(one)) for one in known)[1] -> min(map(len, known))
    longest-reference: The reference length that counts is the one closest to the candidate's, not
      the longest.
        min((abs(len(one) - len(candidate)), len(one)) for one in known)[1] -> max(map(len, known))
    tie-to-the-longer: Of two reference lengths as close to the candidate's, the shorter one counts.
        min((abs(len(one) - len(candidate)), len(one)) for one in known)[1]
        -> -min((abs(len(one) - len(candidate)), -len(one)) for one in known)[1]
    tie-to-the-first: Of two reference lengths as close, the shorter one counts, in whatever order
      they come.
        min((abs(len(one) - len(candidate)), len(one)) for one in known)[1]
        -> len(min(known, key=lambda one: abs(len(one) - len(candidate))))
    mean-of-sentences: BLEU belongs to a corpus: its numerators and denominators are added up before
      dividing.
        matched, total = [0] * max_n, [0] * max_n
        ->
        if len(candidates) > 1:
            pairs = zip(candidates, references, strict=True)
            return sum(bleu([one], [known], max_n) for one, known in pairs) / len(candidates)
        matched, total = [0] * max_n, [0] * max_n
    penalty-inverted: The penalty is for candidates that are too short: the ratio is upside down.
        1 - r / c -> 1 - c / r
    penalty-both-ways: A candidate longer than its reference is not rewarded: the penalty is at most
      1.
        min(0.0, 1 - r / c) -> (1 - r / c)
    ratio-penalty: The penalty falls exponentially with r/c: it is not the ratio of the lengths
      itself.
        math.exp(min(0.0, 1 - r / c) + sum(logs) / max_n)
        -> min(1.0, c / r) * math.exp(sum(logs) / max_n)
    no-penalty: A candidate of one right word would be perfect: what is too short is penalised.
        min(0.0, 1 - r / c) + ->
    product-without-root: The mean of max_n precisions is the root of their product: here the root
      is missing.
        sum(logs) / max_n -> sum(logs)
    arithmetic-mean: The mean of the precisions is geometric: one order without a match makes it 0.
        if 0 in matched: -> if not matched[0]:
        math.log(part / whole) -> part / max(whole, 1)
        min(0.0, 1 - r / c) + sum(logs) / max_n) -> min(0.0, 1 - r / c)) * sum(logs) / max_n
    only-highest-order: All orders from 1 to max_n take part, each with the same weight.
        sum(logs) / max_n -> logs[-1]
    zero-orders-skipped: An order without a match makes the score 0; leaving it out makes a bad
      translation better.
        if 0 in matched: -> if not matched[0]:
        in zip(matched, total, strict=True) -> in zip(matched, total, strict=True) if part
        sum(logs) / max_n -> sum(logs) / len(logs)
    smoothed: There is no smoothing: here one is added to both counts of the longer n-grams.
        if 0 in matched: -> if not matched[0]:
        part / whole -> (part + more) / (whole + more)
        for part, whole in zip(matched, total, strict=True)
        -> for more, part, whole in zip([0] + [1] * (max_n - 1), matched, total, strict=True)
    one-ngram-at-least: A candidate shorter than n has no n-grams: it adds nothing to the
      denominator.
        found.total() -> max(found.total(), 1)
    recall: The denominator counts the candidates' n-grams: what share of them is right, not how
      much of the reference was found.
        found.total() -> ngrams(min(known, key=len), n).total()
        part / whole -> min(1.0, part / max(whole, 1))
    sorts-the-references: The caller's lists of references are sorted on the way: sort a copy, or
      look for the closest.
        c += len(candidate)
        ->
        c += len(candidate)
        known.sort(key=len)
    tokens-joined: An n-gram is a tuple of tokens: written together, different ones may look the
      same.
        return Counter(zip(*(sentence[i:] for i in range(n)), strict=False))
        ->
        pieces = zip(*(sentence[i:] for i in range(n)), strict=False)
        return Counter("".join(map(str, piece)) for piece in pieces)
    """,
)
