"""Pictures of chapter 1: how the loss falls, and the ways through a narrow valley."""

import numpy as np

from grader.show.picture import Curves, picture

STEPS = 40


@picture("gradient_descent: the loss after each step")
def losses(submission):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 2)) * np.array([1.0, 0.5])
    y = X @ np.array([2.0, -3.0]) + 1.0
    found = {
        f"lr = {lr}": submission.gradient_descent(X, y, lr=lr, steps=STEPS)[2]
        for lr in (0.03, 0.1, 0.3)
    }
    return Curves(found, across="step", up="loss")


@picture("momentum_step and adam_step: down a narrow valley, from the top left to (0, 0)")
def valley(submission):
    start = np.array([-4.0, 1.5])
    plain, heavy, adam = [start], [start], [start]
    velocity, m, v = np.zeros(2), np.zeros(2), np.zeros(2)
    for step in range(1, STEPS + 1):
        without, _ = submission.momentum_step(plain[-1], _slope(plain[-1]), np.zeros(2), 0.09, 0.0)
        plain.append(without)
        ahead, velocity = submission.momentum_step(
            heavy[-1], _slope(heavy[-1]), velocity, 0.03, 0.8
        )
        heavy.append(ahead)
        ahead, m, v = submission.adam_step(
            adam[-1], _slope(adam[-1]), m, v, step, 0.3, 0.9, 0.99, 1e-8
        )
        adam.append(ahead)
    ways = {"plain descent": plain, "momentum": heavy, "Adam": adam}
    found = {name: tuple(np.array(way).T) for name, way in ways.items()}
    return Curves(found, across="w[0]", up="w[1]")


def _slope(w):
    """The gradient of w[0]² / 2 + 10 · w[1]²."""
    return np.array([1.0, 20.0]) * w
