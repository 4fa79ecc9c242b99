"""Pictures of chapter 14: two moons, divided by four kinds of learner."""

import numpy as np

from grader.checks import generator
from grader.show.picture import Heatmap, picture

ACROSS, UP = np.linspace(-1.6, 2.6, 49), np.linspace(1.5, -1.1, 25)


@picture("build_tree: two moons, told apart by one tree")
def one_tree(submission):
    X, y = _moons()
    return _map(submission.predict_tree(submission.build_tree(X, y, 5), _plane()))


@picture("bagging_predict: by 15 trees that vote")
def many_trees(submission):
    X, y = _moons()
    return _map(submission.bagging_predict(X, y, _plane(), 15, 5, generator(0)))


@picture("svm_decision: by the distances to support vectors, with the score as shade")
def machine(submission):
    X, y = _moons()
    signs = 2 * y - 1
    alpha = _dual(X, signs, gamma=2.0, most=5.0)
    some = alpha > 0
    scores = submission.svm_decision(_plane(), X[some], signs[some], alpha[some], 0.0, 2.0)
    return _map(np.clip(scores, -1.5, 1.5))


@picture("knn_predict: by the five nearest rows")
def neighbours(submission):
    X, y = _moons()
    return _map(submission.knn_predict(X, y, _plane(), 5))


def _moons():
    """Two half circles, each around an end of the other, blurred."""
    rng = np.random.default_rng(3)
    angle = rng.uniform(0, np.pi, 60)
    y = np.arange(60) % 2
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.4 - np.sin(angle)], axis=1)
    return np.where(y[:, None] == 0, upper, lower) + rng.normal(0, 0.18, (60, 2)), y


def _plane():
    """Every point of the picture, row by row."""
    across, up = np.meshgrid(ACROSS, UP)
    return np.stack([across.ravel(), up.ravel()], axis=1)


def _map(answers):
    """The answers where they belong in the plane."""
    return Heatmap(np.reshape(answers, (len(UP), len(ACROSS))))


def _dual(X, signs, gamma, most):
    """Weights of a machine without bias: each in turn is set to its best value in [0, most]."""
    squared = ((X[:, None] - X) ** 2).sum(axis=-1)
    kernel = np.exp(-gamma * squared) * np.outer(signs, signs)
    alpha = np.zeros(len(X))
    for _ in range(50):
        for i in range(len(X)):
            alpha[i] = np.clip(alpha[i] + 1 - kernel[i] @ alpha, 0, most)
    return alpha
