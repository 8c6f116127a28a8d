"""Puts what make.py left in a folder into the project: the checkpoint into public/demo, scores and pictures into results/.

    python3 tools/demo-model/ship.py DIR

Only if evaluation.json says that it is better than what is shipped; --anyway does it regardless.
"""
import argparse
import hashlib
import json
import shutil
import zipfile
from pathlib import Path

from parts import read_parts
from places import DEMO, NAME, RESULTS


def ship(folder, demo=DEMO, results=RESULTS, anyway=False):
    """Returns the decision's reasons. Changes nothing unless all is there."""
    folder = Path(folder)
    if not (folder / "results.zip").exists():
        raise SystemExit(f"{folder} holds no results.zip: the run did not end. Go on from it with make.py --resume.")
    with zipfile.ZipFile(folder / "results.zip") as archive:
        texts = {name: archive.read(name) for name in (f"{NAME}.yaml", "demo.json", "evaluation.json", "evaluation.md", "curves.svg")}
    file = read_parts(folder, f"{NAME}.safetensors")
    if file is None or hashlib.sha256(file).hexdigest() != json.loads(texts["demo.json"])["sha256"]:
        raise SystemExit(f"{folder} does not hold all parts of {NAME}.safetensors. Copy every file that the run left.")
    decision = json.loads(texts["evaluation.json"])["decision"]
    if not decision["ship"] and not anyway:
        raise SystemExit("\n".join(["It is not better than what is shipped:", *decision["reasons"]]))
    (demo / f"{NAME}.safetensors").write_bytes(file)
    for name, text in texts.items():
        (demo if name in (f"{NAME}.yaml", "demo.json") else results).joinpath(name).write_bytes(text)
    for name in ("log.jsonl", "sheet.png", "compare.png"):
        shutil.copyfile(folder / name, results / name)
    return decision["reasons"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--anyway", action="store_true")
    options = parser.parse_args()
    print("\n".join(ship(options.folder, anyway=options.anyway)))


if __name__ == "__main__":
    main()
