"""Batch normalization."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnncli import _core
from cnncli.layers.arrays import FloatArray, Shape, format_shape
from cnncli.layers.faults import LayerShapeError
from cnncli.layers.initialization import GAIN_RELU
from cnncli.layers.module import Module
from cnncli.layers.settings import flag, number, whole_number


class BatchNormalization(Module):
    """Each feature brought to mean 0 and variance 1: y = w (x - mean) / sqrt(variance + epsilon) + b.

    In training, mean and variance are those of the batch, for images over all its m pixels, and the variance
    divides by m. The running values move by `momentum` towards them; there the variance divides by m - 1.
    In evaluation the running values are used.

    input : (samples, features) or (samples, features, height, width);  output : the same shape
    weight, bias : (features,), initially 1 and 0
    running_mean, running_variance : (features,), initially 0 and 1

    features : int >= 1, number of channels or values per sample
    momentum : float from 0 to 1, share of the batch in the new running values, default 0.1
    epsilon : float > 0, inside the root, default 1e-5
    affine : whether weight and bias exist, default True
    seed : None: no arrays before `initialize`; any other value changes nothing

    Raises ShapeError if the input has another number of features.
    Source: Ioffe & Szegedy 2015, algorithms 1 and 2.

    >>> BatchNormalization(1, epsilon=1e-12).forward([[1], [3]])
    array([[-1.],
           [ 1.]], dtype=float32)
    """

    parameter_names = ("weight", "bias")
    decayed_names = ()
    buffer_names = ("running_mean", "running_variance")
    sample_axes = (1, 3)

    weight: FloatArray | None = None
    grad_weight: FloatArray | None = None
    bias: FloatArray | None = None
    grad_bias: FloatArray | None = None

    running_mean: FloatArray
    running_variance: FloatArray

    # Of the last forward pass, for backward: what was subtracted, what it was multiplied by, the shape of the
    # input, and whether mean and variance came from the batch.
    saved_mean: FloatArray
    saved_inverse_std: FloatArray
    saved_shape: Shape | None = None
    saved_in_training: bool = False

    def __init__(
        self,
        features: int,
        momentum: float = 0.1,
        epsilon: float = 1e-5,
        affine: bool = True,
        *,
        seed: int | None = 0,
    ) -> None:
        layer = "BatchNormalization"
        self.features = whole_number(layer, "features", features)
        self.momentum = number(layer, "momentum", momentum, 0, 1)
        self.epsilon = number(layer, "epsilon", epsilon, 1e-30, 1)
        self.affine = flag(layer, "affine", affine)
        if seed is not None:
            self.initialize(seed)

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.features,), "bias": (self.features,)} if self.affine else {}

    def buffer_shapes(self) -> dict[str, Shape]:
        return dict.fromkeys(self.buffer_names, (self.features,))

    def initialize(self, seed: int, stream: int = 0, gain: float = GAIN_RELU) -> None:
        """Weight 1, bias 0, running mean 0 and running variance 1, whatever the seed."""
        self.allocate()
        if self.weight is not None and self.bias is not None:
            self.weight.fill(1)
            self.bias.fill(0)
        self.running_mean.fill(0)
        self.running_variance.fill(1)

    def update_output(self, input: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        output = self.new_output(input)
        self.saved_mean = np.empty(self.features, np.float32)
        self.saved_inverse_std = np.empty(self.features, np.float32)
        _core.batch_normalization_forward(
            input,
            output,
            self.weight,
            self.bias,
            self.running_mean,
            self.running_variance,
            self.saved_mean,
            self.saved_inverse_std,
            training=self.training,
            momentum=self.momentum,
            epsilon=self.epsilon,
        )
        self.saved_shape = input.shape
        self.saved_in_training = self.training
        return output

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        return self._backward(input, grad_output, None, None, 1.0)

    def acc_grad_parameters(self, input: FloatArray, grad_output: FloatArray, scale: float = 1.0) -> None:
        if self.affine:
            self._backward(input, grad_output, self.grad_weight, self.grad_bias, scale)

    def _backward(
        self,
        input: FloatArray,
        grad_output: FloatArray,
        grad_weight: FloatArray | None,
        grad_bias: FloatArray | None,
        scale: float,
    ) -> FloatArray:
        input = self.as_batch(input)
        grad_output = self.as_gradient(input, grad_output)
        self.check_forward(self.saved_shape == input.shape)
        grad_input = np.empty_like(input)
        _core.batch_normalization_backward(
            input,
            grad_output,
            grad_input,
            self.weight,
            self.saved_mean,
            self.saved_inverse_std,
            grad_weight,
            grad_bias,
            training=self.saved_in_training,
            scale=scale,
        )
        return grad_input

    def settings(self) -> dict[str, Any]:
        return {
            "features": self.features,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "affine": self.affine,
        }

    @classmethod
    def inferred_settings(cls, input_shape: Shape) -> Mapping[str, int]:
        return {"features": input_shape[0]} if len(input_shape) in cls.sample_axes else {}

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) not in self.sample_axes or input_shape[0] != self.features:
            remedy = (
                f"use features={input_shape[0]}"
                if len(input_shape) in self.sample_axes
                else "reshape samples to features or to channels x height x width"
            )
            raise LayerShapeError(
                repr(self),
                f"takes samples of shape {self.features} or {self.features}xHxW, "
                f"got {format_shape(input_shape)}; {remedy}",
            )
        return input_shape

    def __repr__(self) -> str:
        parts = [str(self.features)]
        if self.momentum != 0.1:
            parts.append(f"momentum {self.momentum:g}")
        if self.epsilon != 1e-5:
            parts.append(f"epsilon {self.epsilon:g}")
        if not self.affine:
            parts.append("not affine")
        return f"BatchNormalization({', '.join(parts)})"
