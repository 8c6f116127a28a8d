"""Encodes the painted pictures once, so that the UNet's training need not; shard by shard, on all cores."""
import argparse
import json
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch

from dataset import shards
from networks import SIZES, Autoencoder

BATCH = 25


def load_vae(folder, name="vae.pt"):
    vae = Autoencoder(**SIZES["vae"])
    vae.load_state_dict(torch.load(Path(folder, name), map_location="cpu"))
    return vae.eval().requires_grad_(False)


def encode_shard(folder, path):
    """Writes NAME.latent.npy beside the folder's states: float16 [SHARD, 4, h, w], means, unscaled."""
    out = Path(folder, "latents", f"{Path(path).stem}.npy")
    if out.exists():
        return
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    vae = load_vae(folder).to(device, torch.bfloat16)
    pictures, found = np.load(path, mmap_mode="r"), []
    for start in range(0, len(pictures), BATCH):
        x = torch.from_numpy(pictures[start : start + BATCH].transpose(0, 3, 1, 2) / np.float32(127.5) - 1)
        found.append(vae.encode(x.to(device, torch.bfloat16))[0].float().cpu().numpy().astype(np.float16))
    part = out.with_suffix(".part.npy")
    np.save(part, np.concatenate(found))
    os.replace(part, out)


def measure_scale(folder):
    """The factor that makes latents of deviation 1, kept in scale.json once measured."""
    path = Path(folder, "scale.json")
    if not path.exists():
        latents = [np.load(p).astype(np.float32) for p in sorted(Path(folder, "latents").glob("????????.npy"))[:4]]
        path.write_text(json.dumps({"scale_factor": round(1 / float(np.concatenate(latents).std()), 5)}))
    return json.loads(path.read_text())["scale_factor"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--pictures", required=True)
    parser.add_argument("--shards", type=int, default=None, help="only so many")
    parser.add_argument("--processes", type=int, default=1 if torch.cuda.is_available() else os.cpu_count())
    options = parser.parse_args()
    Path(options.folder, "latents").mkdir(parents=True, exist_ok=True)
    paths = [str(path) for path, _ in shards(options.pictures)][: options.shards]
    with ProcessPoolExecutor(options.processes) as pool:
        for number, _ in enumerate(pool.map(encode_shard, [options.folder] * len(paths), paths)):
            print(f"encoded {number + 1} of {len(paths)} shards", flush=True)
    print(f"scale factor {measure_scale(options.folder)}")
