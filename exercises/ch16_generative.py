"""Generative models: learn what data look like, well enough to make more of it.

So far a network was asked about data that were there: which class, which next word.  Now it is
to make pictures that nobody took.  All ways there begin with numbers that cost nothing, a draw ε
from a normal distribution, and learn to turn them into data.  They differ in who tells the
network how good its answer is:

- a variational autoencoder (VAE) has an encoder that says for each picture where in the noise it
  belongs, by a mean and a variance, and pays for every bit of that message:
      loss = reconstruction + β · KL
- a generative adversarial network (GAN) has an opponent, who learns to tell made from real;
- a diffusion model destroys a picture in T small steps, so that nothing but noise is left, and
  learns the way back.  Destroying takes no loop, however large t is:
      x_t = √ᾱ_t · x_0 + √(1 − ᾱ_t) · ε
  and whoever guesses the ε in it can take a step back, in as many steps as there were (DDPM), or
  in a few long ones (DDIM);
- CLIP makes no pictures.  It learns from captions which text goes with which picture, and so
  gives a generator its ears, and a classifier its classes by name.

None of them asks for more than you have: a stable sigmoid and softmax (chapter 4), gradients
through a sum of things (chapter 5), unit vectors whose dot product says how well two of them
agree (chapter 8).  What is new is randomness that a gradient passes: the noise is drawn outside,
by a generator, and comes in as a number like any other.  In chapter 17 the same log probabilities
and the same KL teach a language model manners.

For all of these functions:

- Tensors are float32 or float64, all of a call alike; the answer has their dtype and device.
  Accuracy of float32 is enough for both.
- Gradients flow through every floating tensor but the schedules, `betas` and `alpha_bar`.
- A loss is a tensor without axes, in nats (natural logarithms).
- Inputs are not changed; they need not be contiguous in memory.
- No random number is drawn but where it is said, and there from `generator` alone.

N is the batch, T the number of diffusion steps; t counts from 0 to T − 1.
"""

import math

import torch
from torch.nn import functional


def gaussian_kl(mu, logvar):
    """Measure how far a normal distribution is from the standard one, in nats.

        KL = ½ · Σ (e^{logvar} + μ² − 1 − logvar)

    It is the divergence of N(μ, σ²) from N(0, 1) for numbers that are independent of each other,
    with logvar = log σ²: the logarithm of a variance may be any number, so a network can give it.

    mu, logvar: (N, ...), of rank 2 or more.  Returns (N,): summed over all axes but the first.
    It is zero for μ = 0 and logvar = 0, and positive elsewhere.  (Kingma and Welling, 2014,
    appendix B.)

    >>> mu = torch.tensor([[1.0, -2.0, 0.0], [0.0, 0.0, 0.0]])
    >>> variance = torch.tensor([[1.0, 1.0, 1.0], [4.0, 1.0, 1.0]])
    >>> gaussian_kl(mu, variance.log()).round(decimals=4)
    tensor([2.5000, 0.8069])
    """
    raise NotImplementedError


def reparameterize(mu, logvar, generator):
    """Draw from a normal distribution so that gradients reach its mean and its variance.

        z = μ + e^{logvar / 2} · ε,   ε ~ N(0, 1)

    A sampled number has no derivative; this one has, because the randomness came from outside.

    mu, logvar: same shape, of any rank; logvar = log σ².  generator: a `torch.Generator` on the
    CPU, from which ε is drawn in one call,
    `torch.randn(mu.shape, generator=generator, dtype=mu.dtype)`; nothing else is drawn.  Returns a
    tensor like mu.  (Kingma and Welling, 2014, section 2.4.)

    >>> mu = torch.tensor([[5.0, 5.0, 5.0], [-5.0, -5.0, -5.0]])
    >>> deviation = torch.tensor([[1.0, 2.0, 3.0], [0.5, 1.0, 1.5]])
    >>> z = reparameterize(mu, 2 * deviation.log(), torch.Generator().manual_seed(0))
    >>> noise = torch.randn((2, 3), generator=torch.Generator().manual_seed(0))
    >>> ((z - mu) / noise).round(decimals=3)
    tensor([[1.0000, 2.0000, 3.0000],
            [0.5000, 1.0000, 1.5000]])
    """
    raise NotImplementedError


def vae_loss(logits, x, mu, logvar, beta=1.0):
    """Weigh what a picture loses on the way through the code against what the code tells.

        p = sigmoid(logits)
        reconstruction = −Σ (x · log p + (1 − x) · log(1 − p))
        loss = mean of (reconstruction + β · KL)

    The sum is over everything but the batch: all pixels of a picture count, none is averaged away,
    or the KL would drown them.  The mean is over the N pictures; KL is `gaussian_kl`.  For β = 1 it
    is the negative evidence lower bound (ELBO), for others the β-VAE.

    logits, x: (N, ...) of the same shape, x from 0 to 1, fractions included; mu, logvar: (N, ...)
    of another shape perhaps; beta: float ≥ 0.  Returns a tensor without axes.  Logits up to ±10000
    give neither inf nor NaN, in the gradients neither.  (Kingma and Welling, 2014; Higgins et al.,
    2017.)

    >>> logits = torch.tensor([[0.0, 0.0, 0.0], [math.log(3), 0.0, 0.0]])
    >>> x = torch.tensor([[1.0, 0.0, 1.0], [1.0, 0.0, 0.5]])
    >>> mu, logvar = torch.tensor([[1.0, 0.0], [0.0, 0.0]]), torch.zeros(2, 2)
    >>> vae_loss(logits, x, mu, logvar).round(decimals=4)
    tensor(2.1267)
    >>> vae_loss(logits, x, mu, logvar, beta=2.0).round(decimals=4)
    tensor(2.3767)
    """
    raise NotImplementedError


def gan_losses(real_logits, fake_logits):
    """Say what the discriminator and what the generator of a GAN have to bring down.

        D = sigmoid(logits)
        d_loss = mean of (−log D(real)) + mean of (−log(1 − D(fake)))
        g_loss = mean of (−log D(fake))

    D is the discriminator's probability that a picture is real.  The generator does not lower
    log(1 − D(fake)), which is flat where D is sure: it raises log D(fake), the non-saturating
    loss.  In logits each term is a softplus(a) = log(1 + e^a): −log D is softplus(−logits) and
    −log(1 − D) is softplus(logits).

    real_logits, fake_logits: any shapes, which may differ; each mean is over its own entries, and
    nothing is halved.  Returns the pair (d_loss, g_loss) of tensors without axes.  Both have
    gradients: whoever trains decides which network takes the step.  Logits up to ±10000 give
    neither inf nor NaN, in the gradients neither.  (Goodfellow et al., 2014.)

    >>> real, fake = torch.tensor([0.0, math.log(3)]), torch.tensor([0.0, 0.0, math.log(3)])
    >>> d_loss, g_loss = gan_losses(real, fake)
    >>> d_loss.round(decimals=4), g_loss.round(decimals=4)
    (tensor(1.4146), tensor(0.5580))
    """
    raise NotImplementedError


def cosine_beta_schedule(steps, s=0.008):
    """Plan how much noise each step of a diffusion adds.

        f(u) = cos²((u + s) / (1 + s) · π / 2)
        β_t = min(1 − f((t + 1) / T) / f(t / T), 0.999)

    The share of the picture that is left, ᾱ_t = Π (1 − β_i), then falls like f, from 1 to 0, slowly
    at both ends; the offset s keeps the first steps from being too small to matter.

    steps: int T ≥ 1; s: float ≥ 0.  Returns β_t for t = 0, …, T − 1, (T,) in torch's default
    dtype.  Each entry is due to a relative accuracy of 1e-4: with a thousand steps the quotient is
    so close to 1 that 1 minus it has to be computed in float64.  (Nichol and Dhariwal, 2021,
    section 3.2.)

    >>> cosine_beta_schedule(2, s=0.0).round(decimals=4)
    tensor([0.5000, 0.9990])
    >>> cosine_beta_schedule(4).round(decimals=4)
    tensor([0.1530, 0.4170, 0.7079, 0.9990])
    """
    raise NotImplementedError


def q_sample(x0, t, noise, alpha_bar):
    """Destroy each example as far as its own step says, in one go.

        x_t = √ᾱ_t · x_0 + √(1 − ᾱ_t) · ε

    x0, noise: (N, ...), of rank 1 or more; t: int64 (N,), for each example an index from 0 to
    T − 1 into alpha_bar (T,), where the products ᾱ_t = Π (1 − β_i) stand ready.  Returns a tensor
    like x0.  The squares of the two factors add up to 1: what has variance 1 keeps it.
    (Ho et al., 2020, equation 4.)

    >>> x0 = torch.tensor([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    >>> noise = torch.tensor([[0.0, 5.0, -5.0], [0.0, 5.0, -5.0]])
    >>> q_sample(x0, torch.tensor([1, 0]), noise, torch.tensor([0.64, 0.36]))
    tensor([[ 0.6000,  5.2000, -2.2000],
            [ 0.8000,  4.6000, -0.6000]])
    """
    raise NotImplementedError


def ddpm_step(x_t, t, predicted_noise, betas, noise):
    """Go one step back from noise to data, and put a little noise in again.

        α_t = 1 − β_t,   ᾱ_t = Π_{i ≤ t} α_i
        mean = (x_t − β_t / √(1 − ᾱ_t) · ε) / √α_t
        σ² = β_t · (1 − ᾱ_{t−1}) / (1 − ᾱ_t)
        x_{t−1} = mean + σ · noise

    ε is `predicted_noise`, what a network takes for the noise in x_t.  ᾱ_t includes step t itself;
    ᾱ_{−1} = 1, so that the last step, t = 0, adds no noise.  This σ² is the variance of x_{t−1}
    when both x_t and x_0 are known ("fixed small"); β_t itself would be the other choice.

    x_t, predicted_noise, noise: one shape, any rank; t: int from 0 to T − 1, the same for the whole
    batch; betas: (T,), each between 0 and 1.  Returns a tensor like x_t.  Nothing is clipped.
    (Ho et al., 2020, algorithm 2.)

    >>> betas = torch.tensor([0.36, 0.4375])  # so that ᾱ is 0.64, 0.36
    >>> x_t = torch.tensor([[1.1875, -0.4375, 0.75]])
    >>> predicted_noise = torch.tensor([[0.8, -0.8, 0.0]])
    >>> noise = torch.tensor([[0.0, 0.0, 2.0]])
    >>> ddpm_step(x_t, 1, predicted_noise, betas, noise).round(decimals=4)
    tensor([[1.0000, 0.0000, 1.9922]])
    >>> ddpm_step(x_t, 0, predicted_noise, betas, noise).round(decimals=4)
    tensor([[0.8844, 0.0531, 0.9375]])
    """
    raise NotImplementedError


def ddim_step(x_t, t, t_prev, predicted_noise, alpha_bar, eta=0.0, noise=None):
    """Jump back from step t to any earlier one, by way of a guess at the end.

        x̂_0 = (x_t − √(1 − ᾱ_t) · ε) / √ᾱ_t
        σ = η · √((1 − ᾱ_p) / (1 − ᾱ_t) · (1 − ᾱ_t / ᾱ_p))
        x_p = √ᾱ_p · x̂_0 + √(1 − ᾱ_p − σ²) · ε + σ · noise

    p is `t_prev`, ε is `predicted_noise`: with it comes a guess x̂_0 of the picture itself, which is
    then noised again as far as step p is.  η is how much of that noise is new: none for 0, which
    makes the way from noise to picture a function; for 1 and steps of one it is `ddpm_step`.

    x_t, predicted_noise, noise: one shape, any rank; t, t_prev: ints, −1 ≤ t_prev < t ≤ T − 1, and
    t_prev = −1 means the picture itself, ᾱ_p = 1; alpha_bar: (T,), strictly decreasing between 1
    and 0; eta: float from 0 to 1.  noise may be missing where eta is 0; if it is given there, it is
    not used.  Returns a tensor like x_t.  x̂_0 is not clipped.  1 − ᾱ_p − σ² is never negative;
    where rounding makes it so, it counts as 0.  (Song et al., 2021, equations 12 and 16.)

    >>> alpha_bar = torch.tensor([0.64, 0.36])
    >>> x_t, predicted_noise = torch.tensor([[2.2, 0.4, 1.8]]), torch.tensor([[2.0, -1.0, 0.0]])
    >>> ddim_step(x_t, 1, -1, predicted_noise, alpha_bar).round(decimals=4)
    tensor([[1., 2., 3.]])
    >>> ddim_step(x_t, 1, 0, predicted_noise, alpha_bar).round(decimals=4)
    tensor([[2.0000, 1.0000, 2.4000]])
    >>> noise = torch.tensor([[0.0, 0.0, 2.0]])
    >>> ddim_step(x_t, 1, 0, predicted_noise, alpha_bar, eta=1.0, noise=noise).round(decimals=4)
    tensor([[1.4750, 1.2625, 3.3922]])
    """
    raise NotImplementedError


def classifier_free_guidance(predictions, scale):
    """Go further than the prompt asks, away from what would come without it.

        guided = ε_without + scale · (ε_with − ε_without)

    predictions: (2N, ...), what one call of the network said of a doubled batch: first the N
    without a condition, then the same N with it.  scale: float ≥ 0; 0 ignores the condition, 1
    follows it, more exaggerates.  Returns (N, ...).  (Ho and Salimans, 2022, count from elsewhere:
    their w is scale − 1.)

    >>> predictions = torch.tensor([[1.0, 2.0], [3.0, 4.0], [2.0, 2.0], [1.0, 6.0]])
    >>> classifier_free_guidance(predictions, 3.0)
    tensor([[ 4.,  2.],
            [-3., 10.]])
    """
    raise NotImplementedError


def clip_loss(image_features, text_features, logit_scale):
    """Ask of every picture which text is its own, and of every text which picture.

        I_n = image_n / ‖image_n‖,   T_n = text_n / ‖text_n‖
        logits = e^{logit_scale} · I Tᵀ
        loss = ½ · (cross-entropy of the rows + cross-entropy of the columns)

    Row n holds the cosines of picture n with all texts, times the scale; its right class is n.
    Column n does the same for text n.  Each cross-entropy is a mean over the batch.

    image_features, text_features: (N, D), pairs in the same order, not yet of unit length, no row
    zero; logit_scale: a tensor without axes, the logarithm of the scale, from −2 to 5.  Returns a
    tensor without axes; gradients reach all three.  (Radford et al., 2021, figure 3.)

    >>> images = torch.tensor([[3.0, 0.0], [0.0, 2.0]])
    >>> texts = torch.tensor([[5.0, 0.0], [3.0, 4.0]])
    >>> clip_loss(images, texts, torch.tensor(5.0).log()).round(decimals=4)
    tensor(0.1163)
    """
    raise NotImplementedError


def zero_shot_probabilities(image_features, prompt_features, logit_scale):
    """Classify pictures by the names of the classes alone, each said in several ways.

        u_cp = v_cp / ‖v_cp‖
        m_c = 1/P · Σ_p u_cp
        w_c = m_c / ‖m_c‖
        probabilities_n = softmax over c of e^{logit_scale} · w_c · I_n

    v_cp is the vector of prompt p of class c, and I_n = image_n / ‖image_n‖.  "A photo of a cat",
    "a drawing of a cat": each prompt counts alike, however long its vector is, and the class
    vector w_c is of unit length again.

    image_features: (N, D); prompt_features: (C, P, D), P prompts for each of C classes;
    logit_scale: a tensor without axes, the logarithm of the scale.  No vector and no mean is zero.
    Returns (N, C), each row summing to 1.  (Radford et al., 2021, section 3.1.4.)

    >>> images = torch.tensor([[3.0, 0.0], [0.0, 2.0], [5.0, 5.0]])
    >>> prompts = torch.tensor([[[2.0, 0.0], [1.0, 0.0]], [[3.0, 4.0], [-30.0, 40.0]]])
    >>> logit_scale = torch.tensor(3.0).log().log()  # so that the scale is log 3
    >>> zero_shot_probabilities(images, prompts, logit_scale).round(decimals=4)
    tensor([[0.7500, 0.2500],
            [0.2500, 0.7500],
            [0.5000, 0.5000]])
    """
    raise NotImplementedError
