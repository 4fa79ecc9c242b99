"""The same answers by independent means."""

import numpy as np
import scipy.ndimage
import scipy.signal
import torch
import torch.nn.functional as F

from grader.bank import alternate


def tensor(array, requires_grad=False):
    return torch.tensor(array, dtype=torch.float64, requires_grad=requires_grad)


@alternate("output_size", "the shape that torch.nn.functional.conv1d returns")
def output_size(size, kernel, stride, padding):
    line, weights = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel)
    return F.conv1d(line, weights, stride=stride, padding=padding).shape[-1]


@alternate("pad2d", "torch.nn.functional.pad")
def pad2d(x, padding):
    return F.pad(tensor(x), (padding,) * 4).numpy()


@alternate("conv2d", "torch.nn.functional.conv2d")
def conv2d(x, w, b, stride=1, padding=0):
    return F.conv2d(tensor(x), tensor(w), tensor(b), stride, padding).numpy()


@alternate("conv2d", "scipy.signal.correlate2d")
def conv2d_with_scipy(x, w, b, stride=1, padding=0):
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    maps = [
        [
            sum(map(lambda a, k: scipy.signal.correlate2d(a, k, "valid"), image, kernels)) + bias
            for kernels, bias in zip(w, b, strict=True)
        ]
        for image in padded
    ]
    return np.array(maps)[:, :, ::stride, ::stride]


@alternate("conv2d_backward", "autograd of torch.nn.functional.conv2d")
def conv2d_backward(dout, x, w, stride=1, padding=0):
    leaves = tensor(x, True), tensor(w, True), torch.zeros(len(w), dtype=torch.float64)
    leaves[2].requires_grad_()
    out = F.conv2d(*leaves, stride, padding)
    return tuple(grad.numpy() for grad in torch.autograd.grad(out, leaves, tensor(dout)))


@alternate("conv2d_backward", "differences of a convolution, which is linear in either argument")
def conv2d_backward_by_differences(dout, x, w, stride=1, padding=0):
    def response(images, kernels):
        out = F.conv2d(tensor(images), tensor(kernels), None, stride, padding)
        return float((out * tensor(dout)).sum())

    def slopes(array, response_to):
        slope = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            unit = np.zeros(array.shape)
            unit[index] = 1.0
            slope[index] = response_to(unit)
        return slope

    dx = slopes(x, lambda unit: response(unit, w))
    dw = slopes(w, lambda unit: response(x, unit))
    return dx, dw, np.array([dout[:, f].sum() for f in range(len(w))])


@alternate("im2col", "torch.nn.functional.unfold")
def im2col(x, kernel_h, kernel_w, stride, padding):
    return F.unfold(tensor(x), (kernel_h, kernel_w), padding=padding, stride=stride).numpy()


@alternate("col2im", "torch.nn.functional.fold")
def col2im(cols, x_shape, kernel_h, kernel_w, stride, padding):
    size, kernel = tuple(x_shape[2:]), (kernel_h, kernel_w)
    return F.fold(tensor(cols), size, kernel, padding=padding, stride=stride).numpy()


@alternate("max_pool2d", "torch.nn.functional.max_pool2d")
def max_pool2d(x, kernel, stride):
    return F.max_pool2d(tensor(x), kernel, stride).numpy()


@alternate("max_pool2d", "scipy.ndimage.maximum_filter")
def max_pool2d_with_scipy(x, kernel, stride):
    size = (1, 1, kernel, kernel)
    origin = (0, 0, -(kernel // 2), -(kernel // 2))
    largest = scipy.ndimage.maximum_filter(x, size, origin=origin)
    h, w = (length - kernel + 1 for length in x.shape[2:])
    return largest[:, :, :h:stride, :w:stride]


@alternate("max_pool2d_backward", "autograd of torch.nn.functional.max_pool2d")
def max_pool2d_backward(dout, x, kernel, stride):
    leaf = tensor(x, True)
    out = F.max_pool2d(leaf, kernel, stride)
    return torch.autograd.grad(out, leaf, tensor(dout))[0].numpy()


@alternate("avg_pool2d", "torch.nn.functional.avg_pool2d")
def avg_pool2d(x, kernel, stride):
    return F.avg_pool2d(tensor(x), kernel, stride).numpy()


@alternate("lenet", "torch's operators")
def lenet(x, params):
    p = {name: tensor(values) for name, values in params.items()}
    maps = F.max_pool2d(F.relu(F.conv2d(tensor(x), p["conv1_w"], p["conv1_b"])), 2, 2)
    maps = F.max_pool2d(F.relu(F.conv2d(maps, p["conv2_w"], p["conv2_b"])), 2, 2)
    hidden = F.relu(F.linear(maps.flatten(1), p["fc1_w"], p["fc1_b"]))
    hidden = F.relu(F.linear(hidden, p["fc2_w"], p["fc2_b"]))
    return F.linear(hidden, p["fc3_w"], p["fc3_b"]).numpy()
