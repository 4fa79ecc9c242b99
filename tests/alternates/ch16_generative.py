"""Right answers in other styles."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from grader.bank import alternate

# ------------------------------------------------------------------------------------- gaussian_kl


@alternate("gaussian_kl", "in the order of the VAE paper, a minus in front")
def gaussian_kl(mu, logvar):
    axes = tuple(range(1, mu.dim()))
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - torch.exp(logvar), dim=axes)


@alternate("gaussian_kl", "torch.distributions")
def gaussian_kl(mu, logvar):
    code = torch.distributions.Normal(mu, torch.exp(0.5 * logvar))
    standard = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    divergence = torch.distributions.kl_divergence(code, standard)
    return divergence.reshape(len(mu), -1).sum(-1)


@alternate("gaussian_kl", "one example at a time, through deviations")
def gaussian_kl(mu, logvar):
    costs = []
    for m, v in zip(mu, logvar, strict=True):
        deviation = torch.exp(v / 2)
        costs.append(((deviation.square() + m.square() - 1) / 2 - deviation.log()).sum())
    return torch.stack(costs)


# ---------------------------------------------------------------------------------- reparameterize


@alternate("reparameterize", "torch.addcmul")
def reparameterize(mu, logvar, generator):
    std = torch.exp(0.5 * logvar)
    eps = torch.randn(*mu.size(), generator=generator, dtype=mu.dtype)
    return torch.addcmul(mu, std, eps)


@alternate("reparameterize", "the root of the variance")
def reparameterize(mu, logvar, generator):
    eps = torch.randn(tuple(mu.shape), dtype=logvar.dtype, generator=generator, device="cpu")
    return eps.mul(logvar.exp().sqrt()).add(mu)


# ---------------------------------------------------------------------------------------- vae_loss


@alternate("vae_loss", "summed over everything, divided by the batch")
def vae_loss(logits, x, mu, logvar, beta=1.0):
    n = logits.shape[0]
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return (bce + beta * kld) / n


@alternate("vae_loss", "softplus of the logits, minus what white pixels save")
def vae_loss(logits, x, mu, logvar, beta=1.0):
    per_picture = []
    for z, target, m, v in zip(logits, x, mu, logvar, strict=True):
        pixels = (F.softplus(z) - target * z).sum()
        code = 0.5 * (v.exp() + m * m - 1 - v).sum()
        per_picture.append(pixels + beta * code)
    return sum(per_picture) / len(per_picture)


@alternate("vae_loss", "the textbook's stable formula")
def vae_loss(logits, x, mu, logvar, beta=1.0):
    bce = logits.clamp(min=0) - logits * x + torch.log1p(torch.exp(-logits.abs()))
    bce = bce.reshape(len(x), -1).sum(1).mean()
    kl = 0.5 * (logvar.exp() + mu.square() - 1 - logvar).reshape(len(mu), -1).sum(1).mean()
    return bce + kl * beta


# -------------------------------------------------------------------------------------- gan_losses


@alternate("gan_losses", "cross-entropy with labels")
def gan_losses(real_logits, fake_logits):
    bce = torch.nn.BCEWithLogitsLoss()
    d_real = bce(real_logits, torch.ones_like(real_logits))
    d_fake = bce(fake_logits, torch.zeros_like(fake_logits))
    return [d_real + d_fake, bce(fake_logits, torch.ones_like(fake_logits))]


@alternate("gan_losses", "logsigmoid")
def gan_losses(real_logits, fake_logits):
    d_loss = -F.logsigmoid(real_logits).mean() - F.logsigmoid(-fake_logits).mean()
    g_loss = F.logsigmoid(fake_logits).mean().neg()
    return d_loss, g_loss


@alternate("gan_losses", "logaddexp with zero")
def gan_losses(real_logits, fake_logits):
    def price(logits):
        return torch.logaddexp(logits, torch.zeros_like(logits)).sum() / logits.numel()

    return price(-real_logits) + price(fake_logits), price(-fake_logits)


@alternate("gan_losses", "the textbook's stable formula")
def gan_losses(real_logits, fake_logits):
    def softplus(z):
        return torch.relu(z) + torch.log1p(torch.exp(-torch.abs(z)))

    d_loss = torch.mean(softplus(-real_logits)) + torch.mean(softplus(fake_logits))
    return d_loss, torch.mean(softplus(-fake_logits))


# ---------------------------------------------------------------------------- cosine_beta_schedule


@alternate("cosine_beta_schedule", "plain Python")
def cosine_beta_schedule(steps, s=0.008):
    def f(u):
        return math.cos((u + s) / (1 + s) * math.pi / 2) ** 2

    return torch.tensor([min(1 - f((t + 1) / steps) / f(t / steps), 0.999) for t in range(steps)])


@alternate("cosine_beta_schedule", "through NumPy and the products")
def cosine_beta_schedule(steps, s=0.008):
    x = np.linspace(0, steps, steps + 1)
    alphas_cumprod = np.cos(((x / steps) + s) / (1 + s) * np.pi * 0.5) ** 2
    alphas_cumprod = alphas_cumprod / alphas_cumprod[0]
    betas = 1 - (alphas_cumprod[1:] / alphas_cumprod[:-1])
    return torch.from_numpy(np.minimum(betas, 0.999)).to(torch.get_default_dtype())


# ---------------------------------------------------------------------------------------- q_sample


@alternate("q_sample", "axes appended one by one")
def q_sample(x0, t, noise, alpha_bar):
    signal, spread = alpha_bar.sqrt()[t], (1 - alpha_bar).sqrt()[t]
    while signal.dim() < x0.dim():
        signal, spread = signal.unsqueeze(-1), spread.unsqueeze(-1)
    return signal * x0 + spread * noise


@alternate("q_sample", "example by example")
def q_sample(x0, t, noise, alpha_bar):
    rows = []
    for n, step in enumerate(t.tolist()):
        left = float(alpha_bar[step])
        rows.append(math.sqrt(left) * x0[n] + math.sqrt(1 - left) * noise[n])
    return torch.stack(rows)


@alternate("q_sample", "the batch as the last axis")
def q_sample(x0, t, noise, alpha_bar):
    left = torch.gather(alpha_bar, 0, t)
    x, e = x0.movedim(0, -1), noise.movedim(0, -1)
    return (x * left**0.5 + e * (1 - left) ** 0.5).movedim(-1, 0)


# --------------------------------------------------------------------------------------- ddpm_step


@alternate("ddpm_step", "through the guess at x0 and the posterior's two factors")
def ddpm_step(x_t, t, predicted_noise, betas, noise):
    alphas = 1.0 - betas
    alpha_bar = torch.cumprod(alphas, dim=0)
    previous = torch.cat([torch.ones(1, dtype=betas.dtype), alpha_bar[:-1]])
    x0 = x_t / alpha_bar[t].sqrt() - (1 / alpha_bar[t] - 1).sqrt() * predicted_noise
    first = betas[t] * previous[t].sqrt() / (1 - alpha_bar[t])
    second = (1 - previous[t]) * alphas[t].sqrt() / (1 - alpha_bar[t])
    variance = betas[t] * (1 - previous[t]) / (1 - alpha_bar[t])
    return first * x0 + second * x_t + (t > 0) * variance.sqrt() * noise


@alternate("ddpm_step", "plain numbers")
def ddpm_step(x_t, t, predicted_noise, betas, noise):
    schedule = betas.tolist()
    before = math.prod(1 - b for b in schedule[:t])
    beta = schedule[t]
    left = before * (1 - beta)
    x = x_t - beta / math.sqrt(1 - left) * predicted_noise
    sigma = math.sqrt(beta * (1 - before) / (1 - left))
    return x / math.sqrt(1 - beta) + sigma * noise


# --------------------------------------------------------------------------------------- ddim_step


@alternate("ddim_step", "plain numbers")
def ddim_step(x_t, t, t_prev, predicted_noise, alpha_bar, eta=0.0, noise=None):
    here = float(alpha_bar[t])
    there = 1.0 if t_prev == -1 else float(alpha_bar[t_prev])
    sigma = eta * math.sqrt((1 - there) / (1 - here) * (1 - here / there))
    guess = (x_t - math.sqrt(1 - here) * predicted_noise) / math.sqrt(here)
    kept = math.sqrt(max(1 - there - sigma * sigma, 0.0))
    answer = math.sqrt(there) * guess + kept * predicted_noise
    if eta > 0:
        answer = answer + sigma * noise
    return answer


@alternate("ddim_step", "as in diffusers, a schedule with a 1 in front")
def ddim_step(x_t, t, t_prev, predicted_noise, alpha_bar, eta=0.0, noise=None):
    longer = torch.cat([alpha_bar.new_ones(1), alpha_bar])
    at, prev = longer[t + 1], longer[t_prev + 1]
    variance = (1 - prev) / (1 - at) * (1 - at / prev)
    std = eta * variance**0.5
    original = (x_t - (1 - at) ** 0.5 * predicted_noise) / at**0.5
    direction = torch.clamp(1 - prev - std**2, min=0.0) ** 0.5 * predicted_noise
    sample = prev**0.5 * original + direction
    if noise is not None and eta:
        sample = sample + std * noise
    return sample


@alternate("ddim_step", "two factors, of x and of the prediction")
def ddim_step(x_t, t, t_prev, predicted_noise, alpha_bar, eta=0.0, noise=None):
    a = alpha_bar[t].double()
    b = alpha_bar[t_prev].double() if t_prev >= 0 else torch.tensor(1.0, dtype=torch.float64)
    variance = eta**2 * (1 - b) / (1 - a) * (1 - a / b)
    on_x = torch.sqrt(b / a)
    on_noise = torch.sqrt(torch.relu(1 - b - variance)) - torch.sqrt(b * (1 - a) / a)
    out = x_t * on_x.to(x_t.dtype) + predicted_noise * on_noise.to(x_t.dtype)
    return out if not eta else out + noise * variance.sqrt().to(x_t.dtype)


# ------------------------------------------------------------------------ classifier_free_guidance


@alternate("classifier_free_guidance", "a weighted sum of both halves")
def classifier_free_guidance(predictions, scale):
    n = predictions.shape[0] // 2
    return (1 - scale) * predictions[:n] + scale * predictions[n:]


@alternate("classifier_free_guidance", "torch.lerp")
def classifier_free_guidance(predictions, scale):
    uncond, cond = torch.tensor_split(predictions, 2)
    return torch.lerp(uncond, cond, float(scale))


@alternate("classifier_free_guidance", "an axis for the two halves")
def classifier_free_guidance(predictions, scale):
    pair = predictions.reshape(2, -1, *predictions.shape[1:])
    return torch.tensordot(torch.tensor([1 - scale, scale], dtype=pair.dtype), pair, dims=1)


# --------------------------------------------------------------------------------------- clip_loss


@alternate("clip_loss", "as OpenAI wrote it")
def clip_loss(image_features, text_features, logit_scale):
    image_features = F.normalize(image_features, dim=1)
    text_features = F.normalize(text_features, dim=1)
    logits_per_image = logit_scale.exp() * image_features @ text_features.t()
    target = torch.arange(image_features.shape[0])
    image_loss = F.cross_entropy(logits_per_image, target)
    text_loss = F.cross_entropy(logits_per_image.t(), target)
    return 0.5 * image_loss + 0.5 * text_loss


@alternate("clip_loss", "log softmax and the diagonal")
def clip_loss(image_features, text_features, logit_scale):
    logits = F.cosine_similarity(image_features[:, None], text_features[None], dim=-1)
    logits = logits * torch.exp(logit_scale)
    both = F.log_softmax(logits, dim=1) + F.log_softmax(logits, dim=0)
    return -both.diagonal().mean() / 2


@alternate("clip_loss", "logsumexp minus the right pair")
def clip_loss(image_features, text_features, logit_scale):
    images = image_features * image_features.square().sum(1, keepdim=True).rsqrt()
    texts = text_features * text_features.square().sum(1, keepdim=True).rsqrt()
    logits = torch.einsum("id,jd->ij", images, texts) * logit_scale.exp()
    right = torch.einsum("ii->i", logits)
    return ((logits.logsumexp(0) + logits.logsumexp(1)) / 2 - right).mean()


# ------------------------------------------------------------------------- zero_shot_probabilities


@alternate("zero_shot_probabilities", "class by class, as OpenAI's notebook does it")
def zero_shot_probabilities(image_features, prompt_features, logit_scale):
    weights = []
    for prompts in prompt_features:
        prompts = prompts / prompts.norm(dim=-1, keepdim=True)
        weight = prompts.mean(dim=0)
        weights.append(weight / weight.norm())
    images = image_features / image_features.norm(dim=-1, keepdim=True)
    logits = logit_scale.exp() * images @ torch.stack(weights, dim=1)
    return logits.softmax(dim=-1)


@alternate("zero_shot_probabilities", "cosines with the sum of unit vectors")
def zero_shot_probabilities(image_features, prompt_features, logit_scale):
    total = F.normalize(prompt_features, dim=2).sum(dim=1)
    cosines = F.cosine_similarity(image_features.unsqueeze(1), total.unsqueeze(0), dim=2)
    return torch.softmax(cosines * torch.exp(logit_scale), dim=1)
