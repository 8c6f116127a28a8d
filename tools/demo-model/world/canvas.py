"""A picture in progress: float RGB on the unit square, soft-edged shapes, and smooth random fields.

Coordinates run from 0 to 1, x to the right and y down, so that a picture looks alike at every size.
"""
from functools import lru_cache

import numpy as np

F = np.float32


def mix(a, b, t):
    """From a (t = 0) to b (t = 1)."""
    return a + (b - a) * t


def smoothstep(low, high, x):
    """0 below low, 1 above high, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def rgb(*values):
    return np.array(values, F)


@lru_cache(maxsize=None)
def _interpolation(size, cells):
    """[size, cells + 1] matrix that reads a row of cells + 1 values at `size` evenly spaced places."""
    return interpolation_at((np.arange(size, dtype=F) + F(0.5)) / size * cells, cells)


def interpolation_at(places, cells):
    """[len(places), cells + 1]: reads a row of values at `places` in cells, smoothly (quintic fade, Perlin 2002)."""
    places = np.clip(places, 0, cells - 1e-4)
    first = places.astype(np.int32)
    t = places - first
    fade = t * t * t * (t * (t * 6 - 15) + 10)
    matrix = np.zeros((len(places), cells + 1), F)
    rows = np.arange(len(places))
    matrix[rows, first] = 1 - fade
    matrix[rows, first + 1] = fade
    return matrix


class Canvas:
    """`pixels` is [size, size, 3], 0..1; `x` and `y` are [size, size] coordinates of pixel centres."""

    def __init__(self, size, rng):
        self.size = size
        self.rng = rng
        line = ((np.arange(size, dtype=F) + F(0.5)) / size)
        self.line = line
        self.x = np.broadcast_to(line[None, :], (size, size))
        self.y = np.broadcast_to(line[:, None], (size, size))
        self.pixels = np.zeros((size, size, 3), F)

    # -- random fields -------------------------------------------------------------------------------------------

    def noise(self, columns, rows, octaves=4, gain=0.55, places=None):
        """Fractal value noise [size, size], about -1..1. `places` reads rows elsewhere: 0..1 a row of the picture."""
        total = np.zeros((self.size, self.size), F)
        amplitude, norm = 1.0, 0.0
        for _ in range(octaves):
            if columns > 2 * self.size or rows > 4 * self.size:
                break
            grid = self.rng.uniform(-1, 1, (rows + 1, columns + 1)).astype(F)
            down = _interpolation(self.size, rows) if places is None else interpolation_at(places * rows, rows)
            total += amplitude * (down @ grid @ _interpolation(self.size, columns).T)
            norm += amplitude
            amplitude *= gain
            columns, rows = columns * 2, rows * 2
        return total / norm * F(1.6)

    def profile(self, cells, octaves=4, gain=0.5, sharp=False):
        """Fractal noise along x, [size], about -1..1. Sharp: with pointed tops (ridges)."""
        total = np.zeros(self.size, F)
        amplitude, norm = 1.0, 0.0
        for _ in range(octaves):
            values = _interpolation(self.size, cells) @ self.rng.uniform(-1, 1, cells + 1).astype(F)
            total += amplitude * ((1 - 2 * np.abs(values)) if sharp else values)
            norm += amplitude
            amplitude *= gain
            cells *= 2
        return total / norm * F(1.5)

    # -- painting ------------------------------------------------------------------------------------------------

    def over(self, colour, alpha, area=None):
        """Paints `colour` (one, or one a pixel) with coverage `alpha`, in `area` (slices) only."""
        target = self.pixels if area is None else self.pixels[area]
        target += (colour - target) * np.asarray(alpha, F)[..., None]

    def add(self, colour, amount, area=None):
        """Adds light."""
        target = self.pixels if area is None else self.pixels[area]
        target += colour * np.asarray(amount, F)[..., None]

    def area(self, left, top, right, bottom):
        """Slices around a box, with its x and y; None where nothing of it is in the picture."""
        low = lambda v: max(0, int(np.floor(v * self.size)) - 2)
        high = lambda v: min(self.size, int(np.ceil(v * self.size)) + 2)
        rows, columns = slice(low(top), high(bottom)), slice(low(left), high(right))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return None
        return (rows, columns), self.x[rows, columns], self.y[rows, columns]

    def cover(self, distance):
        """Coverage of a shape from its signed distance (negative inside), one pixel soft."""
        return np.clip(0.5 - distance * self.size, 0, 1)

    def polygon(self, points):
        """Signed distance (roughly) to a convex polygon given clockwise on screen: area, distance; or None."""
        points = np.asarray(points, F)
        found = self.area(*points.min(0), *points.max(0))
        if found is None:
            return None
        area, x, y = found
        distance = None
        for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, 0)):
            length = max(float(np.hypot(bx - ax, by - ay)), 1e-6)
            side = ((x - ax) * (by - ay) - (y - ay) * (bx - ax)) / length
            distance = side if distance is None else np.maximum(distance, side)
        return area, distance

    def fill(self, points, colour, alpha=1.0):
        """A convex polygon, corners clockwise on screen."""
        found = self.polygon(points)
        if found is not None:
            area, distance = found
            self.over(colour, self.cover(distance) * alpha, area)

    def disc(self, cx, cy, rx, ry, colour, alpha=1.0, soft=0.0):
        """An ellipse; `soft` blurs its edge by that share of the radius."""
        found = self.area(cx - rx * (1 + soft), cy - ry * (1 + soft), cx + rx * (1 + soft), cy + ry * (1 + soft))
        if found is None:
            return
        area, x, y = found
        radius = np.sqrt(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2)
        cover = smoothstep(1 + soft, 1 - soft, radius) if soft else self.cover((radius - 1) * min(rx, ry))
        self.over(colour, cover * alpha, area)

    def stroke(self, ax, ay, bx, by, width, colour, alpha=1.0):
        """A line with round ends."""
        found = self.area(min(ax, bx) - width, min(ay, by) - width, max(ax, bx) + width, max(ay, by) + width)
        if found is None:
            return
        area, x, y = found
        dx, dy = bx - ax, by - ay
        along = np.clip(((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
        distance = np.hypot(x - ax - along * dx, y - ay - along * dy) - width / 2
        self.over(colour, self.cover(distance) * alpha, area)
