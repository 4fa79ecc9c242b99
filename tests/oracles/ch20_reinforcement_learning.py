"""The same answers by independent means: SciPy, autograd, linear algebra, brute force."""

import itertools
from fractions import Fraction

import numpy as np
import scipy.linalg
import scipy.optimize
import scipy.signal
import scipy.special
import torch

from grader.bank import alternate


@alternate("discounted_returns", "SciPy's recursive filter, episode by episode")
def discounted_returns(rewards, dones, gamma):
    ends = [0, *(np.flatnonzero(dones) + 1), len(rewards)]
    found = []
    for begin, end in itertools.pairwise(ends):
        turned = np.ascontiguousarray(rewards[begin:end][::-1])
        found.append(
            scipy.signal.lfilter([1.0], [1.0, -gamma], turned)[::-1] if len(turned) else turned
        )
    return np.concatenate(found)


@alternate("epsilon_greedy", "a table of what each coin leads to")
def epsilon_greedy(q, epsilon, rng):
    lead = {
        True: lambda: int(rng.integers(len(q))),
        False: lambda: sorted(zip(-q, range(len(q)), strict=True))[0][1],
    }
    return lead[bool(rng.random() < epsilon)]()


@alternate("ucb_action", "SciPy's functions of x log y")
def ucb_action(values, counts, c):
    total = float(np.sum(counts))
    scores = np.full(len(values), np.inf)
    for arm in np.flatnonzero(counts):
        variance = scipy.special.xlogy(1.0 / counts[arm], total)
        scores[arm] = values[arm] + c * scipy.special.powm1(max(variance, 1e-300), 0.5) + c
    order = np.lexsort((np.arange(len(scores)), -scores))
    return order[0], scores


@alternate("policy_evaluation", "the series of expected rewards, summed by doubling")
def policy_evaluation(P, R, policy, gamma, terminal):
    keep = np.diag(1.0 - terminal)
    step = (
        gamma
        * keep
        @ np.tensordot(np.eye(len(P)), policy[:, :, None] * P, axes=([1], [0])).sum(axis=1)
    )
    total = keep @ (policy * (P * R).sum(axis=2)).sum(axis=1)
    for _ in range(12):  # 4096 terms
        total, step = total + step @ total, step @ step
    return total


@alternate("value_iteration", "every plan of actions, tried out")
def value_iteration(P, R, gamma, terminal, steps):
    mean = (P * R).sum(axis=2)
    states, actions = mean.shape

    def best(V):
        plans = list(itertools.product(range(actions), repeat=states))
        rows = np.arange(states)
        outcomes = [mean[rows, list(plan)] + gamma * P[rows, list(plan)] @ V for plan in plans]
        return np.array(outcomes).max(axis=0)

    V = np.zeros(states)
    for _ in range(steps):
        V = best(V) * ~terminal
    Q = mean + gamma * np.tensordot(P, V, axes=1)
    first = [next(a for a in range(actions) if Q[s, a] == Q[s].max()) for s in range(states)]
    return V, np.where(terminal, 0, first)


@alternate("td_update", "a step of gradient descent on half the squared error")
def td_update(Q, state, action, reward, next_state, done, alpha, gamma, next_action=None):
    table = torch.tensor(np.ascontiguousarray(Q), requires_grad=True)
    with torch.no_grad():
        row = table[next_state]
        ahead = row.max() if next_action is None else row[next_action]
        target = torch.tensor(float(reward), dtype=torch.float64) + (0.0 if done else gamma * ahead)
    (0.5 * (target - table[state, action]) ** 2).backward()
    return (table.detach() - alpha * table.grad).numpy()


@alternate("lambda_returns", "the equations of all steps, solved at once")
def lambda_returns(rewards, next_values, dones, gamma, lam):
    n = len(rewards)
    on = gamma * (1.0 - np.asarray(dones, dtype=float))
    matrix = np.eye(n) - np.diag((on * lam)[:-1], 1)
    right = rewards + on * (1 - lam) * next_values
    right[-1] += on[-1] * lam * next_values[-1]
    return scipy.linalg.solve_triangular(matrix, right)


@alternate("policy_log_gradient", "torch's log_softmax and autograd")
def policy_log_gradient(theta, x, action):
    weights = torch.tensor(np.ascontiguousarray(theta), requires_grad=True)
    log_prob = torch.log_softmax(weights @ torch.tensor(np.ascontiguousarray(x)), dim=0)[action]
    log_prob.backward()
    return float(log_prob), weights.grad.numpy()


@alternate("reinforce_gradient", "autograd through the weighted log-likelihood")
def reinforce_gradient(theta, states, actions, rewards, gamma, baseline):
    weights = torch.tensor(np.ascontiguousarray(theta), requires_grad=True)
    seen = torch.tensor(np.ascontiguousarray(states))
    exact, returns = Fraction(0), []
    for reward in reversed(rewards.tolist()):
        exact = Fraction(reward) + Fraction(gamma) * exact
        returns.insert(0, float(exact))
    advantage = torch.tensor(np.array(returns) - baseline)
    likelihoods = torch.log_softmax(seen @ weights.T, dim=1)
    chosen = likelihoods.gather(1, torch.tensor(actions.astype(np.int64))[:, None])[:, 0]
    (chosen * advantage).sum().backward()
    return weights.grad.numpy()


@alternate("ReplayBuffer", "structured records, concatenated")
class ReplayBuffer:
    def __init__(self, capacity):
        self.capacity, self.records = capacity, None

    def add(self, state, action, reward, next_state, done):
        kind = np.dtype(
            [
                ("s", float, len(state)),
                ("a", int),
                ("r", float),
                ("n", float, len(state)),
                ("d", bool),
            ]
        )
        record = np.zeros(1, dtype=kind)
        record["s"], record["a"], record["r"] = state, action, reward
        record["n"], record["d"] = next_state, done
        known = record[:0] if self.records is None else self.records
        self.records = np.concatenate([known, record])[-self.capacity :]

    def __len__(self):
        return 0 if self.records is None else len(self.records)

    def sample(self, batch_size, rng):
        if batch_size > len(self):
            raise ValueError("not so many")
        found = self.records[rng.choice(len(self), size=batch_size, replace=False)]
        return tuple(np.array(found[name]) for name in "sarnd")
