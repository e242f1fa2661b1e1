"""Glyph or plain, size and colour, by what was found in the pictures looked at: each rule at its limit."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnncli.data.preparation.decide import (
    Look,
    _is_coloured,
    _lying_arrays,
    _nearest_is_right,
    _overruled,
    _Seen,
    _shape,
    _sum_up,
    _takes_minutes,
    _why,
    some_numbers,
)
from cnncli.data.preparation.wish import PictureWish
from cnncli.data.raw import RawPart, RawSet
from cnncli.pictures.recipe import InputRecipe

# A hundred grey pictures, a glyph in each, and classes told apart as well by either preparation.
SEEN = Look(100, 0, 100, 100, 60, 60, False, False, (32, 32), 32)
ALL, TINY = "the pictures lie as MNIST's do", "pictures of 16x12 are too small to look for glyphs in them"
NO_BETTER = "the pictures are in colour, and glyphs alone tell the classes no better apart"
BETTER_WHOLE = "colour, size or place tell the classes apart better than the glyphs do"


def one_found(count: int, of: int = 100, only: str = "") -> str:
    return f"one glyph found in {only}{count} of {of} pictures looked at"


@pytest.mark.parametrize(("changes", "is_glyphs", "why"), [
    ({}, True, one_found(100)),
    ({"pictures": 0, "tried": 0, "found": 0}, False, one_found(0, 0, "only ")),
    ({"lying": 97, "tried": 0, "found": 0}, True, ALL),
    ({"lying": 96, "tried": 0, "found": 0}, False, one_found(0, 0, "only ")),
    ({"lying": 96}, True, one_found(100)),
    ({"tried": 99, "found": 99}, False, BETTER_WHOLE),
    ({"found": 97}, True, one_found(97)), ({"found": 96}, False, one_found(96, only="only ")),
    ({"is_worse": True}, False, BETTER_WHOLE),
    ({"glyph_right": 86, "found": 85}, True, one_found(85)),  # far better: by 26 in a hundred
    ({"glyph_right": 86, "found": 84}, False, one_found(84, only="only ")),
    ({"glyph_right": 85, "found": 96}, False, one_found(96, only="only ")),
    ({"glyph_right": 86, "size": (16, 12)}, True, one_found(100)),
    ({"size": (16, 12)}, False, TINY), ({"size": (17, 12)}, True, one_found(100)),
    ({"size": (12, 17)}, True, one_found(100)), ({"size": None}, True, one_found(100)),
    ({"is_coloured": True}, False, NO_BETTER), ({"is_coloured": True, "glyph_right": 61}, True, one_found(100)),
    ({"is_coloured": True, "glyph_right": 59}, False, BETTER_WHOLE),
])  # fmt: skip
def test_pictures_are_glyphs_where_one_is_found_in_nearly_all_and_tells_no_less(
    changes: dict[str, object], is_glyphs: bool, why: str
) -> None:
    look = replace(SEEN, **changes)  # type: ignore[arg-type]
    assert look.is_glyphs == is_glyphs
    assert _why(look) == why


@pytest.mark.parametrize(("changes", "is_poor"), [
    ({"glyph_right": 74}, True), ({"glyph_right": 75}, False), ({"lying": 74}, True), ({"lying": 75}, False),
    ({"glyph_right": 74, "is_coloured": False}, False),
])  # fmt: skip
def test_glyphs_in_colour_that_tell_three_quarters_apart_are_enough(changes: dict[str, object], is_poor: bool) -> None:
    coloured = replace(SEEN, is_coloured=True)
    assert replace(coloured, **changes).is_poor_in_glyphs == is_poor  # type: ignore[arg-type]


def test_five_thousand_arrays_that_do_not_lie_as_they_should_take_minutes() -> None:
    def of(arrays: int, files: int = 0) -> RawSet:
        held = {"train": RawPart(np.zeros((arrays - 1, 1, 2, 2), np.uint8), np.zeros(arrays - 1, np.int64)),
                "validation": RawPart([Path("a.png")] * files, np.zeros(files, np.int64)),
                "test": RawPart(np.zeros((1, 1, 2, 2), np.uint8), np.zeros(1, np.int64))}  # fmt: skip
        return RawSet("set", ["a"], held)

    assert not _takes_minutes(of(5000, files=9), SEEN, (28, 28)) and _takes_minutes(of(5001), SEEN, (28, 28))
    assert not _takes_minutes(of(5001), replace(SEEN, glyph_right=86), (28, 28))
    lying = replace(SEEN, lying=97)
    assert not _takes_minutes(of(5001), lying, (32, 32)) and _takes_minutes(of(5001), lying, (28, 28))
    assert _takes_minutes(of(5001), replace(SEEN, lying=96), (32, 32))


COLOURED = replace(SEEN, is_coloured=True)
MANY_SIZES = replace(SEEN, size=None)


@pytest.mark.parametrize(("look", "wish", "is_glyph", "shape"), [
    (SEEN, PictureWish(), True, (1, 28, 28)), (SEEN, PictureWish(border=2), True, (1, 32, 32)),
    (SEEN, PictureWish(declared=(3, 20, 24)), True, (1, 20, 24)), (COLOURED, PictureWish(), True, (1, 28, 28)),
    (SEEN, PictureWish(), False, (1, 32, 32)), (COLOURED, PictureWish(), False, (3, 32, 32)),
    (SEEN, PictureWish(border=3), False, (1, 38, 38)), (replace(SEEN, size=(9, 7)), PictureWish(), False, (1, 9, 7)),
    (SEEN, PictureWish(colour="rgb"), True, (3, 28, 28)), (COLOURED, PictureWish(colour="grey"), False, (1, 32, 32)),
    (SEEN, PictureWish(size=(5, 6)), False, (1, 5, 6)), (SEEN, PictureWish(size=(5, 6)), True, (1, 5, 6)),
    (COLOURED, PictureWish(declared=(1, 8, 9), is_firm=True), False, (1, 8, 9)),
    (COLOURED, PictureWish(declared=(1, 8, 9), is_firm=True, colour="rgb"), False, (3, 8, 9)),
    (COLOURED, PictureWish(declared=(1, 8, 9)), False, (3, 32, 32)),
    (COLOURED, PictureWish(declared=(1, 8, 9), takes=lambda shape: shape != (3, 32, 32)), False, (3, 8, 9)),
    (SEEN, PictureWish(border=1, declared=(1, 8, 9), takes=lambda shape: shape == (1, 34, 34)), False, (1, 34, 34)),
    *((replace(MANY_SIZES, typical_side=side), PictureWish(), False, (1, taken, taken))
      for side, taken in ((9, 28), (27, 28), (28, 28), (31, 28), (32, 32), (63, 32), (64, 64), (900, 64))),
])  # fmt: skip
def test_images_have_the_shape_that_is_asked_for_then_declared_then_found(
    look: Look, wish: PictureWish, is_glyph: bool, shape: tuple[int, int, int]
) -> None:
    assert _shape(look, wish, is_glyph) == shape


def recipe(channels: int, height: int, width: int, border: int = 0) -> InputRecipe:
    return InputRecipe("plain", channels, height, width, "any", (0.0,) * channels, (1.0,) * channels, border)


FIRM = PictureWish(declared=(1, 32, 32), is_firm=True, asker="c.toml")


@pytest.mark.parametrize(("look", "wish", "made", "said"), [
    (SEEN, FIRM, recipe(1, 32, 32), []), (MANY_SIZES, FIRM, recipe(1, 32, 32), []),
    (SEEN, FIRM, recipe(3, 32, 32), ["c.toml declares grey 32x32, overruled by --pixels or --colour"]),
    (COLOURED, FIRM, recipe(1, 32, 32), ["the pictures are RGB of 32x32, c.toml declares grey 32x32"]),
    (replace(COLOURED, size=None), FIRM, recipe(1, 32, 32), ["the pictures are RGB, c.toml declares grey 32x32"]),
    (replace(SEEN, size=(8, 9)), FIRM, recipe(1, 32, 32), ["the pictures are grey of 8x9, c.toml declares grey 32x32"]),
    (replace(SEEN, size=(28, 28)), FIRM, recipe(1, 32, 32, 2), []),
    (COLOURED, replace(FIRM, declared=(3, 32, 32)), recipe(3, 32, 32), []),
    (COLOURED, PictureWish(), recipe(1, 28, 28), ["the colour of ink and paper is left out"]),
    (COLOURED, PictureWish(colour="grey"), recipe(1, 28, 28), []), (COLOURED, PictureWish(), recipe(3, 28, 28), []),
    (SEEN, PictureWish(), recipe(1, 28, 28), []),
])  # fmt: skip
def test_what_nobody_might_expect_of_the_pictures_is_said(
    look: Look, wish: PictureWish, made: InputRecipe, said: list[str]
) -> None:
    assert _overruled(look, wish, made) == said


@pytest.mark.parametrize(("classes", "each", "looked_at"), [
    (1, 300, 1), (3, 100, 3), (24, 20, 24), (25, 20, 13), (48, 20, 24), (49, 20, 17), (7, 2, 7),
])  # fmt: skip
def test_240_pictures_are_looked_at_spread_evenly_and_one_of_each_class_first(
    classes: int, each: int, looked_at: int
) -> None:
    labels = np.repeat(np.arange(classes), each)
    numbers = some_numbers(labels)
    assert len(numbers) == min(240, looked_at * each) == len(set(numbers.tolist()))
    step = -(-classes // looked_at)
    assert sorted(labels[numbers[:looked_at]]) == list(range(0, classes, step))
    share = min(each, math.ceil(240 / looked_at))
    spread = np.linspace(0, each - 1, share).astype(int)
    assert set(numbers.tolist()) <= {label * each + at for label in range(0, classes, step) for at in spread.tolist()}
    if share == each:
        counts = np.bincount(labels[numbers], minlength=classes)[::step]
        assert counts.max() - counts.min() <= 1


def test_picture_is_in_colour_if_a_fiftieth_of_its_pixels_differs_by_more_than_24_between_channels() -> None:
    for pixels, chroma, is_coloured in ((16, 25, True), (15, 255, False), (784, 24, False), (784, 25, True)):
        thumbnail = np.full((3, 784), 100, np.uint8)
        thumbnail[pixels % 3, :pixels] = min(255, 100 + chroma) if chroma < 255 else 255
        thumbnail[(pixels + 1) % 3, :pixels] = 100 if chroma < 255 else 0
        assert _is_coloured(thumbnail.reshape(3, 28, 28)) == is_coloured


def seen(count: int, **facts: object) -> list[_Seen]:
    paper = np.full((3, 28, 28), 200, np.uint8)
    given = {"thumbnail": paper, "glyph": None, "lies": False, "size": (20, 30), "tried": True, **facts}
    return [_Seen(**given) for _ in range(count)]  # type: ignore[arg-type]


def test_pictures_looked_at_are_counted() -> None:
    glyph, labels = np.zeros((28, 28), np.uint8), np.zeros(40, np.int64)
    ink = np.stack([np.full((28, 28), level, np.uint8) for level in (200, 0, 0)])
    look = _sum_up([*seen(3, lies=True, glyph=glyph), *seen(35), *seen(2, thumbnail=ink, tried=False)], labels)
    assert (look.pictures, look.lying, look.found, look.tried, look.size) == (40, 3, 3, 38, (20, 30))
    assert (look.is_coloured, look.glyph_right, look.plain_right, look.is_worse) == (True, 0, 0, False)
    assert not _sum_up([*seen(39), *seen(1, thumbnail=ink)], labels).is_coloured  # a twentieth is needed
    none = _sum_up([], labels[:0])
    assert (none.pictures, none.size, none.typical_side, none.is_coloured) == (0, None, 28, False)


@pytest.mark.parametrize(("size", "kept"), [((128, 128), True), ((128, 129), False), ((129, 9), False)])
def test_pictures_of_one_size_keep_it_up_to_128_pixels(size: tuple[int, int], kept: bool) -> None:
    look = _sum_up(seen(3, size=size), np.zeros(3, np.int64))
    assert (look.size, look.typical_side) == (size if kept else None, max(size))


def test_half_of_the_pictures_have_a_longer_side_of_at_least_the_typical_one() -> None:
    sizes = [(1, 90), (80, 2), (3, 30), (40, 4), (50, 5)]
    for count, typical in ((1, 90), (2, 90), (3, 80), (4, 80), (5, 50)):
        look = _sum_up([one for size in sizes[:count] for one in seen(1, size=size)], np.zeros(count, np.int64))
        assert look.typical_side == typical and (look.size is None) == (count > 1)


@pytest.mark.parametrize(("differing", "is_worse"), [(0, False), (1, False), (2, True)])
def test_glyphs_are_worse_from_one_and_a_half_standard_errors_on(differing: int, is_worse: bool) -> None:
    """Pairs with equal thumbnails, each of a class of its own; of some the glyphs are like those of other classes."""
    pairs = 12
    labels = np.repeat(np.arange(pairs), 2)
    thumbs = [np.full((3, 28, 28), 20 * label, np.uint8) for label in labels]
    glyphs = [np.full((28, 28), 20 * label, np.uint8) for label in labels]
    for wrong in range(differing):
        for at in (0, 1):  # nearest to those of class 2, 4, 6, 8, which are nearer to each other
            glyphs[2 * wrong + at] = np.full((28, 28), 20 * (4 * wrong + 2 * at + 2) + 5, np.uint8)
    made = [one for thumb, glyph in zip(thumbs, glyphs, strict=True) for one in seen(1, thumbnail=thumb, glyph=glyph)]
    look = _sum_up(made, labels)
    assert (look.plain_right, look.glyph_right) == (2 * pairs, 2 * (pairs - differing))
    assert look.is_worse == is_worse  # 2 > 1.5 * sqrt(2) is not so, 4 > 1.5 * sqrt(4) is


def nearest_is_right(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    rows = images.reshape(len(images), -1).astype(float)
    apart = ((rows[:, None] - rows[None]) ** 2).sum(axis=2) + np.diag(np.full(len(rows), np.inf))
    return labels[apart.argmin(axis=1)] == labels


def test_nearest_neighbour_is_another_picture(rng: np.random.Generator) -> None:
    images, labels = rng.integers(0, 256, (40, 3, 6, 6), np.uint8), rng.integers(0, 3, 40)
    np.testing.assert_array_equal(_nearest_is_right(images, labels), nearest_is_right(images, labels))


def test_arrays_that_nearly_all_lie_as_mnists_do_need_no_other_look() -> None:
    """Squares of 20x20 in the middle of 28x28, and some that are not in the middle."""
    lying = np.zeros((100, 1, 28, 28), np.uint8)
    lying[:, :, 4:24, 4:24] = 255
    for others, is_known in ((3, True), (4, False)):
        images = lying.copy()
        images[:others] = np.roll(images[:others], 4, axis=3)
        for made in (images, 255 - images):
            expected = Look(100, 97, 100, 100, 0, 0, False, False, (28, 28), 28) if is_known else None
            assert _lying_arrays(made) == expected
    for side, box in ((128, 91), (129, 92)):
        large = np.zeros((2, 1, side, side), np.uint8)
        first = (side - box) // 2
        large[:, :, first : first + box, first : first + box] = 255
        found = _lying_arrays(large)
        assert (found is not None and found.typical_side == 128) if side == 128 else found is None
