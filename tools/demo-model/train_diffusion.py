"""Trains the text encoder and the UNet together: to tell the noise in a noisy latent, given the picture's caption."""
import argparse
import json
from pathlib import Path

import numpy as np
import torch

from checkpoint import from_checkpoint
from classifier import TRACE
from dataset import shards
from latents import measure_scale
from networks import SIZES, ClipText, UNet
from prompts import Vocabulary, emphasise, tensors, with_unknown
from schedule import alphas_cumprod
from training import Budget, Log, Trainee, launch
from world import caption

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
# Share of captions with words in them that mean nothing.
STRANGE = 0.15
# What the weights of noise levels are bounded by: of little noise as in Min-SNR (Hang et al. 2023), of much noise as in
# EDM (Karras et al. 2022), up to so much. It is there that the caption decides what the picture will be, and that the
# error, told as noise, is small.
SNR_CAP = 5.0
NOISE_CAP = 20.0


class Examples:
    """Latents and the descriptions of what they show; grows while more are being encoded."""

    def __init__(self, folder, pictures):
        self.folder, self.pictures = Path(folder, "latents"), pictures
        self.latents, self.descriptions, self.known = [], [], set()
        self.refresh()

    def refresh(self):
        for path, descriptions in shards(self.pictures):
            latent = self.folder / path.name
            if path.name not in self.known and latent.exists():
                self.known.add(path.name)
                self.latents.append(np.load(latent))
                self.descriptions.append(descriptions)

    def draw(self, rng, wanted):
        """Latent and description of a picture drawn at random from those that `wanted` is true of."""
        while True:
            shard = int(rng.integers(len(self.latents)))
            index = int(rng.integers(len(self.latents[shard])))
            if wanted(self.descriptions[shard][index]):
                return self.latents[shard][index], self.descriptions[shard][index]


def example(examples, rng):
    """Latent, caption, and whether its padding says nothing."""
    if rng.random() < WEIGHED:
        name = str(rng.choice(list(OF_WEIGHED), p=list(OF_WEIGHED.values())))
        latent, description = examples.draw(rng, lambda d: d.get(name, 0) > TRACE)
        segments, blind = caption(description, rng, weights=1), rng.random() < BLIND
    else:
        kind = "objects" if rng.random() < OBJECTS else "scene"
        latent, description = examples.draw(rng, lambda d: d["kind"] == kind)
        segments, blind = caption(description, rng), False
    return latent, [] if rng.random() < UNGUIDED else segments, blind


def batch_of(examples, vocabulary, rng, count):
    """Latents; rows and weights of captions; which captions' padding says nothing."""
    latents, tables, blinds = [], [], []
    for _ in range(count):
        latent, segments, blind = example(examples, rng)
        latents.append(latent)
        table = vocabulary.tables(segments)
        if segments and rng.random() < STRANGE:
            table = with_unknown(*table, rng)
        tables.append(table)
        blinds.append(blind)
    return torch.from_numpy(np.stack(latents)).float(), *tensors(tables), torch.tensor(blinds)


def encode(text, rows, blind, nothing):
    """[N, 77, width]; the padding of blind captions is that of no caption at all."""
    encoded = text(torch.cat([rows, nothing])).float()
    padding = rows == rows[:, -1:]
    return torch.where((padding & blind[:, None])[..., None], encoded[-1:], encoded[:-1])


def work(rank, world, device, options):
    torch.manual_seed(2)
    vocabulary = Vocabulary.census()
    text = ClipText(**{**SIZES["text"], "vocabulary": vocabulary.size}).to(device)
    unet = UNet(**SIZES["unet"]).to(device)
    if options.start:
        parts = from_checkpoint(options.start, vocabulary.ids)
        text.load_state_dict(parts["text"])
        unet.load_state_dict(parts["unet"])
    if options.text:
        text.load_state_dict(torch.load(options.text, map_location=device))
    trainee = Trainee({"text": text, "unet": unet}, world, lr=options.lr, warmup=100, average=options.average)
    budget = Budget(options.steps, options.minutes)
    state = Path(options.folder, "diffusion-state.pt")
    trainee.load(state, budget)
    log = Log(Path(options.folder, "diffusion.csv"), 50)
    rng = np.random.default_rng([8, rank, budget.step])
    torch.manual_seed(1000 * budget.step + rank)
    examples = Examples(options.folder, options.pictures)
    scale = measure_scale(options.folder)
    levels = alphas_cumprod().to(device)
    nothing = tensors([vocabulary.tables([])])[0].to(device)
    count, progress = options.batch, 0.0
    while progress < 1:
        if budget.step % 200 == 0:
            examples.refresh()
        latents, rows, weights, blind = (t.to(device) for t in batch_of(examples, vocabulary, rng, count))
        # One noise level in each of `count` equal parts of the schedule: less noise in the gradient.
        t = ((torch.rand(count) + torch.arange(count)) / count * len(levels)).long().clamp(max=len(levels) - 1)
        t = t[torch.randperm(count)].to(device)
        level = levels[t][:, None, None, None]
        noise = torch.randn_like(latents)
        noisy = level.sqrt() * latents * scale + (1 - level).sqrt() * noise
        context = emphasise(encode(text, rows, blind, nothing), weights)
        found = unet(noisy.to(torch.bfloat16), t, context.to(torch.bfloat16)).float()
        error = ((found - noise) ** 2).mean((1, 2, 3))
        snr = levels[t] / (1 - levels[t])
        loss = (error * (snr.clamp(max=SNR_CAP) / snr) * (1 + 1 / snr).clamp(max=NOISE_CAP)).mean()
        loss.backward()
        progress, norm = trainee.step(budget)
        if rank == 0:
            log.add(budget, loss=loss, error=error.mean(), grad=norm)
            if budget.step % 250 == 0 or progress >= 1:
                trainee.save(state, budget)
                parts = trainee.averaged()
                torch.save({"vocabulary": vocabulary.ids, **parts}, Path(options.folder, "diffusion.pt"))
    if rank == 0:
        Path(options.folder, "diffusion.json").write_text(
            json.dumps({"steps": budget.step, "minutes": budget.seconds / 60, "batch": count * world})
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="where states and logs are kept")
    parser.add_argument("--pictures", required=True)
    parser.add_argument("--start", default=None, help="a checkpoint that export.py wrote, to begin with its weights")
    parser.add_argument("--text", default=None, help="a text encoder that train_text.py trained, to begin with")
    parser.add_argument("--steps", type=int, default=40000)
    parser.add_argument("--minutes", type=float, default=None, help="ends (and anneals) after so much training time")
    parser.add_argument("--batch", type=int, default=16, help="pictures for each process")
    parser.add_argument("--lr", type=float, default=6e-4)
    parser.add_argument("--average", type=float, default=0.999)
    parser.add_argument("--processes", type=int, default=None)
    launch(work, parser.parse_args())
