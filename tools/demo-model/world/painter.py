"""Paints a description."""
import numpy as np

from .canvas import Canvas, F, mix, smoothstep
from .land import paint_fog, paint_land, paint_snowfall
from .light import light_for
from .objects import paint_backdrop, paint_object
from .props import paint_boat, paint_house, paint_tree
from .sky import paint_birds, paint_sky


def paint(description, size, seed):
    """uint8 [size, size, 3]. The same description, size and seed give the same picture."""
    rng = np.random.default_rng(seed)
    canvas = Canvas(size, rng)
    if description["kind"] == "scene":
        _paint_scene(canvas, description)
    else:
        paint_backdrop(canvas, description["background"])
        for item in description["items"]:
            paint_object(canvas, item)
    _develop(canvas, description["quality"])
    return (np.clip(canvas.pixels, 0, 1) * 255 + 0.5).astype(np.uint8)


def _paint_scene(canvas, scene):
    rng = canvas.rng
    light = light_for(scene["time"], rng)
    source = paint_sky(canvas, light, scene)
    paint_birds(canvas, light, scene)
    paint_land(canvas, light, scene, source)
    if scene["fog"]:
        paint_fog(canvas, light, scene)
    _place_props(canvas, light, scene)
    if scene["snowfall"]:
        paint_snowfall(canvas, light)
    # A little vignette and the warmth of the light over everything.
    fall = np.hypot(canvas.x - 0.5, canvas.y - 0.5)
    canvas.pixels *= (1 - 0.22 * smoothstep(0.35, 0.75, fall))[..., None]


def _place_props(canvas, light, scene):
    """Houses, trees and boats: each in its own strip of the picture, the far ones first."""
    rng, horizon = canvas.rng, scene["horizon"]
    things = [("house", roof) for roof in scene["houses"]] + [("tree", None)] * scene["trees"]
    things += [("boat", sail) for sail in scene["boats"]]
    strips = rng.permutation(len(things))
    placed = []
    for strip, (what, colour) in zip(strips, things):
        x = (strip + rng.uniform(0.35, 0.65)) / len(things)
        near = rng.uniform(0.25, 0.9)
        placed.append((near, x, what, colour))
    for near, x, what, colour in sorted(placed, key=lambda entry: entry[0]):
        if what == "boat":
            paint_boat(canvas, light, x, mix(horizon + 0.06, 0.80, near), mix(0.16, 0.34, near), colour)
        elif what == "house":
            paint_house(canvas, light, x, mix(horizon + 0.16, 0.90, near), mix(0.15, 0.27, near), colour)
        else:
            paint_tree(canvas, light, x, mix(horizon + 0.16, 0.95, near), mix(0.24, 0.44, near))


def _develop(canvas, quality):
    """Faults that captions name, so that a negative prompt has something to avoid."""
    rng, pixels = canvas.rng, canvas.pixels
    if quality == "blurry":
        for axis in (0, 1):
            canvas.pixels = _box_blur(_box_blur(canvas.pixels, axis), axis)
    elif quality == "noisy":
        pixels += rng.normal(0, 0.10, pixels.shape).astype(F)
    elif quality == "pale":
        canvas.pixels = mix(pixels, F(0.62), F(rng.uniform(0.45, 0.6)))
    elif quality == "monochrome":
        canvas.pixels = np.repeat((pixels @ np.array([0.299, 0.587, 0.114], F))[..., None], 3, -1)


def _box_blur(pixels, axis):
    reach = max(1, round(pixels.shape[0] / 42))
    padded = np.concatenate([np.take(pixels, [0], axis)] * reach + [pixels] + [np.take(pixels, [-1], axis)] * reach, axis)
    total = np.cumsum(padded, axis, dtype=np.float32)
    width = 2 * reach + 1
    zero = np.zeros_like(np.take(total, [0], axis))
    total = np.concatenate([zero, total], axis)
    length = pixels.shape[axis]
    return (np.take(total, range(width, width + length), axis) - np.take(total, range(length), axis)) / width
