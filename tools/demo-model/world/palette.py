"""Colours that captions name."""
from .canvas import rgb

COLOURS = {
    "red": rgb(0.86, 0.12, 0.12),
    "orange": rgb(0.97, 0.52, 0.08),
    "yellow": rgb(0.98, 0.85, 0.14),
    "green": rgb(0.16, 0.62, 0.20),
    "blue": rgb(0.12, 0.32, 0.88),
    "purple": rgb(0.52, 0.18, 0.72),
    "pink": rgb(0.98, 0.50, 0.70),
    "white": rgb(0.96, 0.96, 0.96),
    "black": rgb(0.08, 0.08, 0.09),
}
