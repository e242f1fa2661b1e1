"""Data sets by name or by path."""

import difflib
from pathlib import Path

from cnncli.data.by_path import read_path
from cnncli.data.cache import named_folder
from cnncli.data.dataset import DataSet, Note, Split, find_polarity
from cnncli.data.digits import load_digits
from cnncli.data.fetch_records import FetchRecord, Report, ignore
from cnncli.data.fetching import UnreachableError, fetch
from cnncli.data.named import load_named
from cnncli.data.pictures import read_pictures
from cnncli.data.raw import RawPart, RawSet
from cnncli.data.sources import SOURCES
from cnncli.data.split import split
from cnncli.errors import DataError
from cnncli.shown import shown

__all__ = [
    "NAMES",
    "SOURCES",
    "DataSet",
    "FetchRecord",
    "Note",
    "Report",
    "Split",
    "fetch",
    "ignore",
    "load",
    "resolve_default",
    "split",
]

NAMES = (*SOURCES, "digits")


def load(
    name_or_path: str | Path,
    *,
    data_dir: str | Path | None = None,
    seed: int = 0,
    size: tuple[int, int, int] = (1, 28, 28),
    label_column: str | None = None,
    report: Report = ignore,
) -> DataSet:
    """A data set by its name, or from a path.

    name_or_path : one of NAMES (all but "digits" are fetched if they are not on this machine); or the path of a folder
        or file of any form that `by_path.read_path` knows
    data_dir : folder of the data sets with names, instead of CNN_DATA_DIR or the user's cache
    seed : of `digits`
    size : (channels, height, width) that picture files are fitted to, default grey 28x28
    label_column : which column of a list or table is the label, where that cannot be found: a name of the header,
        "first", "last" or a number from 1
    report : called with what happens while a data set is fetched

    Raises DataError for a set that is unknown, missing or damaged.
    """
    name = str(name_or_path)
    if name in SOURCES:
        return load_named(SOURCES[name], data_dir, report)
    if name == "digits":
        return load_digits(seed=seed)
    path = Path(name_or_path)
    if not path.exists():
        near = difflib.get_close_matches(name, NAMES, n=1)
        known = f"use {', '.join(NAMES)}, or the path of a folder, an .npz or a .csv"
        raise DataError(f"{shown(path)}: no such data set; {f'did you mean {near[0]}?' if near else known}")
    return _prepared(read_path(path, label_column), size)


def _prepared(raw: RawSet, size: tuple[int, int, int]) -> DataSet:
    """The set that a reader found, each picture fitted to the size."""
    splits = {part: _split(raw.source, held, size) for part, held in raw.parts.items()}
    first = next((split for split in splits.values() if len(split)), None)
    return DataSet(
        name=raw.name,
        train=splits.get("train"),
        validation=splits.get("validation"),
        test=splits.get("test"),
        class_names=raw.class_names,
        polarity=find_polarity(first.images) if first is not None else "any",
        source=raw.source,
        known_digest=raw.known_digest,
        notes=raw.notes,
    )


def _split(where: str, part: RawPart, size: tuple[int, int, int]) -> Split:
    if not isinstance(part.pictures, list):
        return Split(part.pictures, part.labels)
    images = read_pictures(where, part.pictures, size, part.places)
    return Split(images, part.labels, tuple(str(picture) for picture in part.pictures))


def resolve_default(data_dir: str | Path | None = None, report: Report = ignore) -> tuple[DataSet, str | None]:
    """The data set when none was named: MNIST where it is found or can be fetched, else `digits` and a notice.

    Only where no mirror connects is there a reason to fall back. Wrong bytes are an error, and so is a folder that the
    user named and that lacks MNIST.
    """
    try:
        return load("mnist", data_dir=data_dir, report=report), None
    except UnreachableError as error:
        if named_folder(data_dir) is not None:
            raise
        why = "; ".join(f"{mirror.partition('/')[0]}: {reason}" for mirror, reason in error.reasons.items())
        notice = (
            f"MNIST is not on this machine and no mirror can be reached ({why}): using the embedded data set digits "
            "instead. `cnn download mnist` says which files to put where."
        )
        return load_digits(), notice
