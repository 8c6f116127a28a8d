"""What there is to tell about a picture: questions, and their true answers from its description."""
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


# What `answers` leaves out, since no single picture shows it: which kind and which colour belong to the same thing.
ITEMS = {f"{what} {place}": options for place in ("first", "second") for what, options in (("kind", KINDS), ("colour", COLOUR_NAMES))}
# All questions with one answer.
QUESTIONS = {**CHOICES, **ITEMS}


def item_answers(description):
    """Index of an answer for each of ITEMS: of the only thing, or of the left one and the right one; else IGNORE."""
    found = dict.fromkeys(ITEMS, IGNORE)
    items = description.get("items", [])
    for place, item in zip(("first", "second"), items if len(items) == 2 else items[:1]):
        found[f"kind {place}"] = KINDS.index(item["kind"])
        found[f"colour {place}"] = COLOUR_NAMES.index(item["colour"])
    return found
