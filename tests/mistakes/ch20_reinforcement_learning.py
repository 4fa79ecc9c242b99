"""What people get wrong in reinforcement learning."""

from grader.bank import slips

# ------------------------------------------------------------------------------ discounted_returns

slips(
    "discounted_returns",
    """
    runs-over-the-end: A step that ends its episode has only its own reward.
        gamma * (1 - dones[t]) * later -> gamma * later
    reset-too-late: dones[t] cuts what comes after step t, not step t from the one before.
        later = rewards[t] + gamma * (1 - dones[t]) * later
        returns[t] = later
        ->
        later = rewards[t] + gamma * later
        returns[t] = later
        later = 0.0 if dones[t] else later
    no-reward-at-the-end: The reward of the last step counts: nothing after it does.
        rewards[t] + gamma * (1 - dones[t]) * later -> (1 - dones[t]) * (rewards[t] + gamma * later)
    not-discounted: What comes later counts less, by γ for every step.
        + gamma * (1 - dones[t]) -> + (1 - dones[t])
    reward-discounted: A step's own reward is not discounted.
        rewards[t] + gamma * -> gamma * rewards[t] + gamma *
    gamma-to-the-t: Time is counted from each step on, not from the beginning.
        returns[t] = later -> returns[t] = gamma**t * later
    from-the-front: A return looks ahead: begin with the last step.
        for t in reversed(range(len(rewards))): -> for t in range(len(rewards)):
    in-order-of-computing: Computed backwards, the returns have to be put back into order.
        return returns -> return returns[::-1]
    immediate-reward: The return holds all rewards to come, not only the next two.
        later = rewards[t] + gamma * (1 - dones[t]) * later
        returns[t] = later
        ->
        returns[t] = rewards[t] + gamma * (1 - dones[t]) * later
        later = rewards[t]
    normalised: Returns stay as they are: nothing is divided by their spread.
        return returns -> return (returns - returns.mean()) / (returns.std() + 1e-8)
    one-return: Every step has a return of its own.
        return returns -> return returns[0]
    in-place: Write into an array of your own: the caller's rewards have become returns.
        np.zeros(len(rewards)), 0.0 -> rewards, 0.0
    small-factors-dropped: However far away a reward is, it counts by γ to that power.
        for t in reversed(range(len(rewards))):
            later = rewards[t] + gamma * (1 - dones[t]) * later
            returns[t] = later
        ->
        for t in range(len(rewards)):
            factor = 1.0
            for reward, done in zip(rewards[t:], dones[t:], strict=True):
                returns[t] += factor * reward
                factor *= gamma
                if done or factor < 1e-3:
                    break
    powers-divided-out: Powers of γ become too small to divide by: go backwards instead.
        for t in reversed(range(len(rewards))):
            later = rewards[t] + gamma * (1 - dones[t]) * later
            returns[t] = later
        ->
        start = 0
        for end in [*(np.flatnonzero(dones) + 1), len(rewards)]:
            factors = max(gamma, 1e-9) ** np.arange(end - start)
            with np.errstate(all="ignore"):
                later = np.cumsum((rewards[start:end] * factors)[::-1])[::-1]
                returns[start:end] = later / factors
            start = end
    """,
)

# ---------------------------------------------------------------------------------- epsilon_greedy

slips(
    "epsilon_greedy",
    """
    explores-with-one-minus-epsilon: ε is how often anything is tried: below it, explore.
        rng.random() < epsilon -> rng.random() >= epsilon
    excludes-the-greedy: Any action may come, the best one too.
        return rng.integers(len(q))
        ->
        action = rng.integers(len(q) - 1) if len(q) > 1 else 0
        return action + (action >= np.argmax(q))
    random-among-equals: Of equally good actions the first is taken, without another draw.
        return np.argmax(q) -> return rng.choice(np.flatnonzero(q == q.max()))
    draws-the-action-always: The second draw is made only where one explores.
        if rng.random() < epsilon:
            return rng.integers(len(q))
        ->
        coin, action = rng.random(), rng.integers(len(q))
        if coin < epsilon:
            return action
    action-before-the-coin: First the coin is drawn, then, if need be, the action.
        if rng.random() < epsilon:
            return rng.integers(len(q))
        ->
        action = rng.integers(len(q))
        if rng.random() < epsilon:
            return action
    never-the-last-action: integers(A) ends before A: the last action is A − 1 already.
        rng.integers(len(q)) -> rng.integers(max(len(q) - 1, 1))
    no-draw-at-the-ends: The coin is drawn always, with ε = 0 and ε = 1 too.
        if rng.random() < epsilon: -> if epsilon == 1 or (epsilon > 0 and rng.random() < epsilon):
    draws-a-permutation: The statement names the draw: integers, not a permutation.
        rng.integers(len(q)) -> rng.permutation(len(q))[0]
    action-from-a-float: The action is drawn as an integer.
        rng.integers(len(q)) -> int(rng.random() * len(q))
    value-for-action: The answer is the action, not what it is worth.
        return np.argmax(q) -> return q.max()
    last-of-equals: Where several are best the first of them is due.
        return np.argmax(q) -> return len(q) - 1 - np.argmax(q[::-1])
    worst-action: The best action has the largest value.
        np.argmax(q) -> np.argmin(q)
    sorts-in-place: The caller's values are in another order now.
        return np.argmax(q)
        ->
        best = np.argmax(q)
        q.sort()
        return best
    at-most-epsilon: One explores where the draw is below ε, not where it equals it.
        rng.random() < epsilon -> rng.random() <= epsilon
    float-for-the-action: An action is an integer, so that it can be an index.
        return rng.integers(len(q)) -> return float(rng.integers(len(q)))
        return np.argmax(q) -> return float(np.argmax(q))
    no-draw-for-one-action: The coin is drawn always, also where there is nothing to choose.
        if rng.random() < epsilon:
        ->
        if len(q) == 1:
            return 0
        if rng.random() < epsilon:
    """,
)

# -------------------------------------------------------------------------------------- ucb_action

slips(
    "ucb_action",
    """
    c-inside-the-root: c stands before the root.
        c * np.sqrt(np.log(max(np.sum(counts), 1)) / tried)
        -> np.sqrt(c * np.log(max(np.sum(counts), 1)) / tried)
    two-inside-the-root: The 2 of UCB1 is in c already: c = √2.
        np.log(max(np.sum(counts), 1)) / tried -> 2 * np.log(max(np.sum(counts), 1)) / tried
    no-root: The bonus is the root of the quotient.
        c * np.sqrt(np.log(max(np.sum(counts), 1)) / tried)
        -> c * np.log(max(np.sum(counts), 1)) / tried
    root-of-the-logarithm-only: The count stands under the root as well.
        np.sqrt(np.log(max(np.sum(counts), 1)) / tried)
        -> np.sqrt(np.log(max(np.sum(counts), 1))) / tried
    counts-plus-one: Divide by the count itself; what was never tried has no quotient.
        / tried) -> / (tried + 1))
    time-plus-one: t is the number of tries so far, without one more.
        np.log(max(np.sum(counts), 1)) -> np.log(np.sum(counts) + 1)
    small-number-below: What was never tried is +∞, not only large.
        np.where(counts > 0, values + bonus, np.inf)
        -> values + c * np.sqrt(np.log(max(np.sum(counts), 1)) / (counts + 1e-8))
    number-of-arms-as-time: t counts the tries, not the arms.
        np.log(max(np.sum(counts), 1)) -> np.log(len(counts))
    logarithm-to-two: The logarithm is natural: ln.
        np.log(max( -> np.log2(max(
    untried-ignored-when-greedy: With c = 0, too, what was never tried comes first.
        np.where(counts > 0, values + bonus, np.inf)
        -> np.where((counts > 0) | (c == 0), values + bonus, np.inf)
    best-untried-by-value: Of those never tried the first is taken, whatever its value says.
        return np.argmax(scores), scores
        -> return np.argmax(np.where(np.isinf(scores), 1e9 + values, scores)), scores
    untried-not-preferred: What was never tried has the largest score of all.
        np.where(counts > 0, values + bonus, np.inf) -> values + bonus
    first-time-is-zero: Also before the first try the score of all is +∞.
        np.where(counts > 0, values + bonus, np.inf)
        -> np.where((counts > 0) | (np.sum(counts) == 0), values + bonus, np.inf)
    bonus-subtracted: Uncertainty is a reason to try: the bonus is added.
        values + bonus -> values - bonus
    greedy: The bonus belongs to what is compared.
        return np.argmax(scores), scores -> return np.argmax(values), scores
    bonus-alone: The mean belongs to the score.
        values + bonus -> bonus
    action-alone: The answer is the action and all scores.
        return np.argmax(scores), scores -> return np.argmax(scores)
    best-score-alone: All scores are due, (A,), not only the best one.
        return np.argmax(scores), scores -> return np.argmax(scores), scores.max()
    last-of-equals: Where several are best the first of them is due.
        return np.argmax(scores), scores
        -> return len(scores) - 1 - np.argmax(scores[::-1]), scores
    counts-changed: Choosing does not try yet: the caller counts.
        return np.argmax(scores), scores
        ->
        counts[np.argmax(scores)] += 1
        return np.argmax(scores), scores
    float-for-the-action: An action is an integer, so that it can be an index.
        return np.argmax(scores), scores -> return float(np.argmax(scores)), scores
    untried-count-once: t counts the tries there were: none for an arm that was never tried.
        np.log(max(np.sum(counts), 1)) -> np.log(np.sum(tried))
    """,
)

# ------------------------------------------------------------------------------- policy_evaluation

slips(
    "policy_evaluation",
    """
    ignores-terminal: In a terminal state nothing happens any more: V is 0 there.
        alive = ~terminal -> alive = np.ones(len(P))
    terminal-rewards-go-on: A terminal state earns nothing, whatever R says there.
        "sa,sat,sat->s", policy, P, R) * alive -> "sa,sat,sat->s", policy, P, R)
    terminal-moves-go-on: From a terminal state nothing leads on.
        policy, P) * alive[:, None] -> policy, P)
    no-reward-for-entering: The step into a terminal state earns its reward.
        policy, P, R) * alive -> policy, P * alive, R) * alive
    next-state-terminal: It is the state itself that is terminal, not where a step leads.
        alive[:, None] -> alive[None, :]
    rows-and-columns-swapped: P[s, a, s'] leads from the first index to the last.
        "sa,sat->st" -> "sa,sat->ts"
    reward-of-another-transition: R belongs to the transition: R[s, a, s'] with P[s, a, s'].
        "sa,sat,sat->s", policy, P, R -> "sa,sat,tas->s", policy, P, R
    uniform-policy: The policy says how likely each action is.
        alive = ~terminal
        ->
        alive, policy = ~terminal, np.full(policy.shape, 1 / policy.shape[1])
    most-likely-action: The policy is a mean over actions, not its most likely one.
        alive = ~terminal
        ->
        alive, policy = ~terminal, np.eye(policy.shape[1])[policy.argmax(axis=1)]
    best-action: The policy is given: nothing is chosen here.
        return np.linalg.solve(np.eye(len(P)) - gamma * moves, rewards)
        ->
        V = np.zeros(len(P))
        for _ in range(600):
            V = (P * (R + gamma * V)).sum(axis=2).max(axis=1) * alive
        return V
    summed-over-actions: Actions count by their probability.
        "sa,sat->st", policy, -> "sa,sat->st", np.ones(policy.shape),
    plain-mean-of-rewards: Rewards count by the probability of their transition.
        np.einsum("sa,sat,sat->s", policy, P, R) -> np.einsum("sa,sat->s", policy, R) / len(P)
    rewards-not-weighted: Rewards count by the probability of their transition.
        np.einsum("sa,sat,sat->s", policy, P, R) -> np.einsum("sa,sat->s", policy, R)
    gamma-for-rewards-too: The reward of the next step is not discounted.
        return np.linalg.solve(np.eye(len(P)) - gamma * moves, rewards)
        -> return np.linalg.solve(np.eye(len(P)) - gamma * moves, gamma * rewards)
    not-discounted: What comes later counts less: γ stands before V(s').
        gamma * moves -> 0.99 * moves
    one-sweep: One sweep sees one step: the equations have to be solved.
        np.linalg.solve(np.eye(len(P)) - gamma * moves, rewards)
        -> rewards + gamma * moves @ rewards
    stops-too-early: Sweep until nothing moves by more than 1e-9.
        return np.linalg.solve(np.eye(len(P)) - gamma * moves, rewards)
        ->
        V, change = np.zeros(len(P)), 1.0
        while change > 1e-3:
            new = rewards + gamma * moves @ V
            V, change = new, np.abs(new - V).max()
        return V
    fixed-number-of-sweeps: With γ near 1 a hundred sweeps are not enough.
        return np.linalg.solve(np.eye(len(P)) - gamma * moves, rewards)
        ->
        V = np.zeros(len(P))
        for _ in range(30):
            V = rewards + gamma * moves @ V
        return V
    clears-the-world: The caller's P and R are his: put zeros into copies.
        alive = ~terminal
        ->
        alive = ~terminal
        R[terminal] = 0.0
    """,
)

# --------------------------------------------------------------------------------- value_iteration

slips(
    "value_iteration",
    """
    in-place-sweeps: A sweep is computed wholly from the V before it.
        V = look_ahead(V).max(axis=1)
        ->
        V = V.copy()
        for s in range(len(V)):
            V[s] = look_ahead(V).max(axis=1)[s]
    policy-one-behind: The policy is the best for the V that is returned: compute Q once more.
        V = np.zeros(len(P))
        ->
        V, Q = np.zeros(len(P)), np.zeros(P.shape[:2])

        V = look_ahead(V).max(axis=1)
        ->
        Q = look_ahead(V)
        V = Q.max(axis=1)

        return V, look_ahead(V).argmax(axis=1)
        ->
        return V, Q.argmax(axis=1)
    one-sweep-more: V is what there is after `steps` sweeps; the last Q is for the policy alone.
        return V, look_ahead(V).argmax(axis=1)
        -> return look_ahead(V).max(axis=1), look_ahead(V).argmax(axis=1)
    one-sweep-less: There are exactly `steps` sweeps.
        range(steps) -> range(steps - 1)
    at-least-one-sweep: With steps = 0 V is zeros.
        range(steps) -> range(max(steps, 1))
    until-converged: The number of sweeps is given: do not stop when little moves.
        for _ in range(steps):
            V = look_ahead(V).max(axis=1)
        ->
        for _ in range(steps):
            new = look_ahead(V).max(axis=1)
            change, V = np.abs(new - V).max(), new
            if change < 0.05:
                break
    to-the-end: V looks `steps` steps ahead, and not further.
        range(steps) -> range(200)
    terminal-states-go-on: In a terminal state V is 0, whatever P and R say there.
        axis=2) * ~terminal[:, None] -> axis=2)
    terminal-policy: In terminal states the policy says 0.
        return V, look_ahead(V).argmax(axis=1)
        -> return V, np.sum(P * (R + gamma * V), axis=2).argmax(axis=1)
    no-reward-for-entering: The step into a terminal state earns its reward.
        P * (R + gamma * V) -> P * (R * ~terminal + gamma * V)
    values-not-below-zero: The best of bad values is still below 0.
        V = look_ahead(V).max(axis=1) -> V = look_ahead(V).max(axis=1, initial=0.0)
    maximum-over-next-states: Where a step leads is chance: a mean by P, not a maximum.
        np.sum(P * (R + gamma * V), axis=2)
        -> np.where(P > 0, R + gamma * V, -1e9).max(axis=2)
    mean-over-actions: One acts well: the largest Q, not the mean.
        V = look_ahead(V).max(axis=1) -> V = look_ahead(V).mean(axis=1)
    worst-action: One acts well: the largest Q, not the least.
        V = look_ahead(V).max(axis=1) -> V = look_ahead(V).min(axis=1)
    not-discounted: γ stands before V(s').
        R + gamma * V -> R + V
    rewards-discounted: The reward of the next step is not discounted.
        P * (R + gamma * V) -> P * gamma * (R + V)
    rewards-not-weighted: Rewards count by the probability of their transition.
        np.sum(P * (R + gamma * V), axis=2) -> R.sum(axis=2) + gamma * P @ V
    value-of-this-state: V is that of s', along the last axis.
        R + gamma * V -> R + gamma * V[:, None, None]
    actions-and-states-swapped: The maximum is over actions: axis 1 of Q.
        look_ahead(V).argmax(axis=1) -> look_ahead(V).argmax(axis=0)
    policy-as-probabilities: The policy is one action for each state.
        look_ahead(V).argmax(axis=1) -> np.eye(P.shape[1])[look_ahead(V).argmax(axis=1)]
    last-of-equals: Where several are best the first of them is due.
        look_ahead(V).argmax(axis=1) -> P.shape[1] - 1 - look_ahead(V)[:, ::-1].argmax(axis=1)
    clears-the-world: The caller's P and R are his: put zeros into copies.
        V = np.zeros(len(P))
        ->
        R[terminal] = 0.0
        V = np.zeros(len(P))
    policy-as-floats: Actions are integers, so that they can be an index.
        look_ahead(V).argmax(axis=1) -> look_ahead(V).argmax(axis=1).astype(float)
    """,
)

# --------------------------------------------------------------------------------------- td_update

slips(
    "td_update",
    """
    bootstraps-at-the-end: Behind the last step of an episode nothing is worth anything.
        if not done: -> if True:
    action-zero-is-none: 0 counts as false, and is an action all the same.
        if next_action is None -> if not next_action
    always-the-maximum: Where the next action is given it is that one that counts.
        Q[next_state].max() if next_action is None else Q[next_state, next_action]
        -> Q[next_state].max()
    never-the-maximum: Without a next action the best one counts, not the first.
        Q[next_state].max() if next_action is None else Q[next_state, next_action]
        -> Q[next_state, next_action or 0]
    maximum-of-the-old-state: What the *next* state is worth is what one looks at.
        Q[next_state].max() -> Q[state].max()
    same-action-again: The next action is another one than the action just taken.
        Q[next_state].max() -> Q[next_state, action]
    mean-of-the-next: The best of the next actions counts, not their mean.
        Q[next_state].max() -> Q[next_state].mean()
    maximum-of-everything: Only the row of the next state is looked at.
        Q[next_state].max() -> Q.max()
    forgets-the-old-value: The step goes from the old value towards the target.
        += alpha * (target - Q[state, action]) -> += alpha * target
    target-for-value: With α below 1 the entry goes only part of the way.
        += alpha * (target - Q[state, action]) -> = target
    alpha-exchanged: α is the share of the target, 1 − α what is kept.
        += alpha * (target - Q[state, action]) -> += (1 - alpha) * (target - Q[state, action])
    away-from-the-target: The difference is target minus value.
        (target - Q[state, action]) -> (Q[state, action] - target)
    not-discounted: What comes later counts less, by γ.
        target += gamma * ahead -> target += ahead
    reward-discounted: Only what comes later is discounted, not the reward.
        target += gamma * ahead -> target = gamma * (target + ahead)
    done-drops-the-reward: At the end the reward still counts.
        target = reward -> target = 0.0 if done else reward
    end-unchanged: The last step of an episode teaches as well.
        updated[state, action] += -> updated[state, action] += not done and
    whole-row: Only the entry of the action that was taken changes.
        updated[state, action] += alpha * (target - Q[state, action])
        -> updated[state] += alpha * (target - Q[state])
    in-place: The caller's table stays as it is: change a copy.
        updated = Q.copy() -> updated = Q
    state-and-action-exchanged: Q has a row for each state and a column for each action.
        updated[state, action] += alpha * (target - Q[state, action])
        -> updated[action % len(Q), state % Q.shape[1]] += alpha * (target - Q[state, action])
    entry-alone: The answer is the whole table.
        return updated -> return updated[state, action]
    all-entries-mixed: Mixing the table with itself rounds entries that have to stay.
        updated = Q.copy()
        updated[state, action] += alpha * (target - Q[state, action])
        return updated
        ->
        targets = Q.copy()
        targets[state, action] = target
        return (1 - alpha) * Q + alpha * targets
    python-integers-only: An action may be one of NumPy's integers: compare with None.
        if next_action is None else -> if not isinstance(next_action, int) else
    done-is-true: NumPy's True is another object than Python's: do not ask by `is`.
        if not done: -> if done is not True:
    """,
)

# ---------------------------------------------------------------------------------- lambda_returns

slips(
    "lambda_returns",
    """
    lambda-exchanged: λ trusts the return, 1 − λ the value.
        (1 - lam) * next_values[t] + lam * later -> lam * next_values[t] + (1 - lam) * later
    done-cuts-the-value-only: At an end nothing is ahead, neither value nor return.
        ahead = (1 - lam) * next_values[t] + lam * later
        later = rewards[t] + gamma * (1 - dones[t]) * ahead
        ->
        ahead = (1 - dones[t]) * (1 - lam) * next_values[t] + lam * later
        later = rewards[t] + gamma * ahead
    done-cuts-the-return-only: At an end nothing is ahead, neither return nor value.
        ahead = (1 - lam) * next_values[t] + lam * later
        later = rewards[t] + gamma * (1 - dones[t]) * ahead
        ->
        ahead = (1 - lam) * next_values[t] + lam * (1 - dones[t]) * later
        later = rewards[t] + gamma * ahead
    runs-over-the-end: dones[t] cuts all that comes after step t.
        gamma * (1 - dones[t]) * ahead -> gamma * ahead
    nothing-after-the-end: Behind the last step stands its value, unless the episode ended.
        next_values[-1] -> 0.0
    value-of-this-state: next_values[t] is already that of the state after step t.
        next_values[t] + lam -> next_values[max(t - 1, 0)] + lam
    value-of-the-one-after: next_values[t] is already that of the state after step t.
        next_values[t] + lam -> next_values[min(t + 1, len(rewards) - 1)] + lam
    advantages: A return is due, not what it is above the value.
        return returns -> return returns - next_values
    not-discounted: What comes later counts less, by γ.
        + gamma * (1 - dones[t]) * ahead -> + (1 - dones[t]) * ahead
    lambda-with-gamma-only: The value counts by 1 − λ, not in full.
        (1 - lam) * next_values[t] -> next_values[t]
    one-step-only: λ mixes in the return of the next step.
        + lam * later -> + lam * next_values[t]
    rewards-to-the-end: λ mixes in the values.
        (1 - lam) * next_values[t] + lam * later -> later
    return-not-carried-on: What is mixed in is the λ-return of the next step, not its reward.
        returns[t] = later
        ->
        returns[t] = later
        later = rewards[t]
    in-order-of-computing: Computed backwards, the returns have to be put back into order.
        return returns -> return returns[::-1]
    last-step-mixed: The last step trusts its value in full, not by 1 − λ.
        returns, later = np.zeros(len(rewards)), next_values[-1]
        ->
        returns, later = np.zeros(len(rewards)), next_values[-1] * (1 - lam)
    in-place: Write into an array of your own: the caller's rewards have become returns.
        np.zeros(len(rewards)), next_values[-1] -> rewards, next_values[-1]
    """,
)

# ----------------------------------------------------------------------------- policy_log_gradient

slips(
    "policy_log_gradient",
    """
    overflows: exp overflows above about 709: subtract the largest score first.
        scores = scores - scores.max() -> pass
    logarithm-of-softmax: A probability may be too small for a float: take no logarithm of it.
        log_probs = scores - np.log(np.exp(scores).sum())
        -> log_probs = np.log(np.exp(scores) / np.exp(scores).sum())
    small-number-in-the-log: A small number in the logarithm spoils rare actions.
        log_probs = scores - np.log(np.exp(scores).sum())
        -> log_probs = np.log(np.exp(scores) / np.exp(scores).sum() + 1e-8)
    chosen-row-only: The other rows move too, away by their probability.
        return log_probs[action], np.outer(direction, x)
        -> return log_probs[action], np.outer(direction * (np.arange(len(theta)) == action), x)
    no-minus-probabilities: The normalisation depends on theta as well: one-hot minus π.
        direction = -np.exp(log_probs) -> direction = np.zeros(len(theta))
    probabilities-only: The chosen action's row has a 1 besides.
        direction[action] += 1 -> pass
    gradient-of-the-probability: ∇ log π is due, not ∇π.
        np.outer(direction, x) -> np.exp(log_probs[action]) * np.outer(direction, x)
    descent: It is the direction in which the action becomes more likely.
        np.outer(direction, x) -> -np.outer(direction, x)
    transposed: The gradient has the shape of theta: rows are actions.
        np.outer(direction, x) -> np.outer(x, direction)
    probability-for-logarithm: The logarithm of the probability is due.
        return log_probs[action], -> return np.exp(log_probs[action]),
    negative-logarithm: log π is below 0; its negative is the loss of chapter 4.
        return log_probs[action], -> return -log_probs[action],
    all-logarithms: The logarithm for the one action is due.
        return log_probs[action], -> return log_probs,
    logarithm-to-two: The logarithm is natural.
        return log_probs[action], -> return log_probs[action] / np.log(2),
    states-left-out: The score is θx: its derivative carries x.
        np.outer(direction, x) -> np.outer(direction, np.ones(len(x)))
    best-action: The action is given.
        direction[action] += 1 -> direction[scores.argmax()] += 1
    clipped: Scores are as large as they are: nothing is cut off.
        scores = scores - scores.max() -> scores = np.clip(scores, -20, 20)
    weights-moved: The caller takes the step: theta stays as it is.
        return log_probs[action], np.outer(direction, x)
        ->
        theta += np.outer(direction, x)
        return log_probs[action], np.outer(direction, x)
    """,
)

# ------------------------------------------------------------------------------ reinforce_gradient

slips(
    "reinforce_gradient",
    """
    mean-over-steps: Every step adds its part: the sum, not the mean.
        return gradient -> return gradient / len(rewards)
    descent: The answer is added to theta: it goes uphill.
        gradient += advantage -> gradient -= advantage
    gamma-to-the-t: The return counts from its own step on, without a further factor γ^t.
        return gradient
        ->
        gradient = np.zeros(theta.shape)
        for t, (x, action) in enumerate(zip(states, actions, strict=True)):
            gradient += gamma**t * advantages[t] * policy_log_gradient(theta, x, action)[1]
        return gradient
    whole-return: A step is not praised for what came before it: the return from t on.
        discounted_returns(rewards, dones, gamma) - baseline
        -> discounted_returns(rewards, dones, gamma)[0] - baseline
    rewards-only: A step is praised for all that followed, not for its own reward alone.
        discounted_returns(rewards, dones, gamma) - baseline -> rewards - baseline
    not-discounted: The returns are discounted by γ.
        discounted_returns(rewards, dones, gamma) -> discounted_returns(rewards, dones, 1.0)
    normalised: G − b stays as it is: nothing is divided by its spread.
        advantages = discounted_returns(rewards, dones, gamma) - baseline
        ->
        advantages = discounted_returns(rewards, dones, gamma) - baseline
        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    centred: The baseline is given; the mean is not taken off besides.
        advantages = discounted_returns(rewards, dones, gamma) - baseline
        ->
        advantages = discounted_returns(rewards, dones, gamma) - baseline
        advantages = advantages - advantages.mean()
    baseline-from-rewards: The baseline is subtracted from the return, not from the rewards.
        discounted_returns(rewards, dones, gamma) - baseline
        -> discounted_returns(rewards - baseline, dones, gamma)
    baseline-added: What was expected is subtracted.
        gamma) - baseline -> gamma) + baseline
    no-baseline: What was expected is subtracted from the return.
        gamma) - baseline -> gamma)
    last-step-only: Every step adds its part.
        gradient += advantage -> gradient = advantage
    first-state-for-all: Each step has a state of its own.
        policy_log_gradient(theta, x, action) -> policy_log_gradient(theta, states[0], action)
    squared: The advantage multiplies the gradient once.
        gradient += advantage -> gradient += advantage * abs(advantage)
    theta-moves-on: All gradients are taken at the theta that was given.
        gradient += advantage * policy_log_gradient(theta, x, action)[1]
        ->
        gradient += advantage * policy_log_gradient(theta + gradient, x, action)[1]
    steps-taken: The caller takes the step: theta stays as it is.
        return gradient
        ->
        theta += gradient
        return gradient
    """,
)

# ------------------------------------------------------------------------------------ ReplayBuffer

slips(
    "ReplayBuffer",
    """
    keeps-references: Whoever called may use his array again: store a copy.
        state.copy() -> state
        next_state.copy() -> next_state
    keeps-a-reference: The next state is stored by value as well.
        next_state.copy() -> next_state
    with-replacement: A batch holds no transition twice.
        replace=False -> replace=True
    draws-a-permutation: The statement names the draw: choice of batch_size without replacement.
        rng.choice(len(self), size=batch_size, replace=False)
        -> rng.permutation(len(self))[:batch_size]
    sorted-batch: A batch is in the order drawn.
        drawn = rng.choice(len(self), size=batch_size, replace=False)
        -> drawn = np.sort(rng.choice(len(self), size=batch_size, replace=False))
    ring-order: 0 is the oldest that is held, wherever it is stored.
        self.transitions = deque(maxlen=capacity)
        ->
        self.transitions, self.capacity, self.added = [], capacity, 0

        self.transitions.append((state.copy(), action, reward, next_state.copy(), done))
        ->
        entry = (state.copy(), action, reward, next_state.copy(), done)
        if len(self.transitions) < self.capacity:
            self.transitions.append(entry)
        else:
            self.transitions[self.added % self.capacity] = entry
        self.added += 1
    newest-first: 0 is the oldest that is held, not the newest.
        (self.transitions[i] for i in drawn) -> (self.transitions[-1 - i] for i in drawn)
    one-too-few: capacity transitions fit in.
        deque(maxlen=capacity) -> deque(maxlen=max(capacity - 1, 1))
    one-too-many: capacity transitions fit in, and not one more.
        deque(maxlen=capacity) -> deque(maxlen=capacity + 1)
    without-limit: Beyond capacity the oldest goes.
        deque(maxlen=capacity) -> deque()
    newest-not-taken: When it is full the oldest goes, and the new one comes in.
        self.transitions.append((state.copy(), action, reward, next_state.copy(), done))
        ->
        if len(self.transitions) < self.transitions.maxlen:
            self.transitions.append((state.copy(), action, reward, next_state.copy(), done))
    reward-and-next-state-exchanged: The order of the parts is that of add.
        np.array(rewards, dtype=float),
        np.array(next_states),
        ->
        np.array(next_states),
        np.array(rewards, dtype=float),
    state-twice: The fourth part is the state after the step.
        np.array(next_states) -> np.array(states)
    small-batch-without-error: More than there is cannot be drawn: ValueError.
        if batch_size > len(self):
            raise ValueError(f"{batch_size} of {len(self)} transitions cannot be drawn")
        ->
        batch_size = min(batch_size, len(self))
    draws-before-the-error: Where too many are asked for nothing is drawn.
        if batch_size > len(self):
        ->
        rng.random()
        if batch_size > len(self):
    full-batch-refused: As many as there are can be drawn.
        batch_size > len(self) -> batch_size >= len(self)
    dones-as-floats: dones are booleans, so that they can be a mask.
        np.array(dones, dtype=bool) -> np.array(dones, dtype=float)
    actions-as-floats: actions are integers, so that they can be an index.
        np.array(actions) -> np.array(actions, dtype=float)
    rewards-as-integers: rewards are floats.
        np.array(rewards, dtype=float) -> np.array(rewards).astype(int)
    capacity-as-length: len(buffer) is how many there are, not how many fit.
        return len(self.transitions) -> return self.transitions.maxlen
    shared-by-all: Each buffer has a store of its own.
        self.transitions = deque(maxlen=capacity)
        -> type(self).transitions = deque(maxlen=capacity)
    small-actions: An action may be larger than a byte holds.
        np.array(actions) -> np.array(actions).astype(np.uint8)
    equals-stored-once: A transition that happened twice is there twice.
        self.transitions.append((state.copy(), action, reward, next_state.copy(), done))
        ->
        last = self.transitions[-1] if self.transitions else None
        if last is None or not np.array_equal(last[0], state) or last[1] != action:
            self.transitions.append((state.copy(), action, reward, next_state.copy(), done))
    """,
)
