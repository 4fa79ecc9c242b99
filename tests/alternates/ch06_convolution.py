"""Right answers in other styles."""

import ch06_convolution as reference
import numpy as np

from grader.bank import alternate


@alternate("output_size", "the starts of the windows, counted")
def output_size(size, kernel, stride, padding):
    return len(range(0, size + 2 * padding - kernel + 1, stride))


@alternate("output_size", "a float, rounded down and made an int")
def output_size(size, kernel, stride, padding):
    return int(np.floor((size + 2 * padding - kernel) / stride + 1))


@alternate("output_size", "a NumPy integer, rounded up from one more")
def output_size(size, kernel, stride, padding):
    return np.int64(-((kernel - size - 2 * padding - 1) // stride))


@alternate("pad2d", "copied into zeros")
def pad2d(x, padding):
    n, c, h, w = x.shape
    out = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    out[:, :, padding : padding + h, padding : padding + w] = x
    return out


@alternate("pad2d", "strips of zeros put together")
def pad2d(x, padding):
    if padding == 0:
        return x
    side = np.zeros((*x.shape[:3], padding))
    wide = np.concatenate([side, x, side], axis=3)
    lid = np.zeros((*wide.shape[:2], padding, wide.shape[3]))
    return np.concatenate([lid, wide, lid], axis=2)


@alternate("pad2d", "pixel by pixel")
def pad2d(x, padding):
    n, c, h, w = x.shape
    out = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    for index in np.ndindex(x.shape):
        a, k, i, j = index
        out[a, k, i + padding, j + padding] = x[index]
    return out


@alternate("conv2d", "seven nested loops")
def conv2d(x, w, b, stride=1, padding=0):
    n, c, h, width = x.shape
    f, _, kernel_h, kernel_w = w.shape
    out_h = (h + 2 * padding - kernel_h) // stride + 1
    out_w = (width + 2 * padding - kernel_w) // stride + 1
    out = np.zeros((n, f, out_h, out_w))
    for a in range(n):
        for g in range(f):
            for i in range(out_h):
                for j in range(out_w):
                    total = b[g]
                    for k in range(c):
                        for u in range(kernel_h):
                            for v in range(kernel_w):
                                row, column = i * stride + u - padding, j * stride + v - padding
                                if 0 <= row < h and 0 <= column < width:
                                    total += x[a, k, row, column] * w[g, k, u, v]
                    out[a, g, i, j] = total
    return out


@alternate("conv2d", "windows and one einsum")
def conv2d(x, w, b, stride=1, padding=0):
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    return np.einsum("ncijuv,fcuv->nfij", windows, w) + b.reshape(1, -1, 1, 1)


@alternate("conv2d", "as_strided and tensordot")
def conv2d(x, w, b, stride=1, padding=0):
    padded = np.ascontiguousarray(reference.pad2d(x, padding))
    n, c, h, width = padded.shape
    kernel_h, kernel_w = w.shape[2:]
    out_h, out_w = (h - kernel_h) // stride + 1, (width - kernel_w) // stride + 1
    sn, sc, sh, sw = padded.strides
    windows = np.lib.stride_tricks.as_strided(
        padded,
        (n, out_h, out_w, c, kernel_h, kernel_w),
        (sn, sh * stride, sw * stride, sc, sh, sw),
        writeable=False,
    )
    out = np.tensordot(windows, w, axes=([3, 4, 5], [1, 2, 3])) + b
    return out.transpose(0, 3, 1, 2)


@alternate("conv2d", "im2col and a matrix product")
def conv2d(x, w, b, stride=1, padding=0):
    n, _, h, _ = x.shape
    f, _, kernel_h, kernel_w = w.shape
    cols = reference.im2col(x, kernel_h, kernel_w, stride, padding)
    out = w.reshape(f, -1) @ cols + b[:, None]
    return out.reshape(n, f, (h + 2 * padding - kernel_h) // stride + 1, -1)


@alternate("conv2d", "fast Fourier transform")
def conv2d(x, w, b, stride=1, padding=0):
    padded = reference.pad2d(x, padding)
    h, width = padded.shape[2:]
    spectrum = np.fft.rfft2(padded)[:, None] * np.conj(np.fft.rfft2(w, s=(h, width)))[None]
    full = np.fft.irfft2(spectrum.sum(axis=2), s=(h, width))
    valid = full[:, :, : h - w.shape[2] + 1, : width - w.shape[3] + 1]
    return valid[:, :, ::stride, ::stride] + b[:, None, None]


@alternate("conv2d_backward", "output by output")
def conv2d_backward(dout, x, w, stride=1, padding=0):
    kernel_h, kernel_w = w.shape[2:]
    padded = reference.pad2d(x, padding)
    dpadded, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros(len(w))
    for n in range(dout.shape[0]):
        for f in range(dout.shape[1]):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    top, left, g = i * stride, j * stride, dout[n, f, i, j]
                    dpadded[n, :, top : top + kernel_h, left : left + kernel_w] += g * w[f]
                    dw[f] += g * padded[n, :, top : top + kernel_h, left : left + kernel_w]
                    db[f] += g
    if padding:
        dpadded = dpadded[:, :, padding:-padding, padding:-padding]
    return [dpadded, dw, db]


@alternate("conv2d_backward", "matrix products and col2im")
def conv2d_backward(dout, x, w, stride=1, padding=0):
    f, _, kernel_h, kernel_w = w.shape
    flat = dout.reshape(*dout.shape[:2], -1)
    cols = reference.im2col(x, kernel_h, kernel_w, stride, padding)
    dw = (flat @ cols.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
    dcols = w.reshape(f, -1).T @ flat
    dx = reference.col2im(dcols, x.shape, kernel_h, kernel_w, stride, padding)
    return dx, dw, flat.sum(axis=(0, 2))


@alternate("conv2d_backward", "two convolutions of the widened gradient")
def conv2d_backward(dout, x, w, stride=1, padding=0):
    n, f, out_h, out_w = dout.shape
    kernel_h, kernel_w = w.shape[2:]
    padded = reference.pad2d(x, padding)
    h, width = padded.shape[2:]
    full = np.zeros((n, f, h + kernel_h - 1, width + kernel_w - 1))
    rows = slice(kernel_h - 1, kernel_h - 1 + stride * out_h, stride)
    columns = slice(kernel_w - 1, kernel_w - 1 + stride * out_w, stride)
    full[:, :, rows, columns] = dout
    turned = w[:, :, ::-1, ::-1].swapaxes(0, 1)
    dpadded = reference.conv2d(full, turned, np.zeros(x.shape[1]))
    dx = dpadded[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]]
    wide = full[:, :, kernel_h - 1 : h, kernel_w - 1 : width].swapaxes(0, 1)
    dw = reference.conv2d(padded.swapaxes(0, 1), wide, np.zeros(f)).swapaxes(0, 1)
    return dx, dw, np.einsum("nfij->f", dout)


@alternate("conv2d_backward", "fast Fourier transform")
def conv2d_backward(dout, x, w, stride=1, padding=0):
    padded = reference.pad2d(x, padding)
    size = padded.shape[2:]
    wide = np.zeros((*dout.shape[:2], *size))
    places = [slice(0, stride * count, stride) for count in dout.shape[2:]]
    wide[:, :, places[0], places[1]] = dout
    sent, filters, seen = np.fft.rfft2(wide), np.fft.rfft2(w, s=size), np.fft.rfft2(padded)
    dpadded = np.fft.irfft2(np.einsum("nfij,fcij->ncij", sent, filters), s=size)
    dw = np.fft.irfft2(np.einsum("nfij,ncij->fcij", sent.conj(), seen), s=size)
    dx = dpadded[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]]
    return dx, dw[:, :, : w.shape[2], : w.shape[3]], dout.sum(axis=3).sum(axis=2).sum(axis=0)


@alternate("im2col", "window by window")
def im2col(x, kernel_h, kernel_w, stride, padding):
    padded = reference.pad2d(x, padding)
    h, w = padded.shape[2:]
    columns = [
        padded[:, :, top : top + kernel_h, left : left + kernel_w].reshape(len(x), -1)
        for top in range(0, h - kernel_h + 1, stride)
        for left in range(0, w - kernel_w + 1, stride)
    ]
    return np.stack(columns, axis=-1)


@alternate("im2col", "place by place of the kernel")
def im2col(x, kernel_h, kernel_w, stride, padding):
    n, c, h, w = x.shape
    padded = reference.pad2d(x, padding)
    out_h = (h + 2 * padding - kernel_h) // stride + 1
    out_w = (w + 2 * padding - kernel_w) // stride + 1
    cols = np.empty((n, c, kernel_h, kernel_w, out_h, out_w))
    for u in range(kernel_h):
        for v in range(kernel_w):
            last_row, last_column = u + stride * out_h, v + stride * out_w
            cols[:, :, u, v] = padded[:, :, u:last_row:stride, v:last_column:stride]
    return cols.reshape(n, c * kernel_h * kernel_w, out_h * out_w)


@alternate("im2col", "arrays of indices")
def im2col(x, kernel_h, kernel_w, stride, padding):
    padded = reference.pad2d(x, padding)
    c, h, w = padded.shape[1:]
    k, u, v = (axis.reshape(-1, 1) for axis in np.indices((c, kernel_h, kernel_w)))
    i, j = np.indices(((h - kernel_h) // stride + 1, (w - kernel_w) // stride + 1))
    return padded[:, k, i.reshape(-1) * stride + u, j.reshape(-1) * stride + v]


@alternate("col2im", "window by window")
def col2im(cols, x_shape, kernel_h, kernel_w, stride, padding):
    n, c, h, w = x_shape
    padded = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    column = 0
    for top in range(0, h + 2 * padding - kernel_h + 1, stride):
        for left in range(0, w + 2 * padding - kernel_w + 1, stride):
            window = cols[:, :, column].reshape(n, c, kernel_h, kernel_w)
            padded[:, :, top : top + kernel_h, left : left + kernel_w] += window
            column += 1
    if padding == 0:
        return padded
    return padded[:, :, padding:-padding, padding:-padding]


@alternate("col2im", "np.add.at at arrays of indices")
def col2im(cols, x_shape, kernel_h, kernel_w, stride, padding):
    n, c, h, w = x_shape
    padded = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    k, u, v = (axis.reshape(-1, 1) for axis in np.indices((c, kernel_h, kernel_w)))
    starts_h = np.arange(0, h + 2 * padding - kernel_h + 1, stride)
    starts_w = np.arange(0, w + 2 * padding - kernel_w + 1, stride)
    rows, columns = np.meshgrid(starts_h, starts_w, indexing="ij")
    np.add.at(padded, (slice(None), k, rows.reshape(-1) + u, columns.reshape(-1) + v), cols)
    return padded[:, :, padding : padding + h, padding : padding + w]


@alternate("col2im", "the transpose of im2col as a matrix")
def col2im(cols, x_shape, kernel_h, kernel_w, stride, padding):
    n, c, h, w = x_shape
    basis = np.eye(c * h * w).reshape(c * h * w, c, h, w)
    matrix = reference.im2col(basis, kernel_h, kernel_w, stride, padding).reshape(c * h * w, -1)
    return (cols.reshape(n, -1) @ matrix.T).reshape(x_shape)


@alternate("max_pool2d", "four nested loops")
def max_pool2d(x, kernel, stride):
    n, c, h, w = x.shape
    out = np.empty((n, c, (h - kernel) // stride + 1, (w - kernel) // stride + 1))
    for a in range(n):
        for k in range(c):
            for i in range(out.shape[2]):
                for j in range(out.shape[3]):
                    best = -float("inf")
                    for u in range(kernel):
                        for v in range(kernel):
                            best = max(best, x[a, k, i * stride + u, j * stride + v])
                    out[a, k, i, j] = best
    return out


@alternate("max_pool2d", "a running maximum of slices")
def max_pool2d(x, kernel, stride):
    n, c, h, w = x.shape
    out_h, out_w = (h - kernel) // stride + 1, (w - kernel) // stride + 1
    out = np.full((n, c, out_h, out_w), np.finfo(np.float64).min)
    for u in range(kernel):
        for v in range(kernel):
            seen = x[:, :, u : u + stride * out_h : stride, v : v + stride * out_w : stride]
            np.maximum(out, seen, out=out)
    return out


@alternate("max_pool2d", "rows first, then columns")
def max_pool2d(x, kernel, stride):
    view = np.lib.stride_tricks.sliding_window_view
    rows = view(x, kernel, axis=2)[:, :, ::stride].max(axis=-1)
    return view(rows, kernel, axis=3)[:, :, :, ::stride].max(axis=-1)


@alternate("max_pool2d_backward", "window by window with argmax")
def max_pool2d_backward(dout, x, kernel, stride):
    dx = np.zeros_like(x)
    n, c, out_h, out_w = dout.shape
    for a in range(n):
        for k in range(c):
            for i in range(out_h):
                for j in range(out_w):
                    top, left = i * stride, j * stride
                    window = x[a, k, top : top + kernel, left : left + kernel]
                    u, v = np.unravel_index(np.argmax(window), window.shape)
                    dx[a, k, top + u, left + v] += dout[a, k, i, j]
    return dx


@alternate("max_pool2d_backward", "argmax of windows and np.add.at")
def max_pool2d_backward(dout, x, kernel, stride):
    n, c, out_h, out_w = dout.shape
    windows = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(2, 3))
    best = windows[:, :, ::stride, ::stride].reshape(n, c, out_h, out_w, -1).argmax(axis=-1)
    a, k, i, j = np.indices(dout.shape)
    dx = np.zeros(x.shape)
    np.add.at(dx, (a, k, i * stride + best // kernel, j * stride + best % kernel), dout)
    return dx


@alternate("max_pool2d_backward", "one-hot columns and col2im")
def max_pool2d_backward(dout, x, kernel, stride):
    n, c, h, w = x.shape
    planes = x.reshape(n * c, 1, h, w)
    cols = reference.im2col(planes, kernel, kernel, stride, 0)
    won = cols == cols.max(axis=1, keepdims=True)
    dcols = won * dout.reshape(n * c, 1, -1) / won.sum(axis=1, keepdims=True)
    return reference.col2im(dcols, planes.shape, kernel, kernel, stride, 0).reshape(x.shape)


@alternate("avg_pool2d", "sums divided at the end")
def avg_pool2d(x, kernel, stride):
    n, c, h, w = x.shape
    out = np.zeros((n, c, (h - kernel) // stride + 1, (w - kernel) // stride + 1))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            top, left = i * stride, j * stride
            for u in range(kernel):
                for v in range(kernel):
                    out[:, :, i, j] += x[:, :, top + u, left + v]
    return out / (kernel * kernel)


@alternate("avg_pool2d", "a summed-area table")
def avg_pool2d(x, kernel, stride):
    table = np.pad(x, ((0, 0), (0, 0), (1, 0), (1, 0))).cumsum(axis=2).cumsum(axis=3)
    h, w = x.shape[2:]
    top = np.arange(0, h - kernel + 1, stride)[:, None]
    left = np.arange(0, w - kernel + 1, stride)
    bottom, right = top + kernel, left + kernel
    total = table[:, :, bottom, right] - table[:, :, top, right]
    return (total - table[:, :, bottom, left] + table[:, :, top, left]) / kernel**2


@alternate("avg_pool2d", "a convolution of each channel")
def avg_pool2d(x, kernel, stride):
    c = x.shape[1]
    w = np.einsum("fc,uv->fcuv", np.eye(c), np.full((kernel, kernel), kernel**-2.0))
    return reference.conv2d(x, w, np.zeros(c), stride)


@alternate("lenet", "step by step")
def lenet(x, params):
    a1 = reference.conv2d(x, params["conv1_w"], params["conv1_b"])
    p1 = reference.max_pool2d(np.where(a1 > 0, a1, 0.0), 2, 2)
    a2 = reference.conv2d(p1, params["conv2_w"], params["conv2_b"])
    p2 = reference.max_pool2d(np.where(a2 > 0, a2, 0.0), 2, 2)
    h1 = np.einsum("nd,kd->nk", p2.reshape(p2.shape[0], -1), params["fc1_w"]) + params["fc1_b"]
    h2 = np.einsum("nd,kd->nk", h1 * (h1 > 0), params["fc2_w"]) + params["fc2_b"]
    return np.einsum("nd,kd->nk", h2 * (h2 > 0), params["fc3_w"]) + params["fc3_b"]


@alternate("lenet", "image by image, the pool before the ReLU, fc1 as a convolution")
def lenet(x, params):
    def one(image):
        maps = image[None]
        for layer in "conv1", "conv2":
            maps = reference.conv2d(maps, params[layer + "_w"], params[layer + "_b"], 1, 0)
            maps = np.maximum(0, reference.max_pool2d(maps, 2, 2))
        kernel = params["fc1_w"].reshape(-1, *maps.shape[1:])
        hidden = np.maximum(0, reference.conv2d(maps, kernel, params["fc1_b"])).ravel()
        hidden = np.maximum(0, params["fc2_w"] @ hidden + params["fc2_b"])
        return params["fc3_w"] @ hidden + params["fc3_b"]

    return np.array([one(image) for image in x])
