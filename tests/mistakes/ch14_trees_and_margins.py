"""What people get wrong in trees, margins and neighbours."""

from grader.bank import slips

# ---------------------------------------------------------------------------------------- impurity

slips(
    "impurity",
    """
    natural-log: The entropy is in bits: which base has its logarithm?
        np.log2 -> np.log
    base-of-classes: The base of the logarithm is 2, however many labels occur.
        np.sum(p * np.log2(p)) -> np.sum(p * np.log2(p)) / np.log2(max(len(p), 2))
    sum-of-squares: The sum of squares is the purity: it is 1 for equal labels.
        1 - np.sum(p**2) -> np.sum(p**2)
    halved: Nothing is halved: two equal shares have a Gini impurity of 1/2.
        1 - np.sum(p**2) -> (1 - np.sum(p**2)) / 2
    binary-formula: 2p(1 − p) is Gini for two labels; here there may be more.
        1 - np.sum(p**2) -> 2 * p[-1] * (1 - p[-1])
    binary-entropy: Every label that occurs has a term of its own, not only two.
        return float(-np.sum(p * np.log2(p)))
        ->
        p = np.array([p[-1], 1 - p[-1]])[: len(p)]
        return float(-np.sum(p * np.log2(p)))
    misclassification: The share of the rarer labels is a third criterion.
        1 - np.sum(p**2) -> 1 - p.max()
    zero-counts: 0 · log 0 is NaN: only labels that occur in y have a term.
        counts[counts > 0] -> counts
    labels-up-to-largest: Which integers the labels are plays no part.
        counts[counts > 0] -> counts[: len(np.unique(y))][counts[: len(np.unique(y))] > 0]
    counts-not-shares: Divide the counts by the number of rows first.
        / len(y) ->
    unknown-is-gini: A criterion that is neither of the two raises ValueError.
        criterion not in ("gini", "entropy") -> False
        criterion == "gini" -> criterion != "entropy"
    sorts-in-place: Work on a copy: the caller's labels are in another order now.
        counts = -> y.sort(); counts =
    """,
)

# -------------------------------------------------------------------------------------- best_split

slips(
    "best_split",
    """
    not-weighted: A child counts by its share of the rows, not one half each.
        left.mean() -> 0.5
    summed: The children's impurities are averaged by their sizes, not added.
        children = share * impurity -> children = impurity
        children += (1 - share) * impurity -> children += impurity
    data-values: A threshold lies half way between two values, not on one.
        (values[:-1] + values[1:]) / 2 -> values[:-1]
    upper-value: A threshold lies half way between two values, not on one.
        (values[:-1] + values[1:]) / 2 -> values[1:]
        <= threshold -> < threshold
    first-feature-only: Every feature may ask the question, not only one.
        range(X.shape[1]) -> [0]
    mean-as-threshold: Every midpoint is tried, not one value for a feature.
        (values[:-1] + values[1:]) / 2 -> [values.mean()]
    median-as-threshold: Every midpoint is tried, not the middle one alone.
        (values[:-1] + values[1:]) / 2
        -> ((values[:-1] + values[1:]) / 2)[len(values) // 2 - 1 :][:1]
    unsorted-neighbours: Neighbours are values next to each other in size.
        np.unique(X[:, feature]) -> X[:, feature]
    ties-to-last: Of tied questions the first in order is kept, not the last.
        whole - children > largest + 1e-9 -> whole - children > max(largest - 1e-9, 1e-9)
    ties-to-lowest-threshold: Of tied questions, first compare the features.
        whole - children > largest + 1e-9
        -> whole - children > largest + (-1e-9 if best and threshold < best[1] else 1e-9)
    ties-to-last-threshold: Within a feature the lowest tied threshold wins.
        (values[:-1] + values[1:]) / 2 -> ((values[:-1] + values[1:]) / 2)[::-1]
    useless-split-taken: A question that gains nothing is no split: None.
        None, 0.0 -> None, -1.0
    compared-exactly: Equal gains come out unequal in the last digit: 1e-9 is equal.
        largest + 1e-9 -> largest
    least-gain-too-large: A gain is too small only below 1e-9.
        None, 0.0 -> None, 0.01
    equal-labels-split: Labels that are all equal leave nothing to gain.
        None, 0.0 -> None, -1.0 if whole == 0 else 0.0
    impurity-returned: Return how much impurity is gained, not what is left.
        float(largest) -> float(children)
    least-gain: The best question has the largest gain, not the least.
        None, 0.0 -> None, 9.0
        whole - children > largest + 1e-9 -> 1e-9 < whole - children < largest - 1e-9
    criterion-lost: The criterion has to reach the impurity.
        , criterion) => )
    zeros-for-none: Where nothing is gained the answer is None, no triple.
        return best -> return best or (0, 0.0, 0.0)
    sorts-in-place: Sort a copy: the caller's table has been rearranged.
        return best -> X.sort(axis=0); return best
    """,
)

# -------------------------------------------------------------------------------------- build_tree

slips(
    "build_tree",
    """
    one-level-more: With max_depth 0 no question may be asked any more.
        max_depth > 0 -> max_depth >= 0
    one-level-fewer: With max_depth 1 there is still one question to ask.
        max_depth > 0 -> max_depth > 1
    no-depth-limit: The children get max_depth − 1, and 0 makes a leaf.
        best_split(X, y, criterion) if max_depth > 0 else None -> best_split(X, y, criterion)
    depth-not-passed-on: The limit must fall from level to level.
        max_depth - 1 => max_depth
    criterion-lost: The criterion has to reach best_split.
        best_split(X, y, criterion) -> best_split(X, y)
    criterion-lost-below: The children need the criterion as well.
        max_depth - 1, criterion => max_depth - 1
    ties-to-largest-label: Of equally frequent labels take the smallest.
        np.bincount(y).argmax() -> y.max() - np.bincount(y)[::-1].argmax()
    ties-to-first-seen: Of equally frequent labels take the smallest.
        np.bincount(y).argmax() -> max(y.tolist(), key=y.tolist().count)
    first-label: A leaf answers with its most frequent label.
        np.bincount(y).argmax() -> y[0]
    mean-label: Labels are names, not amounts: they are counted, not averaged.
        np.bincount(y).argmax() -> np.round(y.mean())
    label-is-position: The position of the largest count is not yet a label.
        np.bincount(y).argmax() -> np.unique(y, return_counts=True)[1].argmax()
    sides-swapped: Rows at most at the threshold go to the left.
        "left": -> "right":
        "right": -> "left":
    whole-data-on-the-right: The right child gets only the rows sent there.
        X[~left], y[~left], max_depth - 1 -> X, y, min(max_depth, 6) - 1
    useless-splits: If best_split answers None there is a leaf.
        if split is None:
        ->
        columns = [column for column in range(X.shape[1]) if np.ptp(X[:, column]) > 0]
        if split is None and max_depth > 0 and columns and np.ptp(y) > 0:
            low, high = np.unique(X[:, columns[0]])[:2]
            split = columns[0], float(low + high) / 2, 0.0
        if split is None:
    bare-labels: A leaf is a dict with the one key "label".
        {"label": int(np.bincount(y).argmax())} -> int(np.bincount(y).argmax())
    sorts-in-place: The caller's table must stay in its order.
        split = best_split(X, y, criterion) if max_depth > 0 else None
        ->
        order = np.argsort(X[:, 0], kind="stable")
        X[:], y[:] = X[order], y[order]
        split = best_split(X, y, criterion) if max_depth > 0 else None
    """,
)

# ------------------------------------------------------------------------------------ predict_tree

slips(
    "predict_tree",
    """
    strictly-below: A row that lies on the threshold goes left.
        <= -> <
    sides-swapped: At most the threshold is left, above it is right.
        <= -> >
    zero-label-is-no-leaf: 0 is a label too: ask whether the key is there.
        "label" not in node -> not node.get("label")
    leaf-root-fails: The whole tree may be one leaf, without any question.
        while "label" not in node:
            node = node["left"] if x[node["feature"]] <= node["threshold"] else node["right"]
        ->
        while True:
            node = node["left"] if x[node["feature"]] <= node["threshold"] else node["right"]
            if "label" in node:
                break
    feature-zero: Each node says which feature it asks for.
        x[node["feature"]] -> x[0]
    root-feature: Each node has a feature of its own, not the root's.
        node["feature"] -> tree["feature"]
    root-threshold: Each node has a threshold of its own, not the root's.
        node["threshold"] -> tree["threshold"]
    first-row-for-all: Every row walks down on its own.
        for x in X -> for x in X[:1].repeat(len(X), axis=0)
    rounded-rows: Compare the features as they are.
        for x in X -> for x in np.round(X, 2)
    eats-the-tree: The tree must be whole after the call.
        return np.array(predictions) -> tree.pop("left", None); return np.array(predictions)
    """,
)

# --------------------------------------------------------------------------------- bagging_predict

slips(
    "bagging_predict",
    """
    without-replacement: The rows are drawn with replacement.
        rng.integers(n, size=n) -> rng.permutation(n)
    no-bootstrap: Trees on the same rows are all the same tree.
        rng.integers(n, size=n) -> np.arange(n)
    one-sample-for-all: Each tree draws rows of its own.
        votes = [] -> votes, rows = [], rng.integers(n, size=n)
        rows = rng.integers(n, size=n) ->
    labels-drawn-apart: A row keeps its label: one draw picks both.
        y_train[rows] -> y_train[rng.integers(n, size=n)]
    labels-not-drawn: The labels go with their rows.
        y_train[rows] -> y_train
    ties-to-largest: Of equally many votes the smallest label wins.
        np.bincount(own).argmax() -> own.max() - np.bincount(own)[::-1].argmax()
    ties-to-first-tree: A counter keeps ties in the order of the trees.
        np.bincount(own).argmax() -> max(own.tolist(), key=own.tolist().count)
    mean-of-labels: Labels are voted for, not averaged.
        np.bincount(own).argmax() -> int(np.round(own.mean()))
    last-tree: All trees have a vote, not only the last one.
        np.stack(votes, axis=1) -> np.stack(votes[-1:], axis=1)
    first-tree: All trees have a vote, not only the first one.
        np.stack(votes, axis=1) -> np.stack(votes[:1], axis=1)
    depth-lost: The trees must not grow deeper than max_depth.
        y_train[rows], max_depth -> y_train[rows], 50
    by-entropy: The trees are grown by the Gini impurity.
        y_train[rows], max_depth -> y_train[rows], max_depth, "entropy"
    duplicates-removed: A row that is drawn twice counts twice.
        rng.integers(n, size=n) -> np.unique(rng.integers(n, size=n))
    scaled-floats: Rows are drawn by rng.integers alone.
        rng.integers(n, size=n) -> (rng.random(n) * n).astype(int)
    features-drawn-too: A random forest also draws features; bagging not.
        tree = build_tree(X_train[rows], y_train[rows], max_depth)
        votes.append(predict_tree(tree, X))
        ->
        some = np.sort(rng.permutation(X.shape[1])[: max(1, int(np.sqrt(X.shape[1])))])
        tree = build_tree(X_train[rows][:, some], y_train[rows], max_depth)
        votes.append(predict_tree(tree, X[:, some]))
    draws-once-more: Nothing but the rows of the trees is drawn from rng.
        return np.array([ -> rng.random(); return np.array([
    resamples-in-place: The training data must stay what it was.
        return np.array([
        -> X_train[:], y_train[:] = X_train[::-1], y_train[::-1]; return np.array([
    """,
)

# -------------------------------------------------------------------------------------- hinge_loss

slips(
    "hinge_loss",
    """
    edge-counts: At a margin of exactly 1 the row has come far enough.
        margins < 1 -> margins <= 1
    summed: The loss is a mean over the rows, and so are its slopes.
        .mean() -> .sum()
        / len(y) ->
    no-half: The penalty is λ/2 times the squared length of w.
        lam / 2 * w @ w -> lam * w @ w
    penalty-not-squared: The penalty takes the squared length of w.
        lam / 2 * w @ w -> lam / 2 * np.linalg.norm(w)
    penalty-gradient-twice: The slope of λ/2 · w² is λ · w.
        lam * w - pull -> 2 * lam * w - pull
    penalty-gradient-missing: The penalty has a slope too.
        lam * w - pull -> -pull
    bias-penalised: The penalty is on w alone, not on b.
        loss = lam -> loss = lam / 2 * b**2 + lam
        -pull.sum() -> lam * b - pull.sum()
    perceptron: Being right is not enough: a margin of 1 is asked for.
        1 - margins -> -margins
        margins < 1 -> margins < 0
    wrong-rows-only: Rows on the right side but inside the margin pull too.
        margins < 1 -> margins < 0
    squared: What is missing to the margin counts as it is, not squared.
        np.maximum(0, 1 - margins).mean() -> (np.maximum(0, 1 - margins) ** 2).mean()
        np.where(margins < 1, y, 0) -> 2 * np.maximum(0, 1 - margins) * y
    violators-averaged: The mean is over all rows, also those that cost nothing.
        .mean() -> .sum() / max(np.sum(margins < 1), 1)
        len(y) -> max(np.sum(margins < 1), 1)
    sign: The pull of a row is against y x: look at the sign of the slopes.
        w - pull @ X -> w + pull @ X
        -pull.sum() -> pull.sum()
    bias-outside-margin: b is part of the score, and y multiplies all of it.
        y * (X @ w + b) -> y * (X @ w)
        margins < 1 -> margins + b < 1
    all-rows-pull: Rows beyond their margin must not pull.
        np.where(margins < 1, y, 0) -> y
    signs-multiplied-in: The caller's rows must not be multiplied by y.
        return float(loss), lam * w - pull @ X, float(-pull.sum())
        ->
        dw = lam * w - pull @ X
        X *= y[:, None]
        return float(loss), dw, float(-pull.sum())
    """,
)

# ----------------------------------------------------------------------------------------- pegasos

slips(
    "pegasos",
    """
    rate-without-lambda: The rate is 1 over λ times t, not 1 over t.
        1 / (lam * t) -> 1 / t
    constant-rate: The rate falls from step to step.
        1 / (lam * t) -> 1 / lam
    root-rate: The rate falls like 1/t, not like 1/√t.
        1 / (lam * t) -> 1 / (lam * np.sqrt(t))
    rate-times-lambda: λ divides in the rate.
        1 / (lam * t) -> lam / t
    t-from-two: The first step has t = 1.
        range(1, steps + 1) -> range(2, steps + 2)
    no-shrinking: The penalty makes every step shrink w.
        (1 - rate * lam) * w -> w
    shrinks-violators-only: w shrinks also where the row is beyond its margin.
        (1 - rate * lam) * w -> (1 - rate * lam) * w if violated else w
    shrinks-others-only: w shrinks also where the row pulls.
        (1 - rate * lam) * w -> w if violated else (1 - rate * lam) * w
    margin-after-shrinking: The margin is asked of w as it was before the step.
        violated = y[i] * (X[i] @ w) < 1
        w = (1 - rate * lam) * w
        ->
        w = (1 - rate * lam) * w
        violated = y[i] * (X[i] @ w) < 1
    always-updates: A row beyond its margin must not pull.
        if violated -> if True
    perceptron: Being right is not enough: a margin of 1 is asked for.
        < 1 -> <= 0
    edge-counts: At a margin of exactly 1 the row has come far enough.
        < 1 -> <= 1
    projected: There is no projection onto a ball here.
        if violated:
            w = w + rate * y[i] * X[i]
        ->
        if violated:
            w = w + rate * y[i] * X[i]
        w = w / max(1.0, np.sqrt(lam) * np.linalg.norm(w))
    averaged: The last w is the answer, not the mean of all of them.
        w = np.zeros(d) -> w, total = np.zeros(d), np.zeros(d)
        return w -> return total / max(steps, 1)

        if violated:
            w = w + rate * y[i] * X[i]
        ->
        if violated:
            w = w + rate * y[i] * X[i]
        total = total + w
    label-forgotten: The pull of a row has the sign of its label.
        rate * y[i] * X[i] -> rate * X[i]
    permutation: Each step draws a row anew; no epoch goes through all of them.
        i = rng.integers(n)
        ->
        order = rng.permutation(n) if t % n == 1 % n else order
        i = order[(t - 1) % n]
    in-order: The rows are drawn at random, not taken in their order.
        rng.integers(n) -> (t - 1) % n
    choice: The row number comes from rng.integers, which draws in its own way.
        rng.integers(n) -> int(rng.random() * n)
    draws-once-more: There is one draw for each step and no other.
        return w -> rng.random(); return w
    pulls-in-place: The rows must be what they were after the call.
        return w -> X *= y[:, None]; return w
    """,
)

# ------------------------------------------------------------------------------------ svm_decision

slips(
    "svm_decision",
    """
    distance-not-squared: The kernel takes the squared distance.
        -gamma * squared -> -gamma * np.sqrt(squared)
    gamma-as-width: γ multiplies the squared distance: it is no width.
        -gamma * squared -> -squared / (2 * gamma**2)
    gamma-divides: γ multiplies the squared distance.
        -gamma * squared -> -squared / gamma
    half-gamma: There is no ½ beside γ.
        -gamma * squared -> -gamma * squared / 2
    sign-of-exponent: The kernel falls with the distance.
        -gamma * squared -> gamma * squared
    labels-missing: A support vector votes for its own label.
        (alpha * y) -> alpha
    alphas-missing: Each support vector has a weight.
        (alpha * y) -> y
    bias-missing: b is added at the end.
        + b ->
    bias-subtracted: b is added here, as in w · x + b.
        + b -> - b
    bias-in-the-sum: b is added once, not for every support vector.
        + b -> + len(support) * b
    sign-only: The score is due, not the class that it stands for.
        np.exp(-gamma * squared) @ (alpha * y) + b
        -> np.sign(np.exp(-gamma * squared) @ (alpha * y) + b)
    linear: The kernel is a Gaussian of the distance, not a scalar product.
        np.exp(-gamma * squared) -> gamma * X @ support.T
    mean: The votes are added, not averaged.
        (alpha * y) -> (alpha * y) / len(support)
    weights-in-place: The caller's α must not be multiplied by y.
        return -> alpha *= y; return
        (alpha * y) -> alpha
    """,
)

# ------------------------------------------------------------------------------------- knn_predict

slips(
    "knn_predict",
    """
    itself-skipped: The nearest row counts, even if it lies on the new one.
        [:, :k] -> [:, int(len(X_train) > k) :][:, :k]
    one-more: k rows have a vote, not k + 1.
        [:, :k] -> [:, : k + 1]
    nearest-only: All k nearest rows have a vote.
        [:, :k] -> [:, :1]
    farthest: The nearest rows come first in ascending order.
        squared.argsort -> (-squared).argsort
    distance-ties-to-last: Of equally near rows the lower index is taken.
        squared.argsort -> len(X_train) - 1 - squared[:, ::-1].argsort
    unstable-sort: Not every way of sorting leaves equal distances in order.
        , kind="stable" ->
    distance-ties-by-label: Of equally near rows the index decides, no label.
        squared.argsort(axis=1, kind="stable")
        -> np.lexsort((np.broadcast_to(y_train, squared.shape), squared), axis=1)
    vote-ties-to-largest: Of tied labels the smallest wins.
        np.bincount(own).argmax() -> own.max() - np.bincount(own)[::-1].argmax()
    vote-ties-to-nearest: A counter keeps ties in the order of the neighbours.
        np.bincount(own).argmax() -> max(own.tolist(), key=own.tolist().count)
    weighted: Each of the k rows has one vote, near or far.
        return np.array([np.bincount(own).argmax() for own in y_train[nearest]])
        ->
        weights = 1 / (np.sqrt(np.take_along_axis(squared, nearest, axis=1)) + 1e-9)
        pairs = zip(y_train[nearest], weights)
        return np.array([np.bincount(own, weight).argmax() for own, weight in pairs])
    mean-label: Labels are voted for, not averaged.
        np.bincount(own).argmax() -> int(np.round(own.mean()))
    label-is-position: The position of the largest count is not yet a label.
        np.bincount(own).argmax() -> np.unique(own, return_counts=True)[1].argmax()
    manhattan: Distance is Euclidean: squares, not absolute values.
        ((X[:, None] - X_train) ** 2) -> np.abs(X[:, None] - X_train)
    cosine: Near is a matter of distance, not of direction.
        squared = ((X[:, None] - X_train) ** 2).sum(axis=-1)
        ->
        lengths = np.linalg.norm(X, axis=1)[:, None] * np.linalg.norm(X_train, axis=1)
        squared = -(X @ X_train.T) / (lengths + 1e-12)
    centred-in-place: The caller's rows must stay where they are.
        nearest = -> X_train -= X_train.mean(axis=0) + 1.0; nearest =
    """,
)

# ----------------------------------------------------------------------- naive_bayes_log_posterior

slips(
    "naive_bayes_log_posterior",
    """
    not-normalised: A row's probabilities must sum to 1.
        return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)) -> return scores
    uniform-prior: The prior of a class is its share of rows.
        np.log(len(rows) / len(y_train)) + log_density -> log_density
    prior-not-logged: Among logarithms the prior is one too.
        np.log(len(rows) / len(y_train)) -> len(rows) / len(y_train)
    sample-variance: The variance is divided by n_c.
        rows.var(axis=0) -> rows.var(axis=0, ddof=1)
    shared-variance: Every class has variances of its own.
        rows.var(axis=0) -> X_train.var(axis=0)
    absolute-smoothing: Smoothing is in units of a variance.
        var_smoothing * X_train.var(axis=0).max() -> var_smoothing
    own-smoothing: All columns are smoothed by one amount.
        X_train.var(axis=0).max() -> X_train.var(axis=0)
    smoothed-by-class: The largest variance is that of all rows.
        + smoothing -> + var_smoothing * rows.var(axis=0).max()
    no-smoothing: A column may be constant within a class.
        + smoothing ->
    log-term-missing: A wide density is a low one.
        (np.log(2 * np.pi * var) + squares) -> squares
    log-of-the-variance-whole: ½ belongs to the logarithm too.
        np.log(2 * np.pi * var) -> 2 * np.log(2 * np.pi * var)
    half-missing: The squared distance is halved.
        + squares -> + 2 * squares
    underflows: Far away every density is 0: stay with logarithms.
        return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        ->
        densities = np.exp(scores)
        return np.log(densities / densities.sum(axis=1, keepdims=True))
    probabilities: Logarithms of the probabilities are due.
        return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        -> return np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    classes-in-order-seen: Columns ascend by label.
        np.unique(y_train) -> dict.fromkeys(y_train.tolist())
    normalised-over-rows: Each row of X sums to 1, no column.
        axis=1, keepdims=True => axis=0, keepdims=True
    standardized-in-place: The caller's rows must stay.
        return shifted -> X -= X_train.mean(axis=0) + 1.0; return shifted
    """,
)
