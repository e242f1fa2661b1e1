"""An .npz of NumPy arrays: images and labels, without pickles."""

import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from cnncli.data.dataset import MAX_BYTES, DataSet, Split, find_polarity
from cnncli.errors import DataError
from cnncli.shown import shown

_NAMES = (("train_images", "train_labels"), ("x_train", "y_train"), ("images", "labels"))
_LONGEST_HEADER = 1000  # bytes: a deeply nested one would exhaust Python's parser
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_TEST_NAMES = (("test_images", "test_labels"), ("x_test", "y_test"))


def load_npz(path: Path) -> DataSet:
    """Reads images and labels from an archive.

    Arrays `train_images` and `train_labels`, or `x_train` and `y_train`, or `images` and `labels`; optional
    `test_images` and `test_labels` or `x_test` and `y_test`; images uint8 (N, H, W), (N, H, W, C) or (N, C, H, W) with
    1 or 3 channels; labels whole numbers from 0.

    Raises DataError if the archive cannot be read, holds pickles or more than 2 GiB, or arrays of other kinds.
    """
    where = shown(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = [member.filename for member in archive.infolist()]
            size = sum(member.file_size for member in archive.infolist())
            if len(set(names)) < len(names):
                raise DataError(f"{where}: holds an array twice; save it again")
            if size > MAX_BYTES:
                raise DataError(f"{where}: unpacks to {size:,} bytes; the limit is {MAX_BYTES:,}, use a smaller set")
            train = _find(where, archive, _NAMES)
            test = _find(where, archive, _TEST_NAMES)
    except DataError:
        raise
    except Exception as error:  # zip files, decompressors and the parser of headers raise nearly anything
        reason = shown(str(error).splitlines()[0][:80] if str(error) else type(error).__name__)
        raise DataError(f"{where}: cannot be read as .npz ({reason}); save it again") from None
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


def _find(where: str, archive: zipfile.ZipFile, names: tuple[tuple[str, str], ...]) -> Split | None:
    there = set(archive.namelist())
    for images, labels in names:
        if {f"{images}.npy", f"{labels}.npy"} <= there:
            return Split(
                _as_images(where, _read_array(where, archive, images)),
                _as_labels(where, _read_array(where, archive, labels)),
            )
    return None


def _read_array(where: str, archive: zipfile.ZipFile, name: str) -> npt.NDArray[Any]:
    """One array. Its header is checked against the size of its member before memory is asked for."""
    info = archive.getinfo(f"{name}.npy")
    with archive.open(info) as member:
        version = npy.read_magic(member)
        if version not in _HEADERS:
            raise DataError(f"{where}: array {name} has .npy version {version}; save it with np.savez")
        shape, is_fortran, dtype = _HEADERS[version](member, max_header_size=_LONGEST_HEADER)
        if dtype.hasobject:
            raise DataError(f"{where}: array {name} holds Python objects, which could run code; save numbers")
        size_bytes = math.prod(shape) * dtype.itemsize  # exact: Python's integers do not overflow
        if min(shape, default=0) < 0 or size_bytes != info.file_size - member.tell():
            raise DataError(
                f"{where}: array {name} is {dtype} {shape}, which is not what its {info.file_size:,} bytes hold; "
                "save it again"
            )
        content = member.read(size_bytes + 1)  # one more: at the end the CRC is checked
    if len(content) != size_bytes:
        raise DataError(f"{where}: array {name} is cut short; save it again")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if is_fortran else "C")


def _as_images(where: str, array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    if array.dtype != np.uint8 or array.ndim not in (3, 4):
        raise DataError(f"{where}: images are {array.dtype} {array.shape}; save uint8 (N, H, W) or (N, C, H, W)")
    if array.ndim == 3:
        array = array[:, None]
    elif array.shape[1] not in (1, 3) and array.shape[3] in (1, 3):
        array = array.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(array)


def _as_labels(where: str, array: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    array = array.reshape(-1) if array.ndim == 2 and array.shape[1] == 1 else array
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise DataError(f"{where}: labels are {array.dtype} {array.shape}; save them as whole numbers (N,)")
    return array.astype(np.int64)
