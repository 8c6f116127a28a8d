"""Trains the demo model, all of it, as one job within a time; on a machine with a graphics card that is ten minutes.

    python3 make.py --minutes 10 --out DIR              trains on from what is shipped
    python3 make.py --minutes 10 --out DIR --trial      a few steps of every stage, to see that everything runs
    python3 make.py --minutes 10 --resume DIR           goes on from the state that a stopped run left in DIR

Needs PyTorch (1.13 or newer; 2 or newer with a graphics card) and numpy. DIR holds at most eight files of at most 16 MiB each:
while the job runs, its state, written anew every 40 seconds; in the end, the checkpoint (both in parts, see parts.py),
log.jsonl, sheet.png, compare.png and results.zip. `ship.py` puts that into the project, if it is better.
"""
import time

BEGUN = time.monotonic()

import argparse  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import zipfile  # noqa: E402
from pathlib import Path  # noqa: E402

# Of the minutes, in seconds: for writing what is left to write, and ending.
TAIL = 12.0
# Pictures painted at most: where there is a card, and where there is none.
PICTURES = {"cuda": 60000, "cpu": 4000}
# Of a card's free memory, for pictures at most.
MEMORY = 0.25


def main():
    options = arguments()
    # Painters are processes of one thread each.
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    from painters import Painters

    import torch

    options.device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    options.size = options.size or (128 if options.trial and options.device == "cpu" else 256)
    painters = Painters(options.size, options.painters)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    try:
        run(options, painters)
    finally:
        painters.stop()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0, help="after which the job has ended, all included (10)")
    parser.add_argument("--out", help="folder for what comes out; default: that of --resume")
    parser.add_argument("--resume", help="folder with the parts of a state, or of a checkpoint, to go on from, with the same options")
    parser.add_argument("--device", choices=("cuda", "cpu"), help="default: a graphics card where there is one")
    parser.add_argument("--trial", action="store_true", help="a few steps of every stage")
    parser.add_argument("--from-nothing", action="store_true", help="do not go on from the weights that are shipped")
    parser.add_argument("--size", type=int, help="height and width of the pictures (256; in a trial without a card, 128)")
    parser.add_argument("--painters", type=int, default=max(1, (os.cpu_count() or 2) - 1), help="processes that paint")
    parser.add_argument("--compile", action="store_true", help="torch.compile: takes minutes before it saves any")
    options = parser.parse_args()
    options.out = options.out or options.resume
    if not options.out:
        parser.error("--out DIR says where what comes out goes")
    if options.size is not None and (options.size < 128 or options.size % 128):
        parser.error("--size: a multiple of 128")
    return options


def run(options, painters):
    import torch

    from classifier import train_classifier
    from evaluate import evaluate
    from job import STATE, Job
    from parts import read_parts, remove_parts
    from places import DEMO, NAME
    from pool import Pool
    from prompts import Vocabulary
    from train_diffusion import train_diffusion
    from train_text import train_text
    from train_vae import train_decoder, train_vae

    device = torch.device(options.device)
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
    else:
        torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1))
    painters.paint(capacity(options, device))
    job = Job(options.out, device, Vocabulary.census(), options.size, options.trial, options.compile)
    shipped = (DEMO / f"{NAME}.safetensors").read_bytes()
    if not options.from_nothing:
        job.start_from(shipped)
    if options.resume:
        # A run that ended has left its checkpoint in place of its state: another one goes on from there.
        if not job.resume(options.resume):
            finished = read_parts(options.resume, f"{NAME}.safetensors")
            if finished is None:
                raise SystemExit(f"{options.resume} holds neither all parts of a state nor those of a checkpoint.")
            job.start_from(finished)
    elif read_parts(options.out, STATE) is not None:
        raise SystemExit(f"{options.out} holds the state of a run. Go on from it with --resume {options.out}, or name another folder.")
    # What is trained already can read.
    teaches = options.from_nothing or options.trial
    stages = ["classifier", "vae", *(["text"] if teaches else []), "diffusion", "decoder", "evaluate"]
    stages = [stage for stage in stages if job.done.get(stage, 0) < 1]
    job.share_out(stages, BEGUN + 60 * options.minutes - TAIL)
    pool = Pool(painters, device)
    pool.refresh(at_least=min(pool.capacity, 16 if options.trial else 512))
    job.say(f"{device}, PyTorch {torch.__version__}, {options.painters} painters, {pool.count} pictures to begin with")
    work = {
        "classifier": lambda: train_classifier(job, pool),
        "vae": lambda: train_vae(job, pool, options.from_nothing),
        "text": lambda: train_text(job, pool),
        "diffusion": lambda: train_diffusion(job, pool, options.from_nothing),
        "decoder": lambda: train_decoder(job, pool),
    }
    for stage in stages[:-1]:
        work[stage]()
        if device.type == "cuda":
            torch.cuda.empty_cache()
    painters.rest()
    job.say(f"{pool.count} pictures were painted")
    results = evaluate(job, painters, shipped_artist(shipped, job))
    write_results(job, results)
    remove_parts(job.out, STATE)
    job.say("done")


def capacity(options, device):
    """How many pictures are to be painted."""
    import torch

    if options.trial:
        return 16
    wanted = PICTURES[device.type]
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info()
        wanted = min(wanted, int(MEMORY * free) // (3 * options.size**2))
    return wanted


def shipped_artist(data, job):
    """What is shipped, drawing at the size that it was made for."""
    import json
    import re

    from checkpoint import from_checkpoint
    from evaluate import Artist
    from places import DEMO, NAME
    from tensor_file import unpack_tensors

    size = json.loads((DEMO / "demo.json").read_text())["example"]["width"]
    scale = float(re.search(r"scale_factor: ([\d.]+)", (DEMO / f"{NAME}.yaml").read_text())[1])
    return Artist(from_checkpoint(unpack_tensors(data)[0], job.vocabulary.ids), job.vocabulary, scale, size, job.device)


def write_results(job, results):
    """The checkpoint in parts, and results.zip: what else goes with it."""
    from curves import curves
    from evaluate import as_json, as_markdown
    from export import checkpoint, demo, sidecar
    from parts import write_parts
    from places import NAME

    file = checkpoint(job.weights, job.vocabulary.ids)
    write_parts(job.out, f"{NAME}.safetensors", file)
    with zipfile.ZipFile(job.out / "results.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{NAME}.yaml", sidecar(job.scale, job.size))
        archive.writestr("demo.json", demo(file, job.size))
        archive.writestr("evaluation.json", as_json(results))
        archive.writestr("evaluation.md", as_markdown(results))
        archive.writestr("curves.svg", curves((job.out / "log.jsonl").read_text()))
    print(as_markdown(results), flush=True)
    job.say(f"checkpoint of {len(file) / 1e6:.1f} MB written")


if __name__ == "__main__":
    main()
