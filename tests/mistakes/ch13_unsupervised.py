"""What people get wrong in clustering, principal components, isolation forests and itemsets."""

import itertools

import ch13_unsupervised as reference
import numpy as np

from grader.bank import mistake, slips

# -------------------------------------------------------------------------------- kmeans_plus_plus

slips(
    "kmeans_plus_plus",
    """
    distance-not-squared: The weight of a row is the square of its distance; the plain distance
      prefers far rows less.
        ((X - centers[-1]) ** 2).sum(axis=1) -> np.sqrt(((X - centers[-1]) ** 2).sum(axis=1))
    farthest-row: The next center is drawn at random with these weights, not simply the row with the
      largest.
        rng.choice(len(X), p=w / w.sum()) -> w.argmax()
    newest-center-only: A row's weight is measured from the nearest of all centers so far, not from
      the newest alone.
        np.minimum(w, -> np.minimum(np.inf,
    first-center-only: The weights must be found anew after every draw: the new center changes who
      is far away.
        centers[-1] -> centers[0]
    mean-over-centers: Of a row's distances to the centers the smallest counts, not their sum or
      mean.
        np.full(len(X), np.inf) -> np.zeros(len(X))
        np.minimum(w, -> np.add(w,
    farthest-center: Of a row's distances to the centers the smallest counts: one near center is
      enough.
        np.full(len(X), np.inf) -> np.zeros(len(X))
        np.minimum(w, -> np.maximum(w,
    first-row-first: The first center is drawn as well: every row has the same chance.
        X[rng.integers(len(X))] -> X[0]
    own-generator: Every draw comes from the rng that was passed in; a generator of your own draws
      other rows.
        centers = [ -> rng = np.random.default_rng(42); centers = [
    first-by-choice: rng.choice without weights and rng.integers are different draws; the statement
      names which.
        rng.integers(len(X)) -> rng.choice(len(X), p=np.full(len(X), 1 / len(X)))
    one-draw-too-many: The k rows are right, but one more number is drawn: the loop makes a round
      whose row is thrown away.
        return np.array(centers) -> rng.choice(len(X)); return np.array(centers)
    one-center-fewer: The first row is a center too: k − 1 more are to be drawn after it.
        len(centers) < k -> len(centers) < k - 1
    overwrites-input: The caller's X has changed: an operator with = writes into the array itself.
        return np.array(centers) -> centers = np.array(centers); X -= centers[-1]; return centers
    """,
)


@mistake(
    "kmeans_plus_plus",
    "uniform",
    "Rows are drawn with weights: who is far from all centers so far is more likely.",
)
def kmeans_plus_plus(X, k, rng):
    return X[rng.choice(len(X), k, replace=False)]


# ------------------------------------------------------------------------------------------ kmeans

slips(
    "kmeans",
    """
    manhattan: Nearest is meant by the Euclidean distance: squares of differences, not absolute
      values.
        ((X[:, None] - centers) ** 2) -> np.abs(X[:, None] - centers)
    median: A center moves to the mean of its rows; the median minimizes another distance.
        X[labels == j].mean(axis=0) -> np.median(X[labels == j], axis=0)
    empty-is-nan: The mean of no rows is nan: a center that nobody is nearest to must stay where it
      is.
        set(labels) -> range(len(centers))
    empty-is-zero: A center without rows stays where it is; a sum of no rows puts it at the origin.
        set(labels) -> range(len(centers))
        .mean(axis=0) -> .sum(axis=0) / max((labels == j).sum(), 1)
    empty-takes-farthest: A center without rows stays where it is here; moving it to the farthest
      row is another library's rule.
        for j in set(labels):
        ->
        for j in set(range(len(centers))) - set(labels):
            centers[j] = X[squared.min(axis=1).argmax()]
        for j in set(labels):
    empty-is-dropped: A center without rows stays in the answer: there are k centers before and
      after.
        for j in set(labels):
            centers[j] = X[labels == j].mean(axis=0)
        ->
        centers = np.array([X[labels == j].mean(axis=0) for j in np.unique(labels)])
    stale-labels: Labels and inertia are those of the centers that you return, and these have moved
      since.
        range(steps + 1) -> range(max(steps, 1))
    stale-labels-new-inertia: The labels were found before the last move: find them once more for
      the centers you return.
        range(steps + 1) -> range(max(steps, 1))
        squared.min(axis=1).sum() -> ((X - centers[labels]) ** 2).sum()
    mean-inertia: The inertia is a sum over the rows, not a mean.
        squared.min(axis=1).sum() -> squared.min(axis=1).mean()
    distances-not-squared: The inertia adds up squared distances; the root is not taken.
        squared.min(axis=1).sum() -> np.sqrt(squared.min(axis=1)).sum()
    one-step-more: After the last step the labels are found once more, but the centers do not move
      again.
        range(steps + 1) -> range(steps + 2)
        step < steps -> step <= steps
    at-least-one-step: With steps = 0 the centers stay: only labels and inertia are to be found.
        centers = centers.copy() -> centers, steps = centers.copy(), max(steps, 1)
    ties-to-the-last: Where two centers are as near, the first of them has the row; yours gives it
      to the last.
        squared.argmin(axis=1) -> len(centers) - 1 - squared[:, ::-1].argmin(axis=1)
    labels-as-floats: Labels are integers: an array made by np.zeros holds floats unless you say
      otherwise.
        return centers, labels -> return centers, labels.astype(float)
    centers-changed: The caller's centers have moved: assigning to centers[j] writes into the array
      passed in.
        centers = centers.copy() ->
    """,
)


@mistake(
    "kmeans",
    "labels-one-by-one",
    "All rows find their centers before any center moves; moving after each row is another method.",
)
def kmeans(X, centers, steps):
    centers, counts = centers.copy(), np.zeros(len(centers))
    for _ in range(steps):
        for x in X:
            j = ((x - centers) ** 2).sum(axis=1).argmin()
            counts[j] += 1
            centers[j] += (x - centers[j]) / counts[j]
    return reference.kmeans(X, centers, 0)


# -------------------------------------------------------------------------------------- silhouette

slips(
    "silhouette",
    """
    own-row-counted: A row is not one of the *other* rows of its cluster: its distance 0 to itself
      must not count.
        max(own.sum() - 1, 1) -> own.sum()
    squared: The distances are averaged as they are, not their squares.
        np.sqrt(((X[:, None] - X) ** 2).sum(axis=-1)) -> ((X[:, None] - X) ** 2).sum(axis=-1)
    farthest-cluster: b belongs to the nearest of the other clusters, the one the row would move to.
        min(others) -> max(others)
    mean-over-clusters: b is the smallest of the means over the other clusters, not the mean of
      these means.
        min(others) -> np.mean(others)
    all-others-together: Every other cluster has a mean distance of its own; do not throw their rows
      together.
        min(others) -> far[i, ~own].mean()
    nearest-row: b is a mean over a whole cluster, not the distance to its nearest row.
        min(others) -> far[i, ~own].min()
    distance-to-centers: The silhouette needs the mean of the distances to the rows, not the
      distance to their mean.
        far[i, own].sum() / max(own.sum() - 1, 1) -> np.linalg.norm(X[i] - X[own].mean(axis=0))
        far[i, labels == other].mean() -> np.linalg.norm(X[i] - X[labels == other].mean(axis=0))
    single-is-one: A row that is alone in its cluster gets 0 by definition; with a = 0 the formula
      says 1.
        own.sum() > 1 and ->
    single-is-nan: A row that is alone has no other rows, and 0 / 0 is nan: it gets 0 by definition.
        max(own.sum() - 1, 1) -> (own.sum() - 1)
        own.sum() > 1 and max(a, b) > 0 -> a != b
    equal-rows-are-nan: Where all distances are 0, so are a and b, and 0 / 0 is nan: such a row gets
      0.
        own.sum() > 1 and max(a, b) > 0 -> own.sum() > 1
    equal-rows-are-alone: a = 0 also happens where the rows of a cluster are equal, and they fit
      perfectly: count rows to see whether one is alone.
        own.sum() > 1 and max(a, b) > 0 -> a > 0
    divided-by-b: Divide by the larger of a and b, not always by b.
        / max(a, b) -> / b
    divided-by-sum: Divide by the larger of a and b, not by their sum.
        / max(a, b) -> / (a + b)
    labels-from-zero: Labels may be any integers, also negative ones: ask np.unique which there are.
        set(labels[~own]) -> range(labels.max() + 1) if other != label and other in labels
        min(others) -> min(others, default=0.0)
    sign: Well inside its cluster means a < b, and must be positive.
        (b - a) -> (a - b)
    mean-of-all: One number for each row is asked for; the mean over all rows is the next step.
        return scores -> return float(scores.mean())
    labels-renumbered-in-place: The caller's labels have changed: number the clusters in an array of
      your own.
        return scores -> labels[...] = np.unique(labels, return_inverse=True)[1]; return scores
    """,
)

# ------------------------------------------------------------------------------------- agglomerate

slips(
    "agglomerate",
    """
    single-and-complete-swapped: Single linkage takes the nearest pair of two clusters, complete
      linkage the farthest.
        "single": np.min, "complete": np.max -> "single": np.max, "complete": np.min
    distance-of-centroids: Average linkage is the mean distance between rows, not the distance
      between mean rows.
        (distance(far[np.ix_(clusters[i], clusters[j])]), i, j)
        ->
        (
            np.linalg.norm(X[clusters[i]].mean(axis=0) - X[clusters[j]].mean(axis=0))
            if linkage == "average"
            else distance(far[np.ix_(clusters[i], clusters[j])]),
            i,
            j,
        )
    average-of-extremes: The average is over all pairs of rows, not over the nearest and the
      farthest pair.
        np.mean -> lambda far: (far.min() + far.max()) / 2
    squared: Distances are Euclidean, with the square root: an average of squares merges in another
      order.
        np.sqrt(((X[:, None] - X) ** 2).sum(axis=-1)) -> ((X[:, None] - X) ** 2).sum(axis=-1)
    manhattan: Distances are Euclidean: the root of the summed squares, not the sum of absolute
      differences.
        np.sqrt(((X[:, None] - X) ** 2).sum(axis=-1)) -> np.abs(X[:, None] - X).sum(axis=-1)
    keeps-smaller-number: A merged cluster gets a new number, n + t for merge t; it does not keep
      one of the old ones.
        clusters[len(X) + len(merges)] = merged -> clusters[i] = merged
    numbers-from-n-plus-one: Merges are counted from 0: the first of them makes cluster n, not n +
      1.
        len(X) + len(merges) -> len(X) + len(merges) + 1
    larger-first: The smaller of the two numbers stands first in a row.
        (i, j, d, len(merged)) -> (j, i, d, len(merged))
    size-of-second: The fourth column counts the rows of X in the new cluster: those of both that
      were merged.
        merged = clusters.pop(i) -> second = len(clusters[j]); merged = clusters.pop(i)
        len(merged) -> second
    no-size: A row has four numbers; the last is how many rows of X are in the new cluster.
        (i, j, d, len(merged)) -> (i, j, d)
    stops-at-two: Merging goes on until one cluster is left: n rows make n − 1 merges.
        len(clusters) > 1 -> len(clusters) > 2
    ties-to-the-last: Of pairs that are as near, the smallest i, then the smallest j is merged: a
      later pair must be nearer, not as near.
        ]), i, j) -> ]), -i, -j)
        merged = clusters.pop(i) -> i, j = -i, -j; merged = clusters.pop(i)
    ties-by-second: Of pairs that are as near, the smallest i decides first, and only then the
      smallest j.
        ]), i, j) -> ]), j, i)
        d, i, j = min( -> d, j, i = min(
    unknown-is-average: Whatever is neither single nor complete nor average must raise a ValueError.
        .get(linkage) -> .get(linkage, np.mean)
    overwrites-input: The caller's X has changed: an operator with = writes into the array itself.
        return np.array(merges) -> X -= X.mean(axis=0) + 1.0; return np.array(merges)
    """,
)


@mistake(
    "agglomerate",
    "weighted-average",
    "The average is over all pairs of rows: a large cluster's distance weighs more than a small "
    "one's when the two are merged.",
)
def agglomerate(X, linkage):
    if linkage != "average":
        return reference.agglomerate(X, linkage)
    apart = np.sqrt(((X[:, None] - X) ** 2).sum(axis=-1))
    far = {(i, j): d for (i, j), d in np.ndenumerate(apart) if i != j}
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


# --------------------------------------------------------------------------------------------- pca

slips(
    "pca",
    """
    not-centred: Variance is measured from the mean: subtract it from the rows before you decompose.
        X - mean -> X
    population: The variances here divide by n − 1, not by n.
        (len(X) - 1) -> len(X)
    ratio-of-kept: The ratio compares with the variance of all d directions, not of the k that are
      kept.
        variance.sum() -> variance[:k].sum()
    singular-values: Singular values are no variances: square them, and divide by n − 1.
        singular**2 / (len(X) - 1) -> singular
    standard-deviations: Variances are asked for, not their square roots.
        variance[:k], variance -> np.sqrt(variance[:k]), variance
    not-divided: The squared singular values are sums over the rows; a variance divides them by n −
      1.
        singular**2 / (len(X) - 1) -> singular**2
    columns: The directions are the rows of components, which is (k, d).
        directions[:k] -> directions[:k].T
    largest-last: These are the right k directions in the wrong order: the largest variance comes
      first.
        directions[:k], variance[:k], variance[:k]
        -> directions[:k][::-1], variance[:k][::-1], variance[:k][::-1]
    standardized: PCA centres the features; dividing them by their standard deviations changes the
      directions.
        X - mean -> (X - mean) / X.std(axis=0, ddof=1)
    covariance-of-rows: The covariance matrix is between features, (d, d); np.cov takes rows for
      features by default.
        X - mean -> (X - X.mean(axis=1, keepdims=True)).T
        (len(X) - 1) -> (X.shape[1] - 1)
    left-vectors: np.linalg.svd returns U, s and Vᵀ: the directions of feature space are in the
      last.
        _, singular, directions = -> directions, singular, _ =
        directions[:k] -> directions.T[:k]
    centred-by-rows: The mean is taken over the rows, a number for each feature: axis 0, not axis 1.
        X - mean -> X - X.mean(axis=1, keepdims=True)
    centred-in-place: The caller's X has changed: X -= … writes into the array itself.
        X - mean -> np.subtract(X, mean, out=X)
    """,
)


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
    "rows-of-eigenvectors",
    "np.linalg.eigh gives eigenvectors as columns; rows of that matrix are something else.",
)
def pca(X, k):
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(X, rowvar=False)))
    values, vectors = values[::-1], vectors[:, ::-1]
    return X.mean(axis=0), vectors[:k], values[:k], values[:k] / values.sum()


# ---------------------------------------------------------------------------------- isolation_tree

slips(
    "isolation_tree",
    """
    constant-features-drawn: Only features that vary among this node's rows are candidates: a cut
      through a constant one separates nobody.
        candidates[rng.integers(len(candidates))] -> rng.integers(X.shape[1])
        low, high = X.min(axis=0), X.max(axis=0)
        -> low, high = X.min(axis=0, initial=np.inf), X.max(axis=0, initial=-np.inf)
    candidates-of-the-root: Which features vary must be found in every node again: below, some have
      become constant.
        rng): -> rng, root=None):
        low, high = X.min(axis=0), X.max(axis=0)
        -> low, high = X.min(axis=0, initial=np.inf), X.max(axis=0, initial=-np.inf)
        np.flatnonzero(low < high) -> np.flatnonzero(low < high) if root is None else root
        len(candidates) == 0 -> not (low < high).any()
        max_depth - 1, rng => max_depth - 1, rng, candidates
    depth-ignored: A node at depth max_depth is a leaf, however many rows it has.
        max_depth == 0 or ->
    one-level-more: The root is at depth 0, so a tree with max_depth = 0 is a single leaf.
        max_depth == 0 -> max_depth < 0
    one-level-fewer: A path may have max_depth cuts: only a node *at* depth max_depth must be a
      leaf.
        max_depth == 0 -> max_depth <= 1
    midpoint: The threshold is drawn between the least and the largest value, not put in the middle.
        rng.uniform(low[feature], high[feature]) -> (low[feature] + high[feature]) / 2
    threshold-among-values: The threshold is any number between low and high, not one of the values
      that occur.
        low, high = X.min(axis=0), X.max(axis=0)
        -> low, high = X.min(axis=0, initial=np.inf), X.max(axis=0, initial=-np.inf)
        rng.uniform(low[feature], high[feature]) -> rng.choice(X[:, feature])
    range-of-the-root: low and high are those of the rows in this node, not of all rows of X.
        rng): -> rng, root=None):
        low, high = X.min(axis=0), X.max(axis=0)
        -> low, high = X.min(axis=0, initial=np.inf), X.max(axis=0, initial=-np.inf)
        candidates = -> root = root or (low, high); candidates =
        rng.uniform(low[feature], high[feature]) -> rng.uniform(root[0][feature], root[1][feature])
        max_depth - 1, rng => max_depth - 1, rng, root
    normal-threshold: The threshold is drawn by rng.uniform(low, high), every place as likely.
        low, high = X.min(axis=0), X.max(axis=0)
        -> low, high = X.min(axis=0, initial=np.inf), X.max(axis=0, initial=-np.inf)
        rng.uniform(low[feature], high[feature])
        -> rng.normal(X[:, feature].mean(), X[:, feature].std())
    threshold-drawn-first: The order of draws is part of the answer: first the feature, then the
      threshold.
        feature = int( -> share = rng.random(); feature = int(
        rng.uniform(low[feature], high[feature])
        -> low[feature] + (high[feature] - low[feature]) * share
    right-first: The whole left subtree is grown before the right one: its draws come first.
        "left": isolation_tree(X[left], max_depth - 1, rng),
        "right": isolation_tree(X[~left], max_depth - 1, rng),
        ->
        "right": isolation_tree(X[~left], max_depth - 1, rng),
        "left": isolation_tree(X[left], max_depth - 1, rng),
    sides-swapped: Rows below the threshold go left, the others right.
        X[left] -> X[~left]
        X[~left] -> X[left]
    stops-at-two: Two different rows can still be separated: only fewer than two rows are a leaf.
        len(candidates) == 0 -> len(candidates) == 0 or len(X) < 3
    own-generator: Every draw comes from the rng that was passed in, and goes on where the last one
      ended.
        candidates = -> rng = np.random.default_rng(0); candidates =
    leaf-draws: A leaf draws nothing: decide whether the node is one before you draw.
        candidates[rng.integers(len(candidates))] -> candidates[first]
        rng.uniform(low[feature], high[feature])
        -> low[feature] + (high[feature] - low[feature]) * share

        candidates = np.flatnonzero(low < high)
        ->
        candidates = np.flatnonzero(low < high)
        first, share = rng.integers(max(len(candidates), 1)), rng.random()
    feature-as-float: A feature is the number of a column, an int: a float cannot pick one.
        "feature": feature -> "feature": float(feature)
    """,
)


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
        candidates = np.flatnonzero(rows.min(axis=0) < rows.max(axis=0))
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
    "one-draw-too-many",
    "The tree is right, but one more number is drawn than the statement names.",
)
def isolation_tree(X, max_depth, rng):
    tree = reference.isolation_tree(X, max_depth, rng)
    rng.random()
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


# ---------------------------------------------------------------------------------- anomaly_scores

slips(
    "anomaly_scores",
    """
    leaf-size-ignored: A leaf that holds several rows stands for cuts that were not made: c(size) is
      added for them.
        edges + c(node["size"]) -> edges
    two-by-formula: c(2) is 1 by definition; the formula for larger n gives 0.15 there.
        n <= 2 -> n < 2
    single-leaf-one: A leaf with a single row has isolated it: c(1) is 0, nothing is added.
        float(n == 2) -> 1.0
    log-of-n: The harmonic number in c(n) is that of n − 1: the logarithm is of n − 1, not of n.
        np.log(n - 1) -> np.log(n)
    exact-harmonic: The statement's c(n) uses log(n − 1) + γ for the harmonic number, not the exact
      sum.
        (np.log(n - 1) + 0.5772156649015329) -> (1 / np.arange(1, n)).sum()
    log-two: The logarithm in c(n) is the natural one; base 2 belongs to the score alone.
        np.log(n - 1) -> np.log2(n - 1)
    no-correction: c(n) has a second term: 2(n − 1)/n is subtracted.
        - 2.0 * (n - 1) / n ->
    mean-of-scores: First the mean of the path lengths over the trees, then one power: not a mean of
      powers.
        .mean(axis=1) ->
        2.0 ** (-mean / c(sample_size)) -> (2.0 ** (-mean / c(sample_size))).mean(axis=1)
    summed: The path lengths of the trees are averaged, not added up.
        .mean(axis=1) -> .sum(axis=1)
    base-e: The score is a power of 2, not of e.
        2.0 ** (-mean / c(sample_size)) -> np.exp(-mean / c(sample_size))
    sign: Short paths are anomalies: the exponent carries a minus, so that scores are at most 1.
        -mean -> mean
    negated: A higher score is a stranger row; the sign is turned around only in scikit-learn's
      score_samples.
        return 2.0 ** -> return -2.0 **
    path-lengths: The mean path length is not the score yet: it is divided by c(sample_size) and
      made a power.
        2.0 ** (-mean / c(sample_size)) -> mean
    nodes-counted: The path is counted in edges: a tree that is only a leaf has none.
        edges = 0 -> edges = 1
    threshold-goes-left: Only rows *below* the threshold go left; one that lies on it goes right.
        < node["threshold"] -> <= node["threshold"]
    first-tree-only: All trees have a say: the mean goes over the whole forest.
        for tree in trees -> for tree in trees[:1]
    normalized-by-rows: The trees were grown on sample_size rows, so c(sample_size) is the measure,
      whatever the number of rows scored.
        c(sample_size) -> max(c(len(X)), 1.0)
    trees-changed: The caller's trees have changed: keep what you find out about a leaf outside of
      it.
        return edges + c(node["size"])
        -> node["path"] = c(node["size"]); return edges + node["path"]
    """,
)

# ----------------------------------------------------------------------------------- pseudo_labels

slips(
    "pseudo_labels",
    """
    at-least: Sure is strictly more than the threshold: a probability equal to it is not enough.
        > threshold -> >= threshold
    labelled-overwritten: A row that has a label keeps it, whatever the model believes.
        (y == -1) & ->
    no-threshold: Only rows that the model is sure of get a class; the others stay without a label.
        (y == -1) & (probabilities.max(axis=1) > threshold) -> y == -1
    unsure-zero: A row that the model is not sure of stays −1; 0 is a class.
        probabilities.argmax(axis=1), y -> probabilities.argmax(axis=1), np.maximum(y, 0)
    zero-means-unlabelled: −1 means that there is no label; 0 is a class like any other.
        y == -1 -> y <= 0
    only-the-surest-row: All rows above the threshold get a class, not only the surest of them.
        return np.where(sure, probabilities.argmax(axis=1), y)
        ->
        surest = np.where(sure, probabilities.max(axis=1), 0.0).argmax()
        sure &= np.arange(len(y)) == surest
        return np.where(sure, probabilities.argmax(axis=1), y)
    ties-to-the-last: Of classes that are as probable the lowest is taken.
        probabilities.argmax(axis=1)
        -> probabilities.shape[1] - 1 - probabilities[:, ::-1].argmax(axis=1)
    labels-as-floats: Labels are integers, and so must be the answer: a float array is no array of
      labels.
        probabilities.argmax(axis=1), y) -> probabilities.argmax(axis=1), y).astype(float)
    in-place: The caller's y has changed: write into a copy of it.
        return np.where(sure, probabilities.argmax(axis=1), y)
        ->
        y[...] = np.where(sure, probabilities.argmax(axis=1), y)
        return y
    """,
)


@mistake(
    "pseudo_labels",
    "second-class",
    "There may be any number of classes: compare the largest probability, not that of class 1.",
)
def pseudo_labels(y, probabilities, threshold):
    one = probabilities[:, min(1, probabilities.shape[1] - 1)]
    answer = np.where((y == -1) & (one > threshold), 1, y)
    return np.where((y == -1) & (1 - one > threshold), 0, answer)


# ------------------------------------------------------------------------------- frequent_itemsets

slips(
    "frequent_itemsets",
    """
    more-than: A set whose support is exactly min_support is frequent.
        >= min_support -> > min_support
    counts: Support is a share of all transactions, not a count.
        (itemset, support) -> (itemset, round(support * len(baskets)))
    repeats-counted: An item that stands twice in a transaction is held by one transaction still.
        basket.issuperset(itemset) for basket in baskets
        -> min(map(basket.count, itemset)) for basket in transactions
    pairs-at-most: Go on after the pairs: sets of three and more items can be frequent too.
        for _ in items -> for _ in items[:2]
    single-items-left-out: Sets of one item are sets too, and belong into the list.
        return found -> return [pair for pair in found if len(pair[0]) > 1]
    any-item: A transaction holds a set if *every* item of it is there; one of them is not enough.
        basket.issuperset(itemset) -> not basket.isdisjoint(itemset)
    exact-baskets: A transaction that holds more than the set holds the set as well.
        basket.issuperset(itemset) -> basket == set(itemset)
    empty-transactions-dropped: An empty transaction holds no set, but it is one of the transactions
      to divide by.
        for transaction in transactions -> for transaction in transactions if transaction
    by-support: The list is ordered by size, then by itemset; the support does not matter for it.
        return found -> return sorted(found, key=lambda pair: -pair[1])
    lexicographic: Smaller sets come first: the size decides before the items do.
        return found -> return sorted(found)
    numbers-sorted-as-text: Items that are numbers are ordered as numbers: 2 comes before 10.
        set().union(*baskets) -> set().union(*baskets), key=str
        item > s[-1] -> str(item) > str(s[-1])
    neighbours-only: Any two items may form a set, also with another item between them in the order.
        item > s[-1] -> items.index(item) == items.index(s[-1]) + 1
    maximal-only: Every frequent set is asked for, also those that are part of a larger one.
        return found
        -> return [(s, n) for s, n in found if not any(set(s) < set(other) for other, _ in found)]
    baskets-sorted-in-place: The caller's transactions have changed: list.sort and list.remove work
      on the list itself.
        baskets = [set(transaction) for transaction in transactions]
        ->
        for transaction in transactions:
            transaction[:] = sorted(set(transaction))
        baskets = [set(transaction) for transaction in transactions]
    """,
)

# ------------------------------------------------------------------------------------ rule_metrics

slips(
    "rule_metrics",
    """
    confidence-reversed: Confidence is the share of C among the transactions with A: the
      antecedent's share is below.
        both / a -> both / c
    support-of-antecedent: The support of a rule is the share of transactions that hold both sides,
      not A alone.
        return both -> return a
    lift-is-confidence-over-antecedent: Lift compares the confidence with how often C is there
      anyway: divide by P(C).
        (a * c) -> (a * a)
    lift-is-leverage: Lift is a quotient, P(A ∪ C) over P(A)·P(C); their difference is called
      leverage.
        both / (a * c) -> both - a * c
    lift-of-counts: The shares of A and C must be shares: with counts the number of transactions
      does not cancel.
        (a * c) -> (a * c * len(transactions))
    counts: Support is a share of the transactions, not their number.
        return both -> return both * len(transactions)
    union-is-either: A ∪ C joins the items, so a transaction must hold *all* of both, not one side
      or the other.
        return both -> both = a + c - both; return both
    first-items-only: Both sides are lists: all of their items count, not only the first.
        [*antecedent, *consequent] -> [antecedent[0], consequent[0]]
        share(antecedent) -> share(antecedent[:1])
        share(consequent) -> share(consequent[:1])
    order-changed: The answer is support, confidence, lift, in this order.
        both, both / a -> both / a, both
    empty-transactions-dropped: A transaction that is empty is one of the transactions to divide by.
        both, a, c = -> transactions = [t for t in transactions if t]; both, a, c =
    antecedent-extended: The caller's antecedent has grown: extend and += change the list itself.
        return both -> antecedent += consequent; return both
    """,
)


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
