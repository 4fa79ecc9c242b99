"""Checks of generative models."""

import math

import numpy as np
import torch

from grader.checks import (
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
STEADY = fills((1.0, 2.0, 0.3))  # for gradients: sums of products of everything with everything
SURE = fills((1e4, 300.0, 50.0))

SEVERAL_AXES = st.sampled_from(
    (
        (2, 3),
        (3, 3),
        (3, 2),
        (1, 4),
        (4, 1),
        (2, 3, 4),
        (3, 3, 3),
        (1, 1, 5),
        (2, 2, 3, 2),
        (4, 4),
        (5, 2, 1, 3),
    )
)
ANY_AXES = st.sampled_from(
    ((2, 3), (3,), (3, 3), (4, 2), (2, 2), (2, 3, 4), (1,), (3, 1), (2, 2, 2), (3, 2, 3, 3), (5,))
)


def dtype_of(fill):
    """Mostly float64, in which small differences show."""
    return torch.float64 if fill.seed % 3 else torch.float32


def laid_out(fill, values):
    """An array as a tensor, in whatever memory layout was drawn."""
    values = torch.from_numpy(np.array(values, dtype=np.float64)).to(dtype_of(fill))
    if fill.layout == "C" or not values.ndim:
        return values
    return torch.stack([values, torch.zeros_like(values)], dim=-1).flatten(-2)[..., ::2]


def tensor(fill, *shape):
    """Numbers at the drawn scale."""
    return laid_out(fill, fill(*shape))


def indices(fill, high, n):
    """n integers from 0 to high − 1, not always next to each other in memory."""
    drawn = torch.from_numpy(fill.rng.integers(0, high, n))
    return drawn if fill.layout == "C" else drawn.repeat_interleave(2)[::2]


def one_of(fill, *choices):
    """One of the choices."""
    return choices[fill.rng.integers(len(choices))]


def expect_answer(got, expected, message="", scale=None):
    """Right is the dtype of the reference, and its values to the accuracy of float32."""
    if isinstance(got, torch.Tensor):
        expect_equal(str(got.dtype), str(expected.dtype), "the dtype of the answer")
        got = got.float()
    expect_close(got, expected.float(), message, scale=scale)


def computable(answer, shape, name):
    """An answer to compute with: a tensor of that shape."""
    expect(isinstance(answer, torch.Tensor), f"{name}: a tensor is due", got=answer)
    return shaped(answer, shape, name)


def largest(*values):
    """The largest magnitude in all tensors among the values."""
    found = [value.double() for value in values if isinstance(value, torch.Tensor)]
    return max((float(value.abs().max()) for value in found if value.numel()), default=0.0)


def compare(got, expected, *inputs, **named):
    """Compare an answer that is a sum of the inputs' size."""
    expect_answer(got, expected, scale=max(largest(expected), largest(*inputs, *named.values())))


def compare_number(got, expected, *inputs, **named):
    """Compare answers that came of numbers near 1, whatever their own size."""
    expect_answer(got, expected, scale=max(largest(expected), 1.0))


def go_back(module, name, arguments, wanted, upstream):
    """call the function, and return the gradients of its float arguments"""
    for place in wanted:
        arguments[place] = arguments[place].requires_grad_()
    answers = getattr(module, name)(*arguments)
    answers = answers if isinstance(answers, (tuple, list)) else [answers]
    total = sum((answer * up).sum() for answer, up in zip(answers, upstream, strict=True))
    leaves = [arguments[place] for place in wanted]
    return torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True)


def expect_gradients(submission, reference, name, arguments, wanted):
    """The gradients of the arguments by these names (name to place), for any from above."""
    answers = getattr(reference, name)(*arguments)
    answers = answers if isinstance(answers, (tuple, list)) else [answers]
    noise = torch.Generator().manual_seed(arguments[0].numel())
    upstream = [
        torch.rand(part.shape, generator=noise, dtype=part.dtype) + 0.5 * (-1) ** number
        for number, part in enumerate(answers)
    ]
    question = (go_back, name, list(arguments), list(wanted.values()), upstream)
    due = reference.probe(*question)
    got = as_parts(submission.probe(*question), tuple(wanted))
    for mine, right, argument in zip(got, due, wanted, strict=True):
        scale = max(largest(right), 1.0)
        expect_answer(mine, right, f"the gradient of {argument} is wrong", scale)


# --- gaussian_kl ---------------------------------------------------------------------------------


def code(fill, *shape):
    """mu and logvar, which stays where its exponential is a number."""
    small = fill.kind != "normal" or fill.scale <= 1.0
    logvar = fill(*shape) if small else fill.uniform(-6.0, 6.0, *shape)
    return tensor(fill, *shape), laid_out(fill, logvar)


@st.composite
def codes(draw, shapes=SEVERAL_AXES, filled=FILLS):
    """mu, logvar."""
    shape, fill = draw(shapes), draw(filled)
    return code(fill, *shape)


example("gaussian_kl")
matches("gaussian_kl", codes(), compare=compare_number)


@check("gaussian_kl", "gradients reach both", examples=10)
@given(case=codes(filled=STEADY))
def test_gaussian_kl_gradients(submission, reference, case):
    expect_gradients(submission, reference, "gaussian_kl", case, {"mu": 0, "logvar": 1})


@check("gaussian_kl", "the standard normal distribution costs nothing", practice=True, examples=8)
@given(shape=SEVERAL_AXES)
def test_gaussian_kl_zero(submission, shape):
    got = submission.gaussian_kl(torch.zeros(shape), torch.zeros(shape))
    expect_answer(got, torch.zeros(shape[0]), "mu and logvar are zero", scale=1.0)


@check("gaussian_kl", "what is sure or far away costs what it costs", practice=True, examples=8)
@given(shape=SEVERAL_AXES, logvar=st.sampled_from((-28.0, -21.0, 14.0, 24.0)))
def test_gaussian_kl_extreme(submission, shape, logvar):
    got = submission.gaussian_kl(torch.zeros(shape), torch.full(shape, logvar))
    each = (math.exp(logvar) - 1 - logvar) / 2
    due = torch.full((shape[0],), each * math.prod(shape[1:]))
    expect_answer(got, due, f"every logvar is {logvar}")


@check("gaussian_kl", "two halves of a code cost what they cost together", practice=True)
@given(case=codes())
def test_gaussian_kl_adds(submission, case):
    mu, logvar = case
    twice = [torch.cat([part, part], dim=1) for part in case]
    once = computable(submission.gaussian_kl(mu, logvar), mu.shape[:1], "the divergences")
    scale = max(largest(once), 1.0)
    expect_answer(submission.gaussian_kl(*twice), 2 * once, "everything is there twice", scale)


untouched("gaussian_kl", codes())


# --- reparameterize ------------------------------------------------------------------------------

DRAWN_AXES = st.sampled_from(
    ((2, 3), (4,), (3, 3), (1,), (4, 5), (2, 3, 4), (3, 1), (5, 2, 2, 3), (16,), (2, 2))
)
SEEDS = st.integers(0, 2**20)


def sample(module, mu, logvar, seed):
    """draw with a generator of that seed: the sample, and what both generators draw next"""
    torch.default_generator.manual_seed(1)
    generator = torch.Generator().manual_seed(seed)
    z = module.reparameterize(mu, logvar, generator)
    return [z, torch.rand(2, generator=generator), torch.rand(2)]


def sample_back(module, mu, logvar, seed, upstream):
    """draw with a generator of that seed, and return the gradients of mu and logvar"""
    torch.default_generator.manual_seed(1)
    leaves = [mu.requires_grad_(), logvar.requires_grad_()]
    z = module.reparameterize(mu, logvar, torch.Generator().manual_seed(seed))
    total = (z * upstream).sum()
    return torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True)


def sample_and_look(module, mu, logvar):
    """draw, and return the arguments before and after it"""
    before = [mu.clone(), logvar.clone()]
    module.reparameterize(mu, logvar, torch.Generator().manual_seed(0))
    return before, [mu, logvar]


def drawn_once(mu, seed):
    """The noise that is due, and what the generator draws next."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(mu.shape, generator=generator, dtype=mu.dtype)
    return noise, torch.rand(2, generator=generator)


example("reparameterize", probe=True)


@check("reparameterize", "matches the reference", value=True)
@given(case=codes(DRAWN_AXES), seed=SEEDS)
def test_reparameterize_value(submission, reference, case, seed):
    got, *_ = submission.probe(sample, *case, seed)
    expected, *_ = reference.probe(sample, *case, seed)
    compare(got, expected, case[0])


@check("reparameterize", "draws the noise at once, and nothing else", practice=True)
@given(case=codes(DRAWN_AXES), seed=SEEDS)
def test_reparameterize_draws(submission, case, seed):
    _, following, elsewhere = submission.probe(sample, *case, seed)
    expect_close(following, drawn_once(case[0], seed)[1], "the generator's next numbers")
    other = torch.Generator().manual_seed(1)
    expect_close(elsewhere, torch.rand(2, generator=other), "torch's own generator draws next")


@check("reparameterize", "gradients reach the mean and the variance", weight=2)
@given(case=codes(DRAWN_AXES, filled=STEADY), seed=SEEDS)
def test_reparameterize_gradients(submission, reference, case, seed):
    upstream = torch.ones_like(case[0]) + torch.arange(case[0].numel()).reshape(case[0].shape) / 4
    due = reference.probe(sample_back, *case, seed, upstream)
    names = ("mu", "logvar")
    got = as_parts(submission.probe(sample_back, *case, seed, upstream), names)
    for mine, right, name in zip(got, due, names, strict=True):
        scale = max(largest(right), 1.0)
        expect_answer(mine, right, f"the gradient of {name} is wrong", scale)


@check("reparameterize", "a code without variance is its mean", practice=True, examples=8)
@given(case=codes(DRAWN_AXES), seed=SEEDS)
def test_reparameterize_sure(submission, case, seed):
    mu = case[0]
    got, *_ = submission.probe(sample, mu, torch.full_like(mu, -60.0), seed)
    expect_answer(got, mu, "every logvar is -60", max(largest(mu), 1.0))


@check("reparameterize", "four times the variance, twice as far from the mean", practice=True)
@given(case=codes(DRAWN_AXES), seed=SEEDS)
def test_reparameterize_stretch(submission, case, seed):
    mu, logvar = case
    near, *_ = submission.probe(sample, mu, logvar, seed)
    far, *_ = submission.probe(sample, mu, logvar + math.log(4.0), seed)
    near = computable(near, mu.shape, "the sample")
    due = 2 * near - mu
    expect_answer(far, due, "logvar grew by log 4", max(largest(near, mu), 1.0))


untouched("reparameterize", codes(DRAWN_AXES), probe=sample_and_look)


# --- vae_loss ------------------------------------------------------------------------------------

PICTURES = st.sampled_from(
    [  # shapes of the pictures and of their codes
        ((2, 3), (2, 2)),
        ((3, 4), (3, 1)),
        ((3, 3), (3, 3)),
        ((1, 4), (1, 2)),
        ((2, 2, 3), (2, 3)),
        ((4, 1), (4, 2)),
        ((2, 1, 3, 2), (2, 2)),
        ((3, 2, 2, 2), (3, 1, 2)),
        ((5, 2), (5, 4)),
    ]
)
BETAS = (1.0, 0.0, 4.0, 0.25, 2.5)
PLAIN_PIXELS = fills((1.0, 2.0, 0.3))


def pixels(fill, *shape):
    """Pixels from 0 to 1, black, white and between."""
    values = fill.rng.random(shape)
    kind = fill.rng.integers(0, 3, shape)
    return laid_out(fill, np.where(kind == 0, 0.0, np.where(kind == 1, 1.0, values)))


def off_zero(values):
    """The same without zeros, where a stable formula of one's own may have a corner."""
    return torch.where(values.abs() < 1e-2, values + 0.5, values)


@st.composite
def autoencoded(draw, filled=PLAIN_PIXELS):
    """logits, x, mu, logvar, and beta or not."""
    (shape, latent), fill = draw(PICTURES), draw(filled)
    logits, x = tensor(fill, *shape), pixels(fill, *shape)
    gentle = fill if fill.scale <= 2.0 else type(fill)(fill.kind, 1.0, fill.layout, fill.seed)
    mu, logvar = code(gentle, *latent)
    beta = one_of(fill, None, *BETAS)
    return (logits, x, mu, logvar) if beta is None else (logits, x, mu, logvar, beta)


example("vae_loss")
matches("vae_loss", autoencoded(), compare=compare_number)
matches(
    "vae_loss",
    autoencoded(filled=SURE),
    title="is right for sure logits",
    compare=compare_number,
    weight=1.5,
    examples=25,
)

VAE = {"logits": 0, "x": 1, "mu": 2, "logvar": 3}


@check("vae_loss", "gradients reach all four", weight=1.5, examples=10)
@given(case=autoencoded())
def test_vae_gradients(submission, reference, case):
    case = (off_zero(case[0]), *case[1:])
    expect_gradients(submission, reference, "vae_loss", case, VAE)


@check("vae_loss", "sure logits have gradients too", examples=10)
@given(case=autoencoded(filled=SURE))
def test_vae_sure_gradients(submission, reference, case):
    case = (off_zero(case[0]), *case[1:])
    expect_gradients(submission, reference, "vae_loss", case, {"logits": 0})


@check("vae_loss", "who says ½ to every pixel pays log 2 for each", practice=True, examples=10)
@given(shapes=PICTURES, fill=PLAIN_PIXELS)
def test_vae_clueless(submission, shapes, fill):
    shape, latent = shapes
    x, code = pixels(fill, *shape), torch.zeros(latent, dtype=dtype_of(fill))
    got = submission.vae_loss(torch.zeros_like(x), x, code, code)
    due = torch.tensor(math.log(2) * math.prod(shape[1:]), dtype=x.dtype)
    expect_answer(got, due, "logits, mu and logvar are zero")


@check("vae_loss", "beta weighs the code: each unit of it costs one KL", practice=True)
@given(case=autoencoded())
def test_vae_beta(submission, case):
    found = [submission.vae_loss(*case[:4], beta) for beta in (0.0, 1.0, 3.0)]
    none, once, thrice = (computable(loss, (), "the loss") for loss in found)
    scale = max(largest(*found), 1.0)
    expect_answer(thrice, none + 3 * (once - none), "beta = 3 against 0 and 1", scale)


@check("vae_loss", "twice the batch, the same loss", practice=True, examples=10)
@given(case=autoencoded())
def test_vae_batch(submission, case):
    once = computable(submission.vae_loss(*case), (), "the loss")
    doubled = [torch.cat([part, part]) for part in case[:4]]
    twice = submission.vae_loss(*doubled, *case[4:])
    expect_answer(twice, once, "every picture is there twice", max(largest(once), 1.0))


untouched("vae_loss", autoencoded())


# --- gan_losses ----------------------------------------------------------------------------------

JUDGED = st.sampled_from(
    [  # shapes of the logits
        ((3,), (2,)),
        ((2, 1), (3, 1)),
        ((4,), (4,)),
        ((1,), (5,)),
        ((2, 3), (4,)),
        ((3, 3), (3, 3)),
        ((2, 1, 2, 2), (3, 1, 2, 2)),
        ((5, 1), (5,)),
        ((1, 2), (2,)),
    ]
)
PAIR = ("d_loss", "g_loss")


@st.composite
def judgements(draw, filled=PLAIN_PIXELS):
    """real_logits, fake_logits."""
    (real, fake), fill = draw(JUDGED), draw(filled)
    return tensor(fill, *real), tensor(fill, *fake)


def compare_pair(got, expected, *logits):
    """Compare both losses."""
    parts = zip(as_parts(got, PAIR), expected, PAIR, strict=True)
    for mine, due, name in parts:
        expect_answer(mine, due, name, scale=max(largest(due), 1.0))


example("gan_losses")
matches("gan_losses", judgements(), compare=compare_pair)
matches(
    "gan_losses",
    judgements(filled=SURE),
    title="is right for sure logits",
    compare=compare_pair,
    first=[(torch.tensor([45.0, -60.0, 3.0]), torch.tensor([50.0, -40.0]))],
    weight=1.5,
    examples=25,
)


@check("gan_losses", "gradients reach real and fake", weight=1.5, examples=10)
@given(case=judgements())
def test_gan_gradients(submission, reference, case):
    arguments = [off_zero(logits) for logits in case]
    places = {"real_logits": 0, "fake_logits": 1}
    expect_gradients(submission, reference, "gan_losses", arguments, places)


@check("gan_losses", "sure logits have gradients too", examples=10)
@given(case=judgements(filled=SURE))
def test_gan_sure_gradients(submission, reference, case):
    arguments = [off_zero(logits) for logits in case]
    places = {"real_logits": 0, "fake_logits": 1}
    expect_gradients(submission, reference, "gan_losses", arguments, places)


@check("gan_losses", "who cannot tell pays log 2 three times", practice=True, examples=8)
@given(shapes=JUDGED)
def test_gan_clueless(submission, shapes):
    real, fake = shapes
    got = submission.gan_losses(torch.zeros(real), torch.zeros(fake))
    due = torch.tensor(2 * math.log(2)), torch.tensor(math.log(2))
    compare_pair(got, due)


@check("gan_losses", "a fake that wins costs the other what it saves", practice=True)
@given(case=judgements())
def test_gan_opposed(submission, case):
    real, fake = case
    found = [as_parts(submission.gan_losses(real, one), PAIR) for one in (fake, -fake)]
    found = [
        computable(loss, (), name) for pair in found for loss, name in zip(pair, PAIR, strict=True)
    ]
    d_loss, g_loss, d_other, g_other = found
    # softplus(a) − softplus(−a) is a.
    due, scale = fake.mean(), max(largest(fake), 1.0)
    expect_answer(d_loss - d_other, due, "d_loss, for fake and for −fake", scale)
    expect_answer(g_other - g_loss, due, "g_loss, for −fake and for fake", scale)


untouched("gan_losses", judgements())


# --- cosine_beta_schedule ------------------------------------------------------------------------

OFFSETS = (None, 0.02, 0.1, 0.5, 0.0, 1.0)


@st.composite
def schedules(draw, high=40):
    """steps, and s or not."""
    steps, s = draw(st.integers(1, high)), draw(st.sampled_from(OFFSETS))
    return (steps,) if s is None else (steps, s)


def compare_relative(got, expected, *arguments):
    """Each entry counts by itself: the first ones are small."""
    got = computable(got, expected.shape, "the schedule")
    expect_equal(str(got.dtype), str(expected.dtype), "the dtype of the answer")
    quotients = got.double() / expected.double()
    message = "each entry, divided by the one that is due"
    expect_close(quotients.float(), torch.ones(len(expected)), message)


example("cosine_beta_schedule")
matches(
    "cosine_beta_schedule",
    schedules(),
    compare=compare_relative,
    first=[(1,), (2,), (5, 0.1), (30,), (12, 0.0)],
    examples=25,
)


def logarithms(module, arguments):
    """the logarithms of all entries, among which the small ones count like the others"""
    return module.cosine_beta_schedule(*arguments).double().log()


@check(
    "cosine_beta_schedule",
    "a thousand steps are as exact as ten",
    value=True,
    weight=1.5,
    examples=4,
    first=[{"case": (1000,)}, {"case": (2000,)}],
)
@given(case=st.sampled_from([(1000,), (400, 0.0), (2000,), (700, 0.02), (4000,)]))
def test_cosine_fine(submission, reference, case):
    due = reference.probe(logarithms, case)
    got = computable(submission.probe(logarithms, case), case[:1], "the schedule")
    message = "the logarithms of the entries, got minus due"
    expect_close((got - due).float(), torch.zeros(case[0]), message, scale=1.0)


@check("cosine_beta_schedule", "what is left falls like f", practice=True, examples=10)
@given(case=schedules())
def test_cosine_products(submission, case):
    steps, s = case if len(case) == 2 else (*case, 0.008)
    got = computable(submission.cosine_beta_schedule(*case), (steps,), "the schedule")
    left = torch.cumprod(1 - got.double(), dim=0)[:-1]
    places = (torch.arange(steps, dtype=torch.float64) / steps + s) * (math.pi / 2 / (1 + s))
    f = (1 + torch.cos(2 * places)) / 2
    message = "the products of 1 − beta, but for the last"
    expect_close(left.float(), (f[1:] / f[0]).float(), message, scale=1.0)


@check("cosine_beta_schedule", "the last entry is 0.999", practice=True, examples=10)
@given(case=schedules())
def test_cosine_last(submission, case):
    got = computable(submission.cosine_beta_schedule(*case), case[:1], "the schedule")
    expect_close(got[-1].float(), torch.tensor(0.999), "f ends at 0, where beta would be 1")


def schedule_by_default(module, arguments, default):
    """compute under that default dtype"""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, default))
    try:
        betas = module.cosine_beta_schedule(*arguments)
        return [betas, str(betas.dtype)]
    finally:
        torch.set_default_dtype(usual)


@check("cosine_beta_schedule", "is in torch's default dtype", examples=6)
@given(case=schedules(), default=st.sampled_from(("float64", "float32")))
def test_cosine_dtype(submission, reference, case, default):
    got = submission.probe(schedule_by_default, case, default)
    due = reference.probe(schedule_by_default, case, default)
    expect_equal(got[1], due[1], f"the dtype where {default} is the default")
    compare_relative(got[0], due[0])


# --- q_sample ------------------------------------------------------------------------------------


def falling(fill, steps):
    """ᾱ_0, …, ᾱ_{T−1}: products of numbers between 0 and 1."""
    return laid_out(fill, np.cumprod(fill.rng.uniform(0.4, 0.97, steps)))


@st.composite
def destroyed(draw, filled=FILLS):
    """x0, t, noise, alpha_bar."""
    shape, fill, steps = draw(ANY_AXES), draw(filled), draw(st.integers(1, 7))
    return (
        tensor(fill, *shape),
        indices(fill, steps, shape[0]),
        laid_out(fill, fill.upstream(*shape)),
        falling(fill, steps),
    )


SQUARE = (
    torch.tensor([[1.0, 2.0], [4.0, 8.0]]),
    torch.tensor([1, 0]),
    torch.tensor([[1.0, -1.0], [2.0, 0.5]]),
    torch.tensor([0.64, 0.36]),
)
FIRST_LAST = (
    torch.arange(16.0).reshape(4, 4) - 5,
    torch.tensor([0, 3, 0, 1]),
    torch.arange(16.0).reshape(4, 4).T / 4,
    torch.tensor([0.9, 0.6, 0.3, 0.1]),
)

example("q_sample")
matches("q_sample", destroyed(), compare=compare, first=[SQUARE, FIRST_LAST])


@check("q_sample", "gradients reach the data and the noise", examples=10)
@given(case=destroyed(filled=STEADY))
def test_q_sample_gradients(submission, reference, case):
    expect_gradients(submission, reference, "q_sample", case, {"x0": 0, "noise": 2})


@check("q_sample", "keeps variance 1: the factors' squares add up to 1", practice=True)
@given(case=destroyed())
def test_q_sample_variance(submission, case):
    x0, t, _, alpha_bar = case
    one, none = torch.ones_like(x0), torch.zeros_like(x0)
    data = computable(
        submission.q_sample(one, t, none, alpha_bar), x0.shape, "of ones without noise"
    )
    noise = computable(submission.q_sample(none, t, one, alpha_bar), x0.shape, "of noise alone")
    expect_answer(data**2 + noise**2, one, "the sum of both factors' squares")


@check("q_sample", "each example has its own step", practice=True)
@given(case=destroyed())
def test_q_sample_alone(submission, case):
    x0, t, noise, alpha_bar = case
    together = computable(submission.q_sample(*case), x0.shape, "the answer")
    alone = submission.q_sample(x0[-1:], t[-1:], noise[-1:], alpha_bar)
    scale = largest(x0, noise)
    expect_answer(alone, together[-1:], "the last example by itself", scale)


untouched("q_sample", destroyed(), first=[SQUARE])


# --- ddpm_step -----------------------------------------------------------------------------------


@st.composite
def steps_back(draw, filled=FILLS, last=None):
    """x_t, t, predicted_noise, betas, noise; `last` says whether t is 0."""
    shape, fill, steps = (
        draw(ANY_AXES),
        draw(filled),
        draw(st.integers(2 if last is False else 1, 7)),
    )
    t = 0 if last else int(fill.rng.integers(0 if last is None else 1, steps))
    return (
        tensor(fill, *shape),
        t,
        tensor(fill, *shape),
        laid_out(fill, fill.rng.uniform(0.03, 0.7, steps)),
        laid_out(fill, fill.upstream(*shape)),
    )


BACK = (
    torch.tensor([[3.0, -5.0, 8.0], [1.0, 0.0, 2.0]]),
    2,
    torch.tensor([[1.0, 1.0, -2.0], [0.5, 3.0, -1.0]]),
    torch.tensor([0.3, 0.1, 0.5, 0.2]),
    torch.tensor([[1.0, -1.0, 2.0], [-2.0, 0.5, 1.0]]),
)

example("ddpm_step")
matches("ddpm_step", steps_back(), compare=compare, first=[BACK, (BACK[0], 1, *BACK[2:])])
matches(
    "ddpm_step",
    steps_back(last=False),
    title="is right on the way",
    compare=compare,
    first=[BACK, (BACK[0], 3, *BACK[2:])],
    weight=2,
    examples=25,
)


@check("ddpm_step", "the last step adds no noise", practice=True, examples=10)
@given(case=steps_back(last=True))
def test_ddpm_last(submission, case):
    x_0, _, predicted, betas, noise = case
    got = computable(submission.ddpm_step(*case), x_0.shape, "the answer")
    other = submission.ddpm_step(x_0, 0, predicted, betas, 5 - noise)
    expect_answer(other, got, "at t = 0, whatever the noise", max(largest(got), 1e-2))


@check("ddpm_step", "with the true noise the last step ends at the data", practice=True)
@given(case=steps_back(last=True))
def test_ddpm_returns(submission, case):
    x0, _, noise, betas, fresh = case
    x_t = (1 - betas[0]) ** 0.5 * x0 + betas[0] ** 0.5 * noise
    got = submission.ddpm_step(x_t, 0, noise, betas, fresh)
    expect_answer(got, x0, "x_t was made of x0 and the noise that is predicted", largest(x0, noise))


@check("ddpm_step", "noise is put in by its deviation", practice=True)
@given(case=steps_back(last=False))
def test_ddpm_deviation(submission, case):
    x_t, t, _, betas, _ = case
    none = torch.zeros_like(x_t)
    got = submission.ddpm_step(none, t, none, betas, torch.ones_like(x_t))
    shares = (1 - betas.double()).tolist()
    before, left = math.prod(shares[:t]), math.prod(shares[: t + 1])
    variance = (1 - shares[t]) * (1 - before) / (1 - left)
    expect_answer(got, torch.full_like(x_t, variance**0.5), "x_t and the prediction are zero")


@check("ddpm_step", "gradients reach x_t, the prediction and the noise", examples=10)
@given(case=steps_back(filled=STEADY))
def test_ddpm_gradients(submission, reference, case):
    places = {"x_t": 0, "predicted_noise": 2, "noise": 4}
    expect_gradients(submission, reference, "ddpm_step", case, places)


untouched("ddpm_step", steps_back())


# --- ddim_step -----------------------------------------------------------------------------------

ETAS = (0.0, 0.5, 1.0, 0.3, 0.8)


@st.composite
def jumps(draw, filled=FILLS, etas=ETAS, ending=None, noisy=None):
    """x_t, t, t_prev, predicted_noise, alpha_bar, eta, noise, as positions.

    `ending` says whether t_prev is −1, `noisy` whether there is noise at eta 0.
    """
    shape, fill, steps = draw(ANY_AXES), draw(filled), draw(st.integers(2, 8))
    t = int(fill.rng.integers(1 if ending is False else 0, steps))
    t_prev = -1 if ending else int(fill.rng.integers(-1 if ending is None else 0, t))
    eta = one_of(fill, *etas)
    given_noise = eta > 0 or (fill.seed % 2 == 1 if noisy is None else noisy)
    return (
        tensor(fill, *shape),
        t,
        t_prev,
        tensor(fill, *shape),
        falling(fill, steps),
        eta,
        laid_out(fill, fill.upstream(*shape)) if given_noise else None,
    )


def named(drawn):
    """The same with eta and noise by name, and left out where they are the defaults."""
    *arguments, eta, noise = drawn
    keywords = {} if eta == 0 else {"eta": eta}
    return case(*arguments, **keywords, **({} if noise is None else {"noise": noise}))


def jump(t, t_prev, eta, noise=True):
    """One of the cases that are always tried."""
    alpha_bar = torch.tensor([0.9, 0.7, 0.4, 0.25, 0.1])
    return (BACK[0], t, t_prev, BACK[2], alpha_bar, eta, BACK[4] if noise else None)


JUMPS = [jump(3, 1, 0.0, False), jump(4, 0, 0.5), jump(3, 2, 1.0), jump(2, -1, 0.0, False)]

example("ddim_step")
matches(
    "ddim_step",
    jumps().map(named),
    compare=compare,
    first=[named(one) for one in (*JUMPS, jump(4, -1, 0.7))],
)
matches(
    "ddim_step",
    jumps(etas=(0.0,), ending=False),
    title="is right without new noise",
    compare=compare,
    first=JUMPS[:1],
    weight=2,
    examples=25,
)
matches(
    "ddim_step",
    jumps(etas=ETAS[1:], ending=False),
    title="is right with new noise",
    compare=compare,
    first=JUMPS[1:3],
    weight=1.5,
    examples=25,
)
matches(
    "ddim_step",
    jumps(ending=True),
    title="step −1 is the picture itself",
    compare=compare,
    first=JUMPS[3:],
    weight=1.5,
    examples=15,
)


@check("ddim_step", "with the true noise it lands where the noise leads", practice=True)
@given(case=jumps(etas=(0.0,), ending=False))
def test_ddim_lands(submission, case):
    x0, t, t_prev, noise, alpha_bar, *_ = case
    there, here = alpha_bar[t_prev], alpha_bar[t]
    x_t = here**0.5 * x0 + (1 - here) ** 0.5 * noise
    due = there**0.5 * x0 + (1 - there) ** 0.5 * noise
    got = submission.ddim_step(x_t, t, t_prev, noise, alpha_bar)
    expect_answer(got, due, "x0 noised up to t_prev", largest(x0, noise))


@check("ddim_step", "with the true noise, step −1 is the picture", practice=True, examples=10)
@given(case=jumps(etas=(0.0,)))
def test_ddim_ends(submission, case):
    x0, t, _, noise, alpha_bar, *_ = case
    x_t = alpha_bar[t] ** 0.5 * x0 + (1 - alpha_bar[t]) ** 0.5 * noise
    got = submission.ddim_step(x_t, t, -1, noise, alpha_bar)
    expect_answer(got, x0, "t_prev = -1", largest(x0, noise))


@check("ddim_step", "one long jump is two short ones", practice=True, examples=10)
@given(fill=FILLS, shape=ANY_AXES)
def test_ddim_two(submission, fill, shape):
    x_t, predicted = tensor(fill, *shape), tensor(fill, *shape)
    alpha_bar = falling(fill, 6)
    there = computable(submission.ddim_step(x_t, 5, 3, predicted, alpha_bar), shape, "the answer")
    twice = submission.ddim_step(there, 3, 1, predicted, alpha_bar)
    at_once = submission.ddim_step(x_t, 5, 1, predicted, alpha_bar)
    scale = 10 * max(largest(x_t, predicted), 1e-2)
    at_once = computable(at_once, shape, "the answer")
    expect_answer(twice, at_once, "5 → 3 → 1 and 5 → 1, with one prediction", scale)


@check("ddim_step", "with eta 0 the noise plays no part", practice=True, examples=10)
@given(case=jumps(etas=(0.0,), noisy=True))
def test_ddim_unused(submission, case):
    *arguments, eta, noise = case
    without = computable(submission.ddim_step(*arguments), case[0].shape, "the answer")
    given_one = submission.ddim_step(*arguments, eta, noise)
    expect_answer(given_one, without, "with noise and without", max(largest(*arguments), 1e-2))


@check("ddim_step", "with eta 1 and steps of one it is ddpm_step", examples=10)
@given(case=steps_back())
def test_ddim_is_ddpm(submission, reference, case):
    x_t, t, predicted, betas, noise = case
    alpha_bar = (1 - betas).cumprod(dim=0)
    due = reference.ddpm_step(*case)
    got = submission.ddim_step(x_t, t, t - 1, predicted, alpha_bar, 1.0, noise)
    expect_answer(got, due, f"t = {t} and t_prev = {t - 1}", largest(x_t, predicted, noise, due))


NARROW = (
    (0.999964, 0.0003),
    (0.999964, 0.00058),
    (0.9999, 0.0002),
    (0.99995, 0.00045),
    (0.99991, 0.00007),
    (0.999953, 0.00012),
    (0.99993, 0.0001),
    (0.999978, 0.0007),
)
"""ᾱ_p and ᾱ_t for which 1 − ᾱ_p − σ² is next to nothing, in float32 on either side of 0."""


@check("ddim_step", "rounding below zero counts as zero", examples=4)
@given(shape=ANY_AXES, fill=STEADY)
def test_ddim_rounding(submission, reference, shape, fill):
    x_t, predicted, noise = (torch.from_numpy(fill(*shape)).float() for _ in range(3))
    for pair in NARROW:
        arguments = (x_t, 1, 0, predicted, torch.tensor(pair), 1.0, noise)
        due = reference.ddim_step(*arguments)
        expect_answer(submission.ddim_step(*arguments), due, scale=max(largest(due), 1.0))


def jump_and_draw(module, arguments):
    """make the step, and return what torch's own generator draws next"""
    torch.default_generator.manual_seed(1)
    module.ddim_step(*arguments)
    return torch.rand(2)


@check("ddim_step", "draws no noise itself", examples=6)
@given(case=jumps(etas=(0.0,), noisy=False))
def test_ddim_draws(submission, case):
    due = torch.rand(2, generator=torch.Generator().manual_seed(1))
    got = submission.probe(jump_and_draw, list(case))
    expect_close(got, due, "what torch's own generator draws next")


@check("ddim_step", "gradients reach x_t, the prediction and the noise", examples=10)
@given(case=jumps(filled=STEADY))
def test_ddim_gradients(submission, reference, case):
    places = {"x_t": 0, "predicted_noise": 3} | ({} if case[6] is None else {"noise": 6})
    expect_gradients(submission, reference, "ddim_step", case, places)


untouched("ddim_step", jumps())


# --- classifier_free_guidance --------------------------------------------------------------------

HALVES = st.sampled_from(
    ((1, 3), (2, 2), (1, 4), (2, 4), (3, 2), (1,), (2,), (2, 2, 3), (3, 3), (2, 2, 2, 2), (1, 4, 2))
)
STRENGTHS = st.sampled_from((7.5, 0.5, 1.0, 3.0, 0.0, 2.0, 1.5, 0.25))


@st.composite
def doubled(draw, filled=FILLS):
    """predictions, scale."""
    (n, *rest), fill, scale = draw(HALVES), draw(filled), draw(STRENGTHS)
    return tensor(fill, 2 * n, *rest), scale


EVEN = torch.arange(16.0).reshape(4, 4) ** 2

example("classifier_free_guidance")
matches(
    "classifier_free_guidance",
    doubled(),
    compare=compare,
    first=[(EVEN, 3.0), (EVEN, 0.5), (EVEN, 0.0)],
)


@check("classifier_free_guidance", "0 ignores the condition, 1 follows it", practice=True)
@given(case=doubled())
def test_guidance_ends(submission, case):
    predictions, _ = case
    without, given_one = predictions.split(len(predictions) // 2)
    scale = largest(predictions)
    got = submission.classifier_free_guidance(predictions, 0.0)
    expect_answer(got, without, "scale 0: the first half", scale)
    got = submission.classifier_free_guidance(predictions, 1.0)
    expect_answer(got, given_one, "scale 1: the second half", scale)


@check("classifier_free_guidance", "a condition that changes nothing", practice=True, examples=8)
@given(shape=HALVES, fill=FILLS, scale=STRENGTHS)
def test_guidance_idle(submission, shape, fill, scale):
    half = tensor(fill, *shape)
    got = submission.classifier_free_guidance(torch.cat([half, half]), scale)
    expect_answer(got, half, "both halves are equal", 10 * max(largest(half), 1e-2))


@check("classifier_free_guidance", "gradients reach both halves", examples=8)
@given(case=doubled(filled=STEADY))
def test_guidance_gradients(submission, reference, case):
    places = {"predictions": 0}
    expect_gradients(submission, reference, "classifier_free_guidance", case, places)


untouched("classifier_free_guidance", doubled())


# --- clip_loss -----------------------------------------------------------------------------------

PAIRED = st.sampled_from(
    ((2, 3), (3, 2), (3, 3), (4, 5), (2, 2), (1, 4), (5, 4), (4, 4), (3, 1), (6, 2))
)
LOG_SCALES = (1.0, 0.0, 2.0, -2.0, 0.5, 3.0, 5.0)
FEATURES = fills((1.0, 30.0, 0.2))


def vectors(fill, *shape):
    """Vectors of very different lengths along the last axis, none of them short."""
    values = fill(*shape) / (fill.scale if fill.kind == "normal" else 1.0)
    short = np.linalg.norm(values, axis=-1) < 0.3
    values[..., 0] += np.where(short, 1.0, 0.0)
    lengths = fill.rng.choice((0.25, 1.0, 2.0, 8.0), (*shape[:-1], 1))
    size = fill.scale if fill.kind == "normal" else 1.0
    return laid_out(fill, values * lengths * size)


def log_scale(fill):
    """A tensor without axes."""
    return torch.tensor(one_of(fill, *LOG_SCALES), dtype=dtype_of(fill))


@st.composite
def captioned(draw, filled=FEATURES, sizes=PAIRED):
    """image_features, text_features, logit_scale."""
    shape, fill = draw(sizes), draw(filled)
    return vectors(fill, *shape), vectors(fill, *shape), log_scale(fill)


CAPTIONS = (
    torch.tensor([[1.0, 2.0, 2.0], [3.0, 0.0, -4.0], [0.0, 5.0, 1.0]]),
    torch.tensor([[2.0, 0.0, 1.0], [4.0, 3.0, 0.0], [1.0, 1.0, 8.0]]),
    torch.tensor(1.5),
)
LOUD = tuple(part.double() for part in (*CAPTIONS[:2], torch.tensor(5.0)))

example("clip_loss")
matches("clip_loss", captioned(), compare=compare_number, first=[CAPTIONS, LOUD])

CLIP = {"image_features": 0, "text_features": 1, "logit_scale": 2}


@check("clip_loss", "gradients reach pictures, texts and the scale", weight=2)
@given(case=captioned(filled=STEADY))
def test_clip_gradients(submission, reference, case):
    expect_gradients(submission, reference, "clip_loss", case, CLIP)


@check("clip_loss", "the length of a vector plays no part", practice=True)
@given(case=captioned(), fill=STEADY)
def test_clip_lengths(submission, case, fill):
    images, texts, scale = case
    once = computable(submission.clip_loss(*case), (), "the loss")
    stretched = [
        part * torch.from_numpy(fill.rng.uniform(0.5, 4.0, (len(part), 1))).to(part.dtype)
        for part in (images, texts)
    ]
    got = submission.clip_loss(*stretched, scale)
    expect_answer(got, once, "each row times a number of its own", max(largest(once), 1.0))


@check("clip_loss", "who cannot tell N pairs apart pays log N", practice=True, examples=10)
@given(case=captioned())
def test_clip_clueless(submission, case):
    images, _, scale = case
    alike = images[:1].expand(images.shape).contiguous()
    due = torch.tensor(math.log(len(images)), dtype=images.dtype)
    got = submission.clip_loss(alike, 3 * alike, scale)
    expect_answer(got, due, "all features are equal", scale=1.0)


@check("clip_loss", "pictures and texts play the same part", practice=True, examples=10)
@given(case=captioned())
def test_clip_exchanged(submission, case):
    images, texts, scale = case
    once = computable(submission.clip_loss(*case), (), "the loss")
    got = submission.clip_loss(texts, images, scale)
    expect_answer(got, once, "with pictures and texts exchanged", max(largest(once), 1.0))


@check("clip_loss", "pairs in another order cost the same", practice=True, examples=10)
@given(case=captioned(), fill=STEADY)
def test_clip_order(submission, case, fill):
    images, texts, scale = case
    once = computable(submission.clip_loss(*case), (), "the loss")
    order = torch.from_numpy(fill.rng.permutation(len(images)))
    got = submission.clip_loss(images[order], texts[order], scale)
    expect_answer(got, once, "pairs stay together", max(largest(once), 1.0))


untouched("clip_loss", captioned())


# --- zero_shot_probabilities ---------------------------------------------------------------------

NAMED = st.sampled_from(
    [  # N, C, P, D
        (2, 3, 2, 4),
        (3, 2, 3, 2),
        (3, 3, 3, 3),
        (1, 2, 2, 3),
        (2, 2, 2, 2),
        (4, 2, 1, 3),
        (2, 4, 3, 5),
        (3, 1, 2, 2),
        (5, 3, 4, 3),
    ]
)


@st.composite
def choices(draw, filled=FEATURES):
    """image_features, prompt_features, logit_scale; no mean of prompts is next to zero."""
    (n, classes, prompts, d), fill = draw(NAMED), draw(filled)
    directions = fill.rng.standard_normal((classes, prompts, d))
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    middles = np.where(fill.rng.random((classes, 1, d)) < 0.5, -1.2, 1.2)
    lengths = fill.rng.choice((0.25, 1.0, 3.0, 8.0), (classes, prompts, 1))
    size = fill.scale if fill.kind == "normal" else 1.0
    together = (directions + middles / d**0.5) * lengths * size
    return vectors(fill, n, d), laid_out(fill, together), log_scale(fill)


NAMES = (
    torch.tensor([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]]),
    torch.tensor([[[4.0, 0.0], [0.3, 0.4]], [[0.0, 9.0], [1.0, 1.0]]]),
    torch.tensor(1.2),
)
CLOSE = torch.tensor([[1.0, 1.01], [1.0, 0.98]]), torch.tensor([[[2.0, 0.0]], [[0.0, 1.0]]])
"""Pictures almost as near to one class as to the other: no scale makes the choice certain."""

example("zero_shot_probabilities")
matches(
    "zero_shot_probabilities",
    choices(),
    compare=compare_number,
    first=[NAMES, tuple(part.double() for part in (*CLOSE, torch.tensor(5.0)))],
)


@check("zero_shot_probabilities", "gradients reach all three", examples=10)
@given(case=choices(filled=STEADY))
def test_zero_shot_gradients(submission, reference, case):
    places = {"image_features": 0, "prompt_features": 1, "logit_scale": 2}
    expect_gradients(submission, reference, "zero_shot_probabilities", case, places)


@check("zero_shot_probabilities", "each row sums to one", practice=True, examples=10)
@given(case=choices())
def test_zero_shot_sums(submission, case):
    images, prompts, _ = case
    due = (len(images), len(prompts))
    got = computable(submission.zero_shot_probabilities(*case), due, "the probabilities")
    expect_answer(got.sum(dim=1), torch.ones_like(images[:, 0]), "the sum of a row")


@check("zero_shot_probabilities", "no length plays a part", practice=True)
@given(case=choices(), fill=STEADY)
def test_zero_shot_lengths(submission, case, fill):
    images, prompts, scale = case
    due = (len(images), len(prompts))
    once = computable(submission.zero_shot_probabilities(*case), due, "the probabilities")
    images, prompts = (
        part * torch.from_numpy(fill.rng.uniform(0.5, 4.0, (*part.shape[:-1], 1))).to(part.dtype)
        for part in (images, prompts)
    )
    got = submission.zero_shot_probabilities(images, prompts, scale)
    expect_answer(got, once, "each vector times a number of its own", 1.0)


@check("zero_shot_probabilities", "saying everything twice changes nothing", practice=True)
@given(case=choices())
def test_zero_shot_twice(submission, case):
    images, prompts, scale = case
    due = (len(images), len(prompts))
    once = computable(submission.zero_shot_probabilities(*case), due, "the probabilities")
    twice = torch.cat([prompts, prompts], dim=1)
    got = submission.zero_shot_probabilities(images, twice, scale)
    expect_answer(got, once, "every prompt is there twice", 1.0)


untouched("zero_shot_probabilities", choices())
