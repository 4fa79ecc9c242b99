"""Right answers in other styles."""

import math

import torch
from torch import nn
from torch.nn import functional

from grader.bank import alternate

# --- ResidualBlock -------------------------------------------------------------------------------


@alternate("ResidualBlock", "torchvision's: relu in place, the sum in place, an nn.ReLU inside")
class ResidualBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(
            in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False
        )
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )
        else:
            self.downsample = None
        self.stride = stride

    def forward(self, x):
        identity = x
        out = self.conv1(x)
        out = self.bn1(out)
        out = self.relu(out)
        out = self.conv2(out)
        out = self.bn2(out)
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


@alternate("ResidualBlock", "an identity for the shortcut, layers applied as functions")
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.downsample = nn.Identity()
        if (stride, in_channels) != (1, out_channels):
            layers = [
                nn.Conv2d(in_channels, out_channels, (1, 1), (stride, stride), bias=False),
                nn.BatchNorm2d(out_channels),
            ]
            self.downsample = nn.Sequential(*layers)
        self.bn2, self.bn1 = nn.BatchNorm2d(out_channels), nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)

    def forward(self, x):
        shortcut = self.downsample(x)
        padded = functional.pad(x, (1, 1, 1, 1))
        y = functional.conv2d(padded, self.conv1.weight, stride=self.stride)
        y = self.bn1(y).clamp(min=0)
        y = functional.conv2d(y, self.conv2.weight, padding="same")
        return functional.relu(torch.add(self.bn2(y), shortcut))


# --- patchify ------------------------------------------------------------------------------------


@alternate("patchify", "einsum as in MAE's code")
def patchify(images, patch_size):
    n, c, h, w = images.shape
    if h % patch_size != 0 or w % patch_size != 0:
        raise ValueError("no whole number of patches")
    x = images.reshape(n, c, h // patch_size, patch_size, w // patch_size, patch_size)
    x = torch.einsum("nchpwq->nhwpqc", x)
    return x.reshape(n, (h // patch_size) * (w // patch_size), patch_size**2 * c)


@alternate("patchify", "one patch after the other")
def patchify(images, patch_size):
    height, width = images.shape[-2:]
    for side in (height, width):
        if side / patch_size != side // patch_size:
            raise ValueError(f"{patch_size} does not divide {side}")
    found = []
    for top in range(0, height, patch_size):
        for left in range(0, width, patch_size):
            patch = images[:, :, top : top + patch_size, left : left + patch_size]
            found.append(torch.flatten(patch.permute(0, 2, 3, 1), 1))
    return torch.stack(found, dim=1)


# --- unpatchify ----------------------------------------------------------------------------------


@alternate("unpatchify", "einsum as in MAE's code")
def unpatchify(patches, patch_size, height, width):
    h, w = height // patch_size, width // patch_size
    c = patches.shape[-1] // patch_size**2
    x = patches.reshape(patches.shape[0], h, w, patch_size, patch_size, c)
    return torch.einsum("nhwpqc->nchpwq", x).reshape(len(patches), c, height, width)


@alternate("unpatchify", "rows of patches joined, then patches of a row")
def unpatchify(patches, patch_size, height, width):
    across = width // patch_size
    tiles = [patch.unflatten(1, (patch_size, patch_size, -1)) for patch in patches.unbind(1)]
    rows = [torch.cat(tiles[at : at + across], dim=2) for at in range(0, len(tiles), across)]
    return torch.cat(rows, dim=1).movedim(-1, 1)


# --- ViTEmbedding --------------------------------------------------------------------------------


@alternate("ViTEmbedding", "expand, cat, positions added in two parts")
class ViTEmbedding(nn.Module):
    def __init__(self, image_size, patch_size, in_channels, dim):
        super().__init__()
        grid, rest = divmod(image_size, patch_size)
        if rest:
            raise ValueError("the image is not made of whole patches")
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.randn(1, grid * grid + 1, dim))
        self.proj = nn.Conv2d(in_channels, dim, kernel_size=patch_size, stride=patch_size)

    def forward(self, x):
        tokens = torch.einsum("ndhw->nhwd", self.proj(x)).flatten(1, 2)
        tokens = tokens + self.pos_embed[:, 1:]
        start = self.cls_token + self.pos_embed[:, :1]
        return torch.cat((start.repeat(x.shape[0], 1, 1), tokens), 1)


@alternate("ViTEmbedding", "patches cut out and multiplied, an empty tensor that is filled")
class ViTEmbedding(nn.Module):
    def __init__(self, image_size, patch_size, in_channels, dim):
        if image_size % patch_size != 0:
            raise ValueError("the image is not made of whole patches")
        super().__init__()
        self.side, self.grid = patch_size, image_size // patch_size
        self.pos_embed = nn.Parameter(torch.empty(1, self.grid**2 + 1, dim))
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        self.proj = nn.Conv2d(in_channels, dim, (patch_size, patch_size), patch_size, bias=True)
        self.cls_token = nn.Parameter(torch.ones((1, 1, dim)))

    def forward(self, x):
        weight = self.proj.weight.reshape(len(self.proj.weight), -1)
        tokens = x.new_empty(len(x), 1 + self.grid**2, len(weight))
        tokens[:, 0] = self.cls_token[0, 0]
        for row in range(self.grid):
            for column in range(self.grid):
                top, left = row * self.side, column * self.side
                patch = x[:, :, top : top + self.side, left : left + self.side].flatten(1)
                place = 1 + row * self.grid + column
                tokens[:, place] = functional.linear(patch, weight, self.proj.bias)
        return tokens + self.pos_embed


# --- window_partition ----------------------------------------------------------------------------


@alternate("window_partition", "Swin's own: view, permute, contiguous, view")
def window_partition(x, window_size):
    B, H, W, C = x.shape
    x = x.contiguous().view(B, H // window_size, window_size, W // window_size, window_size, C)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, window_size, window_size, C)


@alternate("window_partition", "one window after the other")
def window_partition(x, window_size):
    windows = []
    for one in x:
        for rows in one.split(window_size, dim=0):
            windows.extend(rows.split(window_size, dim=1))
    return torch.stack(windows)


# --- shifted_window_mask -------------------------------------------------------------------------


@alternate("shifted_window_mask", "Swin's own: slices that are counted, then 0 or not")
def shifted_window_mask(height, width, window_size, shift):
    if shift == 0:
        count = height * width // window_size**2
        return torch.full((count, window_size**2, window_size**2), True)
    labels = torch.zeros(1, height, width, 1)
    slices = (slice(0, -window_size), slice(-window_size, -shift), slice(-shift, None))
    for number, (rows, columns) in enumerate((a, b) for a in slices for b in slices):
        labels[:, rows, columns, :] = number
    labels = labels.view(height // window_size, window_size, width // window_size, window_size)
    labels = labels.permute(0, 2, 1, 3).reshape(-1, window_size * window_size)
    return (labels.unsqueeze(1) - labels.unsqueeze(2)).eq(0)


@alternate("shifted_window_mask", "pair by pair, from where each cell was before the roll")
def shifted_window_mask(height, width, window_size, shift):
    masks = []
    for top in range(0, height, window_size):
        for left in range(0, width, window_size):
            cells = [
                ((top + p + shift) // height, (left + q + shift) // width)
                for p in range(window_size)
                for q in range(window_size)
            ]
            masks.append([[one == other for other in cells] for one in cells])
    return torch.tensor(masks)


# --- random_masking ------------------------------------------------------------------------------


@alternate("random_masking", "MAE's own: repeat, ones, zeros, gather")
def random_masking(x, mask_ratio, generator):
    N, L, D = x.shape
    len_keep = int(L * (1 - mask_ratio))
    noise = torch.rand(N, L, generator=generator).to(x.device)
    ids_shuffle = torch.argsort(noise, dim=1)
    ids_restore = torch.argsort(ids_shuffle, dim=1)
    ids_keep = ids_shuffle[:, :len_keep]
    x_masked = torch.gather(x, dim=1, index=ids_keep.unsqueeze(-1).repeat(1, 1, D))
    mask = torch.ones([N, L], device=x.device, dtype=x.dtype)
    mask[:, :len_keep] = 0
    mask = torch.gather(mask, dim=1, index=ids_restore)
    return x_masked, mask, ids_restore


@alternate("random_masking", "row by row, with the inverse written entry by entry; a list")
def random_masking(x, mask_ratio, generator):
    noise = torch.rand(x.shape[:2], generator=generator)
    keep = math.floor(x.shape[1] * (1 - mask_ratio))
    mask = x.new_ones(x.shape[:2])
    restore = torch.empty(x.shape[:2], dtype=torch.long)
    kept = []
    for row, values in enumerate(noise):
        order = sorted(range(x.shape[1]), key=values.tolist().__getitem__)
        for place, token in enumerate(order):
            restore[row, token] = place
        mask[row, order[:keep]] = 0.0
        kept.append(x[row][order[:keep]])
    return [torch.stack(kept), mask, restore]


# --- restore_tokens ------------------------------------------------------------------------------


@alternate("restore_tokens", "MAE's own: repeat, cat, gather")
def restore_tokens(kept, mask_token, ids_restore):
    N, K, D = kept.shape
    mask_tokens = mask_token.reshape(1, 1, D).repeat(N, ids_restore.shape[1] - K, 1)
    x_ = torch.cat([kept, mask_tokens], dim=1)
    return torch.gather(x_, dim=1, index=ids_restore.unsqueeze(-1).repeat(1, 1, D))


@alternate("restore_tokens", "where, and indices by rows")
def restore_tokens(kept, mask_token, ids_restore):
    rows = torch.arange(len(kept))[:, None]
    places = torch.clamp(ids_restore, max=kept.shape[1] - 1)
    hidden = (ids_restore >= kept.shape[1])[..., None]
    return torch.where(hidden, mask_token, kept[rows, places])


# --- masked_reconstruction_loss ------------------------------------------------------------------


@alternate("masked_reconstruction_loss", "MAE's own")
def masked_reconstruction_loss(pred, target, mask, normalize=False):
    if normalize:
        mean = target.mean(dim=-1, keepdim=True)
        var = target.var(dim=-1, keepdim=True)
        target = (target - mean) / (var + 1.0e-6) ** 0.5
    loss = (pred - target) ** 2
    loss = loss.mean(dim=-1)
    return (loss * mask).sum() / mask.sum()


@alternate("masked_reconstruction_loss", "removed patches picked, mse_loss, variance by hand")
def masked_reconstruction_loss(pred, target, mask, normalize=False):
    removed = mask.bool()
    pred, target = pred[removed], target[removed]
    if normalize:
        size = target.shape[-1]
        centred = target - target.sum(-1, keepdim=True) / size
        variance = centred.square().sum(-1, keepdim=True) / (size - 1)
        target = centred * torch.rsqrt(variance + 1e-6)
    return functional.mse_loss(pred, target)


# --- box_iou -------------------------------------------------------------------------------------


@alternate("box_iou", "torchvision's own: max, min, clamp, broadcasting")
def box_iou(boxes1, boxes2):
    area1 = (boxes1[:, 2] - boxes1[:, 0]) * (boxes1[:, 3] - boxes1[:, 1])
    area2 = (boxes2[:, 2] - boxes2[:, 0]) * (boxes2[:, 3] - boxes2[:, 1])
    lt = torch.max(boxes1[:, None, :2], boxes2[:, :2])
    rb = torch.min(boxes1[:, None, 2:], boxes2[:, 2:])
    wh = (rb - lt).clamp(min=0)
    inter = wh[:, :, 0] * wh[:, :, 1]
    return inter / (area1[:, None] + area2 - inter)


@alternate("box_iou", "pair by pair")
def box_iou(boxes1, boxes2):
    answer = torch.zeros(len(boxes1), len(boxes2), dtype=boxes1.dtype)
    for n, a in enumerate(boxes1.tolist()):
        for m, b in enumerate(boxes2.tolist()):
            across = min(a[2], b[2]) - max(a[0], b[0])
            down = min(a[3], b[3]) - max(a[1], b[1])
            if across > 0 and down > 0:
                both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
                answer[n, m] = across * down / (both - across * down)
    return answer


# --- nms -----------------------------------------------------------------------------------------


@alternate("nms", "what is left shrinks: take the best, drop what is too close")
def nms(boxes, scores, iou_threshold):
    order = torch.sort(scores, descending=True, stable=True).indices
    keep = []
    while order.numel() > 0:
        best, rest = order[0], order[1:]
        keep.append(best)
        a, b = boxes[best], boxes[rest]
        sides = torch.minimum(a[2:], b[:, 2:]) - torch.maximum(a[:2], b[:, :2])
        inter = sides.clamp(min=0).prod(dim=1)
        areas = (b[:, 2:] - b[:, :2]).prod(dim=1) + (a[2:] - a[:2]).prod()
        order = rest[inter / (areas - inter) <= iou_threshold]
    return torch.stack(keep) if keep else torch.empty(0, dtype=torch.long)


@alternate("nms", "plain Python, sorted by minus the score")
def nms(boxes, scores, iou_threshold):
    corners, values, kept = boxes.tolist(), scores.tolist(), []
    for one in sorted(range(len(values)), key=lambda index: -values[index]):
        a, alone = corners[one], True
        for other in kept:
            b = corners[other]
            across = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
            shared = across * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
            areas = [(c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)]
            alone = alone and shared / (sum(areas) - shared) <= iou_threshold
        if alone:
            kept.append(one)
    return torch.tensor(kept).long()
