"""`digits`: handwritten-looking digits drawn by the program itself; no download."""

import numpy as np

from cnncli import _core
from cnncli.data.dataset import DataSet, Split, check_size
from cnncli.limits import Limits

TRAIN_COUNT = 60_000
TEST_COUNT = 10_000
_HIGHEST_SEED = 2**63 - 1


def load_digits(train: int = TRAIN_COUNT, test: int = TEST_COUNT, seed: int = 0) -> DataSet:
    """Draws the embedded data set, as large as MNIST unless told otherwise.

    Image k of a part depends on the seed, the part and k alone: the first images are the same for any count, and
    no seed's training images are another's test images (the generator gets 2 * seed and 2 * seed + 1).

    Parameters
    ----------
    train, test : int >= 0, images to draw
    seed : int in [0, 2^63)

    Returns
    -------
    DataSet "digits", uint8 (N, 1, 28, 28), light on dark, classes "0" to "9"

    Raises
    ------
    UsageError : a negative count, or the seed is out of range
    DataError : more images than the memory limit allows, or none at all
    """
    Limits(whole=True, least=0, most=_HIGHEST_SEED).checked("digits: seed", seed)
    Limits(whole=True, least=0).checked("digits: train", train)
    Limits(whole=True, least=0).checked("digits: test", test)
    check_size("digits", train + test, 1, 28, 28)
    return DataSet(
        name="digits",
        train=_draw(train, 2 * seed),
        test=_draw(test, 2 * seed + 1),
        class_names=[str(digit) for digit in range(10)],
        polarity="light-on-dark",
        source="digits, drawn by the program",
    )


def _draw(count: int, seed: int) -> Split | None:
    if count == 0:
        return None
    images = np.empty((count, 28, 28), np.uint8)
    labels = np.empty(count, np.uint8)
    _core.digits_generate(images, labels, seed=seed, first=0)
    return Split(images[:, None], labels.astype(np.int64))
