"""Trains the text encoder and the UNet together: to tell the noise in a noisy latent, given the picture's caption."""
import torch

from prompts import emphasise, tensors
from schedule import alphas_cumprod
from training import Trainee, dtype_on, train

BATCH = {"cuda": 256, "cpu": 16}
# What is trained already forgets at the rate that it began with.
FROM_NOTHING, GENTLY = 1e-3, 5e-4
# Share of the other pictures that show objects. Of those that are painted it is less, but they take longer to learn.
OBJECTS = 0.5
# Share of the pictures that are drawn for how much they have of something, with captions that weigh it: few of all have
# any, and a weight on one token of 77 is easily passed over. Most of what the fewest pictures have.
WEIGHED = 0.5
OF_WEIGHED = {"waves": 0.7, "clouds": 0.1, "stars": 0.2}
# Share of those whose padding says nothing. The padding has read the whole caption, and would otherwise be all that the UNet
# looks at; but what is weighed is the word itself.
BLIND = 0.7
# Share of captions left out, which classifier-free guidance needs (Ho and Salimans 2022).
UNGUIDED = 0.1
# What the weights of noise levels are bounded by: of little noise as in Min-SNR (Hang et al. 2023), of much noise as in
# EDM (Karras et al. 2022), up to so much. It is there that the caption decides what the picture will be, and that the
# error, told as noise, is small.
SNR_CAP = 5.0
NOISE_CAP = 20.0
# Pictures that the latents' scale is measured on.
MEASURED = 512


class Latents:
    """Latents of the pool's pictures, encoded as they come in: float16 [capacity, 4, h, w], means, unscaled."""

    BATCH = {"cuda": 64, "cpu": 8}

    def __init__(self, job, pool):
        self.pool, self.vae, self.batch = pool, job.network("vae").to(dtype_on(job.device)).eval(), self.BATCH[job.device.type]
        side = pool.painters.size // 8
        self.values = torch.empty(len(pool.pictures), 4, side, side, dtype=torch.float16, device=job.device)
        self.count = 0

    @torch.no_grad()
    def refresh(self):
        self.pool.refresh()
        while self.count < self.pool.count:
            numbers = torch.arange(self.count, min(self.count + self.batch, self.pool.count), device=self.values.device)
            x = self.pool.seen(numbers).to(next(self.vae.parameters()).dtype)
            self.values[numbers] = self.vae.encode(x)[0].half()
            self.count += len(numbers)

    def scale(self):
        """The factor that makes latents of deviation 1."""
        return round(1 / float(self.values[: min(self.count, MEASURED)].float().std()), 5)


def encode(text, rows, blind, nothing):
    """[N, 77, width]; the padding of blind captions is that of no caption at all."""
    encoded = text(torch.cat([rows, nothing])).float()
    padding = rows == rows[:, -1:]
    return torch.where((padding & blind[:, None])[..., None], encoded[-1:], encoded[:-1])


def train_diffusion(job, pool, from_nothing):
    device, dtype = job.device, dtype_on(job.device)
    latents = Latents(job, pool)
    latents.refresh()
    if job.scale is None:
        job.scale = latents.scale()
    text, unet = job.network("text"), job.network("unet")
    trainee = Trainee({"text": text, "unet": unet}, FROM_NOTHING if from_nothing else GENTLY, device)
    levels, lookup = alphas_cumprod().to(device), job.vocabulary.lookup().to(device)
    nothing = tensors([job.vocabulary.tables([])])[0].to(device)
    groups = {"objects": (1 - WEIGHED) * OBJECTS, "scene": (1 - WEIGHED) * (1 - OBJECTS)}

    def chance(share, count):
        return torch.rand(count, device=device) < share

    def step(count, progress):
        latents.refresh()
        # What is weighed comes first, the rest after it; the order within a batch is nothing to anyone.
        some = int((torch.rand(count) < WEIGHED).sum())
        numbers = torch.cat([pool.of(OF_WEIGHED, some), pool.of(groups, count - some)])
        weighed = torch.arange(count, device=device) < some
        ids, weights = pool.captions(numbers, weighed)
        unguided, blind = chance(UNGUIDED, count), weighed & chance(BLIND, count)
        rows = torch.where(unguided[:, None], nothing, lookup[ids])
        weights = torch.where(unguided[:, None], torch.ones_like(weights), weights)
        clean = latents.values[numbers].float() * job.scale
        # One noise level in each of `count` equal parts of the schedule: less noise in the gradient.
        t = (torch.rand(count, device=device) + torch.randperm(count, device=device)) / count * len(levels)
        t = t.long().clamp(max=len(levels) - 1)
        level = levels[t][:, None, None, None]
        noise = torch.randn_like(clean)
        noisy = level.sqrt() * clean + (1 - level).sqrt() * noise
        context = emphasise(encode(text, rows, blind, nothing), weights)
        found = unet(noisy.to(dtype), t, context.to(dtype)).float()
        error = ((found - noise) ** 2).mean((1, 2, 3))
        snr = levels[t] / (1 - levels[t])
        loss = (error * (snr.clamp(max=SNR_CAP) / snr) * (1 + 1 / snr).clamp(max=NOISE_CAP)).mean()
        loss.backward()
        trainee.step(progress)
        return {"loss": loss, "error": error.mean()}

    train(job, "diffusion", [trainee], step, BATCH[device.type], trainee.averaged)
