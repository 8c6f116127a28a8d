"""What each time of day does to colours."""
from dataclasses import dataclass

import numpy as np

from .canvas import F, mix, rgb

TIMES = ("sunrise", "noon", "sunset", "night")


@dataclass
class Light:
    """Colours of one picture. `sky` goes from the zenith to the horizon."""

    time: str
    sky: np.ndarray
    sun: np.ndarray
    land: np.ndarray
    water: np.ndarray
    cloud_lit: np.ndarray
    cloud_shadow: np.ndarray
    source: tuple

    def lit(self, colour, distance=0.0, shade=1.0):
        """A surface's colour under this light, fading into the horizon with `distance` 0..1."""
        return mix(colour * self.land * shade, self.sky[-1] * 0.92, distance)


_SKY = {
    "noon": ((0.13, 0.40, 0.82), (0.38, 0.66, 0.94), (0.78, 0.90, 0.98)),
    "sunrise": ((0.46, 0.58, 0.84), (0.90, 0.74, 0.82), (1.00, 0.88, 0.66)),
    "sunset": ((0.20, 0.12, 0.40), (0.80, 0.26, 0.32), (1.00, 0.56, 0.14)),
    "night": ((0.02, 0.03, 0.11), (0.05, 0.07, 0.21), (0.11, 0.16, 0.34)),
}
_SUN = {"noon": (1, 0.98, 0.86), "sunrise": (1, 0.93, 0.74), "sunset": (1, 0.72, 0.30), "night": (0.86, 0.90, 1.0)}
_LAND = {"noon": (1, 1, 1), "sunrise": (0.88, 0.78, 0.78), "sunset": (0.66, 0.38, 0.32), "night": (0.26, 0.31, 0.50)}
_WATER = {
    "noon": (0.04, 0.30, 0.52),
    "sunrise": (0.36, 0.44, 0.62),
    "sunset": (0.26, 0.10, 0.24),
    "night": (0.03, 0.06, 0.16),
}
_LIT = {"noon": (1, 1, 1), "sunrise": (1, 0.90, 0.86), "sunset": (1, 0.55, 0.30), "night": (0.22, 0.25, 0.38)}
_SHADOW = {
    "noon": (0.70, 0.77, 0.86),
    "sunrise": (0.74, 0.66, 0.78),
    "sunset": (0.42, 0.18, 0.34),
    "night": (0.05, 0.07, 0.15),
}


def light_for(time, rng):
    """The colours of `time`, a little different every day."""

    def vary(values, amount):
        jitter = rng.uniform(-amount, amount, 3) + rng.uniform(-amount, amount)
        return np.clip(np.asarray(values, F) * (1 + jitter), 0, 1).astype(F)

    # The sun rises rather at the left and sets rather at the right, as on a picture that looks south.
    across = {"sunrise": (0.12, 0.62), "sunset": (0.38, 0.88)}.get(time, (0.12, 0.88))
    height = {"noon": (0.08, 0.20), "night": (0.10, 0.26)}.get(time, (0.0, 1.0))
    return Light(
        time=time,
        sky=np.stack([vary(stop, 0.06) for stop in _SKY[time]]),
        sun=vary(_SUN[time], 0.03),
        land=rgb(*_LAND[time]) * F(rng.uniform(0.92, 1.06)),
        water=vary(_WATER[time], 0.10),
        cloud_lit=vary(_LIT[time], 0.03),
        cloud_shadow=vary(_SHADOW[time], 0.06),
        source=(float(rng.uniform(*across)), float(rng.uniform(*height))),
    )
