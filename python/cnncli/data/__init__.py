"""Data sets by name or by path."""

from collections.abc import Sequence
from pathlib import Path

from cnncli.data.by_path import read_path
from cnncli.data.dataset import Blank, DataSet, Note, Split, images_digest
from cnncli.data.digits import load_digits
from cnncli.data.download.cache import named_folder
from cnncli.data.download.fetching import UnreachableError, fetch
from cnncli.data.download.named import load_named
from cnncli.data.download.sources import SOURCES
from cnncli.data.fetch_records import FetchRecord, Report, ignore
from cnncli.data.preparation.decide import decide
from cnncli.data.preparation.prepare import prepare_set
from cnncli.data.preparation.wish import PictureWish
from cnncli.data.raw import RawSet, as_raw
from cnncli.errors import MissingDataError
from cnncli.nearest import nearest
from cnncli.pictures.recipe import InputRecipe
from cnncli.shipped import DATA_SETS
from cnncli.shown import printable

__all__ = [
    "NAMES",
    "SOURCES",
    "Blank",
    "DataSet",
    "FetchRecord",
    "Note",
    "PictureWish",
    "Report",
    "Split",
    "decide",
    "fetch",
    "ignore",
    "images_digest",
    "load",
    "prepare_set",
    "read_raw",
    "resolve_default",
]

NAMES = DATA_SETS


_ANYTHING = PictureWish()


def load(
    name_or_path: str | Path,
    *,
    data_dir: str | Path | None = None,
    seed: int = 0,
    wish: PictureWish = _ANYTHING,
    recipe: InputRecipe | None = None,
    parts: Sequence[str] | None = None,
    skip_bad: bool = False,
    use_cache: bool = True,
    label_column: str | None = None,
    report: Report = ignore,
) -> DataSet:
    """A data set by its name, or from a path, with its pictures prepared.

    name_or_path : one of NAMES (all but "digits" are fetched if they are not on this machine); or the path of a folder
        or file of any form that `by_path.read_path` knows
    data_dir : folder of the data sets with names, instead of CNN_DATA_DIR or the user's cache
    seed : of `digits`
    wish, recipe, parts, skip_bad, use_cache : as in `prepare_set`
    label_column : which column of a list or table is the label, where that cannot be found: a name of the header,
        "first", "last" or a number from 1
    report : called with what happens while a data set is fetched and its pictures are prepared

    Raises DataError for a set that is unknown, missing or damaged.
    """
    raw = read_raw(name_or_path, data_dir=data_dir, seed=seed, label_column=label_column, report=report)
    return prepare_set(
        raw, wish=wish, recipe=recipe, parts=parts, skip_bad=skip_bad, use_cache=use_cache, report=report
    )


def read_raw(
    name_or_path: str | Path,
    *,
    data_dir: str | Path | None = None,
    seed: int = 0,
    label_column: str | None = None,
    report: Report = ignore,
) -> RawSet:
    """What is found under a name or a path, before any picture is prepared; arguments and errors as in `load`."""
    name = str(name_or_path)
    if name in SOURCES:
        return as_raw(load_named(SOURCES[name], data_dir, report))
    if name == "digits":
        return as_raw(load_digits(seed=seed))
    path = Path(name_or_path)
    if not path.exists():
        near = nearest(name, NAMES)
        known = f"use {', '.join(NAMES)}, or the path of a folder, an .npz or a .csv"
        raise MissingDataError(f"{printable(path)}: no such data set; {f'did you mean {near}?' if near else known}")
    return read_path(path, label_column)


def resolve_default(
    data_dir: str | Path | None = None, report: Report = ignore
) -> tuple[RawSet, str | None]:
    """The data set when none was named: MNIST where it is found or can be fetched, else `digits` and a notice.

    Only where no mirror connects is there a reason to fall back. Wrong bytes are an error, and so is a folder that the
    user named and that lacks MNIST.
    """
    try:
        return read_raw("mnist", data_dir=data_dir, report=report), None
    except UnreachableError as error:
        if named_folder(data_dir) is not None:
            raise
        why = "; ".join(f"{mirror.partition('/')[0]}: {reason}" for mirror, reason in error.reasons.items())
        notice = (
            f"MNIST is not on this machine and no mirror can be reached ({why}): using the embedded data set digits "
            "instead. `cnn download mnist` says which files to put where."
        )
        return read_raw("digits"), notice
