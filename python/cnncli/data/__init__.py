"""Data sets by name or by path."""

from pathlib import Path

from cnncli.data.csv_list import load_csv_list
from cnncli.data.dataset import DataSet, Split
from cnncli.data.digits import load_digits
from cnncli.data.folder import load_class_folder
from cnncli.data.idx import file_names, find_idx, load_idx_folder
from cnncli.data.mnist import cache_folder, find_mnist, load_mnist, named_folder
from cnncli.data.npz import load_npz
from cnncli.data.split import split
from cnncli.errors import DataError
from cnncli.shown import shown

__all__ = ["NAMES", "DataSet", "Split", "load", "resolve_default", "split"]

NAMES = ("mnist", "digits")


def load(
    name_or_path: str | Path,
    *,
    data_dir: str | Path | None = None,
    seed: int = 0,
    size: tuple[int, int, int] = (1, 28, 28),
) -> DataSet:
    """A data set by its name, or from a path.

    name_or_path : "mnist"; "digits"; a folder of IDX files; a folder with one subfolder of pictures a class, perhaps
        within train/ and test/; an .npz with images and labels; a .csv with the path and label of each picture
    data_dir : where MNIST's files are, instead of CNN_DATA_DIR or the user's cache
    seed : of `digits`
    size : (channels, height, width) that picture files are fitted to, default grey 28x28

    Raises DataError for a set that is unknown, missing or damaged.
    """
    name = str(name_or_path)
    if name == "mnist":
        return load_mnist(data_dir)
    if name == "digits":
        return load_digits(seed=seed)
    path = Path(name_or_path)
    if path.is_dir():
        return load_idx_folder(path) if find_idx(path) else load_class_folder(path, size)
    if not path.exists():
        raise DataError(
            f"{shown(path)}: no such data set; use {' or '.join(NAMES)}, or the path of a folder, an .npz or a .csv"
        )
    if path.suffix.lower() == ".npz":
        return load_npz(path)
    if path.suffix.lower() == ".csv":
        return load_csv_list(path, size)
    raise DataError(f"{shown(path)}: is no data set; use a folder of IDX files or of pictures, an .npz or a .csv")


def resolve_default(data_dir: str | Path | None = None) -> tuple[DataSet, str | None]:
    """The data set when none was named: MNIST where it is found, else the embedded `digits` and a notice.

    A folder that the user named must hold MNIST: its absence is an error and no reason to fall back.
    """
    if named_folder(data_dir) is not None or find_mnist()[1]:
        return load_mnist(data_dir), None
    notice = (
        f"MNIST is not on this machine: using the embedded data set digits instead. For MNIST put {file_names()} "
        f"into {shown(cache_folder())}, or name their folder with --data-dir."
    )
    return load_digits(), notice
