"""Convolution: one small set of weights, read off at every place of an image.

A linear layer on a photograph of 200 × 200 pixels needs 40 000 weights for every single output,
and what it learns about a cat in the left corner is worth nothing in the right one.  A convolution
makes two assumptions and saves nearly all of it: what matters is local, so an output looks at a
small window only; and what is worth seeing is worth seeing anywhere, so every window is looked at
with the same weights, the kernel.

    out[n, f, i, j] = b[f] + Σ_c Σ_u Σ_v x[n, c, i·stride + u, j·stride + v] · w[f, c, u, v]

Move the image and the output moves along.  A filter f becomes a detector: of an edge, of a corner,
and, some layers up, of an eye or the loop of a digit.  Pooling then keeps the strongest answer of
each neighbourhood and forgets exactly where it was, and the image shrinks from layer to layer
while its description grows.

This chapter builds it from nothing but slices and sums.  First the bookkeeping, `output_size` and
`pad2d`; then `conv2d` and its gradients, which are the linear layer of chapter 5 once per window,
added up because the windows share both weights and pixels.  `im2col` shows the trick that made
convolution fast on every machine since: write the windows side by side, and the whole layer is one
matrix product; its adjoint `col2im` brings gradients home.  With pooling and its gradient the
pieces are complete, and `lenet` puts them together: the network that read the digits on American
cheques in the 1990s.  Chapter 7 shares weights once more, not over places but over time.

Throughout, images are (N, C, H, W): image, channel, row, column.  Kernels are (F, C, KH, KW) and
are not flipped: what deep learning calls convolution is cross-correlation.  Everything is as in
`torch.nn.functional`, so what you learn here carries over.
"""

import numpy as np


def output_size(size, kernel, stride, padding):
    """Count the places along one axis where a window fits.

        output size = ⌊(size + 2·padding − kernel) / stride⌋ + 1

    The axis has `size` entries and gets `padding` zeros at either end.  The first window starts at
    the very beginning, each further one `stride` later, and every window lies inside as a whole:
    entries left over at the end get no window of their own.

    All four are ints, with size, kernel, stride ≥ 1, padding ≥ 0 and kernel ≤ size + 2·padding; the
    answer is an int too, fit to be part of a shape.

    With 6 entries and a window of 3 that moves by 2, the windows start at 0 and 2, and the last
    entry is left over.  Padding of 1 makes room for a third.

    >>> output_size(6, 3, 2, 0)
    2
    >>> output_size(6, 3, 2, 1)
    3

    Pictures of every case: Dumoulin and Visin, A guide to convolution arithmetic for deep learning,
    2016.
    """
    raise NotImplementedError


def pad2d(x, padding):
    """Put a border of zeros around every image.

        out[n, c, padding + i, padding + j] = x[n, c, i, j], and 0 elsewhere

    x: (N, C, H, W) → (N, C, H + 2·padding, W + 2·padding).  The border is `padding` ≥ 0 wide on
    each of the four sides; a border of 0 leaves the images as they are.

    >>> x = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]])
    >>> pad2d(x, 1)[0, 0].tolist()  # doctest: +NORMALIZE_WHITESPACE
    [[0.0, 0.0, 0.0, 0.0, 0.0],
     [0.0, 1.0, 2.0, 3.0, 0.0],
     [0.0, 4.0, 5.0, 6.0, 0.0],
     [0.0, 0.0, 0.0, 0.0, 0.0]]
    """
    raise NotImplementedError


def conv2d(x, w, b, stride=1, padding=0):
    """Convolve a batch of images with every filter.

        out[n, f, i, j] = b[f] + Σ_c Σ_u Σ_v x̂[n, c, i·stride + u, j·stride + v] · w[f, c, u, v]

    where x̂ = pad2d(x, padding).

    x: (N, C, H, W), w: (F, C, KH, KW), b: (F,) → (N, F, OH, OW), where
    OH = output_size(H, KH, stride, padding) and OW = output_size(W, KW, stride, padding).

    The kernel is not flipped (cross-correlation) and need not be square.  Stride and padding are
    ints, the same for rows and columns.  Rows and columns left over at the end get no output.

    Here the 2 × 2 kernel takes a pixel, adds twice its right neighbour, subtracts the pixel below
    that one; the first output is 10 + 0 + 2·1 − 5.

    >>> x = np.arange(12.0).reshape(1, 1, 3, 4)
    >>> x[0, 0].tolist()
    [[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]]
    >>> w = np.array([[[[1.0, 2.0], [0.0, -1.0]]]])
    >>> conv2d(x, w, np.array([10.0]))[0, 0].tolist()
    [[7.0, 9.0, 11.0], [15.0, 17.0, 19.0]]
    >>> conv2d(x, w, np.array([10.0]), stride=2, padding=1)[0, 0].tolist()
    [[10.0, 8.0, 10.0], [10.0, 17.0, 17.0]]
    """
    raise NotImplementedError


def conv2d_backward(dout, x, w, stride=1, padding=0):
    """Carry a gradient back through `conv2d`.

        dx̂[n, c, p, q] = Σ_f Σ dout[n, f, i, j] · w[f, c, u, v]
                       over all i, j, u, v with i·stride + u = p and j·stride + v = q
        dw[f, c, u, v] = Σ_n Σ_i Σ_j dout[n, f, i, j] · x̂[n, c, i·stride + u, j·stride + v]
        db[f] = Σ_n Σ_i Σ_j dout[n, f, i, j]

    where x̂ = pad2d(x, padding), and dx is dx̂ without its border.

    dout: (N, F, OH, OW), the gradient of a loss for the output; x: (N, C, H, W), w: (F, C, KH, KW),
    stride and padding as they were in the forward pass → (dx, dw, db), shaped like x, w and the
    bias (F,).

    A pixel that lies in several windows gets the sum of what each sends back; one that lies in
    none, in a row or column left over, gets 0.  Gradients are sums over the batch: if the loss is
    a mean, the 1/N is already in dout.

    Only the output in the middle has a gradient here, so its window gets the kernel, and the
    kernel gets the window.

    >>> x = np.arange(8.0).reshape(1, 1, 2, 4)
    >>> w = np.array([[[[1.0, 2.0], [0.0, -1.0]]]])
    >>> dout = np.array([[[[0.0, 10.0, 0.0]]]])
    >>> dx, dw, db = conv2d_backward(dout, x, w)
    >>> dx[0, 0].tolist()
    [[0.0, 10.0, 20.0, 0.0], [0.0, 0.0, -10.0, 0.0]]
    >>> dw[0, 0].tolist()
    [[10.0, 20.0], [50.0, 60.0]]
    >>> db.tolist()
    [10.0]
    """
    raise NotImplementedError


def im2col(x, kernel_h, kernel_w, stride, padding):
    """Write every window of every image as a column.

        cols[n, (c·KH + u)·KW + v, i·OW + j] = x̂[n, c, i·stride + u, j·stride + v]

    where x̂ = pad2d(x, padding).

    x: (N, C, H, W) → (N, C·KH·KW, L) with L = OH·OW windows, OH and OW as in `conv2d`, as
    `torch.nn.functional.unfold` does.  A column lists its window channel by channel, each row by
    row; the columns follow the windows from left to right, then downwards.

    A convolution is then one matrix product: w.reshape(F, C·KH·KW) @ cols, plus b, is the output
    with its places in a row.  Chellapilla, Puri and Simard, High Performance Convolutional Neural
    Networks for Document Processing, 2006.

    The windows of this image are 0 1 4 5, then 1 2 5 6, then 2 3 6 7: read the columns.

    >>> x = np.arange(8.0).reshape(1, 1, 2, 4)
    >>> im2col(x, 2, 2, 1, 0)[0].tolist()
    [[0.0, 1.0, 2.0], [1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [5.0, 6.0, 7.0]]
    >>> im2col(x, 2, 1, 3, 0)[0].tolist()
    [[0.0, 3.0], [4.0, 7.0]]
    """
    raise NotImplementedError


def col2im(cols, x_shape, kernel_h, kernel_w, stride, padding):
    """Add every column back to the window it belongs to: the adjoint of `im2col`.

        out[n, c, p, q] = Σ cols[n, (c·KH + u)·KW + v, i·OW + j]
                  over all i, j, u, v with i·stride + u = p + padding
                  and j·stride + v = q + padding

    cols: (N, C·KH·KW, L), x_shape: the tuple (N, C, H, W) of the images → array of that shape, as
    `torch.nn.functional.fold` makes it.

    Where windows overlap their entries add up: this carries gradients back, it does not undo
    `im2col`.  What falls on the border of padding is dropped; pixels that lie in no window are 0.
    Adjoint means that for every image x

        Σ im2col(x)·cols = Σ x·col2im(cols)

    Three windows of 2 × 2, one step apart, all filled with ones: the two columns in the middle are
    seen twice.

    >>> col2im(np.ones((1, 4, 3)), (1, 1, 2, 4), 2, 2, 1, 0)[0, 0].tolist()
    [[1.0, 2.0, 2.0, 1.0], [1.0, 2.0, 2.0, 1.0]]
    >>> col2im(np.array([[[1.0, 2.0], [3.0, 4.0]]]), (1, 1, 2, 4), 2, 1, 3, 0)[0, 0].tolist()
    [[1.0, 0.0, 0.0, 2.0], [3.0, 0.0, 0.0, 4.0]]
    """
    raise NotImplementedError


def max_pool2d(x, kernel, stride):
    """Keep the largest value of every window.

        out[n, c, i, j] = max over 0 ≤ u, v < kernel of x[n, c, i·stride + u, j·stride + v]

    x: (N, C, H, W) → (N, C, OH, OW) with OH = output_size(H, kernel, stride, 0) and OW likewise.
    The window is square, `kernel` × `kernel`; kernel and stride are ints.  Each channel is pooled
    by itself and there is no padding.  Windows overlap where stride < kernel; rows and columns
    left over at the end get no output.

    >>> x = np.array([[[[1.0, 5.0, -2.0, -7.0, 9.0], [3.0, 2.0, -4.0, -3.0, 8.0]]]])
    >>> max_pool2d(x, 2, 2).tolist()
    [[[[5.0, -2.0]]]]
    >>> max_pool2d(x, 2, 1).tolist()
    [[[[5.0, 5.0, -2.0, 9.0]]]]
    """
    raise NotImplementedError


def max_pool2d_backward(dout, x, kernel, stride):
    """Carry a gradient back through `max_pool2d`.

        dx[n, c, p, q] = Σ dout[n, c, i, j] over all windows (i, j) whose maximum is at (p, q)

    dout: (N, C, OH, OW), x: (N, C, H, W) as it went into the pool → dx, shaped like x.

    Only the pixel that won a window hears from it.  A pixel that won several overlapping windows
    gets the sum; all others get 0, also those in rows and columns left over.  The values within a
    window are distinct here, so that nothing hangs on how ties are broken.

    The 5 is the maximum of the first two windows and gets 10 + 20.

    >>> x = np.array([[[[1.0, 5.0, -2.0, -7.0, 9.0], [3.0, 2.0, -4.0, -3.0, 8.0]]]])
    >>> dout = np.array([[[[10.0, 20.0, 30.0, 40.0]]]])
    >>> max_pool2d_backward(dout, x, 2, 1)[0, 0].tolist()
    [[0.0, 30.0, 30.0, 0.0, 40.0], [0.0, 0.0, 0.0, 0.0, 0.0]]
    """
    raise NotImplementedError


def avg_pool2d(x, kernel, stride):
    """Average the values of every window.

        out[n, c, i, j] = 1/kernel² · Σ_u Σ_v x[n, c, i·stride + u, j·stride + v]
                          over 0 ≤ u, v < kernel

    x: (N, C, H, W) → (N, C, OH, OW); shapes, windows and left-over rows are as in `max_pool2d`.

    >>> x = np.array([[[[1.0, 5.0, -2.0, -7.0, 9.0], [3.0, 3.0, -4.0, -3.0, 8.0]]]])
    >>> avg_pool2d(x, 2, 2).tolist()
    [[[[3.0, -4.0]]]]
    >>> avg_pool2d(x, 2, 1).tolist()
    [[[[3.0, 0.5, -4.0, 1.75]]]]
    """
    raise NotImplementedError


def lenet(x, params):
    """Run a small convolutional network, after LeNet-5, on a batch of images.

        x → conv1 → ReLU → max pool → conv2 → ReLU → max pool → flatten
          → fc1 → ReLU → fc2 → ReLU → fc3

    Convolutions have stride 1 and no padding, pools 2 × 2 windows with stride 2 (a row or column
    left over is dropped), a linear layer is x Wᵀ + b, and ReLU(a) = max(a, 0).  Flattening keeps
    the order (C, H, W): channel by channel, each row by row.  Nothing follows fc3: the answer is
    logits.

    x: (N, C, H, W) → (N, classes).  `params` is a dict of arrays; their shapes decide all sizes:

        conv1_w (F1, C, KH1, KW1), conv1_b (F1,), conv2_w (F2, F1, KH2, KW2), conv2_b (F2,),
        fc1_w (D1, F2·h·w), fc1_b (D1,), fc2_w (D2, D1), fc2_b (D2,), fc3_w (classes, D2),
        fc3_b (classes,)

    where h × w is the size of the maps that the second pool leaves.  For LeNet-5 the image is
    1 × 32 × 32, F1 = 6, F2 = 16, all kernels 5 × 5, h = w = 5, D1 = 120, D2 = 84, and there are
    10 classes.  LeCun, Bottou, Bengio and Haffner, Gradient-Based Learning Applied to Document
    Recognition, 1998; the squashing functions and pools of the paper are others.

    >>> x = np.arange(60.0).reshape(1, 1, 6, 10)
    >>> centre = np.zeros((2, 1, 3, 3))
    >>> centre[:, :, 1, 1] = 1.0
    >>> params = {
    ...     "conv1_w": centre, "conv1_b": np.array([-30.0, 0.0]),
    ...     "conv2_w": np.array([[[[1.0]], [[0.5]]]]), "conv2_b": np.array([-20.0]),
    ...     "fc1_w": np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]]), "fc1_b": np.zeros(3),
    ...     "fc2_w": np.array([[1.0, -1.0, 0.0], [0.0, 1.0, 1.0]]), "fc2_b": np.array([0.0, 1.0]),
    ...     "fc3_w": np.array([[1.0, 2.0], [3.0, -1.0]]), "fc3_b": np.array([0.0, 1.0]),
    ... }
    >>> lenet(x, params).tolist()
    [[46.0, -22.0]]

    On the way, conv1 leaves maps of 4 × 8, the first pool 2 × 4, conv2 2 × 4, the second pool
    1 × 2, with the values 16 and 22; fc1 makes 16, 22 and −6 of them, fc2 −6 and 23.
    """
    raise NotImplementedError
