"""What a reader of data hands on: which pictures there are and what they are labelled, before any is prepared.

Readers (one file each form of data) find and count; they decode no picture file. `prepare.py` makes the images of a
`DataSet` out of what they found, in one way for all of them.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cnncli.data.dataset import DataSet, Images, Note

PARTS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class RawPart:
    """The pictures of one part of a data set, as files or as arrays, and their labels.

    pictures : paths of N picture files, or uint8 (N, C, H, W) with 1 or 3 channels
    labels : int64 (N,), each in [0, number of classes)
    places : N places such as "list.csv, line 3", where a picture is named, for messages; None: the file names itself
    """

    pictures: list[Path] | Images
    labels: npt.NDArray[np.int64]
    places: list[str] | None = None

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class RawSet:
    """All that a reader found under one path.

    name, class_names, source, known_digest : as in `DataSet`
    parts : by their names, of `PARTS`
    notes : what was left aside, converted or assumed, in the order in which it is to be told
    polarity : as in `DataSet`, where it is known; None: found from the images
    """

    name: str
    class_names: list[str]
    parts: dict[str, RawPart]
    source: str = ""
    known_digest: str | None = None
    notes: list[Note] = field(default_factory=list)
    polarity: str | None = None


def as_raw(dataset: DataSet) -> RawSet:
    """A data set of arrays as its reader would have handed it on."""
    parts = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    return RawSet(
        name=dataset.name,
        class_names=dataset.class_names,
        parts={name: RawPart(split.images, split.labels) for name, split in parts.items() if split is not None},
        source=dataset.source,
        known_digest=dataset.known_digest,
        notes=list(dataset.notes),
        polarity=dataset.polarity,
    )
