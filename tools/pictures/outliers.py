"""What is no digit: random strokes, and pieces of digits put together wrongly; laid out as digits are.

Trained on with labels drawn anew in each epoch, they teach a network to be undecided (Hendrycks, Mazeika & Dietterich
2019, "Deep anomaly detection with outlier exposure"). No letter of any font is among them.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from tools.pictures.glyphs import pen_stroke_of

from cnncli.pictures.segmentation.layout import centred, cropped

_SIDE = 96
_CANNOT_TURN = (0, 1, 6, 8, 9)  # digits that are digits, or nearly, when turned by a quarter or mirrored


def random_strokes(rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Two to five straight or bent strokes between points of a grid, as signs of many scripts are made of."""
    canvas = Image.new("L", (_SIDE, _SIDE))
    pen = ImageDraw.Draw(canvas)
    width = int(rng.integers(4, 16))
    wide, tall = rng.uniform(0.35, 1.0), 1.0
    if rng.random() < 0.15:
        wide, tall = 1.0, rng.uniform(0.4, 1.0)

    def point() -> npt.NDArray[np.float64]:
        grid = np.array([rng.integers(3) / 2 * wide, rng.integers(4) / 3 * tall])
        return 14 + (grid + rng.normal(0, 0.03, 2)) * (_SIDE - 28)

    last = point()
    for _ in range(int(rng.integers(2, 6))):
        start = last if rng.random() < 0.6 else point()
        end = point()
        kind = rng.random()
        if kind < 0.65:
            line = [start, end]
        else:
            aside = (end - start)[::-1] * np.array([1, -1]) * rng.choice([-1, 1])
            middle = (start + end) / 2 + aside * rng.uniform(0.4, 1)
            steps = np.linspace(0, 1, 9)[:, None]
            line = list((1 - steps) ** 2 * start + 2 * steps * (1 - steps) * middle + steps**2 * end)
        flat = [(float(x), float(y)) for x, y in line]
        pen.line(flat, 255, width, joint="curve")
        for x, y in (flat[0], flat[-1]):
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), 255)
        last = end
    return centred(cropped(np.asarray(canvas, np.float32) / 255), 28, 28)


def bowl_and_stem(rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """An open bowl, alone or with a stem, or a closed one with a stem that no 6 or 9 has: right below or left above."""
    canvas = Image.new("L", (_SIDE, _SIDE))
    pen = ImageDraw.Draw(canvas)
    width = int(rng.integers(4, 16))
    wide, tall = rng.uniform(26, 68), rng.uniform(32, 68)
    is_low = bool(rng.random() < 0.5)
    left = (_SIDE - wide) / 2
    top = 84 - tall if is_low else 12.0
    box = (left, top, left + wide, top + tall)
    opening = rng.uniform(80, 170)
    kind = rng.random()
    if kind < 0.3:  # closed, with a stem
        pen.ellipse(box, None, 255, width)
        x = left + wide - width / 2 if is_low else left + width / 2
        pen.line([(x, 12 if is_low else top), (x, 84)], 255, width)
    else:
        start = rng.choice([0, 90, 180, 270]) + rng.normal(0, 15) + opening / 2
        pen.arc(box, start, start + 360 - opening, 255, width)
        if kind < 0.6:
            x = left + (wide - width / 2 if rng.random() < 0.5 else width / 2)
            pen.line([(x, rng.uniform(8, 40)), (x, rng.uniform(60, 88))], 255, width)
        if kind > 0.85:
            y = top + tall * rng.uniform(0.35, 0.65)
            pen.line([(left, y), (left + wide, y)], 255, width)
    slanted = canvas.transform(
        canvas.size, Image.Transform.AFFINE, (1, slant := float(rng.uniform(-0.1, 0.3)), -slant * 48, 0, 1, 0)
    )
    return centred(cropped(np.asarray(slanted, np.float32) / 255), 28, 28)


def wrong_pieces(
    rng: np.random.Generator, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint8]:
    """A digit turned by a quarter or mirrored, two halves of different digits, or two digits over each other."""
    one, other = (int(index) for index in rng.integers(len(labels), size=2))
    first, second = images[one], images[other]
    kind = int(rng.integers(4))
    if kind == 0 and labels[one] not in _CANNOT_TURN:
        made = np.rot90(first, int(rng.choice([1, 3])))
    elif kind == 1 and labels[one] not in (*_CANNOT_TURN, 2, 5):
        made = first[:, ::-1]
    elif kind == 2:
        made = np.hstack([first[:, :14], second[:, 14:][:, ::-1] if rng.random() < 0.5 else first[:, :14][:, ::-1]])
    else:
        made = np.vstack([first[:14], first[:14][::-1] if rng.random() < 0.4 else second[:14][::-1]])
    if int(made.max()) < 128:
        return random_strokes(rng)
    return centred(cropped(pen_stroke_of(np.ascontiguousarray(made))), 28, 28)
