"""The folders: how many pictures of which classes each has, for training and held out."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tools.untuned.drawn import SHAPES, TEXTURES, Alphabet, Rng, shape, texture

Picture = Callable[[int, Rng], Image.Image]


@dataclass(frozen=True)
class Folder:
    """One folder of pictures.

    classes : their names
    training : pictures of each class for training; held_out : of each class to measure with
    picture : draws one of a class; None: taken from CIFAR-10's files
    """

    name: str
    what: str
    classes: Sequence[str]
    training: Sequence[int]
    held_out: int
    picture: Picture | None = None

    @property
    def tested(self) -> int:
        return self.held_out * len(self.classes)


_FIFTY = [f"letter {number:02}" for number in range(50)]
_TEN = [f"sign {number}" for number in range(10)]
_CIFAR = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_LONG_TAIL = [500, 300, 180, 108, 65, 39, 23, 14, 8, 5]  # 100:1

FOLDERS = (
    Folder("shapes", "10 shapes in colour, 32x32", SHAPES, [200] * 10, 100, lambda kind, rng: shape(kind, rng)),
    Folder("textures", "8 textures in colour, 96x96", TEXTURES, [100] * 8, 125, lambda kind, rng: texture(kind, rng)),
    Folder("letters", "50 letters of no alphabet, 40x40", _FIFTY, [40] * 50, 20, Alphabet(50, 11).picture),
    Folder("few", "20 pictures of each of 10 shapes", SHAPES, [20] * 10, 100, lambda kind, rng: shape(kind, rng)),
    Folder("long-tail", "10 letters, the largest class 100 times the smallest", _TEN, _LONG_TAIL, 100,
           Alphabet(10, 12).picture),
    Folder("cifar", "5,000 of CIFAR-10's pictures, 32x32", _CIFAR, [500] * 10, 200),
)  # fmt: skip


def by_name(name: str) -> Folder:
    return next(folder for folder in FOLDERS if folder.name == name)


def write(folder: Folder, root: Path, cifar: Path | None) -> Path:
    """Writes a folder, unless it is there whole. cifar : folder of CIFAR-10's files; needed for that folder alone"""
    place = root / folder.name
    if place.is_dir():
        return place
    making = root / f".{folder.name}"
    shutil.rmtree(making, ignore_errors=True)
    for part in ("train", "test"):
        for number, label in enumerate(folder.classes):
            target = making / part / label
            target.mkdir(parents=True)
            count = folder.training[number] if part == "train" else folder.held_out
            for index, picture in enumerate(_pictures(folder, part, number, count, cifar)):
                if isinstance(picture, Path):
                    shutil.copyfile(picture, target / picture.name)
                else:
                    picture.save(target / f"{index:04}.png")
    making.rename(place)
    return place


def _pictures(
    folder: Folder, part: str, number: int, count: int, cifar: Path | None
) -> Iterator[Image.Image | Path]:
    if folder.picture is None:
        assert cifar is not None, "pass --cifar with the folder of its files"
        yield from sorted((cifar / part / folder.classes[number]).iterdir())[:count]
        return
    # Each picture has a seed of its own: a larger folder begins with the same ones.
    for index in range(count):
        seed = [number, index, part == "test", sum(map(ord, folder.name))]
        yield folder.picture(number, np.random.default_rng(seed))
