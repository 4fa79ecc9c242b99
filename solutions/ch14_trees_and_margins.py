"""Trees, margins and neighbours: learning without a network.

Every model so far was a formula with weights, and gradient descent found the weights. This chapter
is about the others, which still win on tables with a few hundred rows, train in the time that a
network needs to load, and can be explained to whoever is refused a loan.

A **decision tree** asks one question after another: is feature j at most t? A good question leaves
children that are purer than their parent, and how impure labels are is one number, computed from
the share p_c of each label c:

    gini = 1 − Σ_c p_c²
    entropy = −Σ_c p_c · log₂ p_c

Building a tree is nothing but asking the best question again and again. It is greedy, and you will
meet the data on which greed gives up at once, though two questions in a row would solve it. One
deep tree learns its data by heart; many trees, each grown on rows drawn at random, disagree about
what is chance and agree about what is not. That is bagging, half of a random forest.

A **support vector machine** is a line, as in chapter 1, with another idea of what is wrong: a row
is right only if it is right by a margin. With labels y_i = ±1 and the penalty of chapter 2:

    L(w, b) = λ/2 · ‖w‖² + 1/n · Σ_i max(0, 1 − y_i · (w · x_i + b))

Rows beyond the margin cost nothing and pull at nothing: the few others, the support vectors, hold
the line. Pegasos finds it with one row a step, and a kernel bends it: then the line is made of
distances to the support vectors alone.

Two old methods end the chapter. **Nearest neighbours** learn nothing and ask who is close. **Naive
Bayes** counts, turns the question around with Bayes' rule, and needs the logsumexp of chapter 4,
for its densities vanish far away from the data. Here ends the course on tables: in chapter 15 the
rows are images, no column of which means anything by itself, and networks come back.

Labels y are integers ≥ 0 of any kind, say 3, 7 and 40 and not only 0 to C − 1; a prediction is one
of them. Only margins use −1 and +1. Every tie is broken by a rule, so that a data set has one tree,
not several. A tree is a plain dict in dicts:

    leaf = {"label": 3}
    tree = {"feature": 0, "threshold": 1.5, "left": leaf, "right": leaf}
"""

import numpy as np


def impurity(y, criterion="gini"):
    """Measure how mixed labels are: 0 if they are all equal, most if they have equal shares.

        gini = 1 − Σ_c p_c²
        entropy = −Σ_c p_c · log₂ p_c

    y is (n,), n ≥ 1, integers ≥ 0 of any kind; p_c is the share of label c in y, for every label
    that occurs in y. The answer is one number. The entropy is in bits: its logarithm has base 2,
    however many labels there are.

    Raises ValueError if criterion is neither "gini" nor "entropy".

    Source: Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees" (1984);
    for the entropy Quinlan, "Induction of Decision Trees" (1986)

    >>> y = np.array([0, 0, 1, 7])
    >>> round(float(impurity(y)), 4), round(float(impurity(y, "entropy")), 4)
    (0.625, 1.5)
    """
    ### BEGIN SOLUTION
    if criterion not in ("gini", "entropy"):
        raise ValueError(f"criterion is 'gini' or 'entropy', not {criterion!r}")
    counts = np.bincount(y)
    # Labels that do not occur have no share: 0 · log₂ 0 would be NaN.
    p = counts[counts > 0] / len(y)
    if criterion == "gini":
        return float(1 - np.sum(p**2))
    return float(-np.sum(p * np.log2(p)))
    ### END SOLUTION


def best_split(X, y, criterion="gini"):
    """Find the question "is this feature at most that threshold?" that leaves the purest children.

        gain = I(y) − n_left / n · I(y_left) − n_right / n · I(y_right)

    I is the impurity by `criterion`. X is (n, d), n ≥ 1, y is (n,), integers ≥ 0 of any kind. A
    question sends a row to the left if x[feature] ≤ threshold, to the right otherwise; n_left and
    n_right are how many rows go there, y_left and y_right their labels. The thresholds of a feature
    are the midpoints of neighbouring distinct values of its column, so that no side is empty.

    The answer is (feature, threshold, gain) of the largest gain: an integer and two floats. Gains
    within 1e-9 of the largest are tied with it; of tied questions the lowest feature is taken, and
    of those the lowest threshold. The answer is None if no gain exceeds 1e-9. So it is for labels
    that are all equal, and for the exclusive or below, where no single question helps.

    Source: Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees" (1984)

    >>> X = np.array([[0.0, 3.0], [1.0, 2.0], [2.0, 1.0], [3.0, 0.0]])
    >>> feature, threshold, gain = best_split(X, np.array([0, 0, 1, 1]))
    >>> int(feature), float(threshold), round(float(gain), 4)
    (0, 1.5, 0.5)
    >>> corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> best_split(corners, np.array([0, 1, 1, 0])) is None
    True
    """
    ### BEGIN SOLUTION
    whole = impurity(y, criterion)
    best, largest = None, 0.0
    for feature in range(X.shape[1]):
        values = np.unique(X[:, feature])
        for threshold in (values[:-1] + values[1:]) / 2:
            left = X[:, feature] <= threshold
            share = left.mean()
            children = share * impurity(y[left], criterion)
            children += (1 - share) * impurity(y[~left], criterion)
            # Only a clear improvement replaces a question with a lower feature or threshold.
            if whole - children > largest + 1e-9:
                largest = whole - children
                best = (feature, float(threshold), float(largest))
    return best
    ### END SOLUTION


def build_tree(X, y, max_depth, criterion="gini"):
    """Grow a decision tree: ask the best question, split the rows by it, and go on in both parts.

        leaf = {"label": label}
        tree = {"feature": feature, "threshold": threshold, "left": tree, "right": tree}

    X is (n, d), n ≥ 1, y is (n,), integers ≥ 0 of any kind; max_depth ≥ 0 is how many questions may
    follow each other. While max_depth > 0 the rows are split by `best_split` with this criterion:
    those with x[feature] ≤ threshold make the left child, the others the right, each grown in the
    same way with max_depth − 1. Where max_depth is 0 or best_split finds nothing there is a leaf;
    its label is the most frequent one of its rows, the smallest of tied ones.

    The answer is a nested dict with exactly these keys; labels and features are integers,
    thresholds floats, "left" and "right" trees.

    Source: Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees" (1984)

    >>> X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([5, 3, 5, 5])
    >>> build_tree(X, y, 1)
    {'feature': 0, 'threshold': 1.5, 'left': {'label': 3}, 'right': {'label': 5}}
    >>> build_tree(X, y, 0)
    {'label': 5}
    """
    ### BEGIN SOLUTION
    split = best_split(X, y, criterion) if max_depth > 0 else None
    if split is None:
        # argmax finds the first of equal counts: the smallest of tied labels.
        return {"label": int(np.bincount(y).argmax())}
    feature, threshold, _ = split
    left = X[:, feature] <= threshold
    return {
        "feature": feature,
        "threshold": threshold,
        "left": build_tree(X[left], y[left], max_depth - 1, criterion),
        "right": build_tree(X[~left], y[~left], max_depth - 1, criterion),
    }
    ### END SOLUTION


def predict_tree(tree, X):
    """Send each row down a tree and answer with the label of the leaf where it ends.

        x[feature] ≤ threshold: go left, otherwise go right

    tree is a nested dict as in `build_tree`: a leaf has the key "label" alone, every other node
    "feature", "threshold", "left" and "right". The whole tree may be one leaf, and the two sides
    may differ in depth. X is (m, d), m ≥ 1; the answer is (m,), integer labels. A row that lies on
    the threshold goes left.

    >>> low = {"feature": 0, "threshold": 1.0, "left": {"label": 0}, "right": {"label": 3}}
    >>> tree = {"feature": 1, "threshold": 2.0, "left": low, "right": {"label": 7}}
    >>> X = np.array([[1.0, 2.0], [4.0, 2.0], [1.0, 5.0]])
    >>> predict_tree(tree, X).tolist()
    [0, 3, 7]
    """
    ### BEGIN SOLUTION
    predictions = []
    for x in X:
        node = tree
        while "label" not in node:
            node = node["left"] if x[node["feature"]] <= node["threshold"] else node["right"]
        predictions.append(node["label"])
    return np.array(predictions)
    ### END SOLUTION


def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    """Let many trees vote, each grown on rows drawn at random with replacement.

        rows = rng.integers(n, size=n)
        tree = build_tree(X_train[rows], y_train[rows], max_depth)

    X_train is (n, d), y_train (n,), integers ≥ 0 of any kind, X is (m, d), m ≥ 1; num_trees ≥ 1,
    max_depth ≥ 0. For each tree, one after the other, there is one draw of n rows as above, and the
    tree is grown on them by the Gini impurity. Nothing else is drawn from rng, a
    np.random.Generator. The answer is (m,): for each row of X the label that most trees predict,
    the smallest of tied ones.

    Source: Breiman, "Bagging Predictors" (1996)

    >>> rng = np.random.default_rng(5)
    >>> [rng.integers(4, size=4).tolist() for _ in range(3)]
    [[2, 3, 0, 3], [1, 2, 2, 1], [3, 0, 1, 1]]
    >>> X_train, y_train = np.array([[0.0], [2.0], [4.0], [6.0]]), np.array([7, 7, 2, 2])
    >>> X = np.array([[1.0], [3.5], [9.0]])
    >>> bagging_predict(X_train, y_train, X, 3, 1, np.random.default_rng(5)).tolist()
    [7, 2, 2]
    """
    ### BEGIN SOLUTION
    n = len(y_train)
    votes = []
    for _ in range(num_trees):
        rows = rng.integers(n, size=n)
        tree = build_tree(X_train[rows], y_train[rows], max_depth)
        votes.append(predict_tree(tree, X))
    return np.array([np.bincount(own).argmax() for own in np.stack(votes, axis=1)])
    ### END SOLUTION


def hinge_loss(X, y, w, b, lam):
    """Measure how far rows are from being right by a margin of 1, and how to do better.

        m_i = y_i · (w · x_i + b)
        L = λ/2 · ‖w‖² + 1/n · Σ_i max(0, 1 − m_i)
        dw = λ · w − 1/n · Σ_{m_i < 1} y_i · x_i
        db = −1/n · Σ_{m_i < 1} y_i

    X is (n, d), n ≥ 1, y is (n,), each −1 or +1, w is (d,), b a number; λ is `lam`, at least 0. The
    answer is (loss, dw, db): a number, (d,), a number. b is not penalised. The sums of dw and db
    are over the rows whose margin m_i is below 1. At a margin of exactly 1 the loss has a corner
    and many slopes to choose from; the row counts 0 there. The mean is over all n rows, also those
    that cost nothing.

    Source: Cortes and Vapnik, "Support-Vector Networks" (1995)

    >>> X, y = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([1, -1])
    >>> loss, dw, db = hinge_loss(X, y, np.array([1.0, 1.0]), 0.0, 0.5)
    >>> float(loss), dw.tolist(), float(db)
    (2.0, [0.5, 1.5], 0.5)
    """
    ### BEGIN SOLUTION
    margins = y * (X @ w + b)
    loss = lam / 2 * w @ w + np.maximum(0, 1 - margins).mean()
    pull = np.where(margins < 1, y, 0) / len(y)
    return float(loss), lam * w - pull @ X, float(-pull.sum())
    ### END SOLUTION


def pegasos(X, y, lam, steps, rng):
    """Train a linear support vector machine by steps on single rows, each shorter than the last.

    At w = 0 to begin with, for t = 1, 2, … up to `steps`:

        i = rng.integers(n)
        η = 1 / (λ · t)
        w ← (1 − η · λ) · w + η · y_i · x_i,  if y_i · (x_i · w) < 1
        w ← (1 − η · λ) · w,  otherwise

    X is (n, d), y is (n,), each −1 or +1; λ is `lam`, above 0; steps may be 0. The answer is w,
    (d,). Whether y_i · (x_i · w) is below 1 is asked of w as it was before the step. There is no
    bias, no projection onto a ball and no averaging. One integer is drawn for each step, as above,
    and nothing else is asked of rng, a np.random.Generator.

    Source: Shalev-Shwartz, Singer and Srebro, "Pegasos: Primal Estimated sub-GrAdient SOlver for
    SVM" (2007), figure 1, without the optional projection

    >>> rng = np.random.default_rng(0)
    >>> [int(rng.integers(2)) for _ in range(3)]
    [1, 1, 1]
    >>> X, y = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([1, -1])
    >>> pegasos(X, y, 0.5, 3, np.random.default_rng(0)).round(4).tolist()
    [0.0, -1.3333]
    """
    ### BEGIN SOLUTION
    n, d = X.shape
    w = np.zeros(d)
    for t in range(1, steps + 1):
        i = rng.integers(n)
        rate = 1 / (lam * t)
        violated = y[i] * (X[i] @ w) < 1
        w = (1 - rate * lam) * w
        if violated:
            w = w + rate * y[i] * X[i]
    return w
    ### END SOLUTION


def svm_decision(X, support, y, alpha, b, gamma):
    """Score rows by a support vector machine with a Gaussian kernel: positive means class +1.

        f(x) = Σ_i α_i · y_i · exp(−γ · ‖x − s_i‖²) + b

    X is (m, d), m ≥ 1; s_i is row i of support, (s, d), s ≥ 1; y is (s,), each −1 or +1, alpha
    (s,), b a number, γ is `gamma`, above 0. The answer is (m,): the scores themselves, not their
    signs. ‖x − s_i‖² is the squared distance, the sum of the squared differences.

    Source: Cortes and Vapnik, "Support-Vector Networks" (1995)

    >>> support = np.array([[0.0, 0.0], [1.0, 1.0]])
    >>> y, alpha = np.array([1, -1]), np.array([2.0, 1.0])
    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> svm_decision(X, support, y, alpha, 0.5, 1.0).round(4).tolist()
    [2.3647, 0.8679, -0.2293]
    """
    ### BEGIN SOLUTION
    squared = ((X[:, None] - support) ** 2).sum(axis=-1)
    return np.exp(-gamma * squared) @ (alpha * y) + b
    ### END SOLUTION


def knn_predict(X_train, y_train, X, k):
    """Predict by the most frequent label among the k nearest training rows.

        dist(x, i) = ‖x − x_i‖,  where x_i is row i of X_train

    X_train is (n, d), y_train (n,), integers ≥ 0 of any kind, X is (m, d), m ≥ 1; 1 ≤ k ≤ n. The
    answer is (m,), integer labels. Distance is Euclidean; of equally near rows those with the lower
    index are taken first. Each of the k rows has one vote, near or far; of tied labels the smallest
    wins. A row of X that is also a training row has itself for a neighbour.

    Source: Cover and Hart, "Nearest Neighbor Pattern Classification" (1967)

    >>> X_train, y_train = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]]), np.array([4, 9, 1])
    >>> X = np.array([[1.0, 0.0], [3.0, 3.0]])
    >>> knn_predict(X_train, y_train, X, 1).tolist(), knn_predict(X_train, y_train, X, 2).tolist()
    ([4, 9], [4, 1])
    """
    ### BEGIN SOLUTION
    squared = ((X[:, None] - X_train) ** 2).sum(axis=-1)
    # A stable sort leaves equally near rows in the order of their indices.
    nearest = squared.argsort(axis=1, kind="stable")[:, :k]
    return np.array([np.bincount(own).argmax() for own in y_train[nearest]])
    ### END SOLUTION


def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    """Turn class counts and one normal density per class and feature into log probabilities.

        v_cj = σ_cj² + var_smoothing · V
        s_c = log(n_c / n) − ½ · Σ_j (log(2 · π · v_cj) + (x_j − μ_cj)² / v_cj)
        log p_c = s_c − log(Σ_k exp(s_k))

    p_c is the probability of label c for a row x, and k runs over all labels in y_train. X_train is
    (n, d), y_train (n,), integers ≥ 0 of any kind; n_c rows have label c, and μ_cj and σ_cj² are
    the mean and the population variance (divided by n_c) of column j in these rows. V is one
    number, the largest population variance of a column of all of X_train; a little of it keeps
    every v_cj above 0, as in scikit-learn's GaussianNB. The logarithm is the natural one.

    X is (m, d), m ≥ 1. The answer is (m, C), a row for each x and a column for each label that
    occurs in y_train, in ascending order; the probabilities of a row sum to 1. It is right however
    far away x is, where every density is 0 in floating point.

    Every class has at least two rows and some column varies; a column that is constant in X_train
    has the same value in X.

    Source: Duda, Hart and Stork, "Pattern Classification" (2001), chapter 2

    >>> X_train, y_train = np.array([[0.0], [2.0], [4.0], [6.0]]), np.array([1, 1, 0, 0])
    >>> X = np.array([[3.0], [2.0], [1000.0]])
    >>> naive_bayes_log_posterior(X_train, y_train, X).round(4).tolist()
    [[-0.6931, -0.6931], [-4.0181, -0.0181], [0.0, -3988.0]]
    """
    ### BEGIN SOLUTION
    smoothing = var_smoothing * X_train.var(axis=0).max()
    scores = []
    for label in np.unique(y_train):
        rows = X_train[y_train == label]
        var = rows.var(axis=0) + smoothing
        squares = (X - rows.mean(axis=0)) ** 2 / var
        log_density = -0.5 * (np.log(2 * np.pi * var) + squares).sum(axis=1)
        scores.append(np.log(len(rows) / len(y_train)) + log_density)
    scores = np.stack(scores, axis=1)
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    ### END SOLUTION
