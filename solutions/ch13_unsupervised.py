"""Clustering, PCA, anomalies: what data says when nobody has labelled it.

In every chapter so far somebody stood behind the data with the right answers.  Most data has no
such somebody: a million visits of a shop, a night of network traffic, the genes of four thousand
cells.  This chapter asks what can be found there all the same.  Its questions are five:

    who belongs together?          kmeans_plus_plus, kmeans, agglomerate
    and was that a good answer?    silhouette
    which directions matter?       pca
    who does not belong here?      isolation_tree, anomaly_scores
    what goes with what?           frequent_itemsets, rule_metrics

and `pseudo_labels` builds the bridge back: a model that was trained on the few rows with labels
labels the rows it is sure of, and learns from them too.

Without labels there is no loss to lean on, so every method brings its own idea of *good*, and the
chapter is about these ideas.  k-means wants small squared distances to the centers,

    inertia = Σ_i min_j ‖x_i − c_j‖²

and two moves that can never raise it: send every row to its nearest center, put every center in
the middle of its rows.  PCA wants the direction in which the rows differ most,

    v = argmax of var(X v) where ‖v‖ = 1

and what it throws away is exactly the variance it did not keep.  An isolation forest turns the
question around: it does not say what is normal at all, it cuts at random and watches who is alone
first.  And baskets of goods need but one fact, that a larger set is never in more baskets than a
smaller one, to tame exponentially many combinations.

Chapter 3's standardization comes before all of this in practice: a distance adds up features, so
their units decide who is near.  No other chapter needs this one; chapter 14 grows trees again,
with labels, and will ask where to cut best instead of cutting at random.

X is float64 of shape (n, d), a row for each example; distances are Euclidean.  Labels are integer
arrays.  Randomness comes in as `rng`, a `np.random.Generator`: a statement names every draw, in
its order, and no other is made.  No function changes its inputs.
"""

import numpy as np


def kmeans_plus_plus(X, k, rng):
    """Choose k rows of X to start k-means from: at random, but far from each other.

        first row:    i = rng.integers(n)
        each next:    i = rng.choice(n, p=w / Σ w)

        w_i = min_j ‖x_i − c_j‖²

    A row's weight is its *squared* distance to the *nearest* of the centers c chosen so far: a row
    far from all of them is likely, and one that is a center already is never chosen again: its
    weight is exactly 0, as (x − x)² is and ‖x‖² − 2 x·x + ‖x‖² may not be.

    X is (n, d) with at least k different rows, k ≥ 1.  The answer is (k, d): the chosen rows, in
    the order drawn.  One call of `rng.integers`, k − 1 calls of `rng.choice`, nothing else.

    David Arthur and Sergei Vassilvitskii, "k-means++: The Advantages of Careful Seeding", 2007.

    >>> X = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> kmeans_plus_plus(X, 3, np.random.default_rng(0)).tolist()
    [[11.0], [0.0], [1.0]]
    """
    ### BEGIN SOLUTION
    centers = [X[rng.integers(len(X))]]
    w = np.full(len(X), np.inf)
    while len(centers) < k:
        w = np.minimum(w, ((X - centers[-1]) ** 2).sum(axis=1))
        centers.append(X[rng.choice(len(X), p=w / w.sum())])
    return np.array(centers)
    ### END SOLUTION


def kmeans(X, centers, steps):
    """Move the centers to the middle of the rows that are nearest to them, again and again.

        label_i = argmin_j ‖x_i − c_j‖²
        c_j ← mean of the x_i with label_i = j

        inertia = Σ_i ‖x_i − c_{label_i}‖²

    One step is both of these moves, in this order, and `steps` ≥ 0 of them are made, converged or
    not.  A row equally near to two centers belongs to the one with the lower index.  A center
    without any rows stays where it is.

    X is (n, d), centers (k, d).  The answer is the triple (centers, labels, inertia): the moved
    centers (k, d), the index of the nearest *returned* center for every row, (n,) integers, and
    the sum of the squared distances to it, a float.  After the last step, labels are therefore
    found once more.

    Stuart Lloyd, "Least squares quantization in PCM", 1957 (printed in 1982).

    >>> X = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> centers, labels, inertia = kmeans(X, np.array([[0.0], [2.0], [99.0]]), 1)
    >>> centers.tolist(), labels.tolist(), inertia
    ([[0.5], [10.5], [99.0]], [0, 0, 1, 1], 1.0)
    """
    ### BEGIN SOLUTION
    centers = centers.copy()
    for step in range(steps + 1):
        squared = ((X[:, None] - centers) ** 2).sum(axis=-1)
        labels = squared.argmin(axis=1)
        if step < steps:
            for j in set(labels):
                centers[j] = X[labels == j].mean(axis=0)
    return centers, labels, float(squared.min(axis=1).sum())
    ### END SOLUTION


def silhouette(X, labels):
    """Say for every row how much better its own cluster fits than the next best one.

        s_i = (b_i − a_i) / max(a_i, b_i)

        a_i = mean distance from row i to the other rows of its own cluster
        b_i = least, over the other clusters, of the mean distance from row i to their rows

    1 is well inside its cluster, 0 on the border, −1 surely in the wrong one.  The row itself is
    not among the *other* rows of its cluster.  The only row of a cluster gets 0, and so does a row
    with a = b = 0.

    X is (n, d), labels (n,) with any integers, at least two different ones.  The answer is (n,).

    Peter Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster
    analysis", 1987.

    >>> X = np.array([[0.0], [1.0], [5.0], [9.0]])
    >>> silhouette(X, np.array([3, 3, 7, 8])).round(4).tolist()
    [0.8, 0.75, 0.0, 0.0]
    """
    ### BEGIN SOLUTION
    far = np.sqrt(((X[:, None] - X) ** 2).sum(axis=-1))
    scores = np.zeros(len(X))
    for i, label in enumerate(labels):
        own = labels == label
        others = [far[i, labels == other].mean() for other in set(labels[~own])]
        a, b = far[i, own].sum() / max(own.sum() - 1, 1), min(others)
        if own.sum() > 1 and max(a, b) > 0:
            scores[i] = (b - a) / max(a, b)
    return scores
    ### END SOLUTION


def agglomerate(X, linkage):
    """Merge the two nearest clusters until one is left, and write down every merge.

        single:      D(A, B) = least of ‖a − b‖
        complete:    D(A, B) = largest of ‖a − b‖
        average:     D(A, B) = mean of ‖a − b‖

    over all pairs of a row a of cluster A and a row b of cluster B.  Clusters have numbers: row i
    of X is cluster i at first, and merge t, counted from 0, makes cluster n + t and ends the two
    that it merges.  Of pairs that are equally near, the one with the smallest (i, j) is merged: the
    smallest i, then the smallest j.  In tests distances are equal or so far apart that rounding
    does not decide.

    X is (n, d), n ≥ 2; linkage is "single", "complete" or "average".  The answer is (n − 1, 4) as
    SciPy's `linkage` gives it, a row for each merge: (i, j, D, size) with i < j, the distance of
    the two clusters and the number of rows of X in the new one.

    Raises ValueError for any other linkage.

    >>> X = np.array([[0.0], [1.0], [2.0], [5.0]])
    >>> agglomerate(X, "single").tolist()
    [[0.0, 1.0, 1.0, 2.0], [2.0, 4.0, 1.0, 3.0], [3.0, 5.0, 3.0, 4.0]]
    >>> agglomerate(X, "complete").tolist()
    [[0.0, 1.0, 1.0, 2.0], [2.0, 4.0, 2.0, 3.0], [3.0, 5.0, 5.0, 4.0]]
    """
    ### BEGIN SOLUTION
    distance = {"single": np.min, "complete": np.max, "average": np.mean}.get(linkage)
    if distance is None:
        raise ValueError(f"linkage must be single, complete or average, not {linkage!r}")
    far = np.sqrt(((X[:, None] - X) ** 2).sum(axis=-1))
    clusters = {i: [i] for i in range(len(X))}
    merges = []
    while len(clusters) > 1:
        d, i, j = min(
            (distance(far[np.ix_(clusters[i], clusters[j])]), i, j)
            for i in clusters
            for j in clusters
            if i < j
        )
        merged = clusters.pop(i) + clusters.pop(j)
        clusters[len(X) + len(merges)] = merged
        merges.append((i, j, d, len(merged)))
    return np.array(merges)
    ### END SOLUTION


def pca(X, k):
    """Find the k orthonormal directions along which the rows of X vary most.

        C = 1/(n − 1) · (X − μ)ᵀ(X − μ)
        C v_j = λ_j v_j where λ₁ > λ₂ > …

        ratio_j = λ_j / Σ_i λ_i

    The principal components are the eigenvectors v of the covariance matrix C, μ being the mean of
    the rows, and the variance along one is its eigenvalue λ; the sum in `ratio` is over *all* d
    directions, kept or not.

    X is (n, d), n ≥ 2, and 1 ≤ k ≤ min(n − 1, d); the variances are distinct and the first k not
    0.  The answer is (mean, components, variance, ratio): the mean of the rows (d,), the directions
    as *rows* (k, d), each of length 1 and with either sign, and variance and ratio (k,), largest
    first.

    Karl Pearson, "On lines and planes of closest fit to systems of points in space", 1901.

    >>> X = np.array([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0], [1.0, 3.0]])
    >>> mean, components, variance, ratio = pca(X, 1)
    >>> mean.tolist(), np.abs(components).round(4).tolist()
    ([1.75, 2.25], [[0.7071, 0.7071]])
    >>> variance.round(4).tolist(), ratio.round(4).tolist()
    ([5.3333], [0.9143])
    """
    ### BEGIN SOLUTION
    mean = X.mean(axis=0)
    _, singular, directions = np.linalg.svd(X - mean, full_matrices=False)
    variance = singular**2 / (len(X) - 1)
    return mean, directions[:k], variance[:k], variance[:k] / variance.sum()
    ### END SOLUTION


def isolation_tree(X, max_depth, rng):
    """Cut the rows of X at random until everybody is alone, or the tree is deep enough.

        f = candidates[rng.integers(len(candidates))]
        t = rng.uniform(low, high)

    A node looks at its own rows only.  It is a leaf if it is at depth max_depth (the root is at
    depth 0), has fewer than two rows, or all its rows are equal; a leaf draws nothing.  Otherwise
    the candidates are the features that vary among its rows, in ascending order, and low and high
    are the least and the largest value of feature f among them.  Rows with x[f] < t go left, the
    others right; where t happens to be low itself, the left side is a leaf of size 0.  The whole
    left subtree is grown before the right one.

    X is (n, d), n ≥ 1, max_depth ≥ 0.  The answer is a nested dict: {"size": n} for a leaf with n
    rows, {"feature": f, "threshold": t, "left": …, "right": …} for a cut.  Feature and size are
    ints, the threshold is a float.  Each cut draws twice, in the order above, and nothing else is
    drawn.

    Fei Tony Liu, Kai Ming Ting and Zhi-Hua Zhou, "Isolation Forest", 2008, algorithm 2.

    >>> X = np.array([[0.0, 5.0], [1.0, 5.0], [4.0, 5.0]])
    >>> tree = isolation_tree(X, 1, np.random.default_rng(0))
    >>> tree["feature"], round(tree["threshold"], 4), tree["left"], tree["right"]
    (0, 2.5478, {'size': 2}, {'size': 1})
    >>> isolation_tree(X, 2, np.random.default_rng(0))["left"]["left"]
    {'size': 1}
    """
    ### BEGIN SOLUTION
    low, high = X.min(axis=0), X.max(axis=0)
    candidates = np.flatnonzero(low < high)
    if max_depth == 0 or len(candidates) == 0:
        return {"size": len(X)}
    feature = int(candidates[rng.integers(len(candidates))])
    threshold = float(rng.uniform(low[feature], high[feature]))
    left = X[:, feature] < threshold
    return {
        "feature": feature,
        "threshold": threshold,
        "left": isolation_tree(X[left], max_depth - 1, rng),
        "right": isolation_tree(X[~left], max_depth - 1, rng),
    }
    ### END SOLUTION


def anomaly_scores(X, trees, sample_size):
    """Score every row by how soon the isolation trees have it alone: near 1 is an anomaly.

        h(x) = edges from the root to the leaf of x, plus c(size of that leaf)
        score(x) = 2^{−h̄(x) / c(sample_size)}

        c(n) = 2·(log(n − 1) + γ) − 2·(n − 1)/n for n > 2
        c(2) = 1, c(1) = 0, c(0) = 0

    h̄ is the mean of h over the trees, log the natural logarithm and γ = 0.5772156649015329
    Euler's constant.  c(n) estimates the mean depth of a leaf in a tree over n rows: what a leaf
    with several rows would still have needed, and what the mean depth is measured by.

    X is (m, d), trees a non-empty list of nested dicts as `isolation_tree` makes them (x[f] < t
    goes left), sample_size ≥ 2 the number of rows that each tree was grown on.  The answer is (m,).

    Fei Tony Liu, Kai Ming Ting and Zhi-Hua Zhou, "Isolation Forest", 2008, equations 1 and 2.

    >>> tree = {"feature": 0, "threshold": 5.0, "left": {"size": 3}, "right": {"size": 1}}
    >>> anomaly_scores(np.array([[0.0], [9.0]]), [tree], 4).round(4).tolist()
    [0.4377, 0.6877]
    """

    ### BEGIN SOLUTION
    def c(n):
        if n <= 2:
            return float(n == 2)
        return 2.0 * (np.log(n - 1) + 0.5772156649015329) - 2.0 * (n - 1) / n

    def path(x, node):
        edges = 0
        while "size" not in node:
            node = node["left" if x[node["feature"]] < node["threshold"] else "right"]
            edges += 1
        return edges + c(node["size"])

    mean = np.array([[path(x, tree) for tree in trees] for x in X]).mean(axis=1)
    return 2.0 ** (-mean / c(sample_size))
    ### END SOLUTION


def pseudo_labels(y, probabilities, threshold):
    """Give the rows without a label the class that the model is sure of.

        y_i ← argmax_c p_{i,c} where y_i = −1 and max_c p_{i,c} > threshold

    Everything else stays: rows that have a label, and rows the model is not sure of, which are −1
    still.  Sure is *strictly* more than the threshold.  Of tied classes the lowest is taken.

    y is (n,) with integer labels ≥ 0, and −1 for no label; probabilities is (n, C), a row of
    class probabilities for each row of data.  The answer is a new integer array (n,).

    David Yarowsky, "Unsupervised word sense disambiguation rivaling supervised methods", 1995.

    >>> y = np.array([-1, -1, 0])
    >>> probabilities = np.array([[0.5, 0.5], [0.1, 0.9], [0.0, 1.0]])
    >>> pseudo_labels(y, probabilities, 0.5).tolist()
    [-1, 1, 0]
    """
    ### BEGIN SOLUTION
    sure = (y == -1) & (probabilities.max(axis=1) > threshold)
    return np.where(sure, probabilities.argmax(axis=1), y)
    ### END SOLUTION


def frequent_itemsets(transactions, min_support):
    """List the sets of items that are together in many transactions.

        support(S) = (number of transactions that hold every item of S) / (number of transactions)

    A set is frequent if its support is ≥ min_support, which is > 0.  No item can make a set more
    frequent, so every part of a frequent set is frequent: larger sets need to be looked for among
    unions of smaller frequent ones only.

    transactions is a non-empty list of lists of items, all of them ints or all of them strings.  An
    item that is repeated within a transaction counts once there; a transaction may be empty, and
    counts among all transactions like any other.  The answer is a list of pairs (itemset, support):
    every frequent set with at least one item, as an ascending tuple, and its support, a float;
    ordered by size, then by itemset.

    Rakesh Agrawal and Ramakrishnan Srikant, "Fast Algorithms for Mining Association Rules", 1994.

    >>> transactions = [["a", "b"], ["b", "a", "a"], ["b"], []]
    >>> frequent_itemsets(transactions, 0.5)
    [(('a',), 0.5), (('b',), 0.75), (('a', 'b'), 0.5)]
    """
    ### BEGIN SOLUTION
    baskets = [set(transaction) for transaction in transactions]
    items = sorted(set().union(*baskets))
    candidates, found = [(item,) for item in items], []
    for _ in items:
        level = []
        for itemset in candidates:
            support = sum(basket.issuperset(itemset) for basket in baskets) / len(baskets)
            if support >= min_support:
                level.append((itemset, support))
        found += level
        candidates = [(*s, item) for s, _ in level for item in items if item > s[-1]]
    return found
    ### END SOLUTION


def rule_metrics(transactions, antecedent, consequent):
    """Say how good the rule is that who takes all of A takes all of C as well.

        support = P(A ∪ C)
        confidence = P(A ∪ C) / P(A)
        lift = P(A ∪ C) / (P(A)·P(C))

    P(S) is the share of the transactions that hold *all* items of S.  Confidence estimates the
    probability of C where A is; lift says how many times more often the two meet than they would
    by chance.

    transactions is a list of lists of items as in `frequent_itemsets`; antecedent A and consequent
    C are non-empty lists without a common item, each of them wholly in some transaction.  The
    answer is the triple (support, confidence, lift) of floats.

    Rakesh Agrawal, Tomasz Imieliński and Arun Swami, "Mining association rules between sets of
    items in large databases", 1993.

    >>> transactions = [["a", "b"], ["b", "a", "a"], ["b"], []]
    >>> rule_metrics(transactions, ["b"], ["a"])
    (0.5, 0.6666666666666666, 1.3333333333333333)
    """

    ### BEGIN SOLUTION
    def share(items):
        return sum(set(items) <= set(basket) for basket in transactions) / len(transactions)

    both, a, c = share([*antecedent, *consequent]), share(antecedent), share(consequent)
    return both, both / a, both / (a * c)
    ### END SOLUTION
