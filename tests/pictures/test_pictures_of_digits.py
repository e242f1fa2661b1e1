"""The groups of tools/pictures are read: digits on lines, in boxes, in shadow, with thin pens, out of focus."""

from pathlib import Path

import pytest
from tools.pictures.glyphs import missing_fonts
from tools.pictures.groups import Glyphs, draw
from tools.pictures.measure import read, unseen_glyphs

import cnncli
from cnncli import data
from cnncli.pictures.digit_picture import find_digits
from cnncli.shipped import shipped_model

READ = (
    "one_pixel_pen",
    "form_box",
    "squared_paper",
    "ruled_paper",
    "soft_and_full",
    "dark_corner",
    "flagged_one",
    "plain_paper",
    "sixteen_bit",
)


@pytest.fixture(scope="module")
def model() -> cnncli.Model:
    return cnncli.load(shipped_model("lenet5"))


@pytest.fixture(scope="module")
def handwritten(mnist_folder: Path) -> Glyphs:
    test = data.load("mnist", data_dir=str(mnist_folder)).test
    assert test is not None
    return Glyphs(test.images[:, 0], test.labels, fonts=False)


@pytest.fixture(scope="module")
def everything(mnist_folder: Path) -> Glyphs:
    if missing_fonts():
        packages = "fonts-dejavu-extra fonts-liberation fonts-freefont-ttf"
        pytest.skip(f"fonts are missing: {', '.join(missing_fonts())}; apt-get install {packages}")
    return unseen_glyphs(mnist_folder)


@pytest.mark.parametrize("group", READ)
def test_handwritten_digits_of_each_group_are_read(model: cnncli.Model, handwritten: Glyphs, group: str) -> None:
    pictures = [draw(group, index, handwritten, seed=7) for index in range(10)]
    right = sum(answer == picture.text for picture, (answer, _) in zip(pictures, read(model, pictures), strict=True))
    assert right >= 9


@pytest.mark.slow
@pytest.mark.parametrize("group", READ)
def test_of_300_pictures_of_each_group_95_percent_are_read(
    model: cnncli.Model, everything: Glyphs, group: str
) -> None:
    pictures = [draw(group, index, everything, seed) for seed in (2, 3, 5) for index in range(100)]
    right = sum(answer == picture.text for picture, (answer, _) in zip(pictures, read(model, pictures), strict=True))
    assert right >= 285


def test_digits_side_by_side_are_counted(handwritten: Glyphs) -> None:
    pictures = [draw("side_by_side", index, handwritten, seed=7) for index in range(12)]
    right = sum(len(find_digits(picture.image, "picture")) == len(picture.text) for picture in pictures)
    assert right >= 11


@pytest.mark.parametrize("group", ["plain_paper", "squared_paper", "form_box"])
def test_one_digit_is_not_taken_for_several(handwritten: Glyphs, group: str) -> None:
    pictures = [draw(group, index, handwritten, seed=8) for index in range(12)]
    assert sum(len(find_digits(picture.image, "picture")) > 1 for picture in pictures) <= 1


@pytest.mark.slow
def test_letters_get_a_sure_digit_in_one_case_of_ten_at_most(model: cnncli.Model, everything: Glyphs) -> None:
    pictures = [draw("letter", index, everything) for index in range(200)]
    assert sum(share > 0.9 for _, share in read(model, pictures)) <= 20
