"""A border of background around images, for networks that look beyond the picture's edge."""

import numpy as np
import numpy.typing as npt

from cnncli.pictures.portions import portions


def with_border(images: npt.NDArray[np.uint8], border: int) -> npt.NDArray[np.uint8]:
    """Images with so many pixels more on each side, of the colour that their edge has: the median of each channel.

    images : uint8 (N, C, H, W)
    border : pixels, >= 0

    Returns uint8 (N, C, H + 2 border, W + 2 border).

    >>> with_border(np.full((1, 1, 1, 1), 7, np.uint8), 1).tolist()
    [[[[7, 7, 7], [7, 7, 7], [7, 7, 7]]]]
    """
    count, channels, height, width = images.shape
    made = np.empty((count, channels, height + 2 * border, width + 2 * border), np.uint8)
    inside = slice(border, border + height), slice(border, border + width)
    for rows in portions(count):
        part = images[rows]
        edge = np.concatenate([part[..., 0, :], part[..., -1, :], part[..., 0], part[..., -1]], axis=-1)
        made[rows] = np.median(edge, axis=-1).round().astype(np.uint8)[..., None, None]
        made[rows, :, *inside] = part
    return made
