"""What a learner might hand in.

sft_loss: failed, mask-not-shifted
sequence_logprob: failed, mean
reward_model_loss: failed, margin-added
best_of_n: failed, zero-threshold-ignored
policy_gradient_loss: failed, baseline-not-constant
gae: failed, leaks-over-the-end
ppo_loss: failed, ratio-minimum
kl_estimates: failed, k3-inverse-ratio
dpo_loss: failed, no-reference
grpo_advantages: failed, biased
grpo_loss: failed, token-mean
"""

import torch
import torch.nn.functional as F


def sft_loss(logits, tokens, prompt_lengths, lengths):
    logp = F.log_softmax(logits[:, :-1], dim=-1)
    logp = torch.gather(logp, 2, tokens[:, 1:].unsqueeze(2)).squeeze(2)
    pos = torch.arange(tokens.shape[1])
    mask = (pos >= prompt_lengths[:, None]) & (pos < lengths[:, None])
    mask = mask[:, :-1]  # same length as logp
    return -(logp * mask).sum() / mask.sum()


def sequence_logprob(logits, tokens, mask):
    logp = F.log_softmax(logits[:, :-1], dim=-1)
    logp = torch.gather(logp, 2, tokens[:, 1:].unsqueeze(2)).squeeze(2)
    m = mask[:, 1:].float()
    # long answers should not be punished
    return ((logp * m).sum(dim=1) / m.sum(dim=1).clamp(min=1)).to(logits.dtype)


def reward_model_loss(chosen, rejected, margin=0.0):
    diff = chosen - rejected + margin
    return F.softplus(-diff).mean()


def best_of_n(rewards, n, threshold=None):
    out = []
    for g in range(len(rewards) // n):
        group = rewards[g * n : (g + 1) * n]
        best = int(torch.argmax(group))
        if threshold and group[best] < threshold:
            continue
        out.append(g * n + best)
    return torch.tensor(out, dtype=torch.int64)


def policy_gradient_loss(logprobs, returns, baseline, mask):
    adv = returns.detach() - baseline
    m = mask.to(logprobs.dtype)
    return -(logprobs * adv * m).sum() / m.sum()


def gae(rewards, values, last_value, dones, gamma, lam):
    steps = rewards.shape[0]
    advantages = torch.zeros_like(rewards)
    next_value, last = last_value, torch.zeros_like(last_value)
    for t in reversed(range(steps)):
        not_done = 1 - dones[t].to(rewards.dtype)
        delta = rewards[t] + gamma * next_value * not_done - values[t]
        last = delta + gamma * lam * last
        advantages[t] = last
        next_value = values[t]
    return advantages, advantages + values


def ppo_loss(logprobs, old_logprobs, advantages, mask, clip=0.2):
    ratio = torch.exp(logprobs - old_logprobs.detach())
    ratio = torch.min(ratio, torch.clamp(ratio, 1 - clip, 1 + clip))
    per_token = ratio * advantages.detach()
    return -per_token[mask].mean()


def kl_estimates(logprobs, ref_logprobs):
    log_ratio = logprobs - ref_logprobs
    ratio = log_ratio.exp()
    return log_ratio, log_ratio**2 / 2, (ratio - 1) - log_ratio


def dpo_loss(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    # the reference is constant, so it does not change what is learned
    chosen_rewards = beta * policy_chosen
    rejected_rewards = beta * policy_rejected
    loss = -F.logsigmoid(chosen_rewards - rejected_rewards).mean()
    return loss, chosen_rewards.detach(), rejected_rewards.detach()


def grpo_advantages(rewards, group_size, eps=1e-4):
    groups = rewards.reshape(-1, group_size)
    mean = groups.mean(dim=1, keepdim=True)
    std = ((groups - mean) ** 2).mean(dim=1, keepdim=True).sqrt()
    return ((groups - mean) / (std + eps)).reshape(-1)


def grpo_loss(logprobs, old_logprobs, ref_logprobs, advantages, mask, clip=0.2, beta=0.04):
    advantages = advantages.detach()[:, None]
    ratio = torch.exp(logprobs - old_logprobs.detach())
    surrogate = torch.min(ratio * advantages, torch.clamp(ratio, 1 - clip, 1 + clip) * advantages)
    log_ratio = ref_logprobs.detach() - logprobs
    kl = torch.exp(log_ratio) - log_ratio - 1
    loss = -(surrogate - beta * kl)
    return (loss * mask).sum() / mask.sum()
