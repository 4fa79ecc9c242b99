"""What people get wrong in generative models."""

import torch
from torch.nn import functional

from grader.bank import mistake, slips

# ------------------------------------------------------------------------------------- gaussian_kl

slips(
    "gaussian_kl",
    """
    mean-over-features: Each number of the code costs by itself: the costs add up.
        .sum(dim=1) -> .mean(dim=1)
    last-axis-only: A code may have several axes: all of them but the first are summed.
        .flatten(1).sum(dim=1) -> .sum(dim=-1)
    summed-over-batch: Each example of the batch has a divergence of its own.
        .flatten(1).sum(dim=1) -> .sum()
    averaged-over-batch: Each example of the batch has a divergence of its own.
        .flatten(1).sum(dim=1) -> .flatten(1).sum(dim=1).mean()
    logvar-is-log-deviation: logvar is the logarithm of the variance, not of the deviation.
        logvar.exp() -> (2 * logvar).exp()
        - logvar -> - 2 * logvar
    deviation-for-variance: e to the logvar is the variance already: no half is due.
        logvar.exp() -> (logvar / 2).exp()
    logvar-is-variance: logvar is a logarithm: the variance is e to it.
        logvar.exp() -> logvar
        - logvar -> - logvar.abs().log()
    plus-logvar: What is wide costs less by its logarithm: which sign has logvar?
        - 1 - logvar -> - 1 + logvar
    no-minus-one: For the standard normal distribution nothing may be left.
        - 1 - logvar -> - logvar
    not-halved: The sum is taken half.
        / 2 ->
    negative: A divergence is never negative.
        return terms -> return -terms
    mean-not-squared: Being off zero costs the square of the distance.
        mu**2 -> mu
    mean-forgotten: A mean away from zero costs something too.
        + mu**2 ->
    direction-reversed: It is the divergence from the standard normal, not of it.
        logvar.exp() + mu**2 - 1 - logvar -> (1 + mu**2) * (-logvar).exp() - 1 + logvar
    distance-divided: The mean is measured in deviations of the standard normal.
        mu**2 -> mu**2 / logvar.exp()
    logvar-clipped: Nothing is clipped: a logvar far from 0 costs what it costs.
        terms = -> logvar = logvar.clamp(-10, 10); terms =
    in-place:
        mu**2 -> mu.detach().pow_(2)
    """,
)

# ---------------------------------------------------------------------------------- reparameterize

slips(
    "reparameterize",
    """
    variance-for-deviation: Noise is stretched by the deviation, the root of the variance.
        (logvar / 2).exp() -> logvar.exp()
    doubled-logvar: The root of the variance is e to half of logvar, not to twice.
        logvar / 2 -> logvar * 2
    logvar-as-deviation: logvar is a logarithm: take e to it, or rather to half of it.
        (logvar / 2).exp() -> logvar
    half-the-deviation: Halve the logarithm, which takes the root, not the exponential.
        (logvar / 2).exp() -> logvar.exp() / 2
    uniform-noise: The noise comes from a normal distribution.
        torch.randn -> torch.rand
    one-noise-for-batch: Every example gets noise of its own.
        torch.randn(mu.shape, -> torch.randn(mu.shape[1:],
    one-noise-for-features: Every number of a code gets noise of its own.
        torch.randn(mu.shape, -> torch.randn((*mu.shape[:-1], 1),
    global-generator: Draw from the generator that is passed in, not from torch's own.
        generator=generator, ->
    own-generator: Draw from the generator that is passed in, not from a new one.
        generator=generator -> generator=torch.Generator().manual_seed(0)
    noise-in-single-precision: The noise is drawn in the dtype of mu.
        , dtype=mu.dtype ->
    noise-rounded: The noise is drawn in the dtype of mu; a draw in another is another one.
        dtype=mu.dtype).to(mu.device) -> dtype=torch.float64).to(mu)
    deviation-without-gradient: The deviation has to learn too: its gradient is the noise.
        (logvar / 2).exp() -> (logvar / 2).exp().detach()
    mean-without-gradient: The mean has to learn too.
        return mu + -> return mu.detach() +
    no-noise: The mean alone is no sample.
        return mu + (logvar / 2).exp() * noise -> return mu + 0 * (logvar / 2).exp() * noise
    mean-forgotten: The noise is moved to the mean.
        return mu + -> return 0 * mu +
    noise-subtracted: The noise is added: minus the noise is another sample.
        mu + -> mu -
    draws-twice: The generator draws once.
        noise = -> torch.randn(mu.shape, generator=generator); noise =

    in-place:
        return mu + (logvar / 2).exp() * noise
        ->
        mu.data += (logvar / 2).exp() * noise
        return mu + (logvar / 2).exp() * noise - ((logvar / 2).exp() * noise).detach()
    """,
)


@mistake(
    "reparameterize",
    "drawn-row-by-row",
    "One draw of the whole shape gives other numbers than one draw for each row.",
)
def reparameterize(mu, logvar, generator):
    rows = [torch.randn(row.shape, generator=generator, dtype=mu.dtype) for row in mu]
    return mu + (logvar / 2).exp() * torch.stack(rows)


@mistake(
    "reparameterize",
    "sampled-by-torch",
    "torch.normal and distributions' sample pass no gradient: draw standard noise, then compute.",
)
def reparameterize(mu, logvar, generator):
    with torch.no_grad():
        return torch.normal(mu, (logvar / 2).exp(), generator=generator)


# ---------------------------------------------------------------------------------------- vae_loss

slips(
    "vae_loss",
    """
    mean-over-pixels: The pixels of a picture are summed, as the code's numbers are.
        pixels.flatten(1).sum(dim=1) -> pixels.flatten(1).mean(dim=1)
    mean-over-code: The KL is a sum over the code.
        gaussian_kl(mu, logvar) -> gaussian_kl(mu, logvar) / mu[0].numel()
    summed-over-batch: Over the batch it is a mean.
        ).mean() -> ).sum()
    reconstruction-summed-over-batch: Over the batch both parts are a mean.
        reconstruction = -> reconstruction = len(x) *
    code-summed-over-batch: Over the batch both parts are a mean.
        beta * gaussian_kl -> beta * len(mu) * gaussian_kl
    one-loss-each: A loss is one number: the mean over the batch.
        (reconstruction + beta * gaussian_kl(mu, logvar)).mean()
        -> reconstruction + beta * gaussian_kl(mu, logvar)
    beta-on-reconstruction: β weighs the code, not the pixels.
        reconstruction + beta * gaussian_kl -> beta * reconstruction + gaussian_kl
    beta-on-both: β weighs the code alone.
        (reconstruction + beta * gaussian_kl(mu, logvar))
        -> (beta * (reconstruction + gaussian_kl(mu, logvar)))
    beta-between: β does not share one weight out between both parts.
        reconstruction + beta * -> (1 - beta) * reconstruction + beta *
    beta-ignored: The code is weighed with β.
        beta * ->
    beta-divides: β multiplies the KL.
        beta * gaussian_kl(mu, logvar) -> gaussian_kl(mu, logvar) / max(beta, 1e-3)
    code-subtracted: What the code tells is paid for: it is added.
        reconstruction + beta -> reconstruction - beta
    code-forgotten: The code costs something too.
        + beta * gaussian_kl(mu, logvar) -> + 0 * gaussian_kl(mu, logvar)
    bound-not-negated: A loss is the negative of the bound: it is to go down.
        return ( -> return -(
    sigmoid-twice: binary_cross_entropy_with_logits takes the sigmoid itself.
        (logits, x, reduction -> (logits.sigmoid(), x, reduction
    arguments-exchanged: The logits come first, then the target.
        (logits, x, reduction -> (x, logits, reduction
    clipped-logarithm: A sigmoid rounds to 0 or 1 where logits are sure: stay with the logits.
        functional.binary_cross_entropy_with_logits(logits, x,
        -> functional.binary_cross_entropy(logits.sigmoid(), x,
    squared-error: It is the cross-entropy of each pixel, not the squared error.
        functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
        -> (logits.sigmoid() - x) ** 2
    white-pixels-only: A black pixel has a price too: (1 − x) · log(1 − p).
        functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
        -> x * functional.softplus(-logits)
    pixels-rounded: A pixel between 0 and 1 is used as it is.
        (logits, x, reduction -> (logits, x + (x.round() - x).detach(), reduction
    target-without-gradient: Gradients reach x as well.
        (logits, x, reduction -> (logits, x.detach(), reduction
    logits-clipped: Sure logits cost what they cost, and have gradients.
        (logits, x, reduction -> (logits.clamp(-30, 30), x, reduction
    in-bits: Losses are in nats.
        pixels.flatten(1) -> pixels.flatten(1) / math.log(2)

    unstable: The logarithm of a sigmoid that was rounded to 0 is infinite: stay with the logits.
        pixels = functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
        ->
        p = logits.sigmoid()
        pixels = -(x * p.log() + (1 - x) * (1 - p).log())

    eps-in-log: A small number inside the logarithm changes what sure logits cost.
        pixels = functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
        ->
        p = logits.sigmoid()
        pixels = -(x * (p + 1e-8).log() + (1 - x) * (1 - p + 1e-8).log())

    in-place:
        return (reconstruction + beta * gaussian_kl(mu, logvar)).mean()
        ->
        loss = (reconstruction + beta * gaussian_kl(mu, logvar)).mean()
        logits.data.sigmoid_()
        return loss
    """,
)

# -------------------------------------------------------------------------------------- gan_losses

slips(
    "gan_losses",
    """
    saturating-generator: Minimizing log(1 − D(fake)) is flat where D wins: raise log D(fake).
        functional.softplus(-fake_logits).mean() -> -on_fake
    labels-swapped: D is the probability that a picture is real: high logits say so.
        softplus(-real_logits) -> softplus(real_logits)
        softplus(fake_logits) -> softplus(-fake_logits)
    order-reversed: The discriminator's loss comes first.
        on_real + on_fake, functional.softplus(-fake_logits).mean()
        -> functional.softplus(-fake_logits).mean(), on_real + on_fake
    halved: Both means are added, and nothing is halved.
        on_real + on_fake, -> (on_real + on_fake) / 2,
    summed: Each of the terms is a mean over its tensor.
        .mean() => .sum()
    real-forgotten: The discriminator is asked about real pictures too.
        on_real + on_fake, -> on_real * 0 + on_fake,
    fake-forgotten: The discriminator is asked about fakes too.
        on_real + on_fake, -> on_real + 0 * on_fake,
    fake-for-real: The discriminator wants low logits for fakes.
        softplus(fake_logits) -> softplus(-fake_logits)
    generator-judged-on-real: The generator is judged by its fakes.
        return on_real + on_fake, functional.softplus(-fake_logits)
        -> return on_real + on_fake, functional.softplus(-real_logits)
    generator-wants-fakes: The generator wants its fakes taken for real.
        return on_real + on_fake, functional.softplus(-fake_logits)
        -> return on_real + on_fake, functional.softplus(fake_logits)
    adversary-negated: The generator's loss is no negative of the discriminator's.
        on_real + on_fake, functional.softplus(-fake_logits).mean()
        -> on_real + on_fake, -on_real - on_fake
    fake-detached: Nothing is detached here: the training loop does that.
        softplus(fake_logits) -> softplus(fake_logits.detach())
    one-sided-smoothing: A real picture is real: its label is 1, not 0.9.
        functional.softplus(-real_logits).mean()
        -> (functional.softplus(-real_logits) + 0.1 * real_logits).mean()
    sigmoid-twice: The logits go into softplus as they are.
        real_logits) -> real_logits.sigmoid())
        softplus(fake_logits) -> softplus(fake_logits.sigmoid())
        softplus(-fake_logits) -> softplus(-fake_logits.sigmoid())
    hinge: That is the hinge loss of another GAN.
        functional.softplus(-real_logits) -> (1 - real_logits).relu()
        functional.softplus(fake_logits) -> (1 + fake_logits).relu()
        functional.softplus(-fake_logits) -> -fake_logits
    wasserstein: That is a Wasserstein GAN, whose critic gives no probabilities.
        functional.softplus(-real_logits) -> (-real_logits)
        functional.softplus(fake_logits) -> fake_logits
        functional.softplus(-fake_logits) -> (-fake_logits)
    least-squares: That is a least-squares GAN: here each term is a logarithm.
        functional.softplus(-real_logits) -> (real_logits - 1).square()
        functional.softplus(fake_logits) -> fake_logits.square()
        functional.softplus(-fake_logits) -> (fake_logits - 1).square()
    unstable: The logarithm of a sigmoid that was rounded to 0 is infinite: take softplus.
        functional.softplus(-real_logits) -> -real_logits.sigmoid().log()
        functional.softplus(fake_logits) -> -(1 - fake_logits.sigmoid()).log()
        functional.softplus(-fake_logits) -> -fake_logits.sigmoid().log()
    softplus-by-hand: e to a sure logit is infinite: torch's softplus is stable.
        functional.softplus(-real_logits) -> (1 + (-real_logits).exp()).log()
        functional.softplus(fake_logits) -> (1 + fake_logits.exp()).log()
        functional.softplus(-fake_logits) -> (1 + (-fake_logits).exp()).log()
    eps-in-log: A small number inside the logarithm changes what sure logits cost.
        functional.softplus(-real_logits) -> -(real_logits.sigmoid() + 1e-8).log()
        functional.softplus(fake_logits) -> -(1 - fake_logits.sigmoid() + 1e-8).log()
        functional.softplus(-fake_logits) -> -(fake_logits.sigmoid() + 1e-8).log()
    logits-clipped: Sure logits cost what they cost, and have gradients.
        on_real = -> real_logits = real_logits.clamp(-50, 50); on_real =
        on_fake = -> fake_logits = fake_logits.clamp(-50, 50); on_fake =

    pooled-mean: Real and fake have a mean each: their numbers may differ.
        return on_real + on_fake, functional.softplus(-fake_logits).mean()
        ->
        both = functional.softplus(-real_logits), functional.softplus(fake_logits)
        pooled = torch.cat([part.flatten() for part in both]).mean()
        return 2 * pooled, functional.softplus(-fake_logits).mean()

    in-place:
        return on_real -> fake_logits.data.neg_(); return on_real
    """,
)

# ---------------------------------------------------------------------------- cosine_beta_schedule

slips(
    "cosine_beta_schedule",
    """
    not-clipped: The last β would be 1 and leave nothing to divide by: it stops at 0.999.
        .clamp(max=0.999) ->
    clipped-elsewhere: No β is larger than 0.999.
        0.999 -> 0.9999
    clipped-below: Small steps stay as small as they are.
        .clamp(max=0.999) -> .clamp(1e-3, 0.999)
    not-squared: f is the square of the cosine.
        ** 2 ->
    no-offset: The offset s moves the first steps away from 0.
        (u + s) / (1 + s) -> u
    offset-not-divided: With the offset the way is longer: divide by 1 + s.
        (u + s) / (1 + s) -> (u + s)
    offset-not-added: The offset is added to u as well.
        (u + s) / (1 + s) -> u / (1 + s)
    offset-fixed: Use the offset that is passed in.
        (u + s) / (1 + s) -> (u + 0.008) / 1.008
    offset-in-steps: s is a share of the whole way, not a number of steps.
        (u + s) / (1 + s) -> (u + s / steps) / (1 + s / steps)
    whole-period: The way goes to a quarter of the circle, π/2.
        * math.pi / 2 -> * math.pi
    too-long: T steps have T numbers: the quotients of T + 1 neighbours.
        return betas -> return torch.cat([betas[:1], betas])
    too-short: T steps have T numbers: f is needed at T + 1 places.
        torch.arange(steps + 1, -> torch.arange(steps,
    divided-by-one-more: The last place is 1, that is T/T.
        / steps -> / (steps + 1)
    shifted-by-one: The first step goes from 0 to 1/T.
        torch.arange(steps + 1, dtype=torch.float64) / steps
        -> (torch.arange(steps + 1, dtype=torch.float64) + 1) / steps
    alpha-bar: That is what is left after each step, not what the step takes.
        (1 - f[1:] / f[:-1]) -> (f[1:] / f[0])
    one-minus-alpha-bar: A step's share is of what was left before it, not of the beginning.
        f[1:] / f[:-1] -> f[1:] / f[0]
    alphas: α is what a step leaves; β is what it takes.
        (1 - f[1:] / f[:-1]) -> (f[1:] / f[:-1])
    quotient-upside-down: Later is divided by earlier.
        f[1:] / f[:-1] -> f[:-1] / f[1:]
    differences: β is a share of what was left: divide.
        1 - f[1:] / f[:-1] -> f[:-1] - f[1:]
    reversed: The first steps are the small ones.
        return betas -> return betas.flip(0)
    single-precision: 1 minus a quotient close to 1 has few digits left in float32.
        torch.float64 -> torch.float32
    stays-double: The answer has torch's default dtype.
        betas.to(torch.get_default_dtype()) -> betas
    always-single: The answer has torch's default dtype, whatever that is.
        torch.get_default_dtype() -> torch.float32
    linear-schedule: That is the linear schedule of the first paper.
        return betas -> betas = torch.linspace(1e-4, 0.02, steps); return betas
    """,
)

# ---------------------------------------------------------------------------------------- q_sample

slips(
    "q_sample",
    """
    no-roots: ᾱ is a share of the variance: the factors are roots.
        left.sqrt() -> left
        (1 - left).sqrt() -> (1 - left)
    data-not-rooted: The factor of the data is the root of ᾱ.
        left.sqrt() -> left
    noise-not-rooted: The factor of the noise is the root of 1 − ᾱ.
        (1 - left).sqrt() -> (1 - left)
    one-minus-root: First 1 minus ᾱ, then the root.
        (1 - left).sqrt() -> (1 - left.sqrt())
    factors-exchanged: Early steps leave most of the data: where is ᾱ close to 1?
        left.sqrt() -> (1 - left).sqrt()
        (1 - left).sqrt() * noise -> left.sqrt() * noise
    noise-subtracted: The noise is added.
        x0 + -> x0 -
    factors-along-last-axis: One factor for each example: it needs axes of size 1 behind it.
        .reshape(-1, *[1] * (x0.ndim - 1)) ->
    images-only: x0 may have any rank, not only that of a batch of images.
        .reshape(-1, *[1] * (x0.ndim - 1)) -> .reshape(-1, 1, 1, 1)
    vectors-only: x0 may have any rank, not only 2.
        .reshape(-1, *[1] * (x0.ndim - 1)) -> [:, None]
    first-step-for-all: Each example has a step of its own.
        alpha_bar[t] -> alpha_bar[t[:1]]
    one-based: Steps count from 0: step 0 is the first entry.
        alpha_bar[t] -> alpha_bar[t - 1]
    one-too-far: Steps count from 0: step 0 is the first entry.
        alpha_bar[t] -> alpha_bar[(t + 1).clamp(max=len(alpha_bar) - 1)]
    cumulates-again: alpha_bar holds the products already.
        alpha_bar[t] -> alpha_bar.cumprod(dim=0)[t]
    taken-for-betas: alpha_bar holds what is left, no betas.
        alpha_bar[t] -> (1 - alpha_bar).cumprod(dim=0)[t]
    noise-without-gradient: Gradients reach the noise as well.
        * noise -> * noise.detach()
    noise-shared: Every example has noise of its own.
        * noise -> * noise[:1].expand(noise.shape)
    in-place:
        return left.sqrt() * x0 -> x0.data.mul_(left.sqrt()); return x0
    """,
)

# --------------------------------------------------------------------------------------- ddpm_step

slips(
    "ddpm_step",
    """
    no-noise-at-one: Only the last step, t = 0, adds no noise.
        if t == 0 -> if t <= 1
    beta-variance: That is the larger variance of two: the formula has another factor.
        beta * (1 - before) / (1 - left) -> beta
    variance-as-deviation: The noise is multiplied by the deviation, the variance's root.
        variance.sqrt() -> variance
    rescaled-by-alpha-bar: One step back undoes one step's shrinking: divide by the root of α_t.
        alpha.sqrt() -> left.sqrt()
    rescaled-without-root: Variances shrink by α, numbers by its root.
        alpha.sqrt() -> alpha
    not-rescaled: The step forward shrank x as well: divide that out.
        / alpha.sqrt() ->
    multiplied-by-alpha: Going back, the shrinking is divided out.
        / alpha.sqrt() -> * alpha.sqrt()
    noise-coefficient: The predicted noise's factor divides by a root.
        (1 - left).sqrt() -> (1 - left)
    root-of-beta: The predicted noise's factor has β itself above the line.
        mean = (x_t - beta / -> mean = (x_t - beta.sqrt() /
    root-of-alpha-bar: First 1 minus ᾱ, then the root.
        (1 - left).sqrt() -> (1 - left.sqrt())
    noise-not-divided: The predicted noise's factor is divided by the root of 1 − ᾱ.
        beta / (1 - left).sqrt() -> beta
    noise-added: The predicted noise is taken out.
        x_t - beta -> x_t + beta
    mean-half-rescaled: Both x and the noise taken from it are divided by the root of α.
        (x_t - beta / (1 - left).sqrt() * predicted_noise) / alpha.sqrt()
        -> x_t / alpha.sqrt() - beta / (1 - left).sqrt() * predicted_noise
    exclusive-product: ᾱ_t includes step t itself.
        : t + 1 -> : max(t, 1)
    whole-product: ᾱ_t ends with step t.
        : t + 1 ->  :
    product-of-betas: ᾱ is the product of the alphas, not 1 minus a product of betas.
        (1 - betas[: t + 1]).prod() -> (1 - betas[: t + 1].prod())
        (1 - betas[:t]).prod() -> (1 - betas[:t].prod())
    alpha-for-alpha-bar: ᾱ_t is a product over all steps so far, not α_t.
        (1 - betas[: t + 1]).prod() -> 1 - betas[t]
        (1 - betas[:t]).prod() -> 1 - betas[t - 1]
    variance-upside-down: The variance is smaller than β: what is above the line?
        beta * (1 - before) / (1 - left) -> beta * (1 - left) / (1 - before)
    variance-of-previous: The variance has β of this step.
        beta * (1 - before) -> betas[t - 1] * (1 - before)
    variance-not-compared: Both shares are of noise: 1 − ᾱ.
        (1 - before) / (1 - left) -> before / left
    one-based: Steps count from 0: step t has betas[t].
        betas[t], 1 - betas[t] -> betas[t - 1], 1 - betas[t - 1]
    deterministic: Fresh noise is put in again.
        mean + variance.sqrt() * noise -> mean + 0 * noise
    noise-before-rescaling: The noise is added after dividing by the root of α.
        mean + variance.sqrt() * noise -> mean + variance.sqrt() * noise / alpha.sqrt()
    predicted-noise-again: The noise that is put in is the fresh one.
        variance.sqrt() * noise -> variance.sqrt() * predicted_noise + 0 * noise
    sample-clipped: Nothing is clipped, whatever libraries do by default.
        return mean + -> return mean.clamp(-1, 1) +

    noise-at-the-end: At t = 0 the answer is the picture: no noise is added.
        if t == 0:
            return mean
        ->
        if t == 0:
            return mean + beta.sqrt() * noise

    guess-clipped: The guess at the picture is not clipped, whatever libraries do by default.
        if t == 0:
            return mean
        ->
        guess = ((x_t - (1 - left).sqrt() * predicted_noise) / left.sqrt()).clamp(-1, 1)
        earlier = left / alpha
        mean = earlier.sqrt() * beta * guess + alpha.sqrt() * (1 - earlier) * x_t
        mean = mean / (1 - left)
        if t == 0:
            return mean

    guess-returned: One step back is not yet the picture.
        return mean + variance.sqrt() * noise
        ->
        return (x_t - (1 - left).sqrt() * predicted_noise) / left.sqrt() + 0 * noise

    in-place:
        if t == 0:
            return mean
        ->
        x_t.data.copy_(mean)
        if t == 0:
            return mean
    """,
)

# --------------------------------------------------------------------------------------- ddim_step

slips(
    "ddim_step",
    """
    minus-one-indexes-the-end: In Python index −1 is the last entry; here −1 means ᾱ = 1.
        alpha_bar[t_prev] if t_prev >= 0 else torch.ones_like(left) -> alpha_bar[t_prev]
    ends-at-alpha-zero: Step −1 is the picture itself: nothing is noise there.
        torch.ones_like(left) -> alpha_bar[0]
    zero-is-the-end: Step 0 has some noise left: only step −1 has none.
        t_prev >= 0 -> t_prev > 0
    ends-at-nothing: Where no noise is left, ᾱ is 1.
        torch.ones_like(left) -> torch.zeros_like(left) + 1e-4
    previous-index: The step before is t_prev, which may be far from t − 1.
        alpha_bar[t_prev] -> alpha_bar[t - 1]
    sigma-not-taken-out: New noise replaces old noise: its variance is taken from the old one's.
        1 - before - sigma**2 -> 1 - before
    sigma-not-squared: Variances are subtracted, not deviations.
        1 - before - sigma**2 -> 1 - before - sigma
    direction-of-current: As much noise is due as step t_prev has, not as t has.
        (1 - before - sigma**2) -> (1 - left - sigma**2)
    direction-not-rooted: The noise's factor is a root.
        .clamp(min=0).sqrt() -> .clamp(min=0)
    noise-required: With eta 0 noise may be None.
        return x_prev if eta == 0 else x_prev + sigma * noise
        -> return x_prev + sigma * noise
    noise-used-always: With eta 0 no new noise is used.
        return x_prev if eta == 0 else -> return x_prev if noise is None else
        sigma * noise -> max(float(sigma), 0.05) * noise
    noise-drawn: No noise is drawn here: it comes in, or is not needed.
        x_prev = -> noise = torch.randn_like(x_t) if noise is None else noise; x_prev =
    eta-on-variance: eta multiplies the deviation, not the variance.
        sigma = eta * ((1 - before) / (1 - left) * (1 - left / before)).sqrt()
        -> sigma = (eta * (1 - before) / (1 - left) * (1 - left / before)).sqrt()
    eta-squared: eta multiplies the deviation, once.
        sigma = eta * -> sigma = eta**2 *
    eta-ignored: eta says how much of the noise is new.
        sigma = eta * -> sigma = 0 *
    eta-always-one: eta says how much of the noise is new: at 0.5 it is less than at 1.
        sigma = eta * -> sigma = (eta > 0) *
    sigma-not-rooted: σ is a deviation: a root.
        (1 - left / before)).sqrt() -> (1 - left / before))
    sigma-upside-down: Which of the two steps has less noise?
        (1 - before) / (1 - left) -> (1 - left) / (1 - before + 1e-6)
    sigma-from-alpha-bar: The second factor compares the two steps.
        (1 - left / before) -> (1 - left)
    sigma-factor-forgotten: σ has two factors under its root.
        (1 - before) / (1 - left) * (1 - left / before) -> (1 - before) / (1 - left)
    rounding-not-caught: A negative zero under a root is NaN: cut it off at 0.
        .clamp(min=0) ->
    guess-clipped: The guess at the picture is not clipped.
        / left.sqrt() -> / left.sqrt(); x0 = x0.clamp(-1, 1)
    guess-returned: The guess is noised again, as far as step t_prev is.
        return x_prev if eta == 0 else x_prev + sigma * noise
        -> return x0 if eta == 0 else x0 + 0 * sigma * noise
    guess-not-rescaled: The picture was shrunk by the root of ᾱ: divide by it.
        / left.sqrt() ->
    guess-over-alpha-bar: The picture was shrunk by the root of ᾱ: divide by it.
        / left.sqrt() -> / left
    guess-not-rooted: The noise in x_t has the root of 1 − ᾱ as its factor.
        (1 - left).sqrt() -> (1 - left)
    noise-added-back: The predicted noise is taken out of x_t.
        (x_t - -> (x_t +
    guess-not-shrunk: The guess is shrunk again, by the root of ᾱ at t_prev.
        before.sqrt() * x0 -> x0
    guess-shrunk-without-root: The guess is shrunk by the root of ᾱ at t_prev.
        before.sqrt() * x0 -> before * x0
    guess-shrunk-by-current: The guess is shrunk as far as step t_prev is.
        before.sqrt() * x0 -> left.sqrt() * x0
    direction-subtracted: The old noise is put in again with the sign that it had.
        x0 + kept -> x0 - kept
    cumulates-again: alpha_bar holds the products already.
        left = -> alpha_bar = alpha_bar.cumprod(dim=0); left =
    prediction-without-gradient: Gradients reach the prediction on both ways.
        kept * predicted_noise -> kept * predicted_noise.detach()

    in-place:
        return x_prev if eta == 0 else x_prev + sigma * noise
        ->
        x_t.data.copy_(x_prev)
        return x_prev if eta == 0 else x_prev + sigma * noise
    """,
)

# ------------------------------------------------------------------------ classifier_free_guidance

slips(
    "classifier_free_guidance",
    """
    one-plus-scale: That is the paper's w, which counts from 0: here scale 1 follows the condition.
        scale * -> (1 + scale) *
    one-less: Scale 1 follows the condition: the difference is added once.
        scale * -> (scale - 1) *
    halves-swapped: The half without condition comes first.
        without, given = -> given, without =
    split-channels: The halves follow each other in the batch, along the first axis.
        .chunk(2) -> .chunk(2, dim=-1)
    interleaved: The halves follow each other: they do not take turns.
        predictions.chunk(2) -> predictions[0::2], predictions[1::2]
    off-below-one: Every scale is used, small ones too.
        return without -> return given if scale <= 1 else without
    off-at-zero: Scale 0 is a scale too: nothing of the condition.
        return without -> return given if not scale else without
    sum-for-difference: What the condition changes is a difference.
        (given - without) -> (given + without)
    difference-negated: Go towards the condition, not away from it.
        (given - without) -> (without - given)
    scaled-condition: What comes without the condition is part of the answer.
        without + scale * (given - without) -> scale * given
    averaged: No average is taken.
        without + scale * (given - without) -> (without + scale * given) / (1 + scale)
    clipped: The difference is added as it is, however large.
        scale * (given - without) -> (scale * (given - without)).clamp(-1, 1)
    base-without-gradient: Gradients reach both halves, on every way.
        return without + -> return without.detach() +
    in-place:
        return without + scale * (given - without)
        -> given.data.sub_(without).mul_(scale).add_(without); return given
    """,
)


@mistake(
    "classifier_free_guidance",
    "rescaled",
    "The answer is not rescaled to the spread that it had.",
)
def classifier_free_guidance(predictions, scale):
    without, given = predictions.split(len(predictions) // 2)
    guided = without + scale * (given - without)
    axes = tuple(range(1, guided.ndim))
    if not axes or guided[0].numel() < 2:
        return guided
    spread, was = guided.std(dim=axes, keepdim=True), given.std(dim=axes, keepdim=True)
    return guided * was / (spread + 1e-8)


# --------------------------------------------------------------------------------------- clip_loss

slips(
    "clip_loss",
    """
    no-exponential: logit_scale is a logarithm: the scale is e to it.
        logit_scale.exp() * -> logit_scale *
    divides: The scale multiplies the cosines: it is no temperature.
        logit_scale.exp() * -> (-logit_scale).exp() *
    scale-ignored: The cosines are multiplied by the scale.
        logit_scale.exp() * -> (0 * logit_scale).exp() *
    scale-constant: The scale is learned too: keep it a tensor.
        logit_scale.exp() * -> logit_scale.exp().detach() *
    scale-clipped: The scale is not clipped here.
        logit_scale.exp() * -> logit_scale.exp().clamp(max=100) *
    scale-squared: The scale comes in once.
        logit_scale.exp() * -> logit_scale.exp() ** 2 *
    not-normalized: Only directions count: divide each vector by its length first.
        / image_features.norm(dim=1, keepdim=True) ->
        / text_features.norm(dim=1, keepdim=True) ->
    images-not-normalized: Pictures have unit length too.
        / image_features.norm(dim=1, keepdim=True) ->
    texts-not-normalized: Texts have unit length too.
        / text_features.norm(dim=1, keepdim=True) ->
    squared-lengths: Divide by the length, not by its square.
        image_features.norm(dim=1, keepdim=True) -> image_features.norm(dim=1, keepdim=True) ** 2
        text_features.norm(dim=1, keepdim=True) -> text_features.norm(dim=1, keepdim=True) ** 2
    normalized-over-batch: Each row has a length of its own: sum over the features.
        image_features.norm(dim=1 -> image_features.norm(dim=0
        text_features.norm(dim=1 -> text_features.norm(dim=0
    one-length-for-all: Each row has a length of its own.
        image_features.norm(dim=1, keepdim=True) -> image_features.norm()
        text_features.norm(dim=1, keepdim=True) -> text_features.norm()
    sum-of-magnitudes: The length is the root of the sum of squares.
        image_features.norm(dim=1, -> image_features.norm(p=1, dim=1,
        text_features.norm(dim=1, -> text_features.norm(p=1, dim=1,
    lengths-without-gradient: The lengths depend on the features: gradients pass them too.
        / image_features.norm -> / image_features.detach().norm
        / text_features.norm -> / text_features.detach().norm
    images-only: The texts are asked as well: columns too.
        (rows + columns) / 2 -> rows
    texts-only: The pictures are asked as well: rows too.
        (rows + columns) / 2 -> columns
    summed: The two cross-entropies are averaged.
        (rows + columns) / 2 -> rows + columns
    summed-over-batch: Over the batch each cross-entropy is averaged, not added up.
        functional.cross_entropy(side, labels)
        -> functional.cross_entropy(side, labels, reduction="sum")
    averaged-logits: Two softmaxes, one along rows and one along columns, then the mean.
        (logits, logits.T) -> ((logits + logits.T) / 2, (logits + logits.T) / 2)
    negative: A cross-entropy is positive.
        return (rows -> return -(rows
    probabilities-for-logits: cross_entropy takes logits, and its own softmax.
        (side, labels) -> (side.softmax(dim=1), labels)
    images-with-images: Pictures are compared with texts.
        images @ texts.T -> images @ images.T + 0 * images @ texts.T
    labels-zero: The right text of picture n is text n.
        torch.arange(len(logits), device=logits.device) -> torch.zeros(len(logits)).long()
    labels-reversed: The right text of picture n is text n.
        torch.arange(len(logits), device=logits.device) -> torch.arange(len(logits)).flip(0)
    texts-without-gradient: Both encoders learn.
        texts = text_features / -> texts = text_features.detach() /
    distances: The logits are cosines, not distances.
        images @ texts.T -> -torch.cdist(images, texts)
    centred: No mean is taken out of the features.
        images = image_features
        -> image_features = image_features - image_features.mean(); images = image_features

    each-pair-alone: A pair is compared with all others, not judged by itself.
        rows, columns = (functional.cross_entropy(side, labels) for side in (logits, logits.T))
        return (rows + columns) / 2
        ->
        signs = 2 * torch.eye(len(logits), dtype=logits.dtype) - 1
        return -functional.logsigmoid(signs * logits).sum() / len(logits)

    in-place:
        labels = torch.arange(len(logits), device=logits.device)
        ->
        labels = torch.arange(len(logits), device=logits.device)
        image_features.data.copy_(images)
    """,
)

# ------------------------------------------------------------------------- zero_shot_probabilities

slips(
    "zero_shot_probabilities",
    """
    not-renormalized: The mean of unit vectors is shorter than 1: make it unit length again.
        functional.normalize(prompts.mean(dim=1), dim=-1) -> prompts.mean(dim=1)
    averaged-first: Long prompts must not dominate: unit length first, then the mean.
        functional.normalize(prompt_features, dim=-1) -> prompt_features
    images-not-normalized: Pictures have unit length too.
        functional.normalize(image_features, dim=-1) -> image_features
    first-prompt-only: All prompts of a class count.
        prompts.mean(dim=1) -> prompts[:, 0]
    softmax-over-images: Each picture chooses among the classes.
        .softmax(dim=-1) -> .softmax(dim=0)
    no-exponential: logit_scale is a logarithm: the scale is e to it.
        logit_scale.exp() * -> logit_scale *
    divides: The scale multiplies the cosines: it is no temperature.
        logit_scale.exp() * -> (-logit_scale).exp() *
    scale-ignored: The cosines are multiplied by the scale.
        logit_scale.exp() * -> (0 * logit_scale).exp() *
    scale-constant: Gradients reach the scale: keep it a tensor.
        logit_scale.exp() * -> logit_scale.exp().detach() *
    scale-clipped: The scale is not clipped here.
        logit_scale.exp() * -> logit_scale.exp().clamp(max=100) *
    logits-returned: Probabilities are due: a softmax is missing.
        .softmax(dim=-1) ->
    logarithms-returned: Probabilities are due, not their logarithms.
        .softmax( -> .log_softmax(
    sigmoids: The classes compete: their probabilities sum to 1.
        .softmax(dim=-1) -> .sigmoid()
    normalized-over-prompts: Each prompt vector has a length of its own, along the features.
        functional.normalize(prompt_features, dim=-1)
        -> functional.normalize(prompt_features, dim=1)
    normalized-over-batch: Each picture has a length of its own, along the features.
        functional.normalize(image_features, dim=-1)
        -> functional.normalize(image_features, dim=0)
    averaged-over-classes: The mean goes over the prompts of a class.
        prompts.mean(dim=1) -> prompts.reshape(prompts.shape[1], prompts.shape[0], -1).mean(dim=0)
    median-prompt: Prompts are averaged.
        prompts.mean(dim=1) -> prompts.median(dim=1).values
    prompts-without-gradient: Gradients reach the prompts too.
        functional.normalize(prompt_features, dim=-1)
        -> functional.normalize(prompt_features.detach(), dim=-1)
    in-place:
        classes = -> prompt_features.data.copy_(prompts); classes =
    """,
)


@mistake(
    "zero_shot_probabilities",
    "averaged-probabilities",
    "The prompts' vectors are averaged, not the probabilities that they give.",
)
def zero_shot_probabilities(image_features, prompt_features, logit_scale):
    images = functional.normalize(image_features, dim=-1)
    prompts = functional.normalize(prompt_features, dim=-1)
    cosines = torch.einsum("nd,cpd->npc", images, prompts)
    return torch.softmax(torch.exp(logit_scale) * cosines, dim=-1).mean(dim=1)


@mistake(
    "zero_shot_probabilities",
    "best-prompt",
    "The prompts' vectors are averaged: the best of them does not stand for its class.",
)
def zero_shot_probabilities(image_features, prompt_features, logit_scale):
    images = functional.normalize(image_features, dim=-1)
    prompts = functional.normalize(prompt_features, dim=-1)
    cosines = torch.einsum("nd,cpd->npc", images, prompts).amax(dim=1)
    return torch.softmax(torch.exp(logit_scale) * cosines, dim=-1)


@mistake(
    "zero_shot_probabilities",
    "summed-softmax",
    "The softmax goes over classes, not over all prompts of all classes.",
)
def zero_shot_probabilities(image_features, prompt_features, logit_scale):
    images = functional.normalize(image_features, dim=-1)
    prompts = functional.normalize(prompt_features, dim=-1)
    logits = torch.exp(logit_scale) * images @ prompts.flatten(0, 1).T
    return logits.softmax(dim=-1).unflatten(1, prompts.shape[:2]).sum(dim=-1)
