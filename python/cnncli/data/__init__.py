"""Data sets by name or by path."""

import difflib
from pathlib import Path

from cnncli.data.cache import named_folder
from cnncli.data.csv_list import load_csv_list
from cnncli.data.dataset import DataSet, Split
from cnncli.data.digits import load_digits
from cnncli.data.fetch_records import FetchRecord, Report, ignore
from cnncli.data.fetching import UnreachableError, fetch
from cnncli.data.folder import load_class_folder
from cnncli.data.idx import find_idx, load_idx_folder
from cnncli.data.named import load_named
from cnncli.data.npz import load_npz
from cnncli.data.sources import SOURCES
from cnncli.data.split import split
from cnncli.errors import DataError
from cnncli.shown import shown

__all__ = [
    "NAMES",
    "SOURCES",
    "DataSet",
    "FetchRecord",
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
    report: Report = ignore,
) -> DataSet:
    """A data set by its name, or from a path.

    name_or_path : one of NAMES (all but "digits" are fetched if they are not on this machine); a folder of IDX files;
        a folder with one subfolder of pictures a class, perhaps within train/ and test/; an .npz with images and
        labels; a .csv with the path and label of each picture
    data_dir : folder of the data sets with names, instead of CNN_DATA_DIR or the user's cache
    seed : of `digits`
    size : (channels, height, width) that picture files are fitted to, default grey 28x28
    report : called with what happens while a data set is fetched

    Raises DataError for a set that is unknown, missing or damaged.
    """
    name = str(name_or_path)
    if name in SOURCES:
        return load_named(SOURCES[name], data_dir, report)
    if name == "digits":
        return load_digits(seed=seed)
    path = Path(name_or_path)
    if path.is_dir():
        return load_idx_folder(path) if find_idx(path) else load_class_folder(path, size)
    if not path.exists():
        near = difflib.get_close_matches(name, NAMES, n=1)
        known = f"use {', '.join(NAMES)}, or the path of a folder, an .npz or a .csv"
        raise DataError(f"{shown(path)}: no such data set; {f'did you mean {near[0]}?' if near else known}")
    if path.suffix.lower() == ".npz":
        return load_npz(path)
    if path.suffix.lower() == ".csv":
        return load_csv_list(path, size)
    raise DataError(f"{shown(path)}: is no data set; use a folder of IDX files or of pictures, an .npz or a .csv")


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
