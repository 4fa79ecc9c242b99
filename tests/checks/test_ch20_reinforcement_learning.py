"""Checks of reward, value and policy.

Where two actions may be equally good, all numbers are small integers and powers of ½, so that every
way to compute them is exact; elsewhere the best two lie apart.
"""

import itertools

import numpy as np

from grader.checks import (
    as_parts,
    check,
    double_precision,
    example,
    expect,
    expect_close,
    expect_equal,
    fills,
    generator,
    given,
    matches,
    sizes,
    st,
    untouched,
)

FILLS, UNIT_FILLS = fills(), fills((1.0,))
SEEDS = st.integers(0, 2**20)
APART = 1e-6
ENDS = (0.5, 0.9, 0.0, 1.0, 0.25)
"""Values of γ and λ, the ends among them."""

LENGTHS = st.sampled_from((3, 1, 5, 2, 7, 4))
YES, NO = True, False


def flags(fill, n, share=0.3):
    """Booleans of which about so many are true."""
    found = fill.rng.random(n) < share
    return np.repeat(found, 2)[::2] if fill.layout == "S" else found


def integers(fill, high, n):
    """n integers below `high`, now and then not next to each other in memory."""
    found = fill.rng.integers(high, size=n)
    return np.repeat(found, 2)[::2] if fill.layout == "S" else found


def kind_of_actions(module, name, part, *arguments):
    """call the function and look at the dtype of the actions it returns, i for integers"""
    answer = getattr(module, name)(*arguments)
    kind = np.asarray(answer if part is None else answer[part]).dtype.kind
    return "i" if kind == "u" else kind


def expect_integers(submission, name, part, *arguments):
    """Raise Mismatch unless the actions are integers, which can be an index; floats cannot."""
    kind = submission.probe(kind_of_actions, name, part, *arguments)
    expect_equal(kind, "i", "actions are integers, so that they can be an index")


def answer_and_next(module, name, *arguments):
    """call the function, then draw a float and an integer of your own from the same generator"""
    answer, rng = getattr(module, name)(*arguments), arguments[-1]
    return [answer, float(rng.random()), int(rng.integers(2**31))]


# ---------------------------------------------------------------------------- discounted_returns


@st.composite
def episodes(draw, share=0.3, gammas=ENDS):
    """Rewards, dones and γ: several episodes, the last of which may go on."""
    n, fill, gamma = draw(LENGTHS), draw(FILLS), draw(st.sampled_from(gammas))
    return fill(n), flags(fill, n, share), gamma


ONE_TO_FOUR = np.array([1.0, 2.0, 3.0, 4.0])
STRETCHES = [
    (ONE_TO_FOUR, np.array([NO, NO, NO, NO]), 0.5),
    (ONE_TO_FOUR, np.array([NO, YES, NO, YES]), 0.5),
    (ONE_TO_FOUR, np.array([YES, YES, YES, YES]), 0.9),
    (ONE_TO_FOUR, np.array([NO, YES, NO, NO]), 0.0),
    (ONE_TO_FOUR, np.array([NO, NO, YES, NO]), 1.0),
    (np.array([3.0]), np.array([NO]), 0.9),
    (np.array([-3.0]), np.array([YES]), 0.9),
]

example("discounted_returns")
matches("discounted_returns", episodes(), first=STRETCHES)
matches(
    "discounted_returns",
    episodes(share=0.0, gammas=(0.5, 0.9)),
    title="is right for one episode",
    weight=3,
    examples=15,
)


@check("discounted_returns", "a return contains the next", practice=True)
@given(case=episodes())
def test_discounted_returns_recursion(submission, case):
    rewards, dones, gamma = case
    got = np.asarray(submission.discounted_returns(*case))
    expect_equal(got.shape, rewards.shape, "the shape of the returns")
    later = np.append(got[1:], 0.0) * ~dones
    size = float(np.abs(rewards).sum())
    expect_close(
        got, rewards + gamma * later, "r_t + γ G_{t+1}, and r_t alone at an end", scale=size
    )


@check("discounted_returns", "nothing reaches back over an end", practice=True)
@given(fill=FILLS, before=sizes(1, 3), after=sizes(1, 3))
def test_discounted_returns_end(submission, fill, before, after):
    rewards = fill(before + after)
    dones = np.arange(before + after) == before - 1
    others = np.where(np.arange(before + after) < before, rewards, 7.0)
    due = submission.discounted_returns(rewards, dones, 0.9)[:before]
    got = submission.discounted_returns(others, dones, 0.9)[:before]
    expect_close(got, due, "other rewards in the next episode", scale=float(np.abs(rewards).max()))


@check("discounted_returns", "2000 steps are no problem", weight=1)
def test_discounted_returns_long(submission, reference):
    drawn = np.random.default_rng(7)
    rewards, ends = drawn.standard_normal(2000), drawn.random(2000) < 0.001
    # Powers of 0.999 stay large over the whole episode; those of ½ become too small for a float.
    for dones, gamma in ((ends, 0.999), (np.zeros(2000, dtype=bool), 0.5), (ends, 1.0)):
        call = (rewards, dones, gamma)
        expect_close(submission.discounted_returns(*call), reference.discounted_returns(*call))


untouched("discounted_returns", episodes(), first=STRETCHES[:2])
double_precision("discounted_returns", episodes(share=0.1, gammas=(0.9,)))


# -------------------------------------------------------------------------------- epsilon_greedy


@st.composite
def bandits(draw, epsilons=(0.5, 0.0, 1.0, 0.25, 0.9)):
    """Values of actions, of which some are equal, ε and a generator."""
    n, fill = draw(st.sampled_from((3, 2, 5, 1, 4))), draw(UNIT_FILLS)
    q = fill.rng.integers(-1, 2, n) * 1.0 if fill.rng.random() < 0.4 else fill.distinct(n)
    return q, draw(st.sampled_from(epsilons)), generator(int(fill.rng.integers(2**16)))


def on_the_edge(seed):
    """An ε that the first draw equals: it is not below ε."""
    return np.array([0.0, 1.0, -1.0]), float(np.random.default_rng(seed).random()), generator(seed)


def several(module, q, epsilon, rng, times):
    """choose so many times with one generator"""
    return [module.epsilon_greedy(q, epsilon, rng) for _ in range(times)]


example("epsilon_greedy")
matches("epsilon_greedy", bandits(), exact=True)
matches(
    "epsilon_greedy",
    bandits((0.5, 0.8)),
    title="is right half way between",
    weight=2,
    examples=20,
    exact=True,
)


@check("epsilon_greedy", "calls share one generator", value=True, weight=2, examples=20)
@given(case=bandits(), times=sizes(2, 6))
def test_epsilon_greedy_several(submission, reference, case, times):
    due = reference.probe(several, *case, times)
    expect_equal(
        submission.probe(several, *case, times), due, f"{times} calls, one after the other"
    )


@check("epsilon_greedy", "draws what the statement says and no more", weight=2, examples=20)
@given(case=st.one_of(bandits(), SEEDS.map(on_the_edge)))
def test_epsilon_greedy_draws(submission, reference, case):
    got, due = (
        one.probe(answer_and_next, "epsilon_greedy", *case) for one in (submission, reference)
    )
    expect_close(got[1:], due[1:], "the generator's next numbers after the call", scale=0.0)


@check("epsilon_greedy", "an action is an integer", practice=True, weight=1, examples=10)
@given(case=bandits((0.0, 1.0, 0.5)))
def test_epsilon_greedy_integer(submission, case):
    expect_integers(submission, "epsilon_greedy", None, *case)


@check(
    "epsilon_greedy", "with ε = 0 it is the best, of equals the first", practice=True, examples=15
)
@given(case=bandits((0.0,)))
def test_epsilon_greedy_best(submission, case):
    expect_equal(submission.epsilon_greedy(*case), int(np.argmax(case[0])), "the best action")


@check(
    "epsilon_greedy", "with ε = 1 every action comes, as often as others", practice=True, examples=3
)
@given(seed=SEEDS, n=st.sampled_from((2, 3, 5)))
def test_epsilon_greedy_any(submission, seed, n):
    q = np.arange(n) * 1.0
    got = submission.probe(several, q, 1.0, generator(seed), 200 * n)
    counts = np.bincount(np.asarray(got, dtype=int), minlength=n)
    expect(counts.min() > 100, "every action is due about as often, the best one too", got=counts)


untouched("epsilon_greedy", bandits())


# ------------------------------------------------------------------------------------ ucb_action


def lie_apart(scores):
    """Whether the best two are equal or apart."""
    best = np.sort(scores[np.isfinite(scores)])[-2:]
    return bool(np.isinf(scores).any() or len(best) < 2 or best[1] - best[0] > APART)


@st.composite
def arms(draw, least=0, cs=(2.0, 0.0, 1.0, 0.5, 1.4142)):
    """Means, counts and c; among them arms that were never tried, and equals that are exact."""
    n, fill, c = draw(st.sampled_from((3, 2, 4, 1, 5))), draw(FILLS), draw(st.sampled_from(cs))
    counts = integers(fill, 9, n) + least
    counts = np.maximum(counts - 2, least)
    values = fill.distinct(n) * 1.0
    if fill.rng.random() < 0.25 and n > 1:
        values[1], counts[1] = values[0], counts[0]
    with np.errstate(all="ignore"):
        scores = values + c * np.sqrt(np.log(max(counts.sum(), 1)) / counts)
    if c and not lie_apart(np.where(counts > 0, scores, np.inf)) and not _twins(values, counts):
        values = values + np.arange(n)[::-1] * 0.37 * fill.scale
    return values, counts, c


def _twins(values, counts):
    return len(values) > 1 and values[0] == values[1] and counts[0] == counts[1]


UCB = ("action", "scores")
ARMS = [
    (np.array([1.0, 0.5, 0.2]), np.array([10, 2, 1]), 2.0),
    (np.array([1.0, 0.5, 0.2]), np.array([10, 2, 1]), 0.5),
    (np.array([1.0, 0.5, 0.2]), np.array([3, 0, 0]), 2.0),
    (np.array([1.0, 0.2, 0.5]), np.array([3, 0, 0]), 0.0),
    (np.array([0.0, 0.0]), np.array([0, 0]), 1.0),
    (np.array([0.0, 3.0]), np.array([0, 0]), 0.0),
    (np.array([2.0]), np.array([1]), 2.0),
    (np.array([1.0, 1.0]), np.array([4, 4]), 1.0),
    (np.array([1.0, 3.0, 3.0]), np.array([1, 5, 2]), 0.0),
]

example("ucb_action")
matches("ucb_action", arms(), first=ARMS, names=UCB)
matches(
    "ucb_action",
    arms(least=1, cs=(2.0, 1.0, 0.5)),
    title="is right where all were tried",
    names=UCB,
    weight=3,
    examples=15,
)


@check("ucb_action", "what was never tried comes first", practice=True, examples=20)
@given(n=sizes(1, 4), untried=SEEDS, c=st.sampled_from((0.0, 2.0)))
def test_ucb_action_untried(submission, n, untried, c):
    first = untried % n
    counts = np.where(np.arange(n) < first, 5, untried // 7 % 2)
    counts[first] = 0
    action, scores = as_parts(submission.ucb_action(np.arange(n)[::-1] * 1.0, counts, c), UCB)
    expect_equal(action, first, "the first that was never tried")
    expect(
        np.isposinf(np.asarray(scores)[first]), "the score of an arm never tried is +∞", got=scores
    )


@check("ucb_action", "an action is an integer", practice=True, weight=1, examples=10)
@given(case=arms())
def test_ucb_action_integer(submission, case):
    expect_integers(submission, "ucb_action", 0, *case)


@check("ucb_action", "with c = 0 the best mean wins", practice=True, examples=15)
@given(case=arms(least=1, cs=(0.0,)))
def test_ucb_action_greedy(submission, case):
    values, _, _ = case
    expect_close(submission.ucb_action(*case), (int(np.argmax(values)), values), names=UCB)


@check("ucb_action", "four times the tries, half the bonus", practice=True, examples=15)
@given(n=sizes(1, 9), c=st.sampled_from((2.0, 0.5)))
def test_ucb_action_bonus(submission, n, c):
    _, scores = as_parts(submission.ucb_action(np.zeros(2), np.array([n, 4 * n]), c), UCB)
    expect_close(scores, np.array([1.0, 0.5]) * c * np.sqrt(np.log(5 * n) / n), "bonuses alone")


untouched("ucb_action", arms(), first=ARMS[:3])
double_precision("ucb_action", arms(least=1, cs=(0.37,)), names=UCB)


# ------------------------------------------------------------- policy_evaluation, value_iteration

WORLDS = st.sampled_from(((3, 2), (2, 3), (2, 2), (4, 2), (1, 2), (3, 3), (5, 3), (2, 1)))
HALVES = ((1.0,), (0.5, 0.5), (0.25, 0.75), (0.5, 0.25, 0.25), (1.0,))


def shares(fill, *shape):
    """Probabilities along the last axis; where numbers are plain they are powers of ½."""
    if fill.kind == "normal":
        weights = fill.rng.exponential(1.0, shape) ** 2 * (fill.rng.random(shape) < 0.8) + 1e-3
        return weights / weights.sum(axis=-1, keepdims=True)
    found = np.zeros(shape)
    for place in itertools.product(*map(range, shape[:-1])):
        parts = HALVES[fill.rng.integers(len(HALVES))][: shape[-1]]
        parts = parts if sum(parts) == 1 else (1.0,)
        found[place][fill.rng.permutation(shape[-1])[: len(parts)]] = parts
    return found


def world(fill, states, actions):
    """P, R and terminal, which say of terminal states anything; on every third axis order."""
    P, R = shares(fill, states, actions, states), fill(states, actions, states)
    if fill.kind in ("zeros", "one-hot"):
        R = fill.rng.integers(-3, 4, R.shape) * 1.0
    if fill.layout == "F":
        P = np.asfortranarray(P)
    return P, R, flags(fill, states)


@st.composite
def policies(draw, shapes=WORLDS, gammas=(0.5, 0.9, 0.0, 0.95), hard=0.2):
    """Arguments of an evaluation; some policies are sure of what they do."""
    (states, actions), fill, gamma = draw(shapes), draw(FILLS), draw(st.sampled_from(gammas))
    P, R, terminal = world(fill, states, actions)
    policy = shares(fill, states, actions)
    if fill.rng.random() < hard:
        policy = np.eye(actions)[integers(fill, actions, states)]
    return P, R, policy, gamma, terminal


TWO_WAYS = np.array([[[0.5, 0.5], [0.0, 1.0]], [[0.25, 0.75], [1.0, 0.0]]])
PAID = np.array([[[1.0, 2.0], [5.0, 6.0]], [[-3.0, 4.0], [8.0, -1.0]]])
MIXED = np.array([[0.25, 0.75], [0.5, 0.5]])
EVALUATED = [
    (TWO_WAYS, PAID, MIXED, 0.5, np.array([NO, NO])),
    (TWO_WAYS, PAID, MIXED, 0.5, np.array([NO, YES])),
    (TWO_WAYS, PAID, MIXED, 0.9, np.array([YES, NO])),
    (TWO_WAYS, PAID, MIXED, 0.9, np.array([YES, YES])),
    (TWO_WAYS, PAID, MIXED, 0.0, np.array([NO, NO])),
    (np.ones((1, 2, 1)), np.array([[[1.0], [3.0]]]), np.array([[0.5, 0.5]]), 0.95, np.array([NO])),
]


def accuracy(P, R, *others):
    """What the statement asks for: relative to 1 + the largest value there can be."""
    return 1.0 + float(np.abs(R).max())


example("policy_evaluation")
matches("policy_evaluation", policies(), first=EVALUATED, scale=accuracy)
matches(
    "policy_evaluation",
    policies().map(lambda case: (*case[:4], np.zeros(len(case[0]), dtype=bool))),
    title="is right where nothing ends",
    scale=accuracy,
    weight=4,
    examples=20,
)


@check(
    "policy_evaluation", "with γ = 0 a state is worth its next reward", practice=True, examples=15
)
@given(case=policies(gammas=(0.0,)))
def test_policy_evaluation_near(submission, case):
    P, R, policy, _, terminal = case
    due = [
        0.0 if end else float(p @ (row * r).sum(1))
        for end, p, row, r in zip(terminal, policy, P, R, strict=True)
    ]
    got = submission.policy_evaluation(*case)
    expect_close(got, np.array(due), "the mean reward of the next step", scale=accuracy(P, R))


@check("policy_evaluation", "values solve the equation", practice=True)
@given(case=policies())
def test_policy_evaluation_equation(submission, case):
    P, R, policy, gamma, terminal = case
    V = np.asarray(submission.policy_evaluation(*case))
    expect_equal(V.shape, terminal.shape, "the shape of V")
    right = np.sum(policy * np.sum(P * (R + gamma * V), axis=2), axis=1)
    size = accuracy(P, R) / (1 - gamma)
    expect_close(V, np.where(terminal, 0.0, right), "the right side of the equation", scale=size)


@check(
    "policy_evaluation",
    "terminal states are worth 0, entering one pays",
    practice=True,
    examples=20,
)
@given(case=policies(), reward=st.sampled_from((1.0, -2.0)))
def test_policy_evaluation_terminal(submission, case, reward):
    P, R, policy, gamma, _ = case
    last = np.arange(len(P)) == len(P) - 1
    R = np.where(last, reward, 0.0) * np.ones(R.shape)
    got = np.asarray(submission.policy_evaluation(P, R, policy, gamma, last))
    expect_close(got[-1], 0.0, "the value of the terminal state", scale=1.0)
    enters = np.sum(policy * P[:, :, -1], axis=1)[:-1]
    if gamma == 0.0:
        expect_close(got[:-1], enters * reward, "how likely it is entered", scale=1.0)
    expect(
        np.all(got[:-1] * reward >= enters * reward * reward - 1e-6),
        "a state is worth at least what entering the terminal one pays at once",
        got=got,
    )


@check("policy_evaluation", "what is said of terminal states plays no part", examples=20)
@given(case=policies(), other=SEEDS)
def test_policy_evaluation_nothing(submission, reference, case, other):
    P, R, policy, gamma, terminal = case
    rng, ends = np.random.default_rng(other), terminal[:, None, None]
    turned = np.where(ends, rng.permutation(P.T).T, P)
    changed = (turned, np.where(ends, 9.0, R), np.where(ends[..., 0], 1.0, policy), gamma, terminal)
    expected = reference.policy_evaluation(*case)
    expect_close(submission.policy_evaluation(*changed), expected, scale=accuracy(P, R))


untouched("policy_evaluation", policies(), first=EVALUATED[:2])
double_precision("policy_evaluation", policies(gammas=(0.9,)))


def best_apart(P, R, V, gamma, terminal):
    """Whether in every state the best two actions lie apart."""
    Q = np.sort(np.sum(P * (R + gamma * V), axis=2)[~terminal], axis=1)
    return bool(
        Q.shape[1] < 2 or np.all(Q[:, -1] - Q[:, -2] > 1e-5 * (1 + np.abs(Q).max(initial=0)))
    )


def swept(P, R, gamma, terminal, count):
    V = 0.0 * terminal
    for _ in range(count):
        V = np.where(terminal, 0.0, np.sum(P * (R + gamma * V), axis=2).max(axis=1))
    return V


@st.composite
def worlds(draw, shapes=WORLDS, gammas=(0.5, 0.9, 1.0, 0.0), steps=(2, 1, 3, 0, 5, 8)):
    """Arguments of value iteration; equally good actions only where everything is exact."""
    (states, actions), fill = draw(shapes), draw(FILLS)
    gamma, count = draw(st.sampled_from(gammas)), draw(st.sampled_from(steps))
    if fill.kind != "normal":
        P, R, terminal = world(fill, states, actions)
        return P, R, 0.5 if gamma == 0.9 else gamma, terminal, count
    for _ in range(20):
        P, R, terminal = world(fill, states, actions)
        if best_apart(P, R, swept(P, R, gamma, terminal, count), gamma, terminal):
            return P, R, gamma, terminal, count
    return TWO_WAYS, PAID, 0.5, np.array([NO, YES]), count


def paying(rewards, *shape):
    """An array that is zero but at the places named."""
    found = np.zeros(shape)
    for place, reward in rewards.items():
        found[place] = reward
    return found


PLANNED = ("V", "policy")
CHAIN = np.eye(4)[[[0, 1], [0, 2], [1, 3], [3, 3]]]
PRIZE = paying({(2, 1, 3): 8.0, (0, 0, 0): 1.0, (3,): 5.0}, 4, 2, 4)
WALLS = [
    *((CHAIN, PRIZE, 0.5, np.array([NO, NO, NO, YES]), steps) for steps in (3, 1, 2, 0, 6)),
    *((CHAIN, PRIZE - 2, 1.0, np.array([NO, NO, NO, YES]), steps) for steps in (2, 0, 4)),
    (TWO_WAYS, PAID, 0.5, np.array([NO, NO]), 1),
    (TWO_WAYS, PAID, 1.0, np.array([NO, YES]), 3),
    (TWO_WAYS, -np.abs(PAID), 0.5, np.array([NO, NO]), 2),
    (TWO_WAYS, 0 * PAID, 0.5, np.array([NO, NO]), 2),
    (TWO_WAYS, PAID, 0.99, np.array([NO, NO]), 40),
    (TWO_WAYS, PAID, 0.5, np.array([YES, YES]), 2),
]

example("value_iteration")
matches("value_iteration", worlds(), first=WALLS, names=PLANNED, scale=accuracy)
matches(
    "value_iteration",
    worlds(gammas=(0.5, 0.9), steps=(1, 2, 3)).map(
        lambda case: (*case[:3], np.zeros(len(case[0]), dtype=bool), case[4])
    ),
    title="values are right where nothing ends",
    names=PLANNED,
    only=PLANNED[:1],
    scale=accuracy,
    weight=4,
    examples=20,
)


@check("value_iteration", "one sweep sees one step ahead", practice=True, examples=20)
@given(case=worlds(steps=(1,)))
def test_value_iteration_once(submission, case):
    P, R, _, terminal, _ = case
    V, _ = as_parts(submission.value_iteration(*case), PLANNED)
    best = np.sum(P * R, axis=2).max(axis=1)
    expect_close(
        V, np.where(terminal, 0.0, best), "the best mean reward at once", scale=accuracy(P, R)
    )


@check("value_iteration", "value spreads by one state in each sweep", practice=True, examples=12)
@given(steps=sizes(0, 6), n=sizes(2, 5))
def test_value_iteration_spreads(submission, steps, n):
    P = np.zeros((n + 1, 2, n + 1))
    for s in range(n + 1):
        P[s, 0, max(s - 1, 0)], P[s, 1, min(s + 1, n)] = 1.0, 1.0
    R = np.zeros(P.shape)
    R[n - 1, 1, n] = 1.0
    V, policy = as_parts(
        submission.value_iteration(P, R, 0.5, np.arange(n + 1) == n, steps), PLANNED
    )
    away = np.arange(n, 0, -1)
    due = np.where(away <= steps, 0.5 ** (away - 1.0), 0.0)
    expect_close(V, np.append(due, 0.0), f"{steps} sweeps reach {steps} states", scale=1.0)
    towards = np.where(away <= steps + 1, 1, 0)
    expect_equal(policy, np.append(towards, 0), "and one state more knows where to go")


@check("value_iteration", "the policy is the best for the values returned", practice=True)
@given(case=worlds())
def test_value_iteration_policy(submission, case):
    P, R, gamma, terminal, _ = case
    V, policy = as_parts(submission.value_iteration(*case), PLANNED)
    V = np.asarray(V)
    expect_equal(V.shape, terminal.shape, "the shape of V")
    Q = np.sum(P * (R + gamma * V), axis=2)
    expect_equal(policy, np.where(terminal, 0, Q.argmax(axis=1)), "the best actions, 0 at the end")


@check("value_iteration", "without a sweep all values are 0", practice=True, examples=8)
@given(case=worlds(steps=(0,)))
def test_value_iteration_none(submission, case):
    V, _ = as_parts(submission.value_iteration(*case), PLANNED)
    expect_close(V, np.zeros(len(case[0])), "V after 0 sweeps", scale=1.0)


@check("value_iteration", "a policy is integers", practice=True, weight=1, examples=8)
@given(case=worlds())
def test_value_iteration_integers(submission, case):
    expect_integers(submission, "value_iteration", 1, *case)


untouched("value_iteration", worlds(), first=WALLS[:2])
double_precision("value_iteration", worlds(gammas=(0.9,), steps=(3, 5)), names=PLANNED)


# ------------------------------------------------------------------------------------- td_update

TABLES = st.sampled_from(((3, 2), (2, 3), (2, 2), (1, 3), (4, 1), (5, 4)))


@st.composite
def learned_steps(draw, done=None, next_actions=(None, 0, None, -1)):
    """Arguments of an update: both targets, ends, and steps that lead back to where one was."""
    (states, actions), fill = draw(TABLES), draw(FILLS)
    Q, rng = fill(states, actions), fill.rng
    ended = bool(rng.random() < 0.3) if done is None else done
    chosen = draw(st.sampled_from(next_actions))
    next_action = int(rng.integers(actions)) if chosen == -1 else chosen
    state, next_state = int(rng.integers(states)), int(rng.integers(states))
    alpha, gamma = float(rng.choice((0.5, 0.1, 1.0, 0.0))), float(rng.choice((0.5, 0.9, 1.0, 0.0)))
    action, reward = int(rng.integers(actions)), float(fill.number())
    step = (state, action, reward, next_state, ended, alpha, gamma)
    return (Q, *step) if next_action is None else (Q, *step, next_action)


TABLE = np.array([[1.0, 2.0, -1.0], [3.0, 7.0, 5.0]])
UPDATES = [
    (TABLE, 0, 1, 4.0, 1, False, 0.5, 0.5),
    (TABLE, 0, 2, 4.0, 1, False, 0.5, 0.5, 0),
    (TABLE, 0, 2, 4.0, 1, False, 0.5, 0.5, 2),
    (TABLE, 0, 0, 4.0, 1, True, 0.5, 0.5),
    (TABLE, 0, 0, 4.0, 1, True, 0.25, 0.5, 2),
    (TABLE, 1, 1, 4.0, 1, False, 0.25, 1.0),
    (TABLE, 1, 0, -4.0, 0, False, 1.0, 0.5, 0),
    (TABLE, 1, 0, 4.0, 0, False, 0.0, 0.5),
    (-TABLE - 9, 0, 1, 0.0, 1, False, 0.5, 0.5),
]

example("td_update")
matches("td_update", learned_steps(), first=UPDATES)
matches(
    "td_update",
    learned_steps(done=False, next_actions=(None,)),
    title="Q-learning is right",
    weight=3,
    examples=15,
)
matches(
    "td_update",
    learned_steps(done=False, next_actions=(-1, 0)),
    title="SARSA is right",
    weight=2,
    examples=15,
)


@check("td_update", "only one entry moves", practice=True)
@given(case=learned_steps())
def test_td_update_one(submission, case):
    Q, state, action = case[:3]
    got = np.array(submission.td_update(*case))
    expect_equal(got.shape, Q.shape, "the shape of the table")
    got[state, action] = Q[state, action]
    expect_close(got, Q, f"all entries but [{state}, {action}] stay")


def others_changed(module, Q, state, action, *step):
    """make the update and count the other entries that are not the same, bit for bit"""
    changed = np.array(module.td_update(Q, state, action, *step)) != Q
    changed[state, action] = False
    return int(changed.sum())


@check("td_update", "the others stay bit for bit", practice=True, weight=1)
@given(case=learned_steps(), alpha=st.sampled_from((0.1, 0.3, 0.7)))
def test_td_update_bits(submission, case, alpha):
    Q, state, action, *step = case
    # Single precision holds eighths as well, so that it is not what this check is about.
    Q = np.round(np.sin(np.arange(Q.size)) * 80).reshape(Q.shape) / 8
    changed = submission.probe(others_changed, Q, state, action, *step[:3], alpha, *step[4:])
    expect_equal(changed, 0, "how many other entries are not the same, bit for bit")


@check("td_update", "at the end only the reward counts", practice=True)
@given(case=learned_steps(done=True), other=SEEDS)
def test_td_update_end(submission, case, other):
    Q, state, action, reward, _, _, alpha, _ = case[:8]
    got = submission.td_update(*case)[state, action]
    due = Q[state, action] + alpha * (reward - Q[state, action])
    expect_close(got, due, "α of the way to the reward", scale=abs(reward) + float(np.abs(Q).max()))


@check(
    "td_update",
    "with α = 0 nothing is learned, with α = 1 the old value is forgotten",
    practice=True,
    examples=15,
)
@given(case=learned_steps(done=False, next_actions=(None,)))
def test_td_update_alpha(submission, case):
    Q, state, action, reward, next_state, done, _, gamma = case
    size = abs(reward) + float(np.abs(Q).max())
    got = submission.td_update(Q, state, action, reward, next_state, done, 0.0, gamma)
    expect_close(got, Q, "α = 0", scale=size)
    got = submission.td_update(Q, state, action, reward, next_state, done, 1.0, gamma)
    due = reward + gamma * Q[next_state].max()
    expect_close(got[state, action], due, "α = 1: the target itself", scale=size)


def from_arrays(module, Q, *step):
    """make the update with NumPy's integers and booleans, as they come out of arrays"""
    state, action, reward, next_state, done, alpha, gamma, *next_action = step
    state, action, next_state = np.array([state, action, next_state])
    if next_action:
        next_action = list(np.array(next_action))
    done = np.array([done])[0]
    return module.td_update(Q, state, action, reward, next_state, done, alpha, gamma, *next_action)


matches(
    "td_update",
    learned_steps(),
    probe=from_arrays,
    title="integers and booleans may be NumPy's",
    first=UPDATES[:5],
    weight=1,
    examples=15,
)
untouched("td_update", learned_steps(), first=UPDATES[:2])
double_precision("td_update", learned_steps(done=False))


# -------------------------------------------------------------------------------- lambda_returns


@st.composite
def guesses(draw, share=0.3, lambdas=ENDS, gammas=ENDS):
    """Rewards, next values, dones, γ and λ."""
    n, fill = draw(LENGTHS), draw(FILLS)
    gamma, lam = draw(st.sampled_from(gammas)), draw(st.sampled_from(lambdas))
    return fill(n), fill(n), flags(fill, n, share), gamma, lam


GUESSED = np.array([8.0, 6.0, -5.0, 2.0])
GUESSES = [
    (ONE_TO_FOUR, GUESSED, np.array([NO, NO, NO, NO]), 0.5, 0.25),
    (ONE_TO_FOUR, GUESSED, np.array([NO, YES, NO, NO]), 0.5, 0.25),
    (ONE_TO_FOUR, GUESSED, np.array([NO, YES, NO, YES]), 1.0, 0.5),
    (ONE_TO_FOUR, GUESSED, np.array([NO, NO, NO, NO]), 0.5, 0.0),
    (ONE_TO_FOUR, GUESSED, np.array([NO, NO, NO, NO]), 0.5, 1.0),
    (ONE_TO_FOUR, GUESSED, np.array([NO, NO, NO, NO]), 0.0, 0.5),
    (np.array([1.0]), np.array([8.0]), np.array([NO]), 0.5, 0.25),
    (np.array([1.0]), np.array([8.0]), np.array([YES]), 0.5, 0.25),
]


def both_sizes(rewards, next_values, *others):
    return float(np.abs(rewards).max() + np.abs(next_values).max())


example("lambda_returns")
matches("lambda_returns", guesses(), first=GUESSES, scale=both_sizes)
matches(
    "lambda_returns",
    guesses(share=0.0, lambdas=(0.25, 0.9, 0.5), gammas=(0.5, 0.9)),
    title="is right for one episode that goes on",
    scale=both_sizes,
    weight=3,
    examples=15,
)


@check("lambda_returns", "with λ = 0 it looks one step ahead", practice=True)
@given(case=guesses(lambdas=(0.0,)))
def test_lambda_returns_near(submission, case):
    rewards, next_values, dones, gamma, _ = case
    due = rewards + gamma * ~dones * next_values
    expect_close(submission.lambda_returns(*case), due, "r + γ v", scale=both_sizes(*case))


@check("lambda_returns", "with λ = 1 values count at the end only", practice=True)
@given(case=guesses(lambdas=(1.0,)))
def test_lambda_returns_far(submission, case):
    rewards, next_values, dones, gamma, _ = case
    due, later = np.zeros(len(rewards)), next_values[-1]
    for t in range(len(rewards) - 1, -1, -1):
        due[t] = later = rewards[t] + (0.0 if dones[t] else gamma * later)
    size = both_sizes(*case) * len(rewards)
    expect_close(submission.lambda_returns(*case), due, "rewards to the end", scale=size)


@check("lambda_returns", "between 0 and 1 the step before the last is in between", examples=20)
@given(case=guesses(share=0.0), lam=st.sampled_from((0.25, 0.75)))
def test_lambda_returns_between(submission, reference, case, lam):
    call = (*case[:4], lam)
    expected = reference.lambda_returns(*call)
    expect_close(submission.lambda_returns(*call), expected, scale=both_sizes(*case) * len(case[0]))


@check("lambda_returns", "the value behind an end plays no part", practice=True, examples=20)
@given(case=guesses(share=0.6), other=st.sampled_from((0.0, 99.0)))
def test_lambda_returns_end(submission, case, other):
    rewards, next_values, dones, gamma, lam = case
    due = submission.lambda_returns(*case)
    changed = np.where(dones, other, next_values)
    got = submission.lambda_returns(rewards, changed, dones, gamma, lam)
    expect_close(got, due, f"{other:g} for values behind an end", scale=both_sizes(*case))


untouched("lambda_returns", guesses(), first=GUESSES[:2])
double_precision("lambda_returns", guesses(share=0.1, lambdas=(0.9,), gammas=(0.9,)))


# --------------------------------------------------------------------------- policy_log_gradient

SOFT = ("log_prob", "gradient")
SHAPES = st.sampled_from(((3, 2), (2, 3), (2, 2), (1, 3), (4, 1), (3, 3), (5, 4)))


@st.composite
def softmaxes(draw, scales=(1.0,)):
    """theta, x and an action: scores up to 1e4 where the scale is large."""
    (actions, d), fill = draw(SHAPES), draw(fills(scales))
    x = fill(d) / (fill.scale if fill.kind == "normal" else 1.0)
    return fill(actions, d), x, int(fill.rng.integers(actions))


THETA = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0]])
ACTIONS = [
    (THETA, np.array([1.0, 2.0]), 0),
    (THETA, np.array([1.0, 2.0]), 2),
    (np.zeros((3, 2)), np.array([1.0, -1.0]), 1),
    (THETA, np.array([30.0, -30.0]), 1),
    (np.array([[1e4, 0.0], [0.0, -1e4]]), np.array([1.0, 1.0]), 1),
    (np.array([[1e4, 0.0], [0.0, 1e4]]), np.array([1.0, 1.0]), 0),
    (np.array([[3.0, 4.0]]), np.array([1.0, 1.0]), 0),
]


def scores_too(theta, x, action):
    """Log probabilities are differences of scores, which may be large."""
    return 1.0 + float(np.abs(x).max()) + float(np.abs(theta @ x).max()) * 1e-6


example("policy_log_gradient")
matches(
    "policy_log_gradient", softmaxes((1.0, 30.0, 1e-3)), first=ACTIONS, names=SOFT, scale=scores_too
)
matches(
    "policy_log_gradient",
    softmaxes(),
    title="is right for ordinary scores",
    names=SOFT,
    weight=3,
    examples=15,
    scale=scores_too,
)


def quietly(module, theta, x, action):
    """call the function with NumPy's warnings turned into errors"""
    with np.errstate(all="raise", under="ignore"):
        return module.policy_log_gradient(theta, x, action)


@check("policy_log_gradient", "scores of 1e4 are no problem", weight=2, examples=20)
@given(case=softmaxes((1e4, 3e3)))
def test_policy_log_gradient_large(submission, reference, case):
    expected = reference.policy_log_gradient(*case)
    got = submission.policy_log_gradient(*case)
    expect_close(got, expected, names=SOFT, scale=scores_too(*case))


@check("policy_log_gradient", "NumPy has nothing to warn of", weight=1, examples=10)
@given(case=softmaxes((1e4, 1.0)))
def test_policy_log_gradient_quiet(submission, reference, case):
    got, expected = submission.probe(quietly, *case), reference.policy_log_gradient(*case)
    expect_close(got, expected, names=SOFT, scale=scores_too(*case))


@check("policy_log_gradient", "the score has mean zero", practice=True, examples=20)
@given(case=softmaxes())
def test_policy_log_gradient_mean(submission, case):
    theta, x, _ = case
    total, mean = 0.0, np.zeros(theta.shape)
    for action in range(len(theta)):
        log_prob, gradient = as_parts(submission.policy_log_gradient(theta, x, action), SOFT)
        total += np.exp(log_prob)
        mean += np.exp(log_prob) * np.asarray(gradient)
    expect_close(total, 1.0, "the probabilities of all actions together")
    expect_close(
        mean, np.zeros(theta.shape), "Σ_a π(a|x) ∇ log π(a|x)", scale=float(np.abs(x).max()) + 1
    )


@check("policy_log_gradient", "it is the slope of the logarithm", practice=True, examples=20)
@given(case=softmaxes(), i=SEEDS)
def test_policy_log_gradient_slope(submission, case, i):
    theta, x, action = case
    place = np.unravel_index(i % theta.size, theta.shape)
    _, gradient = as_parts(submission.policy_log_gradient(*case), SOFT)
    step = np.zeros(theta.shape)
    step[place] = 1e-4
    up, down = (submission.policy_log_gradient(theta + way * step, x, action)[0] for way in (1, -1))
    slope = (up - down) / 2e-4
    expect_close(
        np.asarray(gradient)[place],
        slope,
        "its difference quotient",
        scale=10 + 10 * float(np.abs(x).max()) ** 3,
    )


untouched("policy_log_gradient", softmaxes(), first=ACTIONS[:2])
double_precision("policy_log_gradient", softmaxes(), names=SOFT)


# ---------------------------------------------------------------------------- reinforce_gradient


@st.composite
def played(draw, gammas=(0.5, 0.9, 1.0, 0.0)):
    """theta, one episode and a baseline."""
    n, (actions, d), fill = draw(LENGTHS), draw(SHAPES), draw(fills((1.0, 3.0)))
    theta, states = fill(actions, d), fill(n, d)
    episode = (integers(fill, actions, n), fill(n), draw(st.sampled_from(gammas)), fill(n))
    return theta, states, *episode


SEEN = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0]])
DONE = np.array([0, 2, 1])
PLAYED = [
    (THETA, SEEN, DONE, np.array([1.0, 2.0, 4.0]), 0.5, np.array([0.5, 1.0, -1.0])),
    (THETA, SEEN, DONE, np.array([1.0, 2.0, 4.0]), 0.5, np.zeros(3)),
    (THETA, SEEN, DONE, np.array([0.0, 0.0, 1.0]), 0.9, np.zeros(3)),
    (THETA, SEEN, DONE, np.array([1.0, 2.0, 4.0]), 1.0, np.array([2.0, 2.0, 2.0])),
    (THETA, SEEN, DONE, np.array([1.0, 2.0, 4.0]), 0.0, np.array([2.0, 0.0, 2.0])),
    (THETA, SEEN[:1], DONE[:1], np.array([3.0]), 0.5, np.array([1.0])),
    (
        THETA,
        np.repeat(SEEN[:1], 3, 0),
        np.array([1, 1, 1]),
        np.array([1.0, 1, 1]),
        0.5,
        np.zeros(3),
    ),
]


def in_all(theta, states, actions, rewards, gamma, baseline):
    """The size of the terms that are summed."""
    size = np.abs(rewards).sum() + np.abs(baseline).max()
    return float(1e-9 + size * np.abs(states).max() * len(rewards))


example("reinforce_gradient")
matches("reinforce_gradient", played(), first=PLAYED, scale=in_all)
matches(
    "reinforce_gradient",
    played().map(lambda case: (*case[:5], 0 * case[5])),
    title="is right without a baseline",
    weight=3,
    examples=15,
    scale=in_all,
)
matches(
    "reinforce_gradient",
    played().map(lambda case: (case[0], *(one[:1] for one in case[1:4]), case[4], case[5][:1])),
    title="is right for a single step",
    weight=2,
    examples=15,
    scale=in_all,
)


@check("reinforce_gradient", "what came as expected teaches nothing", practice=True, examples=20)
@given(case=played())
def test_reinforce_gradient_expected(submission, case):
    theta, states, actions, rewards, gamma, _ = case
    returns, later = 0.0 * rewards, 0.0
    for t in range(len(rewards) - 1, -1, -1):
        returns[t] = later = rewards[t] + gamma * later
    got = submission.reinforce_gradient(theta, states, actions, rewards, gamma, returns)
    expect_close(got, np.zeros(theta.shape), "the baseline is the return", scale=in_all(*case))


@check(
    "reinforce_gradient",
    "a step uphill makes a rewarded action more likely",
    practice=True,
    examples=15,
)
@given(case=softmaxes(), reward=st.sampled_from((1.0, 3.0)))
def test_reinforce_gradient_uphill(submission, case, reward):
    theta, x, action = case
    if len(theta) < 2 or not x.any():
        return
    episode = (x[None], np.array([action]), np.array([reward]), 0.9, np.zeros(1))
    gradient = np.asarray(submission.reinforce_gradient(theta, *episode))
    expect_equal(gradient.shape, theta.shape, "the shape of the gradient")
    expect(
        (gradient @ x)[action] > 0, "the score of the action grows along the gradient", got=gradient
    )


@check(
    "reinforce_gradient",
    "twice the rewards and baseline, twice the gradient",
    practice=True,
    examples=15,
)
@given(case=played())
def test_reinforce_gradient_linear(submission, case):
    theta, states, actions, rewards, gamma, baseline = case
    due = 2 * np.asarray(submission.reinforce_gradient(*case))
    got = submission.reinforce_gradient(theta, states, actions, 2 * rewards, gamma, 2 * baseline)
    expect_close(got, due, "nothing is normalised", scale=in_all(*case))


untouched("reinforce_gradient", played(), first=PLAYED[:2])
double_precision("reinforce_gradient", played(gammas=(0.9,)))


# ---------------------------------------------------------------------------------- ReplayBuffer

BATCH = ("states", "actions", "rewards", "next_states", "dones")


def replay(module, capacity, transitions, batches, rng):
    """add transitions to a buffer, take batches out, and draw once more from the generator"""
    buffer = module.ReplayBuffer(capacity)
    lengths = [len(buffer)]
    for state, action, reward, next_state, done in transitions:
        buffer.add(state, action, reward, next_state, done)
        lengths.append(len(buffer))
    found = [list(buffer.sample(size, rng)) for size in batches]
    kinds = ["".join(np.asarray(part).dtype.kind for part in batch) for batch in found]
    return {"lengths": lengths, "batches": found, "kinds": kinds, "next": float(rng.random())}


def overwritten(module, capacity, transitions, batches, rng):
    """add from two arrays that are used again each time, and write into what was sampled"""
    buffer = module.ReplayBuffer(capacity)
    state, after = (np.zeros(len(transitions[0][0])) for _ in range(2))
    for one, action, reward, two, done in transitions:
        state[:], after[:] = one, two
        buffer.add(state, action, reward, after, done)
    state[:], after[:] = -77.0, -78.0
    found = []
    for size in batches:
        parts = buffer.sample(size, rng)
        found.append([np.array(part) for part in parts])
        for part in parts:
            part[...] = 0
    return found


def two_buffers(module, capacity, transitions, batches, rng):
    """fill one of two buffers, and take batches out of that"""
    buffer, other = module.ReplayBuffer(capacity), module.ReplayBuffer(capacity + 1)
    for one in transitions:
        buffer.add(*one)
    return [len(buffer), len(other), [list(buffer.sample(size, rng)) for size in batches]]


def too_many(module, capacity, transitions, size, rng):
    """ask for more than there is, and say what happened and what the generator gives then"""
    buffer = module.ReplayBuffer(capacity)
    for one in transitions:
        buffer.add(*one)
    try:
        buffer.sample(size, rng)
    except ValueError:
        return ["ValueError", float(rng.random())]
    return ["no error", 0.0]


@st.composite
def histories(draw, full=None):
    """A capacity, transitions, sizes of batches and a generator."""
    capacity, fill = draw(st.sampled_from((3, 1, 5, 2, 4))), draw(UNIT_FILLS)
    more = int(fill.rng.integers(1, capacity + 4)) if full is None else full(capacity)
    d = int(fill.rng.integers(1, 4))
    transitions = [
        (
            fill.distinct(d) + n,
            int(fill.rng.choice((0, 1, 2, 3, 300, 70000))),
            float(n) + 0.5,
            fill.distinct(d) - n,
            n % 3 == 1,
        )
        for n in range(more)
    ]
    held = min(more, capacity)
    batches = [int(fill.rng.integers(1, held + 1)) for _ in range(int(fill.rng.integers(1, 3)))]
    return capacity, transitions, [held, *batches], generator(int(fill.rng.integers(2**16)))


def expect_batches(got, due):
    """Compare batches part by part, so that a message says which one is wrong."""
    expect_equal(len(got), len(due), "how many batches came back")
    for mine, other in zip(got, due, strict=True):
        for name, one, wanted in zip(BATCH, as_parts(mine, BATCH), other, strict=True):
            expect_close(one, wanted, name)


def expect_replay(got, due):
    expect_equal(got["lengths"], due["lengths"], "len(buffer) at first, and after each add")
    expect_batches(got["batches"], due["batches"])
    kinds = [one.replace("u", "i") for one in got["kinds"]]
    expect_equal(kinds, due["kinds"], "kinds of numbers: f floats, i integers, b booleans")
    expect_close(got["next"], due["next"], "the generator's next number", scale=0.0)


SIX_STEPS = [
    (np.array([n, 7.0]), n % 3, n - 0.5, np.array([n + 1, 5.0]), n % 3 == 2) for n in range(6)
]
HISTORIES = [
    (4, SIX_STEPS, [3, 2, 3, 1, 3], generator(3)),
    (6, SIX_STEPS, [6, 5, 3], generator(1)),
    (5, SIX_STEPS[:3], [3, 2, 3, 2], generator(2)),
    (1, SIX_STEPS[:2], [1], generator(0)),
    (5, [*SIX_STEPS[:2], SIX_STEPS[1], SIX_STEPS[1]], [4, 3], generator(4)),
]

example("ReplayBuffer")
matches(
    "ReplayBuffer",
    histories(),
    probe=replay,
    first=HISTORIES,
    compare=lambda got, due, *case: expect_replay(got, due),
)
matches(
    "ReplayBuffer",
    histories(full=lambda capacity: capacity),
    probe=replay,
    title="is right until it is full",
    weight=3,
    examples=15,
    compare=lambda got, due, *case: expect_replay(got, due),
)


@check("ReplayBuffer", "keeps values, and gives values", value=True, weight=2, examples=15)
@given(case=histories())
def test_replay_buffer_values(submission, reference, case):
    expect_batches(submission.probe(overwritten, *case), reference.probe(overwritten, *case))


@check("ReplayBuffer", "two buffers have nothing in common", weight=1, examples=8)
@given(case=histories())
def test_replay_buffer_two(submission, reference, case):
    got, due = submission.probe(two_buffers, *case), reference.probe(two_buffers, *case)
    expect_equal(got[:2], due[:2], "the lengths of the one that was filled, and of the other")
    expect_batches(got[2], due[2])


@check(
    "ReplayBuffer",
    "more than there is raises ValueError, and draws nothing",
    practice=True,
    examples=10,
)
@given(case=histories(), more=sizes(1, 3), seed=SEEDS)
def test_replay_buffer_too_many(submission, case, more, seed):
    capacity, transitions, (held, *_), _ = case
    got = submission.probe(too_many, capacity, transitions, held + more, generator(seed))
    expect_equal(got[0], "ValueError", f"{held + more} of {held} were asked for")
    expect_close(got[1], float(np.random.default_rng(seed).random()), "the next number", scale=0.0)


@check("ReplayBuffer", "holds the newest, at most capacity", practice=True, examples=15)
@given(case=histories())
def test_replay_buffer_newest(submission, case):
    capacity, transitions, (held, *_), rng = case
    found = submission.probe(replay, capacity, transitions, [held], rng)
    expect_equal(found["lengths"][-1], held, "len(buffer) at the end")
    rewards = np.sort(np.asarray(found["batches"][0][2], dtype=float))
    due = np.array([one[2] for one in transitions[-held:]])
    expect_close(rewards, due, "the rewards of all that is held, sorted")


@st.composite
def fine_histories(draw):
    """Histories of numbers that no float32 holds."""
    capacity, transitions, batches, rng = draw(histories())
    finer = [
        (one / 3, action, reward / 7, two / 3, done)
        for one, action, reward, two, done in transitions
    ]
    return capacity, finer, batches, rng


def sampled_floats(module, capacity, transitions, batches, rng):
    """add transitions to a buffer, and take the states and rewards of one batch out"""
    buffer = module.ReplayBuffer(capacity)
    for one in transitions:
        buffer.add(*one)
    states, _, rewards, next_states, _ = buffer.sample(batches[0], rng)
    return [states, rewards, next_states]


double_precision("ReplayBuffer", fine_histories(), probe=sampled_floats)
