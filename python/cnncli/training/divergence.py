"""Where a loss that is no number comes from: found afterwards, by running the batch again, layer by layer."""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.errors import CnnError
from cnncli.layers.faults import LayerError
from cnncli.layers.registry import is_built_in
from cnncli.network import Network


class Diverged(CnnError):
    """A loss or a weight is no finite number. The weights are those that gave it.

    what : the line so far: which epoch and step, what was found, and where it comes from
    remedy : what to do; None: a smaller learning rate than `peak`
    """

    def __init__(self, what: str, remedy: str | None, peak: float) -> None:
        super().__init__(f"{what}; {remedy or f'start again with a learning rate below {peak:g}'}")
        self.what, self.remedy, self.peak = what, remedy, peak


@dataclass(frozen=True)
class Cause:
    """What gave the first value that is no finite number.

    what : part of a line: "layer 3, Linear(400 -> 120), gives infinity for inputs up to 2e+30"
    remedy : what else to do than to take a smaller learning rate, or ""
    """

    what: str
    remedy: str = ""


def find_cause(network: Network, images: npt.NDArray[Any], indices: npt.NDArray[np.int64]) -> Cause | None:
    """The first place in the batch's forward pass that is not finite: an image, a parameter or a layer's output.

    network : with the weights that gave the loss; neither it nor its running statistics are changed
    images : (N, *input_shape), uint8 or float32, the batch as the training took it
    indices : (N,), the images' numbers, by which a user finds them

    None if all outputs are finite.
    """
    for image, index in zip(images, indices, strict=True):
        if image.dtype.kind == "f" and not np.isfinite(image).all():
            return Cause(f"training image {index} holds {_kind(image)}", "mend or remove that image")
    found = find_parameter(network)
    if found is not None:
        return found
    layers = copy.deepcopy(network)
    layers.train()
    values = [layers.samples(images)]
    with np.errstate(all="ignore"):
        for step in layers.trace():
            inputs = [values[index] for index in step.inputs]
            largest = max(map(_largest, inputs))
            layer = step.layer
            try:
                value = step.run(inputs)
            except LayerError as error:  # a custom layer that makes NaN says so itself
                return Cause(str(error.inside(step.name)))
            values.append(value)
            if not np.isfinite(value).all():
                shown = repr(layer) if step.is_layer else type(layer).__name__
                what = f"layer {step.name}, {shown}, gives {_kind(value)} for inputs up to {largest:.3g}"
                weights = [_largest(parameter.value) for parameter in layer.named_parameters()]
                if weights and step.is_layer:
                    what += f" and weights up to {max(weights):.3g}"
                return Cause(what, "" if is_built_in(layer) else "look at its update_output")
    return None


def find_parameter(network: Network) -> Cause | None:
    """The first learned array or running statistic that holds NaN or infinity."""
    layers = dict(network.leaves())
    arrays = [(parameter.name, parameter.value) for parameter in network.named_parameters()]
    for path, values in [*arrays, *network.named_buffers()]:
        if not np.isfinite(values).all():
            name, _, array = path.rpartition(".")
            where = f"layer {name}, {layers[name]!r}: its {array}" if name in layers else path
            return Cause(f"{where} holds {_kind(values)}")
    return None


def _largest(values: npt.NDArray[Any]) -> float:
    return float(np.abs(values).max(initial=0.0))


def _kind(values: npt.NDArray[Any]) -> str:
    return "NaN" if np.isnan(values).any() else "infinity"
