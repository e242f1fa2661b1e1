"""The rim of a picture, where the paper shows."""

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


def rim_mask(height: int, width: int) -> Mask:
    """The outermost 4 % on each side, at least one pixel."""
    thick = max(1, round(0.04 * min(height, width)))
    mask = np.ones((height, width), np.bool_)
    mask[thick:-thick, thick:-thick] = False
    return mask
