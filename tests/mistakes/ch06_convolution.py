"""What people get wrong in convolution and pooling."""

import math

import ch06_convolution as reference
import numpy as np

from grader.bank import mistake


@mistake("output_size", "ceil-size", "A window must fit in as a whole: what is left over is lost.")
def output_size(size, kernel, stride, padding):
    return math.ceil((size + 2 * padding - kernel) / stride) + 1


@mistake(
    "output_size", "rounds-to-nearest", "Half a window is no window: round down, never to nearest."
)
def output_size(size, kernel, stride, padding):
    return round((size + 2 * padding - kernel) / stride) + 1


@mistake(
    "output_size", "float-size", "A size goes into shapes and ranges: use the division of integers."
)
def output_size(size, kernel, stride, padding):
    return np.floor((size + 2 * padding - kernel) / stride) + 1


@mistake(
    "output_size", "first-window-forgotten", "The window that has not moved at all counts as well."
)
def output_size(size, kernel, stride, padding):
    return (size + 2 * padding - kernel) // stride


@mistake("output_size", "padding-once", "There is padding at either end of the axis.")
def output_size(size, kernel, stride, padding):
    return (size + padding - kernel) // stride + 1


@mistake(
    "output_size",
    "one-before-division",
    "With a stride of 1 it does not matter, but the first window is not to be divided by stride.",
)
def output_size(size, kernel, stride, padding):
    return (size + 2 * padding - kernel + 1) // stride


@mistake(
    "output_size",
    "kernel-after-division",
    "First see how far the window can move in entries, then how many strides that is.",
)
def output_size(size, kernel, stride, padding):
    return (size + 2 * padding) // stride - kernel + 1


@mistake("output_size", "stride-ignored", "The window moves by stride, so it stops less often.")
def output_size(size, kernel, stride, padding):
    return size + 2 * padding - kernel + 1


@mistake("pad2d", "pads-every-axis", "Only rows and columns get a border, not images and channels.")
def pad2d(x, padding):
    return np.pad(x, padding)


@mistake("pad2d", "one-side", "The border goes round all four sides of the image.")
def pad2d(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (0, padding), (0, padding)))


@mistake("pad2d", "edge-values", "The border is made of zeros, not of the pixels at the edge.")
def pad2d(x, padding):
    border = (padding, padding)
    return np.pad(x, ((0, 0), (0, 0), border, border), mode="edge")


@mistake(
    "pad2d",
    "negative-end-of-slice",
    "With a padding of 0 a slice that ends at -0 is empty: count its end from the start.",
)
def pad2d(x, padding):
    n, c, h, w = x.shape
    out = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    out[:, :, padding:-padding, padding:-padding] = x
    return out


@mistake(
    "pad2d", "channels-last", "Images are (N, C, H, W): rows and columns are the last two axes."
)
def pad2d(x, padding):
    border = (padding, padding)
    return np.pad(x, ((0, 0), border, border, (0, 0)))


@mistake("pad2d", "int-buffer", "An array made for integers cuts off what comes after the point.")
def pad2d(x, padding):
    n, c, h, w = x.shape
    out = np.zeros((n, c, h + 2 * padding, w + 2 * padding), dtype=int)
    out[:, :, padding : padding + h, padding : padding + w] = x
    return out.astype(float)


@mistake("pad2d", "half-on-each-side", "The border is `padding` wide on each side, not in total.")
def pad2d(x, padding):
    border = (padding // 2, padding - padding // 2)
    return np.pad(x, ((0, 0), (0, 0), border, border))


@mistake("pad2d", "rows-only", "The image grows to the left and right as well.")
def pad2d(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (0, 0)))


def each_window(x, w, stride=1, padding=0):
    """Every output's place and window: n, i, j and an array (C, KH, KW)."""
    kernel_h, kernel_w = w.shape[2:]
    out_h = reference.output_size(x.shape[2], kernel_h, stride, padding)
    out_w = reference.output_size(x.shape[3], kernel_w, stride, padding)
    padded = reference.pad2d(x, padding)
    for n in range(len(x)):
        for i in range(out_h):
            for j in range(out_w):
                top, left = i * stride, j * stride
                yield n, i, j, padded[n, :, top : top + kernel_h, left : left + kernel_w]


def empty_output(x, w, stride, padding):
    out_h = reference.output_size(x.shape[2], w.shape[2], stride, padding)
    out_w = reference.output_size(x.shape[3], w.shape[3], stride, padding)
    return np.zeros((len(x), len(w), out_h, out_w))


@mistake(
    "conv2d",
    "flips-kernel",
    "The kernel is laid on the window as it is: this is cross-correlation, nothing is turned.",
)
def conv2d(x, w, b, stride=1, padding=0):
    return reference.conv2d(x, w[:, :, ::-1, ::-1], b, stride, padding)


@mistake(
    "conv2d",
    "stride-ignored-in-window",
    "The number of outputs is right, but each window must start `stride` after the one before.",
)
def conv2d(x, w, b, stride=1, padding=0):
    out = empty_output(x, w, stride, padding)
    padded = reference.pad2d(x, padding)
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = padded[:, :, i : i + w.shape[2], j : j + w.shape[3]]
            out[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out


@mistake(
    "conv2d", "stride-ignored", "The window moves by `stride` pixels, so there are fewer outputs."
)
def conv2d(x, w, b, stride=1, padding=0):
    return reference.conv2d(x, w, b, 1, padding)


@mistake("conv2d", "stride-for-rows-only", "Columns move by `stride`, too.")
def conv2d(x, w, b, stride=1, padding=0):
    return reference.conv2d(x, w, b, 1, padding)[:, :, ::stride]


@mistake(
    "conv2d", "int-output-buffer", "An array made for integers cuts off what comes after the point."
)
def conv2d(x, w, b, stride=1, padding=0):
    out = empty_output(x, w, stride, padding).astype(int)
    out[:] = reference.conv2d(x, w, b, stride, padding)
    return out.astype(float)


@mistake("conv2d", "padding-ignored", "Put the border of zeros around the image first.")
def conv2d(x, w, b, stride=1, padding=0):
    return reference.conv2d(x, w, b, stride, 0)


@mistake(
    "conv2d", "pads-every-axis", "Only rows and columns get a border, not images and channels."
)
def conv2d(x, w, b, stride=1, padding=0):
    padded = np.pad(x, padding)[: len(x), : x.shape[1]]
    return reference.conv2d(padded, w, b, stride, 0)


@mistake("conv2d", "pads-one-side", "The border goes round all four sides of the image.")
def conv2d(x, w, b, stride=1, padding=0):
    padded = np.pad(x, ((0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)))
    return reference.conv2d(padded, w, b, stride, 0)


@mistake(
    "conv2d",
    "last-channel-only",
    "A filter looks at all channels at once, and what it finds in them is added.",
)
def conv2d(x, w, b, stride=1, padding=0):
    return reference.conv2d(x[:, -1:], w[:, -1:], b, stride, padding)


@mistake("conv2d", "bias-forgotten", "Every filter has a bias to add.")
def conv2d(x, w, b, stride=1, padding=0):
    return reference.conv2d(x, w, 0.0 * b, stride, padding)


@mistake(
    "conv2d", "bias-for-every-channel", "The bias is added once to an output, not once a channel."
)
def conv2d(x, w, b, stride=1, padding=0):
    return reference.conv2d(x, w, x.shape[1] * b, stride, padding)


@mistake(
    "conv2d",
    "bias-along-columns",
    "A bias belongs to a filter, which is axis 1 of the output, not the last one.",
)
def conv2d(x, w, b, stride=1, padding=0):
    return reference.conv2d(x, w, 0.0 * b, stride, padding) + b


@mistake(
    "conv2d",
    "ceil-size",
    "A window must fit in as a whole: rows and columns left over get no output.",
)
def conv2d(x, w, b, stride=1, padding=0):
    padded = reference.pad2d(x, padding)
    more = [-(size - k) % stride for size, k in zip(padded.shape[2:], w.shape[2:], strict=True)]
    padded = np.pad(padded, ((0, 0), (0, 0), (0, more[0]), (0, more[1])))
    return reference.conv2d(padded, w, b, stride, 0)


@mistake(
    "conv2d",
    "rejects-left-over",
    "Rows and columns that are left over are no error: they get no output.",
)
def conv2d(x, w, b, stride=1, padding=0):
    if any((x.shape[k] + 2 * padding - w.shape[k]) % stride for k in (2, 3)):
        raise ValueError("the windows do not fit")
    return reference.conv2d(x, w, b, stride, padding)


@mistake(
    "conv2d",
    "output-transposed",
    "Keep rows and columns apart: output (i, j) belongs to the window at row i and column j.",
)
def conv2d(x, w, b, stride=1, padding=0):
    return reference.conv2d(x, w, b, stride, padding).swapaxes(2, 3)


@mistake("conv2d", "mean-over-window", "A filter sums its window, it does not average it.")
def conv2d(x, w, b, stride=1, padding=0):
    return reference.conv2d(x, w / w[0].size, b, stride, padding)


@mistake(
    "conv2d_backward",
    "unpad-zero",
    "With a padding of 0 a slice that ends at -0 is empty: count its end from the start.",
)
def conv2d_backward(dout, x, w, stride=1, padding=0):
    dpadded, dw, db = reference.conv2d_backward(dout, reference.pad2d(x, padding), w, stride)
    return dpadded[:, :, padding:-padding, padding:-padding], dw, db


@mistake(
    "conv2d_backward",
    "hardcoded-unpad",
    "The border to cut off is `padding` wide, which is not always 1.",
)
def conv2d_backward(dout, x, w, stride=1, padding=0):
    dpadded, dw, db = reference.conv2d_backward(dout, reference.pad2d(x, padding), w, stride)
    return dpadded[:, :, 1:-1, 1:-1], dw, db


@mistake(
    "conv2d_backward",
    "not-unpadded",
    "The gradient of the image has the shape of the image: the border is no part of it.",
)
def conv2d_backward(dout, x, w, stride=1, padding=0):
    return reference.conv2d_backward(dout, reference.pad2d(x, padding), w, stride)


@mistake(
    "conv2d_backward",
    "unpads-corner-only",
    "The image starts after a border on the top and the left.",
)
def conv2d_backward(dout, x, w, stride=1, padding=0):
    dpadded, dw, db = reference.conv2d_backward(dout, reference.pad2d(x, padding), w, stride)
    return dpadded[:, :, : x.shape[2], : x.shape[3]], dw, db


@mistake(
    "conv2d_backward",
    "dw-from-bare-image",
    "The weights saw the padded image, so their gradient is made from its windows.",
)
def conv2d_backward(dout, x, w, stride=1, padding=0):
    dx, dw, db = reference.conv2d_backward(dout, x, w, stride, padding)
    shifted = np.pad(x, ((0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)))
    return dx, reference.conv2d_backward(dout, shifted, w, stride)[1], db


@mistake(
    "conv2d_backward",
    "stride-missing",
    "Output (i, j) goes back to the window it came from, which starts at i·stride and j·stride.",
)
def conv2d_backward(dout, x, w, stride=1, padding=0):
    dx, dw = np.zeros(reference.pad2d(x, padding).shape), np.zeros(w.shape)
    padded = reference.pad2d(x, padding)
    for n, f, i, j in np.ndindex(dout.shape):
        window = (n, slice(None), slice(i, i + w.shape[2]), slice(j, j + w.shape[3]))
        dx[window] += dout[n, f, i, j] * w[f]
        dw[f] += dout[n, f, i, j] * padded[window]
    dx = dx[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]]
    return dx, dw, dout.sum(axis=(0, 2, 3))


@mistake(
    "conv2d_backward",
    "loop-index-not-window-index",
    "The image's gradient finds the right window; the weights' gradient must use the same one.",
)
def conv2d_backward(dout, x, w, stride=1, padding=0):
    dx, _, db = reference.conv2d_backward(dout, x, w, stride, padding)
    padded, dw = reference.pad2d(x, padding), np.zeros(w.shape)
    for n, f, i, j in np.ndindex(dout.shape):
        dw[f] += dout[n, f, i, j] * padded[n, :, i : i + w.shape[2], j : j + w.shape[3]]
    return dx, dw, db


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


@mistake(
    "conv2d_backward",
    "dw-of-last-image",
    "All images of the batch used the same weights: add up what they say.",
)
def conv2d_backward(dout, x, w, stride=1, padding=0):
    dx, _, db = reference.conv2d_backward(dout, x, w, stride, padding)
    return dx, reference.conv2d_backward(dout[-1:], x[-1:], w, stride, padding)[1], db


@mistake(
    "conv2d_backward",
    "db-missing-axes",
    "A bias was added at every place of every image: its gradient is one number a filter.",
)
def conv2d_backward(dout, x, w, stride=1, padding=0):
    dx, dw, _ = reference.conv2d_backward(dout, x, w, stride, padding)
    return dx, dw, dout.sum(axis=0)


@mistake(
    "conv2d_backward",
    "db-mean",
    "The bias was added at each place, so its gradient is a plain sum.",
)
def conv2d_backward(dout, x, w, stride=1, padding=0):
    dx, dw, _ = reference.conv2d_backward(dout, x, w, stride, padding)
    return dx, dw, dout.mean(axis=(0, 2, 3))


@mistake(
    "conv2d_backward",
    "averages-over-batch",
    "The mean over the batch is part of the loss and already in dout.",
)
def conv2d_backward(dout, x, w, stride=1, padding=0):
    dx, dw, db = reference.conv2d_backward(dout, x, w, stride, padding)
    return dx, dw / len(x), db / len(x)


@mistake(
    "conv2d_backward",
    "kernel-flipped",
    "When outputs are sent back to their windows the kernel is used as it is; it is turned only "
    "if you write the same thing as a convolution of dout.",
)
def conv2d_backward(dout, x, w, stride=1, padding=0):
    _, dw, db = reference.conv2d_backward(dout, x, w, stride, padding)
    return reference.conv2d_backward(dout, x, w[:, :, ::-1, ::-1], stride, padding)[0], dw, db


@mistake(
    "conv2d_backward",
    "kernel-not-flipped",
    "As a convolution of the widened dout the image's gradient needs the kernel turned round, "
    "and stride − 1 zeros between the entries of dout.",
)
def conv2d_backward(dout, x, w, stride=1, padding=0):
    _, dw, db = reference.conv2d_backward(dout, x, w, stride, padding)
    flipped = w[:, :, ::-1, ::-1]
    dpadded = reference.conv2d_backward(dout, reference.pad2d(x, padding), flipped)[0]
    return dpadded[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]], dw, db


@mistake(
    "conv2d_backward",
    "left-over-cut-off",
    "Rows and columns that no window sees are part of the image: their gradient is 0.",
)
def conv2d_backward(dout, x, w, stride=1, padding=0):
    dx, dw, db = reference.conv2d_backward(dout, x, w, stride, padding)
    seen_h = (dout.shape[2] - 1) * stride + w.shape[2]
    seen_w = (dout.shape[3] - 1) * stride + w.shape[3]
    return dx[:, :, : seen_h - padding, : seen_w - padding], dw, db


@mistake(
    "conv2d_backward",
    "last-filter-only",
    "Every filter looked at the image, so every filter sends something back to it.",
)
def conv2d_backward(dout, x, w, stride=1, padding=0):
    _, dw, db = reference.conv2d_backward(dout, x, w, stride, padding)
    return reference.conv2d_backward(dout[:, -1:], x, w[-1:], stride, padding)[0], dw, db


@mistake("im2col", "windows-in-rows", "Every window is a column: the last axis counts windows.")
def im2col(x, kernel_h, kernel_w, stride, padding):
    return reference.im2col(x, kernel_h, kernel_w, stride, padding).swapaxes(1, 2)


@mistake(
    "im2col",
    "channel-last-in-column",
    "A column lists its window channel by channel, not pixel by pixel.",
)
def im2col(x, kernel_h, kernel_w, stride, padding):
    n, c = x.shape[:2]
    cols = reference.im2col(x, kernel_h, kernel_w, stride, padding)
    return cols.reshape(n, c, kernel_h * kernel_w, -1).swapaxes(1, 2).reshape(cols.shape)


@mistake(
    "im2col",
    "window-by-columns",
    "Within a channel the window is read row by row, from left to right.",
)
def im2col(x, kernel_h, kernel_w, stride, padding):
    n, c = x.shape[:2]
    cols = reference.im2col(x, kernel_h, kernel_w, stride, padding)
    return cols.reshape(n, c, kernel_h, kernel_w, -1).swapaxes(2, 3).reshape(cols.shape)


@mistake(
    "im2col",
    "windows-downwards-first",
    "The windows go from left to right first, then downwards.",
)
def im2col(x, kernel_h, kernel_w, stride, padding):
    cols = reference.im2col(x, kernel_h, kernel_w, stride, padding)
    out_h = reference.output_size(x.shape[2], kernel_h, stride, padding)
    return cols.reshape(*cols.shape[:2], out_h, -1).swapaxes(2, 3).reshape(cols.shape)


@mistake(
    "im2col",
    "reshape-without-transpose",
    "A reshape only renames places: bring the axes into the order (N, C, KH, KW, OH, OW) before.",
)
def im2col(x, kernel_h, kernel_w, stride, padding):
    n, c = x.shape[:2]
    padded = reference.pad2d(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kernel_h, kernel_w), axis=(2, 3))
    return windows[:, :, ::stride, ::stride].reshape(n, c * kernel_h * kernel_w, -1)


@mistake(
    "im2col",
    "batch-in-columns",
    "The images stay apart: axis 0 counts them, as it does everywhere.",
)
def im2col(x, kernel_h, kernel_w, stride, padding):
    cols = reference.im2col(x, kernel_h, kernel_w, stride, padding)
    return cols.transpose(1, 2, 0).reshape(cols.shape[1], -1)


@mistake("im2col", "stride-ignored", "A window starts `stride` pixels after the one before.")
def im2col(x, kernel_h, kernel_w, stride, padding):
    return reference.im2col(x, kernel_h, kernel_w, 1, padding)


@mistake("im2col", "padding-ignored", "Put the border of zeros around the image first.")
def im2col(x, kernel_h, kernel_w, stride, padding):
    return reference.im2col(x, kernel_h, kernel_w, stride, 0)


@mistake("im2col", "kernel-sides-swapped", "KH counts rows and KW columns of the window.")
def im2col(x, kernel_h, kernel_w, stride, padding):
    return reference.im2col(x, kernel_w, kernel_h, stride, padding)


def folded(cols, x_shape, kernel_h, kernel_w, stride, padding, put):
    """What col2im does, window by window, with another way of putting a window into the image."""
    n, c, h, w = x_shape
    padded = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    out_w = reference.output_size(w, kernel_w, stride, padding)
    for column in range(cols.shape[2]):
        top, left = column // out_w * stride, column % out_w * stride
        window = cols[:, :, column].reshape(n, c, kernel_h, kernel_w)
        put(padded[:, :, top : top + kernel_h, left : left + kernel_w], window)
    return padded


@mistake(
    "col2im",
    "assign-not-accumulate",
    "A pixel may lie in several windows: add to what is there already.",
)
def col2im(cols, x_shape, kernel_h, kernel_w, stride, padding):
    padded = folded(cols, x_shape, kernel_h, kernel_w, stride, padding, np.copyto)
    h, w = x_shape[2:]
    return padded[:, :, padding : padding + h, padding : padding + w]


@mistake(
    "col2im",
    "averages-overlaps",
    "This carries gradients, it does not rebuild the image: overlapping entries are added, "
    "and not divided by how many there are.",
)
def col2im(cols, x_shape, kernel_h, kernel_w, stride, padding):
    total = reference.col2im(cols, x_shape, kernel_h, kernel_w, stride, padding)
    seen = reference.col2im(np.ones(cols.shape), x_shape, kernel_h, kernel_w, stride, padding)
    return total / np.maximum(seen, 1.0)


@mistake("col2im", "not-unpadded", "The answer has the shape of the images, without the border.")
def col2im(cols, x_shape, kernel_h, kernel_w, stride, padding):
    n, c, h, w = x_shape
    bordered = (n, c, h + 2 * padding, w + 2 * padding)
    return reference.col2im(cols, bordered, kernel_h, kernel_w, stride, 0)


@mistake(
    "col2im",
    "unpad-zero",
    "With a padding of 0 a slice that ends at -0 is empty: count its end from the start.",
)
def col2im(cols, x_shape, kernel_h, kernel_w, stride, padding):
    n, c, h, w = x_shape
    bordered = (n, c, h + 2 * padding, w + 2 * padding)
    padded = reference.col2im(cols, bordered, kernel_h, kernel_w, stride, 0)
    return padded[:, :, padding:-padding, padding:-padding]


@mistake(
    "col2im",
    "unpads-corner-only",
    "The image starts after a border on the top and the left.",
)
def col2im(cols, x_shape, kernel_h, kernel_w, stride, padding):
    n, c, h, w = x_shape
    bordered = (n, c, h + 2 * padding, w + 2 * padding)
    return reference.col2im(cols, bordered, kernel_h, kernel_w, stride, 0)[:, :, :h, :w]


@mistake(
    "col2im",
    "channel-last-in-column",
    "A column lists its window channel by channel, not pixel by pixel.",
)
def col2im(cols, x_shape, kernel_h, kernel_w, stride, padding):
    n, c = x_shape[:2]
    cols = cols.reshape(n, kernel_h * kernel_w, c, -1).swapaxes(1, 2).reshape(cols.shape)
    return reference.col2im(cols, x_shape, kernel_h, kernel_w, stride, padding)


@mistake(
    "col2im",
    "windows-downwards-first",
    "The windows go from left to right first, then downwards.",
)
def col2im(cols, x_shape, kernel_h, kernel_w, stride, padding):
    out_w = reference.output_size(x_shape[3], kernel_w, stride, padding)
    cols = cols.reshape(*cols.shape[:2], out_w, -1).swapaxes(2, 3).reshape(cols.shape)
    return reference.col2im(cols, x_shape, kernel_h, kernel_w, stride, padding)


@mistake(
    "col2im",
    "left-over-cut-off",
    "Rows and columns that no window sees are part of the images: they are 0.",
)
def col2im(cols, x_shape, kernel_h, kernel_w, stride, padding):
    h = (reference.output_size(x_shape[2], kernel_h, stride, padding) - 1) * stride + kernel_h
    w = (reference.output_size(x_shape[3], kernel_w, stride, padding) - 1) * stride + kernel_w
    out = reference.col2im(cols, x_shape, kernel_h, kernel_w, stride, padding)
    return out[:, :, : h - padding, : w - padding]


@mistake(
    "max_pool2d", "init-zero", "A window may be negative all over: do not start the search at 0."
)
def max_pool2d(x, kernel, stride):
    return np.maximum(reference.max_pool2d(x, kernel, stride), 0.0)


@mistake(
    "max_pool2d",
    "stride-is-kernel",
    "Stride and kernel are two things: windows may overlap or leave gaps.",
)
def max_pool2d(x, kernel, stride):
    return reference.max_pool2d(x, kernel, kernel)


@mistake("max_pool2d", "stride-ignored", "A window starts `stride` pixels after the one before.")
def max_pool2d(x, kernel, stride):
    return reference.max_pool2d(x, kernel, 1)


@mistake(
    "max_pool2d",
    "ceil-size",
    "A window must fit in as a whole: rows and columns left over get no output.",
)
def max_pool2d(x, kernel, stride):
    more_h, more_w = (-(size - kernel) % stride for size in x.shape[2:])
    lowest = np.pad(x, ((0, 0), (0, 0), (0, more_h), (0, more_w)), constant_values=-np.inf)
    return reference.max_pool2d(lowest, kernel, stride)


@mistake("max_pool2d", "mean-of-window", "Max pooling keeps the largest value, not the mean.")
def max_pool2d(x, kernel, stride):
    return reference.avg_pool2d(x, kernel, stride)


@mistake(
    "max_pool2d",
    "largest-magnitude",
    "The largest value is the one furthest up, not the one furthest from 0.",
)
def max_pool2d(x, kernel, stride):
    high, low = reference.max_pool2d(x, kernel, stride), -reference.max_pool2d(-x, kernel, stride)
    return np.where(high >= -low, high, low)


@mistake("max_pool2d", "across-channels", "Every channel is pooled by itself.")
def max_pool2d(x, kernel, stride):
    out = reference.max_pool2d(x, kernel, stride)
    return np.broadcast_to(out.max(axis=1, keepdims=True), out.shape)


@mistake(
    "max_pool2d",
    "image-is-square",
    "Images need not be square: count outputs for rows and for columns.",
)
def max_pool2d(x, kernel, stride):
    size = reference.output_size(x.shape[2], kernel, stride, 0)
    return reference.max_pool2d(x, kernel, stride)[:, :, :size, :size]


def each_pool(dout, x, kernel, stride):
    """Every output's place, its window, and where in the window the largest value is."""
    for n, c, i, j in np.ndindex(dout.shape):
        top, left = i * stride, j * stride
        window = x[n, c, top : top + kernel, left : left + kernel]
        u, v = np.unravel_index(window.argmax(), window.shape)
        yield (n, c, i, j), window, (top + u, left + v)


def sent_to_all(dout, x, shares, stride):
    """A gradient of which every pixel of a window gets its share."""
    n, c, h, w = x.shape
    planes = dout.reshape(n * c, 1, *dout.shape[2:]), x.reshape(n * c, 1, h, w)
    return reference.conv2d_backward(*planes, shares, stride)[0].reshape(x.shape)


@mistake(
    "max_pool2d_backward",
    "assign-not-accumulate",
    "A pixel may win several overlapping windows: add to what it already got.",
)
def max_pool2d_backward(dout, x, kernel, stride):
    dx = np.zeros(x.shape)
    for place, _, winner in each_pool(dout, x, kernel, stride):
        dx[place[:2]][winner] = dout[place]
    return dx


@mistake(
    "max_pool2d_backward",
    "whole-window-gets-it",
    "Only the largest value of a window has an influence on the output.",
)
def max_pool2d_backward(dout, x, kernel, stride):
    return sent_to_all(dout, x, np.ones((1, 1, kernel, kernel)), stride)


@mistake(
    "max_pool2d_backward",
    "spread-over-window",
    "This is how average pooling does it: here one pixel gets everything.",
)
def max_pool2d_backward(dout, x, kernel, stride):
    return sent_to_all(dout, x, np.full((1, 1, kernel, kernel), 1.0 / kernel**2), stride)


@mistake(
    "max_pool2d_backward",
    "early-return",
    "Look where the return stands: it must wait until all images have had their turn.",
)
def max_pool2d_backward(dout, x, kernel, stride):
    dx = np.zeros(x.shape)
    for n in range(len(x)):
        dx[n] = reference.max_pool2d_backward(dout[n : n + 1], x[n : n + 1], kernel, stride)[0]
        return dx


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
    "stride-ignored",
    "Output (i, j) goes back to the window that starts at row i·stride and column j·stride.",
)
def max_pool2d_backward(dout, x, kernel, stride):
    dx = np.zeros(x.shape)
    for place, _, winner in each_pool(dout, x, kernel, 1):
        dx[place[:2]][winner] += dout[place]
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
    "times-the-maximum",
    "The slope of a maximum for the largest value is 1, however large that is.",
)
def max_pool2d_backward(dout, x, kernel, stride):
    return reference.max_pool2d_backward(dout, x, kernel, stride) * x


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


@mistake(
    "max_pool2d_backward",
    "left-over-cut-off",
    "Rows and columns that no window sees are part of the image: their gradient is 0.",
)
def max_pool2d_backward(dout, x, kernel, stride):
    seen_h, seen_w = ((size - 1) * stride + kernel for size in dout.shape[2:])
    return reference.max_pool2d_backward(dout, x, kernel, stride)[:, :, :seen_h, :seen_w]


@mistake("avg_pool2d", "sum-of-window", "A mean is the sum divided by how many values there are.")
def avg_pool2d(x, kernel, stride):
    return kernel**2 * reference.avg_pool2d(x, kernel, stride)


@mistake("avg_pool2d", "divides-by-kernel", "A window has more entries than one of its sides has.")
def avg_pool2d(x, kernel, stride):
    return kernel * reference.avg_pool2d(x, kernel, stride)


@mistake(
    "avg_pool2d",
    "stride-is-kernel",
    "Stride and kernel are two things: windows may overlap or leave gaps.",
)
def avg_pool2d(x, kernel, stride):
    return reference.avg_pool2d(x, kernel, kernel)


@mistake("avg_pool2d", "stride-ignored", "A window starts `stride` pixels after the one before.")
def avg_pool2d(x, kernel, stride):
    return reference.avg_pool2d(x, kernel, 1)


@mistake(
    "avg_pool2d",
    "ceil-size",
    "A window must fit in as a whole: rows and columns left over get no output.",
)
def avg_pool2d(x, kernel, stride):
    out_h, out_w = (-(-(size - kernel) // stride) + 1 for size in x.shape[2:])
    out = np.zeros((*x.shape[:2], out_h, out_w))
    for n, c, i, j in np.ndindex(out.shape):
        top, left = i * stride, j * stride
        window = x[n, c, top : top + kernel, left : left + kernel]
        out[n, c, i, j] = window.mean() if window.size else 0.0
    return out


@mistake("avg_pool2d", "across-channels", "Every channel is pooled by itself.")
def avg_pool2d(x, kernel, stride):
    out = reference.avg_pool2d(x, kernel, stride)
    return np.broadcast_to(out.mean(axis=1, keepdims=True), out.shape)


@mistake("avg_pool2d", "max-of-window", "Average pooling takes the mean of the window.")
def avg_pool2d(x, kernel, stride):
    return reference.max_pool2d(x, kernel, stride)


def network(x, params, maps_relu=(True, True), pool=reference.max_pool2d, flat=None, relu=True):
    """lenet with one of its parts replaced."""
    maps = x
    for name, rectified in zip(("conv1", "conv2"), maps_relu, strict=True):
        maps = reference.conv2d(maps, params[f"{name}_w"], params[f"{name}_b"])
        maps = pool(np.maximum(maps, 0.0) if rectified else maps, 2, 2)
    hidden = flat(maps) if flat else maps.reshape(len(x), -1)
    for name in ("fc1", "fc2"):
        hidden = hidden @ params[f"{name}_w"].T + params[f"{name}_b"]
        hidden = np.maximum(hidden, 0.0) if relu else hidden
    return hidden @ params["fc3_w"].T + params["fc3_b"]


@mistake("lenet", "no-relu-after-conv", "Convolutions, too, are followed by a ReLU.")
def lenet(x, params):
    return network(x, params, maps_relu=(False, False))


@mistake("lenet", "relu-after-last-conv-only", "The first convolution is followed by a ReLU, too.")
def lenet(x, params):
    return network(x, params, maps_relu=(False, True))


@mistake(
    "lenet",
    "no-relu-between-linear",
    "Linear layers in a row are one linear layer, unless there is a ReLU between them.",
)
def lenet(x, params):
    return network(x, params, relu=False)


@mistake("lenet", "relu-after-last", "Logits may be negative: nothing follows the last layer.")
def lenet(x, params):
    return np.maximum(network(x, params), 0.0)


@mistake("lenet", "softmax-at-the-end", "Logits are due, not probabilities.")
def lenet(x, params):
    logits = network(x, params)
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@mistake(
    "lenet",
    "flattens-channels-last",
    "Flatten channel by channel: fc1 expects the order (C, H, W).",
)
def lenet(x, params):
    return network(x, params, flat=lambda maps: maps.transpose(0, 2, 3, 1).reshape(len(x), -1))


@mistake(
    "lenet",
    "flattens-columns-first",
    "Flatten each map row by row: fc1 expects the order (C, H, W).",
)
def lenet(x, params):
    return network(x, params, flat=lambda maps: maps.swapaxes(2, 3).reshape(len(x), -1))


@mistake(
    "lenet",
    "flattens-across-batch",
    "Each image keeps its own row: bring the batch to the front before and leave it there.",
)
def lenet(x, params):
    return network(x, params, flat=lambda maps: maps.reshape(-1, len(x)).T)


@mistake("lenet", "average-pool", "The pools of this network take maxima.")
def lenet(x, params):
    return network(x, params, pool=reference.avg_pool2d)


@mistake("lenet", "conv-bias-forgotten", "The convolutions have biases, too.")
def lenet(x, params):
    params = {**params, "conv1_b": 0.0 * params["conv1_b"], "conv2_b": 0.0 * params["conv2_b"]}
    return network(x, params)
