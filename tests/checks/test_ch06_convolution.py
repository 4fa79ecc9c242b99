"""Checks of convolution and pooling."""

from typing import NamedTuple

import numpy as np

from grader.checks import (
    Fill,
    as_parts,
    case,
    check,
    double_precision,
    example,
    expect,
    expect_close,
    expect_equal,
    fills,
    given,
    matches,
    shaped,
    st,
    untouched,
)


class Site(NamedTuple):
    """An image of h × w pixels and the windows on it."""

    h: int
    w: int
    kernel_h: int
    kernel_w: int
    stride: int
    padding: int

    @property
    def out_h(self) -> int:
        return (self.h + 2 * self.padding - self.kernel_h) // self.stride + 1

    @property
    def out_w(self) -> int:
        return (self.w + 2 * self.padding - self.kernel_w) // self.stride + 1

    @property
    def windows(self) -> tuple[int, int, int, int]:
        return self.kernel_h, self.kernel_w, self.stride, self.padding

    @property
    def square(self) -> bool:
        return self.kernel_h == self.kernel_w

    @property
    def plain(self) -> bool:
        return self.stride == 1 and self.padding == 0

    @property
    def tiled(self) -> bool:
        """Whether the windows cover the image side by side, with nothing left over."""
        return (
            self.square
            and self.kernel_h > 1
            and self.padding == 0
            and self.stride == self.kernel_h
            and self.h % self.kernel_h == self.w % self.kernel_w == 0
        )

    def pixels(self, u: int, v: int) -> tuple[slice, ...]:
        """What place (u, v) of the kernel sees of a padded image, in all windows."""
        return (
            slice(None),
            slice(None),
            slice(u, u + self.stride * self.out_h, self.stride),
            slice(v, v + self.stride * self.out_w, self.stride),
        )

    def window(self, i: int, j: int) -> tuple[slice, ...]:
        """The window of output (i, j) in a padded image."""
        top, left = i * self.stride, j * self.stride
        return (
            slice(None),
            slice(None),
            slice(top, top + self.kernel_h),
            slice(left, left + self.kernel_w),
        )

    def some_window(self, seed: int) -> tuple[int, int]:
        """The place of one output."""
        return seed // self.out_w % self.out_h, seed % self.out_w


def axes(padding: int) -> list[tuple[int, int]]:
    """Every (size, kernel) of a short axis on which a window fits."""
    return [
        (size, kernel)
        for size in range(1, 7)
        for kernel in range(1, min(4, size + 2 * padding) + 1)
    ]


SITES = sorted(
    (
        Site(h, w, kernel_h, kernel_w, stride, padding)
        for stride in (1, 2, 3)
        for padding in (0, 0, 1, 2)
        for h, kernel_h in axes(padding)
        for w, kernel_w in axes(padding)
    ),
    key=lambda site: (sum(site), site),
)
"""Small ones first, so that shrinking ends at an image one can read.

Those without padding stand there twice: padding hides rows left over and slices that end at -0.
"""

BORDERED = [site for site in SITES if site.padding == 1]
PLAIN = [site for site in SITES if site.plain]
UNPADDED = [site for site in SITES if site.padding == 0]
LEFT_OVER = [
    site
    for site in UNPADDED
    if (site.h - site.kernel_h) % site.stride or (site.w - site.kernel_w) % site.stride
]
TILED = [site for site in SITES if site.tiled]
APART = [site for site in UNPADDED if site.stride >= max(site.kernel_h, site.kernel_w)]
POOLS = [
    site for site in UNPADDED if site.square and (site.kernel_h > 1 or max(site.h, site.w) < 4)
]
POOLS_APART = [site for site in POOLS if site.stride >= site.kernel_h]

AXES = sorted(
    (
        (size, kernel, stride, padding)
        for size in range(1, 13)
        for kernel in range(1, 6)
        for stride in range(1, 5)
        for padding in range(4)
        if kernel <= size + 2 * padding
    ),
    key=lambda axis: (sum(axis), axis),
)
"""Every (size, kernel, stride, padding) of a short axis on which a window fits."""

FITTING = [axis for axis in AXES if (axis[0] + 2 * axis[3] - axis[1]) % axis[2] == 0]

COUNTS = [
    *((1, 1, 1), (1, 1, 2), (1, 2, 1), (2, 1, 1), (1, 2, 3), (2, 1, 3)),
    *((2, 3, 1), (1, 3, 2), (3, 1, 2), (3, 2, 1), (2, 2, 2)),
]
"""Numbers of images, channels and filters."""

FIRST_AXES = [
    *((6, 3, 2, 0), (5, 5, 1, 0), (3, 3, 3, 1), (2, 4, 1, 1), (7, 2, 2, 0), (7, 2, 3, 1)),
    *((1, 1, 1, 0), (4, 4, 4, 2), (224, 7, 2, 3), (9, 3, 3, 0), (2, 2, 2, 2)),
]
"""Tried whatever is drawn: kernels as long as the axis, as the stride, and a long axis."""

FIRST_SITES = [
    ((2, 3, 4), Site(7, 9, 2, 5, 1, 0)),
    ((2, 3, 4), Site(6, 9, 3, 2, 2, 1)),
    ((2, 2, 2), Site(4, 4, 2, 2, 2, 0)),
    ((3, 3, 3), Site(3, 3, 3, 3, 1, 0)),
    ((4, 4, 4), Site(4, 4, 3, 3, 1, 1)),
    ((2, 3, 3), Site(3, 5, 1, 1, 1, 0)),
    ((2, 2, 3), Site(5, 4, 2, 2, 3, 0)),
    ((1, 2, 1), Site(2, 4, 4, 3, 2, 2)),
    ((4, 1, 2), Site(3, 3, 2, 2, 1, 0)),
]
"""Likewise: sizes that differ; then batch = channels = filters = rows = kernel = stride, a kernel
of the image's size, an output of it, square weights, gaps between windows, a kernel beyond the
image, and as many images as a column has entries and an image windows."""

FIRST_POOLS = [
    ((2, 3, 0), Site(5, 7, 2, 2, 1, 0)),
    ((3, 2, 0), Site(7, 5, 3, 3, 2, 0)),
    ((2, 2, 0), Site(4, 4, 2, 2, 2, 0)),
    ((3, 3, 0), Site(3, 3, 3, 3, 3, 0)),
    ((2, 1, 0), Site(6, 4, 2, 2, 3, 0)),
    ((1, 2, 0), Site(3, 2, 1, 1, 2, 0)),
]
"""Likewise, with square windows and no padding."""

FIRST_RECIPES = [
    *(("normal", 1.0, "C", 0), ("integers", 1.0, "F", 1), ("normal", 1.0, "S", 2)),
    *(("integers", 1.0, "C", 3), ("normal", 30.0, "C", 4), ("normal", 1.0, "F", 5)),
    *(("integers", 1.0, "S", 6), ("normal", 1e-3, "C", 7), ("normal", 1.0, "S", 8)),
]

GRADIENTS = ("dx", "dw", "db")

IMAGE_SHAPES = [
    *((1, 1, 1, 1), (1, 1, 1, 2), (1, 1, 2, 1), (1, 1, 2, 3), (1, 1, 3, 2), (1, 2, 1, 1)),
    *((2, 1, 1, 1), (1, 3, 2, 2), (2, 3, 1, 4), (3, 1, 4, 2), (3, 2, 5, 1), (2, 4, 3, 5)),
]

FIRST_BORDERS = [
    *(((2, 3, 4, 5), 1), ((2, 3, 4, 5), 0), ((2, 2, 2, 2), 2), ((3, 3, 3, 3), 1)),
    *(((1, 2, 1, 3), 3), ((2, 1, 4, 4), 0)),
]
"""Likewise: shapes and borders of images, also wider than the image."""

NETWORK_COUNTS = [
    *((1, 1, 1, 2, 2, 2, 2), (1, 2, 1, 3, 4, 3, 2), (2, 1, 2, 2, 3, 4, 3)),
    *((2, 1, 3, 2, 4, 5, 1), (3, 2, 1, 3, 5, 3, 4), (1, 3, 2, 4, 6, 4, 5)),
]
"""Images, channels, filters of both convolutions, outputs of the three linear layers."""

NETWORK_KERNELS = [
    *((1, 1, 1, 1), (1, 2, 2, 1), (2, 1, 1, 3), (2, 2, 2, 2)),
    *((2, 3, 3, 1), (3, 2, 1, 2), (3, 3, 2, 3), (3, 3, 3, 3)),
]
"""Heights and widths of both kernels."""

NETWORK_MAPS = [
    *((1, 1, 0, 0), (1, 2, 0, 0), (2, 1, 1, 0), (1, 3, 0, 1)),
    *((2, 2, 0, 0), (2, 1, 1, 1), (2, 3, 0, 1), (3, 2, 1, 0)),
]
"""Heights and widths of the last maps; rows and columns that the first and second pool drop."""

FIRST_SIZES = [
    ((2, 3, 4, 5, 6, 7, 8), (2, 3, 1, 2), (2, 3, 1, 1)),
    ((2, 2, 2, 2, 2, 2, 2), (2, 2, 2, 2), (1, 1, 0, 0)),
    ((4, 1, 1, 1, 4, 4, 4), (2, 2, 2, 2), (2, 2, 0, 0)),
    ((3, 1, 2, 3, 4, 3, 3), (1, 1, 1, 1), (2, 2, 1, 1)),
]
"""Networks that are tried whatever is drawn: sizes that differ; then all weights square and the
batch as large."""


class Layer(NamedTuple):
    """A convolution, its input, and a gradient for its output."""

    site: Site
    x: np.ndarray
    w: np.ndarray
    b: np.ndarray
    dout: np.ndarray

    @property
    def stride_and_padding(self) -> tuple[int, int]:
        return self.site.stride, self.site.padding


def layer_of(counts: tuple[int, ...], site: Site, fill: Fill) -> Layer:
    n, c, f = counts
    return Layer(
        site,
        fill(n, c, site.h, site.w),
        fill(f, c, site.kernel_h, site.kernel_w),
        fill(f),
        fill(n, f, site.out_h, site.out_w),
    )


def windowed_image(counts: tuple[int, ...], site: Site, fill: Fill) -> tuple:
    """Images, the windows on them, and columns for col2im."""
    n, c, _ = counts
    cols = fill(n, c * site.kernel_h * site.kernel_w, site.out_h * site.out_w)
    return site, fill(n, c, site.h, site.w), cols


def pooled_image(counts: tuple[int, ...], site: Site, fill: Fill, dark: bool) -> tuple:
    """Images, half of them below 0 all over, and the square windows of a pool."""
    n, c, _ = counts
    x = fill(n, c, site.h, site.w)
    return site, (x - x.max() - 1.0 if dark else x)


def decided_image(counts: tuple[int, ...], site: Site, fill: Fill, tiles: bool) -> tuple:
    """Images without ties in any window of a pool, and a gradient for its output.

    In half of them a small tile repeats all over, so that windows share their maximum.
    """
    n, c, _ = counts
    x = repeated(fill, n, c, site) if tiles else fill.distinct(n, c, site.h, site.w)
    return site, x, fill(n, c, site.out_h, site.out_w)


def repeated(fill: Fill, n: int, c: int, site: Site) -> np.ndarray:
    """Images of one tile as large as the window: any window holds each of its values once."""
    tile = fill.distinct(1, 1, site.kernel_h, site.kernel_w)
    repeats = (n, c, -(-site.h // site.kernel_h), -(-site.w // site.kernel_w))
    return np.tile(tile, repeats)[:, :, : site.h, : site.w]


def network_of(
    counts: tuple[int, ...], kernels: tuple[int, ...], maps: tuple[int, ...], fill: Fill
) -> tuple:
    """Images and the parameters of a small LeNet."""
    n, c, f1, f2, d1, d2, classes = counts
    kernel_h1, kernel_w1, kernel_h2, kernel_w2 = kernels
    h, w, dropped1, dropped2 = maps
    height = 2 * (2 * h + dropped2 + kernel_h2 - 1) + dropped1 + kernel_h1 - 1
    width = 2 * (2 * w + dropped2 + kernel_w2 - 1) + dropped1 + kernel_w1 - 1
    shapes = {
        "conv1": (f1, c, kernel_h1, kernel_w1),
        "conv2": (f2, f1, kernel_h2, kernel_w2),
        "fc1": (d1, f2 * h * w),
        "fc2": (d2, d1),
        "fc3": (classes, d2),
    }
    params = {}
    for name, shape in shapes.items():
        params[f"{name}_w"] = parameters(fill, *shape)
        params[f"{name}_b"] = parameters(fill, shape[0])
    return fill(n, c, height, width), params


def parameters(fill: Fill, *shape: int) -> np.ndarray:
    """Parameters of both signs that keep a network awake: more of them are positive."""
    values = fill.uniform(-0.5, 1.0, *shape)
    return np.round(2.0 * values) if fill.kind == "integers" else values


def drawn(make, sites, *others):
    """Draw what `make` makes on such a site."""
    return st.builds(make, st.sampled_from(COUNTS), st.sampled_from(sites), fills(), *others)


def layers(sites=SITES):
    """Draw a small convolution."""
    return drawn(layer_of, sites)


def windowed_images(sites=SITES):
    """Draw images, the windows on them, and columns."""
    return drawn(windowed_image, sites)


def pooled_images(sites=POOLS):
    """Draw images and the windows of a pool."""
    return drawn(pooled_image, sites, st.booleans())


def decided_images(sites=POOLS):
    """Draw images without ties, and a gradient for the output of a pool."""
    return drawn(decided_image, sites, st.booleans())


def networks():
    """Draw images and the parameters of a small LeNet."""
    drawn_from = (st.sampled_from(of) for of in (NETWORK_COUNTS, NETWORK_KERNELS, NETWORK_MAPS))
    return st.builds(network_of, *drawn_from, fills())


def images():
    """Draw images and the width of a border."""
    shape, border = st.sampled_from(IMAGE_SHAPES), st.sampled_from((1, 0, 2, 3))
    return st.builds(lambda shape, border, fill: (fill(*shape), border), shape, border, fills())


def first(make, sizes, *others):
    """What `make` makes of those sizes, each filled in another way."""
    cases = zip(sizes, FIRST_RECIPES, strict=False)
    return [make(*size, Fill(*recipe), *others) for size, recipe in cases]


FIRST_LAYERS = first(layer_of, FIRST_SITES)
FIRST_WINDOWED = first(windowed_image, FIRST_SITES)
FIRST_POOLED = [*first(pooled_image, FIRST_POOLS, False), *first(pooled_image, FIRST_POOLS, True)]
FIRST_DECIDED = [
    *first(decided_image, FIRST_POOLS, False),
    *first(decided_image, FIRST_POOLS, True),
]
FIRST_NETWORKS = first(network_of, FIRST_SIZES)
FIRST_IMAGES = first(lambda shape, border, fill: (fill(*shape), border), FIRST_BORDERS)


def forward(layer):
    """The arguments of conv2d."""
    return case(layer.x, layer.w, layer.b, stride=layer.site.stride, padding=layer.site.padding)


def backward(layer):
    """The arguments of conv2d_backward."""
    return case(layer.dout, layer.x, layer.w, stride=layer.site.stride, padding=layer.site.padding)


def forth(windowed):
    """The arguments of im2col."""
    site, x, _ = windowed
    return x, *site.windows


def back(windowed):
    """The arguments of col2im."""
    site, x, cols = windowed
    return cols, x.shape, *site.windows


def pooled(image):
    """The arguments of a pool."""
    site, x = image
    return x, site.kernel_h, site.stride


def unpooled(image):
    """The arguments of a pool's gradient."""
    site, x, dout = image
    return dout, x, site.kernel_h, site.stride


def positive(network):
    """A network without negative numbers."""
    x, params = network
    return np.abs(x), {name: np.abs(values) for name, values in params.items()}


def of_first(values, *_):
    """The scale of what is made from the first argument's values."""
    return largest(values)


def of_products(dout, x, w, **_):
    """The scale of a convolution's gradients."""
    return largest(dout) * largest(x, w)


def bordered(x: np.ndarray, padding: int) -> np.ndarray:
    """Images in the middle of zeros."""
    n, c, h, w = x.shape
    padded = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    padded[:, :, padding : padding + h, padding : padding + w] = x
    return padded


def largest(*arrays: np.ndarray) -> float:
    """The largest magnitude in all these arrays."""
    return max(float(np.abs(array).max()) for array in arrays)


def whole(size: object) -> int:
    """An answer that must be an int."""
    text = "a size must be an int, fit to be part of a shape"
    expect(isinstance(size, int) and not isinstance(size, bool), text, got=size)
    return size


def same_size(got, expected, *_):
    """Both are the same int."""
    expect_equal(whole(got), expected)


example("output_size")


def zeros_of_that_size(module, size, kernel, stride, padding):
    """make an array of zeros of the size that output_size says"""
    return np.zeros(module.output_size(size, kernel, stride, padding))


@check("output_size", "is fit to be part of a shape", practice=True, examples=5)
@given(axis=st.sampled_from(AXES))
def test_output_size_int(submission, axis):
    zeros = submission.probe(zeros_of_that_size, *axis)
    expect(zeros.ndim == 1, "np.zeros(output_size(...)) must be a row of zeros", got=zeros)


matches("output_size", st.sampled_from(AXES), compare=same_size, first=FIRST_AXES)
matches(
    "output_size",
    st.sampled_from(FITTING),
    title="is right where no row is left over",
    exact=True,
    weight=2,
    examples=10,
)


@check("output_size", "one more stride makes room for one more window", practice=True)
@given(axis=st.sampled_from(AXES))
def test_output_size_grows(submission, axis):
    size, kernel, stride, padding = axis
    before = whole(submission.output_size(size, kernel, stride, padding))
    after = whole(submission.output_size(size + stride, kernel, stride, padding))
    expect_equal(after, before + 1, "one stride more of input is one output more")


@check("output_size", "padding makes the axis longer at both ends", practice=True)
@given(axis=st.sampled_from(AXES))
def test_output_size_padding(submission, axis):
    size, kernel, stride, padding = axis
    padded = submission.output_size(size, kernel, stride, padding)
    longer = submission.output_size(size + 2 * padding, kernel, stride, 0)
    expect_equal(padded, longer, "padding counts twice, once for each end")


@check("output_size", "rows left over get no window")
@given(axis=st.sampled_from(FITTING), more=st.integers(0, 2))
def test_output_size_left_over(submission, axis, more):
    size, kernel, stride, padding = axis
    fitting = submission.output_size(*axis)
    left_over = submission.output_size(size + more % stride, kernel, stride, padding)
    expect_equal(left_over, fitting, "less than a stride more of input is no output more")


example("pad2d")
matches("pad2d", images(), first=FIRST_IMAGES)
matches(
    "pad2d",
    images().map(lambda image: (image[0], 1)),
    title="is right for a border of 1",
    weight=2,
    examples=10,
)
untouched("pad2d", images(), first=FIRST_IMAGES)
double_precision("pad2d", images(), first=FIRST_IMAGES, examples=5)


@check("pad2d", "adds no image and no channel", practice=True, examples=8)
@given(case=images())
def test_pad2d_shape(submission, case):
    x, padding = case
    padded = submission.pad2d(x, padding)
    expect_equal(list(np.shape(padded)[:2]), list(x.shape[:2]), "only rows and columns are added")


@check("pad2d", "the border is zero", practice=True, examples=8)
@given(case=images())
def test_pad2d_border(submission, case):
    x, padding = case
    n, c, h, w = x.shape
    due = n, c, h + 2 * padding, w + 2 * padding
    padded = shaped(submission.pad2d(x + 100.0, padding), due, "the answer")
    inside = np.zeros(padded.shape, dtype=bool)
    inside[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]] = True
    zeros = np.zeros(int((~inside).sum()))
    expect_close(padded[~inside], zeros, "the border must be zero")
    expect(inside.sum() == x.size, "the whole image must be inside the border")


@check("pad2d", "two borders are one wide border", examples=8)
@given(case=images())
def test_pad2d_twice(submission, case):
    x, padding = case
    n, c, h, w = x.shape
    due = n, c, h + 2 * padding, w + 2 * padding
    inner = shaped(submission.pad2d(x, padding), due, "the first border")
    twice = submission.pad2d(inner, 1)
    once = submission.pad2d(x, padding + 1)
    expect_close(twice, once, "a border around a border is one border of both widths")


example("conv2d")
matches("conv2d", layers().map(forward), first=map(forward, FIRST_LAYERS))
matches(
    "conv2d",
    layers(PLAIN).map(lambda layer: (layer.x, layer.w, layer.b)),
    title="is right at stride 1 without padding",
    weight=2,
    examples=10,
)
untouched("conv2d", layers().map(forward), first=map(forward, FIRST_LAYERS))
double_precision("conv2d", layers().map(forward), first=map(forward, FIRST_LAYERS), examples=5)


@check("conv2d", "a kernel of a single 1 copies pixels", practice=True, examples=10)
@given(layer=layers(UNPADDED), spot=st.integers(0, 47))
def test_conv2d_copies(submission, layer, spot):
    w = np.zeros((1, *layer.w.shape[1:]))
    w.flat[spot % w.size] = 1.0
    _, c, u, v = np.unravel_index(spot % w.size, w.shape)
    copied = layer.x[:, [c]][layer.site.pixels(int(u), int(v))]
    got = submission.conv2d(layer.x, w, np.zeros(1), *layer.stride_and_padding)
    expect_close(got, copied, "w[f, c, u, v] = 1 must copy the pixel (u, v) of each window")


@check("conv2d", "every output gets its filter's bias once", practice=True, examples=8)
@given(layer=layers())
def test_conv2d_bias(submission, layer):
    stride_and_padding = layer.stride_and_padding
    b = np.arange(1.0, 1.0 + len(layer.b))
    answers = [submission.conv2d(layer.x, layer.w, k * b, *stride_and_padding) for k in (1.0, 0.0)]
    with_bias, without = (shaped(one, layer.dout.shape, "the answer") for one in answers)
    added = np.broadcast_to(b[:, None, None], layer.dout.shape)
    scale = largest(with_bias, without)
    expect_close(with_bias - without, added, "b[f] must be added to every output", scale=scale)


@check("conv2d", "the channels of an image add up", examples=8)
@given(layer=layers())
def test_conv2d_channels(submission, layer):
    x, w, b, stride_and_padding = layer.x, layer.w, 0.0 * layer.b, layer.stride_and_padding
    channels = range(x.shape[1])
    parts = [
        submission.conv2d(x[:, c : c + 1], w[:, c : c + 1], b, *stride_and_padding)
        for c in channels
    ]
    parts = [shaped(part, layer.dout.shape, "a channel's answer") for part in parts]
    got = submission.conv2d(x, w, b, *stride_and_padding)
    message = "all channels must equal the sum of the channels one by one"
    expect_close(got, sum(parts), message, scale=largest(x) * largest(w))


@check("conv2d", "moves along with the image", examples=8)
@given(layer=layers(UNPADDED))
def test_conv2d_moves(submission, layer):
    stride = layer.site.stride
    wide = np.concatenate([layer.x[..., -1:]] * stride + [layer.x], axis=3)
    moved = submission.conv2d(wide, layer.w, layer.b, stride)
    still = shaped(
        submission.conv2d(layer.x, layer.w, layer.b, stride), layer.dout.shape, "the image"
    )
    due = *still.shape[:3], still.shape[3] + 1
    moved = shaped(moved, due, "the wider image")
    message = "an image one stride further right gives an output one column further right"
    expect_close(moved[..., 1:], still, message)


example("conv2d_backward")
matches(
    "conv2d_backward",
    layers().map(backward),
    names=GRADIENTS,
    scale=of_products,
    first=map(backward, FIRST_LAYERS),
)
matches(
    "conv2d_backward",
    layers(PLAIN).map(lambda layer: (layer.dout, layer.x, layer.w)),
    title="is right at stride 1 without padding",
    names=GRADIENTS,
    scale=of_products,
    weight=2,
    examples=10,
)
matches(
    "conv2d_backward",
    layers(BORDERED).map(backward),
    title="is right with padding 1",
    names=GRADIENTS,
    scale=of_products,
    weight=2,
    examples=10,
)
untouched("conv2d_backward", layers().map(backward), first=map(backward, FIRST_LAYERS))
double_precision(
    "conv2d_backward",
    layers().map(backward),
    first=map(backward, FIRST_LAYERS),
    names=GRADIENTS,
    examples=5,
)


@check(
    "conv2d_backward", "one output reaches its window and its filter", practice=True, examples=10
)
@given(layer=layers(), spot=st.integers(0, 99))
def test_conv2d_backward_one_output(submission, layer, spot):
    site, x, w = layer.site, layer.x, layer.w
    i, j = site.some_window(spot)
    n, f = spot % len(x), spot % len(w)
    dout = np.zeros(layer.dout.shape)
    dout[n, f, i, j] = 1.0
    padded = bordered(x, site.padding)
    dpadded, dw, db = np.zeros(padded.shape), np.zeros(w.shape), np.zeros(len(w))
    dpadded[n : n + 1][site.window(i, j)] = w[f]
    dx = dpadded[:, :, site.padding :, site.padding :][:, :, : site.h, : site.w]
    dw[f], db[f] = padded[n : n + 1][site.window(i, j)][0], 1.0
    got = submission.conv2d_backward(dout, x, w, *layer.stride_and_padding)
    message = "with dout 1 in one place and 0 elsewhere"
    expect_close(got, (dx, dw, db), message, names=("dx", "dw", "db"), scale=largest(x, w))


@check(
    "conv2d_backward",
    "gradient times pixels equals gradient times weights",
    practice=True,
    examples=10,
)
@given(layer=layers())
def test_conv2d_backward_balance(submission, layer):
    x, w = layer.x, layer.w
    answer = submission.conv2d_backward(layer.dout, x, w, *layer.stride_and_padding)
    dx, dw, _ = as_parts(answer, GRADIENTS)
    dx, dw = shaped(dx, x.shape, "dx"), shaped(dw, w.shape, "dw")
    scale = float(np.abs(layer.dout).sum()) * largest(x) * largest(w)
    message = "Σ x·dx and Σ w·dw must both be Σ dout·(output without bias)"
    expect_close(float((x * dx).sum()), float((w * dw).sum()), message, scale=scale)


@check("conv2d_backward", "rows left over get no gradient", examples=8)
@given(layer=layers(LEFT_OVER))
def test_conv2d_backward_left_over(submission, layer):
    site = layer.site
    answer = submission.conv2d_backward(layer.dout, layer.x, layer.w, site.stride, 0)
    dx = shaped(as_parts(answer, GRADIENTS)[0], layer.x.shape, "dx")
    rows = dx[:, :, (site.out_h - 1) * site.stride + site.kernel_h :]
    columns = dx[:, :, :, (site.out_w - 1) * site.stride + site.kernel_w :]
    scale = largest(layer.dout) * largest(layer.w)
    expect_close(rows, np.zeros(rows.shape), "no window sees these rows", scale=scale)
    expect_close(columns, np.zeros(columns.shape), "no window sees these columns", scale=scale)


example("im2col")
matches("im2col", windowed_images().map(forth), first=map(forth, FIRST_WINDOWED))
matches(
    "im2col",
    windowed_images(PLAIN).map(forth),
    title="is right at stride 1 without padding",
    weight=2,
    examples=10,
)
untouched("im2col", windowed_images().map(forth), first=map(forth, FIRST_WINDOWED))
double_precision(
    "im2col", windowed_images().map(forth), first=map(forth, FIRST_WINDOWED), examples=5
)


@check("im2col", "a column is a window, channel by channel", practice=True, examples=10)
@given(case=windowed_images(), spot=st.integers(0, 99))
def test_im2col_column(submission, case, spot):
    site, x, _ = case
    i, j = site.some_window(spot)
    window = bordered(x, site.padding)[site.window(i, j)]
    due = len(x), window[0].size, site.out_h * site.out_w
    cols = shaped(submission.im2col(x, *site.windows), due, "the answer")
    column = cols[:, :, i * site.out_w + j]
    expect_close(column, window.reshape(len(x), -1), f"the column of window ({i}, {j})")


@check("im2col", "a convolution is one matrix product", examples=8)
@given(layer=layers())
def test_im2col_product(submission, reference, layer):
    site, (n, f) = layer.site, layer.dout.shape[:2]
    due = n, layer.w[0].size, site.out_h * site.out_w
    cols = shaped(submission.im2col(layer.x, *site.windows), due, "the answer")
    product = (layer.w.reshape(f, -1) @ cols).reshape(n, f, site.out_h, site.out_w)
    out = reference.conv2d(layer.x, layer.w, 0.0 * layer.b, *layer.stride_and_padding)
    message = "filters in rows times windows in columns must be the convolution"
    expect_close(product, out, message, scale=largest(layer.x) * largest(layer.w))


example("col2im")
matches(
    "col2im",
    windowed_images().map(back),
    scale=of_first,
    first=map(back, FIRST_WINDOWED),
)
matches(
    "col2im",
    windowed_images(APART).map(back),
    title="is right where windows do not overlap",
    weight=2,
    examples=10,
)
matches(
    "col2im",
    windowed_images(BORDERED).map(back),
    title="is right with padding 1",
    scale=of_first,
    weight=2,
    examples=10,
)
untouched("col2im", windowed_images().map(back), first=map(back, FIRST_WINDOWED))
double_precision("col2im", windowed_images().map(back), first=map(back, FIRST_WINDOWED), examples=5)


@check("col2im", "a column goes back to its window", practice=True, examples=10)
@given(case=windowed_images(), spot=st.integers(0, 99))
def test_col2im_column(submission, case, spot):
    site, x, cols = case
    i, j = site.some_window(spot)
    column, n = i * site.out_w + j, len(x)
    alone = np.zeros(cols.shape)
    alone[:, :, column] = np.arange(1.0, 1.0 + cols.shape[1])
    padded = bordered(0.0 * x, site.padding)
    padded[site.window(i, j)] = alone[:, :, column].reshape(n, -1, site.kernel_h, site.kernel_w)
    expected = padded[:, :, site.padding :, site.padding :][:, :, : site.h, : site.w]
    got = submission.col2im(alone, x.shape, *site.windows)
    expect_close(got, expected, f"only the column of window ({i}, {j}) is not zero")


@check("col2im", "nothing is lost without padding", practice=True, examples=8)
@given(case=windowed_images(UNPADDED))
def test_col2im_sum(submission, case):
    site, x, cols = case
    got = shaped(submission.col2im(cols, x.shape, *site.windows), x.shape, "the answer")
    scale = float(np.abs(cols).sum())
    message = "every entry is added to some pixel, so the sums must be equal"
    expect_close(float(got.sum()), float(cols.sum()), message, scale=scale)


@check("col2im", "is the adjoint of im2col", examples=8)
@given(case=windowed_images())
def test_col2im_adjoint(submission, reference, case):
    site, x, cols = case
    forth = float((reference.im2col(x, *site.windows) * cols).sum())
    image = shaped(submission.col2im(cols, x.shape, *site.windows), x.shape, "the answer")
    back = float((x * image).sum())
    scale = float(np.abs(cols).sum()) * largest(x)
    message = "Σ x·col2im(cols) must be Σ im2col(x)·cols"
    expect_close(back, forth, message, scale=scale)


example("max_pool2d")
matches("max_pool2d", pooled_images().map(pooled), first=map(pooled, FIRST_POOLED))
matches(
    "max_pool2d",
    pooled_images(TILED).map(pooled).map(lambda pool: (np.abs(pool[0]), *pool[1:])),
    title="is right where windows tile a bright image",
    weight=2,
    examples=10,
)
untouched("max_pool2d", pooled_images().map(pooled), first=map(pooled, FIRST_POOLED))
double_precision(
    "max_pool2d", pooled_images().map(pooled), first=map(pooled, FIRST_POOLED), examples=5
)


@check("max_pool2d", "an output is the largest value of its window", practice=True, examples=10)
@given(case=pooled_images(), spot=st.integers(0, 99))
def test_max_pool2d_window(submission, case, spot):
    site, x = case
    i, j = site.some_window(spot)
    expected = x[site.window(i, j)].max(axis=(2, 3))
    due = *x.shape[:2], site.out_h, site.out_w
    got = shaped(submission.max_pool2d(x, site.kernel_h, site.stride), due, "the answer")
    expect_close(got[:, :, i, j], expected, f"the maxima of window ({i}, {j})")


@check("max_pool2d", "a darker image gives a darker output", practice=True, examples=8)
@given(case=pooled_images(), step=st.sampled_from((1.0, 10.0, 100.0)))
def test_max_pool2d_darker(submission, case, step):
    site, x = case
    due = *x.shape[:2], site.out_h, site.out_w
    before = shaped(submission.max_pool2d(x, site.kernel_h, site.stride), due, "the answer")
    after = submission.max_pool2d(x - step, site.kernel_h, site.stride)
    message = "every maximum must fall by as much as the image does, below 0 too"
    expect_close(after, before - step, message, scale=largest(x) + step)


example("max_pool2d_backward")
matches(
    "max_pool2d_backward",
    decided_images().map(unpooled),
    scale=of_first,
    first=map(unpooled, FIRST_DECIDED),
)
matches(
    "max_pool2d_backward",
    decided_images(POOLS_APART).map(unpooled),
    title="is right where windows do not overlap",
    weight=2,
    examples=10,
)
untouched("max_pool2d_backward", decided_images().map(unpooled), first=map(unpooled, FIRST_DECIDED))
double_precision(
    "max_pool2d_backward",
    decided_images().map(unpooled),
    first=map(unpooled, FIRST_DECIDED),
    examples=5,
)


@check("max_pool2d_backward", "the winner takes it all", practice=True, examples=10)
@given(case=decided_images(), spot=st.integers(0, 99))
def test_max_pool2d_backward_winner(submission, case, spot):
    site, x, dout = case
    i, j = site.some_window(spot)
    alone = np.zeros(dout.shape)
    alone[:, :, i, j] = 1.0
    window = x[site.window(i, j)]
    expected = np.zeros(x.shape)
    expected[site.window(i, j)] = window == window.max(axis=(2, 3), keepdims=True)
    got = submission.max_pool2d_backward(alone, x, site.kernel_h, site.stride)
    expect_close(got, expected, f"only window ({i}, {j}) sends a gradient, to its largest value")


@check("max_pool2d_backward", "no gradient is lost", practice=True, examples=8)
@given(case=decided_images())
def test_max_pool2d_backward_sum(submission, case):
    site, x, dout = case
    dx = submission.max_pool2d_backward(dout, x, site.kernel_h, site.stride)
    dx = shaped(dx, x.shape, "the answer")
    message = "every window passes its gradient on once, so the sums over a channel must be equal"
    scale = float(np.abs(dout).sum())
    expect_close(dx.sum(axis=(2, 3)), dout.sum(axis=(2, 3)), message, scale=scale)


example("avg_pool2d")
matches(
    "avg_pool2d",
    pooled_images().map(pooled),
    scale=of_first,
    first=map(pooled, FIRST_POOLED),
)
matches(
    "avg_pool2d",
    pooled_images(TILED).map(pooled),
    title="is right where windows tile the image",
    scale=of_first,
    weight=2,
    examples=10,
)
untouched("avg_pool2d", pooled_images().map(pooled), first=map(pooled, FIRST_POOLED))
double_precision(
    "avg_pool2d", pooled_images().map(pooled), first=map(pooled, FIRST_POOLED), examples=5
)


@check("avg_pool2d", "an even image stays as it is", practice=True, examples=8)
@given(case=pooled_images(), level=st.sampled_from((1.0, -2.5, 100.0)))
def test_avg_pool2d_even(submission, case, level):
    site, x = case
    even = np.full(x.shape, level)
    expected = np.full((*x.shape[:2], site.out_h, site.out_w), level)
    got = submission.avg_pool2d(even, site.kernel_h, site.stride)
    expect_close(got, expected, f"the mean of nothing but {level} is {level}")


@check("avg_pool2d", "is a convolution with equal weights", examples=8)
@given(case=pooled_images())
def test_avg_pool2d_convolution(submission, reference, case):
    site, x = case
    n, c, h, w = x.shape
    kernel, stride = site.kernel_h, site.stride
    equal = np.full((1, 1, kernel, kernel), 1.0 / kernel**2)
    expected = reference.conv2d(x.reshape(n * c, 1, h, w), equal, np.zeros(1), stride)
    got = submission.avg_pool2d(x, kernel, stride)
    message = "every channel convolved with weights 1/kernel²"
    expect_close(got, expected.reshape(n, c, site.out_h, site.out_w), message, scale=largest(x))


example("lenet")
matches("lenet", networks(), first=FIRST_NETWORKS)
matches(
    "lenet",
    networks().map(positive),
    title="is right where nothing is negative",
    weight=2,
    examples=10,
)
untouched("lenet", networks(), first=FIRST_NETWORKS)
double_precision("lenet", networks(), first=FIRST_NETWORKS, examples=5)


@check("lenet", "logits move with the last bias", practice=True, examples=8)
@given(network=networks(), step=st.sampled_from((-1.0, -10.0, 1.0)))
def test_lenet_last_bias(submission, network, step):
    x, params = network
    before = shaped(submission.lenet(x, params), (len(x), len(params["fc3_b"])), "the logits")
    after = submission.lenet(x, {**params, "fc3_b": params["fc3_b"] + step})
    message = "nothing follows the last layer, so its bias must be added to the answer"
    expect_close(after, before + step, message, scale=largest(before) + 10.0)


@check("lenet", "filters that see nothing pass nothing on", practice=True, examples=8)
@given(network=networks())
def test_lenet_dark(submission, network):
    x, params = network
    blind = {"conv1_w": -np.abs(params["conv1_w"]), "conv1_b": -np.abs(params["conv1_b"])}
    seen = submission.lenet(np.abs(x) + 1.0, {**params, **blind})
    dark = submission.lenet(np.zeros(x.shape), {**params, **blind})
    message = "a filter whose outputs are all negative must look like one that saw an empty image"
    expect_close(seen, dark, message)
