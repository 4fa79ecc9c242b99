"""The same answers by independent means: NumPy and SciPy, and gradients derived on paper."""

import itertools
import math

import numpy as np
import scipy.linalg
import scipy.special
import scipy.stats
import torch

from grader.bank import alternate


def plain(values):
    """A tensor as float64 numbers."""
    return values.detach().double().numpy()


class _Derived(torch.autograd.Function):
    """A number whose gradients were worked out beside it."""

    @staticmethod
    def forward(ctx, value, *pairs):
        """`pairs` are tensors, each followed by its gradient as an array."""
        tensors, gradients = pairs[::2], pairs[1::2]
        ctx.gradients = [
            torch.as_tensor(gradient, dtype=one.dtype)
            for one, gradient in zip(tensors, gradients, strict=True)
        ]
        return torch.as_tensor(value, dtype=tensors[0].dtype)

    @staticmethod
    def backward(ctx, upstream):
        found = [(upstream * gradient, None) for gradient in ctx.gradients]
        return None, *itertools.chain(*found)


@alternate("sft_loss", "SciPy's log_softmax; the gradient is p minus one-hot")
def sft_loss(logits, tokens, prompt_lengths, lengths):
    scores = plain(logits)
    logs, gradient, total, count = scipy.special.log_softmax(scores, axis=2), 0 * scores, 0.0, 0
    for b, (start, end) in enumerate(zip(prompt_lengths.tolist(), lengths.tolist(), strict=True)):
        for i in range(start, end):
            token = int(tokens[b, i])
            total, count = total - logs[b, i - 1, token], count + 1
            gradient[b, i - 1] = np.exp(logs[b, i - 1])
            gradient[b, i - 1, token] -= 1
    return _Derived.apply(total / count, logits, gradient / count)


class _Sums(torch.autograd.Function):
    """Log probabilities of rows, with SciPy; the gradient is one-hot minus p."""

    @staticmethod
    def forward(ctx, logits, tokens, mask):
        logs = scipy.special.log_softmax(plain(logits), axis=2)
        sums, ctx.gradient = np.zeros(len(tokens)), np.zeros(logits.shape)
        for b, i in zip(*np.nonzero(mask.numpy()), strict=True):
            if i:
                token = int(tokens[b, i])
                sums[b] += logs[b, i - 1, token]
                ctx.gradient[b, i - 1] = -np.exp(logs[b, i - 1])
                ctx.gradient[b, i - 1, token] += 1
        return torch.from_numpy(sums).to(logits.dtype)

    @staticmethod
    def backward(ctx, upstream):
        gradient = torch.from_numpy(ctx.gradient).to(upstream.dtype)
        return upstream[:, None, None] * gradient, None, None


@alternate("sequence_logprob", "SciPy's log_softmax; the gradient is one-hot minus p")
def sequence_logprob(logits, tokens, mask):
    return _Sums.apply(logits, tokens, mask)


@alternate("reward_model_loss", "minus the logarithm of a logistic distribution's probability")
def reward_model_loss(chosen, rejected, margin=0.0):
    each = margin if torch.is_tensor(margin) else torch.full_like(chosen, margin)
    lead = plain(chosen) - plain(rejected) - plain(each)
    slope = -scipy.stats.logistic.sf(lead) / len(lead)
    value = -scipy.stats.logistic.logcdf(lead).mean()
    return _Derived.apply(value, chosen, slope, rejected, -slope, each, -slope)


@alternate("best_of_n", "sorted by group, reward and place")
def best_of_n(rewards, n, threshold=None):
    ordered = sorted((i // n, -reward, i) for i, reward in enumerate(rewards.tolist()))
    winners = [next(members) for _, members in itertools.groupby(ordered, key=lambda one: one[0])]
    least = -math.inf if threshold is None else threshold
    return torch.tensor([i for _, loss, i in winners if -loss >= least], dtype=torch.int64)


@alternate("policy_gradient_loss", "NumPy's weighted average; each gradient is its weight")
def policy_gradient_loss(logprobs, returns, baseline, mask):
    weights = mask.numpy() / mask.numpy().sum()
    ahead = plain(returns) - plain(baseline)
    value = -np.average(plain(logprobs) * ahead, weights=weights)
    return _Derived.apply(value, logprobs, -ahead * weights)


@alternate("gae", "a system of linear equations for all advantages of an environment")
def gae(rewards, values, last_value, dones, gamma, lam):
    r, v, last = plain(rewards), plain(values), plain(last_value)
    advantages = np.empty_like(r)
    for n in range(r.shape[1]):
        alive = 1.0 - dones[:, n].numpy()
        after = np.append(v[1:, n], last[n])
        # (I − γλ · shift) A = δ, where the shift reaches no further than an end.
        shift = np.diag(alive[:-1], k=1) if len(r) > 1 else np.zeros((1, 1))
        system = np.eye(len(r)) - gamma * lam * shift
        brought = r[:, n] + gamma * alive * after - v[:, n]
        advantages[:, n] = scipy.linalg.solve_triangular(system, brought)
    return tuple(torch.from_numpy(part).to(values.dtype) for part in (advantages, advantages + v))


def pessimistic(moves, gain, clip):
    """The smaller product for each token, and its derivative by the log probability."""
    ratio = np.exp(moves)
    edge = np.where(gain > 0, 1 + clip, 1 - clip)
    beyond = np.sign(gain) * (ratio - edge) > 0
    return np.where(beyond, edge, ratio) * gain, np.where(beyond, 0.0, ratio) * gain


@alternate("ppo_loss", "by cases, as in Schulman's figure 1; the gradient on paper")
def ppo_loss(logprobs, old_logprobs, advantages, mask, clip=0.2):
    counts = mask.numpy()
    objective, slope = pessimistic(plain(logprobs) - plain(old_logprobs), plain(advantages), clip)
    value = -objective[counts].mean()
    return _Derived.apply(value, logprobs, -np.where(counts, slope, 0) / counts.sum())


class _Estimates(torch.autograd.Function):
    """k1, its square, and the Bregman divergence of x log x − x; derivatives on paper."""

    @staticmethod
    def forward(ctx, logprobs, ref_logprobs):
        gap = plain(logprobs) - plain(ref_logprobs)
        # What SciPy calls kl_div(x, y) is x log(x / y) − x + y: for x = 1 just k3.
        k3 = scipy.special.kl_div(1.0, np.exp(-gap))
        ctx.gap, ctx.dtype = gap, logprobs.dtype
        parts = (gap, gap**2 / 2, k3)
        return tuple(torch.as_tensor(part, dtype=logprobs.dtype) for part in parts)

    @staticmethod
    def backward(ctx, first, second, third):
        slopes = (1.0, ctx.gap, -np.expm1(-ctx.gap))
        total = sum(plain(up) * s for up, s in zip((first, second, third), slopes, strict=True))
        gradient = torch.as_tensor(total, dtype=ctx.dtype)
        return gradient, -gradient


@alternate("kl_estimates", "SciPy's kl_div; derivatives on paper")
def kl_estimates(logprobs, ref_logprobs):
    return _Estimates.apply(logprobs, ref_logprobs)


@alternate("dpo_loss", "SciPy's log_expit; the gradient of the paper's section 4")
def dpo_loss(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    rewards = [
        beta * (plain(policy) - plain(reference))
        for policy, reference in ((policy_chosen, ref_chosen), (policy_rejected, ref_rejected))
    ]
    lead = rewards[0] - rewards[1]
    slope = -beta * scipy.special.expit(-lead) / len(lead)
    value = -scipy.special.log_expit(lead).mean()
    loss = _Derived.apply(value, policy_chosen, slope, policy_rejected, -slope)
    return loss, *(torch.from_numpy(part).to(policy_chosen.dtype) for part in rewards)


@alternate("grpo_advantages", "Bessel's correction from the mean of squared distances of pairs")
def grpo_advantages(rewards, group_size, eps=1e-4):
    groups = plain(rewards).reshape(-1, group_size)
    # The unbiased variance is half the mean squared distance of two different members.
    squares = (groups[:, :, None] - groups[:, None, :]) ** 2
    variance = squares.sum(axis=(1, 2)) / (2 * group_size * (group_size - 1))
    distances = (groups[:, :, None] - groups[:, None, :]).mean(axis=2)
    return torch.from_numpy((distances / (np.sqrt(variance)[:, None] + eps)).ravel()).to(rewards)


@alternate("grpo_loss", "by cases, with SciPy's kl_div; the gradient on paper")
def grpo_loss(logprobs, old_logprobs, ref_logprobs, advantages, mask, clip=0.2, beta=0.04):
    counts = mask.numpy()
    weights = counts / counts.sum(axis=1, keepdims=True) / len(counts)
    gain = plain(advantages)[:, None]
    objective, slope = pessimistic(plain(logprobs) - plain(old_logprobs), gain, clip)
    gap = plain(logprobs) - plain(ref_logprobs)
    leash = scipy.special.kl_div(1.0, np.exp(-gap))
    value = (weights * (beta * leash - objective)).sum()
    return _Derived.apply(value, logprobs, weights * (-beta * np.expm1(-gap) - slope))
