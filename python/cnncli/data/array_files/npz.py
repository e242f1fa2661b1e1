"""An .npz of NumPy arrays: images and labels. Read by hand, since NumPy evaluates headers and trusts sizes."""

import stat
import struct
import zipfile
import zlib
from collections import Counter
from pathlib import Path

from cnncli.array_types import Array
from cnncli.data.array_files.named_arrays import common_words, read_named
from cnncli.data.array_files.npy import NpyHeader, read_header, read_values
from cnncli.data.dataset import MAX_BYTES
from cnncli.data.part_names import part_folders
from cnncli.data.raw import RawSet
from cnncli.errors import DataError
from cnncli.shown import printable

_MOST_MEMBERS = 1000
_SHOWN = 6


def read_npz(path: Path) -> RawSet:
    """Reads images and labels from an archive.

    Arrays under any of the usual names (x_train and y_train, train_images and train_labels, X and y, images and
    labels, data and target, arr_0 and arr_1), with test and validation parts beside them; images of any form that
    `arrays.make_parts` takes; labels as numbers, text or one-hot. What is not needed is not unpacked.

    Raises DataError if the archive cannot be read, holds pickles or more than the limit, or arrays of other kinds.
    """
    where = printable(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise DataError(f"{where}: not a regular file; pass the .npz itself")
        with zipfile.ZipFile(path) as archive:
            members = _members(where, archive)
            headers = _headers(where, archive, members)

            def read(name: str) -> Array:
                return _values(where, archive, name, members[name])

            others = [name for name in members if name not in headers]
            return read_named(where, path.stem, headers, read, others)
    except _UNREADABLE as error:
        raise _damaged(where, error) from None


def read_single_arrays(folder: Path, archives: list[Path]) -> RawSet:
    """Reads the archives of a folder as one set: one array in each (k49-train-imgs.npz), or one part (train.npz).

    Raises DataError if that is not what they are, and as `read_npz`.
    """
    where = printable(folder)
    held: dict[Path, dict[str, NpyHeader | DataError]] = {}
    for path in archives[:_MOST_MEMBERS]:
        try:
            with zipfile.ZipFile(path) as archive:
                held[path] = _headers(printable(path), archive, _members(printable(path), archive))
        except _UNREADABLE as error:
            raise _damaged(printable(path), error) from None
    begin = common_words([path.stem for path in archives])
    parts = part_folders(path.stem for path in archives)
    places: dict[str, tuple[Path, str]] = {}
    if all(len(headers) == 1 for headers in held.values()):
        places = {path.stem[begin:]: (path, next(iter(headers))) for path, headers in held.items()}
    elif len(parts) == len(archives) == len(set(parts.values())):
        places = {f"{parts[path.stem]}_{name}": (path, name) for path, headers in held.items() for name in headers}
    if not places:
        listed = ", ".join(printable(path.name) for path in archives[:_SHOWN])
        raise DataError(f"{where}: {len(archives)} files of arrays ({listed}); pass one, or name them train and test")

    def read(name: str) -> Array:
        path, array = places[name]
        try:
            with zipfile.ZipFile(path) as archive:
                return _values(printable(path), archive, array, _members(printable(path), archive)[array])
        except _UNREADABLE as error:
            raise _damaged(printable(path), error) from None

    found = {name: held[path][array] for name, (path, array) in places.items()}
    return read_named(where, folder.resolve().name, found, read)


def _headers(
    where: str, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]
) -> dict[str, NpyHeader | DataError]:
    """The header of each array, or why it cannot be read."""
    headers: dict[str, NpyHeader | DataError] = {}
    for name, member in members.items():
        if not member.filename.endswith(".npy"):
            continue
        try:
            _check_member(where, name, member)
            with archive.open(member) as file:
                headers[name] = read_header(where, printable(name[:40]), file)
        except DataError as error:
            headers[name] = error
    return headers


def _values(where: str, archive: zipfile.ZipFile, name: str, member: zipfile.ZipInfo) -> Array:
    with archive.open(member) as file:
        header = read_header(where, printable(name[:40]), file)
        values = read_values(where, printable(name[:40]), file, header, member.file_size)
        file.read()  # at the end the CRC-32 is checked
        return values


def _damaged(where: str, error: BaseException) -> DataError:
    reason = " ".join(str(error).split())[:80].lower() or type(error).__name__
    return DataError(f"{where}: cannot be read as .npz ({printable(reason)}); save it again")


# What `zipfile` and the decompressor raise for files that are not what they say.
_UNREADABLE = (
    OSError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error, EOFError, LookupError, OverflowError,
    struct.error,
)  # fmt: skip


def _members(where: str, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The members by the name of their array; nothing is unpacked, and no name is used as a path."""
    found = archive.infolist()
    if len(found) > _MOST_MEMBERS:
        raise DataError(f"{where}: has {len(found):,} members; at most {_MOST_MEMBERS:,} are read")
    size = sum(member.file_size for member in found)
    if size > MAX_BYTES:
        raise DataError(f"{where}: unpacks to {size:,} bytes; the limit is {MAX_BYTES:,}, use a smaller set")
    names = [member.filename.removesuffix(".npy") for member in found]
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise DataError(f"{where}: holds {printable(twice[0][:40])} twice; save it again")
    return dict(zip(names, found, strict=True))


def _check_member(where: str, name: str, member: zipfile.ZipInfo) -> None:
    if member.flag_bits & 1:
        raise DataError(f"{where}: {printable(name[:40])} is encrypted; save it without a password")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(
            f"{where}: {printable(name[:40])} is compressed by method {member.compress_type}; use "
            "numpy.savez_compressed"
        )
