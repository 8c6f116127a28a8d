"""Scores what was trained beside what is shipped, on held-out captions: does what the caption says come out, how close is
that to real paintings, how sharp is it, and is it to be shipped?"""
import json

import numpy as np
import torch
import torch.nn.functional as F

from classifier import Classifier, as_seen
from decision import decide
from networks import SIZES, Autoencoder, ClipText, UNet
from png import png, sheet
from questions import AMOUNTS, CHOICES, IGNORE, LABELS, answers
from schedule import draw
from sharpness import detail_of, psnr
from training import dtype_on
from world import caption

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
# Held-out captions; sampling steps; pictures drawn at a time; rows of the sheet that compares.
COUNT, STEPS, BATCH, COMPARED = 384, 20, 32, 8


class Artist:
    """A model that draws: `weights` by network, at `size` pixels."""

    def __init__(self, weights, vocabulary, scale, size, device):
        self.vocabulary, self.scale, self.size, self.device = vocabulary, scale, size, device
        dtype = dtype_on(device)
        self.text = ClipText(**{**SIZES["text"], "vocabulary": vocabulary.size})
        self.unet, self.vae = UNet(**SIZES["unet"]), Autoencoder(**SIZES["vae"])
        for key in ("text", "unet", "vae"):
            module = getattr(self, key)
            module.load_state_dict(weights[key])
            module.to(device, dtype).eval().requires_grad_(False)

    @torch.no_grad()
    def pictures(self, captions, cfg, seed, steps, negative=""):
        """uint8 [N, size, size, 3] of captions, lists of (text, weight)."""
        found = []
        for start in range(0, len(captions), BATCH):
            some = captions[start : start + BATCH]
            negatives = [[(negative, 1.0)] if negative else []] * len(some)
            latents = draw(self.unet, self.text, self.vocabulary, some, negatives, self.size // 8, cfg, steps, seed + start)
            found += [as_bytes(self.vae.decode((z / self.scale).to(dtype_on(self.device))).float()) for z in latents.split(8)]
        return np.concatenate(found)

    @torch.no_grad()
    def round_trips(self, pictures):
        """uint8 [N, H, W, 3], there and back through the VAE."""
        decode = lambda x: self.vae.decode(self.vae.encode(x)[0]).float()
        return np.concatenate([as_bytes(decode(as_tensor(p, self.device).to(dtype_on(self.device)))) for p in split(pictures, 8)])


def split(pictures, count):
    return [pictures[start : start + count] for start in range(0, len(pictures), count)]


def as_tensor(pictures, device):
    """uint8 [N, H, W, 3] -> float [N, 3, H, W] in -1..1."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).to(device).permute(0, 3, 1, 2).float() / 127.5 - 1


def as_bytes(x):
    return ((x.clamp(-1, 1) + 1) * 127.5 + 0.5).byte().permute(0, 2, 3, 1).cpu().numpy()


def parse(prompt):
    """A prompt with "(emphasis)", which weighs 1.1, as segments."""
    segments = []
    for index, part in enumerate(prompt.replace(")", "(").split("(")):
        if part:
            segments.append((part, 1.1 if index % 2 else 1.0))
    return segments


class Judge:
    """Scores pictures by what a classifier sees in them."""

    def __init__(self, weights, device):
        self.device, self.classifier = device, Classifier()
        self.classifier.load_state_dict(weights)
        self.classifier.to(device).eval()

    @torch.no_grad()
    def sees(self, pictures):
        scores = [self.classifier(as_seen(as_tensor(p, self.device))) for p in split(pictures, 64)]
        return {name: torch.cat([s[name] for s in scores]).cpu() for name in scores[0]}

    def much(self, name, pictures):
        return float(self.sees(pictures)["amounts"][:, AMOUNTS.index(name)].mean())

    def scores(self, pictures, descriptions):
        """Scores by attribute, 0..1. Questions with one answer: the share of right answers. Groups of labels: F1 over all of
        the group, that is how much of what was asked for is seen, and of what is seen was asked for. A single label, for
        which there are few cases: how often it is seen where it should be and not seen where it should not, averaged (0.5 by
        chance). What nothing was asked about is left out.
        """
        scores = self.sees(pictures)
        truths = [answers(d) for d in descriptions]
        found = {}
        for name in CHOICES:
            truth = torch.tensor([choices[name] for choices, _ in truths])
            known = truth != IGNORE
            if known.any():
                found[name] = float((scores[name].argmax(1) == truth)[known].float().mean())
        for group, options in LABELS.items():
            labels = torch.tensor([labels[group] for _, labels in truths])
            known = labels != IGNORE
            truth, seen = labels == 1, scores[group] > 0
            asked = float((truth & known).sum())
            if not asked:
                continue
            found[group] = 2 * float((truth & seen & known).sum()) / (asked + float((seen & known).sum()))
            for index, option in enumerate(options):
                there, missing = truth[:, index], labels[:, index] == 0
                if there.sum() >= 3 and missing.sum() >= 3:
                    hits, rejections = seen[there][:, index].float().mean(), (~seen)[missing][:, index].float().mean()
                    found[f"{group}: {option}"] = 0.5 * float(hits + rejections)
        return found


def detail_beside(pictures, paintings):
    """How much fine detail pictures have, of what paintings have: at the paintings' size, to which smaller ones are enlarged."""
    amounts = []
    for some in (pictures, paintings):
        total = 0.0
        for part in split(some, 32):
            x = as_tensor(part, "cpu")
            if x.shape[-1] != paintings.shape[1]:
                x = F.interpolate(x, size=paintings.shape[1:3], mode="bilinear", align_corners=False)
            total += float(detail_of(x)) ** 2 * len(part)
        amounts.append((total / len(some)) ** 0.5)
    return amounts[0] / amounts[1]


def habits(artist, judge, steps, count=24):
    """What emphasis, guidance and the negative prompt do, each on `count` pictures of the same seeds."""

    def draw_many(segments, cfg=7.0, negative=""):
        return artist.pictures([segments] * count, cfg, 77, steps, negative)

    def weighed(scene, word):
        return {f"({word}:{w})": judge.much(word, draw_many([(scene, 1.0), (word, w)])) for w in (0.6, 1.0, 1.4)}

    city = parse("city, noon")
    away, toward = draw_many(city, negative="blurry, low quality"), draw_many(city, negative="clouds, sun")
    return {
        "amount of waves, 0 to 1": weighed("sea, noon, ", "waves"),
        "amount of clouds, 0 to 1": weighed("meadow, noon, ", "clouds"),
        "mean change of a pixel by another negative prompt, of 255": float(
            np.abs(away.astype(np.float32) - toward.astype(np.float32)).mean()
        ),
    }


def evaluate(job, painters, shipped):
    """Writes sheet.png and compare.png into the job's folder. Returns what evaluation.json is to hold.

    `shipped`: the Artist to compare with. Draws fewer pictures where the time does not suffice, for both alike.
    """
    clock = job.begin("evaluate")
    count, steps, compared = (2, 2, 1) if job.trial else (COUNT, STEPS, COMPARED)
    artists = {"new": Artist(job.weights, job.vocabulary, job.scale, job.size, job.device), "old": shipped}
    judge = Judge(job.weights["classifier"], job.device)
    prompts = SHEET[:count]
    drawn = artists["new"].pictures([parse(p) for p in prompts], 7.0, 4, steps, "low quality, blurry")
    (job.out / "sheet.png").write_bytes(png(sheet(list(zip(drawn, prompts)), 4, job.size)))
    # Faults are scored by eye, not here: a blurred picture is meant to be hard to read.
    descriptions, real = painters.held_out(count)
    rng = np.random.default_rng(5)
    captions = [caption(d, rng, full=True, weights=0) for d in descriptions]
    results, pictures = {"old": {}, "new": {}}, {}
    # What the decision needs, half of the time for it at most; then the rest, as long as there is time.
    for name, cfg, until in (("cfg 7", 7.0, 0.5), ("cfg 1", 1.0, 0.7)):
        parts = {key: [] for key in artists}
        for start in range(0, count, BATCH):
            if start and clock.progress > until:
                break
            for key, artist in artists.items():
                parts[key].append(artist.pictures(captions[start : start + BATCH], cfg, 1000 + start, steps))
            clock.tick()
        for key in artists:
            pictures[key, name] = np.concatenate(parts[key])
            results[key][name] = judge.scores(pictures[key, name], descriptions[: len(pictures[key, name])])
    fewest = len(pictures["new", "cfg 7"])
    job.say(f"evaluate: {fewest} of {count} captions drawn by both")
    results["captions"], results["steps"], results["paintings"] = fewest, steps, judge.scores(real[:fewest], descriptions[:fewest])
    trips = {key: artist.round_trips(real[: max(compared, min(count, 96))]) for key, artist in artists.items()}
    for key in artists:
        results[key]["detail"] = detail_beside(pictures[key, "cfg 7"], real[:fewest])
        results[key]["round trip detail"] = detail_beside(trips[key], real[: len(trips[key])])
        both = (as_tensor(p, "cpu") for p in (trips[key], real[: len(trips[key])]))
        results[key]["round trip PSNR"] = float(np.mean([psnr(a[None], b[None]) for a, b in zip(*both)]))
    cells = []
    for index in range(compared):
        words = "".join(text for text, _ in captions[index])
        cells += [(real[index], words), (pictures["old", "cfg 7"][index], "shipped"), (pictures["new", "cfg 7"][index], "new")]
        cells += [(trips["old"][index], "shipped, VAE alone"), (trips["new"][index], "new, VAE alone")]
    (job.out / "compare.png").write_bytes(png(sheet(cells, 5, job.size)))
    if clock.progress < 0.8 or job.trial:
        results["habits"] = habits(artists["new"], judge, steps, 2 if job.trial else 24)
    ship, reasons = decide(results["old"], results["new"])
    results["decision"] = {"ship": ship and not job.trial, "reasons": reasons}
    return results


def as_markdown(results):
    old, new = results["old"], results["new"]
    lines = [
        f"{results['captions']} held-out captions, Euler, {results['steps']} steps.",
        "",
        "| attribute | paintings | shipped, CFG 7 | CFG 7 | CFG 1 | CFG 7 / paintings |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, ceiling in results["paintings"].items():
        cells = [side.get(name, float("nan")) for side in (old["cfg 7"], new["cfg 7"], new["cfg 1"])]
        share = f"{cells[1] / ceiling:.0%}" if ceiling else "-"
        lines.append(f"| {name} | {ceiling:.3f} | " + " | ".join(f"{cell:.3f}" for cell in cells) + f" | {share} |")
    lines.append("")
    for name in ("detail", "round trip detail", "round trip PSNR"):
        lines.append(f"- {name}: {new[name]:.2f}, shipped {old[name]:.2f}")
    for name, value in results.get("habits", {}).items():
        value = value if isinstance(value, dict) else {"": value}
        lines.append(f"- {name}: " + ", ".join(f"{what} {v:.3g}".strip() for what, v in value.items()))
    decision = results["decision"]
    lines += ["", f"Decision: {'ship' if decision['ship'] else 'keep what is shipped'}.", *(f"- {reason}" for reason in decision["reasons"])]
    return "\n".join(lines) + "\n"


def as_json(results):
    return json.dumps(results, indent=1) + "\n"
