"""What the element-wise layers have in common: a function of the core's list, and up to two settings of it."""

from typing import Any, ClassVar

import numpy as np

from cnncli import _core
from cnncli.layers.arrays import FloatArray, Shape
from cnncli.layers.initialization import GAIN_LINEAR
from cnncli.layers.module import Module

# name -> "input" or "output": what the gradient is taken from
_KEPT = _core.activation_functions()


class Activation(Module):
    """A function of each element, the same for arrays of any shape; subclasses name it.

    function : of the list in cpp/kernels/activation/activation_functions.h
    setting_names : attributes that are settings, named as the constructor's arguments
    gain : of the weights before it (see `initialization`)
    """

    function: ClassVar[str]
    setting_names: ClassVar[tuple[str, ...]] = ()
    gain: ClassVar[float] = GAIN_LINEAR

    output: FloatArray | None = None

    def coefficients(self) -> tuple[float, float]:
        """The settings alpha and beta of the function."""
        return 0.0, 0.0

    def update_output(self, input: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        self.output = np.empty_like(input)
        alpha, beta = self.coefficients()
        _core.activation_forward(input, self.output, function=self.function, alpha=alpha, beta=beta)
        return self.output

    def update_grad_input(self, input: FloatArray, grad_output: FloatArray) -> FloatArray:
        input = self.as_batch(input)
        grad_output = self.as_gradient(input, grad_output)
        output = self.of_forward(self.output, input.shape)
        kept = input if _KEPT[self.function] == "input" else output
        grad_input = np.empty_like(input)
        alpha, beta = self.coefficients()
        _core.activation_backward(kept, grad_output, grad_input, function=self.function, alpha=alpha, beta=beta)
        return grad_input

    def settings(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.setting_names}

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(_shown(*item) for item in self.settings().items())})"


def _shown(name: str, value: Any) -> str:
    return f"{name}={value:g}" if isinstance(value, float) else f"{name}={value!r}"
