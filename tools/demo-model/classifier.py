"""A small network that tells what is in a picture; trained on paintings, used to score what the demo model draws."""
import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from dataset import shards
from networks import norm
from training import Budget, Log, Trainee, launch
from world.land import SCENES
from world.light import TIMES
from world.objects import KINDS
from world.palette import COLOURS

COLOUR_NAMES = tuple(COLOURS)
PLACES = ("left", "right", "top", "bottom", "center")
SCALES = ("small", "medium", "large")
DETAILS = ("waves", "clouds", "birds", "boats", "moon", "stars", "rainbow", "houses", "trees", "sun", "flowers", "cacti", "snowfall", "fog")
IGNORE = -100

# How much there is of a thing, 0..1: what emphasis is for.
AMOUNTS = ("waves", "clouds", "stars")
# Waves and clouds come in amounts; a trace of them is neither there nor not there.
TRACE = 0.12

# Questions with one answer, and questions with any number of answers.
CHOICES = {
    "scene": (*SCENES, "objects"),
    "time": TIMES,
    "background": COLOUR_NAMES,
    "count": (1, 2, 3, 4),
    "place": PLACES,
    "scale": SCALES,
}
LABELS = {"details": DETAILS, "kinds": KINDS, "colours": COLOUR_NAMES}


def answers(description):
    """The true answers: an index for each of CHOICES (IGNORE: does not apply), a list of 0, 1 or IGNORE for each of LABELS."""
    d = description
    if d["kind"] == "scene":
        choices = {"scene": SCENES.index(d["scene"]), "time": TIMES.index(d["time"])}
        present = {name: int(bool(d[name])) for name in DETAILS}
        present["waves"] = 1 if d["waves"] > 0.4 else 0 if d["waves"] <= TRACE else IGNORE
        labels = {"details": [present[name] for name in DETAILS]}
    else:
        items = d["items"]
        choices = {"scene": len(SCENES), "background": COLOUR_NAMES.index(d["background"]), "count": len(items) - 1}
        if len(items) == 1:
            choices["place"], choices["scale"] = PLACES.index(items[0]["place"]), SCALES.index(items[0]["scale"])
        labels = {
            "kinds": [int(any(i["kind"] == kind for i in items)) for kind in KINDS],
            "colours": [int(any(i["colour"] == colour for i in items)) for colour in COLOUR_NAMES],
        }
    return (
        {name: choices.get(name, IGNORE) for name in CHOICES},
        {name: labels.get(name, [IGNORE] * len(options)) for name, options in LABELS.items()},
    )


def amounts(description):
    """An amount for each of AMOUNTS; of objects, nothing."""
    return [float(description.get(name, float("nan"))) for name in AMOUNTS]


class Classifier(nn.Module):
    """Pictures [N, 3, 128, 128] in -1..1 -> scores of every answer, by question; and "amounts" [N, 3], 0..1."""

    def __init__(self):
        super().__init__()
        widths = (3, 32, 64, 96, 128, 160)
        layers = []
        for inputs, outputs in zip(widths, widths[1:]):
            layers += [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), norm(outputs, 1e-5), nn.SiLU()]
            layers += [nn.Conv2d(outputs, outputs, 3, padding=1), nn.SiLU()] if outputs > 64 else []
        self.body = nn.Sequential(*layers)
        self.hidden = nn.Linear(160 * 16, 256)
        questions = {**CHOICES, **LABELS, "amounts": AMOUNTS}
        self.heads = nn.ModuleDict({name: nn.Linear(256, len(options)) for name, options in questions.items()})

    def forward(self, x):
        h = F.silu(self.hidden(self.body(x).flatten(1)))
        return {name: head(h).float() for name, head in self.heads.items()}


def loss_of(scores, targets):
    choices, labels, much = targets
    known = ~much.isnan()
    total = 4 * F.mse_loss(scores["amounts"][known], much[known]) if known.any() else 0.0
    for name in CHOICES:
        if (choices[name] != IGNORE).any():
            total = total + F.cross_entropy(scores[name], choices[name], ignore_index=IGNORE)
    for name in LABELS:
        known = labels[name] != IGNORE
        if known.any():
            total = total + 4 * F.binary_cross_entropy_with_logits(scores[name][known], labels[name][known].float())
    return total


def collate(descriptions):
    found = [answers(d) for d in descriptions]
    return (
        {name: torch.tensor([choices[name] for choices, _ in found]) for name in CHOICES},
        {name: torch.tensor([labels[name] for _, labels in found]) for name in LABELS},
        torch.tensor([amounts(d) for d in descriptions]),
    )


def prepare(pictures):
    """uint8 [N, H, W, 3] -> float [N, 3, H, W] in -1..1."""
    return torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)) / np.float32(127.5) - 1)


def work(rank, world, device, options):
    torch.manual_seed(3)
    model = Classifier().to(device)
    trainee = Trainee({"classifier": model}, world, lr=1e-3, warmup=100, average=0.99, decay=0.02)
    budget = Budget(options.steps, options.minutes)
    state = Path(options.folder, "classifier-state.pt")
    trainee.load(state, budget)
    log = Log(Path(options.folder, "classifier.csv"), 50)
    rng = np.random.default_rng([9, rank, budget.step])
    data = [(np.load(path, mmap_mode="r"), descriptions) for path, descriptions in shards(options.pictures)]
    progress = 0.0
    while progress < 1:
        picked = []
        for _ in range(options.batch):
            shard, descriptions = data[rng.integers(len(data))]
            index = int(rng.integers(len(shard)))
            picked.append((shard[index], descriptions[index]))
        x = prepare(np.stack([picture for picture, _ in picked])).to(device)
        # Light faults of a decoder (soft edges, grain) should not confuse the judge.
        if rng.random() < 0.5:
            x = F.interpolate(F.avg_pool2d(x, 2), scale_factor=2, mode="bilinear", align_corners=False)
        x = x + torch.randn_like(x) * float(rng.uniform(0, 0.06))
        choices, labels, much = collate([d for _, d in picked])
        targets = (*({k: v.to(device) for k, v in part.items()} for part in (choices, labels)), much.to(device))
        loss = loss_of(model(x.to(torch.bfloat16)), targets)
        loss.backward()
        progress, norm_ = trainee.step(budget)
        if rank == 0:
            log.add(budget, loss=loss, grad=norm_)
            if budget.step % 500 == 0:
                trainee.save(state, budget)
    if rank == 0:
        torch.save(trainee.averaged()["classifier"], Path(options.folder, "classifier.pt"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--pictures", required=True)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--minutes", type=float, default=None)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--processes", type=int, default=None)
    launch(work, parser.parse_args())
