"""Glyphs: shapes of ink without any paper, from MNIST's images, from fonts, and ones drawn here."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Ink = npt.NDArray[np.float32]  # (H, W), 0 paper to 1 ink, cropped to the ink

# Debian: fonts-dejavu-core or -extra, fonts-liberation, fonts-freefont-ttf
FONT_FOLDER = Path("/usr/share/fonts/truetype")
FONTS = (
    "dejavu/DejaVuSans.ttf",
    "dejavu/DejaVuSans-Bold.ttf",
    "dejavu/DejaVuSerif.ttf",
    "liberation/LiberationSans-Regular.ttf",
    "liberation/LiberationSans-Italic.ttf",
    "liberation/LiberationSerif-Regular.ttf",
    "liberation/LiberationMono-Regular.ttf",
    "freefont/FreeSans.ttf",
    "freefont/FreeSansBold.ttf",
    "freefont/FreeSerif.ttf",
    "freefont/FreeSerifItalic.ttf",
    "freefont/FreeMono.ttf",
)
# Fonts whose 1 is a stem and a flag, without a foot.
FONTS_WITHOUT_FOOT = (
    "liberation/LiberationSans-Regular.ttf",
    "liberation/LiberationSans-Bold.ttf",
    "liberation/LiberationSans-Italic.ttf",
    "liberation/LiberationSansNarrow-Regular.ttf",
    "freefont/FreeSans.ttf",
    "freefont/FreeSansOblique.ttf",
)
# Debian's packages of the fonts to train on, relatives of none above, and of those to hold out.
FONT_PACKAGES = (
    "fonts-comic-neue fonts-crosextra-caladea fonts-firacode fonts-hack fonts-lato fonts-open-sans fonts-quicksand "
    "fonts-roboto-unhinted fonts-urw-base35 fonts-cantarell fonts-crosextra-carlito fonts-dosis"
)
TRAINING_FONTS = (
    "../opentype/comic-neue/ComicNeue-Bold.otf",
    "../opentype/comic-neue/ComicNeue-Regular.otf",
    "../opentype/urw-base35/C059-Roman.otf",
    "../opentype/urw-base35/P052-Roman.otf",
    "../opentype/urw-base35/URWBookman-Light.otf",
    "../opentype/urw-base35/URWGothic-Book.otf",
    "crosextra/Caladea-Bold.ttf",
    "crosextra/Caladea-Regular.ttf",
    "firacode/FiraCode-Light.ttf",
    "firacode/FiraCode-Regular.ttf",
    "hack/Hack-Bold.ttf",
    "hack/Hack-Regular.ttf",
    "lato/Lato-Bold.ttf",
    "lato/Lato-Light.ttf",
    "lato/Lato-Regular.ttf",
    "open-sans/OpenSans-CondBold.ttf",
    "open-sans/OpenSans-Light.ttf",
    "open-sans/OpenSans-Regular.ttf",
    "quicksand/Quicksand-Bold.ttf",
    "quicksand/Quicksand-Light.ttf",
    "quicksand/Quicksand-Regular.ttf",
    "roboto/unhinted/RobotoCondensed-Regular.ttf",
    "roboto/unhinted/RobotoTTF/Roboto-Bold.ttf",
    "roboto/unhinted/RobotoTTF/Roboto-Light.ttf",
    "roboto/unhinted/RobotoTTF/Roboto-Regular.ttf",
)
HELD_OUT_FONTS = (
    "../opentype/cantarell/Cantarell-Light.otf",
    "../opentype/cantarell/Cantarell-Regular.otf",
    "../opentype/dosis/Dosis-Book.otf",
    "crosextra/Carlito-Regular.ttf",
)
# Letters that nobody could tell from a digit without their line: O o Q D (0), I i l j J (1), Z z (2), y (4, 9), S s
# (5), G b (6), B (8), g q (9).
LOOK_LIKE_DIGITS = frozenset("OoQDIiljJZzySsGbBgq")
LETTERS = "".join(
    letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" if letter not in LOOK_LIKE_DIGITS
)
_GLYPH_SIDE = 224  # pixels of a glyph before it is brought to a picture's size


def missing_fonts(wanted: Sequence[str] = (*FONTS, *FONTS_WITHOUT_FOOT)) -> list[str]:
    """The fonts that are not installed."""
    return [name for name in wanted if not (FONT_FOLDER / name).exists()]


def pen_stroke_of(pixels: npt.NDArray[np.uint8]) -> Ink:
    """MNIST's image, uint8 (28, 28), as the stroke of a pen at 8 times the size: smooth edges, full ink inside."""
    large = Image.fromarray(pixels).resize((_GLYPH_SIDE, _GLYPH_SIDE), Image.Resampling.BICUBIC)
    ink = np.asarray(large.filter(ImageFilter.GaussianBlur(3)), np.float32) / 255
    return cropped(1 / (1 + np.exp(-(ink - 0.42) * 24)).astype(np.float32))


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT_FOLDER / name, size)


def printed(text: str, font: str) -> Ink:
    """A character of a font."""
    canvas = Image.new("L", (320, 320))
    ImageDraw.Draw(canvas).text((160, 160), text, 255, _font(font, 200), anchor="mm")
    return cropped(np.asarray(canvas, np.float32) / 255)


def flagged_one(rng: np.random.Generator) -> Ink:
    """A 1 as Europeans write it: a stem, a long flag up to its head, and no foot."""
    scale = 4
    side = 200 * scale
    head = np.array([120.0, 20.0]) + rng.uniform(-6, 6, 2)
    foot = np.array([head[0] - rng.uniform(-12, 30), 180.0])
    length, angle = rng.uniform(0.45, 0.68) * (foot[1] - head[1]), np.deg2rad(rng.uniform(32, 54))
    end = head + length * np.array([-np.sin(angle), np.cos(angle)])
    bend = (head + end) / 2 + rng.uniform(-5, 5, 2)
    flag = [end + (bend - end) * step for step in (0, 0.5)] + [bend, head]
    return _strokes([flag, [head, (head + foot) / 2 + rng.uniform(-3, 3, 2), foot]], rng.uniform(7, 15), side, scale)


def _strokes(lines: Sequence[Sequence[npt.NDArray[np.float64]]], pen: float, side: int, scale: int) -> Ink:
    """Lines drawn with a round pen, at a large size and then made smaller: smooth edges."""
    canvas = Image.new("L", (side, side))
    draw = ImageDraw.Draw(canvas)
    radius = pen * scale / 2
    for line in lines:
        points = [(float(x) * scale, float(y) * scale) for x, y in line]
        draw.line(points, 255, round(2 * radius), joint="curve")
        for x, y in points:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), 255)
    small = canvas.resize((side // scale, side // scale), Image.Resampling.BOX)
    return cropped(np.asarray(small, np.float32) / 255)


def cropped(ink: Ink) -> Ink:
    """The box around all that is at least a twentieth of full ink."""
    rows, columns = np.nonzero((ink > 0.05).any(axis=1))[0], np.nonzero((ink > 0.05).any(axis=0))[0]
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def scaled(ink: Ink, height: float, degrees: float = 0.0) -> Ink:
    """The glyph at another height in pixels, turned."""
    image = Image.fromarray(ink)
    if degrees:
        image = image.rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    ratio = height / image.height
    size = max(1, round(image.width * ratio)), max(1, round(height))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC), np.float32).clip(0, 1)


def thinned(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The middle line, one pixel wide.

    Source: Zhang & Suen 1984, "A fast parallel algorithm for thinning digital patterns"
    """
    mask = np.pad(mask, 1)
    while True:
        before = int(mask.sum())
        for first in (True, False):
            # p2 to p9 of the paper: north, then clockwise
            around = np.stack(
                [
                    np.roll(mask, shift, (0, 1))
                    for shift in ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
                ]
            )
            count = around.sum(axis=0)
            turns = (~around & np.roll(around, -1, axis=0)).sum(axis=0)
            north, east, south, west = around[0], around[2], around[4], around[6]
            if first:
                free = ~(north & east & south) & ~(east & south & west)
            else:
                free = ~(north & east & west) & ~(north & south & west)
            mask = mask & ~((count >= 2) & (count <= 6) & (turns == 1) & free)
        if int(mask.sum()) == before:
            return mask[1:-1, 1:-1]
