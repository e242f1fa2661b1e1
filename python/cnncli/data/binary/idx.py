"""IDX files, the format of MNIST: magic 0, 0, type, dimensions; sizes as big-endian uint32; then the values."""

import hashlib
import math
import stat
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from cnncli.data.binary.gzip_reader import GzipReader
from cnncli.data.dataset import MAX_BYTES, Split, check_size
from cnncli.errors import DataError
from cnncli.shown import format_shape, printable, reason_of
from cnncli.storage.files import PIECE_BYTES

_UNSIGNED_BYTE = 0x08
_TYPE_NAMES = {0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}
_MOST_EXPANSION = 1032  # DEFLATE codes at most 258 bytes in 2 bits

PARTS = ("train-images", "train-labels", "t10k-images", "t10k-labels")
_DIMENSIONS = {"images": 3, "labels": 1}


def read_idx(path: Path, dimensions: int) -> tuple[npt.NDArray[np.uint8], str]:
    """Reads an IDX file of unsigned bytes, plain or gzipped (told by its first bytes, not by its name).

    The sizes in the header are checked against the file before memory is asked for; what is decompressed is bounded
    by them.

    Parameters
    ----------
    path : the file
    dimensions : int, number of sizes that it must have: 3 for images (N, H, W), 1 for labels (N,)

    Returns
    -------
    (values, digest) : uint8 array of the sizes in the header; SHA-256 of the whole content, decompressed, in hex

    Raises
    ------
    DataError : missing, no IDX file, other type or number of dimensions, sizes that do not fit the content, damaged

    Source: the description of the format at the foot of LeCun's MNIST page
    """
    where = printable(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{where}: not a regular file; put the IDX file itself there")
        with path.open("rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if not zipped:
                return _read(raw, where, dimensions, status.st_size)
            return _read(GzipReader(raw), where, dimensions, status.st_size * _MOST_EXPANSION)
    except (EOFError, zlib.error) as error:
        raise DataError(f"{where}: the gzip data is cut or damaged ({str(error).lower()}); fetch it again") from None
    except OSError as error:
        reason = reason_of(error)
        raise DataError(f"{where}: cannot be read ({reason}); check the file and its permissions") from None


def _read(
    content: BinaryIO | GzipReader, where: str, dimensions: int, most_bytes: int
) -> tuple[npt.NDArray[np.uint8], str]:
    header = content.read(4 + 4 * dimensions)
    if len(header) < 4 or header[:2] != b"\0\0":
        raise DataError(f"{where}: starts with {header[:4].hex(' ') or 'nothing'}, not an IDX file; fetch it again")
    if header[2] != _UNSIGNED_BYTE:
        kind = _TYPE_NAMES.get(header[2], f"type 0x{header[2]:02x}")
        raise DataError(f"{where}: holds {kind}; only unsigned bytes (0x08) are read, convert it")
    if header[3] != dimensions:
        raise DataError(f"{where}: has {header[3]} dimensions; it must have {dimensions}, check which file it is")
    if len(header) < 4 + 4 * dimensions:
        raise DataError(f"{where}: ends within its header; fetch it again")
    sizes = struct.unpack(f">{dimensions}I", header[4:])
    count = math.prod(sizes)
    claim = format_shape(sizes)
    if count > MAX_BYTES:
        raise DataError(f"{where}: the header says {claim}, {count:,} bytes; the limit is {MAX_BYTES:,}")
    if count == 0 and math.prod(max(1, size) for size in sizes) > MAX_BYTES:
        raise DataError(f"{where}: the header says {claim}, which is no set of images; fetch it again")
    if len(header) + count > most_bytes:
        raise DataError(f"{where}: the header says {claim}, more than the file can hold; fetch it again")
    values = np.empty(count, np.uint8)
    digest = hashlib.sha256(header)
    filled = 0
    while filled < count:
        chunk = content.read(min(PIECE_BYTES, count - filled))
        if not chunk:
            raise DataError(f"{where}: the header says {claim}, but only {filled:,} values follow; fetch it again")
        digest.update(chunk)
        values[filled : filled + len(chunk)] = np.frombuffer(chunk, np.uint8)
        filled += len(chunk)
    if content.read(1):
        raise DataError(f"{where}: the header says {claim}, but more follows; fetch it again")
    return values.reshape(sizes), digest.hexdigest()


def find_idx(folder: Path) -> dict[str, Path]:
    """Which of MNIST's four files a folder holds, under their usual names, plain or gzipped.

    Returns
    -------
    dict from "train-images", "train-labels", "t10k-images", "t10k-labels" to the path; a plain file goes before .gz
    """
    found: dict[str, Path] = {}
    for part in PARTS:
        dimensions = _DIMENSIONS[part.partition("-")[2]]
        for stem in (f"{part}-idx{dimensions}-ubyte", f"{part}.idx{dimensions}-ubyte"):
            for name in (stem, stem + ".gz"):
                if (folder / name).exists():
                    found.setdefault(part, folder / name)
    return found


def file_names(parts: tuple[str, ...] = PARTS) -> str:
    """The names under which the files are looked for, for messages."""
    return ", ".join(f"{part}-idx{_DIMENSIONS[part.partition('-')[2]]}-ubyte[.gz]" for part in parts)


def read_split(images_path: Path, labels_path: Path) -> tuple[Split, str, str]:
    """Reads images and their labels.

    Returns
    -------
    (split, digest of the images' file, digest of the labels' file), digests as in `read_idx`

    Raises
    ------
    DataError : as `read_idx`; images without pixels; not one label for each image
    """
    labels, labels_digest = read_idx(labels_path, 1)
    images, images_digest = read_idx(images_path, 3)
    check_size(printable(images_path), len(images), 1, *images.shape[1:])
    if len(images) != len(labels):
        raise DataError(
            f"{printable(images_path)}: {len(images):,} images, but {len(labels):,} labels in {labels_path.name}; "
            "both files must be of one set"
        )
    return Split(images[:, None], labels.astype(np.int64)), images_digest, labels_digest
