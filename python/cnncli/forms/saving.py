"""The cells of a photograph as files of a folder that `cnn train` takes: all of them or none, none twice."""

import errno
import io
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cnncli.errors import CnnError
from cnncli.forms.cells import Cell
from cnncli.shown import printable
from cnncli.storage.files import flush_folder, temporary_file, write_all, writing_error

_KEYWORD = b"cnncli-photograph"
_HEAD = 400  # bytes of a PNG, in which the photograph's digest stands
_MOST_STEM = 80  # characters of the photograph's name in those of its cells
_DIGEST = re.compile(_KEYWORD + rb"\0([0-9a-f]{64})")


class Saved(NamedTuple):
    """What became of a photograph's cells.

    written : their files
    before : those of an earlier time, which `written` replaces if there are any
    is_same : they came from this photograph, and not from another one of the same page
    """

    written: list[Path]
    before: list[Path]
    is_same: bool


def cell_png(picture: npt.NDArray[np.uint8], digest: str) -> bytes:
    """A cell as a PNG in which the digest of its photograph stands."""
    info = PngInfo()
    info.add_text(_KEYWORD.decode(), digest)
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "PNG", pnginfo=info)
    return content.getvalue()


def collected_before(folder: Path, digest: str) -> list[Path]:
    """The files of a folder's classes that came from the photograph with this SHA-256."""
    return [path for path in _pictures(folder) if digest_of(path) == digest]


def is_cut_cell(path: Path) -> bool:
    """Whether a picture was cut from a photograph by `save_cells`."""
    return path.suffix == ".png" and digest_of(path) is not None


def _pictures(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(path for path in folder.glob("*/*.png") if not path.name.startswith("."))


def digest_of(path: Path) -> str | None:
    """The SHA-256 of the photograph from which a picture was cut."""
    try:
        with path.open("rb") as file:
            match = _DIGEST.search(file.read(_HEAD))
    except OSError:
        return None
    return match.group(1).decode() if match else None


def save_cells(
    folder: Path, stem: str, digest: str, cells: Sequence[Cell], overwrite: Sequence[Path] = ()
) -> list[Path]:
    """Writes accepted cells as FOLDER/CLASS/STEM-rXcY.png, rows and columns from 1; returns their paths.

    All files are first written under other names and flushed, then named; what fails on the way leaves none of them.
    Where another photograph of the same name has been here, the stem gets a number.

    overwrite : files of the same photograph that these replace

    Raises CnnError, one line, when that fails.
    """
    names = {cell.name for cell in cells}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            _make_class_folder(folder / name)
    except OSError as error:
        raise writing_error(folder, error) from None
    targets = _free_names(folder, stem, cells, {path.resolve() for path in overwrite})
    done: list[Path] = []
    try:
        with ExitStack() as stack:
            written = []
            for cell, target in zip(cells, targets, strict=True):
                assert cell.picture is not None
                descriptor, temporary = stack.enter_context(temporary_file(target.parent, 0o666))
                write_all(descriptor, cell_png(cell.picture, digest))
                os.fsync(descriptor)
                written.append(temporary)
            old = {path.resolve() for path in overwrite}
            for temporary, target in zip(written, targets, strict=True):
                if target.resolve() in old:
                    temporary.replace(target)
                else:
                    _name(temporary, target)
                    done.append(target)
            for path in old - {target.resolve() for target in targets}:
                path.unlink(missing_ok=True)
        for name in names:
            flush_folder(folder / name)
    except BaseException as error:
        for path in done:
            with suppress(OSError):
                path.unlink()
        if isinstance(error, OSError):
            raise writing_error(folder, error) from None
        raise
    return targets


def _make_class_folder(path: Path) -> None:
    """Makes the folder; where names differ by case alone and the file system does not, two classes would be one."""
    path.mkdir(exist_ok=True)
    if path.name not in os.listdir(path.parent):  # noqa: PTH208
        raise CnnError(
            f"{printable(path)}: the file system takes this for a class whose name differs by its case alone; "
            "give --out a folder on a disk that tells them apart, such as one of Linux"
        )


def _free_names(folder: Path, stem: str, cells: Sequence[Cell], own: set[Path]) -> list[Path]:
    stem = printable(stem).lstrip(".")[:_MOST_STEM] or "photo"
    number = 1
    while True:
        start = stem if number == 1 else f"{stem}-{number}"
        found = [folder / cell.name / f"{start}-r{cell.row + 1}c{cell.column + 1}.png" for cell in cells]
        if not any(os.path.lexists(path) and path.resolve() not in own for path in found):
            return found
        number += 1


def _name(temporary: Path, target: Path) -> None:
    """Gives a complete file its name, which nobody may have taken meanwhile."""
    try:
        os.link(temporary, target)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        if os.path.lexists(target):  # a file system without hard links: the best that there is
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        temporary.rename(target)
