"""Pictures of chapter 15: what is hidden and imagined, who may attend, which boxes stay."""

import torch

from grader.checks import function
from grader.show.picture import Curves, Heatmap, picture

SIDE, PATCH, WIDTH = 24, 4, 32
HIDDEN = 0.75
PARTS, STEPS = 4, 60
"""A call has two seconds: training is cut into parts, each of so many steps."""


def discs(count, seed):
    """Images of one soft disc each, in front of a slope of grey."""
    numbers = torch.Generator().manual_seed(seed)
    centre = 7 + 10 * torch.rand(count, 2, 1, 1, generator=numbers)
    radius = 4 + 3 * torch.rand(count, 1, 1, generator=numbers)
    slope = torch.rand(count, 2, 1, 1, generator=numbers) - 0.5
    down, across = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    distance = ((down - centre[:, 0]) ** 2 + (across - centre[:, 1]) ** 2).sqrt()
    grey = (slope[:, 0] * down + slope[:, 1] * across) / SIDE
    return (grey + torch.sigmoid(2 * (radius - distance)))[:, None]


def begin(length, size, width):
    """A small masked autoencoder before it has learned anything: its weights."""
    numbers = torch.Generator().manual_seed(15)

    def small(*shape):
        return torch.randn(shape, generator=numbers) / shape[-1] ** 0.5

    weights = {"into": small(width, size), "out": small(size, width), "gap": small(width)}
    weights["places"] = small(length, width)
    for layer in ("encoder", "decoder"):
        weights[f"{layer}.qkv"] = small(3 * width, width)
        weights[f"{layer}.mix"] = small(width, width)
        weights[f"{layer}.up"] = small(2 * width, width)
        weights[f"{layer}.down"] = small(width, 2 * width)
    return weights


def imagine(module, weights, images, patch_size, share, generator):
    """hide a share of the patches and guess them: all patches, the guess, the mask

    The encoder sees nothing but the patches that were kept; the decoder sees gaps, too.
    """
    from torch.nn import functional

    def block(x, layer):
        normed = functional.layer_norm(x, x.shape[-1:])
        q, k, v = functional.linear(normed, weights[f"{layer}.qkv"]).chunk(3, dim=-1)
        seen = functional.scaled_dot_product_attention(q, k, v)
        x = x + functional.linear(seen, weights[f"{layer}.mix"])
        inner = functional.linear(functional.layer_norm(x, x.shape[-1:]), weights[f"{layer}.up"])
        return x + functional.linear(torch.relu(inner), weights[f"{layer}.down"])

    cut = module.patchify(images, patch_size)
    tokens = functional.linear(cut, weights["into"]) + weights["places"]
    shown, mask, places = module.random_masking(tokens, share, generator)
    whole = module.restore_tokens(block(shown, "encoder"), weights["gap"], places)
    return cut, functional.linear(block(whole + weights["places"], "decoder"), weights["out"]), mask


def train(module, imagine, learnt, images, patch_size, share, steps):
    """train a small masked autoencoder by Adam: weights, their averages, losses

    `learnt` is the answer of the call before.
    """
    weights = {name: one.requires_grad_() for name, one in learnt["weights"].items()}
    m, v, losses = learnt["m"], learnt["v"], []
    for step in range(learnt["done"] + 1, learnt["done"] + steps + 1):
        generator = torch.Generator().manual_seed(step)
        batch = images[torch.randint(len(images), (32,), generator=generator)]
        guess = imagine(module, weights, batch, patch_size, share, generator)
        loss = module.masked_reconstruction_loss(guess[1], guess[0], guess[2])
        losses.append(float(loss.detach()))
        gradients = torch.autograd.grad(loss, list(weights.values()))
        with torch.no_grad():
            for (name, one), gradient in zip(weights.items(), gradients, strict=True):
                m[name] = 0.9 * m[name] + 0.1 * gradient
                v[name] = 0.99 * v[name] + 0.01 * gradient**2
                bias = (1 - 0.99**step) ** 0.5 / (1 - 0.9**step)
                one -= 0.004 * bias * m[name] / (v[name].sqrt() + 1e-8)
    plain = {name: one.detach() for name, one in weights.items()}
    return {"weights": plain, "m": m, "v": v, "done": learnt["done"] + steps, "losses": losses}


def look(module, imagine, weights, images, patch_size, share, seed):
    """hide and guess: the images, what the model sees of them, what it makes of that"""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        cut, guess, mask = imagine(module, weights, images, patch_size, share, generator)
        hidden = mask[:, :, None]
        seen = cut * (1 - hidden) + images.min() * hidden
        filled = cut * (1 - hidden) + guess * hidden
        height, width = images.shape[2:]
        return [module.unpatchify(one, patch_size, height, width) for one in (cut, seen, filled)]


@picture("patchify, random_masking: the image, what a model sees, what it imagines")
def imagining(submission):
    weights = begin((SIDE // PATCH) ** 2, PATCH**2, WIDTH)
    zeros = {name: torch.zeros_like(one) for name, one in weights.items()}
    learnt = {"weights": weights, "m": zeros, "v": zeros, "done": 0}
    for _ in range(PARTS):
        learnt = submission.probe(
            train, function(imagine), learnt, discs(200, 1), PATCH, HIDDEN, STEPS
        )
    unseen = discs(2, 2)[1:]
    panels = submission.probe(look, function(imagine), learnt["weights"], unseen, PATCH, HIDDEN, 6)
    gap = torch.full((SIDE, 2), float(unseen.min()))
    image, seen, filled = (torch.as_tensor(panel)[0, 0] for panel in panels)
    return Heatmap(torch.cat([image, gap, seen, gap, filled], dim=1))


MAP, WINDOW, SHIFT = 8, 4, 1


@picture("shifted_window_mask: how many cells each cell of a rolled map may attend to")
def partners(submission):
    mask = submission.shifted_window_mask(MAP, MAP, WINDOW, SHIFT)
    counts = torch.as_tensor(mask).sum(dim=-1)
    side = MAP // WINDOW
    places = counts.unflatten(0, (side, side)).unflatten(2, (WINDOW, WINDOW))
    rows = [f"row {(row + SHIFT) % MAP}" for row in range(MAP)]
    columns = [str((column + SHIFT) % MAP) for column in range(MAP)]
    return Heatmap(places.movedim(2, 1).flatten(2).flatten(0, 1), rows=rows, columns=columns)


BOXES = torch.tensor(
    [[1.0, 1, 5, 5], [1.4, 0.7, 5.3, 4.8], [0.8, 1.5, 4.6, 5.6], [6, 2, 9, 7], [6.3, 2.4, 9.2, 6.6]]
)
SCORES = torch.tensor([0.7, 0.9, 0.6, 0.5, 0.8])


@picture("nms: of boxes around the same thing the best stays")
def suppressed(submission):
    kept = torch.as_tensor(submission.nms(BOXES, SCORES, 0.4)).tolist()
    lines = {}
    for index, (left, top, right, bottom) in enumerate(BOXES.tolist()):
        name = f"{SCORES[index]:.1f} {'stays' if index in kept else 'goes'}"
        outline = [left, right, right, left, left], [-top, -top, -bottom, -bottom, -top]
        lines[name] = outline
    return Curves(lines, "x", "−y")
