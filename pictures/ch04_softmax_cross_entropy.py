"""Pictures of chapter 4: what temperature does, and what a prediction costs."""

import numpy as np

from grader.show.picture import Curves, Heatmap, picture


@picture("softmax: logits divided by a temperature T")
def temperatures(submission):
    logits = np.array([2.0, 1.0, 0.0, -1.0, -2.0, 1.5])
    steps = (0.25, 0.5, 1.0, 2.0, 4.0)
    rows = [submission.softmax(logits / step) for step in steps]
    names = [f"T = {step:g}" for step in steps]
    return Heatmap(rows, rows=names, columns=[f"{logit:g}" for logit in logits])


@picture("binary_cross_entropy: what a logit costs, by what was true")
def costs(submission):
    logits = np.linspace(-6.0, 6.0, 61)
    found = {
        f"target {target:g}": (
            logits,
            [submission.binary_cross_entropy(np.array([z]), np.array([target])) for z in logits],
        )
        for target in (0.0, 0.5, 1.0)
    }
    return Curves(found, across="logit", up="loss")
