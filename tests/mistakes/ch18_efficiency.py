"""What people get wrong about efficiency."""

import torch

from grader.bank import mistake, slips

# ------------------------------------------------------------------------------- distillation_loss

slips(
    "distillation_loss",
    """
    no-t-squared: Softening by T makes gradients smaller by its square: make up for it.
        alpha * temperature**2 * -> alpha *
    t-once: The gradient shrinks with the square of the temperature.
        temperature**2 -> temperature
    t-squared-divides: The square of the temperature makes the divergence larger again.
        alpha * temperature**2 * divergence -> alpha * divergence / temperature**2
    t-squared-on-all: Only the softened part shrank: the labels' part stays as it is.
        alpha * temperature**2 * divergence + (1 - alpha) * hard
        -> temperature**2 * (alpha * divergence + (1 - alpha) * hard)
    t-multiplies: A high temperature makes distributions more even: logits get smaller.
        teacher_logits.detach() / temperature -> teacher_logits.detach() * temperature
        student_logits / temperature -> student_logits * temperature
    student-not-softened: Teacher and student are compared at the same temperature.
        student_logits / temperature -> student_logits
    teacher-not-softened: The teacher is softened as well, or it tells no more than a label.
        teacher_logits.detach() / temperature -> teacher_logits.detach()
    hard-loss-softened: For the labels the student answers at temperature 1.
        cross_entropy(student_logits, labels) -> cross_entropy(student_logits / temperature, labels)
    reversed-kl: The teacher's probabilities weigh the differences, not the student's.
        (log_p.exp() * (log_p - log_q)) -> (log_q.exp() * (log_q - log_p))
    kl-negated: The divergence is never negative: who is subtracted from whom?
        (log_p - log_q) -> (log_q - log_p)
    weighted-by-student: The expectation is taken under the teacher.
        log_p.exp() * -> log_q.exp() *
    elementwise-mean: The divergence of an example is a sum over its classes.
        .sum(dim=1).mean() -> .mean()
    summed-over-batch: Both parts are means over the batch.
        .sum(dim=1).mean() -> .sum()
    labels-summed-over-batch: Both parts are means over the batch.
        cross_entropy(student_logits, labels)
        -> cross_entropy(student_logits, labels, reduction="sum")
    cross-entropy-with-teacher: The teacher's own entropy is subtracted: an equal student pays 0.
        (log_p - log_q) -> -log_q
    symmetric-kl: One direction is due: that from the teacher.
        (log_p.exp() * (log_p - log_q)) -> ((log_p.exp() - log_q.exp()) * (log_p - log_q) / 2)
    squared-logits: Distributions are compared, not logits.
        (log_p.exp() * (log_p - log_q)) -> ((teacher_logits.detach() - student_logits) ** 2)
    alpha-swapped: α weighs the teacher, 1 − α the labels.
        alpha * temperature**2 * divergence + (1 - alpha) * hard
        -> (1 - alpha) * temperature**2 * divergence + alpha * hard
    labels-in-full: α shares out: what the teacher gets, the labels lose.
        (1 - alpha) * hard -> hard
    teacher-in-full: α weighs the teacher's part as well.
        alpha * temperature**2 * divergence -> temperature**2 * divergence
    labels-forgotten: The labels teach as well.
        (1 - alpha) * hard -> 0 * hard
    teacher-learns: The teacher is a constant: no gradient may reach it.
        teacher_logits.detach() -> teacher_logits
    student-detached: The student is to learn from the teacher.
        student_logits / temperature -> student_logits.detach() / temperature
    labels-do-not-teach: The student is to learn from the labels too.
        cross_entropy(student_logits, -> cross_entropy(student_logits.detach(),
    over-the-batch: The softmax is over the classes of an example.
        teacher_logits.detach() / temperature, dim=1 -> teacher_logits.detach() / temperature, dim=0
        student_logits / temperature, dim=1 -> student_logits / temperature, dim=0
    cross-entropy-of-probabilities: cross_entropy takes logits, and its softmax is its own.
        cross_entropy(student_logits, labels) -> cross_entropy(student_logits.softmax(1), labels)
    teacher-for-labels: The labels are given; the teacher's favourite is no label.
        cross_entropy(student_logits, labels)
        -> cross_entropy(student_logits, teacher_logits.argmax(dim=1))
    hard-teacher: What the teacher thinks of all classes counts, not its favourite alone.
        log_p.exp() * -> functional.one_hot(log_p.argmax(1), log_p.shape[1]).to(log_p) *
    in-bits: Losses are in nats.
        .sum(dim=1).mean() -> .sum(dim=1).mean() / torch.tensor(2.0).log()
    clipped: Sure logits cost what they cost.
        log_q = -> student_logits = student_logits.clamp(-50, 50); log_q =

    unstable: The logarithm of a softmax that was rounded to 0 is infinite: take log_softmax.
        log_q = functional.log_softmax(student_logits / temperature, dim=1)
        ->
        log_q = functional.softmax(student_logits / temperature, dim=1).log()

    eps-in-log: A small number inside the logarithm changes what sure logits cost.
        log_q = functional.log_softmax(student_logits / temperature, dim=1)
        ->
        log_q = (functional.softmax(student_logits / temperature, dim=1) + 1e-8).log()

    in-place:
        log_q = functional.log_softmax(student_logits / temperature, dim=1)
        ->
        log_q = functional.log_softmax(student_logits / temperature, dim=1)
        teacher_logits.detach().div_(temperature)
    """,
)

# --------------------------------------------------------------------------------- quantize_absmax

slips(
    "quantize_absmax",
    """
    two-to-the-bits: The largest code is one less than the power of two.
        2 ** (bits - 1) - 1 -> 2 ** (bits - 1)
    sign-forgotten: One of the bits is the sign.
        2 ** (bits - 1) - 1 -> 2 ** bits - 1
    bits-ignored: The largest code follows from bits.
        2 ** (bits - 1) - 1 -> 127
    truncated: Codes are rounded to the nearest.
        .round() -> .trunc()
    floored: Codes are rounded to the nearest.
        .round() -> .floor()
    half-up: Rounding is torch.round, which takes the even one of two equally near.
        (x / scale).round() -> (x / scale + 0.5).floor()
    half-away: Rounding is torch.round, which takes the even one of two equally near.
        (x / scale).round() -> (x / scale).sign() * ((x / scale).abs() + 0.5).floor()
    maximum-without-abs: The largest magnitude may be that of a negative number.
        x.abs().max() -> x.max().abs()
        x.abs().amax -> x.amax
        else x.abs() -> else x
    half-the-range: Symmetric quantization measures from zero, not from the middle of the range.
        x.abs().max() -> (x.max() - x.min()) / 2
    axis-reduced: The named axis is the one that stays.
        if dim != axis % x.ndim -> if dim == axis % x.ndim
    axis-ignored: With an axis, each of its indices has a scale.
        if axis is None: -> if True:
    axis-from-front: A negative axis is counted from the end.
        axis % x.ndim -> axis
    axis-zero-only: Any axis may be named.
        axis % x.ndim -> 0
    last-axis-only: All axes but the named one share a scale, not only the last.
        if dim != axis % x.ndim] -> if dim != axis % x.ndim][-1:]
    zero-axis-is-none: Axis 0 is an axis.
        if axis is None: -> if not axis:
    scale-squeezed: The scale keeps the rank of x, so that it broadcasts.
        return q.to(torch.int8), scale -> return q.to(torch.int8), scale.squeeze()
    scale-with-axis: One scale for all has no axes.
        x.abs().max() -> x.abs().max().reshape(1)
    zeros-give-nan: Where everything is 0 the scale is 1: nothing is divided by 0.
        torch.where(largest == 0, torch.ones_like(largest), largest / qmax) -> largest / qmax
    eps-added: A small number added to the scale changes small numbers' codes.
        torch.where(largest == 0, torch.ones_like(largest), largest / qmax) -> largest / qmax + 1e-8
    tiny-scale-for-zeros: Where everything is 0 the scale is 1.
        torch.where(largest == 0, torch.ones_like(largest), largest / qmax)
        -> (largest / qmax).clamp(min=1e-8)
    one-zero-row-resets-all: Each index that is all zeros has the scale 1, and only that.
        torch.where(largest == 0, torch.ones_like(largest), largest / qmax)
        -> (torch.ones_like(largest) if (largest == 0).any() else largest / qmax)
    scale-inverted: The scale is the length of a step, not the number of steps in 1.
        return q.to(torch.int8), scale -> return q.to(torch.int8), 1 / scale
    scale-is-the-maximum: The scale is one step: the largest magnitude is qmax of them.
        return q.to(torch.int8), scale -> return q.to(torch.int8), largest
    codes-as-floats: Codes are int8.
        return q.to(torch.int8), -> return q,
    scale-in-single-precision: The scale has the dtype of x.
        return q.to(torch.int8), scale -> return q.to(torch.int8), scale.float()
    order-reversed: The codes come first, then the scale.
        return q.to(torch.int8), scale -> return scale, q.to(torch.int8)
    unsigned: Codes have a sign.
        clamp(-qmax, qmax) -> clamp(0, qmax)
    dequantized: The codes are due, not what they stand for.
        return q.to(torch.int8), scale -> return q * scale, scale

    in-place:
        q = (x / scale).round().clamp(-qmax, qmax)
        ->
        q = x.div_(scale).round().clamp(-qmax, qmax)
    """,
)

# --------------------------------------------------------------------------------- quantize_affine

slips(
    "quantize_affine",
    """
    range-without-zero: The range always includes zero.
        x.min().clamp(max=0), x.max().clamp(min=0) -> x.min(), x.max()
    low-end-without-zero: The range always includes zero: lo is never above it.
        x.min().clamp(max=0) -> x.min()
    high-end-without-zero: The range always includes zero: hi is never below it.
        x.max().clamp(min=0) -> x.max()
    levels-not-steps: Between the codes there is one step fewer than there are codes.
        (hi - lo) / qmax -> (hi - lo) / (qmax + 1)
    signed-levels: Without a sign all bits count.
        2**bits - 1 -> 2 ** (bits - 1) - 1
    bits-ignored: The largest code follows from bits.
        2**bits - 1 -> 255
    rounds-once: Each number and the zero point are rounded by themselves.
        (x / scale).round() + zero_point -> ((x - lo) / scale).round()
    rounds-the-sum: First a number is rounded, then the zero point is added.
        (x / scale).round() + zero_point -> (x / scale + zero_point).round()
    zero-point-truncated: The zero point is rounded to the nearest.
        int((-lo / scale).round()) -> int(-lo / scale)
    zero-point-rounded-up: The zero point is rounded to the nearest.
        int((-lo / scale).round()) -> int((-lo / scale).ceil())
    zero-point-half-up: Half goes to even for the zero point as well.
        int((-lo / scale).round()) -> int((-lo / scale + 0.5).floor())
    zero-point-sign: Zero lies above the lowest number: the zero point is not negative.
        q.to(torch.uint8), scale, zero_point -> q.to(torch.uint8), scale, -zero_point
    zero-point-is-low: The zero point is a code, counted in steps.
        q.to(torch.uint8), scale, zero_point -> q.to(torch.uint8), scale, int(lo.round())
    zero-point-forgotten: The zero point is added to every code.
        (x / scale).round() + zero_point -> (x / scale).round()
    zero-point-subtracted: The zero point is added; dequantize subtracts it.
        (x / scale).round() + zero_point -> (x / scale).round() - zero_point
    truncated: Codes are rounded to the nearest.
        (x / scale).round() -> (x / scale).trunc()
    floored: Codes are rounded to the nearest.
        (x / scale).round() -> (x / scale).floor()
    symmetric: What is not symmetric wastes no code: the ends are lo and hi.
        x.min().clamp(max=0), x.max().clamp(min=0) -> -x.abs().max(), x.abs().max()
    signed: Codes go from 0 to qmax.
        return q.to(torch.uint8), scale, zero_point
        -> return (q - (qmax + 1) // 2).to(torch.int8), scale, zero_point - (qmax + 1) // 2
    zeros-give-nan: Where hi is lo the scale is 1: nothing is divided by 0.
        if hi > lo else torch.ones_like(hi) ->
        int((-lo / scale).round()) -> int((-lo / scale).round().nan_to_num())
    tiny-scale-for-zeros: Where hi is lo the scale is 1.
        (hi - lo) / qmax if hi > lo else torch.ones_like(hi) -> ((hi - lo) / qmax).clamp(min=1e-8)
    eps-added: A small number added to the scale changes small numbers' codes.
        if hi > lo else torch.ones_like(hi) -> + 1e-8
    wraps-around: The sum of two rounded numbers may be one beyond qmax: cut it off.
        .clamp(0, qmax) ->
        return q.to(torch.uint8) -> return (q % 256).to(torch.uint8)
    codes-as-floats: Codes are uint8.
        return q.to(torch.uint8), -> return q,
    codes-as-int8: Codes are uint8: int8 ends at 127.
        q.to(torch.uint8) -> q.to(torch.int64).to(torch.int8)
    scale-in-single-precision: The scale has the dtype of x.
        q.to(torch.uint8), scale -> q.to(torch.uint8), scale.float()
    order-reversed: It is codes, scale, zero point, in this order.
        scale, zero_point
        -> zero_point, scale

    in-place:
        q = ((x / scale).round() + zero_point).clamp(0, qmax)
        ->
        q = (x.div_(scale).round() + zero_point).clamp(0, qmax)
    """,
)

# -------------------------------------------------------------------------------------- dequantize

slips(
    "dequantize",
    """
    wraps-around: A code below the zero point gives a negative number, which uint8 cannot hold.
        (q.to(torch.int64) - zero_point) -> (q - zero_point)
    subtracts-in-int8: Codes from 128 on do not fit into int8.
        q.to(torch.int64) -> q.to(torch.int8)
    zero-point-after: First the zero point is subtracted, then the scale multiplies.
        (q.to(torch.int64) - zero_point) * scale -> q.to(torch.int64) * scale - zero_point
    zero-point-added: The zero point is subtracted.
        - zero_point -> + zero_point
    zero-point-ignored: The zero point is subtracted.
        - zero_point -> - 0 * zero_point
    sign-reversed: The zero point is subtracted from the code.
        (q.to(torch.int64) - zero_point) -> (zero_point - q.to(torch.int64))
    divided: A code counts steps of length scale.
        * scale -> / scale
    scale-ignored: A code counts steps of length scale.
        * scale -> * torch.ones_like(scale)
    single-precision-always: The answer has the dtype of scale.
        return (q.to(torch.int64) - zero_point) * scale
        -> return ((q.to(torch.int64) - zero_point) * scale).float()
    only-first-scale: There may be a scale for every row.
        * scale -> * scale.flatten()[0]
    clipped-at-zero: What lies below the zero point is negative.
        (q.to(torch.int64) - zero_point) -> (q.to(torch.int64) - zero_point).clamp(min=0)
    rounded-again: Numbers come back, and they have fractions.
        return (q.to(torch.int64) - zero_point) * scale
        -> return ((q.to(torch.int64) - zero_point) * scale).round()
    half-a-step-added: A code stands for a whole number of steps.
        - zero_point) -> - zero_point + 0.5)

    in-place:
        return (q.to(torch.int64) - zero_point) * scale
        ->
        wide = q.to(torch.int64) - zero_point
        return scale.mul_(wide) if scale.shape == q.shape else wide * scale.mul_(1.5) / 1.5
    """,
)

# ------------------------------------------------------------------------------------- int8_linear

slips(
    "int8_linear",
    """
    overflows: A product of two codes has up to 15 bits: multiply in a wide type.
        x_q.to(torch.int64) @ w_q.to(torch.int64).T -> x_q @ w_q.T
    int16: Three products of large codes are too many for int16.
        x_q.to(torch.int64) @ w_q.to(torch.int64).T -> x_q.to(torch.int16) @ w_q.to(torch.int16).T
    half-accumulation: Half precision counts exactly to 2048 only.
        x_q.to(torch.int64) @ w_q.to(torch.int64).T
        -> (x_q.to(torch.int64) @ w_q.to(torch.int64).T).half()
    brain-accumulation: bfloat16 counts exactly to 256 only.
        x_q.to(torch.int64) @ w_q.to(torch.int64).T
        -> (x_q.to(torch.int64) @ w_q.to(torch.int64).T).bfloat16()
    saturated: Nothing is cut off: the sum needs room.
        x_q.to(torch.int64) @ w_q.to(torch.int64).T
        -> (x_q.to(torch.int64) @ w_q.to(torch.int64).T).clamp(-32768, 32767)
    bias-scaled: The bias is an ordinary number: it is added after scaling.
        total.to(x_scale.dtype) * x_scale * w_scale.T
        -> (total + (0 if bias is None else bias)) * x_scale * w_scale.T
        y if bias is None else y + bias -> y
    bias-scaled-by-x: The bias is an ordinary number: it is added after scaling.
        y + bias -> y + bias * x_scale
    bias-forgotten: The bias is added.
        y + bias -> y + 0 * bias
    bias-subtracted: The bias is added.
        y + bias -> y - bias
    bias-rounded: The bias is an ordinary number, with a fraction.
        y + bias -> y + bias.round()
    x-scale-forgotten: Both scales multiply.
        * x_scale * -> *
    w-scale-forgotten: Both scales multiply.
        * w_scale.T ->
    w-scale-divides: Both scales multiply.
        * w_scale.T -> / w_scale.T
    x-scale-squared: Each scale multiplies once.
        * x_scale * w_scale.T -> * x_scale**2 * w_scale.T
    scales-averaged: Each row of weights has a scale of its own.
        * w_scale.T -> * w_scale.mean()
    first-scale-only: Each row of weights has a scale of its own.
        * w_scale.T -> * w_scale[0]
    largest-scale-only: Each row of weights has a scale of its own.
        * w_scale.T -> * w_scale.max()
    scale-along-batch: w_scale is a column for the rows of w_q, which are columns of the answer.
        * w_scale.T -> * w_scale
    weight-not-transposed: w_q is (out, in).
        w_q.to(torch.int64).T -> w_q.to(torch.int64)
    transposed-answer: The answer is (N, out).
        return y if bias is None else y + bias -> return (y if bias is None else y + bias).T
    rounded-to-codes: The answer is a tensor of ordinary numbers.
        y if bias is None else y + bias -> y.round() if bias is None else (y + bias).round()
    single-precision-always: The answer has the dtype of x_scale.
        return y if bias is None else y + bias -> return (y if bias is None else y + bias).float()
    mean-over-inputs: The products are summed.
        w_q.to(torch.int64).T -> w_q.to(torch.int64).T / x_q.shape[1]

    scale-truncates: The weights keep their fractions: scale after multiplying, or in floats.
        total = x_q.to(torch.int64) @ w_q.to(torch.int64).T
        y = total.to(x_scale.dtype) * x_scale * w_scale.T
        ->
        total = x_q.to(torch.int64) @ (w_q * w_scale).to(torch.int64).T
        y = total.to(x_scale.dtype) * x_scale

    in-place:
        return y if bias is None else y + bias
        ->
        w_scale *= x_scale
        return y if bias is None else y + bias
    """,
)

# ----------------------------------------------------------------------------------- fake_quantize

slips(
    "fake_quantize",
    """
    no-gradient: A staircase has no slope: something must carry the gradient round it.
        return x + (rounded - x).detach() -> return rounded
    gradient-zero: Where nothing but a rounded x is left, no gradient comes through.
        x + (rounded - x).detach() -> rounded + 0 * x
    gradient-scaled: The gradient is that from above, not multiplied by the scale.
        x + (rounded - x).detach() -> rounded + scale * (x - x.detach())
    gradient-divided: The gradient is that from above, not divided by the scale.
        x + (rounded - x).detach() -> rounded + (x - x.detach()) / scale
    gradient-doubled: The gradient is that from above, once.
        x + (rounded - x).detach() -> 2 * x + (rounded - 2 * x).detach()
    gradient-negative: The gradient has the sign of that from above.
        x + (rounded - x).detach() -> rounded - (x - x.detach())
    not-at-the-largest: The gradient passes everywhere, also at the largest entry.
        x + (rounded - x).detach()
        -> rounded + (x - x.detach()) * (x.detach().abs() < x.detach().abs().max())
    only-where-not-zero: The gradient passes everywhere, also where zero comes out.
        x + (rounded - x).detach() -> rounded + (x - x.detach()) * (rounded != 0)
    only-where-near: The gradient passes everywhere, however much was rounded.
        x + (rounded - x).detach()
        -> rounded + (x - x.detach()) * ((rounded - x.detach()).abs() < scale / 4)
    unrounded: What comes out is rounded.
        x + (rounded - x).detach() -> x + 0 * (rounded - x).detach()
    codes: What comes out are numbers again: codes times scale.
        rounded = dequantize(q, scale) -> rounded = q.to(x.dtype)
    per-row: One scale serves the whole tensor.
        quantize_absmax(x.detach(), bits) -> quantize_absmax(x.detach(), bits, 0)
    per-column: One scale serves the whole tensor.
        quantize_absmax(x.detach(), bits) -> quantize_absmax(x.detach(), bits, -1)
    bits-ignored: bits says how many codes there are.
        quantize_absmax(x.detach(), bits) -> quantize_absmax(x.detach())
    one-bit-more: bits is handed on as it is.
        quantize_absmax(x.detach(), bits) -> quantize_absmax(x.detach(), min(bits + 1, 8))
    error-alone: The rounded numbers are due, not the rounding error.
        x + (rounded - x).detach() -> x - x.detach() + (rounded - x).detach()
    wrong-direction: Add the detached difference that makes x rounded.
        x + (rounded - x).detach() -> x + (x - rounded).detach()
    single-precision-always: The answer has the dtype of x.
        return x + (rounded - x).detach() -> return (x + (rounded - x).detach()).float()

    affine: The codes are those of quantize_absmax.
        q, scale = quantize_absmax(x.detach(), bits)
        rounded = dequantize(q, scale)
        ->
        q, scale, zero_point = quantize_affine(x.detach(), bits)
        rounded = dequantize(q, scale, zero_point)

    through-the-scale: The scale is a constant for the gradient, also at the largest entry.
        q, scale = quantize_absmax(x.detach(), bits)
        rounded = dequantize(q, scale)
        return x + (rounded - x).detach()
        ->
        q, _ = quantize_absmax(x.detach(), bits)
        scale = x.abs().max() / (2 ** (bits - 1) - 1)
        steps = x / scale.clamp(min=1e-30)
        return (steps + (q - steps).detach()) * scale

    in-place:
        return x + (rounded - x).detach()
        ->
        x.data.copy_(rounded)
        return x + (rounded - x).detach()
    """,
)

# ------------------------------------------------------------------------------------------- route

slips(
    "route",
    """
    not-renormalized: The weights of the chosen experts sum to 1.
        weights = chosen / chosen.sum(dim=-1, keepdim=True) -> weights = chosen
    raw-logits: The weights are probabilities, not logits.
        weights = chosen / chosen.sum(dim=-1, keepdim=True)
        -> weights = logits.gather(-1, experts)
    uniform-weights: An expert has the more say, the likelier it is.
        weights = chosen / chosen.sum(dim=-1, keepdim=True)
        -> weights = torch.ones_like(chosen) / k + 0 * chosen
    softmax-twice: The probabilities are divided by their sum: there is no second softmax.
        weights = chosen / chosen.sum(dim=-1, keepdim=True)
        -> weights = functional.softmax(chosen, dim=-1)
    sigmoid-weights: The probabilities come of a softmax over all experts.
        weights = chosen / chosen.sum(dim=-1, keepdim=True)
        -> weights = logits.gather(-1, experts).sigmoid()
    sigmoid-renormalized: The probabilities come of a softmax over all experts.
        chosen / chosen.sum(dim=-1, keepdim=True)
        -> (lambda s: s / s.sum(-1, keepdim=True))(logits.gather(-1, experts).sigmoid())
    logits-normalized: Probabilities are divided by their sum, not logits.
        chosen / chosen.sum(dim=-1, keepdim=True)
        -> (lambda s: s / s.sum(-1, keepdim=True))(logits.gather(-1, experts))
    divided-by-the-largest: The weights are divided by their sum.
        chosen.sum(dim=-1, keepdim=True) -> chosen.amax(dim=-1, keepdim=True)
    normalized-over-batch: The weights of one token sum to 1.
        chosen.sum(dim=-1, keepdim=True) -> chosen.sum(dim=0, keepdim=True)
    softmax-over-tokens: The softmax is over the experts of a token.
        functional.softmax(logits, dim=-1) -> functional.softmax(logits, dim=0)
    smallest-chosen: The experts with the largest logits are chosen.
        probabilities.topk(k, dim=-1) -> probabilities.topk(k, dim=-1, largest=False)
    ascending: The best expert comes first.
        chosen, experts = probabilities.topk(k, dim=-1)
        -> chosen, experts = (part.flip(-1) for part in probabilities.topk(k, dim=-1))
    by-index: The experts of a token are in order of their logits, not of their numbers.

        chosen, experts = probabilities.topk(k, dim=-1)
        ->
        experts = probabilities.topk(k, dim=-1).indices.sort(dim=-1).values
        chosen = probabilities.gather(-1, experts)

    one-expert-only: Each token has k experts.
        probabilities.topk(k, dim=-1) -> probabilities.topk(1, dim=-1)
    one-choice-for-all: Every token chooses for itself.

        chosen, experts = probabilities.topk(k, dim=-1)
        ->
        experts = probabilities.mean(0).topk(k).indices.expand(n, k)
        chosen = probabilities.gather(-1, experts)

    order-reversed: It is weights, experts, aux, in this order.
        return weights, experts, aux -> return experts, weights, aux
    aux-without-experts: The sum is multiplied by the number of experts.
        num_experts * (f -> (f
    aux-times-k: The factor is the number of experts, not k.
        num_experts * (f -> k * (f
    aux-divided-by-k: All k choices of a token count, so that f sums to k.
        .sum(dim=(0, 1)) / n -> .sum(dim=(0, 1)) / (n * k)
    aux-first-choice-only: All k choices of a token count.
        functional.one_hot(experts, num_experts).sum(dim=(0, 1))
        -> functional.one_hot(experts[:, 0], num_experts).sum(dim=0)
    aux-counts-undivided: f is a share: the count is divided by the number of tokens.
        .sum(dim=(0, 1)) / n -> .sum(dim=(0, 1))
    aux-divided-by-experts: f is divided by the number of tokens, not of experts.
        .sum(dim=(0, 1)) / n -> .sum(dim=(0, 1)) / num_experts
    aux-squared-load: f is multiplied with the mean probability, not with itself.
        (f * probabilities.mean(dim=0)) -> (f * f + 0 * probabilities.mean(dim=0))
    aux-squared-probability: The mean probability is multiplied with the load, not with itself.
        (f * probabilities.mean(dim=0)) -> (probabilities.mean(dim=0) ** 2)
    aux-of-logits: P is the mean of probabilities.
        (f * probabilities.mean(dim=0)) -> (f * logits.mean(dim=0))
    aux-of-mean-logits: First the softmax of each token, then the mean.
        (f * probabilities.mean(dim=0)) -> (f * functional.softmax(logits.mean(dim=0), dim=0))
    aux-of-chosen-probabilities: P averages the whole softmax, chosen or not.
        (f * probabilities.mean(dim=0))
        -> (f * (probabilities * functional.one_hot(experts, num_experts).sum(1)).mean(dim=0))
    aux-of-weights: P averages the whole softmax, not the renormalised weights.
        (f * probabilities.mean(dim=0))
        -> (f * torch.zeros_like(logits).scatter(-1, experts, weights).mean(dim=0))
    aux-per-token: Load and probability are averaged over the tokens before they are multiplied.
        (f * probabilities.mean(dim=0)).sum()
        -> (functional.one_hot(experts, num_experts).sum(1) * probabilities).mean(dim=0).sum()
    aux-negated: An uneven load costs more than an even one.
        aux = num_experts -> aux = -num_experts
    aux-without-k: An even load costs k: nothing is subtracted.
        (f * probabilities.mean(dim=0)).sum() -> (f * probabilities.mean(dim=0)).sum() - k
    aux-detached: The router learns from the load, through P.
        (f * probabilities.mean(dim=0)) -> (f * probabilities.detach().mean(dim=0))
    weights-detached: The router learns through the weights.
        weights = chosen / chosen.sum(dim=-1, keepdim=True)
        -> weights = (chosen / chosen.sum(dim=-1, keepdim=True)).detach()
    sum-detached: The sum that weights are divided by has a gradient too.
        chosen.sum(dim=-1, keepdim=True) -> chosen.sum(dim=-1, keepdim=True).detach()
    aux-with-axis: aux has no axes.
        .mean(dim=0)).sum() -> .mean(dim=0)).sum().reshape(1)

    in-place:
        chosen, experts = probabilities.topk(k, dim=-1)
        ->
        chosen, experts = probabilities.topk(k, dim=-1)
        logits.detach().sub_(logits.detach().amax(dim=-1, keepdim=True))
    """,
)

# ---------------------------------------------------------------------------------------- MoELayer

slips(
    "MoELayer.forward",
    """
    slots-overwrite: What several experts say of a token is added up.
        out.index_add(0, rows, answer) -> out.index_copy(0, rows, answer)
    unweighted: Each expert's answer is multiplied with its weight.
        weights[rows, slots, None] * expert -> expert
    input-weighted: The weight multiplies what an expert says, not what it hears.
        weights[rows, slots, None] * expert(tokens[rows])
        -> expert(weights[rows, slots, None] * tokens[rows])
    weighted-twice: The weight multiplies once.
        weights[rows, slots, None] * expert -> weights[rows, slots, None] ** 2 * expert
    first-slot-weight: The weight is that of the slot in which the expert was chosen.
        weights[rows, slots, None] -> weights[rows, slots * 0, None]
    first-slot-only: A token goes to all of its k experts.
        experts == number -> experts[:, :1] == number
    averaged: The weights sum to 1 already: nothing is divided by k.
        return out.reshape(x.shape) -> return out.reshape(x.shape) / self.k
    residual-added: The layer is the experts alone: x is added elsewhere.
        return out.reshape(x.shape) -> return out.reshape(x.shape) + x
    returns-aux: forward returns the tensor only.
        weights, experts, _ = -> weights, experts, aux =
        return out.reshape(x.shape) -> return out.reshape(x.shape), aux
    flat-answer: Give back sequences, as they came: (B, L, dim).
        return out.reshape(x.shape) -> return out
    one-expert-each: A token meets k experts.
        self.k) -> 1)
    all-experts: A token meets k experts, and no more.
        self.k) -> len(self.experts))
    router-detached: The router learns too, through the weights.
        weights[rows, slots, None] -> weights[rows, slots, None].detach()
    input-detached-from-router: x has a gradient through the router as well.
        self.router(tokens) -> self.router(tokens.detach())
    input-detached-from-experts: x has a gradient through the experts.
        expert(tokens[rows]) -> expert(tokens[rows].detach())
    relu-after: Nothing comes behind the last linear layer.
        * expert(tokens[rows]) -> * expert(tokens[rows]).relu()
    capacity: There is no capacity limit: every token is heard.
        rows, slots = torch.where(experts == number)
        -> rows, slots = (part[:2] for part in torch.where(experts == number))
    next-expert: Expert e is number e of the list.
        enumerate(self.experts) -> enumerate([*self.experts[1:], self.experts[0]])

    one-route-per-sequence: Every token is routed by itself.
        weights, experts, _ = route(self.router(tokens), self.k)
        ->
        weights, experts, _ = route(self.router(x.mean(dim=1)), self.k)
        weights, experts = (part.repeat_interleave(x.shape[1], 0) for part in (weights, experts))

    not-renormalized: The weights of the chosen experts sum to 1.
        weights, experts, _ = route(self.router(tokens), self.k)
        ->
        weights, experts = functional.softmax(self.router(tokens), dim=-1).topk(self.k, dim=-1)

    last-token-only: Every token of every sequence gets an answer.
        return out.reshape(x.shape)
        ->
        out = out.reshape(x.shape)
        return torch.cat([torch.zeros_like(out[:, :-1]), out[:, -1:]], dim=1)

    in-place:
        return out.reshape(x.shape)
        ->
        x.data.copy_(out.reshape(x.shape))
        return out.reshape(x.shape)
    """,
)

slips(
    "MoELayer.__init__",
    """
    gelu-experts: The experts have a ReLU.
        nn.ReLU() -> nn.GELU()
    no-activation: Between its two linear layers an expert has a ReLU.
        nn.ReLU() -> nn.Identity()

    shared-expert: Each expert has weights of its own: one object in many places is one expert.
        for _ in range(num_experts):
            inner, outer = nn.Linear(dim, hidden), nn.Linear(hidden, dim)
            self.experts.append(nn.Sequential(inner, nn.ReLU(), outer))
        ->
        inner, outer = nn.Linear(dim, hidden), nn.Linear(hidden, dim)
        for _ in range(num_experts):
            self.experts.append(nn.Sequential(inner, nn.ReLU(), outer))

    experts-not-registered: A plain list hides its modules from state dict and optimizer.
        self.experts = nn.ModuleList() -> self.experts = []
    """,
)

# ------------------------------------------------------------------------- grouped_query_attention

slips(
    "grouped_query_attention",
    """
    interleaved: Neighbouring query heads share a head of keys: each is repeated in place.
        part.repeat_interleave(groups, dim=1) -> part.repeat(1, groups, 1, 1)
    keys-only: Values are shared by the same rule as keys.
        k, v = (part.repeat_interleave(groups, dim=1) for part in (k, v))
        -> k, v = k.repeat_interleave(groups, dim=1), v.repeat(1, groups, 1, 1)
    values-only: Keys are shared by the same rule as values.
        k, v = (part.repeat_interleave(groups, dim=1) for part in (k, v))
        -> k, v = k.repeat(1, groups, 1, 1), v.repeat_interleave(groups, dim=1)
    first-head: Each group has a head of its own; one for all would be multi-query.
        part.repeat_interleave(groups, dim=1) -> part[:, :1].expand(-1, q.shape[1], -1, -1)
    heads-averaged: The heads of keys and values are shared out, not averaged.
        part.repeat_interleave(groups, dim=1)
        -> part.mean(1, keepdim=True).expand(-1, q.shape[1], -1, -1)
    no-error: What does not divide is an error.
        if left_over: -> if False:
        divmod(q.shape[1], k.shape[1]) -> -(-q.shape[1] // k.shape[1]), 0
        part.repeat_interleave(groups, dim=1)
        -> part.repeat_interleave(groups, dim=1)[:, : q.shape[1]]
    error-is-an-assertion: A ValueError is due.
        raise ValueError( -> raise AssertionError(
    error-the-wrong-way: Hkv must divide Hq, and not the other way round.
        if left_over: -> if k.shape[1] % q.shape[1] and left_over:
    not-scaled: Scores are divided by the root of d.
        / q.shape[-1] ** 0.5 ->
    scaled-by-d: Scores are divided by the root of d, not by d.
        / q.shape[-1] ** 0.5 -> / q.shape[-1]
    scaled-by-model: d is the width of one head, not of all.
        / q.shape[-1] ** 0.5 -> / (q.shape[1] * q.shape[-1]) ** 0.5
    multiplied-by-root: Scores are divided by the root of d.
        / q.shape[-1] ** 0.5 -> * q.shape[-1] ** 0.5
    mask-ignored: What the mask forbids has no weight.
        if mask is not None: -> if False:
    mask-inverted: True means: may attend.
        masked_fill(~mask -> masked_fill(mask
    mask-added: A boolean mask is not added: what is False has no weight at all.
        scores.masked_fill(~mask, -torch.inf) -> scores + mask.to(scores)
    masked-with-zero: A score of 0 still has a weight.
        masked_fill(~mask, -torch.inf) -> masked_fill(~mask, 0.0)
    masked-after-softmax: What is forbidden is left out of the sum too.
        scores.masked_fill(~mask, -torch.inf) -> scores
        functional.softmax(scores, dim=-1) @ v
        -> (functional.softmax(scores, dim=-1) * (1 if mask is None else mask)) @ v
    mask-not-low-enough: Scores may be lower than that: mask with minus infinity.
        -torch.inf -> -1e4
    softmax-over-queries: The weights of a query sum to 1 over the keys.
        functional.softmax(scores, dim=-1) -> functional.softmax(scores, dim=-2)
    softmax-over-heads: The weights of a query sum to 1 over the keys.
        functional.softmax(scores, dim=-1) -> functional.softmax(scores, dim=1)
    causal-by-itself: Only the mask says what is hidden.

        return functional.softmax(scores, dim=-1) @ v
        ->
        scores = scores.masked_fill(torch.ones_like(scores).triu(1).bool(), -torch.inf)
        return functional.softmax(scores, dim=-1) @ v

    unstable: e to a large score is infinite: use a stable softmax.
        functional.softmax(scores, dim=-1) -> scores.exp() / scores.exp().sum(dim=-1, keepdim=True)
    clipped: Sure scores have sure weights.
        functional.softmax(scores, -> functional.softmax(scores.clamp(-50, 50),
    keys-detached: Keys learn too.
        k.transpose(-2, -1) -> k.detach().transpose(-2, -1)
    values-detached: Values learn too.
        dim=-1) @ v -> dim=-1) @ v.detach()
    returns-the-weights: Only the output is due.
        return functional.softmax(scores, dim=-1) @ v
        -> return functional.softmax(scores, dim=-1) @ v, functional.softmax(scores, dim=-1)
    heads-merged: The answer keeps its heads: (B, Hq, L, dv).
        functional.softmax(scores, dim=-1) @ v
        -> (functional.softmax(scores, dim=-1) @ v).transpose(1, 2).flatten(2)

    in-place:
        return functional.softmax(scores, dim=-1) @ v
        ->
        answer = functional.softmax(scores, dim=-1) @ v
        q.data /= q.shape[-1] ** 0.5
        return answer
    """,
)

# ----------------------------------------------------------------------------- online_softmax_step

slips(
    "online_softmax_step",
    """
    not-rescaled: When the maximum grows, what was summed is measured anew.
        acc * shrink[:, None] + -> acc +
        l * shrink + -> l +
    acc-not-rescaled: The sum of values is measured anew as well as l.
        acc * shrink[:, None] + -> acc +
    l-not-rescaled: The sum l is measured anew as well as acc.
        l * shrink + -> l +
    shrink-inverted: A larger maximum makes the old sums smaller.
        (m - shift).exp() -> (shift - m).exp()
    block-maximum: The old maximum may be the larger one.
        torch.maximum(m, scores.amax(dim=1)) -> scores.amax(dim=1) + 0 * l
    old-maximum: The block may bring a larger score.
        torch.maximum(m, scores.amax(dim=1))
        -> torch.where(m == -torch.inf, scores.amax(dim=1), m)
    one-maximum-for-all: Each query has a maximum of its own.
        scores.amax(dim=1) -> scores.max()
    minimum: The largest score is measured from, not the least.
        scores.amax(dim=1) -> scores.amin(dim=1)
    acc-normalized: acc is divided by l when all blocks are through, not before.
        return m_new, l_new, acc * shrink[:, None] + weights @ v
        -> return m_new, l_new, (acc * shrink[:, None] + weights @ v) / l_new[:, None]
    block-normalized: The block's weights are not divided by their sum.
        + weights @ v -> + weights / weights.sum(dim=1, keepdim=True) @ v
    acc-divided-before: The acc that comes in was not divided by l.
        acc * shrink[:, None] -> acc * (l * shrink)[:, None]
    acc-started-anew: What was summed before stays in the sum.
        acc * shrink[:, None] + -> 0 * acc +
    l-started-anew: What was summed before stays in the sum.
        l * shrink + -> 0 * l +
    l-averaged: The weights of a block are summed.
        weights.sum(dim=1) -> weights.mean(dim=1)
    l-counts: l sums exponentials, it does not count keys.
        weights.sum(dim=1) -> (scores > -torch.inf).to(l).sum(dim=1)
    l-is-a-logarithm: l is the sum itself, not its logarithm.
        return m_new, l_new, -> return m_new, l_new.log(),
    m-is-logsumexp: m is the largest score, not the logarithm of the sum.
        return m_new, -> return m_new + l_new.log(),
    old-m-returned: The maximum that comes out is the new one.
        return m_new, -> return m + 0 * m_new,
    weights-from-old-maximum: The block is measured from the new maximum.
        (scores - shift[:, None]) -> (scores - torch.where(m == -torch.inf, shift, m)[:, None])
    weights-from-block-maximum: The block is measured from the new maximum, the old one if larger.
        (scores - shift[:, None])
        -> (scores - scores.amax(dim=1, keepdim=True).clamp(min=-1e30))
    values-unweighted: Every value counts with its weight.
        weights @ v -> (scores > -torch.inf).to(v) @ v
    scores-as-weights: The weights are exponentials of the scores.
        weights @ v -> scores.nan_to_num(neginf=0.0) @ v
    scaled-again: The scores are scaled already.
        (scores - shift[:, None]) -> ((scores - shift[:, None]) / v.shape[1] ** 0.5)
    order-reversed: The state is m, l, acc, in this order.
        return m_new, l_new, -> return l_new, m_new,
    maximum-from-zero: Scores may all be below zero: the maximum starts at −∞.
        torch.maximum(m, scores.amax(dim=1))
        -> torch.maximum(m, scores.amax(dim=1)).clamp(min=0)
    no-maximum: Exponentials of large scores overflow: measure from the maximum.

        shift = torch.where(m_new == -torch.inf, torch.zeros_like(m_new), m_new)
        shrink = (m - shift).exp()
        weights = (scores - shift[:, None]).exp()
        ->
        lift = torch.where(m_new == -torch.inf, torch.zeros_like(m_new), (-m_new).exp())
        shrink = m.exp() * lift
        weights = scores.exp() * lift[:, None]

    masked-rows-nan: −∞ minus −∞ is NaN: where nothing was seen, measure from elsewhere.
        torch.where(m_new == -torch.inf, torch.zeros_like(m_new), m_new) -> m_new
    hidden-row-at-the-least: A row that has seen nothing keeps m = −∞.
        torch.maximum(m, scores.amax(dim=1))
        -> torch.maximum(m, scores.amax(dim=1)).clamp(min=-1e30)
    hidden-row-at-zero: A row that has seen nothing keeps m = −∞.
        return m_new, -> return shift,
    hidden-row-averages: A row that has seen nothing sums nothing.

        weights = (scores - shift[:, None]).exp()
        ->
        weights = (scores - shift[:, None]).exp()
        weights = weights.masked_fill((m_new == -torch.inf)[:, None], 1.0)

    maximum-detached: Gradients pass through the maximum too.
        m_new = torch.maximum(m, scores.amax(dim=1))
        -> m_new = torch.maximum(m, scores.amax(dim=1)).detach()
    shift-detached: Gradients pass through the maximum too, wherever it is used.
        shrink = (m - shift).exp() -> shift = shift.detach(); shrink = (m - shift).exp()
    state-detached: Gradients pass through the state to the blocks before.

        m_new = torch.maximum(m, scores.amax(dim=1))
        ->
        m, l, acc = m.detach(), l.detach(), acc.detach()
        m_new = torch.maximum(m, scores.amax(dim=1))

    values-detached: Values learn too.
        weights @ v -> weights @ v.detach()
    clipped: Differences of scores are what they are.
        (scores - shift[:, None]).exp() -> (scores - shift[:, None]).clamp(min=-3).exp()

    in-place:
        return m_new, l_new, acc * shrink[:, None] + weights @ v
        ->
        answer = acc * shrink[:, None] + weights @ v
        acc.data.copy_(answer)
        return m_new, l_new, answer
    """,
)

# -------------------------------------------------------------------------------- speculative_step

slips(
    "speculative_step",
    """
    ratio-inverted: A token is doubtful where the draft liked it more than the target.
        target_probs[places, draft_tokens] / draft_probs[places, draft_tokens]
        -> draft_probs[places, draft_tokens] / target_probs[places, draft_tokens]
    threshold-on-target: u is compared with the ratio of both probabilities.
        / draft_probs[places, draft_tokens] ->
    threshold-on-draft: u is compared with the ratio of both probabilities.
        target_probs[places, draft_tokens] / draft_probs[places, draft_tokens]
        -> draft_probs[places, draft_tokens]
    accepts-if-likelier: Accepting is a matter of chance, by the ratio.
        (u < ratio) -> (ratio >= 1)
    always-accepts: A token may be rejected.
        (u < ratio) -> (ratio >= 0)
    never-accepts: A token may be accepted.
        (u < ratio) -> (ratio < 0)
    greedy: Accepting is a matter of chance, not of what the target likes best.
        (u < ratio) -> (target_probs[:k].argmax(dim=1) == draft_tokens)
    accepts-above: A token is accepted if u is below the ratio.
        (u < ratio) -> (u > ratio)
    compares-with-one-minus: u itself is compared with the ratio.
        (u < ratio) -> (1 - u < ratio)
    next-position: Row i of target_probs is about token i.
        target_probs[places, draft_tokens] -> target_probs[places + 1, draft_tokens]
    continues-after-rejection: What was guessed behind a rejected token is dropped.
        .long().cumprod(dim=0).sum() -> .long().sum()
    all-or-nothing: The tokens before the first rejected one are kept.
        .long().cumprod(dim=0).sum() -> .long().prod() * k
    stops-one-early: The tokens before the first rejected one are all kept.
        .cumprod(dim=0).sum()) -> .cumprod(dim=0)[:-1].sum()) if k > 1 else 0
    resamples-target: A rejected token is replaced from the residual, not from the target.
        (last - draft_probs[accepted]).clamp(min=0) -> last + 0 * draft_probs[accepted]
    resamples-draft: A rejected token is replaced from the residual, not from the draft.
        (last - draft_probs[accepted]).clamp(min=0) -> draft_probs[accepted]
    residual-absolute: Where the draft is larger, the residual is 0.
        .clamp(min=0) -> .abs()
    residual-reversed: What the draft said too rarely is made up for.
        last - draft_probs[accepted] -> draft_probs[accepted] - last
    residual-without-token: The residual is the difference, not the target without that token.
        last = (last - draft_probs[accepted]).clamp(min=0)
        -> last = last.clone(); last[draft_tokens[accepted]] = 0
    residual-squared: The residual is the difference itself.
        .clamp(min=0) -> .clamp(min=0) ** 2
    residual-of-first: The residual is that of the rejected position.
        last - draft_probs[accepted] -> target_probs[0] - draft_probs[0]
    residual-of-next: The residual is that of the rejected position.
        last - draft_probs[accepted] -> target_probs[accepted + 1] - draft_probs[accepted]
    bonus-from-last: The token behind all guesses has a row of its own.
        target_probs[accepted] -> target_probs[min(accepted, k - 1)]
    argmax-at-the-end: The last token is drawn, not chosen.
        torch.multinomial(last.cpu(), 1, generator=generator) -> last.argmax().reshape(1)
    global-generator: Draw from the generator that is passed in, not from torch's own.
        torch.rand(k, generator=generator) -> torch.rand(k)
    global-multinomial: Draw from the generator that is passed in, not from torch's own.
        (last.cpu(), 1, generator=generator) -> (last.cpu(), 1)
    own-generator: Draw from the generator that is passed in, not from a new one.

        u = torch.rand(k, generator=generator).to(draft_probs.device)
        ->
        generator = torch.Generator().manual_seed(0)
        u = torch.rand(k, generator=generator).to(draft_probs.device)

    one-u-for-all: Each guess has a number u of its own.
        torch.rand(k, generator=generator) -> torch.rand(1, generator=generator).expand(k)
    normal-noise: The numbers u are uniform from 0 to 1.
        torch.rand(k, -> torch.randn(k,
    u-in-double: The numbers u are drawn without a dtype.
        torch.rand(k, generator=generator)
        -> torch.rand(k, generator=generator, dtype=torch.float64)
    u-in-the-dtype-of-inputs: The numbers u are drawn without a dtype.
        torch.rand(k, generator=generator)
        -> torch.rand(k, generator=generator, dtype=draft_probs.dtype)
    u-reversed: Number i of u belongs to guess i.
        .to(draft_probs.device) -> .flip(0)
    draws-twice: The generator draws K numbers and one token.
        token = torch.multinomial -> torch.rand(1, generator=generator); token = torch.multinomial
    last-token-only: The accepted tokens come out too.
        torch.cat([draft_tokens[:accepted], token]) -> token
    rejected-token-stays: The rejected token is replaced.
        draft_tokens[:accepted], token -> draft_tokens[: accepted + 1], token
    all-guesses-stay: What was guessed behind a rejected token is dropped.
        draft_tokens[:accepted], token -> draft_tokens, token
    token-first: The new token comes behind the accepted ones.
        [draft_tokens[:accepted], token] -> [token, draft_tokens[:accepted]]
    padded: Only the new tokens come out, however few.
        torch.cat([draft_tokens[:accepted], token])
        -> functional.pad(torch.cat([draft_tokens[:accepted], token]), (0, k - accepted))
    no-bonus: When every guess is good, one more token comes for free.
        return torch.cat([draft_tokens[:accepted], token])
        ->
        return torch.cat([draft_tokens[:accepted], token])[:k]

    replacement-forgotten: In place of a rejected token comes another one.
        return torch.cat([draft_tokens[:accepted], token])
        ->
        return torch.cat([draft_tokens[:accepted], token][: 2 if accepted in (0, k) else 1])

    in-place:
        last = (last - draft_probs[accepted]).clamp(min=0)
        ->
        last.sub_(draft_probs[accepted]).clamp_(min=0)
    """,
)


@mistake(
    "speculative_step",
    "u-drawn-one-by-one",
    "All K numbers u are drawn at once, before anything is compared.",
)
def speculative_step(draft_tokens, draft_probs, target_probs, generator):
    kept = []
    for place, token in enumerate(draft_tokens.tolist()):
        u = torch.rand(1, generator=generator)
        if u >= target_probs[place, token] / draft_probs[place, token]:
            residual = (target_probs[place] - draft_probs[place]).clamp(min=0)
            return torch.tensor([*kept, int(torch.multinomial(residual, 1, generator=generator))])
        kept.append(token)
    last = torch.multinomial(target_probs[-1], 1, generator=generator)
    return torch.tensor([*kept, int(last)])
