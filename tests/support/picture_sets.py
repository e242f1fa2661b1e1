"""Small sets of pictures of the kinds that people bring, drawn by the tests, and written in every form that is read."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from cnncli import _core

Pictures = list[tuple[Image.Image, str]]  # picture and class

_LETTERS = "ACEHKT"


def mnist_like(count: int, rng: np.random.Generator) -> Pictures:
    """Drawn digits as MNIST lays them out."""
    images, labels = np.empty((count, 28, 28), np.uint8), np.empty(count, np.uint8)
    _core.digits_generate(images, labels, seed=int(rng.integers(1 << 30)), first=0)
    return [(Image.fromarray(image), str(label)) for image, label in zip(images, labels, strict=True)]


def filling_digits(count: int, rng: np.random.Generator) -> Pictures:
    """Digits that fill their box of 28x28, as a table of cells gives them."""
    return [(_filled(image), label) for image, label in mnist_like(count, rng)]


def _filled(image: Image.Image) -> Image.Image:
    box = image.getbbox()
    assert box is not None
    return image.crop(box).resize((28, 28))


def mixed_polarities(count: int, rng: np.random.Generator) -> Pictures:
    """Drawn digits, half of them dark on light."""
    return [
        (image.point(lambda level: 255 - level) if rng.random() < 0.5 else image, label)
        for image, label in mnist_like(count, rng)
    ]


def letters_on_paper(count: int, rng: np.random.Generator) -> Pictures:
    """Photos of one dark letter anywhere on unevenly lit paper."""
    return [_letter(_LETTERS[number % len(_LETTERS)], rng) for number in range(count)]


def _letter(letter: str, rng: np.random.Generator, side: int = 96) -> tuple[Image.Image, str]:
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    paper = 200 + 25 * rng.uniform(-1, 1) * x + 25 * rng.uniform(-1, 1) * y
    mask = Image.new("L", (side, side))
    font = ImageFont.load_default(size=int(rng.integers(30, 60)))
    draw = ImageDraw.Draw(mask)
    left, top, right, bottom = draw.textbbox((0, 0), letter, font=font)
    place = rng.integers(4, side - 4 - max(right - left, bottom - top), 2)
    draw.text((place[0] - left, place[1] - top), letter, fill=255, font=font)
    ink = np.asarray(mask.rotate(float(rng.uniform(-8, 8))).filter(ImageFilter.GaussianBlur(0.7))) / 255
    grey = paper * (1 - ink) + rng.uniform(20, 80) * ink + rng.normal(0, 2, paper.shape)
    yellowish = np.stack([grey, 0.98 * grey, 0.94 * grey], axis=-1)
    return Image.fromarray(yellowish.clip(0, 255).astype(np.uint8)), letter


def coloured(count: int, rng: np.random.Generator) -> Pictures:
    """Textures of 32x32 in three colours, which alone tell the classes apart."""
    tints = {"blue": (0.6, 0.8, 1.2), "green": (0.7, 1.2, 0.7), "red": (1.2, 0.7, 0.6)}
    names = sorted(tints)
    made = []
    for number in range(count):
        grey = rng.uniform(60, 180) + rng.normal(0, 25, (32, 32, 1))
        pixels = (grey * np.array(tints[names[number % 3]])).clip(0, 255).astype(np.uint8)
        made.append((Image.fromarray(pixels), names[number % 3]))
    return made


KINDS: dict[str, Callable[[int, np.random.Generator], Pictures]] = {
    "filling digits": filling_digits,
    "letters on paper": letters_on_paper,
    "colour 32x32": coloured,
    "mixed polarities": mixed_polarities,
    "as MNIST": mnist_like,
}


def write_files(folder: Path, pictures: Pictures) -> list[Path]:
    """One PNG a picture, in a folder a class; their paths in the order of a folder reader."""
    paths = []
    for number, (picture, label) in enumerate(pictures):
        path = folder / label / f"{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
        paths.append(path)
    return sorted(paths)


def write_folder(folder: Path, files: list[Path]) -> Path:
    """The folder of the files is a data set already."""
    return files[0].parents[1]


def write_list(folder: Path, files: list[Path]) -> Path:
    path = folder / "list.csv"
    path.write_text("path,label\n" + "".join(f"{file.absolute()},{file.parent.name}\n" for file in files))
    return path


def write_npz(folder: Path, files: list[Path]) -> Path:
    """The pixels of the files as arrays; labels are the numbers of the classes."""
    names = sorted({file.parent.name for file in files})
    images = np.stack([np.asarray(Image.open(file)) for file in files])
    labels = np.array([names.index(file.parent.name) for file in files])
    path = folder / "set.npz"
    np.savez(path, images=images, labels=labels)
    return path


READERS: dict[str, Callable[[Path, list[Path]], Path]] = {
    "folder": write_folder,
    "list": write_list,
    "npz": write_npz,
}
