"""Trains the autoencoder: paintings to latents and back; and then its decoder alone, to be sharp."""
import torch
import torch.nn.functional as F

from sharpness import FEATURES, Critic, Seen, balance, critics_loss, detail_of, distance, psnr
from training import Trainee, dtype_on, train

BATCH = {"cuda": 32, "cpu": 4}
# Always whole pictures, since group norms work with statistics of all they see. From nothing, at half size first, since steps
# count: (from this share of the run on, part of the size, times the batch.)
STAGES = ((0.0, 2, 2), (0.3, 1, 1))
KL_WEIGHT = 1e-4
DECODER_NOISE = 0.04
# A1111's "Approx cheap" preview: colours from latents of SD 1.x. Latents that obey it start out knowing colours, which norms
# make hard to learn, and give true previews; the direction that it does not see is free for detail.
PREVIEW = torch.tensor([[0.298, 0.207, 0.208], [0.187, 0.286, 0.173], [-0.158, 0.189, 0.264], [-0.184, -0.271, -0.473]])
# Weight of that at the start and at the end of a run from nothing.
PREVIEW_WEIGHTS = (6.0, 0.6)
# What is trained already forgets at the rate that it began with.
FROM_NOTHING, GENTLY = 1e-3, 2.5e-4
# The critic looks for so large a share of the decoder's run before it is heard.
UNHEARD = 0.05


def train_vae(job, pool, from_nothing):
    """Encoder and decoder together."""
    vae = job.network("vae")
    seen = Seen(job.network("classifier")).to(dtype_on(job.device))
    trainee = Trainee({"vae": vae}, FROM_NOTHING if from_nothing else GENTLY, job.device)
    preview_matrix = PREVIEW.to(job.device)

    def step(count, progress):
        pool.refresh()
        _, part, times = [s for s in STAGES if progress >= s[0]][-1] if from_nothing else STAGES[-1]
        x = pool.seen(pool.any(count * times))
        x = F.avg_pool2d(x, part) if part > 1 else x
        low = x.to(dtype_on(job.device))
        mean, logvar = (t.float() for t in vae.encode(low))
        z = mean + torch.randn_like(mean) * (0.5 * logvar).exp()
        made = vae.decode(z.to(low.dtype))
        y = made.float()
        kl = 0.5 * (mean**2 + logvar.exp() - 1 - logvar).mean()
        colours = torch.einsum("nlyx,lr->nryx", mean, preview_matrix)
        preview = F.mse_loss(colours, F.avg_pool2d(x, 8))
        first, last = PREVIEW_WEIGHTS
        weight = first + (last - first) * progress if from_nothing else last
        loss = distance(y, x) + FEATURES * seen(made, low) + KL_WEIGHT * kl + weight * preview
        loss.backward()
        trainee.step(progress)
        return {"loss": loss, "psnr": psnr(y, x), "kl": kl, "spread": mean.std(), "preview": preview}

    train(job, "vae", [trainee], step, BATCH[job.device.type], trainee.averaged)


def train_decoder(job, pool):
    """The decoder alone, for latents as they are, with a critic that tells made pictures from painted ones."""
    vae = job.network("vae")
    # The latents that the UNet learned from must stay what they are.
    for part in (vae.encoder, vae.quant_conv, vae.post_quant_conv):
        part.requires_grad_(False)
    dtype = dtype_on(job.device)
    trainee = Trainee({"vae": vae}, GENTLY, job.device)
    seen = Seen(job.network("classifier")).to(dtype)
    critic = Critic().to(job.device)
    opponent = Trainee({"critic": critic}, 2e-4, job.device, betas=(0.5, 0.9))
    last = vae.decoder.conv_out.weight

    def step(count, progress):
        pool.refresh()
        x = pool.seen(pool.any(count))
        low = x.to(dtype)
        with torch.no_grad():
            mean = vae.encode(low)[0].float()
        # What the UNet draws is a little off; a decoder refined for it should forgive that.
        z = mean + torch.randn_like(mean) * DECODER_NOISE * mean.std()
        made = vae.decode(z.to(dtype))
        y = made.float()
        likeness = distance(y, x) + FEATURES * seen(made, low)
        critic.requires_grad_(False)
        applause = -critic(made).float().mean()
        weight = balance(likeness, applause, last) if progress > UNHEARD else torch.zeros((), device=job.device)
        (likeness + weight * applause).backward()
        trainee.step(progress)
        critic.requires_grad_(True)
        doubt = critics_loss(critic, low, made.detach())
        doubt.backward()
        opponent.step(progress)
        detail = detail_of(y) / detail_of(x)
        return {"loss": likeness, "psnr": psnr(y, x), "critic": doubt, "applause": applause, "weight": weight, "detail": detail}

    train(job, "decoder", [trainee, opponent], step, BATCH[job.device.type], trainee.averaged)
