"""Makes the demo checkpoint from nothing: paints, trains, encodes, trains, judges, exports. Goes on where it was stopped.

    python3 tools/demo-model/make.py FOLDER

On a GPU with PyTorch this takes minutes to an hour, on a CPU hours; --minutes shares a time out among the steps.
Needs PyTorch 1.13 or newer, numpy and Pillow (Debian: python3-torch python3-numpy python3-pil), and `npm ci` for CLIP's vocabulary.
"""
import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# What an earlier run made.
SHIPPED = HERE.parents[1] / "public/demo/darkroom-demo.safetensors"
# Shares of --minutes.
SHARES = {"vae": 0.28, "text": 0.04, "diffusion": 0.52, "decoder": 0.10, "classifier": 0.06}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="for pictures, states and logs: about 3 GB")
    parser.add_argument("--minutes", type=float, default=None, help="of training in all; without it, by steps (see --help of each script)")
    parser.add_argument("--pictures", type=int, default=40000)
    parser.add_argument("--from-nothing", action="store_true", help="do not go on from the weights that are shipped")
    options = parser.parse_args()
    folder = Path(options.folder)
    pictures = folder / "pictures"
    folder.mkdir(parents=True, exist_ok=True)

    def run(script, *arguments, share=None, done=None):
        """Runs a script of this folder, unless the file it ends with is there already."""
        if done is not None and (folder / done).exists():
            print(f"-- {script}: done before", flush=True)
            return
        minutes = ["--minutes", str(options.minutes * SHARES[share])] if share and options.minutes else []
        print(f"-- {script} {' '.join(map(str, arguments))}", flush=True)
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        subprocess.run([sys.executable, HERE / script, *map(str, arguments), *minutes], check=True, env=environment)

    from_pictures = (folder, "--pictures", pictures)
    run("dataset.py", pictures, "--count", options.pictures)
    start = () if options.from_nothing or not SHIPPED.exists() else ("--start", SHIPPED)
    # What is trained already forgets at the rate that it began with.
    gently = ("--lr", 2.5e-4)
    run("train_vae.py", *from_pictures, *start, *(gently if start else ()), share="vae", done="vae.pt")
    run("latents.py", *from_pictures)
    text = ()
    if not start:
        run("train_text.py", folder, share="text", done="text.pt")
        text = ("--text", folder / "text.pt")
    run("train_diffusion.py", *from_pictures, *start, *text, share="diffusion", done="diffusion.json")
    run("train_vae.py", *from_pictures, "--decoder-only", *gently, share="decoder", done="vae-fine.pt")
    run("classifier.py", *from_pictures, share="classifier", done="classifier.pt")
    run("evaluate.py", folder)
    run("curves.py", folder)
    run("export.py", folder)


if __name__ == "__main__":
    main()
