"""Times one network of a checkpoint in PyTorch and computes what it should give: a child of `npm run bench-gpu`.

The argument is JSON:
  file, network, sizes, inputs   as results.py has them
  precision   what to time: "float16" (with channels_last), or "float32" (with TF32 where there is a card, as webui has it)
  runs        how many at most, after the warm-up
  seconds     to be done in; fewer runs are made for it
  reference   the result in float32 without TF32 goes there, as float32
  out         JSON goes there, first when there is something and again at the end: {"timed", "cold", "runs" (milliseconds), "load"
              (milliseconds), "error" (relative RMS of the timed precision against the reference, or null), "memory" (bytes at the
              peak of a timed run, or null), "problem" (text or null)}

Eager, scaled_dot_product_attention, inference_mode, cudnn.benchmark, CUDA events. Without a card it times float32 on the CPU, and
what float16 would give is computed by rounding.
"""
import contextlib
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "demo-model"))

WARM_UP = 2
EXACT = ("tokens", "timesteps")


def main():
    options = json.loads(sys.argv[1])
    start = time.monotonic()
    try:
        import torch
    except ImportError:
        sys.exit("this Python has no PyTorch.")
    import numpy as np

    import networks
    import results

    cuda = torch.cuda.is_available()
    device = torch.device("cuda" if cuda else "cpu")
    half = options["precision"] == "float16"
    found = {"timed": "", "cold": None, "runs": [], "load": None, "error": None, "memory": None, "problem": None}

    def keep():
        part = f"{options['out']}.part"
        Path(part).write_text(json.dumps(found))
        os.replace(part, options["out"])

    def exact(on):
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = not on

    def load(dtype):
        torch.set_default_dtype(dtype)
        try:
            # From PyTorch 2.0 on a device is a context.
            with device if hasattr(device, "__enter__") else contextlib.nullcontext():
                module, compute = results.build(options["network"], options["sizes"], results.tensors_of(options["file"]))
        finally:
            torch.set_default_dtype(torch.float32)

        @torch.inference_mode()
        def result(given):
            return compute(given)

        return module.to(device), result

    def inputs(dtype, last=False):
        given = {}
        for name, at in options["inputs"].items():
            value = torch.from_numpy(np.fromfile(at["path"], np.float32).reshape(at["shape"])).to(device)
            value = value if name in EXACT else value.to(dtype)
            given[name] = value.contiguous(memory_format=torch.channels_last) if last and value.dim() == 4 else value
        return given

    # Only results are computed in inference mode: a module that is made in it cannot be converted in every version.
    with torch.no_grad():
        reference = None
        begun = time.monotonic()
        try:
            module, compute = load(torch.float32)
            found["load"] = 1000 * (time.monotonic() - begun)
            exact(True)
            reference = compute(inputs(torch.float32)).float().cpu()
            reference.numpy().tofile(f"{options['reference']}.part")
            os.replace(f"{options['reference']}.part", options["reference"])
        except RuntimeError as error:
            if "out of memory" not in str(error):
                raise
            found["problem"] = "float32 does not fit the card's memory: nothing to compare with"
            if not half:
                keep()
                return
            module = compute = None
            torch.cuda.empty_cache()
            module, compute = load(torch.float16)

        def error_of(result):
            if reference is None:
                return None
            difference = result.float().cpu().double() - reference.double()
            value = float(difference.norm() / reference.double().norm())
            return value if value == value else None

        if cuda:
            exact(False)
            torch.backends.cudnn.benchmark = True
            dtype = torch.float16 if half else torch.float32
            module.to(dtype=dtype, memory_format=torch.channels_last)
            given = inputs(dtype, last=True)
            found["timed"] = "float16, channels_last" if half else "float32 with TF32"
            if not networks.HAS_SDPA:
                found["timed"] += ", attention written out (this PyTorch has no scaled_dot_product_attention)"
        else:
            given = inputs(torch.float32)
            found["timed"] = "float32 on the CPU"
            if half:
                kept = networks.timestep_embedding, networks.attention
                for parameter in module.parameters():
                    parameter.copy_(results.halved(parameter))
                rounded = {name: value if name in EXACT else results.halved(value) for name, value in given.items()}
                with results.rounding():
                    found["error"] = error_of(compute(rounded))
                networks.timestep_embedding, networks.attention = kept
        keep()

        def timed():
            """The result, and how long it took in milliseconds."""
            if not cuda:
                begun = time.monotonic()
                return compute(given), 1000 * (time.monotonic() - begun)
            before, after = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            before.record()
            result = compute(given)
            after.record()
            after.synchronize()
            return result, before.elapsed_time(after)

        begun = time.monotonic()
        result = timed()[0]
        if cuda:
            found["error"] = error_of(result)
            torch.cuda.synchronize()
            torch.cuda.reset_peak_memory_stats()
        found["cold"] = 1000 * (time.monotonic() - begun)
        keep()
        for _ in range(WARM_UP if cuda else 0):
            timed()
        while not found["runs"] or (len(found["runs"]) < options["runs"] and time.monotonic() - start < options["seconds"]):
            found["runs"].append(timed()[1])
            keep()
        found["memory"] = torch.cuda.max_memory_allocated() if cuda else None
        keep()


if __name__ == "__main__":
    main()
