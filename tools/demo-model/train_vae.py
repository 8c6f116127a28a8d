"""Trains the autoencoder: paintings to latents and back."""
import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from checkpoint import from_checkpoint
from dataset import shards
from networks import SIZES, Autoencoder
from training import Budget, Log, Trainee, launch

# Always whole pictures, since group norms work with statistics of all they see; at half size first, since steps count.
# (From this share of the run on, size, share of the batch.)
STAGES = ((0.0, 64, 1.0), (0.3, 128, 0.5))
KL_WEIGHT = 1e-4
DECODER_NOISE = 0.04
# A1111's "Approx cheap" preview: colours from latents of SD 1.x. Latents that obey it start out knowing colours, which norms
# make hard to learn, and give true previews; the direction that it does not see is free for detail.
PREVIEW = torch.tensor([[0.298, 0.207, 0.208], [0.187, 0.286, 0.173], [-0.158, 0.189, 0.264], [-0.184, -0.271, -0.473]])
# Weight of that at the start and at the end of a run.
PREVIEW_WEIGHTS = (6.0, 0.6)


class Pictures:
    """Draws pictures at random; with their latents, of those that latents.py has encoded."""

    def __init__(self, folder, latents=None):
        paths = [path for path, _ in shards(folder) if latents is None or Path(latents, path.name).exists()]
        self.pictures = [np.load(path, mmap_mode="r") for path in paths]
        self.latents = None if latents is None else [np.load(Path(latents, path.name)) for path in paths]

    def draw(self, rng, count, size):
        """[count, 3, size, size] in -1..1, made smaller where need be; and their latents' means, or None."""
        places = [(int(rng.integers(len(self.pictures))), int(rng.integers(len(self.pictures[0])))) for _ in range(count)]
        picked = np.stack([self.pictures[shard][index] for shard, index in places])
        x = torch.from_numpy(picked.transpose(0, 3, 1, 2) / np.float32(127.5) - 1)
        x = F.avg_pool2d(x, x.shape[-1] // size) if size < x.shape[-1] else x
        if self.latents is None:
            return x, None
        return x, torch.from_numpy(np.stack([self.latents[shard][index] for shard, index in places])).float()


def differences(x):
    """Neighbouring pixels' differences: what edges are made of."""
    return x[..., 1:, :] - x[..., :-1, :], x[..., :, 1:] - x[..., :, :-1]


def distance(found, wanted):
    """Absolute error, of pixels, of edges and of colours of small areas; and squared error, for what is far off."""
    error = found - wanted
    total = error.abs().mean() + 8 * (error**2).mean() + 2 * F.avg_pool2d(error, 4).abs().mean()
    for a, b in zip(differences(found), differences(wanted)):
        total = total + 0.5 * (a - b).abs().mean()
    return total


def work(rank, world, device, options):
    torch.manual_seed(1)
    vae = Autoencoder(**SIZES["vae"]).to(device)
    if options.start:
        vae.load_state_dict(from_checkpoint(options.start, [])["vae"])
    modules = {"vae": vae.decoder if options.decoder_only else vae}
    if options.decoder_only:
        vae.load_state_dict(torch.load(Path(options.folder, "vae.pt"), map_location=device))
        # The latents that the UNet learns from must stay what they are.
        for part in (vae.encoder, vae.quant_conv, vae.post_quant_conv):
            part.requires_grad_(False)
    trainee = Trainee(modules, world, lr=options.lr, warmup=100)
    vae.to(torch.bfloat16)
    budget = Budget(options.steps, options.minutes)
    name = "vae-decoder" if options.decoder_only else "vae"
    state = Path(options.folder, f"{name}-state.pt")
    trainee.load(state, budget)
    log = Log(Path(options.folder, f"{name}.csv"), 50)
    rng = np.random.default_rng([7, rank, budget.step])
    torch.manual_seed(100 + rank)
    pictures = Pictures(options.pictures, Path(options.folder, "latents") if options.decoder_only else None)
    progress = 0.0
    while progress < 1:
        _, size, share = STAGES[-1] if options.decoder_only or options.start else [stage for stage in STAGES if progress >= stage[0]][-1]
        x, mean = pictures.draw(rng, max(1, round(options.batch * share)), size)
        x = x.to(device)
        if options.decoder_only:
            # What the UNet draws is a little off; a decoder refined for it should forgive that.
            mean = mean.to(device)
            spread = DECODER_NOISE * mean.std()
        else:
            mean, logvar = (t.float() for t in vae.encode(x.to(torch.bfloat16)))
            spread = (0.5 * logvar).exp()
        z = mean + torch.randn_like(mean) * spread
        y = vae.decode(z.to(torch.bfloat16)).float()
        loss, terms = distance(y, x), {}
        if not options.decoder_only:
            kl = 0.5 * (mean**2 + logvar.exp() - 1 - logvar).mean()
            colours = torch.einsum("nlyx,lr->nryx", mean, PREVIEW.to(device))
            preview = F.mse_loss(colours, F.avg_pool2d(x, 8))
            first, last = PREVIEW_WEIGHTS
            loss = loss + KL_WEIGHT * kl + (first + (last - first) * progress) * preview
            terms = {"kl": kl, "spread": mean.std(), "preview": preview}
        loss.backward()
        progress, norm = trainee.step(budget)
        psnr = 10 * torch.log10(4 / F.mse_loss(y, x))
        if rank == 0:
            log.add(budget, loss=loss, psnr=psnr, **terms, grad=norm)
            if budget.step % 250 == 0:
                trainee.save(state, budget)
    if rank == 0:
        trainee.save(state, budget)
        trained = trainee.averaged()["vae"]
        if options.decoder_only:
            whole = torch.load(Path(options.folder, "vae.pt"), map_location="cpu")
            torch.save({**whole, **{f"decoder.{k}": v for k, v in trained.items()}}, Path(options.folder, "vae-fine.pt"))
        else:
            torch.save(trained, Path(options.folder, "vae.pt"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="where states and logs are kept")
    parser.add_argument("--pictures", required=True)
    parser.add_argument("--start", default=None, help="a checkpoint that export.py wrote, to begin with its weights")
    parser.add_argument("--steps", type=int, default=20000)
    parser.add_argument("--minutes", type=float, default=None, help="ends (and anneals) after so much training time")
    parser.add_argument("--batch", type=int, default=4, help="pictures of the first size, for each process")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--processes", type=int, default=None)
    parser.add_argument("--decoder-only", action="store_true", help="improves the decoder for the encoder as it is")
    launch(work, parser.parse_args())
