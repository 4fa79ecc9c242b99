"""What people get wrong in trees, margins and neighbours."""

from collections import Counter

import ch14_trees_and_margins as reference
import numpy as np

from grader.bank import mistake


def shares(y):
    """The share of each label that occurs."""
    return np.unique(y, return_counts=True)[1] / len(y)


def of_known(criterion):
    if criterion not in ("gini", "entropy"):
        raise ValueError(criterion)


# impurity


@mistake("impurity", "natural-log", "The entropy is in bits: which base has its logarithm?")
def impurity(y, criterion="gini"):
    p = shares(y)
    return -np.sum(p * np.log(p)) if criterion == "entropy" else reference.impurity(y, criterion)


@mistake(
    "impurity", "base-of-classes", "The base of the logarithm is 2, however many labels occur."
)
def impurity(y, criterion="gini"):
    p = shares(y)
    if criterion == "entropy":
        return -np.sum(p * np.log(p)) / np.log(max(len(p), 2))
    return reference.impurity(y, criterion)


@mistake(
    "impurity", "sum-of-squares", "The sum of squares is the purity: it is 1 for equal labels."
)
def impurity(y, criterion="gini"):
    return np.sum(shares(y) ** 2) if criterion == "gini" else reference.impurity(y, criterion)


@mistake("impurity", "halved", "Nothing is halved: two equal shares have a Gini impurity of 1/2.")
def impurity(y, criterion="gini"):
    return reference.impurity(y, criterion) / (2 if criterion == "gini" else 1)


@mistake("impurity", "binary-formula", "2p(1 − p) is Gini for two labels; here there may be more.")
def impurity(y, criterion="gini"):
    p = shares(y)[-1]
    return 2 * p * (1 - p) if criterion == "gini" else reference.impurity(y, criterion)


@mistake(
    "impurity", "binary-entropy", "Every label that occurs has a term of its own, not only two."
)
def impurity(y, criterion="gini"):
    if criterion != "entropy":
        return reference.impurity(y, criterion)
    p = np.array([shares(y)[-1], 1 - shares(y)[-1]])
    return -np.sum(p[p > 0] * np.log2(p[p > 0]))


@mistake("impurity", "misclassification", "The share of the rarer labels is a third criterion.")
def impurity(y, criterion="gini"):
    return 1 - shares(y).max() if criterion == "gini" else reference.impurity(y, criterion)


@mistake("impurity", "zero-counts", "0 · log 0 is NaN: only labels that occur in y have a term.")
def impurity(y, criterion="gini"):
    if criterion != "entropy":
        return reference.impurity(y, criterion)
    p = np.bincount(y) / len(y)
    with np.errstate(all="ignore"):
        return -np.sum(p * np.log2(p))


@mistake("impurity", "labels-up-to-largest", "Which integers the labels are plays no part.")
def impurity(y, criterion="gini"):
    of_known(criterion)
    p = np.array([np.mean(y == c) for c in range(len(np.unique(y)))])
    return 1 - np.sum(p**2) if criterion == "gini" else -np.sum(p[p > 0] * np.log2(p[p > 0]))


@mistake("impurity", "counts-not-shares", "Divide the counts by the number of rows first.")
def impurity(y, criterion="gini"):
    of_known(criterion)
    p = shares(y) * len(y)
    return 1 - np.sum(p**2) if criterion == "gini" else -np.sum(p * np.log2(p))


@mistake("impurity", "unknown-is-gini", "A criterion that is neither of the two raises ValueError.")
def impurity(y, criterion="gini"):
    return reference.impurity(y, "entropy" if criterion == "entropy" else "gini")


@mistake(
    "impurity", "sorts-in-place", "Work on a copy: the caller's labels are in another order now."
)
def impurity(y, criterion="gini"):
    y.sort()
    return reference.impurity(y, criterion)


# best_split


def search(
    X,
    y,
    criterion,
    questions=None,
    gain=None,
    better=lambda gain, best: gain > best[2] + 1e-9,
    least=0.0,
):
    """The search of the reference with one thing changed."""
    best = (None, None, least)
    for feature, threshold, left in (questions or all_questions)(X):
        if left.all() or not left.any():
            continue
        found = (gain or gained)(y, left, criterion)
        if better(found, best):
            best = (feature, float(threshold), float(found))
    return None if best[0] is None else best


def all_questions(X, features=None, thresholds=lambda v: (v[:-1] + v[1:]) / 2, split=np.less_equal):
    """Feature, threshold and what goes left, in the order of the reference."""
    for feature in range(X.shape[1]) if features is None else features(X):
        for threshold in thresholds(np.unique(X[:, feature])):
            yield feature, threshold, split(X[:, feature], threshold)


def gained(y, left, criterion):
    share = left.mean()
    children = share * reference.impurity(y[left], criterion)
    children += (1 - share) * reference.impurity(y[~left], criterion)
    return reference.impurity(y, criterion) - children


@mistake(
    "best_split", "not-weighted", "A child counts by its share of the rows, not one half each."
)
def best_split(X, y, criterion="gini"):
    def gain(y, left, criterion):
        sides = (reference.impurity(y[side], criterion) for side in (left, ~left))
        return reference.impurity(y, criterion) - sum(sides) / 2

    return search(X, y, criterion, gain=gain)


@mistake(
    "best_split", "summed", "The children's impurities are averaged by their sizes, not added."
)
def best_split(X, y, criterion="gini"):
    def gain(y, left, criterion):
        sides = (reference.impurity(y[side], criterion) for side in (left, ~left))
        return reference.impurity(y, criterion) - sum(sides)

    return search(X, y, criterion, gain=gain)


@mistake("best_split", "data-values", "A threshold lies half way between two values, not on one.")
def best_split(X, y, criterion="gini"):
    return search(X, y, criterion, lambda X: all_questions(X, thresholds=lambda v: v[:-1]))


@mistake("best_split", "upper-value", "A threshold lies half way between two values, not on one.")
def best_split(X, y, criterion="gini"):
    def questions(X):
        return all_questions(X, thresholds=lambda v: v[1:], split=np.less)

    return search(X, y, criterion, questions)


@mistake("best_split", "first-feature-only", "Every feature may ask the question, not only one.")
def best_split(X, y, criterion="gini"):
    return search(X, y, criterion, lambda X: all_questions(X, features=lambda X: [0]))


@mistake("best_split", "mean-as-threshold", "Every midpoint is tried, not one value for a feature.")
def best_split(X, y, criterion="gini"):
    return search(X, y, criterion, lambda X: all_questions(X, thresholds=lambda v: [v.mean()]))


@mistake("best_split", "median-as-threshold", "Every midpoint is tried, not the middle one alone.")
def best_split(X, y, criterion="gini"):
    def middle(values):
        at = len(values) // 2
        return [(values[at - 1] + values[at]) / 2] if len(values) > 1 else []

    return search(X, y, criterion, lambda X: all_questions(X, thresholds=middle))


@mistake("best_split", "unsorted-neighbours", "Neighbours are values next to each other in size.")
def best_split(X, y, criterion="gini"):
    def questions(X):
        for feature in range(X.shape[1]):
            column = X[:, feature]
            for threshold in (column[:-1] + column[1:]) / 2:
                yield feature, threshold, column <= threshold

    return search(X, y, criterion, questions)


@mistake(
    "best_split", "ties-to-last", "Of tied questions the first in order is kept, not the last."
)
def best_split(X, y, criterion="gini"):
    def better(gain, best):
        return gain > 1e-9 and gain >= best[2] - 1e-9

    return search(X, y, criterion, better=better)


@mistake("best_split", "ties-to-lowest-threshold", "Of tied questions, first compare the features.")
def best_split(X, y, criterion="gini"):
    def better(gain, best):
        return gain > best[2] + 1e-9

    def questions(X):
        return sorted(all_questions(X), key=lambda question: (question[1], question[0]))

    return search(X, y, criterion, questions, better=better)


@mistake("best_split", "ties-to-last-threshold", "Within a feature the lowest tied threshold wins.")
def best_split(X, y, criterion="gini"):
    return search(
        X,
        y,
        criterion,
        lambda X: all_questions(X, thresholds=lambda v: ((v[:-1] + v[1:]) / 2)[::-1]),
    )


@mistake("best_split", "useless-split-taken", "A question that gains nothing is no split: None.")
def best_split(X, y, criterion="gini"):
    return search(X, y, criterion, least=-1.0)


@mistake(
    "best_split",
    "compared-exactly",
    "Equal gains come out unequal in the last digit: 1e-9 is equal.",
)
def best_split(X, y, criterion="gini"):
    return search(X, y, criterion, better=lambda gain, best: gain > best[2])


@mistake("best_split", "least-gain-too-large", "A gain is too small only below 1e-9.")
def best_split(X, y, criterion="gini"):
    return search(X, y, criterion, least=0.01)


@mistake("best_split", "equal-labels-split", "Labels that are all equal leave nothing to gain.")
def best_split(X, y, criterion="gini"):
    found = reference.best_split(X, y, criterion)
    if found is None and (y == y[0]).all():
        return search(X, y, criterion, least=-1.0)
    return found


@mistake("best_split", "impurity-returned", "Return how much impurity is gained, not what is left.")
def best_split(X, y, criterion="gini"):
    found = reference.best_split(X, y, criterion)
    return found and (*found[:2], reference.impurity(y, criterion) - found[2])


@mistake("best_split", "least-gain", "The best question has the largest gain, not the least.")
def best_split(X, y, criterion="gini"):
    def better(gain, best):
        return 1e-9 < gain < best[2] - 1e-9

    return search(X, y, criterion, better=better, least=9.0)


@mistake("best_split", "criterion-lost", "The criterion has to reach the impurity.")
def best_split(X, y, criterion="gini"):
    return reference.best_split(X, y)


@mistake("best_split", "zeros-for-none", "Where nothing is gained the answer is None, no triple.")
def best_split(X, y, criterion="gini"):
    return reference.best_split(X, y, criterion) or (0, 0.0, 0.0)


@mistake("best_split", "sorts-in-place", "Sort a copy: the caller's table has been rearranged.")
def best_split(X, y, criterion="gini"):
    found = reference.best_split(X, y, criterion)
    X.sort(axis=0)
    return found


# build_tree


def largest(y):
    labels, counts = np.unique(y, return_counts=True)
    return int(labels[::-1][np.argmax(counts[::-1])])


def grow(
    X,
    y,
    depth,
    criterion,
    *,
    label=lambda y: int(np.bincount(y).argmax()),
    split=reference.best_split,
    criterion_below=None,
):
    """The recursion of the reference with one thing changed."""
    found = split(X, y, criterion) if depth > 0 else None
    if found is None:
        return {"label": label(y)}
    feature, threshold, _ = found
    left = X[:, feature] <= threshold
    below = criterion_below or criterion
    kept = {"label": label, "split": split, "criterion_below": criterion_below}
    return {
        "feature": feature,
        "threshold": threshold,
        "left": grow(X[left], y[left], depth - 1, below, **kept),
        "right": grow(X[~left], y[~left], depth - 1, below, **kept),
    }


@mistake("build_tree", "one-level-more", "With max_depth 0 no question may be asked any more.")
def build_tree(X, y, max_depth, criterion="gini"):
    return grow(X, y, max_depth + 1, criterion)


@mistake("build_tree", "one-level-fewer", "With max_depth 1 there is still one question to ask.")
def build_tree(X, y, max_depth, criterion="gini"):
    return grow(X, y, max_depth - 1, criterion)


@mistake("build_tree", "no-depth-limit", "The children get max_depth − 1, and 0 makes a leaf.")
def build_tree(X, y, max_depth, criterion="gini"):
    return grow(X, y, 100, criterion)


@mistake("build_tree", "depth-not-passed-on", "The limit must fall from level to level.")
def build_tree(X, y, max_depth, criterion="gini"):
    return grow(X, y, 100 if max_depth > 0 else 0, criterion)


@mistake("build_tree", "criterion-lost", "The criterion has to reach best_split.")
def build_tree(X, y, max_depth, criterion="gini"):
    return grow(X, y, max_depth, "gini")


@mistake("build_tree", "criterion-lost-below", "The children need the criterion as well.")
def build_tree(X, y, max_depth, criterion="gini"):
    return grow(X, y, max_depth, criterion, criterion_below="gini")


@mistake("build_tree", "ties-to-largest-label", "Of equally frequent labels take the smallest.")
def build_tree(X, y, max_depth, criterion="gini"):
    return grow(X, y, max_depth, criterion, label=largest)


@mistake("build_tree", "ties-to-first-seen", "Of equally frequent labels take the smallest.")
def build_tree(X, y, max_depth, criterion="gini"):
    def label(y):
        return Counter(y.tolist()).most_common(1)[0][0]

    return grow(X, y, max_depth, criterion, label=label)


@mistake("build_tree", "first-label", "A leaf answers with its most frequent label.")
def build_tree(X, y, max_depth, criterion="gini"):
    return grow(X, y, max_depth, criterion, label=lambda y: int(y[0]))


@mistake(
    "build_tree", "mean-label", "Labels are names, not amounts: they are counted, not averaged."
)
def build_tree(X, y, max_depth, criterion="gini"):
    return grow(X, y, max_depth, criterion, label=lambda y: int(np.round(y.mean())))


@mistake("build_tree", "label-is-position", "The position of the largest count is not yet a label.")
def build_tree(X, y, max_depth, criterion="gini"):
    def label(y):
        return int(np.argmax(np.unique(y, return_counts=True)[1]))

    return grow(X, y, max_depth, criterion, label=label)


@mistake("build_tree", "sides-swapped", "Rows at most at the threshold go to the left.")
def build_tree(X, y, max_depth, criterion="gini"):
    def swapped(node):
        if "label" in node:
            return node
        return {**node, "left": swapped(node["right"]), "right": swapped(node["left"])}

    return swapped(grow(X, y, max_depth, criterion))


@mistake("build_tree", "whole-data-on-the-right", "The right child gets only the rows sent there.")
def build_tree(X, y, max_depth, criterion="gini"):
    found = reference.best_split(X, y, criterion) if max_depth > 0 else None
    if found is None:
        return reference.build_tree(X, y, 0)
    left = X[:, found[0]] <= found[1]
    # With the same rows the same question would come for ever: whoever writes this stops it so.
    return {
        "feature": found[0],
        "threshold": found[1],
        "left": build_tree(X[left], y[left], max_depth - 1, criterion),
        "right": build_tree(X, y, min(max_depth, 6) - 1, criterion),
    }


@mistake("build_tree", "useless-splits", "If best_split answers None there is a leaf.")
def build_tree(X, y, max_depth, criterion="gini"):
    def split(X, y, criterion):
        found = reference.best_split(X, y, criterion)
        if found is not None or (y == y[0]).all():
            return found
        return search(X, y, criterion, least=-1.0)

    return grow(X, y, max_depth, criterion, split=split)


@mistake("build_tree", "bare-labels", 'A leaf is a dict with the one key "label".')
def build_tree(X, y, max_depth, criterion="gini"):
    def bare(node):
        if "label" in node:
            return node["label"]
        return {**node, "left": bare(node["left"]), "right": bare(node["right"])}

    return bare(grow(X, y, max_depth, criterion))


@mistake("build_tree", "sorts-in-place", "The caller's table must stay in its order.")
def build_tree(X, y, max_depth, criterion="gini"):
    tree = grow(X, y, max_depth, criterion)
    order = np.argsort(X[:, 0], kind="stable")
    X[:], y[:] = X[order], y[order]
    return tree


# predict_tree


def walk(tree, x, goes_left, leaf=lambda node: "label" in node):
    while not leaf(tree):
        tree = tree["left" if goes_left(tree, x) else "right"]
    return tree["label"]


def at_most(node, x):
    return x[node["feature"]] <= node["threshold"]


@mistake("predict_tree", "strictly-below", "A row that lies on the threshold goes left.")
def predict_tree(tree, X):
    def below(node, x):
        return x[node["feature"]] < node["threshold"]

    return np.array([walk(tree, x, below) for x in X])


@mistake("predict_tree", "sides-swapped", "At most the threshold is left, above it is right.")
def predict_tree(tree, X):
    return np.array([walk(tree, x, lambda node, x: not at_most(node, x)) for x in X])


@mistake("predict_tree", "zero-label-is-no-leaf", "0 is a label too: ask whether the key is there.")
def predict_tree(tree, X):
    return np.array([walk(tree, x, at_most, lambda node: node.get("label")) for x in X])


@mistake("predict_tree", "leaf-root-fails", "The whole tree may be one leaf, without any question.")
def predict_tree(tree, X):
    def below(node, x):
        side = node["left" if at_most(node, x) else "right"]
        return side["label"] if "label" in side else below(side, x)

    return np.array([below(tree, x) for x in X])


@mistake("predict_tree", "feature-zero", "Each node says which feature it asks for.")
def predict_tree(tree, X):
    return np.array([walk(tree, x, lambda node, x: x[0] <= node["threshold"]) for x in X])


@mistake("predict_tree", "root-feature", "Each node has a feature of its own, not the root's.")
def predict_tree(tree, X):
    def same_feature(node, x):
        return x[tree["feature"]] <= node["threshold"]

    return np.array([walk(tree, x, same_feature) for x in X])


@mistake("predict_tree", "root-threshold", "Each node has a threshold of its own, not the root's.")
def predict_tree(tree, X):
    def same_threshold(node, x):
        return x[node["feature"]] <= tree["threshold"]

    return np.array([walk(tree, x, same_threshold) for x in X])


@mistake("predict_tree", "first-row-for-all", "Every row walks down on its own.")
def predict_tree(tree, X):
    return np.full(len(X), walk(tree, X[0], at_most))


@mistake("predict_tree", "rounded-rows", "Compare the features as they are.")
def predict_tree(tree, X):
    return reference.predict_tree(tree, np.round(X, 2))


@mistake("predict_tree", "eats-the-tree", "The tree must be whole after the call.")
def predict_tree(tree, X):
    answer = reference.predict_tree(tree, X)
    tree.pop("left", None)
    tree.pop("right", None)
    return answer


# bagging_predict


def forest(
    X_train,
    y_train,
    num_trees,
    max_depth,
    rng,
    rows=lambda rng, n: rng.integers(n, size=n),
):
    """The trees of the reference, on other rows."""
    trees = []
    for _ in range(num_trees):
        drawn = rows(rng, len(y_train))
        trees.append(reference.build_tree(X_train[drawn], y_train[drawn], max_depth))
    return trees


def vote(trees, X, winner=lambda column: np.bincount(column).argmax()):
    votes = np.array([reference.predict_tree(tree, X) for tree in trees])
    return np.array([winner(column) for column in votes.T])


@mistake("bagging_predict", "without-replacement", "The rows are drawn with replacement.")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    return vote(
        forest(X_train, y_train, num_trees, max_depth, rng, lambda rng, n: rng.permutation(n)), X
    )


@mistake("bagging_predict", "no-bootstrap", "Trees on the same rows are all the same tree.")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    return vote(forest(X_train, y_train, 1, max_depth, rng, lambda rng, n: np.arange(n)), X)


@mistake("bagging_predict", "one-sample-for-all", "Each tree draws rows of its own.")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    return vote(forest(X_train, y_train, 1, max_depth, rng), X)


@mistake("bagging_predict", "labels-drawn-apart", "A row keeps its label: one draw picks both.")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    n, trees = len(y_train), []
    for _ in range(num_trees):
        rows, others = rng.integers(n, size=n), rng.integers(n, size=n)
        trees.append(reference.build_tree(X_train[rows], y_train[others], max_depth))
    return vote(trees, X)


@mistake("bagging_predict", "labels-not-drawn", "The labels go with their rows.")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    n, trees = len(y_train), []
    for _ in range(num_trees):
        trees.append(reference.build_tree(X_train[rng.integers(n, size=n)], y_train, max_depth))
    return vote(trees, X)


@mistake("bagging_predict", "ties-to-largest", "Of equally many votes the smallest label wins.")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    return vote(forest(X_train, y_train, num_trees, max_depth, rng), X, largest)


@mistake("bagging_predict", "ties-to-first-tree", "A counter keeps ties in the order of the trees.")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    def first(column):
        return Counter(column.tolist()).most_common(1)[0][0]

    return vote(forest(X_train, y_train, num_trees, max_depth, rng), X, first)


@mistake("bagging_predict", "mean-of-labels", "Labels are voted for, not averaged.")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    trees = forest(X_train, y_train, num_trees, max_depth, rng)
    return vote(trees, X, lambda column: int(np.round(column.mean())))


@mistake("bagging_predict", "last-tree", "All trees have a vote, not only the last one.")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    return vote(forest(X_train, y_train, num_trees, max_depth, rng)[-1:], X)


@mistake("bagging_predict", "first-tree", "All trees have a vote, not only the first one.")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    return vote(forest(X_train, y_train, num_trees, max_depth, rng)[:1], X)


@mistake("bagging_predict", "depth-lost", "The trees must not grow deeper than max_depth.")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    return vote(forest(X_train, y_train, num_trees, 50, rng), X)


@mistake("bagging_predict", "by-entropy", "The trees are grown by the Gini impurity.")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    n, trees = len(y_train), []
    for _ in range(num_trees):
        rows = rng.integers(n, size=n)
        trees.append(reference.build_tree(X_train[rows], y_train[rows], max_depth, "entropy"))
    return vote(trees, X)


@mistake("bagging_predict", "duplicates-removed", "A row that is drawn twice counts twice.")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    def once(rng, n):
        return np.unique(rng.integers(n, size=n))

    return vote(forest(X_train, y_train, num_trees, max_depth, rng, once), X)


@mistake("bagging_predict", "scaled-floats", "Rows are drawn by rng.integers alone.")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    def scaled(rng, n):
        return (rng.random(n) * n).astype(int)

    return vote(forest(X_train, y_train, num_trees, max_depth, rng, scaled), X)


@mistake(
    "bagging_predict", "features-drawn-too", "A random forest also draws features; bagging not."
)
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    n, d = X_train.shape
    trees, used = [], []
    for _ in range(num_trees):
        rows = rng.integers(n, size=n)
        used.append(np.sort(rng.permutation(d)[: max(1, int(np.sqrt(d)))]))
        trees.append(reference.build_tree(X_train[rows][:, used[-1]], y_train[rows], max_depth))
    pairs = zip(trees, used, strict=True)
    votes = np.array([reference.predict_tree(tree, X[:, own]) for tree, own in pairs])
    return np.array([np.bincount(column).argmax() for column in votes.T])


@mistake(
    "bagging_predict", "draws-once-more", "Nothing but the rows of the trees is drawn from rng."
)
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    answer = vote(forest(X_train, y_train, num_trees, max_depth, rng), X)
    rng.permutation(num_trees)
    rng.random()
    return answer


@mistake("bagging_predict", "resamples-in-place", "The training data must stay what it was.")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    trees = forest(X_train, y_train, num_trees, max_depth, rng)
    order = np.argsort(y_train, kind="stable")
    X_train[:], y_train[:] = X_train[order][::-1], y_train[order][::-1]
    return vote(trees, X)


# hinge_loss


def parts(
    X,
    y,
    w,
    b,
    lam,
    *,
    inside=lambda margins: margins < 1,
    half=0.5,
    pull=1.0,
    shrink=1.0,
    count=len,
):
    """The loss and slopes of the reference with one thing changed."""
    margins = y * (X @ w + b)
    pulling = np.where(inside(margins), y, 0)
    n = count(margins)
    loss = half * lam * w @ w + np.maximum(0, 1 - margins).sum() / n
    return loss, shrink * lam * w - pull * pulling @ X / n, -pull * pulling.sum() / n


@mistake("hinge_loss", "edge-counts", "At a margin of exactly 1 the row has come far enough.")
def hinge_loss(X, y, w, b, lam):
    return parts(X, y, w, b, lam, inside=lambda margins: margins <= 1)


@mistake("hinge_loss", "summed", "The loss is a mean over the rows, and so are its slopes.")
def hinge_loss(X, y, w, b, lam):
    return parts(X, y, w, b, lam, count=lambda margins: 1)


@mistake("hinge_loss", "no-half", "The penalty is λ/2 times the squared length of w.")
def hinge_loss(X, y, w, b, lam):
    return parts(X, y, w, b, lam, half=1.0)


@mistake("hinge_loss", "penalty-not-squared", "The penalty takes the squared length of w.")
def hinge_loss(X, y, w, b, lam):
    loss, dw, db = parts(X, y, w, b, lam, half=0.0)
    return loss + lam / 2 * np.linalg.norm(w), dw, db


@mistake("hinge_loss", "penalty-gradient-twice", "The slope of λ/2 · w² is λ · w.")
def hinge_loss(X, y, w, b, lam):
    return parts(X, y, w, b, lam, shrink=2.0)


@mistake("hinge_loss", "penalty-gradient-missing", "The penalty has a slope too.")
def hinge_loss(X, y, w, b, lam):
    return parts(X, y, w, b, lam, shrink=0.0)


@mistake("hinge_loss", "bias-penalised", "The penalty is on w alone, not on b.")
def hinge_loss(X, y, w, b, lam):
    loss, dw, db = parts(X, y, w, b, lam)
    return loss + lam / 2 * b**2, dw, db + lam * b


@mistake("hinge_loss", "perceptron", "Being right is not enough: a margin of 1 is asked for.")
def hinge_loss(X, y, w, b, lam):
    margins = y * (X @ w + b)
    _, dw, db = parts(X, y, w, b, lam, inside=lambda margins: margins < 0)
    return lam / 2 * w @ w + np.maximum(0, -margins).mean(), dw, db


@mistake("hinge_loss", "wrong-rows-only", "Rows on the right side but inside the margin pull too.")
def hinge_loss(X, y, w, b, lam):
    return parts(X, y, w, b, lam, inside=lambda margins: margins < 0)


@mistake("hinge_loss", "squared", "What is missing to the margin counts as it is, not squared.")
def hinge_loss(X, y, w, b, lam):
    slack = np.maximum(0, 1 - y * (X @ w + b))
    pull = 2 * slack * y / len(y)
    return lam / 2 * w @ w + np.mean(slack**2), lam * w - pull @ X, -pull.sum()


@mistake(
    "hinge_loss", "violators-averaged", "The mean is over all rows, also those that cost nothing."
)
def hinge_loss(X, y, w, b, lam):
    return parts(X, y, w, b, lam, count=lambda margins: max(np.sum(margins < 1), 1))


@mistake("hinge_loss", "sign", "The pull of a row is against y x: look at the sign of the slopes.")
def hinge_loss(X, y, w, b, lam):
    return parts(X, y, w, b, lam, pull=-1.0)


@mistake("hinge_loss", "bias-outside-margin", "b is part of the score, and y multiplies all of it.")
def hinge_loss(X, y, w, b, lam):
    return parts(X, y, w, 0.0, lam, inside=lambda margins: margins + b < 1)


@mistake("hinge_loss", "all-rows-pull", "Rows beyond their margin must not pull.")
def hinge_loss(X, y, w, b, lam):
    return parts(X, y, w, b, lam, inside=lambda margins: margins < np.inf)


@mistake("hinge_loss", "signs-multiplied-in", "The caller's rows must not be multiplied by y.")
def hinge_loss(X, y, w, b, lam):
    answer = parts(X, y, w, b, lam)
    X *= y[:, None]
    return answer


# pegasos


def run(
    X,
    y,
    lam,
    steps,
    rng,
    *,
    first=1,
    rate=lambda lam, t: 1 / (lam * t),
    shrink=lambda rate, lam, violated: 1 - rate * lam,
    inside=lambda margin: margin < 1,
    draw=lambda rng, n, t: rng.integers(n),
    after=lambda w, lam: w,
):
    """The loop of the reference with one thing changed."""
    w = np.zeros(X.shape[1])
    for t in range(first, steps + first):
        i = draw(rng, len(y), t - first)
        eta = rate(lam, t)
        violated = inside(y[i] * (X[i] @ w))
        w = shrink(eta, lam, violated) * w
        if violated:
            w = w + eta * y[i] * X[i]
        w = after(w, lam)
    return w


@mistake("pegasos", "rate-without-lambda", "The rate is 1 over λ times t, not 1 over t.")
def pegasos(X, y, lam, steps, rng):
    return run(X, y, lam, steps, rng, rate=lambda lam, t: 1 / t)


@mistake("pegasos", "constant-rate", "The rate falls from step to step.")
def pegasos(X, y, lam, steps, rng):
    return run(X, y, lam, steps, rng, rate=lambda lam, t: 1 / lam)


@mistake("pegasos", "root-rate", "The rate falls like 1/t, not like 1/√t.")
def pegasos(X, y, lam, steps, rng):
    return run(X, y, lam, steps, rng, rate=lambda lam, t: 1 / (lam * np.sqrt(t)))


@mistake("pegasos", "rate-times-lambda", "λ divides in the rate.")
def pegasos(X, y, lam, steps, rng):
    return run(X, y, lam, steps, rng, rate=lambda lam, t: lam / t)


@mistake("pegasos", "t-from-two", "The first step has t = 1.")
def pegasos(X, y, lam, steps, rng):
    return run(X, y, lam, steps, rng, first=2)


@mistake("pegasos", "no-shrinking", "The penalty makes every step shrink w.")
def pegasos(X, y, lam, steps, rng):
    return run(X, y, lam, steps, rng, shrink=lambda rate, lam, violated: 1.0)


@mistake("pegasos", "shrinks-violators-only", "w shrinks also where the row is beyond its margin.")
def pegasos(X, y, lam, steps, rng):
    def shrink(rate, lam, violated):
        return 1 - rate * lam if violated else 1.0

    return run(X, y, lam, steps, rng, shrink=shrink)


@mistake("pegasos", "shrinks-others-only", "w shrinks also where the row pulls.")
def pegasos(X, y, lam, steps, rng):
    def shrink(rate, lam, violated):
        return 1.0 if violated else 1 - rate * lam

    return run(X, y, lam, steps, rng, shrink=shrink)


@mistake("pegasos", "margin-after-shrinking", "The margin is asked of w as it was before the step.")
def pegasos(X, y, lam, steps, rng):
    w = np.zeros(X.shape[1])
    for t in range(1, steps + 1):
        i = rng.integers(len(y))
        w = (1 - 1 / t) * w
        if y[i] * (X[i] @ w) < 1:
            w = w + y[i] * X[i] / (lam * t)
    return w


@mistake("pegasos", "always-updates", "A row beyond its margin must not pull.")
def pegasos(X, y, lam, steps, rng):
    return run(X, y, lam, steps, rng, inside=lambda margin: True)


@mistake("pegasos", "perceptron", "Being right is not enough: a margin of 1 is asked for.")
def pegasos(X, y, lam, steps, rng):
    return run(X, y, lam, steps, rng, inside=lambda margin: margin <= 0)


@mistake("pegasos", "edge-counts", "At a margin of exactly 1 the row has come far enough.")
def pegasos(X, y, lam, steps, rng):
    return run(X, y, lam, steps, rng, inside=lambda margin: margin <= 1)


@mistake("pegasos", "projected", "There is no projection onto a ball here.")
def pegasos(X, y, lam, steps, rng):
    def after(w, lam):
        length = np.linalg.norm(w)
        return w * min(1.0, 1 / (np.sqrt(lam) * length)) if length > 0 else w

    return run(X, y, lam, steps, rng, after=after)


@mistake("pegasos", "averaged", "The last w is the answer, not the mean of all of them.")
def pegasos(X, y, lam, steps, rng):
    seen = []
    w = run(X, y, lam, steps, rng, after=lambda w, lam: seen.append(w) or w)
    return np.mean(seen, axis=0) if seen else w


@mistake("pegasos", "label-forgotten", "The pull of a row has the sign of its label.")
def pegasos(X, y, lam, steps, rng):
    w = np.zeros(X.shape[1])
    for t in range(1, steps + 1):
        i = rng.integers(len(y))
        inside = y[i] * (X[i] @ w) < 1
        w = (1 - 1 / t) * w + inside * X[i] / (lam * t)
    return w


@mistake("pegasos", "permutation", "Each step draws a row anew; no epoch goes through all of them.")
def pegasos(X, y, lam, steps, rng):
    order = []

    def draw(rng, n, step):
        if not order:
            order.extend(rng.permutation(n))
        return order.pop(0)

    return run(X, y, lam, steps, rng, draw=draw)


@mistake("pegasos", "in-order", "The rows are drawn at random, not taken in their order.")
def pegasos(X, y, lam, steps, rng):
    return run(X, y, lam, steps, rng, draw=lambda rng, n, step: step % n)


@mistake("pegasos", "choice", "The row number comes from rng.integers, which draws in its own way.")
def pegasos(X, y, lam, steps, rng):
    return run(X, y, lam, steps, rng, draw=lambda rng, n, step: int(rng.random() * n))


@mistake("pegasos", "draws-once-more", "There is one draw for each step and no other.")
def pegasos(X, y, lam, steps, rng):
    w = run(X, y, lam, steps, rng)
    rng.random()
    return w


@mistake("pegasos", "pulls-in-place", "The rows must be what they were after the call.")
def pegasos(X, y, lam, steps, rng):
    w = run(X, y, lam, steps, rng)
    X *= y[:, None]
    return w


# svm_decision


def kernel_sum(X, support, weights, exponent):
    squared = ((X[:, None] - support) ** 2).sum(axis=-1)
    return np.exp(exponent(squared)) @ weights


@mistake("svm_decision", "distance-not-squared", "The kernel takes the squared distance.")
def svm_decision(X, support, y, alpha, b, gamma):
    return kernel_sum(X, support, alpha * y, lambda squared: -gamma * np.sqrt(squared)) + b


@mistake("svm_decision", "gamma-as-width", "γ multiplies the squared distance: it is no width.")
def svm_decision(X, support, y, alpha, b, gamma):
    return kernel_sum(X, support, alpha * y, lambda squared: -squared / (2 * gamma**2)) + b


@mistake("svm_decision", "gamma-divides", "γ multiplies the squared distance.")
def svm_decision(X, support, y, alpha, b, gamma):
    return kernel_sum(X, support, alpha * y, lambda squared: -squared / gamma) + b


@mistake("svm_decision", "half-gamma", "There is no ½ beside γ.")
def svm_decision(X, support, y, alpha, b, gamma):
    return kernel_sum(X, support, alpha * y, lambda squared: -gamma * squared / 2) + b


@mistake("svm_decision", "sign-of-exponent", "The kernel falls with the distance.")
def svm_decision(X, support, y, alpha, b, gamma):
    with np.errstate(all="ignore"):
        return kernel_sum(X, support, alpha * y, lambda squared: gamma * squared) + b


@mistake("svm_decision", "labels-missing", "A support vector votes for its own label.")
def svm_decision(X, support, y, alpha, b, gamma):
    return kernel_sum(X, support, alpha, lambda squared: -gamma * squared) + b


@mistake("svm_decision", "alphas-missing", "Each support vector has a weight.")
def svm_decision(X, support, y, alpha, b, gamma):
    return kernel_sum(X, support, y, lambda squared: -gamma * squared) + b


@mistake("svm_decision", "bias-missing", "b is added at the end.")
def svm_decision(X, support, y, alpha, b, gamma):
    return kernel_sum(X, support, alpha * y, lambda squared: -gamma * squared)


@mistake("svm_decision", "bias-subtracted", "b is added here, as in w · x + b.")
def svm_decision(X, support, y, alpha, b, gamma):
    return kernel_sum(X, support, alpha * y, lambda squared: -gamma * squared) - b


@mistake("svm_decision", "bias-in-the-sum", "b is added once, not for every support vector.")
def svm_decision(X, support, y, alpha, b, gamma):
    scores = kernel_sum(X, support, alpha * y, lambda squared: -gamma * squared)
    return scores + len(support) * b


@mistake("svm_decision", "sign-only", "The score is due, not the class that it stands for.")
def svm_decision(X, support, y, alpha, b, gamma):
    return np.sign(reference.svm_decision(X, support, y, alpha, b, gamma))


@mistake(
    "svm_decision", "linear", "The kernel is a Gaussian of the distance, not a scalar product."
)
def svm_decision(X, support, y, alpha, b, gamma):
    return gamma * X @ support.T @ (alpha * y) + b


@mistake("svm_decision", "mean", "The votes are added, not averaged.")
def svm_decision(X, support, y, alpha, b, gamma):
    votes = kernel_sum(X, support, alpha * y, lambda squared: -gamma * squared)
    return votes / len(support) + b


@mistake("svm_decision", "weights-in-place", "The caller's α must not be multiplied by y.")
def svm_decision(X, support, y, alpha, b, gamma):
    alpha *= y
    return kernel_sum(X, support, alpha, lambda squared: -gamma * squared) + b


# knn_predict


def neighbours(X_train, X, distance=lambda difference: (difference**2).sum(axis=-1)):
    """The training rows for each new row, nearest first."""
    distances = distance(X[:, None] - X_train)
    return distances.argsort(axis=1, kind="stable")


def majority(y_train, nearest, winner=lambda column: np.bincount(column).argmax()):
    return np.array([winner(column) for column in y_train[nearest]])


@mistake("knn_predict", "itself-skipped", "The nearest row counts, even if it lies on the new one.")
def knn_predict(X_train, y_train, X, k):
    order = neighbours(X_train, X)
    return majority(y_train, order[:, 1 : k + 1] if order.shape[1] > k else order[:, :k])


@mistake("knn_predict", "one-more", "k rows have a vote, not k + 1.")
def knn_predict(X_train, y_train, X, k):
    return majority(y_train, neighbours(X_train, X)[:, : k + 1])


@mistake("knn_predict", "nearest-only", "All k nearest rows have a vote.")
def knn_predict(X_train, y_train, X, k):
    return majority(y_train, neighbours(X_train, X)[:, :1])


@mistake("knn_predict", "farthest", "The nearest rows come first in ascending order.")
def knn_predict(X_train, y_train, X, k):
    return majority(y_train, neighbours(X_train, X, lambda d: -(d**2).sum(axis=-1))[:, :k])


@mistake("knn_predict", "distance-ties-to-last", "Of equally near rows the lower index is taken.")
def knn_predict(X_train, y_train, X, k):
    order = len(y_train) - 1 - neighbours(X_train[::-1], X)
    return majority(y_train, order[:, :k])


@mistake(
    "knn_predict", "unstable-sort", "Not every way of sorting leaves equal distances in order."
)
def knn_predict(X_train, y_train, X, k):
    distances = ((X[:, None] - X_train) ** 2).sum(axis=-1)
    return majority(y_train, distances.argsort(axis=1)[:, :k])


@mistake(
    "knn_predict", "distance-ties-by-label", "Of equally near rows the index decides, no label."
)
def knn_predict(X_train, y_train, X, k):
    by_label = np.argsort(y_train, kind="stable")
    return majority(y_train[by_label], neighbours(X_train[by_label], X)[:, :k])


@mistake("knn_predict", "vote-ties-to-largest", "Of tied labels the smallest wins.")
def knn_predict(X_train, y_train, X, k):
    return majority(y_train, neighbours(X_train, X)[:, :k], largest)


@mistake(
    "knn_predict", "vote-ties-to-nearest", "A counter keeps ties in the order of the neighbours."
)
def knn_predict(X_train, y_train, X, k):
    def nearest(column):
        return Counter(column.tolist()).most_common(1)[0][0]

    return majority(y_train, neighbours(X_train, X)[:, :k], nearest)


@mistake("knn_predict", "weighted", "Each of the k rows has one vote, near or far.")
def knn_predict(X_train, y_train, X, k):
    out = []
    for x, order in zip(X, neighbours(X_train, X)[:, :k], strict=True):
        distance = np.linalg.norm(X_train[order] - x, axis=1)
        out.append(np.bincount(y_train[order], weights=1 / (distance + 1e-9)).argmax())
    return np.array(out)


@mistake("knn_predict", "mean-label", "Labels are voted for, not averaged.")
def knn_predict(X_train, y_train, X, k):
    return np.round(y_train[neighbours(X_train, X)[:, :k]].mean(axis=1)).astype(int)


@mistake(
    "knn_predict", "label-is-position", "The position of the largest count is not yet a label."
)
def knn_predict(X_train, y_train, X, k):
    def position(column):
        return np.argmax(np.unique(column, return_counts=True)[1])

    return majority(y_train, neighbours(X_train, X)[:, :k], position)


@mistake("knn_predict", "manhattan", "Distance is Euclidean: squares, not absolute values.")
def knn_predict(X_train, y_train, X, k):
    return majority(y_train, neighbours(X_train, X, lambda d: np.abs(d).sum(axis=-1))[:, :k])


@mistake("knn_predict", "cosine", "Near is a matter of distance, not of direction.")
def knn_predict(X_train, y_train, X, k):
    lengths = np.linalg.norm(X, axis=1)[:, None] * np.linalg.norm(X_train, axis=1) + 1e-12
    order = (-(X @ X_train.T) / lengths).argsort(axis=1, kind="stable")
    return majority(y_train, order[:, :k])


@mistake("knn_predict", "centred-in-place", "The caller's rows must stay where they are.")
def knn_predict(X_train, y_train, X, k):
    answer = majority(y_train, neighbours(X_train, X)[:, :k])
    X_train -= X_train.mean(axis=0) + 1.0
    return answer


# naive_bayes_log_posterior


def joint(
    X_train,
    y_train,
    X,
    var_smoothing,
    *,
    prior=lambda rows, y: np.log(len(rows) / len(y)),
    variance=lambda rows, X_train: rows.var(axis=0),
    smoothing=lambda amount, X_train, rows: amount * X_train.var(axis=0).max(),
    log_term=lambda var: np.log(2 * np.pi * var),
    half=0.5,
    labels=np.unique,
):
    """The unnormalised scores of the reference with one thing changed."""
    scores = []
    for label in labels(y_train):
        rows = X_train[y_train == label]
        var = variance(rows, X_train) + smoothing(var_smoothing, X_train, rows)
        squares = (X - rows.mean(axis=0)) ** 2 / var
        density = -0.5 * (log_term(var) * np.ones_like(squares)).sum(axis=1)
        scores.append(prior(rows, y_train) + density - half * squares.sum(axis=1))
    return np.stack(scores, axis=1)


def normalised(scores):
    return scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)


@mistake("naive_bayes_log_posterior", "not-normalised", "A row's probabilities must sum to 1.")
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    return joint(X_train, y_train, X, var_smoothing)


@mistake("naive_bayes_log_posterior", "uniform-prior", "The prior of a class is its share of rows.")
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    return normalised(joint(X_train, y_train, X, var_smoothing, prior=lambda rows, y: 0.0))


@mistake("naive_bayes_log_posterior", "prior-not-logged", "Among logarithms the prior is one too.")
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    def prior(rows, y):
        return len(rows) / len(y)

    return normalised(joint(X_train, y_train, X, var_smoothing, prior=prior))


@mistake("naive_bayes_log_posterior", "sample-variance", "The variance is divided by n_c.")
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    def variance(rows, X_train):
        return rows.var(axis=0, ddof=1)

    return normalised(joint(X_train, y_train, X, var_smoothing, variance=variance))


@mistake("naive_bayes_log_posterior", "shared-variance", "Every class has variances of its own.")
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    def variance(rows, X_train):
        return X_train.var(axis=0)

    return normalised(joint(X_train, y_train, X, var_smoothing, variance=variance))


@mistake("naive_bayes_log_posterior", "absolute-smoothing", "Smoothing is in units of a variance.")
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    def smoothing(amount, X_train, rows):
        return amount

    return normalised(joint(X_train, y_train, X, var_smoothing, smoothing=smoothing))


@mistake("naive_bayes_log_posterior", "own-smoothing", "All columns are smoothed by one amount.")
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    def smoothing(amount, X_train, rows):
        return amount * X_train.var(axis=0)

    with np.errstate(all="ignore"):
        return normalised(joint(X_train, y_train, X, var_smoothing, smoothing=smoothing))


@mistake(
    "naive_bayes_log_posterior", "smoothed-by-class", "The largest variance is that of all rows."
)
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    def smoothing(amount, X_train, rows):
        return amount * rows.var(axis=0).max()

    with np.errstate(all="ignore"):
        return normalised(joint(X_train, y_train, X, var_smoothing, smoothing=smoothing))


@mistake("naive_bayes_log_posterior", "no-smoothing", "A column may be constant within a class.")
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    with np.errstate(all="ignore"):
        return normalised(joint(X_train, y_train, X, 0.0))


@mistake("naive_bayes_log_posterior", "log-term-missing", "A wide density is a low one.")
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    return normalised(joint(X_train, y_train, X, var_smoothing, log_term=lambda var: 0.0))


@mistake(
    "naive_bayes_log_posterior", "log-of-the-variance-whole", "½ belongs to the logarithm too."
)
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    def log_term(var):
        return 2 * np.log(2 * np.pi * var)

    return normalised(joint(X_train, y_train, X, var_smoothing, log_term=log_term))


@mistake("naive_bayes_log_posterior", "half-missing", "The squared distance is halved.")
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    return normalised(joint(X_train, y_train, X, var_smoothing, half=1.0))


@mistake(
    "naive_bayes_log_posterior", "underflows", "Far away every density is 0: stay with logarithms."
)
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    with np.errstate(all="ignore"):
        densities = np.exp(joint(X_train, y_train, X, var_smoothing))
        return np.log(densities / densities.sum(axis=1, keepdims=True))


@mistake("naive_bayes_log_posterior", "probabilities", "Logarithms of the probabilities are due.")
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    return np.exp(reference.naive_bayes_log_posterior(X_train, y_train, X, var_smoothing))


@mistake("naive_bayes_log_posterior", "classes-in-order-seen", "Columns ascend by label.")
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    def seen(y):
        return list(dict.fromkeys(y.tolist()))

    return normalised(joint(X_train, y_train, X, var_smoothing, labels=seen))


@mistake("naive_bayes_log_posterior", "normalised-over-rows", "Each row of X sums to 1, no column.")
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    return normalised(joint(X_train, y_train, X, var_smoothing).T).T


@mistake("naive_bayes_log_posterior", "standardized-in-place", "The caller's rows must stay.")
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    answer = reference.naive_bayes_log_posterior(X_train, y_train, X, var_smoothing)
    X -= X_train.mean(axis=0) + 1.0
    return answer
