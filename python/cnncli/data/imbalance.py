"""Classes of different sizes: how different they are, and what a training can do about it."""

from collections.abc import Sequence
from dataclasses import dataclass

# From here on `--balance` gave better mean recalls than training without it, but for one network (docs/training.md).
WORTH_BALANCING = 10.0
REMEDY = "sample"


@dataclass(frozen=True)
class Imbalance:
    """The largest and the smallest class that has samples.

    largest, smallest : (name, samples); of equal ones the first
    ratio : samples of the largest over those of the smallest, at least 1
    without : names of classes that have none
    remedy : what `--balance` should be, "sample"; "" where the classes are about as large
    """

    largest: tuple[str, int]
    smallest: tuple[str, int]
    ratio: float
    without: tuple[str, ...]
    remedy: str


def imbalance_of(class_names: Sequence[str], counts: Sequence[int]) -> Imbalance | None:
    """How different in size classes are; None where fewer than two have samples.

    counts : of the samples trained on, for each class

    >>> found = imbalance_of(["cat", "dog", "emu"], [300, 3, 0])
    >>> found.ratio, found.remedy, found.smallest, found.without
    (100.0, 'sample', ('dog', 3), ('emu',))
    """
    there = [(name, int(count)) for name, count in zip(class_names, counts, strict=True) if count]
    if len(there) < 2:
        return None
    largest, smallest = max(there, key=lambda one: one[1]), min(there, key=lambda one: one[1])
    ratio = largest[1] / smallest[1]
    without = tuple(name for name, count in zip(class_names, counts, strict=True) if not count)
    return Imbalance(largest, smallest, ratio, without, REMEDY if ratio >= WORTH_BALANCING else "")
