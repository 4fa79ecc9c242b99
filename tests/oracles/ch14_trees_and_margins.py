"""The same answers by independent means: scikit-learn, SciPy, autograd, brute force."""

import numpy as np
import scipy.stats
import torch
from scipy.spatial.distance import cdist
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import hinge_loss as mean_hinge_loss
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from grader.bank import alternate


def gain_by_stump(column, y, criterion):
    """The largest gain of one column, by the impurities of scikit-learn's tree of depth one."""
    tree = DecisionTreeClassifier(max_depth=1, criterion=criterion, random_state=0)
    fitted = tree.fit(np.reshape(column, (-1, 1)), y).tree_
    if fitted.node_count == 1:
        return 0.0
    weights, impurities = fitted.weighted_n_node_samples, fitted.impurity
    return float(impurities[0] - weights[1:] @ impurities[1:] / weights[0])


@alternate("impurity", "the root of scikit-learn's tree")
def impurity(y, criterion="gini"):
    if criterion not in ("gini", "entropy"):
        raise ValueError(criterion)
    tree = DecisionTreeClassifier(max_depth=1, criterion=criterion)
    return float(tree.fit(np.zeros((len(y), 1)), y).tree_.impurity[0])


@alternate("impurity", "scipy entropy; gini by counting unequal pairs")
def impurity_by_pairs(y, criterion="gini"):
    if criterion not in ("gini", "entropy"):
        raise ValueError(criterion)
    if criterion == "gini":
        return float(np.mean(y[:, None] != y))
    return float(scipy.stats.entropy(np.bincount(y), base=2))


@alternate("best_split", "stumps of scikit-learn on single columns and single questions")
def best_split(X, y, criterion="gini"):
    gains = [gain_by_stump(column, y, criterion) for column in X.T]
    best = max(gains)
    if best <= 1e-9:
        return None
    feature = next(j for j, gain in enumerate(gains) if gain >= best - 1e-9)
    values = np.unique(X[:, feature])
    for threshold in (values[1:] + values[:-1]) / 2:
        gain = gain_by_stump(X[:, feature] > threshold, y, criterion)
        if gain >= best - 1e-9:
            return feature, threshold, gain
    raise AssertionError("no question reaches the gain of its column")


@alternate("build_tree", "as deep as asked, node by node, by stumps of scikit-learn")
def build_tree(X, y, max_depth, criterion="gini"):
    split = best_split(X, y, criterion) if max_depth else None
    if split is None:
        return {"label": int(scipy.stats.mode(y).mode)}
    left = X[:, split[0]] <= split[1]
    children = (build_tree(X[side], y[side], max_depth - 1, criterion) for side in (left, ~left))
    feature, threshold, _ = split
    sides = dict(zip(("left", "right"), children, strict=True))
    return {"feature": feature, "threshold": threshold, **sides}


@alternate("predict_tree", "every leaf's box, brute force")
def predict_tree(tree, X):
    out = np.full(len(X), -1)

    def fill(node, inside):
        if "label" in node:
            out[inside] = node["label"]
            return
        below = np.array([x[node["feature"]] <= node["threshold"] for x in X])
        fill(node["left"], inside & below)
        fill(node["right"], inside & ~below)

    fill(tree, np.ones(len(X), dtype=bool))
    return out


@alternate("bagging_predict", "trees of stumps of scikit-learn, scipy mode")
def bagging_predict(X_train, y_train, X, num_trees, max_depth, rng):
    drawn = [rng.integers(len(y_train), size=len(y_train)) for _ in range(num_trees)]
    votes = [predict_tree(build_tree(X_train[rows], y_train[rows], max_depth), X) for rows in drawn]
    return scipy.stats.mode(np.array(votes), axis=0).mode


@alternate("hinge_loss", "scikit-learn's loss, autograd for the slopes")
def hinge_loss(X, y, w, b, lam):
    scores = X @ w + b
    # Every row once more with both signs turned: the same loss, and both labels always occur.
    data = mean_hinge_loss(np.concatenate([y, -y]), np.concatenate([scores, -scores]))
    inputs = [torch.tensor(one, dtype=torch.float64, requires_grad=True) for one in (w, b)]
    scores = torch.from_numpy(np.array(X)) @ inputs[0] + inputs[1]
    # torch's relu has the slope 0 at 0, as is due at a margin of exactly 1.
    hinge = torch.relu(1 - torch.from_numpy(np.array(y)) * scores).mean()
    dw, db = torch.autograd.grad(hinge + lam / 2 * inputs[0].square().sum(), inputs)
    return float(data) + lam * np.square(w).sum() / 2, dw.numpy(), float(db)


@alternate("pegasos", "one partial_fit of scikit-learn's SGD for each row")
def pegasos(X, y, lam, steps, rng):
    w = np.zeros(X.shape[1])
    for t in range(1, steps + 1):
        i = int(rng.integers(len(y)))
        row, label = np.ascontiguousarray(X[i : i + 1]), y[i : i + 1]
        machine = SGDClassifier(
            penalty=None, fit_intercept=False, learning_rate="constant", eta0=1 / (lam * t)
        )
        machine.partial_fit(row, label, classes=[-1, 1])
        machine.coef_[:] = w
        if label[0] * float(machine.decision_function(row)[0]) != 1:
            # At a margin of exactly 1 scikit-learn takes the other slope.
            machine.partial_fit(row, label)
        w = machine.coef_[0] - w / t
    return w


@alternate("svm_decision", "SVC's decision_function with these support vectors")
def svm_decision(X, support, y, alpha, b, gamma):
    points = np.ascontiguousarray(np.concatenate([support, support + 1.0]))
    machine = SVC(kernel="rbf", gamma=gamma).fit(points, np.repeat([-1, 1], len(support)))
    order = np.argsort(y, kind="stable")
    machine.support_vectors_ = np.ascontiguousarray(support[order])
    machine.support_ = np.arange(len(y), dtype=np.int32)
    machine._n_support = np.array([np.sum(y < 0), np.sum(y > 0)], dtype=np.int32)
    # libsvm's own score is positive for the first class, -1; decision_function turns it around.
    machine._dual_coef_ = np.ascontiguousarray(-(alpha * y)[order][None], dtype=np.float64)
    machine._intercept_ = np.array([-float(b)])
    return machine.decision_function(np.ascontiguousarray(X))


@alternate("svm_decision", "scikit-learn's kernel")
def svm_decision_by_kernel(X, support, y, alpha, b, gamma):
    return rbf_kernel(X, support, gamma=gamma) @ (alpha * y) + b


@alternate("knn_predict", "scikit-learn's classifier on ranks of distance and index")
def knn_predict(X_train, y_train, X, k):
    n = len(y_train)
    out = []
    for distances in cdist(X, X_train):
        # Ranks are distances without ties, which scikit-learn leaves open.
        rank = scipy.stats.rankdata(distances, method="ordinal").astype(float)
        neighbours = KNeighborsClassifier(n_neighbors=k, metric="precomputed")
        neighbours.fit(np.zeros((n, n)), y_train)
        out.append(neighbours.predict(rank[None])[0])
    return np.array(out)


@alternate("naive_bayes_log_posterior", "scikit-learn's GaussianNB")
def naive_bayes_log_posterior(X_train, y_train, X, var_smoothing=1e-9):
    return GaussianNB(var_smoothing=var_smoothing).fit(X_train, y_train).predict_log_proba(X)


@alternate("naive_bayes_log_posterior", "scipy's densities and logsumexp")
def naive_bayes_log_posterior_by_scipy(X_train, y_train, X, var_smoothing=1e-9):
    floor = var_smoothing * np.var(X_train, axis=0).max()
    columns = []
    for label in np.unique(y_train):
        rows = X_train[y_train == label]
        density = scipy.stats.norm(rows.mean(axis=0), np.sqrt(rows.var(axis=0) + floor))
        columns.append(density.logpdf(X).sum(axis=1) + np.log(np.mean(y_train == label)))
    joint = np.stack(columns, axis=1)
    return joint - scipy.special.logsumexp(joint, axis=1, keepdims=True)
