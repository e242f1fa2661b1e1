"""Every picture of a data set is looked at once, one after the other; of each only its fingerprint is kept."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.data.dataset import Images
from cnncli.data.fetch_records import PicturesDone, PicturesProgress, Report, ignore
from cnncli.data.preparation.decoding import do_all
from cnncli.data.preparation.helpers import Looking
from cnncli.data.raw import PARTS, RawSet
from cnncli.pictures.fingerprint import DIGEST_BYTES, HUE, TAIL, THUMB, Fingerprint, thumbnails
from cnncli.pictures.portions import portions

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as for files
_QUIET_SECONDS = 0.5
_REPORT_SECONDS = 0.1


@dataclass(frozen=True, eq=False)
class Looks:
    """N pictures, those of the training part first, then validation, then test.

    part : uint8 (N,), place in PARTS; number : int64 (N,), place in its part; label : int64 (N,)
    names : of the files, or "test image 7"
    digest : V16 (N,); thumb : uint8 (N, THUMB * THUMB); size : int32 (N, 2), height and width
    darkest, lightest : uint8 (N,); is_constant, has_colour, is_read : bool (N,); what is not read has zeros else
    """

    part: npt.NDArray[np.uint8]
    number: npt.NDArray[np.int64]
    label: npt.NDArray[np.int64]
    names: Callable[[int], str]
    digest: npt.NDArray[np.void]
    thumb: npt.NDArray[np.uint8]
    size: npt.NDArray[np.int32]
    darkest: npt.NDArray[np.uint8]
    lightest: npt.NDArray[np.uint8]
    is_constant: npt.NDArray[np.bool_]
    has_colour: npt.NDArray[np.bool_]
    is_read: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.label)


def look_at(raw: RawSet, report: Report = ignore) -> Looks:
    """Decodes every picture of a data set.

    report : called with `PicturesProgress` and `PicturesDone` where it takes more than half a second
    """
    parts = [name for name in PARTS if name in raw.parts]
    counts = [len(raw.parts[name]) for name in parts]
    total = sum(counts)
    looks = Looks(
        part=np.repeat([PARTS.index(name) for name in parts], counts).astype(np.uint8),
        number=np.concatenate([np.arange(count) for count in counts] or [np.zeros(0, np.int64)]).astype(np.int64),
        label=np.concatenate([raw.parts[name].labels for name in parts] or [np.zeros(0, np.int64)]),
        names=lambda index: picture_name(raw, looks, index),
        digest=np.zeros(total, "V16"),
        thumb=np.zeros((total, THUMB * THUMB), np.uint8),
        size=np.zeros((total, 2), np.int32),
        darkest=np.zeros(total, np.uint8),
        lightest=np.zeros(total, np.uint8),
        is_constant=np.zeros(total, np.bool_),
        has_colour=np.zeros(total, np.bool_),
        is_read=np.zeros(total, np.bool_),
    )
    watch = _Watch(raw.name, total, report)
    first = 0
    for name, count in zip(parts, counts, strict=True):
        pictures = raw.parts[name].pictures
        if isinstance(pictures, list):
            do_all(Looking(), pictures, partial(_put, looks, first), partial(watch.show, first))
        else:
            for rows in portions(count):
                _put_arrays(looks, first + rows.start, pictures[rows])
                watch.show(first, rows.start)
        first += count
    watch.close()
    return looks


class _Watch:
    """Tells the progress of what takes longer than half a second."""

    def __init__(self, name: str, total: int, report: Report) -> None:
        self._name, self._total, self._report = name, total, report
        self._began = time.monotonic()
        self._next, self._is_shown = self._began + _QUIET_SECONDS, False

    def show(self, first: int, done: int) -> None:
        now = time.monotonic()
        if now > self._next:
            self._next, self._is_shown = now + _REPORT_SECONDS, True
            self._report(PicturesProgress(self._name, "checking", first + done, self._total, now - self._began))

    def close(self) -> None:
        if self._is_shown:
            self._report(PicturesDone(self._name, "checking", self._total, 0, time.monotonic() - self._began))


def picture_name(raw: RawSet, looks: Looks, index: int) -> str:
    """What a picture is called: its file, or its place among the images of its part, counted from 1."""
    part = PARTS[looks.part[index]]
    pictures, number = raw.parts[part].pictures, int(looks.number[index])
    return str(pictures[number]) if isinstance(pictures, list) else f"{part} image {number + 1}"


def _put(looks: Looks, first: int, number: int, found: Fingerprint | None) -> None:
    if found is None:
        return
    index = first + number
    looks.digest[index] = np.void(found.digest)
    looks.thumb[index] = found.thumb
    looks.size[index] = found.height, found.width
    looks.darkest[index], looks.lightest[index] = found.darkest, found.lightest
    looks.is_constant[index], looks.has_colour[index] = found.is_constant, found.has_colour
    looks.is_read[index] = True


def _put_arrays(looks: Looks, first: int, images: Images) -> None:
    """The fingerprints of images that are no files, many at once.

    images : uint8 (n, C, H, W)
    """
    count, channels, height, width = images.shape
    rows = slice(first, first + count)
    flat = images.reshape(count, -1)
    head = f"{channels}x{height}x{width}".encode()
    digests = b"".join(hashlib.blake2b(head + image.tobytes(), digest_size=DIGEST_BYTES).digest() for image in flat)
    looks.digest[rows] = np.frombuffer(digests, f"V{DIGEST_BYTES}")
    looks.size[rows] = height, width
    planes = images.reshape(count, channels, -1)
    looks.is_constant[rows] = (planes == planes[..., :1]).all(axis=(1, 2))
    looks.is_read[rows] = True
    grey: npt.NDArray[Any] = images[:, 0]
    if channels == 3:
        grey = np.tensordot(images, _LUMA, (1, 0)).round().astype(np.uint8)
    looks.thumb[rows] = thumbnails(grey).round().reshape(count, -1)
    if channels == 3:
        looks.has_colour[rows] = np.ptp(thumbnails(images), axis=1).max(axis=(1, 2)) > HUE
    in_order = np.sort(grey.reshape(count, -1), axis=1, kind="stable")  # of bytes by their digits, in linear time
    rest = int(TAIL * in_order.shape[1])
    looks.darkest[rows], looks.lightest[rows] = in_order[:, rest], in_order[:, in_order.shape[1] - 1 - rest]

