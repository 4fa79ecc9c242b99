"""Pictures of chapter 6: a digit, and what two filters see in it."""

import numpy as np

from grader.show.picture import Heatmap, picture

SEVEN = np.array(
    [[float(char == "#") for char in line] for line in (
        "..........",
        ".########.",
        ".########.",
        "......##..",
        ".....##...",
        "....##....",
        "....##....",
        "...##.....",
        "...##.....",
        "..........",
    )]
)  # fmt: skip
EDGE = np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [-1.0, -1.0, -1.0]])


@picture("conv2d: where a seven has an upper or a lower edge")
def edges(submission):
    return Heatmap(_seen(submission, EDGE))


@picture("conv2d and max_pool2d: its left and right edges, the strongest of each 2 × 2")
def pooled(submission):
    seen = _seen(submission, EDGE.T)
    return Heatmap(submission.max_pool2d(np.abs(seen)[None, None], 2, 2)[0, 0])


def _seen(submission, kernel):
    answer = submission.conv2d(SEVEN[None, None], kernel[None, None], np.zeros(1), 1, 1)
    return answer[0, 0]
