"""Right answers in other styles."""

import itertools
import math
from collections import Counter

import numpy as np

from grader.bank import alternate


def squared_distances(A, B):
    """By ‖a‖² − 2·a·b + ‖b‖²; rounding can leave it a little below 0."""
    squares = (A * A).sum(1)[:, None] - 2 * A @ B.T + (B * B).sum(1)
    return np.maximum(squares, 0)


# ---------------------------------------------------------------------------- kmeans_plus_plus


@alternate("kmeans_plus_plus", "all distances to all centers, every time")
def kmeans_plus_plus(X, k, rng):
    chosen = [int(rng.integers(len(X)))]
    for _ in range(k - 1):
        differences = X[:, None, :] - X[chosen][None, :, :]
        nearest = np.einsum("nkd,nkd->nk", differences, differences).min(axis=1)
        chosen.append(rng.choice(np.arange(len(X)), p=nearest / np.sum(nearest)))
    return X[chosen]


@alternate("kmeans_plus_plus", "math.dist, row by row, into an array made beforehand")
def kmeans_plus_plus(X, k, rng):
    n, d = X.shape
    centers = np.empty((k, d))
    centers[0] = X[rng.integers(0, n)]
    for done in range(1, k):
        weights = np.array([min(math.dist(x, c) for c in centers[:done]) ** 2 for x in X])
        centers[done] = X[rng.choice(n, size=1, p=weights / weights.sum())[0]]
    return centers


# -------------------------------------------------------------------------------------- kmeans


@alternate("kmeans", "lists of lists, row by row")
def kmeans(X, centers, steps):
    middle = [list(map(float, center)) for center in centers]

    def nearest(x):
        return min(range(len(middle)), key=lambda j: sum((x - middle[j]) ** 2))

    for _ in range(steps):
        groups = [[] for _ in middle]
        for x in X:
            groups[nearest(x)].append(x)
        for j, rows in enumerate(groups):
            if rows:
                middle[j] = [float(sum(column)) / len(rows) for column in zip(*rows, strict=True)]
    labels = [nearest(x) for x in X]
    inertia = sum(((x - np.array(middle[j])) ** 2).sum() for x, j in zip(X, labels, strict=True))
    return [np.array(middle), np.array(labels), inertia]


@alternate("kmeans", "a matrix of memberships, np.linalg.norm")
def kmeans(X, centers, steps):
    def far(C):
        return np.linalg.norm(X[:, None] - C[None], axis=2)

    for _ in range(steps):
        member = np.eye(len(centers))[far(centers).argmin(1)]
        count = member.sum(0)[:, None]
        centers = np.where(count > 0, member.T @ X / np.maximum(count, 1), centers)
    labels = far(centers).argmin(1)
    return centers, labels, np.sum((X - centers[labels]) ** 2)


@alternate("kmeans", "recursion over the steps, as an expanded square")
def kmeans(X, centers, steps):
    labels = squared_distances(X, centers).argmin(axis=1)
    if steps == 0:
        return centers, labels, ((X - centers[labels]) ** 2).sum()
    moved = np.array([X[labels == j].mean(0) if j in labels else c for j, c in enumerate(centers)])
    return kmeans_by_recursion(X, moved, steps - 1)


kmeans_by_recursion = kmeans


# ---------------------------------------------------------------------------------- silhouette


@alternate("silhouette", "a matrix of memberships")
def silhouette(X, labels):
    _, position, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    far = np.linalg.norm(X[:, None] - X[None], axis=-1)
    member = np.eye(len(sizes))[position]
    totals = far @ member
    rows = np.arange(len(X))
    own = sizes[position]
    a = totals[rows, position] / np.maximum(own - 1, 1)
    means = totals / sizes
    means[rows, position] = np.inf
    b = means.min(axis=1)
    with np.errstate(invalid="ignore"):
        return np.nan_to_num((b - a) / np.maximum(a, b)) * (own > 1)


@alternate("silhouette", "row by row with math.dist, cases as in the paper")
def silhouette(X, labels):
    answer = []
    for i, label in enumerate(labels):
        rows = {}
        for j, other in enumerate(labels):
            if i != j:
                rows.setdefault(int(other), []).append(math.dist(X[i], X[j]))
        means = {other: sum(distances) / len(distances) for other, distances in rows.items()}
        a = means.pop(int(label), None)
        b = min(means.values())
        if a is None or a == b:
            answer.append(0.0)
        else:
            answer.append(1 - a / b if a < b else b / a - 1)
    return np.array(answer)


# --------------------------------------------------------------------------------- agglomerate


@alternate("agglomerate", "Lance and Williams: distances of clusters, updated")
def agglomerate(X, linkage):
    if linkage not in ("single", "complete", "average"):
        raise ValueError("no such linkage")
    n = X.shape[0]
    D = np.full((2 * n - 1, 2 * n - 1), np.inf)
    D[:n, :n] = np.linalg.norm(X[:, None, :] - X[None, :, :], axis=-1)
    D[np.tril_indices(2 * n - 1)] = np.inf
    size = np.ones(2 * n - 1)
    Z = np.zeros((n - 1, 4))
    for t in range(n - 1):
        i, j = np.unravel_index(D.argmin(), D.shape)
        new = n + t
        size[new] = size[i] + size[j]
        Z[t] = i, j, D[i, j], size[new]
        one, two = np.minimum(D[i], D[:, i]), np.minimum(D[j], D[:, j])
        if linkage == "single":
            column = np.minimum(one, two)
        elif linkage == "complete":
            column = np.maximum(one, two)
        else:
            column = (size[i] * one + size[j] * two) / size[new]
        D[:new, new] = column[:new]
        D[[i, j], :] = np.inf
        D[:, [i, j]] = np.inf
    return Z


@alternate("agglomerate", "loops over sets of rows, the first smaller distance wins")
def agglomerate(X, linkage):
    ways = {"single": min, "complete": max, "average": lambda far: sum(far) / len(far)}
    try:
        way = ways[linkage]
    except KeyError:
        raise ValueError(linkage) from None
    alive = [(number, frozenset([number])) for number in range(len(X))]
    merges = []
    while len(alive) > 1:
        best = None
        for (i, one), (j, two) in itertools.combinations(alive, 2):
            pairs = itertools.product(sorted(one), sorted(two))
            far = way([float(np.sqrt(((X[p] - X[q]) ** 2).sum())) for p, q in pairs])
            if best is None or far < best[2]:
                best = (i, j, far, one | two)
        i, j, far, union = best
        alive = [pair for pair in alive if pair[0] not in (i, j)]
        alive.append((len(X) + len(merges), union))
        merges.append([i, j, far, len(union)])
    return np.array(merges, dtype=float)


# ----------------------------------------------------------------------------------------- pca


@alternate("pca", "the eigenvectors of np.cov")
def pca(X, k):
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(X, rowvar=False)))
    order = np.argsort(values)[::-1]
    values, vectors = values[order], vectors[:, order]
    return X.mean(axis=0), vectors[:, :k].T, values[:k], values[:k] / values.sum()


@alternate("pca", "eig, which sorts nothing, and the trace")
def pca(X, k):
    mu = np.mean(X, axis=0)
    C = (X - mu).T @ (X - mu) / (X.shape[0] - 1)
    values, vectors = np.linalg.eig(C)
    values, vectors = values.real, vectors.real
    first = np.argsort(-values)[:k]
    return [mu, -vectors.T[first], values[first], values[first] / np.trace(C)]


@alternate("pca", "one direction after another, each taken out of the data")
def pca(X, k):
    mu = X.mean(0)
    rest = X - mu
    total = (rest**2).sum()
    components, variance = [], []
    for _ in range(k):
        _, _, Vt = np.linalg.svd(rest, full_matrices=True)
        v = Vt[0]
        along = rest @ v
        components.append(v)
        variance.append((along**2).sum() / (len(X) - 1))
        rest = rest - along[:, None] * v
    variance = np.array(variance)
    return mu, np.array(components), variance, variance * (len(X) - 1) / total


# ------------------------------------------------------------------------------ isolation_tree


@alternate("isolation_tree", "an inner function that carries the depth and row numbers")
def isolation_tree(X, max_depth, rng):
    def grow(rows, depth):
        node = X[rows]
        if depth == max_depth or len(rows) < 2 or len(np.unique(node, axis=0)) == 1:
            return dict(size=len(rows))
        candidates = [f for f in range(X.shape[1]) if len(set(node[:, f])) > 1]
        f = candidates[rng.integers(len(candidates))]
        t = rng.uniform(min(node[:, f]), max(node[:, f]))
        cut = {"threshold": t, "feature": f}
        cut["left"] = grow(rows[node[:, f] < t], depth + 1)
        cut["right"] = grow(rows[node[:, f] >= t], depth + 1)
        return cut

    return grow(np.arange(len(X)), 0)


@alternate("isolation_tree", "np.ptp and NumPy's own numbers, left on a stack above right")
def isolation_tree(X, max_depth, rng):
    root = {}
    stack = [(root, X, 0)]
    while stack:
        node, rows, depth = stack.pop()
        vary = np.nonzero(np.ptp(rows, axis=0))[0]
        if depth >= max_depth or not vary.size:
            node["size"] = np.int64(rows.shape[0])
            continue
        f = vary[rng.integers(0, vary.size)]
        column = rows[:, f]
        t = np.float64(rng.uniform(column.min(), column.max()))
        left, right = {}, {}
        node.update(feature=f, threshold=t, left=left, right=right)
        stack.append((right, rows[column >= t], depth + 1))
        stack.append((left, rows[column < t], depth + 1))
    return root


# ------------------------------------------------------------------------------ anomaly_scores


@alternate("anomaly_scores", "recursion, with exp and a power for each row")
def anomaly_scores(X, trees, sample_size):
    def c(n):
        if n > 2:
            return 2 * (math.log(n - 1) + 0.5772156649015329) - 2 * (n - 1) / n
        return 1.0 if n == 2 else 0.0

    def length(x, node, edges=0):
        if "left" not in node:
            return edges + c(node["size"])
        side = "left" if x[node["feature"]] < node["threshold"] else "right"
        return length(x, node[side], edges + 1)

    scores = []
    for x in X:
        mean = sum(length(x, tree) for tree in trees) / len(trees)
        scores.append(math.exp(-mean / c(sample_size) * math.log(2)))
    return np.array(scores)


@alternate("anomaly_scores", "all rows of a node together, by masks")
def anomaly_scores(X, trees, sample_size):
    def c(n):
        return {0: 0.0, 1: 0.0, 2: 1.0}.get(
            n, 2 * (np.log(max(n - 1, 1)) + np.euler_gamma) - 2 * (n - 1) / max(n, 1)
        )

    total = np.zeros(len(X))

    def walk(node, rows, edges):
        if "size" in node:
            total[rows] += edges + c(node["size"])
            return
        below = X[rows, node["feature"]] < node["threshold"]
        walk(node["left"], rows[below], edges + 1)
        walk(node["right"], rows[~below], edges + 1)

    for tree in trees:
        walk(tree, np.arange(len(X)), 0)
    return np.power(2, -total / len(trees) / c(sample_size))


# ------------------------------------------------------------------------------- pseudo_labels


@alternate("pseudo_labels", "a loop over the rows")
def pseudo_labels(y, probabilities, threshold):
    answer = []
    for label, row in zip(y.tolist(), probabilities.tolist(), strict=True):
        best = max(row)
        answer.append(row.index(best) if label == -1 and best > threshold else label)
    return np.array(answer)


@alternate("pseudo_labels", "a copy, and an assignment where it holds")
def pseudo_labels(y, probabilities, threshold):
    new = y.copy()
    rows = np.flatnonzero((y < 0) & np.any(probabilities > threshold, axis=1))
    new[rows] = np.argmax(probabilities[rows], axis=1)
    return new


# --------------------------------------------------------------------------- frequent_itemsets


@alternate("frequent_itemsets", "every subset of every transaction, counted")
def frequent_itemsets(transactions, min_support):
    counts = Counter()
    for transaction in transactions:
        items = sorted(set(transaction))
        for size in range(1, len(items) + 1):
            counts.update(itertools.combinations(items, size))
    n = len(transactions)
    found = [[itemset, count / n] for itemset, count in counts.items() if count >= min_support * n]
    return sorted(found, key=lambda pair: (len(pair[0]), pair[0]))


@alternate("frequent_itemsets", "apriori: join, prune, count")
def frequent_itemsets(transactions, min_support):
    baskets = list(map(frozenset, transactions))
    level = {frozenset([item]) for basket in baskets for item in basket}
    answer = []
    while level:
        shares = {s: sum(s <= basket for basket in baskets) / len(baskets) for s in level}
        kept = {s: share for s, share in shares.items() if share >= min_support}
        answer += sorted((tuple(sorted(s)), share) for s, share in kept.items())
        level = {a | b for a in kept for b in kept if len(a | b) == len(a) + 1}
        level = {s for s in level if all(s - {item} in kept for item in s)}
    return answer


@alternate("frequent_itemsets", "depth first, by the transactions that hold an item")
def frequent_itemsets(transactions, min_support):
    holders = {}
    for number, transaction in enumerate(transactions):
        for item in transaction:
            holders.setdefault(item, set()).add(number)
    found, n = [], len(transactions)

    def grow(itemset, rows, items):
        for place, item in enumerate(items):
            both = rows & holders[item]
            if len(both) / n >= min_support:
                found.append(((*itemset, item), len(both) / n))
                grow((*itemset, item), both, items[place + 1 :])

    grow((), set(range(n)), sorted(holders))
    found.sort(key=lambda pair: (len(pair[0]), pair[0]))
    return found


# -------------------------------------------------------------------------------- rule_metrics


@alternate("rule_metrics", "loops and counters")
def rule_metrics(transactions, antecedent, consequent):
    a = c = both = 0
    for transaction in transactions:
        has_a = all(item in transaction for item in antecedent)
        has_c = all(item in transaction for item in consequent)
        a, c, both = a + has_a, c + has_c, both + (has_a and has_c)
    n = len(transactions)
    return [both / n, both / a, n * both / (a * c)]


@alternate("rule_metrics", "an array of booleans")
def rule_metrics(transactions, antecedent, consequent):
    def holds(items):
        return np.array([set(items).issubset(transaction) for transaction in transactions])

    a, c = holds(antecedent), holds(consequent)
    confidence = c[a].mean()
    return (a & c).mean(), confidence, confidence / c.mean()
