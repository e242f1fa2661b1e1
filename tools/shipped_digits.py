"""The images that models/lenet5.bin learns from: MNIST's and what is made of them, as one .npz for `cnn train`.

MNIST's training part without 5,000 images, the program's own digits, printed ones, glyphs of all with thin pens, some
out of focus, flagged ones, and what is no digit. The part for validation has the other 5,000, pictures made of them,
and print of other fonts: the best epoch, temperature and threshold are found on it. The test part is MNIST's.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter
from tools.pictures import glyphs
from tools.pictures.groups import Glyphs, draw
from tools.pictures.outliers import bowl_and_stem, random_strokes, wrong_pieces

from cnncli import data
from cnncli.data.split import split_indices
from cnncli.errors import CnnError
from cnncli.pictures.digit_picture import find_digit
from cnncli.pictures.picture_file import read_picture
from cnncli.pictures.segmentation.layout import centred

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]

_SEED = 1
_MNIST_TIMES = 2  # as often as all that is made of its glyphs
_HAIRLINES = 5_000  # of MNIST's glyphs, and as many of the program's own digits
_PRINTED = 12_000
_SOFT = 1_500
_FLAGGED_ONES = 3_000
_OUTLIERS = 24_000
_LABELS_OF_OUTLIERS = 2  # each is there so often, with different labels: by heart it can at best be in two minds
_DIGITS = 20_000
_HELD_OUT = 5_000  # of MNIST's training images
_CHECKED = 300  # pictures of each kind that validate
# Groups that are drawn of the images held out, to find how sure is sure of photographs of paper.
_GROUPS = ("one_pixel_pen", "form_box", "squared_paper", "ruled_paper", "dark_corner", "plain_paper")
_TRAINING_SEED, _HELD_OUT_SEED = 1_000, 2_000  # of pictures; the groups are measured with seeds from 0


def prepared(group: str, count: int, source: Glyphs, seed: int) -> tuple[Pixels, Labels]:
    """Pictures of a group as the network sees them; those in which no digit is found are left out."""
    pixels, labels = [], []
    for index in range(count):
        picture = draw(group, index, source, seed)
        try:
            found, _ = find_digit(read_picture(picture.image)[0], group)
        except CnnError:
            continue
        pixels.append(found)
        labels.append(int(picture.text))
    return np.stack(pixels), np.array(labels, np.int64)


@dataclass(frozen=True)
class Printed:
    """Digits of fonts, as glyphs to draw."""

    fonts: tuple[str, ...]

    def handwritten(self, rng: np.random.Generator) -> tuple[glyphs.Ink, str]:
        text = str(rng.integers(10))
        return glyphs.printed(text, str(rng.choice(self.fonts))), text


def printed(count: int, source: Printed, seed: int) -> tuple[Pixels, Labels]:
    """Digits of fonts laid out as digits, turned and stretched a little, now and then soft."""
    pixels, labels = [], []
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        ink, text = source.handwritten(rng)
        ink = glyphs.scaled(ink, float(rng.uniform(24, 110)), float(rng.uniform(-7, 7)))
        wide = max(1, round(ink.shape[1] * rng.uniform(0.85, 1.15)))
        shape = Image.fromarray((255 * np.pad(ink, 12)).astype(np.uint8)).resize((wide + 24, ink.shape[0] + 24))
        if rng.random() < 0.3:
            shape = shape.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 0.05 * ink.shape[0]))))
        pixels.append(centred(glyphs.cropped(np.asarray(shape, np.float32) / 255), 28, 28))
        labels.append(int(text))
    return np.stack(pixels), np.array(labels, np.int64)


def hairlines(count: int, source: Glyphs | Printed, seed: int) -> tuple[Pixels, Labels]:
    """Lines of one pixel, 10 to 22 pixels high, with gaps, as the finder lays them out.

    A glyph is thinned at four times the size, and three of four pixels are left out.
    """
    pixels, labels = [], []
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        ink, text = source.handwritten(rng)
        height = min(rng.uniform(10, 22), 24 * ink.shape[0] / ink.shape[1])
        line = np.pad(glyphs.thinned(np.pad(glyphs.scaled(ink, 4 * height) > 0.5, 1)), 4)
        if rng.random() < 0.8:
            line = np.asarray(Image.fromarray(line).convert("L").filter(ImageFilter.MaxFilter(3))) > 0
        line = line[int(rng.integers(4)) :: 4, int(rng.integers(4)) :: 4]
        if line.sum() >= 0.5 * height:
            picture = Image.fromarray(np.pad(line, 2).astype(np.uint8) * 255)
            pixels.append(find_digit(picture, "hairline", dark_ink=False)[0])
            labels.append(int(text))
    return np.stack(pixels), np.array(labels, np.int64)


def flagged_ones(count: int, seed: int) -> Pixels:
    """Flagged ones laid out as digits, turned a little."""
    made = []
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        ink = glyphs.scaled(glyphs.flagged_one(rng), 100, float(rng.uniform(-6, 6)))
        made.append(centred(ink, 28, 28))
    return np.stack(made)


def outliers(count: int, images: Pixels, labels: Labels, seed: int) -> Pixels:
    """A third each: pieces of digits, random strokes, bowls and stems."""
    made = []
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        if index % 3 == 0:
            made.append(wrong_pieces(rng, images, labels))
        else:
            made.append(random_strokes(rng) if index % 3 == 1 else bowl_and_stem(rng))
    return np.stack(made)


def make(data_dir: str | Path, path: Path, share: float = 1.0) -> int:
    """Writes the .npz; returns how many images are trained on.

    data_dir : the folder with MNIST's four files
    share : of the pictures that are made, for a quick try
    """
    mnist = data.load("mnist", data_dir=str(data_dir))
    assert mnist.train is not None and mnist.test is not None
    kept, held_out = split_indices(mnist.train.labels, _HELD_OUT / len(mnist.train.labels), seed=_SEED)
    own, spared = (
        Glyphs(mnist.train.images[part, 0], mnist.train.labels[part], fonts=False) for part in (kept, held_out)
    )
    images, labels = _joined(_to_train(own, share))
    held_images, held_labels = _joined(_to_validate(spared, share))
    np.savez(
        path,
        x_train=images,
        y_train=labels.astype(np.uint8),
        x_val=held_images,
        y_val=held_labels.astype(np.uint8),
        x_test=mnist.test.images[:, 0],
        y_test=mnist.test.labels.astype(np.uint8),
    )
    return len(labels)


def _joined(parts: list[tuple[Pixels, Labels]]) -> tuple[Pixels, Labels]:
    return np.concatenate([images for images, _ in parts]), np.concatenate([labels for _, labels in parts])


def _to_train(own: Glyphs, share: float) -> list[tuple[Pixels, Labels]]:
    drawn = data.load_digits(train=int(_DIGITS * share), test=0).train
    assert drawn is not None
    digits = Glyphs(drawn.images[:, 0], drawn.labels, fonts=False)
    fonts = Printed(glyphs.TRAINING_FONTS)
    ones = flagged_ones(int(_FLAGGED_ONES * share), _TRAINING_SEED)
    strange = outliers(int(_OUTLIERS * share), own.images, own.labels, _TRAINING_SEED)
    return [
        *[(own.images, own.labels)] * _MNIST_TIMES,
        (digits.images, digits.labels),
        hairlines(int(_HAIRLINES * share), own, _TRAINING_SEED),
        hairlines(int(_HAIRLINES * share), digits, _TRAINING_SEED + 1),
        hairlines(int(2 * _HAIRLINES * share), fonts, _TRAINING_SEED + 2),
        printed(int(_PRINTED * share), fonts, _TRAINING_SEED),
        prepared("soft_and_full", int(_SOFT * share), own, _TRAINING_SEED),
        (ones, np.ones(len(ones), np.int64)),
        *((strange, labels) for labels in _any_labels(len(strange))),
    ]


def _any_labels(count: int) -> Labels:
    """For what is no digit: int64 (_LABELS_OF_OUTLIERS, count), those of each different."""
    rng = np.random.default_rng([_TRAINING_SEED, count])
    return np.ascontiguousarray(rng.permuted(np.tile(np.arange(10), (count, 1)), axis=1)[:, :_LABELS_OF_OUTLIERS].T)


def _to_validate(spared: Glyphs, share: float) -> list[tuple[Pixels, Labels]]:
    count, fonts = max(2, int(_CHECKED * share)), Printed(glyphs.HELD_OUT_FONTS)
    return [
        (spared.images, spared.labels),
        hairlines(count, spared, _HELD_OUT_SEED),
        hairlines(count, fonts, _HELD_OUT_SEED + 1),
        printed(count, fonts, _HELD_OUT_SEED),
        prepared("soft_and_full", count, spared, _HELD_OUT_SEED),
        *(prepared(group, max(2, count // 2), spared, _HELD_OUT_SEED) for group in _GROUPS),
    ]
