"""Pictures of any kind become the input of a network."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

import cnncli
from cnncli import data
from cnncli.errors import DataError, FormatError, NoGlyphError, ShapeError
from cnncli.pictures.recipe import InputRecipe
from cnncli.shipped import shipped_model
from cnncli.shown import shown

DIGIT = Path(__file__).parents[2] / "digit.png"
GLYPH = InputRecipe("glyph", polarity="light-on-dark")


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


def test_recipe_that_is_told_nothing_is_a_grey_picture_of_mnists_size_with_bytes_over_255() -> None:
    assert InputRecipe() == InputRecipe("plain", 1, 28, 28, "any", (0.0,), (1.0,))


def test_text_says_what_is_done_the_colours_and_the_size() -> None:
    assert InputRecipe("glyph").text == "glyph: the one glyph of a picture is found, cropped and centred in grey 28x28"
    plain = InputRecipe("plain", 3, 32, 48, "any", (0.5,) * 3, (0.5,) * 3)
    assert plain.text == "plain: the whole picture is fitted to RGB 32x48"


@pytest.mark.parametrize("name", ["channels", "height", "width"])
@pytest.mark.parametrize("value", [0, 4097, -28, True, 28.0, "28", None])
def test_size_that_is_no_integer_from_1_to_4096_is_refused(name: str, value: object) -> None:
    with pytest.raises(FormatError) as caught:
        InputRecipe.from_dict(InputRecipe().to_dict() | {name: value})
    rule = "use a whole number, at least 1 and at most 4,096"
    assert str(caught.value) == f"input recipe: {name} is {shown(value)}; {rule}"


@pytest.mark.parametrize("side", [1, 4096])
def test_smallest_and_largest_side_are_taken(side: int) -> None:
    assert InputRecipe(height=side, width=4097 - side).shape == (1, side, 4097 - side)


@pytest.mark.parametrize("channels", [2, 4])
def test_pictures_have_1_or_3_channels(channels: int) -> None:
    with pytest.raises(
        FormatError, match=rf"^input recipe: channels is {channels}; it must be 1 \(grey\) or 3 \(RGB\)$"
    ):
        InputRecipe(channels=channels, mean=(0.0,) * channels, scale=(1.0,) * channels)


@pytest.mark.parametrize(
    ("scale", "rule"),
    [
        ((1.0, 0.0, 1.0), "use a number, at least 1e-06, for each channel"),
        ((1.0, 1.0, -0.5), "use a number, at least 1e-06, for each channel"),
        ((1.0, 9.9e-7, 1.0), "use a number, at least 1e-06, for each channel"),
        ((1.0, 1.0), "use a list of 3 finite numbers, one a channel"),
        ((1.0, 1.0, 1.0, 1.0), "use a list of 3 finite numbers, one a channel"),
        ((1.0, 1e6, 1.0), "use a list of 3 finite numbers, one a channel"),
        ((1.0, float("nan"), 1.0), "use a list of 3 finite numbers, one a channel"),
        ((1.0, True, 1.0), "use a list of 3 finite numbers, one a channel"),
        (1.0, "use a list of 3 finite numbers, one a channel"),
    ],
)
def test_scale_by_which_nothing_can_be_divided_is_refused(scale: object, rule: str) -> None:
    with pytest.raises(FormatError) as caught:
        InputRecipe.from_dict({**InputRecipe().to_dict(), "channels": 3, "mean": [0.0] * 3, "scale": scale})
    assert str(caught.value).startswith("input recipe: scale is ") and str(caught.value).endswith(f"; {rule}")


def test_smallest_and_largest_scale_are_taken_and_numbers_become_floats() -> None:
    recipe = InputRecipe.from_dict(
        {**InputRecipe().to_dict(), "channels": 3, "mean": (0, -1, 999_999), "scale": [1e-6, 1, 999_999.5]}
    )
    assert recipe.scale == (1e-6, 1.0, 999_999.5) and [type(value) for value in recipe.mean] == [float] * 3


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("as_array", [False, True])
def test_numbers_and_arrays_of_numpy_are_taken_and_written_as_json(kind: type, as_array: bool) -> None:
    mean, scale = np.array([0, 0.5, 1]).astype(kind), np.array([1, 2, 2.5]).astype(kind)
    recipe = InputRecipe(
        channels=np.int64(3),  # type: ignore[arg-type]
        height=np.uint8(20),  # type: ignore[arg-type]
        mean=mean if as_array else tuple(mean),  # type: ignore[arg-type]
        scale=scale if as_array else list(scale),  # type: ignore[arg-type]
    )
    assert recipe == InputRecipe(channels=3, height=20, mean=tuple(mean.tolist()), scale=tuple(scale.tolist()))
    assert json.loads(json.dumps(recipe.to_dict())) == recipe.to_dict()
    assert [type(value) for value in (*recipe.shape, *recipe.mean, *recipe.scale)] == [int] * 3 + [float] * 6


@pytest.mark.parametrize("values", [np.ones((3, 1)), np.float64(1.0), np.array([1, np.inf, 1]), [np.bool_(True)] * 3])
def test_other_arrays_are_no_list_of_numbers(values: object) -> None:
    with pytest.raises(FormatError, match=r"use a list of 3 finite numbers, one a channel$"):
        InputRecipe(channels=3, mean=(0.0,) * 3, scale=values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "input recipe is []; it must be an object"),
        (
            {"kind": "plain"},
            "input recipe has no channels; it needs kind, channels, height, width, polarity, mean",
        ),
        (
            InputRecipe().to_dict() | {"depth": 3},
            'input recipe has the unknown key "depth"; it has kind, channels, height, wi',
        ),
        (
            InputRecipe().to_dict() | {"polarity": "grey"},
            'input recipe: polarity is "grey"; use light-on-dark o',
        ),
    ],
)
def test_recipe_with_other_settings_is_refused(values: object, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        InputRecipe.from_dict(values)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 1, 1, 2), (7, 3, 3, 5), (2, 1, 1, 5), (2051, 1, 3, 3)])
def test_measured_mean_and_scale_are_those_of_numpy(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    images = rng.integers(0, 200, shape, dtype=np.uint8)
    recipe = InputRecipe.measured(images, kind="glyph", polarity="light-on-dark")
    assert recipe.shape == shape[1:] and (recipe.kind, recipe.polarity) == ("glyph", "light-on-dark")
    numbers = images.astype(np.float64) / 255
    np.testing.assert_allclose(recipe.mean, numbers.mean((0, 2, 3)), rtol=0, atol=5.1e-7)
    deviation = numbers.std((0, 2, 3))
    np.testing.assert_allclose(recipe.scale, np.where(deviation == 0, 1, deviation), rtol=0, atol=5.1e-7)
    assert list(recipe.mean + recipe.scale) == [round(value, 6) for value in recipe.mean + recipe.scale]


def test_images_that_do_not_count_leave_the_mean_and_scale_of_the_others(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (20, 3, 5, 3), dtype=np.uint8)
    assert InputRecipe.measured(images, but_for=images[::3]) == InputRecipe.measured(np.delete(images, np.s_[::3], 0))


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((3, 4, 4), np.uint8),
        np.zeros((1, 1, 1, 4, 4), np.uint8),
        np.zeros((1, 1, 4, 4), np.float32),
        np.zeros((0, 1, 4, 4), np.uint8),
    ],
)
def test_nothing_is_measured_from_what_are_no_images(images: np.ndarray) -> None:
    with pytest.raises(
        ShapeError, match=r"^input recipe: measured from (uint8|float32) \(.*\); pass uint8 \(N, C, H, W\)"
    ):
        InputRecipe.measured(images)


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3, 4, 5)])
def test_normalize_is_the_pixel_less_the_mean_over_the_scale(
    shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    images = rng.random(shape, np.float32)
    mean, scale = np.array([0.25, 0.5, -1.5]), np.array([0.125, 2.0, 3.5])
    result = InputRecipe(channels=3, mean=tuple(mean.tolist()), scale=tuple(scale.tolist())).normalize(images)
    assert result.dtype == np.float32
    # three float32 operations on numbers below 16
    np.testing.assert_allclose(
        result, (images.astype(np.float64) - mean[:, None, None]) / scale[:, None, None], rtol=0, atol=3 * 16 * 2**-24
    )


def test_picture_holds_twice_the_pixels_that_are_needed_and_for_a_glyph_twice_320() -> None:
    assert InputRecipe("plain", height=100, width=30).enough_pixels == 200
    assert InputRecipe("plain", height=30, width=100).enough_pixels == 200
    assert InputRecipe("glyph").enough_pixels == 640
    assert InputRecipe("glyph", height=28, width=400).enough_pixels == 800


def strokes(*left: int, dark: bool = True) -> Image.Image:
    """Upright strokes on a page of 300x200."""
    image = Image.new("L", (300, 200), 240 if dark else 15)
    for x in left:
        ImageDraw.Draw(image).rectangle((x, 50, x + 15, 149), 20 if dark else 235)
    return image


def test_several_glyphs_are_refused_unless_the_caller_takes_them_for_one() -> None:
    with pytest.raises(NoGlyphError, match=r"^picture: 2 digits side by side"):
        GLYPH.prepare(strokes(60, 220))
    assert GLYPH.prepare(strokes(60, 220), refuse_several=False).pixels.shape == (1, 28, 28)
    found = GLYPH.prepare_all(strokes(60, 220))
    assert [round(box[0], -1) for _, box in found] == [60, 220]
    assert all(one.notes[-1] == "cropped and centred" for one, _ in found)


@pytest.mark.parametrize("all_of_them", [False, True])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("polarity", ["light-on-dark", "dark-on-light"])
def test_ink_has_the_colour_that_the_network_knows_and_invert_says_whether_it_was_swapped(
    polarity: str, dark: bool, all_of_them: bool
) -> None:
    recipe = InputRecipe("glyph", 3, polarity=polarity, mean=(0.0,) * 3, scale=(1.0,) * 3)

    def pixels(invert: bool | None) -> np.ndarray:
        picture = strokes(140, dark=dark)
        return (recipe.prepare_all(picture, invert)[0][0] if all_of_them else recipe.prepare(picture, invert)).pixels

    swapped = dark != (polarity == "dark-on-light")
    expected = layout_of_a_stroke() if polarity == "light-on-dark" else 255 - layout_of_a_stroke()
    for invert in (None, swapped):
        np.testing.assert_array_equal(pixels(invert), np.stack([expected] * 3))
    with pytest.raises(DataError, match=r"^picture: no stroke is (darker|lighter) than the paper; leave --"):
        pixels(not swapped)


def layout_of_a_stroke() -> np.ndarray:
    """16x100 pixels, fitted to a height of 20 in the middle of 28x28; the half pixel goes to the left."""
    expected = np.zeros((28, 28), int)
    expected[4:24, 12:15] = 255
    return expected


def test_plain_picture_is_one_thing_and_its_box_is_all_of_it() -> None:
    picture = strokes(60, 220)
    [(prepared_picture, box)] = InputRecipe(height=20, width=30).prepare_all(picture)
    assert box == (0, 0, 300, 200)
    assert prepared_picture.pixels.tolist() == InputRecipe(height=20, width=30).prepare(picture).pixels.tolist()


def test_plain_picture_is_inverted_when_told(rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (28, 28), dtype=np.uint8)
    pixels[0, :2] = 0, 255
    plain = InputRecipe()
    assert plain.prepare(Image.fromarray(pixels)).pixels[0].tolist() == pixels.tolist()
    inverted = plain.prepare(Image.fromarray(pixels), True)
    assert inverted.pixels[0].tolist() == (255 - pixels).tolist() and inverted.notes == ["inverted"]


def test_box_is_in_the_pixels_of_a_jpeg_that_else_is_decoded_smaller(tmp_path: Path) -> None:
    image = Image.new("L", (1200, 1200), 255)
    image.paste(0, (1100, 1100, 1200, 1200))
    image.save(tmp_path / "large.jpg", quality=95)
    plain = InputRecipe(height=8, width=8)
    assert plain.prepare(tmp_path / "large.jpg", box=(1100, 1100, 100, 100)).pixels.max() < 10
    assert plain.prepare(tmp_path / "large.jpg").pixels.max() > 245
