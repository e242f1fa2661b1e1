"""Training and inference of one network, ours and the peers' in turn."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.contender import Contender, Together
from benchmarks.measure import Result, compare
from benchmarks.networks import operations
from benchmarks.options import Options
from benchmarks.peers import PEERS, peers_for
from benchmarks.record import Record, contenders, loaded, tolerances

LEARNING_RATE, MOMENTUM = 0.01, 0.9


@dataclass(frozen=True)
class Work:
    """Training or inference in batches, on so many images a round; in a quick try in smaller batches if need be."""

    do: str
    batch_size: int
    images: int
    quick_images: int

    @property
    def what(self) -> str:
        return f"{self.do}, batch {self.batch_size}"

    @property
    def settings(self) -> dict[str, Any]:
        training = {"learning_rate": LEARNING_RATE, "momentum": MOMENTUM} if self.do == "train" else {}
        return {"batch_size": self.batch_size, **training}

    def sized(self, options: Options) -> "Work":
        if not options.quick:
            return self
        batch_size = min(self.batch_size, self.quick_images)
        return replace(self, batch_size=batch_size, images=self.quick_images)


def run(model: str, work: list[Work], options: Options) -> dict[str, Any]:
    """The record of a benchmark named like its network."""
    record = Record(model, options)
    wanted = [name for name in PEERS if any(name in peers_for(part.do, options.peers, model) for part in work)]
    with contenders(wanted, options, record) as running:
        for part in work:
            taking_part = {name: running[name] for name in running if part.do in PEERS[name].does}
            record.add(measure(model, part, taking_part, options, record))
    return record.to_dict()


def measure(
    model: str, work: Work, running: Mapping[str, Contender | Together], options: Options, record: Record
) -> Result:
    """One piece of work by contenders that are ready for it, ours first; who took more threads than told is noted."""
    work = work.sized(options)
    images = work.images
    with loaded(model, images, running):
        result = compare(
            work.what,
            running,
            tolerances(running),
            options.rounds,
            work.do,
            fail=record.fail,
            images=images,
            operations=images * operations(model, training=work.do == "train"),
            **work.settings,
        )
        for name in result.measured:
            contender = running[name]
            cores = contender.cores_beyond_threads() if isinstance(contender, Contender) else None
            if cores is not None:
                record.fail(f"{work.what}: {name} computed on {cores:.1f} cores, it was to use {contender.threads}")
        return result
