"""Normalization of each sample by itself: groups of channels, layers, neighbouring channels."""

import math
from collections.abc import Mapping
from typing import Any

from cnncli.layers.arrays import FloatArray, Shape, format_shape
from cnncli.layers.faults import LayerShapeError, SettingError
from cnncli.layers.initialization import GAIN_RELU
from cnncli.layers.node_layer import Arrays, NodeLayer, Settings
from cnncli.layers.settings import any_number, flag, number, whole_number


class _SampleNorm(NodeLayer):
    """What GroupNorm and LayerNorm have in common: y = w (x - mean) / sqrt(variance + eps) + b."""

    kind = "group_normalization"
    gain_before = None
    parameter_names = ("weight", "bias")
    decayed_names = ()

    weight: FloatArray | None = None
    grad_weight: FloatArray | None = None
    bias: FloatArray | None = None
    grad_bias: FloatArray | None = None

    def initialize(self, seed: int, stream: int = 0, gain: float = GAIN_RELU) -> None:
        """Weight 1 and bias 0, whatever the seed."""
        self.allocate()
        if self.weight is not None:
            self.weight.fill(1)
        if self.bias is not None:
            self.bias.fill(0)

    def node_arrays(self) -> Arrays:
        arrays = {
            "weight": self.weight, "bias": self.bias, "grad_weight": self.grad_weight, "grad_bias": self.grad_bias,
        }
        return {name: None if array is None else array.reshape(-1) for name, array in arrays.items()}

    def acc_grad_parameters(self, input: FloatArray, grad_output: FloatArray, scale: float = 1.0) -> None:
        if self.weight is not None:
            super().acc_grad_parameters(input, grad_output, scale)


class GroupNorm(_SampleNorm):
    """Each group of channels of a sample brought to mean 0 and variance 1: y = w (x - mean) / sqrt(variance + eps) + b.

    Mean and variance (divided by the count) are those of all values of a sample's group, in training and in evaluation,
    so that a batch of one learns as any other (Wu & He 2018). One group is layer normalization of images with a weight
    a channel; as many as channels, instance normalization.

    weight, bias : (num_channels,), initially 1 and 0; weight decay leaves them alone

    num_groups : int >= 1, of neighbouring channels; divides num_channels
    num_channels : int >= 1, number of channels or values per sample
    eps : float > 0, inside the root, default 1e-5
    affine : whether weight and bias exist, default True
    bias : whether there is a bias beside the weight, default True
    seed : None: no arrays before `initialize`; any other value changes nothing

    input : (samples, num_channels) or (samples, num_channels, height, width);  output : the same shape

    Raises ShapeError for another number of channels.

    >>> GroupNorm(1, 2, eps=1e-12).forward([[1, 3]])
    array([[-1.,  1.]], dtype=float32)
    """

    sample_axes = (1, 3)

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, bias: bool = True, *,
        seed: int | None = 0,
    ) -> None:
        self.num_groups = whole_number("GroupNorm", "num_groups", num_groups)
        self.num_channels = whole_number("GroupNorm", "num_channels", num_channels)
        if self.num_channels % self.num_groups:
            raise SettingError(
                "GroupNorm", f"num_groups is {num_groups}; use a divisor of the {num_channels} channels"
            )
        self.eps = number("GroupNorm", "eps", eps, 1e-30, 1)
        self.affine = flag("GroupNorm", "affine", affine)
        self.has_bias = flag("GroupNorm", "bias", bias)
        if seed is not None:
            self.initialize(seed)

    def parameter_shapes(self) -> dict[str, Shape]:
        names = (("weight", "bias") if self.has_bias else ("weight",)) if self.affine else ()
        return dict.fromkeys(names, (self.num_channels,))

    def node_settings(self) -> Settings:
        return {"groups": self.num_groups, "size": 0, "epsilon": self.eps}

    def settings(self) -> dict[str, Any]:
        return {
            "num_groups": self.num_groups, "num_channels": self.num_channels, "eps": self.eps, "affine": self.affine,
            "bias": self.has_bias,
        }

    @classmethod
    def inferred_settings(cls, input_shape: Shape) -> Mapping[str, int]:
        return {"num_channels": input_shape[0]}

    def output_shape(self, input_shape: Shape) -> Shape:
        right_axes = len(input_shape) in self.sample_axes
        if not right_axes or input_shape[0] != self.num_channels:
            remedy = f"use num_channels={input_shape[0]}" if right_axes else "reshape them"
            raise LayerShapeError(
                repr(self),
                f"takes samples of {self.num_channels} channels, C or CxHxW, got {format_shape(input_shape)}; {remedy}",
            )
        return input_shape

    def window(self, input_shape: Shape) -> None:
        return None

    def __repr__(self) -> str:
        parts = [str(self.num_groups), str(self.num_channels), *_shown(self.eps, self.affine, self.has_bias)]
        return f"GroupNorm({', '.join(parts)})"


class LayerNorm(_SampleNorm):
    """The last axes of a sample brought to mean 0 and variance 1: y = w (x - mean) / sqrt(variance + eps) + b.

    Mean and variance (divided by the count) are over the axes of `normalized_shape`, in training and in evaluation (Ba,
    Kiros & Hinton 2016).

    weight, bias : of the shape `normalized_shape`, initially 1 and 0; weight decay leaves them alone

    normalized_shape : int or list, the last sides of a sample: (values,), or (channels, height, width), (height, width)
        or (width,) of an image
    eps : float > 0, inside the root, default 1e-5
    elementwise_affine : whether weight and bias exist, default True
    bias : whether there is a bias beside the weight, default True
    seed : None: no arrays before `initialize`; any other value changes nothing

    Any shape that ends in `normalized_shape`, of which the first axis counts samples. Raises ShapeError for others.

    >>> LayerNorm(2, eps=1e-12).forward([[1, 3]])
    array([[-1.,  1.]], dtype=float32)
    """

    def __init__(
        self, normalized_shape: int | tuple[int, ...] | list[int], eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, *, seed: int | None = 0,
    ) -> None:
        sides = list(normalized_shape) if isinstance(normalized_shape, tuple | list) else [normalized_shape]
        self.normalized_shape = tuple(whole_number("LayerNorm", "normalized_shape", side) for side in sides)
        if not sides or math.prod(self.normalized_shape) >= 2**31:
            raise SettingError(
                "LayerNorm",
                f"normalized_shape is {normalized_shape!r}; use the last sides of a sample, such as [16, 8, 8]",
            )
        self.eps = number("LayerNorm", "eps", eps, 1e-30, 1)
        self.elementwise_affine = flag("LayerNorm", "elementwise_affine", elementwise_affine)
        self.has_bias = flag("LayerNorm", "bias", bias)
        if seed is not None:
            self.initialize(seed)

    def parameter_shapes(self) -> dict[str, Shape]:
        names = (("weight", "bias") if self.has_bias else ("weight",)) if self.elementwise_affine else ()
        return dict.fromkeys(names, self.normalized_shape)

    def node_settings(self) -> Settings:
        return {"groups": 0, "size": math.prod(self.normalized_shape), "epsilon": self.eps}

    def settings(self) -> dict[str, Any]:
        return {
            "normalized_shape": list(self.normalized_shape), "eps": self.eps,
            "elementwise_affine": self.elementwise_affine, "bias": self.has_bias,
        }

    def output_shape(self, input_shape: Shape) -> Shape:
        if input_shape[-len(self.normalized_shape) :] != self.normalized_shape:
            raise LayerShapeError(
                repr(self),
                f"takes samples that end in {format_shape(self.normalized_shape)}, got {format_shape(input_shape)}; "
                f"use normalized_shape={list(input_shape)}",
            )
        return input_shape

    def window(self, input_shape: Shape) -> None:
        return None

    def __repr__(self) -> str:
        parts = [format_shape(self.normalized_shape), *_shown(self.eps, self.elementwise_affine, self.has_bias)]
        return f"LayerNorm({', '.join(parts)})"


def _shown(eps: float, affine: bool, has_bias: bool) -> list[str]:
    """What is not the default."""
    parts = [] if eps == 1e-5 else [f"eps {eps:g}"]
    if not affine:
        return [*parts, "not affine"]
    return parts if has_bias else [*parts, "no bias"]


class LocalResponseNorm(NodeLayer):
    """Each value over a power of the squares around it in neighbouring channels (Krizhevsky et al. 2012).

    y[c] = x[c] / (k + alpha / size * sum of x[i]² over i from c - size // 2 to c + (size - 1) // 2) ^ beta, at each
    pixel, as far as there are channels; the paper's alpha is PyTorch's over size.

    size : int >= 1, number of channels of a window
    alpha : float >= 0, default 1e-4;  beta : float, default 0.75;  k : float >= 0, default 1

    input : (samples, channels, height, width); a single image is a batch of one;  output : the same shape

    Raises ShapeError for samples that are no images. Torch7: nn.SpatialCrossMapLRN.

    >>> LocalResponseNorm(1, alpha=3, beta=0.5).forward([[[1, 2]]]).round(4)
    array([[[[0.5   , 0.5547]]]], dtype=float32)
    """

    kind = "response_normalization"
    gain_before = None
    sample_axes = (3,)

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        self.size = whole_number("LocalResponseNorm", "size", size)
        self.alpha = number("LocalResponseNorm", "alpha", alpha, 0, 1e30)
        self.beta = any_number("LocalResponseNorm", "beta", beta)
        self.k = number("LocalResponseNorm", "k", k, 0, 1e30)

    def node_settings(self) -> Settings:
        return {"size": self.size, "alpha": self.alpha, "beta": self.beta, "k": self.k}

    def settings(self) -> dict[str, Any]:
        return {"size": self.size, "alpha": self.alpha, "beta": self.beta, "k": self.k}

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3:
            raise LayerShapeError(
                repr(self), f"takes samples of shape CxHxW, got {format_shape(input_shape)}; put it before Flatten()"
            )
        return input_shape

    def __repr__(self) -> str:
        return f"LocalResponseNorm({self.size}, alpha {self.alpha:g}, beta {self.beta:g}, k {self.k:g})"
