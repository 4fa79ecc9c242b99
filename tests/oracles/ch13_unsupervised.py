"""The same answers by independent means: SciPy, scikit-learn, exact fractions, brute force."""

import itertools
from fractions import Fraction

import numpy as np
import scipy.cluster.hierarchy
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble._iforest import _average_path_length
from sklearn.metrics import silhouette_samples

from grader.bank import alternate


@alternate("kmeans_plus_plus", "scipy's distances, and the inverse of the distribution")
def kmeans_plus_plus(X, k, rng):
    """What `choice` does with p: one uniform number, looked up in the cumulated weights."""
    chosen = [rng.integers(len(X))]
    while len(chosen) < k:
        w = cdist(X, X[chosen], "sqeuclidean").min(axis=1)
        cumulated = np.cumsum(w / w.sum())
        chosen.append(np.searchsorted(cumulated / cumulated[-1], rng.random(), side="right"))
    return X[chosen]


@alternate("kmeans", "scikit-learn, a step at a time, where no cluster is empty")
def kmeans(X, centers, steps):
    for _ in range(steps):
        labels = cdist(X, centers, "sqeuclidean").argmin(axis=1)
        if len(set(labels)) == len(centers):
            model = KMeans(len(centers), init=centers, n_init=1, max_iter=1, algorithm="lloyd")
            model.fit(X)
            moved = model.cluster_centers_
            ties = (np.diff(np.sort(cdist(X, centers)), axis=1)[:, :1] == 0).any()
            if not ties:
                centers = moved
                continue
        kept = [X[labels == j] if (labels == j).any() else c[None] for j, c in enumerate(centers)]
        centers = np.stack([np.average(rows, axis=0) for rows in kept])
    far = cdist(X, centers, "sqeuclidean")
    return centers, far.argmin(axis=1), far.min(axis=1).sum()


@alternate("silhouette", "sklearn.metrics.silhouette_samples")
def silhouette(X, labels):
    n, distinct = len(X), len(set(labels.tolist()))
    if distinct == n:
        return np.zeros(n)  # scikit-learn wants fewer clusters than rows; the paper says 0
    return silhouette_samples(cdist(X, X), labels, metric="precomputed")


@alternate("agglomerate", "scipy.cluster.hierarchy.linkage, where no distances are tied")
def agglomerate(X, linkage):
    if linkage not in ("single", "complete", "average"):
        raise ValueError(linkage)
    far = cdist(X, X)
    distances = far[np.triu_indices(len(X), 1)]
    if linkage == "average" or len(set(distances.round(9))) == len(distances):
        return scipy.cluster.hierarchy.linkage(X, linkage)
    return by_definition(far, min if linkage == "single" else max)


def by_definition(far, extreme):
    """All pairs of living clusters, the nearest of them sorted by their numbers."""
    alive = {(i, (i,)) for i in range(len(far))}
    merges = []
    while len(alive) > 1:
        pairs = [
            (extreme(far[p, q] for p in one for q in two), i, j, one, two)
            for (i, one), (j, two) in itertools.permutations(alive, 2)
            if i < j
        ]
        distance, i, j, one, two = sorted(pairs)[0]
        alive -= {(i, one), (j, two)}
        alive.add((len(far) + len(merges), one + two))
        merges.append((float(i), float(j), distance, float(len(one + two))))
    return np.array(merges)


@alternate("pca", "sklearn.decomposition.PCA")
def pca(X, k):
    model = PCA(n_components=k, svd_solver="full").fit(X)
    return (
        model.mean_,
        model.components_,
        model.explained_variance_,
        model.explained_variance_ratio_,
    )


@alternate("isolation_tree", "a queue of paths: the draws are made in the order of sorted paths")
def isolation_tree(X, max_depth, rng):
    """Every node is where it lies: "" the root, "L" and "R" its children, "LL" comes before "R"."""
    waiting, nodes = {"": X}, {}
    while waiting:
        path = min(waiting)
        rows = waiting.pop(path)
        distinct = {tuple(row) for row in rows.tolist()}
        if len(path) == max_depth or len(distinct) < 2:
            nodes[path] = {"size": len(rows)}
            continue
        vary = [f for f, column in enumerate(zip(*distinct, strict=True)) if len(set(column)) > 1]
        f = vary[rng.integers(len(vary))]
        values = sorted(row[f] for row in distinct)
        t = values[0] + (values[-1] - values[0]) * rng.random()
        nodes[path] = {"feature": f, "threshold": t}
        waiting[path + "L"] = np.array([row for row in rows if row[f] < t])
        waiting[path + "R"] = np.array([row for row in rows if not row[f] < t])
    for path in sorted(nodes, key=len, reverse=True):
        if path:
            nodes[path[:-1]]["left" if path[-1] == "L" else "right"] = nodes[path]
    return nodes[""]


@alternate("anomaly_scores", "scikit-learn's c(n), and a box for every leaf")
def anomaly_scores(X, trees, sample_size):
    """A leaf is a box of half-open intervals; a row is in exactly one box of each tree."""

    def boxes(node, box, edges):
        if "size" in node:
            yield box, edges + _average_path_length(np.array([node["size"]]))[0]
            return
        f, t = node["feature"], node["threshold"]
        yield from boxes(node["left"], [*box, (f, -np.inf, t)], edges + 1)
        yield from boxes(node["right"], [*box, (f, t, np.inf)], edges + 1)

    lengths = np.zeros((len(trees), len(X)))
    for number, tree in enumerate(trees):
        for box, length in boxes(tree, [], 0):
            inside = np.ones(len(X), dtype=bool)
            for f, low, high in box:
                inside &= (low <= X[:, f]) & (X[:, f] < high)
            lengths[number, inside] = length
    return 2.0 ** (-lengths.mean(axis=0) / _average_path_length(np.array([sample_size]))[0])


@alternate("pseudo_labels", "a stable sort of each row")
def pseudo_labels(y, probabilities, threshold):
    first = np.argsort(-probabilities, axis=1, kind="stable")[:, 0]
    largest = np.take_along_axis(probabilities, first[:, None], axis=1)[:, 0]
    return np.select([y >= 0, largest > threshold], [y, first], default=-1)


@alternate("frequent_itemsets", "all subsets of all items, in exact fractions")
def frequent_itemsets(transactions, min_support):
    items = sorted(set(itertools.chain.from_iterable(transactions)))
    found = []
    for size in range(1, len(items) + 1):
        for itemset in itertools.combinations(items, size):
            held = [all(item in transaction for item in itemset) for transaction in transactions]
            if Fraction(sum(held), len(held)) >= Fraction(min_support):
                found.append((itemset, sum(held) / len(held)))
    return found


@alternate("rule_metrics", "a table of counts, in exact fractions")
def rule_metrics(transactions, antecedent, consequent):
    table = np.zeros((2, 2), dtype=int)
    for transaction in map(set, transactions):
        table[int(not set(antecedent) - transaction), int(not set(consequent) - transaction)] += 1
    n, both = int(table.sum()), int(table[1, 1])
    a, c = Fraction(int(table[1].sum()), n), Fraction(int(table[:, 1].sum()), n)
    support = Fraction(both, n)
    return float(support), float(support / a), float(support / (a * c))
