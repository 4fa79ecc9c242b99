"""What a learner might hand in.

output_size: failed
pad2d: failed, pads-every-axis
conv2d: failed
max_pool2d: failed
"""

import numpy as np

def output_size(size, kernel, stride, padding):
    return (size - kernel + 2 * padding) / stride + 1

def pad2d(x, padding):
    return np.pad(x, padding)

def conv2d(x, w, b, stride=1, padding=0):
    N, C, H, W = x.shape
    F, _, k, _ = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    Ho = (H + 2 * padding - k) // stride + 1
    Wo = (W + 2 * padding - k) // stride + 1
    out = np.zeros((N, F, Ho, Wo))
    for n in range(N):
        for f in range(F):
            for i in range(Ho):
                for j in range(Wo):
                    out[n, f, i, j] = np.sum(xp[n, :, i*stride:i*stride+k, j*stride:j*stride+k] * w[f]) + b[f]
    return out

def max_pool2d(x, kernel, stride):
    N, C, H, W = x.shape
    Ho, Wo = H // stride, W // stride
    out = np.zeros((N, C, Ho, Wo))
    for i in range(Ho):
        for j in range(Wo):
            out[:, :, i, j] = x[:, :, i*stride:i*stride+kernel, j*stride:j*stride+kernel].max(axis=(2, 3))
    return out
