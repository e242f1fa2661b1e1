"""Rounds in which every contender has its turn, and what is made of their times."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.contender import Contender, Together

CHECKED_STEPS = 5


@dataclass(frozen=True)
class Spread:
    """Median, least and most of some values."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Result:
    """What one piece of work cost each contender, round by round.

    what : "train, batch 64"
    measured : by contender, ours first; as many values as rounds
    unit : of the values: "seconds" or "bytes"
    images : in one round, 0 where images are not what is counted
    operations : additions and multiplications of one round, counted as direct convolution; 0: not counted
    """

    what: str
    measured: dict[str, list[float]]
    unit: str = "seconds"
    images: int = 0
    operations: int = 0

    @property
    def ours(self) -> str:
        return next(iter(self.measured))

    def value(self, name: str) -> float:
        return statistics.median(self.measured[name])

    def ratio(self, against: str) -> Spread:
        """How many times what we cost the other one costs: above 1 we are better. Round by round."""
        pairs = zip(self.measured[against], self.measured[self.ours], strict=True)
        return Spread.of([other / own for other, own in pairs])

    def images_per_second(self, name: str) -> float:
        return self.images / self.value(name)

    def gigaflops(self, name: str) -> float:
        return self.operations / self.value(name) / 1e9

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> "Result":
        return cls(**value)


def alternate(work: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """The values of each work, ours first. Each round begins with the next one, so that none is always first."""
    names = list(work)
    values: dict[str, list[float]] = {name: [] for name in names}
    for index in range(rounds):
        first = index % len(names)
        for name in names[first:] + names[:first]:
            values[name].append(work[name]())
    return values


def compare(
    what: str,
    contenders: Mapping[str, Contender | Together],
    tolerances: dict[str, float],
    rounds: int,
    do: str,
    *,
    fail: Callable[[str], None],
    images: int = 0,
    operations: int = 0,
    **settings: Any,
) -> Result:
    """Every contender does the work once, its results are held to ours, and then they take turns.

    fail : told of a contender that fails or computes something else; it is not timed, and the others go on
    """
    own, *others = contenders
    ours = contenders[own].prepare(do, **settings)
    work = {own: contenders[own].run}
    for label in others:
        try:
            theirs = contenders[label].prepare(do, **settings)
            check(f"{what}: {label}", do, ours, theirs, tolerances.get(label, 1e-3))
            work[label] = contenders[label].run
        except (AssertionError, RuntimeError) as error:
            fail(f"{what}: {label} is left out: {error}")
    measured = alternate(work, rounds)
    return Result(what, measured, images=images, operations=operations)


def check(where: str, do: str, ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray], tolerance: float) -> None:
    """Raises AssertionError where the other one computed something else: then its time says nothing.

    tolerance : relative, to the largest value of each array; the losses of a training drift apart, since
        rounding flips a ReLU or an argmax here and there, so that only the first steps are held to it
    """
    assert ours.keys() == theirs.keys(), f"{where}: results {list(theirs)}, expected {list(ours)}"
    for name, own in ours.items():
        other = theirs[name]
        if do == "train":
            own, other = own[:CHECKED_STEPS], other[:CHECKED_STEPS]
        scale = float(np.abs(own).max())
        np.testing.assert_allclose(
            other, own, rtol=0, atol=tolerance * scale, err_msg=f"{where} computes another {name}"
        )
