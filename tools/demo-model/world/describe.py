"""What is in a picture: plain dictionaries, drawn at random, that the painter paints and captions describe.

A scene: scene, time, horizon (0..1 from the top), waves, clouds, stars (amounts 0..1), sun, rainbow, flowers, fog, snowfall
(yes or no), moon ("full", "crescent" or None), birds, trees, cacti (numbers), boats, houses (lists of colour names).
Objects: items (kind, colour, place, scale, x, y, size), background. Both: quality.
"""
from .land import SCENES
from .light import TIMES
from .objects import KINDS
from .palette import COLOURS

QUALITIES = ("good", "blurry", "noisy", "pale", "monochrome")
PLACES = {"center": (0.5, 0.5), "left": (0.24, 0.5), "right": (0.76, 0.5), "top": (0.5, 0.26), "bottom": (0.5, 0.72)}
SCALES = {"small": (0.24, 0.30), "medium": (0.38, 0.46), "large": (0.58, 0.68)}
_NATURAL = {
    "apple": ("red", "green", "yellow"),
    "pear": ("green", "yellow"),
    "banana": ("yellow",),
    "cherry": ("red",),
    "lemon": ("yellow",),
}


def sample_description(rng, kind=None):
    """Draws a description with a numpy Generator. `kind`: "scene" or "objects", else either."""
    if kind is None:
        kind = "scene" if rng.random() < 0.62 else "objects"
    description = _scene(rng) if kind == "scene" else _objects(rng)
    description["quality"] = "good" if rng.random() < 0.87 else str(rng.choice(QUALITIES[1:]))
    return description


def _scene(rng):
    scene, time = str(rng.choice(SCENES)), str(rng.choice(TIMES))
    chance = lambda p: bool(rng.random() < p)
    night, day = time == "night", time == "noon"
    clouds = float(rng.uniform(0.15, 1.0)) if chance(0.55) else 0.0
    # Ways to place the horizon that leave both halves something to show.
    low, high = {"sea": (0.40, 0.60), "forest": (0.40, 0.52), "city": (0.48, 0.58)}.get(scene, (0.46, 0.58))
    roofs = ("red", "orange", "blue", "green", "purple", "black")
    houses = 0
    if scene in ("meadow", "snow", "mountains"):
        houses = int(rng.integers(1, 4)) if chance(0.4) else 0
    trees = 0
    if scene in ("meadow", "mountains"):
        trees = int(rng.integers(1, 5)) if chance(0.45) else 0
    boats = int(rng.integers(1, 3)) if scene == "sea" and chance(0.4) else 0
    roof = str(rng.choice(roofs))
    return {
        "kind": "scene",
        "scene": scene,
        "time": time,
        "horizon": float(rng.uniform(low, high)),
        "waves": (float(rng.uniform(0.3, 1.0)) if chance(0.6) else float(rng.uniform(0, 0.12))) if scene == "sea" else 0.0,
        "clouds": clouds,
        "stars": float(rng.uniform(0.1, 1.0)) if night and clouds < 0.8 and chance(0.6) else 0.0,
        "sun": chance(0.75) if time in ("sunrise", "sunset") else day and chance(0.4),
        "moon": str(rng.choice(("full", "crescent"))) if night and chance(0.65) else None,
        "rainbow": not night and chance(0.14),
        "birds": int(rng.integers(1, 9)) if not night and chance(0.38) else 0,
        "boats": [str(rng.choice(("white", "red", "yellow", "blue", "orange", "green"))) for _ in range(boats)],
        "houses": [roof] * houses,
        "trees": trees,
        "flowers": scene == "meadow" and chance(0.35),
        "cacti": int(rng.integers(1, 4)) if scene == "desert" and chance(0.45) else 0,
        "snowfall": scene == "snow" and chance(0.3),
        "fog": chance(0.08),
    }


def _objects(rng):
    colours = list(COLOURS)
    layout = rng.random()
    if layout < 0.45:
        kind, colour = _kind_and_colour(rng)
        place, scale = str(rng.choice(list(PLACES))), str(rng.choice(list(SCALES)))
        if scale == "large":
            place = "center"
        x, y = PLACES[place]
        items = [_item(rng, kind, colour, x, y, rng.uniform(*SCALES[scale]), place=place, scale=scale)]
    elif layout < 0.75:
        kind, colour = _kind_and_colour(rng)
        count = int(rng.integers(2, 5))
        spots, size = {
            2: (((0.28, 0.5), (0.72, 0.5)), 0.36),
            3: (((0.20, 0.52), (0.5, 0.48), (0.80, 0.52)), 0.27),
            4: (((0.29, 0.30), (0.71, 0.30), (0.29, 0.72), (0.71, 0.72)), 0.31),
        }[count]
        items = [_item(rng, kind, colour, x, y, size * rng.uniform(0.9, 1.08)) for x, y in spots]
    else:
        items = []
        for place in ("left", "right"):
            kind, colour = _kind_and_colour(rng)
            x, y = PLACES[place]
            items.append(_item(rng, kind, colour, x + (0.04 if place == "left" else -0.04), y, rng.uniform(0.34, 0.42), place=place))
    taken = {item["colour"] for item in items}
    background = str(rng.choice([name for name in colours if name not in taken]))
    return {"kind": "objects", "items": items, "background": background}


def _kind_and_colour(rng):
    kind = str(rng.choice(KINDS))
    natural = _NATURAL.get(kind)
    colour = str(rng.choice(natural if natural and rng.random() < 0.6 else list(COLOURS)))
    return kind, colour


def _item(rng, kind, colour, x, y, size, place=None, scale=None):
    jitter = lambda: float(rng.uniform(-0.025, 0.025))
    return {
        "kind": kind,
        "colour": colour,
        "x": x + jitter(),
        "y": y + jitter(),
        "size": float(size),
        "place": place,
        "scale": scale,
    }
