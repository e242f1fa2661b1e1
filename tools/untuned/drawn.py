"""Pictures made by code: shapes in colour, textures, and glyphs of an alphabet that nobody writes."""

import math

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Rng = np.random.Generator
_FINE = 4  # drawn so many times as large, then made smaller

SHAPES = ("circle", "ring", "square", "frame", "triangle", "diamond", "star", "cross", "crescent", "arrow")
TEXTURES = ("stripes", "checks", "dots", "waves", "bricks", "clouds", "grain", "rings")


def shape(kind: int, rng: Rng, side: int = 32) -> Image.Image:
    """A shape of SHAPES somewhere on a ground with spots, in any colour, size and turn."""
    size = side * _FINE
    ground = _colour(rng)
    image = Image.new("RGB", (size, size), ground)
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(2, 6)):  # spots, lines: what is to be ignored
        _distract(draw, rng, size)
    ink = _colour(rng, away_from=ground)
    radius = size * rng.uniform(0.18, 0.36)
    x, y = (rng.uniform(radius, size - radius) for _ in range(2))
    turn = rng.uniform(0, 2 * math.pi)
    _draw_shape(draw, SHAPES[kind], (x, y), radius, turn, ink, ground)
    small = image.resize((side, side), Image.Resampling.LANCZOS)
    return _noisy(small, rng, 22)


def _draw_shape(
    draw: ImageDraw.ImageDraw, kind: str, centre: tuple[float, float], radius: float, turn: float,
    ink: tuple[int, ...], ground: tuple[int, ...],
) -> None:  # fmt: skip
    x, y = centre

    def around(count: int, radii: tuple[float, ...] = (1.0,), shift: float = 0.0) -> list[tuple[float, float]]:
        return [
            (x + radius * radii[k % len(radii)] * math.cos(turn + shift + 2 * math.pi * k / count),
             y + radius * radii[k % len(radii)] * math.sin(turn + shift + 2 * math.pi * k / count))
            for k in range(count)
        ]  # fmt: skip

    def disc(at: tuple[float, float], r: float, colour: tuple[int, ...]) -> None:
        draw.ellipse((at[0] - r, at[1] - r, at[0] + r, at[1] + r), fill=colour)

    if kind in ("circle", "ring", "crescent"):
        disc(centre, radius, ink)
        if kind == "ring":
            disc(centre, radius * 0.55, ground)
        elif kind == "crescent":
            disc((x + 0.5 * radius * math.cos(turn), y + 0.5 * radius * math.sin(turn)), radius * 0.8, ground)
    elif kind in ("square", "frame"):
        draw.polygon(around(4), fill=ink)
        if kind == "frame":
            draw.polygon(around(4, (0.55,)), fill=ground)
    elif kind == "triangle":
        draw.polygon(around(3), fill=ink)
    elif kind == "diamond":
        draw.polygon(around(4, (1.0, 0.45)), fill=ink)
    elif kind == "star":
        draw.polygon(around(10, (1.0, 0.42)), fill=ink)
    else:
        width = max(2, int(radius * 0.45))
        ends = around(4)
        draw.line([ends[0], ends[2]], fill=ink, width=width)
        if kind == "cross":
            draw.line([ends[1], ends[3]], fill=ink, width=width)
        else:
            tip = [ends[0], around(8)[2], around(8)[6]]
            draw.polygon(tip, fill=ink)


def texture(kind: int, rng: Rng, side: int = 96) -> Image.Image:
    """A texture of TEXTURES in two colours, of any scale and direction, lit from somewhere."""
    y, x = np.mgrid[:side, :side].astype(np.float64)
    turn, period = rng.uniform(0, math.pi), rng.uniform(6, 18)
    u, v = x * math.cos(turn) + y * math.sin(turn), -x * math.sin(turn) + y * math.cos(turn)
    phase = rng.uniform(0, 2 * math.pi, 2)
    name = TEXTURES[kind]
    wave_u, wave_v = np.sin(2 * math.pi * u / period + phase[0]), np.sin(2 * math.pi * v / period + phase[1])
    if name == "stripes":
        field = wave_u
    elif name == "checks":
        field = np.sign(wave_u) * np.sign(wave_v)
    elif name == "dots":
        field = np.where(wave_u + wave_v > 0.9, 1.0, -1.0)
    elif name == "waves":
        field = np.sin(2 * math.pi * (u + 3 * wave_v) / period)
    elif name == "bricks":
        row = np.floor(v / period)
        within = np.mod(u + 0.5 * np.mod(row, 2) * 2 * period, 2 * period)
        field = np.where((np.mod(v, period) < 1.8) | (within < 1.8), -1.0, 1.0)
    elif name == "rings":
        middle = rng.uniform(0.2, 0.8, 2) * side
        field = np.sin(2 * math.pi * np.hypot(x - middle[0], y - middle[1]) / period)
    else:
        noise = rng.normal(size=(side, side))
        blur = rng.uniform(4, 9) if name == "clouds" else rng.uniform(0.6, 1.6)
        field = _blurred(noise, blur)
    light = 0.35 * (x * rng.normal() + y * rng.normal()) / side
    share = np.clip(0.5 + 0.42 * field + light + rng.normal(0, 0.10, (side, side)), 0, 1)[..., None]
    one = _colour(rng)
    two = np.array(_colour(rng, away_from=one), np.float64)
    pixels = share * np.array(one, np.float64) + (1 - share) * two
    return Image.fromarray(pixels.astype(np.uint8), "RGB")


class Alphabet:
    """Letters of a few strokes each, drawn at random once; every picture is one of them by another hand.

    letters : how many; seed : which alphabet
    """

    def __init__(self, letters: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._strokes = [
            [rng.uniform(0.12, 0.88, (rng.integers(3, 6), 2)) for _ in range(rng.integers(1, 4))]
            for _ in range(letters)
        ]

    def picture(self, letter: int, rng: Rng, side: int = 40) -> Image.Image:
        """Dark on light: turned, slanted, moved, shaken, with a pen of any width."""
        size = side * _FINE
        paper = int(rng.uniform(200, 255))
        image = Image.new("L", (size, size), paper)
        draw = ImageDraw.Draw(image)
        turn, slant, scale = rng.normal(0, 0.12), rng.normal(0, 0.15), rng.uniform(0.7, 0.95)
        matrix = scale * np.array([[math.cos(turn), -math.sin(turn) + slant], [math.sin(turn), math.cos(turn)]])
        shift = 0.5 + rng.normal(0, 0.04, 2)
        width = max(2, int(rng.uniform(0.035, 0.075) * size))
        ink = int(rng.uniform(0, 80))
        for stroke in self._strokes[letter]:
            shaken = stroke + rng.normal(0, 0.025, stroke.shape)
            points = _smooth((shaken - 0.5) @ matrix.T + shift) * size
            draw.line([tuple(point) for point in points], fill=ink, width=width, joint="curve")
            for x, y in (points[0], points[-1]):
                draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=ink)
        small = image.resize((side, side), Image.Resampling.LANCZOS)
        pixels = np.asarray(small, np.float64) + rng.normal(0, 6, (side, side))
        return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "L")


def _smooth(points: npt.NDArray[np.float64], between: int = 12) -> npt.NDArray[np.float64]:
    """A curve through points: Catmull & Rom 1974."""
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, between, endpoint=False)[:, None]
    parts = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        parts.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - 3 * c + d - a) * t**3))
    return np.vstack([*parts, points[-1:]])


def _colour(rng: Rng, away_from: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """Any colour; of a second one that it can be told from the first."""
    while True:
        found = rng.integers(10, 246, 3)
        if away_from is None or np.abs(found - np.array(away_from)).sum() > 150:
            return tuple(map(int, found))


def _distract(draw: ImageDraw.ImageDraw, rng: Rng, size: int) -> None:
    x, y = rng.uniform(0, size, 2)
    r = size * rng.uniform(0.02, 0.06)
    if rng.random() < 0.5:
        draw.ellipse((x - r, y - r, x + r, y + r), fill=_colour(rng))
    else:
        draw.line([(x, y), tuple(rng.uniform(0, size, 2))], fill=_colour(rng), width=max(1, int(r / 2)))


def _noisy(image: Image.Image, rng: Rng, most: float) -> Image.Image:
    pixels = np.asarray(image, np.float64)
    pixels = pixels + rng.normal(0, rng.uniform(2, most), pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def _blurred(field: npt.NDArray[np.float64], radius: float) -> npt.NDArray[np.float64]:
    """Smoothed, with mean 0 and standard deviation 0.7."""
    image = Image.fromarray((field * 32 + 128).clip(0, 255).astype(np.uint8), "L")
    smooth = np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float64)
    return (smooth - smooth.mean()) / (smooth.std() + 1e-9) * 0.7
