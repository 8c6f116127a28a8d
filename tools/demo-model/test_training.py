"""Checks of the training loop's nets, which need PyTorch: what it does when memory is short, numbers fail, or a run is stopped."""
import tempfile
import time
import types
import unittest

try:
    import torch
except ImportError:
    raise unittest.SkipTest("PyTorch is not installed")

import training
from plan import StageClock
from training import Trainee, train


class FakeJob:
    """Enough of a job for one stage of `steps` steps; the log is read at once, not every ten seconds."""

    trial, device = False, torch.device("cpu")

    def __init__(self, steps):
        self.steps, self.said, self.logged, self.finished = steps, [], [], None

    def begin(self, name):
        return StageClock(time.monotonic, float("inf"), steps=self.steps)

    def say(self, text):
        self.said.append(text)

    def log(self, name, clock, values):
        self.logged.append(values)

    def save(self, *_):
        pass

    def finish(self, name, weights):
        self.finished = weights


class Loop(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)
        self.module = torch.nn.Linear(4, 1)
        self.goal = torch.tensor([[1.0, -2.0, 0.5, 3.0]])
        self.trainee = Trainee({"net": self.module}, 0.05, torch.device("cpu"), warmup=5, average=0.9, decay=0.0)
        report, training.REPORT = training.REPORT, 0.0
        self.addCleanup(lambda: setattr(training, "REPORT", report))

    def run_with(self, spoil, steps=300, batch=64):
        """Learns a sum; `spoil(count, calls)` gives what the loss is multiplied by, or raises."""
        job, calls = FakeJob(steps), types.SimpleNamespace(n=0, counts=[])

        def step(count, progress):
            calls.n += 1
            factor = spoil(count, calls.n)
            calls.counts.append(count)
            x = torch.randn(count, 4)
            loss = ((self.module(x) - x @ self.goal.T) ** 2).mean() * factor
            loss.backward()
            self.trainee.step(progress)
            return {"loss": loss}

        train(job, "vae", [self.trainee], step, batch, self.trainee.averaged)
        return job, calls

    def assert_learned(self, job):
        self.assertLess(float((job.finished["net"]["weight"] - self.goal).abs().max()), 0.1)

    def test_learns(self):
        job, _ = self.run_with(lambda count, n: 1.0)
        self.assert_learned(job)
        self.assertEqual(job.said, [])

    def test_short_of_memory_halves_the_batch_and_goes_on(self):
        def spoil(count, n):
            if count > 16:
                raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
            return 1.0

        job, calls = self.run_with(spoil)
        self.assertEqual(set(calls.counts), {16})
        self.assertEqual(len(job.said), 2)
        self.assert_learned(job)

    def test_other_errors_are_errors(self):
        def spoil(count, n):
            raise RuntimeError("shapes do not fit")

        with self.assertRaisesRegex(RuntimeError, "shapes"):
            self.run_with(spoil)

    def test_one_gradient_without_numbers_is_passed_over(self):
        training.REPORT = 1e9
        job, _ = self.run_with(lambda count, n: float("inf") if n == 50 else 1.0)
        self.assertTrue(torch.isfinite(self.module.weight).all())

    def test_losses_without_numbers_bring_back_the_last_good_state(self):
        job, _ = self.run_with(lambda count, n: float("nan") if 100 <= n < 103 else 1.0)
        self.assertEqual(sum("fell apart" in text for text in job.said), 3)
        self.assert_learned(job)

    def test_what_falls_apart_again_and_again_ends_with_the_last_good_state(self):
        job, calls = self.run_with(lambda count, n: float("nan") if n > 250 else 1.0)
        self.assertEqual(calls.n, 250 + training.FALLS)
        self.assert_learned(job)

    def test_a_loss_that_explodes_brings_back_the_last_good_state(self):
        before = {}

        def spoil(count, n):
            if n == 200:
                before["weight"] = self.module.weight.detach().clone()
                with torch.no_grad():
                    for master in self.trainee.masters:
                        master.add_(100.0)
                    self.trainee._publish()
            return 1.0

        job, _ = self.run_with(spoil, batch=256)
        self.assertEqual(sum("fell apart" in text for text in job.said), 1)
        self.assert_learned(job)


if __name__ == "__main__":
    unittest.main()
