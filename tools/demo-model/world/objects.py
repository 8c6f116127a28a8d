"""Simple objects with light on them: shapes, fruit, flowers, balloons, on a table or before a wall."""
import numpy as np

from .canvas import mix, rgb, smoothstep
from .palette import COLOURS

SHAPES = ("circle", "square", "triangle", "star", "heart")
FRUIT = ("apple", "pear", "banana", "cherry", "lemon")
OTHERS = ("flower", "balloon")
KINDS = SHAPES + FRUIT + OTHERS


def paint_backdrop(canvas, colour):
    """A wall with soft light from above left, and a table where it meets the floor."""
    rng = canvas.rng
    wall = COLOURS[colour]
    wall = mix(wall, rgb(1, 1, 1), 0.30 if colour not in ("black", "white") else 0.0)
    fall = np.hypot(canvas.x - rng.uniform(0.2, 0.5), canvas.y - rng.uniform(0.1, 0.4))
    texture = canvas.noise(6, 6, 4) * 0.025
    canvas.pixels[:] = wall * (1.06 - 0.30 * fall + texture)[..., None]
    table = rng.uniform(0.66, 0.76)
    canvas.over(wall * 0.80 * (1 + 2 * texture)[..., None], canvas.cover(table - canvas.y) * 0.8)


def paint_object(canvas, item):
    """`item`: kind, colour, x, y (centre), size (diameter)."""
    x, y, size = item["x"], item["y"], item["size"]
    colour = COLOURS[item["colour"]]
    kind = item["kind"]
    if kind != "balloon":
        canvas.disc(x + size * 0.06, y + size * 0.47, size * 0.46, size * 0.10, rgb(0, 0, 0), 0.30, soft=0.6)
    found = canvas.area(x - size, y - size, x + size, y + size)
    area, gx, gy = found
    u, v = (gx - x) / size * 2, (gy - y) / size * 2
    if kind in SHAPES:
        _solid(canvas, area, _shape(kind, u, v) * size / 2, u, v, colour, gloss=0.22)
    else:
        _PAINTERS[kind](canvas, area, u, v, x, y, size, colour)


def _shape(kind, u, v):
    """Signed distance, in half sizes, to a flat shape that fills -1..1."""
    if kind == "circle":
        return np.hypot(u, v) - 0.92
    if kind == "square":
        return np.maximum(np.abs(u), np.abs(v)) - 0.82
    if kind == "triangle":
        return np.maximum(np.abs(u) * 0.88 - v * 0.47 - 0.42, v - 0.76)
    if kind == "star":
        angle = np.arctan2(u, -v)
        wedge = np.abs((angle + np.pi / 5) % (2 * np.pi / 5) - np.pi / 5)
        radius = np.hypot(u, v)
        # Edge of one tip: from the tip at radius 1 to the notch at radius 0.42.
        px, py = radius * np.cos(wedge), radius * np.sin(wedge)
        nx, ny = 0.42 * np.cos(np.pi / 5), 0.42 * np.sin(np.pi / 5)
        length = np.hypot(1 - nx, ny)
        return ((px - 1) * ny + py * (1 - nx)) / length
    # heart: the sextic (a^2 + b^2 - 1)^3 = a^2 b^3, its value over its slope for a distance
    a, b = u * 1.22, 0.14 - v * 1.18
    s = a * a + b * b - 1
    value = s**3 - a * a * b**3
    slope = np.hypot(6 * a * s * s - 2 * a * b**3, 6 * b * s * s - 3 * a * a * b * b)
    return value / (slope + 0.05) * 0.8


def _solid(canvas, area, distance, u, v, colour, gloss=0.35):
    """Colours a shape with shading from above left and a highlight."""
    light = np.clip(1.02 - 0.22 * (u + v), 0.55, 1.35)
    rim = smoothstep(0.0, -0.05, distance)
    body = colour * (light * mix(0.74, 1.0, rim))[..., None]
    shine = np.exp(-(((u + 0.36) / 0.26) ** 2 + ((v + 0.40) / 0.22) ** 2)) * gloss
    canvas.over(np.clip(body + shine[..., None], 0, 1), canvas.cover(distance), area)


def _apple(canvas, area, u, v, x, y, size, colour):
    dip = 0.16 * np.exp(-((u / 0.22) ** 2))
    body = np.hypot(u / 0.92, (v - 0.06) / np.where(v < 0.06, 0.80, 0.86)) - 1 + dip * (v < 0)
    _solid(canvas, area, body * size * 0.42, u, v, colour)
    canvas.stroke(x, y - size * 0.30, x + size * 0.05, y - size * 0.48, size * 0.05, rgb(0.34, 0.22, 0.12))
    canvas.disc(x + size * 0.15, y - size * 0.44, size * 0.13, size * 0.055, rgb(0.22, 0.55, 0.18))


def _pear(canvas, area, u, v, x, y, size, colour):
    lower = np.hypot(u / 0.74, (v - 0.30) / 0.64) - 1
    upper = np.hypot(u / 0.42, (v + 0.32) / 0.56) - 1
    k = 0.30
    h = np.clip(0.5 + 0.5 * (upper - lower) / k, 0, 1)
    _solid(canvas, area, (mix(upper, lower, h) - k * h * (1 - h)) * size * 0.32, u, v, colour)
    canvas.stroke(x, y - size * 0.40, x + size * 0.04, y - size * 0.52, size * 0.045, rgb(0.34, 0.22, 0.12))


def _banana(canvas, area, u, v, x, y, size, colour):
    # A bow: part of a ring whose width tapers to the ends.
    cx, cy = 0.10, -0.95
    radius, angle = np.hypot(u - cx, v - cy), np.arctan2(u - cx, v - cy)
    along = np.abs(angle) / 0.80
    half = 0.30 * np.sqrt(np.clip(1 - along**2, 0, 1)) + 0.02
    distance = np.maximum(np.abs(radius - 1.18) - half, (along - 1) * 0.5)
    shade = 1.02 - 0.35 * np.clip((radius - 1.18) / 0.3, -1, 1)
    canvas.over(colour * shade[..., None], canvas.cover(distance * size / 2), area)
    ends = smoothstep(0.88, 0.97, along)
    canvas.over(rgb(0.30, 0.20, 0.10), canvas.cover(distance * size / 2) * ends, area)


def _cherry(canvas, area, u, v, x, y, size, colour):
    stem = rgb(0.28, 0.45, 0.16)
    for side in (-1, 1):
        cx, cy = x + side * size * 0.24, y + size * 0.20
        canvas.stroke(cx, cy - size * 0.18, x + size * 0.06, y - size * 0.44, size * 0.045, stem)
        r = 0.46
        du, dv = (u - side * 0.48) / r, (v - 0.42) / r
        _solid(canvas, area, (np.hypot(du, dv) - 1) * r * size / 2, du * 0.8, dv * 0.8, colour, gloss=0.5)
    canvas.disc(x + size * 0.18, y - size * 0.42, size * 0.14, size * 0.06, rgb(0.22, 0.55, 0.18))


def _lemon(canvas, area, u, v, x, y, size, colour):
    body = np.hypot(u / 0.84, v / 0.62) - 1
    tips = np.maximum(np.abs(u) - 1.0, np.abs(v) - 0.16 * (1.12 - np.abs(u)) / 0.3)
    _solid(canvas, area, np.minimum(body * 0.62, tips) * size / 2, u, v, colour)


def _flower(canvas, area, u, v, x, y, size, colour):
    stem = rgb(0.18, 0.50, 0.18)
    canvas.stroke(x, y, x + size * 0.03, y + size * 0.50, size * 0.06, stem)
    canvas.disc(x + size * 0.15, y + size * 0.36, size * 0.15, size * 0.06, stem)
    w = v + 0.30
    radius, angle = np.hypot(u, w), np.arctan2(w, u)
    petals = 6
    edge = 0.50 + 0.17 * np.cos(angle * petals)
    shade = 0.80 + 0.30 * smoothstep(0.1, 0.6, radius) - 0.08 * (u + w)
    canvas.over(colour * shade[..., None], canvas.cover((radius - edge) * size / 2), area)
    centre = rgb(0.98, 0.80, 0.16) if colour[2] > 0.2 or colour[1] < 0.5 else rgb(0.45, 0.26, 0.10)
    canvas.over(centre * (1.05 - 0.25 * (u + w))[..., None], canvas.cover((radius - 0.20) * size / 2), area)


def _balloon(canvas, area, u, v, x, y, size, colour):
    canvas.stroke(x, y + size * 0.30, x - size * 0.05, y + size * 0.78, size * 0.022, rgb(0.35, 0.35, 0.38))
    body = np.hypot(u / 0.72, (v + 0.18) / np.where(v < -0.18, 0.76, 0.86)) - 1
    _solid(canvas, area, body * size * 0.38, u, v, colour, gloss=0.6)
    canvas.fill([(x - size * 0.06, y + size * 0.39), (x, y + size * 0.32), (x + size * 0.06, y + size * 0.39)], colour * 0.8)


_PAINTERS = {
    "apple": _apple,
    "pear": _pear,
    "banana": _banana,
    "cherry": _cherry,
    "lemon": _lemon,
    "flower": _flower,
    "balloon": _balloon,
}
