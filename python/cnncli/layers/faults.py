"""Errors of layers; layer and reason are kept apart, so that a network can say where the layer stands."""

from typing import Self

from cnncli.errors import CnnError, ShapeError, UsageError


class LayerError(CnnError):
    """A fault of one layer.

    layer : which one, its repr or its type
    reason : the rule, the value and the remedy
    """

    def __init__(self, layer: str, reason: str) -> None:
        super().__init__(layer, reason)
        self.layer = layer
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.layer}: {self.reason}"

    def inside(self, index: int | str) -> Self:
        """The same fault seen from the container in which the layer has this index (nested: "layer 2.0")."""
        layer = self.layer
        if layer.startswith("layer "):
            return type(self)(f"layer {index}.{layer.removeprefix('layer ')}", self.reason)
        return type(self)(f"layer {index}, {layer}", self.reason)


class LayerShapeError(LayerError, ShapeError):
    """An input or a gradient whose shape does not fit the layer."""


class SettingError(LayerError, UsageError):
    """A setting of a layer outside its range."""


class OrderError(LayerError, UsageError):
    """A backward pass without the forward pass whose results it needs."""


class ResultError(LayerError, UsageError):
    """A method of a layer that returned no array of numbers, or NaN for finite ones."""


class CustomLayerError(LayerError):
    """An exception in a method of a custom layer, which is the cause; or a method that is not there."""


class MissingMethodError(CustomLayerError, NotImplementedError):
    """A method that a custom layer needs to override."""
