"""What all training shares: float32 masters of the weights that compute, averaged weights, and a loop that keeps going.

The loop ends when its stage's time is over, says every few seconds how it goes, and keeps a state on disk. Memory that does
not suffice halves the batch; losses that are no longer numbers, or explode, bring back the last good state at half the rate.
"""
import copy
import math
import time

import torch

# Seconds between lines of the log, each with a look at whether all is well, and between states on disk.
REPORT, SAVE = 10.0, 40.0
# A loss so many times as large as the lowest mean so far is a run that fell apart, if it is the mean of so many examples: one
# alone may be hard. So many falls end a stage.
EXPLODED, ENOUGH, FALLS = 5.0, 256, 4


class Trainee:
    """Modules trained by AdamW on float32 masters, with averaged weights (EMA). On CUDA the modules compute in bfloat16.

    `lr` follows a cosine over the stage, after `warmup` steps.
    """

    def __init__(self, modules, lr, device, warmup=100, average=0.999, decay=0.01, betas=(0.9, 0.99)):
        self.modules, self.lr, self.warmup, self.average = modules, lr, warmup, average
        named = [(f"{key}.{name}", p) for key, module in modules.items() for name, p in module.named_parameters() if p.requires_grad]
        self.names, self.weights = [name for name, _ in named], [p for _, p in named]
        self.masters = [p.detach().float().clone(memory_format=torch.contiguous_format) for p in self.weights]
        self.averages = [m.clone() for m in self.masters]
        for module in modules.values():
            module.to(dtype_on(device))
        fast = {"fused": True} if device.type == "cuda" else {"foreach": True}
        self.optimiser = torch.optim.AdamW(self.masters, lr=lr, betas=betas, weight_decay=decay, **fast)
        self.steps = 0
        # Kept on the device: to look at a number there is to wait for it.
        self.unusable = torch.zeros((), device=device)
        self.norm = torch.zeros((), device=device)

    @torch.no_grad()
    def step(self, progress):
        """Takes a step along the gradients, clipped to norm 1; of gradients that are no numbers, none."""
        flat = torch.cat([(w.grad if w.grad is not None else torch.zeros_like(w)).flatten().float() for w in self.weights])
        self.norm = flat.norm()
        usable = self.norm.isfinite()
        self.unusable += ~usable
        flat = torch.nan_to_num(flat, 0.0, 0.0, 0.0) * torch.where(usable, (1 / (self.norm + 1e-6)).clamp(max=1.0), 0.0)
        offset = 0
        for master, weight in zip(self.masters, self.weights):
            master.grad = flat[offset : offset + master.numel()].view_as(master)
            offset += master.numel()
            weight.grad = None
        for group in self.optimiser.param_groups:
            group["lr"] = self.lr * min(1.0, (self.steps + 1) / self.warmup) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
        self.optimiser.step()
        self.steps += 1
        keep = min(self.average, self.steps / (self.steps + 9))
        torch._foreach_mul_(self.averages, keep)
        torch._foreach_add_(self.averages, self.masters, alpha=1 - keep)
        self._publish()

    @torch.no_grad()
    def _publish(self):
        if hasattr(torch, "_foreach_copy_"):
            torch._foreach_copy_(self.weights, self.masters)
        else:
            for weight, master in zip(self.weights, self.masters):
                weight.copy_(master)

    def forget_gradients(self):
        for weight in self.weights:
            weight.grad = None

    def averaged(self):
        """The averaged weights (float32, on the CPU) by module and name; only of what is trained."""
        found = {key: {} for key in self.modules}
        for name, value in zip(self.names, self.averages):
            key, _, rest = name.partition(".")
            found[key][rest] = value.to("cpu", copy=True)
        return found

    def snapshot(self):
        keep = lambda tensors: [t.clone() for t in tensors]
        return keep(self.masters), keep(self.averages), copy.deepcopy(self.optimiser.state_dict()), self.steps

    @torch.no_grad()
    def restore(self, snapshot):
        masters, averages, optimiser, self.steps = snapshot
        for mine, kept in zip(self.masters + self.averages, masters + averages):
            mine.copy_(kept)
        self.optimiser.load_state_dict(copy.deepcopy(optimiser))
        self.unusable.zero_()
        self._publish()


def dtype_on(device):
    return torch.bfloat16 if device.type == "cuda" else torch.float32


def train(job, name, trainees, step, batch, collect):
    """Trains one stage to its end, and hands its weights to the job.

    `step(count, progress)` draws `count` examples, leaves gradients, lets each of `trainees` step, and returns losses as
    tensors or numbers; "loss" among them tells whether all is well. `collect()` gives the weights that changed, by network.
    """
    clock = job.begin(name)
    batch = 2 if job.trial else batch
    good, lowest, falls = [t.snapshot() for t in trainees], math.inf, 0
    means, layouts = Means(), _Layouts(trainees, job.device)
    reported = saved = time.monotonic()
    while clock.progress < 1:
        values, short = None, False
        try:
            layouts.before(clock.step)
            values = step(batch, clock.progress)
            layouts.after(clock.step)
        except RuntimeError as error:
            if not _out_of_memory(error) or batch == 1:
                raise
            short = True
        if short:
            # Out here, where the exception no longer holds on to what the step had made.
            del values
            for trainee in trainees:
                trainee.forget_gradients()
            if job.device.type == "cuda":
                torch.cuda.empty_cache()
            batch //= 2
            job.say(f"{name}: memory does not suffice; going on with batches of {batch}")
            continue
        clock.tick()
        means.add(values)
        now = time.monotonic()
        if now - reported < REPORT and clock.progress < 1:
            continue
        reported = now
        mean, steps = means.take()
        unusable = max(float(t.unusable) for t in trainees)
        telling = steps * batch >= ENOUGH
        exploded = telling and mean["loss"] > EXPLODED * lowest + 0.1
        if not math.isfinite(mean["loss"]) or exploded or unusable > steps / 2:
            falls += 1
            found = f"loss {mean['loss']:.4g}, {unusable:.0f} gradients without numbers"
            job.say(f"{name}: fell apart at step {clock.step} ({found}); back to the last good state")
            for trainee, kept in zip(trainees, good):
                trainee.lr *= 0.5
                trainee.restore(kept)
            if falls == FALLS:
                job.say(f"{name}: ends here, with the last good state")
                break
            continue
        lowest = min(lowest, mean["loss"]) if telling else lowest
        for trainee in trainees:
            trainee.unusable.zero_()
        good = [t.snapshot() for t in trainees]
        job.log(name, clock, {**mean, "grad": float(trainees[0].norm), "batch": batch})
        if now - saved > SAVE:
            saved = now
            job.save(name, clock.progress, collect())
    job.finish(name, collect())


def _out_of_memory(error):
    text = str(error)
    return "out of memory" in text or "can't allocate memory" in text or "ALLOC_FAILED" in text


class Means:
    """Means of what is added, looked at only when taken."""

    def __init__(self):
        self.sums, self.count = {}, 0

    def add(self, values):
        self.count += 1
        for key, value in values.items():
            value = value.detach() if isinstance(value, torch.Tensor) else value
            self.sums[key] = self.sums.get(key, 0.0) + value

    def take(self):
        """Means by name, and of how many."""
        found, count = {key: float(total) / self.count for key, total in self.sums.items()}, self.count
        self.sums, self.count = {}, 0
        return found, count


class _Layouts:
    """On CUDA, times the first steps with either memory layout of the weights, and keeps the faster. (Convolutions want their
    channels last, norms do not; which counts for more depends on the card.)"""

    STEPS, FROM = 6, 4
    FORMATS = (torch.contiguous_format, torch.channels_last)

    def __init__(self, trainees, device):
        self.modules = [module for trainee in trainees for module in trainee.modules.values()]
        self.on, self.device, self.times = device.type == "cuda", device, []

    def before(self, step):
        if not self.on:
            return
        start = self.FROM + self.STEPS * len(self.times)
        # The first two steps of each find out how to compute; they are not timed.
        if step == start and self.times or step == self.FROM:
            self._use(self.FORMATS[len(self.times)])
        if step == start + 2:
            torch.cuda.synchronize()
            self.begun = time.monotonic()

    def after(self, step):
        if not self.on or step != self.FROM + self.STEPS * (len(self.times) + 1) - 1:
            return
        torch.cuda.synchronize()
        self.times.append(time.monotonic() - self.begun)
        if len(self.times) == len(self.FORMATS):
            self._use(self.FORMATS[self.times.index(min(self.times))])
            self.on = False

    def _use(self, layout):
        for module in self.modules:
            module.to(memory_format=layout)
