"""Teaches the text encoder, alone, to tell from a caption what is in the picture: which colour belongs to what, how many, where.

CLIP's text encoder comes to Stable Diffusion trained; ours would have to learn language from the UNet's errors, where "red on
blue" and "blue on red" hardly differ. Here linear heads read the answers off the tokens that follow the caption (the end of
the text and its padding, which have seen all of it); the heads are thrown away, the encoder goes on in train_diffusion.py.
"""
import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from checkpoint import from_checkpoint
from classifier import CHOICES, COLOUR_NAMES, IGNORE, LABELS, answers
from networks import SIZES, ClipText
from prompts import Vocabulary, tensors
from training import Budget, Log, Trainee, launch
from world import caption, sample_description
from world.objects import KINDS

# What `answers` leaves out, since no single picture shows it: which kind and which colour belong to the same thing.
ITEMS = {f"{what} {place}": options for place in ("first", "second") for what, options in (("kind", KINDS), ("colour", COLOUR_NAMES))}


def item_answers(description):
    """Index of an answer for each of ITEMS: of the only thing, or of the left one and the right one; else IGNORE."""
    found = dict.fromkeys(ITEMS, IGNORE)
    items = description.get("items", [])
    for place, item in zip(("first", "second"), items if len(items) == 2 else items[:1]):
        found[f"kind {place}"] = KINDS.index(item["kind"])
        found[f"colour {place}"] = COLOUR_NAMES.index(item["colour"])
    return found


class Reader(nn.Module):
    """Encoded captions [N, 77, width], rows [N, 77] -> scores of every answer, by question."""

    def __init__(self, width):
        super().__init__()
        sizes = {name: len(options) for name, options in {**CHOICES, **LABELS, **ITEMS}.items()}
        self.heads = nn.ModuleDict({name: nn.Linear(width, size) for name, size in sizes.items()})

    def forward(self, encoded, rows):
        end = (rows == rows[:, -1:]).to(encoded.dtype)[..., None]
        pooled = (encoded * end).sum(1) / end.sum(1)
        return {name: head(pooled).float() for name, head in self.heads.items()}


def batch_of(vocabulary, rng, count):
    tables, choices, labels = [], [], []
    for _ in range(count):
        description = sample_description(rng, "objects" if rng.random() < 0.5 else "scene")
        tables.append(vocabulary.tables(caption(description, rng)))
        one, many = answers(description)
        choices.append({**one, **item_answers(description)})
        labels.append(many)
    gather = lambda rows: {name: torch.tensor([row[name] for row in rows]) for name in rows[0]}
    return tensors(tables)[0], gather(choices), gather(labels)


def loss_of(scores, choices, labels):
    total = 0.0
    for name, truth in choices.items():
        if (truth != IGNORE).any():
            total = total + F.cross_entropy(scores[name], truth, ignore_index=IGNORE)
    for name, truth in labels.items():
        known = truth != IGNORE
        total = total + 4 * F.binary_cross_entropy_with_logits(scores[name][known], truth[known].float())
    return total


def work(rank, world, device, options):
    torch.manual_seed(4)
    vocabulary = Vocabulary.census()
    text = ClipText(**{**SIZES["text"], "vocabulary": vocabulary.size}).to(device)
    if options.start:
        text.load_state_dict(from_checkpoint(options.start, vocabulary.ids)["text"])
    reader = Reader(SIZES["text"]["width"]).to(device)
    trainee = Trainee({"text": text, "reader": reader}, world, lr=options.lr, warmup=100, average=0.99)
    budget = Budget(options.steps, options.minutes)
    state = Path(options.folder, "text-state.pt")
    trainee.load(state, budget)
    log = Log(Path(options.folder, "text.csv"), 50)
    rng = np.random.default_rng([12, rank, budget.step])
    progress = 0.0
    while progress < 1:
        rows, choices, labels = batch_of(vocabulary, rng, options.batch)
        rows = rows.to(device)
        move = lambda part: {name: values.to(device) for name, values in part.items()}
        choices = move(choices)
        scores = reader(text(rows), rows)
        loss = loss_of(scores, choices, move(labels))
        loss.backward()
        progress, norm = trainee.step(budget)
        if rank == 0:
            truth = choices["background"]
            right = (scores["background"].argmax(1) == truth)[truth != IGNORE].float().mean()
            log.add(budget, loss=loss, background=right, grad=norm)
            if budget.step % 250 == 0:
                trainee.save(state, budget)
    if rank == 0:
        torch.save(trainee.averaged()["text"], Path(options.folder, "text.pt"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="where states and logs are kept")
    parser.add_argument("--start", default=None, help="a checkpoint that export.py wrote, to begin with its weights")
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--minutes", type=float, default=None, help="ends (and anneals) after so much training time")
    parser.add_argument("--batch", type=int, default=64, help="captions for each process")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--processes", type=int, default=None)
    launch(work, parser.parse_args())
