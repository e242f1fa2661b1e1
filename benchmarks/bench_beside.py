"""Threads beside other work: LeNet-5 with more threads and with one, quiet and beside a busy loop, taking turns; the
same with PyTorch or scikit-learn imported first, which bring an OpenMP of their own; and two trainings at once.

A piece of work is done again and again for a while, so that waiting for a thread that does not run, which costs
whole slices of the scheduler, is seen in proportion.
"""

import contextlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.bench_network import LEARNING_RATE, MOMENTUM
from benchmarks.busy_loop import busy_loop
from benchmarks.commands import can_import
from benchmarks.contender import Contender
from benchmarks.measure import Result, alternate, check
from benchmarks.options import Options
from benchmarks.record import Record, loaded
from benchmarks.targets import ALONE

IMAGES = 4000
TRAINING = {"learning_rate": LEARNING_RATE, "momentum": MOMENTUM}
FIRST = ("torch", "sklearn")  # imported before cnncli, where they are installed


@dataclass(frozen=True)
class Work:
    do: str
    batch_size: int

    @property
    def what(self) -> str:
        return f"{self.do}, batch {self.batch_size}"

    @property
    def settings(self) -> dict[str, Any]:
        return {"batch_size": self.batch_size, **(TRAINING if self.do == "train" else {})}

    def images(self, loaded: int) -> int:
        """Of one round: as many as fill whole batches."""
        return loaded // self.batch_size * self.batch_size


TRAIN = Work("train", 64)
WORK = (TRAIN, Work("train", 8), Work("infer", 64), Work("infer", 1000))


def run(options: Options) -> dict[str, Any]:
    record = Record("beside", options)
    if options.threads == 1:
        record.note("one thread is what the others are compared with: pass --threads 2")
        return record.to_dict()
    images = options.size(IMAGES, 1000)
    with contextlib.ExitStack() as stack:

        def start(threads: int, first: str = "") -> Contender:
            """As a user has it: no variable says to OpenMP how many threads there are."""
            python = options.pythons.get(first, sys.executable)
            contender = Contender(
                "cnncli",
                threads,
                {"cnncli": python},
                label=f"{threads} threads {first}",
                environment={"OMP_NUM_THREADS": None},
                first=[first] if first else [],
            )
            stack.callback(contender.close)
            stack.enter_context(loaded("lenet5", images, {"": contender}))
            return contender

        many, one, other = start(options.threads), start(1), start(options.threads)
        for work in WORK:
            _quiet_and_beside(work, many, one, images, options, record)
        _two_at_once(many, other, images, options, record)
        for first in FIRST:
            python = options.pythons.get(first, sys.executable)
            why = can_import(python, first, "cnncli.program")
            if why:
                record.skip(first, why)
                continue
            _after_an_import(first, start(options.threads, first), start(1, first), images, options, record)
    return record.to_dict()


def _quiet_and_beside(
    work: Work, many: Contender, one: Contender, images: int, options: Options, record: Record
) -> None:
    _prepare(work, many, one)
    seconds = _window(options)
    turns: dict[str, Callable[[], float]] = {
        "many quiet": lambda: many.run_for(seconds),
        "one quiet": lambda: one.run_for(seconds),
        "many beside": lambda: _beside(many, seconds),
        "one beside": lambda: _beside(one, seconds),
    }
    measured = alternate(turns, options.rounds)
    label = f"{options.threads} threads"
    count = work.images(images)
    quiet = {label: measured["many quiet"], "1 thread, quiet": measured["one quiet"]}
    beside = {label: measured["many beside"], "1 thread": measured["one beside"]}
    record.add(Result(f"{work.what}, quiet", quiet, images=count))
    record.add(Result(f"{work.what}, beside a loop", beside, images=count))


def _after_an_import(
    library: str, many: Contender, one: Contender, images: int, options: Options, record: Record
) -> None:
    _prepare(TRAIN, many, one)
    seconds = _window(options)
    measured = alternate(
        {f"{options.threads} threads": lambda: _beside(many, seconds), "1 thread": lambda: _beside(one, seconds)},
        options.rounds,
    )
    record.add(Result(f"{TRAIN.what}, {library} first", measured, images=TRAIN.images(images)))


def _two_at_once(one: Contender, other: Contender, images: int, options: Options, record: Record) -> None:
    """The slower of two against one alone."""
    _prepare(TRAIN, one, other)
    seconds = _window(options)

    def both() -> float:
        """Longer: both end in the midst of the other's work, so that neither has the machine for itself."""
        for contender in (one, other):
            contender.begin("run_for", seconds=4 * seconds)
        found = [float(contender.result()) for contender in (one, other)]
        for contender in (one, other):
            contender.wait_for_rest()
        return max(found)

    measured = alternate({"each of two": both, ALONE: lambda: one.run_for(seconds)}, options.rounds)
    record.add(Result(f"{TRAIN.what}, two at once", measured, images=TRAIN.images(images)))


def _prepare(work: Work, *contenders: Contender) -> None:
    """Sets the work of all; their results are the same to the last bit, whatever the number of threads."""
    first, *others = [contender.prepare(work.do, **work.settings) for contender in contenders]
    for contender, results in zip(contenders[1:], others, strict=True):
        check(f"{work.what}: {contender.label}", work.do, first, results, tolerance=0)


def _beside(contender: Contender, seconds: float) -> float:
    with busy_loop():
        return contender.run_for(seconds)


def _window(options: Options) -> float:
    return 0.02 if options.quick else 0.25
