"""Pictures of chapter 8: who looks at whom, and how positions are told apart."""

import torch

from grader.show.picture import Curves, Heatmap, picture

WORDS = "the cat sat on the mat because it was tired".split()


@picture("scaled_dot_product_attention: each word (row) looks at the words before it")
def attention(submission):
    features = torch.randn(len(WORDS), 16, generator=torch.Generator().manual_seed(3))
    features[WORDS.index("the", 1)] = features[0]
    features[WORDS.index("it")] = features[WORDS.index("cat")] + 0.3
    mask = submission.causal_mask(len(WORDS))
    _, weights = submission.scaled_dot_product_attention(features, features, features, mask)
    return Heatmap(weights, rows=WORDS, columns=WORDS)


@picture("sinusoidal_positions: a row for each position, slow and fast waves")
def positions(submission):
    return Heatmap(submission.sinusoidal_positions(20, 32))


@picture("apply_rope: how well a query agrees with the same key, some positions away")
def rotation(submission):
    x = torch.ones(64, 32)
    rotated = {
        base: submission.apply_rope(x, torch.arange(64), base=base) for base in (100.0, 10000.0)
    }
    found = {f"base {base:g}": one @ one[0] / 32 for base, one in rotated.items()}
    return Curves(found, across="distance", up="q · k")
