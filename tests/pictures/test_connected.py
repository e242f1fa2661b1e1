"""Parts that hang together, by sides or corners, are numbered in the order of their first pixels."""

import numpy as np
import pytest

from cnncli.pictures.segmentation.connected import label_parts


def by_filling(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """Each pixel in turn starts a part, which grows pixel by pixel."""
    labels, count = np.zeros(mask.shape, np.int32), 0
    for place in zip(*np.nonzero(mask), strict=True):
        if labels[place]:
            continue
        count += 1
        grow = [place]
        while grow:
            row, column = grow.pop()
            if (
                0 <= row < mask.shape[0]
                and 0 <= column < mask.shape[1]
                and mask[row, column]
                and not labels[row, column]
            ):
                labels[row, column] = count
                grow += [(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return labels, count


@pytest.mark.parametrize("share", [0.1, 0.35, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (7, 12), (31, 17)])
def test_parts_are_those_of_filling_pixel_by_pixel(
    shape: tuple[int, int], share: float, rng: np.random.Generator
) -> None:
    for _ in range(10):
        mask = rng.random(shape) < share
        labels, count = label_parts(mask)
        expected, number = by_filling(mask)
        assert (labels.dtype, count) == (np.int32, number)
        np.testing.assert_array_equal(labels, expected)


@pytest.mark.parametrize(("rows", "parts"), [
    (["#.#", ".#.", "#.#"], 1),  # corners join
    (["#.#.#", "#.#.#", "#####"], 1),  # three that meet below
    (["#####", "....#", "###.#", "#...#", "#####"], 1),  # a spiral
    (["##.##", ".....", "##.##"], 4),
    (["...", "..."], 0),
    (["###", "###"], 1),
])  # fmt: skip
def test_shapes_that_join_late_are_one_part(rows: list[str], parts: int) -> None:
    mask = np.array([[letter == "#" for letter in row] for row in rows])
    labels, count = label_parts(mask)
    assert count == parts and (labels > 0).tolist() == mask.tolist()
