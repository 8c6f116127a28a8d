"""The ground of each scene, painted back to front below the sky."""
from dataclasses import replace

import numpy as np

from .canvas import F, interpolation_at, mix, rgb, smoothstep
from .props import paint_pine

SCENES = ("sea", "mountains", "forest", "desert", "city", "snow", "meadow")


def paint_land(canvas, light, scene, source):
    _PAINTERS[scene["scene"]](canvas, light, scene, source)


def _slope(canvas, heights, reach=0.03):
    """How steeply a profile falls to the right, smoothed over `reach` of the width: [size]."""
    window = max(1, round(reach * canvas.size))
    smooth = np.convolve(np.pad(heights, window, "edge"), np.ones(2 * window + 1, F) / (2 * window + 1), "valid")
    return np.gradient(smooth).astype(F) * canvas.size


def _below(canvas, heights):
    """Coverage of what lies under a profile of y coordinates [size]."""
    return canvas.cover(heights[None, :] - canvas.y)


def _water(canvas, light, scene, source, top, bottom=1.0):
    """Water from `top` down: reflects the sky, glitters under the sun, and swells with scene['waves']."""
    rng, waves = canvas.rng, scene["waves"]
    t = np.clip((canvas.y - top) / (bottom - top), 0, 1)
    far = mix(light.sky[-1] * 0.80, light.water, 0.35)
    colour = mix(far, light.water, smoothstep(0, 0.75, t)[..., None]).astype(F)
    # Rows crowd towards the horizon, as they do in perspective.
    rows = (np.log(t[:, 0] + 0.10) - np.log(0.10)) / (np.log(1.10) - np.log(0.10))
    swell = canvas.noise(4, 14, 4, 0.6, places=rows)
    bright = mix(light.sky[1], light.sky[-1], 0.5)
    relief = (0.10 + 0.42 * waves) * swell
    colour += np.clip(relief, 0, 1)[..., None] * bright * 0.9
    colour *= 1 + np.clip(relief, -0.6, 0)[..., None]
    if source is not None:
        x, y, _ = source
        width = 0.035 + 0.10 * t
        glitter = np.exp(-(((canvas.x - x) / width) ** 2)) * smoothstep(-0.25, 0.55, canvas.noise(7, 22, 3, 0.7, places=rows))
        strength = {"noon": 0.35, "night": 0.55}.get(light.time, 0.95)
        colour += glitter[..., None] * light.sun * strength
    foam = light.lit(rgb(1, 1, 1)) * (1.35 if light.time in ("sunset", "night") else 1.0)
    if waves > 0.25:
        caps = smoothstep(0.62 - 0.30 * waves, 0.95 - 0.25 * waves, swell) * smoothstep(0.02, 0.2, t)
        colour = mix(colour, foam, (caps * min(1, 0.25 + 0.75 * waves))[..., None])
    cover = canvas.cover(top - canvas.y)
    canvas.over(colour, cover)
    if waves > 0.5 and bottom >= 1.0:
        _breakers(canvas, light, waves, foam, top)


def _breakers(canvas, light, waves, foam, top):
    """Rolling waves in the foreground: a lit face under a crest of foam."""
    rng = canvas.rng
    count = 1 + int(waves > 0.75)
    for index in range(count):
        base = mix(top, 1.0, (0.42 if count == 2 else 0.58) + 0.34 * index + rng.uniform(-0.06, 0.06))
        height = (0.05 + 0.09 * waves) * (0.75 + 0.35 * index)
        crest = base - height * (0.35 + 0.65 * np.clip(0.5 + 0.8 * canvas.profile(3, 2), 0, 1.2))
        depth = canvas.y - crest[None, :]
        face = smoothstep(0, height * 1.1, depth)
        water = mix(mix(light.water, light.sky[1], 0.45), light.water * 0.72, face[..., None])
        canvas.over(water, canvas.cover(-depth) * smoothstep(height * 2.6, height * 1.2, depth))
        ragged = 0.5 + 0.5 * canvas.noise(14, 14, 3)
        lace = smoothstep(0.032 + 0.05 * waves * ragged, 0.004, np.abs(depth - 0.010))
        canvas.over(foam, lace * 0.95)


def _sea(canvas, light, scene, source):
    _water(canvas, light, scene, source, scene["horizon"])
    # Far coast, sometimes.
    if canvas.rng.random() < 0.25:
        coast = scene["horizon"] - 0.035 * np.clip(0.35 + canvas.profile(4, 3), 0, 1.2)
        cover = _below(canvas, coast) * canvas.cover(canvas.y - scene["horizon"])
        canvas.over(light.lit(rgb(0.25, 0.32, 0.34), 0.45), cover)


def _ridge(canvas, light, heights, colour, distance, snow=0.0, relief=0.35, grain=(8, 14)):
    """One mountain range: lit and shaded flanks, and snow above the line that leaves `snow` of it white."""
    depth = canvas.y - heights[None, :]
    flank = canvas.noise(*grain, 4, 0.6)
    # The slope of the profile tells which flank faces the sun.
    facing = _slope(canvas, heights, 0.012)[None, :] * (1 if light.source[0] > 0.5 else -1)
    shade = 1 + relief * (0.9 * np.tanh(0.8 * facing) * smoothstep(0.30, 0.0, depth) + 0.8 * flank)
    painted = np.broadcast_to(colour, canvas.pixels.shape) * shade[..., None]
    if snow > 0:
        span = max(float(heights.max() - heights.min()), 0.05)
        line = heights.min() + span * snow
        white = smoothstep(0.035, -0.035, canvas.y - line + 0.05 * flank)
        painted = mix(painted, rgb(0.96, 0.97, 1.0) * np.clip(0.82 + 0.5 * (shade - 1), 0.55, 1.05)[..., None], white[..., None])
    canvas.over(light.lit(painted, distance), canvas.cover(-depth))


def _mountains(canvas, light, scene, source):
    rng, horizon = canvas.rng, scene["horizon"]
    rock = mix(rgb(0.38, 0.40, 0.47), rgb(0.46, 0.38, 0.33), rng.uniform())
    for index, (rise, distance, cells) in enumerate(((0.24, 0.50, 3), (0.30, 0.20, 2))):
        heights = horizon + 0.05 * index - rise * (0.55 + 0.62 * canvas.profile(cells, 5, 0.48, sharp=True))
        heights = np.minimum(heights, horizon + 0.03 + 0.05 * index)
        _ridge(canvas, light, heights, rock, distance, snow=0.42 if index else 0.36)
    # Houses and trees need ground to stand on.
    if not scene["houses"] and not scene["trees"] and rng.random() < 0.4:
        _water(canvas, light, {**scene, "waves": 0.08}, source, horizon + 0.05)
    else:
        _hills(canvas, light, horizon + 0.06, rgb(0.26, 0.42, 0.20), layers=2)


def _hills(canvas, light, top, colour, layers=3, rough=0.4, rise=0.055):
    """Rolling ground from `top` to the lower edge."""
    for index in range(layers):
        share = index / max(layers - 1, 1)
        heights = mix(top, 0.86, share * 0.85) - rise * (0.4 + 0.9 * share) * canvas.profile(2 + index, 2)
        depth = canvas.y - heights[None, :]
        tuft = canvas.noise(14 + 10 * index, 30, 3, 0.7)
        shade = 0.86 + 0.20 * smoothstep(0.14, 0.0, depth) + 0.16 * rough * tuft
        canvas.over(light.lit(colour * shade[..., None], 0.30 * (1 - share)), canvas.cover(-depth))


def _meadow(canvas, light, scene, source):
    rng = canvas.rng
    green = mix(rgb(0.34, 0.58, 0.18), rgb(0.48, 0.62, 0.22), rng.uniform())
    _hills(canvas, light, scene["horizon"], green, layers=3)
    if scene["flowers"]:
        tint = np.array([(0.95, 0.25, 0.25), (1, 0.85, 0.2), (0.95, 0.95, 0.95), (0.85, 0.4, 0.8)], F)
        for _ in range(int(rng.integers(25, 55))):
            y = scene["horizon"] + (0.98 - scene["horizon"]) * np.sqrt(rng.uniform(0.15, 1))
            radius = 0.004 + 0.011 * (y - scene["horizon"]) / (1 - scene["horizon"])
            canvas.disc(rng.uniform(), y, radius, radius, light.lit(tint[rng.integers(4)], 0, 1.1))


def _forest(canvas, light, scene, source):
    rng, horizon = canvas.rng, scene["horizon"]
    pine = rng.random() < 0.6
    green = mix(rgb(0.10, 0.30, 0.14), rgb(0.22, 0.40, 0.12), rng.uniform())
    canvas.over(light.lit(green * 0.7, 0.2), canvas.cover(horizon + 0.02 - canvas.y))
    for index in range(4):
        share = index / 3
        base = mix(horizon + 0.04, 0.98, share**1.2)
        tall = mix(0.13, 0.42, share)
        edge = np.full(canvas.size, base, F)
        step = tall * (0.30 if pine else 0.48)
        places = np.arange(-0.1, 1.1, step) + rng.uniform(-0.3, 0.3, len(np.arange(-0.1, 1.1, step))) * step
        for place in places:
            height = tall * rng.uniform(0.7, 1.1)
            side = np.abs(canvas.line - place) / (height * (0.24 if pine else 0.34))
            if pine:
                saw = 0.10 * height * np.abs((side * 4 + rng.uniform()) % 1 - 0.5)
                edge = np.minimum(edge, np.where(side < 1, base - height * (1 - side) + saw, base))
            else:
                edge = np.minimum(edge, np.where(side < 1, base - height * (0.45 + 0.55 * np.sqrt(np.maximum(1 - side**2, 0))), base))
        depth = canvas.y - edge[None, :]
        leaf = canvas.noise(18, 18, 3, 0.7)
        shade = mix(1.25, 0.75, smoothstep(0, tall, depth)) + 0.28 * leaf
        canvas.over(light.lit(green * mix(1.2, 0.85, share) * shade[..., None], 0.42 * (1 - share)), canvas.cover(-depth))


def _desert(canvas, light, scene, source):
    rng, horizon = canvas.rng, scene["horizon"]
    sand = mix(rgb(0.93, 0.72, 0.42), rgb(0.88, 0.60, 0.33), rng.uniform())
    for index in range(4):
        share = index / 3
        heights = mix(horizon, 0.88, share * 0.9) - (0.03 + 0.07 * share) * canvas.profile(2 + (index == 0), 2, 0.35, sharp=index > 0)
        depth = canvas.y - heights[None, :]
        slope = np.tanh(_slope(canvas, heights) * 2.5)[None, :] * (1 if light.source[0] > 0.5 else -1)
        ripple = np.sin((canvas.y + 0.05 * canvas.noise(4, 4, 2)) * mix(190, 90, share)) * (0.02 + 0.035 * share)
        shade = 0.90 + 0.20 * slope * smoothstep(0.30, 0.0, depth) + ripple
        canvas.over(light.lit(sand * shade[..., None], 0.28 * (1 - share)), canvas.cover(-depth))
    for _ in range(scene["cacti"]):
        _cactus(canvas, light, rng.uniform(0.1, 0.9), rng.uniform(0.74, 0.94), rng.uniform(0.14, 0.24))


def _cactus(canvas, light, x, y, height):
    colour = light.lit(rgb(0.16, 0.42, 0.20))
    width = height * 0.20
    canvas.stroke(x, y, x, y - height, width, colour)
    for side in (-1, 1):
        at = y - height * canvas.rng.uniform(0.35, 0.6)
        canvas.stroke(x, at, x + side * width * 1.5, at, width * 0.7, colour)
        canvas.stroke(x + side * width * 1.5, at, x + side * width * 1.5, at - height * 0.3, width * 0.7, colour)


def _city(canvas, light, scene, source):
    rng, horizon = canvas.rng, scene["horizon"]
    night = light.time in ("night", "sunset")
    base = horizon + 0.26
    for layer, distance in enumerate((0.50, 0.22, 0.0)):
        x = -0.05
        while x < 1.02:
            width = rng.uniform(0.075, 0.16) * (0.85 + 0.25 * layer)
            height = rng.uniform(0.16, 0.46) * (0.9, 0.85, 0.62)[layer]
            top = base - height + 0.03 * layer
            grey = mix(rgb(0.50, 0.55, 0.62), rgb(0.62, 0.52, 0.46), rng.uniform()) * rng.uniform(0.65, 1.05)
            _building(canvas, light, x, top, x + width, base + 0.10, grey, distance, night)
            x += width + rng.uniform(0.0, 0.03)
    ground = rgb(0.34, 0.34, 0.37)
    canvas.over(light.lit(ground), canvas.cover(base + 0.08 - canvas.y))
    shade = canvas.noise(6, 20, 3) * 0.05
    canvas.add(light.land, shade * canvas.cover(base + 0.08 - canvas.y))


def _building(canvas, light, left, top, right, bottom, colour, distance, night):
    found = canvas.area(left, top, right, bottom)
    if found is None:
        return
    area, x, y = found
    rng = canvas.rng
    inside = canvas.cover(np.maximum(np.maximum(left - x, x - right), top - y)) * (y < bottom)
    side = smoothstep(left, right, x) if light.source[0] > 0.5 else smoothstep(right, left, x)
    canvas.over(light.lit(colour * (0.80 + 0.30 * side)[..., None], distance), inside, area)
    # Windows, in a grid.
    step_x, step_y = 0.026, 0.034
    u, v = (x - left) / step_x, (y - top - 0.012) / step_y
    columns, rows = max(int((right - left) / step_x), 1), max(int((bottom - top) / step_y), 1)
    lit = rng.random((rows + 2, columns + 2)) < (0.55 if night else 0.0)
    index = (np.clip(v, 0, rows).astype(int), np.clip(u, 0, columns).astype(int))
    pane = smoothstep(0.12, 0.32, np.minimum(u % 1, 1 - u % 1)) * smoothstep(0.12, 0.32, np.minimum(v % 1, 1 - v % 1))
    pane *= inside * (v > 0) * (v < rows) * (u < columns)
    glass = np.where(lit[index][..., None], rgb(1.0, 0.82, 0.42), light.lit(rgb(0.36, 0.47, 0.58), distance * 0.6))
    canvas.over(glass, pane * np.where(lit[index], 0.95, 0.55) * (1 - 0.45 * distance), area)


def _snow(canvas, light, scene, source):
    # Snow throws back so much light that it stays pale at any hour.
    light = replace(light, land=light.land**0.5)
    rng, horizon = canvas.rng, scene["horizon"]
    if rng.random() < 0.5:
        heights = horizon - 0.16 * (0.45 + 0.6 * canvas.profile(3, 4, 0.5, sharp=True))
        _ridge(canvas, light, np.minimum(heights, horizon + 0.02), rgb(0.62, 0.68, 0.78), 0.40, snow=0.75)
    white = rgb(0.93, 0.96, 1.0)
    for index in range(3):
        share = index / 2
        heights = mix(horizon, 0.84, share * 0.85) - (0.03 + 0.035 * share) * canvas.profile(2, 2)
        depth = canvas.y - heights[None, :]
        drift = canvas.noise(5, 12, 3)
        shade = 0.93 + 0.09 * smoothstep(0.12, 0.0, depth) + 0.05 * drift
        blue = mix(white, rgb(0.72, 0.82, 0.96), smoothstep(0.02, 0.22, depth)[..., None] * 0.55)
        canvas.over(light.lit(blue * shade[..., None], 0.22 * (1 - share)), canvas.cover(-depth))
        for _ in range(int(rng.integers(0, 3))):
            x = rng.uniform(0, 1)
            y = float(np.interp(x, canvas.line, heights)) + 0.03
            paint_pine(canvas, light, x, y, mix(0.10, 0.22, share) * rng.uniform(0.8, 1.2), 0.3 * (1 - share), snowy=True)


_PAINTERS = {
    "sea": _sea,
    "mountains": _mountains,
    "forest": _forest,
    "desert": _desert,
    "city": _city,
    "snow": _snow,
    "meadow": _meadow,
}


def paint_snowfall(canvas, light):
    """Falling flakes before everything."""
    rng = canvas.rng
    for _ in range(int(rng.integers(50, 90))):
        radius = rng.uniform(0.004, 0.010)
        canvas.disc(rng.uniform(), rng.uniform(), radius, radius, light.lit(rgb(1, 1, 1), 0, 1.15), 0.85, soft=0.5)


def paint_fog(canvas, light, scene):
    """Mist that lies along the horizon."""
    band = np.exp(-(((canvas.y - scene["horizon"] - 0.05) / 0.20) ** 2))
    canvas.over(mix(light.sky[-1], light.sky[1], 0.3), band * (0.66 + 0.12 * canvas.noise(3, 6, 3)))
