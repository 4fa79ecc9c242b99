"""Alignment: a model that can continue any text learns which continuation people want.

A language model that has read the internet continues a question with three more questions, as the
internet would.  It becomes an assistant in two steps.  First it sees good answers, and learns them
by heart: supervised fine-tuning (SFT), the cross-entropy of chapter 4 on the answer alone.  But
good answers are expensive to write, and cheap to recognize.  So in the second step the model
answers by itself, and is told how good that was:

- a reward model learns from pairs what people prefer: the better answer is to get the larger
  number, as a player of chess gets a rating;
- REINFORCE raises the log probability of what was better than expected and lowers what was worse;
  GAE says by how much each step was better, PPO stops each update before it goes too far;
- DPO notices that a policy is a reward model already, and needs no reinforcement at all;
- GRPO asks for several answers to one question, and compares them with each other: nobody has to
  say what was to be expected.

Whoever is rewarded cheats: a model that pleases its reward model too well soon talks nonsense that
scores.  So it is held on a leash, a price on the Kullback-Leibler divergence from the model that it
was, the reference.  All of that is arithmetic on log probabilities, a few lines for each function,
and hardly one of these lines was right in all published code from the beginning: a mask that is off
by one, a mean over the wrong tokens, a constant with a gradient.  Chapter 20 tells of rewards and
values anew, in a world of a few states.

For all of these functions:

- B is the number of sequences, T of tokens in each, V the size of the vocabulary.
- logits[b, i] say what comes after position i, so they predict tokens[b, i + 1].  Nothing predicts
  token 0, and nothing is asked of the last logits.
- Masks are boolean tensors: True counts.  What a mask or a length leaves out has no influence,
  whatever number or token stands there.
- Floating tensors are float32 or float64, all of a call alike; the answer has their dtype and
  device.  Accuracy of float32 is enough for both.  Tokens, lengths and indices are int64.
- A loss is a tensor without axes, in nats (natural logarithms).
- Gradients flow through every floating tensor, but for what an exercise calls constant: that has
  no gradient, or zero.  Nobody asks `best_of_n`, `gae` and `grpo_advantages` for gradients.
- Inputs are not changed; they need not be contiguous in memory.
"""

import torch
from torch.nn import functional


def sft_loss(logits, tokens, prompt_lengths, lengths):
    """Measure how well a model continues the prompts, and only that.

        loss = −1/K · Σ_{b,i} log p(y_bi)

    y is the token at position i of row b, and p the softmax of the logits one position before, over
    the vocabulary.  The sum is over the completions of all rows, where prompt_lengths[b] ≤ i and
    i < lengths[b], and K is the number of these tokens in the whole batch: each token counts alike,
    in a short completion and in a long one.  The first token of a completion counts, and so does
    its last.

    logits: (B, T, V), T ≥ 2; tokens: (B, T); prompt_lengths, lengths: (B,).  Row b has lengths[b]
    real tokens, of which the first prompt_lengths[b] are the prompt; the others are padding, any
    token.  1 ≤ prompt_lengths[b] ≤ lengths[b] ≤ T: a row may have no completion, but the batch has
    one.  Returns a tensor without axes.  Logits up to ±10000 give neither inf nor NaN, in the
    gradient neither.  (Ouyang et al., 2022, step 1.)

    >>> logits = torch.tensor(
    ...     [
    ...         [[2.0, 3.0, 5.0], [1.0, 1.0, 2.0], [2.0, 5.0, 1.0], [1.0, 1.0, 8.0]],
    ...         [[3.0, 1.0, 4.0], [6.0, 3.0, 1.0], [9.0, 1.0, 1.0], [3.0, 3.0, 4.0]],
    ...     ]
    ... ).log()
    >>> tokens = torch.tensor([[1, 0, 2, 0], [2, 1, 0, 1]])
    >>> prompt_lengths, lengths = torch.tensor([2, 1]), torch.tensor([4, 2])

    The three tokens that count have probability 2/4, 2/8 and 1/8: the loss is 2 · log 2.

    >>> sft_loss(logits, tokens, prompt_lengths, lengths).round(decimals=4)
    tensor(1.3863)
    """
    raise NotImplementedError


def sequence_logprob(logits, tokens, mask):
    """Say how likely a model finds each answer as a whole.

        out_b = Σ_i log p(y_bi)

    y is the token at position i of row b, and p the softmax of the logits one position before, over
    the vocabulary.  The sum is over the positions i ≥ 1 where mask[b, i] is True: probabilities of
    tokens multiply, so their logarithms add up, and nothing is averaged.

    logits: (B, T, V), T ≥ 2; tokens: (B, T); mask: (B, T) boolean, whose column 0 is ignored.
    Returns (B,), 0 for a row in which nothing counts.  Logits up to ±10000 give neither inf nor
    NaN, in the gradient neither.

    >>> logits = torch.tensor(
    ...     [
    ...         [[1.0, 1.0, 2.0], [2.0, 5.0, 1.0], [1.0, 1.0, 8.0]],
    ...         [[2.0, 1.0, 1.0], [6.0, 3.0, 1.0], [3.0, 3.0, 4.0]],
    ...     ]
    ... ).log()
    >>> tokens = torch.tensor([[1, 2, 0], [2, 0, 1]])
    >>> mask = torch.tensor([[True, True, True], [True, True, False]])

    The first row is ½ · ¼, the second one ½.

    >>> sequence_logprob(logits, tokens, mask).exp().round(decimals=4)
    tensor([0.1250, 0.5000])
    """
    raise NotImplementedError


def reward_model_loss(chosen, rejected, margin=0.0):
    """Teach a reward model that the answer people chose is worth more than the other.

        loss = mean of −log sigmoid(chosen − rejected − margin)

    The sigmoid of a difference of two rewards is the probability that the first wins (Bradley and
    Terry, 1952).  With a margin it has to win by that much: the more people preferred it, the
    larger.

    chosen, rejected: (B,), the rewards of B pairs; margin: a float, or a tensor (B,) with one for
    each pair.  Returns a tensor without axes: the mean over the pairs.  Differences up to ±10000
    give neither inf nor NaN, in the gradients neither.  (Ouyang et al., 2022, equation 1; the
    margin is that of Touvron et al., 2023, equation 2.)

    >>> chosen, rejected = torch.tensor([2.0, 1.0, 0.0]), torch.tensor([1.0, 1.0, 2.0])
    >>> reward_model_loss(chosen, rejected).round(decimals=4)
    tensor(1.0444)
    >>> reward_model_loss(chosen, rejected, margin=1.0).round(decimals=4)
    tensor(1.6850)
    """
    raise NotImplementedError


def best_of_n(rewards, n, threshold=None):
    """Choose the best of n answers to each question, to learn from it as in SFT.

    rewards: (G · n,), n entries next to each other for each of G questions: entries 0 to n − 1
    belong to the first one.  n: int ≥ 1.  Returns an int64 tensor with one index for each group, in
    the order of the groups: where in rewards its largest entry stands, of equal ones the first.
    threshold: a float; a group whose best entry is smaller is left out, so that there may be fewer
    than G indices, or none; a best entry that equals it stays.  None leaves out no group; 0.0 is a
    threshold like any other.  (Rejection sampling in Touvron et al., 2023, section 3.2.3.)

    >>> rewards = torch.tensor([0.0, 0.75, 0.75, 0.5, -0.25, 0.25, -1.0, -0.25, -0.5])
    >>> best_of_n(rewards, 3)
    tensor([1, 3, 7])
    >>> best_of_n(rewards, 3, threshold=0.5)
    tensor([1, 3])
    """
    raise NotImplementedError


def policy_gradient_loss(logprobs, returns, baseline, mask):
    """Make more likely what turned out better than expected, and less likely what was worse.

        loss = −1/K · Σ_{b,t} log π_bt · (R_bt − V_bt)

    log π is `logprobs`, of the tokens that the policy chose; R is what came of it (`returns`), V
    what was to be expected (`baseline`).  The sum is over the True entries of the mask, and K is
    their number in the whole batch.  returns and baseline are constant here: a value network learns
    from a loss of its own.  The difference is used as it is, not normalized.

    logprobs, returns, baseline: (B, T); mask: (B, T) boolean; a row may have no True, but the batch
    has one.  Returns a tensor without axes.  (Williams, 1992.)

    >>> logprobs = torch.tensor([[-1.0, -2.0, -0.5], [-3.0, -4.0, -5.0]])
    >>> returns = torch.tensor([[2.0, 2.0, 1.0], [0.0, 9.0, 9.0]])
    >>> baseline = torch.tensor([[1.0, 0.0, 2.0], [3.0, 0.0, 0.0]])
    >>> mask = torch.tensor([[True, True, True], [True, False, False]])

    The products are −1, −4, ½ and 9.

    >>> policy_gradient_loss(logprobs, returns, baseline, mask)
    tensor(-1.1250)
    """
    raise NotImplementedError


def gae(rewards, values, last_value, dones, gamma, lam):
    """Estimate how much better each action was than expected, over all horizons at once.

        δ_t = r_t + γ · (1 − d_t) · V_{t+1} − V_t
        A_t = δ_t + γ · λ · (1 − d_t) · A_{t+1}
        returns_t = A_t + V_t

    δ says what one step brought beyond the expectation V; A adds what the later steps brought, each
    γ · λ times less.  For λ = 0 nothing is believed but V; for λ = 1 nothing but the rewards.

    rewards, values: (T, N), time first, N environments side by side; d is dones, (T, N) boolean:
    dones[t] says that the episode ended with step t, so that the state after it belongs to a new
    one, whose value and advantages do not count.  last_value: (N,), V of the state after the last
    step, which is V_T; A_T = 0.  gamma, lam: floats from 0 to 1.  Returns the pair (advantages,
    returns), both (T, N).  (Schulman et al., 2016, equations 11 to 16.)

    >>> rewards = torch.tensor([[1.0, 0.0], [2.0, 4.0], [0.0, 1.0]])
    >>> values = torch.tensor([[2.0, 1.0], [4.0, 0.0], [2.0, 2.0]])
    >>> last_value = torch.tensor([4.0, 8.0])
    >>> dones = torch.tensor([[False, True], [False, False], [False, False]])
    >>> advantages, returns = gae(rewards, values, last_value, dones, gamma=0.5, lam=0.5)

    δ is 1, −1, 0 in the first environment, and −1, 5, 3 in the second one.

    >>> advantages
    tensor([[ 0.7500, -1.0000],
            [-1.0000,  5.7500],
            [ 0.0000,  3.0000]])
    >>> returns
    tensor([[2.7500, 0.0000],
            [3.0000, 5.7500],
            [2.0000, 5.0000]])
    """
    raise NotImplementedError


def ppo_loss(logprobs, old_logprobs, advantages, mask, clip=0.2):
    """Improve the policy with answers it gave a few updates ago, but not further than they reach.

        r = e^{logprobs − old_logprobs}
        c = max(1 − ε, min(r, 1 + ε))
        loss = −1/K · Σ_{b,t} min(r_bt · A_bt, c_bt · A_bt)

    r is how much more likely the policy has made a token since it was drawn.  The smaller of the
    two products is the more pessimistic one: it stops rewarding what has moved far enough in the
    direction that A wants, and never forgives what moved in the wrong one.

    logprobs, old_logprobs, advantages: (B, T); mask: (B, T) boolean; the sum is over its True
    entries, and K is their number in the whole batch; a row may have no True, but the batch has
    one.  clip: the float ε.  A is used as it is, not normalized.  old_logprobs and advantages are
    constant.  Returns a tensor without axes.  (Schulman et al., 2017, equation 7.)

    >>> ratio = torch.tensor([[1.5, 0.5, 1.1], [1.5, 0.5, 3.0]])
    >>> old_logprobs = torch.tensor([[-1.0, -2.0, -3.0], [-2.0, -1.0, -1.0]])
    >>> logprobs = old_logprobs + ratio.log()
    >>> advantages = torch.tensor([[2.0, 2.0, 2.0], [-1.0, -1.0, 5.0]])
    >>> mask = torch.tensor([[True, True, True], [True, True, False]])

    The products are 2.4 (clipped), 1, 2.2, −1.5 and −0.8 (clipped).

    >>> ppo_loss(logprobs, old_logprobs, advantages, mask).round(decimals=4)
    tensor(-0.6600)
    """
    raise NotImplementedError


def kl_estimates(logprobs, ref_logprobs):
    """Estimate from single tokens how far a policy has gone from its reference.

        ℓ = logprobs − ref_logprobs
        k1 = ℓ
        k2 = ½ · ℓ²
        k3 = e^{−ℓ} − 1 + ℓ

    For tokens drawn from the policy the mean of k1 is the divergence KL(policy ‖ reference), but a
    single k1 may be negative, which no divergence is.  k2 never is, and has another mean, close to
    it where the two are close.  k3 is never negative and has the right mean: what is added to k1,
    e^{−ℓ} − 1, has mean 0.

    logprobs, ref_logprobs: one shape, any.  Returns (k1, k2, k3), each of that shape: nothing is
    averaged.  Gradients reach both.  (Schulman, "Approximating KL divergence", 2020.)

    >>> logprobs = torch.tensor([[0.5, 0.25, 0.125]]).log()
    >>> ref_logprobs = torch.tensor([[0.25, 0.25, 0.5]]).log()
    >>> k1, k2, k3 = kl_estimates(logprobs, ref_logprobs)
    >>> k1.round(decimals=4)
    tensor([[ 0.6931,  0.0000, -1.3863]])
    >>> k2.round(decimals=4)
    tensor([[0.2402, 0.0000, 0.9609]])
    >>> k3.round(decimals=4)
    tensor([[0.1931, 0.0000, 1.6137]])
    """
    raise NotImplementedError


def dpo_loss(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    """Learn from preferences without a reward model: the policy is one.

        R = β · (policy − ref)
        loss = mean of −log sigmoid(R_chosen − R_rejected)

    The reward R of an answer is β times how far the policy has moved its log probability away from
    the reference's.  On a leash of strength β that reward would make this very policy the best one,
    so nothing has to be drawn, and nobody has to reward it.

    policy_chosen, policy_rejected, ref_chosen, ref_rejected: (B,), log probabilities of whole
    answers, as `sequence_logprob` gives them; beta: a float above 0.  Returns (loss,
    chosen_rewards, rejected_rewards): a tensor without axes, the mean over the B pairs, and the
    rewards, (B,) each, which are for looking at: detached, without gradients.  The reference's log
    probabilities are constant.  Differences of rewards up to ±10000 give neither inf nor NaN, in
    the gradients neither.  (Rafailov et al., 2023, equation 7.)

    >>> policy_chosen, policy_rejected = torch.tensor([-5.0, -8.0]), torch.tensor([-9.0, -6.0])
    >>> ref_chosen, ref_rejected = torch.tensor([-7.0, -7.0]), torch.tensor([-8.0, -9.0])
    >>> loss, chosen, rejected = dpo_loss(
    ...     policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta=0.5
    ... )
    >>> chosen, rejected
    (tensor([ 1.0000, -0.5000]), tensor([-0.5000,  1.5000]))
    >>> loss.round(decimals=4)
    tensor(1.1642)
    """
    raise NotImplementedError


def grpo_advantages(rewards, group_size, eps=1e-4):
    """Compare the answers to one question with each other: their mean is what was expected.

        A = (r − mean) / (s + ε)

    mean and s, the standard deviation, are those of r's own group.  s is the unbiased one, whose
    square divides the sum of squares by n − 1, as torch does; ε is added to s itself.

    rewards: (G · n,), n entries next to each other for each of G questions; group_size: the int
    n ≥ 2; eps: float.  Returns a tensor like rewards.  In a group of equal rewards all advantages
    are 0.  (Shao et al., 2024, section 4.1.2, with the deviation that TRL takes.)

    >>> rewards = torch.tensor([1.0, 0.0, 2.0, 5.0, 5.0, 2.0])
    >>> grpo_advantages(rewards, 3, eps=1.0)
    tensor([ 0.0000, -0.5000,  0.5000,  0.3660,  0.3660, -0.7321])
    """
    raise NotImplementedError


def grpo_loss(logprobs, old_logprobs, ref_logprobs, advantages, mask, clip=0.2, beta=0.04):
    """Do what PPO does with one advantage for a whole answer, on a leash.

        r = e^{logprobs − old_logprobs}
        c = max(1 − ε, min(r, 1 + ε))
        J_bt = min(r_bt · A_b, c_bt · A_b) − β · k3_bt
        J_b = 1/K_b · Σ_t J_bt
        loss = −1/B · Σ_b J_b

    k3 is that of `kl_estimates`, of logprobs against ref_logprobs.  The sum over t is over the True
    entries of row b, K_b in number: first each answer has a mean, then the mean over the answers is
    taken, so that a long one counts as much as a short one.

    logprobs, old_logprobs, ref_logprobs: (B, T); advantages: (B,), one for each answer; mask:
    (B, T) boolean, at least one True in each row; clip: the float ε; beta: the float β ≥ 0.
    old_logprobs, ref_logprobs and advantages are constant.  Returns a tensor without axes.  (Shao
    et al., 2024, equation 3.)

    >>> ratio = torch.tensor([[1.5, 0.5, 1.1], [1.5, 0.5, 3.0]])
    >>> old_logprobs = torch.tensor([[-1.0, -2.0, -3.0], [-2.0, -1.0, -1.0]])
    >>> logprobs = old_logprobs + ratio.log()
    >>> ref_logprobs = logprobs + torch.tensor([[2.0, 1.0, 3.0], [0.5, 4.0, 1.0]]).log()
    >>> advantages = torch.tensor([2.0, -1.0])
    >>> mask = torch.tensor([[True, True, False], [True, False, False]])

    The products are 2.4 and 1 in the first row, −1.5 in the second one; without a leash the loss is
    −½ · (1.7 − 1.5).

    >>> answers = logprobs, old_logprobs, ref_logprobs, advantages, mask
    >>> grpo_loss(*answers, beta=0.0).round(decimals=4)
    tensor(-0.1000)
    >>> grpo_loss(*answers, beta=1.0).round(decimals=4)
    tensor(0.0733)
    """
    raise NotImplementedError
