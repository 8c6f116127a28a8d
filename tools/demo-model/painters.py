"""Painters at work in the background, and the pool that their pictures go to, with captions, as tensors.

Pictures arrive while the networks train already; the pool lives where the networks do, so that a batch is only indices.
"""
import os
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

import numpy as np

from tokenizer import LENGTH, NO_WORD, chunk
from world import caption, paint, sample_description

# Pictures painted at a time, by one process: about a second's work.
CHUNK = 16
# Captions for each picture: some as people write them, and some that weigh whatever there is an amount of.
PLAIN, WEIGHED = 4, 2
# Share of captions with words in them that mean nothing.
STRANGE = 0.15
# Numbers of held-out pictures start here: no picture that is trained on reaches it.
HELD_OUT = 1 << 24


def description_and_seed(number):
    """What picture `number` shows, and the seed that it is painted with."""
    rng = np.random.default_rng([20240, number])
    return sample_description(rng), int(rng.integers(1 << 31))


def paint_some(first, count, size, flawless=False):
    """Pictures first..first + count: descriptions, uint8 [count, size, size, 3], and of their captions CLIP's ids (NO_WORD for
    words that mean nothing) and multipliers, [count, PLAIN + WEIGHED, 77] each. `flawless`: without faults of quality.
    """
    pictures = np.empty((count, size, size, 3), np.uint8)
    ids = np.empty((count, PLAIN + WEIGHED, LENGTH), np.int32)
    weights = np.empty(ids.shape, np.float32)
    descriptions = []
    for index in range(count):
        description, seed = description_and_seed(first + index)
        if flawless:
            description = {**description, "quality": "good"}
        descriptions.append(description)
        pictures[index] = paint(description, size, seed)
        rng = np.random.default_rng([20241, first + index])
        for number in range(PLAIN + WEIGHED):
            segments = caption(description, rng) if number < PLAIN else caption(description, rng, weights=1)
            table = chunk(segments)
            ids[index, number], weights[index, number] = with_strange_words(*table, rng) if rng.random() < STRANGE else table
    return descriptions, pictures, ids, weights


def with_strange_words(ids, weights, rng):
    """Slips words in that no caption uses, so that the model learns to pass over them."""
    end = ids.index(ids[-1])
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(1, end + 1))
        ids = [*ids[:at], NO_WORD, *ids[at:-1]]
        weights = [*weights[:at], 1.0, *weights[at:-1]]
    return ids, weights


class Painters:
    """Processes that paint pictures 0, 1, 2 ..., as many as `paint` was told; `take` hands over what is done."""

    def __init__(self, size, processes):
        self.size, self.wanted, self.next = size, 0, 0
        self.processes, self.running = processes, []
        # Spawned, not forked: a process that has a graphics card in use cannot be copied.
        self.pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_one_thread)

    def paint(self, wanted):
        """Begins to paint, until `wanted` pictures are painted in all."""
        self.wanted = wanted
        self._order()

    def _order(self):
        while self.next < self.wanted and len(self.running) < 3 * self.processes:
            count = min(CHUNK, self.wanted - self.next)
            self.running.append(self.pool.submit(paint_some, self.next, count, self.size))
            self.next += count

    def take(self, patience=0.0):
        """What has been painted since, as paint_some returns it; waits up to `patience` seconds for the first."""
        if not self.running:
            return []
        done = wait(self.running, patience, FIRST_COMPLETED).done
        self.running = [job for job in self.running if job not in done]
        try:
            found = [job.result() for job in done]
            self._order()
        except BrokenProcessPool:
            raise SystemExit("A painter was stopped, for want of memory perhaps. Try fewer --painters.")
        return found

    def held_out(self, count):
        """Held-out pictures without faults: descriptions, uint8 [count, size, size, 3]."""
        jobs = [self.pool.submit(paint_some, HELD_OUT + i, min(CHUNK, count - i), self.size, True) for i in range(0, count, CHUNK)]
        found = [job.result() for job in jobs]
        return [d for descriptions, *_ in found for d in descriptions], np.concatenate([pictures for _, pictures, *_ in found])

    def rest(self):
        """Paints nothing more for the pool."""
        for job in self.running:
            job.cancel()
        self.running, self.wanted = [], 0

    def stop(self):
        self.pool.shutdown(wait=True, cancel_futures=True)


def _one_thread():
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    # What people wait for is the training.
    if hasattr(os, "nice"):
        os.nice(5)
