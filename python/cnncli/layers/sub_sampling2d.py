"""LeNet-5's trainable sub-sampling."""

import math
from collections.abc import Mapping
from typing import Any

from cnncli.layers.arrays import FloatArray, Shape, format_shape
from cnncli.layers.faults import LayerShapeError
from cnncli.layers.initialization import GAIN_LINEAR, GAIN_RELU, initialize_weights, read_initialization
from cnncli.layers.node_layer import Arrays
from cnncli.layers.pooling import Pooling
from cnncli.layers.settings import Pair, whole_number


class SubSampling2d(Pooling):
    """The sum of each window of each map, times a learned weight of the map, plus a learned bias of the map.

    y[n,c,i,j] = weight[c] * (sum over k, l of x[n, c, i*stride + k, j*stride + l]) + bias[c]

    input : (samples, num_features, height, width); a single image is a batch of one
    output : (samples, num_features, (height - kernel_size) // stride + 1, same for width)
    weight, bias : (num_features,)

    num_features : int >= 1, number of maps; follows from the input in a description
    kernel_size : int >= 1 or (height, width)
    stride : int >= 1 or (height, width), default the kernel, so that windows do not overlap
    initialization : "he" (default: weights uniform with the gain of what follows, biases 0) or "torch" (both uniform
        within 1 / sqrt(kernel height * kernel width), as Torch7 begins)
    seed : of the initial weights; None: no arrays before `initialize`

    Layers S2 and S4 of LeNet-5 are SubSampling2d(6, 2) and SubSampling2d(16, 2), 12 and 32 parameters.
    Torch7: SpatialSubSampling, whose stride is 1 unless given.

    Raises ShapeError if the maps differ in number or the kernel does not fit the image.
    Source: LeCun, Bottou, Bengio & Haffner 1998, section II.B.

    >>> layer = SubSampling2d(1, 2)
    >>> layer.weight[...], layer.bias[...] = 0.5, 1
    >>> layer.forward([[1, 2, 5, 6], [3, 4, 8, 7]])
    array([[[[ 6., 14.]]]], dtype=float32)
    """

    kind = "sub_sampling"
    gain_before = GAIN_LINEAR
    parameter_names = ("weight", "bias")

    weight: FloatArray
    grad_weight: FloatArray
    bias: FloatArray
    grad_bias: FloatArray

    def __init__(
        self,
        num_features: int,
        kernel_size: int | Pair,
        stride: int | Pair | None = None,
        *,
        initialization: str = "he",
        seed: int | None = 0,
    ) -> None:
        super().__init__(kernel_size, stride)
        self.num_features = whole_number("SubSampling2d", "num_features", num_features)
        self.initialization = read_initialization("SubSampling2d", initialization)
        if seed is not None:
            self.initialize(seed)

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.num_features,), "bias": (self.num_features,)}

    def initialize(self, seed: int, stream: int = 0, gain: float = GAIN_RELU) -> None:
        self.allocate()
        area = math.prod(self.kernel_size)
        initialize_weights(
            self.weight, self.bias, area, rule=self.initialization, seed=seed, stream=stream, gain=gain
        )

    def node_arrays(self) -> Arrays:
        return {
            "weight": self.weight, "bias": self.bias, "grad_weight": self.grad_weight, "grad_bias": self.grad_bias,
        }

    def settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "num_features": self.num_features, "kernel_size": list(self.kernel_size), "stride": list(self.stride)
        }
        if self.initialization != "he":
            settings["initialization"] = self.initialization
        return settings

    @classmethod
    def inferred_settings(cls, input_shape: Shape) -> Mapping[str, int]:
        return {"num_features": input_shape[0]}

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) == 3 and input_shape[0] != self.num_features:
            raise LayerShapeError(
                repr(self),
                f"takes samples of shape {self.num_features}xHxW, got {format_shape(input_shape)}; "
                f"use num_features={input_shape[0]}",
            )
        return super().output_shape(input_shape)

    def multiply_adds(self, input_shape: Shape) -> int:
        return math.prod(self.output_shape(input_shape))

    def _parts(self) -> list[str]:
        return [str(self.num_features), *super()._parts()]
