"""Language models: guess the next word, from counting to translating with attention.

Cover the end of a sentence and guess how it goes on.  Whoever guesses well knows the language, and
whoever can guess can also write: draw a guess, append it, guess again.  A language model is
nothing but these guesses, a probability for every next token t given the tokens before it:

    p(t₁, …, t_T) = Π_i p(t_i | t₁, …, t_{i−1})

This chapter follows the idea through sixty years, and every step mends what the one before
could not do:

- counting: how often did each token follow these n − 1 others?  Two functions make a model of any
  text, a third says how surprised it is by another;
- learning: a table of counts knows nothing of a context that it never saw.  Give each word a
  vector (word2vec), and a small network on top of a few vectors guesses for contexts that are new
  but similar (Bengio's neural model);
- translating: one network reads a sentence, another writes it in another language and looks back,
  before each word, at the words that matter (Bahdanau's attention, older than chapter 8's and
  made of a sum and a tanh instead of a product).  Training it on whole sentences takes two more
  functions, for sentences are of different lengths;
- using it: search for a sentence that is likely as a whole (beam search), and measure how close a
  translation comes to what people wrote (BLEU).

You need softmax and cross-entropy (chapter 4), linear layers and tanh (chapter 5) and know what a
recurrent network is for (chapter 7).  What was an exercise before may be taken from torch now:
softmax, logsigmoid, cross-entropy.  Three surprises wait on the way: a model that knows nothing
is exactly as perplexed as its vocabulary is large; greedy and exhaustive search are the same ten
lines; and "the the the" is a worse translation than it looks.

For all functions:

- Tokens are whole numbers from 0 to V − 1, V being the size of the vocabulary; tensors of them
  are int64.  Masks are boolean, and True means "counts".
- Float answers have the dtype (float32 or float64) and the device of the input, where a statement
  says nothing else; accuracy of float32 is enough for both.  Gradients flow through losses,
  attention and modules to every float argument and parameter.
- Inputs are not changed; they need not be contiguous in memory.

B is the batch, T the length of a text, V the size of the vocabulary.
"""

import math
from collections import Counter

import torch
from torch import nn
from torch.nn import functional


def ngram_counts(tokens, n, vocab_size):
    """Count how often each n tokens follow each other in a text.

        counts[a, b, …] = number of positions i with t_i = a, t_{i+1} = b, …

    tokens: int64 (T,), T ≥ 0; n: int ≥ 1; vocab_size: V.  Returns an int64 tensor with n axes of
    size V.  The windows overlap: a text has T − n + 1 of them, and none if it is shorter than n.
    Nothing is put before or after the text.

    In 0 1 0 1 1 the pair 0 1 comes twice, 1 0 once and 1 1 once:

    >>> ngram_counts(torch.tensor([0, 1, 0, 1, 1]), 2, 3)
    tensor([[0, 2, 0],
            [1, 1, 0],
            [0, 0, 0]])
    """
    raise NotImplementedError


def ngram_probabilities(counts, k):
    """Turn counts into the probability of the last token given those before it.

        p[…, a, b] = (counts[…, a, b] + k) / (Σ_c counts[…, a, c] + k·V)

    Every count is taken to be k larger than it is, so that nothing is impossible only because it
    was never seen.  (Lidstone smoothing; k = 1 is Laplace's rule.)

    counts: int64 (V, …, V), one axis or more; k: number ≥ 0.  Returns a tensor of the same shape
    in torch's default dtype; each row along the last axis sums to one.  With k = 0, a context that
    was never seen gets the uniform row 1/V.

    >>> counts = torch.tensor([[0, 2, 0], [1, 1, 0], [0, 0, 0]])
    >>> ngram_probabilities(counts, 1).round(decimals=4)
    tensor([[0.2000, 0.6000, 0.2000],
            [0.4000, 0.4000, 0.2000],
            [0.3333, 0.3333, 0.3333]])
    >>> ngram_probabilities(counts, 0).round(decimals=4)
    tensor([[0.0000, 1.0000, 0.0000],
            [0.5000, 0.5000, 0.0000],
            [0.3333, 0.3333, 0.3333]])
    """
    raise NotImplementedError


def perplexity(tokens, probabilities):
    """Say how surprised a model is by a text: among how many tokens it seems to be guessing.

        perplexity = exp(−mean_i log p(t_i | t_{i−n+1}, …, t_{i−1}))

    The mean is over the T − n + 1 tokens that have all n − 1 tokens before them.  A model that
    knows nothing, 1/V for every token, has perplexity V; one that is always sure and right has 1.

    tokens: int64 (T,), T ≥ n; probabilities: a float tensor with n axes of size V, indexed as
    those of `ngram_probabilities`, used as they are whether or not they sum to one.  Returns a
    float (or a tensor of no axes); infinity if one of the tokens has probability 0.  Add up
    logarithms: the product of 300 probabilities is too small for float32.

    The pairs 0 1, 1 0, 0 1, 1 1 below have probabilities 0.8, 0.5, 0.8, 0.5, whose geometric mean
    is the root of 0.4:

    >>> probabilities = torch.tensor([[0.2, 0.8], [0.5, 0.5]])
    >>> round(float(perplexity(torch.tensor([0, 1, 0, 1, 1]), probabilities)), 6)
    1.581139
    """
    raise NotImplementedError


def negative_sampling_loss(center, context, negatives):
    """Tell a word's true neighbour from K words that were drawn at random (word2vec).

        loss = mean_b [−log σ(c_b·o_b) − Σ_k log σ(−c_b·n_bk)],   σ(z) = 1 / (1 + exp(−z))

    Instead of a softmax over the whole vocabulary, K + 1 yes-or-no questions: is this a word that
    stands next to c?  The K negatives are summed, the batch is averaged.
    (Mikolov et al., 2013, equation 4.)

    center: (B, D), the vectors c; context: (B, D), the true neighbours o; negatives: (B, K, D),
    K ≥ 1.  Returns a tensor of no axes.  Scores up to ±10000 give neither infinity nor NaN: for
    large z, −log σ(−z) is z.

    Below, the scores are 1 for the neighbour and 2 and −2 for the negatives:

    >>> center, context = torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 0.0]])
    >>> negatives = torch.tensor([[[0.0, 1.0], [0.0, -1.0]]])
    >>> negative_sampling_loss(center, context, negatives).round(decimals=4)
    tensor(2.5671)
    """
    raise NotImplementedError


class NNLM(nn.Module):
    """Guess the next word from the vectors of the words before it: the first neural language model.

        x = (embedding of the oldest token, …, embedding of the newest) side by side
        logits = output(tanh(hidden(x))) + direct(x)

    Words used alike get vectors alike, and so the model has an opinion on contexts that no text
    contains.  (Bengio et al., 2003, equation 1.)

    The model has exactly four submodules: `embed`, an `nn.Embedding(vocab_size, embed_dim)`;
    `hidden`, an `nn.Linear(context·embed_dim, hidden_dim)`; `output`, an
    `nn.Linear(hidden_dim, vocab_size)`; and `direct`, an `nn.Linear(context·embed_dim, vocab_size)`
    without a bias.  Their initial values are torch's own.

    >>> model = NNLM(vocab_size=3, context=2, embed_dim=1, hidden_dim=1)
    >>> with torch.no_grad():
    ...     for weight in model.parameters():
    ...         _ = weight.zero_()
    ...     _ = model.embed.weight.copy_(torch.tensor([[0.0], [1.0], [2.0]]))
    ...     _ = model.direct.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]))
    ...     _ = model.hidden.weight.copy_(torch.tensor([[1.0, -1.0]]))
    ...     _ = model.output.weight.copy_(torch.tensor([[0.0], [0.0], [10.0]]))
    >>> model(torch.tensor([[2, 1], [0, 2]])).detach().round(decimals=3)
    tensor([[ 2.0000,  1.0000,  7.6160],
            [ 0.0000,  2.0000, -9.6400]])
    """

    def __init__(self, vocab_size, context, embed_dim, hidden_dim):
        """Make the four submodules; the model looks at `context` tokens."""
        super().__init__()
        raise NotImplementedError

    def forward(self, tokens):
        """Return the logits (B, V) for tokens (B, context), the oldest first."""
        raise NotImplementedError


def additive_attention(query, keys, W_q, W_k, v, mask=None):
    """Look for what the next word needs among the words of the source.

        score_s = v·tanh(W_q q + W_k k_s)
        weights = softmax of the scores over the keys that may be seen
        context = Σ_s weights_s k_s

    q is the decoder's state, k_s the encoder's state at word s of the source.  Without the tanh
    the query would add the same to all scores of a row, and the softmax would not notice.  There
    is no scale and no bias, and the keys are the values too.  (Bahdanau et al., 2015, section 3.1.)

    query: (B, D_q), one for each sentence; keys: (B, S, D_k); W_q: (A, D_q); W_k: (A, D_k);
    v: (A,); mask: None (all may be seen) or boolean (B, S), True where the key may be seen.
    Returns (context (B, D_k), weights (B, S)).

    A hidden key has weight exactly 0 and no influence.  A row without any key has zero weights and
    a zero context, and no gradient becomes NaN because of it.  Keys are finite everywhere, and
    scores up to ±10000 neither overflow nor turn into NaN.

    >>> keys = torch.tensor([[[1.0], [3.0], [9.0]]])
    >>> W_q, W_k, v = torch.ones(1, 1), torch.tensor([[0.5]]), torch.tensor([2.0])
    >>> mask = torch.tensor([[True, True, False]])
    >>> context, weights = additive_attention(torch.zeros(1, 1), keys, W_q, W_k, v, mask)
    >>> weights.round(decimals=4)
    tensor([[0.2919, 0.7081, 0.0000]])
    >>> context.round(decimals=4)
    tensor([[2.4162]])
    """
    raise NotImplementedError


def teacher_forcing(sequences, start, end, pad):
    """Make of whole sentences what the decoder is given and what it shall answer.

        inputs:   start  y_1  …  y_n
        targets:  y_1    …  y_n  end

    In training the decoder is given the right words so far, whatever it would have written
    itself, and is asked for the next one at all positions at once.  (Williams and Zipser, 1989.)

    sequences: a list of B ≥ 1 lists of ints, some of which may be empty; start, end, pad: ints.
    Returns (inputs, targets, mask), each (B, L) with L = 1 + length of the longest sequence.
    inputs and targets are int64 and filled with `pad` at the end of a row; mask is boolean, True at
    the first n + 1 positions of a row whose sequence has n tokens.

    start, end and pad may be equal to each other and may occur as ordinary tokens.

    >>> inputs, targets, mask = teacher_forcing([[5, 6], []], start=1, end=2, pad=0)
    >>> inputs
    tensor([[1, 5, 6],
            [1, 0, 0]])
    >>> targets
    tensor([[5, 6, 2],
            [2, 0, 0]])
    >>> mask
    tensor([[ True,  True,  True],
            [ True, False, False]])
    """
    raise NotImplementedError


def masked_sequence_loss(logits, targets, mask):
    """Average the cross-entropy over the real tokens of a padded batch.

        loss = −1/M · Σ_{b,l} log softmax(logits[b, l])[targets[b, l]]

    The sum runs over the M positions of the batch where the mask is True: every real token counts
    the same, in whatever sentence it stands.  `targets` are shifted already, as `teacher_forcing`
    makes them: position l of the logits answers position l.

    logits: (B, L, V), finite everywhere; targets: int64 (B, L); mask: boolean (B, L).  Returns a
    tensor of no axes.  Where the mask is False, the target may be anything, −100 or V included,
    and target and logits have no influence.  If all of it is False, the loss and its gradients are
    0.
    Logits up to ±10000 give neither infinity nor NaN, as in chapter 4.

    Below, the targets have probabilities 0.5 and 0.75:

    >>> logits = torch.log(torch.tensor([[[0.5, 0.5], [0.25, 0.75], [0.9, 0.1]]]))
    >>> targets, mask = torch.tensor([[0, 1, -100]]), torch.tensor([[True, True, False]])
    >>> masked_sequence_loss(logits, targets, mask).round(decimals=4)
    tensor(0.4904)
    """
    raise NotImplementedError


def beam_search(step, start, end, beam_size, max_length):
    """Write a sentence that is likely as a whole, keeping several beginnings in play.

        score(t_1, …, t_n) = Σ_i log p(t_i | start, t_1, …, t_{i−1})

    The likeliest first word may lead nowhere good.  So begin with one empty hypothesis of score 0,
    and in each round

    - extend every unfinished hypothesis by every token of the vocabulary,
    - of these and the finished ones keep the beam_size best by score (all, if they are fewer),
    - call those finished that end in `end`: they are not extended any more.

    Stop when all that are kept are finished, or after max_length rounds, and return the best of
    them, finished or not.  A beam of 1 is greedy search; a wide one is exhaustive search.
    (Lowerre, 1976; Sutskever et al., 2014.)

    step: a function of a list of ints, `start` and the tokens so far, which returns the log
    probabilities of the next token, a tensor (V,), all finite and ≤ 0; start, end: ints, not the
    same, start being perhaps an ordinary token as well; beam_size ≥ 1, which may be more than V;
    max_length ≥ 1.  Returns (tokens, score): the list of ints without the start, with the end
    token if it was reached, and the sum of its log probabilities, a float, not divided by any
    length.

    It does not matter how often `step` is called, and two scores are never equal in tests.  Many
    programs set a finished hypothesis aside once it was among the beam_size best of its round,
    and keep the beam for others.  That gives the same answer: a log probability is at most 0, so
    what the finished one would crowd out of the beam cannot overtake it.

    Below, greedy search takes the 1 first, and ends with 0.5·0.4 = 0.2; two hypotheses side by
    side find 0.4·0.9 = 0.36:

    >>> table = {(2,): [0.1, 0.5, 0.4], (2, 1): [0.4, 0.3, 0.3], (2, 2): [0.9, 0.05, 0.05]}
    >>> step = lambda prefix: torch.log(torch.tensor(table[tuple(prefix)]))
    >>> tokens, score = beam_search(step, start=2, end=0, beam_size=1, max_length=2)
    >>> tokens, round(float(score), 4)
    ([1, 0], -1.6094)
    >>> tokens, score = beam_search(step, start=2, end=0, beam_size=2, max_length=2)
    >>> tokens, round(float(score), 4)
    ([2, 0], -1.0217)
    """
    raise NotImplementedError


def bleu(candidates, references, max_n=4):
    """Measure how much of a translation stands in what people wrote, from words to phrases.

        BLEU = brevity · exp((log p_1 + … + log p_N) / N)
        p_n = (Σ matched_n) / (Σ found_n)
        brevity = exp(1 − r/c) if c < r, else 1

    N is max_n.  found_n is the number of n-grams of a candidate, matched_n how many of them match,
    and the sums run over all candidates, before anything is divided.
    An n-gram of a candidate matches at most as often as it stands in the one of that candidate's
    references that has it most often: "the the the" has one match in "the cat", two in "the big
    the", and two in both together.

    c is the total length of the candidates; r is the total, over the candidates, of the length of
    that reference which is closest to the candidate's (the shorter if two are equally close).
    (Papineni et al., 2002.)

    candidates: a list of one or more sentences, each a list of tokens (ints or text), which may be
    empty; references: for each candidate a list of one or more sentences, none empty; max_n: int
    ≥ 1.  Returns a float from 0 to 1.  There is no smoothing: the answer is 0 if no n-gram of some
    order matches, whatever the rest would be.  A candidate shorter than n has no n-grams, and adds
    nothing to p_n.

    >>> references = [["the cat".split(), "the big the".split()]]
    >>> round(bleu(["the the the".split()], references, max_n=1), 6)
    0.666667

    The 4 letters below are as far from 5 as from 3, so that r is 3 and there is no penalty:

    >>> round(bleu([list("abcd")], [[list("abcde"), list("abc")]], max_n=2), 6)
    1.0
    """

    raise NotImplementedError
