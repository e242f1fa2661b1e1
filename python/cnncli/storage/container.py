"""The bytes of a model file: named arrays and one JSON value, as safetensors, ended by their SHA-256.

docs/model-format.md has the format on one screen. Nothing here knows what a network is.
"""

import hashlib
import json
import math
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from re import compile as pattern
from typing import Any, NamedTuple

import numpy as np

from cnncli.array_types import Array
from cnncli.errors import CnnError, FormatError, MissingError
from cnncli.shown import printable, reason_of, shown
from cnncli.storage.earlier import write_beside_earlier
from cnncli.storage.files import StrPath, write_atomically
from cnncli.storage.strict_json import check_strings, parse_object

MAX_FILE_BYTES = 2 << 30
MAX_HEADER_BYTES = 4 << 20
MAX_TENSORS = 16_384
MAX_DIMENSIONS = 8
METADATA_KEY = "cnncli"
HASH_NAME = "sha256"
HASH_BYTES = 32
_ENTRY_BYTES = 120  # of a tensor in the header, at most, without its name: type, eight dimensions and two places

_TENSOR_NAME = pattern(r"[A-Za-z0-9_./-]{1,200}")
_TYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "I64": np.dtype("<i8")}
_HASH_TYPE: np.dtype[Any] = np.dtype("u1")


class _Place(NamedTuple):
    """Where a tensor lies in the file; `offset` counts from its first byte."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int


def write(path: StrPath, tensors: Mapping[str, Array], record: Mapping[str, Any]) -> None:
    """Write a model file, whole or not at all. The same content always gives the same bytes.

    path : the file to write
    tensors : float32 or int64 arrays without NaN and infinities, under names of A-Z a-z 0-9 _ . / -
    record : a JSON object; its keys are sorted when it is written

    Raises FormatError for content that `read` would refuse, CnnError when the file cannot be written.
    """
    write_atomically(path, _parts(tensors, record, printable(path)))


def write_beside(path: StrPath, tensors: Mapping[str, Array], record: Mapping[str, Any]) -> Path | None:
    """As `write`, but a file that is there is kept under another name, which is returned."""
    return write_beside_earlier(path, _parts(tensors, record, printable(path)))


def read(path: StrPath, max_bytes: int = MAX_FILE_BYTES) -> tuple[dict[str, Array], dict[str, Any]]:
    """Read and check a model file: (tensors, record). The arrays are read-only views of one copy of the file.

    The file is read once, into memory, and never mapped: what was checked cannot change afterwards.

    Raises FormatError for every broken rule of the format, CnnError when the file cannot be read.
    """
    return unpack(read_bytes(path, max_bytes), printable(path))


def read_bytes(path: StrPath, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a model file, not yet checked; for who needs more of them than `read` gives. Raises as `read`."""
    with _located(printable(path)):
        return _read_regular_file(path, max_bytes)


def check(names: Iterable[str], record: Mapping[str, Any], where: str) -> None:
    """Raises FormatError for a record that could not be written beside tensors of these names; nothing is written."""
    with _located(where):
        text = json.dumps(_record_text(record), ensure_ascii=False)
        size = len(text.encode()) + sum(len(name) + _ENTRY_BYTES for name in names)
        if size > MAX_HEADER_BYTES:
            raise FormatError(f"header would have {size:,} bytes; at most {MAX_HEADER_BYTES:,} are allowed")


def pack(tensors: Mapping[str, Array], record: Mapping[str, Any], where: str = "model.bin") -> bytes:
    """The bytes of a model file; `where` names it in errors."""
    return b"".join(_parts(tensors, record, where))


def _parts(tensors: Mapping[str, Array], record: Mapping[str, Any], where: str) -> list[bytes | memoryview]:
    """All but the hash, and the hash: put together they would be copied once more, megabytes while a user waits."""
    from safetensors.numpy import save  # only writing needs it, and reading should start quickly

    with _located(where):
        arrays: dict[str, Array] = {}
        for name, tensor in tensors.items():
            if name == HASH_NAME or not _TENSOR_NAME.fullmatch(name):
                raise FormatError(f"tensor name {shown(name)} is not allowed; {_NAME_RULE}")
            if tensor.dtype.name not in ("float32", "int64"):
                raise FormatError(f"tensor {name} is {tensor.dtype}; convert it to float32 or int64")
            _check_finite(name, tensor)
            # The package copies the memory of an array from its first byte on, whatever the strides say.
            arrays[name] = np.ascontiguousarray(tensor, tensor.dtype.name).reshape(tensor.shape)
        text = _record_text(record)
        arrays[HASH_NAME] = np.zeros(HASH_BYTES, np.uint8)
        data = save(arrays, metadata={METADATA_KEY: text})
        _check_size(len(data), MAX_FILE_BYTES)
        _parse_layout(data)  # what is written can be read
    content = memoryview(data)[:-HASH_BYTES]
    return [content, hashlib.sha256(content).digest()]


def unpack(data: bytes, where: str = "model.bin") -> tuple[dict[str, Array], dict[str, Any]]:
    """Check the bytes of a model file and take them apart: (tensors, record); `where` names it in errors."""
    with _located(where):
        text, places = _parse_layout(data)
        if hashlib.sha256(memoryview(data)[:-HASH_BYTES]).digest() != data[-HASH_BYTES:]:
            raise FormatError("does not match its SHA-256, so it is damaged; copy it again")
        record = _parse_record(text)
        tensors: dict[str, Array] = {}
        for name, dtype, shape, offset in places:
            tensors[name] = np.frombuffer(data, dtype, math.prod(shape), offset).reshape(shape)
            _check_finite(name, tensors[name])
    return tensors, record


@contextmanager
def _located(where: str) -> Iterator[None]:
    try:
        yield
    except FormatError as error:
        raise FormatError(f"{where}: {error}") from None
    except FileNotFoundError:
        raise MissingError(f"{where}: does not exist; check the name, or make one with cnn train --out") from None
    except OSError as error:
        raise CnnError(f"{where}: {_reading_remedy(error)}") from None


def _read_regular_file(path: StrPath, max_bytes: int) -> bytes:
    # Looked at before opening, since opening a pipe or a device can have effects, and again after it, since
    # it may have been exchanged in between; O_NONBLOCK keeps a pipe from waiting for its other end.
    _check_regular(Path(path).stat())
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        _check_regular(status)
        _check_size(status.st_size, max_bytes)
        data = file.read(status.st_size + 1)
    if len(data) != status.st_size:
        raise FormatError("changed while it was read; try again when its writer is done")
    return data


def _check_regular(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise FormatError("is a folder; name a model file")
    if not stat.S_ISREG(status.st_mode):
        raise FormatError("is a pipe or a device; name a regular file")


def _check_size(size_bytes: int, max_bytes: int) -> None:
    if size_bytes > max_bytes:
        raise FormatError(f"has {size_bytes:,} bytes; a model file has at most {max_bytes:,}")


def _reading_remedy(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "no permission to read it; allow it with chmod +r"
    return f"cannot be read: {reason_of(error)}"


def _parse_layout(data: bytes) -> tuple[str, list[_Place]]:
    """The text of the record and the place of every tensor but the hash; checks all but the hash itself."""
    if data[8:9] != b"{":
        raise FormatError("is not a model file: it has no { at byte 8")
    length = int.from_bytes(data[:8], "little")
    if length > MAX_HEADER_BYTES:
        raise FormatError(f"header has {length:,} bytes; at most {MAX_HEADER_BYTES:,} are allowed")
    if length % 8:
        raise FormatError(f"header has {length:,} bytes; it must be a multiple of 8")
    if 8 + length > len(data):
        raise FormatError(f"is cut short: header of {length:,} bytes, but only {len(data) - 8:,} are there")
    try:
        header = parse_object(data[8 : 8 + length])
    except FormatError as error:
        raise FormatError(f"header {error}") from None
    metadata = header.pop("__metadata__", None)
    if not isinstance(metadata, dict) or list(metadata) != [METADATA_KEY]:
        raise FormatError(f"metadata is not the one key {METADATA_KEY}; the file is from another program")
    text = metadata[METADATA_KEY]
    if not isinstance(text, str):
        raise FormatError(f"metadata key {METADATA_KEY} is not text")
    if not header or list(header)[-1] != HASH_NAME:
        raise FormatError(f"last tensor is not {HASH_NAME}; the file is from another program")
    if len(header) > MAX_TENSORS:
        raise FormatError(f"has {len(header):,} tensors; at most {MAX_TENSORS:,} are allowed")
    places = _parse_places(header, 8 + length)
    end = places[-1].offset + HASH_BYTES
    if end != len(data):
        fault = "is cut short" if len(data) < end else "is followed by other bytes"
        raise FormatError(f"{fault}: {end:,} bytes expected, {len(data):,} found")
    return text, places[:-1]


def _parse_places(header: dict[str, Any], start: int) -> list[_Place]:
    """Places of all tensors: in order, each from the end of the one before; data begins at `start`."""
    places: list[_Place] = []
    end = 0
    for name, entry in header.items():
        dtype, shape, begin, stop = _parse_entry(name, entry)
        size_bytes = math.prod(shape) * dtype.itemsize  # exact: Python's integers do not overflow
        if begin != end:
            raise FormatError(f"tensor {name} begins at {begin}, but the data before it ends at {end}")
        if stop - begin != size_bytes:
            raise FormatError(
                f"tensor {name} has {stop - begin} bytes; "
                f"its shape {shown(list(shape))} needs {shown(size_bytes)}"
            )
        if places and (-places[-1].dtype.itemsize, places[-1].name) >= (-dtype.itemsize, name):
            raise FormatError(f"tensor {name} is out of order; sort by element size, largest first, and name")
        places.append(_Place(name, dtype, shape, start + begin))
        end = stop
    return places


_NAME_RULE = f"use 1 to 200 of A-Z a-z 0-9 _ . / - and not {HASH_NAME}"


def _parse_entry(name: str, entry: Any) -> tuple[np.dtype[Any], tuple[int, ...], int, int]:
    """(element type, shape, begin, end) of one tensor in the header."""
    if not _TENSOR_NAME.fullmatch(name):
        raise FormatError(f"tensor name {shown(name)} is not allowed; {_NAME_RULE}")
    if not isinstance(entry, dict) or sorted(entry) != ["data_offsets", "dtype", "shape"]:
        raise FormatError(f"tensor {name} must have dtype, shape and data_offsets, and nothing else")
    type_name, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    types = {"U8": _HASH_TYPE} if name == HASH_NAME else _TYPES
    if not isinstance(type_name, str) or type_name not in types:
        raise FormatError(f"tensor {name} has dtype {shown(type_name)}; it must be {' or '.join(types)}")
    if (
        not isinstance(shape, list)
        or len(shape) > MAX_DIMENSIONS
        or not all(_is_count(size) and size > 0 for size in shape)
    ):
        raise FormatError(
            f"tensor {name} has shape {shown(shape)}; it must be up to {MAX_DIMENSIONS} numbers from 1 on"
        )
    if name == HASH_NAME and shape != [HASH_BYTES]:
        raise FormatError(f"tensor {name} has shape {shown(shape)}; it must be [{HASH_BYTES}]")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(_is_count(offset) for offset in offsets):
        raise FormatError(f"tensor {name} has data_offsets {shown(offsets)}; use two numbers from 0 on")
    return types[type_name], tuple(shape), offsets[0], offsets[1]


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0  # True is an int to isinstance, but not a count


def _parse_record(text: str) -> dict[str, Any]:
    try:
        record = parse_object(text)
        check_strings(record)
    except FormatError as error:
        raise FormatError(f"record {error}") from None
    return record


def _record_text(record: Mapping[str, Any]) -> str:
    """The record as it is written, one text for one content."""
    try:
        text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise FormatError(f"record is not JSON: {printable(str(error)).lower()}") from None
    _parse_record(text)
    return text


def _check_finite(name: str, tensor: Array) -> None:
    if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
        raise FormatError(f"tensor {name} holds NaN or infinity; train with a smaller learning rate")
