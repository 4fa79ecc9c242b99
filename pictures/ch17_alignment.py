"""Pictures of chapter 17: an advantage over an episode, PPO's brake, and sums learnt by reward."""

import torch

from grader.show.picture import Curves, picture

STEPS, END = 30, 18
DIGITS, ANSWERS = 4, 8
PARTS, UPDATES = 4, 15
"""A call has two seconds: training is cut into parts, each of so many updates."""


@picture("gae: a reward at step 18, and an end that hides what is behind it")
def episode(submission):
    rewards, dones = torch.zeros(STEPS, 1), torch.zeros(STEPS, 1, dtype=torch.bool)
    rewards[END], rewards[STEPS - 1], dones[END] = 1.0, -1.0, True
    values = torch.full((STEPS, 1), 0.2)
    lines = {}
    for lam in (0.0, 0.8, 1.0):
        answer = submission.gae(rewards, values, torch.zeros(1), dones, 0.98, lam)
        lines[f"λ = {lam:g}"] = torch.as_tensor(answer[0])[:, 0]
    return Curves(lines, across="step", up="advantage")


@picture("ppo_loss: where a token has moved far enough, the objective is flat")
def brake(submission):
    ratios = torch.linspace(0.4, 1.8, 57)
    seen, old = torch.ones(1, 1, dtype=torch.bool), torch.zeros(1, 1)
    lines = {}
    for name, gain in (("A = 1", 1.0), ("A = −1", -1.0)):
        worth = torch.full((1, 1), gain)
        losses = [submission.ppo_loss(r.log().reshape(1, 1), old, worth, seen) for r in ratios]
        lines[name] = (ratios, [-float(loss) for loss in losses])
    return Curves(lines, across="ratio of new and old probability", up="minus loss")


def practise(module, digits, answers, learnt, updates):
    """let a model guess two-digit sums, and teach it by reward alone

    Each sum of two digits is a prompt; `learnt` holds the logits of both digits of its answer.
    Returns the new logits, and after each update the mean reward and the divergence.
    """
    generator = torch.Generator().manual_seed(int(learnt["done"]))
    numbers = torch.arange(digits)
    sums = (numbers[:, None] + numbers).flatten()
    right = torch.stack([sums // digits, sums % digits], dim=1).repeat_interleave(answers, dim=0)
    table, m, v = learnt["table"], learnt["m"], learnt["v"]
    counts = torch.ones(right.shape, dtype=torch.bool)
    rewards_seen, divergences = [], []

    def chosen(logits, tokens):
        every = logits.repeat_interleave(answers, dim=0).log_softmax(dim=-1)
        return torch.take_along_dim(every, tokens[..., None], dim=-1)[..., 0]

    for _ in range(updates):
        chances = table.repeat_interleave(answers, dim=0).softmax(dim=-1).flatten(0, 1)
        drawn = torch.multinomial(chances, 1, generator=generator).reshape(right.shape)
        rewards = (drawn == right).all(dim=1).double()
        worth = module.grpo_advantages(rewards, answers)
        old, start = chosen(table, drawn), chosen(torch.zeros_like(table), drawn)
        for _ in range(2):
            leaf = table.clone().requires_grad_()
            now = chosen(leaf, drawn)
            loss = module.grpo_loss(now, old, start, worth, counts)
            (slope,) = torch.autograd.grad(loss, [leaf])
            m, v = 0.8 * m + 0.2 * slope, 0.95 * v + 0.05 * slope**2
            table = table - 0.1 * m / (v.sqrt() + 1e-5)
        rewards_seen.append(float(rewards.mean()))
        policy = table.log_softmax(dim=-1)
        guesses = torch.zeros_like(table).log_softmax(dim=-1)
        k3 = module.kl_estimates(policy, guesses)[2]
        divergences.append(float((policy.exp() * k3).sum(dim=-1).mean()))
    return {
        "table": table,
        "m": m,
        "v": v,
        "done": learnt["done"] + updates,
        "rewards": rewards_seen,
        "divergences": divergences,
    }


@picture("grpo_loss: a model that guesses sums is told nothing but right or wrong")
def sums(submission):
    zeros = torch.zeros(DIGITS**2, 2, DIGITS, dtype=torch.float64)
    learnt = {"table": zeros, "m": zeros, "v": zeros, "done": 0}
    rewards, divergences = [], []
    for _ in range(PARTS):
        learnt = submission.probe(practise, DIGITS, ANSWERS, learnt, UPDATES)
        rewards += learnt["rewards"]
        divergences += learnt["divergences"]
    lines = {"share of right answers": rewards, "divergence per token": divergences}
    return Curves(lines, across="update", up="nats, and share")
