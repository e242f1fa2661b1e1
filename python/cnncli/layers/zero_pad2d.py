"""Zeros around images."""

from typing import Any

from cnncli.layers.arrays import Shape, format_shape
from cnncli.layers.faults import LayerShapeError, SettingError
from cnncli.layers.node_layer import NodeLayer, Settings
from cnncli.layers.settings import LARGEST_SIDE, whole_number
from cnncli.layers.sliding import check_images

Sides = tuple[int, int, int, int]


class ZeroPad2d(NodeLayer):
    """Rows and columns of zeros around each channel; a side below 0 cuts rows or columns off.

    y[n,c,i,j] = x[n, c, i - top, j - left], 0 where that is outside x

    input : (samples, channels, height, width); a single image is a batch of one
    output : (samples, channels, top + height + bottom, left + width + right)

    padding : int for all sides, or (left, right, top, bottom), PyTorch's order; each may be negative

    Torch7: SpatialZeroPadding. Raises ShapeError if nothing is left of the image.

    >>> ZeroPad2d((1, 0, 0, -1)).forward([[1, 2], [3, 4]])
    array([[[[0., 1., 2.]]]], dtype=float32)
    """

    kind = "zero_padding"
    gain_before = None
    sample_axes = (3,)

    def __init__(self, padding: int | Sides) -> None:
        sides = list(padding) if isinstance(padding, list | tuple) else [padding] * 4
        if len(sides) != 4:
            raise SettingError(
                "ZeroPad2d", f"padding has {len(sides)} numbers; use one, or four: (left, right, top, bottom)"
            )
        left, right, top, bottom = (whole_number("ZeroPad2d", "padding", side, -LARGEST_SIDE) for side in sides)
        self.padding: Sides = (left, right, top, bottom)
        if max(self.padding) > LARGEST_SIDE:
            raise SettingError("ZeroPad2d", f"padding is {max(self.padding)}; use at most {LARGEST_SIDE}")

    def node_settings(self) -> Settings:
        return {"padding": self.padding}

    def settings(self) -> dict[str, Any]:
        return {"padding": list(self.padding)}

    def output_shape(self, input_shape: Shape) -> Shape:
        check_images(self, input_shape)
        left, right, top, bottom = self.padding
        channels, height, width = input_shape
        if top + height + bottom < 1 or left + width + right < 1:
            raise LayerShapeError(
                repr(self), f"cuts everything off its input of {format_shape(input_shape)}; use less negative padding"
            )
        return (channels, top + height + bottom, left + width + right)

    def __repr__(self) -> str:
        if len(set(self.padding)) == 1:
            return f"ZeroPad2d({self.padding[0]})"
        names = ("left", "right", "top", "bottom")
        return f"ZeroPad2d({', '.join(f'{name} {side}' for name, side in zip(names, self.padding, strict=True))})"
