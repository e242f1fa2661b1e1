"""Epochs of training with changed images against the same epochs with images as they are."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.measure import Result, alternate
from benchmarks.networks import make_workload
from benchmarks.options import Options
from benchmarks.record import Record
from cnncli.augmentation import SWITCHES, Augmentation, PictureFacts, augmentation_at
from cnncli.network import Network
from cnncli.optim import SGD
from cnncli.pictures.recipe import InputRecipe
from cnncli.program import Program

BATCH_SIZE = 64
# Name, images of an epoch and of a quick one, whether they count as letters or digits, and by how much of its time the
# four changes that a map of the plane makes, and `strong`, may lengthen an epoch.
NETWORKS = [("lenet5", 5_000, 640, True, 0.15, 0.60), ("vgg", 64, 64, False, 0.03, 0.03)]
MAPPED = Augmentation(shift=0.1, rotate=10, scale=0.1, shear=10)


def run(options: Options) -> dict[str, Any]:
    """In one process and in turns; with one thread its CPU time counts, which other programs lengthen least."""
    record = Record("augmentation", options)
    for name, images, quick, is_glyph, most_mapped, most_strong in NETWORKS:
        count = options.size(images, quick) // BATCH_SIZE * BATCH_SIZE
        work = make_workload(name, count)
        channels, height, width = work.pixels.shape[1:]
        facts = PictureFacts(
            channels=channels, height=height, width=width, images=count, is_glyph=is_glyph, class_names=("cat", "dog")
        )
        strong = augmentation_at("strong", facts)
        changes = {"as they are": Augmentation(), "mapped": MAPPED, "light": augmentation_at("light", facts),
                   "strong": strong, **(_single(strong) if is_glyph else {})}  # fmt: skip
        contenders = {label: _epoch(name, work, one, options.threads) for label, one in changes.items()}
        for epoch in contenders.values():
            epoch()
        measured = alternate(contenders, options.rounds)
        result = Result(f"an epoch of {name}, batch {BATCH_SIZE}", measured, images=count)
        record.add(result)
        for label, most in (("mapped", most_mapped), ("strong", most_strong)):
            spread = result.ratio(label)
            met = "met" if spread.median - 1 <= most else "MISSED"
            record.note(f"{name}, {label}: {100 * (spread.median - 1):+.1f} % of the epoch "
                        f"({100 * (spread.least - 1):+.1f} to {100 * (spread.most - 1):+.1f}), "
                        f"at most {100 * most:.0f} %: {met}")  # fmt: skip
    return record.to_dict()


def _single(strong: Augmentation) -> dict[str, Augmentation]:
    """Each change for itself, as `strong` has it or else as it is often taken."""
    usual = {"stroke": 0.5, "noise": 0.05, "erase": 0.25, "elastic": 0.06, "jitter": 0.2, "mixup": 0.2, "flip": 0.5}
    return {
        name: Augmentation(**{name: getattr(strong, name) or usual[name]}) for name in SWITCHES if name in usual
    }


def _epoch(name: str, work: Any, changes: Augmentation, threads: int) -> Callable[[], float]:
    network = Network.from_model_name(name, seed=1)
    network.recipe = InputRecipe.measured(work.pixels, kind="plain", polarity="light-on-dark")
    program = Program(network, BATCH_SIZE, optimizer=SGD(0.01, momentum=0.9), threads=threads, augmentation=changes)
    program.bind(work.pixels, work.labels)
    clock = time.process_time if threads == 1 else time.perf_counter
    order, done = np.random.default_rng(1).permutation(len(work.pixels)), [0]

    def epoch() -> float:
        done[0] += 1
        began = clock()
        for start in range(0, len(order), BATCH_SIZE):
            program.step(order[start : start + BATCH_SIZE], step=start, epoch=done[0])
        return clock() - began

    return epoch
