"""A path as a data set: which form of data it is, told by content, and which reader reads it."""

import stat
from pathlib import Path

from cnncli.data.array_files.npy import SIGNATURE
from cnncli.data.array_files.npy_pair import read_npy_files
from cnncli.data.array_files.npz import read_npz
from cnncli.data.binary.cifar_binary import read_batches
from cnncli.data.binary.idx_sets import is_idx_name, read_idx_set
from cnncli.data.folder import read_folder
from cnncli.data.formats_refused import HEAD_BYTES, refuse
from cnncli.data.raw import RawSet
from cnncli.data.tables.lists import read_list_set
from cnncli.data.tables.number_table import dressed_number
from cnncli.data.tables.pixel_cells import has_pixel_cells, read_pixel_cells
from cnncli.data.tables.pixel_table import is_pixel_table, read_pixel_set
from cnncli.errors import DataError
from cnncli.pictures.formats import find_format, is_text
from cnncli.shown import printable, reason_of

_MOST_LIST_COLUMNS = 50  # separators in the first line of UTF-16, of which a list has fewer
_TEXT_SUFFIXES = {".csv", ".tsv", ".txt", ".lst", ".list", ".tra", ".tes", ".data", ".train", ".test", ".dat"}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def read_path(path: Path, label_column: str | None = None) -> RawSet:
    """Reads what lies at a path that exists; no picture file is decoded.

    path : a folder (see `read_folder`), an .npz, an .npy, an IDX file, a batch of CIFAR, a list or a table of pixels
    label_column : of lists and tables, where it cannot be found: a name of the header, "first", "last" or a number

    Raises DataError, one line that says what it is and what to do, for everything else.
    """
    where = printable(path)
    if path.is_dir():
        return read_folder(path, label_column)
    suffix = path.suffix.lower()
    head = _head(path, where, suffix)
    if suffix == ".npz":
        return read_npz(path)
    if head.startswith(SIGNATURE):
        return read_npy_files(path)
    if is_idx_name(path):
        return read_idx_set(path.parent, path)
    if head.startswith(b"PK\x03\x04") and b".npy" in head[:200]:
        return read_npz(path)
    refuse(path, head)
    if suffix == ".bin":
        return read_batches(path.parent, {"train": [path]})
    known = find_format(head)
    if known is not None:
        raise DataError(
            f"{where}: one {known.name} picture; pass a folder with one subfolder of pictures for each class"
        )
    if suffix in _TEXT_SUFFIXES or is_text(head) or head.startswith(_UTF_16):
        if head.startswith(_UTF_16) and _separators(head) > _MOST_LIST_COLUMNS:
            raise DataError(f'{where}: a table in UTF-16; save it as UTF-8 ("CSV UTF-8" in spreadsheets)')
        if is_pixel_table(path):
            return read_pixel_set({"train": path}, path.stem, where, label_column)
        if has_pixel_cells(path):
            return read_pixel_cells(path, label_column)
        dressed = dressed_number(path)
        if dressed is not None:
            raise DataError(dressed)
        return read_list_set(path, label_column)
    raise DataError(f"{where}: is no data set; use a folder of IDX files or of pictures, an .npz or a .csv")


def _separators(head: bytes) -> int:
    line = head.partition(b"\n")[0]
    return line.count(b",") + line.count(b";") + line.count(b"\t")


def _head(path: Path, where: str, suffix: str) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            remedy = "save the list to a file first" if suffix in _TEXT_SUFFIXES else "pass the file itself"
            raise DataError(f"{where}: not a regular file; {remedy}")
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        reason = reason_of(error)
        raise DataError(f"{where}: cannot be read ({reason}); check the file and its permissions") from None
