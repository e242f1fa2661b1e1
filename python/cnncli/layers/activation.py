"""What the element-wise layers have in common: a function of the core's list, and up to two settings of it."""

from typing import Any, ClassVar

from cnncli import _core
from cnncli.layers.arrays import Shape
from cnncli.layers.node_layer import NodeLayer, Settings
from cnncli.shown import setting_text

# name -> "input" or "output": what the gradient is taken from
_KEPT = _core.activation_functions()


class Activation(NodeLayer):
    """A function of each element, the same for arrays of any shape; subclasses name it.

    function : of the list in cpp/kernels/activation/activation_functions.h
    setting_names : attributes that are settings, named as the constructor's arguments
    """

    function: ClassVar[str]
    setting_names: ClassVar[tuple[str, ...]] = ()

    kind = "activation"
    keeps = True

    def coefficients(self) -> tuple[float, float]:
        """The settings alpha and beta of the function."""
        return 0.0, 0.0

    @property
    def keeps_output(self) -> bool:  # type: ignore[override]
        return _KEPT[self.function] == "output"

    def node_settings(self) -> Settings:
        alpha, beta = self.coefficients()
        return {"function": self.function, "alpha": alpha, "beta": beta}

    def settings(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.setting_names}

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={setting_text(value)}" for name, value in self.settings().items())
        return f"{type(self).__name__}({settings})"
