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


def load_pictures(folder):
    return [np.load(path, mmap_mode="r") for path, _ in shards(folder)]


def batch_of(pictures, rng, count, size):
    """[count, 3, size, size] in -1..1: pictures drawn at random, made smaller."""
    picked = []
    for _ in range(count):
        shard = pictures[rng.integers(len(pictures))]
        picked.append(shard[rng.integers(len(shard))])
    x = torch.from_numpy(np.stack(picked).transpose(0, 3, 1, 2) / np.float32(127.5) - 1)
    return F.avg_pool2d(x, x.shape[-1] // size) if size < x.shape[-1] else x


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
    pictures = load_pictures(options.pictures)
    progress = 0.0
    while progress < 1:
        _, size, share = STAGES[-1] if options.decoder_only or options.start else [stage for stage in STAGES if progress >= stage[0]][-1]
        x = batch_of(pictures, rng, max(1, round(options.batch * share)), size).to(device)
        with torch.set_grad_enabled(not options.decoder_only):
            mean, logvar = (t.float() for t in vae.encode(x.to(torch.bfloat16)))
        # What the UNet draws is a little off; a decoder refined for it should forgive that.
        spread = DECODER_NOISE * mean.std() if options.decoder_only else (0.5 * logvar).exp()
        z = mean + torch.randn_like(mean) * spread
        y = vae.decode(z.to(torch.bfloat16)).float()
        kl = 0.5 * (mean**2 + logvar.exp() - 1 - logvar).mean()
        colours = torch.einsum("nlyx,lr->nryx", mean, PREVIEW.to(device))
        preview = F.mse_loss(colours, F.avg_pool2d(x, 8))
        first, last = PREVIEW_WEIGHTS
        loss = distance(y, x) + KL_WEIGHT * kl + (first + (last - first) * progress) * preview
        loss.backward()
        progress, norm = trainee.step(budget)
        psnr = 10 * torch.log10(4 / F.mse_loss(y, x))
        if rank == 0:
            log.add(budget, loss=loss, psnr=psnr, kl=kl, spread=mean.std(), preview=preview, grad=norm)
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
