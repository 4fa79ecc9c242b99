"""The same answers by independent means: torch's fold, NumPy, SciPy, scikit-learn, brute force."""

import itertools

import numpy as np
import torch
from scipy import stats
from sklearn.feature_extraction.image import _extract_patches
from torch import nn
from torch.nn import functional

from grader.bank import alternate


def _normed(norm, x):
    """Batch norm by its formula, with running statistics kept as torch's are."""
    if norm.training:
        mean, count = x.mean(dim=(0, 2, 3)), x[:, 0].numel()
        var = ((x - mean[:, None, None]) ** 2).mean(dim=(0, 2, 3))
        with torch.no_grad():
            norm.num_batches_tracked += 1
            norm.running_mean.lerp_(mean, 0.1)
            norm.running_var.lerp_(var * count / (count - 1), 0.1)
    else:
        mean, var = norm.running_mean, norm.running_var
    scale = norm.weight / (var + 1e-5).sqrt()
    return x * scale[:, None, None] + (norm.bias - mean * scale)[:, None, None]


def _convolved(weight, x, stride):
    """A convolution by columns and one matrix product."""
    side = weight.shape[-1]
    columns = functional.unfold(x, side, padding=side // 2, stride=stride)
    height, width = (-(-length // stride) for length in x.shape[2:])
    return (weight.flatten(1) @ columns).unflatten(2, (height, width))


@alternate("ResidualBlock", "convolutions by unfold and a product, norms by their formula")
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride, self.projected = stride, stride != 1 or in_channels != out_channels
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, bias=False)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(out_channels), nn.BatchNorm2d(out_channels)
        if self.projected:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x):
        y = _normed(self.bn1, _convolved(self.conv1.weight, x, self.stride))
        y = _normed(self.bn2, _convolved(self.conv2.weight, y * (y > 0), 1))
        if self.projected:
            projection, norm = self.downsample
            x = _normed(norm, _convolved(projection.weight, x, self.stride))
        return (y + x) * (y + x > 0)


@alternate("patchify", "torch's unfold, whose channel is slowest, reordered")
def patchify(images, patch_size):
    if any(side % patch_size for side in images.shape[2:]):
        raise ValueError("no whole number of patches")
    columns = functional.unfold(images, patch_size, stride=patch_size)
    split = columns.unflatten(1, (images.shape[1], patch_size**2))
    return split.permute(0, 3, 2, 1).flatten(2)


@alternate("unpatchify", "torch's fold, whose channel is slowest, after reordering")
def unpatchify(patches, patch_size, height, width):
    split = patches.unflatten(2, (patch_size**2, -1))
    columns = split.permute(0, 3, 2, 1).flatten(1, 2)
    return functional.fold(columns, (height, width), patch_size, stride=patch_size)


@alternate("ViTEmbedding", "scikit-learn's patches, and one matrix")
class ViTEmbedding(nn.Module):
    def __init__(self, image_size, patch_size, in_channels, dim):
        super().__init__()
        if image_size not in range(patch_size, image_size + 1, patch_size):
            raise ValueError("no whole number of patches")
        length = len(range(0, image_size, patch_size)) ** 2
        self.side = patch_size
        self.proj = nn.Conv2d(in_channels, dim, patch_size, patch_size)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, length + 1, dim))

    def _places(self, shape):
        """For each patch and entry of it, the place of its number in the flattened image."""
        numbers = np.arange(np.prod(shape)).reshape(shape)
        extent = (shape[0], self.side, self.side)
        found = _extract_patches(numbers, extent, (1, self.side, self.side))
        return torch.from_numpy(found.reshape(-1, np.prod(extent)).copy())

    def forward(self, x):
        pixels = x.flatten(1)[:, self._places(tuple(x.shape[1:]))]
        tokens = torch.tensordot(pixels, self.proj.weight.flatten(1), ([2], [1])) + self.proj.bias
        rows = [torch.cat([self.cls_token[0], one]) + self.pos_embed[0] for one in tokens]
        return torch.stack(rows)


@alternate("window_partition", "torch's unfold along both sides")
def window_partition(x, window_size):
    windows = x.unfold(1, window_size, window_size).unfold(2, window_size, window_size)
    return windows.movedim(3, 5).flatten(0, 2)


@alternate("shifted_window_mask", "roll the coordinates and see which neighbours are still so")
def shifted_window_mask(height, width, window_size, shift):
    rows, columns = np.mgrid[:height, :width]
    rolled = [np.roll(one, (-shift, -shift), (0, 1)) for one in (rows, columns)]
    masks = []
    for top, left in itertools.product(range(0, height, window_size), range(0, width, window_size)):
        window = np.s_[top : top + window_size, left : left + window_size]
        allowed = True
        for before, after in zip(rolled, (rows, columns), strict=True):
            moved = (before - after)[window].ravel()
            allowed = allowed & np.equal.outer(moved, moved)
        masks.append(allowed)
    return torch.from_numpy(np.stack(masks))


@alternate("random_masking", "SciPy's ranks are the places")
def random_masking(x, mask_ratio, generator):
    noise = torch.rand(*x.shape[:2], generator=generator).numpy()
    ids_restore = torch.from_numpy(stats.rankdata(noise, method="ordinal", axis=1) - 1)
    keep = int(x.shape[1] * (1 - mask_ratio))
    one_hot = (ids_restore[:, None] == torch.arange(keep)[:, None]).to(x.dtype)
    mask = 1 - one_hot.sum(dim=1)
    return torch.einsum("nki,nid->nkd", one_hot, x), mask, ids_restore


@alternate("restore_tokens", "a matrix of zeros and ones for each row")
def restore_tokens(kept, mask_token, ids_restore):
    count = kept.shape[1]
    chosen = (ids_restore[:, :, None] == torch.arange(count)).to(kept.dtype)
    gaps = (ids_restore >= count).to(kept.dtype)
    return chosen @ kept + gaps[:, :, None] * mask_token


@alternate("masked_reconstruction_loss", "patch by patch, with torch.linalg and torch.cov")
def masked_reconstruction_loss(pred, target, mask, normalize=False):
    errors = []
    for row, place in mask.nonzero().tolist():
        patch = target[row, place]
        if normalize:
            patch = (patch - patch.mean()) / torch.sqrt(torch.cov(patch) + 1e-6)
        errors.append(torch.dot(pred[row, place] - patch, pred[row, place] - patch) / len(patch))
    return sum(errors) / len(errors)


@alternate("box_iou", "areas counted on the grid of all corners")
def box_iou(boxes1, boxes2):
    answer = np.zeros((len(boxes1), len(boxes2)))
    for (n, a), (m, b) in itertools.product(
        enumerate(boxes1.double().numpy()), enumerate(boxes2.double().numpy())
    ):
        xs, ys = np.unique([a[0], a[2], b[0], b[2]]), np.unique([a[1], a[3], b[1], b[3]])
        cells = np.outer(np.diff(ys), np.diff(xs))
        x, y = np.meshgrid((xs[1:] + xs[:-1]) / 2, (ys[1:] + ys[:-1]) / 2)
        in_a, in_b = ((c[0] < x) & (x < c[2]) & (c[1] < y) & (y < c[3]) for c in (a, b))
        answer[n, m] = cells[in_a & in_b].sum() / cells[in_a | in_b].sum()
    return torch.from_numpy(answer).to(boxes1.dtype)


@alternate("nms", "the only set that explains itself, as a fixed point")
def nms(boxes, scores, iou_threshold):
    count = len(boxes)
    if not count:
        return torch.zeros(0, dtype=torch.int64)
    order = sorted(range(count), key=lambda index: (-float(scores[index]), index))
    ranked = boxes[order].double().numpy()
    low = np.maximum(ranked[:, None, :2], ranked[:, :2])
    shared = np.maximum(np.minimum(ranked[:, None, 2:], ranked[:, 2:]) - low, 0).prod(-1)
    area = (ranked[:, 2:] - ranked[:, :2]).prod(-1)
    worse = np.tri(count, k=-1, dtype=bool)
    drops = worse & (shared / (area[:, None] + area - shared) > iou_threshold)
    # A box is in the set if and only if no better one of the set drops it.
    chosen = np.ones(count, dtype=bool)
    for _ in range(count):
        chosen = ~(drops & chosen).any(axis=1)
    return torch.tensor([order[place] for place in np.flatnonzero(chosen)])
