"""What every source of data ends as: images and labels in arrays, with names for the classes."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cnncli.errors import DataError
from cnncli.shown import format_shape

MAX_BYTES = 2 << 30  # images of one data set in memory; hostile files claim more
MAX_CLASSES = 65_536

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Note:
    """One fact about a data set that its user should know, such as what was left aside.

    kind : "left aside", "converted", "classes", "parts", "prepared", "loss", "plugin" or "tta"
    text : one line, "left aside: 91 files (.heic 60, not pictures 31)"
    counts : the same as numbers, {".heic": 60, "not pictures": 31}
    """

    kind: str
    text: str
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Blank:
    """A picture that can be read but in which no glyph is found, so that it is no image.

    name : of its file, or "image 7"
    label : as those of the images
    reason : one line
    """

    name: str
    label: int
    reason: str


@dataclass(frozen=True, eq=False)
class Split:
    """Images and their labels: the training set, the test set, or a part of one.

    images : uint8 (N, C, H, W), C-contiguous
    labels : int64 (N,), each in [0, number of classes)
    files : path of the file that each image was read from; None: the images were arrays
    blanks : pictures of this part without an image; a measure of the part counts them as wrong

    Raises
    ------
    DataError : other shapes or types, or not one label (and file) for each image
    """

    images: Images
    labels: Labels
    files: tuple[str, ...] | None = None
    blanks: tuple[Blank, ...] = ()

    def __post_init__(self) -> None:
        if self.images.dtype != np.uint8 or self.images.ndim != 4 or not self.images.flags.c_contiguous:
            raise DataError(
                f"images are {self.images.dtype} {self.images.shape}; they must be contiguous uint8 (N, C, H, W)"
            )
        if self.labels.dtype != np.int64 or self.labels.shape != self.images.shape[:1]:
            raise DataError(
                f"labels are {self.labels.dtype} {self.labels.shape} for {len(self.images)} images; "
                f"they must be int64 ({len(self.images)},)"
            )
        if self.files is not None and len(self.files) != len(self.images):
            raise DataError(f"{len(self.files)} files for {len(self.images)} images; there must be one for each")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def pictures(self) -> int:
        """How many pictures the part has, those without an image among them: what a measure divides by."""
        return len(self.labels) + len(self.blanks)


@dataclass(frozen=True, eq=False)
class DataSet:
    """Images in classes, for training and for testing.

    name : what the user calls it ("mnist", "digits", the name of a folder or file)
    train, test, validation : Split or None; all have images of the same channels, height and width. `validation` is
        what the data set itself keeps for validation
    class_names : list of K >= 1 names; label k is the class class_names[k]
    polarity : "light-on-dark", "dark-on-light" or "any", what the images' borders show
    source : where it came from, for the user
    known_digest : `digest`, if the images and labels were already held to digests of their own; else None
    notes : what was left aside, converted or assumed, for the user
    preparation : "glyph" or "plain", how the images were made, and how other pictures are to be made for them
    border : pixels on each side of the images that are background around the picture

    Raises
    ------
    DataError : no images at all, labels outside the classes, or train and test of different image shapes
    """

    name: str
    train: Split | None
    test: Split | None
    class_names: list[str]
    polarity: str = field(default="any")
    source: str = field(default="")
    known_digest: str | None = field(default=None)
    validation: Split | None = field(default=None)
    notes: list[Note] = field(default_factory=list)
    preparation: str = field(default="plain")
    border: int = field(default=0)

    def __post_init__(self) -> None:
        splits = [split for split in (self.train, self.validation, self.test) if split is not None]
        if not any(len(split) for split in splits):
            raise DataError(f"{self.name}: holds no images; use a data set with at least one")
        for split in splits[1:]:
            if split.images.shape[1:] != splits[0].images.shape[1:]:
                first, other = (format_shape(part.images.shape[1:]) for part in (splits[0], split))
                raise DataError(f"{self.name}: images of {first} and of {other}; they must have one size")
        classes = len(self.class_names)
        for split in splits:
            if len(split) and not 0 <= split.labels.min() <= split.labels.max() < classes:
                wrong = split.labels.max() if split.labels.min() >= 0 else split.labels.min()
                raise DataError(
                    f"{self.name}: label {wrong} found; with {classes} classes labels go from 0 to {classes - 1}"
                )

    @property
    def samples(self) -> str:
        """What its samples are called."""
        return "images"

    @cached_property
    def digest(self) -> str:
        """SHA-256 (64 hex digits) of class names, shapes, images and labels, wherever they came from.

        Computed when it is first asked for, unless it is known, and kept.
        """
        return self.known_digest or self.computed_digest()

    def computed_digest(self) -> str:
        """`digest` from the arrays; 55 MB take under 0.1 s with the SHA instructions."""
        total = hashlib.sha256(repr(self.class_names).encode())
        for name, split in (("train", self.train), ("validation", self.validation), ("test", self.test)):
            if split is not None:
                total.update(f"\n{name} {split.images.shape}\n".encode())
                total.update(hashlib.sha256(split.images.data).digest())
                total.update(hashlib.sha256(split.labels.astype("<i8").data).digest())
        return total.hexdigest()


def images_digest(part: Split | None) -> str | None:
    """SHA-256 (64 hex digits) of the shape and pixels of a part; None without images. Labels do not count."""
    if part is None or not len(part):
        return None
    return hashlib.sha256(f"{part.images.shape}\n".encode() + hashlib.sha256(part.images.data).digest()).hexdigest()


def find_polarity(images: Images) -> str:
    """Whether the images are light on dark, dark on light or neither, from up to 1,000 of them.

    An image is light on dark if the median of its outermost pixels is below 64 and below its mean; the set is if 9
    of 10 images are. Dark on light is the same with inverted bytes.

    Parameters
    ----------
    images : uint8 (N, C, H, W)

    Returns
    -------
    "light-on-dark", "dark-on-light" or "any"

    >>> ink_in_the_middle = np.pad(np.full((1, 1, 2, 2), 255, np.uint8), ((0, 0), (0, 0), (2, 2), (2, 2)))
    >>> find_polarity(ink_in_the_middle), find_polarity(255 - ink_in_the_middle)
    ('light-on-dark', 'dark-on-light')
    """
    if images.size == 0:
        return "any"
    some = images[:: max(1, len(images) // 1000)].mean(axis=1)  # (n, H, W)
    border = np.concatenate([some[:, 0], some[:, -1], some[:, :, 0], some[:, :, -1]], axis=1)
    paper, mean = np.median(border, axis=1), some.mean(axis=(1, 2))
    if np.mean((paper < 64) & (paper < mean)) >= 0.9:
        return "light-on-dark"
    if np.mean((paper > 191) & (paper > mean)) >= 0.9:
        return "dark-on-light"
    return "any"


def check_size(where: str, count: int, channels: int, height: int, width: int) -> None:
    """Refuses images above the memory limit, before memory is asked for.

    Raises
    ------
    DataError : a size is 0, or all together are more than 2 GiB
    """
    if min(channels, height, width) < 1:
        raise DataError(f"{where}: images of {channels}x{height}x{width} have no pixels; each side must be 1 or more")
    size_bytes = count * channels * height * width
    if size_bytes > MAX_BYTES:
        raise DataError(
            f"{where}: {count:,} images of {channels}x{height}x{width} take {size_bytes:,} bytes; "
            f"the limit is {MAX_BYTES:,}, use fewer or smaller images"
        )
