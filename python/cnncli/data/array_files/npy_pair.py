"""Images and labels as .npy files that lie side by side."""

import stat
from pathlib import Path

import numpy as np

from cnncli.array_types import Array
from cnncli.data.array_files.arrays import make_parts
from cnncli.data.array_files.named_arrays import common_words, meaning_of, read_named
from cnncli.data.array_files.npy import NpyHeader, read_header, read_values
from cnncli.data.dataset import MAX_BYTES, Note
from cnncli.data.raw import RawSet
from cnncli.errors import DataError
from cnncli.shown import format_shape, printable, reason_of

_SUFFIX = ".npy"
_MOST_FILES = 1000
_SHOWN = 6


def is_npy_folder(folder: Path) -> bool:
    """Whether a folder holds .npy files of images and labels under usual names, right in it."""
    kinds = {meaning.kind for path in folder.glob("*.npy") if (meaning := meaning_of(path.stem))}
    return kinds >= {"images", "labels"}


def read_npy_files(path: Path) -> RawSet:
    """Reads the .npy files of a folder, named as the arrays of an .npz; or one of them with those beside it.

    path : the folder, or one file: its partner has a usual name (x.npy, y.npy; train_images.npy, train_labels.npy),
        or its own name with a word for the other (digits.npy, digits_labels.npy)

    Raises DataError if the partner is missing, or as `read_named`.
    """
    folder = path if path.is_dir() else path.parent
    where = printable(path)
    files = {file.stem: file for file in sorted(folder.glob("*" + _SUFFIX))[:_MOST_FILES]}
    if not path.is_dir():
        files = _with_partners(path, files)
    found: dict[str, NpyHeader | DataError] = {}
    for name, file in files.items():
        try:
            if not stat.S_ISREG(file.stat().st_mode):
                raise DataError(f"{printable(file)}: not a regular file; pass the .npy itself")
            with file.open("rb") as content:
                found[name] = read_header(where, file.name, content)
        except OSError as error:
            raise _unreadable(file, error) from None
        except DataError as error:
            found[name] = error

    def read(name: str) -> Array:
        file = files[name]
        try:
            with file.open("rb") as content:
                header = read_header(where, file.name, content)
                return read_values(where, file.name, content, header, file.stat().st_size)
        except OSError as error:
            raise _unreadable(file, error) from None

    return read_named(where, path.resolve().name if path.is_dir() else path.stem, found, read)


def read_npy_classes(folder: Path, files: list[Path]) -> RawSet:
    """Reads files that each hold the images of one class, as those of Quick, Draw!; classes are what names differ in.

    Raises DataError if they are no images of one shape, and as `make_parts`.
    """
    where = printable(folder)
    arrays: list[Array] = []
    size = 0
    for file in files[:_MOST_FILES]:
        try:
            with file.open("rb") as content:
                header = read_header(where, file.name, content)
                size += header.size_bytes
                if size > MAX_BYTES:
                    raise DataError(f"{where}: its arrays take more than the limit of {MAX_BYTES:,} bytes; use fewer")
                arrays.append(read_values(where, file.name, content, header, file.stat().st_size))
        except OSError as error:
            raise _unreadable(file, error) from None
    first = arrays[0]
    if first.ndim < 2 or any(array.shape[1:] != first.shape[1:] or array.dtype != first.dtype for array in arrays):
        seen = ", ".join(
            f"{printable(file.name[:40])} {format_shape(array.shape, 'one value')}"
            for file, array in list(zip(files, arrays, strict=False))[:_SHOWN]
        )
        raise DataError(f"{where}: which arrays are images and which their labels is not known: {seen}; "
                        "name them x.npy and y.npy, or x_train.npy, y_train.npy and so on")  # fmt: skip
    begin = common_words([file.stem for file in files])
    labels = np.repeat([file.stem[begin:] for file in files], [len(array) for array in arrays])
    class_names, parts, notes = make_parts(where, {"train": ("the arrays", np.concatenate(arrays), "names", labels)})
    told = Note("classes", f"classes: from the names of the files, such as {printable(files[0].name)[:80]}")
    return RawSet(folder.resolve().name, class_names, parts, source=where, notes=[told, *notes])


def _with_partners(path: Path, files: dict[str, Path]) -> dict[str, Path]:
    """The files that belong to the one that was named."""
    named = meaning_of(path.stem)
    kinds = {name: meaning for name in files if (meaning := meaning_of(name))}
    if named is not None:
        if {meaning.kind for meaning in kinds.values() if meaning.part == named.part} >= {"images", "labels"}:
            return {name: files[name] for name in kinds}
        other = "labels" if named.kind == "images" else "images"
    else:
        other = "labels"
        for name, file in files.items():
            rest = name.removeprefix(path.stem) if name.startswith(path.stem) else ""
            meaning = meaning_of(rest.strip("_-. ")) if rest else None
            if meaning is not None and meaning.kind == "labels":
                return {"images": path, "labels": file}
    wanted = {"labels": "y.npy or labels.npy", "images": "x.npy or images.npy"}[other]
    raise DataError(
        f"{printable(path)}: one array, and its {other} are missing; put them beside it as {wanted}, or save "
        "both as .npz"
    )


def _unreadable(file: Path, error: OSError) -> DataError:
    reason = reason_of(error)
    return DataError(f"{printable(file)}: cannot be read ({reason}); check the file and its permissions")
