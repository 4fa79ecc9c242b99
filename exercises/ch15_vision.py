"""Vision: how a network came to see, first through small windows, then all at once.

In chapter 6 a small filter slid over an image.  Fifty layers of such filters on top of each other
learned less than twenty did, and not for lack of weights.  ResNet (He et al., 2015) changed one
line: a few layers need only say what is to be *added* to what is there,

    y = relu(F(x) + x)

and a hundred layers could be trained: chapter 5's block, with convolutions in it.  Then the
transformer came to images, and three more ideas with it; a fourth is as old as detection itself:

- **Patches are words** (ViT, Dosovitskiy et al., 2020).  Cut an image into squares of P × P
  pixels; each, multiplied by one matrix, is a token.  There are L = (H / P) · (W / P) of them.
- **Nearby first** (Swin, Liu et al., 2021).  Attention among L tokens has L² scores, too many for
  a large image.  So each token attends inside a window of w × w only; in every other layer the
  windows are shifted, and what the last layer kept apart meets.
- **Learn by filling gaps** (MAE, He et al., 2021).  Hide three quarters of the patches, show the
  encoder the rest, and ask for the pixels that are missing.  No label is needed; it is what
  chapter 12's masked tokens do for text.  The trick is to *drop* what is hidden, which costs
  nothing, and to remember in which order everything was.
- **Where is it?**  A detector answers with hundreds of boxes for one cat.  How much two boxes agree
  is their intersection over their union, and greedy suppression keeps one box for one cat.

None of it is much arithmetic.  Nearly all is about **order**: which pixel goes where, which window
comes first, which permutation is undone by which.  A wrong order has the right shape, no error is
raised, and the network learns a little worse.  `grade show ch15` lets you see your own: a picture
that is cut up, three quarters of it hidden, and put together again.

For the whole chapter:

- Images are (N, C, H, W); H and W may differ, and so may the sides of everything else that has
  two.  Rows, patches, windows and the cells in them are counted in row-major order: left to
  right, then down.
- Pixels have two orders, and papers use both.  `patchify` lays a patch out by row, column,
  **channel** (channel fastest, MAE's order).  The weight of a convolution, so that of ViTEmbedding
  too, and chapter 6's columns are channel, row, column (channel slowest).
- Floating tensors of one call share a dtype, float32 or float64, and the answer has it, on the
  inputs' device.  Indices are int64.  Gradients flow through images, tokens and parameters (nobody
  asks for those of masks and boxes).  Inputs are not changed, and need not be contiguous in memory.
- Boolean masks: True means "may attend".  MAE's mask is the exception: numbers, 1 means hidden.
- Layers come from torch: `nn.Conv2d`, `nn.BatchNorm2d`.  You built both in NumPy, in chapters 6
  and 3.  How weights start is torch's choice, and yours for plain parameters.
"""

import torch
from torch import nn


class ResidualBlock(nn.Module):
    """Two convolutions that say what is to be added to their input: the basic block of ResNet-18.

        F(x) = bn2(conv2(relu(bn1(conv1(x)))))
        y = relu(F(x) + shortcut(x))

    The shortcut is x itself where it has the shape of F(x); otherwise, so if stride ≠ 1 or
    in_channels ≠ out_channels, it is `downsample`.

    The submodules have torchvision's names.  No convolution has a bias (the norm behind it would
    take it away), and batch norms have torch's defaults:

    - `conv1`: 3 × 3 from in_channels to out_channels with this stride, padding 1; `bn1` behind it.
    - `conv2`: 3 × 3 from out_channels to out_channels with stride 1, padding 1; `bn2` behind it.
    - `downsample`: an `nn.Sequential` of a 1 × 1 convolution with this stride, without padding,
      and an `nn.BatchNorm2d`.  Where the shortcut is x itself it has no parameters: None, or an
      `nn.Identity`.

    The names in state_dict() are exactly theirs: conv1.weight, bn1.weight, bn1.bias,
    bn1.running_mean, …, downsample.0.weight, downsample.1.weight, ….  In training each batch norm
    takes its statistics from the batch and is called once in a forward; in evaluation it uses the
    running ones.  (He et al., "Deep Residual Learning for Image Recognition", 2015.)

    Below, conv1 hands on what it gets and conv2 −½ of it, so that F(x) = −½ · relu(x).

    >>> _ = torch.manual_seed(0)
    >>> block = ResidualBlock(1, 1).eval()
    >>> _ = nn.init.dirac_(block.conv1.weight), nn.init.dirac_(block.conv2.weight)
    >>> with torch.no_grad():
    ...     _ = block.conv2.weight.mul_(-0.5)
    >>> x = torch.tensor([[[[-1.0, 2.0], [3.0, -4.0]]]])
    >>> block(x).detach().round(decimals=3)
    tensor([[[[0.0000, 1.0000],
              [1.5000, 0.0000]]]])
    >>> ResidualBlock(2, 3, stride=2)(torch.ones(4, 2, 6, 5)).shape
    torch.Size([4, 3, 3, 3])
    """

    def __init__(self, in_channels, out_channels, stride=1):
        """Make the submodules."""
        super().__init__()
        raise NotImplementedError

    def forward(self, x):
        """Map x (N, in_channels, H, W) to (N, out_channels, ⌈H / stride⌉, ⌈W / stride⌉)."""
        raise NotImplementedError


def patchify(images, patch_size):
    """Cut images into square patches, each a row of numbers.

        patches[n, i · (W / P) + j, (p · P + q) · C + c] = images[n, c, i · P + p, j · P + q]

    Patch (i, j) is the i-th from the top and j-th from the left; in it p counts rows, q columns
    and c channels.  So patches are in row-major order, and within one the channel is fastest: all
    channels of its first pixel, then all of the pixel to the right of it.  (MAE's order;
    `nn.Unfold` and chapter 6's columns have the channel slowest.)

    images: (N, C, H, W); patch_size: P.  Returns (N, L, P·P·C), L = (H / P) · (W / P).  Raises
    ValueError unless P divides H and divides W.  (He et al., "Masked Autoencoders Are Scalable
    Vision Learners", 2021.)

    Below, channel 0 has the pixels 0 to 7, and channel 1 has 8 to 15.

    >>> images = torch.arange(16.0).reshape(1, 2, 2, 4)
    >>> patchify(images, 2)
    tensor([[[ 0.,  8.,  1.,  9.,  4., 12.,  5., 13.],
             [ 2., 10.,  3., 11.,  6., 14.,  7., 15.]]])
    """
    raise NotImplementedError


def unpatchify(patches, patch_size, height, width):
    """Put patches together to images: what `patchify` does, undone.

        images[n, c, i · P + p, j · P + q] = patches[n, i · (W / P) + j, (p · P + q) · C + c]

    patches: (N, L, P·P·C) in the order of `patchify`, L = (H / P) · (W / P); patch_size: P; height
    and width: H and W, which P divides.  Returns (N, C, H, W); C follows from the last axis and
    need not be 3.

    >>> patches = torch.tensor([[[0.0, 8, 1, 9, 4, 12, 5, 13], [2, 10, 3, 11, 6, 14, 7, 15]]])
    >>> unpatchify(patches, 2, 2, 4)
    tensor([[[[ 0.,  1.,  2.,  3.],
              [ 4.,  5.,  6.,  7.]],
    <BLANKLINE>
             [[ 8.,  9., 10., 11.],
              [12., 13., 14., 15.]]]])
    """
    raise NotImplementedError


class ViTEmbedding(nn.Module):
    """Make a sequence of an image: a token for each patch, one for the whole, and where each is.

        z[0] = cls_token + pos_embed[0]
        z[i] = proj(patch[i − 1]) + pos_embed[i],   i = 1, …, L

    The class token belongs to no place: what the last layer makes of it says what is in the image.
    A linear map of each patch is a convolution whose stride is its size, so that is what `proj`
    is; its weight has the channel slowest.  Attention does not see order, hence the positions,
    which are learned.

    The module has exactly these in its state_dict():

    - `proj`: an `nn.Conv2d(in_channels, dim, P, stride=P)`, with bias.
    - `cls_token`: a parameter (1, 1, dim), the same for all images.
    - `pos_embed`: a parameter (1, 1 + L, dim), L = (image_size / P)², entry 0 for the class token.

    There is no dropout.  How the two parameters start is your choice; small random numbers are
    usual.  (Dosovitskiy et al., "An Image is Worth 16x16 Words", 2020.)

    Below, each token is the sum of four pixels, plus 100 times its position.

    >>> embedding = ViTEmbedding(4, 2, 1, 1)
    >>> state = {
    ...     "cls_token": torch.full((1, 1, 1), 7.0),
    ...     "pos_embed": 100 * torch.arange(5.0).reshape(1, 5, 1),
    ...     "proj.weight": torch.ones(1, 1, 2, 2),
    ...     "proj.bias": torch.zeros(1),
    ... }
    >>> _ = embedding.load_state_dict(state)
    >>> image = torch.arange(16.0).reshape(1, 1, 4, 4)
    >>> embedding(image).detach().flatten()
    tensor([  7., 110., 218., 342., 450.])
    """

    def __init__(self, image_size, patch_size, in_channels, dim):
        """Make the layer and the two parameters.

        image_size: the side of the square images, in pixels; patch_size: P.  Raises ValueError
        unless P divides image_size.
        """
        super().__init__()
        raise NotImplementedError

    def forward(self, x):
        """Map images x (N, in_channels, image_size, image_size) to tokens (N, 1 + L, dim).

        The class token is at position 0, then come the patches in row-major order.
        """
        raise NotImplementedError


def window_partition(x, window_size):
    """Cut maps into square windows, each of which will be a little sequence of its own.

        windows[(b · H / w + i) · W / w + j, p, q] = x[b, i · w + p, j · w + q]

    All windows of map 0 come first, in row-major order, then those of map 1.

    x: (B, H, W, C), **channels last**, as in Swin; window_size: w, which divides H and W.  Returns
    (B · (H / w) · (W / w), w, w, C).  (Liu et al., "Swin Transformer: Hierarchical Vision
    Transformer using Shifted Windows", 2021.)

    >>> x = torch.arange(8.0).reshape(1, 2, 4, 1)
    >>> window_partition(x, 2).squeeze(-1)
    tensor([[[0., 1.],
             [4., 5.]],
    <BLANKLINE>
            [[2., 3.],
             [6., 7.]]])
    """
    raise NotImplementedError


def shifted_window_mask(height, width, window_size, shift):
    """Say which cells of a window may attend to each other after the map was rolled.

        mask[n, k, m] = (row of k wrapped = row of m wrapped) and
                        (column of k wrapped = column of m wrapped)

    To shift its windows, Swin rolls the map instead: `torch.roll(x, (-shift, -shift), (1, 2))`.
    What leaves at the top comes in at the bottom, so the last `shift` rows of the rolled map came
    from its top and the last `shift` columns from its left: these have wrapped around.  In a
    window, cells that wrapped now lie beside cells that were on the other side of the image.  Two
    cells may attend to each other if and only if both or neither of their rows wrapped, and both
    or neither of their columns.

    height, width: H and W of the map; window_size: w, which divides both (w = H and w = W are
    allowed, and the rule is the same); shift: from 0 to w − 1.  n is the window, in the order of
    `window_partition` for one map; k and m are cells of it, in row-major order.  Returns a boolean
    tensor (H·W / w², w², w²), **True = may attend**; with shift 0 all of it is True.  (Liu et al.,
    2021; their code adds 0 and −100 instead.)

    Below, the last row and the last column have wrapped around.  The left window holds two
    regions, above each other; in the right one no two cells were neighbours.

    >>> shifted_window_mask(2, 4, 2, 1).int()
    tensor([[[1, 1, 0, 0],
             [1, 1, 0, 0],
             [0, 0, 1, 1],
             [0, 0, 1, 1]],
    <BLANKLINE>
            [[1, 0, 0, 0],
             [0, 1, 0, 0],
             [0, 0, 1, 0],
             [0, 0, 0, 1]]], dtype=torch.int32)
    """
    raise NotImplementedError


def random_masking(x, mask_ratio, generator):
    """Drop most of the tokens of each sequence at random, and remember how to put them back.

        noise = torch.rand(N, L, generator=generator)
        ids_shuffle = argsort of each row of noise, ascending
        ids_restore = argsort of each row of ids_shuffle
        K = int(L · (1 − mask_ratio))

    Sorting noise is shuffling: the K tokens with the smallest noise are kept, **smallest noise
    first**, so kept[n, k] = x[n, ids_shuffle[n, k]].  The second argsort is the inverse of the
    first: ids_restore[n, i] is the place that token i has in the shuffled order.

    x: (N, L, D); mask_ratio: the share that is *removed*, 0, 1/8, 2/8 … or 7/8, and at least one
    token is kept, K ≥ 1; generator: a CPU `torch.Generator`, of which that one draw is made and no
    other, nor any from torch's global one.  The draw is float32 whatever x is.

    Returns (kept, mask, ids_restore): kept (N, K, D); mask (N, L) like x in dtype, in the original
    order, **0 = kept and 1 = removed**; ids_restore (N, L), int64.  (He et al., 2021.)

    Below the noise is 0.615, 0.381, 0.637, 0.474.

    >>> x = torch.tensor([[[0.0, 1.0], [10.0, 11.0], [20.0, 21.0], [30.0, 31.0]]])
    >>> generator = torch.Generator().manual_seed(2)
    >>> kept, mask, ids_restore = random_masking(x, 0.25, generator)
    >>> kept
    tensor([[[10., 11.],
             [30., 31.],
             [ 0.,  1.]]])
    >>> mask, ids_restore
    (tensor([[0., 0., 1., 0.]]), tensor([[2, 0, 3, 1]]))
    """
    raise NotImplementedError


def restore_tokens(kept, mask_token, ids_restore):
    """Put kept tokens back where they were, and the same learned token into every gap.

        shuffled[n] = kept[n, 0], …, kept[n, K − 1], then L − K times mask_token
        out[n, i] = shuffled[n, ids_restore[n, i]]

    This is what MAE's decoder starts from: it knows where something is missing, not what.

    kept: (N, K, D), in the order in which `random_masking` returns them; mask_token: (D,);
    ids_restore: (N, L), in each row a permutation of 0, …, L − 1, L ≥ K.  Returns (N, L, D).  (He
    et al., 2021.)

    >>> kept = torch.tensor([[[10.0, 11.0], [30.0, 31.0]]])
    >>> restore_tokens(kept, torch.tensor([-1.0, -2.0]), torch.tensor([[2, 0, 3, 1]]))
    tensor([[[-1., -2.],
             [10., 11.],
             [-1., -2.],
             [30., 31.]]])
    """
    raise NotImplementedError


def masked_reconstruction_loss(pred, target, mask, normalize=False):
    """Measure how well the hidden patches were filled in; what was shown does not count.

        e[n, i] = 1/Q · Σ_k (pred[n, i, k] − t[n, i, k])²
        loss = (Σ mask[n, i] · e[n, i]) / (Σ mask[n, i])

    Both sums are over all n and i.  t is the target, unless normalize is True: then each patch of
    the target first becomes

        t = (target − mean) / √(var + ε)

    with ε = 10⁻⁶, the mean and the **unbiased** variance (divided by Q − 1) of its own Q ≥ 2
    entries, so that a patch of faint texture counts as much as one of strong edges.  pred stays as
    it is.

    pred, target: (N, L, Q), patches as `patchify` makes them; mask: (N, L) of 0.0 and 1.0, 1 =
    removed, with at least one 1 in the batch.  Images may have different numbers of removed
    patches, even none, and each removed patch of the batch counts the same.  Returns a tensor
    without axes.  Gradients flow through pred and target.  (He et al., 2021.)

    >>> pred = torch.zeros(2, 2, 2)
    >>> target = torch.tensor([[[1.0, 3.0], [5.0, 5.0]], [[2.0, 4.0], [0.0, 2.0]]])
    >>> mask = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    >>> masked_reconstruction_loss(pred, target, mask).round(decimals=4)  # (5 + 10 + 2) / 3
    tensor(5.6667)
    >>> masked_reconstruction_loss(pred, target, mask, normalize=True).round(decimals=4)
    tensor(0.5000)
    """
    raise NotImplementedError


def box_iou(boxes1, boxes2):
    """Measure how much boxes agree: the area they share, divided by the area they cover together.

        IoU(a, b) = |a ∩ b| / |a ∪ b|,   |a ∪ b| = |a| + |b| − |a ∩ b|

    A box is (x1, y1, x2, y2), two opposite corners with x1 < x2 and y1 < y2, of area
    (x2 − x1) · (y2 − y1): coordinates are places, not pixels that are counted, so no 1 is added.
    Boxes that are apart, or only touch, have IoU 0, and a box has IoU 1 with itself.

    boxes1: (N, 4), boxes2: (M, 4); coordinates may be negative, sides as small as 0.01, and N or M
    may be 0.  Returns (N, M), entry (n, m) for boxes1[n] and boxes2[m].

    >>> boxes1 = torch.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 4.0, 2.0]])
    >>> boxes2 = torch.tensor([[0.0, 0.0, 2.0, 4.0], [2.0, 0.0, 4.0, 2.0], [5.0, 5.0, 6.0, 6.0]])
    >>> box_iou(boxes1, boxes2).round(decimals=4)
    tensor([[0.5000, 0.0000, 0.0000],
            [0.3333, 0.5000, 0.0000]])
    """
    raise NotImplementedError


def nms(boxes, scores, iou_threshold):
    """Keep the best of each bunch of boxes: non-maximum suppression.

        for box in boxes, best score first:
            keep it unless IoU(box, k) > iou_threshold for some k that was kept before

    An IoU equal to the threshold is not above it: the box stays.  Only boxes that were kept
    suppress others; one that was dropped does not matter any more.

    boxes: (N, 4) as in `box_iou`; scores: (N,); iou_threshold: from 0 to 1.  Returns the indices
    (into boxes, as given) of the kept boxes **by decreasing score**, an int64 tensor (K,).  Of
    equal scores the lower index comes first.  N may be 0: then the answer is an empty int64 tensor.

    Below, boxes 1 and 2 overlap by 0.6, and so do 2 and 0; but 2 is dropped, and 1 and 0 overlap
    by a third only.

    >>> boxes = torch.tensor([[2.0, 0.0, 6.0, 1.0], [0.0, 0.0, 4.0, 1.0], [1.0, 0.0, 5.0, 1.0]])
    >>> nms(boxes, torch.tensor([0.7, 0.9, 0.8]), 0.5)
    tensor([1, 0])
    """
    raise NotImplementedError
