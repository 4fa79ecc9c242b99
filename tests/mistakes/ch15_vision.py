"""What people get wrong in vision."""

import torch

from grader.bank import mistake, slips

# ----------------------------------------------------------------------------------- ResidualBlock

slips(
    "ResidualBlock",
    """
    relu-before-sum: The last ReLU comes after the sum: the shortcut's negative numbers end there.
        torch.relu(branch + shortcut) -> torch.relu(branch) + shortcut
    no-last-relu: What leaves the block has gone through a ReLU.
        torch.relu(branch + shortcut) -> branch + shortcut
    no-inner-relu: Without a ReLU between them two convolutions are one.
        torch.relu(self.bn1(self.conv1(x))) -> self.bn1(self.conv1(x))
    relu-before-norm: In this block the norm stands right behind its convolution, before the ReLU.
        torch.relu(self.bn1(self.conv1(x))) -> self.bn1(torch.relu(self.conv1(x)))
    second-relu-on-branch: There is no ReLU between bn2 and the sum.
        branch + shortcut -> torch.relu(branch) + shortcut
    shares-one-norm: Each convolution has a norm of its own, with its own weights and statistics.
        self.bn2(self.conv2(inner)) -> self.bn1(self.conv2(inner))
    norms-exchanged: bn1 stands behind conv1, bn2 behind conv2.
        self.bn1(self.conv1(x)) -> self.bn2(self.conv1(x))
        self.bn2(self.conv2(inner)) -> self.bn1(self.conv2(inner))
    second-norm-missing: Behind the second convolution stands a norm, too.
        self.bn2(self.conv2(inner)) -> self.conv2(inner)
    norm-of-the-sum: The norm belongs to the branch; the shortcut is added behind it.
        self.bn2(self.conv2(inner)) -> self.conv2(inner)
        branch + shortcut -> self.bn2(branch + shortcut)
    no-shortcut: The branch is what is added; to what?
        branch + shortcut -> branch
    shortcut-of-inner: The shortcut starts from the block's input.
        x if self.downsample is None else self.downsample(x) -> inner
    projection-only-for-channels: The shapes also differ where only the stride does.
        stride != 1 or in_channels -> in_channels
    projection-only-for-stride: The shapes also differ where only the channels do.
        stride != 1 or in_channels != out_channels -> stride != 1
    projection-always: Where the shapes agree the shortcut is x itself, without any weights.
        stride != 1 or in_channels != out_channels -> True
    projection-without-norm: The projection is a convolution and a norm behind it.
        nn.BatchNorm2d(out_channels), ->
    projection-with-relu: Nothing is cut off from the shortcut before the sum.
        else self.downsample(x) -> else torch.relu(self.downsample(x))
    projection-with-bias: No convolution has a bias: the norm behind it would take it away.
        out_channels, 1, stride, bias=False -> out_channels, 1, stride
    projection-three-wide: The projection is 1 × 1: it looks at one pixel.
        out_channels, 1, stride, bias=False -> out_channels, 3, stride, padding=1, bias=False
    pooled-shortcut: The projection itself has the stride: it skips pixels and averages none.
        out_channels, 1, stride, bias=False -> out_channels, 1, bias=False
        else self.downsample(x)
        -> else nn.functional.avg_pool2d(self.downsample(x), self.conv1.stride, ceil_mode=True)
    stride-in-second-convolution: It is conv1 that has the stride; conv2 keeps the size.
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        -> self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        -> self.conv2 = nn.Conv2d(out_channels, out_channels, 3, stride, padding=1, bias=False)
    stride-ignored: The first convolution takes the stride, and so does the projection.
        out_channels, 3, stride, padding=1 -> out_channels, 3, padding=1
        out_channels, 1, stride, bias -> out_channels, 1, bias
    no-padding: With padding 1 a 3 × 3 convolution keeps the size.
        3, stride, padding=1 -> 3, stride
        out_channels, 3, padding=1 -> out_channels, 3
    with-biases: No convolution has a bias: the norm behind it would take it away.
        3, stride, padding=1, bias=False -> 3, stride, padding=1
        out_channels, 3, padding=1, bias=False -> out_channels, 3, padding=1
    other-momentum: The norms have torch's defaults, momentum 0.1 among them.
        self.bn1 = nn.BatchNorm2d(out_channels)
        -> self.bn1 = nn.BatchNorm2d(out_channels, 1e-5, 0.9)
        self.bn2 = nn.BatchNorm2d(out_channels)
        -> self.bn2 = nn.BatchNorm2d(out_channels, 1e-5, 0.9)
    other-eps: The norms have torch's defaults, eps 1e-5 among them.
        self.bn1 = nn.BatchNorm2d(out_channels)
        -> self.bn1 = nn.BatchNorm2d(out_channels, 1e-3)
        self.bn2 = nn.BatchNorm2d(out_channels)
        -> self.bn2 = nn.BatchNorm2d(out_channels, 1e-3)
    always-in-training: In evaluation the norms use their running statistics, and leave them alone.
        inner = -> self.train(); inner =
    never-in-training: In training the norms take the statistics of the batch, and remember them.
        inner = -> self.eval(); inner =
    runs-the-branch-twice: A norm that is run twice in a forward has seen two batches.
        inner = -> self.bn1(self.conv1(x)); inner =
    in-place: The sum is written into x, which the caller still has.
        torch.relu(branch + shortcut) -> shortcut.add_(branch).relu_()
    """,
)

# ---------------------------------------------------------------------------------------- patchify

slips(
    "patchify",
    """
    channel-slowest: Within a patch the order is row, column, channel, with the channel fastest;
      here the channel is slowest, as in nn.Unfold and in the weight of a convolution.
        permute(0, 2, 4, 3, 5, 1) -> permute(0, 2, 4, 1, 3, 5)
    columns-first: Patches are counted as one reads: left to right, then down.
        permute(0, 2, 4, 3, 5, 1) -> permute(0, 4, 2, 3, 5, 1)
    pixels-transposed: Pixels of a patch are counted as one reads, too.
        permute(0, 2, 4, 3, 5, 1) -> permute(0, 2, 4, 5, 3, 1)
    plain-reshape: A reshape alone never moves a number: patches of one row of patches share rows.
        grid.permute(0, 2, 4, 3, 5, 1) -> grid
    only-channels-last: With channels last a reshape still cuts rows into pieces, not into squares.
        grid.permute(0, 2, 4, 3, 5, 1) -> images.permute(0, 2, 3, 1)
    every-other-pixel: A patch holds neighbours: its place in the grid is the outer axis of a side,
      the pixel the inner one.
        rows, patch_size, columns, patch_size) -> patch_size, rows, patch_size, columns)
        permute(0, 2, 4, 3, 5, 1) -> permute(0, 3, 5, 2, 4, 1)
    square-grid: Images need not be square: H / P patches down, W / P across.
        width // patch_size -> height // patch_size
    sides-exchanged: Height comes before width in the shape of an image.
        height, width = images.shape -> width, height = images.shape
    checks-the-area: P has to divide each side; the area alone says too little.
        height % patch_size or width % patch_size -> height * width % patch_size**2
    checks-one-side: P has to divide both sides.
        height % patch_size or width % patch_size -> height % patch_size
    crops: Pixels that are left over are no reason to drop them: a ValueError is due.
        height % patch_size or width % patch_size -> False
        images.reshape(count
        -> images[:, :, : rows * patch_size, : columns * patch_size].reshape(count
        rows * columns, -1) -> rows * columns, patch_size**2 * channels)
    number-not-size: patch_size is the side of a patch in pixels, not how many there are.
        height // patch_size, width // patch_size -> patch_size, patch_size
        rows, patch_size, columns, patch_size)
        -> rows, height // patch_size, columns, width // patch_size)
    batch-and-patches-joined: Each image has a sequence of its own: the batch stays an axis.
        reshape(count, rows * columns, -1) -> reshape(count * rows * columns, -1)
    grid-kept: The patches of an image make one axis, L = (H / P) · (W / P).
        reshape(count, rows * columns, -1) -> reshape(count, rows, columns, -1)
    patches-not-flattened: Each patch is one row of P·P·C numbers.
        reshape(count, rows * columns, -1)
        -> reshape(count, rows * columns, patch_size, patch_size, channels)
    in-place: The pixels are brought to a mean of 0 here, which nobody asked for.
        grid = images.reshape -> images -= images.mean(); grid = images.reshape
    detached: Gradients have to find their way back into the image.
        grid.permute -> grid.detach().permute
    """,
)

# -------------------------------------------------------------------------------------- unpatchify

slips(
    "unpatchify",
    """
    channel-slowest: The numbers of a patch are row, column, channel, with the channel fastest; here
      they are taken for channel, row, column, as in nn.Fold.
        patch_size, patch_size, -1) -> -1, patch_size, patch_size)
        permute(0, 5, 1, 3, 2, 4) -> permute(0, 3, 1, 4, 2, 5)
    same-permutation: To undo a permutation takes its inverse, which is not the same again.
        permute(0, 5, 1, 3, 2, 4) -> permute(0, 2, 4, 3, 5, 1)
    columns-first: Patches are counted as one reads: left to right, then down.
        rows, columns, patch_size, patch_size, -1) -> columns, rows, patch_size, patch_size, -1)
        permute(0, 5, 1, 3, 2, 4) -> permute(0, 5, 2, 3, 1, 4)
    pixels-transposed: Pixels of a patch are counted as one reads, too.
        permute(0, 5, 1, 3, 2, 4) -> permute(0, 5, 1, 4, 2, 3)
    pixels-spread: The pixels of a patch stay neighbours: patch axis outside, pixel axis inside.
        permute(0, 5, 1, 3, 2, 4) -> permute(0, 5, 3, 1, 4, 2)
    plain-reshape: A reshape alone never moves a number, and here most have to move.
        grid.permute(0, 5, 1, 3, 2, 4) -> grid
    rows-not-interleaved: The rows of a patch stand beside its neighbours' rows.
        permute(0, 5, 1, 3, 2, 4) -> permute(0, 5, 1, 2, 3, 4)
    square-grid: Images need not be square: the width has its own number of patches.
        width // patch_size -> height // patch_size
    square-root-grid: Images need not be square: the root of L is no side of the grid.
        height // patch_size, width // patch_size -> (int(patches.shape[1] ** 0.5),) * 2
    three-channels: How many channels there are follows from the last axis: not always 3.
        patch_size, patch_size, -1) -> patch_size, patch_size, 3)
    sides-exchanged: Height comes before width in the shape of an image.
        -1, height, width) -> -1, width, height)
    channels-last: In an image the channel comes before height and width.
        permute(0, 5, 1, 3, 2, 4).reshape(len(patches), -1, height, width)
        -> permute(0, 1, 3, 2, 4, 5).reshape(len(patches), height, width, -1)
    detached: Gradients have to find their way back into the patches.
        grid.permute -> grid.detach().permute
    in-place: The patches are brought to a mean of 0 here, which nobody asked for.
        grid = patches.reshape -> patches -= patches.mean(); grid = patches.reshape
    """,
)

# ------------------------------------------------------------------------------------ ViTEmbedding

slips(
    "ViTEmbedding",
    """
    class-token-last: The class token stands in front of the patches.
        [first, patches] -> [patches, first]
    no-position-for-class: Position 0 belongs to the class token, and is added to it, too.
        torch.cat([first, patches], dim=1) + self.pos_embed
        -> torch.cat([first, patches + self.pos_embed[:, 1:]], dim=1)
    positions-for-class-only: Every token gets its position; without them the patches are a heap.
        torch.cat([first, patches], dim=1) + self.pos_embed
        -> torch.cat([first + self.pos_embed[:, :1], patches], dim=1)
    class-position-last: Entry 0 of pos_embed is for the class token, and patch i has entry i + 1.
        + self.pos_embed -> + self.pos_embed.roll(1, dims=1)
    no-positions: The positions are made, but never added.
        torch.cat([first, patches], dim=1) + self.pos_embed -> torch.cat([first, patches], dim=1)
    positions-multiplied: Positions are added to the tokens.
        dim=1) + self.pos_embed -> dim=1) * self.pos_embed
    no-class-token: In front of the patches stands the class token.
        [first, patches] -> [0 * first, patches]
    average-for-class: The class token is a parameter, the same for all images.
        self.cls_token.expand(len(x), -1, -1) -> patches.mean(dim=1, keepdim=True)
    class-token-added: The class token is a token more; it is added to no patch.
        [first, patches] -> [first, patches + first]
    reshaped-not-transposed: Channels and places are two axes that change places: a reshape mixes
      them up.
        flatten(2).transpose(1, 2) -> reshape(len(x), -1, self.cls_token.shape[2])
    columns-first: Patches are counted as one reads: left to right, then down.
        self.proj(x).flatten(2) -> self.proj(x).transpose(2, 3).flatten(2)
    class-token-without-batch: Every image of the batch gets the class token.
        self.cls_token.expand(len(x), -1, -1) -> self.cls_token
    class-token-for-first-image: Every image of the batch gets the class token.
        self.cls_token.expand(len(x), -1, -1)
        -> torch.cat([self.cls_token, 0 * self.cls_token.expand(len(x) - 1, -1, -1)])
    positions-as-buffer: Positions are learned: a buffer is not.
        self.pos_embed = nn.Parameter(0.02 * torch.randn(1, 1 + length, dim))
        -> self.register_buffer("pos_embed", 0.02 * torch.randn(1, 1 + length, dim))
    class-token-as-buffer: The class token is learned: a buffer is not.
        self.cls_token = nn.Parameter(0.02 * torch.randn(1, 1, dim))
        -> self.register_buffer("cls_token", 0.02 * torch.randn(1, 1, dim))
    positions-for-patches-only: There is a position more than there are patches.
        1, 1 + length, dim -> 1, length, dim
    overlapping-patches: Patches do not overlap: the convolution's stride is its size.
        patch_size, stride=patch_size) -> patch_size)
    no-bias: The projection has a bias, which is torch's default.
        stride=patch_size) -> stride=patch_size, bias=False)
    linear-for-convolution: `proj` is a convolution; its weight is (dim, C, P, P).
        nn.Conv2d(in_channels, dim, patch_size, stride=patch_size)
        -> nn.Linear(in_channels * patch_size**2, dim)
    never-raises: What the patches do not fill is a ValueError when the module is made.
        image_size % patch_size -> False
    checks-the-pixels: It is the side that P has to divide, not the number of pixels.
        image_size % patch_size -> image_size**2 % patch_size
    dropout: There is no dropout in this module.
        torch.cat([first, patches], dim=1) + self.pos_embed
        -> nn.functional.dropout(torch.cat([first, patches], dim=1) + self.pos_embed, 0.1)
    with-a-norm: Nothing is normed here, and there is nothing more in the state_dict.
        self.cls_token = nn.Parameter
        -> self.norm = nn.LayerNorm(dim); self.cls_token = nn.Parameter
    positions-without-gradient: Positions are learned: `.data` hides them from autograd.
        dim=1) + self.pos_embed -> dim=1) + self.pos_embed.data
    in-place: The images are brought to a mean of 0 here, which nobody asked for.
        patches = -> x -= x.mean(); patches =
    """,
)

# -------------------------------------------------------------------------------- window_partition

slips(
    "window_partition",
    """
    plain-view: A reshape alone cuts rows into pieces: windows beside each other share rows.
        grid.transpose(2, 3) -> grid
    columns-first: Windows are counted as one reads: left to right, then down.
        transpose(2, 3) -> permute(0, 3, 1, 2, 4, 5)
    window-major: All windows of map 0 come before those of map 1.
        transpose(2, 3) -> permute(1, 3, 0, 2, 4, 5)
    cells-transposed: The cells of a window are counted as one reads, too.
        transpose(2, 3) -> permute(0, 1, 3, 4, 2, 5)
    number-not-size: window_size is the side of a window in cells, not how many there are.
        height // window_size, width // window_size -> window_size, window_size
        down, window_size, across, window_size, channels)
        -> down, height // down, across, width // across, channels)
        -1, window_size, window_size, channels -> -1, height // down, width // across, channels
    every-other-cell: A window holds neighbours: its place in the map is the outer axis of a side,
      the cell the inner one.
        down, window_size, across, window_size, channels)
        -> window_size, down, window_size, across, channels)
        transpose(2, 3) -> permute(0, 2, 4, 1, 3, 5)
    square-map: Maps need not be square: the width has its own number of windows.
        width // window_size -> height // window_size
    sides-exchanged: Height comes before width.
        height, width, channels -> width, height, channels
    channels-first: Channels are the last axis here, as in Swin, not the second.
        height, width, channels = x.shape -> channels, height, width = x.shape
    cells-joined: A window keeps its two axes of cells.
        -1, window_size, window_size, channels -> -1, window_size**2, channels
    batch-kept: Batch and windows make one axis.
        reshape(-1, window_size, -> reshape(count, down * across, window_size,
    detached: Gradients have to find their way back into the maps.
        grid.transpose -> grid.detach().transpose
    in-place: The maps are brought to a mean of 0 here, which nobody asked for.
        grid = x.reshape -> x -= x.mean(); grid = x.reshape
    """,
)

# ----------------------------------------------------------------------------- shifted_window_mask

slips(
    "shifted_window_mask",
    """
    true-means-blocked: True means "may attend": cells from one region may.
        cells[:, :, None] == cells[:, None, :] -> cells[:, :, None] != cells[:, None, :]
    additive: Swin's code adds 0 and −100; here the mask is boolean, and True means "may attend".
        cells[:, :, None] == cells[:, None, :]
        -> -100.0 * (cells[:, :, None] != cells[:, None, :])
    floats-for-booleans: The mask is boolean.
        cells[:, :, None] == cells[:, None, :] -> (cells[:, :, None] == cells[:, None, :]).float()
    rows-only: Columns wrap around as well as rows.
        + column_wrapped -> + 0 * column_wrapped
    columns-only: Rows wrap around as well as columns.
        2 * row_wrapped -> 0 * row_wrapped
    either-wrapped: It takes four labels: a cell whose row wrapped is no neighbour of one whose
      column did, nor of the corner's.
        2 * row_wrapped[:, None] + column_wrapped -> row_wrapped[:, None] | column_wrapped
    region-sum: Two regions share a label: with what weights does the sum tell all four apart?
        2 * row_wrapped -> 1 * row_wrapped
    both-wrapped: It takes four labels, not one for the corner and one for all else.
        2 * row_wrapped[:, None] + column_wrapped -> row_wrapped[:, None] & column_wrapped
    half-window: The shift is given, and need not be half a window.
        row_wrapped = -> shift = window_size // 2 if shift else 0; row_wrapped =
    single-window-unmasked: Where one window is as long as a side, the map has wrapped all the same.
        row_wrapped = -> shift = shift if min(height, width) > window_size else 0; row_wrapped =
    first-rows: What wrapped around is at the end of the rolled map, not at its beginning.
        torch.arange(height) >= height - shift -> torch.arange(height) < shift
        torch.arange(width) >= width - shift -> torch.arange(width) < shift
    complement: It is `shift` rows and columns that wrapped, not the rest of the window.
        height - shift -> height - (window_size - shift)
        width - shift -> width - (window_size - shift)
    one-too-few: The last `shift` rows begin at row H − shift, and it is one of them.
        torch.arange(height) >= height - shift -> torch.arange(height) > height - shift
        torch.arange(width) >= width - shift -> torch.arange(width) > width - shift
    sides-exchanged: Rows are compared with the height, and columns with the width.
        region[None -> region.T[None
    last-window-only: There is a mask for each window, not for the last one alone.
        .flatten(1) -> .flatten(1)[-1:]
    window-parity: Every window has its own edge: the roll is seen only where the map's ends meet.
        torch.arange(height) >= height - shift
        -> torch.arange(height) % window_size >= window_size - shift
        torch.arange(width) >= width - shift
        -> torch.arange(width) % window_size >= window_size - shift
    windows-not-cut: Cells are compared window by window: the map has to be cut into windows first.
        window_partition(region[None, :, :, None], window_size).flatten(1)
        -> region.reshape(-1, window_size**2)
    not-by-itself: A cell may attend to itself.
        cells[:, :, None] == cells[:, None, :]
        -> (cells[:, :, None] == cells[:, None, :]) & ~torch.eye(window_size**2).bool()
    causal: A mask for windows hides no later cell: attention goes both ways.
        cells[:, :, None] == cells[:, None, :]
        -> (cells[:, :, None] == cells[:, None, :]).tril()
    """,
)

# ---------------------------------------------------------------------------------- random_masking

slips(
    "random_masking",
    """
    returns-shuffle: ids_restore undoes the shuffle: it says for each token where it went.
        return kept, mask, ids_restore -> return kept, mask, ids_shuffle
    mask-inverted: In MAE's mask 1 means removed.
        ids_restore >= keep -> ids_restore < keep
    mask-not-restored: The mask is in the order of the tokens, not in that of the shuffle.
        (ids_restore >= keep) -> (torch.arange(length) >= keep).expand(count, -1)
    mask-by-shuffle: Entry i of ids_shuffle is a token, not the place of token i.
        ids_restore >= keep -> ids_shuffle >= keep
    keeps-largest: The tokens with the smallest noise are kept, smallest first.
        noise.argsort(dim=1) -> noise.argsort(dim=1, descending=True)
    keeps-the-end: The tokens with the smallest noise are kept: the first of the shuffled order.
        ids_shuffle[:, :keep, None] -> ids_shuffle[:, length - keep :, None]
    one-mask-for-all: Each row has noise of its own.
        noise.argsort(dim=1) -> noise[:1].argsort(dim=1).expand(count, -1)
    one-row-drawn: Each row has noise of its own, all in one draw.
        torch.rand(count, length, -> torch.rand(1, length,
        .to(x.device) -> .expand(count, -1)
    row-by-row: One draw for the whole batch is asked for, of the shape (N, L).
        torch.rand(count, length, generator=generator).to(x.device)
        -> torch.stack([torch.rand(length, generator=generator) for _ in range(count)]).flip(0)
    sorted-over-batch: Each row is sorted by itself, along the tokens.
        noise.argsort(dim=1) -> noise.flatten().argsort().reshape(count, length) % length
    ratio-is-kept: mask_ratio is the share that is removed.
        int(length * (1 - mask_ratio)) -> max(1, int(length * mask_ratio))
    rounds: K is cut off to an integer, not rounded.
        int(length * (1 - mask_ratio)) -> round(length * (1 - mask_ratio))
    removed-cut-off: It is the number of kept tokens that is cut off to an integer, not that of the
      removed ones.
        int(length * (1 - mask_ratio)) -> length - int(length * mask_ratio)
    kept-resorted: The kept tokens stay in the order of their noise.
        ids_shuffle[:, :keep, None] -> ids_shuffle[:, :keep].sort(dim=1).values[:, :, None]
    global-generator: The noise comes from the generator that is passed in.
        torch.rand(count, length, generator=generator) -> torch.rand(count, length)
    normal-noise: The noise is uniform: torch.rand, not torch.randn.
        torch.rand(count -> torch.randn(count
    randperm: The order comes from sorting one draw of torch.rand, not from torch.randperm.
        noise.argsort(dim=1)
        -> torch.stack([torch.randperm(length, generator=generator) for _ in range(count)])
        noise = torch.rand(count, length, generator=generator).to(x.device) ->
    noise-in-dtype-of-x: The draw is float32, torch's default, whatever x is.
        generator=generator) -> generator=generator, dtype=x.dtype)
    noise-for-every-number: One number is drawn for a token, not for each of its features.
        torch.rand(count, length, generator=generator)
        -> torch.rand(count, length, width, generator=generator)[:, :, 0]
    draws-twice: One draw is all that the generator is asked for.
        ids_shuffle = -> torch.rand(1, generator=generator); ids_shuffle =
    draws-from-torch: Torch's global generator is asked for nothing.
        ids_shuffle = -> torch.rand(1); ids_shuffle =
    mask-in-float32: The mask has the dtype of x.
        .to(x.dtype) -> .float()
    scaled-like-dropout: Kept tokens stay as they are; that is dropout's rule.
        return kept, -> return kept / (1 - mask_ratio),
    zeroed-not-dropped: Removed tokens are dropped: only K of them are left.
        return kept, mask -> return x * (1 - mask)[:, :, None], mask
    detached: Gradients have to find their way back into the tokens that were kept.
        x.gather -> x.detach().gather
    in-place:
        kept = x.gather -> x += 1; x -= 1; x[:, 0] = 0; kept = x.gather
    """,
    hints={"in-place": "The tokens still belong to the caller: change none of them."},
)

# ---------------------------------------------------------------------------------- restore_tokens

slips(
    "restore_tokens",
    """
    inverse-order: Entry i of ids_restore says where token i is in the shuffled list: it is read
      from there, not written to there.
        ids_restore[:, :, None] -> ids_restore.argsort(1)[:, :, None]
    mask-tokens-first: In the shuffled list the kept tokens come first.
        [kept, gaps] -> [gaps, kept]
    kept-sorted: The kept tokens are in shuffled order, not in that of the sequence.

        gaps = mask_token.expand(count, length - kept.shape[1], -1)
        ->
        gaps = mask_token.expand(count, length - kept.shape[1], -1)
        order = ids_restore.argsort(1)[:, : kept.shape[1]].argsort(1).argsort(1)
        kept = kept.gather(1, order[:, :, None].expand_as(kept))

    zeros: Each gap holds the mask token.
        mask_token.expand -> (0 * mask_token).expand
    not-restored: What was shuffled has to come back to its place.
        return shuffled.gather(1, ids_restore[:, :, None].expand(-1, -1, kept.shape[2]))
        -> return shuffled
    one-order-for-all: Each row was shuffled in its own way.
        ids_restore[:, :, None].expand(-1, -1 -> ids_restore[:1, :, None].expand(count, -1
    average-for-gaps: A gap holds the mask token, not what is around it.
        mask_token.expand -> kept.mean(dim=1, keepdim=True).expand
    token-added: The mask token stands in the gaps alone.
        shuffled.gather -> (shuffled + mask_token).gather
    last-token-repeated: Each gap holds the mask token.
        mask_token.expand -> kept[:, -1:].expand
    token-without-gradient: The mask token is learned: gradients reach it.
        mask_token.expand -> mask_token.detach().expand
    kept-without-gradient: Gradients reach the tokens that were kept.
        [kept, gaps] -> [kept.detach(), gaps]
    gap-too-few: There are L − K gaps.
        length - kept.shape[1], -> max(0, length - kept.shape[1] - 1),
    in-place: All gaps may share one entry of the list, but ids_restore is the caller's.
        return shuffled -> ids_restore.clamp_(max=min(kept.shape[1], length - 1)); return shuffled
    """,
)

# ---------------------------------------------------------------------- masked_reconstruction_loss

slips(
    "masked_reconstruction_loss",
    """
    all-patches: Patches that were shown do not count.
        (error * mask).sum() / mask.sum() -> error.mean()
    visible-patches: 1 means removed, and it is the removed patches that count.
        (error * mask).sum() / mask.sum() -> (error * (1 - mask)).sum() / (1 - mask).sum()
    divides-by-all: The mean is over the removed patches, not over all of them.
        (error * mask).sum() / mask.sum() -> (error * mask).mean()
    summed: The errors of the removed patches are averaged.
        (error * mask).sum() / mask.sum() -> (error * mask).sum()
    divides-by-images: The mean is over removed patches, not over images.
        / mask.sum() -> / len(mask)
    per-image: Every removed patch of the batch counts the same, not every image.
        (error * mask).sum() / mask.sum()
        -> ((error * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)).mean()
    per-image-without-gaps: Every removed patch of the batch counts the same; images without any
      make 0 / 0 here.
        (error * mask).sum() / mask.sum()
        -> ((error * mask).sum(dim=1) / mask.sum(dim=1)).mean()
    summed-over-pixels: The error of a patch is the mean over its entries.
        ((pred - target) ** 2).mean(dim=-1) -> ((pred - target) ** 2).sum(dim=-1)
    not-squared: The error is squared.
        (pred - target) ** 2 -> (pred - target).abs()
    root: No root is taken of the error.
        ((pred - target) ** 2).mean(dim=-1) -> ((pred - target) ** 2).mean(dim=-1).sqrt()
    halved: Nothing is halved.
        return (error -> return 0.5 * (error
    biased-variance: The variance is divided by Q − 1, as torch does unless it is told otherwise.
        target.var(dim=-1, keepdim=True) -> target.var(dim=-1, keepdim=True, correction=0)
    eps-outside: ε is added to the variance, under the root.
        (variance + 1e-6).sqrt() -> (variance.sqrt() + 1e-6)
    eps-missing: Faint patches have a variance near ε: it has to be there.
        variance + 1e-6 -> variance
    larger-eps: Here ε is 10⁻⁶.
        1e-6 -> 1e-5
    divides-by-variance: The deviation is the root of the variance.
        (variance + 1e-6).sqrt() -> (variance + 1e-6)
    mean-not-subtracted: The mean of each patch is taken away first.
        target - mean -> target
    not-divided: After the mean is taken away, the target is divided by the deviation.
        (target - mean) / (variance + 1e-6).sqrt() -> target - mean
    normalizes-pred-too: pred stays as it is: it learns to be normal.

        error = ((pred - target) ** 2).mean(dim=-1)
        ->
        if normalize:
            pred = (pred - pred.mean(-1, True)) / (pred.var(-1, keepdim=True) + 1e-6).sqrt()
        error = ((pred - target) ** 2).mean(dim=-1)

    normalizes-pred-alike: pred stays as it is; mean and deviation of the target are for the target.

        error = ((pred - target) ** 2).mean(dim=-1)
        ->
        if normalize:
            pred = (pred - mean) / (variance + 1e-6).sqrt()
        error = ((pred - target) ** 2).mean(dim=-1)

    normalizes-over-images: Each patch has its own mean and variance.
        mean = target.mean(dim=-1, keepdim=True) -> mean = target.mean(dim=(1, 2), keepdim=True)
        variance = target.var(dim=-1, keepdim=True)
        -> variance = target.var(dim=(1, 2), keepdim=True)
    never-normalizes: With normalize=True the target's patches are normalised first.
        if normalize: -> if False:
    always-normalizes: Only with normalize=True is the target normalised.
        if normalize: -> if True:
    target-detached: Gradients flow through the target, too.
        pred - target -> pred - target.detach()
    in-place:
        target = (target - mean) / (variance + 1e-6).sqrt()
        -> target -= mean; target /= (variance + 1e-6).sqrt()
    """,
    hints={"in-place": "The target still belongs to the caller: make a new tensor."},
)

# ----------------------------------------------------------------------------------------- box_iou

slips(
    "box_iou",
    """
    pixel-counting: Coordinates are places, not pixels that are counted: no 1 is added.
        boxes[:, 2] - boxes[:, 0] -> boxes[:, 2] - boxes[:, 0] + 1
        boxes[:, 3] - boxes[:, 1] -> boxes[:, 3] - boxes[:, 1] + 1
        high - low -> high - low + 1
    product-clamped: Two negative sides have a positive product: each side is set to 0 by itself.
        (high - low).clamp(min=0) -> (high - low)
        sides[..., 0] * sides[..., 1] -> (sides[..., 0] * sides[..., 1]).clamp(min=0)
    sides-not-clamped: Where boxes are apart a side is negative: what do they share then?
        (high - low).clamp(min=0) -> (high - low)
    absolute-sides: Where boxes are apart a side is negative, and they share nothing.
        (high - low).clamp(min=0) -> (high - low).abs()
    sum-of-areas: What is shared is in both areas: the union counts it once.
        area1[:, None] + area2 - shared -> area1[:, None] + area2
    over-smaller-box: The denominator is the union, not the smaller of the two.
        area1[:, None] + area2 - shared -> torch.minimum(area1[:, None], area2)
    over-first-box: The denominator is the union of both boxes.
        area1[:, None] + area2 - shared -> area1[:, None]
    over-hull: The union is what both cover, not the box around both.

        return shared / (area1[:, None] + area2 - shared)
        ->
        first = torch.minimum(boxes1[:, None, :2], boxes2[:, :2])
        last = torch.maximum(boxes1[:, None, 2:], boxes2[:, 2:])
        return shared / (last - first).prod(dim=-1)

    intersection-only: The shared area is divided by the union.
        shared / (area1[:, None] + area2 - shared) -> shared
    width-height-format: The last two numbers are a corner, not width and height.

        area1, area2 = (
        ->
        both = (boxes1, boxes2)
        boxes1, boxes2 = (torch.cat([b[:, :2], b[:, :2] + b[:, 2:]], dim=1) for b in both)
        area1, area2 = (

    centre-format: The numbers are two corners, not a centre and a size.

        area1, area2 = (
        ->
        both = (boxes1, boxes2)
        boxes1, boxes2 = (
            torch.cat([b[:, :2] - b[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2], dim=1) for b in both
        )
        area1, area2 = (

    corners-interleaved: The order is x1, y1, x2, y2: two corners, not two intervals.

        area1, area2 = (
        ->
        boxes1, boxes2 = boxes1[:, [0, 2, 1, 3]], boxes2[:, [0, 2, 1, 3]]
        area1, area2 = (

    eps-in-denominator: The union is never 0, and small boxes feel what is added to it.
        area2 - shared) -> area2 - shared + 1e-6)
    transposed: Rows are boxes1, columns boxes2.
        return shared / (area1[:, None] + area2 - shared)
        -> return (shared / (area1[:, None] + area2 - shared)).T
    pair-by-pair: Each box of the first set meets each of the second.
        boxes1[:, None, :2] -> boxes1[:, :2]
        boxes1[:, None, 2:] -> boxes1[:, 2:]
        area1[:, None] -> area1
    negative-cut-off: Coordinates may be negative: nothing is cut off at 0.

        area1, area2 = (
        ->
        boxes1, boxes2 = boxes1.clamp(min=0), boxes2.clamp(min=0)
        area1, area2 = (

    distance: Agreement is asked for, 1 for equal boxes, not 1 minus it.
        return shared / -> return 1 - shared /
    touching-counts: Boxes that only touch share nothing.
        (high - low).clamp(min=0) -> (high - low).clamp(min=1e-3)
    rounded: The answer is not rounded.
        return shared / (area1[:, None] + area2 - shared)
        -> return (shared / (area1[:, None] + area2 - shared)).round(decimals=4)
    never-empty: Where there are no boxes the answer is empty as well, and has two axes.

        area1, area2 = (
        ->
        if not len(boxes1) or not len(boxes2):
            return boxes1.new_zeros(0)
        area1, area2 = (

    in-place: Sides are differences that need a tensor of their own.
        shared = -> boxes1[:, 2:] -= boxes1[:, :2]; shared =
    """,
)

# --------------------------------------------------------------------------------------------- nms

slips(
    "nms",
    """
    equal-dropped: A box is dropped if its overlap is above the threshold; equal is not above.
        > iou_threshold -> >= iou_threshold
    sorted-by-index: The answer is ordered by score, best first.
        torch.tensor(kept, -> torch.tensor(sorted(kept),
    positions-in-sorted-list: The answer has indices into boxes as they were given, not into the
      sorted ones.
        torch.tensor(kept, -> torch.tensor([order.tolist().index(one) for one in kept],
    dropped-boxes-drop: A box that was dropped does not suppress any more.
        too_close[box, kept].any()
        -> too_close[box, order[: order.tolist().index(box)]].any()
    neighbours-only: A box is compared with all that were kept, not with the last one.
        too_close[box, kept] -> too_close[box, kept[-1:]]
    against-best-only: A box is compared with all that were kept, not with the best one.
        too_close[box, kept] -> too_close[box, kept[:1]]
    all-close-needed: One kept box that is too close is enough.
        not too_close[box, kept].any() -> not kept or not too_close[box, kept].all()
    worst-first: The best score comes first.
        descending=True -> descending=False
    scores-ignored: Boxes are looked at by decreasing score.
        order.tolist() -> range(len(boxes))
    later-of-equals-first: Two boxes with the same score stay in the order of their indices.
        scores.argsort(descending=True, stable=True)
        -> len(scores) - 1 - scores.flip(0).argsort(descending=True, stable=True)
    keeps-overlapping: What overlaps is dropped, and what does not is kept.
        > iou_threshold -> < iou_threshold
    fails-when-empty: Without boxes there is no best one, and the answer is empty.
        kept = [] -> kept = [int(scores.argmax())]
        order.tolist() -> order.tolist()[1:]
    empty-is-float: Of an empty list torch makes floats; indices are int64.
        dtype=torch.int64, ->
    returns-boxes: Indices are asked for, not the boxes.
        return torch.tensor(kept, dtype=torch.int64, device=boxes.device) -> return boxes[kept]
    returns-mask: Indices are asked for, not a mask.
        return torch.tensor(kept, dtype=torch.int64, device=boxes.device)
        -> return torch.tensor([one in kept for one in range(len(boxes))])
    returns-list: A tensor is asked for.
        return torch.tensor(kept, dtype=torch.int64, device=boxes.device) -> return kept
    half-whatever-is-asked: The threshold is given, and need not be a half.
        > iou_threshold -> > 0.5
    score-threshold: The threshold is for overlaps; no box is dropped for its score alone.
        if not too_close -> if scores[box] >= iou_threshold and not too_close
    best-only: Only what is too close to a kept box is dropped.
        torch.tensor(kept, -> torch.tensor(kept[:1],
    """,
)


@mistake("nms", "in-place", "Scores of boxes that are done are overwritten: work on a copy.")
def nms(boxes, scores, iou_threshold):
    from ch15_vision import box_iou

    kept = []
    while len(scores) and scores.max() > float("-inf"):
        best = int((scores == scores.max()).nonzero()[0, 0])
        kept.append(best)
        scores[box_iou(boxes[best : best + 1], boxes)[0] > iou_threshold] = float("-inf")
        scores[best] = float("-inf")
    return torch.tensor(kept, dtype=torch.int64)
