"""Images of another size."""

import math
from fractions import Fraction
from typing import Any

from cnncli.layers.arrays import Shape, format_shape
from cnncli.layers.faults import LayerShapeError, SettingError
from cnncli.layers.module import Window
from cnncli.layers.node_layer import NodeLayer, Settings
from cnncli.layers.settings import Pair, flag, pair, positive
from cnncli.layers.sliding import check_pixels

Factors = tuple[float, float]
MODES = ("nearest", "bilinear")


class Upsample(NodeLayer):
    """Images made larger, or smaller, by their nearest values or by bilinear interpolation.

    nearest : y[n,c,i,j] = x[n, c, floor(i s), floor(j s)]
    bilinear : y[n,c,i,j] = the two rows beside row i' and the two columns beside column j', by their distances, where
        i' = max(0, (i + 1/2) s - 1/2); with align_corners i' = i s, so that the corners of both are one
    s = 1 / scale_factor, or height / output height; with align_corners (height - 1) / (output height - 1)

    input : (samples, channels, height, width); a single image is a batch of one
    output : (samples, channels, *size), or floor of height and width times scale_factor

    size : int >= 1 or (height, width) of the output
    scale_factor : number above 0 or two of them, for height and width; this or `size`
    mode : "nearest" (default) or "bilinear"
    align_corners : of "bilinear" alone, default false
    recompute_scale_factor : whether s is taken from the sizes although scale_factor is given, default false

    Torch7: SpatialUpSamplingNearest, SpatialUpSamplingBilinear. Raises ShapeError if no pixel is left.

    >>> Upsample(scale_factor=2).forward([[1, 2]])
    array([[[[1., 1., 2., 2.],
             [1., 1., 2., 2.]]]], dtype=float32)
    >>> Upsample((1, 3), mode="bilinear", align_corners=True).forward([[1, 2]])
    array([[[[1. , 1.5, 2. ]]]], dtype=float32)
    """

    kind = "upsampling"
    gain_before = None
    sample_axes = (3,)

    def __init__(
        self,
        size: int | Pair | None = None,
        scale_factor: float | Factors | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        if (size is None) == (scale_factor is None):
            both = "both are" if size is not None else "neither is"
            raise SettingError("Upsample", f"size or scale_factor: {both} given; use one of them")
        self.size = None if size is None else pair("Upsample", "size", size)
        self.scale_factor = None if scale_factor is None else _factors(scale_factor)
        if mode not in MODES:
            raise SettingError("Upsample", f"mode is {mode!r}; use {' or '.join(MODES)}")
        self.mode = mode
        if align_corners is not None and mode == "nearest":
            raise SettingError("Upsample", "align_corners is for bilinear alone; leave it out, or use mode bilinear")
        self.align_corners = flag("Upsample", "align_corners", align_corners is not None and align_corners)
        recompute = recompute_scale_factor is not None and recompute_scale_factor
        self.recompute_scale_factor = flag("Upsample", "recompute_scale_factor", recompute)
        if self.size is not None and self.recompute_scale_factor:
            raise SettingError("Upsample", "recompute_scale_factor is for scale_factor alone; leave it out")

    def node_settings(self) -> Settings:
        factors = self.scale_factor or (0.0, 0.0)
        return {
            "size": self.size or (0, 0), "scale_height": factors[0], "scale_width": factors[1], "mode": self.mode,
            "align_corners": self.align_corners, "recompute_scale_factor": self.recompute_scale_factor,
        }  # fmt: skip

    def settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {"mode": self.mode}
        if self.size is not None:
            settings["size"] = list(self.size)
        if self.scale_factor is not None:
            settings["scale_factor"] = list(self.scale_factor)
        if self.mode == "bilinear":
            settings["align_corners"] = self.align_corners
        if self.recompute_scale_factor:
            settings["recompute_scale_factor"] = True
        return settings

    def output_shape(self, input_shape: Shape) -> Shape:
        check_pixels(self, input_shape)
        channels, height, width = input_shape
        if self.scale_factor is not None:
            height, width = math.floor(height * self.scale_factor[0]), math.floor(width * self.scale_factor[1])
        if self.size is not None:
            height, width = self.size
        if height < 1 or width < 1:
            raise LayerShapeError(
                repr(self), f"leaves no pixel of its input of {format_shape(input_shape)}; use a larger scale_factor"
            )
        return (channels, height, width)

    def window_reads(self, input_shape: Shape) -> int:
        return math.prod(self.output_shape(input_shape)) * (4 if self.mode == "bilinear" else 1)

    def window(self, input_shape: Shape) -> Window:
        _, height, width = self.output_shape(input_shape)
        side = 2 if self.mode == "bilinear" else 1
        kernel = (min(side, input_shape[1]), min(side, input_shape[2]))
        return kernel, (Fraction(input_shape[1], height), Fraction(input_shape[2], width))

    def __repr__(self) -> str:
        parts = [f"to {self.size[0]}x{self.size[1]}"] if self.size is not None else []
        if self.scale_factor is not None:
            first, second = self.scale_factor
            parts.append(f"scale {first:g}" if first == second else f"scale {first:g}x{second:g}")
        parts.append(self.mode)
        if self.align_corners:
            parts.append("corners aligned")
        if self.recompute_scale_factor:
            parts.append("scale from sizes")
        return f"Upsample({', '.join(parts)})"


def _factors(value: object) -> Factors:
    sides = list(value) if isinstance(value, tuple | list) else [value, value]
    if len(sides) != 2:
        raise SettingError("Upsample", f"scale_factor has {len(sides)} numbers; use one, or two: (height, width)")
    height, width = (positive("Upsample", "scale_factor", side) for side in sides)
    return height, width
