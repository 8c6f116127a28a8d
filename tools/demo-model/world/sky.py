"""Sky: gradient, sun, moon, stars, clouds, rainbow, birds."""
import numpy as np

from .canvas import mix, rgb, smoothstep


def paint_sky(canvas, light, scene):
    """Fills the picture with sky down to (and below) the horizon. Returns where the sun or moon stands, or None."""
    horizon = scene["horizon"]
    t = np.clip(canvas.y / max(horizon, 0.2), 0, 1)[..., None]
    top, middle, bottom = light.sky
    canvas.pixels[:] = np.where(t < 0.55, mix(top, middle, t / 0.55), mix(middle, bottom, (t - 0.55) / 0.45))
    canvas.pixels += canvas.noise(3, 5, 3)[..., None] * 0.012
    source = _place_source(light, scene)
    if scene["stars"]:
        _stars(canvas, light, scene)
    if source is not None:
        (_moon if light.time == "night" else _sun)(canvas, light, scene, source)
    if scene["clouds"] > 0:
        _clouds(canvas, light, scene, source)
    if scene["rainbow"]:
        _rainbow(canvas, scene)
    return source


def _place_source(light, scene):
    """Where sun or moon stands: [x, y, radius]."""
    if not (scene["sun"] or scene["moon"]):
        return None
    x, height = light.source
    if light.time in ("sunrise", "sunset"):
        y = scene["horizon"] * mix(0.62, 0.98, height)
        return x, y, 0.062
    return x, height, 0.075 if light.time == "night" else 0.055


def _glow(canvas, x, y, colour, amount, reach):
    distance = np.hypot(canvas.x - x, canvas.y - y)
    canvas.add(colour, amount * np.exp(-distance / reach))


def _sun(canvas, light, scene, source):
    x, y, radius = source
    low = light.time != "noon"
    _glow(canvas, x, y, light.sun, 0.30 if low else 0.28, 0.20 if low else 0.12)
    _glow(canvas, x, y, light.sun, 0.35, 0.07)
    canvas.disc(x, y, radius, radius, np.minimum(light.sun * 1.05, 1), soft=0.10)


def _moon(canvas, light, scene, source):
    x, y, radius = source
    _glow(canvas, x, y, light.sun, 0.22, 0.11)
    area, gx, gy = canvas.area(x - radius, y - radius, x + radius, y + radius) or (None, None, None)
    if area is None:
        return
    disc = canvas.cover(np.hypot(gx - x, gy - y) - radius)
    if scene["moon"] == "crescent":
        disc = disc * (1 - canvas.cover(np.hypot(gx - x - radius * 0.55, gy - y + radius * 0.18) - radius * 0.92))
    craters = 1 - 0.16 * smoothstep(0.1, 0.6, canvas.noise(10, 10, 2)[area])
    canvas.over(rgb(0.96, 0.95, 0.86) * craters[..., None], disc, area)


def _stars(canvas, light, scene):
    rng = canvas.rng
    count = int(mix(18, 70, scene["stars"]))
    for x, y, size in zip(
        rng.uniform(0, 1, count), rng.uniform(0, scene["horizon"], count), rng.uniform(0, 1, count) ** 2
    ):
        radius = mix(0.0055, 0.0115, size)
        found = canvas.area(x - 3 * radius, y - 3 * radius, x + 3 * radius, y + 3 * radius)
        if found:
            area, gx, gy = found
            spot = np.exp(-((gx - x) ** 2 + (gy - y) ** 2) / (radius * radius))
            canvas.add(rgb(1, 1, rng.uniform(0.8, 1)), spot * mix(0.5, 1.1, size), area)


def _clouds(canvas, light, scene, source):
    """Heaps with flat bottoms; more and wider ones the cloudier it is, up to a closed cover."""
    rng, amount, horizon = canvas.rng, scene["clouds"], scene["horizon"]
    texture = canvas.noise(5, 9, 5)
    envelope = np.full_like(texture, -1.0)
    for _ in range(1 + int(amount * 5.5)):
        cx, cy = rng.uniform(0, 1), horizon * rng.uniform(0.12, 0.80)
        near = 1 - 0.55 * cy / horizon
        w, h = rng.uniform(0.16, 0.34) * near * (0.8 + 0.5 * amount), rng.uniform(0.07, 0.13) * near
        dy = canvas.y - cy
        envelope = np.maximum(envelope, 1 - ((canvas.x - cx) / w) ** 2 - (dy / np.where(dy > 0, h * 0.45, h)) ** 2)
    if amount > 0.85:
        envelope = np.maximum(envelope, smoothstep(horizon, horizon * 0.5, canvas.y) * 0.75 - 0.05)
    body = envelope + 0.75 * texture
    cover = smoothstep(0.10, 0.62, body) * smoothstep(horizon, horizon - 0.10, canvas.y)
    step = max(1, round(canvas.size / 42))
    toward = -step if source is None or source[1] < horizon * 0.6 else step
    shade = smoothstep(-0.45, 0.55, (body - np.roll(body, -toward, 0)) * 1.6 + 0.1)
    shade = 0.65 * shade + 0.35 * smoothstep(0.2, 1.1, body)
    canvas.over(mix(light.cloud_shadow, light.cloud_lit, shade[..., None]), cover * 0.94)


_BOW = np.array(
    [(0.60, 0.25, 0.80), (0.25, 0.35, 0.95), (0.20, 0.80, 0.90), (0.30, 0.85, 0.30), (1, 0.92, 0.25), (1, 0.55, 0.15), (0.95, 0.2, 0.2)],
    np.float32,
)


def _rainbow(canvas, scene):
    rng = canvas.rng
    cx, cy = rng.uniform(0.3, 0.7), scene["horizon"] + rng.uniform(-0.02, 0.12)
    radius, width = rng.uniform(0.36, 0.48), 0.085
    place = (np.hypot(canvas.x - cx, canvas.y - cy) - radius) / width
    index = np.clip((place + 0.5) * 6, 0, 5.999)
    first = index.astype(np.int32)
    colour = mix(_BOW[first], _BOW[first + 1], (index - first)[..., None])
    cover = smoothstep(0.5, 0.38, np.abs(place)) * smoothstep(scene["horizon"] + 0.02, scene["horizon"] - 0.05, canvas.y)
    canvas.over(colour, cover * rng.uniform(0.6, 0.75))


def paint_birds(canvas, light, scene):
    """Birds far off: two curved wings each, in a loose flock."""
    rng, count = canvas.rng, scene["birds"]
    if count == 0:
        return
    dark = light.lit(rgb(0.12, 0.12, 0.15)) if light.time != "night" else rgb(0.42, 0.45, 0.58)
    cx, cy = rng.uniform(0.25, 0.75), scene["horizon"] * rng.uniform(0.30, 0.62)
    spread = 0.06 + 0.055 * np.sqrt(count)
    for _ in range(count):
        x = float(np.clip(cx + rng.normal() * spread * 1.5, 0.07, 0.93))
        y = float(np.clip(cy + rng.normal() * spread * 0.7, 0.06, scene["horizon"] - 0.05))
        span, lift = rng.uniform(0.036, 0.060), rng.uniform(0.010, 0.022)
        for side in (-1, 1):
            mid = (x + side * span * 0.5, y - lift)
            canvas.stroke(x, y, *mid, 0.0135, dark)
            canvas.stroke(*mid, x + side * span, y - lift * 0.35, 0.0105, dark)
