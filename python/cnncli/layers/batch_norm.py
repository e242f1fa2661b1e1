"""Batch normalization of vectors and of images."""

from collections.abc import Mapping
from typing import Any, ClassVar

from cnncli.layers.arrays import FloatArray, Shape, format_shape
from cnncli.layers.faults import LayerShapeError
from cnncli.layers.initialization import GAIN_RELU
from cnncli.layers.node_layer import Arrays, NodeLayer, Settings
from cnncli.layers.settings import flag, number, whole_number


class BatchNorm(NodeLayer):
    """Each feature brought to mean 0 and variance 1: y = w (x - mean) / sqrt(variance + eps) + b.

    What BatchNorm1d and BatchNorm2d have in common; they differ in the samples that they take.

    In training, mean and variance are those of the batch, for images over all its m pixels, and the variance
    divides by m. The running values move by `momentum` towards them; there the variance divides by m - 1.
    In evaluation the running values are used.

    weight, bias : (num_features,), initially 1 and 0
    running_mean, running_var : (num_features,), initially 0 and 1

    num_features : int >= 1, number of channels or values per sample
    eps : float > 0, inside the root, default 1e-5
    momentum : float from 0 to 1, share of the batch in the new running values, default 0.1
    affine : whether weight and bias exist, default True
    seed : None: no arrays before `initialize`; any other value changes nothing

    Raises ShapeError if the input has another number of features.
    Source: Ioffe & Szegedy 2015, algorithms 1 and 2.
    """

    kind = "batch_normalization"
    gain_before = None
    couples_samples = True
    keeps = True  # what was subtracted, and by what it was multiplied
    parameter_names = ("weight", "bias")
    decayed_names = ()
    buffer_names = ("running_mean", "running_var")
    # What follows the number of features in the shape of a sample, and the remedy for one of other axes.
    sample_tail: ClassVar[str]
    other_samples: ClassVar[str]

    weight: FloatArray | None = None
    grad_weight: FloatArray | None = None
    bias: FloatArray | None = None
    grad_bias: FloatArray | None = None

    running_mean: FloatArray
    running_var: FloatArray

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        *,
        seed: int | None = 0,
    ) -> None:
        layer = type(self).__name__
        self.num_features = whole_number(layer, "num_features", num_features)
        self.eps = number(layer, "eps", eps, 1e-30, 1)
        self.momentum = number(layer, "momentum", momentum, 0, 1)
        self.affine = flag(layer, "affine", affine)
        if seed is not None:
            self.initialize(seed)

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.num_features,), "bias": (self.num_features,)} if self.affine else {}

    def buffer_shapes(self) -> dict[str, Shape]:
        return dict.fromkeys(self.buffer_names, (self.num_features,))

    def initialize(self, seed: int, stream: int = 0, gain: float = GAIN_RELU) -> None:
        """Weight 1, bias 0, running mean 0 and running variance 1, whatever the seed."""
        self.allocate()
        if self.weight is not None and self.bias is not None:
            self.weight.fill(1)
            self.bias.fill(0)
        self.running_mean.fill(0)
        self.running_var.fill(1)

    def node_settings(self) -> Settings:
        return {"momentum": self.momentum, "epsilon": self.eps}

    def node_arrays(self) -> Arrays:
        return {
            "weight": self.weight, "bias": self.bias, "grad_weight": self.grad_weight, "grad_bias": self.grad_bias,
            "running_mean": self.running_mean, "running_variance": self.running_var,
        }

    def acc_grad_parameters(self, input: FloatArray, grad_output: FloatArray, scale: float = 1.0) -> None:
        if self.affine:
            super().acc_grad_parameters(input, grad_output, scale)

    def settings(self) -> dict[str, Any]:
        return {
            "num_features": self.num_features,
            "eps": self.eps,
            "momentum": self.momentum,
            "affine": self.affine,
        }

    @classmethod
    def inferred_settings(cls, input_shape: Shape) -> Mapping[str, int]:
        return {"num_features": input_shape[0]}

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) not in self.sample_axes or input_shape[0] != self.num_features:
            right_axes = len(input_shape) in self.sample_axes
            remedy = f"use num_features={input_shape[0]}" if right_axes else self.other_samples
            expected = f"{self.num_features}{self.sample_tail}"
            raise LayerShapeError(
                repr(self), f"takes samples of shape {expected}, got {format_shape(input_shape)}; {remedy}"
            )
        return input_shape

    def __repr__(self) -> str:
        parts = [str(self.num_features)]
        if self.eps != 1e-5:
            parts.append(f"eps {self.eps:g}")
        if self.momentum != 0.1:
            parts.append(f"momentum {self.momentum:g}")
        if not self.affine:
            parts.append("not affine")
        return f"{type(self).__name__}({', '.join(parts)})"


class BatchNorm1d(BatchNorm):
    """Batch normalization of vectors: mean and variance of each value over the samples of the batch.

    input : (samples, num_features); a single sample (num_features,) is a batch of one;  output : the same shape

    Settings, arrays and errors are those of BatchNorm. Torch7: BatchNorm2d.

    >>> BatchNorm1d(1, eps=1e-12).forward([[1], [3]])
    array([[-1.],
           [ 1.]], dtype=float32)
    """

    sample_axes = (1,)
    sample_tail = ""
    other_samples = "put Flatten() before it, or use BatchNorm2d for images"


class BatchNorm2d(BatchNorm):
    """Batch normalization of images: mean and variance of each channel over all pixels of the batch.

    input : (samples, num_features, height, width); a single image is a batch of one;  output : the same shape

    Settings, arrays and errors are those of BatchNorm. Torch7: SpatialBatchNormalization.

    >>> BatchNorm2d(1, eps=1e-12).forward([[1, 3]])
    array([[[[-1.,  1.]]]], dtype=float32)
    """

    sample_axes = (3,)
    sample_tail = "xHxW"
    other_samples = "reshape samples to channels x height x width, or use BatchNorm1d for vectors"
