"""Scores the demo model on held-out captions: does what the caption says come out, and how close is that to real paintings?

Writes evaluation.json and evaluation.md (the table), and sheet.png (pictures for the README).
"""
import argparse
import json
import multiprocessing
import os
import textwrap
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from classifier import AMOUNTS, CHOICES, IGNORE, LABELS, Classifier, collate, prepare
from dataset import HELD_OUT, description_and_seed
from latents import load_vae, measure_scale
from networks import SIZES, ClipText, UNet
from prompts import Vocabulary
from schedule import draw
from world import caption, paint

SHEET = (
    "HD, masterpiece, best quality, (sunrise at sea), (waves), birds flying in the distance, morning",
    "sunset over the sea, a boat with a red sail, clouds",
    "mountains at noon with trees and a house with a red roof",
    "starry night, full moon, city skyline",
    "snowy landscape, winter, noon, houses, snowfall",
    "desert at sunset with a cactus",
    "a dense forest in the morning, fog",
    "meadow, noon, rainbow, flowers, clouds",
    "night, sea, crescent moon, stars",
    "sunset, city skyline, birds",
    "a red apple in the center, white background",
    "three yellow balloons, blue background",
    "a large purple heart, on a pink background",
    "a green pear on the left and a red balloon on the right",
    "two orange flowers, black background",
    "a small blue star at the top, yellow background",
)


class Model:
    def __init__(self, folder):
        trained = torch.load(Path(folder, "diffusion.pt"), map_location="cpu")
        self.vocabulary = Vocabulary(trained["vocabulary"])
        self.text = ClipText(**{**SIZES["text"], "vocabulary": self.vocabulary.size}).eval()
        self.text.load_state_dict(trained["text"])
        self.unet = UNet(**SIZES["unet"]).eval()
        self.unet.load_state_dict(trained["unet"])
        self.unet.to(torch.bfloat16)
        self.vae = load_vae(folder, "vae-fine.pt" if Path(folder, "vae-fine.pt").exists() else "vae.pt")
        self.scale = measure_scale(folder)

    @torch.no_grad()
    def batch(self, captions, cfg, seed, steps, negative=""):
        """uint8 [N, 128, 128, 3]."""
        negatives = [[(negative, 1.0)] if negative else []] * len(captions)
        latents = draw(self.unet, self.text, self.vocabulary, captions, negatives, cfg, steps, seed)
        y = torch.cat([self.vae.decode(z / self.scale) for z in latents.split(8)])
        return ((y.clamp(-1, 1) + 1) * 127.5 + 0.5).byte().permute(0, 2, 3, 1).numpy()


class Artists:
    """Draws on several cores, each with a model of its own."""

    BATCH = 32

    def __init__(self, folder, processes):
        context = multiprocessing.get_context("spawn")
        self.pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(folder,))

    def pictures(self, captions, cfg, seed, steps, negative=""):
        """uint8 [N, 128, 128, 3]."""
        starts = range(0, len(captions), self.BATCH)
        jobs = [
            self.pool.submit(_batch, captions[start : start + self.BATCH], cfg, seed + start, steps, negative) for start in starts
        ]
        return np.concatenate([job.result() for job in jobs])


def _begin(folder):
    global _model
    torch.set_num_threads(1)
    _model = Model(folder)


def _batch(*arguments):
    return _model.batch(*arguments)


def parse(prompt):
    """A prompt with "(emphasis)", which weighs 1.1, as segments."""
    segments = []
    for index, part in enumerate(prompt.replace(")", "(").split("(")):
        if part:
            segments.append((part, 1.1 if index % 2 else 1.0))
    return segments


@torch.no_grad()
def judge(classifier, pictures, descriptions):
    """Scores by attribute, 0..1. Questions with one answer: the share of right answers. Groups of labels: F1 over all of
    the group, that is how much of what was asked for is seen, and of what is seen was asked for. A single label, for which
    there are few cases: how often it is seen where it should be and not seen where it should not, averaged (0.5 by chance).
    """
    scores = [classifier(x) for x in prepare(pictures).split(64)]
    scores = {name: torch.cat([s[name] for s in scores]) for name in scores[0]}
    choices, labels, _ = collate(descriptions)
    found = {}
    for name in CHOICES:
        known = choices[name] != IGNORE
        found[name] = float((scores[name].argmax(1) == choices[name])[known].float().mean())
    for group, options in LABELS.items():
        known = labels[group] != IGNORE
        truth, seen = labels[group] == 1, scores[group] > 0
        right = float((truth & seen & known).sum())
        found[group] = 2 * right / max(1.0, float((truth & known).sum() + (seen & known).sum()))
        for index, option in enumerate(options):
            there, missing = truth[:, index], (labels[group][:, index] == 0)
            if there.sum() >= 3 and missing.sum() >= 3:
                hits, rejections = seen[there][:, index].float().mean(), (~seen)[missing][:, index].float().mean()
                found[f"{group}: {option}"] = 0.5 * float(hits + rejections)
    return found


def psnr_of(vae, pictures):
    values = []
    with torch.no_grad():
        for x in prepare(pictures).split(16):
            y = vae.decode(vae.encode(x)[0]).clamp(-1, 1)
            values += (10 * torch.log10(4 / ((y - x) ** 2).mean((1, 2, 3)))).tolist()
    return float(np.mean(values))


def sharpness(pictures):
    """Mean difference of neighbouring pixels, 0..255."""
    pictures = pictures.astype(np.float32)
    return float(np.abs(np.diff(pictures, axis=1)).mean() + np.abs(np.diff(pictures, axis=2)).mean())


@torch.no_grad()
def habits(artists, classifier, steps, count=24):
    """What emphasis, guidance and the negative prompt do, each on `count` pictures of the same seeds."""

    def much(name, pictures):
        return float(classifier(prepare(pictures))["amounts"][:, AMOUNTS.index(name)].mean())

    def draw_many(prompt, cfg=7.0, negative=""):
        return artists.pictures([parse(prompt)] * count, cfg, 77, steps, negative)

    def weighed(scene, word, weight):
        return much(word, artists.pictures([[(scene, 1.0), (word, weight)]] * count, 7.0, 77, steps))

    plain, guided = draw_many("mountains, sunset, trees", 1.0), draw_many("mountains, sunset, trees")
    away, toward = draw_many("city, noon", negative="blurry, low quality"), draw_many("city, noon", negative="clouds, sun")
    return {
        "amount of waves, 0 to 1": {f"(waves:{w})": weighed("sea, noon, ", "waves", w) for w in (0.6, 1.0, 1.4)},
        "amount of clouds, 0 to 1": {f"(clouds:{w})": weighed("meadow, noon, ", "clouds", w) for w in (0.6, 1.0, 1.4)},
        "sharpness, CFG 1": sharpness(plain),
        "sharpness, CFG 7": sharpness(guided),
        "mean change of a pixel by another negative prompt, of 255": float(
            np.abs(away.astype(np.float32) - toward.astype(np.float32)).mean()
        ),
    }


def sheet(artists, path, steps, columns=4, scale=2, margin=8):
    """A contact sheet: every picture of SHEET with its prompt below."""
    pictures = artists.pictures([parse(p) for p in SHEET], 7.0, 4, steps, "low quality, blurry")
    size = scale * pictures.shape[1]
    cell, line = size + margin, 12
    rows = -(-len(SHEET) // columns)
    page = Image.new("RGB", (columns * cell + margin, rows * (cell + 3 * line) + margin), "white")
    pen = ImageDraw.Draw(page)
    for index, (picture, prompt) in enumerate(zip(pictures, SHEET)):
        x, y = margin + index % columns * cell, margin + index // columns * (cell + 3 * line)
        page.paste(Image.fromarray(picture).resize((size, size), Image.NEAREST), (x, y))
        for number, words in enumerate(textwrap.wrap(prompt, size // 6)):
            pen.text((x, y + size + 2 + number * line), words, fill=(60, 60, 60))
    page.save(path, optimize=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--out", default=None, help="where results go; the folder itself when not given")
    parser.add_argument("--count", type=int, default=384)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--sheet-only", action="store_true")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    torch.set_num_threads(1)
    out = Path(options.out or options.folder)
    artists = Artists(options.folder, options.processes)
    sheet(artists, out / "sheet.png", options.steps)
    if options.sheet_only:
        return
    classifier = Classifier().eval()
    classifier.load_state_dict(torch.load(Path(options.folder, "classifier.pt"), map_location="cpu"))
    drawn = [description_and_seed(HELD_OUT + index) for index in range(options.count)]
    # Faults are scored by eye, not here: a blurred picture is meant to be hard to read.
    descriptions = [{**description, "quality": "good"} for description, _ in drawn]
    real = np.stack([paint(d, 128, seed) for d, (_, seed) in zip(descriptions, drawn)])
    rng = np.random.default_rng(5)
    captions = [caption(d, rng, full=True, weights=0) for d in descriptions]
    results = {"paintings": judge(classifier, real, descriptions)}
    for name, cfg in (("cfg 7", 7.0), ("cfg 1", 1.0)):
        results[name] = judge(classifier, artists.pictures(captions, cfg, 1000, options.steps), descriptions)
    results["round trip PSNR"] = round(psnr_of(Model(options.folder).vae, real[:192]), 2)
    results["habits"] = habits(artists, classifier, options.steps)
    (out / "evaluation.json").write_text(json.dumps(results, indent=1) + "\n")
    lines = ["| attribute | paintings | CFG 7 | CFG 1 | CFG 7 / paintings |", "| --- | --- | --- | --- | --- |"]
    for name, ceiling in results["paintings"].items():
        a, b = results["cfg 7"].get(name, float("nan")), results["cfg 1"].get(name, float("nan"))
        lines.append(f"| {name} | {ceiling:.3f} | {a:.3f} | {b:.3f} | {a / ceiling if ceiling else float('nan'):.0%} |")
    lines.append("")
    lines.append(f"Round trips of held-out paintings through the VAE: {results['round trip PSNR']} dB PSNR.")
    for name, value in results["habits"].items():
        value = value if isinstance(value, dict) else {"": value}
        lines.append(f"- {name}: " + ", ".join(f"{what} {v:.3g}".strip() for what, v in value.items()))
    (out / "evaluation.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
