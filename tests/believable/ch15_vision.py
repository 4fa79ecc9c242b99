"""What a learner might hand in.

ResidualBlock: error, projection-only-for-channels
patchify: failed, channel-slowest
unpatchify: error, three-channels
ViTEmbedding: failed, reshaped-not-transposed
window_partition: failed, plain-view
shifted_window_mask: failed, additive
random_masking: failed, returns-shuffle
restore_tokens: failed, kept-sorted
masked_reconstruction_loss: failed, biased-variance
box_iou: failed, pixel-counting
nms: failed, positions-in-sorted-list
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)
        if in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )
        else:
            self.downsample = nn.Identity()

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out = out + self.downsample(x)
        return self.relu(out)


def patchify(images, patch_size):
    N, C, H, W = images.shape
    if H % patch_size != 0 or W % patch_size != 0:
        raise ValueError(f"image size ({H}, {W}) not divisible by {patch_size}")
    # unfold does exactly this!
    return F.unfold(images, kernel_size=patch_size, stride=patch_size).transpose(1, 2)


def unpatchify(patches, patch_size, height, width):
    h, w = height // patch_size, width // patch_size
    x = patches.reshape(patches.shape[0], h, w, patch_size, patch_size, 3)
    x = torch.einsum("nhwpqc->nchpwq", x)
    return x.reshape(patches.shape[0], 3, height, width)


class ViTEmbedding(nn.Module):
    def __init__(self, image_size, patch_size, in_channels, dim):
        super().__init__()
        if image_size % patch_size != 0:
            raise ValueError("image_size must be divisible by patch_size")
        self.dim = dim
        num_patches = (image_size // patch_size) ** 2
        self.proj = nn.Conv2d(in_channels, dim, kernel_size=patch_size, stride=patch_size)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, num_patches + 1, dim))

    def forward(self, x):
        B = x.shape[0]
        x = self.proj(x)
        x = x.view(B, -1, self.dim)
        cls = self.cls_token.repeat(B, 1, 1)
        return torch.cat((cls, x), dim=1) + self.pos_embed


def window_partition(x, window_size):
    B, H, W, C = x.shape
    # (B * number of windows, w, w, C)
    return x.reshape(-1, window_size, window_size, C)


def shifted_window_mask(height, width, window_size, shift):
    img_mask = torch.zeros((1, height, width, 1))
    h_slices = [slice(0, -window_size), slice(-window_size, -shift), slice(-shift, None)]
    w_slices = [slice(0, -window_size), slice(-window_size, -shift), slice(-shift, None)]
    cnt = 0
    for h in h_slices:
        for w in w_slices:
            img_mask[:, h, w, :] = cnt
            cnt += 1
    x = img_mask.view(height // window_size, window_size, width // window_size, window_size)
    windows = x.permute(0, 2, 1, 3).reshape(-1, window_size * window_size)
    attn_mask = windows.unsqueeze(1) - windows.unsqueeze(2)
    return attn_mask.masked_fill(attn_mask != 0, float(-100.0)).masked_fill(attn_mask == 0, float(0.0))


def random_masking(x, mask_ratio, generator):
    N, L, D = x.shape
    len_keep = int(L * (1 - mask_ratio))
    noise = torch.rand(N, L, generator=generator)
    ids = torch.argsort(noise, dim=1)
    ids_keep = ids[:, :len_keep]
    x_masked = torch.gather(x, dim=1, index=ids_keep.unsqueeze(-1).repeat(1, 1, D))
    mask = torch.ones(N, L, dtype=x.dtype)
    mask.scatter_(1, ids_keep, 0)
    return x_masked, mask, ids


def restore_tokens(kept, mask_token, ids_restore):
    N, L = ids_restore.shape
    K, D = kept.shape[1:]
    out = mask_token.repeat(N, L, 1)
    # places below K were kept
    out[ids_restore < K] = kept.reshape(N * K, D)
    return out


def masked_reconstruction_loss(pred, target, mask, normalize=False):
    if normalize:
        mean = target.mean(dim=-1, keepdim=True)
        var = ((target - mean) ** 2).mean(dim=-1, keepdim=True)
        target = (target - mean) / torch.sqrt(var + 1e-6)
    loss = ((pred - target) ** 2).mean(dim=-1)
    return (loss * mask).sum() / mask.sum()


def box_iou(boxes1, boxes2):
    def area(b):
        return (b[:, 2] - b[:, 0] + 1) * (b[:, 3] - b[:, 1] + 1)

    x1 = torch.max(boxes1[:, None, 0], boxes2[:, 0])
    y1 = torch.max(boxes1[:, None, 1], boxes2[:, 1])
    x2 = torch.min(boxes1[:, None, 2], boxes2[:, 2])
    y2 = torch.min(boxes1[:, None, 3], boxes2[:, 3])
    inter = (x2 - x1 + 1).clamp(min=0) * (y2 - y1 + 1).clamp(min=0)
    return inter / (area(boxes1)[:, None] + area(boxes2) - inter)


def nms(boxes, scores, iou_threshold):
    boxes = boxes[scores.argsort(descending=True, stable=True)]
    keep = []
    for i in range(len(boxes)):
        ok = True
        for j in keep:
            lt = torch.max(boxes[i, :2], boxes[j, :2])
            rb = torch.min(boxes[i, 2:], boxes[j, 2:])
            inter = (rb - lt).clamp(min=0).prod()
            union = (boxes[i, 2:] - boxes[i, :2]).prod() + (boxes[j, 2:] - boxes[j, :2]).prod() - inter
            if inter / union > iou_threshold:
                ok = False
        if ok:
            keep.append(i)
    return torch.tensor(keep, dtype=torch.long)
