"""How the weights, the outputs and the gradients of each layer are spread, and which units never change."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from cnncli.layers.activation import Activation
from cnncli.layers.arrays import FloatArray
from cnncli.network.network import Network

BINS = 32
_MOST_VALUES = 16 << 20  # of the outputs of all layers for all images, in memory at once
_MOST_IMAGES = 64  # enough for 32 bins; more would be felt at the end of a training of seconds


def images_at_once(network: Network) -> int:
    """For how many images the outputs of all layers fit into 64 MB; from 1 to 64."""
    return max(1, min(_MOST_IMAGES, _MOST_VALUES // max(1, network.activation_count())))


def layer_histograms(
    network: Network, images: npt.NDArray[Any], grad_of: Callable[[FloatArray], FloatArray] | None = None
) -> list[dict[str, Any]]:
    """For each layer a dict of JSON values, in evaluation: of a trained network on some images.

    images : samples in any form that `network.samples` takes, so few that all outputs fit into memory
    grad_of : gives the gradient of the loss with respect to the network's outputs (samples, ...); None: no gradients

    name, type : of the layer
    weights, gradients : of its "weight" and of the loss with respect to it; None of a layer without
    activations : of its outputs
    units, dead : of a function of elements: its channels, or values of a vector, and how many of them give one and the
        same value everywhere, for all images; None of other layers

    A histogram is {"low", "high", "counts", "others"}: 32 equal bins, and how many values are no finite numbers. The
    gradients of the network's parameters are set anew.
    """
    with network._in_mode(training=False):
        outputs = network.activations(images)
        if grad_of is not None:
            network.zero_grad_parameters()
            scores = network.forward(images)
            network.backward(images, grad_of(scores))
    found = []
    for step, output in zip(network.trace(), outputs, strict=True):
        if step.part is not None:
            continue
        layer = step.layer
        weight = getattr(layer, "weight", None) if step.is_layer and "weight" in layer.parameter_names else None
        gradient = layer.grad_weight if weight is not None and grad_of is not None else None  # type: ignore[attr-defined]
        is_function = step.is_layer and isinstance(layer, Activation)
        found.append(
            {
                "name": step.name,
                "type": type(layer).__name__,
                "weights": None if weight is None else histogram(weight),
                "activations": histogram(output),
                "gradients": None if gradient is None else histogram(gradient),
                "units": output.shape[1] if is_function else None,
                "dead": dead_units(output) if is_function else None,
            }
        )
    return found


def dead_units(output: FloatArray) -> int:
    """How many channels of (samples, channels, ...) hold one and the same value throughout."""
    rows = output.swapaxes(0, 1).reshape(output.shape[1], -1)
    return int((rows == rows[:, :1]).all(axis=1).sum())


def histogram(values: npt.NDArray[Any]) -> dict[str, Any]:
    """Counts of values in 32 bins from the least to the largest.

    >>> histogram(np.array([0.0, 1.0, 1.0]))["counts"][-1]
    2
    """
    finite = values[np.isfinite(values)].astype(np.float64)
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if high > low and math.isfinite(high - low):
        places = ((finite - low) * (BINS / (high - low))).astype(np.int64).clip(0, BINS - 1)
    else:
        places = np.zeros(finite.size, np.int64)
    counts = np.bincount(places.ravel(), minlength=BINS)
    return {"low": low, "high": high, "counts": counts.tolist(), "others": int(values.size - finite.size)}
