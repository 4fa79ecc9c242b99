"""Pictures of chapter 13: who is a stranger, two ways to merge, and where k-means ends."""

import numpy as np

from grader.checks import generator
from grader.show.picture import Curves, Heatmap, picture

ACROSS, DOWN = 48, 16
LOW, HIGH = np.array([-2.0, -1.5]), np.array([3.0, 2.0])
STRANGERS = np.array([[-1.6, -1.1], [2.6, 1.6], [0.5, 1.7]])
TREES, SAMPLE = 40, 64


def two_moons(rng, n):
    """Two half circles with an arm in each other's middle."""
    angle = rng.uniform(0.0, np.pi, n)
    upper = np.arange(n) % 2 == 0
    x = np.where(upper, np.cos(angle), 1.0 - np.cos(angle))
    y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle))
    return np.stack([x, y], axis=1) + rng.normal(0.0, 0.08, (n, 2))


@picture("isolation_tree, anomaly_scores: two moons, and three strangers in rings")
def forest(submission):
    rng = np.random.default_rng(0)
    X = np.concatenate([two_moons(rng, 200), STRANGERS])
    trees = [
        submission.isolation_tree(rng.permutation(X)[:SAMPLE], 6, generator(seed))
        for seed in range(TREES)
    ]
    across = np.linspace(LOW[0], HIGH[0], ACROSS)
    down = np.linspace(HIGH[1], LOW[1], DOWN)
    grid = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
    scores = submission.anomaly_scores(grid, trees, SAMPLE)
    marks = [
        (int(np.abs(down - y).argmin()), int(np.abs(across - x).argmin())) for x, y in STRANGERS
    ]
    return Heatmap(np.reshape(scores, (DOWN, ACROSS)), marks=marks)


@picture("agglomerate: single linkage eats along a chain, complete linkage cuts it up")
def dendrograms(submission):
    chain = np.stack([np.cumsum(0.8 + 0.02 * np.arange(9)), np.zeros(9)], axis=1)
    ball = np.random.default_rng(1).normal([4.0, 2.6], 0.6, (7, 2))
    X = np.concatenate([chain, ball])
    found = {}
    for number, linkage in enumerate(("single", "complete")):
        merges = np.asarray(submission.agglomerate(X, linkage))
        found[linkage] = _dendrogram(merges, number * (len(X) + 1.0))
    return Curves(found, across="rows of X", up="distance")


def _dendrogram(merges, start):
    """The tree of all merges as one line, drawn without lifting the pen."""
    n = len(merges) + 1
    leaves = iter(np.arange(n) + start)

    def walk(cluster):
        """Where the cluster hangs, how high, and the way through it and back to there."""
        if cluster < n:
            x = next(leaves)
            return x, 0.0, [(x, 0.0)]
        one, two, height, _ = merges[cluster - n]
        (left, _, first), (right, _, second) = walk(int(one)), walk(int(two))
        middle = (left + right) / 2
        way = [(left, height), *first, (left, height), (right, height), *second, (right, height)]
        return middle, height, [(middle, height), *way, (middle, height)]

    _, _, way = walk(2 * n - 2)
    return tuple(np.array(way, dtype=float).T)


@picture("kmeans: the inertia after each step, from good and from bad centers")
def inertia(submission):
    rng = np.random.default_rng(3)
    middles = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0], [6.0, 6.0], [3.0, 12.0]])
    X = np.concatenate([rng.normal(middle, 0.8, (20, 2)) for middle in middles])
    starts = {
        "k-means++": submission.kmeans_plus_plus(X, 5, generator(0)),
        "five rows of one group": X[:5],
    }
    found = {
        name: [submission.kmeans(X, centers, steps)[2] for steps in range(9)]
        for name, centers in starts.items()
    }
    return Curves(found, across="step", up="inertia")
