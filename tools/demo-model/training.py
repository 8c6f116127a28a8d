"""What both training runs share: devices, processes, float32 masters of bfloat16 weights, averages, schedules, resuming.

On a CUDA device one process trains; on a CPU one single-threaded process a core does, which add their gradients up at every
step. (Threads inside one process wait for each other at every layer; processes once a step.)
"""
import csv
import datetime
import math
import os
import time
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp


def launch(work, options):
    """Runs work(rank, world, device, options) in as many processes as suit the machine."""
    if torch.cuda.is_available():
        work(0, 1, torch.device("cuda"), options)
        return
    world = options.processes or os.cpu_count() or 1
    if world == 1:
        torch.set_num_threads(1)
        work(0, 1, torch.device("cpu"), options)
        return
    meeting = Path(options.folder, f"meeting-{os.getpid()}")
    mp.spawn(_enter, args=(work, world, str(meeting), options), nprocs=world)
    meeting.unlink(missing_ok=True)


def _enter(rank, work, world, meeting, options):
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo", init_method=f"file://{meeting}", rank=rank, world_size=world, timeout=datetime.timedelta(hours=2)
    )
    work(rank, world, torch.device("cpu"), options)


class Budget:
    """How far a run is, 0..1: by steps, or by minutes of training (kept over interruptions), whichever comes first."""

    def __init__(self, steps, minutes):
        self.steps, self.minutes = steps, minutes
        self.step, self.seconds = 0, 0.0
        self._last = time.monotonic()

    def tick(self):
        now = time.monotonic()
        self.seconds += now - self._last
        self._last = now
        self.step += 1

    @property
    def progress(self):
        by_time = self.seconds / 60 / self.minutes if self.minutes else 0.0
        return min(1.0, max(self.step / self.steps, by_time))


class Trainee:
    """bfloat16 modules, trained by AdamW on float32 masters, with averaged weights (EMA)."""

    def __init__(self, modules, world, lr, warmup=200, average=0.999, decay=0.01):
        self.modules, self.world, self.lr, self.warmup, self.average = modules, world, lr, warmup, average
        self.names = [f"{key}.{name}" for key, module in modules.items() for name, _ in module.named_parameters()]
        self.masters = [p.detach().clone().float() for module in modules.values() for p in module.parameters()]
        if world > 1:
            for master in self.masters:
                dist.broadcast(master, 0)
        for module in modules.values():
            module.to(torch.bfloat16)
        self.weights = [p for module in modules.values() for p in module.parameters()]
        self.averages = [m.clone() for m in self.masters]
        self.optimiser = torch.optim.AdamW(self.masters, lr=lr, betas=(0.9, 0.99), weight_decay=decay, foreach=True)
        self._publish()

    def _publish(self):
        with torch.no_grad():
            for weight, master in zip(self.weights, self.masters):
                weight.copy_(master)

    def step(self, budget):
        """Adds the processes' gradients up, clips them, and takes a step. Every process sees the same progress."""
        flat = torch.cat([w.grad.flatten().float() if w.grad is not None else w.new_zeros(w.numel()).float() for w in self.weights])
        flat = torch.cat([flat, flat.new_tensor([budget.progress])])
        if self.world > 1:
            dist.all_reduce(flat)
            flat /= self.world
        progress = float(flat[-1])
        flat = flat[:-1]
        norm = float(flat.norm())
        if not math.isfinite(norm):
            raise SystemExit(f"The gradient is no longer a number at step {budget.step}.")
        flat *= min(1.0, 1.0 / (norm + 1e-6))
        offset = 0
        for master, weight in zip(self.masters, self.weights):
            master.grad = flat[offset : offset + master.numel()].view_as(master)
            offset += master.numel()
            weight.grad = None
        for group in self.optimiser.param_groups:
            group["lr"] = self.lr * min(1.0, (budget.step + 1) / self.warmup) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
        self.optimiser.step()
        keep = min(self.average, (budget.step + 1) / (budget.step + 10))
        torch._foreach_mul_(self.averages, keep)
        torch._foreach_add_(self.averages, self.masters, alpha=1 - keep)
        self._publish()
        budget.tick()
        return progress, norm

    def averaged(self):
        """State dictionaries (float32) of the averaged weights, by module."""
        values = dict(zip(self.names, self.averages))
        return {
            key: {name: values[f"{key}.{name}"].clone() for name, _ in module.named_parameters()}
            for key, module in self.modules.items()
        }

    def save(self, path, budget, extra=None):
        state = {
            "masters": self.masters,
            "averages": self.averages,
            "optimiser": self.optimiser.state_dict(),
            "step": budget.step,
            "seconds": budget.seconds,
            **(extra or {}),
        }
        part = f"{path}.part"
        torch.save(state, part)
        os.replace(part, path)

    def load(self, path, budget):
        """Goes on from a saved state, where there is one. Returns it."""
        if not Path(path).exists():
            return None
        state = torch.load(path, map_location="cpu")
        with torch.no_grad():
            for mine, saved in zip(self.masters, state["masters"]):
                mine.copy_(saved)
            for mine, saved in zip(self.averages, state["averages"]):
                mine.copy_(saved)
        self.optimiser.load_state_dict(state["optimiser"])
        budget.step, budget.seconds = state["step"], state["seconds"]
        self._publish()
        return state


class Log:
    """A table of the run: a line now and then, each value averaged since the last."""

    def __init__(self, path, every):
        self.path, self.every, self.sums, self.count = Path(path), every, {}, 0

    def add(self, budget, **values):
        self.count += 1
        for key, value in values.items():
            self.sums[key] = self.sums.get(key, 0.0) + float(value)
        if budget.step % self.every:
            return
        row = {"step": budget.step, "minutes": round(budget.seconds / 60, 2)}
        row.update({key: f"{total / self.count:.5g}" for key, total in self.sums.items()})
        fresh = not self.path.exists()
        with self.path.open("a", newline="") as file:
            writer = csv.DictWriter(file, row)
            if fresh:
                writer.writeheader()
            writer.writerow(row)
        print(" ".join(f"{key} {value}" for key, value in row.items()), flush=True)
        self.sums, self.count = {}, 0
