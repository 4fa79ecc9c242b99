"""What people get wrong in clustering, principal components, isolation forests and itemsets."""

import itertools
from collections import Counter

import ch13_unsupervised as reference
import numpy as np

from grader.bank import mistake


def squared_distances(A, B):
    return ((A[:, None] - B) ** 2).sum(axis=-1)


def distances(X):
    return np.sqrt(squared_distances(X, X))


# ---------------------------------------------------------------------------- kmeans_plus_plus


def seeded(X, k, rng, weights, first=None):
    """The reference, with other weights or another first row."""
    chosen = [rng.integers(len(X)) if first is None else first]
    while len(chosen) < k:
        w = weights(X, X[chosen])
        chosen.append(rng.choice(len(X), p=w / w.sum()))
    return X[chosen]


def nearest_squared(X, centers):
    return squared_distances(X, centers).min(axis=1)


@mistake(
    "kmeans_plus_plus",
    "distance-not-squared",
    "The weight of a row is the square of its distance; the plain distance prefers far rows less.",
)
def kmeans_plus_plus(X, k, rng):
    return seeded(X, k, rng, lambda X, centers: np.sqrt(nearest_squared(X, centers)))


@mistake(
    "kmeans_plus_plus",
    "uniform",
    "Rows are drawn with weights: who is far from all centers so far is more likely.",
)
def kmeans_plus_plus(X, k, rng):
    return X[rng.choice(len(X), k, replace=False)]


@mistake(
    "kmeans_plus_plus",
    "farthest-row",
    "The next center is drawn at random with these weights, not simply the row with the largest.",
)
def kmeans_plus_plus(X, k, rng):
    chosen = [rng.integers(len(X))]
    while len(chosen) < k:
        chosen.append(nearest_squared(X, X[chosen]).argmax())
    return X[chosen]


@mistake(
    "kmeans_plus_plus",
    "newest-center-only",
    "A row's weight is measured from the nearest of all centers so far, not from the newest alone.",
)
def kmeans_plus_plus(X, k, rng):
    return seeded(X, k, rng, lambda X, centers: nearest_squared(X, centers[-1:]))


@mistake(
    "kmeans_plus_plus",
    "first-center-only",
    "The weights must be found anew after every draw: the new center changes who is far away.",
)
def kmeans_plus_plus(X, k, rng):
    return seeded(X, k, rng, lambda X, centers: nearest_squared(X, centers[:1]))


@mistake(
    "kmeans_plus_plus",
    "mean-over-centers",
    "Of a row's distances to the centers the smallest counts, not their sum or mean.",
)
def kmeans_plus_plus(X, k, rng):
    return seeded(X, k, rng, lambda X, centers: squared_distances(X, centers).mean(axis=1))


@mistake(
    "kmeans_plus_plus",
    "farthest-center",
    "Of a row's distances to the centers the smallest counts: one near center is enough.",
)
def kmeans_plus_plus(X, k, rng):
    return seeded(X, k, rng, lambda X, centers: squared_distances(X, centers).max(axis=1))


@mistake(
    "kmeans_plus_plus",
    "first-row-first",
    "The first center is drawn as well: every row has the same chance.",
)
def kmeans_plus_plus(X, k, rng):
    return seeded(X, k, rng, nearest_squared, first=0)


@mistake(
    "kmeans_plus_plus",
    "own-generator",
    "Every draw comes from the rng that was passed in; a generator of your own draws other rows.",
)
def kmeans_plus_plus(X, k, rng):
    return reference.kmeans_plus_plus(X, k, np.random.default_rng(42))


@mistake(
    "kmeans_plus_plus",
    "first-by-choice",
    "rng.choice without weights and rng.integers are different draws; the statement names which.",
)
def kmeans_plus_plus(X, k, rng):
    first = rng.choice(len(X), p=np.full(len(X), 1 / len(X)))
    return seeded(X, k, rng, nearest_squared, first)


@mistake(
    "kmeans_plus_plus",
    "one-draw-too-many",
    "The k rows are right, but one more number is drawn: the loop makes a round whose row is "
    "thrown away.",
)
def kmeans_plus_plus(X, k, rng):
    centers = reference.kmeans_plus_plus(X, k, rng)
    rng.choice(len(X))
    return centers


@mistake(
    "kmeans_plus_plus",
    "one-center-fewer",
    "The first row is a center too: k − 1 more are to be drawn after it.",
)
def kmeans_plus_plus(X, k, rng):
    return reference.kmeans_plus_plus(X, max(k - 1, 1), rng)


@mistake(
    "kmeans_plus_plus",
    "overwrites-input",
    "The caller's X has changed: an operator with = writes into the array itself.",
)
def kmeans_plus_plus(X, k, rng):
    centers = reference.kmeans_plus_plus(X, k, rng)
    X -= centers[-1]
    return centers


# -------------------------------------------------------------------------------------- kmeans


def manhattan(X, centers):
    return np.abs(X[:, None] - centers).sum(axis=-1)


def lloyd(X, centers, steps, far=squared_distances, middle=np.mean, empty=None):
    """The reference, with another distance, another middle or another rule for empty clusters."""
    centers = centers.copy()
    for _ in range(steps):
        labels = far(X, centers).argmin(axis=1)
        moved = centers.copy()
        for j in range(len(centers)):
            if (labels == j).any():
                moved[j] = middle(X[labels == j], axis=0)
            elif empty is not None:
                moved[j] = empty(X, centers, labels)
        centers = moved
    nearest = far(X, centers)
    return centers, nearest.argmin(axis=1), float(nearest.min(axis=1).sum())


@mistake(
    "kmeans",
    "manhattan",
    "Nearest is meant by the Euclidean distance: squares of differences, not absolute values.",
)
def kmeans(X, centers, steps):
    return lloyd(X, centers, steps, far=manhattan)


@mistake(
    "kmeans",
    "median",
    "A center moves to the mean of its rows; the median minimizes another distance.",
)
def kmeans(X, centers, steps):
    return lloyd(X, centers, steps, middle=np.median)


@mistake(
    "kmeans",
    "empty-is-nan",
    "The mean of no rows is nan: a center that nobody is nearest to must stay where it is.",
)
def kmeans(X, centers, steps):
    return lloyd(X, centers, steps, empty=lambda X, centers, labels: np.nan)


@mistake(
    "kmeans",
    "empty-is-zero",
    "A center without rows stays where it is; a sum of no rows puts it at the origin.",
)
def kmeans(X, centers, steps):
    return lloyd(X, centers, steps, empty=lambda X, centers, labels: 0.0)


@mistake(
    "kmeans",
    "empty-takes-farthest",
    "A center without rows stays where it is here; moving it to the farthest row is another "
    "library's rule.",
)
def kmeans(X, centers, steps):
    def farthest(X, centers, labels):
        return X[squared_distances(X, centers).min(axis=1).argmax()]

    return lloyd(X, centers, steps, empty=farthest)


@mistake(
    "kmeans",
    "empty-is-dropped",
    "A center without rows stays in the answer: there are k centers before and after.",
)
def kmeans(X, centers, steps):
    centers = centers.copy()
    for _ in range(steps):
        labels = squared_distances(X, centers).argmin(axis=1)
        centers = np.array([X[labels == j].mean(axis=0) for j in np.unique(labels)])
    return reference.kmeans(X, centers, 0)


@mistake(
    "kmeans",
    "stale-labels",
    "Labels and inertia are those of the centers that you return, and these have moved since.",
)
def kmeans(X, centers, steps):
    moved, _, _ = reference.kmeans(X, centers, steps)
    before, labels, _ = reference.kmeans(X, centers, max(steps - 1, 0))
    return moved, labels, float(((X - before[labels]) ** 2).sum())


@mistake(
    "kmeans",
    "stale-labels-new-inertia",
    "The labels were found before the last move: find them once more for the centers you return.",
)
def kmeans(X, centers, steps):
    moved, _, _ = reference.kmeans(X, centers, steps)
    _, labels, _ = reference.kmeans(X, centers, max(steps - 1, 0))
    return moved, labels, float(((X - moved[labels]) ** 2).sum())


@mistake("kmeans", "mean-inertia", "The inertia is a sum over the rows, not a mean.")
def kmeans(X, centers, steps):
    centers, labels, inertia = reference.kmeans(X, centers, steps)
    return centers, labels, inertia / len(X)


@mistake(
    "kmeans",
    "distances-not-squared",
    "The inertia adds up squared distances; the root is not taken.",
)
def kmeans(X, centers, steps):
    centers, labels, _ = reference.kmeans(X, centers, steps)
    return centers, labels, float(np.linalg.norm(X - centers[labels], axis=1).sum())


@mistake(
    "kmeans",
    "one-step-more",
    "After the last step the labels are found once more, but the centers do not move again.",
)
def kmeans(X, centers, steps):
    return reference.kmeans(X, centers, steps + 1)


@mistake(
    "kmeans",
    "at-least-one-step",
    "With steps = 0 the centers stay: only labels and inertia are to be found.",
)
def kmeans(X, centers, steps):
    return reference.kmeans(X, centers, max(steps, 1))


@mistake(
    "kmeans",
    "ties-to-the-last",
    "Where two centers are as near, the first of them has the row; yours gives it to the last.",
)
def kmeans(X, centers, steps):
    moved, labels, inertia = reference.kmeans(X, centers[::-1], steps)
    return moved[::-1], len(centers) - 1 - labels, inertia


@mistake(
    "kmeans",
    "labels-one-by-one",
    "All rows find their centers before any center moves; moving after each row is another method.",
)
def kmeans(X, centers, steps):
    centers, counts = centers.copy(), np.zeros(len(centers))
    for _ in range(steps):
        for x in X:
            j = squared_distances(x[None], centers).argmin()
            counts[j] += 1
            centers[j] += (x - centers[j]) / counts[j]
    return reference.kmeans(X, centers, 0)


@mistake(
    "kmeans",
    "labels-as-floats",
    "Labels are integers: an array made by np.zeros holds floats unless you say otherwise.",
)
def kmeans(X, centers, steps):
    centers, labels, inertia = reference.kmeans(X, centers, steps)
    return centers, labels.astype(float), inertia


@mistake(
    "kmeans",
    "centers-changed",
    "The caller's centers have moved: assigning to centers[j] writes into the array passed in.",
)
def kmeans(X, centers, steps):
    answer = reference.kmeans(X, centers, steps)
    centers[...] = answer[0]
    return answer


# ---------------------------------------------------------------------------------- silhouette


def silhouettes(far, labels, own=None, other=min, score=None, alone=0.0):
    """The reference, with another own distance, choice of the other cluster, score or 0."""
    answer = np.zeros(len(labels))
    for i, label in enumerate(labels):
        mine = labels == label
        means = [far[i, labels == name].mean() for name in np.unique(labels) if name != label]
        if mine.sum() == 1:
            answer[i] = alone
            continue
        a = own(far[i, mine]) if own else far[i, mine].sum() / (mine.sum() - 1)
        b = other(means)
        if max(a, b) > 0:
            answer[i] = score(a, b) if score else (b - a) / max(a, b)
    return answer


@mistake(
    "silhouette",
    "own-row-counted",
    "A row is not one of the *other* rows of its cluster: its distance 0 to itself must not count.",
)
def silhouette(X, labels):
    return silhouettes(distances(X), labels, own=np.mean)


@mistake("silhouette", "squared", "The distances are averaged as they are, not their squares.")
def silhouette(X, labels):
    return silhouettes(distances(X) ** 2, labels)


@mistake(
    "silhouette",
    "farthest-cluster",
    "b belongs to the nearest of the other clusters, the one the row would move to.",
)
def silhouette(X, labels):
    return silhouettes(distances(X), labels, other=max)


@mistake(
    "silhouette",
    "mean-over-clusters",
    "b is the smallest of the means over the other clusters, not the mean of these means.",
)
def silhouette(X, labels):
    return silhouettes(distances(X), labels, other=lambda means: sum(means) / len(means))


@mistake(
    "silhouette",
    "all-others-together",
    "Every other cluster has a mean distance of its own; do not throw their rows together.",
)
def silhouette(X, labels):
    far, answer = distances(X), np.zeros(len(X))
    for i, label in enumerate(labels):
        mine = labels == label
        a, b = far[i, mine].sum() / max(mine.sum() - 1, 1), far[i, ~mine].mean()
        if mine.sum() > 1 and max(a, b) > 0:
            answer[i] = (b - a) / max(a, b)
    return answer


@mistake(
    "silhouette",
    "nearest-row",
    "b is a mean over a whole cluster, not the distance to its nearest row.",
)
def silhouette(X, labels):
    far, answer = distances(X), np.zeros(len(X))
    for i, label in enumerate(labels):
        mine = labels == label
        a, b = far[i, mine].sum() / max(mine.sum() - 1, 1), far[i, ~mine].min()
        if mine.sum() > 1 and max(a, b) > 0:
            answer[i] = (b - a) / max(a, b)
    return answer


@mistake(
    "silhouette",
    "distance-to-centers",
    "The silhouette needs the mean of the distances to the rows, not the distance to their mean.",
)
def silhouette(X, labels):
    names = np.unique(labels)
    centers = np.array([X[labels == name].mean(axis=0) for name in names])
    far, answer = np.sqrt(squared_distances(X, centers)), np.zeros(len(X))
    for i, label in enumerate(labels):
        a, b = far[i, names == label][0], far[i, names != label].min()
        if (labels == label).sum() > 1 and max(a, b) > 0:
            answer[i] = (b - a) / max(a, b)
    return answer


@mistake(
    "silhouette",
    "single-is-one",
    "A row that is alone in its cluster gets 0 by definition; with a = 0 the formula says 1.",
)
def silhouette(X, labels):
    return silhouettes(distances(X), labels, alone=1.0)


@mistake(
    "silhouette",
    "single-is-nan",
    "A row that is alone has no other rows, and 0 / 0 is nan: it gets 0 by definition.",
)
def silhouette(X, labels):
    return silhouettes(distances(X), labels, alone=np.nan)


@mistake(
    "silhouette",
    "equal-rows-are-nan",
    "Where all distances are 0, so are a and b, and 0 / 0 is nan: such a row gets 0.",
)
def silhouette(X, labels):
    answer = reference.silhouette(X, labels)
    return np.where((X == X[:1]).all(), np.nan, answer)  # noqa: SIM300


@mistake(
    "silhouette",
    "equal-rows-are-alone",
    "a = 0 also happens where the rows of a cluster are equal, and they fit perfectly: count rows "
    "to see whether one is alone.",
)
def silhouette(X, labels):
    far, answer = distances(X), reference.silhouette(X, labels)
    own = [far[i, labels == label].sum() for i, label in enumerate(labels)]
    return np.where(np.array(own) == 0, 0.0, answer)


@mistake("silhouette", "divided-by-b", "Divide by the larger of a and b, not always by b.")
def silhouette(X, labels):
    return silhouettes(distances(X), labels, score=lambda a, b: (b - a) / b if b else 0.0)


@mistake("silhouette", "divided-by-sum", "Divide by the larger of a and b, not by their sum.")
def silhouette(X, labels):
    return silhouettes(distances(X), labels, score=lambda a, b: (b - a) / (a + b))


@mistake(
    "silhouette",
    "labels-from-zero",
    "Labels may be any integers, also negative ones: ask np.unique which there are.",
)
def silhouette(X, labels):
    answer, far = reference.silhouette(X, labels), distances(X)
    for i, label in enumerate(labels):
        mine = labels == label
        others = [c for c in range(max(labels.max() + 1, 0)) if c != label and c in labels]
        a = far[i, mine].sum() / max(mine.sum() - 1, 1)
        b = min((far[i, labels == other].mean() for other in others), default=0.0)
        if mine.sum() > 1 and max(a, b) > 0:
            answer[i] = (b - a) / max(a, b)
    return answer


@mistake("silhouette", "sign", "Well inside its cluster means a < b, and must be positive.")
def silhouette(X, labels):
    return silhouettes(distances(X), labels, score=lambda a, b: (a - b) / max(a, b))


@mistake(
    "silhouette",
    "mean-of-all",
    "One number for each row is asked for; the mean over all rows is the next step.",
)
def silhouette(X, labels):
    return float(reference.silhouette(X, labels).mean())


@mistake(
    "silhouette",
    "labels-renumbered-in-place",
    "The caller's labels have changed: number the clusters in an array of your own.",
)
def silhouette(X, labels):
    answer = reference.silhouette(X, labels)
    labels[...] = np.unique(labels, return_inverse=True)[1]
    return answer


# --------------------------------------------------------------------------------- agglomerate


def merged(X, linkage, between=None, better=None):
    """The reference, with another distance of clusters or another order among tied pairs."""
    if linkage not in ("single", "complete", "average"):
        raise ValueError(linkage)
    clusters, rows = {i: [i] for i in range(len(X))}, []
    while len(clusters) > 1:
        pairs = [
            ((between or block)(X, clusters[i], clusters[j], linkage), i, j)
            for i, j in itertools.combinations(sorted(clusters), 2)
        ]
        d, i, j = min(pairs, key=better)
        union = clusters.pop(i) + clusters.pop(j)
        clusters[len(X) + len(rows)] = union
        rows.append((i, j, d, len(union)))
    return np.array(rows, dtype=float)


def block(X, one, two, linkage):
    far = np.sqrt(squared_distances(X[one], X[two]))
    return {"single": np.min, "complete": np.max, "average": np.mean}[linkage](far)


@mistake(
    "agglomerate",
    "single-and-complete-swapped",
    "Single linkage takes the nearest pair of two clusters, complete linkage the farthest.",
)
def agglomerate(X, linkage):
    other = {"single": "complete", "complete": "single"}
    return reference.agglomerate(X, other.get(linkage, linkage))


@mistake(
    "agglomerate",
    "weighted-average",
    "The average is over all pairs of rows: a large cluster's distance weighs more than a small "
    "one's when the two are merged.",
)
def agglomerate(X, linkage):
    if linkage != "average":
        return reference.agglomerate(X, linkage)
    far = {(i, j): d for (i, j), d in np.ndenumerate(distances(X)) if i != j}
    size, rows = {i: 1 for i in range(len(X))}, []
    while len(size) > 1:
        i, j = min(itertools.combinations(sorted(size), 2), key=lambda pair: far[pair])
        new = len(X) + len(rows)
        rows.append((i, j, far[i, j], size.pop(i) + size.pop(j)))
        for other in size:
            far[other, new] = far[new, other] = (far[other, i] + far[other, j]) / 2
        size[new] = rows[-1][3]
    return np.array(rows, dtype=float)


@mistake(
    "agglomerate",
    "distance-of-centroids",
    "Average linkage is the mean distance between rows, not the distance between mean rows.",
)
def agglomerate(X, linkage):
    def between(X, one, two, linkage):
        if linkage == "average":
            return np.linalg.norm(X[one].mean(axis=0) - X[two].mean(axis=0))
        return block(X, one, two, linkage)

    return merged(X, linkage, between)


@mistake(
    "agglomerate",
    "average-of-extremes",
    "The average is over all pairs of rows, not over the nearest and the farthest pair.",
)
def agglomerate(X, linkage):
    def between(X, one, two, linkage):
        if linkage == "average":
            return (block(X, one, two, "single") + block(X, one, two, "complete")) / 2
        return block(X, one, two, linkage)

    return merged(X, linkage, between)


@mistake(
    "agglomerate",
    "squared",
    "Distances are Euclidean, with the square root: an average of squares merges in another order.",
)
def agglomerate(X, linkage):
    def between(X, one, two, linkage):
        far = squared_distances(X[one], X[two])
        return {"single": np.min, "complete": np.max, "average": np.mean}[linkage](far)

    return merged(X, linkage, between)


@mistake(
    "agglomerate",
    "manhattan",
    "Distances are Euclidean: the root of the summed squares, not the sum of absolute differences.",
)
def agglomerate(X, linkage):
    def between(X, one, two, linkage):
        far = np.abs(X[one][:, None] - X[two]).sum(axis=-1)
        return {"single": np.min, "complete": np.max, "average": np.mean}[linkage](far)

    return merged(X, linkage, between)


def renumbered(rows, number):
    """The same merges with other numbers: `number(t, i, j)` is the number of merge t."""
    names = {float(i): float(i) for i in range(len(rows) + 1)}
    answer = []
    for t, (i, j, d, size) in enumerate(rows):
        one, two = sorted((names[i], names[j]))
        names[float(len(rows) + 1 + t)] = float(number(t, one, two))
        answer.append((one, two, d, size))
    return np.array(answer)


@mistake(
    "agglomerate",
    "keeps-smaller-number",
    "A merged cluster gets a new number, n + t for merge t; it does not keep one of the old ones.",
)
def agglomerate(X, linkage):
    return renumbered(reference.agglomerate(X, linkage), lambda t, i, j: i)


@mistake(
    "agglomerate",
    "positions-in-a-list",
    "A cluster's number stays the same while others end; its place in a list does not.",
)
def agglomerate(X, linkage):
    answer, places = reference.agglomerate(X, linkage), list(range(len(X)))
    for t, (one, two) in enumerate(answer[:, :2].astype(int)):
        first, second = sorted((places.index(one), places.index(two)))
        answer[t, :2] = first, second
        places[first] = len(X) + t
        del places[second]
    return answer


@mistake(
    "agglomerate",
    "numbers-from-n-plus-one",
    "Merges are counted from 0: the first of them makes cluster n, not n + 1.",
)
def agglomerate(X, linkage):
    return renumbered(reference.agglomerate(X, linkage), lambda t, i, j: len(X) + t + 1)


@mistake("agglomerate", "larger-first", "The smaller of the two numbers stands first in a row.")
def agglomerate(X, linkage):
    return reference.agglomerate(X, linkage)[:, [1, 0, 2, 3]]


@mistake(
    "agglomerate",
    "size-of-second",
    "The fourth column counts the rows of X in the new cluster: those of both that were merged.",
)
def agglomerate(X, linkage):
    answer = reference.agglomerate(X, linkage)
    sizes = np.append(np.ones(len(X)), answer[:, 3])
    answer[:, 3] = sizes[answer[:, 1].astype(int)]
    return answer


@mistake(
    "agglomerate",
    "no-size",
    "A row has four numbers; the last is how many rows of X are in the new cluster.",
)
def agglomerate(X, linkage):
    return reference.agglomerate(X, linkage)[:, :3]


@mistake(
    "agglomerate",
    "stops-at-two",
    "Merging goes on until one cluster is left: n rows make n − 1 merges.",
)
def agglomerate(X, linkage):
    return reference.agglomerate(X, linkage)[:-1]


@mistake(
    "agglomerate",
    "ties-to-the-last",
    "Of pairs that are as near, the smallest i, then the smallest j is merged: a later pair must "
    "be nearer, not as near.",
)
def agglomerate(X, linkage):
    return merged(X, linkage, better=lambda pair: (round(float(pair[0]), 9), -pair[1], -pair[2]))


@mistake(
    "agglomerate",
    "ties-by-second",
    "Of pairs that are as near, the smallest i decides first, and only then the smallest j.",
)
def agglomerate(X, linkage):
    return merged(X, linkage, better=lambda pair: (round(float(pair[0]), 9), pair[2], pair[1]))


@mistake(
    "agglomerate",
    "unknown-is-average",
    "Whatever is neither single nor complete nor average must raise a ValueError.",
)
def agglomerate(X, linkage):
    known = linkage in ("single", "complete")
    return reference.agglomerate(X, linkage if known else "average")


@mistake(
    "agglomerate",
    "overwrites-input",
    "The caller's X has changed: an operator with = writes into the array itself.",
)
def agglomerate(X, linkage):
    answer = reference.agglomerate(X, linkage)
    X -= X.mean(axis=0) + 1.0
    return answer


# ----------------------------------------------------------------------------------------- pca


def from_matrix(X, k, C):
    """The reference, for another matrix in the place of the covariance."""
    values, vectors = np.linalg.eigh(C)
    values, vectors = values[::-1], vectors[:, ::-1]
    return X.mean(axis=0), vectors[:, :k].T, values[:k], values[:k] / values.sum()


@mistake(
    "pca",
    "not-centred",
    "Variance is measured from the mean: subtract it from the rows before you decompose.",
)
def pca(X, k):
    return from_matrix(X, k, X.T @ X / (len(X) - 1))


@mistake("pca", "population", "The variances here divide by n − 1, not by n.")
def pca(X, k):
    mean, components, variance, ratio = reference.pca(X, k)
    return mean, components, variance * (len(X) - 1) / len(X), ratio


@mistake(
    "pca",
    "ratio-of-kept",
    "The ratio compares with the variance of all d directions, not of the k that are kept.",
)
def pca(X, k):
    mean, components, variance, _ = reference.pca(X, k)
    return mean, components, variance, variance / variance.sum()


@mistake(
    "pca",
    "singular-values",
    "Singular values are no variances: square them, and divide by n − 1.",
)
def pca(X, k):
    mean = X.mean(axis=0)
    _, s, Vt = np.linalg.svd(X - mean, full_matrices=False)
    return mean, Vt[:k], s[:k], s[:k] / s.sum()


@mistake("pca", "standard-deviations", "Variances are asked for, not their square roots.")
def pca(X, k):
    mean, components, variance, ratio = reference.pca(X, k)
    return mean, components, np.sqrt(variance), ratio


@mistake(
    "pca",
    "not-divided",
    "The squared singular values are sums over the rows; a variance divides them by n − 1.",
)
def pca(X, k):
    mean, components, variance, ratio = reference.pca(X, k)
    return mean, components, variance * (len(X) - 1), ratio


@mistake("pca", "columns", "The directions are the rows of components, which is (k, d).")
def pca(X, k):
    mean, components, variance, ratio = reference.pca(X, k)
    return mean, components.T, variance, ratio


@mistake(
    "pca",
    "smallest-first",
    "np.linalg.eigh sorts in ascending order; the largest variance must come first.",
)
def pca(X, k):
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(X, rowvar=False)))
    return X.mean(axis=0), vectors[:, :k].T, values[:k], values[:k] / values.sum()


@mistake(
    "pca",
    "largest-last",
    "These are the right k directions in the wrong order: the largest variance comes first.",
)
def pca(X, k):
    mean, components, variance, ratio = reference.pca(X, k)
    return mean, components[::-1], variance[::-1], ratio[::-1]


@mistake(
    "pca",
    "rows-of-eigenvectors",
    "np.linalg.eigh gives eigenvectors as columns; rows of that matrix are something else.",
)
def pca(X, k):
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(X, rowvar=False)))
    values, vectors = values[::-1], vectors[:, ::-1]
    return X.mean(axis=0), vectors[:k], values[:k], values[:k] / values.sum()


@mistake(
    "pca",
    "standardized",
    "PCA centres the features; dividing them by their standard deviations changes the directions.",
)
def pca(X, k):
    Z = (X - X.mean(axis=0)) / X.std(axis=0, ddof=1)
    return from_matrix(X, k, Z.T @ Z / (len(X) - 1))


@mistake(
    "pca",
    "covariance-of-rows",
    "The covariance matrix is between features, (d, d); np.cov takes rows for features by default.",
)
def pca(X, k):
    return from_matrix(X, k, np.atleast_2d(np.cov(X)))


@mistake(
    "pca",
    "left-vectors",
    "np.linalg.svd returns U, s and Vᵀ: the directions of feature space are in the last.",
)
def pca(X, k):
    mean = X.mean(axis=0)
    U, s, _ = np.linalg.svd(X - mean, full_matrices=False)
    variance = s**2 / (len(X) - 1)
    return mean, U.T[:k], variance[:k], variance[:k] / variance.sum()


@mistake(
    "pca",
    "centred-by-rows",
    "The mean is taken over the rows, a number for each feature: axis 0, not axis 1.",
)
def pca(X, k):
    _, s, Vt = np.linalg.svd(X - X.mean(axis=1, keepdims=True), full_matrices=False)
    variance = s**2 / (len(X) - 1)
    return X.mean(axis=0), Vt[:k], variance[:k], variance[:k] / variance.sum()


@mistake(
    "pca",
    "centred-in-place",
    "The caller's X has changed: X -= … writes into the array itself.",
)
def pca(X, k):
    answer = reference.pca(X, k)
    X -= X.mean(axis=0)
    return answer


# ------------------------------------------------------------------------------ isolation_tree


def varying(node, X):
    return np.flatnonzero(node.min(axis=0) < node.max(axis=0))


def uniform(column, rng, whole):
    return float(rng.uniform(column.min(), column.max()))


def grown(X, depth, rng, candidates=varying, threshold=uniform, least=2, whole=None):
    """The reference, with other candidates, thresholds or leaves."""
    whole = X if whole is None else whole
    few = len(X) < least or not len(varying(X, whole))
    if depth <= 0 or few:
        return {"size": len(X)}
    able = candidates(X, whole)
    f = int(able[rng.integers(len(able))])
    t = threshold(X[:, f], rng, whole[:, f])
    below = X[:, f] < t
    further = {"candidates": candidates, "threshold": threshold, "least": least, "whole": whole}
    left = grown(X[below], depth - 1, rng, **further)
    right = grown(X[~below], depth - 1, rng, **further)
    return {"feature": f, "threshold": t, "left": left, "right": right}


@mistake(
    "isolation_tree",
    "constant-features-drawn",
    "Only features that vary among this node's rows are candidates: a cut through a constant one "
    "separates nobody.",
)
def isolation_tree(X, max_depth, rng):
    return grown(X, max_depth, rng, candidates=lambda node, whole: np.arange(node.shape[1]))


@mistake(
    "isolation_tree",
    "candidates-of-the-root",
    "Which features vary must be found in every node again: below, some have become constant.",
)
def isolation_tree(X, max_depth, rng):
    return grown(X, max_depth, rng, candidates=lambda node, whole: varying(whole, whole))


@mistake(
    "isolation_tree",
    "depth-ignored",
    "A node at depth max_depth is a leaf, however many rows it has.",
)
def isolation_tree(X, max_depth, rng):
    return grown(X, 12, rng)


@mistake(
    "isolation_tree",
    "one-level-more",
    "The root is at depth 0, so a tree with max_depth = 0 is a single leaf.",
)
def isolation_tree(X, max_depth, rng):
    return grown(X, max_depth + 1, rng)


@mistake(
    "isolation_tree",
    "one-level-fewer",
    "A path may have max_depth cuts: only a node *at* depth max_depth must be a leaf.",
)
def isolation_tree(X, max_depth, rng):
    return grown(X, max_depth - 1, rng)


@mistake(
    "isolation_tree",
    "midpoint",
    "The threshold is drawn between the least and the largest value, not put in the middle.",
)
def isolation_tree(X, max_depth, rng):
    def middle(column, rng, whole):
        return float((column.min() + column.max()) / 2)

    return grown(X, max_depth, rng, threshold=middle)


@mistake(
    "isolation_tree",
    "threshold-among-values",
    "The threshold is any number between low and high, not one of the values that occur.",
)
def isolation_tree(X, max_depth, rng):
    def value(column, rng, whole):
        return float(rng.choice(column))

    return grown(X, max_depth, rng, threshold=value)


@mistake(
    "isolation_tree",
    "range-of-the-root",
    "low and high are those of the rows in this node, not of all rows of X.",
)
def isolation_tree(X, max_depth, rng):
    def anywhere(column, rng, whole):
        return float(rng.uniform(whole.min(), whole.max()))

    return grown(X, max_depth, rng, threshold=anywhere)


@mistake(
    "isolation_tree",
    "normal-threshold",
    "The threshold is drawn by rng.uniform(low, high), every place as likely.",
)
def isolation_tree(X, max_depth, rng):
    def normal(column, rng, whole):
        return float(np.clip(rng.normal(column.mean(), column.std()), column.min(), column.max()))

    return grown(X, max_depth, rng, threshold=normal)


@mistake(
    "isolation_tree",
    "threshold-drawn-first",
    "The order of draws is part of the answer: first the feature, then the threshold.",
)
def isolation_tree(X, max_depth, rng):
    candidates = varying(X, X)
    if max_depth == 0 or not len(candidates):
        return {"size": len(X)}
    share = rng.random()
    f = int(candidates[rng.integers(len(candidates))])
    low, high = X[:, f].min(), X[:, f].max()
    t = float(low + (high - low) * share)
    below = X[:, f] < t
    sides = [
        isolation_tree_threshold_first(rows, max_depth - 1, rng) for rows in (X[below], X[~below])
    ]
    return {"feature": f, "threshold": t, "left": sides[0], "right": sides[1]}


isolation_tree_threshold_first = isolation_tree


@mistake(
    "isolation_tree",
    "right-first",
    "The whole left subtree is grown before the right one: its draws come first.",
)
def isolation_tree(X, max_depth, rng):
    candidates = varying(X, X)
    if max_depth == 0 or not len(candidates):
        return {"size": len(X)}
    f = int(candidates[rng.integers(len(candidates))])
    t = float(rng.uniform(X[:, f].min(), X[:, f].max()))
    below = X[:, f] < t
    right = isolation_tree_right_first(X[~below], max_depth - 1, rng)
    left = isolation_tree_right_first(X[below], max_depth - 1, rng)
    return {"feature": f, "threshold": t, "left": left, "right": right}


isolation_tree_right_first = isolation_tree


@mistake(
    "isolation_tree",
    "level-by-level",
    "The left subtree is grown to its end before the right one begins, not level by level.",
)
def isolation_tree(X, max_depth, rng):
    root, waiting = {}, []
    waiting.append((root, X, 0))
    while waiting:
        node, rows, depth = waiting.pop(0)
        candidates = varying(rows, X)
        if depth == max_depth or not len(candidates):
            node["size"] = len(rows)
            continue
        f = int(candidates[rng.integers(len(candidates))])
        t = float(rng.uniform(rows[:, f].min(), rows[:, f].max()))
        left, right = {}, {}
        node.update(feature=f, threshold=t, left=left, right=right)
        below = rows[:, f] < t
        waiting += [(left, rows[below], depth + 1), (right, rows[~below], depth + 1)]
    return root


@mistake(
    "isolation_tree",
    "sides-swapped",
    "Rows below the threshold go left, the others right.",
)
def isolation_tree(X, max_depth, rng):
    candidates = varying(X, X)
    if max_depth == 0 or not len(candidates):
        return {"size": len(X)}
    f = int(candidates[rng.integers(len(candidates))])
    t = float(rng.uniform(X[:, f].min(), X[:, f].max()))
    below = X[:, f] < t
    left = isolation_tree_swapped(X[~below], max_depth - 1, rng)
    right = isolation_tree_swapped(X[below], max_depth - 1, rng)
    return {"feature": f, "threshold": t, "left": left, "right": right}


isolation_tree_swapped = isolation_tree


@mistake(
    "isolation_tree",
    "stops-at-two",
    "Two different rows can still be separated: only fewer than two rows are a leaf.",
)
def isolation_tree(X, max_depth, rng):
    return grown(X, max_depth, rng, least=3)


@mistake(
    "isolation_tree",
    "own-generator",
    "Every draw comes from the rng that was passed in, and goes on where the last one ended.",
)
def isolation_tree(X, max_depth, rng):
    return reference.isolation_tree(X, max_depth, np.random.default_rng(0))


@mistake(
    "isolation_tree",
    "leaf-draws",
    "A leaf draws nothing: decide whether the node is one before you draw.",
)
def isolation_tree(X, max_depth, rng):
    candidates = varying(X, X)
    drawn = rng.integers(max(len(candidates), 1)), rng.random()
    if max_depth == 0 or not len(candidates):
        return {"size": len(X)}
    f = int(candidates[drawn[0]])
    low, high = X[:, f].min(), X[:, f].max()
    t = float(low + (high - low) * drawn[1])
    below = X[:, f] < t
    left = isolation_tree_leaf_draws(X[below], max_depth - 1, rng)
    right = isolation_tree_leaf_draws(X[~below], max_depth - 1, rng)
    return {"feature": f, "threshold": t, "left": left, "right": right}


isolation_tree_leaf_draws = isolation_tree


@mistake(
    "isolation_tree",
    "one-draw-too-many",
    "The tree is right, but one more number is drawn than the statement names.",
)
def isolation_tree(X, max_depth, rng):
    tree = reference.isolation_tree(X, max_depth, rng)
    rng.random()
    return tree


@mistake(
    "isolation_tree",
    "feature-as-float",
    "A feature is the number of a column, an int: a float cannot pick one.",
)
def isolation_tree(X, max_depth, rng):
    tree = reference.isolation_tree(X, max_depth, rng)
    pending = [tree]
    while pending:
        node = pending.pop()
        if "feature" in node:
            node["feature"] = float(node["feature"])
            pending += [node["left"], node["right"]]
    return tree


@mistake(
    "isolation_tree",
    "rows-reordered",
    "The caller's X has changed: sort or partition a copy of the rows.",
)
def isolation_tree(X, max_depth, rng):
    tree = reference.isolation_tree(X, max_depth, rng)
    X.sort(axis=0)
    X += 1.0
    return tree


# ------------------------------------------------------------------------------ anomaly_scores

EULER = 0.5772156649015329


def c(n):
    if n <= 2:
        return float(n == 2)
    return 2 * (np.log(n - 1) + EULER) - 2 * (n - 1) / n


def path(x, node, c, edge=1.0, right_if_equal=True):
    edges = 0.0
    while "size" not in node:
        value, t = x[node["feature"]], node["threshold"]
        left = value < t if right_if_equal else value <= t
        node = node["left" if left else "right"]
        edges += edge
    return edges + c(node["size"])


def lengths(X, trees, c=c, **how):
    return np.array([[path(x, tree, c, **how) for tree in trees] for x in X])


def scores(X, trees, sample_size, c=c, **how):
    """The reference, with another c(n) or another way down."""
    return 2.0 ** (-lengths(X, trees, c, **how).mean(axis=1) / c(sample_size))


@mistake(
    "anomaly_scores",
    "leaf-size-ignored",
    "A leaf that holds several rows stands for cuts that were not made: c(size) is added for them.",
)
def anomaly_scores(X, trees, sample_size):
    edges = lengths(X, trees, lambda n: 0.0)
    return 2.0 ** (-edges.mean(axis=1) / c(sample_size))


@mistake(
    "anomaly_scores",
    "two-by-formula",
    "c(2) is 1 by definition; the formula for larger n gives 0.15 there.",
)
def anomaly_scores(X, trees, sample_size):
    def without(n):
        return c(n) if n != 2 else 2 * EULER - 1

    return scores(X, trees, sample_size, without)


@mistake(
    "anomaly_scores",
    "single-leaf-one",
    "A leaf with a single row has isolated it: c(1) is 0, nothing is added.",
)
def anomaly_scores(X, trees, sample_size):
    return scores(X, trees, sample_size, lambda n: c(n) if n > 1 else 1.0)


@mistake(
    "anomaly_scores",
    "log-of-n",
    "The harmonic number in c(n) is that of n − 1: the logarithm is of n − 1, not of n.",
)
def anomaly_scores(X, trees, sample_size):
    def shifted(n):
        return c(n) if n <= 2 else 2 * (np.log(n) + EULER) - 2 * (n - 1) / n

    return scores(X, trees, sample_size, shifted)


@mistake(
    "anomaly_scores",
    "exact-harmonic",
    "The statement's c(n) uses log(n − 1) + γ for the harmonic number, not the exact sum.",
)
def anomaly_scores(X, trees, sample_size):
    def exact(n):
        return c(n) if n <= 2 else 2 * (1 / np.arange(1, n)).sum() - 2 * (n - 1) / n

    return scores(X, trees, sample_size, exact)


@mistake(
    "anomaly_scores",
    "log-two",
    "The logarithm in c(n) is the natural one; base 2 belongs to the score alone.",
)
def anomaly_scores(X, trees, sample_size):
    def binary(n):
        return c(n) if n <= 2 else 2 * (np.log2(n - 1) + EULER) - 2 * (n - 1) / n

    return scores(X, trees, sample_size, binary)


@mistake(
    "anomaly_scores",
    "no-correction",
    "c(n) has a second term: 2(n − 1)/n is subtracted.",
)
def anomaly_scores(X, trees, sample_size):
    def halved(n):
        return c(n) if n <= 2 else 2 * (np.log(n - 1) + EULER)

    return scores(X, trees, sample_size, halved)


@mistake(
    "anomaly_scores",
    "mean-of-scores",
    "First the mean of the path lengths over the trees, then one power: not a mean of powers.",
)
def anomaly_scores(X, trees, sample_size):
    return (2.0 ** (-lengths(X, trees) / c(sample_size))).mean(axis=1)


@mistake("anomaly_scores", "summed", "The path lengths of the trees are averaged, not added up.")
def anomaly_scores(X, trees, sample_size):
    return 2.0 ** (-lengths(X, trees).sum(axis=1) / c(sample_size))


@mistake("anomaly_scores", "base-e", "The score is a power of 2, not of e.")
def anomaly_scores(X, trees, sample_size):
    return np.exp(-lengths(X, trees).mean(axis=1) / c(sample_size))


@mistake(
    "anomaly_scores",
    "sign",
    "Short paths are anomalies: the exponent carries a minus, so that scores are at most 1.",
)
def anomaly_scores(X, trees, sample_size):
    return 2.0 ** (lengths(X, trees).mean(axis=1) / c(sample_size))


@mistake(
    "anomaly_scores",
    "negated",
    "A higher score is a stranger row; the sign is turned around only in scikit-learn's "
    "score_samples.",
)
def anomaly_scores(X, trees, sample_size):
    return -scores(X, trees, sample_size)


@mistake(
    "anomaly_scores",
    "path-lengths",
    "The mean path length is not the score yet: it is divided by c(sample_size) and made a power.",
)
def anomaly_scores(X, trees, sample_size):
    return lengths(X, trees).mean(axis=1)


@mistake(
    "anomaly_scores",
    "nodes-counted",
    "The path is counted in edges: a tree that is only a leaf has none.",
)
def anomaly_scores(X, trees, sample_size):
    return 2.0 ** (-(lengths(X, trees) + 1).mean(axis=1) / c(sample_size))


@mistake(
    "anomaly_scores",
    "threshold-goes-left",
    "Only rows *below* the threshold go left; one that lies on it goes right.",
)
def anomaly_scores(X, trees, sample_size):
    return scores(X, trees, sample_size, right_if_equal=False)


@mistake(
    "anomaly_scores",
    "first-tree-only",
    "All trees have a say: the mean goes over the whole forest.",
)
def anomaly_scores(X, trees, sample_size):
    return scores(X, trees[:1], sample_size)


@mistake(
    "anomaly_scores",
    "normalized-by-rows",
    "The trees were grown on sample_size rows, so c(sample_size) is the measure, whatever the "
    "number of rows scored.",
)
def anomaly_scores(X, trees, sample_size):
    return scores(X, trees, sample_size) ** (c(sample_size) / max(c(len(X)), 1.0))


@mistake(
    "anomaly_scores",
    "trees-changed",
    "The caller's trees have changed: keep what you find out about a leaf outside of it.",
)
def anomaly_scores(X, trees, sample_size):
    answer = scores(X, trees, sample_size)
    pending = list(trees)
    while pending:
        node = pending.pop()
        if "size" in node:
            node["path"] = c(node["size"])
        else:
            pending += [node["left"], node["right"]]
    return answer


# ------------------------------------------------------------------------------- pseudo_labels


@mistake(
    "pseudo_labels",
    "at-least",
    "Sure is strictly more than the threshold: a probability equal to it is not enough.",
)
def pseudo_labels(y, probabilities, threshold):
    sure = (y == -1) & (probabilities.max(axis=1) >= threshold)
    return np.where(sure, probabilities.argmax(axis=1), y)


@mistake(
    "pseudo_labels",
    "labelled-overwritten",
    "A row that has a label keeps it, whatever the model believes.",
)
def pseudo_labels(y, probabilities, threshold):
    return np.where(probabilities.max(axis=1) > threshold, probabilities.argmax(axis=1), y)


@mistake(
    "pseudo_labels",
    "no-threshold",
    "Only rows that the model is sure of get a class; the others stay without a label.",
)
def pseudo_labels(y, probabilities, threshold):
    return np.where(y == -1, probabilities.argmax(axis=1), y)


@mistake(
    "pseudo_labels",
    "unsure-zero",
    "A row that the model is not sure of stays −1; 0 is a class.",
)
def pseudo_labels(y, probabilities, threshold):
    answer = reference.pseudo_labels(y, probabilities, threshold)
    return np.where(answer == -1, 0, answer)


@mistake(
    "pseudo_labels",
    "zero-means-unlabelled",
    "−1 means that there is no label; 0 is a class like any other.",
)
def pseudo_labels(y, probabilities, threshold):
    sure = (y <= 0) & (probabilities.max(axis=1) > threshold)
    return np.where(sure, probabilities.argmax(axis=1), y)


@mistake(
    "pseudo_labels",
    "only-the-surest-row",
    "All rows above the threshold get a class, not only the surest of them.",
)
def pseudo_labels(y, probabilities, threshold):
    sure = np.where(y == -1, probabilities.max(axis=1), 0.0)
    answer = y.copy()
    i = sure.argmax()
    if sure[i] > threshold:
        answer[i] = probabilities[i].argmax()
    return answer


@mistake(
    "pseudo_labels",
    "second-class",
    "There may be any number of classes: compare the largest probability, not that of class 1.",
)
def pseudo_labels(y, probabilities, threshold):
    one = probabilities[:, min(1, probabilities.shape[1] - 1)]
    answer = np.where((y == -1) & (one > threshold), 1, y)
    return np.where((y == -1) & (1 - one > threshold), 0, answer)


@mistake(
    "pseudo_labels",
    "ties-to-the-last",
    "Of classes that are as probable the lowest is taken.",
)
def pseudo_labels(y, probabilities, threshold):
    last = probabilities.shape[1] - 1 - probabilities[:, ::-1].argmax(axis=1)
    sure = (y == -1) & (probabilities.max(axis=1) > threshold)
    return np.where(sure, last, y)


@mistake(
    "pseudo_labels",
    "labels-as-floats",
    "Labels are integers, and so must be the answer: a float array is no array of labels.",
)
def pseudo_labels(y, probabilities, threshold):
    return reference.pseudo_labels(y, probabilities, threshold).astype(float)


@mistake(
    "pseudo_labels",
    "in-place",
    "The caller's y has changed: write into a copy of it.",
)
def pseudo_labels(y, probabilities, threshold):
    y[...] = reference.pseudo_labels(y, probabilities, threshold)
    return y


# --------------------------------------------------------------------------- frequent_itemsets


def subsets(transactions):
    """How many transactions hold each set that is in one of them."""
    counts = Counter()
    for items in transactions:
        once = sorted(set(items))
        for size in range(1, len(once) + 1):
            counts.update(itertools.combinations(once, size))
    return counts


def listed(supports, min_support):
    found = [(items, share) for items, share in supports.items() if share >= min_support]
    return sorted(found, key=lambda pair: (len(pair[0]), pair[0]))


@mistake(
    "frequent_itemsets",
    "more-than",
    "A set whose support is exactly min_support is frequent.",
)
def frequent_itemsets(transactions, min_support):
    found = reference.frequent_itemsets(transactions, min_support)
    return [(items, share) for items, share in found if share > min_support]


@mistake("frequent_itemsets", "counts", "Support is a share of all transactions, not a count.")
def frequent_itemsets(transactions, min_support):
    found = reference.frequent_itemsets(transactions, min_support)
    return [(items, round(share * len(transactions))) for items, share in found]


@mistake(
    "frequent_itemsets",
    "repeats-counted",
    "An item that stands twice in a transaction is held by one transaction still.",
)
def frequent_itemsets(transactions, min_support):
    counts, n = subsets(transactions), len(transactions)
    counts.update((item,) for items in transactions for item in items)
    counts.subtract((item,) for items in transactions for item in set(items))
    return listed({items: count / n for items, count in counts.items()}, min_support)


@mistake(
    "frequent_itemsets",
    "pairs-at-most",
    "Go on after the pairs: sets of three and more items can be frequent too.",
)
def frequent_itemsets(transactions, min_support):
    found = reference.frequent_itemsets(transactions, min_support)
    return [(items, share) for items, share in found if len(items) <= 2]


@mistake(
    "frequent_itemsets",
    "single-items-left-out",
    "Sets of one item are sets too, and belong into the list.",
)
def frequent_itemsets(transactions, min_support):
    found = reference.frequent_itemsets(transactions, min_support)
    return [(items, share) for items, share in found if len(items) >= 2]


@mistake(
    "frequent_itemsets",
    "any-item",
    "A transaction holds a set if *every* item of it is there; one of them is not enough.",
)
def frequent_itemsets(transactions, min_support):
    supports = {
        items: sum(bool(set(items) & set(basket)) for basket in transactions) / len(transactions)
        for items in subsets(transactions)
    }
    return listed(supports, min_support)


@mistake(
    "frequent_itemsets",
    "exact-baskets",
    "A transaction that holds more than the set holds the set as well.",
)
def frequent_itemsets(transactions, min_support):
    counts = Counter(tuple(sorted(set(items))) for items in transactions if items)
    return listed({s: count / len(transactions) for s, count in counts.items()}, min_support)


@mistake(
    "frequent_itemsets",
    "empty-transactions-dropped",
    "An empty transaction holds no set, but it is one of the transactions to divide by.",
)
def frequent_itemsets(transactions, min_support):
    filled = [items for items in transactions if items]
    return reference.frequent_itemsets(filled, min_support) if filled else []


@mistake(
    "frequent_itemsets",
    "by-support",
    "The list is ordered by size, then by itemset; the support does not matter for it.",
)
def frequent_itemsets(transactions, min_support):
    found = reference.frequent_itemsets(transactions, min_support)
    return sorted(found, key=lambda pair: -pair[1])


@mistake(
    "frequent_itemsets",
    "lexicographic",
    "Smaller sets come first: the size decides before the items do.",
)
def frequent_itemsets(transactions, min_support):
    return sorted(reference.frequent_itemsets(transactions, min_support))


@mistake(
    "frequent_itemsets",
    "numbers-sorted-as-text",
    "Items that are numbers are ordered as numbers: 2 comes before 10.",
)
def frequent_itemsets(transactions, min_support):
    found = reference.frequent_itemsets(transactions, min_support)
    as_text = [(tuple(sorted(items, key=str)), share) for items, share in found]
    return sorted(as_text, key=lambda pair: (len(pair[0]), list(map(str, pair[0]))))


@mistake(
    "frequent_itemsets",
    "neighbours-only",
    "Any two items may form a set, also with another item between them in the order.",
)
def frequent_itemsets(transactions, min_support):
    every = sorted({item for items in transactions for item in items})
    runs = {tuple(every[i:j]) for i in range(len(every)) for j in range(i + 1, len(every) + 1)}
    found = reference.frequent_itemsets(transactions, min_support)
    return [(items, share) for items, share in found if items in runs]


@mistake(
    "frequent_itemsets",
    "maximal-only",
    "Every frequent set is asked for, also those that are part of a larger one.",
)
def frequent_itemsets(transactions, min_support):
    found = reference.frequent_itemsets(transactions, min_support)
    every = [set(items) for items, _ in found]
    return [(s, share) for s, share in found if not any(set(s) < other for other in every)]


@mistake(
    "frequent_itemsets",
    "baskets-sorted-in-place",
    "The caller's transactions have changed: list.sort and list.remove work on the list itself.",
)
def frequent_itemsets(transactions, min_support):
    found = reference.frequent_itemsets(transactions, min_support)
    for items in transactions:
        items[:] = sorted(set(items))
    return found


# -------------------------------------------------------------------------------- rule_metrics


def share(transactions, items):
    return sum(set(items) <= set(basket) for basket in transactions) / len(transactions)


@mistake(
    "rule_metrics",
    "confidence-reversed",
    "Confidence is the share of C among the transactions with A: the antecedent's share is below.",
)
def rule_metrics(transactions, antecedent, consequent):
    support, _, lift = reference.rule_metrics(transactions, antecedent, consequent)
    return support, support / share(transactions, consequent), lift


@mistake(
    "rule_metrics",
    "support-of-antecedent",
    "The support of a rule is the share of transactions that hold both sides, not A alone.",
)
def rule_metrics(transactions, antecedent, consequent):
    _, confidence, lift = reference.rule_metrics(transactions, antecedent, consequent)
    return share(transactions, antecedent), confidence, lift


@mistake(
    "rule_metrics",
    "lift-is-confidence-over-antecedent",
    "Lift compares the confidence with how often C is there anyway: divide by P(C).",
)
def rule_metrics(transactions, antecedent, consequent):
    support, confidence, _ = reference.rule_metrics(transactions, antecedent, consequent)
    return support, confidence, confidence / share(transactions, antecedent)


@mistake(
    "rule_metrics",
    "lift-is-leverage",
    "Lift is a quotient, P(A ∪ C) over P(A)·P(C); their difference is called leverage.",
)
def rule_metrics(transactions, antecedent, consequent):
    support, confidence, _ = reference.rule_metrics(transactions, antecedent, consequent)
    chance = share(transactions, antecedent) * share(transactions, consequent)
    return support, confidence, support - chance


@mistake(
    "rule_metrics",
    "lift-of-counts",
    "The shares of A and C must be shares: with counts the number of transactions does not cancel.",
)
def rule_metrics(transactions, antecedent, consequent):
    support, confidence, lift = reference.rule_metrics(transactions, antecedent, consequent)
    return support, confidence, lift / len(transactions)


@mistake(
    "rule_metrics",
    "counts",
    "Support is a share of the transactions, not their number.",
)
def rule_metrics(transactions, antecedent, consequent):
    support, confidence, lift = reference.rule_metrics(transactions, antecedent, consequent)
    return support * len(transactions), confidence, lift


@mistake(
    "rule_metrics",
    "any-item",
    "A transaction holds A if *every* item of A is in it; one of them is not enough.",
)
def rule_metrics(transactions, antecedent, consequent):
    def held(items):
        return [bool(set(items) & set(basket)) for basket in transactions]

    a, c = np.array(held(antecedent)), np.array(held(consequent))
    both = (a & c).mean()
    return both, both / a.mean(), both / (a.mean() * c.mean())


@mistake(
    "rule_metrics",
    "union-is-either",
    "A ∪ C joins the items, so a transaction must hold *all* of both, not one side or the other.",
)
def rule_metrics(transactions, antecedent, consequent):
    a, c = share(transactions, antecedent), share(transactions, consequent)
    both = a + c - share(transactions, [*antecedent, *consequent])
    return both, both / a, both / (a * c)


@mistake(
    "rule_metrics",
    "first-items-only",
    "Both sides are lists: all of their items count, not only the first.",
)
def rule_metrics(transactions, antecedent, consequent):
    return reference.rule_metrics(transactions, antecedent[:1], consequent[:1])


@mistake(
    "rule_metrics",
    "order-changed",
    "The answer is support, confidence, lift, in this order.",
)
def rule_metrics(transactions, antecedent, consequent):
    support, confidence, lift = reference.rule_metrics(transactions, antecedent, consequent)
    return confidence, support, lift


@mistake(
    "rule_metrics",
    "empty-transactions-dropped",
    "A transaction that is empty is one of the transactions to divide by.",
)
def rule_metrics(transactions, antecedent, consequent):
    filled = [items for items in transactions if items]
    return reference.rule_metrics(filled, antecedent, consequent)


@mistake(
    "rule_metrics",
    "antecedent-extended",
    "The caller's antecedent has grown: extend and += change the list itself.",
)
def rule_metrics(transactions, antecedent, consequent):
    answer = reference.rule_metrics(transactions, antecedent, consequent)
    antecedent += consequent
    return answer
