"""Checks of alignment."""

import math

import numpy as np
import torch

from grader.checks import (
    Fill,
    as_parts,
    case,
    check,
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

FILLS = fills((1.0, 30.0, 0.05))
STEADY = fills((1.0, 2.0, 0.3))  # for gradients
SURE = fills((1e4, 300.0, 50.0))


def dtype_of(fill):
    """Mostly float64, in which small differences show."""
    return torch.float64 if fill.seed % 3 else torch.float32


def laid_out(fill, values):
    """A tensor in whatever memory layout was drawn."""
    if fill.layout == "C" or not values.ndim:
        return values
    if fill.layout == "F":
        backwards = tuple(reversed(range(values.ndim)))
        return values.permute(backwards).contiguous().permute(backwards)
    return torch.stack([values, torch.zeros_like(values)], dim=-1).flatten(-2)[..., ::2]


def floats(fill, values):
    """An array as a tensor of the example's dtype."""
    values = torch.from_numpy(np.array(values, dtype=np.float64))
    return laid_out(fill, values.to(dtype_of(fill)))


def tensor(fill, *shape):
    """Numbers at the drawn scale."""
    return floats(fill, fill(*shape))


def integers(fill, values):
    """An int64 tensor, not always next to each other in memory."""
    return laid_out(fill, torch.from_numpy(np.asarray(values, dtype=np.int64)))


def one_of(fill, *choices):
    """One of the choices."""
    return choices[fill.rng.integers(len(choices))]


def masks(fill, rows, columns, *, each=False, least=0):
    """True for some entries: in each row, or in the batch; in any of `least` columns or later."""
    values = fill.rng.random((rows, columns)) < one_of(fill, 0.6, 0.4, 0.8)
    places = fill.rng.integers(least, columns, rows)
    for row in range(rows):
        if each or (row == rows - 1 and not values[:, least:].any()):
            values[row, places[row]] = True
    return laid_out(fill, torch.from_numpy(values))


def left_out(fill, mask, *tensors):
    """The tensors with any numbers where the mask is False."""
    if fill.kind != "normal":
        return tensors
    return tuple(
        laid_out(fill, torch.where(mask, one, floats(fill, fill.uniform(-30.0, 30.0, *mask.shape))))
        for one in tensors
    )


def log_probabilities(fill, *shape):
    """Numbers from 0 down to minus four times the scale."""
    if fill.kind == "normal":
        return floats(fill, fill.rng.uniform(-4.0 * fill.scale, 0.0, shape))
    return floats(fill, -abs(fill(*shape)))


def expect_answer(got, expected, message="", scale=None):
    """Right is the dtype of the reference, and its values to the accuracy of float32."""
    expect(isinstance(got, torch.Tensor), "a tensor is due", expected=expected, got=got)
    expect_equal(str(got.dtype), str(expected.dtype), "the dtype of the answer")
    expect_close(got.float(), expected.float(), message, scale=scale)


def computable(answer, shape, name):
    """An answer to compute with: a tensor of that shape."""
    expect(isinstance(answer, torch.Tensor), f"{name}: a tensor is due", got=answer)
    return shaped(answer, shape, name)


def largest(*values):
    """The largest magnitude in all floating tensors among the values."""
    found = [
        value.detach().double()
        for value in values
        if isinstance(value, torch.Tensor) and value.is_floating_point()
    ]
    return max((float(value.abs().max()) for value in found if value.numel()), default=0.0)


def compare_number(got, expected, *inputs, **named):
    """Compare answers that came of numbers near 1, whatever their own size."""
    expect_answer(got, expected, scale=max(largest(expected), 1.0))


def compare_sure(got, expected, *inputs, **named):
    """Compare a small number that is left of large ones."""
    expect_answer(got, expected, scale=max(largest(expected), 1e-2 * largest(*inputs)))


def go_back(module, name, arguments, wanted, upstream):
    """call the function, and return the gradients of its float arguments"""
    for place in wanted:
        arguments[place] = arguments[place].requires_grad_()
    answers = getattr(module, name)(*arguments)
    answers = answers if isinstance(answers, (tuple, list)) else [answers]
    total = sum((answer * up).sum() for answer, up in zip(answers, upstream, strict=False))
    leaves = [arguments[place] for place in wanted]
    return torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True)


def expect_gradients(submission, reference, name, arguments, wanted, parts=None):
    """The gradients of the arguments by these names (name to place), for any from above.

    `parts` is the number of the answers that go back, the first ones; all if it is not given.
    """
    answers = getattr(reference, name)(*arguments)
    answers = answers if isinstance(answers, (tuple, list)) else [answers]
    noise = torch.Generator().manual_seed(arguments[0].numel())
    upstream = [
        torch.rand(part.shape, generator=noise, dtype=part.dtype) + 0.5 * (-1) ** number
        for number, part in enumerate(answers[:parts])
    ]
    question = (go_back, name, list(arguments), list(wanted.values()), upstream)
    due = reference.probe(*question)
    got = as_parts(submission.probe(*question), tuple(wanted))
    for mine, right, argument in zip(got, due, wanted, strict=True):
        scale = max(largest(right), 1e-2)
        expect_answer(mine, right, f"the gradient of {argument} is wrong", scale)


def expect_constant(submission, name, arguments, constants, learning=(0,)):
    """The arguments by these names (name to place) have no gradient; others may learn."""
    places = [*constants.values(), *learning]
    upstream = [torch.tensor(1.0, dtype=arguments[0].dtype)]
    got = submission.probe(go_back, name, list(arguments), places, upstream)
    got = as_parts(got, (*constants, *("learning" for _ in learning)))
    for mine, argument in zip(got, constants, strict=False):
        due = torch.zeros_like(arguments[constants[argument]])
        expect_answer(mine, due, f"{argument} is constant: its gradient is None or zero", 1e-2)


# --- sft_loss ------------------------------------------------------------------------------------

READ = st.sampled_from(
    [  # B, T, V
        (2, 4, 3),
        (3, 3, 3),
        (3, 5, 2),
        (1, 2, 2),
        (2, 2, 4),
        (4, 4, 5),
        (2, 6, 3),
        (5, 3, 4),
        (1, 6, 6),
        (4, 5, 5),
    ]
)


def lengths_of(fill, rows, columns):
    """prompt_lengths and lengths; some rows have no completion, but not all."""
    lengths = fill.rng.integers(1, columns + 1, rows)
    prompts = fill.rng.integers(1, lengths + 1)
    if (prompts == lengths).all():
        prompts[-1], lengths[-1] = 1, columns
    return integers(fill, prompts), integers(fill, lengths)


def double(fill):
    """The same recipe, with a seed that makes float64."""
    seed = fill.seed if fill.seed % 3 else fill.seed + 1
    return Fill(fill.kind, fill.scale, fill.layout, seed)


@st.composite
def conversations(draw, filled=FILLS, recipe=lambda fill: fill):
    """logits, tokens, prompt_lengths, lengths."""
    (rows, columns, words), fill = draw(READ), recipe(draw(filled))
    tokens = integers(fill, fill.labels(words, rows, columns))
    return tensor(fill, rows, columns, words), tokens, *lengths_of(fill, rows, columns)


def read(seed, rows, columns, words):
    """Logits and tokens of one of the cases that are always tried."""
    fill = Fill("normal", 1.5, "C", seed)
    return tensor(fill, rows, columns, words), integers(fill, fill.labels(words, rows, columns))


SQUARE = read(171, 3, 3, 3)
LONG = read(172, 3, 6, 4)
CONVERSATIONS = [
    (*LONG, torch.tensor([2, 1, 2]), torch.tensor([3, 2, 6])),
    (*SQUARE, torch.tensor([1, 2, 2]), torch.tensor([3, 2, 3])),
    (*LONG, torch.tensor([3, 1, 5]), torch.tensor([3, 4, 5])),
]

example("sft_loss")
matches("sft_loss", conversations(), compare=compare_number, first=CONVERSATIONS)
matches(
    "sft_loss",
    conversations(filled=SURE, recipe=double),
    title="is right for sure logits",
    compare=compare_sure,
    weight=1.5,
    examples=25,
)


@check("sft_loss", "gradients reach the logits", weight=1.5, examples=10)
@given(case=conversations(filled=STEADY))
def test_sft_gradients(submission, reference, case):
    expect_gradients(submission, reference, "sft_loss", case, {"logits": 0})


@check("sft_loss", "sure logits have gradients too", examples=10)
@given(case=conversations(filled=SURE, recipe=double))
def test_sft_sure_gradients(submission, reference, case):
    expect_gradients(submission, reference, "sft_loss", case, {"logits": 0})


@check("sft_loss", "who knows nothing pays log V", practice=True, examples=10)
@given(case=conversations())
def test_sft_clueless(submission, case):
    logits, *others = case
    due = torch.tensor(math.log(logits.shape[2]), dtype=logits.dtype)
    got = submission.sft_loss(torch.zeros_like(logits), *others)
    expect_answer(got, due, "all logits are zero", scale=1.0)


@check("sft_loss", "prompts and padding play no part", practice=True)
@given(case=conversations(), seed=st.integers(0, 2**20))
def test_sft_left_out(submission, case, seed):
    logits, tokens, prompts, lengths = case
    once = computable(submission.sft_loss(*case), (), "the loss")
    noise = np.random.default_rng(seed)
    others, guesses = tokens.clone(), logits.clone()
    for row, (start, end) in enumerate(zip(prompts.tolist(), lengths.tolist(), strict=True)):
        for i in range(tokens.shape[1]):
            if not start <= i < end:
                others[row, i] = int(noise.integers(logits.shape[2]))
            # The guess for token i + 1 is used where that token counts.
            if not start <= i + 1 < end:
                guesses[row, i] = torch.from_numpy(noise.uniform(-9, 9, logits.shape[2]))
    got = submission.sft_loss(guesses, others, prompts, lengths)
    expect_answer(got, once, "other prompts and other padding", max(largest(once), 1.0))


@check("sft_loss", "each token counts alike, in long answers and in short ones", practice=True)
@given(case=conversations())
def test_sft_alike(submission, case):
    counts = (case[3] - case[2]).tolist()
    whole = computable(submission.sft_loss(*case), (), "the loss")
    total = torch.zeros((), dtype=whole.dtype)
    for row, count in enumerate(counts):
        if count:
            alone = submission.sft_loss(*(part[row : row + 1] for part in case))
            total = total + count * computable(alone, (), "the loss of a row")
    due = total / sum(counts)
    expect_answer(whole, due, "the rows alone, each weighed by its tokens", max(largest(due), 1.0))


untouched("sft_loss", conversations())


# --- sequence_logprob ----------------------------------------------------------------------------


@st.composite
def answers(draw, filled=FILLS, recipe=lambda fill: fill):
    """logits, tokens, mask."""
    (rows, columns, words), fill = draw(READ), recipe(draw(filled))
    tokens = integers(fill, fill.labels(words, rows, columns))
    mask = masks(fill, rows, columns, each=True, least=1)
    return tensor(fill, rows, columns, words), tokens, mask


YES, NO = True, False
ANSWERS = [
    (
        *LONG,
        torch.tensor(
            [
                [YES, NO, YES, YES, NO, YES],
                [NO, YES, NO, NO, YES, NO],
                [YES, YES, YES, NO, NO, NO],
            ]
        ),
    ),
    (*SQUARE, torch.tensor([[NO, YES, YES], [YES, NO, YES], [YES, NO, YES]])),
]


def compare_sums(got, expected, logits, *others):
    """Compare sums of log probabilities, of which each may be large."""
    expect_answer(got, expected, scale=max(largest(expected), 1.0))


example("sequence_logprob")
matches("sequence_logprob", answers(), compare=compare_sums, first=ANSWERS)
matches(
    "sequence_logprob",
    answers(filled=SURE, recipe=double),
    title="is right for sure logits",
    compare=compare_sure,
    weight=1.5,
    examples=25,
)


@check("sequence_logprob", "gradients reach the logits", weight=1.5, examples=10)
@given(case=answers(filled=STEADY))
def test_sequence_gradients(submission, reference, case):
    expect_gradients(submission, reference, "sequence_logprob", case, {"logits": 0})


@check("sequence_logprob", "sure logits have gradients too", examples=10)
@given(case=answers(filled=SURE, recipe=double))
def test_sequence_sure_gradients(submission, reference, case):
    expect_gradients(submission, reference, "sequence_logprob", case, {"logits": 0})


@check("sequence_logprob", "where nothing counts it is 0", practice=True, examples=8)
@given(case=answers())
def test_logprob_of_nothing(submission, case):
    logits, tokens, mask = case
    nothing = torch.zeros_like(mask)
    nothing[:, 0] = mask[:, 0]
    due = torch.zeros(len(tokens), dtype=logits.dtype)
    got = submission.sequence_logprob(logits, tokens, nothing)
    expect_answer(got, due, "the mask is False but for column 0", scale=1.0)


@check("sequence_logprob", "token 0 is predicted by nobody", practice=True, examples=10)
@given(case=answers())
def test_sequence_first(submission, case):
    logits, tokens, mask = case
    due = (len(tokens),)
    once = computable(submission.sequence_logprob(*case), due, "the log probabilities")
    other, flipped = tokens.clone(), mask.clone()
    other[:, 0], flipped[:, 0] = (tokens[:, 0] + 1) % logits.shape[2], ~mask[:, 0]
    got = submission.sequence_logprob(logits, other, flipped)
    expect_answer(got, once, "another token 0, and the mask turned there", max(largest(once), 1.0))


@check("sequence_logprob", "what two masks share out adds up", practice=True, examples=10)
@given(case=answers(), seed=st.integers(0, 2**20))
def test_sequence_adds(submission, case, seed):
    logits, tokens, mask = case
    some = torch.from_numpy(np.random.default_rng(seed).random(mask.shape) < 0.5)
    parts = [
        computable(
            submission.sequence_logprob(logits, tokens, part), mask.shape[:1], "the logarithms"
        )
        for part in (mask & some, mask & ~some)
    ]
    got = submission.sequence_logprob(*case)
    expect_answer(got, parts[0] + parts[1], "both masks together", max(largest(*parts), 1.0))


untouched("sequence_logprob", answers())


# --- reward_model_loss ---------------------------------------------------------------------------

PAIRS = st.sampled_from((3, 2, 5, 1, 4, 8))
NO_MARGIN, ONE_MARGIN, MARGINS = range(3)


def apart(values, edge=0.0):
    """The same numbers, none of them close to the edge, where a formula may have a corner."""
    return torch.where((values - edge).abs() < 2e-2, values + 0.25, values)


@st.composite
def preferences(draw, filled=FILLS, kinds=(NO_MARGIN, ONE_MARGIN, MARGINS)):
    """chosen, rejected, and a margin for each pair, for all, or none."""
    count, fill, kind = draw(PAIRS), draw(filled), draw(st.sampled_from(kinds))
    rejected = tensor(fill, count)
    chosen = rejected + apart(tensor(fill, count))
    if kind == NO_MARGIN:
        return laid_out(fill, chosen), rejected
    if kind == ONE_MARGIN:
        margin = one_of(fill, 0.5, 1.0, 2.5, -0.75)
        chosen = rejected + apart(chosen - rejected, margin)
        return laid_out(fill, chosen), rejected, margin
    margin = floats(fill, fill.rng.integers(-1, 9, count) / 4)
    return laid_out(fill, rejected + margin + apart(chosen - rejected - margin)), rejected, margin


CHOSEN = torch.tensor([1.0, 0.5, -1.0]), torch.tensor([0.25, 2.0, -1.5])
PREFERENCES = [
    (*CHOSEN, torch.tensor([0.5, 0.0, 2.0])),
    (*CHOSEN, 1.5),
    CHOSEN,
    case(*CHOSEN, margin=0.5),
]

example("reward_model_loss")
matches("reward_model_loss", preferences(), compare=compare_number, first=PREFERENCES)
matches(
    "reward_model_loss",
    preferences(filled=SURE),
    title="is right for large differences",
    compare=compare_number,
    weight=1.5,
    examples=25,
)


def pair_places(case):
    """Which arguments are tensors, by name."""
    names = {"chosen": 0, "rejected": 1}
    return names | {"margin": 2} if len(case) == 3 and torch.is_tensor(case[2]) else names


@check("reward_model_loss", "gradients reach both rewards and the margin", examples=10)
@given(case=preferences(filled=STEADY, kinds=(MARGINS, ONE_MARGIN)))
def test_reward_gradients(submission, reference, case):
    expect_gradients(submission, reference, "reward_model_loss", case, pair_places(case))


@check("reward_model_loss", "large differences have gradients too", examples=10)
@given(case=preferences(filled=SURE))
def test_reward_sure_gradients(submission, reference, case):
    expect_gradients(submission, reference, "reward_model_loss", case, pair_places(case))


@check("reward_model_loss", "who cannot tell two answers apart pays log 2", practice=True)
@given(case=preferences())
def test_reward_clueless(submission, case):
    rewards = case[0]
    due = torch.tensor(math.log(2), dtype=rewards.dtype)
    got = submission.reward_model_loss(rewards, rewards.clone())
    expect_answer(got, due, "both answers get the same reward", scale=1.0)


@check("reward_model_loss", "a margin is a start that the rejected answer gets", practice=True)
@given(case=preferences(kinds=(MARGINS, ONE_MARGIN)))
def test_reward_margin(submission, case):
    chosen, rejected, margin = case
    due = computable(submission.reward_model_loss(chosen, rejected + margin), (), "the loss")
    got = submission.reward_model_loss(chosen, rejected, margin)
    expect_answer(got, due, "the margin added to rejected", max(largest(due), 1.0))


@check("reward_model_loss", "each pair counts alike", practice=True, examples=10)
@given(case=preferences(kinds=(NO_MARGIN,)))
def test_reward_pairs(submission, case):
    count = len(case[0])
    found = [
        submission.reward_model_loss(*(part[i : i + 1] for part in case)) for i in range(count)
    ]
    total = sum(computable(one, (), "the loss of a pair") for one in found)
    got = submission.reward_model_loss(*case)
    expect_answer(got, total / count, "the mean of the pairs alone", max(largest(*found), 1.0))


untouched("reward_model_loss", preferences())


# --- best_of_n -----------------------------------------------------------------------------------

GROUPS = st.sampled_from(
    [  # G, n
        (2, 3),
        (3, 2),
        (3, 3),
        (4, 2),
        (2, 2),
        (1, 4),
        (4, 1),
        (5, 3),
        (2, 5),
    ]
)


def exact(got, expected, *arguments, **named):
    """Compare int64 tensors."""
    expect(isinstance(got, torch.Tensor), "a tensor is due", expected=expected, got=got)
    expect_equal(str(got.dtype), "torch.int64", "the dtype of the answer")
    expect_equal(got, expected)


@st.composite
def sampled(draw):
    """rewards, n, and a threshold that no reward equals, but one of them is above; or none."""
    (groups, n), fill = draw(GROUPS), draw(FILLS)
    places = fill.rng.permutation(groups * n) - one_of(fill, 0, groups * n // 2, groups * n)
    rewards = floats(fill, places / 4 + 0.125)
    threshold = one_of(fill, None, 0.0, *(np.sort(places)[1:] / 4).tolist())
    if threshold is None or threshold > largest_of(rewards):
        return rewards, n
    return rewards, n, threshold


def largest_of(rewards):
    """The largest entry."""
    return float(rewards.max())


@st.composite
def tied(draw):
    """rewards, n: many are equal."""
    (groups, n), fill = draw(GROUPS), draw(FILLS)
    return floats(fill, fill.rng.integers(0, 3, groups * n) / 2), n


@st.composite
def reached(draw):
    """rewards, n, threshold: the best of a group equals it."""
    rewards, n, *_ = draw(sampled())
    winners = rewards.reshape(-1, n).max(dim=1).values
    return rewards, n, float(winners[draw(st.integers(0, len(winners) - 1))])


REWARDS = torch.tensor([-1.0, 0.25, -0.5, 2.0, 1.0, 3.0, -2.0, -0.25, -0.75])
BEST = [
    (REWARDS, 3),
    (torch.tensor([-3.0, -2.0, 0.25, 0.0, 1.0, 3.0]), 2, 0.5),
    (REWARDS, 3, 0.0),
    (REWARDS[:6], 3, -0.5),
    (REWARDS[:4], 1, 0.0),
    case(REWARDS, n=3, threshold=1.0),
]

example("best_of_n")
matches("best_of_n", sampled(), compare=exact, first=BEST)
matches(
    "best_of_n",
    tied(),
    title="of equal entries the first one wins",
    compare=exact,
    first=[(torch.tensor([0.0, 1.0, 1.0, 1.0, 0.0, 1.0]), 3)],
    value=False,
)
matches(
    "best_of_n",
    reached(),
    title="a winner that equals the threshold stays",
    compare=exact,
    first=[(torch.tensor([0.0, -1.0, 2.0, 1.0, -3.0, -1.0]), 2, 0.0)],
    value=False,
)


@check("best_of_n", "the indices are those of the largest rewards", practice=True)
@given(case=sampled())
def test_best_indices(submission, case):
    rewards, n, *_ = case
    rows = rewards.split(n)
    got = computable(submission.best_of_n(rewards, n), (len(rows),), "the indices")
    inside = bool(((got >= 0) & (got < len(rewards))).all())
    expect(inside, f"indices into rewards go from 0 to {len(rewards) - 1}", got=got)
    due = torch.stack([row.max() for row in rows])
    expect_answer(rewards[got.long()], due, "the rewards at these indices")


untouched("best_of_n", sampled())


# --- policy_gradient_loss ------------------------------------------------------------------------

PLAYED = st.sampled_from(
    ((2, 3), (3, 2), (3, 3), (1, 4), (4, 1), (2, 2), (4, 5), (5, 3), (2, 6), (1, 1))
)


@st.composite
def plays(draw, filled=FILLS):
    """logprobs, returns, baseline, mask."""
    shape, fill = draw(PLAYED), draw(filled)
    mask = masks(fill, *shape)
    logprobs = floats(fill, -abs(fill(*shape)) - 0.5)
    values = tensor(fill, *shape), tensor(fill, *shape)
    return *left_out(fill, mask, logprobs, *values), mask


def fixed(seed, rows, columns):
    """A recipe and a mask with rows of different length, one of them empty where it can be."""
    fill = Fill("normal", 1.0, "C", seed)
    mask = torch.arange(columns)[None] < torch.arange(rows)[:, None]
    return fill, mask


def play(seed, rows, columns):
    """One of the cases that are always tried."""
    fill, mask = fixed(seed, rows, columns)
    return *(tensor(fill, rows, columns) for _ in range(3)), mask


def compare_products(got, expected, logprobs, returns, baseline, mask):
    """Compare a mean of products."""
    used = [torch.where(mask, one, 0) for one in (logprobs, returns - baseline)]
    scale = max(largest(expected), 0.1 * largest(used[0]) * largest(used[1]))
    expect_answer(got, expected, scale=scale)


PLAYS = [play(173, 3, 4), play(174, 3, 3), play(175, 4, 2)]

example("policy_gradient_loss")
matches("policy_gradient_loss", plays(), compare=compare_products, first=PLAYS)


@check("policy_gradient_loss", "gradients reach the log probabilities", weight=1.5, examples=10)
@given(case=plays(filled=STEADY))
def test_policy_gradients(submission, reference, case):
    expect_gradients(submission, reference, "policy_gradient_loss", case, {"logprobs": 0})


@check("policy_gradient_loss", "returns and baseline are constant", weight=1.5, examples=10)
@given(case=plays(filled=STEADY))
def test_policy_constants(submission, case):
    constants = {"returns": 1, "baseline": 2}
    expect_constant(submission, "policy_gradient_loss", case, constants)


@check("policy_gradient_loss", "what came as expected teaches nothing", practice=True)
@given(case=plays())
def test_policy_expected(submission, case):
    logprobs, returns, _, mask = case
    got = submission.policy_gradient_loss(logprobs, returns, returns.clone(), mask)
    due = torch.zeros((), dtype=logprobs.dtype)
    expect_answer(got, due, "returns and baseline are equal", scale=0.01)


@check("policy_gradient_loss", "what is masked plays no part", practice=True, examples=10)
@given(case=plays(), fill=STEADY)
def test_policy_masked(submission, case, fill):
    *values, mask = case
    once = computable(submission.policy_gradient_loss(*case), (), "the loss")
    others = [
        torch.where(mask, one, torch.from_numpy(fill.rng.uniform(-9, 9, one.shape)).to(one))
        for one in values
    ]
    got = submission.policy_gradient_loss(*others, mask)
    scale = max(largest(once), 1e-2 * largest(*values) ** 2)
    expect_answer(got, once, "other numbers where the mask is False", scale)


@check("policy_gradient_loss", "one row is the mean over its own entries", practice=True)
@given(case=plays())
def test_policy_row(submission, case):
    *values, mask = case
    row = int(mask.any(dim=1).nonzero()[0])
    logprobs, returns, baseline = (one[row : row + 1] for one in values)
    products = (baseline - returns) * logprobs
    due = products[mask[row : row + 1]].mean()
    got = submission.policy_gradient_loss(logprobs, returns, baseline, mask[row : row + 1])
    scale = max(largest(due), 0.1 * largest(products[mask[row : row + 1]]))
    expect_answer(got, due, f"row {row} alone", scale)


untouched("policy_gradient_loss", plays())


# --- gae -----------------------------------------------------------------------------------------

EPISODES = st.sampled_from(
    [  # T, N
        (3, 2),
        (2, 3),
        (3, 3),
        (4, 1),
        (1, 3),
        (5, 2),
        (2, 2),
        (8, 3),
        (4, 4),
        (1, 1),
        (12, 2),
    ]
)
DISCOUNTS = (0.9, 1.0, 0.5, 0.99, 0.0)
LAMBDAS = (0.95, 0.5, 1.0, 0.8, 0.0)
BOTH = ("advantages", "returns")


@st.composite
def rollouts(draw, ends=True, discounts=DISCOUNTS, lambdas=LAMBDAS):
    """rewards, values, last_value, dones, gamma, lam."""
    (steps, count), fill = draw(EPISODES), draw(FILLS)
    dones = fill.rng.random((steps, count)) < (one_of(fill, 0.35, 0.2, 0.6) if ends else 0.0)
    return (
        tensor(fill, steps, count),
        tensor(fill, steps, count),
        tensor(fill, count),
        laid_out(fill, torch.from_numpy(dones)),
        one_of(fill, *discounts),
        one_of(fill, *lambdas),
    )


def rollout(seed, dones, gamma, lam):
    """One of the cases that are always tried; an end is 1."""
    fill, dones = Fill("normal", 1.0, "C", seed), torch.tensor(dones).bool()
    shape = dones.shape
    return tensor(fill, *shape), tensor(fill, *shape), tensor(fill, shape[1]), dones, gamma, lam


ROLLOUTS = [
    rollout(176, [[0, 1], [0, 0], [1, 0], [0, 0]], 0.9, 0.8),
    rollout(177, [[0, 0, 1], [1, 0, 0], [0, 0, 1]], 0.5, 0.9),
    rollout(178, [[0, 0], [0, 0], [0, 1]], 0.99, 0.95),
    rollout(179, [[0, 1, 0]], 0.9, 0.5),
]


def compare_both(got, expected, *arguments):
    """Compare advantages and returns."""
    for mine, due, name in zip(as_parts(got, BOTH), expected, BOTH, strict=True):
        expect_answer(mine, due, name, scale=max(largest(due), 0.1 * largest(*arguments)))


def estimated(submission, case):
    """Advantages and returns to compute with."""
    got, shape = as_parts(submission.gae(*case), BOTH), case[0].shape
    return [computable(part, shape, name) for part, name in zip(got, BOTH, strict=True)]


def backed(rewards, values, last_value, dones, gamma):
    """What each step brought with the next state's value, and minus its own."""
    following = torch.cat([values, last_value[None]])[1:]
    return rewards + gamma * torch.where(dones, 0.0, following) - values


example("gae")
matches("gae", rollouts(), compare=compare_both, first=ROLLOUTS)
matches(
    "gae",
    rollouts(ends=False),
    title="is right where no episode ends",
    compare=compare_both,
    first=[rollout(180, [[0, 0], [0, 0], [0, 0]], 0.9, 0.8)],
    weight=2,
    examples=25,
)


@check("gae", "nothing before an end depends on what is behind it", practice=True)
@given(case=rollouts(), seed=st.integers(0, 2**20))
def test_gae_ends(submission, case, seed):
    rewards, values, last_value, dones, *rates = case
    noise = np.random.default_rng(seed)
    # In environment n all is new behind its first end, if it has one.
    before = torch.cat([torch.zeros_like(dones[:1]), dones]).cumsum(dim=0) == 0
    behind, after = ~before[:-1], ~before[-1]
    other = [
        torch.where(where, torch.from_numpy(noise.uniform(-9, 9, one.shape)).to(one), one)
        for one, where in ((rewards, behind), (values, behind), (last_value, after))
    ]
    ends = dones ^ (behind & torch.from_numpy(noise.random(dones.shape) < 0.5))
    first, second = estimated(submission, case), estimated(submission, (*other, ends, *rates))
    scale = max(largest(*first, rewards), 1e-2)
    for mine, due, name in zip(second, first, BOTH, strict=True):
        mine, due = (torch.where(behind, 0, part) for part in (mine, due))
        expect_answer(mine, due, f"{name} before the end, with all changed behind it", scale)


@check("gae", "with λ = 0 an advantage is what one step brought", practice=True, examples=10)
@given(case=rollouts(lambdas=(0.0,)))
def test_gae_one_step(submission, case):
    due = backed(*case[:5])
    advantages, _ = estimated(submission, case)
    expect_answer(advantages, due, "the δ of each step", max(largest(due), 0.1 * largest(*case)))


@check("gae", "with λ = 1 the returns are made of rewards alone", practice=True, examples=10)
@given(case=rollouts(lambdas=(1.0,)))
def test_gae_returns(submission, case):
    rewards, values, last_value, dones, gamma, _ = case
    due, following = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        following = rewards[t] + gamma * torch.where(dones[t], 0.0, following)
        due[t] = following
    _, returns = estimated(submission, case)
    message = "discounted rewards up to the end, or to last_value"
    expect_answer(returns, due, message, max(largest(due), largest(values)))


@check("gae", "each environment is on its own", practice=True, examples=10)
@given(case=rollouts())
def test_gae_environments(submission, case):
    *tensors, gamma, lam = case
    together = estimated(submission, case)
    one = tensors[0].shape[1] - 1
    alone = estimated(submission, (*(part[..., one:] for part in tensors), gamma, lam))
    for mine, due, name in zip(together, alone, BOTH, strict=True):
        scale = max(largest(due, *tensors), 1e-2)
        expect_answer(mine[:, one:], due, f"{name} of environment {one}", scale)


untouched("gae", rollouts())


# --- ppo_loss ------------------------------------------------------------------------------------

RATIOS = (1.5, 0.5, 1.0, 0.9, 1.1, 2.0, 0.3, 3.0)
CLIPS = (None, 0.1, 0.3, 0.5, 0.05)
USUAL = 0.2


def moved(fill, clip, *shape):
    """Ratios of old and new probabilities, none of them at an edge of what is clipped."""
    ratios = fill.rng.choice(RATIOS, shape)
    if fill.kind == "normal":
        ratios = ratios * fill.rng.uniform(0.95, 1.05, shape)
    near = True
    while np.any(near):
        near = np.abs(np.abs(ratios - 1) - clip) < 0.02
        ratios = np.where(near, 1.05 * ratios, ratios)
    return np.log(ratios)


def policies(fill, clip, *shape):
    """logprobs and old_logprobs, by whose difference the policy has moved."""
    low = -8.0 if fill.kind == "normal" else -2.0
    old = fill.rng.uniform(low, -2.0, shape) if low < -2.0 else np.full(shape, low)
    return floats(fill, old + moved(fill, clip, *shape)), floats(fill, old)


@st.composite
def updates(draw, filled=FILLS, clips=CLIPS):
    """logprobs, old_logprobs, advantages, mask, and clip or not."""
    shape, fill = draw(PLAYED), draw(filled)
    mask, clip = masks(fill, *shape), one_of(fill, *clips)
    logprobs, old = policies(fill, USUAL if clip is None else clip, *shape)
    values = left_out(fill, mask, logprobs, old, tensor(fill, *shape))
    return (*values, mask) if clip is None else (*values, mask, clip)


MOVED = torch.tensor([[1.5, 0.5, 1.1, 2.5], [0.3, 1.6, 0.7, 0.95], [1.4, 0.6, 3.0, 0.2]]).log()
OLD = torch.tensor([[-1.0, -2.0, -3.0, -1.5], [-0.5, -2.5, -1.0, -2.0], [-3.0, -1.2, -2.2, -0.7]])
WORTH = torch.tensor([[1.0, 1.0, -2.0, -1.0], [-1.5, 2.0, 0.5, -0.5], [-1.0, -2.0, 3.0, 1.0]])
COUNTED = torch.tensor([[YES, YES, YES, NO], [NO, NO, NO, NO], [YES, YES, NO, NO]])
UNEQUAL = torch.tensor([[YES, YES, YES, YES], [NO, NO, YES, NO], [YES, YES, NO, NO]])
UPDATES = [
    (OLD + MOVED, OLD, WORTH, COUNTED),
    (OLD + MOVED, OLD, WORTH, UNEQUAL, 0.45),
    ((OLD + MOVED)[:, :3], OLD[:, :3], WORTH[:, :3], UNEQUAL[:, :3]),
    case(OLD + MOVED, OLD, WORTH, UNEQUAL, clip=0.1),
]


def compare_update(got, expected, logprobs, old, advantages, mask, *_, **__):
    """Compare a mean of advantages times ratios."""
    size = largest(torch.where(mask, advantages, 0))
    expect_answer(got, expected, scale=max(largest(expected), 0.1 * size))


example("ppo_loss")
matches("ppo_loss", updates(), compare=compare_update, first=UPDATES)


@check("ppo_loss", "gradients reach the log probabilities", weight=2)
@given(case=updates(filled=STEADY))
def test_ppo_gradients(submission, reference, case):
    expect_gradients(submission, reference, "ppo_loss", case, {"logprobs": 0})


@check("ppo_loss", "old log probabilities and advantages are constant", weight=1.5, examples=10)
@given(case=updates(filled=STEADY))
def test_ppo_constants(submission, case):
    constants = {"old_logprobs": 1, "advantages": 2}
    expect_constant(submission, "ppo_loss", case, constants)


@check("ppo_loss", "who has not moved pays minus the mean advantage", practice=True)
@given(case=updates())
def test_ppo_at_rest(submission, case):
    logprobs, _, advantages, mask, *clip = case
    got = submission.ppo_loss(logprobs, logprobs.clone(), advantages, mask, *clip)
    used = advantages[mask]
    expect_answer(got, -used.mean(), "all ratios are 1", max(0.1 * largest(used), 1e-2))


@check("ppo_loss", "what has moved far enough gets no gradient", practice=True)
@given(case=updates(filled=STEADY))
def test_ppo_stops(submission, case):
    logprobs, old, advantages, mask, *clip = case
    edge = clip[0] if clip else USUAL
    upstream = [torch.ones((), dtype=logprobs.dtype)]
    (got,) = as_parts(
        submission.probe(go_back, "ppo_loss", list(case), [0], upstream), ("logprobs",)
    )
    moves = torch.expm1(logprobs - old)
    done = (moves.abs() > edge) & (moves * advantages > 0)
    going = mask & ~done & (advantages.abs() > 1e-2)
    got = computable(got, logprobs.shape, "the gradient")
    message = "further in the direction of A than clip allows, or masked"
    still = torch.where(done | ~mask, got, 0)
    expect_answer(still, torch.zeros_like(got), message, 1e-2)
    pulled = torch.where(going, got.sign(), 0)
    due = torch.where(going, -advantages.sign(), 0)
    expect_answer(pulled, due, "elsewhere it pulls where A wants", 1.0)


@check("ppo_loss", "what is masked plays no part", practice=True, examples=10)
@given(case=updates(), fill=STEADY)
def test_ppo_masked(submission, case, fill):
    *values, mask = case[:4]
    once = computable(submission.ppo_loss(*case), (), "the loss")
    others = [
        torch.where(mask, one, torch.from_numpy(fill.rng.uniform(-9, 9, one.shape)).to(one))
        for one in values
    ]
    got = submission.ppo_loss(*others, mask, *case[4:])
    scale = max(largest(once), 0.1 * largest(values[2]))
    expect_answer(got, once, "other numbers where the mask is False", scale)


untouched("ppo_loss", updates())


# --- kl_estimates --------------------------------------------------------------------------------

ANY_AXES = st.sampled_from(
    ((2, 3), (3,), (3, 3), (4, 2), (2, 2), (2, 3, 4), (1,), (3, 1), (2, 2, 2), (), (5,))
)
ESTIMATES = ("k1", "k2", "k3")
CLOSE = fills((1.0, 0.05, 2.0))
APART = fills((7.5,))


@st.composite
def tokens_of_two(draw, filled=CLOSE, shapes=ANY_AXES):
    """logprobs, ref_logprobs."""
    shape, fill = draw(shapes), draw(filled)
    return log_probabilities(fill, *shape), log_probabilities(fill, *shape)


def compare_estimates(got, expected, *_):
    """Compare the three, each relative to its own largest entry."""
    for mine, due, name in zip(as_parts(got, ESTIMATES), expected, ESTIMATES, strict=True):
        expect_answer(mine, due, name)


def three(submission, *case):
    """The three estimates to compute with."""
    got = as_parts(submission.kl_estimates(*case), ESTIMATES)
    return [
        computable(part, case[0].shape, name) for part, name in zip(got, ESTIMATES, strict=True)
    ]


FAR = (
    torch.tensor([[-1.0, -2.5, -0.5], [-3.0, -1.0, -2.0]]),
    torch.tensor([[-2.0, -0.5, -0.75], [-1.0, -4.0, -2.0]]),
)
FARTHER = torch.tensor([-28.0, -1.0, -4.0]).double(), torch.tensor([-1.5, -27.0, -4.5]).double()

example("kl_estimates")
matches("kl_estimates", tokens_of_two(), compare=compare_estimates, first=[FAR])
matches(
    "kl_estimates",
    tokens_of_two(filled=APART),
    title="is right where the models are far apart",
    compare=compare_estimates,
    first=[FARTHER],
    weight=1,
    examples=10,
)


@check("kl_estimates", "gradients reach both", weight=1.5, examples=10)
@given(case=tokens_of_two(filled=STEADY))
def test_kl_gradients(submission, reference, case):
    places = {"logprobs": 0, "ref_logprobs": 1}
    expect_gradients(submission, reference, "kl_estimates", case, places)


@check("kl_estimates", "k2 and k3 are never negative, k1 may be", practice=True)
@given(case=tokens_of_two())
def test_kl_signs(submission, case):
    k1, k2, k3 = three(submission, *case)
    for part, name in ((k2, "k2"), (k3, "k3")):
        least = float(part.min())
        expect(least > -1e-5, f"{name} is negative somewhere", expected=0.0, got=least)
    due = (case[0] - case[1]).sign()
    expect_answer(k1.sign(), due, "k1 is negative where the reference is the surer one", 1.0)


@check("kl_estimates", "two equal models are nowhere apart", practice=True, examples=8)
@given(case=tokens_of_two())
def test_kl_equal(submission, case):
    zeros = torch.zeros_like(case[0])
    for part, name in zip(three(submission, case[0], case[0].clone()), ESTIMATES, strict=True):
        expect_answer(part, zeros, f"{name} of a model and itself", scale=1e-2)


@check("kl_estimates", "k1 and k3 have the mean that is the divergence", practice=True)
@given(sizes=st.sampled_from(((2, 3), (3, 4), (1, 5), (2, 2))), fill=STEADY)
def test_kl_means(submission, sizes, fill):
    logprobs, other = (tensor(fill, *sizes).log_softmax(dim=-1) for _ in range(2))
    p = logprobs.exp()
    due = (p * logprobs).sum(dim=-1) - (p * other).sum(dim=-1)
    k1, _, k3 = three(submission, logprobs, other)
    for part, name in ((k1, "k1"), (k3, "k3")):
        mean = (p * part).sum(dim=-1)
        expect_answer(mean, due, f"the mean of {name} over the vocabulary", max(largest(due), 1.0))


untouched("kl_estimates", tokens_of_two())


# --- dpo_loss ------------------------------------------------------------------------------------

BETAS = (0.1, 0.5, 1.0, 2.0, 0.25)
DPO = ("loss", "chosen_rewards", "rejected_rewards")
NEAR = fills((1.0, 5.0, 0.05))


@st.composite
def compared(draw, filled=NEAR):
    """policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta."""
    count, fill = draw(PAIRS), draw(filled)
    base = -np.floor(fill.rng.uniform(9.0, 20.0, (2, count)))
    chosen, rejected, ref_chosen, ref_rejected = (
        base[number % 2] + fill(count) for number in range(4)
    )
    lead = chosen - ref_chosen - rejected + ref_rejected
    chosen = np.where(np.abs(lead) < 0.02, chosen + 0.25, chosen)
    parts = (floats(fill, part) for part in (chosen, rejected, ref_chosen, ref_rejected))
    return *parts, one_of(fill, *BETAS)


@st.composite
def compared_surely(draw):
    """The same in float64, with differences of rewards up to ±10000."""
    count, fill = draw(PAIRS), double(draw(SURE))
    beta, most = one_of(fill, *BETAS), one_of(fill, 1e4, 300.0, 2000.0)
    reach = most / (2 * beta)
    parts = [-fill.rng.uniform(0.0, reach, count) for _ in range(4)]
    return *(floats(fill, part) for part in parts), beta


COMPARED = (
    torch.tensor([-5.0, -8.0, -6.5]),
    torch.tensor([-9.0, -6.0, -6.0]),
    torch.tensor([-7.0, -7.0, -4.0]),
    torch.tensor([-8.0, -9.0, -5.5]),
)
LOST = tuple(
    torch.tensor(part, dtype=torch.float64)
    for part in ([-9e3, -100.0], [-10.0, -4e3], [-5.0, -900.0], [-500.0, -80.0])
)


def compare_dpo(got, expected, *arguments):
    """Compare loss and rewards."""
    beta = arguments[-1]
    for mine, due, name in zip(as_parts(got, DPO), expected, DPO, strict=True):
        least = 1.0 if name == "loss" else beta
        expect_answer(mine, due, name, scale=max(largest(due), least))


def preferred(submission, case):
    """Loss and rewards to compute with."""
    got = as_parts(submission.dpo_loss(*case), DPO)
    shapes = ((), case[0].shape, case[0].shape)
    return [
        computable(part, shape, name) for part, shape, name in zip(got, shapes, DPO, strict=True)
    ]


example("dpo_loss")
matches("dpo_loss", compared(), compare=compare_dpo, first=[(*COMPARED, 0.5), (*COMPARED, 2.0)])
matches(
    "dpo_loss",
    compared_surely(),
    title="is right for large differences",
    compare=compare_dpo,
    first=[(*LOST, 1.0)],
    weight=1.5,
    examples=25,
)

POLICY = {"policy_chosen": 0, "policy_rejected": 1}


@check("dpo_loss", "gradients reach both answers of the policy", weight=1.5, examples=10)
@given(case=compared())
def test_dpo_gradients(submission, reference, case):
    expect_gradients(submission, reference, "dpo_loss", case, POLICY, parts=1)


@check("dpo_loss", "large differences have gradients too", examples=10)
@given(case=compared_surely())
def test_dpo_sure_gradients(submission, reference, case):
    expect_gradients(submission, reference, "dpo_loss", case, POLICY, parts=1)


@check("dpo_loss", "the reference is constant", weight=1.5, examples=10)
@given(case=compared())
def test_dpo_constants(submission, case):
    constants = {"ref_chosen": 2, "ref_rejected": 3}
    expect_constant(submission, "dpo_loss", case, constants, learning=(0, 1))


def have_gradients(module, arguments):
    """call with a policy that learns, and look which parts of the answer have gradients"""
    arguments[0], arguments[1] = arguments[0].requires_grad_(), arguments[1].requires_grad_()
    return [bool(part.requires_grad) for part in module.dpo_loss(*arguments)]


@check("dpo_loss", "the rewards are for looking at", practice=True, examples=6)
@given(case=compared())
def test_dpo_detached(submission, case):
    got = as_parts(submission.probe(have_gradients, list(case)), DPO)
    for mine, due, name in zip(got, (True, False, False), DPO, strict=True):
        expect_equal(mine, due, f"whether {name} has a gradient")


@check("dpo_loss", "at first, policy and reference are one: log 2, no rewards", practice=True)
@given(case=compared())
def test_dpo_start(submission, case):
    chosen, rejected, _, _, beta = case
    start = (chosen, rejected, chosen.clone(), rejected.clone(), beta)
    loss, *rewards = preferred(submission, start)
    due = torch.tensor(math.log(2), dtype=chosen.dtype)
    expect_answer(loss, due, "the loss where policy and reference are equal", 1.0)
    for part, name in zip(rewards, DPO[1:], strict=True):
        expect_answer(part, torch.zeros_like(chosen), f"{name}, where they are equal", beta)


@check("dpo_loss", "it is a reward model's loss of its own rewards", practice=True)
@given(case=compared())
def test_dpo_is_reward_model(submission, case):
    loss, chosen, rejected = preferred(submission, case)
    due = torch.nn.functional.softplus(rejected - chosen).sum() / len(chosen)
    expect_answer(loss, due, "from the rewards that were returned", max(largest(due), 1.0))


untouched("dpo_loss", compared())


# --- grpo_advantages -----------------------------------------------------------------------------

TEAMS = st.sampled_from(((2, 3), (3, 2), (3, 3), (4, 2), (2, 2), (1, 4), (2, 4), (5, 2), (3, 5)))
EPSILONS = (None, 0.5, 0.01, 0.1, 1.0)


@st.composite
def graded(draw, epsilons=EPSILONS):
    """rewards, group_size, and eps or not; in each group rewards differ."""
    (groups, n), fill = draw(TEAMS), draw(FILLS)
    rewards, eps = fill(groups, n) + fill(groups, 1), one_of(fill, *epsilons)
    size = fill.scale if fill.kind == "normal" else 1.0
    flat = rewards.std(axis=1) < 0.3 * size
    rewards[flat, -1] += 2 * size
    rewards = floats(fill, rewards.reshape(-1))
    return (rewards, n) if eps is None else (rewards, n, eps)


MARKS = torch.tensor([1.0, 0.0, 2.0, 5.0, 4.5, 2.0, -1.0, 3.0])
MARKED = [
    (MARKS[:6], 3),
    (MARKS[:6], 2, 0.5),
    (MARKS, 4, 0.1),
    (MARKS[:4], 2),
    (MARKS.double() / 20, 2),
    case(MARKS, group_size=2, eps=1.0),
]

example("grpo_advantages")
matches("grpo_advantages", graded(), compare=compare_number, first=MARKED)


@check("grpo_advantages", "equal rewards are no advantage", weight=1.5, examples=10)
@given(sizes=TEAMS, level=st.sampled_from((1.0, 0.0, 0.5)), fill=STEADY)
def test_grpo_equal(submission, reference, sizes, level, fill):
    groups, n = sizes
    rewards = torch.from_numpy(fill.rng.permutation(groups * n)).to(dtype_of(fill)) / 4
    rewards[:n] = level
    due = reference.grpo_advantages(rewards, n)
    got = computable(submission.grpo_advantages(rewards, n), rewards.shape, "the advantages")
    even = bool((got[:n].abs() < 1e-2).all())
    expect(even, "equal rewards in a group: zeros are due", expected=due[:n], got=got[:n])
    expect_answer(got[n:], due[n:], "the other groups", 1.0)


@check("grpo_advantages", "the advantages of a group sum to zero", practice=True, examples=10)
@given(case=graded())
def test_grpo_sums(submission, case):
    rewards, n, *_ = case
    got = computable(submission.grpo_advantages(*case), rewards.shape, "the advantages")
    sums = torch.stack([part.sum() for part in got.split(n)])
    expect_answer(sums, torch.zeros_like(sums), "the sum of each group", 1.0)


@check("grpo_advantages", "each group is on its own", practice=True, examples=10)
@given(case=graded())
def test_grpo_groups(submission, case):
    rewards, n, *eps = case
    whole = computable(submission.grpo_advantages(*case), rewards.shape, "the advantages")
    alone = submission.grpo_advantages(rewards[:n], n, *eps)
    alone = computable(alone, (n,), "the advantages of the first group")
    expect_answer(whole[:n], alone, "the first group, with and without the others", 1.0)


@check("grpo_advantages", "two answers are as far apart as two can be", practice=True)
@given(case=graded(epsilons=(None,)), gap=st.sampled_from((1.0, 4.0, -2.0)))
def test_grpo_two(submission, case, gap):
    start = case[0][:3]
    rewards = torch.stack([start + gap, start], dim=1).flatten()
    got = submission.grpo_advantages(rewards, 2)
    # Their distance is the root of 2 times the deviation, in which n − 1 is 1.
    up = (gap / 2) / (abs(gap) / math.sqrt(2) + 1e-4)
    due = torch.tensor([up, -up], dtype=rewards.dtype).repeat(len(start))
    expect_answer(got, due, f"groups of two whose rewards differ by {gap}", 1.0)


untouched("grpo_advantages", graded())


# --- grpo_loss -----------------------------------------------------------------------------------

LEASHES = (None, 1.0, 0.0, 0.5, 3.0)


@st.composite
def group_updates(draw, filled=FILLS, leashes=LEASHES):
    """logprobs, old_logprobs, ref_logprobs, advantages, mask, and clip and beta or not."""
    shape, fill = draw(PLAYED), draw(filled)
    mask, clip, beta = masks(fill, *shape, each=True), one_of(fill, *CLIPS), one_of(fill, *leashes)
    logprobs, old = policies(fill, USUAL if clip is None else clip, *shape)
    ref = logprobs + floats(fill, moved(fill, 9.0, *shape))
    if one_of(fill, YES, NO, NO, NO):
        ref = logprobs + floats(fill, fill.rng.choice((-4.0, 3.0, 0.5), shape))
    values = left_out(fill, mask, logprobs, old, ref)
    settings = (USUAL if clip is None else clip, beta) if beta is not None else (clip,)
    return *values, tensor(fill, shape[0]), mask, *(one for one in settings if one is not None)


REF = OLD + torch.tensor([[0.5, -1.0, 0.7, 1.0], [1.2, -0.4, -1.0, 0.3], [-0.8, 1.5, 0.2, -0.6]])
AWAY = OLD + torch.tensor([[4.0, -3.0, 0.5, 1.0], [1.0, 3.5, -4.0, 2.0], [-3.0, 4.5, 2.5, -1.0]])
FULL = torch.tensor([[YES, YES, YES, NO], [NO, YES, NO, NO], [YES, YES, YES, YES]])
SCORES = torch.tensor([1.0, -2.0, 0.5])
GROUP_UPDATES = [
    (OLD + MOVED, OLD, REF, SCORES, FULL),
    (OLD + MOVED, OLD, REF, -SCORES, FULL, 0.45, 1.0),
    (*(part[:, :3] for part in (OLD + MOVED, OLD, REF)), SCORES, FULL[:, :3], 0.2, 0.5),
    (OLD + MOVED, OLD, AWAY, SCORES, FULL, 0.2, 0.3),
    case(OLD + MOVED, OLD, REF, SCORES, FULL, beta=2.0),
    case(OLD + MOVED, OLD, REF, SCORES, FULL, clip=0.1),
]


def compare_group(got, expected, logprobs, old, ref, advantages, *_, **__):
    """Compare a mean of advantages times ratios, and of what the leash costs."""
    scale = max(largest(expected), 0.1 * largest(advantages), 0.01)
    expect_answer(got, expected, scale=scale)


example("grpo_loss")
matches("grpo_loss", group_updates(), compare=compare_group, first=GROUP_UPDATES)


@check("grpo_loss", "gradients reach the log probabilities", weight=2)
@given(case=group_updates(filled=STEADY))
def test_grpo_gradients(submission, reference, case):
    expect_gradients(submission, reference, "grpo_loss", case, {"logprobs": 0})


@check("grpo_loss", "all but the policy is constant", weight=1.5, examples=10)
@given(case=group_updates(filled=STEADY))
def test_grpo_constants(submission, case):
    constants = {"old_logprobs": 1, "ref_logprobs": 2, "advantages": 3}
    expect_constant(submission, "grpo_loss", case, constants)


@check("grpo_loss", "who has not moved pays minus the mean advantage", practice=True)
@given(case=group_updates())
def test_grpo_at_rest(submission, case):
    logprobs, _, _, advantages, mask, *settings = case
    arguments = (logprobs, logprobs.clone(), logprobs.clone(), advantages, mask, *settings)
    due = -advantages.sum() / len(advantages)
    scale = max(0.1 * largest(advantages), 1e-2)
    got = submission.grpo_loss(*arguments)
    expect_answer(got, due, "policy, old policy and reference are one", scale)


@check("grpo_loss", "each answer counts alike, however long it is", practice=True)
@given(case=group_updates())
def test_grpo_alike(submission, case):
    *tensors, settings = *case[:5], case[5:]
    rows = range(len(case[3]))
    found = [submission.grpo_loss(*(part[b : b + 1] for part in tensors), *settings) for b in rows]
    total = sum(computable(one, (), "the loss of an answer") for one in found)
    got = submission.grpo_loss(*case)
    expect_answer(got, total / len(found), "the answers alone", max(largest(*found), 1e-2))


@check("grpo_loss", "the leash costs beta times what k3 says", practice=True)
@given(case=group_updates())
def test_grpo_leash(submission, case):
    logprobs, old, ref, advantages, mask, *_ = case
    found = [
        submission.grpo_loss(logprobs, old, ref, advantages, mask, 0.25, beta)
        for beta in (2.0, 0.0)
    ]
    tight, loose = (computable(one, (), "the loss") for one in found)
    apart = ref - logprobs
    k3 = torch.where(mask, apart.exp() - apart - 1, 0)
    due = 2 * (k3.sum(dim=1) / mask.sum(dim=1)).mean()
    expect_answer(tight - loose, due, "beta = 2 against beta = 0", max(largest(*found), 1.0))


@check("grpo_loss", "what is masked plays no part", practice=True, examples=10)
@given(case=group_updates(), fill=STEADY)
def test_grpo_masked(submission, case, fill):
    values, mask = case[:3], case[4]
    once = computable(submission.grpo_loss(*case), (), "the loss")
    others = [
        torch.where(mask, one, torch.from_numpy(fill.rng.uniform(-9, 9, one.shape)).to(one))
        for one in values
    ]
    got = submission.grpo_loss(*others, *case[3:])
    scale = max(largest(once), 0.1 * largest(case[3]), 1e-2)
    expect_answer(got, once, "other numbers where the mask is False", scale)


untouched("grpo_loss", group_updates())
