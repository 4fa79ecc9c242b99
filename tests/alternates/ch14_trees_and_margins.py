"""Right answers in other styles."""

import itertools
import math
from collections import Counter
from fractions import Fraction

import ch14_trees_and_margins as reference
import numpy as np

from grader.bank import alternate


def winner(labels):
    """The most frequent label, the smallest of tied ones."""
    counts = Counter(int(label) for label in labels)
    return min(counts, key=lambda label: (-counts[label], label))


@alternate("impurity", "counted in plain Python")
def impurity(y, criterion="gini"):
    shares = [count / len(y) for count in Counter(y.tolist()).values()]
    if criterion == "gini":
        return 1.0 - sum(p * p for p in shares)
    if criterion == "entropy":
        return sum(p * math.log2(1 / p) for p in shares)
    raise ValueError(criterion)


@alternate("impurity", "bincount, natural logarithms over log 2, a table of criteria")
def impurity(y, criterion="gini"):
    p = np.bincount(y) / y.size
    p = p[p > 0]
    table = {
        "gini": lambda: np.sum(p * (1 - p)),
        "entropy": lambda: -(p @ np.log(p)) / np.log(2),
    }
    if criterion not in table:
        raise ValueError(f"no criterion {criterion}")
    return table[criterion]()


@alternate("impurity", "over distinct labels, a 0-d array")
def impurity(y, criterion="gini"):
    if criterion not in {"gini", "entropy"}:
        raise ValueError
    p = np.array([np.mean(y == label) for label in set(y.tolist())])
    return np.asarray(1 - p @ p if criterion == "gini" else np.sum(-p * np.log2(p)))


@alternate("best_split", "all gains first, then the tie-break")
def best_split(X, y, criterion="gini"):
    found = []
    for j in range(X.shape[1]):
        values = sorted(set(X[:, j].tolist()))
        for low, high in itertools.pairwise(values):
            left, right = y[X[:, j] < high], y[X[:, j] > low]
            parts = (len(part) * reference.impurity(part, criterion) for part in (left, right))
            gain = reference.impurity(y, criterion) - math.fsum(parts) / len(y)
            found.append((j, 0.5 * low + 0.5 * high, gain))
    best = max((gain for *_, gain in found), default=0.0)
    if best <= 1e-9:
        return None
    return list(min(split for split in found if split[2] >= best - 1e-9))


@alternate("best_split", "running counts over the sorted column")
def best_split(X, y, criterion="gini"):
    _, codes = np.unique(y, return_inverse=True)
    one_hot = np.eye(codes.max() + 1)[codes]
    n, best = len(y), None

    def weighted(counts):
        size = counts.sum(axis=-1, keepdims=True)
        p = counts / size
        if criterion == "gini":
            return size[..., 0] * (1 - (p**2).sum(axis=-1))
        return -size[..., 0] * (p * np.log2(np.where(p > 0, p, 1))).sum(axis=-1)

    whole = weighted(one_hot.sum(axis=0))
    for j in range(X.shape[1]):
        order = np.argsort(X[:, j])
        column, counts = X[order, j], one_hot[order].cumsum(axis=0)
        gains = (whole - weighted(counts[:-1]) - weighted(counts[-1] - counts[:-1])) / n
        gains[column[1:] == column[:-1]] = -1
        if not len(gains) or gains.max() <= max(1e-9, best[2] + 1e-9 if best else 0):
            continue
        at = int(np.argmax(gains >= gains.max() - 1e-9))
        best = (np.int64(j), column[at] + (column[at + 1] - column[at]) / 2, gains[at])
    return best


@alternate("best_split", "exact fractions for gini")
def best_split(X, y, criterion="gini"):
    def score(part):
        if criterion == "gini":
            counts = Counter(part.tolist()).values()
            return 1 - sum(Fraction(count, len(part)) ** 2 for count in counts)
        return reference.impurity(part, criterion)

    best = (0.0, None, None)
    for j in reversed(range(X.shape[1])):
        values = np.unique(X[:, j])
        for t in reversed(np.convolve(values, [0.5, 0.5], mode="valid")):
            mask = X[:, j] <= t
            parts = sum(int(m.sum()) * score(y[m]) for m in (mask, ~mask))
            gain = float(score(y) - parts / len(y))
            if gain > 1e-9 and gain >= best[0] - 1e-9:
                best = (max(gain, best[0]), j, t)
    return None if best[1] is None else (best[1], best[2], best[0])


@alternate("build_tree", "a stack of work instead of recursion")
def build_tree(X, y, max_depth, criterion="gini"):
    root = {}
    work = [(root, np.arange(len(y)), max_depth)]
    while work:
        node, rows, depth = work.pop()
        split = reference.best_split(X[rows], y[rows], criterion) if depth else None
        if split is None:
            node["label"] = winner(y[rows])
            continue
        node["feature"], node["threshold"], _ = split
        node["left"], node["right"] = {}, {}
        goes_right = X[rows, split[0]] > split[1]
        work.append((node["right"], rows[goes_right], depth - 1))
        work.append((node["left"], rows[~goes_right], depth - 1))
    return root


@alternate("build_tree", "pure nodes first, bincount, NumPy numbers in the dict")
def build_tree(X, y, max_depth, criterion="gini"):
    leaf = {"label": np.bincount(y).argmax()}
    if max_depth == 0 or np.all(y == y[0]):
        return leaf
    split = reference.best_split(X, y, criterion)
    if split is None:
        return leaf
    feature, threshold = np.int64(split[0]), np.float64(split[1])
    below, above = np.flatnonzero(X[:, feature] <= threshold), X[:, feature] > threshold
    left = build_tree(X[below], y[below], max_depth - 1, criterion=criterion)
    right = build_tree(X[above], y[above], max_depth - 1, criterion=criterion)
    return dict(right=right, left=left, threshold=threshold, feature=feature)


@alternate("predict_tree", "recursion over sets of rows")
def predict_tree(tree, X):
    if "label" in tree:
        return np.full(len(X), tree["label"])
    out = np.empty(len(X), dtype=int)
    left = X[:, tree["feature"]] <= tree["threshold"]
    out[left] = predict_tree(tree["left"], X[left])
    out[~left] = predict_tree(tree["right"], X[~left])
    return out


@alternate("predict_tree", "np.where of both sides")
def predict_tree(tree, X):
    if len(tree) == 1:
        return tree["label"] * np.ones(X.shape[0], dtype=np.int64)
    left, right = predict_tree(tree["left"], X), predict_tree(tree["right"], X)
    return np.where(X[:, tree["feature"]] > tree["threshold"], right, left)


@alternate("predict_tree", "row by row, recursion")
def predict_tree(tree, X):
    def walk(node, x):
        if list(node) == ["label"]:
            return node["label"]
        goes_right = x[node["feature"]] > node["threshold"]
        return walk(node["right" if goes_right else "left"], x)

    return np.array([walk(tree, x) for x in X])


@alternate("bagging_predict", "all rows drawn at once, votes in counters")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    n = len(y_train)
    drawn = rng.integers(n, size=(num_trees, n))
    trees = [reference.build_tree(X_train[rows], y_train[rows], max_depth) for rows in drawn]
    votes = np.stack([reference.predict_tree(tree, X) for tree in trees], axis=1)
    return np.array([winner(row) for row in votes])


@alternate("bagging_predict", "tree by tree, bincount")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    counts = np.zeros((len(X), y_train.max() + 1), dtype=int)
    for _ in range(num_trees):
        rows = rng.integers(0, len(X_train), len(X_train))
        tree = reference.build_tree(np.take(X_train, rows, axis=0), y_train[rows], max_depth)
        counts[np.arange(len(X)), reference.predict_tree(tree, X)] += 1
    return counts.argmax(axis=1)


@alternate("hinge_loss", "row by row")
def hinge_loss(X, y, w, b, lam):
    n = len(y)
    loss, dw, db = lam / 2 * sum(value**2 for value in w), lam * w, 0.0
    for x, label in zip(X, y, strict=True):
        margin = label * (sum(x * w) + b)
        if margin < 1:
            loss += (1 - margin) / n
            dw = dw - label * x / n
            db -= label / n
    return [loss, dw, db]


@alternate("hinge_loss", "an active set, einsum")
def hinge_loss(X, y, w, b, lam):
    scores = np.einsum("ij,j->i", X, w) + b
    slack = np.clip(1 - y * scores, 0, None)
    active = slack > 0
    dw = lam * w - np.einsum("i,ij->j", y[active], X[active]) / X.shape[0]
    db = -y[active].sum() / X.shape[0]
    return 0.5 * lam * np.linalg.norm(w) ** 2 + np.average(slack), dw, np.float64(db)


@alternate("pegasos", "in place, one branch each")
def pegasos(X, y, lam, steps, rng):
    w = np.zeros(X.shape[1])
    for step in range(steps):
        row = int(rng.integers(0, len(X)))
        eta = 1.0 / (lam * (step + 1))
        if float(np.dot(X[row], w)) * y[row] < 1.0:
            w = w - eta * (lam * w - y[row] * X[row])
        else:
            w *= 1.0 - 1.0 / (step + 1)
    return w


@alternate("pegasos", "the sum of violating rows, all rows drawn at once")
def pegasos(X, y, lam, steps, rng):
    total = np.zeros(X.shape[1])
    for t, i in enumerate(rng.integers(len(y), size=steps)):
        margin = y[i] * (total @ X[i]) / (lam * t) if t else 0.0
        total = total + (margin < 1) * y[i] * X[i]
    return total / (lam * steps) if steps else total


@alternate("svm_decision", "entry by entry")
def svm_decision(X, support, y, alpha, b, gamma):
    out = []
    for x in X:
        score = b
        for s, label, weight in zip(support, y, alpha, strict=True):
            score += weight * label * math.exp(-gamma * sum((x - s) ** 2))
        out.append(score)
    return np.array(out)


@alternate("svm_decision", "squares and products instead of differences")
def svm_decision(X, support, y, alpha, b, gamma):
    squared = (X**2).sum(1)[:, None] + (support**2).sum(1) - 2 * X @ support.T
    return np.einsum("ms,s,s->m", np.exp(-gamma * np.maximum(squared, 0)), y, alpha) + b


@alternate("svm_decision", "norms, one support vector at a time")
def svm_decision(X, support, y, alpha, b, gamma):
    scores = np.full(len(X), float(b))
    for i in range(len(support)):
        distance = np.linalg.norm(X - support[i], axis=1)
        scores += alpha[i] * y[i] * np.exp(-gamma * distance**2)
    return scores


@alternate("knn_predict", "sorted pairs of distance and index, counters")
def knn_predict(X_train, y_train, X, k):
    out = []
    for x in X:
        ranked = sorted((math.dist(x, row), i) for i, row in enumerate(X_train))
        out.append(winner(y_train[[i for _, i in ranked[:k]]]))
    return np.array(out)


@alternate("knn_predict", "norms, lexsort, bincount")
def knn_predict(X_train, y_train, X, k):
    out = np.zeros(len(X), dtype=int)
    for row, x in enumerate(X):
        distance = np.linalg.norm(X_train - x, axis=1)
        nearest = np.lexsort((np.arange(len(distance)), distance))[:k]
        out[row] = np.argmax(np.bincount(y_train[nearest]))
    return out


@alternate("naive_bayes_log_posterior", "entry by entry, densities as logarithms")
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    labels = sorted(set(y_train.tolist()))
    extra = var_smoothing * max(np.var(column) for column in X_train.T)
    out = np.zeros((len(X), len(labels)))
    for c, label in enumerate(labels):
        rows = [row for row, own in zip(X_train, y_train, strict=True) if own == label]
        for i, x in enumerate(X):
            out[i, c] = math.log(len(rows)) - math.log(len(y_train))
            for j in range(X.shape[1]):
                column = [row[j] for row in rows]
                mean = math.fsum(column) / len(column)
                var = math.fsum((value - mean) ** 2 for value in column) / len(column) + extra
                out[i, c] -= 0.5 * math.log(2 * math.pi * var) + (x[j] - mean) ** 2 / (2 * var)
    return out - np.logaddexp.reduce(out, axis=1)[:, None]


@alternate("naive_bayes_log_posterior", "one-hot matrices, stacked statistics")
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    labels, counts = np.unique(y_train, return_counts=True)
    stats = [(X_train[y_train == c].mean(0), X_train[y_train == c].std(0) ** 2) for c in labels]
    mean, var = (np.stack(part) for part in zip(*stats, strict=True))
    var = var + var_smoothing * np.max(np.std(X_train, axis=0)) ** 2
    z = (X[:, None, :] - mean) / np.sqrt(var)
    joint = np.log(counts / counts.sum()) - 0.5 * np.einsum("mcd,mcd->mc", z, z)
    joint = joint - 0.5 * np.log(2 * np.pi * var).sum(axis=1)
    top = joint.max(axis=1)[:, None]
    return joint - top - np.log(np.sum(np.exp(joint - top), axis=1))[:, None]
