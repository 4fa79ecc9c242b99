"""What a learner might hand in.

kmeans_plus_plus: failed, distance-not-squared
kmeans: failed, stale-labels-new-inertia
silhouette: failed, own-row-counted
agglomerate: failed, positions-in-a-list
pca: failed, smallest-first
isolation_tree: failed, stops-at-two
anomaly_scores: failed, leaf-size-ignored
pseudo_labels: passed
frequent_itemsets: failed, pairs-at-most
rule_metrics: failed, confidence-reversed
"""

import numpy as np

def kmeans_plus_plus(X, k, rng):
    centers = [X[rng.integers(len(X))]]
    for _ in range(k - 1):
        dist = np.array([min(np.linalg.norm(x - c) for c in centers) for x in X])
        centers.append(X[rng.choice(len(X), p=dist / dist.sum())])
    return np.array(centers)

def kmeans(X, centers, steps):
    centers = centers.copy()
    labels = np.argmin(np.linalg.norm(X[:, None] - centers, axis=2), axis=1)
    for _ in range(steps):
        labels = np.argmin(np.linalg.norm(X[:, None] - centers, axis=2), axis=1)
        for j in range(len(centers)):
            if np.any(labels == j):
                centers[j] = X[labels == j].mean(axis=0)
    inertia = np.sum((X - centers[labels]) ** 2)
    return centers, labels, inertia

def silhouette(X, labels):
    scores = []
    for i in range(len(X)):
        d = np.linalg.norm(X - X[i], axis=1)
        if (labels == labels[i]).sum() == 1:
            scores.append(0.0)
            continue
        a = d[labels == labels[i]].mean()
        b = min(d[labels == c].mean() for c in set(labels) if c != labels[i])
        scores.append((b - a) / max(a, b) if max(a, b) > 0 else 0.0)
    return np.array(scores)

def agglomerate(X, linkage):
    clusters = [[i] for i in range(len(X))]
    Z = []
    while len(clusters) > 1:
        best = None
        for i in range(len(clusters)):
            for j in range(i + 1, len(clusters)):
                d = [np.linalg.norm(X[p] - X[q]) for p in clusters[i] for q in clusters[j]]
                d = {"single": min(d), "complete": max(d), "average": np.mean(d)}[linkage]
                if best is None or d < best[2]:
                    best = [i, j, d]
        i, j, d = best
        clusters[i] = clusters[i] + clusters[j]
        del clusters[j]
        Z.append([i, j, d, len(clusters[i])])
    return np.array(Z)

def pca(X, k):
    mean = X.mean(axis=0)
    values, vectors = np.linalg.eigh((X - mean).T @ (X - mean) / (len(X) - 1))
    return mean, vectors.T[:k], values[:k], values[:k] / values.sum()

def isolation_tree(X, max_depth, rng):
    n, d = X.shape
    candidates = [f for f in range(d) if X[:, f].min() < X[:, f].max()]
    if max_depth == 0 or n <= 2 or not candidates:
        return {"size": n}
    f = candidates[rng.integers(len(candidates))]
    t = rng.uniform(X[:, f].min(), X[:, f].max())
    left = isolation_tree(X[X[:, f] < t], max_depth - 1, rng)
    right = isolation_tree(X[X[:, f] >= t], max_depth - 1, rng)
    return {"feature": f, "threshold": t, "left": left, "right": right}

def anomaly_scores(X, trees, sample_size):
    def c(n):
        if n < 2:
            return 0
        if n == 2:
            return 1
        return 2 * (np.log(n - 1) + 0.5772156649015329) - 2 * (n - 1) / n
    def depth(x, node):
        if "size" in node:
            return 0
        side = "left" if x[node["feature"]] < node["threshold"] else "right"
        return 1 + depth(x, node[side])
    return np.array([2 ** (-np.mean([depth(x, t) for t in trees]) / c(sample_size)) for x in X])

def pseudo_labels(y, probabilities, threshold):
    new = y.copy()
    for i in range(len(y)):
        if y[i] == -1 and probabilities[i].max() > threshold:
            new[i] = probabilities[i].argmax()
    return new

def frequent_itemsets(transactions, min_support):
    found = []
    items = sorted({item for t in transactions for item in t})
    for item in items:
        s = sum(item in t for t in transactions) / len(transactions)
        if s >= min_support:
            found.append(((item,), s))
    for a in items:
        for b in items:
            if a < b:
                s = sum(a in t and b in t for t in transactions) / len(transactions)
                if s >= min_support:
                    found.append(((a, b), s))
    return found

def rule_metrics(transactions, antecedent, consequent):
    n = len(transactions)
    a = sum(set(antecedent) <= set(t) for t in transactions) / n
    c = sum(set(consequent) <= set(t) for t in transactions) / n
    both = sum(set(antecedent + consequent) <= set(t) for t in transactions) / n
    return both, both / c, both / (a * c)
