"""CIFAR-10 and CIFAR-100 in their binary form: for each image its label (two in CIFAR-100), then 3 planes of 32x32."""

import re
import stat
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cnncli.data.classes import are_class_names, number_whole
from cnncli.data.dataset import MAX_BYTES, Images, Note
from cnncli.data.raw import RawPart, RawSet
from cnncli.errors import DataError
from cnncli.shown import printable, reason_of

_PIXELS = 3 * 32 * 32
_TRAIN = re.compile(r"(data_batch_\d+|train)\.bin", re.IGNORECASE)
_TEST = re.compile(r"test(_batch)?\.bin", re.IGNORECASE)
_NAMES = ("batches.meta.txt", "fine_label_names.txt")
_MOST_NAMES_BYTES = 100_000


def find_batches(folder: Path) -> dict[str, list[Path]]:
    """The files of each part that a folder holds, under their usual names; those that hold whole images only."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".bin" and path.is_file())
    parts = {
        part: [path for path in found if pattern.fullmatch(path.name)]
        for part, pattern in (("train", _TRAIN), ("test", _TEST))
    }
    parts = {part: paths for part, paths in parts.items() if paths}
    return parts if all(_label_bytes(path) for paths in parts.values() for path in paths) else {}


def read_batches(folder: Path, parts: dict[str, list[Path]]) -> RawSet:
    """Reads what `find_batches` found, or single files of the same form.

    Raises DataError for a file of another size than its images take, or above the limit.
    """
    where = printable(folder)
    labels: dict[str, npt.NDArray[np.int64]] = {}
    images: dict[str, Images] = {}
    for part, paths in parts.items():
        read = [_read(path) for path in paths]
        if sum(len(batch) for batch, _ in read) * _PIXELS > MAX_BYTES:
            raise DataError(f"{where}: the images take more than the limit, {MAX_BYTES:,} bytes; use fewer files")
        images[part] = np.concatenate([batch for batch, _ in read])
        labels[part] = np.concatenate([numbers for _, numbers in read])
    names = _class_names(folder)
    notes = [Note("left aside", "left aside: coarse labels, of which CIFAR-100 has 20")] if _is_fine(parts) else []
    highest = max((int(values.max()) for values in labels.values() if len(values)), default=-1)
    if highest < len(names):
        class_names, dense = names, labels
    else:
        class_names, dense, told = number_whole(where, labels)
        notes += told
    raw_parts = {part: RawPart(images[part], dense[part]) for part in parts}
    return RawSet(folder.resolve().name, class_names, raw_parts, source=f"binary CIFAR in {where}", notes=notes)


def _label_bytes(path: Path) -> int:
    """1 for CIFAR-10, 2 for CIFAR-100, 0 for what is neither."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode) or status.st_size == 0:
        return 0
    sizes = [count for count in (1, 2) if status.st_size % (_PIXELS + count) == 0]
    if len(sizes) == 2:  # 9,449,222 bytes and their multiples
        return 2 if (path.parent / _NAMES[1]).exists() else 1
    return sizes[0] if sizes else 0


def _is_fine(parts: dict[str, list[Path]]) -> bool:
    return any(_label_bytes(path) == 2 for paths in parts.values() for path in paths)


def _read(path: Path) -> tuple[Images, npt.NDArray[np.int64]]:
    where = printable(path)
    try:
        width, size = _label_bytes(path), path.stat().st_size
        if size > MAX_BYTES:
            raise DataError(f"{where}: {size:,} bytes; the limit is {MAX_BYTES:,}, use smaller files")
        if not width:
            raise DataError(
                f"{where}: {size:,} bytes are no whole number of images of 3,073 (CIFAR-10) or 3,074 (CIFAR-100); "
                "fetch it again"
            )
        content = path.read_bytes()
    except OSError as error:
        reason = reason_of(error)
        raise DataError(f"{where}: cannot be read ({reason}); check the file and its permissions") from None
    rows = np.frombuffer(content[: len(content) // (_PIXELS + width) * (_PIXELS + width)], np.uint8)
    rows = rows.reshape(-1, _PIXELS + width)
    images = np.ascontiguousarray(rows[:, width:]).reshape(-1, 3, 32, 32)
    return images, rows[:, width - 1].astype(np.int64)


def _class_names(folder: Path) -> list[str]:
    """The names beside the batches, one a line; [] without them."""
    for name in _NAMES:
        path = folder / name
        if path.is_file() and path.stat().st_size <= _MOST_NAMES_BYTES:
            lines = path.read_bytes().decode("utf-8", "replace").split("\n")
            names = [line.strip() for line in lines if line.strip()]
            if are_class_names(names):
                return names
    return []
