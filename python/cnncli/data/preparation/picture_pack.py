"""A pack: one file of prepared pictures, found by the digest of the files that they were made from.

    magic (8)  rows, row_bytes, files, name_bytes (4 x uint64)  SHA-256 of the index (32)
    index: digests (rows x 32)  CRC-32 (rows x 4)  sizes (files x 8)  times (files x 8)  digests (files x 32)
           names, separated by zero bytes
    images: rows x row_bytes

All numbers are little-endian. A pack is written once, whole, and only ever read or removed.
"""

import hashlib
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cnncli.data.dataset import Images
from cnncli.data.preparation.one_picture import FileState
from cnncli.pictures.portions import portions

MAGIC = b"cnnpack1"
_HEAD = struct.Struct("<8s4Q32s")
_MOST_INDEX_BYTES = 1 << 30


@dataclass(frozen=True)
class Pack:
    """The index of a pack.

    rows : from the digest of a picture's content to its place among the images
    checks : CRC-32 of each image
    files : from the name of a file, as bytes, to its state and the digest of its content then
    """

    path: Path
    row_bytes: int
    images_at: int
    rows: dict[bytes, int]
    checks: list[int]
    files: dict[bytes, tuple[FileState, bytes]] = field(default_factory=dict)

    def read(self, wanted: Iterable[tuple[int, int]], images: Images) -> list[int]:
        """Fills images[target] from the row, for each (row, target); returns the targets whose row was sound.

        images : uint8 (N, ...), C-contiguous, of `row_bytes` each
        """
        sound: list[int] = []
        try:
            with self.path.open("rb", buffering=0) as file:
                for row, target in sorted(wanted):
                    file.seek(self.images_at + row * self.row_bytes)
                    image = memoryview(images[target]).cast("B")
                    if file.readinto(image) == self.row_bytes and zlib.crc32(image) == self.checks[row]:
                        sound.append(target)
        except OSError:  # another process removed it, or the disk fails: decoded anew
            pass
        return sound


def read_pack(path: Path) -> Pack | None:
    """The index of a pack; None if it is damaged, cut or gone."""
    try:
        with path.open("rb") as file:
            magic, rows, row_bytes, files, name_bytes, check = _HEAD.unpack(file.read(_HEAD.size))
            length = rows * 36 + files * 48 + name_bytes
            at = _HEAD.size + length
            if magic != MAGIC or length > _MOST_INDEX_BYTES or path.stat().st_size != at + rows * row_bytes:
                return None
            index = file.read(length)
    except (OSError, struct.error):
        return None
    if hashlib.sha256(index).digest() != check:
        return None
    digests = index[: rows * 32]
    checks = np.frombuffer(index, "<u4", rows, rows * 32).tolist()
    place = rows * 36
    sizes = np.frombuffer(index, "<u8", files, place).tolist()
    times = np.frombuffer(index, "<i8", files, place + 8 * files).tolist()
    of_files = index[place + 16 * files : place + 48 * files]
    names = index[place + 48 * files :].split(b"\0") if files else []
    if len(names) != files:
        return None
    known = {
        name: (FileState(size, time), of_files[32 * number : 32 * number + 32])
        for number, (name, size, time) in enumerate(zip(names, sizes, times, strict=True))
    }
    by_digest = {digests[32 * row : 32 * row + 32]: row for row in range(rows)}
    return Pack(path, row_bytes, at, by_digest, checks, known)


def pack_parts(
    digests: list[bytes], places: list[int], images: Images, files: dict[bytes, tuple[FileState, bytes]]
) -> Iterator[bytes | memoryview]:
    """The content of a pack, in parts, so that no copy of all images is made.

    digests : of the pictures whose images are images[places]
    """
    row_bytes = images[0].nbytes if len(images) else 0
    checks = np.array([zlib.crc32(images[place].data) for place in places], "<u4")
    names = b"\0".join(files)
    index = b"".join(
        [
            *digests,
            checks.tobytes(),
            np.array([state.size_bytes for state, _ in files.values()], "<u8").tobytes(),
            np.array([state.changed_ns for state, _ in files.values()], "<i8").tobytes(),
            *(digest for _, digest in files.values()),
            names,
        ]
    )
    yield _HEAD.pack(MAGIC, len(digests), row_bytes, len(files), len(names), hashlib.sha256(index).digest())
    yield index
    for rows in portions(len(places)):
        yield images[places[rows]].tobytes()


def name_of(path: Path) -> bytes:
    """A file's name in a pack: absolute, so that another folder's file of the same name is another file."""
    return os.fsencode(path.absolute())
