"""A small network that tells what is in a picture; trained on paintings, used to score what the demo model draws, and to
tell decoders what their pictures lack."""
import torch
import torch.nn.functional as F
from torch import nn

from networks import norm
from questions import AMOUNTS, CHOICES, IGNORE, LABELS
from training import Trainee, dtype_on, train

# Height and width of the pictures that it sees.
SIZE = 128
BATCH = {"cuda": 128, "cpu": 16}


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

    def features(self, x):
        """What it sees in pictures of any size, from the finest level on: activations [N, C, h, w] of three levels."""
        found = []
        for layer in self.body:
            x = layer(x)
            if isinstance(layer, nn.SiLU):
                found.append(x)
                if len(found) == 3:
                    return found

    def forward(self, x):
        h = F.silu(self.hidden(self.body(x).flatten(1)))
        return {name: head(h).float() for name, head in self.heads.items()}


def as_seen(x):
    """Pictures [N, 3, H, W] at the classifier's size."""
    if x.shape[-1] == SIZE:
        return x
    return F.avg_pool2d(x, x.shape[-1] // SIZE) if x.shape[-1] > SIZE else F.interpolate(x, size=SIZE, mode="bilinear", align_corners=False)


def loss_of(scores, choices, labels):
    """Of `scores` by question, against true answers, all [N, ...]. Never waits for the device."""
    total = 0.0
    for name, truth in choices.items():
        found = F.cross_entropy(scores[name], truth, ignore_index=IGNORE, reduction="sum")
        total = total + found / (truth != IGNORE).sum().clamp(min=1)
    for name, truth in labels.items():
        known = (truth != IGNORE).float()
        found = F.binary_cross_entropy_with_logits(scores[name], truth.clamp(min=0).float(), weight=known, reduction="sum")
        total = total + 4 * found / known.sum().clamp(min=1)
    return total


def loss_of_amounts(found, wanted):
    known = (~wanted.isnan()).float()
    return 4 * (known * (found - wanted.nan_to_num()) ** 2).sum() / known.sum().clamp(min=1)


def train_classifier(job, pool):
    model = job.network("classifier")
    trainee = Trainee({"classifier": model}, 1e-3, job.device, average=0.99, decay=0.02)

    def step(count, progress):
        pool.refresh()
        numbers = pool.any(count)
        x = as_seen(pool.seen(numbers))
        # Light faults of a decoder (soft edges, grain) should not confuse the judge.
        soft = F.interpolate(F.avg_pool2d(x, 2), scale_factor=2, mode="bilinear", align_corners=False)
        x = torch.where(torch.rand(count, 1, 1, 1, device=x.device) < 0.5, soft, x)
        x = x + torch.randn_like(x) * 0.06 * torch.rand(count, 1, 1, 1, device=x.device)
        choices, labels, much = pool.targets(numbers)
        scores = model(x.to(dtype_on(job.device)))
        loss = loss_of(scores, {name: choices[name] for name in CHOICES}, labels) + loss_of_amounts(scores["amounts"], much)
        loss.backward()
        trainee.step(progress)
        return {"loss": loss}

    train(job, "classifier", [trainee], step, BATCH[job.device.type], trainee.averaged)
