"""The same answers by independent means: SciPy, moments of normal distributions, brute force."""

import math

import numpy as np
import scipy.integrate
import scipy.special
import scipy.stats
import torch

from grader.bank import alternate


class _Divergence(torch.autograd.Function):
    """Cross-entropy minus entropy, each from SciPy; the gradient as derived on paper."""

    @staticmethod
    def forward(ctx, mu, logvar):
        ctx.save_for_backward(mu, logvar)
        m, deviation = mu.double().numpy(), np.exp(logvar.double().numpy() / 2)
        entropy = scipy.stats.norm.entropy(m, deviation)
        # E[x²] of the code, in −E[log N(x; 0, 1)].
        cross = (math.log(2 * math.pi) + deviation**2 + m**2) / 2
        axes = tuple(range(1, mu.ndim))
        return torch.from_numpy((cross - entropy).sum(axis=axes)).to(mu.dtype)

    @staticmethod
    def backward(ctx, upstream):
        mu, logvar = ctx.saved_tensors
        up = upstream.reshape(-1, *[1] * (mu.ndim - 1))
        return up * mu, up * torch.expm1(logvar) / 2


@alternate("gaussian_kl", "cross-entropy minus SciPy's entropy, the gradient by hand")
def gaussian_kl(mu, logvar):
    return _Divergence.apply(mu, logvar)


@alternate("reparameterize", "a linear map of standard noise, as a diagonal matrix")
def reparameterize(mu, logvar, generator):
    noise = torch.randn(mu.shape, generator=generator, dtype=mu.dtype)
    root = torch.diag_embed(torch.exp(logvar.flatten()) ** 0.5)
    return (root @ noise.flatten() + mu.flatten()).unflatten(0, mu.shape)


class _Bernoulli(torch.autograd.Function):
    """Minus the log likelihood with SciPy's log_expit; its gradient as derived on paper."""

    @staticmethod
    def forward(ctx, logits, x):
        ctx.save_for_backward(logits, x)
        z, target = logits.double().numpy(), x.double().numpy()
        log_p, log_q = scipy.special.log_expit(z), scipy.special.log_expit(-z)
        return torch.tensor(-(target * log_p + (1 - target) * log_q).sum(), dtype=x.dtype)

    @staticmethod
    def backward(ctx, upstream):
        logits, x = ctx.saved_tensors
        p = torch.from_numpy(scipy.special.expit(logits.double().numpy())).to(x.dtype)
        return upstream * (p - x), -upstream * logits


@alternate("vae_loss", "SciPy's log_expit, gradients by hand")
def vae_loss(logits, x, mu, logvar, beta=1.0):
    total = _Bernoulli.apply(logits, x) + beta * _Divergence.apply(mu, logvar).sum()
    return total / len(x)


@alternate("gan_losses", "the divergence of labels from SciPy, gradients by hand")
def gan_losses(real_logits, fake_logits):
    def against(logits, label):
        return _Bernoulli.apply(logits, torch.full_like(logits, label)) / logits.numel()

    return against(real_logits, 1.0) + against(fake_logits, 0.0), against(fake_logits, 1.0)


@alternate("cosine_beta_schedule", "the share that is lost, by integrating f's slope")
def cosine_beta_schedule(steps, s=0.008):
    rate = math.pi / 2 / (1 + s)

    def slope(u):
        return rate * math.sin(2 * rate * (u + s))

    betas = []
    for t in range(steps):
        lost, _ = scipy.integrate.fixed_quad(np.vectorize(slope), t / steps, (t + 1) / steps, n=12)
        # What is left at u is what will be lost from there to 1.
        left = math.sin(rate * (1 - t / steps)) ** 2
        betas.append(min(float(lost) / left, 0.999))
    return torch.tensor(betas)


@alternate("q_sample", "all steps for all examples, then the diagonal")
def q_sample(x0, t, noise, alpha_bar):
    angles = torch.arccos(alpha_bar.double().sqrt()).to(x0.dtype)
    everything = torch.einsum("k,n...->kn...", angles.cos(), x0)
    everything = everything + torch.einsum("k,n...->kn...", angles.sin(), noise)
    return everything[t, torch.arange(len(t))]


@alternate("ddpm_step", "Bayes' rule: the product of two normal densities of x_{t−1}")
def ddpm_step(x_t, t, predicted_noise, betas, noise):
    shares = [1 - float(beta) for beta in betas]
    left = math.prod(shares[: t + 1])
    guess = (x_t - math.sqrt(1 - left) * predicted_noise) / math.sqrt(left)
    if t == 0:
        return guess
    before, alpha = math.prod(shares[:t]), shares[t]
    # x_{t−1} given x_0, and x_t given x_{t−1} read as a density of x_{t−1}.
    precisions = 1 / (1 - before), alpha / (1 - alpha)
    means = math.sqrt(before) * guess, x_t / math.sqrt(alpha)
    total = sum(precisions)
    mean = sum(weight / total * one for weight, one in zip(precisions, means, strict=True))
    return mean + noise / math.sqrt(total)


@alternate("ddim_step", "angles: noise and picture as the legs of a triangle")
def ddim_step(x_t, t, t_prev, predicted_noise, alpha_bar, eta=0.0, noise=None):
    here = math.acos(math.sqrt(float(alpha_bar[t])))
    there = math.acos(math.sqrt(float(alpha_bar[t_prev]))) if t_prev >= 0 else 0.0
    guess = (x_t - math.sin(here) * predicted_noise) / math.cos(here)
    if not eta:
        return math.cos(there) * guess + math.sin(there) * predicted_noise
    # 1 − ᾱ_t/ᾱ_p, as a difference of squared cosines.
    lost = math.sin(here + there) * math.sin(here - there) / math.cos(there) ** 2
    fresh = eta * math.sin(there) / math.sin(here) * math.sqrt(lost)
    old = math.sqrt(max(math.sin(there) ** 2 - fresh**2, 0.0))
    return math.cos(there) * guess + old * predicted_noise + fresh * noise


@alternate("classifier_free_guidance", "a line through two points, taken at the scale")
def classifier_free_guidance(predictions, scale):
    n = len(predictions) // 2
    mixing = torch.zeros(n, 2 * n, dtype=predictions.dtype)
    for row in range(n):
        mixing[row, row], mixing[row, n + row] = 1 - scale, scale
    return torch.tensordot(mixing, predictions, dims=1)


class _Matching(torch.autograd.Function):
    """Both cross-entropies of a table of scores, with SciPy; the gradient by hand."""

    @staticmethod
    def forward(ctx, scores):
        table = scores.double().numpy()
        rows, columns = scipy.special.softmax(table, axis=1), scipy.special.softmax(table, axis=0)
        ctx.slopes = torch.from_numpy((rows + columns) / 2 - np.eye(len(table))) / len(table)
        losses = scipy.special.logsumexp(table, axis=1) + scipy.special.logsumexp(table, axis=0)
        loss = (losses / 2 - np.diag(table)).mean()
        return torch.tensor(loss, dtype=scores.dtype)

    @staticmethod
    def backward(ctx, upstream):
        return (upstream * ctx.slopes).to(upstream.dtype)


@alternate("clip_loss", "SciPy's softmax and logsumexp, distances on the sphere")
def clip_loss(image_features, text_features, logit_scale):
    images, texts = (
        part / torch.linalg.vector_norm(part, dim=1, keepdim=True)
        for part in (image_features, text_features)
    )
    # The cosine of two unit vectors from their distance.
    squares = (images[:, None] - texts[None, :]).square().sum(dim=-1)
    return _Matching.apply(torch.exp(logit_scale) * (1 - squares / 2))


@alternate("zero_shot_probabilities", "a resultant vector's direction, distances on the sphere")
def zero_shot_probabilities(image_features, prompt_features, logit_scale):
    images = image_features / (image_features**2).sum(-1, keepdim=True) ** 0.5
    resultants = sum(
        prompts / (prompts**2).sum(-1, keepdim=True) ** 0.5
        for prompts in prompt_features.unbind(dim=1)
    )
    classes = resultants / (resultants**2).sum(-1, keepdim=True) ** 0.5
    squares = (images[:, None] - classes[None]).square().sum(-1)
    nearest = squares.amin(-1, keepdim=True).detach()
    weights = torch.exp(-logit_scale.exp() * (squares - nearest) / 2)
    return weights / weights.sum(-1, keepdim=True)
