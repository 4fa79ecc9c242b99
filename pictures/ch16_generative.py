"""Pictures of chapter 16: noise becomes a spiral, and what a generator hears from its judge."""

import itertools
import math

import torch

from grader.show.picture import Curves, Heatmap, picture

STEPS, POINTS = 60, 900
ACROSS, DOWN = 20, 12
REACH = 1.6


def spiral(count):
    """Points on a turn and a half of a spiral, about as wide as standard noise."""
    angle = torch.linspace(0.5, 2.0, count, dtype=torch.float64) * 2 * math.pi
    return torch.stack([angle.cos(), angle.sin()], dim=1) * angle[:, None] / 8.5


DATA = spiral(240)


def guess(x_t, share):
    """What a perfect network says of the noise in x_t, when that share of the data is left.

    It knows all the data: each point may have been the beginning, the near ones more likely.
    """
    distances = torch.cdist(x_t, DATA * share**0.5) ** 2
    likely = torch.softmax(-distances / (2 * (1 - share)), dim=1)
    return (x_t - likely @ DATA * share**0.5) / (1 - share) ** 0.5


def frame(points):
    """How many points lie in each cell of a square, the upper ones in the first row."""
    places = (points / REACH + 1) / 2 * torch.tensor([ACROSS, DOWN])
    inside = ((points > -REACH) & (points < REACH)).all(dim=1)
    across, up = places[inside].long().T
    counts = torch.bincount((DOWN - 1 - up) * ACROSS + across, minlength=ACROSS * DOWN)
    return counts.reshape(DOWN, ACROSS).double()


def side_by_side(frames):
    """Frames as one matrix, each as bright as the others, with a dark column between them."""
    bright = [one / max(float(one.max()), 1.0) for one in frames]
    gap = torch.zeros(DOWN, 1, dtype=torch.float64)
    return torch.cat([part for one in bright for part in (one, gap)][:-1], dim=1)


def schedule(submission):
    """The submission's betas and what is left after each of them, as float64."""
    betas = torch.as_tensor(submission.cosine_beta_schedule(STEPS)).double()
    return betas, torch.cumprod(1 - betas, dim=0)


def noise(seed):
    """Where all begins."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn((POINTS, 2), generator=generator, dtype=torch.float64)


@picture("ddpm_step: noise becomes a spiral, after 0, 45 and all 60 steps")
def stochastic(submission):
    betas, left = schedule(submission)
    x, frames = noise(0), []
    for t in reversed(range(STEPS)):
        if t + 1 in (STEPS, STEPS // 4):
            frames.append(frame(x))
        x = submission.ddpm_step(x, t, guess(x, float(left[t])), betas, noise(t + 1))
    return Heatmap(side_by_side([*frames, frame(x)]))


@picture("ddim_step: the same noise, in 2, 6 and 20 steps")
def deterministic(submission):
    _, left = schedule(submission)
    frames = []
    for count in (2, 6, 20):
        x, places = noise(0), torch.linspace(STEPS - 1, -1, count + 1).long().tolist()
        for t, t_prev in itertools.pairwise(places):
            x = submission.ddim_step(x, t, t_prev, guess(x, float(left[t])), left)
        frames.append(frame(x))
    return Heatmap(side_by_side(frames))


@picture("gan_losses: where its fakes are seen through, only one loss still pulls")
def pulls(submission):
    logits = torch.linspace(-8.0, 8.0, 65)
    zero = torch.zeros(1)
    found = [submission.gan_losses(zero, logit.reshape(1)) for logit in logits]
    lines = {
        "g_loss": [float(g_loss) for _, g_loss in found],
        "minus d_loss": [-float(d_loss) for d_loss, _ in found],
    }
    places = logits.tolist()
    curves = {name: (places, heights) for name, heights in lines.items()}
    return Curves(curves, across="logit of a fake", up="loss")
