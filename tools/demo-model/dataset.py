"""Paints the pictures that the networks learn from, in shards on disk, on all cores; a shard that is there is kept."""
import argparse
import json
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from world import paint, sample_description

SHARD = 1000
# Seeds of held-out pictures start here: no training shard reaches it.
HELD_OUT = 1 << 24


def description_and_seed(index):
    """What picture number `index` shows, and the seed that it is painted with."""
    rng = np.random.default_rng([20240, index])
    return sample_description(rng), int(rng.integers(1 << 31))


def paint_shard(folder, first, size):
    """Writes pictures first..first + SHARD as NAME.npy (uint8 [SHARD, size, size, 3]) and NAME.json (descriptions)."""
    path = Path(folder) / f"{first:08d}"
    if path.with_suffix(".npy").exists() and path.with_suffix(".json").exists():
        return
    pictures, descriptions = np.empty((SHARD, size, size, 3), np.uint8), []
    for offset in range(SHARD):
        description, seed = description_and_seed(first + offset)
        descriptions.append(description)
        pictures[offset] = paint(description, size, seed)
    path.with_suffix(".json").write_text(json.dumps(descriptions))
    # Renamed when whole: an interrupted run leaves no half shard.
    part = path.with_suffix(".part.npy")
    np.save(part, pictures)
    os.replace(part, path.with_suffix(".npy"))


def paint_dataset(folder, count, size, first=0, workers=None):
    Path(folder).mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        jobs = [pool.submit(paint_shard, folder, first + start, size) for start in range(0, count, SHARD)]
        for number, job in enumerate(jobs):
            job.result()
            print(f"painted {(number + 1) * SHARD} of {count}", flush=True)


def shards(folder):
    """(path of the pictures, descriptions) of every complete shard, in order."""
    for path in sorted(Path(folder).glob("????????.npy")):
        yield path, json.loads(path.with_suffix(".json").read_text())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--count", type=int, default=60000)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--held-out", action="store_true")
    options = parser.parse_args()
    paint_dataset(options.folder, options.count, options.size, HELD_OUT if options.held_out else 0)
