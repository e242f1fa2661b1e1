"""Forms filled in by a program, with what is true of every cell."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from cnncli.data import load
from cnncli.data.digits import load_digits
from cnncli.forms.form_page import FormPage
from cnncli.forms.layout import CELL
from cnncli.forms.raster import page_image

INKS = {
    "black pen": (25, 25, 30), "blue pen": (35, 50, 150), "red pen": (185, 35, 45), "green pen": (20, 120, 60),
    "pencil": (110, 110, 115), "soft pencil": (85, 85, 90), "light blue": (70, 130, 210),
}  # fmt: skip
EXTRA = 3.0  # mm around a cell that its truth shows


@dataclass
class Truth:
    """What a cell holds: kind "glyph", "empty", "crossed"; ink (H, W) from 0 to 1, at `per_mm`, with EXTRA around."""

    kind: str
    label: str
    ink: np.ndarray | None = None
    touches: bool = False


@dataclass
class Filled:
    page: FormPage
    image: Image.Image
    per_mm: float
    cells: dict[tuple[int, int], Truth] = field(default_factory=dict)


Glyphs = Callable[[str, np.random.Generator], np.ndarray]
FONTS = (
    "DejaVuSans.ttf", "DejaVuSerif.ttf", "LiberationSans-Regular.ttf", "LiberationSerif-Italic.ttf", "FreeSans.ttf",
    "Lato-Light.ttf", "Roboto-Thin.ttf",
)  # fmt: skip


@cache
def mnist_images() -> tuple[np.ndarray, np.ndarray] | None:
    """The test images and labels of the real MNIST, where CNN_TEST_MNIST names them."""
    folder = os.environ.get("CNN_TEST_MNIST")
    if not folder:
        return None
    test = load(folder, parts=("test",)).test
    assert test is not None
    return test.images[:, 0], test.labels


def glyphs(source: str, rng: np.random.Generator) -> Glyphs:
    """source : digits, mnist, fonts; gives ink (H, W) from 0 to 1, cut to its bounds."""
    if source == "fonts":
        known = [name for name in FONTS if _has_font(name)]

        def drawn(label: str, rng: np.random.Generator) -> np.ndarray:
            name = known[int(rng.integers(len(known)))] if known else None
            font = ImageFont.truetype(name, 160) if name else ImageFont.load_default(160)
            image = Image.new("L", (260 * len(label), 300))
            ImageDraw.Draw(image).text((50, 50), label, fill=255, font=font)
            return _cut(np.asarray(image, np.float32) / 255)

        return drawn
    if source == "mnist" and (found := mnist_images()) is not None:
        images, labels = found
    else:
        train = load_digits(400, 0, int(rng.integers(1 << 30))).train
        assert train is not None
        images, labels = train.images[:, 0], train.labels

    def taken(label: str, rng: np.random.Generator) -> np.ndarray:
        place = rng.choice(np.flatnonzero(labels == int(label)))
        large = Image.fromarray(images[place]).resize((224, 224), Image.Resampling.BICUBIC)
        return _cut(((np.asarray(large, np.float32) / 255 - 0.3) / 0.35).clip(0, 1))

    return taken


def _has_font(name: str) -> bool:
    try:
        ImageFont.truetype(name, 20)
    except OSError:
        return False
    return True


def _cut(ink: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero((ink > 0.3).any(axis=1)), np.flatnonzero((ink > 0.3).any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fill(
    page: FormPage,
    draw_glyph: Glyphs,
    rng: np.random.Generator,
    inks: Sequence[str] = ("black pen",),
    per_mm: float = 8.0,
    empty: float = 0.06,
    crossed: float = 0.05,
    touching: float = 0.12,
) -> Filled:
    """Writes into every cell; shares of empty and crossed out cells, and of glyphs that touch or cross their frame."""
    image = page_image(page, per_mm).convert("RGB")
    filled = Filled(page, image, per_mm)
    pixels = np.array(image)
    for row, column in page.cells:
        label, box = page.rows[row], page.paper.cell(row, column)
        side = round((CELL + 2 * EXTRA) * per_mm)
        left, top = round((box.x - EXTRA) * per_mm), round((box.y - EXTRA) * per_mm)
        colour = np.array(INKS[inks[int(rng.integers(len(inks)))]], np.float32) / 255
        kind = rng.choice(["empty", "crossed", "glyph"], p=[empty, crossed, 1 - empty - crossed])
        ink, touches = np.zeros((side, side), np.float32), False
        if kind != "empty":
            ink, touches = _placed(draw_glyph(label, rng), per_mm, rng, rng.random() < touching)
        if kind == "crossed":
            ink = np.maximum(ink, _cross(side, per_mm, rng))
        filled.cells[row, column] = Truth(str(kind), label, ink if kind == "glyph" else None, touches)
        view = np.s_[top : top + side, left : left + side]
        texture = 1 - 0.15 * rng.random((side, side), np.float32)
        pixels[view] = (pixels[view] * (1 - (ink * texture)[..., None] * (1 - colour))).round()
    filled.image = Image.fromarray(pixels)
    return filled


def _placed(glyph: np.ndarray, per_mm: float, rng: np.random.Generator, touches: bool) -> tuple[np.ndarray, bool]:
    """The glyph at any size and place in its cell, or over the edge of its frame."""
    high = rng.uniform(6.0, 12.0)
    tall, wide = glyph.shape
    size = high * per_mm / max(tall, wide)
    image = Image.fromarray((glyph * 255).astype(np.uint8)).resize(
        (max(3, round(wide * size)), max(3, round(tall * size))), Image.Resampling.BICUBIC
    )
    image = image.rotate(rng.uniform(-8, 8), Image.Resampling.BICUBIC, expand=True)
    ink = np.asarray(image, np.float32) / 255
    side = round((CELL + 2 * EXTRA) * per_mm)
    room = [CELL * per_mm - length for length in ink.shape]
    edge = EXTRA * per_mm
    place = [edge + rng.uniform(0.04, 0.96) * max(0.0, space) for space in room]
    if touches:
        axis, far = int(rng.integers(2)), rng.random() < 0.5
        over = rng.uniform(0.0, 1.8) * per_mm
        place[axis] = edge + room[axis] + over if far else edge - over
    top, left = (round(value) for value in place)
    result = np.zeros((side, side), np.float32)
    top, left = min(max(top, 1), side - ink.shape[0] - 1), min(max(left, 1), side - ink.shape[1] - 1)
    result[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return result, touches


def _cross(side: int, per_mm: float, rng: np.random.Generator) -> np.ndarray:
    """A cross, or one line, from corner to corner of the cell."""
    image = Image.new("L", (side, side))
    draw = ImageDraw.Draw(image)
    low, high = EXTRA * per_mm, side - EXTRA * per_mm
    width = max(2, round(rng.uniform(0.4, 0.9) * per_mm))

    def near() -> float:
        return float(rng.uniform(-0.8, 1.2) * per_mm)

    draw.line((low + near(), low + near(), high - near(), high - near()), fill=255, width=width)
    draw.line((low + near(), high - near(), high - near(), low + near()), fill=255, width=width)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(0.5)), np.float32) / 255
