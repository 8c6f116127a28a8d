"""Things that stand in a landscape: trees, houses, boats."""
import numpy as np

from .canvas import mix, rgb, smoothstep
from .palette import COLOURS


def paint_pine(canvas, light, x, y, height, distance=0.0, snowy=False):
    """A fir: three stacked triangles on a short trunk, standing at (x, y)."""
    width = height * 0.26
    canvas.stroke(x, y, x, y - height * 0.2, height * 0.07, light.lit(rgb(0.30, 0.20, 0.13), distance))
    for tier in range(3):
        base, top = y - height * (0.12 + 0.26 * tier), y - height * (0.55 + 0.23 * tier)
        half = width * (1 - 0.25 * tier)
        canvas.fill([(x - half, base), (x, top), (x + half, base)], light.lit(rgb(0.10, 0.30, 0.17), distance))
        if snowy:
            cut = 0.55
            lower = mix(top, base, cut)
            canvas.fill(
                [(x - half * cut, lower), (x, top), (x + half * cut * 0.4, lower)], light.lit(rgb(0.95, 0.97, 1), distance), 0.9
            )


def paint_tree(canvas, light, x, y, height):
    """A leafy tree: a crown of blobs, lit from the sun's side."""
    rng = canvas.rng
    canvas.stroke(x, y, x, y - height * 0.55, height * 0.09, light.lit(rgb(0.36, 0.24, 0.15)))
    green = mix(rgb(0.16, 0.42, 0.14), rgb(0.34, 0.52, 0.14), rng.uniform())
    toward = 1 if light.source[0] > x else -1
    blobs = [(rng.uniform(-0.20, 0.20), rng.uniform(-0.14, 0.14), rng.uniform(0.15, 0.22)) for _ in range(6)]
    for pass_shade, shift in ((0.72, 0.0), (1.0, 0.035), (1.28, 0.07)):
        for dx, dy, r in blobs:
            radius = height * r * (1.12 - 3.2 * shift)
            canvas.disc(
                x + (dx + shift * toward) * height,
                y - height * (0.72 + dy + shift),
                radius,
                radius,
                light.lit(green, 0, pass_shade),
                0.95 if shift == 0 else 0.55,
                soft=0.12 if shift == 0 else 0.5,
            )


def paint_house(canvas, light, x, y, size, roof):
    """A house seen from the front, its base centre at (x, y); `roof` is a colour's name. Windows glow after dark."""
    half, wall = size * 0.5, size * 0.52
    stone = rgb(0.92, 0.88, 0.80)
    canvas.fill([(x - half, y), (x - half, y - wall), (x + half, y - wall), (x + half, y)], light.lit(stone))
    canvas.fill([(x, y), (x, y - wall), (x + half, y - wall), (x + half, y)], light.lit(stone, 0, 0.78), 0.6)
    eave = half * 1.18
    # Roofs keep some of their colour in the dark, or nobody could tell it.
    colour = mix(light.lit(COLOURS[roof]), COLOURS[roof] * 0.5, 0.35)
    canvas.fill([(x - eave, y - wall), (x, y - wall - size * 0.46), (x + eave, y - wall)], colour)
    glass = rgb(1.0, 0.84, 0.40) if light.time in ("night", "sunset") else light.lit(rgb(0.35, 0.50, 0.66))
    pane = size * 0.085
    for side in (-0.26, 0.26):
        cx, cy = x + side * size, y - wall * 0.62
        canvas.fill([(cx - pane, cy + pane), (cx - pane, cy - pane), (cx + pane, cy - pane), (cx + pane, cy + pane)], glass)
    door = size * 0.075
    canvas.fill([(x - door, y), (x - door, y - wall * 0.5), (x + door, y - wall * 0.5), (x + door, y)], light.lit(rgb(0.36, 0.22, 0.14)))


def paint_boat(canvas, light, x, y, size, sail):
    """A sailing boat floating at (x, y), with its reflection; `sail` is a colour's name."""
    hull = light.lit(rgb(0.42, 0.25, 0.16))
    cloth = mix(light.lit(COLOURS[sail]), COLOURS[sail] * 0.6, 0.35)
    found = canvas.area(x - size * 0.5, y, x + size * 0.5, y + size * 0.7)
    if found:
        area, gx, gy = found
        fade = smoothstep(size * 0.7, 0, gy - y) * smoothstep(size * 0.42, size * 0.2, np.abs(gx - x)) * (gy > y)
        canvas.over(mix(cloth, hull, 0.5) * 0.8, fade * 0.4, area)
    canvas.fill([(x - size * 0.36, y + size * 0.02), (x - size * 0.5, y - size * 0.16), (x + size * 0.5, y - size * 0.16), (x + size * 0.34, y + size * 0.02)], hull)
    mast = y - size * 1.0
    canvas.stroke(x, y - size * 0.15, x, mast, size * 0.05, hull)
    canvas.fill([(x + size * 0.05, y - size * 0.22), (x + size * 0.05, mast + size * 0.02), (x + size * 0.46, y - size * 0.22)], cloth)
    canvas.fill([(x - size * 0.38, y - size * 0.22), (x - size * 0.05, mast + size * 0.15), (x - size * 0.05, y - size * 0.22)], mix(cloth, cloth * 0.75, 0.6))
