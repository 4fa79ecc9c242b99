"""What people get wrong in alignment."""

from grader.bank import slips

# ---------------------------------------------------------------------------------------- sft_loss

slips(
    "sft_loss",
    """
    not-shifted: The logits at a position speak of the token after it, not of the one there.
        logits[:, :-1] -> logits[:, 1:]
    shifted-backwards: Logits look forward: they predict the token after, not the one before.
        logits[:, :-1] -> logits[:, 1:]
        tokens[:, 1:, None] -> tokens[:, :-1, None]
    first-completion-token-lost: The first token after the prompt has to be learned as well.
        >= prompt_lengths -> > prompt_lengths
    last-completion-token-lost: The last real token, by which an answer ends, has to be learned.
        < lengths[:, None] -> < lengths[:, None] - 1
    mask-not-shifted: When tokens lose their first column, what marks them loses it too.
        torch.arange(1, tokens.shape[1], -> torch.arange(tokens.shape[1] - 1,
    one-padding-token: Where a row has n real tokens, position n is padding.
        < lengths -> <= lengths
    one-prompt-token: The last token of the prompt is still prompt.
        >= prompt_lengths[:, None] -> >= prompt_lengths[:, None] - 1
    prompt-counted: The model is not to learn to ask: prompts are left out.
        (position >= prompt_lengths[:, None]) & ->
    padding-counted: What fills a row up is nothing to learn.
        & (position < lengths[:, None]) ->
    everything-counted: Neither prompts nor padding are to be learned.
        each[completion] -> each
    prompt-only: It is the other part of the row that is to be learned.
        (position >= prompt_lengths[:, None]) & (position < lengths[:, None])
        -> position < prompt_lengths[:, None]
    lengths-count-completions: lengths go from the beginning of the row: the prompt is in them.
        < lengths[:, None] -> < (prompt_lengths + lengths)[:, None]
    zeros-in-mean: What is left out must not make the divisor larger either.
        each[completion].mean() -> (each * completion).mean()
    divided-by-all-tokens: Divide by as many tokens as were summed.
        each[completion].mean() -> each[completion].sum() / lengths.sum()
    divided-by-rows: It is a mean over tokens, not over rows.
        each[completion].mean() -> each[completion].sum() / len(tokens)
    summed: A loss is a mean.
        .mean() -> .sum()
    one-loss-each: A loss is one number.
        -each[completion].mean() -> -each[completion]
    first-prompt-length: Each row has a prompt length of its own.
        prompt_lengths[:, None] -> prompt_lengths[0]
    first-length: Each row has a length of its own.
        < lengths[:, None] -> < lengths[0]
    shortest-prompt: Each row has a prompt length of its own.
        prompt_lengths[:, None] -> prompt_lengths.min()
    sign: The more likely the right tokens are, the smaller is the loss.
        -each -> each
    probabilities: The loss is made of logarithms of probabilities.
        log_softmax -> softmax
    one-minus-probability: The loss of a token is minus a logarithm, not what is missing to 1.
        log_softmax(dim=-1) -> softmax(dim=-1)
        return -each[completion] -> return (1 - each[completion])
    raw-logits: Logits are no log probabilities yet: those of a position sum to 1.
        .log_softmax(dim=-1) ->
    softmax-over-time: The vocabulary is the last axis.
        log_softmax(dim=-1) -> log_softmax(dim=1)
    best-token: What counts is the token that stands there, not the one the model likes best.
        logprobs.gather(-1, tokens[:, 1:, None]).squeeze(-1) -> logprobs.amax(dim=-1)
    softmax-twice: One softmax is enough.
        log_softmax(dim=-1) -> softmax(dim=-1).log_softmax(dim=-1)
    smoothed-labels: The right token has probability 1 as a target: nothing is smoothed.
        each = -> each = 0.1 * logprobs.mean(dim=-1) + 0.9 *
    in-bits: Losses are in nats.
        -each[completion].mean() -> -each[completion].mean() / 0.6931471805599453
    perplexity: The loss is the logarithm, before anything is exponentiated again.
        -each[completion].mean() -> (-each[completion].mean()).exp()
    unstable: A probability that was rounded to 0 has no logarithm: take both in one step.
        log_softmax(dim=-1) -> softmax(dim=-1).log()
    eps-in-log: A small number inside the logarithm changes what unlikely tokens cost.
        log_softmax(dim=-1) -> softmax(dim=-1).add(1e-8).log()
    logits-clipped: Sure logits cost what they cost, and have gradients.
        logits[:, :-1].log_softmax -> logits[:, :-1].clamp(-50, 50).log_softmax

    by-hand: e to a large logit is infinite: torch's log_softmax is stable.
        logprobs = logits[:, :-1].log_softmax(dim=-1)
        ->
        logprobs = logits[:, :-1] - logits[:, :-1].exp().sum(dim=-1, keepdim=True).log()

    per-sequence: A mean of the rows' means weighs tokens of short answers more.
        return -each[completion].mean()
        ->
        counts = completion.sum(dim=1)
        means = (each * completion).sum(dim=1) / counts.clamp(min=1)
        return -means.sum() / (counts > 0).sum()

    in-place:
        return -each[completion].mean()
        ->
        tokens[:, 1:][~completion] = -100
        return -each[completion].mean()
    """,
)

# -------------------------------------------------------------------------------- sequence_logprob

slips(
    "sequence_logprob",
    """
    mean: An answer's log probability is a sum: long answers are less likely.
        .sum(dim=1) -> .sum(dim=1) / mask[:, 1:].sum(dim=1).clamp(min=1)
    mean-over-all-positions: An answer's log probability is a sum.
        .sum(dim=1) -> .mean(dim=1)
    summed-over-batch: Each row has a log probability of its own.
        .sum(dim=1) -> .sum()
    summed-over-rows: The sum goes along the row.
        .sum(dim=1) -> .sum(dim=0)
    one-for-each-token: The tokens of a row are summed.
        .sum(dim=1) ->
    negative: It is the log probability, not a loss.
        return torch -> return -torch
    probability: The logarithm is due, not the probability.
        .sum(dim=1) -> .sum(dim=1).exp()
    mask-not-shifted: When tokens lose their first column, the mask loses it too.
        mask[:, 1:] -> mask[:, :-1]
    mask-ignored: Only where the mask is True a token counts.
        torch.where(mask[:, 1:], each, 0) -> each
    mask-inverted: True counts, False does not.
        mask[:, 1:], each, 0 -> mask[:, 1:], 0, each
    prefix-only: Later tokens count too, even behind a gap in the mask.
        mask[:, 1:] -> mask[:, 1:].long().cumprod(dim=1).bool()
    gaps-filled: A False between two True does not count either.
        mask[:, 1:] -> (mask[:, 1:].long().cumsum(dim=1) > 0)
    not-shifted: The logits at a position speak of the token after it.
        logits[:, :-1] -> logits[:, 1:]
    shifted-backwards: Logits look forward: they predict the token after, not the one before.
        logits[:, :-1] -> logits[:, 1:]
        tokens[:, 1:, None] -> tokens[:, :-1, None]
    raw-logits: Logits are no log probabilities yet: those of a position sum to 1.
        .log_softmax(dim=-1) ->
    probabilities-summed: Logarithms of probabilities are summed.
        log_softmax -> softmax
    softmax-over-time: The vocabulary is the last axis.
        log_softmax(dim=-1) -> log_softmax(dim=1)
    best-token: What counts is the token that stands there, not the one the model likes best.
        logprobs.gather(-1, tokens[:, 1:, None]).squeeze(-1) -> logprobs.amax(dim=-1)
    in-bits: Logarithms are natural.
        .sum(dim=1) -> .sum(dim=1) / 0.6931471805599453
    unstable: A probability that was rounded to 0 has no logarithm: take both in one step.
        log_softmax(dim=-1) -> softmax(dim=-1).log()
    eps-in-log: A small number inside the logarithm changes what unlikely tokens cost.
        log_softmax(dim=-1) -> softmax(dim=-1).add(1e-8).log()
    logits-clipped: Sure logits cost what they cost, and have gradients.
        logits[:, :-1].log_softmax -> logits[:, :-1].clamp(-50, 50).log_softmax
    detached: Who trains with it needs its gradient.
        logits[:, :-1] -> logits.detach()[:, :-1] + 0 * logits[:, :-1]

    by-hand: e to a large logit is infinite: torch's log_softmax is stable.
        logprobs = logits[:, :-1].log_softmax(dim=-1)
        ->
        logprobs = logits[:, :-1] - logits[:, :-1].exp().sum(dim=-1, keepdim=True).log()

    first-column-counted: Nobody predicts token 0, so its column counts for nothing.
        each = logprobs.gather(-1, tokens[:, 1:, None]).squeeze(-1)
        return torch.where(mask[:, 1:], each, 0).sum(dim=1)
        ->
        logprobs = torch.cat([logits[:, :1].log_softmax(dim=-1), logprobs], dim=1)
        each = logprobs.gather(-1, tokens[:, :, None]).squeeze(-1)
        return torch.where(mask, each, 0).sum(dim=1)

    rolled: Rolling brings the last logits to token 0, which they know nothing of.
        logprobs = logits[:, :-1].log_softmax(dim=-1)
        each = logprobs.gather(-1, tokens[:, 1:, None]).squeeze(-1)
        return torch.where(mask[:, 1:], each, 0).sum(dim=1)
        ->
        logprobs = logits.log_softmax(dim=-1).roll(1, dims=1)
        each = logprobs.gather(-1, tokens[:, :, None]).squeeze(-1)
        return torch.where(mask, each, 0).sum(dim=1)

    in-place:
        return torch.where(mask[:, 1:], each, 0).sum(dim=1)
        ->
        tokens[:, 1:][~mask[:, 1:]] = 0
        return torch.where(mask[:, 1:], each, 0).sum(dim=1)
    """,
)

# ------------------------------------------------------------------------------- reward_model_loss

slips(
    "reward_model_loss",
    """
    swapped: The chosen answer is to have the larger reward.
        chosen - rejected -> rejected - chosen
    sign: A loss falls while the right order becomes more probable.
        return -functional -> return functional
    mean-first: Each pair has a loss; the mean comes last.
        (chosen - rejected - margin).mean() -> ((chosen - rejected - margin).mean())
    summed: The pairs are averaged.
        .mean() -> .sum()
    one-loss-each: A loss is one number.
        .mean() ->
    halved: Nothing is halved.
        .mean() -> .mean() / 2
    margin-added: With a margin it is harder to be right, not easier.
        - margin -> + margin
    margin-ignored: The margin is asked of the difference.
        - margin ->
    margin-outside: The margin belongs into the sigmoid.
        return -functional.logsigmoid(chosen - rejected - margin).mean()
        -> return (margin - functional.logsigmoid(chosen - rejected)).mean()
    margin-multiplies: The margin is subtracted: it is no factor.
        chosen - rejected - margin -> (chosen - rejected) * margin
    margin-averaged: Each pair has a margin of its own.
        - margin -> - torch.as_tensor(margin, dtype=chosen.dtype).mean()
    margin-positive: A margin may be any number.
        - margin -> - torch.as_tensor(margin, dtype=chosen.dtype).relu()
    margin-constant: A margin that is a tensor has a gradient as well.
        - margin -> - torch.as_tensor(margin, dtype=chosen.dtype).detach()
    rejected-constant: Both rewards are the model's, and both learn.
        - rejected -> - rejected.detach()
    probability: The loss is minus the logarithm of the probability, not what is missing to 1.
        -functional.logsigmoid(chosen - rejected - margin)
        -> (1 - (chosen - rejected - margin).sigmoid())
    each-by-itself: What counts is the difference of the two: rewards have no zero of their own.
        -functional.logsigmoid(chosen - rejected - margin)
        -> -(functional.logsigmoid(chosen - margin) + functional.logsigmoid(-rejected))
    sigmoids-compared: The difference is taken before the sigmoid.
        chosen - rejected - margin -> chosen.sigmoid() - rejected.sigmoid() - margin
    hinge: That is a hinge loss; here each pair costs a logarithm.
        -functional.logsigmoid(chosen - rejected - margin)
        -> (rejected - chosen + margin).relu()
    difference-only: Without the sigmoid the rewards run away from each other.
        -functional.logsigmoid(chosen - rejected - margin) -> (rejected - chosen + margin)
    in-bits: Losses are in nats.
        .mean() -> .mean() / 0.6931471805599453
    unstable: Exponentials overflow, and sigmoids round to 0: functional has both in one piece.
        functional.logsigmoid(chosen - rejected - margin)
        -> (chosen - rejected - margin).sigmoid().log()
    eps-in-log: A small number inside the logarithm changes what clear mistakes cost.
        functional.logsigmoid(chosen - rejected - margin)
        -> ((chosen - rejected - margin).sigmoid() + 1e-8).log()
    clipped: Large differences cost what they cost, and have gradients.
        (chosen - rejected - margin) -> ((chosen - rejected - margin).clamp(-40, 40))

    in-place:
        return -functional.logsigmoid(chosen - rejected - margin).mean()
        ->
        loss = -functional.logsigmoid(chosen - rejected - margin).mean()
        chosen.data.sub_(rejected)
        return loss
    """,
)

# --------------------------------------------------------------------------------------- best_of_n

slips(
    "best_of_n",
    """
    local-index: An index into rewards counts from the beginning of rewards, not of the group.
        + n * torch.arange(len(groups), device=rewards.device) ->
    offset-in-groups: Group g begins at g times n.
        n * torch -> len(groups) * torch
    offset-not-multiplied: Group g begins at g times n.
        n * torch -> torch
    interleaved: The entries of a group are neighbours: they do not take turns.
        rewards.reshape(-1, n) -> rewards.reshape(n, -1).T
        groups.argmax(dim=1) + n * torch.arange(len(groups), device=rewards.device)
        -> groups.argmax(dim=1) * len(groups) + torch.arange(len(groups))
    size-is-number-of-groups: n is the size of a group, not their number.
        rewards.reshape(-1, n) -> rewards.reshape(n, -1)
        n * torch -> groups.shape[1] * torch
    smallest: The best answer has the largest reward.
        argmax -> argmin
    largest-magnitude: A strongly negative reward is a bad one.
        groups.argmax -> groups.abs().argmax
    last-tie: Of equal entries the first one is chosen.
        groups.argmax(dim=1) -> n - 1 - groups.flip(1).argmax(dim=1)
    strict-threshold: Who reaches the threshold exactly has reached it.
        >= threshold -> > threshold
    below-threshold: What is kept are the good ones.
        >= threshold -> < threshold
    zero-threshold-ignored: 0.0 is a threshold too: ask whether there is none.
        threshold is None -> not threshold
    threshold-ignored: A group whose winner is too bad is left out.
        return best[rewards[best] >= threshold] -> return best
    whole-group-above: It is the winner who has to reach the threshold, not the last of the group.
        rewards[best] >= threshold -> groups.amin(dim=1) >= threshold
    mean-above: It is the winner who has to reach the threshold, not the group's mean.
        rewards[best] >= threshold -> groups.mean(dim=1) >= threshold
    placeholder: A group that fails is left out: nothing stands in its place.
        return best[rewards[best] >= threshold]
        -> return torch.where(rewards[best] >= threshold, best, -1)
    all-above: Each group gives one answer at most: its best.
        return best[rewards[best] >= threshold]
        -> return (rewards >= threshold).nonzero().flatten()
    numbers-of-groups: An index says where the winner stands, not in which group.
        return best[rewards[best] >= threshold]
        -> return (rewards[best] >= threshold).nonzero().flatten()
    magnitude-against-threshold: The reward itself has to reach the threshold, with its sign.
        rewards[best] >= threshold -> rewards[best].abs() >= threshold

    first-above: Of those that reach the threshold the best is chosen, not the first.
        return best[rewards[best] >= threshold]
        ->
        first = (groups >= threshold).int().argmax(dim=1) + n * torch.arange(len(groups))
        return first[rewards[best] >= threshold]

    by-reward: The winners stay in the order of their groups.
        if threshold is None:
        ->
        best = best[rewards[best].argsort(descending=True)]
        if threshold is None:

    rewards-returned: Where the winners stand is due, not what they earned.
        if threshold is None:
            return best
        return best[rewards[best] >= threshold]
        ->
        kept = rewards[best]
        return kept if threshold is None else kept[kept >= threshold]

    flags: Indices are due, not True and False.
        if threshold is None:
            return best
        return best[rewards[best] >= threshold]
        ->
        if threshold is not None:
            best = best[rewards[best] >= threshold]
        return (torch.arange(len(rewards))[:, None] == best).any(dim=1)

    one-winner: Each group has a winner of its own.
        if threshold is None:
        ->
        best = rewards.argmax().reshape(1)
        if threshold is None:

    a-list: A tensor is due, also of indices.
        if threshold is None:
            return best
        return best[rewards[best] >= threshold]
        ->
        return [int(i) for i in best if threshold is None or rewards[i] >= threshold]

    in-place:
        return best[rewards[best] >= threshold]
        ->
        groups[groups < threshold] = -1e9
        return best[rewards[best] >= threshold]
    """,
)

# ---------------------------------------------------------------------------- policy_gradient_loss

slips(
    "policy_gradient_loss",
    """
    sign: Minimizing the loss has to make good actions more likely: which sign does that?
        return - -> return
    returns-not-constant: Returns are what happened: no gradient goes into them.
        (returns - baseline).detach() -> returns - baseline.detach()
    baseline-not-constant: The value network learns from its own loss, not from this one.
        (returns - baseline).detach() -> returns.detach() - baseline
    nothing-constant: The weight of a log probability is a number: no gradient goes through it.
        (returns - baseline).detach() -> returns - baseline
    policy-detached: It is the log probabilities that learn.
        logprobs * advantages -> logprobs.detach() * advantages + 0 * logprobs
    zeros-in-mean: What is masked must not make the divisor larger either.
        (logprobs * advantages)[mask].mean() -> (logprobs * advantages * mask).mean()
    mask-ignored: Only where the mask is True an action counts.
        [mask] ->
    mask-inverted: True counts, False does not.
        [mask].mean() -> [~mask].sum() / mask.sum()
    summed: A loss is a mean.
        .mean() -> .sum()
    divided-by-rows: The mean goes over actions, not over rows.
        [mask].mean() -> [mask].sum() / len(mask)
    divided-by-columns: The mean goes over actions, not over the length of a row.
        [mask].mean() -> [mask].sum() / mask.shape[1]
    baseline-forgotten: What was to be expected is subtracted from what came.
        (returns - baseline) -> returns
    baseline-added: What was to be expected is subtracted from what came.
        returns - baseline -> returns + baseline
    one-baseline: Each action has an expectation of its own.
        returns - baseline -> returns - baseline[mask].mean()
    probabilities: The logarithm of the probability is what a gradient step moves.
        (logprobs * -> (logprobs.exp() *
    signs-only: How much better counts, not only whether.
        .detach() -> .detach().sign()
    magnitudes: What was worse than expected has to become less likely.
        .detach() -> .detach().abs()
    good-only: What was worse than expected teaches something too.
        .detach() -> .detach().relu()
    squared: That is a value network's loss.
        .detach() -> .detach().square()
    summed-again: The returns are given: they are summed over the later steps already.
        returns - baseline -> returns.flip(1).cumsum(dim=1).flip(1) - baseline
    first-return: Each action has a return of its own.
        returns - baseline -> returns[:, :1] - baseline
    means-multiplied: The mean is taken of the products.
        (logprobs * advantages)[mask].mean() -> logprobs[mask].mean() * advantages[mask].mean()
    per-row-sum: Rows are not summed before they are averaged.
        -(logprobs * advantages)[mask].mean()
        -> -(torch.where(mask, logprobs, 0).sum(1) * torch.where(mask, advantages, 0).sum(1)).mean()

    per-sequence: A mean of the rows' means weighs the actions of short rows more.
        return -(logprobs * advantages)[mask].mean()
        ->
        counts = mask.sum(dim=1)
        sums = torch.where(mask, logprobs * advantages, 0).sum(dim=1)
        return -(sums / counts.clamp(min=1)).sum() / (counts > 0).sum()

    per-step: All actions are averaged at once, not those of each step first.
        return -(logprobs * advantages)[mask].mean()
        ->
        counts = mask.sum(dim=0)
        sums = torch.where(mask, logprobs * advantages, 0).sum(dim=0)
        return -(sums / counts.clamp(min=1)).sum() / (counts > 0).sum()

    whitened: The differences are used as they are.
        return -(logprobs * advantages)[mask].mean()
        ->
        used = advantages[mask]
        advantages = (advantages - used.mean()) / (used.std(correction=0) + 1e-8)
        return -(logprobs * advantages)[mask].mean()

    centred: The baseline is all that is subtracted.
        return -(logprobs * advantages)[mask].mean()
        ->
        advantages = advantages - advantages[mask].mean()
        return -(logprobs * advantages)[mask].mean()

    in-place:
        return -(logprobs * advantages)[mask].mean()
        ->
        loss = -(logprobs * advantages)[mask].mean()
        returns.data.sub_(baseline)
        return loss
    """,
)

# --------------------------------------------------------------------------------------------- gae

slips(
    "gae",
    """
    bootstraps-over-the-end: Behind an end stands the value of another episode, which is worth 0.
        gamma * goes_on * next_values -> gamma * next_values
    leaks-over-the-end: The advantages of the next episode must not reach this one.
        lam * alive * running -> lam * running
    ends-ignored: An end cuts off what is behind it, twice: its value and its advantage.
        gamma * goes_on * next_values -> gamma * next_values
        lam * alive * running -> lam * running
    dones-inverted: True means that it is over.
        (~dones).to(values.dtype) -> dones.to(values.dtype)
    last-value-zero: A rollout that was cut off is not over: the last state has a value.
        torch.cat([values[1:], last_value[None]])
        -> torch.cat([values[1:], 0 * last_value[None]])
    last-value-is-last-row: The state after the last step has a value of its own: last_value.
        last_value[None] -> values[-1:]
    own-value: The value of the state after the step is discounted, not that before it.
        torch.cat([values[1:], last_value[None]]) -> values
    value-two-later: The value that counts is that of the very next state.
        torch.cat([values[1:], last_value[None]])
        -> torch.cat([values[2:], *[last_value[None]] * 2])[: len(values)]
    no-lambda: An advantage hands down only a part of what follows: λ is in it too.
        gamma * lam * alive -> gamma * alive
    no-gamma-in-recursion: What comes one step later is discounted too.
        gamma * lam * alive -> lam * alive
    no-discount: The next value is discounted by γ.
        gamma * goes_on -> goes_on
    lambda-in-delta: δ knows nothing of λ.
        gamma * goes_on -> gamma * lam * goes_on
    lambda-for-gamma: δ is discounted with γ.
        gamma * goes_on -> lam * goes_on
    gamma-squared: Each step is discounted once.
        gamma * lam * alive -> gamma * gamma * lam * alive
    one-minus-lambda: The larger λ is, the farther an advantage looks.
        gamma * lam * alive -> gamma * (1 - lam) * alive
    lambda-mixture: δ is taken as it is: the formula is no average of two.
        delta + gamma * lam -> (1 - lam) * delta + gamma * lam
    one-step-only: The later steps count as well.
        running = delta + gamma * lam * alive * running -> running = delta
    value-not-subtracted: An advantage is what came beyond the expectation.
        next_values - values -> next_values
    value-added: An advantage is what came beyond the expectation.
        next_values - values -> next_values + values
    reward-forgotten: The reward of the step is part of what it brought.
        rewards + gamma -> gamma
    reward-of-next-step: A step brings its own reward.
        rewards + gamma -> rewards.roll(-1, dims=0) + gamma
    last-reward-lost: The reward of the step that ends an episode counts.
        rewards + gamma -> rewards * goes_on + gamma
    value-lost-at-end: The state before the last step has a value.
        next_values - values -> next_values - goes_on * values
    delta-lost-at-end: What the last step of an episode brought counts.
        delta + gamma * lam * alive * running -> alive * (delta + gamma * lam * running)
    begins-with-last-value: Behind the last step there is a value, and no advantage.
        torch.zeros_like(last_value) -> last_value
    ends-for-all: Each environment has ends of its own.
        lam * alive * running -> lam * alive.amin() * running
    returns-without-values: Returns are what was expected plus what came beyond it.
        advantages + values -> advantages
    returns-minus-values: Returns are what was expected plus what came beyond it.
        advantages + values -> advantages - values
    returns-from-next-values: The value that is added is that of the same state.
        advantages + values -> advantages + next_values
    rewards-for-returns: A return is more than the reward of one step.
        advantages + values -> rewards
    order-reversed: Advantages come first.
        return advantages, advantages + values -> return advantages + values, advantages
    time-reversed: What is computed backwards has to be put into order.
        torch.stack(backwards).flip(0) -> torch.stack(backwards)
    forwards: An advantage looks into the future: begin at the end.
        deltas.flip(0), goes_on.flip(0) -> deltas, goes_on
        torch.stack(backwards).flip(0) -> torch.stack(backwards)
    goes-on-not-reversed: Where all goes backwards, the ends do too.
        goes_on.flip(0) -> goes_on
    averaged: Each environment has advantages of its own.
        torch.stack(backwards).flip(0)
        -> torch.stack(backwards).flip(0).mean(dim=1, keepdim=True).expand(values.shape)
    normalized: Advantages are returned as they are.
        return advantages, advantages + values
        ->
        returns = advantages + values
        return (advantages - advantages.mean()) / (advantages.std(correction=0) + 1e-8), returns

    done-of-next-step: dones[t] is about the state after step t, not about that before it.
        goes_on = (~dones).to(values.dtype)
        ->
        goes_on = torch.cat([~dones[1:], ~dones[:1] | True]).to(values.dtype)

    done-of-step-before: dones[t] is about step t itself.
        goes_on = (~dones).to(values.dtype)
        ->
        goes_on = torch.cat([~dones[:1] | True, ~dones[:-1]]).to(values.dtype)

    last-done-not-seen: When the last step ended an episode, last_value belongs to another one.
        goes_on = (~dones).to(values.dtype)
        ->
        goes_on = torch.cat([~dones[:-1], ~dones[-1:] | True]).to(values.dtype)

    environments-for-time: Time is the first axis.
        advantages = torch.stack(backwards).flip(0)
        ->
        running, backwards = torch.zeros_like(deltas[:, 0]), []
        for delta, alive in zip(deltas.flip(1).T, goes_on.flip(1).T, strict=True):
            running = delta + gamma * lam * alive * running
            backwards.append(running)
        advantages = torch.stack(backwards, dim=1).flip(1)

    returns-from-rewards: Returns use the same λ as advantages: they are advantages plus values.
        return advantages, advantages + values
        ->
        running, sums = last_value, []
        for reward, alive in zip(rewards.flip(0), goes_on.flip(0), strict=True):
            running = reward + gamma * alive * running
            sums.append(running)
        return advantages, torch.stack(sums).flip(0)

    in-place:
        return advantages, advantages + values
        ->
        returns = advantages + values
        rewards.copy_(deltas)
        return advantages, returns
    """,
)

# ---------------------------------------------------------------------------------------- ppo_loss

slips(
    "ppo_loss",
    """
    maximum: The smaller product counts, the pessimistic one.
        torch.minimum -> torch.maximum
    clip-only: A ratio that moved in the wrong direction is not forgiven: both products compete.
        torch.minimum(ratio * advantages, clipped * advantages) -> clipped * advantages
    not-clipped: Without the second product an update may go as far as it likes.
        torch.minimum(ratio * advantages, clipped * advantages) -> ratio * advantages
    ratio-minimum: Compare the products, not the ratios: A may be negative.
        torch.minimum(ratio * advantages, clipped * advantages)
        -> torch.minimum(ratio, clipped) * advantages
    averaged-products: Of the two products one counts, the smaller one.
        torch.minimum(ratio * advantages, clipped * advantages)
        -> (ratio * advantages + clipped * advantages) / 2
    inverse-ratio: The ratio is new over old.
        (logprobs - old_logprobs.detach()) -> (old_logprobs.detach() - logprobs)
    no-exponential: A difference of log probabilities is the logarithm of the ratio.
        old_logprobs.detach()).exp() -> old_logprobs.detach())
    linear-ratio: The ratio is an exponential; 1 plus its logarithm is only near it.
        (logprobs - old_logprobs.detach()).exp() -> 1 + logprobs - old_logprobs.detach()
    ratio-of-logarithms: A ratio of probabilities is no ratio of their logarithms.
        (logprobs - old_logprobs.detach()).exp() -> logprobs / (old_logprobs.detach() - 1e-8)
    log-ratio-clipped: It is the ratio that is held near 1, not its logarithm near 0.
        ratio.clamp(1 - clip, 1 + clip) -> ratio.log().clamp(-clip, clip).exp()
    clipped-above-only: The ratio is held from below too.
        ratio.clamp(1 - clip, 1 + clip) -> ratio.clamp(max=1 + clip)
    clipped-below-only: The ratio is held from above too.
        ratio.clamp(1 - clip, 1 + clip) -> ratio.clamp(min=1 - clip)
    clipped-around-zero: The ratio is held near 1, where the policy has not moved.
        ratio.clamp(1 - clip, 1 + clip) -> ratio.clamp(-clip, clip)
    reciprocal-edge: The lower edge is 1 − ε.
        ratio.clamp(1 - clip, -> ratio.clamp(1 / (1 + clip),
    clip-fixed: Use the clip that is passed in.
        1 - clip, 1 + clip -> 0.8, 1.2
    objective-clipped: The ratio is held, not its product with A.
        clipped * advantages) -> (ratio * advantages).clamp(1 - clip, 1 + clip))
    zeros-in-mean: What is masked must not make the divisor larger either.
        objective[mask].mean() -> (objective * mask).mean()
    mask-ignored: Only where the mask is True a token counts.
        [mask] ->
    mask-inverted: True counts, False does not.
        [mask].mean() -> [~mask].sum() / mask.sum()
    summed: A loss is a mean.
        .mean() -> .sum()
    divided-by-rows: The mean goes over tokens, not over rows.
        [mask].mean() -> [mask].sum() / len(mask)
    sign: The objective is to grow, a loss to fall.
        return - -> return
    old-not-constant: The old policy is what it was: no gradient goes into it.
        old_logprobs.detach() -> old_logprobs
    advantages-not-constant: Advantages are numbers here: no gradient goes into them.
        advantages = advantages.detach() -> advantages = advantages
    nothing-constant: Neither the old policy nor the advantages learn from this loss.
        old_logprobs.detach() -> old_logprobs
        advantages = advantages.detach() -> advantages = advantages
    policy-detached: The new log probabilities have to learn.
        (logprobs - -> (logprobs.detach() + 0 * logprobs -
    ratio-detached: The gradient goes through the ratio, even where it is 1.
        objective[mask] -> (objective.detach() * logprobs / logprobs.detach())[mask]
    good-only: What was worse than expected counts as well.
        advantages.detach() -> advantages.detach().relu()

    per-sequence: A mean of the rows' means weighs the tokens of short rows more.
        return -objective[mask].mean()
        ->
        counts = mask.sum(dim=1)
        sums = torch.where(mask, objective, 0).sum(dim=1)
        return -(sums / counts.clamp(min=1)).sum() / (counts > 0).sum()

    whitened: Advantages are used as they are.
        advantages = advantages.detach()
        ->
        used = advantages.detach()[mask]
        advantages = (advantages.detach() - used.mean()) / (used.std(correction=0) + 1e-8)

    dual-clipped: That is a later variant, which holds bad products from below as well.
        return -objective[mask].mean()
        ->
        bounded = torch.maximum(objective, 2 * advantages)
        return -torch.where(advantages < 0, bounded, objective)[mask].mean()

    per-answer-ratio: Each token has a ratio of its own.
        ratio = (logprobs - old_logprobs.detach()).exp()
        ->
        moves = torch.where(mask, logprobs - old_logprobs.detach(), 0)
        moves = moves.sum(dim=1, keepdim=True) / mask.sum(dim=1, keepdim=True).clamp(min=1)
        ratio = moves.exp().expand(mask.shape)

    in-place:
        advantages = advantages.detach()
        ->
        advantages = advantages.detach()
        advantages[~mask] = 0
    """,
)

# ------------------------------------------------------------------------------------ kl_estimates

slips(
    "kl_estimates",
    """
    reversed: The policy's log probability is the first one of the difference.
        logprobs - ref_logprobs -> ref_logprobs - logprobs
    k1-sign: k1 is the difference itself.
        return gap, -> return -gap,
    k1-absolute: A single k1 may well be negative; its mean is not.
        return gap, -> return gap.abs(),
    k1-clamped: A single k1 may well be negative; its mean is not.
        return gap, -> return gap.relu(),
    k1-weighted: Tokens are drawn from the policy already: no probability is multiplied.
        return gap, -> return logprobs.exp() * gap,
    k2-not-halved: Half of the square.
        gap**2 / 2 -> gap**2
    k2-not-squared: Half of the square.
        gap**2 / 2 -> gap.abs() / 2
    k2-of-ratio: What is squared is the logarithm of the ratio.
        gap**2 / 2 -> (gap.exp() - 1) ** 2 / 2
    k3-inverse-ratio: The ratio in k3 is reference over policy.
        (-gap).exp() - 1 + gap -> gap.exp() - 1 - gap
    k3-mixed: Ratio and logarithm in k3 are of opposite signs.
        (-gap).exp() -> gap.exp()
    k3-minus-gap: What is added to k1 has mean zero: k1 itself stays as it is.
        - 1 + gap -> - 1 - gap
    k3-policy-ratio: Tokens are drawn from the policy: they are not weighed again.
        (-gap).exp() - 1 + gap -> gap.exp() * gap - gap.exp() + 1
    k3-without-one: For equal models k3 is 0.
        - 1 + gap -> + gap
    k3-plus-one: For equal models k3 is 0.
        - 1 + gap -> + 1 + gap
    k3-without-gap: The logarithm is part of k3.
        - 1 + gap -> - 1 + 0 * gap
    k3-is-k2: k3 is not half of the square, only close to it where the models are close.
        (-gap).exp() - 1 + gap -> gap**2 / 2
    k3-cubic: The exponential is meant, not the beginning of its series.
        (-gap).exp() - 1 + gap -> gap**2 / 2 - gap**3 / 6
    k3-clamped: Nothing is clamped.
        (-gap).exp() - 1 + gap -> ((-gap).exp() - 1 + gap).clamp(max=10)
    gap-clamped: Nothing is clamped.
        (-gap).exp() -> (-gap).clamp(-1, 1).exp()
    far-clamped: Nothing is clamped, however far apart the two models are.
        (-gap).exp() -> (-gap).clamp(-20, 20).exp()
    averaged: Each token has estimates of its own.
        return gap, gap**2 / 2, (-gap).exp() - 1 + gap
        -> return gap.mean(), (gap**2 / 2).mean(), ((-gap).exp() - 1 + gap).mean()
    summed: Each token has estimates of its own.
        return gap, gap**2 / 2, (-gap).exp() - 1 + gap
        -> return gap.sum(-1), (gap**2 / 2).sum(-1), ((-gap).exp() - 1 + gap).sum(-1)
    reference-constant: Gradients reach the reference's numbers too; who trains detaches them.
        - ref_logprobs -> - ref_logprobs.detach()
    ratio-constant: A gradient goes through the ratio as well.
        (-gap).exp() -> (-gap).exp().detach()
    order-reversed: k1 comes first.
        return gap, gap**2 / 2, (-gap).exp() - 1 + gap
        -> return (-gap).exp() - 1 + gap, gap**2 / 2, gap
    probabilities: The difference is of log probabilities.
        logprobs - ref_logprobs -> logprobs.exp() - ref_logprobs.exp()
    k3-only: All three are due.
        return gap, gap**2 / 2, (-gap) -> return (-gap)
    in-bits: Logarithms are natural.
        return gap, -> return gap / 0.6931471805599453,
    stacked: Three tensors are due, not one.
        return gap, gap**2 / 2, (-gap).exp() - 1 + gap
        -> return torch.stack([gap, gap**2 / 2, (-gap).exp() - 1 + gap])

    in-place:
        return gap, gap**2 / 2, (-gap).exp() - 1 + gap
        ->
        logprobs.data.sub_(ref_logprobs)
        return gap, gap**2 / 2, (-gap).exp() - 1 + gap
    """,
)

# ---------------------------------------------------------------------------------------- dpo_loss

slips(
    "dpo_loss",
    """
    no-reference: An answer is worth what the policy has moved away from the reference.
        (policy_chosen - ref_chosen.detach()) -> policy_chosen
        (policy_rejected - ref_rejected.detach()) -> policy_rejected
    reference-added: The reference is subtracted.
        - ref_chosen -> + ref_chosen
        - ref_rejected -> + ref_rejected
    references-crossed: Each answer has its own reference.
        - ref_chosen -> - ref_rejected
        policy_rejected - ref_rejected -> policy_rejected - ref_chosen
    roles-exchanged: It is the policy that is rewarded for moving, not the reference.
        (policy_chosen - ref_chosen.detach()) -> (ref_chosen.detach() - policy_chosen)
        (policy_rejected - ref_rejected.detach()) -> (ref_rejected.detach() - policy_rejected)
    answers-exchanged: The chosen answer is to have the larger reward.
        (chosen - rejected) -> (rejected - chosen)
    beta-outside: β belongs into the sigmoid, not in front of the loss.
        -functional.logsigmoid(chosen - rejected)
        -> -beta * functional.logsigmoid((chosen - rejected) / beta)
    divides-by-beta: β multiplies the differences.
        beta * (policy_chosen - ref_chosen.detach()) -> (policy_chosen - ref_chosen.detach()) / beta
        beta * (policy_rejected - ref_rejected.detach())
        -> (policy_rejected - ref_rejected.detach()) / beta
    beta-ignored: The strength of the leash is in the rewards.
        chosen = beta * -> chosen =
        rejected = beta * -> rejected =
    loss-without-beta: The loss is made of the rewards, in which β is.
        (chosen - rejected) -> ((chosen - rejected) / beta)
    beta-squared: β comes in once.
        (chosen - rejected) -> (beta * (chosen - rejected))
    rewards-without-beta: The rewards that are returned have β in them.
        chosen.detach(), rejected.detach() -> chosen.detach() / beta, rejected.detach() / beta
    beta-fixed: Use the β that is passed in.
        chosen = beta * -> chosen = 0.1 *
        rejected = beta * -> rejected = 0.1 *
    mean-first: Each pair has a loss; the mean comes last.
        functional.logsigmoid(chosen - rejected).mean()
        -> functional.logsigmoid((chosen - rejected).mean())
    summed: The pairs are averaged.
        .mean() -> .sum()
    one-loss-each: A loss is one number.
        .mean() ->
    sign: A loss falls while the right order becomes more probable.
        loss = -functional -> loss = functional
    chosen-only: The rejected answer is part of the comparison.
        (chosen - rejected) -> (chosen)
    each-by-itself: What counts is the difference of both rewards.
        functional.logsigmoid(chosen - rejected).mean()
        -> (functional.logsigmoid(chosen) + functional.logsigmoid(-rejected)).mean()
    probability: The loss is a logarithm, not what is missing to 1.
        -functional.logsigmoid(chosen - rejected) -> (1 - (chosen - rejected).sigmoid())
    hinge: That is another loss on the same rewards: here each pair costs a logarithm.
        -functional.logsigmoid(chosen - rejected) -> (1 - chosen + rejected).relu()
    squared: That is IPO: here each pair costs a logarithm.
        -functional.logsigmoid(chosen - rejected) -> (chosen - rejected - 0.5).square()
    smoothed: People are taken at their word: no label is smoothed.
        -functional.logsigmoid(chosen - rejected)
        -> -(functional.logsigmoid(chosen - rejected) - 0.1 * (chosen - rejected))
    probability-ratio: Rewards are differences of log probabilities.
        beta * (policy_chosen - ref_chosen.detach())
        -> beta * (policy_chosen - ref_chosen.detach()).exp()
        beta * (policy_rejected - ref_rejected.detach())
        -> beta * (policy_rejected - ref_rejected.detach()).exp()
    reference-not-constant: The reference stays as it is: no gradient goes into it.
        - ref_chosen.detach() -> - ref_chosen
        - ref_rejected.detach() -> - ref_rejected
    rejected-without-gradient: Both answers teach the policy.
        (chosen - rejected) -> (chosen - rejected.detach())
    chosen-without-gradient: Both answers teach the policy.
        (chosen - rejected) -> (chosen.detach() - rejected)
    rewards-with-gradients: The rewards are for looking at: detach them.
        return loss, chosen.detach(), rejected.detach() -> return loss, chosen, rejected
    rewards-exchanged: The chosen answer's rewards come first.
        chosen.detach(), rejected.detach() -> rejected.detach(), chosen.detach()
    rewards-averaged: Each pair has rewards of its own.
        chosen.detach(), rejected.detach() -> chosen.detach().mean(), rejected.detach().mean()
    rewards-without-reference: The rewards, too, are relative to the reference.
        chosen.detach(), rejected.detach()
        -> beta * policy_chosen.detach(), beta * policy_rejected.detach()
    loss-last: The loss comes first.
        loss, chosen.detach(), rejected.detach() -> chosen.detach(), rejected.detach(), loss
    loss-only: The rewards are due as well.
        return loss, chosen.detach(), rejected.detach() -> return loss
    margins: Two rewards are due, not their difference.
        chosen.detach(), rejected.detach() -> (chosen - rejected).detach(), rejected.detach()
    in-bits: Losses are in nats.
        .mean() -> .mean() / 0.6931471805599453
    unstable: Exponentials overflow, and sigmoids round to 0: functional has both in one piece.
        functional.logsigmoid(chosen - rejected) -> (chosen - rejected).sigmoid().log()
    eps-in-log: A small number inside the logarithm changes what clear mistakes cost.
        functional.logsigmoid(chosen - rejected) -> ((chosen - rejected).sigmoid() + 1e-8).log()
    clipped: Large differences cost what they cost, and have gradients.
        (chosen - rejected) -> ((chosen - rejected).clamp(-40, 40))

    in-place:
        loss = -functional.logsigmoid(chosen - rejected).mean()
        ->
        loss = -functional.logsigmoid(chosen - rejected).mean()
        policy_chosen.data.sub_(ref_chosen)
    """,
)

# --------------------------------------------------------------------------------- grpo_advantages

slips(
    "grpo_advantages",
    """
    whole-batch: Each group has a mean and a deviation of its own.
        rewards.reshape(-1, group_size) -> rewards.reshape(1, -1)
    batch-deviation: Each group has a deviation of its own.
        groups.std(dim=1, keepdim=True) -> groups.std()
    batch-mean: Each group has a mean of its own.
        groups.mean(dim=1, keepdim=True) -> groups.mean()
    biased: The sum of squares is divided by one less than their number.
        groups.std(dim=1, keepdim=True) -> groups.std(dim=1, keepdim=True, correction=0)
    variance: Divide by the standard deviation, not by its square.
        groups.std(dim=1, -> groups.var(dim=1,
    no-deviation: What is left after subtracting the mean is divided as well.
        (centred / (groups.std(dim=1, keepdim=True) + eps)) -> (centred + 0 * eps)
    not-centred: The mean of the group is subtracted first.
        groups - groups.mean(dim=1, keepdim=True) -> groups
    no-eps: Where all rewards are equal something has to be left to divide by.
        (groups.std(dim=1, keepdim=True) + eps) -> groups.std(dim=1, keepdim=True)
    eps-fixed: Use the eps that is passed in.
        + eps -> + 1e-4
    other-default: The default of eps is part of the promise.
        + eps -> + (eps if eps != 1e-4 else 1e-8)
    eps-in-root: Here eps is added to the deviation itself, outside of the root.
        (groups.std(dim=1, keepdim=True) + eps)
        -> (groups.var(dim=1, keepdim=True) + eps).sqrt()
    eps-as-floor: eps is added, whatever the deviation is.
        (groups.std(dim=1, keepdim=True) + eps)
        -> groups.std(dim=1, keepdim=True).clamp(min=eps)
    eps-subtracted: eps keeps the divisor away from 0.
        + eps -> - eps
    interleaved: The entries of a group are neighbours: they do not take turns.
        rewards.reshape(-1, group_size) -> rewards.reshape(group_size, -1).T
        eps)).flatten() -> eps)).T.flatten()
    size-is-number-of-groups: group_size is the size of a group, not their number.
        rewards.reshape(-1, group_size) -> rewards.reshape(group_size, -1)
    order-lost: What comes back is in the order of the rewards.
        eps)).flatten() -> eps)).T.flatten()
    not-flattened: The answer has the shape of rewards.
        eps)).flatten() -> eps))
    negative: Better than the others means a positive advantage.
        return (centred -> return (-centred
    median: What is subtracted is the mean.
        groups.mean(dim=1, keepdim=True) -> groups.median(dim=1, keepdim=True).values
    worst-subtracted: What is subtracted is the mean.
        groups.mean(dim=1, keepdim=True) -> groups.amin(dim=1, keepdim=True)
    mean-deviation: The standard deviation is the root of a mean of squares.
        groups.std(dim=1, keepdim=True) -> centred.abs().mean(dim=1, keepdim=True)
    by-range: Divide by the standard deviation, not by the distance of best and worst.
        groups.std(dim=1, keepdim=True)
        -> (groups.amax(dim=1, keepdim=True) - groups.amin(dim=1, keepdim=True))
    clipped: An answer may be farther from the mean than one deviation.
        return (centred / (groups.std(dim=1, keepdim=True) + eps)).flatten()
        -> return (centred / (groups.std(dim=1, keepdim=True) + eps)).clamp(-1, 1).flatten()
    winner-takes-all: All answers of a group get an advantage or a disadvantage.
        return (centred -> centred = centred.relu(); return (centred
    deviation-root: Divide by the deviation, not by its root.
        groups.std(dim=1, keepdim=True) + eps -> groups.std(dim=1, keepdim=True).sqrt() + eps

    leave-one-out: The mean is that of the whole group, each answer's own reward included.
        return (centred / (groups.std(dim=1, keepdim=True) + eps)).flatten()
        ->
        others = (groups.sum(dim=1, keepdim=True) - groups) / (group_size - 1)
        return ((groups - others) / (groups.std(dim=1, keepdim=True) + eps)).flatten()

    in-place:
        centred = groups - groups.mean(dim=1, keepdim=True)
        return (centred / (groups.std(dim=1, keepdim=True) + eps)).flatten()
        ->
        groups -= groups.mean(dim=1, keepdim=True)
        return (groups / (groups.std(dim=1, keepdim=True) + eps)).flatten()
    """,
)

# --------------------------------------------------------------------------------------- grpo_loss

slips(
    "grpo_loss",
    """
    token-mean: First each answer is averaged, then the answers: long ones do not count more.
        -per_sequence.mean() -> -each[mask].mean()
    divided-by-full-length: An answer is divided by the number of its own tokens.
        / mask.sum(dim=1) -> / mask.shape[1]
    divided-by-longest: An answer is divided by the number of its own tokens.
        / mask.sum(dim=1) -> / mask.sum(dim=1).amax()
    summed-tokens: The tokens of an answer are averaged.
        / mask.sum(dim=1) ->
    summed-answers: The answers are averaged.
        per_sequence.mean() -> per_sequence.sum()
    one-loss-each: A loss is one number.
        -per_sequence.mean() -> -per_sequence
    per-step: The inner mean goes along an answer, not over the answers at one step.
        .sum(dim=1) / mask.sum(dim=1) -> .sum(dim=0) / mask.sum(dim=0).clamp(min=1)
    mask-ignored: Only where the mask is True a token counts.
        torch.where(mask, each, 0) -> each
    mask-inverted: True counts, False does not.
        torch.where(mask, each, 0) -> torch.where(mask, 0, each)
    sign: The objective is to grow, a loss to fall.
        return -per_sequence -> return per_sequence
    kl-subtracted: The leash costs something: in the loss it is added.
        - beta -> + beta
    no-kl: The leash is part of the loss.
        - beta * k3 -> - 0 * beta * k3
    k1: The leash is k3, which is never negative.
        k3 = (-gap).exp() - 1 + gap -> k3 = gap
    k2: The leash is k3; half of the square is only close to it.
        k3 = (-gap).exp() - 1 + gap -> k3 = gap**2 / 2
    k3-reversed: The ratio in k3 is reference over policy.
        k3 = (-gap).exp() - 1 + gap -> k3 = gap.exp() - 1 - gap
    k3-mixed: Ratio and logarithm in k3 are of opposite signs.
        (-gap).exp() -> gap.exp()
    k3-minus-gap: k3 is never negative: look at the sign of its logarithm.
        - 1 + gap -> - 1 - gap
    k3-without-one: For equal models k3 is 0.
        - 1 + gap -> + gap
    k3-clamped: Nothing is clamped but the ratio.
        beta * k3 -> beta * k3.clamp(max=1)
    kl-without-gradient: The leash pulls only if a gradient goes through it.
        beta * k3 -> beta * k3.detach()
    kl-times-advantage: The leash costs the same whatever the answer was worth.
        beta * k3 -> beta * k3 * advantages
    kl-times-ratio: Here k3 is not weighed by the ratio.
        beta * k3 -> beta * k3 * ratio
    kl-token-mean: The leash is averaged like the rest: in each answer first.
        - beta * k3 -> - beta * k3[mask].mean()
    kl-to-old: The leash is fixed to the reference, not to the policy of a moment ago.
        gap = logprobs - ref_logprobs.detach() -> gap = logprobs - old_logprobs.detach()
    ratio-to-reference: The ratio is about the policy that gave the answers.
        ratio = (logprobs - old_logprobs.detach()) -> ratio = (logprobs - ref_logprobs.detach())
    roles-exchanged: The ratio is about the policy that gave the answers, the leash is about
      the reference.
        ratio = (logprobs - old_logprobs.detach()) -> ratio = (logprobs - ref_logprobs.detach())
        gap = logprobs - ref_logprobs.detach() -> gap = logprobs - old_logprobs.detach()
    kl-of-old: It is the policy that is learning that is on the leash.
        gap = logprobs - -> gap = old_logprobs.detach() + 0 * logprobs -
    beta-fixed: Use the beta that is passed in.
        beta * k3 -> 0.04 * k3
    clip-fixed: Use the clip that is passed in.
        1 - clip, 1 + clip -> 0.8, 1.2
    maximum: The smaller product counts, the pessimistic one.
        torch.minimum -> torch.maximum
    clip-only: A ratio that moved in the wrong direction is not forgiven: both products compete.
        torch.minimum(ratio * advantages, clipped * advantages) -> clipped * advantages
    not-clipped: Without the second product an update may go as far as it likes.
        torch.minimum(ratio * advantages, clipped * advantages) -> ratio * advantages
    ratio-minimum: Compare the products, not the ratios: A may be negative.
        torch.minimum(ratio * advantages, clipped * advantages)
        -> torch.minimum(ratio, clipped) * advantages
    no-ratio: The gradient goes through the ratio of new and old.
        torch.minimum(ratio * advantages, clipped * advantages) -> logprobs * advantages
    log-ratio-clipped: It is the ratio that is held near 1, not its logarithm near 0.
        ratio.clamp(1 - clip, 1 + clip) -> ratio.log().clamp(-clip, clip).exp()
    clipped-above-only: The ratio is held from below too.
        ratio.clamp(1 - clip, 1 + clip) -> ratio.clamp(max=1 + clip)
    clipped-below-only: The ratio is held from above too.
        ratio.clamp(1 - clip, 1 + clip) -> ratio.clamp(min=1 - clip)
    inverse-ratio: The ratio is new over old.
        (logprobs - old_logprobs.detach()) -> (old_logprobs.detach() - logprobs)
    no-exponential: A difference of log probabilities is the logarithm of the ratio.
        old_logprobs.detach()).exp() -> old_logprobs.detach())
    advantage-for-step: An advantage belongs to a row, all along it.
        advantages.detach()[:, None] -> advantages.detach()[None, : mask.shape[1]]
    first-advantage: Each answer has an advantage of its own.
        advantages.detach()[:, None] -> advantages.detach()[:1, None]
    mean-advantage: Each answer has an advantage of its own.
        advantages.detach()[:, None] -> advantages.detach().mean()
    old-not-constant: The old policy is what it was: no gradient goes into it.
        - old_logprobs.detach() -> - old_logprobs
    reference-not-constant: The reference stays as it is: no gradient goes into it.
        - ref_logprobs.detach() -> - ref_logprobs
    advantages-not-constant: Advantages are numbers here: no gradient goes into them.
        advantages.detach() -> advantages
    nothing-constant: Only the policy learns from this loss.
        - old_logprobs.detach() -> - old_logprobs
        - ref_logprobs.detach() -> - ref_logprobs
        advantages.detach() -> advantages
    good-only: Answers worse than the others count as well.
        advantages.detach() -> advantages.detach().relu()

    per-answer-ratio: Each token has a ratio of its own.
        ratio = (logprobs - old_logprobs.detach()).exp()
        ->
        moves = torch.where(mask, logprobs - old_logprobs.detach(), 0)
        moves = moves.sum(dim=1, keepdim=True) / mask.sum(dim=1, keepdim=True)
        ratio = moves.exp().expand(mask.shape)

    normalized: The advantages are normalized already.
        advantages = advantages.detach()[:, None]
        ->
        advantages = advantages.detach()[:, None]
        spread = advantages.std(correction=0)
        advantages = (advantages - advantages.mean()) / (spread + 1e-4)

    in-place:
        return -per_sequence.mean()
        ->
        old_logprobs.data.copy_(logprobs)
        return -per_sequence.mean()
    """,
)
