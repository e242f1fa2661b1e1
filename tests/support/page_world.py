"""A folder in which the commands of pages run as they stand, on data sets so small that each takes a moment.

What pages call by a name is there: photos (a folder of pictures in classes), model.bin (of digits), photos.bin (of
photos), and so on.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

ROOT = Path(__file__).parents[2]
CLASSES = ("bird", "cat", "dog")
SMALL = 400  # images of `digits` at most
# How many pictures of a class photos has.
PARTS = {"train": 8, "val": 4, "test": 4}
# Settings of trainings that make them end in a moment; a page says what a reader would type.
SHORT = ("--epochs", "1", "--threads", "1")
SMALL_VALUES = {"--target": "0.2", "--time-limit": "1s", "--images": "20"}
# Exit codes that are no failures, of commands that answer by them.
ANSWERS = {"doctor": (3,)}
# Commands that no test of pages can run, and why.
ONLY_PARSED = {
    "collect": "needs the photograph of a form; tests/forms makes them",
    "download": "fetches from another machine",
    "draw": "needs a terminal",
}
ENDS = ("--steps", "--time-limit", "--until", "--resume", "--target", "--find-lr")


def photo(kind: str, rng: np.random.Generator, side: int = 32) -> Image.Image:
    """A bird is a triangle, a cat a disc, a dog a square, each of its colour, somewhere on a plain ground."""
    picture = Image.new("RGB", (side, side), tuple(int(level) for level in rng.integers(150, 230, 3)))
    left, top = (int(place) for place in rng.integers(2, side // 3, 2))
    box = (left, top, left + side // 2, top + side // 2)
    draw = ImageDraw.Draw(picture)
    if kind == "bird":
        draw.polygon([(box[0], box[3]), (box[2], box[3]), (left + side // 4, top)], fill=(40, 60, 200))
    elif kind == "cat":
        draw.ellipse(box, fill=(200, 60, 40))
    else:
        draw.rectangle(box, fill=(30, 130, 50))
    return picture


def write_world(folder: Path) -> None:
    """Everything but the models."""
    rng = np.random.default_rng(11)
    for part, count in PARTS.items():
        for kind in CLASSES:
            (folder / "photos" / part / kind).mkdir(parents=True)
            for number in range(count):
                photo(kind, rng).save(folder / "photos" / part / kind / f"{number}.png")
    shutil.copy(folder / "photos" / "train" / "cat" / "0.png", folder / "photos" / "test" / "cat" / "again.png")
    photo("cat", rng, 64).save(folder / "photo.png")
    photo("dog", rng, 64).save(folder / "photo.jpg")
    for name in ("my_digits", "my_class"):
        for label in "357":
            (folder / name / label).mkdir(parents=True)
            for number in range(4):
                shutil.copy(ROOT / "digit.png", folder / name / label / f"{number}.png")
    (folder / "scans").mkdir()
    for number in range(3):
        shutil.copy(ROOT / "digit.png", folder / "scans" / f"{number}.png")
    for letter in "ABC":
        (folder / "letters" / letter).mkdir(parents=True)
        for number in range(6):
            sheet = Image.new("L", (48, 48), 255)
            ImageDraw.Draw(sheet).text((6 + number, 2 + number), letter, fill=0, font_size=30)
            sheet.save(folder / "letters" / letter / f"{number}.png")
    for name in ("digit.png", "models", "examples", "docs/gallery/landscape.png"):
        (folder / Path(name).name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "examples" / "flats.csv", folder / "flats.csv")
    (folder / "and.csv").write_text("a,b,and\n" + "0,0,-1\n0,1,-1\n1,0,-1\n1,1,1\n" * 3, encoding="utf-8")


def write_models(folder: Path, call: Callable[[str], int]) -> None:
    """What pages take for trained already, and the runs of it."""
    for line in (
        "train --arch lenet5 --data digits --epochs 2 --threads 1 --out model.bin --seed 1 -q",
        "train --arch lenet5 --data digits --epochs 2 --threads 1 --out b.bin --seed 2 -q",
        "train --arch lenet5 --data photos --colour rgb --epochs 2 --threads 1 --out photos.bin --no-cache -q",
    ):
        assert call(line) == 0, line
    for copy in ("mnist.bin", "a.bin"):
        shutil.copy(folder / "model.bin", folder / copy)
    # As `cnn train photos` names it, which takes a network that is slower.
    (folder / "runs" / "lenet5-photos-1").rename(folder / "runs" / "resnet9-s-photos-1")


@contextmanager
def small_digits() -> Iterator[None]:
    """Within it `digits` has some hundred images."""
    from cnncli.data import digits

    real = digits._draw
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digits, "_draw", lambda count, seed: real(min(count, SMALL), seed))
        yield


def in_small(command: str) -> str:
    """The command with the smallest setting that still does what it says."""
    command = re.sub(r"(?<=[\s-])mnist(?=[\s-]|$)", "digits", command)
    for option, value in SMALL_VALUES.items():
        command = re.sub(rf"(?<={option} )[\w.]+", value, command)
    words = shlex.split(command)
    if words[:2] != ["cnn", "train"]:
        return command
    has_data = "--data" in words or (len(words) > 2 and not words[2].startswith("-"))
    if has_data and not set(words) & {"--arch", "--from", "--resume", "--preset"}:  # what is chosen takes seconds
        if "--size" in words:
            del words[words.index("--size") : words.index("--size") + 2]
        added = ["--arch", "lenet5"]
    else:
        added = []
    added += [] if has_data or "--resume" in words else ["--data", "digits"]
    added += ["--images", "20"] if "--preset" in words else []
    added += [] if set(words) & set(ENDS) else SHORT
    return shlex.join([*words, *added])


def is_simple(command: str) -> bool:
    """Whether it needs no shell: one program and its words."""
    return command.startswith("cnn ") and not re.search(r"[|<>&;$`*]", command)


def by_shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A command that needs a shell, with `cnn` and `python` those of the tests."""
    programs = folder / ".programs"
    programs.mkdir(exist_ok=True)
    for name, words in (("cnn", f'"{sys.executable}" -m cnncli'), ("python", f'"{sys.executable}"')):
        (programs / name).write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        (programs / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-euc", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
