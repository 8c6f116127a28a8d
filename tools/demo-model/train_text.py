"""Teaches the text encoder, alone, to tell from a caption what is in the picture: which colour belongs to what, how many, where.

CLIP's text encoder comes to Stable Diffusion trained; ours would have to learn language from the UNet's errors, where "red on
blue" and "blue on red" hardly differ. Here linear heads read the answers off the tokens that follow the caption (the end of
the text and its padding, which have seen all of it); the heads are thrown away, the encoder goes on in train_diffusion.py.
"""
from torch import nn

from classifier import loss_of
from networks import SIZES
from questions import IGNORE, LABELS, QUESTIONS
from training import Trainee, dtype_on, train

BATCH = {"cuda": 256, "cpu": 64}


class Reader(nn.Module):
    """Encoded captions [N, 77, width], rows [N, 77] -> scores of every answer, by question."""

    def __init__(self, width):
        super().__init__()
        sizes = {name: len(options) for name, options in {**QUESTIONS, **LABELS}.items()}
        self.heads = nn.ModuleDict({name: nn.Linear(width, size) for name, size in sizes.items()})

    def forward(self, encoded, rows):
        end = (rows == rows[:, -1:]).to(encoded.dtype)[..., None]
        pooled = (encoded * end).sum(1) / end.sum(1)
        return {name: head(pooled).float() for name, head in self.heads.items()}


def train_text(job, pool):
    text = job.network("text")
    reader = Reader(SIZES["text"]["width"]).to(job.device)
    trainee = Trainee({"text": text, "reader": reader}, 1e-3, job.device, average=0.99)
    lookup = job.vocabulary.lookup().to(job.device)

    def step(count, progress):
        pool.refresh()
        numbers = pool.of({"objects": 0.5, "scene": 0.5}, count)
        ids, _ = pool.captions(numbers)
        rows = lookup[ids]
        choices, labels, _ = pool.targets(numbers)
        scores = reader(text(rows).to(dtype_on(job.device)), rows)
        loss = loss_of(scores, choices, labels)
        loss.backward()
        trainee.step(progress)
        asked = choices["background"] != IGNORE
        right = (scores["background"].argmax(1) == choices["background"]) & asked
        return {"loss": loss, "background": right.float().sum() / asked.float().sum().clamp(min=1)}

    train(job, "text", [trainee], step, BATCH[job.device.type], lambda: {"text": trainee.averaged()["text"]})
