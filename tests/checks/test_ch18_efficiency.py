"""Checks of efficiency."""

import math

import numpy as np
import torch

from grader.checks import (
    Mismatch,
    as_parts,
    case,
    check,
    example,
    expect,
    expect_close,
    expect_equal,
    expect_error,
    fills,
    function,
    given,
    matches,
    shaped,
    st,
    untouched,
)

FILLS = fills((1.0, 30.0, 1e-3))
STEADY = fills((1.0, 2.0, 0.3))  # for gradients: sums of products of everything with everything
SURE = fills((1e4, 300.0, 3e3))
SEEDS = st.integers(0, 2**20)


def dtype_of(fill):
    """Mostly float64, in which small differences show."""
    return torch.float64 if fill.seed % 3 else torch.float32


def typed(fill, values):
    """An array as a tensor of the example's dtype."""
    return torch.from_numpy(np.array(values, dtype=np.float64)).to(dtype_of(fill))


def laid_out(fill, values):
    """The same tensor in whatever memory layout was drawn."""
    if fill.layout == "C" or not values.ndim:
        return values
    if fill.layout == "F":
        backwards = tuple(reversed(range(values.ndim)))
        return values.permute(backwards).contiguous().permute(backwards)
    return torch.stack([values, torch.zeros_like(values)], dim=-1).flatten(-2)[..., ::2]


def tensor(fill, *shape):
    """Numbers at the drawn scale."""
    return laid_out(fill, typed(fill, fill(*shape)))


def normal(fill, *shape, size=1.0):
    """Random numbers of that size, whatever the recipe: no two are equal."""
    return laid_out(fill, typed(fill, fill.rng.standard_normal(shape) * size))


def one_of(fill, *choices):
    """One of the choices."""
    return choices[fill.rng.integers(len(choices))]


def largest(*values):
    """The largest finite magnitude in all tensors among the values."""
    found = [value.double() for value in values if isinstance(value, torch.Tensor)]
    finite = [value[value.isfinite()].abs() for value in found]
    return max((float(value.max()) for value in finite if value.numel()), default=0.0)


def expect_answer(got, expected, message="", scale=None):
    """Right is the dtype of the reference, and its values to the accuracy of float32."""
    if isinstance(got, torch.Tensor):
        expect_equal(str(got.dtype), str(expected.dtype), f"the dtype of {message or 'the answer'}")
        got = got.float()
    expect_close(got, expected.float(), message, scale=scale)


def expect_sized(got, expected, message, scale):
    """The same, measured in that scale, however small it is."""
    if isinstance(got, torch.Tensor) and got.is_floating_point() and not 1e-2 < scale < 1e4:
        expect_equal(str(got.dtype), str(expected.dtype), f"the dtype of {message}")
        got, expected, scale = got / scale, expected / scale, 1.0
        message = f"{message}, divided by the largest magnitude in it"
    expect_answer(got, expected, message, scale)


def computable(answer, shape, name):
    """An answer to compute with: a tensor of that shape."""
    expect(isinstance(answer, torch.Tensor), f"{name}: a tensor is due", got=answer)
    return shaped(answer, shape, name)


def compare_number(got, expected, *inputs, **named):
    """Compare answers that came of numbers near 1, whatever their own size."""
    expect_answer(got, expected, scale=max(largest(expected), 1.0))


def go_back(module, name, arguments, wanted, upstream):
    """call the function, and return the gradients of its float arguments"""
    for place in wanted:
        arguments[place] = arguments[place].requires_grad_()
    answers = getattr(module, name)(*arguments)
    answers = answers if isinstance(answers, (tuple, list)) else [answers]
    floats = [answer for answer in answers if answer.is_floating_point()]
    total = sum((answer * up).sum() for answer, up in zip(floats, upstream, strict=True))
    leaves = [arguments[place] for place in wanted]
    return torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True)


def upstream_of(answers, seed):
    """A gradient from above for each floating part of an answer, none of them near zero."""
    answers = answers if isinstance(answers, (tuple, list)) else [answers]
    noise = torch.Generator().manual_seed(seed)
    floats = [part for part in answers if part.is_floating_point()]
    return [
        torch.rand(part.shape, generator=noise, dtype=part.dtype) + 0.5 * (-1) ** number
        for number, part in enumerate(floats)
    ]


def expect_gradients(submission, reference, name, arguments, wanted, upstream=None):
    """The gradients of the arguments by these names (name to place), for any from above."""
    if upstream is None:
        upstream = upstream_of(getattr(reference, name)(*arguments), arguments[0].numel())
    question = (go_back, name, list(arguments), list(wanted.values()), upstream)
    due = reference.probe(*question)
    got = as_parts(submission.probe(*question), tuple(wanted))
    for mine, right, argument in zip(got, due, wanted, strict=True):
        scale = max(largest(right), 1.0)
        expect_answer(mine, right, f"the gradient of {argument}", scale)


def expect_codes(got, expected, message="the codes q"):
    """The same whole numbers, in the dtype that is named."""
    expect(isinstance(got, torch.Tensor), f"{message}: a tensor is due", expected=expected, got=got)
    expect_equal(str(got.dtype), str(expected.dtype), f"the dtype of {message}")
    expect_equal(got, expected, message)


def expect_scale(got, expected):
    """The same scale in each entry, relative to that entry: nothing is added to a small one."""
    got = computable(got, expected.shape, "the scale")
    expect_equal(str(got.dtype), str(expected.dtype), "the dtype of the scale")
    near = (got.double() - expected.double()).abs() <= 1e-5 * expected.double().abs()
    expect(bool(near.all()), "the scale is wrong", expected=expected, got=got)


# --- distillation_loss ---------------------------------------------------------------------------

CLASSES = st.sampled_from(
    ((2, 3), (3, 3), (3, 2), (1, 4), (4, 2), (2, 2), (5, 4), (4, 4), (3, 1), (6, 3))
)
LOGITS = fills((1.0, 4.0, 0.3))
TEMPERATURES = (2.0, 1.0, 4.0, 0.5, 3.0, 8.0, 1.5)
ALPHAS = (0.5, 0.25, 1.0, 0.0, 0.9, 0.1)


@st.composite
def taught(draw, filled=LOGITS, alphas=ALPHAS):
    """student_logits, teacher_logits, labels, temperature, alpha."""
    (n, classes), fill = draw(CLASSES), draw(filled)
    labels = torch.from_numpy(fill.labels(classes, n))
    student, teacher = tensor(fill, n, classes), tensor(fill, n, classes)
    return student, teacher, labels, one_of(fill, *TEMPERATURES), one_of(fill, *alphas)


LESSON = (
    torch.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]]),
    torch.tensor([[2.5, 0.0, -1.5], [1.0, -1.0, 4.0]]),
    torch.tensor([2, 1]),
)

example("distillation_loss")
matches(
    "distillation_loss",
    taught(),
    compare=compare_number,
    first=[(*LESSON, 3.0, 0.25), (*LESSON, 0.5, 0.75), (*LESSON, 2.0, 1.0), (*LESSON, 2.0, 0.0)],
)
matches(
    "distillation_loss",
    taught(filled=SURE),
    title="is right for sure logits",
    compare=compare_number,
    weight=1,
    examples=25,
)


@check("distillation_loss", "the student learns from both, and the teacher from nothing", weight=2)
@given(case=taught())
def test_distillation_gradients(submission, reference, case):
    places = {"student_logits": 0, "teacher_logits": 1}
    expect_gradients(submission, reference, "distillation_loss", case, places)


@check("distillation_loss", "sure logits have gradients too", examples=10)
@given(case=taught(filled=SURE))
def test_distillation_sure_gradients(submission, reference, case):
    expect_gradients(submission, reference, "distillation_loss", case, {"student_logits": 0})


@check("distillation_loss", "who agrees with the teacher pays it nothing", practice=True)
@given(case=taught())
def test_distillation_agrees(submission, case):
    student, _, labels, temperature, _ = case
    got = submission.distillation_loss(student, student.clone(), labels, temperature, 1.0)
    due = torch.zeros((), dtype=student.dtype)
    expect_answer(got, due, "the loss for equal logits and alpha 1", scale=1.0)


@check("distillation_loss", "a number added to a whole row changes nothing", practice=True)
@given(case=taught(), fill=STEADY)
def test_distillation_shift(submission, case, fill):
    student, teacher, *rest = case
    once = computable(submission.distillation_loss(*case), (), "the loss")
    moves = [torch.from_numpy(fill.rng.uniform(-5, 5, (len(student), 1))) for _ in range(2)]
    moved = [
        part + move.to(part.dtype) for part, move in zip((student, teacher), moves, strict=True)
    ]
    got = submission.distillation_loss(*moved, *rest)
    expect_answer(got, once, "the loss with rows moved", max(largest(once), 1.0))


@check("distillation_loss", "the labels are judged at temperature 1", practice=True, examples=10)
@given(case=taught(alphas=(0.0,)))
def test_distillation_hard(submission, case):
    student, teacher, labels, *_ = case
    cold, warm = (
        submission.distillation_loss(student, teacher, labels, temperature, 0.0)
        for temperature in (1.0, 5.0)
    )
    cold = computable(cold, (), "the loss")
    expect_answer(warm, cold, "the loss for alpha 0 and T = 5", max(largest(cold), 1.0))


@check("distillation_loss", "T² keeps the size of the gradient", practice=True, examples=10)
@given(sizes=CLASSES, fill=STEADY)
def test_distillation_size(submission, sizes, fill):
    student, teacher = (torch.from_numpy(fill.rng.standard_normal(sizes)) for _ in range(2))
    labels = torch.zeros(sizes[0], dtype=torch.int64)
    question = [student, teacher, labels, 1e4, 1.0]
    one = torch.ones((), dtype=torch.float64)
    (got,) = submission.probe(go_back, "distillation_loss", question, [0], [one])
    centred = [part - part.mean(dim=1, keepdim=True) for part in (student, teacher)]
    due = (centred[0] - centred[1]) / math.prod(sizes)
    expect_close(got, due, "the gradient at T = 10000", scale=100.0)


untouched("distillation_loss", taught())


# --- quantize_absmax -----------------------------------------------------------------------------

ANY_AXES = st.sampled_from(
    (
        (2, 3),
        (4,),
        (3, 3),
        (1, 4),
        (4, 1),
        (2, 4, 3),
        (3, 2),
        (1,),
        (2, 2, 2),
        (2, 1, 3, 2),
        (7, 9),
        (3, 5, 1),
    )
)
BITS = (8, 4, 2, 3, 5, 6, 7)
MARGIN = 0.02
"""How far a number of steps stays from a half: no accuracy decides which way it is rounded."""


def step(x, bits, axis=None):
    """The step that is due, in double precision."""
    qmax = 2.0 ** (bits - 1) - 1
    sizes = x.double().abs()
    for dim in range(x.ndim):
        if axis is None or dim != axis % x.ndim:
            sizes = sizes.max(dim=dim, keepdim=True).values
    return torch.where(sizes > 0, sizes / qmax, torch.ones_like(sizes))


def off_borders(x, scale):
    """The same, but for numbers near the middle between two codes, which become codes."""
    steps = x.double() / scale
    near = (steps - steps.floor() - 0.5).abs() < MARGIN
    return torch.where(near, (steps.trunc() * scale).to(x.dtype), x)


def uneven(fill, shape):
    """Numbers whose extremes are of different size, and whose rows are too."""
    values = typed(fill, fill(*shape))
    sign = one_of(fill, 1, -1)
    values = torch.where(values * sign > 0, values, values * one_of(fill, 1.0, 0.4, 0.0))
    if len(shape) > 1 and fill.kind == "normal":
        values = values * typed(
            fill, fill.rng.choice((0.1, 1.0, 0.5), (shape[0], *[1] * (len(shape) - 1)))
        )
    return values


def somewhere(values):
    """The same with a number in it that is not 0."""
    if not bool(values.any()):
        values.view(-1)[-1] = -2.0
    return values


@st.composite
def measured(draw, with_axis=None, zeros=True, filled=FILLS, axes=ANY_AXES):
    """x, bits, axis: some of the last two left out, or by name."""
    shape, fill = draw(axes), draw(filled)
    values = uneven(fill, shape)
    bits = one_of(fill, 8, *BITS)
    use_axis = fill.rng.random() < 0.5 if with_axis is None else with_axis
    axis = int(fill.rng.integers(-len(shape), len(shape))) if use_axis else None
    if not zeros:
        values = somewhere(values)
        if use_axis:
            values = torch.where(values == 0, typed(fill, fill.rng.uniform(0.5, 1, shape)), values)
    x = laid_out(fill, off_borders(values, step(values, bits, axis)))
    if use_axis:
        return one_of(fill, case(x, bits, axis), case(x, bits=bits, axis=axis))
    return one_of(fill, case(x, bits), case(x, bits=bits), case(x, bits, None))


def compare_absmax(got, expected, *arguments, **named):
    """Codes to the last one, and the scale."""
    q, scale = as_parts(got, ("q", "scale"))
    expect_codes(q, expected[0])
    expect_scale(scale, expected[1])


ROWS = torch.tensor([[0.29, -5.08, 2.0], [0.21, 0.12, -0.127]])
CUBE = torch.tensor([[[1.0, -2.0], [3.0, 7.0]], [[-5.0, 0.6], [0.25, -0.75]]])

example("quantize_absmax")
matches(
    "quantize_absmax",
    measured(),
    compare=compare_absmax,
    first=[
        ROWS,
        case(ROWS, axis=0),
        case(ROWS, axis=1),
        case(ROWS, axis=-2),
        case(ROWS.double(), bits=4),
        case(CUBE, axis=1),
        case(CUBE, 4, -1),
    ],
)
matches(
    "quantize_absmax",
    measured(with_axis=False, zeros=False),
    title="is right with one scale for all",
    compare=compare_absmax,
    first=[ROWS],
    weight=2,
    examples=25,
)
matches(
    "quantize_absmax",
    measured(with_axis=True, zeros=False),
    title="is right with a scale for each index",
    compare=compare_absmax,
    first=[case(ROWS, axis=0), case(CUBE, axis=1)],
    weight=2,
    examples=25,
)

HALVES = torch.tensor([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.0])


@check("quantize_absmax", "what lies in the middle becomes even", practice=True, examples=12)
@given(bits=st.sampled_from(BITS[:2] + BITS[3:]), unit=st.sampled_from((1.0, 0.25, 2.0)))
def test_absmax_halves(submission, bits, unit):
    top = (1 << (bits - 1)) - 1
    x = torch.cat([HALVES, torch.tensor([float(top)])]) * unit
    q, _ = as_parts(submission.quantize_absmax(x, bits), ("q", "scale"))
    due = torch.tensor([0, 2, 2, 0, -2, -2, 0, top], dtype=torch.int8)
    expect_codes(q, due)


@check("quantize_absmax", "nothing but zeros has the scale 1", examples=15)
@given(shape=ANY_AXES, fill=STEADY, whole=st.booleans())
def test_absmax_zeros(submission, reference, shape, fill, whole):
    x, axis = torch.zeros(shape, dtype=dtype_of(fill)), None
    if not whole:
        axis = int(fill.rng.integers(len(shape)))
        ones = torch.arange(shape[axis]) % 2  # every other index has numbers
        x = x + ones.reshape([-1 if dim == axis else 1 for dim in range(len(shape))]).to(x.dtype)
    got = submission.quantize_absmax(x, 8, axis)
    compare_absmax(got, reference.quantize_absmax(x, 8, axis))


@check("quantize_absmax", "what comes back is within half a step", practice=True)
@given(case=measured())
def test_absmax_half(submission, case):
    x = case.positional[0]
    q, scale = as_parts(case.call(submission.quantize_absmax), ("q", "scale"))
    q, scale = computable(q, x.shape, "q"), torch.as_tensor(scale)
    expect(scale.ndim in (0, x.ndim), "the scale: none or all of the axes are due", got=scale)
    off = (q.double() * scale.double() - x.double()).abs() / scale.double()
    expect(
        bool((off <= 0.501).all()),
        "q · scale is more than half a step off",
        expected=x,
        got=q * scale,
    )


@check("quantize_absmax", "minus x has minus the codes, at the same scale", practice=True)
@given(case=measured())
def test_absmax_mirrored(submission, case):
    x, *rest = case.positional
    q, scale = as_parts(case.call(submission.quantize_absmax), ("q", "scale"))
    q = computable(q, x.shape, "q")
    got = as_parts(submission.quantize_absmax(-x, *rest, **case.keywords), ("q", "scale"))
    expect_codes(got[0], -q, "the codes of minus x")
    expect_equal(got[1], scale, "the scale of minus x")


@check("quantize_absmax", "along an axis each index is quantized by itself", practice=True)
@given(case=measured(with_axis=True, axes=st.sampled_from(((2, 3), (3, 3), (2, 4, 3), (4, 2)))))
def test_absmax_alone(submission, case):
    x, bits = case.positional[0], case.keywords.get("bits", case.positional[-2:][0])
    axis = case.keywords.get("axis", case.positional[-1])
    q, _ = as_parts(submission.quantize_absmax(x, bits, axis), ("q", "scale"))
    q = computable(q, x.shape, "q")
    for index in range(x.shape[axis]):
        alone, _ = as_parts(submission.quantize_absmax(x.select(axis, index), bits), ("q", "scale"))
        expect_codes(alone, q.select(axis, index), f"the codes of index {index} alone")


untouched("quantize_absmax", measured())


# --- quantize_affine -----------------------------------------------------------------------------

SIGNS = ("both", "both", "positive", "negative")


@st.composite
def ranged(draw, signs=SIGNS, zeros=True, filled=FILLS):
    """x and bits, or x alone."""
    shape, fill = draw(ANY_AXES), draw(filled)
    bits, sign = one_of(fill, 8, *BITS), one_of(fill, *signs)
    values = uneven(fill, shape) if zeros else somewhere(uneven(fill, shape))
    if sign != "both":
        values = (values.abs() + 0.5 * values.abs().max()) * (1 if sign == "positive" else -1)
    elif not zeros and math.prod(shape) > 1:
        flat = values.flatten()  # numbers on both sides, of different size
        flat[0], flat[-1] = values.abs().max(), -0.6 * values.abs().max()
        values = flat.reshape(shape)
    for _ in range(8):
        lo, hi = (float(end) for end in (values.min().clamp(max=0), values.max().clamp(min=0)))
        scale = (hi - lo) / (2**bits - 1) or 1.0
        if abs(-lo / scale % 1 - 0.5) >= MARGIN:
            break
        values = torch.where(values < 0, values * 0.93, values)
    x = laid_out(fill, off_borders(values, torch.tensor(scale, dtype=torch.float64)))
    return case(x) if bits == 8 else one_of(fill, case(x, bits), case(x, bits=bits))


AFFINE = ("q", "scale", "zero_point")


def whole(zero_point):
    """The zero point as an int; it may be a tensor without axes."""
    if isinstance(zero_point, torch.Tensor):
        integer = not zero_point.ndim and not zero_point.is_floating_point()
        expect(integer, "zero_point: an integer without axes is due", got=zero_point)
        return int(zero_point)
    if isinstance(zero_point, bool) or not isinstance(zero_point, (int, np.integer)):
        raise Mismatch("zero_point: an int is due", got=zero_point)
    return int(zero_point)


def compare_affine(got, expected, *arguments, **named):
    """Codes to the last one, the scale, and the zero point in either form."""
    q, scale, zero_point = as_parts(got, AFFINE)
    expect_codes(q, expected[0])
    expect_scale(scale, expected[1])
    expect_equal(whole(zero_point), expected[2], "zero_point")


SKEWED = torch.tensor([[-1.3, 0.0, 0.45], [2.05, 1.1, -0.62]])

example("quantize_affine")
matches(
    "quantize_affine",
    ranged(),
    compare=compare_affine,
    first=[SKEWED, SKEWED.abs() + 1, -SKEWED.abs() - 1, case(SKEWED.double(), 3), case(SKEWED, 5)],
)
matches(
    "quantize_affine",
    ranged(signs=("both",), zeros=False),
    title="is right for numbers on both sides of zero",
    compare=compare_affine,
    first=[SKEWED],
    weight=2,
    examples=25,
)
matches(
    "quantize_affine",
    ranged(signs=("positive", "negative"), zeros=False),
    title="is right for numbers on one side of zero",
    compare=compare_affine,
    first=[SKEWED.abs() + 1, -SKEWED.abs() - 1],
    weight=1.5,
    examples=25,
)


@check("quantize_affine", "zero is one of the codes, and comes back as zero", practice=True)
@given(case=ranged())
def test_affine_zero(submission, case):
    x = case.positional[0]
    inside = (x > x.min()) & (x < x.max())
    x = torch.where(inside & (torch.arange(x.shape[-1]) % 2 == 0), torch.zeros_like(x), x)
    answer = submission.quantize_affine(x, *case.positional[1:], **case.keywords)
    q, _, zero_point = as_parts(answer, AFFINE)
    q, zero_point = computable(q, x.shape, "q"), whole(zero_point)
    due = torch.full_like(q, zero_point)
    expect_codes(torch.where(x == 0, q, due), due, "the codes where x is 0")


@check("quantize_affine", "what comes back is within half a step", practice=True)
@given(case=ranged())
def test_affine_half(submission, case):
    x = case.positional[0]
    q, scale, zero_point = as_parts(case.call(submission.quantize_affine), AFFINE)
    q, scale = computable(q, x.shape, "q"), computable(scale, (), "the scale")
    back = (q.double() - whole(zero_point)) * scale.double()
    near = ((back - x.double()).abs() <= 0.501 * scale.double()).all()
    expect(bool(near), "more than half a step off", expected=x, got=back)


@check("quantize_affine", "on one side of zero, zero is the code at the end", practice=True)
@given(case=ranged(signs=("positive",), zeros=False))
def test_affine_ends(submission, case):
    x, *rest = case.positional
    bits = rest[0] if rest else case.keywords.get("bits", 8)
    *_, zero_point = as_parts(case.call(submission.quantize_affine), AFFINE)
    expect_equal(whole(zero_point), 0, "zero_point where all of x is positive")
    got = submission.quantize_affine(-x, *rest, **case.keywords)
    *_, zero_point = as_parts(got, AFFINE)
    expect_equal(whole(zero_point), 2**bits - 1, "zero_point where all of x is negative")


@check("quantize_affine", "nothing but zeros has the scale 1", examples=8)
@given(shape=ANY_AXES, bits=st.sampled_from(BITS))
def test_affine_zeros(submission, reference, shape, bits):
    x = torch.zeros(shape)
    got = submission.quantize_affine(x, bits)
    compare_affine(got, reference.quantize_affine(x, bits))


AT_HALVES = [  # lo, hi, bits: scales that are powers of two, and zero points at a half
    (-1.5, 253.5, 8),
    (-0.5, 2.5, 2),
    (-1.0, 6.0, 3),
    (-0.25, 3.5, 4),
    (-3.0, 252.0, 8),
    (-2.5, 4.5, 3),
    (-10.0, 5.0, 4),
]


@check("quantize_affine", "two numbers are rounded, each to even, and nothing overflows")
@given(ends=st.sampled_from(AT_HALVES))
def test_affine_halves(submission, reference, ends):
    lo, hi, bits = ends
    unit = (hi - lo) / (2**bits - 1)
    x = torch.cat(
        [torch.tensor([lo, hi]), HALVES[(unit * HALVES >= lo) & (unit * HALVES <= hi)] * unit]
    )
    got = submission.quantize_affine(x, bits)
    compare_affine(got, reference.quantize_affine(x, bits))


untouched("quantize_affine", ranged())


# --- dequantize ----------------------------------------------------------------------------------

CODED = st.sampled_from(((2, 3), (3, 3), (4,), (1, 4), (4, 1), (2, 4, 3), (16, 16), (1,), (3, 2)))


def codes(fill, low, high, *shape):
    """Codes from low to high, int8 or uint8 as they fit."""
    drawn = torch.from_numpy(fill.rng.integers(low, high + 1, shape))
    return laid_out(fill, drawn.to(torch.int8 if low < 0 else torch.uint8))


def positive(fill, *shape):
    """Scales of very different sizes."""
    return typed(fill, fill.rng.uniform(0.5, 2.0, shape) * fill.rng.choice((0.01, 1.0), shape))


@st.composite
def coded(draw, plain=False):
    """q, scale, zero_point; plain: no difference leaves the range of the codes."""
    shape, fill = draw(CODED), draw(STEADY)
    scales = [(), tuple(1 for _ in shape), (*shape[:-1], 1), (*[1] * (len(shape) - 1), shape[-1])]
    scale = positive(fill, *one_of(fill, *scales))
    signed = fill.rng.random() < 0.4
    if plain:
        point = 0 if signed else int(fill.rng.integers(1, 64))
        return codes(fill, *((-127, 127) if signed else (point, 127)), *shape), scale, point
    q = codes(fill, *((-128, 127) if signed else (0, 255)), *shape)
    if signed and fill.rng.random() < 0.5:
        return q, scale
    point = int(fill.rng.integers(-100, 101)) if signed else int(fill.rng.integers(0, 256))
    if fill.rng.random() < 0.4:
        return q, scale, torch.tensor(point, dtype=one_of(fill, torch.int64, torch.int32))
    return one_of(fill, case(q, scale, point), case(q, scale, zero_point=point))


def compare_numbers(got, expected, *arguments, **named):
    """Compare numbers relative to the largest that is due."""
    expect_sized(got, expected, "the answer", max(largest(expected), 1e-6))


ALL_CODES = torch.arange(256).reshape(16, 16)

example("dequantize")
matches(
    "dequantize",
    coded(),
    compare=compare_numbers,
    first=[
        (ALL_CODES.to(torch.uint8), torch.tensor(0.25), 7),
        (ALL_CODES.to(torch.uint8), torch.tensor(0.25, dtype=torch.float64), 200),
        (ALL_CODES.to(torch.uint8), torch.tensor(2.0), torch.tensor(9)),
        ((ALL_CODES - 128).to(torch.int8), torch.tensor(0.5)),
        ((ALL_CODES - 128).to(torch.int8), torch.tensor(0.5), 100),
    ],
)
matches(
    "dequantize",
    coded(plain=True),
    title="is right where no difference overflows",
    compare=compare_numbers,
    weight=2,
    examples=25,
)


@check("dequantize", "the zero point is zero", practice=True, examples=15)
@given(shape=CODED, fill=STEADY, point=st.integers(0, 255), whole_tensor=st.booleans())
def test_dequantize_zero(submission, shape, fill, point, whole_tensor):
    q = torch.full(shape, point, dtype=torch.uint8)
    scale = positive(fill)
    got = submission.dequantize(q, scale, torch.tensor(point) if whole_tensor else point)
    expect_answer(got, torch.zeros(shape, dtype=scale.dtype), "each code is the zero point")


@check("dequantize", "one code below zero_point is minus one step", practice=True, examples=15)
@given(shape=CODED, fill=STEADY, point=st.integers(1, 255))
def test_dequantize_below(submission, shape, fill, point):
    q = torch.full(shape, point - 1, dtype=torch.uint8)
    scale = positive(fill)
    got = submission.dequantize(q, scale, point)
    expect_sized(got, -scale.expand(shape), "the answer", largest(scale))


untouched("dequantize", coded())


# --- int8_linear ---------------------------------------------------------------------------------

LAYERS = [  # N, in, out
    (2, 3, 4),
    (3, 2, 3),
    (3, 3, 3),
    (1, 5, 2),
    (4, 2, 1),
    (2, 2, 2),
    (2, 64, 3),
    (4, 3, 2),
    (1, 1, 1),
    (3, 300, 3),
]


def layer(fill, sizes, most, bias=None):
    """x_q, x_scale, w_q, w_scale, and bias or not."""
    n, width, out = sizes
    x_q, w_q = (codes(fill, -most, most, rows, width) for rows in (n, out))
    x_scale = typed(fill, fill.rng.uniform(0.02, 0.5))
    w_scale = typed(fill, fill.rng.uniform(0.02, 0.5, (out, 1)))
    parts = (x_q, x_scale, laid_out(fill, w_q), w_scale)
    if bias is False or (bias is None and fill.rng.random() < 0.4):
        return one_of(fill, case(*parts), case(*parts, None))
    given_bias = normal(fill, out, size=30.0 if most > 3 else 1.0)
    return one_of(fill, case(*parts, given_bias), case(*parts, bias=given_bias))


@st.composite
def layers(draw, most=127, sizes=LAYERS, bias=None):
    return layer(draw(STEADY), draw(st.sampled_from(sizes)), most, bias)


X_Q = torch.tensor([[100, -90, 7], [127, 127, 127]], dtype=torch.int8)
W_Q = torch.tensor([[3, 120, -5], [127, 127, 127], [-1, 2, 100]], dtype=torch.int8)
W_SCALE = torch.tensor([[0.5], [0.1], [2.0]])

example("int8_linear")
matches(
    "int8_linear",
    layers(),
    compare=compare_numbers,
    first=[
        (X_Q, torch.tensor(0.3), W_Q, W_SCALE, torch.tensor([10.0, -200.0, 50.0])),
        (X_Q, torch.tensor(0.3), W_Q[:2], W_SCALE[:2]),
        (W_Q, torch.tensor(0.3), W_Q, W_SCALE),
    ],
)
matches(
    "int8_linear",
    layers(most=3, sizes=[(2, 3, 4), (3, 2, 3), (2, 2, 2), (1, 4, 2), (4, 1, 3)]),
    title="is right for small sums",
    compare=compare_numbers,
    weight=2,
    examples=25,
)


@check("int8_linear", "a long row of large codes does not overflow", practice=True, weight=1.5)
@given(
    width=st.sampled_from((600, 3, 16, 2, 512, 37)),
    signs=st.sampled_from(((1, 1), (1, -1), (-1, -1))),
    bits=st.sampled_from((64, 32)),
)
def test_int8_long(submission, width, signs, bits):
    x_q, w_q = (torch.full((2, width), 127 * sign, dtype=torch.int8) for sign in signs)
    dtype = torch.float64 if bits == 64 else torch.float32
    x_scale, w_scale = torch.tensor(0.5, dtype=dtype), torch.ones(2, 1, dtype=dtype)
    got = submission.int8_linear(x_q, x_scale, w_q, w_scale)
    due = torch.full((2, 2), signs[0] * signs[1] * 127**2 * width / 2, dtype=dtype)
    expect_answer(got, due, "every code is 127 or -127")


@check("int8_linear", "every unit in the last place of a long sum counts", examples=10)
@given(width=st.sampled_from((600, 513, 400)), fill=STEADY)
def test_int8_exact(submission, width, fill):
    # The large products cancel, so that what is left tells whether each was exact.
    half = fill.rng.integers(100, 128, (2, width // 2))
    x_q = torch.from_numpy(np.concatenate([half, half, [[1], [2]]], axis=1)).to(torch.int8)
    ones = np.ones((1, width // 2), dtype=np.int64) * 127
    w_q = torch.from_numpy(np.concatenate([ones, -ones, [[3]]], axis=1)).to(torch.int8)
    scale = torch.tensor(1.0)
    got = submission.int8_linear(x_q, scale, w_q, torch.ones(1, 1))
    expect_answer(got, torch.tensor([[3.0], [6.0]]), "what is left of large products")


@check("int8_linear", "zeros give the bias, and without one zero", practice=True, examples=10)
@given(case=layers(bias=False))
def test_int8_bias(submission, case):
    x_q, x_scale, w_q, w_scale, *_ = case.positional
    bias = torch.arange(1.0, len(w_q) + 1).to(x_scale)
    got = submission.int8_linear(torch.zeros_like(x_q), x_scale, w_q, w_scale, bias)
    due = bias.expand(len(x_q), -1)
    expect_answer(got, due, "every code of x is 0")
    got = submission.int8_linear(torch.zeros_like(x_q), x_scale, w_q, w_scale)
    expect_answer(got, torch.zeros_like(due), "every code of x is 0, and there is no bias")


@check("int8_linear", "each row of weights has a scale of its own", practice=True)
@given(case=layers(bias=False))
def test_int8_rows(submission, case):
    x_q, x_scale, w_q, w_scale, *_ = case.positional
    shape = (len(x_q), len(w_q))
    once = computable(submission.int8_linear(x_q, x_scale, w_q, w_scale), shape, "y")
    factors = torch.arange(2.0, len(w_q) + 2).to(x_scale)
    got = submission.int8_linear(x_q, x_scale, w_q, w_scale * factors[:, None])
    due = once * factors
    expect_answer(got, due, "row o of w_scale times o + 2", max(largest(due), 1e-2))


untouched("int8_linear", layers())


# --- fake_quantize -------------------------------------------------------------------------------


@st.composite
def rounded(draw, zeros=True, filled=FILLS):
    """x and bits, or x alone."""
    shape, fill = draw(ANY_AXES), draw(filled)
    values = uneven(fill, shape) if zeros else somewhere(uneven(fill, shape))
    bits = one_of(fill, 8, *BITS)
    x = laid_out(fill, off_borders(values, step(values, bits)))
    return case(x) if bits == 8 else one_of(fill, case(x, bits), case(x, bits=bits))


def compare_rounded(got, expected, x, *rest, **named):
    """Compare relative to the largest of x: a step is at most a third of it."""
    expect_sized(got, expected, "the answer", max(largest(x), 1e-6))


example("fake_quantize", probe=True)
matches(
    "fake_quantize",
    rounded(),
    compare=compare_rounded,
    first=[ROWS, case(ROWS, 4), case(ROWS.double(), 2), CUBE],
)


def straight(module, x, bits, up):
    """round, and return the gradient of x"""
    x = x.requires_grad_()
    total = (module.fake_quantize(x, bits) * up).sum()
    return torch.autograd.grad(total, x, allow_unused=True, materialize_grads=True)[0]


def graded(case):
    """x, bits, and a gradient from above."""
    x, *rest = case.positional
    bits = rest[0] if rest else case.keywords.get("bits", 8)
    up = torch.arange(1.0, x.numel() + 1).reshape(x.shape).to(x.dtype)
    return x, bits, up * (-1) ** up


@check("fake_quantize", "the gradient passes as if nothing had happened", practice=True, weight=3)
@given(case=rounded())
def test_fake_gradient(submission, case):
    x, bits, up = graded(case)
    got = submission.probe(straight, x, bits, up)
    expect_answer(got, up, "the gradient of x")


def straight_through_more(module, x, bits, up):
    """double x, round, multiply, and return the gradient of x"""
    x = x.requires_grad_()
    total = (module.fake_quantize(2 * x, bits) * 3 * up).sum()
    return torch.autograd.grad(total, x, allow_unused=True, materialize_grads=True)[0]


@check("fake_quantize", "it is one step of a longer chain", practice=True, examples=10)
@given(case=rounded())
def test_fake_chain(submission, case):
    x, bits, up = graded(case)
    got = submission.probe(straight_through_more, x, bits, up)
    expect_answer(got, 6 * up, "the gradient of x, which is doubled before and tripled after")


@check("fake_quantize", "rounding twice changes nothing", practice=True)
@given(case=rounded())
def test_fake_twice(submission, case):
    x, *rest = case.positional
    once = computable(case.call(submission.fake_quantize), x.shape, "the answer")
    twice = submission.fake_quantize(once, *rest, **case.keywords)
    expect_sized(twice, once, "what was rounded twice", max(largest(x), 1e-6))


@check("fake_quantize", "the largest stays, and zero stays zero", practice=True)
@given(case=rounded(zeros=False))
def test_fake_ends(submission, case):
    x = case.positional[0]
    got = computable(case.call(submission.fake_quantize), x.shape, "the answer")
    sizes = x.abs()
    fixed = (sizes == sizes.max()) | (x == 0)
    due = torch.where(fixed, x, got)
    expect_sized(got, due, "the largest magnitudes and the zeros of x", largest(x))


untouched("fake_quantize", rounded())


# --- route ---------------------------------------------------------------------------------------

ROUTED = [  # N, E, k
    (3, 4, 2),
    (2, 3, 1),
    (4, 4, 2),
    (5, 2, 1),
    (3, 3, 3),
    (1, 4, 2),
    (6, 5, 3),
    (2, 2, 2),
    (4, 8, 2),
    (3, 1, 1),
    (7, 3, 2),
    (5, 6, 4),
]
SPREADS = (0.7, 0.2, 2.0)
ROUTES = ("weights", "experts", "aux")


def apart(fill, n, num_experts, spread):
    """Logits of which no two in a row are near each other."""
    places = np.argsort(fill.rng.random((n, num_experts)), axis=1)
    values = places + fill.rng.uniform(0.0, 0.6, places.shape) + fill.rng.uniform(-3, 3, (n, 1))
    if fill.rng.random() < 0.5:  # One expert is liked by all: load is uneven.
        values[:, fill.rng.integers(num_experts)] += num_experts
    return laid_out(fill, typed(fill, (values - num_experts / 2) * spread))


@st.composite
def routed(draw):
    """logits, k."""
    (n, num_experts, k), fill = draw(st.sampled_from(ROUTED)), draw(STEADY)
    return apart(fill, n, num_experts, one_of(fill, *SPREADS)), k


def compare_routes(got, expected, *arguments):
    """Weights and aux to the accuracy of float32, experts exactly."""
    weights, experts, aux = as_parts(got, ROUTES)
    expect_codes(experts, expected[1], "experts")
    expect_answer(weights, expected[0], "weights", scale=1.0)
    expect_answer(aux, expected[2], "aux", scale=1.0)


TRAFFIC = torch.tensor(
    [[0.5, 2.0, -1.0, 1.0], [1.5, 0.3, 0.2, -0.5], [0.1, 3.0, 0.9, 0.4], [-1.0, 2.5, 2.0, 0.0]]
)

example("route")
matches(
    "route",
    routed(),
    compare=compare_routes,
    first=[(TRAFFIC[:3], 2), (TRAFFIC, 2), (TRAFFIC, 1), (TRAFFIC[:, :3].double(), 3)],
)


@check("route", "the choice and its weights are right", value=True, weight=2, examples=25)
@given(case=routed())
def test_route_choice(submission, reference, case):
    expected = reference.route(*case)
    weights, experts, _ = as_parts(submission.route(*case), ROUTES)
    compare_routes((weights, experts, expected[2]), expected)


matches(
    "route",
    routed(),
    title="the load balancing loss is right",
    names=ROUTES,
    only=["aux"],
    compare=compare_number,
    first=[(TRAFFIC[:3], 2), (TRAFFIC, 1)],
    weight=2,
    examples=25,
)


def route_back(module, logits, k, up, up_aux):
    """route, and return the gradient of the logits"""
    logits = logits.requires_grad_()
    weights, _, aux = module.route(logits, k)
    total = (weights * up).sum() + aux * up_aux
    return torch.autograd.grad(total, logits, allow_unused=True, materialize_grads=True)[0]


def expect_route_gradient(submission, reference, case, by_weight, by_aux):
    """The gradient of the logits, for these sizes of what comes from above."""
    logits, k = case
    up = by_weight * (torch.arange(float(len(logits) * k)).reshape(-1, k) + 1).to(logits) ** 0.5
    question = (route_back, logits, k, up, by_aux)
    due, got = reference.probe(*question), submission.probe(*question)
    expect_answer(got, due, "the gradient of the logits", max(largest(due), 0.1))


@check("route", "the logits learn through the weights", examples=15)
@given(case=routed())
def test_route_weights_gradient(submission, reference, case):
    expect_route_gradient(submission, reference, case, 1.0, 0.0)


@check("route", "the logits learn through the load", examples=15)
@given(case=routed())
def test_route_aux_gradient(submission, reference, case):
    expect_route_gradient(submission, reference, case, 0.0, 3.0)


@check("route", "the weights of a token sum to one, the largest first", practice=True)
@given(case=routed())
def test_route_sums(submission, case):
    logits, k = case
    weights, experts, _ = as_parts(submission.route(logits, k), ROUTES)
    weights = computable(weights, (len(logits), k), "weights")
    experts = computable(experts, (len(logits), k), "experts")
    expect_equal(str(experts.dtype), "torch.int64", "the dtype of experts")
    expect_answer(weights.sum(dim=1), torch.ones_like(logits[:, 0]), "the sum of the weights")
    falling = bool((weights[:, 1:] <= weights[:, :-1]).all())
    expect(falling, "the weights of a token fall from left to right", got=weights)


@check("route", "aux is k where the load is even", practice=True, examples=12)
@given(sizes=st.sampled_from(((3, 1), (3, 2), (4, 2), (4, 1), (5, 3), (2, 2))), fill=STEADY)
def test_route_even(submission, sizes, fill):
    num_experts, k = sizes
    row = apart(fill, 1, num_experts, 0.7)[0]
    logits = torch.stack([row.roll(places) for places in range(num_experts)])
    *_, aux = as_parts(submission.route(logits, k), ROUTES)
    expect_answer(aux, torch.tensor(float(k), dtype=row.dtype), "aux", scale=1.0)


@check("route", "a number added to a whole row changes nothing", practice=True, examples=10)
@given(case=routed())
def test_route_shift(submission, case):
    logits, k = case
    once = as_parts(submission.route(logits, k), ROUTES)
    once = (computable(once[0], (len(logits), k), "weights"), *once[1:])
    moves = torch.arange(len(logits)).to(logits)[:, None]
    compare_routes(submission.route(logits + moves, k), once)


@check("route", "each token is routed by itself", practice=True, examples=10)
@given(case=routed())
def test_route_alone(submission, case):
    logits, k = case
    weights, experts, _ = as_parts(submission.route(logits, k), ROUTES)
    weights = computable(weights, (len(logits), k), "weights")
    experts = computable(experts, (len(logits), k), "experts")
    alone = as_parts(submission.route(logits[-1:], k), ROUTES)
    expect_codes(alone[1], experts[-1:], "experts of the last token alone")
    expect_answer(alone[0], weights[-1:], "weights of the last token alone", scale=1.0)


untouched("route", routed())


# --- MoELayer ------------------------------------------------------------------------------------

MIXED = [  # [dim, hidden, num_experts, k], B, L
    ([3, 4, 4, 2], 2, 3),
    ([2, 3, 3, 1], 1, 4),
    ([3, 3, 3, 2], 3, 3),
    ([2, 2, 2, 2], 2, 2),
    ([4, 2, 5, 3], 2, 1),
    ([1, 3, 2, 1], 3, 2),
    ([3, 2, 8, 2], 1, 2),
    ([2, 5, 1, 1], 2, 3),
    ([4, 1, 3, 3], 1, 5),
]


def mixture_shapes(dim, hidden, num_experts, k):
    """The names and shapes of a state dict."""
    shapes = {"router.weight": [num_experts, dim]}
    for number in range(num_experts):
        shapes[f"experts.{number}.0.weight"] = [hidden, dim]
        shapes[f"experts.{number}.0.bias"] = [hidden]
        shapes[f"experts.{number}.2.weight"] = [dim, hidden]
        shapes[f"experts.{number}.2.bias"] = [dim]
    return shapes


def mixture_case(fill, sizes):
    """Arguments of the constructor, weights and x."""
    dims, batch, length = sizes
    state = {
        name: typed(fill, fill.rng.standard_normal(shape))
        for name, shape in mixture_shapes(*dims).items()
    }
    return dims, state, normal(fill, batch, length, dims[0])


@st.composite
def mixtures(draw, sizes=MIXED):
    return mixture_case(draw(STEADY), draw(st.sampled_from(sizes)))


def make_layer(module, dims, state):
    """a layer of these sizes with these weights in it"""
    torch.default_generator.manual_seed(0)
    made = module.MoELayer(*dims).to(state["router.weight"].dtype)
    made.load_state_dict(state)
    return made


MAKE = function(make_layer)


def mix(module, make, dims, state, x):
    """load these weights and run the layer"""
    return make(module, dims, state)(x)


def compare_mixed(got, expected):
    """A tensor, and nothing else."""
    expect(isinstance(got, torch.Tensor), "forward: a tensor is due", expected=expected, got=got)
    expect_answer(got, expected, scale=max(largest(expected), 1.0))


def expect_mixed(submission, reference, case):
    """The output is the reference's."""
    expected = reference.probe(mix, MAKE, *case)
    compare_mixed(submission.probe(mix, MAKE, *case), expected)


example("MoELayer")


@check("MoELayer", "matches the reference", value=True)
@given(case=mixtures())
def test_moe_value(submission, reference, case):
    expect_mixed(submission, reference, case)


@check("MoELayer", "is right with one expert for each token", value=True, weight=1.5, examples=15)
@given(case=mixtures([sizes for sizes in MIXED if sizes[0][3] == 1 < sizes[0][2]]))
def test_moe_one(submission, reference, case):
    expect_mixed(submission, reference, case)


@check("MoELayer", "is right with all experts for each token", value=True, weight=1.5, examples=15)
@given(case=mixtures([([3, 4, 2, 2], 2, 3), ([2, 3, 3, 3], 1, 4), ([3, 3, 3, 3], 3, 3)]))
def test_moe_all(submission, reference, case):
    expect_mixed(submission, reference, case)


def mix_and_back(module, make, dims, state, x, up):
    """run the layer, and return the gradients of x and of all weights"""
    made = make(module, dims, state)
    named = dict(made.named_parameters())
    wanted = [x.requires_grad_(), *(named[name] for name in sorted(named))]
    total = (made(x) * up).sum()
    return torch.autograd.grad(total, wanted, allow_unused=True, materialize_grads=True)


@check("MoELayer", "gradients reach x, the router and each expert that worked", weight=1.5)
@given(case=mixtures())
def test_moe_gradients(submission, reference, case):
    dims, state, x = case
    # Double precision: which side of a ReLU's bend a number is on must not be rounding.
    state, x = {name: one.double() for name, one in state.items()}, x.double()
    up = torch.arange(1.0, x.numel() + 1).reshape(x.shape).double().sqrt()
    expected = reference.probe(mix_and_back, MAKE, dims, state, x, up)
    got = submission.probe(mix_and_back, MAKE, dims, state, x, up)
    names = ("x", *sorted(state))
    for name, mine, right in zip(names, as_parts(got, names), expected, strict=True):
        expect_answer(mine, right, f"the gradient of {name}", max(largest(right), 1.0))


def names_and_shapes(module, dims):
    """build the layer: names and shapes in its state_dict, and names of its parameters"""
    made = module.MoELayer(*dims)
    shapes = {key: list(one.shape) for key, one in made.state_dict().items()}
    return shapes, sorted(key for key, one in made.named_parameters() if one.requires_grad)


@check("MoELayer", "has the named weights, each expert its own", practice=True, examples=10)
@given(sizes=st.sampled_from(MIXED))
def test_moe_names(submission, sizes):
    due = mixture_shapes(*sizes[0])
    got, parameters = submission.probe(names_and_shapes, sizes[0])
    expect_equal(sorted(got), sorted(due), "the names in state_dict()")
    for name, shape in due.items():
        expect_equal(got[name], shape, f"the shape of {name}")
    expect_equal(parameters, sorted(due), "the names of the parameters that are learned")


@check("MoELayer", "experts who say the same are one expert", practice=True)
@given(case=mixtures())
def test_moe_same(submission, case):
    dims, state, x = case
    same = {name: one for name, one in state.items() if name.startswith(("router", "experts.0."))}
    for number in range(1, dims[2]):
        for name in ("0.weight", "0.bias", "2.weight", "2.bias"):
            same[f"experts.{number}.{name}"] = state[f"experts.0.{name}"]
    inner = (x @ same["experts.0.0.weight"].T + same["experts.0.0.bias"]).clamp(min=0)
    due = inner @ same["experts.0.2.weight"].T + same["experts.0.2.bias"]
    compare_mixed(submission.probe(mix, MAKE, dims, same, x), due)


@check("MoELayer", "each token finds its way alone", practice=True)
@given(case=mixtures())
def test_moe_alone(submission, case):
    dims, state, x = case
    together = computable(submission.probe(mix, MAKE, *case), x.shape, "the answer")
    alone = submission.probe(mix, MAKE, dims, state, x[-1:, -1:])
    compare_mixed(alone, together[-1:, -1:])


@check("MoELayer", "who is not chosen has no say", practice=True, examples=12)
@given(case=mixtures([sizes for sizes in MIXED if sizes[0][3] < sizes[0][2]]))
def test_moe_unheard(submission, case):
    dims, state, x = case
    once = computable(submission.probe(mix, MAKE, *case), x.shape, "the answer")
    logits = x[0, 0] @ state["router.weight"].T
    worst = int(logits.argmin())
    changed = dict(state)
    changed[f"experts.{worst}.2.bias"] = state[f"experts.{worst}.2.bias"] + 7
    got = computable(submission.probe(mix, MAKE, dims, changed, x), x.shape, "the answer")
    compare_mixed(got[:1, :1], once[:1, :1])


def mix_and_look(module, make, dims, state, x):
    """run the layer: x and all that it holds, before and after"""
    made = make(module, dims, state)
    before = [x.clone(), {name: one.clone() for name, one in made.state_dict().items()}]
    made(x)
    return before, [x, dict(made.state_dict())]


untouched("MoELayer", mixtures().map(lambda case: (MAKE, *case)), probe=mix_and_look)


# --- grouped_query_attention ---------------------------------------------------------------------

GROUPED = [  # B, Hq, Hkv, L, S, d, dv
    (2, 4, 2, 2, 3, 4, 2),
    (1, 6, 2, 3, 2, 2, 3),
    (2, 6, 3, 1, 4, 3, 1),
    (1, 2, 1, 3, 3, 3, 3),
    (2, 3, 3, 2, 4, 2, 2),
    (3, 3, 1, 2, 2, 4, 3),
    (4, 4, 2, 4, 4, 4, 4),
    (1, 8, 4, 2, 3, 1, 2),
    (2, 1, 1, 3, 2, 2, 4),
    (1, 4, 2, 2, 1, 3, 2),
]
SHOWN = ("none", "L S", "none", "1 L S", "B 1 1 S", "H 1 S", "B H L S", "B 1 L S")


def shown_keys(fill, sizes):
    """A mask of one of the shapes that broadcast, no row of it all False; or None."""
    batch, heads, _, length, keys, *_ = sizes
    axes = {"B": batch, "H": heads, "L": length, "S": keys, "1": 1}
    form = one_of(fill, *SHOWN)
    if form == "none":
        return None
    shape = [axes[name] for name in form.split()]
    mask = fill.rng.random(shape) < 0.6
    always = fill.rng.integers(0, keys, shape[:-1])
    return torch.from_numpy(mask | (np.arange(keys) == always[..., None]))


def heads_case(fill, sizes, size=1.0, masked=True, double=False):
    """q, k, v, and a mask or not."""
    batch, heads, shared, length, keys, d, dv = sizes
    shapes = ((batch, heads, length, d), (batch, shared, keys, d), (batch, shared, keys, dv))
    q, k, v = (
        normal(fill, *shape, size=one) for shape, one in zip(shapes, (size, size, 1), strict=True)
    )
    if double:
        q, k, v = q.double(), k.double(), v.double()
    mask = shown_keys(fill, sizes) if masked else None
    return (q, k, v) if mask is None else (q, k, v, mask)


@st.composite
def attending(draw, size=1.0, masked=True, double=False, sizes=GROUPED):
    fill = draw(STEADY)
    return heads_case(fill, draw(st.sampled_from(sizes)), size, masked, double)


def compare_heads(got, expected, q, k, v, mask=None):
    """An average of values is of their size."""
    expect_answer(got, expected, scale=max(largest(v), 1.0))


example("grouped_query_attention")
matches("grouped_query_attention", attending(), compare=compare_heads)
matches(
    "grouped_query_attention",
    attending(masked=False),
    title="is right without a mask",
    compare=compare_heads,
    weight=2,
    examples=25,
)
matches(
    "grouped_query_attention",
    attending(size=60.0, double=True),
    title="is right for sure scores",
    compare=compare_heads,
    value=False,
    examples=20,
)

QKV = {"q": 0, "k": 1, "v": 2}


@check("grouped_query_attention", "gradients reach queries, keys and values", weight=1.5)
@given(case=attending())
def test_grouped_gradients(submission, reference, case):
    expect_gradients(submission, reference, "grouped_query_attention", case, QKV)


@check("grouped_query_attention", "sure scores have gradients too", examples=10)
@given(case=attending(size=60.0, double=True))
def test_grouped_sure_gradients(submission, reference, case):
    expect_gradients(submission, reference, "grouped_query_attention", case, QKV)


def below(fill, sizes):
    """Queries and keys whose scores are all far below zero, and a mask."""
    q, k, v = heads_case(fill, sizes, masked=False, double=True)
    d = sizes[5]
    pull = torch.full_like(q, 9997.0 / d**0.5)
    mask = None
    while mask is None:
        mask = shown_keys(fill, sizes)
    return pull, -torch.ones_like(k) + 1e-4 * k, v, mask


@check("grouped_query_attention", "a masked key has no weight, however low the scores are")
@given(fill=STEADY, sizes=st.sampled_from(GROUPED))
def test_grouped_low(submission, reference, fill, sizes):
    case = below(fill, sizes)
    expected = reference.grouped_query_attention(*case)
    compare_heads(submission.grouped_query_attention(*case), expected, *case)


@check("grouped_query_attention", "neighbours share a head of keys and values", practice=True)
@given(case=attending(masked=False))
def test_grouped_neighbours(submission, case):
    q, k, v = case
    together = submission.grouped_query_attention(q, k, v)
    together = computable(together, (*q.shape[:3], v.shape[-1]), "the answer")
    share = q.shape[1] // k.shape[1]
    for head in range(q.shape[1]):
        one = slice(head // share, head // share + 1)
        alone = submission.grouped_query_attention(q[:, head : head + 1], k[:, one], v[:, one])
        due = together[:, head : head + 1]
        expect_answer(alone, due, f"query head {head} alone", max(largest(v), 1.0))


@check("grouped_query_attention", "queries of zeros average the values", practice=True)
@given(case=attending(masked=False))
def test_grouped_mean(submission, case):
    q, k, v = case
    share = q.shape[1] // k.shape[1]
    means = [v[:, head // share].mean(dim=1) for head in range(q.shape[1])]
    due = torch.stack(means, dim=1)[:, :, None].expand(*q.shape[:3], -1)
    got = submission.grouped_query_attention(torch.zeros_like(q), k, v)
    expect_answer(got, due, "every query is zero", max(largest(v), 1.0))


@check("grouped_query_attention", "a mask with one key left gives its value", practice=True)
@given(case=attending(masked=False))
def test_grouped_single(submission, case):
    q, k, v = case
    mask = torch.zeros(q.shape[2], k.shape[2], dtype=torch.bool)
    mask[:, -1] = True
    share = q.shape[1] // k.shape[1]
    last = torch.stack([v[:, head // share, -1] for head in range(q.shape[1])], dim=1)
    due = last[:, :, None].expand(*q.shape[:3], -1)
    got = submission.grouped_query_attention(q, k, v, mask)
    expect_answer(got, due, "only the last key may be attended to", max(largest(v), 1.0))


@check(
    "grouped_query_attention",
    "ValueError unless Hkv divides Hq",
    first=[{"heads": (3, 2)}, {"heads": (2, 4)}, {"heads": (4, 3)}],
    examples=12,
)
@given(heads=st.sampled_from([(3, 2), (4, 3), (6, 4), (2, 4), (1, 2), (5, 2), (2, 3)]))
def test_grouped_error(submission, heads):
    q, k, v = (torch.ones(1, count, 2, 3) for count in (*heads, heads[1]))
    expect_error("ValueError", submission.grouped_query_attention, q, k, v)


untouched("grouped_query_attention", attending())


# --- online_softmax_step -------------------------------------------------------------------------

BLOCKS = [  # L, S, dv
    (2, 3, 4),
    (3, 2, 1),
    (3, 3, 3),
    (1, 4, 2),
    (4, 1, 2),
    (2, 2, 2),
    (5, 4, 3),
    (3, 1, 3),
]
STATE = ("m", "l", "acc")
HIDDEN = -math.inf


def state_and_block(fill, sizes, size=1.0, started="mixed", masked=True, hidden=False):
    """m, l, acc, scores, v: rows that have seen keys, and rows that have not.

    Large ones are float64: a score of 1e4 leaves float32 three digits for what is beside it.
    """
    length, keys, dv = sizes
    scores = fill.rng.standard_normal((length, keys)) * size
    m = fill.rng.standard_normal(length) * size
    m += fill.rng.choice((0.0, 1.0, -1.0), length) * min(size, 20.0)  # either side may be larger
    if fill.rng.random() < 0.3:  # All of them are below zero.
        m, scores = (part - 2 * size - max(m.max(), scores.max()) for part in (m, scores))
    fresh = {"all": np.ones(length), "none": np.zeros(length)}.get(started)
    fresh = (fill.rng.random(length) < 0.3) if fresh is None else fresh.astype(bool)
    m = np.where(fresh, HIDDEN, m)
    l = np.where(fresh, 0.0, fill.rng.uniform(1.0, 4.0, length))
    acc = np.where(fresh[:, None], 0.0, fill.rng.standard_normal((length, dv)) * 2)
    if masked:
        scores = np.where(fill.rng.random(scores.shape) < 0.3, HIDDEN, scores)
    if hidden:
        scores[fill.rng.random(length) < 0.6] = HIDDEN
    else:  # Every row sees something now, or has seen something before.
        scores[:, 0] = np.where(np.isinf(scores).all(axis=1) & fresh, -size, scores[:, 0])
    parts = (m, l, acc, scores, fill.rng.standard_normal((keys, dv)))
    if size > 100:
        return tuple(laid_out(fill, torch.from_numpy(part)) for part in parts)
    return tuple(laid_out(fill, typed(fill, part)) for part in parts)


@st.composite
def blocks(draw, sizes=BLOCKS, **options):
    size = options.pop("size", None) or draw(st.sampled_from((1.0, 3.0, 10.0)))
    return state_and_block(draw(STEADY), draw(st.sampled_from(sizes)), size, **options)


def compare_state(got, expected, *arguments):
    """Each of the three at its own size; −inf is −inf."""
    parts = as_parts(got, STATE)
    for mine, due, name in zip(parts, expected, STATE, strict=True):
        expect_answer(mine, due, name, max(largest(due), 1.0))


example("online_softmax_step")
matches(
    "online_softmax_step",
    blocks(hidden=True),
    compare=compare_state,
)
matches(
    "online_softmax_step",
    blocks(started="none", masked=False),
    title="is right where keys were seen and none is masked",
    compare=compare_state,
    weight=2,
    examples=30,
)
matches(
    "online_softmax_step",
    blocks(started="all", masked=False),
    title="is right for the first block",
    compare=compare_state,
    value=False,
    examples=15,
)
matches(
    "online_softmax_step",
    blocks(size=3e3, hidden=True),
    title="is right for sure scores",
    compare=compare_state,
    value=False,
    examples=20,
)

ALL_FIVE = {"m": 0, "l": 1, "acc": 2, "scores": 3, "v": 4}


@check("online_softmax_step", "gradients reach state, scores and values", weight=1.5)
@given(case=blocks(started="none", masked=False))
def test_online_gradients(submission, reference, case):
    expect_gradients(submission, reference, "online_softmax_step", case, ALL_FIVE)


@check("online_softmax_step", "masked scores and a fresh start have gradients too", examples=15)
@given(case=blocks(started="all"))
def test_online_start_gradients(submission, reference, case):
    places = {"scores": 3, "v": 4}
    expect_gradients(submission, reference, "online_softmax_step", case, places)


@check("online_softmax_step", "sure scores have gradients too", examples=10)
@given(case=blocks(size=3e3, started="none", masked=False))
def test_online_sure_gradients(submission, reference, case):
    expect_gradients(submission, reference, "online_softmax_step", case, ALL_FIVE)


@check("online_softmax_step", "a row that has seen nothing stays as it was", examples=10)
@given(fill=STEADY, sizes=st.sampled_from(BLOCKS))
def test_online_hidden(submission, fill, sizes):
    m, l, acc, scores, v = state_and_block(fill, sizes, started="all")
    hidden = torch.full_like(scores, HIDDEN)
    compare_state(submission.online_softmax_step(m, l, acc, hidden, v), (m, l, acc))


@check("online_softmax_step", "a masked block changes nothing", practice=True, examples=12)
@given(case=blocks(started="none"))
def test_online_masked(submission, case):
    m, l, acc, scores, v = case
    hidden = torch.full_like(scores, HIDDEN)
    compare_state(submission.online_softmax_step(m, l, acc, hidden, v), (m, l, acc))


def in_blocks(module, scores, v, borders):
    """take the keys block by block, from the start"""
    length = scores.shape[0]
    state = [scores.new_full((length,), -float("inf")), scores.new_zeros(length)]
    state.append(scores.new_zeros(length, v.shape[1]))
    for number in range(len(borders) - 1):
        start, end = borders[number], borders[number + 1]
        state = list(module.online_softmax_step(*state, scores[:, start:end], v[start:end]))
    return state


CUTS = st.sampled_from(((0, 2, 5), (0, 1, 2, 3, 4, 5), (0, 5), (0, 4, 5), (0, 1, 5)))


@st.composite
def texts(draw):
    """scores, v, and where the blocks end."""
    fill, cut = draw(STEADY), draw(CUTS)
    return normal(fill, 3, 5, size=one_of(fill, 1.0, 4.0)), normal(fill, 5, 2), list(cut)


@check("online_softmax_step", "block by block it is the softmax of the whole row", practice=True)
@given(case=texts())
def test_online_whole(submission, case):
    scores, v, cut = case
    m, l, acc = as_parts(submission.probe(in_blocks, scores, v, cut), STATE)
    l = computable(l, (3,), "l")
    acc, m = computable(acc, (3, 2), "acc"), computable(m, (3,), "m")
    due = torch.softmax(scores, dim=1) @ v
    expect_answer(acc / l[:, None], due, "acc / l after all blocks", max(largest(v), 1.0))
    due = torch.logsumexp(scores, dim=1)
    expect_answer(m + l.log(), due, "m + log l after all blocks", max(largest(scores), 1.0))


@check("online_softmax_step", "in which order the blocks come does not matter", practice=True)
@given(case=texts())
def test_online_order(submission, case):
    scores, v, cut = case
    forward = as_parts(submission.probe(in_blocks, scores, v, cut), STATE)
    shapes = ((3,), (3,), (3, 2))
    forward = [
        computable(part, shape, name)
        for part, shape, name in zip(forward, shapes, STATE, strict=True)
    ]
    reverse = submission.probe(in_blocks, scores.flip(1), v.flip(0), [5 - end for end in cut[::-1]])
    compare_state(reverse, forward)


untouched("online_softmax_step", blocks(hidden=True))


# --- speculative_step ----------------------------------------------------------------------------

GUESSED = [  # K, V
    (2, 3),
    (3, 4),
    (1, 3),
    (4, 2),
    (3, 3),
    (5, 6),
    (1, 2),
    (2, 5),
    (8, 4),
    (4, 4),
]


def guesses(fill, sizes, closeness=(0.2, 0.5, 0.8, 1.0)):
    """draft_tokens, draft_probs, target_probs; closeness 1: the target is the draft."""
    k, words = sizes
    draft = fill.rng.dirichlet(np.ones(words), k) * 0.95 + 0.05 / words
    other = fill.rng.dirichlet(np.full(words, 0.7), k + 1)
    if fill.rng.random() < 0.5 and words > 2:  # A target probability may be 0.
        other[np.arange(k + 1), fill.rng.integers(0, words, k + 1)] = 0.0
        other /= other.sum(axis=1, keepdims=True)
    near = one_of(fill, *closeness)
    target = np.concatenate([near * draft + (1 - near) * other[:k], other[k:]])
    tokens = [fill.rng.choice(words, p=row / row.sum()) for row in draft]
    tokens = torch.tensor(tokens, dtype=torch.int64)
    if fill.layout != "C":
        tokens = tokens.repeat_interleave(2)[::2]
    return tokens, laid_out(fill, typed(fill, draft)), laid_out(fill, typed(fill, target))


@st.composite
def guessed(draw, **options):
    return guesses(draw(STEADY), draw(st.sampled_from(GUESSED)), **options)


def speculate(module, tokens, draft, target, seed):
    """take a step with a generator of that seed: the tokens, and what generators draw next"""
    torch.default_generator.manual_seed(1)
    generator = torch.Generator().manual_seed(seed)
    answer = module.speculative_step(tokens, draft, target, generator)
    return [answer, torch.rand(2, generator=generator), torch.rand(2)]


def expect_tokens(submission, reference, case, seed):
    """The same tokens for the same seed."""
    got, *_ = submission.probe(speculate, *case, seed)
    due, *_ = reference.probe(speculate, *case, seed)
    expect_codes(got, due, "the tokens")


example("speculative_step")


@check("speculative_step", "matches the reference", value=True)
@given(case=guessed(), seed=SEEDS)
def test_speculative_value(submission, reference, case, seed):
    expect_tokens(submission, reference, case, seed)


@check(
    "speculative_step",
    "is right where all guesses are good",
    value=True,
    weight=1.5,
    examples=20,
)
@given(case=guessed(closeness=(1.0,)), seed=SEEDS)
def test_speculative_accepted(submission, reference, case, seed):
    expect_tokens(submission, reference, case, seed)


@check("speculative_step", "is right for a single guess", value=True, weight=1.5, examples=30)
@given(
    fill=STEADY,
    words=st.sampled_from((3, 5, 4, 2)),
    seed=SEEDS,
)
def test_speculative_single(submission, reference, fill, words, seed):
    case = guesses(fill, (1, words), closeness=(0.1, 0.4))
    expect_tokens(submission, reference, case, seed)


@check("speculative_step", "draws K numbers and one token, and nothing else", weight=1.5)
@given(case=guessed(), seed=SEEDS)
def test_speculative_draws(submission, reference, case, seed):
    _, following, elsewhere = submission.probe(speculate, *case, seed)
    _, due, untouched_one = reference.probe(speculate, *case, seed)
    expect_close(following, due, "the generator's next numbers")
    expect_close(elsewhere, untouched_one, "torch's own generator draws next")


@check("speculative_step", "equal distributions accept everything", practice=True, examples=12)
@given(case=guessed(closeness=(1.0,)), seed=SEEDS)
def test_speculative_equal(submission, case, seed):
    tokens, draft, target = case
    got, *_ = submission.probe(speculate, *case, seed)
    got = computable(got, (len(tokens) + 1,), "the tokens")
    expect_codes(got[:-1], tokens, "the guessed tokens")
    certain = torch.zeros_like(target)
    certain[:-1], certain[-1, -1] = draft, 1.0
    got, *_ = submission.probe(speculate, tokens, draft, certain, seed)
    due = torch.cat([tokens, torch.tensor([target.shape[1] - 1])])
    expect_codes(got, due, "the tokens, where the last one is certain")


@check("speculative_step", "an impossible token is never accepted", practice=True, examples=15)
@given(case=guessed(), seed=SEEDS, place=st.integers(0, 7))
def test_speculative_impossible(submission, case, seed, place):
    tokens, draft, target = case
    place %= len(tokens)
    target = torch.cat([draft, target[-1:]])
    target[place, tokens[place]] = 0.0
    target[place] /= target[place].sum()
    got, *_ = submission.probe(speculate, tokens, draft, target, seed)
    got = computable(got, (place + 1,), "the tokens")
    expect_codes(got[:-1], tokens[:place], "the tokens before the impossible one")
    expect(int(got[-1]) != int(tokens[place]), "the impossible token came out", got=got)


def many_first(module, draft, target, count):
    """take many steps, with draft tokens that are drawn from the draft: count the first tokens"""
    generator = torch.Generator().manual_seed(3)
    tokens = torch.multinomial(draft, count, replacement=True, generator=generator)
    found = torch.zeros(draft.shape[1])
    for number in range(count):
        answer = module.speculative_step(tokens[:, number], draft, target, generator)
        found[answer[0]] += 1
    return found / count


WORDS = [  # draft_probs and target_probs of two places
    ([[0.7, 0.1, 0.1, 0.1], [0.25] * 4], [[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1], [0.25] * 4]),
    ([[0.2, 0.5, 0.2, 0.1]], [[0.0, 0.3, 0.1, 0.6], [1.0, 0.0, 0.0, 0.0]]),
]


@check(
    "speculative_step",
    "whatever the draft, the first token is distributed as the target",
    practice=True,
    weight=1.5,
    examples=2,
)
@given(number=st.sampled_from((0, 1)))
def test_speculative_distribution(submission, number):
    draft, target = (torch.tensor(part, dtype=torch.float64) for part in WORDS[number])
    got = submission.probe(many_first, draft, target, 600)
    got = computable(got, (4,), "the frequencies")
    far = (got.double() - target[0]).abs().max() > 0.08
    expect(not far, "how often each token comes first", expected=target[0], got=got)


def speculate_and_look(module, tokens, draft, target):
    """take a step, and return the arguments before and after it"""
    before = [tokens.clone(), draft.clone(), target.clone()]
    module.speculative_step(tokens, draft, target, torch.Generator().manual_seed(0))
    return before, [tokens, draft, target]


untouched("speculative_step", guessed(), probe=speculate_and_look)
