"""Checks of what needs nothing but Python: sharing time out, files in parts, the decision, packing and shipping.

    python3 -m unittest discover tools/demo-model      (test_training.py needs PyTorch)
"""
import hashlib
import json
import os
import tempfile
import unittest
import zipfile
from pathlib import Path

import pack
from decision import decide
from parts import SIZE, read_parts, remove_parts, write_parts
from places import NAME
from plan import SHARES, Plan
from ship import ship


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Planning(unittest.TestCase):
    def setUp(self):
        self.clock = Clock()

    def run_all(self, plan, stages, used):
        """Runs stages that use `used(name, seconds)` seconds each; what each was given."""
        given = {}
        for name in stages:
            stage = plan.begin(name)
            given[name] = stage.seconds
            self.clock.now += used(name, stage.seconds)
        return given

    def test_shares_are_those_of_the_table_and_fill_the_time(self):
        plan = Plan(SHARES, 700.0, self.clock)
        given = self.run_all(plan, SHARES, lambda name, seconds: seconds)
        self.assertAlmostEqual(sum(given.values()), 600.0)
        self.assertAlmostEqual(self.clock.now, 700.0)
        for name, share in SHARES.items():
            self.assertAlmostEqual(given[name] / 600.0, share / sum(SHARES.values()))

    def test_what_a_stage_leaves_goes_to_those_after_it(self):
        stages = list(SHARES)
        for early in stages[:-1]:
            self.clock.now = 100.0
            given = self.run_all(Plan(stages, 700.0, self.clock), stages, lambda name, s: 0.0 if name == early else s)
            for later in stages[stages.index(early) + 1 :]:
                self.assertGreater(given[later], 600.0 * SHARES[later] / sum(SHARES.values()))
            self.assertAlmostEqual(self.clock.now, 700.0)

    def test_what_a_stage_takes_too_much_is_taken_from_those_after_it(self):
        stages = list(SHARES)
        given = self.run_all(Plan(stages, 700.0, self.clock), stages, lambda name, s: s + 60 if name == stages[0] else s)
        self.assertAlmostEqual(self.clock.now, 700.0)
        self.assertTrue(all(given[name] > 0 for name in stages))

    def test_time_that_is_over_is_never_negative(self):
        plan = Plan(SHARES, 700.0, self.clock)
        self.clock.now = 900.0
        self.assertEqual(plan.begin("evaluate").seconds, 0.0)
        self.assertEqual(plan.begin("evaluate").progress, 1.0)

    def test_stages_that_do_not_run_leave_their_time(self):
        stages = ["vae", "evaluate"]
        stage = Plan(stages, 700.0, self.clock).begin("vae")
        self.assertAlmostEqual(stage.seconds, 600.0 * SHARES["vae"] / (SHARES["vae"] + SHARES["evaluate"]))

    def test_a_stage_goes_on_where_it_was(self):
        stage = Plan(["diffusion", "evaluate"], 700.0, self.clock).begin("diffusion", done=0.75)
        self.assertAlmostEqual(stage.progress, 0.75)
        self.clock.now += stage.seconds / 2
        self.assertAlmostEqual(stage.progress, 0.875)
        self.clock.now += stage.seconds
        self.assertEqual(stage.progress, 1.0)

    def test_a_trial_counts_steps(self):
        stage = Plan(["vae", "evaluate"], 700.0, self.clock).begin("vae", steps=2)
        self.clock.now += 10000
        self.assertEqual(stage.progress, 0.0)
        stage.tick()
        self.assertEqual(stage.progress, 0.5)
        stage.tick()
        self.assertEqual(stage.progress, 1.0)


class InFolder(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)


class Parts(InFolder):
    def names(self):
        return sorted(path.name for path in self.folder.iterdir())

    def test_come_back_as_they_went(self):
        for length in (0, 1, 9, 10, 11, 20, 25):
            data = os.urandom(length)
            write_parts(self.folder, "state", data, size=10)
            self.assertEqual(read_parts(self.folder, "state"), data)
            self.assertTrue(all(path.stat().st_size <= 10 for path in self.folder.iterdir()))
            self.assertEqual(len(self.names()), max(1, -(-length // 10)))

    def test_are_at_most_16_mib_and_join_in_order(self):
        data = os.urandom(SIZE + 5)
        write_parts(self.folder, "weights", data)
        sizes = [(self.folder / name).stat().st_size for name in self.names()]
        self.assertEqual(sizes, [16 * 2**20, 5])
        self.assertEqual(b"".join((self.folder / name).read_bytes() for name in self.names()), data)

    def test_of_more_than_nine_join_in_order(self):
        data = os.urandom(105)
        write_parts(self.folder, "state", data, size=10)
        self.assertEqual(read_parts(self.folder, "state"), data)

    def test_a_stop_at_any_moment_leaves_a_whole_version(self):
        """Every file operation of a second write may be the last."""
        import parts

        old, new = os.urandom(25), os.urandom(35)
        for stop_at in range(1, 12):
            remove_parts(self.folder, "state")
            write_parts(self.folder, "state", old, size=10)
            count = 0

            def counting(operation):
                def wrapped(*arguments, **keywords):
                    nonlocal count
                    count += 1
                    if count == stop_at:
                        raise KeyboardInterrupt
                    return operation(*arguments, **keywords)

                return wrapped

            replace, unlink = os.replace, Path.unlink
            parts.os.replace, Path.unlink = counting(replace), counting(unlink)
            try:
                write_parts(self.folder, "state", new, size=10)
            except KeyboardInterrupt:
                pass
            finally:
                parts.os.replace, Path.unlink = replace, unlink
            self.assertIn(read_parts(self.folder, "state"), (old, new), f"stopped at {stop_at}")

    def test_what_is_missing_or_damaged_is_no_version(self):
        write_parts(self.folder, "state", os.urandom(25), size=10)
        first = self.folder / self.names()[0]
        kept = first.read_bytes()
        first.write_bytes(b"x" * len(kept))
        self.assertIsNone(read_parts(self.folder, "state"))
        first.unlink()
        self.assertIsNone(read_parts(self.folder, "state"))
        first.write_bytes(kept)
        self.assertIsNotNone(read_parts(self.folder, "state"))

    def test_of_another_name_are_left_alone(self):
        write_parts(self.folder, "state", b"one")
        write_parts(self.folder, "state.more", b"two")
        write_parts(self.folder, "state", b"three")
        self.assertEqual(read_parts(self.folder, "state.more"), b"two")
        self.assertEqual(read_parts(self.folder, "state"), b"three")


class Decision(unittest.TestCase):
    def side(self, score=0.9, detail=0.5, **scores):
        return {"cfg 7": {"scene": score, "kinds": score, **scores}, "detail": detail}

    def test_better_and_sharper_ships(self):
        self.assertTrue(decide(self.side(0.90, 0.5), self.side(0.93, 0.9))[0])

    def test_anything_less_does_not(self):
        for why, new in {
            "worse": self.side(0.89, 0.9),
            "as good": self.side(0.90, 0.9),
            "softer": self.side(0.95, 0.4),
            "grain": self.side(0.95, 1.6),
            "one question falls": self.side(0.99, 0.9, scene=0.85),
            "not a number": self.side(float("nan"), 0.9),
            "no number for detail": self.side(0.95, float("nan")),
        }.items():
            with self.subTest(why):
                ship_it, reasons = decide(self.side(0.90, 0.5), new)
                self.assertFalse(ship_it)
                self.assertTrue(any(reason.startswith("no: ") for reason in reasons))


class Packing(InFolder):
    def test_holds_what_the_job_needs_and_no_more_than_it_may(self):
        if not all(path.exists() for path in pack.contents().values()):
            self.skipTest("npm ci has not run")
        self.assertLessEqual(pack.pack(self.folder / "job"), pack.LIMIT)
        for name in ("make.py", "world/painter.py", "vocabulary.js", f"demo/{NAME}.safetensors", "demo/demo.json"):
            self.assertTrue((self.folder / "job" / name).exists(), name)
        with self.assertRaises(SystemExit):
            pack.pack(self.folder / "job")


class Shipping(InFolder):
    def left(self, better, file=b"checkpoint"):
        """What a run left, and a project to ship it to."""
        run, demo, results = (self.folder / name for name in ("run", "demo", "results"))
        for folder in (run, demo, results):
            folder.mkdir()
        (demo / f"{NAME}.safetensors").write_bytes(b"old")
        write_parts(run, f"{NAME}.safetensors", file)
        with zipfile.ZipFile(run / "results.zip", "w") as archive:
            archive.writestr("demo.json", json.dumps({"sha256": hashlib.sha256(b"checkpoint").hexdigest()}))
            archive.writestr("evaluation.json", json.dumps({"decision": {"ship": better, "reasons": ["because"]}}))
            for name in (f"{NAME}.yaml", "evaluation.md", "curves.svg"):
                archive.writestr(name, name)
        for name in ("log.jsonl", "sheet.png", "compare.png"):
            (run / name).write_text(name)
        return run, demo, results

    def test_ships_what_is_better(self):
        run, demo, results = self.left(better=True)
        self.assertEqual(ship(run, demo, results), ["because"])
        self.assertEqual((demo / f"{NAME}.safetensors").read_bytes(), b"checkpoint")
        self.assertEqual((demo / f"{NAME}.yaml").read_text(), f"{NAME}.yaml")
        self.assertTrue((results / "sheet.png").exists() and (results / "evaluation.md").exists())

    def test_keeps_what_is_shipped_otherwise(self):
        for better, file in ((False, b"checkpoint"), (True, b"another")):
            with self.subTest(better=better, file=file):
                run, demo, results = self.left(better, file)
                with self.assertRaises(SystemExit):
                    ship(run, demo, results)
                self.assertEqual((demo / f"{NAME}.safetensors").read_bytes(), b"old")
                for folder in (run, demo, results):
                    folder.rename(f"{folder}-{better}")


if __name__ == "__main__":
    unittest.main()
