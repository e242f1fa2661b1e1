"""The code of a page read from the flat page."""

import numpy as np

from cnncli.array_types import FloatArray
from cnncli.errors import DataError
from cnncli.forms.form_page import FormPage, read_page
from cnncli.forms.layout import CODE_BLOCKS, Box
from cnncli.forms.light import as_grey, smoothed
from cnncli.forms.page_code import SIZES, read_blocks
from cnncli.forms.projection import sampled
from cnncli.forms.straighten import PER_MM, FlatPage

_AROUND = 2  # modules beside one, of which the lightest and darkest say where the middle between both is
_LEAST_CONTRAST = 0.25  # of the lightest; where there is less, a module is as light as all around it
_SHIFTS = (0.0, -0.4, 0.4)  # mm by which a square may lie off: its dots were covered, or a fold goes through it


def read_code(flat: FlatPage) -> FormPage:
    """The page that the code names.

    Raises DataError when it cannot be read.
    """
    grey = as_grey(flat.pixels)
    for side, _ in SIZES:
        module_pixels = flat.paper.code_block(0).width / side * PER_MM
        soft = smoothed(grey, 2 * (int(module_pixels / 2) // 2) + 1)
        for shift in ((x, y) for x in _SHIFTS for y in _SHIFTS):
            blocks = [_dark_modules(soft, flat.paper.code_block(index), side, shift) for index in range(CODE_BLOCKS)]
            try:
                return read_page(read_blocks(np.array(blocks)), flat.paper.name)
            except DataError as error:
                reason = str(error)
                if "version" in reason:
                    raise
    raise DataError("the code at the foot of the form cannot be read; is it covered, dirty or torn?")


def _dark_modules(soft: FloatArray, box: Box, side: int, shift: tuple[float, float]) -> FloatArray:
    """bool (side, side): against the middle between the lightest and the darkest of the modules nearby."""
    module = box.width / side
    steps = np.arange(-1, side + 1) + 0.5
    x, y = np.meshgrid(box.x + shift[0] + steps * module, box.y + shift[1] + steps * module)
    levels = sampled(soft, np.stack([x, y], axis=-1) * PER_MM)
    padded = np.pad(levels, _AROUND, mode="edge")
    size = 2 * _AROUND + 1
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size))
    light, dark = windows.max(axis=(2, 3)), windows.min(axis=(2, 3))
    # Inside a large dark part nothing is light: there the light of the whole square counts.
    light = np.where(light - dark < _LEAST_CONTRAST * levels.max(), levels.max(), light)
    return np.asarray((levels < (light + dark) / 2)[1:-1, 1:-1])
