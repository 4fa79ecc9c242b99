"""Right answers in other styles."""

import math

import torch
import torch.nn.functional as F

from grader.bank import alternate

# ---------------------------------------------------------------------------------------- sft_loss


@alternate("sft_loss", "labels with -100 and cross_entropy, as in most code")
def sft_loss(logits, tokens, prompt_lengths, lengths):
    labels = tokens.clone()
    for b in range(len(tokens)):
        labels[b, : prompt_lengths[b]] = -100
        labels[b, lengths[b] :] = -100
    shift_logits = logits[..., :-1, :].contiguous().view(-1, logits.size(-1))
    shift_labels = labels[..., 1:].contiguous().view(-1)
    return F.cross_entropy(shift_logits, shift_labels, ignore_index=-100)


@alternate("sft_loss", "token by token")
def sft_loss(logits, tokens, prompt_lengths, lengths):
    losses = []
    for b in range(logits.shape[0]):
        for i in range(int(prompt_lengths[b]), int(lengths[b])):
            scores = logits[b, i - 1]
            losses.append(torch.logsumexp(scores, 0) - scores[tokens[b, i]])
    return sum(losses) / len(losses)


@alternate("sft_loss", "a mask of floats that multiplies")
def sft_loss(logits, tokens, prompt_lengths, lengths):
    steps = torch.arange(tokens.shape[1]).expand_as(tokens)
    weights = steps.ge(prompt_lengths.unsqueeze(1)).logical_and(steps.lt(lengths.unsqueeze(1)))
    weights = weights[:, 1:].to(logits.dtype)
    nll = F.cross_entropy(logits[:, :-1].transpose(1, 2), tokens[:, 1:], reduction="none")
    return (nll * weights).sum() / weights.sum()


# -------------------------------------------------------------------------------- sequence_logprob


@alternate("sequence_logprob", "cross_entropy, with the mask as a factor")
def sequence_logprob(logits, tokens, mask):
    nll = F.cross_entropy(logits[:, :-1].mT, tokens[:, 1:], reduction="none")
    return -(nll * mask[:, 1:]).sum(-1)


@alternate("sequence_logprob", "row by row, of whatever the mask selects")
def sequence_logprob(logits, tokens, mask):
    sums = []
    for row, words, counts in zip(logits, tokens, mask, strict=True):
        places = [i for i in range(1, len(words)) if counts[i]]
        logprobs = torch.log_softmax(row, dim=1)
        sums.append(row.new_zeros(()) + sum(logprobs[i - 1, words[i]] for i in places))
    return torch.stack(sums)


@alternate("sequence_logprob", "one-hot tokens and einsum")
def sequence_logprob(logits, tokens, mask):
    chosen = F.one_hot(tokens[:, 1:], logits.shape[-1]) * mask[:, 1:, None]
    logprobs = logits[:, :-1] - torch.logsumexp(logits[:, :-1], dim=-1, keepdim=True)
    return torch.einsum("btv,btv->b", logprobs, chosen.to(logits.dtype))


# ------------------------------------------------------------------------------- reward_model_loss


@alternate("reward_model_loss", "softplus of the lead of the wrong one")
def reward_model_loss(chosen, rejected, margin=0.0):
    return F.softplus(rejected + margin - chosen).mean()


@alternate("reward_model_loss", "cross-entropy between two classes")
def reward_model_loss(chosen, rejected, margin=0.0):
    scores = torch.stack([chosen - margin, rejected], dim=1)
    return F.cross_entropy(scores, torch.zeros(len(chosen), dtype=torch.long))


@alternate("reward_model_loss", "binary cross-entropy with the label 1")
def reward_model_loss(chosen, rejected, margin=0.0):
    lead = chosen - rejected - margin
    return F.binary_cross_entropy_with_logits(lead, torch.ones_like(lead))


# --------------------------------------------------------------------------------------- best_of_n


@alternate("best_of_n", "a plain loop")
def best_of_n(rewards, n, threshold=None):
    winners = []
    values = rewards.tolist()
    for start in range(0, len(values), n):
        best = max(range(start, start + n), key=values.__getitem__)
        if threshold is None or values[best] >= threshold:
            winners.append(best)
    return torch.tensor(winners, dtype=torch.int64)


@alternate("best_of_n", "unflatten, sort, and masked_select")
def best_of_n(rewards, n, threshold=None):
    ordered, places = rewards.unflatten(0, (-1, n)).sort(dim=1, descending=True, stable=True)
    indices = places[:, 0] + torch.arange(0, rewards.numel(), n)
    keep = torch.ones_like(indices).bool() if threshold is None else ordered[:, 0].ge(threshold)
    return torch.masked_select(indices, keep)


# ---------------------------------------------------------------------------- policy_gradient_loss


@alternate("policy_gradient_loss", "a sum with a mask of numbers, divided by its sum")
def policy_gradient_loss(logprobs, returns, baseline, mask):
    with torch.no_grad():
        weight = (baseline - returns) * mask.to(returns.dtype)
    return torch.sum(logprobs * weight) / mask.sum()


@alternate("policy_gradient_loss", "one action at a time")
def policy_gradient_loss(logprobs, returns, baseline, mask):
    terms = []
    for b, t in mask.nonzero().tolist():
        terms.append(logprobs[b, t] * (returns[b, t].item() - baseline[b, t].item()))
    return -torch.stack(terms).mean()


# --------------------------------------------------------------------------------------------- gae


@alternate("gae", "as in PPO code, with a value that is carried along")
def gae(rewards, values, last_value, dones, gamma, lam):
    advantages = torch.zeros_like(rewards)
    following, last = last_value, 0.0
    for t in reversed(range(len(rewards))):
        nonterminal = 1.0 - dones[t].to(rewards.dtype)
        delta = rewards[t] + gamma * following * nonterminal - values[t]
        last = delta + gamma * lam * nonterminal * last
        advantages[t] = last
        following = values[t]
    return advantages, advantages + values


@alternate("gae", "λ-returns first, one environment at a time; a list")
def gae(rewards, values, last_value, dones, gamma, lam):
    steps, count = rewards.shape
    returns = torch.empty_like(rewards)
    for n in range(count):
        ahead, value = last_value[n], last_value[n]
        for t in range(steps - 1, -1, -1):
            if dones[t, n]:
                ahead = rewards[t, n]
            else:
                ahead = rewards[t, n] + gamma * ((1 - lam) * value + lam * ahead)
            returns[t, n], value = ahead, values[t, n]
    return [returns - values, returns]


# ---------------------------------------------------------------------------------------- ppo_loss


@alternate("ppo_loss", "the maximum of two losses")
def ppo_loss(logprobs, old_logprobs, advantages, mask, clip=0.2):
    ratio = torch.exp(logprobs - old_logprobs.detach())
    advantages = advantages.detach()
    first = -advantages * ratio
    second = -advantages * torch.clamp(ratio, 1.0 - clip, 1.0 + clip)
    losses = torch.max(first, second) * mask
    return losses.sum() / mask.sum()


@alternate("ppo_loss", "one edge for each sign of the advantage")
def ppo_loss(logprobs, old_logprobs, advantages, mask, clip=0.2):
    new, old, gain = logprobs[mask], old_logprobs[mask].detach(), advantages[mask].detach()
    ratio = torch.exp(new - old)
    held = torch.where(gain > 0, ratio.clamp(max=1 + clip), ratio.clamp(min=1 - clip))
    return torch.mean(-held * gain)


# ------------------------------------------------------------------------------------ kl_estimates


@alternate("kl_estimates", "expm1, a list")
def kl_estimates(logprobs, ref_logprobs):
    log_ratio = ref_logprobs - logprobs
    return [-log_ratio, 0.5 * log_ratio.square(), torch.expm1(log_ratio) - log_ratio]


@alternate("kl_estimates", "by the ratio itself")
def kl_estimates(logprobs, ref_logprobs):
    ratio = torch.exp(ref_logprobs - logprobs)
    k1 = logprobs - ref_logprobs
    return k1, torch.pow(k1, 2).mul(0.5), (ratio - 1) + k1


# ---------------------------------------------------------------------------------------- dpo_loss


@alternate("dpo_loss", "log-ratios of policy and reference, as in TRL")
def dpo_loss(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    ref_chosen, ref_rejected = ref_chosen.detach(), ref_rejected.detach()
    logits = (policy_chosen - policy_rejected) - (ref_chosen - ref_rejected)
    losses = -F.logsigmoid(beta * logits)
    chosen_rewards = beta * (policy_chosen - ref_chosen).detach()
    rejected_rewards = beta * (policy_rejected - ref_rejected).detach()
    return losses.mean(), chosen_rewards, rejected_rewards


@alternate("dpo_loss", "cross-entropy of the two rewards; a list")
def dpo_loss(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta):
    with torch.no_grad():
        reference = torch.stack([ref_chosen, ref_rejected])
    rewards = (torch.stack([policy_chosen, policy_rejected]) - reference) * beta
    loss = F.cross_entropy(rewards.T, torch.zeros(rewards.shape[1], dtype=torch.long))
    return [loss, *rewards.detach().clone().unbind(0)]


# --------------------------------------------------------------------------------- grpo_advantages


@alternate("grpo_advantages", "repeat_interleave, as in TRL")
def grpo_advantages(rewards, group_size, eps=1e-4):
    mean = rewards.reshape(-1, group_size).mean(dim=1).repeat_interleave(group_size)
    std = rewards.reshape(-1, group_size).std(dim=1).repeat_interleave(group_size)
    return (rewards - mean) / (std + eps)


@alternate("grpo_advantages", "group by group, the deviation by hand")
def grpo_advantages(rewards, group_size, eps=1e-4):
    out = torch.zeros_like(rewards)
    for start in range(0, len(rewards), group_size):
        group = rewards[start : start + group_size].tolist()
        mean = math.fsum(group) / group_size
        square = math.fsum((r - mean) ** 2 for r in group) / (group_size - 1)
        for place, reward in enumerate(group, start):
            out[place] = (reward - mean) / (math.sqrt(square) + eps)
    return out


# --------------------------------------------------------------------------------------- grpo_loss


@alternate("grpo_loss", "a loss per token, weighed so that each answer counts 1")
def grpo_loss(logprobs, old_logprobs, ref_logprobs, advantages, mask, clip=0.2, beta=0.04):
    with torch.no_grad():
        weight = mask / mask.sum(dim=1, keepdim=True) / len(mask)
        gain = advantages.reshape(-1, 1)
        old, ref = old_logprobs.clone(), ref_logprobs.clone()
    coef = torch.exp(logprobs - old)
    loss = torch.maximum(-coef * gain, -torch.clamp(coef, 1 - clip, 1 + clip) * gain)
    kl = torch.exp(ref - logprobs) - (ref - logprobs) - 1
    return ((loss + beta * kl) * weight).sum()


@alternate("grpo_loss", "answer by answer")
def grpo_loss(logprobs, old_logprobs, ref_logprobs, advantages, mask, clip=0.2, beta=0.04):
    losses = []
    for b, counts in enumerate(mask):
        new = logprobs[b][counts]
        old, ref = old_logprobs[b][counts].detach(), ref_logprobs[b][counts].detach()
        gain, ratio, ahead = float(advantages[b]), (new - old).exp(), ref - new
        held = ratio.clamp(max=1 + clip) if gain > 0 else ratio.clamp(min=1 - clip)
        losses.append((beta * (torch.expm1(ahead) - ahead) - held * gain).mean())
    return torch.stack(losses).mean()
