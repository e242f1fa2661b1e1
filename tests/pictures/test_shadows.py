"""Shadows and patches of light with sharp edges are paper, on which strokes are found."""

import numpy as np
import pytest

from cnncli.pictures.digit_picture import _find_ink

STROKE = np.s_[20:80, 230:236]


def page(paper: int, patch: tuple[slice, slice], grey: int, stroke: int | None = None) -> np.ndarray:
    """A wide page with a patch of another grey, and perhaps a stroke beside it."""
    picture = np.full((100, 400), paper, np.float32)
    picture[patch] = grey
    if stroke is not None:
        picture[STROKE] = stroke
    return picture


def inked(picture: np.ndarray, where: tuple[slice, slice]) -> float:
    """The share of a part of the picture that is taken for ink."""
    found = _find_ink(picture, None)
    assert found.ink is not None
    return float((found.ink[where] > 0.2).mean())


@pytest.mark.parametrize("patch", [
    np.s_[20:80, 40:120],  # an eighth of the page, well within it
    np.s_[0:55, 40:90],  # a thirteenth, along a twentieth of the border
])  # fmt: skip
def test_dark_patch_that_is_wider_than_strokes_is_a_shadow(patch: tuple[slice, slice]) -> None:
    picture = page(220, patch, 150, stroke=40)
    assert inked(picture, STROKE) == 1 and inked(picture, patch) < 0.1


def test_light_patch_wider_than_a_pen_is_lit_paper_and_a_dark_one_is_ink() -> None:
    patch = np.s_[20:76, 120:176]  # wider than a fifth of the page's height, and a thirteenth of all
    assert inked(page(140, patch, 230), patch) < 0.5
    assert inked(page(140, patch, 60), patch) == 1
