"""Pictures of what is neither digit nor letter: shapes, icons drawn with a pen, textures."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

_SIDE = 240
KINDS = ("polygon", "star", "house", "face", "flower", "arrow", "heart", "scribble", "stripes", "clouds", "blocks")


def drawn_object(rng: np.random.Generator) -> Image.Image:
    """One object, grey or in colour, on plain paper or over the whole picture; all sizes from 60 to 240 pixels."""
    kind = str(rng.choice(KINDS))
    if kind in ("stripes", "clouds", "blocks"):
        image = _texture(rng, kind)
    else:
        light = bool(rng.random() < 0.25)
        paper, ink = (15, 235) if light else (int(rng.integers(225, 256)), int(rng.integers(0, 90)))
        image = Image.new("L", (_SIDE, _SIDE), paper)
        _icon(ImageDraw.Draw(image), rng, kind, ink, paper)
    side = int(rng.integers(60, _SIDE))
    image = image.resize((side, side), Image.Resampling.BOX)
    if rng.random() < 0.4:
        noisy = np.asarray(image, np.float32) + rng.normal(0, 5, (side, side))
        image = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
    return image


def _icon(pen: ImageDraw.ImageDraw, rng: np.random.Generator, kind: str, ink: int, paper: int) -> None:
    width = int(rng.integers(3, 16))
    fill = ink if rng.random() < 0.4 else None
    x, y = 120 + rng.normal(0, 8), 120 + rng.normal(0, 8)
    r = float(rng.uniform(45, 90))

    def around(angles: npt.NDArray[np.float64], radii: npt.NDArray[np.float64]) -> list[tuple[float, float]]:
        return [(x + q * np.cos(a), y + q * np.sin(a)) for a, q in zip(angles, radii, strict=True)]

    if kind == "polygon":
        corners = int(rng.integers(3, 8))
        points = around(np.linspace(0, 2 * np.pi, corners, endpoint=False) + rng.uniform(0, 6), np.full(corners, r))
        pen.polygon(points, fill, ink, width)
    elif kind == "star":
        rays = int(rng.integers(4, 8))
        radii = np.where(np.arange(2 * rays) % 2, r * rng.uniform(0.35, 0.6), r)
        pen.polygon(around(np.arange(2 * rays) * np.pi / rays - np.pi / 2, radii), fill, ink, width)
    elif kind == "house":
        pen.polygon([(x - r, y - r / 5), (x, y - r), (x + r, y - r / 5)], None, ink, width)
        pen.rectangle((x - 0.8 * r, y - r / 5, x + 0.8 * r, y + 0.8 * r), None, ink, width)
        pen.rectangle((x - 0.2 * r, y + 0.2 * r, x + 0.2 * r, y + 0.8 * r), fill, ink, width)
    elif kind == "face":
        pen.ellipse((x - r, y - r, x + r, y + r), None, ink, width)
        for side in (-1, 1):
            eye = x + side * 0.38 * r
            pen.ellipse((eye - 0.12 * r, y - 0.4 * r, eye + 0.12 * r, y - 0.1 * r), ink)
        pen.arc((x - 0.5 * r, y - 0.3 * r, x + 0.5 * r, y + 0.6 * r), 20, 160, ink, width)
    elif kind == "flower":
        for angle in np.arange(6) * np.pi / 3:
            px, py = x + 0.6 * r * np.cos(angle), y + 0.6 * r * np.sin(angle)
            pen.ellipse((px - 0.35 * r, py - 0.35 * r, px + 0.35 * r, py + 0.35 * r), fill, ink, width)
        pen.ellipse((x - 0.25 * r, y - 0.25 * r, x + 0.25 * r, y + 0.25 * r), paper, ink, width)
    elif kind == "arrow":
        turn = float(rng.uniform(0, 2 * np.pi))
        (ax, ay), (bx, by) = around(np.array([turn, turn + np.pi]), np.array([r, r]))
        pen.line((ax, ay, bx, by), ink, width)
        for side in (-0.6, 0.6):
            pen.line((ax, ay, ax - 0.7 * r * np.cos(turn + side), ay - 0.7 * r * np.sin(turn + side)), ink, width)
    elif kind == "heart":
        t = np.linspace(0, 2 * np.pi, 60)
        down = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
        points = list(zip(x + 16 * np.sin(t) ** 3 * r / 16, y + down * r / 16, strict=True))
        pen.polygon(points, fill, ink, width)
    else:  # scribble
        steps = rng.uniform(-r, r, (int(rng.integers(6, 14)), 2))
        pen.line([(x + float(dx), y + float(dy)) for dx, dy in steps], ink, width, joint="curve")


def _texture(rng: np.random.Generator, kind: str) -> Image.Image:
    rows, columns = np.mgrid[:_SIDE, :_SIDE]
    if kind == "stripes":
        angle, period = rng.uniform(0, np.pi), rng.uniform(12, 60)
        grey = 128 + 90 * np.sin((columns * np.cos(angle) + rows * np.sin(angle)) * 2 * np.pi / period)
    elif kind == "clouds":
        size = int(rng.integers(4, 20))
        small = Image.fromarray(rng.integers(0, 256, (size, size), np.uint8))
        return small.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    else:
        grey = np.full((_SIDE, _SIDE), rng.uniform(60, 200))
        for _ in range(int(rng.integers(4, 12))):
            top, left = rng.integers(0, _SIDE - 30, 2)
            grey[top : top + int(rng.integers(20, 110)), left : left + int(rng.integers(20, 110))] = rng.uniform(0, 255)
    image = Image.fromarray(grey.clip(0, 255).astype(np.uint8))
    return image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 3))))
