"""The fully connected layer."""

import math
from collections.abc import Mapping
from typing import Any

from cnncli.layers.arrays import FloatArray, Shape, format_shape
from cnncli.layers.faults import LayerShapeError
from cnncli.layers.initialization import GAIN_RELU, initialize_weights, read_initialization
from cnncli.layers.node_layer import Arrays, NodeLayer
from cnncli.layers.settings import flag, whole_number


class Linear(NodeLayer):
    """A weighted sum of all inputs for each output: y = x Wᵀ + b.

    input : (samples, in_features); a single sample (in_features,) is a batch of one
    output : (samples, out_features)
    weight : (out_features, in_features);  bias : (out_features,)

    in_features, out_features : int >= 1, number of values per sample
    bias : whether b exists, default True
    initialization : "he" (default: weights uniform, He et al. 2015, with the gain of what follows; biases 0) or
        "torch" (both uniform within 1 / sqrt(in_features), as Torch7 and PyTorch begin)
    seed : of the initial weights; None: no arrays before `initialize`

    Torch7: Linear.

    Raises ShapeError if a sample has another number of values.

    >>> layer = Linear(3, 1)
    >>> layer.weight[...] = [[1, 2, 3]]
    >>> layer.forward([[1, 1, 1], [0, 0, 2]])
    array([[6.],
           [6.]], dtype=float32)
    """

    kind = "linear"
    parameter_names = ("weight", "bias")
    sample_axes = (1,)

    weight: FloatArray
    grad_weight: FloatArray
    bias: FloatArray | None = None
    grad_bias: FloatArray | None = None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, initialization: str = "he",
        seed: int | None = 0,
    ) -> None:
        self.in_features = whole_number("Linear", "in_features", in_features)
        self.out_features = whole_number("Linear", "out_features", out_features)
        self.has_bias = flag("Linear", "bias", bias)
        self.initialization = read_initialization("Linear", initialization)
        if seed is not None:
            self.initialize(seed)

    def parameter_shapes(self) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {"weight": (self.out_features, self.in_features)}
        if self.has_bias:
            shapes["bias"] = (self.out_features,)
        return shapes

    def initialize(self, seed: int, stream: int = 0, gain: float = GAIN_RELU) -> None:
        self.allocate()
        initialize_weights(
            self.weight, self.bias, self.in_features, rule=self.initialization, seed=seed, stream=stream, gain=gain
        )

    def node_arrays(self) -> Arrays:
        return {
            "weight": self.weight, "bias": self.bias, "grad_weight": self.grad_weight, "grad_bias": self.grad_bias,
        }

    def settings(self) -> dict[str, Any]:
        settings = {"in_features": self.in_features, "out_features": self.out_features, "bias": self.has_bias}
        return settings if self.initialization == "he" else {**settings, "initialization": self.initialization}

    @classmethod
    def inferred_settings(cls, input_shape: Shape) -> Mapping[str, int]:
        return {"in_features": math.prod(input_shape)}

    def output_shape(self, input_shape: Shape) -> Shape:
        if input_shape != (self.in_features,):
            remedy = f"use in_features={input_shape[0]}" if len(input_shape) == 1 else "put Flatten() before it"
            raise LayerShapeError(
                repr(self), f"takes samples of shape {self.in_features}, got {format_shape(input_shape)}; {remedy}"
            )
        return (self.out_features,)

    def multiply_adds(self, input_shape: Shape) -> int:
        return self.in_features * self.out_features

    def window(self, input_shape: Shape) -> None:
        return None

    def __repr__(self) -> str:
        return f"Linear({self.in_features} -> {self.out_features}{'' if self.has_bias else ', no bias'})"
