"""Shares a job's time out among its stages.

A stage gets its share of the time that is left when it begins, counted against the shares of the stages that are still to
come: what one leaves goes to those after it, and what one takes too much is taken from all of them.
"""
import math
import time

# Stage -> share of the time. The one table.
SHARES = {"classifier": 0.06, "vae": 0.24, "text": 0.04, "diffusion": 0.42, "decoder": 0.16, "evaluate": 0.08}


class Plan:
    """`stages`: those that are to run, in order; all of it until `clock`, in seconds, says `end`."""

    def __init__(self, stages, end, clock=time.monotonic):
        self.coming, self.end, self.clock = list(stages), end, clock

    def left(self):
        """Seconds until the job must have ended."""
        return self.end - self.clock()

    def begin(self, name, done=0.0, steps=None):
        """The clock of a stage that begins now; those before it that did not run are dropped.

        `done`: how far an earlier run brought it, 0..1. `steps`: what counts is not time, but so many steps.
        """
        self.coming = self.coming[self.coming.index(name) :]
        shares = [SHARES[stage] for stage in self.coming]
        shares[0] *= 1 - done
        if steps:
            return StageClock(self.clock, math.inf, done, steps)
        seconds = max(0.0, self.left()) * shares[0] / sum(shares) if sum(shares) else 0.0
        return StageClock(self.clock, seconds, done)


class StageClock:
    """How far a stage is: by its time, or by its steps."""

    def __init__(self, clock, seconds, done=0.0, steps=None):
        self._clock, self.seconds, self.done, self.steps = clock, seconds, done, steps
        self.begun, self.step = clock(), 0

    @property
    def elapsed(self):
        return self._clock() - self.begun

    def tick(self):
        self.step += 1

    @property
    def progress(self):
        """0..1; 1 means that the stage has to end."""
        by_time = self.elapsed / self.seconds if self.seconds > 0 else 1.0
        by_steps = self.step / self.steps if self.steps else 0.0
        return min(1.0, self.done + (1 - self.done) * max(by_time, by_steps))
