"""The state of a whole job: its networks' weights, how far each stage is, its clock, its log, and all of it on disk."""
import json
import time
from pathlib import Path

import torch

from checkpoint import from_checkpoint, to_checkpoint
from classifier import Classifier
from networks import SIZES, Autoencoder, ClipText, UNet
from parts import read_parts, write_parts
from plan import Plan
from tensor_file import pack_tensors, unpack_tensors

STATE = "state"
# The classifier's tensors, beside those of a checkpoint.
_JUDGE = "training.classifier."
# Steps of each stage when it is only to be seen that everything runs.
TRIAL_STEPS = 3


class Job:
    """`weights`: state dictionaries (float32, on the CPU) of "text", "unet", "vae" and "classifier".

    `done`: how far each stage is, 0..1. `scale`: the factor that makes latents of deviation 1, once it is known.
    """

    def __init__(self, out, device, vocabulary, size, trial=False, compiles=False):
        self.out, self.device, self.vocabulary, self.size = Path(out), device, vocabulary, size
        self.trial, self.compiles = trial, compiles
        self.out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(1)
        networks = {
            "text": ClipText(**{**SIZES["text"], "vocabulary": vocabulary.size}),
            "unet": UNet(**SIZES["unet"]),
            "vae": Autoencoder(**SIZES["vae"]),
            "classifier": Classifier(),
        }
        self.weights = {key: {name: p.detach() for name, p in module.named_parameters()} for key, module in networks.items()}
        self.done, self.scale, self.plan, self.begun, self.seed = {}, None, None, time.monotonic(), 0

    def start_from(self, data):
        """Takes the networks of a checkpoint (bytes of a file that export.py or `save` made)."""
        tensors, metadata = unpack_tensors(data)
        self.weights.update(from_checkpoint(tensors, self.vocabulary.ids))
        judge = {name[len(_JUDGE) :]: t.float() for name, t in tensors.items() if name.startswith(_JUDGE)}
        if judge:
            self.weights["classifier"] = judge
        return metadata

    def resume(self, folder):
        """Goes on from the state in a folder. False where there is none. Adam's means are not kept; they fill up anew."""
        data = read_parts(folder, STATE)
        if data is None:
            return False
        state = json.loads(self.start_from(data)["state"])
        if state["size"] != self.size:
            raise SystemExit(f"The state in {folder} is of a run with --size {state['size']}.")
        self.done, self.scale, self.seed = state["done"], state["scale"], state["seed"] + 1
        return True

    def share_out(self, stages, end):
        """Shares the time until `end` (time.monotonic) out among `stages`."""
        self.plan = Plan(stages, end)

    def network(self, key):
        """One of the networks with its weights as they are, on the device."""
        if key == "text":
            module = ClipText(**{**SIZES["text"], "vocabulary": self.vocabulary.size})
        else:
            module = {"unet": UNet, "vae": Autoencoder}[key](**SIZES[key]) if key != "classifier" else Classifier()
        module.load_state_dict(self.weights[key])
        module.to(self.device)
        if self.compiles and hasattr(module, "compile"):
            # Minutes of compiling, seconds saved: worth it in long runs only. What does not compile runs as it is.
            import torch._dynamo

            torch._dynamo.config.suppress_errors = True
            for part in (module.encoder, module.decoder) if key == "vae" else (module,):
                part.compile()
        return module

    def begin(self, name):
        clock = self.plan.begin(name, self.done.get(name, 0.0), TRIAL_STEPS if self.trial else None)
        # Another run draws other examples than the one that it goes on from.
        torch.manual_seed(1000 * self.seed + len(self.plan.coming))
        self.say(f"{name}: {TRIAL_STEPS} steps" if self.trial else f"{name}: {clock.seconds:.0f} s")
        return clock

    def say(self, text):
        left = self.plan.left() if self.plan else 0
        print(f"[{time.monotonic() - self.begun:5.0f} s, {left:5.0f} s left] {text}", flush=True)

    def log(self, name, clock, values):
        row = {"stage": name, "step": clock.step, "minutes": round(clock.elapsed / 60, 3)}
        row.update({key: float(f"{value:.5g}") for key, value in values.items()})
        with open(self.out / "log.jsonl", "a") as file:
            file.write(json.dumps(row) + "\n")
        self.say(f"{name} {clock.progress:4.0%} step {clock.step}: " + ", ".join(f"{key} {value:.4g}" for key, value in values.items()))

    def save(self, name=None, progress=None, weights=None):
        """Writes the state; `weights` are those of stage `name`, which is at `progress`."""
        weights = self._with(weights or {})
        done = {**self.done, **({name: progress} if name else {})}
        tensors = to_checkpoint(weights["text"], self.vocabulary.ids, weights["unet"], weights["vae"])
        tensors.update({f"{_JUDGE}{key}": value.half() for key, value in weights["classifier"].items()})
        state = {"done": done, "scale": self.scale, "seed": self.seed, "size": self.size}
        write_parts(self.out, STATE, pack_tensors(tensors, {"state": json.dumps(state)}))

    def _with(self, changed):
        return {key: {**values, **changed.get(key, {})} for key, values in self.weights.items()}

    def finish(self, name, weights):
        self.weights = self._with(weights)
        self.done[name] = 1.0
        self.save()
