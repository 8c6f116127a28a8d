"""Packs all that training the demo model needs into one folder, to take to a machine with a graphics card, PyTorch and numpy.

    npm run pack-demo-training -- FOLDER

There, `python3 make.py --minutes 10 --out DIR` inside of it does everything; back here, ship.py takes what DIR holds.
"""
import argparse
import shutil
from pathlib import Path

from places import DEMO, HERE, NAME, PACKED_DEMO, PACKED_VOCABULARY, VOCABULARY

LIMIT = 48 * 2**20


def contents():
    """What is packed: paths in the folder -> files here."""
    scripts = [*(path for path in HERE.glob("*.py") if not path.name.startswith("test_")), *HERE.glob("world/*.py"), HERE / "README.md"]
    found = {path.relative_to(HERE): path for path in sorted(scripts)}
    found[PACKED_VOCABULARY.relative_to(HERE)] = VOCABULARY
    for name in (f"{NAME}.safetensors", f"{NAME}.yaml", "demo.json"):
        found[PACKED_DEMO.relative_to(HERE) / name] = DEMO / name
    return found


def pack(folder):
    """Returns how many bytes were packed."""
    folder, files = Path(folder), contents()
    missing = [path for path in files.values() if not path.exists()]
    if missing:
        raise SystemExit(f"{missing[0]} is not there. Run `npm ci` in the project's folder first.")
    if folder.exists() and any(folder.iterdir()):
        raise SystemExit(f"{folder} is not empty. Name a new folder.")
    size = sum(path.stat().st_size for path in files.values())
    if size > LIMIT:
        raise SystemExit(f"{size / 2**20:.1f} MiB would be packed; {LIMIT / 2**20:.0f} may be.")
    for name, path in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / name)
    return size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    options = parser.parse_args()
    print(f"{options.folder}: {pack(options.folder) / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
