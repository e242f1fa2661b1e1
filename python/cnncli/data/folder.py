"""A folder of pictures: one subfolder for each class, perhaps within train/ and test/."""

import os
from pathlib import Path

import numpy as np

from cnncli.data.dataset import MAX_CLASSES, DataSet, Split, find_polarity
from cnncli.data.pictures import read_pictures
from cnncli.errors import DataError
from cnncli.files import printable
from cnncli.shown import shown

_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"}


def load_class_folder(folder: Path, size: tuple[int, int, int]) -> DataSet:
    """Reads the pictures of a folder; classes are its subfolders in the order of their names.

    size : (channels, height, width) that every picture is fitted to

    Raises DataError if there are no subfolders with pictures, the classes of train/ and test/ differ, or a picture
    cannot be read.
    """
    train_folder, test_folder = folder / "train", folder / "test"
    parts = [train_folder, test_folder] if train_folder.is_dir() and test_folder.is_dir() else [folder]
    names = list(_subfolders(parts[0]))
    if not names:
        raise DataError(f"{shown(folder)}: holds no IDX files and no subfolders; make one subfolder for each class")
    if len(names) > MAX_CLASSES:
        raise DataError(f"{shown(folder)}: {len(names):,} subfolders; at most {MAX_CLASSES:,} classes are possible")
    for part in parts[1:]:
        strange = sorted(set(_subfolders(part)) - set(names))
        if strange:
            raise DataError(f"{shown(part / strange[0])}: no such class in {shown(parts[0])}; add it there")
    splits = [_read(part, names, size) for part in parts]
    return DataSet(
        name=folder.resolve().name,
        train=splits[0],
        test=splits[1] if len(splits) > 1 else None,
        class_names=names,
        polarity=find_polarity(splits[0].images),
        source=shown(folder),
    )


def _subfolders(folder: Path) -> dict[str, Path]:
    """The subfolder of each class, in the order of the names."""
    found = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return dict(sorted((_class_name(path), path) for path in found))


def _class_name(path: Path) -> str:
    """The name as UTF-8 in any locale: training with LC_ALL=C gives the same classes in the same order."""
    return printable(os.fsencode(path.name).decode("utf-8", "surrogateescape"))


def _read(folder: Path, names: list[str], size: tuple[int, int, int]) -> Split:
    subfolders = _subfolders(folder)
    files = [
        (path, label)
        for label, name in enumerate(names)
        if name in subfolders
        for path in sorted(subfolders[name].iterdir())
        if path.suffix.lower() in _SUFFIXES
    ]
    if not files:
        raise DataError(f"{shown(folder)}: no pictures in its subfolders; put PNG or JPEG files there")
    images = read_pictures(shown(folder), [path for path, _ in files], size)
    return Split(images, np.array([label for _, label in files], np.int64))
