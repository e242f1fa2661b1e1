"""What a data set is: counts, classes, measures of its pixels, files and licence."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnncli.data.binary.idx_sets import find_idx_sets, idx_root
from cnncli.data.dataset import DataSet, Split
from cnncli.data.download.cache import locate
from cnncli.data.download.sources import SOURCES
from cnncli.pictures.recipe import InputRecipe

_OWN_LICENCE = "that of this program"


@dataclass(frozen=True)
class DataFacts:
    """Facts about a data set, for people and for scripts.

    source, licence : for the user; licence is "" where nobody stated it to the program, as for data by path
    files : what was read; a folder of pictures stands for the pictures in it; empty for `digits`
    train, validation, test : number of images, 0 without the part
    class_counts : (name, training images, images for validation, test images) of each class, in the order of the labels
    shape : (channels, height, width)
    preparation : "glyph" or "plain"
    mean, std : of each channel over the training images (the test images if there are no others), pixels in [0, 1]
    notes : how the pictures were prepared and why, what was left aside, converted or assumed, one line each
    """

    name: str
    source: str
    licence: str
    files: list[str]
    train: int
    validation: int
    test: int
    class_counts: list[tuple[str, int, int, int]]
    shape: tuple[int, int, int]
    polarity: str
    preparation: str
    notes: list[str]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    digest: str


def data_facts(dataset: DataSet, name_or_path: str, data_dir: str | Path | None = None) -> DataFacts:
    """Counts and measures what `data.load(name_or_path, data_dir=data_dir)` returned."""
    splits = (dataset.train, dataset.validation, dataset.test)
    part = next(
        split for split in (dataset.train, dataset.test, dataset.validation) if split is not None and len(split)
    )
    channels, height, width = part.images.shape[1:]
    recipe = InputRecipe.measured(part.images, kind="plain", polarity=dataset.polarity)
    train, validation, test = (_counts(split, len(dataset.class_names)) for split in splits)
    return DataFacts(
        name=dataset.name,
        source=dataset.source,
        licence=_licence(name_or_path),
        files=_files(name_or_path, data_dir),
        train=sum(train),
        validation=sum(validation),
        test=sum(test),
        class_counts=list(zip(dataset.class_names, train, validation, test, strict=True)),
        shape=(channels, height, width),
        polarity=dataset.polarity,
        preparation=dataset.preparation,
        mean=recipe.mean,
        std=recipe.scale,
        digest=dataset.digest,
        notes=[note.text for note in dataset.notes],
    )


def _counts(split: Split | None, classes: int) -> list[int]:
    counts: list[int] = np.bincount(split.labels, minlength=classes).tolist() if split else [0] * classes
    return counts


def _licence(name: str) -> str:
    return _OWN_LICENCE if name == "digits" else SOURCES[name].licence if name in SOURCES else ""


def _files(name: str, data_dir: str | Path | None) -> list[str]:
    if name == "digits":
        return []
    if name in SOURCES:
        found = locate(SOURCES[name], data_dir)
        assert found is not None  # it was just read
        return [str(path) for path in found[1].values()]
    path = Path(name)
    root = idx_root(path) if path.is_dir() else None
    sets = find_idx_sets(root) if root is not None else {}
    return [str(file) for files in sets.values() for pair in files.values() for file in pair.values()] or [str(path)]
