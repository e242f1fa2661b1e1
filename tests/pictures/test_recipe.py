"""Pictures of any kind become the input of a network."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cnncli
from cnncli import data
from cnncli.errors import DataError, FormatError
from cnncli.network.architectures import shipped_model
from cnncli.pictures.recipe import InputRecipe

DIGIT = Path(__file__).parents[2] / "digit.png"


@pytest.fixture(scope="module")
def model() -> cnncli.Model:
    return cnncli.load(shipped_model("lenet5"))


def prepared(model: cnncli.Model, picture: Image.Image | Path) -> np.ndarray:
    assert model.recipe is not None
    return model.recipe.prepare(picture).pixels


@pytest.mark.parametrize("inverted", [False, True])
def test_mnist_as_pictures_keeps_its_accuracy(model: cnncli.Model, mnist_folder: Path, inverted: bool) -> None:
    test = data.load("mnist", data_dir=mnist_folder).test
    assert test is not None
    pixels = test.images[:1000, 0]
    pictures = [Image.fromarray(255 - image if inverted else image) for image in pixels]
    inputs = np.stack([prepared(model, picture) for picture in pictures])
    assert (model.predict(inputs).labels == test.labels[:1000]).sum() >= 985


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "CMYK", "LA"])
def test_picture_of_any_mode_and_either_polarity_is_a_five(model: cnncli.Model, mode: str) -> None:
    with Image.open(DIGIT) as opened:
        picture = opened.convert("L").point(lambda level: 255 if level > 130 else 0)
    for version in (picture, picture.point(lambda level: 255 - level)):
        assert model.predict(prepared(model, version.convert(mode))).labels.tolist() == [5]


def test_blank_picture_is_one_line(tmp_path: Path, model: cnncli.Model) -> None:
    path = tmp_path / "blank.png"
    Image.new("L", (50, 50), 255).save(path)
    with pytest.raises(DataError) as caught:
        prepared(model, path)
    assert "blank.png: " in str(caught.value) and "\n" not in str(caught.value)


def test_recipe_round_trip_and_unknown_kind() -> None:
    recipe = InputRecipe("glyph", 1, 28, 28, "light-on-dark", (0.13,), (0.31,))
    assert InputRecipe.from_dict(recipe.to_dict()) == recipe
    with pytest.raises(FormatError, match="kind"):
        InputRecipe.from_dict(recipe.to_dict() | {"kind": "sound"})
