"""The paintings that the networks learn from, as tensors on the device, drawn from at random; grows while painters paint."""
import time

import torch

from painters import PLAIN, WEIGHED
from questions import AMOUNTS, LABELS, QUESTIONS, TRACE, amounts, answers, item_answers
from tokenizer import LENGTH


class Pool:
    """Room for as many pictures as are to be painted; `count` are there."""

    def __init__(self, painters, device):
        self.painters, self.device, self.count = painters, device, 0
        self.capacity = capacity = painters.wanted
        make = lambda *shape, dtype: torch.empty(capacity, *shape, dtype=dtype, device=device)
        self.pictures = make(painters.size, painters.size, 3, dtype=torch.uint8)
        self.ids = make(PLAIN + WEIGHED, LENGTH, dtype=torch.int32)
        self.weights = make(PLAIN + WEIGHED, LENGTH, dtype=torch.float32)
        self.choices = {name: make(dtype=torch.int64) for name in QUESTIONS}
        self.labels = {name: make(len(options), dtype=torch.int64) for name, options in LABELS.items()}
        self.amounts = make(len(AMOUNTS), dtype=torch.float32)
        # Which pictures are of a kind, or have more than a trace of something.
        self._lists = {name: [] for name in ("objects", "scene", *AMOUNTS)}
        self._groups = {}
        self._looked = 0.0

    def refresh(self, at_least=0):
        """Takes in what was painted since; waits until `at_least` pictures are there."""
        now = time.monotonic()
        if self.count >= at_least and now - self._looked < 1:
            return
        self._looked, before = now, self.count
        while True:
            for part in self.painters.take(1.0 if self.count < at_least else 0.0):
                self._add(*part)
            if self.count >= at_least or not self.painters.running:
                break
        if self.count > before:
            self._groups = {name: torch.tensor(found, device=self.device) for name, found in self._lists.items() if found}

    def _add(self, descriptions, pictures, ids, weights):
        first, last = self.count, self.count + len(descriptions)
        place = slice(first, last)
        put = lambda where, values: where[place].copy_(torch.as_tensor(values))
        put(self.pictures, pictures)
        put(self.ids, ids)
        put(self.weights, weights)
        found = [answers(d) for d in descriptions]
        for (choices, _), d in zip(found, descriptions):
            choices.update(item_answers(d))
        for name, where in self.choices.items():
            put(where, [choices[name] for choices, _ in found])
        for name, where in self.labels.items():
            put(where, [labels[name] for _, labels in found])
        put(self.amounts, [amounts(d) for d in descriptions])
        for number, d in enumerate(descriptions, first):
            self._lists[d["kind"]].append(number)
            for name in AMOUNTS:
                if d.get(name, 0) > TRACE:
                    self._lists[name].append(number)
        self.count = last

    def any(self, count):
        """Numbers of `count` pictures, drawn at random."""
        return torch.randint(self.count, (count,), device=self.device)

    def of(self, shares, count):
        """Numbers of pictures drawn group by group: `shares` maps names of groups to how often they are drawn."""
        there = {name: share for name, share in shares.items() if share > 0 and name in self._groups}
        if not there or count == 0:
            return self.any(count)
        lots = torch.multinomial(torch.tensor(list(there.values())), count, replacement=True).to(self.device)
        found = torch.empty(count, dtype=torch.int64, device=self.device)
        for index, name in enumerate(there):
            group = self._groups[name]
            found = torch.where(lots == index, group[torch.randint(len(group), (count,), device=self.device)], found)
        return found

    def seen(self, numbers):
        """Pictures [N, 3, size, size] in -1..1."""
        return self.pictures[numbers].permute(0, 3, 1, 2).float() / 127.5 - 1

    def targets(self, numbers):
        """What a classifier should say: choices, labels, amounts."""
        pick = lambda part: {name: values[numbers] for name, values in part.items()}
        return pick(self.choices), pick(self.labels), self.amounts[numbers]

    def captions(self, numbers, weighed=None):
        """CLIP's ids and multipliers [N, 77] of one caption each; of one that weighs amounts where `weighed` [N] is true."""
        plain = torch.randint(PLAIN, (len(numbers),), device=self.device)
        which = plain
        if weighed is not None:
            which = torch.where(weighed, PLAIN + torch.randint(WEIGHED, (len(numbers),), device=self.device), plain)
        return self.ids[numbers, which].long(), self.weights[numbers, which]
