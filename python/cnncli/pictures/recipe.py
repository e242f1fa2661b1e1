"""The input recipe: how a picture of any kind becomes the input of a network; the model file keeps it."""

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnncli.errors import DataError, FormatError, NoGlyphError, ShapeError
from cnncli.limits import Limits
from cnncli.pictures.border import with_border
from cnncli.pictures.portions import portions
from cnncli.shown import shown
from cnncli.storage.typed_json import check_fields

if TYPE_CHECKING:  # PIL is imported where a picture is read: arrays need none
    from PIL import Image

    Picture = str | Path | bytes | Image.Image

KINDS = ("glyph", "plain")
COLOURS = {1: "grey", 3: "RGB"}
POLARITIES = ("light-on-dark", "dark-on-light", "any")
_MAX_SIDE = 4096
_SIDE = Limits(whole=True, least=1, most=_MAX_SIDE)
_MEAN_OR_SCALE = Limits(above=-1e6, below=1e6)
_SCALE = Limits(least=1e-6)  # what `measured` rounds to; much less is 0 in float32


@dataclass(frozen=True)
class Prepared:
    """What the network sees.

    pixels : uint8 (C, H, W), C-contiguous
    notes : what was done to the picture, for the user ("inverted", ...)
    """

    pixels: npt.NDArray[np.uint8]
    notes: list[str]


@dataclass(frozen=True)
class InputRecipe:
    """What a network expects of its input, and how to make it from a picture.

    kind : "glyph" (the one digit, letter or symbol is found, cropped and centred) or "plain" (the whole picture is
        fitted)
    channels : 1 (grey) or 3 (RGB)
    height, width : int in [1, 4096], pixels
    polarity : "light-on-dark", "dark-on-light" or "any", the ink and paper that the network was trained with
    mean, scale : float per channel, x = (byte / 255 - mean) / scale; scale > 0; NumPy's numbers and arrays too
    border : int >= 0, how many of these pixels on each side are background around the picture

    Raises
    ------
    FormatError : a value breaks the rules above
    """

    kind: str = "plain"
    channels: int = 1
    height: int = 28
    width: int = 28
    polarity: str = "any"
    mean: tuple[float, ...] = (0.0,)
    scale: tuple[float, ...] = (1.0,)
    border: int = 0

    def __post_init__(self) -> None:
        _one_of("kind", self.kind, KINDS)
        _one_of("polarity", self.polarity, POLARITIES)
        for name in ("channels", "height", "width"):
            value = getattr(self, name)
            if not _SIDE.accepts(value):
                raise FormatError(f"input recipe: {_SIDE.fault(name, value)}")
            object.__setattr__(self, name, int(value))
        if self.channels not in (1, 3):
            raise FormatError(f"input recipe: channels is {self.channels}; it must be 1 (grey) or 3 (RGB)")
        if not Limits(whole=True, least=0, below=min(self.height, self.width) / 2).accepts(self.border):
            raise FormatError(
                f"input recipe: border is {shown(self.border)}; use a whole number from 0 to below half of "
                f"{self.height}x{self.width}"
            )
        object.__setattr__(self, "border", int(self.border))
        for name in ("mean", "scale"):
            object.__setattr__(self, name, _numbers(name, getattr(self, name), self.channels))
        if not all(map(_SCALE.accepts, self.scale)):
            raise FormatError(f"input recipe: scale is {shown(list(self.scale))}; {_SCALE.remedy}, for each channel")

    @classmethod
    def of_shape(cls, shape: tuple[int, ...]) -> "InputRecipe | None":
        """Whole pictures fitted to (channels, height, width), bytes / 255 as they are; None if no pictures have it."""
        if len(shape) != 3 or shape[0] not in COLOURS:
            return None
        channels, height, width = shape
        return cls("plain", channels, height, width, mean=(0.0,) * channels, scale=(1.0,) * channels)

    @classmethod
    def measured(
        cls,
        images: npt.NDArray[np.uint8],
        *,
        kind: str = "plain",
        polarity: str = "any",
        border: int = 0,
        but_for: npt.NDArray[np.uint8] | None = None,
    ) -> "InputRecipe":
        """The recipe whose mean and scale are the mean and standard deviation of these images, per channel.

        Sums are exact integers, so the result is the same on every machine; it is rounded to 6 decimals. A
        channel that never changes gets the scale 1.

        Parameters
        ----------
        images : uint8 (N, C, H, W), the training images
        kind, polarity, border : as the fields
        but_for : uint8 (M, C, H, W), M < N; those of `images` that do not count: held out, and maybe copied

        Raises
        ------
        ShapeError : the images are not uint8 (N, C, H, W), or there is none

        >>> black_and_white = np.array([0, 255], np.uint8).reshape(2, 1, 1, 1)
        >>> InputRecipe.measured(black_and_white).scale
        (0.5,)
        """
        if images.ndim != 4 or images.dtype != np.uint8 or images.size == 0:
            raise ShapeError(
                f"input recipe: measured from {images.dtype} {images.shape}; pass uint8 (N, C, H, W), N >= 1"
            )
        channels, height, width = (int(size) for size in images.shape[1:])
        means, scales = [], []
        for channel in range(channels):
            counts = _byte_counts(images[:, channel])
            if but_for is not None:
                counts -= _byte_counts(but_for[:, channel])
            total = int(counts.sum())
            first = sum(byte * int(count) for byte, count in enumerate(counts))
            second = sum(byte * byte * int(count) for byte, count in enumerate(counts))
            variance = (second * total - first * first) / (total * total)  # exact before the division
            means.append(round(first / total / 255, 6))
            scales.append(round(math.sqrt(variance) / 255, 6) or 1.0)
        return cls(kind, channels, height, width, polarity, tuple(means), tuple(scales), border)

    def to_dict(self) -> dict[str, Any]:
        """The recipe as JSON values; `from_dict` takes it back."""
        return {
            "kind": self.kind,
            "channels": self.channels,
            "height": self.height,
            "width": self.width,
            "polarity": self.polarity,
            "mean": list(self.mean),
            "scale": list(self.scale),
            "border": self.border,
        }

    @classmethod
    def from_dict(cls, values: Any) -> "InputRecipe":
        """Reads what `to_dict` wrote; every key must be there but the border, which older files lack, and no other.

        Raises
        ------
        FormatError : a key is missing, unknown, or its value breaks a rule

        >>> InputRecipe.from_dict(InputRecipe(kind="glyph").to_dict()) == InputRecipe(kind="glyph")
        True
        """
        if isinstance(values, dict):
            values = {"border": 0, **values}  # models made before it was a field have none
        try:
            check_fields(cls, values, complete=True)
        except FormatError as error:
            raise FormatError(f"input recipe {error}") from None
        return cls(**values)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width)"""
        return self.channels, self.height, self.width

    @property
    def picture_shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of the picture within the border."""
        return self.channels, self.height - 2 * self.border, self.width - 2 * self.border

    @property
    def text(self) -> str:
        """The preparation in a few words, for the user.

        >>> InputRecipe("plain", 3, 32, 32, mean=(0.0,) * 3, scale=(1.0,) * 3).text
        'plain: the whole picture is fitted to RGB 32x32'
        """
        size = f"{COLOURS[self.channels]} {self.height}x{self.width}"
        if self.border:
            size += f", {self.border} pixels of which are border"
        if self.kind == "glyph":
            return f"glyph: the one glyph of a picture is found, cropped and centred in {size}"
        return f"plain: the whole picture is fitted to {size}"

    def normalize(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """x = (pixel - mean) / scale for each channel, in float32: the one place that does it, whoever asks.

        images : float32 (..., C, H, W), pixels from 0 to 1, which are bytes / 255

        Returns float32 of the same shape.
        """
        mean, scale = self._mean_and_scale
        normalized: npt.NDArray[np.float32] = images - mean
        normalized /= scale
        return normalized

    @cached_property
    def _mean_and_scale(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        mean = np.asarray(self.mean, np.float32).reshape(-1, 1, 1)
        return mean, np.asarray(self.scale, np.float32).reshape(-1, 1, 1)

    def prepare(
        self,
        source: "Picture",
        invert: bool | None = None,
        *,
        box: tuple[int, int, int, int] | None = None,
        refuse_several: bool = True,
        name: str | None = None,
    ) -> Prepared:
        """Makes the network's input from a picture.

        Kind "glyph": the ink is told from the paper, uneven light is removed, and the glyph is cropped, fitted
        to 20/28 of the size and centred by its mass, as MNIST's were; a picture that looks like this already
        comes through unchanged. Kind "plain": the whole picture is fitted, its border's colour fills the rest.

        Parameters
        ----------
        source : path of a picture file, the bytes of one, or a PIL image
        invert : True: the picture's ink and paper are swapped against `polarity`; False: they are as in
            `polarity`; None: found out (kind "glyph"), or left as they are (kind "plain")
        box : x, y, width, height of the part to look at, in pixels of the upright picture; None: all of it
        refuse_several : several digits side by side are an error (kind "glyph"); else they are taken for one
        name : what messages call the picture; None: its path, or "picture"

        Raises
        ------
        DataError : the picture cannot be read; the box lies outside
        NoGlyphError : it holds no ink, or its ink colour cannot be told (kind "glyph")
        """
        from cnncli.pictures import picture_file
        from cnncli.pictures.digit_picture import cut_out

        name = picture_file.name_of(source, name)
        image, notes = picture_file.read_picture(source, self.enough_pixels if box is None else None, name)
        if self.kind == "glyph":
            pixels, more = self._glyph(image, name, invert, box, refuse_several)
            return Prepared(self._framed(pixels), notes + more)
        image = cut_out(image, name, box)
        channels, height, width = self.picture_shape
        pixels = picture_file.fit_picture(image, channels=channels, height=height, width=width)
        if invert:
            pixels, notes = np.subtract(np.uint8(255), pixels), [*notes, "inverted"]
        return Prepared(self._framed(pixels), notes)

    def prepare_all(
        self, source: "Picture", invert: bool | None = None, *, name: str | None = None
    ) -> list[tuple[Prepared, tuple[int, int, int, int]]]:
        """All digits of one line from left to right, each with its box (x, y, width, height in pixels).

        A picture of kind "plain" is one thing, and its box is all of it.

        Raises
        ------
        DataError : as `prepare`
        """
        from cnncli.pictures import picture_file
        from cnncli.pictures.digit_picture import find_digits

        name = picture_file.name_of(source, name)
        image, notes = picture_file.read_picture(source, self.enough_pixels, name)
        whole = picture_file.whole_size(source, image)
        if self.kind != "glyph":
            return [(self.prepare(image, invert, name=name), (0, 0, *whole))]
        dark_ink = None if invert is None else invert != (self.polarity == "dark-on-light")
        _, height, width = self.picture_shape
        try:
            found = find_digits(image, name, dark_ink=dark_ink, height=height, width=width, whole_width=whole[0])
        except DataError as error:
            raise NoGlyphError(str(error)) from None
        return [(Prepared(self._framed(self._as_input(one.pixels)), notes + one.notes), one.box) for one in found]

    def _framed(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        return with_border(pixels[None], self.border)[0] if self.border else pixels

    def _as_input(self, digit: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Light ink (H, W) in the network's polarity and channels, (C, H, W)."""
        if self.polarity == "dark-on-light":
            digit = np.subtract(np.uint8(255), digit)
        return np.ascontiguousarray(np.repeat(digit[None], self.channels, axis=0))

    @property
    def enough_pixels(self) -> int:
        """Pixels a side from which a picture loses nothing; a large JPEG is decoded no larger than needed."""
        longer = max(self.height, self.width)
        return 2 * (max(320, longer) if self.kind == "glyph" else longer)

    def _glyph(
        self,
        image: "Image.Image",
        name: str,
        invert: bool | None,
        box: tuple[int, int, int, int] | None,
        refuse_several: bool,
    ) -> tuple[npt.NDArray[np.uint8], list[str]]:
        from cnncli.pictures.digit_picture import find_digit

        dark_ink = None if invert is None else invert != (self.polarity == "dark-on-light")
        _, height, width = self.picture_shape
        try:
            glyph, notes = find_digit(
                image,
                name,
                dark_ink=dark_ink,
                height=height,
                width=width,
                box=box,
                refuse_several=refuse_several,
            )
        except DataError as error:
            raise NoGlyphError(str(error)) from None
        return self._as_input(glyph), notes


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise FormatError(f"input recipe: {name} is {shown(value)}; use {' or '.join(allowed)}")


def _numbers(name: str, values: object, count: int) -> tuple[float, ...]:
    """A list of finite numbers, or an array of them, one a channel, as floats."""
    if isinstance(values, np.ndarray):
        values = values.tolist()
    if not isinstance(values, list | tuple) or len(values) != count or not all(map(_MEAN_OR_SCALE.accepts, values)):
        raise FormatError(
            f"input recipe: {name} is {shown(values)}; use a list of {count} finite numbers, one a channel"
        )
    return tuple(float(value) for value in values)


def _byte_counts(planes: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """How often each byte occurs in (N, H, W); int64 (256,).

    Bytes are counted in pairs, since `np.bincount` makes an int64 of each number first: half the time.
    """
    pairs, singles = np.zeros(65_536, np.int64), np.zeros(256, np.int64)
    for rows in portions(len(planes)):
        part = planes[rows].ravel()
        even = part.size - part.size % 2
        pairs += np.bincount(part[:even].view(np.uint16), minlength=65_536)
        singles += np.bincount(part[even:], minlength=256)
    table = pairs.reshape(256, 256)
    counts: npt.NDArray[np.int64] = table.sum(axis=0) + table.sum(axis=1) + singles
    return counts
