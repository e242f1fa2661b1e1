"""Which photographs are taken: a good one or a bad one for each number, always the same."""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from tools.photographs.camera import Shot, as_jpeg, photograph
from tools.photographs.filling import INKS, Filled, fill, glyphs

from cnncli.forms.form_page import FormPage, make_pages, parse_classes

DISTURBANCES = ("plain", "tilt", "light", "blur", "jpeg", "folds", "small", "turned", "all")
DESKS = ("wood", "dark", "white", "blue", "green", "red", "keyboard", "print")
_LETTERS = ("A-J", "a-j", "K-T", "A,B,star", "k-t")


@dataclass(frozen=True)
class Job:
    """A photograph to take. kind : its main disturbance; exif : the orientation in which the camera saves it"""

    number: int
    kind: str
    page: FormPage
    source: str
    inks: tuple[str, ...]
    shot: Shot
    exif: int = 1

    def take(self) -> tuple[Filled, bytes]:
        """(the form and its truth, the JPEG)."""
        rng = np.random.default_rng([self.number, 1])
        filled = fill(self.page, glyphs(self.source, rng), rng, self.inks)
        image = photograph(filled, self.shot)
        return filled, as_jpeg(_as_saved(image, self.exif), self.shot, self.exif)


def _as_saved(image: Image.Image, exif: int) -> Image.Image:
    """The pixels that a camera saves with an orientation that turns them back."""
    method = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}[exif]
    return image if method is None else image.transpose(method)


def good_job(number: int) -> Job:
    """A photograph whose cells must be cut right; the disturbances take turns, and the last kind has them all."""
    rng = np.random.default_rng([number, 0])
    kind = DISTURBANCES[number % len(DISTURBANCES)]
    paper = ("a4", "letter")[number // 2 % 2]
    source = ("digits", "mnist", "fonts")[number % 3]
    classes = "0-9" if source != "fonts" or rng.random() < 0.3 else _LETTERS[int(rng.integers(len(_LETTERS)))]
    if source == "fonts" and classes == "A,B,star":
        classes = "A,B,g"
    page = make_pages(parse_classes(classes), None, paper)[0]
    inks = tuple(rng.choice(list(INKS), size=int(rng.integers(1, 4)), replace=False).tolist())
    wide = int(rng.choice([1200, 1500, 2000, 2400]))
    if number % 29 == 28:
        wide = 3000
    shape = rng.choice([4 / 3, 1.5, 0.75])
    shot = Shot(
        width=wide, height=round(wide * shape), tilt=_angles(rng, 8), turn=float(rng.uniform(-10, 10)),
        share=float(rng.uniform(0.75, 0.98)), light=float(rng.uniform(1, 1.5)), blur=float(rng.uniform(0.4, 1)),
        noise=float(rng.uniform(1, 4)), lens=float(rng.uniform(-0.02, 0.02)), quality=int(rng.integers(75, 95)),
        desk=DESKS[int(rng.integers(len(DESKS)))], warmth=float(rng.uniform(-0.08, 0.1)),
        exposure=float(rng.uniform(0.75, 1.05)), seed=number,
    )  # fmt: skip
    if shape < 1:
        shot = replace(shot, share=0.98)
    return Job(number, kind, page, source, inks, _disturbed(shot, kind, rng), _exif(kind, rng))


def _angles(rng: np.random.Generator, most: float) -> tuple[float, float]:
    one, other = rng.uniform(-most, most, 2)
    return float(one), float(other)


def _exif(kind: str, rng: np.random.Generator) -> int:
    return int(rng.choice([1, 3, 6, 8])) if kind in ("turned", "all") else 1


def _disturbed(shot: Shot, kind: str, rng: np.random.Generator) -> Shot:
    """The shot with the disturbance at its full size."""
    if kind in ("tilt", "all"):
        signs = rng.choice([-1, 1], 2)
        shot = replace(shot, tilt=(float(signs[0] * rng.uniform(15, 25)), float(signs[1] * rng.uniform(15, 25))))
    if kind in ("light", "all"):
        shot = replace(shot, light=4.0, shadow=float(rng.choice([1.0, 0.55])) if kind == "light" else 1.0, exposure=1.1)
    if kind in ("blur", "all"):
        shot = replace(shot, blur=2.0, noise=4.0)
    if kind in ("jpeg", "all"):
        shot = replace(shot, quality=40)
    if kind in ("folds", "all"):
        shot = replace(shot, folds=int(rng.integers(1, 4)) if kind == "folds" else 1, fold_size=0.015)
    if kind == "small":
        shot = replace(shot, width=1000, height=1333, share=float(rng.uniform(0.65, 0.95)))
    if kind in ("turned", "all"):
        shot = replace(shot, turn=float(rng.uniform(0, 360)), share=min(0.96, shot.share + 0.1))
    return shot
