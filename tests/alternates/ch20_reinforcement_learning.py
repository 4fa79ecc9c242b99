"""Right answers in other styles."""

import math

import ch20_reinforcement_learning as reference
import numpy as np

from grader.bank import alternate


@alternate("discounted_returns", "every return by its own sum")
def discounted_returns(rewards, dones, gamma):
    returns = []
    for t in range(len(rewards)):
        total, factor = 0.0, 1.0
        for reward, done in zip(rewards[t:], dones[t:], strict=True):
            total += factor * reward
            factor *= gamma
            if done or factor == 0.0:
                break
        returns.append(total)
    return np.array(returns)


@alternate("discounted_returns", "backwards over a list, turned round")
def discounted_returns(rewards, dones, gamma):
    found = []
    for reward, done in zip(rewards[::-1], dones[::-1], strict=True):
        found.append(float(reward) + (gamma * found[-1] if found and not done else 0.0))
    return np.array(found)[::-1]


@alternate("epsilon_greedy", "a coin with a name, Python integers")
def epsilon_greedy(q, epsilon, rng):
    coin = rng.random()
    explore = coin < epsilon
    if not explore:
        best = 0
        for action, value in enumerate(q):
            if value > q[best]:
                best = action
        return best
    return int(rng.integers(0, q.shape[0]))


@alternate("epsilon_greedy", "one expression")
def epsilon_greedy(q, epsilon, rng):
    return q.argmax() if rng.random() >= epsilon else rng.integers(q.size)


@alternate("ucb_action", "one arm after the other")
def ucb_action(values, counts, c):
    t, scores = int(sum(counts)), []
    for value, n in zip(values, counts, strict=True):
        scores.append(float("inf") if n == 0 else value + c * math.sqrt(math.log(t) / n))
    return scores.index(max(scores)), np.array(scores)


@alternate("ucb_action", "divides by zero on purpose, quietly; an untried arm is found first")
def ucb_action(values, counts, c):
    with np.errstate(all="ignore"):
        scores = values + c * np.sqrt(np.log(counts.sum()) / counts)
    scores[counts == 0] = np.inf
    untried = np.flatnonzero(counts == 0)
    return [int(untried[0]) if untried.size else int(scores.argmax()), scores]


@alternate("policy_evaluation", "sweeps in place, in plain loops")
def policy_evaluation(P, R, policy, gamma, terminal):
    states, actions = policy.shape
    V = [0.0] * states
    while True:
        change = 0.0
        for s in range(states):
            if terminal[s]:
                continue
            new = 0.0
            for a in range(actions):
                for s2 in range(states):
                    new += policy[s, a] * P[s, a, s2] * (R[s, a, s2] + gamma * V[s2])
            change, V[s] = max(change, abs(new - V[s])), new
        if change < 1e-9:
            return np.array(V)


@alternate("policy_evaluation", "least squares, which leave a little in terminal states")
def policy_evaluation(P, R, policy, gamma, terminal):
    moves = (policy[:, :, None] * P).sum(1) * ~terminal[:, None]
    rewards = (policy[:, :, None] * P * R).sum((1, 2)) * ~terminal
    return np.linalg.lstsq(np.eye(len(P)) - gamma * moves, rewards, rcond=None)[0]


@alternate("policy_evaluation", "sweeps for all states at once")
def policy_evaluation(P, R, policy, gamma, terminal):
    V = np.zeros(len(terminal))
    for _ in range(2000):
        Q = (P * (R + gamma * V[None, None, :])).sum(-1)
        new = np.where(terminal, 0.0, (policy * Q).sum(-1))
        done = np.max(np.abs(new - V)) < 1e-10
        V = new
        if done:
            break
    return V


@alternate("policy_evaluation", "least squares over the states that go on")
def policy_evaluation(P, R, policy, gamma, terminal):
    V, on = np.zeros(len(P)), np.flatnonzero(~terminal)
    M = (policy[:, :, None] * P).sum(axis=1)
    r = (policy * (P * R).sum(axis=2)).sum(axis=1)
    if on.size:
        A = np.identity(on.size) - gamma * M[np.ix_(on, on)]
        V[on] = np.linalg.lstsq(A, r[on], rcond=None)[0]
    return V


@alternate("value_iteration", "plain loops over a copy of V")
def value_iteration(P, R, gamma, terminal, steps):
    states, actions, _ = P.shape

    def q(V, s):
        return [
            sum(P[s, a, s2] * (R[s, a, s2] + gamma * V[s2]) for s2 in range(states))
            for a in range(actions)
        ]

    V = [0.0] * states
    for _ in range(steps):
        V = [0.0 if terminal[s] else max(q(V, s)) for s in range(states)]
    policy = [0 if terminal[s] else int(np.argmax(q(V, s))) for s in range(states)]
    return [np.array(V), np.array(policy)]


@alternate("value_iteration", "mean rewards first, then matrix products")
def value_iteration(P, R, gamma, terminal, steps):
    mean = np.einsum("ijk,ijk->ij", P, R)
    V, step = np.zeros(P.shape[0]), 0
    while step < steps:
        V, step = np.max(mean + gamma * (P @ V), axis=-1), step + 1
        V[terminal] = 0.0
    policy = np.argmax(mean + gamma * (P @ V), axis=-1)
    policy[terminal] = 0
    return V, policy


@alternate("td_update", "a convex combination")
def td_update(Q, state, action, reward, next_state, done, alpha, gamma, next_action=None):
    if done:
        target = reward
    elif next_action is not None:
        target = reward + gamma * Q[next_state][next_action]
    else:
        target = reward + gamma * max(Q[next_state])
    new = np.array(Q)
    new[state, action] = (1 - alpha) * Q[state, action] + alpha * target
    return new


@alternate("td_update", "a mask and a correction, the end as a factor")
def td_update(Q, state, action, reward, next_state, done, alpha, gamma, next_action=None):
    chosen = np.argmax(Q[next_state]) if next_action is None else next_action
    error = reward + gamma * (1.0 - float(done)) * Q[next_state, chosen] - Q[state, action]
    mask = np.zeros(Q.shape, dtype=bool)
    mask[state, action] = True
    return np.where(mask, Q + alpha * error, Q)


@alternate("lambda_returns", "advantages, and the values they are above")
def lambda_returns(rewards, next_values, dones, gamma, lam):
    values = np.append(0.0, next_values[:-1])
    deltas = rewards + gamma * next_values * (1 - dones) - values
    advantages = np.zeros(len(rewards) + 1)
    for t in reversed(range(len(rewards))):
        advantages[t] = deltas[t] + gamma * lam * (1 - dones[t]) * advantages[t + 1]
    return advantages[:-1] + values


@alternate("lambda_returns", "through the errors of one step, as GAE does")
def lambda_returns(rewards, next_values, dones, gamma, lam):
    on = 1.0 - dones.astype(float)
    near = rewards + gamma * on * next_values
    returns, beyond = near.copy(), 0.0
    for t in range(len(rewards) - 1, -1, -1):
        returns[t] = near[t] + gamma * lam * on[t] * beyond
        beyond = returns[t] - next_values[t - 1]
    return returns


@alternate("lambda_returns", "recursion over plain floats")
def lambda_returns(rewards, next_values, dones, gamma, lam):
    last = len(rewards) - 1

    def from_step(t):
        if t > last:
            return []
        below = from_step(t + 1)
        later = below[0] if below else float(next_values[last])
        if dones[t]:
            return [float(rewards[t]), *below]
        mixed = next_values[t] + lam * (later - next_values[t])
        return [rewards[t] + gamma * mixed, *below]

    return np.array(from_step(0))


@alternate("policy_log_gradient", "one-hot minus softmax, in rows")
def policy_log_gradient(theta, x, action):
    z = np.einsum("ad,d->a", theta, x)
    e = np.exp(z - np.max(z))
    p = e / e.sum()
    top = np.max(z)
    log_prob = z[action] - (top + np.log(np.sum(np.exp(z - top))))
    onehot = np.eye(len(p))[action]
    return float(log_prob), (onehot - p)[:, None] * x[None, :]


@alternate("policy_log_gradient", "logaddexp, a loop over actions")
def policy_log_gradient(theta, x, action):
    scores = [float(row @ x) for row in theta]
    total = np.logaddexp.reduce(scores)
    rows = [((1.0 if a == action else 0.0) - np.exp(s - total)) * x for a, s in enumerate(scores)]
    return [scores[action] - total, np.array(rows)]


@alternate("reinforce_gradient", "all steps at once")
def reinforce_gradient(theta, states, actions, rewards, gamma, baseline):
    T = len(rewards)
    powers = np.subtract.outer(np.arange(T), np.arange(T)).T
    discounts = np.triu(float(gamma) ** np.clip(powers, 0, None))
    weights = discounts @ rewards - baseline
    z = states @ theta.T
    e = np.exp(z - z.max(axis=1, keepdims=True))
    score = np.eye(len(theta))[actions] - e / e.sum(axis=1, keepdims=True)
    return (score * weights[:, None]).T @ states


@alternate("reinforce_gradient", "backwards, the return carried along")
def reinforce_gradient(theta, states, actions, rewards, gamma, baseline):
    total, G = 0 * theta, 0.0
    for t in range(len(rewards))[::-1]:
        G = rewards[t] + gamma * G
        _, slope = reference.policy_log_gradient(theta, states[t], int(actions[t]))
        total = total + (G - baseline[t]) * slope
    return total


@alternate("ReplayBuffer", "a list whose head is dropped")
class ReplayBuffer:
    def __init__(self, capacity):
        self.capacity = capacity
        self.held = []

    def add(self, state, action, reward, next_state, done):
        self.held.append([np.array(state), action, reward, np.array(next_state), done])
        if len(self.held) > self.capacity:
            del self.held[0]
        return len(self.held)

    def __len__(self):
        return len(self.held)

    def sample(self, batch_size, rng):
        if len(self) < batch_size:
            raise ValueError("too few")
        picked = [self.held[i] for i in rng.choice(len(self), size=batch_size, replace=False)]
        columns = [[one[part] for one in picked] for part in range(5)]
        kinds = (float, int, float, float, bool)
        return [np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)]


@alternate("ReplayBuffer", "arrays used as a ring, indices turned")
class ReplayBuffer:
    def __init__(self, capacity):
        self.capacity, self.total, self.states = capacity, 0, None

    def add(self, state, action, reward, next_state, done):
        n = self.capacity
        if self.states is None:
            self.states, self.after = np.empty((n, len(state))), np.empty((n, len(state)))
            self.actions, self.rewards = np.empty(n, dtype=np.int64), np.empty(n)
            self.dones = np.empty(n, dtype=bool)
        at = self.total % n
        self.states[at], self.after[at] = state, next_state
        self.actions[at], self.rewards[at], self.dones[at] = action, reward, done
        self.total += 1

    def __len__(self):
        return min(self.total, self.capacity)

    def sample(self, batch_size, rng):
        if batch_size > len(self):
            raise ValueError(batch_size)
        oldest = self.total - len(self)
        at = (oldest + rng.choice(len(self), size=batch_size, replace=False)) % self.capacity
        return self.states[at], self.actions[at], self.rewards[at], self.after[at], self.dones[at]
