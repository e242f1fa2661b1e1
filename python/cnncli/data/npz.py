"""An .npz of NumPy arrays: images and labels, without pickles."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.data.dataset import MAX_BYTES, DataSet, Split, find_polarity
from cnncli.errors import DataError
from cnncli.shown import shown

_NAMES = (("train_images", "train_labels"), ("x_train", "y_train"), ("images", "labels"))
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
            size = sum(member.file_size for member in archive.infolist())
        if size > MAX_BYTES:
            raise DataError(f"{where}: unpacks to {size:,} bytes; the limit is {MAX_BYTES:,}, use a smaller set")
        with np.load(path, allow_pickle=False) as arrays:
            train = _find(where, arrays, _NAMES)
            test = _find(where, arrays, _TEST_NAMES)
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, KeyError) as error:
        raise DataError(f"{where}: cannot be read as .npz ({str(error)[:80]}); save it again") from None
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


def _find(where: str, arrays: Any, names: tuple[tuple[str, str], ...]) -> Split | None:
    for images, labels in names:
        if images in arrays and labels in arrays:
            return Split(_as_images(where, arrays[images]), _as_labels(where, arrays[labels]))
    return None


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
