"""What another learner might hand in: the stride here but not there, whole numbers, self-reference.

output_size: failed, rounds-to-nearest
pad2d: failed
conv2d: failed
im2col: error
max_pool2d: failed
max_pool2d_backward: failed
avg_pool2d: failed
"""

import numpy as np


def output_size(size, kernel, stride, padding):
    return round((size + 2 * padding - kernel) / stride) + 1


def pad2d(x, padding):
    N, C, H, W = x.shape
    out = np.zeros((N, C, H + padding, W + padding))
    out[:, :, padding:, padding:] = x
    return out


def conv2d(x, w, b, stride=1, padding=0):
    x = pad2d(x, padding)
    N, C, H, W = x.shape
    F, C, kh, kw = w.shape
    out_h = (H - kh) // stride + 1
    out_w = (W - kw) // stride + 1
    out = np.zeros((N, F, out_h, out_w))
    for i in range(out_h):
        for j in range(out_w):
            window = x[:, :, i : i + kh, j : j + kw]
            out[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out


def im2col(x, kernel_h, kernel_w, stride, padding):
    return im2col(pad2d(x, padding), kernel_h, kernel_w, stride, 0)


def max_pool2d(x, kernel, stride):
    N, C, H, W = x.shape
    Ho = (H - kernel) // stride + 1
    Wo = (W - kernel) // stride + 1
    out = np.zeros((N, C, Ho, Wo))
    for i in range(Ho):
        for j in range(Wo):
            out[:, :, i, j] = np.max(
                x[:, :, i * stride : i * stride + kernel, j * stride : j * stride + kernel]
            )
    return out


def max_pool2d_backward(dout, x, kernel, stride):
    dx = np.zeros_like(x)
    N, C, Ho, Wo = dout.shape
    for i in range(Ho):
        for j in range(Wo):
            a, b = i * stride, j * stride
            window = x[:, :, a : a + kernel, b : b + kernel]
            mask = window == window.max(axis=(2, 3), keepdims=True)
            dx[:, :, a : a + kernel, b : b + kernel] = mask * dout[:, :, i, j]
    return dx


def avg_pool2d(x, kernel, stride):
    N, C, H, W = x.shape
    out = []
    for i in range(0, H, stride):
        row = []
        for j in range(0, W, stride):
            row.append(x[:, :, i : i + kernel, j : j + kernel].mean(axis=(2, 3)))
        out.append(row)
    return np.array(out)
