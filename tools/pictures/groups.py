"""The groups of pictures: which glyph on which paper in which light.

Every picture is a function of (group, seed, index). The parameters were fixed before the digit finder was mended for
these groups, and stay as they are: a finder that is tuned on one seed is measured on another.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter
from tools.pictures import glyphs, papers
from tools.pictures.glyphs import Ink
from tools.pictures.objects import drawn_object

Generator = np.random.Generator


@dataclass(frozen=True)
class Glyphs:
    """Where glyphs come from: images uint8 (N, 28, 28) and labels (N,), and fonts or none."""

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    fonts: bool = True

    def handwritten(self, rng: Generator) -> tuple[Ink, str]:
        index = int(rng.integers(len(self.labels)))
        return glyphs.pen_stroke_of(self.images[index]), str(self.labels[index])

    def any(self, rng: Generator) -> tuple[Ink, str]:
        """Mostly written by hand, a quarter printed."""
        if self.fonts and rng.random() < 0.25:
            label = str(rng.integers(10))
            return glyphs.printed(label, str(rng.choice(glyphs.FONTS))), label
        return self.handwritten(rng)


@dataclass(frozen=True)
class Picture:
    """image, and what a person reads in it: a digit, digits from left to right, or "" where there is none."""

    image: Image.Image
    text: str


def one_pixel_pen(rng: Generator, source: Glyphs) -> Picture:
    """28x28 pixels with a line of one pixel: a large drawing made smaller by leaving pixels out, as many tools do.

    Where the pen of the large drawing was too thin, the line has gaps; a wider pen is taken where a quarter is lost.
    """
    if source.fonts and rng.random() < 0.8:
        text = str(rng.integers(10))
        ink = glyphs.printed(text, str(rng.choice(glyphs.FONTS)))
    else:
        ink, text = source.handwritten(rng)
    height = min(rng.uniform(11, 22), 24 * ink.shape[0] / ink.shape[1])
    length = int(glyphs.thinned(glyphs.scaled(ink, height) > 0.5).sum())
    large = Image.fromarray(np.pad(glyphs.thinned(glyphs.scaled(ink, 10 * height) > 0.5), 10))
    for pen in (5, 7, 9):
        small = np.asarray(large.convert("L").filter(ImageFilter.MaxFilter(pen)))[5::10, 5::10]
        if np.count_nonzero(small) >= 0.75 * length:
            break
    canvas = np.zeros((28, 28), np.uint8)
    top = round((28 - small.shape[0]) * rng.uniform(0.3, 0.7))
    left = round((28 - small.shape[1]) * rng.uniform(0.3, 0.7))
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return Picture(Image.fromarray(canvas if rng.random() < 0.5 else 255 - canvas), text)


def form_box(rng: Generator, source: Glyphs) -> Picture:
    """In the printed box of a form: whole, or cut by the picture's edge, the digit now and then over its line."""
    ink, text = source.any(rng)
    side = int(rng.integers(120, 420))
    height, width = side, int(side * rng.uniform(0.75, 1.1))
    margin = side * rng.uniform(-0.01, 0.09, 4)
    box = (margin[0], margin[1], height - 1 - margin[2], width - 1 - margin[3])
    thick = max(1.0, side * rng.uniform(0.006, 0.022))
    page = papers.blank_page(rng, height, width)
    shade = float(rng.uniform(0.05, 0.45))
    page = papers.over(page, papers.frame(height, width, box, thick), (shade, shade, shade))
    ink = glyphs.scaled(ink, side * rng.uniform(0.5, 0.72), float(rng.uniform(-4, 4)))
    if ink.shape[1] > 0.8 * width:
        ink = glyphs.scaled(ink, ink.shape[0] * 0.8 * width / ink.shape[1])
    if rng.random() < 0.35:  # over the lower or the left line
        if rng.random() < 0.5:
            top = min(int(box[2] - ink.shape[0] * rng.uniform(0.88, 0.98)), height - ink.shape[0] - 2)
            left = (width - ink.shape[1]) // 2
        else:
            top, left = (height - ink.shape[0]) // 2, max(2, int(box[1] - ink.shape[1] * rng.uniform(0.02, 0.12)))
    else:
        top = (height - ink.shape[0]) // 2 + int(rng.normal(0, 0.03) * height)
        left = (width - ink.shape[1]) // 2 + int(rng.normal(0, 0.03) * width)
    page = papers.with_ink(page, ink, top, left, _pen(rng))
    return Picture(papers.photographed(rng, page, papers.soft_light(rng, height, width)), text)


def squared_paper(rng: Generator, source: Glyphs) -> Picture:
    """On squared paper: blue or grey squares, the digit over several of them."""
    ink, text = source.any(rng)
    height, width = int(rng.integers(260, 700)), int(rng.integers(260, 700))
    tall = min(height, width) * rng.uniform(0.4, 0.75)
    spacing = tall / rng.uniform(2, 8)
    degrees, thick = float(rng.uniform(-2.5, 2.5)), max(1.0, spacing * rng.uniform(0.03, 0.07))
    page = papers.blank_page(rng, height, width)
    colour = _rule_colour(rng)
    for across in (True, False):
        page = papers.over(page, papers.rules(rng, height, width, spacing, thick, degrees, across), colour)
    page = _placed(rng, page, ink, tall)
    return Picture(papers.photographed(rng, page, papers.soft_light(rng, height, width)), text)


def ruled_paper(rng: Generator, source: Glyphs) -> Picture:
    """On ruled paper with a red margin."""
    ink, text = source.any(rng)
    height, width = int(rng.integers(260, 700)), int(rng.integers(260, 700))
    tall = min(height, width) * rng.uniform(0.4, 0.75)
    spacing = tall / rng.uniform(0.9, 3)
    degrees, thick = float(rng.uniform(-2.5, 2.5)), max(1.0, min(spacing, 80) * rng.uniform(0.02, 0.05))
    page = papers.blank_page(rng, height, width)
    page = papers.over(page, papers.rules(rng, height, width, spacing, thick, degrees, True), _rule_colour(rng))
    red = (float(rng.uniform(0.75, 0.95)), float(rng.uniform(0.3, 0.55)), float(rng.uniform(0.35, 0.6)))
    margin = papers.one_line(height, width, width * rng.uniform(0.06, 0.2), thick * 1.3, degrees, False)
    page = papers.over(page, margin, red)
    page = _placed(rng, page, ink, tall)
    return Picture(papers.photographed(rng, page, papers.soft_light(rng, height, width)), text)


def soft_and_full(rng: Generator, source: Glyphs) -> Picture:
    """Cut to the digit itself and out of focus: no border of paper is left."""
    ink, text = source.handwritten(rng)
    height = int(rng.integers(20, 140))
    blur = height * rng.uniform(0.03, 0.06)
    large = glyphs.scaled(ink, height)
    padded = Image.fromarray((np.pad(large, height // 3) * 255).astype(np.uint8))
    soft = np.asarray(padded.filter(ImageFilter.GaussianBlur(blur)), np.float32)
    # The crop takes the ink's core and cuts its soft edge: all four sides of the picture are grey or ink.
    rows = np.nonzero((soft > 0.45 * soft.max()).any(axis=1))[0]
    columns = np.nonzero((soft > 0.45 * soft.max()).any(axis=0))[0]
    soft = soft[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    paper, dark = rng.uniform(185, 250), rng.uniform(10, 70)
    seen = paper + (dark - paper) * soft / soft.max() + rng.normal(0, rng.uniform(0, 2.5), soft.shape)
    if rng.random() < 0.3:
        seen = 255 - seen
    return Picture(Image.fromarray(seen.clip(0, 255).astype(np.uint8)), text)


def dark_corner(rng: Generator, source: Glyphs) -> Picture:
    """A page with a dark corner, a vignette or a shadow."""
    ink, text = source.any(rng)
    height, width = int(rng.integers(260, 700)), int(rng.integers(260, 700))
    tall = min(height, width) * rng.uniform(0.3, 0.6)
    page = _placed(rng, papers.blank_page(rng, height, width), ink, tall)
    light = papers.soft_light(rng, height, width) * papers.dark_corner(rng, height, width)
    return Picture(papers.photographed(rng, page, light), text)


def flagged_one(rng: Generator, source: Glyphs) -> Picture:
    """A 1 with a flag and no foot, written or printed, on plain paper."""
    if source.fonts and rng.random() < 0.15:
        ink = glyphs.printed("1", str(rng.choice(glyphs.FONTS_WITHOUT_FOOT)))
    else:
        ink = glyphs.flagged_one(rng)
    height, width = int(rng.integers(200, 600)), int(rng.integers(200, 600))
    page = _placed(rng, papers.blank_page(rng, height, width), ink, min(height, width) * rng.uniform(0.4, 0.7))
    return Picture(papers.photographed(rng, page, papers.soft_light(rng, height, width)), "1")


def plain_paper(rng: Generator, source: Glyphs) -> Picture:
    """A photograph of plain paper: what works already and must go on working."""
    ink, text = source.any(rng)
    height, width = int(rng.integers(200, 700)), int(rng.integers(200, 700))
    page = _placed(rng, papers.blank_page(rng, height, width), ink, min(height, width) * rng.uniform(0.25, 0.7))
    return Picture(papers.photographed(rng, page, papers.soft_light(rng, height, width)), text)


def sixteen_bit(rng: Generator, source: Glyphs) -> Picture:
    """A file of 16 bits a pixel that holds values from 0 to 255."""
    picture = plain_paper(rng, source)
    values = np.asarray(picture.image.convert("L")).astype(np.uint16)
    return Picture(Image.fromarray(values), picture.text)


def side_by_side(rng: Generator, source: Glyphs) -> Picture:
    """Two or three digits in one line on plain paper, of like size, apart."""
    count = 2 if rng.random() < 0.75 else 3
    tall = rng.uniform(70, 190)
    inks, text = [], ""
    for _ in range(count):
        ink, label = source.handwritten(rng)
        inks.append(glyphs.scaled(ink, tall * rng.uniform(0.9, 1.1), float(rng.uniform(-4, 4))))
        text += label
    gaps = [int(tall * rng.uniform(0.14, 0.6)) for _ in inks]
    margin = int(tall * rng.uniform(0.2, 0.6))
    width = 2 * margin + sum(ink.shape[1] for ink in inks) + sum(gaps[1:])
    height = int(tall * rng.uniform(1.4, 2.2))
    page, pen, left = papers.blank_page(rng, height, width), _pen(rng), margin
    for ink, gap in zip(inks, [*gaps[1:], 0], strict=True):
        top = (height - ink.shape[0]) // 2 + int(rng.normal(0, 0.03) * tall)
        page = papers.with_ink(page, ink, top, left, pen)
        left += ink.shape[1] + gap
    return Picture(papers.photographed(rng, page, papers.soft_light(rng, height, width)), text)


def letter(rng: Generator, source: Glyphs) -> Picture:
    """A letter of a font, without those that look like digits; black on white or a photograph of it."""
    ink = glyphs.printed(str(rng.choice(list(glyphs.LETTERS))), str(rng.choice(glyphs.FONTS)))
    side = int(rng.integers(100, 400))
    ink = glyphs.scaled(ink, side * rng.uniform(0.35, 0.6))
    if rng.random() < 0.5:
        page = papers.with_ink(
            np.ones((side, side, 3), np.float32), ink, (side - ink.shape[0]) // 2, (side - ink.shape[1]) // 2, (0, 0, 0)
        )
        return Picture(Image.fromarray((page * 255).astype(np.uint8)).convert("L"), "")
    page = _placed(rng, papers.blank_page(rng, side, side), ink, ink.shape[0])
    return Picture(papers.photographed(rng, page, papers.soft_light(rng, side, side)), "")


def no_letter(rng: Generator, source: Glyphs) -> Picture:
    """A shape, an icon or a texture."""
    return Picture(drawn_object(rng), "")


GROUPS: dict[str, Callable[[Generator, Glyphs], Picture]] = {
    "one_pixel_pen": one_pixel_pen,
    "form_box": form_box,
    "squared_paper": squared_paper,
    "ruled_paper": ruled_paper,
    "soft_and_full": soft_and_full,
    "dark_corner": dark_corner,
    "flagged_one": flagged_one,
    "plain_paper": plain_paper,
    "sixteen_bit": sixteen_bit,
    "side_by_side": side_by_side,
    "letter": letter,
    "object": no_letter,
}


def draw(group: str, index: int, source: Glyphs, seed: int = 0) -> Picture:
    """Picture number `index` of a group."""
    return GROUPS[group](np.random.default_rng([seed, list(GROUPS).index(group), index]), source)


def _pen(rng: Generator) -> tuple[float, float, float]:
    pens = papers.BLUE_PENS if rng.random() < 0.4 else papers.DARK_PENS
    return pens[int(rng.integers(len(pens)))]


def _rule_colour(rng: Generator) -> tuple[float, float, float]:
    """Blue, as most papers have it, or grey."""
    if rng.random() < 0.7:
        depth = rng.uniform(0.0, 0.25)
        return (float(0.60 - depth), float(0.75 - depth), float(0.92 - depth / 3))
    grey = float(rng.uniform(0.5, 0.75))
    return (grey, grey, grey)


def _placed(rng: Generator, page: papers.Page, ink: Ink, tall: float) -> papers.Page:
    """The glyph at this height somewhere near the middle."""
    height, width = page.shape[:2]
    tall = min(tall, tall * 0.8 * width / max(1.0, ink.shape[1] * tall / ink.shape[0]))
    ink = glyphs.scaled(ink, tall, float(rng.uniform(-5, 5)))
    top = int((height - ink.shape[0]) * rng.uniform(0.25, 0.75))
    left = int((width - ink.shape[1]) * rng.uniform(0.3, 0.7))
    return papers.with_ink(page, ink, top, left, _pen(rng))
