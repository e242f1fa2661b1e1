"""An .npz of NumPy arrays: images and labels. Read by hand, since NumPy evaluates headers and trusts sizes."""

import math
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.data.dataset import MAX_BYTES, MAX_CLASSES, DataSet, Split, find_polarity
from cnncli.errors import DataError
from cnncli.shown import shown

_NAMES = (("train_images", "train_labels"), ("x_train", "y_train"), ("images", "labels"))
_TEST_NAMES = (("test_images", "test_labels"), ("x_test", "y_test"))

_MOST_MEMBERS = 1000
_MOST_HEADER_BYTES = 10_000
_MOST_DIMENSIONS = 8
# The one form of header there is: Python text of a dict whose keys are sorted. No text is ever evaluated.
_HEADER = re.compile(
    r"\{\s*'descr':\s*(?P<descr>'[^']{1,20}'|\[.*\]),\s*'fortran_order':\s*(?P<fortran>True|False),"
    r"\s*'shape':\s*\((?P<shape>[0-9L, ]{0,200})\),?\s*\}\s*",
    re.DOTALL,
)
_NUMBERS = re.compile(r"[<>|=]?([biuf])([1248])")

Array = npt.NDArray[Any]


def load_npz(path: Path) -> DataSet:
    """Reads images and labels from an archive.

    Arrays `train_images` and `train_labels`, or `x_train` and `y_train`, or `images` and `labels`; optional
    `test_images` and `test_labels` or `x_test` and `y_test`; images uint8 (N, H, W), (N, H, W, C) or (N, C, H, W) with
    1 or 3 channels; labels whole numbers from 0. Other members are not read.

    Raises DataError if the archive cannot be read, holds pickles or more than 2 GiB, or arrays of other kinds.
    """
    where = shown(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise DataError(f"{where}: not a regular file; pass the .npz itself")
        with zipfile.ZipFile(path) as archive:
            members = _members(where, archive)
            train = _find(where, archive, members, _NAMES)
            test = _find(where, archive, members, _TEST_NAMES)
    except _UNREADABLE as error:
        reason = " ".join(str(error).split())[:80].lower() or type(error).__name__
        raise DataError(f"{where}: cannot be read as .npz ({shown(reason)}); save it again") from None
    if train is None:
        raise DataError(f"{where}: holds no arrays images and labels; name them so")
    labels = [part.labels for part in (train, test) if part is not None and len(part)]
    classes = 1 + max((int(part.max()) for part in labels), default=0)
    return DataSet(
        name=path.stem,
        train=train,
        test=test,
        class_names=[str(label) for label in range(classes)],
        polarity=find_polarity(train.images),
        source=where,
    )


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
        raise DataError(f"{where}: holds {shown(twice[0][:40])} twice; save it again")
    return dict(zip(names, found, strict=True))


def _find(
    where: str,
    archive: zipfile.ZipFile,
    members: dict[str, zipfile.ZipInfo],
    names: tuple[tuple[str, str], ...],
) -> Split | None:
    for images, labels in names:
        if images in members and labels in members:
            pictures = _as_images(where, _read_array(where, archive, images, members[images]))
            classes = _as_labels(where, _read_array(where, archive, labels, members[labels]))
            if len(pictures) != len(classes):
                raise DataError(
                    f"{where}: {images} has {len(pictures):,} images, but {labels} {len(classes):,} labels; "
                    "save one label for each image"
                )
            return Split(pictures, classes)
    return None


def _read_array(where: str, archive: zipfile.ZipFile, name: str, member: zipfile.ZipInfo) -> Array:
    """One array; what is unpacked is bounded by the size that the member says, which is within the limit."""
    if member.flag_bits & 1:
        raise DataError(f"{where}: {name} is encrypted; save it without a password")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{where}: {name} is compressed by method {member.compress_type}; use numpy.savez_compressed")
    with archive.open(member) as file:
        content = file.read(member.file_size + 1)
    dtype, fortran, shape, begin = _read_header(where, name, content)
    count = math.prod(shape)
    if count * dtype.itemsize != len(content) - begin:
        claim = "x".join(map(str, shape)) or "one value"
        raise DataError(
            f"{where}: {name} says {claim} of {dtype.name}, but {len(content) - begin:,} bytes follow; save it again"
        )
    return np.frombuffer(content, dtype, count, begin).reshape(shape, order="F" if fortran else "C")


def _read_header(where: str, name: str, content: bytes) -> tuple[np.dtype[Any], bool, tuple[int, ...], int]:
    """(element type, whether columns come first, shape, where the values begin) of an .npy."""
    if content[:6] != b"\x93NUMPY":
        raise DataError(f"{where}: {name} is no array of NumPy; save it with numpy.savez")
    width = {b"\x01": 2, b"\x02": 4, b"\x03": 4}.get(content[6:7])
    if width is None or len(content) < 8 + width:
        raise DataError(f"{where}: {name} has a header of an unknown version or is cut; save it again")
    length = int.from_bytes(content[8 : 8 + width], "little")
    begin = 8 + width + length
    if length > _MOST_HEADER_BYTES or begin > len(content):
        raise DataError(f"{where}: {name} has a header of {length:,} bytes; save it again")
    match = _HEADER.fullmatch(content[8 + width : begin].decode("latin-1"))
    if match is None:
        raise DataError(f"{where}: {name} has a header that NumPy does not write; save it again")
    described = match["descr"].strip("'")
    if "O" in described:
        raise DataError(f"{where}: {name} holds Python objects, which are never read; save it as plain numbers")
    if not _NUMBERS.fullmatch(described) or described[-2:] == "f1":
        raise DataError(f"{where}: {name} holds {shown(described[:40])}; save it as plain numbers")
    digits = [part.strip().removesuffix("L") for part in match["shape"].split(",")]
    sizes = [part for part in digits if part]
    if len(sizes) > _MOST_DIMENSIONS or any(not part.isdigit() or len(part) > 19 for part in sizes):
        raise DataError(f"{where}: {name} has the shape ({match['shape'][:40]}); save it again")
    return np.dtype(described), match["fortran"] == "True", tuple(map(int, sizes)), begin


def _as_images(where: str, array: Array) -> npt.NDArray[np.uint8]:
    if array.dtype != np.uint8 or array.ndim not in (3, 4):
        raise DataError(f"{where}: images are {array.dtype} {array.shape}; save uint8 (N, H, W) or (N, C, H, W)")
    if array.ndim == 3:
        array = array[:, None]
    elif array.shape[1] not in (1, 3) and array.shape[3] in (1, 3):
        array = array.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(array)


def _as_labels(where: str, array: Array) -> npt.NDArray[np.int64]:
    array = array.reshape(-1) if array.ndim == 2 and array.shape[1] == 1 else array
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise DataError(f"{where}: labels are {array.dtype} {array.shape}; save them as whole numbers (N,)")
    if array.size and not 0 <= int(array.min()) <= int(array.max()) < MAX_CLASSES:
        wrong = array.min() if array.min() < 0 else array.max()
        raise DataError(f"{where}: label {wrong} found; labels go from 0 to at most {MAX_CLASSES - 1}")
    return array.astype(np.int64)
