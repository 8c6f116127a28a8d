"""The demo model's world: a seeded painter of landscapes and simple objects, and the captions that describe them.

`sample_description(rng)` draws what is in a picture, `paint(description, size, seed)` paints it, and
`caption(description, rng)` says it in words.
"""
from .captions import caption
from .describe import sample_description
from .painter import paint

__all__ = ["caption", "paint", "sample_description"]
