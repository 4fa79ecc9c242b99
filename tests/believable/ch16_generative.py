"""What a learner might hand in.

gaussian_kl: failed, mean-over-features
reparameterize: failed, global-generator
vae_loss: failed, mean-over-pixels
gan_losses: failed, saturating-generator
cosine_beta_schedule: failed, one-minus-alpha-bar
q_sample: failed, images-only
ddpm_step: failed, noise-at-the-end
ddim_step: failed, minus-one-indexes-the-end
classifier_free_guidance: failed, one-plus-scale
clip_loss: failed, no-exponential
zero_shot_probabilities: failed, averaged-first
"""

import math

import torch
import torch.nn.functional as F


def gaussian_kl(mu, logvar):
    kl = -0.5 * torch.mean(1 + logvar - mu.pow(2) - logvar.exp(), dim=list(range(1, mu.dim())))
    return kl


def reparameterize(mu, logvar, generator):
    std = torch.exp(0.5 * logvar)
    eps = torch.randn_like(std)  # generator?? randn_like does not take one
    return mu + eps * std


def vae_loss(logits, x, mu, logvar, beta=1.0):
    n = x.shape[0]
    recon = F.binary_cross_entropy_with_logits(logits, x)
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - torch.exp(logvar)) / n
    return recon + beta * kl


def gan_losses(real_logits, fake_logits):
    d_loss = -(F.logsigmoid(real_logits).mean() + F.logsigmoid(-fake_logits).mean())
    # the generator wants the opposite
    g_loss = F.logsigmoid(-fake_logits).mean()
    return d_loss, g_loss


def cosine_beta_schedule(steps, s=0.008):
    def f(u):
        return math.cos((u + s) / (1 + s) * math.pi / 2) ** 2

    betas = []
    for t in range(steps):
        alpha_bar = f((t + 1) / steps) / f(0)
        betas.append(min(1 - alpha_bar, 0.999))
    return torch.tensor(betas)


def q_sample(x0, t, noise, alpha_bar):
    a = alpha_bar[t].view(-1, 1, 1, 1)
    return a.sqrt() * x0 + (1 - a).sqrt() * noise


def ddpm_step(x_t, t, predicted_noise, betas, noise):
    alphas = 1 - betas
    alpha_bar = torch.cumprod(alphas, 0)
    mean = (x_t - betas[t] / torch.sqrt(1 - alpha_bar[t]) * predicted_noise) / torch.sqrt(alphas[t])
    if t > 0:
        var = betas[t] * (1 - alpha_bar[t - 1]) / (1 - alpha_bar[t])
    else:
        var = betas[t]
    return mean + torch.sqrt(var) * noise


def ddim_step(x_t, t, t_prev, predicted_noise, alpha_bar, eta=0.0, noise=None):
    a_t = alpha_bar[t]
    a_prev = alpha_bar[t_prev]
    x0 = (x_t - (1 - a_t).sqrt() * predicted_noise) / a_t.sqrt()
    sigma = eta * ((1 - a_prev) / (1 - a_t) * (1 - a_t / a_prev)).sqrt()
    out = a_prev.sqrt() * x0 + (1 - a_prev - sigma**2).clamp(min=0).sqrt() * predicted_noise
    if eta > 0:
        out = out + sigma * noise
    return out


def classifier_free_guidance(predictions, scale):
    uncond, cond = predictions.chunk(2)
    return (1 + scale) * cond - scale * uncond


def clip_loss(image_features, text_features, logit_scale):
    I = F.normalize(image_features, dim=-1)
    T = F.normalize(text_features, dim=-1)
    logits = logit_scale * I @ T.t()
    labels = torch.arange(len(I))
    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.t(), labels)) / 2


def zero_shot_probabilities(image_features, prompt_features, logit_scale):
    I = F.normalize(image_features, dim=-1)
    classes = F.normalize(prompt_features.mean(dim=1), dim=-1)
    return torch.softmax(logit_scale.exp() * I @ classes.t(), dim=-1)
