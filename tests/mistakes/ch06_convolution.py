"""What people get wrong in convolution and pooling."""

import ch06_convolution as reference
import numpy as np

from grader.bank import mistake, slips

HINTS = {
    "across-channels": "Every channel is pooled by itself.",
    "assign-not-accumulate": "A pixel may lie in several windows: add to what is there already.",
    "broadcast-at-padding-zero": "A slice that ends at -0 is empty, so nothing can be copied from "
    "it or into it: count its end from the start.",
    "ceil-size": "A window must fit in as a whole: rows and columns left over get no output.",
    "channel-last-in-column": "A column lists its window channel by channel, not pixel by pixel.",
    "int-output-buffer": "An array made for integers cuts off what comes after the point.",
    "left-over-cut-off": "Rows and columns that no window sees are part of the image: they get 0.",
    "not-unpadded": "The answer has the shape of the image: the border is no part of it.",
    "padding-ignored": "Put the border of zeros around the image first.",
    "pads-every-axis": "Only rows and columns get a border, not images and channels.",
    "pads-one-side": "The border goes round all four sides of the image.",
    "stride-ignored": "A window starts `stride` pixels after the one before.",
    "stride-is-kernel": "Stride and kernel are two things: windows may overlap or leave gaps.",
    "unpad-zero": "With a padding of 0 a slice that ends at -0 is empty: count its end from the "
    "start.",
    "unpads-corner-only": "The image starts after a border on the top and the left.",
    "windows-downwards-first": "The windows go from left to right first, then downwards.",
}
"""Hints of mistakes that several exercises have."""

slips(
    "output_size",
    """
    ceil-size: A window must fit in as a whole: what is left over is lost.
        (size + 2 * padding - kernel) // stride -> -((kernel - size - 2 * padding) // stride)
    rounds-to-nearest: Half a window is no window: round down, never to nearest.
        (size + 2 * padding - kernel) // stride -> round((size + 2 * padding - kernel) / stride)
    float-size: A size goes into shapes and ranges: use the division of integers.
        // stride -> // float(stride)
    first-window-forgotten: The window that has not moved at all counts as well.
        + 1 ->
    padding-once: There is padding at either end of the axis.
        2 * padding -> padding
    one-before-division: With a stride of 1 it does not matter, but the first window is not to be
      divided by stride.
        - kernel) // stride + 1 -> - kernel + 1) // stride
    kernel-after-division: First see how far the window can move in entries, then how many strides
      that is.
        - kernel) // stride -> ) // stride - kernel
    stride-ignored: The window moves by stride, so it stops less often.
        // stride ->
    one-window-for-a-full-kernel: A kernel as long as the axis still moves if there is padding.
        return -> return 1 if kernel >= size else
    """,
)

slips(
    "pad2d",
    """
    pads-every-axis:
        ((0, 0), (0, 0), border, border) -> padding
    one-side: The border goes round all four sides of the image.
        (padding, padding) -> (0, padding)
    edge-values: The border is made of zeros, not of the pixels at the edge.
        border, border)) -> border, border), mode="edge")
    negative-end-of-slice: With a padding of 0 a slice that ends at -0 is empty: count its end from
      the start.
        return np.pad(x, ((0, 0), (0, 0), border, border))
        ->
        out = np.pad(x, ((0, 0), (0, 0), border, border))
        out[:, :, padding:-padding, padding:-padding] = x
        return out
    channels-last: Images are (N, C, H, W): rows and columns are the last two axes.
        ((0, 0), (0, 0), border, border) -> ((0, 0), border, border, (0, 0))
    int-buffer: An array made for integers cuts off what comes after the point.
        np.pad(x, -> np.pad(np.trunc(x),
    half-on-each-side: The border is `padding` wide on each side, not in total.
        (padding, padding) -> (padding // 2, padding - padding // 2)
    rows-only: The image grows to the left and right as well.
        border, border -> border, (0, 0)
    border-in-the-image: The border goes round the image, which grows: the edge of x stays, in the
      answer and in the caller's array.

        return np.pad(x, ((0, 0), (0, 0), border, border))
        ->
        x[:, :, :padding] = x[:, :, :, :padding] = 0.0
        return np.pad(x, ((0, 0), (0, 0), border, border))
    """,
    hints=HINTS,
)

slips(
    "conv2d",
    """
    flips-kernel: The kernel is laid on the window as it is: this is cross-correlation, nothing is
      turned.
        w[:, :, u, v] -> w[:, :, -1 - u, -1 - v]
    kernel-transposed: The third axis of w counts rows, the fourth columns.
        w[:, :, u, v] -> w[:, :, v, u]
    filters-and-channels-exchanged: Weights are (F, C, KH, KW): the filter comes first. As many
      filters as channels raise no error.
        fc,nchw->nfhw -> cf,nchw->nfhw
    stride-ignored-in-window: The number of outputs is right, but each window must start `stride`
      after the one before.
        slice(u, u + stride * out_h, stride) -> slice(u, u + out_h)
        slice(v, v + stride * out_w, stride) -> slice(v, v + out_w)
    stride-ignored: The window moves by `stride` pixels, so there are fewer outputs.
        n, _, h, width = -> stride = 1; n, _, h, width =
    stride-for-rows-only: Columns move by `stride`, too.
        output_size(width, kernel_w, stride, padding) -> output_size(width, kernel_w, 1, padding)
        slice(v, v + stride * out_w, stride) -> slice(v, v + out_w)
    int-output-buffer:
        return out -> return np.trunc(out)
    padding-ignored:
        n, _, h, width = -> padding = 0; n, _, h, width =
    pads-every-axis:
        pad2d(x, padding) -> np.pad(x, padding)[:n, : x.shape[1]]
    pads-one-side:
        pad2d(x, padding) -> np.pad(x, ((0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)))
    last-channel-only: A filter looks at all channels at once, and what it finds in them is added.
        w[:, :, u, v] -> w[:, -1:, u, v]
        padded[:, :, rows -> padded[:, -1:, rows
    bias-forgotten: Every filter has a bias to add.
        + b[:, None, None] ->
    bias-for-every-channel: The bias is added once to an output, not once a channel.
        + b[:, None, None] -> + x.shape[1] * b[:, None, None]
    bias-along-columns: A bias belongs to a filter, which is axis 1 of the output, not the last one.
        b[:, None, None] -> b
    bias-for-the-images: A bias belongs to a filter, which is axis 1 of the output, not axis 0.
        b[:, None, None] -> b[:, None, None, None]
    ceil-size:
        output_size(h, kernel_h, stride, padding)
        -> -((kernel_h - h - 2 * padding) // stride) + 1
        output_size(width, kernel_w, stride, padding)
        -> -((kernel_w - width - 2 * padding) // stride) + 1
        pad2d(x, padding) -> np.pad(pad2d(x, padding), ((0, 0), (0, 0), (0, stride), (0, stride)))
    rejects-left-over: Rows and columns that are left over are no error: they get no output.

        padded = pad2d(x, padding)
        ->
        if (h + 2 * padding - kernel_h) % stride or (width + 2 * padding - kernel_w) % stride:
            raise ValueError("the windows do not fit")
        padded = pad2d(x, padding)

    output-transposed: Keep rows and columns apart: output (i, j) belongs to the window at row i and
      column j.
        return out -> return out.swapaxes(2, 3)
    mean-over-window: A filter sums its window, it does not average it.
        w[:, :, u, v] -> w[:, :, u, v] / w[0].size
    in-place: Setting `b.shape` changes the caller's array: b.reshape or b[:, None, None] makes a
      view of it.
        padded = -> b.shape = (f, 1, 1); padded =
        b[:, None, None] -> b
    """,
    hints=HINTS,
)

slips(
    "conv2d_backward",
    """
    unpad-zero:
        dpadded[:, :, padding : padding + h, padding : padding + width]
        -> dpadded[:, :, padding:-padding, padding:-padding]
    broadcast-at-padding-zero:
        dx = dpadded[:, :, padding : padding + h, padding : padding + width]
        ->
        dx = np.zeros(x.shape)
        dx[...] = dpadded[:, :, padding:-padding, padding:-padding]
    hardcoded-unpad: The border to cut off is `padding` wide, which is not always 1.
        dpadded[:, :, padding : padding + h, padding : padding + width]
        -> dpadded[:, :, 1:-1, 1:-1]
    not-unpadded: The gradient of the image has the shape of the image: the border is no part of it.
        dpadded[:, :, padding : padding + h, padding : padding + width] -> dpadded
    unpads-corner-only:
        dpadded[:, :, padding : padding + h, padding : padding + width]
        -> dpadded[:, :, :h, :width]
    dw-from-bare-image: The weights saw the padded image, so their gradient is made from its
      windows.
        padded = pad2d(x, padding)
        -> padded = np.pad(x, ((0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)))
    stride-missing: Output (i, j) goes back to the window it came from, which starts at i·stride and
      j·stride.
        slice(u, u + stride * out_h, stride) -> slice(u, u + out_h)
        slice(v, v + stride * out_w, stride) -> slice(v, v + out_w)
    loop-index-not-window-index: The image's gradient finds the right window; the weights' gradient
      must use the same one.
        padded[:, :, rows, columns] -> padded[:, :, u : u + out_h, v : v + out_w]
    dw-of-last-image: All images of the batch used the same weights: add up what they say.
        "nfhw,nchw->fc", dout, seen -> "nfhw,nchw->fc", dout[-1:], seen[-1:]
    db-missing-axes: A bias was added at every place of every image: its gradient is one number a
      filter.
        axis=(0, 2, 3) -> axis=0
    db-mean: The bias was added at each place, so its gradient is a plain sum.
        dout.sum( -> dout.mean(
    averages-over-batch: The mean over the batch is part of the loss and already in dout.
        return dx, dw, dout.sum(axis=(0, 2, 3))
        -> return dx, dw / len(x), dout.sum(axis=(0, 2, 3)) / len(x)
    kernel-flipped: When outputs are sent back to their windows the kernel is used as it is; it is
      turned only if you write the same thing as a convolution of dout.
        w[:, :, u, v], dout -> w[:, :, -1 - u, -1 - v], dout
    filters-and-channels-exchanged: Weights are (F, C, KH, KW): the filter comes first. As many
      filters as channels raise no error.
        fc,nfhw->nchw -> cf,nfhw->nchw
    dw-transposed: The gradient has the shape of w, (F, C, KH, KW). As many filters as channels
      raise no error.
        nfhw,nchw->fc -> nfhw,nchw->cf
    left-over-cut-off: Rows and columns that no window sees are part of the image: their gradient
      is 0.
        padding + h, padding -> min(padding + h, (out_h - 1) * stride + kernel_h), padding
        padding + width] -> min(padding + width, (out_w - 1) * stride + kernel_w)]
    last-filter-only: Every filter looked at the image, so every filter sends something back to it.
        w[:, :, u, v], dout -> w[-1:, :, u, v], dout[:, -1:]
    kernel-not-flipped: As a convolution of the widened dout the image's gradient needs the kernel
      turned round, and stride − 1 zeros between the entries of dout.
        dpadded[:, :, rows, columns] -> dpadded[:, :, u : u + out_h, v : v + out_w]
        w[:, :, u, v], dout -> w[:, :, -1 - u, -1 - v], dout
    parts-in-another-order: The answer is (dx, dw, db), in this order.
        return dx, dw, -> return dw, dx,
    in-place: What is written into dout stays in the caller's array: leave it as it came.

        return dx, dw, dout.sum(axis=(0, 2, 3))
        ->
        db = dout.sum(axis=(0, 2, 3))
        dout[...] = 0.0
        return dx, dw, db
    """,
    hints=HINTS,
)


@mistake(
    "conv2d_backward",
    "assign-not-accumulate",
    "A pixel lies in several windows and is used by every filter: add to what is there.",
)
def conv2d_backward(dout, x, w, stride=1, padding=0):
    _, dw, db = reference.conv2d_backward(dout, x, w, stride, padding)
    dpadded = np.zeros(reference.pad2d(x, padding).shape)
    for n, f, i, j in np.ndindex(dout.shape):
        top, left = i * stride, j * stride
        window = (n, slice(None), slice(top, top + w.shape[2]), slice(left, left + w.shape[3]))
        dpadded[window] = dout[n, f, i, j] * w[f]
    return dpadded[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]], dw, db


slips(
    "im2col",
    """
    windows-in-rows: Every window is a column: the last axis counts windows.
        kernel_w, -1) -> kernel_w, -1).swapaxes(1, 2)
    channel-last-in-column:
        transpose(0, 1, 4, 5, 2, 3) -> transpose(0, 4, 5, 1, 2, 3)
    window-by-columns: Within a channel the window is read row by row, from left to right.
        transpose(0, 1, 4, 5, 2, 3) -> transpose(0, 1, 5, 4, 2, 3)
    windows-downwards-first:
        transpose(0, 1, 4, 5, 2, 3) -> transpose(0, 1, 4, 5, 3, 2)
    reshape-without-transpose: A reshape only renames places: bring the axes into the order (N, C,
      KH, KW, OH, OW) before.
        windows.transpose(0, 1, 4, 5, 2, 3) -> windows
    batch-in-columns: The images stay apart: axis 0 counts them, as it does everywhere.
        transpose(0, 1, 4, 5, 2, 3).reshape(n, c * kernel_h * kernel_w, -1)
        -> transpose(1, 4, 5, 2, 3, 0).reshape(c * kernel_h * kernel_w, -1)
    stride-ignored:
        [:, :, ::stride, ::stride] ->
    padding-ignored:
        pad2d(x, padding) -> x
    kernel-sides-swapped: KH counts rows and KW columns of the window.
        (kernel_h, kernel_w) -> (kernel_w, kernel_h)
    in-place: What is written into x stays in the caller's array: leave it as it came.

        return windows.transpose(0, 1, 4, 5, 2, 3).reshape(n, c * kernel_h * kernel_w, -1)
        ->
        cols = windows.transpose(0, 1, 4, 5, 2, 3).reshape(n, c * kernel_h * kernel_w, -1).copy()
        x[...] = 0.0
        return cols
    """,
    hints=HINTS,
)

slips(
    "col2im",
    """
    not-unpadded: The answer has the shape of the images, without the border.
        padded[:, :, padding : padding + h, padding : padding + width] -> padded
    unpad-zero:
        padded[:, :, padding : padding + h, padding : padding + width]
        -> padded[:, :, padding:-padding, padding:-padding]
    broadcast-at-padding-zero:
        return padded[:, :, padding : padding + h, padding : padding + width]
        ->
        out = np.zeros(x_shape)
        out[...] = padded[:, :, padding:-padding, padding:-padding]
        return out

    unpads-corner-only:
        padded[:, :, padding : padding + h, padding : padding + width] -> padded[:, :, :h, :width]
    averages-overlaps: This carries gradients, it does not rebuild the image: overlapping entries
      are added, and not divided by how many there are.
        padded = -> seen = np.zeros((n, c, h + 2 * padding, width + 2 * padding)); padded =
        += windows[:, :, u, v] -> += windows[:, :, u, v]; seen[:, :, rows, columns] += 1
        return padded -> return (padded / np.maximum(seen, 1))
    channel-last-in-column:
        windows = cols.reshape(n, c, kernel_h, kernel_w, out_h, out_w)
        -> windows = np.moveaxis(cols.reshape(n, kernel_h, kernel_w, c, out_h, out_w), 3, 1)
    windows-downwards-first:
        windows = cols.reshape(n, c, kernel_h, kernel_w, out_h, out_w)
        -> windows = cols.reshape(n, c, kernel_h, kernel_w, out_w, out_h).swapaxes(4, 5)
    left-over-cut-off: Rows and columns that no window sees are part of the images: they are 0.
        padding + h, padding -> min(padding + h, (out_h - 1) * stride + kernel_h), padding
        padding + width] -> min(padding + width, (out_w - 1) * stride + kernel_w)]
    in-place: What is written into cols, or into a view of it, stays in the caller's array.
        += windows[:, :, u, v] -> += windows[:, :, u, v]; windows[:, :, u, v] = 0.0
    """,
    hints=HINTS,
)


@mistake("col2im", "assign-not-accumulate", HINTS["assign-not-accumulate"])
def col2im(cols, x_shape, kernel_h, kernel_w, stride, padding):
    n, c, h, width = x_shape
    padded = np.zeros((n, c, h + 2 * padding, width + 2 * padding))
    out_w = reference.output_size(width, kernel_w, stride, padding)
    for column, window in enumerate(np.moveaxis(cols, 2, 0)):
        rows, columns = (first * stride for first in divmod(column, out_w))
        seen = padded[:, :, rows : rows + kernel_h, columns : columns + kernel_w]
        seen[...] = window.reshape(n, c, kernel_h, kernel_w)
    return padded[:, :, padding : padding + h, padding : padding + width]


slips(
    "max_pool2d",
    """
    init-zero: A window may be negative all over: do not start the search at 0.
        max(axis=(4, 5)) -> max(axis=(4, 5), initial=0.0)
    stride-is-kernel:
        [:, :, ::stride, ::stride] -> [:, :, ::kernel, ::kernel]
    stride-ignored:
        [:, :, ::stride, ::stride] ->
    ceil-size:
        windows = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(2, 3))
        ->
        more = [(0, -(size - kernel) % stride) for size in x.shape[2:]]
        x = np.pad(x, [(0, 0), (0, 0), *more], constant_values=-np.inf)
        windows = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(2, 3))

    mean-of-window: Max pooling keeps the largest value, not the mean.
        max(axis=(4, 5)) -> mean(axis=(4, 5))
    largest-magnitude: The largest value is the one furthest up, not the one furthest from 0.
        return windows[:, :, ::stride, ::stride].max(axis=(4, 5))
        ->
        high, low = (f(windows[:, :, ::stride, ::stride], axis=(4, 5)) for f in (np.max, np.min))
        return np.where(high >= -low, high, low)

    across-channels:
        max(axis=(4, 5)) -> max(axis=(1, 4, 5), keepdims=True)[..., 0, 0].repeat(x.shape[1], axis=1)
    image-is-square: Images need not be square: count outputs for rows and for columns.
        windows = -> size = output_size(x.shape[2], kernel, stride, 0); windows =
        max(axis=(4, 5)) -> max(axis=(4, 5))[:, :, :size, :size]
    in-place: A view of x is x: a running maximum needs an array of its own.

        return windows[:, :, ::stride, ::stride].max(axis=(4, 5))
        ->
        windows = windows[:, :, ::stride, ::stride]
        largest = x[:, :, ::stride, ::stride][:, :, : windows.shape[2], : windows.shape[3]]
        for u, v in np.ndindex(kernel, kernel):
            np.maximum(largest, windows[..., u, v], out=largest)
        return largest.copy()

    """,
    hints=HINTS,
)


slips(
    "max_pool2d_backward",
    """
    assign-not-accumulate: A pixel may win several overlapping windows: add to what it already got.
        dx[:, :, rows, columns] += dout * (x[:, :, rows, columns] == largest)
        ->
        won = x[:, :, rows, columns] == largest
        dx[:, :, rows, columns] = np.where(won, dout, dx[:, :, rows, columns])
    whole-window-gets-it: Only the largest value of a window has an influence on the output.
        dout * (x[:, :, rows, columns] == largest) -> dout
    spread-over-window: This is how average pooling does it: here one pixel gets everything.
        (x[:, :, rows, columns] == largest) -> 1.0 / kernel**2
    early-return: Look where the return stands: it must wait until all images have had their turn.
        return dx -> return np.concatenate([dx[:1], 0.0 * dx[1:]])
    stride-ignored: Output (i, j) goes back to the window that starts at row i·stride and column
      j·stride.
        slice(u, u + stride * out_h, stride) -> slice(u, u + out_h)
        slice(v, v + stride * out_w, stride) -> slice(v, v + out_w)
        largest = max_pool2d(x, kernel, stride)
        -> largest = max_pool2d(x, kernel, 1)[:, :, :out_h, :out_w]
    times-the-maximum: The slope of a maximum for the largest value is 1, however large that is.
        return dx -> return dx * x
    left-over-cut-off: Rows and columns that no window sees are part of the image: their gradient
      is 0.
        return dx
        -> return dx[:, :, : (out_h - 1) * stride + kernel, : (out_w - 1) * stride + kernel]
    in-place: What is written into dout stays in the caller's array: leave it as it came.
        return dx -> dout[...] = 0.0; return dx
    """,
    hints=HINTS,
)


def each_pool(dout, x, kernel, stride):
    """Every output's place, its window, and where in the window the largest value is."""
    for n, c, i, j in np.ndindex(dout.shape):
        top, left = i * stride, j * stride
        window = x[n, c, top : top + kernel, left : left + kernel]
        u, v = np.unravel_index(window.argmax(), window.shape)
        yield (n, c, i, j), window, (top + u, left + v)


@mistake(
    "max_pool2d_backward",
    "equal-anywhere-in-image",
    "Look for the maximum in its window only: the same value may stand elsewhere.",
)
def max_pool2d_backward(dout, x, kernel, stride):
    dx = np.zeros(x.shape)
    for (n, c, i, j), window, _ in each_pool(dout, x, kernel, stride):
        dx[n, c] += dout[n, c, i, j] * (x[n, c] == window.max())
    return dx


@mistake(
    "max_pool2d_backward",
    "winner-without-offset",
    "argmax counts from the corner of the window: add where the window starts.",
)
def max_pool2d_backward(dout, x, kernel, stride):
    dx = np.zeros(x.shape)
    for (n, c, i, j), _, (row, column) in each_pool(dout, x, kernel, stride):
        dx[n, c, row - i * stride, column - j * stride] += dout[n, c, i, j]
    return dx


@mistake(
    "max_pool2d_backward",
    "row-and-column-swapped",
    "argmax counts along rows first: the quotient by the kernel is the row, the rest the column.",
)
def max_pool2d_backward(dout, x, kernel, stride):
    dx = np.zeros(x.shape)
    for (n, c, i, j), window, _ in each_pool(dout, x, kernel, stride):
        v, u = divmod(int(window.argmax()), kernel)
        dx[n, c, i * stride + u, j * stride + v] += dout[n, c, i, j]
    return dx


@mistake(
    "max_pool2d_backward",
    "strikes-out-winners",
    "A pixel may win again in the next window, and x is not yours to change.",
)
def max_pool2d_backward(dout, x, kernel, stride):
    dx = np.zeros(x.shape)
    for place, _, winner in each_pool(dout, x, kernel, stride):
        dx[place[:2]][winner] += dout[place]
        x[place[:2]][winner] = -np.inf
    return dx


slips(
    "avg_pool2d",
    """
    sum-of-window: A mean is the sum divided by how many values there are.
        mean( -> sum(
    divides-by-kernel: A window has more entries than one of its sides has.
        mean(axis=(4, 5)) -> sum(axis=(4, 5)) / kernel
    stride-is-kernel:
        [:, :, ::stride, ::stride] -> [:, :, ::kernel, ::kernel]
    stride-ignored:
        [:, :, ::stride, ::stride] ->
    ceil-size:
        windows = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(2, 3))
        return windows[:, :, ::stride, ::stride].mean(axis=(4, 5))
        ->
        more = [(0, -(size - kernel) % stride) for size in x.shape[2:]]
        x = np.pad(x, [(0, 0), (0, 0), *more], constant_values=np.nan)
        windows = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(2, 3))
        return np.nan_to_num(np.nanmean(windows[:, :, ::stride, ::stride], axis=(4, 5)))

    across-channels:
        mean(axis=(4, 5))
        -> mean(axis=(1, 4, 5), keepdims=True)[..., 0, 0].repeat(x.shape[1], axis=1)
    max-of-window: Average pooling takes the mean of the window.
        mean( -> max(
    in-place:
        windows = -> x /= kernel**2; windows =
        mean( -> sum(
    """,
    hints=HINTS,
)

slips(
    "lenet",
    """
    no-relu-after-conv: Convolutions, too, are followed by a ReLU.
        np.maximum(maps, 0.0) -> maps
    relu-after-last-conv-only: The first convolution is followed by a ReLU, too.
        np.maximum(maps, 0.0) -> np.maximum(maps, 0.0) if name == "conv2" else maps
    no-relu-between-linear: Linear layers in a row are one linear layer, unless there is a ReLU
      between them.
        hidden = np.maximum(hidden @ params[f"{name}_w"].T + params[f"{name}_b"], 0.0)
        -> hidden = hidden @ params[f"{name}_w"].T + params[f"{name}_b"]
    relu-after-last: Logits may be negative: nothing follows the last layer.
        return hidden @ params["fc3_w"].T + params["fc3_b"]
        -> return np.maximum(hidden @ params["fc3_w"].T + params["fc3_b"], 0.0)
    softmax-at-the-end: Logits are due, not probabilities.
        return hidden @ params["fc3_w"].T + params["fc3_b"]
        ->
        logits = hidden @ params["fc3_w"].T + params["fc3_b"]
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    flattens-channels-last: Flatten channel by channel: fc1 expects the order (C, H, W).
        hidden = maps.reshape -> hidden = maps.transpose(0, 2, 3, 1).reshape
    flattens-columns-first: Flatten each map row by row: fc1 expects the order (C, H, W).
        hidden = maps.reshape -> hidden = maps.swapaxes(2, 3).reshape
    flattens-across-batch: Each image keeps its own row: bring the batch to the front before and
      leave it there.
        maps.reshape(len(x), -1) -> maps.reshape(-1, len(x)).T
    average-pool: The pools of this network take maxima.
        max_pool2d( -> avg_pool2d(
    conv-bias-forgotten: The convolutions have biases, too.
        conv2d(maps, params[f"{name}_w"], params[f"{name}_b"])
        -> conv2d(maps, params[f"{name}_w"], 0.0 * params[f"{name}_b"])
    weights-not-transposed: A linear layer is x Wᵀ + b: where W is square a forgotten transpose
      raises no error.
        hidden @ params[f"{name}_w"].T -> hidden @ params[f"{name}_w"]
    last-weights-not-transposed: The last layer, too, is x Wᵀ + b.
        params["fc3_w"].T -> params["fc3_w"]
    params-emptied: The dict belongs to the caller: pop takes the parameters out of it. Read them.
        params["fc3_w"] -> params.pop("fc3_w")
        conv2d(maps, params[f"{name}_w"] -> conv2d(maps, params.pop(f"{name}_w")
    images-centred-in-place: Nothing is done to the images first, and x -= … writes into the
      caller's array.
        maps = x -> x -= x.mean(); maps = x
    """,
    hints=HINTS,
)
