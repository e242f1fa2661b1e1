"""One array as NumPy saves it. Read by hand, since NumPy evaluates headers and trusts sizes."""

import math
import re
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from cnncli.array_types import Array
from cnncli.data.dataset import MAX_BYTES
from cnncli.errors import DataError
from cnncli.shown import format_shape, printable

SIGNATURE = b"\x93NUMPY"
_MOST_HEADER_BYTES = 10_000
_MOST_DIMENSIONS = 8
_MOST_CHARACTERS = 1000  # of one label
# The one form of header there is: Python text of a dict whose keys are sorted. No text is ever evaluated.
_HEADER = re.compile(
    r"\{\s*'descr':\s*(?P<descr>'[^']{1,20}'|\[.*\]),\s*'fortran_order':\s*(?P<fortran>True|False),"
    r"\s*'shape':\s*\((?P<shape>[0-9L, ]{0,200})\),?\s*\}\s*",
    re.DOTALL,
)
_NUMBERS = re.compile(r"[<>|=]?([biuf])([1248])")
_TEXTS = re.compile(r"[<>|=]?([US])([0-9]{1,6})")


@dataclass(frozen=True)
class NpyHeader:
    """What an .npy says of itself: element type, whether columns come first, shape, where its values begin."""

    dtype: np.dtype[Any]
    fortran: bool
    shape: tuple[int, ...]
    begin: int

    @property
    def size_bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(where: str, name: str, file: IO[bytes]) -> NpyHeader:
    """Reads the header; the file then stands at the first value.

    where, name : the file and the array in it, for messages

    Raises DataError for another format, Python objects, types that are no numbers and no text, and shapes that lie.
    """
    start = file.read(8)
    if start[:6] != SIGNATURE:
        raise DataError(f"{where}: {name} is no array of NumPy; save it with numpy.savez")
    width = {b"\x01": 2, b"\x02": 4, b"\x03": 4}.get(start[6:7], 0)
    field = file.read(width)
    if width == 0 or len(start) < 8 or len(field) < width:
        raise DataError(f"{where}: {name} has a header of an unknown version or is cut; save it again")
    length = int.from_bytes(field, "little")
    text = file.read(length) if length <= _MOST_HEADER_BYTES else b""
    if len(text) < length:
        raise DataError(f"{where}: {name} has a header of {length:,} bytes; save it again")
    match = _HEADER.fullmatch(text.decode("latin-1"))
    if match is None:
        raise DataError(f"{where}: {name} has a header that NumPy does not write; save it again")
    described = match["descr"].strip("'")
    if "O" in described:
        raise DataError(
            f"{where}: {name} holds Python objects, which are never read since they may run any program; save it "
            "as plain numbers or text, such as numpy.array(list(a)) or a.astype(str)"
        )
    shape = _shape(where, name, match["shape"])
    return NpyHeader(_dtype(where, name, described), match["fortran"] == "True", shape, 8 + width + length)


def _dtype(where: str, name: str, described: str) -> np.dtype[Any]:
    texts = _TEXTS.fullmatch(described)
    if texts and 1 <= int(texts[2]) <= _MOST_CHARACTERS:
        return np.dtype(described)
    if not _NUMBERS.fullmatch(described) or described[-2:] == "f1" or (described[-2] == "b" and described[-1] != "1"):
        raise DataError(f"{where}: {name} holds {printable(described[:40])}; save it as plain numbers")
    return np.dtype(described)


def _shape(where: str, name: str, text: str) -> tuple[int, ...]:
    digits = [part.strip().removesuffix("L") for part in text.split(",")]
    sizes = [part for part in digits if part]
    if len(sizes) > _MOST_DIMENSIONS or any(not part.isdigit() or len(part) > 19 for part in sizes):
        raise DataError(f"{where}: {name} has the shape ({text[:40]}); save it again")
    return tuple(map(int, sizes))


def read_values(where: str, name: str, file: IO[bytes], header: NpyHeader, size_bytes: int) -> Array:
    """Reads the values that follow the header.

    size_bytes : of the file or member, header included; the header's claim is checked against it before memory is
        asked for

    Raises DataError if sizes do not fit, the array is above the limit, or text is not Unicode.
    """
    claim = format_shape(header.shape, "one value")
    if header.size_bytes != size_bytes - header.begin:
        raise DataError(
            f"{where}: {name} says {claim} of {header.dtype.name}, but {size_bytes - header.begin:,} bytes follow; "
            "save it again"
        )
    if header.size_bytes > MAX_BYTES:
        raise DataError(
            f"{where}: {name} takes {header.size_bytes:,} bytes; the limit is {MAX_BYTES:,}, save bytes (uint8) or "
            "fewer images"
        )
    content = file.read(header.size_bytes)
    if len(content) != header.size_bytes:
        raise DataError(f"{where}: {name} says {claim} of {header.dtype.name}, but ends before; save it again")
    if header.dtype.kind == "U" and content:
        points = np.frombuffer(content, header.dtype.byteorder.replace("|", "=") + "u4")
        if points.max() > 0x10FFFF or ((points >= 0xD800) & (points <= 0xDFFF)).any():
            raise DataError(f"{where}: {name} holds text that is not Unicode; save it again")
    values = np.frombuffer(content, header.dtype, math.prod(header.shape))
    return values.reshape(header.shape, order="F" if header.fortran else "C")
