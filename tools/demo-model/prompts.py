"""From captions to what the UNet reads, as Stable Diffusion and A1111 do it; with only the tokens that captions use."""
import numpy as np
import torch

from tokenizer import END, LENGTH, NO_WORD, START, chunk, encode
from world import caption, sample_description

# Captions drawn to find every token in use.
CENSUS = 20000
UNKNOWN = 0


class Vocabulary:
    """Maps CLIP's token ids to rows of the small table that is trained; every unused token shares row 0."""

    def __init__(self, ids):
        self.ids = list(ids)
        self.rows = {token: row + 1 for row, token in enumerate(self.ids)}

    @classmethod
    def census(cls):
        rng = np.random.default_rng(99)
        used = {START, END}
        for _ in range(CENSUS):
            for text, _ in caption(sample_description(rng), rng):
                used.update(encode(text))
        return cls(sorted(used))

    @property
    def size(self):
        return len(self.ids) + 1

    def lookup(self):
        """[NO_WORD + 1]: the row of every id."""
        table = torch.full((NO_WORD + 1,), UNKNOWN)
        table[self.ids] = torch.arange(1, self.size)
        return table

    def tables(self, segments):
        """Rows and multipliers, 77 each, of a caption."""
        ids, weights = chunk(segments)
        return [self.rows.get(token, UNKNOWN) for token in ids], weights


def emphasise(encoded, weights):
    """A1111's "Original" emphasis: multiplies tokens, then restores the mean. [N, 77, width], [N, 77]."""
    weighed = encoded * weights[..., None]
    return weighed * (encoded.mean((1, 2), keepdim=True) / weighed.mean((1, 2), keepdim=True))


def tensors(tables):
    """Batches of (rows, weights) as tensors."""
    rows, weights = zip(*tables)
    assert all(len(row) == LENGTH for row in rows)
    return torch.tensor(rows), torch.tensor(weights)
