"""What cpp/kernels/augmentation says of a changed image, in float64 and one image at a time: the draws from the words
of Philox, and the pixels from the definition of each step."""

import math
from fractions import Fraction
from typing import Any

import numpy as np

import oracles

LUMA = np.array([0.299, 0.587, 0.114])
YIQ = np.array([LUMA, [0.595716, -0.274453, -0.321263], [0.211456, -0.522591, 0.311135]])
OFF = dict.fromkeys(
    ("shift", "rotate", "scale", "shear", "elastic", "stroke", "noise", "erase", "crop", "flip", "jitter", "mixup"), 0.0
)


def words(kind: int, unit: int, seed: int, epoch: int, image: int) -> list[int]:
    counter = (unit, image, epoch, 3 << 24 | kind)
    return list(oracles.philox4x32(counter, (seed & 0xFFFFFFFF, seed >> 32)))


def flips(share: float, seed: int, epoch: int, image: int) -> bool:
    """Whole turns and parts of one: in `share` of each turn an image is mirrored."""
    begins = Fraction(2 * words(0, 1, seed, 0, image)[1] + 1, 2**33)
    return (begins + Fraction(share) * epoch) % 1 < Fraction(share)


def uniform(word: int) -> float:
    return (word + 0.5) / 2**32


def centred(word: int) -> float:
    return 2 * uniform(word) - 1


def draws(settings: dict[str, float], shape: tuple, seed: int, epoch: int, image: int) -> dict[str, Any]:
    _, height, width = shape
    w = [number for unit in range(5) for number in words(0, unit, seed, epoch, image)]
    crop = settings["crop"]
    moved = np.array([
        settings["shift"] * width * centred(w[0]) + math.floor(uniform(w[6]) * (2 * crop + 1)) - crop,
        settings["shift"] * height * centred(w[1]) + math.floor(uniform(w[7]) * (2 * crop + 1)) - crop,
    ])
    angle, slant = math.radians(settings["rotate"] * centred(w[2])), math.radians(settings["shear"] * centred(w[4]))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    forward = (1 + settings["scale"] * centred(w[3])) * turn @ np.array([[1, math.tan(slant)], [0, 1]])
    jitter = settings["jitter"]
    found = {
        "forward": forward,
        "moved": moved,
        "flips": flips(settings["flip"], seed, epoch, image),
        "stroke": settings["stroke"] * centred(w[8]),
        "brightness": 1 + jitter * centred(w[9]),
        "contrast": 1 + jitter * centred(w[10]),
        "saturation": 1 + jitter * centred(w[11]),
        "hue": jitter / 4 * centred(w[12]),
        "noise": settings["noise"] * uniform(w[19]),
        "erased": (0, 0, 0, 0),
    }
    if uniform(w[13]) < settings["erase"]:
        area = (0.02 + 0.18 * uniform(w[14])) * height * width
        ratio = 0.3 + 0.7 * uniform(w[15])
        sides = sorted((math.sqrt(area / ratio), math.sqrt(area * ratio)))
        across, down = sides if uniform(w[18]) < 0.5 else sides[::-1]
        across, down = (min(max(math.floor(side + 0.5), 1), most) for side, most in ((across, width), (down, height)))
        x, y = int(uniform(w[16]) * (width - across + 1)), int(uniform(w[17]) * (height - down + 1))
        found["erased"] = (x, x + across, y, y + down)
    return found


def mixup(alpha: float, count: int, seed: int, epoch: int, image: int) -> tuple[int, float]:
    partner = words(3, 0, seed, epoch, image)[0] * count >> 32
    unit = 1
    while True:
        w = words(3, unit, seed, epoch, image)
        for pair in (w[:2], w[2:]):
            x, y = (math.log(uniform(word)) / alpha for word in pair)
            total = max(x, y) + math.log1p(math.exp(min(x, y) - max(x, y)))
            if total <= 0:
                return partner, math.floor(math.exp(max(x, y) - total) * 256 + 0.5) / 256
        unit += 1


def spline(t: np.ndarray) -> np.ndarray:
    """The cubic B-spline around 0."""
    t = np.abs(t)
    return np.where(t < 1, (4 - 6 * t**2 + 3 * t**3) / 6, np.where(t < 2, (2 - t) ** 3 / 6, 0))


def field(settings: dict[str, float], shape: tuple, seed: int, epoch: int, image: int) -> np.ndarray:
    """(2, height, width): what is added to x and to y."""
    _, height, width = shape
    spacing = max(2, min(height, width) // 4)
    rows, columns = (height - 1) // spacing + 4, (width - 1) // spacing + 4
    count = rows * columns * 2
    numbers = [n for unit in range((count + 3) // 4) for n in words(1, unit, seed, epoch, image)][:count]
    most = settings["elastic"] * min(height, width)
    points = most * np.array([centred(n) for n in numbers]).reshape(rows, columns, 2)
    down = spline(np.arange(height)[:, None] / spacing - (np.arange(rows) - 1))
    across = spline(np.arange(width)[:, None] / spacing - (np.arange(columns) - 1))
    return np.einsum("yr,xc,rca->ayx", down, across, points)


def changed_strokes(plane: np.ndarray, stroke: float, rounds: bool) -> np.ndarray:
    height, width = plane.shape
    size, extreme = abs(stroke), max if stroke > 0 else min
    for time in range(1, math.ceil(size) + 1):
        share = min(256, math.floor((size - time + 1) * 256 + 0.5)) / 256
        result = plane.copy()
        for y, x in np.ndindex(height, width):
            around = [
                plane[y + dy, x + dx]
                for dy in (-1, 0, 1)
                for dx in (-1, 0, 1)
                if 0 <= y + dy < height and 0 <= x + dx < width and (time % 2 == 0 or dx == 0 or dy == 0)
            ]
            result[y, x] = plane[y, x] + share * (extreme(around) - plane[y, x])
        plane = np.floor(result + 0.5) if rounds else result
    return plane


def sampled(plane: np.ndarray, u: np.ndarray, v: np.ndarray, fill: float, mirrored: bool) -> np.ndarray:
    height, width = plane.shape
    if mirrored:
        u, v = (np.clip(last - np.abs(last - np.abs(t)), 0, last) for t, last in ((u, width - 1), (v, height - 1)))
    left, top = np.floor(u).astype(int), np.floor(v).astype(int)

    def pixel(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        return np.where(inside, plane[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)], fill)

    fx, fy = u - left, v - top
    upper = (1 - fx) * pixel(top, left) + fx * pixel(top, left + 1)
    lower = (1 - fx) * pixel(top + 1, left) + fx * pixel(top + 1, left + 1)
    return (1 - fy) * upper + fy * lower


def coloured(image: np.ndarray, grey_of: np.ndarray, found: dict[str, Any]) -> np.ndarray:
    weights = LUMA if len(image) == 3 else np.full(len(image), 1 / len(image))
    grey = found["brightness"] * float(weights @ grey_of.mean(axis=(1, 2)))
    image = grey + found["contrast"] * (found["brightness"] * image - grey)
    if len(image) != 3:
        return image
    luma = np.einsum("c,cyx->yx", LUMA, image)
    image = luma + found["saturation"] * (image - luma)
    angle = 2 * math.pi * found["hue"]
    turn = np.array([
        [1, 0, 0], [0, math.cos(angle), -math.sin(angle)], [0, math.sin(angle), math.cos(angle)]
    ])
    return np.einsum("ij,jyx->iyx", np.linalg.inv(YIQ) @ turn @ YIQ, image)


def noise(shape: tuple, seed: int, epoch: int, image: int) -> np.ndarray:
    count = int(np.prod(shape))
    numbers = [n for unit in range((count + 3) // 4) for n in words(2, unit, seed, epoch, image)][:count]
    sums = np.array([sum(n.to_bytes(4, "little")) for n in numbers], np.float64)
    return ((sums - 510) / math.sqrt(4 * (256**2 - 1) / 12)).reshape(shape)


def augmented(
    images: np.ndarray, number: int, settings: dict[str, float], source: dict[str, Any], seed: int, epoch: int
) -> np.ndarray:
    """The image as levels from 0 to 255 (C, H, W); images: levels too, whole numbers where they were bytes."""
    shape, is_bytes = images.shape[1:], images.dtype == np.uint8
    channels, height, width = shape
    settings = OFF | settings
    levels = (images.astype(np.float64) - source["low"]) / source["span"] * 255
    image, found = levels[number], draws(settings, shape, seed, epoch, number)
    if settings["mixup"]:
        partner, share = mixup(settings["mixup"], len(images), seed, epoch, number)
        image = share * image + (1 - share) * levels[partner]
        image = np.floor(image + 0.5) if is_bytes else image
    image = np.stack([changed_strokes(plane, found["stroke"], is_bytes) for plane in image])
    y, x = np.mgrid[:height, :width].astype(np.float64)
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    places = np.stack([x.ravel(), y.ravel()]) - (centre + found["moved"])[:, None]
    u, v = (np.linalg.inv(found["forward"]) @ places + centre[:, None]).reshape(2, height, width)
    if found["flips"]:
        u = width - 1 - u
    if settings["elastic"]:
        bent = field(settings, shape, seed, epoch, number)
        u, v = u + bent[0], v + bent[1]
    result = np.stack([
        sampled(image[c], u, v, source["fill"][c], source["mirrored"]) for c in range(channels)
    ])
    if settings["jitter"]:
        result = coloured(result, image, found)
    if settings["noise"]:
        result = result + 255 * found["noise"] * noise(shape, seed, epoch, number)
    if settings["jitter"] or settings["noise"]:
        result = np.clip(result, 0, 255)
    left, right, top, bottom = found["erased"]
    result[:, top:bottom, left:right] = np.asarray(source["erase"])[:, None, None]
    return result
