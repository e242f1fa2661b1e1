"""Arrays are taken in portions: every image once, in order, and no place beyond the last."""

import numpy as np
import pytest

from cnncli.pictures.portions import IMAGES, portions


@pytest.mark.parametrize("count", [0, 1, IMAGES - 1, IMAGES, IMAGES + 1, 3 * IMAGES + 7])
def test_portions_are_all_images_once_and_in_order(count: int) -> None:
    found = list(portions(count))
    places = [np.arange(rows.start, rows.stop) for rows in found]
    np.testing.assert_array_equal(np.concatenate([np.arange(0), *places]), np.arange(count))
    assert all(0 < len(some) <= IMAGES for some in places) and all(len(some) == IMAGES for some in places[:-1])
