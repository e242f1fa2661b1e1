"""A border of background around pictures, which a network's description asks for: the same whoever prepares them."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cnncli
from cnncli import data
from cnncli.cli.main import run
from cnncli.data import PictureWish
from cnncli.errors import FormatError
from cnncli.network import Network
from cnncli.pictures.border import with_border
from cnncli.pictures.recipe import InputRecipe

DIGIT = Path(__file__).parents[2] / "digit.png"

NETWORK = """
name = "wide"
input = [1, 32, 32]
border = {border}
[[layers]]
type = "Flatten"
[[layers]]
type = "Linear"
out_features = "classes"
"""


@pytest.mark.parametrize("shape", [(0, 1, 3, 4), (1, 1, 1, 1), (5, 3, 4, 7), (4099, 1, 2, 2)])
@pytest.mark.parametrize("border", [0, 1, 3])
def test_each_channel_gets_the_median_of_its_edge(
    shape: tuple[int, ...], border: int, rng: np.random.Generator
) -> None:
    images = rng.integers(0, 256, shape, np.uint8)
    made = with_border(images, border)
    assert made.shape == (*shape[:2], shape[2] + 2 * border, shape[3] + 2 * border)
    inside = slice(border, border + shape[2]), slice(border, border + shape[3])
    np.testing.assert_array_equal(made[:, :, *inside], images)
    for number in range(0, shape[0], 1024):
        for channel in range(shape[1]):
            plane = images[number, channel].tolist()
            ends = sorted(plane[0] + plane[-1] + [row[0] for row in plane] + [row[-1] for row in plane])
            middle = round((ends[(len(ends) - 1) // 2] + ends[len(ends) // 2]) / 2)
            outside = made[number, channel].copy()
            outside[inside] = middle
            assert (outside == middle).all()


@pytest.mark.parametrize("kind", ["glyph", "plain"])
@pytest.mark.parametrize("polarity", ["light-on-dark", "dark-on-light"])
def test_a_picture_is_prepared_as_without_it_and_framed(kind: str, polarity: str) -> None:
    inner = InputRecipe(kind, 1, 28, 28, polarity)
    outer = InputRecipe(kind, 1, 32, 32, polarity, border=2)
    for invert in (None, True):
        expected = with_border(inner.prepare(DIGIT, invert).pixels[None], 2)[0]
        np.testing.assert_array_equal(outer.prepare(DIGIT, invert).pixels, expected)
    [(found, box)], [(framed, same_box)] = inner.prepare_all(DIGIT), outer.prepare_all(DIGIT)
    np.testing.assert_array_equal(framed.pixels, with_border(found.pixels[None], 2)[0])
    assert box == same_box


def test_arrays_and_files_get_the_same_border(tmp_path: Path) -> None:
    """Arrays that lie as MNIST's do, the same as pictures, and the same inverted."""
    digits = data.load("digits").test
    assert digits is not None
    images, labels = digits.images[:60], digits.labels[:60]
    wish = PictureWish(declared=(1, 32, 32), border=2)
    np.savez(tmp_path / "set.npz", X=images[:, 0], y=labels)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        folder = tmp_path / "files" / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[0] if number % 2 else 255 - image[0]).save(folder / f"{number:02}.png")
    arrays = data.load(tmp_path / "set.npz", wish=wish, use_cache=False)
    files = data.load(tmp_path / "files", wish=wish, use_cache=False)
    assert arrays.train is not None and files.train is not None
    np.testing.assert_array_equal(arrays.train.images, with_border(images, 2))
    order = np.argsort(labels, kind="stable")
    np.testing.assert_array_equal(files.train.images, with_border(images[order], 2))
    assert arrays.border == 2 and arrays.preparation == files.preparation == "glyph"


def test_training_evaluation_and_prediction_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "wide.toml").write_text(NETWORK.format(border=2))
    model = tmp_path / "model.bin"
    where = ["--out", str(model), "--runs", str(tmp_path / "runs")]
    assert run(["train", "--arch", str(tmp_path / "wide.toml"), "--data", "digits", "--epochs", "1", *where]) == 0
    assert "2 pixels of which are border" in capsys.readouterr().err
    loaded = cnncli.load(model)
    assert loaded.recipe is not None and loaded.recipe.border == 2 and loaded.recipe.shape == (1, 32, 32)
    digits = data.load("digits").test
    assert digits is not None
    folder = tmp_path / "digits"
    for number, (image, label) in enumerate(zip(digits.images[:40, 0], digits.labels, strict=False)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - image).save(folder / str(label) / f"{number:02}.png")
    assert run(["eval", str(model), "--data", str(folder), "--json"]) == 0
    right = round(40 * json.loads(capsys.readouterr().out)["accuracy"])
    files = sorted(folder.rglob("*.png"))
    answers = loaded.predict(files).names
    assert right == sum(answer == file.parent.name for answer, file in zip(answers, files, strict=True))


@pytest.mark.parametrize("border", ["16", "-1", "2.0", "true", '"two"'])
def test_a_border_that_leaves_no_picture_is_refused(
    border: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wide.toml").write_text(NETWORK.format(border=border))
    assert run(["train", "--arch", str(tmp_path / "wide.toml"), "--data", "digits"]) == 1
    assert capsys.readouterr().err.strip().endswith(
        f"wide.toml: border is {border}; use a whole number of pixels below half of 32x32, such as 2"
    )


def test_a_recipe_of_before_has_none() -> None:
    facts = InputRecipe("glyph", 1, 32, 32, border=2).to_dict()
    assert InputRecipe.from_dict(facts).border == 2
    del facts["border"]
    assert InputRecipe.from_dict(facts).border == 0


def test_a_border_needs_images() -> None:
    layers = [{"type": "Flatten"}]
    with pytest.raises(FormatError, match="border is 2, but no images are declared; add input"):
        Network.from_description({"input": [9], "border": 2, "layers": layers}, source="mine")
    with pytest.raises(FormatError, match="border is 14; use a whole number from 0 to below half of 28x28"):
        InputRecipe(border=14)
