"""Pictures such as people take or save of one glyph: paper, light, lines, frames, pens, sizes, colours."""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from cnncli.data.digits import load_digits


def pictures(count: int, rng: np.random.Generator) -> Iterator[Image.Image]:
    """RGB or RGBA, a kind after the other."""
    digits = load_digits(64, 0, int(rng.integers(1 << 30))).train.images
    for index in range(count):
        yield KINDS[index % len(KINDS)](Image.fromarray(digits[index % 64].reshape(28, 28)), rng)


def _ink(digit: Image.Image, side: int, rng: np.random.Generator, share: float = 0.5) -> np.ndarray:
    """float (side, side), 0 to 1: the digit somewhere on the page."""
    size = max(8, round(side * share))
    left, top = (int(rng.integers(0, max(1, side - size))) for _ in "xy")
    page = Image.new("L", (side, side))
    page.paste(digit.resize((size, size), Image.Resampling.BICUBIC), (left, top))
    return np.asarray(page, np.float64) / 255


def _photo(
    paper: np.ndarray, ink: np.ndarray, pen: tuple[int, int, int], noise: float, rng: np.random.Generator
) -> Image.Image:
    """Ink over paper (H, W) of grey levels, with a warm light."""
    light = paper[..., None] * np.array([1.0, 0.98, 0.94])
    mixed = light * (1 - ink[..., None]) + ink[..., None] * np.array(pen) * (paper[..., None] / 255)
    return Image.fromarray((mixed + rng.normal(0, noise, mixed.shape)).clip(0, 255).round().astype(np.uint8))


def _smooth(digit: Image.Image, rng: np.random.Generator) -> Image.Image:
    side = int(rng.integers(90, 700))
    y, x = np.mgrid[0:side, 0:side] / side
    paper = 150 + 80 * (1 - rng.uniform(0, 0.9) * x - rng.uniform(0, 0.9) * y * y)
    return _photo(paper, _ink(digit, side, rng, rng.uniform(0.25, 0.8)), (20, 20, 60), rng.uniform(0, 4), rng)


def _shadow(digit: Image.Image, rng: np.random.Generator) -> Image.Image:
    side = int(rng.integers(150, 500))
    edge = Image.new("L", (side, side), 220)
    top, bottom = side * rng.uniform(0.3, 0.8), side * rng.uniform(0.1, 0.6)
    ImageDraw.Draw(edge).polygon([(0, 0), (top, 0), (bottom, side), (0, side)], fill=110)
    paper = np.asarray(edge.filter(ImageFilter.GaussianBlur(side / 60)), np.float64)
    return _photo(paper, _ink(digit, side, rng), (10, 10, 10), 2, rng)


def _ruled(digit: Image.Image, rng: np.random.Generator) -> Image.Image:
    side = int(rng.integers(160, 420))
    page = Image.new("L", (side, side), 235)
    draw, gap, rise = ImageDraw.Draw(page), int(rng.integers(18, 50)), int(rng.integers(-6, 7))
    for row in range(gap // 2, side + 10, gap):
        draw.line([(0, row), (side, row + rise)], fill=170, width=1 + side // 250)
    if rng.random() < 0.5:
        for column in range(gap // 2, side, gap):
            draw.line([(column, 0), (column, side)], fill=175, width=1 + side // 250)
    return _photo(np.asarray(page, np.float64), _ink(digit, side, rng), (15, 15, 25), 1.5, rng)


def _framed(digit: Image.Image, rng: np.random.Generator) -> Image.Image:
    side = int(rng.integers(60, 300))
    page = Image.new("L", (side, side), 240)
    thick = max(1, round(side * rng.uniform(0.01, 0.06)))
    ImageDraw.Draw(page).rectangle([0, 0, side - 1, side - 1], outline=int(rng.integers(0, 120)), width=thick)
    inner = np.zeros((side, side))
    space = side // 4
    inner[space : side - space, space : side - space] = _ink(digit, side - 2 * space, rng, 0.9)
    return _photo(np.asarray(page, np.float64), inner, (0, 0, 0), 1, rng)


def _ringed(digit: Image.Image, rng: np.random.Generator) -> Image.Image:
    side = int(rng.integers(120, 360))
    ink = np.zeros((side, side))
    third = side // 3
    ink[third : 2 * third, third : 2 * third] = _ink(digit, third, rng, 1.0)
    ring = Image.new("L", (side, side))
    shape = ImageDraw.Draw(ring).ellipse if rng.random() < 0.5 else ImageDraw.Draw(ring).rectangle
    shape([side // 6, side // 6, side - side // 6, side - side // 6], outline=255, width=max(2, side // 50))
    ink = np.maximum(ink, np.asarray(ring) / 255)
    return _photo(np.full((side, side), 230.0), ink, (30, 30, 30), 1, rng)


def _screen(digit: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Light on dark, as a screenshot of a drawing program; sometimes of MNIST's own size."""
    side = int(rng.choice([28, 28, 56, 100, 140, 280, 400]))
    size = side if side == 28 else round(side * rng.uniform(0.3, 1.0))
    page = Image.new("L", (side, side))
    page.paste(digit.resize((size, size), Image.Resampling.BILINEAR), ((side - size) // 2, (side - size) // 2))
    return page.convert("RGB")


def _coloured(digit: Image.Image, rng: np.random.Generator) -> Image.Image:
    side = int(rng.integers(80, 340))
    paper, pen = np.array([255.0, 255.0, 255.0]), rng.permutation([250.0, 230.0, float(rng.integers(0, 200))])
    ink = _ink(digit, side, rng)[..., None]
    return Image.fromarray((paper * (1 - ink) + pen * ink).round().astype(np.uint8))


def _cut(digit: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Cut to the ink itself."""
    side = int(rng.integers(30, 260))
    image = digit.resize((side, side), Image.Resampling.BICUBIC)
    return Image.eval(image.crop(image.point(lambda v: 255 * (v > 100)).getbbox()), lambda v: 255 - v).convert("RGB")


def _thin(digit: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A hard pen of a pixel or two, small or large."""
    side = int(rng.choice([20, 33, 48, 64, 100, 200, 320]))
    page = Image.new("L", (side, side), 255)
    points = [tuple(rng.uniform(0.15, 0.85, 2) * side) for _ in range(4)]
    ImageDraw.Draw(page).line(points, fill=0, width=int(rng.integers(1, 3)))
    return page.convert("RGB")


def _clear(digit: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Ink on nothing, black or white."""
    side = int(rng.integers(50, 300))
    alpha = Image.fromarray((_ink(digit, side, rng) * 255).round().astype(np.uint8))
    image = Image.new("RGBA", (side, side), (255, 255, 255, 0) if rng.random() < 0.5 else (0, 0, 0, 0))
    image.putalpha(alpha.point(lambda v: 255 * (v > 127)))  # a browser keeps no other shares of a colour exactly
    return image


def _wide(digit: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A wide or a tall page, with a second glyph or dirt now and then."""
    tall, wide = int(rng.integers(60, 200)), int(rng.integers(200, 640))
    ink = np.zeros((tall, wide))
    part = _ink(digit, min(tall, wide), rng, 0.8)
    for start in [0, wide - tall] if rng.random() < 0.3 else [int(rng.integers(0, wide - tall))]:
        ink[:, start : start + tall] = part
    ink[int(rng.integers(0, tall - 2)) :, :][:2, int(rng.integers(0, wide - 2)) :][:, :2] = 1
    page = _photo(np.full((tall, wide), 200.0), ink, (0, 0, 0), 0.5, rng)
    return page if rng.random() < 0.5 else page.rotate(90, expand=True)


def _sheet(digit: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A sheet on a table."""
    side = int(rng.integers(200, 400))
    paper, edge = np.full((side, side), 90.0), side // 8
    paper[edge : side - edge, edge : side - edge] = 230
    ink = np.zeros((side, side))
    third = side // 3
    ink[third : 2 * third, third : 2 * third] = _ink(digit, third, rng, 0.9)
    return _photo(paper, ink, (0, 0, 0), 2, rng)


KINDS = (_smooth, _shadow, _ruled, _framed, _ringed, _screen, _coloured, _cut, _thin, _clear, _wide, _sheet)
