"""Pictures of chapter 20: value spreads over a grid, and two agents walk beside a cliff."""

import numpy as np

from grader.checks import generator
from grader.show.picture import Curves, Heatmap, picture

ROWS, COLUMNS = 4, 7
START, GOAL = (3, 0), (3, 6)
CLIFF = [(3, column) for column in range(1, 6)]
MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))
SWEEPS = (1, 3, 9)
EPISODES, LONGEST, ALPHA, EPSILON = 240, 60, 0.5, 0.1


def number(cell):
    """The state of a cell."""
    return cell[0] * COLUMNS + cell[1]


def moved(cell, action):
    """Where a step leads, and what it costs: off the cliff is far, and back to the start."""
    row = min(max(cell[0] + MOVES[action][0], 0), ROWS - 1)
    column = min(max(cell[1] + MOVES[action][1], 0), COLUMNS - 1)
    return (START, -20.0) if (row, column) in CLIFF else ((row, column), -1.0)


def grid():
    """P, R and terminal of the grid."""
    states = ROWS * COLUMNS
    P, R = np.zeros((states, 4, states)), np.zeros((states, 4, states))
    for cell in np.ndindex(ROWS, COLUMNS):
        for action in range(4):
            there, reward = moved(cell, action)
            P[number(cell), action, number(there)] = 1.0
            R[number(cell), action, number(there)] = reward
    return P, R, np.arange(states) == number(GOAL)


@picture("value_iteration: the goal, ringed, is known ever further away")
def spreading(submission):
    P, R, terminal = grid()
    fields = []
    for steps in SWEEPS:
        V, _ = submission.value_iteration(P, R, 1.0, terminal, steps)
        fields.append(np.reshape(np.asarray(V, dtype=float), (ROWS, COLUMNS)) / steps)
    marks = [(n * (ROWS + 1) + GOAL[0], GOAL[1]) for n in range(len(SWEEPS))]
    names = [f"{steps} sweep" + "s" * (steps > 1) for steps in SWEEPS]
    return stacked(fields, names, -1.0, marks)


def stacked(fields, names, gap, marks):
    """Fields of the same size below each other, a row of the value `gap` between them."""
    between = np.full((1, COLUMNS), gap)
    parts = [part for field in fields for part in (field, between)][:-1]
    rows = [name for one in names for name in (one, *[""] * ROWS)][:-1]
    return Heatmap(np.concatenate(parts), rows=rows, marks=marks)


def trained(module, next_action_counts, rng, episodes, longest):
    """learn beside the cliff; the rewards of all episodes, and how often each cell was seen"""
    rows, columns, moves = 4, 7, ((-1, 0), (0, 1), (1, 0), (0, -1))
    Q, totals, seen = np.zeros((rows * columns, 4)), [], np.zeros((rows, columns))
    for episode in range(episodes):
        cell, total = (3, 0), 0.0
        action = int(module.epsilon_greedy(Q[cell[0] * columns + cell[1]], 0.1, rng))
        for _ in range(longest):
            row = min(max(cell[0] + moves[action][0], 0), rows - 1)
            column = min(max(cell[1] + moves[action][1], 0), columns - 1)
            fell = row == 3 and 0 < column < 6
            there, reward = ((3, 0), -20.0) if fell else ((row, column), -1.0)
            done, state = there == (3, 6), cell[0] * columns + cell[1]
            after = there[0] * columns + there[1]
            following = int(module.epsilon_greedy(Q[after], 0.1, rng))
            step = (Q, state, action, reward, after, done, 0.5, 1.0)
            Q = (
                module.td_update(*step, following)
                if next_action_counts
                else module.td_update(*step)
            )
            total += reward
            if episode >= episodes // 2:
                seen[cell] += 1
            cell, action = there, following
            if done:
                break
        totals.append(total)
    return {"totals": np.array(totals), "seen": seen / seen.max()}


def both(submission):
    """Q-learning and SARSA, from the same seed."""
    names = {"Q-learning": False, "SARSA": True}
    return {
        name: submission.probe(trained, counts, generator(1), EPISODES, LONGEST)
        for name, counts in names.items()
    }


@picture("td_update: where two agents walk; start and goal are ringed")
def walks(submission):
    found = [np.asarray(one["seen"], dtype=float) for one in both(submission).values()]
    marks = [(n * (ROWS + 1) + cell[0], cell[1]) for n in range(2) for cell in (START, GOAL)]
    return stacked(found, ["Q-learning", "SARSA"], 0.0, marks)


@picture("td_update: who walks along the edge falls now and then")
def rewards(submission):
    lines = {}
    for name, one in both(submission).items():
        totals = np.asarray(one["totals"], dtype=float)
        means = totals.reshape(-1, 12).mean(axis=1)
        lines[name] = (np.arange(len(means)) * 12 + 12, means)
    return Curves(lines, across="episodes", up="reward")
