"""Masks over pictures against the formulas of correlation and of true convolution, written as loops."""

import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.views.masks import (
    _ROWS_AT_ONCE,
    as_picture,
    convolved,
    correlated,
    forms_of,
    read_mask,
    values_of,
)
from cnncli.views.named_masks import MASKS


def outside(picture: np.ndarray, p: int, q: int, border: str) -> float:
    height, width = picture.shape
    if 0 <= p < height and 0 <= q < width:
        return float(picture[p, q])
    return 0.0 if border == "zero" else float(picture[min(max(p, 0), height - 1), min(max(q, 0), width - 1)])


def oracle(picture: np.ndarray, mask: np.ndarray, border: str, sign: int) -> np.ndarray:
    """sign 1: sum of mask[i, j] x[p + i, q + j], the correlation; -1: of mask[i, j] x[p - i, q - j], the convolution;
    i and j count from the middle of the mask.
    """
    (height, width), (tall, wide) = picture.shape, mask.shape
    result = np.zeros((height, width))
    for p in range(height):
        for q in range(width):
            for i in range(-(tall // 2), tall // 2 + 1):
                for j in range(-(wide // 2), wide // 2 + 1):
                    x = outside(picture, p + sign * i, q + sign * j, border)
                    result[p, q] += mask[i + tall // 2, j + wide // 2] * x
    if border == "none":
        return result[tall // 2 : height - tall // 2, wide // 2 : width - wide // 2]
    return result


@pytest.mark.parametrize("border", ["repeat", "zero", "none"])
@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (1, 5), (5, 3), (7, 7)])
def test_masks_compute_their_formulas(shape: tuple[int, int], border: str, rng: np.random.Generator) -> None:
    picture, mask = rng.integers(0, 256, (9, 8)), rng.normal(size=shape)
    close = {"rtol": 1e-5, "atol": 1e-3}  # sums of 49 float32 products of 255
    np.testing.assert_allclose(correlated(picture, mask, border), oracle(picture, mask, border, 1), **close)
    np.testing.assert_allclose(convolved(picture, mask, border), oracle(picture, mask, border, -1), **close)


def test_the_two_forms_differ_by_a_turn_of_the_mask() -> None:
    point = np.zeros((3, 3))
    point[1, 1] = 1
    mask = np.arange(9.0).reshape(3, 3)
    np.testing.assert_array_equal(convolved(point, mask), mask)  # convolution prints the mask at each point
    np.testing.assert_array_equal(correlated(point, mask), mask[::-1, ::-1])


@pytest.mark.parametrize("height", [_ROWS_AT_ONCE - 1, _ROWS_AT_ONCE, _ROWS_AT_ONCE + 1, 2 * _ROWS_AT_ONCE + 3])
@pytest.mark.parametrize("border", ["repeat", "zero", "none"])
def test_bands_of_a_high_picture_meet_without_a_seam(height: int, border: str, rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (height, 5)).astype(np.uint8)
    mask = rng.normal(size=(5, 3))
    expected = oracle(picture, mask, border, 1)
    np.testing.assert_allclose(correlated(picture, mask, border), expected, rtol=1e-5, atol=1e-3)


def test_colours_are_masked_one_by_one(rng: np.random.Generator) -> None:
    picture, mask = rng.integers(0, 256, (6, 7, 3)).astype(np.uint8), rng.normal(size=(3, 3))
    planes = [correlated(picture[:, :, channel], mask) for channel in range(3)]
    np.testing.assert_array_equal(correlated(picture, mask), np.stack(planes, axis=2))


def test_named_masks_are_those_of_the_lecture() -> None:
    assert read_mask("sharpen").tolist() == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    assert read_mask("SHARPEN").tolist() == read_mask("sharpen").tolist()
    assert read_mask("emboss").tolist() == [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]
    np.testing.assert_allclose(read_mask("blur"), np.full((3, 3), 1 / 9), rtol=1e-15)
    assert read_mask("edge").tolist() == [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    assert all(forms_of(read_mask(name)) == ["correlation"] for name in ("blur", "edge", "sharpen"))
    assert forms_of(read_mask("emboss")) == forms_of(read_mask("sobel-x")) == ["correlation", "convolution"]
    assert [values_of(read_mask(name)) for name in MASKS] == ["cut", "cut", "cut", "size", "size", "size"]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1", [[1]]),
        (" 1,2, 3 ; 4 5 6;7 8 9; ", [[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        ("1/4 -1/2 1e2", [[0.25, -0.5, 100]]),
        ("1\n2\n3", [[1], [2], [3]]),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, numbers: list[list[float]]) -> None:
    assert read_mask(text).tolist() == numbers


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sharpn", "unknown; use one of sharpen"),
        ("", "unknown"),
        ("1 2; 3 4", "2x2; use odd"),
        ("1 2 3; 4 5", "rows of 2 and 3 numbers"),
        ("1 2 x", '"x" is no number'),
        ("1 1/0 1", '"1/0" is no number'),
        ("1 nan 1", '"nan" is no number'),
        ("1 1e7 1", "at most 1e6"),
        (" ".join(["1"] * 33), "1x33; use odd"),
        ("\x1b[31m1", r'"\x1b[31m1" is no number'),
    ],
)
def test_what_is_no_mask_is_told_in_one_line(text: str, words: str) -> None:
    with pytest.raises(UsageError) as error:
        read_mask(text)
    assert words in str(error.value) and "\n" not in str(error.value)


def test_a_mask_larger_than_the_picture_needs_a_border() -> None:
    with pytest.raises(UsageError, match="does not fit into a picture of 2x9"):
        correlated(np.zeros((2, 9)), np.ones((3, 3)), "none")
    assert correlated(np.ones((2, 9)), np.ones((3, 3))).tolist() == [[9.0] * 9] * 2


def test_values_become_pixels_in_three_ways() -> None:
    values = np.array([[-300, -100, 0, 100.4, 300]], np.float32)
    assert as_picture(values, "cut")[0].tolist() == [[0, 0, 0, 100, 255]]
    assert as_picture(values, "signed")[0].tolist() == [[0, 78, 128, 178, 255]]
    assert as_picture(values, "cut")[1] == "40.0 % cut off below, 20.0 % cut off above"
    many = np.concatenate([np.full(996, -50), np.full(4, 1000), [0]]).astype(np.float32)
    pixels, words = as_picture(many, "size")
    assert pixels[0] == 255 and pixels[-1] == 0 and pixels[-2] == 255 and "white 50 or more" in words
    assert as_picture(np.zeros((2, 2), np.float32), "size")[0].tolist() == [[0, 0], [0, 0]]
