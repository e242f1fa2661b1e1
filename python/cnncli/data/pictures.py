"""Picture files read into one array, each fitted to the same size."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cnncli.data.dataset import Images, check_size
from cnncli.errors import DataError


def read_pictures(
    where: str, paths: Sequence[Path], size: tuple[int, int, int], places: Sequence[str] | None = None
) -> Images:
    """Reads N picture files; the memory they take is checked before the first is read.

    Parameters
    ----------
    where : the folder or list that names them, for messages
    paths : N files of any format that `read_picture` knows
    size : (channels, height, width) that every picture is fitted to
    places : N places such as "list.csv, line 3", where each picture is named; they go before its message

    Returns
    -------
    uint8 (N, channels, height, width)

    Raises
    ------
    DataError : a picture cannot be read, or all together are above the memory limit
    """
    # Here, since it loads Pillow, which a training on arrays should not wait for.
    from cnncli.picture_file import fit_picture, read_picture

    channels, height, width = size
    check_size(where, len(paths), channels, height, width)
    images = np.empty((len(paths), channels, height, width), np.uint8)
    for index, path in enumerate(paths):
        try:
            picture, _notes = read_picture(path, enough=2 * max(height, width))
        except DataError as error:
            if places is None:
                raise
            raise DataError(f"{places[index]}: {error}") from None
        images[index] = fit_picture(picture, channels=channels, height=height, width=width)
    return images
