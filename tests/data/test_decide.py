"""Glyph or plain, grey or colour, and which size: decided from the pictures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from tools.untuned.sets import by_name

from cnncli.data.dataset import Images
from cnncli.data.preparation import decide as module
from cnncli.data.preparation.decide import Decision, Look, decide
from cnncli.data.preparation.wish import PictureWish
from cnncli.data.raw import RawPart, RawSet
from cnncli.errors import DataError
from cnncli.pictures.digit_picture import find_digit
from cnncli.pictures.segmentation.as_mnist import lies_as_mnist
from picture_sets import KINDS, Pictures, mnist_like, write_files


def decided(folder: Path, pictures: Pictures, wish: PictureWish | None = None) -> Decision:
    files = write_files(folder, pictures)
    names = sorted({file.parent.name for file in files})
    labels = np.array([names.index(file.parent.name) for file in files])
    raw = RawSet("set", names, {"train": RawPart(files, labels)})
    return decide(raw, wish or PictureWish(), False, lambda done, total: None)


def textures(rng: np.random.Generator) -> Pictures:
    y, x = np.mgrid[:40, :40]
    waves = [np.sin(0.7 * x), np.sin(0.7 * y), np.sin(0.7 * x) * np.sin(0.7 * y)]
    made = []
    for number in range(60):
        pixels = 128 + 90 * np.roll(waves[number % 3], rng.integers(0, 9, 2), (0, 1)) + rng.normal(0, 9, (40, 40))
        made.append((Image.fromarray(pixels.clip(0, 255).astype(np.uint8)), str(number % 3)))
    return made


def noise(rng: np.random.Generator) -> Pictures:
    return [(Image.fromarray(rng.integers(0, 256, (32, 32), np.uint8)), str(number % 4)) for number in range(60)]


def coloured_discs(rng: np.random.Generator) -> Pictures:
    """One disc on white paper: a glyph each, and only its colour tells the class."""
    made = []
    for number in range(60):
        picture = Image.new("RGB", (48, 48), (240, 238, 232))
        left, top = (int(place) for place in rng.integers(2, 24, 2))
        colour = [(200, 40, 40), (40, 160, 40), (50, 60, 210)][number % 3]
        ImageDraw.Draw(picture).ellipse((left, top, left + 20, top + 20), fill=colour)
        made.append((picture, str(number % 3)))
    return made


def test_letters_on_paper_are_glyphs(tmp_path: Path, rng: np.random.Generator) -> None:
    decision = decided(tmp_path, KINDS["letters on paper"](60, rng))
    assert decision.recipe.kind == "glyph" and decision.recipe.shape == (1, 28, 28)
    assert decision.reason.startswith("one glyph found in ")


def filled_shapes(rng: np.random.Generator) -> Pictures:
    """One of four shapes anywhere, ink and paper of any colour, some of them too alike to be told."""
    made = []
    for number in range(60):
        colours = [tuple(int(level) for level in rng.integers(0, 256, 3)) for _ in range(2)]
        if number % 10 == 9:
            colours[1] = colours[0]
        picture = Image.new("RGB", (48, 48), colours[0])
        left, top = (int(place) for place in rng.integers(2, 24, 2))
        draw = ImageDraw.Draw(picture)
        match number % 4:
            case 0:
                draw.ellipse((left, top, left + 20, top + 20), fill=colours[1])
            case 1:
                draw.polygon([(left + 10, top), (left, top + 20), (left + 20, top + 20)], fill=colours[1])
            case 2:
                draw.rectangle((left, top, left + 5, top + 20), fill=colours[1])
            case 3:
                draw.rectangle((left, top, left + 20, top + 5), fill=colours[1])
        made.append((picture, str(number % 4)))
    return made


def test_glyphs_that_are_far_better_need_not_be_found_in_all(tmp_path: Path, rng: np.random.Generator) -> None:
    assert decided(tmp_path, filled_shapes(rng)).recipe.kind == "glyph"


def shapes_in_colour(each: int) -> Pictures:
    return [
        (by_name("shapes").picture(label, np.random.default_rng([label, number])), f"{label}")
        for label in range(4) for number in range(each)
    ]  # fmt: skip


@pytest.mark.slow
def test_a_finder_finds_shapes_in_colour_and_tells_few_apart(tmp_path: Path) -> None:
    """What the next test takes for granted."""
    decision = decided(tmp_path, shapes_in_colour(100))
    assert decision.recipe.kind == "plain" and decision.recipe.shape == (3, 32, 32)
    assert decision.reason.endswith("100 of a class are enough to learn whole ones (--prepare glyph)")


SHAPES_SEEN = Look(240, 0, 240, 227, 97, 23, False, True, (32, 32), 32)  # of tools/untuned's folder


@pytest.mark.parametrize(
    ("look", "each", "kind"),
    [
        (SHAPES_SEEN, 100, "plain"),
        (SHAPES_SEEN, 99, "glyph"),  # too few to learn place and colour from
        (replace(SHAPES_SEEN, glyph_right=180), 100, "glyph"),  # as told apart as letters in ink of any colour
        (replace(SHAPES_SEEN, is_coloured=False), 100, "glyph"),
        (replace(SHAPES_SEEN, lying=240), 100, "glyph"),
    ],
)
def test_shapes_in_colour_are_no_glyphs_where_there_are_enough_to_learn_from(
    look: Look, each: int, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_kept_look", lambda *_: look)
    part = RawPart([Path(f"{number}.png") for number in range(2 * each)], np.repeat([0, 1], each))
    raw = RawSet("set", ["a", "b"], {"train": part})
    assert decide(raw, PictureWish(), False, lambda done, total: None).recipe.kind == kind
    grey = PictureWish(declared=(1, 28, 28), is_firm=True)  # which would lose the colours anyway
    assert decide(raw, grey, False, lambda done, total: None).recipe.kind == "glyph"


@pytest.mark.parametrize("draw", [textures, noise, coloured_discs], ids=lambda draw: draw.__name__)
def test_what_is_no_glyph_or_loses_its_class_as_one_stays_plain(
    draw: object, tmp_path: Path, rng: np.random.Generator
) -> None:
    assert decided(tmp_path, draw(rng)).recipe.kind == "plain"  # type: ignore[operator]


def test_wish_overrules_the_pictures(tmp_path: Path, rng: np.random.Generator) -> None:
    pictures = mnist_like(30, rng)
    wished = decided(tmp_path, pictures, PictureWish(prepare="plain", colour="rgb", size=(20, 24)))
    assert wished.recipe.kind == "plain" and wished.recipe.shape == (3, 20, 24)


def test_description_of_the_user_goes_before_the_pictures_and_is_said(tmp_path: Path, rng: np.random.Generator) -> None:
    wish = PictureWish(declared=(3, 24, 24), is_firm=True, asker="c.toml")
    decision = decided(tmp_path, KINDS["colour 32x32"](30, rng), wish)
    assert decision.recipe.shape == (3, 24, 24)
    assert decision.reason.endswith("the pictures are RGB of 32x32, c.toml declares RGB 24x24")


def test_network_that_ships_takes_the_pictures_as_they_are_if_it_can(tmp_path: Path, rng: np.random.Generator) -> None:
    pictures = KINDS["colour 32x32"](30, rng)
    assert decided(tmp_path / "a", pictures, PictureWish(declared=(1, 28, 28))).recipe.shape == (3, 32, 32)
    small = PictureWish(declared=(1, 28, 28), takes=lambda shape: shape[1] != 32)
    assert decided(tmp_path / "b", pictures, small).recipe.shape == (3, 28, 28)


@pytest.mark.parametrize("sides, expected", [((200, 300), 64), ((40, 60), 32), ((300,), 64), ((20, 24), 28)])
def test_photos_of_many_or_large_sizes_get_a_usual_one(
    sides: tuple[int, ...], expected: int, tmp_path: Path, rng: np.random.Generator
) -> None:
    pictures = [
        (Image.fromarray(rng.integers(0, 256, (sides[number % len(sides)],) * 2, np.uint8)), str(number % 2))
        for number in range(12)
    ]
    assert decided(tmp_path, pictures).recipe.shape == (1, expected, expected)


@pytest.mark.parametrize(
    "shape", [(1, 28, 28), (3, 28, 28), pytest.param((1, 8, 8), marks=pytest.mark.slow), (1, 20, 30), (1, 64, 64)]
)
def test_many_at_once_lie_as_the_finder_sees_one(shape: tuple[int, int, int], rng: np.random.Generator) -> None:
    channels, height, width = shape
    images: list[Images] = []
    for picture, _ in mnist_like(60, rng):
        pixels, _ = find_digit(picture, "x", height=height, width=width)  # laid out so
        if rng.random() < 0.6:
            pixels = np.roll(pixels, rng.integers(-3, 4, 2), (0, 1))
        if rng.random() < 0.5:
            pixels = np.subtract(np.uint8(255), pixels)
        if rng.random() < 0.1:
            pixels = pixels // 2
        images.append(np.repeat(pixels[None], channels, axis=0))
    lies, is_dark = lies_as_mnist(np.stack(images))
    assert lies.any() and not lies.all()
    for image, lying, dark in zip(images, lies, is_dark, strict=True):
        picture = Image.fromarray(image[0] if channels == 1 else image.transpose(1, 2, 0).copy())
        try:
            found, notes = find_digit(picture, "x", height=height, width=width)
            is_left = "cropped and centred" not in notes
        except DataError:
            is_left = False
        assert lying == is_left
        if lying:
            np.testing.assert_array_equal(found, np.subtract(np.uint8(255), image[0]) if dark else image[0])


def shifted_arrays(count: int, rng: np.random.Generator) -> RawSet:
    """Drawn digits as arrays, not centred as MNIST's are, nor all alike, which tells them apart less well."""
    made = mnist_like(count, rng)
    places = [(3, -4), (4, -3), (5, -4)]
    images = np.stack([np.roll(picture, places[n % 3], (0, 1)) for n, (picture, _) in enumerate(made)])[:, None]
    labels = np.array([int(label) for _, label in made])
    return RawSet("set", [str(digit) for digit in range(10)], {"train": RawPart(images, labels)})


@pytest.mark.parametrize(
    "most, wish, kind",
    [(100, PictureWish(), "glyph"), (99, PictureWish(), "plain"), (99, PictureWish(prepare="glyph"), "glyph")],
)
def test_many_arrays_are_not_sent_through_the_finder_unless_it_is_asked_for(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, most: int, wish: PictureWish, kind: str
) -> None:
    monkeypatch.setattr("cnncli.data.preparation.decide._MOST_ARRAYS", most)
    decision = decide(shifted_arrays(100, rng), wish, False, lambda done, total: None)
    assert decision.recipe.kind == kind and decision.recipe.shape == (1, 28, 28)
    assert ("100 images as they are; --prepare glyph would take minutes" in decision.reason) == (kind == "plain")


def test_few_coloured_photos_in_each_of_which_one_thing_is_found_keep_their_colour(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    def photo(label: str) -> tuple[Image.Image, str]:
        picture = Image.new("RGB", (32, 32), tuple(int(level) for level in rng.integers(150, 220, 3)))
        left, top, wide, high = (int(number) for number in rng.integers(6, 14, 4))
        ImageDraw.Draw(picture).ellipse((left, top, left + wide, top + high), fill=(150, 30, 30))
        return picture, label

    decision = decided(tmp_path, [photo("cat") for _ in range(10)])
    assert decision.recipe.kind == "plain" and decision.recipe.channels == 3
    assert decision.reason == "the pictures are in colour, and glyphs alone tell the classes no better apart"


def test_tiny_pictures_are_taken_whole(tmp_path: Path, rng: np.random.Generator) -> None:
    pictures = [(picture.crop((4, 4, 24, 24)).resize((8, 8), Image.Resampling.BOX), label)
                for picture, label in mnist_like(100, rng)]  # fmt: skip
    decision = decided(tmp_path, pictures)
    assert decision.recipe.kind == "plain" and decision.recipe.shape == (1, 8, 8)
    assert "too small to look for glyphs" in decision.reason or "one glyph found in only" in decision.reason


def test_pictures_that_cannot_be_read_say_nothing_of_the_others(tmp_path: Path, rng: np.random.Generator) -> None:
    pictures = KINDS["letters on paper"](40, rng)
    whole = decided(tmp_path / "whole", pictures)
    files = write_files(tmp_path / "broken", pictures)
    gone = [file.with_name(f"gone{number}.png") for file in files for number in range(4)]
    sources = [*gone, *files]
    names = sorted({file.parent.name for file in files})
    labels = np.array([names.index(file.parent.name) for file in sources])
    raw = RawSet("set", names, {"train": RawPart(sources, labels)})
    decision = decide(raw, PictureWish(), False, lambda done, total: None)
    assert decision.recipe == whole.recipe and decision.recipe.kind == "glyph"
    none = RawSet("set", ["a"], {"train": RawPart(gone[:60], labels[:60] * 0)})
    assert decide(none, PictureWish(), False, lambda done, total: None).recipe.kind == "plain"
