"""Reinforcement learning: reward, value and policy.

So far somebody has always known the answer.  An agent is told nothing but a number now and then:
it acts, the world moves on, and a *reward* says how good that was.  A move may be bad and show it
twenty steps later, and what would have come of another move nobody will ever tell.

    state s ──► agent ── action a ──► world ──► reward r, next state s'
      ▲                                              │
      └──────────────────────────────────────────────┘

What an agent wants is the *return*, all rewards to come, those far away counting less by a factor
γ each step.  One observation carries the whole subject: a return contains the next one,

    G_t = r_t + γ G_{t+1}

From it comes every method of the chapter.  `discounted_returns` sums up an episode backwards.
While one still learns one has to try things, and `epsilon_greedy` and `ucb_action` say how often.
Who knows the world can calculate what a state is worth: `policy_evaluation` for a given policy,
`value_iteration` for the best.  Who does not know it learns from single steps: `td_update` moves a
guess towards a later and better guess, and is Q-learning or SARSA by a single term;
`lambda_returns` are all the ways between one step and a whole episode.  Or one forgets values and
changes the policy itself: `policy_log_gradient` and `reinforce_gradient`, of which chapter 17's PPO
is a descendant.  And a `ReplayBuffer` lets old steps be learned from again.

It takes chapter 1's loops of updates, and the softmax of chapter 4, whose gradient returns here
with the other sign: what was the loss of a label is the score of an action.

States are 0 … S − 1 and actions 0 … A − 1, integers.  Of equally good actions the one with the
lowest index is taken, as `np.argmax` does.  `dones[t]` says that the episode ended with step t: its
reward counts, and nothing after it does.  0 ≤ γ ≤ 1, and so for λ, ε and α.  Arrays are
float64 but for actions and states (integers), `dones` and `terminal` (booleans), and no function
changes its inputs.  A generator is drawn from as the statement says, and not once more.
"""

from collections import deque

import numpy as np


def discounted_returns(rewards, dones, gamma):
    """The return of every step: its reward and, discounted, all that follow in its episode.

        G_t = r_t + γ (1 − d_t) G_{t+1},   G_T = 0

    rewards and dones are (T,), with T ≥ 1, and may hold several episodes, one behind the other;
    dones[t] ends one.  The last step need not end one: what would follow counts as 0.  The answer
    is (T,).

    >>> rewards, dones = np.array([1.0, 0, 2, 5, 4]), np.array([False, False, True, False, False])
    >>> discounted_returns(rewards, dones, 0.5).tolist()
    [1.5, 1.0, 2.0, 7.0, 4.0]
    """
    ### BEGIN SOLUTION
    returns, later = np.zeros(len(rewards)), 0.0
    for t in reversed(range(len(rewards))):
        later = rewards[t] + gamma * (1 - dones[t]) * later
        returns[t] = later
    return returns
    ### END SOLUTION


def epsilon_greedy(q, epsilon, rng):
    """Mostly take the best action, and with probability ε any of them.

    q is (A,), what each action seems to be worth.  First `rng.random()` is drawn, always.  If it is
    below epsilon, the action is `rng.integers(A)`, the next draw, which may be the best one too.
    Otherwise it is the best one, and nothing more is drawn.  The answer is an integer.

    Without the ε an agent that was unlucky once never finds out that it was.

    >>> rng = np.random.default_rng(1)
    >>> [int(epsilon_greedy(np.array([0.0, 5, 2]), 0.5, rng)) for _ in range(5)]
    [1, 1, 2, 2, 0]
    """
    ### BEGIN SOLUTION
    if rng.random() < epsilon:
        return rng.integers(len(q))
    return np.argmax(q)
    ### END SOLUTION


def ucb_action(values, counts, c):
    """Take the action that may still be the best: its mean and what the mean does not know.

        score_a = value_a + c √(ln t / n_a),   t = Σ n_a

    Optimism in the face of uncertainty: an action that was tried rarely gets a bonus, which shrinks
    with every try and grows slowly while others are tried.  One that was never tried has the score
    +∞, also with c = 0, and also when nothing was tried at all.

    values are (A,), the mean reward of each action so far (of one that was never tried any finite
    number), counts (A,), integers, how often each was tried, and c ≥ 0.  The answer is (action,
    scores): the action with the largest score, and all scores, (A,).

    Auer, Cesa-Bianchi and Fischer, "Finite-time Analysis of the Multiarmed Bandit Problem", 2002:
    UCB1 is c = √2.

    >>> action, scores = ucb_action(np.array([1.0, 0.5]), np.array([9, 1]), 2.0)
    >>> int(action), scores.round(4).tolist()
    (1, [2.0116, 3.5349])
    >>> int(ucb_action(np.array([1.0, 0.5, 0.0]), np.array([9, 0, 0]), 0.0)[0])
    1
    """
    ### BEGIN SOLUTION
    tried = np.maximum(counts, 1)
    bonus = c * np.sqrt(np.log(max(np.sum(counts), 1)) / tried)
    scores = np.where(counts > 0, values + bonus, np.inf)
    return np.argmax(scores), scores
    ### END SOLUTION


def policy_evaluation(P, R, policy, gamma, terminal):
    """What every state is worth under a policy, in a world that is known.

        V(s) = Σ_a π(a|s) Σ_s' P(s'|s, a) (R(s, a, s') + γ V(s'))

    P is (S, A, S): P[s, a, s'] is the probability that action a leads from s to s'.  R is
    (S, A, S): the reward of that very transition.  policy is (S, A): π(a|s).  terminal is (S,): in
    a terminal state V is 0, whatever P, R and policy (finite numbers) say there, since nothing
    happens any more; the reward for entering it counts, for it belongs to the step before.  There
    may be no such state, and nothing else.

    The answer is V, (S,), the numbers that solve these equations.  Any method will do that is right
    to 1e-6 (1 + max |V|): they are linear equations, and sweeps that set V to the right side until
    nothing moves by more than 1e-9 get there too.  γ ≤ 0.95.

    Bellman, "Dynamic Programming", 1957; Sutton and Barto, "Reinforcement Learning", 2018,
    section 4.1.

    >>> P = np.array([[[0.5, 0.5], [0, 1]], [[1, 0], [1, 0]]])
    >>> R = np.array([[[1.0, 2], [0, 6]], [[9, 9], [9, 9]]])
    >>> policy = np.array([[0.5, 0.5], [1, 0]])
    >>> policy_evaluation(P, R, policy, 0.8, np.array([False, True])).round(4).tolist()
    [4.6875, 0.0]
    """
    ### BEGIN SOLUTION
    alive = ~terminal
    moves = np.einsum("sa,sat->st", policy, P) * alive[:, None]
    rewards = np.einsum("sa,sat,sat->s", policy, P, R) * alive
    return np.linalg.solve(np.eye(len(P)) - gamma * moves, rewards)
    ### END SOLUTION


def value_iteration(P, R, gamma, terminal, steps):
    """What every state is worth if one always acts well, `steps` steps ahead.

        Q(s, a) = Σ_s' P(s'|s, a) (R(s, a, s') + γ V(s'))
        V(s)   ←  max_a Q(s, a),   0 in terminal states

    V begins with zeros, and the second line is done exactly `steps` times, for all states at once:
    every sweep is computed wholly from the V before it.  Then V is the best that can be had in so
    many steps.  steps may be 0, and γ may be 1.  P, R and terminal are as in `policy_evaluation`.

    The answer is (V, policy).  policy is (S,), integers: the action with the largest Q(s, a), where
    Q is computed once more from the V that is returned.  Of equal ones it is the lowest, and in
    terminal states it is 0.

    Sutton and Barto, "Reinforcement Learning", 2018, section 4.4.

    >>> P = np.array([[[1.0, 0, 0], [0, 1, 0]], [[0, 1, 0], [0, 0, 1]], [[0, 0, 1], [0, 0, 1]]])
    >>> R = np.zeros((3, 2, 3))
    >>> R[0, 0, 0], R[1, 1, 2], R[2] = 1, 8, 5
    >>> ends = np.array([False, False, True])
    >>> V, policy = value_iteration(P, R, 0.5, ends, 1)
    >>> V.tolist(), policy.tolist()
    ([1.0, 8.0, 0.0], [1, 1, 0])
    >>> V, policy = value_iteration(P, R, 0.5, ends, 2)
    >>> V.tolist(), policy.tolist()
    ([4.0, 8.0, 0.0], [1, 1, 0])
    >>> value_iteration(P, R, 0.5, ends, 0)[1].tolist()
    [0, 1, 0]
    """

    ### BEGIN SOLUTION
    def look_ahead(V):
        return np.sum(P * (R + gamma * V), axis=2) * ~terminal[:, None]

    V = np.zeros(len(P))
    for _ in range(steps):
        V = look_ahead(V).max(axis=1)
    return V, look_ahead(V).argmax(axis=1)
    ### END SOLUTION


def td_update(Q, state, action, reward, next_state, done, alpha, gamma, next_action=None):
    """Learn from one step: move a guess towards a better one.

        Q(s, a) ← Q(s, a) + α (target − Q(s, a))
        target  = r                              if the step ended the episode
                  r + γ max_a' Q(s', a')         if next_action is None: Q-learning
                  r + γ Q(s', next_action)       otherwise: SARSA

    Q-learning asks what the best next action is worth, SARSA what the one is worth that the agent
    will really take.  They differ in nothing else, and next to a cliff it decides where one walks.

    Q is (S, A).  The answer is a new table, the given one stays: in it only Q[state, action]
    has changed.  next_state may be state itself.  Where done is true, next_state is a state,
    next_action None or an action, and neither has any influence.

    Watkins and Dayan, "Q-learning", 1992; Rummery and Niranjan, "On-line Q-learning using
    connectionist systems", 1994.

    >>> Q = np.array([[1.0, 2], [4, 6]])
    >>> td_update(Q, 0, 1, 3.0, 1, False, 0.5, 0.5).tolist()
    [[1.0, 4.0], [4.0, 6.0]]
    >>> td_update(Q, 0, 1, 3.0, 1, False, 0.5, 0.5, next_action=0).tolist()
    [[1.0, 3.5], [4.0, 6.0]]
    >>> td_update(Q, 0, 1, 3.0, 1, True, 0.5, 0.5).tolist()
    [[1.0, 2.5], [4.0, 6.0]]
    """
    ### BEGIN SOLUTION
    target = reward
    if not done:
        ahead = Q[next_state].max() if next_action is None else Q[next_state, next_action]
        target += gamma * ahead
    updated = Q.copy()
    updated[state, action] += alpha * (target - Q[state, action])
    return updated
    ### END SOLUTION


def lambda_returns(rewards, next_values, dones, gamma, lam):
    """Returns that trust the rewards by λ and the values by 1 − λ.

        G_t = r_t + γ (1 − d_t) ((1 − λ) v_t + λ G_{t+1}),   G_T = v_{T−1}

    v_t is next_values[t], what the state *after* step t is thought to be worth.  With λ = 0 each
    target looks one step ahead and trusts the values; with λ = 1 it sums up the rewards to the end.
    Behind the last step there is no return, so its value stands for it in full, unless the episode
    ended there.

    rewards, next_values and dones are (T,), T ≥ 1; a value behind a done may be any finite number.
    The answer is (T,).

    Sutton, "Learning to Predict by the Methods of Temporal Differences", 1988.

    >>> rewards, next_values = np.array([1.0, 2, 3, 4]), np.array([8.0, 6, 50, 2])
    >>> dones = np.array([False, False, True, False])
    >>> lambda_returns(rewards, next_values, dones, 0.5, 0.25).tolist()
    [4.578125, 4.625, 3.0, 5.0]
    """
    ### BEGIN SOLUTION
    returns, later = np.zeros(len(rewards)), next_values[-1]
    for t in reversed(range(len(rewards))):
        ahead = (1 - lam) * next_values[t] + lam * later
        later = rewards[t] + gamma * (1 - dones[t]) * ahead
        returns[t] = later
    return returns
    ### END SOLUTION


def policy_log_gradient(theta, x, action):
    """How likely an action is under a softmax policy, and what would make it more likely.

        π(a|x) = softmax(θ x)_a,   ∇_θ log π(a|x) = (onehot(a) − π) xᵀ

    theta is (A, D), a row for each action; x is (D,), what is seen of the state.  The answer is
    (log_prob, gradient): the natural logarithm of π(action|x), a float, and its derivative for
    theta, (A, D).  The chosen action's row goes towards x, all rows away from it by their
    probability.

    Scores may be as large as ±1e4: both stay finite, and NumPy has nothing to warn of.

    >>> theta = np.array([[0.0, 0], [np.log(3), 0]])
    >>> log_prob, gradient = policy_log_gradient(theta, np.array([1.0, 2]), 0)
    >>> round(float(log_prob), 4), gradient.round(4).tolist()
    (-1.3863, [[0.75, 1.5], [-0.75, -1.5]])
    """
    ### BEGIN SOLUTION
    scores = theta @ x
    scores = scores - scores.max()
    log_probs = scores - np.log(np.exp(scores).sum())
    direction = -np.exp(log_probs)
    direction[action] += 1
    return log_probs[action], np.outer(direction, x)
    ### END SOLUTION


def reinforce_gradient(theta, states, actions, rewards, gamma, baseline):
    """The policy gradient of one episode: what went better than expected becomes more likely.

        Σ_t (G_t − b_t) ∇_θ log π(a_t|x_t)

    G_t is the discounted return from step t on, π and its gradient are those of
    `policy_log_gradient`.  The baseline b is what was expected of each step; it is subtracted and
    changes nothing in the mean, for the score has mean zero, but much in the noise.

    theta is (A, D), states (T, D), actions (T,), rewards and baseline (T,): one whole episode,
    T ≥ 1.  The answer is (A, D), a direction of *ascent*, to be added to theta.  It is the sum over
    the steps, not their mean, without a further factor γ^t, and G − b stays as it is: it is not
    normalised.

    Williams, "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement
    Learning", 1992.

    >>> theta, states = np.zeros((2, 2)), np.array([[1.0, 0], [0, 1]])
    >>> actions, rewards, baseline = np.array([0, 1]), np.array([1.0, 4]), np.array([0.0, 1])
    >>> reinforce_gradient(theta, states, actions, rewards, 0.5, baseline).tolist()
    [[1.5, -1.5], [-1.5, 1.5]]
    """
    ### BEGIN SOLUTION
    dones = np.zeros(len(rewards), dtype=bool)
    advantages = discounted_returns(rewards, dones, gamma) - baseline
    gradient = np.zeros(theta.shape)
    for x, action, advantage in zip(states, actions, advantages, strict=True):
        gradient += advantage * policy_log_gradient(theta, x, action)[1]
    return gradient
    ### END SOLUTION


class ReplayBuffer:
    """The last `capacity` steps, to learn from again, in any order.

    Steps that follow each other are much alike, and who learns from them in a row forgets what was
    before.  A buffer mixes them.

    ReplayBuffer(capacity) is empty; capacity ≥ 1.

    add(state, action, reward, next_state, done) stores a transition; states are (D,) arrays.  They
    are stored by value: whoever called may overwrite his array afterwards.  When there are more
    than capacity, the oldest goes.

    len(buffer) is how many there are.

    sample(batch_size, rng) returns (states (B, D), actions (B,), rewards (B,), next_states (B, D),
    dones (B,)): arrays of floats, integers, floats, floats and booleans, of the transitions at

        rng.choice(len(buffer), size=batch_size, replace=False)

    the one draw that is made, in the order drawn, where 0 is the oldest transition that is held.
    Whoever changes the arrays changes nothing in the buffer.  Raises ValueError, with nothing
    drawn, if batch_size ≥ 1 is larger than len(buffer).  Two buffers have nothing in common.

    Mnih et al., "Human-level control through deep reinforcement learning", 2015.

    >>> buffer = ReplayBuffer(2)
    >>> for t in range(3):
    ...     buffer.add(np.array([t, 0.0]), t % 2, 10.0 * t, np.array([t + 1.0, 0]), t == 2)
    >>> states, actions, rewards, next_states, dones = buffer.sample(2, np.random.default_rng(2))
    >>> len(buffer), states.tolist(), actions.tolist(), rewards.tolist(), dones.tolist()
    (2, [[2.0, 0.0], [1.0, 0.0]], [0, 1], [20.0, 10.0], [True, False])
    """

    def __init__(self, capacity):
        """An empty buffer."""
        ### BEGIN SOLUTION
        self.transitions = deque(maxlen=capacity)
        ### END SOLUTION

    def add(self, state, action, reward, next_state, done):
        """Store a transition; beyond capacity the oldest one goes."""
        ### BEGIN SOLUTION
        self.transitions.append((state.copy(), action, reward, next_state.copy(), done))
        ### END SOLUTION

    def __len__(self):
        """How many transitions there are."""
        ### BEGIN SOLUTION
        return len(self.transitions)
        ### END SOLUTION

    def sample(self, batch_size, rng):
        """Five arrays: the transitions that were drawn.  Raises ValueError."""
        ### BEGIN SOLUTION
        if batch_size > len(self):
            raise ValueError(f"{batch_size} of {len(self)} transitions cannot be drawn")
        drawn = rng.choice(len(self), size=batch_size, replace=False)
        states, actions, rewards, next_states, dones = zip(
            *(self.transitions[i] for i in drawn), strict=True
        )
        return (
            np.array(states),
            np.array(actions),
            np.array(rewards, dtype=float),
            np.array(next_states),
            np.array(dones, dtype=bool),
        )
        ### END SOLUTION
