"""Efficiency: the same answers from less memory, fewer multiplications and less waiting.

A model that works is at first too large, too slow and too dear for whoever wants to use it.  What
helps is of two kinds.  Some tricks change the model a little and then see how little was lost:

- distillation trains a small student on what a large teacher says of *every* class, and not on
  the label alone: how likely a wolf is takes part in what a dog is;
- quantization stores a weight as a whole number of steps, in 8 bits instead of 32:
      x ≈ scale · (q − zero_point)
  and multiplies whole numbers, which machines do several times faster;
- a mixture of experts has many feed-forward layers and sends each token through a few of them:
  the parameters of a large model at the arithmetic of a small one;
- grouped queries share keys and values, so that the cache of chapter 8 shrinks to a fraction.

Others change nothing at all, but the order in which things are computed:

- online softmax reads the scores of attention block by block and never holds them all, which is
  how FlashAttention fits long texts into a fast and small memory;
- speculative decoding lets a small model guess several tokens and a large one check them at once.
  What comes out is distributed exactly as if the large model had written alone.

You need a stable softmax and its cross-entropy (chapter 4), attention with its mask and its cache
(chapter 8), and what a module and a state dict are (chapter 9).  The tricks that change nothing
are tested by that: your block-wise softmax must be the softmax, and your guesses must not be seen
in the text.

For all of these functions:

- Tensors are float32 or float64, all floating ones of a call alike; the answer has their dtype and
  device.  Accuracy of float32 is enough for both.
- Gradients flow through every floating tensor where nothing else is said; none is asked for
  through what has been rounded, except in `fake_quantize`, nor in `speculative_step`.
- Indices and tokens are int64; codes are int8 or uint8, as named.  Rounding is `torch.round`, half
  to even: 0.5 becomes 0 and 1.5 becomes 2.
- Inputs are not changed; they need not be contiguous in memory.
- No random number is drawn, except in `speculative_step`.

N is a number of examples or tokens, C of classes, E of experts, H of heads, V of words.
"""

import torch
from torch import nn
from torch.nn import functional


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    """Teach a small model from the labels and from what a large one thinks of all classes.

        p = softmax(teacher / T),   q = softmax(student / T)
        KL = mean of Σ_c p_c · (log p_c − log q_c)
        loss = α · T² · KL + (1 − α) · cross-entropy(student, labels)

    T is the temperature: the higher, the more even are both distributions, and the more counts
    what the teacher finds unlikely.  T² makes up for the gradient, which shrinks with 1 / T².  The
    cross-entropy is that of the student's own logits, not divided by T.

    student_logits, teacher_logits: (N, C); labels: int64 (N,); temperature: float > 0; alpha: float
    from 0 to 1.  Both parts are sums over the classes and means over the batch.  Returns a tensor
    without axes, in nats.  The teacher is a constant: no gradient reaches it.  Logits up to ±10000
    give neither inf nor NaN, in the gradient neither.  (Hinton et al., 2015.)

    >>> teacher = torch.tensor([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]]).log() * 2
    >>> student = torch.tensor([[2.0, 1.0, 1.0], [3.0, 3.0, 2.0]]).log() * 2
    >>> labels = torch.tensor([2, 0])
    >>> distillation_loss(student, teacher, labels, 2.0, 1.0).round(decimals=4)
    tensor(0.7988)
    >>> distillation_loss(student, teacher, labels, 2.0, 0.25).round(decimals=4)
    tensor(1.2068)
    """
    ### BEGIN SOLUTION
    log_p = functional.log_softmax(teacher_logits.detach() / temperature, dim=1)
    log_q = functional.log_softmax(student_logits / temperature, dim=1)
    divergence = (log_p.exp() * (log_p - log_q)).sum(dim=1).mean()
    hard = functional.cross_entropy(student_logits, labels)
    return alpha * temperature**2 * divergence + (1 - alpha) * hard
    ### END SOLUTION


def quantize_absmax(x, bits=8, axis=None):
    """Store numbers as whole multiples of a step, as many to the left of zero as to the right.

        qmax = 2^(bits − 1) − 1
        scale = max |x| / qmax
        q = round(x / scale), between −qmax and qmax

    The largest magnitude becomes ±qmax, zero becomes 0.  A tensor has one scale, or, as weights
    mostly do, one for each index along an axis, so that a row of small weights keeps its digits.

    x: any shape of rank 1 or more; bits: int from 2 to 8; axis: None or an int, negative ones
    counted from the end.  Returns the pair (q, scale): q int8 like x; scale in x's dtype, without
    axes for None; otherwise of the rank of x, with the length of x along `axis` and 1 along all
    others.  Where all numbers of a scale are 0, it is 1.  (Jacob et al., 2018, symmetric.)

    >>> x = torch.tensor([[0.25, -3.0, 1.75], [1.2, 0.7, -0.1]])
    >>> quantize_absmax(x, bits=3)
    (tensor([[ 0, -3,  2],
            [ 1,  1,  0]], dtype=torch.int8), tensor(1.))
    >>> quantize_absmax(x, bits=3, axis=0)
    (tensor([[ 0, -3,  2],
            [ 3,  2,  0]], dtype=torch.int8), tensor([[1.0000],
            [0.4000]]))
    """
    ### BEGIN SOLUTION
    qmax = 2 ** (bits - 1) - 1
    if axis is None:
        largest = x.abs().max()
    else:
        others = [dim for dim in range(x.ndim) if dim != axis % x.ndim]
        largest = x.abs().amax(dim=others, keepdim=True) if others else x.abs()
    scale = torch.where(largest == 0, torch.ones_like(largest), largest / qmax)
    q = (x / scale).round().clamp(-qmax, qmax)
    return q.to(torch.int8), scale
    ### END SOLUTION


def quantize_affine(x, bits=8):
    """Store numbers as steps from the lowest to the highest, wherever zero lies between them.

        qmax = 2^bits − 1
        lo = min(smallest x, 0),   hi = max(largest x, 0)
        scale = (hi − lo) / qmax
        zero_point = round(−lo / scale)
        q = round(x / scale) + zero_point, between 0 and qmax

    What is not symmetric, such as the output of a ReLU, wastes no code this way.  The range always
    includes 0, and 0.0 has the code zero_point exactly: padding and dropout must stay nothing.
    Each of the two roundings is done by itself; their sum may be one beyond qmax, and is cut off.

    x: any shape of rank 1 or more; bits: int from 2 to 8.  Returns the triple (q, scale,
    zero_point): q uint8 like x; scale in x's dtype, without axes, 1 where hi = lo; zero_point a
    Python int or an integer tensor without axes.  (Jacob et al., 2018, section 2.1.)

    >>> x = torch.tensor([[-1.3, 0.0, 0.4], [1.7, 1.3, -0.6]])
    >>> q, scale, zero_point = quantize_affine(x, bits=2)
    >>> q
    tensor([[0, 1, 1],
            [3, 2, 0]], dtype=torch.uint8)
    >>> scale, int(zero_point)
    (tensor(1.), 1)
    >>> q, scale, zero_point = quantize_affine(torch.tensor([6.0, 2.4, 4.0]), bits=2)
    >>> q, scale, int(zero_point)
    (tensor([3, 1, 2], dtype=torch.uint8), tensor(2.), 0)
    """
    ### BEGIN SOLUTION
    qmax = 2**bits - 1
    lo, hi = x.min().clamp(max=0), x.max().clamp(min=0)
    scale = (hi - lo) / qmax if hi > lo else torch.ones_like(hi)
    zero_point = int((-lo / scale).round())
    q = ((x / scale).round() + zero_point).clamp(0, qmax)
    return q.to(torch.uint8), scale, zero_point
    ### END SOLUTION


def dequantize(q, scale, zero_point=0):
    """Turn codes back into numbers.

        x = (q − zero_point) · scale

    q: int8 or uint8, any shape; scale: a floating tensor that broadcasts to q's shape; zero_point:
    an int, or an integer tensor without axes.  Returns a tensor of the shape of q in scale's dtype.
    Codes have 8 bits, and their differences do not fit: in uint8, 3 − 5 would be 254.  What was
    rounded comes back within half a step.  (Jacob et al., 2018, equation 1.)

    >>> q = torch.tensor([[0, 3, 5], [255, 128, 4]], dtype=torch.uint8)
    >>> dequantize(q, torch.tensor(0.5), 5)
    tensor([[ -2.5000,  -1.0000,   0.0000],
            [125.0000,  61.5000,  -0.5000]])
    >>> q = torch.tensor([[0, -3, 2], [3, 2, 0]], dtype=torch.int8)
    >>> dequantize(q, torch.tensor([[1.0], [0.5]]))
    tensor([[ 0.0000, -3.0000,  2.0000],
            [ 1.5000,  1.0000,  0.0000]])
    """
    ### BEGIN SOLUTION
    return (q.to(torch.int64) - zero_point) * scale
    ### END SOLUTION


def int8_linear(x_q, x_scale, w_q, w_scale, bias=None):
    """Apply a linear layer to codes: multiply whole numbers, and scale once at the end.

        y_no = x_scale · w_scale_o · Σ_i x_q_ni · w_q_oi + b_o

    The sum is over whole numbers and is exact, if what it is kept in has room: a product of two
    codes takes up to 15 bits, and a row has up to 600 of them.  The bias is an ordinary number,
    and is added when all has been scaled.

    x_q: int8 (N, in); x_scale: a floating tensor without axes; w_q: int8 (out, in); w_scale:
    (out, 1), a scale for each row, as `quantize_absmax` gives it for axis 0; bias: (out,) or None.
    Returns (N, out) in x_scale's dtype.  No gradient is asked for.  (Dettmers et al., 2022.)

    >>> x_q = torch.tensor([[100, 50, -2], [0, 1, 4]], dtype=torch.int8)
    >>> w_q = torch.tensor([[100, 100, 0], [-1, 2, 3]], dtype=torch.int8)
    >>> w_scale = torch.tensor([[0.5], [2.0]])
    >>> int8_linear(x_q, torch.tensor(0.1), w_q, w_scale)
    tensor([[750.0000,  -1.2000],
            [  5.0000,   2.8000]])
    >>> int8_linear(x_q, torch.tensor(0.1), w_q, w_scale, torch.tensor([1.0, -1.0]))
    tensor([[751.0000,  -2.2000],
            [  6.0000,   1.8000]])
    """
    ### BEGIN SOLUTION
    total = x_q.to(torch.int64) @ w_q.to(torch.int64).T
    y = total.to(x_scale.dtype) * x_scale * w_scale.T
    return y if bias is None else y + bias
    ### END SOLUTION


def fake_quantize(x, bits=8):
    """Round numbers as quantization would, and let gradients pass as if nothing had happened.

        q, scale = quantize_absmax(x, bits)
        y = q · scale
        ∂loss/∂x = ∂loss/∂y

    A network that is trained with this in it learns weights that bear rounding (quantization-aware
    training).  A staircase has no useful slope: 0 on the steps and none between them.  The
    straight-through estimator takes 1 instead, everywhere, also for the largest entry, from which
    the scale was computed.

    x: any shape of rank 1 or more; bits: int from 2 to 8; one scale for all of x.  Returns a tensor
    of the shape and dtype of x.  (Bengio et al., 2013; Jacob et al., 2018, section 3.)

    >>> x = torch.tensor([[0.125, -1.5, 0.875], [0.6, 0.35, -0.05]], requires_grad=True)
    >>> y = fake_quantize(x, bits=3)
    >>> y.detach()
    tensor([[ 0.0000, -1.5000,  1.0000],
            [ 0.5000,  0.5000,  0.0000]])
    >>> y.backward(torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    >>> x.grad
    tensor([[1., 2., 3.],
            [4., 5., 6.]])
    """
    ### BEGIN SOLUTION
    q, scale = quantize_absmax(x.detach(), bits)
    rounded = dequantize(q, scale)
    return x + (rounded - x).detach()
    ### END SOLUTION


def route(logits, k):
    """Choose for each token the experts that shall work on it, and see whether all get work.

        p = softmax(logits)
        weight_ns = p_ne / (sum of p over the k chosen experts of n), e the s-th chosen
        f_e = assignments to e / N
        P_e = mean of p_ne over the tokens n
        aux = E · Σ_e f_e · P_e

    A token goes to the k experts with the largest logits.  Their weights sum to 1 again.  aux is
    the load balancing loss that is added, with a small factor, to what is trained: f cannot be
    differentiated, but where an expert has many tokens its P, the mean of the *full* softmax, is
    pushed down.  All k choices of a token count, so that f sums to k, and aux is k when the load is
    even.

    logits: (N, E), no two equal in a row; k: int from 1 to E.  Returns the triple (weights,
    experts, aux): (N, k) both, by decreasing logit, experts int64; aux without axes.  Gradients
    reach the logits through the weights and through P.  (Fedus et al., 2022; Jiang et al., 2024.)

    >>> p = torch.tensor([[0.1, 0.2, 0.3, 0.4], [0.5, 0.2, 0.24, 0.06], [0.12, 0.6, 0.08, 0.2]])
    >>> weights, experts, aux = route(p.log(), 2)
    >>> weights.round(decimals=4)
    tensor([[0.5714, 0.4286],
            [0.6757, 0.3243],
            [0.7500, 0.2500]])
    >>> experts, aux.round(decimals=4)
    (tensor([[3, 2],
            [0, 2],
            [1, 3]]), tensor(1.9022))
    """
    ### BEGIN SOLUTION
    n, num_experts = logits.shape
    probabilities = functional.softmax(logits, dim=-1)
    chosen, experts = probabilities.topk(k, dim=-1)
    weights = chosen / chosen.sum(dim=-1, keepdim=True)
    f = functional.one_hot(experts, num_experts).sum(dim=(0, 1)) / n
    aux = num_experts * (f * probabilities.mean(dim=0)).sum()
    return weights, experts, aux
    ### END SOLUTION


class MoELayer(nn.Module):
    """A feed-forward layer of many experts, of which each token meets k.

        out_n = Σ_s weight_ns · expert_e(x_n), e the s-th chosen expert of n

    A router, one matrix, gives each token E logits, and `route` says which experts it goes to and
    with what weights.  Every token of every sequence is routed by itself.

    MoELayer(dim, hidden, num_experts, k) has the submodules

    - router, an `nn.Linear(dim, num_experts)` without bias;
    - experts, an `nn.ModuleList` of num_experts times
      `nn.Sequential(nn.Linear(dim, hidden), nn.ReLU(), nn.Linear(hidden, dim))`.

    (Shazeer et al., 2017; Jiang et al., 2024.)

    >>> log_3 = torch.tensor(3.0).log()  # so that weights are 3/4 and 1/4
    >>> layer = MoELayer(2, 1, 3, 2)
    >>> with torch.no_grad():
    ...     _ = layer.router.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]))
    ...     for number, expert in enumerate(layer.experts, start=1):
    ...         _ = expert[0].weight.fill_(1 / log_3), expert[0].bias.fill_(1.0)
    ...         _ = expert[2].weight.fill_(number), expert[2].bias.copy_(torch.tensor([0.0, 8.0]))
    >>> layer(torch.tensor([[[0.0, 1.0], [1.0, 0.0]]]) * log_3).detach().round(decimals=4)
    tensor([[[ 3.5000, 11.5000],
             [ 2.5000, 10.5000]]])
    """

    def __init__(self, dim, hidden, num_experts, k):
        """Make the router and the experts; nothing else is learned."""
        ### BEGIN SOLUTION
        super().__init__()
        self.k = k
        self.router = nn.Linear(dim, num_experts, bias=False)
        self.experts = nn.ModuleList()
        for _ in range(num_experts):
            inner, outer = nn.Linear(dim, hidden), nn.Linear(hidden, dim)
            self.experts.append(nn.Sequential(inner, nn.ReLU(), outer))
        ### END SOLUTION

    def forward(self, x):
        """Send each token through its k experts and add up what they say, times the weights.

        x: (B, L, dim).  Returns a tensor of the same shape, and nothing else.  An expert takes as
        many tokens as come (there is no capacity); one that gets none has a gradient of None or 0.
        """
        ### BEGIN SOLUTION
        tokens = x.flatten(0, 1)
        weights, experts, _ = route(self.router(tokens), self.k)
        out = torch.zeros_like(tokens)
        for number, expert in enumerate(self.experts):
            rows, slots = torch.where(experts == number)
            if rows.numel():
                answer = weights[rows, slots, None] * expert(tokens[rows])
                out = out.index_add(0, rows, answer)
        return out.reshape(x.shape)
        ### END SOLUTION


def grouped_query_attention(q, k, v, mask=None):
    """Let several heads of queries share one head of keys and values.

        g(h) = the whole part of h / (Hq / Hkv)
        out_h = softmax(q_h · k_g(h)ᵀ / √d) · v_g(h)

    The cache holds Hkv heads instead of Hq.  Neighbours share: with 4 query heads and 2 key heads,
    heads 0 and 1 look at keys and values of head 0, and heads 2 and 3 at those of head 1.  For
    Hkv = Hq it is the attention of chapter 8, for Hkv = 1 it is called multi-query.

    q: (B, Hq, L, d); k: (B, Hkv, S, d); v: (B, Hkv, S, dv).  mask: None, or a boolean tensor that
    broadcasts to (B, Hq, L, S), True = may attend; no row of it is all False.  Returns
    (B, Hq, L, dv).  Scores up to ±10000 give neither inf nor NaN, in the gradients neither.  Raises
    ValueError unless Hkv divides Hq.  (Ainslie et al., 2023.)

    >>> q = torch.ones(1, 4, 1, 4)
    >>> k = torch.zeros(1, 2, 2, 4)
    >>> k[0, 0, 0] = torch.tensor(3.0).log() / 2  # a score of log 3 for key 0 of head 0
    >>> v = torch.tensor([[[[0.0], [4.0]], [[10.0], [20.0]]]])
    >>> grouped_query_attention(q, k, v).flatten().round(decimals=4)
    tensor([ 1.,  1., 15., 15.])
    >>> mask = torch.tensor([[[True, True]], [[False, True]], [[True, True]], [[True, False]]])
    >>> grouped_query_attention(q, k, v, mask).flatten().round(decimals=4)
    tensor([ 1.,  4., 15., 10.])
    """
    ### BEGIN SOLUTION
    groups, left_over = divmod(q.shape[1], k.shape[1])
    if left_over:
        raise ValueError(f"{k.shape[1]} key heads do not divide {q.shape[1]} query heads")
    k, v = (part.repeat_interleave(groups, dim=1) for part in (k, v))
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return functional.softmax(scores, dim=-1) @ v
    ### END SOLUTION


def online_softmax_step(m, l, acc, scores, v):
    """Take one more block of keys into a softmax that has not seen them all.

        m_new = max(m, the largest score of the block)
        l_new = l · e^{m − m_new} + Σ_s e^{score_s − m_new}
        acc_new = acc · e^{m − m_new} + Σ_s e^{score_s − m_new} · v_s

    It is the inner step of FlashAttention.  For each of L queries the state says what the keys so
    far amount to: their largest score m, the sum l of e^{score − m}, and the sum acc of
    e^{score − m} times value.  If a larger score turns up, what was summed is made smaller.  When
    all blocks are through, acc / l is the output of attention; until then acc is *not* divided by
    l.

    m, l: (L,); acc: (L, dv); scores: (L, S), already scaled; v: (S, dv).  Returns the triple
    (m, l, acc).  At the start m = −inf, l = 0, acc = 0.  A score of −inf is masked and adds
    nothing; a row with nothing but −inf so far keeps m = −inf, l = 0, acc = 0, and never becomes
    NaN (its gradients are not tested).  Scores up to ±10000 give no inf and no NaN, in the
    gradients neither.  Gradients are those of the formulas, through the maximum too.  (Milakov and
    Gimelshein, 2018; Dao et al., 2022.)

    >>> m, l, acc = torch.full((2,), -torch.inf), torch.zeros(2), torch.zeros(2, 3)
    >>> v = torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 4.0]])
    >>> m, l, acc = online_softmax_step(m, l, acc, torch.tensor([[1.0, 2.0], [6.0, 3.0]]).log(), v)
    >>> m.exp().round(decimals=4), l.round(decimals=4)
    (tensor([2., 6.]), tensor([1.5000, 1.5000]))
    >>> acc.round(decimals=4)
    tensor([[0.5000, 1.0000, 5.0000],
            [1.0000, 0.5000, 4.0000]])
    >>> m, l, acc = online_softmax_step(m, l, acc, torch.tensor([[4.0], [3.0]]).log(), v[:1])
    >>> m.exp().round(decimals=4), l.round(decimals=4)
    (tensor([4., 6.]), tensor([1.7500, 2.0000]))
    >>> acc.round(decimals=4)
    tensor([[1.2500, 0.5000, 4.5000],
            [1.5000, 0.5000, 5.0000]])
    """
    ### BEGIN SOLUTION
    m_new = torch.maximum(m, scores.amax(dim=1))
    shift = torch.where(m_new == -torch.inf, torch.zeros_like(m_new), m_new)
    shrink = (m - shift).exp()
    weights = (scores - shift[:, None]).exp()
    l_new = l * shrink + weights.sum(dim=1)
    return m_new, l_new, acc * shrink[:, None] + weights @ v
    ### END SOLUTION


def speculative_step(draft_tokens, draft_probs, target_probs, generator):
    """Check guessed tokens against the large model so that nobody can tell they were guessed.

        token i is accepted if u_i < target_i(token_i) / draft_i(token_i)
        residual = max(target_i − draft_i, 0), at the first i that is rejected

    The small model drew K tokens, token i from draft_i; the large model gave, in one call, its own
    probabilities at all these places and at the next.  From the left, tokens are accepted until one
    is rejected.  In its place comes a token drawn from the residual divided by its sum, and what
    was guessed behind it is dropped.  If none is rejected, one more token comes from target_K.

    draft_tokens: int64 (K,), K ≥ 1; draft_probs: (K, V); target_probs: (K + 1, V); rows sum to 1,
    each draft token has a draft probability above 0, a target probability may be 0.  Returns the
    new tokens, int64, 1 to K + 1 of them in one axis.

    generator: a `torch.Generator` on the CPU.  First `torch.rand(K, generator=generator)` gives all
    K numbers u, whatever becomes of them.  Then the last token is drawn by
    `torch.multinomial(probabilities, 1, generator=generator)`, in the dtype of the inputs.  Nothing
    else is drawn.  Whatever the draft, the first token is distributed as target_probs[0].
    (Leviathan et al., 2023; Chen et al., 2023.)

    >>> tokens = torch.tensor([2, 0])
    >>> draft = torch.tensor([[0.25, 0.25, 0.5], [0.8, 0.1, 0.1]])
    >>> target = torch.tensor([[0.1, 0.1, 0.8], [0.4, 0.0, 0.6], [0.0, 1.0, 0.0]])
    >>> torch.rand(2, generator=torch.Generator().manual_seed(2)).round(decimals=2)
    tensor([0.6100, 0.3800])
    >>> speculative_step(tokens, draft, target, torch.Generator().manual_seed(2))
    tensor([2, 0, 1])
    >>> torch.rand(2, generator=torch.Generator().manual_seed(0)).round(decimals=2)
    tensor([0.5000, 0.7700])
    >>> speculative_step(tokens, draft, target, torch.Generator().manual_seed(0))
    tensor([2, 2])
    """
    ### BEGIN SOLUTION
    k = len(draft_tokens)
    u = torch.rand(k, generator=generator).to(draft_probs.device)
    places = torch.arange(k, device=draft_probs.device)
    ratio = target_probs[places, draft_tokens] / draft_probs[places, draft_tokens]
    accepted = int((u < ratio).long().cumprod(dim=0).sum())
    last = target_probs[accepted]
    if accepted < k:
        last = (last - draft_probs[accepted]).clamp(min=0)
    token = torch.multinomial(last.cpu(), 1, generator=generator).to(draft_tokens.device)
    return torch.cat([draft_tokens[:accepted], token])
    ### END SOLUTION
