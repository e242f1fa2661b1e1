"""The stages of a preparation begin with the picture, end with what the network gets, and say what is between."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.errors import DataError, NoGlyphError
from cnncli.pictures.recipe import InputRecipe
from cnncli.pictures.stages import preparation_stages

GLYPH = InputRecipe("glyph", 1, 28, 28, polarity="light-on-dark")


def written(ink: int = 20, paper: int = 230) -> Image.Image:
    """A thick cross of 20x40 pixels, whose corner is at (30, 50), on paper of 120x160."""
    pixels = np.full((160, 120), paper, np.uint8)
    pixels[50:90, 36:44] = ink
    pixels[64:72, 30:50] = ink
    return Image.fromarray(pixels)


@pytest.mark.parametrize(("ink", "paper", "swapped"), [(20, 230, True), (230, 20, False)])
def test_stages_lead_from_the_picture_to_the_prepared_glyph(ink: int, paper: int, swapped: bool) -> None:
    stages, notes = preparation_stages(GLYPH, written(ink, paper))
    prepared = GLYPH.prepare(written(ink, paper))
    names = ["the picture", *(["light and dark swapped"] if swapped else []), "the ink alone", "cropped and centred"]
    assert [stage.name for stage in stages] == names and notes == prepared.notes
    np.testing.assert_array_equal(stages[0].picture, np.asarray(written(ink, paper)))
    np.testing.assert_array_equal(stages[-1].pixels, prepared.pixels)
    assert all(stage.pixels.shape == (1, 28, 28) for stage in stages)
    x, y, width, height = stages[0].box
    assert abs(x - 30) <= 1 and abs(y - 50) <= 1 and abs(width - 20) <= 2 and abs(height - 40) <= 2
    plain = InputRecipe("plain", 1, 28, 28).prepare(written(ink, paper)).pixels
    np.testing.assert_array_equal(stages[0].pixels, plain)
    if swapped:
        np.testing.assert_array_equal(stages[1].pixels, 255 - plain)
        np.testing.assert_array_equal(stages[1].picture, 255 - stages[0].picture)
    alone = stages[-2].picture  # light ink on black, whatever the picture's
    assert alone[60, 40] > 200 and alone[10, 10] == 0


def test_networks_of_dark_ink_see_dark_ink_throughout() -> None:
    recipe = InputRecipe("glyph", 1, 28, 28, polarity="dark-on-light")
    stages, _ = preparation_stages(recipe, written())
    assert [stage.name for stage in stages] == ["the picture", "the ink alone", "cropped and centred"]
    assert all(stage.pixels[0, 0, 0] > 200 for stage in stages)
    np.testing.assert_array_equal(stages[-1].pixels, recipe.prepare(written()).pixels)


def test_a_box_is_looked_at_alone() -> None:
    stages, _ = preparation_stages(GLYPH, written(), box=(20, 40, 60, 80))
    assert stages[0].picture.shape == (80, 60)
    x, y, _, _ = stages[0].box
    assert abs(x - 10) <= 1 and abs(y - 10) <= 1


def test_pictures_laid_out_already_and_plain_ones_have_few_stages() -> None:
    ready = Image.fromarray(GLYPH.prepare(written()).pixels[0])
    assert [stage.name for stage in preparation_stages(GLYPH, ready)[0]] == ["the picture"]
    dark = Image.fromarray(255 - np.asarray(ready))
    stages, notes = preparation_stages(GLYPH, dark)
    assert [stage.name for stage in stages] == ["the picture", "light and dark swapped"] and notes == ["inverted"]
    np.testing.assert_array_equal(stages[-1].pixels[0], np.asarray(ready))
    colours = Image.fromarray(np.random.default_rng(1).integers(0, 256, (20, 30, 3)).astype(np.uint8))
    plain = InputRecipe("plain", 3, 16, 16, mean=(0.0,) * 3, scale=(1.0,) * 3)
    assert [stage.name for stage in preparation_stages(plain, colours)[0]] == ["the picture"]
    stages, _ = preparation_stages(plain, colours, invert=True)
    assert [stage.name for stage in stages] == ["the picture", "light and dark swapped"]
    assert stages[-1].picture.shape == (16, 16, 3)


def test_borders_stay_around_every_stage() -> None:
    recipe = InputRecipe("glyph", 1, 32, 32, polarity="light-on-dark", border=2)
    stages, _ = preparation_stages(recipe, written())
    assert all(stage.pixels.shape == (1, 32, 32) for stage in stages)
    np.testing.assert_array_equal(stages[-1].pixels, recipe.prepare(written()).pixels)


def test_what_cannot_be_prepared_is_told_as_ever(tmp_path: Path) -> None:
    with pytest.raises(NoGlyphError, match="blank"):
        preparation_stages(GLYPH, Image.new("L", (50, 50), 200))
    with pytest.raises(DataError, match="no such file"):
        preparation_stages(GLYPH, tmp_path / "none.png")
