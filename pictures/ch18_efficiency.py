"""Pictures of chapter 18: which guesses a large model takes, what rounding costs, who gets work."""

import torch

from grader.show.picture import Curves, Heatmap, Passages, picture

TEXT = (
    "the cat sat on the mat and the dog sat on the cat and the cat ran to the dog and the dog "
    "ran to the mat and the cat and the dog sat on the mat and ran "
)
GUESSES = 4


def habits(order):
    """For each context of up to so many letters how often each letter follows it, in the text."""
    letters, following = sorted(set(TEXT)), {}
    looped = TEXT + TEXT[:order]
    for place in range(len(TEXT)):
        for start in range(place, place + order):
            counts = following.setdefault(looped[start : place + order], torch.zeros(len(letters)))
            counts[letters.index(looped[place + order])] += 1
    return letters, following


LETTERS, LARGE = habits(5)
_, SMALL = habits(2)


def probabilities(model, order, text):
    """What a model says of the next letter, by the longest context that it has seen."""
    contexts = (text[-length:] for length in range(order, 0, -1))
    counts = model[next(context for context in contexts if context in model)] + 0.001
    return counts.double() / counts.sum()


def guess(text, generator):
    """Letters that the small model draws, and its probabilities at each place."""
    tokens, rows = [], []
    for _ in range(GUESSES):
        rows.append(probabilities(SMALL, 2, text))
        tokens.append(int(torch.multinomial(rows[-1], 1, generator=generator)))
        text += LETTERS[tokens[-1]]
    return torch.tensor(tokens), torch.stack(rows)


def check_guesses(module, tokens, draft, target, seed):
    """check the guesses, with a generator of that seed"""
    generator = torch.Generator().manual_seed(seed)
    return module.speculative_step(tokens, draft, target, generator)


def written(submission, calls):
    """Pieces of text: for each call of the large model the guesses it took, and its own letter."""
    generator, text, pieces = torch.Generator().manual_seed(6), "the cat", []
    for number in range(calls):
        tokens, draft = guess(text, generator)
        ahead = [text + "".join(LETTERS[one] for one in tokens[:n]) for n in range(GUESSES + 1)]
        target = torch.stack([probabilities(LARGE, 5, one) for one in ahead])
        new = submission.probe(check_guesses, tokens, draft, target, number)
        letters = "".join(LETTERS[int(one)] for one in torch.as_tensor(new).flatten())
        pieces.append(letters)
        text += letters
    return pieces


@picture("speculative_step: what each call of the large model brought")
def live(submission):
    pieces = written(submission, 24)
    return Passages({"24 calls": pieces, "24 letters": list("".join(pieces))[:24]})


@picture("quantize_absmax: the error of weights, with one scale and with one a row")
def rounding(submission):
    drawn = torch.Generator().manual_seed(0)
    sizes = torch.logspace(-1.5, 0.5, 32)[:, None]  # some rows have small weights, some large ones
    weights = torch.randn(32, 64, generator=drawn) * sizes
    every = list(range(2, 9))
    lines = {}
    for name, axis in {"one scale": None, "a scale for each row": 0}.items():
        errors = []
        for bits in every:
            q, scale = submission.quantize_absmax(weights, bits, axis)
            back = submission.dequantize(q, scale)
            relative = ((back - weights) / sizes).square().mean().sqrt()
            errors.append(float(relative.log10()))
        lines[name] = (every, errors)
    return Curves(lines, across="bits", up="log10 of the relative error")


@picture("route: how many tokens each of 8 experts gets, while the balancing loss pulls")
def load(submission):
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randn(64, 6, generator=generator)
    router = torch.randn(6, 8, generator=generator)
    router[:, 2] += 0.4 * tokens.mean(dim=0) + 1.0  # one expert is everybody's darling
    tokens, frames = tokens + 0.5, []
    for step in range(121):
        if step % 10 == 0:
            _, experts, _ = submission.route(tokens @ router, 2)
            frames.append(torch.bincount(torch.as_tensor(experts).flatten().long(), minlength=8))
        p = torch.softmax(tokens @ router, dim=1)
        _, experts, _ = submission.route(tokens @ router, 2)
        share = torch.bincount(torch.as_tensor(experts).flatten().long(), minlength=8) / len(tokens)
        # The derivative of 8 · Σ f_e · P_e for the logits, f being a constant.
        slope = 8 * p * (share - (p * share).sum(dim=1, keepdim=True)) / len(tokens)
        router = router - 0.3 * tokens.T @ slope
    return Heatmap(torch.stack(frames, dim=1).double(), rows=[f"{number}" for number in range(8)])
