"""Small data sets in the form of the real ones, with the table entries that describe them."""

import dataclasses
import gzip
import hashlib
import io
import struct
import zipfile
from dataclasses import dataclass

import numpy as np

from cnncli.data.download.sources import SOURCES, RemoteFile, Source

TRAIN_IMAGES, TEST_IMAGES = 60, 20


@dataclass(frozen=True)
class SmallSet:
    """A data set and what it is made of.

    source : its entry of the table, without mirrors
    served : path below a mirror to content
    images, labels : uint8 (N, 28, 28) and (N,) as the files hold them, from "train" and "t10k"
    """

    source: Source
    served: dict[str, bytes]
    images: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]

    def with_mirrors(self, *mirrors: str) -> Source:
        return dataclasses.replace(self.source, mirrors=mirrors)


def idx(values: np.ndarray) -> bytes:
    """An IDX file of unsigned bytes."""
    head = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
    return head + values.tobytes()


def make_small_set(name: str, seed: int = 1) -> SmallSet:
    """A small set of the form of a real one: of random pixels, so that the files do not get smaller when packed."""
    real = SOURCES[name]
    rng = np.random.default_rng(seed)
    images, labels, packed, plain_sizes = {}, {}, {}, {}
    for half, count in (("train", TRAIN_IMAGES), ("t10k", TEST_IMAGES)):
        images[half] = rng.integers(0, 256, (count, 28, 28), np.uint8)
        classes = len(real.class_names)
        labels[half] = (np.arange(count) % classes + real.first_label).astype(np.uint8)
        for what, values in (("images", images[half]), ("labels", labels[half])):
            file_name = real.parts[f"{half}-{what}"]
            packed[file_name] = gzip.compress(idx(values), 1, mtime=0)
            plain_sizes[file_name] = len(idx(values))
    if real.is_archive:
        members = {f"gzip/{file_name}": content for file_name, content in packed.items()}
        members |= {f"gzip/{sibling}": gzip.compress(b"", mtime=0) for sibling in real.siblings}
        content = make_zip(members)
        file = RemoteFile("gzip.zip", len(content), _sha256(content), False, len(content))
        source = dataclasses.replace(real, mirrors=(), files=(file,))
        return SmallSet(source, {"gzip.zip": content}, images, labels)
    files = []
    for file in real.files:
        content = packed[file.name]
        digest = _sha256(gzip.decompress(content) if file.of_content else content)
        files.append(RemoteFile(file.name, len(content), digest, file.of_content, plain_sizes[file.name]))
    return SmallSet(dataclasses.replace(real, mirrors=(), files=tuple(files)), packed, images, labels)


def make_zip(members: dict[str, bytes]) -> bytes:
    """A zip that holds its members as they are."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
